//! How the derive reads types that need not implement serde.
//!
//! A state or an effect is read if it can be, and a machine without a runtime needs no serde at
//! all. Rust has no way to ask whether a type implements a trait and go on either way; but a method
//! of a type's own goes before one of a trait, and is passed over where its bounds do not hold. So
//! [`Probe::read`] is that of the type where `T` can be read, and [`Unread::read`] where it cannot:
//!
//! ```
//! use fsm_core::machine::probe::{Probe, Unread as _};
//! use serde::de::value::{Error, U32Deserializer};
//! use serde::de::IntoDeserializer;
//!
//! struct Opaque;
//!
//! let source = || -> U32Deserializer<Error> { 7u32.into_deserializer() };
//! assert_eq!(Probe::<u32>::NEW.read(source()), Ok(7));
//! assert!(Probe::<Opaque>::NEW.read(source()).is_err());
//! ```

use std::any;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Error};

/// What is read from, so that the derive need not ask for serde beside this crate.
pub use serde::Deserializer;

/// One of a machine's types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The enum of states.
    State,
    /// The effects.
    Effect,
    /// The events that this version wrote: `previous(1 = v1::Event)`.
    Event(u32),
    /// The context that this version wrote: `previous(context 1 = v1::Context)`.
    Context(u32),
}

/// Reads a `T` if it can be read.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<fn() -> T>);

/// What is left where a type cannot be read.
pub trait Unread<T> {
    /// Fails, and says of which type.
    ///
    /// # Errors
    ///
    /// Always.
    fn read<'de, D: Deserializer<'de>>(&self, source: D) -> Result<T, D::Error>;
}

/// What is left where a type cannot be looked at.
pub trait Unseen<T> {
    /// Fails, and says of which type.
    ///
    /// # Errors
    ///
    /// Always.
    fn look<D: Deserializer<'static>>(&self, source: D) -> Result<(), D::Error>;
}

impl<T> Probe<T> {
    /// The probe.
    pub const NEW: Self = Self(PhantomData);
}

impl<T: DeserializeOwned> Probe<T> {
    /// The value that this source holds.
    ///
    /// # Errors
    ///
    /// What the source, or the type, says.
    pub fn read<'de, D: Deserializer<'de>>(&self, source: D) -> Result<T, D::Error> {
        T::deserialize(source)
    }
}

impl<T: Deserialize<'static>> Probe<T> {
    /// Reads a value only to see what it asks for. It may borrow, since nothing is kept of it; what
    /// it borrows from lives for ever, because rustc finds out too late whether less would do.
    ///
    /// # Errors
    ///
    /// What the source, or the type, says.
    pub fn look<D: Deserializer<'static>>(&self, source: D) -> Result<(), D::Error> {
        T::deserialize(source).map(drop)
    }
}

impl<T> Unseen<T> for Probe<T> {
    fn look<D: Deserializer<'static>>(&self, _: D) -> Result<(), D::Error> {
        // Without the type's name: this is stored, and modules move.
        Err(D::Error::custom("it does not implement `Deserialize`"))
    }
}

impl<T> Unread<T> for Probe<T> {
    fn read<'de, D: Deserializer<'de>>(&self, _: D) -> Result<T, D::Error> {
        let name = any::type_name::<T>();
        Err(D::Error::custom(format_args!("`{name}` does not implement `Deserialize`")))
    }
}

/// A value of an older version, as the next newer one has it.
pub fn converted<Old: Into<New>, New>(old: Old) -> New {
    old.into()
}

/// That a machine has no such part.
pub fn no_such_part<E: Error>(part: Part) -> E {
    E::custom(format_args!("the machine has no {part:?}"))
}
