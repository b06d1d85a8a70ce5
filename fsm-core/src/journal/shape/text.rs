//! Shapes as text, close to the Rust that they come from.

use std::fmt;

use super::tree::{Fields, Shape, View};

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, shapes: &[Shape]| {
            shapes.iter().enumerate().try_for_each(|(place, shape)| {
                let comma = if place > 0 { ", " } else { "" };
                write!(f, "{comma}{}", self.at(shape))
            })
        };
        match self.shape {
            Shape::Unknown(why) => write!(f, "unknown ({why})"),
            Shape::Unit => f.write_str("()"),
            Shape::Text => f.write_str("text"),
            Shape::Bytes => f.write_str("bytes"),
            Shape::Option(inner) => write!(f, "Option<{}>", self.at(inner)),
            Shape::Sequence(inner) => write!(f, "[{}]", self.at(inner)),
            Shape::Map(inner) => write!(f, "{{{}: {}}}", self.at(&inner.0), self.at(&inner.1)),
            Shape::Tuple(shapes) => {
                f.write_str("(")?;
                list(f, shapes)?;
                f.write_str(")")
            }
            Shape::Type(number) => match self.named(*number) {
                Some(named) => f.write_str(&named.name),
                None => write!(f, "type {number}"),
            },
            Shape::Bool
            | Shape::I8
            | Shape::I16
            | Shape::I32
            | Shape::I64
            | Shape::I128
            | Shape::U8
            | Shape::U16
            | Shape::U32
            | Shape::U64
            | Shape::U128
            | Shape::F32
            | Shape::F64
            | Shape::Char => f.write_str(&format!("{:?}", self.shape).to_lowercase()),
        }
    }
}

impl<'a> View<'a> {
    /// What a struct or variant carries, as text.
    pub(super) fn fields(self, fields: &'a Fields) -> String {
        let list = |shapes: &[Shape]| {
            let shapes = shapes.iter().map(|shape| self.at(shape).to_string());
            shapes.collect::<Vec<_>>().join(", ")
        };
        match fields {
            Fields::Unknown(why) => format!("unknown ({why})"),
            Fields::Unit => "nothing".to_owned(),
            Fields::One(shape) => format!("({})", self.at(shape)),
            Fields::Tuple(shapes) => format!("({})", list(shapes)),
            Fields::Named(fields) => {
                let fields =
                    fields.iter().map(|field| format!("{}: {}", field.name, self.at(&field.shape)));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}
