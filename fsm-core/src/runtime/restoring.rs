//! From a [stored](super::stored) machine back to one in memory.
//!
//! Nothing is guessed: what cannot be found in the code by the name that it was written with stops
//! the replay with an error that names it, as a record of it would have. Two things are left open
//! on purpose. A timer that the code does not have any more does not run, and one that was added
//! since starts at the time of the record.

use bytes::Bytes;

use super::Machine;
use super::answer::Transition;
use super::decoding::{context_of, event_of};
use super::duties::{Answered, ArmedTimer, Deferred, Repeat, Scheduled};
use super::live::Live;
use super::message::Child;
use super::stored::{Stored, StoredEvent, StoredRepeat, StoredState, decode_state};
use super::timer_names::timers_in;
use super::translation::Translation;
use crate::journal::{Codec, CodecError, Fact, Parent, Record, Sequence};
use crate::machine::{EventId, Moment, RowId, StateId, Timestamp};

/// Why the code cannot make a machine of one that was written down as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unrestorable {
    /// A part of it is no value of the type that the code has now, or the whole is in a form that
    /// the code does not know.
    #[error("{what} cannot be decoded: {source}")]
    Part {
        /// Which part.
        what: String,
        /// What the codec says.
        source: CodecError,
    },
    /// The type of the state is not what it was, and the state carries data.
    #[error("the state cannot be decoded, since {why}: bring back what it was")]
    Shape {
        /// What has become of it.
        why: String,
    },
    /// The code has no such state any more.
    #[error("the code does not have the state `{state}`: bring it back")]
    UnknownState {
        /// The state.
        state: String,
    },
    /// The code has no such row any more.
    #[error("the code does not have the row {row}: bring it back")]
    UnknownRow {
        /// The row, by names.
        row: String,
    },
    /// A state or an event decodes to another one: the variants of the enum have changed their
    /// order.
    #[error(
        "`{recorded}` decodes to `{decoded}`: the variants of the enum have changed their order"
    )]
    Other {
        /// The name recorded.
        recorded: String,
        /// The name decoded.
        decoded: &'static str,
    },
}

/// What a stored machine stands on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Restoring<'a> {
    /// What the numbers in it mean to the code.
    pub(super) translation: &'a Translation,
    /// The machine's last record.
    pub(super) sequence: Sequence,
    pub(super) time: Timestamp,
    pub(super) id: &'a str,
    /// How many answers to keyed events it remembers.
    pub(super) answers_max: usize,
}

impl<'a> Restoring<'a> {
    /// A machine that stands on this record.
    pub(super) const fn of(
        record: &Record,
        translation: &'a Translation,
        id: &'a str,
        answers_max: usize,
    ) -> Self {
        Self { translation, sequence: record.sequence, time: record.time, id, answers_max }
    }

    /// The machine that the record holds, of which `before` is what the records before it make, as
    /// far as they are there.
    ///
    /// # Errors
    ///
    /// [`Unrestorable`] if the record holds none, or the code has no place for a part of it.
    pub(super) fn base<F: Machine>(
        self,
        record: &Record,
        before: Option<&Live<F>>,
    ) -> Result<Live<F>, Unrestorable> {
        let stored = Stored::decode(&record.payload);
        let stored = stored.map_err(|source| unreadable("it", source))?;
        let recorded = match record.fact {
            Fact::Base { state } => state.0,
            _ => stored.state.number,
        };
        if stored.state.number != recorded {
            let why = format!("its state is {}, and the record's {recorded}", stored.state.number);
            let bytes = record.payload.len();
            return Err(unreadable("it", CodecError::Decode { bytes, why }));
        }
        let mut live = self.machine(stored)?;
        if let Some(before) = before {
            live.follow_all(before);
        }
        Ok(live)
    }

    /// The machine.
    ///
    /// # Errors
    ///
    /// [`Unrestorable`] if the code has no place for a part of it.
    pub(super) fn machine<F: Machine>(self, stored: Stored) -> Result<Live<F>, Unrestorable> {
        let state = self.state(&stored.state)?;
        let context = context_of::<F>(&stored.context.0, self.translation)
            .map_err(|source| unreadable("the context", source))?;
        let mut live = Live::restored(state, context, self.sequence, self.time);
        live.completed = stored.completed;
        self.start_timers(&mut live, &stored);
        if stored.has_duties() {
            self.take_on(&mut live, stored)?;
        }
        Ok(live)
    }

    fn start_timers<F: Machine>(self, live: &mut Live<F>, stored: &Stored) {
        if live.completed {
            return;
        }
        let known: Vec<_> = timers_in(F::TABLE, live.state_id()).collect();
        for timer in &stored.timers {
            let known = known.iter().find(|(_, name)| *name == timer.name);
            if let (Some(&(timer, _)), Some(due)) = (known, timer.due) {
                live.take_on().timers.push(ArmedTimer { timer, due });
            }
        }
        let moment = Moment { now: self.time, id: self.id };
        for (timer, name) in known {
            let is_new = stored.timers.iter().all(|stored| stored.name != name);
            if is_new && let Some(duration) = live.period(timer, moment) {
                live.take_on().arm(timer, self.time.saturating_add(duration));
            }
        }
    }

