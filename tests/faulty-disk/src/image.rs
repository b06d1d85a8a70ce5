//! What a disk has after a loss of power, as directories and files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Directories and files by their paths; a directory has no bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    pub(crate) entries: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

impl Image {
    /// The bytes of a file.
    #[must_use]
    pub fn file(&self, path: impl AsRef<Path>) -> Option<&[u8]> {
        self.entries.get(path.as_ref())?.as_deref()
    }

    /// The paths of all directories and files, from the top.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.entries.keys().map(PathBuf::as_path)
    }

    /// Writes it into `directory`, in place of everything there.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn write_to(&self, directory: &Path) -> io::Result<()> {
        if directory.exists() {
            fs::remove_dir_all(directory)?;
        }
        fs::create_dir_all(directory)?;
        // A directory stands before what is in it.
        for (path, bytes) in &self.entries {
            let path = directory.join(path);
            match bytes {
                None => fs::create_dir(path)?,
                Some(bytes) => fs::write(path, bytes)?,
            }
        }
        Ok(())
    }
}
