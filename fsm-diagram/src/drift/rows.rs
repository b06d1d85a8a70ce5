//! Which arrow of the document is which row of the code.
//!
//! Arrows and rows that agree in source, event and target are paired, those that agree in more
//! first; then an arrow that says nothing of guard and action stands for the rows that are left.

use std::collections::{HashMap, HashSet};

use super::Difference;
use super::names::{dense, distance, normal};
use super::states::Pairs;
use crate::{Diagram, Edge};

/// How many rows of one key are weighed against how many arrows; those beyond are taken in order.
const WEIGHED_MAX: usize = 256;

/// How many rows and arrows are looked through for suggestions, multiplied.
const SUGGESTED_MAX: usize = 1 << 20;

/// Source, event and target: the code's states, and the event in its normal form.
type Key = (usize, String, usize);

/// What the rows do not agree on.
pub(super) fn differences(pairs: &Pairs<'_>) -> Vec<Difference> {
    let mut rows = Rows {
        pairs,
        arrow_of: vec![None; pairs.code.edges.len()],
        used: vec![false; pairs.document.edges.len()],
    };
    rows.pair();
    let mut found = rows.disagreements();
    found.extend(rows.missing());
    found.extend(rows.extra());
    found
}

struct Rows<'p, 'a> {
    pairs: &'p Pairs<'a>,
    /// For each row of the code its arrow.
    arrow_of: Vec<Option<usize>>,
    /// For each arrow of the document whether it is some row's.
    used: Vec<bool>,
}

/// An event in its normal form; a row without one may be written as `always`.
fn event(edge: &Edge) -> String {
    let event = normal(&edge.trigger);
    if event == "always" { String::new() } else { event }
}

impl Rows<'_, '_> {
    /// The arrow in the code's words; `None` if it touches a state that the code has not.
    fn key(&self, arrow: &Edge) -> Option<Key> {
        let source = self.pairs.code_state(arrow.source)?;
        Some((source, event(arrow), self.pairs.code_state(arrow.target)?))
    }

    fn pair(&mut self) {
        let mut by_key: HashMap<Key, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for (number, edge) in self.pairs.code.edges.iter().enumerate() {
            by_key.entry((edge.source, event(edge), edge.target)).or_default().0.push(number);
        }
        for (number, edge) in self.pairs.document.edges.iter().enumerate() {
            if let Some(key) = self.key(edge) {
                by_key.entry(key).or_default().1.push(number);
            }
        }
        for (rows, arrows) in by_key.values() {
            self.pair_alike(rows, arrows);
            self.pair_rest(rows, arrows);
        }
    }

    /// Pairs one arrow with one row each, the best first.
    fn pair_alike(&mut self, rows: &[usize], arrows: &[usize]) {
        let mut found = Vec::new();
        for row in rows.iter().take(WEIGHED_MAX) {
            for arrow in arrows.iter().take(WEIGHED_MAX) {
                if let Some(score) = self.score(*row, *arrow) {
                    found.push((std::cmp::Reverse(score), *row, *arrow));
                }
            }
        }
        found.sort_unstable();
        for (_, row, arrow) in found {
            self.take(row, arrow);
        }
        for (row, arrow) in rows.iter().zip(arrows).skip(WEIGHED_MAX) {
            if self.score(*row, *arrow).is_some() {
                self.take(*row, *arrow);
            }
        }
    }

    /// Makes a pair of a row and an arrow that have none.
    fn take(&mut self, row: usize, arrow: usize) {
        if self.arrow_of[row].is_none() && !self.used[arrow] {
            self.arrow_of[row] = Some(arrow);
            self.used[arrow] = true;
        }
    }

    /// An arrow that says only the event stands for every row that is left.
    fn pair_rest(&mut self, rows: &[usize], arrows: &[usize]) {
        let says_little = |arrow: &&usize| {
            let edge = &self.pairs.document.edges[**arrow];
            edge.guard.is_none() && edge.action.is_none()
        };
        let plain: Vec<usize> =
            arrows.iter().filter(says_little).copied().take(WEIGHED_MAX).collect();
        for row in rows {
            if self.arrow_of[*row].is_none() {
                let arrow = plain.iter().find(|arrow| self.score(*row, **arrow).is_some());
                self.arrow_of[*row] = arrow.copied();
            }
        }
    }

