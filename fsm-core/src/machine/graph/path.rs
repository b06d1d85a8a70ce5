//! A way through a table: rows, and the states between them.

use std::fmt;

use super::super::ids::{RowId, StateId};
use super::super::table::{Table, Trigger};

/// A way through a table: a state, and rows that lead on from it one after the other.
///
/// It holds the states too, since of a row to a group's history the row alone does not say where
/// it leads.
///
/// ```
/// # use fsm_core::{Fsm, StateId};
/// # #[derive(Fsm)]
/// # #[fsm(event = Event)]
/// # enum Review {
/// #     #[fsm(initial)] #[on(Submit => Open)] Draft,
/// #     #[on(Comment => _)] #[on(Accept => Done)] #[on(Reject => Draft)] Open,
/// #     #[fsm(final)] Done,
/// # }
/// # enum Event { Submit, Comment, Accept, Reject }
/// # let table = Review::TABLE;
/// let path = table.shortest_path(StateId(0), StateId(2)).unwrap();
/// assert_eq!((path.source(), path.target(), path.len()), (StateId(0), StateId(2), 2));
/// assert_eq!(path.states(), [StateId(0), StateId(1), StateId(2)]);
/// assert_eq!(path.display(table).to_string(), "Draft --Submit--> Open --Accept--> Done");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// One more than there are rows: never empty.
    states: Vec<StateId>,
    rows: Vec<RowId>,
}

/// What one event or timer brings about, and what follows of it by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The row that waits for something to happen; `None` in the first step of a path that begins
    /// with a row that runs by itself.
    pub driver: Option<RowId>,
    /// The rows of `#[always]` that follow.
    pub automatic: Vec<RowId>,
}

/// A path as a line of text: see [`Path::display`].
#[derive(Clone, Copy, Debug)]
pub struct PathDisplay<'a> {
    path: &'a Path,
    table: &'a Table,
}

impl Path {
    /// A path of given rows, each with the state that it led to, as a journal has them.
    ///
    /// `None` if they do not follow each other: a row does not leave the state that the one before
    /// led to, or cannot lead where it is said to. Whether a row can run is not asked.
    ///
    /// ```
    /// use fsm_core::machine::graph::Path;
    /// use fsm_core::RowId;
    /// # use fsm_core::{Fsm, StateId};
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Review {
    /// #     #[fsm(initial)] #[on(Submit => Open)] Draft,
    /// #     #[on(Comment => _)] #[on(Accept => Done)] #[on(Reject => Draft)] Open,
    /// #     #[fsm(final)] Done,
    /// # }
    /// # enum Event { Submit, Comment, Accept, Reject }
    /// # let table = Review::TABLE;
    /// let taken = [(RowId(0), StateId(1)), (RowId(1), StateId(1))];
    /// let path = Path::new(table, StateId(0), taken).unwrap();
    /// assert_eq!(path.display(table).to_string(), "Draft --Submit--> Open --Comment--> Open");
    /// assert_eq!(Path::new(table, StateId(0), [(RowId(0), StateId(2))]), None);
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    #[must_use]
    pub fn new(
        table: &Table,
        source: StateId,
        rows: impl IntoIterator<Item = (RowId, StateId)>,
    ) -> Option<Self> {
        let _ = table.state(source);
        let mut path = Self::empty(source);
        for (number, target) in rows {
            let row = table.row(number);
            let _ = table.state(target);
            let remembered = |group| table.groups_of(target).any(|each| each == group);
            let fits = row.target == Some(target)
                || row.history.is_some_and(remembered)
                || (row.is_internal() && target == row.source);
            if row.source != path.target() || !fits {
                return None;
            }
            path.push(number, target);
        }
        Some(path)
    }

    /// The path that stays where it is.
    pub(super) fn empty(state: StateId) -> Self {
        Self { states: vec![state], rows: Vec::new() }
    }

    pub(super) fn push(&mut self, row: RowId, target: StateId) {
        self.rows.push(row);
        self.states.push(target);
    }

    /// Leaves the first rows, so many.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.rows.truncate(rows);
        self.states.truncate(rows + 1);
    }

