//! The chunks that were merged from small ones, in a tree of their own.
//!
//! They are numbered as they come, so that their keys, like the slots of the log, can be laid out
//! before their values. Each says which slots it has; the log has no keys for those any more.

use std::sync::atomic::{AtomicU64, Ordering};

use sled::{IVec, Tree};

use super::layout::{SLOTS_AHEAD_MIN, SLOTS_STEP};
use super::scan::Header;
use super::store::{StoreError, guarded};

/// The tree of merged chunks.
#[derive(Debug)]
pub(super) struct Packed {
    tree: Tree,
    /// How many there are.
    count: AtomicU64,
    /// The number behind the empty values that are laid out.
    laid_out: AtomicU64,
    /// The one that was found last: who reads on wants the next.
    last: AtomicU64,
}

impl Packed {
    /// Finds the end of what is there.
    pub(super) fn open(tree: Tree) -> sled::Result<Self> {
        let (mut count, mut laid_out) = (0, None);
        for pair in tree.iter().rev() {
            let (key, value) = pair?;
            let number = key.as_ref().try_into().map(u64::from_be_bytes).unwrap_or(0);
            laid_out.get_or_insert(number + 1);
            if !value.is_empty() {
                count = number + 1;
                break;
            }
        }
        let laid_out = AtomicU64::new(laid_out.unwrap_or(0));
        Ok(Self { tree, count: AtomicU64::new(count), laid_out, last: AtomicU64::new(0) })
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// The value of this number.
    pub(super) fn value(&self, number: u64) -> Result<IVec, StoreError> {
        let value = guarded("read the database", || self.tree.get(number.to_be_bytes()))?;
        let missing = StoreError::Packed { number, why: "it is missing" };
        value.filter(|value| !value.is_empty()).ok_or(missing)
    }

    fn header(&self, number: u64) -> Result<Header, StoreError> {
        let header = Header::read(&self.value(number)?);
        header.map_err(|why| StoreError::Packed { number, why })
    }

    /// The number and the value of the chunk that has this slot, if one has.
    pub(super) fn find(&self, slot: u64) -> Result<Option<(u64, IVec)>, StoreError> {
        let last = self.last.load(Ordering::Relaxed);
        for number in [last, last + 1] {
            // Damage there is met again below, if it is what is looked for.
            if number < self.count() && self.header(number).is_ok_and(|header| header.has(slot)) {
                return self.found(number);
            }
        }
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = u64::midpoint(low, high);
            let Some((number, header)) = self.readable(low, middle, high) else {
                let why = "none of those where it could be can be read";
                return Err(StoreError::Packed { number: middle, why });
            };
            if header.has(slot) {
                return self.found(number);
            }
            if slot < header.slot {
                high = number.min(middle);
            } else {
                low = number.max(middle) + 1;
            }
        }
        Ok(None)
    }

    fn found(&self, number: u64) -> Result<Option<(u64, IVec)>, StoreError> {
        self.last.store(number, Ordering::Relaxed);
        self.value(number).map(|value| Some((number, value)))
    }

    /// The middle one, or another that can be read if it cannot: damage elsewhere does not keep
    /// what is looked for from being found.
    fn readable(&self, low: u64, middle: u64, high: u64) -> Option<(u64, Header)> {
        let read = |number| self.header(number).ok().map(|header| (number, header));
        let behind = (middle..high).find_map(read);
        behind.or_else(|| (low..middle).rev().find_map(read))
    }

    /// The slot behind the last one.
    pub(super) fn end(&self) -> Result<u64, StoreError> {
        match self.count() {
            0 => Ok(0),
            count => self.header(count - 1).map(|header| header.next_slot()),
        }
    }

    /// Adds a chunk.
    pub(super) fn push(&self, value: IVec) -> Result<(), StoreError> {
        let number = self.count();
        self.lay_out(number)?;
        self.replace(number, value)?;
        self.count.store(number + 1, Ordering::Release);
        Ok(())
    }

    /// Puts a chunk at this number, which is there or the next.
    pub(super) fn put(&self, number: u64, value: IVec) -> Result<(), StoreError> {
        if number < self.count() { self.replace(number, value) } else { self.push(value) }
    }

    /// Removes all from this number on.
    pub(super) fn truncate(&self, count: u64) -> Result<(), StoreError> {
        guarded("remove merged chunks", || {
            (count..self.count())
                .try_for_each(|number| self.tree.insert(number.to_be_bytes(), &[]).map(drop))
        })?;
        self.count.fetch_min(count, Ordering::AcqRel);
        Ok(())
    }

    /// Puts a chunk in place of the one of this number.
    pub(super) fn replace(&self, number: u64, value: IVec) -> Result<(), StoreError> {
        let insert = || self.tree.insert(number.to_be_bytes(), value).map(drop);
        guarded("write a merged chunk", insert)
    }

    /// Writes empty values ahead: as for the log, sled splits its leaves while they cost nothing.
    fn lay_out(&self, number: u64) -> Result<(), StoreError> {
        let mut laid_out = self.laid_out.load(Ordering::Relaxed);
        if laid_out >= number + SLOTS_AHEAD_MIN {
            return Ok(());
        }
        let target = number + SLOTS_AHEAD_MIN + SLOTS_STEP;
        guarded("lay out values", || {
            while laid_out < target {
                self.tree.insert(laid_out.to_be_bytes(), &[])?;
                laid_out += 1;
            }
            Ok(())
        })?;
        self.laid_out.store(laid_out, Ordering::Relaxed);
        Ok(())
    }
}
