//! Spaces: the tenants of a journal.
//!
//! A machine of one space is another than the machine of the same kind and id in another. Each
//! space has a dense sequence of its own over its records, can be read by itself, and can be
//! deleted with everything in it. The default space is there from the beginning, has no name, and
//! cannot be deleted; a journal refuses records of a space that it does not have.

use std::collections::BTreeMap;
use std::fmt;

use super::{AppendError, Pending, ReadError, Record, Sequence, SpaceId};
use crate::machine::Timestamp;

/// The most bytes that a space's name may have.
pub const SPACE_NAME_BYTES_MAX: usize = 256;
/// The most bytes that a space's labels may have together.
pub const SPACE_LABELS_BYTES_MAX: usize = 64 * 1024;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// Its number, which is never given to another.
    pub id: SpaceId,
    /// Its name, which no other space has.
    pub name: String,
    /// What its owner wants to remember of it.
    pub labels: BTreeMap<String, String>,
    /// When it was created.
    pub created: Timestamp,
}

/// Why a space could not be created, changed, deleted or read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceError {
    /// There is a space of that name.
    #[error("there is a space `{name}` already: name another, or use it")]
    Exists {
        /// The name.
        name: String,
    },
    /// There is no such space.
    #[error("there is no {id}: it was deleted, or never created")]
    NotFound {
        /// Its number.
        id: SpaceId,
    },
    /// The name is empty or too long.
    #[error("a space's name has 1 to {SPACE_NAME_BYTES_MAX} bytes, and this one has {bytes}")]
    Name {
        /// How many bytes it has.
        bytes: usize,
    },
    /// The labels are too long.
    #[error("a space's labels have {SPACE_LABELS_BYTES_MAX} bytes at most, and these have {bytes}")]
    Labels {
        /// How many bytes they have.
        bytes: usize,
    },
    /// The default space has no name or labels and cannot be deleted.
    #[error("the default space cannot be changed or deleted")]
    Default,
    /// It could not be written.
    #[error("cannot change the space: {0}")]
    Write(#[from] AppendError),
    /// It could not be read.
    #[error("cannot read the space: {0}")]
    Read(#[from] ReadError),
}

/// The spaces of a journal.
pub trait Spaces: fmt::Debug + Send + Sync {
    /// Creates a space. It is durable when answered.
    fn create<'a>(
        &'a self,
        name: &'a str,
        labels: BTreeMap<String, String>,
        created: Timestamp,
    ) -> Pending<'a, Result<Space, SpaceError>>;

    /// The space of this name.
    fn find(&self, name: &str) -> Option<Space>;

    /// All spaces but the default one, by number.
    fn list(&self) -> Vec<Space>;

    /// Replaces the labels of a space. They are durable when answered.
    fn describe(
        &self,
        id: SpaceId,
        labels: BTreeMap<String, String>,
    ) -> Pending<'_, Result<Space, SpaceError>>;

    /// Deletes a space with all its machines, for good, and says how many records that were. Its
    /// name is free then, its number is not.
    ///
    /// # Cancel safety
    ///
    /// Once begun, it is completed, also after a restart.
    fn delete(&self, id: SpaceId) -> Pending<'_, Result<u64, SpaceError>>;

    /// The sequence of the last record in the space.
    fn head(&self, id: SpaceId) -> Pending<'_, Result<Sequence, SpaceError>>;

    /// The space's records from the space sequence `from` on, at most `limit` of them. Fewer than
    /// `limit` means that there are no more. What other spaces hold costs nothing.
    fn read(
        &self,
        id: SpaceId,
        from: Sequence,
        limit: usize,
    ) -> Pending<'_, Result<Vec<Record>, SpaceError>>;
}

/// Refuses a name that no space may have.
///
/// # Errors
///
/// [`SpaceError::Name`].
pub const fn check_space_name(name: &str) -> Result<(), SpaceError> {
    match name.len() {
        1..=SPACE_NAME_BYTES_MAX => Ok(()),
        bytes => Err(SpaceError::Name { bytes }),
    }
}

/// Refuses labels that no space may have.
///
/// # Errors
///
/// [`SpaceError::Labels`].
pub fn check_space_labels(labels: &BTreeMap<String, String>) -> Result<(), SpaceError> {
    let bytes = labels.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > SPACE_LABELS_BYTES_MAX { Err(SpaceError::Labels { bytes }) } else { Ok(()) }
}
