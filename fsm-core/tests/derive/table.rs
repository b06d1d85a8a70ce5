//! The table, and the pictures drawn from it.

use fsm_core::{EventId, Fsm, StateId, Table};

#[derive(Fsm)]
#[fsm(event = Event, context = Gate)]
#[on(Break => Broken)]
enum Turnstile {
    /// Nobody comes through.
    ///
    /// Waits for a coin.
    #[fsm(initial)]
    #[on(Coin { value, .. } if   covers(value, & 5)
        && !is_late() => Unlocked / collect(value,
            "coin"), label = "paid")]
    #[on(Coin{..} => _ / { self::refund(); })]
    Locked,
    /** One may pass. */
    #[on(Push | Coin { .. }=>Locked)]
    Unlocked,
    #[fsm(final)]
    Broken,
}

enum Event {
    Coin { value: u32 },
    Push,
    Break,
}

struct Gate;

impl Gate {
    fn covers(&self, value: &u32, price: &u32) -> bool {
        value >= price
    }

    fn is_late(&self) -> bool {
        false
    }

    fn collect(&mut self, _value: u32, _what: &str) {}
}

fn refund() {}

const TABLE: &Table = Turnstile::TABLE;

#[test]
fn states_are_in_declaration_order_with_their_docs() {
    assert_eq!((TABLE.name, TABLE.version), ("Turnstile", 1));
    let names: Vec<_> = TABLE.states.iter().map(|state| state.name).collect();
    assert_eq!(names, ["Locked", "Unlocked", "Broken"]);
    assert_eq!(TABLE.states[0].docs, "Nobody comes through.\n\nWaits for a coin.");
    assert_eq!(TABLE.states[1].docs, "One may pass.");
    assert_eq!(TABLE.states[2].docs, "");
    assert!(TABLE.states[0].initial && !TABLE.states[1].initial && !TABLE.states[2].initial);
    assert!(TABLE.states[2].is_final && !TABLE.states[0].is_final);
}

#[test]
fn rows_have_the_text_that_was_written_on_one_line() {
    let paid = &TABLE.rows[0];
    assert_eq!(paid.source, StateId(0));
    assert_eq!(paid.event(), Some(EventId(0)));
    assert_eq!(paid.pattern, "Coin { value, .. }");
    assert_eq!(paid.guard, Some("covers(value, & 5) && !is_late()"));
    assert_eq!(paid.target, Some(StateId(1)));
    assert_eq!(paid.action, Some("collect(value, \"coin\")"));
    assert_eq!(paid.label, Some("paid"));
    let short = &TABLE.rows[1];
    assert_eq!((short.pattern, short.guard, short.target), ("Coin{..}", None, None));
    assert_eq!(short.action, Some("{ self::refund(); }"));
}

#[test]
fn events_are_numbered_by_their_first_row() {
    assert_eq!(TABLE.events, ["Coin", "Break", "Push"]);
    assert_eq!(Turnstile::event_id(&Event::Push), EventId(2));
    assert_eq!(Turnstile::event_id(&Event::Break), EventId(1));
    assert_eq!(Turnstile::event_id(&Event::Coin { value: 1 }), EventId(0));
    assert_eq!(Turnstile::Broken.state_id(), StateId(2));
}

#[test]
fn the_table_draws_itself() {
    let expected = "\
stateDiagram-v2
    state \"Locked\" as Locked
    [*] --> Locked
    Locked --> Unlocked : Coin [covers(value, & 5) && !is_late()] / collect(value, \"coin\")
    Locked : Coin / { self#58;#58;refund()#59; }
    Locked --> Broken : Break
    Unlocked --> Locked : Push
    Unlocked --> Locked : Coin
    Unlocked --> Broken : Break
    Broken --> [*]
";
    assert_eq!(TABLE.mermaid(), expected);
}

macro_rules! machine {
    ($name:ident, $event:ident, $guard:expr) => {
        #[derive(Fsm)]
        #[fsm(event = Event, context = Gate)]
        #[on(Push | Break => Down)]
        enum $name {
            #[fsm(initial)]
            #[on($event { value } if $guard && covers(value, &2) => Down)]
            Up,
            #[fsm(final)]
            Down,
        }
    };
}

machine!(Generated, Coin, 1 + 1 == 2);

#[test]
fn a_macro_may_write_a_machine() {
    assert_eq!(Generated::TABLE.rows[0].pattern, "Coin { value }");
    assert_eq!(Generated::TABLE.rows[0].guard, Some("1 + 1 == 2 && covers(value, &2)"));
}
