//! Timers, scheduled and deferred events, automatic rows: what happens without being sent.

use std::time::Duration;

use fsm_core::journal::{Journal, MemoryJournal, Position};
use fsm_core::runtime::{Clock, MachineOptions, ManualClock, MissedTicks};
use fsm_core::{MachineRef, SendError, System, Timestamp};

use crate::account::hush;
use crate::device::{Event, State};

async fn start(journal: &MemoryJournal, clock: &ManualClock, options: MachineOptions) -> System {
    hush();
    let builder = System::builder().journal(journal.clone()).clock(clock.clone());
    builder.machines::<State>(options).start().await.unwrap()
}

async fn device() -> (ManualClock, MemoryJournal, System, MachineRef<State>) {
    let (clock, journal) = (ManualClock::at(Timestamp::from_micros(0)), MemoryJournal::new());
    let system = start(&journal, &clock, MachineOptions::default()).await;
    let device = system.machine::<State>("d");
    device.create(Default::default()).await.unwrap();
    (clock, journal, system, device)
}

/// Lets everything happen that is due.
async fn rest() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Lets time pass, each thing happening when it is due.
async fn pass(clock: &ManualClock, seconds: u64) {
    let end = clock.now().saturating_add(Duration::from_secs(seconds));
    rest().await;
    while let Some(due) = clock.next_wake().filter(|due| *due <= end) {
        clock.set(due);
        rest().await;
    }
    clock.set(end);
    rest().await;
}

async fn online(device: &MachineRef<State>) {
    device.send(Event::Connect).await.unwrap();
    device.send(Event::Accepted).await.unwrap();
}

#[tokio::test]
async fn a_new_machine_has_entered_its_initial_state() {
    let (.., device) = device().await;
    assert_eq!(device.state().await.unwrap().context.notes, ["offline"]);
}

#[tokio::test]
async fn a_timer_of_a_state_runs_anew_when_the_state_is_entered_anew() {
    let (clock, _, _, device) = device().await;
    device.send(Event::Connect).await.unwrap();
    pass(&clock, 2).await;
    assert_eq!(device.state().await.unwrap().state, State::Connecting { attempt: 1 });
    pass(&clock, 1).await;
    assert_eq!(device.state().await.unwrap().state, State::Connecting { attempt: 2 });
    pass(&clock, 3).await;
    let seen = device.state().await.unwrap();
    assert_eq!((seen.state, seen.time.micros()), (State::Connecting { attempt: 3 }, 6_000_000));
    // The third time its guard says no, and that is the end of it.
    pass(&clock, 600).await;
    assert_eq!(device.state().await.unwrap().state, State::Connecting { attempt: 4 });
}

#[tokio::test]
async fn a_timer_of_a_group_runs_on_while_the_group_is_not_left() {
    let (clock, _, _, device) = device().await;
    online(&device).await;
    pass(&clock, 10).await;
    device.send(Event::Work { units: 1 }).await.unwrap();
    pass(&clock, 49).await;
    let seen = device.state().await.unwrap();
    assert_eq!((seen.state, seen.context.beats), (State::Idle, 8));
    pass(&clock, 1).await;
    assert_eq!(device.state().await.unwrap().state, State::Offline);
    pass(&clock, 600).await;
    assert_eq!(device.state().await.unwrap().context.beats, 8);
}

#[tokio::test]
async fn what_is_due_happens_after_a_restart_although_nobody_asks() {
    let (clock, journal, system, device) = device().await;
    device.send(Event::Connect).await.unwrap();
    system.shutdown().await.unwrap();
    let before = journal.head();

    clock.advance(Duration::from_secs(100));
    let system = start(&journal, &clock, MachineOptions::default()).await;
    let _another = system.machine::<State>("another");
    rest().await;

    assert_eq!(journal.head(), before.plus(1));
    let last = journal.read_all(before.plus(1), 1).await.unwrap();
    assert_eq!(last[0].time.micros(), 100_000_000);
}

#[tokio::test]
async fn missed_ticks_are_made_up_for_as_the_policy_says() {
    let beats = async |policy: MissedTicks| {
        let (clock, journal, system, device) = device().await;
        online(&device).await;
        system.shutdown().await.unwrap();
        clock.advance(Duration::from_secs(43));
        let options = MachineOptions::default().missed_ticks(policy);
        let system = start(&journal, &clock, options).await;
        let device = system.machine::<State>("d");
        pass(&clock, 0).await;
        let at_once = device.state().await.unwrap().context.beats;
        pass(&clock, 6).await;
        (at_once, device.state().await.unwrap().context.beats)
    };
    assert_eq!(beats(MissedTicks::Once).await, (1, 2));
    assert_eq!(beats(MissedTicks::Skip).await, (0, 1));
    assert_eq!(beats(MissedTicks::All { ticks_max: 100 }).await, (6, 7));
    assert_eq!(beats(MissedTicks::All { ticks_max: 4 }).await, (4, 5));
}

#[tokio::test]
async fn automatic_rows_are_part_of_what_set_them_off() {
    let (clock, journal, _, device) = device().await;
    online(&device).await;
    for _ in 0..2 {
        device.send(Event::Work { units: 2 }).await.unwrap();
        pass(&clock, 5).await;
    }
    let history = device.history().await.unwrap();
    let [.., finished, worn] = &history[..] else { panic!("{history:?}") };
    assert_eq!(worn.position, finished.position.plus(1));
    assert_eq!(worn.time, finished.time);
    assert_eq!(journal.head(), worn.position);
    assert_eq!(device.state().await.unwrap().state, State::Maintenance);
}

