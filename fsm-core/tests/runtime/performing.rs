//! Effects from end to end: owed by a record, performed after its commit, journaled when done.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fsm_core::journal::{Journal, MemoryJournal, Position};
use fsm_core::runtime::effects::Backoff;
use fsm_core::runtime::{
    Clock, EffectKey, Happened, ManualClock, Perform, PerformError, PerformOptions,
};
use fsm_core::{Effects, Fsm, NoEffect, System};
use serde::{Deserialize, Serialize};

use crate::held_journal::HeldJournal;

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Order, effect = Effect)]
enum State {
    #[fsm(initial)]
    #[on(Pay { cents } => Paying / charge(cents))]
    #[on(Note => _ / note())]
    Cart,
    #[on(Charged => Paid / Effect::Mail)]
    #[on(Declined => Cart)]
    Paying,
    #[fsm(final)]
    Paid,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Pay { cents: u32 },
    Note,
    Charged,
    Declined,
}

#[derive(Clone, Debug, PartialEq)]
enum Effect {
    Charge(u32),
    Mail,
    Note(u32),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Order {
    notes: u32,
}

impl Order {
    fn charge(&mut self, cents: u32) -> Effect {
        Effect::Charge(cents)
    }

    fn note(&mut self) -> Vec<Effect> {
        self.notes += 2;
        vec![Effect::Note(self.notes - 1), Effect::Note(self.notes)]
    }
}

/// Writes down what it performs, and fails when told to.
#[derive(Clone, Default)]
struct Cashier {
    performed: Arc<Mutex<Vec<(String, Effect)>>>,
    failures: Arc<AtomicU32>,
    permanent: bool,
}

impl Cashier {
    fn performed(&self) -> Vec<(String, Effect)> {
        self.performed.lock().unwrap().clone()
    }
}

impl Perform<State> for Cashier {
    async fn perform(
        &self,
        key: &EffectKey,
        effect: &Effect,
    ) -> Result<Option<Event>, PerformError> {
        let fails = |left: u32| left.checked_sub(1);
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
            let refused = std::io::Error::other("no line to the bank");
            return Err(match self.permanent {
                true => PerformError::permanent(refused),
                false => PerformError::retry(refused),
            });
        }
        self.performed.lock().unwrap().push((key.to_string(), effect.clone()));
        Ok(matches!(effect, Effect::Charge(_)).then_some(Event::Charged))
    }
}

async fn start(journal: impl Journal, cashier: &Cashier, clock: &ManualClock) -> System {
    let options = PerformOptions::new()
        .attempts_max(3)
        .backoff(Backoff::new(Duration::from_secs(1)).cap(Duration::from_secs(1)));
    let builder = System::builder().journal(journal).clock(clock.clone());
    builder.perform::<State>(cashier.clone(), options).start().await.unwrap()
}

async fn rest() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Lets time pass until nothing waits for it any more.
async fn pass(clock: &ManualClock) {
    rest().await;
    while let Some(due) = clock.next_wake() {
        clock.set(due.max(clock.now()));
        rest().await;
    }
}

#[tokio::test]
async fn an_effect_is_performed_after_its_commit_and_its_event_moves_the_machine() {
    let (journal, cashier) = (HeldJournal::new(), Cashier::default());
    let system = start(journal.clone(), &cashier, &ManualClock::default()).await;
    journal.release_one().await;
    let order = system.machine::<State>("o");
    order.create(Order::default()).await.unwrap();

    order.cast(Event::Pay { cents: 500 }).unwrap();
    journal.appended(2).await;
    rest().await;
    assert_eq!(cashier.performed(), [], "the transition is not durable yet");

    journal.release_all();
    rest().await;
    let seen = order.state().await.unwrap();
    assert_eq!(seen.state, State::Paid);
    let performed = cashier.performed();
    assert_eq!(performed[0], ("State/o/2/0".to_owned(), Effect::Charge(500)));
    assert_eq!(performed[1], ("State/o/3/0".to_owned(), Effect::Mail));
    rest().await;
    let history = order.history().await.unwrap();
    assert!(matches!(history[3].happened, Happened::Performed { index: 0, .. }), "{history:?}");
}

#[tokio::test]
async fn effects_of_a_machine_are_performed_in_order() {
    let cashier = Cashier::default();
    let system = start(MemoryJournal::new(), &cashier, &ManualClock::default()).await;
    let order = system.machine::<State>("o");
    order.create(Order::default()).await.unwrap();
    for _ in 0..50 {
        order.cast(Event::Note).unwrap();
    }
    while cashier.performed().len() < 100 {
        rest().await;
    }
    let notes = cashier.performed().into_iter().map(|(_, effect)| effect);
    assert!(notes.eq((1..=100).map(Effect::Note)));
}

