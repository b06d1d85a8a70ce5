//! The floor of a durable journal: one file, appended to, with a checksum and an `fdatasync` a
//! commit. It keeps no index, checks no sequence and cannot be read by machine.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use fsm_core::journal::{Batch, Position};

use super::encoded::{decode, encode};
use super::store::{Failure, Store, Visit};

/// The checksum of what follows it, the length of the events, the position of the first, and how
/// many they are.
const HEADER_BYTES: usize = 20;
/// Reads are of this size.
const BUFFER_BYTES: usize = 1 << 20;
/// A commit may be as long; a longer one is damage.
const COMMIT_BYTES_MAX: u32 = 64 << 20;

/// A file of commits.
#[derive(Debug)]
pub(super) struct RawLog {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    /// The position behind the last one.
    next: u64,
}

impl RawLog {
    /// Opens or creates the file in a directory. What is behind its last whole commit is cut off.
    pub(super) fn open(place: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(place)?;
        let path = place.join("log");
        let mut file = File::options().read(true).append(true).create(true).open(&path)?;
        let mut commits = Commits::new(&path)?;
        while commits.next()?.is_some() {}
        let (next, end) = (commits.position, commits.end);
        if file.metadata()?.len() > end {
            file.set_len(end)?;
            file.sync_data()?;
        }
        file.seek(SeekFrom::End(0))?;
        Ok(Self { path, file, buffer: Vec::new(), next })
    }
}

impl Store for RawLog {
    fn append(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        self.buffer.clear();
        self.buffer.resize(HEADER_BYTES, 0);
        for (record, payload) in batch.records() {
            encode(record, payload, &mut self.buffer);
        }
        let length = (self.buffer.len() - HEADER_BYTES) as u32;
        self.buffer[4..8].copy_from_slice(&length.to_le_bytes());
        self.buffer[8..16].copy_from_slice(&self.next.to_le_bytes());
        self.buffer[16..20].copy_from_slice(&(batch.len() as u32).to_le_bytes());
        let checksum = crc32c::crc32c(&self.buffer[4..]);
        self.buffer[..4].copy_from_slice(&checksum.to_le_bytes());
        self.file.write_all(&self.buffer)?;
        self.file.sync_data()?;
        self.next += batch.len() as u64;
        Ok(())
    }

    fn read_all(&mut self, visit: Visit<'_>) -> Result<(), Failure> {
        let mut commits = Commits::new(&self.path)?;
        while let Some(Commit { positions, mut events }) = commits.next()? {
            for position in positions {
                visit(decode(position, &mut events)?)?;
            }
        }
        Ok(())
    }

    fn last(&mut self) -> Result<Position, Failure> {
        Ok(Position(self.next - 1))
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

/// The commits of a file, up to the first that is not whole.
#[derive(Debug)]
struct Commits {
    file: BufReader<File>,
    buffer: Vec<u8>,
    /// The position of the next commit's first event, and where in the file it begins.
    position: u64,
    end: u64,
}

/// A commit that was found whole.
#[derive(Debug)]
struct Commit<'a> {
    positions: Range<u64>,
    events: &'a [u8],
}

impl Commits {
    fn new(path: &Path) -> Result<Self, Failure> {
        let file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
        Ok(Self { file, buffer: Vec::new(), position: 1, end: 0 })
    }

    /// The next one.
    fn next(&mut self) -> Result<Option<Commit<'_>>, Failure> {
        let mut header = [0; HEADER_BYTES];
        if !self.fill(HEADER_BYTES)? {
            return Ok(None);
        }
        header.copy_from_slice(&self.buffer);
        let [a, b, c, d, e, f, g, h, rest @ ..] = header;
        let (checksum, length) =
            (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if length > COMMIT_BYTES_MAX || !self.fill(length as usize)? {
            return Ok(None);
        }
        if crc32c::crc32c_append(crc32c::crc32c(&header[4..]), &self.buffer) != checksum {
            return Ok(None);
        }
        let [first @ .., i, j, k, l] = rest;
        let first = u64::from_le_bytes(first);
        let count = u64::from(u32::from_le_bytes([i, j, k, l]));
        if first != self.position {
            return Err(format!("position {first} stands where {} does", self.position).into());
        }
        self.position += count;
        self.end += HEADER_BYTES as u64 + u64::from(length);
        Ok(Some(Commit { positions: first..first + count, events: &self.buffer }))
    }

    /// Reads this many bytes, and says whether there are as many.
    fn fill(&mut self, bytes: usize) -> Result<bool, Failure> {
        self.buffer.clear();
        let read = (&mut self.file).take(bytes as u64).read_to_end(&mut self.buffer)?;
        Ok(read == bytes)
    }
}
