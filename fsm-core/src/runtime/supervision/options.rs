//! What is said of a set and of a member when it is added.

use std::sync::Arc;
use std::time::Duration;

use super::policy::{Intensity, Restart, Strategy};
use crate::runtime::backoff::Backoff;

/// The name of the set that all others are in.
pub(super) const ROOT: &str = "root";

/// How long a member may take to end in order, unless said otherwise. OTP's default.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// How a set is to be.
///
/// ```
/// use std::time::Duration;
/// use fsm_core::runtime::supervision::{Intensity, SetOptions, Strategy};
///
/// let feeds = SetOptions::new()
///     .strategy(Strategy::RestForOne)
///     .intensity(Intensity { restarts_max: 5, within: Duration::from_secs(30) })
///     .parent("edge");
/// # let _ = feeds;
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SetOptions {
    pub(super) strategy: Strategy,
    pub(super) intensity: Intensity,
    pub(super) backoff: Backoff,
    pub(super) parent: Arc<str>,
}

/// How a member is to be supervised.
///
/// ```
/// use std::time::Duration;
/// use fsm_core::runtime::supervision::{Backoff, Restart, Supervision};
///
/// let policy = Supervision::new()
///     .restart(Restart::Transient)
///     .backoff(Backoff::new(Duration::from_millis(200)))
///     .stop_within(Duration::from_secs(1))
///     .within("feeds");
/// # let _ = policy;
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Supervision {
    pub(super) restart: Restart,
    pub(super) backoff: Backoff,
    pub(super) stop_within: Duration,
    pub(super) set: Arc<str>,
}

impl SetOptions {
    /// A set in the root: [`Strategy::OneForOne`], three restarts within five seconds, and the
    /// default [`Backoff`] when the set itself is restarted.
    pub fn new() -> Self {
        Self {
            strategy: Strategy::default(),
            intensity: Intensity::default(),
            backoff: Backoff::default(),
            parent: ROOT.into(),
        }
    }

    /// Who is restarted with a member that is to be restarted.
    pub const fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// How often its members may be restarted before it gives up.
    pub const fn intensity(mut self, intensity: Intensity) -> Self {
        self.intensity = intensity;
        self
    }

    /// How long its parent waits before it restarts the set, when the set has given up.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// The set that it is a member of, behind the members that are there already.
    pub fn parent(mut self, set: impl Into<Arc<str>>) -> Self {
        self.parent = set.into();
        self
    }
}

impl Supervision {
    /// A member of the root, [`Restart::Permanent`], with the default [`Backoff`], that has five
    /// seconds to end in order.
    pub fn new() -> Self {
        Self {
            restart: Restart::default(),
            backoff: Backoff::default(),
            stop_within: STOP_WITHIN,
            set: ROOT.into(),
        }
    }

    /// When it is started again after it ended.
    pub const fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// How long it waits before that, when it was its own end.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// How long it may take to end in order once it is asked to. Then it is aborted. With zero it
    /// is aborted at once: OTP's `brutal_kill`.
    pub const fn stop_within(mut self, time: Duration) -> Self {
        self.stop_within = time;
        self
    }

    /// The set that it is a member of, behind the members that are there already.
    pub fn within(mut self, set: impl Into<Arc<str>>) -> Self {
        self.set = set.into();
        self
    }
}

impl Default for SetOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for Supervision {
    fn default() -> Self {
        Self::new()
    }
}
