//! Where machines stand: the slot and sequence of the last record of each, by a hash of its name.
//!
//! The hash is keyed with the journal's own secret and has 128 bits, so two machines share one by
//! neither accident nor design. Spaces have heads as well: their last space sequence.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use fsm_core::journal::{KindId, MachineKey, SpaceId};
use siphasher::sip128::SipHasher13;

/// The last record of a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The slot of the chunk it is in.
    pub(super) slot: u64,
    /// Its sequence.
    pub(super) sequence: u64,
}

/// Heads by the hash of their machine.
pub(super) type Heads = HashMap<u128, Head, BuildHasherDefault<AlreadyHashed>>;

/// Hashes names with the journal's secret.
#[derive(Clone, Debug)]
pub(super) struct NameHasher {
    key: SipHasher13,
    buffer: Vec<u8>,
}

/// No kind has this number, so spaces cannot be taken for machines.
const SPACE_KIND: KindId = KindId(u32::MAX);

impl NameHasher {
    pub(super) fn new(key: &[u8; 16]) -> Self {
        Self { key: SipHasher13::new_with_key(key), buffer: Vec::new() }
    }

    #[inline]
    pub(super) fn machine(&mut self, machine: &MachineKey) -> u128 {
        self.parts(machine.kind, machine.space, machine.id.as_bytes())
    }

    pub(super) fn space(&mut self, space: SpaceId) -> u128 {
        self.parts(SPACE_KIND, space, b"")
    }

    #[inline]
    pub(super) fn parts(&mut self, kind: KindId, space: SpaceId, id: &[u8]) -> u128 {
        self.buffer.clear();
        self.buffer.extend_from_slice(&kind.0.to_le_bytes());
        self.buffer.extend_from_slice(&space.0.to_le_bytes());
        self.buffer.extend_from_slice(id);
        self.key.hash(&self.buffer).as_u128()
    }
}

/// The map's hasher: its keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}
