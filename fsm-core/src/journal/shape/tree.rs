//! The shapes themselves, as they are stored.

use serde::{Deserialize, Serialize};

/// What a value looks like in the journal's encoding, which has neither names nor types in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shape {
    /// It could not be found out; why.
    Unknown(String),
    /// `()`
    Unit,
    /// `bool`
    Bool,
    /// `i8`
    I8,
    /// `i16`
    I16,
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `i128`
    I128,
    /// `u8`
    U8,
    /// `u16`
    U16,
    /// `u32`
    U32,
    /// `u64`
    U64,
    /// `u128`
    U128,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `char`
    Char,
    /// Text of any type.
    Text,
    /// Bytes that say that they are bytes. A `Vec<u8>` is a sequence.
    Bytes,
    /// An option.
    Option(Box<Self>),
    /// As many of one shape as there are: a vector, a set.
    Sequence(Box<Self>),
    /// Keys and values.
    Map(Box<(Self, Self)>),
    /// A tuple or an array.
    Tuple(Vec<Self>),
    /// A struct or an enum: its number in the list of types.
    Type(u32),
}

/// A struct or an enum. Two of one name are two types, and so are `Page<u8>` and `Page<String>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NamedType {
    /// The name that serde knows it by.
    pub name: String,
    /// What it is.
    pub form: Form,
}

/// A struct or an enum.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Form {
    /// A struct.
    Struct(Fields),
    /// An enum. A value holds its variant's place in this list.
    Enum(Vec<Variant>),
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Variant {
    /// The name that serde knows it by.
    pub name: String,
    /// What it carries.
    pub fields: Fields,
}

/// What a struct, or a variant, carries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fields {
    /// It could not be found out; why.
    Unknown(String),
    /// Nothing.
    Unit,
    /// One value without a name.
    One(Shape),
    /// Several values without names.
    Tuple(Vec<Shape>),
    /// Values with names, in the order in which they are encoded.
    Named(Vec<Field>),
}

/// A field with a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// The name that serde knows it by.
    pub name: String,
    /// What it holds.
    pub shape: Shape,
}

/// The shapes of a machine's types.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shapes {
    /// The events.
    pub event: Shape,
    /// The context.
    pub context: Shape,
    /// The states.
    pub state: Shape,
    /// The effects.
    pub effect: Shape,
    /// The structs and enums that these are made of, in the order in which they were met.
    pub types: Vec<NamedType>,
}

/// A shape, with the types that it is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) types: &'a [NamedType],
}

impl Shapes {
    /// The shape of the events.
    pub(crate) fn event(&self) -> View<'_> {
        View { shape: &self.event, types: &self.types }
    }

    /// The shape of the context.
    pub(crate) fn state(&self) -> View<'_> {
        View { shape: &self.state, types: &self.types }
    }

    pub(crate) fn context(&self) -> View<'_> {
        View { shape: &self.context, types: &self.types }
    }
}

impl<'a> View<'a> {
    /// The type with this number.
    pub(crate) fn named(self, number: u32) -> Option<&'a NamedType> {
        self.types.get(number as usize)
    }

    /// The variants, if it is an enum.
    pub(crate) fn variants(self) -> Option<&'a [Variant]> {
        let Shape::Type(number) = *self.shape else { return None };
        match &self.named(number)?.form {
            Form::Enum(variants) => Some(variants),
            Form::Struct(_) => None,
        }
    }

    /// The same types, looked at from another shape.
    pub(crate) const fn at(self, shape: &'a Shape) -> Self {
        Self { shape, types: self.types }
    }
}

impl Shape {
    /// Whether it could not be found out.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}
