//! A device in a system on a journal, with its own clock, and the random steps it is led through.

use std::num::NonZeroUsize;
use std::sync::{Arc, Once};
use std::time::Duration;

use fsm_core::journal::{Journal, MemoryJournal, Position, Record};
use fsm_core::runtime::effects::perform_fn;
use fsm_core::runtime::{
    Clock, MachineOptions, ManualClock, PerformError, PerformOptions, ScheduleId, SnapshotHealth,
};
use fsm_core::{MachineRef, System, Timestamp};
use proptest::prelude::*;

use crate::device::{Event, Lamp, Print, State, Switch};

/// Something that happens to a device.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Event),
    Keyed(Event, u8),
    After(Event, u16),
    Cancel(u8),
    Wait(u16),
    Switch(u8),
    Condense,
    Stop,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Connect),
        3 => Just(Event::Resume),
        4 => Just(Event::Accepted),
        4 => (0u32..12).prop_map(|units| Event::Work { units }),
        1 => Just(Event::Look),
        1 => Just(Event::Drop),
        1 => Just(Event::Print),
        1 => (0u8..3).prop_map(|which| Event::Spawn { name: lamp(which) }),
    ]
}

fn step(condensing: u32) -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => event().prop_map(Step::Send),
        4 => (event(), 0u8..4).prop_map(|(event, key)| Step::Keyed(event, key)),
        3 => (event(), 0u16..20_000).prop_map(|(event, millis)| Step::After(event, millis)),
        1 => (0u8..4).prop_map(Step::Cancel),
        8 => (1u16..20_000).prop_map(Step::Wait),
        1 => (0u8..3).prop_map(Step::Switch),
        condensing => Just(Step::Condense),
        1 => Just(Step::Send(Event::Scrap)),
        1 => Just(Step::Stop),
    ]
}

/// Random steps; `condensing` is how often the machine is condensed, 0 for never.
pub(crate) fn steps(condensing: u32) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(condensing), 1..40)
}

pub(crate) fn lamp(which: u8) -> String {
    format!("lamp {which}")
}

/// A device, its system, and what that stands on.
pub(crate) struct Run {
    pub(crate) memory: MemoryJournal,
    journal: Arc<dyn Journal>,
    pub(crate) clock: ManualClock,
    pub(crate) system: System,
    options: MachineOptions,
    scheduled: Vec<ScheduleId>,
    /// How the snapshots of the systems before have done.
    pub(crate) before: SnapshotHealth,
}

/// Options with a snapshot after so many records.
pub(crate) fn every(records: u16) -> MachineOptions {
    let kept = NonZeroUsize::new(3).unwrap();
    let options = MachineOptions::default().idempotency_window(2).deferred_max(2);
    options.snapshot_every(records).snapshots_kept(kept)
}

impl Run {
    pub(crate) async fn start(options: MachineOptions) -> Self {
        let memory = MemoryJournal::new();
        Self::on(Arc::new(memory.clone()), memory, options).await
    }

    /// On a journal that keeps its records in this memory.
    pub(crate) async fn on(
        journal: Arc<dyn Journal>,
        memory: MemoryJournal,
        options: MachineOptions,
    ) -> Self {
        let clock = ManualClock::at(Timestamp::from_micros(0));
        let system = system(&journal, &clock, &options).await;
        let before = SnapshotHealth::default();
        let run = Self { memory, journal, clock, system, options, scheduled: Vec::new(), before };
        run.machine().create(Default::default()).await.unwrap();
        run
    }

    pub(crate) fn machine(&self) -> MachineRef<State> {
        self.system.machine("device")
    }

    pub(crate) async fn restart(&mut self) {
        self.restart_unseen().await;
        self.rest().await;
    }

    /// Restarts, and asks for nothing.
    pub(crate) async fn restart_unseen(&mut self) {
        self.before = self.snapshots();
        self.system.shutdown().await.unwrap();
        self.system = system(&self.journal, &self.clock, &self.options).await;
    }

    /// Restarts with other options.
    pub(crate) async fn become_with(&mut self, options: MachineOptions) {
        self.options = options;
        self.restart().await;
    }

    /// How snapshots did, in the systems before too.
    pub(crate) fn snapshots(&self) -> SnapshotHealth {
        let mut all = self.before;
        let health = self.system.health();
        for kind in health.kinds.iter().filter(|kind| kind.kind == "State") {
            all.used += kind.snapshots.used;
            all.saved += kind.snapshots.saved;
            all.discarded += kind.snapshots.discarded;
            all.failed += kind.snapshots.failed;
        }
        all
    }

    /// Lets what is due happen.
    pub(crate) async fn rest(&self) {
        for _ in 0..40 {
            tokio::task::yield_now().await;
        }
        self.machine().state().await.unwrap();
    }

    /// The answer as text.
    pub(crate) async fn take(&mut self, step: &Step) -> String {
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
                self.wait(u64::from(*millis)).await;
                String::new()
            }
            Step::Switch(which) => {
                format!("{:?}", self.system.machine::<Lamp>(lamp(*which)).send(Switch::On).await)
            }
            Step::Condense => format!("{:?}", machine.condense().await),
            Step::Stop => format!("{:?}", machine.stop().await),
        };
        self.rest().await;
        answer
    }

    /// Time passes evenly: each thing happens at the time when it is due.
    pub(crate) async fn wait(&self, millis: u64) {
        let end = self.clock.now().saturating_add(Duration::from_millis(millis));
        while let Some(due) = self.clock.next_wake().filter(|due| *due <= end) {
            self.clock.set(due);
            self.rest().await;
        }
        self.clock.set(end);
        self.rest().await;
    }

    pub(crate) async fn records(&self) -> Vec<Record> {
        self.memory.read_all(Position(1), 1_000_000).await.unwrap()
    }
}

async fn system(
    journal: &Arc<dyn Journal>,
    clock: &ManualClock,
    options: &MachineOptions,
) -> System {
    let builder = System::builder().shared_journal(Arc::clone(journal)).clock(clock.clone());
    let printer = perform_fn(|_, Print| async { Ok::<_, PerformError>(Some(Event::Look)) });
    let builder = builder.machines::<State>(options.clone()).machines::<Lamp>(options.clone());
    builder.perform::<State>(printer, PerformOptions::new()).start().await.unwrap()
}

/// Runs on a runtime of its own.
pub(crate) fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(test);
}

/// Keeps the panics that are part of the game out of the tests' output; others are shown.
pub(crate) fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let show = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload_as_str() != Some("the state gives up") {
                show(panic);
            }
        }));
    });
}
