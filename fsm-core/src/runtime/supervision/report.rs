//! How what was stopped came to its end.

use std::fmt;
use std::sync::Arc;

/// How a member ended that was to be stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// In order, within its time.
    InOrder,
    /// Within its time, but by an error or a panic.
    Failed {
        /// The error or the panic, in words.
        why: Arc<str>,
    },
    /// Not within its time: it was aborted.
    Aborted,
    /// Not even by being aborted: it does not yield, or is not the supervisor's to abort. It was
    /// left behind, and may still run.
    Abandoned,
    /// It did not run when its turn came.
    Before,
}

/// What was stopped, in the order in which it ended. What did not run is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub(super) ended: Vec<(Arc<str>, Ended)>,
}

impl Report {
    /// The paths of the members that ended, and how.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Ended)> {
        self.ended.iter().map(|(path, ended)| (&**path, ended))
    }

    /// The paths of the members that ended in order.
    pub fn in_order(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(_, ended)| **ended == Ended::InOrder).map(|(path, _)| path)
    }

    /// Those that did not end in order, and how they ended.
    pub fn faults(&self) -> impl Iterator<Item = (&str, &Ended)> {
        self.iter().filter(|(_, ended)| **ended != Ended::InOrder)
    }

    /// Whether everything ended in order.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.faults().next().is_none()
    }

    pub(super) fn push(&mut self, path: Arc<str>, ended: Ended) {
        if ended != Ended::Before {
            self.ended.push((path, ended));
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InOrder => f.write_str("ended in order"),
            Self::Failed { why } => write!(f, "failed while it was stopped: {why}"),
            Self::Aborted => f.write_str("did not end in its time, and was aborted"),
            Self::Abandoned => {
                f.write_str("did not end in its time nor by being aborted, and was left behind")
            }
            Self::Before => f.write_str("did not run"),
        }
    }
}

impl fmt::Display for Report {
    /// A line for each member, without a line break at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (path, ended)) in self.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}`{path}` {ended}")?;
        }
        Ok(())
    }
}
