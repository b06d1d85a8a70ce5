//! What is understood of each language, as people write it.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use fsm_diagram::{Diagram, ParseError};

/// The diagram's rows, `Cart --Pay [guard] / action--> Paid`; internal ones with `~`.
fn rows(text: &str) -> Vec<String> {
    let diagram = Diagram::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let row = |edge: &fsm_diagram::Edge| {
        let mut label = edge.trigger.clone();
        if let Some(guard) = &edge.guard {
            label.push_str(&format!(" [{guard}]"));
        }
        if let Some(action) = &edge.action {
            label.push_str(&format!(" / {action}"));
        }
        let line = if edge.internal { "~" } else { "-" };
        let [source, target] = [edge.source, edge.target].map(|n| diagram.states[n].name.clone());
        format!("{source} {line}{label}{line}> {target}")
    };
    diagram.edges.iter().map(row).collect()
}

fn marked(text: &str, mark: impl Fn(&fsm_diagram::State) -> bool) -> Vec<String> {
    let diagram = Diagram::parse(text).unwrap();
    diagram.states.iter().filter(|state| mark(state)).map(|state| state.name.clone()).collect()
}

fn initials(text: &str) -> Vec<String> {
    marked(text, |state| state.initial)
}

fn finals(text: &str) -> Vec<String> {
    marked(text, |state| state.is_final)
}

fn error(text: &str) -> String {
    Diagram::parse(text).unwrap_err().to_string()
}

const ORDER: &str = "\
---
title: Order
---
%%{init: {
  'theme': 'dark'
}}%%
stateDiagram-v2
    direction LR
    accTitle: An order
    accDescr {
        Not a state : no --> arrow
    }
    %% a comment --> nothing
    classDef late fill:#f00,stroke:#000;
    [*] --> Cart
    state \"Awaiting the payment\" as AwaitingPayment
    Cart : Where it begins
    Cart : AddItem / add(item)
    Cart --> AwaitingPayment : Checkout [items[0] != none] / reserve#40;#41;
    AwaitingPayment:::late --> Paid : Pay; AwaitingPayment --> Cancelled : after 30min / release()
    note right of Cart : a note --> no arrow
    note left of Paid
        Paid --> Cart : no arrow either
    end note
    Paid --> [*]
    Cancelled --> [*]
    class Cart late
";

#[test]
fn a_mermaid_state_diagram_is_read() {
    let diagram = Diagram::parse(ORDER).unwrap();
    assert_eq!(diagram.name, "Order");
    let names: Vec<_> = diagram.states.iter().map(|state| state.name.as_str()).collect();
    assert_eq!(names, ["Cart", "AwaitingPayment", "Paid", "Cancelled"]);
    assert_eq!(diagram.states[0].docs, "Where it begins");
    assert_eq!(diagram.states[1].docs, "Awaiting the payment");
    assert_eq!((diagram.states[1].line, diagram.edges[1].line), (16, 19));
    assert_eq!(
        rows(ORDER),
        [
            "Cart ~AddItem / add(item)~> Cart",
            "Cart -Checkout [items[0] != none] / reserve()-> AwaitingPayment",
            "AwaitingPayment -Pay-> Paid",
            "AwaitingPayment -after 30min / release()-> Cancelled",
        ],
    );
    assert_eq!(
        (initials(ORDER), finals(ORDER)),
        (vec!["Cart".into()], vec!["Paid".into(), "Cancelled".into()])
    );
}

const BOXES: &str = "\
stateDiagram-v2
    [*] --> Off
    Off --> Active : Start
    state Active {
        [*] --> Idle
        Idle --> Deep : Go
        Idle --> Idle : Reset
        state Deep {
            [*] --> Diving
            Diving --> Floating : Up
            Floating --> [*]
        }
    }
    Active --> Off : Reset
    Idle --> Off : Stop [armed]
    Active --> [*]
";

