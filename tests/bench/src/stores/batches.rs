//! Batches of meter readings.

use fsm_core::journal::{Batch, Fact, MachineKey, Registered, Sequence};
use fsm_core::{RowId, StateId, Timestamp};

use super::ours::REGISTERED;

/// Batches that go on where the last one ended: creations first, transitions ever after.
#[derive(Debug)]
pub(crate) struct Batches {
    registered: Registered,
    machines: Vec<(MachineKey, Sequence)>,
    next: usize,
}

impl Batches {
    /// Batches for this many machines, which any store takes.
    pub(crate) fn new(machines: usize) -> Self {
        Self::of(REGISTERED, machines)
    }

    /// Batches for this many machines of a kind that a journal has registered.
    pub(crate) fn of(registered: Registered, machines: usize) -> Self {
        let key = |n| MachineKey::new(registered.kind, format!("meter-{n:06}"));
        let machines = (0..machines).map(|n| (key(n), Sequence::START)).collect();
        Self { registered, machines, next: 0 }
    }

    /// The next `count` batches of `size` records with payloads of `bytes` bytes.
    pub(crate) fn take(&mut self, count: usize, size: usize, bytes: usize) -> Vec<Batch> {
        (0..count).map(|_| self.batch(size, bytes)).collect()
    }

    /// The next batch.
    pub(crate) fn batch(&mut self, size: usize, bytes: usize) -> Batch {
        let mut batch = Batch::with_capacity(size, size * bytes);
        let mut payload = vec![0; bytes];
        for _ in 0..size {
            let machines = self.machines.len();
            let (key, sequence) = &mut self.machines[self.next % machines];
            *sequence = sequence.next();
            let fact = match sequence.0 {
                1 => Fact::Created,
                _ => Fact::Transition { row: RowId(0), state: StateId(0) },
            };
            for (word, n) in payload.chunks_mut(8).zip(0..) {
                let mixed = mix(self.next as u64 ^ (n << 56)).to_le_bytes();
                word.copy_from_slice(&mixed[..word.len()]);
            }
            let time = Timestamp::from_micros(1_700_000_000_000_000 + self.next as i64 * 7);
            let schema = self.registered.schema;
            batch.push(key.clone(), *sequence, time, schema, fact, &payload);
            self.next += 1;
        }
        batch
    }
}

/// A number that looks like chance (splitmix64), so that payloads cannot be made shorter.
pub(crate) const fn mix(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
