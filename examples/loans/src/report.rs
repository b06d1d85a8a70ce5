//! What the commands print about the journal.

use std::fmt::Write as _;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use fsm_core::journal::MachineId;
use fsm_core::runtime::{Entry, Happened};
use fsm_core::{Fsm, MachineRef, SendError, Snapshot, System, Timestamp};

use crate::activity::{Activity, WorkStep};
use crate::application::{Application, Work};
use crate::data::{Data, DataError};
use crate::figures::{counted, grouped};
use crate::import::{Import, ImportEvent, ImportState};
use crate::loan::{Loan, LoanEvent};
use crate::run::unpanicked;
use crate::summary::{line, write_refusals, write_states};
use crate::tally::Tally;

/// How many applications are read at once: enough to keep every core busy, few enough to be held in
/// memory.
const READ_AT_ONCE: usize = 64;

/// Why there is nothing to print.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The directory of the journal.
    #[error(transparent)]
    Data(#[from] DataError),
    /// There is no such application.
    #[error("there is no application `{id}` in `{directory}`")]
    Unknown {
        /// The id.
        id: String,
        /// The directory of the journal.
        directory: String,
    },
    /// The application was submitted later.
    #[error("application `{id}` was submitted at {submitted}, and did not exist at {time}")]
    TooEarly {
        /// The id.
        id: String,
        /// When it was submitted.
        submitted: Timestamp,
        /// When it was looked for.
        time: Timestamp,
    },
    /// The machine cannot be read.
    #[error("cannot read `{id}` in `{directory}`: {error}")]
    Machine {
        /// The machine's id.
        id: String,
        /// The directory of the journal.
        directory: String,
        /// Why.
        error: SendError,
    },
}

/// A journal to report on.
#[derive(Debug)]
pub struct Report<'a> {
    system: &'a System,
    data: &'a Data,
}

impl<'a> Report<'a> {
    /// On the journal of `system`, which is in `data`.
    #[must_use]
    pub const fn new(system: &'a System, data: &'a Data) -> Self {
        Self { system, data }
    }

    /// The machines by state, and the logs that were read.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn status(&self) -> Result<String, ReportError> {
        let tally = self.tally().await?;
        let mut text = String::new();
        write_states(&mut text, &tally);
        line(&mut text, 0, "records in the journal", tally.records);
        for digest in &tally.logs {
            let log = self.system.machine::<ImportState>(digest.clone());
            let log = log.state().await.map_err(|error| self.failed(digest, error))?;
            text.push('\n');
            write_log(&mut text, &log.context);
        }
        Ok(text)
    }

    /// An application's history as a table.
    ///
    /// # Errors
    ///
    /// If there is no such application, or it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn history(&self, id: &str) -> Result<String, ReportError> {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        table.set_header(["", "time", "event", "from", "to", "who"]);
        let Life { seen, entries } = self.life(id).await?;
        for entry in entries {
            let Line { event, from, to, who } = Line::of(&entry, &seen.context);
            let (sequence, time) = (entry.sequence.0.to_string(), entry.time.to_string());
            table.add_row([&sequence, &time, &event, &from, &to, &who]);
        }
        if let Some(column) = table.column_mut(0) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        Ok(format!("application {id}\n{table}\n"))
    }

    /// Every machine's history as plain text, in the order of the ids. Two journals that hold the
    /// same machines give the same text, however they came to hold them.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn histories(&self) -> Result<String, ReportError> {
        let tally = self.tally().await?;
        let mut text = String::new();
        for ids in tally.ids.chunks(READ_AT_ONCE) {
            let read = |id: &MachineId| tokio::spawn(life(self.system.machine(id.clone())));
            let reading: Vec<_> = ids.iter().map(read).collect();
            for (id, reading) in ids.iter().zip(reading) {
                let life = unpanicked(reading.await).map_err(|error| self.failed(id, error))?;
                let _ = writeln!(text, "application {id}");
                write_life(&mut text, &life);
            }
        }
        for digest in &tally.logs {
            let _ = writeln!(text, "log {digest}");
            let log = self.system.machine::<ImportState>(digest.clone());
            let history = log.history().await.map_err(|error| self.failed(digest, error))?;
            for entry in history {
                // Without its time: when a log was read is the clock's matter, not the log's.
                let _ = writeln!(text, "  {} {}", entry.sequence.0, describe(&entry.happened));
            }
        }
        Ok(text)
    }

    /// An application as it was at a time.
    ///
    /// # Errors
    ///
    /// If there was no such application then, or it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn at(&self, id: &str, time: Timestamp) -> Result<String, ReportError> {
        let loan = self.system.machine::<Loan>(id.to_owned());
        match loan.at(time).await {
            Ok(seen) => {
                let mut text = format!("application {id} at {time}\n");
                write_application(&mut text, &seen);
                Ok(text)
            }
            Err(SendError::NotFound { .. }) => {
                let Life { seen, .. } = self.life(id).await?;
                let (id, submitted) = (id.to_owned(), seen.context.submitted);
                Err(ReportError::TooEarly { id, submitted, time })
            }
            Err(error) => Err(self.failed(id, error)),
        }
    }

    async fn life(&self, id: &str) -> Result<Life, ReportError> {
        let loan = self.system.machine(id.to_owned());
        life(loan).await.map_err(|error| self.failed(id, error))
    }

    async fn tally(&self) -> Result<Tally, ReportError> {
        let tally = Tally::of(&**self.system.journal()).await;
        Ok(tally.map_err(|error| self.data.unreadable(error))?)
    }

    fn failed(&self, id: &str, error: SendError) -> ReportError {
        let (id, directory) = (id.to_owned(), self.data.directory().display().to_string());
        match error {
            SendError::NotFound { .. } => ReportError::Unknown { id, directory },
            error => ReportError::Machine { id, directory, error },
        }
    }
}

