//! How far the reading of a log is, on standard error: a bar on a terminal, a line now and then
//! elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::figures::grouped;

/// How often the bar is drawn.
const BAR_INTERVAL: Duration = Duration::from_millis(100);
/// How often a line is written where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(2);

const BAR_TEMPLATE: &str = "{bar:40} {percent:>3}%  {msg}";

/// The counters that show how far it is. Others raise them; whoever shows the progress only reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    /// The size of the log.
    pub(crate) bytes: u64,
    /// How much of it has been read.
    pub(crate) bytes_read: Arc<AtomicU64>,
    /// How many events have come out of it.
    pub(crate) events_read: Arc<AtomicU64>,
    /// How many events are done with.
    pub(crate) events_done: Arc<AtomicU64>,
}

/// Shows the progress until it is dropped.
#[derive(Debug)]
pub(crate) struct Shown {
    task: JoinHandle<()>,
    bar: Option<ProgressBar>,
}

impl Counters {
    /// Begins to show it.
    pub(crate) fn show(self) -> Shown {
        if io::stderr().is_terminal() {
            let bar = ProgressBar::new(self.bytes.max(1));
            if let Ok(style) = ProgressStyle::with_template(BAR_TEMPLATE) {
                bar.set_style(style);
            }
            let task = tokio::spawn(self.draw(bar.clone()));
            Shown { task, bar: Some(bar) }
        } else {
            Shown { task: tokio::spawn(self.write()), bar: None }
        }
    }

    async fn draw(self, bar: ProgressBar) {
        let begin = Instant::now();
        let mut ticks = interval(BAR_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            bar.set_position(self.position());
            bar.set_message(self.message(begin));
        }
    }

    async fn write(self) {
        let begin = Instant::now();
        let mut ticks = interval(LINE_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // The first tick comes at once, when there is nothing to say yet.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            let percent = self.position() * 100 / self.bytes.max(1);
            // Nobody is harmed by a line that cannot be written.
            let _ = writeln!(io::stderr(), "{percent:>3}%  {}", self.message(begin));
        }
    }

    /// How many bytes of the log are done with. What has been read and still waits for the journal
    /// is not.
    fn position(&self) -> u64 {
        let read = |counter: &AtomicU64| u128::from(counter.load(Ordering::Relaxed));
        let (done, events) = (read(&self.events_done), read(&self.events_read).max(1));
        let bytes = read(&self.bytes_read) * done.min(events) / events;
        u64::try_from(bytes).unwrap_or(u64::MAX).min(self.bytes)
    }

    fn message(&self, begin: Instant) -> String {
        let done = self.events_done.load(Ordering::Relaxed);
        let rate = rate(done, begin.elapsed());
        format!("{} events, {} a second", grouped(done), grouped(rate))
    }
}

/// How many a second.
pub(crate) fn rate(count: u64, elapsed: Duration) -> u64 {
    let millis = elapsed.as_millis().max(1);
    u64::try_from(u128::from(count) * 1_000 / millis).unwrap_or(u64::MAX)
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
