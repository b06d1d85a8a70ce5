//! Paths that together take every row.

use fsm_core::StateId;

use crate::drawn::{Drawing, lines, row};

#[test]
fn one_path_where_one_is_enough() {
    let table = Drawing::of(&["Locked", "Unlocked"])
        .rows(&["Locked --Coin--> Unlocked", "Locked --Push--> _"])
        .rows(&["Unlocked --Push--> Locked", "Unlocked --Coin--> _"])
        .finish();
    let coverage = table.coverage();
    assert_eq!(coverage.paths.len(), 1);
    assert_eq!(coverage.paths[0].source(), table.entry());
    assert!(coverage.uncovered.is_empty());
}

#[test]
fn rows_that_cannot_be_taken_are_listed() {
    let table = Drawing::of(&["A", "B", "Island"])
        .rows(&["A --x--> B", "Island --x--> A"])
        .rows(&["B --always--> A", "B --x--> Island"])
        .finish();
    let coverage = table.coverage();
    assert_eq!(
        coverage.uncovered,
        [
            row(&table, "Island --x--> A"),
            row(&table, "B --x--> Island"), // B is left at once
        ]
    );
    assert_eq!(lines(&table, &coverage.paths), ["A --x--> B --always--> A"]);
}

/// The second path needs `B` only to come to `C`, but no machine ends there.
#[test]
fn a_path_goes_on_to_where_the_machine_stays() {
    let table = Drawing::of(&["A", "B", "*C"])
        .rows(&["A --x--> B", "A --y--> B", "B --always--> C"])
        .finish();
    let coverage = table.coverage();
    let expected = ["A --x--> B --always--> C", "A --y--> B --always--> C"];
    assert_eq!(lines(&table, &coverage.paths), expected);
}

#[test]
fn long_paths_are_cut() {
    let mut drawing = Drawing::of(&["A"]);
    for n in 0..200 {
        drawing = drawing.row(&format!("A --x{n}--> A"));
    }
    let table = drawing.finish();
    let coverage = table.coverage();
    assert!(coverage.uncovered.is_empty());
    let lengths: Vec<_> = coverage.paths.iter().map(|path| path.len()).collect();
    assert_eq!(lengths, [64, 64, 64, 8]);
    assert!(coverage.paths.iter().all(|path| path.target() == StateId(0)));
}
