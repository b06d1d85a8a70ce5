//! What is to be erased, and what of it is still there.
//!
//! An erasure is noted in the tree `meta` before it begins, and from then on no reader gets what it
//! covers. The chunks are rewritten one by one behind that, and the note is removed at the end; one
//! that was cut short is taken up when the journal is opened.
//!
//! The index on the disk still knows a machine that was forgotten, until its next checkpoint: until
//! then another note says that it is gone, by the hash of its name.

use fsm_core::journal::{KindId, MachineId, MachineKey, SpaceId};
use serde::{Deserialize, Serialize};

use super::documents;
use super::heads::NameHasher;
use super::scan::Entry;
use super::store::{Store, StoreError, guarded};

/// The records of which they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Target {
    /// A machine's, before this sequence.
    Machine { space: u32, kind: u32, id: String, before: u64 },
    /// Those in a space.
    Space(u32),
}

/// Records that are to be erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Erasure {
    pub(super) target: Target,
    /// The last position that it covers: what is written later is something new.
    pub(super) up_to: u64,
}

/// The erasures that are not done.
#[derive(Clone, Debug, Default)]
pub(super) struct Erasures {
    by_number: Vec<(u32, Erasure)>,
    gone: Vec<(u32, Gone)>,
}

/// A machine that was forgotten.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Gone {
    /// The upper and the lower half of its hash.
    machine: (u64, u64),
    /// The last position then.
    at: u64,
}

const PREFIX: &[u8] = b"erase/";
const GONE_PREFIX: &[u8] = b"gone/";

impl Target {
    pub(super) fn machine(key: &MachineKey, before: u64) -> Self {
        Self::Machine { space: key.space.0, kind: key.kind.0, id: key.id.to_string(), before }
    }

    /// The machine, if it is one's.
    pub(super) fn key(&self) -> Option<MachineKey> {
        let Self::Machine { space, kind, id, .. } = self else { return None };
        let (space, kind) = (SpaceId(*space), KindId(*kind));
        Some(MachineKey { space, kind, id: MachineId::from(id.as_str()) })
    }

    /// Whether nothing of the machine is left.
    pub(super) const fn is_whole(&self) -> bool {
        !matches!(self, Self::Machine { before, .. } if *before != u64::MAX)
    }

    fn is_about(&self, entry: &Entry<'_>, kind: Option<KindId>) -> bool {
        match self {
            Self::Machine { space, kind: of, id, .. } => {
                entry.space.0 == *space && kind == Some(KindId(*of)) && entry.id == id.as_bytes()
            }
            Self::Space(space) => entry.space.0 == *space,
        }
    }
}

impl Erasure {
    /// Whether the record is to be erased.
    pub(super) fn covers(&self, entry: &Entry<'_>, kind: Option<KindId>) -> bool {
        let before = match self.target {
            Target::Machine { before, .. } => before,
            Target::Space(_) => u64::MAX,
        };
        entry.position <= self.up_to && entry.sequence < before && self.target.is_about(entry, kind)
    }

    /// The machine, if nothing of it is left in the end.
    fn gone(&self, hasher: &mut NameHasher) -> Option<Gone> {
        let key = self.target.key().filter(|_| self.target.is_whole())?;
        let hash = hasher.machine(&key);
        Some(Gone { machine: ((hash >> 64) as u64, hash as u64), at: self.up_to })
    }

    /// Whether the record is one of the machine or space as it was when the erasure began.
    pub(super) fn concerns(&self, entry: &Entry<'_>, kind: Option<KindId>) -> bool {
        entry.position <= self.up_to && self.target.is_about(entry, kind)
    }

    /// Whether the record is the base before which everything is erased.
    pub(super) fn begins_at(&self, entry: &Entry<'_>, kind: Option<KindId>) -> bool {
        matches!(self.target, Target::Machine { before, .. } if before == entry.sequence)
            && entry.position <= self.up_to
            && self.target.is_about(entry, kind)
    }
}

impl Erasures {
    pub(super) fn read(store: &Store) -> Result<Self, StoreError> {
        let (by_number, gone) =
            (documents::all(store, PREFIX)?, documents::all(store, GONE_PREFIX)?);
        Ok(Self { by_number, gone })
    }

