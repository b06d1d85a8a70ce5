//! `decide` then `apply`, and `step`: two ways that must come to the same.

use std::fmt::Debug;

use fsm_core::machine::Scope;
use fsm_core::{Decision, Effects, Fsm, Moment};

/// What came of an event.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome<F: Fsm> {
    /// A new state, the context, and the effects.
    Accepted(F, F::Context, Vec<F::Effect>),
    /// The state and the event, unchanged.
    Refused(F, F::Event),
}

/// Offers `event` in both ways, checks that they agree, and answers what came of it.
pub(crate) fn offer<F>(
    state: &F,
    context: &F::Context,
    event: &F::Event,
    moment: Moment<'_>,
) -> Outcome<F>
where
    F: Fsm + Clone + Debug + PartialEq,
    F::Context: Clone + Debug + PartialEq,
    F::Event: Clone + Debug + PartialEq,
    F::Effect: Debug + PartialEq,
{
    let fused = by_step(state, context, event, moment);
    let split = by_decision(state, context, event, moment);
    assert_eq!(fused, split, "step and decide + apply disagree on {event:?} in {state:?}");
    fused
}

fn by_step<F>(state: &F, context: &F::Context, event: &F::Event, moment: Moment<'_>) -> Outcome<F>
where
    F: Fsm + Clone,
    F::Context: Clone,
    F::Event: Clone,
{
    let (mut context, mut effects) = (context.clone(), Effects::new());
    match state.clone().step(&mut context, event.clone(), moment, &mut effects) {
        Ok(state) => Outcome::Accepted(state, context, effects.into_iter().collect()),
        Err(refused) => Outcome::Refused(refused.state, refused.event),
    }
}

fn by_decision<F>(
    state: &F,
    context: &F::Context,
    event: &F::Event,
    moment: Moment<'_>,
) -> Outcome<F>
where
    F: Fsm + Clone + Debug + PartialEq,
    F::Context: Clone + Debug + PartialEq,
    F::Event: Clone + Debug + PartialEq,
    F::Effect: Debug + PartialEq,
{
    let candidates = state.candidates(event);
    let row = match state.decide(context, event, moment) {
        Decision::Take(row) => row,
        Decision::Ignore(row) => {
            assert_eq!(F::TABLE.row(row).target, None);
            assert_eq!(F::TABLE.row(row).action, None);
            row
        }
        Decision::Defer | Decision::Refuse | Decision::RefuseQuietly => {
            // Without a guard a row that matches would have been taken.
            assert!(candidates.iter().all(|row| F::TABLE.row(*row).guard.is_some()));
            return Outcome::Refused(state.clone(), event.clone());
        }
    };
    assert!(candidates.contains(&row));
    assert_eq!(F::TABLE.row(row).source, state.state_id());
    assert_eq!(F::TABLE.row(row).event(), Some(F::event_id(event)));
    let (mut new, mut effects) = (context.clone(), Effects::new());
    let target = state
        .clone()
        .apply(row, &mut new, event.clone(), moment, &mut effects)
        .expect("the row that was decided on");
    match F::TABLE.row(row).history {
        Some(group) => assert!(F::TABLE.is_in(target.state_id(), Scope::Group(group))),
        None => {
            let expected = F::TABLE.row(row).target.unwrap_or(state.state_id());
            assert_eq!(expected, target.state_id());
        }
    }
    let target = target.settle(&mut new, moment, &mut effects);
    wrong_rows(state, context, event, moment);
    Outcome::Accepted(target, new, effects.into_iter().collect())
}

/// A row that leaves another state, or takes another event, is refused before its action runs.
fn wrong_rows<F>(state: &F, context: &F::Context, event: &F::Event, moment: Moment<'_>)
where
    F: Fsm + Clone + Debug,
    F::Context: Clone + Debug + PartialEq,
    F::Event: Clone + Debug,
{
    let candidates = state.candidates(event);
    for number in 0..=F::TABLE.rows.len() {
        let row = fsm_core::RowId(u16::try_from(number).expect("a small table"));
        if !candidates.contains(&row) {
            let (mut untouched, mut effects) = (context.clone(), Effects::new());
            let wrong =
                state.clone().apply(row, &mut untouched, event.clone(), moment, &mut effects);
            assert_eq!(wrong.expect_err("the row leaves another state").row, row);
            assert_eq!(untouched, *context);
            assert!(effects.is_empty());
        }
    }
}
