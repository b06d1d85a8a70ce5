//! The floor of a durable journal: one file, appended to, with a checksum and an `fdatasync` a
//! commit. It keeps no index, checks no sequence and cannot be read by machine.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use fsm_core::journal::{Batch, Fact};

/// A file of commits.
#[derive(Debug)]
pub(crate) struct RawLog {
    file: File,
    buffer: Vec<u8>,
    position: u64,
    bytes: u64,
}

impl RawLog {
    /// A new file.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create_new(true).open(path)?;
        Ok(Self { file, buffer: Vec::new(), position: 0, bytes: 0 })
    }

    /// Appends one commit and waits until the disk has it.
    pub(crate) fn append(&mut self, batch: &Batch) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(&[0; 4]);
        self.buffer.extend_from_slice(&self.position.to_le_bytes());
        self.buffer.extend_from_slice(&(batch.len() as u32).to_le_bytes());
        for (record, payload) in batch.records() {
            let (row, state) = match record.fact {
                Fact::Transition { row, state } => (row.0, state.0),
                _ => (u16::MAX, u16::MAX),
            };
            let id = record.machine.id.as_bytes();
            self.buffer.extend_from_slice(&(id.len() as u16).to_le_bytes());
            self.buffer.extend_from_slice(id);
            self.buffer.extend_from_slice(&record.sequence.0.to_le_bytes());
            self.buffer.extend_from_slice(&record.time.micros().to_le_bytes());
            self.buffer.extend_from_slice(&row.to_le_bytes());
            self.buffer.extend_from_slice(&state.to_le_bytes());
            self.buffer.extend_from_slice(&(payload.len() as u32).to_le_bytes());
            self.buffer.extend_from_slice(payload);
        }
        let checksum = crc32c::crc32c(&self.buffer[4..]);
        self.buffer[..4].copy_from_slice(&checksum.to_le_bytes());
        self.file.write_all(&self.buffer)?;
        self.file.sync_data()?;
        self.position += batch.len() as u64;
        self.bytes += self.buffer.len() as u64;
        Ok(())
    }

    /// The bytes written so far.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }
}
