//! Pictures as SVG, read back: everything is there, and nothing lies where it must not.

#![cfg(feature = "svg")]

#[path = "svg/page.rs"]
mod page;

use fsm_diagram::svg::{Options, Theme};
use fsm_diagram::{Diagram, Edge, Group, Highlight, State};
use page::Page;
use proptest::prelude::*;

fn state(name: &str, group: Option<usize>) -> State {
    State { name: name.to_owned(), group, ..State::default() }
}

fn edge(source: usize, target: usize, trigger: &str) -> Edge {
    Edge { source, target, trigger: trigger.to_owned(), ..Edge::default() }
}

fn turnstile() -> Diagram {
    let mut diagram = Diagram {
        name: "Turnstile".to_owned(),
        states: vec![state("Locked", None), state("Unlocked", None), state("Broken", None)],
        edges: vec![
            edge(0, 1, "Coin"),
            edge(1, 0, "Push"),
            Edge { internal: true, ..edge(0, 0, "Push") },
            edge(1, 1, "Coin"),
            edge(0, 2, "Kick"),
            edge(1, 2, "Kick"),
            edge(1, 2, "Hit"),
        ],
        ..Diagram::default()
    };
    diagram.states[0].initial = true;
    diagram.states[0].docs = "Nobody passes.".to_owned();
    diagram.states[2].is_final = true;
    diagram
}

/// A chain of states with rows back, to the next but one, and to themselves.
fn chain(count: usize, groups: usize) -> Diagram {
    let group = |at: usize| (groups > 0 && !at.is_multiple_of(3)).then(|| at * groups / count);
    let mut diagram = Diagram {
        states: (0..count).map(|at| state(&format!("State{at}"), group(at))).collect(),
        groups: (0..groups)
            .map(|at| Group {
                name: format!("Group{at}"),
                parent: (at % 4 == 3).then(|| at - 1),
                ..Group::default()
            })
            .collect(),
        ..Diagram::default()
    };
    for at in 1..count {
        diagram.edges.push(edge(at - 1, at, "Next"));
        diagram.edges.push(edge(at, at * 7 % count, "Jump"));
    }
    diagram
}

fn drawn(diagram: &Diagram) -> Page {
    Page::read(&diagram.svg(&Options { theme: Theme::Light, ..Options::default() }))
}

/// Everything a picture promises about places.
fn check(diagram: &Diagram) {
    let page = drawn(diagram);
    page.holds(diagram);
    page.is_apart();
    page.groups_hold(diagram);
    page.lines_are_clear();
}

#[test]
fn a_turnstile_is_all_there() {
    let diagram = turnstile();
    check(&diagram);
    let picture = diagram.svg(&Options::default());
    assert!(picture.contains("Nobody passes."), "docs are a tooltip");
    assert!(picture.contains("class=\"inset\""), "a final state has two borders");
    assert!(picture.contains("data-initial=\"Locked\""));
    assert!(picture.contains("data-rows=\"5 6\""), "parallel rows share a line");
    assert!(picture.contains("data-row=\"2\" data-source=\"Locked\" data-target=\"Locked\""));
}

#[test]
fn what_is_highlighted_is_lit_and_the_rest_subdued() {
    let diagram = turnstile();
    let plain = diagram.svg(&Options::default());
    assert!(!plain.contains("class=\"state lit\"") && !plain.contains("fsm-auto subdued\""));
    let highlight = Highlight { states: vec![1, 99], edges: vec![0, 99] };
    let lit = diagram.svg(&Options { highlight, ..Options::default() });
    assert!(lit.contains("<g class=\"state lit\" data-state=\"Unlocked\">"));
    assert!(lit.contains("<g class=\"line lit\" data-rows=\"0\">"));
    assert!(lit.contains("<g class=\"row lit\" data-row=\"0\""));
    assert!(lit.contains("fsm-auto subdued\""));
    assert_eq!(lit.matches(" lit\"").count(), 3);
}

