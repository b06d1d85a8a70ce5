//! A bank's loan applications, read from an event log and run as durable state machines.
//!
//! | file | what |
//! | --- | --- |
//! | [`activity`] | the log's words |
//! | [`source`] | the log: XES or CSV, plain or gzip, as a stream of events |
//! | [`loan`], [`application`] | the machine and its context: the bank's rules |
//! | [`import`] | the machine of a log: whether it has been read, and what came of it |
//! | [`run`], [`lane`] | reading a log into the machines, many at a time |
//! | [`data`] | the directory that the journal is in |
//! | [`tally`] | the machines counted by state |
//! | [`summary`], [`report`] | what is printed |
//! | [`cli`] | the command line |

pub mod activity;
pub mod application;
pub mod cli;
pub mod data;
mod figures;
pub mod import;
pub mod lane;
pub mod loan;
mod progress;
pub mod report;
pub mod run;
pub mod source;
pub mod summary;
pub mod tally;
