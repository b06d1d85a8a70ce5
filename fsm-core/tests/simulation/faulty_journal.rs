//! A journal that fails as journals fail: it refuses a batch, loses its storage in the middle of a
//! commit, takes its time, cannot read.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use fsm_core::journal::{
    AppendError, Batch, Committed, Cursors, Durability, Journal, KindId, MachineKey, MemoryJournal,
    Pending, Position, ReadError, Record, RegisterError, Registered, Schema, SchemaId, Sequence,
    Snapshots, Spaces, Upkeep,
};
use fsm_core::runtime::{Clock, ManualClock};
use futures_util::FutureExt;

use crate::dice::Dice;
use crate::world::World;

/// How many appends may be called on a journal that has stopped, until each takes a while: nothing
/// would ever come to rest.
const IN_VAIN_MAX: u64 = 200;
/// How long each takes then.
const PAUSE: Duration = Duration::from_secs(1);

/// How often what goes wrong, of a thousand times.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    /// An append is refused, and nothing is written.
    pub(crate) refusals: u64,
    /// The storage is lost in the middle of a commit.
    pub(crate) losses: u64,
    /// A read fails.
    pub(crate) read_errors: u64,
    /// A commit or a read takes so many polls at most.
    pub(crate) delay_max: u64,
}

/// A [`MemoryJournal`] in such weather. Its records are what is on the disk; a process that opens
/// it again finds them there.
#[derive(Clone, Debug)]
pub(crate) struct FaultyJournal {
    memory: MemoryJournal,
    clock: ManualClock,
    desk: Arc<Mutex<Desk>>,
}

#[derive(Debug)]
struct Desk {
    dice: Dice,
    weather: Weather,
    /// In the order in which they were handed over.
    queue: VecDeque<Waiting>,
    outcomes: HashMap<u64, Result<Committed, AppendError>>,
    tickets: u64,
    /// What was being written when the storage was lost.
    limbo: Option<Batch>,
    stopped: bool,
    /// How many appends were called since.
    appends_in_vain: u64,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    batch: Batch,
    polls_left: u64,
}

impl FaultyJournal {
    /// Opens what is on the disk.
    pub(crate) fn open(world: &World, dice: Dice, weather: Weather) -> Self {
        let desk = Desk {
            dice,
            weather,
            queue: VecDeque::new(),
            outcomes: HashMap::new(),
            tickets: 0,
            limbo: None,
            stopped: false,
            appends_in_vain: 0,
        };
        let (memory, clock) = (world.disk.clone(), world.clock.clone());
        Self { memory, clock, desk: Arc::new(Mutex::new(desk)) }
    }

    /// Nothing goes wrong from now on.
    pub(crate) fn calm_down(&self) {
        let mut desk = self.desk();
        desk.weather = Weather { delay_max: desk.weather.delay_max, ..Weather::default() };
    }

    /// Whether the storage was lost: it must be opened again.
    pub(crate) fn is_stopped(&self) -> bool {
        self.desk().stopped
    }

    /// Whether a journal that said it has stopped was asked again and again, without a pause.
    pub(crate) fn is_hammered(&self) -> bool {
        self.desk().appends_in_vain > IN_VAIN_MAX
    }

