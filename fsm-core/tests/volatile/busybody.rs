//! A machine whose actions use the system that it lives in.

use std::sync::{Arc, Mutex};
use std::task::Poll;

use fsm_core::{Fsm, MachineRef, System};
use serde::{Deserialize, Serialize};

use crate::ledger::{Book, Ledger, poll_once};

#[derive(Fsm, Clone, Debug)]
#[fsm(event = Event, context = Pockets)]
pub(crate) enum Busybody {
    #[fsm(initial)]
    #[on(CastToItself { number } => _ / cast_to_itself(number))]
    #[on(SendToItself { number } => _ / send_to_itself(number))]
    #[on(UseAnotherKind => _ / use_another_kind())]
    #[on(LetGo => Calm / let_go())]
    #[on(Count { number } => _ / count(number))]
    Busy,

    #[on(Count { number } => Busy / count(number))]
    Calm,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    CastToItself { number: u32 },
    SendToItself { number: u32 },
    UseAnotherKind,
    LetGo,
    Count { number: u32 },
}

/// What the machine has of its system. It is not journaled.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Pockets {
    pub(crate) counted: Vec<u32>,
    #[serde(skip)]
    itself: Arc<Mutex<Option<MachineRef<Busybody>>>>,
    #[serde(skip)]
    system: Arc<Mutex<Option<System>>>,
}

impl Pockets {
    pub(crate) fn with(itself: MachineRef<Busybody>, system: System) -> Self {
        let (itself, system) = (Mutex::new(Some(itself)), Mutex::new(Some(system)));
        Self { counted: Vec::new(), itself: Arc::new(itself), system: Arc::new(system) }
    }

    fn itself(&self) -> MachineRef<Busybody> {
        self.itself.lock().unwrap().clone().unwrap()
    }

    fn cast_to_itself(&mut self, number: u32) {
        self.itself().cast(Event::Count { number: number + 1 }).unwrap();
        self.counted.push(number);
    }

    fn send_to_itself(&mut self, number: u32) {
        let itself = self.itself();
        let is_answered =
            poll_once(&mut itself.send(Event::Count { number: number + 1 })).is_ready();
        assert!(!is_answered, "it is busy with this one");
        self.counted.push(number);
    }

    fn use_another_kind(&mut self) {
        let system = self.system.lock().unwrap().clone().unwrap();
        let book = system.machine::<Ledger>("another");
        // At once where nothing is journaled, and later otherwise.
        if let Poll::Ready(created) = poll_once(&mut book.create(Book::default())) {
            created.unwrap();
        }
        assert!(system.health().kinds.len() > 1);
        let _ = format!("{system:?} {book:?} {:?}", self.itself());
    }

    fn let_go(&mut self) {
        self.itself.lock().unwrap().take();
        self.system.lock().unwrap().take();
    }

    fn count(&mut self, number: u32) {
        self.counted.push(number);
    }
}
