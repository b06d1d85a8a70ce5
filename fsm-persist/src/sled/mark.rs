//! The high-water mark: the file `head`, which remembers how far the log was durable.
//!
//! A database whose tail is damaged opens quietly without its last commits. This small file,
//! outside of it, knows better.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::manifest::Extent;

/// The file, held open.
#[derive(Debug)]
pub(super) struct MarkFile {
    file: File,
    generation: u64,
    unsynced_since: Option<Instant>,
}

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// There is no file, or a copy in it was never written: the creation was not completed.
    Absent,
    /// The log was durable up to here. The slot is that of the last chunk, not the one behind.
    At(Extent),
    /// Neither copy of the mark can be read.
    Damaged,
}

/// The name of the file in the journal's directory.
pub(super) const FILE_NAME: &str = "head";
/// It is synced at least this often while it is written.
pub(super) const SYNC_INTERVAL: Duration = Duration::from_secs(1);

const MAGIC: [u8; 4] = *b"FSMH";
pub(super) const MARK_BYTES: usize = 36;
/// The two copies are a sector apart, so that no torn write reaches both.
const COPY_OFFSETS: [u64; 2] = [0, 512];

impl Mark {
    /// What it says beside a log that goes up to this position: nothing is answered before both of
    /// its copies are written, so one that was never written is damage if there are records.
    pub(super) const fn beside(self, position: u64) -> Self {
        match self {
            Self::Absent if position > 0 => Self::Damaged,
            other => other,
        }
    }

    /// Whether it says that no record was ever durable.
    pub(super) const fn is_nothing(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::At(extent) => extent.position == 0,
            Self::Damaged => false,
        }
    }
}

impl MarkFile {
    /// Opens or creates the file and reads it.
    pub(super) fn open(directory: &Path) -> io::Result<(Self, Mark)> {
        let path = directory.join(FILE_NAME);
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let copies = COPY_OFFSETS.map(|offset| read(&file, offset));
        let newest = copies.into_iter().flatten().max_by_key(|&(generation, _)| generation);
        let (generation, mark) = match newest {
            Some((generation, extent)) => (generation, Mark::At(extent)),
            // Both copies are written before anything is answered.
            None if COPY_OFFSETS.iter().any(|&offset| is_unwritten(&file, offset)) => {
                (0, Mark::Absent)
            }
            None => (0, Mark::Damaged),
        };
        Ok((Self { file, generation, unsynced_since: None }, mark))
    }

    /// What the file in `directory` says. Nothing is created.
    pub(super) fn look(directory: &Path) -> io::Result<Mark> {
        let file = match File::open(directory.join(FILE_NAME)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Mark::Absent),
            Err(error) => return Err(error),
        };
        let copies = COPY_OFFSETS.map(|offset| read(&file, offset));
        let newest = copies.into_iter().flatten().max_by_key(|&(generation, _)| generation);
        Ok(match newest {
            Some((_, extent)) => Mark::At(extent),
            None if file.metadata()?.len() == 0 => Mark::Absent,
            None => Mark::Damaged,
        })
    }

    /// Notes that the log is durable up to `extent`. Not synced.
    pub(super) fn write(&mut self, extent: Extent) -> io::Result<()> {
        self.generation += 1;
        let mut bytes = [0; MARK_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..12].copy_from_slice(&self.generation.to_le_bytes());
        bytes[12..20].copy_from_slice(&extent.position.to_le_bytes());
        bytes[20..28].copy_from_slice(&extent.slot.to_le_bytes());
        bytes[28..32].copy_from_slice(&extent.crc.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..32]);
        bytes[32..].copy_from_slice(&crc.to_le_bytes());
        self.file.write_all_at(&bytes, COPY_OFFSETS[(self.generation % 2) as usize])?;
        self.unsynced_since.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Forgets how far the log was durable, and syncs that.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.sync_all()
    }

    /// Writes both copies and syncs them: from now on one of them can always be read, whichever
    /// of them is being written when power fails.
    pub(super) fn begin(&mut self, extent: Extent) -> io::Result<()> {
        self.write(extent)?;
        self.write(extent)?;
        self.sync(true)
    }

    /// Syncs the file if it was written and `SYNC_INTERVAL` has passed since, or if `now`.
    pub(super) fn sync(&mut self, now: bool) -> io::Result<()> {
        let due = self.unsynced_since.is_some_and(|since| now || since.elapsed() >= SYNC_INTERVAL);
        if due {
            self.file.sync_data()?;
            self.unsynced_since = None;
        }
        Ok(())
    }

    pub(super) const fn is_synced(&self) -> bool {
        self.unsynced_since.is_none()
    }
}

/// Whether nothing was ever written to a copy.
fn is_unwritten(file: &File, offset: u64) -> bool {
    let mut bytes = [0; MARK_BYTES];
    let read = file.read_at(&mut bytes, offset);
    read.is_ok() && bytes == [0; MARK_BYTES]
}

fn read(file: &File, offset: u64) -> Option<(u64, Extent)> {
    let mut bytes = [0; MARK_BYTES];
    file.read_exact_at(&mut bytes, offset).ok()?;
    decode(&bytes)
}

/// The generation and the mark in one copy, if it is whole.
pub(super) fn decode(bytes: &[u8; MARK_BYTES]) -> Option<(u64, Extent)> {
    let word = |at: usize| bytes[at..at + 8].try_into().map(u64::from_le_bytes).ok();
    let half = |at: usize| bytes[at..at + 4].try_into().map(u32::from_le_bytes).ok();
    if bytes[..4] != MAGIC || half(32)? != crc32c::crc32c(&bytes[..32]) {
        return None;
    }
    Some((word(4)?, Extent { position: word(12)?, slot: word(20)?, crc: half(28)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(position: u64) -> Extent {
        Extent { slot: position / 2, position, crc: 7 }
    }

    #[test]
    fn a_torn_mark_falls_back_to_the_one_before() {
        let directory = tempfile::tempdir().unwrap();
        let (mut file, mark) = MarkFile::open(directory.path()).unwrap();
        assert_eq!(mark, Mark::Absent);
        file.write(extent(10)).unwrap();
        file.write(extent(20)).unwrap();
        assert_eq!(MarkFile::open(directory.path()).unwrap().1, Mark::At(extent(20)));

        let torn = COPY_OFFSETS[(file.generation % 2) as usize];
        file.file.write_all_at(b"torn", torn).unwrap();
        assert_eq!(MarkFile::open(directory.path()).unwrap().1, Mark::At(extent(10)));
        file.file.write_all_at(b"torn", 512 - torn).unwrap();
        assert_eq!(MarkFile::open(directory.path()).unwrap().1, Mark::Damaged);
    }
}
