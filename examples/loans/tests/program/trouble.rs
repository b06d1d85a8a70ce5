//! When the log is broken, or the journal's directory is not what it should be: a clear error, an
//! exit code, and nothing lost that was journaled before.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use loans::cli::DurabilityChoice;
use loans::data::Data;
use loans::import::{Import, ImportEvent, ImportState, Outcome};
use loans::source::Log;

use crate::generated;
use crate::place::{Place, Ran, gzip, number};

const SEED: u64 = 20_240_108;

/// Checks that a log which is broken at some place is journaled up to there, and that the whole
/// log then goes on from there and ends as if it had never been broken.
#[track_caller]
fn check_goes_on(whole: &[u8], broken: &[u8], said: &str) {
    let place = Place::new();
    place.put("whole", whole);
    place.put("broken", broken);
    let ran = place.bad("broken --data data", 1, said);
    assert!(ran.stdout.contains(", up to where it is broken"), "{}", ran.stdout);
    let before = number(&ran.stdout, "accepted");
    assert!(before > 0, "{}", ran.stdout);

    // The same place again: nothing is applied twice.
    let again = place.bad("broken --data data", 1, said);
    assert_eq!(number(&again.stdout, "accepted"), 0);
    assert_eq!(number(&again.stdout, "already journaled"), before);
    assert!(place.good("status --data data").contains("broken: not read to its end yet"));

    let text = place.good("whole --data data");
    assert_eq!(number(&text, "already journaled"), before);
    place.good("whole --data uninterrupted");
    let loans = |text: String| text.split("\nlog ").next().unwrap().to_owned();
    let mended = loans(place.good("show --all --data data"));
    assert_eq!(mended, loans(place.good("show --all --data uninterrupted")));
}

#[test]
fn an_unknown_activity_ends_the_run_at_its_line() {
    let whole = generated::xes(60, SEED);
    let nth = whole.match_indices("A_DECLINED").nth(20).unwrap().0;
    let broken = format!("{}A_FORGOTTEN{}", &whole[..nth], &whole[nth + "A_DECLINED".len()..]);
    let line = whole[..nth].lines().count();
    let said = format!("error: cannot read the log `broken`, line {line}, application `");
    check_goes_on(whole.as_bytes(), broken.as_bytes(), &said);
}

#[test]
fn a_broken_xes_line_ends_the_run_at_its_line() {
    let whole = generated::xes(60, SEED);
    let nth = whole.match_indices("</event>").nth(300).unwrap().0;
    let broken = format!("{}</evnt>{}", &whole[..nth], &whole[nth + "</event>".len()..]);
    let line = whole[..nth].lines().count();
    let said = format!("line {line}, application `");
    check_goes_on(whole.as_bytes(), broken.as_bytes(), &said);
}

#[test]
fn a_log_that_was_cut_off_goes_on_once_it_is_whole() {
    let whole = gzip(generated::xes(400, SEED).as_bytes());
    let broken = whole[..whole.len() / 2].to_vec();
    check_goes_on(&whole, &broken, "the gzip data ends too early: the file was cut off");
}

#[test]
fn what_is_no_log_leaves_no_directory_behind() {
    let place = Place::new();
    place.bad("absent.csv", 1, "error: cannot read the log `absent.csv`: there is no such file");
    place.put("empty", "");
    place.bad("empty", 1, "error: cannot read the log `empty`: it is empty");
    place.put("columns.csv", "application,activity,time\n1,A_SUBMITTED,2024-01-01T00:00:00Z\n");
    place.bad("columns.csv", 1, "line 1: there is no column `lifecycle`; the columns found are");
    assert!(!place.path().join("loans-data").exists());
}

/// The journal knows the applications by their ids; another log with the same ids is refused
/// instead of being taken for the one that was read.
#[test]
fn another_log_with_the_same_ids_is_refused() {
    let place = Place::new();
    place.put("one", generated::xes(10, 1));
    place.put("other", generated::xes(10, 2));
    place.good("one");
    place.bad("other", 1, "so it was made from another log: this one needs another directory");
}

