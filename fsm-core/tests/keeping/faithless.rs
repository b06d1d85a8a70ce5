//! A journal whose snapshots are not what was saved.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fsm_core::journal::{
    AppendError, Batch, Committed, Cursors, Durability, Journal, KindId, MachineKey, MemoryJournal,
    Pending, Position, ReadError, Record, RegisterError, Registered, Schema, SchemaId, Sequence,
    Snapshots, Spaces, StoredSnapshot, Upkeep,
};
use proptest::prelude::*;

/// What becomes of a snapshot that is loaded.
#[derive(Clone, Debug)]
pub(crate) enum Fraud {
    /// A bit of it is another one.
    Flipped(u16),
    /// Its end is missing.
    Cut(u16),
    /// It goes on behind its end.
    Longer,
    /// It has nothing.
    Empty,
    /// It says to be taken behind a record further on, with one that may not be there yet.
    Future(u8),
    /// It says to be taken behind a record before.
    Past(u8),
    /// It says to stand elsewhere.
    Moved(i8),
    /// It says to be of another schema.
    OtherSchema,
    /// It is one of another machine, and says to be one of this.
    Relabelled,
    /// It is one of another machine.
    OtherMachine,
    /// It is the payload of an older one of the same machine.
    Older,
    /// It is the first that was ever saved of the machine, as it was saved.
    First,
    /// It cannot be loaded.
    Unreadable,
}

pub(crate) fn fraud() -> impl Strategy<Value = Fraud> {
    prop_oneof![
        4 => any::<u16>().prop_map(Fraud::Flipped),
        2 => any::<u16>().prop_map(Fraud::Cut),
        1 => Just(Fraud::Longer),
        1 => Just(Fraud::Empty),
        2 => (1u8..20).prop_map(Fraud::Future),
        2 => (1u8..20).prop_map(Fraud::Past),
        2 => any::<i8>().prop_filter("it moves", |by| *by != 0).prop_map(Fraud::Moved),
        1 => Just(Fraud::OtherSchema),
        2 => Just(Fraud::Relabelled),
        1 => Just(Fraud::OtherMachine),
        2 => Just(Fraud::Older),
        1 => Just(Fraud::Unreadable),
    ]
}

/// A journal in memory, with such snapshots.
#[derive(Clone, Debug)]
pub(crate) struct Faithless {
    memory: MemoryJournal,
    snapshots: Arc<Forged>,
}

#[derive(Debug)]
struct Forged {
    memory: MemoryJournal,
    frauds: Vec<Fraud>,
    loads: AtomicU64,
    saved: Mutex<Vec<StoredSnapshot>>,
}

impl Faithless {
    pub(crate) fn new(memory: MemoryJournal, frauds: Vec<Fraud>) -> Self {
        let snapshots = Forged {
            memory: memory.clone(),
            frauds,
            loads: AtomicU64::new(0),
            saved: Mutex::default(),
        };
        Self { memory, snapshots: Arc::new(snapshots) }
    }
}

