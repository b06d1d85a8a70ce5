//! `#[fsm(word, word = value)]`: the lists of words that configure an enum or a state.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, Token, parenthesized, token};

use crate::diagnostics::{self, Diagnostics, did_you_mean};

/// The words on an enum.
pub(super) const ENUM: [&str; 10] = [
    "event", "context", "effect", "name", "version", "previous", "renamed", "diagram", "crate",
    "group",
];
/// The words on a state.
pub(super) const STATE: [&str; 3] = ["initial", "final", "group"];
/// The words that declare a group.
pub(super) const GROUP: [&str; 5] = ["group", "in", "initial", "history", "deep_history"];

/// Calls `read` for every word of every `#[fsm(...)]`, and answers whether all could be read.
/// A word that cannot be read is reported, and the next is tried.
pub(super) fn read_each(
    attributes: &[Attribute],
    diagnostics: &mut Diagnostics,
    mut read: impl FnMut(Ident, ParseStream<'_>) -> syn::Result<()>,
) -> bool {
    let mut all_read = true;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("fsm")) {
        let parsed = attribute.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                let word = input.call(Ident::parse_any)?;
                if let Err(error) = read(word, input).and_then(|()| end(input)) {
                    diagnostics.add(error);
                    all_read = false;
                    skip(input)?;
                }
                input.parse::<Option<Token![,]>>()?;
            }
            Ok(())
        });
        if let Err(error) = parsed {
            diagnostics.add(error);
            all_read = false;
        }
    }
    all_read
}

/// Reads `= value` behind `word` into `place`. `what` says what the value is, with an example.
pub(super) fn value<T: Parse>(
    word: &Ident,
    input: ParseStream<'_>,
    place: &mut Option<T>,
    (what, example): (&str, &str),
) -> syn::Result<()> {
    let has_value = input.parse::<Option<Token![=]>>()?.is_some()
        && !input.is_empty()
        && !input.peek(Token![,]);
    if !has_value {
        let message = format!("`{word}` needs {what}: `{word} = {example}`");
        return Err(syn::Error::new_spanned(word, message));
    }
    let start = input.span();
    let value = input
        .parse()
        .map_err(|_| syn::Error::new(start, format!("expected {what}: `{word} = {example}`")))?;
    once(word, place, value)
}

/// Puts `word`, which takes no value, into `place`.
pub(super) fn mark(
    word: Ident,
    input: ParseStream<'_>,
    place: &mut Option<Ident>,
) -> syn::Result<()> {
    if input.peek(Token![=]) {
        let message = format!("`{word}` takes no value");
        return Err(syn::Error::new_spanned(word, message));
    }
    once(&word.clone(), place, word)
}

/// The entries in the parentheses behind `word`, which are divided by commas.
pub(super) fn list(
    word: &Ident,
    input: ParseStream<'_>,
    example: &str,
) -> syn::Result<Vec<TokenStream>> {
    if !input.peek(token::Paren) {
        return Err(syn::Error::new_spanned(
            word,
            format!("`{word}` has a list behind it: {example}"),
        ));
    }
    let content;
    parenthesized!(content in input);
    let mut entries = Vec::new();
    while !content.is_empty() {
        let mut entry = TokenStream::new();
        while !content.is_empty() && !content.peek(Token![,]) {
            content.parse::<TokenTree>()?.to_tokens(&mut entry);
        }
        let comma = content.parse::<Option<Token![,]>>()?;
        if entry.is_empty() {
            content.parse::<TokenStream>()?;
            return Err(syn::Error::new_spanned(comma, "nothing stands before this comma"));
        }
        entries.push(entry);
    }
    if entries.is_empty() {
        return Err(syn::Error::new_spanned(
            word,
            format!("`{word}` is an empty list; write {example}"),
        ));
    }
    Ok(entries)
}

/// Moves on to the next comma.
pub(super) fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Puts `value` into `place`, which must be empty.
fn once<T>(word: &Ident, place: &mut Option<T>, value: T) -> syn::Result<()> {
    if place.is_some() {
        let message = format!("`{word}` stands here a second time; remove one of the two");
        return Err(syn::Error::new_spanned(word, message));
    }
    *place = Some(value);
    Ok(())
}

/// `word` is none of `known`. If it is one of `elsewhere`, the message says where it belongs.
pub(super) fn unknown(word: &Ident, known: &[&str], elsewhere: (&[&str], &str)) -> syn::Error {
    let (others, place) = elsewhere;
    let text = word.to_string();
    let is_of_group = GROUP[1..].contains(&text.as_str()) && !others.contains(&text.as_str());
    let message = if is_of_group && !known.contains(&text.as_str()) {
        format!("`{text}` belongs to a group on the enum: `#[fsm(group = Active, {text} = ...)]`")
    } else if others.contains(&text.as_str()) {
        format!(
            "`{text}` belongs on {place} (known here: {})",
            diagnostics::list(known.iter().copied())
        )
    } else {
        let hint = did_you_mean(&text, known.iter().copied());
        let known = diagnostics::list(known.iter().copied());
        format!("unknown word `{text}`{hint} (known here: {known})")
    };
    syn::Error::new_spanned(word, message)
}

/// The input is at a comma or at its end.
fn end(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error("expected `,` before the next word"))
}
