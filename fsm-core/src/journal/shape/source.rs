//! What a type is read from to find out its shape.

use std::any::TypeId;

use serde::Deserializer;
use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::draft::OPEN;
use super::sample::{self, Kind};
use super::trace::{Escape, Filled, Stop, Tracer};
use super::tree::{Field, Fields, Shape};

/// A place of which a value is read, and where its shape is noted.
pub(crate) struct Source<'a> {
    tracer: &'a mut Tracer,
    shape: &'a mut Shape,
    /// Tells the place from others of the same type.
    place: u64,
    /// Inside a value of a type that is being read already: nothing that need not be read.
    briefly: bool,
}

impl<'a> Source<'a> {
    pub(super) const fn new(
        tracer: &'a mut Tracer,
        shape: &'a mut Shape,
        place: u64,
        briefly: bool,
    ) -> Self {
        Self { tracer, shape, place, briefly }
    }

    /// Notes what a place holds.
    fn note(&mut self, shape: Shape) -> Result<(), Stop> {
        if *self.shape != OPEN && *self.shape != shape {
            return Err(self.tracer.hopeless("it reads one place in two ways"));
        }
        *self.shape = shape;
        Ok(())
    }

    /// The sample to show.
    fn sample(&mut self, shape: Shape, kind: Kind) -> Result<usize, Stop> {
        self.note(shape)?;
        self.tracer.count(0)?;
        Ok(self.tracer.sample(self.place, kind))
    }

    fn unsupported<T>(self, what: &str) -> Result<T, Stop> {
        Err(self
            .tracer
            .hopeless(&format!("it asks for `{what}`, which the journal's encoding does not have")))
    }

    /// Reads a value that lies in this one.
    fn inside<T>(
        &mut self,
        inner: &mut Shape,
        step: u64,
        read: impl FnOnce(Source<'_>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.tracer.count(1)?;
        let place = beneath(self.place, step);
        let read = read(Source::new(self.tracer, inner, place, self.briefly));
        self.tracer.count(-1)?;
        read
    }

    /// Whether an option or list is filled; what it holds is noted if it never is.
    fn is_filled(&mut self, inner: &mut [&mut Shape]) -> bool {
        let shapes: Vec<_> = inner.iter().map(|shape| &**shape).collect();
        match self.tracer.is_filled(self.place, &shapes, self.briefly) {
            Filled::Yes => true,
            Filled::No => false,
            Filled::Never(why) => {
                for shape in inner.iter_mut().filter(|shape| ***shape == OPEN) {
                    **shape = Shape::Unknown(why.to_owned());
                }
                false
            }
        }
    }

    /// What failed in an option or list may be left out.
    fn or_empty<T>(&mut self, read: Result<T, Stop>) -> Result<T, Stop> {
        if read.is_err() {
            self.tracer.failed_in(Escape::Empty(self.place));
        }
        read
    }

    /// Reads the fields of a struct or variant.
    fn fields<T>(
        tracer: &mut Tracer,
        (number, variant): (u32, Option<u32>),
        briefly: bool,
        new: impl FnOnce() -> Fields,
        read: impl FnOnce(Elements<'_>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let mut shapes = match tracer.fields(number, variant, new)? {
            Fields::One(shape) => vec![shape],
            Fields::Tuple(shapes) => shapes,
            Fields::Named(fields) => fields.into_iter().map(|field| field.shape).collect(),
            Fields::Unknown(_) | Fields::Unit => Vec::new(),
        };
        let place = beneath(beneath(u64::from(number) + 1, u64::from(variant.unwrap_or(0))), 0);
        let read = read(Elements { tracer, shapes: &mut shapes, next: 0, place, briefly });
        tracer.found(number, variant, shapes)?;
        read
    }

    /// Reads a struct of its own.
    fn strukt<'de, V: Visitor<'de>>(
        mut self,
        name: &'static str,
        members: &'static [&'static str],
        new: impl FnOnce() -> Fields,
        read: impl FnOnce(Elements<'_>) -> Result<V::Value, Stop>,
    ) -> Result<V::Value, Stop> {
        let number = self.tracer.number(type_of::<V::Value>(), name, members, false);
        self.note(Shape::Type(number))?;
        let briefly = self.briefly || self.tracer.is_active(number);
        let before = self.tracer.enter(number, None);
        let read = Self::fields(self.tracer, (number, None), briefly, new, read);
        self.tracer.leave(number, None, before, read.is_err());
        read
    }
}

/// Tells a place inside another from those beside it.
fn beneath(place: u64, step: u64) -> u64 {
    // FNV-1a, over numbers instead of bytes: equal places in equal types are one place.
    (place ^ step).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(17)
}

fn type_of<T>() -> TypeId {
    typeid::of::<T>()
}

fn named(names: &'static [&'static str]) -> Fields {
    let fields = names.iter().map(|&name| Field { name: name.to_owned(), shape: OPEN });
    Fields::Named(fields.collect())
}

