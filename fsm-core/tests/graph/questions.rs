//! Names, rows, events, reachability, and what is known of the next state.

use fsm_core::machine::Trigger;
use fsm_core::machine::graph::{Next, Path};
use fsm_core::{Fsm, RowId, StateId, Table};

use crate::drawn::{Drawing, all, named, names, row};

#[derive(Fsm)]
#[fsm(event = Event, context = Gate)]
#[on(Break => Broken)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin { value } if covers(value) => Unlocked, label = "paid")]
    #[on(Coin { .. } => _)]
    Locked,
    #[on(Push => Locked)]
    #[on(Coin { .. } => Unlocked)]
    #[on(Kick if is_weak() => Broken, label = "weak")]
    #[on(Kick if is_old() => Broken, label = "old")]
    Unlocked,
    #[fsm(final)]
    Broken,
}

enum Event {
    Coin { value: u32 },
    Push,
    Kick,
    Break,
}

struct Gate;

impl Gate {
    fn covers(&self, value: &u32) -> bool {
        *value > 4
    }

    fn is_weak(&self) -> bool {
        false
    }

    fn is_old(&self) -> bool {
        true
    }
}

const TABLE: &Table = Turnstile::TABLE;

fn on(name: &str) -> Trigger {
    Trigger::Event(TABLE.event_named(name).unwrap())
}

#[test]
fn the_machine_answers_as_its_table() {
    let coin = Event::Coin { value: 5 };
    assert_eq!(TABLE.event(Turnstile::event_id(&coin)), "Coin");
    for event in [Event::Push, Event::Kick, Event::Break, coin] {
        let event_id = Turnstile::event_id(&event);
        for state in [Turnstile::Locked, Turnstile::Unlocked, Turnstile::Broken] {
            let allowed = TABLE.allowed(state.state_id(), event_id);
            assert_eq!(state.candidates(&event), allowed);
            assert_eq!(TABLE.responds(state.state_id(), event_id), !allowed.is_empty());
        }
    }
}

#[test]
fn parts_are_found_by_name() {
    assert_eq!(TABLE.state_named("Unlocked"), Some(StateId(1)));
    assert_eq!(TABLE.state_named("unlocked"), None);
    assert_eq!(TABLE.event(TABLE.event_named("Kick").unwrap()), "Kick");
    assert_eq!(TABLE.event_named("Locked"), None);
    assert_eq!(TABLE.group_named("Locked"), None);
    assert_eq!((TABLE.state_ids().count(), TABLE.event_ids().count()), (3, 4));
    assert_eq!(TABLE.row_ids().next_back(), Some(RowId(TABLE.rows.len() as u16 - 1)));
}

#[test]
fn events_are_in_the_order_of_their_first_row() {
    let allowed = |state| -> Vec<_> {
        TABLE.allowed_events(named(TABLE, state)).iter().map(|e| TABLE.event(*e)).collect()
    };
    assert_eq!(allowed("Locked"), ["Coin", "Break"]);
    assert_eq!(allowed("Unlocked"), ["Push", "Coin", "Kick", "Break"]);
    assert!(allowed("Broken").is_empty());
}

#[test]
fn the_next_state_is_known_or_not() {
    let next = |state, event| TABLE.next_state(named(TABLE, state), on(event));
    let (locked, unlocked, broken) = (StateId(0), StateId(1), StateId(2));
    assert_eq!(next("Locked", "Coin"), Next::Ambiguous(vec![locked, unlocked]));
    assert_eq!(next("Unlocked", "Coin"), Next::Determined(unlocked));
    assert_eq!(next("Unlocked", "Kick"), Next::Guarded(broken));
    assert_eq!(next("Unlocked", "Break"), Next::Determined(broken));
    assert_eq!(next("Locked", "Push"), Next::Refused);
    assert_eq!(next("Broken", "Break"), Next::Refused);
    assert_eq!(TABLE.next_state(locked, Trigger::Always), Next::Refused);
    assert_eq!(TABLE.determined(unlocked, on("Push")), Some(locked));
    assert_eq!(TABLE.determined(unlocked, on("Kick")), None);
    assert_eq!(TABLE.ambiguous(), [(locked, on("Coin"))]);
}

