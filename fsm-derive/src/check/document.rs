//! Does the diagram that the header names agree with the rows?

use std::fs;
use std::path::{Path, PathBuf};

use fsm_diagram::{Diagram, Difference, ParseError};
use syn::LitStr;

use super::rows::place;
use crate::diagnostics::Diagnostics;
use crate::diagram::diagram;
use crate::table::Table;

/// Asked of a machine without other mistakes, which would only be repeated here.
///
/// A file that cannot be read is left to rustc, which includes it, so that it notices a change.
pub(crate) fn check(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let Some(name) = &table.machine.header.diagram else {
        return;
    };
    let Some(text) = path(name).and_then(|path| fs::read_to_string(path).ok()) else {
        return;
    };
    match Diagram::parse(&text) {
        Ok(document) => {
            diagram_that_drifted(table, name, &document, diagnostics);
        }
        Err(error) => {
            unreadable_diagram(name, &error, diagnostics);
        }
    }
}

fn unreadable_diagram(name: &LitStr, error: &ParseError, diagnostics: &mut Diagnostics) {
    diagnostics.error(name, error.in_file(&name.value()));
}

fn diagram_that_drifted(
    table: &Table<'_>,
    name: &LitStr,
    document: &Diagram,
    diagnostics: &mut Diagnostics,
) {
    let file = name.value();
    for difference in &diagram(table).drift(document) {
        let message = difference.in_file(&file);
        match difference {
            Difference::StateMissing { state, .. }
            | Difference::InitialMissing { state, .. }
            | Difference::InitialExtra { state, .. }
            | Difference::FinalMissing { state, .. }
            | Difference::FinalExtra { state, .. } => {
                diagnostics.error(&table.machine.states[*state].ident, message);
            }
            Difference::EdgeMissing { edge, .. } => {
                diagnostics.error(place(&table.rows[*edge], table), message);
            }
            Difference::Guard { edge, .. } if table.rows[*edge].row.guard.is_some() => {
                diagnostics.error(&table.rows[*edge].row.guard, message);
            }
            Difference::Action { edge, .. } if table.rows[*edge].row.action.is_some() => {
                diagnostics.error(&table.rows[*edge].row.action, message);
            }
            Difference::Guard { edge, .. } | Difference::Action { edge, .. } => {
                diagnostics.error(place(&table.rows[*edge], table), message);
            }
            _ => diagnostics.error(name, message),
        }
    }
}

/// Where the file is: as for `include_str!`, beside the source file. An editor may not say where
/// that is; then the compiler is the one to compare.
fn path(name: &LitStr) -> Option<PathBuf> {
    if !proc_macro::is_available() {
        return None;
    }
    let source = name.span().unwrap().local_file()?;
    Some(source.parent().unwrap_or(Path::new("")).join(name.value()))
}
