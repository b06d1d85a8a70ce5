//! The machine whose events are replayed.

use fsm_core::Fsm;
use serde::{Deserialize, Serialize};

/// An order, from the cart to the return, and around again: histories can be long.
#[derive(Fsm, Clone, Copy, Debug, PartialEq, Eq)]
#[fsm(event = OrderEvent, context = Basket)]
pub(super) enum Order {
    #[fsm(initial)]
    #[on(Add { count, cents, .. } => _ / add(count, cents))]
    #[on(Remove { count, cents, .. } if has(count) => _ / remove(count, cents))]
    #[on(Place { .. } => Placed)]
    Cart,
    #[on(Pay { cents, .. } if covers(cents) => Paid / pay(cents))]
    #[on(Add { count, cents, .. } => Cart / add(count, cents))]
    Placed,
    #[on(Ship { parcel, .. } => Shipped / ship(parcel))]
    Paid,
    #[on(Return { .. } => Cart / empty())]
    Shipped,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum OrderEvent {
    Add { article: u64, count: u32, cents: u32, by: u64, at: u64 },
    Remove { article: u64, count: u32, cents: u32, by: u64, at: u64 },
    Place { address: u64, by: u64, at: u64 },
    Pay { cents: u64, payment: u64, by: u64, at: u64 },
    Ship { parcel: u64, carrier: u64, by: u64, at: u64 },
    Return { parcel: u64, by: u64, at: u64 },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Basket {
    pub(super) count: u64,
    pub(super) cents: u64,
    pub(super) paid_cents: u64,
    pub(super) parcels: u64,
}

impl Basket {
    const fn has(&self, count: &u32) -> bool {
        self.count >= *count as u64
    }

    const fn covers(&self, cents: &u64) -> bool {
        *cents >= self.cents
    }

    fn add(&mut self, count: u32, cents: u32) {
        self.count += u64::from(count);
        self.cents += u64::from(cents);
    }

    fn remove(&mut self, count: u32, cents: u32) {
        self.count -= u64::from(count);
        self.cents = self.cents.saturating_sub(cents.into());
    }

    const fn pay(&mut self, cents: u64) {
        self.paid_cents = self.paid_cents.wrapping_add(cents);
    }

    const fn ship(&mut self, parcel: u64) {
        self.parcels = self.parcels.wrapping_mul(31).wrapping_add(parcel);
    }

    const fn empty(&mut self) {
        self.count = 0;
        self.cents = 0;
    }
}
