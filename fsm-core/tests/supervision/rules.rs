//! Rules of the tree that OTP does not have, or has for processes only: backoff, what is pending,
//! names, limits.

use std::error::Error;
use std::time::Duration;

use fsm_core::Timestamp;
use fsm_core::runtime::supervision::{
    Act, Backoff, Exit, Intensity, MemberId, Restart, SetOptions, Strategy, SupervisionError, Tree,
};
use proptest::prelude::{ProptestConfig, prop_assert, proptest};

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn at(time: u64) -> Timestamp {
    Timestamp::EPOCH.saturating_add(millis(time))
}

/// Waits 10, 20, 40 milliseconds and so on.
fn steady() -> Backoff {
    Backoff::new(millis(10)).jitter(0.0)
}

fn patient() -> Intensity {
    Intensity { restarts_max: 100, within: millis(1_000) }
}

fn failed() -> Exit {
    Exit::failed("failed")
}

fn start(member: MemberId, time: u64) -> Act {
    Act::Start { member, at: at(time) }
}

fn add(tree: &mut Tree, set: &str, name: &str, backoff: Backoff) -> MemberId {
    let set = tree.set_named(set).unwrap();
    tree.add(set, name, Restart::Permanent, backoff, at(0)).unwrap().0
}

#[test]
fn a_member_waits_longer_after_each_failure_and_short_again_after_a_calm_time() {
    let mut tree = Tree::new(SetOptions::new().intensity(patient()));
    let backoff = steady().cap(millis(35)).reset_after(millis(500));
    let member = add(&mut tree, "root", "a", backoff);
    // Fails at, is restarted at.
    for (fails, restarts) in [
        (0, 10),
        (10, 30),
        // 40 would be next, and the cap is 35.
        (30, 65),
        (100, 135),
        // 499 milliseconds after the restart at 135 it is not calm enough, 500 after the next it
        // is.
        (634, 669),
        (1_169, 1_179),
    ] {
        assert_eq!(tree.exited(member, failed(), at(fails)), [start(member, restarts)]);
    }
}

#[test]
fn a_failure_of_another_does_not_lengthen_the_delay() {
    let options = SetOptions::new().strategy(Strategy::OneForAll).intensity(patient());
    let mut tree = Tree::new(options);
    let one = add(&mut tree, "root", "one", steady());
    let two = add(&mut tree, "root", "two", steady());
    for time in [0, 100, 200] {
        tree.exited(one, failed(), at(time));
    }
    let acts = tree.exited(two, failed(), at(300));
    assert_eq!(acts, [Act::Stop(one), start(one, 310), start(two, 310)]);
}

#[test]
fn a_failure_while_a_restart_is_pending_restarts_all_at_the_later_time() {
    let options = SetOptions::new().strategy(Strategy::RestForOne).intensity(patient());
    let mut tree = Tree::new(options);
    let first = add(&mut tree, "root", "first", steady());
    let second = add(&mut tree, "root", "second", Backoff::new(millis(500)).jitter(0.0));
    let third = add(&mut tree, "root", "third", steady());

    let acts = tree.exited(second, failed(), at(0));
    assert_eq!(acts, [Act::Stop(third), start(second, 500), start(third, 500)]);
    // The starts that wait are taken back, and nobody's delay is cut short.
    let acts = tree.exited(first, failed(), at(100));
    assert_eq!(
        acts,
        [
            Act::Stop(third),
            Act::Stop(second),
            start(first, 500),
            start(second, 500),
            start(third, 500),
        ]
    );
}

#[test]
fn a_member_added_while_its_set_is_pending_starts_with_the_set() {
    let mut tree = Tree::new(SetOptions::new().intensity(patient()));
    let never = Intensity { restarts_max: 0, within: millis(1) };
    let options = SetOptions::new().intensity(never).backoff(Backoff::new(millis(80)).jitter(0.0));
    let set = tree.add_set("set", options).unwrap();
    let old = add(&mut tree, "set", "old", steady());
    let acts = tree.exited(old, failed(), at(0));
    assert!(matches!(acts[..], [Act::GaveUp { .. }, Act::Start { .. }]), "{acts:?}");

    let (new, acts) = tree.add(set, "new", Restart::Permanent, steady(), at(30)).unwrap();
    assert_eq!(acts, [start(new, 80)]);
}

