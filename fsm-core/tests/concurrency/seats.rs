//! What is pushed for a seat is for the machine that had it, whatever became of the slot since.

use std::collections::VecDeque;

use loom::thread;

use crate::queue::{Doorbell, Queue, Seat};
use crate::sync::{Arc, in_many_orders};

/// The machine that a command is for, as its sender meant it, and the slot that it was pushed for.
type Command = (u8, u32);

const FIRST: Seat = Seat { slot: 0, vacated: 0 };

/// A shard gives slot 0 up, and gives it to another machine once it has looked at what was queued
/// until then, while a sender goes on pushing for the first machine. No command for the first may
/// be found when the second has the slot.
#[test]
fn a_slot_is_somebody_elses_only_when_nothing_is_queued_for_the_last() {
    in_many_orders(|| {
        let queue = Arc::new(Queue::<Command>::new(8, Arc::new(Doorbell::default())));
        let sender = thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                let mut pushed = 0;
                for _ in 0..2 {
                    let room = queue.room().unwrap();
                    if !room.has(FIRST) {
                        break;
                    }
                    room.put(|| (1, FIRST.slot));
                    pushed += 1;
                }
                pushed
            }
        });
        let (mut looked_at, mut of_the_first) = (0, 0);
        let mut look = |owner: u8, looked_at: &mut u64| {
            let mut taken = VecDeque::new();
            queue.take(&mut taken);
            for (machine, _) in taken {
                *looked_at += 1;
                assert_eq!(machine, owner, "a command met a slot of somebody else");
                of_the_first += 1;
            }
        };
        look(1, &mut looked_at);
        let queued = queue.vacate(FIRST.slot);
        while looked_at < queued {
            look(1, &mut looked_at);
        }
        // The slot is the second machine's now.
        look(2, &mut looked_at);
        let pushed = sender.join().unwrap();
        look(2, &mut looked_at);
        assert_eq!(of_the_first, pushed, "nothing is lost");
    });
}

#[test]
fn a_seat_is_known_again_by_how_often_it_was_given_up() {
    loom::model(|| {
        let queue = Queue::<Command>::new(8, Arc::new(Doorbell::default()));
        let second = Seat { slot: 0, vacated: 1 };
        assert!(queue.room().unwrap().has(FIRST));
        queue.vacate(0);
        let room = queue.room().unwrap();
        assert!(!room.has(FIRST) && room.has(second));
        assert!(room.has(Seat { slot: 7, vacated: 0 }), "other slots are as they were");
    });
}
