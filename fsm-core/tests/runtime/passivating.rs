//! Machines leave memory and come back.
//!
//! Nobody can ask which machines are in memory. A journal that counts its reads tells: a machine
//! that had left is read when it is used.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fsm_core::journal::{
    AppendError, Batch, Committed, Cursors, Durability, Journal, KindId, MachineKey, MemoryJournal,
    Pending, Position, ReadError, Record, RegisterError, Registered, Schema, SchemaId, Sequence,
    Snapshots, Spaces, Upkeep,
};
use fsm_core::runtime::{Clock, MachineOptions, ManualClock};
use fsm_core::{Machine, MachineRef, System};

use crate::account::{self, deposit, hush};
use crate::device::{Device, Event, State};

/// A journal in memory that notes who is read, and fails when it is told to.
#[derive(Clone, Debug, Default)]
struct Noting {
    memory: MemoryJournal,
    read: Arc<Mutex<Vec<String>>>,
    appends: Arc<AtomicU64>,
    /// The number of the append that fails, and of all behind it if it `stops`; from 1.
    append_fails: Arc<AtomicU64>,
    stops: bool,
    /// How many reads fail.
    reads_fail: Arc<AtomicU64>,
}

impl Noting {
    /// Who was read since this was asked last.
    fn read(&self) -> Vec<String> {
        std::mem::take(&mut self.read.lock().unwrap())
    }

    fn fail_next_append(&self) {
        self.append_fails.store(self.appends.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
    }
}

impl Journal for Noting {
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
        let number = self.appends.fetch_add(1, Ordering::SeqCst) + 1;
        let fails = self.append_fails.load(Ordering::SeqCst);
        if number > 10_000 {
            // Enough has been seen of somebody who does not stop by himself.
            return Box::pin(std::future::pending());
        }
        if fails == number || (self.stops && fails > 0 && number > fails) {
            batch.break_chain();
            return Box::pin(async { Err(AppendError::Stopped { why: "so".into() }) });
        }
        self.memory.append(batch)
    }

    fn read<'a>(
        &'a self,
        machine: &'a MachineKey,
        from: Sequence,
        limit: usize,
    ) -> Pending<'a, Result<Vec<Record>, ReadError>> {
        let fails = |left: u64| left.checked_sub(1);
        if self.reads_fail.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
            return Box::pin(async {
                Err(ReadError::Storage { why: "a bad moment".into(), source: None })
            });
        }
        self.read.lock().unwrap().push(machine.id.to_string());
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

    fn durability(&self) -> Durability {
        self.memory.durability()
    }

    fn close(&self) -> Pending<'_, Result<(), AppendError>> {
        self.memory.close()
    }
}

async fn rest() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Lets time pass, each thing happening when it is due.
async fn pass(clock: &ManualClock, seconds: u64) {
    let end = clock.now().saturating_add(Duration::from_secs(seconds));
    rest().await;
    while let Some(due) = clock.next_wake().filter(|due| *due <= end) {
        clock.set(due);
        rest().await;
    }
    clock.set(end);
    rest().await;
}

async fn start<F: Machine>(
    journal: &Noting,
    clock: &ManualClock,
    options: MachineOptions,
) -> System {
    hush();
    let builder = System::builder().journal(journal.clone()).clock(clock.clone());
    builder.shards(NonZeroUsize::MIN).machines::<F>(options).start().await.unwrap()
}

async fn idle_for<F: Machine>(seconds: u64) -> (Noting, ManualClock, System) {
    let (journal, clock) = (Noting::default(), ManualClock::default());
    let options = MachineOptions::default().passivate_after(Duration::from_secs(seconds));
    let system = start::<F>(&journal, &clock, options).await;
    (journal, clock, system)
}

async fn device(system: &System, id: &str) -> MachineRef<State> {
    let device = system.machine::<State>(id.to_owned());
    device.create(Device::default()).await.unwrap();
    device
}

