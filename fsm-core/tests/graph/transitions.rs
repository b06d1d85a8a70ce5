//! What Finitomata's `transition_test`, `hard_test`, `determined_test`, `transition_property_test`
//! and the examples in its documentation assert, said of tables.

use fsm_core::machine::Trigger;
use fsm_core::machine::graph::Next;
use fsm_core::{Effects, Fsm, Moment, StateId, Table};
use proptest::prelude::*;

use crate::drawn::{Drawing, all, lines, named, names};

#[derive(Fsm)]
#[fsm(event = Event)]
enum Transition {
    #[fsm(initial)]
    #[on(Start => Started)]
    Idle,
    #[on(Accept => Accepted)]
    #[on(Reject => Rejected)]
    Started,
    #[on(Accept => Accepted)]
    #[on(Reject => Rejected)]
    #[on(End => Done)]
    Accepted,
    #[on(Restart => Started)]
    #[on(End => Done)]
    Rejected,
    #[fsm(final)]
    Done,
}

enum Event {
    Start,
    Accept,
    Reject,
    Restart,
    End,
}

const TABLE: &Table = Transition::TABLE;

fn short(lines: Vec<String>) -> Vec<String> {
    let states = |line: String| {
        let parts = line.split(' ').filter(|part| !part.starts_with("--"));
        parts.collect::<Vec<_>>().join(" ")
    };
    lines.into_iter().map(states).collect()
}

#[test]
fn loops() {
    assert_eq!(
        all(TABLE, TABLE.loops()),
        [
            "Started --Accept--> Accepted --Reject--> Rejected --Restart--> Started",
            "Started --Reject--> Rejected --Restart--> Started",
            "Accepted --Accept--> Accepted",
        ]
    );
}

/// There a loop may pass through a state twice, and each is listed from each of its states.
#[test]
fn loops_from_each_state() {
    let from = |name| short(all(TABLE, TABLE.round_trips(named(TABLE, name))));
    assert_eq!(
        from("Started"),
        [
            "Started Accepted Accepted Rejected Started",
            "Started Accepted Rejected Started",
            "Started Rejected Started",
        ]
    );
    assert_eq!(from("Accepted"), ["Accepted Accepted", "Accepted Rejected Started Accepted"]);
    assert_eq!(
        from("Rejected"),
        [
            "Rejected Started Accepted Accepted Rejected",
            "Rejected Started Accepted Rejected",
            "Rejected Started Rejected",
        ]
    );
    assert!(from("Idle").is_empty() && from("Done").is_empty());
}

/// There a path may pass through a state twice, but takes no row twice.
#[test]
fn paths() {
    let expected = [
        "Idle Started Accepted Accepted Rejected Started Rejected Done",
        "Idle Started Accepted Accepted Rejected Done",
        "Idle Started Accepted Accepted Done",
        "Idle Started Accepted Rejected Started Rejected Done",
        "Idle Started Accepted Rejected Done",
        "Idle Started Accepted Done",
        "Idle Started Rejected Started Accepted Accepted Rejected Done",
        "Idle Started Rejected Started Accepted Accepted Done",
        "Idle Started Rejected Started Accepted Rejected Done",
        "Idle Started Rejected Started Accepted Done",
        "Idle Started Rejected Done",
    ];
    assert_eq!(short(all(TABLE, TABLE.full_trails())), expected);
    let (idle, done) = (named(TABLE, "Idle"), named(TABLE, "Done"));
    assert_eq!(short(all(TABLE, TABLE.trails(idle, done))), expected);
}

fn event(name: &str) -> Event {
    match name {
        "Start" => Event::Start,
        "Accept" => Event::Accept,
        "Reject" => Event::Reject,
        "Restart" => Event::Restart,
        "End" => Event::End,
        other => panic!("no event {other}"),
    }
}

/// There each path is made into a test of its own, `transition_auto_test`.
#[test]
fn a_machine_can_take_each_of_the_paths() {
    for path in TABLE.full_trails().chain(TABLE.coverage().paths) {
        let mut machine = Transition::initial();
        for (row, state) in path.rows().iter().zip(&path.states()[1..]) {
            let event = event(&TABLE.trigger(*row));
            let mut effects = Effects::new();
            machine = machine.step(&mut (), event, Moment::default(), &mut effects).ok().unwrap();
            assert_eq!(machine.state_id(), *state, "{}", path.display(TABLE));
        }
    }
}

#[test]
fn straight_paths() {
    assert_eq!(
        all(TABLE, TABLE.straight_paths()),
        [
            "Idle --Start--> Started --Accept--> Accepted --Reject--> Rejected --End--> Done",
            "Idle --Start--> Started --Accept--> Accepted --End--> Done",
            "Idle --Start--> Started --Reject--> Rejected --End--> Done",
        ]
    );
}

#[test]
fn shortest_paths() {
    let (idle, done) = (named(TABLE, "Idle"), named(TABLE, "Done"));
    assert_eq!(
        all(TABLE, TABLE.all_shortest_paths(idle, done)),
        [
            "Idle --Start--> Started --Accept--> Accepted --End--> Done",
            "Idle --Start--> Started --Reject--> Rejected --End--> Done",
        ]
    );
    assert_eq!(TABLE.distance(idle, done), Some(3));
}

