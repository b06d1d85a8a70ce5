//! What guards, actions and targets can name.

use fsm_core::{Effects, Fsm, Moment, Timestamp};

#[derive(Clone, Debug, PartialEq)]
enum Event {
    Name { id: String },
    Read,
    Grow { size: u32 },
    End,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Log {
    lines: Vec<String>,
    row: u8,
}

impl Log {
    fn write(&mut self, line: String) {
        self.lines.push(line);
    }

    fn count(&self) -> usize {
        self.lines.len()
    }
}

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Log)]
enum Machine {
    #[fsm(initial)]
    // The event's `id` is nearer than the machine's.
    #[on(Name { id } if id.len() > 1 => Named { size: 1, row: id })]
    #[on(Read if id == "m-1" => _ / write(format!("{id} at {now}")))]
    Unnamed,
    // The event's `size` is nearer than the state's.
    #[on(Grow { size } if *size > 5 => _ / write(format!("{row} {size}")))]
    #[on(Grow { size } => Named { size: size + 1, row }, label = "little")]
    #[on(Read => _ / { let length: &usize = &row.len(); write(format!("{length} {size}")) })]
    #[on(
        End if ctx.row == 0 && count() > 0 =>
        Ended { lines: ctx.count(), row } / write(now.to_string())
    )]
    Named { size: u32, row: String },
    #[fsm(final)]
    Ended { lines: usize, row: String },
}

fn step(state: Machine, log: &mut Log, event: Event) -> Machine {
    let moment = Moment { now: Timestamp::from_micros(1_000_000), id: "m-1" };
    state.step(log, event, moment, &mut Effects::new()).expect("a row takes it")
}

#[test]
fn the_moment_is_in_scope() {
    let mut log = Log::default();
    assert_eq!(step(Machine::Unnamed, &mut log, Event::Read), Machine::Unnamed);
    assert_eq!(log.lines, ["m-1 at 1970-01-01T00:00:01Z"]);
    let elsewhere = Moment { id: "m-2", ..Moment::default() };
    let refused = Machine::Unnamed.step(&mut log, Event::Read, elsewhere, &mut Effects::new());
    assert!(refused.is_err());
}

#[test]
fn the_nearest_name_wins() {
    let mut log = Log::default();
    let state = step(Machine::Unnamed, &mut log, Event::Name { id: "wood".to_owned() });
    assert_eq!(state, Machine::Named { size: 1, row: "wood".to_owned() });
    let state = step(state, &mut log, Event::Grow { size: 4 });
    assert_eq!(state, Machine::Named { size: 5, row: "wood".to_owned() });
}

#[test]
fn an_internal_row_borrows_the_state_and_keeps_it() {
    let mut log = Log::default();
    let named = Machine::Named { size: 9, row: "wood".to_owned() };
    assert_eq!(step(named.clone(), &mut log, Event::Read), named);
    assert_eq!(step(named.clone(), &mut log, Event::Grow { size: 6 }), named);
    assert_eq!(log.lines, ["4 9", "wood 6"]);
}

#[test]
fn the_action_runs_before_the_target_is_built() {
    let mut log = Log { lines: vec![String::new()], row: 0 };
    let named = Machine::Named { size: 9, row: "wood".to_owned() };
    let ended = step(named, &mut log, Event::End);
    assert_eq!(ended, Machine::Ended { lines: 2, row: "wood".to_owned() });
}

#[test]
fn the_ways_agree() {
    let named = Machine::Named { size: 9, row: "wood".to_owned() };
    let events = [
        Event::Name { id: "a".to_owned() },
        Event::Name { id: "ab".to_owned() },
        Event::Read,
        Event::Grow { size: 1 },
        Event::Grow { size: 6 },
        Event::End,
    ];
    for state in [Machine::Unnamed, named] {
        for event in &events {
            let moment = Moment { now: Timestamp::EPOCH, id: "m-1" };
            super::agreement::offer(&state, &Log::default(), event, moment);
        }
    }
}
