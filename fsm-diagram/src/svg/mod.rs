//! A diagram as an SVG picture, without an external program.
//!
//! The way of a picture: `plan` says what is drawn and how large it is; `layered` and, for what
//! stands apart or is too large, `islands` and `nested` say where; `soundness` checks that nothing
//! lies where it must not; `arrange` chooses among the placements; `route` leads the lines through
//! the channels between ranks, `draw` bends them, and `paint` writes all of it with the colours of
//! `palette`.
//!
//! **Boxes.** A state is a box with its name and, below it, its internal rows. A group is a box
//! with exactly its states inside. What a picture has no room for (see *Bounds*) is written into
//! the box of the state it leaves, as `Cancel → Cancelled`: no row is ever missing.
//!
//! **Lines.** Rows with the same source and target share a line and a label with a text for each.
//!
//! **Marks.** Every state carries `class="state"`, `data-state="<name>"`; every row `class="row"`,
//! `data-row="<place in Diagram::edges>"`, `data-source` and `data-target`; every group
//! `class="group"`, `data-group="<name>"`. Long texts are shortened with an ellipsis; the full text
//! is the element's `<title>`.
//!
//! **Bounds.** The work is bounded by what the layout is given: lines that together span at most
//! 1,600 ranks, and none if there are more than 1,500 states; beyond that, rows are written into
//! boxes, longest lines first. With more than 160 states (or 30 groups), groups are laid out one by
//! one, and lines that cross their borders are written into boxes too. Texts and marks are linear
//! in the diagram.
//!
//! The same diagram and options give the same bytes. Nothing here panics: places that do not exist
//! are ignored.

mod arrange;
mod channel;
mod draw;
mod geometry;
mod islands;
mod layered;
mod lettering;
mod markup;
mod nested;
mod options;
mod paint;
mod palette;
mod plan;
mod route;
mod shelves;
mod sketch;
mod soundness;
mod span;

pub use options::{Options, Theme};
