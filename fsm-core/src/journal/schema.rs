//! What the journal knows of a kind: enough to read its records without its code.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shape::{JsonError, NamedType, Shape, Shapes, Source, Stop, Tracer, json};
use super::{Fact, KindId, Record, SchemaId};
use crate::machine::probe::Part;
use crate::machine::{Fsm, Row, RowId, StateId, Table, Trigger};

/// A kind's table as it is kept in the journal, by name: what a record's numbers mean; and the
/// [shapes](super::shape) of its types: what a record's payload means.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Schema {
    /// The kind's name.
    pub kind: String,
    /// The schema version the code declared.
    pub version: u32,
    /// The states' names.
    pub states: Vec<String>,
    /// The events' names.
    pub events: Vec<String>,
    /// The rows.
    pub rows: Vec<SchemaRow>,
    /// What its types look like; `None` if it was stored before that was.
    #[serde(default)]
    pub shapes: Option<Box<Shapes>>,
}

/// A row of a schema. It is the same row as one of another schema if source, event, target and
/// label have the same names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SchemaRow {
    /// The number of the state it leaves.
    pub source: u16,
    /// The number of the event it takes.
    pub event: u16,
    /// The number of the state it leads to; `None` if it stays.
    pub target: Option<u16>,
    /// What tells it from rows with the same source, event and target.
    pub label: Option<String>,
}

/// The numbers that a journal gave a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The kind's number.
    pub kind: KindId,
    /// The schema's number.
    pub schema: SchemaId,
}

impl Schema {
    /// The schema of a kind.
    #[must_use]
    pub fn of<F>() -> Self
    where
        F: Fsm<Event: DeserializeOwned, Context: DeserializeOwned>,
    {
        let table: &Table = F::TABLE;
        let mut events: Vec<String> = table.events.iter().map(|&event| event.to_owned()).collect();
        let rows = table.rows.iter().map(|row| {
            let event = match row.trigger {
                Trigger::Event(event) => event.0,
                other => number(&mut events, trigger_name(table, other)),
            };
            SchemaRow {
                source: row.source.0,
                event,
                target: row.target.map(|target| target.0),
                label: row_label(table, row),
            }
        });
        let rows = rows.collect();
        Self {
            kind: table.name.to_owned(),
            version: table.version,
            states: table.states.iter().map(|state| state.name.to_owned()).collect(),
            events,
            rows,
            shapes: Some(Box::new(shapes::<F>())),
        }
    }

