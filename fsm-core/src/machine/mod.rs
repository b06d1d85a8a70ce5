//! What a machine is: a state, its context, and the rows that lead from state to state.
//!
//! Everything here is synchronous and deterministic, reads no clock and does no input or output.
//! The runtime lives around it; a program that needs only the machine uses [`Fsm::step`] and
//! nothing else.

mod effects;
mod fsm;
mod mermaid;
mod moment;
mod table;

pub use effects::{Effects, Emit, NoEffect};
#[doc(hidden)]
pub use effects::{many, maybe, nothing, one, several};
pub use fsm::{Decision, Fsm, Refused, WrongRow};
pub use moment::{Moment, ParseTimestampError, Timestamp};
pub use table::{EventId, Row, RowId, State, StateId, Table};
