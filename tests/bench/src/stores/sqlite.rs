//! SQLite with a write-ahead log that is synced at every commit, and one row an event, with
//! or without an index of machines.

use std::path::Path;

use fsm_core::journal::{Batch, Position};
use rusqlite::{Connection, params};

use super::encoded::{fact, numbers};
use super::store::{Failure, Keys, Seen, Store, Visit};

const CREATE: &str = "CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, \
    machine TEXT NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, \
    row INTEGER NOT NULL, state INTEGER NOT NULL, payload BLOB NOT NULL)";
const CREATE_INDEX: &str =
    "CREATE UNIQUE INDEX IF NOT EXISTS by_machine ON events (machine, sequence)";
const INSERT: &str = "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const SELECT: &str = "SELECT position, machine, sequence, time, row, state, payload FROM events \
    ORDER BY position";

/// A table of events by position.
#[derive(Debug)]
pub(super) struct Sqlite {
    connection: Connection,
    keys: Keys,
    next: i64,
}

impl Sqlite {
    /// Opens or creates the database in a directory.
    pub(super) fn open(place: &Path, keys: Keys) -> Result<Self, Failure> {
        std::fs::create_dir_all(place)?;
        let connection = Connection::open(place.join("events.sqlite"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute(CREATE, [])?;
        if keys == Keys::Two {
            connection.execute(CREATE_INDEX, [])?;
        }
        let mut opened = Self { connection, keys, next: 1 };
        opened.next = i64::try_from(opened.last()?.plus(1).0)?;
        Ok(opened)
    }
}

impl Store for Sqlite {
    fn append(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let transaction = self.connection.transaction()?;
        let mut insert = transaction.prepare_cached(INSERT)?;
        for (record, payload) in batch.records() {
            let (row, state) = numbers(record.fact);
            insert.execute(params![
                self.next,
                &*record.machine.id,
                record.sequence.0.cast_signed(),
                record.time.micros(),
                row,
                state,
                payload
            ])?;
            self.next += 1;
        }
        drop(insert);
        Ok(transaction.commit()?)
    }

    fn read_all(&mut self, visit: Visit<'_>) -> Result<(), Failure> {
        let mut select = self.connection.prepare_cached(SELECT)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            visit(Seen {
                position: row.get::<_, i64>(0)?.cast_unsigned(),
                machine: row.get_ref(1)?.as_str()?,
                sequence: row.get::<_, i64>(2)?.cast_unsigned(),
                time: row.get(3)?,
                fact: fact(row.get(4)?, row.get(5)?),
                payload: row.get_ref(6)?.as_blob()?,
            })?;
        }
        Ok(())
    }

    fn last(&mut self) -> Result<Position, Failure> {
        let last = "SELECT coalesce(max(position), 0) FROM events";
        let last: i64 = self.connection.query_row(last, [], |row| row.get(0))?;
        Ok(Position(last.cast_unsigned()))
    }

    fn indexed(&mut self) -> Result<Option<u64>, Failure> {
        if self.keys == Keys::One {
            return Ok(None);
        }
        let count = "SELECT count(*) FROM events INDEXED BY by_machine WHERE machine > ''";
        let count: i64 = self.connection.query_row(count, [], |row| row.get(0))?;
        Ok(Some(count.cast_unsigned()))
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        self.connection.close().map_err(|(_, error)| error.into())
    }
}
