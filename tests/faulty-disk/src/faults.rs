//! What shall go wrong, and when.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::disk::Counts;
use crate::survival::Survival;
use crate::volume::{Node, Volume};

/// Which of the calls that follow fail with EIO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    at: u64,
    for_ever: bool,
}

/// What the disk was when a sync began: for images of a cut just there.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The file that was about to be synced.
    pub path: PathBuf,
    /// Everything, with what is not synced.
    pub volume: Volume,
    /// What the witness said.
    pub witnessed: u64,
}

/// What is planned, and what has happened.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) counts: Counts,
    pub(crate) is_off: bool,
    pub(crate) failing_writes: Option<Planned>,
    pub(crate) failing_syncs: Option<Planned>,
    pub(crate) cut: Option<(u64, Survival)>,
    pub(crate) read_only_from: Option<u64>,
    pub(crate) gate: Option<u64>,
    pub(crate) gate_reached: bool,
    pub(crate) capacity: Option<u64>,
    pub(crate) write_bytes_max: Option<usize>,
    pub(crate) moments: VecDeque<Moment>,
    pub(crate) moments_max: usize,
    pub(crate) witness: Arc<AtomicU64>,
    pub(crate) witnessed: HashMap<PathBuf, u64>,
}

/// A plan, and how many calls it has seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planned {
    failing: Failing,
    seen: u64,
}

impl Failing {
    /// Only the `n`-th call from now; the next one is the first.
    #[must_use]
    pub const fn once(n: u64) -> Self {
        Self { at: n, for_ever: false }
    }

    /// The `n`-th call from now and all behind it.
    #[must_use]
    pub const fn from(n: u64) -> Self {
        Self { at: n, for_ever: true }
    }
}

impl Planned {
    pub(crate) const fn new(failing: Failing) -> Self {
        Self { failing, seen: 0 }
    }

    fn fails(&mut self) -> bool {
        self.seen += 1;
        self.seen == self.failing.at || (self.failing.for_ever && self.seen > self.failing.at)
    }
}

impl Faults {
    pub(crate) fn write_fails(&mut self) -> bool {
        self.counts.writes += 1;
        self.failing_writes.as_mut().is_some_and(Planned::fails)
    }

    pub(crate) fn sync_fails(&mut self) -> bool {
        self.counts.syncs += 1;
        self.failing_syncs.as_mut().is_some_and(Planned::fails)
    }

    /// A sync begins: the moment is kept, if moments are, and the witness is asked.
    pub(crate) fn begin_sync(&mut self, volume: &Volume, node: Node) -> (PathBuf, u64) {
        let path = volume.path(node).unwrap_or_default();
        let witnessed = self.witness.load(Ordering::SeqCst);
        if self.moments_max > 0 {
            if self.moments.len() == self.moments_max {
                self.moments.pop_front();
            }
            let moment = Moment { path: path.clone(), volume: volume.clone(), witnessed };
            self.moments.push_back(moment);
        }
        (path, witnessed)
    }

    pub(crate) fn witnessed(&self, path: &Path) -> u64 {
        self.witnessed.get(path).copied().unwrap_or(0)
    }

    /// How many bytes of a write fit, and are taken at once.
    pub(crate) fn room(&self, volume: &Volume, length: u64, offset: u64, bytes: usize) -> usize {
        let end = offset + bytes as u64;
        let grows = end.saturating_sub(length);
        let left =
            self.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(volume.used()));
        let fits = bytes - grows.saturating_sub(left).min(bytes as u64) as usize;
        fits.min(self.write_bytes_max.unwrap_or(usize::MAX))
    }
}
