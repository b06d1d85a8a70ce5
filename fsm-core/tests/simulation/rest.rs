//! What must hold when nothing has gone wrong for a while, and of the journal at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fsm_core::Fsm;
use fsm_core::journal::{Fact, Record};
use fsm_core::runtime::EffectKey;

use crate::actor::Actor;
use crate::client::Client;
use crate::device;
use crate::family::{ChildState, ParentEvent, ParentState};
use crate::fold::Folded;
use crate::handler;
use crate::life::{Life, Terrain};
use crate::shop;
use crate::world::World;

/// What the journal makes of the machines of a kind.
pub(crate) fn fold<F: Actor>(world: &World) -> BTreeMap<String, Folded<F>> {
    let Some(kind) = fsm_core::journal::Journal::kind(&world.disk, F::TABLE.name) else {
        return BTreeMap::new();
    };
    let mut records: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for record in world.records().into_iter().filter(|record| record.machine.kind == kind) {
        records.entry(record.machine.id.to_string()).or_default().push(record);
    }
    let mut folded = BTreeMap::new();
    for (id, records) in records {
        match Folded::of(&records) {
            Ok(machine) => drop(folded.insert(id, machine)),
            Err(fault) => world.fault(fault),
        }
    }
    folded
}

/// Holds the journal against what clients were told.
pub(crate) fn compare(world: &World, terrain: Terrain) {
    for (place, record) in world.records().iter().enumerate() {
        if record.position.0 != place as u64 + 1 {
            world.fault(format!("a gap in the journal before {record:?}"));
        }
    }
    compare_kind::<device::State>(world, terrain.window);
    compare_kind::<shop::State>(world, terrain.window);
    compare_kind::<ParentState>(world, usize::MAX);
    compare_kind::<ChildState>(world, usize::MAX);
}

fn compare_kind<F: Actor>(world: &World, window: usize) {
    let known = F::known(world);
    known.check(&fold(world), window).into_iter().for_each(|fault| world.fault(fault));
    known.notes().watched.iter_mut().for_each(|watched| watched.open = false);
}

/// At rest nothing waits, and what is in memory is what the journal says.
pub(crate) async fn check(life: &Life) {
    check_kind::<device::State>(life).await;
    check_kind::<shop::State>(life).await;
    check_kind::<ParentState>(life).await;
    check_kind::<ChildState>(life).await;
    let world = &life.world;
    for order in fold::<shop::State>(world).values() {
        world.check(handler::all_performed(world, order));
    }
    check_families(world);
}

async fn check_kind<F: Actor>(life: &Life) {
    let world = &life.world;
    for (id, folded) in fold::<F>(world) {
        world.check(folded.is_at_rest(world.now()));
        let name = format!("{} `{id}`", F::TABLE.name);
        if !folded.owed.is_empty() {
            world.fault(format!("{name} still owes {:?}", folded.owed));
        }
        for watched in F::known(world).notes().watched.iter() {
            if watched.open && watched.id == id {
                world.check(watched.is_up_to_date(&folded));
            }
        }
        let closing = Arc::new(AtomicBool::new(false));
        let client = Client::<F>::new(world, &life.system, id, &closing);
        let last = folded.last().map(|view| view.record.sequence);
        match client.look().await {
            Ok(seen) if Some(seen) == last => {}
            seen => world.fault(format!("{name} is seen as {seen:?}, and {last:?} is durable")),
        }
    }
}

/// The dead letters at hand are the effects that were given up.
pub(crate) fn check_dead_letters(life: &Life) {
    let world = &life.world;
    let orders = abandoned(&fold::<shop::State>(world));
    let parents = abandoned(&fold::<ParentState>(world));
    let expected: BTreeSet<EffectKey> = orders.into_iter().chain(parents).collect();
    let letters = life.system.dead_letters(0, NonZeroUsize::new(10_000).unwrap()).letters;
    let letters: BTreeSet<EffectKey> = letters.into_iter().map(|letter| letter.key).collect();
    if letters != expected {
        world.fault(format!("given up is {expected:?}, and the dead letters are {letters:?}"));
    }
}

fn abandoned<F: Actor>(folded: &BTreeMap<String, Folded<F>>) -> Vec<EffectKey> {
    let of = |folded: &Folded<F>| {
        let key = |&(sequence, index): &(_, u16)| {
            EffectKey::new(F::TABLE.name, folded.id.clone(), sequence, index.into())
        };
        folded.abandoned.iter().map(key).collect::<Vec<_>>()
    };
    folded.values().flat_map(of).collect()
}

/// Parents have been told once of each child's end, and a child does not outlive its parent.
fn check_families(world: &World) {
    let (parents, children) = (fold::<ParentState>(world), fold::<ChildState>(world));
    for (id, parent) in &parents {
        let Some(last) = parent.last() else { continue };
        let mut ended = 0;
        for child in 0..last.context.spawned {
            let name = format!("{id}-{child}");
            let Some(first) = children.get(&name).and_then(|child| child.views.first()) else {
                world.fault(format!("`{name}` was spawned, and is not there"));
                continue;
            };
            let completed = children[&name].last().is_some_and(|view| view.completed);
            if last.completed && !completed {
                world.fault(format!("`{name}` has outlived its parent"));
            }
            ended += u32::from(completed && first.metadata.parent.is_some());
        }
        let told = parent.views.iter().filter(|view| hears_of_end(&view.record)).count();
        if !last.completed && told != ended as usize {
            world.fault(format!("`{id}` heard {told} times of an end, and {ended} ended"));
        }
    }
}

fn hears_of_end(record: &Record) -> bool {
    let Fact::Transition { row, .. } = record.fact else { return false };
    let ended = ParentState::event_id(&ParentEvent::Ended);
    ParentState::TABLE.row(row).event() == Some(ended)
}
