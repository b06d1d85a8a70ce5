//! Names that the expansion has a use for itself, and names that are keywords.

use fsm_core::{Effects, Fsm, Moment, TimerId};

/// States named like the trait's own types, and a parameter named like the function's.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Told, context = Memory<R>, effect = u8)]
#[fsm(group = r#in, initial = r#Loop, history)]
#[enter(of(r#in), note(1))]
#[exit(of(r#in), note(2))]
#[on(from(r#in), Out => Context)]
enum Machine<R: Default + Clone> {
    #[fsm(initial)]
    #[enter(note(3))]
    #[on(In { r#type } => Effect { r#type })]
    #[after(30s => Context / note(4))]
    Event,
    #[exit(note(5))]
    #[on(Back => r#in)]
    Context,
    #[fsm(group = r#in)]
    #[exit({ let _ = r#type; note(6) })]
    #[on(Back => r#Loop(R::default()))]
    Effect { r#type: u8 },
    #[fsm(group = r#in)]
    #[enter({ let _ = state; note(7) })]
    #[on(Back => _ / note(8))]
    r#Loop(R),
}

#[derive(Clone, Debug, PartialEq)]
enum Told {
    In { r#type: u8 },
    Out,
    Back,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Memory<R: Default + Clone> {
    history: Option<Machine<R>>,
}

impl<R: Default + Clone> Memory<R> {
    fn note(&mut self, what: u8) -> u8 {
        what
    }
}

#[test]
fn states_and_parameters_may_be_named_like_the_traits_types() {
    let (mut memory, moment, mut effects) =
        (Memory::<u16>::default(), Moment::default(), Effects::new());
    let mut machine = Machine::start(&mut memory, moment, &mut effects);
    for event in [Told::In { r#type: 9 }, Told::Out, Told::Back] {
        crate::agreement::offer(&machine, &memory, &event, moment);
        machine = machine.step(&mut memory, event, moment, &mut effects).unwrap();
    }
    assert_eq!(machine, Machine::Effect { r#type: 9 });
    assert_eq!(effects.as_slice(), [3, 1, 6, 2, 5, 1]);
    let machine = machine.step(&mut memory, Told::Back, moment, &mut effects).unwrap();
    let machine = machine.step(&mut memory, Told::Back, moment, &mut effects).unwrap();
    assert_eq!((machine, &effects.as_slice()[6..]), (Machine::r#Loop(0), &[6, 7, 8][..]));
    let elapsed = Machine::Event.elapse(TimerId(0), &mut memory, moment, &mut effects);
    assert_eq!(elapsed, Ok(Machine::Context));
}
