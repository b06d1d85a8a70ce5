//! The three machines in statig 0.4.1, driven with the events of the others.

#![expect(
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::ptr_arg,
    reason = "the declarations are written as statig's own documentation writes them"
)]

mod call;
mod order;
mod turnstile;
