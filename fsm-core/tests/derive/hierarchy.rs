//! Groups: what is left and entered, in which order, and what a group remembers.

use fsm_core::{Decision, Effects, Fsm, Moment};

/// `Idle`, and `Active { Ringing, Connected { Talking, Held } }`, and `Parked`.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Line, effect = &'static str)]
#[fsm(group = Active, initial = Ringing, deep_history = last)]
#[fsm(group = Connected, in = Active, initial = Talking, history = last_connected)]
#[enter(of(Active), log("enter Active"))]
#[exit(of(Active), log("exit Active"))]
#[enter(of(Connected), log("enter Connected"))]
#[exit(of(Connected), log("exit Connected"))]
#[enter(of(Held, Parked), log("enter a waiting state"))]
#[on(from(Active), HangUp => Ended / log("hang up"))]
#[on(from(Active), Park => Parked)]
#[on(from(Connected), Park if is_forbidden() => _)]
#[on(from(Idle, Parked), Reset => Idle / log("reset"))]
enum Call {
    #[fsm(initial)]
    #[on(Dial { number } => Ringing { number } / log("dial"))]
    #[on(Connect => Connected)]
    Idle,

    #[fsm(group = Active)]
    #[enter(log_number(number))]
    #[exit(log_number(number))]
    #[on(Answer => Talking { since: number } / log("answer"))]
    #[on(Dial { number } => Ringing { number } / log("dial again"))]
    Ringing { number: u32 },

    #[fsm(group = Connected)]
    #[on(Hold => Held(since))]
    #[on(Tick => _ / log("tick"))]
    Talking { since: u32 },

    #[fsm(group = Connected)]
    #[exit(log("first"))]
    #[exit({ let _ = state; log("second") })]
    #[on(Resume => Talking { since: state })]
    Held(u32),

    #[on(Resume => Active / log("resume"))]
    #[on(Connect => Connected)]
    Parked,

    #[fsm(final)]
    #[enter(log("enter Ended"))]
    Ended,
}

#[derive(Clone, Debug, PartialEq)]
enum Event {
    Dial { number: u32 },
    Answer,
    Hold,
    Resume,
    HangUp,
    Park,
    Reset,
    Connect,
    Tick,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Line {
    last: Option<Call>,
    last_connected: Option<Call>,
    forbidden: bool,
}

impl Line {
    fn log(&mut self, what: &'static str) -> &'static str {
        what
    }

    fn log_number(&mut self, number: &u32) -> Option<&'static str> {
        (*number == 7).then_some("seven")
    }

