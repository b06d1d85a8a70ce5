//! The two floors: the same rows as a `match` on state and event, written by hand.

use super::contestant::{Contestant, End, copies, shift};
use super::events::{Event, Line};

/// The machine with its states declared in this order.
macro_rules! declared {
    ($name:ident: $($state:ident),*) => {
        pub(super) mod $name {
            use super::{End, Event, Line, shift};

            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub(in super::super) enum Call {
                $($state,)*
            }

            /// What `step` promises: a refusal gives state and event back.
            #[inline]
            pub(in super::super) const fn give_back(
                call: Call,
                line: &mut Line,
                event: Event,
            ) -> Result<Call, (Call, Event)> {
                match (call, event) {
                    (Call::Idle, Event::Dial) => Ok(Call::Ringing),
                    (Call::Ringing, Event::Answer) => {
                        line.count();
                        Ok(Call::Talking)
                    }
                    (Call::Ringing, Event::HangUp) => Ok(Call::Idle),
                    (Call::Talking, Event::Hold) if line.may_hold() => {
                        line.count();
                        Ok(Call::Held)
                    }
                    (Call::Talking, Event::HangUp) => Ok(Call::Idle),
                    (Call::Held, Event::Resume) => Ok(Call::Talking),
                    (Call::Held, Event::HangUp) => Ok(Call::Idle),
                    (Call::Held, Event::Tick) => {
                        line.count();
                        Ok(Call::Held)
                    }
                    (call, event) => Err((call, event)),
                }
            }

            /// The same rows, answering less.
            #[inline]
            const fn to_option(call: Call, line: &mut Line, event: Event) -> Option<Call> {
                match (call, event) {
                    (Call::Idle, Event::Dial) => Some(Call::Ringing),
                    (Call::Ringing, Event::Answer) => {
                        line.count();
                        Some(Call::Talking)
                    }
                    (Call::Ringing, Event::HangUp) => Some(Call::Idle),
                    (Call::Talking, Event::Hold) if line.may_hold() => {
                        line.count();
                        Some(Call::Held)
                    }
                    (Call::Talking, Event::HangUp) => Some(Call::Idle),
                    (Call::Held, Event::Resume) => Some(Call::Talking),
                    (Call::Held, Event::HangUp) => Some(Call::Idle),
                    (Call::Held, Event::Tick) => {
                        line.count();
                        Some(Call::Held)
                    }
                    _ => None,
                }
            }

            #[inline(never)]
            pub(super) fn pass_giving_back<const COPY: usize>(events: &[Event]) -> End {
                let (mut call, mut line, mut refused) = (Call::Idle, Line::default(), 0);
                for &event in events {
                    call = match give_back(call, &mut line, event) {
                        Ok(next) => next,
                        Err((kept, _)) => {
                            refused += 1;
                            kept
                        }
                    };
                }
                shift::<COPY>();
                End { state: number(call), count: line.count, refused: Some(refused) }
            }

            #[inline(never)]
            pub(super) fn pass_to_option<const COPY: usize>(events: &[Event]) -> End {
                let (mut call, mut line, mut refused) = (Call::Idle, Line::default(), 0);
                for &event in events {
                    match to_option(call, &mut line, event) {
                        Some(next) => call = next,
                        None => refused += 1,
                    }
                }
                shift::<COPY>();
                End { state: number(call), count: line.count, refused: Some(refused) }
            }

            const fn number(call: Call) -> u8 {
                match call {
                    Call::Idle => 0,
                    Call::Ringing => 1,
                    Call::Talking => 2,
                    Call::Held => 3,
                }
            }
        }
    };
}

declared!(first: Idle, Ringing, Talking, Held);
declared!(second: Held, Talking, Ringing, Idle);
declared!(third: Ringing, Idle, Held, Talking);
declared!(fourth: Talking, Held, Idle, Ringing);

/// Where a pass ends.
pub(super) fn end(events: &[Event]) -> End {
    first::pass_giving_back::<0>(events)
}

/// The `match` that gives state and event back.
pub(super) fn same_contract(events: &[Event]) -> Contestant {
    Contestant::new("match, gives back")
        .and(events, copies!(first::pass_giving_back))
        .and(events, copies!(second::pass_giving_back))
        .and(events, copies!(third::pass_giving_back))
        .and(events, copies!(fourth::pass_giving_back))
}

/// The `match` that gives an `Option`.
pub(super) fn option(events: &[Event]) -> Contestant {
    Contestant::new("match, Option")
        .and(events, copies!(first::pass_to_option))
        .and(events, copies!(second::pass_to_option))
        .and(events, copies!(third::pass_to_option))
        .and(events, copies!(fourth::pass_to_option))
}
