//! The name of one owed effect.

use std::fmt;
use std::str::FromStr;

use bytestring::ByteString;

use crate::journal::{MachineId, Sequence};

/// The name of one owed effect: of which machine, of which of its records, and which of that
/// record's effects. It is the same at every attempt, and after every restart.
///
/// It is what makes "at least once" bearable: give it to the foreign service as the idempotency
/// key, and a second attempt finds what the first has done. Its text is
/// `kind/machine/sequence/index`, in which every byte of kind and machine that is no ASCII letter,
/// digit, `-`, `.`, `_` or `~` is percent-encoded. So it is printable ASCII without spaces, and
/// goes into a header or a URL as it is. This form is stable: it will not change.
///
/// ```
/// use fsm_core::journal::Sequence;
/// use fsm_core::runtime::EffectKey;
///
/// let key = EffectKey::new("Order", "müller/42", Sequence(7), 0);
/// assert_eq!(key.to_string(), "Order/m%C3%BCller%2F42/7/0");
/// assert_eq!(key.to_string().parse::<EffectKey>()?, key);
/// # Ok::<(), fsm_core::runtime::effects::ParseEffectKeyError>(())
/// ```
///
/// # What it does not tell apart
///
/// It is unique within one journal. Where several journals share one account with the foreign
/// service (production and staging, say), put a name of your own before it. A journal that was set
/// back to an old copy gives its keys anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct EffectKey {
    /// The name of the machine's kind.
    pub kind: ByteString,
    /// The machine.
    pub machine: MachineId,
    /// The record whose row returned it.
    pub sequence: Sequence,
    /// Its place among the effects of that record, from 0.
    pub index: u32,
}

/// The text is no effect key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no effect key; one reads `kind/machine/sequence/index`, as in `Order/a%2F42/7/0`"
)]
pub struct ParseEffectKeyError {
    text: String,
}

impl EffectKey {
    /// The key of the effect with this place among those of this record of this machine.
    pub fn new(
        kind: impl Into<ByteString>,
        machine: impl Into<MachineId>,
        sequence: Sequence,
        index: u32,
    ) -> Self {
        Self { kind: kind.into(), machine: machine.into(), sequence, index }
    }
}

impl fmt::Display for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_encoded(f, &self.kind)?;
        f.write_str("/")?;
        write_encoded(f, &self.machine)?;
        write!(f, "/{}/{}", self.sequence.0, self.index)
    }
}

impl FromStr for EffectKey {
    type Err = ParseEffectKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = parsed(text);
        // One key has one text: what is compared as text must not differ in a needless `%41`.
        let key = key.filter(|key| key.to_string() == text);
        key.ok_or_else(|| ParseEffectKeyError { text: text.to_owned() })
    }
}

fn write_encoded(f: &mut fmt::Formatter<'_>, part: &str) -> fmt::Result {
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            write!(f, "{}", char::from(byte))?;
        } else {
            write!(f, "%{byte:02X}")?;
        }
    }
    Ok(())
}

fn parsed(text: &str) -> Option<EffectKey> {
    let mut parts = text.split('/');
    let kind = decoded(parts.next()?)?;
    let machine = decoded(parts.next()?)?;
    let sequence = Sequence(parts.next()?.parse().ok()?);
    let index = parts.next()?.parse().ok()?;
    parts.next().is_none().then(|| EffectKey::new(kind, machine, sequence, index))
}

fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
