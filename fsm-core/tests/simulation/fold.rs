//! What records make of a machine, worked out a second time: straight from the promises, without
//! the runtime's code.

use std::collections::{BTreeMap, VecDeque};

use fsm_core::journal::{Codec, Fact, MachineId, Metadata, Origin, Record, Sequence};
use fsm_core::machine::{Scope, Trigger};
use fsm_core::{Decision, Effects, Machine, Moment, RowId, StateId, TimerId, Timestamp};

/// A machine as of one record.
#[derive(Clone, Debug)]
pub(crate) struct View<F: Machine> {
    pub(crate) state: F,
    pub(crate) context: F::Context,
    pub(crate) completed: bool,
    pub(crate) record: Record,
    pub(crate) metadata: Metadata,
}

/// A machine as all its records make it.
#[derive(Debug)]
pub(crate) struct Folded<F: Machine> {
    pub(crate) id: MachineId,
    /// As of each record.
    pub(crate) views: Vec<View<F>>,
    pub(crate) timers: BTreeMap<u16, Timestamp>,
    pub(crate) scheduled: BTreeMap<Sequence, Timestamp>,
    pub(crate) deferred: BTreeMap<Sequence, Vec<u8>>,
    /// In the order in which they are to be performed.
    pub(crate) owed: VecDeque<(Sequence, u16)>,
    pub(crate) abandoned: Vec<(Sequence, u16)>,
    /// The effects that a handler performs, of all records.
    pub(crate) effects: BTreeMap<(Sequence, u16), F::Effect>,
}

type Broken = Result<(), String>;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Broken {
    if holds { Ok(()) } else { Err(what()) }
}

impl<F: Machine<Effect: Clone>> Folded<F> {
    /// Folds the records of one machine.
    ///
    /// # Errors
    ///
    /// The first record that breaks a promise, and which.
    pub(crate) fn of(records: &[Record]) -> Result<Self, String> {
        let mut folded = Self {
            id: records.first().map(|record| record.machine.id.clone()).unwrap_or_default(),
            views: Vec::new(),
            timers: BTreeMap::new(),
            scheduled: BTreeMap::new(),
            deferred: BTreeMap::new(),
            owed: VecDeque::new(),
            abandoned: Vec::new(),
            effects: BTreeMap::new(),
        };
        for record in records {
            let taken = folded.take(record);
            let name = F::TABLE.name;
            taken.map_err(|why| format!("{name} `{}`: {why}: {record:?}", folded.id))?;
        }
        Ok(folded)
    }

    pub(crate) fn last(&self) -> Option<&View<F>> {
        self.views.last()
    }

    pub(crate) fn at(&self, sequence: Sequence) -> Option<&View<F>> {
        self.views.get(usize::try_from(sequence.0.checked_sub(1)?).ok()?)
    }

    fn take(&mut self, record: &Record) -> Broken {
        let metadata = record.metadata().map_err(|error| error.to_string())?;
        ensure(record.sequence.0 == self.views.len() as u64 + 1, || "a gap".into())?;
        let mut effects = Effects::new();
        let Some(last) = self.views.last().cloned() else {
            return self.create(record, metadata, effects);
        };
        ensure(last.record.time <= record.time, || "time runs backwards".into())?;
        ensure(last.record.position < record.position, || "positions run backwards".into())?;
        let View { mut state, mut context, mut completed, .. } = last;
        let outlives = matches!(
            record.fact,
            Fact::Performed { .. } | Fact::Abandoned { .. } | Fact::Resumed { .. }
        );
        ensure(!completed || outlives, || "it had ended".into())?;
        if let Some(origin) = metadata.origin {
            self.consume(origin, record.time)?;
        }
        match record.fact {
            Fact::Transition { row, state: recorded } => {
                let from = state.state_id();
                let armed = self.timers.clone();
                state = self.step(state, &mut context, row, record, &mut effects)?;
                ensure(state.state_id() == recorded, || format!("it comes to {state:?}"))?;
                if F::TABLE.row(row).target.is_some() {
                    self.arm(Some(from), &state, &context, record.time);
                }
                if let Some(Origin::Timer(due)) = metadata.origin {
                    let armed = self.rang(row, due, &armed)?;
                    self.goes_on(row, due, armed, (&state, &context));
                }
                completed = F::TABLE.state(recorded).is_final;
            }
            Fact::Stopped => completed = true,
            fact => self.note(fact, record)?,
        }
        if completed {
            self.timers.clear();
            self.scheduled.clear();
            self.deferred.clear();
        }
        self.owe(record, &metadata, &effects)?;
        self.views.push(View { state, context, completed, record: record.clone(), metadata });
        Ok(())
    }