fn tuple(count: usize) -> Vec<Shape> {
    // More than that is refused as too deep or too large anyway.
    vec![OPEN; count.min(100_000)]
}

macro_rules! sampled {
    ($($method:ident, $shape:ident, $kind:ident, $visit:ident, $sample:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
            let sample = self.sample(Shape::$shape, Kind::$kind)?;
            visitor.$visit($sample(sample))
        }
    )*};
}

impl<'de> Deserializer<'de> for Source<'_> {
    type Error = Stop;

    sampled! {
        deserialize_bool, Bool, Bool, visit_bool, |sample| sample == 1;
        deserialize_i8, I8, Number, visit_i8, |sample| sample::number(sample).cast_signed();
        deserialize_i16, I16, Number, visit_i16, |sample| sample::number(sample).into();
        deserialize_i32, I32, Number, visit_i32, |sample| sample::number(sample).into();
        deserialize_i64, I64, Number, visit_i64, |sample| sample::number(sample).into();
        deserialize_i128, I128, Number, visit_i128, |sample| sample::number(sample).into();
        deserialize_u8, U8, Number, visit_u8, sample::number;
        deserialize_u16, U16, Number, visit_u16, |sample| sample::number(sample).into();
        deserialize_u32, U32, Number, visit_u32, |sample| sample::number(sample).into();
        deserialize_u64, U64, Number, visit_u64, |sample| sample::number(sample).into();
        deserialize_u128, U128, Number, visit_u128, |sample| sample::number(sample).into();
        deserialize_f32, F32, Float, visit_f32, sample::float;
        deserialize_f64, F64, Float, visit_f64, |sample| sample::float(sample).into();
        deserialize_char, Char, Char, visit_char, sample::char;
        deserialize_str, Text, Text, visit_borrowed_str, sample::text;
        deserialize_string, Text, Text, visit_string, |sample| sample::text(sample).to_owned();
        deserialize_bytes, Bytes, Bytes, visit_byte_buf, sample::bytes;
        deserialize_byte_buf, Bytes, Bytes, visit_byte_buf, sample::bytes;
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        self.unsupported("deserialize_any")
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        self.unsupported("deserialize_identifier")
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        self.unsupported("deserialize_ignored_any")
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        let mut inner = match std::mem::replace(self.shape, OPEN) {
            Shape::Option(inner) => *inner,
            shape if shape == OPEN => OPEN,
            _ => return Err(self.tracer.hopeless("it reads one place in two ways")),
        };
        let read = match self.is_filled(&mut [&mut inner]) {
            true => {
                let read = self.inside(&mut inner, 1, |source| visitor.visit_some(source));
                self.or_empty(read)
            }
            false => visitor.visit_none(),
        };
        *self.shape = Shape::Option(Box::new(inner));
        read
    }

    fn deserialize_unit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        self.note(Shape::Unit)?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.strukt::<V>(name, &[], || Fields::Unit, |_| visitor.visit_unit())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.strukt::<V>(
            name,
            &[],
            || Fields::One(OPEN),
            |mut one| one.next(|source| visitor.visit_newtype_struct(source)),
        )
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        let mut inner = match std::mem::replace(self.shape, OPEN) {
            Shape::Sequence(inner) => [*inner],
            shape if shape == OPEN => [OPEN],
            _ => return Err(self.tracer.hopeless("it reads one place in two ways")),
        };
        let [element] = &mut inner;
        let count = usize::from(self.is_filled(&mut [element]));
        let place = beneath(self.place, 2);
        let (tracer, briefly) = (&mut *self.tracer, self.briefly);
        let shapes = &mut inner[..count];
        let read = visitor.visit_seq(Elements { tracer, shapes, next: 0, place, briefly });
        let read = if count > 0 { self.or_empty(read) } else { read };
        let [element] = inner;
        *self.shape = Shape::Sequence(Box::new(element));
        read
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        let mut shapes = match std::mem::replace(self.shape, OPEN) {
            Shape::Tuple(shapes) if shapes.len() == len => shapes,
            shape if shape == OPEN => tuple(len),
            _ => return Err(self.tracer.hopeless("it reads one place in two ways")),
        };
        let (place, briefly) = (beneath(self.place, 3), self.briefly);
        let tracer = &mut *self.tracer;
        let elements = Elements { tracer, shapes: &mut shapes, next: 0, place, briefly };
        let read = visitor.visit_seq(elements);
        *self.shape = Shape::Tuple(shapes);
        read
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let new = || Fields::Tuple(tuple(len));
        self.strukt::<V>(name, &[], new, |elements| visitor.visit_seq(elements))
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        let mut inner = match std::mem::replace(self.shape, OPEN) {
            Shape::Map(inner) => [inner.0, inner.1],
            shape if shape == OPEN => [OPEN, OPEN],
            _ => return Err(self.tracer.hopeless("it reads one place in two ways")),
        };
        let [key, value] = &mut inner;
        let is_filled = self.is_filled(&mut [key, value]);
        let place = beneath(self.place, 4);
        let (tracer, briefly) = (&mut *self.tracer, self.briefly);
        let shapes = &mut inner[..if is_filled { 2 } else { 0 }];
        let read = visitor.visit_map(Elements { tracer, shapes, next: 0, place, briefly });
        let read = if is_filled { self.or_empty(read) } else { read };
        *self.shape = Shape::Map(Box::new(inner.into()));
        read
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let read = |elements: Elements<'_>| visitor.visit_seq(elements);
        self.strukt::<V>(name, fields, || named(fields), read)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let number = self.tracer.number(type_of::<V::Value>(), name, variants, true);
        self.note(Shape::Type(number))?;
        if variants.is_empty() {
            return Err(self.tracer.hopeless("it has no variant"));
        }
        let briefly = self.briefly || self.tracer.is_active(number);
        let variant = match self.tracer.choose(number, briefly) {
            Ok(variant) => variant,
            Err(Stop(why)) => return Err(self.tracer.hopeless(&why)),
        };
        let before = self.tracer.enter(number, Some(variant));
        let chosen = Chosen { tracer: self.tracer, number, variant, briefly };
        let read = visitor.visit_enum(chosen);
        self.tracer.leave(number, Some(variant), before, read.is_err());
        read
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Values one behind the other: of a list, a tuple, a struct.
struct Elements<'a> {
    tracer: &'a mut Tracer,
    shapes: &'a mut [Shape],
    next: usize,
    place: u64,
    briefly: bool,
}

