//! Whether what older code journaled can be read by this code, and what to do if not.

use std::any;
use std::borrow::Cow;

use super::Machine;
use crate::journal::Schema;
use crate::journal::shape::{Fitting, Misfit, NamedType, Places, Shape, View};
use crate::journal::shape_of;
use crate::machine::Table;
use crate::machine::probe::Part;

/// What the journal holds of a kind does not fit the code: nothing of the kind is read or written.
///
/// [`runtime`](super#how-a-machine-changes-over-the-years) says which changes need nothing, and
/// what to do about the others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this code cannot read what version {version} of `{kind}` journaled: {place} {change}: it was \
     `{stored}`, and is `{compiled}`. {advice}"
)]
#[non_exhaustive]
pub struct Incompatible {
    /// The kind.
    pub kind: String,
    /// The version that the journal holds.
    pub version: u32,
    /// The version that the code declares.
    pub code_version: u32,
    /// Which part of which type does not fit.
    pub place: String,
    /// What has become of it.
    pub change: String,
    /// What it was when it was journaled.
    pub stored: String,
    /// What it is in the code.
    pub compiled: String,
    /// What to do about it.
    pub advice: String,
}

/// How what one schema wrote is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// Events are those of an older version, to be converted.
    pub(super) is_event_past: bool,
    /// The context is that of an older version, to be converted.
    pub(super) is_context_past: bool,
    /// Where the variants of the event stand now.
    pub(super) places: Option<Places>,
    /// Where the states stand now, or why a state with its data cannot be read. No record but a
    /// base holds one.
    pub(super) states: Result<Option<Places>, String>,
}

/// How to read what `stored` wrote, with code whose schema is `now`.
pub(super) fn reading<F: Machine>(
    stored: &Schema,
    now: &Schema,
) -> Result<Reading, Box<Incompatible>> {
    let comparison = Comparison { stored, table: F::TABLE };
    let older = |list| comparison.older(list);
    let (event, context) = (older(F::TABLE.previous), older(F::TABLE.previous_contexts));
    let mut reading = Reading {
        is_event_past: event.is_some(),
        is_context_past: context.is_some(),
        places: None,
        states: Ok(None),
    };
    let (Some(then), Some(now)) = (&stored.shapes, &now.shapes) else {
        // Stored before there were shapes: each record still says which event it holds.
        return Ok(reading);
    };
    let version = stored.version;
    let name_now = |name: &str| F::TABLE.name_now(name).to_owned();
    let today = |name: &'static str, view| Side::today(short(name), view);

    let shape = event.map(|_| shape_of(|source| F::read_part(Part::Event(version), source)));
    let side = match (event, &shape) {
        (Some(text), Some((shape, types))) => Side::older(text, shape, types),
        _ => today(any::type_name::<F::Event>(), now.event()),
    };
    let fitting = Fitting::new(then.event(), side.view, &name_now, side.is_older);
    reading.places = fitting
        .event(&side.name)
        .map_err(|misfit| comparison.refuse(misfit, &side, &side_of_events::<F>()))?;

    let shape = context.map(|_| shape_of(|source| F::read_part(Part::Context(version), source)));
    let side = match (context, &shape) {
        (Some(text), Some((shape, types))) => Side::older(text, shape, types),
        _ => today(any::type_name::<F::Context>(), now.context()),
    };
    let fitting = Fitting::new(then.context(), side.view, &name_now, side.is_older);
    fitting
        .whole(&side.name)
        .map_err(|misfit| comparison.refuse(misfit, &side, &side_of_contexts::<F>()))?;

    let fitting = Fitting::new(then.state(), now.state(), &name_now, false);
    reading.states = fitting.event(&short(any::type_name::<F>())).map_err(|misfit| {
        let Misfit { place, change, stored, now, .. } = *misfit;
        format!("{place} {change}: it was `{stored}`, and is `{now}`")
    });
    Ok(reading)
}

