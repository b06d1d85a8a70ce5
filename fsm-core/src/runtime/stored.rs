//! A machine as bytes, whole: what a snapshot and a base hold.
//!
//! A base outlives the code that wrote it, so nothing here means anything by itself. States, events
//! and rows are numbers of the schema that the bytes were written with, which the journal keeps by
//! name; timers, which no schema has, are written by [name](super::timer_names). State, context and
//! events are encoded apart from the rest, so that what they are can be found without the machine's
//! types, and checked before they are decoded.
//!
//! [Restoring](super::restoring) makes a machine of them again.

use std::cell::Cell;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Machine;
use super::duties::{Duties, Repeat};
use super::live::Live;
use super::timer_names::timers_in;
use crate::journal::{Codec, CodecError, Parent, Position, SchemaId, Sequence};
use crate::machine::Timestamp;

/// The number of this form. Another form gets another one, and this one is read for ever.
const FORM: u8 = 1;

/// Why a machine cannot be written down as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unstorable {
    /// It owes effects, which only its records tell.
    #[error("it owes {effects} effects: wait until they are performed")]
    Owes {
        /// How many.
        effects: usize,
    },
    /// It has effects that were given up, which only its records tell.
    #[error(
        "{effects} of its effects were given up: resume them, and wait until they are performed"
    )]
    Abandoned {
        /// How many.
        effects: usize,
    },
    /// A state that carries data is not `Serialize` and `Deserialize`.
    #[error(
        "its state `{state}` carries data and is not `Serialize` and `Deserialize`: derive them"
    )]
    State {
        /// The state's name.
        state: &'static str,
    },
    /// Something of it cannot be encoded.
    #[error("{0}")]
    Codec(#[from] CodecError),
    /// What it has answered is not durable yet.
    #[error("what it has answered is not durable yet: try again")]
    NotDurable,
}

/// A machine, ready to be encoded, or decoded and not yet a machine.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) state: StoredState,
    pub(super) context: Blob,
    pub(super) completed: bool,
    pub(super) timers: Vec<StoredTimer>,
    pub(super) scheduled: Vec<(Timestamp, StoredEvent)>,
    pub(super) deferred: Vec<StoredEvent>,
    pub(super) answered: Vec<(String, StoredRepeat)>,
    pub(super) parent: Option<Parent>,
    /// The schema that the parent's event was encoded with, which [`Parent`] does not store itself.
    pub(super) parent_schema: Option<SchemaId>,
    /// Their kinds and ids.
    pub(super) children: Vec<(String, String)>,
}

/// A state: its number, and itself if it carries anything.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredState {
    pub(super) number: u16,
    pub(super) data: Option<Blob>,
}

/// A timer of the state that the machine is in, or of a group around it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredTimer {
    pub(super) name: String,
    /// `None` if it has run down.
    pub(super) due: Option<Timestamp>,
}

/// An event that is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredEvent {
    pub(super) sequence: Sequence,
    pub(super) number: u16,
    pub(super) event: Blob,
}

/// A remembered answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum StoredRepeat {
    Taken {
        from: u16,
        state: StoredState,
        recorded: bool,
        deferred: bool,
        sequence: Sequence,
        position: Position,
        time: Timestamp,
    },
    Refused {
        state: u16,
        event: Option<u16>,
        guards: Vec<u16>,
    },
}

/// Bytes that are encoded as one piece.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Blob(pub(super) Vec<u8>);

impl Stored {
    /// The machine as it is.
    ///
    /// # Errors
    ///
    /// [`Unstorable`] if a part of it cannot be stored, now or ever.
    pub(super) fn of<F: Machine>(live: &Live<F>) -> Result<Self, Unstorable> {
        storable(live)?;
        let Some(state) = live.state() else { unreachable!("a crashed machine is dropped") };
        let mut stored = Self {
            state: StoredState::of(state)?,
            context: Blob::of(&live.context)?,
            completed: live.completed,
            timers: Vec::new(),
            scheduled: Vec::new(),
            deferred: Vec::new(),
            answered: Vec::new(),
            parent: None,
            parent_schema: None,
            children: Vec::new(),
        };
        if !live.completed {
            stored.timers = timers_of(live);
        }
        if let Some(duties) = live.duties() {
            stored.add(duties)?;
        }
        Ok(stored)
    }

    fn add<F: Machine>(&mut self, duties: &Duties<F>) -> Result<(), Unstorable> {
        for each in &duties.scheduled {
            let event = StoredEvent::of::<F>(each.sequence, &each.event)?;
            self.scheduled.push((each.due, event));
        }
        for each in &duties.deferred {
            self.deferred.push(StoredEvent::of::<F>(each.sequence, &each.event)?);
        }
        for each in &duties.answered {
            self.answered.push((each.key.clone(), StoredRepeat::of(&each.answer)?));
        }
        self.parent.clone_from(&duties.parent);
        self.parent_schema = duties.parent.as_ref().and_then(|parent| parent.schema);
        let children = duties.children.iter();
        self.children =
            children.map(|child| (child.kind().to_owned(), child.id().to_owned())).collect();
        Ok(())
    }

