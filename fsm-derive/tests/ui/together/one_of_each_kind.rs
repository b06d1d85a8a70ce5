use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, renamed(Talking => Ringing), colour = red)]
#[fsm(group = Active, initial = Done)]
#[on(from(Active, Idel), Halt => Done)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Dialin)]
    #[after(5m => Done)]
    Idle { ctx: u8 },
    #[on(Go => Done)]
    #[on(Go => Idle { ctx: 1 })]
    #[defer(Go)]
    #[enter(log() log())]
    Dialing,
    #[fsm(group = Active, history)]
    #[on(Stop => Done)]
    Ringing,
    #[fsm(group = Active)]
    #[on(Stop => Ringing)]
    Talking,
    #[fsm(final)]
    #[exit(log())]
    Done,
}

enum Event {
    Go,
    Stop,
    Halt,
}

fn main() {}
