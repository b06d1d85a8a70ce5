//! A file system for tests that loses power, fails and fills up, on command.
//!
//! It is mounted by means of FUSE, so what is tested writes to it by ordinary calls and knows
//! nothing. It keeps what was written apart from what was synced, by the strict reading of POSIX:
//! data and length of a file last once the file is synced, a name once its directory is. After a
//! [`power_cut`](FaultyDisk::power_cut) the rest is gone, or some of it is, as [`Survival`] says.
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! use std::fs::{self, File};
//! use std::io::Write;
//!
//! use fsm_faulty_disk::{FaultyDisk, Survival};
//!
//! # if let Some(why) = FaultyDisk::unavailable() { println!("SKIPPED: {why}"); return Ok(()); }
//! let disk = FaultyDisk::mount()?;
//! let path = disk.path().join("orders");
//! let mut file = File::create(&path)?;
//! file.write_all(b"synced")?;
//! file.sync_all()?;
//! File::open(disk.path())?.sync_all()?;
//! file.write_all(b", and not")?;
//!
//! disk.power_cut(Survival::Synced);
//! assert!(file.write_all(b"?").is_err());
//! disk.power_on();
//! assert_eq!(fs::read(&path)?, b"synced");
//! # Ok(()) }
//! ```
//!
//! # What it models
//!
//! - A cut: nothing unsynced survives; or a random part of it, sector by sector, in any order; or
//!   the first writes and a part of the next one. See [`Survival`].
//! - Writes and syncs that fail, once or from then on. After a sync that failed, what it should
//!   have made durable never will be, and a second sync says that all is well, as on Linux.
//! - A disk that is full, and writes that are shorter than asked for.
//!
//! Reads are never cached by the kernel: what is read after a cut is what the disk has.
//! `sync_file_range` never reaches a file system, so here it makes nothing durable, which is all
//! that it promises. Links, permissions and times are not kept.
//!
//! # Without a mount
//!
//! [`Volume`] is the model by itself, and [`Image`] what a disk has after a cut. Tests that want
//! thousands of cuts take a [`Moment`] and write its images to a directory of their own.

mod disk;
mod faults;
mod fuse;
mod image;
mod survival;
mod volume;

pub use disk::{Counts, FaultyDisk, Gate};
pub use faults::{Failing, Moment};
pub use image::Image;
pub use survival::Survival;
pub use volume::{Node, ROOT, Volume, VolumeError};
