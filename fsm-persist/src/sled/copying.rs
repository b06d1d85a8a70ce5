//! Copying one journal's database into another, chunk by chunk, verified on the way.
//!
//! A copy has the same slots as its source. So a second copy into the same place is told apart by
//! the checksums of chunks: what is there is left, what was rewritten since, because records were
//! erased or chunks were merged, replaces what was there.

use fsm_core::journal::Position;
use sled::{IVec, Tree};

use super::chunk::spread;
use super::manifest::Extent;
use super::progress::Teller;
use super::scan::{Chunk, Header};
use super::store::{Place, Store, StoreError, guarded};
use super::walk::{Step, Walk, end_slot};
use super::{meta, snapshot};

/// Why a copy was not made.
#[derive(Debug)]
pub(super) enum CopyError {
    /// The source is damaged here.
    Damaged { position: u64, why: String },
    /// The target is a copy of another journal, or has gone its own way.
    Other(&'static str),
    /// The source was closed, or stopped.
    Ended,
    /// The source changed faster than it was copied.
    Busy,
    /// The storage refused.
    Store(StoreError),
}

/// A copy at work.
pub(super) struct Copying<'a> {
    pub(super) source: &'a Store,
    pub(super) target: &'a Store,
    /// Whether the source is closed or stopped.
    pub(super) is_ended: &'a dyn Fn() -> bool,
    /// What the copy holds so far.
    pub(super) end: Extent,
    /// The slot of its last chunk.
    pub(super) last_slot: u64,
    pub(super) copied: u64,
    pub(super) kept: u64,
    /// How many merged chunks the copy has.
    packed: u64,
    /// Whether something that was there was replaced.
    replaced: bool,
}

impl From<StoreError> for CopyError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

const DIVERGED: &str = "it has gone another way since it was made";
/// So often the end is moved on because chunks were merged across it.
const ENDS_MAX: usize = 16;
/// So often something small is read again until it holds still.
const READS_MAX: usize = 16;
/// After so many chunks the target is flushed, so that not all of it is in memory.
const FLUSH_CHUNKS: u64 = 1024;

impl<'a> Copying<'a> {
    pub(super) fn new(
        source: &'a Store,
        target: &'a Store,
        is_ended: &'a dyn Fn() -> bool,
    ) -> Self {
        let end = Extent::NOTHING;
        Self {
            source,
            target,
            is_ended,
            end,
            last_slot: 0,
            copied: 0,
            kept: 0,
            packed: 0,
            replaced: false,
        }
    }

