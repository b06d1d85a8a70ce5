//! A system that journals nothing answers as one with a journal does.

use std::num::NonZeroUsize;

use fsm_core::System;
use fsm_core::journal::MemoryJournal;
use proptest::prelude::*;

use crate::script::{MACHINES, Step, Terms, play};
use crate::worker::{Event, Patience, fetching};

fn harmless() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (0..3_u32, 0..20_u32).prop_map(|(by, number)| Event::Note { by, number }),
        2 => (0..9_u32).prop_map(|number| Event::Fetch { number }),
        2 => Just(Event::Nothing),
        2 => (1..20_u8).prop_map(|seconds| Event::Rest { patience: Patience(seconds) }),
        3 => Just(Event::Wake),
        1 => Just(Event::Retire),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        20 => harmless(),
        1 => Just(Event::Panic),
        1 => Just(Event::PanicInGuard),
    ]
}

fn terms() -> impl Strategy<Value = Terms> {
    let key = proptest::option::of(0..3_u8);
    let expect = proptest::option::weighted(0.3, 1..12_u8);
    let at = proptest::option::weighted(0.3, -5..5_i8);
    (key, expect, any::<bool>(), at).prop_map(|(key, expect, timeout, at)| Terms {
        key,
        expect,
        timeout,
        at,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let machine = || 0..MACHINES;
    let burst = proptest::collection::vec((harmless(), any::<bool>()), 1..20);
    prop_oneof![
        6 => machine().prop_map(Step::Create),
        10 => (machine(), event()).prop_map(|(of, event)| Step::Send(of, event)),
        6 => (machine(), event(), terms()).prop_map(|(of, event, on)| Step::SendOn(of, event, on)),
        6 => (machine(), event()).prop_map(|(of, event)| Step::Cast(of, event)),
        4 => (machine(), burst).prop_map(|(of, events)| Step::Burst(of, events)),
        1 => (machine(), 1..250_u32).prop_map(|(of, notes)| Step::Flood(of, notes)),
        2 => (machine(), 2..5_u32, 1..9_u32).prop_map(|(of, by, notes)| Step::Crowd(of, by, notes)),
        3 => (machine(), harmless(), 0..15_u8)
            .prop_map(|(of, event, seconds)| Step::SendAfter(of, event, seconds)),
        2 => machine().prop_map(Step::Cancel),
        2 => machine().prop_map(Step::Watch),
        3 => machine().prop_map(Step::State),
        2 => (machine(), harmless()).prop_map(|(of, event)| Step::WhyNot(of, event)),
        1 => machine().prop_map(Step::Stop),
        2 => machine().prop_map(Step::Handle),
        4 => (0..12_u8).prop_map(Step::Advance),
    ]
}

async fn compare(shards: usize, steps: &[Step]) {
    let shards = NonZeroUsize::new(shards).unwrap();
    let journaled = System::builder().journal(MemoryJournal::new());
    let journaled = play(fetching(journaled), shards, steps).await;
    let volatile = play(fetching(System::builder().volatile()), shards, steps).await;
    if let Some(line) = (0..journaled.len()).find(|&line| volatile.get(line) != journaled.get(line))
    {
        let before = journaled[..line].join("\n");
        let (left, right) = (&journaled[line], volatile.get(line));
        panic!("{before}\njournaled: {left}\nvolatile:  {right:?}");
    }
    assert_eq!(journaled.len(), volatile.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, ..ProptestConfig::default() })]

    #[test]
    fn every_script_is_answered_alike(
        shards in 1..3_usize,
        steps in proptest::collection::vec(step(), 1..50),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(compare(shards, &steps));
    }
}
