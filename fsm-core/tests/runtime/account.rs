//! The machine that the tests drive: an account that can be frozen, closed and made to panic.

use std::sync::Once;

use fsm_core::journal::Journal;
use fsm_core::{Fsm, MachineRef, System, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Account)]
#[on(Close => Closed)]
pub(crate) enum State {
    #[fsm(initial)]
    #[on(Deposit { amount } => _ / deposit(amount))]
    #[on(Withdraw { amount } if covers(amount) => _ / withdraw(amount))]
    #[on(Look => _)]
    #[on(Panic => _ / panic())]
    #[on(PanicInGuard if panics() => _ / panic())]
    #[on(Freeze { why } => Frozen { why, since: now })]
    Open,

    #[on(Thaw => Open)]
    Frozen { why: String, since: Timestamp },

    #[fsm(final)]
    Closed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Deposit { amount: i64 },
    Withdraw { amount: i64 },
    Look,
    Panic,
    PanicInGuard,
    Freeze { why: String },
    Thaw,
    Close,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) balance: i64,
    pub(crate) changes: Vec<i64>,
}

impl Account {
    fn covers(&self, amount: &i64) -> bool {
        self.balance >= *amount
    }

    fn deposit(&mut self, amount: i64) {
        self.balance += amount;
        self.changes.push(amount);
    }

    fn withdraw(&mut self, amount: i64) {
        self.deposit(-amount);
    }

    fn panics(&self) -> bool {
        panic!("the guard gives up at {}", self.balance);
    }

    fn panic(&mut self) {
        self.balance = i64::MIN;
        panic!("the action gives up");
    }
}

/// Keeps the panics that are part of the game out of the tests' output; others are shown.
pub(crate) fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let show = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let text = panic.payload_as_str().unwrap_or_default();
            if text.len() > 60 || !text.contains(" gives up") {
                show(panic);
            }
        }));
    });
}

/// A system on this journal.
pub(crate) async fn system(journal: impl Journal) -> System {
    hush();
    System::builder().journal(journal).start().await.unwrap()
}

/// A new account with this balance.
pub(crate) async fn open(system: &System, id: &str, balance: i64) -> MachineRef<State> {
    let account = system.machine::<State>(id.to_owned());
    account.create(Account { balance, changes: Vec::new() }).await.unwrap();
    account
}

pub(crate) const fn deposit(amount: i64) -> Event {
    Event::Deposit { amount }
}