    /// All of them, with their numbers.
    pub(super) fn all(&self) -> &[(u32, Erasure)] {
        &self.by_number
    }

    /// Whether the record is to be erased, and may not be given out.
    pub(super) fn cover(&self, entry: &Entry<'_>, kind: Option<KindId>) -> bool {
        self.by_number.iter().any(|(_, erasure)| erasure.covers(entry, kind))
    }

    /// Whether everything before the record is to be erased.
    pub(super) fn begin_at(&self, entry: &Entry<'_>, kind: Option<KindId>) -> bool {
        self.by_number.iter().any(|(_, erasure)| erasure.begins_at(entry, kind))
    }

    /// Notes an erasure, here and in the batch, and returns its number.
    pub(super) fn add(
        &mut self,
        store: &Store,
        batch: &mut sled::Batch,
        erasure: Erasure,
    ) -> Result<u32, StoreError> {
        let erasing = self.by_number.last().map_or(0, |(last, _)| last.saturating_add(1));
        let gone = self.gone.last().map_or(0, |(last, _)| last.saturating_add(1));
        let number = erasing.max(gone);
        documents::put(store, batch, PREFIX, number, &erasure)?;
        self.by_number.push((number, erasure));
        Ok(number)
    }

    /// Removes the note of one that is done. If a machine is gone with it, its hash is noted.
    pub(super) fn done(
        &mut self,
        store: &Store,
        number: u32,
        hasher: &mut NameHasher,
    ) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        documents::remove(store, &mut batch, PREFIX, number)?;
        let done = self.by_number.iter().position(|(known, _)| *known == number);
        let done = done.map(|place| self.by_number.remove(place).1);
        if let Some(gone) = done.and_then(|erasure| erasure.gone(hasher)) {
            documents::put(store, &mut batch, GONE_PREFIX, number, &gone)?;
            self.gone.push((number, gone));
        }
        guarded("note the end of an erasure", || store.meta.apply_batch(batch))
    }

    /// Whether the index's checkpoint up to `covered` knows of machines that are noted as gone.
    pub(super) fn is_known(&self, covered: u64) -> bool {
        self.gone.iter().any(|(_, gone)| gone.at < covered)
    }

    /// Removes the notes of machines that the index knows to be gone, with its checkpoint up to
    /// `covered`.
    pub(super) fn prune(&mut self, store: &Store, covered: u64) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (number, _) in self.gone.iter().filter(|(_, gone)| gone.at < covered) {
            documents::remove(store, &mut batch, GONE_PREFIX, *number)?;
        }
        self.gone.retain(|(_, gone)| gone.at >= covered);
        guarded("remove the notes of erasures", || store.meta.apply_batch(batch))
    }

    /// The hashes of the machines that are gone, and of which an index with a checkpoint up to
    /// `covered` may not know that.
    pub(super) fn unknown(&self, covered: u64, hasher: &mut NameHasher) -> Vec<u128> {
        let erasing = self.by_number.iter().filter_map(|(_, erasure)| erasure.gone(hasher));
        let gone = erasing.chain(self.gone.iter().map(|(_, gone)| *gone));
        let late = gone.filter(|gone| gone.at >= covered);
        late.map(|gone| u128::from(gone.machine.0) << 64 | u128::from(gone.machine.1)).collect()
    }
}

/// Has no note of an erasure go beyond this position any more: what will be written there is new.
pub(super) fn clamp(store: &Store, last: u64) -> Result<(), StoreError> {
    let mut batch = sled::Batch::default();
    let Erasures { by_number, gone } = Erasures::read(store)?;
    for (number, erasure) in by_number {
        let up_to = erasure.up_to.min(last);
        documents::put(store, &mut batch, PREFIX, number, &Erasure { up_to, ..erasure })?;
    }
    for (number, note) in gone {
        let at = note.at.min(last);
        documents::put(store, &mut batch, GONE_PREFIX, number, &Gone { at, ..note })?;
    }
    guarded("write the notes of erasures", || store.meta.apply_batch(batch))
}
