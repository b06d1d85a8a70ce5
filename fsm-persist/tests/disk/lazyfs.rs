//! Loss of power on LazyFS, where the program is there: a second opinion on our own disk, whose
//! authors are others.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use fsm_core::journal::Durability;
use tempfile::TempDir;

use crate::campaign::{Campaign, directory, rounds, skipped};
use crate::life::Life;

/// LazyFS, mounted as long as this lives.
struct LazyFs {
    process: Child,
    directory: TempDir,
    /// What it says it has done.
    answers: Receiver<String>,
}

impl LazyFs {
    /// Mounts it; `None` if the program is not there or does not mount.
    fn mount() -> Option<Self> {
        let directory = directory();
        let at = |name: &str| directory.path().join(name);
        for name in ["root", "mount"] {
            fs::create_dir(at(name)).unwrap();
        }
        let config = format!(
            "[faults]\nfifo_path={:?}\nfifo_path_completed={:?}\n[cache]\napply_eviction=false\n\
             [cache.simple]\ncustom_size=\"512mb\"\nblocks_per_page=1\n\
             [filesystem]\nlog_all_operations=false\nlogfile=\"\"\n",
            at("faults"),
            at("done"),
        );
        fs::write(at("config.toml"), config).unwrap();
        let process = Command::new("lazyfs")
            .arg(at("mount"))
            .arg("--config-path")
            .arg(at("config.toml"))
            .args(["-o", "allow_other", "-o", "modules=subdir", "-o"])
            .arg(format!("subdir={}", at("root").display()))
            .arg("-f")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut mounted = Self { process, directory, answers: channel().1 };
        let path = mounted.path();
        while !is_mounted(&path) || !mounted.at("done").exists() {
            if mounted.process.try_wait().unwrap().is_some() {
                return None;
            }
            std::thread::yield_now();
        }
        mounted.answers = answers(mounted.at("done"));
        Some(mounted)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn path(&self) -> PathBuf {
        self.at("mount")
    }

    /// Drops everything that was not synced; whether it did. It misses what it is told while it
    /// opens its pipe, so it is told again.
    fn power_cut(&self) -> bool {
        while self.answers.try_recv().is_ok() {}
        (0..TRIES).any(|_| {
            let mut faults = OpenOptions::new().write(true).open(self.at("faults")).unwrap();
            faults.write_all(b"lazyfs::clear-cache\n").unwrap();
            drop(faults);
            let answer = self.answers.recv_timeout(PATIENCE);
            answer.is_ok_and(|answer| answer.contains("clear-cache"))
        })
    }
}

/// What LazyFS writes to its pipe, line by line, until the pipe is gone.
fn answers(pipe: PathBuf) -> Receiver<String> {
    let (sender, answers) = channel();
    std::thread::spawn(move || {
        while let Ok(pipe) = fs::File::open(&pipe) {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        }
    });
    answers
}

impl LazyFs {
    fn stop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
        let mut unmount = Command::new("umount");
        drop(unmount.arg("-l").arg(self.path()).stderr(Stdio::null()).status());
    }
}

impl Drop for LazyFs {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A cut takes a moment; after this it was missed.
const PATIENCE: Duration = Duration::from_secs(2);
const TRIES: u32 = 10;

fn is_mounted(path: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    mounts.contains(&path.display().to_string())
}

#[test]
fn power_cuts_on_lazyfs() {
    let name = "power_cuts_on_lazyfs";
    let Some(mut lazyfs) = LazyFs::mount() else {
        return skipped(name, "it needs the program lazyfs, and root");
    };
    let (mut campaign, mut random) = Campaign::begin(name);
    let mut life = Life::new(lazyfs.path().join("0"), Durability::Fsync, random.fork());
    for round in 0..rounds(8) {
        life.batches = u64::MAX;
        let mut living = life.start();
        for _ in 0..random.u64(1..60) {
            living.acknowledgement();
        }
        // It must not go on behind the cut: it would sync what the cut has dropped, be told that
        // all is well, and acknowledge it. And not be closed: that would sync.
        living.stand_still();
        let cut = lazyfs.power_cut();
        living.process.kill().unwrap();
        if !cut || round % 20 == 19 {
            campaign.note(if cut { "mounted anew" } else { "LazyFS stood still, not counted" });
            campaign.acknowledged += life.acknowledged();
            // Nothing that waits for it can be killed before it is gone.
            lazyfs.stop();
            drop(living.end());
            lazyfs = LazyFs::mount().unwrap();
            life = Life::new(lazyfs.path().join("0"), Durability::Fsync, random.fork());
            continue;
        }
        campaign.rounds += 1;
        let ended = living.end();
        campaign.expect_unharmed(&format!("round {round}"), ended);
        life.batches = 1;
        campaign.expect_closed(&format!("round {round}, reopened"), life.live());
    }
    campaign.acknowledged += life.acknowledged();
    campaign.end();
}
