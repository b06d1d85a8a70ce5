//! The three machines in `#[derive(Fsm)]`, driven through `step` and `elapse`.

#![expect(unreachable_pub, reason = "the declarations are those of a library's interface")]

mod call;
mod order;
mod pictures;
mod turnstile;
