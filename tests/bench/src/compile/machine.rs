//! The text of a large machine: 100 states, 25 events, 500 rows.
//!
//! It has what machines have: a third of the rows has a guard and half of them an action, states
//! and events carry named fields or a value, targets are built from what the event carries or from
//! the context. Which row leads where is arithmetic; every state can be reached.

const STATES: usize = 100;
const EVENTS: usize = 25;
/// Guards and actions are methods of the context; rows share them.
const GUARDS: usize = 12;
const ACTIONS: usize = 24;
/// The states of a group.
const GROUP: usize = 10;

/// Which machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Five rows on each state.
    Flat,
    /// Four rows on each state and one on each group, with entry and exit actions and timers.
    Grouped,
}

/// What an event or a state carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Data {
    None,
    Named,
    One,
}

const fn event_data(event: usize) -> Data {
    match event % 3 {
        0 => Data::Named,
        1 => Data::None,
        _ => Data::One,
    }
}

const fn state_data(state: usize) -> Data {
    match state % 4 {
        1 => Data::Named,
        3 => Data::One,
        _ => Data::None,
    }
}

/// The whole file.
pub(super) fn source(shape: Shape) -> String {
    let mut text = String::from("//! A machine to be compiled.\n\n");
    text.push_str("use fsm_core::{Decision, Effects, Fsm, Moment, Refused};\n\n");
    enumeration(&mut text, shape);
    events(&mut text);
    context(&mut text);
    text.push_str(USES);
    text
}

/// What no function calls is not compiled to the end.
const USES: &str = "
pub fn step(
    machine: Machine,
    context: &mut Context,
    event: Event,
    effects: &mut Effects<Effect>,
) -> Result<Machine, Refused<Machine>> {
    machine.step(context, event, Moment::default(), effects)
}

pub fn decide(machine: &Machine, context: &Context, event: &Event) -> Decision {
    machine.decide(context, event, Moment::default())
}
";

/// Appends a line.
macro_rules! line {
    ($text:expr, $($format:tt)*) => {
        $text.push_str(&(format!($($format)*) + "\n"))
    };
}

fn enumeration(text: &mut String, shape: Shape) {
    line!(text, "#[derive(Clone, Debug, Fsm)]");
    line!(text, "#[fsm(event = Event, context = Context, effect = Effect)]");
    if shape == Shape::Grouped {
        groups(text);
    }
    line!(text, "pub enum Machine {{");
    for state in 0..STATES {
        if state == 0 {
            line!(text, "    #[fsm(initial)]");
        }
        if shape == Shape::Grouped {
            grouped_state(text, state);
        }
        // The last event is that of the groups.
        let (rows, events) = if shape == Shape::Flat { (5, EVENTS) } else { (4, EVENTS - 1) };
        (0..rows).for_each(|row| line!(text, "    {}", self::row(state, row, events)));
        match state_data(state) {
            Data::None => line!(text, "    State{state},"),
            Data::Named => line!(text, "    State{state} {{ amount: u64, since: u32 }},"),
            Data::One => line!(text, "    State{state}(Detail),"),
        }
    }
    line!(text, "}}\n");
}

/// Ten groups in two, with a row, a timer and actions each.
fn groups(text: &mut String) {
    line!(text, "#[fsm(group = Outer0, initial = State0, deep_history = before)]");
    line!(text, "#[fsm(group = Outer1)]");
    line!(text, "#[enter(of(Outer0), action0())]");
    line!(text, "#[exit(of(Outer1), action1())]");
    for group in 0..STATES / GROUP {
        let (outer, next) = (group / 5, (group + 1) * GROUP % STATES);
        line!(text, "#[fsm(group = Group{group}, in = Outer{outer})]");
        line!(text, "#[on(from(Group{group}), Event24 {{ amount }} => State{next} / add(amount))]");
        let late = if outer == 1 { "Outer0".to_owned() } else { format!("State{next}") };
        line!(text, "#[after(from(Group{group}), 30s if guard{group}() => {late})]");
        line!(text, "#[enter(of(Group{group}), action{group}())]");
        line!(text, "#[exit(of(Group{group}), action{}())]", group + 1);
    }
}

