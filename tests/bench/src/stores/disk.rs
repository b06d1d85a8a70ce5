//! What a directory takes on the disk.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::store::Failure;

/// What `stat` calls a block.
const BLOCK_BYTES: u64 = 512;

/// The bytes of the blocks that the files below a directory have. What a file was enlarged by and
/// nothing was written to does not count.
pub(crate) fn disk_bytes(directory: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() {
            disk_bytes(&entry.path())?
        } else {
            metadata.blocks() * BLOCK_BYTES
        };
    }
    Ok(bytes)
}
