//! The events of many orders, as a system would have journaled them.

use fsm_core::journal::{Batch, Codec, Fact, MachineKey, Sequence};
use fsm_core::{Decision, Effects, Fsm, Moment, NoEffect, Timestamp};

use super::order::{Basket, Order, OrderEvent};
use crate::stores::{Failure, REGISTERED, mix};

/// Events without an end, the same ones for everybody.
#[derive(Debug)]
pub(crate) struct Orders {
    orders: Vec<(MachineKey, Sequence, Order, Basket)>,
    effects: Effects<NoEffect>,
    next: u64,
}

impl Orders {
    /// The events of this many orders.
    pub(crate) fn new(orders: usize) -> Self {
        let key = |n| MachineKey::new(REGISTERED.kind, format!("order-{n:06}"));
        let new = |n| (key(n), Sequence::START, Order::initial(), Basket::default());
        Self { orders: (0..orders).map(new).collect(), effects: Effects::new(), next: 0 }
    }

    /// The events behind the first `count`.
    ///
    /// # Errors
    ///
    /// If the events are none of the machine's: a fault of ours.
    pub(crate) fn behind(orders: usize, count: u64) -> Result<Self, Failure> {
        let mut behind = Self::new(orders);
        let mut dropped = Batch::new();
        for _ in 0..count {
            behind.push(&mut dropped)?;
            dropped.truncate(0);
        }
        Ok(behind)
    }

    /// The key of the first order.
    pub(crate) fn first(&self) -> &MachineKey {
        &self.orders[0].0
    }

    /// The next `size` events.
    ///
    /// # Errors
    ///
    /// If the events are none of the machine's: a fault of ours.
    pub(crate) fn batch(&mut self, size: usize) -> Result<Batch, Failure> {
        let mut batch = Batch::with_capacity(size, 40 * size);
        (0..size).try_for_each(|_| self.push(&mut batch))?;
        Ok(batch)
    }

    fn push(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let chance = mix(self.next);
        let time = Timestamp::from_micros(1_700_000_000_000_000 + self.next as i64 * 7);
        self.next += 1;
        let at = chance as usize % self.orders.len();
        let (key, sequence, order, basket) = &mut self.orders[at];
        *sequence = sequence.next();
        let fact = if sequence.0 == 1 {
            Codec::default().encode(basket, batch.payload_buffer())?;
            Fact::Created
        } else {
            let event = next_event(*order, basket, mix(chance), time.micros().cast_unsigned());
            Codec::default().encode(&event, batch.payload_buffer())?;
            let moment = Moment { now: time, id: &key.id };
            let Decision::Take(row) = order.decide(basket, &event, moment) else {
                return Err(format!("{order:?} does not take {event:?}").into());
            };
            *order = order
                .apply(row, basket, event, moment, &mut self.effects)
                .map_err(|wrong| format!("{wrong:?}"))?;
            Fact::Transition { row, state: order.state_id() }
        };
        batch.push_encoded(key.clone(), *sequence, time, REGISTERED.schema, fact);
        Ok(())
    }
}

/// An event that the order takes: mostly it is added to.
fn next_event(order: Order, basket: &Basket, chance: u64, at: u64) -> OrderEvent {
    let (big, by) = (mix(chance) | 1 << 63, mix(!chance) | 1 << 63);
    let (count, cents) = (1 + chance as u32 % 9, 1_000 + chance as u32 % 50_000);
    match (order, chance >> 60) {
        (Order::Cart, 0..2) => OrderEvent::Place { address: big, by, at },
        (Order::Cart, 2..4) if basket.count >= u64::from(count) => {
            OrderEvent::Remove { article: big, count, cents, by, at }
        }
        (Order::Placed, 8..) => OrderEvent::Pay { cents: basket.cents, payment: big, by, at },
        (Order::Cart | Order::Placed, _) => OrderEvent::Add { article: big, count, cents, by, at },
        (Order::Paid, _) => OrderEvent::Ship { parcel: big, carrier: chance, by, at },
        (Order::Shipped, _) => OrderEvent::Return { parcel: big, by, at },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn events_are_small_and_of_all_sorts() -> Result<(), Failure> {
        let batch = Orders::new(3).batch(10_000)?;
        let mut rows = BTreeSet::new();
        for (record, payload) in batch.records() {
            if let Fact::Transition { row, .. } = record.fact {
                assert!((27..=40).contains(&payload.len()), "{} bytes", payload.len());
                rows.insert(row.0);
            }
        }
        assert_eq!(rows.len(), Order::TABLE.rows.len());
        Ok(())
    }

    #[test]
    fn events_go_on_behind_others() -> Result<(), Failure> {
        let mut all = Orders::new(3);
        all.batch(100)?;
        let (later, behind) = (all.batch(10)?, Orders::behind(3, 100)?.batch(10)?);
        assert!(later.records().eq(behind.records()));
        Ok(())
    }
}
