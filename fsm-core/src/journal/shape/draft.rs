//! Types of which not everything is known yet, and which way leads to what is not.

use super::tree::{Field, Fields, Form, NamedType, Shape, Variant};

/// What is not known yet, in a draft.
pub(super) const OPEN: Shape = Shape::Unknown(String::new());

/// What a place is said to hold that nothing has shown.
const UNSEEN: &str = "no value of it could be made";

/// A struct or an enum that is being traced.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) name: &'static str,
    pub(super) members: Members,
}

/// What a draft is made of.
#[derive(Debug)]
pub(super) enum Members {
    Struct(Option<Fields>),
    Enum(Vec<VariantDraft>),
}

/// A variant that is being traced.
#[derive(Debug)]
pub(super) struct VariantDraft {
    pub(super) name: &'static str,
    pub(super) fields: Option<Fields>,
    /// How many values the smallest one read so far was made of.
    pub(super) cost: Option<u32>,
    /// Why no value of it can be made.
    pub(super) dead: Option<String>,
}

impl VariantDraft {
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, fields: None, cost: None, dead: None }
    }

    /// Whether nobody has looked yet.
    pub(super) const fn is_unread(&self) -> bool {
        self.cost.is_none() && self.dead.is_none()
    }
}

impl Draft {
    /// What the draft, or its variant of this number, carries.
    pub(super) fn fields_mut(&mut self, variant: Option<u32>) -> Option<&mut Option<Fields>> {
        match (&mut self.members, variant) {
            (Members::Struct(fields), None) => Some(fields),
            (Members::Enum(variants), Some(variant)) => {
                variants.get_mut(variant as usize).map(|variant| &mut variant.fields)
            }
            _ => None,
        }
    }

    /// The type, as far as it is known.
    pub(super) fn finish(self) -> NamedType {
        let finished = |fields: Option<Fields>, dead: Option<String>| match (fields, dead) {
            (_, Some(why)) => Fields::Unknown(why),
            (Some(fields), None) => closed(fields),
            (None, None) => Fields::Unknown(UNSEEN.to_owned()),
        };
        let form = match self.members {
            Members::Struct(fields) => Form::Struct(finished(fields, None)),
            Members::Enum(variants) => {
                let variants = variants.into_iter().map(|variant| Variant {
                    name: variant.name.to_owned(),
                    fields: finished(variant.fields, variant.dead),
                });
                Form::Enum(variants.collect())
            }
        };
        NamedType { name: self.name.to_owned(), form }
    }
}

fn closed(fields: Fields) -> Fields {
    match fields {
        Fields::One(shape) => Fields::One(close(shape)),
        Fields::Tuple(shapes) => Fields::Tuple(shapes.into_iter().map(close).collect()),
        Fields::Named(fields) => {
            let fields = fields.into_iter();
            Fields::Named(
                fields.map(|field| Field { shape: close(field.shape), ..field }).collect(),
            )
        }
        fields @ (Fields::Unit | Fields::Unknown(_)) => fields,
    }
}

/// A shape whose open places are unknown for good.
pub(super) fn close(shape: Shape) -> Shape {
    match shape {
        Shape::Unknown(why) if why.is_empty() => Shape::Unknown(UNSEEN.to_owned()),
        Shape::Option(inner) => Shape::Option(Box::new(close(*inner))),
        Shape::Sequence(inner) => Shape::Sequence(Box::new(close(*inner))),
        Shape::Map(inner) => Shape::Map(Box::new((close(inner.0), close(inner.1)))),
        Shape::Tuple(shapes) => Shape::Tuple(shapes.into_iter().map(close).collect()),
        shape => shape,
    }
}

/// The shapes that fields are made of.
pub(super) fn shapes_of(fields: &Fields) -> Vec<&Shape> {
    match fields {
        Fields::Unknown(_) | Fields::Unit => Vec::new(),
        Fields::One(shape) => vec![shape],
        Fields::Tuple(shapes) => shapes.iter().collect(),
        Fields::Named(fields) => fields.iter().map(|field| &field.shape).collect(),
    }
}

