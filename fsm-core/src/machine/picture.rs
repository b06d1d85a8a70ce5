//! A table as a picture: Mermaid, PlantUML, DOT and, with the feature `svg`, SVG.
//!
//! The drawing itself is `fsm-diagram`'s; here the table becomes its [`Diagram`]. Nothing is added
//! to the table, and nothing is left out that a picture can show.

use fsm_diagram::{Diagram, Edge, Group, State};

use super::ids::{RowId, StateId};
use super::table::{Table, Trigger};

/// What stands out in a picture: where a machine is, and which rows it took.
///
/// ```
/// # use fsm_core::Fsm;
/// # #[derive(Fsm)]
/// # #[fsm(event = Event)]
/// # enum Turnstile {
/// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
/// #     #[on(Push => Locked)] Unlocked,
/// # }
/// # enum Event { Coin, Push }
/// use fsm_core::machine::Highlight;
///
/// let unlocked = Turnstile::Unlocked.state_id();
/// let taken = [fsm_core::RowId(0)];
/// let highlight = Highlight { state: Some(unlocked), rows: &taken };
/// let picture = Turnstile::TABLE.flowchart_with(&highlight);
/// assert!(picture.contains("class Unlocked lit"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Highlight<'a> {
    /// The state the machine is in.
    pub state: Option<StateId>,
    /// The rows it took.
    pub rows: &'a [RowId],
}

impl From<&Highlight<'_>> for fsm_diagram::Highlight {
    fn from(highlight: &Highlight<'_>) -> Self {
        Self {
            states: highlight.state.iter().map(|state| usize::from(state.0)).collect(),
            edges: highlight.rows.iter().map(|row| usize::from(row.0)).collect(),
        }
    }
}

/// Pictures.
impl Table {
    /// The table as a diagram: states, groups and rows in the table's order, so that a
    /// [`RowId`] is a place in [`Diagram::edges`], and a [`StateId`] one in [`Diagram::states`].
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # enum Event { Coin, Push }
    /// use fsm_core::machine::Diagram;
    ///
    /// let document = Diagram::parse("
    ///     flowchart TD
    ///     start(( )) --> locked
    ///     locked -->|coin| unlocked
    ///     unlocked -->|push| locked
    /// ").unwrap();
    /// assert!(Turnstile::TABLE.diagram().drift(&document).is_empty());
    /// ```
    #[must_use]
    pub fn diagram(&self) -> Diagram {
        let group = |group: super::GroupId| usize::from(group.0);
        let states = self.states.iter().map(|state| State {
            name: state.name.to_owned(),
            docs: state.docs.to_owned(),
            initial: state.initial,
            is_final: state.is_final,
            group: state.group.map(group),
            ..State::default()
        });
        let groups = self.groups.iter().map(|each| Group {
            name: each.name.to_owned(),
            parent: each.parent.map(group),
            initial: each.initial.map(|state| usize::from(state.0)),
            ..Group::default()
        });
        Diagram {
            name: self.name.to_owned(),
            states: states.collect(),
            groups: groups.collect(),
            edges: (0..self.rows.len()).map(|row| self.edge(row)).collect(),
        }
    }

    /// The table as an SVG document, laid out without an external program. It is drawn in the
    /// colours of `theme`; what `highlight` names stands out, and the rest is subdued then.
    ///
    /// States carry `data-state="<name>"` and rows `data-row="<number>"`, so that a page can light
    /// them later.
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # enum Event { Coin, Push }
    /// use fsm_core::machine::{Highlight, Theme};
    ///
    /// let here = Highlight { state: Some(Turnstile::Unlocked.state_id()), rows: &[] };
    /// let picture = Turnstile::TABLE.svg(Theme::Auto, &here);
    /// assert!(picture.starts_with("<svg ") && picture.contains("data-state=\"Unlocked\""));
    /// ```
    #[cfg(feature = "svg")]
    #[must_use]
    pub fn svg(&self, theme: fsm_diagram::svg::Theme, highlight: &Highlight<'_>) -> String {
        let options = fsm_diagram::svg::Options { theme, highlight: highlight.into() };
        self.diagram().svg(&options)
    }

    fn edge(&self, number: usize) -> Edge {
        let row = &self.rows[number];
        let trigger = match row.trigger {
            // A row that nothing triggers is drawn with its guard alone, as UML does.
            Trigger::Always => String::new(),
            Trigger::Event(_) | Trigger::Timer(_) => {
                self.trigger(RowId(u16::try_from(number).unwrap_or(u16::MAX)))
            }
        };
        Edge {
            source: usize::from(row.source.0),
            target: usize::from(row.target.unwrap_or(row.source).0),
            internal: row.target.is_none(),
            trigger,
            guard: row.guard.map(str::to_owned),
            action: row.action.map(str::to_owned),
            ..Edge::default()
        }
    }

