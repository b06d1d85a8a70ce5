//! Random tables against models that try everything.

use std::collections::BTreeSet;

use fsm_core::machine::graph::{Enumeration, Limit, Path};
use fsm_core::machine::{GroupId, History, Trigger};
use fsm_core::{EventId, RowId, StateId, Table};
use proptest::prelude::*;

use crate::drawn::Drawing;

/// An edge: row, source, target.
type Hop = (RowId, StateId, StateId);

#[derive(Clone, Debug)]
struct Sketch {
    finals: Vec<bool>,
    grouped: Vec<bool>,
    rows: Vec<(u16, u8, Option<u16>, bool, bool)>,
}

/// At most `states` states and `rows` rows; one row in eight asks a history.
fn sketch(states: usize, rows: usize) -> impl Strategy<Value = Sketch> {
    let state = 0..u16::try_from(states).unwrap();
    let target = prop_oneof![6 => state.clone().prop_map(Some), 1 => Just(None)];
    let row = (state, 0..4_u8, target, any::<bool>(), prop::bool::weighted(0.125));
    (
        prop::collection::vec(prop::bool::weighted(0.2), states),
        prop::collection::vec(any::<bool>(), states),
        prop::collection::vec(row, 0..=rows),
    )
        .prop_map(|(finals, grouped, rows)| Sketch { finals, grouped, rows })
}

fn without_history(mut sketch: Sketch) -> Sketch {
    for row in &mut sketch.rows {
        row.4 = false;
    }
    sketch
}

fn draw(sketch: &Sketch) -> Table {
    const NAMES: [[&str; 2]; 6] =
        [["A", "*A"], ["B", "*B"], ["C", "*C"], ["D", "*D"], ["E", "*E"], ["F", "*F"]];
    let marked = sketch.finals.iter().zip(NAMES);
    let names: Vec<_> = marked.map(|(is_final, names)| names[usize::from(*is_final)]).collect();
    let mut drawing = Drawing::of(&names);
    for name in ["x", "y", "z"] {
        drawing.event(name);
    }
    let members: Vec<_> = (0..names.len()).filter(|n| sketch.grouped[*n]).collect();
    if !members.is_empty() {
        let members: Vec<_> = members.iter().map(|n| NAMES[*n][0]).collect();
        drawing = drawing.group("G", Some(History::Deep), &members);
    }
    for (source, trigger, target, guarded, history) in &sketch.rows {
        let trigger = match trigger {
            3 => Trigger::Always,
            event => Trigger::Event(EventId(u16::from(*event))),
        };
        drawing = drawing.add(StateId(*source), trigger, target.map(StateId)).but(|row| {
            row.guard = guarded.then_some("asked()");
            row.history = (*history && !members.is_empty()).then_some(GroupId(0));
        });
    }
    drawing.finish()
}

/// Whether a row can run, said once more and differently.
fn can_run(table: &Table, number: RowId) -> bool {
    let row = table.row(number);
    let before: Vec<_> = table.rows[..usize::from(number.0)]
        .iter()
        .filter(|other| other.source == row.source)
        .collect();
    let is_hidden = before.iter().any(|b| b.trigger == row.trigger && b.guard.is_none());
    let mut leaves = false;
    for other in table.rows.iter().filter(|other| other.source == row.source) {
        if other.trigger == Trigger::Always {
            let stays = other.target.is_none() && other.history.is_none();
            if stays {
                break;
            }
            if other.guard.is_none() {
                leaves = true;
                break;
            }
        }
    }
    let is_final = table.state(row.source).is_final;
    !is_final && !is_hidden && (!leaves || row.trigger == Trigger::Always)
}

fn hops(table: &Table) -> Vec<Hop> {
    let mut hops = Vec::new();
    for number in table.row_ids().filter(|row| can_run(table, *row)) {
        let row = table.row(number);
        let mut targets: BTreeSet<_> = row.target.into_iter().collect();
        for (state, id) in table.states.iter().zip(table.state_ids()) {
            if row.history.is_some() && state.group == row.history && !state.is_final {
                targets.insert(id);
            }
        }
        if row.target.is_none() && row.history.is_none() {
            targets.insert(row.source);
        }
        hops.extend(targets.into_iter().map(|target| (number, row.source, target)));
    }
    hops
}

fn moving(table: &Table) -> Vec<Hop> {
    let stays = |hop: &Hop| table.row(hop.0).is_internal();
    hops(table).into_iter().filter(|hop| !stays(hop)).collect()
}

/// Every sequence of hops that the rule lets go on, up to where it first arrives.
fn every(
    hops: &[Hop],
    from: StateId,
    may: &dyn Fn(&[Hop], &Hop) -> bool,
    arrives: &dyn Fn(StateId) -> bool,
    so_far: &mut Vec<Hop>,
    found: &mut BTreeSet<Vec<Hop>>,
) {
    for hop in hops.iter().filter(|hop| hop.1 == from) {
        if may(so_far, hop) {
            so_far.push(*hop);
            if arrives(hop.2) {
                found.insert(so_far.clone());
            } else {
                every(hops, hop.2, may, arrives, so_far, found);
            }
            so_far.pop();
        }
    }
}

