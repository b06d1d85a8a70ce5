//! Effects performed, through the public API, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod backoff;
mod blocking;
mod breaker_model;
mod breaking;
mod closures;
mod cutting_off;
mod dead_letters;
mod desk;
mod failing;
mod keys;
mod limiting;
mod order;
mod retrying;
mod stopping;
