//! Why a journal could not be opened, and how errors of the storage become those of the port.

use std::path::PathBuf;
use std::sync::Arc;

use fsm_core::journal::{AppendError, MachineKey, Position, ReadError};

use super::store::StoreError;

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The directory holds something else. It was not touched.
    #[error("{path:?} holds files but no journal: name an empty or a new directory")]
    NotAJournal {
        /// The directory.
        path: PathBuf,
    },
    /// There is no journal in the directory that is to be looked after.
    #[error("there is no journal in {path:?}: name the directory of one")]
    NoJournal {
        /// The directory.
        path: PathBuf,
    },
    /// The directory that something is to be written to anew holds something. It was not touched.
    #[error("{path:?} is not empty: name an empty or a new directory")]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// The directory may not be written to.
    #[error("{path:?} is read-only, and a journal writes to its directory: make it writable")]
    ReadOnly {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A copy of a journal was begun there, and is not complete.
    #[error("the copy of a journal in {path:?} is not complete: make it again")]
    Incomplete {
        /// The directory.
        path: PathBuf,
    },
    /// Another process, or another place in this one, has the journal open.
    #[error("the journal in {path:?} is open elsewhere: close it there, or name another directory")]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The journal was written by a newer version.
    #[error(
        "the journal in {path:?} has format version {found}, and {known} is the newest known here: \
         update fsm-persist"
    )]
    Newer {
        /// The directory.
        path: PathBuf,
        /// Its format version.
        found: u8,
        /// The newest version that this code reads.
        known: u8,
    },
    /// What is stored is not what was written.
    #[error(
        "the journal in {path:?} is damaged at {position}: {why}; `SledJournal::repair` mends a \
         torn end; otherwise restore a backup, or take what can be read with `SledJournal::salvage`"
    )]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// The last position that was found whole.
        position: Position,
        /// What was expected and what was found.
        why: String,
    },
    /// The end of the log is gone: records that were durable are missing.
    #[error(
        "the journal in {path:?} ends at {found}, and {missing} records behind it were durable: \
         restore a backup, or go on without them with `SledJournal::repair` and \
         `RepairOptions::accept_loss(true)`"
    )]
    Behind {
        /// The directory.
        path: PathBuf,
        /// The last position there is.
        found: Position,
        /// How many records are missing.
        missing: u64,
    },
    /// The operating system refused.
    #[error("cannot {what} {path:?}: {source}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The storage refused.
    #[error("cannot open the journal in {path:?}: {source}")]
    Storage {
        /// The directory.
        path: PathBuf,
        /// What the storage said.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// Something failed in the middle of a commit.
pub(super) fn unknown(error: &StoreError) -> AppendError {
    AppendError::Unknown { why: error.to_string(), source: Some(Arc::new(error.clone())) }
}

/// Something failed while reading at `position`.
pub(super) fn unreadable(
    error: StoreError,
    position: u64,
    machine: Option<&MachineKey>,
) -> ReadError {
    match error {
        StoreError::Damaged { .. } | StoreError::Document { .. } | StoreError::Packed { .. } => {
            damaged(position, machine, error.to_string())
        }
        other => ReadError::Storage { why: other.to_string(), source: Some(Arc::new(other)) },
    }
}

/// What was read is not what was written.
pub(super) fn damaged(
    position: u64,
    machine: Option<&MachineKey>,
    why: impl Into<String>,
) -> ReadError {
    ReadError::Damaged { position: Position(position), machine: machine.cloned(), why: why.into() }
}
