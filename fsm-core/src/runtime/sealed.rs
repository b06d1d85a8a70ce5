//! A snapshot's payload: a stored machine, with what it takes to find that it is not to be
//! trusted.
//!
//! A snapshot may save time and nothing else. So it says of which machine, record and program it
//! is, under a checksum, and whoever opens it believes none of that.

use std::hash::BuildHasher;

use bytes::Bytes;
use foldhash::quality::FixedState;
use serde::{Deserialize, Serialize};

use super::Machine;
use super::live::Live;
use super::stored::{Stored, Unstorable};
use crate::journal::{Codec, CodecError, MachineKey, Position, SchemaId, Sequence, StoredSnapshot};
use crate::machine::Timestamp;

/// How many bytes the checksum has, which comes first.
const CHECKSUM_BYTES: usize = 8;

/// What a snapshot says beside the machine.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sealed {
    /// The table that the program had, in every word: what replay does may follow from more than
    /// the schema has, such as how long a timer runs.
    program: u64,
    /// The time of its last record.
    pub(super) time: Timestamp,
    /// No record up to there is of a later time.
    pub(super) latest: Timestamp,
    /// How many answers it may have remembered.
    answers_max: u64,
    machine: Vec<u8>,
}

/// Which record a snapshot is taken behind.
#[derive(Clone, Debug)]
pub(super) struct Behind {
    pub(super) machine: MachineKey,
    pub(super) position: Position,
    pub(super) schema: SchemaId,
}

/// The number of the program that has this table.
pub(super) fn program<F: Machine>() -> u64 {
    FixedState::default().hash_one(format!("{:?}", F::TABLE))
}

/// A snapshot of the machine, which is durable up to its last record.
///
/// # Errors
///
/// [`Unstorable`] if the machine has no snapshot now.
pub(super) fn seal<F: Machine>(
    live: &Live<F>,
    behind: Behind,
    program: u64,
    answers_max: usize,
) -> Result<StoredSnapshot, Unstorable> {
    let mut machine = Vec::new();
    Stored::of(live)?.encode(&mut machine)?;
    let (time, latest) = (live.time, live.latest());
    let sealed = Sealed { program, time, latest, answers_max: answers_max as u64, machine };
    let mut bytes = vec![0; CHECKSUM_BYTES];
    Codec::default().encode(&sealed, &mut bytes)?;
    let Behind { machine, position, schema } = behind;
    let payload = Bytes::new();
    let mut snapshot =
        StoredSnapshot { machine, sequence: live.sequence, position, schema, payload };
    let checksum = checksum(&snapshot, &bytes[CHECKSUM_BYTES..]);
    bytes[..CHECKSUM_BYTES].copy_from_slice(&checksum.to_le_bytes());
    snapshot.payload = bytes.into();
    Ok(snapshot)
}

impl Sealed {
    /// Opens a snapshot of this machine that was taken by this program; `None` if it is not that,
    /// or no machine that remembers so many answers would be.
    pub(super) fn open(
        snapshot: &StoredSnapshot,
        behind: (&MachineKey, SchemaId),
        program: u64,
        answers_max: usize,
    ) -> Option<(Self, Stored)> {
        if (&snapshot.machine, snapshot.schema) != behind || snapshot.sequence == Sequence::START {
            return None;
        }
        let (checksum_bytes, bytes) = snapshot.payload.split_first_chunk::<CHECKSUM_BYTES>()?;
        if u64::from_le_bytes(*checksum_bytes) != checksum(snapshot, bytes) {
            return None;
        }
        let decoded: Result<Self, CodecError> = Codec::default().decode(bytes);
        let sealed = decoded.ok().filter(|sealed| sealed.program == program)?;
        let stored = Stored::decode(&sealed.machine).ok()?;
        // A machine that forgot an answer which it would remember now is another machine.
        let remembered_all = (stored.answered.len() as u64) < sealed.answers_max;
        (remembered_all || answers_max as u64 <= sealed.answers_max).then_some((sealed, stored))
    }
}

fn checksum(snapshot: &StoredSnapshot, bytes: &[u8]) -> u64 {
    let StoredSnapshot { machine, sequence, position, schema, .. } = snapshot;
    FixedState::default().hash_one((machine, sequence, position, schema, bytes))
}