#[test]
fn exiting() {
    let rows: Vec<_> = TABLE.exiting().into_iter().map(|row| TABLE.describe(row)).collect();
    assert_eq!(rows, ["Accepted --End--> Done", "Rejected --End--> Done"]);
    assert_eq!(names(TABLE, &TABLE.finals()), ["Done"]);
    assert_eq!(TABLE.state(TABLE.entry()).name, "Idle");
}

/// `idle --> ready`, then `do!` to one of three, `reloaded!` back, and `end!`.
#[test]
fn hard() {
    let table = Drawing::of(&["Idle", "Ready", "Reload", "Done", "*Ended"])
        .row("Idle --start--> Ready")
        .row("Ready --always--> Reload")
        .but(|row| row.guard = Some("stale()"))
        .row("Ready --always--> Done")
        .row("Reload --always--> Ready")
        .row("Done --always--> Ended")
        .finish();
    assert_eq!(names(&table, &table.transient()), ["Ready", "Reload", "Done"]);
    let done = table.continuation(named(&table, "Done"));
    assert_eq!(done.display(&table).to_string(), "Done --always--> Ended");
    assert_eq!(names(&table, &table.settles_in(named(&table, "Ready"))), ["Ended"]);
    let path = table.shortest_path(table.entry(), named(&table, "Ended")).unwrap();
    let steps = path.steps(&table);
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].driver, Some(path.rows()[0]));
    assert_eq!(steps[0].automatic, path.rows()[1..]);
}

#[test]
fn determined() {
    let table = Drawing::of(&["Idle", "Started", "Step1", "Step2", "Step3", "*Done"])
        .rows(&["Idle --always--> Started", "Started --always--> Step1"])
        .rows(&["Step1 --always--> Step2", "Step2 --continue--> Step3"])
        .row("Step3 --always--> Done")
        .finish();
    let begun = table.continuation(table.entry());
    assert_eq!(names(&table, begun.states()), ["Idle", "Started", "Step1", "Step2"]);
    let path = table.shortest_path(table.entry(), named(&table, "Done")).unwrap();
    let steps = path.steps(&table);
    assert_eq!(steps.len(), 2);
    assert_eq!((steps[0].driver, steps[0].automatic.len()), (None, 3));
    assert_eq!((steps[1].driver, steps[1].automatic.len()), (Some(path.rows()[3]), 1));
}

/// The example at `determined/1` and `ambiguous/1`.
#[test]
fn determined_and_ambiguous_states() {
    let table = Drawing::of(&["Idle", "S1", "S2", "S3", "*S4"])
        .rows(&["Idle --to_s1--> S1", "S1 --to_s2--> S2", "S1 --to_s3--> S3"])
        .row("S2 --to_s1--> S3")
        .rows(&["S2 --ambiguous--> S3", "S2 --ambiguous--> S4"])
        .rows(&["S3 --determined--> S3", "S3 --determined--> S4"])
        .finish();
    // The second of two rows would never run if the first took everything.
    let rows: Vec<_> = table.row_ids().filter(|row| !table.can_run(*row)).collect();
    assert_eq!(rows.len(), 2);

    let guarded = table.rows.iter().map(|row| {
        let mut row = *row;
        row.guard = (row.source.0 > 1).then_some("asked()");
        row
    });
    let table = Table { rows: guarded.collect::<Vec<_>>().leak(), ..table };
    let event = |name| Trigger::Event(table.event_named(name).unwrap());
    let only: Vec<_> = table
        .state_ids()
        .filter_map(|state| Some((table.state(state).name, table.only_trigger(state)?)))
        .collect();
    assert_eq!(only, [("Idle", event("to_s1")), ("S3", event("determined"))]);
    let ambiguous = [(StateId(2), event("ambiguous")), (StateId(3), event("determined"))];
    assert_eq!(table.ambiguous(), ambiguous);
    let both = Next::Ambiguous(vec![StateId(3), StateId(4)]);
    assert_eq!(table.next_state(StateId(2), event("ambiguous")), both);
    assert_eq!(table.next_state(StateId(0), event("to_s1")), Next::Determined(StateId(1)));
    assert_eq!(table.next_state(StateId(0), event("to_s2")), Next::Refused);
}

proptest! {
    #[test]
    fn a_chain_has_one_path_with_every_state_in_order(states in 2..9_usize) {
        let table = (1..states).fold(Drawing::numbered(states), |drawing, next| {
            drawing.row(&format!("{} --to_{next}--> {next}", next - 1))
        }).finish();
        let last = StateId(u16::try_from(states - 1).unwrap());
        prop_assert_eq!(table.reachable(table.entry()).len(), states);
        let paths = table.paths(table.entry(), last).list().paths;
        prop_assert_eq!(paths.len(), 1);
        prop_assert_eq!(paths[0].states(), &table.state_ids().collect::<Vec<_>>()[..]);
        prop_assert_eq!(paths[0].steps(&table).len(), states - 1);
    }

    #[test]
    fn each_branch_to_a_final_state_is_a_straight_path(branches in 2..6_usize) {
        let mut names = vec!["Entry", "*A", "*B", "*C", "*D", "*E"];
        names.truncate(branches + 1);
        let drawing = Drawing::of(&names);
        let table = names[1..].iter().fold(drawing, |drawing, name| {
            drawing.row(&format!("Entry --to{name}--> {}", &name[1..]))
        }).finish();
        let paths = table.straight_paths().list();
        prop_assert!(paths.complete);
        prop_assert_eq!(paths.paths.len(), branches);
        prop_assert_eq!(lines(&table, &paths.paths).len(), branches);
    }
}
