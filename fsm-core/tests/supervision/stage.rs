//! A supervisor on a clock that stands still, with members that do what a test tells them, and an
//! ear for what the supervisor tells.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fsm_core::Timestamp;
use fsm_core::runtime::ManualClock;
use fsm_core::runtime::supervision::{
    Backoff, Builder, Exit, Intensity, Member, MemberRef, Notice, Notices, Run, ServiceContext,
    ServiceResult, SetOptions, Supervision, SupervisionError, Supervisor, What,
};
use tokio::sync::mpsc;

/// What a test tells a service to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Fail,
    Finish,
    Panic,
    /// Do not hear that it is to stop, from here on.
    BeDeaf,
}

pub(crate) struct Stage {
    pub(crate) clock: ManualClock,
    pub(crate) supervisor: Supervisor,
    notices: Notices,
    services: Arc<Mutex<HashMap<String, mpsc::UnboundedSender<Order>>>>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(change: impl FnOnce(Builder) -> Builder) -> Self {
        let clock = ManualClock::at(Timestamp::EPOCH);
        let builder = Supervisor::builder(Arc::new(clock.clone()))
            .root(SetOptions::new().intensity(patient()))
            .seed(1);
        let supervisor = change(builder).start().unwrap();
        let notices = supervisor.notices();
        Self { clock, supervisor, notices, services: Arc::default() }
    }

    /// A service that does what it is told, or ends in order when it is to stop.
    pub(crate) async fn service(
        &self,
        name: &str,
        supervision: Supervision,
    ) -> Result<MemberRef, SupervisionError> {
        let services = Arc::clone(&self.services);
        let factory = move |context: ServiceContext| {
            let (tell, told) = mpsc::unbounded_channel();
            services.lock().unwrap().insert(context.name().to_owned(), tell);
            obedient(context, told)
        };
        self.supervisor.supervise(name, supervision, factory).await
    }

    /// Tells a service, whose task may not have come to run yet, what to do.
    pub(crate) async fn tell(&self, name: &str, order: Order) {
        loop {
            let service = self.services.lock().unwrap().get(name).cloned();
            if service.is_some_and(|service| service.send(order).is_ok()) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Asserts that the supervisor tells this next. The tests' runtime moves its own clock as soon
    /// as nothing is left to do, so what does not come fails the test at once.
    pub(crate) async fn hears(&mut self, expected: &[&str]) {
        let mut heard = Vec::new();
        for _ in expected {
            let next = tokio::time::timeout(Duration::from_secs(1), self.notices.next()).await;
            match next {
                Ok(Some(Ok(notice))) => heard.push(words(&notice)),
                other => panic!("{other:?} after {heard:#?}"),
            }
        }
        assert_eq!(heard, expected);
    }

    /// Asserts that the supervisor has nothing more to tell for now.
    pub(crate) async fn hears_nothing(&mut self) {
        let next = tokio::time::timeout(Duration::from_secs(1), self.notices.next()).await;
        assert!(next.is_err(), "{next:?}");
    }

    pub(crate) fn advance(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }
}

async fn obedient(
    context: ServiceContext,
    mut told: mpsc::UnboundedReceiver<Order>,
) -> ServiceResult {
    let mut deaf = false;
    loop {
        tokio::select! {
            biased;
            order = told.recv() => match order {
                Some(Order::Fail) => return Err("told to fail".into()),
                Some(Order::Panic) => panic!("told to panic"),
                Some(Order::BeDeaf) => deaf = true,
                Some(Order::Finish) | None => return Ok(()),
            },
            () = context.stopping(), if !deaf => return Ok(()),
        }
    }
}

fn words(notice: &Notice) -> String {
    let path = &notice.path;
    match &notice.what {
        What::Started => format!("{path} started"),
        What::Exited(Exit::Finished) => format!("{path} finished"),
        What::Exited(Exit::Failed(why)) => format!("{path} failed: {why}"),
        What::Restarting { at } => format!("{path} restarts at {}", at.micros() / 1_000),
        What::Stopped(ended) => format!("{path} {ended}"),
        What::Panicked { message } => format!("{path} panicked: {message}"),
        What::GaveUp(why) => format!("{path} gave up for {}", why.member),
        What::Removed => format!("{path} removed"),
        other => panic!("{other:?}"),
    }
}

/// A member that the supervisor does not run itself, as a machine is: it begins and ends when a
/// test says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    state: Arc<Mutex<MachineState>>,
}

#[derive(Debug, Default)]
struct MachineState {
    run: Option<Run>,
    slow: bool,
    asked: Vec<&'static str>,
}

impl Machine {
    /// One that does not end when it is asked to, but when it is told to.
    pub(crate) fn slow() -> Self {
        let machine = Self::default();
        machine.state.lock().unwrap().slow = true;
        machine
    }

    /// Ends its run; answers whether there was one.
    pub(crate) fn end(&self, exit: Exit) -> bool {
        let run = self.state.lock().unwrap().run.take();
        run.map(|run| run.exited(exit)).is_some()
    }

    pub(crate) fn runs(&self) -> bool {
        self.state.lock().unwrap().run.is_some()
    }

    /// Takes its run away, as if it had ended without a word.
    pub(crate) fn take_run(&self) -> Option<Run> {
        self.state.lock().unwrap().run.take()
    }

    /// What it was asked for.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        self.state.lock().unwrap().asked.clone()
    }
}

impl Member for Machine {
    fn start(&self, run: Run) {
        let mut state = self.state.lock().unwrap();
        state.asked.push("start");
        assert!(state.run.is_none(), "a member was started twice");
        state.run = Some(run);
    }

    fn stop(&self) {
        let mut state = self.state.lock().unwrap();
        state.asked.push("stop");
        if !state.slow {
            state.run.take().unwrap().exited(Exit::Finished);
        }
    }

    fn abort(&self) {
        self.state.lock().unwrap().asked.push("abort");
    }
}

pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::EPOCH.saturating_add(Duration::from_millis(millis))
}

/// A member that restarts at once.
pub(crate) fn eager() -> Supervision {
    Supervision::new().backoff(Backoff::none())
}

/// A member that waits for 100, 200, 400 milliseconds and so on.
pub(crate) fn steady() -> Supervision {
    Supervision::new().backoff(Backoff::new(Duration::from_millis(100)).jitter(0.0))
}

pub(crate) fn patient() -> Intensity {
    Intensity { restarts_max: 1_000, within: Duration::from_secs(1) }
}

/// No restart at all.
pub(crate) fn never() -> Intensity {
    Intensity { restarts_max: 0, within: Duration::from_secs(1) }
}
