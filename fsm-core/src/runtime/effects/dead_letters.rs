//! Effects that were given up.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::num::NonZeroUsize;

use super::key::EffectKey;
use super::rendered::rendered;
use crate::machine::Timestamp;

/// An effect that was given up, and why. It stays owed to whoever looks after the system.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Which effect.
    pub key: EffectKey,
    /// The effect as its `Debug` shows it, cut off after 2,048 bytes.
    pub effect: String,
    /// Why the last attempt failed, with its causes, cut off after 2,048 bytes.
    pub why: String,
    /// How many attempts there were.
    pub attempts: u32,
    /// Whether the handler said that no further attempt would help.
    pub permanent: bool,
    /// When it was given up.
    pub time: Timestamp,
}

/// The dead letters at hand, oldest first, up to a limit. Where else they are kept is not its
/// business.
///
/// ```
/// use std::num::NonZeroUsize;
/// use fsm_core::Timestamp;
/// use fsm_core::journal::Sequence;
/// use fsm_core::runtime::EffectKey;
/// use fsm_core::runtime::effects::{DeadLetter, DeadLetters};
///
/// let mut letters = DeadLetters::new(NonZeroUsize::MIN);
/// let key = |order: &str| EffectKey::new("Order", order, Sequence(2), 0);
/// let letter = |order| {
///     DeadLetter::new(key(order), &"Charge", "no such card", 1, true, Timestamp::EPOCH)
/// };
/// assert_eq!(letters.add(letter("a")), None);
/// let displaced = letters.add(letter("b")).unwrap();
/// assert_eq!(displaced.key, key("a"));
/// assert_eq!(letters.take(&key("b")), Some(letter("b")));
/// assert!(letters.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct DeadLetters {
    letters_max: NonZeroUsize,
    letters: BTreeMap<u64, DeadLetter>,
    /// The number of each.
    numbers: HashMap<EffectKey, u64>,
    /// How many there ever were.
    added: u64,
}

/// Some dead letters, oldest first: [`DeadLetters::page`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLettersPage {
    /// The letters.
    pub letters: Vec<DeadLetter>,
    /// Where the next page begins; `None` if this is the last.
    pub next: Option<u64>,
}

impl DeadLetter {
    /// An effect that is given up at this time.
    #[must_use]
    pub fn new(
        key: EffectKey,
        effect: &impl fmt::Debug,
        why: impl Into<String>,
        attempts: u32,
        permanent: bool,
        time: Timestamp,
    ) -> Self {
        let effect = rendered(|text| write!(text, "{effect:?}"));
        Self { key, effect, why: why.into(), attempts, permanent, time }
    }
}

impl DeadLetters {
    /// None yet, and never more than this.
    #[must_use]
    pub fn new(letters_max: NonZeroUsize) -> Self {
        Self { letters_max, letters: BTreeMap::new(), numbers: HashMap::new(), added: 0 }
    }

    /// Adds a letter behind the others, in place of an older one of the same effect. Answers the
    /// oldest, if that had to make room: it is no longer at hand.
    pub fn add(&mut self, letter: DeadLetter) -> Option<DeadLetter> {
        self.take(&letter.key);
        let is_full = self.letters.len() >= self.letters_max.get();
        let displaced = if is_full { self.letters.pop_first() } else { None };
        if let Some((_, displaced)) = &displaced {
            self.numbers.remove(&displaced.key);
        }
        self.added += 1;
        self.numbers.insert(letter.key.clone(), self.added);
        self.letters.insert(self.added, letter);
        displaced.map(|(_, letter)| letter)
    }

    /// The letter of this effect.
    #[must_use]
    pub fn find(&self, key: &EffectKey) -> Option<&DeadLetter> {
        self.letters.get(self.numbers.get(key)?)
    }

    /// Removes the letter of this effect, to have it performed once more or not at all.
    pub fn take(&mut self, key: &EffectKey) -> Option<DeadLetter> {
        self.letters.remove(&self.numbers.remove(key)?)
    }

    /// Removes all letters of a machine; says how many there were.
    pub fn forget(&mut self, kind: &str, machine: &str) -> usize {
        let is_its = |key: &EffectKey| *key.kind == *kind && *key.machine == *machine;
        let before = self.letters.len();
        self.letters.retain(|_, letter| !is_its(&letter.key));
        self.numbers.retain(|key, _| !is_its(key));
        before - self.letters.len()
    }

    /// The oldest letters from `from` on, this many at most. The first page is that from 0; each
    /// says where the next begins. What comes and goes in between is neither shown twice nor in the
    /// way.
    #[must_use]
    pub fn page(&self, from: u64, letters_max: NonZeroUsize) -> DeadLettersPage {
        let mut rest = self.letters.range(from..);
        let letters = rest.by_ref().take(letters_max.get()).map(|(_, letter)| letter.clone());
        DeadLettersPage { letters: letters.collect(), next: rest.next().map(|(&number, _)| number) }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.letters.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }
}
