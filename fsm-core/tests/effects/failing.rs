//! What goes wrong in a handler stays with its attempt.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fsm_core::runtime::effects::{Backoff, DeadLetter, Verdict, Workers};
use fsm_core::runtime::{
    EffectKey, ManualClock, Perform, PerformError, PerformOptions, SystemClock,
};
use tokio::runtime::Handle;

use crate::desk::{End, Event, Mail, Office, State, key, quiet, settle, verdict};

const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_micros(1);

fn options() -> PerformOptions {
    PerformOptions::new().backoff(Backoff::new(SECOND).cap(SECOND).jitter(0.0))
}

fn dead(verdict: Verdict<Event>) -> DeadLetter {
    let Verdict::Dead(letter) = verdict else { panic!("{verdict:?}") };
    letter
}

#[tokio::test]
async fn an_attempt_that_hangs_is_dropped_when_its_time_is_over() {
    let office = Office::open(options().attempts_max(2).attempt_timeout(5 * SECOND));
    let performing = office.begin(1);
    settle().await;
    office.advance(5 * SECOND - TICK).await;
    assert_eq!(office.running(), [1]);
    office.advance(TICK).await;
    assert!(office.nobody_runs());
    office.advance(SECOND).await;
    assert_eq!(office.running(), [1]);
    office.advance(5 * SECOND).await;

    let letter = dead(verdict(performing).await);
    assert_eq!((&*letter.why, letter.attempts), ("the handler did not end within 5s", 2));
}

#[tokio::test]
async fn what_is_done_counts_even_if_it_is_late() {
    let office = Office::open(options().attempt_timeout(5 * SECOND));
    let performing = office.begin(1);
    settle().await;
    office.desk.end(&key(1), End::Done);
    office.clock.advance(6 * SECOND);

    assert_eq!(verdict(performing).await, Verdict::Done { event: None, attempts: 1 });
}

#[tokio::test]
async fn a_panic_is_a_failure_with_its_message() {
    let office = Office::open(options().attempts_max(2));
    let performing = office.begin(1);
    settle().await;
    office.end(1, End::Panic("boom")).await;
    office.advance(SECOND).await;
    office.end(1, End::Panic("boom")).await;

    let letter = dead(verdict(performing).await);
    assert_eq!((&*letter.why, letter.attempts), ("the handler panicked: boom", 2));
    assert!(!letter.permanent);
    let next = office.begin(2);
    settle().await;
    office.end(2, End::Done).await;
    assert_eq!(verdict(next).await, Verdict::Done { event: None, attempts: 1 });
}

#[tokio::test]
async fn a_panic_of_what_a_timeout_drops_is_no_more_than_the_timeout() {
    let office = Office::open(options().attempts_max(1).attempt_timeout(5 * SECOND));
    let performing = office.begin(1);
    settle().await;
    office.end(1, End::HangAndPanic).await;
    office.advance(5 * SECOND).await;

    assert_eq!(dead(verdict(performing).await).why, "the handler did not end within 5s");
    assert_eq!(office.workers.statistics().running, 0);
}

#[tokio::test]
async fn a_permanent_error_is_the_end_at_once() {
    let office = Office::open(options());
    let performing = office.begin(1);
    settle().await;
    office.end(1, End::Permanent("no such address")).await;

    let letter = dead(verdict(performing).await);
    assert_eq!((&*letter.why, letter.attempts), ("no such address", 1));
    assert!(letter.permanent);
}

#[tokio::test]
async fn an_effect_that_cannot_be_shown_has_its_dead_letter() {
    let office = Office::open(options());
    let performing = office.workers.begin(key(1), Mail::Shy).unwrap();
    settle().await;
    office.end(1, End::Permanent("no such address")).await;

    let letter = dead(verdict(performing).await);
    assert_eq!(letter.effect, "Shy: <it panicked while it was shown>");
}

#[derive(Debug, thiserror::Error)]
#[error("the mail was not sent")]
struct NotSent(#[source] std::io::Error);

/// An error that is longer than anybody wants to keep.
#[derive(Debug)]
struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..1_000_000).try_for_each(|_| f.write_str("xä"))
    }
}

impl std::error::Error for Endless {}

/// A handler that fails before its first await.
#[derive(Clone, Copy, Debug)]
enum Eager {
    Chain,
    Endless,
    Panic,
}

impl Perform<State> for Eager {
    fn perform(
        &self,
        _key: &EffectKey,
        _effect: &Mail,
    ) -> impl Future<Output = Result<Option<Event>, PerformError>> + Send {
        let failing = match self {
            Self::Chain => not_sent(),
            Self::Endless => Err(PerformError::permanent(Endless)),
            Self::Panic => panic!("eager"),
        };
        std::future::ready(failing)
    }
}

fn not_sent() -> Result<Option<Event>, PerformError> {
    Err(NotSent(std::io::ErrorKind::ConnectionRefused.into()))?
}

async fn why(handler: Eager) -> String {
    quiet();
    let clock = Arc::new(ManualClock::default());
    let options = options().attempts_max(1);
    let workers = Workers::<State>::new(handler, options, clock, Handle::current());
    dead(verdict(workers.begin(key(1), Mail::To("a")).unwrap()).await).why
}

#[tokio::test]
async fn an_error_is_told_with_its_causes() {
    assert_eq!(why(Eager::Chain).await, "the mail was not sent: connection refused");
}

#[tokio::test]
async fn an_endless_error_is_cut_off() {
    let why = why(Eager::Endless).await;
    assert!(why.ends_with("xäx…"), "{}", why.len());
    assert_eq!(why.len(), 2_047 + "…".len(), "not in the middle of a character");
}

#[tokio::test]
async fn a_panic_before_the_future_is_there_is_a_failure_too() {
    assert_eq!(why(Eager::Panic).await, "the handler panicked: eager");
}

#[tokio::test]
async fn the_systems_clock_will_do() {
    let (options, clock) = (options().attempts_max(1), Arc::new(SystemClock));
    let workers = Workers::<State>::new(Eager::Chain, options, clock, Handle::current());
    let verdict = verdict(workers.begin(key(1), Mail::To("a")).unwrap()).await;
    assert_eq!(dead(verdict).attempts, 1);
}
