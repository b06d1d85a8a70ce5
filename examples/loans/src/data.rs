//! The directory that the journal is in.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fsm_core::System;
use fsm_core::journal::{Durability, ReadError};
use fsm_core::runtime::{ShutdownError, StartError};
use fsm_persist::{OpenError, SledJournal};

use crate::cli::DurabilityChoice;

/// How long an event may wait for the disk with [`DurabilityChoice::Flush`].
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// Why a journal could not be used. Each says which directory it is about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There is no journal to be read.
    #[error("there is no journal in `{}`: read a log first, or name another directory with --data",
        .directory.display())]
    Absent {
        /// The directory.
        directory: PathBuf,
    },
    /// It cannot be opened. The journal's own error says in which directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It cannot be read.
    #[error("cannot read the journal in `{}`: {error}", .directory.display())]
    Read {
        /// The directory.
        directory: PathBuf,
        /// What the journal says.
        error: ReadError,
    },
    /// It did not close in order.
    #[error("cannot close the journal in `{}`: {error}", .directory.display())]
    Close {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        error: ShutdownError,
    },
    /// The system did not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// The directory of a journal, and how durable it is to be.
#[derive(Debug)]
pub struct Data {
    directory: PathBuf,
    durability: DurabilityChoice,
}

impl Data {
    /// The journal in this directory; nothing is opened yet.
    #[must_use]
    pub fn new(directory: PathBuf, durability: DurabilityChoice) -> Self {
        // A relative path says little to who reads it elsewhere; one that cannot be made absolute
        // still says something.
        let directory = std::path::absolute(&directory).unwrap_or(directory);
        Self { directory, durability }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A system on the journal that is there.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be opened.
    ///
    /// # Cancel safety
    ///
    /// Dropping it leaves nothing open.
    pub async fn open(&self) -> Result<System, DataError> {
        let is_there = |directory: &Path| -> io::Result<bool> {
            Ok(std::fs::read_dir(directory)?.next().is_some())
        };
        match is_there(&self.directory) {
            Ok(true) => self.open_or_create().await,
            Ok(false) => Err(DataError::Absent { directory: self.directory.clone() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(DataError::Absent { directory: self.directory.clone() })
            }
            // What is wrong with it, the journal says better.
            Err(_) => self.open_or_create().await,
        }
    }

    /// A system on the journal that is there, or on a new one.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    ///
    /// # Cancel safety
    ///
    /// Dropping it leaves nothing open.
    pub async fn open_or_create(&self) -> Result<System, DataError> {
        let durability = match self.durability {
            DurabilityChoice::Fsync => Durability::Fsync,
            DurabilityChoice::Flush => Durability::Flush(FLUSH_INTERVAL),
        };
        let journal = SledJournal::options().durability(durability).open(&self.directory)?;
        Ok(System::builder().journal(journal).start().await?)
    }

    /// Ends the system.
    ///
    /// # Errors
    ///
    /// If it did not end in order; what is journaled is journaled nevertheless.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the journal may stay open until the program ends.
    pub async fn close(&self, system: &System) -> Result<(), DataError> {
        let directory = self.directory.clone();
        system.shutdown().await.map(drop).map_err(|error| DataError::Close { directory, error })
    }

    pub(crate) fn unreadable(&self, error: ReadError) -> DataError {
        DataError::Read { directory: self.directory.clone(), error }
    }
}
