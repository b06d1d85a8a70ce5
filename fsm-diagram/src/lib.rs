//! State diagrams as data: read from Mermaid and PlantUML, written as Mermaid, PlantUML and DOT,
//! and compared with one another.
//!
//! ```
//! use fsm_diagram::Diagram;
//!
//! // What the code says; with `fsm-core` it is `Order::TABLE.diagram()`.
//! let code = Diagram::parse("
//!     stateDiagram-v2
//!     [*] --> Cart
//!     Cart --> Paid : Pay [covers(amount)] / capture(amount)
//!     Paid --> [*]
//! ")?;
//!
//! // What somebody drew.
//! let document = Diagram::parse("
//!     flowchart TD
//!     cart -->|pay| paid
//!     cart -->|cancel| paid
//! ")?;
//!
//! let drift = code.drift(&document);
//! assert_eq!(
//!     drift.differences[0].in_file("order.mmd").to_string(),
//!     "`order.mmd`:4: `cart --cancel--> paid` is not a row of the machine",
//! );
//! # Ok::<(), fsm_diagram::ParseError>(())
//! ```
//!
//! # What is where
//!
//! * [`Diagram`] is the data: states, groups and rows, in no language.
//! * [`Diagram::parse`] reads it, and answers a [`ParseError`] that says where the text is not
//!   understood and what to write.
//! * [`Diagram::mermaid`], [`flowchart`](Diagram::flowchart), [`plantuml`](Diagram::plantuml) and
//!   [`dot`](Diagram::dot) write it; each has a form `.._with` that takes a [`Highlight`].
//! * [`Diagram::drift`] compares it.
//!
//! # How a row is drawn
//!
//! An arrow bears `trigger [guard] / action`, with the parts that are there. A row that stays in
//! its state (an internal one) is no arrow: in a state diagram it stands inside its state, as UML
//! has it. In a flowchart it is dotted, in DOT dashed.
//!
//! | | state diagram (Mermaid, PlantUML) | flowchart |
//! | --- | --- | --- |
//! | row | `A --> B : Pay [free] / count()` | `A -->\|Pay [free] / count()\| B` |
//! | internal row | `A : Pay [free] / count()` | `A -.->\|Pay [free] / count()\| A` |
//! | without guard and action | `A : Pay /` | `A -.->\|Pay\| A` |
//! | start | `[*] --> A` | `start(( )) --> A` |
//! | end | `A --> [*]` | `A --> stop((( )))` |
//! | group | `state Open { .. }` | `subgraph Open .. end` |
//! | where a group begins | `[*] --> A` inside | `start(( )) --> A` inside |
//! | description | `A : some words` | `A[some words]` |
//!
//! # What a document may leave out or add
//!
//! * Arrows from and to a group's box become arrows from each state in it, and to the state in
//!   which it begins. `Pay, Cancel` on one arrow are two rows. A `<<choice>>` is part of the rows
//!   that lead through it: the guards before and behind it are joined with `&&`.
//! * A flowchart without a drawn start has Finitomata's: states that no arrow leads to. So with the
//!   end. Where a node's text is a name, `A[Locked]`, the state has that name.
//! * An event on an arrow from or to `[*]` says when a machine is made or gone, and is no row.
//! * Colours, classes, directions, notes, comments and `entry /`, `exit /`, `do /` are read over.
//! * Forks, joins, history pseudo states of their own and parallel regions are refused.
//!
//! Without the feature `svg` the crate has no dependencies, since the derive macro uses it too. It
//! does no input or output.

mod drift;
mod highlight;
mod label;
mod model;
mod reader;
#[cfg(feature = "svg")]
pub mod svg;
mod writer;

pub use drift::{Difference, Drift};
pub use highlight::Highlight;
pub use model::{Diagram, Edge, Group, State};
pub use reader::ParseError;
