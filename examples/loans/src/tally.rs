//! The machines of a journal counted by state, by reading its records from the first to the last.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fsm_core::Fsm;
use fsm_core::journal::{Fact, Journal, KindId, MachineId, Position, ReadError, Record, SchemaId};

use crate::import::ImportState;
use crate::loan::Loan;

/// How many records are read at once.
const PAGE_RECORDS: usize = 16_384;

/// What a journal holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The applications by the name of their state.
    pub loans: BTreeMap<String, u64>,
    /// The ids of the applications, in order.
    pub ids: Vec<MachineId>,
    /// The digests of the logs.
    pub logs: BTreeSet<MachineId>,
    /// All records.
    pub records: u64,
}

/// The names of a schema's states, by number.
type Names = Vec<String>;

/// A tally in the making.
struct Count<'a> {
    journal: &'a dyn Journal,
    loan: Option<KindId>,
    import: Option<KindId>,
    names: HashMap<SchemaId, Names>,
    /// Each application's schema and the number of its state; no number before its first
    /// transition.
    loans: HashMap<MachineId, (SchemaId, Option<u16>)>,
    logs: BTreeSet<MachineId>,
    records: u64,
}

impl Tally {
    /// Counts everything in the journal.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn of(journal: &dyn Journal) -> Result<Self, ReadError> {
        Ok(Self::split(journal, Position::START).await?.1)
    }

    /// Counts what was in the journal before the record at `mark`, and everything in it.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn split(journal: &dyn Journal, mark: Position) -> Result<(Self, Self), ReadError> {
        let mut count = Count::new(journal);
        let mut before = Self::default();
        let mut next = Position::START.plus(1);
        loop {
            let page = journal.read_all(next, PAGE_RECORDS).await?;
            for record in &page {
                if record.position == mark {
                    before = count.tally();
                }
                count.take(record);
            }
            if page.len() < PAGE_RECORDS {
                return Ok((before, count.tally()));
            }
            next = next.plus(page.len() as u64);
        }
    }

    /// How many applications there are.
    #[must_use]
    pub fn applications(&self) -> u64 {
        self.loans.values().sum()
    }

    /// The states that have applications, final ones or others, the most first.
    #[must_use]
    pub fn states(&self, is_final: bool) -> Vec<(&str, u64)> {
        let finals = |name: &str| {
            Loan::TABLE.states.iter().any(|state| state.is_final && state.name == name)
        };
        let mut states: Vec<(&str, u64)> = self
            .loans
            .iter()
            .filter(|(name, _)| finals(name) == is_final)
            .map(|(name, count)| (name.as_str(), *count))
            .collect();
        // By name where the counts are the same, as the map has them.
        states.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        states
    }
}

impl<'a> Count<'a> {
    fn new(journal: &'a dyn Journal) -> Self {
        Self {
            journal,
            loan: journal.kind(Loan::TABLE.name),
            import: journal.kind(ImportState::TABLE.name),
            names: HashMap::new(),
            loans: HashMap::new(),
            logs: BTreeSet::new(),
            records: 0,
        }
    }

    fn take(&mut self, record: &Record) {
        self.records += 1;
        if Some(record.machine.kind) == self.loan {
            self.take_loan(record);
        } else if Some(record.machine.kind) == self.import {
            self.logs.insert(record.machine.id.clone());
        }
    }

    fn take_loan(&mut self, record: &Record) {
        match record.fact {
            Fact::Created => {
                self.loans.insert(record.machine.id.clone(), (record.schema, None));
            }
            Fact::Transition { state, .. } => {
                if let Some(loan) = self.loans.get_mut(&record.machine.id) {
                    *loan = (record.schema, Some(state.0));
                }
            }
            // Nothing else changes a loan's state.
            _ => {}
        }
    }

    fn tally(&mut self) -> Tally {
        let mut loans = BTreeMap::new();
        for &(schema, state) in self.loans.values() {
            let names = self.names.entry(schema).or_insert_with(|| {
                self.journal.schema(schema).map_or_else(Vec::new, |schema| schema.states.clone())
            });
            let name = match state {
                Some(state) => names.get(usize::from(state)).map_or("?", String::as_str),
                None => Loan::TABLE.initial().name,
            };
            match loans.get_mut(name) {
                Some(count) => *count += 1,
                None => drop(loans.insert(name.to_owned(), 1)),
            }
        }
        let mut ids: Vec<MachineId> = self.loans.keys().cloned().collect();
        ids.sort_unstable();
        Tally { loans, ids, logs: self.logs.clone(), records: self.records }
    }
}
