//! Supervision: what ends by itself is started again, by rules that are stated once.
//!
//! The words and their meanings are those of OTP's [`supervisor`]. Members stand in named sets, in
//! start order: services, machines, and other sets. A set knows whom it restarts when a member ends
//! ([`Strategy`]), and how often it does so before it gives up ([`Intensity`]); a member knows when
//! it is to be restarted ([`Restart`]) and how long it waits before it ([`Backoff`]). A set that
//! gives up stops all its members and has failed, as a member of its parent. When the root gives
//! up, everything stays stopped until somebody starts it again.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use fsm_core::runtime::SystemClock;
//! use fsm_core::runtime::supervision::{
//!     Backoff, Intensity, SetOptions, Status, Strategy, Supervision, Supervisor,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let supervisor = Supervisor::builder(Arc::new(SystemClock)).start()?;
//!
//! // If one feed fails, all are connected anew; after the sixth time in a minute the set gives up.
//! let feeds = SetOptions::new()
//!     .strategy(Strategy::OneForAll)
//!     .intensity(Intensity { restarts_max: 5, within: Duration::from_secs(60) });
//! supervisor.set("feeds", feeds).await?;
//!
//! let policy = Supervision::new()
//!     .backoff(Backoff::new(Duration::from_millis(1)))
//!     .stop_within(Duration::from_secs(2))
//!     .within("feeds");
//! let ari = supervisor
//!     .supervise("ari", policy, |context| async move {
//!         if context.restarts() == 0 {
//!             return Err("connection refused".into());            // the first try fails
//!         }
//!         context.stopping().await;                               // work, until it is to end
//!         Ok(())
//!     })
//!     .await?;
//!
//! ari.until(|status| *status == Status::Running && ari.restarts() == 1).await?;
//! let failure = ari.last_failure().ok_or("it has failed once")?;
//! assert_eq!(&*failure.why, "connection refused");
//!
//! let report = supervisor.shutdown(Duration::from_secs(10)).await?;
//! assert_eq!(report.to_string(), "`feeds/ari` ended in order");
//! # Ok(()) }
//! ```
//!
//! # Two halves
//!
//! [`Tree`] is the rules: told that a member has ended, it answers the [`Act`]s to be carried out.
//! It is a data structure, without clock and tasks. [`Supervisor`] is the work: one task that owns
//! a tree and carries out its acts, with a task for each service. Its time is the
//! [`Clock`](super::Clock)'s, so tests need not wait.
//!
//! # The rules
//!
//! From the manual page of [`supervisor`]:
//!
//! * Members are started in the order in which they were added, and stopped in the reverse order.
//! * A [`Permanent`](Restart::Permanent) member is always restarted, a
//!   [`Transient`](Restart::Transient) one only after a failure, a
//!   [`Temporary`](Restart::Temporary) one never, "even when the supervisor's restart strategy is
//!   `rest_for_one` or `one_for_all` and a sibling's death causes the temporary process to be
//!   terminated". It leaves its set when it ends or is stopped.
//! * [`OneForOne`](Strategy::OneForOne) restarts the member that ended.
//!   [`OneForAll`](Strategy::OneForAll) stops the others and then starts all.
//!   [`RestForOne`](Strategy::RestForOne) stops those after it and then starts it and them. Members
//!   that have finished or were stopped before are started with the others.
//! * "If more than `MaxR` restarts occur within `MaxT` seconds, the supervisor terminates all child
//!   processes and then itself." A restart of many members is one restart. A set that is started
//!   anew begins to count anew.
//! * While a set is being stopped for a restart, an end of one of its members is part of that stop.
//! * [`MemberRef::stop`] is `terminate_child`, [`MemberRef::start`] is `restart_child`,
//!   [`MemberRef::remove`] is both `terminate_child` and `delete_child`. So a member that was
//!   stopped by hand is started with its set, as there: whoever does not want it any more removes
//!   it.
//!
//! What OTP does not have:
//!
//! * **Backoff.** The member whose end it was waits as its [`Backoff`] says, and who is restarted
//!   with it starts at the same time. If one of them waits already for a later time, all wait for
//!   that. A restart counts when it is decided, not when it is due.
//! * **Release.** The root that gave up keeps its members, and [`SetRef::start`] starts them. In
//!   OTP the application ends.
//!
//! What is different:
//!
//! * The manual's supervisor exits with `shutdown` when it gives up, which a parent takes for an
//!   end in order if the child is transient. Here a set that gives up has always failed, and sets
//!   are permanent members.
//! * When a supervisor of OTP is restarted, it reads its list of children anew. Here members are
//!   added by calls, so the list is what was added: permanent and transient members stay in it,
//!   temporary ones that were stopped do not.
//! * There is no `simple_one_for_one` (a set of 10,000 members is nothing special), and no
//!   `auto_shutdown`.
//!
//! # Services
//!
//! [`Supervisor::supervise`] takes a factory, which makes a future for each start. An answer of
//! `Ok(())` is an end in order, an error is a failure, and so is a panic, with its message. Neither
//! harms anything but the service. [`ServiceContext::stopping`] tells a service that it is to end;
//! if it has not ended within its [`stop_within`](Supervision::stop_within), its task is aborted,
//! and that is reported. It counts as ended only when its future has been dropped, so a new run
//! does not meet what the old one held. A task that does not even yield is left behind after
//! [`abort_within`](Builder::abort_within), and that is reported too.
//!
//! # Machines, and whatever else
//!
//! [`Supervisor::attach`] adds a [`Member`] that somebody else runs. The supervisor starts and
//! stops it by the trait, and hears of its end by the [`Run`] that each start hands over. A
//! strategy makes no difference between the two.
//!
//! # What to watch
//!
//! [`MemberRef::status`], [`MemberRef::restarts`] and [`MemberRef::last_failure`] say how a member
//! is, [`SetRef::status`] how a set is, and [`Supervisor::notices`] tells all that happens, one
//! thing after the other. An alarm belongs on [`What::GaveUp`], most of all on the root's, and on
//! [`Ended::Abandoned`].
//!
//! # How to choose the numbers
//!
//! A set gives up when its failures come faster than the intensity allows; a backoff slows them
//! down. A member that always fails at once is restarted at 0, 1, 3, 7, 15 seconds and so on with
//! the default backoff: never more than three times in five seconds, which is the default
//! intensity. So alone it is tried for ever, and two of them make their set give up. If members
//! fail together, for one cause (their network), and are to be tried for ever, allow as many
//! restarts as there are members, three times. If their failure is to restart something bigger,
//! allow few.
//!
//! # What it promises
//!
//! * No member runs twice at a time, unless an [abandoned](Ended::Abandoned) run still does.
//! * Members that a decision stops are stopped one after the other, and only then are members
//!   started by it. Decisions that share a member are carried out one after the other; others do
//!   not wait for each other.
//! * Everything is bounded: members and sets ([`Builder::members_max`]), how deep sets stand (32),
//!   calls that wait (256, then callers wait), stops under way (1,024, then
//!   [`SupervisionError::Busy`]), notices that wait (1,024, then [`Missed`]).
//!
//! [`supervisor`]: https://www.erlang.org/doc/apps/stdlib/supervisor.html

mod command;
mod duty;
mod errand;
mod error;
mod exit;
mod member;
mod member_ref;
mod node;
mod notice;
mod options;
mod policy;
mod report;
mod request;
mod service;
mod set_ref;
mod status;
mod supervisor;
mod timetable;
mod tree;
mod ward;
mod warden;

pub use error::SupervisionError;
pub use exit::{Cause, Exit, GaveUp};
pub use member::{Member, Run};
pub use member_ref::MemberRef;
pub use notice::{Missed, Notice, Notices, What};
pub use options::{SetOptions, Supervision};
pub use policy::{Intensity, Restart, Strategy};
pub use report::{Ended, Report};
pub use service::{ServiceContext, ServiceResult};
pub use set_ref::SetRef;
pub use status::{Failure, SetStatus, Status};
pub use supervisor::{Builder, Supervisor};
pub use tree::{Act, MemberId, Tree};

pub use super::backoff::Backoff;
