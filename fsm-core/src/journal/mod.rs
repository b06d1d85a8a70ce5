//! The journal: the append-only log of records, and the only source of truth.
//!
//! [`Journal`] is the port; every backend passes one conformance suite ([`conformance`]). A machine
//! is what its records say: replaying them through [`Fsm::apply`](crate::Fsm::apply) gives its
//! state and context back, exactly.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use fsm_core::journal::{
//!     Batch, Fact, Journal, MachineKey, MemoryJournal, Position, Schema, Sequence,
//! };
//! use fsm_core::Timestamp;
//!
//! let journal = MemoryJournal::new();
//! let schema = Schema::bare("Order", &["Cart", "Paid"], &["Pay"]);
//! let registered = journal.register(&schema).await?;
//! let schema = registered.schema;
//! let order = MachineKey::new(registered.kind, "order-42");
//!
//! let mut batch = Batch::new();
//! batch.push(order.clone(), Sequence(1), Timestamp::EPOCH, schema, Fact::Created, b"context");
//! let committed = journal.append(batch).await?;
//! assert_eq!(committed.first, Position(1));
//!
//! let records = journal.read(&order, Sequence(1), 100).await?;
//! assert_eq!(records[0].sequence, Sequence(1));
//! # Ok(()) }
//! ```

mod batch;
mod codec;
pub mod conformance;
mod cursors;
mod error;
mod fact;
mod memory;
mod metadata;
mod record;
mod schema;
pub mod shape;
mod snapshots;
mod spaces;
mod tail;
mod upkeep;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use batch::{Batch, Chain, NewRecord, NewRecords};
pub use codec::{Codec, CodecError};
pub use cursors::{CURSOR_NAME_BYTES_MAX, CursorError, Cursors, check_cursor_name};
pub use error::{AppendError, ReadError, RegisterError};
pub use fact::{Fact, FactCode};
pub use memory::MemoryJournal;
pub use metadata::{Metadata, Origin, Parent};
pub use record::{KindId, MachineId, MachineKey, Position, Record, SchemaId, Sequence, SpaceId};
pub use schema::{Registered, Schema, SchemaRow};
pub(crate) use schema::{row_label, shape_of, trigger_name};
pub use snapshots::{Snapshots, StoredSnapshot};
pub use spaces::{
    SPACE_LABELS_BYTES_MAX, SPACE_NAME_BYTES_MAX, Space, SpaceError, Spaces, check_space_labels,
    check_space_name,
};
pub use tail::Tail;
pub use upkeep::{Upkeep, UpkeepError};

/// What the asynchronous calls of the port return.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where records are kept.
///
/// # Durability
///
/// When [`append`](Self::append) answers [`Committed`], the batch survives what the journal's
/// [`durability`](Self::durability) says. A batch is there as a whole or not at all.
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Makes a kind's schema known, and durable, and gives it its numbers. A schema that is already
    /// known keeps its numbers.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have registered the schema; registering again gives the same numbers.
    fn register<'a>(&'a self, schema: &'a Schema)
    -> Pending<'a, Result<Registered, RegisterError>>;

    /// The schema with this number, if there is one.
    fn schema(&self, id: SchemaId) -> Option<Arc<Schema>>;

    /// The number of a kind that some schema has been registered for.
    fn kind(&self, name: &str) -> Option<KindId>;

    /// Appends the batch, all of it or nothing, behind everything appended before. Batches become
    /// durable, and their calls return, in the order in which `append` was called.
    ///
    /// Each record's sequence must follow its machine's last one, its space must be there, and no
    /// earlier batch of its [`Chain`] may have been refused.
    ///
    /// # Cancel safety
    ///
    /// The batch is handed over when `append` is called, not when the answer is awaited: dropping
    /// the answer does not take it back.
    fn append(&self, batch: Batch) -> Pending<'static, Result<Committed, AppendError>>;

    /// A machine's durable records from sequence `from` on, at most `limit` of them. Fewer than
    /// `limit` means that there are no more. They follow each other without a gap; the first that
    /// there is is the machine's creation, or a base.
    fn read<'a>(
        &'a self,
        machine: &'a MachineKey,
        from: Sequence,
        limit: usize,
    ) -> Pending<'a, Result<Vec<Record>, ReadError>>;

    /// All durable records from position `from` on, at most `limit` of them. Fewer than `limit`
    /// means that there are no more. Positions ascend, with gaps where records were
    /// [erased](Upkeep).
    fn read_all(&self, from: Position, limit: usize)
    -> Pending<'_, Result<Vec<Record>, ReadError>>;

    /// The position of the last durable record, also if it was erased since; [`Position::START`]
    /// if there is none.
    fn head(&self) -> Position;

    /// Waits until the [`head`](Self::head) is at this position or behind it.
    ///
    /// # Errors
    ///
    /// [`ReadError::Closed`] if the journal is closed, or stops, before that.
    fn reached(&self, position: Position) -> Pending<'_, Result<(), ReadError>>;

    /// The snapshots of its machines.
    fn snapshots(&self) -> &dyn Snapshots;

    /// The cursors of its readers.
    fn cursors(&self) -> &dyn Cursors;

    /// Its spaces.
    fn spaces(&self) -> &dyn Spaces;

    /// What erases its records.
    fn upkeep(&self) -> &dyn Upkeep;

    /// The most bytes that a record's id, payload and metadata may have together.
    fn record_bytes_max(&self) -> usize {
        usize::MAX
    }

    /// What a committed batch survives.
    fn durability(&self) -> Durability;

    /// Finishes what was appended and lets go of the storage. Later calls fail.
    ///
    /// # Cancel safety
    ///
    /// The journal closes whether or not the answer is awaited.
    fn close(&self) -> Pending<'_, Result<(), AppendError>>;
}

/// Where a batch came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The position of the batch's first record; the others follow without a gap.
    pub first: Position,
    /// How many records the batch has.
    pub count: u32,
}

/// What a committed batch survives.
///
/// | | end of the process | kill of the process | loss of power |
/// | --- | --- | --- | --- |
/// | `Memory` | no | no | no |
/// | `Flush(interval)` | yes | yes | what is older than `interval` |
/// | `Fsync` | yes | yes | yes |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: the journal is gone with the process.
    Memory,
    /// A crash of the process, not of the machine: the operating system has the batch, and it is
    /// synced to the disk once an interval.
    Flush(std::time::Duration),
    /// Loss of power, as far as the disk keeps its word about syncing.
    Fsync,
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => write!(f, "memory only"),
            Self::Flush(interval) => write!(f, "flushed, synced every {interval:?}"),
            Self::Fsync => write!(f, "synced at every commit"),
        }
    }
}
