//! A machine without a runtime: what it drags in, and what it allocates.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::process::Command;

use fsm_core::{Effects, Fsm, Moment, NoEffect, TimerId};

/// Groups, entry and exit, history, timers and automatic rows, and data that is copied.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Line)]
#[fsm(group = Active, initial = Ringing, deep_history = last)]
#[enter(of(Active), count())]
#[exit(of(Active), count())]
#[on(from(Active), Park => Parked)]
enum Call {
    #[fsm(initial)]
    #[on(Dial { number } => Ringing { number } / count())]
    Idle,
    #[fsm(group = Active)]
    #[after(30s => Idle)]
    #[on(Answer if *number > 0 => Talking { number })]
    Ringing { number: u64 },
    #[fsm(group = Active)]
    #[enter(count())]
    #[every(10s / count())]
    #[on(Answer => _)]
    Talking { number: u64 },
    #[on(Resume => Active)]
    #[on(Park => Leaving)]
    Parked,
    #[always(if ctx.count > 0 => Idle)]
    #[always(=> Parked)]
    Leaving,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Dial { number: u64 },
    Answer,
    Park,
    Resume,
}

#[derive(Clone, Debug, Default)]
struct Line {
    count: u64,
    last: Option<Call>,
}

impl Line {
    fn count(&mut self) {
        self.count += 1;
    }
}

fn live(rounds: usize) -> (Call, u64) {
    let (mut line, moment) = (Line::default(), Moment::default());
    let mut effects: Effects<NoEffect> = Effects::new();
    let mut call = Call::start(&mut line, moment, &mut effects);
    let script =
        [Event::Answer, Event::Dial { number: 7 }, Event::Answer, Event::Answer, Event::Park]
            .into_iter()
            .chain([Event::Resume, Event::Park, Event::Park]);
    for event in script.cycle().take(8 * rounds) {
        call = match call.step(&mut line, event, moment, &mut effects) {
            Ok(next) => next,
            Err(refused) => refused.state,
        };
        for timer in 0..2 {
            let duration = call.duration(TimerId(timer), &line, moment);
            if duration.is_some() && matches!(call, Call::Talking { .. }) {
                call = call.elapse(TimerId(timer), &mut line, moment, &mut effects).unwrap();
            }
        }
    }
    (call, line.count)
}

#[test]
fn a_machine_allocates_nothing() {
    let mut end = None;
    let allocated = allocation_counter::measure(|| end = Some(live(100)));
    let (call, count) = end.unwrap();
    assert_eq!(call, Call::Idle);
    assert!(count > 100, "the script does what it is for: {count}");
    assert_eq!(allocated.count_total, 0);
    // The same instrument sees what is allocated.
    assert_eq!(allocation_counter::measure(|| drop(Box::new([0_u8; 64]))).count_total, 1);
}

#[test]
fn a_machine_needs_no_runtime() {
    let tree = |features: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--offline", "--prefix", "none", "-p", "fsm-core"])
            .args(["--edges", "normal"])
            .args(features)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let names = |tree: &str| -> Vec<String> {
        tree.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect()
    };
    let bare = names(&tree(&["--no-default-features", "--features", "derive"]));
    assert!(bare.iter().any(|name| name == "fsm-derive"), "{bare:?}");
    for unwanted in ["tokio", "bincode", "futures-util", "sled", "bytes"] {
        assert!(bare.iter().all(|name| name != unwanted), "{unwanted} is in the tree: {bare:?}");
    }
    assert!(names(&tree(&[])).iter().any(|name| name == "tokio"), "the search finds nothing");
}
