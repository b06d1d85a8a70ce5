//! Whether a state can be stored by itself, found out on its concrete type.
//!
//! The derive cannot know whether its enum implements serde's traits, and must not ask for it: a
//! machine that is never stored whole needs neither. So it calls a method of a [`Probe`]. Method
//! resolution takes [`StoreWithSerde`], which is there where the traits are, before [`StoreNot`],
//! for which it has to borrow once more.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserializer, Serialize, Serializer};

/// Asks what the type `F` can do.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<F>(PhantomData<F>);

impl<F> Probe<F> {
    /// The question.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<F> Default for Probe<F> {
    fn default() -> Self {
        Self::new()
    }
}

/// The answer of a type with serde's traits.
#[doc(hidden)]
pub trait StoreWithSerde<F> {
    fn store<S: Serializer>(&self, state: &F, serializer: S) -> Option<Result<S::Ok, S::Error>>;
    fn restore<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Option<Result<F, D::Error>>;
}

/// The answer of every other type.
#[doc(hidden)]
pub trait StoreNot<F> {
    fn store<S: Serializer>(&self, state: &F, serializer: S) -> Option<Result<S::Ok, S::Error>>;
    fn restore<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Option<Result<F, D::Error>>;
}

impl<F: Serialize + DeserializeOwned> StoreWithSerde<F> for Probe<F> {
    fn store<S: Serializer>(&self, state: &F, serializer: S) -> Option<Result<S::Ok, S::Error>> {
        Some(state.serialize(serializer))
    }

    fn restore<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Option<Result<F, D::Error>> {
        Some(F::deserialize(deserializer))
    }
}

impl<F> StoreNot<F> for &Probe<F> {
    fn store<S: Serializer>(&self, _: &F, _: S) -> Option<Result<S::Ok, S::Error>> {
        None
    }

    fn restore<'de, D: Deserializer<'de>>(&self, _: D) -> Option<Result<F, D::Error>> {
        None
    }
}
