//! Erasing records, for good: one machine's, or those that a base makes superfluous.
//!
//! Positions and space sequences of erased records are not given again: readers find gaps there.

use std::fmt;

use super::{AppendError, MachineKey, Pending, ReadError, Sequence};

/// Why records could not be erased.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpkeepError {
    /// There is no such machine.
    #[error("there is no {machine}")]
    NotFound {
        /// The machine.
        machine: MachineKey,
    },
    /// The machine's record there is no base: what comes before it is needed.
    #[error("the record {sequence} of {machine} is no base: what comes before it is needed")]
    NoBase {
        /// The machine.
        machine: MachineKey,
        /// The record.
        sequence: Sequence,
    },
    /// It could not be written.
    #[error("cannot erase records of {machine}: {source}")]
    Write {
        /// The machine.
        machine: MachineKey,
        /// What went wrong.
        source: AppendError,
    },
    /// The records could not be read.
    #[error("cannot erase records of {machine}: {source}")]
    Read {
        /// The machine.
        machine: MachineKey,
        /// What went wrong.
        source: ReadError,
    },
}

/// What removes records from a journal.
pub trait Upkeep: fmt::Debug + Send + Sync {
    /// Erases the machine: all its records and snapshots. Says how many records that were. Its id
    /// is free then.
    ///
    /// # Cancel safety
    ///
    /// Once begun, it is completed, also after a restart.
    fn forget<'a>(&'a self, machine: &'a MachineKey) -> Pending<'a, Result<u64, UpkeepError>>;

    /// Erases the machine's records before `base`, which must be a
    /// [`Fact::Base`](super::Fact::Base), and says how many records that were.
    ///
    /// # Cancel safety
    ///
    /// Once begun, it is completed, also after a restart.
    fn trim<'a>(
        &'a self,
        machine: &'a MachineKey,
        base: Sequence,
    ) -> Pending<'a, Result<u64, UpkeepError>>;
}
