//! When and to whom something happens.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
///
/// It reads and writes RFC 3339:
///
/// ```
/// use fsm_core::Timestamp;
///
/// let time: Timestamp = "2011-10-01T00:38:44.546+02:00".parse()?;
/// assert_eq!(time.to_string(), "2011-09-30T22:38:44.546Z");
/// assert_eq!(time.micros(), 1_317_422_324_546_000);
/// # Ok::<(), fsm_core::ParseTimestampError>(())
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// The text is no RFC 3339 time.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no time; write it as in `2026-11-21T09:30:00Z`: {source}")]
pub struct ParseTimestampError {
    text: String,
    source: jiff::Error,
}

/// What a row may know of the world: the time, and the machine it runs on.
///
/// The runtime reads the clock once for each event, journals what it read, and hands the journaled
/// time out again at every replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment<'a> {
    /// The time of the event: `now` in guards, actions and targets.
    pub now: Timestamp,
    /// The machine's id: `id` in guards, actions and targets. Empty where there is no runtime.
    pub id: &'a str,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// This many microseconds after 1970-01-01T00:00:00Z; before it if negative.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This much later, or the last time that can be written down.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// The time from `earlier` to this one; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let micros = i128::from(self.0) - i128::from(earlier.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self(micros(after)),
            Err(before) => Self(-micros(before.duration())),
        }
    }
}

impl From<Timestamp> for Moment<'static> {
    fn from(now: Timestamp) -> Self {
        Self { now, id: "" }
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed: jiff::Timestamp =
            text.parse().map_err(|source| ParseTimestampError { text: text.to_owned(), source })?;
        Ok(Self(parsed.as_microsecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => fmt::Display::fmt(&time, f),
            // Outside the years -9999 to 9999, which RFC 3339 cannot write.
            Err(_) => write!(f, "{} µs after 1970", self.0),
        }
    }
}
