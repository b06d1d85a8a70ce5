//! The levels: which slots hold timers, and which slot comes first.

use super::arena::Arena;
use super::tick::{LEVELS, SLOTS, Tick};

/// A slot of a level: the list of the timers that part from the position there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(usize);

/// Where the wheel stands, and which slots are occupied.
///
/// No timer in a slot is due before the position, and each lies on the level on which its tick
/// parts from the position's. Only the slot that is being emptied holds the position itself.
#[derive(Debug)]
pub(super) struct Levels {
    position: Tick,
    /// A bit for each slot of each level.
    occupied: [u64; LEVELS],
}

impl Slot {
    /// How many slots there are on all levels.
    pub(super) const COUNT: usize = LEVELS * SLOTS;

    pub(super) const fn at(index: usize) -> Self {
        Self(index)
    }

    pub(super) const fn index(self) -> usize {
        self.0
    }

    const fn of(level: usize, digit: usize) -> Self {
        Self(level * SLOTS + digit)
    }

    const fn level(self) -> usize {
        self.0 / SLOTS
    }

    const fn digit(self) -> usize {
        self.0 % SLOTS
    }
}

impl Levels {
    pub(super) const fn new(position: Tick) -> Self {
        Self { position, occupied: [0; LEVELS] }
    }

    pub(super) const fn position(&self) -> Tick {
        self.position
    }

    /// The slot for what is due in a tick; none if the wheel has come to it.
    pub(super) fn slot(&self, tick: Tick) -> Option<Slot> {
        if tick < self.position {
            return None;
        }
        let level = tick.parting(self.position)?;
        Some(Slot::of(level, tick.digit(level)))
    }

    /// The occupied slot that begins first, and when.
    pub(super) fn first(&self) -> Option<(Tick, Slot)> {
        // Mostly it is on the lowest level; the one that is being emptied may be higher.
        (0..LEVELS).filter_map(|level| self.first_of(level)).min_by_key(|(begin, _)| *begin)
    }

    pub(super) const fn occupy(&mut self, slot: Slot) {
        self.occupied[slot.level()] |= 1 << slot.digit();
    }

    pub(super) const fn vacate(&mut self, slot: Slot) {
        self.occupied[slot.level()] &= !(1 << slot.digit());
    }

    /// Moves the position on. No occupied slot may begin before it but one that holds it.
    pub(super) fn advance(&mut self, tick: Tick) {
        self.position = self.position.max(tick);
    }

    /// Moves the position back. All timers on levels below the one on which the two positions part
    /// are in one slot from there; they are gathered in it, whole lists at a time.
    pub(super) fn turn_back<T: Copy>(&mut self, tick: Tick, arena: &mut Arena<T>) {
        let Some(level) = self.position.parting(tick) else {
            return;
        };
        let gathered = Slot::of(level, self.position.digit(level));
        for lower in 0..level {
            while let Some((_, slot)) = self.first_of(lower) {
                arena.join(slot, gathered);
                self.vacate(slot);
                self.occupy(gathered);
            }
        }
        self.position = tick;
    }

    fn first_of(&self, level: usize) -> Option<(Tick, Slot)> {
        let occupied = self.occupied[level];
        (occupied != 0).then(|| {
            let digit = occupied.trailing_zeros() as usize;
            (self.position.with_digit(level, digit), Slot::of(level, digit))
        })
    }
}
