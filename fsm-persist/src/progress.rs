//! How far a long task has come.

/// How far a long task has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How much is done: records, each pass over the log counted.
    pub done: u64,
    /// How much there is to be done, as far as that is known.
    pub all: u64,
}
