//! The handler: what a program writes to have the effects of a kind performed.

use std::fmt;
use std::sync::Arc;

use super::error::PerformError;
use super::key::EffectKey;
use crate::journal::Pending;
use crate::machine::Fsm;

/// Performs the effects of the machines of kind `F`. Written by whoever writes the program; write
/// `perform` as an `async fn`, or make a handler of a closure with [`perform_fn`].
///
/// ```
/// use fsm_core::runtime::{EffectKey, Perform, PerformError};
/// # use fsm_core::Fsm;
/// # #[derive(Fsm)] #[fsm(event = Event, context = Context, effect = Charge)]
/// # enum Order {
/// #     #[fsm(initial)] #[on(Pay => Paid / charge())] #[on(Declined => _)] Open,
/// #     #[fsm(final)] Paid,
/// # }
/// # enum Event { Pay, Declined }
/// # #[derive(Default)] struct Context;
/// # impl Context { fn charge(&mut self) -> Charge { Charge { cents: 100 } } }
/// # #[derive(Debug)] struct Charge { cents: u64 }
/// # struct Bank;
/// # impl Bank {
/// #     async fn charge(&self, _: &str, _: u64) -> Result<bool, std::io::Error> { Ok(true) }
/// # }
///
/// struct Cashier { bank: Bank }
///
/// impl Perform<Order> for Cashier {
///     async fn perform(
///         &self,
///         key: &EffectKey,
///         effect: &Charge,
///     ) -> Result<Option<Event>, PerformError> {
///         let charged = self.bank.charge(&key.to_string(), effect.cents).await?;
///         Ok(if charged { None } else { Some(Event::Declined) })
///     }
/// }
/// ```
///
/// It may block no thread; what does goes to `tokio::task::spawn_blocking`. One that blocks
/// nevertheless occupies a thread of tokio's and its own place among those that run, and cannot be
/// timed out. And the task that it woke last waits with it for that thread: if it was a shard's,
/// because the handler had sent something to a machine, so do all machines of that shard.
pub trait Perform<F: Fsm>: Send + Sync + 'static {
    /// Performs an effect. An event that it answers goes to the machine, together with the news
    /// that the effect is done.
    ///
    /// It is called at least once for each effect: again after an error or a restart, also one at
    /// which the last call had already done its work. `key` is the same each time. A panic is a
    /// failure like any other, and another attempt follows.
    ///
    /// # Errors
    ///
    /// [`PerformError`], which says whether another attempt may help.
    ///
    /// # Cancel safety
    ///
    /// Its future is dropped at an await when the attempt has taken too long or the system ends. It
    /// must leave nothing behind that another attempt could stumble over.
    fn perform(
        &self,
        key: &EffectKey,
        effect: &F::Effect,
    ) -> impl Future<Output = Result<Option<F::Event>, PerformError>> + Send;
}

/// A kind of machine whose effects can be performed. It is implemented for every [`Fsm`] that has
/// what it takes: the effect is shown in a dead letter (`Debug`) and lent to another task, to which
/// the answered event is moved.
pub trait Effectful:
    Fsm<Effect: fmt::Debug + Send + Sync + 'static, Event: Send + 'static> + 'static
{
}

impl<F> Effectful for F where
    F: Fsm<Effect: fmt::Debug + Send + Sync + 'static, Event: Send + 'static> + 'static
{
}

/// A handler made of a closure: [`perform_fn`].
#[derive(Clone, Copy)]
pub struct PerformFn<C> {
    perform: C,
}

/// Makes a handler of a closure. Each attempt gets a key and an effect of its own, so the effect
/// must be `Clone`; say the effect's type at the closure's argument.
///
/// ```
/// use fsm_core::runtime::effects::perform_fn;
/// use fsm_core::runtime::{EffectKey, Perform, PerformError};
/// # use fsm_core::Fsm;
/// # #[derive(Fsm)] #[fsm(event = Event, context = Context, effect = Charge)]
/// # enum Order { #[fsm(initial)] #[on(Pay => Paid / charge())] Open, #[fsm(final)] Paid }
/// # enum Event { Pay }
/// # #[derive(Default)] struct Context;
/// # impl Context { fn charge(&mut self) -> Charge { Charge { cents: 100 } } }
/// # #[derive(Clone, Debug)] struct Charge { cents: u64 }
/// # async fn charge(_: &str, _: u64) -> Result<(), std::io::Error> { Ok(()) }
///
/// fn handler() -> impl Perform<Order> {
///     perform_fn(|key, effect: Charge| async move {
///         charge(&key.to_string(), effect.cents).await?;
///         Ok(None)
///     })
/// }
/// ```
pub const fn perform_fn<C, E, V, Fut>(perform: C) -> PerformFn<C>
where
    C: Fn(EffectKey, E) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Option<V>, PerformError>> + Send,
{
    PerformFn { perform }
}

impl<F, C, Fut> Perform<F> for PerformFn<C>
where
    F: Fsm<Effect: Clone>,
    C: Fn(EffectKey, F::Effect) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Option<F::Event>, PerformError>> + Send,
{
    fn perform(
        &self,
        key: &EffectKey,
        effect: &F::Effect,
    ) -> impl Future<Output = Result<Option<F::Event>, PerformError>> + Send {
        (self.perform)(key.clone(), effect.clone())
    }
}

impl<F: Fsm, P: Perform<F>> Perform<F> for Arc<P> {
    fn perform(
        &self,
        key: &EffectKey,
        effect: &F::Effect,
    ) -> impl Future<Output = Result<Option<F::Event>, PerformError>> + Send {
        P::perform(self, key, effect)
    }
}

impl<C> fmt::Debug for PerformFn<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerformFn").finish_non_exhaustive()
    }
}

/// A handler whose type is forgotten.
pub(super) trait AnyPerform<F: Fsm>: Send + Sync {
    /// Nothing of the handler runs before the first poll.
    fn perform_any<'a>(
        &'a self,
        key: &'a EffectKey,
        effect: &'a F::Effect,
    ) -> Pending<'a, Result<Option<F::Event>, PerformError>>;
}

impl<F: Effectful, P: Perform<F>> AnyPerform<F> for P {
    fn perform_any<'a>(
        &'a self,
        key: &'a EffectKey,
        effect: &'a F::Effect,
    ) -> Pending<'a, Result<Option<F::Event>, PerformError>> {
        Box::pin(async move { self.perform(key, effect).await })
    }
}
