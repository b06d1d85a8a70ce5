//! `renamed(Old => New)`: states, events and groups that are called otherwise now.

use fsm_core::Fsm;
use fsm_core::runtime::Happened;
use serde::{Deserialize, Serialize};

use crate::stage::{journal, machine, refusal, stored};

mod before {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[fsm(event = Event, context = Memory, name = "washer")]
    #[fsm(group = Busy, initial = Soaking, history = last)]
    #[on(from(Busy), Halt => Stopped)]
    pub(super) enum Washer {
        #[fsm(initial)]
        #[on(Go => Busy)]
        Stopped,
        #[fsm(group = Busy)]
        #[on(Next { by } => Rinsing { by })]
        Soaking,
        #[fsm(group = Busy)]
        Rinsing { by: String },
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Go,
        Next { by: String },
        Halt,
    }

    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    pub(super) struct Memory {
        pub(super) last: Option<Washer>,
    }
}

/// All names are new, and the events stand in another order.
mod after {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[fsm(event = Event, context = Memory, name = "washer")]
    #[fsm(group = Active, initial = Washing, history = last)]
    #[fsm(renamed(Busy => Active, Soaking => Washing, Stopped => Idle))]
    #[fsm(renamed(Halt => Pause, Next => Advance))]
    #[on(from(Active), Pause => Idle)]
    pub(super) enum Washer {
        #[fsm(initial)]
        #[on(Go => Active)]
        Idle,
        #[fsm(group = Active)]
        #[on(Advance { by } => Rinsing { by })]
        Washing,
        #[fsm(group = Active)]
        Rinsing { by: String },
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Advance { by: String },
        Pause,
        Go,
    }

    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    pub(super) struct Memory {
        pub(super) last: Option<Washer>,
    }
}

use before::Event;

fn ada() -> String {
    "Ada".into()
}

#[tokio::test]
async fn rows_and_payloads_are_found_under_their_new_names() {
    let events = [Event::Go, Event::Next { by: ada() }, Event::Halt, Event::Go];
    // The context holds a state, under its old name.
    let memory = before::Memory { last: Some(before::Washer::Soaking) };
    let journal = journal::<before::Washer>(memory, events).await;
    let washer = machine::<after::Washer>(&journal).await;
    assert_eq!(washer.state().await.unwrap().state, after::Washer::Rinsing { by: ada() });
    washer.send(after::Event::Pause).await.unwrap();

    let washer = machine::<after::Washer>(&journal).await;
    assert_eq!(washer.state().await.unwrap().state, after::Washer::Idle);
    let told: Vec<_> = washer.history().await.unwrap().into_iter().map(|e| e.happened).collect();
    let expected = Happened::Transition {
        from: "Washing".into(),
        to: "Rinsing".into(),
        label: None,
        trigger: "Advance".into(),
        event: Some(after::Event::Advance { by: ada() }),
    };
    assert_eq!(told[2], expected);
    let Happened::Transition { from, to, trigger, .. } = &told[3] else { panic!("{:?}", told[3]) };
    assert_eq!([from, to, trigger], ["Rinsing", "Idle", "Pause"]);
}

mod merged {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, name = "lamp", renamed(Dim => Off))]
    pub(super) enum Lamp {
        #[fsm(initial)]
        #[on(Next => On)]
        Off,
        #[on(Next => Off)]
        On,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Next,
    }
}

mod three {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = merged::Event, name = "lamp")]
    pub(super) enum Lamp {
        #[fsm(initial)]
        #[on(Next => On)]
        Off,
        #[on(Next => Dim)]
        On,
        #[on(Next => Off)]
        Dim,
    }
}

#[tokio::test]
async fn two_names_of_the_journal_are_not_one_name_today() {
    assert_eq!(
        refusal::<merged::Lamp>(&stored::<three::Lamp>().await).await,
        "this code cannot read what version 1 of `lamp` journaled: `renamed(Dim => Off)` makes one \
         of two names of the journal: it was `Dim, Off`, and is `Off`. Give what was `Dim` a name \
         that the journal does not know, and say `renamed(Dim => ...)` of that"
    );
}
