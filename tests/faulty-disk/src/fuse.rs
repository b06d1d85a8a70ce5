//! What the kernel asks, answered from the model.

use std::ffi::OsStr;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, SystemTime};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use crate::disk::{Shared, State};
use crate::volume::{Node, ROOT, Volume, VolumeError};

/// The file system.
#[derive(Debug)]
pub(crate) struct Fuse {
    shared: Arc<Shared>,
}

/// The kernel remembers no name and no attribute.
const FORGOTTEN: Duration = Duration::ZERO;
const FIRST: Generation = Generation(0);
const BLOCK_BYTES: u32 = 4096;

impl Fuse {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The state, for a call that changes something or syncs.
    fn operation(&self) -> Result<MutexGuard<'_, State>, Errno> {
        self.shared.operation()
    }

    /// The state, for a call that only looks.
    fn look(&self) -> Result<MutexGuard<'_, State>, Errno> {
        let state = self.shared.state();
        if state.faults.is_off { Err(Errno::EIO) } else { Ok(state) }
    }

    fn create_node(&self, parent: INodeNo, name: &OsStr, is_directory: bool) -> Created {
        let mut state = self.operation()?;
        let node = state.volume.create(parent.0, name, is_directory).map_err(errno)?;
        let handle = state.open(node);
        Ok((attributes(&state.volume, node)?, handle))
    }

    fn remove(&self, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(
            reply,
            self.operation()
                .and_then(|mut state| state.volume.remove(parent.0, name).map_err(errno)),
        );
    }

    fn sync(&self, handle: FileHandle, reply: ReplyEmpty) {
        answer(
            reply,
            self.operation().and_then(
                |mut state| {
                    if state.sync(handle.0) { Ok(()) } else { Err(Errno::EIO) }
                },
            ),
        );
    }

    fn open_node(&self, node: INodeNo, flags: FopenFlags, reply: ReplyOpen) {
        let opened = self.look().and_then(|mut state| {
            state.volume.path(node.0).ok_or(Errno::EIO)?;
            Ok(state.open(node.0))
        });
        match opened {
            Ok(handle) => reply.opened(FileHandle(handle), flags),
            Err(error) => reply.error(error),
        }
    }

    fn write_bytes(&self, handle: FileHandle, offset: u64, bytes: &[u8]) -> Result<u32, Errno> {
        let mut guard = self.operation()?;
        let state = &mut *guard;
        let node = state.handles.get(&handle.0).ok_or(Errno::EIO)?.node;
        if state.faults.write_fails() {
            return Err(Errno::EIO);
        }
        let length = state.volume.bytes(node).map_err(errno)?.len() as u64;
        let room = state.faults.room(&state.volume, length, offset, bytes.len());
        if room == 0 && !bytes.is_empty() {
            return Err(Errno::ENOSPC);
        }
        state.volume.write(node, offset, &bytes[..room]).map_err(errno)?;
        Ok(u32::try_from(room).unwrap_or(u32::MAX))
    }
}

type Created = Result<(FileAttr, u64), Errno>;

fn answer(reply: ReplyEmpty, done: Result<(), Errno>) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

fn errno(error: VolumeError) -> Errno {
    match error {
        VolumeError::Missing => Errno::ENOENT,
        VolumeError::Taken => Errno::EEXIST,
        VolumeError::WrongSort => Errno::EINVAL,
        VolumeError::NotEmpty => Errno::ENOTEMPTY,
    }
}

fn attributes(volume: &Volume, node: Node) -> Result<FileAttr, Errno> {
    let is_directory = volume.names(node).is_ok();
    let size = if is_directory { 0 } else { volume.bytes(node).map_err(errno)?.len() as u64 };
    let time = SystemTime::UNIX_EPOCH;
    Ok(FileAttr {
        ino: INodeNo(node),
        size,
        blocks: size.div_ceil(512),
        atime: time,
        mtime: time,
        ctime: time,
        crtime: time,
        kind: if is_directory { FileType::Directory } else { FileType::RegularFile },
        perm: if is_directory { 0o755 } else { 0o644 },
        nlink: if is_directory { 2 } else { 1 },
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: BLOCK_BYTES,
        flags: 0,
    })
}

