//! Machines as members of a supervised set.
//!
//! A machine that nobody supervises starts again from its journal by itself when it has panicked.
//! One that is a member of a set does not: its panic is the set's, which says who starts again, and
//! when. Until it is started it is *suspended*, and refuses with the reason. Stopping a member that
//! is a machine takes it out of memory; what it is stays in the journal, and its timers stand
//! still.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Machine;
use super::command::{Command, Order};
use super::error::Unavailable;
use super::kind::Kind;
use super::machines::Machines;
use super::queue::Unqueued;
use super::slot::Phase;
use super::supervision::{Exit, Member, Run};
use crate::journal::MachineId;

/// How long a full queue is left alone before a member's command is tried again.
const AGAIN: Duration = Duration::from_millis(10);

/// A machine as its supervisor sees it.
pub(super) struct Attended<F: Machine> {
    kind: Arc<Kind<F>>,
    id: MachineId,
}

impl<F: Machine> Attended<F> {
    pub(super) const fn new(kind: Arc<Kind<F>>, id: MachineId) -> Self {
        Self { kind, id }
    }

    /// Queues a command, later if there is no room now.
    fn tell(&self, order: Order<F>) {
        let mut command = Command::letter(self.id.clone(), None, order);
        let lane = Arc::clone(self.kind.lane(&self.id));
        match lane.queue.push(command) {
            Ok(()) | Err((Unqueued::Closed, _)) => return,
            Err((Unqueued::Full, back)) => command = back,
        }
        let clock = Arc::clone(self.kind.clock());
        tokio::spawn(async move {
            loop {
                clock.sleep_until(clock.now().saturating_add(AGAIN)).await;
                match lane.queue.push(command) {
                    Ok(()) | Err((Unqueued::Closed, _)) => return,
                    Err((Unqueued::Full, back)) => command = back,
                }
            }
        });
    }
}

impl<F: Machine> Member for Attended<F> {
    fn start(&self, run: Run) {
        self.tell(Order::Attend { run });
    }

    fn stop(&self) {
        self.tell(Order::Suspend);
    }
}

impl<F: Machine> Machines<F> {
    /// A live machine is a member from now on.
    pub(super) fn attend(&mut self, slot: usize, run: Run) {
        if let Phase::Live(live) = &self.slots[slot].phase
            && live.completed
        {
            return run.exited(Exit::Finished);
        }
        self.attended.insert(slot, run);
    }

    /// The member's supervisor stops it.
    pub(super) fn suspend(&mut self, slot: usize) {
        let Some(run) = self.attended.remove(&slot) else { return };
        self.put_away(slot, "its supervisor has stopped it");
        run.exited(Exit::Finished);
    }

    /// A machine has panicked: if it is a member, it waits for its supervisor. Says whether it is.
    pub(super) fn failed_member(&mut self, slot: usize, message: &str) -> bool {
        let Some(run) = self.attended.remove(&slot) else { return false };
        self.put_away(slot, "it has panicked, and its supervisor has not started it again yet");
        run.exited(Exit::failed(message));
        true
    }

    /// A member that has come to its end tells its supervisor.
    pub(super) fn finished_member(&mut self, slot: usize) {
        if self.attended.is_empty() {
            return;
        }
        if let Some(run) = self.attended.remove(&slot) {
            run.exited(Exit::Finished);
        }
    }

    fn put_away(&mut self, slot: usize, why: &str) {
        let why = Box::new(Unavailable::Suspended(why.to_owned()));
        self.slots[slot].enter(Phase::Suspended(why));
        self.set_alarm(slot);
    }
}

impl<F: Machine> fmt::Debug for Attended<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attended")
            .field("kind", &F::TABLE.name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
