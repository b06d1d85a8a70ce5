//! The target of a row: a state as it is constructed, a group, or `_`.

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Expr, FieldValue, Ident, Member, Path, Token, braced, parenthesized, token};

use crate::early_exit::early_exit;
use crate::model::{Arguments, Constructor};

/// Reads what stands behind `=>`; `None` for `_`.
pub(super) fn target(
    arrow: Token![=>],
    input: ParseStream<'_>,
) -> syn::Result<Option<Constructor>> {
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
    let Some(name) = path.get_ident().cloned() else {
        let name = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let message = format!("write the state without its path: `{name}`");
        return Err(syn::Error::new_spanned(path, message));
    };
    let arguments = arguments(input)?;
    Ok(Some(Constructor { name, arguments }))
}

fn arguments(input: ParseStream<'_>) -> syn::Result<Arguments> {
    let is_named = input.peek(token::Brace);
    if !is_named && !input.peek(token::Paren) {
        return Ok(Arguments::None);
    }
    // Read twice: the whole as written, and what stands inside, whose errors know their place.
    let group: TokenTree = input.fork().parse()?;
    let content;
    if is_named {
        braced!(content in input);
        let fields = content.call(Punctuated::<FieldValue, Token![,]>::parse_terminated)?;
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
        parenthesized!(content in input);
        let values = content.call(Punctuated::<Expr, Token![,]>::parse_terminated)?;
        values.iter().try_for_each(early_exit)?;
        Ok(Arguments::Tuple(values.len(), group.to_token_stream()))
    }
}
