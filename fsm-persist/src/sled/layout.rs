//! The sizes that everything stored keeps to, and why.
//!
//! sled writes a value that is larger than a quarter of its segment into a file of its own (a
//! blob), which our sync does not reach; and it writes whole leaves: sixteen entries before a leaf
//! is split, one more for the moment before, a few more when leaves are merged. So it is the leaf,
//! not the value, that must stay below the limit, whatever sled does with it.

/// The version of the format, in every chunk and in the tree `meta`.
pub(super) const FORMAT_VERSION: u8 = 1;

/// sled's segment size, which must never change for a journal: its default.
pub(super) const SEGMENT_BYTES: usize = 512 * 1024;

/// Above this, sled makes a blob of what it writes: a quarter of the segment, less headers.
const BLOB_BYTES: usize = SEGMENT_BYTES / 4 - 20 - 32;

/// The most entries that a leaf can have: it is split above 16, and one with fewer than 4 is merged
/// into its neighbour.
const LEAF_ENTRIES_MAX: usize = 16 + 1 + 3;

/// The most bytes of a value, in every tree of ours: about sixty small records.
pub(super) const VALUE_BYTES_MAX: usize = 6 * 1024;

/// Room for a leaf's key, lengths and bounds beside each value.
const ENTRY_OVERHEAD_BYTES: usize = 64;

const _: () = assert!(LEAF_ENTRIES_MAX * (VALUE_BYTES_MAX + ENTRY_OVERHEAD_BYTES) < BLOB_BYTES);

/// The most bytes of one record, with its id: more than any event should have, few enough that one
/// record cannot make a commit long.
pub(super) const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// What a record needs at most beside its id and payload.
pub(super) const RECORD_OVERHEAD_BYTES: usize = 128;

/// The most batches' bytes that are merged into one commit. A single batch may be larger.
pub(super) const COMMIT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most records that are merged into one commit. A single batch may have more.
pub(super) const COMMIT_RECORDS_MAX: usize = 16 * 1024;

/// So many payload bytes may wait for the writer before an append is refused: what 64 shards of
/// a system may have under way at most.
pub(super) const QUEUE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// So many records may wait for the writer, likewise.
pub(super) const QUEUE_RECORDS_MAX: usize = 1024 * 1024;

/// Empty slots are laid out ahead in steps of this many, so that sled splits leaves while they are
/// empty and never rewrites a written one.
pub(super) const SLOTS_STEP: u64 = 64;

/// So many empty slots are always ahead: the last leaf, which will still be split, stays empty.
pub(super) const SLOTS_AHEAD_MIN: u64 = 32;

/// The key of slot `slot` in the tree `log`.
pub(super) const fn slot_key(slot: u64) -> [u8; 8] {
    slot.to_be_bytes()
}
