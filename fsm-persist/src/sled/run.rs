//! Runs: heads on disk, sorted by hash and cut into blocks.
//!
//! Hashes are uniform, so a block holds those with the same leading bits and is found without
//! any table. A run is written once and never changed.

use super::heads::Head;
use super::layout::VALUE_BYTES_MAX;
use super::store::{Store, StoreError};
use super::varint::{Cursor, Malformed};

/// One sorted set of heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Its number: the higher, the newer.
    pub(super) id: u64,
    /// How often its entries were merged.
    pub(super) level: u8,
    /// How many leading bits of the hash number its blocks.
    pub(super) bits: u8,
}

/// An entry of a run.
pub(super) type Entry = (u128, Head);

/// Hash, then slot and sequence in six bytes each.
const ENTRY_BYTES: usize = 28;
/// The checksum in front of a block's entries.
const BLOCK_HEADER_BYTES: usize = 4;
/// So many entries a block has on average at most; the fullest of millions has twice as many.
const ENTRIES_PER_BLOCK: usize = 96;
/// The first byte of the keys of blocks.
pub(super) const BLOCK_PREFIX: u8 = b'r';

impl Run {
    /// How many leading bits cut this many entries into blocks.
    pub(super) fn bits_for(entries: usize) -> u8 {
        let blocks = entries.div_ceil(ENTRIES_PER_BLOCK).max(1);
        blocks.next_power_of_two().trailing_zeros().min(31) as u8
    }

    pub(super) const fn blocks(&self) -> u32 {
        1 << self.bits
    }

    pub(super) const fn block_of(&self, hash: u128) -> u32 {
        if self.bits == 0 { 0 } else { (hash >> (128 - self.bits as u32)) as u32 }
    }

    /// The key of a block.
    pub(super) fn key(id: u64, block: u32) -> [u8; 13] {
        let mut key = [BLOCK_PREFIX; 13];
        key[1..9].copy_from_slice(&id.to_be_bytes());
        key[9..].copy_from_slice(&block.to_be_bytes());
        key
    }

    /// Writes a block; its entries are sorted and have its leading bits.
    pub(super) fn write(
        &self,
        store: &Store,
        block: u32,
        entries: &[Entry],
    ) -> Result<(), StoreError> {
        let key = Self::key(self.id, block);
        let mut value = vec![0; BLOCK_HEADER_BYTES];
        for (hash, head) in entries {
            value.extend_from_slice(&hash.to_be_bytes());
            value.extend_from_slice(&head.slot.to_be_bytes()[2..]);
            value.extend_from_slice(&head.sequence.to_be_bytes()[2..]);
        }
        if value.len() > VALUE_BYTES_MAX {
            // Uniform hashes do not come together like that.
            return Err(StoreError::Index { why: "a block grew too large" });
        }
        let crc = block_checksum(&key, &value);
        value[..BLOCK_HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());
        store.insert(&store.index, &key, value)
    }

    /// The entries of a block.
    pub(super) fn read(&self, store: &Store, block: u32) -> Result<Vec<Entry>, StoreError> {
        self.with_block(store, block, |bytes| {
            bytes.chunks_exact(ENTRY_BYTES).map(decode).collect::<Result<_, _>>()
        })
    }

    /// The head of one machine.
    pub(super) fn find(&self, store: &Store, hash: u128) -> Result<Option<Head>, StoreError> {
        let wanted = hash.to_be_bytes();
        self.with_block(store, self.block_of(hash), |bytes| {
            let entry = |at: usize| &bytes[at * ENTRY_BYTES..(at + 1) * ENTRY_BYTES];
            let (mut low, mut high) = (0, bytes.len() / ENTRY_BYTES);
            while low < high {
                let middle = usize::midpoint(low, high);
                match entry(middle)[..16].cmp(&wanted[..]) {
                    std::cmp::Ordering::Less => low = middle + 1,
                    std::cmp::Ordering::Greater => high = middle,
                    std::cmp::Ordering::Equal => {
                        return decode(entry(middle)).map(|(_, head)| Some(head));
                    }
                }
            }
            Ok(None)
        })
    }

    fn with_block<T>(
        &self,
        store: &Store,
        block: u32,
        read: impl FnOnce(&[u8]) -> Result<T, Malformed>,
    ) -> Result<T, StoreError> {
        let damaged = |why| StoreError::Index { why };
        let key = Self::key(self.id, block);
        let value = store.get(&store.index, &key)?.ok_or(damaged("a block is missing"))?;
        let (crc, entries) = value
            .split_first_chunk::<BLOCK_HEADER_BYTES>()
            .ok_or(damaged("a block is too short"))?;
        if u32::from_le_bytes(*crc) != block_checksum(&key, &value)
            || entries.len() % ENTRY_BYTES != 0
        {
            return Err(damaged("a block has a wrong checksum"));
        }
        read(entries).map_err(damaged)
    }
}

fn block_checksum(key: &[u8], value: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(key), &value[BLOCK_HEADER_BYTES..])
}

pub(super) fn decode(bytes: &[u8]) -> Result<Entry, Malformed> {
    let mut cursor = Cursor::new(bytes, 0);
    let hash = u128::from_be_bytes(cursor.array()?);
    let mut six = || -> Result<u64, Malformed> {
        let [a, b, c, d, e, f] = cursor.array::<6>()?;
        Ok(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    };
    Ok((hash, Head { slot: six()?, sequence: six()? }))
}
