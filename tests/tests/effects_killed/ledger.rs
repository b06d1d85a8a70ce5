//! The world outside: a file to which handlers append a line for each effect they perform.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use fsm_core::journal::Position;
use fsm_core::runtime::{EffectKey, Perform, PerformError};

use crate::kill::{Point, pass};
use crate::machines::{
    Alarm, AlarmEvent, Courier, CourierEvent, Line, Order, OrderEvent, Parcel, ParcelEvent,
};

/// What a line ends with that was written to its end.
const END: &str = " .";

/// The handler of all kinds. A clone writes to the same file.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    file: Arc<Mutex<File>>,
}

/// What one process wrote.
#[derive(Debug)]
pub(crate) struct Life {
    /// The journal's last record when the process began.
    pub(crate) head: Position,
    /// What its handlers wrote, in order.
    pub(crate) lines: Vec<(EffectKey, String)>,
}

fn path(directory: &Path) -> PathBuf {
    directory.join("ledger")
}

impl Ledger {
    /// Opens the ledger for a process that finds the journal with this last record.
    pub(crate) fn open(directory: &Path, head: Position) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(path(directory)).unwrap();
        // The line before it may have been cut off.
        write(&file, &format!("\nlife {}{END}\n", head.0));
        Self { file: Arc::new(Mutex::new(file)) }
    }

    fn perform(&self, key: &EffectKey, line: Line) {
        pass(Point::HandlerEntered);
        write(&self.file.lock().unwrap(), &format!("{key} {line:?}{END}\n"));
        pass(Point::LedgerWritten);
    }
}

fn write(mut file: &File, text: &str) {
    file.write_all(text.as_bytes()).unwrap();
    file.sync_data().unwrap();
}

/// Reads what all processes wrote, one after the other.
pub(crate) fn lives(directory: &Path) -> Vec<Life> {
    let text = std::fs::read_to_string(path(directory)).unwrap();
    let mut lives: Vec<Life> = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_suffix(END)) {
        match line.split_once(' ').unwrap() {
            ("life", head) => {
                let head = Position(head.parse().unwrap());
                lives.push(Life { head, lines: Vec::new() });
            }
            (key, line) => {
                let lines = &mut lives.last_mut().unwrap().lines;
                lines.push((key.parse().unwrap(), line.to_owned()));
            }
        }
    }
    lives
}

impl Perform<Order> for Ledger {
    async fn perform(
        &self,
        key: &EffectKey,
        line: &Line,
    ) -> Result<Option<OrderEvent>, PerformError> {
        self.perform(key, *line);
        Ok((*line == Line::Charge).then_some(OrderEvent::Charged))
    }
}

impl Perform<Parcel> for Ledger {
    async fn perform(
        &self,
        key: &EffectKey,
        line: &Line,
    ) -> Result<Option<ParcelEvent>, PerformError> {
        self.perform(key, *line);
        Ok(Some(ParcelEvent::Collected))
    }
}

impl Perform<Courier> for Ledger {
    async fn perform(
        &self,
        key: &EffectKey,
        line: &Line,
    ) -> Result<Option<CourierEvent>, PerformError> {
        self.perform(key, *line);
        Ok(None)
    }
}

impl Perform<Alarm> for Ledger {
    async fn perform(
        &self,
        key: &EffectKey,
        line: &Line,
    ) -> Result<Option<AlarmEvent>, PerformError> {
        self.perform(key, *line);
        Ok(None)
    }
}
