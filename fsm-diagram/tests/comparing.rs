//! What is said of a document that does not agree with the code.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use fsm_diagram::{Diagram, Difference};

const CODE: &str = "stateDiagram-v2
    [*] --> Cart
    state \"Cart\" as Cart
    Cart : AddItem / add(item)
    Cart --> AwaitingPayment : Checkout [has_items()] / reserve()
    AwaitingPayment --> Paid : Pay [covers(amount, & due)] / capture(amount)
    AwaitingPayment --> Cart : Pay [is_test()]
    AwaitingPayment --> Expired : after 30min / release()
    Cart --> Cancelled : Cancel
    AwaitingPayment --> Cancelled : Cancel
    Paid --> [*]
    Expired --> [*]
    Cancelled --> [*]
";

fn sentences(document: &str) -> Vec<String> {
    let code = Diagram::parse(CODE).unwrap();
    let document = Diagram::parse(document).unwrap();
    let drift = code.drift(&document);
    drift.into_iter().map(|each| each.in_file("order.mmd").to_string()).collect()
}

fn agrees(document: &str) {
    assert_eq!(sentences(document), [""; 0]);
}

#[test]
fn the_code_agrees_with_its_own_pictures() {
    let code = Diagram::parse(CODE).unwrap();
    for text in [code.mermaid(), code.flowchart(), code.plantuml()] {
        agrees(&text);
    }
}

#[test]
fn names_are_written_as_the_document_likes() {
    agrees(
        "@startuml
        [*] --> cart
        cart --> cart : add_item
        cart --> awaiting_payment : checkout!
        awaiting_payment --> paid : pay? [covers(amount,&due)] / capture( amount )
        awaiting_payment --> cart : pay
        awaiting_payment --> expired : after30min
        cart --> cancelled : cancel
        awaiting_payment --> cancelled : cancel
        paid --> [*]
        expired --> [*]
        cancelled --> [*]
        @enduml",
    );
}

#[test]
fn a_text_may_be_the_name() {
    agrees(
        "flowchart TD
        A([start]) --> B[Cart]
        B -.->|AddItem| B
        B -->|Checkout| C[Awaiting payment]
        C -->|Pay| D[Paid] & B
        C -->|after 30min| E[Expired]
        B & C -->|Cancel| F[Cancelled]",
    );
}

#[test]
fn an_arrow_from_a_box_stands_for_each_state_in_it() {
    agrees(
        "stateDiagram-v2
        [*] --> Open
        state Open {
            [*] --> Cart
            Cart --> Cart : AddItem
            Cart --> AwaitingPayment : Checkout
        }
        AwaitingPayment --> Paid : Pay
        AwaitingPayment --> Open : Pay
        Open --> Cancelled : Cancel
        AwaitingPayment --> Expired : after 30min
        Paid --> [*]
        Expired --> [*]
        Cancelled --> [*]",
    );
}

#[test]
fn a_state_with_an_arrow_of_its_own_need_not_have_the_boxes() {
    let code = "stateDiagram-v2
        [*] --> A
        A --> B : Go
        B --> Far : Leave
        A --> Near : Leave
        Far --> [*]
        Near --> [*]";
    let document = "stateDiagram-v2
        state Both {
            [*] --> A
            A --> B : Go
        }
        [*] --> A
        Both --> Far : Leave
        A --> Near : Leave
        Far --> [*]
        Near --> [*]";
    let [code, document] = [code, document].map(|text| Diagram::parse(text).unwrap());
    assert_eq!(code.drift(&document).differences, []);
}

