//! Rows that run by themselves, and timers.

use fsm_core::Table;
use fsm_core::machine::Trigger;
use fsm_core::machine::graph::Next;

use crate::drawn::{Drawing, all, named, names, row};

/// `Check` decides by a guard, `Booked` is left at once, and `Cancel` stands on every state.
fn order() -> Table {
    Drawing::of(&["Cart", "Check", "Booked", "Shelf", "*Sent", "*Gone"])
        .rows(&["Cart --Order--> Check", "Cart --Cancel--> Gone"])
        .row("Check --always--> Booked")
        .but(|row| row.guard = Some("in_stock()"))
        .row("Check --always--> Shelf")
        .row("Check --Cancel--> Gone")
        .row("Booked --always--> Sent")
        .row("Booked --Cancel--> Gone")
        .after("Shelf", "Check")
        .row("Shelf --Cancel--> Gone")
        .finish()
}

#[test]
fn a_state_that_is_left_at_once_takes_no_event() {
    let table = order();
    assert_eq!(names(&table, &table.transient()), ["Check", "Booked"]);
    let cancel = table.event_named("Cancel").unwrap();
    let check = named(&table, "Check");
    assert!(table.responds(table.entry(), cancel) && !table.responds(check, cancel));
    assert_eq!(table.next_state(check, Trigger::Event(cancel)), Next::Refused);
    assert!(!table.can_run(row(&table, "Booked --Cancel--> Gone")));
    assert!(table.can_run(row(&table, "Shelf --Cancel--> Gone")));
    assert_eq!(table.rows_into(named(&table, "Gone")).len(), 2);
}

#[test]
fn what_follows_is_certain_until_a_guard_decides() {
    let table = order();
    let from = |name| table.continuation(named(&table, name)).display(&table).to_string();
    assert_eq!(from("Booked"), "Booked --always--> Sent");
    assert_eq!(from("Check"), "Check");
    assert_eq!(from("Cart"), "Cart");
    let settles = |name| names(&table, &table.settles_in(named(&table, name)));
    assert_eq!(settles("Check"), ["Shelf", "Sent"]);
    assert_eq!(settles("Cart"), ["Cart"]);
    let both = Next::Ambiguous(vec![named(&table, "Booked"), named(&table, "Shelf")]);
    assert_eq!(table.next_state(named(&table, "Check"), Trigger::Always), both);
}

#[test]
fn steps_are_cut_where_something_has_to_happen() {
    let table = order();
    let sent = named(&table, "Sent");
    let path = table.paths(named(&table, "Shelf"), sent).next().unwrap();
    let line = "Shelf --after 5s--> Check --always--> Booked --always--> Sent";
    assert_eq!(path.display(&table).to_string(), line);
    let steps = path.steps(&table);
    assert_eq!((steps.len(), steps[0].driver), (1, Some(path.rows()[0])));
    assert_eq!(steps[0].automatic, path.rows()[1..]);
}

#[test]
fn the_way_with_the_fewest_events_may_be_the_longer_one() {
    let table = Drawing::of(&["A", "B", "C", "D", "*E"])
        .rows(&["A --x--> B", "A --y--> C", "B --x--> E"])
        .rows(&["C --always--> D", "D --always--> E"])
        .finish();
    let (a, e) = (table.entry(), named(&table, "E"));
    let line =
        |path: Option<fsm_core::machine::graph::Path>| path.unwrap().display(&table).to_string();
    assert_eq!(line(table.shortest_path(a, e)), "A --x--> B --x--> E");
    let fewest = table.fewest_steps(a, e);
    assert_eq!(line(fewest), "A --y--> C --always--> D --always--> E");
}

#[test]
fn of_ways_with_as_few_events_the_shortest_is_taken() {
    let table = Drawing::of(&["A", "B", "C", "D", "*E"])
        .row("A --always--> B")
        .but(|row| row.guard = Some("asked()"))
        .rows(&["A --x--> D", "B --always--> C", "C --x--> E", "D --always--> E"])
        .finish();
    let fewest = table.fewest_steps(table.entry(), named(&table, "E")).unwrap();
    assert_eq!(fewest.display(&table).to_string(), "A --x--> D --always--> E");
}

#[test]
fn nothing_leaves_a_final_state() {
    let table = Drawing::of(&["A", "*B"]).rows(&["A --x--> B", "B --always--> A"]).finish();
    let b = named(&table, "B");
    assert!(!table.is_transient(b) && table.continuation(b).is_empty());
    assert_eq!(names(&table, &table.settles_in(b)), ["B"]);
}

#[test]
fn automatic_rows_that_go_round_settle_nowhere() {
    let table = Drawing::of(&["A", "B", "C"])
        .rows(&["A --x--> B", "B --always--> C", "C --always--> B"])
        .finish();
    let b = named(&table, "B");
    assert_eq!(table.continuation(b).display(&table).to_string(), "B --always--> C");
    assert!(table.settles_in(b).is_empty());
    assert_eq!(all(&table, table.loops()), ["B --always--> C --always--> B"]);
}

#[test]
fn an_automatic_row_that_may_stay_settles_the_matter() {
    let drawing = || {
        let rows = Drawing::of(&["A", "B"]).row("A --always--> _");
        rows.but(|row| row.guard = Some("waits()"))
    };
    let stays = drawing().row("A --always--> B").row("A --x--> B").finish();
    assert!(stays.transient().is_empty());
    assert_eq!(names(&stays, &stays.settles_in(stays.entry())), ["A", "B"]);
    assert_eq!(stays.allowed_events(stays.entry()).len(), 1);
    // With an action, it is tried again after it has run.
    let works = drawing().but(|row| row.action = Some("work()")).row("A --always--> B").finish();
    assert_eq!(names(&works, &works.transient()), ["A"]);
}

#[test]
fn a_row_behind_one_that_takes_the_same_never_runs() {
    let drawing = Drawing::of(&["A", "B", "C"]).rows(&["A --x--> B", "A --x--> C"]);
    let table = drawing.clone().finish();
    assert!(!table.can_run(row(&table, "A --x--> C")));
    assert_eq!(names(&table, &table.unreachable()), ["C"]);
    // Another pattern of the same event may be another matter.
    let table = drawing.but(|row| row.pattern = "x { .. }").finish();
    assert!(table.can_run(row(&table, "A --x--> C")));
    assert_eq!(table.ambiguous().len(), 1);
}
