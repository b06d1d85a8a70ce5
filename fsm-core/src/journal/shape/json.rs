//! Stored values as JSON, without the types that they are of.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{DeserializeSeed, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::tree::{Fields, Form, Shape, View};
use crate::journal::{Codec, CodecError};

/// How deep values may lie within each other. Reading takes a part of the stack for each.
const DEPTH_MAX: u32 = 128;
/// How many values there may be. A length that is damaged may say anything, and what takes no bytes
/// could be there for ever.
const VALUES_MAX: u32 = 1_000_000;

/// Why a stored value cannot be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The schema holds no shapes: it was stored before there were any.
    #[error("the schema of `{kind}` has no shapes: show the bytes")]
    NoShapes {
        /// The kind.
        kind: String,
    },
    /// A part of the value has no known shape.
    #[error("the shape is not known ({why}): show the bytes")]
    Unknown {
        /// Why it could not be found out.
        why: String,
    },
    /// The bytes are not a value of the shape.
    #[error("the payload is none of its shape: {0}")]
    Payload(#[from] CodecError),
}

/// The value that these bytes encode.
pub(crate) fn json(view: View<'_>, bytes: &[u8]) -> Result<Value, JsonError> {
    let (left, unknown) = (Cell::new(VALUES_MAX), Cell::new(None));
    let seed = Seed { view, depth: 0, left: &left, unknown: &unknown };
    match Codec::default().decode_seed(seed, bytes) {
        Ok(value) => Ok(value),
        Err(error) => match unknown.take() {
            Some(why) => Err(JsonError::Unknown { why }),
            None => Err(error.into()),
        },
    }
}

/// A shape to be read as JSON.
#[derive(Clone, Copy)]
struct Seed<'a> {
    view: View<'a>,
    depth: u32,
    /// How many values may still come.
    left: &'a Cell<u32>,
    /// Why a shape that was met is not known.
    unknown: &'a Cell<Option<String>>,
}

impl<'a> Seed<'a> {
    /// A value that lies in this one.
    fn inside(self, shape: &'a Shape) -> Self {
        Self { view: self.view.at(shape), depth: self.depth + 1, ..self }
    }

    fn unknown<E: Error>(self, why: &str) -> E {
        self.unknown.set(Some(why.to_owned()));
        E::custom("its shape is not known")
    }

    fn fields<'de, D: Deserializer<'de>>(
        self,
        fields: &'a Fields,
        source: D,
    ) -> Result<Value, D::Error> {
        match fields {
            Fields::Unknown(why) => Err(self.unknown(why)),
            Fields::Unit => source.deserialize_unit(self),
            Fields::One(shape) => self.inside(shape).deserialize(source),
            Fields::Tuple(shapes) => source.deserialize_tuple(shapes.len(), self.tuple(shapes)),
            Fields::Named(named) => {
                source.deserialize_tuple(named.len(), Values { seed: self, fields })
            }
        }
    }

