//! Machines that are right although a rule is near: that they compile is the test.
#![deny(warnings)]

use std::time::Duration;

use fsm_core::{Fsm, Moment};

/// Only timers lead on, and the last state is reached by one alone.
#[derive(Fsm, Debug)]
#[fsm(event = Never)]
enum Fuse {
    #[fsm(initial)]
    #[after(30s => Burning { length: 3 })]
    Laid,
    #[after(Duration::from_secs((*length).into()) if *length > 5 => Gone, label = "long")]
    #[after(500ms => Gone)]
    Burning { length: u32 },
    #[fsm(final)]
    Gone,
}

#[derive(Debug)]
enum Never {}

/// Only automatic rows lead out, and round in a circle that a guard ends. Two timers of different
/// kinds need no label, nor do rows without an event beside rows with one.
#[derive(Fsm, Debug)]
#[fsm(event = Go, context = Left)]
#[on(Go => Working)]
enum Worker {
    #[fsm(initial)]
    #[always(if is_done() => Resting)]
    #[always(=> Working)]
    Looking,
    #[always(=> Looking / take())]
    Working,
    #[always(if is_full() => Looking)]
    #[after(1d => Looking)]
    #[every(1d / take())]
    #[on(Go => Looking)]
    Resting,
}

#[derive(Debug)]
enum Go {
    Go,
}

struct Left(u32);

impl Left {
    fn is_done(&self) -> bool {
        self.0 == 0
    }

    fn is_full(&self) -> bool {
        self.0 > 5
    }

    fn take(&mut self) {
        self.0 = self.0.saturating_sub(1);
    }
}

/// `Washing` is entered by the history of `On` alone: `Rinsing` is left, and the shallow history
/// enters its group anew. The innermost group is only for the picture.
#[derive(Fsm, Clone, Debug)]
#[fsm(event = Switch, context = Memory, version = 3, previous(1 = Old, 2 = Old))]
#[fsm(renamed(Idle => Stopped, Halt => Off))]
#[fsm(history, initial = Low, group = On)]
#[fsm(group = Turning, in = On, initial = Washing)]
#[fsm(group = Program, in = Turning)]
#[on(from(On,), Off => Stopped)]
#[quiet(Off)]
#[defer(from(Stopped), Next)]
enum Washer {
    #[fsm(initial)]
    #[on(Resume => On)]
    Stopped,
    #[fsm(group = On)]
    #[on(Next => Rinsing)]
    Low,
    #[fsm(group = Program)]
    #[on(Next => Low)]
    Washing,
    #[fsm(group = Program)]
    #[on(Next => Low)]
    Rinsing,
}

#[derive(Clone, Debug)]
enum Switch {
    Off,
    Resume,
    Next,
}

#[derive(Debug)]
struct Old;

impl From<Old> for Switch {
    fn from(_: Old) -> Self {
        Self::Off
    }
}

#[derive(Default)]
struct Memory {
    history: Option<Washer>,
}

/// A final state may be entered with an action; a group may hold final states and others; a bare
/// call may be named `of`.
#[derive(Fsm, Debug)]
#[fsm(event = Go, context = Log)]
#[fsm(group = All)]
#[on(from(All), Go => Done)]
enum Errand {
    #[fsm(initial, group = All)]
    #[enter(of("start"))]
    Start,
    #[fsm(final, group = All)]
    #[enter(of("done"))]
    Done,
}

struct Log(Vec<&'static str>);

impl Log {
    fn of(&mut self, what: &'static str) {
        self.0.push(what);
    }
}

#[test]
fn what_is_right_compiles() {
    let (moment, mut effects) = (Moment::default(), fsm_core::Effects::new());
    let mut log = Log(Vec::new());
    let errand = Errand::start(&mut log, moment, &mut effects);
    let errand = errand.step(&mut log, Go::Go, moment, &mut effects).unwrap();
    assert!(matches!(errand, Errand::Done));
    assert_eq!(log.0, ["start", "done"]);
    let (mut left, mut effects) = (Left(5), fsm_core::Effects::new());
    assert!(matches!(Worker::start(&mut left, moment, &mut effects), Worker::Resting));
    assert_eq!(left.0, 0);
    let (mut memory, mut effects) = (Memory::default(), fsm_core::Effects::new());
    let mut washer = Washer::start(&mut memory, moment, &mut effects);
    for event in [Switch::Resume, Switch::Next, Switch::from(Old), Switch::Resume] {
        washer = washer.step(&mut memory, event, moment, &mut effects).unwrap();
    }
    assert!(matches!(washer, Washer::Washing));
    assert_eq!(Fuse::TABLE.timers.len(), 3);
}