impl Filesystem for Fuse {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.look().and_then(|state| {
            let node = state.volume.find(parent.0, name).map_err(errno)?;
            attributes(&state.volume, node)
        });
        match found {
            Ok(attributes) => reply.entry(&FORGOTTEN, &attributes, FIRST),
            Err(error) => reply.error(error),
        }
    }

    fn getattr(&self, _: &Request, node: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let found = self.shared.state();
        // The directory above must be passable also without power, to unmount it.
        let is_off = found.faults.is_off && node.0 != ROOT;
        match attributes(&found.volume, node.0) {
            Ok(attributes) if !is_off => reply.attr(&FORGOTTEN, &attributes),
            _ => reply.error(Errno::EIO),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        node: INodeNo,
        _mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _handle: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let changed = match size {
            None => self.look().and_then(|state| attributes(&state.volume, node.0)),
            Some(size) => self.operation().and_then(|mut state| {
                state.volume.set_length(node.0, size).map_err(errno)?;
                attributes(&state.volume, node.0)
            }),
        };
        match changed {
            Ok(attributes) => reply.attr(&FORGOTTEN, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn mkdir(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        _mode: u32,
        _umask: u32,
        reply: ReplyEntry,
    ) {
        match self.create_node(parent, name, true) {
            Ok((attributes, _)) => reply.entry(&FORGOTTEN, &attributes, FIRST),
            Err(error) => reply.error(error),
        }
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        _mode: u32,
        _umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        match self.create_node(parent, name, false) {
            Ok((attributes, handle)) => {
                let (handle, direct) = (FileHandle(handle), FopenFlags::FOPEN_DIRECT_IO);
                reply.created(&FORGOTTEN, &attributes, FIRST, handle, direct);
            }
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.remove(parent, name, reply);
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.remove(parent, name, reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        if parent != new_parent {
            return reply.error(Errno::EXDEV);
        }
        if !flags.is_empty() {
            return reply.error(Errno::EINVAL);
        }
        answer(
            reply,
            self.operation()
                .and_then(|mut state| state.volume.rename(parent.0, name, new_name).map_err(errno)),
        );
    }

    fn open(&self, _: &Request, node: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        self.open_node(node, FopenFlags::FOPEN_DIRECT_IO, reply);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let state = match self.look() {
            Ok(state) => state,
            Err(error) => return reply.error(error),
        };
        let node = state.handles.get(&handle.0).map(|handle| handle.node);
        match node.and_then(|node| state.volume.bytes(node).ok()) {
            Some(bytes) => {
                let from = (offset as usize).min(bytes.len());
                let to = from.saturating_add(size as usize).min(bytes.len());
                reply.data(&bytes[from..to]);
            }
            None => reply.error(Errno::EIO),
        }
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        bytes: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.write_bytes(handle, offset, bytes) {
            Ok(written) => reply.written(written),
            Err(error) => reply.error(error),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.shared.state().handles.remove(&handle.0);
        reply.ok();
    }

    fn fsync(&self, _: &Request, _: INodeNo, handle: FileHandle, _: bool, reply: ReplyEmpty) {
        self.sync(handle, reply);
    }

    fn opendir(&self, _: &Request, node: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        self.open_node(node, FopenFlags::empty(), reply);
    }

    fn readdir(
        &self,
        _: &Request,
        node: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let state = match self.look() {
            Ok(state) => state,
            Err(error) => return reply.error(error),
        };
        let names = match state.volume.names(node.0) {
            Ok(names) => names,
            Err(error) => return reply.error(errno(error)),
        };
        for (at, (name, node)) in names.iter().enumerate().skip(offset as usize) {
            let is_directory = state.volume.names(*node).is_ok();
            let kind = if is_directory { FileType::Directory } else { FileType::RegularFile };
            if reply.add(INodeNo(*node), at as u64 + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn releasedir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.shared.state().handles.remove(&handle.0);
        reply.ok();
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, handle: FileHandle, _: bool, reply: ReplyEmpty) {
        self.sync(handle, reply);
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let state = self.shared.state();
        let block = u64::from(BLOCK_BYTES);
        let used = state.volume.used().div_ceil(block);
        let blocks = state.faults.capacity.unwrap_or(1 << 40) / block;
        let free = blocks.saturating_sub(used);
        reply.statfs(blocks, free, free, 1 << 20, 1 << 20, BLOCK_BYTES, 255, BLOCK_BYTES);
    }
}
