//! The three machines in rust-fsm 0.8.0, driven with the events of the others.

#![expect(unreachable_pub, reason = "the declarations are those of a library's interface")]

mod call;
mod order;
mod turnstile;
