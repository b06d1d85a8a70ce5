//! The event pattern of a row, and what can be known of it without knowing the event's type.

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{FieldPat, Ident, Pat, PatIdent};

use crate::source_text::source_text;

/// A pattern of one event variant: `Expire`, `Pay(payment)`, `Pay { amount, .. }`.
pub(crate) struct EventPattern {
    /// The variant, as it was first written.
    pub(crate) variant: Ident,
    /// The alternatives for this variant; almost always one.
    pub(crate) alternatives: Vec<Pat>,
}

/// A name that a pattern binds.
#[derive(Clone)]
pub(crate) struct Binding {
    pub(crate) name: Ident,
    /// Whether it was written `ref`, and is a reference even where others are values.
    pub(crate) by_ref: bool,
}

impl EventPattern {
    /// Sorts the alternatives of `pattern` by their variant.
    pub(crate) fn sort(pattern: Pat) -> syn::Result<Vec<Self>> {
        let mut alternatives = Vec::new();
        flatten(pattern, &mut alternatives);
        let mut events: Vec<Self> = Vec::new();
        for alternative in alternatives {
            let variant = variant(&alternative)?.clone();
            match events.iter_mut().find(|event| event.variant == variant) {
                Some(event) => event.alternatives.push(alternative),
                None => events.push(Self { variant, alternatives: vec![alternative] }),
            }
        }
        Ok(events)
    }

    /// The names that the pattern binds. All alternatives bind the same, or rustc objects.
    pub(crate) fn bindings(&self) -> Vec<Binding> {
        let mut bindings = Bindings(Vec::new());
        match self.alternatives[0].clone() {
            Pat::Ident(_) => {}
            mut pattern => bindings.visit_pat_mut(&mut pattern),
        }
        bindings.0
    }

    /// Whether it surely matches every event of its variant.
    pub(crate) fn is_irrefutable(&self) -> bool {
        self.alternatives.iter().any(|pattern| match pattern {
            Pat::Ident(_) => true,
            Pat::TupleStruct(tuple) => tuple.elems.iter().all(matches_all),
            Pat::Struct(fields) => fields
                .fields
                .iter()
                .all(|field| field.colon_token.is_none() || matches_all(&field.pat)),
            _ => false,
        })
    }

    /// As it was written.
    pub(crate) fn text(&self) -> String {
        let texts = self.alternatives.iter().map(|pattern| source_text(pattern.to_token_stream()));
        texts.collect::<Vec<_>>().join(" | ")
    }
}

impl ToTokens for EventPattern {
    fn to_tokens(&self, tokens: &mut proc_macro2::TokenStream) {
        self.alternatives[0].to_tokens(tokens);
    }
}

fn flatten(pattern: Pat, alternatives: &mut Vec<Pat>) {
    match pattern {
        Pat::Or(or) => or.cases.into_iter().for_each(|case| flatten(case, alternatives)),
        Pat::Paren(paren) => flatten(*paren.pat, alternatives),
        other => alternatives.push(other),
    }
}

fn variant(pattern: &Pat) -> syn::Result<&Ident> {
    let path = match pattern {
        Pat::Ident(PatIdent { by_ref: None, mutability: None, subpat: None, ident, .. }) => {
            return Ok(ident);
        }
        Pat::TupleStruct(tuple) => &tuple.path,
        Pat::Struct(fields) => &fields.path,
        Pat::Path(path) => &path.path,
        Pat::Wild(_) => {
            let message = "a row takes one event: write the name of its variant instead of `_`";
            return Err(syn::Error::new_spanned(pattern, message));
        }
        _ => {
            let message = "a row begins with an event: `Pay`, `Pay(payment)` or `Pay { amount }`";
            return Err(syn::Error::new_spanned(pattern, message));
        }
    };
    path.get_ident().ok_or_else(|| {
        let name = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let message = format!("write the event without its path: `{name}`");
        syn::Error::new_spanned(path, message)
    })
}

/// Whether a nested pattern surely matches. A struct's or variant's name says nothing about that,
/// so it counts as refutable.
fn matches_all(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) | Pat::Rest(_) => true,
        Pat::Ident(binding) => match &binding.subpat {
            Some((_, pattern)) => matches_all(pattern),
            None => is_binding(binding),
        },
        Pat::Paren(paren) => matches_all(&paren.pat),
        Pat::Reference(reference) => matches_all(&reference.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().all(matches_all),
        _ => false,
    }
}

/// Whether a lone name in a pattern binds. A constant or a unit variant looks the same to a macro;
/// they begin with a capital letter, and bindings do not.
fn is_binding(pattern: &PatIdent) -> bool {
    pattern.by_ref.is_some()
        || pattern.mutability.is_some()
        || pattern.subpat.is_some()
        || !begins_with_capital(&pattern.ident)
}

pub(crate) fn begins_with_capital(name: &Ident) -> bool {
    let text = name.to_string();
    text.trim_start_matches("r#").trim_start_matches('_').starts_with(char::is_uppercase)
}

struct Bindings(Vec<Binding>);

impl Bindings {
    fn bind(&mut self, pattern: &PatIdent) {
        if self.0.iter().all(|binding| binding.name != pattern.ident) {
            let by_ref = pattern.by_ref.is_some();
            self.0.push(Binding { name: pattern.ident.clone(), by_ref });
        }
    }
}

impl VisitMut for Bindings {
    fn visit_field_pat_mut(&mut self, field: &mut FieldPat) {
        match (&field.colon_token, &*field.pat) {
            // In `Pay { amount }` the name is a binding, whatever its first letter.
            (None, Pat::Ident(pattern)) => self.bind(pattern),
            _ => visit_mut::visit_field_pat_mut(self, field),
        }
    }

    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        if is_binding(pattern) {
            self.bind(pattern);
        }
        visit_mut::visit_pat_ident_mut(self, pattern);
    }
}
