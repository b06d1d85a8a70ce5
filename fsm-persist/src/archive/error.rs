//! Why an archive could not be made or read.

use fsm_core::journal::{
    AppendError, MachineKey, ReadError, RegisterError, SchemaId, Sequence, SpaceError, UpkeepError,
};

/// Why an archive could not be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A space could not be read or created.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// A schema could not be registered.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A record could not be appended.
    #[error("cannot import the archive up to line {line}: {source}")]
    Append {
        /// The line.
        line: u64,
        /// What went wrong.
        source: AppendError,
    },
    /// What was before a base could not be left out.
    #[error("cannot import the base in line {line}: {source}")]
    Base {
        /// The line.
        line: u64,
        /// What went wrong.
        source: UpkeepError,
    },
    /// The journal has records already.
    #[error("an archive is imported into an empty journal, and this one has records")]
    NotEmpty,
    /// The archive has a machine's later records, but not what they rest on.
    #[error(
        "line {line} has {sequence} of {machine}, and what comes before is not in the archive: \
         export whole histories"
    )]
    NotWhole {
        /// The line.
        line: u64,
        /// The machine, as it would be in this journal.
        machine: MachineKey,
        /// The sequence of its first record in the archive.
        sequence: Sequence,
    },
    /// A line is not one of an archive.
    #[error("line {line} of the archive cannot be read: {why}")]
    Line {
        /// The line.
        line: u64,
        /// What was found there.
        why: String,
    },
    /// The journal has a record of a schema that it does not have.
    #[error("a record names {schema}, which the journal does not have: verify the journal")]
    NoSchema {
        /// The schema.
        schema: SchemaId,
    },
    /// What the archive is written to or read from refused.
    #[error("cannot write or read the archive: {0}")]
    Io(#[from] std::io::Error),
    /// The Parquet file could not be written.
    #[cfg(feature = "parquet")]
    #[error("cannot write the Parquet file: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}
