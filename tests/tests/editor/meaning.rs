//! What the words in the sample's attributes mean: where an editor should jump to.

use std::collections::{BTreeMap, BTreeSet};

use crate::text::{Place, Text, Token};

/// The attributes of the derive.
const ATTRIBUTES: [&str; 9] =
    ["fsm", "on", "after", "every", "always", "enter", "exit", "defer", "quiet"];
/// The words of the grammar and of Rust, and what the standard library has.
const KNOWN: [&str; 22] = [
    "event",
    "context",
    "effect",
    "name",
    "version",
    "previous",
    "renamed",
    "group",
    "in",
    "initial",
    "final",
    "history",
    "deep_history",
    "from",
    "of",
    "if",
    "label",
    "let",
    "clone",
    "len",
    "u64",
    "as",
];
/// What the derive brings into scope.
pub(crate) const GIVEN: [&str; 4] = ["ctx", "state", "now", "id"];
/// Groups, and what is no more: nothing of Rust bears these names.
const NOWHERE: [&str; 5] = ["Active", "Bought", "Live", "Abort", "Basket"];

/// A word in an attribute.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) place: Place,
    /// Where it leads.
    pub(crate) leads_to: BTreeSet<Place>,
    /// Whether it is a field and a variable at once, as in `{ amount }`.
    pub(crate) shorthand: Option<Shorthand>,
}

/// A word that is a field and a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shorthand {
    /// In an event's pattern: it binds the variable.
    Binds,
    /// In a target: it reads the variable; here is the field.
    Fills(Place),
}

/// The words in the attributes of the derive that something stands behind.
pub(crate) fn words(text: &Text) -> Vec<Word> {
    let attributes = text.attributes().into_iter();
    let ours = attributes.filter(|(tokens, _)| ATTRIBUTES.contains(&tokens[0].text.as_str()));
    ours.flat_map(|(tokens, state)| Attribute { text, tokens, state }.words()).collect()
}

struct Attribute<'a> {
    text: &'a Text,
    tokens: &'a [Token],
    /// The state it stands on, or `enum`.
    state: &'a str,
}

impl Attribute<'_> {
    fn words(&self) -> Vec<Word> {
        let mut bound: BTreeMap<&str, BTreeSet<Place>> = BTreeMap::new();
        let mut words = Vec::new();
        for (index, token) in self.tokens.iter().enumerate().skip(1) {
            let text = token.text.as_str();
            if !token.is_word() || KNOWN.contains(&text) || GIVEN.contains(&text) {
                continue;
            }
            let (leads_to, shorthand) = self.meaning(index, &mut bound);
            let (text, place) = (token.text.clone(), token.place);
            words.push(Word { text, place, leads_to, shorthand });
        }
        words
    }

    /// Where a word leads, and whether it is a field and a variable.
    fn meaning<'t>(
        &'t self,
        index: usize,
        bound: &mut BTreeMap<&'t str, BTreeSet<Place>>,
    ) -> (BTreeSet<Place>, Option<Shorthand>) {
        let token = &self.tokens[index];
        if NOWHERE.contains(&token.text.as_str()) {
            return (BTreeSet::new(), None);
        }
        match self.field(index) {
            Some((field, true)) if self.is_behind_arrow(index) => {
                let mut places = self.variable(token, bound);
                places.insert(field);
                (places, Some(Shorthand::Fills(field)))
            }
            Some((field, true)) => {
                bound.entry(&token.text).or_default().insert(token.place);
                (BTreeSet::from([field, token.place]), Some(Shorthand::Binds))
            }
            Some((field, false)) => (BTreeSet::from([field]), None),
            None => match self.qualified(index) {
                Some(place) => (BTreeSet::from([place]), None),
                None => (self.variable(token, bound), None),
            },
        }
    }

    fn is(&self, index: usize, text: &str) -> bool {
        self.tokens.get(index).is_some_and(|token| token.text == text)
    }

    fn is_behind_arrow(&self, index: usize) -> bool {
        (1..index).any(|arrow| self.is(arrow - 1, "=") && self.is(arrow, ">"))
    }

    fn declared(&self, owner: &str, name: &str) -> Option<Place> {
        let declared = &self.text.declared;
        declared.get(&format!("{owner}::{name}")).or_else(|| declared.get(name)).copied()
    }

    /// The field that is named in the braces behind a capital word, and whether that is all.
    fn field(&self, index: usize) -> Option<(Place, bool)> {
        if !self.is(index - 1, "{") && !self.is(index - 1, ",") {
            return None;
        }
        let has_value = self.is(index + 1, ":") && !self.is(index + 2, ":");
        let is_shorthand = self.is(index + 1, ",") || self.is(index + 1, "}");
        let mut depth = 0;
        let open = (0..index).rev().find(|before| {
            let text = self.tokens[*before].text.as_str();
            depth += i32::from("})]".contains(text)) - i32::from("{([".contains(text));
            depth < 0
        });
        let open = open.filter(|open| *open > 0 && self.is(*open, "{"))?;
        let owner = &self.tokens[open - 1];
        if !owner.is_capital() || !(has_value || is_shorthand) {
            return None;
        }
        Some((self.declared(&owner.text, &self.tokens[index].text)?, is_shorthand))
    }

    /// What stands behind a dot or a path, or is declared and no variable.
    fn qualified(&self, index: usize) -> Option<Place> {
        let name = &self.tokens[index].text;
        if index > 2 && self.is(index - 1, ":") && self.is(index - 2, ":") {
            return self.declared(&self.tokens[index - 3].text, name);
        }
        let is_global = self.is(index - 1, ".") || self.is(index + 1, "(");
        is_global.then(|| self.declared("", name)).flatten()
    }

    /// A variable: bound by the event's pattern, or else a field of the state, or else something
    /// global. What is none of these is bound where it stands first.
    fn variable<'t>(
        &self,
        token: &'t Token,
        bound: &mut BTreeMap<&'t str, BTreeSet<Place>>,
    ) -> BTreeSet<Place> {
        if let Some(places) = bound.get(token.text.as_str()) {
            return places.clone();
        }
        if let Some(place) = self.declared(self.state, &token.text) {
            return BTreeSet::from([place]);
        }
        bound.insert(&token.text, BTreeSet::from([token.place]));
        BTreeSet::from([token.place])
    }
}
