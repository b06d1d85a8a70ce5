//! What all machines of one kind share: their numbers in the journal, their queues, and the way
//! to read one back.

use std::any::Any;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::FixedState;
use tokio::sync::OnceCell;

use super::Machine;
use super::command::Command;
use super::error::Unavailable;
use super::live::Live;
use super::options::MachineOptions;
use super::performing::Performer;
use super::queue::Queue;
use super::replay::{Replay, ReplayError, Translation};
use crate::journal::{
    Journal, MachineId, MachineKey, Position, Record, Registered, Schema, SchemaId, Sequence,
};

/// How many records are read at once to bring a machine back.
const READ_RECORDS: usize = 1_024;

/// The kind `F` in one system.
#[derive(Debug)]
pub(super) struct Kind<F: Machine> {
    journal: Arc<dyn Journal>,
    registered: OnceCell<Registered>,
    translations: Mutex<HashMap<SchemaId, Arc<Translation>>>,
    queues: Vec<Arc<Queue<Command<F>>>>,
    options: MachineOptions,
    performer: Option<Arc<dyn Performer<F>>>,
    volatile: bool,
}

/// A kind whose type is forgotten, as the system keeps it.
pub(super) trait AnyKind: Any + Send + Sync {
    /// The kind's name.
    fn name(&self) -> &'static str;

    /// Refuses every later command.
    fn close(&self);

    /// The kind as something that can be asked for its type.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<F: Machine> Kind<F> {
    pub(super) fn new(
        journal: Arc<dyn Journal>,
        queues: Vec<Arc<Queue<Command<F>>>>,
        options: MachineOptions,
        performer: Option<Arc<dyn Performer<F>>>,
        volatile: bool,
    ) -> Self {
        let (registered, translations) = (OnceCell::new(), Mutex::default());
        Self { journal, registered, translations, queues, options, performer, volatile }
    }

    /// What performs its effects.
    pub(super) fn performer(&self) -> Option<Arc<dyn Performer<F>>> {
        self.performer.clone()
    }

    /// Where its records are.
    pub(super) fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// Whether the system shuts down.
    pub(super) fn is_closed(&self) -> bool {
        self.queues.iter().any(|queue| queue.is_closed())
    }

    /// How its machines live.
    pub(super) const fn options(&self) -> &MachineOptions {
        &self.options
    }

    /// How many shards it is spread over.
    pub(super) fn shards(&self) -> usize {
        self.queues.len()
    }

    /// Whether nothing is journaled.
    pub(super) const fn is_volatile(&self) -> bool {
        self.volatile
    }

    /// The queue of the shard that owns this machine.
    pub(super) fn queue(&self, id: &str) -> Arc<Queue<Command<F>>> {
        // Within one process the owner must only be the same each time.
        let hash = FixedState::default().hash_one(id);
        let shard = usize::try_from(hash >> 32).unwrap_or(0) % self.queues.len();
        Arc::clone(&self.queues[shard])
    }

    /// The kind's numbers, registered with the journal by whoever asks first.
    pub(super) async fn registered(&self) -> Result<Registered, Unavailable> {
        let register = || async { self.journal.register(&Schema::of::<F>()).await };
        Ok(*self.registered.get_or_try_init(register).await?)
    }

    /// The machine's records from `from` on, a page of them.
    pub(super) async fn page(
        &self,
        machine: &MachineKey,
        from: Sequence,
    ) -> Result<Vec<Record>, Unavailable> {
        Ok(self.journal.read(machine, from, READ_RECORDS).await?)
    }

    /// Whether a page is the last one.
    pub(super) const fn is_last(page: &[Record]) -> bool {
        page.len() < READ_RECORDS
    }

    /// The machine as its records up to the first for which `wanted` says no make it; `None` if
    /// there is none.
    pub(super) async fn replay(
        &self,
        machine: &MachineKey,
        wanted: impl Fn(&Record) -> bool,
    ) -> Result<Option<(Live<F>, Position)>, Unavailable> {
        let answers_max = self.options.limits.answers_max;
        let mut replay = Replay::<F>::new(machine.id.to_string(), answers_max);
        let mut known: Option<(SchemaId, Arc<Translation>)> = None;
        loop {
            let page = self.page(machine, replay.next()).await?;
            for record in &page {
                if !wanted(record) {
                    return Ok(replay.finish());
                }
                let translation = match &known {
                    Some((schema, translation)) if *schema == record.schema => translation,
                    _ => {
                        let translation = self.translation(record)?;
                        &known.insert((record.schema, translation)).1
                    }
                };
                replay.take(record, translation)?;
            }
            if Self::is_last(&page) {
                return Ok(replay.finish());
            }
        }
    }

    /// What the numbers in `record` mean to the compiled table.
    pub(super) fn translation(&self, record: &Record) -> Result<Arc<Translation>, ReplayError> {
        // Nothing under this lock leaves the map half changed.
        let mut translations = self.translations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = translations.get(&record.schema) {
            return Ok(Arc::clone(known));
        }
        let (position, schema) = (record.position, record.schema);
        let stored = self.journal.schema(schema);
        let stored = stored.ok_or(ReplayError::UnknownSchema { position, schema })?;
        let translation = Arc::new(Translation::new(stored, F::TABLE));
        translations.insert(schema, Arc::clone(&translation));
        Ok(translation)
    }

    /// The machine's key, once the kind has its numbers.
    pub(super) async fn key(&self, id: MachineId) -> Result<MachineKey, Unavailable> {
        Ok(MachineKey::new(self.registered().await?.kind, id))
    }
}

impl<F: Machine> AnyKind for Kind<F> {
    fn name(&self) -> &'static str {
        F::TABLE.name
    }

    fn close(&self) {
        self.queues.iter().for_each(|queue| queue.close());
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
