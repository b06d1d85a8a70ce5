//! The records of an export, a page at a time.

use fsm_core::journal::{Journal, MachineKey, Position, Record, Sequence, SpaceId};

use super::error::ArchiveError;

/// Whose records.
#[derive(Clone, Debug)]
pub(super) enum Whose {
    All,
    Space(SpaceId),
    Machine(MachineKey),
}

/// Which records.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) whose: Whose,
    pub(super) from: Position,
    pub(super) to: Option<Position>,
}

/// Reads them.
pub(super) struct Pages<'a> {
    journal: &'a dyn Journal,
    whose: Whose,
    from: Position,
    to: Position,
    /// Where the next page begins: a position, or a sequence of the space or machine.
    next: u64,
    is_done: bool,
}

/// So many records are read at once.
const PAGE_RECORDS: usize = 256;

impl<'a> Pages<'a> {
    pub(super) fn new(journal: &'a dyn Journal, selection: &Selection) -> Self {
        let whose = selection.whose.clone();
        let from = Position(selection.from.0.max(1));
        let to = selection.to.unwrap_or(Position(u64::MAX)).min(journal.head());
        let next = if matches!(whose, Whose::All) { from.0 } else { 1 };
        Self { journal, whose, from, to, next, is_done: false }
    }

    /// The last position that is looked at.
    pub(super) const fn last(&self) -> Position {
        self.to
    }

    /// The next page; empty ones are left out.
    pub(super) async fn next_page(&mut self) -> Result<Option<Vec<Record>>, ArchiveError> {
        while !self.is_done {
            let (next, limit) = (self.next, PAGE_RECORDS);
            let mut page = match &self.whose {
                Whose::All => self.journal.read_all(Position(next), limit).await?,
                Whose::Space(space) => {
                    self.journal.spaces().read(*space, Sequence(next), limit).await?
                }
                Whose::Machine(machine) => {
                    self.journal.read(machine, Sequence(next), limit).await?
                }
            };
            let last = page.last().map(|last| match self.whose {
                Whose::All => last.position.0,
                Whose::Space(_) => last.space_sequence.0,
                Whose::Machine(_) => last.sequence.0,
            });
            self.next = last.map_or(next, |last| last + 1);
            let is_behind = page.last().is_some_and(|last| last.position >= self.to);
            self.is_done = page.len() < limit || is_behind;
            page.retain(|record| (self.from..=self.to).contains(&record.position));
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }
}
