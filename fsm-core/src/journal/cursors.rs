//! How far readers of the journal have come, kept in the journal.

use std::fmt;

use super::{AppendError, Pending, Position, ReadError};

/// The most bytes that a cursor's name may have.
pub const CURSOR_NAME_BYTES_MAX: usize = 256;

/// Why a cursor could not be read or moved.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CursorError {
    /// The name is empty or too long.
    #[error("a cursor's name has 1 to {CURSOR_NAME_BYTES_MAX} bytes, and this one has {bytes}")]
    Name {
        /// How many bytes it has.
        bytes: usize,
    },
    /// The cursor stands behind the end of the journal, which is not the one it was moved in.
    #[error(
        "the cursor `{name}` stands at {cursor}, and the journal ends at {head}: it belongs to \
         another journal, or records were lost; remove it or move it back"
    )]
    Ahead {
        /// The cursor.
        name: String,
        /// Where it stands.
        cursor: Position,
        /// Where the journal ends.
        head: Position,
    },
    /// It could not be written.
    #[error("cannot move the cursor `{name}`: {source}")]
    Write {
        /// The cursor.
        name: String,
        /// What went wrong.
        source: AppendError,
    },
    /// It could not be read.
    #[error("cannot read the cursor `{name}`: {source}")]
    Read {
        /// The cursor.
        name: String,
        /// What went wrong.
        source: ReadError,
    },
}

/// The cursors of a journal's readers: the position of the last record that each has done with.
pub trait Cursors: fmt::Debug + Send + Sync {
    /// Where the cursor stands; `None` if it was never moved.
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, Result<Option<Position>, CursorError>>;

    /// Moves the cursor, forwards or back. It is as durable as a committed batch when answered.
    ///
    /// # Cancel safety
    ///
    /// The position is handed over when `save` is called.
    fn save(&self, name: &str, position: Position) -> Pending<'static, Result<(), CursorError>>;

    /// Removes the cursor.
    fn remove(&self, name: &str) -> Pending<'static, Result<(), CursorError>>;

    /// All cursors, by name.
    fn list(&self) -> Pending<'_, Result<Vec<(String, Position)>, CursorError>>;
}

/// Refuses a name that no cursor may have.
///
/// # Errors
///
/// [`CursorError::Name`].
pub const fn check_cursor_name(name: &str) -> Result<(), CursorError> {
    match name.len() {
        1..=CURSOR_NAME_BYTES_MAX => Ok(()),
        bytes => Err(CursorError::Name { bytes }),
    }
}
