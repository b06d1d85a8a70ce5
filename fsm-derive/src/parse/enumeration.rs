//! The enum and its variants.

use quote::ToTokens;
use syn::{Attribute, DeriveInput, Expr, Field, Fields, Lit, Meta, Variant};

use super::clause::{ATTRIBUTES, Place, clause};
use super::group::{GROUP, group, is_group};
use super::header::header;
use super::words;
use crate::diagnostics::Diagnostics;
use crate::model::{Clause, Data, Group, Machine, State};

/// Reads what can be read of the enum, and reports the rest.
pub(crate) fn machine(input: DeriveInput, diagnostics: &mut Diagnostics) -> Machine {
    let (declarations, other): (Vec<_>, Vec<_>) =
        input.attrs.into_iter().partition(is_group_declaration);
    let mut reader = Reader { diagnostics, has_all_rows: true, has_all_marks: true };
    let declared = reader.groups(&declarations);
    let header = header(&input.ident, &other, reader.has_all_marks, reader.diagnostics);
    let clauses = reader.clauses(&other, Place::Enum);
    let states = reader.states(input.data);
    let groups = with_groups_of_states(declared, &states);
    let mut machine = Machine {
        ident: input.ident,
        generics: input.generics,
        header,
        states,
        groups,
        clauses,
        has_all_rows: reader.has_all_rows,
        has_all_marks: reader.has_all_marks,
    };
    outermost_first(&mut machine);
    machine
}

/// Puts each group behind the one around it.
fn outermost_first(machine: &mut Machine) {
    let depths: Vec<_> =
        (0..machine.groups.len()).map(|group| machine.chain(Some(group)).len()).collect();
    let mut groups: Vec<_> = depths.into_iter().zip(machine.groups.drain(..)).collect();
    groups.sort_by_key(|(depth, _)| *depth);
    machine.groups.extend(groups.into_iter().map(|(_, group)| group));
}

fn is_group_declaration(attribute: &Attribute) -> bool {
    attribute.path().is_ident("fsm") && is_group(attribute)
}

/// The groups that are declared, and those that only states name.
fn with_groups_of_states(mut groups: Vec<Group>, states: &[State]) -> Vec<Group> {
    for name in states.iter().filter_map(|state| state.group.as_ref()) {
        if groups.iter().all(|group| group.ident != *name) {
            let ident = name.clone();
            groups.push(Group {
                ident,
                is_declared: false,
                parent: None,
                initial: None,
                history: None,
            });
        }
    }
    groups
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
        let (mut initial, mut is_final, mut group) = (None, None, None);
        self.has_all_marks &= words::read_each(&variant.attrs, self.diagnostics, |word, input| {
            match word.to_string().as_str() {
                "initial" => words::mark(word, input, &mut initial),
                "final" => words::mark(word, input, &mut is_final),
                "group" => words::value(&word, input, &mut group, GROUP),
                _ => Err(words::unknown(&word, &words::STATE, (&words::ENUM, "the enum"))),
            }
        });
        State {
            clauses: self.clauses(&variant.attrs, Place::State),
            docs: docs(&variant.attrs),
            data: self.data(variant.fields),
            ident: variant.ident,
            initial,
            is_final,
            group,
        }
    }

    fn groups(&mut self, declarations: &[Attribute]) -> Vec<Group> {
        let mut groups = Vec::new();
        for declaration in declarations {
            let (group, all_read) = group(declaration, self.diagnostics);
            self.has_all_marks &= all_read;
            groups.extend(group);
        }
        groups
    }

    fn clauses(&mut self, attributes: &[Attribute], place: Place) -> Vec<Clause> {
        let mut clauses = Vec::new();
        for read in attributes.iter().filter_map(|attribute| clause(attribute, place)) {
            match read {
                Ok(clause) => clauses.push(clause),
                Err(error) => {
                    self.has_all_rows = false;
                    self.diagnostics.add(error);
                }
            }
        }
        clauses
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
            if path.is_ident("fsm") || ATTRIBUTES.iter().any(|name| path.is_ident(name)) {
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
