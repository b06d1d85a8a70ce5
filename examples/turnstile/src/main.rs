//! A turnstile that remembers, however it ends. Run it twice: `cargo run -p turnstile`.

use fsm_core::{Fsm, SendError, System};
use fsm_persist::SledJournal;
use serde::{Deserialize, Serialize};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Gate)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin => Unlocked)]
    Locked,

    #[on(Push => Locked / let_in())]
    Unlocked,
}

#[derive(Debug, Serialize, Deserialize)]
enum Event {
    Coin,
    Push,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Gate {
    visitors: u64,
}

impl Gate {
    fn let_in(&mut self) {
        self.visitors += 1;
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "it is a program")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().journal(SledJournal::open("turnstile-data")?).start().await?;
    let gate = system.machine::<Turnstile>("north");
    match gate.create(Gate::default()).await {
        Ok(_) | Err(SendError::AlreadyExists { .. }) => {}
        Err(error) => return Err(error.into()),
    }

    gate.send(Event::Coin).await?; // durable when it returns
    gate.send(Event::Push).await?;
    if let Err(refused) = gate.send(Event::Push).await {
        println!("{refused}");
    }

    let now = gate.state().await?;
    println!("{:?} after {} visitors", now.state, now.context.visitors);
    system.shutdown().await?;
    Ok(())
}
