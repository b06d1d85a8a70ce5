//! How large a machine can be.

use crate::diagnostics::Diagnostics;
use crate::table::Table;

/// What the number of a state, event or row must fit into; the journal stores it in two bytes.
const MAX: usize = u16::MAX as usize;

pub(crate) fn check(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let (states, rows) = (table.machine.states.len(), table.rows.len());
    if states.max(rows) > MAX {
        let message = format!(
            "a machine has at most {MAX} states and as many rows; this one has {states} and {rows}"
        );
        diagnostics.error(&table.machine.ident, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Not a case in `tests/ui`: rustc would need minutes to read it.
    #[test]
    fn a_machine_with_too_many_states_is_refused() {
        for (count, errors) in [(MAX, 0), (MAX + 1, 1)] {
            let variants: Vec<_> = (0..count).map(|number| format!("S{number}")).collect();
            let source = format!("#[fsm(event = E)] enum Machine {{ {} }}", variants.join(","));
            let mut diagnostics = Diagnostics::new();
            let machine = crate::parse::machine(syn::parse_str(&source).unwrap(), &mut diagnostics);
            check(&Table::new(&machine), &mut diagnostics);
            assert_eq!(diagnostics.finish().len(), errors);
        }
    }
}
