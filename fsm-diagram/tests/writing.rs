//! What is written in each language: names that are keywords, labels that are code, lit paths.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use fsm_diagram::{Diagram, Edge, Group, Highlight, State};

fn state(name: &str) -> State {
    State { name: name.to_owned(), ..State::default() }
}

fn edge(source: usize, target: usize, trigger: &str, guard: &str, action: &str) -> Edge {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Edge {
        source,
        target,
        trigger: trigger.to_owned(),
        guard: some(guard),
        action: some(action),
        ..Edge::default()
    }
}

/// A machine whose every name and label is a trap for some tool.
fn hard() -> Diagram {
    Diagram {
        name: "Trap \"1\"".to_owned(),
        states: vec![
            State { initial: true, docs: "A \"keyword\".".to_owned(), ..state("end") },
            State { group: Some(0), ..state("r#type") },
            State { group: Some(1), is_final: true, ..state("Übergang") },
        ],
        groups: vec![
            Group { name: "subgraph".to_owned(), initial: Some(1), ..Group::default() },
            Group { name: "Inner".to_owned(), parent: Some(0), ..Group::default() },
        ],
        edges: vec![
            edge(0, 1, "Go", "a[0] < *b && c::d", "x(\"1;\\n\")"),
            Edge { internal: true, ..edge(1, 1, "Tick", "", "f(&timestamp) // ** #1") },
            edge(1, 2, "", "", ""),
        ],
    }
}

fn lit() -> Highlight {
    Highlight { states: vec![1, 7], edges: vec![0, 7] }
}

#[test]
fn mermaid_is_escaped() {
    let expected = r##"stateDiagram-v2
    state "end" as end_
    state "subgraph" as subgraph_ {
        state "r#35;type" as r_type_
        state Inner {
            Übergang
        }
        [*] --> r_type_
    }
    [*] --> end_
    end_ --> r_type_ : Go [a[0] #lt; #42;b && c#58;#58;d] / x("1#59;#92;n")
    r_type_ : Tick / f(#amp;timestamp) // #42;#42; #35;1
    r_type_ --> Übergang
    Übergang --> [*]
"##;
    assert_eq!(hard().mermaid(), expected);
    let lit = hard().mermaid_with(&lit());
    let looks = [
        "    classDef passed stroke:#e65100,stroke-width:3px\n    class end_ passed\n",
        "    classDef lit fill:#ffe082,stroke:#e65100,stroke-width:3px,color:#000\n",
        "    class r_type_ lit\n",
    ];
    assert!(lit.ends_with(&looks.concat()), "{lit}");
    // Mermaid's `class` takes no letters beyond ASCII.
    assert!(lit.contains("state \"Übergang\" as _bergang_\n"), "{lit}");
}

#[test]
fn a_flowchart_is_escaped() {
    let expected = r##"flowchart TD
    end_["end"]
    subgraph subgraph_["subgraph"]
        r_type_["r#35;type"]
        subgraph Inner
            _bergang_["Übergang"]
        end
        start((" ")) --> r_type_
    end
    start_((" ")) --> end_
    end_ -->|"Go [a[0] #lt; #42;b && c#58;#58;d] / x(#quot;1#59;#92;n#quot;)"| r_type_
    r_type_ -.->|"Tick / f(#amp;timestamp) // #42;#42; #35;1"| r_type_
    r_type_ --> _bergang_
    _bergang_ --> stop(((" ")))
    classDef lit fill:#ffe082,stroke:#e65100,stroke-width:3px,color:#000
    class r_type_ lit
    linkStyle 2 stroke:#e65100,stroke-width:3px
"##;
    assert_eq!(hard().flowchart_with(&lit()), expected);
}

#[test]
fn plantuml_is_escaped() {
    let expected = r##"@startuml
title Trap "1"
hide empty description
state "end" as end_
state subgraph {
    state "r#type" as r_type_ #ffe082;line:e65100;line.bold
    state Inner {
        state Übergang
    }
    [*] --> r_type_
}
[*] --> end_
end_ -[#e65100,bold]-> r_type_ : Go [a[0] < *b && c::d] / x("1;<U+005C>n")
r_type_ : Tick / f(&timestamp) &#47;/ &#42;* #1
r_type_ --> Übergang
Übergang --> [*]
@enduml
"##;
    assert_eq!(hard().plantuml_with(&lit()), expected);
}

#[test]
fn dot_is_escaped() {
    let dot = hard().dot_with(&lit());
    let lines = [
        r#"digraph "Trap \"1\"" {"#,
        r#"    s0 [label="end", tooltip="A \"keyword\"."];"#,
        r##"        s1 [label="r#type", fillcolor="#ffe082", color="#e65100", penwidth=3];"##,
        r#"        subgraph cluster_1 {"#,
        r#"        start_0 -> s1;"#,
        r#"    start -> s0;"#,
        r#"    s0 -> s1 [label="Go [a[0] < *b &amp;&amp; c::d] / x(\"1;\\n\")", color="#,
        r#"    s1 -> s1 [label="Tick / f(&amp;timestamp) // ** #1", style=dashed];"#,
        r#"    s2 -> stop;"#,
    ];
    for line in lines {
        assert!(dot.contains(line), "{line}\n{dot}");
    }
}

#[test]
fn states_that_no_arrow_names_are_declared() {
    let diagram = Diagram { states: vec![state("A"), state("B")], ..Diagram::default() };
    assert_eq!(diagram.mermaid(), "stateDiagram-v2\n    A\n    B\n");
    assert_eq!(diagram.flowchart(), "flowchart TD\n    A\n    B\n");
    assert_eq!(
        diagram.plantuml(),
        "@startuml\nhide empty description\nstate A\nstate B\n@enduml\n",
    );
}

#[test]
fn places_that_are_not_there_do_not_panic() {
    let diagram = Diagram {
        states: vec![State { group: Some(9), ..state("A") }],
        groups: vec![
            Group { name: "G".to_owned(), parent: Some(1), finals: vec![7], ..Group::default() },
            Group { name: "H".to_owned(), parent: Some(0), initial: Some(7), ..Group::default() },
        ],
        edges: vec![edge(0, 5, "x", "", ""), edge(6, 0, "y", "", "")],
        ..Diagram::default()
    };
    assert_eq!(diagram.groups_of(0).count(), 1);
    let _ = (diagram.mermaid(), diagram.flowchart(), diagram.plantuml(), diagram.dot());
    let _ = (diagram.drift(&hard()), hard().drift(&diagram), diagram.describe(0));
}

/// Runs a tool on a text; `None` if it is not installed.
fn run(tool: &str, arguments: &[&str], text: &str) -> Option<String> {
    let mut command = Command::new(tool);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let [said, complained] = [output.stdout, output.stderr].map(|b| String::from_utf8(b).unwrap());
    assert!(output.status.success(), "{tool}: {complained}{said}\n{text}");
    Some(said)
}

#[test]
fn graphviz_draws_it() {
    let Some(svg) = run("dot", &["-Tsvg"], &hard().dot_with(&lit())) else {
        eprintln!("skipped: Graphviz's `dot` is not installed");
        return;
    };
    assert!(svg.contains("Tick / f(&amp;timestamp) // ** #1"), "{svg}");
    assert!(svg.contains("/ x(&quot;1;\\n&quot;)"), "{svg}");
}

#[test]
fn plantuml_takes_it() {
    let text = hard().plantuml_with(&lit());
    match run("plantuml", &["-syntax", "-charset", "UTF-8"], &text) {
        None => eprintln!("skipped: `plantuml` is not installed"),
        Some(said) => assert!(said.starts_with("STATE"), "{said}"),
    }
}
