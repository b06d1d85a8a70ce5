//! Rows on the enum, and which row comes first.

use fsm_core::{Decision, Fsm, Moment, RowId};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = bool)]
#[on(Stop => Off)]
#[on(Reset => Idle)]
#[on(Tick { beat } => _ / { *ctx = beat > 1; })]
enum Motor {
    #[fsm(initial)]
    #[on(Start => Running)]
    Idle,
    // Taken before the enum's, which is left for the case that the guard says no.
    #[on(Stop if *ctx => Braking, label = "hot")]
    #[on(Tick { .. } => _)]
    Running,
    // Takes every `Stop`, so the enum's is left out here.
    #[on(Stop => _)]
    Braking,
    #[fsm(final)]
    Off,
}

#[derive(Clone, Debug, PartialEq)]
enum Event {
    Start,
    Stop,
    Reset,
    Tick { beat: u8 },
}

fn decide(state: &Motor, hot: bool, event: &Event) -> Option<String> {
    match state.decide(&hot, event, Moment::default()) {
        Decision::Take(row) => Some(Motor::TABLE.describe(row)),
        Decision::Ignore(row) => Some(format!("ignored: {}", Motor::TABLE.describe(row))),
        Decision::Defer | Decision::Refuse | Decision::RefuseQuietly => None,
    }
}

#[test]
fn rows_are_numbered_as_they_are_tried() {
    let rows = Motor::TABLE.rows.len();
    let lines: Vec<_> =
        (0..rows).map(|row| Motor::TABLE.describe(RowId(u16::try_from(row).unwrap()))).collect();
    let expected = [
        "Idle --Start--> Running",
        "Idle --Stop--> Off",
        "Idle --Reset--> Idle",
        "Idle --Tick--> Idle",
        "Running --Stop--> Braking (hot)",
        "Running --Tick--> Running",
        "Running --Stop--> Off",
        "Running --Reset--> Idle",
        "Braking --Stop--> Braking",
        "Braking --Reset--> Idle",
        "Braking --Tick--> Braking",
    ];
    assert_eq!(lines, expected);
    assert_eq!(Motor::TABLE.events, ["Start", "Stop", "Reset", "Tick"]);
}

#[test]
fn the_states_rows_come_first() {
    assert_eq!(
        decide(&Motor::Running, true, &Event::Stop).unwrap(),
        "Running --Stop--> Braking (hot)"
    );
    assert_eq!(decide(&Motor::Running, false, &Event::Stop).unwrap(), "Running --Stop--> Off");
    assert_eq!(
        decide(&Motor::Braking, false, &Event::Stop).unwrap(),
        "ignored: Braking --Stop--> Braking"
    );
    let tick = Event::Tick { beat: 2 };
    assert_eq!(decide(&Motor::Idle, false, &tick).unwrap(), "Idle --Tick--> Idle");
    assert_eq!(
        decide(&Motor::Running, false, &tick).unwrap(),
        "ignored: Running --Tick--> Running"
    );
}

#[test]
fn final_states_have_no_rows() {
    for event in [Event::Start, Event::Stop, Event::Reset, Event::Tick { beat: 1 }] {
        assert_eq!(decide(&Motor::Off, true, &event), None);
        assert!(Motor::Off.candidates(&event).is_empty());
    }
}

#[test]
fn candidates_are_the_rows_that_match_whatever_the_guards_say() {
    assert_eq!(Motor::Running.candidates(&Event::Stop), [RowId(4), RowId(6)]);
    assert_eq!(Motor::Running.candidates(&Event::Start), []);
}

#[test]
fn the_ways_agree() {
    for state in [Motor::Idle, Motor::Running, Motor::Braking, Motor::Off] {
        for event in [Event::Start, Event::Stop, Event::Reset, Event::Tick { beat: 2 }] {
            for hot in [false, true] {
                super::agreement::offer(&state, &hot, &event, Moment::default());
            }
        }
    }
}