    fn take_on<F: Machine>(self, live: &mut Live<F>, stored: Stored) -> Result<(), Unrestorable> {
        let duties = live.take_on();
        for (due, kept) in stored.scheduled {
            let event = self.event::<F>(&kept)?;
            duties.schedule(Scheduled { sequence: kept.sequence, due, event });
        }
        for kept in stored.deferred {
            let event = self.event::<F>(&kept)?;
            duties.deferred.push_back(Deferred { sequence: kept.sequence, event });
        }
        for (key, answer) in stored.answered {
            let answer = self.repeat(&answer)?;
            duties.remember(Answered { key, answer }, self.answers_max);
        }
        let schema = stored.parent_schema;
        duties.parent = stored.parent.map(|parent| Parent { schema, ..parent });
        let children = stored.children.into_iter();
        duties.children = children.map(|(kind, id)| Child::named(kind, id)).collect();
        Ok(())
    }

    fn repeat<F: Machine>(self, answer: &StoredRepeat) -> Result<Repeat<F>, Unrestorable> {
        Ok(match answer {
            StoredRepeat::Taken { from, state, recorded, deferred, sequence, position, time } => {
                let from = self.state_id::<F>(*from)?;
                let state: F = self.state(state)?;
                Repeat::Taken(Transition {
                    from,
                    to: state.state_id(),
                    state,
                    recorded: *recorded,
                    sequence: *sequence,
                    position: *position,
                    time: *time,
                    deferred: *deferred,
                })
            }
            StoredRepeat::Refused { state, event, guards } => {
                let refusal = self.translation.refusal::<F>(*event, guards);
                let (event, guards) = refusal.map_err(|row| Unrestorable::UnknownRow {
                    row: self.translation.describe(row),
                })?;
                Repeat::Refused { state: self.state_id::<F>(*state)?, event, guards }
            }
        })
    }

    fn state<F: Machine>(self, stored: &StoredState) -> Result<F, Unrestorable> {
        let id = self.state_id::<F>(stored.number)?;
        let name = F::TABLE.state(id).name;
        let decoded = match &stored.data {
            None => F::bare(id).ok_or_else(|| CodecError::Decode {
                bytes: 0,
                why: "it carries data now, and was written down without".to_owned(),
            }),
            Some(data) => match &self.translation.reading.states {
                Ok(None) => decode_state::<F>(&data.0),
                Ok(Some(places)) => Codec::default()
                    .renumber(&data.0, places)
                    .and_then(|bytes| decode_state::<F>(&bytes)),
                Err(why) => return Err(Unrestorable::Shape { why: why.clone() }),
            },
        };
        let state = decoded.map_err(|source| unreadable(&format!("the state `{name}`"), source))?;
        if state.state_id() != id {
            return Err(Unrestorable::Other {
                recorded: name.to_owned(),
                decoded: F::TABLE.state(state.state_id()).name,
            });
        }
        Ok(state)
    }

    fn state_id<F: Machine>(self, stored: u16) -> Result<StateId, Unrestorable> {
        let name = self.translation.stored().state(StateId(stored));
        let known = F::TABLE.states.iter().position(|state| Some(state.name) == name);
        let id = known.and_then(|known| u16::try_from(known).ok()).map(StateId);
        id.ok_or_else(|| Unrestorable::UnknownState {
            state: name.map_or_else(|| format!("number {stored}"), str::to_owned),
        })
    }

    fn event<F: Machine>(self, kept: &StoredEvent) -> Result<Bytes, Unrestorable> {
        let recorded = self.translation.event(EventId(kept.number)).unwrap_or("?");
        let unreadable = |source| unreadable(&format!("the event `{recorded}`"), source);
        let event = event_of::<F>(&kept.event.0, self.translation).map_err(unreadable)?;
        let decoded = F::TABLE.event(F::event_id(&event));
        if decoded != recorded && !self.translation.reading.is_event_past {
            return Err(Unrestorable::Other { recorded: recorded.to_owned(), decoded });
        }
        // As this code writes it.
        let mut bytes = Vec::new();
        Codec::default().encode(&event, &mut bytes).map_err(unreadable)?;
        Ok(bytes.into())
    }
}

fn unreadable(what: &str, source: CodecError) -> Unrestorable {
    Unrestorable::Part { what: what.to_owned(), source }
}

impl Translation {
    /// A refusal by stored numbers in those of the code: the event, if the code has it, and the
    /// rows whose guards said no.
    ///
    /// # Errors
    ///
    /// The stored number of a row that the code does not have.
    pub(super) fn refusal<F: Machine>(
        &self,
        event: Option<u16>,
        guards: &[u16],
    ) -> Result<(Option<EventId>, Vec<RowId>), RowId> {
        let name = event.and_then(|event| self.event(EventId(event)));
        let known = F::TABLE.events.iter().position(|&known| Some(known) == name);
        let event = known.and_then(|known| u16::try_from(known).ok()).map(EventId);
        let rows = guards.iter().map(|&row| self.row(RowId(row)).ok_or(RowId(row)));
        Ok((event, rows.collect::<Result<_, _>>()?))
    }
}

impl Stored {
    fn has_duties(&self) -> bool {
        !(self.scheduled.is_empty()
            && self.deferred.is_empty()
            && self.answered.is_empty()
            && self.parent.is_none()
            && self.children.is_empty())
    }
}
