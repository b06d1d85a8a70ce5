//! The call. Events from outside stand for the timers; the digits that wait are kept by hand.

use statig::prelude::*;

// >>> declaration
#[derive(Default)]
pub struct Call {
    last_active: Option<State>,
    held: Vec<char>,
    digits: Vec<char>,
    metering: bool,
    ticks: u32,
}

pub enum Event {
    Dial,
    Ring,
    Answer,
    Hold,
    Resume,
    Dtmf(char),
    Park,
    Unpark,
    HangUp,
    RingTimedOut,
    Tick,
}

#[state_machine(
    initial = "State::idle()",
    after_transition = "Self::after_transition",
    state(derive(Debug, Clone, PartialEq))
)]
impl Call {
    fn after_transition(&mut self, source: &State, target: &State, _: &mut ()) {
        if let State::Parked {} = target {
            self.last_active = Some(source.clone());
        }
    }

    #[state]
    fn idle(event: &Event) -> Outcome<State> {
        match event {
            Event::Dial => Transition(State::dialing()),
            _ => Super,
        }
    }

    #[superstate]
    fn active(&mut self, event: &Event) -> Outcome<State> {
        match event {
            Event::Dtmf(digit) => {
                self.digits.push(*digit);
                Handled
            }
            Event::Park => Transition(State::parked()),
            Event::HangUp => Transition(State::ended()),
            _ => Super,
        }
    }

    #[state(superstate = "active")]
    fn dialing(&mut self, event: &Event) -> Outcome<State> {
        match event {
            Event::Dtmf(digit) => {
                self.held.push(*digit);
                Handled
            }
            Event::Ring => {
                self.digits.append(&mut self.held);
                Transition(State::ringing())
            }
            _ => Super,
        }
    }

    #[state(superstate = "active")]
    fn ringing(event: &Event) -> Outcome<State> {
        match event {
            Event::Answer => Transition(State::talking()),
            Event::RingTimedOut => Transition(State::ended()),
            _ => Super,
        }
    }

    #[superstate(superstate = "active", entry_action = "start_meter", exit_action = "stop_meter")]
    fn connected() -> Outcome<State> {
        Super
    }

    #[action]
    fn start_meter(&mut self) {
        self.metering = true;
    }

    #[action]
    fn stop_meter(&mut self) {
        self.metering = false;
    }

    #[state(superstate = "connected")]
    fn talking(&mut self, event: &Event) -> Outcome<State> {
        match event {
            Event::Hold => Transition(State::on_hold()),
            Event::Tick => {
                self.ticks += 1;
                Handled
            }
            _ => Super,
        }
    }

    #[state(superstate = "connected")]
    fn on_hold(event: &Event) -> Outcome<State> {
        match event {
            Event::Resume => Transition(State::talking()),
            _ => Super,
        }
    }

    #[state]
    fn parked(&self, event: &Event) -> Outcome<State> {
        match (event, &self.last_active) {
            (Event::Unpark, Some(place)) => Transition(place.clone()),
            _ => Super,
        }
    }

    #[state]
    fn ended() -> Outcome<State> {
        Super
    }
}
// <<< declaration

#[test]
fn a_parked_call_returns_to_where_it_was() {
    let mut call = Call::default().state_machine();
    let mut send = |event, state: State, metering, digits: &[char]| {
        call.handle(&event);
        assert_eq!(call.state(), &state);
        assert_eq!(call.inner().metering, metering);
        assert_eq!(call.inner().digits, digits);
        call.inner().ticks
    };
    send(Event::Hold, State::idle(), false, &[]);
    send(Event::Dial, State::dialing(), false, &[]);
    send(Event::Dtmf('1'), State::dialing(), false, &[]); // deferred
    send(Event::Ring, State::ringing(), false, &['1']); // and offered again
    send(Event::Answer, State::talking(), true, &['1']);
    assert_eq!(send(Event::Tick, State::talking(), true, &['1']), 1);
    send(Event::Hold, State::on_hold(), true, &['1']);
    assert_eq!(send(Event::Tick, State::on_hold(), true, &['1']), 1);
    send(Event::Park, State::parked(), false, &['1']);
    send(Event::HangUp, State::parked(), false, &['1']);
    send(Event::Unpark, State::on_hold(), true, &['1']);
    send(Event::Resume, State::talking(), true, &['1']);
    send(Event::HangUp, State::ended(), false, &['1']);
}

#[test]
fn ringing_times_out() {
    let mut call = Call::default().state_machine();
    for event in [Event::Dial, Event::RingTimedOut, Event::Ring, Event::RingTimedOut] {
        call.handle(&event);
    }
    assert_eq!(call.state(), &State::ended());
}
