//! The command line.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use fsm_core::Timestamp;

/// The directory of the journal, unless the command line names one.
pub const DATA_DEFAULT: &str = "loans-data";

const ABOUT: &str = "Runs a bank's loan applications, read from an event log, as durable state \
machines.";

const LONG_ABOUT: &str = "\
Runs a bank's loan applications, read from an event log, as durable state machines.

Every event of the log is journaled in the data directory before it counts. Break it off
whenever you like and start it again: it goes on where it was, and applies nothing twice.";

const AFTER_HELP: &str = "\
Logs:
  XES or CSV, plain or gzip; which of them is found out from the content, not from the name.

  A CSV log begins with a line of column names. These are read, in any order:
    application   the application's id
    activity      A_SUBMITTED, O_SENT, W_Valideren aanvraag ...
    lifecycle     COMPLETE; for work (W_) also SCHEDULE and START
    time          as in 2011-10-01T00:38:44.546+02:00
    resource      who did it; may be empty
    amount        what was asked for, in whole euros
    registered    when it was registered; may be empty, or left out

  An application's events stand in the order of time. A log that goes on from another one must
  begin with the events of that one.

Examples:
  loans                                 the sample log that is part of the program
  loans log.xes.gz --data bank          a log of your own
  loans status --data bank
  loans show 173688 --data bank
  loans at 173688 2011-10-08T12:00:00Z --data bank";

/// What is to be done.
#[derive(Debug, Parser)]
#[command(name = "loans", version, about = ABOUT, long_about = LONG_ABOUT)]
#[command(after_long_help = AFTER_HELP)]
pub struct Cli {
    /// The event log to read: XES or CSV, plain or gzip. Without it, a small made-up sample.
    #[arg(value_name = "LOG")]
    pub log: Option<PathBuf>,

    /// The directory that the journal is in.
    #[arg(long, value_name = "DIR", default_value = DATA_DEFAULT, global = true)]
    pub data: PathBuf,

    /// What an event survives once it is journaled.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub durability: DurabilityChoice,

    /// What to do instead of reading a log.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do instead of reading a log.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// How many applications there are, by state.
    Status,
    /// What happened to an application.
    Show {
        /// The application's id.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<String>,
        /// Everything that happened, as plain text: two journals that hold the same give the
        /// same, byte for byte.
        #[arg(long)]
        all: bool,
    },
    /// Where an application stood at a time.
    At {
        /// The application's id.
        id: String,
        /// The time, as in 2011-10-08T12:00:00Z.
        time: Timestamp,
    },
    /// The states of an application as a Mermaid diagram.
    Graph,
}

/// What an event survives once it is journaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DurabilityChoice {
    /// Loss of power: synced to the disk at every commit.
    #[default]
    Fsync,
    /// A kill of the process; synced to the disk once a second.
    Flush,
}

impl Cli {
    /// Reads the program's arguments; ends the program with a message if they make no sense.
    #[must_use]
    pub fn from_arguments() -> Self {
        let cli = Self::parse();
        if cli.log.is_some() && cli.command.is_some() {
            let both = "a log is read, or one of the commands is carried out: not both";
            Self::command().error(ErrorKind::ArgumentConflict, both).exit();
        }
        cli
    }
}
