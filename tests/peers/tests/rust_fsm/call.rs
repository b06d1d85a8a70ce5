//! The call. The rows of groups are written out, and each place to return to has a parked state of
//! its own; inputs from outside stand for the timers, and the caller keeps the digits that wait.

use rust_fsm::*;

// >>> declaration
state_machine! {
    #[derive(Debug, PartialEq)]
    call(Idle)

    Idle(Dial) => Dialing,
    Dialing => {
        Dtmf => Dialing [KeepDigit],
        Ring => Ringing,
        Park => ParkedDialing,
        HangUp => Ended,
    },
    Ringing => {
        Dtmf => Ringing [PressDigit],
        Answer => Talking [StartMeter],
        RingTimedOut => Ended,
        Park => ParkedRinging,
        HangUp => Ended,
    },
    Talking => {
        Dtmf => Talking [PressDigit],
        Hold => OnHold,
        Tick => Talking [CountTick],
        Park => ParkedTalking [StopMeter],
        HangUp => Ended [StopMeter],
    },
    OnHold => {
        Dtmf => OnHold [PressDigit],
        Resume => Talking,
        Park => ParkedOnHold [StopMeter],
        HangUp => Ended [StopMeter],
    },
    ParkedDialing(Unpark) => Dialing,
    ParkedRinging(Unpark) => Ringing,
    ParkedTalking(Unpark) => Talking [StartMeter],
    ParkedOnHold(Unpark) => OnHold [StartMeter],
}
// <<< declaration

use call::{Input, Output, State, StateMachine};

#[test]
fn a_parked_call_returns_to_where_it_was() {
    let mut call = StateMachine::new();
    assert!(call.consume(&Input::Hold).is_err());
    for (input, state, output) in [
        (Input::Dial, State::Dialing, None),
        (Input::Dtmf, State::Dialing, Some(Output::KeepDigit)),
        (Input::Ring, State::Ringing, None),
        (Input::Dtmf, State::Ringing, Some(Output::PressDigit)), // the caller sends it again
        (Input::Answer, State::Talking, Some(Output::StartMeter)),
        (Input::Tick, State::Talking, Some(Output::CountTick)),
        (Input::Hold, State::OnHold, None),
        (Input::Park, State::ParkedOnHold, Some(Output::StopMeter)),
        (Input::Unpark, State::OnHold, Some(Output::StartMeter)),
        (Input::Resume, State::Talking, None),
        (Input::HangUp, State::Ended, Some(Output::StopMeter)),
    ] {
        assert_eq!(call.consume(&input).unwrap(), output);
        assert_eq!(call.state(), &state);
    }
    assert!(call.consume(&Input::Dial).is_err());
}

#[test]
fn ringing_times_out() {
    let mut call = StateMachine::new();
    call.consume(&Input::Dial).unwrap();
    assert!(call.consume(&Input::RingTimedOut).is_err());
    call.consume(&Input::Ring).unwrap();
    call.consume(&Input::RingTimedOut).unwrap();
    assert_eq!(call.state(), &State::Ended);
}
