//! `#[fsm(event = ..., context = ..., ...)]` on the enum.

use syn::{Attribute, Ident, LitInt, LitStr};

use super::words;
use crate::diagnostics::Diagnostics;
use crate::model::Header;

// What each word wants, with an example.
const EVENT: (&str, &str) = ("the path of the event enum", "Event");
const CONTEXT: (&str, &str) = ("the type of the context", "Context");
const EFFECT: (&str, &str) = ("the type of the effects", "Effect");
const NAME: (&str, &str) = ("a text", "\"name\"");
const VERSION: (&str, &str) = ("a whole number", "2");
const CRATE: (&str, &str) = ("the path of `fsm-core`", "::fsm_core");

/// Reads the header of the enum `ident`.
pub(super) fn header(
    ident: &Ident,
    attributes: &[Attribute],
    diagnostics: &mut Diagnostics,
) -> Header {
    let mut header = Header::default();
    let mut version: Option<LitInt> = None;
    let all_read =
        words::read_each(attributes, diagnostics, |word, input| match word.to_string().as_str() {
            "event" => words::value(&word, input, &mut header.event, EVENT),
            "context" => words::value(&word, input, &mut header.context, CONTEXT),
            "effect" => words::value(&word, input, &mut header.effect, EFFECT),
            "name" => {
                words::value(&word, input, &mut header.name, NAME)?;
                not_empty(header.name.as_ref())
            }
            "version" => {
                words::value(&word, input, &mut version, VERSION)?;
                header.version = version.as_ref().map(number).transpose()?;
                Ok(())
            }
            "crate" => words::value(&word, input, &mut header.core, CRATE),
            _ => Err(words::unknown(&word, &words::ENUM, (&words::STATE, "a state"))),
        });
    header.is_broken = !all_read;
    if header.event.is_none() && all_read {
        let message = format!(
            "which events does `{ident}` take? Name their enum: `#[fsm(event = {ident}Event)]`"
        );
        diagnostics.error(ident, message);
    }
    header
}

fn not_empty(name: Option<&LitStr>) -> syn::Result<()> {
    match name {
        Some(name) if name.value().is_empty() => {
            Err(syn::Error::new_spanned(name, "a kind's name cannot be empty"))
        }
        _ => Ok(()),
    }
}

fn number(version: &LitInt) -> syn::Result<u32> {
    version.base10_parse().map_err(|_| {
        syn::Error::new_spanned(version, "a version is a whole number below 4,294,967,296")
    })
}
