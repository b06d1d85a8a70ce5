//! Groups and what they remember.

use fsm_core::machine::History;
use fsm_core::machine::graph::{Next, Path};
use fsm_core::machine::{GroupId, Trigger};
use fsm_core::{RowId, StateId, Table};

use crate::drawn::{Drawing, all, lines, named, names};

/// A player that is paused and goes on where it was.
fn player(history: History) -> Table {
    Drawing::of(&["Idle", "Slow", "Fast", "Crashed", "Paused"])
        .group("Playing", Some(history), &["Slow", "Fast", "Crashed"])
        .rows(&["Idle --play--> Slow", "Slow --faster--> Fast"])
        .rows(&["Slow --pause--> Paused", "Fast --pause--> Paused", "Paused --stop--> Idle"])
        .row("Paused --resume--> Slow")
        .but(|row| row.history = Some(GroupId(0)))
        .finish()
}

#[test]
fn a_history_may_lead_to_every_state_of_the_group() {
    let table = player(History::Deep);
    assert_eq!(table.group_named("Playing"), Some(GroupId(0)));
    let resume = Trigger::Event(table.event_named("resume").unwrap());
    let slow_fast_crashed = Next::Ambiguous(vec![StateId(1), StateId(2), StateId(3)]);
    assert_eq!(table.next_state(named(&table, "Paused"), resume), slow_fast_crashed);
    let (paused, fast) = (named(&table, "Paused"), named(&table, "Fast"));
    assert_eq!(
        all(&table, table.paths(paused, fast)),
        [
            "Paused --stop--> Idle --play--> Slow --faster--> Fast",
            "Paused --resume--> Slow --faster--> Fast",
            "Paused --resume--> Fast",
        ]
    );
    assert_eq!(table.rows_into(fast).len(), 2);
    assert_eq!(table.edges().len(), 6 - 1 + 3);
    assert!(!table.row(RowId(5)).is_internal());
}

#[test]
fn a_final_state_is_never_remembered() {
    let table = Drawing::of(&["A", "B", "*C"])
        .group("G", Some(History::Shallow), &["B", "C"])
        .row("A --x--> B")
        .but(|row| row.history = Some(GroupId(0)))
        .finish();
    assert_eq!(names(&table, &table.reachable(table.entry())), ["A", "B"]);
}

#[test]
fn a_path_says_where_the_history_led() {
    let table = player(History::Deep);
    let paused = named(&table, "Paused");
    let resume = RowId(5);
    for name in ["Slow", "Fast"] {
        let path = Path::new(&table, paused, [(resume, named(&table, name))]).unwrap();
        assert_eq!(path.display(&table).to_string(), format!("Paused --resume--> {name}"));
    }
    assert_eq!(Path::new(&table, paused, [(resume, named(&table, "Idle"))]), None);
}

#[test]
fn loops_through_a_history_are_told_apart_by_their_states() {
    let table = player(History::Deep);
    let loops = all(&table, table.loops());
    assert!(loops.contains(&"Slow --pause--> Paused --resume--> Slow".to_owned()));
    assert!(loops.contains(&"Fast --pause--> Paused --resume--> Fast".to_owned()));
    assert_eq!(loops.len(), 5, "{loops:#?}");
}

#[test]
fn coverage_goes_back_to_where_the_group_was_left() {
    let table = player(History::Deep);
    let coverage = table.coverage();
    assert!(coverage.uncovered.is_empty());
    assert_eq!(
        lines(&table, &coverage.paths),
        ["Idle --play--> Slow --faster--> Fast --pause--> Paused --stop--> Idle --play--> Slow \
         --pause--> Paused --resume--> Slow",]
    );
}

#[test]
fn a_shallow_history_enters_a_child_anew() {
    let drawing = |history| {
        Drawing::of(&["Off", "Menu", "First", "Second"])
            .group("On", Some(history), &["Menu"])
            .group("Song", None, &["First", "Second"])
            .inside()
            .rows(&["Off --start--> Second", "Second --stop--> Off"])
            .row("Off --resume--> Menu")
            .but(|row| row.history = Some(GroupId(0)))
            .rows(&["First --x--> First", "Menu --x--> Menu"])
            .finish()
    };
    let deep = drawing(History::Deep).coverage();
    let shallow = drawing(History::Shallow).coverage();
    let table = drawing(History::Deep);
    let stopped = "Off --start--> Second --stop--> Off --resume-->";
    // `First` is reached only where the group is entered anew.
    assert_eq!(lines(&table, &deep.paths)[0], format!("{stopped} Second"));
    assert_eq!(lines(&table, &shallow.paths)[0], format!("{stopped} First --x--> First"));
    assert_eq!((deep.uncovered.len(), shallow.uncovered.len()), (1, 0));
    assert_eq!(lines(&table, &deep.paths)[1], "Off --resume--> Menu --x--> Menu");
}
