//! SIGKILL at any operation of the disk: while the journal is created, opened, written and closed;
//! and two processes that want the same journal at once.

use fsm_core::journal::Durability;
use fsm_faulty_disk::Survival;

use crate::campaign::{Campaign, directory, disk, rounds};
use crate::examined::Fault;
use crate::life::{End, Life};

#[test]
fn kills_at_any_operation() {
    let name = "kills_at_any_operation";
    let Some(disk) = disk(name) else { return };
    let (mut campaign, mut random) = Campaign::begin(name);
    let journal = |round| disk.path().join(format!("journal-{round}"));
    let mut life = Life::new(journal(0), Durability::Fsync, random.fork());
    for round in 0..rounds(15) {
        if round % 20 == 0 {
            campaign.acknowledged += life.acknowledged();
            life = Life::new(journal(round), Durability::Fsync, random.fork());
        }
        life.batches = random.u64(0..30);
        disk.stop_at(random.u64(1..110));
        let mut living = life.start();
        let gate = disk.gate(|| living.process.try_wait().unwrap().is_some());
        campaign.note(if gate.is_some() { "killed" } else { "closed before" });
        living.process.kill().unwrap();
        drop(gate);
        campaign.rounds += 1;
        let ended = living.end();
        // Another life looks at what it left, and what that leaves must last.
        life.batches = random.u64(0..2);
        let mut well = campaign.expect_unharmed(&format!("round {round}"), ended)
            && campaign.expect_closed(&format!("round {round}, reopened"), life.live());
        if well && random.bool() {
            disk.power_cut(Survival::Synced);
            disk.power_on();
            let place = format!("round {round}, reopened, and again after a power cut");
            well = campaign.expect_closed(&place, life.live());
        }
        if !well {
            life = Life::new(journal(round + 1_000_000), Durability::Fsync, random.fork());
        }
    }
    campaign.acknowledged += life.acknowledged();
    campaign.end();
}

/// The moment is that of the clock, and the file system an ordinary one.
#[test]
fn kills_behind_any_answer() {
    let (mut campaign, mut random) = Campaign::begin("kills_behind_any_answer");
    let scratch = directory();
    let mut life = Life::new(scratch.path().join("0"), Durability::Fsync, random.fork());
    for round in 0..rounds(15) {
        if round % 40 == 0 {
            campaign.acknowledged += life.acknowledged();
            drop(std::fs::remove_dir_all(&life.path));
            let path = scratch.path().join(round.to_string());
            life = Life::new(path, Durability::Fsync, random.fork());
        }
        life.batches = u64::MAX;
        let mut living = life.start();
        for _ in 0..random.u64(0..40) {
            living.acknowledgement();
        }
        living.process.kill().unwrap();
        campaign.rounds += 1;
        let ended = living.end();
        campaign.note("killed");
        // The next life looks at what it left.
        if !campaign.expect_unharmed(&format!("round {round}"), ended) {
            break;
        }
    }
    life.batches = 1;
    campaign.expect_closed("at the end", life.live());
    campaign.acknowledged += life.acknowledged();
    campaign.end();
}

#[test]
fn two_processes_at_once() {
    let (mut campaign, mut random) = Campaign::begin("two_processes_at_once");
    let scratch = directory();
    let path = scratch.path().join("journal");
    let mut one = Life::new(path.clone(), Durability::Fsync, random.fork());
    for round in 0..rounds(8) {
        let mut other = Life::new(path.clone(), Durability::Fsync, random.fork());
        other.acknowledged = std::sync::Arc::clone(&one.acknowledged);
        (one.batches, other.batches) = (u64::MAX, u64::MAX);
        let mut both = [one.start(), other.start()];
        // Whoever has it goes on for ever; the other one says why it cannot.
        let said = both.each_mut().map(|living| living.acknowledgement().is_some());
        let place = format!("round {round}");
        for (mut living, has_it) in both.into_iter().zip(said) {
            if has_it {
                for _ in 0..random.u64(0..10) {
                    living.acknowledgement();
                }
                living.process.kill().unwrap();
            }
            campaign.expect_unharmed(&place, living.end());
        }
        match said {
            [true, false] | [false, true] => campaign.note("one was refused"),
            _ => campaign.fault(&place, &Fault::Misled(format!("who has it: {said:?}"))),
        }
        campaign.rounds += 1;
        one.batches = 1;
        campaign.expect_closed(&place, one.live());
    }
    campaign.acknowledged += one.acknowledged();
    campaign.end();
}

impl Campaign {
    /// A life that was killed, or ended before, or that another one locked out; whether it was.
    pub(crate) fn expect_unharmed(&mut self, place: &str, ended: Result<End, Fault>) -> bool {
        match ended {
            Ok(End::Killed | End::Closed) => true,
            Ok(End::Refused(why)) if why.starts_with("locked") => true,
            Ok(End::Refused(why)) => self.found(place, Fault::Refused(why)),
            Ok(End::Stopped(why)) => self.found(place, Fault::Misled(why)),
            Err(fault) => self.found(place, fault),
        }
    }

    /// A life on a disk that does not fail; whether it went well.
    pub(crate) fn expect_closed(&mut self, place: &str, ended: Result<End, Fault>) -> bool {
        match ended {
            Ok(End::Closed) => true,
            Ok(End::Refused(why)) => self.found(place, Fault::Refused(why)),
            Ok(End::Stopped(why)) => self.found(place, Fault::Misled(why)),
            Ok(End::Killed) => self.found(place, Fault::Died("the process".to_owned())),
            Err(fault) => self.found(place, fault),
        }
    }

    fn found(&mut self, place: &str, fault: Fault) -> bool {
        self.fault(place, &fault);
        false
    }
}