#[test]
fn arrows_of_groups_are_arrows_of_states() {
    let text = BOXES.replace("    Active --> [*]\n", "");
    assert_eq!(
        rows(&text),
        [
            "Off -Start-> Idle",
            "Idle -Go-> Diving",
            "Idle -Reset-> Idle",
            "Diving -Up-> Floating",
            "Idle -Reset-> Off",
            "Diving -Reset-> Off",
            "Floating -Reset-> Off",
            "Idle -Stop [armed]-> Off",
        ],
    );
    let diagram = Diagram::parse(&text).unwrap();
    assert_eq!(
        (diagram.groups[0].name.as_str(), diagram.groups[1].name.as_str()),
        ("Active", "Deep")
    );
    assert_eq!(diagram.groups[1].parent, Some(0));
    assert_eq!(diagram.groups[0].initial.map(|s| diagram.states[s].name.as_str()), Some("Idle"));
    assert_eq!(diagram.groups[1].finals.len(), 1);
    assert_eq!((initials(&text), finals(&text)), (vec!["Off".to_owned()], vec![]));
    assert_eq!((diagram.edges[3].group, diagram.edges[4].group), (None, Some(0)));
    assert_eq!(
        error(BOXES),
        "line 16, column 5: an arrow from a group to `[*]` cannot be part of a state machine here: \
         draw it from the states that are final",
    );
}

#[test]
fn a_state_is_in_the_box_where_the_tool_draws_it() {
    let lines = "[*] --> Off\nstate Active {\nIdle --> Off : Stop\n}\n";
    let mermaid = Diagram::parse(&format!("stateDiagram-v2\n{lines}")).unwrap();
    assert_eq!(mermaid.states[0].group, Some(0));
    let plantuml = Diagram::parse(&format!("@startuml\n{lines}")).unwrap();
    assert_eq!((plantuml.states[0].group, plantuml.states[1].group), (None, Some(0)));
}

#[test]
fn a_choice_is_part_of_its_rows() {
    let text = "stateDiagram-v2
        state enough <<choice>>
        Waiting --> enough : Pay [open] / count()
        enough --> Paid : if amount >= due
        enough --> Waiting : [else] / give_back()";
    assert_eq!(
        rows(text),
        [
            "Waiting -Pay [open && amount >= due] / count()-> Paid",
            "Waiting -Pay [open] / count(); give_back()-> Waiting",
        ],
    );
    let circle = "stateDiagram-v2
        state a <<choice>>
        S --> a : Pay
        a --> a : [x]";
    assert!(error(circle).contains("in a circle"), "{}", error(circle));
}

#[test]
fn what_a_description_is_follows_from_its_form() {
    let text = "stateDiagram-v2
        A : Waits for a coin
        A : Push /
        A : Kick [hard]
        A : entry / light()
        A : never [ever] again
        A : Coin";
    assert_eq!(rows(text), ["A ~Push~> A", "A ~Kick [hard]~> A"]);
    assert_eq!(
        Diagram::parse(text).unwrap().states[0].docs,
        "Waits for a coin\nnever [ever] again\nCoin",
    );
}

#[test]
fn several_events_on_an_arrow_are_several_rows() {
    let text = "stateDiagram-v2\nA --> B : Pay, Cancel [late]\nA --> B : Ship | Lose";
    assert_eq!(
        rows(text),
        ["A -Pay [late]-> B", "A -Cancel [late]-> B", "A -Ship-> B", "A -Lose-> B"],
    );
}

#[test]
fn finitomatas_flowchart_is_read() {
    let text = "
        idle --> |to_s1| s1
        s1 --> |to_s2!| s2;
        s1 --> |ambiguous?| s2,s3
        s2 --> |ok| done
        s3 --> |ok| done
    ";
    assert_eq!(
        rows(text),
        [
            "idle -to_s1-> s1",
            "s1 -to_s2!-> s2",
            "s1 -ambiguous?-> s2",
            "s1 -ambiguous?-> s3",
            "s2 -ok-> done",
            "s3 -ok-> done",
        ],
    );
    assert_eq!((initials(text), finals(text)), (vec!["idle".into()], vec!["done".into()]));
    let explicit = "[*] --> s1\ns1 --> |go| s2\ns2 --> |back| s1\ns2 --> [*]";
    assert_eq!((initials(explicit), finals(explicit)), (vec!["s1".into()], vec!["s2".into()]));
}

