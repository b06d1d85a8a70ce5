//! Fields of an event, and of the context, that came, went, moved or became something else.

use fsm_core::Fsm;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::stage::{refusal, stored};

/// A program with these fields in its only event, and in its context.
macro_rules! program {
    ($name:ident: { $($event:tt)* }, { $($context:tt)* }) => {
        mod $name {
            use super::*;

            #[derive(Fsm, Clone, Debug, PartialEq)]
            #[fsm(event = Event, context = Count, name = "meter")]
            pub(super) enum State {
                #[fsm(initial)]
                #[on(Read { .. } => On)]
                On,
            }

            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            pub(super) enum Event {
                Read { $($event)* },
            }

            #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
            pub(super) struct Count { $($context)* }
        }
    };
}

program! { today: { at: u64, value: f64 }, { total: u64, unit: Option<String> } }

async fn said<F: Fsm<Event: DeserializeOwned, Context: DeserializeOwned>>() -> String {
    refusal::<today::State>(&stored::<F>().await).await
}

fn of_event(what: &str) -> String {
    format!(
        "this code cannot read what version 1 of `meter` journaled: {what}. Either set `version = \
         2`, give the type as it was with `previous(1 = v1::Event)`, and write `impl \
         From<v1::Event> for Event`; or, if it is only the new name of a state, an event or a \
         group, say `renamed(Old => New)`"
    )
}

fn of_context(what: &str) -> String {
    format!(
        "this code cannot read what version 1 of `meter` journaled: {what}. Either set `version = \
         2`, give the type as it was with `previous(context 1 = v1::Count)`, and write `impl \
         From<v1::Count> for Count`; or, if it is only the new name of a state, an event or a \
         group, say `renamed(Old => New)`"
    )
}

program! { more: { at: u64, value: f64, by: String }, { total: u64, unit: Option<String> } }
program! { fewer: { at: u64 }, { total: u64, unit: Option<String> } }
program! { renamed: { at: u64, reading: f64 }, { total: u64, unit: Option<String> } }
program! { moved: { value: f64, at: u64 }, { total: u64, unit: Option<String> } }
program! { retyped: { at: i64, value: f64 }, { total: u64, unit: Option<String> } }

#[tokio::test]
async fn fields_of_an_event_stay_as_they_are() {
    assert_eq!(
        said::<more::State>().await,
        of_event(
            "`Event::Read` has no field `by` any more: it was `{ at: u64, value: f64, by: text }`, \
             and is `{ at: u64, value: f64 }`"
        )
    );
    assert_eq!(
        said::<fewer::State>().await,
        of_event(
            "`Event::Read` has a new field `value`: it was `{ at: u64 }`, and is `{ at: u64, \
             value: f64 }`"
        )
    );
    assert_eq!(
        said::<renamed::State>().await,
        of_event(
            "`Event::Read` has the field `value` instead of `reading`: it was `{ at: u64, reading: \
             f64 }`, and is `{ at: u64, value: f64 }`"
        )
    );
    assert_eq!(
        said::<moved::State>().await,
        of_event(
            "`Event::Read` has its fields in another order: it was `{ value: f64, at: u64 }`, and \
             is `{ at: u64, value: f64 }`"
        )
    );
    assert_eq!(
        said::<retyped::State>().await,
        of_event("the field `at` of `Event::Read` has another type: it was `i64`, and is `u64`")
    );
}

program! { context_more: { at: u64, value: f64 }, { total: u64, unit: Option<String>, max: u64 } }
program! { context_fewer: { at: u64, value: f64 }, { total: u64 } }
program! { context_moved: { at: u64, value: f64 }, { unit: Option<String>, total: u64 } }
program! { context_retyped: { at: u64, value: f64 }, { total: u64, unit: Option<u8> } }
program! { context_no_option: { at: u64, value: f64 }, { total: u64, unit: String } }

#[tokio::test]
async fn fields_of_a_context_stay_as_they_are() {
    assert_eq!(
        said::<context_more::State>().await,
        of_context(
            "`Count` has no field `max` any more: it was `{ total: u64, unit: Option<text>, max: \
             u64 }`, and is `{ total: u64, unit: Option<text> }`"
        )
    );
    assert_eq!(
        said::<context_fewer::State>().await,
        of_context(
            "`Count` has a new field `unit`: it was `{ total: u64 }`, and is `{ total: u64, unit: \
             Option<text> }`"
        )
    );
    assert_eq!(
        said::<context_moved::State>().await,
        of_context(
            "`Count` has its fields in another order: it was `{ unit: Option<text>, total: u64 }`, \
             and is `{ total: u64, unit: Option<text> }`"
        )
    );
    assert_eq!(
        said::<context_retyped::State>().await,
        of_context("the field `unit` of `Count` has another type: it was `u8`, and is `text`")
    );
    assert_eq!(
        said::<context_no_option::State>().await,
        of_context(
            "the field `unit` of `Count` has another type: it was `text`, and is `Option<text>`"
        )
    );
}
