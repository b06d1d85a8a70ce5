//! `#[fsm(event = ..., context = ..., ...)]` on the enum.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, LitInt, LitStr, Token, Type};

use super::words;
use crate::diagnostics::Diagnostics;
use crate::model::Header;

// What each word wants, with an example.
const EVENT: (&str, &str) = ("the path of the event enum", "Event");
const CONTEXT: (&str, &str) = ("the type of the context", "Context");
const EFFECT: (&str, &str) = ("the type of the effects", "Effect");
const NAME: (&str, &str) = ("a text", "\"name\"");
const VERSION: (&str, &str) = ("a whole number", "2");
const DIAGRAM: (&str, &str) = ("the path of a file", "\"machine.mmd\"");
const PREVIOUS_EVENT: &str = "`previous(1 = v1::Event)`";
const PREVIOUS_CONTEXT: &str = "`previous(context 1 = v1::Context)`";
const CRATE: (&str, &str) = ("the path of `fsm-core`", "::fsm_core");

/// Reads the header of the enum `ident`. If a group could not be read (`has_all_groups`), a word of
/// the header may stand there.
pub(super) fn header(
    ident: &Ident,
    attributes: &[Attribute],
    has_all_groups: bool,
    diagnostics: &mut Diagnostics,
) -> Header {
    let mut header = Header::default();
    let mut version: Option<LitInt> = None;
    let all_read =
        words::read_each(attributes, diagnostics, |word, input| match word.to_string().as_str() {
            "event" => words::value(&word, input, &mut header.event, EVENT),
            "context" => words::value(&word, input, &mut header.context, CONTEXT),
            "effect" => words::value(&word, input, &mut header.effect, EFFECT),
            "name" => {
                words::value(&word, input, &mut header.name, NAME)?;
                not_empty(header.name.as_ref())
            }
            "version" => {
                words::value(&word, input, &mut version, VERSION)?;
                header.version = version.as_ref().map(number).transpose()?;
                Ok(())
            }
            "diagram" => words::value(&word, input, &mut header.diagram, DIAGRAM),
            "previous" => previous(&word, input, &mut header),
            "renamed" => renamed(&word, input, &mut header.renamed),
            "crate" => words::value(&word, input, &mut header.core, CRATE),
            "group" => {
                let message = "a group is declared in an attribute of its own, which begins with \
                               it: `#[fsm(group = Active)]`";
                Err(syn::Error::new_spanned(word, message))
            }
            _ => Err(words::unknown(&word, &words::ENUM, (&words::STATE, "a state"))),
        });
    header.is_broken = !(all_read && has_all_groups);
    if header.event.is_none() && !header.is_broken {
        let message = format!(
            "which events does `{ident}` take? Name their enum: `#[fsm(event = {ident}Event)]`"
        );
        diagnostics.error(ident, message);
    }
    header
}

/// `previous(1 = v1::Event, context 1 = v1::Order)`
fn previous(word: &Ident, input: ParseStream<'_>, header: &mut Header) -> syn::Result<()> {
    for entry in words::list(word, input, PREVIOUS_EVENT)? {
        let (is_context, version, older) =
            (|input: ParseStream<'_>| previous_entry(input, &entry)).parse2(entry.clone())?;
        let place = match is_context {
            true => &mut header.previous_contexts,
            false => &mut header.previous,
        };
        let number = number(&version)?;
        match place.last() {
            Some((last, _)) if number <= *last => {
                let message = "put the older versions in order, the oldest first, and each once";
                return Err(syn::Error::new_spanned(version, message));
            }
            _ => place.push((number, older)),
        }
    }
    Ok(())
}

/// `1 = v1::Event`, or `context 1 = v1::Order`: whether it is of a context, its version, its type.
fn previous_entry(
    input: ParseStream<'_>,
    entry: &TokenStream,
) -> syn::Result<(bool, LitInt, Type)> {
    let word = input.parse::<Option<Ident>>()?;
    if let Some(word) = word.as_ref().filter(|word| *word != "context") {
        let message = format!(
            "`{word}` is no version: {PREVIOUS_EVENT} for events, {PREVIOUS_CONTEXT} for contexts"
        );
        return Err(syn::Error::new_spanned(word, message));
    }
    let (what, example) = match word {
        Some(_) => ("context", PREVIOUS_CONTEXT),
        None => ("event", PREVIOUS_EVENT),
    };
    let rest = || {
        let version: LitInt = input.parse()?;
        input.parse::<Token![=]>()?;
        let older: Type = input.parse()?;
        if input.is_empty() { Ok((version, older)) } else { Err(input.error("")) }
    };
    let (version, older) = rest().map_err(|_| {
        // What follows would be an error of its own, after this one.
        let _ = input.parse::<TokenStream>();
        let message = format!("expected a version and its {what} type: {example}");
        syn::Error::new_spanned(entry, message)
    })?;
    Ok((word.is_some(), version, older))
}

/// `renamed(Old => New, Older => Newer)`
fn renamed(
    word: &Ident,
    input: ParseStream<'_>,
    place: &mut Vec<(Ident, Ident)>,
) -> syn::Result<()> {
    let example = "`renamed(Old => New)`";
    for entry in words::list(word, input, example)? {
        let parser = |input: ParseStream<'_>| {
            let old: Ident = input.parse()?;
            input.parse::<Token![=>]>()?;
            Ok((old, input.parse::<Ident>()?))
        };
        let names = parser.parse2(entry.clone()).map_err(|_| {
            syn::Error::new_spanned(&entry, format!("expected the old name and the new: {example}"))
        })?;
        place.push(names);
    }
    Ok(())
}

fn not_empty(name: Option<&LitStr>) -> syn::Result<()> {
    match name {
        Some(name) if name.value().is_empty() => {
            Err(syn::Error::new_spanned(name, "a kind's name cannot be empty"))
        }
        _ => Ok(()),
    }
}

fn number(version: &LitInt) -> syn::Result<u32> {
    version.base10_parse().map_err(|_| {
        syn::Error::new_spanned(version, "a version is a whole number below 4,294,967,296")
    })
}
