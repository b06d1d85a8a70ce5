//! Archives: what a journal holds, as lines of JSON or as a Parquet file, and back.
//!
//! Both are made through the [`Journal`](fsm_core::journal::Journal) port, so they work on every
//! backend, and a page of records at a time. A line has everything of its record, by name where
//! there are names, and its payload exactly, in base64; with a [renderer](Export::render) also as
//! JSON. The schemas are in the archive, so that it can be read without the code, and imported
//! into an empty journal of any backend.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use fsm_core::Timestamp;
//! use fsm_core::journal::{Batch, Fact, Journal, MachineKey, MemoryJournal, Schema, Sequence};
//! use fsm_persist::archive::{Export, import_json};
//!
//! let journal = MemoryJournal::new();
//! let kind = journal.register(&Schema::bare("Order", &["Cart", "Paid"], &["Pay"])).await?;
//! let order = MachineKey::new(kind.kind, "order-42");
//! let mut batch = Batch::new();
//! let (first, now) = (Sequence(1), Timestamp::EPOCH);
//! batch.push(order.clone(), first, now, kind.schema, Fact::Created, b"context");
//! journal.append(batch).await?;
//!
//! let exported = Export::all().to_json(&journal, Vec::new(), |_| {}).await?;
//! let text = String::from_utf8(exported.writer.clone())?;
//! assert!(text.contains(r#""kind":"Order","id":"order-42","sequence":1"#));
//!
//! let another = MemoryJournal::new();
//! let reader = std::io::Cursor::new(exported.writer);
//! assert_eq!(import_json(&another, reader, |_| {}).await?.records, 1);
//! assert_eq!(another.read(&order, first, 10).await?[0].payload, "context");
//! # Ok(()) }
//! ```
//!
//! Cursors and snapshots are not archived: they belong to one journal.

mod error;
mod export;
mod import;
mod line;
mod pages;
#[cfg(feature = "parquet")]
mod table;

pub use error::ArchiveError;
pub use export::{Export, Exported, Renderer};
pub use import::{Imported, import_json};