#[test]
fn themes_differ_and_auto_follows_the_reader() {
    let theme = |theme| turnstile().svg(&Options { theme, ..Options::default() });
    assert!(theme(Theme::Light).contains("fill:#ffffff"));
    assert!(theme(Theme::Dark).contains("fill:#0f172a"));
    let auto = theme(Theme::Auto);
    assert!(auto.contains("prefers-color-scheme:dark") && auto.contains("var(--fsm-canvas)"));
    assert!(!theme(Theme::Light).contains("prefers-color-scheme"));
}

#[test]
fn names_are_text_whatever_they_are() {
    let names = ["<&\"'>", "", "Zustand äöü", "状態", "🚦", "a\u{0}b\nc", "]]>", "--", "e\u{301}"];
    let mut diagram = Diagram {
        name: "<&\"'>".to_owned(),
        states: names.iter().map(|name| state(name, Some(0))).collect(),
        groups: vec![Group { name: "<&\"'>".to_owned(), ..Group::default() }],
        ..Diagram::default()
    };
    for at in 0..names.len() {
        let said = Some(names[at].to_owned());
        let row = edge(at, (at + 1) % names.len(), names[at]);
        diagram.edges.push(Edge { guard: said.clone(), action: said, ..row });
    }
    diagram.states[0].docs = "<&\"'>".to_owned();
    check(&diagram);
}

#[test]
fn long_texts_are_shortened_and_kept_in_full() {
    let long = "a_guard_that_goes_on(and_on, and_on, and_on) && never_ends()";
    let mut diagram = turnstile();
    diagram.edges[0].guard = Some(long.to_owned());
    diagram.states[1].name = "x".repeat(200);
    check(&diagram);
    let picture = diagram.svg(&Options::default());
    assert!(picture.contains("…</text>"));
    assert!(
        picture.contains("a_guard_that_goes_on(and_on, and_on, and_on) &amp;&amp; never_ends()")
    );
    let width = drawn(&diagram).size.0;
    assert!(width < 1_200.0, "{width}");
}

#[test]
fn what_does_not_exist_is_ignored() {
    let mut diagram = turnstile();
    diagram.states[0].group = Some(7);
    diagram.groups = vec![
        Group { name: "A".to_owned(), parent: Some(1), initial: Some(70), finals: vec![80] },
        Group { name: "B".to_owned(), parent: Some(0), ..Group::default() },
        Group { name: "C".to_owned(), parent: Some(9), ..Group::default() },
        Group { name: "D".to_owned(), parent: Some(3), ..Group::default() },
    ];
    diagram.edges.push(edge(0, 70, "Nowhere"));
    diagram.edges.push(edge(70, 0, "Nowhence"));
    let picture = diagram.svg(&Options::default());
    assert!(!picture.contains("Nowhere") && !picture.contains("Nowhence"));
    for group in ["A", "B", "C", "D"] {
        assert!(picture.contains(&format!("data-group=\"{group}\"")));
    }
}

#[test]
fn a_group_shows_where_it_begins() {
    let mut diagram = chain(6, 2);
    diagram.groups[0].initial = Some(1);
    check(&diagram);
    assert!(diagram.svg(&Options::default()).contains("data-initial=\"State1\""));
}

#[test]
fn extremes_are_drawn_too() {
    check(&Diagram::default());
    check(&Diagram { states: vec![state("Only", None)], ..Diagram::default() });
    let mut only = Diagram { states: vec![state("Only", Some(0))], ..Diagram::default() };
    only.states[0].initial = true;
    only.groups = vec![Group { name: "Around".to_owned(), ..Group::default() }];
    only.edges = vec![edge(0, 0, "Again"); 9];
    check(&only);
    check(&Diagram { states: vec![state("Alone", None); 60], ..Diagram::default() });
    check(&chain(300, 0));
    check(&chain(300, 24));
}

