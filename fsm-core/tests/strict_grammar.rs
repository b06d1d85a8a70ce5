//! A machine with the whole grammar in a crate that takes no warnings from anybody.
#![deny(warnings, missing_docs, unused_results, variant_size_differences)]
#![deny(elided_lifetimes_in_paths, explicit_outlives_requirements, single_use_lifetimes)]
#![deny(trivial_casts, unused_import_braces, unused_lifetimes, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]

use std::time::Duration;

use fsm_core::{Effects, Fsm, Moment};

/// A machine.
#[derive(Fsm, Clone, Debug, PartialEq, Eq)]
#[fsm(event = Event, context = Memory, effect = u8)]
#[fsm(version = 2, previous(1 = Old), renamed(Was => First))]
#[fsm(group = Outer, initial = First, history = last)]
#[fsm(group = Inner, in = Outer, initial = Third, deep_history = inner)]
#[enter(of(Outer), note(1))]
#[exit(of(Inner, First), note(2))]
#[after(90d => Ended, label = "life")]
#[after(from(Outer), 5min if may() => Away / note(3))]
#[every(from(Inner), patience() / note(4))]
#[on(from(Outer), Leave { unused } => Away)]
#[quiet(Stay)]
pub enum Machine {
    /// Away.
    #[fsm(initial)]
    #[on(Back => Outer / note(5))]
    #[on(Deeper => Inner)]
    #[always(if may() => Ended)]
    Away,
    /// First.
    #[fsm(group = Outer)]
    #[enter({ let _ = value; })]
    #[on(Deeper => Third(u64::from(value)))]
    #[defer(Back)]
    First {
        /// A value.
        value: u32,
        /// Another.
        unused: String,
    },
    /// Third.
    #[fsm(group = Inner)]
    #[exit({ let _ = state; })]
    #[every(Duration::from_secs(*state) if *state > 3 / note(6), label = "own")]
    #[after(500ms => First { value: 3, unused: String::new() })]
    #[on(Stay => _)]
    Third(u64),
    /// Ended.
    #[fsm(final)]
    #[enter(note(7))]
    Ended,
}

/// Events.
#[derive(Clone, Debug)]
pub enum Event {
    /// Back.
    Back,
    /// Leave.
    Leave {
        /// Not read.
        unused: u64,
    },
    /// Deeper.
    Deeper,
    /// Stay.
    Stay,
}

/// What events were.
#[derive(Debug)]
pub struct Old;

impl From<Old> for Event {
    fn from(_: Old) -> Self {
        Self::Back
    }
}

/// The context.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    last: Option<Machine>,
    inner: Option<Machine>,
    patience: Duration,
    sum: u8,
}

impl Memory {
    const fn note(&mut self, what: u8) -> u8 {
        self.sum = self.sum.wrapping_add(what);
        what
    }

    const fn may(&self) -> bool {
        self.sum > 3
    }

    const fn patience(&self) -> Duration {
        self.patience
    }
}

#[test]
fn the_whole_grammar_works_together() {
    let (mut memory, moment, mut effects) = (Memory::default(), Moment::default(), Effects::new());
    let mut machine = Machine::start(&mut memory, moment, &mut effects);
    for event in [Event::Deeper, Event::Stay, Event::Leave { unused: 1 }, Old.into()] {
        machine = machine.step(&mut memory, event, moment, &mut effects).unwrap();
    }
    assert_eq!(machine, Machine::Third(0));
    assert_eq!(effects.as_slice(), [1, 2, 5, 1]);
    assert_eq!(Machine::TABLE.renamed, [("Was", "First")]);
}
