//! Values to show a type that is being traced.
//!
//! Most types take anything. Some look at what they are given (a number that is not zero, a date):
//! they are shown one sample after the other, until they take one.

/// What kind of value a place asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Number,
    Float,
    Char,
    Text,
    Bytes,
}

const NUMBERS: &[u8] = &[0, 1, 2, 12, 100, 64];
const FLOATS: &[f32] = &[0.0, 1.0, 0.5];
const CHARS: &[char] = &['a', '0', 'A'];
const TEXTS: &[&str] = &[
    "",
    "a",
    "1",
    "true",
    "2000-01-01",
    "2000-01-01T00:00:00Z",
    "2000-01-01T00:00:00",
    "00:00:00",
    "PT1H",
    "UTC",
    "en",
    "EUR",
    "00000000-0000-4000-8000-000000000001",
    "127.0.0.1",
    "127.0.0.1:80",
    "a@a.org",
    "https://a.org/",
    "1.0.0",
    "AAAA",
];
const BYTES: &[usize] = &[0, 1, 4, 8, 12, 16, 20, 24, 32, 48, 64];

impl Kind {
    /// How many samples there are.
    pub(super) const fn samples(self) -> usize {
        match self {
            Self::Bool => 2,
            Self::Number => NUMBERS.len(),
            Self::Float => FLOATS.len(),
            Self::Char => CHARS.len(),
            Self::Text => TEXTS.len(),
            Self::Bytes => BYTES.len(),
        }
    }
}

pub(super) fn number(sample: usize) -> u8 {
    NUMBERS.get(sample).copied().unwrap_or_default()
}

pub(super) fn float(sample: usize) -> f32 {
    FLOATS.get(sample).copied().unwrap_or_default()
}

pub(super) fn char(sample: usize) -> char {
    CHARS.get(sample).copied().unwrap_or_default()
}

pub(super) fn text(sample: usize) -> &'static str {
    TEXTS.get(sample).copied().unwrap_or_default()
}

pub(super) fn bytes(sample: usize) -> Vec<u8> {
    vec![0; BYTES.get(sample).copied().unwrap_or_default()]
}
