//! Sets in which services, machines and sets are mixed.

use std::sync::Arc;
use std::time::Duration;

use fsm_core::runtime::supervision::{
    Backoff, Exit, Restart, SetOptions, SetStatus, Status, Strategy, SupervisionError,
};

use crate::stage::{Machine, Order, Stage, at, eager, never, patient, steady};

fn of(strategy: Strategy) -> SetOptions {
    SetOptions::new().strategy(strategy).intensity(patient()).backoff(Backoff::none())
}

#[tokio::test(start_paused = true)]
async fn a_strategy_holds_over_services_machines_and_sets() {
    let mut stage = Stage::new();
    stage.supervisor.set("edge", of(Strategy::OneForAll)).await.unwrap();
    stage.service("socket", eager().within("edge")).await.unwrap();
    stage.supervisor.set("inner", of(Strategy::OneForOne).parent("edge")).await.unwrap();
    stage.service("parser", eager().within("inner")).await.unwrap();
    let machine = Machine::default();
    let order = Arc::new(machine.clone());
    stage.supervisor.attach("order", eager().within("edge"), order).await.unwrap();
    stage.hears(&["edge/socket started", "edge/inner/parser started", "edge/order started"]).await;

    machine.end(Exit::failed("its guard panicked"));
    stage
        .hears(&[
            "edge/order failed: its guard panicked",
            "edge/inner/parser ended in order",
            "edge/socket ended in order",
            "edge/socket started",
            "edge/inner/parser started",
            "edge/order started",
        ])
        .await;
    stage.tell("socket", Order::Finish).await;
    stage
        .hears(&[
            "edge/socket finished",
            "edge/order ended in order",
            "edge/inner/parser ended in order",
            "edge/socket started",
            "edge/inner/parser started",
            "edge/order started",
        ])
        .await;
    assert_eq!(machine.asked(), ["start", "start", "stop", "start"]);
    stage.tell("parser", Order::Fail).await;
    stage.hears(&["edge/inner/parser failed: told to fail", "edge/inner/parser started"]).await;
    stage.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn the_rest_is_restarted_together_when_the_delay_is_over() {
    let mut stage = Stage::new();
    stage.supervisor.set("line", of(Strategy::RestForOne)).await.unwrap();
    for name in ["a", "b", "c"] {
        stage.service(name, steady().within("line")).await.unwrap();
    }
    stage.hears(&["line/a started", "line/b started", "line/c started"]).await;
    stage.tell("b", Order::Fail).await;
    stage
        .hears(&[
            "line/b failed: told to fail",
            "line/b restarts at 100",
            "line/c restarts at 100",
            "line/c ended in order",
        ])
        .await;
    let c = stage.supervisor.find("line", "c").await.unwrap();
    assert_eq!(c.status(), Status::Restarting { at: at(100) });

    // What comes before it fails while they wait.
    stage.advance(30);
    stage.tell("a", Order::Fail).await;
    stage
        .hears(&[
            "line/a failed: told to fail",
            "line/a restarts at 130",
            "line/b restarts at 130",
            "line/c restarts at 130",
        ])
        .await;
    stage.advance(70);
    stage.hears_nothing().await;
    stage.advance(30);
    stage.hears(&["line/a started", "line/b started", "line/c started"]).await;
}

#[tokio::test(start_paused = true)]
async fn members_are_stopped_one_after_the_other() {
    let mut stage = Stage::new();
    stage.supervisor.set("all", of(Strategy::OneForAll)).await.unwrap();
    let machines = [Machine::default(), Machine::slow(), Machine::slow()];
    for (name, machine) in ["a", "b", "c"].into_iter().zip(&machines) {
        let machine = Arc::new(machine.clone());
        stage.supervisor.attach(name, eager().within("all"), machine).await.unwrap();
    }
    let [a, b, c] = &machines;
    stage.hears(&["all/a started", "all/b started", "all/c started"]).await;
    a.end(Exit::failed("first"));
    stage.hears(&["all/a failed: first"]).await;
    stage.hears_nothing().await;
    assert_eq!((b.asked(), c.asked()), (vec!["start"], vec!["start", "stop"]));
    c.end(Exit::Finished);
    stage.hears(&["all/c ended in order"]).await;
    stage.hears_nothing().await;
    assert_eq!((a.asked(), b.asked()), (vec!["start"], vec!["start", "stop"]));
    b.end(Exit::Finished);
    stage.hears(&["all/b ended in order", "all/a started", "all/b started", "all/c started"]).await;
}

/// OTP: the supervisor is busy terminating its children, and takes the exit of one that it is about
/// to terminate for that termination.
#[tokio::test(start_paused = true)]
async fn a_failure_while_the_set_is_being_stopped_is_part_of_the_stop() {
    let mut stage = Stage::new();
    stage.supervisor.set("all", of(Strategy::OneForAll)).await.unwrap();
    let machines = [Machine::default(), Machine::default(), Machine::slow()];
    for (name, machine) in ["a", "b", "c"].into_iter().zip(&machines) {
        let machine = Arc::new(machine.clone());
        stage.supervisor.attach(name, eager().within("all"), machine).await.unwrap();
    }
    let [a, b, c] = &machines;
    a.end(Exit::failed("first"));
    stage.hears(&["all/a started", "all/b started", "all/c started", "all/a failed: first"]).await;
    b.end(Exit::failed("second"));
    stage.hears(&["all/b failed while it was stopped: second"]).await;
    c.end(Exit::failed("third"));
    stage
        .hears(&[
            "all/c failed while it was stopped: third",
            "all/a started",
            "all/b started",
            "all/c started",
        ])
        .await;
    stage.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_to_stop_holds_up_nobody_else() {
    let mut stage = Stage::new();
    stage.supervisor.set("all", of(Strategy::OneForAll)).await.unwrap();
    let slow = Machine::slow();
    stage.supervisor.attach("slow", eager().within("all"), Arc::new(slow.clone())).await.unwrap();
    stage.service("quick", eager().within("all")).await.unwrap();
    stage.service("other", eager()).await.unwrap();
    stage.tell("quick", Order::Fail).await;
    stage
        .hears(&[
            "all/slow started",
            "all/quick started",
            "other started",
            "all/quick failed: told to fail",
        ])
        .await;
    stage.tell("other", Order::Fail).await;
    stage.hears(&["other failed: told to fail", "other started"]).await;
    slow.end(Exit::Finished);
    stage.hears(&["all/slow ended in order", "all/slow started", "all/quick started"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_temporary_member_that_is_stopped_with_its_set_is_gone() {
    let mut stage = Stage::new();
    stage.supervisor.set("all", of(Strategy::OneForAll)).await.unwrap();
    stage.service("a", eager().within("all")).await.unwrap();
    let temporary = eager().within("all").restart(Restart::Temporary);
    stage.service("b", temporary).await.unwrap();
    stage.tell("a", Order::Fail).await;
    stage
        .hears(&[
            "all/a started",
            "all/b started",
            "all/a failed: told to fail",
            "all/b ended in order",
            "all/b removed",
            "all/a started",
        ])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_set_is_stopped_started_and_removed_as_a_whole() {
    let stage = Stage::new();
    let edge = stage.supervisor.set("edge", of(Strategy::OneForOne)).await.unwrap();
    let inner =
        stage.supervisor.set("inner", of(Strategy::OneForOne).parent("edge")).await.unwrap();
    assert_eq!((edge.path(), inner.path()), ("edge", "edge/inner"));
    let a = stage.service("a", eager().within("edge")).await.unwrap();
    let b = stage.service("b", eager().within("inner")).await.unwrap();
    let report = edge.stop().await.unwrap();
    assert_eq!(report.to_string(), "`edge/a` ended in order\n`edge/inner/b` ended in order");
    assert_eq!((edge.status(), inner.status()), (SetStatus::Stopped, SetStatus::Stopped));

    let late = stage.service("late", eager().within("inner")).await.unwrap();
    assert_eq!(late.status(), Status::Stopped);
    let stopped = SupervisionError::SetStopped { set: "inner".into() };
    assert_eq!(late.start().await.unwrap_err(), stopped);
    let stopped = SupervisionError::SetStopped { set: "edge".into() };
    assert_eq!(inner.start().await.unwrap_err(), stopped);

    edge.start().await.unwrap();
    for member in [&a, &b, &late] {
        assert_eq!(member.status(), Status::Running);
    }
    assert_eq!((edge.status(), inner.status()), (SetStatus::Up, SetStatus::Up));

    assert!(edge.remove().await.unwrap().is_clean());
    let gone = SupervisionError::Gone { name: "edge/inner".into() };
    assert_eq!(inner.status(), SetStatus::Stopped);
    assert_eq!(inner.until(|status| *status == SetStatus::Up).await.unwrap_err(), gone);
    assert_eq!(inner.start().await.unwrap_err(), gone);
    assert_eq!(
        late.started().await.unwrap_err(),
        SupervisionError::Gone { name: "edge/inner/late".into() }
    );
    stage.supervisor.set("inner", of(Strategy::OneForOne)).await.unwrap();
    assert_eq!(stage.supervisor.root().remove().await.unwrap_err(), SupervisionError::Root);
}

#[tokio::test(start_paused = true)]
async fn a_set_that_gives_up_is_a_failed_member_of_its_parent() {
    let mut stage = Stage::new();
    stage.supervisor.set("edge", of(Strategy::RestForOne)).await.unwrap();
    stage.service("before", eager().within("edge")).await.unwrap();
    let hour = Backoff::new(Duration::from_secs(3_600)).jitter(0.0).cap(Duration::from_secs(3_600));
    let feeds = of(Strategy::OneForOne).intensity(never()).parent("edge").backoff(hour);
    let feeds = stage.supervisor.set("feeds", feeds).await.unwrap();
    stage.service("ari", eager().within("feeds")).await.unwrap();
    stage.service("bid", eager().within("feeds")).await.unwrap();
    stage.service("after", eager().within("edge")).await.unwrap();
    assert_eq!(feeds.last_give_up(), None);
    stage.tell("ari", Order::Fail).await;
    stage
        .hears(&[
            "edge/before started",
            "edge/feeds/ari started",
            "edge/feeds/bid started",
            "edge/after started",
            "edge/feeds/ari failed: told to fail",
            "edge/feeds/ari restarts at 3600000",
            "edge/feeds/bid restarts at 3600000",
            "edge/after restarts at 3600000",
            "edge/feeds/bid ended in order",
            "edge/feeds gave up for ari",
            "edge/after ended in order",
        ])
        .await;
    let why = feeds.last_give_up().unwrap();
    assert_eq!((&*why.set, &*why.member), ("feeds", "ari"));
    assert_eq!(feeds.status(), SetStatus::Up);
    stage.advance(3_600_000);
    stage.hears(&["edge/feeds/ari started", "edge/feeds/bid started", "edge/after started"]).await;
}

#[tokio::test(start_paused = true)]
async fn the_root_that_gives_up_says_why_and_is_released_by_a_start() {
    let mut stage = Stage::with(|builder| builder.root(SetOptions::new().intensity(never())));
    let feeds = stage.supervisor.set("feeds", of(Strategy::OneForOne).intensity(never()));
    let feeds = feeds.await.unwrap();
    let ari = stage.service("ari", eager().within("feeds")).await.unwrap();
    let stopped = stage.service("stopped", eager()).await.unwrap();
    stopped.stop().await.unwrap();
    let machine = Machine::default();
    let member = stage.supervisor.attach("m", eager(), Arc::new(machine.clone())).await.unwrap();
    stage.tell("ari", Order::Panic).await;
    stage
        .hears(&[
            "feeds/ari started",
            "stopped started",
            "stopped ended in order",
            "m started",
            "feeds/ari failed: it panicked: told to panic",
            "feeds gave up for ari",
            "m ended in order",
            "root gave up for feeds",
        ])
        .await;

    let root = stage.supervisor.root();
    let SetStatus::GaveUp { why } = root.status() else { panic!("{root:?}") };
    let sets: Vec<_> = why.chain().map(|why| &*why.set).collect();
    assert_eq!(sets, ["root", "feeds"]);
    for member in [&ari, &stopped, &member] {
        assert_eq!(member.status(), Status::GaveUp { why: Arc::clone(&why) });
    }
    assert_eq!(feeds.status(), SetStatus::GaveUp { why: Arc::clone(&why) });
    assert_eq!(root.last_give_up(), Some(Arc::clone(&why)));
    assert_eq!(ari.start().await.unwrap_err(), SupervisionError::GivenUp(Arc::clone(&why)));
    let late = stage.service("late", eager()).await.unwrap();
    assert_eq!(late.status(), Status::GaveUp { why });

    root.start().await.unwrap();
    stage.hears(&["feeds/ari started", "stopped started", "m started", "late started"]).await;
    assert_eq!((root.status(), feeds.status()), (SetStatus::Up, SetStatus::Up));
    assert_eq!(machine.asked(), ["start", "stop", "start"]);
}

#[tokio::test(start_paused = true)]
async fn there_is_a_limit_to_members() {
    let stage = Stage::with(|builder| builder.members_max(2));
    stage.service("a", eager()).await.unwrap();
    let full = stage.service("b", eager()).await.unwrap_err();
    assert_eq!(full, SupervisionError::TooMany { members_max: 2 });
}

/// More than the supervisor carries out in one go.
#[tokio::test(start_paused = true)]
async fn a_large_set_is_restarted_too() {
    let stage = Stage::new();
    stage.supervisor.set("all", of(Strategy::OneForAll)).await.unwrap();
    let (mut machines, mut members) = (Vec::new(), Vec::new());
    for number in 0..2_500 {
        let machine = Machine::default();
        let attached = Arc::new(machine.clone());
        let policy = eager().within("all");
        members.push(stage.supervisor.attach(number.to_string(), policy, attached).await.unwrap());
        machines.push(machine);
    }
    machines[1_000].end(Exit::failed("failed"));
    for member in &members {
        member.until(|_| member.restarts() == 1).await.unwrap();
        member.started().await.unwrap();
    }
    assert_eq!(machines[2_499].asked(), ["start", "stop", "start"]);
}
