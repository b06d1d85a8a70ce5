//! The file in which is kept what was cut from a journal: a line of JSON for each value.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::repair::io;
use super::store::StoreError;

/// The file, which is created when there is something to keep.
#[derive(Debug)]
pub(super) struct CutFile {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    written: bool,
}

/// A line of it.
#[derive(Serialize)]
struct Line<'a> {
    part: &'a str,
    key: &'a str,
    value: String,
}

impl CutFile {
    /// A file beside the directory of a journal.
    pub(super) fn beside(directory: &Path) -> Self {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let name = directory.file_name().unwrap_or_default().to_string_lossy();
        let path = directory.with_file_name(format!("{name}.cut-{time}.jsonl"));
        Self { path, file: None, written: false }
    }

    /// The file, if there is one.
    pub(super) fn path(&self) -> Option<PathBuf> {
        self.written.then(|| self.path.clone())
    }

    /// Keeps a value.
    pub(super) fn keep_value(
        &mut self,
        part: &str,
        key: &str,
        value: &[u8],
    ) -> Result<(), StoreError> {
        let line = Line { part, key, value: STANDARD.encode(value) };
        self.write(&line).map_err(|source| io("keep what is cut", source))
    }

    /// Keeps what is in a file.
    pub(super) fn keep_file(&mut self, part: &str, path: &Path) -> Result<(), StoreError> {
        let bytes = std::fs::read(path).map_err(|source| io("read what is cut", source))?;
        self.keep_value(part, "", &bytes)
    }

    fn write(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = File::create_new(&self.path)?;
                self.written = true;
                self.file.insert(BufWriter::new(file))
            }
        };
        serde_json::to_writer(&mut *file, line)?;
        file.write_all(b"\n")
    }

    /// Puts everything on the disk.
    pub(super) fn finish(&mut self) -> Result<(), StoreError> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let above = self.path.parent().filter(|above| !above.as_os_str().is_empty());
        let above = above.unwrap_or(Path::new(".")).to_owned();
        let synced = file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| File::open(above)?.sync_all());
        synced.map_err(|source| io("sync what is cut", source))
    }
}
