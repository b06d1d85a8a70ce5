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
use syn::{
    Arm, Block, Expr, ExprClosure, ExprForLoop, ExprIf, ExprLet, ExprMethodCall, ExprWhile, Ident,
    Item, Local, Macro, Pat, PatIdent, Stmt, Token,
};

use crate::pattern::begins_with_capital;
use crate::spans::before;

/// `expression` with its bare calls turned into method calls on `ctx`.
pub(crate) fn with_method_calls(expression: &Expr) -> Expr {
    let mut expression = expression.clone();
    let mut calls = BareCalls::new();
    calls.visit_expr_mut(&mut expression);
    expression
}

/// The first bare call in `expression`.
pub(crate) fn first_bare_call(expression: &Expr) -> Option<Ident> {
    let mut expression = expression.clone();
    let mut calls = BareCalls::new();
    calls.visit_expr_mut(&mut expression);
    calls.first
}

struct BareCalls {
    /// What the expression binds itself, in scopes from the outermost to the innermost.
    scopes: Vec<Vec<Ident>>,
    first: Option<Ident>,
}

impl BareCalls {
    const fn new() -> Self {
        Self { scopes: Vec::new(), first: None }
    }

    fn is_local(&self, name: &Ident) -> bool {
        self.scopes.iter().flatten().any(|local| local == name)
    }

    /// Adds what `pattern` binds to the innermost scope.
    fn bind(&mut self, pattern: &Pat) {
        let mut names = Names(Vec::new());
        names.visit_pat_mut(&mut pattern.clone());
        if let Some(scope) = self.scopes.last_mut() {
            scope.append(&mut names.0);
        }
    }

    fn scoped(&mut self, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(Vec::new());
        visit(self);
        self.scopes.pop();
    }

    fn callee(&self, expression: &Expr) -> Option<Ident> {
        let Expr::Path(path) = expression else {
            return None;
        };
        let name = path.path.get_ident()?;
        let is_bare = path.qself.is_none()
            && path.attrs.is_empty()
            && !begins_with_capital(name)
            && !self.is_local(name)
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
            return;
        }
        let other = |input: ParseStream<'_>| {
            let is_repeated = {
                let fork = input.fork();
                fork.parse::<Expr>().is_ok() && fork.peek(Token![;])
            };
            if is_repeated { self.repeated(input) } else { self.matches(input) }
        };
        if let Ok(rewritten) = other.parse2(tokens) {
            call.tokens = rewritten;
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.scoped(|calls| {
            for statement in &block.stmts {
                if let (Stmt::Item(Item::Fn(function)), Some(scope)) =
                    (statement, calls.scopes.last_mut())
                {
                    scope.push(function.sig.ident.clone());
                }
            }
            visit_mut::visit_block_mut(calls, block);
        });
    }

    /// What is bound is known behind the statement, not in it.
    fn visit_local_mut(&mut self, local: &mut Local) {
        visit_mut::visit_local_mut(self, local);
        self.bind(&local.pat);
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        self.scoped(|calls| {
            closure.inputs.iter().for_each(|input| calls.bind(input));
            calls.visit_expr_mut(&mut closure.body);
        });
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        self.scoped(|calls| {
            calls.bind(&arm.pat);
            visit_mut::visit_arm_mut(calls, arm);
        });
    }

    fn visit_expr_for_loop_mut(&mut self, each: &mut ExprForLoop) {
        self.visit_expr_mut(&mut each.expr);
        self.scoped(|calls| {
            calls.bind(&each.pat);
            calls.visit_block_mut(&mut each.body);
        });
    }

    /// What the condition binds (`if let`) is known in the branch, not in the `else`.
    fn visit_expr_if_mut(&mut self, condition: &mut ExprIf) {
        self.scoped(|calls| {
            calls.visit_expr_mut(&mut condition.cond);
            calls.visit_block_mut(&mut condition.then_branch);
        });
        if let Some((_, branch)) = &mut condition.else_branch {
            self.visit_expr_mut(branch);
        }
    }

    fn visit_expr_while_mut(&mut self, each: &mut ExprWhile) {
        self.scoped(|calls| {
            calls.visit_expr_mut(&mut each.cond);
            calls.visit_block_mut(&mut each.body);
        });
    }

    fn visit_expr_let_mut(&mut self, condition: &mut ExprLet) {
        self.visit_expr_mut(&mut condition.expr);
        self.bind(&condition.pat);
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}

impl BareCalls {
    /// `value; count`, as in `vec![0; n]`.
    fn repeated(&mut self, input: ParseStream<'_>) -> syn::Result<TokenStream> {
        let mut value: Expr = input.parse()?;
        let semicolon: Token![;] = input.parse()?;
        let mut count: Expr = input.parse()?;
        self.visit_expr_mut(&mut value);
        self.visit_expr_mut(&mut count);
        let mut tokens = value.to_token_stream();
        semicolon.to_tokens(&mut tokens);
        count.to_tokens(&mut tokens);
        Ok(tokens)
    }

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

/// The names that a pattern binds.
struct Names(Vec<Ident>);

impl VisitMut for Names {
    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        self.0.push(pattern.ident.clone());
        visit_mut::visit_pat_ident_mut(self, pattern);
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
    fn a_name_is_local_where_it_is_bound_and_nowhere_else() {
        check(
            quote!({
                let total = total();
                charge(total);
                total()
            }),
            quote!({
                let total = ctx.total();
                ctx.charge(total);
                total()
            }),
        );
        check(
            quote!(if let Some(a) = a() { a() } else { a() }),
            quote!(if let Some(a) = ctx.a() { a() } else { ctx.a() }),
        );
        check(
            quote!(match a() {
                a => a(),
                _ => b(|b| b(), a()),
            }),
            quote!(match ctx.a() {
                a => a(),
                _ => ctx.b(|b| b(), ctx.a()),
            }),
        );
        check(
            quote!({
                fn f() {}
                f();
                for g in g() {
                    g();
                }
                g()
            }),
            quote!({
                fn f() {}
                f();
                for g in ctx.g() {
                    g();
                }
                ctx.g()
            }),
        );
    }

    #[test]
    fn macros_of_expressions_are_entered() {
        check(quote!(vec![a(); n()]), quote!(vec![ctx.a(); ctx.n()]));
        check(quote!(vec![a(1), 2]), quote!(vec![ctx.a(1), 2]));
        check(
            quote!(matches!(a(), Some(x) if b(x))),
            quote!(matches!(ctx.a(), Some(x) if ctx.b(x))),
        );
        check(quote!(custom!(a() => b)), quote!(custom!(a() => b)));
    }
}
