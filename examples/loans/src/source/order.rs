//! The order of an application's events: each gets its ordinal, and none may go back in time.

use std::collections::HashMap;

use fsm_core::Timestamp;
use fsm_core::journal::MachineId;

use super::error::{Place, Problem};
use crate::activity::Activity;

/// An event as a log's line says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The line it stands in.
    pub line: u64,
    /// The application it is about.
    pub application: MachineId,
    /// What the customer asked for, in euros.
    pub amount: u64,
    /// When the application was registered, if the log says so.
    pub registered: Option<Timestamp>,
    /// What happened.
    pub activity: Activity,
    /// When it happened.
    pub time: Timestamp,
    /// Who did it, if the log says so.
    pub resource: Option<String>,
}

/// An event of a log with its place within its application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// What the line says.
    pub reading: Reading,
    /// 1 for the application's first event in the log, 2 for its second, and so on.
    pub ordinal: u32,
}

/// How far each application has been read.
#[derive(Debug, Default)]
pub struct Order {
    applications: HashMap<MachineId, Last>,
}

#[derive(Debug)]
struct Last {
    ordinal: u32,
    time: Timestamp,
}

impl Order {
    /// How many applications have been seen.
    #[must_use]
    pub fn applications(&self) -> usize {
        self.applications.len()
    }

    /// Gives the event its ordinal.
    ///
    /// # Errors
    ///
    /// [`Problem::BackInTime`] if it is earlier than the application's event before it.
    pub fn place(&mut self, reading: Reading) -> Result<LogEvent, (Place, Problem)> {
        let time = reading.time;
        let Some(last) = self.applications.get_mut(&reading.application) else {
            self.applications.insert(reading.application.clone(), Last { ordinal: 1, time });
            return Ok(LogEvent { reading, ordinal: 1 });
        };
        if time < last.time {
            let place = Place {
                line: Some(reading.line),
                application: Some(reading.application.to_string()),
            };
            return Err((place, Problem::BackInTime { time, before: last.time }));
        }
        last.ordinal += 1;
        last.time = time;
        Ok(LogEvent { reading, ordinal: last.ordinal })
    }
}
