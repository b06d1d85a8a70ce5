//! The three machines of `docs/peers.md`, here and in other libraries.
//!
//! The machines and their drivers are in `tests/`, a folder for each library. Here stands what the
//! compilers of the Rust ones say of mistakes, for the table at the end of `docs/derive.md`: an
//! example that says `compile_fail` is rejected, any other is accepted. What ours says is in
//! `fsm-derive/tests/ui`.

/// # A state that no transition leads to
///
/// is accepted:
///
/// ```
/// use statig::prelude::*;
///
/// pub struct Gate;
///
/// pub enum Event { Coin, Push }
///
/// #[state_machine(initial = "State::locked()")]
/// impl Gate {
///     #[state]
///     fn locked(event: &Event) -> Outcome<State> {
///         match event {
///             Event::Coin => Transition(State::unlocked()),
///             _ => Super,
///         }
///     }
///
///     #[state]
///     fn unlocked(event: &Event) -> Outcome<State> {
///         match event {
///             Event::Push => Transition(State::locked()),
///             _ => Super,
///         }
///     }
///
///     #[state]
///     fn broken(event: &Event) -> Outcome<State> {
///         match event {
///             Event::Push => Transition(State::locked()),
///             _ => Super,
///         }
///     }
/// }
/// # fn main() { Gate.state_machine().handle(&Event::Coin); }
/// ```
///
/// # A misspelt target
///
/// is rejected:
///
/// ```compile_fail,E0599
/// use statig::prelude::*;
///
/// pub struct Gate;
///
/// pub enum Event { Coin, Push }
///
/// #[state_machine(initial = "State::locked()")]
/// impl Gate {
///     #[state]
///     fn locked(event: &Event) -> Outcome<State> {
///         match event {
///             Event::Coin => Transition(State::unlokced()),
///             _ => Super,
///         }
///     }
///
///     #[state]
///     fn unlocked(event: &Event) -> Outcome<State> {
///         match event {
///             Event::Push => Transition(State::locked()),
///             _ => Super,
///         }
///     }
/// }
/// # fn main() { Gate.state_machine().handle(&Event::Coin); }
/// ```
///
/// # Data of the wrong type
///
/// is rejected:
///
/// ```compile_fail,E0308
/// use statig::prelude::*;
///
/// pub struct Order;
///
/// pub enum Event { Checkout }
///
/// #[state_machine(initial = "State::cart()")]
/// impl Order {
///     #[state]
///     fn cart(event: &Event) -> Outcome<State> {
///         match event {
///             Event::Checkout => Transition(State::awaiting("ten")),
///         }
///     }
///
///     #[state]
///     fn awaiting(due: &u64) -> Outcome<State> {
///         Super
///     }
/// }
/// # fn main() { Order.state_machine().handle(&Event::Checkout); }
/// ```
///
/// # An event that no state takes
///
/// is accepted behind the usual `_ => Super`:
///
/// ```
/// use statig::prelude::*;
///
/// pub struct Gate;
///
/// pub enum Event { Coin, Kick }
///
/// #[state_machine(initial = "State::locked()")]
/// impl Gate {
///     #[state]
///     fn locked(event: &Event) -> Outcome<State> {
///         match event {
///             Event::Coin => Transition(State::locked()),
///             _ => Super,
///         }
///     }
/// }
/// # fn main() { Gate.state_machine().handle(&Event::Kick); }
/// ```
///
/// and rejected in a handler that lists its events:
///
/// ```compile_fail,E0004
/// use statig::prelude::*;
///
/// pub struct Gate;
///
/// pub enum Event { Coin, Kick }
///
/// #[state_machine(initial = "State::locked()")]
/// impl Gate {
///     #[state]
///     fn locked(event: &Event) -> Outcome<State> {
///         match event {
///             Event::Coin => Transition(State::locked()),
///         }
///     }
/// }
/// # fn main() { Gate.state_machine().handle(&Event::Kick); }
/// ```
#[doc(hidden)]
pub mod statig {}

