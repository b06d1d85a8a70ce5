//! What no single crate can test. The documents' code is compiled and run here as doctests; the
//! rest is in `tests/`.

#[doc = include_str!("../../README.md")]
#[doc(hidden)]
pub mod readme {}

#[doc = include_str!("../../ARCHITECTURE.md")]
#[doc(hidden)]
pub mod architecture {}

#[doc = include_str!("../../docs/derive.md")]
#[doc(hidden)]
pub mod derive {}