impl Elements<'_> {
    fn is_at_end(&self) -> bool {
        self.next >= self.shapes.len()
    }

    /// Reads the next one.
    fn next<T>(&mut self, read: impl FnOnce(Source<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
        let next = self.next;
        self.next += 1;
        let Some(shape) = self.shapes.get_mut(next) else {
            return Err(Stop("it reads more than it said".to_owned()));
        };
        self.tracer.count(1)?;
        let place = beneath(self.place, next as u64);
        let read = read(Source::new(self.tracer, shape, place, self.briefly));
        self.tracer.count(-1)?;
        read
    }
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Stop;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Stop> {
        if self.is_at_end() {
            return Ok(None);
        }
        self.next(|source| seed.deserialize(source)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.shapes.len().saturating_sub(self.next))
    }
}

impl<'de> MapAccess<'de> for Elements<'_> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Stop> {
        SeqAccess::next_element_seed(self, seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Stop> {
        self.next(|source| seed.deserialize(source))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.shapes.len().saturating_sub(self.next) / 2)
    }
}

/// A variant that was chosen.
struct Chosen<'a> {
    tracer: &'a mut Tracer,
    number: u32,
    variant: u32,
    briefly: bool,
}

impl Chosen<'_> {
    fn fields<T>(
        self,
        new: impl FnOnce() -> Fields,
        read: impl FnOnce(Elements<'_>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let place = (self.number, Some(self.variant));
        Source::fields(self.tracer, place, self.briefly, new, read)
    }
}

impl<'de> EnumAccess<'de> for Chosen<'_> {
    type Error = Stop;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Stop> {
        let variant: U32Deserializer<Stop> = self.variant.into_deserializer();
        Ok((seed.deserialize(variant)?, self))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        self.fields(|| Fields::Unit, |_| Ok(()))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Stop> {
        self.fields(|| Fields::One(OPEN), |mut one| one.next(|source| seed.deserialize(source)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        self.fields(|| Fields::Tuple(tuple(len)), |elements| visitor.visit_seq(elements))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.fields(|| named(fields), |elements| visitor.visit_seq(elements))
    }
}
