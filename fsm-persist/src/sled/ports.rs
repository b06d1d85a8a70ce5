//! What the journal keeps beside its records: snapshots, cursors and spaces; and what erases
//! records. Everything that changes goes through the writer.

use std::collections::BTreeMap;
use std::sync::Arc;

use fsm_core::Timestamp;
use fsm_core::journal::{
    AppendError, CursorError, Cursors, MachineKey, Pending, Position, ReadError, Record, Sequence,
    Snapshots, Space, SpaceError, SpaceId, Spaces, StoredSnapshot, Upkeep, UpkeepError,
    check_cursor_name, check_space_labels, check_space_name,
};
use tokio::sync::oneshot;

use super::change::{Change, Changed};
use super::error::unreadable;
use super::journal::{Inner, gone, reading};
use super::queue::{Answer, Job};
use super::space_read::{head, read_space};
use super::{cursor, snapshot};

impl Inner {
    /// Hands a change to the writer now; the answer is what became of it.
    pub(super) fn change(&self, change: Change) -> Pending<'static, Result<Changed, AppendError>> {
        let (sender, answer) = oneshot::channel();
        self.shared.queue.push(Job::Change(change), Answer::Change(sender));
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(gone())) })
    }

    fn erase<'a>(
        &self,
        change: Change,
        machine: &'a MachineKey,
        base: Sequence,
    ) -> Pending<'a, Result<u64, UpkeepError>> {
        let changing = self.change(change);
        Box::pin(async move {
            let machine = || machine.clone();
            match changing.await {
                Ok(Changed::Erased(count)) => Ok(count),
                Ok(Changed::NoBase) => {
                    Err(UpkeepError::NoBase { machine: machine(), sequence: base })
                }
                Ok(_) => Err(UpkeepError::NotFound { machine: machine() }),
                Err(source) => Err(UpkeepError::Write { machine: machine(), source }),
            }
        })
    }

    fn space(&self, change: Change) -> Pending<'static, Result<Space, SpaceError>> {
        let changing = self.change(change);
        Box::pin(async move {
            match changing.await? {
                Changed::Space(space) => space,
                _ => Err(SpaceError::Write(gone())),
            }
        })
    }
}

/// An answer that is there already.
fn ready<'a, T: Send + 'a>(value: T) -> Pending<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Snapshots for Inner {
    fn save(
        &self,
        snapshot: StoredSnapshot,
        keep: usize,
    ) -> Pending<'static, Result<(), AppendError>> {
        let changing = self.change(Change::SaveSnapshot { snapshot, keep });
        Box::pin(async move { changing.await.map(drop) })
    }

    fn load<'a>(
        &'a self,
        machine: &'a MachineKey,
        up_to: Sequence,
    ) -> Pending<'a, Result<Option<StoredSnapshot>, ReadError>> {
        let (shared, machine) = (Arc::clone(&self.shared), machine.clone());
        reading(move || {
            let guard = shared.store();
            let store = guard.as_ref().ok_or(ReadError::Closed)?;
            let loaded = snapshot::load(store, shared.hasher().machine(&machine), &machine, up_to);
            loaded.map_err(|error| unreadable(error, shared.position(), Some(&machine)))
        })
    }

    fn discard(&self, machine: &MachineKey) -> Pending<'static, Result<(), AppendError>> {
        let changing = self.change(Change::DiscardSnapshots { machine: machine.clone() });
        Box::pin(async move { changing.await.map(drop) })
    }
}

impl Cursors for Inner {
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, Result<Option<Position>, CursorError>> {
        if let Err(error) = check_cursor_name(name) {
            return ready(Err(error));
        }
        let (shared, wanted) = (Arc::clone(&self.shared), name.to_owned());
        let loading = reading(move || {
            let guard = shared.store();
            let store = guard.as_ref().ok_or(ReadError::Closed)?;
            let loaded = cursor::load(store, &wanted);
            loaded.map_err(|error| unreadable(error, shared.position(), None))
        });
        Box::pin(async move {
            let loaded = loading.await;
            loaded.map_err(|source| CursorError::Read { name: name.to_owned(), source })
        })
    }

