//! Panics harm the machine whose code panicked, and nobody else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fsm_core::journal::Pending;
use fsm_core::runtime::{Builder, Clock};
use fsm_core::{MachineRef, SendError, System, Timestamp};

use crate::fragile::{Event, Fragile, Fuse, Load, Part};
use crate::ledger::{poll_once, rest, start};

fn both() -> [Builder; 2] {
    [System::builder(), System::builder().volatile()]
}

async fn machine(system: &System, id: &str) -> MachineRef<Fragile> {
    let machine = system.machine::<Fragile>(id.to_owned());
    machine.create(Load::default()).await.unwrap();
    machine
}

/// The shard is alive, and others of the kind are as they were.
async fn nobody_else_was_harmed(system: &System, other: &MachineRef<Fragile>) {
    rest().await;
    other.send(Event::Count).await.unwrap();
    other.cast(Event::Count).unwrap();
    let seen = other.state().await.unwrap();
    assert_eq!(seen.context.count, 2);
    system.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_state_whose_clone_panics_for_the_answer() {
    for builder in both() {
        let system = start(builder).await;
        let (one, other) = (machine(&system, "one").await, machine(&system, "other").await);
        let part = Part { fuse: Fuse::lit() };
        let error = one.send(Event::Hold { part }).await.unwrap_err();
        assert!(matches!(error, SendError::Crashed { .. }), "{error}");
        nobody_else_was_harmed(&system, &other).await;
    }
}

/// A clock that panics once, when it is told to.
#[derive(Clone, Debug, Default)]
struct Broken(Fuse);

impl Clock for Broken {
    fn now(&self) -> Timestamp {
        self.0.burn("the clock");
        Timestamp::EPOCH
    }

    fn sleep_until(&self, _: Timestamp) -> Pending<'static, ()> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn after_a_panic_on_its_thread_a_sender_is_answered_at_once_as_before() {
    let clock = Broken::default();
    let system = start(System::builder().volatile().clock(clock.clone())).await;
    let (one, other) = (machine(&system, "one").await, machine(&system, "other").await);
    rest().await;
    clock.0.light();
    let sent = catch_unwind(AssertUnwindSafe(|| poll_once(&mut one.send(Event::Count))));
    assert!(sent.is_err(), "it panics where it is sent");
    for machine in [&one, &other, &system.machine("other")] {
        assert!(poll_once(&mut machine.send(Event::Count)).is_ready());
    }
}

#[tokio::test]
async fn a_context_whose_drop_panics_while_its_machine_leaves() {
    for builder in both() {
        let system = start(builder).await;
        let (one, other) = (machine(&system, "one").await, machine(&system, "other").await);
        let load = Load::lit_to_drop();
        one.send(Event::Carry { load }).await.unwrap();
        let error = one.send(Event::Panic).await.unwrap_err();
        assert!(matches!(error, SendError::Crashed { .. }), "{error}");
        let _ = one.send(Event::Count).await;
        nobody_else_was_harmed(&system, &other).await;
    }
}

#[tokio::test]
async fn an_event_whose_drop_panics_where_it_changes_nothing() {
    for builder in both() {
        let system = start(builder).await;
        let (one, other) = (machine(&system, "one").await, machine(&system, "other").await);
        for is_cast in [false, true] {
            let event = Event::Skip { load: Load::lit_to_drop() };
            if is_cast {
                one.cast(event).unwrap();
            } else {
                let error = one.send(event).await.unwrap_err();
                assert!(matches!(error, SendError::Crashed { .. }), "{error}");
            }
            rest().await;
            let _ = one.create(Load::default()).await;
        }
        nobody_else_was_harmed(&system, &other).await;
    }
}

#[tokio::test]
async fn an_event_whose_drop_panics_when_a_cast_is_refused() {
    for builder in both() {
        let system = start(builder).await;
        let other = machine(&system, "other").await;
        let nobody = system.machine::<Fragile>("nobody");
        let load = Load::lit_to_drop();
        nobody.cast(Event::Carry { load }).unwrap();
        nobody_else_was_harmed(&system, &other).await;
    }
}

#[tokio::test]
async fn an_event_that_panics_while_it_is_encoded() {
    let system = start(System::builder()).await;
    let (one, other) = (machine(&system, "one").await, machine(&system, "other").await);
    for is_cast in [false, true] {
        let event = Event::Carry { load: Load::lit_to_encode() };
        if is_cast {
            one.cast(event).unwrap();
        } else {
            let error = one.send(event).await.unwrap_err();
            assert!(matches!(error, SendError::Crashed { .. }), "{error}");
        }
    }
    assert_eq!(one.send(Event::Count).await.unwrap().sequence.0, 2);
    nobody_else_was_harmed(&system, &other).await;
}
