//! Time as the wheel counts it: in ticks, from the earliest time that can be written down.

use crate::Timestamp;

/// The bits of a time that say where in its tick it lies: a tick is 65,536 microseconds.
const TICK_BITS: u32 = 16;

/// The bits of a tick that name a slot of one level.
const DIGIT_BITS: u32 = 6;

/// How many slots a level has: as many as a word has bits.
pub(super) const SLOTS: usize = 1 << DIGIT_BITS;

/// How many levels there are: enough for every bit of a tick.
pub(super) const LEVELS: usize = ((u64::BITS - TICK_BITS) / DIGIT_BITS) as usize;

const _: () = assert!(TICK_BITS + LEVELS as u32 * DIGIT_BITS == u64::BITS);

/// A tick, by how many there were before it since the earliest time.
///
/// Read in digits of six bits it is the way to a slot: digit `n` is the number of the slot on
/// level `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tick(u64);

impl Tick {
    /// The tick that a time lies in.
    pub(super) const fn of(time: Timestamp) -> Self {
        Self((time.micros().cast_unsigned() ^ SIGN) >> TICK_BITS)
    }

    /// The first moment of it.
    pub(super) const fn begin(self) -> Timestamp {
        Timestamp::from_micros(((self.0 << TICK_BITS) ^ SIGN).cast_signed())
    }

    /// How many ticks it is ahead of another; none if it is not.
    pub(super) const fn ahead_of(self, other: Self) -> u64 {
        self.0.saturating_sub(other.0)
    }

    /// The highest level on which two ticks lie in different slots.
    pub(super) const fn parting(self, other: Self) -> Option<usize> {
        match (self.0 ^ other.0).checked_ilog2() {
            Some(bit) => Some((bit / DIGIT_BITS) as usize),
            None => None,
        }
    }

    /// Its slot on a level.
    pub(super) const fn digit(self, level: usize) -> usize {
        (self.0 >> shift(level)) as usize % SLOTS
    }

    /// The first tick in another slot of the level, of those that part from this one no higher.
    pub(super) const fn with_digit(self, level: usize, digit: usize) -> Self {
        let above = u64::MAX << shift(level + 1);
        Self(self.0 & above | (digit as u64) << shift(level))
    }
}

/// Flipping it puts the negative times before the others.
const SIGN: u64 = 1 << (u64::BITS - 1);

const fn shift(level: usize) -> u32 {
    level as u32 * DIGIT_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_ordered_as_times_are() {
        let times = [i64::MIN, -70_000, -1, 0, 70_000, i64::MAX].map(Timestamp::from_micros);
        assert!(times.map(Tick::of).is_sorted_by(|earlier, later| earlier < later));
    }

    #[test]
    fn a_tick_begins_at_or_before_its_times() {
        for micros in [i64::MIN, i64::MIN + 1, -65_537, -1, 0, 1, 65_536, i64::MAX] {
            let time = Timestamp::from_micros(micros);
            let begin = Tick::of(time).begin();
            assert!(begin <= time && time.since(begin).as_micros() < 1 << TICK_BITS);
            assert_eq!(Tick::of(begin), Tick::of(time));
        }
    }

    #[test]
    fn the_digits_lead_to_the_slot() {
        let (near, far) = (Tick(64 * 64 * 5 + 64 * 7 + 9), Tick(64 * 64 * 5 + 64 * 8 + 1));
        assert_eq!((near.digit(0), near.digit(1), near.digit(2)), (9, 7, 5));
        assert_eq!((near.parting(far), near.parting(near)), (Some(1), None));
        assert_eq!(near.with_digit(1, 8), Tick(64 * 64 * 5 + 64 * 8));
        assert_eq!(Tick(0).parting(Tick::of(Timestamp::from_micros(i64::MAX))), Some(LEVELS - 1));
    }
}