#[test]
fn finitomatas_plantuml_is_read() {
    let text = "
        [*] --> s1 : to_s1
        s1 --> s2 : to_s2
        s2 --> s1 : to_s1
        s2 --> [*] : ok
    ";
    assert_eq!(rows(text), ["s1 -to_s2-> s2", "s2 -to_s1-> s1"]);
    assert_eq!((initials(text), finals(text)), (vec!["s1".into()], vec!["s2".into()]));
}

#[test]
fn a_flowcharts_shapes_and_arrows_are_read() {
    let text = "\
flowchart LR
    %% comment
    A([Start]) --> B[Locked]
    B -->|\"Coin [x #gt; 1]\"| C{Unlocked} & D(((Broken)))
    C-- Push -->B;C == Kick it ==> D
    C -. Fix .-> D:::red
    C -.->|Tick| C
    C --> E[\"`Long
    text`\"]
    E ~~~ A
    E e1@==> F@{ shape: fr-circ, label: \"Stop\" }
    subgraph group [A title]
        direction TB
        E
    end
    classDef red fill:#f00
    style A fill:#0f0; linkStyle 0 stroke:#00f
    click A \"http://example.org\"
";
    assert_eq!(
        rows(text),
        [
            "Locked -Coin [x > 1]-> Unlocked",
            "Locked -Coin [x > 1]-> Broken",
            "Unlocked -Push-> Locked",
            "Unlocked -Kick it-> Broken",
            "Unlocked -Fix-> Broken",
            "Unlocked ~Tick~> Unlocked",
            "Unlocked --> E",
        ],
    );
    assert_eq!(
        (initials(text), finals(text)),
        (vec!["Locked".into()], vec!["Broken".into(), "E".into()])
    );
    let diagram = Diagram::parse(text).unwrap();
    assert_eq!(diagram.groups[0].name, "group");
    assert_eq!(diagram.states.last().unwrap().group, Some(0));
}

#[test]
fn a_round_node_with_an_event_of_its_own_is_a_state() {
    let text = "graph TD; start((Start)) -->|go| run((Run)); run -->|stop| halt(((Halt)))";
    assert_eq!(rows(text), ["Start -go-> Run", "Run -stop-> Halt"]);
    assert_eq!((initials(text), finals(text)), (vec!["Start".into()], vec!["Halt".into()]));
}

#[test]
fn plantuml_is_read() {
    let text = "\
@startuml order
!theme plain
' a comment
/' a longer
   A --> B '/
skinparam state {
  BackgroundColor red
}
title The **order**
hide empty description
left to right direction
legend
  A --> B
endlegend
state \"Awaiting payment\" as Awaiting #lightblue
state Active #red {
  [*] -> Idle
  Idle -down-> Busy : Start [x] / y
  state Inner <<odd>> {
  }
}
[*] -[#red,dashed]-> Cart
Cart -up[bold]-> Awaiting #blue : Check\\nout
Awaiting <-- Cart : Retry
Cart --> Active[H] : Resume
Cart : AddItem / add(&#42;item)
note left of Cart : a note
note right of Cart
  A --> B
end note
note \"text\" as N1
Active --> [*]
@enduml
A --> B
";
    let text = text.replace("Active --> [*]\n", "Busy --> [*] : done\n");
    assert_eq!(
        rows(&text),
        [
            "Idle -Start [x] / y-> Busy",
            "Cart -Check out-> Awaiting",
            "Cart -Retry-> Awaiting",
            "Cart -Resume-> Idle",
            "Cart ~AddItem / add(*item)~> Cart",
        ],
    );
    let diagram = Diagram::parse(&text).unwrap();
    assert_eq!((diagram.name.as_str(), diagram.groups.len()), ("The **order**", 2));
    assert_eq!(diagram.states[0].docs, "Awaiting payment");
    assert_eq!((initials(&text), finals(&text)), (vec!["Cart".into()], vec!["Busy".into()]));
}

#[test]
fn an_error_says_where_and_what_to_do() {
    let cases = [
        ("", "line 1, column 1: there is no diagram: begin with"),
        ("hello", "line 1, column 1: no language that is read here begins with `hello`: begin"),
        ("stateDiagram-v2\n  A ==> B", "line 2, column 5: expected an arrow `-->` or a descrip"),
        ("stateDiagram-v2\n  A -->", "line 2, column 8: expected a state, or `[*]`, that the"),
        ("stateDiagram-v2\n  A --> B C", "line 2, column 11: expected `: label`, or the end"),
        ("stateDiagram-v2\n state A {", "line 2, column 8: the state's `{` is never closed: add"),
        ("stateDiagram-v2\n }", "line 2, column 2: expected no `}`, since no state is open here"),
        ("stateDiagram-v2\n state \"A", "line 2, column 8: the quote is never closed: add `\"`"),
        ("stateDiagram-v2\nstate A {\nB\n--\nC\n}", "line 4, column 1: a region beside another"),
        ("stateDiagram-v2\nstate f <<fork>>", "line 2, column 9: `<<fork>>` cannot be part of"),
        ("stateDiagram-v2\nnote left of A\nx", "line 2, column 1: the note is never closed"),
        ("stateDiagram-v2\n[*] --> [*]", "line 2, column 1: an arrow from `[*]` to `[*]`"),
        (
            "stateDiagram-v2\nA --> G : x\nstate G {\nB\n}",
            "line 2, column 1: the arrow leads to the group `G`, which does not say where it",
        ),
        ("flowchart TD\nA --- B", "line 2, column 3: expected an arrow with a head, `-->`"),
        ("flowchart TD\nA <--> B", "line 2, column 3: an arrow with two heads cannot be part"),
        ("flowchart TD\nA[x --> B", "line 2, column 2: the node's shape is never closed"),
        ("flowchart TD\nA -->|x B", "line 2, column 7: the label's `|` is never closed"),
        ("flowchart TD\nsubgraph x\nA", "line 2, column 1: the subgraph is never closed: add `en"),
        ("flowchart TD\nA --> ", "line 2, column 7: expected a node, found the end of the line"),
        ("@startuml\n!include x.puml", "line 2, column 1: `!include` cannot be part of a state"),
        ("@startuml\nA ~> B", "line 2, column 3: expected an arrow `-->` or a description"),
    ];
    for (text, expected) in cases {
        let found = error(text);
        assert!(found.starts_with(expected), "{text}\n{found}");
    }
}

#[test]
fn there_are_limits() {
    let deep =
        "state A {\n".repeat(3) + &(0..100).map(|n| format!("state A{n} {{\n")).collect::<String>();
    assert!(matches!(
        Diagram::parse(&format!("stateDiagram-v2\n{deep}")).unwrap_err(),
        ParseError::TooLarge { what: "groups inside one another", limit: 64, .. },
    ));
    let many = (0..300).map(|n| format!("A{n}")).collect::<Vec<_>>().join(" & ");
    let error = Diagram::parse(&format!("flowchart TD\n{many} --> {many}")).unwrap_err();
    assert_eq!(
        error.to_string().split(": ").nth(1),
        Some("the diagram has more than 65536 arrows")
    );
    assert_eq!(error.line(), 2);
    let long = " ".repeat(1 << 20) + "A --> B";
    assert!(matches!(
        Diagram::parse(&long).unwrap_err(),
        ParseError::TooLarge { what: "bytes", limit: 1_048_576, .. },
    ));
}
