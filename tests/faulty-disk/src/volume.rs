//! The model: files and directories as they are seen, and as they were last synced.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::image::Image;
use crate::survival::Survival;

/// The number of a file or a directory.
pub type Node = u64;

/// The directory at the top.
pub const ROOT: Node = 1;

/// What a call on a [`Volume`] met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VolumeError {
    /// There is no such name or node.
    Missing,
    /// The name is taken.
    Taken,
    /// A directory was expected, or a file.
    WrongSort,
    /// The directory is not empty.
    NotEmpty,
}

/// Files and directories, what of them is seen and what would survive.
///
/// ```
/// use fsm_faulty_disk::{ROOT, Survival, Volume};
///
/// let mut volume = Volume::new();
/// let file = volume.create(ROOT, "orders", false)?;
/// volume.write(file, 0, b"synced")?;
/// volume.sync(file);
/// volume.write(file, 6, b", and not")?;
/// // The file was synced, but its name was not.
/// assert_eq!(volume.image(Survival::Synced).file("orders"), None);
/// volume.sync(ROOT);
/// assert_eq!(volume.image(Survival::Synced).file("orders"), Some(&b"synced"[..]));
/// let torn = volume.image(Survival::First { changes: 0, bytes: 5 });
/// assert_eq!(torn.file("orders"), Some(&b"synced, and"[..]));
/// # Ok::<(), fsm_faulty_disk::VolumeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Volume {
    seen: BTreeMap<Node, Content>,
    durable: BTreeMap<Node, Content>,
    pending: Vec<Pending>,
    next: Node,
}

/// What a node has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    File(Vec<u8>),
    Directory(BTreeMap<OsString, Node>),
}

/// One change, not synced.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) node: Node,
    pub(crate) change: Change,
}

/// What is changed: bytes and length of a file, or names in a directory.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    SetLength(u64),
    Create { name: OsString, node: Node },
    Remove { name: OsString },
    Rename { from: OsString, to: OsString },
}

impl Default for Volume {
    fn default() -> Self {
        Self::new()
    }
}

impl Volume {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        let root = BTreeMap::from([(ROOT, Content::Directory(BTreeMap::new()))]);
        Self { seen: root.clone(), durable: root, pending: Vec::new(), next: ROOT + 1 }
    }

    /// What a name in a directory stands for.
    ///
    /// # Errors
    ///
    /// If it stands for nothing.
    pub fn find(&self, directory: Node, name: impl AsRef<OsStr>) -> Result<Node, VolumeError> {
        self.names(directory)?.get(name.as_ref()).copied().ok_or(VolumeError::Missing)
    }

    /// The names in a directory.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn names(&self, directory: Node) -> Result<&BTreeMap<OsString, Node>, VolumeError> {
        match self.seen.get(&directory).ok_or(VolumeError::Missing)? {
            Content::Directory(names) => Ok(names),
            Content::File(_) => Err(VolumeError::WrongSort),
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn bytes(&self, file: Node) -> Result<&[u8], VolumeError> {
        match self.seen.get(&file).ok_or(VolumeError::Missing)? {
            Content::File(bytes) => Ok(bytes),
            Content::Directory(_) => Err(VolumeError::WrongSort),
        }
    }

    /// Creates a file or a directory.
    ///
    /// # Errors
    ///
    /// If the name is taken.
    pub fn create(
        &mut self,
        parent: Node,
        name: impl AsRef<OsStr>,
        is_directory: bool,
    ) -> Result<Node, VolumeError> {
        let name = name.as_ref();
        if self.names(parent)?.contains_key(name) {
            return Err(VolumeError::Taken);
        }
        let node = self.next;
        self.next += 1;
        let content = match is_directory {
            true => Content::Directory(BTreeMap::new()),
            false => Content::File(Vec::new()),
        };
        self.seen.insert(node, content.clone());
        self.durable.insert(node, content);
        self.change(parent, Change::Create { name: name.to_owned(), node });
        Ok(node)
    }

    /// Writes to a file.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn write(&mut self, file: Node, offset: u64, bytes: &[u8]) -> Result<(), VolumeError> {
        self.bytes(file)?;
        self.change(file, Change::Write { offset, bytes: bytes.to_vec() });
        Ok(())
    }

    /// Cuts a file, or makes it longer.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn set_length(&mut self, file: Node, length: u64) -> Result<(), VolumeError> {
        self.bytes(file)?;
        self.change(file, Change::SetLength(length));
        Ok(())
    }

    /// Removes a name. What is open by it stays.
    ///
    /// # Errors
    ///
    /// If there is no such name, or it is of a directory that is not empty.
    pub fn remove(&mut self, parent: Node, name: impl AsRef<OsStr>) -> Result<(), VolumeError> {
        let node = self.find(parent, &name)?;
        if self.names(node).is_ok_and(|names| !names.is_empty()) {
            return Err(VolumeError::NotEmpty);
        }
        self.change(parent, Change::Remove { name: name.as_ref().to_owned() });
        Ok(())
    }

    /// Renames within a directory, in one step also for the disk.
    ///
    /// # Errors
    ///
    /// If there is no such name.
    pub fn rename(
        &mut self,
        parent: Node,
        from: impl AsRef<OsStr>,
        to: impl AsRef<OsStr>,
    ) -> Result<(), VolumeError> {
        self.find(parent, &from)?;
        let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
        self.change(parent, Change::Rename { from, to });
        Ok(())
    }

    /// Makes durable what a file or a directory has.
    pub fn sync(&mut self, node: Node) {
        let (synced, pending) =
            std::mem::take(&mut self.pending).into_iter().partition(|change| change.node == node);
        self.pending = pending;
        let synced: Vec<Pending> = synced;
        Survival::All.apply(&mut self.durable, &synced);
    }

    /// A sync that fails: what it should have made durable is seen, and never will be durable.
    pub fn fail_sync(&mut self, node: Node) {
        self.pending.retain(|change| change.node != node);
    }

    /// Whether a node has nothing that a sync would change.
    #[must_use]
    pub fn is_synced(&self, node: Node) -> bool {
        self.pending.iter().all(|change| change.node != node)
    }

    /// The lengths of the unsynced changes, oldest first: of a write its bytes, of others zero.
    #[must_use]
    pub fn unsynced(&self) -> Vec<usize> {
        let length = |pending: &Pending| match &pending.change {
            Change::Write { bytes, .. } => bytes.len(),
            _ => 0,
        };
        self.pending.iter().map(length).collect()
    }

    /// What the disk has if power fails now.
    #[must_use]
    pub fn image(&self, survival: Survival) -> Image {
        let mut durable = self.durable.clone();
        survival.apply(&mut durable, &self.pending);
        let mut image = Image::default();
        collect(&durable, ROOT, Path::new(""), &mut image);
        image
    }

    /// Power fails: what is seen is from now on what the disk has. No node keeps its number, so
    /// that nothing that was open reaches what is there now.
    pub fn power_cut(&mut self, survival: Survival) {
        let image = self.image(survival);
        let next = self.next;
        *self = Self::new();
        self.next = next;
        let mut nodes = BTreeMap::from([(PathBuf::new(), ROOT)]);
        for (path, bytes) in image.entries {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { continue };
            let parent = nodes.get(parent).copied().unwrap_or(ROOT);
            let Ok(node) = self.create(parent, name, bytes.is_none()) else { continue };
            if let Some(bytes) = bytes {
                self.seen.insert(node, Content::File(bytes));
            }
            nodes.insert(path, node);
        }
        self.durable = self.seen.clone();
        self.pending.clear();
    }

    /// How many bytes all files have that have a name.
    #[must_use]
    pub fn used(&self) -> u64 {
        let named = self.seen.values().filter_map(|content| match content {
            Content::Directory(names) => Some(names.values()),
            Content::File(_) => None,
        });
        named.flatten().filter_map(|node| self.bytes(*node).ok()).map(|b| b.len() as u64).sum()
    }

    /// The node that a path stands for.
    #[must_use]
    pub fn resolve(&self, path: &Path) -> Option<Node> {
        path.iter().try_fold(ROOT, |node, name| self.find(node, name).ok())
    }

    /// A path of the node, if it has a name.
    #[must_use]
    pub fn path(&self, node: Node) -> Option<PathBuf> {
        if node == ROOT {
            return Some(PathBuf::new());
        }
        let (parent, name) = self.seen.iter().find_map(|(parent, content)| match content {
            Content::Directory(names) => {
                let name = names.iter().find(|&(_, known)| *known == node)?.0;
                Some((*parent, name))
            }
            Content::File(_) => None,
        })?;
        Some(self.path(parent)?.join(name))
    }

    fn change(&mut self, node: Node, change: Change) {
        if let Some(content) = self.seen.get_mut(&node) {
            content.apply(&change);
        }
        self.pending.push(Pending { node, change });
    }
}

