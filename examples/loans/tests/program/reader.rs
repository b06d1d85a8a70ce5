//! The reader: what it makes of good logs, and where it says that a bad one is bad.

use std::fs;
use std::path::{Path, PathBuf};

use loans::activity::{Activity, WorkItem, WorkStep};
use loans::source::{Log, LogEvent, SourceError};
use tempfile::TempDir;

use crate::place::gzip;

const CSV: &str = "\
application,activity,lifecycle,time,resource,amount,registered
7,A_SUBMITTED,COMPLETE,2024-01-08T10:00:00+01:00,web,5000,2024-01-08T09:59:59+01:00
7,A_PARTLYSUBMITTED,COMPLETE,2024-01-08T10:00:01+01:00,web,5000,
8,A_SUBMITTED,COMPLETE,2024-01-08T10:00:01+01:00,,900,
7,W_Valideren aanvraag,START,2024-01-08T10:00:02.5+01:00,anna,5000,
";

const XES: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<!-- A comment
     of two lines. -->
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="trace">
    <string key="concept:name" value="UNKNOWN"/>
  </global>
  <int key="total" value="2"><int key="concept:name" value="1"/></int>
  <trace>
    <date key="REG_DATE" value="2024-01-08T09:59:59+01:00"/>
    <string key="concept:name" value="7 &amp; 8"/>
    <string key="AMOUNT_REQ" value="5000">
      <string key="concept:name" value="nested, and of no account"/>
    </string>
    <event>
      <string key="concept:name" value="A_SUBMITTED"/>
      <string key="lifecycle:transition" value="complete"/>
      <string key="org:resource" value="web"/>
      <date key="time:timestamp" value="2024-01-08T10:00:00+01:00"/>
    </event>
    <event>
      <date key="time:timestamp" value="2024-01-08T10:00:01+01:00"/>
      <string key="lifecycle:transition" value="COMPLETE"/>
      <string key="concept:name" value="A_PARTLYSUBMITTED"/>
    </event>
  </trace>
</log>
"#;

/// A directory with one log in it.
struct Shelf {
    directory: TempDir,
}