fn simple(hops: &[Hop], from: StateId, goals: &[StateId]) -> BTreeSet<Vec<Hop>> {
    let mut found = BTreeSet::new();
    if goals.contains(&from) {
        found.insert(Vec::new());
        return found;
    }
    let new = |so_far: &[Hop], hop: &Hop| {
        hop.2 != from && so_far.iter().all(|earlier| earlier.2 != hop.2)
    };
    every(hops, from, &new, &|state| goals.contains(&state), &mut Vec::new(), &mut found);
    found
}

fn trails(hops: &[Hop], from: StateId, goal: StateId) -> BTreeSet<Vec<Hop>> {
    let mut found = BTreeSet::new();
    let new = |so_far: &[Hop], hop: &Hop| so_far.iter().all(|earlier| earlier.0 != hop.0);
    every(hops, from, &new, &|state| state == goal, &mut Vec::new(), &mut found);
    found
}

fn cycles(hops: &[Hop], from: StateId) -> BTreeSet<Vec<Hop>> {
    let mut found = BTreeSet::new();
    let new = |so_far: &[Hop], hop: &Hop| so_far.iter().all(|earlier| earlier.2 != hop.2);
    every(hops, from, &new, &|state| state == from, &mut Vec::new(), &mut found);
    found
}

fn hops_of(path: &Path) -> Vec<Hop> {
    let ends = path.states().windows(2);
    path.rows().iter().zip(ends).map(|(row, ends)| (*row, ends[0], ends[1])).collect()
}

/// What was listed: complete, and each path once.
fn set(listed: &Enumeration) -> BTreeSet<Vec<Hop>> {
    let set: BTreeSet<_> = listed.paths.iter().map(hops_of).collect();
    assert!(listed.complete, "cut short");
    assert_eq!(set.len(), listed.paths.len(), "a path came twice");
    set
}

const WIDE: Limit = Limit { paths: 1_000_000, length: 1_000 };

/// Whether the rows are those of the hops, in the order of a walk.
fn is_walk(table: &Table, path: &Path) -> bool {
    let hops = hops(table);
    let mut place = path.source();
    hops_of(path).iter().all(|hop| {
        let follows = hop.1 == place && hops.contains(hop);
        place = hop.2;
        follows
    })
}

