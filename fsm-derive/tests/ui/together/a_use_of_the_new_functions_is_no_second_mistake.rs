use fsm_core::{Effects, Fsm, Moment, TimerId};

#[derive(Fsm)]
#[fsm(event = Event)]
enum Call {
    #[fsm(initial)]
    #[after(30 => Done)]
    Idle,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {
    let (moment, mut effects) = (Moment::default(), Effects::new());
    let call = Call::start(&mut (), moment, &mut effects);
    assert!(call.duration(TimerId(0), &(), moment).is_some());
    let done = call.elapse(TimerId(0), &mut (), moment, &mut effects);
    assert!(matches!(done, Ok(Call::Done)));
}
