//! A log as a whole: its name, its digest, and its events one by one.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::content::{self, Look, gzip_error};
use super::csv::CsvReader;
use super::error::{Place, Problem, SourceError};
use super::order::{LogEvent, Order};
use super::xes::XesReader;

/// The made-up log that is part of the program.
const SAMPLE: &[u8] = include_bytes!("../../sample.csv");
const SAMPLE_NAME: &str = "sample.csv";

/// A log that is there and can be read.
#[derive(Debug)]
pub struct Log {
    /// How it was named: a path, or the name of the sample.
    pub name: String,
    /// The SHA-256 of its bytes, in hexadecimal: the same log under another name is the same log.
    pub digest: String,
    /// Its size.
    pub bytes: u64,
    read: Arc<AtomicU64>,
    raw: Raw,
}

#[derive(Debug)]
enum Raw {
    Sample,
    File(File),
}

/// The events of a log, in its order. After an error there are no more.
pub struct Events {
    log: String,
    order: Order,
    /// `None` after the end or an error.
    reader: Option<Reader>,
}

enum Reader {
    Xes(Box<XesReader>),
    Csv(Box<CsvReader>),
}

impl Log {
    /// The log that is part of the program.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            name: SAMPLE_NAME.to_owned(),
            digest: hexadecimal(&Sha256::digest(SAMPLE)),
            bytes: SAMPLE.len() as u64,
            read: Arc::default(),
            raw: Raw::Sample,
        }
    }

    /// The log in the file at `path`. It is read once, for its digest.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        let digest = |path: &Path| -> io::Result<Option<(File, String, u64)>> {
            let mut file = File::open(path)?;
            if !file.metadata()?.is_file() {
                return Ok(None);
            }
            let mut digest = Sha256::new();
            let bytes = io::copy(&mut file, &mut Digester(&mut digest))?;
            file.rewind()?;
            Ok(Some((file, hexadecimal(&digest.finalize()), bytes)))
        };
        let refused = |problem| whole(&name, problem);
        let (file, digest, bytes) = digest(path)
            .map_err(|error| refused(Problem::File(error)))?
            .ok_or_else(|| refused(Problem::NoFile))?;
        Ok(Self { name, digest, bytes, read: Arc::default(), raw: Raw::File(file) })
    }

    /// How many of its bytes have been read for their events; it grows while [`Events`] is used.
    #[must_use]
    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// Its events. Exactly the bytes that the digest was made of are read, so that a log that is
    /// still being written does no harm.
    ///
    /// # Errors
    ///
    /// If it is empty, not a log, or a log whose head lacks something.
    pub fn events(self) -> Result<Events, SourceError> {
        self.read.store(0, Ordering::Relaxed);
        let raw: Box<dyn Read + Send> = match self.raw {
            Raw::Sample => Box::new(Cursor::new(SAMPLE)),
            Raw::File(file) => Box::new(file.take(self.bytes)),
        };
        let (content, look) = content::open(raw, self.read)
            .map_err(|error| located(&self.name, Place::line(1), Problem::from(error)))?;
        let reader = match look {
            Look::Nothing => Err((Place::default(), Problem::Empty)),
            Look::Xml => Ok(Reader::Xes(Box::new(XesReader::new(content)))),
            Look::Text => CsvReader::new(content).map(|reader| Reader::Csv(Box::new(reader))),
        };
        let reader = reader.map_err(|(place, problem)| located(&self.name, place, problem))?;
        Ok(Events { log: self.name, order: Order::default(), reader: Some(reader) })
    }
}

impl Events {
    /// How many applications have been seen so far.
    #[must_use]
    pub fn applications(&self) -> usize {
        self.order.applications()
    }

    fn read(&mut self) -> Option<Result<LogEvent, (Place, Problem)>> {
        let reading = match self.reader.as_mut()? {
            Reader::Xes(reader) => reader.read(),
            Reader::Csv(reader) => reader.read(),
        };
        match reading {
            Ok(Some(reading)) => Some(self.order.place(reading)),
            Ok(None) if self.order.applications() == 0 => {
                Some(Err((Place::default(), Problem::NoEvents)))
            }
            Ok(None) => None,
            Err(refused) => Some(Err(refused)),
        }
    }
}

impl Iterator for Events {
    type Item = Result<LogEvent, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read();
        if !matches!(read, Some(Ok(_))) {
            self.reader = None;
        }
        Some(read?.map_err(|(place, problem)| located(&self.log, place, problem)))
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("log", &self.log).finish_non_exhaustive()
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        match gzip_error(&error) {
            Some(gzip) => Self::Gzip(gzip),
            None => Self::File(error),
        }
    }
}

/// Hands what is written to a digest. The standard library's copying writes to it.
struct Digester<'a>(&'a mut Sha256);

impl io::Write for Digester<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn whole(log: &str, problem: Problem) -> SourceError {
    located(log, Place::default(), problem)
}

fn located(log: &str, place: Place, problem: Problem) -> SourceError {
    SourceError { log: log.to_owned(), place, problem }
}
