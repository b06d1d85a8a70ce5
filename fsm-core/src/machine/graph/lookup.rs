//! The parts of a table by their names, and all their numbers.

use super::super::ids::{EventId, GroupId, RowId, StateId};
use super::super::table::Table;

impl Table {
    /// The state with this name.
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
    /// assert_eq!(table.state_named("Open"), Some(StateId(1)));
    /// assert_eq!(table.state_named("Closed"), None);
    /// ```
    #[must_use]
    pub fn state_named(&self, name: &str) -> Option<StateId> {
        self.state_ids().find(|state| self.state(*state).name == name)
    }

    /// The event with this name; `None` if no row takes it.
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
    /// assert_eq!(table.event_named("Submit"), Some(fsm_core::EventId(0)));
    /// assert_eq!(table.event_named("Draft"), None);
    /// ```
    #[must_use]
    pub fn event_named(&self, name: &str) -> Option<EventId> {
        self.event_ids().find(|event| self.event(*event) == name)
    }

    /// The group with this name.
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
    /// assert_eq!(table.group_named("Active"), None);
    /// ```
    #[must_use]
    pub fn group_named(&self, name: &str) -> Option<GroupId> {
        let mut groups = self.groups.iter().zip(0..=u16::MAX);
        groups.find(|(group, _)| group.name == name).map(|(_, number)| GroupId(number))
    }

    /// The numbers of all states, in declaration order.
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
    /// let names: Vec<_> = table.state_ids().map(|state| table.state(state).name).collect();
    /// assert_eq!(names, ["Draft", "Open", "Done"]);
    /// ```
    pub fn state_ids(&self) -> impl DoubleEndedIterator<Item = StateId> + use<> {
        (0..count(self.states.len())).map(StateId)
    }

    /// The numbers of all events.
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
    /// assert_eq!(table.event_ids().count(), 4);
    /// ```
    pub fn event_ids(&self) -> impl DoubleEndedIterator<Item = EventId> + use<> {
        (0..count(self.events.len())).map(EventId)
    }

    /// The numbers of all rows, in table order.
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
    /// let lines: Vec<_> = table.row_ids().map(|row| table.describe(row)).collect();
    /// assert_eq!(lines[0], "Draft --Submit--> Open");
    /// assert_eq!(lines.len(), 4);
    /// ```
    pub fn row_ids(&self) -> impl DoubleEndedIterator<Item = RowId> + use<> {
        (0..count(self.rows.len())).map(RowId)
    }
}

/// A table numbers its parts in 16 bits; the derive refuses more.
fn count(parts: usize) -> u16 {
    u16::try_from(parts).unwrap_or(u16::MAX)
}
