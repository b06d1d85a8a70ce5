//! A counter that panics and begins again: from the message that it panics at to the next answer.
//!
//! What a restart is differs. The floor catches the panic and goes on with a new sum; the second
//! floor lets the task end and spawns it again with the same channel. kameo's supervisor starts
//! the actor again with the same mailbox. ractor tells a supervisor, which spawns another actor by
//! hand, and that has another address. Ours makes the machine again from its records. actix does
//! not restart an actor that panicked, and is not here.

use std::future::Future;
use std::panic::{self, AssertUnwindSafe};

use super::floors::{Caught, Respawned, Unbounded};
use super::kameo::Supervised;
use super::library::{Library, Threads};
use super::ours::Restarted;
use super::race::{Contestant, Race};
use super::ractor::Replaced;
use crate::journal::Failure;
use crate::measure::Effort;
use crate::report::Comparison;
use crate::usage::{Spent, spend};

/// Counters that begin again after a panic.
pub(super) trait Restarting: Sized + Send + 'static {
    /// Its name in the tables.
    const NAME: &'static str;

    /// This many counters, awake.
    fn awake(count: usize) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// Sends this counter what it panics at, and waits for its next answer.
    fn fail(&mut self, counter: usize) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What a counter panics with.
///
/// # Panics
///
/// Always.
pub(super) fn fail() -> u64 {
    panic!("the counter was told to fail")
}

/// Lets each of some counters panic once, on one thread.
///
/// # Errors
///
/// If a contestant fails.
pub(super) fn run(effort: Effort) -> Result<[Comparison; 2], Failure> {
    let count = effort.choose(500, 2_000);
    let race = Race {
        case: "restart after a panic".to_owned(),
        work: count,
        units: count,
        unit: "ns/restart",
        goal: None,
        contestants: contestants(),
    };
    // Writing each panic to standard error would be most of the work.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let compared = panic::catch_unwind(AssertUnwindSafe(|| race.run(effort.choose(3, 9))));
    panic::set_hook(hook);
    compared.map_err(|_| "the run itself panicked")?
}

fn contestants() -> Vec<Contestant<usize>> {
    vec![
        contestant::<Restarted>(),
        contestant::<Caught>(),
        contestant::<Respawned>(),
        contestant::<Replaced>(),
        contestant::<Supervised>(),
    ]
}

fn contestant<R: Restarting>() -> Contestant<usize> {
    Contestant::new(R::NAME, |count| Unbounded::run(Threads::One, restart::<R>(count)))
}

async fn restart<R: Restarting>(count: usize) -> Result<Spent, Failure> {
    let mut counters = R::awake(count).await?;
    let restarted = async {
        for counter in 0..count {
            counters.fail(counter).await?;
        }
        Ok(())
    };
    let ((), spent) = spend(restarted).await?;
    Ok(spent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contestant_answers_again() {
        for contestant in contestants() {
            contestant.once(3).unwrap();
        }
    }
}
