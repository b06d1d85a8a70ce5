//! The call. The rows of groups are written out; events from outside stand for the timers, and the
//! digits that wait are kept by hand.

use std::cell::Cell;

use smlang::statemachine;

// >>> declaration
statemachine! {
    derive_states: [Debug, Clone, Copy],
    transitions: {
        *Idle + Dial = Dialing,
        Dialing + Dtmf(char) / hold_digit,
        Dialing + Ring / press_held = Ringing,
        Ringing + Answer / start_meter = Talking,
        Ringing + RingTimedOut = Ended,
        Talking + Hold = OnHold,
        Talking + Tick / count_tick,
        OnHold + Resume = Talking,

        Ringing | Talking | OnHold + Dtmf(char) / press,
        Dialing | Ringing + Park = Parked,
        Dialing | Ringing + HangUp = Ended,
        Talking | OnHold + Park / stop_meter = Parked,
        Talking | OnHold + HangUp / stop_meter = Ended,

        Parked + Unpark [was_dialing] = Dialing,
        Parked + Unpark [was_ringing] = Ringing,
        Parked + Unpark [was_talking] / start_meter = Talking,
        Parked + Unpark [was_on_hold] / start_meter = OnHold,
    }
}

#[derive(Default)]
pub struct Call {
    last_active: Cell<Option<States>>,
    held: Vec<char>,
    digits: Vec<char>,
    metering: bool,
    ticks: u32,
}

impl StateMachineContext for Call {
    fn press_held(&mut self) -> Result<(), ()> {
        self.digits.append(&mut self.held);
        Ok(())
    }

    fn hold_digit(&mut self, digit: char) -> Result<(), ()> {
        self.held.push(digit);
        Ok(())
    }

    fn press(&mut self, digit: char) -> Result<(), ()> {
        self.digits.push(digit);
        Ok(())
    }

    fn start_meter(&mut self) -> Result<(), ()> {
        self.metering = true;
        Ok(())
    }

    fn stop_meter(&mut self) -> Result<(), ()> {
        self.metering = false;
        Ok(())
    }

    fn count_tick(&mut self) -> Result<(), ()> {
        self.ticks += 1;
        Ok(())
    }

    fn transition_callback(&self, old: &States, new: &States) {
        if *new == States::Parked {
            self.last_active.set(Some(*old));
        }
    }

    fn was_dialing(&self) -> Result<bool, ()> {
        Ok(self.last_active.get() == Some(States::Dialing))
    }

    fn was_ringing(&self) -> Result<bool, ()> {
        Ok(self.last_active.get() == Some(States::Ringing))
    }

    fn was_talking(&self) -> Result<bool, ()> {
        Ok(self.last_active.get() == Some(States::Talking))
    }

    fn was_on_hold(&self) -> Result<bool, ()> {
        Ok(self.last_active.get() == Some(States::OnHold))
    }
}
// <<< declaration

#[test]
fn a_parked_call_returns_to_where_it_was() {
    let mut call = StateMachine::new(Call::default());
    assert_eq!(call.process_event(Events::Hold), Err(Error::InvalidEvent));
    let mut send = |event, state: States, metering, digits: &[char]| {
        call.process_event(event).unwrap();
        assert_eq!(call.state(), &state);
        assert_eq!(call.context().metering, metering);
        assert_eq!(call.context().digits, digits);
        call.context().ticks
    };
    send(Events::Dial, States::Dialing, false, &[]);
    send(Events::Dtmf('1'), States::Dialing, false, &[]); // deferred
    send(Events::Ring, States::Ringing, false, &['1']); // and offered again
    send(Events::Answer, States::Talking, true, &['1']);
    assert_eq!(send(Events::Tick, States::Talking, true, &['1']), 1);
    send(Events::Hold, States::OnHold, true, &['1']);
    send(Events::Park, States::Parked, false, &['1']);
    send(Events::Unpark, States::OnHold, true, &['1']);
    send(Events::Resume, States::Talking, true, &['1']);
    send(Events::HangUp, States::Ended, false, &['1']);
    assert_eq!(call.process_event(Events::Dial), Err(Error::InvalidEvent));
}

#[test]
fn ringing_times_out() {
    let mut call = StateMachine::new(Call::default());
    call.process_event(Events::Dial).unwrap();
    assert_eq!(call.process_event(Events::RingTimedOut), Err(Error::InvalidEvent));
    call.process_event(Events::Ring).unwrap();
    assert_eq!(call.process_event(Events::RingTimedOut), Ok(&States::Ended));
}
