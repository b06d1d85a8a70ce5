//! The end of a supervisor.

use std::sync::Arc;
use std::time::Duration;

use fsm_core::runtime::supervision::{
    Ended, Exit, Restart, SetOptions, Status, Strategy, SupervisionError,
};
use futures_util::poll;

use crate::stage::{Machine, Order, Stage, eager, steady};

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test(start_paused = true)]
async fn everything_is_stopped_in_reverse_start_order_and_reported() {
    let mut stage = Stage::new();
    stage.service("first", eager()).await.unwrap();
    stage.supervisor.set("feeds", SetOptions::new()).await.unwrap();
    stage.service("a", eager().within("feeds")).await.unwrap();
    stage.service("b", eager().within("feeds").restart(Restart::Temporary)).await.unwrap();
    let last = stage.service("last", eager()).await.unwrap();
    let stopped = stage.service("stopped", eager()).await.unwrap();
    stopped.stop().await.unwrap();

    let report = stage.supervisor.shutdown(HOUR).await.unwrap();

    let ended: Vec<_> = report.iter().map(|(path, ended)| (path, ended.clone())).collect();
    let in_order = |path| (path, Ended::InOrder);
    assert_eq!(ended, ["last", "feeds/b", "feeds/a", "first"].map(in_order));
    assert!(report.is_clean());
    assert_eq!(last.status(), Status::Stopped);
    assert_eq!(last.start().await.unwrap_err(), SupervisionError::ShuttingDown);
    let late = stage.service("late", eager()).await.unwrap_err();
    assert_eq!(late, SupervisionError::ShuttingDown);
    let late = stage.supervisor.set("late", SetOptions::new()).await.unwrap_err();
    assert_eq!(late, SupervisionError::ShuttingDown);
    assert_eq!(stage.supervisor.shutdown(HOUR).await.unwrap(), report);
    stage
        .hears(&[
            "first started",
            "feeds/a started",
            "feeds/b started",
            "last started",
            "stopped started",
            "stopped ended in order",
            "last ended in order",
            "feeds/b ended in order",
            "feeds/a ended in order",
            "first ended in order",
            "feeds/b removed",
        ])
        .await;
    let mut notices = stage.supervisor.notices();
    assert_eq!(notices.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn each_member_has_its_own_time_and_all_have_the_deadline() {
    let mut stage = Stage::new();
    let second = Duration::from_secs(1);
    for (name, stop_within) in [("patient", HOUR), ("next", HOUR), ("short", second)] {
        stage.service(name, eager().stop_within(stop_within)).await.unwrap();
    }
    for name in ["patient", "short"] {
        stage.tell(name, Order::BeDeaf).await;
    }
    let supervisor = stage.supervisor.clone();
    let mut shutdown = Box::pin(supervisor.shutdown(Duration::from_secs(10)));
    assert!(poll!(&mut shutdown).is_pending());
    stage.hears(&["patient started", "next started", "short started"]).await;
    stage.hears_nothing().await;
    stage.advance(1_000);
    stage.hears(&["short did not end in its time, and was aborted", "next ended in order"]).await;
    stage.advance(8_999);
    stage.hears_nothing().await;
    assert!(poll!(&mut shutdown).is_pending());
    stage.advance(1);
    let report = shutdown.await.unwrap();
    let ended: Vec<_> = report.iter().map(|(path, ended)| (path, ended.clone())).collect();
    let expected =
        [("short", Ended::Aborted), ("next", Ended::InOrder), ("patient", Ended::Aborted)];
    assert_eq!(ended, expected);
    assert_eq!(report.in_order().collect::<Vec<_>>(), ["next"]);
    assert_eq!(report.faults().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_those_whose_turn_has_not_come_are_aborted_too() {
    let stage = Stage::with(|builder| builder.abort_within(Duration::from_secs(1)));
    let waits = stage.service("waits", eager()).await.unwrap();
    let blocks = Machine::slow();
    let options = eager().stop_within(HOUR);
    stage.supervisor.attach("blocks", options, Arc::new(blocks.clone())).await.unwrap();
    let mut shutdown = Box::pin(stage.supervisor.shutdown(Duration::from_secs(1)));
    assert!(poll!(&mut shutdown).is_pending());
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    stage.advance(1_000);
    waits.until(|status| *status != Status::Running && *status != Status::Stopping).await.unwrap();
    assert!(poll!(&mut shutdown).is_pending());
    assert_eq!(blocks.asked(), ["start", "stop", "abort"]);
    stage.advance(1_000);
    let report = shutdown.await.unwrap();
    assert_eq!(
        report.to_string(),
        "`waits` did not end in its time, and was aborted\n\
         `blocks` did not end in its time nor by being aborted, and was left behind"
    );
}

#[tokio::test(start_paused = true)]
async fn an_earlier_deadline_holds() {
    let stage = Stage::new();
    stage.service("deaf", eager().stop_within(HOUR)).await.unwrap();
    stage.tell("deaf", Order::BeDeaf).await;
    let mut first = Box::pin(stage.supervisor.shutdown(HOUR));
    let mut second = Box::pin(stage.supervisor.shutdown(Duration::from_secs(1)));
    let mut third = Box::pin(stage.supervisor.shutdown(HOUR));
    for _ in 0..10 {
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        assert!(poll!(&mut third).is_pending());
        tokio::task::yield_now().await;
    }
    stage.advance(1_000);
    let report = first.await.unwrap();
    assert_eq!(report.faults().count(), 1);
    assert_eq!((second.await.unwrap(), third.await.unwrap()), (report.clone(), report));
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_waits_is_not_made() {
    let mut stage = Stage::new();
    let ari = stage.service("ari", steady()).await.unwrap();
    stage.tell("ari", Order::Fail).await;
    stage.hears(&["ari started", "ari failed: told to fail", "ari restarts at 100"]).await;
    let report = stage.supervisor.shutdown(HOUR).await.unwrap();
    assert_eq!(report.iter().len(), 0);
    assert_eq!(ari.status(), Status::Stopped);
    stage.advance(1_000);
    assert_eq!((ari.status(), ari.restarts()), (Status::Stopped, 0));
}

#[tokio::test(start_paused = true)]
async fn a_restart_of_a_set_under_way_is_waited_for_and_not_made() {
    let mut stage = Stage::new();
    let all = SetOptions::new().strategy(Strategy::OneForAll);
    stage.supervisor.set("all", all).await.unwrap();
    let slow = Machine::slow();
    let attached = Arc::new(slow.clone());
    stage.supervisor.attach("slow", eager().within("all"), attached).await.unwrap();
    stage.service("quick", eager().within("all")).await.unwrap();
    stage.tell("quick", Order::Fail).await;
    stage.hears(&["all/slow started", "all/quick started", "all/quick failed: told to fail"]).await;
    let supervisor = stage.supervisor.clone();
    let mut shutdown = Box::pin(supervisor.shutdown(HOUR));
    assert!(poll!(&mut shutdown).is_pending());
    stage.hears_nothing().await;
    slow.end(Exit::Finished);
    let report = shutdown.await.unwrap();
    assert_eq!(report.to_string(), "`all/slow` ended in order");
    stage.hears(&["all/slow ended in order"]).await;
    assert_eq!(slow.asked(), ["start", "stop"]);
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gave_up_shuts_down_too() {
    let stage =
        Stage::with(|builder| builder.root(SetOptions::new().intensity(crate::stage::never())));
    let ari = stage.service("ari", eager()).await.unwrap();
    stage.tell("ari", Order::Fail).await;
    ari.until(|status| matches!(status, Status::GaveUp { .. })).await.unwrap();
    assert!(stage.supervisor.shutdown(HOUR).await.unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_the_last_handle_is_dropped() {
    let stage = Stage::new();
    let machine = Machine::default();
    let member = stage.supervisor.attach("m", eager(), Arc::new(machine.clone())).await.unwrap();
    let mut notices = stage.supervisor.notices();
    drop(stage);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(machine.end(Exit::failed("a member's handle keeps it")));
    member.until(|_| member.restarts() == 1).await.unwrap();
    drop(member);
    while notices.next().await.is_some() {}
    assert_eq!(machine.asked(), ["start", "start", "stop"]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_of_notices_that_falls_behind_hears_of_it() {
    let stage = Stage::new();
    let mut notices = stage.supervisor.notices();
    for number in 0..1_030 {
        let machine = Arc::new(Machine::default());
        stage.supervisor.attach(number.to_string(), eager(), machine).await.unwrap();
    }
    let missed = notices.next().await.unwrap().unwrap_err();
    assert_eq!(missed.notices, 6);
    assert_eq!(&*notices.next().await.unwrap().unwrap().path, "6");
}
