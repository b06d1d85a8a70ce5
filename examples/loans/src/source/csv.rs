//! A log as CSV: a line of column names, then a line an event.

use csv::{ErrorKind, Position, StringRecord, Trim};
use fsm_core::Timestamp;

use super::content::Content;
use super::error::{Place, Problem};
use super::order::Reading;
use crate::activity::Activity;

const APPLICATION: &str = "application";
const ACTIVITY: &str = "activity";
const LIFECYCLE: &str = "lifecycle";
const TIME: &str = "time";
const RESOURCE: &str = "resource";
const AMOUNT: &str = "amount";
const REGISTERED: &str = "registered";

/// Reads the lines of a CSV file as events.
pub(super) struct CsvReader {
    rows: csv::Reader<Content>,
    row: StringRecord,
    columns: Columns,
    /// The line of the row read last.
    line: u64,
}

/// Where each column stands.
struct Columns {
    application: usize,
    activity: usize,
    lifecycle: usize,
    time: usize,
    resource: usize,
    amount: usize,
    registered: Option<usize>,
}

impl CsvReader {
    /// Reads the column names.
    pub(super) fn new(content: Content) -> Result<Self, (Place, Problem)> {
        let mut rows = csv::ReaderBuilder::new().trim(Trim::All).from_reader(content);
        let names = rows.headers().map_err(|error| failed(error, 1))?;
        let columns =
            Columns::find(names).map_err(|problem| (Place::line(line_of(names, 1)), problem))?;
        Ok(Self { rows, row: StringRecord::new(), columns, line: 1 })
    }

    /// The next event, or `None` at the end.
    pub(super) fn read(&mut self) -> Result<Option<Reading>, (Place, Problem)> {
        let more = self.rows.read_record(&mut self.row);
        if !more.map_err(|error| failed(error, self.line))? {
            return Ok(None);
        }
        self.line = line_of(&self.row, self.line);
        let reading = self.reading();
        reading.map(Some).map_err(|problem| {
            let application = self.cell(self.columns.application).map(str::to_owned);
            (Place { line: Some(self.line), application }, problem)
        })
    }

    fn reading(&self) -> Result<Reading, Problem> {
        let value = |column: usize, name: &'static str| {
            self.cell(column).ok_or(Problem::NoValue { column: name })
        };
        let time = |text: &str, key: &'static str| -> Result<Timestamp, Problem> {
            text.parse().map_err(|error| Problem::Time { key, error })
        };
        let application = value(self.columns.application, APPLICATION)?;
        let activity = value(self.columns.activity, ACTIVITY)?;
        let lifecycle = value(self.columns.lifecycle, LIFECYCLE)?;
        let activity = Activity::parse(activity, lifecycle)?;
        let amount = value(self.columns.amount, AMOUNT)?;
        let amount =
            amount.parse().map_err(|_| Problem::Amount { key: AMOUNT, text: amount.to_owned() })?;
        let registered = self.columns.registered.and_then(|column| self.cell(column));
        Ok(Reading {
            line: self.line,
            application: application.into(),
            amount,
            registered: registered.map(|text| time(text, REGISTERED)).transpose()?,
            activity,
            time: time(value(self.columns.time, TIME)?, TIME)?,
            resource: self.cell(self.columns.resource).map(str::to_owned),
        })
    }

    /// What the row says in this column, unless it says nothing.
    fn cell(&self, column: usize) -> Option<&str> {
        self.row.get(column).filter(|cell| !cell.is_empty())
    }
}

impl Columns {
    fn find(names: &StringRecord) -> Result<Self, Problem> {
        let position = |column: &str| names.iter().position(|name| name == column);
        let required = |column: &'static str| {
            position(column).ok_or_else(|| {
                let found: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                Problem::NoColumn { column, found: found.join(", ") }
            })
        };
        Ok(Self {
            application: required(APPLICATION)?,
            activity: required(ACTIVITY)?,
            lifecycle: required(LIFECYCLE)?,
            time: required(TIME)?,
            resource: required(RESOURCE)?,
            amount: required(AMOUNT)?,
            registered: position(REGISTERED),
        })
    }
}

fn line_of(row: &StringRecord, otherwise: u64) -> u64 {
    row.position().map_or(otherwise, Position::line)
}

/// The place and the problem of an error of the CSV reader. One that has no place of its own
/// happened behind the line read last.
fn failed(error: csv::Error, last: u64) -> (Place, Problem) {
    let line = error.position().map_or(last, Position::line);
    let problem = match error.into_kind() {
        ErrorKind::Io(error) => Problem::from(error),
        ErrorKind::UnequalLengths { expected_len, len, .. } => Problem::Csv(format!(
            "the line has {len} columns, and the first line has {expected_len}"
        )),
        ErrorKind::Utf8 { .. } => Problem::Csv("the line is not UTF-8".to_owned()),
        other => Problem::Csv(format!("{other:?}")),
    };
    (Place::line(line), problem)
}