#[test]
fn a_huge_diagram_is_drawn_in_bounded_time() {
    // Deep groups, a hub, and more states than any layout is given.
    let mut diagram = chain(1_600, 0);
    diagram.groups = (0..500)
        .map(|at: usize| Group {
            name: format!("Deep{at}"),
            parent: at.checked_sub(1),
            ..Group::default()
        })
        .collect();
    for at in 0..500 {
        diagram.states[at].group = Some(at);
    }
    diagram.edges.extend((1..1_600).map(|at| edge(at, 0, "Reset")));
    drawn(&diagram).holds(&diagram);
}

/// States, groups and rows at random, but the same for the same seed.
fn scattered(seed: u64) -> Diagram {
    let mut next = seed;
    let mut below = |count: usize| {
        next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(next >> 33).unwrap_or_default() % count
    };
    let group = |name: &str, parent| Group { name: name.to_owned(), parent, ..Group::default() };
    let mut diagram = Diagram {
        groups: vec![group("A", None), group("B", Some(0)), group("C", None), group("D", None)],
        ..Diagram::default()
    };
    for at in 0..28 {
        let place = below(5);
        diagram.states.push(state(&format!("State{at}"), (place < 4).then_some(place)));
    }
    for _ in 0..44 {
        diagram.edges.push(edge(below(28), below(28), "Pay"));
    }
    diagram
}

#[test]
fn a_group_that_is_laid_over_others_is_laid_out_anew() {
    // The crate's first answer for these has a state in a group that is not its own.
    for seed in [55, 117, 215] {
        check(&scattered(seed));
    }
}

/// Diagrams as they may come: groups in groups, loops, parallel rows, states that nothing leads to.
fn any_diagram() -> impl Strategy<Value = Diagram> {
    let names = proptest::sample::select(vec!["A", "Waiting", "<&\"'>", "状態", "AwaitingPayment"]);
    let groups = proptest::collection::vec((any::<u8>(), any::<bool>()), 0..7);
    let states = proptest::collection::vec((names, any::<u8>(), any::<u8>()), 1..40);
    let edges = proptest::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), 0..80);
    (groups, states, edges).prop_map(|(groups, states, edges)| {
        let mut diagram = Diagram::default();
        for (at, (parent, nested)) in groups.iter().enumerate() {
            let parent = (at > 0 && *nested).then(|| usize::from(*parent) % at.max(1));
            let name = format!("Group{at}");
            diagram.groups.push(Group { name, parent, ..Group::default() });
        }
        for (at, (name, group, kind)) in states.iter().enumerate() {
            let place = usize::from(*group) % (diagram.groups.len() + 1);
            diagram.states.push(State {
                name: format!("{name}{at}"),
                initial: at == 0 || kind % 16 == 0,
                is_final: kind % 8 == 1,
                group: (place < diagram.groups.len()).then_some(place),
                ..State::default()
            });
        }
        let count = diagram.states.len();
        for (source, target, kind) in edges {
            let source = usize::from(source) % count;
            let target = if kind % 3 == 0 { source + 1 } else { usize::from(target) } % count;
            let row =
                edge(source, target, ["Pay", "", "after 30min", "Cancel"][usize::from(kind) % 4]);
            diagram.edges.push(Edge {
                internal: source == target && kind % 2 == 0,
                guard: (kind % 5 == 0).then(|| "covers(amount, due)".to_owned()),
                action: (kind % 7 == 0).then(|| "capture(amount)".to_owned()),
                ..row
            });
        }
        diagram
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        // What fails is pinned as a test of its own.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_diagram_is_drawn_without_overlaps(diagram in any_diagram()) {
        check(&diagram);
    }

    #[test]
    fn the_same_diagram_gives_the_same_bytes(diagram in any_diagram()) {
        let options = Options::default();
        prop_assert_eq!(diagram.svg(&options), diagram.clone().svg(&options));
    }
}
