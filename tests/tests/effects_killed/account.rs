//! Journal and ledger, compared when nothing is left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fsm_core::journal::{Fact, Journal, Origin, Position, Record, Sequence};
use fsm_core::runtime::EffectKey;

use crate::ledger::{Life, lives};
use crate::machines::{ALARM, COURIER, ORDERS};

/// A record as the account needs it.
#[derive(Debug)]
struct Entry {
    position: Position,
    kind: String,
    id: String,
    sequence: Sequence,
    /// `created`, the event that was taken, or what else the record says.
    what: String,
    effects: u16,
    /// The effect that the record ends.
    ends: Option<(Sequence, u16)>,
}

/// What happened to an effect that is owed.
#[derive(Debug)]
struct Owed {
    /// What its handler writes; `None` if it is for another machine.
    line: Option<&'static str>,
    since: Position,
    until: Position,
}

/// What each row owes, in order. It is written down here a second time, so that the journal's own
/// word is not taken for it.
fn owes(kind: &str, what: &str) -> &'static [Option<&'static str>] {
    match (kind, what) {
        ("Order", "Pay") => &[Some("Reserve"), Some("Charge")],
        // The courier and the parcel.
        ("Order", "Charged") => &[Some("Label"), None, None],
        // The stop of the parcel, which has ended.
        ("Order", "Delivered") => &[Some("Thank"), None],
        ("Parcel", "created") => &[Some("Collect")],
        // The news for the parent.
        ("Parcel", "Collected") => &[None],
        ("Courier", "Ride") => &[Some("Ride")],
        ("Alarm", "#after") => &[Some("Ring")],
        ("Alarm", "Silence") => &[Some("Silence")],
        _ => &[],
    }
}

/// What became of the machines and their effects: everything, once in the journal, and at least
/// once in the ledger.
pub(crate) async fn check(
    directory: &Path,
    journal: &impl Journal,
    kills: usize,
) -> Result<(), String> {
    let records = journal.read_all(Position(1), usize::MAX).await.unwrap();
    let entries: Vec<_> = records.iter().map(|record| entry(journal, record)).collect();
    check_histories(&entries)?;
    let owed = check_owed(&entries)?;
    let lives = lives(directory);
    if lives.len() > kills + 1 {
        return Err(format!("{} processes began, and {kills} were killed", lives.len()));
    }
    check_ledger(&owed, &lives)?;
    check_order(&lives)
}

fn entry(journal: &impl Journal, record: &Record) -> Entry {
    let schema = journal.schema(record.schema).unwrap();
    let metadata = record.metadata().unwrap();
    let what = match record.fact {
        Fact::Created => "created".to_owned(),
        Fact::Transition { row, .. } => schema.event(schema.row(row).unwrap()).unwrap().to_owned(),
        fact => fact.name().to_owned(),
    };
    let ends = match (record.fact, metadata.origin) {
        (Fact::Performed { sequence, index }, _) => Some((sequence, index)),
        (_, Some(Origin::Effect(sequence, index))) => Some((sequence, index)),
        _ => None,
    };
    Entry {
        position: record.position,
        kind: schema.kind.clone(),
        id: record.machine.id.to_string(),
        sequence: record.sequence,
        what,
        effects: metadata.effects,
        ends,
    }
}

/// Every machine was created once, took each event once, and has ended.
fn check_histories(entries: &[Entry]) -> Result<(), String> {
    let mut expected: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    let mut expect = |kind: &str, id: &str, rows: &[&'static str]| {
        expected.insert((kind.to_owned(), id.to_owned()), rows.to_vec());
    };
    for name in ORDERS {
        expect("Order", name, &["created", "Pay", "Charged", "Delivered"]);
        expect("Parcel", name, &["created", "Collected"]);
    }
    expect("Courier", COURIER, &["created", "Ride", "Ride"]);
    expect("Alarm", ALARM, &["created", "a scheduled event", "#after", "Silence"]);
    let mut found: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.what != "a performed effect") {
        let history = found.entry((entry.kind.clone(), entry.id.clone())).or_default();
        history.push(&entry.what);
    }
    // The alarm may ring before anybody has scheduled its silence.
    for histories in [&mut expected, &mut found] {
        let alarm = histories.entry(("Alarm".to_owned(), ALARM.to_owned())).or_default();
        alarm.sort_unstable();
    }
    if found == expected { Ok(()) } else { Err(format!("histories {found:#?}")) }
}

/// Every effect that is owed has ended once, after the record that owes it.
fn check_owed(entries: &[Entry]) -> Result<BTreeMap<EffectKey, Owed>, String> {
    let mut owed = BTreeMap::new();
    let mut open: BTreeSet<EffectKey> = BTreeSet::new();
    for entry in entries {
        let key = |sequence, index: u16| {
            EffectKey::new(entry.kind.clone(), entry.id.clone(), sequence, index.into())
        };
        if let Some((sequence, index)) = entry.ends {
            let key = key(sequence, index);
            if !open.remove(&key) {
                return Err(format!("{key} ends at {}, and was not owed", entry.position));
            }
            let owed: &mut Owed = owed.get_mut(&key).ok_or("it was owed")?;
            owed.until = entry.position;
        }
        let lines = owes(&entry.kind, &entry.what);
        if lines.len() != usize::from(entry.effects) {
            return Err(format!("{entry:?} should owe {lines:?}"));
        }
        for (index, line) in (0..).zip(lines) {
            let key = key(entry.sequence, index);
            let until = Position(u64::MAX);
            owed.insert(key.clone(), Owed { line: *line, since: entry.position, until });
            open.insert(key);
        }
    }
    if open.is_empty() { Ok(owed) } else { Err(format!("still owed: {open:?}")) }
}

/// What is in the ledger was owed, durably, when it was performed; what is owed is in the ledger.
/// What is there twice had not ended when its process was killed.
fn check_ledger(owed: &BTreeMap<EffectKey, Owed>, lives: &[Life]) -> Result<(), String> {
    let mut performed = BTreeSet::new();
    for (number, life) in lives.iter().enumerate() {
        let next = lives.get(number + 1).map_or(Position(u64::MAX), |next| next.head);
        let mut in_this_life = BTreeSet::new();
        for (key, line) in &life.lines {
            let Some(owed) = owed.get(key) else { return Err(format!("{key} was never owed")) };
            if owed.line != Some(line) {
                return Err(format!("{key} was to be {:?}, and was {line}", owed.line));
            }
            if owed.since > next {
                return Err(format!("{key} was performed before it was durable"));
            }
            if owed.until <= life.head {
                return Err(format!("{key} was performed again after it had ended"));
            }
            if !in_this_life.insert(key.clone()) {
                return Err(format!("{key} was performed twice by one process"));
            }
        }
        performed.extend(in_this_life);
    }
    let missing: Vec<_> =
        owed.iter().filter(|(key, owed)| owed.line.is_some() && !performed.contains(key)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("never performed: {missing:?}")) }
}

/// The effects of each machine were performed in their order; one that is there again follows
/// itself, since a machine has one under way at a time.
fn check_order(lives: &[Life]) -> Result<(), String> {
    let mut last: BTreeMap<_, EffectKey> = BTreeMap::new();
    for (key, _) in lives.iter().flat_map(|life| &life.lines) {
        let machine = (key.kind.clone(), key.machine.clone());
        if let Some(before) = last.insert(machine, key.clone())
            && before > *key
        {
            return Err(format!("{key} was performed after {before}"));
        }
    }
    Ok(())
}
