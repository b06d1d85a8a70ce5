//! The derive macro of `fsm-core`, which re-exports it: depend on that crate.
//!
//! It reads the attributes (`parse`) into a model of what was declared (`model`), multiplies
//! the rows out (`table`), applies the rules that need the whole enum (`check`), and writes
//! the implementation (`expand`), or with mistakes the errors and a stand-in (`fallback`).
//!
//! It knows nothing of journals, actors or time.

mod bare_calls;
mod check;
mod diagnostics;
mod early_exit;
mod expand;
mod fallback;
mod model;
mod parse;
mod pattern;
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
/// | `crate = path` | where `fsm-core` is, if it is re-exported | `::fsm_core` |
///
/// # On a state: `#[fsm(initial)]`, `#[fsm(final)]`
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
/// # What does not compile
///
/// All mistakes of an enum are reported together, each at its token: no initial state or two, a
/// target that is no state or is not constructed as declared, a state that cannot be reached, a
/// state without a way out that is not marked final, a final state with rows, a row that can never
/// run, rows that replay could not tell apart, a `return` or `?` that would leave a row halfway, an
/// unknown or repeated word. What is wrong in a guard, action or target is for rustc to say, in
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
#[proc_macro_derive(Fsm, attributes(fsm, on))]
pub fn derive_fsm(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut diagnostics = Diagnostics::new();
    let machine = parse::machine(input, &mut diagnostics);
    let table = Table::new(&machine);
    check::states::check(&machine, &mut diagnostics);
    check::targets::check(&machine, &mut diagnostics);
    check::rows::check(&table, &mut diagnostics);
    check::graph::check(&table, &mut diagnostics);
    check::limits::check(&table, &mut diagnostics);
    match diagnostics.finish() {
        errors if errors.is_empty() => expand::implementation(&table).into(),
        errors => fallback::fallback(&machine, &errors).into(),
    }
}
