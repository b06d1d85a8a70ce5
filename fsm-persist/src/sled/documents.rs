//! Documents in the tree `meta`: JSON under a name and a number, cut into values that are small
//! enough.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::store::{Store, StoreError, guarded};

/// Documents are cut into values of this size.
const PART_BYTES: usize = 4096;

/// Adds to a batch what writes the document anew, and removes what is left of a longer one.
pub(super) fn put<T: Serialize>(
    store: &Store,
    batch: &mut sled::Batch,
    prefix: &'static [u8],
    number: u32,
    document: &T,
) -> Result<(), StoreError> {
    remove(store, batch, prefix, number)?;
    let json = serde_json::to_vec(document).map_err(|_| damaged("it cannot be written as JSON"))?;
    for (part, bytes) in json.chunks(PART_BYTES).enumerate() {
        batch.insert(key(prefix, number, part as u32), bytes);
    }
    Ok(())
}

/// Adds to a batch what removes the document.
pub(super) fn remove(
    store: &Store,
    batch: &mut sled::Batch,
    prefix: &'static [u8],
    number: u32,
) -> Result<(), StoreError> {
    let start = key(prefix, number, 0);
    let keys = guarded("read the documents", || {
        let known = store.meta.scan_prefix(&start[..start.len() - 4]).keys();
        known.collect::<sled::Result<Vec<_>>>()
    })?;
    keys.into_iter().for_each(|key| batch.remove(key));
    Ok(())
}

/// All documents of a name, by number.
pub(super) fn all<T: DeserializeOwned>(
    store: &Store,
    prefix: &'static [u8],
) -> Result<Vec<(u32, T)>, StoreError> {
    let pairs = guarded("read the documents", || {
        store.meta.scan_prefix(prefix).collect::<sled::Result<Vec<_>>>()
    })?;
    let mut documents: Vec<(u32, u32, Vec<u8>)> = Vec::new();
    for (key, value) in pairs {
        let numbers = key.get(prefix.len()..).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        let numbers = numbers.map(u64::from_be_bytes).ok_or(damaged("it has no number"))?;
        let (number, part) = ((numbers >> 32) as u32, numbers as u32);
        match documents.last_mut() {
            Some((last, next, json)) if *last == number && *next == part => {
                *next += 1;
                json.extend_from_slice(&value);
            }
            _ if part == 0 => documents.push((number, 1, value.to_vec())),
            _ => return Err(damaged("a part of it is missing")),
        }
    }
    let read = |(number, _, json): (u32, u32, Vec<u8>)| {
        let document = serde_json::from_slice(&json);
        document.map(|document| (number, document)).map_err(|_| damaged("it cannot be read"))
    };
    documents.into_iter().map(read).collect()
}

fn key(prefix: &[u8], number: u32, part: u32) -> Vec<u8> {
    [prefix, &number.to_be_bytes(), &part.to_be_bytes()].concat()
}

const fn damaged(why: &'static str) -> StoreError {
    StoreError::Document { why }
}
