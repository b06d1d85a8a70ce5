//! An async service: the member that the supervisor runs itself, as a task of its own.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::exit::Exit;
use super::member::{Member, Run};
use crate::runtime::panic::panic_message;

/// What a service's future answers.
pub type ServiceResult = Result<(), Box<dyn Error + Send + Sync>>;

/// What a service knows of its run: handed to the factory at each start.
#[derive(Clone, Debug)]
pub struct ServiceContext {
    name: Arc<str>,
    restarts: u64,
    stopping: watch::Receiver<bool>,
}

/// A factory of futures, and the task that runs the newest of them.
pub(super) struct Service<F> {
    name: Arc<str>,
    factory: Arc<F>,
    runtime: Handle,
    current: Mutex<Option<Current>>,
}

struct Current {
    stopping: watch::Sender<bool>,
    task: AbortHandle,
}

impl ServiceContext {
    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often the service was started before.
    #[must_use]
    pub const fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Whether the service is to come to an end.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        // Without its sender the signal cannot come any more, and nobody wants the service.
        *self.stopping.borrow() || self.stopping.has_changed().is_err()
    }

    /// Waits until the service is to come to an end. From then on it has the time that
    /// [`stop_within`](super::Supervision::stop_within) gives it.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing; it can be asked for again.
    pub async fn stopping(&self) {
        // An error means that the sender is gone, and so is whoever wants the service.
        let _ = self.stopping.clone().wait_for(|stopping| *stopping).await;
    }
}

impl<F> Service<F> {
    pub(super) fn new(name: Arc<str>, factory: F, runtime: Handle) -> Self {
        Self { name, factory: Arc::new(factory), runtime, current: Mutex::new(None) }
    }

    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        // Nothing that can panic happens under the lock.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F, S> Member for Service<F>
where
    F: Fn(ServiceContext) -> S + Send + Sync + 'static,
    S: Future<Output = ServiceResult> + Send + 'static,
{
    fn start(&self, run: Run) {
        let (stopping, signal) = watch::channel(false);
        let context = ServiceContext {
            name: Arc::clone(&self.name),
            restarts: run.restarts(),
            stopping: signal,
        };
        let factory = Arc::clone(&self.factory);
        let task = self.runtime.spawn(async move {
            // The factory runs in here too, since it is as much the service's as the future.
            let service = AssertUnwindSafe(async move { factory(context).await });
            // What a panic leaves behind is dropped with the future.
            let exit = match service.catch_unwind().await {
                Ok(Ok(())) => Exit::Finished,
                Ok(Err(error)) => Exit::of_error(&*error),
                Err(panic) => Exit::failed(format!("it panicked: {}", panic_message(&*panic))),
            };
            run.exited(exit);
        });
        *self.current() = Some(Current { stopping, task: task.abort_handle() });
    }

    fn stop(&self) {
        if let Some(current) = &*self.current() {
            current.stopping.send_replace(true);
        }
    }

    fn abort(&self) {
        if let Some(current) = &*self.current() {
            current.task.abort();
        }
    }
}

impl<F> fmt::Debug for Service<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("name", &self.name).finish_non_exhaustive()
    }
}
