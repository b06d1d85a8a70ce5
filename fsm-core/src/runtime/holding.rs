//! Answers that wait until what they rest on is durable.
//!
//! If a record fails instead, the caller gets the error and the machine is dropped, to be read
//! again by the next command.

use std::collections::VecDeque;
use std::time::Duration;

use super::Machine;
use super::command::Answer;
use super::gathering::Gathering;
use super::machines::Machines;
use super::slot::{Held, Phase, Placed};
use crate::journal::{AppendError, Position};

/// How long a machine whose record was refused is left alone at first, if nobody asks for it: what
/// is due is tried again then, and not as fast as a stopped journal can refuse.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
/// The longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// How many answers may be held back before the shard stops taking commands of a kind.
const HELD_MAX: usize = 65_536;

/// The answers of a kind that are held back on a shard.
#[derive(Debug)]
pub(super) struct Holding<F: Machine> {
    /// What waits for the batches that are under way or being gathered, oldest first.
    batches: VecDeque<Vec<Held<F>>>,
    /// The number of the oldest of them.
    oldest: u64,
    /// How many answers they hold together.
    held: usize,
    /// How many batches failed since the last one that did not.
    failures: u32,
}

impl<F: Machine> Holding<F> {
    /// Begins with the shard's oldest batch.
    pub(super) const fn begin(&mut self, oldest: u64) {
        self.oldest = oldest;
    }

    pub(super) const fn is_full(&self) -> bool {
        self.held >= HELD_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batches.iter().all(Vec::is_empty)
    }

    fn push(&mut self, batch: u64, held: Held<F>) {
        let index = usize::try_from(batch - self.oldest).unwrap_or(usize::MAX);
        while self.batches.len() <= index {
            self.batches.push_back(Vec::new());
        }
        self.batches[index].push(held);
        self.held += 1;
    }

    fn pop(&mut self) -> (u64, Vec<Held<F>>) {
        let batch = self.oldest;
        self.oldest += 1;
        let held = self.batches.pop_front().unwrap_or_default();
        self.held -= held.len();
        (batch, held)
    }

    fn take(&mut self, batch: u64) -> Vec<Held<F>> {
        let index = usize::try_from(batch - self.oldest).unwrap_or(usize::MAX);
        let held = self.batches.get_mut(index).map(std::mem::take).unwrap_or_default();
        self.held -= held.len();
        held
    }
}

impl<F: Machine> Machines<F> {
    /// Holds an answer back that says nothing about a record of its own: only if somebody listens.
    pub(super) fn hold_if_heard(&mut self, slot: usize, answer: Answer<F>) {
        if !matches!(answer, Answer::Nobody) {
            self.hold(slot, answer);
        }
    }

    /// Holds an answer back until what was recorded since `begun` is durable; if that is nothing,
    /// until what the machine rests on is.
    pub(super) fn hold_since(
        &mut self,
        slot: usize,
        begun: u32,
        answer: Answer<F>,
        gathering: &Gathering,
    ) {
        let end = gathering.end();
        if end > begun {
            let placed = Placed::InBatch { batch: gathering.number(), offset: end - 1 };
            self.slots[slot].placed = placed;
            self.hold(slot, answer);
        } else {
            self.hold_if_heard(slot, answer);
        }
    }

    /// Holds an answer back until the machine's last record is durable.
    pub(super) fn hold(&mut self, slot: usize, answer: Answer<F>) {
        match self.slots[slot].placed {
            Placed::Durable(position) => answer.deliver(position),
            Placed::InBatch { batch, offset } => {
                let tenure = self.slots[slot].tenure;
                self.holding.push(batch, Held { slot, tenure, offset, answer });
            }
        }
    }

    /// The oldest batch is durable, and begins at `first`.
    pub(super) fn deliver(&mut self, first: Position) {
        self.holding.failures = 0;
        let (batch, held) = self.holding.pop();
        for Held { slot, tenure, offset, mut answer } in held {
            let position = first.plus(u64::from(offset));
            if self.slots[slot].tenure == tenure {
                self.place_answer(slot, &mut answer, position);
            }
            answer.deliver(position);
            self.settle(slot, Placed::InBatch { batch, offset }, position);
        }
    }

    /// An answer that may be given again learns where its record stands; one that is given again
    /// before that was durable learns it too.
    fn place_answer(&mut self, slot: usize, answer: &mut Answer<F>, position: Position) {
        if let Answer::Send(_, Ok(done)) = answer
            && done.position == Position::START
            && let Phase::Live(live) = &mut self.slots[slot].phase
            && let Some(duties) = live.duties_mut()
        {
            done.position = duties.placed(done.sequence, position);
        }
    }

    /// The held answer's machine now has a durable last record, unless it has gone on since.
    fn settle(&mut self, slot: usize, placed: Placed, position: Position) {
        if self.slots[slot].placed != placed {
            return;
        }
        self.slots[slot].placed = Placed::Durable(position);
        if matches!(self.slots[slot].phase, Phase::Waiting(_)) {
            return self.read_later(slot);
        }
        self.came_to_rest(slot);
    }

    /// The oldest batch failed.
    pub(super) fn fail_oldest(&mut self, error: &AppendError) {
        let (batch, held) = self.holding.pop();
        self.fail(batch, held, error);
    }

    /// The batch that is being gathered has failed before it was handed over.
    pub(super) fn fail_gathered(&mut self, gathered: u64, error: &AppendError) {
        let held = self.holding.take(gathered);
        self.fail(gathered, held, error);
    }

    fn fail(&mut self, batch: u64, held: Vec<Held<F>>, error: &AppendError) {
        let pause = PAUSE_FIRST.saturating_mul(1 << self.holding.failures.min(16)).min(PAUSE_MAX);
        self.holding.failures += u32::from(!held.is_empty());
        for Held { slot, tenure, offset, answer } in held {
            answer.fail(error);
            if self.slots[slot].tenure == tenure {
                self.drop_machine(slot, Placed::InBatch { batch, offset }, pause);
            }
        }
    }
}

impl<F: Machine> Default for Holding<F> {
    fn default() -> Self {
        Self { batches: VecDeque::new(), oldest: 0, held: 0, failures: 0 }
    }
}
