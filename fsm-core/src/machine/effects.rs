//! Side effects as data.

/// The effects that the actions of one transition returned, in order.
///
/// It allocates nothing until the first effect is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects<E> {
    list: Vec<E>,
}

/// The effect type of a machine that has no effects. It has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoEffect {}

/// What an action may return: nothing, an effect, an `Option` or a `Vec` of them, or [`Effects`].
///
/// `Form` tells the five forms apart, so that they do not overlap; it is always inferred.
#[diagnostic::on_unimplemented(
    message = "an action cannot return `{Self}`",
    label = "returns `{Self}`",
    note = "an action returns `()`, an effect (`{E}`), `Option`, `Vec` or `Effects` of it; \
            the effect type is named in `#[fsm(effect = ...)]`, and end an expression whose \
            value is not wanted with `;` in a block"
)]
pub trait Emit<E, Form> {
    /// Appends what was returned to `effects`.
    fn emit(self, effects: &mut Effects<E>);
}

/// The form of an action that returns `()`.
#[doc(hidden)]
pub mod nothing {
    #[derive(Debug)]
    pub enum Form {}
}

/// The form of an action that returns one effect.
#[doc(hidden)]
pub mod one {
    #[derive(Debug)]
    pub enum Form {}
}

/// The form of an action that returns an `Option`.
#[doc(hidden)]
pub mod maybe {
    #[derive(Debug)]
    pub enum Form {}
}

/// The form of an action that returns a `Vec`.
#[doc(hidden)]
pub mod many {
    #[derive(Debug)]
    pub enum Form {}
}

/// The form of an action that returns `Effects`.
#[doc(hidden)]
pub mod several {
    #[derive(Debug)]
    pub enum Form {}
}

impl<E> Effects<E> {
    /// No effects yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { list: Vec::new() }
    }

    /// Adds an effect behind the others.
    pub fn push(&mut self, effect: E) {
        self.list.push(effect);
    }

    /// The effects so far.
    #[must_use]
    pub fn as_slice(&self) -> &[E] {
        &self.list
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Forgets them, and keeps the memory.
    pub fn clear(&mut self) {
        self.list.clear();
    }
}

impl<E> Default for Effects<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> IntoIterator for Effects<E> {
    type Item = E;
    type IntoIter = std::vec::IntoIter<E>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<E> Extend<E> for Effects<E> {
    fn extend<I: IntoIterator<Item = E>>(&mut self, effects: I) {
        self.list.extend(effects);
    }
}

impl<E> Emit<E, nothing::Form> for () {
    #[inline]
    fn emit(self, _: &mut Effects<E>) {}
}

impl<E> Emit<E, one::Form> for E {
    #[inline]
    fn emit(self, effects: &mut Effects<E>) {
        effects.push(self);
    }
}

impl<E> Emit<E, maybe::Form> for Option<E> {
    #[inline]
    fn emit(self, effects: &mut Effects<E>) {
        effects.extend(self);
    }
}

impl<E> Emit<E, many::Form> for Vec<E> {
    #[inline]
    fn emit(self, effects: &mut Effects<E>) {
        effects.extend(self);
    }
}

impl<E> Emit<E, several::Form> for Effects<E> {
    #[inline]
    fn emit(self, effects: &mut Self) {
        effects.extend(self);
    }
}
