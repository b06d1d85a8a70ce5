//! The trait that `#[derive(Fsm)]` implements.

use std::fmt;
use std::time::Duration;

use serde::Serializer;

use super::effects::Effects;
use super::ids::{EventId, RowId, StateId, TimerId};
use super::moment::Moment;
use super::probe::{Deserializer, Part, no_such_part};
use super::table::Table;

/// How many automatic rows are taken one after the other before a machine counts as running round
/// in a circle. Chains of real machines have a handful.
pub const SETTLE_MAX: usize = 1_000;

/// A finite-state machine: an enum of states with the rows that lead from one to the next.
///
/// Derive it; [`derive@crate::Fsm`] is the guide. The three functions split one question so that
/// replay is exact: [`decide`](Self::decide) asks the guards and names a row, once, live;
/// [`apply`](Self::apply) takes that row without asking anything, live and at every replay;
/// [`step`](Self::step) is both in one `match`, for programs that want only the machine.
///
/// ```
/// use fsm_core::{Effects, Fsm, Moment};
///
/// #[derive(Fsm, Debug, PartialEq)]
/// #[fsm(event = Event)]
/// enum Turnstile {
///     #[fsm(initial)]
///     #[on(Coin => Unlocked)]
///     Locked,
///     #[on(Push => Locked)]
///     Unlocked,
/// }
///
/// #[derive(Debug)]
/// enum Event { Coin, Push }
///
/// let mut effects = Effects::new();
/// let gate = Turnstile::initial();
/// let gate = gate.step(&mut (), Event::Coin, Moment::default(), &mut effects).unwrap();
/// assert_eq!(gate, Turnstile::Unlocked);
///
/// let refused = Turnstile::Locked.step(&mut (), Event::Push, Moment::default(), &mut effects);
/// assert!(matches!(refused.unwrap_err().event, Event::Push));
/// ```
pub trait Fsm: Sized {
    /// What the machine is told.
    type Event;
    /// What lives beside the state for the machine's whole life; `()` unless declared.
    type Context;
    /// What its actions may return; [`NoEffect`](super::NoEffect) unless declared.
    type Effect;

    /// The transition table.
    const TABLE: &'static Table;

    /// The state of a new machine: the initial variant, its fields at their defaults.
    fn initial() -> Self;

    /// Which state this is.
    fn state_id(&self) -> StateId;

    /// Which event this is.
    fn event_id(event: &Self::Event) -> EventId;