    /// How well they fit; `None` if the arrow says that its state is kept and the row leaves it.
    fn score(&self, row: usize, arrow: usize) -> Option<u32> {
        let (row, arrow) = (&self.pairs.code.edges[row], &self.pairs.document.edges[arrow]);
        if arrow.internal && !row.internal {
            return None;
        }
        let part = |code: &Option<String>, document: &Option<String>| match document {
            // What both say, or both leave out, is agreed on; what only the code says may be.
            Some(_) if says_otherwise(code.as_ref(), document.as_ref()) => 0,
            None if code.is_some() => 1,
            _ => 2,
        };
        let exact = u32::from(row.trigger == arrow.trigger);
        let inside = u32::from(row.internal == arrow.internal);
        let own = u32::from(arrow.group.is_none());
        let guard = part(&row.guard, &arrow.guard);
        Some(guard * 64 + part(&row.action, &arrow.action) * 16 + inside * 8 + own * 4 + exact)
    }

    /// Guards and actions of pairs that are not the same.
    fn disagreements(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        for (edge, arrow) in self.arrow_of.iter().enumerate() {
            let Some(arrow) = arrow.map(|arrow| &self.pairs.document.edges[arrow]) else {
                continue;
            };
            let (code, line) = (&self.pairs.code.edges[edge], arrow.line);
            let row = || self.pairs.code.describe(edge);
            if let Some(document) = &arrow.guard
                && says_otherwise(code.guard.as_ref(), Some(document))
            {
                let (code, document) = (code.guard.clone(), document.clone());
                found.push(Difference::Guard { edge, row: row(), code, document, line });
            }
            if let Some(document) = &arrow.action
                && says_otherwise(code.action.as_ref(), Some(document))
            {
                let (code, document) = (code.action.clone(), document.clone());
                found.push(Difference::Action { edge, row: row(), code, document, line });
            }
        }
        found
    }

    fn missing(&self) -> Vec<Difference> {
        let (rows, extra) = (self.missing_rows(), self.extra_arrows());
        let looked_at = &extra[..extra.len().min(SUGGESTED_MAX / (rows.len() + 1))];
        let missing = |edge: usize| {
            let row = self.pairs.code.describe(edge);
            let nearest =
                looked_at.iter().filter_map(|arrow| Some((self.likeness(edge, *arrow)?, *arrow)));
            let suggestion = nearest.min().map(|(_, arrow)| {
                let document = self.pairs.document;
                (document.describe(arrow), document.edges[arrow].line)
            });
            Difference::EdgeMissing { edge, row, suggestion }
        };
        rows.into_iter().map(missing).collect()
    }

    fn extra(&self) -> Vec<Difference> {
        let (missing, arrows) = (self.missing_rows(), self.extra_arrows());
        let looked_at = &missing[..missing.len().min(SUGGESTED_MAX / (arrows.len() + 1))];
        let extra = |arrow: usize| {
            let nearest =
                looked_at.iter().filter_map(|row| Some((self.likeness(*row, arrow)?, *row)));
            let suggestion = nearest.min().map(|(_, row)| self.pairs.code.describe(row));
            let document: &Diagram = self.pairs.document;
            let line = document.edges[arrow].line;
            Difference::EdgeExtra { row: document.describe(arrow), line, suggestion }
        };
        arrows.into_iter().map(extra).collect()
    }

    fn missing_rows(&self) -> Vec<usize> {
        (0..self.arrow_of.len()).filter(|row| self.arrow_of[*row].is_none()).collect()
    }

    /// The arrows that are no row. One from a group's box need not be a row of a state that has an
    /// arrow of its own for the event.
    fn extra_arrows(&self) -> Vec<usize> {
        let arrows = &self.pairs.document.edges;
        let own: HashSet<(usize, String)> = arrows
            .iter()
            .filter(|arrow| arrow.group.is_none())
            .map(|arrow| (arrow.source, event(arrow)))
            .collect();
        let may_miss =
            |arrow: &Edge| arrow.group.is_some() && own.contains(&(arrow.source, event(arrow)));
        (0..arrows.len()).filter(|n| !self.used[*n] && !may_miss(&arrows[*n])).collect()
    }

    /// How far the arrow is from the row, if it may be meant by it: two of source, event and target
    /// are the same, and the third is near or, if it is a state, another of the same machine.
    fn likeness(&self, row: usize, arrow: usize) -> Option<usize> {
        const OTHER_STATE: usize = 100;
        let (row, arrow) = (&self.pairs.code.edges[row], &self.pairs.document.edges[arrow]);
        let same = |code: usize, drawn: usize| self.pairs.code_state(drawn) == Some(code);
        let (source, target) = (same(row.source, arrow.source), same(row.target, arrow.target));
        match (source, event(row) == event(arrow), target) {
            (true, true, true) => Some(0),
            (true, false, true) => distance(&event(row), &event(arrow)),
            (true, true, false) => Some(OTHER_STATE),
            _ => None,
        }
    }
}

/// Whether the document says something that the code does not.
fn says_otherwise(code: Option<&String>, document: Option<&String>) -> bool {
    document.is_some_and(|document| code.is_none_or(|code| dense(code) != dense(document)))
}
