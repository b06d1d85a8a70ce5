//! Whether what was written with one shape can be read with another.
//!
//! The encoding holds no names: values stand one behind the other, and a variant is its place in
//! the enum. So what is read must be, value for value, what was written. Two things are allowed:
//! variants that nobody had written yet, behind the others; and, at the top of an event, variants
//! in any order, since their places can be [translated](Places).

use std::collections::HashSet;

use super::tree::{Field, Fields, Form, NamedType, Shape, Variant, View};

/// For each stored variant of the event, its place among those that are read now.
pub(crate) type Places = Vec<u32>;

/// Why what was written cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// Which part of the type, in words: ``the field `amount` of `Event::Pay` ``.
    pub(crate) place: String,
    /// What has become of it, in words: `has another type`.
    pub(crate) change: String,
    /// What it was.
    pub(crate) stored: String,
    /// What it is.
    pub(crate) now: String,
    /// The variant of the event that is gone, and the one that it may be called now.
    pub(crate) renamed: Option<(String, Option<String>)>,
}

/// How a stored shape is compared with one of today.
pub(crate) struct Fitting<'a> {
    stored: View<'a>,
    now: View<'a>,
    /// Today's name of a variant.
    name_now: &'a dyn Fn(&str) -> String,
    /// Whether a stored shape that is unknown is taken for the one of today: somebody says so.
    is_vouched: bool,
    /// Types that are being compared, which may hold each other.
    assumed: HashSet<(u32, u32)>,
}

impl<'a> Fitting<'a> {
    pub(crate) fn new(
        stored: View<'a>,
        now: View<'a>,
        name_now: &'a dyn Fn(&str) -> String,
        is_vouched: bool,
    ) -> Self {
        Self { stored, now, name_now, is_vouched, assumed: HashSet::new() }
    }

    /// Compares events: where their variants are now, if they moved.
    pub(crate) fn event(mut self, name: &str) -> Result<Option<Places>, Box<Misfit>> {
        let (Some(stored), Some(now)) = (self.stored.variants(), self.now.variants()) else {
            let (stored, now) = (self.stored.shape, self.now.shape);
            return self.shape(&format!("`{name}`"), stored, now).map(|()| None);
        };
        if let (Shape::Type(stored), Shape::Type(now)) = (self.stored.shape, self.now.shape) {
            self.assumed.insert((*stored, *now));
        }
        let mut places = Places::new();
        for variant in stored {
            let found = now.iter().position(|each| each.name == variant.name).or_else(|| {
                let name_now = (self.name_now)(&variant.name);
                now.iter().position(|each| each.name == name_now)
            });
            let Some(found) = found else { return Err(self.gone(name, variant, stored, now)) };
            let place = u32::try_from(found).unwrap_or(u32::MAX);
            if places.contains(&place) {
                return Err(self.merged(name, stored, &now[found]));
            }
            self.fields(&format!("{name}::{}", variant.name), &variant.fields, &now[found].fields)?;
            places.push(place);
        }
        let has_moved = (0..).zip(&places).any(|(before, after)| before != *after);
        Ok(has_moved.then_some(places))
    }

    /// Compares contexts, or whatever else must be the same.
    pub(crate) fn whole(mut self, name: &str) -> Result<(), Box<Misfit>> {
        let (stored, now) = (self.stored.shape, self.now.shape);
        self.shape(&format!("`{name}`"), stored, now)
    }

    /// Compares two shapes at a place.
    fn shape(&mut self, place: &str, stored: &'a Shape, now: &'a Shape) -> Result<(), Box<Misfit>> {
        match (stored, now) {
            (Shape::Unknown(_), Shape::Unknown(_)) => Ok(()),
            (Shape::Unknown(_), _) if self.is_vouched => Ok(()),
            (Shape::Option(stored), Shape::Option(now))
            | (Shape::Sequence(stored), Shape::Sequence(now)) => self.shape(place, stored, now),
            (Shape::Map(stored), Shape::Map(now)) => {
                self.shape(place, &stored.0, &now.0)?;
                self.shape(place, &stored.1, &now.1)
            }
            (Shape::Tuple(before), Shape::Tuple(after)) if before.len() == after.len() => {
                let mut pairs = before.iter().zip(after);
                pairs.try_for_each(|(stored, now)| self.shape(place, stored, now))
            }
            (Shape::Type(before), Shape::Type(after)) => self.named(place, *before, *after),
            (stored, now) if stored == now => Ok(()),
            _ => Err(self.misfit(place, "has another type", stored, now)),
        }
    }

    fn named(&mut self, place: &str, stored: u32, now: u32) -> Result<(), Box<Misfit>> {
        if !self.assumed.insert((stored, now)) {
            return Ok(());
        }
        let (Some(before), Some(after)) = (self.stored.named(stored), self.now.named(now)) else {
            // Only a schema that was damaged, or written by hand, names a type that it lacks.
            return Err(Misfit::new(place, "is of a type that the schema lacks", "?", "?"));
        };
        match (&before.form, &after.form) {
            (Form::Struct(stored), Form::Struct(now)) => self.fields(&after.name, stored, now),
            (Form::Enum(stored), Form::Enum(now)) => self.variants(&after.name, stored, now),
            _ => {
                let (stored, now) = (kind_and_name(before), kind_and_name(after));
                Err(Misfit::new(place, "has another type", &stored, &now))
            }
        }
    }