    /// Asks the guards in order and names the row to take.
    fn decide(&self, context: &Self::Context, event: &Self::Event, moment: Moment<'_>) -> Decision;

    /// Takes `row`: runs its action, then builds its target. Asks no guard.
    ///
    /// # Errors
    ///
    /// [`WrongRow`] if `row` does not leave this state on this event, which happens when a journal
    /// is replayed by code whose rows have changed. The action has not run.
    fn apply(
        self,
        row: RowId,
        context: &mut Self::Context,
        event: Self::Event,
        moment: Moment<'_>,
        effects: &mut Effects<Self::Effect>,
    ) -> Result<Self, WrongRow>;

    /// Decides and applies in one, and settles.
    ///
    /// # Errors
    ///
    /// [`Refused`] if no row takes the event here; state and event come back.
    ///
    /// # Panics
    ///
    /// As [`settle`](Self::settle).
    #[inline]
    fn step(
        self,
        context: &mut Self::Context,
        event: Self::Event,
        moment: Moment<'_>,
        effects: &mut Effects<Self::Effect>,
    ) -> Result<Self, Refused<Self>> {
        self.step_with(context, event, moment, effects, Ok, Err)
    }

    /// [`step`](Self::step) without a `Result`: the new state goes to `taken`, a refusal to
    /// `refused`, and what the one that is called answers is the answer.
    ///
    /// For a small machine in a hot loop this is the faster form: nothing is packed into a result
    /// to be unpacked at once.
    ///
    /// ```
    /// # use fsm_core::{Effects, Fsm, Moment};
    /// # #[derive(Fsm, Debug, PartialEq)]
    /// # #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)]
    /// #     #[on(Coin => Unlocked)]
    /// #     Locked,
    /// #     #[on(Push => Locked)]
    /// #     Unlocked,
    /// # }
    /// # enum Event { Coin, Push }
    /// let (mut gate, mut alarms) = (Turnstile::initial(), 0);
    /// for event in [Event::Push, Event::Coin, Event::Push] {
    ///     let (now, mut effects) = (Moment::default(), Effects::new());
    ///     gate = gate.step_with(&mut (), event, now, &mut effects, |next| next, |refused| {
    ///         alarms += 1;
    ///         refused.state
    ///     });
    /// }
    /// assert_eq!((gate, alarms), (Turnstile::Locked, 1));
    /// ```
    ///
    /// # Panics
    ///
    /// As [`settle`](Self::settle).
    fn step_with<R>(
        self,
        context: &mut Self::Context,
        event: Self::Event,
        moment: Moment<'_>,
        effects: &mut Effects<Self::Effect>,
        taken: impl FnOnce(Self) -> R,
        refused: impl FnOnce(Refused<Self>) -> R,
    ) -> R;

    /// Runs the entry actions of a new machine's state and groups, the outermost first.
    #[inline]
    fn enter_initial(
        &self,
        context: &mut Self::Context,
        moment: Moment<'_>,
        effects: &mut Effects<Self::Effect>,
    ) {
        let _ = (context, moment, effects);
    }

    /// Asks the guards of the automatic rows (`#[always]`) of this state in order, and names the
    /// row to take.
    #[inline]
    fn decide_always(&self, context: &Self::Context, moment: Moment<'_>) -> Decision {
        let _ = (context, moment);
        Decision::Refuse
    }

    /// Asks the guard of a timer that has run down, and names the row to take.
    #[inline]
    fn decide_timer(
        &self,
        timer: TimerId,
        context: &Self::Context,
        moment: Moment<'_>,
    ) -> Decision {
        let _ = (timer, context, moment);
        Decision::Refuse
    }

    /// How long a timer runs that starts in this state now; `None` if the state has no such timer.
    #[inline]
    fn duration(
        &self,
        timer: TimerId,
        context: &Self::Context,
        moment: Moment<'_>,
    ) -> Option<Duration> {
        let _ = (timer, context, moment);
        None
    }

    /// Takes `row`, which takes no event: one of a timer, or an automatic one. Asks no guard.
    ///
    /// # Errors
    ///
    /// [`WrongRow`] if `row` does not leave this state, or takes an event.
    fn apply_eventless(
        self,
        row: RowId,
        context: &mut Self::Context,
        moment: Moment<'_>,
        effects: &mut Effects<Self::Effect>,
    ) -> Result<Self, WrongRow> {
        let _ = (context, moment, effects);
        Err(WrongRow { row })
    }

    /// A new machine: its initial state, entered, and settled.
    ///
    /// # Panics
    ///
    /// As [`settle`](Self::settle).
    fn start(
        context: &mut Self::Context,
        moment: Moment<'_>,
        effects: &mut Effects<Self::Effect>,
    ) -> Self {
        let state = Self::initial();
        state.enter_initial(context, moment, effects);
        state.settle(context, moment, effects)
    }

    /// Takes the automatic rows until none can be taken. [`step`](Self::step),
    /// [`start`](Self::start) and [`elapse`](Self::elapse) do so themselves.
    ///
    /// # Panics
    ///
    /// After [`SETTLE_MAX`] rows: the guards lead round in a circle.
    fn settle(
        mut self,
        context: &mut Self::Context,
        moment: Moment<'_>,
        effects: &mut Effects<Self::Effect>,
    ) -> Self {
        let mut taken = 0;
        while let Decision::Take(row) = self.decide_always(context, moment) {
            assert!(
                taken < SETTLE_MAX,
                "{SETTLE_MAX} automatic rows in a row, and still one to take in `{}`: their \
                 guards lead round in a circle",
                Self::TABLE.state(self.state_id()).name
            );
            taken += 1;
            self = match self.apply_eventless(row, context, moment, effects) {
                Ok(next) => next,
                Err(wrong) => unreachable!("`decide_always`: {wrong}"),
            };
        }
        self
    }

    /// A timer has run down: decides, applies and settles.
    ///
    /// # Errors
    ///
    /// The state, unchanged, if it has no such timer, or the guard of its row said no.
    ///
    /// # Panics
    ///
    /// As [`settle`](Self::settle).
    fn elapse(
        self,
        timer: TimerId,
        context: &mut Self::Context,
        moment: Moment<'_>,
        effects: &mut Effects<Self::Effect>,
    ) -> Result<Self, Self> {
        let Decision::Take(row) = self.decide_timer(timer, context, moment) else {
            return Err(self);
        };
        match self.apply_eventless(row, context, moment, effects) {
            Ok(next) => Ok(next.settle(context, moment, effects)),
            Err(wrong) => unreachable!("`decide_timer`: {wrong}"),
        }
    }

    /// The rows of this state whose pattern matches the event, whatever their guards say.
    ///
    /// After a refusal, these are the rows whose guards said no.
    fn candidates(&self, event: &Self::Event) -> Vec<RowId>;

    /// Reads an event that `version` of the machine wrote, as `previous(1 = v1::Event)` says, and
    /// converts it to today's, from each version to the next newer one that is listed.
    ///
    /// # Errors
    ///
    /// What the source says, or that there is no such version.
    fn past_event<'de, D: Deserializer<'de>>(
        version: u32,
        source: D,
    ) -> Result<Self::Event, D::Error> {
        let _ = source;
        Err(no_such_part(Part::Event(version)))
    }

    /// Reads a context that `version` of the machine wrote, as `previous(context 1 = v1::Context)`
    /// says, and converts it to today's.
    ///
    /// # Errors
    ///
    /// What the source says, or that there is no such version.
    fn past_context<'de, D: Deserializer<'de>>(
        version: u32,
        source: D,
    ) -> Result<Self::Context, D::Error> {
        let _ = source;
        Err(no_such_part(Part::Context(version)))
    }

    /// Reads one of the machine's types, and drops what was read: how their shapes are found.
    ///
    /// # Errors
    ///
    /// What the source says, or that the type does not implement `Deserialize`.
    fn read_part<D: Deserializer<'static>>(part: Part, source: D) -> Result<(), D::Error> {
        let _ = source;
        Err(no_such_part(part))
    }

