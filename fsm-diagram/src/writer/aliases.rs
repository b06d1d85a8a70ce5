//! The word that stands for a state or a group in a text.
//!
//! It is the name itself wherever the language lets it be. A name that is a keyword, or has
//! characters that end a word, gets an alias: its letters and digits, with `_` for the others and
//! one more behind. The text beside the alias says the name, and a reader that finds an alias
//! with its text takes the text for the name.

use std::collections::HashSet;

use crate::Diagram;

/// The words of a diagram's states and groups, all different.
pub(super) struct Aliases {
    states: Vec<String>,
    groups: Vec<String>,
    used: HashSet<String>,
}

impl Aliases {
    /// The words for a diagram; `is_plain` says whether a name may stand as it is.
    pub(super) fn new(diagram: &Diagram, is_plain: impl Fn(&str) -> bool) -> Self {
        let mut used = HashSet::new();
        let names = diagram.states.iter().map(|state| &state.name);
        let names: Vec<_> = names.chain(diagram.groups.iter().map(|group| &group.name)).collect();
        // Plain names first, so that no alias takes the word of a state that needs none.
        let mut words: Vec<Option<String>> = names
            .iter()
            .map(|name| {
                let free = is_plain(name) && used.insert((*name).clone());
                free.then(|| (*name).clone())
            })
            .collect();
        for (name, word) in names.iter().zip(&mut words) {
            word.get_or_insert_with(|| unused(&mut used, &format!("{}_", letters(name))));
        }
        let mut states: Vec<String> = words.into_iter().flatten().collect();
        let groups = states.split_off(diagram.states.len());
        Self { states, groups, used }
    }

    /// The word of a state; one that names nothing if there is no such state.
    pub(super) fn state(&self, state: usize) -> &str {
        self.states.get(state).map_or("_", String::as_str)
    }

    /// The word of a group.
    pub(super) fn group(&self, group: usize) -> &str {
        self.groups.get(group).map_or("_", String::as_str)
    }

    /// A word for something that is neither, and that nothing else bears.
    pub(super) fn another(&mut self, word: &str) -> String {
        unused(&mut self.used, word)
    }
}

fn unused(used: &mut HashSet<String>, word: &str) -> String {
    let mut word = word.to_owned();
    while !used.insert(word.clone()) {
        word.push('_');
    }
    word
}

/// The name with `_` for whatever is no letter or digit.
fn letters(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Whether `word` is what a writer puts for the name `text`.
pub(crate) fn is_alias_of(word: &str, text: &str) -> bool {
    let start = letters(text);
    word.len() > start.len()
        && word.strip_prefix(&start).is_some_and(|rest| rest.bytes().all(|byte| byte == b'_'))
}

/// Whether the name is a word of letters, digits and `_` that is none of the `keywords`, in
/// whatever case they are written.
pub(super) fn is_word(name: &str, keywords: &[&str]) -> bool {
    let mut chars = name.chars();
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && chars.all(letter)
        && !keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(name))
}
