//! The runtime harms only whom it must: what goes wrong with one machine, handler, queue or disk,
//! and what everybody else sees of it, which is nothing.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod account;
mod alarm;
mod disk;
mod failing_disk;
mod flooded;
mod full_queues;
mod hanging_handlers;
mod leaving_memory;
mod owing;
mod panics;
mod panics_model;
mod restarts;
mod shop;
mod stage;
mod undeliverable;