impl Shelf {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

/// The events up to the end or the first error.
fn read(path: &Path) -> (Vec<LogEvent>, Option<SourceError>) {
    let events = match Log::open(path).and_then(Log::events) {
        Ok(events) => events,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut good = Vec::new();
    for event in events {
        match event {
            Ok(event) => good.push(event),
            Err(error) => return (good, Some(error)),
        }
    }
    (good, None)
}

/// Checks that `content` gives this many events and then an error that ends so, after the log's
/// name.
#[track_caller]
fn check_broken(content: &[u8], good: usize, expected: &str) {
    let shelf = Shelf::new();
    let path = shelf.put("log", content);
    let (events, error) = read(&path);
    let text = error.expect("the log is broken").to_string();
    let text = text.replace(&path.display().to_string(), "LOG");
    assert_eq!(text, format!("cannot read the log `LOG`{expected}"));
    assert_eq!(events.len(), good, "events before the bad place");
}

fn ordinals(events: &[LogEvent]) -> Vec<(String, u32)> {
    events.iter().map(|event| (event.reading.application.to_string(), event.ordinal)).collect()
}

#[test]
fn csv_gives_each_event_its_ordinal() {
    let shelf = Shelf::new();
    let (events, error) = read(&shelf.put("log", CSV.as_bytes()));
    assert!(error.is_none(), "{error:?}");
    let expected = [("7", 1), ("7", 2), ("8", 1), ("7", 3)].map(|(id, n)| (id.to_owned(), n));
    assert_eq!(ordinals(&events), expected);
    let work = &events[3].reading;
    assert_eq!(work.activity, Activity::Work(WorkItem::Validate, WorkStep::Start));
    assert_eq!(work.time.to_string(), "2024-01-08T09:00:02.5Z");
    assert_eq!((work.line, work.resource.as_deref()), (5, Some("anna")));
    assert_eq!((events[2].reading.amount, &events[2].reading.resource), (900, &None));
    let registered = events[0].reading.registered.unwrap();
    assert_eq!(registered.to_string(), "2024-01-08T08:59:59Z");
}

#[test]
fn csv_columns_stand_in_any_order() {
    let shelf = Shelf::new();
    let content = "amount, time ,resource,lifecycle,activity,extra,application\n\
                   5,2024-01-08T10:00:00Z,web,COMPLETE,A_SUBMITTED,what,7\n";
    let (events, error) = read(&shelf.put("log", content.as_bytes()));
    assert!(error.is_none(), "{error:?}");
    assert_eq!(events[0].reading.amount, 5);
    assert_eq!(events[0].reading.registered, None);
}

#[test]
fn xes_gives_what_the_trace_and_the_event_say() {
    let shelf = Shelf::new();
    let (events, error) = read(&shelf.put("log", XES.as_bytes()));
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ordinals(&events), [("7 & 8".to_owned(), 1), ("7 & 8".to_owned(), 2)]);
    let first = &events[0].reading;
    assert_eq!((first.activity, first.amount, first.line), (Activity::Submitted, 5_000, 16));
    assert_eq!(first.resource.as_deref(), Some("web"));
    assert_eq!(events[1].reading.resource, None);
    assert_eq!(events[1].reading.registered.unwrap().to_string(), "2024-01-08T08:59:59Z");
}

/// Neither the name nor a byte-order mark nor compression changes what a log is.
#[test]
fn the_content_tells_the_format() {
    let shelf = Shelf::new();
    let marked = [b"\xef\xbb\xbf", CSV.as_bytes()].concat();
    let halves = [gzip(&CSV.as_bytes()[..100]), gzip(&CSV.as_bytes()[100..])].concat();
    let blank = format!("\n\n  {}", XES.split_once('\n').unwrap().1);
    let cases: [(&str, Vec<u8>, usize); 6] = [
        ("csv.xes", CSV.into(), 4),
        ("zipped.csv", gzip(CSV.as_bytes()), 4),
        ("marked.txt", marked, 4),
        ("members.gz", halves, 4),
        ("xes.csv.gz", gzip(XES.as_bytes()), 2),
        ("blank.xes", blank.into(), 2),
    ];
    for (name, content, count) in cases {
        let (events, error) = read(&shelf.put(name, &content));
        assert!(error.is_none(), "{name}: {error:?}");
        assert_eq!(events.len(), count, "{name}");
    }
}

#[test]
fn the_same_bytes_have_the_same_digest() {
    let shelf = Shelf::new();
    let one = Log::open(&shelf.put("one", CSV.as_bytes())).unwrap();
    let other = Log::open(&shelf.put("other", CSV.as_bytes())).unwrap();
    let zipped = Log::open(&shelf.put("zipped", &gzip(CSV.as_bytes()))).unwrap();
    assert_eq!(one.digest, other.digest);
    assert_ne!(one.digest, zipped.digest);
    assert_eq!(one.digest.len(), 64);
}

#[test]
fn the_sample_has_an_application_for_every_path() {
    let mut events = Log::sample().events().unwrap();
    let activities: std::collections::BTreeSet<Activity> =
        events.by_ref().map(|event| event.unwrap().reading.activity).collect();
    assert!(events.applications() >= 36);
    // 17 of A_ and O_, and of 7 kinds of work every step but the start and the end of one.
    assert_eq!(activities.len(), 17 + 7 * 3 - 2);
}

#[test]
fn what_is_no_log_is_told_as_a_whole() {
    let shelf = Shelf::new();
    let text = |path: &Path| read(path).1.unwrap().to_string();
    let absent = shelf.directory.path().join("absent");
    assert!(text(&absent).ends_with("absent`: there is no such file"));
    assert!(text(shelf.directory.path()).ends_with("`: it is no file"));

    check_broken(b"", 0, ": it is empty; a log is XES or CSV, plain or gzip");
    check_broken(&gzip(b" \n"), 0, ": it is empty; a log is XES or CSV, plain or gzip");
    check_broken(b"<log></log>", 0, ": there is no event in it");
    let names = CSV.split_once('\n').unwrap().0;
    check_broken(names.as_bytes(), 0, ": there is no event in it");
    let page = b"<!DOCTYPE html>\n<html><body/></html>";
    check_broken(page, 0, ", line 2: its first element is <html>; an XES log begins with <log>");
    check_broken(b"<!-- nothing -->\n", 0, ", line 2: broken XML: there is no element in it");
}

#[test]
fn a_missing_column_is_named_with_those_found() {
    check_broken(
        CSV.replace("lifecycle", "step").as_bytes(),
        0,
        ", line 1: there is no column `lifecycle`; the columns found are `application`, \
         `activity`, `step`, `time`, `resource`, `amount`, `registered`",
    );
}

#[test]
fn a_bad_csv_line_is_named() {
    let broken = |from: &str, to: &str| CSV.replacen(from, to, 1).into_bytes();
    check_broken(
        &broken("10:00:01+01:00,,900", "10:00:01+01:00,,many"),
        2,
        ", line 4, application `8`: `amount` is `many`; it must be a whole number of euros",
    );
    check_broken(
        &broken("8,A_SUBMITTED,COMPLETE", "8,A_SUBMITTED,"),
        2,
        ", line 4, application `8`: the column `lifecycle` is empty",
    );
    check_broken(
        &broken("8,A_SUBMITTED", ",A_SUBMITTED"),
        2,
        ", line 4: the column `application` is empty",
    );
    check_broken(
        &broken("8,A_SUBMITTED,COMPLETE,", "8,A_SUBMITTED,"),
        2,
        ", line 4: broken CSV: the line has 6 columns, and the first line has 7",
    );
    let (good, bad) = CSV.split_at(CSV.find("8,A_").unwrap());
    let bytes = [good.as_bytes(), b"\xff", bad.as_bytes()].concat();
    check_broken(&bytes, 2, ", line 4: broken CSV: the line is not UTF-8");
}

#[test]
fn an_unknown_activity_is_named_with_the_known_ones() {
    let csv = CSV.replace("W_Valideren aanvraag", "W_Valideren");
    let shelf = Shelf::new();
    let (events, error) = read(&shelf.put("log", csv.as_bytes()));
    let text = error.unwrap().to_string();
    assert_eq!(events.len(), 3);
    assert!(
        text.contains("line 5, application `7`: no activity is called `W_Valideren`"),
        "{text}"
    );
    assert!(text.contains("the known ones are A_SUBMITTED, A_PARTLYSUBMITTED,"), "{text}");
    assert!(text.ends_with("W_Valideren aanvraag, W_Wijzigen contractgegevens"), "{text}");

    check_broken(
        XES.replace("\"complete\"", "\"suspend\"").as_bytes(),
        0,
        ", line 17, application `7 & 8`: `A_SUBMITTED` has no lifecycle step `suspend`; it has \
         COMPLETE only",
    );
}

#[test]
fn a_bad_time_is_named() {
    let csv = CSV.replace("2024-01-08T10:00:02.5+01:00", "08.01.2024 10:00");
    let shelf = Shelf::new();
    let (_, error) = read(&shelf.put("log", csv.as_bytes()));
    let text = error.unwrap().to_string();
    let expected = "line 5, application `7`: `time`: `08.01.2024 10:00` is no time";
    assert!(text.contains(expected), "{text}");

    let xes = XES.replace("2024-01-08T10:00:01+01:00", "2024-01-08T10:00:01");
    let (events, error) = read(&shelf.put("log", xes.as_bytes()));
    let text = error.unwrap().to_string();
    let expected = "line 23, application `7 & 8`: `time:timestamp`: `2024-01-08T10:00:01`";
    assert!(text.contains(expected), "{text}");
    assert_eq!(events.len(), 1);
}

#[test]
fn an_event_that_goes_back_in_time_is_named() {
    check_broken(
        CSV.replace("10:00:02.5", "09:00:00").as_bytes(),
        3,
        ", line 5, application `7`: this event is of 2024-01-08T08:00:00Z, and the application's \
         event before it of 2024-01-08T09:00:01Z: an application's events must stand in the order \
         of time",
    );
}

#[test]
fn what_an_xes_element_lacks_is_named_with_its_line() {
    let without = |text: &str| {
        assert!(XES.contains(text), "{text}");
        XES.replacen(text, "", 1).into_bytes()
    };
    let of_event = ", line 22, application `7 & 8`: the <event> has no";
    let time = r#"<date key="time:timestamp" value="2024-01-08T10:00:01+01:00"/>"#;
    check_broken(&without(time), 1, &format!("{of_event} `time:timestamp`"));
    let lifecycle = r#"<string key="lifecycle:transition" value="COMPLETE"/>"#;
    check_broken(&without(lifecycle), 1, &format!("{of_event} `lifecycle:transition`"));
    let activity = r#"<string key="concept:name" value="A_PARTLYSUBMITTED"/>"#;
    check_broken(&without(activity), 1, &format!("{of_event} `concept:name`"));
    let empty = XES.replace("  </trace>", "<event/></trace>");
    check_broken(
        empty.as_bytes(),
        2,
        ", line 27, application `7 & 8`: the <event> has no \
         `concept:name`",
    );

    let name = r#"<string key="concept:name" value="7 &amp; 8"/>"#;
    check_broken(&without(name), 0, ", line 10: the <trace> has no `concept:name`");
    let amount = XES.replace("AMOUNT_REQ", "AMOUNT");
    let expected = ", line 10, application `7 & 8`: the <trace> has no `AMOUNT_REQ`";
    check_broken(amount.as_bytes(), 0, expected);
    let amount = XES.replace("\"5000\"", "\"5000.00\"");
    let expected = ", line 13, application `7 & 8`: `AMOUNT_REQ` is `5000.00`; it must be a whole \
                    number of euros";
    check_broken(amount.as_bytes(), 0, expected);
}

#[test]
fn broken_xml_is_named_with_its_line() {
    let broken = |from: &str, to: &str| {
        assert!(XES.contains(from), "{from}");
        XES.replacen(from, to, 1).into_bytes()
    };
    check_broken(
        &broken("</event>\n  </trace>", "</trace>"),
        1,
        ", line 26, application `7 & 8`: broken XML: expected `</event>`, but `</trace>` was found",
    );
    check_broken(
        &broken("value=\"A_PARTLYSUBMITTED\"", "value=A_PARTLYSUBMITTED"),
        1,
        ", line 25, application `7 & 8`: broken XML: position 32: attribute value must be enclosed \
         in `\"` or `'`",
    );
    check_broken(
        &broken("&amp;", "&and;"),
        0,
        ", line 12: broken XML: at 3..6: unrecognized entity `and`",
    );
    check_broken(
        &broken("<trace>", "<event/><trace>"),
        0,
        ", line 10: an <event> outside of a <trace> belongs to no application",
    );
    let cut =
        XES.split_once("      <string key=\"lifecycle:transition\" value=\"COMPLETE\"").unwrap().0;
    check_broken(
        cut.as_bytes(),
        1,
        ", line 24, application `7 & 8`: the log ends inside <event>, which begins in line 22: it \
         was cut off",
    );
    let cut = XES.split_once("\"A_PARTLY").unwrap().0;
    check_broken(
        cut.as_bytes(),
        1,
        ", line 25, application `7 & 8`: broken XML: tag not closed: `>` not found before end of \
         input",
    );
}

#[test]
fn broken_gzip_is_told_after_what_came_before_it() {
    let rows: String = (1..4_000)
        .map(|id| format!("{id},A_SUBMITTED,COMPLETE,2024-01-08T10:00:00Z,r{},7,\n", id * 7919))
        .collect();
    let content = format!("{}\n{rows}", CSV.split_once('\n').unwrap().0);
    let zipped = gzip(content.as_bytes());

    let shelf = Shelf::new();
    let (events, error) = read(&shelf.put("cut", &zipped[..zipped.len() / 2]));
    let text = error.unwrap().to_string();
    let line = format!(", line {}: the gzip data ends too early: the file was cut off", {
        events.len() + 1
    });
    assert!(text.ends_with(&line), "{text}: {} events", events.len());
    assert!(events.len() > 1_000, "{} events", events.len());

    let mut damaged = zipped.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xaa);
    let (_, error) = read(&shelf.put("damaged", &damaged));
    let text = error.unwrap().to_string();
    assert!(text.contains("log"), "{text}");

    let mut checksum = zipped;
    let end = checksum.len() - 8;
    checksum[end] ^= 1;
    let (events, error) = read(&shelf.put("checksum", &checksum));
    let text = error.unwrap().to_string();
    assert!(text.contains("line 4000: the gzip data is damaged"), "{text}");
    assert_eq!(events.len(), 3_999);
    check_broken(
        &[0x1f, 0x8b, 8],
        0,
        ", line 1: the gzip data ends too early: the file was cut off",
    );
}
