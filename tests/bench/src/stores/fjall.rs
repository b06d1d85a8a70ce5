//! fjall, with one key an event, or two.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use fsm_core::journal::{Batch, Position};

use super::encoded::{decode, encode, machine_key};
use super::store::{Failure, Keys, Store, Visit, open_again};

/// A keyspace of events under their positions.
pub(super) struct Fjall {
    db: Database,
    events: Keyspace,
    machines: Option<Keyspace>,
    next: u64,
    buffer: Vec<u8>,
}

impl Fjall {
    /// Opens or creates the database in a directory.
    pub(super) fn open(place: &Path, keys: Keys) -> Result<Self, Failure> {
        let db = open_again(place, |place| Database::builder(place).open())?;
        let events = db.keyspace("events", KeyspaceCreateOptions::default)?;
        let machines = || db.keyspace("machines", KeyspaceCreateOptions::default);
        let machines = (keys == Keys::Two).then(machines).transpose()?;
        let mut opened = Self { db, events, machines, next: 1, buffer: Vec::new() };
        opened.next = opened.last()?.plus(1).0;
        Ok(opened)
    }
}

impl Store for Fjall {
    fn append(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let mut writes = self.db.batch().durability(Some(PersistMode::SyncData));
        for (record, payload) in batch.records() {
            self.buffer.clear();
            encode(record, payload, &mut self.buffer);
            writes.insert(&self.events, &self.next.to_be_bytes()[..], &self.buffer[..]);
            if let Some(machines) = &self.machines {
                self.buffer.clear();
                machine_key(record, &mut self.buffer);
                writes.insert(machines, &self.buffer[..], &self.next.to_be_bytes()[..]);
            }
            self.next += 1;
        }
        Ok(writes.commit()?)
    }

    fn read_all(&mut self, visit: Visit<'_>) -> Result<(), Failure> {
        for event in self.events.iter() {
            let (key, value) = event.into_inner()?;
            visit(decode(position(&key)?, &mut &value[..])?)?;
        }
        Ok(())
    }

    fn last(&mut self) -> Result<Position, Failure> {
        let Some(last) = self.events.last_key_value() else { return Ok(Position::START) };
        Ok(Position(position(&last.key()?)?))
    }

    fn indexed(&mut self) -> Result<Option<u64>, Failure> {
        let count = self.machines.as_ref().map(|machines| machines.len()).transpose()?;
        Ok(count.map(|count| count as u64))
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(self.db.persist(PersistMode::SyncAll)?)
    }
}

fn position(key: &[u8]) -> Result<u64, Failure> {
    Ok(u64::from_be_bytes(key.try_into()?))
}
