//! The program that is killed: it starts a system on the journal it finds, has everything happen
//! that has not happened yet, and ends when nothing is left to do.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fsm_core::journal::{Durability, Fact, Journal, Origin, Pending, Position, Record};
use fsm_core::runtime::{Clock, Happened, PerformOptions};
use fsm_core::{System, Timestamp};
use fsm_persist::{SledJournal, SledOptions};

use crate::account;
use crate::journal::DeadlyJournal;
use crate::ledger::Ledger;
use crate::machines::{
    ALARM, Alarm, AlarmEvent, Bell, COURIER, Courier, Goods, ORDERS, Order, OrderEvent, Parcel,
    Trips,
};

/// What is waited for lies within this time; what lies behind it (the end of an attempt that takes
/// too long) never comes.
const HORIZON: Duration = Duration::from_secs(3_600);

/// Who does nothing for so long will never do what is left: a limit for a test that fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Virtual time that flies: whoever waits for a time within the horizon makes it that time.
#[derive(Debug)]
struct HastyClock {
    begin: Timestamp,
    now: AtomicI64,
}

impl HastyClock {
    const fn new(begin: Timestamp) -> Self {
        Self { begin, now: AtomicI64::new(begin.micros()) }
    }
}

impl Clock for HastyClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::SeqCst))
    }

    fn sleep_until(&self, time: Timestamp) -> Pending<'static, ()> {
        if time > self.begin.saturating_add(HORIZON) {
            return Box::pin(std::future::pending());
        }
        self.now.fetch_max(time.micros(), Ordering::SeqCst);
        Box::pin(async {})
    }
}

/// A kill of the process takes nothing from the operating system, so the disk need not be waited
/// for; the index is written within the run.
fn options() -> SledOptions {
    SledJournal::options().durability(Durability::Flush(HORIZON)).checkpoint_records(20)
}

/// Runs until nothing is left to do, and checks what came of it, if that was the end of so many
/// kills.
pub(crate) fn run(directory: &Path, kills: usize) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    runtime.unwrap().block_on(async {
        let sled = options().open(directory.join("journal")).unwrap();
        let records = sled.read_all(Position(1), usize::MAX).await.unwrap();
        let begin = records.last().map_or(Timestamp::EPOCH, |record| record.time);
        let ledger = Ledger::open(directory, sled.head());
        let journal = Arc::new(DeadlyJournal::new(sled));
        let system = start(&journal, ledger, begin).await;
        set_going(&system).await;
        let quiet = tokio::time::timeout(PATIENCE, await_quiet(&journal)).await;
        quiet.expect("what is owed is performed");
        if let Err(fault) = account::check(directory, &journal.sled, kills).await {
            let ledger = std::fs::read_to_string(directory.join("ledger")).unwrap();
            panic!("{fault}\nthe ledger:\n{ledger}");
        }
        let report = system.shutdown().await.unwrap();
        assert_eq!((report.effects_ended, report.effects_cut_off), (0, 0));
    });
}

async fn start(journal: &Arc<DeadlyJournal>, ledger: Ledger, begin: Timestamp) -> System {
    let options = PerformOptions::new().attempt_timeout(10 * HORIZON);
    let journal: Arc<dyn Journal> = journal.clone();
    System::builder()
        .shared_journal(journal)
        .clock(HastyClock::new(begin))
        .perform::<Order>(ledger.clone(), options.clone())
        .perform::<Parcel>(ledger.clone(), options.clone())
        .perform::<Courier>(ledger.clone(), options.clone())
        .perform::<Alarm>(ledger, options)
        .start()
        .await
        .unwrap()
}

/// What somebody outside does, and does again after each restart.
async fn set_going(system: &System) {
    system.machine::<Courier>(COURIER).create_with(Trips::default).await.unwrap();
    for name in ORDERS {
        let order = system.machine::<Order>(name);
        order.create_with(|| Goods { name: name.to_owned() }).await.unwrap();
        let done = order.send(OrderEvent::Pay).idempotency_key("pay").await.unwrap();
        assert_eq!(done.state, Order::Paying);
    }
    let alarm = system.machine::<Alarm>(ALARM);
    alarm.create_with(|| Bell).await.unwrap();
    let history = alarm.history().await.unwrap();
    if !history.iter().any(|entry| matches!(entry.happened, Happened::Scheduled { .. })) {
        alarm.send_after(AlarmEvent::Silence, Duration::from_secs(60)).await.unwrap();
    }
}

/// Waits until every machine has ended and nothing is owed.
async fn await_quiet(journal: &DeadlyJournal) {
    let mut told = journal.told();
    loop {
        told.mark_unchanged();
        let records = journal.sled.read_all(Position(1), usize::MAX).await.unwrap();
        if owed(&records) == 0 && ended(journal, &records) == 2 * ORDERS.len() + 2 {
            return;
        }
        told.changed().await.unwrap();
    }
}

fn owed(records: &[Record]) -> u64 {
    let owes = |record: &Record| u64::from(record.metadata().unwrap().effects);
    let owed: u64 = records.iter().map(owes).sum();
    owed - records.iter().filter(|record| has_ended_effect(record)).count() as u64
}

fn has_ended_effect(record: &Record) -> bool {
    let origin = record.metadata().unwrap().origin;
    matches!(record.fact, Fact::Performed { .. }) || matches!(origin, Some(Origin::Effect(..)))
}

fn ended(journal: &DeadlyJournal, records: &[Record]) -> usize {
    let is_last = |record: &&Record| {
        let schema = journal.schema(record.schema).unwrap();
        let Fact::Transition { state, .. } = record.fact else { return false };
        ["Done", "Gone", "Home", "Off"].contains(&schema.state(state).unwrap())
    };
    records.iter().filter(is_last).count()
}
