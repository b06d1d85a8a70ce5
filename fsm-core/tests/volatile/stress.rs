//! Senders on all threads, by the short ways and the long ones side by side, and a shutdown in the
//! middle: what was accepted happened once, in each sender's order, and nothing else did.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};

use fsm_core::{MachineRef, SendError, System};
use tokio::sync::Notify;

use crate::tape::{Event, Recorder, Tape, write};

const MACHINES: usize = 3;
const SENDERS: u32 = 6;
/// How many events are sent before the system is shut down.
const UNTIL_SHUTDOWN: u32 = 60_000;
/// How often a sender casts before it waits for an answer: with this, nothing is ever overloaded.
const CASTS_MAX: u32 = 64;

/// What a sender was told of its events to each machine.
type Accepted = [Vec<u32>; MACHINES];

/// Counts what was sent, and rings when that is enough.
#[derive(Debug, Default)]
struct Meter {
    sent: AtomicU32,
    enough: Notify,
}

impl Meter {
    fn count(&self) {
        if self.sent.fetch_add(1, Ordering::Relaxed) == UNTIL_SHUTDOWN {
            self.enough.notify_one();
        }
    }
}

/// Sends until it is told that the system ends.
async fn sender(by: u32, machines: Vec<MachineRef<Recorder>>, meter: Arc<Meter>) -> Accepted {
    let mut accepted = Accepted::default();
    let mut random = u64::from(by) + 1;
    for number in 0.. {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let which = usize::try_from(random >> 8).unwrap() % MACHINES;
        // A clone knows what the handle knows that it was made of.
        let clone = machines[which].clone();
        let machine = if random & 64 == 0 { &clone } else { &machines[which] };
        let sent = match random % 16 {
            _ if number % CASTS_MAX == 0 => machine.send(write(by, number)).await.map(drop),
            0..6 => machine.send(write(by, number)).await.map(drop),
            6..8 => machine.send(write(by, number)).correlation_id("c").await.map(drop),
            8 => machine.state().await.map(drop).map_err(|_| stopped(by, number)),
            _ => machine.cast(write(by, number)),
        };
        meter.count();
        match sent {
            Ok(()) if random % 16 == 8 && number % CASTS_MAX != 0 => {}
            Ok(()) => accepted[which].push(number),
            Err(SendError::ShuttingDown { given }) => {
                assert_eq!(given, write(by, number));
                return accepted;
            }
            Err(error) => panic!("{by} is told of {number}: {error}"),
        }
    }
    unreachable!("the system ends before")
}

const fn stopped(by: u32, number: u32) -> SendError<Event> {
    SendError::ShuttingDown { given: write(by, number) }
}

async fn play(system: System) {
    let (mut machines, mut tapes) = (Vec::new(), Vec::new());
    for id in 0..MACHINES {
        let (machine, tape) = (system.machine::<Recorder>(id.to_string()), Tape::default());
        machine.create(tape.clone()).await.unwrap();
        machines.push(machine);
        tapes.push(tape);
    }
    let meter = Arc::new(Meter::default());
    let start = |by| tokio::spawn(sender(by, machines.clone(), Arc::clone(&meter)));
    let senders: Vec<_> = (0..SENDERS).map(start).collect();
    meter.enough.notified().await;
    system.shutdown().await.unwrap();
    let mut accepted = Vec::new();
    for sender in senders {
        accepted.push(sender.await.unwrap());
    }
    for (id, tape) in tapes.iter().enumerate() {
        let mut written: HashMap<u32, Vec<u32>> = HashMap::new();
        for (by, number) in tape.lines() {
            written.entry(by).or_default().push(number);
        }
        for (by, accepted) in (0..SENDERS).zip(&accepted) {
            let written = written.remove(&by).unwrap_or_default();
            let differs = written.iter().zip(&accepted[id]).position(|(done, told)| done != told);
            assert_eq!(differs, None, "machine {id} took something else of {by} than it was told");
            assert_eq!(written.len(), accepted[id].len(), "of {by} at machine {id}");
        }
    }
}

fn threads() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
}

#[test]
fn what_is_accepted_happens_once_in_each_senders_order() {
    for shards in [1, 2] {
        let shards = NonZeroUsize::new(shards).unwrap();
        threads().block_on(async {
            play(System::builder().volatile().shards(shards).start().await.unwrap()).await;
        });
    }
}

#[test]
fn so_it_does_where_it_is_journaled() {
    threads().block_on(async {
        play(System::builder().start().await.unwrap()).await;
    });
}

#[test]
fn senders_of_another_runtime_and_of_none_are_answered_all_the_same() {
    let (home, abroad) = (threads(), threads());
    let system = home.block_on(System::builder().volatile().start()).unwrap();
    let machine = system.machine::<Recorder>("a");
    let tape = Tape::default();
    home.block_on(machine.create(tape.clone())).unwrap();
    thread::scope(|scope| {
        for by in 0..4 {
            let (machine, abroad) = (machine.clone(), &abroad);
            scope.spawn(move || {
                let sending = async {
                    for number in 0..5_000 {
                        if (by + number) % 4 == 0 {
                            machine.cast(write(by, number)).unwrap();
                        } else {
                            machine.send(write(by, number)).await.unwrap();
                        }
                    }
                };
                if by % 2 == 0 { abroad.block_on(sending) } else { alone(sending) }
            });
        }
    });
    home.block_on(system.shutdown()).unwrap();
    let lines = tape.lines();
    for by in 0..4 {
        assert!(lines.iter().filter(|line| line.0 == by).map(|line| line.1).eq(0..5_000));
    }
}

/// Waits for a future on this thread, without any runtime.
fn alone<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
