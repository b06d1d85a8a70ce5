//! The bytes of a log: what is in the file once gzip is undone, and what they look like.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

/// The content of a log, from its first byte.
pub(super) type Content = Chain<Cursor<Vec<u8>>, Box<dyn BufRead + Send>>;

/// What the content looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It begins with `<`.
    Xml,
    /// It begins with something else.
    Text,
    /// There is nothing but blanks.
    Nothing,
}

/// Compressed data that cannot be brought back.
#[derive(Debug, thiserror::Error)]
pub enum GzipError {
    /// It ends too early.
    #[error("the gzip data ends too early: the file was cut off")]
    CutOff,
    /// It is not what was compressed.
    #[error("the gzip data is damaged ({0})")]
    Damaged(io::Error),
}

/// How far to look for the first character that is no blank.
const LOOK_BYTES: u64 = 4096;

/// As much as is read from a file at once.
const BUFFER_BYTES: usize = 128 << 10;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Undoes gzip if there is some, and looks at the beginning of what is in it. `read` is raised by
/// the bytes taken from `raw`.
///
/// # Errors
///
/// What reading the beginning gave; [`gzip_error`] tells whether gzip was the reason.
pub(super) fn open(
    raw: impl Read + Send + 'static,
    read: Arc<AtomicU64>,
) -> io::Result<(Content, Look)> {
    let mut raw = BufReader::with_capacity(BUFFER_BYTES, Counted { raw, read });
    let magic = {
        let mut magic = Vec::with_capacity(GZIP_MAGIC.len());
        raw.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut magic)?;
        magic
    };
    let zipped = magic == GZIP_MAGIC;
    let raw = Cursor::new(magic).chain(raw);
    let mut content: Box<dyn BufRead + Send> = if zipped {
        let unzipped = Unzipped { decoder: MultiGzDecoder::new(raw) };
        Box::new(BufReader::with_capacity(BUFFER_BYTES, unzipped))
    } else {
        Box::new(raw)
    };

    let mut beginning = Vec::new();
    content.by_ref().take(LOOK_BYTES).read_to_end(&mut beginning)?;
    if beginning.starts_with(&BYTE_ORDER_MARK) {
        beginning.drain(..BYTE_ORDER_MARK.len());
    }
    let look = match beginning.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'<') => Look::Xml,
        Some(_) => Look::Text,
        None => Look::Nothing,
    };
    Ok((Cursor::new(beginning).chain(content), look))
}

/// The gzip error in an input error, if that is what it is.
pub(super) fn gzip_error(error: &io::Error) -> Option<GzipError> {
    match error.get_ref()?.downcast_ref()? {
        GzipError::CutOff => Some(GzipError::CutOff),
        GzipError::Damaged(why) => {
            Some(GzipError::Damaged(io::Error::new(why.kind(), why.to_string())))
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    raw: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.raw.read(buffer)?;
        // Only the progress bar looks at it: no order with anything else is needed.
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Marks the errors of gzip as such, so that they can be told from those of the file.
struct Unzipped<R> {
    decoder: MultiGzDecoder<R>,
}

impl<R: BufRead> Read for Unzipped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => io::Error::other(GzipError::CutOff),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                io::Error::other(GzipError::Damaged(error))
            }
            _ => error,
        })
    }
}
