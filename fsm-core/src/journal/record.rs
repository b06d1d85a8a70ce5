//! A journaled fact and the numbers that place it.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use serde::{Deserialize, Serialize};

use super::{CodecError, Fact, Metadata};
use crate::machine::Timestamp;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty), $word:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($word, " {}"), self.0)
            }
        }
    };
}

number! {
    /// A record's place in the journal's total order: 1, 2, 3 ... without a gap.
    Position(u64), "position"
}
number! {
    /// A record's place within its machine, or within its space: 1, 2, 3 ... without a gap.
    Sequence(u64), "sequence"
}
number! {
    /// A tenant's number. The default space is 0.
    SpaceId(u32), "space"
}
number! {
    /// A kind's number, given by the journal when the kind's first schema is registered.
    KindId(u32), "kind"
}
number! {
    /// The number of one schema of one kind, given by the journal when it is registered.
    SchemaId(u32), "schema"
}

/// A machine's id within its kind and space: text that is cheap to clone.
pub type MachineId = ByteString;

/// The name of a machine: its space, its kind and its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MachineKey {
    /// The tenant.
    pub space: SpaceId,
    /// The kind.
    pub kind: KindId,
    /// The id, unique within space and kind.
    pub id: MachineId,
}

/// One journaled fact.
///
/// Cloning is cheap: id and payload are slices of what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it stands in the journal.
    pub position: Position,
    /// Where it stands in its space.
    pub space_sequence: Sequence,
    /// The machine it is about.
    pub machine: MachineKey,
    /// Where it stands in the machine's life: 1 is its creation.
    pub sequence: Sequence,
    /// When it happened.
    pub time: Timestamp,
    /// The schema that it was written with; its numbers are numbers of that schema.
    pub schema: SchemaId,
    /// What happened.
    pub fact: Fact,
    /// What the fact needs to be whole, encoded: the context of a creation, the event of a
    /// transition. [`Fact`] says what.
    pub payload: Bytes,
    /// The stored form of the record's [`Metadata`]; empty for most.
    pub metadata: Bytes,
}

impl Record {
    /// Where the record comes from, and what follows from it.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if the stored form is none.
    pub fn metadata(&self) -> Result<Metadata, CodecError> {
        Metadata::decode(&self.metadata)
    }
}

impl Position {
    /// Before the first record.
    pub const START: Self = Self(0);

    /// The position `count` further on.
    #[must_use]
    pub const fn plus(self, count: u64) -> Self {
        Self(self.0 + count)
    }
}

impl Sequence {
    /// Before the first record.
    pub const START: Self = Self(0);

    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl SpaceId {
    /// The space of machines that belong to no tenant.
    pub const DEFAULT: Self = Self(0);
}

impl MachineKey {
    /// The machine `id` of this kind in the default space.
    pub fn new(kind: KindId, id: impl Into<MachineId>) -> Self {
        Self { space: SpaceId::DEFAULT, kind, id: id.into() }
    }
}

impl fmt::Display for MachineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "machine `{}` ({}, {})", self.id, self.kind, self.space)
    }
}
