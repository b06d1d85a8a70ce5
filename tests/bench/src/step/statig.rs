//! statig: a function for each state. An event that no function handles goes to the state around
//! it, `Super`, and is dropped at the outermost; `handle` answers nothing.

use super::contestant::{Contestant, End, copies, shift};
use super::events::{Event, Line};

/// The machine, once more. The macro numbers the states differently each time. `counts` says
/// whether an event that a handler does not know is counted there, or left to `Super` as in
/// statig's documentation.
macro_rules! expansion {
    ($name:ident, counts: $counts:literal) => {
        mod $name {
            use super::{End, Event, Line, shift};
            use statig::prelude::*;

            #[derive(Default)]
            struct Call {
                line: Line,
                refused: u64,
            }

            impl Call {
                #[inline]
                fn unhandled(&mut self) -> Outcome<State> {
                    if !$counts {
                        return Super;
                    }
                    self.refused += 1;
                    Handled
                }
            }

            #[state_machine(initial = "State::idle()", state(derive(Debug, Clone, Copy)))]
            impl Call {
                #[state]
                fn idle(&mut self, event: &Event) -> Outcome<State> {
                    match event {
                        Event::Dial => Transition(State::ringing()),
                        _ => self.unhandled(),
                    }
                }

                #[state]
                fn ringing(&mut self, event: &Event) -> Outcome<State> {
                    match event {
                        Event::Answer => {
                            self.line.count();
                            Transition(State::talking())
                        }
                        Event::HangUp => Transition(State::idle()),
                        _ => self.unhandled(),
                    }
                }

                #[state]
                fn talking(&mut self, event: &Event) -> Outcome<State> {
                    match event {
                        Event::Hold if self.line.may_hold() => {
                            self.line.count();
                            Transition(State::held())
                        }
                        Event::HangUp => Transition(State::idle()),
                        _ => self.unhandled(),
                    }
                }

                #[state]
                fn held(&mut self, event: &Event) -> Outcome<State> {
                    match event {
                        Event::Resume => Transition(State::talking()),
                        Event::HangUp => Transition(State::idle()),
                        Event::Tick => {
                            self.line.count();
                            Handled
                        }
                        _ => self.unhandled(),
                    }
                }
            }

            #[inline(never)]
            pub(super) fn pass<const COPY: usize>(events: &[Event]) -> End {
                let mut call = Call::default().uninitialized_state_machine().init();
                for event in events {
                    call.handle(event);
                }
                let state = match call.state() {
                    State::Idle {} => 0,
                    State::Ringing {} => 1,
                    State::Talking {} => 2,
                    State::Held {} => 3,
                };
                shift::<COPY>();
                End { state, count: call.line.count, refused: $counts.then_some(call.refused) }
            }
        }
    };
}

expansion!(first, counts: false);
expansion!(second, counts: false);
expansion!(third, counts: false);
expansion!(fourth, counts: false);
expansion!(first_counting, counts: true);
expansion!(second_counting, counts: true);
expansion!(third_counting, counts: true);
expansion!(fourth_counting, counts: true);

/// The caller is not told of refusals.
pub(super) fn silent(events: &[Event]) -> Contestant {
    Contestant::new("statig")
        .and(events, copies!(first::pass))
        .and(events, copies!(second::pass))
        .and(events, copies!(third::pass))
        .and(events, copies!(fourth::pass))
}

/// The same with handlers that count refusals.
pub(super) fn telling(events: &[Event]) -> Contestant {
    Contestant::new("statig, counting")
        .and(events, copies!(first_counting::pass))
        .and(events, copies!(second_counting::pass))
        .and(events, copies!(third_counting::pass))
        .and(events, copies!(fourth_counting::pass))
}
