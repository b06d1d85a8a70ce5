//! A running machine does what is due: its timers run down, its scheduled events are sent.

use std::cell::Cell;

use super::Machine;
use super::duties::{Due, Resting};
use super::running::{Offered, Running, coming_from, owing};
use super::timing::Tick;
use crate::journal::{Codec, Fact, Origin, Sequence};
use crate::machine::{Decision, Moment, Row, RowId, StateId, TimerId, Timestamp, Trigger};

/// How many timers and scheduled events of one machine run down before it is another's turn.
const FIRED_MAX: usize = 64;

impl<F: Machine> Running<'_, F> {
    /// Lets timers and scheduled events happen that are due. `happening` is what is under way, for
    /// whoever finds a panic.
    pub(super) fn fire(&mut self, resting: &[Resting], happening: &Cell<Option<Due>>) {
        for _ in 0..FIRED_MAX {
            let due = self.live.duties().and_then(|duties| duties.due(self.time, resting));
            happening.set(due);
            match due {
                None => return,
                Some(Due::Timer(armed)) => self.run_down(armed.timer, armed.due),
                Some(Due::Scheduled(_, sequence)) => self.send_scheduled(sequence),
            }
        }
    }

    fn run_down(&mut self, timer: TimerId, mut due: Timestamp) {
        let moment = Moment { now: self.time, id: self.place.id };
        if F::TABLE.timer(timer).repeats {
            let period = self.live.period(timer, moment).unwrap_or_default();
            match self.limits.missed_ticks.tick(due, period, self.time) {
                Tick::Happen(at) => due = at,
                Tick::Wait(next) => return self.live.take_on().arm(timer, next),
            }
        }
        let Some(state) = self.live.state() else { return };
        let state_id = state.state_id();
        if let Decision::Take(row) = state.decide_timer(timer, &self.live.context, moment) {
            self.live.advance(self.time);
            let taken = self.take(row, None);
            self.live.ran_down(timer, due, taken.left, moment);
            let metadata = owing(coming_from(Origin::Timer(due)), taken.effects);
            self.transition(row, taken.state, metadata);
            return self.settle(taken.left);
        }
        match self.live.next_tick(timer, due, moment) {
            Some(next) => self.live.take_on().arm(timer, next),
            None => self.elapsed(timer, state_id),
        }
    }

    /// A timer's guards said no: it is over, and stays over after a restart.
    fn elapsed(&mut self, timer: TimerId, state: StateId) {
        if let Some(duties) = self.live.duties_mut() {
            duties.disarm(timer);
        }
        let is_its = |row: &Row| row.source == state && row.trigger == Trigger::Timer(timer);
        let row = F::TABLE.rows.iter().position(is_its);
        if let Some(row) = row.and_then(|row| u16::try_from(row).ok()) {
            self.live.advance(self.time);
            self.record(Fact::Elapsed { row: RowId(row) }, None);
        }
    }

    fn send_scheduled(&mut self, sequence: Sequence) {
        let origin = Origin::Scheduled(sequence);
        let waiting = self.live.duties().into_iter().flat_map(|duties| &duties.scheduled);
        let event = waiting.filter(|each| each.sequence == sequence).map(|each| &each.event);
        let event = event.map(|event| Codec::default().decode(event)).next();
        // It was encoded by this process or decoded at replay; what no longer can be is dropped
        // by a record that says so.
        let Some(Ok(event)) = event else { return self.end_of(origin) };
        let metadata = coming_from(origin);
        match self.offer(event, metadata) {
            Offered::Taken | Offered::Deferred => {}
            _ => self.end_of(origin),
        }
    }
}
