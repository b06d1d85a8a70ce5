//! What a contestant can do.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use fsm_core::journal::{Batch, Fact, MachineKey, NewRecord, Position};

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Somewhere to keep events.
pub(crate) trait Store {
    /// Appends one commit and waits until the disk has it.
    ///
    /// Who needs the batch for itself may take it and leave an empty one; everybody else leaves it
    /// alone, so that nobody's time has a batch's end in it but ours.
    fn append(&mut self, batch: &mut Batch) -> Result<(), Failure>;

    /// Shows all events in the order of their positions.
    fn read_all(&mut self, visit: Visit<'_>) -> Result<(), Failure>;

    /// Shows one machine's events in their order.
    ///
    /// Whoever has one key an event cannot, so it is asked only of stores with just one machine.
    fn read_machine(&mut self, machine: &MachineKey, visit: Visit<'_>) -> Result<(), Failure> {
        let _ = machine;
        self.read_all(visit)
    }

    /// The position of the last event, which is read for it; the start if there is none.
    fn last(&mut self) -> Result<Position, Failure>;

    /// How many entries its index of machines has, if it keeps one.
    fn indexed(&mut self) -> Result<Option<u64>, Failure> {
        Ok(None)
    }

    /// Finishes what it does in the background that makes it smaller, if a user would wait for it.
    fn settle(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Closes it in the way that its documentation wants it closed.
    fn close(self: Box<Self>) -> Result<(), Failure>;
}

/// What an engine keeps of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// The event under its position.
    One,
    /// And its position under its machine and sequence, so that one machine can be read.
    Two,
}

/// Whoever is shown events.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(Seen<'_>) -> Result<(), Failure>;

/// An event as it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) position: u64,
    pub(crate) machine: &'a str,
    pub(crate) sequence: u64,
    pub(crate) time: i64,
    pub(crate) fact: Fact,
    pub(crate) payload: &'a [u8],
}

impl<'a> Seen<'a> {
    /// An event that is about to be appended.
    pub(crate) fn new(position: u64, record: &'a NewRecord, payload: &'a [u8]) -> Self {
        Self {
            position,
            machine: &record.machine.id,
            sequence: record.sequence.0,
            time: record.time.micros(),
            fact: record.fact,
            payload,
        }
    }
}

/// Opens a database that this process closed a moment ago: some engines let go of their lock a
/// little after they are dropped.
pub(crate) fn open_again<T, E: Error + Send + Sync + 'static>(
    path: &Path,
    open: impl Fn(&Path) -> Result<T, E>,
) -> Result<T, Failure> {
    const PATIENCE: Duration = Duration::from_secs(10);
    const PAUSE: Duration = Duration::from_millis(1);
    let start = Instant::now();
    loop {
        match open(path) {
            Err(error) if error.to_string().contains("lock") && start.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            other => return Ok(other?),
        }
    }
}
