//! Loss of power at random operations of the disk, while batches are under way, while the journal
//! is created, opened and closed; life after life on the same disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fastrand::Rng;
use fsm_core::journal::Durability;
use fsm_faulty_disk::Survival;

use crate::campaign::{Campaign, disk, rounds};
use crate::examined::Fault;
use crate::life::{End, Life};
use crate::workload::options;

/// So many lives a journal has before another is begun.
const LIVES: u64 = 12;
/// A life ends within so many operations, or just before.
const OPERATIONS: u64 = 110;

#[test]
fn power_cuts_where_nothing_unsynced_survives() {
    cut("power_cuts_where_nothing_unsynced_survives", Durability::Fsync, |_| Survival::Synced);
}

#[test]
fn power_cuts_where_anything_unsynced_survives() {
    let random = |random: &mut Rng| Survival::Random { seed: random.u64(..) };
    cut("power_cuts_where_anything_unsynced_survives", Durability::Fsync, random);
}

fn cut(name: &'static str, durability: Durability, survival: fn(&mut Rng) -> Survival) {
    let Some(disk) = disk(name) else { return };
    let (mut campaign, mut random) = Campaign::begin(name);
    let journal = |round| disk.path().join(format!("journal-{round}"));
    let mut life = Life::new(journal(0), durability, random.fork());
    for round in 0..rounds(30) {
        if round % LIVES == 0 {
            campaign.acknowledged += life.acknowledged();
            life = Life::new(journal(round), durability, random.fork());
        }
        life.batches = random.u64(0..40);
        let survival = survival(&mut random);
        disk.power_cut_at(random.u64(1..OPERATIONS), survival);
        let ended = life.live();
        let was_off = disk.is_off();
        // If it was closed before: nothing is under way, and everything must be there.
        disk.power_cut(survival);
        disk.power_on();
        campaign.rounds += 1;
        let place = format!("round {round}, {survival:?}");
        if !campaign.expect_cut(&place, ended, was_off) {
            // The journal is not to be had any more: another one.
            campaign.acknowledged += life.acknowledged();
            life = Life::new(journal(round + 1_000_000), durability, random.fork());
        }
    }
    life.batches = 1;
    campaign.expect_closed("at the end", life.live());
    campaign.acknowledged += life.acknowledged();
    campaign.end();
}

impl Campaign {
    /// A life in which power may have failed; whether the journal did all it should.
    fn expect_cut(&mut self, place: &str, ended: Result<End, Fault>, was_off: bool) -> bool {
        match ended {
            Ok(End::Closed) => self.note("cut when closed"),
            Ok(End::Refused(_)) if was_off => self.note("cut while opening"),
            Ok(End::Stopped(why)) if was_off && why.contains("stalled") => {
                self.note("cut while writing, given up by the watchdog");
            }
            Ok(End::Stopped(_)) | Err(Fault::Unreadable(_)) if was_off => {
                self.note("cut while open");
            }
            ended => return self.expect_closed(place, ended),
        }
        true
    }
}

/// With `Durability::Flush`, what was acknowledged before the last sync began must be there, and a
/// sync comes by itself once the interval is over; the rest is there batch by batch, or not.
#[test]
fn power_cuts_between_syncs() {
    let name = "power_cuts_between_syncs";
    let Some(disk) = disk(name) else { return };
    let (mut campaign, mut random) = Campaign::begin(name);
    for round in 0..rounds(8) {
        let interval = [0, 1, 5, 100][random.usize(..4)];
        let durability = Durability::Flush(Duration::from_millis(interval));
        let journal = format!("journal-{round}");
        let mut life = Life::new(disk.path().join(&journal), durability, random.fork());
        disk.watch(Arc::clone(&life.acknowledged));
        for cut in 0..4 {
            let survival = match random.bool() {
                true => Survival::Synced,
                false => Survival::Random { seed: random.u64(..) },
            };
            life.batches = random.u64(20..120);
            disk.power_cut_at(random.u64(20..90), survival);
            let ended = life.live();
            let was_off = disk.is_off();
            disk.power_cut(survival);
            disk.power_on();
            campaign.rounds += 1;
            if ended != Ok(End::Closed) {
                // Only what was synced need be there.
                let synced = disk.witnessed(format!("{journal}/db"));
                life.acknowledged.store(synced, Ordering::SeqCst);
            }
            let place = format!("round {round}, cut {cut}, {survival:?}");
            if !campaign.expect_cut(&place, ended, was_off) {
                break;
            }
        }
        life.batches = 1;
        campaign.expect_closed(&format!("round {round}, at the end"), life.live());
        campaign.acknowledged += life.acknowledged();
    }
    campaign.end();
}

/// An acknowledged batch becomes durable without another one, once the interval is over.
#[tokio::test]
async fn an_idle_journal_syncs_by_itself() {
    let name = "an_idle_journal_syncs_by_itself";
    let Some(disk) = disk(name) else { return };
    let durability = Durability::Flush(Duration::from_millis(20));
    let path = disk.path().join("journal");
    let journal = options().durability(durability).open(&path).unwrap();
    crate::examined::register(&journal).await.unwrap();
    let records = crate::examined::append_next(&journal, 0).await.unwrap();
    let begun = Instant::now();
    while !disk.is_synced("journal/db") {
        assert!(begun.elapsed() < Duration::from_secs(60), "it is never synced");
        std::thread::yield_now();
    }
    disk.power_cut(Survival::Synced);
    drop(journal);
    disk.power_on();
    let mut life = Life::new(path, durability, Rng::with_seed(1));
    life.acknowledged.store(records, Ordering::SeqCst);
    assert_eq!(life.live(), Ok(End::Closed));
}
