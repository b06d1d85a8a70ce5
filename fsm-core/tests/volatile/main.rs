//! The short ways of an event: the seats of machines, and systems that journal nothing, where a
//! send steps the machine on the sender's thread.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod alike;
mod busybody;
mod desk;
mod ending;
mod fragile;
mod ledger;
mod order;
mod panicking;
mod performing;
mod script;
mod seats;
mod stress;
mod supervised;
mod tape;
mod worker;