    fn is_forbidden(&self) -> bool {
        self.forbidden
    }
}

/// What one event does: the new state, and what was logged on the way.
fn step(line: &mut Line, state: Call, event: Event) -> (Call, Vec<&'static str>) {
    let before = line.clone();
    crate::agreement::offer(&state, &before, &event, Moment::default());
    let mut effects = Effects::new();
    let state = state.step(line, event, Moment::default(), &mut effects).expect("it is taken");
    (state, effects.into_iter().collect())
}

#[test]
fn exits_come_first_from_within_then_the_action_then_entries_from_without() {
    let mut line = Line::default();
    let (call, log) = step(&mut line, Call::Idle, Event::Dial { number: 7 });
    assert_eq!(log, ["dial", "enter Active", "seven"]);
    let (call, log) = step(&mut line, call, Event::Answer);
    assert_eq!(log, ["seven", "answer", "enter Connected"]);
    let (call, log) = step(&mut line, call, Event::Hold);
    assert_eq!(call, Call::Held(7));
    assert_eq!(log, ["enter a waiting state"]);
    let (call, log) = step(&mut line, call, Event::HangUp);
    assert_eq!(log, ["first", "second", "exit Connected", "exit Active", "hang up", "enter Ended"]);
    assert_eq!(call, Call::Ended);
}

#[test]
fn a_row_that_stays_leaves_and_enters_nothing() {
    let talking = Call::Talking { since: 1 };
    assert_eq!(step(&mut Line::default(), talking.clone(), Event::Tick), (talking, vec!["tick"]));
}

#[test]
fn a_row_to_its_own_state_leaves_and_enters_the_state_alone() {
    let ringing = Call::Ringing { number: 7 };
    let (call, log) = step(&mut Line::default(), ringing, Event::Dial { number: 7 });
    assert_eq!((call, log), (Call::Ringing { number: 7 }, vec!["seven", "dial again", "seven"]));
}

#[test]
fn a_group_that_is_entered_for_the_first_time_begins_at_its_initial_state() {
    let (call, log) = step(&mut Line::default(), Call::Idle, Event::Connect);
    assert_eq!(call, Call::Talking { since: 0 });
    assert_eq!(log, ["enter Active", "enter Connected"]);
}

#[test]
fn a_deep_history_brings_the_state_back_with_its_data() {
    let mut line = Line::default();
    let (parked, log) = step(&mut line, Call::Held(3), Event::Park);
    assert_eq!(log, ["first", "second", "exit Connected", "exit Active", "enter a waiting state"]);
    assert_eq!(line.last, Some(Call::Held(3)));
    let (call, log) = step(&mut line, parked, Event::Resume);
    assert_eq!(call, Call::Held(3));
    assert_eq!(log, ["resume", "enter Active", "enter Connected", "enter a waiting state"]);
    assert_eq!(line.last, None, "what was remembered is used up");
}

#[test]
fn a_history_that_remembers_nothing_begins_at_the_initial_state() {
    let (call, log) = step(&mut Line::default(), Call::Parked, Event::Resume);
    assert_eq!((call, log), (Call::Ringing { number: 0 }, vec!["resume", "enter Active"]));
}

#[test]
fn an_inner_group_remembers_for_itself() {
    let mut line = Line::default();
    let (parked, _) = step(&mut line, Call::Held(3), Event::Park);
    let (call, _) = step(&mut line, parked, Event::Connect);
    assert_eq!(call, Call::Held(3));
    // It was left for the group around it as well, which nobody has asked yet.
    assert_eq!(line.last, Some(Call::Held(3)));
}

#[test]
fn the_inner_group_is_asked_before_the_outer_one() {
    let mut line = Line { forbidden: true, ..Line::default() };
    let talking = Call::Talking { since: 1 };
    assert_eq!(step(&mut line, talking.clone(), Event::Park), (talking, vec![]));
    let (call, _) = step(&mut line, Call::Ringing { number: 1 }, Event::Park);
    assert_eq!(call, Call::Parked);
}

#[test]
fn a_row_from_a_list_leaves_those_states_only() {
    let moment = Moment::default();
    let line = Line::default();
    let decide = |call: Call| call.decide(&line, &Event::Reset, moment);
    assert!(matches!(decide(Call::Idle), Decision::Take(_)));
    assert!(matches!(decide(Call::Parked), Decision::Take(_)));
    assert_eq!(decide(Call::Held(1)), Decision::Refuse);
    assert_eq!(decide(Call::Ended), Decision::Refuse);
}

#[test]
fn the_table_has_the_groups() {
    use fsm_core::machine::History;

    let table = Call::TABLE;
    let groups: Vec<_> = table
        .groups
        .iter()
        .map(|group| {
            let parent = group.parent.map(|parent| table.group(parent).name);
            (group.name, parent, group.initial.map(|state| table.state(state).name), group.history)
        })
        .collect();
    assert_eq!(
        groups,
        [
            ("Active", None, Some("Ringing"), Some(History::Deep)),
            ("Connected", Some("Active"), Some("Talking"), Some(History::Shallow)),
        ]
    );
    let held = table.states.iter().find(|state| state.name == "Held").unwrap();
    assert_eq!(held.enter, ["log(\"enter a waiting state\")"]);
    assert_eq!(held.exit, ["log(\"first\")", "{ let _ = state; log(\"second\") }"]);
    let resume = table.rows.iter().find(|row| row.history.is_some()).unwrap();
    assert_eq!(resume.target.map(|state| table.state(state).name), Some("Talking"));
}

/// A shallow history enters the group inside anew.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Switch, context = Memory)]
#[fsm(group = On, initial = Low, history)]
#[fsm(group = Program, in = On, initial = Washing)]
#[on(from(On), Off => Stopped)]
enum Washer {
    #[fsm(initial)]
    #[on(Resume => On)]
    Stopped,
    #[fsm(group = On)]
    #[on(Next => High)]
    Low,
    #[fsm(group = On)]
    #[on(Next => Washing)]
    High,
    #[fsm(group = Program)]
    #[on(Next => Rinsing)]
    Washing,
    #[fsm(group = Program)]
    #[on(Next => Low)]
    Rinsing,
}

#[derive(Clone, Debug, PartialEq)]
enum Switch {
    Off,
    Resume,
    Next,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Memory {
    history: Option<Washer>,
}

#[test]
fn a_shallow_history_remembers_the_groups_own_child() {
    for (left_in, back_in) in [
        (Washer::Low, Washer::Low),
        (Washer::High, Washer::High),
        (Washer::Washing, Washer::Washing),
        (Washer::Rinsing, Washer::Washing),
    ] {
        let (mut memory, mut effects) = (Memory::default(), Effects::new());
        let moment = Moment::default();
        let washer = left_in.step(&mut memory, Switch::Off, moment, &mut effects).unwrap();
        let washer = washer.step(&mut memory, Switch::Resume, moment, &mut effects).unwrap();
        assert_eq!(washer, back_in);
        assert!(washer.step(&mut memory, Switch::Next, moment, &mut effects).is_ok());
    }
}
