//! `#[on(Pattern if guard => Target / action, label = "...")]`.

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, FieldValue, Ident, LitStr, Member, Meta, Pat, Path, Token, token};

use crate::diagnostics::did_you_mean;
use crate::early_exit::early_exit;
use crate::model::{Arguments, Constructor, Row};
use crate::pattern::EventPattern;

/// Reads one row.
pub(super) fn row(attribute: &Attribute) -> syn::Result<Row> {
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => attribute.parse_args_with(parse),
        _ => {
            let message = "an empty row; write `#[on(Event => State)]`";
            Err(syn::Error::new_spanned(attribute.path(), message))
        }
    }
}

fn parse(input: ParseStream<'_>) -> syn::Result<Row> {
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    let guard = guard(input)?;
    if !input.peek(Token![=>]) {
        return Err(match (input.is_empty(), &guard) {
            (true, None) => no_arrow(&pattern),
            (true, Some(guard)) => no_arrow(guard),
            (false, _) => input.error("expected `=>` and the target state"),
        });
    }
    let arrow: Token![=>] = input.parse()?;
    let target = target(arrow, input)?;
    let action = action(input)?;
    let label = label(input)?;
    if !input.is_empty() {
        let message = "expected the end of the row; behind the target can stand `/ action`, and \
                       behind that `, label = \"...\"`";
        return Err(input.error(message));
    }
    Ok(Row { events: EventPattern::sort(pattern)?, guard, target, action, label })
}

fn no_arrow(before: impl ToTokens) -> syn::Error {
    let message = "where does this row lead? Add `=> State`, or `=> _` to stay";
    syn::Error::new_spanned(before, message)
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

fn target(arrow: Token![=>], input: ParseStream<'_>) -> syn::Result<Option<Constructor>> {
    if input.is_empty() || input.peek(Token![/]) || input.peek(Token![,]) {
        let message = "where does this row lead? Name a state behind `=>`, or write `_` to stay";
        return Err(syn::Error::new_spanned(arrow, message));
    }
    if input.peek(Token![_]) {
        input.parse::<Token![_]>()?;
        return Ok(None);
    }
    if !input.peek(Ident::peek_any) && !input.peek(Token![::]) {
        return Err(input.error("expected a state: its name, and its fields if it has some"));
    }
    let path = input.call(Path::parse_mod_style)?;
    let Some(state) = path.get_ident().cloned() else {
        let name = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let message = format!("write the state without its path: `{name}`");
        return Err(syn::Error::new_spanned(path, message));
    };
    let arguments = arguments(input)?;
    Ok(Some(Constructor { state, arguments }))
}

fn arguments(input: ParseStream<'_>) -> syn::Result<Arguments> {
    let is_named = input.peek(token::Brace);
    if !is_named && !input.peek(token::Paren) {
        return Ok(Arguments::None);
    }
    let TokenTree::Group(group) = input.parse()? else {
        return Err(input.error("expected the fields of the state"));
    };
    if is_named {
        let parser = Punctuated::<FieldValue, Token![,]>::parse_terminated;
        let fields = parser.parse2(group.stream())?;
        let mut names = Vec::new();
        for field in &fields {
            early_exit(&field.expr)?;
            match &field.member {
                Member::Named(name) => names.push(name.clone()),
                Member::Unnamed(index) => {
                    return Err(syn::Error::new_spanned(index, "expected the name of a field"));
                }
            }
        }
        Ok(Arguments::Named(names, group.to_token_stream()))
    } else {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let values = parser.parse2(group.stream())?;
        values.iter().try_for_each(early_exit)?;
        Ok(Arguments::Tuple(values.len(), group.to_token_stream()))
    }
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
    let label: LitStr = input.parse()?;
    if label.value().is_empty() {
        return Err(syn::Error::new_spanned(label, "a label cannot be empty"));
    }
    input.parse::<Option<Token![,]>>()?;
    Ok(Some(label))
}
