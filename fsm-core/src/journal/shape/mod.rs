//! The shapes of a machine's types: what the journal's encoding leaves out.
//!
//! A payload is bincode, values one behind the other without a name among them; bytes of one type
//! are valid bytes of many others. So a kind's [`Schema`](super::Schema) holds the shapes of its
//! events, its context, its states and its effects beside its table. They are compared with those
//! of the code before a machine of the kind is read
//! ([how](crate::runtime#how-a-machine-changes-over-the-years)), and they let tools print
//! payloads without the code ([`Schema::json`](super::Schema::json)).
//!
//! ```
//! use fsm_core::Fsm;
//! use fsm_core::journal::Schema;
//! use fsm_core::journal::shape::{Fields, Form, Shape};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Fsm)]
//! #[fsm(event = Event)]
//! enum Turnstile {
//!     #[fsm(initial)]
//!     #[on(Coin { .. } => Unlocked)]
//!     Locked,
//!     #[on(Push => Locked)]
//!     Unlocked,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! enum Event { Coin { cents: u32 }, Push }
//!
//! let shapes = Schema::of::<Turnstile>().shapes.expect("a schema of code has shapes");
//! assert_eq!(shapes.event, Shape::Type(0));
//! let Form::Enum(variants) = &shapes.types[0].form else { panic!("an enum") };
//! let Fields::Named(fields) = &variants[0].fields else { panic!("named fields") };
//! assert_eq!((&*fields[0].name, &fields[0].shape), ("cents", &Shape::U32));
//! ```
//!
//! # How they are found
//!
//! A type is read, through its `Deserialize`, from a source that notes what it asks for. Enums are
//! read variant by variant, however deep they lie, and types may hold themselves. A type that looks
//! at what it reads (a number that is not zero, a date) is shown samples until it takes one. What
//! takes none of them is [unknown](Shape::Unknown), with the reason, and so is what asks for
//! `deserialize_any` (`untagged`, `flatten`), which the encoding does not have: such a type cannot
//! be journaled anyway. States and effects need not be `Deserialize`, and are unknown then.
//!
//! Names are those that serde knows, after `rename`. The same code has the same shapes each time.
//!
//! # How they are stored
//!
//! As a part of the schema, which journals keep as JSON: `"u32"`, `{"option": "text"}`,
//! `{"type": 0}` for the first of the `types`, each of which has a `name` and a `form`,
//! `{"struct": fields}` or `{"enum": [{"name": ..., "fields": fields}]}`, with fields `"unit"`,
//! `{"one": shape}`, `{"tuple": [shape]}` or `{"named": [{"name": ..., "shape": shape}]}`. Shapes
//! may be added; none changes. A schema that was stored without shapes reads as one that has none.

mod draft;
mod fit;
mod json;
mod sample;
mod source;
mod text;
mod trace;
mod tree;

pub(crate) use fit::{Fitting, Misfit, Places};
pub use json::JsonError;
pub(crate) use json::json;
pub(crate) use source::Source;
pub(crate) use trace::{Stop, Tracer};
pub(crate) use tree::View;
pub use tree::{Field, Fields, Form, NamedType, Shape, Shapes, Variant};
