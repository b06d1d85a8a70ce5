//! What clients know: what they asked for and what they were answered. Whatever the system does in
//! between, the journal must agree with it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard};

use fsm_core::journal::{AppendError, Codec, Fact, Position, Sequence};
use fsm_core::runtime::Why;
use fsm_core::{Machine, SendError, Snapshot, Timestamp, Transition};

use crate::actor::Actor;
use crate::fold::{Folded, View};
use crate::world::lock;

/// What clients know of the machines of one kind.
#[derive(Debug)]
pub(crate) struct Known<F: Machine> {
    notes: Mutex<Notes<F>>,
}

#[derive(Debug)]
pub(crate) struct Notes<F: Machine> {
    pub(crate) sends: Vec<Asked<F>>,
    pub(crate) seen: Vec<(String, Snapshot<F, F::Context>)>,
    /// Events scheduled: the machine, the record, and when they are due.
    pub(crate) scheduled: Vec<(String, Sequence, Timestamp)>,
    /// Events called back, and whether that was in time.
    pub(crate) cancelled: Vec<(String, Sequence, bool)>,
    pub(crate) watched: Vec<Watched<F>>,
    /// The last sequence that some client was told of, by machine.
    latest: HashMap<String, Sequence>,
}

/// A send, and what came of it.
#[derive(Debug)]
pub(crate) struct Asked<F: Machine> {
    pub(crate) id: String,
    pub(crate) event: F::Event,
    pub(crate) key: Option<String>,
    /// Unique: it finds the record.
    pub(crate) correlation: String,
    pub(crate) outcome: Outcome<F>,
    /// Where the journal ended when it was sent, and when its client was answered.
    pub(crate) waited: (Position, Position),
}

/// What came of a send, as far as its client knows.
#[derive(Clone, Debug)]
pub(crate) enum Outcome<F> {
    Done(Transition<F>),
    Rejected(&'static str, Why),
    /// Nothing was done, says the error.
    Nothing(String),
    /// It may or may not have been done.
    Unknown,
}

/// What one client saw of a machine.
#[derive(Debug)]
pub(crate) struct Watched<F> {
    pub(crate) id: String,
    pub(crate) seen: Vec<Transition<F>>,
    /// What was durable when it began.
    pub(crate) from: Sequence,
    pub(crate) lagged: bool,
    /// Whether it still watches.
    pub(crate) open: bool,
}

/// Whether an error leaves open what became of the call.
pub(crate) const fn is_unknown<T>(error: &SendError<T>) -> bool {
    matches!(
        error,
        SendError::Unanswered
            | SendError::Timeout { may_be_applied: true }
            | SendError::Journal(AppendError::Unknown { .. })
    )
}

impl<F: Actor> Known<F> {
    pub(crate) fn notes(&self) -> MutexGuard<'_, Notes<F>> {
        lock(&self.notes)
    }

    /// Some client was told of this record.
    pub(crate) fn told(&self, id: &str, sequence: Sequence) {
        let mut notes = self.notes();
        let latest = notes.latest.entry(id.to_owned()).or_default();
        *latest = sequence.max(*latest);
    }

    /// The last record that some client was told of.
    pub(crate) fn latest(&self, id: &str) -> Sequence {
        self.notes().latest.get(id).copied().unwrap_or_default()
    }

    /// Compares what clients were answered with what the journal says.
    pub(crate) fn check(&self, folded: &BTreeMap<String, Folded<F>>, window: usize) -> Vec<String> {
        let notes = self.notes();
        let mut faults = Vec::new();
        let mut check = |kept: Result<(), String>| faults.extend(kept.err());
        check(once(folded, window));
        for asked in &notes.sends {
            let kept = asked.check(folded.get(&asked.id));
            check(kept.map_err(|why| format!("{}: {why}: {asked:?}", F::TABLE.name)));
        }
        check(repeats(&notes.sends, window));
        for (id, seen) in &notes.seen {
            check(is_so(folded.get(id), seen).map_err(|why| format!("{why}: `{id}` {seen:?}")));
        }
        for (id, sequence, due) in &notes.scheduled {
            let view = folded.get(id).and_then(|folded| folded.at(*sequence));
            let fact = view.map(|view| view.record.fact);
            let agrees = matches!(fact, Some(Fact::Scheduled { due: at, .. }) if at == *due);
            check(ensure(agrees, || format!("`{id}` {sequence} was scheduled at {due}: {fact:?}")));
        }
        for (id, scheduled, in_time) in &notes.cancelled {
            let gone = Fact::Unscheduled { scheduled: *scheduled };
            let views = folded.get(id).map_or(&[][..], |folded| &folded.views);
            let count = views.iter().filter(|view| view.record.fact == gone).count();
            let agrees = count <= 1 && (!in_time || count == 1);
            check(ensure(agrees, || format!("`{id}` {scheduled} was called back: {count}")));
        }
        for watched in &notes.watched {
            let kept = watched.check(folded.get(&watched.id));
            check(kept.map_err(|why| format!("{}: {why}: {watched:?}", F::TABLE.name)));
        }
        faults
    }
}

