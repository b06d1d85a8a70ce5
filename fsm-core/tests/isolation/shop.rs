//! A shop that owes a parcel for each order, and the handlers that are to ship them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use fsm_core::runtime::{EffectKey, Perform, PerformError};
use fsm_core::{Fsm, MachineRef, System};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;

use crate::account;

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Shop, effect = Parcel, name = "shop")]
pub(crate) enum State {
    #[fsm(initial)]
    #[on(Order => _ / Parcel)]
    #[on(Shipped => _ / shipped())]
    #[on(Greet => _ / greet())]
    #[after(3_600s => Closed)]
    Selling,
    #[fsm(final)]
    Closed,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    Order,
    /// What the handler answers.
    Shipped,
    /// It owes nothing.
    Greet,
}

#[derive(Clone, Debug)]
pub(crate) struct Parcel;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shop {
    pub(crate) shipped: u32,
    pub(crate) greeted: u32,
}

impl Shop {
    fn shipped(&mut self) {
        self.shipped += 1;
    }

    fn greet(&mut self) {
        self.greeted += 1;
    }
}

/// A new shop.
pub(crate) async fn open(system: &System, id: &str) -> MachineRef<State> {
    let shop = system.machine::<State>(id.to_owned());
    shop.create(Shop::default()).await.unwrap();
    shop
}

/// A handler that hangs while the door is shut, and panics for those who are told to. It writes
/// down what it has shipped, and when.
#[derive(Clone, Debug)]
pub(crate) struct Carrier {
    shut: watch::Sender<bool>,
    panics: Arc<Mutex<Vec<String>>>,
    shipped: Arc<Mutex<Vec<String>>>,
}

impl Carrier {
    pub(crate) fn new() -> Self {
        let shut = watch::Sender::new(false);
        Self { shut, panics: Arc::default(), shipped: Arc::default() }
    }

    /// One that hangs.
    pub(crate) fn hanging() -> Self {
        let carrier = Self::new();
        carrier.shut.send_replace(true);
        carrier
    }

    pub(crate) fn open_door(&self) {
        self.shut.send_replace(false);
    }

    /// It panics over the parcels of this shop.
    pub(crate) fn panic_over(&self, id: &str) {
        self.panics.lock().unwrap().push(id.to_owned());
    }

    /// The keys of what was shipped.
    pub(crate) fn shipped(&self) -> Vec<String> {
        self.shipped.lock().unwrap().clone()
    }
}

impl Perform<State> for Carrier {
    async fn perform(&self, key: &EffectKey, _: &Parcel) -> Result<Option<Event>, PerformError> {
        let panics = self.panics.lock().unwrap().iter().any(|id| **id == *key.machine);
        assert!(!panics, "the carrier gives up");
        self.shut.subscribe().wait_for(|shut| !shut).await?;
        self.shipped.lock().unwrap().push(key.to_string());
        Ok(Some(Event::Shipped))
    }
}

/// A handler that blocks a thread until it is told to go on, or half a minute is over: then the
/// test has failed, and is to end.
#[derive(Debug)]
pub(crate) struct Stone {
    /// Whom it sends something first, if it blocks a thread that is there for that.
    pub(crate) neighbour: Arc<OnceLock<MachineRef<account::State>>>,
    pub(crate) blocked: Arc<Notify>,
    told: Arc<Mutex<Receiver<()>>>,
    /// Whether it has returned.
    returned: watch::Sender<bool>,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Stone {
    /// A stone, what moves it, and whether it has moved.
    pub(crate) fn new() -> (Self, Sender<()>, watch::Receiver<bool>) {
        let ((go_on, told), returned) = (channel(), watch::Sender::new(false));
        let moved = returned.subscribe();
        let (blocked, told) = (Arc::new(Notify::new()), Arc::new(Mutex::new(told)));
        (Self { neighbour: Arc::default(), blocked, told, returned }, go_on, moved)
    }
}

impl Perform<State> for Stone {
    async fn perform(&self, key: &EffectKey, _: &Parcel) -> Result<Option<Event>, PerformError> {
        if &*key.machine != "stone" {
            return Ok(Some(Event::Shipped));
        }
        let (told, returned) = (Arc::clone(&self.told), self.returned.clone());
        let block = move || {
            let told = told.lock().unwrap().recv_timeout(PATIENCE);
            returned.send_replace(true);
            told
        };
        self.blocked.notify_one();
        match self.neighbour.get() {
            // It wakes the shard, which is the next task of this thread.
            Some(neighbour) => {
                neighbour.cast(account::add(-1)).map_err(PerformError::permanent)?;
                spawn_blocking(block).await??;
            }
            None => block()?,
        }
        Ok(Some(Event::Shipped))
    }
}
