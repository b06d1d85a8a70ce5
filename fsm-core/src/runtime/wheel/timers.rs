//! The wheel itself: arming, cancelling, expiring.

use std::fmt;
use std::num::NonZeroU64;

use super::arena::{Arena, Place, Whereabouts};
use super::front::Front;
use super::levels::{Levels, Slot};
use super::tick::{LEVELS, Tick};
use crate::Timestamp;

/// How many timers a call of `expire` may move between the levels even if it may deliver few.
const MOVES_MIN: usize = 1_024;

/// How many ticks the clock may go back before the wheel follows: about four seconds. Meanwhile
/// what is armed waits in the front, which is no harm for a while.
const BACK_MAX: u64 = 64;

/// Timers by when they are due.
pub(crate) struct Wheel<T> {
    arena: Arena<T>,
    levels: Levels,
    front: Front,
}

/// A timer that was armed: what [`Wheel::cancel`] takes. It stays harmless when the timer is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(Rust, packed(4))]
pub(crate) struct Armed {
    number: NonZeroU64,
    place: Place,
}

impl<T: Copy> Wheel<T> {
    /// A wheel without timers. If it is given a time before those of overdue timers, arming these
    /// takes constant time too, until `expire` is called.
    pub(crate) fn new(now: Timestamp) -> Self {
        let levels = Levels::new(Tick::of(now));
        Self { arena: Arena::new(), levels, front: Front::default() }
    }

    /// How many timers are armed.
    pub(crate) const fn len(&self) -> usize {
        self.arena.armed()
    }

    /// Whether no timer is armed.
    pub(crate) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Arms a timer for a time. One in the past is due at once, before what was due later.
    ///
    /// # Panics
    ///
    /// If four billion timers are armed.
    pub(crate) fn arm(&mut self, due: Timestamp, item: T) -> Armed {
        let (place, number) = self.arena.insert(due, item);
        self.settle(place);
        Armed { number, place }
    }

    /// Takes back a timer; none if it was delivered or cancelled already.
    pub(crate) fn cancel(&mut self, armed: Armed) -> Option<T> {
        match self.arena.find(armed.place, armed.number)? {
            Whereabouts::Front(index) => self.front.remove(&mut self.arena, index),
            Whereabouts::Slot => self.unlink(armed.place),
        }
        let (_, item) = self.arena.remove(armed.place);
        Some(item)
    }

    /// When to call [`expire`](Self::expire) next: never after the earliest timer is due. It is
    /// before that while that timer is in a slot, at the slot's beginning; `expire` then has
    /// nothing to deliver, and the next answer is closer.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let front = self.front.first().map(|place| self.arena.due(place));
        let slot = self.levels.first().map(|(begin, _)| begin.begin());
        front.into_iter().chain(slot).min()
    }

    /// Delivers up to `limit` timers that are due by now, appended in the order of their times,
    /// those of one time in the order in which they were armed. Says whether to call it again at
    /// once: more are due, or may be.
    ///
    /// Its work is bounded by `limit` too, so when very many timers come due together it may
    /// deliver none for some calls while it brings them into order. When it answers `false`,
    /// nothing that is due is left, and [`next_due`](Self::next_due) is later than `now`.
    pub(crate) fn expire(
        &mut self,
        now: Timestamp,
        limit: usize,
        due: &mut Vec<(Timestamp, T)>,
    ) -> bool {
        // A timer moves at most once for each level, so on average this is enough to deliver
        // `limit` timers.
        let moves = limit.saturating_mul(LEVELS).max(MOVES_MIN);
        self.expire_within(now, limit, moves, due)
    }

    /// The same, moving at most so many timers between the levels.
    pub(super) fn expire_within(
        &mut self,
        now: Timestamp,
        mut limit: usize,
        mut moves: usize,
        due: &mut Vec<(Timestamp, T)>,
    ) -> bool {
        let tick = Tick::of(now);
        if self.levels.position().ahead_of(tick) > BACK_MAX {
            self.levels.turn_back(tick, &mut self.arena);
        }
        loop {
            let open = self.levels.first().filter(|(begin, _)| *begin <= tick);
            while let Some(place) = self.front.first() {
                let time = self.arena.due(place);
                if time > now || open.is_some_and(|(begin, _)| begin.begin() <= time) {
                    break;
                }
                if limit == 0 {
                    return true;
                }
                limit -= 1;
                self.front.remove(&mut self.arena, 0);
                due.push(self.arena.remove(place));
            }
            let Some((begin, slot)) = open else {
                self.levels.advance(tick);
                return false;
            };
            self.levels.advance(begin);
            if !self.empty(slot, &mut moves) {
                return true;
            }
        }
    }

    /// Moves the timers of a slot that the position has come to closer; says whether all are.
    fn empty(&mut self, slot: Slot, moves: &mut usize) -> bool {
        // Each step along a list waits for memory. Two walks, from both ends, wait together.
        while let Some((first, last)) = self.arena.ends(slot) {
            if *moves == 0 {
                return false;
            }
            let place = if moves.is_multiple_of(2) { first } else { last };
            *moves -= 1;
            self.unlink(place);
            self.settle(place);
        }
        true
    }

    /// Puts a timer where it belongs, seen from the position.
    fn settle(&mut self, place: Place) {
        match self.levels.slot(Tick::of(self.arena.due(place))) {
            Some(slot) => {
                self.arena.append(slot, place);
                self.levels.occupy(slot);
            }
            None => self.front.push(&mut self.arena, place),
        }
    }

    fn unlink(&mut self, place: Place) {
        if let Some(emptied) = self.arena.unlink(place) {
            self.levels.vacate(emptied);
        }
    }
}

impl<T: Copy> fmt::Debug for Wheel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheel").field("len", &self.len()).finish_non_exhaustive()
    }
}
