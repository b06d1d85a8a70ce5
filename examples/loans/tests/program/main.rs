//! The program as its users meet it, and the reader of its logs.

// Tests may unwrap where the attribute says that they are tests; their helpers, too.
#[cfg(test)]
mod commands;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod place;
#[cfg(test)]
mod reader;
#[cfg(test)]
mod trouble;
