//! Knowing that nothing can run any more until time passes.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use tokio::runtime::{Builder, Runtime};

/// Wakes who waits for it when every task of the runtime waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Idle {
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Idle {
    /// A runtime of one thread that says when it is idle.
    pub(crate) fn runtime(&self) -> Runtime {
        let waker = Arc::clone(&self.waker);
        let wake = move || {
            let waiting = waker.lock().unwrap().take();
            waiting.into_iter().for_each(Waker::wake);
        };
        Builder::new_current_thread().on_thread_park(wake).build().unwrap()
    }

    /// Lets everything happen that can happen without time passing.
    pub(crate) async fn rest(&self) {
        let mut asked = false;
        poll_fn(|cx| {
            let mut waker = self.waker.lock().unwrap();
            if asked && waker.is_none() {
                return Poll::Ready(());
            }
            asked = true;
            *waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
