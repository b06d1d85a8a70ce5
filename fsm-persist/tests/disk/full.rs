//! A disk that is full at every stage of a workload, and writes that are shorter than asked for.

use std::fs;

use fsm_core::journal::Durability;
use fsm_faulty_disk::Survival;

use crate::campaign::{Campaign, disk, rounds};
use crate::life::{End, Life};

#[test]
fn disks_that_are_full() {
    let name = "disks_that_are_full";
    let Some(disk) = disk(name) else { return };
    let (mut campaign, mut random) = Campaign::begin(name);
    for round in 0..rounds(15) {
        let path = disk.path().join(format!("journal-{round}"));
        let mut life = Life::new(path, Durability::Fsync, random.fork());
        life.batches = 60;
        // Small ones meet the creation, large ones the workload.
        let magnitude = random.u32(6..22);
        let bytes = random.u64(..1 << magnitude);
        disk.limit(Some(bytes));
        let place = format!("round {round}, {bytes} bytes");
        let ended = life.live();
        disk.limit(None);
        campaign.rounds += 1;
        campaign.acknowledged += life.acknowledged();
        match ended {
            Ok(End::Closed) => campaign.note("it fitted"),
            Ok(End::Refused(_)) => campaign.note("full while opening"),
            Ok(End::Stopped(why)) if why.contains("stalled") => {
                campaign.note("full while open, given up by the watchdog");
            }
            Ok(End::Stopped(_)) => campaign.note("full while open"),
            ended => drop(campaign.expect_closed(&place, ended)),
        }
        if random.bool() {
            disk.power_cut(Survival::Synced);
            disk.power_on();
        }
        life.batches = 3;
        campaign.expect_closed(&format!("{place}, reopened"), life.live());
        drop(fs::remove_dir_all(&life.path));
    }
    campaign.end();
}

#[test]
fn writes_that_are_short() {
    let name = "writes_that_are_short";
    let Some(disk) = disk(name) else { return };
    let (mut campaign, mut random) = Campaign::begin(name);
    let path = disk.path().join("journal");
    let mut life = Life::new(path, Durability::Fsync, random.fork());
    for round in 0..rounds(4) {
        disk.shorten_writes(Some(random.usize(50..5_000)));
        life.batches = 15;
        campaign.rounds += 1;
        campaign.expect_closed(&format!("round {round}"), life.live());
        disk.power_cut(Survival::Synced);
        disk.power_on();
    }
    campaign.acknowledged += life.acknowledged();
    campaign.end();
}
