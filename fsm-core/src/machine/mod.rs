//! What a machine is: a state, its context, and the rows that lead from state to state.
//!
//! Everything here is synchronous and deterministic, reads no clock and does no input or output.
//! The runtime lives around it; a program that needs only the machine uses [`Fsm::step`] and
//! nothing else.

mod declare;
mod effects;
mod fsm;
pub mod graph;
mod hash;
mod ids;
mod moment;
mod picture;
#[doc(hidden)]
pub mod probe;
mod storing;
mod table;

#[cfg(feature = "rt")]
pub(crate) use effects::Item;
pub use effects::{Effects, Emit, NoEffect};
#[doc(hidden)]
pub use effects::{many, maybe, nothing, one, several};
pub use fsm::{Decision, Fsm, Refused, SETTLE_MAX, WrongRow};
#[cfg(feature = "svg")]
#[doc(inline)]
pub use fsm_diagram::svg::Theme;
#[doc(inline)]
pub use fsm_diagram::{Diagram, Difference, Drift, ParseError as ParseDiagramError};
pub use ids::{EventId, GroupId, RowId, StateId, TimerId};
pub use moment::{Moment, ParseTimestampError, Timestamp};
pub use picture::Highlight;
// For the derive. Not serde as a whole: then rustc would call `Option` by its path in errors.
#[doc(hidden)]
pub use serde::{Deserializer, Serializer};
#[doc(hidden)]
pub use storing::{Probe, StoreNot, StoreWithSerde};
pub use table::{Group, History, Row, Scope, State, Table, Timer, Trigger};
