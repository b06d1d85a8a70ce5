//! Who takes part.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::fjall::Fjall;
use super::ours::Ours;
use super::raw::RawLog;
use super::redb::Redb;
use super::sled::Sled;
use super::sqlite::Sqlite;
use super::store::{Failure, Keys, Store};

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Contestant {
    /// Our journal.
    Ours,
    /// The floor.
    Raw,
    Sled,
    Fjall,
    Redb,
    Sqlite,
    SledIndexed,
    FjallIndexed,
    RedbIndexed,
    SqliteIndexed,
}

impl Contestant {
    /// Everyone: ours first, then the floor, then the engines with one key an event.
    pub(crate) const ALL: [Self; 6] =
        [Self::Ours, Self::Raw, Self::Sled, Self::Fjall, Self::Redb, Self::Sqlite];

    /// The engines with an index of machines beside it.
    pub(crate) const INDEXED: [Self; 4] =
        [Self::SledIndexed, Self::FjallIndexed, Self::RedbIndexed, Self::SqliteIndexed];

    /// Whether it is one of the engines with one key an event.
    pub(crate) fn is_engine(self) -> bool {
        matches!(self, Self::Sled | Self::Fjall | Self::Redb | Self::Sqlite)
    }

    /// Whether it is one of the engines with an index.
    pub(crate) fn is_indexed(self) -> bool {
        Self::INDEXED.contains(&self)
    }

    /// Opens it in a directory, which it may create.
    pub(crate) fn open(self, place: &Path) -> Result<Box<dyn Store>, Failure> {
        Ok(match self {
            Self::Ours => Box::new(Ours::open(place)?),
            Self::Raw => Box::new(RawLog::open(place)?),
            Self::Sled => Box::new(Sled::open(place, Keys::One)?),
            Self::Fjall => Box::new(Fjall::open(place, Keys::One)?),
            Self::Redb => Box::new(Redb::open(place, Keys::One)?),
            Self::Sqlite => Box::new(Sqlite::open(place, Keys::One)?),
            Self::SledIndexed => Box::new(Sled::open(place, Keys::Two)?),
            Self::FjallIndexed => Box::new(Fjall::open(place, Keys::Two)?),
            Self::RedbIndexed => Box::new(Redb::open(place, Keys::Two)?),
            Self::SqliteIndexed => Box::new(Sqlite::open(place, Keys::Two)?),
        })
    }
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ours => "ours",
            Self::Raw => "raw file",
            Self::Sled => "sled",
            Self::Fjall => "fjall",
            Self::Redb => "redb",
            Self::Sqlite => "sqlite",
            Self::SledIndexed => "sled+index",
            Self::FjallIndexed => "fjall+index",
            Self::RedbIndexed => "redb+index",
            Self::SqliteIndexed => "sqlite+index",
        })
    }
}
