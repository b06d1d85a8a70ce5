//! Choices, `<<choice>>`: an arrow into one and an arrow out of it are together one row.

use std::collections::HashMap;

use super::draft::{Draft, End, Kind, Link, check_size};
use super::error::ParseError;
use crate::label::Label;

/// How many choices a row may pass.
const CHOICES_MAX: usize = 16;

/// The arrows of the draft, with those through choices joined.
pub(super) fn joined(draft: &Draft) -> Result<Vec<Link>, ParseError> {
    let choice = |end: End| match end {
        End::Node(node) if draft.nodes[node].kind == Kind::Choice => Some(node),
        _ => None,
    };
    let mut links = Vec::with_capacity(draft.links.len());
    let mut outgoing: HashMap<usize, Vec<&Link>> = HashMap::new();
    for link in &draft.links {
        match choice(link.source) {
            Some(node) => outgoing.entry(node).or_default().push(link),
            None => links.push(link.clone()),
        }
    }
    // Each round leads one choice further; what goes in a circle never comes to an end.
    for _ in 0..CHOICES_MAX {
        if !links.iter().any(|link| choice(link.target).is_some()) {
            break;
        }
        let mut further = Vec::with_capacity(links.len());
        for link in links {
            let Some(node) = choice(link.target) else {
                check_size(further.len(), link.place)?;
                further.push(link);
                continue;
            };
            for out in outgoing.get(&node).into_iter().flatten() {
                check_size(further.len(), out.place)?;
                further.push(Link { source: link.source, ..through(&link, out)? });
            }
        }
        links = further;
    }
    match links.iter().find(|link| choice(link.target).is_some()) {
        None => Ok(links),
        Some(link) => {
            let what = "a way through more than 16 choices, or in a circle,";
            Err(refused(link, what, "lead each choice to a state"))
        }
    }
}

fn refused(link: &Link, what: &str, instead: &'static str) -> ParseError {
    let (line, column) = link.place;
    ParseError::Unsupported { line, column, what: what.to_owned(), instead }
}

/// The row that `link` and `out` make.
fn through(link: &Link, out: &Link) -> Result<Link, ParseError> {
    if link.source == End::Pseudo || out.target == End::Pseudo {
        let what = "a choice at a start or an end";
        return Err(refused(out, what, "draw a state before it"));
    }
    let condition = condition(&out.label);
    let both = |first: &Option<String>, second: &Option<String>, between: &str| {
        let parts: Vec<&str> = [first, second].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(between))
    };
    let label = Label {
        trigger: link.label.trigger.clone(),
        guard: both(&link.label.guard, &condition, " && "),
        action: both(&link.label.action, &out.label.action, "; "),
        has_slash: link.label.has_slash || out.label.has_slash,
    };
    Ok(Link { label, ..out.clone() })
}

/// What must hold for an arrow out of a choice, with brackets around it or without.
fn condition(label: &Label) -> Option<String> {
    let text = label.guard.as_deref().unwrap_or(&label.trigger).trim();
    let text = text.strip_prefix("if ").unwrap_or(text).trim();
    let is_rest = text.is_empty() || text == "else" || text == "otherwise";
    (!is_rest).then(|| text.to_owned())
}
