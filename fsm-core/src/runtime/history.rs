//! Looking back: what happened to a machine, and what it was.

use std::num::NonZeroUsize;

use futures_util::stream::{self, Stream, TryStreamExt};

use super::Machine;
use super::answer::{Entry, Happened, Snapshot};
use super::decoding::{decode, decode_event, decode_named};
use super::duties::StoredDeath;
use super::error::{SendError, Unavailable};
use super::kind::Kind;
use super::machine_ref::MachineRef;
use super::reading::At;
use super::replay_error::ReplayError;
use crate::journal::{Fact, MachineId, MachineKey, Record, Sequence};

/// How many entries a stream reads at once.
const STREAMED_ENTRIES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

impl<F: Machine> MachineRef<F> {
    /// Everything that happened to the machine, durably, oldest first.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is none; or why its records cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn history(&self) -> Result<Vec<Entry<F::Event>>, SendError> {
        let key = self.kind().key(MachineId::from(self.id())).await?;
        let (mut entries, mut from) = (Vec::new(), Sequence(1));
        loop {
            let page = self.kind().page(&key, from).await?;
            for record in &page {
                entries.push(self.entry(record)?);
                from = record.sequence.next();
            }
            if Kind::<F>::is_last(&page) {
                break;
            }
        }
        if entries.is_empty() { Err(self.not_found()) } else { Ok(entries) }
    }

    /// A page of what happened to the machine: at most `entries_max`, oldest first, beginning with
    /// the record of this sequence, or with the first behind it that is there. The next page begins
    /// behind the last entry's sequence; a page that is not full is the last one so far.
    ///
    /// ```
    /// # use std::num::NonZeroUsize;
    /// # use fsm_core::{Fsm, System};
    /// # use fsm_core::journal::Sequence;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug, PartialEq)] #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # #[derive(Debug, Serialize, Deserialize)] enum Event { Coin, Push }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let system = System::builder().start().await?;
    /// # let gate = system.machine::<Turnstile>("north");
    /// # gate.create(()).await?;
    /// # gate.send(Event::Coin).await?;
    /// # let two = NonZeroUsize::new(2).unwrap();
    /// let first = gate.history_page(Sequence(1), two).await?;
    /// assert_eq!(first.len(), 2);
    /// let rest = gate.history_page(first[1].sequence.next(), two).await?;
    /// assert!(rest.is_empty());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is no such machine; or why its records cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn history_page(
        &self,
        from: Sequence,
        entries_max: NonZeroUsize,
    ) -> Result<Vec<Entry<F::Event>>, SendError> {
        let key = self.kind().key(MachineId::from(self.id())).await?;
        let page = self.kind().journal().read(&key, from, entries_max.get()).await?;
        if page.is_empty() && self.kind().journal().read(&key, Sequence(1), 1).await?.is_empty() {
            return Err(self.not_found());
        }
        Ok(page.iter().map(|record| self.entry(record)).collect::<Result<_, _>>()?)
    }

    /// Everything that happened to the machine from the record of this sequence on, oldest first,
    /// read a page at a time: for a history that is too long to be had at once. It ends with the
    /// last record there is then, or with the first error.
    pub fn history_from(
        &self,
        from: Sequence,
    ) -> impl Stream<Item = Result<Entry<F::Event>, SendError>> + Send + use<F> {
        let pages = stream::try_unfold((self.clone(), Some(from)), |(machine, from)| async move {
            let Some(from) = from else { return Ok::<_, SendError>(None) };
            let page = machine.history_page(from, STREAMED_ENTRIES).await?;
            let is_last = page.len() < STREAMED_ENTRIES.get();
            let next = page.last().filter(|_| !is_last).map(|last| last.sequence.next());
            Ok(Some((stream::iter(page.into_iter().map(Ok)), (machine, next))))
        });
        pages.try_flatten()
    }

    /// The machine as it was: at a time, as of its record of a sequence, or as the journal was up
    /// to a position. [`At`] says what that is.
    ///
    /// ```
    /// # use fsm_core::{Fsm, System};
    /// # use fsm_core::journal::Sequence;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug, PartialEq)] #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # #[derive(Debug, Serialize, Deserialize)] enum Event { Coin, Push }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let system = System::builder().start().await?;
    /// # let gate = system.machine::<Turnstile>("north");
    /// # gate.create(()).await?;
    /// let coin = gate.send(Event::Coin).await?;
    /// gate.send(Event::Push).await?;
    /// assert_eq!(gate.at(Sequence(1)).await?.state, Turnstile::Locked);
    /// assert_eq!(gate.at(coin.position).await?.state, Turnstile::Unlocked);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if it did not exist then; [`SendError::Erased`] if its records of
    /// then are not there any more; or why they cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn at(&self, at: impl Into<At>) -> Result<Snapshot<F, F::Context>, SendError> {
        let at = at.into();
        let key: MachineKey = self.kind().key(MachineId::from(self.id())).await?;
        let machine = self.kind().replay(&key, Some(at)).await?;
        if let Some(seen) = machine.and_then(|read| read.live.seen(read.position)) {
            return Ok(seen);
        }
        let first = self.kind().journal().read(&key, Sequence(1), 1).await?;
        match first.first() {
            Some(first) if first.sequence > Sequence(1) => {
                Err(SendError::Erased { first: first.sequence })
            }
            _ => Err(self.not_found()),
        }
    }

    fn entry(&self, record: &Record) -> Result<Entry<F::Event>, Unavailable> {
        let translation = self.kind().translation(record)?;
        let stored = translation.stored();
        let name = |name: Option<&str>| name.unwrap_or("?").to_owned();
        let happened = match record.fact {
            Fact::Created => Happened::Created { state: F::TABLE.initial().name.to_owned() },
            Fact::Transition { row, state } => {
                let stored_row = stored.row(row);
                let event = match translation.takes_event(row) {
                    Some(false) => None,
                    _ => Some(decode_event::<F>(record, row, &translation)?),
                };
                Happened::Transition {
                    from: name(stored_row.and_then(|row| stored.source(row))),
                    to: name(stored.state(state)),
                    label: stored_row.and_then(|row| row.label.clone()),
                    trigger: name(stored_row.and_then(|row| stored.event(row))),
                    event,
                }
            }
            Fact::Stopped => Happened::Stopped,
            Fact::Base { state } => Happened::Based { state: name(stored.state(state)) },
            Fact::Deferred { event } => {
                let event = decode_named::<F>(record, translation.event(event), &translation)?;
                Happened::Deferred { event }
            }
            Fact::Dropped { deferred } => Happened::Dropped { deferred },
            Fact::Elapsed { row } => Happened::Elapsed { row: translation.describe(row) },
            Fact::Scheduled { due, event } => {
                let event = decode_named::<F>(record, translation.event(event), &translation)?;
                Happened::Scheduled { due, event }
            }
            Fact::Unscheduled { scheduled } => Happened::Unscheduled { scheduled },
            Fact::Performed { sequence, index } => Happened::Performed { sequence, index },
            Fact::Abandoned { sequence, index } => {
                let death: StoredDeath = decode(record, || "an abandoned effect".to_owned())?;
                Happened::Abandoned { sequence, index, why: death.why }
            }
            Fact::Resumed { sequence, index } => Happened::Resumed { sequence, index },
            Fact::Answered => Happened::Answered,
        };
        let metadata = record.metadata().map_err(|source| {
            let (position, what) = (record.position, "the metadata".to_owned());
            ReplayError::Payload { position, what, source }
        })?;
        let (sequence, position, time) = (record.sequence, record.position, record.time);
        Ok(Entry { sequence, position, time, happened, metadata })
    }
}
