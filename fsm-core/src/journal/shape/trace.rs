//! Finding out a type's shape by having it read from a source that takes notes.
//!
//! A type that serde can read says, step by step, what it wants to read next. So it is read again
//! and again from a [`Source`] that notes what was asked for, and answers with samples. Each time
//! the source chooses a variant that nobody has seen yet, or the way to one, until there is none.
//!
//! What is written by hand may look at what it reads, and refuse. Then the last sample is another
//! one the next time; if none is left, the option, list or variant around it is left out, and is
//! unknown. `serde-reflection` does much the same, but it sees an enum inside another type only as
//! far as its first variant, takes `Page<u8>` and `Page<String>` for one type, and does not come
//! back from an enum whose first variant holds the enum itself.

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::draft::{Draft, Members, OPEN, VariantDraft, Wanted, close, merge_all};
use super::sample::Kind;
use super::source::Source;
use super::tree::{Field, Fields, NamedType, Shape};

/// How often a type is read. Each time shows a variant or a sample; machines have some hundred.
const RUNS_MAX: usize = 20_000;
/// How many values are read in all.
const VALUES_MAX: u32 = 2_000_000;
/// How deep values lie within each other.
const DEPTH_MAX: u32 = 96;

/// Finds out shapes. Types that several shapes are made of are found once.
#[derive(Debug, Default)]
pub(crate) struct Tracer {
    drafts: Vec<Draft>,
    known: HashMap<Key, u32>,
    /// Which sample a place takes, where it is not the first.
    samples: HashMap<u64, usize>,
    /// Options and lists that are left empty, and why.
    empty: HashMap<u64, String>,
    wanted: Wanted,
    values: u32,
    changed: bool,
    run: Run,
}

/// What two types never share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    id: TypeId,
    name: &'static str,
    members: &'static [&'static str],
    is_enum: bool,
}

/// One reading of a type.
#[derive(Debug, Default)]
pub(super) struct Run {
    depth: u32,
    /// The structs and variants that are being read.
    active: Vec<(u32, Option<u32>)>,
    /// The place of the last sample, and its kind.
    last: Option<(u64, Kind)>,
    /// The innermost place that can be left out, around where it failed.
    escape: Option<Escape>,
    /// Nothing that a type says; it cannot be helped.
    is_hopeless: bool,
}

/// A place that can be left out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Escape {
    /// An option or a list.
    Empty(u64),
    /// A variant.
    Variant(u32, u32),
}

/// Why a type could not be read.
#[derive(Debug)]
pub(crate) struct Stop(pub(super) String);

