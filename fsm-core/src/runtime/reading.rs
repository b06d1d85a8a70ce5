//! Reading a machine: its records, or a snapshot and the records behind it.
//!
//! A snapshot is believed only where the journal bears it out: it was taken by this very program of
//! this very machine, behind a record that is there, of its time and state. With anything doubtful
//! about it, it is discarded, and the records are replayed from the first.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Machine;
use super::error::Unavailable;
use super::kind::Kind;
use super::live::Live;
use super::replay::Replay;
use super::restoring::Restoring;
use super::sealed::Sealed;
use super::stored::Stored;
use crate::journal::{Fact, MachineKey, Position, Record, Sequence, StoredSnapshot};
use crate::machine::{StateId, Timestamp};

/// How many snapshots are looked at for one that is old enough, before all records are read.
const LOOKED_AT_MAX: usize = 64;

/// A moment in a machine's life: [`MachineRef::at`](super::MachineRef::at).
///
/// A machine at a moment is what its records up to then make, one that is of that very moment
/// included. By time, the records end before the first that is later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum At {
    /// At this time.
    Time(Timestamp),
    /// As of its record of this sequence.
    Sequence(Sequence),
    /// As the journal was up to this position.
    Position(Position),
}

/// A machine that was read.
#[derive(Debug)]
pub(super) struct ReadBack<F: Machine> {
    pub(super) live: Live<F>,
    /// Where its last record stands.
    pub(super) position: Position,
    /// What its newest snapshot was taken behind, as far as one was used.
    pub(super) snapshot: Sequence,
}

/// A snapshot that was found good, and the records behind it that were read with it.
struct Found<F: Machine> {
    live: Live<F>,
    position: Position,
    page: Vec<Record>,
}

impl<F: Machine> Kind<F> {
    /// The machine as it is, or as it was then; `None` if there was none.
    pub(super) async fn replay(
        &self,
        machine: &MachineKey,
        at: Option<At>,
    ) -> Result<Option<ReadBack<F>>, Unavailable> {
        let (id, answers_max) = (machine.id.to_string(), self.options().limits.answers_max);
        let found = match self.snapshots().is_on() {
            true => self.find_snapshot(machine, at).await,
            false => None,
        };
        let snapshot = found.as_ref().map_or(Sequence::START, |found| found.live.sequence);
        let replay = Replay::<F>::new(id, answers_max);
        let (mut replay, mut page, mut known) = match found {
            // The first of its records is the one that the snapshot was taken behind.
            Some(Found { live, position, page }) => (replay.resume(live, position), page, 1),
            None => {
                let page = self.page(machine, replay.next()).await?;
                (replay, page, 0)
            }
        };
        while self.take_page(&mut replay, &page[known..], at)? && !Self::is_last(&page) {
            (page, known) = (self.page(machine, replay.next()).await?, 0);
        }
        let read = replay.finish();
        Ok(read.map(|(live, position)| ReadBack { live, position, snapshot }))
    }

    /// Takes records; says whether all of them were wanted.
    fn take_page(
        &self,
        replay: &mut Replay<F>,
        records: &[Record],
        at: Option<At>,
    ) -> Result<bool, Unavailable> {
        let mut known = None;
        for record in records {
            if at.is_some_and(|at| at.is_before(record)) {
                return Ok(false);
            }
            let translation = match &known {
                Some((schema, translation)) if *schema == record.schema => translation,
                _ => &known.insert((record.schema, self.translation(record)?)).1,
            };
            replay.take(record, translation)?;
        }
        Ok(true)
    }

    /// The newest snapshot that can serve.
    async fn find_snapshot(&self, machine: &MachineKey, at: Option<At>) -> Option<Found<F>> {
        let mut up_to = match at {
            Some(At::Sequence(sequence)) => sequence,
            _ => Sequence(u64::MAX),
        };
        let registered = self.registered().await.ok()?;
        for _ in 0..LOOKED_AT_MAX {
            let loaded = self.journal().snapshots().load(machine, up_to).await;
            // Whoever cannot read it hears of it soon enough.
            let snapshot = loaded.ok().flatten()?;
            let answers_max = self.options().limits.answers_max;
            let behind = (machine, registered.schema);
            let opened =
                Sealed::open(&snapshot, behind, self.snapshots().program::<F>(), answers_max);
            let Some((sealed, stored)) = opened.filter(|_| snapshot.sequence <= up_to) else {
                return self.discard(machine).await;
            };
            let is_later = match at {
                Some(At::Time(time)) => sealed.latest > time,
                Some(At::Position(position)) => snapshot.position > position,
                Some(At::Sequence(_)) | None => false,
            };
            if is_later {
                up_to = Sequence(snapshot.sequence.0 - 1);
                continue;
            }
            // If it cannot be read, it cannot be replayed either.
            let page = self.page(machine, snapshot.sequence).await.ok()?;
            let Some(live) = self.restored(&snapshot, &sealed, stored, page.first()) else {
                return self.discard(machine).await;
            };
            self.snapshots().count_used();
            return Some(Found { live, position: snapshot.position, page });
        }
        None
    }

    /// The machine of a snapshot, if it agrees with the record that it says to be taken behind.
    fn restored(
        &self,
        snapshot: &StoredSnapshot,
        sealed: &Sealed,
        stored: Stored,
        record: Option<&Record>,
    ) -> Option<Live<F>> {
        let record = record?;
        let is_there = (record.sequence, record.position, record.time)
            == (snapshot.sequence, snapshot.position, sealed.time);
        if !is_there || record.machine != snapshot.machine {
            return None;
        }
        let translation = self.translation_of(snapshot.position, snapshot.schema).ok()?;
        let answers_max = self.options().limits.answers_max;
        let id = &*snapshot.machine.id;
        let restoring = Restoring::of(record, &translation, id, answers_max);
        // Decoding is the user's code. What a panic leaves behind is dropped.
        let restored = catch_unwind(AssertUnwindSafe(|| restoring.machine::<F>(stored)));
        let mut live = restored.ok()?.ok()?;
        live.follow_latest(sealed.latest);
        self.agrees(&live, record)?.then_some(live)
    }

    /// Whether a machine is in the state that its last record tells of.
    fn agrees(&self, live: &Live<F>, record: &Record) -> Option<bool> {
        let name = |state: StateId| F::TABLE.state(state).name;
        let translation = self.translation(record).ok()?;
        let stored = |state| translation.stored().state(state) == Some(name(live.state_id()));
        Some(match record.fact {
            Fact::Created => name(live.state_id()) == F::TABLE.initial().name,
            Fact::Transition { state, .. } | Fact::Base { state } => stored(state),
            Fact::Stopped => live.completed,
            _ => true,
        })
    }

    /// Nothing can be done with the machine's snapshots.
    async fn discard(&self, machine: &MachineKey) -> Option<Found<F>> {
        self.snapshots().count_discarded();
        // What cannot be discarded is found bad again.
        let _ = self.journal().snapshots().discard(machine).await;
        None
    }
}

impl At {
    /// Whether the record is later.
    fn is_before(self, record: &Record) -> bool {
        match self {
            Self::Time(time) => record.time > time,
            Self::Sequence(sequence) => record.sequence > sequence,
            Self::Position(position) => record.position > position,
        }
    }
}

impl From<Timestamp> for At {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl From<Sequence> for At {
    fn from(sequence: Sequence) -> Self {
        Self::Sequence(sequence)
    }
}

impl From<Position> for At {
    fn from(position: Position) -> Self {
        Self::Position(position)
    }
}
