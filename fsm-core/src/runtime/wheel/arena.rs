//! The timers themselves, and the lists that they are in.
//!
//! Timers live in chunks that are never moved, so growing costs no copy, and at most one chunk
//! stands empty at the end. A timer knows its neighbours by their place, four bytes each. Places
//! of timers that are gone are used again; when the last is gone, so is the memory.

use std::num::NonZeroU64;

use super::levels::Slot;
use crate::Timestamp;

/// How many timers a chunk holds.
const CHUNK: usize = 1_024;

/// The links from here on are not timers: one for each slot, which closes its list to a ring,
/// and the one that marks a timer in the front.
const SLOTS_FROM: u32 = u32::MAX - Slot::COUNT as u32;
const FRONT: u32 = u32::MAX;
/// Closes the list of the free places.
const NONE: u32 = u32::MAX;

/// Where a timer is in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u32);

/// What it is in: the front, at this index, or the list of some slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    Front(usize),
    Slot,
}

/// The armed timers.
#[derive(Debug)]
pub(super) struct Arena<T> {
    chunks: Vec<Vec<Timer<T>>>,
    /// The first free place; each names the next.
    free: u32,
    armed: usize,
    /// The next timer's.
    number: NonZeroU64,
    rings: Box<[Links]>,
}

#[derive(Clone, Copy, Debug)]
struct Timer<T> {
    due: Timestamp,
    /// Never used twice, and later ones are higher. None if the place is free.
    number: Option<NonZeroU64>,
    links: Links,
    item: T,
}

/// The neighbours in a ring. In the front, `previous` is the index there.
#[derive(Clone, Copy, Debug)]
struct Links {
    previous: u32,
    next: u32,
}

const _: () = assert!(size_of::<Timer<u64>>() == 32);

impl<T: Copy> Arena<T> {
    pub(super) fn new() -> Self {
        let rings = (0..Slot::COUNT).map(|index| Links::to(link(Slot::at(index)))).collect();
        Self { chunks: Vec::new(), free: NONE, armed: 0, number: NonZeroU64::MIN, rings }
    }

    pub(super) const fn armed(&self) -> usize {
        self.armed
    }

    /// Takes in a timer, which is in no list yet.
    ///
    /// # Panics
    ///
    /// If there are more than four billion.
    pub(super) fn insert(&mut self, due: Timestamp, item: T) -> (Place, NonZeroU64) {
        let number = self.number;
        self.number = number.saturating_add(1);
        let timer = Timer { due, number: Some(number), links: Links::to(NONE), item };
        self.armed += 1;
        let place = Place(self.free);
        if self.free == NONE {
            return (self.extend(timer), number);
        }
        self.free = self.timer(place).links.next;
        *self.timer_mut(place) = timer;
        (place, number)
    }

    /// Gives up a timer, which must be in no list any more.
    pub(super) fn remove(&mut self, place: Place) -> (Timestamp, T) {
        let Timer { due, item, .. } = *self.timer(place);
        self.armed -= 1;
        if self.armed == 0 {
            // One chunk is kept, so that a single timer that comes and goes allocates nothing.
            self.chunks.truncate(1);
            self.chunks.shrink_to_fit();
            self.chunks.iter_mut().for_each(Vec::clear);
            self.free = NONE;
        } else {
            let next = self.free;
            let timer = self.timer_mut(place);
            timer.number = None;
            timer.links = Links::to(next);
            self.free = place.0;
        }
        (due, item)
    }

    /// The place of a number, if it is still armed.
    pub(super) fn find(&self, place: Place, number: NonZeroU64) -> Option<Whereabouts> {
        let timer = self.chunks.get(place.chunk())?.get(place.offset())?;
        (timer.number == Some(number)).then_some(match timer.links {
            Links { previous, next: FRONT } => Whereabouts::Front(previous as usize),
            _ => Whereabouts::Slot,
        })
    }

    pub(super) fn due(&self, place: Place) -> Timestamp {
        self.timer(place).due
    }

    /// The order in which timers are due.
    pub(super) fn rank(&self, place: Place) -> (Timestamp, Option<NonZeroU64>) {
        let timer = self.timer(place);
        (timer.due, timer.number)
    }

    /// Remembers where in the front a timer is.
    pub(super) fn put_in_front(&mut self, place: Place, index: usize) {
        // There are no more timers than places, and a place has 32 bits.
        self.timer_mut(place).links = Links { previous: index as u32, next: FRONT };
    }

    /// Puts a timer at the end of a slot's list.
    pub(super) fn append(&mut self, slot: Slot, place: Place) {
        let ring = link(slot);
        let last = self.links_mut(ring).previous;
        self.timer_mut(place).links = Links { previous: last, next: ring };
        self.links_mut(last).next = place.0;
        self.links_mut(ring).previous = place.0;
    }

    /// The first and the last timer of a slot's list.
    pub(super) fn ends(&self, slot: Slot) -> Option<(Place, Place)> {
        let Links { previous: last, next: first } = self.rings[slot.index()];
        (first < SLOTS_FROM).then_some((Place(first), Place(last)))
    }

    /// Takes a timer out of its slot's list; says which slot that is if it is empty now.
    pub(super) fn unlink(&mut self, place: Place) -> Option<Slot> {
        let Links { previous, next } = self.timer(place).links;
        self.links_mut(previous).next = next;
        self.links_mut(next).previous = previous;
        // Only a ring that is closed again is its own neighbour on both sides.
        (previous == next).then(|| Slot::at((next - SLOTS_FROM) as usize))
    }

    /// Puts a slot's whole list at the end of another's.
    pub(super) fn join(&mut self, from: Slot, to: Slot) {
        let Links { previous: last, next: first } = self.rings[from.index()];
        if first >= SLOTS_FROM {
            return;
        }
        let before = self.rings[to.index()].previous;
        self.links_mut(before).next = first;
        self.links_mut(first).previous = before;
        self.links_mut(last).next = link(to);
        self.rings[to.index()].previous = last;
        self.rings[from.index()] = Links::to(link(from));
    }

    fn extend(&mut self, timer: Timer<T>) -> Place {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let last = self.chunks.len() - 1;
        let index = last * CHUNK + self.chunks[last].len();
        self.chunks[last].push(timer);
        let place = u32::try_from(index).ok().filter(|place| *place < SLOTS_FROM);
        assert!(place.is_some(), "{} timers are armed, and there is room for no more", self.armed);
        Place(place.unwrap_or(NONE))
    }

    fn timer(&self, place: Place) -> &Timer<T> {
        &self.chunks[place.chunk()][place.offset()]
    }

    fn timer_mut(&mut self, place: Place) -> &mut Timer<T> {
        &mut self.chunks[place.chunk()][place.offset()]
    }

    fn links_mut(&mut self, link: u32) -> &mut Links {
        if link >= SLOTS_FROM {
            &mut self.rings[(link - SLOTS_FROM) as usize]
        } else {
            &mut self.timer_mut(Place(link)).links
        }
    }
}

impl Place {
    const fn chunk(self) -> usize {
        self.0 as usize / CHUNK
    }

    const fn offset(self) -> usize {
        self.0 as usize % CHUNK
    }
}

impl Links {
    const fn to(link: u32) -> Self {
        Self { previous: link, next: link }
    }
}

/// The link that closes the ring of a slot's list.
const fn link(slot: Slot) -> u32 {
    SLOTS_FROM + slot.index() as u32
}
