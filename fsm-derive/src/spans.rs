//! Where the tokens that the derive adds seem to stand.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Path, PathArguments, Token};

/// An empty place before `span`, with the same hygiene.
///
/// A token put there extends what rustc underlines by nothing, and stands at nothing an editor can
/// point to. It is for what is put in front of the user's words: `Self::`, `OrderEvent::`, `ctx.`.
pub(crate) fn before(span: Span) -> Span {
    if proc_macro::is_available() { span.unwrap().start().into() } else { span }
}

/// `tokens`, which stand before `place`, in parentheses that stand there: rustc underlines the
/// place, and an editor finds nothing of ours at it.
pub(crate) fn in_parentheses(place: Span, tokens: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(place);
    group
}

/// `tokens` at another place, resolved as before.
pub(crate) fn moved_to(tokens: &TokenStream, place: Span) -> TokenStream {
    let tokens = tokens.clone().into_iter().map(|mut token| {
        token.set_span(token.span().located_at(place));
        token
    });
    tokens.collect()
}

/// A name that the user's expressions can use.
pub(crate) fn visible(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A name that only the generated code can use.
pub(crate) fn hidden(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// `Self::State`, where `State` is what the user wrote.
pub(crate) fn state_path(state: &Ident) -> TokenStream {
    let mut path = quote_spanned!(before(state.span())=> Self::);
    state.to_tokens(&mut path);
    path
}

/// `OrderEvent::Pay`, where `Pay` is what the user wrote.
pub(crate) fn event_path(event: &Path, variant: &Ident) -> TokenStream {
    let place = before(variant.span());
    let mut path = event.clone();
    if let Some(colons) = &mut path.leading_colon {
        *colons = Token![::](place);
    }
    for pair in path.segments.pairs_mut() {
        let (segment, colons) = pair.into_tuple();
        let resolved = segment.ident.span().located_at(place);
        segment.ident.set_span(resolved);
        // What is matched says its own arguments, and a lifetime could not stand here.
        segment.arguments = PathArguments::None;
        if let Some(colons) = colons {
            *colons = Token![::](place);
        }
    }
    let mut tokens = path.to_token_stream();
    Token![::](place).to_tokens(&mut tokens);
    variant.to_tokens(&mut tokens);
    tokens
}
