//! `#[fsm(group = Active, in = Live, initial = Dialing, history = last)]` on the enum.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, Token};

use super::words;
use crate::diagnostics::Diagnostics;
use crate::model::{Group, History};

/// What a group is in messages, with an example.
pub(super) const GROUP: (&str, &str) = ("the name of a group", "Active");
const INITIAL: (&str, &str) = ("the name of a state", "Dialing");
const FIELD: (&str, &str) = ("the name of the context's field", "last_state");

/// Whether this `#[fsm(...)]` begins with `group`, or with another of its words and has `group`.
pub(super) fn is_group(attribute: &Attribute) -> bool {
    let words = |input: ParseStream<'_>| {
        let mut words = Vec::new();
        while !input.is_empty() {
            words.push(input.call(Ident::parse_any)?.to_string());
            words::skip(input)?;
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(words)
    };
    attribute.parse_args_with(words).is_ok_and(|words| {
        let is_first = words.first().is_some_and(|word| words::GROUP.contains(&word.as_str()));
        is_first && words.iter().any(|word| word == "group")
    })
}

/// Reads the group that `attribute` declares; `None` if it cannot be read, which is reported.
pub(super) fn group(attribute: &Attribute, diagnostics: &mut Diagnostics) -> (Option<Group>, bool) {
    let (mut name, mut parent, mut initial) = (None, None, None);
    let (mut shallow, mut deep) = (None, None);
    let attributes = std::slice::from_ref(attribute);
    let mut all_read =
        words::read_each(attributes, diagnostics, |word, input| match word.to_string().as_str() {
            "group" => words::value(&word, input, &mut name, GROUP),
            "in" => words::value(&word, input, &mut parent, GROUP),
            "initial" => words::value(&word, input, &mut initial, INITIAL),
            "history" => field(&word, input, &mut shallow),
            "deep_history" => field(&word, input, &mut deep),
            _ => Err(words::unknown(
                &word,
                &words::GROUP,
                (&words::ENUM, "the enum, in an attribute of its own"),
            )),
        });
    if let (Some(_), Some(deep)) = (&shallow, &deep) {
        let message = "a group has one history, shallow or deep; remove one of the two";
        diagnostics.error(deep, message);
        all_read = false;
    }
    let history = match (shallow, deep) {
        (Some(field), _) => Some(History { field, is_deep: false }),
        (None, Some(field)) => Some(History { field, is_deep: true }),
        (None, None) => None,
    };
    let group = name.map(|ident| Group { ident, is_declared: true, parent, initial, history });
    (group, all_read)
}

/// `history = field`; `history` alone is `history = history`.
fn field(word: &Ident, input: ParseStream<'_>, place: &mut Option<Ident>) -> syn::Result<()> {
    if input.peek(Token![=]) {
        words::value(word, input, place, FIELD)?;
        if input.peek(Token![.]) {
            return Err(
                input.error("the history is a field of the context itself; name that field")
            );
        }
        return Ok(());
    }
    words::mark(word.clone(), input, place)
}