    /// A schema without a machine behind it, for tests of journals: a row from every state to
    /// every state on every event.
    #[must_use]
    pub fn bare(kind: &str, states: &[&str], events: &[&str]) -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let count = |names: &[&str]| u16::try_from(names.len()).unwrap_or(u16::MAX);
        let mut rows = Vec::new();
        for source in 0..count(states) {
            for event in 0..count(events) {
                for target in 0..count(states) {
                    rows.push(SchemaRow { source, event, target: Some(target), label: None });
                }
            }
        }
        Self {
            kind: kind.to_owned(),
            version: 1,
            states: names(states),
            events: names(events),
            rows,
            shapes: None,
        }
    }

    /// What a record holds as JSON, without the types of its machine: the context of a creation,
    /// the event of a transition, or one that was deferred or scheduled. `None` for a record that
    /// holds neither. The schema must be the record's.
    ///
    /// Names are those that serde knows; an enum is `"Variant"` or `{"Variant": ...}`; a map whose
    /// keys are neither text nor numbers is a list of pairs; a number that JSON has no room for is
    /// text; bytes are a list of numbers.
    ///
    /// ```
    /// use fsm_core::journal::{Journal, MemoryJournal, Position};
    /// use fsm_core::{Fsm, System};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Fsm, Clone, Debug)]
    /// #[fsm(event = Event, context = Order)]
    /// enum State {
    ///     #[fsm(initial)]
    ///     #[on(Add { sku, count } => Cart / add(sku, count))]
    ///     Cart,
    /// }
    ///
    /// #[derive(Debug, Serialize, Deserialize)]
    /// enum Event { Add { sku: String, count: u32 } }
    ///
    /// #[derive(Clone, Debug, Serialize, Deserialize)]
    /// struct Order { customer: String, items: Vec<(String, u32)> }
    /// # impl Order {
    /// #     fn add(&mut self, sku: String, count: u32) { self.items.push((sku, count)); }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let journal = MemoryJournal::new();
    /// let system = System::builder().journal(journal.clone()).start().await?;
    /// let order = system.machine::<State>("order-42");
    /// order.create(Order { customer: "Ada".into(), items: vec![] }).await?;
    /// order.send(Event::Add { sku: "tea".into(), count: 2 }).await?;
    ///
    /// let mut shown = Vec::new();
    /// for record in journal.read_all(Position(1), 100).await? {
    ///     let schema = journal.schema(record.schema).ok_or("no schema")?;
    ///     shown.extend(schema.json(&record)?);
    /// }
    /// assert_eq!(shown[0], serde_json::json!({ "customer": "Ada", "items": [] }));
    /// assert_eq!(shown[1], serde_json::json!({ "Add": { "sku": "tea", "count": 2 } }));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`JsonError`] if the shape is not known, or the payload is none of it: show the bytes then.
    pub fn json(&self, record: &Record) -> Result<Option<Value>, JsonError> {
        let takes_none = |row| {
            self.row(row).and_then(|row| self.event(row)).is_some_and(|name| name.starts_with('#'))
        };
        let is_event = match record.fact {
            Fact::Created => false,
            Fact::Transition { row, .. } if takes_none(row) => return Ok(None),
            Fact::Transition { .. } | Fact::Deferred { .. } | Fact::Scheduled { .. } => true,
            _ => return Ok(None),
        };
        let no_shapes = || JsonError::NoShapes { kind: self.kind.clone() };
        let shapes = self.shapes.as_deref().ok_or_else(no_shapes)?;
        let view = if is_event { shapes.event() } else { shapes.context() };
        json(view, &record.payload).map(Some)
    }

    /// The row with this number.
    #[must_use]
    pub fn row(&self, row: RowId) -> Option<&SchemaRow> {
        self.rows.get(usize::from(row.0))
    }

    /// The name of the state with this number.
    #[must_use]
    pub fn state(&self, state: StateId) -> Option<&str> {
        self.states.get(usize::from(state.0)).map(String::as_str)
    }

    /// The name of the state that a row leaves.
    #[must_use]
    pub fn source(&self, row: &SchemaRow) -> Option<&str> {
        self.state(StateId(row.source))
    }

    /// The name of the event that a row takes.
    #[must_use]
    pub fn event(&self, row: &SchemaRow) -> Option<&str> {
        self.events.get(usize::from(row.event)).map(String::as_str)
    }

    /// The name of the state that a row leads to.
    #[must_use]
    pub fn target(&self, row: &SchemaRow) -> Option<&str> {
        self.state(StateId(row.target.unwrap_or(row.source)))
    }
}

/// The shapes of a kind's types.
fn shapes<F>() -> Shapes
where
    F: Fsm<Event: DeserializeOwned, Context: DeserializeOwned>,
{
    let mut tracer = Tracer::default();
    let event = tracer.trace(|source| F::Event::deserialize(source).map(drop));
    let context = tracer.trace(|source| F::Context::deserialize(source).map(drop));
    let mut part = |part| tracer.trace(|source| F::read_part(part, source));
    let (state, effect) = (part(Part::State), part(Part::Effect));
    Shapes { event, context, state, effect, types: tracer.finish() }
}

/// The shape of one of a kind's types.
pub(crate) fn shape_of(read: impl Fn(Source<'_>) -> Result<(), Stop>) -> (Shape, Vec<NamedType>) {
    let mut tracer = Tracer::default();
    let shape = tracer.trace(read);
    (shape, tracer.finish())
}

/// What stands in place of an event's name for a row that takes none. No event is called that,
/// since a name has no `#`.
pub(crate) fn trigger_name(table: &Table, trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Event(event) => table.event(event),
        Trigger::Timer(timer) if table.timer(timer).repeats => "#every",
        Trigger::Timer(_) => "#after",
        Trigger::Always => "#always",
    }
}

/// What tells a row from others with the same source, trigger and target. A row that asks a group's
/// history says so here, since where it leads is not in the table. No label begins with `#`.
pub(crate) fn row_label(table: &Table, row: &Row) -> Option<String> {
    match row.history {
        None => row.label.map(str::to_owned),
        Some(group) => {
            let group = table.group(group).name;
            Some(row.label.map_or_else(|| format!("#{group}"), |label| format!("#{group} {label}")))
        }
    }
}

/// The number of a name, which is added if it is new.
fn number(names: &mut Vec<String>, name: &str) -> u16 {
    let known = names.iter().position(|each| each == name);
    let index = known.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    // The derive refuses a table with more than `u16::MAX` rows, so there are fewer triggers.
    u16::try_from(index).unwrap_or(u16::MAX)
}