/// What was refused in the middle of an application's life is told from what was journaled when
/// the log is read again, so that the numbers do not depend on where a run was broken off.
#[test]
fn refusals_are_counted_alike_however_often_a_run_is_broken_off() {
    let place = Place::new();
    let row = |activity: &str, minute: u32| {
        format!("1,{activity},COMPLETE,2024-01-08T10:{minute:02}:00Z,web,900\n")
    };
    let activities = [
        "O_SENT",
        "A_SUBMITTED",
        "A_ACCEPTED",
        "A_PARTLYSUBMITTED",
        "A_SUBMITTED",
        "A_PREACCEPTED",
        "A_APPROVED",
        "O_SELECTED",
    ];
    let mut log = "application,activity,lifecycle,time,resource,amount\n".to_owned();
    (0..).zip(activities).for_each(|(minute, activity)| log += &row(activity, minute));
    place.put("broken", format!("{log}{}", row("A_FORGOTTEN", 30)));
    let log = format!("{log}{}{}", row("A_DECLINED", 31), row("O_CANCELLED", 32));
    place.put("whole", log);

    place.bad("broken", 1, "line 10, application `1`: no activity is called `A_FORGOTTEN`");
    place.bad("broken", 1, "line 10, application `1`: no activity is called `A_FORGOTTEN`");
    let text = place.good("whole");
    assert_eq!((number(&text, "accepted"), number(&text, "already journaled")), (1, 4), "{text}");
    let peace = place.good("whole --data peace");
    assert_eq!(number(&peace, "accepted"), 5, "{peace}");
    for text in [text, peace] {
        assert_eq!(number(&text, "refused"), 5, "{text}");
        assert_eq!(number(&text, "before the application was submitted"), 1, "{text}");
        assert_eq!(number(&text, "submitted before"), 1, "{text}");
        assert_eq!(number(&text, "out of place in the application's state"), 2, "{text}");
        assert_eq!(number(&text, "after the decision"), 1, "{text}");
    }
}

#[tokio::test]
async fn a_journal_that_lacks_what_was_finished_is_told() {
    let place = Place::new();
    let data = Data::new(place.path().join("loans-data"), DurabilityChoice::Fsync);
    let system = data.open_or_create().await.unwrap();
    let log = system.machine::<ImportState>(Log::sample().digest);
    log.create(Import::new("sample.csv".to_owned(), 1)).await.unwrap();
    let machines = BTreeMap::from([("Declined".to_owned(), 14)]);
    let outcome = Outcome { machines, ..Outcome::default() };
    log.send(ImportEvent::Finish(outcome)).await.unwrap();
    data.close(&system).await.unwrap();
    let said = "was finished with 14 Declined, and holds no application: it is not complete";
    place.bad("", 1, said);
}

#[test]
fn a_directory_that_is_no_journal_is_left_alone() {
    let place = Place::new();
    place.put("file", "not a directory");
    place.bad("--data file", 1, "holds files but no journal");
    fs::create_dir(place.path().join("photos")).unwrap();
    let photo = place.put("photos/cat.jpeg", "a cat");
    for command in ["", "status", "show --all"] {
        let command = format!("{command} --data photos");
        place.bad(&command, 1, "photos\" holds files but no journal");
    }
    assert_eq!(fs::read_to_string(photo).unwrap(), "a cat");
    assert_eq!(fs::read_dir(place.path().join("photos")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_journal_in_use_is_refused() {
    let place = Place::new();
    place.good("");
    let status = place.good("status");
    let directory = place.path().join("loans-data");
    let data = Data::new(directory, DurabilityChoice::Fsync);
    let system = data.open().await.unwrap();
    for command in ["", "status"] {
        let ran = place.bad(command, 1, "loans-data\" is open elsewhere");
        assert_eq!(ran.stdout, "");
    }
    data.close(&system).await.unwrap();
    assert_eq!(place.good("status"), status);
}

#[test]
fn a_read_only_journal_is_refused() {
    let place = Place::new();
    place.good("");
    // Root may write anywhere, so root runs the program as nobody, from where nobody may run it.
    let program = place.path().join("loans");
    fs::copy(env!("CARGO_BIN_EXE_loans"), &program).unwrap();
    let shell = "chmod -R a-w loans-data && chmod a+rx . && \
                 if [ $(id -u) = 0 ]; \
                 then setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\"; \
                 else \"$0\"; fi; \
                 code=$?; chmod -R u+w loans-data; exit $code";
    let mut command = Command::new("sh");
    command.args(["-c", shell]).arg(program).current_dir(place.path());
    let ran: Ran = command.output().unwrap().into();
    assert!(ran.stderr.contains("loans-data\" is read-only"), "{}", ran.stderr);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    place.good("");
}

/// A limit on the size of a file stands in for a full disk: the write fails in the middle of the
/// run, and anybody may set it.
#[test]
fn a_disk_that_fills_up_ends_the_run_and_loses_nothing() {
    let place = Place::new();
    place.put("log", generated::xes(1_500, SEED));
    let shell = "trap '' XFSZ; ulimit -f 600; exec \"$0\" log";
    let mut command = Command::new("sh");
    command.args(["-c", shell, env!("CARGO_BIN_EXE_loans")]).current_dir(place.path());
    let ran: Ran = command.output().unwrap().into();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for said in ["error: in `", "loans-data`: cannot journal `", "` of application `", "too large"]
    {
        assert!(ran.stderr.to_lowercase().contains(said), "{said}: {}", ran.stderr);
    }

    let before = number(&place.good("status"), "records in the journal");
    let text = place.good("log");
    // One record is the log's own.
    assert_eq!(number(&text, "already journaled"), before - 1, "{text}");
    assert!(before > 1_000, "{before} records before the disk was full");
    place.good("log --data uninterrupted");
    for command in ["status", "show --all"] {
        let expected = place.good(&format!("{command} --data uninterrupted"));
        assert!(place.good(command) == expected, "`{command}` differs");
    }
}
