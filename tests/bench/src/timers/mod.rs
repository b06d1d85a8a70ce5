//! The shards' timer wheel beside other ways to keep timers.
//!
//! A million timers are armed, due at random within the next hour; every other one is cancelled;
//! then the clock goes on by seconds until the rest is delivered. A restart arms 100,000 timers
//! that are overdue. What an armed timer takes of memory is measured in a process for each
//! contestant, since what one has freed another would use.
//!
//! The peers are an ordered map; a binary heap where a cancelled timer stays until it would have
//! been due; and `tokio_util`'s `DelayQueue`, on a clock that stands still between the seconds. It
//! knows milliseconds only and does not order what is overdue or due in the same one, so it is no
//! floor. Neither does the heap's cancelling show what it costs: that is paid when timers expire,
//! and in the sum.

mod contestant;
mod delay_queue;
mod run;
mod sorted;
mod weight;
#[expect(dead_code, reason = "a shard needs more of it than a benchmark")]
mod wheel;

pub(crate) use run::run;
pub(crate) use weight::{Weighed, weigh};