/// No send, and no key, is in the journal twice.
fn once<F: Actor>(folded: &BTreeMap<String, Folded<F>>, window: usize) -> Result<(), String> {
    for (id, folded) in folded {
        let mut correlations = HashMap::new();
        let mut keys: Vec<&str> = Vec::new();
        for view in &folded.views {
            let metadata = &view.metadata;
            if let Some(correlation) = &metadata.correlation
                && let Some(before) = correlations.insert(correlation, view.record.sequence)
            {
                return Err(format!("`{id}`: {correlation} is at {before} and {:?}", view.record));
            }
            let Some(key) = &metadata.key else { continue };
            let remembered = keys.iter().rev().take(window);
            if remembered.into_iter().any(|known| known == key) {
                return Err(format!("`{id}`: the key {key} was taken twice: {:?}", view.record));
            }
            keys.push(key);
        }
    }
    Ok(())
}

/// An answer with a key is the same each time. With a small window it may be forgotten.
fn repeats<F: Actor>(sends: &[Asked<F>], window: usize) -> Result<(), String> {
    let mut answers: HashMap<(&str, &str), &Outcome<F>> = HashMap::new();
    for asked in sends {
        let Some(key) = &asked.key else { continue };
        let known = answers.get(&(&*asked.id, &**key));
        let same = match (known, &asked.outcome) {
            (_, Outcome::Nothing(_) | Outcome::Unknown) => continue,
            (None, _) => true,
            (Some(Outcome::Done(one)), Outcome::Done(other)) => {
                one == other || (one.sequence != other.sequence && window < sends.len())
            }
            (Some(Outcome::Rejected(one, why)), Outcome::Rejected(other, reason)) => {
                (one == other && why == reason) || window < sends.len()
            }
            _ => window < sends.len(),
        };
        ensure(same, || format!("{} `{}`: {known:?}, then {asked:?}", F::TABLE.name, asked.id))?;
        answers.insert((&asked.id, key), &asked.outcome);
    }
    Ok(())
}

impl<F: Actor> Asked<F> {
    fn check(&self, folded: Option<&Folded<F>>) -> Result<(), String> {
        let views = folded.map_or(&[][..], |folded| &folded.views);
        let by = |own: &View<F>| own.metadata.correlation.as_ref() == Some(&self.correlation);
        let own = views.iter().find(|view| by(view));
        match &self.outcome {
            Outcome::Unknown => Ok(()),
            Outcome::Nothing(why) => {
                ensure(own.is_none(), || format!("it is in the journal in spite of `{why}`"))
            }
            Outcome::Rejected(..) if self.key.is_none() => {
                ensure(own.is_none(), || "it was refused, and is in the journal".into())
            }
            Outcome::Rejected(state, _) => {
                let is_answer = |view: &View<F>| {
                    let refused_in = F::TABLE.state(view.state.state_id()).name;
                    view.record.fact == Fact::Answered && refused_in == *state
                };
                match own {
                    Some(own) => ensure(is_answer(own), || "its record is no answer".into()),
                    None => ensure(self.repeatable(views).any(is_answer), || {
                        "there was no such answer to repeat".into()
                    }),
                }
            }
            Outcome::Done(done) => self.check_done(done, views, own),
        }
    }

    /// The records with its key, each of which was the last one at some time while it waited: with
    /// a small window a key is forgotten, and taken again.
    fn repeatable<'a>(&'a self, views: &'a [View<F>]) -> impl Iterator<Item = &'a View<F>> {
        let (sent, answered) = self.waited;
        let keyed = views.iter().filter(|view| view.metadata.key == self.key);
        let before = keyed.clone().rfind(|view| view.record.position <= sent);
        let later = keyed.filter(move |view| {
            let position = view.record.position;
            position > sent && position <= answered
        });
        before.into_iter().chain(later)
    }

