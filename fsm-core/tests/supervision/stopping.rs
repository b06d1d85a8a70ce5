//! The end of a member that is asked to end, in order or not.

use std::future;
use std::sync::Arc;
use std::time::Duration;

use fsm_core::runtime::supervision::{
    Ended, Exit, Member, Run, ServiceContext, Status, SupervisionError,
};
use futures_util::poll;

use crate::stage::{Machine, Order, Stage, at, eager, steady};

#[tokio::test(start_paused = true)]
async fn a_service_ends_in_order_and_stays_stopped() {
    let mut stage = Stage::new();
    let ari = stage.service("ari", eager()).await.unwrap();
    assert_eq!(ari.stop().await.unwrap(), Ended::InOrder);
    assert_eq!(ari.status(), Status::Stopped);
    assert_eq!(ari.stop().await.unwrap(), Ended::Before);
    stage.hears(&["ari started", "ari ended in order"]).await;
    stage.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_does_not_end_in_its_time_is_aborted() {
    let mut stage = Stage::new();
    let second = Duration::from_secs(1);
    let ari = stage.service("ari", eager().stop_within(second)).await.unwrap();
    stage.tell("ari", Order::BeDeaf).await;
    let mut stop = Box::pin(ari.stop());
    assert!(poll!(&mut stop).is_pending());
    ari.until(|status| *status == Status::Stopping).await.unwrap();
    stage.advance(999);
    stage.hears(&["ari started"]).await;
    stage.hears_nothing().await;
    assert_eq!(ari.status(), Status::Stopping);

    stage.advance(1);
    assert_eq!(stop.await.unwrap(), Ended::Aborted);
    stage.hears(&["ari did not end in its time, and was aborted"]).await;
    let failure = ari.last_failure().unwrap();
    assert_eq!(&*failure.why, "it did not end in its time, and was aborted");
    assert_eq!((ari.status(), failure.at), (Status::Stopped, at(1_000)));
    assert_eq!(stage.clock.next_wake(), None);
}

#[tokio::test(start_paused = true)]
async fn what_an_aborted_service_holds_is_dropped_before_it_counts_as_ended() {
    let stage = Stage::new();
    let held = Arc::new(());
    let holder = Arc::clone(&held);
    let service = move |_: ServiceContext| {
        let held = Arc::clone(&holder);
        async move {
            future::pending::<()>().await;
            drop(held);
            Ok(())
        }
    };
    let now = eager().stop_within(Duration::ZERO);
    let ari = stage.supervisor.supervise("ari", now, service).await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!(Arc::strong_count(&held), 3);
    assert_eq!(ari.stop().await.unwrap(), Ended::Aborted);
    assert_eq!(Arc::strong_count(&held), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_while_stopping_is_told() {
    let mut stage = Stage::new();
    let service = |context: ServiceContext| async move {
        context.stopping().await;
        Err("the last write was refused".into())
    };
    let ari = stage.supervisor.supervise("ari", eager(), service).await.unwrap();
    let why = "the last write was refused".into();
    assert_eq!(ari.stop().await.unwrap(), Ended::Failed { why });
    stage
        .hears(&["ari started", "ari failed while it was stopped: the last write was refused"])
        .await;
    assert_eq!(&*ari.last_failure().unwrap().why, "the last write was refused");
}

#[tokio::test(start_paused = true)]
async fn a_stop_takes_a_waiting_restart_back() {
    let mut stage = Stage::new();
    let ari = stage.service("ari", steady()).await.unwrap();
    stage.tell("ari", Order::Fail).await;
    stage.hears(&["ari started", "ari failed: told to fail", "ari restarts at 100"]).await;
    assert_eq!(ari.stop().await.unwrap(), Ended::Before);
    assert_eq!((ari.status(), stage.clock.next_wake()), (Status::Stopped, None));
    stage.advance(1_000);
    stage.hears_nothing().await;
    ari.start().await.unwrap();
    stage.hears(&["ari started"]).await;
}

#[tokio::test(start_paused = true)]
async fn everybody_who_asks_for_a_stop_waits_for_it() {
    let stage = Stage::new();
    let machine = Machine::slow();
    let member = stage.supervisor.attach("m", eager(), Arc::new(machine.clone())).await.unwrap();
    let root = stage.supervisor.root();
    let (mut first, mut second) = (Box::pin(member.stop()), Box::pin(member.stop()));
    let mut third = Box::pin(root.stop());
    for _ in 0..10 {
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        assert!(poll!(&mut third).is_pending());
        tokio::task::yield_now().await;
    }
    assert_eq!(machine.asked(), ["start", "stop"]);
    assert!(machine.end(Exit::Finished));
    assert_eq!(first.await.unwrap(), Ended::InOrder);
    assert_eq!(second.await.unwrap(), Ended::InOrder);
    assert_eq!(third.await.unwrap().in_order().collect::<Vec<_>>(), ["m"]);
}

#[tokio::test(start_paused = true)]
async fn a_start_waits_for_the_stop_before_it() {
    let stage = Stage::new();
    let machine = Machine::slow();
    let member = stage.supervisor.attach("m", eager(), Arc::new(machine.clone())).await.unwrap();
    let mut stop = Box::pin(member.stop());
    assert!(poll!(&mut stop).is_pending());
    member.until(|status| *status == Status::Stopping).await.unwrap();
    member.start().await.unwrap();
    assert_eq!(machine.asked(), ["start", "stop"]);
    machine.end(Exit::Finished);
    assert_eq!(stop.await.unwrap(), Ended::InOrder);
    member.started().await.unwrap();
    assert_eq!((machine.asked(), member.restarts()), (vec!["start", "stop", "start"], 1));
}

#[tokio::test(start_paused = true)]
async fn a_start_that_a_stop_overtakes_is_not_made() {
    let stage = Stage::new();
    let machine = Machine::slow();
    let member = stage.supervisor.attach("m", eager(), Arc::new(machine.clone())).await.unwrap();
    let (mut first, mut second) = (Box::pin(member.stop()), Box::pin(member.stop()));
    assert!(poll!(&mut first).is_pending());
    member.until(|status| *status == Status::Stopping).await.unwrap();
    member.start().await.unwrap();
    for _ in 0..10 {
        assert!(poll!(&mut second).is_pending());
        tokio::task::yield_now().await;
    }
    machine.end(Exit::Finished);
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(machine.asked(), ["start", "stop"]);
    assert_eq!(member.status(), Status::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_member_that_cannot_be_ended_is_left_behind() {
    let mut stage = Stage::with(|builder| builder.abort_within(Duration::from_secs(3)));
    let machine = Machine::slow();
    let options = eager().stop_within(Duration::from_secs(1));
    let member = stage.supervisor.attach("m", options, Arc::new(machine.clone())).await.unwrap();
    let mut stop = Box::pin(member.stop());
    assert!(poll!(&mut stop).is_pending());
    member.until(|status| *status == Status::Stopping).await.unwrap();
    stage.advance(1_000);
    stage.hears(&["m started"]).await;
    stage.hears_nothing().await;
    assert_eq!(machine.asked(), ["start", "stop", "abort"]);
    stage.advance(2_999);
    stage.hears_nothing().await;
    stage.advance(1);
    assert_eq!(stop.await.unwrap(), Ended::Abandoned);

    // The run that was left behind is not taken for the next one.
    let left_behind = machine.take_run().unwrap();
    member.start().await.unwrap();
    left_behind.exited(Exit::failed("at last"));
    stage
        .hears(&[
            "m did not end in its time nor by being aborted, and was left behind",
            "m started",
        ])
        .await;
    stage.hears_nothing().await;
    assert_eq!(member.status(), Status::Running);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_is_a_failure() {
    let mut stage = Stage::new();
    let machine = Machine::default();
    stage.supervisor.attach("m", eager(), Arc::new(machine.clone())).await.unwrap();
    drop(machine.take_run());
    let dropped = "m failed: it was dropped without saying how it ended";
    stage.hears(&["m started", dropped, "m started"]).await;
    assert_eq!(machine.asked(), ["start", "start"]);
}

/// Panics whenever it is called.
#[derive(Debug)]
struct Broken;

impl Member for Broken {
    fn start(&self, run: Run) {
        let _run = run;
        panic!("cannot start");
    }

    fn stop(&self) {}
}

/// Runs, and panics when it is to stop.
#[derive(Debug, Default)]
struct Unstoppable(Machine);

impl Member for Unstoppable {
    fn start(&self, run: Run) {
        self.0.start(run);
    }

    fn stop(&self) {
        panic!("cannot stop");
    }

    fn abort(&self) {
        self.0.end(Exit::Finished);
        panic!("cannot abort");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_call_of_a_member_harms_nobody_else() {
    let mut stage = Stage::new();
    let broken = stage.supervisor.attach("broken", steady(), Arc::new(Broken)).await.unwrap();
    assert_eq!(broken.status(), Status::Restarting { at: at(100) });
    let options = eager().stop_within(Duration::from_millis(50));
    let unstoppable = Arc::new(Unstoppable::default());
    let unstoppable = stage.supervisor.attach("unstoppable", options, unstoppable).await.unwrap();
    let stop = tokio::spawn(async move { unstoppable.stop().await });
    stage
        .hears(&[
            "broken started",
            "broken failed: its start panicked: cannot start",
            "broken restarts at 100",
            "unstoppable started",
            "unstoppable panicked: cannot stop",
        ])
        .await;
    stage.advance(50);
    stage
        .hears(&[
            "unstoppable panicked: cannot abort",
            "unstoppable did not end in its time, and was aborted",
        ])
        .await;
    assert_eq!(stop.await.unwrap().unwrap(), Ended::Aborted);
    stage.advance(50);
    stage.hears(&["broken started"]).await;
}

#[tokio::test(start_paused = true)]
async fn there_is_a_limit_to_the_stops_under_way() {
    let stage = Stage::new();
    let mut stops = Vec::new();
    for number in 0..1_025 {
        let machine = Arc::new(Machine::slow());
        let member = stage.supervisor.attach(number.to_string(), eager(), machine).await.unwrap();
        let stop = tokio::spawn(async move { member.stop().await });
        stops.push(stop);
    }
    let last = stops.pop().unwrap().await.unwrap();
    assert_eq!(last.unwrap_err(), SupervisionError::Busy { under_way: 1_024 });
    assert!(stops.iter().all(|stop| !stop.is_finished()));
}
