//! A machine that uses the whole grammar of the derive, for `editor.rs`, which puts it into a
//! crate of its own. A comment that begins with a colon says which words its line declares, or
//! the next line.
#![expect(dead_code, reason = "nothing runs this machine")]

use std::time::Duration;

use fsm_core::Fsm;

#[derive(Fsm, Clone, Debug)]
#[fsm(event = Event, context = Shop, effect = Letter, name = "order", version = 3)]
#[fsm(previous(1 = v1::Event, 2 = v2::Event))]
#[fsm(renamed(Basket => Draft, Abort => Cancel, Live => Active))]
#[fsm(group = Active, initial = Draft, deep_history = before_pause)]
#[fsm(group = Bought, in = Active, initial = Packing, history = last_bought)]
#[enter(of(Active), open_desk())]
#[enter(of(Packing, Bought), count_parcel())]
#[exit(of(Active, Review), close_desk())]
#[on(from(Active), Pause => Paused { note: ctx.motto.clone() })]
#[on(from(Review, Bought), Cancel { because } if is_open() => Closed { cause: because } / sorry())]
#[on(Audit => _ / count_parcel())]
#[after(90d => Closed { cause: 1 }, label = "whole life")]
#[after(from(Bought), ctx.patience => Closed { cause: ctx.parcels }, label = "too slow")]
#[every(from(Active), 10s if is_open() / sorry(), label = "desk")]
#[defer(from(Active), Refund { .. })]
#[quiet(from(Bought, Paused), Poke | Nudge(_))]
//: Order
enum Order {
    /// What the customer puts together.
    #[fsm(initial, group = Active)]
    #[enter(greet(total))]
    #[exit(part(total))]
    #[on(
        Add { price, item: thing } if fits(price, total) =>
        Draft { total: total + price } / pack(thing)
    )]
    #[on(Add { .. } => _ / refuse(total), label = "full")]
    #[on(Place => Review(Bill { due: total, paid: 0 }))]
    #[on(Poke | Nudge(_) => _)]
    #[after(2h if fits(&ctx.parcels, total) => Closed { cause: total })]
    Draft { total: u64 }, //: Draft total

    #[fsm(group = Active)]
    #[on(Pay(coins) if state.covers(coins) => Packing { weight: state.settle(coins) })]
    #[on(Pay(change) if change.cents > 0 && state.due > 9 => _ / keep(change.cents, state.paid))]
    #[on(Pay(Coins { cents: rest }) => Review(state.less(rest)))]
    #[every(delay(state.due) / greet(&state.due))]
    Review(Bill), //: Review

    #[fsm(group = Bought)]
    #[always(if is_nothing(weight) => Closed { cause: weight } / sorry())]
    #[after(ctx.patience * 2 => Closed { cause: weight + 1 }, label = "stale")]
    #[on(Weigh { grams } | Guess { grams } => Weighed { grams } / note_weight(weight, grams))]
    #[on(Ship { by: Carrier::Post { stamp } } if *stamp > *weight => Sent { weight })]
    Packing { weight: u64 }, //: Packing Packing::weight

    #[fsm(group = Bought)]
    #[on(Ship { by } if carries(by, grams) => Sent { weight: grams })]
    #[on(Ship { .. } => Packing { weight: grams })]
    #[every(5min if carries(&Carrier::Own, grams) / { let half = *grams / 2; greet(&half) })]
    Weighed { grams: u64 }, //: Weighed Weighed::grams

    #[on(Resume => Active)]
    #[on(Settle => Bought)]
    #[on(Refund { sum } => Closed { cause: sum + note.len() as u64 })]
    Paused { note: String }, //: Paused note

    #[fsm(final)]
    Sent { weight: u64 }, //: Sent Sent::weight

    #[fsm(final)]
    #[enter(part(cause))]
    Closed { cause: u64 }, //: Closed cause
}

#[derive(Clone, Debug)]
//: Event
enum Event {
    Add { price: u64, item: String }, //: Add price item
    Place,                            //: Place
    Pay(Coins),                       //: Pay
    Weigh { grams: u64 },             //: Weigh Weigh::grams
    Guess { grams: u64 },             //: Guess Guess::grams
    Ship { by: Carrier },             //: Ship by
    Cancel { because: u64 },          //: Cancel because
    Pause,                            //: Pause
    Resume,                           //: Resume
    Settle,                           //: Settle
    Audit,                            //: Audit
    Refund { sum: u64 },              //: Refund sum
    Poke,                             //: Poke
    Nudge(u64),                       //: Nudge
}