#[test]
fn one_row_without_a_guard_is_enough_wherever_it_stands() {
    let table = Drawing::of(&["A", "B"])
        .rows(&["A --x--> B", "A --x--> B"])
        .but(|row| (row.pattern, row.guard) = ("x { .. }", Some("asked()")))
        .finish();
    let x = Trigger::Event(table.event_named("x").unwrap());
    assert_eq!(table.next_state(table.entry(), x), Next::Determined(StateId(1)));
}

#[test]
fn the_entry_is_where_the_table_says() {
    let table = Drawing::of(&["A", "B"]).row("B --x--> A").finish();
    let mut states = table.states.to_vec();
    (states[0].initial, states[1].initial) = (false, true);
    let table = Table { states: states.leak(), ..table };
    assert_eq!((table.entry(), table.initial().name), (StateId(1), "B"));
    assert_eq!(table.depths(), [Some(1), Some(0)]);
}

#[test]
fn of_equal_ways_the_one_whose_rows_stand_first_is_taken() {
    let path = TABLE.shortest_path(StateId(1), StateId(2)).unwrap();
    assert_eq!(path.display(TABLE).to_string(), "Unlocked --Kick (weak)--> Broken");
    let table = Drawing::of(&["A", "B", "C", "D"])
        .rows(&["A --x--> B", "A --y--> C", "B --x--> D", "C --x--> D"])
        .finish();
    let path = table.shortest_path(table.entry(), named(&table, "D")).unwrap();
    assert_eq!(path.display(&table).to_string(), "A --x--> B --x--> D");
}

#[test]
fn loops_are_in_the_order_of_their_first_states() {
    let table = Drawing::of(&["A", "B"]).rows(&["A --x--> A", "B --x--> B", "B --y--> A"]).finish();
    assert_eq!(all(&table, table.loops()), ["A --x--> A", "B --x--> B"]);
}

#[test]
fn rows_are_found_by_their_ends() {
    let describe =
        |rows: Vec<RowId>| -> Vec<_> { rows.into_iter().map(|row| TABLE.describe(row)).collect() };
    assert_eq!(
        describe(TABLE.rows_into(StateId(1))),
        ["Locked --Coin--> Unlocked (paid)", "Unlocked --Coin--> Unlocked",]
    );
    assert_eq!(
        describe(TABLE.rows_between(StateId(1), StateId(2))),
        [
            "Unlocked --Kick--> Broken (weak)",
            "Unlocked --Kick--> Broken (old)",
            "Unlocked --Break--> Broken",
        ]
    );
    assert_eq!(TABLE.rows_from(StateId(0)).count(), 3);
    assert_eq!(TABLE.rows_on(on("Break")).count(), 2);
    assert!(TABLE.rows_between(StateId(0), StateId(0)).is_empty()); // an internal row stays
}

#[test]
fn parallel_rows_are_ways_of_their_own_and_told_apart_by_label() {
    assert_eq!(
        all(TABLE, TABLE.paths(StateId(1), StateId(2))),
        [
            "Unlocked --Push--> Locked --Break--> Broken",
            "Unlocked --Kick (weak)--> Broken",
            "Unlocked --Kick (old)--> Broken",
            "Unlocked --Break--> Broken",
        ]
    );
}

#[test]
fn a_row_to_its_own_state_is_a_loop_and_an_internal_row_is_not() {
    assert_eq!(
        all(TABLE, TABLE.loops()),
        ["Locked --Coin (paid)--> Unlocked --Push--> Locked", "Unlocked --Coin--> Unlocked",]
    );
    assert_eq!(
        all(TABLE, TABLE.loops_through(StateId(1))),
        ["Unlocked --Push--> Locked --Coin (paid)--> Unlocked", "Unlocked --Coin--> Unlocked",]
    );
    let round_trips = all(TABLE, TABLE.round_trips(StateId(0)));
    assert!(round_trips.contains(&"Locked --Coin--> Locked".to_owned()), "{round_trips:?}");
}

