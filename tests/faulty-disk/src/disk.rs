//! The mounted disk, and the handle by which a test commands it.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use fuser::{BackgroundSession, Config, Errno, MountOption, Session};
use tempfile::TempDir;

use crate::faults::{Failing, Faults, Moment, Planned};
use crate::fuse::Fuse;
use crate::survival::Survival;
use crate::volume::{Node, Volume};

/// A file system that is mounted as long as this lives.
#[derive(Debug)]
pub struct FaultyDisk {
    shared: Arc<Shared>,
    session: Option<BackgroundSession>,
    directory: TempDir,
}

/// What was called so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that change something or sync: each is a place for a cut.
    pub operations: u64,
    /// Writes, also those that failed.
    pub writes: u64,
    /// Syncs of files and directories, also those that failed.
    pub syncs: u64,
    /// Syncs of an open file on which one had failed before: there the answer is a lie.
    pub resyncs: u64,
}

/// The disk stands still until this is dropped.
#[derive(Debug)]
pub struct Gate<'a> {
    disk: &'a FaultyDisk,
}

#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) volume: Volume,
    pub(crate) faults: Faults,
    pub(crate) handles: HashMap<u64, Handle>,
    pub(crate) next_handle: u64,
}

/// An open file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handle {
    pub(crate) node: Node,
    /// Whether a sync of it failed.
    pub(crate) has_failed: bool,
}

impl FaultyDisk {
    /// Mounts an empty disk in a temporary directory.
    ///
    /// # Errors
    ///
    /// If FUSE is not to be had: see [`unavailable`](Self::unavailable).
    pub fn mount() -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                volume: Volume::new(),
                faults: Faults::default(),
                handles: HashMap::new(),
                next_handle: 1,
            }),
            changed: Condvar::new(),
        });
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("faulty-disk".to_owned())];
        let session = Session::new(Fuse::new(Arc::clone(&shared)), directory.path(), &config)?;
        Ok(Self { shared, session: Some(session.spawn()?), directory })
    }

    /// Why no disk can be mounted here, if that is so.
    #[must_use]
    pub fn unavailable() -> Option<String> {
        Self::mount().err().map(|error| format!("it needs root or fusermount3, and FUSE: {error}"))
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Power fails. All calls fail with EIO until [`power_on`](Self::power_on).
    pub fn power_cut(&self, survival: Survival) {
        self.state().power_cut(survival);
    }

    /// Power fails in the `n`-th operation from now, which is not performed.
    pub fn power_cut_at(&self, n: u64, survival: Survival) {
        let mut state = self.state();
        let at = state.faults.counts.operations + n;
        state.faults.cut = Some((at, survival));
    }

    /// Power is back, and with it what the disk has; what was open before stays unusable. What
    /// was planned is forgotten.
    pub fn power_on(&self) {
        let mut state = self.state();
        state.faults.is_off = false;
        state.mend();
    }

    /// Whether power has failed.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.state().faults.is_off
    }

    /// Writes fail with EIO and change nothing.
    pub fn fail_writes(&self, failing: Failing) {
        self.state().faults.failing_writes = Some(Planned::new(failing));
    }

    /// Syncs fail with EIO; what they were to make durable never will be, though it is still seen.
    pub fn fail_syncs(&self, failing: Failing) {
        self.state().faults.failing_syncs = Some(Planned::new(failing));
    }

    /// All files together have room for so many bytes.
    pub fn limit(&self, bytes: Option<u64>) {
        self.state().faults.capacity = bytes;
    }

    /// A write takes so many bytes at most, and says so.
    pub fn shorten_writes(&self, bytes_max: Option<usize>) {
        self.state().faults.write_bytes_max = bytes_max;
    }

    /// From the `n`-th operation on, nothing may be changed, as when the kernel has met an error
    /// and mounts a disk read-only.
    pub fn read_only_from(&self, n: u64) {
        let mut state = self.state();
        state.faults.read_only_from = Some(state.faults.counts.operations + n);
    }

    /// Nothing is planned to fail any more. What was dropped stays dropped.
    pub fn mend(&self) {
        self.state().mend();
    }

    /// What was called so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state().faults.counts
    }

    /// Stops the disk before its `n`-th operation from now; [`gate`](Self::gate) waits for it.
    pub fn stop_at(&self, n: u64) {
        let mut state = self.state();
        let at = state.faults.counts.operations + n;
        state.faults.gate = Some(at);
        state.faults.gate_reached = false;
    }

    /// Waits until the disk stands still, or until `given_up` says that it never will; it is asked
    /// every few milliseconds.
    pub fn gate(&self, mut given_up: impl FnMut() -> bool) -> Option<Gate<'_>> {
        let patience = std::time::Duration::from_millis(2);
        let mut state = self.state();
        while !state.faults.gate_reached {
            let waited = self.shared.changed.wait_timeout(state, patience);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if !state.faults.gate_reached && given_up() {
                state.faults.gate = None;
                return None;
            }
        }
        Some(Gate { disk: self })
    }

    /// A number of the test's, which is noted whenever a sync begins: what was acknowledged then.
    pub fn watch(&self, witness: Arc<AtomicU64>) {
        self.state().faults.witness = witness;
    }

    /// What the witness said when the last sync of this file that succeeded began.
    #[must_use]
    pub fn witnessed(&self, path: impl AsRef<Path>) -> u64 {
        self.state().faults.witnessed(path.as_ref())
    }

    /// Keeps the last so many moments at which syncs began.
    pub fn keep_moments(&self, count: usize) {
        let mut state = self.state();
        state.faults.moments_max = count;
        state.faults.moments.clear();
    }

    /// The moments that were kept, oldest first.
    #[must_use]
    pub fn moments(&self) -> Vec<Moment> {
        self.state().faults.moments.iter().cloned().collect()
    }

    /// The disk as it is now.
    #[must_use]
    pub fn volume(&self) -> Volume {
        self.state().volume.clone()
    }

    /// Whether all of a file is durable.
    #[must_use]
    pub fn is_synced(&self, path: impl AsRef<Path>) -> bool {
        let state = self.state();
        state.volume.resolve(path.as_ref()).is_some_and(|node| state.volume.is_synced(node))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }
}

