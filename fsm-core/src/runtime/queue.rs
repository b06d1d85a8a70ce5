//! The bounded queue of commands for the machines of one kind on one shard.
//!
//! A sender asks for [`Room`], and puts its command into it; the lock is held in between, and for
//! nothing else. The shard takes everything at once by swapping the buffer for an empty one, so
//! that two buffers serve for ever. A wake-up is sent only by the push that finds the queue empty,
//! so a thousand commands cost one.
//!
//! # Seats
//!
//! Most commands are for a machine that is in memory, in a slot whose number its handle knows: its
//! [`Seat`]. A command that names the slot is small, and the shard finds the machine without a look
//! into its index. Whether a seat is still the machine's is asked under the queue's lock, with the
//! push; a shard that gives a slot up says so under the same lock, and lets nobody else have the
//! slot before it has carried out what was pushed until then ([`Queue::vacate`]). So no command
//! ever meets a slot of somebody else.

use std::collections::VecDeque;
use std::iter;
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
    /// Whether it is open and empty, as of the last push, taking or closing.
    is_quiet: AtomicBool,
    capacity: usize,
    doorbell: Arc<Doorbell>,
}

#[derive(Debug)]
struct Inner<C> {
    commands: Vec<C>,
    /// How many commands were ever taken.
    taken: u64,
    /// How often each slot was given up; slots that never were may be missing.
    vacated: Vec<u32>,
    closed: bool,
}

/// Room for one command. The queue is locked until it is used or dropped.
#[derive(Debug)]
pub(super) struct Room<'a, C> {
    queue: &'a Queue<C>,
    inner: MutexGuard<'a, Inner<C>>,
}

/// A slot, as long as it is one machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) slot: u32,
    /// How often the slot was given up before.
    pub(super) vacated: u32,
}

/// Why a command cannot be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unqueued {
    /// The queue is full.
    Full,
    /// The system is shutting down.
    Closed,
}

impl Doorbell {
    /// Wakes the shard, if it is not awake already.
    pub(super) fn ring(&self) {
        // Release: the shard that sees the ring sees what was queued before it.
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.waker.wake();
        }
    }

    /// Whether it has rung since it was polled.
    pub(super) fn has_rung(&self) -> bool {
        self.rung.load(Ordering::Relaxed)
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
        let commands = Vec::new();
        let inner = Mutex::new(Inner { commands, taken: 0, vacated: Vec::new(), closed: false });
        Self { inner, is_quiet: AtomicBool::new(true), capacity, doorbell }
    }

    /// Room for a command.
    ///
    /// # Errors
    ///
    /// [`Unqueued`] if the queue is full or closed.
    #[inline]
    pub(super) fn room(&self) -> Result<Room<'_, C>, Unqueued> {
        let inner = self.lock();
        if inner.closed {
            return Err(Unqueued::Closed);
        }
        if inner.commands.len() >= self.capacity {
            return Err(Unqueued::Full);
        }
        Ok(Room { queue: self, inner })
    }

    /// Queues a command and wakes the shard.
    ///
    /// # Errors
    ///
    /// [`Unqueued`], with the command, if the queue is full or closed.
    pub(super) fn push(&self, command: C) -> Result<(), (Unqueued, C)> {
        match self.room() {
            Ok(room) => {
                room.put(|| command);
                Ok(())
            }
            Err(unqueued) => Err((unqueued, command)),
        }
    }

    /// Takes everything that is queued, leaving `empty` behind for the next commands.
    pub(super) fn take(&self, empty: &mut VecDeque<C>) {
        debug_assert!(empty.is_empty(), "commands would be lost");
        // Neither conversion copies: the buffer is empty here, and begins at its beginning below.
        let mut buffer = Vec::from(std::mem::take(empty));
        let mut inner = self.lock();
        std::mem::swap(&mut inner.commands, &mut buffer);
        inner.taken += buffer.len() as u64;
        // Under the lock, as every change of it.
        self.is_quiet.store(!inner.closed, Ordering::Release);
        drop(inner);
        *empty = VecDeque::from(buffer);
    }

    /// The slot is nobody's any more: from now on nothing is queued for its old seat. Says how many
    /// commands were queued until now, ever; among those there may be some for it.
    pub(super) fn vacate(&self, slot: u32) -> u64 {
        let mut inner = self.lock();
        let index = usize::try_from(slot).unwrap_or(usize::MAX);
        if inner.vacated.len() <= index {
            inner.vacated.resize(index + 1, 0);
        }
        inner.vacated[index] = inner.vacated[index].wrapping_add(1);
        inner.taken + inner.commands.len() as u64
    }

    /// Refuses every later push.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        self.is_quiet.store(false, Ordering::Release);
        drop(inner);
        self.doorbell.ring();
    }

    /// Wakes the shard.
    pub(super) fn ring(&self) {
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

    /// Whether it is open and nothing is queued. What the caller has pushed before, and what was
    /// pushed before the caller was told of it, is queued or was taken.
    pub(super) fn is_quiet(&self) -> bool {
        self.is_quiet.load(Ordering::Acquire)
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, Inner<C>> {
        // Nothing that can panic runs under the lock but a push that fails to allocate, which
        // leaves the buffer as it was.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Inner<C> {
    #[inline]
    fn vacated_times(&self, slot: u32) -> u32 {
        let index = usize::try_from(slot).unwrap_or(usize::MAX);
        self.vacated.get(index).copied().unwrap_or(0)
    }
}

impl<C> Room<'_, C> {
    /// Whether the seat is still that of the machine it was.
    #[inline]
    pub(super) fn has(&self, seat: Seat) -> bool {
        self.inner.vacated_times(seat.slot) == seat.vacated
    }

    /// Queues the command that `make` makes, and wakes the shard. Says how many are queued now.
    #[inline]
    pub(super) fn put(mut self, make: impl FnOnce() -> C) -> usize {
        // Not `push`, which would build the command before it looks for room.
        self.inner.commands.extend(iter::once(make).map(|make| make()));
        let queued = self.inner.commands.len();
        if queued == 1 {
            // It was empty.
            self.queue.is_quiet.store(false, Ordering::Release);
            let queue = self.queue;
            drop(self);
            queue.doorbell.ring();
        }
        queued
    }
}