#[tokio::test]
async fn a_deferred_event_is_taken_when_the_state_has_changed() {
    let (.., device) = device().await;
    device.send(Event::Connect).await.unwrap();
    let kept = device.send(Event::Work { units: 3 }).await.unwrap();
    assert!(kept.deferred && kept.recorded);
    assert_eq!(kept.state, State::Connecting { attempt: 1 });
    assert!(device.can(&Event::Work { units: 4 }).await.unwrap());

    let done = device.send(Event::Accepted).await.unwrap();
    assert_eq!((done.from_name(), done.state), ("Connecting", State::Working { units: 3 }));
}

#[tokio::test]
async fn a_deferred_event_that_no_row_takes_is_dropped_and_the_history_says_so() {
    let (.., device) = device().await;
    let kept = device.send(Event::Work { units: 30 }).await.unwrap();
    online(&device).await;
    let history = device.history().await.unwrap();
    let last = &history.last().unwrap().happened;
    use fsm_core::runtime::Happened;
    assert!(matches!(last, Happened::Dropped { deferred } if *deferred == kept.sequence));
    assert_eq!(device.state().await.unwrap().state, State::Idle);
}

#[tokio::test]
async fn too_many_deferred_events_are_refused_with_the_event() {
    let (clock, journal) = (ManualClock::default(), MemoryJournal::new());
    let options = MachineOptions::default().deferred_max(2).scheduled_max(1);
    let system = start(&journal, &clock, options).await;
    let device = system.machine::<State>("d");
    device.create(Default::default()).await.unwrap();
    for units in 0..2 {
        device.send(Event::Work { units }).await.unwrap();
    }
    let full = device.send(Event::Work { units: 7 }).await.unwrap_err();
    let SendError::Full { given, events_max: 2 } = full else { panic!("{full}") };
    assert_eq!(given, Event::Work { units: 7 });

    device.send_after(Event::Connect, Duration::from_secs(1)).await.unwrap();
    let full = device.send_after(Event::Connect, Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(full, SendError::Full { given: Event::Connect, events_max: 1 }), "{full}");
}

#[tokio::test]
async fn a_scheduled_event_can_be_called_back_until_it_is_sent() {
    let (clock, journal, system, device) = device().await;
    let first = device.send_after(Event::Connect, Duration::from_secs(10)).await.unwrap();
    let second = device.send_after(Event::Scrap, Duration::from_secs(20)).await.unwrap();
    system.shutdown().await.unwrap();
    let system = start(&journal, &clock, MachineOptions::default()).await;
    let device = system.machine::<State>("d");

    pass(&clock, 10).await;
    assert!(!device.cancel(first).await.unwrap());
    assert!(device.cancel(second).await.unwrap());
    assert!(!device.cancel(second).await.unwrap());
    pass(&clock, 2).await;
    assert_eq!(device.state().await.unwrap().state, State::Connecting { attempt: 1 });
    pass(&clock, 60).await;
    assert!(!device.state().await.unwrap().completed);
}

#[tokio::test]
async fn a_scheduled_event_that_panics_is_tried_again_with_pauses_and_harms_nobody_else() {
    let (clock, journal, system, device) = device().await;
    device.send_after(Event::Panic, Duration::ZERO).await.unwrap();
    device.send(Event::Connect).await.unwrap();
    // `Panic` is not taken here, so it was dropped; this one comes where it is taken.
    let other = system.machine::<State>("other");
    other.create(crate::device::Device { wear: 3, ..Default::default() }).await.unwrap();
    online(&other).await;
    assert_eq!(other.state().await.unwrap().state, State::Maintenance);
    other.send_after(Event::Panic, Duration::ZERO).await.unwrap();
    let head = journal.head();
    for _ in 0..20 {
        pass(&clock, 1).await;
        // The device answers, and so does the one that panics.
        assert!(matches!(device.send(Event::Look).await, Err(SendError::Rejected { .. })));
        assert_eq!(other.state().await.unwrap().state, State::Maintenance);
    }
    let records = journal.read_all(head.plus(1), 100).await.unwrap();
    assert!(records.iter().all(|record| &*record.machine.id == "d"), "{records:?}");
    // At last the state's own timer, which is due first, has a turn and leaves it.
    pass(&clock, 60).await;
    assert_eq!(other.state().await.unwrap().state, State::Offline);
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_hurt() {
    let (clock, _, _, device) = device().await;
    online(&device).await;
    pass(&clock, 30).await;
    clock.set(Timestamp::from_micros(5_000_000));
    device.send(Event::Work { units: 1 }).await.unwrap();
    let seen = device.state().await.unwrap();
    assert_eq!(seen.time.micros(), 28_000_000);
    pass(&clock, 55).await;
    assert_eq!(device.state().await.unwrap().state, State::Offline);
}

#[tokio::test]
async fn a_hundred_machines_do_not_wake_for_nothing() {
    let (clock, journal) = (ManualClock::default(), MemoryJournal::new());
    let system = start(&journal, &clock, MachineOptions::default()).await;
    for each in 0..100 {
        let device = system.machine::<State>(format!("d{each}"));
        device.create(Default::default()).await.unwrap();
        device.send(Event::Connect).await.unwrap();
        clock.advance(Duration::from_millis(10));
    }
    pass(&clock, 3).await;
    let records = journal.read_all(Position(201), 1_000).await.unwrap();
    // All have tried again once, each after its three seconds.
    assert_eq!(records.len(), 100);
    for (each, record) in records.iter().enumerate() {
        assert_eq!(&*record.machine.id, format!("d{each}"));
        assert_eq!(record.time.micros(), 3_000_000 + 10_000 * each as i64);
    }
}