/// Calls `found` for the types that a shape is directly made of, with `None` for an open place.
pub(super) fn each_type(shape: &Shape, found: &mut impl FnMut(Option<u32>)) {
    match shape {
        Shape::Unknown(why) if why.is_empty() => found(None),
        Shape::Type(number) => found(Some(*number)),
        Shape::Option(inner) | Shape::Sequence(inner) => each_type(inner, found),
        Shape::Map(inner) => {
            each_type(&inner.0, found);
            each_type(&inner.1, found);
        }
        Shape::Tuple(shapes) => shapes.iter().for_each(|shape| each_type(shape, found)),
        _ => {}
    }
}

/// What both say of one place; `None` if they contradict each other.
pub(super) fn merge(one: Shape, other: Shape) -> Option<Shape> {
    Some(match (one, other) {
        (one, other) if other == OPEN || one == other => one,
        (one, other) if one == OPEN => other,
        (Shape::Option(one), Shape::Option(other)) => Shape::Option(Box::new(merge(*one, *other)?)),
        (Shape::Sequence(one), Shape::Sequence(other)) => {
            Shape::Sequence(Box::new(merge(*one, *other)?))
        }
        (Shape::Map(one), Shape::Map(other)) => {
            Shape::Map(Box::new((merge(one.0, other.0)?, merge(one.1, other.1)?)))
        }
        (Shape::Tuple(one), Shape::Tuple(other)) => Shape::Tuple(merge_all(one, other)?),
        // One was given up, the other was not reached.
        (one @ Shape::Unknown(_), Shape::Unknown(_)) => one,
        _ => return None,
    })
}

/// As [`merge`], of as many places as there are.
pub(super) fn merge_all(one: Vec<Shape>, other: Vec<Shape>) -> Option<Vec<Shape>> {
    if one.len() != other.len() {
        return None;
    }
    one.into_iter().zip(other).map(|(one, other)| merge(one, other)).collect()
}

/// Where what is not known yet lies.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// For each type, how many types lie between it and something unknown.
    distances: Vec<Option<u32>>,
    /// For each enum, the variant to choose to come there.
    toward: Vec<Option<u32>>,
}

impl Wanted {
    pub(super) fn find(drafts: &[Draft]) -> Self {
        let (distances, toward) = (vec![None; drafts.len()], vec![None; drafts.len()]);
        let mut wanted = Self { distances, toward };
        // Each round knows the way from one type further; most machines need a handful.
        loop {
            let mut is_nearer = false;
            for draft in 0..drafts.len() {
                is_nearer |= wanted.visit(draft, drafts);
            }
            if !is_nearer {
                return wanted;
            }
        }
    }

    /// Looks at a type again; says whether something is nearer than was known.
    fn visit(&mut self, draft: usize, drafts: &[Draft]) -> bool {
        let (mut nearest, mut toward) = (None, None);
        let mut consider = |variant: Option<u32>, distance: Option<u32>| {
            if distance.is_some_and(|distance| nearest.is_none_or(|known| distance < known)) {
                (nearest, toward) = (distance, variant);
            }
        };
        match &drafts[draft].members {
            Members::Struct(fields) => consider(None, self.from(fields.as_ref())),
            Members::Enum(variants) => {
                for (number, variant) in (0..).zip(variants) {
                    if variant.is_unread() {
                        consider(Some(number), Some(0));
                    } else if variant.dead.is_none() {
                        consider(Some(number), self.from(variant.fields.as_ref()));
                    }
                }
            }
        }
        let is_nearer = nearest
            .is_some_and(|nearest| self.distances[draft].is_none_or(|known| nearest < known));
        if is_nearer {
            (self.distances[draft], self.toward[draft]) = (nearest, toward);
        }
        is_nearer
    }

    fn from(&self, fields: Option<&Fields>) -> Option<u32> {
        let Some(fields) = fields else { return Some(0) };
        shapes_of(fields).into_iter().filter_map(|shape| self.distance(shape)).min()
    }

    /// How far something unknown is, from a value of this shape.
    pub(super) fn distance(&self, shape: &Shape) -> Option<u32> {
        let mut nearest: Option<u32> = None;
        each_type(shape, &mut |found| {
            let distance = match found {
                None => Some(0),
                // A type that was met for the first time.
                Some(number) => match self.distances.get(number as usize) {
                    None => Some(1),
                    Some(distance) => distance.map(|distance| distance.saturating_add(1)),
                },
            };
            nearest = [nearest, distance].into_iter().flatten().min();
        });
        nearest
    }

    /// The variant to choose.
    pub(super) fn toward(&self, draft: usize) -> Option<u32> {
        self.toward.get(draft).copied().flatten()
    }
}
