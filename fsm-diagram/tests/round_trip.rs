//! What is written is read back as it was, and no text makes a reader panic.

use fsm_diagram::{Diagram, Edge, Group, State};
use proptest::prelude::*;

const NAMES: [&str; 30] = [
    "Cart",
    "Paid",
    "end",
    "End",
    "state",
    "note",
    "graph",
    "subgraph",
    "class",
    "style",
    "r#type",
    "Übergang",
    "状態",
    "order_placed",
    "a-b",
    "Awaiting payment",
    "1st",
    "default",
    "direction",
    "start",
    "stop",
    "Cart_",
    "_x",
    "say \"hi\"",
    "a; b",
    "x:y",
    "{brace}",
    "[*]",
    "title",
    "é",
];

const GUARDS: [&str; 14] = [
    "is_open()",
    "a[0] == b && c != ']'",
    "covers(value, & 5) && !is_late()",
    "self::f::<'a>(x) < 3 && y >> 2 <= 1",
    "*a > 0 && **b < 1",
    "text == \"a\\nb; #35; -- // ** ]\"",
    "x / y > 1 || z % w == 0",
    "send(&timestamp, &lt, &#x)",
    "1. 0",
    "_x && __y__ && ~z",
    "`code` <b>bold</b> [[link]](url)",
    "%date() %%{init} %% x",
    "matches!(c, 'a'..='z' | '\\'')",
    "$x + #y - -z .. w == = v",
];

const ACTIONS: [&str; 8] = [
    "count()",
    "{ self::refund(); }",
    "collect(value, \"coin\")",
    "*total += 1",
    "log(\"a | b -> c --> d ==> e\", '\\\\')",
    "/' no comment '/",
    "if a { b() } else { c[1] }",
    "<U+005C> &#92; &amp; #amp; <br/>",
];

const TRIGGERS: [&str; 10] = [
    "",
    "Pay",
    "Coin",
    "to_s1!",
    "do_it?",
    "after 30s",
    "every 5s",
    "after LIMITS[0]",
    "Ünï",
    "after (60 / 2)",
];

fn some(texts: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    proptest::option::of(proptest::sample::select(texts).prop_map(str::to_owned))
}

fn expression() -> impl Strategy<Value = Option<String>> {
    // Printable text without brackets and quotes, which have to be balanced.
    let random = "[ !#$%&*+,.:;<=>?@^_`|~a-zA-Z0-9éß\\\\-]{1,12}";
    let random =
        random.prop_map(|text| text.trim().to_owned()).prop_filter("empty", |t| !t.is_empty());
    prop_oneof![2 => some(&GUARDS), 1 => random.prop_map(Some)]
}

#[derive(Clone, Debug)]
struct Seed {
    names: Vec<&'static str>,
    group_names: Vec<&'static str>,
    parents: Vec<usize>,
    inside: Vec<usize>,
    marks: Vec<(bool, bool)>,
    group_marks: Vec<(usize, usize)>,
    edges: Vec<Edge>,
    title: Option<String>,
}

fn seeds() -> impl Strategy<Value = Seed> {
    let names = proptest::sample::subsequence(&NAMES[..], 1..8).prop_shuffle();
    let group_names = proptest::sample::subsequence(&NAMES[..], 0..4).prop_shuffle();
    let trigger = proptest::sample::select(&TRIGGERS[..]).prop_map(str::to_owned);
    let edge = (0..8_usize, 0..8_usize, any::<bool>(), trigger, expression(), some(&ACTIONS))
        .prop_map(|(source, target, internal, trigger, guard, action)| Edge {
            source,
            target,
            internal,
            trigger,
            guard,
            action,
            ..Edge::default()
        });
    (
        names,
        group_names,
        proptest::collection::vec(0..8_usize, 4),
        proptest::collection::vec(0..8_usize, 8),
        proptest::collection::vec((any::<bool>(), any::<bool>()), 8),
        proptest::collection::vec((0..9_usize, 0..9_usize), 4),
        proptest::collection::vec(edge, 0..10),
        some(&["Order", "a **title** &#42;", "x \\ y"]),
    )
        .prop_map(|(names, group_names, parents, inside, marks, group_marks, edges, title)| {
            Seed { names, group_names, parents, inside, marks, group_marks, edges, title }
        })
}

fn grown(seed: Seed) -> Diagram {
    let mut diagram = Diagram { name: seed.title.unwrap_or_default(), ..Diagram::default() };
    for (number, name) in seed.group_names.iter().enumerate() {
        let parent = seed.parents[number].checked_sub(4).filter(|parent| *parent < number);
        diagram.groups.push(Group { name: (*name).to_owned(), parent, ..Group::default() });
    }
    let groups = diagram.groups.len();
    for (number, name) in seed.names.iter().enumerate() {
        let (initial, is_final) = seed.marks[number];
        let group = seed.inside[number].checked_sub(3).filter(|group| *group < groups);
        let name = (*name).to_owned();
        diagram.states.push(State { name, initial, is_final, group, ..State::default() });
    }
    for number in 0..groups {
        let (initial, last) = seed.group_marks[number];
        let inside = |state: &usize| diagram.groups_of(*state).any(|group| group == number);
        let states = 0..diagram.states.len();
        let initial = Some(initial).filter(|state| states.contains(state)).filter(inside);
        let finals = Some(last).filter(|state| states.contains(state)).filter(inside);
        diagram.groups[number].initial = initial;
        diagram.groups[number].finals = finals.into_iter().collect();
    }
    for edge in seed.edges {
        let states = diagram.states.len();
        let (source, target) = (edge.source % states, edge.target % states);
        let internal = edge.internal && source == target;
        diagram.edges.push(Edge { source, target, internal, ..edge });
    }
    diagram
}

