//! Where senders and a shard meet: the queue to the machines of one kind on one shard, and these
//! machines themselves.
//!
//! The shard has the machines locked for a turn. A sender never waits for that lock; but where
//! nothing is to be journaled, and the shard is not at work, it may let a machine take an event
//! itself ([`Lane::directly`]), which spares two switches of tasks. A shard that finds a sender at
//! work does not wait for the lock either: the sender rings when it has finished.

use std::collections::VecDeque;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::queue::{Doorbell, Queue};
use super::sync::{Arc, AtomicBool, Mutex, MutexGuard, Ordering, PoisonError, TryLockError, fence};

/// The queue to the machines `M` of one kind on one shard, and these.
#[derive(Debug)]
pub(super) struct Lane<C, M> {
    pub(super) queue: Queue<C>,
    /// Wakes senders that wait for room in the queue.
    emptied: Notify,
    /// `None` before the shard has them, and after it has ended.
    machines: Mutex<Option<M>>,
    /// Whether the shard has found a sender at work and waits for its ring.
    is_awaited: AtomicBool,
}

/// Something that takes commands out of a queue before it carries them out.
pub(super) trait CaughtUp {
    /// Whether everything that was taken out of the queue was carried out.
    fn is_caught_up(&self) -> bool;
}

impl<C, M: CaughtUp> Lane<C, M> {
    pub(super) fn new(capacity: usize, doorbell: Arc<Doorbell>) -> Self {
        let (queue, emptied) = (Queue::new(capacity, doorbell), Notify::new());
        let (machines, is_awaited) = (Mutex::new(None), AtomicBool::new(false));
        Self { queue, emptied, machines, is_awaited }
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

    /// Lets the shard do something with its machines; `None` if it has none. For what cannot be put
    /// off: it waits for a sender that is at work.
    pub(super) fn turn<R>(&self, with: impl FnOnce(&mut M) -> R) -> Option<R> {
        self.lock().as_mut().map(with)
    }

    /// Lets the shard do something with its machines, unless a sender is at work, which rings when
    /// it has finished.
    pub(super) fn try_turn<R>(&self, with: impl FnOnce(&mut M) -> R) -> Option<R> {
        if let Some(mut machines) = self.try_lock() {
            return machines.as_mut().map(with);
        }
        self.is_awaited.store(true, Ordering::Relaxed);
        // Either the sender sees that it is awaited, or this sees that the sender has finished.
        fence(Ordering::SeqCst);
        self.try_lock()?.as_mut().map(with)
    }

    /// Lets a sender look at the machines, unless the shard is at work.
    pub(super) fn glance<R>(&self, with: impl FnOnce(&mut M) -> R) -> Option<R> {
        // Dropped after the lock, also by a panic.
        let _finished = Finished { lane: self };
        self.try_lock()?.as_mut().map(with)
    }

    /// Lets a sender do something with the machines itself, if that is as if it had queued it:
    /// nothing is queued, nothing that was taken out waits, and the shard is not at work.
    pub(super) fn directly<R>(&self, with: impl FnOnce(&mut M) -> R) -> Option<R> {
        // What this sender queued before was taken out of a quiet queue, under the lock below.
        if !self.queue.is_quiet() {
            return None;
        }
        self.glance(|machines| machines.is_caught_up().then(|| with(machines))).flatten()
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Option<M>>> {
        match self.machines.try_lock() {
            Ok(machines) => Some(machines),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<M>> {
        // A panic of the user's code does not leave the machines half changed: it is caught below
        // this lock.
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sender that has let go of the machines when this is dropped.
struct Finished<'a, C, M> {
    lane: &'a Lane<C, M>,
}

impl<C, M> Drop for Finished<'_, C, M> {
    /// Rings for a shard that has found the sender at work.
    fn drop(&mut self) {
        let Lane { queue, is_awaited, .. } = self.lane;
        fence(Ordering::SeqCst);
        if is_awaited.load(Ordering::Relaxed) && is_awaited.swap(false, Ordering::Relaxed) {
            queue.ring();
        }
    }
}
