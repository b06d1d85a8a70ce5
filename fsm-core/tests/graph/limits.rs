//! Graphs whose paths are more than can be listed.

use fsm_core::machine::Trigger;
use fsm_core::machine::graph::Limit;
use fsm_core::{StateId, Table};

use crate::drawn::{Drawing, named};

/// Every state leads to every other.
fn complete(states: u16) -> Table {
    let mut drawing = Drawing::numbered(states.into());
    let event = drawing.event("x");
    for source in 0..states {
        for target in (0..states).filter(|target| *target != source) {
            let trigger = Trigger::Event(event);
            drawing = drawing.add(StateId(source), trigger, Some(StateId(target)));
            // A guard, so that the first row does not take everything.
            drawing = drawing.but(|row| row.guard = Some("asked()"));
        }
    }
    drawing.finish()
}

#[test]
fn a_complete_graph_is_cut_and_says_so() {
    let table = complete(30);
    for paths in [
        table.paths(StateId(0), StateId(29)),
        table.trails(StateId(0), StateId(29)),
        table.loops(),
        table.loops_through(StateId(7)),
        table.round_trips(StateId(7)),
    ] {
        let listed = paths.list();
        assert_eq!(listed.paths.len(), Limit::default().paths);
        assert!(!listed.complete);
        assert!(listed.paths.iter().all(|path| path.len() <= Limit::default().length));
    }
    assert_eq!(table.distance(StateId(0), StateId(29)), Some(1));
    let coverage = table.coverage();
    assert!(coverage.uncovered.is_empty());
    assert!(coverage.paths.len() < 60, "{}", coverage.paths.len());
}

#[test]
fn exactly_as_many_as_allowed_is_complete() {
    let table = complete(4);
    let paths = || table.paths(StateId(0), StateId(3));
    assert_eq!(paths().count(), 5); // 1 direct, 2 over one state, 2 over both
    let listed = paths().limit(Limit { paths: 5, ..Limit::default() }).list();
    assert_eq!((listed.paths.len(), listed.complete), (5, true));
    let listed = paths().limit(Limit { paths: 4, ..Limit::default() }).list();
    assert_eq!((listed.paths.len(), listed.complete), (4, false));
    let listed = paths().limit(Limit { paths: 0, ..Limit::default() }).list();
    assert_eq!((listed.paths.len(), listed.complete), (0, false));
}

#[test]
fn a_limit_on_the_length_tells_what_it_cut() {
    let table = complete(4);
    let up_to = |length| {
        let limit = Limit { length, ..Limit::default() };
        table.paths(StateId(0), StateId(3)).limit(limit).list()
    };
    let counted = |length| (up_to(length).paths.len(), up_to(length).complete);
    assert_eq!(counted(0), (0, false));
    assert_eq!(counted(1), (1, false));
    assert_eq!(counted(2), (3, false));
    assert_eq!(counted(3), (5, true));
}

#[test]
fn a_long_chain_is_one_path_beyond_the_limit() {
    let states = 3_000_u16;
    let mut drawing = Drawing::numbered(states.into());
    let event = drawing.event("x");
    for source in 0..states - 1 {
        let next = Some(StateId(source + 1));
        drawing = drawing.add(StateId(source), Trigger::Event(event), next);
    }
    let table = drawing.finish();
    let last = StateId(states - 1);
    let listed = table.paths(StateId(0), last).list();
    assert!(listed.paths.is_empty() && !listed.complete);
    let path = table.shortest_path(StateId(0), last).unwrap();
    assert_eq!(path.len(), usize::from(states) - 1);
    assert_eq!(table.components().len(), usize::from(states));
    assert_eq!(table.all_shortest_paths(StateId(0), last).limit(long()).count(), 1);
}

const fn long() -> Limit {
    Limit { paths: 10, length: 10_000 }
}

#[test]
fn the_shortest_are_complete_though_longer_ones_exist() {
    let table = complete(6);
    let listed = table.all_shortest_paths(StateId(2), StateId(4)).list();
    assert_eq!((listed.paths.len(), listed.complete), (1, true));
}

#[test]
fn no_way_is_a_complete_answer() {
    let table = Drawing::of(&["A", "B"]).row("B --x--> A").finish();
    let (a, b) = (named(&table, "A"), named(&table, "B"));
    for paths in [table.paths(a, b), table.trails(a, b), table.all_shortest_paths(a, b)] {
        let listed = paths.limit(Limit { paths: 0, length: 0 }).list();
        assert!(listed.paths.is_empty() && listed.complete);
    }
}

#[test]
fn paths_are_incomplete_until_the_last_was_asked_for() {
    let table = complete(3);
    let mut paths = table.paths(StateId(0), StateId(2));
    for _ in 0..2 {
        assert!(paths.next().is_some() && !paths.is_complete());
    }
    assert!(paths.next().is_none() && paths.is_complete());
    assert!(paths.next().is_none());
}

/// A dense part in front of a state that leads nowhere else must not be searched in vain.
#[test]
fn a_maze_without_a_way_out_is_not_searched() {
    let mut drawing = Drawing::numbered(32);
    let event = drawing.event("x");
    for source in 0..30 {
        for target in (0..30).filter(|target| *target != source) {
            drawing = drawing.add(StateId(source), Trigger::Event(event), Some(StateId(target)));
            drawing = drawing.but(|row| row.guard = Some("asked()"));
        }
    }
    // The one way to the goal leaves the first state.
    let table = drawing.row("0 --out--> 30").row("30 --out--> 31").finish();
    let listed = table.paths(StateId(0), StateId(31)).list();
    assert_eq!((listed.paths.len(), listed.complete), (1, true));
}
