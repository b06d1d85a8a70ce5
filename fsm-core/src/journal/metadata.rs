//! What a record may say beside its fact: why it was written, and who asked.

use serde::{Deserialize, Serialize};

use super::{Codec, CodecError, SchemaId, Sequence};
use crate::machine::Timestamp;

/// Where a record comes from, and what follows from it. Most records have none of it.
///
/// ```
/// use fsm_core::journal::Metadata;
///
/// let metadata = Metadata { correlation: Some("request-7".into()), ..Metadata::default() };
/// let bytes = metadata.encode().expect("it says something");
/// assert_eq!(Metadata::decode(&bytes)?, metadata);
/// assert_eq!(Metadata::default().encode(), None);
/// # Ok::<(), fsm_core::journal::CodecError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The idempotency key of the send.
    pub key: Option<String>,
    /// What the send belongs to, such as a request.
    pub correlation: Option<String>,
    /// What the send was caused by, such as another record.
    pub causation: Option<String>,
    /// What the event comes from, if nobody sent it just now.
    pub origin: Option<Origin>,
    /// How many effects the record owes: those that its actions returned, and what its end has
    /// others told.
    pub effects: u16,
    /// Of a creation: the machine that spawned this one, and is told of its end.
    pub parent: Option<Parent>,
}

/// The machine that spawned another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The name of its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The event that tells it of the other's end, encoded; empty if it is not told.
    pub event: Vec<u8>,
    /// The schema of the parent's kind that the event was encoded with; `None` in records that were
    /// written before it was noted, which are read as today's code writes.
    #[serde(skip)]
    pub schema: Option<SchemaId>,
}

/// What an event comes from that nobody sent just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// It was deferred by this record.
    Deferred(Sequence),
    /// It was scheduled by this record.
    Scheduled(Sequence),
    /// It is what performing this effect answered: the record that returned it, and which of its
    /// effects. The effect is performed.
    Effect(Sequence, u16),
    /// A timer that ran down, and when that was due.
    Timer(Timestamp),
}

/// One line of the stored form. New ones are added behind the others; none changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Item {
    Key(String),
    Correlation(String),
    Causation(String),
    Origin(Origin),
    Effects(u16),
    Parent(Parent),
    ParentSchema(SchemaId),
}

impl Metadata {
    /// Whether it says nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.key.is_none()
            && self.correlation.is_none()
            && self.causation.is_none()
            && self.origin.is_none()
            && self.effects == 0
            && self.parent.is_none()
    }

    /// How many bytes its stored form has at most.
    #[must_use]
    pub fn bytes_max(&self) -> usize {
        if self.is_empty() {
            return 0;
        }
        let texts = [&self.key, &self.correlation, &self.causation];
        let texts = texts.into_iter().flatten().map(|text| text.len() + 16).sum::<usize>();
        let parent = self.parent.as_ref();
        texts
            + parent.map_or(0, |parent| parent.kind.len() + parent.id.len() + parent.event.len())
            + 64
    }

    /// Its stored form; `None` if it says nothing.
    #[must_use]
    pub fn encode(&self) -> Option<Box<[u8]>> {
        if self.is_empty() {
            return None;
        }
        let mut items = Vec::new();
        items.extend(self.key.clone().map(Item::Key));
        items.extend(self.correlation.clone().map(Item::Correlation));
        items.extend(self.causation.clone().map(Item::Causation));
        items.extend(self.origin.map(Item::Origin));
        items.extend((self.effects > 0).then_some(Item::Effects(self.effects)));
        items.extend(self.parent.clone().map(Item::Parent));
        let schema = self.parent.as_ref().and_then(|parent| parent.schema);
        items.extend(schema.map(Item::ParentSchema));
        let mut bytes = Vec::new();
        let encoded = Codec::default().encode(&items, &mut bytes);
        debug_assert!(encoded.is_ok(), "text and numbers can be encoded");
        Some(bytes.into_boxed_slice())
    }

    /// What these bytes say; nothing if there are none.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if they are no stored form.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut metadata = Self::default();
        if bytes.is_empty() {
            return Ok(metadata);
        }
        for item in Codec::default().decode::<Vec<Item>>(bytes)? {
            match item {
                Item::Key(key) => metadata.key = Some(key),
                Item::Correlation(id) => metadata.correlation = Some(id),
                Item::Causation(id) => metadata.causation = Some(id),
                Item::Origin(origin) => metadata.origin = Some(origin),
                Item::Effects(count) => metadata.effects = count,
                Item::Parent(parent) => metadata.parent = Some(parent),
                Item::ParentSchema(schema) => {
                    if let Some(parent) = &mut metadata.parent {
                        parent.schema = Some(schema);
                    }
                }
            }
        }
        Ok(metadata)
    }
}
