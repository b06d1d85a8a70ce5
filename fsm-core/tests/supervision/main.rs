//! Supervision through its public API: the rules, and the services that live under them.
#![deny(warnings)]
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod as_otp_does;
mod documented;
mod model;
mod naive;
mod random;
mod rules;
mod services;
mod sets;
mod shutting_down;
mod stage;
mod stopping;