/// What is paid with.
#[derive(Clone, Debug)]
//: Coins
struct Coins {
    cents: u64, //: cents
}

#[derive(Clone, Debug)]
//: Carrier
enum Carrier {
    Own,                 //: Own
    Post { stamp: u64 }, //: Post stamp
}

/// The events of the versions before.
//: v1
mod v1 {
    //: v1::Event
    pub(super) struct Event;
}

//: v2
mod v2 {
    //: v2::Event
    pub(super) struct Event(pub(super) super::v1::Event);
}

impl From<v1::Event> for v2::Event {
    fn from(event: v1::Event) -> Self {
        Self(event)
    }
}

impl From<v2::Event> for Event {
    fn from(_: v2::Event) -> Self {
        Self::Place
    }
}

/// What a state carries that has a type of its own.
#[derive(Clone, Debug, Default)]
//: Bill
struct Bill {
    due: u64,  //: due
    paid: u64, //: paid
}

impl Bill {
    //: covers
    fn covers(&self, coins: &Coins) -> bool {
        coins.cents >= self.due
    }

    //: settle
    fn settle(self, coins: Coins) -> u64 {
        coins.cents - self.due
    }

    //: less
    fn less(mut self, cents: u64) -> Self {
        self.due -= cents;
        self.paid += cents;
        self
    }
}

//: Letter
enum Letter {
    Sorry,
}

//: Shop
struct Shop {
    before_pause: Option<Order>, //: before_pause
    last_bought: Option<Order>,  //: last_bought
    patience: Duration,          //: patience
    parcels: u64,                //: parcels
    motto: String,               //: motto
}

impl Shop {
    //: open_desk
    fn open_desk(&mut self) {
        self.motto.push('!');
    }

    //: close_desk
    fn close_desk(&mut self) -> Letter {
        Letter::Sorry
    }

    //: count_parcel
    fn count_parcel(&mut self) {
        self.parcels += 1;
    }

    //: is_open
    fn is_open(&self) -> bool {
        self.parcels < 9
    }

    //: sorry
    fn sorry(&self) -> Option<Letter> {
        self.is_open().then_some(Letter::Sorry)
    }

    //: greet
    fn greet(&mut self, number: &u64) {
        self.parcels += number;
    }

    //: part
    fn part(&mut self, number: &u64) {
        self.parcels -= number;
    }

    //: fits
    fn fits(&self, price: &u64, total: &u64) -> bool {
        price + total < self.parcels
    }

    //: pack
    fn pack(&mut self, item: String) {
        self.motto = item;
    }

    //: refuse
    fn refuse(&mut self, total: &u64) -> Vec<Letter> {
        self.greet(total);
        vec![Letter::Sorry]
    }

    //: keep
    fn keep(&mut self, cents: u64, paid: u64) {
        self.parcels = cents + paid;
    }

    //: delay
    fn delay(&self, due: u64) -> Duration {
        self.patience + Duration::from_secs(due)
    }

    //: is_nothing
    fn is_nothing(&self, weight: &u64) -> bool {
        *weight == 0
    }

    //: note_weight
    fn note_weight(&mut self, weight: u64, grams: u64) {
        self.parcels = weight + grams;
    }

    //: carries
    fn carries(&self, by: &Carrier, grams: &u64) -> bool {
        match by {
            Carrier::Own => true,
            Carrier::Post { stamp } => stamp > grams,
        }
    }
}

/// Uses outside the attributes, which a new name has to reach as well.
fn describe(order: &Order, event: &Event) -> u64 {
    let number = match order {
        Order::Draft { total } => *total,
        Order::Review(bill) => bill.due,
        Order::Packing { weight } | Order::Sent { weight } => *weight,
        Order::Weighed { grams } => *grams,
        Order::Paused { note } => note.len() as u64,
        Order::Closed { cause } => *cause,
    };
    match event {
        Event::Add { price, item } => price + item.len() as u64,
        Event::Pay(coins) => coins.cents,
        Event::Weigh { grams } | Event::Guess { grams } => *grams,
        Event::Cancel { because } => *because,
        Event::Refund { sum } => *sum,
        Event::Nudge(count) => *count,
        Event::Ship { by: Carrier::Post { stamp } } => *stamp,
        Event::Ship { by: Carrier::Own } => 0,
        Event::Place | Event::Pause | Event::Resume | Event::Settle => number,
        Event::Audit | Event::Poke => 1,
    }
}