    fn tuple(self, shapes: &'a [Shape]) -> Tuple<'a> {
        Tuple { seed: self, shapes }
    }

    fn list<'de, A: SeqAccess<'de>>(
        self,
        shapes: impl Iterator<Item = &'a Shape>,
        mut access: A,
    ) -> Result<Vec<Value>, A::Error> {
        let mut values = Vec::new();
        for shape in shapes {
            match access.next_element_seed(self.inside(shape))? {
                Some(value) => values.push(value),
                None => break,
            }
        }
        Ok(values)
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(D::Error::custom(format_args!("more than {VALUES_MAX} values")));
        };
        self.left.set(left);
        if self.depth > DEPTH_MAX {
            return Err(D::Error::custom(format_args!("deeper than {DEPTH_MAX} values")));
        }
        match self.view.shape {
            Shape::Unknown(why) => Err(self.unknown(why)),
            Shape::Unit => source.deserialize_unit(self),
            Shape::Bool => source.deserialize_bool(self),
            Shape::I8 => source.deserialize_i8(self),
            Shape::I16 => source.deserialize_i16(self),
            Shape::I32 => source.deserialize_i32(self),
            Shape::I64 => source.deserialize_i64(self),
            Shape::I128 => source.deserialize_i128(self),
            Shape::U8 => source.deserialize_u8(self),
            Shape::U16 => source.deserialize_u16(self),
            Shape::U32 => source.deserialize_u32(self),
            Shape::U64 => source.deserialize_u64(self),
            Shape::U128 => source.deserialize_u128(self),
            Shape::F32 => source.deserialize_f32(self),
            Shape::F64 => source.deserialize_f64(self),
            Shape::Char => source.deserialize_char(self),
            Shape::Text => source.deserialize_str(self),
            Shape::Bytes => source.deserialize_bytes(self),
            Shape::Option(_) => source.deserialize_option(self),
            Shape::Sequence(_) => source.deserialize_seq(self),
            Shape::Map(_) => source.deserialize_map(self),
            Shape::Tuple(shapes) => source.deserialize_tuple(shapes.len(), self.tuple(shapes)),
            Shape::Type(number) => match self.view.named(*number).map(|named| &named.form) {
                Some(Form::Struct(fields)) => self.fields(fields, source),
                // The encoding asks neither for the name nor for those of the variants.
                Some(Form::Enum(_)) => source.deserialize_enum("", &[], self),
                None => Err(self.unknown("the schema lacks its type")),
            },
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.view)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    // JSON's readers take a larger number for a fraction.
    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or_else(|_| value.to_string().into(), Value::from))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(u64::try_from(value).map_or_else(|_| value.to_string().into(), Value::from))
    }

    fn visit_f32<E>(self, value: f32) -> Result<Value, E> {
        // By its own digits: as a wider number it would have more.
        let number = value.to_string().parse().ok().and_then(Number::from_f64);
        Ok(number.map_or_else(|| value.to_string().into(), Value::Number))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number))
    }

    fn visit_char<E>(self, value: char) -> Result<Value, E> {
        Ok(value.to_string().into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Value, E> {
        let count = u32::try_from(value.len()).ok();
        let Some(left) = count.and_then(|count| self.left.get().checked_sub(count)) else {
            return Err(E::custom(format_args!("more than {VALUES_MAX} values")));
        };
        self.left.set(left);
        Ok(value.to_vec().into())
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        let Shape::Option(inner) = self.view.shape else {
            return Err(D::Error::custom("no option"));
        };
        self.inside(inner).deserialize(source)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let Shape::Sequence(inner) = self.view.shape else {
            return Err(A::Error::custom("no sequence"));
        };
        self.list(std::iter::repeat(&**inner), access).map(Value::Array)
    }

    /// An object if its keys can be those of one, else a list of pairs.
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let Shape::Map(inner) = self.view.shape else {
            return Err(A::Error::custom("no map"));
        };
        let (key, value) = (self.inside(&inner.0), self.inside(&inner.1));
        let mut pairs = Vec::new();
        while let Some(pair) = access.next_entry_seed(key, value)? {
            pairs.push(pair);
        }
        let name = |key: &Value| match key {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            _ => None,
        };
        let named = pairs.iter().map(|(key, value)| Some((name(key)?, value.clone())));
        let object: Option<Map<_, _>> = named.collect();
        // Keys that become one text are told apart in a list.
        Ok(match object.filter(|object| object.len() == pairs.len()) {
            Some(object) => Value::Object(object),
            None => pairs.into_iter().map(|(key, value)| Value::Array(vec![key, value])).collect(),
        })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let (number, content) = access.variant_seed(PhantomData::<u32>)?;
        let variants = self.view.variants().unwrap_or_default();
        let Some(variant) = variants.get(number as usize) else {
            let count = variants.len();
            return Err(A::Error::custom(format_args!("variant {number} of {count}")));
        };
        let fields = &variant.fields;
        let value = match fields {
            Fields::Unknown(why) => return Err(self.unknown(why)),
            Fields::Unit => {
                content.unit_variant()?;
                return Ok(variant.name.as_str().into());
            }
            Fields::One(shape) => content.newtype_variant_seed(self.inside(shape))?,
            Fields::Tuple(shapes) => content.tuple_variant(shapes.len(), self.tuple(shapes))?,
            Fields::Named(named) => {
                content.tuple_variant(named.len(), Values { seed: self, fields })?
            }
        };
        let object: Map<_, _> = [(variant.name.clone(), value)].into_iter().collect();
        Ok(Value::Object(object))
    }
}

/// Values without names.
struct Tuple<'a> {
    seed: Seed<'a>,
    shapes: &'a [Shape],
}

impl<'de> Visitor<'de> for Tuple<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} values", self.shapes.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        self.seed.list(self.shapes.iter(), access).map(Value::Array)
    }
}

/// Values with names.
struct Values<'a> {
    seed: Seed<'a>,
    fields: &'a Fields,
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.seed.view.fields(self.fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let Fields::Named(named) = self.fields else { return Err(A::Error::custom("no names")) };
        let values = self.seed.list(named.iter().map(|field| &field.shape), access)?;
        let names = named.iter().map(|field| field.name.clone());
        Ok(Value::Object(names.zip(values).collect()))
    }
}
