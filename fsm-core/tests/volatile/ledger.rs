//! The machine that most tests drive: a book that writes down who told it what, in which order.

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Once;
use std::task::{Context, Poll, Waker};

use fsm_core::runtime::Builder;
use fsm_core::{Fsm, MachineRef, System};
use serde::{Deserialize, Serialize};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Book)]
#[on(Close => Closed)]
pub(crate) enum Ledger {
    #[fsm(initial)]
    #[on(Note { by, number } => _ / note(by, number))]
    #[on(Nothing => _)]
    #[on(Panic => _ / panic())]
    #[on(PanicInGuard if panics() => _ / panic())]
    #[on(Lock => Locked)]
    Open,

    #[on(Unlock => Open)]
    Locked,

    #[fsm(final)]
    Closed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Note { by: u32, number: u32 },
    Nothing,
    Panic,
    PanicInGuard,
    Lock,
    Unlock,
    Close,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Book {
    pub(crate) notes: Vec<(u32, u32)>,
}

impl Book {
    fn note(&mut self, by: u32, number: u32) {
        self.notes.push((by, number));
    }

    fn panics(&self) -> bool {
        panic!("the guard gives up at {}", self.notes.len());
    }

    fn panic(&mut self) {
        self.notes.clear();
        panic!("the action gives up");
    }
}

pub(crate) const fn note(by: u32, number: u32) -> Event {
    Event::Note { by, number }
}

/// Keeps the panics that are part of the game out of the tests' output; others are shown.
pub(crate) fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let show = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let text = panic.payload_as_str().unwrap_or_default();
            if text.len() > 60 || !text.contains(" gives up") {
                show(panic);
            }
        }));
    });
}

/// A system of one shard that journals nothing.
pub(crate) async fn volatile() -> System {
    start(System::builder().volatile()).await
}

/// A system of one shard.
pub(crate) async fn start(builder: Builder) -> System {
    hush();
    builder.shards(NonZeroUsize::MIN).start().await.unwrap()
}

/// A new book.
pub(crate) async fn open(system: &System, id: &str) -> MachineRef<Ledger> {
    let book = system.machine::<Ledger>(id.to_owned());
    book.create(Book::default()).await.unwrap();
    book
}

/// What is in a book.
pub(crate) async fn notes(book: &MachineRef<Ledger>) -> Vec<(u32, u32)> {
    book.state().await.unwrap().context.notes
}

/// Lets everything happen that can.
pub(crate) async fn rest() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Looks at a future once.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}
