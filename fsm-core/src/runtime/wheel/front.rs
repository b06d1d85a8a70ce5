//! The front: the timers that the wheel has come to, in the exact order in which they are due.
//!
//! It is a heap of places, each timer knowing its index, so that any can be taken out. It holds
//! what is overdue or due in the current tick, so it is small but after a restart.

use super::arena::{Arena, Place};

/// The capacity that is kept when the last timer has left.
const KEPT: usize = 1_024;

/// The heap.
#[derive(Debug, Default)]
pub(super) struct Front {
    heap: Vec<Place>,
}

impl Front {
    /// The timer that is due first.
    pub(super) fn first(&self) -> Option<Place> {
        self.heap.first().copied()
    }

    pub(super) fn push<T: Copy>(&mut self, arena: &mut Arena<T>, place: Place) {
        let length = self.heap.len();
        if length == self.heap.capacity() {
            // Doubling would leave half of it empty.
            self.heap.reserve_exact(length / 4 + 16);
        }
        self.heap.push(place);
        self.rise(arena, length);
    }

    /// Takes out the timer at an index.
    pub(super) fn remove<T: Copy>(&mut self, arena: &mut Arena<T>, index: usize) {
        self.heap.swap_remove(index);
        if index < self.heap.len() {
            let hole = self.sink(arena, index);
            self.rise(arena, hole);
        } else if self.heap.is_empty() && self.heap.capacity() > KEPT {
            self.heap = Vec::new();
        }
    }

    /// Lets the timer at an index go down to the last row, the earlier child taking its place
    /// each time: it came from there, so it mostly belongs there. Says where it is.
    fn sink<T: Copy>(&mut self, arena: &mut Arena<T>, mut index: usize) -> usize {
        let place = self.heap[index];
        loop {
            let (left, right) = (2 * index + 1, 2 * index + 2);
            if left >= self.heap.len() {
                break;
            }
            let is_right = right < self.heap.len()
                && arena.rank(self.heap[right]) < arena.rank(self.heap[left]);
            let child = if is_right { right } else { left };
            self.put(arena, index, self.heap[child]);
            index = child;
        }
        self.heap[index] = place;
        index
    }

    /// Lets the timer at an index go up to where it belongs.
    fn rise<T: Copy>(&mut self, arena: &mut Arena<T>, mut index: usize) {
        let place = self.heap[index];
        let rank = arena.rank(place);
        while index > 0 {
            let parent = (index - 1) / 2;
            if arena.rank(self.heap[parent]) <= rank {
                break;
            }
            self.put(arena, index, self.heap[parent]);
            index = parent;
        }
        self.put(arena, index, place);
    }

    fn put<T: Copy>(&mut self, arena: &mut Arena<T>, index: usize, place: Place) {
        self.heap[index] = place;
        arena.put_in_front(place, index);
    }
}
