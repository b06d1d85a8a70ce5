//! Small steps on one thread, in every order.
//!
//! A test has a few actors, each of which acts so many times: it sends, lets a commit go, moves the
//! clock. One more actor lets the runtime run one task, once. The test is run once for every order
//! in which they can act.

use std::future::Future;

use fsm_core::runtime::{Builder, ManualClock};
use fsm_core::{MachineRef, SendError, System, Transition};
use futures_util::poll;
use tokio::task::{JoinHandle, yield_now};

use crate::account::{Event, State, deposit, open};
use crate::held_journal::HeldJournal;

/// After how many steps a test has come to rest, or never will.
const STEPS_MAX: usize = 5_000;

/// The answer to a send.
pub(crate) type Sent = Result<Transition<State>, SendError<Event>>;

/// A system of one shard that does nothing by itself.
pub(crate) struct World {
    pub(crate) journal: HeldJournal,
    pub(crate) clock: ManualClock,
    pub(crate) system: System,
}

/// Runs the test in every order of actors, of which the `n`-th acts `times[n]` times.
pub(crate) fn in_every_order<T: Future<Output = ()>>(
    times: &[usize],
    test: impl Fn(Vec<usize>) -> T,
) {
    let mut order: Vec<usize> =
        times.iter().enumerate().flat_map(|(actor, &times)| vec![actor; times]).collect();
    let mut orders = 0;
    loop {
        let shown = Shown(&order);
        // One task a step, so that what is between two tasks can be met.
        let runtime = tokio::runtime::Builder::new_current_thread().event_interval(1).build();
        runtime.unwrap().block_on(test(order.clone()));
        drop(shown);
        orders += 1;
        if !step_on(&mut order) {
            return println!("{orders} orders");
        }
    }
}

/// Makes it the next order; says whether there is one.
fn step_on(order: &mut [usize]) -> bool {
    let Some(place) = order.windows(2).rposition(|pair| pair[0] < pair[1]) else { return false };
    let other = order.iter().rposition(|&actor| actor > order[place]).unwrap();
    order.swap(place, other);
    order[place + 1..].reverse();
    true
}

/// Says in which order a test failed.
struct Shown<'a>(&'a [usize]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("in the order {:?}", self.0);
        }
    }
}

impl World {
    /// A system with the accounts `a` and `b`, whose commits are held from now on.
    pub(crate) async fn new(builder: Builder) -> Self {
        let (journal, clock) = (HeldJournal::new(), ManualClock::default());
        let system = start(builder, &journal, &clock).await;
        for name in ["a", "b"] {
            journal.release_one().await;
            open(&system, name, 0).await;
        }
        Self { journal, clock, system }
    }

    /// Another system on the same journal: no machine is in memory.
    pub(crate) async fn restart(&mut self) {
        self.system = start(System::builder(), &self.journal, &self.clock).await;
    }

    pub(crate) fn account(&self, name: &str) -> MachineRef<State> {
        self.system.machine(name.to_owned())
    }

    /// Sends a deposit, and has `hear` hear the answer.
    pub(crate) async fn deposit(
        &self,
        name: &str,
        amount: i64,
        hear: impl FnOnce(&Sent) + Send + 'static,
    ) -> JoinHandle<Sent> {
        let account = self.account(name);
        begin(async move {
            let sent = account.send(deposit(amount)).await;
            hear(&sent);
            sent
        })
        .await
    }

    /// The deposits in an account's records, in order.
    pub(crate) async fn deposits(&self, name: &str) -> Vec<i64> {
        let account = self.account(name);
        settled(tokio::spawn(async move { account.state().await })).await.unwrap().context.changes
    }
}

async fn start(builder: Builder, journal: &HeldJournal, clock: &ManualClock) -> System {
    let one = std::num::NonZeroUsize::MIN;
    let builder = builder.journal(journal.clone()).clock(clock.clone()).shards(one);
    builder.start().await.unwrap()
}

/// Does the first part of the future's work at once, and has the runtime do the rest.
pub(crate) async fn begin<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let mut future = Box::pin(future);
    match poll!(&mut future) {
        std::task::Poll::Ready(done) => tokio::spawn(async { done }),
        std::task::Poll::Pending => tokio::spawn(future),
    }
}

/// Waits for the task, as long as something can still happen.
pub(crate) async fn settled<T>(task: JoinHandle<T>) -> T {
    for _ in 0..STEPS_MAX {
        if task.is_finished() {
            return task.await.unwrap();
        }
        yield_now().await;
    }
    panic!("somebody waits for ever");
}