/// # A state that no transition leads to
///
/// is accepted:
///
/// ```
/// use smlang::statemachine;
///
/// statemachine! {
///     transitions: {
///         *Locked + Coin = Unlocked,
///         Unlocked + Push = Locked,
///         Broken + Push = Locked,
///     }
/// }
///
/// pub struct Context;
/// impl StateMachineContext for Context {}
/// # fn main() { let _ = StateMachine::new(Context).process_event(Events::Coin); }
/// ```
///
/// # A misspelt target
///
/// is accepted, and a state of its own:
///
/// ```
/// use smlang::statemachine;
///
/// statemachine! {
///     transitions: {
///         *Locked + Coin = Unlokced,
///         Unlocked + Push = Locked,
///     }
/// }
///
/// pub struct Context;
/// impl StateMachineContext for Context {}
/// # fn main() { let _ = StateMachine::new(Context).process_event(Events::Coin); }
/// ```
///
/// # Data of the wrong type
///
/// is rejected:
///
/// ```compile_fail,E0053
/// use smlang::statemachine;
///
/// statemachine! {
///     transitions: {
///         *Locked + Coin / price = Unlocked(u64),
///         Unlocked(u64) + Push = Locked,
///     }
/// }
///
/// pub struct Context;
/// impl StateMachineContext for Context {
///     fn price(&mut self) -> Result<&str, ()> {
///         Ok("ten")
///     }
/// }
/// # fn main() { let _ = StateMachine::new(Context).process_event(Events::Coin); }
/// ```
///
/// # An event that no state takes
///
/// cannot be declared, so whoever sends it is rejected:
///
/// ```compile_fail,E0599
/// use smlang::statemachine;
///
/// statemachine! {
///     transitions: {
///         *Locked + Coin = Unlocked,
///         Unlocked + Push = Locked,
///     }
/// }
///
/// pub struct Context;
/// impl StateMachineContext for Context {}
/// # fn main() { let _ = StateMachine::new(Context).process_event(Events::Kick); }
/// ```
#[doc(hidden)]
pub mod smlang {}

/// # A state that no transition leads to
///
/// is accepted:
///
/// ```
/// rust_fsm::state_machine! {
///     gate(Locked)
///
///     Locked(Coin) => Unlocked,
///     Unlocked(Push) => Locked,
///     Broken(Push) => Locked,
/// }
/// # fn main() { let _ = gate::StateMachine::new().consume(&gate::Input::Coin); }
/// ```
///
/// # A misspelt target
///
/// is accepted, and a state of its own:
///
/// ```
/// rust_fsm::state_machine! {
///     gate(Locked)
///
///     Locked(Coin) => Unlokced,
///     Unlocked(Push) => Locked,
/// }
/// # fn main() { let _ = gate::StateMachine::new().consume(&gate::Input::Coin); }
/// ```
///
/// With an enum of one's own it is rejected:
///
/// ```compile_fail,E0599
/// pub enum State { Locked, Unlocked }
/// pub enum Input { Coin, Push }
///
/// rust_fsm::state_machine! {
///     #[state_machine(input(crate::Input), state(crate::State))]
///     gate(Locked)
///
///     Locked(Coin) => Unlokced,
///     Unlocked(Push) => Locked,
/// }
/// # fn main() { let _ = gate::StateMachine::new().consume(&Input::Coin); }
/// ```
///
/// # An event that no state takes
///
/// is accepted, if the enum is one's own:
///
/// ```
/// pub enum State { Locked, Unlocked }
/// pub enum Input { Coin, Push, Kick }
///
/// rust_fsm::state_machine! {
///     #[state_machine(input(crate::Input), state(crate::State))]
///     gate(Locked)
///
///     Locked(Coin) => Unlocked,
///     Unlocked(Push) => Locked,
/// }
/// # fn main() { let _ = gate::StateMachine::new().consume(&Input::Kick); }
/// ```
#[doc(hidden)]
pub mod rust_fsm {}