#[tokio::test]
async fn an_idle_machine_leaves_and_comes_back_equal() {
    let (journal, clock, system) = idle_for::<account::State>(60).await;
    let account = account::open(&system, "a", 3).await;
    account.send(deposit(4)).idempotency_key("k").await.unwrap();
    let before = account.state().await.unwrap();
    journal.read();
    pass(&clock, 59).await;
    assert_eq!(account.state().await.unwrap(), before);
    assert_eq!(journal.read(), [""; 0], "it was used");

    pass(&clock, 80).await;
    assert_eq!(account.state().await.unwrap(), before);
    assert_eq!(journal.read(), ["a"]);
    account.send(deposit(4)).idempotency_key("k").await.unwrap();
    assert_eq!(account.state().await.unwrap(), before);
}

#[tokio::test]
async fn those_used_last_stay() {
    let (journal, clock) = (Noting::default(), ManualClock::default());
    let four = NonZeroUsize::new(4).unwrap();
    let options = MachineOptions::default().machines_max(four);
    let system = start::<account::State>(&journal, &clock, options).await;
    for id in 0..10 {
        account::open(&system, &id.to_string(), id).await;
        clock.advance(Duration::from_secs(1));
    }
    journal.read();
    for id in [6, 7, 8, 9] {
        system.machine::<account::State>(id.to_string()).state().await.unwrap();
    }
    assert_eq!(journal.read(), [""; 0]);
    for id in 0..6 {
        let account = system.machine::<account::State>(id.to_string());
        assert_eq!(account.state().await.unwrap().context.balance, id);
    }
    assert_eq!(journal.read().len(), 6);
}

#[tokio::test]
async fn a_machine_with_a_timer_sleeps_and_wakes_in_time() {
    let (journal, clock, system) = idle_for::<State>(1).await;
    let device = device(&system, "d").await;
    device.send_after(Event::Connect, Duration::from_secs(100)).await.unwrap();
    journal.read();
    pass(&clock, 99).await;
    assert_eq!(journal.read(), [""; 0], "it sleeps");
    pass(&clock, 1).await;
    let last = journal.memory.read_all(journal.head(), 1).await.unwrap();
    assert_eq!(last[0].time.micros(), 100_000_000);
    // Its patience ends after three seconds.
    pass(&clock, 3).await;
    assert_eq!(device.state().await.unwrap().state, State::Connecting { attempt: 2 });
}

#[tokio::test]
async fn a_machine_that_is_watched_stays() {
    let (journal, clock, system) = idle_for::<account::State>(10).await;
    let account = account::open(&system, "a", 0).await;
    let mut watch = account.watch().await.unwrap();
    journal.read();
    pass(&clock, 100).await;
    account.send(deposit(1)).await.unwrap();
    assert_eq!(watch.next().await.unwrap().unwrap().sequence, Sequence(2));
    assert_eq!(journal.read(), [""; 0]);

    drop(watch);
    pass(&clock, 100).await;
    account.send(deposit(1)).await.unwrap();
    assert_eq!(journal.read(), ["a"]);
}

#[tokio::test]
async fn a_send_that_meets_a_machine_on_its_way_out_is_not_lost() {
    let (journal, clock, system) = idle_for::<account::State>(10).await;
    let account = account::open(&system, "a", 0).await;
    for round in 0..50 {
        clock.advance(Duration::from_secs(9 + round % 4));
        for _ in 0..round % 7 {
            tokio::task::yield_now().await;
        }
        account.cast(deposit(1)).unwrap();
        clock.advance(Duration::from_secs(11));
        let done = account.send(deposit(1)).await.unwrap();
        assert_eq!(done.sequence.0, 1 + 2 * (round + 1));
    }
    assert_eq!(account.state().await.unwrap().context.balance, 100);
    assert!(journal.read().len() > 2, "it never left");
}

#[tokio::test]
async fn what_is_deferred_and_scheduled_sleeps_too() {
    let (journal, clock, system) = idle_for::<State>(1).await;
    let device = device(&system, "d").await;
    device.send(Event::Work { units: 2 }).await.unwrap();
    let called_back = device.send_after(Event::Scrap, Duration::from_secs(50)).await.unwrap();
    pass(&clock, 20).await;
    journal.read();
    assert!(device.cancel(called_back).await.unwrap());
    assert_eq!(journal.read(), ["d"]);
    pass(&clock, 60).await;
    device.send(Event::Connect).await.unwrap();
    let done = device.send(Event::Accepted).await.unwrap();
    assert_eq!(done.state, State::Working { units: 2 });
}

