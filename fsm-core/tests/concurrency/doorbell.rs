//! A ring is never lost, whatever the order of ring, look and registration.

use loom::thread;

use crate::queue::Doorbell;
use crate::sync::{Arc, AtomicBool, Ordering, in_every_order, in_many_orders, wait};

/// One who rings after having put something down, and one who waits for the bell and looks. If a
/// ring were lost, the wait would never end, which loom reports as a deadlock.
#[test]
fn whoever_waits_for_the_bell_sees_what_was_put_down_before_it_rang() {
    in_every_order(|| {
        let (bell, put) = (Arc::new(Doorbell::default()), Arc::new(AtomicBool::new(false)));
        let ringing = thread::spawn({
            let (bell, put) = (Arc::clone(&bell), Arc::clone(&put));
            move || {
                put.store(true, Ordering::Relaxed);
                bell.ring();
            }
        });
        wait(|cx| bell.poll(cx));
        assert!(put.load(Ordering::Relaxed), "what was put down before the ring is seen");
        ringing.join().unwrap();
    });
}

/// Two who ring: who waits is woken at least until both were seen.
#[test]
fn two_who_ring_are_both_heard() {
    in_many_orders(|| {
        let bell = Arc::new(Doorbell::default());
        let put: [_; 2] = std::array::from_fn(|_| Arc::new(AtomicBool::new(false)));
        let ringing = put.clone().map(|put| {
            let bell = Arc::clone(&bell);
            thread::spawn(move || {
                put.store(true, Ordering::Relaxed);
                bell.ring();
            })
        });
        while !put.iter().all(|put| put.load(Ordering::Relaxed)) {
            wait(|cx| bell.poll(cx));
        }
        ringing.into_iter().for_each(|ringing| ringing.join().unwrap());
    });
}

/// A bell that rang while nobody listened rings for who comes later, once.
#[test]
fn a_ring_waits_for_its_listener() {
    in_every_order(|| {
        let bell = Doorbell::default();
        bell.ring();
        bell.ring();
        let cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(bell.poll(&cx).is_ready());
        assert!(bell.poll(&cx).is_pending());
    });
}
