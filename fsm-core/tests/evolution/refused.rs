//! Changes of events and of what lies inside them that replay cannot absorb, and what is said.

use fsm_core::journal::{
    Batch, Fact, Journal, MachineKey, MemoryJournal, Schema, SchemaId, Sequence,
};
use fsm_core::{Fsm, SendError, System, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::stage::{journal, machine, refusal, stored};

/// A program whose event is as it is written here, with what belongs to it.
macro_rules! program {
    ($name:ident: $($types:item)*) => {
        mod $name {
            use super::*;

            #[derive(Fsm, Clone, Debug, PartialEq)]
            #[fsm(event = Event, name = "till")]
            pub(super) enum State {
                #[fsm(initial)]
                #[on(Pay { .. } => _ / {})]
                #[on(Close => Closed)]
                Open,
                #[fsm(final)]
                Closed,
            }

            $(
                #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
                $types
            )*
        }
    };
}

program! { today:
    pub(super) enum Event { Pay { by: Means, sum: Money }, Close }
    pub(super) enum Means { Cash, Card(String), Voucher }
    pub(super) struct Money { pub(super) cents: i64, pub(super) currency: [u8; 3] }
}

const ADVICE: &str = "Either set `version = 2`, give the type as it was with `previous(1 = \
                      v1::Event)`, and write `impl From<v1::Event> for Event`; or, if it is only \
                      the new name of a state, an event or a group, say `renamed(Old => New)`";

/// What the program of today says to what this one wrote.
async fn assert_refused<F: Fsm<Event: DeserializeOwned, Context: DeserializeOwned>>(what: &str) {
    let expected =
        format!("this code cannot read what version 1 of `till` journaled: {what}. {ADVICE}");
    assert_eq!(refusal::<today::State>(&stored::<F>().await).await, expected);
}

program! { nested_variant_moved:
    pub(super) enum Event { Pay { by: Means, sum: Money }, Close }
    pub(super) enum Means { Cash, Voucher, Card(String) }
    pub(super) struct Money { cents: i64, currency: [u8; 3] }
}

#[tokio::test]
async fn variants_inside_an_event_stay_where_they_are() {
    assert_refused::<nested_variant_moved::State>(
        "`Means` has the variant `Voucher` in another place: it was `{ Cash, Voucher, Card }`, and \
         is `{ Cash, Card, Voucher }`",
    )
    .await;
}

program! { nested_variant_gone:
    pub(super) enum Event { Pay { by: Means, sum: Money }, Close }
    pub(super) enum Means { Cash, Card(String), Voucher, Cheque(u64) }
    pub(super) struct Money { cents: i64, currency: [u8; 3] }
}

#[tokio::test]
async fn variants_inside_an_event_stay() {
    assert_refused::<nested_variant_gone::State>(
        "`Means` has no variant `Cheque` any more: it was `{ Cash, Card, Voucher, Cheque }`, and \
         is `{ Cash, Card, Voucher }`",
    )
    .await;
}

program! { nested_content:
    pub(super) enum Event { Pay { by: Means, sum: Money }, Close }
    pub(super) enum Means { Cash, Card(Vec<u8>), Voucher }
    pub(super) struct Money { cents: i64, currency: [u8; 3] }
}

#[tokio::test]
async fn what_a_variant_inside_an_event_holds_stays() {
    assert_refused::<nested_content::State>(
        "what `Means::Card` holds has another type: it was `[u8]`, and is `text`",
    )
    .await;
}

program! { nested_fields_moved:
    pub(super) enum Event { Pay { by: Means, sum: Money }, Close }
    pub(super) enum Means { Cash, Card(String), Voucher }
    pub(super) struct Money { currency: [u8; 3], cents: i64 }
}

#[tokio::test]
async fn fields_inside_an_event_stay_where_they_are() {
    assert_refused::<nested_fields_moved::State>(
        "`Money` has its fields in another order: it was `{ currency: (u8, u8, u8), cents: i64 }`, \
         and is `{ cents: i64, currency: (u8, u8, u8) }`",
    )
    .await;
}

program! { array_longer:
    pub(super) enum Event { Pay { by: Means, sum: Money }, Close }
    pub(super) enum Means { Cash, Card(String), Voucher }
    pub(super) struct Money { cents: i64, currency: [u8; 4] }
}

#[tokio::test]
async fn arrays_keep_their_length() {
    assert_refused::<array_longer::State>(
        "the field `currency` of `Money` has another type: it was `(u8, u8, u8, u8)`, and is `(u8, \
         u8, u8)`",
    )
    .await;
}

program! { struct_for_enum:
    pub(super) enum Event { Pay { by: Means, sum: Money }, Close }
    pub(super) struct Means { card: Option<String> }
    pub(super) struct Money { cents: i64, currency: [u8; 3] }
}

#[tokio::test]
async fn a_struct_stays_one() {
    assert_refused::<struct_for_enum::State>(
        "the field `by` of `Event::Pay` has another type: it was `struct Means`, and is `enum \
         Means`",
    )
    .await;
}

program! { wrapped:
    pub(super) enum Event { Pay { by: Means, sum: Money }, Close }
    pub(super) enum Means { Cash, Card(String), Voucher }
    pub(super) struct Money { cents: Cents, currency: [u8; 3] }
    pub(super) struct Cents(i64);
}

/// The bytes would be the same; what they count may not be.
#[tokio::test]
async fn a_number_is_not_taken_for_a_type_around_it() {
    assert_refused::<wrapped::State>(
        "the field `cents` of `Money` has another type: it was `Cents`, and is `i64`",
    )
    .await;
}

mod called_otherwise {
    use super::*;

    #[derive(Fsm)]
    #[fsm(event = Event, name = "till")]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Settle { .. } => _ / {})]
        #[on(Close => Closed)]
        Open,
        #[fsm(final)]
        Closed,
    }

    #[derive(Deserialize)]
    pub(super) enum Event {
        #[expect(dead_code, reason = "only its shape is of interest")]
        Settle {
            by: today::Means,
            sum: today::Money,
        },
        Close,
    }
}

