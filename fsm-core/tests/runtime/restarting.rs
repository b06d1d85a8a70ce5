//! A system that is restarted after every step writes the same journal as one that is not.

use std::time::Duration;

use fsm_core::journal::{Journal, MemoryJournal, Position, Record};
use fsm_core::runtime::{Intensity, MachineOptions, ManualClock};
use fsm_core::{MachineRef, System, Timestamp};
use proptest::prelude::*;

use crate::account::hush;
use crate::device::{Event, State};

#[derive(Clone, Debug)]
enum Step {
    Send(Event),
    Keyed(Event, u8),
    After(Event, u16),
    Cancel(u8),
    Wait(u16),
    Stop,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Connect),
        4 => Just(Event::Accepted),
        4 => (0u32..12).prop_map(|units| Event::Work { units }),
        1 => Just(Event::Look),
        1 => Just(Event::Drop),
        1 => Just(Event::Panic),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => event().prop_map(Step::Send),
        3 => (event(), 0u8..4).prop_map(|(event, key)| Step::Keyed(event, key)),
        3 => (event(), 0u16..20_000).prop_map(|(event, millis)| match event {
            // What panics when its time has come is another test's business.
            Event::Panic => Step::After(Event::Look, millis),
            event => Step::After(event, millis),
        }),
        1 => (0u8..4).prop_map(Step::Cancel),
        8 => (1u16..20_000).prop_map(Step::Wait),
        1 => Just(Step::Send(Event::Scrap)),
        1 => Just(Step::Stop),
    ]
}

/// A system on its own journal, with its own clock.
struct Run {
    journal: MemoryJournal,
    clock: ManualClock,
    system: System,
    scheduled: Vec<fsm_core::runtime::ScheduleId>,
}

impl Run {
    async fn start() -> Self {
        hush();
        let (journal, clock) = (MemoryJournal::new(), ManualClock::at(Timestamp::from_micros(0)));
        let system = Self::system(&journal, &clock).await;
        let run = Self { journal, clock, system, scheduled: Vec::new() };
        run.machine().create(Default::default()).await.unwrap();
        run
    }

    async fn system(journal: &MemoryJournal, clock: &ManualClock) -> System {
        let builder = System::builder().journal(journal.clone()).clock(clock.clone());
        let intensity = Intensity { restarts_max: 1_000, within: Duration::from_secs(60) };
        let options = MachineOptions::default().idempotency_window(2).deferred_max(2);
        let options = options.intensity(intensity);
        builder.machines::<State>(options).start().await.unwrap()
    }

    fn machine(&self) -> MachineRef<State> {
        self.system.machine("device")
    }

    async fn restart(&mut self) {
        self.system.shutdown().await.unwrap();
        self.system = Self::system(&self.journal, &self.clock).await;
        self.rest().await;
    }

    /// Lets what is due happen.
    async fn rest(&self) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.machine().state().await.unwrap();
    }

    /// The answer as text, without what a message alone may change.
    async fn take(&mut self, step: &Step) -> String {
        let machine = self.machine();
        let answer = match step {
            Step::Send(event) => format!("{:?}", machine.send(event.clone()).await),
            Step::Keyed(event, key) => {
                let sent = machine.send(event.clone()).idempotency_key(format!("key {key}"));
                format!("{:?}", sent.await)
            }
            Step::After(event, millis) => {
                let delay = Duration::from_millis(u64::from(*millis));
                let scheduled = machine.send_after(event.clone(), delay).await;
                self.scheduled.extend(scheduled.iter().copied());
                format!("{scheduled:?}")
            }
            Step::Cancel(which) => match self.scheduled.get(usize::from(*which)) {
                Some(scheduled) => format!("{:?}", machine.cancel(*scheduled).await),
                None => String::new(),
            },
            Step::Wait(millis) => {
                // Time passes evenly: each thing happens at the time when it is due.
                let end = self.clock_now() + i64::from(*millis) * 1_000;
                while let Some(due) = self.clock.next_wake().filter(|due| due.micros() <= end) {
                    self.clock.set(due);
                    self.rest().await;
                }
                self.clock.set(Timestamp::from_micros(end));
                String::new()
            }
            Step::Stop => format!("{:?}", machine.stop().await),
        };
        self.rest().await;
        answer
    }

    fn clock_now(&self) -> i64 {
        use fsm_core::runtime::Clock;
        self.clock.now().micros()
    }

    async fn records(&self) -> Vec<Record> {
        self.journal.read_all(Position(1), 1_000_000).await.unwrap()
    }
}

proptest! {
    #[test]
    fn a_restart_after_every_step_changes_nothing(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut steady = Run::start().await;
            let mut restarted = Run::start().await;
            for step in &steps {
                let answers = (steady.take(step).await, restarted.take(step).await);
                assert_eq!(answers.0, answers.1, "{step:?}");
                restarted.restart().await;
                assert_eq!(steady.records().await, restarted.records().await, "{step:?}");
                assert_eq!(
                    steady.machine().state().await.unwrap(),
                    restarted.machine().state().await.unwrap(),
                    "{step:?}"
                );
            }
        });
    }
}
