//! One attribute that is not `#[fsm]`: whom it is for, and what it says.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, Lit, Meta, Pat, Token, parenthesized, token};

use super::row;
use crate::early_exit::early_exit;
use crate::model::{Clause, ClauseKind, Hold, HoldKind};
use crate::pattern::EventPattern;

/// The attributes beside `#[fsm]`.
pub(super) const ATTRIBUTES: [&str; 8] =
    ["on", "after", "every", "always", "enter", "exit", "defer", "quiet"];

/// Where an attribute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Enum,
    State,
}

/// Reads `attribute`; `None` if it is none of [`ATTRIBUTES`].
pub(super) fn clause(attribute: &Attribute, place: Place) -> Option<syn::Result<Clause>> {
    let word = attribute.path().get_ident()?.clone();
    let name = word.to_string();
    if !ATTRIBUTES.contains(&name.as_str()) {
        return None;
    }
    Some(match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => {
            attribute.parse_args_with(|input: ParseStream<'_>| parse(&word, input, place))
        }
        _ => Err(syn::Error::new_spanned(attribute.path(), empty(&name, place))),
    })
}

fn empty(name: &str, place: Place) -> String {
    let (what, example) = match (name, place) {
        ("on", _) => ("row", "#[on(Event => State)]"),
        ("after", _) => ("timer", "#[after(30s => State)]"),
        ("every", _) => ("timer", "#[every(5s / action())]"),
        ("always", _) => ("row", "#[always(if guard() => State)]"),
        ("enter", Place::State) => ("action", "#[enter(action())]"),
        ("exit", Place::State) => ("action", "#[exit(action())]"),
        ("enter", Place::Enum) => ("action", "#[enter(of(Group), action())]"),
        ("exit", Place::Enum) => ("action", "#[exit(of(Group), action())]"),
        ("defer", _) => ("list", "#[defer(Event)]"),
        _ => ("list", "#[quiet(Event)]"),
    };
    format!("an empty {what}; write `{example}`")
}

fn parse(word: &Ident, input: ParseStream<'_>, place: Place) -> syn::Result<Clause> {
    let name = word.to_string();
    let scope_word = if matches!(name.as_str(), "enter" | "exit") { "of" } else { "from" };
    let sources = sources(input, scope_word, place, name == "always")?;
    if place == Place::Enum && scope_word == "of" && sources.is_empty() {
        let message = format!("whose? On the enum write `#[{name}(of(Group), action())]`");
        return Err(syn::Error::new_spanned(word, message));
    }
    if input.is_empty() {
        return Err(syn::Error::new_spanned(word, empty(&name, place)));
    }
    let kind = match name.as_str() {
        "on" => ClauseKind::Row(Box::new(row::on(input)?)),
        "after" => ClauseKind::Row(Box::new(row::after(input)?)),
        "every" => ClauseKind::Row(Box::new(row::every(input)?)),
        "always" => ClauseKind::Row(Box::new(row::always(word, input)?)),
        "enter" => ClauseKind::Enter(lone_action(word, input)?),
        "exit" => ClauseKind::Exit(lone_action(word, input)?),
        "defer" => ClauseKind::Hold(hold(word, HoldKind::Defer, input)?),
        _ => ClauseKind::Hold(hold(word, HoldKind::Quiet, input)?),
    };
    Ok(Clause { sources, kind })
}

/// `from(A, B),` or `of(A, B),`, if it is there.
fn sources(
    input: ParseStream<'_>,
    word: &str,
    place: Place,
    is_always: bool,
) -> syn::Result<Vec<Ident>> {
    let fork = input.fork();
    let is_scope = fork
        .call(Ident::parse_any)
        .is_ok_and(|first| ["from", "of"].iter().any(|scope| first == scope));
    if !is_scope || !fork.peek(token::Paren) {
        return Ok(Vec::new());
    }
    fork.parse::<TokenTree>()?;
    let is_all = fork.is_empty() && place == Place::Enum;
    let lacks_comma = lacks_comma(&fork) || is_always && !fork.peek(Token![,]) && !fork.is_empty();
    // `from(x) => ...` would be a pattern, and `of(x)` a call.
    if !fork.peek(Token![,]) && !is_all && !lacks_comma {
        return Ok(Vec::new());
    }
    let written = input.call(Ident::parse_any)?;
    if place == Place::State {
        let message = format!(
            "what stands on a state is for this state; to name others, put it on the enum, or \
             leave out `{written}(...)`"
        );
        return Err(syn::Error::new_spanned(written, message));
    }
    if written != word {
        let message = format!("here it is `{word}(...)`: `{written}` belongs to other attributes");
        return Err(syn::Error::new_spanned(written, message));
    }
    let names;
    parenthesized!(names in input);
    if names.is_empty() {
        let message = format!("`{word}` names states or groups: `{word}(State, Group)`");
        return Err(syn::Error::new_spanned(written, message));
    }
    let names = Punctuated::<Ident, Token![,]>::parse_terminated(&names).map_err(|error| {
        let message = format!("expected names of states or groups: `{word}(State, Group)`");
        syn::Error::new(error.span(), message)
    })?;
    if lacks_comma {
        let message = format!("put a comma behind `{word}(...)`");
        return Err(syn::Error::new_spanned(written, message));
    }
    input.parse::<Option<Token![,]>>()?;
    Ok(names.into_iter().collect())
}

/// Whether what follows `from(...)` can only be the attribute's content: an expression or a pattern
/// would go on otherwise.
fn lacks_comma(input: ParseStream<'_>) -> bool {
    let is_word = input.peek(Ident) || input.peek(Lit);
    is_word && !input.peek(Token![if]) && !input.peek(Token![as])
}

fn lone_action(word: &Ident, input: ParseStream<'_>) -> syn::Result<Expr> {
    let action = input.parse()?;
    early_exit(&action)?;
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        let message = format!(
            "`#[{word}(...)]` holds one action; write a block, or a second `#[{word}(...)]`"
        );
        return Err(input.error(message));
    }
    Ok(action)
}

fn hold(word: &Ident, kind: HoldKind, input: ParseStream<'_>) -> syn::Result<Hold> {
    let message = || format!("`#[{word}(...)]` names events and nothing else: `Pay | Refund`");
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    if let Pat::Wild(_) | Pat::Lit(_) | Pat::Range(_) | Pat::Tuple(_) = pattern {
        return Err(syn::Error::new_spanned(pattern, message()));
    }
    if !input.is_empty() {
        return Err(input.error(message()));
    }
    Ok(Hold { kind, events: EventPattern::sort(pattern)? })
}