/// That a name of the journal, and the one that it is said to be called now, are both in use there.
pub(super) fn ambiguous(stored: &Schema, table: &Table, names: &[String]) -> Box<Incompatible> {
    let both = names.iter().find(|name| {
        let now = table.name_now(name);
        now != name.as_str() && names.iter().any(|name| name == now)
    });
    let old = both.map_or("", String::as_str);
    let new = table.name_now(old);
    Box::new(Incompatible {
        kind: table.name.to_owned(),
        version: stored.version,
        code_version: table.version,
        place: format!("`renamed({old} => {new})`"),
        change: "makes one of two names of the journal".to_owned(),
        stored: format!("{old}, {new}"),
        compiled: new.to_owned(),
        advice: format!(
            "Give what was `{old}` a name that the journal does not know, and say \
             `renamed({old} => ...)` of that"
        ),
    })
}

/// The kind of type that is compared, as the advice names it.
struct Role {
    /// What stands before the version in `previous`.
    word: &'static str,
    /// The type of today.
    today: Cow<'static, str>,
}

fn side_of_events<F: Machine>() -> Role {
    Role { word: "", today: short(any::type_name::<F::Event>()) }
}

fn side_of_contexts<F: Machine>() -> Role {
    Role { word: "context ", today: short(any::type_name::<F::Context>()) }
}

/// The type that is to read what was stored.
struct Side<'a> {
    name: Cow<'static, str>,
    view: View<'a>,
    is_older: bool,
}

impl<'a> Side<'a> {
    const fn today(name: Cow<'static, str>, view: View<'a>) -> Self {
        Self { name, view, is_older: false }
    }

    const fn older(name: &'static str, shape: &'a Shape, types: &'a [NamedType]) -> Self {
        Self { name: Cow::Borrowed(name), view: View { shape, types }, is_older: true }
    }
}

/// A stored schema beside the compiled table.
struct Comparison<'a> {
    stored: &'a Schema,
    table: &'a Table,
}

impl Comparison<'_> {
    /// The older type that reads the stored version. An entry is for its version and for older
    /// ones that have none of their own.
    fn older(&self, list: &'static [(u32, &'static str)]) -> Option<&'static str> {
        let version = self.stored.version;
        let mut covering = list.iter().filter(|(entry, _)| *entry >= version);
        covering.next().map(|(_, text)| *text).filter(|_| version < self.table.version)
    }

    fn refuse(&self, misfit: Box<Misfit>, side: &Side<'_>, role: &Role) -> Box<Incompatible> {
        let advice = self.advice(&misfit, side, role);
        let Misfit { place, change, stored, now, .. } = *misfit;
        Box::new(Incompatible {
            kind: self.table.name.to_owned(),
            version: self.stored.version,
            code_version: self.table.version,
            place,
            change,
            stored,
            compiled: now,
            advice,
        })
    }

    fn advice(&self, misfit: &Misfit, side: &Side<'_>, role: &Role) -> String {
        let (version, code_version) = (self.stored.version, self.table.version);
        let Role { word, today } = role;
        if side.is_older {
            let older = &side.name;
            return format!("Make `{older}` the type as version {version} wrote it");
        }
        if version > code_version {
            return format!(
                "Version {version} is newer than this code, which is version {code_version}: run \
                 the code that wrote it"
            );
        }
        let next = code_version.max(version.saturating_add(1));
        let (old, new) = match &misfit.renamed {
            Some((old, new)) => (old.as_str(), new.as_deref().unwrap_or("New")),
            None => ("Old", "New"),
        };
        format!(
            "Either set `version = {next}`, give the type as it was with `previous({word}{version} \
             = v{version}::{today})`, and write `impl From<v{version}::{today}> for {today}`; or, \
             if it is only the new name of a state, an event or a group, say `renamed({old} => \
             {new})`"
        )
    }
}

/// A type's name without the modules that it lies in.
fn short(name: &'static str) -> Cow<'static, str> {
    if !name.contains("::") {
        return Cow::Borrowed(name);
    }
    let mut short = String::new();
    for part in name.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    Cow::Owned(short)
}
