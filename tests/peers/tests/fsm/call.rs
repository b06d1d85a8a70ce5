//! The call.

use fsm_core::{Effects, Fsm, Moment, TimerId};
use serde::{Deserialize, Serialize};

// >>> declaration
#[derive(Fsm, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[fsm(event = CallEvent, context = Call)]
#[fsm(group = Active, initial = Dialing, deep_history = last_active)]
#[fsm(group = Connected, in = Active)]
#[on(from(Active), Dtmf(digit) => _ / press(digit))]
#[on(from(Active), Park => Parked)]
#[on(from(Active), HangUp => Ended)]
#[enter(of(Connected), start_meter())]
#[exit(of(Connected), stop_meter())]
pub enum CallState {
    #[fsm(initial)]
    #[on(Dial => Dialing)]
    Idle,

    #[fsm(group = Active)]
    #[on(Ring => Ringing)]
    #[defer(Dtmf)]
    Dialing,

    #[fsm(group = Active)]
    #[on(Answer => Talking)]
    #[after(30s => Ended)]
    Ringing,

    #[fsm(group = Connected)]
    #[on(Hold => OnHold)]
    #[every(10s / count_tick())]
    Talking,

    #[fsm(group = Connected)]
    #[on(Resume => Talking)]
    OnHold,

    #[on(Unpark => Active)]
    Parked,

    #[fsm(final)]
    Ended,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum CallEvent {
    Dial,
    Ring,
    Answer,
    Hold,
    Resume,
    Dtmf(char),
    Park,
    Unpark,
    HangUp,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Call {
    last_active: Option<CallState>,
    digits: Vec<char>,
    metering: bool,
    ticks: u32,
}

impl Call {
    fn press(&mut self, digit: char) {
        self.digits.push(digit);
    }

    fn start_meter(&mut self) {
        self.metering = true;
    }

    fn stop_meter(&mut self) {
        self.metering = false;
    }

    fn count_tick(&mut self) {
        self.ticks += 1;
    }
}
// <<< declaration

/// A call and what it has told its caller to keep for later.
#[derive(Default)]
struct Line {
    call: Call,
    kept: Vec<CallEvent>,
}

impl Line {
    /// Offers the event, and, if the state changes, those that were kept.
    fn send(&mut self, state: CallState, event: CallEvent) -> CallState {
        let before = state.clone();
        let mut effects = Effects::new();
        let mut state = match state.step(&mut self.call, event, Moment::default(), &mut effects) {
            Ok(next) => next,
            Err(refused) => {
                self.kept.extend(refused.deferred.then_some(refused.event));
                refused.state
            }
        };
        if state != before {
            for event in std::mem::take(&mut self.kept) {
                state = self.send(state, event);
            }
        }
        state
    }

    fn elapse(&mut self, state: CallState, timer: u16) -> Result<CallState, CallState> {
        state.elapse(TimerId(timer), &mut self.call, Moment::default(), &mut Effects::new())
    }
}

#[test]
fn a_parked_call_returns_to_where_it_was() {
    use CallEvent::{Answer, Dial, Dtmf, HangUp, Hold, Park, Resume, Ring, Unpark};
    use CallState::{Dialing, Ended, Idle, OnHold, Parked, Ringing, Talking};
    let (mut line, mut state) = (Line::default(), Idle);
    for (event, next, metering, digits) in [
        (Hold, Idle, false, vec![]),
        (Dial, Dialing, false, vec![]),
        (Dtmf('1'), Dialing, false, vec![]), // deferred
        (Ring, Ringing, false, vec!['1']),   // and offered again
        (Answer, Talking, true, vec!['1']),
        (Hold, OnHold, true, vec!['1']),
        (Park, Parked, false, vec!['1']),
        (HangUp, Parked, false, vec!['1']),
        (Unpark, OnHold, true, vec!['1']),
        (Resume, Talking, true, vec!['1']),
        (HangUp, Ended, false, vec!['1']),
    ] {
        state = line.send(state, event);
        assert_eq!((&state, line.call.metering, &line.call.digits), (&next, metering, &digits));
    }
}

#[test]
fn ringing_times_out_and_talking_ticks() {
    use CallState::{Dialing, Ended, OnHold, Ringing, Talking};
    let mut line = Line::default();
    assert_eq!(CallState::TABLE.timers.len(), 2);
    assert_eq!(line.elapse(Dialing, 0), Err(Dialing));
    assert_eq!(line.elapse(Ringing, 0), Ok(Ended));
    assert_eq!(line.elapse(Talking, 1), Ok(Talking));
    assert_eq!(line.elapse(OnHold, 1), Err(OnHold));
    assert_eq!(line.call.ticks, 1);
}
