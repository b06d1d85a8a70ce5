//! Side effects as data.

#[cfg(feature = "rt")]
use std::{any::Any, sync::Arc};

/// The effects that the actions of one transition returned, in order.
///
/// It allocates nothing until the first effect is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects<E> {
    list: Vec<E>,
    /// What goes to other machines, among the effects.
    #[cfg(feature = "rt")]
    parcels: Vec<Parcel>,
}

/// Something for another machine, which the runtime understands.
#[cfg(feature = "rt")]
#[derive(Clone, Debug)]
struct Parcel {
    /// How many effects and parcels stand before it.
    place: usize,
    /// What it says, for comparison and for people.
    text: String,
    content: Arc<dyn Any + Send + Sync>,
}

/// An effect or a parcel, in its place.
#[cfg(feature = "rt")]
#[derive(Debug)]
pub(crate) enum Item<E> {
    Effect(E),
    Parcel(Arc<dyn Any + Send + Sync>),
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
        Self {
            list: Vec::new(),
            #[cfg(feature = "rt")]
            parcels: Vec::new(),
        }
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
        #[cfg(feature = "rt")]
        if !self.parcels.is_empty() {
            return false;
        }
        self.list.is_empty()
    }

    /// Forgets them, and keeps the memory.
    pub fn clear(&mut self) {
        self.list.clear();
        #[cfg(feature = "rt")]
        self.parcels.clear();
    }
}

#[cfg(feature = "rt")]
impl<E> Effects<E> {
    /// Adds something for another machine behind the others.
    pub(crate) fn push_parcel(&mut self, content: Arc<dyn Any + Send + Sync>, text: String) {
        let place = self.list.len() + self.parcels.len();
        self.parcels.push(Parcel { place, text, content });
    }

    /// Everything, in order.
    pub(crate) fn into_items(self) -> impl Iterator<Item = Item<E>> {
        let mut effects = self.list.into_iter();
        let mut parcels = self.parcels.into_iter().peekable();
        (0..).map_while(move |place| {
            let parcel = parcels.next_if(|parcel| parcel.place <= place);
            match parcel {
                Some(parcel) => Some(Item::Parcel(parcel.content)),
                None => effects.next().map(Item::Effect),
            }
        })
    }

    /// Takes over what another list has.
    fn append(&mut self, other: Self) {
        let before = self.list.len() + self.parcels.len();
        self.list.extend(other.list);
        self.parcels.extend(
            other
                .parcels
                .into_iter()
                .map(|parcel| Parcel { place: before + parcel.place, ..parcel }),
        );
    }
}

#[cfg(feature = "rt")]
impl PartialEq for Parcel {
    fn eq(&self, other: &Self) -> bool {
        (self.place, &self.text) == (other.place, &other.text)
    }
}

#[cfg(feature = "rt")]
impl Eq for Parcel {}

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
        #[cfg(feature = "rt")]
        effects.append(self);
        #[cfg(not(feature = "rt"))]
        effects.extend(self);
    }
}
