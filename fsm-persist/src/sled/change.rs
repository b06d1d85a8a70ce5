//! What the writer does beside appending: changes of what is kept beside the log, and long tasks.

use std::collections::BTreeMap;

use fsm_core::Timestamp;
use fsm_core::journal::{
    MachineKey, Position, Sequence, Space, SpaceError, SpaceId, StoredSnapshot,
};

/// Something to be changed.
#[derive(Debug)]
pub(super) enum Change {
    MoveCursor {
        name: String,
        position: Position,
    },
    RemoveCursor {
        name: String,
    },
    SaveSnapshot {
        snapshot: StoredSnapshot,
        keep: usize,
    },
    DiscardSnapshots {
        machine: MachineKey,
    },
    CreateSpace {
        name: String,
        labels: BTreeMap<String, String>,
        created: Timestamp,
    },
    DescribeSpace {
        id: SpaceId,
        labels: BTreeMap<String, String>,
    },
    DeleteSpace {
        id: SpaceId,
    },
    Forget {
        machine: MachineKey,
    },
    Trim {
        machine: MachineKey,
        base: Sequence,
    },
    /// Merge small chunks until there are none.
    Merge,
}

/// What became of it.
#[derive(Clone, Debug)]
pub(super) enum Changed {
    Done,
    Space(Result<Space, SpaceError>),
    /// So many records were erased.
    Erased(u64),
    /// There is no such machine.
    NotFound,
    /// The record is no base.
    NoBase,
}

/// Something that takes more than a commit's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// The erasure of this number.
    Erase(u32),
    Merge,
}

impl Change {
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::SaveSnapshot { snapshot, .. } => snapshot.payload.len(),
            _ => 0,
        }
    }

    pub(super) const fn stands_alone(&self) -> bool {
        matches!(
            self,
            Self::DeleteSpace { .. } | Self::Forget { .. } | Self::Trim { .. } | Self::Merge
        )
    }

    /// Whether it must be on the disk when it is answered, whatever the durability.
    pub(super) const fn is_synced(&self) -> bool {
        matches!(
            self,
            Self::CreateSpace { .. }
                | Self::DescribeSpace { .. }
                | Self::DeleteSpace { .. }
                | Self::Forget { .. }
                | Self::Trim { .. }
        )
    }
}