impl Forged {
    fn forge(&self, snapshot: StoredSnapshot) -> Result<Option<StoredSnapshot>, ReadError> {
        let load = usize::try_from(self.loads.fetch_add(1, Ordering::Relaxed)).unwrap();
        let bytes = snapshot.payload.to_vec();
        let saved = self.saved.lock().unwrap();
        let other = saved.iter().rev().find(|other| other.machine != snapshot.machine);
        let older = saved
            .iter()
            .rev()
            .find(|other| other.machine == snapshot.machine && other.sequence < snapshot.sequence);
        Ok(match &self.frauds[load % self.frauds.len()] {
            Fraud::Flipped(which) => {
                let mut bytes = bytes;
                let bit = usize::from(*which) % (bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
                Some(StoredSnapshot { payload: bytes.into(), ..snapshot })
            }
            Fraud::Cut(which) => {
                let bytes = bytes[..usize::from(*which) % bytes.len()].to_vec();
                Some(StoredSnapshot { payload: bytes.into(), ..snapshot })
            }
            Fraud::Longer => {
                let bytes = [&bytes[..], &[0]].concat();
                Some(StoredSnapshot { payload: bytes.into(), ..snapshot })
            }
            Fraud::Empty => Some(StoredSnapshot { payload: Bytes::new(), ..snapshot }),
            Fraud::Future(by) => {
                let sequence = Sequence(snapshot.sequence.0 + u64::from(*by));
                Some(StoredSnapshot { sequence, ..snapshot })
            }
            Fraud::Past(by) => {
                let sequence = Sequence(snapshot.sequence.0.saturating_sub(u64::from(*by)));
                Some(StoredSnapshot { sequence, ..snapshot })
            }
            Fraud::Moved(by) => {
                let position = snapshot.position.0.saturating_add_signed(i64::from(*by));
                Some(StoredSnapshot { position: Position(position), ..snapshot })
            }
            Fraud::OtherSchema => {
                let schema = SchemaId(snapshot.schema.0 ^ 1);
                Some(StoredSnapshot { schema, ..snapshot })
            }
            Fraud::Relabelled => {
                let payload = other.map_or(Bytes::new(), |other| other.payload.clone());
                Some(StoredSnapshot { payload, ..snapshot })
            }
            Fraud::OtherMachine => Some(other.cloned().unwrap_or_else(|| {
                let id = "another".into();
                let machine = MachineKey { id, ..snapshot.machine.clone() };
                StoredSnapshot { machine, ..snapshot }
            })),
            Fraud::Older => {
                let payload = older.map_or(Bytes::new(), |older| older.payload.clone());
                Some(StoredSnapshot { payload, ..snapshot })
            }
            Fraud::First => saved.iter().find(|first| first.machine == snapshot.machine).cloned(),
            Fraud::Unreadable => return Err(ReadError::Closed),
        })
    }
}

impl Snapshots for Forged {
    fn save(
        &self,
        snapshot: StoredSnapshot,
        keep: usize,
    ) -> Pending<'static, Result<(), AppendError>> {
        self.saved.lock().unwrap().push(snapshot.clone());
        self.memory.snapshots().save(snapshot, keep)
    }

    fn load<'a>(
        &'a self,
        machine: &'a MachineKey,
        up_to: Sequence,
    ) -> Pending<'a, Result<Option<StoredSnapshot>, ReadError>> {
        Box::pin(async move {
            match self.memory.snapshots().load(machine, up_to).await? {
                Some(snapshot) => self.forge(snapshot),
                None => Ok(None),
            }
        })
    }

    fn discard(&self, machine: &MachineKey) -> Pending<'static, Result<(), AppendError>> {
        self.memory.snapshots().discard(machine)
    }
}

impl Journal for Faithless {
    fn register<'a>(
        &'a self,
        schema: &'a Schema,
    ) -> Pending<'a, Result<Registered, RegisterError>> {
        self.memory.register(schema)
    }

    fn schema(&self, id: SchemaId) -> Option<Arc<Schema>> {
        self.memory.schema(id)
    }

    fn kind(&self, name: &str) -> Option<KindId> {
        self.memory.kind(name)
    }

    fn append(&self, batch: Batch) -> Pending<'static, Result<Committed, AppendError>> {
        self.memory.append(batch)
    }

    fn read<'a>(
        &'a self,
        machine: &'a MachineKey,
        from: Sequence,
        limit: usize,
    ) -> Pending<'a, Result<Vec<Record>, ReadError>> {
        self.memory.read(machine, from, limit)
    }

    fn read_all(
        &self,
        from: Position,
        limit: usize,
    ) -> Pending<'_, Result<Vec<Record>, ReadError>> {
        self.memory.read_all(from, limit)
    }

    fn head(&self) -> Position {
        self.memory.head()
    }

    fn reached(&self, position: Position) -> Pending<'_, Result<(), ReadError>> {
        self.memory.reached(position)
    }

    fn snapshots(&self) -> &dyn Snapshots {
        &*self.snapshots
    }

    fn cursors(&self) -> &dyn Cursors {
        self.memory.cursors()
    }

    fn spaces(&self) -> &dyn Spaces {
        self.memory.spaces()
    }

    fn upkeep(&self) -> &dyn Upkeep {
        self.memory.upkeep()
    }

    fn durability(&self) -> Durability {
        self.memory.durability()
    }

    fn close(&self) -> Pending<'_, Result<(), AppendError>> {
        self.memory.close()
    }
}
