//! The handle of a member.

use std::fmt;
use std::sync::Arc;

use super::command::{Command, Place};
use super::error::SupervisionError;
use super::report::Ended;
use super::status::{Failure, MemberState, Status};
use super::supervisor::Desk;

/// A supervised member: a service, a machine. Cheap to clone; a clone means the same member.
///
/// It shows how the member is without asking the supervisor, and goes on showing how it was last
/// when the member is gone.
#[derive(Clone)]
pub struct MemberRef {
    place: Place<MemberState>,
    desk: Arc<Desk>,
}

impl MemberRef {
    pub(super) const fn new(place: Place<MemberState>, desk: Arc<Desk>) -> Self {
        Self { place, desk }
    }

    /// The names of the sets below the root that lead to it, and its own, as in `edge/feeds/ari`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.place.path
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.place.state.borrow().status.clone()
    }

    /// How often it was started again, for whatever reason.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.place.state.borrow().starts.saturating_sub(1)
    }

    /// Its last failure; also that it had to be aborted.
    #[must_use]
    pub fn last_failure(&self) -> Option<Failure> {
        self.place.state.borrow().last_failure.clone()
    }

    /// Waits until it runs.
    ///
    /// # Errors
    ///
    /// [`SupervisionError::Gone`] if it never will, since it is supervised no longer.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn started(&self) -> Result<(), SupervisionError> {
        self.until(|status| *status == Status::Running).await.map(drop)
    }

    /// Waits until its status is as wanted, and answers it. A status that does not last may be
    /// missed; [`Supervisor::notices`](super::Supervisor::notices) tells of each.
    ///
    /// # Errors
    ///
    /// [`SupervisionError::Gone`] if it never will, since it is supervised no longer.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn until(
        &self,
        mut wanted: impl FnMut(&Status) -> bool,
    ) -> Result<Status, SupervisionError> {
        let mut state = self.place.state.clone();
        let seen = state.wait_for(|state| wanted(&state.status)).await;
        Ok(seen.map_err(|_| self.gone())?.status.clone())
    }

    /// Waits until its status, restarts or last failure are not those that this handle showed when
    /// it was made or when this last answered. Changes that follow each other closely may be seen
    /// as one.
    ///
    /// # Errors
    ///
    /// [`SupervisionError::Gone`] if they never will change, since it is supervised no longer.
    ///
    /// # Cancel safety
    ///
    /// A dropped call has seen nothing.
    pub async fn changed(&mut self) -> Result<Status, SupervisionError> {
        let changed = self.place.state.changed().await;
        changed.map_err(|_| self.gone())?;
        Ok(self.place.state.borrow_and_update().status.clone())
    }

    /// Stops it, waits for its end and answers how it ended. It stays a member (unless it is
    /// temporary, or removed), and is started again by [`start`](Self::start), or when its whole
    /// set is restarted. OTP: `terminate_child`.
    ///
    /// A service that stops itself so must not wait for the answer, since the answer waits for the
    /// service. It ends by answering `Ok(())`.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use fsm_core::runtime::SystemClock;
    /// # use fsm_core::runtime::supervision::{Ended, Status, Supervision, Supervisor};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let supervisor = Supervisor::builder(Arc::new(SystemClock)).start()?;
    /// let ari = supervisor
    ///     .supervise("ari", Supervision::new(), |context| async move {
    ///         context.stopping().await;
    ///         Ok(())
    ///     })
    ///     .await?;
    /// assert_eq!(ari.stop().await?, Ended::InOrder);
    /// assert_eq!(ari.status(), Status::Stopped);
    /// ari.start().await?;
    /// assert_eq!((ari.status(), ari.restarts()), (Status::Running, 1));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If it is supervised no longer, or the supervisor ends or is too busy.
    ///
    /// # Cancel safety
    ///
    /// Once the supervisor has the command, it is carried out whether or not the answer is awaited.
    pub async fn stop(&self) -> Result<Ended, SupervisionError> {
        self.end(false).await
    }

    /// Starts it, if it is stopped; a start that waits for its time goes on waiting. OTP:
    /// `restart_child`.
    ///
    /// # Errors
    ///
    /// If it is supervised no longer, its set is stopped, or the supervisor ends or is too busy.
    ///
    /// # Cancel safety
    ///
    /// Once the supervisor has the command, it is carried out whether or not the answer is awaited.
    pub async fn start(&self) -> Result<(), SupervisionError> {
        let (id, path) = (self.place.id, Arc::clone(&self.place.path));
        self.desk.ask(|reply| Command::Start { id, path, reply }).await
    }

    /// Stops it, waits for its end, and takes it out of its set. OTP: `terminate_child` and
    /// `delete_child`.
    ///
    /// # Errors
    ///
    /// If it is supervised no longer, or the supervisor ends or is too busy.
    ///
    /// # Cancel safety
    ///
    /// Once the supervisor has the command, it is carried out whether or not the answer is awaited.
    pub async fn remove(&self) -> Result<Ended, SupervisionError> {
        self.end(true).await
    }

    async fn end(&self, remove: bool) -> Result<Ended, SupervisionError> {
        let (id, path) = (self.place.id, Arc::clone(&self.place.path));
        let report = self.desk.end(id, path, remove).await?;
        Ok(report.ended.into_iter().next().map_or(Ended::Before, |(_, ended)| ended))
    }

    fn gone(&self) -> SupervisionError {
        SupervisionError::Gone { name: Arc::clone(&self.place.path) }
    }
}

impl fmt::Debug for MemberRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberRef")
            .field("path", &self.place.path)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
