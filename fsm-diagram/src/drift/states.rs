//! Which state of the document is which of the code.

use std::collections::HashMap;

use super::Difference;
use super::names::{nearest, normal};
use crate::{Diagram, State};

/// How many names are looked through for one that may be meant.
const SUGGESTED_MAX: usize = 256;

/// The states of the code and of the document in pairs.
pub(super) struct Pairs<'a> {
    pub(super) code: &'a Diagram,
    pub(super) document: &'a Diagram,
    /// For each state of the document the one of the code.
    of_document: Vec<Option<usize>>,
    /// For each state of the code the one of the document.
    of_code: Vec<Option<usize>>,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(code: &'a Diagram, document: &'a Diagram) -> Self {
        let mut pairs = Self {
            code,
            document,
            of_document: vec![None; document.states.len()],
            of_code: vec![None; code.states.len()],
        };
        // An exact name wins, then one that resembles, then what the document shows as a text.
        pairs.pair(|state| state.name.clone(), |state| state.name.clone());
        pairs.pair(|state| normal(&state.name), |state| normal(&state.name));
        let shown = |state: &State| normal(state.docs.lines().next().unwrap_or(""));
        pairs.pair(|state| normal(&state.name), shown);
        pairs
    }

    /// Pairs those that have none yet and whose words are the same.
    fn pair(&mut self, code: impl Fn(&State) -> String, document: impl Fn(&State) -> String) {
        let mut free: HashMap<String, usize> = HashMap::new();
        for (number, state) in self.code.states.iter().enumerate() {
            if self.of_code[number].is_none() {
                free.entry(code(state)).or_insert(number);
            }
        }
        for (number, state) in self.document.states.iter().enumerate() {
            if self.of_document[number].is_none()
                && let Some(found) = free.remove(&document(state))
            {
                self.of_document[number] = Some(found);
                self.of_code[found] = Some(number);
            }
        }
    }

    /// The code's state for one of the document.
    pub(super) fn code_state(&self, document: usize) -> Option<usize> {
        self.of_document.get(document).copied().flatten()
    }

    /// What the states do not agree on.
    pub(super) fn differences(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        for (number, state) in self.code.states.iter().enumerate() {
            match self.of_code[number] {
                None => found.push(Difference::StateMissing {
                    state: number,
                    name: state.name.clone(),
                    suggestion: nearest(&state.name, self.unknown()).map(str::to_owned),
                }),
                Some(document) => self.marks(number, document, &mut found),
            }
        }
        let missing = || {
            let states = self.code.states.iter().zip(&self.of_code);
            let names = states.filter(|(_, pair)| pair.is_none());
            names.map(|(state, _)| state.name.as_str()).take(SUGGESTED_MAX)
        };
        for (state, pair) in self.document.states.iter().zip(&self.of_document) {
            if pair.is_none() {
                found.push(Difference::StateExtra {
                    name: state.name.clone(),
                    line: state.line,
                    suggestion: nearest(&state.name, missing()).map(str::to_owned),
                });
            }
        }
        found
    }

    /// The first names in the document that the code does not have.
    fn unknown(&self) -> impl Iterator<Item = &'a str> {
        let states = self.document.states.iter().zip(&self.of_document);
        let names = states.filter(|(_, pair)| pair.is_none()).map(|(state, _)| state.name.as_str());
        names.take(SUGGESTED_MAX)
    }

    /// Whether both start there, and whether both end there.
    fn marks(&self, state: usize, document: usize, found: &mut Vec<Difference>) {
        let (code, drawn) = (&self.code.states[state], &self.document.states[document]);
        let (name, line) = (code.name.clone(), drawn.line);
        match (code.initial, drawn.initial) {
            (true, false) => found.push(Difference::InitialMissing { state, name: name.clone() }),
            (false, true) => {
                found.push(Difference::InitialExtra { state, name: name.clone(), line });
            }
            _ => {}
        }
        // An end inside a box may be meant for the machine's or for the group's alone.
        let of_group = self.document.groups.iter().any(|group| group.finals.contains(&document));
        match (code.is_final, drawn.is_final) {
            (true, false) if !of_group => found.push(Difference::FinalMissing { state, name }),
            (false, true) => found.push(Difference::FinalExtra { state, name, line }),
            _ => {}
        }
    }
}