    /// Copies what was beside the log before it is read: the copy's log goes as far at least.
    pub(super) fn copy_kept(&self) -> Result<(), CopyError> {
        mirror(&self.source.snapshots, &self.target.snapshots)?;
        mirror(&self.source.cursors, &self.target.cursors)?;
        // One that was replaced while it was copied is in pieces.
        snapshot::for_each(self.target, |machine, sequence| {
            if snapshot::check(self.target, machine, sequence)?.is_err() {
                snapshot::remove(self.target, machine, sequence)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Copies the log up to where `head` says that it goes.
    pub(super) fn copy_log(
        &mut self,
        head: &dyn Fn() -> Extent,
        teller: &mut Teller<'_>,
    ) -> Result<(), CopyError> {
        let mut to = head();
        let mut walk = Walk::new(self.source, to.slot);
        (self.end, self.last_slot, self.packed) = (Extent::NOTHING, 0, 0);
        let mut ends = 0;
        loop {
            while self.end.position < to.position {
                if (self.is_ended)() {
                    return Err(CopyError::Ended);
                }
                let step = walk.next_step();
                self.step(step)?;
                self.end = walk.at();
                teller.tell(self.end.position, to.position);
                if self.copied % FLUSH_CHUNKS == FLUSH_CHUNKS - 1 {
                    self.target.flush()?;
                }
            }
            if self.end.position == to.position {
                return self.tidy_packed();
            }
            // The last chunk was merged with some of a later commit, which is not to be cut in two.
            to = head();
            walk.extend(to.slot);
            ends += 1;
            if ends > ENDS_MAX {
                return Err(CopyError::Busy);
            }
        }
    }

    fn step(&mut self, step: Option<Step>) -> Result<(), CopyError> {
        let position = self.end.position + 1;
        let damaged = |why: &str| CopyError::Damaged { position, why: why.to_owned() };
        match step {
            None => Err(damaged("the log ends too early")),
            Some(Step::Hole(hole)) => Err(damaged(&hole.why)),
            Some(Step::Chunk { fault: Some(fault), .. }) => Err(damaged(fault)),
            Some(Step::Chunk { chunk, .. }) => {
                let mut items = chunk.entries();
                while let Some(item) = items.next_item() {
                    item.map_err(damaged)?;
                }
                self.last_slot = chunk.slot();
                self.copy_chunk(&chunk)
            }
        }
    }

    fn copy_chunk(&mut self, chunk: &Chunk) -> Result<(), CopyError> {
        let header = chunk.header();
        if let Place::Packed(number) = chunk.place()
            && number == self.packed
        {
            return self.copy_packed(chunk, number);
        }
        let there = match self.target.logged(header.slot) {
            Ok(there) => there,
            Err(StoreError::Damaged { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        if there.is_some_and(|there| is_same(header, &there)) {
            self.kept += 1;
            return Ok(());
        }
        if let Some(there) = there {
            // A copy that was opened may have merged chunks by itself.
            let is_committed = |header: &Header| header.link == header.crc;
            let differ = is_committed(header) && is_committed(&there);
            if differ || header.previous != there.previous {
                return Err(CopyError::Other(DIVERGED));
            }
            self.replaced = true;
        }
        // One that was merged while the others were copied is put into its slots.
        let mut values: Vec<(u64, IVec)> = Vec::new();
        spread(header.slot, header.slots, chunk.bytes(), &mut values);
        self.target.write_log(&mut values)?;
        self.copied += 1;
        Ok(())
    }

    /// Copies a merged chunk to where it is in the source.
    fn copy_packed(&mut self, chunk: &Chunk, number: u64) -> Result<(), CopyError> {
        let header = chunk.header();
        self.packed += 1;
        let there = match number < self.target.packed.count() {
            true => self.target.packed.value(number).ok(),
            false => None,
        };
        if there.as_ref().is_some_and(|there| there[..] == chunk.bytes()[..]) {
            self.kept += 1;
        } else {
            self.replaced |= there.is_some();
            self.target.packed.put(number, IVec::from(&chunk.bytes()[..]))?;
            self.copied += 1;
        }
        if self.target.logged(header.slot).ok().flatten().is_some() {
            self.replaced = true;
            self.target.remove(header.slot..header.next_slot())?;
        }
        Ok(())
    }

    /// Removes merged chunks of the copy that the source has not: one that was opened may have
    /// merged some by itself. Their slots were copied.
    fn tidy_packed(&mut self) -> Result<(), CopyError> {
        self.replaced |= self.target.packed.count() > self.packed;
        Ok(self.target.packed.truncate(self.packed)?)
    }

    /// Copies schemas, spaces and notes, which may be newer than the log.
    pub(super) fn copy_meta(&self) -> Result<(), CopyError> {
        let mut before = pairs(&self.source.meta)?;
        for _ in 0..READS_MAX {
            // Documents have several values: what is read twice alike was not changed meanwhile.
            let now = pairs(&self.source.meta)?;
            if now == before {
                return Ok(replace(&self.target.meta, &now)?);
            }
            before = now;
        }
        Err(CopyError::Busy)
    }

    /// Drops the copy's index if it may not fit any more; it is built when the copy is opened.
    pub(super) fn tidy_index(&self) -> Result<(), CopyError> {
        if self.replaced {
            guarded("clear the index", || self.target.index.clear())?;
        }
        Ok(())
    }

    /// Where the copy ends.
    pub(super) const fn head(&self) -> Position {
        Position(self.end.position)
    }
}

/// Refuses a target that is no earlier copy of the source.
pub(super) fn check_target(source: &Store, target: &Store) -> Result<(), CopyError> {
    let end = end_slot(target)?;
    if meta::format_version(target)?.is_none() && end == 0 {
        return Ok(());
    }
    match (meta::secret(target), meta::secret(source)) {
        (Ok(there), Ok(here)) if there == here => {}
        // A first copy that was cut short has not come to it.
        (Err(StoreError::Document { .. }), Ok(_)) => {}
        (_, Ok(_)) => return Err(CopyError::Other("it is a copy of another journal")),
        (_, Err(error)) => return Err(error.into()),
    }
    if end > end_slot(source)? {
        return Err(CopyError::Other("it has records that the journal does not have"));
    }
    let last = |store: &Store| store.header(end.saturating_sub(1)).ok().flatten();
    if let (Some(there), Some(here)) = (last(target), last(source))
        && (there.next_slot(), there.end()) == (here.next_slot(), here.end())
        && there.link != here.link
    {
        return Err(CopyError::Other(DIVERGED));
    }
    Ok(())
}

/// Whether two chunks are the same: the checksum is over all of it but its length in slots.
const fn is_same(one: &Header, other: &Header) -> bool {
    one.crc == other.crc && one.slots == other.slots && one.link == other.link
}

fn pairs(tree: &Tree) -> Result<Vec<(IVec, IVec)>, StoreError> {
    guarded("read what is beside the log", || tree.iter().collect::<sled::Result<Vec<_>>>())
}

/// Makes a small tree hold these and nothing else.
fn replace(tree: &Tree, wanted: &[(IVec, IVec)]) -> Result<(), StoreError> {
    let mut batch = sled::Batch::default();
    for (key, _) in pairs(tree)? {
        if wanted.binary_search_by(|(wanted, _)| wanted.cmp(&key)).is_err() {
            batch.remove(key);
        }
    }
    wanted.iter().for_each(|(key, value)| batch.insert(key, value));
    guarded("write what is beside the log", || tree.apply_batch(batch))
}

/// Makes a tree hold what another one does, going along both.
fn mirror(source: &Tree, target: &Tree) -> Result<(), StoreError> {
    guarded("copy what is beside the log", || {
        let mut there = target.iter();
        let mut stale = there.next().transpose()?;
        for pair in source.iter() {
            let (key, value) = pair?;
            while let Some((old, _)) = stale.as_ref().filter(|(old, _)| *old < key) {
                target.remove(old)?;
                stale = there.next().transpose()?;
            }
            match &stale {
                Some((old, same)) if *old == key => {
                    if *same != value {
                        target.insert(&key, value)?;
                    }
                    stale = there.next().transpose()?;
                }
                _ => drop(target.insert(&key, value)?),
            }
        }
        while let Some((old, _)) = stale {
            target.remove(old)?;
            stale = there.next().transpose()?;
        }
        Ok(())
    })
}
