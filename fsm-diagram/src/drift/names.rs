//! When two names are one, and which is meant where none fits.

/// The name without what documents write in their own way: case, `_`, `-`, blanks, a `!` or `?`
/// behind, an `r#` in front. Timers keep the rest: `after 30s` is `after30s`.
pub(super) fn normal(name: &str) -> String {
    let name = name.trim().trim_end_matches(['!', '?']);
    let name = name.strip_prefix("r#").unwrap_or(name);
    name.chars()
        .filter(|c| !c.is_whitespace() && *c != '_' && *c != '-')
        .flat_map(char::to_lowercase)
        .collect()
}

/// An expression without blanks.
pub(super) fn dense(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The name that is nearest to `name`, if one is near enough to be meant.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = normal(name);
    candidates
        .filter_map(|candidate| Some((distance(&wanted, &normal(candidate))?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters differ, or are swapped with their neighbours; `None` if more than a third do.
pub(super) fn distance(a: &str, b: &str) -> Option<usize> {
    const LENGTH_MAX: usize = 64;
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let longest = a.len().max(b.len());
    let limit = longest.div_ceil(3);
    if longest > LENGTH_MAX || a.len().abs_diff(b.len()) > limit {
        return None;
    }
    // The rows of the usual table: two before, and the one that is being filled.
    let mut two_before = vec![0; b.len() + 1];
    let mut before: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = before[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(before[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(two_before[j - 2] + 1);
            }
            row.push(least);
        }
        two_before = std::mem::replace(&mut before, row);
    }
    Some(before[b.len()]).filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_meet_in_their_normal_form() {
        for name in ["order_placed", "orderPlaced", "OrderPlaced", "ORDER_PLACED", "order placed"] {
            assert_eq!(normal(name), "orderplaced");
        }
        assert_eq!(normal("to_s1!"), normal("ToS1"));
        assert_eq!(normal("to_s1?"), normal("to_s1"));
        assert_eq!(normal("after 30s"), normal("after30s"));
        assert_eq!(normal("r#type"), normal("Type"));
        assert_ne!(normal("to_s1"), normal("to_s2"));
    }

    #[test]
    fn a_misspelt_name_is_near() {
        let names = ["Checkout", "Cancel", "Pay"];
        assert_eq!(nearest("Cancle", names.into_iter()), Some("Cancel"));
        assert_eq!(nearest("check_uot", names.into_iter()), Some("Checkout"));
        assert_eq!(nearest("Ship", names.into_iter()), None);
    }
}
