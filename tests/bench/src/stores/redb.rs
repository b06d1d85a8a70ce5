//! redb, with one key an event, or two.

use std::path::Path;

use fsm_core::journal::{Batch, Position};
use redb::{
    Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, TableError,
};

use super::encoded::{decode, encode, machine_key};
use super::store::{Failure, Keys, Store, Visit, open_again};

const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("events");
const MACHINES: TableDefinition<'_, &[u8], u64> = TableDefinition::new("machines");

/// A table of events under their positions.
#[derive(Debug)]
pub(super) struct Redb {
    db: Database,
    keys: Keys,
    next: u64,
    buffer: Vec<u8>,
}

impl Redb {
    /// Opens or creates the database in a directory.
    pub(super) fn open(place: &Path, keys: Keys) -> Result<Self, Failure> {
        std::fs::create_dir_all(place)?;
        let db = open_again(&place.join("events.redb"), |path| Database::create(path))?;
        let mut opened = Self { db, keys, next: 1, buffer: Vec::new() };
        opened.next = opened.last()?.plus(1).0;
        Ok(opened)
    }
}

impl Store for Redb {
    fn append(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let transaction = self.db.begin_write()?;
        let mut events = transaction.open_table(EVENTS)?;
        let machines = || transaction.open_table(MACHINES);
        let mut machines = (self.keys == Keys::Two).then(machines).transpose()?;
        for (record, payload) in batch.records() {
            self.buffer.clear();
            encode(record, payload, &mut self.buffer);
            events.insert(self.next, &self.buffer[..])?;
            if let Some(machines) = &mut machines {
                self.buffer.clear();
                machine_key(record, &mut self.buffer);
                machines.insert(&self.buffer[..], self.next)?;
            }
            self.next += 1;
        }
        drop((events, machines));
        Ok(transaction.commit()?)
    }

    fn read_all(&mut self, visit: Visit<'_>) -> Result<(), Failure> {
        let events = self.db.begin_read()?.open_table(EVENTS)?;
        for event in events.iter()? {
            let (position, value) = event?;
            visit(decode(position.value(), &mut value.value())?)?;
        }
        Ok(())
    }

    fn last(&mut self) -> Result<Position, Failure> {
        let events = match self.db.begin_read()?.open_table(EVENTS) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(Position::START),
            events => events?,
        };
        let last = events.last()?;
        Ok(last.map_or(Position::START, |(position, _)| Position(position.value())))
    }

    fn indexed(&mut self) -> Result<Option<u64>, Failure> {
        if self.keys == Keys::One {
            return Ok(None);
        }
        Ok(Some(self.db.begin_read()?.open_table(MACHINES)?.len()?))
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        // Dropping it is how it is closed.
        Ok(())
    }
}
