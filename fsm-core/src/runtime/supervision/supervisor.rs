//! The handle of a supervisor, and how one is started.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::command::{Command, Place, Reply};
use super::error::SupervisionError;
use super::member::Member;
use super::member_ref::MemberRef;
use super::notice::{Notice, Notices};
use super::options::{SetOptions, Supervision};
use super::report::Report;
use super::service::{Service, ServiceContext, ServiceResult};
use super::set_ref::SetRef;
use super::status::SetState;
use super::tree::{MemberId, Tree};
use super::warden::Warden;
use crate::runtime::clock::Clock;
use crate::runtime::random::Random;

/// How many commands may wait for the supervisor's task before their senders wait.
const COMMANDS_MAX: usize = 256;

/// How many notices a reader may be behind: a restart of a set with some hundred members.
const NOTICES_MAX: usize = 1_024;

/// How long an aborted member may take to be gone, unless said otherwise.
const ABORT_WITHIN: Duration = Duration::from_secs(5);

/// Keeps services and other members running. Cheap to clone; a clone is the same supervisor.
///
/// It lives while it, a clone, or a handle of one of its members or sets does. When the last is
/// dropped it ends by itself, as [`shutdown`](Self::shutdown) has it end, but with no deadline for
/// the whole. A service that holds one of them keeps its own supervisor alive; then only `shutdown`
/// ends it.
#[derive(Clone)]
pub struct Supervisor {
    desk: Arc<Desk>,
    root: Place<SetState>,
}

/// How a supervisor is to be: [`Supervisor::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct Builder {
    clock: Arc<dyn Clock>,
    root: SetOptions,
    members_max: Option<usize>,
    seed: Option<u64>,
    abort_within: Duration,
}

/// What all handles share.
pub(super) struct Desk {
    commands: mpsc::Sender<Command>,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    /// Weak, so that the readers of notices see the end.
    notices: broadcast::WeakSender<Notice>,
    ended: watch::Receiver<Option<Report>>,
}

impl Supervisor {
    /// A supervisor whose time is this clock's, to be changed before it starts.
    pub fn builder(clock: Arc<dyn Clock>) -> Builder {
        Builder {
            clock,
            root: SetOptions::new(),
            members_max: None,
            seed: None,
            abort_within: ABORT_WITHIN,
        }
    }

    /// Adds a set, as the last member of its parent.
    ///
    /// # Errors
    ///
    /// If there is no such parent, the name is taken by another set, or there is no room.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have added it; [`find_set`](Self::find_set) tells.
    pub async fn set(
        &self,
        name: impl Into<Arc<str>>,
        options: SetOptions,
    ) -> Result<SetRef, SupervisionError> {
        let name = name.into();
        let place = self.desk.ask(|reply| Command::AddSet { name, options, reply }).await?;
        Ok(SetRef::new(place, Arc::clone(&self.desk)))
    }

    /// Adds a service, as the last member of its set, and starts it. The factory makes the future
    /// of each run; it runs inside of the service's task, and a panic in it is the service's
    /// failure.
    ///
    /// In a set that is stopped the service is not started, but with its set.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use fsm_core::runtime::SystemClock;
    /// # use fsm_core::runtime::supervision::{Restart, Status, Supervision, Supervisor};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let supervisor = Supervisor::builder(Arc::new(SystemClock)).start()?;
    /// let transient = Supervision::new().restart(Restart::Transient);
    /// let import = supervisor
    ///     .supervise("import", transient, |context| async move {
    ///         for page in 0..3 {
    ///             if context.is_stopping() {
    ///                 break;
    ///             }
    ///             tokio::task::yield_now().await;                // fetch the page
    /// #           let _ = page;
    ///         }
    ///         Ok(())
    ///     })
    ///     .await?;
    /// import.until(|status| *status == Status::Stopped).await?;  // it has finished
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such set, the name is taken in it, or there is no room.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have added it; [`find`](Self::find) tells.
    pub async fn supervise<F, S>(
        &self,
        name: impl Into<Arc<str>>,
        supervision: Supervision,
        factory: F,
    ) -> Result<MemberRef, SupervisionError>
    where
        F: Fn(ServiceContext) -> S + Send + Sync + 'static,
        S: Future<Output = ServiceResult> + Send + 'static,
    {
        let name = name.into();
        let runtime = self.desk.runtime.clone();
        let service = Arc::new(Service::new(Arc::clone(&name), factory, runtime));
        self.attach(name, supervision, service).await
    }

    /// Adds a member that somebody else runs, as the last of its set, and starts it.
    ///
    /// # Errors
    ///
    /// If there is no such set, the name is taken in it, or there is no room.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have added it; [`find`](Self::find) tells.
    pub async fn attach(
        &self,
        name: impl Into<Arc<str>>,
        supervision: Supervision,
        member: Arc<dyn Member>,
    ) -> Result<MemberRef, SupervisionError> {
        let name = name.into();
        let add = |reply| Command::Add { name, supervision, member, reply };
        let place = self.desk.ask(add).await?;
        Ok(MemberRef::new(place, Arc::clone(&self.desk)))
    }

    /// The root: the set that all others are in, and that members are in unless said otherwise.
    #[must_use]
    pub fn root(&self) -> SetRef {
        SetRef::new(self.root.clone(), Arc::clone(&self.desk))
    }

    /// The set of this name.
    ///
    /// # Errors
    ///
    /// If there is none.
    ///
    /// # Cancel safety
    ///
    /// A dropped call has changed nothing.
    pub async fn find_set(&self, name: impl Into<Arc<str>>) -> Result<SetRef, SupervisionError> {
        let name = name.into();
        let place = self.desk.ask(|reply| Command::FindSet { name, reply }).await?;
        Ok(SetRef::new(place, Arc::clone(&self.desk)))
    }

