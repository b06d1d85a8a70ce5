//! Every owed effect is performed at least once, shown by killing the process between every two
//! steps of an effect's life.
//!
//! A process runs machines on a journal on disk; their effects are lines in a file. It is killed at
//! a [point](kill::Point), at each passage of it until a run has no such passage any more, and
//! started again until nothing is left to do. Then journal and file are compared.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;

#[path = "effects_killed/account.rs"]
mod account;
#[path = "effects_killed/journal.rs"]
mod journal;
#[path = "effects_killed/kill.rs"]
mod kill;
#[path = "effects_killed/ledger.rs"]
mod ledger;
#[path = "effects_killed/machines.rs"]
mod machines;
#[path = "effects_killed/program.rs"]
mod program;

use kill::{DIE, POINTS, Passage, Point, TELL};

/// Where journal and ledger are.
const DIRECTORY: &str = "FSM_TEST_DIRECTORY";
/// How often the program was killed there.
const KILLS: &str = "FSM_TEST_KILLS";
/// How often a process is killed at a random moment.
const RANDOM_KILLS: usize = 40;
/// A run passes no point more often; one that does would go on for ever.
const PASSAGES_MAX: u64 = 500;
/// How many programs are killed at a time.
const PROGRAMS: usize = 2;

/// Does nothing unless it was started as the program that is killed.
#[test]
fn the_program() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let kills = std::env::var(KILLS).unwrap().parse().unwrap();
        program::run(Path::new(&directory), kills);
    }
}

/// A directory in which the program was killed so often.
struct Place {
    directory: TempDir,
    kills: usize,
}

impl Place {
    fn new() -> Self {
        // A process that is killed leaves its files to the system; no disk is needed for that.
        let memory = Path::new("/dev/shm");
        let directory =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self { directory: directory.unwrap(), kills: 0 }
    }

    /// Another directory with the same files.
    fn copy(&self) -> Self {
        let copy = Self { kills: self.kills, ..Self::new() };
        copy_files(self.directory.path(), copy.directory.path());
        copy
    }

    fn command(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "the_program", "--nocapture"]);
        command.env(DIRECTORY, self.directory.path()).env(KILLS, self.kills.to_string());
        command
    }

    /// Runs the program until it ends or dies at this passage; says whether it died. One that ends
    /// has checked what came of everything.
    fn dies(&mut self, passage: Option<Passage>) -> bool {
        let mut command = self.command();
        if let Some(passage) = passage {
            command.env(DIE, passage.to_string());
        }
        let output = command.output().unwrap();
        if output.status.signal() == Some(9) {
            self.kills += 1;
            return true;
        }
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{passage:?}: {}: {text}", output.status);
        false
    }

    /// Runs the program and kills it when it has passed so many points; says whether it was killed.
    /// How far it comes until the kill meets it, nobody knows.
    fn is_killed_after(&mut self, points: usize) -> bool {
        let mut command = self.command();
        let stdio = command.env(TELL, "").stdout(Stdio::piped());
        let mut process = stdio.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let passed = lines.filter(|line| line.as_ref().unwrap().contains("passed "));
        if passed.take(points).count() == points {
            process.kill().unwrap();
        }
        let status = process.wait().unwrap();
        let killed = status.signal() == Some(9);
        assert!(killed || status.success(), "{status}");
        self.kills += usize::from(killed);
        killed
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_files(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}

/// Kills the program, which goes on from `begin`, at each passage of the point; says how many there
/// were.
fn kill_at_each_passage(point: Point, begin: &Place) -> u64 {
    for nth in 1..=PASSAGES_MAX {
        let mut place = begin.copy();
        if !place.dies(Some(Passage { point, nth })) {
            return nth - 1;
        }
        assert!(!place.dies(None));
    }
    panic!("{point:?} is passed more than {PASSAGES_MAX} times");
}

/// Kills the program at every passage of these points, in their order.
fn kill_everywhere(points: &[Point], begin: &Place) -> Vec<(Point, u64)> {
    let (left, done) = (Mutex::new(points.iter()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let Some(&point) = left.lock().unwrap().next() else { return };
            let passages = kill_at_each_passage(point, begin);
            done.lock().unwrap().push((point, passages));
        }
    };
    std::thread::scope(|scope| (0..PROGRAMS).for_each(|_| drop(scope.spawn(work))));
    done.into_inner().unwrap()
}

#[test]
fn killed_between_every_two_steps_every_effect_is_performed() {
    let passed = kill_everywhere(&POINTS, &Place::new());
    println!("{passed:?}");
    for (point, passages) in passed {
        // Twelve rows and entries with actions are taken, and owe fourteen lines.
        let least = match point {
            Point::ActionRuns => 12,
            Point::HandlerEntered | Point::LedgerWritten => 14,
            Point::BeforeAppend | Point::AfterAppend => 20,
            Point::BeforeRead | Point::AfterRead => 7,
        };
        assert!(passages >= least, "{point:?} was passed {passages} times only");
    }
}

#[test]
fn killed_again_while_it_recovers_every_effect_is_performed() {
    let mut halfway = Place::new();
    assert!(halfway.dies(Some(Passage { point: Point::AfterAppend, nth: 14 })));
    let points = [Point::AfterAppend, Point::LedgerWritten, Point::BeforeRead];
    println!("{:?}", kill_everywhere(&points, &halfway));
}

#[test]
fn killed_at_random_moments_every_effect_is_performed() {
    let given = std::env::var("FSM_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let mut random: u64 = given.unwrap_or_else(|| RandomState::new().hash_one("moments"));
    println!("FSM_TEST_SEED={random}");
    let mut kills = 0;
    while kills < RANDOM_KILLS {
        let mut place = Place::new();
        loop {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            if !place.is_killed_after((random >> 33) as usize % 60) {
                break;
            }
        }
        kills += place.kills;
    }
}
