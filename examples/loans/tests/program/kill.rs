//! SIGKILL at random moments, twenty times in a row: the run goes on each time, and ends with the
//! very machines and histories of a run that nobody disturbed.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::generated;
use crate::place::{Place, gzip, number};

const KILLS: u32 = 20;
/// The label of the number of records in what `loans status` prints.
const RECORDS: &str = "records in the journal";

/// Numbers that differ from run to run of the test, and that can be had again by their seed.
struct Moments {
    seed: u64,
    next: u64,
}

impl Moments {
    /// From the environment's `LOANS_SEED`, if there is one.
    fn new() -> Self {
        let given = std::env::var("LOANS_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one("moments"));
        println!("LOANS_SEED={seed}");
        Self { seed, next: 0 }
    }

    fn below(&mut self, limit: Duration) -> Duration {
        self.next += 1;
        let mut mixed = self.seed.wrapping_add(self.next.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        limit.mul_f64(mixed as f64 / u64::MAX as f64)
    }
}

/// Runs the log and kills it after `patience`; says whether it was still running then.
fn killed(place: &Place, arguments: &str, patience: Duration) -> bool {
    let mut program = place.command(arguments);
    let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The wait is the experiment: a kill at a moment that nothing in the program knows of.
    thread::sleep(patience);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

/// Checks that `log`, killed twenty times, ends as it does when it is left in peace.
fn check_kills(log: &Path) {
    let place = Place::new();
    let log = log.display();
    let begin = Instant::now();
    let text = place.good(&format!("{log} --data peace"));
    let whole = begin.elapsed();
    let records = number(&place.good("status --data peace"), RECORDS);
    println!("{records} records in {whole:?}: {text}");

    let mut moments = Moments::new();
    let mut patience = whole / 8;
    for attempt in 0.. {
        let data = format!("killed-{attempt}");
        if let Err(kills) = kill_often(
            &place,
            &format!("{log} --data {data}"),
            records,
            Pace { moments: &mut moments, patience },
        ) {
            println!("it was through after {kills} kills: once more, less patient");
            patience = patience.mul_f64(0.6);
            continue;
        }
        println!("after {KILLS} kills: {}", place.good(&format!("{log} --data {data}")));
        for command in ["status", "show --all"] {
            let expected = place.good(&format!("{command} --data peace"));
            let found = place.good(&format!("{command} --data {data}"));
            // Not `assert_eq`: the texts may have megabytes.
            let seed = moments.seed;
            assert!(found == expected, "`{command}` differs in {data}: LOANS_SEED={seed}");
        }
        return;
    }
}

/// When to kill: at a random moment before the patience ends.
struct Pace<'a> {
    moments: &'a mut Moments,
    patience: Duration,
}

/// Runs the program and kills it, twenty times, at such a pace that the kills are spread over the
/// whole of the log; looks at the journal after every other kill.
///
/// If it gets through before, it says after how many kills.
fn kill_often(place: &Place, run: &str, records: u64, pace: Pace<'_>) -> Result<(), u32> {
    let Pace { moments, mut patience } = pace;
    let status = run.split_once(' ').map(|(_, data)| format!("status {data}")).unwrap();
    let wanted = 2 * records / u64::from(KILLS + 2);
    let mut before = 0;
    let mut journaled = Vec::new();
    for kill in 1..=KILLS {
        if !killed(place, run, moments.below(patience)) {
            return Err(kill - 1);
        }
        if kill % 2 == 1 {
            continue;
        }
        // Killed so early that there is no journal yet, there is nothing to look at.
        let seen = place.run(&status);
        let now = if seen.code == Some(0) { number(&seen.stdout, RECORDS) } else { 0 };
        assert!(now >= before, "{now} records where {before} had been journaled: {}", seen.stderr);
        let made = now - before;
        if made < wanted / 2 {
            patience = patience.mul_f64(1.5);
        } else if made > wanted * 3 / 2 {
            patience = patience.mul_f64(0.7);
        }
        before = now;
        journaled.push(now);
    }
    println!("records after every other kill: {journaled:?}");
    assert!(before > records / 10, "the kills came too early to show anything");
    Ok(())
}

#[test]
fn a_made_up_log_survives_twenty_kills() {
    let place = Place::new();
    check_kills(&place.put("made-up.xes.gz", gzip(generated::xes(1_000, 7).as_bytes())));
}

/// The log that the program was made for. It is not part of the project.
#[test]
fn the_real_log_survives_twenty_kills() {
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bpic2012.xes.gz");
    if !log.exists() {
        return skip("it is not here");
    }
    if cfg!(debug_assertions) {
        return skip("it takes a --release build");
    }
    check_kills(&log.canonicalize().unwrap());
}

/// Says that the test did nothing, past the test harness, which would keep it to itself.
fn skip(why: &str) {
    let line = format!("SKIPPED kill::the_real_log_survives_twenty_kills: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
