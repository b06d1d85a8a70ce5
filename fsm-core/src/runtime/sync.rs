//! What the hand-made concurrency is made of, in one place, so that the tests can put a model
//! checker's in its stead: `tests/concurrency` includes the files that use it.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

pub(super) use futures_util::task::AtomicWaker;
