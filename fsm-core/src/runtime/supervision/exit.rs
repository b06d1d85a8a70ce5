//! How a member ended, and why a set gave up.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::policy::Intensity;

/// How a member ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// In order: there is nothing left for it to do. OTP calls it a normal exit.
    Finished,
    /// By an error or a panic, whose text this is.
    Failed(Arc<str>),
}

/// Why a set gave up. [`Error::source`] leads down the chain: from a set to the member set that
/// gave up before it, to the member that began it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GaveUp {
    /// The set's name.
    pub set: Arc<str>,
    /// What was exceeded.
    pub intensity: Intensity,
    /// The name of the member whose restart would have been the one too many.
    pub member: Arc<str>,
    /// Why that member was to be restarted.
    pub cause: Cause,
}

/// Why a member was to be restarted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It had finished, and is [`Permanent`](super::Restart::Permanent).
    Finished,
    /// It had failed.
    Failed(Arc<str>),
    /// It is a set, and gave up.
    GaveUp(Arc<GaveUp>),
}

impl Exit {
    /// A failure with this text.
    pub fn failed(why: impl Into<Arc<str>>) -> Self {
        Self::Failed(why.into())
    }

    /// The failure of an error: its text, and those of its sources.
    pub(super) fn of_error(error: &(dyn Error + 'static)) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        Self::failed(text)
    }
}

impl GaveUp {
    /// The sets that gave up, from this one to the one that began it.
    ///
    /// ```
    /// use fsm_core::Timestamp;
    /// use fsm_core::runtime::supervision::{Backoff, Exit, Intensity, Restart, SetOptions, Tree};
    ///
    /// let never = Intensity { restarts_max: 0, ..Intensity::default() };
    /// let mut tree = Tree::new(SetOptions::new().intensity(never));
    /// let feeds = tree.add_set("feeds", SetOptions::new().intensity(never))?;
    /// let now = Timestamp::EPOCH;
    /// let (ari, _) = tree.add(feeds, "ari", Restart::Permanent, Backoff::none(), now)?;
    /// tree.exited(ari, Exit::failed("refused"), now);
    ///
    /// let why = tree.gave_up().ok_or("the root has given up")?;
    /// assert_eq!(why.chain().map(|why| &*why.set).collect::<Vec<_>>(), ["root", "feeds"]);
    /// let began = why.chain().last().ok_or("there is one")?;
    /// assert_eq!(
    ///     began.to_string(),
    ///     "`feeds` gave up, since more than 0 restarts within 5s are too many: \
    ///      `ari` failed: refused",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |why| match &why.cause {
            Cause::GaveUp(inner) => Some(&**inner),
            Cause::Finished | Cause::Failed(_) => None,
        })
    }
}

impl From<Exit> for Cause {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Finished => Self::Finished,
            Exit::Failed(why) => Self::Failed(why),
        }
    }
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { set, intensity: Intensity { restarts_max, within }, member, cause } = self;
        write!(
            f,
            "`{set}` gave up, since more than {restarts_max} restarts within {within:?} are too \
             many: `{member}` {cause}"
        )
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("finished, which it should not"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            // What it gave up for is the source's to say.
            Self::GaveUp(_) => f.write_str("gave up"),
        }
    }
}

impl Error for GaveUp {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::GaveUp(inner) => Some(&**inner),
            Cause::Finished | Cause::Failed(_) => None,
        }
    }
}
