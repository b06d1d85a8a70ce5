//! The words that say when to restart, whom with it, and when to give up.

use std::time::Duration;

/// When a member is started again after it ended. Whether its end was a failure is said by
/// [`Exit`](super::Exit).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Restart {
    /// Always, after a failure and after an end in order.
    #[default]
    Permanent,
    /// Only after a failure. When it has finished it stays in its set, stopped; a restart of the
    /// whole set, or of the rest that it belongs to, starts it again.
    Transient,
    /// Never, not even when it was a sibling's failure that had it stopped. When it ends or is
    /// stopped, it leaves its set.
    Temporary,
}

/// Who is restarted with a member that is to be restarted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Nobody.
    #[default]
    OneForOne,
    /// All members of the set: the others are stopped, the last started first, and then all are
    /// started in start order.
    OneForAll,
    /// Those after it in start order: they are stopped, the last started first, and then it and
    /// they are started in start order.
    RestForOne,
}

/// How often members of a set may be restarted before the set gives up.
///
/// Each member that is to be restarted counts once, however many are restarted with it. OTP calls
/// the two numbers `intensity` and `period`.
///
/// ```
/// use std::time::Duration;
/// use fsm_core::runtime::supervision::Intensity;
///
/// let intensity = Intensity { restarts_max: 10, within: Duration::from_secs(60) };
/// assert_eq!(Intensity::default().restarts_max, 3);
/// # let _ = intensity;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Intensity {
    /// So many restarts are allowed; one more within the time and the set gives up. The set
    /// remembers the time of each, which is why there cannot be more than 65,535.
    pub restarts_max: u16,
    /// The time in which they are counted, back from the newest.
    pub within: Duration,
}

impl Default for Intensity {
    /// Three restarts within five seconds. OTP's default is one; with the default backoff a single
    /// member that always fails at once stays below three, and two of them do not.
    fn default() -> Self {
        Self { restarts_max: 3, within: Duration::from_secs(5) }
    }
}