impl Tracer {
    /// The shape of what `read` reads.
    pub(crate) fn trace(&mut self, read: impl Fn(Source<'_>) -> Result<(), Stop>) -> Shape {
        let mut root = OPEN;
        for _ in 0..RUNS_MAX {
            self.wanted = Wanted::find(&self.drafts);
            (self.run, self.changed) = (Run::default(), false);
            let before = root.clone();
            // What was noted until a panic is kept, and everything else of the run is dropped.
            let result =
                catch_unwind(AssertUnwindSafe(|| read(Source::new(self, &mut root, 0, false))));
            match result {
                Ok(Ok(())) => {
                    let is_done = Wanted::find(&self.drafts).distance(&root).is_none();
                    if is_done || !(self.changed || root != before) {
                        return close(root);
                    }
                }
                Ok(Err(Stop(why))) => {
                    if !self.try_otherwise(&why) {
                        return Shape::Unknown(why);
                    }
                }
                Err(_) => return Shape::Unknown("reading it panics".to_owned()),
            }
        }
        Shape::Unknown(format!("it has more than {RUNS_MAX} variants"))
    }

    /// The types that the shapes are made of.
    pub(crate) fn finish(self) -> Vec<NamedType> {
        self.drafts.into_iter().map(Draft::finish).collect()
    }

    /// After a failure, has the next run go another way; says whether there is one.
    fn try_otherwise(&mut self, why: &str) -> bool {
        if let Some((place, kind)) = self.run.last.filter(|_| !self.run.is_hopeless) {
            let sample = self.samples.entry(place).or_default();
            *sample += 1;
            if *sample < kind.samples() {
                return true;
            }
            // Where it is left out, the first one is as good as any.
            *sample = 0;
        }
        match self.run.escape {
            None => false,
            Some(Escape::Empty(place)) => self.empty.insert(place, why.to_owned()).is_none(),
            Some(Escape::Variant(number, variant)) => {
                let variant = self.variant_mut(number, variant);
                variant.is_some_and(|variant| variant.dead.replace(why.to_owned()).is_none())
            }
        }
    }

    /// The number of a type, which is new if it was never met.
    pub(super) fn number(
        &mut self,
        id: TypeId,
        name: &'static str,
        members: &'static [&'static str],
        is_enum: bool,
    ) -> u32 {
        let key = Key { id, name, members, is_enum };
        *self.known.entry(key).or_insert_with(|| {
            let variants = || members.iter().map(|name| VariantDraft::new(name)).collect();
            let members = match is_enum {
                true => Members::Enum(variants()),
                false => Members::Struct(None),
            };
            self.drafts.push(Draft { name, members });
            self.changed = true;
            // There are not that many types.
            u32::try_from(self.drafts.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// The variant to read. Briefly, that of the smallest value.
    pub(super) fn choose(&self, number: u32, briefly: bool) -> Result<u32, Stop> {
        let Some(Members::Enum(variants)) = self.members(number) else {
            return Err(Stop("no enum".to_owned()));
        };
        let variants = || (0..).zip(variants);
        let is_active = |variant| self.run.active.contains(&(number, Some(variant)));
        let mut unread = variants()
            .filter(|(number, variant)| variant.is_unread() && !is_active(*number))
            .map(|(number, _)| number);
        let smallest = variants()
            .filter(|(_, variant)| variant.dead.is_none())
            .filter_map(|(number, variant)| Some((variant.cost?, number)))
            .min()
            .map(|(_, number)| number);
        let chosen = match briefly {
            true => smallest.or_else(|| unread.next()),
            false => {
                let toward = self.wanted.toward(number as usize);
                let is_alive = |toward: &u32| {
                    variants().any(|(number, variant)| number == *toward && variant.dead.is_none())
                };
                unread.next().or(toward.filter(is_alive)).or(smallest)
            }
        };
        let dead = || variants().find_map(|(_, variant)| variant.dead.clone());
        chosen.ok_or_else(|| Stop(dead().unwrap_or_else(|| "it has no smallest value".to_owned())))
    }

    /// Begins to read a struct or a variant; says how many values were read before.
    pub(super) fn enter(&mut self, number: u32, variant: Option<u32>) -> u32 {
        self.run.active.push((number, variant));
        self.values
    }

    /// Whether a struct or enum is being read, around what is read now.
    pub(super) fn is_active(&self, number: u32) -> bool {
        self.run.active.iter().any(|(active, _)| *active == number)
    }

    /// Ends what `enter` began.
    pub(super) fn leave(&mut self, number: u32, variant: Option<u32>, before: u32, failed: bool) {
        self.run.active.pop();
        let Some(variant) = variant else { return };
        if failed {
            self.run.escape.get_or_insert(Escape::Variant(number, variant));
            return;
        }
        let cost = self.values - before;
        let Some(draft) = self.variant_mut(number, variant) else { return };
        let is_new = draft.cost.is_none_or(|known| cost < known);
        if is_new {
            draft.cost = Some(cost);
            self.changed = true;
        }
    }

    /// What is known of a struct's or variant's fields. Names are those of named fields.
    pub(super) fn fields(
        &mut self,
        number: u32,
        variant: Option<u32>,
        new: impl FnOnce() -> Fields,
    ) -> Result<Fields, Stop> {
        let fields = self.drafts.get_mut(number as usize).and_then(|d| d.fields_mut(variant));
        let Some(fields) = fields else { return Err(Stop("it reads another variant".into())) };
        let (is_new, new) = (fields.is_none(), new());
        let known = fields.get_or_insert_with(|| new.clone());
        let known = is_alike(known, &new).then(|| known.clone());
        self.changed |= is_new;
        known.ok_or_else(|| self.hopeless("it reads itself in two ways"))
    }

    /// Takes over what was found of the fields.
    pub(super) fn found(
        &mut self,
        number: u32,
        variant: Option<u32>,
        found: Vec<Shape>,
    ) -> Result<(), Stop> {
        let fields = self.drafts.get_mut(number as usize).and_then(|d| d.fields_mut(variant));
        let Some(Some(fields)) = fields else { return Ok(()) };
        let known = std::mem::replace(fields, Fields::Unit);
        let merged = match known.clone() {
            Fields::One(shape) => {
                merge_all(vec![shape], found).and_then(|mut one| one.pop()).map(Fields::One)
            }
            Fields::Tuple(shapes) => merge_all(shapes, found).map(Fields::Tuple),
            Fields::Named(named) => {
                let (names, shapes): (Vec<_>, Vec<_>) =
                    named.into_iter().map(|field| (field.name, field.shape)).unzip();
                merge_all(shapes, found).map(|shapes| {
                    let named = names.into_iter().zip(shapes);
                    Fields::Named(named.map(|(name, shape)| Field { name, shape }).collect())
                })
            }
            fields => Some(fields),
        };
        let Some(merged) = merged else {
            *fields = known;
            return Err(self.hopeless("it reads one of its fields in two ways"));
        };
        let changed = merged != known;
        *fields = merged;
        self.changed |= changed;
        Ok(())
    }

    /// Counts a value in.
    pub(super) fn count(&mut self, depth: i32) -> Result<(), Stop> {
        self.run.depth = self.run.depth.saturating_add_signed(depth);
        if depth < 0 {
            return Ok(());
        }
        self.values += 1;
        if self.run.depth > DEPTH_MAX {
            return Err(Stop(format!("it lies deeper than {DEPTH_MAX} values in each other")));
        }
        if self.values > VALUES_MAX {
            return Err(self.hopeless("it is too large"));
        }
        Ok(())
    }

    /// The sample for a place.
    pub(super) fn sample(&mut self, place: u64, kind: Kind) -> usize {
        self.run.last = Some((place, kind));
        self.samples.get(&place).copied().unwrap_or_default()
    }

    /// Whether an option or list is to be filled; if it is to be left empty for good, why.
    pub(super) fn is_filled(&self, place: u64, inner: &[&Shape], briefly: bool) -> Filled<'_> {
        match self.empty.get(&place) {
            Some(why) => Filled::Never(why),
            None if briefly => Filled::No,
            None if inner.iter().any(|inner| self.wanted.distance(inner).is_some()) => Filled::Yes,
            None => Filled::No,
        }
    }

    /// Reading has failed inside a place that can be left out.
    pub(super) fn failed_in(&mut self, escape: Escape) {
        self.run.escape.get_or_insert(escape);
    }

    /// What no other sample helps against.
    pub(super) fn hopeless(&mut self, why: &str) -> Stop {
        self.run.is_hopeless = true;
        Stop(why.to_owned())
    }

    fn members(&self, number: u32) -> Option<&Members> {
        self.drafts.get(number as usize).map(|draft| &draft.members)
    }

    fn variant_mut(&mut self, number: u32, variant: u32) -> Option<&mut VariantDraft> {
        match self.drafts.get_mut(number as usize).map(|draft| &mut draft.members) {
            Some(Members::Enum(variants)) => variants.get_mut(variant as usize),
            _ => None,
        }
    }
}

/// Whether an option or list is to be filled.
pub(super) enum Filled<'a> {
    Yes,
    No,
    Never(&'a str),
}

/// Whether both are of one kind, with the same names.
fn is_alike(one: &Fields, other: &Fields) -> bool {
    match (one, other) {
        (Fields::Unit, Fields::Unit) | (Fields::One(_), Fields::One(_)) => true,
        (Fields::Tuple(one), Fields::Tuple(other)) => one.len() == other.len(),
        (Fields::Named(one), Fields::Named(other)) => {
            one.iter().map(|field| &field.name).eq(other.iter().map(|field| &field.name))
        }
        _ => false,
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stop {}

impl serde::de::Error for Stop {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}
