//! A service alone: its starts, its ends, and what its handle shows.

use std::error::Error;
use std::fmt;
use std::future;
use std::sync::Arc;
use std::time::Duration;

use fsm_core::runtime::supervision::{
    Ended, Exit, Restart, ServiceContext, ServiceResult, Status, SupervisionError,
};
use tokio::sync::mpsc;

use crate::stage::{Machine, Order, Stage, at, eager, steady};

#[tokio::test(start_paused = true)]
async fn a_failed_service_is_started_again_when_its_time_has_come() {
    let mut stage = Stage::new();
    let ari = stage.service("ari", steady()).await.unwrap();
    assert_eq!((ari.status(), ari.restarts(), ari.last_failure()), (Status::Running, 0, None));

    stage.advance(5);
    stage.tell("ari", Order::Fail).await;
    stage.hears(&["ari started", "ari failed: told to fail", "ari restarts at 105"]).await;
    assert_eq!(ari.status(), Status::Restarting { at: at(105) });
    let failure = ari.last_failure().unwrap();
    assert_eq!((failure.at, &*failure.why), (at(5), "told to fail"));
    assert_eq!(stage.clock.next_wake(), Some(at(105)));

    stage.advance(99);
    stage.hears_nothing().await;
    stage.advance(1);
    stage.hears(&["ari started"]).await;
    ari.started().await.unwrap();
    assert_eq!(ari.restarts(), 1);
    assert_eq!(stage.clock.next_wake(), None);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_and_harms_nobody_else() {
    let mut stage = Stage::new();
    let neighbour = stage.service("neighbour", eager()).await.unwrap();
    let ari = stage.service("ari", eager()).await.unwrap();
    stage.tell("ari", Order::Panic).await;
    stage
        .hears(&[
            "neighbour started",
            "ari started",
            "ari failed: it panicked: told to panic",
            "ari started",
        ])
        .await;
    assert_eq!(&*ari.last_failure().unwrap().why, "it panicked: told to panic");
    assert_eq!((neighbour.status(), neighbour.restarts()), (Status::Running, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_factory_is_the_services() {
    let mut stage = Stage::new();
    let broken = |_: ServiceContext| -> future::Ready<ServiceResult> { panic!("no socket") };
    let service = stage.supervisor.supervise("broken", steady(), broken).await.unwrap();
    stage
        .hears(&[
            "broken started",
            "broken failed: it panicked: no socket",
            "broken restarts at 100",
        ])
        .await;
    assert_eq!(service.status(), Status::Restarting { at: at(100) });
}

#[derive(Debug)]
struct Refused(std::num::ParseIntError);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the port is no number")
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_with_its_sources() {
    let mut stage = Stage::new();
    let fails = |_| async { Err("x".parse::<u16>().map_err(Refused).unwrap_err().into()) };
    stage.supervisor.supervise("ari", steady(), fails).await.unwrap();
    stage
        .hears(&["ari started", "ari failed: the port is no number: invalid digit found in string"])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_transient_service_may_finish_and_can_be_started_again() {
    let mut stage = Stage::new();
    let import = stage.service("import", eager().restart(Restart::Transient)).await.unwrap();
    stage.tell("import", Order::Fail).await;
    stage.hears(&["import started", "import failed: told to fail", "import started"]).await;
    stage.tell("import", Order::Finish).await;
    stage.hears(&["import finished"]).await;
    import.until(|status| *status == Status::Stopped).await.unwrap();

    import.start().await.unwrap();
    assert_eq!((import.status(), import.restarts()), (Status::Running, 2));
    import.start().await.unwrap();
    assert_eq!(import.restarts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_temporary_service_is_gone_when_it_ends() {
    let mut stage = Stage::new();
    let mut once = stage.service("once", eager().restart(Restart::Temporary)).await.unwrap();
    stage.tell("once", Order::Fail).await;
    stage.hears(&["once started", "once failed: told to fail", "once removed"]).await;

    let gone = SupervisionError::Gone { name: "once".into() };
    assert_eq!(once.status(), Status::Stopped);
    assert_eq!(once.started().await.unwrap_err(), gone);
    assert_eq!(once.changed().await.unwrap(), Status::Stopped);
    assert_eq!(once.changed().await.unwrap_err(), gone);
    assert_eq!(once.start().await.unwrap_err(), gone);
    assert_eq!(once.stop().await.unwrap_err(), gone);
    assert_eq!(
        stage.supervisor.find("root", "once").await.unwrap_err(),
        SupervisionError::Gone { name: "root/once".into() }
    );
    stage.service("once", eager()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_service_knows_its_name_its_restarts_and_that_it_is_to_stop() {
    let stage = Stage::new();
    let (tell, mut told) = mpsc::unbounded_channel();
    let service = move |context: ServiceContext| {
        let tell = tell.clone();
        async move {
            tell.send((context.name().to_owned(), context.restarts(), context.is_stopping()))?;
            if context.restarts() == 0 {
                return Err("once".into());
            }
            context.stopping().await;
            tell.send((context.name().to_owned(), context.restarts(), context.is_stopping()))?;
            Ok(())
        }
    };
    let ari = stage.supervisor.supervise("ari", eager(), service).await.unwrap();
    assert_eq!(told.recv().await.unwrap(), ("ari".into(), 0, false));
    assert_eq!(told.recv().await.unwrap(), ("ari".into(), 1, false));
    assert_eq!(ari.stop().await.unwrap(), Ended::InOrder);
    assert_eq!(told.recv().await.unwrap(), ("ari".into(), 1, true));
}

#[tokio::test(start_paused = true)]
async fn changes_are_seen_one_after_the_other() {
    let stage = Stage::new();
    let machine = Machine::slow();
    let attached = Arc::new(machine.clone());
    let mut member = stage.supervisor.attach("m", steady(), attached).await.unwrap();
    let other = member.clone();
    let stop = tokio::spawn(async move { other.stop().await });
    assert_eq!(member.changed().await.unwrap(), Status::Stopping);
    machine.end(Exit::Finished);
    assert_eq!(member.changed().await.unwrap(), Status::Stopped);
    stop.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_once_in_a_set() {
    let stage = Stage::new();
    stage.service("ari", eager()).await.unwrap();
    let taken = stage.service("ari", eager()).await.unwrap_err();
    assert_eq!(taken, SupervisionError::Taken { name: "ari".into(), set: "root".into() });
    let unknown = stage.service("ari", eager().within("feeds")).await.unwrap_err();
    assert_eq!(unknown, SupervisionError::NoSet { name: "feeds".into() });
    let found = stage.supervisor.find("root", "ari").await.unwrap();
    assert_eq!((found.path(), found.status()), ("ari", Status::Running));
}

#[tokio::test(start_paused = true)]
async fn a_removed_service_is_gone_even_if_it_did_not_run() {
    let mut stage = Stage::new();
    let runs = stage.service("runs", eager()).await.unwrap();
    let stopped = stage.service("stopped", eager()).await.unwrap();
    stopped.stop().await.unwrap();
    assert_eq!(runs.remove().await.unwrap(), Ended::InOrder);
    assert_eq!(stopped.remove().await.unwrap(), Ended::Before);
    stage
        .hears(&[
            "runs started",
            "stopped started",
            "stopped ended in order",
            "runs ended in order",
            "runs removed",
            "stopped removed",
        ])
        .await;
    assert!(runs.started().await.is_err());
    assert!(stopped.started().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_service_stays_up_while_nothing_happens() {
    let mut stage = Stage::new();
    stage.service("ari", eager().stop_within(Duration::from_secs(1))).await.unwrap();
    stage.hears(&["ari started"]).await;
    stage.advance(10_000_000);
    stage.hears_nothing().await;
}

#[test]
fn outside_a_runtime_no_supervisor_starts() {
    let clock = std::sync::Arc::new(fsm_core::runtime::SystemClock);
    let error = fsm_core::runtime::supervision::Supervisor::builder(clock).start().unwrap_err();
    assert_eq!(error, SupervisionError::NoRuntime);
}
