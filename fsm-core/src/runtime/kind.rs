//! What all machines of one kind share: their numbers in the journal, their queues, and the way
//! to read one back.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use foldhash::fast::FixedState;
use tokio::sync::{OnceCell, oneshot};

use super::Machine;
use super::clock::Clock;
use super::command::{Command, Order, Terms};
use super::decoding::event_of;
use super::effects::{DeadLetters, EffectKey, Stopped, Workers};
use super::error::{SendError, Unavailable};
use super::evolution::Incompatible;
use super::health::{Gauges, KindHealth};
use super::lane::Lane;
use super::machines::Machines;
use super::message::{Undelivered, undelivered};
use super::options::MachineOptions;
use super::post::Mail;
use super::replay_error::ReplayError;
use super::snapshotting::Snapshotting;
use super::translation::Translation;
use crate::journal::{
    Codec, Journal, MachineId, MachineKey, Metadata, Pending, Position, Record, Registered, Schema,
    SchemaId, Sequence,
};
use crate::machine::{NoEffect, Timestamp};

/// How many records are read at once to bring a machine back.
const READ_RECORDS: usize = 1_024;

/// The kind `F` in one system.
#[derive(Debug)]
pub(super) struct Kind<F: Machine> {
    /// Its schema in this code.
    schema: OnceLock<Schema>,
    /// Whether this code can read what the journal holds of it.
    fits: OnceLock<Result<(), Box<Incompatible>>>,
    registered: OnceCell<Registered>,
    translations: Mutex<HashMap<SchemaId, Arc<Translation>>>,
    lanes: Vec<Arc<Lane<Command<F>, Machines<F>>>>,
    around: Surroundings<F>,
    gauges: Gauges,
    snapshots: Snapshotting,
}

/// What a kind is given by its system.
#[derive(Debug)]
pub(super) struct Surroundings<F: Machine> {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: MachineOptions,
    /// What performs its effects, if it has any.
    pub(super) workers: Option<Workers<F>>,
    pub(super) mail: Mail,
    pub(super) dead_letters: Arc<Mutex<DeadLetters>>,
    pub(super) volatile: bool,
}

/// A kind whose type is forgotten, as the system keeps it.
pub(super) trait AnyKind: Any + Send + Sync {
    /// The kind's name.
    fn name(&self) -> &'static str;

    /// Refuses every later command.
    fn close(&self);

    /// Sends an event once, under this key, that code of this schema encoded.
    fn tell<'a>(
        &'a self,
        id: MachineId,
        event: (&'a [u8], Option<SchemaId>),
        key: String,
    ) -> Pending<'a, Result<(), Undelivered>>;

    /// The number of the kind's schema; `None` if nothing is journaled.
    fn schema_id(&self) -> Pending<'_, Result<Option<SchemaId>, Unavailable>>;
    /// Stops a machine, unless it has ended or never was.
    fn stop(&self, id: MachineId) -> Pending<'_, Result<(), Undelivered>>;

    /// Has an abandoned effect performed after all.
    fn resume<'a>(&'a self, key: &'a EffectKey) -> Pending<'a, Result<bool, SendError>>;

    /// How the kind is doing.
    fn health(&self) -> KindHealth;

    /// Begins no more effects, and cuts off at the deadline those that are under way; `None` if the
    /// kind has no handler.
    fn stop_effects(&self, deadline: Timestamp) -> Pending<'_, Option<Stopped>>;

    /// The kind as something that can be asked for its type.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<F: Machine> Kind<F> {
    pub(super) fn new(
        lanes: Vec<Arc<Lane<Command<F>, Machines<F>>>>,
        around: Surroundings<F>,
    ) -> Self {
        let snapshots = Snapshotting::new(around.options.snapshots, around.volatile);
        Self {
            schema: OnceLock::new(),
            fits: OnceLock::new(),
            registered: OnceCell::new(),
            translations: Mutex::default(),
            lanes,
            around,
            gauges: Gauges::default(),
            snapshots,
        }
    }

    /// Whether its effects need somebody to perform them.
    pub(super) fn has_effects() -> bool {
        TypeId::of::<F::Effect>() != TypeId::of::<NoEffect>()
    }

    /// What its shards count.
    pub(super) const fn gauges(&self) -> &Gauges {
        &self.gauges
    }

    /// What it knows of its snapshots.
    pub(super) const fn snapshots(&self) -> &Snapshotting {
        &self.snapshots
    }

