//! An account with a row for every way to panic.

use fsm_core::{Fsm, MachineRef, System};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Account, name = "account")]
pub(crate) enum State {
    #[fsm(initial)]
    #[on(Add { amount } => _ / add(amount))]
    #[on(Act => _ / act())]
    #[on(Ask if ask() => _ / act())]
    #[on(Enter => Entered)]
    #[on(Write(_) => _ / add(0))]
    #[on(Show => Shown { glass: Glass })]
    #[on(Read(_) => _ / add(0))]
    #[on(Turn { brittle } => _ / turn(brittle))]
    Open,

    #[enter(act())]
    #[on(Leave => Closed)]
    Entered,

    #[on(Leave => Closed)]
    Shown { glass: Glass },

    #[fsm(final)]
    Closed,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    Add {
        amount: i64,
    },
    /// Its action panics.
    Act,
    /// Its guard panics.
    Ask,
    /// The action on entering its state panics.
    Enter,
    /// It panics while it is encoded.
    Write(Unwritable),
    /// It takes the machine to a state that panics while it is cloned.
    Show,
    /// It panics while it is decoded, and that is when the machine is read back.
    Read(Unreadable),
    /// From then on the context panics, or does not, while it is cloned.
    Turn {
        brittle: bool,
    },
    Leave,
}

#[derive(Clone, Debug)]
pub(crate) struct Unwritable;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Unreadable;

#[derive(Debug, PartialEq)]
pub(crate) struct Glass;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) entries: Vec<i64>,
    pub(crate) brittle: bool,
}

/// Ways to panic that leave no record, whoever is asked.
pub(crate) const BLOWS: [Event; 5] =
    [Event::Act, Event::Ask, Event::Enter, Event::Write(Unwritable), Event::Show];

impl Account {
    fn add(&mut self, amount: i64) {
        self.entries.push(amount);
    }

    fn act(&mut self) {
        self.entries.push(i64::MIN);
        panic!("the action gives up");
    }

    fn ask(&self) -> bool {
        panic!("the guard gives up");
    }

    fn turn(&mut self, brittle: bool) {
        self.brittle = brittle;
    }
}

impl Clone for Account {
    fn clone(&self) -> Self {
        assert!(!self.brittle, "`Clone` of the context gives up");
        Self { entries: self.entries.clone(), brittle: false }
    }
}

impl Clone for Glass {
    fn clone(&self) -> Self {
        panic!("`Clone` of the state gives up");
    }
}

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("`Serialize` gives up");
    }
}

impl<'de> Deserialize<'de> for Unwritable {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("`Deserialize` gives up");
    }
}

pub(crate) const fn add(amount: i64) -> Event {
    Event::Add { amount }
}

/// A new account.
pub(crate) async fn open(system: &System, id: &str) -> MachineRef<State> {
    let account = system.machine::<State>(id.to_owned());
    account.create(Account::default()).await.unwrap();
    account
}

/// What was added to the account.
pub(crate) async fn entries(account: &MachineRef<State>) -> Vec<i64> {
    account.state().await.unwrap().context.entries
}

/// A machine of another kind.
pub(crate) mod lamp {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Switch, name = "lamp")]
    pub(crate) enum Lamp {
        #[fsm(initial)]
        #[on(Press => On)]
        Off,
        #[on(Press => Off)]
        On,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(crate) enum Switch {
        Press,
    }

    /// A new lamp.
    pub(crate) async fn hang(system: &System, id: &str) -> MachineRef<Lamp> {
        let lamp = system.machine::<Lamp>(id.to_owned());
        lamp.create(()).await.unwrap();
        lamp
    }
}
