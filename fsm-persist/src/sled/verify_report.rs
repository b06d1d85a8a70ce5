//! What verifying a journal found.

use std::fmt;

use fsm_core::journal::{MachineKey, Position};

/// What is to be done about a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// It can be used as it is.
    Usable,
    /// [`SledJournal::repair`](crate::SledJournal::repair) mends it.
    Repairable,
    /// Records before others are damaged or missing: restore a backup, or take what can still be
    /// read with [`SledJournal::salvage`](crate::SledJournal::salvage).
    NeedsSalvage,
}

/// What it is that something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// sled's own structures: what it says when it is opened or read.
    Database,
    /// The log of records.
    Log,
    /// The end of the log.
    Tail,
    /// A machine's history in the log.
    History,
    /// A space, or its sequence in the log.
    Space,
    /// The schemas.
    Schemas,
    /// The notes of what is to be erased.
    Erasures,
    /// The index, which the log rebuilds.
    Index,
    /// A cursor.
    Cursor,
    /// A snapshot, which replay replaces.
    Snapshot,
    /// The file `head`.
    Head,
    /// The other files in the directory.
    Files,
}

/// Something that is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// With what.
    pub part: Part,
    /// At which position, if at one.
    pub position: Option<Position>,
    /// In which slot of the log, if in one.
    pub slot: Option<u64>,
    /// Whose record it is, if it is one machine's.
    pub machine: Option<MachineKey>,
    /// What was found, in a sentence.
    pub why: String,
    /// What is to be done about it.
    pub remedy: Verdict,
}

/// What verifying a journal found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// What is to be done: the most that any finding asks for.
    pub verdict: Verdict,
    /// What is wrong, the first thousand of it.
    pub findings: Vec<Finding>,
    /// How many findings are not named.
    pub findings_unnamed: u64,
    /// The last position that was looked at.
    pub head: Position,
    /// How many records were read and are whole.
    pub records: u64,
    /// How many positions belong to records that were erased.
    pub erased: u64,
    /// How many chunks were read.
    pub chunks: u64,
    /// How many machines there are.
    pub machines: u64,
    /// How many spaces there are, beside the default one.
    pub spaces: u64,
    /// How many schemas there are.
    pub schemas: u64,
    /// How many cursors there are.
    pub cursors: u64,
    /// How many snapshots there are.
    pub snapshots: u64,
    /// How often the log was read: more than once if there are more machines than are followed at
    /// a time.
    pub passes: u32,
}

/// So many findings are named: enough to see what happened.
const FINDINGS_MAX: usize = 1000;

impl VerifyReport {
    pub(super) const fn new() -> Self {
        Self {
            verdict: Verdict::Usable,
            findings: Vec::new(),
            findings_unnamed: 0,
            head: Position::START,
            records: 0,
            erased: 0,
            chunks: 0,
            machines: 0,
            spaces: 0,
            schemas: 0,
            cursors: 0,
            snapshots: 0,
            passes: 0,
        }
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.verdict = self.verdict.max(finding.remedy);
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        } else {
            self.findings_unnamed += 1;
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Finding {
    pub(super) fn new(part: Part, remedy: Verdict, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { part, position: None, slot: None, machine: None, why, remedy }
    }

    pub(super) const fn at(mut self, position: u64, slot: u64) -> Self {
        (self.position, self.slot) = (Some(Position(position)), Some(slot));
        self
    }

    pub(super) fn of(mut self, machine: Option<MachineKey>) -> Self {
        self.machine = machine;
        self
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database => "the database",
            Self::Log => "the log",
            Self::Tail => "the end of the log",
            Self::History => "a history",
            Self::Space => "a space",
            Self::Schemas => "the schemas",
            Self::Erasures => "the notes of erasures",
            Self::Index => "the index",
            Self::Cursor => "a cursor",
            Self::Snapshot => "a snapshot",
            Self::Head => "the file `head`",
            Self::Files => "the directory",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.part)?;
        if let Some(position) = self.position {
            write!(f, " at {position}")?;
        }
        if let Some(slot) = self.slot {
            write!(f, " (slot {slot})")?;
        }
        if let Some(machine) = &self.machine {
            write!(f, ", {machine}")?;
        }
        write!(f, ": {}", self.why)
    }
}