    /// What performs its effects.
    pub(super) const fn workers(&self) -> Option<&Workers<F>> {
        self.around.workers.as_ref()
    }

    /// What brings its messages to other machines.
    pub(super) const fn mail(&self) -> &Mail {
        &self.around.mail
    }

    /// The clock of its system.
    pub(super) const fn clock(&self) -> &Arc<dyn Clock> {
        &self.around.clock
    }

    /// Where its records are.
    pub(super) const fn journal(&self) -> &Arc<dyn Journal> {
        &self.around.journal
    }

    /// Whether the system shuts down.
    pub(super) fn is_closed(&self) -> bool {
        self.lanes.iter().any(|lane| lane.queue.is_closed())
    }

    /// How its machines live.
    pub(super) const fn options(&self) -> &MachineOptions {
        &self.around.options
    }

    /// How many shards it is spread over.
    pub(super) const fn shards(&self) -> usize {
        self.lanes.len()
    }

    /// Whether nothing is journaled.
    pub(super) const fn is_volatile(&self) -> bool {
        self.around.volatile
    }

    /// The effects that could not be performed.
    pub(super) fn dead_letters(&self) -> MutexGuard<'_, DeadLetters> {
        // Nothing panics under the lock.
        self.around.dead_letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of the effects that could not be performed.
    pub(super) const fn cemetery(&self) -> &Arc<Mutex<DeadLetters>> {
        &self.around.dead_letters
    }

    async fn ask<A>(
        &self,
        id: MachineId,
        order: impl FnOnce(oneshot::Sender<Result<A, SendError>>) -> Order<F>,
    ) -> Result<A, SendError> {
        let (answer, answered) = oneshot::channel();
        let pushed = self.lane(&id).queue.push(Command::letter(id, None, order(answer)));
        pushed.map_err(|(unqueued, _)| unqueued.refuse(()))?;
        answered.await.unwrap_or(Err(SendError::Unanswered))
    }

    /// The way to the shard that owns this machine.
    pub(super) fn lane(&self, id: &str) -> &Arc<Lane<Command<F>, Machines<F>>> {
        // Within one process the owner must only be the same each time.
        let hash = FixedState::default().hash_one(id);
        let shard = usize::try_from(hash >> 32).unwrap_or(0) % self.lanes.len();
        &self.lanes[shard]
    }

    /// The kind's numbers, registered with the journal by whoever asks first. Nothing is registered
    /// that cannot read what is there.
    pub(super) async fn registered(&self) -> Result<Registered, Unavailable> {
        self.fits()?;
        let register = || async { self.around.journal.register(self.schema()).await };
        Ok(*self.registered.get_or_try_init(register).await?)
    }

    /// Whether this code can read what every schema of the kind in the journal wrote.
    pub(super) fn fits(&self) -> Result<(), Box<Incompatible>> {
        let look = || {
            if self.is_volatile() {
                return Ok(());
            }
            // The numbers have no gaps.
            let schemas = (0..).map(SchemaId);
            let schemas = schemas.map_while(|id| Some((id, self.around.journal.schema(id)?)));
            for (id, stored) in schemas.filter(|(_, stored)| stored.kind == F::TABLE.name) {
                self.translate(id, stored)?;
            }
            Ok(())
        };
        self.fits.get_or_init(look).clone()
    }

    /// The kind's schema in this code.
    fn schema(&self) -> &Schema {
        self.schema.get_or_init(Schema::of::<F>)
    }

    /// The machine's records from `from` on, a page of them.
    pub(super) async fn page(
        &self,
        machine: &MachineKey,
        from: Sequence,
    ) -> Result<Vec<Record>, Unavailable> {
        Ok(self.around.journal.read(machine, from, READ_RECORDS).await?)
    }

    /// Whether a page is the last one.
    pub(super) const fn is_last(page: &[Record]) -> bool {
        page.len() < READ_RECORDS
    }

    /// What the numbers in `record` mean to the compiled table.
    pub(super) fn translation(&self, record: &Record) -> Result<Arc<Translation>, ReplayError> {
        self.translation_of(record.position, record.schema)
    }

    /// What the numbers of this schema mean to the compiled table, for a record at `position`.
    pub(super) fn translation_of(
        &self,
        position: Position,
        schema: SchemaId,
    ) -> Result<Arc<Translation>, ReplayError> {
        if let Some(known) = self.translations().get(&schema) {
            return Ok(Arc::clone(known));
        }
        let stored = self.around.journal.schema(schema);
        let stored = stored.ok_or(ReplayError::UnknownSchema { position, schema })?;
        // Somebody else's code may have registered it since this one looked.
        let translated = self.translate(schema, stored);
        translated.map_err(|source| ReplayError::Incompatible { position, source })
    }

