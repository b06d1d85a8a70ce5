//! What is pushed comes out once, in its sender's order, or comes back to its sender.

use std::collections::VecDeque;

use loom::thread;

use crate::queue::{Doorbell, Queue, Unqueued};
use crate::sync::{Arc, in_many_orders, wait};

/// A sender's number, and a command's among its commands.
type Command = (u8, u8);

fn pair(capacity: usize) -> (Arc<Queue<Command>>, Arc<Doorbell>) {
    let bell = Arc::new(Doorbell::default());
    (Arc::new(Queue::new(capacity, Arc::clone(&bell))), bell)
}

/// Takes as a shard does: waits for the bell, then takes all there is.
fn wait_and_take(queue: &Queue<Command>, bell: &Doorbell, taken: &mut Vec<Command>) {
    wait(|cx| bell.poll(cx));
    take(queue, taken);
}

fn take(queue: &Queue<Command>, taken: &mut Vec<Command>) {
    let mut commands = VecDeque::new();
    queue.take(&mut commands);
    taken.extend(commands);
}

fn of(sender: u8, taken: &[Command]) -> Vec<u8> {
    taken.iter().filter(|command| command.0 == sender).map(|command| command.1).collect()
}

#[test]
fn nothing_is_lost_or_seen_twice_and_each_senders_order_is_kept() {
    in_many_orders(|| {
        let (queue, bell) = pair(8);
        let senders = [0, 1].map(|sender| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                for number in 0..2 {
                    queue.push((sender, number)).unwrap();
                }
            })
        });
        let mut taken = Vec::new();
        while taken.len() < 4 {
            wait_and_take(&queue, &bell, &mut taken);
        }
        assert_eq!((of(0, &taken), of(1, &taken)), (vec![0, 1], vec![0, 1]));
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        take(&queue, &mut taken);
        assert_eq!(taken.len(), 4);
    });
}

/// The shard ends when it sees the queue closed, and has taken what was in it then.
#[test]
fn a_push_before_the_end_is_drained_and_one_after_it_comes_back() {
    in_many_orders(|| {
        let (queue, bell) = pair(8);
        let sender = thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                let pushed = [0, 1].map(|number| match queue.push((0, number)) {
                    Ok(()) => true,
                    Err((Unqueued::Closed, command)) => {
                        assert_eq!(command, (0, number));
                        false
                    }
                    Err((Unqueued::Full, _)) => panic!("there is room"),
                });
                assert!(pushed[0] || !pushed[1], "once closed it stays closed");
                pushed
            }
        });
        let closer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.close()
        });
        let mut taken = Vec::new();
        loop {
            // The look before the taking, as a shard looks at its door.
            let closed = queue.is_closed();
            take(&queue, &mut taken);
            if closed {
                break;
            }
            wait(|cx| bell.poll(cx));
        }
        closer.join().unwrap();
        let pushed = sender.join().unwrap();
        let expected: Vec<u8> = (0..2).filter(|&number| pushed[usize::from(number)]).collect();
        assert_eq!(of(0, &taken), expected);
    });
}

#[test]
fn a_full_queue_refuses_and_takes_again_when_it_was_emptied() {
    in_many_orders(|| {
        let (queue, bell) = pair(1);
        let senders = [0, 1].map(|sender| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || match queue.push((sender, 0)) {
                Ok(()) => true,
                Err((Unqueued::Full, command)) => {
                    assert_eq!(command, (sender, 0));
                    false
                }
                Err((Unqueued::Closed, _)) => panic!("nobody closed it"),
            })
        });
        let mut taken = Vec::new();
        wait_and_take(&queue, &bell, &mut taken);
        let pushed = senders.map(|sender| sender.join().unwrap());
        take(&queue, &mut taken);
        for sender in [0, 1] {
            assert_eq!(of(sender, &taken).len(), usize::from(pushed[usize::from(sender)]));
        }
        queue.push((2, 0)).unwrap();
        assert!(matches!(queue.push((2, 1)), Err((Unqueued::Full, (2, 1)))));
        // The push that found it empty rang, whatever was full before.
        wait_and_take(&queue, &bell, &mut taken);
        assert_eq!(of(2, &taken), [0]);
        queue.push((2, 1)).unwrap();
    });
}
