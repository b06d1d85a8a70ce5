//! What a record holds, as values of today.

use std::marker::PhantomData;

use bytes::Bytes;
use serde::Deserializer;
use serde::de::{DeserializeOwned, DeserializeSeed};

use super::Machine;
use super::replay_error::ReplayError;
use super::translation::Translation;
use crate::journal::{Codec, CodecError, Record};
use crate::machine::{EventId, RowId};

/// The value in a record's payload that is of the runtime's own.
pub(super) fn decode<T: DeserializeOwned>(
    record: &Record,
    what: impl FnOnce() -> String,
) -> Result<T, ReplayError> {
    let decoded = Codec::default().decode(&record.payload);
    decoded.map_err(|source| undecodable(record, what(), source))
}

/// The context of a creation.
pub(super) fn decode_context<F: Machine>(
    record: &Record,
    translation: &Translation,
) -> Result<F::Context, ReplayError> {
    let decoded = context_of::<F>(&record.payload, translation);
    decoded.map_err(|source| undecodable(record, "the context".to_owned(), source))
}

/// A context that was encoded by the code of a schema.
pub(super) fn context_of<F: Machine>(
    bytes: &[u8],
    translation: &Translation,
) -> Result<F::Context, CodecError> {
    match translation.reading.is_context_past {
        true => Codec::default().decode_seed(PastContext::<F>::of(translation), bytes),
        false => Codec::default().decode(bytes),
    }
}

/// The event of a transition record; it must be the one that the record's row names.
pub(super) fn decode_event<F: Machine>(
    record: &Record,
    row: RowId,
    translation: &Translation,
) -> Result<F::Event, ReplayError> {
    let recorded = translation.stored().row(row).and_then(|row| translation.stored().event(row));
    if recorded.is_none() {
        let (position, row) = (record.position, translation.describe(row));
        return Err(ReplayError::UnknownRow { position, row });
    }
    decode_named::<F>(record, recorded, translation)
}

/// The event in a record's payload, which must be the one of this name. One of an older version is
/// converted, and then is what its conversion says.
pub(super) fn decode_named<F: Machine>(
    record: &Record,
    recorded: Option<&str>,
    translation: &Translation,
) -> Result<F::Event, ReplayError> {
    let recorded = recorded.unwrap_or("?");
    let event = event_of::<F>(&record.payload, translation)
        .map_err(|source| undecodable(record, format!("the event `{recorded}`"), source))?;
    let decoded = F::TABLE.event(F::event_id(&event));
    if decoded != recorded && !translation.reading.is_event_past {
        let (position, recorded) = (record.position, recorded.to_owned());
        return Err(ReplayError::OtherEvent { position, recorded, decoded });
    }
    Ok(event)
}

/// The event that a record keeps for later, as this code writes it.
pub(super) fn kept_event<F: Machine>(
    record: &Record,
    event: EventId,
    translation: &Translation,
) -> Result<Bytes, ReplayError> {
    let event = decode_named::<F>(record, translation.event(event), translation)?;
    let reading = &translation.reading;
    if !reading.is_event_past && reading.places.is_none() {
        // A copy that does not keep what was read with it in memory.
        return Ok(Bytes::copy_from_slice(&record.payload));
    }
    let mut bytes = Vec::new();
    let encoded = Codec::default().encode(&event, &mut bytes);
    encoded.map_err(|source| undecodable(record, "a kept event".to_owned(), source))?;
    Ok(bytes.into())
}

/// An event that was encoded by the code of a schema.
pub(super) fn event_of<F: Machine>(
    bytes: &[u8],
    translation: &Translation,
) -> Result<F::Event, CodecError> {
    let codec = Codec::default();
    let renumbered = match &translation.reading.places {
        Some(places) => Some(codec.renumber(bytes, places)?),
        None => None,
    };
    let bytes = renumbered.as_deref().unwrap_or(bytes);
    match translation.reading.is_event_past {
        true => codec.decode_seed(PastEvent::<F>::of(translation), bytes),
        false => codec.decode(bytes),
    }
}

fn undecodable(record: &Record, what: String, source: CodecError) -> ReplayError {
    ReplayError::Payload { position: record.position, what, source }
}

/// An event of an older version.
struct PastEvent<F>(u32, PhantomData<F>);

/// A context of an older version.
struct PastContext<F>(u32, PhantomData<F>);

impl<F> PastEvent<F> {
    const fn of(translation: &Translation) -> Self {
        Self(translation.version, PhantomData)
    }
}

impl<F> PastContext<F> {
    const fn of(translation: &Translation) -> Self {
        Self(translation.version, PhantomData)
    }
}

impl<'de, F: Machine> DeserializeSeed<'de> for PastEvent<F> {
    type Value = F::Event;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<F::Event, D::Error> {
        F::past_event(self.0, source)
    }
}

impl<'de, F: Machine> DeserializeSeed<'de> for PastContext<F> {
    type Value = F::Context;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<F::Context, D::Error> {
        F::past_context(self.0, source)
    }
}
