//! The manifest: which runs the index has, and up to where in the log they go.
//!
//! It is one small value in the tree `index`, written after the blocks it names. sled keeps the
//! order of writes, so a manifest that is there names blocks that are there.

use super::run::Run;
use super::store::{Store, StoreError};
use super::varint::{Cursor, Malformed, put};

/// How far into the log something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// The slot behind it.
    pub(super) slot: u64,
    /// The position of the last record in it.
    pub(super) position: u64,
    /// The checksum of the last chunk in it.
    pub(super) crc: u32,
}

/// The index's table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) covered: Extent,
    pub(super) next_run: u64,
    /// The runs, newest first.
    pub(super) runs: Vec<Run>,
    /// Runs whose blocks may still be there and are to be removed: half-written and merged ones.
    pub(super) dead: Vec<u64>,
}

const KEY: &[u8] = b"manifest";

impl Extent {
    /// The empty log.
    pub(super) const NOTHING: Self = Self { slot: 0, position: 0, crc: 0 };
}

impl Manifest {
    pub(super) const EMPTY: Self =
        Self { covered: Extent::NOTHING, next_run: 1, runs: Vec::new(), dead: Vec::new() };

    pub(super) fn write(&self, store: &Store) -> Result<(), StoreError> {
        store.insert(&store.index, KEY, self.encode())
    }

    /// The stored form.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; 4];
        put(&mut bytes, self.covered.slot);
        put(&mut bytes, self.covered.position);
        bytes.extend_from_slice(&self.covered.crc.to_le_bytes());
        put(&mut bytes, self.next_run);
        put(&mut bytes, self.runs.len() as u64);
        for run in &self.runs {
            put(&mut bytes, run.id);
            bytes.extend_from_slice(&[run.level, run.bits]);
        }
        put(&mut bytes, self.dead.len() as u64);
        for &id in &self.dead {
            put(&mut bytes, id);
        }
        let crc = crc32c::crc32c(&bytes[4..]);
        bytes[..4].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Makes the manifest unreadable, so that the index is built anew at the next opening.
    pub(super) fn forget(store: &Store) -> Result<(), StoreError> {
        store.insert(&store.index, KEY, &[])
    }

    /// The manifest, or why there is none.
    pub(super) fn read(store: &Store) -> Result<Result<Self, Malformed>, StoreError> {
        let value = store.get(&store.index, KEY)?;
        Ok(value.ok_or("the index has no manifest").and_then(|value| Self::decode(&value)))
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes, 0);
        let crc = u32::from_le_bytes(cursor.array()?);
        if bytes.get(4..).map(crc32c::crc32c) != Some(crc) {
            return Err("the manifest's checksum is wrong");
        }
        let (slot, position) = (cursor.number()?, cursor.number()?);
        let covered = Extent { slot, position, crc: u32::from_le_bytes(cursor.array()?) };
        let next_run = cursor.number()?;
        let mut runs = Vec::new();
        for _ in 0..cursor.number()? {
            let id = cursor.number()?;
            let [level, bits] = cursor.array()?;
            if bits > 31 {
                return Err("a run is impossibly large");
            }
            runs.push(Run { id, level, bits });
        }
        let mut dead = Vec::new();
        for _ in 0..cursor.number()? {
            dead.push(cursor.number()?);
        }
        Ok(Self { covered, next_run, runs, dead })
    }
}
