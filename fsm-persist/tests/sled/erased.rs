//! A process that is killed while it erases and merges: what was forgotten is gone, what was begun
//! is wholly there or wholly gone, and everything else is there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use fsm_core::journal::{
    Batch, Fact, Journal, MachineKey, Position, Record, Registered, Sequence, SpaceId,
};
use fsm_core::{RowId, StateId, Timestamp};
use fsm_persist::SledJournal;

use crate::workload::{mix, options, schema};

const CHILD: &str = "FSM_TEST_ERASING_CHILD";

/// How many records a machine has: it follows from its number.
fn records_of(machine: u64) -> u64 {
    1 + mix(machine) % 40
}

fn key(kind: Registered, machine: u64) -> MachineKey {
    MachineKey::new(kind.kind, format!("machine-{machine}"))
}

/// Ten machines, whose records lie across each other; one commit a record, or one for all.
fn batches(kind: Registered, first: u64) -> Vec<Batch> {
    let mut whole = Batch::new();
    let mut single = Vec::new();
    for sequence in 1..=40 {
        for machine in (first..first + 10).filter(|&machine| sequence <= records_of(machine)) {
            let fact = match sequence {
                1 => Fact::Created,
                _ => Fact::Transition { row: RowId(0), state: StateId(0) },
            };
            let payload = format!("{machine} {sequence}");
            let push = |batch: &mut Batch| {
                let (key, sequence) = (key(kind, machine), Sequence(sequence));
                let (time, schema) = (Timestamp::EPOCH, kind.schema);
                batch.push(key, sequence, time, schema, fact, payload.as_bytes());
            };
            push(&mut whole);
            let mut alone = Batch::new();
            push(&mut alone);
            single.push(alone);
        }
    }
    if (first / 10).is_multiple_of(2) { single } else { vec![whole] }
}

/// Does nothing unless it was started as a child.
#[test]
fn the_child_that_erases() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let first = std::env::var("FSM_TEST_FIRST").unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    runtime.block_on(async {
        let journal = options().open(path).unwrap();
        let kind = journal.register(&schema()).await.unwrap();
        let mut out = std::io::stdout();
        let mut say = |what: &str, machine: u64| writeln!(out, "{what} {machine}").unwrap();
        for group in (first..).step_by(10) {
            let appends: Vec<_> =
                batches(kind, group).into_iter().map(|batch| journal.append(batch)).collect();
            for append in appends {
                append.await.unwrap();
            }
            (group..group + 10).for_each(|machine| say("whole", machine));
            for turn in 0..4 {
                let machine = mix(group * 4 + turn) % (group + 10 - first) + first;
                say("forgetting", machine);
                // The second time it is not there.
                drop(journal.upkeep().forget(&key(kind, machine)).await);
                say("forgotten", machine);
            }
            if mix(group).is_multiple_of(3) {
                journal.merge().await.unwrap();
            }
        }
    });
}

/// What a child said before it was killed.
#[derive(Debug, Default)]
struct Heard {
    whole: BTreeSet<u64>,
    forgetting: BTreeSet<u64>,
    forgotten: BTreeSet<u64>,
}

impl Heard {
    fn line(&mut self, line: &str) {
        let Some((what, machine)) = line.rsplit_once(' ') else { return };
        let Ok(machine) = machine.parse() else { return };
        match what {
            "whole" => drop(self.whole.insert(machine)),
            "forgetting" => drop(self.forgetting.insert(machine)),
            "forgotten" => drop(self.forgotten.insert(machine)),
            _ => {}
        }
    }

    /// Runs a child for so many lines, and kills it when it forgets something next.
    fn listen(&mut self, path: &Path, first: u64, lines: u64) {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "erased::the_child_that_erases", "--nocapture"])
            .env(CHILD, path)
            .env("FSM_TEST_FIRST", first.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        for (number, line) in (0..).zip(said.by_ref()) {
            let line = line.unwrap();
            self.line(&line);
            if number >= lines && line.contains("forgetting") {
                break;
            }
        }
        // Somewhere in the middle of it.
        for _ in 0..lines * 2_000 {
            std::hint::spin_loop();
        }
        process.kill().unwrap();
        process.wait().unwrap();
        said.for_each(|line| self.line(&line.unwrap()));
    }

    async fn verify(&self, journal: &SledJournal) {
        let kind = journal.register(&schema()).await.unwrap();
        let mut found: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        let all = journal.read_all(Position(1), usize::MAX).await.unwrap();
        assert!(all.is_sorted_by_key(|record| record.position));
        assert_eq!(journal.spaces().read(SpaceId(0), Sequence(1), usize::MAX).await.unwrap(), all);
        for record in all {
            found.entry(record.machine.id.to_string()).or_default().push(record);
        }
        for &machine in &self.whole {
            let key = key(kind, machine);
            let history = journal.read(&key, Sequence(1), usize::MAX).await.unwrap();
            assert_eq!(history, found.remove(&*key.id).unwrap_or_default(), "{key}");
            let count = history.len() as u64;
            let whole = records_of(machine);
            if self.forgotten.contains(&machine) {
                assert_eq!(count, 0, "{key} was forgotten");
            } else if self.forgetting.contains(&machine) {
                assert!(count == 0 || count == whole, "{key} has {count} of {whole}");
            } else {
                assert_eq!(count, whole, "{key}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_half_erased_in_twenty_kills() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut heard = Heard::default();
    for round in 0..20 {
        let first = heard.whole.last().map_or(0, |last| last + 1).next_multiple_of(10) + 1_000;
        heard.listen(&path, first, mix(seed + round) % 120 + 1);
        let journal = options().open(&path).unwrap();
        heard.verify(&journal).await;
        if round % 4 == 0 {
            journal.merge().await.unwrap();
            heard.verify(&journal).await;
        }
    }
    println!("{} machines, {} forgotten", heard.whole.len(), heard.forgotten.len());
}
