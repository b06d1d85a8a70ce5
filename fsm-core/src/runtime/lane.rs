//! Where senders and a shard meet: the queue to the machines of one kind on one shard, and these
//! machines themselves.
//!
//! The shard has the machines locked for a turn. A sender never waits for that lock; but where
//! nothing is to be journaled, and the shard is not at work, it may let a machine take an event
//! itself ([`Lane::directly`]), which spares two switches of tasks.

use std::collections::VecDeque;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::queue::{Doorbell, Queue};
use super::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The queue to the machines `M` of one kind on one shard, and these.
#[derive(Debug)]
pub(super) struct Lane<C, M> {
    pub(super) queue: Queue<C>,
    /// Wakes senders that wait for room in the queue.
    emptied: Notify,
    /// `None` before the shard has them, and after it has ended.
    machines: Mutex<Option<M>>,
}

/// Something that takes commands out of a queue before it carries them out.
pub(super) trait CaughtUp {
    /// Whether everything that was taken out of the queue was carried out.
    fn is_caught_up(&self) -> bool;
}

impl<C, M: CaughtUp> Lane<C, M> {
    pub(super) fn new(capacity: usize, doorbell: Arc<Doorbell>) -> Self {
        let (queue, emptied) = (Queue::new(capacity, doorbell), Notify::new());
        Self { queue, emptied, machines: Mutex::new(None) }
    }

    /// Puts the machines in.
    pub(super) fn open(&self, machines: M) {
        *self.lock() = Some(machines);
    }

    /// Refuses every later command.
    pub(super) fn close(&self) {
        self.queue.close();
        self.emptied.notify_waiters();
    }

    /// Takes the machines out, for good.
    pub(super) fn end(&self) -> Option<M> {
        self.close();
        self.lock().take()
    }

    /// Takes everything that is queued, which makes room.
    pub(super) fn take(&self, empty: &mut VecDeque<C>) {
        self.queue.take(empty);
        self.emptied.notify_waiters();
    }

    /// Ready when everything was taken out of the queue, or it was closed, after this was called.
    pub(super) fn emptied(&self) -> Notified<'_> {
        self.emptied.notified()
    }

    /// Lets the shard do something with its machines; `None` if it has none.
    pub(super) fn turn<R>(&self, with: impl FnOnce(&mut M) -> R) -> Option<R> {
        self.lock().as_mut().map(with)
    }

    /// Lets a sender look at the machines, unless the shard is at work.
    pub(super) fn glance<R>(&self, with: impl FnOnce(&mut M) -> R) -> Option<R> {
        self.machines.try_lock().ok()?.as_mut().map(with)
    }

    /// Lets a sender do something with the machines itself, if that is as if it had queued it:
    /// nothing is queued, nothing that was taken out waits, and the shard is not at work.
    pub(super) fn directly<R>(&self, with: impl FnOnce(&mut M) -> R) -> Option<R> {
        // What this sender queued before was taken out of a quiet queue, under the lock below.
        if !self.queue.is_quiet() {
            return None;
        }
        let mut machines = self.machines.try_lock().ok()?;
        machines.as_mut().filter(|machines| machines.is_caught_up()).map(with)
    }

    fn lock(&self) -> MutexGuard<'_, Option<M>> {
        // A panic of the user's code does not leave the machines half changed: it is caught below
        // this lock.
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
