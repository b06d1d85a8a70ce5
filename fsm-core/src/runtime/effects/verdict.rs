//! What became of an effect.

use super::dead_letters::DeadLetter;

/// What became of an effect: it is owed no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<V> {
    /// It was performed.
    Done {
        /// What the handler answered, for the machine.
        event: Option<V>,
        /// How many attempts it took.
        attempts: u32,
    },
    /// It was given up.
    Dead(DeadLetter),
}
