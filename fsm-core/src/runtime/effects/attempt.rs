//! One attempt: the handler is called, under its timeout, and what goes wrong in it stays in it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};

use super::error::PerformError;
use super::key::EffectKey;
use super::perform::AnyPerform;
use super::rendered::rendered;
use crate::machine::Fsm;
use crate::runtime::clock::Clock;
use crate::runtime::panic::panic_message;

/// Why an attempt came to nothing.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) why: String,
    /// Whether no further attempt would help.
    pub(super) permanent: bool,
}

/// Calls the handler once.
///
/// # Cancel safety
///
/// The handler's future is dropped with it.
pub(super) async fn attempt<F: Fsm>(
    handler: &dyn AnyPerform<F>,
    key: &EffectKey,
    effect: &F::Effect,
    clock: &dyn Clock,
    timeout: Duration,
) -> Result<Option<F::Event>, Failure> {
    let late = clock.sleep_until(clock.now().saturating_add(timeout));
    let mut performing = handler.perform_any(key, effect);
    // A panic ends the future: nothing of it is polled again, and the handler, which others use,
    // is the user's to keep whole, as with a thread that panics.
    let outcome = AssertUnwindSafe(performing.as_mut()).catch_unwind();
    // The handler is asked first: what it has done counts, even if it is late.
    let ended = match select(outcome, late).await {
        Either::Left((ended, _)) => Some(ended),
        Either::Right(((), _)) => None,
    };
    // What it holds is the user's, and may panic when it is dropped.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(performing)));
    match ended {
        Some(Ok(Ok(event))) => Ok(event),
        Some(Ok(Err(error))) => Err(Failure::from_error(error)),
        Some(Err(panic)) => {
            // Moved in, so that what it does when it is dropped stays in there, too.
            let why = rendered(move |text| {
                write!(text, "the handler panicked: {}", panic_message(&*panic))
            });
            Err(Failure { why, permanent: false })
        }
        None => {
            let why = format!("the handler did not end within {timeout:?}");
            Err(Failure { why, permanent: false })
        }
    }
}

impl Failure {
    fn from_error(error: PerformError) -> Self {
        let permanent = error.is_permanent();
        // Moved in, as above.
        Self { why: rendered(move |text| write!(text, "{error}")), permanent }
    }
}
