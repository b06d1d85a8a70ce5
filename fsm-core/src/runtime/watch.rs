//! Watching a machine.

use futures_util::Stream;
use futures_util::stream;
use tokio::sync::broadcast::{self, error::RecvError};

use super::Machine;
use super::answer::Transition;
use super::machine_ref::MachineRef;

/// A machine's transitions, each once it is durable. [`MachineRef::watch`] makes it.
///
/// While it lives, its machine stays in memory and its system up.
#[derive(Debug)]
pub struct Watch<F: Machine> {
    transitions: broadcast::Receiver<Transition<F>>,
    _machine: MachineRef<F>,
}

/// Somebody who watched was too slow: transitions went by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{transitions} transitions went by before they were looked at: read the history for them")]
pub struct Lagged {
    /// How many.
    pub transitions: u64,
}

impl<F: Machine> Watch<F> {
    pub(super) const fn new(
        transitions: broadcast::Receiver<Transition<F>>,
        machine: MachineRef<F>,
    ) -> Self {
        Self { transitions, _machine: machine }
    }

    /// The next transition; `None` when the system has ended, or the machine was forgotten.
    ///
    /// # Errors
    ///
    /// [`Lagged`] if transitions went by; the next call goes on behind them.
    ///
    /// # Cancel safety
    ///
    /// Dropped, no transition is lost.
    pub async fn next(&mut self) -> Option<Result<Transition<F>, Lagged>> {
        match self.transitions.recv().await {
            Ok(done) => Some(Ok(done)),
            Err(RecvError::Lagged(transitions)) => Some(Err(Lagged { transitions })),
            Err(RecvError::Closed) => None,
        }
    }

    /// The transitions as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Transition<F>, Lagged>> {
        stream::unfold(self, |mut watch| async {
            watch.next().await.map(|transition| (transition, watch))
        })
    }
}
