//! Which of the writes that were not synced survive a loss of power.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;

use fastrand::Rng;

use crate::volume::{Change, Change::*, Content, Node, Pending};

/// What is on the disk after a loss of power, beside everything that was synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// Nothing: the strict reading.
    Synced,
    /// A random part. Each sector of 512 bytes has what one of the unsynced writes to it left, or
    /// what was synced, whatever its neighbours have: writes are torn, and overtake each other. A
    /// file has one of the lengths that it had since it was synced, and zeros where it is longer
    /// than what was written. Names appear and vanish as unsynced calls said, or not.
    Random {
        /// What the choice follows from.
        seed: u64,
    },
    /// The first of the unsynced changes, and the first bytes of the one behind them if it is a
    /// write: everything in order, torn once.
    First {
        /// How many changes.
        changes: usize,
        /// How many bytes of the next one.
        bytes: usize,
    },
    /// Everything, as if the process had been killed and not the machine.
    All,
}

/// What no disk tears.
const SECTOR_BYTES: u64 = 512;

impl Survival {
    /// Brings what was synced to what survives.
    pub(crate) fn apply(self, durable: &mut BTreeMap<Node, Content>, pending: &[Pending]) {
        match self {
            Self::Synced => {}
            Self::All => apply_first(durable, pending, usize::MAX, 0),
            Self::First { changes, bytes } => apply_first(durable, pending, changes, bytes),
            Self::Random { seed } => apply_random(durable, pending, seed),
        }
    }
}

fn apply_first(
    durable: &mut BTreeMap<Node, Content>,
    pending: &[Pending],
    changes: usize,
    bytes: usize,
) {
    for Pending { node, change } in pending.iter().take(changes) {
        apply_one(durable, *node, change);
    }
    if let Some(Pending { node, change: Write { offset, bytes: written } }) = pending.get(changes) {
        let torn = written.get(..bytes.min(written.len())).unwrap_or_default();
        if !torn.is_empty() {
            apply_one(durable, *node, &Write { offset: *offset, bytes: torn.to_vec() });
        }
    }
}

fn apply_one(durable: &mut BTreeMap<Node, Content>, node: Node, change: &Change) {
    durable.entry(node).or_insert_with(|| Content::of(change)).apply(change);
}

fn apply_random(durable: &mut BTreeMap<Node, Content>, pending: &[Pending], seed: u64) {
    let mut random = Rng::with_seed(seed);
    // Some cuts keep nearly everything, some nearly nothing.
    let kept = random.f64();
    let mut nodes: Vec<Node> = pending.iter().map(|pending| pending.node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    for node in nodes {
        let changes = pending.iter().filter(|pending| pending.node == node);
        let changes: Vec<&Change> = changes.map(|pending| &pending.change).collect();
        let content = durable.entry(node).or_insert_with(|| Content::of(changes[0]));
        match content {
            Content::File(bytes) => keep_sectors(bytes, &changes, kept, &mut random),
            Content::Directory(_) => keep_names(content, &changes, kept, &mut random),
        }
    }
}

/// Each sector on its own: what was synced, or what one of the writes left there.
fn keep_sectors(bytes: &mut Vec<u8>, changes: &[&Change], kept: f64, random: &mut Rng) {
    let synced = bytes.clone();
    // What each sector was, one version behind the other.
    let mut versions: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
    let mut lengths = vec![bytes.len()];
    for change in changes {
        let (from, to) = match change {
            Write { offset, bytes } => (*offset, offset + bytes.len() as u64),
            SetLength(length) => {
                let before = bytes.len() as u64;
                (before.min(*length), before.max(*length))
            }
            Create { .. } | Remove { .. } | Rename { .. } => continue,
        };
        write_into(bytes, change);
        lengths.push(bytes.len());
        for sector in from / SECTOR_BYTES..to.div_ceil(SECTOR_BYTES) {
            versions.entry(sector).or_default().push(sector_of(bytes, sector));
        }
    }
    let length = lengths[random.usize(..lengths.len())];
    *bytes = synced;
    let longest = lengths.into_iter().max().unwrap_or(0);
    bytes.resize(longest, 0);
    for (sector, versions) in versions {
        if random.f64() < kept {
            let version = &versions[random.usize(..versions.len())];
            let at = (sector * SECTOR_BYTES) as usize;
            let end = bytes.len().min(at + version.len());
            if at < end {
                bytes[at..end].copy_from_slice(&version[..end - at]);
            }
        }
    }
    bytes.resize(length, 0);
}

fn sector_of(bytes: &[u8], sector: u64) -> Vec<u8> {
    let from = (sector * SECTOR_BYTES) as usize;
    let to = from + SECTOR_BYTES as usize;
    let mut version = bytes.get(from.min(bytes.len())..to.min(bytes.len())).unwrap_or(&[]).to_vec();
    version.resize(SECTOR_BYTES as usize, 0);
    version
}

fn write_into(bytes: &mut Vec<u8>, change: &Change) {
    let mut content = Content::File(std::mem::take(bytes));
    content.apply(change);
    if let Content::File(written) = content {
        *bytes = written;
    }
}

/// Each call on its own, but never one whose name was changed by a call that is lost.
fn keep_names(content: &mut Content, changes: &[&Change], kept: f64, random: &mut Rng) {
    let mut lost: HashSet<OsString> = HashSet::new();
    for change in changes {
        let names = change.names();
        if random.f64() >= kept || names.iter().any(|name| lost.contains(*name)) {
            lost.extend(names.into_iter().cloned());
        } else {
            content.apply(change);
        }
    }
}
