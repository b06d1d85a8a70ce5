//! What `#[derive(Fsm)]` makes, seen through the trait.
#![deny(warnings)]

#[path = "derive/agreement.rs"]
mod agreement;
#[path = "derive/diagrams.rs"]
mod diagrams;
#[path = "derive/enum_rows.rs"]
mod enum_rows;
#[path = "derive/eventless.rs"]
mod eventless;
#[path = "derive/expressions.rs"]
mod expressions;
#[path = "derive/generics.rs"]
mod generics;
#[path = "derive/hierarchy.rs"]
mod hierarchy;
#[path = "derive/names.rs"]
mod names;
#[path = "derive/order.rs"]
mod order;
#[path = "derive/order_of_actions.rs"]
mod order_of_actions;
#[path = "derive/patterns.rs"]
mod patterns;
#[path = "derive/scope.rs"]
mod scope;
#[path = "derive/strict.rs"]
mod strict;
#[path = "derive/table.rs"]
mod table;
#[path = "derive/typestate.rs"]
mod typestate;
