//! A process that appends until it is killed.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process;

use serde::{Deserialize, Serialize};

use super::ORDERS;
use crate::child::{Task, start};
use crate::replay::Orders;
use crate::stores::{Contestant, Failure};

/// How many events a commit has.
const SIZE: usize = 256;
/// A process that nobody kills ends by itself when it has appended so many.
const EVENTS_MAX: u64 = 10_000_000;

/// A store to be written to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Writing {
    pub(super) contestant: Contestant,
    pub(super) place: PathBuf,
}

impl Writing {
    /// Appends, and prints the last position after each commit.
    pub(crate) fn perform(&self) -> Result<(), Failure> {
        let mut store = self.contestant.open(&self.place)?;
        let first = store.last()?.0;
        let mut source = Orders::behind(ORDERS, first)?;
        let mut last = first;
        let mut out = std::io::stdout();
        while last < first + EVENTS_MAX {
            let mut batch = source.batch(SIZE)?;
            last += batch.len() as u64;
            store.append(&mut batch)?;
            writeln!(out, "{last}")?;
        }
        Err("it was not killed".into())
    }

    /// Starts the process, kills it once it has answered for this position or a later one, and says
    /// the last that it answered for.
    pub(super) fn kill_behind(self, position: u64) -> Result<u64, Failure> {
        let contestant = self.contestant;
        let mut writer = start(&Task::Write(self))?;
        let answered = answered(&mut writer, position);
        writer.kill()?;
        writer.wait()?;
        let reached = answered?;
        if reached < position {
            return Err(format!("{contestant} stopped writing at {reached}").into());
        }
        Ok(reached)
    }
}

/// The last position that was printed when it was this one or a later one.
fn answered(writer: &mut process::Child, position: u64) -> Result<u64, Failure> {
    let mut last = 0;
    let out = writer.stdout.as_mut().ok_or("the process has no output")?;
    for line in BufReader::new(out).lines() {
        last = line?.parse()?;
        if last >= position {
            break;
        }
    }
    Ok(last)
}