fn collect(durable: &BTreeMap<Node, Content>, directory: Node, path: &Path, image: &mut Image) {
    let Some(Content::Directory(names)) = durable.get(&directory) else { return };
    for (name, node) in names {
        let path = path.join(name);
        match durable.get(node) {
            Some(Content::File(bytes)) => {
                image.entries.insert(path, Some(bytes.clone()));
            }
            Some(Content::Directory(_)) => {
                image.entries.insert(path.clone(), None);
                collect(durable, *node, &path, image);
            }
            None => {}
        }
    }
}

impl Content {
    /// What has such changes.
    pub(crate) fn of(change: &Change) -> Self {
        match change {
            Change::Write { .. } | Change::SetLength(_) => Self::File(Vec::new()),
            _ => Self::Directory(BTreeMap::new()),
        }
    }

    pub(crate) fn apply(&mut self, change: &Change) {
        match (self, change) {
            (Self::File(file), Change::Write { offset, bytes }) => {
                let at = *offset as usize;
                if file.len() < at + bytes.len() {
                    file.resize(at + bytes.len(), 0);
                }
                file[at..at + bytes.len()].copy_from_slice(bytes);
            }
            (Self::File(file), Change::SetLength(length)) => file.resize(*length as usize, 0),
            (Self::Directory(names), Change::Create { name, node }) => {
                names.insert(name.clone(), *node);
            }
            (Self::Directory(names), Change::Remove { name }) => drop(names.remove(name)),
            (Self::Directory(names), Change::Rename { from, to }) => {
                if let Some(node) = names.remove(from) {
                    names.insert(to.clone(), node);
                }
            }
            // A node never changes its sort.
            (Self::File(_) | Self::Directory(_), _) => {}
        }
    }
}

impl Change {
    /// The names that it is about.
    pub(crate) fn names(&self) -> Vec<&OsString> {
        match self {
            Self::Write { .. } | Self::SetLength(_) => Vec::new(),
            Self::Create { name, .. } | Self::Remove { name } => vec![name],
            Self::Rename { from, to } => vec![from, to],
        }
    }
}
