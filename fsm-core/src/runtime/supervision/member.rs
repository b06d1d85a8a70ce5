//! What can be supervised: the port between the supervisor and whoever runs a member.

use std::fmt;
use std::mem;
use std::sync::{Arc, MutexGuard};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::exit::Exit;
use super::tree::MemberId;

/// Something that can be started and stopped by a supervisor: a machine of the runtime, say. (A
/// service is one that the supervisor brings itself.)
///
/// The calls come from the supervisor's task, one at a time, and must return at once: whoever is
/// called begins the work and says by the [`Run`] when it has ended. A panic in a call harms nobody
/// else: in [`start`](Self::start) it is the failure of this run, since the run is dropped.
pub trait Member: fmt::Debug + Send + Sync + 'static {
    /// Begin to run. [`Run::exited`] says that it has ended, for whatever reason.
    fn start(&self, run: Run);

    /// Come to an end in order; then call [`Run::exited`].
    fn stop(&self);

    /// It has not ended in its time: come to an end now; then call [`Run::exited`]. Nothing unless
    /// implemented; the supervisor goes on without it after a while.
    fn abort(&self) {}
}

/// One run of a member, from a start to an end. Whoever runs the member keeps it and gives it back
/// with [`exited`](Self::exited); dropping it is a failure.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use fsm_core::runtime::SystemClock;
/// use fsm_core::runtime::supervision::{Exit, Member, Run, Status, Supervision, Supervisor};
///
/// #[derive(Debug, Default)]
/// struct Lamp { burning: Mutex<Option<Run>> }
///
/// impl Member for Lamp {
///     fn start(&self, run: Run) { *self.burning.lock().unwrap() = Some(run); }
///     fn stop(&self) {
///         if let Some(run) = self.burning.lock().unwrap().take() { run.exited(Exit::Finished) }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let supervisor = Supervisor::builder(Arc::new(SystemClock)).start()?;
/// let lamp = supervisor.attach("lamp", Supervision::new(), Arc::new(Lamp::default())).await?;
/// assert_eq!(lamp.status(), Status::Running);
/// lamp.stop().await?;
/// assert_eq!(lamp.status(), Status::Stopped);
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a run that is dropped is a failure"]
pub struct Run {
    exits: Arc<Exits>,
    member: MemberId,
    number: u64,
    restarts: u64,
    exit: Option<Exit>,
}

/// The ends that the supervisor's task has not seen yet. There is one for each run at most, so it
/// needs no other bound.
#[derive(Debug, Default)]
pub(super) struct Exits {
    waiting: Mutex<Vec<RunExit>>,
    pub(super) bell: Notify,
}

#[derive(Debug)]
pub(super) struct RunExit {
    pub(super) member: MemberId,
    pub(super) run: u64,
    pub(super) exit: Exit,
}

impl Run {
    pub(super) const fn new(
        exits: Arc<Exits>,
        member: MemberId,
        number: u64,
        restarts: u64,
    ) -> Self {
        Self { exits, member, number, restarts, exit: None }
    }

    /// How often the member was started before this run.
    #[must_use]
    pub const fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Says that the run has ended.
    pub fn exited(mut self, exit: Exit) {
        // The drop tells it, so that it is told in any case and once.
        self.exit = Some(exit);
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let exit = self.exit.take();
        let exit =
            exit.unwrap_or_else(|| Exit::failed("it was dropped without saying how it ended"));
        self.exits.push(RunExit { member: self.member, run: self.number, exit });
    }
}

impl Exits {
    pub(super) fn take(&self) -> Vec<RunExit> {
        mem::take(&mut *self.waiting())
    }

    fn push(&self, exit: RunExit) {
        self.waiting().push(exit);
        self.bell.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<RunExit>> {
        // A push is whole before anything could panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