fn grouped_state(text: &mut String, state: usize) {
    line!(text, "    #[fsm(group = Group{})]", state / GROUP);
    if state.is_multiple_of(2) {
        line!(text, "    #[enter(action{}())]", state % ACTIONS);
    }
    if state.is_multiple_of(3) {
        line!(text, "    #[exit(action{}())]", (state + 5) % ACTIONS);
    }
    if state.is_multiple_of(5) {
        let next = (state + 2) / 2 * 2 % STATES;
        line!(text, "    #[after(10min => State{next} / action{}())]", state % ACTIONS);
    }
}

/// The attribute of a row of a state, which takes one of this many events.
fn row(state: usize, row: usize, events: usize) -> String {
    let number = state * 5 + row;
    // Five apart: no two rows of a state take the same event.
    let event = (state * 7 + row * 5) % events;
    let (pattern, amount, detail) = match event_data(event) {
        Data::None => (String::new(), "ctx.total", "Detail::of(ctx.total)"),
        Data::Named => (" { amount }".to_owned(), "amount", "Detail::of(amount)"),
        Data::One => ("(detail)".to_owned(), "detail.amount", "detail"),
    };
    let guard = match (number % 3, event_data(event)) {
        (0, Data::Named) => " if covers(amount)".to_owned(),
        (0, _) => format!(" if guard{}()", number % GUARDS),
        _ => String::new(),
    };
    let action = match (number % 2, event_data(event)) {
        (0, Data::Named) => " / add(amount)".to_owned(),
        (0, _) => format!(" / action{}()", number % ACTIONS),
        _ => String::new(),
    };
    let next = if row == 0 { state + 1 } else { state * 13 + row * 17 + 1 } % STATES;
    let target = match state_data(next) {
        _ if number % 50 == 24 => "_".to_owned(),
        Data::None => format!("State{next}"),
        Data::Named => format!("State{next} {{ amount: {amount}, since: {state} }}"),
        Data::One => format!("State{next}({detail})"),
    };
    format!("#[on(Event{event}{pattern}{guard} => {target}{action})]")
}

fn events(text: &mut String) {
    line!(text, "#[derive(Debug)]\npub enum Event {{");
    for event in 0..EVENTS {
        match event_data(event) {
            Data::None => line!(text, "    Event{event},"),
            Data::Named => line!(text, "    Event{event} {{ amount: u64 }},"),
            Data::One => line!(text, "    Event{event}(Detail),"),
        }
    }
    line!(text, "}}\n");
    line!(text, "#[derive(Clone, Debug, Default)]");
    line!(text, "pub struct Detail {{\n    pub text: String,\n    pub amount: u64,\n}}\n");
    line!(text, "impl Detail {{\n    fn of(amount: u64) -> Self {{");
    line!(text, "        Self {{ text: amount.to_string(), amount }}\n    }}\n}}\n");
    line!(text, "#[derive(Debug)]\npub enum Effect {{\n    Told(u64),\n}}\n");
}

/// Every other action returns an effect.
fn context(text: &mut String) {
    line!(text, "#[derive(Debug, Default)]\npub struct Context {{");
    line!(text, "    pub total: u64,\n    pub before: Option<Machine>,\n}}\n");
    line!(text, "impl Context {{");
    line!(
        text,
        "    fn covers(&self, amount: &u64) -> bool {{\n        *amount <= self.total\n    }}"
    );
    line!(text, "    fn add(&mut self, amount: u64) {{\n        self.total += amount;\n    }}");
    for guard in 0..GUARDS {
        line!(
            text,
            "    fn guard{guard}(&self) -> bool {{\n        self.total % 16 != {guard}\n    }}"
        );
    }
    for action in 0..ACTIONS {
        if action % 2 == 0 {
            line!(
                text,
                "    fn action{action}(&mut self) {{\n        self.total += {action};\n    }}"
            );
        } else {
            line!(text, "    fn action{action}(&mut self) -> Effect {{");
            line!(text, "        Effect::Told(self.total ^ {action})\n    }}");
        }
    }
    line!(text, "}}");
}
