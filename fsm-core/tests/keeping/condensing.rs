//! A machine that is condensed is what it was, in the program that did it and in the next.

use std::time::Duration;

use fsm_core::journal::{Fact, Journal, MemoryJournal, Position, Sequence};
use fsm_core::runtime::{Clock, Happened, MachineOptions, ManualClock};
use fsm_core::{Fsm, Machine, MachineRef, SendError, System};
use serde::{Deserialize, Serialize};

use crate::device::{Event, Lamp};
use crate::run::{Run, Step, every, lamp};

#[tokio::test]
async fn what_is_before_is_erased() {
    let mut run = Run::start(every(0)).await;
    run.take(&Step::Send(Event::Connect)).await;
    let before = run.machine().state().await.unwrap();
    assert_eq!(run.machine().condense().await.unwrap(), 2);
    let after = run.machine().state().await.unwrap();
    assert_eq!((&after.state, &after.context), (&before.state, &before.context));
    assert_eq!(after.sequence, before.sequence.next());
    let records = run.records().await;
    assert_eq!(records.len(), 1);
    assert!(matches!(records[0].fact, Fact::Base { .. }));
    let history = run.machine().history().await.unwrap();
    assert_eq!(history[0].happened, Happened::Based { state: "Connecting".to_owned() });
    run.restart().await;
    assert_eq!(run.machine().state().await.unwrap(), after);
    let done = run.machine().send(Event::Accepted).await.unwrap();
    assert_eq!(done.sequence, after.sequence.next());
}

#[tokio::test]
async fn condensing_again_and_again_leaves_one_record() {
    let run = Run::start(every(2)).await;
    for _ in 0..5 {
        run.machine().condense().await.unwrap();
    }
    assert_eq!(run.records().await.len(), 1);
    let nobody = run.system.machine::<Lamp>("nobody").condense().await.unwrap_err();
    assert!(matches!(nobody, SendError::NotFound { .. }), "{nobody}");
}

/// What is sent meanwhile is ordered with it.
#[tokio::test]
async fn a_machine_is_condensed_among_what_is_sent_to_it() {
    let run = Run::start(every(3)).await;
    let machine = run.machine();
    for event in [Event::Connect, Event::Accepted, Event::Drop] {
        machine.cast(event).unwrap();
    }
    let keyed = machine.send(Event::Connect).idempotency_key("key");
    let condensed = machine.condense();
    let later = machine.send(Event::Accepted);
    let (keyed, condensed, later) = tokio::join!(keyed, condensed, later);
    assert_eq!(condensed.unwrap(), 5);
    let (keyed, later) = (keyed.unwrap(), later.unwrap());
    assert_eq!((keyed.sequence, later.sequence), (Sequence(5), Sequence(7)));
    let again = machine.send(Event::Connect).idempotency_key("key").await.unwrap();
    assert_eq!(again, keyed);
}

#[tokio::test]
async fn children_are_stopped_with_a_parent_that_was_condensed() {
    let mut run = Run::start(every(0)).await;
    run.take(&Step::Send(Event::Spawn { name: lamp(0) })).await;
    run.machine().condense().await.unwrap();
    run.restart().await;
    run.take(&Step::Stop).await;
    assert!(run.system.machine::<Lamp>(lamp(0)).state().await.unwrap().completed);
}

/// What was scheduled is in the base, and nobody asks for the machine after the restart.
#[tokio::test]
async fn a_base_is_awakened_for_what_is_in_it() {
    let mut run = Run::start(every(0)).await;
    let machine = run.machine();
    machine.send_after(Event::Look, Duration::from_secs(3_600)).await.unwrap();
    machine.send_after(Event::Scrap, Duration::from_secs(7_200)).await.unwrap();
    machine.condense().await.unwrap();
    // To a state without timers.
    for event in [Event::Connect, Event::Accepted, Event::Drop] {
        machine.send(event).await.unwrap();
    }
    run.restart_unseen().await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let last = run.records().await.last().unwrap().sequence;
    run.clock.advance(Duration::from_secs(7_200));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let records = run.records().await;
    assert_eq!(records.last().unwrap().sequence, Sequence(last.0 + 2), "{records:?}");
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Signal {
    Next,
    Later,
    Hold,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Memory {
    notes: Vec<String>,
}

impl Memory {
    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    fn knows(&self, text: &str) -> bool {
        self.notes.iter().any(|note| note == text)
    }
}

mod before {
    use super::{Memory, Signal};
    use fsm_core::Fsm;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Signal, context = Memory, name = "phase")]
    pub(super) enum Phase {
        #[fsm(initial)]
        #[on(Next => Waiting)]
        Fresh,
        #[after(10s => Done / note("first"))]
        #[every(60s / note("tick"))]
        #[defer(Later)]
        #[on(Hold if knows("hold") => Fresh)]
        #[on(Next => Done)]
        Waiting,
        #[on(Later => Fresh)]
        Done,
    }
}

