//! What a contestant used: processor time, time on the wall, memory.

use std::future::Future;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::journal::Failure;

/// What a piece of work took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// The processor time of all threads, the kernel's for them included.
    pub(crate) processor: Duration,
    /// The time that passed.
    pub(crate) wall: Duration,
}

/// Does the work and says what it took.
pub(crate) async fn spend<T>(
    work: impl Future<Output = Result<T, Failure>> + Send,
) -> Result<(T, Spent), Failure> {
    let (processor, wall) = (process_time(), Instant::now());
    let done = work.await?;
    let spent = Spent { processor: process_time() - processor, wall: wall.elapsed() };
    Ok((done, spent))
}

/// The processor time that this process has used: what `getrusage` calls user and system time, in
/// nanoseconds.
pub(crate) fn process_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or(0), nanos.unwrap_or(0))
}

/// How many bytes of this process are in memory.
pub(crate) fn resident_bytes() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix("kB"))
        .ok_or("the system does not say how much memory a process has")?;
    Ok(kilobytes.trim().parse::<u64>()? * 1024)
}
