//! sled 0.34, with one key an event, or two.
//!
//! Its `flush` hands what was written to the operating system and does not sync it: the file `db`
//! is synced after it, as ours does. Everything is flushed at every commit, so its own flusher,
//! which would only be in the way, is off.

use std::fs::File;
use std::path::Path;

use fsm_core::journal::{Batch, Position};
use sled::{Db, IVec};

use super::encoded::{decode, encode, machine_key};
use super::store::{Failure, Keys, Store, Visit, open_again};

/// Positions begin with a zero byte, and machines' ids do not: both have room in one tree, and so
/// in one batch.
const POSITIONS_END: [u8; 1] = [1];

/// A database of events under their positions.
#[derive(Debug)]
pub(super) struct Sled {
    db: Db,
    file: File,
    keys: Keys,
    next: u64,
    buffer: Vec<u8>,
}

impl Sled {
    /// Opens or creates the database in a directory.
    pub(super) fn open(place: &Path, keys: Keys) -> Result<Self, Failure> {
        let config = || sled::Config::new().flush_every_ms(None);
        let db = open_again(place, |place| config().path(place).open())?;
        let file = File::open(place.join("db"))?;
        let mut opened = Self { db, file, keys, next: 1, buffer: Vec::new() };
        opened.next = opened.last()?.plus(1).0;
        Ok(opened)
    }
}

impl Store for Sled {
    fn append(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let mut writes = sled::Batch::default();
        for (record, payload) in batch.records() {
            self.buffer.clear();
            encode(record, payload, &mut self.buffer);
            writes.insert(&self.next.to_be_bytes(), &self.buffer[..]);
            if self.keys == Keys::Two {
                self.buffer.clear();
                machine_key(record, &mut self.buffer);
                writes.insert(&self.buffer[..], &self.next.to_be_bytes());
            }
            self.next += 1;
        }
        self.db.apply_batch(writes)?;
        self.db.flush()?;
        self.file.sync_data()?;
        Ok(())
    }

    fn read_all(&mut self, visit: Visit<'_>) -> Result<(), Failure> {
        for pair in self.db.range(..POSITIONS_END) {
            let (key, value) = pair?;
            visit(decode(position(&key)?, &mut &value[..])?)?;
        }
        Ok(())
    }

    fn last(&mut self) -> Result<Position, Failure> {
        let Some(last) = self.db.range(..POSITIONS_END).next_back() else {
            return Ok(Position::START);
        };
        Ok(Position(position(&last?.0)?))
    }

    fn indexed(&mut self) -> Result<Option<u64>, Failure> {
        let count = || self.db.range(POSITIONS_END..).count() as u64;
        Ok((self.keys == Keys::Two).then(count))
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        // Dropping it is how it is closed.
        self.db.flush()?;
        self.file.sync_data()?;
        Ok(())
    }
}

fn position(key: &IVec) -> Result<u64, Failure> {
    Ok(u64::from_be_bytes(key.as_ref().try_into()?))
}
