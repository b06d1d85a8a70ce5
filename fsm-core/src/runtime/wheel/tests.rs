//! The wheel beside a model that is too simple to be wrong, and its edges.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{Armed, Wheel};
use crate::Timestamp;

/// Some moment of our days.
const NOON: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// The first times and the last.
const ENDS: [i64; 4] = [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX];

fn after(time: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(time.micros().saturating_add(micros))
}

/// A call that takes all that is due.
fn expire_all<T: Copy>(wheel: &mut Wheel<T>, now: Timestamp) -> Vec<(Timestamp, T)> {
    let mut due = Vec::new();
    while wheel.expire(now, 1_000, &mut due) {}
    due
}

#[derive(Clone, Debug)]
enum Step {
    Arm(When),
    /// One of all that were ever armed.
    Cancel(Index),
    Expire(When, Limits),
    /// Sleeping until the wheel wants to be looked at.
    Wake(Limits),
}

/// How many timers may be delivered, and moved between the levels.
#[derive(Clone, Copy, Debug)]
struct Limits {
    limit: usize,
    moves: usize,
}

const UNLIMITED: Limits = Limits { limit: usize::MAX, moves: usize::MAX };

/// A time, seen from the clock's.
#[derive(Clone, Copy, Debug)]
enum When {
    Ahead(i64),
    Back(i64),
    Fixed(i64),
}

impl When {
    fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ahead(micros) => after(now, micros),
            Self::Back(micros) => after(now, -micros),
            Self::Fixed(micros) => Timestamp::from_micros(micros),
        }
    }
}

/// Distances of all orders of magnitude.
fn distance() -> impl Strategy<Value = i64> {
    (0..i64::BITS, any::<i64>()).prop_map(|(bits, micros)| {
        let cut = micros.cast_unsigned().checked_shr(i64::BITS - bits).unwrap_or(0);
        cut.cast_signed()
    })
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        8 => distance().prop_map(When::Ahead),
        3 => (0..200_000_i64).prop_map(When::Ahead),
        3 => distance().prop_map(When::Back),
        2 => (0..20_i64).prop_map(When::Back),
        1 => prop::sample::select(&ENDS).prop_map(When::Fixed),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let limits = || {
        let limit = prop_oneof![4 => 0..6_usize, 1 => Just(usize::MAX)];
        let moves = prop_oneof![1 => 0..6_usize, 1 => Just(usize::MAX)];
        (limit, moves).prop_map(|(limit, moves)| Limits { limit, moves })
    };
    prop_oneof![
        6 => when().prop_map(Step::Arm),
        2 => any::<Index>().prop_map(Step::Cancel),
        2 => (when(), limits()).prop_map(|(when, limits)| Step::Expire(when, limits)),
        2 => limits().prop_map(Step::Wake),
    ]
}

/// The wheel, and what it should hold.
struct Both {
    wheel: Wheel<usize>,
    model: BTreeMap<(Timestamp, usize), ()>,
    armed: Vec<(Armed, Timestamp)>,
    now: Timestamp,
}

impl Both {
    fn new() -> Self {
        Self { wheel: Wheel::new(NOON), model: BTreeMap::new(), armed: Vec::new(), now: NOON }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Arm(when) => {
                let (due, number) = (when.from(self.now), self.armed.len());
                self.armed.push((self.wheel.arm(due, number), due));
                self.model.insert((due, number), ());
            }
            Step::Cancel(_) if self.armed.is_empty() => {}
            Step::Cancel(index) => {
                let number = index.index(self.armed.len());
                let (armed, due) = self.armed[number];
                let expected = self.model.remove(&(due, number)).map(|()| number);
                assert_eq!(self.wheel.cancel(armed), expected);
            }
            Step::Expire(when, limits) => self.expire(when.from(self.now), limits),
            Step::Wake(limits) => {
                let wake = self.wheel.next_due().map_or(self.now, |next| next.max(self.now));
                self.expire(wake, limits);
            }
        }
        let first = self.model.keys().next().map(|(due, _)| *due);
        let next = self.wheel.next_due();
        assert_eq!(next.is_some(), first.is_some());
        assert!(next <= first, "{next:?} is too late for {first:?}");
        assert_eq!(self.wheel.len(), self.model.len());
        assert_eq!(self.wheel.is_empty(), self.model.is_empty());
    }

    fn expire(&mut self, now: Timestamp, Limits { limit, moves }: Limits) {
        self.now = now;
        let mut delivered = Vec::new();
        let more = self.wheel.expire_within(now, limit, moves, &mut delivered);
        let due = self.model.range(..=(now, usize::MAX)).map(|(&due, ())| due);
        let expected: Vec<_> = due.take(limit).collect();
        assert!(expected.starts_with(&delivered), "{delivered:?} are not first of {expected:?}");
        for key in &delivered {
            self.model.remove(key);
        }
        let left = self.model.range(..=(now, usize::MAX)).next().is_some();
        if moves == usize::MAX {
            assert_eq!((delivered, more), (expected, left));
        }
        assert!(more || !left);
        assert!(more || self.wheel.next_due().is_none_or(|next| next > now));
    }

    /// Sleeps and wakes until nothing is left.
    fn drain(&mut self) {
        let wakes_max = 9 * self.model.len();
        for _ in 0..wakes_max {
            self.take(Step::Wake(UNLIMITED));
        }
        assert_eq!(self.model.len(), 0, "after {wakes_max} wake-ups");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn it_does_what_an_ordered_map_does(steps in prop::collection::vec(step(), 0..120)) {
        let mut both = Both::new();
        for step in steps {
            both.take(step);
        }
        both.drain();
    }

    #[test]
    fn no_timer_takes_more_than_nine_wake_ups(
        position in any::<i64>(), now in any::<i64>(), due in any::<i64>(),
    ) {
        let mut wheel = Wheel::new(Timestamp::from_micros(position));
        wheel.arm(Timestamp::from_micros(due), ());
        let mut clock = Timestamp::from_micros(now);
        let mut delivered = Vec::new();
        let mut wakes = 0;
        while let Some(next) = wheel.next_due() {
            clock = clock.max(next);
            prop_assert!(!wheel.expire(clock, 1, &mut delivered));
            wakes += 1;
        }
        prop_assert!(wakes <= 9, "{wakes} wake-ups");
        prop_assert_eq!(delivered, [(Timestamp::from_micros(due), ())]);
        prop_assert_eq!(clock.micros(), now.max(due));
    }
}