    /// The state with this number, if it carries nothing, so that the number says all of it.
    #[inline]
    fn bare(state: StateId) -> Option<Self> {
        let _ = state;
        None
    }

    /// Stores the state with its data; `None` if its type cannot be stored. The derive finds out:
    /// it can if it is `Serialize` and `DeserializeOwned`.
    fn store<S: Serializer>(&self, serializer: S) -> Option<Result<S::Ok, S::Error>> {
        let _ = serializer;
        None
    }

    /// The state that [`store`](Self::store) has stored; `None` if its type cannot be stored.
    fn restore<'de, D: Deserializer<'de>>(deserializer: D) -> Option<Result<Self, D::Error>> {
        let _ = deserializer;
        None
    }
}

/// What [`Fsm::decide`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Take this row.
    Take(RowId),
    /// The event is accepted and changes nothing: an internal row without an action.
    Ignore(RowId),
    /// The event is to be kept until the state has changed, and offered again then.
    Defer,
    /// No row of this state takes the event now.
    Refuse,
    /// The same, and the machine says that this is to be expected here.
    RefuseQuietly,
}

/// An event that no row takes in this state.
pub struct Refused<F: Fsm> {
    /// The state, unchanged.
    pub state: F,
    /// The event, unchanged.
    pub event: F::Event,
    /// Whether the event is to be kept until the state has changed, and offered again then.
    pub deferred: bool,
}

/// A row that does not leave this state on this event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{row} does not leave this state on this event")]
pub struct WrongRow {
    /// The row that was to be taken.
    pub row: RowId,
}

impl<F> fmt::Debug for Refused<F>
where
    F: Fsm<Event: fmt::Debug> + fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("state", &self.state).field("event", &self.event).finish()
    }
}

impl<F: Fsm> fmt::Display for Refused<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = F::TABLE.state(self.state.state_id()).name;
        write!(f, "no row of state `{state}` takes `{}`", F::TABLE.event(F::event_id(&self.event)))
    }
}

impl<F> std::error::Error for Refused<F> where F: Fsm<Event: fmt::Debug> + fmt::Debug {}
