//! The bytes of an event, for the raw file and for engines whose values are bytes.
//!
//! Fixed widths, little-endian: about what a user would write, and cheap to read.

use fsm_core::journal::{Fact, NewRecord};
use fsm_core::{RowId, StateId};

use super::store::{Failure, Seen};

/// The row and the state of a creation, which has none.
const CREATED: u16 = u16::MAX;

/// Appends an event's bytes.
pub(super) fn encode(record: &NewRecord, payload: &[u8], bytes: &mut Vec<u8>) {
    let (row, state) = numbers(record.fact);
    let id = record.machine.id.as_bytes();
    bytes.extend_from_slice(&(id.len() as u16).to_le_bytes());
    bytes.extend_from_slice(id);
    bytes.extend_from_slice(&record.sequence.0.to_le_bytes());
    bytes.extend_from_slice(&record.time.micros().to_le_bytes());
    bytes.extend_from_slice(&row.to_le_bytes());
    bytes.extend_from_slice(&state.to_le_bytes());
    bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    bytes.extend_from_slice(payload);
}

/// The key of an event in an index of machines: in it, a machine's events stand in their order.
pub(super) fn machine_key(record: &NewRecord, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(record.machine.id.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&record.sequence.0.to_be_bytes());
}

/// Takes the event at `position` from the front of `bytes`.
///
/// # Errors
///
/// If there is none.
pub(super) fn decode<'a>(position: u64, bytes: &mut &'a [u8]) -> Result<Seen<'a>, Failure> {
    let length = u16::from_le_bytes(array(bytes)?);
    let machine = std::str::from_utf8(take(bytes, length.into())?)?;
    let sequence = u64::from_le_bytes(array(bytes)?);
    let time = i64::from_le_bytes(array(bytes)?);
    let row = u16::from_le_bytes(array(bytes)?);
    let state = u16::from_le_bytes(array(bytes)?);
    let length = u32::from_le_bytes(array(bytes)?);
    let payload = take(bytes, length as usize)?;
    Ok(Seen { position, machine, sequence, time, fact: fact(row, state), payload })
}

/// The row and the state that stand for a fact. The benchmarks know two sorts.
pub(super) const fn numbers(fact: Fact) -> (u16, u16) {
    match fact {
        Fact::Transition { row, state } => (row.0, state.0),
        _ => (CREATED, CREATED),
    }
}

/// The fact that a row and a state stand for.
pub(super) const fn fact(row: u16, state: u16) -> Fact {
    match row {
        CREATED => Fact::Created,
        row => Fact::Transition { row: RowId(row), state: StateId(state) },
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], Failure> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or("an event ends too early")?;
    *bytes = rest;
    Ok(taken)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Failure> {
    let (taken, rest) = bytes.split_first_chunk().ok_or("an event ends too early")?;
    *bytes = rest;
    Ok(*taken)
}
