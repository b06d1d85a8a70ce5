//! Importing.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use fsm_core::Timestamp;
use fsm_core::journal::{
    Batch, Fact, Journal, MachineKey, Position, Registered, Sequence, SpaceId,
};

use super::error::ArchiveError;
use super::export::blocking;
use super::line::{Line, RecordLine, VERSION};
use crate::progress::Progress;

/// What was imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// How many records.
    pub records: u64,
    /// How many schemas.
    pub schemas: u64,
    /// How many spaces.
    pub spaces: u64,
}

/// A line is no longer than this: a record of a mebibyte, in base64, and shown as JSON.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// So many lines, or bytes of them, are read at once.
const LINES_MAX: usize = 256;
const BYTES_MAX: usize = 4 << 20;
/// So many records, or bytes of payloads, are appended at once.
const BATCH_RECORDS: usize = 256;
const BATCH_BYTES: usize = 1 << 20;

/// Appends the records of an archive, lines of JSON, to an empty journal of any backend. Machines
/// have the sequences that they had; positions and the sequences of spaces are dense anew.
///
/// A machine that begins with a base is given records in place of those before, which are erased
/// again: their positions stay empty.
///
/// # Errors
///
/// [`ArchiveError`]; the journal then has a part of the archive, and is to be thrown away.
///
/// # Cancel safety
///
/// A dropped call leaves a part of the archive in the journal.
pub async fn import_json<R: BufRead + Send + 'static>(
    journal: &dyn Journal,
    mut reader: R,
    mut told: impl FnMut(Progress),
) -> Result<Imported, ArchiveError> {
    if journal.head() != Position::START {
        return Err(ArchiveError::NotEmpty);
    }
    let mut importing = Importing {
        journal,
        schemas: HashMap::new(),
        spaces: HashMap::from([(0, SpaceId::DEFAULT)]),
        batch: Batch::new(),
        line: 0,
        imported: Imported::default(),
    };
    loop {
        let (lines, rest) = blocking(move || read_lines(reader)).await?;
        reader = rest;
        if lines.is_empty() {
            break;
        }
        for line in lines {
            importing.line += 1;
            importing.take(&line).await?;
        }
        let done = importing.imported.records;
        told(Progress { done, all: done });
    }
    importing.append().await?;
    if importing.line == 0 {
        return Err(importing.wrong("the archive is empty"));
    }
    Ok(importing.imported)
}

type Lines<R> = (Vec<Vec<u8>>, R);

fn read_lines<R: BufRead>(mut reader: R) -> Result<Lines<R>, ArchiveError> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while lines.len() < LINES_MAX && bytes < BYTES_MAX {
        let mut line = Vec::new();
        reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            break;
        }
        bytes += line.len();
        lines.push(line);
    }
    Ok((lines, reader))
}

/// An import at work.
struct Importing<'a> {
    journal: &'a dyn Journal,
    schemas: HashMap<u32, Registered>,
    spaces: HashMap<u32, SpaceId>,
    batch: Batch,
    line: u64,
    imported: Imported,
}

impl Importing<'_> {
    fn wrong(&self, why: impl Into<String>) -> ArchiveError {
        ArchiveError::Line { line: self.line, why: why.into() }
    }

    async fn take(&mut self, line: &[u8]) -> Result<(), ArchiveError> {
        let line = serde_json::from_slice(line).map_err(|error| self.wrong(error.to_string()))?;
        match line {
            Line::Archive { version } if self.line == 1 && version == VERSION => Ok(()),
            _ if self.line == 1 => Err(self.wrong("no archive of this version begins so")),
            Line::Archive { .. } => Err(self.wrong("an archive begins in its middle")),
            Line::Schema { number, schema } => {
                let registered = self.journal.register(&schema).await?;
                self.schemas.insert(number, registered);
                self.imported.schemas += 1;
                Ok(())
            }
            Line::Space(space) => {
                let created = space.created();
                let spaces = self.journal.spaces();
                let here = spaces.create(&space.name, space.labels, created).await?;
                self.spaces.insert(space.number, here.id);
                self.imported.spaces += 1;
                Ok(())
            }
            Line::Record(record) => self.record(&record).await,
        }
    }

    async fn record(&mut self, record: &RecordLine) -> Result<(), ArchiveError> {
        let kind = self.schemas.get(&record.schema).copied();
        let kind = kind.ok_or_else(|| self.wrong("its schema does not come before it"))?;
        let space = self.spaces.get(&record.space).copied();
        let space = space.ok_or_else(|| self.wrong("its space does not come before it"))?;
        let fact = record.fact().map_err(|why| self.wrong(why))?;
        let payload = record.payload().map_err(|why| self.wrong(why))?;
        let metadata = record.metadata().map_err(|why| self.wrong(why))?;
        let machine = MachineKey { space, kind: kind.kind, id: record.id.as_str().into() };
        let sequence = Sequence(record.sequence);
        let is_base = matches!(fact, Fact::Base { .. });
        let begins = is_base && sequence.0 > 1 && self.fill_up(&machine, sequence, kind).await?;
        self.batch.payload_buffer().extend_from_slice(&payload);
        let time = Timestamp::from_micros(record.time);
        let schema = kind.schema;
        self.batch.push_annotated(machine.clone(), sequence, time, schema, fact, metadata);
        self.imported.records += 1;
        if begins {
            self.append().await?;
            let trimmed = self.journal.upkeep().trim(&machine, sequence).await;
            trimmed.map_err(|source| ArchiveError::Base { line: self.line, source })?;
        }
        if self.batch.len() >= BATCH_RECORDS || self.batch.payload_bytes() >= BATCH_BYTES {
            self.append().await?;
        }
        Ok(())
    }

    /// Has the machine go up to the base that it begins with; `false` if it has what is before.
    async fn fill_up(
        &mut self,
        machine: &MachineKey,
        base: Sequence,
        kind: Registered,
    ) -> Result<bool, ArchiveError> {
        self.append().await?;
        if !self.journal.read(machine, Sequence(1), 1).await?.is_empty() {
            return Ok(false);
        }
        for sequence in 1..base.0 {
            let fact = if sequence == 1 { Fact::Created } else { Fact::Answered };
            let (sequence, now) = (Sequence(sequence), Timestamp::EPOCH);
            self.batch.push(machine.clone(), sequence, now, kind.schema, fact, b"");
            if self.batch.len() >= BATCH_RECORDS {
                self.append().await?;
            }
        }
        Ok(true)
    }

    async fn append(&mut self) -> Result<(), ArchiveError> {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        match self.journal.append(batch).await {
            Ok(_) => Ok(()),
            Err(fsm_core::journal::AppendError::Conflict { machine, expected, actual })
                if actual == Sequence::START =>
            {
                Err(ArchiveError::NotWhole { line: self.line, machine, sequence: expected })
            }
            Err(source) => Err(ArchiveError::Append { line: self.line, source }),
        }
    }
}