fn diagrams() -> impl Strategy<Value = Diagram> {
    seeds().prop_map(grown)
}

/// What a diagram says, without the order of its states and groups, lines and docs.
fn said(diagram: &Diagram) -> Vec<String> {
    let group =
        |group: Option<usize>| group.map_or("", |group| diagram.groups[group].name.as_str());
    let name = |state: usize| diagram.states[state].name.as_str();
    let mut said: Vec<String> = diagram
        .states
        .iter()
        .map(|s| format!("state {:?} in {:?} {} {}", s.name, group(s.group), s.initial, s.is_final))
        .chain(diagram.groups.iter().map(|each| {
            let finals: Vec<_> = each.finals.iter().map(|state| name(*state)).collect();
            let (parent, initial) = (group(each.parent), each.initial.map(name));
            format!("group {:?} in {parent:?}, {initial:?}, {finals:?}", each.name)
        }))
        .collect();
    said.sort();
    said.extend(diagram.edges.iter().map(|edge| {
        let ends = (name(edge.source), name(edge.target), edge.internal);
        format!("{ends:?} {:?} {:?} {:?}", edge.trigger, edge.guard, edge.action)
    }));
    said
}

fn comes_back(diagram: &Diagram, text: &str) -> Result<Diagram, TestCaseError> {
    let read = Diagram::parse(text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
    prop_assert_eq!(said(&read), said(diagram), "{}", text);
    Ok(read)
}

/// Arbitrary changes of a text, at arbitrary places.
fn mangled(text: &str, changes: &[(usize, usize, String)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (at, length, insert) in changes {
        let at = at % (chars.len() + 1);
        let end = (at + length).min(chars.len());
        chars.splice(at..end, insert.chars());
    }
    chars.into_iter().collect()
}

const FRAGMENTS: [&str; 24] = [
    "-->",
    "--",
    "[*]",
    "{",
    "}",
    "\"",
    "subgraph x\n",
    "end\n",
    "state A {\n",
    "((",
    "|",
    ":",
    ";",
    "<<choice>>",
    "note ",
    "\n",
    "@{",
    "%%{",
    "---\n",
    "'",
    "#",
    "&",
    "-.->",
    "é",
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_mermaid_state_diagram_comes_back(diagram in diagrams()) {
        // The name and the docs are not written.
        comes_back(&diagram, &diagram.mermaid())?;
    }

    #[test]
    fn a_flowchart_comes_back(mut diagram in diagrams()) {
        // Where no start or end is drawn, a flowchart's are inferred.
        if !diagram.states.iter().any(|state| state.initial) {
            diagram.states[0].initial = true;
        }
        if !diagram.states.iter().any(|state| state.is_final) {
            diagram.states[0].is_final = true;
        }
        comes_back(&diagram, &diagram.flowchart())?;
    }

    #[test]
    fn plantuml_comes_back(diagram in diagrams()) {
        let read = comes_back(&diagram, &diagram.plantuml())?;
        prop_assert_eq!(read.name, diagram.name);
    }

    #[test]
    fn what_is_lit_is_read_all_the_same(
        diagram in diagrams(),
        states in proptest::collection::vec(0..9_usize, 0..3),
        edges in proptest::collection::vec(0..12_usize, 0..4),
    ) {
        let highlight = fsm_diagram::Highlight { states, edges };
        comes_back(&diagram, &diagram.mermaid_with(&highlight))?;
        comes_back(&diagram, &diagram.plantuml_with(&highlight))?;
        let flowchart = Diagram::parse(&diagram.flowchart_with(&highlight));
        prop_assert_eq!(flowchart.map(|read| read.edges.len()), Ok(diagram.edges.len()));
        let dot = diagram.dot_with(&highlight);
        prop_assert!(dot.starts_with("digraph"), "{}", dot);
    }

    #[test]
    fn a_diagram_agrees_with_itself(diagram in diagrams()) {
        prop_assert_eq!(diagram.drift(&diagram).differences, []);
    }

    #[test]
    fn no_text_panics(text in "\\PC*", head in 0..5_usize) {
        let head = ["", "stateDiagram-v2\n", "flowchart TD\n", "@startuml\n", "---\n"][head];
        let _ = Diagram::parse(&format!("{head}{text}"));
    }

    #[test]
    fn no_fragments_panic(
        parts in proptest::collection::vec(
            prop_oneof![proptest::sample::select(&FRAGMENTS[..]), Just("A"), Just("B "), Just(" ")],
            0..40,
        ),
        head in 0..4_usize,
    ) {
        let head = ["", "stateDiagram-v2\n", "flowchart TD\n", "@startuml\n"][head];
        let _ = Diagram::parse(&format!("{head}{}", parts.concat()));
    }

    #[test]
    fn no_mangled_diagram_panics(
        diagram in diagrams(),
        language in 0..3_usize,
        changes in proptest::collection::vec(
            (any::<usize>(), 0..6_usize, prop_oneof![
                "\\PC{0,4}",
                proptest::sample::select(&FRAGMENTS[..]).prop_map(str::to_owned),
            ]),
            1..6,
        ),
    ) {
        let text = [Diagram::mermaid, Diagram::flowchart, Diagram::plantuml][language](&diagram);
        if let Ok(read) = Diagram::parse(&mangled(&text, &changes)) {
            let _ = (read.mermaid(), read.flowchart(), read.plantuml(), read.dot());
            let _ = diagram.drift(&read);
        }
    }
}
