//! Snapshots, in a tree of their own: each cut into values that are small enough, and each value
//! with a checksum over its key and itself.

use fsm_core::journal::{MachineKey, Position, SchemaId, Sequence, StoredSnapshot};
use sled::IVec;

use super::layout::VALUE_BYTES_MAX;
use super::store::{Store, StoreError, guarded};
use super::varint::{Cursor, Malformed};

/// The most bytes that a snapshot may have.
pub(super) const SNAPSHOT_BYTES_MAX: usize = 16 << 20;

/// Checksum, position, schema and length stand in front of the first part.
const HEADER_BYTES: usize = 20;
/// In front of the others, the checksum.
const PART_HEADER_BYTES: usize = 4;

type Key = [u8; 28];

fn key(machine: u128, sequence: u64, part: u32) -> Key {
    let mut key = [0; 28];
    key[..16].copy_from_slice(&machine.to_be_bytes());
    key[16..24].copy_from_slice(&sequence.to_be_bytes());
    key[24..].copy_from_slice(&part.to_be_bytes());
    key
}

fn sequence_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(16..24)?.try_into().ok()?))
}

/// Writes a snapshot in place of what there is of the same sequence, and removes all but the
/// newest `keep` of the machine.
pub(super) fn save(
    store: &Store,
    machine: u128,
    snapshot: &StoredSnapshot,
    keep: usize,
) -> Result<(), StoreError> {
    let mut batch = sled::Batch::default();
    let keys = keys(store, machine)?;
    let mut sequences: Vec<u64> = keys.iter().filter_map(|key| sequence_of(key)).collect();
    sequences.push(snapshot.sequence.0);
    sequences.sort_unstable();
    sequences.dedup();
    let oldest = sequences[sequences.len().saturating_sub(keep.max(1))];
    for key in keys {
        if sequence_of(&key).is_none_or(|at| at < oldest || at == snapshot.sequence.0) {
            batch.remove(key);
        }
    }
    if snapshot.sequence.0 >= oldest {
        write(&mut batch, machine, snapshot);
    }
    guarded("write a snapshot", || store.snapshots.apply_batch(batch))
}

fn write(batch: &mut sled::Batch, machine: u128, snapshot: &StoredSnapshot) {
    let payload = &snapshot.payload;
    let (mut rest, mut part) = (&payload[..], 0);
    loop {
        let key = key(machine, snapshot.sequence.0, part);
        let mut value = vec![0; PART_HEADER_BYTES];
        if part == 0 {
            value.extend_from_slice(&snapshot.position.0.to_le_bytes());
            value.extend_from_slice(&snapshot.schema.0.to_le_bytes());
            value.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        }
        let (piece, after) = rest.split_at(rest.len().min(VALUE_BYTES_MAX - value.len()));
        value.extend_from_slice(piece);
        let crc = checksum(&key, &value);
        value[..PART_HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());
        batch.insert(&key, value);
        (rest, part) = (after, part + 1);
        if rest.is_empty() {
            return;
        }
    }
}

/// The machine's newest snapshot of this sequence or an earlier one. Those that are damaged are
/// passed over.
pub(super) fn load(
    store: &Store,
    hash: u128,
    machine: &MachineKey,
    up_to: Sequence,
) -> Result<Option<StoredSnapshot>, StoreError> {
    let mut below = up_to.0;
    loop {
        let range = key(hash, 0, 0)..=key(hash, below, u32::MAX);
        let last =
            guarded("read a snapshot", || store.snapshots.range(range).next_back().transpose())?;
        let Some(sequence) = last.and_then(|(key, _)| sequence_of(&key)) else { return Ok(None) };
        if let Ok(snapshot) = read(store, hash, machine, sequence)? {
            return Ok(Some(snapshot));
        }
        match sequence.checked_sub(1) {
            Some(earlier) => below = earlier,
            None => return Ok(None),
        }
    }
}

fn read(
    store: &Store,
    hash: u128,
    machine: &MachineKey,
    sequence: u64,
) -> Result<Result<StoredSnapshot, Malformed>, StoreError> {
    let range = key(hash, sequence, 0)..=key(hash, sequence, u32::MAX);
    let parts = guarded("read a snapshot", || {
        store.snapshots.range(range).collect::<sled::Result<Vec<_>>>()
    })?;
    Ok(joined(hash, machine, sequence, &parts))
}