    /// Appends its bytes.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if the codec refuses it.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
        Codec::default().encode(&self.formed(), bytes)
    }

    /// What its bytes are of.
    pub(super) const fn formed(&self) -> impl Serialize + use<'_> {
        Formed { form: FORM, machine: self }
    }

    /// What was encoded.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if the bytes are no machine, or in a form that this code does not know.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let why = || match bytes.first() {
            Some(form) => format!("form {form} of a stored machine, and {FORM} is the last known"),
            None => "a stored machine of no bytes".to_owned(),
        };
        if bytes.first() != Some(&FORM) {
            return Err(CodecError::Decode { bytes: bytes.len(), why: why() });
        }
        Codec::default().decode::<Formed<Self>>(bytes).map(|formed| formed.machine)
    }
}

/// The form, as the first byte, and what is written in it.
#[derive(Serialize, Deserialize)]
struct Formed<T> {
    form: u8,
    machine: T,
}

impl StoredState {
    fn of<F: Machine>(state: &F) -> Result<Self, Unstorable> {
        let id = state.state_id();
        let data = match F::bare(id) {
            Some(_) => None,
            None => Some(with_data(state)?),
        };
        Ok(Self { number: id.0, data })
    }
}

impl StoredEvent {
    fn of<F: Machine>(sequence: Sequence, encoded: &[u8]) -> Result<Self, Unstorable> {
        let event: F::Event = Codec::default().decode(encoded)?;
        let number = F::event_id(&event).0;
        Ok(Self { sequence, number, event: Blob(encoded.to_vec()) })
    }
}

impl StoredRepeat {
    fn of<F: Machine>(answer: &Repeat<F>) -> Result<Self, Unstorable> {
        Ok(match answer {
            Repeat::Taken(done) => Self::Taken {
                from: done.from.0,
                state: StoredState::of(&done.state)?,
                recorded: done.recorded,
                deferred: done.deferred,
                sequence: done.sequence,
                position: done.position,
                time: done.time,
            },
            Repeat::Refused { state, event, guards } => Self::Refused {
                state: state.0,
                event: event.map(|event| event.0),
                guards: guards.iter().map(|row| row.0).collect(),
            },
        })
    }
}

impl Blob {
    fn of<T: Serialize>(value: &T) -> Result<Self, CodecError> {
        let mut bytes = Vec::new();
        Codec::default().encode(value, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// Whether the machine has nothing now that cannot be stored.
pub(super) fn storable<F: Machine>(live: &Live<F>) -> Result<(), Unstorable> {
    let Some(duties) = live.duties() else { return Ok(()) };
    let is_unplaced = |answer: &Repeat<F>| match answer {
        Repeat::Taken(done) => done.position == Position::START,
        Repeat::Refused { .. } => false,
    };
    match (duties.owed.len(), duties.abandoned.len()) {
        (0, 0) if duties.answered.iter().any(|each| is_unplaced(&each.answer)) => {
            Err(Unstorable::NotDurable)
        }
        (0, 0) => Ok(()),
        (0, effects) => Err(Unstorable::Abandoned { effects }),
        (effects, _) => Err(Unstorable::Owes { effects }),
    }
}

/// Those that run, in their order, and those that have run down.
fn timers_of<F: Machine>(live: &Live<F>) -> Vec<StoredTimer> {
    let armed = live.duties().map_or(&[][..], |duties| &duties.timers);
    let known: Vec<_> = timers_in(F::TABLE, live.state_id()).collect();
    let name = |timer| known.iter().find(|(known, _)| *known == timer).map(|(_, name)| name);
    let running = armed.iter().filter_map(|armed| {
        Some(StoredTimer { name: name(armed.timer)?.clone(), due: Some(armed.due) })
    });
    let is_down = |timer| armed.iter().all(|armed| armed.timer != timer);
    let down = known.iter().filter(|(timer, _)| is_down(*timer));
    running.chain(down.map(|(_, name)| StoredTimer { name: name.clone(), due: None })).collect()
}

fn with_data<F: Machine>(state: &F) -> Result<Blob, Unstorable> {
    /// A state, and whether it was found that its type cannot be stored.
    struct Data<'a, F>(&'a F, Cell<bool>);
    impl<F: Machine> Serialize for Data<'_, F> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.store(serializer).unwrap_or_else(|| {
                self.1.set(true);
                Err(serde::ser::Error::custom("its type is not `Serialize`"))
            })
        }
    }
    let data = Data(state, Cell::new(false));
    match Blob::of(&data) {
        Err(_) if data.1.get() => {
            Err(Unstorable::State { state: F::TABLE.state(state.state_id()).name })
        }
        encoded => Ok(encoded?),
    }
}

/// A state with its data.
pub(super) fn decode_state<F: Machine>(data: &[u8]) -> Result<F, CodecError> {
    struct Data<F>(F);
    impl<'de, F: Machine> Deserialize<'de> for Data<F> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let restored = F::restore(deserializer);
            let refused = || Err(serde::de::Error::custom("its type is no `Deserialize` any more"));
            restored.unwrap_or_else(refused).map(Self)
        }
    }
    Codec::default().decode(data).map(|Data(state)| state)
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl serde::de::Visitor<'_> for Bytes {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Blob, E> {
                Ok(Blob(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
