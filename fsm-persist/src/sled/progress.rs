//! How far a long task has come, and whether the database still answers it.
//!
//! Whoever looks after a journal is told at least once in a while. What works on a database that
//! may be damaged works on a thread of its own: if sled stands still, nobody waits for it for ever.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crate::progress::Progress;

/// Tells how far a task has come, every so many calls.
pub(super) struct Teller<'a> {
    told: &'a mut dyn FnMut(Progress),
    calls: u32,
}

/// Of so many calls one is passed on: a chunk is read in microseconds.
const CALLS_PER_WORD: u32 = 64;
/// So many words may wait to be heard; what comes then is not said.
const WORDS_MAX: usize = 64;

/// What a thread says.
#[derive(Debug)]
enum Word<T> {
    Progress(Progress),
    Done(T),
}

impl std::fmt::Debug for Teller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Teller").field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl<'a> Teller<'a> {
    pub(super) fn new(told: &'a mut dyn FnMut(Progress)) -> Self {
        Self { told, calls: 0 }
    }

    /// Says how far it has come, if it is time to.
    pub(super) fn tell(&mut self, done: u64, all: u64) {
        if self.calls.is_multiple_of(CALLS_PER_WORD) {
            self.tell_now(done, all);
        }
        self.calls = self.calls.wrapping_add(1);
    }

    /// Says how far it has come.
    pub(super) fn tell_now(&mut self, done: u64, all: u64) {
        (self.told)(Progress { done, all: all.max(done) });
    }
}

/// Does work on a thread of its own, and gives it up when it says nothing for `patience`.
///
/// The error says what became of it. A thread that is stuck inside sled cannot be ended; it keeps
/// the database until the process ends.
pub(super) fn watched<T: Send + 'static>(
    patience: Duration,
    told: &mut dyn FnMut(Progress),
    work: impl FnOnce(&mut Teller<'_>) -> T + Send + 'static,
) -> Result<T, String> {
    let (says, hears) = sync_channel(WORDS_MAX);
    let spawned =
        thread::Builder::new().name("fsm-care".to_owned()).spawn(move || speak(&says, work));
    let thread = spawned.map_err(|error| format!("no thread could be started: {error}"))?;
    let heard = listen(patience, told, &hears);
    if heard.is_some() || thread.is_finished() {
        let ended = thread.join();
        return heard.flatten().ok_or_else(|| match ended {
            Err(panic) => format!("it panicked: {}", super::store::panic_text(panic.as_ref())),
            Ok(()) => "it ended without a word".to_owned(),
        });
    }
    Err(format!("the database did not answer for {patience:?}"))
}

fn speak<T>(says: &SyncSender<Word<T>>, work: impl FnOnce(&mut Teller<'_>) -> T) {
    let mut told = |progress| {
        // Who listens is slower than the work: the next word says more.
        drop(says.try_send(Word::Progress(progress)));
    };
    let done = work(&mut Teller::new(&mut told));
    // Nobody listens any more if it was given up.
    drop(says.send(Word::Done(done)));
}

/// What the thread had to say in the end; `None` if it fell silent.
fn listen<T>(
    patience: Duration,
    told: &mut dyn FnMut(Progress),
    hears: &Receiver<Word<T>>,
) -> Option<Option<T>> {
    loop {
        match hears.recv_timeout(patience) {
            Ok(Word::Progress(progress)) => told(progress),
            Ok(Word::Done(done)) => return Some(Some(done)),
            Err(RecvTimeoutError::Disconnected) => return Some(None),
            Err(RecvTimeoutError::Timeout) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_nothing_is_given_up() {
        let (never, ends) = sync_channel::<()>(0);
        let silent = watched(Duration::from_millis(10), &mut |_| {}, move |_| ends.recv());
        assert!(silent.unwrap_err().contains("did not answer"));
        drop(never);
        let panicked: Result<(), _> =
            watched(Duration::from_secs(60), &mut |_| {}, |_| panic!("broken"));
        assert!(panicked.unwrap_err().contains("broken"));
        let done = watched(Duration::from_secs(60), &mut |_| {}, |_| 7);
        assert_eq!(done, Ok(7));
    }
}