/// What is gone and what is new hold the same: the advice is to the point.
#[tokio::test]
async fn a_new_name_is_guessed() {
    assert_eq!(
        refusal::<today::State>(&stored::<called_otherwise::State>().await).await,
        "this code cannot read what version 1 of `till` journaled: `Event` has no variant `Settle` \
         any more: it was `{ Settle, Close }`, and is `{ Pay, Close }`. Either set `version = 2`, \
         give the type as it was with `previous(1 = v1::Event)`, and write `impl From<v1::Event> \
         for Event`; or, if it is only the new name of a state, an event or a group, say \
         `renamed(Settle => Pay)`"
    );
}

mod other_kind {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = today::Event, name = "another till")]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Pay { .. } => Paid)]
        #[on(Close => Paid)]
        Open,
        #[fsm(final)]
        Paid,
    }
}

/// Machines of other kinds on the same journal are none the worse, and what is refused is not
/// registered: the old program goes on.
#[tokio::test]
async fn a_refusal_is_the_kinds_own() {
    let journal = journal::<other_kind::State>((), []).await;
    let old = Schema { version: 7, ..Schema::of::<wrapped::State>() };
    journal.register(&old).await.unwrap();
    let _ = refusal::<today::State>(&journal).await;
    let till = machine::<other_kind::State>(&journal).await;
    till.send(today::Event::Close).await.unwrap();
    assert_eq!(journal.schema(SchemaId(2)), None);
}

#[tokio::test]
async fn what_newer_code_wrote_is_refused_by_older_code() {
    let journal = MemoryJournal::new();
    let newer = Schema { version: 3, ..Schema::of::<wrapped::State>() };
    journal.register(&newer).await.unwrap();
    assert_eq!(
        refusal::<today::State>(&journal).await,
        "this code cannot read what version 3 of `till` journaled: the field `cents` of `Money` \
         has another type: it was `Cents`, and is `i64`. Version 3 is newer than this code, which \
         is version 1: run the code that wrote it"
    );
}

/// Two programs may run on one journal: what the other one registers is looked at when it is met.
#[tokio::test]
async fn what_other_code_writes_meanwhile_is_refused_machine_by_machine() {
    let journal = journal::<today::State>((), []).await;
    let system = System::builder().journal(journal.clone()).start().await.unwrap();
    let till = system.machine::<today::State>("m");
    till.state().await.unwrap();

    let registered = journal.register(&Schema::of::<wrapped::State>()).await.unwrap();
    let key = MachineKey::new(registered.kind, "other");
    let mut batch = Batch::new();
    batch.push(key, Sequence(1), Timestamp::EPOCH, registered.schema, Fact::Created, &[]);
    journal.append(batch).await.unwrap();
    let error = system.machine::<today::State>("other").state().await.unwrap_err();
    assert!(matches!(error, SendError::Quarantined { .. }), "{error}");
    let expected = "the record at position 2 cannot be read: this code cannot read what version 1";
    assert!(error.to_string().contains(expected), "{error}");
    till.send(today::Event::Close).await.unwrap();
}
