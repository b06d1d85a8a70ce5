//! A message that cannot be brought harms whom it is from.

use fsm_core::journal::MemoryJournal;
use fsm_core::runtime::ManualClock;
use fsm_core::{Effects, Fsm, NoEffect};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

use crate::account::{Event, State, Unreadable, add, entries, open};
use crate::shop;
use crate::stage::{one_shard, rest};

/// One that writes to others.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Wish, context = Writer, name = "writer")]
enum Writing {
    #[fsm(initial)]
    #[on(ToShop => _ / write_to_shop())]
    #[on(ToAccount { readable } => _ / write_to_account(readable))]
    #[on(Sleep => Asleep)]
    Awake,
    #[fsm(final)]
    Asleep,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Wish {
    ToShop,
    ToAccount { readable: bool },
    Sleep,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Writer;

impl Writer {
    fn write_to_shop(&mut self) -> Effects<NoEffect> {
        let mut effects = Effects::new();
        effects.send::<shop::State>("s", shop::Event::Greet);
        effects
    }

    fn write_to_account(&mut self, readable: bool) -> Effects<NoEffect> {
        let mut effects = Effects::new();
        let event = if readable { add(7) } else { Event::Read(Unreadable) };
        effects.send::<State>("a", event);
        effects
    }
}

/// Both were found by the shard that carries the messages: it ended, and with it everybody on it.
#[tokio::test]
async fn what_panics_on_the_way_is_a_dead_letter_and_the_way_is_free() {
    let builder = one_shard(MemoryJournal::new()).clock(ManualClock::default());
    let system = builder.start().await.unwrap();
    let (account, neighbour) = (open(&system, "a").await, open(&system, "b").await);
    let writer = system.machine::<Writing>("w");
    writer.create(Writer).await.unwrap();
    // Nothing performs the effects of a shop, so there is no shop here.
    writer.send(Wish::ToShop).await.unwrap();
    rest().await;
    // Its event panics while it is decoded.
    writer.send(Wish::ToAccount { readable: false }).await.unwrap();
    writer.send(Wish::ToAccount { readable: true }).await.unwrap();
    rest().await;

    neighbour.send(add(1)).await.unwrap();
    assert_eq!(entries(&account).await, [7], "what is behind it is delivered");
    let letters = system.dead_letters(0, NonZeroUsize::MAX).letters;
    let whys: Vec<_> = letters.iter().map(|letter| &*letter.why).collect();
    assert_eq!(whys.len(), 2, "{whys:?}");
    assert!(whys[0].contains("nothing performs the effects of `shop`"), "{whys:?}");
    assert!(whys[1].contains("`Deserialize` gives up"), "{whys:?}");
}
