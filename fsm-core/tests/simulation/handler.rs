//! What performs the orders' effects: as well as the dice let it.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use fsm_core::runtime::{EffectKey, Perform, PerformError};

use crate::dice::Dice;
use crate::fold::Folded;
use crate::shop::{Effect, Event, State};
use crate::world::{World, lock};

/// A handler that fails, hangs, panics and answers as the dice say.
#[derive(Clone, Debug)]
pub(crate) struct Handler {
    world: Arc<World>,
    dice: Arc<Mutex<Dice>>,
    /// It does its work well.
    calm: Arc<AtomicBool>,
}

impl Handler {
    pub(crate) fn new(world: &Arc<World>, dice: Dice) -> Self {
        let (world, dice) = (Arc::clone(world), Arc::new(Mutex::new(dice)));
        Self { world, dice, calm: Arc::default() }
    }

    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    fn roll(&self, end: u64) -> u64 {
        if self.calm.load(Ordering::Relaxed) { 0 } else { lock(&self.dice).below(end) }
    }

    /// What is performed must be owed by a durable record, and be the first that its machine owes.
    fn is_owed(&self, key: &EffectKey, effect: &Effect) -> Result<(), String> {
        let records = self.world.records_of(&key.kind, &key.machine);
        let folded = Folded::<State>::of(&records)?;
        let name = (key.sequence, u16::try_from(key.index).unwrap());
        let first = folded.owed.front();
        if first != Some(&name) {
            return Err(format!("{key} is performed, and {first:?} is owed"));
        }
        let owed = folded.effects.get(&name);
        if owed != Some(effect) {
            return Err(format!("{key} is performed as {effect:?}, and {owed:?} is owed"));
        }
        Ok(())
    }

    fn answer(&self, effect: &Effect) -> Option<Event> {
        match (effect, self.roll(8)) {
            (Effect::Charge(_), 0..6) => Some(Event::Charged),
            (Effect::Charge(_), 6) => Some(Event::Declined),
            (Effect::Ship(_), 0..6) => Some(Event::Arrived),
            (Effect::Note(_), 6) => Some(Event::Look),
            (Effect::Note(_), 7) => Some(Event::Panic),
            _ => None,
        }
    }
}

impl Perform<State> for Handler {
    async fn perform(
        &self,
        key: &EffectKey,
        effect: &Effect,
    ) -> Result<Option<Event>, PerformError> {
        self.world.tell(format!("perform {key} {effect:?}"));
        self.world.check(self.is_owed(key, effect));
        for _ in 0..self.roll(5) {
            tokio::task::yield_now().await;
        }
        match self.roll(24) {
            16..20 => return Err(PerformError::retry("the line is bad")),
            20 => return Err(PerformError::permanent("the customer is gone")),
            21..23 => pending().await,
            23 => panic!("the handler gives up"),
            _ => {}
        }
        let answer = self.answer(effect);
        self.world.tell(format!("performed {key}: {answer:?}"));
        lock(&self.world.performed).push(key.clone());
        Ok(answer)
    }
}

/// Every effect that was ever owed has been performed.
pub(crate) fn all_performed(world: &World, folded: &Folded<State>) -> Result<(), String> {
    let performed = lock(&world.performed);
    let performed: BTreeSet<_> = performed
        .iter()
        .filter(|key| *key.machine == *folded.id)
        .map(|key| (key.sequence, key.index))
        .collect();
    let missing = folded
        .effects
        .keys()
        .find(|(sequence, index)| !performed.contains(&(*sequence, u32::from(*index))));
    match missing {
        Some(missing) => Err(format!("`{}`: {missing:?} was never performed", folded.id)),
        None => Ok(()),
    }
}
