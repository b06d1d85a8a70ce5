//! What can be wrong with a log, and where.

use std::fmt;
use std::io;

use fsm_core::{ParseTimestampError, Timestamp};

use super::content::GzipError;
use crate::activity::UnknownActivity;

/// A log could not be read, or not to its end.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the log `{log}`{place}: {problem}")]
pub struct SourceError {
    /// The log, as it was named.
    pub log: String,
    /// Where in the log.
    pub place: Place,
    /// What is wrong there.
    pub problem: Problem,
}

/// A place in a log; empty where the log as a whole is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: Option<u64>,
    /// The application whose event it is.
    pub application: Option<String>,
}

/// What is wrong with a log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file cannot be opened or read.
    #[error("{}", explain(.0))]
    File(#[source] io::Error),
    /// It is something else than a file.
    #[error("it is no file")]
    NoFile,
    /// There is nothing in it.
    #[error("it is empty; a log is XES or CSV, plain or gzip")]
    Empty,
    /// It is well formed, and there is no event in it.
    #[error("there is no event in it")]
    NoEvents,
    /// What was compressed cannot be brought back.
    #[error("{0}")]
    Gzip(GzipError),
    /// The XML is broken.
    #[error("broken XML: {0}")]
    Xml(String),
    /// It is XML, and no event log.
    #[error("its first element is <{root}>; an XES log begins with <log>")]
    NoLog {
        /// The first element.
        root: String,
    },
    /// The XML stops before it is complete.
    #[error("the log ends inside <{element}>, which begins in line {begin}: it was cut off")]
    CutOff {
        /// The innermost element that has begun.
        element: &'static str,
        /// The line it begins in.
        begin: u64,
    },
    /// An event that belongs to no application.
    #[error("an <event> outside of a <trace> belongs to no application")]
    Stray,
    /// What a trace or an event must say is not there.
    #[error("the <{element}> has no `{key}`")]
    NoAttribute {
        /// `trace` or `event`.
        element: &'static str,
        /// The attribute.
        key: &'static str,
    },
    /// A column that must be there is not.
    #[error("there is no column `{column}`; the columns found are {found}")]
    NoColumn {
        /// The column.
        column: &'static str,
        /// Those that are there.
        found: String,
    },
    /// A cell that must say something is empty.
    #[error("the column `{column}` is empty")]
    NoValue {
        /// The column.
        column: &'static str,
    },
    /// The CSV is broken.
    #[error("broken CSV: {0}")]
    Csv(String),
    /// The activity is not one of the bank's.
    #[error(transparent)]
    Activity(#[from] UnknownActivity),
    /// What should be a time is none.
    #[error("`{key}`: {error}")]
    Time {
        /// The attribute or column.
        key: &'static str,
        /// What is wrong with it.
        error: ParseTimestampError,
    },
    /// What should be an amount is none.
    #[error("`{key}` is `{text}`; it must be a whole number of euros")]
    Amount {
        /// The attribute or column.
        key: &'static str,
        /// What is there.
        text: String,
    },
    /// An application's event is earlier than the one before it.
    #[error(
        "this event is of {time}, and the application's event before it of {before}: an \
             application's events must stand in the order of time"
    )]
    BackInTime {
        /// The event's time.
        time: Timestamp,
        /// The time of the event before.
        before: Timestamp,
    },
}

impl Place {
    /// A line.
    #[must_use]
    pub const fn line(line: u64) -> Self {
        Self { line: Some(line), application: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(application) = &self.application {
            write!(f, ", application `{application}`")?;
        }
        Ok(())
    }
}

/// The operating system's sentence without its number.
fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
