//! The derive macro of `fsm-core`, which re-exports it: depend on that crate.
//!
//! It reads the attributes (`parse`) into a model of what was declared (`model`), multiplies
//! the rows out (`table`), finds what each leaves and enters (`route`), applies the rules that
//! need the whole enum (`check`), and writes the implementation (`expand`), or with mistakes the
//! errors and a stand-in (`fallback`).
//!
//! It knows nothing of journals, actors or time.

mod bare_calls;
mod check;
mod diagnostics;
mod diagram;
mod early_exit;
mod expand;
mod fallback;
mod model;
mod parse;
mod pattern;
mod route;
mod source_text;
mod spans;
mod table;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use crate::diagnostics::Diagnostics;
use crate::table::Table;

/// Makes a typed state machine of an enum.
///
/// The variants are the states. The rows of the transition table are written on the state they
/// leave, in Rust: rustc checks them, and an editor can follow and rename what they name.
///
/// ```
/// use fsm_core::{Effects, Fsm, Moment};
///
/// #[derive(Fsm, Debug, PartialEq)]
/// #[fsm(event = Event)]
/// enum Turnstile {
///     #[fsm(initial)]
///     #[on(Coin => Unlocked)]
///     Locked,
///     #[on(Push => Locked)]
///     Unlocked,
/// }
///
/// #[derive(Debug)]
/// enum Event {
///     Coin,
///     Push,
/// }
///
/// let mut effects = Effects::new();
/// let gate = Turnstile::initial();
/// let gate = gate.step(&mut (), Event::Coin, Moment::default(), &mut effects).unwrap();
/// assert_eq!(gate, Turnstile::Unlocked);
/// ```
///
/// What is made is an implementation of [`fsm_core::Fsm`](../fsm_core/trait.Fsm.html), and nothing
/// else: no other name appears in your crate.
///
/// # On the enum: `#[fsm(...)]`
///
/// | word | means | if absent |
/// | --- | --- | --- |
/// | `event = Path` | the enum of events | an error |
/// | `context = Type` | what lives beside the state | `()` |
/// | `effect = Type` | what actions may return | `NoEffect`, which has no values |
/// | `name = "..."` | the kind's name in the journal | the enum's name |
/// | `version = 2` | the schema version | 1 |
/// | `previous(1 = v1::Event)` | what older versions wrote, see below | none |
/// | `renamed(Old => New)` | what states, events and groups were called before | none |
/// | `diagram = "file.mmd"` | a diagram beside this file that must agree | none |
/// | `crate = path` | where `fsm-core` is, if it is re-exported | `::fsm_core` |
///
/// # Older versions: `previous(1 = v1::Event, context 1 = v1::Order)`
///
/// `1 = v1::Event` names the events that version 1 wrote, `context 1 = v1::Order` its context. Each
/// is `Deserialize` and converts (`From`) to the next newer one of its list, the last to today's.
/// The oldest stands first; an entry is also for older versions that have none of their own. Most
/// changes need no new version:
/// [the guide](../fsm_core/runtime/index.html#how-a-machine-changes-over-the-years) has an example.
/// `renamed(Old => New)` is for what has another name and is otherwise the same.
///
/// # On a state: `#[fsm(initial)]`, `#[fsm(final)]`, `#[fsm(group = Name)]`
///
/// A new machine is in the initial state, with all fields at their defaults. A machine that comes
/// to a final state is complete. A state carries nothing, named fields, or one tuple field:
///
/// ```
/// use fsm_core::Fsm;
///
/// #[derive(Fsm)]
/// #[fsm(event = Event)]
/// enum Parcel {
///     #[fsm(initial)]
///     #[on(Weigh { grams } => Weighed { grams })]
///     Packed,
///     #[on(Ship(label) => Shipped(label))]
///     Weighed { grams: u32 },
///     #[fsm(final)]
///     Shipped(Label),
/// }
///
/// struct Label {
///     tracking: String,
/// }
///
/// enum Event {
///     Weigh { grams: u32 },
///     Ship(Label),
/// }
/// ```
///
/// # A row: `#[on(Pattern if guard => Target / action, label = "...")]`
///
/// Only the pattern and the target are required.
///
/// - **Pattern**: a pattern of the event enum, without its path: `Pay`, `Pay(payment)`,
///   `Pay { amount, .. }`, `Pay { method: Method::Card { number }, .. }`. A bare name ignores what
///   the event carries. `Pay | Refund` is a row for each. As everywhere in Rust, a name that begins
///   with a capital letter is taken for a constant or a variant, not for a binding.
/// - **Guard**: a `bool`. If it is false, the next row is tried.
/// - **Target**: a state, constructed: `Paid`, `Paid { at: now }`, `Paid(receipt)`; or `_` for an
///   internal row: the state and its data stay as they are.
/// - **Action**: runs before the target is built. It returns nothing, an effect, an `Option` or a
///   `Vec` of effects, or `Effects`.
/// - **Label**: the journal names a row by its source, event, target and label. Rows that share the
///   first three need labels of their own, since replay could not tell them apart.
///
/// The rows of a state are tried in the order in which they stand there. If none takes the event,
/// the event is refused.
///
/// ```
/// use fsm_core::{Effects, Fsm, Moment};
///
/// #[derive(Fsm, Debug, PartialEq)]
/// #[fsm(event = Event, context = Till, effect = Receipt)]
/// enum Order {
///     #[fsm(initial)]
///     #[on(Pay { amount } if covers(amount, due) => Paid { change: amount - due } / take(amount))]
///     #[on(Pay { .. } => _)]
///     Open { due: u64 },
///     #[fsm(final)]
///     Paid { change: u64 },
/// }
///
/// #[derive(Debug)]
/// enum Event {
///     Pay { amount: u64 },
/// }
///
/// #[derive(Debug, PartialEq)]
/// struct Receipt(u64);
///
/// #[derive(Default)]
/// struct Till {
///     taken: u64,
/// }
///
/// impl Till {
///     fn covers(&self, amount: &u64, due: &u64) -> bool {
///         amount >= due
///     }
///
///     fn take(&mut self, amount: u64) -> Receipt {
///         self.taken += amount;
///         Receipt(amount)
///     }
/// }
///
/// let (mut till, mut effects) = (Till::default(), Effects::new());
/// let moment = Moment::default();
/// let order = Order::Open { due: 300 };
/// let order = order.step(&mut till, Event::Pay { amount: 200 }, moment, &mut effects).unwrap();
/// assert_eq!(order, Order::Open { due: 300 });
/// let order = order.step(&mut till, Event::Pay { amount: 500 }, moment, &mut effects).unwrap();
/// assert_eq!(order, Order::Paid { change: 200 });
/// assert_eq!(effects.as_slice(), [Receipt(500)]);
/// ```
///
/// # What guards, actions and targets can name
///
/// - `ctx`: the context, `&Context` in guards and `&mut Context` in actions and targets;
/// - `now`: the time of the event, a `Timestamp`; `id`: the machine's id, a `&str`;
/// - the fields of the source state, or `state` for its one tuple field;
/// - what the pattern binds.
///
/// Of equal names the later in this list is meant. In guards the fields and bindings are
/// references. In actions and targets they are values, moved out of the event and of the old state,
/// except that an internal row's action sees the fields by reference, since the state stays.
///
/// In guards and actions a bare call, such as `covers(amount, due)`, is a method call on the
/// context: `ctx.covers(amount, due)`. A call with a path, such as `prices::total(&cart)` or
/// `self::total(&cart)`, is an ordinary call, and so is one of a closure that the expression itself
/// binds. In targets all calls are ordinary.
///
/// With a struct for each state there need be no context at all:
///
/// ```
/// use fsm_core::{Effects, Fsm, Moment};
///
/// #[derive(Fsm)]
/// #[fsm(event = Event)]
/// enum Order {
///     #[fsm(initial)]
///     #[on(Place(cart) => Pending(Pending { cart }))]
///     Draft,
///     #[on(Pay(payment) if state.covers(payment) => Paid(state.pay(payment)))]
///     Pending(Pending),
///     #[fsm(final)]
///     Paid(Paid),
/// }
///
/// enum Event {
///     Place(Cart),
///     Pay(Payment),
/// }
///
/// # struct Cart { total: u64 }
/// # struct Payment { amount: u64 }
/// struct Pending {
///     cart: Cart,
/// }
///
/// struct Paid {
///     cart: Cart,
///     payment: Payment,
/// }
///
/// impl Pending {
///     fn covers(&self, payment: &Payment) -> bool {
///         payment.amount >= self.cart.total
///     }
///
///     fn pay(self, payment: Payment) -> Paid {
///         Paid { cart: self.cart, payment }
///     }
/// }
/// ```
///
/// # Rows on the enum
///
/// A row on the enum leaves every state that is not final. It is tried behind the state's own rows,
/// and left out where they already take every such event.
///
/// ```
/// use fsm_core::{Fsm, RowId};
///
/// #[derive(Fsm)]
/// #[fsm(event = Event)]
/// #[on(Cancel => Cancelled)]
/// enum Job {
///     #[fsm(initial)]
///     #[on(Start => Running)]
///     Waiting,
///     #[on(Finish => Done)]
///     Running,
///     #[fsm(final)]
///     Done,
///     #[fsm(final)]
///     Cancelled,
/// }
///
/// enum Event {
///     Start,
///     Finish,
///     Cancel,
/// }
///
/// assert_eq!(Job::TABLE.describe(RowId(1)), "Waiting --Cancel--> Cancelled");
/// assert_eq!(Job::TABLE.describe(RowId(3)), "Running --Cancel--> Cancelled");
/// ```
///
/// `from(A, B)` in front names the states, or groups, that the row leaves:
/// `#[on(from(Waiting, Running), Cancel => Cancelled)]`. So do the other attributes below.
///
/// # Groups
///
/// States that have rows in common are a group. A row on the enum `from` a group is tried behind
/// those of the state, those of an inner group before those of the one around it, and all of them
/// before the rows for every state.
///
/// ```
/// use fsm_core::{Effects, Fsm, Moment};
///
/// #[derive(Fsm, Clone, Debug, PartialEq)]
/// #[fsm(event = Event, context = Line)]
/// #[fsm(group = Active, initial = Ringing, deep_history = before)]
/// #[fsm(group = Connected, in = Active)]
/// #[on(from(Active), HangUp => Ended)]
/// #[on(from(Active), Park => Parked)]
/// #[enter(of(Connected), start_meter())]
/// #[exit(of(Connected), stop_meter())]
/// enum Call {
///     #[fsm(initial, group = Active)]
///     #[on(Answer => Talking { with: ctx.number })]
///     Ringing,
///     #[fsm(group = Connected)]
///     #[on(Hold => OnHold { with })]
///     Talking { with: u32 },
///     #[fsm(group = Connected)]
///     #[on(Resume => Talking { with })]
///     OnHold { with: u32 },
///     #[on(Resume => Active)]
///     Parked,
///     #[fsm(final)]
///     Ended,
/// }
/// # #[derive(Clone, Debug)]
/// # enum Event { Answer, Hold, Resume, Park, HangUp }
///
/// #[derive(Default)]
/// struct Line {
///     number: u32,
///     running: bool,
///     before: Option<Call>,
/// }
///
/// impl Line {
///     fn start_meter(&mut self) {
///         self.running = true;
///     }
///
///     fn stop_meter(&mut self) {
///         self.running = false;
///     }
/// }
///
/// let (mut line, mut effects) = (Line { number: 7, ..Line::default() }, Effects::new());
/// let mut call = Call::initial();
/// for event in [Event::Answer, Event::Hold, Event::Park] {
///     call = call.step(&mut line, event, Moment::default(), &mut effects).unwrap();
/// }
/// assert_eq!((&call, line.running), (&Call::Parked, false));
/// let call = call.step(&mut line, Event::Resume, Moment::default(), &mut effects).unwrap();
/// assert_eq!((call, line.running), (Call::OnHold { with: 7 }, true));
/// ```
///
/// A state says which group it is in. The group itself needs a declaration on the enum only for
/// what else there is to say of it:
///
/// | word | means |
/// | --- | --- |
/// | `group = Name` | the first word |
/// | `in = Outer` | the group is inside another |
/// | `initial = State` | where a row to the group leads, with all fields at their defaults |
/// | `history = field` | such a row leads back to where the group was left |
/// | `deep_history = field` | such a row leads back to the very state, however deep |
///
/// A `history` remembers the group's own child: if that is a group inside it, it is entered anew,
/// at its initial state.
/// What is remembered is kept in a field of the context of type `Option<Self>`, with its data, and
/// is used up by the way back. `history` alone means the field `history`.
///
/// # Entry and exit: `#[enter(action)]`, `#[exit(action)]`
///
/// They stand on a state, or with `of(...)` on the enum for the states and groups named there. They
/// return what an action returns, and see the state's fields by reference; those of a group see no
/// fields. When a row is taken, this happens, in the order of UML's state machines:
///
/// 1. groups that are left remember the state;
/// 2. exit actions: the state's, then those of the groups that are left, the innermost first;
/// 3. the row's action;
/// 4. the target is built;
/// 5. entry actions: those of the groups that are entered, the outermost first, then the state's;
/// 6. automatic rows, if the new state has some.
///
/// A group that holds source and target is neither left nor entered. An internal row (`=> _`)
/// leaves and enters nothing; a row from a state to itself leaves and enters the state. Effects
/// come in the order in which the actions returned them. The entry actions of a new machine are run
/// by [`start`](../fsm_core/trait.Fsm.html#method.start).
///
/// # Time: `#[after(30s => Target / action)]`, `#[every(5s / action)]`
///
/// A timer starts when its state, or group, is entered, and stops when it is left. `#[after]` takes
/// its row once; `#[every]` again and again, and stays. On the enum without `from` a timer runs as
/// long as the machine. A duration is a literal, `500ms`, `30s`, `10min`, `2h`, `7d`, or an
/// expression of type `Duration`, in which `ctx`, `now`, `id` and, on a state, its fields are in
/// scope. Guards, actions and labels are those of other rows:
/// `#[after(30s if may_retry() => Trying / count())]`. In `#[every]` the first `/` begins the
/// action, so a division before it needs parentheses.
///
/// ```
/// use std::time::Duration;
///
/// use fsm_core::{Effects, Fsm, Moment, TimerId};
///
/// #[derive(Fsm, Debug, PartialEq)]
/// #[fsm(event = Event)]
/// #[after(30d => Lapsed)]
/// enum Offer {
///     #[fsm(initial)]
///     #[on(Send { days } => Open { days })]
///     Draft,
///     #[after(Duration::from_secs(86_400 * u64::from(*days)) => Draft)]
///     #[on(Sign => Signed)]
///     Open { days: u32 },
///     #[fsm(final)]
///     Signed,
///     #[fsm(final)]
///     Lapsed,
/// }
/// # enum Event { Send { days: u32 }, Sign }
///
/// let (open, moment) = (Offer::Open { days: 2 }, Moment::default());
/// let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
/// assert_eq!(open.duration(TimerId(0), &(), moment), hours(720));
/// assert_eq!(open.duration(TimerId(1), &(), moment), hours(48));
/// assert_eq!(open.elapse(TimerId(1), &mut (), moment, &mut Effects::new()), Ok(Offer::Draft));
/// ```
///
/// # Without an event: `#[always(if guard => Target / action)]`
///
/// An automatic row is tried when its state is entered, and again after each internal row that has
/// an action; it is taken as soon as its guard allows. One of a group or of the enum is left out of
/// the state that it leads to. [`step`](../fsm_core/trait.Fsm.html#tymethod.step) takes them
/// until none is left; a runtime takes and records them one by one.
///
/// # Not now: `#[defer(Pattern)]`, and not here: `#[quiet(Pattern)]`
///
/// A deferred event is kept until the state changes, and offered again then: `step` gives it back
/// marked [`deferred`](../fsm_core/machine/struct.Refused.html#structfield.deferred). A quiet one
/// is refused like any other that no row takes, and nobody is warned, since it is to be expected.
/// Either comes behind the rows on the same state, and before those of its groups.
///
/// # What does not compile
///
/// All mistakes of an enum are reported together, each at its token: no initial state or two, a
/// target that is no state or is not constructed as declared, a state that cannot be reached, a
/// state without a way out that is not marked final, a final state with rows, a row that can never
/// run, rows that replay could not tell apart, automatic rows that would never end, an event that
/// is both taken and deferred, a group that nothing is in or that nothing names, a timer of zero, a
/// diagram that disagrees, a `return` or `?` that would leave a row halfway, an unknown or repeated
/// word. What is wrong in a guard, action or target is for rustc to say, in
/// your line. So is an event that no row takes:
///
/// ```compile_fail,E0004
/// use fsm_core::Fsm;
///
/// #[derive(Fsm)]
/// #[fsm(event = Event)] // pattern `Event::Kick` not covered
/// enum Turnstile {
///     #[fsm(initial)]
///     #[on(Coin => Unlocked)]
///     Locked,
///     #[on(Push => Locked)]
///     Unlocked,
/// }
///
/// enum Event {
///     Coin,
///     Push,
///     Kick,
/// }
/// ```
#[proc_macro_derive(Fsm, attributes(fsm, on, after, every, always, enter, exit, defer, quiet))]
pub fn derive_fsm(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut diagnostics = Diagnostics::new();
    let machine = parse::machine(input, &mut diagnostics);
    let table = Table::new(&machine);
    check::states::check(&machine, &mut diagnostics);
    check::targets::check(&machine, &mut diagnostics);
    check::header::check(&table, &mut diagnostics);
    check::groups::check(&table, &mut diagnostics);
    check::rows::check(&table, &mut diagnostics);
    check::holds::check(&table, &mut diagnostics);
    check::graph::check(&table, &mut diagnostics);
    check::limits::check(&table, &mut diagnostics);
    if diagnostics.is_empty() {
        check::document::check(&table, &mut diagnostics);
    }
    match diagnostics.finish() {
        errors if errors.is_empty() => expand::implementation(&table).into(),
        errors => fallback::fallback(&machine, &errors).into(),
    }
}
