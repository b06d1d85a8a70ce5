//! `return` and `?` in a guard, action or target.
//!
//! They would leave the generated function in the middle of a row, with the action run and the
//! target not built, so they are refused. Inside a closure they leave only the closure.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprAsync, ExprClosure, ExprReturn, ExprTry, Item};

/// An error at the first `return` or `?` that would leave the row.
pub(crate) fn early_exit(expression: &Expr) -> syn::Result<()> {
    let mut search = Search { found: None };
    search.visit_expr_mut(&mut expression.clone());
    match search.found {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

struct Search {
    found: Option<syn::Error>,
}

impl VisitMut for Search {
    fn visit_expr_return_mut(&mut self, expression: &mut ExprReturn) {
        let message = "`return` would leave the row halfway; let the expression have the value";
        let error = syn::Error::new_spanned(expression.return_token, message);
        self.found.get_or_insert(error);
    }

    fn visit_expr_try_mut(&mut self, expression: &mut ExprTry) {
        visit_mut::visit_expr_try_mut(self, expression);
        let message = "a row cannot fail halfway, so there is no `?` here; ask in the guard";
        let error = syn::Error::new_spanned(expression.question_token, message);
        self.found.get_or_insert(error);
    }

    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}

    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}

    fn visit_item_mut(&mut self, _: &mut Item) {}
}
