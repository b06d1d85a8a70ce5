//! The bounded queue of commands for the machines of one kind on one shard.
//!
//! Senders push under a lock that is held for a push; the shard takes everything at once by
//! swapping the vector for an empty one. A wake-up is sent only by the push that finds the queue
//! empty, so a thousand commands cost one.

use std::task::{Context, Poll};

use super::sync::{Arc, AtomicBool, AtomicWaker, Mutex, MutexGuard, Ordering, PoisonError};

/// What wakes a shard's task.
#[derive(Debug, Default)]
pub(super) struct Doorbell {
    rung: AtomicBool,
    waker: AtomicWaker,
}

/// Commands on their way to a shard.
#[derive(Debug)]
pub(super) struct Queue<C> {
    inner: Mutex<Inner<C>>,
    capacity: usize,
    doorbell: Arc<Doorbell>,
}

#[derive(Debug)]
struct Inner<C> {
    commands: Vec<C>,
    closed: bool,
}

/// A command that was not queued.
#[derive(Debug)]
pub(super) enum Unqueued<C> {
    /// The queue is full.
    Full(C),
    /// The system is shutting down.
    Closed(C),
}

impl Doorbell {
    /// Wakes the shard, if it is not awake already.
    pub(super) fn ring(&self) {
        // Release: the shard that sees the ring sees what was queued before it.
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.waker.wake();
        }
    }

    /// Ready once for each ring, or several.
    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        if self.rung.swap(false, Ordering::AcqRel) {
            return Poll::Ready(());
        }
        self.waker.register(cx.waker());
        // A ring between the first look and the registration woke nobody.
        if self.rung.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<C> Queue<C> {
    pub(super) fn new(capacity: usize, doorbell: Arc<Doorbell>) -> Self {
        let inner = Mutex::new(Inner { commands: Vec::new(), closed: false });
        Self { inner, capacity, doorbell }
    }

    /// Queues a command and wakes the shard.
    ///
    /// # Errors
    ///
    /// [`Unqueued`], with the command, if the queue is full or closed.
    pub(super) fn push(&self, command: C) -> Result<(), Unqueued<C>> {
        let was_empty = {
            let mut inner = self.lock();
            if inner.closed {
                return Err(Unqueued::Closed(command));
            }
            if inner.commands.len() >= self.capacity {
                return Err(Unqueued::Full(command));
            }
            inner.commands.push(command);
            inner.commands.len() == 1
        };
        if was_empty {
            self.doorbell.ring();
        }
        Ok(())
    }

    /// Takes everything that is queued, leaving `empty` behind for the next commands.
    pub(super) fn take(&self, empty: &mut Vec<C>) {
        debug_assert!(empty.is_empty(), "commands would be lost");
        std::mem::swap(&mut self.lock().commands, empty);
    }

    /// Refuses every later push.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.doorbell.ring();
    }

    /// How many commands are queued.
    pub(super) fn len(&self) -> usize {
        self.lock().commands.len()
    }

    /// Whether every push is refused.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Inner<C>> {
        // Nothing that can panic runs under the lock but a push that fails to allocate, which
        // leaves the vector as it was.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
