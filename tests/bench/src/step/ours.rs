//! Ours: the derived machine by `step` and by `step_with`.

use fsm_core::{Effects, Fsm, Moment, NoEffect, Refused};

use super::contestant::{Contestant, End, copies, shift};
use super::events::{Event, Line};

/// A call, as a telephone sees it.
#[derive(Fsm, Clone, Copy, Debug, PartialEq, Eq)]
#[fsm(event = Event, context = Line)]
enum First {
    #[fsm(initial)]
    #[on(Dial => Ringing)]
    Idle,
    #[on(Answer => Talking / count())]
    #[on(HangUp => Idle)]
    Ringing,
    #[on(Hold if may_hold() => Held / count())]
    #[on(HangUp => Idle)]
    Talking,
    #[on(Resume => Talking)]
    #[on(HangUp => Idle)]
    #[on(Tick => _ / count())]
    Held,
}

/// The same, declared in another order.
#[derive(Fsm, Clone, Copy, Debug, PartialEq, Eq)]
#[fsm(event = Event, context = Line)]
enum Second {
    #[on(Resume => Talking)]
    #[on(HangUp => Idle)]
    #[on(Tick => _ / count())]
    Held,
    #[on(Hold if may_hold() => Held / count())]
    #[on(HangUp => Idle)]
    Talking,
    #[on(Answer => Talking / count())]
    #[on(HangUp => Idle)]
    Ringing,
    #[fsm(initial)]
    #[on(Dial => Ringing)]
    Idle,
}

/// The same, declared in another order.
#[derive(Fsm, Clone, Copy, Debug, PartialEq, Eq)]
#[fsm(event = Event, context = Line)]
enum Third {
    #[on(Answer => Talking / count())]
    #[on(HangUp => Idle)]
    Ringing,
    #[fsm(initial)]
    #[on(Dial => Ringing)]
    Idle,
    #[on(Resume => Talking)]
    #[on(HangUp => Idle)]
    #[on(Tick => _ / count())]
    Held,
    #[on(Hold if may_hold() => Held / count())]
    #[on(HangUp => Idle)]
    Talking,
}

/// The same, declared in another order.
#[derive(Fsm, Clone, Copy, Debug, PartialEq, Eq)]
#[fsm(event = Event, context = Line)]
enum Fourth {
    #[on(Hold if may_hold() => Held / count())]
    #[on(HangUp => Idle)]
    Talking,
    #[on(Resume => Talking)]
    #[on(HangUp => Idle)]
    #[on(Tick => _ / count())]
    Held,
    #[fsm(initial)]
    #[on(Dial => Ringing)]
    Idle,
    #[on(Answer => Talking / count())]
    #[on(HangUp => Idle)]
    Ringing,
}

/// What the passes need of a call.
trait Call: Fsm<Event = Event, Context = Line, Effect = NoEffect> + Copy {
    fn number(self) -> u8 {
        match Self::TABLE.state(self.state_id()).name {
            "Idle" => 0,
            "Ringing" => 1,
            "Talking" => 2,
            _ => 3,
        }
    }
}

impl<C: Fsm<Event = Event, Context = Line, Effect = NoEffect> + Copy> Call for C {}

/// `step`: a `Result`, whose error gives state and event back.
pub(super) fn step(events: &[Event]) -> Contestant {
    Contestant::new("step")
        .and(events, copies!(pass_step, First))
        .and(events, copies!(pass_step, Second))
        .and(events, copies!(pass_step, Third))
        .and(events, copies!(pass_step, Fourth))
}

/// `step_with`, counting refusals.
pub(super) fn step_with(events: &[Event]) -> Contestant {
    Contestant::new("step_with")
        .and(events, copies!(pass_step_with, First))
        .and(events, copies!(pass_step_with, Second))
        .and(events, copies!(pass_step_with, Third))
        .and(events, copies!(pass_step_with, Fourth))
}

/// `step_with`, dropping refusals.
pub(super) fn step_with_uncounted(events: &[Event]) -> Contestant {
    Contestant::new("step_with, uncounted")
        .and(events, copies!(pass_uncounted, First))
        .and(events, copies!(pass_uncounted, Second))
        .and(events, copies!(pass_uncounted, Third))
        .and(events, copies!(pass_uncounted, Fourth))
}

#[inline(never)]
fn pass_step<C: Call, const COPY: usize>(events: &[Event]) -> End {
    let (mut call, mut line, mut refused) = (C::initial(), Line::default(), 0);
    let mut effects = Effects::new();
    for &event in events {
        call = match call.step(&mut line, event, Moment::default(), &mut effects) {
            Ok(next) => next,
            Err(kept) => {
                refused += 1;
                kept.state
            }
        };
    }
    shift::<COPY>();
    End { state: call.number(), count: line.count, refused: Some(refused) }
}

#[inline(never)]
fn pass_step_with<C: Call, const COPY: usize>(events: &[Event]) -> End {
    let (mut call, mut line, mut refused) = (C::initial(), Line::default(), 0);
    let mut effects = Effects::new();
    for &event in events {
        let keep = |kept: Refused<C>| {
            refused += 1;
            kept.state
        };
        call = call.step_with(&mut line, event, Moment::default(), &mut effects, |next| next, keep);
    }
    shift::<COPY>();
    End { state: call.number(), count: line.count, refused: Some(refused) }
}

#[inline(never)]
fn pass_uncounted<C: Call, const COPY: usize>(events: &[Event]) -> End {
    let (mut call, mut line) = (C::initial(), Line::default());
    let mut effects = Effects::new();
    for &event in events {
        let now = Moment::default();
        call = call.step_with(&mut line, event, now, &mut effects, |next| next, |kept| kept.state);
    }
    shift::<COPY>();
    End { state: call.number(), count: line.count, refused: None }
}
