//! The judge: another process that opens journals and says what it found, so that whatever kills or
//! hangs it is an outcome like any other.

use std::io::{BufRead, BufReader, Write};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use fastrand::Rng;
use fsm_core::journal::Journal;

use crate::campaign::{Campaign, last_panic, silence_sled};
use crate::examined::{Fault, append_next, examine, examine_whole, register, sort_of};
use crate::workload::options;

/// What became of a journal that was opened after something happened to its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Everything acknowledged is there, and it goes on. So many records are there.
    Whole(u64),
    /// Opening or reading says that something is wrong, and what was given out is right.
    Told(String),
    Fault(Fault),
}

/// The process, started when it is needed.
#[derive(Default)]
pub(crate) struct Judge {
    running: Option<Running>,
}

struct Running {
    process: Child,
    questions: ChildStdin,
    answers: Receiver<String>,
}

const CHILD: &str = "FSM_TEST_JUDGE";
const ANSWER: &str = "VERDICT ";
/// No journal of these campaigns takes a hundredth of it.
const PATIENCE: Duration = Duration::from_secs(120);
/// Nor of this; a length that was damaged must not ask for all memory.
const MEMORY_BYTES_MAX: u64 = 8 << 30;

impl Judge {
    /// Opens the journal, reads everything, appends, and opens it once more.
    pub(crate) fn judge(&mut self, path: &Path, acknowledged: u64) -> Verdict {
        let running = self.running.get_or_insert_with(Running::start);
        let question = format!("{acknowledged} {}\n", path.display());
        let asked = running.questions.write_all(question.as_bytes());
        let answer = match asked {
            Ok(()) => running.answers.recv_timeout(PATIENCE),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        let fault = match answer {
            Ok(answer) => return parse(&answer),
            Err(RecvTimeoutError::Timeout) => Fault::Hung,
            Err(RecvTimeoutError::Disconnected) => Fault::Died("the process".to_owned()),
        };
        self.running = None;
        Verdict::Fault(fault)
    }
}

impl Running {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "judge::the_child_that_judges", "--nocapture"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let questions = process.stdin.take().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The test harness writes to the same line.
                if let Some((_, answer)) = line.split_once(ANSWER) {
                    drop(sender.send(answer.to_owned()));
                }
            }
        });
        Self { process, questions, answers }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Campaign {
    /// Counts a verdict on a journal that is not damaged: it must be whole.
    pub(crate) fn expect_whole(&mut self, round: &str, verdict: Verdict) {
        match verdict {
            Verdict::Whole(_) => self.note("whole"),
            Verdict::Told(why) => self.fault(round, &Fault::Refused(why)),
            Verdict::Fault(fault) => self.fault(round, &fault),
        }
    }

    /// Counts a verdict on a journal that was damaged: it must be whole or say what is wrong.
    pub(crate) fn expect_told(&mut self, round: &str, verdict: Verdict) {
        match verdict {
            Verdict::Whole(_) => self.note("whole"),
            Verdict::Told(why) => self.note(why.split(':').next().unwrap_or_default()),
            Verdict::Fault(fault) => self.fault(round, &fault),
        }
    }
}

fn parse(answer: &str) -> Verdict {
    match answer.split_once(' ').unwrap_or((answer, "")) {
        ("whole", records) => Verdict::Whole(records.parse().unwrap()),
        ("told", why) => Verdict::Told(why.to_owned()),
        _ => Verdict::Fault(Fault::parse(answer).unwrap_or(Fault::Died(answer.to_owned()))),
    }
}

/// Does nothing unless it was started as a child.
#[test]
fn the_child_that_judges() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    silence_sled();
    let limit = rustix::process::Rlimit {
        current: Some(MEMORY_BYTES_MAX),
        maximum: Some(MEMORY_BYTES_MAX),
    };
    rustix::process::setrlimit(rustix::process::Resource::As, limit).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut random = Rng::with_seed(1);
    for question in std::io::stdin().lines() {
        let question = question.unwrap();
        let (acknowledged, path) = question.split_once(' ').unwrap();
        let acknowledged = acknowledged.parse().unwrap();
        let judged = std::panic::catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(judged(Path::new(path), acknowledged, &mut random))
        }));
        let answer = judged.unwrap_or_else(|_| Fault::Died(last_panic()).to_string());
        let answer = answer.replace('\n', " ");
        println!("{ANSWER}{answer}");
    }
}

async fn judged(path: &Path, acknowledged: u64, random: &mut Rng) -> String {
    let journal = match options().open(path) {
        Ok(journal) => journal,
        Err(error) => return format!("told refused, {}: {error}", sort_of(&error)),
    };
    let records = match examine(&journal, acknowledged, random).await {
        Err(fault) => return fault.to_string(),
        Ok(examined) if !examined.errors.is_empty() => {
            return format!("told read error: {}", examined.errors[0]);
        }
        Ok(examined) => examined.records,
    };
    // What is whole must go on, and still be whole.
    let went_on = go_on(&journal, records).await;
    let closed = journal.close().await;
    drop(journal);
    let records = match (went_on, closed) {
        (Ok(records), Ok(())) => records,
        (Err(error), _) => return format!("told append error: {error}"),
        (_, Err(error)) => return format!("told close error: {error}"),
    };
    match options().open(path) {
        Err(error) => Fault::Misled(format!("behind an append: {error}")).to_string(),
        Ok(journal) => match examine_whole(&journal, records, random).await {
            Ok(_) => format!("whole {records}"),
            Err(Fault::Unreadable(error)) => {
                Fault::Misled(format!("behind an append: {error}")).to_string()
            }
            Err(fault) => fault.to_string(),
        },
    }
}

async fn go_on(journal: &fsm_persist::SledJournal, mut records: u64) -> Result<u64, String> {
    register(journal).await?;
    for _ in 0..2 {
        records = append_next(journal, records).await.map_err(|error| error.to_string())?;
    }
    Ok(records)
}
