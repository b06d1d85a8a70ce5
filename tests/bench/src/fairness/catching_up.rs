//! The first answer of a system that finds very many timers due when it starts.
//!
//! # What the numbers mean
//!
//! *Beside a start that finds nothing* says how much longer the first command of a machine takes
//! that has nothing to do with it all; *beside the whole catch-up* how soon it is answered: as if
//! it had stood behind that part of the timers. The slowest of the commands that are sent until all
//! have rung stands beside that too. At most 640 timers run down before an answer, 512 that are
//! looked at in a turn and 128 whose machines are on their way to memory: 0.0064 of them.
//!
//! All is done on one thread, so what something takes is the processor time of that thread.

use std::num::NonZeroUsize;
use std::time::Duration;

use fsm_core::journal::{Journal, MemoryJournal};
use fsm_core::runtime::{MachineOptions, ManualClock};
use fsm_core::{Fsm, MachineRef, System};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::actors::{Library, Ours, Threads};
use crate::journal::Failure;
use crate::measure::{Effort, Rounds, thread_time};
use crate::report::{Against, Comparison};

/// How many timers are due.
const DUE: usize = 100_000;
/// How many machines are created at once.
const CREATED_AT_ONCE: usize = 4_096;

/// Which part of the whole catch-up the first answer, and the slowest one, may take.
const BESIDE_ALL_MAX: f64 = 0.02;

/// An alarm that rings after a minute, unless it is silent.
#[derive(Fsm, Clone, Debug)]
#[fsm(event = Press)]
enum Alarm {
    #[fsm(initial)]
    #[on(Start => Running)]
    #[on(Look => Silent)]
    Silent,
    #[after(60s => Rung)]
    Running,
    #[fsm(final)]
    Rung,
}

#[derive(Debug, Serialize, Deserialize)]
enum Press {
    Start,
    Look,
}

/// What a start took, in microseconds.
#[derive(Clone, Copy, Debug)]
struct Start {
    first: f64,
    slowest: f64,
    all: f64,
}

/// Starts systems again that have timers due, and ones that have none.
///
/// # Errors
///
/// If an alarm does not ring.
pub(super) fn run(effort: Effort) -> Result<Vec<Comparison>, Failure> {
    Ours::run(Threads::One, async move {
        let (mut nothing, mut all, mut slowest) =
            (Rounds::default(), Rounds::default(), Rounds::default());
        for round in 0..=effort.choose(3, 9) {
            let found_nothing = start(0).await?;
            let found_all = start(DUE).await?;
            // The first round pays for what the later ones find there.
            if round > 0 {
                nothing.add(found_all.first, found_nothing.first);
                all.add(found_all.first, found_all.all);
                slowest.add(found_all.slowest, found_all.all);
            }
        }
        let case = |what: &str| format!("start with {DUE} timers due, {what}");
        Ok(vec![
            compare(case("first answer; beside none due"), &nothing, None),
            compare(case("first answer; beside the whole catch-up"), &all, Some(BESIDE_ALL_MAX)),
            compare(
                case("slowest answer; beside the whole catch-up"),
                &slowest,
                Some(BESIDE_ALL_MAX),
            ),
        ])
    })
}

fn compare(case: String, rounds: &Rounds, goal: Option<f64>) -> Comparison {
    Comparison {
        bench: "fairness",
        case,
        unit: "us",
        ours: rounds.ours(),
        floor: rounds.floor(),
        against: Against::Ratio(rounds.ratio()),
        goal,
        best: None,
        peers: Default::default(),
    }
}

/// Starts a system again that has so many timers due, and asks a machine that has none until all
/// have rung.
async fn start(due: usize) -> Result<Start, Failure> {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    set(&journal, &clock, due).await?;
    clock.advance(Duration::from_secs(3_600));
    let rung = journal.head().plus(due as u64).0;

    let begun = thread_time();
    let micros = |since: Duration| (thread_time() - since).as_nanos() as f64 / 1_000.0;
    let system = on(&journal, &clock).await?;
    let silent = system.machine::<Alarm>("silent");
    look(&silent).await?;
    let first = micros(begun);
    let (mut slowest, mut looks) = (first, 1);
    while journal.head().0 < rung + looks {
        let asked = thread_time();
        look(&silent).await?;
        slowest = slowest.max(micros(asked));
        looks += 1;
        tokio::task::yield_now().await;
    }
    Ok(Start { first, slowest, all: micros(begun) })
}

async fn look(alarm: &MachineRef<Alarm>) -> Result<(), Failure> {
    alarm.send(Press::Look).await?;
    Ok(())
}

/// Leaves a journal with so many running alarms behind, and one that is silent.
async fn set(journal: &MemoryJournal, clock: &ManualClock, running: usize) -> Result<(), Failure> {
    let system = on(journal, clock).await?;
    let alarms: Vec<_> = (0..running).map(|number| system.machine(number.to_string())).collect();
    for some in alarms.chunks(CREATED_AT_ONCE) {
        try_join_all(some.iter().map(|alarm: &MachineRef<Alarm>| async {
            alarm.create(()).await?;
            alarm.send(Press::Start).await?;
            Ok::<_, Failure>(())
        }))
        .await?;
    }
    system.machine::<Alarm>("silent").create(()).await?;
    system.shutdown().await?;
    Ok(())
}

async fn on(journal: &MemoryJournal, clock: &ManualClock) -> Result<System, Failure> {
    let builder = System::builder().journal(journal.clone()).clock(clock.clone());
    let builder = builder.machines::<Alarm>(MachineOptions::default());
    Ok(builder.shards(NonZeroUsize::MIN).start().await?)
}