#[tokio::test]
async fn an_effect_that_fails_is_tried_again_then_dead_and_resumed_by_one_call() {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let cashier = Cashier { failures: Arc::new(AtomicU32::new(3)), ..Cashier::default() };
    let system = start(journal.clone(), &cashier, &clock).await;
    let order = system.machine::<State>("o");
    order.create(Order::default()).await.unwrap();
    order.send(Event::Pay { cents: 500 }).await.unwrap();
    pass(&clock).await;

    let some = NonZeroUsize::new(10).unwrap();
    let check = |system: &System| {
        let letters = system.dead_letters(0, some).letters;
        assert_eq!(letters.len(), 1);
        let letter = letters[0].clone();
        assert_eq!((letter.attempts, letter.permanent), (3, false));
        assert_eq!(letter.effect, "Charge(500)");
        assert!(letter.why.contains("no line to the bank"), "{}", letter.why);
        letter.key
    };
    check(&system);
    assert_eq!(order.state().await.unwrap().state, State::Paying);
    system.shutdown().await.unwrap();

    // It is still there after a restart, and is not performed by itself.
    let system = start(journal, &cashier, &clock).await;
    pass(&clock).await;
    let key = check(&system);
    assert_eq!(cashier.performed(), []);
    assert!(system.resume(&key).await.unwrap());
    assert!(!system.resume(&key).await.unwrap());
    pass(&clock).await;
    assert!(system.dead_letters(0, some).letters.is_empty());
    assert_eq!(system.machine::<State>("o").state().await.unwrap().state, State::Paid);
}

#[tokio::test]
async fn a_dead_letter_is_resumed_in_the_program_that_buried_it() {
    let clock = ManualClock::default();
    let failures = Arc::new(AtomicU32::new(1));
    let cashier = Cashier { failures, permanent: true, ..Cashier::default() };
    let system = start(MemoryJournal::new(), &cashier, &clock).await;
    let order = system.machine::<State>("o");
    order.create(Order::default()).await.unwrap();
    order.send(Event::Pay { cents: 1 }).await.unwrap();
    pass(&clock).await;
    let letters = system.dead_letters(0, NonZeroUsize::MIN).letters;
    assert!(letters[0].permanent);
    assert!(system.resume(&letters[0].key).await.unwrap());
    pass(&clock).await;
    assert_eq!(order.state().await.unwrap().state, State::Paid);
}

#[tokio::test]
async fn what_is_owed_is_performed_after_a_restart_although_nobody_asks() {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let broken = Cashier { failures: Arc::new(AtomicU32::new(1)), ..Cashier::default() };
    let system = start(journal.clone(), &broken, &clock).await;
    let order = system.machine::<State>("o");
    order.create(Order::default()).await.unwrap();
    order.send(Event::Pay { cents: 500 }).await.unwrap();
    rest().await;
    let report = system.shutdown_within(Duration::ZERO).await.unwrap();
    assert_eq!((report.effects_ended, report.effects_cut_off), (0, 1));

    let cashier = Cashier::default();
    let _system = start(journal.clone(), &cashier, &clock).await;
    rest().await;
    assert_eq!(cashier.performed()[0], ("State/o/2/0".to_owned(), Effect::Charge(500)));
}

#[tokio::test]
async fn an_effect_that_hangs_harms_its_own_machine_only() {
    struct Hanging;
    impl Perform<State> for Hanging {
        async fn perform(
            &self,
            key: &EffectKey,
            _: &Effect,
        ) -> Result<Option<Event>, PerformError> {
            match &*key.machine {
                "hangs" => std::future::pending().await,
                _ => Ok(Some(Event::Charged)),
            }
        }
    }
    let options = PerformOptions::new();
    let system = System::builder().perform::<State>(Hanging, options).start().await.unwrap();
    for id in ["hangs", "a", "b"] {
        let order = system.machine::<State>(id);
        order.create(Order::default()).await.unwrap();
        order.send(Event::Pay { cents: 1 }).await.unwrap();
    }
    rest().await;
    assert_eq!(system.machine::<State>("a").state().await.unwrap().state, State::Paid);
    assert_eq!(system.machine::<State>("b").state().await.unwrap().state, State::Paid);
    assert_eq!(system.machine::<State>("hangs").state().await.unwrap().state, State::Paying);
    let done = system.machine::<State>("hangs").send(Event::Declined).await.unwrap();
    assert_eq!(done.state, State::Cart);
}

#[tokio::test]
#[should_panic(expected = "nothing performs the effects of `State`")]
async fn a_kind_with_effects_needs_a_handler() {
    let system = System::builder().start().await.unwrap();
    let _ = system.machine::<State>("o");
}

