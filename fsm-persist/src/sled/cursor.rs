//! Cursors, in a tree of their own: name, then checksum and position.

use fsm_core::journal::Position;
use sled::IVec;

use super::store::{Store, StoreError, guarded};

const VALUE_BYTES: usize = 12;

pub(super) fn save(store: &Store, name: &str, position: Position) -> Result<(), StoreError> {
    let mut value = [0; VALUE_BYTES];
    value[4..].copy_from_slice(&position.0.to_le_bytes());
    let crc = checksum(name.as_bytes(), &value);
    value[..4].copy_from_slice(&crc.to_le_bytes());
    store.insert(&store.cursors, name.as_bytes(), &value)
}

pub(super) fn remove(store: &Store, name: &str) -> Result<(), StoreError> {
    guarded("remove a cursor", || store.cursors.remove(name).map(drop))
}

pub(super) fn load(store: &Store, name: &str) -> Result<Option<Position>, StoreError> {
    let value = store.get(&store.cursors, name.as_bytes())?;
    value.map(|value| decode(name.as_bytes(), &value)).transpose()
}

pub(super) fn list(store: &Store) -> Result<Vec<(String, Position)>, StoreError> {
    let pairs: Vec<(IVec, IVec)> =
        guarded("read the cursors", || store.cursors.iter().collect::<sled::Result<_>>())?;
    let cursor = |(name, value): (IVec, IVec)| {
        let position = decode(&name, &value)?;
        let name = String::from_utf8(name.to_vec());
        Ok((name.map_err(|_| damaged("the name of a cursor is no UTF-8"))?, position))
    };
    pairs.into_iter().map(cursor).collect()
}

/// A cursor's name and where it stands, or what is wrong with it.
pub(super) type Found = (IVec, Result<Position, StoreError>);

/// All cursors, also damaged ones.
pub(super) fn each(store: &Store) -> Result<Vec<Found>, StoreError> {
    let pairs: Vec<(IVec, IVec)> =
        guarded("read the cursors", || store.cursors.iter().collect::<sled::Result<_>>())?;
    let found = |(name, value): (IVec, IVec)| {
        let position = decode(&name, &value);
        (name, position)
    };
    Ok(pairs.into_iter().map(found).collect())
}

pub(super) fn decode(name: &[u8], value: &[u8]) -> Result<Position, StoreError> {
    let value: [u8; VALUE_BYTES] =
        value.try_into().map_err(|_| damaged("a cursor has the wrong length"))?;
    let (crc, position) = value.split_at(4);
    if *crc != checksum(name, &value).to_le_bytes() {
        return Err(damaged("the checksum of a cursor is wrong"));
    }
    let position = position.try_into().map_err(|_| damaged("a cursor has the wrong length"))?;
    Ok(Position(u64::from_le_bytes(position)))
}

fn checksum(name: &[u8], value: &[u8; VALUE_BYTES]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(name), &value[4..])
}

const fn damaged(why: &'static str) -> StoreError {
    StoreError::Document { why }
}
