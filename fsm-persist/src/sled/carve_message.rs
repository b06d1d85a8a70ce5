//! The messages in sled's file, as version 0.34 writes them.

/// A message whose checksum is right.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// How many bytes it has.
    pub(super) bytes: usize,
    /// The number of the segment it was written to, which tells when.
    pub(super) segment: u64,
    /// The page it is about.
    pub(super) page: u64,
    pub(super) write: Write<'a>,
}

/// What it writes.
#[derive(Debug)]
pub(super) enum Write<'a> {
    /// A page anew: what its keys begin with, its keys and values.
    Page(&'a [u8], Vec<(Vec<u8>, &'a [u8])>),
    /// A value, under what follows the beginning of the page's keys.
    Set(&'a [u8], &'a [u8]),
    Remove(&'a [u8]),
    /// Something that holds no values.
    Other,
}

/// The kinds of messages.
const KIND_MAX: u8 = 11;
const KIND_PAGE: u8 = 8;
const KIND_LINK: u8 = 10;
const LINK_SET: u8 = 0;
const LINK_REMOVE: u8 = 1;
const LEAF: u8 = 0;
/// A leaf has a few dozen entries; more is damage.
const ENTRIES_MAX: u64 = 4096;

/// The message in front of these bytes, which were written to this segment if that is known.
pub(super) fn message(bytes: &[u8], segment: Option<u64>) -> Option<Message<'_>> {
    let mut reader = Reader { bytes };
    let crc = u32::from_le_bytes(reader.take(4)?.try_into().ok()?);
    let kind = reader.byte()?;
    if kind == 0 || kind > KIND_MAX {
        return None;
    }
    let length = usize::try_from(reader.number()?).ok()?;
    let written_to = reader.number()?;
    let page = reader.number()?;
    if segment.is_some_and(|segment| segment != written_to) {
        return None;
    }
    let header = &bytes[4..bytes.len() - reader.bytes.len()];
    let body = reader.take(length)?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(body);
    hasher.update(header);
    if hasher.finalize() != !crc {
        return None;
    }
    let write = match kind {
        KIND_PAGE => leaf(body),
        KIND_LINK => link(body),
        _ => None,
    };
    let bytes = bytes.len() - reader.bytes.len();
    Some(Message { bytes, segment: written_to, page, write: write.unwrap_or(Write::Other) })
}

fn link(body: &[u8]) -> Option<Write<'_>> {
    let mut reader = Reader { bytes: body };
    match reader.byte()? {
        LINK_SET => Some(Write::Set(reader.text()?, reader.text()?)),
        LINK_REMOVE => Some(Write::Remove(reader.text()?)),
        _ => None,
    }
}

/// A leaf; `None` for a page that has no values.
fn leaf(body: &[u8]) -> Option<Write<'_>> {
    let mut reader = Reader { bytes: body };
    let (_next, _merging_child, _merging) = (reader.number()?, reader.number()?, reader.byte()?);
    let prefix = usize::from(reader.byte()?);
    let (low, _high) = (reader.text()?, reader.text()?);
    let prefix = low.get(..prefix)?;
    if reader.byte()? != LEAF {
        return None;
    }
    let count = reader.number().filter(|&count| count <= ENTRIES_MAX)?;
    let mut keys = Vec::new();
    for _ in 0..count {
        keys.push([prefix, reader.text()?].concat());
    }
    let pairs = keys.into_iter().map(|key| Some((key, reader.text()?)));
    Some(Write::Page(prefix, pairs.collect::<Option<_>>()?))
}

/// Reads as sled writes, with every read checked.
#[derive(Clone, Copy, Debug)]
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(byte)
    }

    /// One byte up to 240; two or three above; then a length and as many bytes, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let number = match first {
            0..=240 => u64::from(first),
            241..=248 => 240 + 256 * (u64::from(first) - 241) + u64::from(self.byte()?),
            249 => 2288 + 256 * u64::from(self.byte()?) + u64::from(self.byte()?),
            250..=255 => {
                let mut word = [0; 8];
                let bytes = self.take(usize::from(first) - 247)?;
                word[..bytes.len()].copy_from_slice(bytes);
                u64::from_le_bytes(word)
            }
        };
        Some(number)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }
}
