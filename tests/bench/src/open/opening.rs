//! Filling, opening and checking a store, each in a process of its own.

use std::path::PathBuf;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::ORDERS;
use crate::replay::Orders;
use crate::stores::{Contestant, Failure, Tally, check};

/// How many events a commit has that fills a store.
const SIZE: u64 = 256;

/// A store to be filled.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Loading {
    pub(super) contestant: Contestant,
    pub(super) place: PathBuf,
    pub(super) events: u64,
}

/// A store to be opened.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub(super) contestant: Contestant,
    pub(super) place: PathBuf,
}

/// What opening took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(super) millis: f64,
    /// The position of the last event.
    pub(super) last: u64,
}

/// A store to be read back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Checking {
    pub(super) contestant: Contestant,
    pub(super) place: PathBuf,
}

impl Loading {
    /// Appends the events and closes the store.
    pub(crate) fn perform(&self) -> Result<(), Failure> {
        let mut store = self.contestant.open(&self.place)?;
        let mut source = Orders::new(ORDERS);
        let mut left = self.events;
        while left > 0 {
            let mut batch = source.batch(left.min(SIZE) as usize)?;
            left -= batch.len() as u64;
            store.append(&mut batch)?;
        }
        store.close()
    }
}

impl Opening {
    /// Opens the store, and closes it.
    pub(crate) fn perform(&self) -> Result<Opened, Failure> {
        let start = Instant::now();
        let mut store = self.contestant.open(&self.place)?;
        let last = store.last()?.0;
        let millis = start.elapsed().as_secs_f64() * 1e3;
        store.close()?;
        Ok(Opened { millis, last })
    }
}

impl Checking {
    /// Reads everything, and compares it with what was appended, which is made anew.
    pub(crate) fn perform(&self) -> Result<(), Failure> {
        let mut store = self.contestant.open(&self.place)?;
        let (mut source, mut written) = (Orders::new(ORDERS), Tally::default());
        let mut left = store.last()?.0;
        while left > 0 {
            let batch = source.batch(left.min(SIZE) as usize)?;
            left -= batch.len() as u64;
            written.add_batch(&batch)?;
        }
        check(&mut *store, written)
    }
}