    /// The table as a Mermaid `stateDiagram-v2`, one line a row. A row that stays in its state
    /// (`=> _`) stands inside it, as `State : Event [guard] / action`.
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # enum Event { Coin, Push }
    /// let expected = "\
    /// stateDiagram-v2
    ///     [*] --> Locked
    ///     Locked --> Unlocked : Coin
    ///     Unlocked --> Locked : Push
    /// ";
    /// assert_eq!(Turnstile::TABLE.mermaid(), expected);
    /// ```
    #[must_use]
    pub fn mermaid(&self) -> String {
        self.diagram().mermaid()
    }

    /// The same, with a state and rows lit. Mermaid cannot colour the arrows of a state diagram,
    /// so a lit row gives its two states a thick border; [`flowchart_with`](Self::flowchart_with)
    /// colours the arrow itself.
    #[must_use]
    pub fn mermaid_with(&self, highlight: &Highlight<'_>) -> String {
        self.diagram().mermaid_with(&highlight.into())
    }

    /// The table as a Mermaid flowchart. A row that stays in its state is a dotted arrow.
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # enum Event { Coin, Push }
    /// let expected = "\
    /// flowchart TD
    ///     start((\" \")) --> Locked
    ///     Locked -->|\"Coin\"| Unlocked
    ///     Unlocked -->|\"Push\"| Locked
    /// ";
    /// assert_eq!(Turnstile::TABLE.flowchart(), expected);
    /// ```
    #[must_use]
    pub fn flowchart(&self) -> String {
        self.diagram().flowchart()
    }

    /// The same, with a state and rows lit.
    #[must_use]
    pub fn flowchart_with(&self, highlight: &Highlight<'_>) -> String {
        self.diagram().flowchart_with(&highlight.into())
    }

    /// The table as a PlantUML state diagram. A row that stays in its state stands inside it.
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # enum Event { Coin, Push }
    /// let expected = "\
    /// @startuml
    /// title Turnstile
    /// hide empty description
    /// [*] --> Locked
    /// Locked --> Unlocked : Coin
    /// Unlocked --> Locked : Push
    /// @enduml
    /// ";
    /// assert_eq!(Turnstile::TABLE.plantuml(), expected);
    /// ```
    #[must_use]
    pub fn plantuml(&self) -> String {
        self.diagram().plantuml()
    }

    /// The same, with a state and rows lit.
    #[must_use]
    pub fn plantuml_with(&self, highlight: &Highlight<'_>) -> String {
        self.diagram().plantuml_with(&highlight.into())
    }

    /// The table as a DOT graph, for Graphviz. A row that stays in its state is a dashed arrow.
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # enum Event { Coin, Push }
    /// let dot = Turnstile::TABLE.dot();
    /// assert!(dot.starts_with("digraph \"Turnstile\" {"));
    /// assert!(dot.contains("s0 -> s1 [label=\"Coin\"];"));
    /// ```
    #[must_use]
    pub fn dot(&self) -> String {
        self.diagram().dot()
    }

    /// The same, with a state and rows lit.
    #[must_use]
    pub fn dot_with(&self, highlight: &Highlight<'_>) -> String {
        self.diagram().dot_with(&highlight.into())
    }
}

#[cfg(test)]
mod tests {
    use crate::machine::{EventId, Group, GroupId, Row, Scope, State, Table, Timer, TimerId};
    use crate::machine::{StateId, Trigger};

    const STATE: State = State {
        name: "Cart",
        docs: "",
        initial: true,
        is_final: false,
        group: None,
        enter: &[],
        exit: &[],
        deferred: &[],
        quiet: &[],
    };

    const ROW: Row = Row {
        source: StateId(0),
        trigger: Trigger::Event(EventId(0)),
        pattern: "Pay",
        guard: None,
        target: Some(StateId(1)),
        history: None,
        action: None,
        label: None,
    };

    const TABLE: Table = Table {
        name: "Order",
        version: 1,
        states: &[STATE, State { name: "Paid", initial: false, group: Some(GroupId(1)), ..STATE }],
        groups: &[
            Group {
                name: "Open",
                parent: None,
                initial: None,
                history: None,
                enter: &[],
                exit: &[],
            },
            Group {
                name: "Late",
                parent: Some(GroupId(0)),
                initial: Some(StateId(1)),
                history: None,
                enter: &[],
                exit: &[],
            },
        ],
        events: &["Pay"],
        timers: &[Timer { scope: Scope::State(StateId(1)), repeats: true, duration: "5s" }],
        rows: &[
            ROW,
            Row { trigger: Trigger::Always, guard: Some("is_free()"), ..ROW },
            Row {
                source: StateId(1),
                trigger: Trigger::Timer(TimerId(0)),
                target: None,
                action: Some("count()"),
                ..ROW
            },
        ],
        previous: &[],
        previous_contexts: &[],
        renamed: &[],
    };

    #[test]
    fn groups_timers_and_automatic_rows_are_drawn() {
        let expected = "\
stateDiagram-v2
    state Open {
        state Late {
            state \"Paid\" as Paid
            [*] --> Paid
        }
    }
    [*] --> Cart
    Cart --> Paid : Pay
    Cart --> Paid : [is_free()]
    Paid : every 5s / count()
";
        assert_eq!(TABLE.mermaid(), expected);
    }
}