    /// The rows, in order.
    #[must_use]
    pub fn rows(&self) -> &[RowId] {
        &self.rows
    }

    /// The states, in order: one more than there are rows.
    #[must_use]
    pub fn states(&self) -> &[StateId] {
        &self.states
    }

    /// Where it begins.
    #[must_use]
    pub fn source(&self) -> StateId {
        self.states[0]
    }

    /// Where it ends.
    #[must_use]
    pub fn target(&self) -> StateId {
        self.states[self.rows.len()]
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no rows: it ends where it begins, because it stays there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether it ends where it begins after having gone somewhere.
    ///
    /// ```
    /// # use fsm_core::{Fsm};
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Review {
    /// #     #[fsm(initial)] #[on(Submit => Open)] Draft,
    /// #     #[on(Comment => _)] #[on(Accept => Done)] #[on(Reject => Draft)] Open,
    /// #     #[fsm(final)] Done,
    /// # }
    /// # enum Event { Submit, Comment, Accept, Reject }
    /// # let table = Review::TABLE;
    /// assert!(table.loops().all(|path| path.is_loop()));
    /// assert!(table.straight_paths().all(|path| !path.is_loop()));
    /// ```
    #[must_use]
    pub fn is_loop(&self) -> bool {
        !self.is_empty() && self.source() == self.target()
    }

    /// The path cut where something has to happen: each event or timer, with what follows of it by
    /// itself.
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Order {
    /// #     #[fsm(initial)] #[on(Pay => Paid)] Cart,
    /// #     #[always(=> Packed)] Paid,
    /// #     #[on(Send => Sent)] Packed,
    /// #     #[fsm(final)] Sent,
    /// # }
    /// # enum Event { Pay, Send }
    /// # let table = Order::TABLE;
    /// // #[always(=> Packed)] stands on `Paid`.
    /// let path = table.straight_paths().next().unwrap();
    /// let line = "Cart --Pay--> Paid --always--> Packed --Send--> Sent";
    /// assert_eq!(path.display(table).to_string(), line);
    /// let steps = path.steps(table);
    /// assert_eq!(steps.len(), 2);
    /// assert_eq!((steps[0].driver, steps[0].automatic.len()), (Some(path.rows()[0]), 1));
    /// assert_eq!((steps[1].driver, steps[1].automatic.len()), (Some(path.rows()[2]), 0));
    /// ```
    ///
    /// # Panics
    ///
    /// If the path is not one of this table's.
    #[must_use]
    pub fn steps(&self, table: &Table) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for &row in &self.rows {
            match (table.row(row).trigger, steps.last_mut()) {
                (Trigger::Always, Some(step)) => step.automatic.push(row),
                (Trigger::Always, None) => {
                    steps.push(Step { driver: None, automatic: vec![row] });
                }
                (Trigger::Event(_) | Trigger::Timer(_), _) => {
                    steps.push(Step { driver: Some(row), automatic: Vec::new() });
                }
            }
        }
        steps
    }

    /// The path as a line of text, with the names of its states and what makes its rows run:
    /// `Locked --Coin--> Unlocked --Push--> Locked`.
    ///
    /// Writing it panics if the path is not one of this table's.
    #[must_use]
    pub const fn display<'a>(&'a self, table: &'a Table) -> PathDisplay<'a> {
        PathDisplay { path: self, table }
    }
}

impl fmt::Display for PathDisplay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table.state(self.path.source()).name)?;
        for (&row, &target) in self.path.rows.iter().zip(&self.path.states[1..]) {
            write!(f, " --{}", self.table.trigger(row))?;
            if let Some(label) = self.table.row(row).label {
                write!(f, " ({label})")?;
            }
            write!(f, "--> {}", self.table.state(target).name)?;
        }
        Ok(())
    }
}
