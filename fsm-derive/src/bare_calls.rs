//! `covers(amount, due)` in a guard or action is `ctx.covers(amount, due)`.
//!
//! A call is bare if its callee is one name that begins with a lower-case letter. `Some(x)`,
//! `module::function(x)` and `(function)(x)` are ordinary Rust, and so is a call of a name that
//! the expression itself binds: in `{ let f = |x| x + 1; f(2) }` nothing changes.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMethodCall, Ident, ItemFn, Macro, Pat, PatIdent, Token};

use crate::pattern::begins_with_capital;
use crate::spans::before;

/// `expression` with its bare calls turned into method calls on `ctx`.
pub(crate) fn with_method_calls(expression: &Expr) -> Expr {
    let mut expression = expression.clone();
    let mut calls = BareCalls::new(&mut expression);
    calls.visit_expr_mut(&mut expression);
    expression
}

/// The first bare call in `expression`.
pub(crate) fn first_bare_call(expression: &Expr) -> Option<Ident> {
    let mut expression = expression.clone();
    let mut calls = BareCalls::new(&mut expression);
    calls.visit_expr_mut(&mut expression);
    calls.first
}

struct BareCalls {
    /// What the expression binds itself.
    locals: Vec<Ident>,
    first: Option<Ident>,
}

impl BareCalls {
    fn new(expression: &mut Expr) -> Self {
        let mut locals = Locals(Vec::new());
        locals.visit_expr_mut(expression);
        Self { locals: locals.0, first: None }
    }

    fn callee(&self, expression: &Expr) -> Option<Ident> {
        let Expr::Path(path) = expression else {
            return None;
        };
        let name = path.path.get_ident()?;
        let is_bare = path.qself.is_none()
            && path.attrs.is_empty()
            && !begins_with_capital(name)
            && !self.locals.contains(name)
            && !["self", "super", "crate"].iter().any(|keyword| name == keyword);
        is_bare.then(|| name.clone())
    }
}

impl VisitMut for BareCalls {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        if let Expr::Call(call) = expression
            && let Some(method) = self.callee(&call.func)
        {
            self.first.get_or_insert_with(|| method.clone());
            // An empty span before the name: rustc then underlines the call from its first letter
            // on, and an editor that asks what stands at the name finds only the method.
            let receiver = Ident::new("ctx", before(method.span()));
            *expression = Expr::MethodCall(ExprMethodCall {
                attrs: std::mem::take(&mut call.attrs),
                receiver: Box::new(syn::parse_quote!(#receiver)),
                dot_token: Token![.](before(method.span())),
                method,
                turbofish: None,
                paren_token: call.paren_token,
                args: std::mem::take(&mut call.args),
            });
        }
        visit_mut::visit_expr_mut(self, expression);
    }

    /// The arguments of a macro are tokens. Where they read as expressions, as those of `vec!` and
    /// `format!` do, or as those of `matches!`, they are treated as such.
    fn visit_macro_mut(&mut self, call: &mut Macro) {
        let tokens = call.tokens.clone();
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(mut arguments) = parser.parse2(tokens.clone()) {
            arguments.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
            call.tokens = arguments.to_token_stream();
        } else if let Ok(rewritten) = (|input: ParseStream<'_>| self.matches(input)).parse2(tokens)
        {
            call.tokens = rewritten;
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

impl BareCalls {
    /// `value, pattern if guard`.
    fn matches(&mut self, input: ParseStream<'_>) -> syn::Result<TokenStream> {
        let mut value: Expr = input.parse()?;
        let comma: Token![,] = input.parse()?;
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        self.visit_expr_mut(&mut value);
        let mut tokens = value.to_token_stream();
        comma.to_tokens(&mut tokens);
        pattern.to_tokens(&mut tokens);
        if input.peek(Token![if]) {
            input.parse::<Token![if]>()?.to_tokens(&mut tokens);
            let mut guard: Expr = input.parse()?;
            self.visit_expr_mut(&mut guard);
            guard.to_tokens(&mut tokens);
        }
        input.parse::<Option<Token![,]>>()?.to_tokens(&mut tokens);
        Ok(tokens)
    }
}

struct Locals(Vec<Ident>);

impl VisitMut for Locals {
    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        self.0.push(pattern.ident.clone());
        visit_mut::visit_pat_ident_mut(self, pattern);
    }

    fn visit_item_fn_mut(&mut self, function: &mut ItemFn) {
        self.0.push(function.sig.ident.clone());
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn check(written: TokenStream, expected: TokenStream) {
        let expression = syn::parse2(written).unwrap();
        let rewritten = with_method_calls(&expression).to_token_stream().to_string();
        assert_eq!(rewritten, expected.to_string());
    }

    #[test]
    fn bare_calls_become_method_calls_wherever_they_stand() {
        check(quote!(covers(amount, due)), quote!(ctx.covers(amount, due)));
        check(quote!(!a() && b(c(1))), quote!(!ctx.a() && ctx.b(ctx.c(1))));
        check(
            quote!({
                a();
                b(2)
            }),
            quote!({
                ctx.a();
                ctx.b(2)
            }),
        );
        check(quote!(list.iter().any(|x| a(x))), quote!(list.iter().any(|x| ctx.a(x))));
        check(quote!(a().b()), quote!(ctx.a().b()));
    }

    #[test]
    fn other_calls_stay() {
        check(quote!(Some(x)), quote!(Some(x)));
        check(quote!(module::f(x)), quote!(module::f(x)));
        check(quote!((f)(x)), quote!((f)(x)));
        check(
            quote!({
                let f = |x| x;
                f(1)
            }),
            quote!({
                let f = |x| x;
                f(1)
            }),
        );
    }

    #[test]
    fn macros_of_expressions_are_entered() {
        check(quote!(vec![a(1), 2]), quote!(vec![ctx.a(1), 2]));
        check(
            quote!(matches!(a(), Some(x) if b(x))),
            quote!(matches!(ctx.a(), Some(x) if ctx.b(x))),
        );
        check(quote!(custom!(a() => b)), quote!(custom!(a() => b)));
    }
}
