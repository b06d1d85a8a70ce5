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
//! `SIMULATION_FROM=1000000` begins elsewhere. Two things in the runtime ask the system for chance,
//! the order in which machines are woken after a restart and the jitter between deliveries: a seed
//! that depends on them fails sometimes, so run it a few times.

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
use std::sync::Arc;

use dice::Dice;
use faulty_journal::FaultyJournal;
use handler::Handler;
use idle::Idle;
use life::{Ending, Life, Terrain};
use world::World;

/// How many seeds are tried unless `SIMULATION_SEEDS` says otherwise.
const SEEDS: u64 = 150;

/// The end of a simulation in which a promise was broken.
#[derive(Debug)]
struct Failure {
    faults: Vec<String>,
    story: String,
}

fn simulate(seed: u64, strict: bool) -> Result<usize, Failure> {
    let mut dice = Dice::new(seed, 0);
    let world = Arc::new(World::default());
    let terrain = Terrain::roll(&mut dice, strict);
    world.tell(format!("{terrain:?}"));
    let lives = 1 + dice.below(4);
    for number in 0..=lives {
        let is_last = number == lives;
        live(&world, terrain, &mut dice, (seed, number + 1), is_last);
        rest::compare(&world, terrain);
        let faults = world.faults();
        if !faults.is_empty() {
            return Err(Failure { faults, story: world.story() });
        }
    }
    Ok(world.records().len())
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
    let weather = weather::roll(dice, is_last, terrain.strict);
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

#[test]
fn no_promise_is_broken_whatever_happens() {
    simulate_all(false);
}

/// The same without the exceptions that are made for faults that are known. Whoever mends one of
/// them takes its exception out; they are where `strict` is asked.
#[test]
#[ignore = "the runtime forgets what is due after a failed append or read, and more: see `strict`"]
fn no_promise_is_broken_without_exceptions() {
    simulate_all(true);
}

fn simulate_all(strict: bool) {
    weather::hush();
    let one = number("SIMULATION_SEED");
    let first = one.or(number("SIMULATION_FROM")).unwrap_or(0);
    let seeds = if one.is_some() { 1 } else { number("SIMULATION_SEEDS").unwrap_or(SEEDS) };
    let mut records = 0;
    for seed in first..first + seeds {
        match simulate(seed, strict) {
            Ok(written) => records += written,
            Err(Failure { faults, story }) => panic!(
                "{story}\n\n{}\n\nSIMULATION_SEED={seed} cargo test -p fsm-core --test simulation",
                faults.join("\n")
            ),
        }
    }
    assert!(one.is_some() || records as u64 > seeds * 10, "nothing happens: {records} records");
}