#[test]
fn an_empty_wheel_wants_nothing() {
    let mut wheel = Wheel::<u64>::new(NOON);
    assert_eq!(wheel.next_due(), None);
    for now in ENDS {
        assert_eq!(expire_all(&mut wheel, Timestamp::from_micros(now)), []);
    }
}

#[test]
fn nothing_is_early() {
    let mut wheel = Wheel::new(NOON);
    wheel.arm(after(NOON, 1), 'a');
    wheel.arm(after(NOON, 86_400_000_000), 'b');
    assert_eq!(expire_all(&mut wheel, NOON), []);
    assert_eq!(expire_all(&mut wheel, after(NOON, 1)), [(after(NOON, 1), 'a')]);
    assert_eq!(expire_all(&mut wheel, after(NOON, 86_399_999_999)), []);
    let due = after(NOON, 86_400_000_000);
    assert_eq!(expire_all(&mut wheel, due), [(due, 'b')]);
}

#[test]
fn the_ends_of_time_are_times() {
    let mut wheel = Wheel::new(NOON);
    for (n, due) in ENDS.into_iter().enumerate().rev() {
        wheel.arm(Timestamp::from_micros(due), n);
    }
    let items = |due: Vec<(Timestamp, usize)>| due.into_iter().map(|(_, n)| n).collect::<Vec<_>>();
    assert_eq!(items(expire_all(&mut wheel, Timestamp::from_micros(i64::MIN))), [0]);
    assert_eq!(items(expire_all(&mut wheel, NOON)), [1]);
    assert_eq!(items(expire_all(&mut wheel, Timestamp::from_micros(i64::MAX - 1))), [2]);
    assert_eq!(items(expire_all(&mut wheel, Timestamp::from_micros(i64::MAX))), [3]);
}

#[test]
fn what_is_armed_between_two_slices_takes_its_place() {
    let mut wheel = Wheel::new(NOON);
    for n in 0..10 {
        wheel.arm(after(NOON, n - 100), n);
    }
    let mut due = Vec::new();
    assert!(wheel.expire(NOON, 5, &mut due));
    wheel.arm(after(NOON, -1_000), 10);
    wheel.arm(after(NOON, 6 - 100), 11);
    wheel.arm(after(NOON, 0), 12);
    assert!(wheel.expire(NOON, 4, &mut due));
    assert!(!wheel.expire(NOON, 4, &mut due));
    let items: Vec<_> = due.into_iter().map(|(_, n)| n).collect();
    assert_eq!(items, [0, 1, 2, 3, 4, 10, 5, 6, 11, 7, 8, 9, 12]);
}

#[test]
fn a_stale_handle_cancels_nobody() {
    let mut wheel = Wheel::new(NOON);
    let delivered = wheel.arm(NOON, 1);
    let cancelled = wheel.arm(after(NOON, 1_000_000), 2);
    assert_eq!(wheel.cancel(cancelled), Some(2));
    assert_eq!(expire_all(&mut wheel, NOON), [(NOON, 1)]);
    // The places are used again.
    let heirs = [wheel.arm(NOON, 3), wheel.arm(after(NOON, 1_000_000), 4)];
    assert_eq!((wheel.cancel(delivered), wheel.cancel(cancelled)), (None, None));
    assert_eq!(heirs.map(|heir| wheel.cancel(heir)), [Some(3), Some(4)]);
    assert_eq!(heirs.map(|heir| wheel.cancel(heir)), [None, None]);
}

#[test]
fn a_handle_is_small() {
    assert_eq!((size_of::<Armed>(), size_of::<Option<Armed>>()), (12, 12));
}

