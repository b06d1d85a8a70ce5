//! Following the journal: everything from a position on, then what is appended, as it becomes
//! durable.
//!
//! A tail reads the journal and nothing else, also when it has caught up: what it gives out is
//! complete, in order, and each record once. With a [named cursor](Tail::named) it goes on after a
//! restart where it was last [done](Tail::done).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use fsm_core::Timestamp;
//! use fsm_core::journal::{
//!     Batch, Fact, Journal, MachineKey, MemoryJournal, Schema, Sequence, Tail,
//! };
//!
//! let journal = Arc::new(MemoryJournal::new());
//! let order = journal.register(&Schema::bare("Order", &["Cart"], &["Pay"])).await?;
//! let mut batch = Batch::new();
//! let machine = MachineKey::new(order.kind, "order-42");
//! batch.push(machine, Sequence(1), Timestamp::EPOCH, order.schema, Fact::Created, b"context");
//! journal.append(batch).await?;
//!
//! let mut tail = Tail::named(journal.clone(), "mailer").await?;
//! let record = tail.next().await?;                    // waits if there is none yet
//! assert_eq!(record.machine.id, "order-42");
//! tail.done().await?;                                 // the cursor is durable
//!
//! let mut again = Tail::named(journal, "mailer").await?;
//! assert!(again.try_next().await?.is_none());
//! # Ok(()) }
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream::{self, Stream};

use super::cursors::check_cursor_name;
use super::{CursorError, Journal, Position, ReadError, Record};

/// How many records are read at once.
const PAGE_RECORDS: usize = 256;

/// A reader that follows the journal.
#[derive(Debug)]
pub struct Tail {
    journal: Arc<dyn Journal>,
    cursor: Option<String>,
    /// The position from which the next page is read.
    from: Position,
    page: VecDeque<Record>,
    /// The last record given out.
    given: Position,
}

impl Tail {
    /// Follows the journal from this position on.
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>, from: Position) -> Self {
        let from = Position(from.0.max(1));
        let given = Position(from.0 - 1);
        Self { journal, cursor: None, from, page: VecDeque::new(), given }
    }

    /// Follows the journal from behind the cursor of this name on; from the first record on if
    /// there is no such cursor.
    ///
    /// # Errors
    ///
    /// [`CursorError`] if the cursor cannot be read, or none can have that name, or it stands
    /// behind the end of the journal.
    pub async fn named(journal: Arc<dyn Journal>, name: &str) -> Result<Self, CursorError> {
        check_cursor_name(name)?;
        let done = journal.cursors().load(name).await?.unwrap_or(Position::START);
        let head = journal.head();
        if done > head {
            return Err(CursorError::Ahead { name: name.to_owned(), cursor: done, head });
        }
        let tail = Self::new(journal, done.plus(1));
        Ok(Self { cursor: Some(name.to_owned()), ..tail })
    }

    /// The next record; waits until there is one.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; calling it again tries again. [`ReadError::Closed`] once the journal is
    /// closed or has stopped, and everything durable was given out.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: the next call gives the record.
    pub async fn next(&mut self) -> Result<Record, ReadError> {
        loop {
            if let Some(record) = self.try_next().await? {
                return Ok(record);
            }
            self.journal.reached(self.from).await?;
        }
    }

    /// The next record, if there is one already.
    ///
    /// # Errors
    ///
    /// As for [`next`](Self::next).
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: the next call gives the record.
    pub async fn try_next(&mut self) -> Result<Option<Record>, ReadError> {
        if self.page.is_empty() {
            // Everything up to here will have been read, also if some of it was erased.
            let head = self.journal.head();
            let page = self.journal.read_all(self.from, PAGE_RECORDS).await?;
            let behind = page.last().map(|last| last.position.plus(1));
            self.from = match behind {
                Some(behind) if page.len() == PAGE_RECORDS => behind,
                _ => behind.unwrap_or(self.from).max(head.plus(1)),
            };
            self.page = page.into();
        }
        let record = self.page.pop_front();
        if let Some(record) = &record {
            self.given = record.position;
        }
        Ok(record)
    }

    /// The position of the last record given out.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.given
    }

    /// Moves the cursor behind the last record given out: that and those before it are not given
    /// out again. Without a cursor it does nothing.
    ///
    /// # Errors
    ///
    /// [`CursorError`] if the cursor cannot be moved.
    pub async fn done(&self) -> Result<(), CursorError> {
        match &self.cursor {
            Some(name) => self.journal.cursors().save(name, self.given).await,
            None => Ok(()),
        }
    }

    /// The records as a stream, which ends when the journal is closed.
    pub fn into_stream(self) -> impl Stream<Item = Result<Record, ReadError>> + Send {
        stream::unfold(Some(self), |tail| async move {
            let mut tail = tail?;
            match tail.next().await {
                Ok(record) => Some((Ok(record), Some(tail))),
                Err(ReadError::Closed) => None,
                Err(error) => Some((Err(error), Some(tail))),
            }
        })
    }
}
