//! A machine in memory, and the only ways in which it changes.
//!
//! The running machine and its replay change it through the same functions: what a record does to
//! a machine when it is written is what it does to it ever after.

use std::time::Duration;

use super::Machine;
use super::answer::{Snapshot, Transition};
use super::command::Seen;
use super::duties::{Duties, Resting};
use super::timing::{MissedTicks, Timing};
use crate::journal::{Parent, Position, Sequence};
use crate::machine::{Effects, Moment, RowId, Scope, StateId, TimerId, Timestamp, WrongRow};

/// A machine in memory.
#[derive(Debug)]
pub(super) struct Live<F: Machine> {
    /// `None` while a row is taken, and for ever if that did not end: the machine has crashed.
    state: Option<F>,
    pub(super) context: F::Context,
    pub(super) completed: bool,
    /// Whether some record of it is of an earlier time than one before. None of ours is.
    is_unordered: bool,
    /// Its last record.
    pub(super) sequence: Sequence,
    /// The time of its last record.
    pub(super) time: Timestamp,
    /// What it has still to do. Most machines have nothing most of the time.
    duties: Option<Box<Duties<F>>>,
}

/// What a row did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) state: StateId,
    /// Whether the state was left, if only to be entered again.
    pub(super) left: bool,
    pub(super) effects: u16,
}

impl<F: Machine> Live<F> {
    /// A machine as its creation at `moment` makes it: in its initial state, entered; automatic
    /// rows are not taken yet.
    pub(super) fn create(
        mut context: F::Context,
        moment: Moment<'_>,
        parent: Option<Parent>,
    ) -> (Self, Taken) {
        let state = F::initial();
        let mut effects = Effects::new();
        state.enter_initial(&mut context, moment, &mut effects);
        let id = state.state_id();
        let mut live = Self {
            state: Some(state),
            context,
            completed: F::TABLE.state(id).is_final,
            is_unordered: false,
            sequence: Sequence::START.next(),
            time: moment.now,
            duties: None,
        };
        if parent.is_some() {
            live.take_on().parent = parent;
        }
        let effects = live.owe(&mut effects);
        live.arm(None, id, moment);
        (live, Taken { state: id, left: true, effects })
    }

    /// A machine that was written down as a whole: it has nothing to do yet.
    pub(super) const fn restored(
        state: F,
        context: F::Context,
        sequence: Sequence,
        time: Timestamp,
    ) -> Self {
        let (completed, is_unordered, duties) = (false, false, None);
        Self { state: Some(state), context, completed, is_unordered, sequence, time, duties }
    }

    /// Notes that the record of this time, which is to come, may be of an earlier time than the
    /// last.
    pub(super) fn follow(&mut self, time: Timestamp) {
        self.is_unordered |= time < self.time;
    }

    /// Takes over that some record of it may be as late as this.
    pub(super) fn follow_latest(&mut self, latest: Timestamp) {
        self.is_unordered |= latest > self.time;
    }

    /// Takes over what is known of the times of the records behind this machine's own last one.
    pub(super) fn follow_all(&mut self, before: &Self) {
        self.is_unordered = before.is_unordered || self.time < before.time;
    }

    /// A time than which no record of it is later.
    pub(super) const fn latest(&self) -> Timestamp {
        if self.is_unordered { Timestamp::from_micros(i64::MAX) } else { self.time }
    }

    /// Whether it has ended, or has more to do than to take the next event.
    #[inline]
    pub(super) const fn is_busy(&self) -> bool {
        self.completed || self.duties.is_some()
    }

    /// The state; `None` if the machine has crashed.
    pub(super) const fn state(&self) -> Option<&F> {
        self.state.as_ref()
    }

    /// The number of the state; the initial one's if the machine has crashed.
    pub(super) fn state_id(&self) -> StateId {
        self.state.as_ref().map_or(StateId(0), F::state_id)
    }

    /// Begins the next record.
    pub(super) const fn advance(&mut self, time: Timestamp) {
        self.sequence = self.sequence.next();
        self.time = time;
    }

    /// Takes a row, with its event if it takes one, as the machine's record `sequence`, which has
    /// begun. `effects` are empty, before and after; who takes many rows needs them only once.
    ///
    /// # Errors
    ///
    /// [`WrongRow`] if the row does not leave the state on this event. The machine has crashed.
    // As `Step::take`.
    #[inline(always)]
    pub(super) fn take(
        &mut self,
        row: RowId,
        event: Option<F::Event>,
        moment: Moment<'_>,
        effects: &mut Effects<F::Effect>,
    ) -> Result<Taken, WrongRow> {
        let state = self.state.take().ok_or(WrongRow { row })?;
        let source = state.state_id();
        let state = match event {
            Some(event) => state.apply(row, &mut self.context, event, moment, effects)?,
            None => state.apply_eventless(row, &mut self.context, moment, effects)?,
        };
        let target = state.state_id();
        self.state = Some(state);
        self.completed = F::TABLE.state(target).is_final;
        let left = F::TABLE.row(row).target.is_some();
        if left {
            self.arm(Some(source), target, moment);
        }
        let effects = self.owe(effects);
        if self.completed {
            self.complete();
        }
        Ok(Taken { state: target, left, effects })
    }

