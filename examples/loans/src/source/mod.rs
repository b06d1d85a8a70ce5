//! The log that the events come from: a file of XES or CSV, plain or gzip, told apart by content.
//!
//! ```text
//! file ── content ── xes ─┐
//!  (gzip undone)  └─ csv ─┴─ order ── Events
//! ```
//!
//! What must hold: events come out one by one, in the order of the file, each with its ordinal
//! within its application. An error names the place, and everything before it has come out.
//! Nothing here knows machines or journals.

mod content;
mod csv;
mod error;
mod log;
mod order;
mod xes;

pub use content::GzipError;
pub use error::{Place, Problem, SourceError};
pub use log::{Events, Log};
pub use order::{LogEvent, Order, Reading};
