//! Looking back: what happened to a machine, and what it was.

use super::Machine;
use super::answer::{Entry, Happened, Snapshot};
use super::decoding::{decode, decode_event, decode_named};
use super::duties::StoredDeath;
use super::error::{SendError, Unavailable};
use super::kind::Kind;
use super::machine_ref::MachineRef;
use super::replay_error::ReplayError;
use crate::journal::{Fact, MachineId, MachineKey, Record, Sequence};
use crate::machine::Timestamp;

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
        let mut entries = Vec::new();
        loop {
            let from = Sequence(entries.len() as u64 + 1);
            let page = self.kind().page(&key, from).await?;
            for record in &page {
                entries.push(self.entry(record)?);
            }
            if Kind::<F>::is_last(&page) {
                break;
            }
        }
        if entries.is_empty() { Err(self.not_found()) } else { Ok(entries) }
    }

    /// The machine as it was at this time: what its records up to then, that one included, make.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if it did not exist then; or why its records cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn at(&self, time: Timestamp) -> Result<Snapshot<F, F::Context>, SendError> {
        let key: MachineKey = self.kind().key(MachineId::from(self.id())).await?;
        let machine = self.kind().replay(&key, |record| record.time <= time).await?;
        let seen = machine.and_then(|(live, position)| live.seen(position));
        seen.ok_or_else(|| self.not_found())
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
