//! The journal's directory: whether it is one of ours, made to last, and held by one only.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::OpenError;
use super::store::StoreError;
use super::{growth, mark};

/// What stands in the directory of a journal, beside snapshots of sled's, `snap.` and a number.
const NAMES: [&str; 4] = [mark::FILE_NAME, "db", "conf", "blobs"];

/// Stands in a directory for as long as a copy that is made there is not complete.
const INCOMPLETE: &str = "incomplete";

/// Makes sure that the directory is there and is empty or ours. Nothing else is touched.
pub(super) fn prepare(path: &Path) -> Result<(), OpenError> {
    let names = names(path)?;
    if names.iter().any(|name| name == INCOMPLETE) && names.iter().all(is_ours) {
        return Err(OpenError::Incomplete { path: path.to_owned() });
    }
    let has_mark = names.iter().any(|name| name == mark::FILE_NAME);
    if names.is_empty() || (has_mark && names.iter().all(is_ours)) {
        return Ok(());
    }
    Err(OpenError::NotAJournal { path: path.to_owned() })
}

/// Makes sure that the directory is there and is empty or ours; whether there is a journal in it
/// that is complete.
pub(super) fn holds_journal(path: &Path) -> Result<bool, OpenError> {
    match prepare(path) {
        Ok(()) => Ok(path.join(mark::FILE_NAME).exists()),
        Err(OpenError::Incomplete { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Has the directory say that what is in it is incomplete.
pub(super) fn begin_copy(path: &Path) -> Result<(), OpenError> {
    let file = path.join(INCOMPLETE);
    let text = "a copy of a journal that is not complete: make it again\n";
    fs::write(&file, text).map_err(|error| failed("write", &file, error))?;
    sync(&file)?;
    sync(path)
}

/// Makes everything in the directory last, and has it say no longer that it is incomplete.
pub(super) fn complete_copy(path: &Path) -> Result<(), OpenError> {
    settle(path)?;
    let file = path.join(INCOMPLETE);
    fs::remove_file(&file).map_err(|error| failed("remove", &file, error))?;
    sync(path)
}

fn is_ours(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    NAMES.contains(&name.as_ref()) || name.starts_with("snap.") || name == INCOMPLETE
}

/// What is in the directory, which is created if it is not there.
fn names(path: &Path) -> Result<Vec<OsString>, OpenError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return create(path).map(|()| Vec::new());
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(OpenError::NotAJournal { path: path.to_owned() });
        }
        Err(error) => return Err(failed("read the directory", path, error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(|error| failed("read the directory", path, error))?.file_name());
    }
    Ok(names)
}

/// Creates the directory and those above it.
fn create(path: &Path) -> Result<(), OpenError> {
    fs::create_dir_all(path).map_err(|error| failed("create the directory", path, error))
}

/// Begins a creation, or begins it again where one was cut short: makes the names of the directory,
/// of those above it and of the mark last before anything else is there, so that it is known for
/// ours whatever is lost; and removes sled's settings, which may be half written and are always
/// the same.
pub(super) fn begin(path: &Path) -> Result<(), OpenError> {
    match fs::remove_file(path.join("conf")) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(failed("write to the directory", path, error));
        }
        _ => {}
    }
    sync(&path.join(mark::FILE_NAME))?;
    sync(path)?;
    let path = path.canonicalize().map_err(|error| failed("find the directory", path, error))?;
    for (distance, above) in path.ancestors().skip(1).enumerate() {
        // One of them was there before, and those above it may not be ours to open.
        match sync(above) {
            Err(error) if distance == 0 => return Err(error),
            Err(_) => break,
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Makes the names in a new journal's directory last, and the files that sled does not sync.
pub(super) fn settle(path: &Path) -> Result<(), OpenError> {
    for name in ["conf", "db", mark::FILE_NAME, "blobs"] {
        sync(&path.join(name))?;
    }
    sync(path)
}

fn sync(path: &Path) -> Result<(), OpenError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| failed("sync", path, error))
}

/// Cuts off what sled's file was grown by and is not used.
pub(super) fn trim_database(path: &Path) -> Result<(), OpenError> {
    let file = path.join("db");
    growth::cut(&file).map_err(|error| failed("cut the end off", &file, error))
}

/// A handle of ours to sled's file.
pub(super) fn open_database(path: &Path) -> Result<File, OpenError> {
    let file = path.join("db");
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(&file)
        .map_err(|error| failed("open the file", &file, error))
}

/// Finds out whether sled's file was deleted: what is synced to it then is gone with the process.
pub(super) fn check_linked(database: &File) -> Result<(), StoreError> {
    let what = "find the database any more";
    let failed = |source| StoreError::Io { what, source: Arc::new(source) };
    match database.metadata().map_err(failed)?.nlink() {
        0 => Err(failed(io::Error::new(ErrorKind::NotFound, "it was deleted"))),
        _ => Ok(()),
    }
}

/// Removes what sled was writing when it was killed while it opened the database: the next version
/// of its page table, half written, which it would take for the newest. `false` if somebody has the
/// journal open, and may be writing it now.
pub(super) fn remove_unfinished(path: &Path) -> io::Result<bool> {
    let database = File::open(path.join("db")).ok();
    if let Some(Err(TryLockError::WouldBlock)) = database.as_ref().map(File::try_lock) {
        return Ok(false);
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(true)
}

/// Whether somebody has the journal open. sled holds a lock on its file as long as it uses it.
pub(super) fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path.join("db")) else { return false };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Waits until sled let go of its file, which its threads do a moment after it is dropped.
pub(super) fn wait_until_unlocked(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while is_locked(path) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What the operating system's refusal means.
pub(super) fn failed(what: &'static str, path: &Path, source: io::Error) -> OpenError {
    let path: PathBuf = path.to_owned();
    match source.kind() {
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            OpenError::ReadOnly { path, source }
        }
        _ => OpenError::Io { what, path, source },
    }
}
