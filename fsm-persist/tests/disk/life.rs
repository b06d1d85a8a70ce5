//! One life of a journal: opened, looked at, appended to, closed or cut off.
//!
//! It is lived by another process. sled has threads and a lock that all databases of a process
//! share, so a journal that hangs takes the others with it; and whatever panics or is killed there
//! is an outcome like any other.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use fastrand::Rng;
use fsm_core::journal::{AppendError, Durability, Journal};
use fsm_persist::SledJournal;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::campaign::{last_panic, silence_sled};
use crate::examined::{Fault, examine_whole, register, sort_of};
use crate::orders;
use crate::workload::options;

/// What a life needs, and what it leaves.
#[derive(Clone)]
pub(crate) struct Life {
    pub(crate) path: PathBuf,
    pub(crate) durability: Durability,
    /// How many records were acknowledged, in this life and those before.
    pub(crate) acknowledged: Arc<AtomicU64>,
    /// After so many batches it is closed.
    pub(crate) batches: u64,
    pub(crate) random: Rng,
}

/// The process that lives it.
pub(crate) struct Living {
    pub(crate) process: Child,
    said: Receiver<String>,
    acknowledged: Arc<AtomicU64>,
}

/// How it ended, if the journal did nothing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It did not open, and said why.
    Refused(String),
    /// It stopped while it was open, and said why.
    Stopped(String),
    Closed,
    /// It was killed.
    Killed,
}

/// So many batches wait for their answer at once.
const UNDER_WAY_MAX: usize = 4;
/// How long a commit may take; what is stuck in sled is then given up.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(6);
/// A life ends within a hundredth of it, or after a few times the one above.
const PATIENCE: Duration = Duration::from_secs(90);
const CHILD: &str = "FSM_TEST_LIVING";
/// In front of all that the child says; the test harness writes to the same lines.
const SAID: &str = "LIFE ";

impl Life {
    pub(crate) fn new(path: PathBuf, durability: Durability, random: Rng) -> Self {
        Self { path, durability, acknowledged: Arc::default(), batches: 0, random }
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Lives it to its end.
    pub(crate) fn live(&mut self) -> Result<End, Fault> {
        self.start().end()
    }

    /// Starts it.
    pub(crate) fn start(&mut self) -> Living {
        let interval = match self.durability {
            Durability::Flush(interval) => interval.as_millis().to_string(),
            _ => "fsync".to_owned(),
        };
        let (acknowledged, seed) = (self.acknowledged(), self.random.u64(..));
        let told =
            format!("{interval} {acknowledged} {} {seed} {}", self.batches, self.path.display());
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "life::the_child_that_lives", "--nocapture"])
            .env(CHILD, told)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some((_, told)) = line.split_once(SAID) {
                    drop(sender.send(told.to_owned()));
                }
            }
        });
        Living { process, said, acknowledged: Arc::clone(&self.acknowledged) }
    }
}

impl Living {
    /// Waits for the next acknowledgement; `None` if it ended before.
    pub(crate) fn acknowledgement(&mut self) -> Option<u64> {
        let records = self.said.recv_timeout(PATIENCE).ok()?;
        let records = records.strip_prefix("acknowledged ")?.parse().unwrap();
        self.acknowledged.store(records, Ordering::SeqCst);
        Some(records)
    }