#[test]
fn a_set_that_is_stopped_takes_members_and_starts_them_later() {
    let mut tree = Tree::new(SetOptions::new());
    let set = tree.add_set("set", SetOptions::new()).unwrap();
    assert_eq!(tree.stop(set), []);
    let (member, acts) = tree.add(set, "late", Restart::Temporary, steady(), at(0)).unwrap();
    assert_eq!(acts, []);
    let error = tree.start(member, at(0)).unwrap_err();
    assert_eq!(error, SupervisionError::SetStopped { set: "set".into() });
    assert_eq!(tree.start(set, at(5)).unwrap(), [start(member, 5)]);
}

#[test]
fn the_root_gives_up_with_the_chain_of_reasons_and_is_released() {
    let never = Intensity { restarts_max: 0, within: millis(1) };
    let mut tree = Tree::new(SetOptions::new().intensity(never));
    let edge = tree.add_set("edge", SetOptions::new().intensity(never)).unwrap();
    let feeds = tree.add_set("feeds", SetOptions::new().intensity(never).parent("edge")).unwrap();
    let other = add(&mut tree, "root", "other", steady());
    let ari = add(&mut tree, "feeds", "ari", steady());

    let acts = tree.exited(ari, Exit::failed("refused"), at(0));

    let told: Vec<_> = acts
        .iter()
        .map(|act| match act {
            Act::GaveUp { set, why } => (*set, why.to_string()),
            Act::Stop(member) => (*member, "stopped".into()),
            Act::Start { .. } => panic!("{acts:?}"),
        })
        .collect();
    let gave_up = |set: &str, cause: &str| {
        format!("`{set}` gave up, since more than 0 restarts within 1ms are too many: {cause}")
    };
    assert_eq!(
        told,
        [
            (feeds, gave_up("feeds", "`ari` failed: refused")),
            (edge, gave_up("edge", "`feeds` gave up")),
            (other, "stopped".into()),
            (tree.root(), gave_up("root", "`edge` gave up")),
        ]
    );
    let why = tree.gave_up().unwrap().clone();
    let root_cause = why.source().and_then(Error::source).unwrap();
    assert_eq!(root_cause.to_string(), gave_up("feeds", "`ari` failed: refused"));
    assert_eq!(tree.path(ari).unwrap(), "edge/feeds/ari");

    assert_eq!(tree.exited(other, failed(), at(1)), []);
    assert_eq!(tree.start(other, at(1)).unwrap_err(), SupervisionError::GivenUp(why));
    // In start order: `edge` was there before `other`.
    assert_eq!(tree.start(tree.root(), at(1)).unwrap(), [start(ari, 1), start(other, 1)]);
    assert_eq!(tree.gave_up(), None);
}

#[test]
fn a_set_that_is_started_anew_has_no_restarts_behind_it() {
    let once = Intensity { restarts_max: 1, within: millis(1_000) };
    let mut tree = Tree::new(SetOptions::new().intensity(patient()));
    let options = SetOptions::new().intensity(once).backoff(Backoff::none());
    tree.add_set("set", options).unwrap();
    let member = add(&mut tree, "set", "member", Backoff::none());
    let gave_up = |acts: &[Act]| acts.iter().any(|act| matches!(act, Act::GaveUp { .. }));
    let gave: Vec<_> =
        (0..6).map(|time| gave_up(&tree.exited(member, failed(), at(time)))).collect();
    assert_eq!(gave, [false, true, false, true, false, true]);
}

#[test]
fn a_clock_that_was_set_back_changes_no_rule() {
    let twice = Intensity { restarts_max: 2, within: millis(100) };
    let mut tree = Tree::new(SetOptions::new().intensity(twice));
    let member = add(&mut tree, "root", "member", Backoff::none());
    assert_eq!(tree.exited(member, failed(), at(5_000)), [start(member, 5_000)]);
    assert_eq!(tree.exited(member, failed(), at(10)), [start(member, 10)]);
    assert!(matches!(tree.exited(member, failed(), at(20))[..], [Act::GaveUp { .. }]));
}

#[test]
fn names_are_taken_once() {
    let mut tree = Tree::new(SetOptions::new());
    let set = tree.add_set("set", SetOptions::new()).unwrap();
    let inner = tree.add_set("inner", SetOptions::new().parent("set")).unwrap();
    let member = add(&mut tree, "set", "member", steady());
    add(&mut tree, "root", "member", steady());

    let taken =
        |set: &str, name: &str| SupervisionError::Taken { name: name.into(), set: set.into() };
    let again = tree.add(set, "member", Restart::Permanent, steady(), at(0));
    assert_eq!(again.unwrap_err(), taken("set", "member"));
    let again = tree.add_set("inner", SetOptions::new());
    assert_eq!(again.unwrap_err(), taken("set", "inner"));
    let again = tree.add_set("member", SetOptions::new());
    assert_eq!(again.unwrap_err(), taken("root", "member"));

    assert_eq!(tree.find(set, "member"), Some(member));
    tree.remove(set).unwrap();
    assert!(!tree.contains(member) && !tree.contains(inner));
    assert_eq!(tree.set_named("inner"), None);
    tree.add_set("inner", SetOptions::new()).unwrap();
    let lost = tree.add_set("new", SetOptions::new().parent("set"));
    assert_eq!(lost.unwrap_err(), SupervisionError::NoSet { name: "set".into() });
}

