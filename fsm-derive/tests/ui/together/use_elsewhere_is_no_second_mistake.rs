use fsm_core::{Effects, Fsm, Moment};

#[derive(Fsm)]
#[fsm(event = Event, context = Log, effect = u8)]
enum Door {
    #[fsm(initial)]
    #[on(Close => Closd / note())]
    Open,
    #[fsm(final)]
    Closed,
}

enum Event {
    Close,
}

#[derive(Default)]
struct Log {
    notes: usize,
}

impl Log {
    fn note(&mut self) -> u8 {
        self.notes += 1;
        1
    }
}

fn main() {
    let (mut log, mut effects) = (Log::default(), Effects::<u8>::new());
    let door = Door::initial();
    let closed = door.step(&mut log, Event::Close, Moment::default(), &mut effects);
    assert!(matches!(closed, Ok(Door::Closed)));
    assert_eq!(Door::TABLE.states.len() + effects.as_slice().len(), 3);
}
