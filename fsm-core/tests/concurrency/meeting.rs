//! A sender that lets a machine take an event itself meets the shard, and other senders.

use std::collections::VecDeque;

use loom::thread;

use crate::lane::{CaughtUp, Lane};
use crate::queue::Doorbell;
use crate::sync::{Arc, AtomicBool, Ordering, in_many_orders, wait};

/// A sender's number, and a command's among its commands.
type Command = (u8, u8);

/// What was carried out, in order.
#[derive(Debug, Default)]
struct Machines {
    taken: VecDeque<Command>,
    carried_out: Vec<Command>,
}

impl CaughtUp for Machines {
    fn is_caught_up(&self) -> bool {
        self.taken.is_empty()
    }
}

/// The shard's turn, as it takes one: one command only, so that something is left.
fn take_a_turn(lane: &Lane<Command, Machines>) -> bool {
    let turn = |machines: &mut Machines| {
        if machines.taken.is_empty() {
            lane.take(&mut machines.taken);
        }
        let command = machines.taken.pop_front();
        machines.carried_out.extend(command);
        !machines.taken.is_empty()
    };
    lane.turn(turn).unwrap()
}

/// Sends one command: itself if that may be, by the queue if not.
fn send(lane: &Lane<Command, Machines>, command: Command) {
    if lane.directly(|machines| machines.carried_out.push(command)).is_none() {
        lane.queue.push(command).unwrap();
    }
}

fn lane() -> (Arc<Lane<Command, Machines>>, Arc<Doorbell>) {
    let bell = Arc::new(Doorbell::default());
    let lane = Arc::new(Lane::new(8, Arc::clone(&bell)));
    lane.open(Machines::default());
    (lane, bell)
}

/// One who first queues and then sends, and a shard: what was queued first is carried out first.
#[test]
fn what_a_sender_queued_is_carried_out_before_what_it_does_itself() {
    in_many_orders(|| {
        let (lane, bell) = lane();
        let sender = thread::spawn({
            let lane = Arc::clone(&lane);
            move || {
                lane.queue.push((0, 0)).unwrap();
                lane.queue.push((0, 1)).unwrap();
                send(&lane, (0, 2));
            }
        });
        let mut more = false;
        let carried_out = || lane.turn(|machines| machines.carried_out.clone()).unwrap();
        // The third may be done without a ring.
        while carried_out().len() < 2 {
            if !more {
                wait(|cx| bell.poll(cx));
            }
            more = take_a_turn(&lane);
        }
        sender.join().unwrap();
        while carried_out().len() < 3 {
            take_a_turn(&lane);
        }
        assert_eq!(carried_out(), [(0, 0), (0, 1), (0, 2)]);
    });
}

/// Two who send, and a shard: everything is carried out once, each sender's in its order.
#[test]
fn everything_is_carried_out_once_whoever_does_it() {
    in_many_orders(|| {
        let (lane, _) = lane();
        let senders = [0, 1].map(|sender| {
            let lane = Arc::clone(&lane);
            thread::spawn(move || {
                send(&lane, (sender, 0));
                send(&lane, (sender, 1));
            })
        });
        take_a_turn(&lane);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        while take_a_turn(&lane) {}
        take_a_turn(&lane);
        while take_a_turn(&lane) {}
        let carried_out = lane.turn(|machines| machines.carried_out.clone()).unwrap();
        for sender in [0, 1] {
            let of: Vec<_> = carried_out.iter().filter(|command| command.0 == sender).collect();
            assert_eq!(of, [&(sender, 0), &(sender, 1)], "{carried_out:?}");
        }
    });
}

/// A lane that ends: who comes later is refused, and nothing is carried out after that.
#[test]
fn nothing_is_done_directly_after_the_end() {
    in_many_orders(|| {
        let (lane, _) = lane();
        let sender = thread::spawn({
            let lane = Arc::clone(&lane);
            move || {
                let directly = lane.directly(|machines| machines.carried_out.push((0, 0)));
                (directly.is_some(), directly.is_none() && lane.queue.push((0, 0)).is_ok())
            }
        });
        let machines = lane.end().unwrap();
        let (directly, queued) = sender.join().unwrap();
        assert_eq!(machines.carried_out.len(), usize::from(directly));
        let mut left = VecDeque::new();
        lane.take(&mut left);
        assert_eq!(left.len(), usize::from(queued), "what was queued is there to be refused");
        assert!(lane.glance(|_| ()).is_none() && lane.queue.push((1, 0)).is_err());
    });
}

/// A sender at work, and a shard that is rung meanwhile: it does not wait for the sender, and it
/// comes to its turn.
#[test]
fn a_shard_that_finds_a_sender_at_work_is_rung_when_that_has_finished() {
    in_many_orders(|| {
        let (lane, bell) = lane();
        // Both touch it, so that loom tries the orders in which the shard comes while the sender is
        // at work.
        let at_work = Arc::new(AtomicBool::new(false));
        let sender = thread::spawn({
            let (lane, at_work) = (Arc::clone(&lane), Arc::clone(&at_work));
            move || {
                lane.directly(|machines| {
                    at_work.store(true, Ordering::Relaxed);
                    machines.carried_out.push((0, 0));
                    at_work.store(false, Ordering::Relaxed);
                })
            }
        });
        bell.ring();
        let mut has_had_its_turn = false;
        while !has_had_its_turn {
            wait(|cx| bell.poll(cx));
            let _ = at_work.load(Ordering::Relaxed);
            has_had_its_turn = lane.try_turn(|_| ()).is_some();
        }
        sender.join().unwrap();
    });
}
