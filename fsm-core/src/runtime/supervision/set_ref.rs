//! The handle of a set.

use std::fmt;
use std::sync::Arc;

use super::command::{Command, Place};
use super::error::SupervisionError;
use super::exit::GaveUp;
use super::report::Report;
use super::status::{SetState, SetStatus};
use super::supervisor::Desk;

/// A set of members. Cheap to clone; a clone means the same set.
#[derive(Clone)]
pub struct SetRef {
    place: Place<SetState>,
    desk: Arc<Desk>,
}

impl SetRef {
    pub(super) const fn new(place: Place<SetState>, desk: Arc<Desk>) -> Self {
        Self { place, desk }
    }

    /// The names of the sets below the root that lead to it, and its own, as in `edge/feeds`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.place.path
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> SetStatus {
        self.place.state.borrow().status.clone()
    }

    /// Why it gave up last, if it ever did, whether or not it was restarted since.
    #[must_use]
    pub fn last_give_up(&self) -> Option<Arc<GaveUp>> {
        self.place.state.borrow().last_give_up.clone()
    }

    /// Waits until its status is as wanted, and answers it.
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
        mut wanted: impl FnMut(&SetStatus) -> bool,
    ) -> Result<SetStatus, SupervisionError> {
        let mut state = self.place.state.clone();
        let seen = state.wait_for(|state| wanted(&state.status)).await;
        let gone = |_| SupervisionError::Gone { name: Arc::clone(&self.place.path) };
        Ok(seen.map_err(gone)?.status.clone())
    }

    /// Stops its members in reverse start order, waits for their ends, and answers how they ended.
    /// The set stays where it is, stopped.
    ///
    /// # Errors
    ///
    /// If it is supervised no longer, or the supervisor ends or is too busy.
    ///
    /// # Cancel safety
    ///
    /// Once the supervisor has the command, it is carried out whether or not the answer is awaited.
    pub async fn stop(&self) -> Result<Report, SupervisionError> {
        self.desk.end(self.place.id, Arc::clone(&self.place.path), false).await
    }

    /// Starts it with all its members in start order, if it is stopped. Earlier failures are
    /// forgotten. Of the root that gave up it is the release.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use fsm_core::runtime::SystemClock;
    /// use fsm_core::runtime::supervision::{
    ///     Intensity, SetOptions, SetStatus, Supervision, Supervisor,
    /// };
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let never = Intensity { restarts_max: 0, ..Intensity::default() };
    /// let supervisor = Supervisor::builder(Arc::new(SystemClock))
    ///     .root(SetOptions::new().intensity(never))
    ///     .start()?;
    /// let ari = supervisor
    ///     .supervise("ari", Supervision::new(), |context| async move {
    ///         if context.restarts() == 0 {
    ///             return Err("no licence".into());
    ///         }
    ///         context.stopping().await;
    ///         Ok(())
    ///     })
    ///     .await?;
    /// let root = supervisor.root();
    /// root.until(|status| matches!(status, SetStatus::GaveUp { .. })).await?;
    ///
    /// root.start().await?;                                    // somebody has brought a licence
    /// ari.started().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If it is supervised no longer, the set that it is in is stopped, or the supervisor ends or
    /// is too busy.
    ///
    /// # Cancel safety
    ///
    /// Once the supervisor has the command, it is carried out whether or not the answer is awaited.
    pub async fn start(&self) -> Result<(), SupervisionError> {
        let (id, path) = (self.place.id, Arc::clone(&self.place.path));
        self.desk.ask(|reply| Command::Start { id, path, reply }).await
    }

    /// Stops it, as [`stop`](Self::stop) does, and removes it with all its members.
    ///
    /// # Errors
    ///
    /// If it is the root, or supervised no longer, or the supervisor ends or is too busy.
    ///
    /// # Cancel safety
    ///
    /// Once the supervisor has the command, it is carried out whether or not the answer is awaited.
    pub async fn remove(&self) -> Result<Report, SupervisionError> {
        self.desk.end(self.place.id, Arc::clone(&self.place.path), true).await
    }
}

impl fmt::Debug for SetRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetRef")
            .field("path", &self.place.path)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
