//! Guards and actions as expressions: bare calls, blocks, and all that an action may return.

use fsm_core::{Effects, Fsm, Moment};

#[derive(Clone, Debug, Default, PartialEq)]
struct Box {
    items: Vec<u32>,
    open: bool,
}

impl Box {
    fn is_open(&self) -> bool {
        self.open
    }

    fn has(&self, item: &u32) -> bool {
        self.items.contains(item)
    }

    fn put(&mut self, item: u32) -> usize {
        self.items.push(item);
        self.items.len()
    }

    fn length(&self) -> usize {
        self.items.len()
    }

    fn doubled(&self, item: u32) -> u32 {
        item * 2
    }
}

mod plain {
    pub(super) fn is_even(item: &u32) -> bool {
        item.is_multiple_of(2)
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Event {
    Nothing,
    One,
    Maybe,
    Many,
    Several,
    Put(u32),
    Toggle,
    Close,
}

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Box, effect = u32)]
enum Machine {
    #[fsm(initial)]
    #[on(Nothing => _ / {})]
    #[on(One => _ / 1)]
    #[on(Maybe if is_open() => _ / Some(2), label = "open")]
    #[on(Maybe => _ / None)]
    #[on(Many => _ / vec![doubled(3), 4])]
    #[on(Several => _ / { let mut all = Effects::new(); all.push(5); all.push(6); all })]
    #[on(Put(item) if !is_open() && (has(item) || plain::is_even(item)) => _, label = "known")]
    #[on(Put(item) if matches!(length(), 2..) && Some(item).iter().any(|x| has(x)) => _)]
    #[on(Put(item) => _ / { put(doubled(item)); }, label = "new")]
    #[on(Toggle => _ / ctx.open = !is_open())]
    #[on(Close if { let even = |x: usize| x % 2 == 0; even(length()) } => Closed)]
    Open,
    #[fsm(final)]
    Closed,
}

fn effects(event: Event, content: &Box) -> Vec<u32> {
    match super::agreement::offer(&Machine::Open, content, &event, Moment::default()) {
        super::agreement::Outcome::Accepted(_, _, effects) => effects,
        refused => panic!("{refused:?}"),
    }
}

#[test]
fn an_action_may_return_nothing_or_effects_in_any_form() {
    let open = Box { open: true, ..Box::default() };
    assert!(effects(Event::Nothing, &open).is_empty());
    assert_eq!(effects(Event::One, &open), [1]);
    assert_eq!(effects(Event::Maybe, &open), [2]);
    assert!(effects(Event::Maybe, &Box::default()).is_empty());
    assert_eq!(effects(Event::Many, &open), [6, 4]);
    assert_eq!(effects(Event::Several, &open), [5, 6]);
}

#[test]
fn effects_are_appended() {
    let (mut content, mut effects) = (Box::default(), Effects::new());
    effects.push(0);
    let state = Machine::Open;
    let state = state.step(&mut content, Event::One, Moment::default(), &mut effects).unwrap();
    state.step(&mut content, Event::Many, Moment::default(), &mut effects).unwrap();
    assert_eq!(effects.as_slice(), [0, 1, 6, 4]);
}

#[test]
fn bare_calls_are_method_calls_wherever_they_stand() {
    let (mut content, mut effects) = (Box::default(), Effects::new());
    let mut state = Machine::Open;
    for event in [Event::Put(3), Event::Put(3), Event::Put(4), Event::Put(6), Event::Toggle] {
        state = state.step(&mut content, event, Moment::default(), &mut effects).unwrap();
    }
    assert_eq!(content, Box { items: vec![6, 6], open: true });
    let closed = state.step(&mut content, Event::Close, Moment::default(), &mut effects).unwrap();
    assert_eq!(closed, Machine::Closed);
}
