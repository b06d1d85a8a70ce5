//! The queue between those who append and the writer, and who is told when the writer fails.
//!
//! Everything that waits is here, also what the writer is working on: so that a writer that is
//! stuck inside the storage can be given up, and nobody waits for ever.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fsm_core::journal::{AppendError, Batch, Committed, Registered, Schema};
use tokio::sync::oneshot;

use super::change::{Change, Changed, Task};
use super::layout::{COMMIT_BYTES_MAX, COMMIT_RECORDS_MAX, QUEUE_BYTES_MAX, QUEUE_RECORDS_MAX};

/// Work for the writer.
#[derive(Debug)]
pub(super) enum Job {
    Append(Batch),
    Register(Schema),
    Change(Change),
}

/// Where the answer to a job goes.
#[derive(Debug)]
pub(super) enum Answer {
    Append(oneshot::Sender<Result<Committed, AppendError>>),
    Register(oneshot::Sender<Result<Registered, AppendError>>),
    Change(oneshot::Sender<Result<Changed, AppendError>>),
}

/// What became of a job.
#[derive(Debug)]
pub(super) enum Outcome {
    Appended(Committed),
    Registered(Registered),
    Changed(Changed),
    /// It is answered when the task is done.
    Begun(Task),
    Refused(AppendError),
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// The writer waits here for work.
    work: Condvar,
}

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<(Job, Answer)>,
    bytes: usize,
    records: usize,
    /// Who waits for what the writer took, for as long as it has not been committed.
    waiting: Vec<Answer>,
    /// Who waits for the end of a task.
    begun: Vec<(Task, Answer)>,
    /// Since when the writer has been at work without a sign of life; `None` while it waits.
    since: Option<Instant>,
    writer_waits: bool,
    closing: bool,
    stopped: Option<String>,
}

/// What the writer is to do next.
#[derive(Debug)]
pub(super) enum Next {
    /// Write these.
    Jobs,
    /// Nothing came for as long as it wanted to wait.
    Idle,
    /// Everything is written, and nothing more will come.
    Closed,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole before the lock is let go.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands work over. A full queue refuses: whoever appends may be a task that must not wait
    /// here, and has its own way to hold its callers back.
    pub(super) fn push(&self, job: Job, answer: Answer) {
        let (bytes, records) = job.size();
        let mut state = self.state();
        let full =
            || AppendError::Overloaded { records: QUEUE_RECORDS_MAX, bytes: QUEUE_BYTES_MAX };
        if let Some(error) = state.refusal().or_else(|| state.is_full().then(full)) {
            if let Job::Append(batch) = &job {
                batch.break_chain();
            }
            drop(state);
            answer.send(Outcome::Refused(error));
            return;
        }
        state.bytes += bytes;
        state.records += records;
        state.jobs.push_back((job, answer));
        let wake = std::mem::take(&mut state.writer_waits);
        drop(state);
        if wake {
            self.work.notify_one();
        }
    }

