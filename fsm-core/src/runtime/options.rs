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
}

/// What a machine may do and keep.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) missed_ticks: MissedTicks,
    pub(super) answers_max: usize,
    pub(super) deferred_max: usize,
    pub(super) scheduled_max: usize,
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
        }
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
