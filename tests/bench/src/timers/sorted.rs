//! The peers that sort: an ordered map, and a heap that cancels when a timer would be due.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use fsm_core::Timestamp;

use super::contestant::{Contestant, SLICE};

/// Timers by when they are due, and then by a number.
pub(super) struct Ordered {
    timers: BTreeMap<(Timestamp, u64), u64>,
    number: u64,
}

/// Keys in a heap, items beside it. A key is without effect when another timer has its place.
pub(super) struct Heap {
    keys: BinaryHeap<Reverse<(Timestamp, u64, u32)>>,
    /// The number of the timer that has the place, and its item.
    places: Vec<(u64, u64)>,
    free: Vec<u32>,
    number: u64,
}

/// No timer's number.
const NOBODY: u64 = u64::MAX;

impl Contestant for Ordered {
    const NAME: &'static str = "BTreeMap";
    type Armed = (Timestamp, u64);

    fn new() -> Self {
        Self { timers: BTreeMap::new(), number: 0 }
    }

    fn arm(&mut self, due: Timestamp, item: u64) -> Self::Armed {
        self.number += 1;
        self.timers.insert((due, self.number), item);
        (due, self.number)
    }

    fn cancel(&mut self, armed: Self::Armed) -> bool {
        self.timers.remove(&armed).is_some()
    }

    fn expire(&mut self, now: Timestamp, due: &mut Vec<(Timestamp, u64)>) -> bool {
        let slice = due.len() + SLICE;
        while let Some(first) = self.timers.first_entry().filter(|first| first.key().0 <= now) {
            if due.len() == slice {
                return true;
            }
            let ((time, _), item) = first.remove_entry();
            due.push((time, item));
        }
        false
    }
}

impl Contestant for Heap {
    const NAME: &'static str = "BinaryHeap";
    type Armed = (u64, u32);

    fn new() -> Self {
        Self { keys: BinaryHeap::new(), places: Vec::new(), free: Vec::new(), number: 0 }
    }

    fn arm(&mut self, due: Timestamp, item: u64) -> Self::Armed {
        self.number += 1;
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push((NOBODY, 0));
            (self.places.len() - 1) as u32
        });
        self.places[place as usize] = (self.number, item);
        self.keys.push(Reverse((due, self.number, place)));
        (self.number, place)
    }

    fn cancel(&mut self, (number, place): Self::Armed) -> bool {
        self.take(number, place).is_some()
    }

    fn expire(&mut self, now: Timestamp, due: &mut Vec<(Timestamp, u64)>) -> bool {
        let slice = due.len() + SLICE;
        while let Some(&Reverse((time, number, place))) = self.keys.peek()
            && time <= now
        {
            if due.len() == slice {
                return true;
            }
            self.keys.pop();
            due.extend(self.take(number, place).map(|item| (time, item)));
        }
        false
    }
}

impl Heap {
    fn take(&mut self, number: u64, place: u32) -> Option<u64> {
        let (holder, item) = &mut self.places[place as usize];
        if *holder != number {
            return None;
        }
        *holder = NOBODY;
        self.free.push(place);
        Some(*item)
    }
}
