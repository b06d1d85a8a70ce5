//! In the place of the runtime's own: loom's primitives, and a waker made of them.

use std::task::{Context, Poll, Wake, Waker};

pub(crate) use std::sync::{Arc, PoisonError, TryLockError};

use loom::model::Builder;
use loom::sync::Condvar;
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
pub(crate) use loom::sync::{Mutex, MutexGuard};

/// How often a thread is interrupted at most. What goes wrong at all goes wrong with two
/// interruptions, as a rule; without a bound, three threads take hours.
const INTERRUPTIONS_MAX: usize = 3;

/// What `futures_util`'s promises, and no more: a wake wakes who registered last before it.
#[derive(Debug, Default)]
pub(crate) struct AtomicWaker {
    registered: Mutex<Option<Waker>>,
}

impl AtomicWaker {
    pub(crate) fn register(&self, waker: &Waker) {
        *self.registered.lock().unwrap() = Some(waker.clone());
    }

    pub(crate) fn wake(&self) {
        let registered = self.registered.lock().unwrap().take();
        if let Some(waker) = registered {
            waker.wake();
        }
    }
}

/// Wakes a thread that sleeps in [`wait`].
#[derive(Default)]
struct Sleep {
    woken: Mutex<bool>,
    waking: Condvar,
}

impl Wake for Sleep {
    fn wake(self: Arc<Self>) {
        *self.woken.lock().unwrap() = true;
        self.waking.notify_one();
    }
}

/// Runs a test of two threads in every order of their operations.
pub(crate) fn in_every_order(test: impl Fn() + Send + Sync + 'static) {
    loom::model(test);
}

/// Runs a test of more threads in every order with few interruptions.
pub(crate) fn in_many_orders(test: impl Fn() + Send + Sync + 'static) {
    let mut orders = Builder::new();
    orders.preemption_bound = Some(INTERRUPTIONS_MAX);
    orders.check(test);
}

/// Sleeps until `poll` is ready. If nobody wakes the thread, loom reports a deadlock.
pub(crate) fn wait(mut poll: impl FnMut(&mut Context<'_>) -> Poll<()>) {
    let sleep = Arc::new(Sleep::default());
    let waker = Waker::from(Arc::clone(&sleep));
    let mut cx = Context::from_waker(&waker);
    while poll(&mut cx).is_pending() {
        let mut woken = sleep.woken.lock().unwrap();
        while !std::mem::take(&mut *woken) {
            woken = sleep.waking.wait(woken).unwrap();
        }
    }
}