/// The program that replaced it: states and timers were added in front of what there was.
mod after {
    use super::{Memory, Signal};
    use fsm_core::Fsm;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Signal, context = Memory, name = "phase")]
    pub(super) enum Phase {
        #[on(Next => Fresh)]
        #[on(Later => _ / note("later"))]
        New,
        #[fsm(initial)]
        #[after(1h => New)]
        #[on(Next => Waiting)]
        Fresh,
        #[after(20s => New / note("new"))]
        #[after(10s => Done / note("first"))]
        #[every(60s / note("tick"))]
        #[defer(Later)]
        #[on(Next => Done)]
        #[on(Hold if knows("hold") => Fresh)]
        Waiting,
        #[on(Later => Fresh)]
        Done,
    }
}

/// The program that took something away.
mod without {
    use super::{Memory, Signal};
    use fsm_core::Fsm;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Signal, context = Memory, name = "phase")]
    pub(super) enum Phase {
        #[fsm(initial)]
        #[on(Next => Done)]
        Fresh,
        #[on(Later => Fresh)]
        #[on(Hold => _)]
        Done,
    }
}

async fn phase<F: Machine<Event = Signal>>(
    journal: &MemoryJournal,
    clock: &ManualClock,
) -> MachineRef<F> {
    let builder = System::builder().journal(journal.clone()).clock(clock.clone());
    let builder = builder.machines::<F>(MachineOptions::default());
    builder.start().await.unwrap().machine("p")
}

/// It becomes this time, and what is due happens.
async fn pass(clock: &ManualClock, micros: i64) {
    let end = fsm_core::Timestamp::from_micros(micros);
    while clock.now() < end {
        clock.set(clock.next_wake().map_or(end, |due| due.min(end)));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
}

/// A machine that was condensed while a timer runs and an event is kept, with an answer that names
/// a guard.
async fn condensed() -> (MemoryJournal, ManualClock, String) {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let machine = phase::<before::Phase>(&journal, &clock).await;
    machine.create(Memory::default()).await.unwrap();
    machine.send(Signal::Next).await.unwrap();
    machine.send(Signal::Later).await.unwrap();
    let refused = machine.send(Signal::Hold).idempotency_key("hold").await.unwrap_err();
    clock.advance(Duration::from_secs(4));
    machine.condense().await.unwrap();
    assert_eq!(journal.read_all(Position(1), 10).await.unwrap().len(), 1);
    (journal, clock, refused.to_string())
}

#[tokio::test]
async fn a_base_outlives_a_change_of_the_code() {
    let (journal, clock, refused) = condensed().await;
    let machine = phase::<after::Phase>(&journal, &clock).await;
    assert_eq!(machine.state().await.unwrap().state, after::Phase::Waiting);
    let again = machine.send(Signal::Hold).idempotency_key("hold").await.unwrap_err();
    assert_eq!(again.to_string(), refused);
    // The old timer is due when it was, and then the kept event is taken.
    let mut watch = machine.watch().await.unwrap();
    pass(&clock, 9_999_999).await;
    assert_eq!(machine.state().await.unwrap().state, after::Phase::Waiting);
    clock.set(fsm_core::Timestamp::from_micros(10_000_000));
    assert_eq!(watch.next().await.unwrap().unwrap().state, after::Phase::Done);
    assert_eq!(watch.next().await.unwrap().unwrap().state, after::Phase::Fresh);
    assert_eq!(machine.state().await.unwrap().context.notes, ["first"]);
}

#[tokio::test]
async fn a_state_that_the_code_took_away_is_missed_by_name() {
    let (journal, clock, _) = condensed().await;
    let error = phase::<without::Phase>(&journal, &clock).await.state().await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("the code does not have the state `Waiting`: bring it back"), "{text}");
}

/// A timer that was added starts at the time of the record.
#[tokio::test]
async fn a_timer_that_was_added_starts_at_the_base() {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let machine = phase::<before::Phase>(&journal, &clock).await;
    machine.create(Memory::default()).await.unwrap();
    clock.advance(Duration::from_secs(5));
    machine.condense().await.unwrap();
    let machine = phase::<after::Phase>(&journal, &clock).await;
    pass(&clock, 3_604_999_999).await;
    assert_eq!(machine.state().await.unwrap().state, after::Phase::Fresh);
    pass(&clock, 3_605_000_000).await;
    assert_eq!(machine.state().await.unwrap().state, after::Phase::New);
}

/// A base that is no base of its record is refused, and so is one of no known form.
#[tokio::test]
async fn a_base_of_an_unknown_form_is_refused() {
    use fsm_core::journal::{Batch, MachineKey, Schema};
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let registered = journal.register(&Schema::of::<before::Phase>()).await.unwrap();
    let mut batch = Batch::new();
    let (key, state) = (MachineKey::new(registered.kind, "p"), fsm_core::StateId(0));
    let (time, fact) = (fsm_core::Timestamp::EPOCH, Fact::Base { state });
    batch.push(key, Sequence(1), time, registered.schema, fact, &[77, 1, 2]);
    journal.append(batch).await.unwrap();
    let error = phase::<before::Phase>(&journal, &clock).await.state().await.unwrap_err();
    assert!(error.to_string().contains("form 77 of a stored machine"), "{error}");
    assert_eq!(before::Phase::TABLE.states.len(), 3);
}