/// An application as it is, and how it came there.
struct Life {
    seen: Snapshot<Loan, Application>,
    entries: Vec<Entry<LoanEvent>>,
}

/// A line of an application's history, in words.
struct Line {
    event: String,
    from: String,
    to: String,
    who: String,
}

impl Line {
    fn of(entry: &Entry<LoanEvent>, application: &Application) -> Self {
        let nothing = || "-".to_owned();
        let who = |who: &Option<String>| who.clone().unwrap_or_else(nothing);
        match &entry.happened {
            Happened::Created { state } => Self {
                event: Activity::Submitted.to_string(),
                from: nothing(),
                to: state.clone(),
                who: who(&application.submitted_to),
            },
            Happened::Transition { from, to, event: Some(event), .. } => Self {
                event: event.activity().to_string(),
                from: from.clone(),
                to: to.clone(),
                who: who(&event.entry().resource),
            },
            _ => {
                Self { event: "stopped".to_owned(), from: nothing(), to: nothing(), who: nothing() }
            }
        }
    }
}

async fn life(loan: MachineRef<Loan>) -> Result<Life, SendError> {
    let seen = loan.state().await?;
    let entries = loan.history().await?;
    Ok(Life { seen, entries })
}

fn write_life(text: &mut String, life: &Life) {
    for entry in &life.entries {
        let Line { event, from, to, who } = Line::of(entry, &life.seen.context);
        let (sequence, time) = (entry.sequence.0, entry.time);
        let _ = writeln!(text, "  {sequence} {time} {event}: {from} -> {to} ({who})");
    }
    write_application(text, &life.seen);
}

fn write_log(text: &mut String, log: &Import) {
    match &log.outcome {
        Some(outcome) => {
            let events = counted(outcome.events, "event");
            let applications = counted(outcome.applications, "application");
            let _ = writeln!(text, "{}: {events} of {applications}, read to its end", log.log);
            line(text, 1, "journaled", outcome.journaled);
            line(text, 1, "refused", outcome.refused.total());
        }
        None => {
            let _ = writeln!(text, "{}: not read to its end yet", log.log);
        }
    }
}

fn describe(happened: &Happened<ImportEvent>) -> String {
    match happened {
        Happened::Created { state } => format!("created: {state}"),
        Happened::Transition { from, to, event: Some(ImportEvent::Finish(outcome)), .. } => {
            let mut text = format!("finished: {from} -> {to}\n");
            line(&mut text, 2, "applications", outcome.applications);
            line(&mut text, 2, "events", outcome.events);
            line(&mut text, 2, "journaled", outcome.journaled);
            for (state, count) in &outcome.machines {
                line(&mut text, 2, state, *count);
            }
            write_refusals(&mut text, 2, &outcome.refused);
            text.trim_end().to_owned()
        }
        _ => "stopped".to_owned(),
    }
}

/// What is known of an application.
fn write_application(text: &mut String, seen: &Snapshot<Loan, Application>) {
    let application = &seen.context;
    let state = Loan::TABLE.state(seen.state.state_id());
    let mut say = |label: &str, value: String| {
        let _ = writeln!(text, "  {label:<14}{value}");
    };
    let someone = |who: &Option<String>| who.clone().unwrap_or_else(|| "-".to_owned());
    say("state", format!("{}, after event {} of {}", state.name, seen.sequence.0, seen.time));
    say("amount", format!("{} euros", grouped(application.amount)));
    say(
        "submitted",
        format!("{}, to {}", application.submitted, someone(&application.submitted_to)),
    );
    if let Some(registered) = application.registered {
        say("registered", registered.to_string());
    }
    say("handled by", someone(&application.handled_by));
    for (milestone, time) in &application.milestones {
        say("reached", format!("{} {time}", Activity::Reached(*milestone)));
    }
    for (step, count) in &application.offers {
        say("offers", format!("{} {count}", Activity::Offer(*step)));
    }
    for (item, work) in &application.work {
        let Work { scheduled, started, completed } = work;
        let counts = format!("{scheduled} scheduled, {started} started, {completed} completed");
        say("work", format!("{}: {counts}", Activity::Work(*item, WorkStep::Start).name()));
    }
}