/// Whoever is woken was not used for long, so it was the one to leave when there were too many:
/// before it had done what it was woken for, and it was woken again at once, for ever.
#[tokio::test]
async fn a_machine_that_is_woken_does_what_is_due_before_it_leaves() {
    let (journal, clock) = (Noting::default(), ManualClock::default());
    let options = MachineOptions::default().machines_max(NonZeroUsize::MIN);
    let system = start::<State>(&journal, &clock, options).await;
    for id in 0..3 {
        let device = device(&system, &id.to_string()).await;
        device.send(Event::Connect).await.unwrap();
        clock.advance(Duration::from_millis(10));
    }
    let head = journal.head();
    pass(&clock, 3).await;
    assert_eq!(journal.head(), head.plus(3), "each has tried again");
}

/// What was still to be done was asked of the memory in which it was done already.
#[tokio::test]
async fn what_is_due_is_tried_again_when_its_record_is_refused() {
    let (journal, clock) = (Noting::default(), ManualClock::default());
    let system = start::<State>(&journal, &clock, MachineOptions::default()).await;
    let device = device(&system, "d").await;
    device.send_after(Event::Scrap, Duration::from_secs(10)).await.unwrap();
    journal.fail_next_append();
    let head = journal.head();
    pass(&clock, 60).await;
    assert_eq!(journal.head(), head.plus(1));
}

#[tokio::test]
async fn what_is_due_is_tried_again_when_its_machine_cannot_be_read() {
    let (journal, clock, system) = idle_for::<State>(1).await;
    let device = device(&system, "d").await;
    device.send_after(Event::Connect, Duration::from_secs(100)).await.unwrap();
    pass(&clock, 50).await;
    journal.reads_fail.store(1, Ordering::SeqCst);
    let head = journal.head();
    // It is read again after a pause.
    pass(&clock, 60).await;
    assert!(journal.head() > head);
}

/// Also seen by who watches: the stream ends, although the system has not.
#[tokio::test]
async fn a_watch_survives_a_read_that_fails() {
    let (journal, clock) = (Noting::default(), ManualClock::default());
    let system = start::<account::State>(&journal, &clock, MachineOptions::default()).await;
    let account = account::open(&system, "a", 0).await;
    let mut watch = account.watch().await.unwrap();
    journal.reads_fail.store(1, Ordering::SeqCst);
    account.send(account::Event::Panic).await.unwrap_err();
    let _ = account.state().await;
    account.send(deposit(1)).await.unwrap();
    assert_eq!(watch.next().await.unwrap().unwrap().sequence, Sequence(2));
}

/// The timer's record was refused, the machine was read back, the timer was due, its record was
/// refused ... without a pause, on one core, for ever; and a shutdown waited for that to end.
#[test]
fn a_system_whose_journal_has_stopped_ends() {
    let (journal, clock) = (Noting { stops: true, ..Noting::default() }, ManualClock::default());
    let appends = Arc::clone(&journal.appends);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let system = start::<State>(&journal, &clock, MachineOptions::default()).await;
        let device = device(&system, "d").await;
        device.send(Event::Connect).await.unwrap();
        let before = appends.load(Ordering::SeqCst);
        journal.fail_next_append();
        clock.advance(Duration::from_secs(10));
        for _ in 0..2_000 {
            tokio::task::yield_now().await;
        }
        let tried = appends.load(Ordering::SeqCst) - before;
        assert!(tried < 10, "{tried} appends while no time passed");
        let ended = tokio::spawn(async move { system.shutdown().await.is_ok() });
        for _ in 0..2_000 {
            tokio::task::yield_now().await;
        }
        assert!(ended.is_finished(), "it waits for what cannot be done");
    });
}
