//! The whole system, in weather: machines of several kinds, a journal that fails, effects that
//! hang, clients that give up, a clock that jumps, and kills in the middle of whatever happens.
//!
//! A simulation runs on one thread, and every choice in it comes from one seed. It is a row of
//! *lives*: in each a system is started on what the disk has, is used for a while, and ends: by a
//! kill (its runtime is dropped with all its tasks), by a shutdown, or by a shutdown after nothing
//! has gone wrong for a while. After each life the journal is held against what clients were told,
//! and against an independent fold of its records; at rest, nothing may wait that should have
//! happened.
//!
//! A failure names its seed, and tells what happened:
//!
//! ```text
//! SIMULATION_SEED=17 cargo test -p fsm-core --test simulation
//! SIMULATION_SEEDS=20000 cargo test --release -p fsm-core --test simulation      the long run
//! ```
//!
//! `SIMULATION_FROM=1000000` begins elsewhere. A seed tells the same story each time: the runtime
//! draws its chance from it too.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod actor;
mod client;
#[path = "../runtime/device.rs"]
mod device;
mod dice;
mod family;
mod faulty_journal;
mod fold;
mod handler;
mod idle;
mod known;
mod life;
mod rest;
mod shop;
mod weather;
mod world;

use std::env;
use std::ops::Range;
use std::sync::Arc;

use dice::Dice;
use faulty_journal::FaultyJournal;
use handler::Handler;
use idle::Idle;
use life::{Ending, Life, Terrain};
use world::World;

/// How many seeds are tried unless `SIMULATION_SEEDS` says otherwise.
const SEEDS: u64 = 100;

/// One of so many is told twice.
const TOLD_TWICE: usize = 6;

/// The world after one life after the other, until a promise is broken.
fn simulate(seed: u64) -> Arc<World> {
    let mut dice = Dice::new(seed, 0);
    let world = Arc::new(World::default());
    let terrain = Terrain::roll(&mut dice);
    world.tell(format!("{terrain:?}"));
    let lives = 1 + dice.below(4);
    for number in 0..=lives {
        let is_last = number == lives;
        live(&world, terrain, &mut dice, (seed, number + 1), is_last);
        rest::compare(&world, terrain);
        if !world.faults().is_empty() {
            break;
        }
    }
    world
}

/// One life. The last one ends at rest.
fn live(
    world: &Arc<World>,
    terrain: Terrain,
    dice: &mut Dice,
    (seed, number): (u64, u64),
    is_last: bool,
) {
    let part = |part| Dice::new(seed, number * 10 + part);
    let weather = weather::roll(dice, is_last);
    world.tell(format!("LIFE {number} {weather:?}"));
    let journal = FaultyJournal::open(world, part(1), weather);
    let (handler, idle) = (Handler::new(world, part(2)), Idle::default());
    let steps = dice.below(120);
    let ending = match dice.below(3) {
        _ if is_last => Ending::Quiet,
        0 => Ending::Kill,
        1 => Ending::Shutdown,
        _ => Ending::Quiet,
    };
    idle.runtime().block_on(async {
        let mut life = Life::begin(world, &journal, handler, &idle, (terrain, part(3))).await;
        life.go_on(steps).await;
        life.end(ending).await;
    });
    journal.crash();
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// The seeds that are asked for.
fn seeds() -> Range<u64> {
    if let Some(one) = number("SIMULATION_SEED") {
        return one..one + 1;
    }
    let first = number("SIMULATION_FROM").unwrap_or(0);
    first..first + number("SIMULATION_SEEDS").unwrap_or(SEEDS)
}

#[test]
fn no_promise_is_broken_whatever_happens() {
    weather::hush();
    let (seeds, mut records) = (seeds(), 0);
    for seed in seeds.clone() {
        let world = simulate(seed);
        let (faults, story) = (world.faults(), world.story());
        assert!(
            faults.is_empty(),
            "{story}\n\n{}\n\nSIMULATION_SEED={seed} cargo test -p fsm-core --test simulation",
            faults.join("\n")
        );
        records += world.records().len();
    }
    assert!(seeds.count() == 1 || records > 1_000, "nothing happens: {records} records");
}

/// So that a failure can be looked at again.
#[test]
fn a_seed_tells_the_same_story_each_time() {
    weather::hush();
    for seed in seeds().step_by(TOLD_TWICE) {
        let [told, again] = [simulate(seed), simulate(seed)].map(|world| world.story());
        for (line, (told, again)) in told.lines().zip(again.lines()).enumerate() {
            assert_eq!(told, again, "line {line} of seed {seed}");
        }
        assert_eq!(told.len(), again.len(), "the end of seed {seed}");
    }
}