    fn create(
        &mut self,
        record: &Record,
        metadata: Metadata,
        mut effects: Effects<F::Effect>,
    ) -> Broken {
        ensure(record.fact == Fact::Created, || "the first record is no creation".into())?;
        let mut context: F::Context = decoded(record)?;
        let moment = Moment { now: record.time, id: &record.machine.id };
        let state = F::initial();
        state.enter_initial(&mut context, moment, &mut effects);
        self.arm(None, &state, &context, record.time);
        self.owe(record, &metadata, &effects)?;
        let (record, completed) = (record.clone(), false);
        self.views.push(View { state, context, completed, record, metadata });
        Ok(())
    }

    fn step(
        &self,
        state: F,
        context: &mut F::Context,
        row: RowId,
        record: &Record,
        effects: &mut Effects<F::Effect>,
    ) -> Result<F, String> {
        let moment = Moment { now: record.time, id: &record.machine.id };
        let next = match F::TABLE.row(row).trigger {
            Trigger::Event(id) => {
                let event: F::Event = decoded(record)?;
                ensure(F::event_id(&event) == id, || "another event".into())?;
                state.apply(row, context, event, moment, effects)
            }
            Trigger::Timer(_) | Trigger::Always => {
                state.apply_eventless(row, context, moment, effects)
            }
        };
        next.map_err(|wrong| wrong.to_string())
    }

    fn consume(&mut self, origin: Origin, time: Timestamp) -> Broken {
        match origin {
            Origin::Deferred(of) => {
                ensure(self.deferred.remove(&of).is_some(), || "nothing was deferred".into())
            }
            Origin::Scheduled(of) => {
                let due = self.scheduled.remove(&of).ok_or("nothing was scheduled")?;
                ensure(due <= time, || format!("it was due only at {due}"))
            }
            Origin::Effect(sequence, index) => self.ended((sequence, index)),
            Origin::Timer(due) => ensure(due <= time, || format!("it was due only at {due}")),
        }
    }

    /// An effect has come to its end: it must have been its turn.
    fn ended(&mut self, effect: (Sequence, u16)) -> Broken {
        let first = self.owed.pop_front();
        ensure(first == Some(effect), || format!("{effect:?} ended, and {first:?} was owed"))
    }

    fn note(&mut self, fact: Fact, record: &Record) -> Broken {
        match fact {
            Fact::Deferred { .. } => {
                self.deferred.insert(record.sequence, record.payload.to_vec());
                Ok(())
            }
            Fact::Dropped { deferred } => {
                ensure(self.deferred.remove(&deferred).is_some(), || "nothing was kept".into())
            }
            Fact::Elapsed { row } => {
                let Trigger::Timer(timer) = F::TABLE.row(row).trigger else {
                    return Err("no timer's row".into());
                };
                let due = self.timers.remove(&timer.0).ok_or("the timer did not run")?;
                ensure(due <= record.time, || format!("it was due only at {due}"))
            }
            Fact::Scheduled { due, .. } => {
                self.scheduled.insert(record.sequence, due);
                Ok(())
            }
            Fact::Unscheduled { scheduled } => {
                let known = self.scheduled.remove(&scheduled).is_some();
                ensure(known, || "nothing was scheduled".into())
            }
            Fact::Performed { sequence, index } => self.ended((sequence, index)),
            Fact::Abandoned { sequence, index } => {
                self.abandoned.push((sequence, index));
                self.ended((sequence, index))
            }
            Fact::Resumed { sequence, index } => {
                let place = self.abandoned.iter().position(|&each| each == (sequence, index));
                self.abandoned.remove(place.ok_or("it was not abandoned")?);
                self.owed.push_back((sequence, index));
                Ok(())
            }
            Fact::Answered => Ok(()),
            fact => Err(format!("{} may not come here", fact.name())),
        }
    }