#[test]
fn every_disagreement_is_a_sentence() {
    let document = "stateDiagram-v2
        [*] --> Crat
        Cart --> AwaitingPayment : Checkuot
        AwaitingPayment --> Paid : Pay [covers(due)] / keep()
        AwaitingPayment --> Expired : after 20min
        Cart --> Cancelled : Cancel [x]
        AwaitingPayment --> Paid : Cancel
        Paid --> Cart : Return
        Paid --> [*]
        Cart --> [*]";
    assert_eq!(
        sentences(document),
        [
            "`order.mmd`: the machine starts in `Cart`, and the diagram does not show it",
            "`order.mmd`:3: the diagram ends in `Cart`, which is not a final state",
            "`order.mmd`: the state `Expired` is final, and the diagram does not show it",
            "`order.mmd`: the state `Cancelled` is final, and the diagram does not show it",
            "`order.mmd`:2: `Crat` is not a state of the machine",
            "`order.mmd`:4: the guard of `AwaitingPayment --Pay--> Paid` is `covers(due)` in the \
             diagram, and `covers(amount, & due)` in the machine",
            "`order.mmd`:4: the action of `AwaitingPayment --Pay--> Paid` is `keep()` in the \
             diagram, and `capture(amount)` in the machine",
            "`order.mmd`:6: the guard of `Cart --Cancel--> Cancelled` is `x` in the diagram, and \
             the machine has none there",
            "`order.mmd`: the row `Cart --AddItem--> Cart` is not in the diagram",
            "`order.mmd`: the row `Cart --Checkout--> AwaitingPayment` is not in the diagram: \
             did you mean it by `Cart --Checkuot--> AwaitingPayment` in line 3?",
            "`order.mmd`: the row `AwaitingPayment --Pay--> Cart` is not in the diagram",
            "`order.mmd`: the row `AwaitingPayment --after 30min--> Expired` is not in the \
             diagram: did you mean it by `AwaitingPayment --after 20min--> Expired` in line 5?",
            "`order.mmd`: the row `AwaitingPayment --Cancel--> Cancelled` is not in the diagram: \
             did you mean it by `AwaitingPayment --Cancel--> Paid` in line 7?",
            "`order.mmd`:3: `Cart --Checkuot--> AwaitingPayment` is not a row of the machine: \
             did you mean `Cart --Checkout--> AwaitingPayment`?",
            "`order.mmd`:5: `AwaitingPayment --after 20min--> Expired` is not a row of the \
             machine: did you mean `AwaitingPayment --after 30min--> Expired`?",
            "`order.mmd`:7: `AwaitingPayment --Cancel--> Paid` is not a row of the machine: \
             did you mean `AwaitingPayment --Cancel--> Cancelled`?",
            "`order.mmd`:8: `Paid --Return--> Cart` is not a row of the machine",
        ],
    );
}

#[test]
fn a_misspelt_state_is_suggested_from_both_sides() {
    let found = sentences(&CODE.replace("Expired", "Exipred"));
    assert_eq!(
        found[..2],
        [
            "`order.mmd`: the state `Expired` is not in the diagram: did you mean it by `Exipred`?",
            "`order.mmd`:8: `Exipred` is not a state of the machine: did you mean `Expired`?",
        ],
    );
}

#[test]
fn an_exact_name_wins() {
    let code = Diagram::parse("stateDiagram-v2\nAB --> A_B : x\nAB --> A_B : X\n").unwrap();
    let document =
        Diagram::parse("stateDiagram-v2\nA_B\nAB --> A_B : X\nAB --> A_B : x\n").unwrap();
    assert_eq!(code.drift(&document).differences, []);
    let one = Diagram::parse("stateDiagram-v2\nAB --> A_B : X [g]\n").unwrap();
    assert_eq!(
        code.drift(&one).differences,
        [
            Difference::Guard {
                edge: 1,
                row: "AB --X--> A_B".to_owned(),
                code: None,
                document: "g".to_owned(),
                line: 2,
            },
            Difference::EdgeMissing { edge: 0, row: "AB --x--> A_B".to_owned(), suggestion: None },
        ],
    );
}

#[test]
fn a_row_that_stays_is_not_one_that_leaves() {
    let code = Diagram::parse("stateDiagram-v2\nA --> A : x").unwrap();
    let document = Diagram::parse("stateDiagram-v2\nA : x /").unwrap();
    assert_eq!(code.drift(&document).differences.len(), 2);
    // A document without internal rows may draw one as an arrow.
    assert!(document.drift(&code).is_empty());
}