fn joined(
    hash: u128,
    machine: &MachineKey,
    sequence: u64,
    parts: &[(IVec, IVec)],
) -> Result<StoredSnapshot, Malformed> {
    let mut payload = Vec::new();
    let mut header = None;
    for (number, (key, value)) in parts.iter().enumerate() {
        if key[..] != self::key(hash, sequence, number as u32) {
            return Err("a part is missing");
        }
        let mut cursor = Cursor::new(value, 0);
        let crc = u32::from_le_bytes(cursor.array()?);
        if crc != checksum(key, value) {
            return Err("its checksum is wrong");
        }
        let mut from = PART_HEADER_BYTES;
        if number == 0 {
            let position = u64::from_le_bytes(cursor.array()?);
            let schema = u32::from_le_bytes(cursor.array()?);
            header = Some((position, schema, u32::from_le_bytes(cursor.array()?)));
            from = HEADER_BYTES;
        }
        payload.extend_from_slice(value.get(from..).unwrap_or_default());
    }
    let (position, schema, length) = header.ok_or("it has no parts")?;
    if payload.len() != length as usize {
        return Err("a part is missing");
    }
    Ok(StoredSnapshot {
        machine: machine.clone(),
        sequence: Sequence(sequence),
        position: Position(position),
        schema: SchemaId(schema),
        payload: payload.into(),
    })
}

/// Removes the machine's snapshots that were taken before this sequence.
pub(super) fn discard(store: &Store, machine: u128, before: u64) -> Result<(), StoreError> {
    let mut batch = sled::Batch::default();
    let keys = keys(store, machine)?;
    let old = keys.into_iter().filter(|key| sequence_of(key).is_none_or(|at| at < before));
    old.for_each(|key| batch.remove(key));
    guarded("remove snapshots", || store.snapshots.apply_batch(batch))
}

fn keys(store: &Store, machine: u128) -> Result<Vec<IVec>, StoreError> {
    guarded("read the snapshots", || {
        let keys = store.snapshots.scan_prefix(machine.to_be_bytes()).keys();
        keys.collect::<sled::Result<Vec<_>>>()
    })
}

fn checksum(key: &[u8], value: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(key), value.get(PART_HEADER_BYTES..).unwrap_or_default())
}

/// The first snapshot at this machine and sequence, or behind.
pub(super) fn find(store: &Store, from: (u128, u64)) -> Result<Option<(u128, u64)>, StoreError> {
    let range = key(from.0, from.1, 0)..;
    let found =
        guarded("read the snapshots", || store.snapshots.range(range).keys().next().transpose())?;
    Ok(found.and_then(|key| {
        let machine = u128::from_be_bytes(key.get(..16)?.try_into().ok()?);
        Some((machine, sequence_of(&key)?))
    }))
}

/// Whether there is anything of this snapshot.
pub(super) fn is_there(store: &Store, machine: u128, sequence: u64) -> Result<bool, StoreError> {
    Ok(find(store, (machine, sequence))? == Some((machine, sequence)))
}

/// What is wrong with a snapshot, if anything is.
pub(super) fn check(
    store: &Store,
    machine: u128,
    sequence: u64,
) -> Result<Result<(), Malformed>, StoreError> {
    let nobody = MachineKey::new(fsm_core::journal::KindId(0), "");
    Ok(read(store, machine, &nobody, sequence)?.map(drop))
}

/// Where the log was when it was taken, if that can be read.
pub(super) fn position(
    store: &Store,
    machine: u128,
    sequence: u64,
) -> Result<Option<Position>, StoreError> {
    let nobody = MachineKey::new(fsm_core::journal::KindId(0), "");
    Ok(read(store, machine, &nobody, sequence)?.ok().map(|snapshot| snapshot.position))
}

/// Removes one snapshot.
pub(super) fn remove(store: &Store, machine: u128, sequence: u64) -> Result<(), StoreError> {
    let mut batch = sled::Batch::default();
    let keys = keys(store, machine)?;
    let old = keys.into_iter().filter(|key| sequence_of(key) == Some(sequence));
    old.for_each(|key| batch.remove(key));
    guarded("remove a snapshot", || store.snapshots.apply_batch(batch))
}

/// Goes through all snapshots, by machine and sequence; what it is given may remove them.
pub(super) fn for_each(
    store: &Store,
    mut each: impl FnMut(u128, u64) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut next = Some((0, 0));
    while let Some(found) = next.map(|next| find(store, next)).transpose()?.flatten() {
        let (machine, sequence) = found;
        each(machine, sequence)?;
        next = match sequence.checked_add(1) {
            Some(sequence) => Some((machine, sequence)),
            None => machine.checked_add(1).map(|machine| (machine, 0)),
        };
    }
    Ok(())
}
