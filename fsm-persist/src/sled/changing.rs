//! Carrying out a change, as part of a commit.

use std::collections::BTreeMap;

use fsm_core::Timestamp;
use fsm_core::journal::{
    AppendError, Fact, MachineKey, ReadError, Sequence, Space, SpaceError, SpaceId,
};

use super::change::{Change, Changed, Task};
use super::cursor;
use super::erasure::{Erasure, Target};
use super::error::unknown;
use super::heads::Head;
use super::queue::Outcome;
use super::read::first_record;
use super::snapshot::{self, SNAPSHOT_BYTES_MAX};
use super::store::{Store, StoreError, guarded};
use super::writer::Writer;

impl Writer {
    /// Carries out a change. It is durable with the commit.
    pub(super) fn change(&mut self, store: &Store, change: Change) -> Result<Outcome, AppendError> {
        let done = |()| Outcome::Changed(Changed::Done);
        let changed = match change {
            Change::MoveCursor { name, position } => cursor::save(store, &name, position).map(done),
            Change::RemoveCursor { name } => cursor::remove(store, &name).map(done),
            Change::SaveSnapshot { snapshot, keep } => {
                let (machine, bytes) = (&snapshot.machine, snapshot.payload.len());
                if bytes > SNAPSHOT_BYTES_MAX {
                    let (machine, bytes_max) = (machine.clone(), SNAPSHOT_BYTES_MAX);
                    let error = AppendError::TooLarge { machine, bytes, bytes_max };
                    return Ok(Outcome::Refused(error));
                }
                let hash = self.shared.hasher().machine(machine);
                snapshot::save(store, hash, &snapshot, keep).map(done)
            }
            Change::DiscardSnapshots { machine } => {
                let hash = self.shared.hasher().machine(&machine);
                snapshot::discard(store, hash, u64::MAX).map(done)
            }
            Change::CreateSpace { name, labels, created } => {
                self.create_space(store, name, labels, created)
            }
            Change::DescribeSpace { id, labels } => self.describe_space(store, id, labels),
            Change::DeleteSpace { id } => self.delete_space(store, id),
            Change::Forget { machine } => self.forget(store, &machine),
            Change::Trim { machine, base } => self.trim(store, &machine, base),
            Change::Merge => {
                self.tasks.merge_all();
                Ok(Outcome::Begun(Task::Merge))
            }
        };
        changed.map_err(|error| unknown(&self.shared.noted(error)))
    }

    fn create_space(
        &self,
        store: &Store,
        name: String,
        labels: BTreeMap<String, String>,
        created: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let mut spaces = self.shared.spaces_mut();
        if spaces.find(&name).is_some() {
            return Ok(space(Err(SpaceError::Exists { name })));
        }
        let new = Space { id: spaces.next(), name, labels, created };
        let mut batch = sled::Batch::default();
        spaces.put(store, &mut batch, new.clone())?;
        guarded("write a space", || store.meta.apply_batch(batch))?;
        Ok(space(Ok(new)))
    }

    fn describe_space(
        &self,
        store: &Store,
        id: SpaceId,
        labels: BTreeMap<String, String>,
    ) -> Result<Outcome, StoreError> {
        let mut spaces = self.shared.spaces_mut();
        let Some(known) = spaces.space(id).cloned() else {
            return Ok(space(Err(SpaceError::NotFound { id })));
        };
        let described = Space { labels, ..known };
        let mut batch = sled::Batch::default();
        spaces.put(store, &mut batch, described.clone())?;
        guarded("write a space", || store.meta.apply_batch(batch))?;
        Ok(space(Ok(described)))
    }

    fn delete_space(&mut self, store: &Store, id: SpaceId) -> Result<Outcome, StoreError> {
        let shared = std::sync::Arc::clone(&self.shared);
        let mut spaces = shared.spaces_mut();
        if spaces.space(id).is_none() {
            return Ok(space(Err(SpaceError::NotFound { id })));
        }
        let mut batch = sled::Batch::default();
        spaces.remove(store, &mut batch, id)?;
        self.erase(store, batch, Target::Space(id.0), shared.hasher().space(id))
    }

    fn forget(&mut self, store: &Store, machine: &MachineKey) -> Result<Outcome, StoreError> {
        let hash = self.shared.hasher().machine(machine);
        if !self.is_there(store, machine, hash)? {
            return Ok(Outcome::Changed(Changed::NotFound));
        }
        snapshot::discard(store, hash, u64::MAX)?;
        let target = Target::machine(machine, u64::MAX);
        self.erase(store, sled::Batch::default(), target, hash)
    }

    fn trim(
        &mut self,
        store: &Store,
        machine: &MachineKey,
        base: Sequence,
    ) -> Result<Outcome, StoreError> {
        let hash = self.shared.hasher().machine(machine);
        if !self.is_there(store, machine, hash)? {
            return Ok(Outcome::Changed(Changed::NotFound));
        }
        let first = first_record(&self.shared, store, machine, base);
        let first = first.map_err(|error| match error {
            ReadError::Damaged { .. } => StoreError::Document { why: "a machine is damaged" },
            _ => StoreError::Document { why: "a machine cannot be read" },
        })?;
        let is_base = |fact| matches!(fact, Fact::Base { .. });
        if first.is_none_or(|first| first.sequence != base || !is_base(first.fact)) {
            return Ok(Outcome::Changed(Changed::NoBase));
        }
        snapshot::discard(store, hash, base.0)?;
        self.erase(store, sled::Batch::default(), Target::machine(machine, base.0), hash)
    }

    fn is_there(
        &self,
        store: &Store,
        machine: &MachineKey,
        hash: u128,
    ) -> Result<bool, StoreError> {
        Ok(self.shared.spaces().has(machine.space) && self.head(store, hash)?.sequence > 0)
    }

    fn head(&self, store: &Store, hash: u128) -> Result<Head, StoreError> {
        Ok(self.shared.index().find(store, hash)?.unwrap_or_default())
    }

    /// Begins an erasure: from now on nobody is given what it covers.
    fn erase(
        &mut self,
        store: &Store,
        mut batch: sled::Batch,
        target: Target,
        hash: u128,
    ) -> Result<Outcome, StoreError> {
        let head = self.head(store, hash)?;
        let is_whole = target.is_whole();
        let erasure = Erasure { target, up_to: self.shared.position() };
        let number = self.shared.change_erasures(|erasures| {
            let number = erasures.add(store, &mut batch, erasure.clone())?;
            guarded("note an erasure", || store.meta.apply_batch(batch))?;
            Ok(number)
        })?;
        if is_whole {
            self.shared.index_mut().apply_one(hash, Head::default());
        }
        self.shared.trails.clear();
        self.tasks.erase(number, erasure, head);
        Ok(Outcome::Begun(Task::Erase(number)))
    }
}

const fn space(changed: Result<Space, SpaceError>) -> Outcome {
    Outcome::Changed(Changed::Space(changed))
}
