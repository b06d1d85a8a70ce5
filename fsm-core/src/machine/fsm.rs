//! The trait that `#[derive(Fsm)]` implements.

use std::fmt;

use super::effects::Effects;
use super::moment::Moment;
use super::table::{EventId, RowId, StateId, Table};

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

    /// Decides and applies in one.
    ///
    /// # Errors
    ///
    /// [`Refused`] if no row takes the event here; state and event come back.
    fn step(
        self,
        context: &mut Self::Context,
        event: Self::Event,
        moment: Moment<'_>,
        effects: &mut Effects<Self::Effect>,
    ) -> Result<Self, Refused<Self>>;

    /// The rows of this state whose pattern matches the event, whatever their guards say.
    ///
    /// After a refusal, these are the rows whose guards said no.
    fn candidates(&self, event: &Self::Event) -> Vec<RowId>;
}

/// What [`Fsm::decide`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Take this row.
    Take(RowId),
    /// The event is accepted and changes nothing: an internal row without an action.
    Ignore(RowId),
    /// No row of this state takes the event now.
    Refuse,
}

/// An event that no row takes in this state.
pub struct Refused<F: Fsm> {
    /// The state, unchanged.
    pub state: F,
    /// The event, unchanged.
    pub event: F::Event,
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
