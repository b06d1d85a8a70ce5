//! Bringing back, after a restart, the machines that have something to do without being sent
//! anything: a timer that runs, a scheduled event, an effect that is owed.
//!
//! The journal is read once, without the machines' types: each record says how many effects it
//! owes, and the stored schemas say which states have timers. Machines with something to do are
//! brought to memory; those that have only to wait leave it again at once and keep their due time.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, Semaphore};

use super::Machine;
use super::backoff::Backoff;
use super::clock::Clock;
use super::command::{Command, Order};
use super::decoding::decode;
use super::duties::StoredDeath;
use super::effects::{DeadLetter, EffectKey};
use super::error::Unavailable;
use super::kind::Kind;
use super::queue::Unqueued;
use super::random::Random;
use super::stored::Stored;
use crate::journal::{
    Fact, Journal, KindId, MachineId, MachineKey, Origin, Position, ReadError, Record, SchemaId,
};
use crate::machine::StateId;

/// How many records are read at once: commands are carried out between two pages.
const PAGE_RECORDS: usize = 512;
/// How many machines of a kind are being brought back at once: a command for another machine waits
/// for no more than these.
const WOKEN_MAX: usize = 128;
/// How long a full queue, or a journal that cannot be read, is left alone.
const PAUSE: Backoff =
    Backoff::new(Duration::from_millis(1)).cap(Duration::from_secs(10)).jitter(0.5);

/// The machines that have something to do, found once for all kinds.
#[derive(Debug)]
pub(super) struct Awakening {
    random: Arc<Random>,
    found: OnceCell<HashMap<KindId, Mutex<Vec<MachineId>>>>,
}

/// What a machine has to do, as far as its records tell without its type.
#[derive(Debug, Default)]
struct Need {
    /// Whether its state has timers.
    timed: bool,
    owed: u64,
    scheduled: u64,
}

impl Need {
    /// What a machine has to do that was written down as a whole.
    fn of_base(record: &Record) -> Self {
        // What cannot be read here is refused when its machine is replayed.
        let Ok(stored) = Stored::decode(&record.payload) else { return Self::default() };
        let timed = stored.timers.iter().any(|timer| timer.due.is_some());
        Self { timed, owed: 0, scheduled: stored.scheduled.len() as u64 }
    }
}

/// For each schema, which of its states have timers.
#[derive(Debug)]
struct Timed<'a> {
    journal: &'a dyn Journal,
    schemas: HashMap<SchemaId, Vec<bool>>,
}

impl Awakening {
    pub(super) fn new(random: Arc<Random>) -> Self {
        Self { random, found: OnceCell::new() }
    }

