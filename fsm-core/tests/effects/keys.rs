//! The text of a key: one for each, the same for ever, fit for a header.

use fsm_core::journal::Sequence;
use fsm_core::runtime::EffectKey;
use proptest::prelude::*;

/// Texts that often are keys, and often almost.
const NEARLY_A_KEY: &str =
    "([a-c+~]|%[0-9A-Fa-f]{2}){0,2}/([a-c ]|%2[0-9A-Fa-f]){0,2}/[+]?[0-9]{1,2}/[0-9]{1,2}";

fn any_key() -> impl Strategy<Value = EffectKey> {
    let text = prop_oneof![any::<String>(), "[a-z/%0-9]{0,4}"];
    (text.clone(), text, any::<u64>(), any::<u32>()).prop_map(|(kind, machine, sequence, index)| {
        EffectKey::new(kind, machine, Sequence(sequence), index)
    })
}

proptest! {
    #[test]
    fn a_key_is_read_back_from_its_text(key in any_key()) {
        let text = key.to_string();
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
        prop_assert_eq!(text.parse::<EffectKey>().unwrap(), key);
    }

    #[test]
    fn what_is_read_is_written_as_it_was(text in NEARLY_A_KEY) {
        if let Ok(key) = text.parse::<EffectKey>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}

#[test]
fn the_text_is_what_it_has_always_been() {
    for (kind, machine, text) in [
        ("Order", "order-42", "Order/order-42/7/1"),
        ("my.Kind_2", "~a b", "my.Kind_2/~a%20b/7/1"),
        ("", "", "//7/1"),
        ("ä", "50%/x", "%C3%A4/50%25%2Fx/7/1"),
    ] {
        let key = EffectKey::new(kind, machine, Sequence(7), 1);
        assert_eq!(key.to_string(), text);
        assert_eq!(text.parse::<EffectKey>().unwrap(), key);
    }
}

#[test]
fn a_text_that_is_none_is_refused_with_the_form() {
    for text in [
        "",
        "a/b/1",
        "a/b/1/0/",
        "a/b/1/0/0",
        "a/b/01/0",
        "a/b/+1/0",
        "a/b/1/-0",
        "a/b/x/0",
        "a/b/1/4294967296",
        "a/%62/1/0",
        "a/%2f/1/0",
        "a/%2/1/0",
        "a/%/1/0",
        "a/%FF/1/0",
        "a/b c/1/0",
        "a/%+2/1/0",
        "a/%ä/1/0",
    ] {
        let error = text.parse::<EffectKey>().unwrap_err();
        let says = format!(
            "`{text}` is no effect key; one reads `kind/machine/sequence/index`, as in \
             `Order/a%2F42/7/0`"
        );
        assert_eq!(error.to_string(), says);
    }
}