    /// The process is gone. What was being written is on the disk or is not: some of the batches
    /// that waited, the first ones.
    pub(crate) fn crash(&self) {
        let mut desk = self.desk();
        let mut waiting: Vec<_> = desk.limbo.take().into_iter().collect();
        waiting.extend(desk.queue.drain(..).map(|waiting| waiting.batch));
        let written = desk.dice.below(waiting.len() as u64 + 1) as usize;
        for batch in waiting.into_iter().take(written) {
            // One that rests on what was refused is refused too.
            let _ = self.memory.append(batch).now_or_never();
        }
        desk.stopped = true;
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn delayed<'a, T: 'a>(
        &self,
        read: impl FnOnce() -> Result<T, ReadError> + Send + 'a,
    ) -> Pending<'a, Result<T, ReadError>> {
        let mut desk = self.desk();
        let delay_max = desk.weather.delay_max;
        let mut polls_left = desk.dice.below(delay_max + 1);
        let (journal, mut read) = (self.clone(), Some(read));
        Box::pin(poll_fn(move |cx| {
            if polls_left > 0 {
                polls_left -= 1;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(journal.read_error().and_then(|()| match read.take() {
                Some(read) => read(),
                None => Err(ReadError::Closed),
            }))
        }))
    }

    fn read_error(&self) -> Result<(), ReadError> {
        let mut desk = self.desk();
        let times = desk.weather.read_errors;
        if desk.dice.of_thousand(times) {
            return Err(ReadError::Storage { why: "the dice say so".into(), source: None });
        }
        Ok(())
    }
}

impl Desk {
    /// Somebody looks whether this batch is written: the oldest one gets on.
    fn look(
        &mut self,
        ticket: u64,
        disk: &MemoryJournal,
    ) -> Option<Result<Committed, AppendError>> {
        if let Some(front) = self.queue.front_mut() {
            front.polls_left = front.polls_left.saturating_sub(1);
            if front.polls_left == 0 {
                self.settle_front(disk);
            }
        }
        self.outcomes.remove(&ticket)
    }

    fn settle_front(&mut self, disk: &MemoryJournal) {
        let Some(Waiting { ticket, batch, .. }) = self.queue.pop_front() else { return };
        let why = || "the dice say so".to_owned();
        let outcome = if self.stopped {
            Err(AppendError::Stopped { why: why() })
        } else if self.dice.of_thousand(self.weather.losses) {
            self.stopped = true;
            self.limbo = Some(batch);
            Err(AppendError::Unknown { why: why(), source: None })
        } else if self.dice.of_thousand(self.weather.refusals) {
            batch.break_chain();
            Err(AppendError::Overloaded { records: 0, bytes: 0 })
        } else {
            disk.append(batch).now_or_never().unwrap()
        };
        self.outcomes.insert(ticket, outcome);
    }
}

impl Journal for FaultyJournal {
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
        let mut desk = self.desk();
        desk.tickets += 1;
        let (ticket, delay_max) = (desk.tickets, desk.weather.delay_max);
        if desk.stopped {
            desk.appends_in_vain += 1;
            if desk.appends_in_vain > IN_VAIN_MAX {
                drop(desk);
                let pause = self.clock.sleep_until(self.clock.now().saturating_add(PAUSE));
                return Box::pin(
                    pause.map(|()| Err(AppendError::Stopped { why: "for long".into() })),
                );
            }
        }
        let polls_left = desk.dice.below(delay_max + 1);
        desk.queue.push_back(Waiting { ticket, batch, polls_left });
        drop(desk);
        let journal = self.clone();
        Box::pin(poll_fn(move |cx| {
            let outcome = journal.desk().look(ticket, &journal.memory);
            outcome.map_or_else(
                || {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                },
                Poll::Ready,
            )
        }))
    }

    fn read<'a>(
        &'a self,
        machine: &'a MachineKey,
        from: Sequence,
        limit: usize,
    ) -> Pending<'a, Result<Vec<Record>, ReadError>> {
        let memory = self.memory.clone();
        self.delayed(move || memory.read(machine, from, limit).now_or_never().unwrap())
    }

    fn read_all(
        &self,
        from: Position,
        limit: usize,
    ) -> Pending<'_, Result<Vec<Record>, ReadError>> {
        let memory = self.memory.clone();
        self.delayed(move || memory.read_all(from, limit).now_or_never().unwrap())
    }

    fn head(&self) -> Position {
        self.memory.head()
    }

    fn reached(&self, position: Position) -> Pending<'_, Result<(), ReadError>> {
        self.memory.reached(position)
    }

    fn snapshots(&self) -> &dyn Snapshots {
        self.memory.snapshots()
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

    fn record_bytes_max(&self) -> usize {
        4_000
    }

    fn durability(&self) -> Durability {
        self.memory.durability()
    }

    fn close(&self) -> Pending<'_, Result<(), AppendError>> {
        self.memory.close()
    }
}