    fn save(&self, name: &str, position: Position) -> Pending<'static, Result<(), CursorError>> {
        if let Err(error) = check_cursor_name(name) {
            return ready(Err(error));
        }
        let name = name.to_owned();
        let changing = self.change(Change::MoveCursor { name: name.clone(), position });
        Box::pin(async move {
            let changed = changing.await;
            changed.map(drop).map_err(|source| CursorError::Write { name, source })
        })
    }

    fn remove(&self, name: &str) -> Pending<'static, Result<(), CursorError>> {
        let name = name.to_owned();
        let changing = self.change(Change::RemoveCursor { name: name.clone() });
        Box::pin(async move {
            let changed = changing.await;
            changed.map(drop).map_err(|source| CursorError::Write { name, source })
        })
    }

    fn list(&self) -> Pending<'_, Result<Vec<(String, Position)>, CursorError>> {
        let shared = Arc::clone(&self.shared);
        let listing = reading(move || {
            let guard = shared.store();
            let store = guard.as_ref().ok_or(ReadError::Closed)?;
            cursor::list(store).map_err(|error| unreadable(error, shared.position(), None))
        });
        Box::pin(async move {
            let listed = listing.await;
            listed.map_err(|source| CursorError::Read { name: "*".to_owned(), source })
        })
    }
}

impl Spaces for Inner {
    fn create<'a>(
        &'a self,
        name: &'a str,
        labels: BTreeMap<String, String>,
        created: Timestamp,
    ) -> Pending<'a, Result<Space, SpaceError>> {
        if let Err(error) = check_space_name(name).and_then(|()| check_space_labels(&labels)) {
            return ready(Err(error));
        }
        self.space(Change::CreateSpace { name: name.to_owned(), labels, created })
    }

    fn find(&self, name: &str) -> Option<Space> {
        self.shared.spaces().find(name).cloned()
    }

    fn list(&self) -> Vec<Space> {
        self.shared.spaces().list()
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
        self.space(Change::DescribeSpace { id, labels })
    }

    fn delete(&self, id: SpaceId) -> Pending<'_, Result<u64, SpaceError>> {
        if id == SpaceId::DEFAULT {
            return ready(Err(SpaceError::Default));
        }
        let changing = self.change(Change::DeleteSpace { id });
        Box::pin(async move {
            match changing.await? {
                Changed::Erased(count) => Ok(count),
                _ => Err(SpaceError::NotFound { id }),
            }
        })
    }

    fn head(&self, id: SpaceId) -> Pending<'_, Result<Sequence, SpaceError>> {
        if !self.shared.spaces().has(id) {
            return ready(Err(SpaceError::NotFound { id }));
        }
        let shared = Arc::clone(&self.shared);
        let finding = reading(move || {
            let guard = shared.store();
            let store = guard.as_ref().ok_or(ReadError::Closed)?;
            head(&shared, store, id).map(|head| Sequence(head.sequence))
        });
        Box::pin(async move { Ok(finding.await?) })
    }

    fn read(
        &self,
        id: SpaceId,
        from: Sequence,
        limit: usize,
    ) -> Pending<'_, Result<Vec<Record>, SpaceError>> {
        if !self.shared.spaces().has(id) {
            return ready(Err(SpaceError::NotFound { id }));
        }
        let shared = Arc::clone(&self.shared);
        let reading = reading(move || read_space(&shared, id, from, limit));
        Box::pin(async move { Ok(reading.await?) })
    }
}

impl Upkeep for Inner {
    fn forget<'a>(&'a self, machine: &'a MachineKey) -> Pending<'a, Result<u64, UpkeepError>> {
        self.erase(Change::Forget { machine: machine.clone() }, machine, Sequence::START)
    }

    fn trim<'a>(
        &'a self,
        machine: &'a MachineKey,
        base: Sequence,
    ) -> Pending<'a, Result<u64, UpkeepError>> {
        self.erase(Change::Trim { machine: machine.clone(), base }, machine, base)
    }
}
