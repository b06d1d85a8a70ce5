//! rust-fsm: a table in a macro. `consume` answers a refusal with an error, and a row with an
//! output, which stands for the action. It has no guards: the caller asks before.

use super::contestant::{Contestant, End, copies, shift};
use super::events::{Event, Line};

/// The machine with these names for idle, ringing, talking and held. The macro numbers the states
/// by their names.
macro_rules! named {
    ($name:ident: $idle:ident, $ringing:ident, $talking:ident, $held:ident) => {
        mod $name {
            use super::{End, Event, Line, shift};
            use rust_fsm::state_machine;

            state_machine! {
                #[derive(Debug, Clone, Copy, PartialEq)]
                phone($idle)
                $idle(Dial) => $ringing,
                $ringing => { Answer => $talking [Count], HangUp => $idle },
                $talking => { Hold => $held [Count], HangUp => $idle },
                $held => { Resume => $talking, HangUp => $idle, Tick => $held [Count] },
            }

            pub(super) fn events(events: &[Event]) -> Vec<phone::Input> {
                let events = events.iter().map(|event| match event {
                    Event::Dial => phone::Input::Dial,
                    Event::Answer => phone::Input::Answer,
                    Event::Hold => phone::Input::Hold,
                    Event::Resume => phone::Input::Resume,
                    Event::HangUp => phone::Input::HangUp,
                    Event::Tick => phone::Input::Tick,
                });
                events.collect()
            }

            #[inline(never)]
            pub(super) fn pass<const COPY: usize>(events: &[phone::Input]) -> End {
                let mut phone = phone::StateMachine::new();
                let (mut line, mut refused) = (Line::default(), 0);
                for event in events {
                    if *event == phone::Input::Hold && !line.may_hold() {
                        refused += 1;
                        continue;
                    }
                    match phone.consume(event) {
                        Ok(Some(phone::Output::Count)) => line.count(),
                        Ok(None) => {}
                        Err(_) => refused += 1,
                    }
                }
                let state = match phone.state() {
                    phone::State::$idle => 0,
                    phone::State::$ringing => 1,
                    phone::State::$talking => 2,
                    phone::State::$held => 3,
                };
                shift::<COPY>();
                End { state, count: line.count, refused: Some(refused) }
            }
        }
    };
}

named!(first: AIdle, BRinging, CTalking, DHeld);
named!(second: DIdle, CRinging, BTalking, AHeld);
named!(third: BIdle, ARinging, DTalking, CHeld);
named!(fourth: CIdle, DRinging, ATalking, BHeld);

/// The machine that rust-fsm makes.
pub(super) fn telling(events: &[Event]) -> Contestant {
    Contestant::new("rust-fsm")
        .and(&first::events(events), copies!(first::pass))
        .and(&second::events(events), copies!(second::pass))
        .and(&third::events(events), copies!(third::pass))
        .and(&fourth::events(events), copies!(fourth::pass))
}
