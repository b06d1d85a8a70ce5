//! Growing sled's file ahead of sled.
//!
//! A sync of a file that has grown writes the file's metadata as well, which takes as long as the
//! data does. So the file is grown in large steps, filled with zeros; what sled writes then falls
//! into space that is there. sled takes zeros at the end of its file for free segments; they are
//! cut off when the journal is closed, and before sled opens the file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::layout::SEGMENT_BYTES;

const SEGMENT: u64 = SEGMENT_BYTES as u64;
/// The file is grown when fewer segments than this are left.
const SEGMENTS_LEFT_MIN: u64 = 2;
/// The file is grown by an eighth of itself, within these bounds.
const STEP_SEGMENTS_MIN: u64 = 2;
const STEP_SEGMENTS_MAX: u64 = 16;
/// Whether a segment is used is told by its header.
const HEADER_BYTES: usize = 20;

/// The file's growth.
#[derive(Debug, Default)]
pub(super) struct Growth {
    /// Where the first segment begins that sled has not used yet, as far as is known.
    unused: u64,
    /// The disk had no room for it: what there is is left to sled.
    refused: bool,
}

impl Growth {
    /// Grows the file if little is left and the disk has room. Nobody may be writing to it
    /// meanwhile.
    pub(super) fn grow(&mut self, file: &File) -> io::Result<()> {
        if self.refused {
            return Ok(());
        }
        let length = file.metadata()?.len();
        // sled may have cut it off.
        self.unused = self.unused.min(length / SEGMENT * SEGMENT);
        while self.unused < length && is_used(file, self.unused)? {
            self.unused += SEGMENT;
        }
        let left = length.saturating_sub(self.unused) / SEGMENT;
        if left >= SEGMENTS_LEFT_MIN {
            return Ok(());
        }
        let step = (length / SEGMENT / 8).clamp(STEP_SEGMENTS_MIN, STEP_SEGMENTS_MAX);
        let end = length.next_multiple_of(SEGMENT) + step * SEGMENT;
        if fill(file, length, end).is_err() {
            self.refused = true;
            file.set_len(length)?;
        }
        Ok(())
    }
}

/// Fills the file with zeros from one place to another.
fn fill(file: &File, from: u64, end: u64) -> io::Result<()> {
    let zeros = vec![0; SEGMENT_BYTES];
    let mut at = from;
    while at < end {
        let piece = &zeros
            [..usize::try_from(end - at).map_or(SEGMENT_BYTES, |left| left.min(SEGMENT_BYTES))];
        file.write_all_at(piece, at)?;
        at += piece.len() as u64;
    }
    Ok(())
}

/// Cuts segments off the end of sled's file in which nothing was ever written, unless somebody has
/// it open.
pub(super) fn cut(database: &Path) -> io::Result<()> {
    let file = match File::options().read(true).write(true).open(database) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        // Who opens it finds that out, and says so.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if file.try_lock().is_err() {
        return Ok(());
    }
    let length = file.metadata()?.len();
    let mut end = length;
    let mut segment = vec![0; SEGMENT_BYTES];
    while end > 0 {
        let start = (end - 1) / SEGMENT * SEGMENT;
        let bytes = &mut segment[..usize::try_from(end - start).unwrap_or(SEGMENT_BYTES)];
        file.read_exact_at(bytes, start)?;
        if bytes.iter().any(|&byte| byte != 0) {
            break;
        }
        end = start;
    }
    if end < length { file.set_len(end) } else { Ok(()) }
}

fn is_used(file: &File, segment: u64) -> io::Result<bool> {
    let mut header = [0; HEADER_BYTES];
    match file.read_exact_at(&mut header, segment) {
        Ok(()) => Ok(header.iter().any(|&byte| byte != 0)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(true),
        Err(error) => Err(error),
    }
}
