//! What a journal in memory keeps beside its records.

use std::collections::BTreeMap;

use super::Shared;
use crate::journal::{
    AppendError, CursorError, Cursors, MachineKey, Pending, Position, ReadError, Record, Sequence,
    Snapshots, Space, SpaceError, SpaceId, Spaces, StoredSnapshot, Upkeep, UpkeepError,
    check_cursor_name, check_space_labels, check_space_name,
};
use crate::machine::Timestamp;

/// An answer that is there already.
fn ready<'a, T: Send + 'a>(value: T) -> Pending<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Snapshots for Shared {
    fn save(
        &self,
        snapshot: StoredSnapshot,
        keep: usize,
    ) -> Pending<'static, Result<(), AppendError>> {
        let mut log = self.log();
        let kept = log.snapshots.entry(snapshot.machine.clone()).or_default();
        kept.insert(snapshot.sequence, snapshot);
        while kept.len() > keep.max(1) {
            kept.pop_first();
        }
        ready(Ok(()))
    }

    fn load<'a>(
        &'a self,
        machine: &'a MachineKey,
        up_to: Sequence,
    ) -> Pending<'a, Result<Option<StoredSnapshot>, ReadError>> {
        let log = self.log();
        let newest = log.snapshots.get(machine).and_then(|kept| kept.range(..=up_to).next_back());
        ready(Ok(newest.map(|(_, snapshot)| snapshot.clone())))
    }

    fn discard(&self, machine: &MachineKey) -> Pending<'static, Result<(), AppendError>> {
        self.log().snapshots.remove(machine);
        ready(Ok(()))
    }
}

impl Cursors for Shared {
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, Result<Option<Position>, CursorError>> {
        let loaded = check_cursor_name(name).map(|()| self.log().cursors.get(name).copied());
        ready(loaded)
    }

    fn save(&self, name: &str, position: Position) -> Pending<'static, Result<(), CursorError>> {
        let checked = check_cursor_name(name);
        if checked.is_ok() {
            self.log().cursors.insert(name.to_owned(), position);
        }
        ready(checked)
    }

    fn remove(&self, name: &str) -> Pending<'static, Result<(), CursorError>> {
        self.log().cursors.remove(name);
        ready(Ok(()))
    }

    fn list(&self) -> Pending<'_, Result<Vec<(String, Position)>, CursorError>> {
        let log = self.log();
        let cursors = log.cursors.iter().map(|(name, &position)| (name.clone(), position));
        ready(Ok(cursors.collect()))
    }
}

impl Spaces for Shared {
    fn create<'a>(
        &'a self,
        name: &'a str,
        labels: BTreeMap<String, String>,
        created: Timestamp,
    ) -> Pending<'a, Result<Space, SpaceError>> {
        let checked = check_space_name(name).and_then(|()| check_space_labels(&labels));
        let space = Space { id: SpaceId::DEFAULT, name: name.to_owned(), labels, created };
        ready(checked.and_then(|()| self.log().create_space(space)))
    }

    fn find(&self, name: &str) -> Option<Space> {
        self.log().spaces.values().find(|space| space.name == name).cloned()
    }

    fn list(&self) -> Vec<Space> {
        self.log().spaces.values().cloned().collect()
    }

    fn describe(
        &self,
        id: SpaceId,
        labels: BTreeMap<String, String>,
    ) -> Pending<'_, Result<Space, SpaceError>> {
        if id == SpaceId::DEFAULT {
            return ready(Err(SpaceError::Default));
        }
        if let Err(error) = check_space_labels(&labels) {
            return ready(Err(error));
        }
        let mut log = self.log();
        let described = log.spaces.get_mut(&id).map(|space| {
            space.labels = labels;
            space.clone()
        });
        ready(described.ok_or(SpaceError::NotFound { id }))
    }

    fn delete(&self, id: SpaceId) -> Pending<'_, Result<u64, SpaceError>> {
        if id == SpaceId::DEFAULT {
            return ready(Err(SpaceError::Default));
        }
        let mut log = self.log();
        if !log.has_space(id) {
            return ready(Err(SpaceError::NotFound { id }));
        }
        ready(Ok(log.delete_space(id)))
    }

    fn head(&self, id: SpaceId) -> Pending<'_, Result<Sequence, SpaceError>> {
        let log = self.log();
        let head = if log.has_space(id) { Ok(log.space_head(id)) } else { Err(not_found(id)) };
        ready(head)
    }

    fn read(
        &self,
        id: SpaceId,
        from: Sequence,
        limit: usize,
    ) -> Pending<'_, Result<Vec<Record>, SpaceError>> {
        let log = self.log();
        if !log.has_space(id) {
            return ready(Err(not_found(id)));
        }
        ready(Ok(log.read_space(id, from, limit)))
    }
}

const fn not_found(id: SpaceId) -> SpaceError {
    SpaceError::NotFound { id }
}

impl Upkeep for Shared {
    fn forget<'a>(&'a self, machine: &'a MachineKey) -> Pending<'a, Result<u64, UpkeepError>> {
        ready(self.log().forget(machine))
    }

    fn trim<'a>(
        &'a self,
        machine: &'a MachineKey,
        base: Sequence,
    ) -> Pending<'a, Result<u64, UpkeepError>> {
        ready(self.log().trim(machine, base))
    }
}
