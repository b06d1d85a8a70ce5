//! The errors of one enum, collected so that all of them are reported at once.

use std::thread;

use quote::ToTokens;

/// A bag of errors. It must be emptied with [`finish`](Self::finish): an error that is collected
/// and then forgotten would let a wrong machine compile.
pub(crate) struct Diagnostics {
    errors: Vec<syn::Error>,
    finished: bool,
}

impl Diagnostics {
    pub(crate) const fn new() -> Self {
        Self { errors: Vec::new(), finished: false }
    }

    /// Reports a mistake at the tokens it was made in.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Takes over an error that a parser found.
    pub(crate) fn add(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// Whether nothing was reported yet.
    pub(crate) const fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Empties the bag.
    pub(crate) fn finish(mut self) -> Vec<syn::Error> {
        self.finished = true;
        std::mem::take(&mut self.errors)
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        assert!(self.finished || thread::panicking(), "errors were collected and not reported");
    }
}

/// `; did you mean ...?` with the known word nearest to `word`, or nothing if none is near.
pub(crate) fn did_you_mean<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    let nearest = known.into_iter().map(|other| (distance(word, other), other)).min();
    match nearest {
        Some((distance, other)) if distance <= 1 + word.chars().count() / 4 => {
            format!("; did you mean `{other}`?")
        }
        _ => String::new(),
    }
}

/// The words in backquotes, with commas.
pub(crate) fn list<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour to make
/// one word of the other. Upper and lower case count as the same letter.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested() {
        let known = ["event", "context", "effect"];
        assert_eq!(did_you_mean("evnet", known), "; did you mean `event`?");
        assert_eq!(did_you_mean("Context", known), "; did you mean `context`?");
        assert_eq!(did_you_mean("colour", known), "");
    }

    #[test]
    fn a_swap_is_one_mistake() {
        assert_eq!(distance("trakcing", "tracking"), 1);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    #[should_panic(expected = "not reported")]
    fn a_bag_that_is_not_emptied_panics() {
        drop(Diagnostics::new());
    }
}