    fn owe(
        &mut self,
        record: &Record,
        metadata: &Metadata,
        effects: &Effects<F::Effect>,
    ) -> Broken {
        let returned = effects.as_slice();
        ensure(returned.len() <= usize::from(metadata.effects), || {
            format!("its actions return {} effects", returned.len())
        })?;
        for index in 0..metadata.effects {
            self.owed.push_back((record.sequence, index));
            if let Some(effect) = returned.get(usize::from(index)) {
                self.effects.insert((record.sequence, index), effect.clone());
            }
        }
        Ok(())
    }

    /// Timers of what is entered start, and those of what is left stop.
    fn arm(&mut self, from: Option<StateId>, to: &F, context: &F::Context, now: Timestamp) {
        for timer in (0..F::TABLE.timers.len()).filter_map(|timer| u16::try_from(timer).ok()) {
            let scope = F::TABLE.timer(TimerId(timer)).scope;
            let was_in = from.is_some_and(|from| F::TABLE.is_in(from, scope));
            let is_in = F::TABLE.is_in(to.state_id(), scope);
            let stays = was_in && is_in && !matches!(scope, Scope::State(_));
            if stays {
                continue;
            }
            self.timers.remove(&timer);
            let moment = Moment { now, id: &self.id };
            if is_in && let Some(duration) = to.duration(TimerId(timer), context, moment) {
                self.timers.insert(timer, now.saturating_add(duration));
            }
        }
    }

    /// A timer ran down: it must have been running until then, or, if it repeats, have missed some
    /// ticks. Says which.
    fn rang(
        &self,
        row: RowId,
        due: Timestamp,
        armed: &BTreeMap<u16, Timestamp>,
    ) -> Result<TimerId, String> {
        let Trigger::Timer(timer) = F::TABLE.row(row).trigger else {
            return Err("no timer's row".into());
        };
        let armed = *armed.get(&timer.0).ok_or("the timer did not run")?;
        let repeats = F::TABLE.timer(timer).repeats;
        ensure(armed == due || (repeats && armed < due), || format!("it ran until {armed}"))?;
        Ok(timer)
    }

    /// A timer that repeats goes on, unless its row has left its scope or entered it anew.
    fn goes_on(
        &mut self,
        row: RowId,
        due: Timestamp,
        timer: TimerId,
        (state, ctx): (&F, &F::Context),
    ) {
        let (left, anew) = (F::TABLE.row(row).target.is_some(), F::TABLE.timer(timer).scope);
        if left && matches!(anew, Scope::State(_)) {
            return;
        }
        let Some(runs) = self.timers.get_mut(&timer.0) else { return };
        if !F::TABLE.timer(timer).repeats {
            self.timers.remove(&timer.0);
            return;
        }
        let moment = Moment { now: due, id: &self.id };
        *runs = due.saturating_add(state.duration(timer, ctx, moment).unwrap_or_default());
    }

    /// What should have happened by now and has not.
    ///
    /// # Errors
    ///
    /// What waits.
    pub(crate) fn is_at_rest(&self, now: Timestamp) -> Broken {
        let Some(View { state, context, completed, .. }) = self.last() else { return Ok(()) };
        let name = format!("{} `{}` in {state:?}", F::TABLE.name, self.id);
        let timer = self.timers.iter().find(|(_, due)| **due <= now);
        ensure(timer.is_none(), || format!("{name}: the timer {timer:?} is due at {now}"))?;
        let scheduled = self.scheduled.iter().find(|(_, due)| **due <= now);
        ensure(scheduled.is_none(), || format!("{name}: {scheduled:?} is due at {now}"))?;
        if *completed {
            return Ok(());
        }
        let moment = Moment { now, id: &self.id };
        let automatic = state.decide_always(context, moment);
        ensure(!matches!(automatic, Decision::Take(_)), || format!("{name}: {automatic:?}"))?;
        for (sequence, event) in &self.deferred {
            let event: F::Event = Codec::default().decode(event).map_err(|e| e.to_string())?;
            let decision = state.decide(context, &event, moment);
            ensure(decision == Decision::Defer, || {
                format!("{name}: {event:?}, kept at {sequence}, would be {decision:?}")
            })?;
        }
        Ok(())
    }
}

fn decoded<T: serde::de::DeserializeOwned>(record: &Record) -> Result<T, String> {
    Codec::default().decode(&record.payload).map_err(|error| error.to_string())
}
