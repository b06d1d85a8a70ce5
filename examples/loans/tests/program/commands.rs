//! The commands on the sample: what they print, and how they refuse.

use std::fs;

use crate::place::{Place, number};

const SAMPLE_EVENTS: u64 = 558;
const SAMPLE_APPLICATIONS: u64 = 39;
const SAMPLE_AFTER_DECISION: u64 = 14;
/// An application of the sample that was activated.
const ACTIVATED: &str = "10200";

/// A place where the sample has been read.
fn with_sample() -> Place {
    let place = Place::new();
    place.good("");
    place
}

#[test]
fn without_a_log_the_sample_is_read() {
    let place = Place::new();
    let text = place.good("");
    assert!(text.starts_with("sample.csv: 558 events of 39 applications\n"), "{text}");
    let directory = place.path().join("loans-data");
    assert!(text.contains(&format!("journal in {}", directory.display())), "{text}");
    assert!(directory.is_dir());
    assert_eq!(number(&text, "applications"), SAMPLE_APPLICATIONS);
    assert_eq!(number(&text, "closed"), 29);
    assert_eq!(number(&text, "still open"), 10);
    assert_eq!(number(&text, "accepted"), SAMPLE_EVENTS - SAMPLE_AFTER_DECISION);
    assert_eq!(number(&text, "already journaled"), 0);
    assert_eq!(number(&text, "refused"), SAMPLE_AFTER_DECISION);
    assert_eq!(number(&text, "after the decision"), SAMPLE_AFTER_DECISION);
}

#[test]
fn a_second_run_finds_nothing_new() {
    let place = with_sample();
    let status = place.good("status");
    // The same bytes under another name are the same log.
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/sample.csv");
    place.put("copy.csv", fs::read(sample).unwrap());
    for log in ["", "copy.csv"] {
        let text = place.good(log);
        assert!(text.contains("nothing new: 544 events were already journaled"), "{text}");
        assert_eq!(number(&text, "applications"), SAMPLE_APPLICATIONS);
        assert_eq!(number(&text, "accepted"), 0);
        assert_eq!(number(&text, "already journaled"), SAMPLE_EVENTS - SAMPLE_AFTER_DECISION);
        assert_eq!(number(&text, "refused"), SAMPLE_AFTER_DECISION);
    }
    assert_eq!(place.good("status"), status);
}

#[test]
fn status_counts_machines_and_records() {
    let text = with_sample().good("status");
    assert_eq!(number(&text, "applications"), SAMPLE_APPLICATIONS);
    assert_eq!(number(&text, "Declined"), 14);
    assert_eq!(number(&text, "Submitted"), 1);
    // Two are those of the log itself.
    let records = SAMPLE_EVENTS - SAMPLE_AFTER_DECISION + 2;
    assert_eq!(number(&text, "records in the journal"), records);
    assert!(text.contains("sample.csv: 558 events of 39 applications, read to its end"), "{text}");
}

#[test]
fn show_is_a_table_of_what_happened() {
    let place = with_sample();
    let text = place.good(&format!("show {ACTIVATED}"));
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.contains("A_"))
        .map(|line| line.split(['│', '┆']).map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    assert_eq!(
        rows[0],
        ["1", "2024-01-08T12:42:34.308Z", "A_SUBMITTED", "-", "Submitted", "website"]
    );
    assert_eq!(rows[1][2..], ["A_PARTLYSUBMITTED", "Submitted", "PartlySubmitted", "website"]);
    place.bad("show 1", 1, "error: there is no application `1` in `");
    place.bad("show", 2, "required");
}

#[test]
fn show_all_is_the_same_for_the_same_log() {
    let (one, other) = (with_sample(), with_sample());
    let text = one.good("show --all");
    assert_eq!(text, other.good("show --all"));
    assert_eq!(text.lines().filter(|line| line.starts_with("application ")).count(), 39);
    let line = "  1 2024-01-08T12:42:34.308Z A_SUBMITTED: - -> Submitted (website)";
    assert!(text.lines().any(|found| found == line), "{text}");
}

#[test]
fn at_goes_back_in_time() {
    let place = with_sample();
    let text = place.good(&format!("at {ACTIVATED} 2024-01-08T13:42:35+01:00"));
    assert!(text.contains("state         Submitted, after event 1"), "{text}");
    assert!(text.contains("amount        2,500 euros"), "{text}");
    let text = place.good(&format!("at {ACTIVATED} 2024-01-08T12:42:36Z"));
    assert!(text.contains("state         PartlySubmitted, after event 2"), "{text}");

    let early = format!("at {ACTIVATED} 2024-01-01T00:00:00Z");
    place.bad(&early, 1, "was submitted at 2024-01-08T12:42:34.308Z, and did not exist at");
    place.bad("at 1 2024-01-01T00:00:00Z", 1, "there is no application `1`");
    place.bad(&format!("at {ACTIVATED} yesterday"), 2, "`yesterday` is no time");
}

#[test]
fn graph_draws_the_machine() {
    let place = Place::new();
    let text = place.good("graph");
    assert!(text.starts_with("stateDiagram-v2\n"), "{text}");
    assert!(text.contains("    [*] --> Submitted\n"), "{text}");
    assert!(text.contains("    Submitted : Offer / offer(step, entry)\n"), "{text}");
    assert!(
        text.contains("    Finalized --> Activated : Reach [misses_only(milestone)]"),
        "{text}"
    );
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "it needs no journal");
}

#[test]
fn commands_need_a_journal_and_make_none() {
    let place = Place::new();
    for command in ["status", "show 1", "show --all", "at 1 2024-01-01T00:00:00Z"] {
        place.bad(&format!("{command} --data nowhere"), 1, "error: there is no journal in `");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    fs::create_dir(place.path().join("empty")).unwrap();
    place.bad("status --data empty", 1, "read a log first, or name another directory with --data");
}

#[test]
fn a_log_and_a_command_exclude_each_other() {
    Place::new().bad("log.csv status", 2, "not both");
}

#[test]
fn help_documents_the_columns() {
    let text = Place::new().good("--help");
    for column in ["application", "activity", "lifecycle", "time", "resource", "amount"] {
        assert!(text.contains(&format!("    {column} ")), "{column}: {text}");
    }
}