    /// Has the kind's machines brought back that have something to do. Ends when they are, or when
    /// the system shuts down.
    pub(super) async fn awaken<F: Machine>(self: Arc<Self>, kind: Arc<Kind<F>>) {
        let mut pause = Pause { clock: kind.clock(), random: &self.random, failures: 0 };
        let (found, kind_id) = loop {
            let find = async || {
                let found = find(&**kind.journal()).await?;
                let mut letters = kind.dead_letters();
                found.dead.into_iter().for_each(|letter| drop(letters.add(letter)));
                Ok::<_, ReadError>(found.waiting)
            };
            let found = self.found.get_or_try_init(find).await;
            match (found, kind.registered().await) {
                (Ok(found), Ok(registered)) => break (found, registered.kind),
                // It cannot be read by this code, which says so to everybody who asks.
                (_, Err(Unavailable::Incompatible(_))) => return,
                _ if kind.is_closed() => return,
                _ => pause.take().await,
            }
        };
        let ids = found.get(&kind_id).map(|ids| {
            // Nothing panics under the lock.
            std::mem::take(&mut *ids.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let turns = Arc::new(Semaphore::new(WOKEN_MAX));
        for id in ids.unwrap_or_default() {
            // It is never closed.
            let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
            let lane = kind.lane(&id);
            let mut command = Command::letter(id, None, Order::Wake { _turn: turn });
            loop {
                match lane.queue.push(command) {
                    Ok(()) => break pause.reset(),
                    Err((Unqueued::Closed, _)) => return,
                    Err((Unqueued::Full, back)) => command = back,
                }
                pause.take().await;
            }
        }
    }
}

/// Pauses that become longer.
struct Pause<'a> {
    clock: &'a Arc<dyn Clock>,
    random: &'a Random,
    failures: u32,
}

impl Pause<'_> {
    async fn take(&mut self) {
        self.failures = self.failures.saturating_add(1);
        let delay = PAUSE.delay_with_jitter(self.failures, self.random.fraction());
        self.clock.sleep_until(self.clock.now().saturating_add(delay)).await;
    }

    const fn reset(&mut self) {
        self.failures = 0;
    }
}

/// What the journal says is to be done.
struct Found {
    waiting: HashMap<KindId, Mutex<Vec<MachineId>>>,
    /// Effects that were given up, oldest first.
    dead: Vec<DeadLetter>,
}

async fn find(journal: &dyn Journal) -> Result<Found, ReadError> {
    let mut timed = Timed { journal, schemas: HashMap::new() };
    let mut needs: BTreeMap<MachineKey, Need> = BTreeMap::new();
    let mut dead = BTreeMap::new();
    let mut from = Position(1);
    loop {
        let page = journal.read_all(from, PAGE_RECORDS).await?;
        for record in &page {
            note(&mut needs, record, &mut timed);
            note_dead(&mut dead, record, journal);
        }
        from = page.last().map_or(from, |last| last.position.plus(1));
        if page.len() < PAGE_RECORDS {
            break;
        }
        tokio::task::yield_now().await;
    }
    let mut waiting: HashMap<KindId, Mutex<Vec<MachineId>>> = HashMap::new();
    for key in needs.into_keys() {
        let ids = waiting.entry(key.kind).or_default();
        ids.get_mut().unwrap_or_else(PoisonError::into_inner).push(key.id);
    }
    let mut dead: Vec<_> = dead.into_values().collect();
    dead.sort_by_key(|(position, _)| *position);
    Ok(Found { waiting, dead: dead.into_iter().map(|(_, letter)| letter).collect() })
}

/// The effects that were given up, with the positions of the records that say so.
type Dead = BTreeMap<EffectKey, (Position, DeadLetter)>;

/// Follows the effects that were given up by one record.
fn note_dead(dead: &mut Dead, record: &Record, journal: &dyn Journal) {
    let (given_up, sequence, index) = match record.fact {
        Fact::Abandoned { sequence, index } => (true, sequence, index),
        Fact::Resumed { sequence, index } => (false, sequence, index),
        _ => return,
    };
    let Some(schema) = journal.schema(record.schema) else { return };
    let id = MachineId::from(String::from(&*record.machine.id));
    let key = EffectKey::new(schema.kind.clone(), id, sequence, index.into());
    if !given_up {
        dead.remove(&key);
        return;
    }
    // What cannot be read here is refused when its machine is replayed.
    let Ok(StoredDeath { effect, why, attempts, permanent }) = decode(record, String::new) else {
        return;
    };
    let letter =
        DeadLetter { key: key.clone(), effect, why, attempts, permanent, time: record.time };
    dead.insert(key, (record.position, letter));
}

/// Follows a machine by one record; one that has nothing to do is not kept.
fn note(needs: &mut BTreeMap<MachineKey, Need>, record: &Record, timed: &mut Timed<'_>) {
    // What cannot be read here is refused when its machine is replayed.
    let metadata = record.metadata().unwrap_or_default();
    let mut need = needs.remove(&record.machine).unwrap_or_default();
    need.owed += u64::from(metadata.effects);
    match metadata.origin {
        Some(Origin::Effect(..)) => need.owed = need.owed.saturating_sub(1),
        Some(Origin::Scheduled(_)) => need.scheduled = need.scheduled.saturating_sub(1),
        Some(Origin::Deferred(_) | Origin::Timer(_)) | None => {}
    }
    match record.fact {
        Fact::Created => need.timed = timed.anywhere(record.schema),
        Fact::Transition { state, .. } => need.timed = timed.here(record.schema, state),
        Fact::Base { .. } => need = Need::of_base(record),
        Fact::Stopped => (need.timed, need.scheduled) = (false, 0),
        Fact::Scheduled { .. } => need.scheduled += 1,
        Fact::Unscheduled { .. } => need.scheduled = need.scheduled.saturating_sub(1),
        Fact::Performed { .. } | Fact::Abandoned { .. } => need.owed = need.owed.saturating_sub(1),
        Fact::Resumed { .. } => need.owed += 1,
        Fact::Deferred { .. } | Fact::Dropped { .. } | Fact::Elapsed { .. } | Fact::Answered => {}
    }
    if need.timed || need.owed > 0 || need.scheduled > 0 {
        needs.insert(owned(&record.machine), need);
    }
}

/// A key that does not keep what was read with it in memory.
fn owned(key: &MachineKey) -> MachineKey {
    MachineKey { id: MachineId::from(String::from(&*key.id)), ..*key }
}

impl Timed<'_> {
    /// Whether the state has timers.
    fn here(&mut self, schema: SchemaId, state: StateId) -> bool {
        self.of(schema).get(usize::from(state.0)).copied().unwrap_or(true)
    }

    /// Whether any state has timers: a creation does not say in which one it was.
    fn anywhere(&mut self, schema: SchemaId) -> bool {
        self.of(schema).contains(&true)
    }

    fn of(&mut self, schema: SchemaId) -> &[bool] {
        let journal = self.journal;
        self.schemas.entry(schema).or_insert_with(|| {
            let Some(schema) = journal.schema(schema) else { return Vec::new() };
            let is_timed = |state: usize| {
                schema.rows.iter().any(|row| {
                    let timer = matches!(schema.event(row), Some("#after" | "#every"));
                    timer && usize::from(row.source) == state
                })
            };
            (0..schema.states.len()).map(is_timed).collect()
        })
    }
}
