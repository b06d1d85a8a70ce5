//! Rows: `#[on(...)]`, `#[after(...)]`, `#[every(...)]` and `#[always(...)]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Pat, Token};

use super::duration::duration;
use super::target::target;
use crate::diagnostics::did_you_mean;
use crate::early_exit::early_exit;
use crate::model::{Constructor, Row, Trigger};
use crate::pattern::EventPattern;

/// `Pattern if guard => Target / action, label = "..."`
pub(super) fn on(input: ParseStream<'_>) -> syn::Result<Row> {
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    let guard = guard(input)?;
    let before =
        guard.as_ref().map_or_else(|| pattern.to_token_stream(), ToTokens::to_token_stream);
    let target = arrow_and_target(input, before)?;
    rest(input, Trigger::Events(EventPattern::sort(pattern)?), guard, target)
}

/// `30s if guard => Target / action, label = "..."`
pub(super) fn after(input: ParseStream<'_>) -> syn::Result<Row> {
    let duration = duration(input)?;
    let guard = guard(input)?;
    let before = guard.as_ref().unwrap_or(&duration.written).to_token_stream();
    let target = arrow_and_target(input, before)?;
    let written = duration.written.clone();
    let row = rest(input, Trigger::Timer { duration, repeats: false }, guard, target)?;
    if row.target.is_none() && row.action.is_none() {
        let message = "this timer does nothing; add `/ action`, or name a state behind `=>`";
        return Err(syn::Error::new_spanned(written, message));
    }
    Ok(row)
}

/// `5s if guard / action, label = "..."`
///
/// The first `/` that is not in parentheses begins the action, so a division needs them.
pub(super) fn every(input: ParseStream<'_>) -> syn::Result<Row> {
    let start = input.span();
    let mut head = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![/]) && !input.peek(Token![,]) {
        if input.peek(Token![=>]) {
            let message = "a recurring timer stays in its state: write `#[every(5s / action())]`, \
                           or `#[after(5s => State)]` to leave it";
            return Err(input.error(message));
        }
        input.parse::<TokenTree>()?.to_tokens(&mut head);
    }
    if head.is_empty() {
        let message = "how often? Write `#[every(5s / action())]`";
        return Err(syn::Error::new(start, message));
    }
    if !input.peek(Token![/]) {
        let message = "what happens every time? Add `/ action`";
        return Err(syn::Error::new_spanned(head, message));
    }
    let parser = |input: ParseStream<'_>| Ok((duration(input)?, guard(input)?));
    let (duration, guard) = parser.parse2(head).map_err(|error| at_slash(error, input))?;
    rest(input, Trigger::Timer { duration, repeats: true }, guard, None)
}

/// An expression that ends too early ends at the slash.
fn at_slash(error: syn::Error, input: ParseStream<'_>) -> syn::Error {
    let message = error.to_string();
    match message.strip_prefix("unexpected end of input, ") {
        Some(expected) => input.error(format!("{expected} before the action")),
        None => error,
    }
}

/// `if guard => Target / action, label = "..."`
pub(super) fn always(word: &Ident, input: ParseStream<'_>) -> syn::Result<Row> {
    if !input.peek(Token![if]) && !input.peek(Token![=>]) {
        let message = "an automatic row takes no event: write `#[always(if guard => State)]` or \
                       `#[always(=> State)]`";
        return Err(input.error(message));
    }
    let guard = guard(input)?;
    let before = guard.as_ref().map_or_else(|| word.to_token_stream(), ToTokens::to_token_stream);
    if let Some(error) = automatic_row_that_stays(input, before.clone()) {
        return Err(error);
    }
    let target = arrow_and_target(input, before)?;
    rest(input, Trigger::Always(word.clone()), guard, target)
}

fn automatic_row_that_stays(input: ParseStream<'_>, before: TokenStream) -> Option<syn::Error> {
    let input = input.fork();
    if input.is_empty() {
        let message = "where does this row lead? Add `=> State`";
        return Some(syn::Error::new_spanned(before, message));
    }
    let arrow = input.parse::<Token![=>]>().ok()?;
    if input.is_empty() || input.peek(Token![/]) || input.peek(Token![,]) {
        let message = "where does this row lead? Name a state behind `=>`";
        return Some(syn::Error::new_spanned(arrow, message));
    }
    let message = "an automatic row that stays would run for ever; name a state instead of `_`";
    input.peek(Token![_]).then(|| input.error(message))
}

fn guard(input: ParseStream<'_>) -> syn::Result<Option<Expr>> {
    if !input.peek(Token![if]) {
        return Ok(None);
    }
    let keyword: Token![if] = input.parse()?;
    if input.is_empty() || input.peek(Token![=>]) {
        return Err(syn::Error::new_spanned(keyword, "the guard is missing behind `if`"));
    }
    if input.peek(Token![let]) {
        let message = "a guard is an expression: write `matches!(value, pattern)` for `let`";
        return Err(input.error(message));
    }
    let guard = input.parse()?;
    early_exit(&guard)?;
    Ok(Some(guard))
}

fn arrow_and_target(
    input: ParseStream<'_>,
    before: TokenStream,
) -> syn::Result<Option<Constructor>> {
    if !input.peek(Token![=>]) {
        return Err(if input.is_empty() {
            let message = "where does this row lead? Add `=> State`, or `=> _` to stay";
            syn::Error::new_spanned(before, message)
        } else {
            input.error("expected `=>` and the target state")
        });
    }
    let arrow: Token![=>] = input.parse()?;
    target(arrow, input)
}

/// What may stand behind the target: `/ action`, then `, label = "..."`.
fn rest(
    input: ParseStream<'_>,
    trigger: Trigger,
    guard: Option<Expr>,
    target: Option<Constructor>,
) -> syn::Result<Row> {
    let action = action(input)?;
    let label = label(input)?;
    if !input.is_empty() {
        let message = "expected the end of the row, where only `/ action` can stand, and behind \
                       that `, label = \"...\"`";
        return Err(input.error(message));
    }
    Ok(Row { trigger, guard, target, action, label })
}

fn action(input: ParseStream<'_>) -> syn::Result<Option<Expr>> {
    if !input.peek(Token![/]) {
        return Ok(None);
    }
    let slash: Token![/] = input.parse()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new_spanned(slash, "the action is missing behind `/`"));
    }
    let action = input.parse()?;
    early_exit(&action)?;
    Ok(Some(action))
}

fn label(input: ParseStream<'_>) -> syn::Result<Option<LitStr>> {
    if !input.peek(Token![,]) {
        return Ok(None);
    }
    input.parse::<Token![,]>()?;
    if input.is_empty() {
        return Ok(None);
    }
    let word = input.call(Ident::parse_any)?;
    if word != "label" {
        let hint = did_you_mean(&word.to_string(), ["label"]);
        let message = format!("unknown word `{word}`{hint} (known here: `label`)");
        return Err(syn::Error::new_spanned(word, message));
    }
    if !input.peek(Token![=]) {
        return Err(syn::Error::new_spanned(word, "`label` needs a value: `label = \"...\"`"));
    }
    input.parse::<Token![=]>()?;
    let label: LitStr = input
        .parse()
        .map_err(|error| syn::Error::new(error.span(), "a label is a text: `label = \"...\"`"))?;
    if label.value().is_empty() {
        return Err(syn::Error::new_spanned(label, "a label cannot be empty"));
    }
    if label.value().starts_with('#') {
        let message = "a label does not begin with `#`, which the journal keeps for itself";
        return Err(syn::Error::new_spanned(label, message));
    }
    input.parse::<Option<Token![,]>>()?;
    Ok(Some(label))
}