    fn check_done(
        &self,
        done: &Transition<F>,
        views: &[View<F>],
        own: Option<&View<F>>,
    ) -> Result<(), String> {
        let at = |sequence: Sequence| views.iter().find(|view| view.record.sequence == sequence);
        let last = at(done.sequence).ok_or("what was answered is not in the journal")?;
        let place = (last.record.position, last.record.time);
        ensure((done.position, done.time) == place, || format!("it stands at {place:?}"))?;
        ensure(last.state == done.state, || format!("the state was {:?}", last.state))?;
        if !done.recorded && self.key.is_none() {
            return ensure(own.is_none(), || "it was ignored, and is in the journal".into());
        }
        let keyed = |view: &&View<F>| self.key.is_some() && view.metadata.key == self.key;
        let upto = views.iter().filter(|view| view.record.sequence <= done.sequence);
        let first = own.or_else(|| upto.clone().rfind(keyed)).ok_or("it is not in the journal")?;
        let set_off = last.record.sequence.0.checked_sub(first.record.sequence.0);
        let set_off = set_off.ok_or("its record comes after its end")?;
        let end = first.record.position.plus(set_off);
        ensure(end == last.record.position, || "what it set off is torn apart".into())?;
        let fact = first.record.fact;
        match (done.recorded, done.deferred) {
            (false, _) => ensure(fact == Fact::Answered, || format!("it is {fact:?}"))?,
            (true, true) => {
                let kept = matches!(fact, Fact::Deferred { .. }) && set_off == 0;
                ensure(kept, || format!("it is {fact:?}"))?;
            }
            (true, false) => {
                ensure(matches!(fact, Fact::Transition { .. }), || format!("it is {fact:?}"))?;
                let before = at(Sequence(first.record.sequence.0 - 1)).ok_or("no creation")?;
                ensure(before.state.state_id() == done.from, || "it led from elsewhere".into())?;
            }
        }
        if own.is_some() && done.recorded {
            let event: F::Event = Codec::default()
                .decode(&first.record.payload)
                .map_err(|error| error.to_string())?;
            ensure(event == self.event, || format!("the journal says {event:?}"))?;
        }
        Ok(())
    }
}

impl<F: Actor> Watched<F> {
    fn check(&self, folded: Option<&Folded<F>>) -> Result<(), String> {
        let views = folded.map_or(&[][..], |folded| &folded.views);
        let transitions = views.iter().filter(|view| {
            let is_transition = matches!(view.record.fact, Fact::Transition { .. });
            is_transition && Some(view.record.sequence) >= self.seen.first().map(|t| t.sequence)
        });
        let mut transitions = transitions.peekable();
        for seen in &self.seen {
            while self.lagged
                && transitions.next_if(|view| view.record.sequence < seen.sequence).is_some()
            {
            }
            let view = transitions.next().ok_or("it saw what is not in the journal")?;
            let found = (view.record.sequence, view.record.position, view.record.time, &view.state);
            let agrees = found == (seen.sequence, seen.position, seen.time, &seen.state);
            ensure(agrees, || format!("it saw {seen:?}, and the journal has {found:?}"))?;
        }
        Ok(())
    }

    /// Whether it saw everything there was to be seen.
    pub(crate) fn is_up_to_date(&self, folded: &Folded<F>) -> Result<(), String> {
        let is_transition = |view: &&View<F>| matches!(view.record.fact, Fact::Transition { .. });
        let last = folded.views.iter().rfind(is_transition).map(|view| view.record.sequence);
        let seen = self.seen.last().map(|seen| seen.sequence);
        let first_missed = self.seen.is_empty() && last.is_some_and(|last| last > self.from);
        ensure(!first_missed && (seen.is_none() || seen == last), || {
            format!("who watched `{}` saw {seen:?} last, and the last one is {last:?}", self.id)
        })
    }
}

/// A machine was as it was seen.
fn is_so<F: Actor>(
    folded: Option<&Folded<F>>,
    seen: &Snapshot<F, F::Context>,
) -> Result<(), String> {
    let view = folded.and_then(|folded| folded.at(seen.sequence));
    let view = view.ok_or("it was seen, and is not in the journal")?;
    let agrees = view.state == seen.state
        && view.context == seen.context
        && view.completed == seen.completed
        && view.record.position == seen.position
        && view.record.time == seen.time;
    ensure(agrees, || format!("it was {view:?}"))
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

impl<F: Machine> Default for Known<F> {
    fn default() -> Self {
        let notes = Notes {
            sends: Vec::new(),
            seen: Vec::new(),
            scheduled: Vec::new(),
            cancelled: Vec::new(),
            watched: Vec::new(),
            latest: HashMap::new(),
        };
        Self { notes: Mutex::new(notes) }
    }
}
