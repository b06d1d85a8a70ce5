//! Orders as their events make them.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use fsm_core::journal::{Codec, Fact};
use fsm_core::{Effects, Fsm, Moment, NoEffect, Timestamp};

use super::order::{Basket, Order, OrderEvent};
use crate::stores::{Failure, Seen};

/// Orders as the events make them that were applied so far.
#[derive(Debug, Default)]
pub(super) struct Applied {
    orders: HashMap<Box<str>, (Order, Basket), FixedState>,
    effects: Effects<NoEffect>,
    events: u64,
}

/// What the orders came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    events: u64,
    orders: usize,
    checksum: u64,
}

impl Applied {
    /// Decodes an event and applies it.
    ///
    /// # Errors
    ///
    /// If it is no event of an order, or its order does not end in the state that is recorded.
    pub(super) fn take(&mut self, seen: Seen<'_>) -> Result<(), Failure> {
        self.events += 1;
        let (row, recorded) = match seen.fact {
            Fact::Transition { row, state } => (row, state),
            Fact::Created => {
                let basket = Codec::default().decode(seen.payload)?;
                self.orders.insert(seen.machine.into(), (Order::initial(), basket));
                return Ok(());
            }
            other => return Err(format!("an order knows no {other:?}").into()),
        };
        let event: OrderEvent = Codec::default().decode(seen.payload)?;
        let (order, basket) = self.orders.get_mut(seen.machine).ok_or("it was not created")?;
        let moment = Moment { now: Timestamp::from_micros(seen.time), id: seen.machine };
        *order = order
            .apply(row, basket, event, moment, &mut self.effects)
            .map_err(|wrong| format!("{wrong:?}"))?;
        if order.state_id() != recorded {
            return Err(format!("it is {order:?}, and {recorded:?} is recorded").into());
        }
        Ok(())
    }

    /// What the orders came to.
    pub(super) fn outcome(&self) -> Outcome {
        // The map has no order, so the sum must not depend on one.
        let mut checksum = 0_u64;
        for (id, (order, basket)) in &self.orders {
            let text = format!("{id}{order:?}{basket:?}");
            checksum = checksum.wrapping_add(crc32c::crc32c(text.as_bytes()).into());
        }
        Outcome { events: self.events, orders: self.orders.len(), checksum }
    }
}
