//! smlang: a table in a macro. `process_event` answers a refusal with an error.

use super::contestant::{Contestant, End, copies, shift};
use super::events::{Event, Line};

/// The machine, once more. The macro numbers states and events differently each time.
macro_rules! expansion {
    ($name:ident) => {
        mod $name {
            use super::{End, Event, Line, shift};
            use smlang::statemachine;

            statemachine! {
                name: Phone,
                derive_states: [Debug, Clone, Copy],
                derive_events: [Debug, Clone, Copy],
                transitions: {
                    *Idle + Dial = Ringing,
                    Ringing + Answer / count = Talking,
                    Ringing + HangUp = Idle,
                    Talking + Hold [may_hold] / count = Held,
                    Talking + HangUp = Idle,
                    Held + Resume = Talking,
                    Held + HangUp = Idle,
                    Held + Tick / count = Held,
                }
            }

            impl PhoneStateMachineContext for Line {
                #[inline]
                fn count(&mut self) -> Result<(), ()> {
                    Self::count(self);
                    Ok(())
                }

                #[inline]
                fn may_hold(&self) -> Result<bool, ()> {
                    Ok(Self::may_hold(self))
                }
            }

            pub(super) fn events(events: &[Event]) -> Vec<PhoneEvents> {
                let events = events.iter().map(|event| match event {
                    Event::Dial => PhoneEvents::Dial,
                    Event::Answer => PhoneEvents::Answer,
                    Event::Hold => PhoneEvents::Hold,
                    Event::Resume => PhoneEvents::Resume,
                    Event::HangUp => PhoneEvents::HangUp,
                    Event::Tick => PhoneEvents::Tick,
                });
                events.collect()
            }

            #[inline(never)]
            pub(super) fn pass<const COPY: usize>(events: &[PhoneEvents]) -> End {
                let mut phone = PhoneStateMachine::new(Line::default());
                let mut refused = 0;
                for &event in events {
                    if phone.process_event(event).is_err() {
                        refused += 1;
                    }
                }
                let state = match phone.state() {
                    PhoneStates::Idle => 0,
                    PhoneStates::Ringing => 1,
                    PhoneStates::Talking => 2,
                    PhoneStates::Held => 3,
                };
                shift::<COPY>();
                End { state, count: phone.context().count, refused: Some(refused) }
            }
        }
    };
}

expansion!(first);
expansion!(second);
expansion!(third);
expansion!(fourth);

/// The machine that smlang makes.
pub(super) fn telling(events: &[Event]) -> Contestant {
    Contestant::new("smlang")
        .and(&first::events(events), copies!(first::pass))
        .and(&second::events(events), copies!(second::pass))
        .and(&third::events(events), copies!(third::pass))
        .and(&fourth::events(events), copies!(fourth::pass))
}