    /// Waits for work, for as long as `patience` if given, and moves what fits into one commit
    /// to `jobs`.
    pub(super) fn take(&self, jobs: &mut Vec<Job>, patience: Option<Duration>) -> Next {
        let deadline = patience.and_then(|patience| Instant::now().checked_add(patience));
        let mut state = self.state();
        while state.jobs.is_empty() {
            if state.closing || state.stopped.is_some() {
                state.since = Some(Instant::now());
                return Next::Closed;
            }
            state.writer_waits = true;
            state.since = None;
            state = match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
                None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => {
                    state.since = Some(Instant::now());
                    return Next::Idle;
                }
                Some(left) => {
                    let waited = self.work.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        let (mut bytes_sum, mut records_sum) = (0, 0);
        while let Some((job, _)) = state.jobs.front() {
            let (bytes, records) = job.size();
            let fits = bytes_sum + bytes <= COMMIT_BYTES_MAX
                && records_sum + records <= COMMIT_RECORDS_MAX;
            let apart = job.stands_alone() || jobs.last().is_some_and(Job::stands_alone);
            if !jobs.is_empty() && (!fits || apart) {
                break;
            }
            (bytes_sum, records_sum) = (bytes_sum + bytes, records_sum + records);
            if let Some((job, answer)) = state.jobs.pop_front() {
                jobs.push(job);
                state.waiting.push(answer);
            }
        }
        state.bytes -= bytes_sum;
        state.records -= records_sum;
        state.since = Some(Instant::now());
        state.writer_waits = false;
        drop(state);
        Next::Jobs
    }

    /// The commit is durable: answers its jobs in order. `false` if the writer was given up
    /// meanwhile, and they have been answered.
    pub(super) fn complete(&self, outcomes: &mut Vec<Outcome>) -> bool {
        let mut state = self.state();
        let mut waiting = std::mem::take(&mut state.waiting);
        // The writer still has to tidy up inside the storage, and can be stuck there too.
        state.since = Some(Instant::now());
        let in_time = state.stopped.is_none();
        drop(state);
        for (answer, outcome) in waiting.drain(..).zip(outcomes.drain(..)) {
            match outcome {
                Outcome::Begun(task) if in_time => self.state().begun.push((task, answer)),
                outcome => answer.send(outcome),
            }
        }
        in_time
    }

    /// A task is done: answers those who wait for it.
    pub(super) fn done(&self, task: Task, changed: Changed) {
        let mut state = self.state();
        let begun = std::mem::take(&mut state.begun);
        let (done, others): (Vec<_>, Vec<_>) =
            begun.into_iter().partition(|(known, _)| *known == task);
        state.begun = others;
        drop(state);
        for (_, answer) in done {
            answer.send(Outcome::Changed(changed.clone()));
        }
    }

    /// The writer is at work, and not stuck.
    pub(super) fn alive(&self) {
        self.state().since = Some(Instant::now());
    }

    /// Whether something waits for the writer.
    pub(super) fn has_work(&self) -> bool {
        let state = self.state();
        !state.jobs.is_empty() || state.closing || state.stopped.is_some()
    }

    /// The writer failed, or is given up: tells everybody. Only the first call says why. What was
    /// refused already, of which nothing was written, is said to be.
    pub(super) fn stop(&self, error: &AppendError, outcomes: &mut Vec<Outcome>) {
        let mut state = self.state();
        if state.stopped.is_some() {
            return;
        }
        let stopped = AppendError::Stopped { why: error.to_string() };
        state.stopped = Some(error.to_string());
        let waiting = std::mem::take(&mut state.waiting);
        let jobs = std::mem::take(&mut state.jobs);
        let begun = std::mem::take(&mut state.begun);
        state.since = None;
        drop(state);
        self.work.notify_all();
        let mut outcomes = outcomes.drain(..);
        for answer in waiting {
            answer.send(match outcomes.next() {
                Some(Outcome::Refused(refused)) => Outcome::Refused(refused),
                _ => Outcome::Refused(error.clone()),
            });
        }
        let jobs = jobs.into_iter().map(|(_, answer)| answer);
        for answer in begun.into_iter().map(|(_, answer)| answer).chain(jobs) {
            answer.send(Outcome::Refused(stopped.clone()));
        }
    }

    /// The writer has ended: tells those who wait for tasks that go on when the journal is opened.
    pub(super) fn ended(&self) {
        let begun = std::mem::take(&mut self.state().begun);
        for (_, answer) in begun {
            let why = "it was closed; what was begun goes on when it is opened".to_owned();
            answer.send(Outcome::Refused(AppendError::Stopped { why }));
        }
    }

    /// No more work is taken; the writer finishes what there is.
    pub(super) fn close(&self) {
        self.state().closing = true;
        self.work.notify_all();
    }

    /// How long the writer has been at work without a sign of life.
    pub(super) fn busy_for(&self) -> Option<Duration> {
        self.state().since.map(|since| since.elapsed())
    }

    /// Why the journal stopped, if it did.
    pub(super) fn stopped(&self) -> Option<AppendError> {
        self.state().refusal_if_stopped()
    }
}

impl State {
    const fn is_full(&self) -> bool {
        self.bytes > QUEUE_BYTES_MAX || self.records > QUEUE_RECORDS_MAX
    }

    fn refusal_if_stopped(&self) -> Option<AppendError> {
        self.stopped.clone().map(|why| AppendError::Stopped { why })
    }

    fn refusal(&self) -> Option<AppendError> {
        let closed = || AppendError::Stopped { why: "it was closed".to_owned() };
        self.refusal_if_stopped().or_else(|| self.closing.then(closed))
    }
}

impl Job {
    fn size(&self) -> (usize, usize) {
        match self {
            Self::Append(batch) => (batch.payload_bytes(), batch.len()),
            Self::Register(_) => (0, 1),
            Self::Change(change) => (change.bytes(), 1),
        }
    }

    /// Whether it is about what was committed before it, and is not taken together with others.
    fn stands_alone(&self) -> bool {
        matches!(self, Self::Change(change) if change.stands_alone())
    }
}

impl Answer {
    /// Sends it. Nobody may be listening, which is fine.
    fn send(self, outcome: Outcome) {
        let mismatch = || AppendError::Stopped { why: "an answer was mixed up".to_owned() };
        match (self, outcome) {
            (Self::Append(to), Outcome::Appended(committed)) => drop(to.send(Ok(committed))),
            (Self::Append(to), Outcome::Refused(error)) => drop(to.send(Err(error))),
            (Self::Append(to), _) => drop(to.send(Err(mismatch()))),
            (Self::Register(to), Outcome::Registered(numbers)) => drop(to.send(Ok(numbers))),
            (Self::Register(to), Outcome::Refused(error)) => drop(to.send(Err(error))),
            (Self::Register(to), _) => drop(to.send(Err(mismatch()))),
            (Self::Change(to), Outcome::Changed(changed)) => drop(to.send(Ok(changed))),
            (Self::Change(to), Outcome::Refused(error)) => drop(to.send(Err(error))),
            (Self::Change(to), _) => drop(to.send(Err(mismatch()))),
        }
    }
}
