//! What was written, in two numbers, to be compared with what is read back.

use fsm_core::journal::Batch;

use super::encoded::numbers;
use super::store::{Failure, Seen, Store};

/// How many events there were, and a checksum of all that they say, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    checksum: u32,
}

impl Tally {
    /// Adds the events of a batch that is appended behind what was added before.
    pub(crate) fn add_batch(&mut self, batch: &Batch) -> Result<(), Failure> {
        for (record, payload) in batch.records() {
            self.add(Seen::new(self.events + 1, record, payload))?;
        }
        Ok(())
    }

    /// Adds an event.
    ///
    /// # Errors
    ///
    /// If it does not have the next position.
    pub(crate) fn add(&mut self, event: Seen<'_>) -> Result<(), Failure> {
        self.events += 1;
        if event.position != self.events {
            return Err(format!("position {} follows {}", event.position, self.events - 1).into());
        }
        let (row, state) = numbers(event.fact);
        let mut fixed = [0; 20];
        fixed[..8].copy_from_slice(&event.sequence.to_le_bytes());
        fixed[8..16].copy_from_slice(&event.time.to_le_bytes());
        fixed[16..18].copy_from_slice(&row.to_le_bytes());
        fixed[18..].copy_from_slice(&state.to_le_bytes());
        let checksum = crc32c::crc32c_append(self.checksum, event.machine.as_bytes());
        let checksum = crc32c::crc32c_append(checksum, &fixed);
        self.checksum = crc32c::crc32c_append(checksum, event.payload);
        Ok(())
    }
}

/// Reads everything, and compares it with what was written.
///
/// # Errors
///
/// If it is something else.
pub(crate) fn check(store: &mut dyn Store, written: Tally) -> Result<(), Failure> {
    let mut read = Tally::default();
    store.read_all(&mut |event| read.add(event))?;
    if read != written {
        return Err(format!("{read:?} was read, and {written:?} was written").into());
    }
    match store.indexed()? {
        Some(indexed) if indexed != written.events => {
            Err(format!("{indexed} of {} events are in the index", written.events).into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::{Batches, Contestant};

    fn written(place: &std::path::Path, contestant: Contestant) -> Result<Tally, Failure> {
        let (mut source, mut tally) = (Batches::new(7), Tally::default());
        for size in [1, 3, 200] {
            // Opened anew for each commit, so that the store has to find its end.
            let mut store = contestant.open(place)?;
            assert_eq!(store.last()?.0, tally.events, "{contestant}");
            let mut batch = source.batch(size, 64);
            tally.add_batch(&batch)?;
            store.append(&mut batch)?;
            store.close()?;
        }
        Ok(tally)
    }

    #[test]
    fn everyone_reads_back_what_was_written() -> Result<(), Failure> {
        for contestant in Contestant::ALL.into_iter().chain(Contestant::INDEXED) {
            let place = tempfile::tempdir()?;
            let tally = written(place.path(), contestant)?;
            let mut store = contestant.open(place.path())?;
            check(&mut *store, tally).map_err(|error| format!("{contestant}: {error}"))?;
            assert_eq!(store.last()?.0, 204, "{contestant}");
        }
        Ok(())
    }

    #[test]
    fn whoever_has_something_else_is_found_out() -> Result<(), Failure> {
        let place = tempfile::tempdir()?;
        let tally = written(place.path(), Contestant::Raw)?;
        let mut store = Contestant::Raw.open(place.path())?;
        let other = Tally { checksum: !tally.checksum, ..tally };
        assert!(check(&mut *store, other).is_err());
        assert!(check(&mut *store, Tally { events: 203, ..tally }).is_err());
        Ok(())
    }
}