impl Drop for FaultyDisk {
    fn drop(&mut self) {
        self.mend();
        let Some(session) = self.session.take() else { return };
        // Whoever still has something open there gets errors; nothing waits for it.
        drop(session);
        let path: PathBuf = self.directory.path().to_owned();
        let mut unmount = std::process::Command::new("umount");
        drop(unmount.arg("-l").arg(path).stderr(std::process::Stdio::null()).status());
    }
}

impl Drop for Gate<'_> {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        state.faults.gate = None;
        state.faults.gate_reached = false;
        drop(state);
        self.disk.shared.changed.notify_all();
    }
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An operation begins: counted, stopped at the gate, and cut off if that was planned.
    pub(crate) fn operation(&self) -> Result<MutexGuard<'_, State>, Errno> {
        let mut state = self.state();
        if state.faults.is_off {
            return Err(Errno::EIO);
        }
        state.faults.counts.operations += 1;
        let number = state.faults.counts.operations;
        while state.faults.gate == Some(number) {
            state.faults.gate_reached = true;
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some((at, survival)) = state.faults.cut
            && number >= at
        {
            state.power_cut(survival);
        }
        match state.faults.read_only_from {
            _ if state.faults.is_off => Err(Errno::EIO),
            Some(from) if number >= from => Err(Errno::EROFS),
            _ => Ok(state),
        }
    }
}

impl State {
    fn power_cut(&mut self, survival: Survival) {
        self.volume.power_cut(survival);
        self.handles.clear();
        self.faults.is_off = true;
        self.faults.cut = None;
    }

    fn mend(&mut self) {
        let faults = &mut self.faults;
        (faults.failing_writes, faults.failing_syncs, faults.cut) = (None, None, None);
        (faults.capacity, faults.write_bytes_max) = (None, None);
        faults.read_only_from = None;
    }

    pub(crate) fn open(&mut self, node: Node) -> u64 {
        let handle = self.next_handle;
        self.next_handle += 1;
        self.handles.insert(handle, Handle { node, has_failed: false });
        handle
    }

    /// Syncs what a handle is open on; whether it succeeded.
    pub(crate) fn sync(&mut self, handle: u64) -> bool {
        let Some(open) = self.handles.get_mut(&handle) else { return false };
        let node = open.node;
        if open.has_failed {
            self.faults.counts.resyncs += 1;
        }
        let (path, witnessed) = self.faults.begin_sync(&self.volume, node);
        if self.faults.sync_fails() {
            self.volume.fail_sync(node);
            open.has_failed = true;
            return false;
        }
        self.volume.sync(node);
        self.faults.witnessed.insert(path, witnessed);
        true
    }
}