    /// Compares what a struct or variant carries.
    fn fields(&mut self, of: &str, stored: &'a Fields, now: &'a Fields) -> Result<(), Box<Misfit>> {
        match (stored, now) {
            (Fields::Unit, Fields::Unit) | (Fields::Unknown(_), Fields::Unknown(_)) => Ok(()),
            (Fields::Unknown(_), _) if self.is_vouched => Ok(()),
            (Fields::One(stored), Fields::One(now)) => {
                self.shape(&format!("what `{of}` holds"), stored, now)
            }
            (Fields::Tuple(before), Fields::Tuple(after)) if before.len() == after.len() => {
                let mut pairs = (0..).zip(before.iter().zip(after));
                pairs.try_for_each(|(place, (stored, now)): (usize, _)| {
                    self.shape(&format!("the field {place} of `{of}`"), stored, now)
                })
            }
            (Fields::Named(before), Fields::Named(after)) => {
                if let Some(change) = renamed_fields(before, after) {
                    return Err(self.other_fields(of, &change, stored, now));
                }
                before.iter().zip(after).try_for_each(|(stored, now)| {
                    let place = format!("the field `{}` of `{of}`", now.name);
                    self.shape(&place, &stored.shape, &now.shape)
                })
            }
            _ => Err(self.other_fields(of, "holds something else", stored, now)),
        }
    }

    /// Compares enums that are not the event: what was there stays in its place.
    fn variants(
        &mut self,
        of: &str,
        stored: &'a [Variant],
        now: &'a [Variant],
    ) -> Result<(), Box<Misfit>> {
        for (place, variant) in stored.iter().enumerate() {
            let is_it = |after: &Variant| {
                after.name == variant.name || after.name == (self.name_now)(&variant.name)
            };
            let Some(after) = now.get(place).filter(|after| is_it(after)) else {
                let change = match now.iter().any(is_it) {
                    true => format!("has the variant `{}` in another place", variant.name),
                    false => format!("has no variant `{}` any more", variant.name),
                };
                let (stored, now) = (names(stored), names(now));
                return Err(Misfit::new(&format!("`{of}`"), &change, &stored, &now));
            };
            self.fields(&format!("{of}::{}", variant.name), &variant.fields, &after.fields)?;
        }
        Ok(())
    }

    /// An event that the journal may hold, and nobody takes.
    fn gone(
        &self,
        of: &str,
        variant: &'a Variant,
        stored: &'a [Variant],
        now: &'a [Variant],
    ) -> Box<Misfit> {
        let is_new = |each: &&Variant| stored.iter().all(|known| known.name != each.name);
        let carried = self.stored.fields(&variant.fields);
        let candidate =
            now.iter().filter(is_new).find(|each| self.now.fields(&each.fields) == carried);
        let change = format!("has no variant `{}` any more", variant.name);
        let place = format!("`{of}`");
        let mut misfit = Misfit::new(&place, &change, &names(stored), &names(now));
        misfit.renamed = Some((variant.name.clone(), candidate.map(|each| each.name.clone())));
        misfit
    }

    /// Two events of the journal that would be one.
    fn merged(&self, of: &str, stored: &[Variant], into: &Variant) -> Box<Misfit> {
        let change = format!("would have two variants of the journal in one, `{}`", into.name);
        let now = self.now.variants().unwrap_or_default();
        Misfit::new(&format!("`{of}`"), &change, &names(stored), &names(now))
    }

    fn other_fields(
        &self,
        of: &str,
        change: &str,
        stored: &'a Fields,
        now: &'a Fields,
    ) -> Box<Misfit> {
        let (stored, now) = (self.stored.fields(stored), self.now.fields(now));
        Misfit::new(&format!("`{of}`"), change, &stored, &now)
    }

    fn misfit(&self, place: &str, change: &str, stored: &'a Shape, now: &'a Shape) -> Box<Misfit> {
        let (stored, now) = (self.stored.at(stored), self.now.at(now));
        Misfit::new(place, change, &stored.to_string(), &now.to_string())
    }
}

impl Misfit {
    fn new(place: &str, change: &str, stored: &str, now: &str) -> Box<Self> {
        let [place, change, stored, now] = [place, change, stored, now].map(str::to_owned);
        Box::new(Self { place, change, stored, now, renamed: None })
    }
}

/// What has become of named fields, if their names are not the same.
fn renamed_fields(stored: &[Field], now: &[Field]) -> Option<String> {
    let has = |list: &[Field], name: &str| list.iter().any(|field| field.name == name);
    let gone: Vec<_> = stored.iter().filter(|field| !has(now, &field.name)).collect();
    let new: Vec<_> = now.iter().filter(|field| !has(stored, &field.name)).collect();
    Some(match (&gone[..], &new[..]) {
        ([], []) if stored.iter().map(|field| &field.name).eq(now.iter().map(|f| &f.name)) => {
            return None;
        }
        ([], []) => "has its fields in another order".to_owned(),
        ([gone], [new]) => format!("has the field `{}` instead of `{}`", new.name, gone.name),
        ([gone, ..], _) => format!("has no field `{}` any more", gone.name),
        ([], [new, ..]) => format!("has a new field `{}`", new.name),
    })
}

fn kind_and_name(named: &NamedType) -> String {
    let kind = match named.form {
        Form::Struct(_) => "struct",
        Form::Enum(_) => "enum",
    };
    format!("{kind} {}", named.name)
}

fn names(variants: &[Variant]) -> String {
    let names = variants.iter().map(|variant| variant.name.as_str());
    format!("{{ {} }}", names.collect::<Vec<_>>().join(", "))
}
