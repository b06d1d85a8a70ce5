//! The enum and its variants.

use quote::ToTokens;
use syn::{Attribute, DeriveInput, Expr, Field, Fields, Lit, Meta, Variant};

use super::header::header;
use super::row::row;
use super::words;
use crate::diagnostics::Diagnostics;
use crate::model::{Data, Machine, Row, State};

/// Reads what can be read of the enum, and reports the rest.
pub(crate) fn machine(input: DeriveInput, diagnostics: &mut Diagnostics) -> Machine {
    let header = header(&input.ident, &input.attrs, diagnostics);
    let mut reader = Reader { diagnostics, has_all_rows: true, has_all_marks: true };
    let rows = reader.rows(&input.attrs);
    let states = reader.states(input.data);
    Machine {
        ident: input.ident,
        generics: input.generics,
        header,
        states,
        rows,
        has_all_rows: reader.has_all_rows,
        has_all_marks: reader.has_all_marks,
    }
}

/// Remembers whether something could not be read.
struct Reader<'d> {
    diagnostics: &'d mut Diagnostics,
    has_all_rows: bool,
    has_all_marks: bool,
}

impl Reader<'_> {
    fn states(&mut self, data: syn::Data) -> Vec<State> {
        match data {
            syn::Data::Enum(data) => {
                data.variants.into_iter().map(|each| self.state(each)).collect()
            }
            syn::Data::Struct(data) => self.not_an_enum(data.struct_token),
            syn::Data::Union(data) => self.not_an_enum(data.union_token),
        }
    }

    fn not_an_enum(&mut self, keyword: impl ToTokens) -> Vec<State> {
        self.has_all_rows = false;
        let message = "a machine is an enum: each of its variants is a state";
        self.diagnostics.error(keyword, message);
        Vec::new()
    }

    fn state(&mut self, variant: Variant) -> State {
        let (mut initial, mut is_final) = (None, None);
        self.has_all_marks &= words::read_each(&variant.attrs, self.diagnostics, |word, input| {
            match word.to_string().as_str() {
                "initial" => words::mark(word, input, &mut initial),
                "final" => words::mark(word, input, &mut is_final),
                _ => Err(words::unknown(&word, &words::STATE, (&words::ENUM, "the enum"))),
            }
        });
        State {
            rows: self.rows(&variant.attrs),
            docs: docs(&variant.attrs),
            data: self.data(variant.fields),
            ident: variant.ident,
            initial,
            is_final,
        }
    }

    fn rows(&mut self, attributes: &[Attribute]) -> Vec<Row> {
        let mut rows = Vec::new();
        for attribute in attributes.iter().filter(|each| each.path().is_ident("on")) {
            match row(attribute) {
                Ok(row) => rows.push(row),
                Err(error) => {
                    self.has_all_rows = false;
                    self.diagnostics.add(error);
                }
            }
        }
        rows
    }

    fn data(&mut self, fields: Fields) -> Data {
        for field in &fields {
            self.no_attributes(field);
        }
        match fields {
            Fields::Unit => Data::Unit,
            Fields::Named(fields) => {
                let named = fields.named.into_iter();
                Data::Named(named.filter_map(|field| Some((field.ident?, field.ty))).collect())
            }
            Fields::Unnamed(fields) => {
                let count = fields.unnamed.len();
                let mut unnamed = fields.unnamed.into_iter();
                match (unnamed.next(), unnamed.next()) {
                    (None, _) => Data::Named(Vec::new()),
                    (Some(field), None) => Data::One(Box::new(field.ty)),
                    (Some(_), Some(second)) => self.several_fields(&second, count),
                }
            }
        }
    }

    fn several_fields(&mut self, second: &Field, count: usize) -> Data {
        let message = format!(
            "a state has named fields or one tuple field, and this one has {count}: name them, or \
             put them into a struct"
        );
        self.diagnostics.error(&second.ty, message);
        Data::Refused
    }

    /// Helper attributes are legal wherever the derive reaches, so a misplaced one would be silent.
    fn no_attributes(&mut self, field: &Field) {
        for attribute in &field.attrs {
            let path = attribute.path();
            if path.is_ident("on") || path.is_ident("fsm") {
                let word = path.to_token_stream();
                let message = format!("`#[{word}(...)]` belongs on a state or on the enum");
                self.diagnostics.error(path, message);
            }
        }
    }
}

/// The lines of a doc comment, each without the blanks around it.
fn docs(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(meta) = &attribute.meta
            && meta.path.is_ident("doc")
            && let Expr::Lit(expression) = &meta.value
            && let Lit::Str(text) = &expression.lit
        {
            // Not `lines()`, which finds no line in an empty comment.
            lines.extend(text.value().split('\n').map(|line| line.trim().to_owned()));
        }
    }
    lines.join("\n").trim().to_owned()
}