#[test]
fn a_path_to_where_it_begins_stays_there() {
    for paths in [TABLE.paths(StateId(1), StateId(1)), TABLE.trails(StateId(1), StateId(1))] {
        assert_eq!(all(TABLE, paths), ["Unlocked"]);
    }
    let path = TABLE.shortest_path(StateId(1), StateId(1)).unwrap();
    assert!(path.is_empty() && !path.is_loop() && path.steps(TABLE).is_empty());
}

#[test]
fn an_initial_state_that_is_final_is_a_path_in_itself() {
    let table = Drawing::of(&["*Only"]).finish();
    assert_eq!(all(&table, table.straight_paths()), ["Only"]);
    assert!(table.dead_ends().is_empty() && table.coverage().paths.is_empty());
}

#[test]
fn what_cannot_be_reached_and_what_leads_nowhere() {
    let table = Drawing::of(&["Start", "Well", "Swamp", "Island", "*End"])
        .rows(&["Start --walk--> Well", "Start --fall--> Swamp", "Well --go--> End"])
        .rows(&["Swamp --struggle--> Swamp", "Swamp --wait--> _", "Island --sail--> Start"])
        .rows(&["End --wake--> Start"])
        .finish();
    assert_eq!(names(&table, &table.reachable(table.entry())), ["Start", "Well", "Swamp", "End"]);
    assert_eq!(names(&table, &table.unreachable()), ["Island"]);
    assert_eq!(names(&table, &table.dead_ends()), ["Swamp"]);
    assert_eq!(names(&table, &table.completing()), ["Start", "Well", "Island", "End"]);
    let well = named(&table, "Well");
    assert_eq!(names(&table, &table.reaching(well)), ["Start", "Well", "Island"]);
    assert!(table.can_reach(well, well) && !table.can_reach(well, named(&table, "Start")));
    assert_eq!(table.depths(), [Some(0), Some(1), Some(1), None, Some(2)]);
    assert!(!table.can_run(row(&table, "End --wake--> Start")));
    let components = table.components();
    assert_eq!(components.len(), 5); // no two states reach each other
    assert_eq!(components[0], [named(&table, "Island")]);
}

#[test]
fn states_that_reach_each_other_are_a_component() {
    let table = Drawing::of(&["A", "B", "C", "D"])
        .rows(&["A --x--> C", "C --x--> A", "C --y--> D", "D --x--> B", "B --x--> D"])
        .finish();
    let parts: Vec<_> = table.components().iter().map(|part| names(&table, part)).collect();
    assert_eq!(parts, [vec!["A", "C"], vec!["B", "D"]]);
}

#[test]
fn only_what_follows_is_a_path() {
    let taken = |rows: &[(u16, u16)]| {
        let rows = rows.iter().map(|(row, state)| (RowId(*row), StateId(*state)));
        Path::new(TABLE, StateId(0), rows)
    };
    let path = taken(&[(1, 0), (0, 1), (3, 0)]).unwrap();
    let line = "Locked --Coin--> Locked --Coin (paid)--> Unlocked --Push--> Locked";
    assert_eq!(path.display(TABLE).to_string(), line);
    assert!(path.is_loop());
    assert_eq!(taken(&[]).unwrap().states(), [StateId(0)]);
    assert_eq!(taken(&[(3, 0)]), None); // leaves another state
    assert_eq!(taken(&[(0, 2)]), None); // leads to another state
    assert_eq!(taken(&[(1, 1)]), None); // stays
}

#[test]
fn a_table_without_states_has_no_answers() {
    let table = &Table::EMPTY;
    assert!(table.finals().is_empty() && table.unreachable().is_empty());
    assert!(all(table, table.loops()).is_empty() && all(table, table.straight_paths()).is_empty());
    assert!(table.components().is_empty() && table.ambiguous().is_empty());
    assert_eq!((table.coverage().paths.len(), table.depths().len()), (0, 0));
}

#[test]
#[should_panic = "out of bounds"]
fn a_state_of_another_table_is_a_mistake() {
    let _ = TABLE.paths(StateId(0), StateId(3));
}
