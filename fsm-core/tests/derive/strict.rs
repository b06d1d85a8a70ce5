//! A machine in a crate that takes no warnings from anybody.
#![deny(warnings, missing_docs, unreachable_pub, unused_results, variant_size_differences)]
#![deny(elided_lifetimes_in_paths, explicit_outlives_requirements, single_use_lifetimes)]
#![deny(trivial_casts, unused_import_braces, unused_lifetimes, unused_qualifications)]

use fsm_core::{Decision, Effects, Fsm, Moment};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = u32, effect = u8)]
#[on(Reset { unused } => Start { first: 0, second: 0 })]
enum Machine {
    #[fsm(initial)]
    #[on(Go { value } if true => There { value })]
    #[on(Stay if *first == 0 => _)]
    #[on(Stay | Go { .. } => _ / 1, label = "second")]
    Start { first: u64, second: u64 },
    #[on(Go { value } => _)]
    #[on(Stay => Start { first: 1, second: 2 } / { *ctx += 1; })]
    There { value: u64 },
}

#[derive(Clone, Debug, PartialEq)]
enum Event {
    Go { value: u64 },
    Stay,
    Reset { unused: u64 },
}

#[test]
fn nothing_is_unused() {
    let (mut context, mut effects) = (0, Effects::new());
    let mut state = Machine::initial();
    let events = [Event::Stay, Event::Go { value: 1 }, Event::Stay, Event::Reset { unused: 1 }];
    for event in events {
        assert_ne!(state.decide(&context, &event, Moment::default()), Decision::Refuse);
        state = state.step(&mut context, event, Moment::default(), &mut effects).unwrap();
    }
    assert_eq!((state, context), (Machine::initial(), 1));
}
