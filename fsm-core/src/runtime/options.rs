//! How machines of a kind live: their limits, and when they leave memory.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::supervision::Intensity;
use super::timing::MissedTicks;

/// How many answers to keyed events a machine remembers, unless said otherwise: a sender tries
/// again within seconds, and a machine has few senders.
const ANSWERS_MAX: usize = 64;
/// How many events a machine keeps or has scheduled, unless said otherwise.
const KEPT_MAX: usize = 1_024;

/// After how many records a machine has a snapshot, unless said otherwise: to replay so many takes
/// about a millisecond, and who writes them pays for the snapshot what one of them costs.
const SNAPSHOT_RECORDS: u16 = 1_000;
/// How many snapshots of a machine are kept, unless said otherwise: the last, and one before it.
const SNAPSHOTS_KEPT: usize = 2;

/// How often a machine may panic, unless said otherwise: a poisoned event that is sent again and
/// again is noticed, a handful of crashes by different senders is borne.
const PANICS_MAX: u16 = 10;
/// In which time.
const PANICS_WITHIN: Duration = Duration::from_secs(60);

/// How the machines of a kind live in a system: give it to
/// [`Builder::machines`](super::Builder::machines).
///
/// ```
/// use std::time::Duration;
/// use fsm_core::runtime::{MachineOptions, MissedTicks};
///
/// let options = MachineOptions::default()
///     .passivate_after(Duration::from_secs(60))
///     .missed_ticks(MissedTicks::Skip);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a builder has them"]
pub struct MachineOptions {
    pub(super) limits: Limits,
    pub(super) passivation: Passivation,
    pub(super) intensity: Intensity,
    pub(super) snapshots: SnapshotOptions,
}

/// What a machine may do and keep.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) missed_ticks: MissedTicks,
    pub(super) answers_max: usize,
    pub(super) deferred_max: usize,
    pub(super) scheduled_max: usize,
}

/// When a machine has a snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct SnapshotOptions {
    /// After how many records; 0 for never.
    pub(super) every: u16,
    pub(super) kept: NonZeroUsize,
}

/// When machines leave memory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passivation {
    pub(super) after: Option<Duration>,
    /// For all shards together.
    pub(super) machines_max: Option<NonZeroUsize>,
}

impl MachineOptions {
    /// Lets a machine leave memory that was sent nothing for this long; its next command brings it
    /// back. Unless said, machines stay.
    pub const fn passivate_after(mut self, idle: Duration) -> Self {
        self.passivation.after = Some(idle);
        self
    }

    /// Keeps about this many machines in memory, the last ones used. Unless said, there is no such
    /// limit. Machines that are watched, or have an effect to be performed, stay and count.
    pub const fn machines_max(mut self, machines: NonZeroUsize) -> Self {
        self.passivation.machines_max = Some(machines);
        self
    }

    /// How often a machine may panic before it is quarantined; ten times a minute unless said.
    pub const fn intensity(mut self, intensity: Intensity) -> Self {
        self.intensity = intensity;
        self
    }

    /// Takes a snapshot of a machine after so many records of it; 1,000 unless said, 0 for never. A
    /// machine with a snapshot is brought to memory by that and the records behind it, instead of
    /// all its records. One that leaves memory has a snapshot taken after an eighth of that, and so
    /// has every machine at a shutdown, as long as that has time.
    ///
    /// A snapshot only ever shortens a replay. It is not believed without the journal: what it was
    /// taken behind must be there, as it says, and it must be of a program with the very same
    /// attributes. If anything about it is doubtful, it is discarded and the records are replayed
    /// from the first. [`KindHealth`](super::KindHealth) counts how it goes; a snapshot that could
    /// not be saved is counted there and nothing else.
    ///
    /// # Which machines have snapshots
    ///
    /// * A state that carries data needs `Serialize` and `Deserialize`: derive them for the enum.
    ///   One that carries nothing needs neither. Without them machines have no snapshots while they
    ///   are in such a state, or remember an answer that was.
    /// * A machine that owes effects, or has some that were given up, has none until they are
    ///   performed: effects are not stored, but come from the records. Machines that it has spawned
    ///   are no hindrance.
    ///
    /// # What a program must not do
    ///
    /// A replay runs the actions of today's code; a snapshot has what they were when it was taken.
    /// If a method that actions call changes what it does, and the attributes stay as they are,
    /// give the machine another `version`: snapshots of the old one are then not used. And what an
    /// action reads must be encoded with state and context: a field with `#[serde(skip)]` is
    /// whatever its default is behind a snapshot. If that cannot be, turn snapshots off.
    ///
    /// ```
    /// # use fsm_core::{Fsm, System};
    /// # use fsm_core::journal::MemoryJournal;
    /// # use fsm_core::runtime::MachineOptions;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug, PartialEq)] #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # #[derive(Debug, Serialize, Deserialize)] enum Event { Coin, Push }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let journal = MemoryJournal::new();
    /// let options = MachineOptions::default().snapshot_every(100);
    /// let builder = || System::builder().journal(journal.clone());
    /// let system = builder().machines::<Turnstile>(options.clone()).start().await?;
    /// let gate = system.machine::<Turnstile>("north");
    /// gate.create(()).await?;
    /// for _ in 0..100 {
    ///     gate.send(Event::Coin).await?;
    ///     gate.send(Event::Push).await?;
    /// }
    /// system.shutdown().await?;
    ///
    /// let system = builder().machines::<Turnstile>(options).start().await?;
    /// system.machine::<Turnstile>("north").send(Event::Coin).await?;
    /// assert_eq!(system.health().kinds[0].snapshots.used, 1);
    /// # Ok(()) }
    /// ```
    pub const fn snapshot_every(mut self, records: u16) -> Self {
        self.snapshots.every = records;
        self
    }

    /// How many snapshots of a machine are kept, the newest; 2 unless said. Older ones shorten the
    /// way to what a machine [was](super::MachineRef::at).
    pub const fn snapshots_kept(mut self, snapshots: NonZeroUsize) -> Self {
        self.snapshots.kept = snapshots;
        self
    }

    /// What becomes of the ticks of `#[every]` that could not happen in time;
    /// [`MissedTicks::Once`] unless said.
    pub const fn missed_ticks(mut self, policy: MissedTicks) -> Self {
        self.limits.missed_ticks = policy;
        self
    }

    /// How many answers to events with an idempotency key a machine remembers; 64 unless said.
    /// Each costs the memory of a state.
    pub const fn idempotency_window(mut self, answers: usize) -> Self {
        self.limits.answers_max = answers;
        self
    }

    /// How many deferred events a machine keeps; 1,024 unless said.
    pub const fn deferred_max(mut self, events: usize) -> Self {
        self.limits.deferred_max = events;
        self
    }

    /// How many scheduled events a machine has; 1,024 unless said.
    pub const fn scheduled_max(mut self, events: usize) -> Self {
        self.limits.scheduled_max = events;
        self
    }
}

impl Default for MachineOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            passivation: Passivation::default(),
            intensity: Intensity { restarts_max: PANICS_MAX, within: PANICS_WITHIN },
            snapshots: SnapshotOptions::default(),
        }
    }
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        let kept = NonZeroUsize::MIN.saturating_add(SNAPSHOTS_KEPT - 1);
        Self { every: SNAPSHOT_RECORDS, kept }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            missed_ticks: MissedTicks::default(),
            answers_max: ANSWERS_MAX,
            deferred_max: KEPT_MAX,
            scheduled_max: KEPT_MAX,
        }
    }
}