#[test]
fn the_position_follows_the_clock() {
    const YEAR: i64 = 365 * 86_400_000_000;
    for jump in [0, YEAR, -YEAR, 1_000 * YEAR, -1_000 * YEAR] {
        let mut wheel = Wheel::new(NOON);
        let mut clock = after(NOON, jump);
        assert_eq!(expire_all(&mut wheel, clock), []);
        let due = after(clock, 1_000_000);
        wheel.arm(due, ());
        assert!(wheel.next_due() < Some(due), "it waits in the front");
        let mut wakes = 0;
        while let Some(next) = wheel.next_due() {
            clock = next;
            expire_all(&mut wheel, clock);
            wakes += 1;
        }
        assert!(wakes <= 3, "{wakes} wake-ups after a jump of {jump}");
    }
}

#[test]
fn memory_is_of_the_order_of_the_timers() {
    // A little more than a power of two, where what doubles is half empty.
    const TIMERS: i64 = 1_050_000;
    const YEAR: i64 = 365 * 86_400_000_000;
    // Ahead, and all in the front.
    for scattered in [YEAR / TIMERS, -1] {
        let mut wheel = Wheel::new(NOON);
        let mut armed = Vec::with_capacity(TIMERS as usize);
        let taken = allocation_counter::measure(|| {
            armed.extend((0..TIMERS).map(|n| wheel.arm(after(NOON, n * scattered), n)));
        });
        assert!(taken.bytes_max <= 40 * TIMERS as u64, "{taken:?}");
        assert!(taken.count_total <= TIMERS as u64 / 500, "{taken:?}");

        let given_back = allocation_counter::measure(|| {
            assert!(armed.iter().all(|armed| wheel.cancel(*armed).is_some()));
        });
        let kept = taken.bytes_current + given_back.bytes_current;
        assert!(kept <= 40_000, "{kept} bytes of {taken:?} are kept");
    }
}

#[test]
fn a_call_does_a_bounded_share_of_what_comes_due_together() {
    const TIMERS: i64 = 50_000;
    let midnight = after(NOON, 12 * 3_600_000_000);
    let mut wheel = Wheel::new(NOON);
    // The last armed is due first, so none can be delivered before all were looked at.
    for n in 0..TIMERS {
        wheel.arm(after(midnight, -n), n);
    }
    let mut due = Vec::new();
    let (mut calls, mut idle) = (0, 0);
    while {
        let before = due.len();
        let more = wheel.expire(midnight, 1_000, &mut due);
        assert!(due.len() - before <= 1_000);
        calls += 1;
        idle += usize::from(due.len() == before);
        more
    } {}
    assert!(idle > 0, "the first call looked at all timers");
    assert!(calls <= 2 * TIMERS / 1_000, "{calls} calls");
    let expected: Vec<_> = (0..TIMERS).rev().map(|n| (after(midnight, -n), n)).collect();
    assert_eq!(due, expected);
}

#[test]
fn order_holds_while_a_slot_is_half_emptied() {
    const TIMERS: i64 = 5_000;
    let midnight = after(NOON, 12 * 3_600_000_000);
    let mut wheel = Wheel::new(NOON);
    let armed: Vec<_> = (0..TIMERS).map(|n| wheel.arm(after(midnight, -n), n)).collect();
    let mut due = Vec::new();
    assert!(wheel.expire(midnight, 1, &mut due));
    assert_eq!(due, []);
    // One that is overdue, one of that slot, and one less of that slot; then the clock goes back.
    wheel.arm(after(NOON, 1), TIMERS);
    wheel.arm(after(midnight, -TIMERS), TIMERS + 1);
    assert_eq!(wheel.cancel(armed[TIMERS as usize - 1]), Some(TIMERS - 1));
    assert_eq!(expire_all(&mut wheel, after(NOON, 1)), [(after(NOON, 1), TIMERS)]);
    assert_eq!(wheel.next_due().map(|next| next > after(NOON, 1)), Some(true));

    let items: Vec<_> = expire_all(&mut wheel, midnight).into_iter().map(|(_, n)| n).collect();
    let expected: Vec<_> = [TIMERS + 1].into_iter().chain((0..TIMERS - 1).rev()).collect();
    assert_eq!(items, expected);
}

#[test]
fn a_clock_that_jumps_years_ahead_and_back_is_harmless() {
    const YEAR: i64 = 365 * 86_400_000_000;
    let mut wheel = Wheel::new(NOON);
    wheel.arm(after(NOON, 50 * YEAR), 'c');
    assert_eq!(expire_all(&mut wheel, after(NOON, 30 * YEAR)), []);
    wheel.arm(after(NOON, 2_000_000), 'b');
    wheel.arm(after(NOON, 1_000_000), 'a');
    assert_eq!(expire_all(&mut wheel, NOON), []);
    wheel.arm(after(NOON, 3_000_000), 'x');
    let due: Vec<_> =
        (0..4).flat_map(|n| expire_all(&mut wheel, after(NOON, n * 1_000_000))).collect();
    assert_eq!(due.iter().map(|(_, item)| *item).collect::<String>(), "abx");
    assert_eq!(wheel.len(), 1);
}
