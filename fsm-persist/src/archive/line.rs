//! The lines of an archive.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fsm_core::Timestamp;
use fsm_core::journal::{Fact, FactCode, Metadata, Origin, Parent, Record, Schema, Space};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the format, in the first line.
pub(super) const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Archive { version: u32 },
    Schema { number: u32, schema: Schema },
    Space(SpaceLine),
    Record(Box<RecordLine>),
}

/// A space.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SpaceLine {
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) created: i64,
}

/// A record, with what its numbers mean.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordLine {
    pub(super) position: u64,
    pub(super) space: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) space_name: Option<String>,
    pub(super) space_sequence: u64,
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) sequence: u64,
    /// Microseconds since 1970.
    pub(super) time: i64,
    pub(super) schema: u32,
    pub(super) version: u32,
    pub(super) fact: String,
    /// The fact as numbers, which are what is imported.
    pub(super) tag: u8,
    pub(super) numbers: [u64; 2],
    #[serde(flatten)]
    pub(super) names: Names,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<MetadataLine>,
    /// The stored form, if it says more than is understood here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata_base64: Option<String>,
    pub(super) payload: String,
    /// The payload as its renderer shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payload_json: Option<Value>,
}

/// What the numbers of a fact mean.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Names {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) row: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<String>,
}

/// A record's metadata.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MetadataLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) correlation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) causation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<Origin>,
    pub(super) effects: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<ParentLine>,
}

/// The machine that spawned another one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ParentLine {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) event: String,
}

impl SpaceLine {
    pub(super) fn of(space: Space) -> Self {
        let Space { id, name, labels, created } = space;
        Self { number: id.0, name, labels, created: created.micros() }
    }

    pub(super) const fn created(&self) -> Timestamp {
        Timestamp::from_micros(self.created)
    }
}

impl RecordLine {
    pub(super) fn of(record: &Record, schema: &Schema, space: Option<String>) -> Self {
        let FactCode { tag, numbers } = record.fact.code();
        let (metadata, metadata_base64) = metadata(&record.metadata);
        Self {
            position: record.position.0,
            space: record.machine.space.0,
            space_name: space,
            space_sequence: record.space_sequence.0,
            kind: schema.kind.clone(),
            id: record.machine.id.to_string(),
            sequence: record.sequence.0,
            time: record.time.micros(),
            schema: record.schema.0,
            version: schema.version,
            fact: word(record.fact).to_owned(),
            tag,
            numbers,
            names: names(record.fact, schema),
            metadata,
            metadata_base64,
            payload: STANDARD.encode(&record.payload),
            payload_json: None,
        }
    }

    pub(super) fn fact(&self) -> Result<Fact, String> {
        let code = FactCode { tag: self.tag, numbers: self.numbers };
        Fact::from_code(code).ok_or_else(|| format!("there is no fact {code:?}"))
    }

    pub(super) fn payload(&self) -> Result<Vec<u8>, String> {
        decode(&self.payload)
    }

    /// The stored form of its metadata.
    pub(super) fn metadata(&self) -> Result<Option<Box<[u8]>>, String> {
        if let Some(stored) = &self.metadata_base64 {
            return decode(stored).map(|bytes| Some(bytes.into()));
        }
        let Some(line) = &self.metadata else { return Ok(None) };
        let parent = line.parent.as_ref().map(|parent| {
            let (kind, id) = (parent.kind.clone(), parent.id.clone());
            // Numbers of schemas are others in another journal.
            decode(&parent.event).map(|event| Parent { kind, id, event, schema: None })
        });
        let metadata = Metadata {
            key: line.key.clone(),
            correlation: line.correlation.clone(),
            causation: line.causation.clone(),
            origin: line.origin,
            effects: line.effects,
            parent: parent.transpose()?,
        };
        Ok(metadata.encode())
    }
}

fn decode(text: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(text).map_err(|error| error.to_string())
}

/// Metadata by name; as they are stored, if that says more.
fn metadata(stored: &[u8]) -> (Option<MetadataLine>, Option<String>) {
    if stored.is_empty() {
        return (None, None);
    }
    let known = Metadata::decode(stored).ok();
    let is_whole = known.as_ref().is_some_and(|known| known.encode().as_deref() == Some(stored));
    let line = known.map(|known| MetadataLine {
        key: known.key,
        correlation: known.correlation,
        causation: known.causation,
        origin: known.origin,
        effects: known.effects,
        parent: known.parent.map(|parent| ParentLine {
            kind: parent.kind,
            id: parent.id,
            event: STANDARD.encode(parent.event),
        }),
    });
    (line, (!is_whole).then(|| STANDARD.encode(stored)))
}

/// A fact in a word.
const fn word(fact: Fact) -> &'static str {
    match fact {
        Fact::Created => "created",
        Fact::Transition { .. } => "transition",
        Fact::Stopped => "stopped",
        Fact::Deferred { .. } => "deferred",
        Fact::Dropped { .. } => "dropped",
        Fact::Elapsed { .. } => "elapsed",
        Fact::Scheduled { .. } => "scheduled",
        Fact::Unscheduled { .. } => "unscheduled",
        Fact::Performed { .. } => "performed",
        Fact::Abandoned { .. } => "abandoned",
        Fact::Resumed { .. } => "resumed",
        Fact::Answered => "answered",
        Fact::Base { .. } => "base",
        _ => "other",
    }
}

fn names(fact: Fact, schema: &Schema) -> Names {
    let text = |name: Option<&str>| name.map(str::to_owned);
    match fact {
        Fact::Transition { row, .. } | Fact::Elapsed { row } => {
            let known = schema.row(row);
            let to = match fact {
                Fact::Transition { state, .. } => text(schema.state(state)),
                _ => None,
            };
            Names {
                row: Some(row.0),
                label: known.and_then(|row| row.label.clone()),
                from: text(known.and_then(|row| schema.source(row))),
                to,
                event: text(known.and_then(|row| schema.event(row))),
            }
        }
        Fact::Deferred { event } | Fact::Scheduled { event, .. } => {
            let event = schema.events.get(usize::from(event.0)).cloned();
            Names { event, ..Names::default() }
        }
        Fact::Base { state } => Names { to: text(schema.state(state)), ..Names::default() },
        _ => Names::default(),
    }
}