    /// A timer ran down that was due at `due`, and its row was taken: one that repeats goes on,
    /// unless the row has left its scope, or entered it anew.
    pub(super) fn ran_down(
        &mut self,
        timer: TimerId,
        due: Timestamp,
        left: bool,
        moment: Moment<'_>,
    ) {
        let armed = |duties: &Duties<F>| {
            duties.timers.iter().find(|armed| armed.timer == timer).map(|armed| armed.due)
        };
        let Some(duties) = self.duties.as_deref() else { return };
        // A row that left and entered the timer's scope has started it anew.
        let anew = left && matches!(F::TABLE.timer(timer).scope, Scope::State(_));
        if armed(duties).is_none() || anew {
            return;
        }
        let next = self.next_tick(timer, due, moment);
        let Some(duties) = self.duties.as_deref_mut() else { return };
        match next {
            Some(next) => duties.arm(timer, next),
            None => duties.disarm(timer),
        }
    }

    /// When a timer ticks next after the tick that was due at `due`; `None` if it does not repeat.
    pub(super) fn next_tick(
        &self,
        timer: TimerId,
        due: Timestamp,
        moment: Moment<'_>,
    ) -> Option<Timestamp> {
        if !F::TABLE.timer(timer).repeats {
            return None;
        }
        Some(MissedTicks::next(due, self.period(timer, moment)?))
    }

    /// How long a timer runs that starts now; `None` if the state has no such timer.
    pub(super) fn period(&self, timer: TimerId, moment: Moment<'_>) -> Option<Duration> {
        self.state.as_ref()?.duration(timer, &self.context, moment)
    }

    /// What the last record did, as an answer. Its position is not known yet.
    ///
    /// # Panics
    ///
    /// If the machine has crashed.
    pub(super) fn transition(&self, from: StateId, recorded: bool) -> Transition<F> {
        let Some(state) = self.state.clone() else { unreachable!("a crashed machine is dropped") };
        Transition {
            from,
            to: state.state_id(),
            state,
            recorded,
            sequence: self.sequence,
            position: Position::START,
            time: self.time,
            deferred: false,
        }
    }

    /// The last record, which is or will be at `position`, belongs to what the record before it set
    /// off: if that answered an event with a key, this is part of the answer.
    pub(super) fn extend_answer(&mut self, position: Position) {
        let Some(mut duties) = self.duties.take() else { return };
        duties.extend_answer(self.sequence, || {
            let from = self.state_id();
            Transition { position, ..self.transition(from, true) }
        });
        self.duties = Some(duties);
    }

    /// Ends the machine before it came to a final state; says how many effects that has.
    pub(super) fn stop(&mut self) -> u16 {
        self.completed = true;
        let effects = self.owe(&mut Effects::new());
        self.complete();
        effects
    }

    /// The machine as its users see it.
    pub(super) fn seen(&self, position: Position) -> Option<Seen<F>> {
        Some(Snapshot {
            state: self.state.clone()?,
            context: self.context.clone(),
            completed: self.completed,
            sequence: self.sequence,
            position,
            time: self.time,
        })
    }

    /// What it has to do, if there is anything.
    pub(super) fn duties(&self) -> Option<&Duties<F>> {
        self.duties.as_deref()
    }

    /// What it has to do, to be changed.
    pub(super) fn duties_mut(&mut self) -> Option<&mut Duties<F>> {
        self.duties.as_deref_mut()
    }

    /// What it has to do, to be added to.
    pub(super) fn take_on(&mut self) -> &mut Duties<F> {
        self.duties.get_or_insert_default()
    }

    /// Forgets that there was anything to do, if nothing is left.
    pub(super) fn tidy(&mut self) {
        if self.duties.as_ref().is_some_and(|duties| duties.is_empty()) {
            self.duties = None;
        }
    }

    /// When it wants to be looked at without being sent anything.
    pub(super) fn next_due(&self, resting: &[Resting]) -> Option<Timestamp> {
        self.duties.as_ref().and_then(|duties| duties.next_due(resting))
    }

    /// Starts the timers of what is entered between two states, and stops those of what is left.
    fn arm(&mut self, source: Option<StateId>, target: StateId, moment: Moment<'_>) {
        if const { F::TABLE.timers.is_empty() } {
            return;
        }
        let Some(state) = &self.state else { return };
        let timing = Timing { table: F::TABLE, source, target };
        let started: Vec<_> = timing
            .entered()
            .filter_map(|timer| {
                let duration = state.duration(timer, &self.context, moment)?;
                Some((timer, moment.now.saturating_add(duration)))
            })
            .collect();
        if let Some(duties) = &mut self.duties {
            duties.timers.retain(|armed| timing.keeps(armed.timer));
        }
        if !started.is_empty() {
            let duties = self.take_on();
            started.into_iter().for_each(|(timer, due)| duties.arm(timer, due));
        }
    }

    /// Takes over what the actions of the last record returned; says how many effects it owes.
    #[inline]
    fn owe(&mut self, effects: &mut Effects<F::Effect>) -> u16 {
        if effects.is_empty() && (!self.completed || self.duties.is_none()) {
            return 0;
        }
        self.take_over(std::mem::take(effects))
    }

    #[cold]
    fn take_over(&mut self, effects: Effects<F::Effect>) -> u16 {
        let (sequence, is_last) = (self.sequence, self.completed);
        self.take_on().owe(sequence, effects, is_last)
    }

    /// The machine has ended: nothing waits for it any more. What it owes it still owes.
    fn complete(&mut self) {
        if let Some(duties) = &mut self.duties {
            duties.complete();
        }
    }
}

/// The time of a record that comes after one of time `last`, when the clock says `now`.
///
/// A machine's time never runs backwards, even if the system's clock is set back.
#[inline]
pub(super) fn not_before(last: Timestamp, now: Timestamp) -> Timestamp {
    last.max(now)
}