fn closure(hops: &[Hop], states: usize) -> Vec<Vec<bool>> {
    let mut reach = vec![vec![false; states]; states];
    for (state, reached) in reach.iter_mut().enumerate() {
        reached[state] = true;
    }
    for (_, source, target) in hops {
        reach[usize::from(source.0)][usize::from(target.0)] = true;
    }
    for over in 0..states {
        for from in 0..states {
            for to in 0..states {
                reach[from][to] |= reach[from][over] && reach[over][to];
            }
        }
    }
    reach
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn rows_that_can_run(sketch in sketch(5, 12)) {
        let table = draw(&sketch);
        for row in table.row_ids() {
            prop_assert_eq!(table.can_run(row), can_run(&table, row));
        }
        let edges: BTreeSet<_> =
            table.edges().iter().map(|edge| (edge.row, edge.source, edge.target)).collect();
        prop_assert_eq!(edges, hops(&table).into_iter().collect());
    }

    #[test]
    fn reachability_is_the_transitive_closure(sketch in sketch(6, 10)) {
        let table = draw(&sketch);
        let reach = closure(&moving(&table), table.states.len());
        for from in table.state_ids() {
            let reachable = table.reachable(from);
            for to in table.state_ids() {
                let expected = reach[usize::from(from.0)][usize::from(to.0)];
                prop_assert_eq!(reachable.contains(&to), expected);
                prop_assert_eq!(table.reaching(to).contains(&from), expected);
                prop_assert_eq!(table.can_reach(from, to), expected);
            }
            let ends = |to: &StateId| reach[usize::from(from.0)][usize::from(to.0)];
            let completes = table.finals().iter().any(ends);
            prop_assert_eq!(table.completing().contains(&from), completes);
            prop_assert_eq!(table.unreachable().contains(&from), !reach[0][usize::from(from.0)]);
        }
    }

    #[test]
    fn components_are_classes_of_mutual_reachability(sketch in sketch(6, 10)) {
        let table = draw(&sketch);
        let reach = closure(&moving(&table), table.states.len());
        let reaches = |a: StateId, b: StateId| reach[usize::from(a.0)][usize::from(b.0)];
        let components = table.components();
        let mut all: Vec<_> = components.concat();
        all.sort_unstable();
        prop_assert_eq!(all, table.state_ids().collect::<Vec<_>>());
        for (place, component) in components.iter().enumerate() {
            for (a, b) in component.iter().flat_map(|a| component.iter().map(move |b| (*a, *b))) {
                prop_assert!(reaches(a, b));
            }
            for later in &components[place + 1..] {
                prop_assert!(!reaches(later[0], component[0]));
            }
        }
    }

    #[test]
    fn simple_paths_are_those_of_the_model(sketch in sketch(5, 10)) {
        let table = draw(&sketch);
        let moving = moving(&table);
        for from in table.state_ids() {
            for to in table.state_ids() {
                let listed = table.paths(from, to).limit(WIDE).list();
                prop_assert_eq!(set(&listed), simple(&moving, from, &[to]));
                prop_assert!(listed.paths.iter().all(|path| is_walk(&table, path)));
            }
        }
        let straight = set(&table.straight_paths().limit(WIDE).list());
        prop_assert_eq!(straight, simple(&moving, table.entry(), &table.finals()));
    }

    #[test]
    fn shortest_paths_are_the_shortest_of_the_model(sketch in sketch(5, 10)) {
        let table = draw(&sketch);
        let moving = moving(&table);
        let happens = |path: &Vec<Hop>| {
            let triggers = path.iter().map(|hop| table.row(hop.0).trigger);
            (triggers.filter(|trigger| *trigger != Trigger::Always).count(), path.len())
        };
        for from in table.state_ids() {
            for to in table.state_ids() {
                let all = simple(&moving, from, &[to]);
                let shortest = all.iter().map(Vec::len).min();
                prop_assert_eq!(table.distance(from, to), shortest);
                if let Some(path) = table.shortest_path(from, to) {
                    prop_assert!(all.contains(&hops_of(&path)));
                }
                let ties = set(&table.all_shortest_paths(from, to).list());
                let expected = all.iter().filter(|path| Some(path.len()) == shortest).cloned();
                prop_assert_eq!(ties, expected.collect());
                let fewest = table.fewest_steps(from, to).map(|path| happens(&hops_of(&path)));
                prop_assert_eq!(fewest, all.iter().map(happens).min());
            }
            let reached: Vec<_> = table.shortest_paths(from).iter().map(|p| p.target()).collect();
            prop_assert_eq!(reached, table.reachable(from));
        }
    }

    #[test]
    fn loops_are_those_of_the_model(sketch in sketch(5, 10)) {
        let table = draw(&sketch);
        let moving = moving(&table);
        let mut expected = BTreeSet::new();
        for state in table.state_ids() {
            let through = cycles(&moving, state);
            let listed = set(&table.loops_through(state).limit(WIDE).list());
            prop_assert_eq!(&listed, &through);
            // Each once: from its first state.
            let first = |path: &&Vec<Hop>| path.iter().all(|hop| hop.1 >= state);
            expected.extend(through.iter().filter(first).cloned());
        }
        let listed = table.loops().limit(WIDE).list();
        prop_assert_eq!(set(&listed), expected);
        prop_assert!(listed.paths.iter().all(|path| path.is_loop() && is_walk(&table, path)));
    }

    #[test]
    fn trails_are_those_of_the_model(sketch in sketch(4, 7)) {
        let table = draw(&sketch);
        let hops = hops(&table);
        for from in table.state_ids() {
            for to in table.state_ids().filter(|to| *to != from) {
                let listed = set(&table.trails(from, to).limit(WIDE).list());
                prop_assert_eq!(listed, trails(&hops, from, to));
            }
            let round = set(&table.round_trips(from).limit(WIDE).list());
            prop_assert_eq!(round, trails(&hops, from, from));
        }
    }

    #[test]
    fn limits_are_kept_and_reported(
        sketch in sketch(5, 10).prop_map(without_history),
        paths in 0..6_usize,
        length in 0..6_usize,
    ) {
        let table = draw(&sketch);
        let limit = Limit { paths, length };
        let questions = || [
            table.straight_paths(),
            table.loops(),
            table.paths(StateId(0), StateId(1)),
            table.trails(StateId(0), StateId(1)),
            table.round_trips(StateId(0)),
        ];
        let wide = Limit { paths: 20_000, length: 1_000 };
        for (all, some) in questions().into_iter().zip(questions()) {
            let all = all.limit(wide).list();
            prop_assume!(all.complete);
            let some = some.limit(limit).list();
            let short = all.paths.iter().filter(|path| path.len() <= length);
            let expected: Vec<_> = short.take(paths).cloned().collect();
            prop_assert_eq!(some.complete, expected.len() == all.paths.len());
            prop_assert_eq!(some.paths, expected);
        }
    }

    #[test]
    fn coverage_takes_every_row_that_can_be_taken(sketch in sketch(6, 14)) {
        let plain = draw(&without_history(sketch.clone()));
        let reachable = plain.reachable(plain.entry());
        let coverage = plain.coverage();
        let expected: Vec<_> = plain
            .row_ids()
            .filter(|row| !can_run(&plain, *row) || !reachable.contains(&plain.row(*row).source))
            .collect();
        prop_assert_eq!(coverage.uncovered, expected);

        let table = draw(&sketch);
        let coverage = table.coverage();
        let mut seen = BTreeSet::new();
        for path in &coverage.paths {
            prop_assert_eq!(path.source(), table.entry());
            prop_assert!(is_walk(&table, path));
            let before = seen.len();
            seen.extend(path.rows().iter().copied());
            prop_assert!(seen.len() > before);
        }
        seen.extend(coverage.uncovered);
        prop_assert_eq!(seen, table.row_ids().collect());
    }
}