/// A parent that spawns children, tells one of them something, and hears of their end.
mod family {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = ParentEvent, context = Parent)]
    #[on(Abort => Aborted)]
    pub(super) enum ParentState {
        #[fsm(initial)]
        #[on(Begin { children } => Waiting { children } / spawn(children))]
        Idle,
        #[on(Poke { child } => _ / poke(child))]
        #[on(Ended if *children > 1 => Waiting { children: children - 1 })]
        #[on(Ended => Done)]
        Waiting { children: u32 },
        #[fsm(final)]
        Done,
        #[fsm(final)]
        Aborted,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum ParentEvent {
        Begin { children: u32 },
        Poke { child: u32 },
        Ended,
        Abort,
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) struct Parent;

    impl Parent {
        fn spawn(&mut self, children: u32) -> Effects<NoEffect> {
            let mut effects = Effects::new();
            for child in 0..children {
                let spawning = effects.spawn::<ChildState>(format!("child-{child}"), ());
                spawning.then_tell::<ParentState>(ParentEvent::Ended);
            }
            effects
        }

        fn poke(&mut self, child: u32) -> Effects<NoEffect> {
            let mut effects = Effects::new();
            effects.send::<ChildState>(format!("child-{child}"), ChildEvent::Poke);
            effects
        }
    }

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = ChildEvent)]
    pub(super) enum ChildState {
        #[fsm(initial)]
        #[on(Poke => Poked)]
        Fresh,
        #[on(Poke => Gone)]
        Poked,
        #[fsm(final)]
        Gone,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum ChildEvent {
        Poke,
    }
}

use family::{ChildEvent, ChildState, Parent, ParentEvent, ParentState};

#[tokio::test]
async fn children_are_spawned_are_sent_events_and_their_end_is_told() {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let system = System::builder().journal(journal.clone()).clock(clock.clone());
    let system = system.start().await.unwrap();
    let parent = system.machine::<ParentState>("p");
    parent.create(Parent).await.unwrap();
    parent.send(ParentEvent::Begin { children: 2 }).await.unwrap();
    pass(&clock).await;
    let child = |system: &System, n: u32| system.machine::<ChildState>(format!("child-{n}"));
    parent.send(ParentEvent::Poke { child: 0 }).await.unwrap();
    pass(&clock).await;
    assert_eq!(child(&system, 0).state().await.unwrap().state, ChildState::Poked);
    system.shutdown().await.unwrap();

    // The children know their parent after a restart too, before anybody used its kind.
    let system = System::builder().journal(journal.clone()).clock(clock.clone());
    let system = system.start().await.unwrap();
    child(&system, 0).send(ChildEvent::Poke).await.unwrap();
    rest().await;
    let parent = system.machine::<ParentState>("p");
    pass(&clock).await;
    assert_eq!(parent.state().await.unwrap().state, ParentState::Waiting { children: 1 });
    child(&system, 1).stop().await.unwrap();
    pass(&clock).await;
    assert_eq!(parent.state().await.unwrap().state, ParentState::Done);
    let total = journal.read_all(Position(1), 1_000).await.unwrap().len();
    pass(&clock).await;
    assert_eq!(journal.head().0, total as u64, "nothing is told twice");
}

#[tokio::test]
async fn children_are_stopped_with_their_parent() {
    let clock = ManualClock::default();
    let system = System::builder().clock(clock.clone()).start().await.unwrap();
    let parent = system.machine::<ParentState>("p");
    parent.create(Parent).await.unwrap();
    parent.send(ParentEvent::Begin { children: 3 }).await.unwrap();
    pass(&clock).await;
    parent.send(ParentEvent::Abort).await.unwrap();
    pass(&clock).await;
    for child in 0..3 {
        let child = system.machine::<ChildState>(format!("child-{child}"));
        assert!(child.state().await.unwrap().completed);
    }
    assert_eq!(parent.state().await.unwrap().state, ParentState::Aborted);
}

#[tokio::test]
async fn an_event_that_the_other_machine_refuses_is_a_dead_letter() {
    let clock = ManualClock::default();
    let system = System::builder().clock(clock.clone()).start().await.unwrap();
    let parent = system.machine::<ParentState>("p");
    parent.create(Parent).await.unwrap();
    parent.send(ParentEvent::Begin { children: 2 }).await.unwrap();
    for _ in 0..3 {
        parent.send(ParentEvent::Poke { child: 0 }).await.unwrap();
    }
    pass(&clock).await;
    let letters = system.dead_letters(0, NonZeroUsize::MIN).letters;
    assert!(letters[0].why.contains("the machine is complete"), "{letters:?}");
    // The effects behind it are performed nevertheless.
    parent.send(ParentEvent::Poke { child: 1 }).await.unwrap();
    pass(&clock).await;
    let child = system.machine::<ChildState>("child-1");
    assert_eq!(child.state().await.unwrap().state, ChildState::Poked);
}