#[test]
fn there_is_a_limit_to_members_and_to_depth() {
    let mut tree = Tree::new(SetOptions::new()).members_max(2);
    add(&mut tree, "root", "a", steady());
    let full = tree.add_set("b", SetOptions::new()).unwrap_err();
    assert_eq!(full, SupervisionError::TooMany { members_max: 2 });

    let mut tree = Tree::new(SetOptions::new());
    let mut parent = "root".to_owned();
    let too_deep = loop {
        let name = format!("in {parent}");
        match tree.add_set(name.clone(), SetOptions::new().parent(parent)) {
            Ok(_) => parent = name,
            Err(error) => break error,
        }
    };
    assert!(matches!(too_deep, SupervisionError::TooDeep { depth_max: 32, .. }), "{too_deep}");
}

#[test]
fn delays_that_make_no_sense_are_bent_to_some_that_do() {
    let second = Duration::from_secs(1);
    assert_eq!(Backoff::new(second).factor(0.1).delay(9), second);
    assert_eq!(Backoff::new(second).factor(f64::NAN).delay(9), second);
    assert_eq!(Backoff::new(second).factor(f64::INFINITY).delay(9), Duration::from_secs(30));
    assert_eq!(Backoff::new(Duration::MAX).delay(u32::MAX), Duration::MAX);
    assert_eq!(Backoff::new(Duration::ZERO).factor(f64::INFINITY).delay(9), Duration::ZERO);
    assert_eq!(Backoff::none().delay(u32::MAX), Duration::ZERO);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn jitter_shortens_a_delay_by_no_more_than_its_part(
        seed: u64,
        first in 0..10_000u64,
        part in -0.5..1.5f64,
        failures in 1..20u32,
    ) {
        let backoff = Backoff::new(millis(first)).jitter(part);
        let mut tree = Tree::new(SetOptions::new().intensity(patient())).seed(seed);
        let member = add(&mut tree, "root", "member", backoff);
        let mut again = tree.clone();
        for failure in 1..=failures {
            let acts = tree.exited(member, failed(), at(0));
            prop_assert!(acts == again.exited(member, failed(), at(0)), "a seed decides all");
            let [Act::Start { at: due, .. }] = acts[..] else { panic!("{acts:?}") };
            let (delay, whole) = (due.since(at(0)), backoff.delay(failure));
            let least = whole.mul_f64(1.0 - part.clamp(0.0, 1.0));
            // A timestamp counts microseconds.
            prop_assert!(delay <= whole && delay + Duration::from_micros(2) >= least);
        }
    }
}

/// The guide says so.
#[test]
fn alone_a_member_with_the_default_backoff_is_tried_for_ever() {
    for seed in 0..200 {
        let mut tree = Tree::new(SetOptions::new()).seed(seed);
        let member = add(&mut tree, "root", "member", Backoff::default());
        let mut now = at(0);
        for _ in 0..20 {
            let acts = tree.exited(member, failed(), now);
            let [Act::Start { at: due, .. }] = acts[..] else { panic!("{acts:?}") };
            now = due;
        }
    }
}

#[test]
fn jitter_spreads_those_that_fail_together() {
    let options = SetOptions::new().intensity(Intensity { restarts_max: 1_000, ..patient() });
    let mut tree = Tree::new(options).seed(7);
    let backoff = Backoff::new(millis(1_000)).jitter(0.5);
    let mut delays: Vec<_> = (0..1_000)
        .map(|number| {
            let member = add(&mut tree, "root", &number.to_string(), backoff);
            let acts = tree.exited(member, failed(), at(0));
            let [Act::Start { at: due, .. }] = acts[..] else { panic!("{acts:?}") };
            due.since(at(0)).as_millis()
        })
        .collect();
    delays.sort_unstable();
    // A tenth, the half and nine tenths of them lie where they would with an even spread.
    for (index, delay) in [(100, 550), (500, 750), (900, 950)] {
        assert!(delays[index].abs_diff(delay) < 25, "{} instead of {delay}", delays[index]);
    }
}