    fn translate(
        &self,
        id: SchemaId,
        stored: Arc<Schema>,
    ) -> Result<Arc<Translation>, Box<Incompatible>> {
        let translation = Arc::new(Translation::new::<F>(stored, self.schema())?);
        self.translations().insert(id, Arc::clone(&translation));
        Ok(translation)
    }

    fn translations(&self) -> MutexGuard<'_, HashMap<SchemaId, Arc<Translation>>> {
        // Nothing under this lock leaves the map half changed.
        self.translations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An event that code of this schema encoded; this code, if it is not said.
    fn decoded(&self, event: &[u8], schema: Option<SchemaId>) -> Result<F::Event, String> {
        let Some(id) = schema else {
            return Codec::default().decode(event).map_err(|error| error.to_string());
        };
        let known = self.translations().get(&id).cloned();
        let translation = match (known, self.around.journal.schema(id)) {
            (Some(known), _) => known,
            (None, Some(stored)) => {
                self.translate(id, stored).map_err(|error| error.to_string())?
            }
            (None, None) => return Err(format!("the journal does not know {id}")),
        };
        event_of::<F>(event, &translation).map_err(|error| error.to_string())
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
        self.lanes.iter().for_each(|lane| lane.close());
    }

    fn tell<'a>(
        &'a self,
        id: MachineId,
        (event, schema): (&'a [u8], Option<SchemaId>),
        key: String,
    ) -> Pending<'a, Result<(), Undelivered>> {
        Box::pin(async move {
            let event = self.decoded(event, schema).map_err(Undelivered::Refused)?;
            let causation = Some(key.clone());
            let metadata = Metadata { key: Some(key), causation, ..Metadata::default() };
            let terms = Some(Box::new(Terms { metadata, ..Terms::default() }));
            let (answer, answered) = oneshot::channel();
            let order = Order::Send { event, answer: Some(answer), terms };
            let pushed = self.lane(&id).queue.push(Command::letter(id, None, order));
            pushed.map_err(|(unqueued, _)| undelivered(unqueued.refuse(())))?;
            match answered.await.unwrap_or(Err(SendError::Unanswered)) {
                // Who has ended, or never was, need not be told.
                Ok(_) | Err(SendError::Completed { .. } | SendError::NotFound { .. }) => Ok(()),
                Err(error) => Err(undelivered(error)),
            }
        })
    }

    fn schema_id(&self) -> Pending<'_, Result<Option<SchemaId>, Unavailable>> {
        Box::pin(async move {
            if self.is_volatile() {
                return Ok(None);
            }
            Ok(Some(self.registered().await?.schema))
        })
    }

    fn stop(&self, id: MachineId) -> Pending<'_, Result<(), Undelivered>> {
        Box::pin(async move {
            match self.ask(id, |answer| Order::Stop { answer }).await {
                Ok(_) | Err(SendError::Completed { .. } | SendError::NotFound { .. }) => Ok(()),
                Err(error) => Err(undelivered(error)),
            }
        })
    }

    fn resume<'a>(&'a self, key: &'a EffectKey) -> Pending<'a, Result<bool, SendError>> {
        Box::pin(async move {
            let Ok(index) = u16::try_from(key.index) else { return Ok(false) };
            let sequence = key.sequence;
            let resume = |answer| Order::Resume { sequence, index, answer };
            // Taken first: by the time of the answer there may be a letter of the next failure.
            let letter = self.dead_letters().take(key);
            let resumed = self.ask(key.machine.clone(), resume).await;
            if let (Some(letter), Err(_)) = (letter, &resumed) {
                let mut letters = self.dead_letters();
                if letters.find(key).is_none() {
                    letters.add(letter);
                }
            }
            resumed
        })
    }

    fn health(&self) -> KindHealth {
        let queued = self.lanes.iter().map(|lane| lane.queue.len()).sum();
        let effects = self.workers().map(Workers::statistics);
        self.gauges.read(F::TABLE.name, queued, effects, self.snapshots.health())
    }

    fn stop_effects(&self, deadline: Timestamp) -> Pending<'_, Option<Stopped>> {
        Box::pin(async move {
            match self.workers() {
                Some(workers) => Some(workers.stop(deadline).await),
                None => None,
            }
        })
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
