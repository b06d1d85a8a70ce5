//! Delays within their bounds, whatever they are made of.

use std::time::Duration;

use fsm_core::runtime::effects::Backoff;
use proptest::prelude::*;

fn any_duration() -> impl Strategy<Value = Duration> {
    let plausible = (0_u64..10_000_000).prop_map(Duration::from_micros);
    prop_oneof![plausible, Just(Duration::ZERO), Just(Duration::MAX)]
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..3.0, Just(f64::NAN), Just(f64::INFINITY), Just(-1.0)]
}

proptest! {
    #[test]
    fn a_delay_never_exceeds_the_cap_and_never_falls_below_its_share(
        first in any_duration(),
        cap in any_duration(),
        factor in any_number(),
        jitter in any_number(),
        attempt in any::<u32>(),
        random in 0.0..1.0,
    ) {
        let backoff = Backoff::new(first).cap(cap).factor(factor).jitter(jitter);
        let longest = backoff.delay(attempt);
        prop_assert!(longest <= cap);
        prop_assert!(longest >= first.min(cap) || longest + Duration::from_micros(1) >= first);
        prop_assert!(longest <= backoff.delay(attempt.saturating_add(1)));
        let delay = backoff.delay_with_jitter(attempt, random);
        let share = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
        let shortest = longest.as_secs_f64() * (1.0 - share);
        prop_assert!(delay <= longest);
        prop_assert!(delay.as_secs_f64() >= shortest - 1e-6 * shortest - 1e-9);
    }
}

#[test]
fn nothing_grows_to_nothing() {
    let none = Backoff::new(Duration::ZERO).cap(Duration::from_secs(5));
    assert_eq!(none.delay(u32::MAX), Duration::ZERO);
}

#[test]
fn tenths_of_seconds_are_not_off_by_a_microsecond() {
    let backoff = Backoff::new(Duration::from_millis(100)).cap(Duration::from_secs(60)).factor(3.0);
    let delays = [1, 2, 3, 4, 5].map(|attempt| backoff.delay(attempt).as_micros());
    assert_eq!(delays, [100_000, 300_000, 900_000, 2_700_000, 8_100_000]);
}