    /// Stops it where it is, and waits until it is.
    pub(crate) fn stand_still(&self) {
        let process = Pid::from_child(&self.process);
        kill_process(process, Signal::STOP).unwrap();
        waitpid(Some(process), WaitOptions::UNTRACED).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Result<End, Fault> {
        let end = loop {
            match self.said.recv_timeout(PATIENCE) {
                Ok(said) => match said.split_once(' ').unwrap_or((&said, "")) {
                    ("acknowledged", records) => {
                        self.acknowledged.store(records.parse().unwrap(), Ordering::SeqCst);
                    }
                    ("closed", _) => break Ok(End::Closed),
                    ("refused", why) => break Ok(End::Refused(why.to_owned())),
                    ("stopped", why) => break Ok(End::Stopped(why.to_owned())),
                    (_, fault) => {
                        break Err(Fault::parse(&said).unwrap_or(Fault::Died(fault.into())));
                    }
                },
                Err(RecvTimeoutError::Timeout) => break Err(Fault::Hung),
                Err(RecvTimeoutError::Disconnected) => break Ok(End::Killed),
            }
        };
        self.process.kill().ok();
        self.process.wait().unwrap();
        end
    }
}

/// Does nothing unless it was started as a child.
#[test]
fn the_child_that_lives() {
    let Ok(told) = std::env::var(CHILD) else { return };
    silence_sled();
    let mut told = told.splitn(5, ' ');
    let mut next = || told.next().unwrap();
    let durability = match next().parse() {
        Ok(interval) => Durability::Flush(Duration::from_millis(interval)),
        Err(_) => Durability::Fsync,
    };
    let mut number = || next().parse::<u64>().unwrap();
    let (acknowledged, batches, seed) = (number(), number(), number());
    let life = Lived { durability, acknowledged, batches, random: Rng::with_seed(seed) };
    let path = PathBuf::from(next());
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(life.lived(&path))
    }));
    match lived.unwrap_or_else(|_| Err(Fault::Died(last_panic()))) {
        Ok(End::Refused(why)) => say(&format!("refused {why}")),
        Ok(End::Stopped(why)) => say(&format!("stopped {why}")),
        Ok(End::Closed | End::Killed) => say("closed"),
        Err(fault) => say(&fault.to_string()),
    }
}

fn say(text: &str) {
    println!("{SAID}{}", text.replace('\n', " "));
}

/// The life, in its own process.
struct Lived {
    durability: Durability,
    acknowledged: u64,
    batches: u64,
    random: Rng,
}

impl Lived {
    async fn lived(mut self, path: &Path) -> Result<End, Fault> {
        let options = options().durability(self.durability).commit_timeout(COMMIT_TIMEOUT);
        let journal = match options.open(path) {
            Ok(journal) => journal,
            Err(error) => return Ok(End::Refused(format!("{}: {error}", sort_of(&error)))),
        };
        examine_whole(&journal, self.acknowledged, &mut self.random).await?;
        if let Err(error) = register(&journal).await {
            return Ok(End::Stopped(error));
        }
        let end = self.append(&journal).await?;
        // Whoever has met an error drops it.
        match (end, journal.close().await) {
            (End::Closed, Err(error)) => Ok(End::Stopped(error.to_string())),
            (end, _) => Ok(end),
        }
    }

    async fn append(&self, journal: &SledJournal) -> Result<End, Fault> {
        let mut under_way = VecDeque::new();
        let mut end = journal.head().0;
        let mut left = self.batches;
        loop {
            while left > 0 && under_way.len() < UNDER_WAY_MAX {
                let batch = orders::batch_behind(end);
                end += batch.len() as u64;
                under_way.push_back((journal.append(batch), end));
                left -= 1;
            }
            let Some((append, last)) = under_way.pop_front() else { return Ok(End::Closed) };
            match append.await {
                Ok(_) => say(&format!("acknowledged {last}")),
                Err(error) => {
                    for (append, _) in under_way {
                        if append.await.is_ok() {
                            return Err(Fault::Misled("answered behind a failure".to_owned()));
                        }
                    }
                    return stopped(journal, end, &error).await;
                }
            }
        }
    }
}

/// A journal that failed takes nothing more, and says so.
async fn stopped(journal: &SledJournal, end: u64, error: &AppendError) -> Result<End, Fault> {
    if !matches!(error, AppendError::Unknown { .. } | AppendError::Stopped { .. }) {
        return Err(Fault::Misled(format!("failed with: {error}")));
    }
    match journal.append(orders::batch_behind(end)).await {
        Err(AppendError::Stopped { .. }) => Ok(End::Stopped(error.to_string())),
        other => Err(Fault::Misled(format!("goes on behind {error}: {other:?}"))),
    }
}
