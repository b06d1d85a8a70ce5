//! The pictures in `docs/pictures`, which are drawn from the machines here.
//!
//! After a change of a machine or of the drawing, `DRAW=1 cargo test -p fsm-peers --test fsm`
//! writes them anew.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::fs;
use std::path::Path;

use fsm_core::machine::{Highlight, Theme};
use fsm_core::{Fsm, Table};

use crate::call::CallState;
use crate::order::OrderState;

/// Compares `docs/pictures/<name>.svg` with `table`, the machine being in `state` after the rows
/// that lead there by the shortest way.
fn check(name: &str, table: &Table, state: Option<&str>) {
    let state = state.map(|state| table.state_named(state).unwrap());
    let path = state.and_then(|state| table.shortest_path(table.entry(), state));
    let rows = path.as_ref().map_or(&[][..], |path| path.rows());
    let drawn = table.svg(Theme::Auto, &Highlight { state, rows });
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/pictures/{name}.svg"));
    if std::env::var_os("DRAW").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &drawn).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == drawn, "docs/pictures/{name}.svg is not what the machine looks like now");
}

#[test]
fn the_pictures_show_the_machines() {
    check("order", OrderState::TABLE, Some("Paid"));
    check("call", CallState::TABLE, None);
}
