//! A guard is asked once for each event, on the short way and on the long one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use fsm_core::runtime::Builder;
use fsm_core::{Fsm, SendError, System};
use serde::{Deserialize, Serialize};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Porter)]
enum Door {
    #[fsm(initial)]
    #[on(Knock if admits() => Open)]
    Shut,
    #[fsm(final)]
    Open,
}

#[derive(Debug, Serialize, Deserialize)]
enum Event {
    Knock,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Porter {
    #[serde(skip)]
    asked: Arc<AtomicU32>,
}

impl Porter {
    /// The third who is asked is let in.
    fn admits(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) == 2
    }
}

async fn knock_three_times(builder: Builder) {
    let system = builder.start().await.unwrap();
    let door = system.machine::<Door>("front");
    let porter = Porter::default();
    door.create(porter.clone()).await.unwrap();
    for time in 1..=2 {
        let refused = door.send(Event::Knock).await.unwrap_err();
        assert!(matches!(refused, SendError::Rejected { given: Event::Knock, .. }), "{refused}");
        assert_eq!(porter.asked.load(Ordering::Relaxed), time);
    }
    assert_eq!(door.send(Event::Knock).await.unwrap().state, Door::Open);
    assert_eq!(porter.asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_refused_event_was_asked_about_once() {
    knock_three_times(System::builder()).await;
    knock_three_times(System::builder().volatile()).await;
}