    /// The member of this name in the set of that name.
    ///
    /// # Errors
    ///
    /// If there is none.
    ///
    /// # Cancel safety
    ///
    /// A dropped call has changed nothing.
    pub async fn find(
        &self,
        set: impl Into<Arc<str>>,
        name: impl Into<Arc<str>>,
    ) -> Result<MemberRef, SupervisionError> {
        let (set, name) = (set.into(), name.into());
        let place = self.desk.ask(|reply| Command::Find { set, name, reply }).await?;
        Ok(MemberRef::new(place, Arc::clone(&self.desk)))
    }

    /// What happens from now on, for logs and alarms. A reader that falls behind misses the oldest,
    /// and hears of it; it holds up nobody.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use fsm_core::runtime::SystemClock;
    /// # use fsm_core::runtime::supervision::{Exit, Supervision, Supervisor, What};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let supervisor = Supervisor::builder(Arc::new(SystemClock)).start()?;
    /// let mut notices = supervisor.notices();
    /// let fails = |_| async { Err("out of cheese".into()) };
    /// supervisor.supervise("mouse", Supervision::new(), fails).await?;
    /// while let Some(notice) = notices.next().await {
    ///     let notice = notice?;
    ///     if let What::Exited(exit) = notice.what {
    ///         assert_eq!(&*notice.path, "mouse");
    ///         assert_eq!(exit, Exit::failed("out of cheese"));
    ///         break;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn notices(&self) -> Notices {
        Notices::new(self.desk.notices.upgrade().map(|notices| notices.subscribe()))
    }

    /// Ends the supervisor: takes no more members, and stops all it has in reverse start order.
    /// Each has its own [`stop_within`](Supervision::stop_within), and all together have this long:
    /// then what still runs is aborted. Answers how each ended. Members that do not end by being
    /// aborted are left behind after [`abort_within`](Builder::abort_within), so this always comes
    /// to an end.
    ///
    /// A second call waits for the same end, and has the same answer; the earlier deadline holds. A
    /// service that calls it of its own supervisor must not wait for the answer, since the answer
    /// waits for the service.
    ///
    /// # Errors
    ///
    /// [`SupervisionError::Lost`] if the supervisor's task is gone with its tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Once the call has begun to wait, the supervisor ends whether or not the answer is awaited.
    pub async fn shutdown(&self, within: Duration) -> Result<Report, SupervisionError> {
        let deadline = self.desk.clock.now().saturating_add(within);
        // An error means that it has ended already: then the report is there.
        let _ = self.desk.commands.send(Command::Shutdown { deadline }).await;
        let mut ended = self.desk.ended.clone();
        let report = ended.wait_for(Option::is_some).await.map_err(|_| SupervisionError::Lost)?;
        Ok(report.clone().unwrap_or_default())
    }
}

impl Builder {
    /// Gives the root this strategy and this intensity.
    pub fn root(mut self, options: SetOptions) -> Self {
        self.root = options;
        self
    }

    /// Takes at most this many members and sets, the root included; 100,000 unless said.
    pub const fn members_max(mut self, members: usize) -> Self {
        self.members_max = Some(members);
        self
    }

    /// Draws the jitter of backoffs from this seed; from one of the operating system's unless said.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Leaves an aborted member behind that is not gone after this long; five seconds unless said.
    /// A service is gone when it next yields.
    pub const fn abort_within(mut self, time: Duration) -> Self {
        self.abort_within = time;
        self
    }

    /// Starts it on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// [`SupervisionError::NoRuntime`] outside a tokio runtime.
    pub fn start(self) -> Result<Supervisor, SupervisionError> {
        let runtime = Handle::try_current().map_err(|_| SupervisionError::NoRuntime)?;
        let seed = self.seed.unwrap_or_else(|| Random::unseeded().number());
        let mut tree = Tree::new(self.root).seed(seed);
        if let Some(members) = self.members_max {
            tree = tree.members_max(members);
        }
        let (notices, _) = broadcast::channel(NOTICES_MAX);
        let (commands, received) = mpsc::channel(COMMANDS_MAX);
        let (ending, ended) = watch::channel(None);
        let weak = notices.downgrade();
        let mut warden = Warden::new(Arc::clone(&self.clock), tree, notices, self.abort_within);
        let root = warden.set_place(warden.tree.root())?;
        runtime.spawn(warden.run(received, ending));
        let desk = Desk { commands, clock: self.clock, runtime, notices: weak, ended };
        Ok(Supervisor { desk: Arc::new(desk), root })
    }
}

impl Desk {
    /// Hands a command over, and waits for the answer.
    pub(super) async fn ask<T>(
        &self,
        command: impl FnOnce(Reply<T>) -> Command,
    ) -> Result<T, SupervisionError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(command(reply)).await;
        sent.map_err(|_| SupervisionError::ShuttingDown)?;
        answer.await.map_err(|_| SupervisionError::ShuttingDown)?
    }

    /// Has a member or a set stopped, and waits until it is done.
    pub(super) async fn end(
        &self,
        id: MemberId,
        path: Arc<str>,
        remove: bool,
    ) -> Result<Report, SupervisionError> {
        let done = self.ask(|reply| Command::Stop { id, path, remove, reply }).await?;
        done.await.map_err(|_| SupervisionError::ShuttingDown)
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("clock", &self.desk.clock).finish_non_exhaustive()
    }
}
