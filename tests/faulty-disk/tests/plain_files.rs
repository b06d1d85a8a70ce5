//! The disk itself, tried with plain files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![expect(clippy::print_stdout, reason = "what is skipped is said")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fsm_faulty_disk::{Failing, FaultyDisk, ROOT, Survival, Volume};

/// The disk, or `None` and a line that says why.
fn disk(test: &str) -> Option<FaultyDisk> {
    match FaultyDisk::unavailable() {
        None => Some(FaultyDisk::mount().unwrap()),
        Some(why) => {
            println!("SKIPPED: {test}: {why}");
            None
        }
    }
}

fn sync_directory(disk: &FaultyDisk) {
    File::open(disk.path()).unwrap().sync_all().unwrap();
}

/// A file of `bytes`, synced with its name.
fn synced(disk: &FaultyDisk, name: &str, bytes: &[u8]) -> File {
    let path = disk.path().join(name);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path);
    let mut file = file.unwrap();
    file.write_all(bytes).unwrap();
    file.sync_data().unwrap();
    sync_directory(disk);
    file
}

fn read(disk: &FaultyDisk, name: &str) -> Option<Vec<u8>> {
    fs::read(disk.path().join(name)).ok()
}

fn cut(disk: &FaultyDisk, survival: Survival) {
    disk.power_cut(survival);
    disk.power_on();
}

#[test]
fn only_what_was_synced_survives() {
    let Some(disk) = disk("only_what_was_synced_survives") else { return };
    let file = synced(&disk, "a", b"0123456789");
    file.write_all_at(b"xx", 4).unwrap();
    file.set_len(6).unwrap();
    fs::write(disk.path().join("b"), "no sync").unwrap();
    fs::create_dir(disk.path().join("c")).unwrap();
    assert_eq!(read(&disk, "a").unwrap(), b"0123xx");
    cut(&disk, Survival::Synced);
    assert_eq!(read(&disk, "a").unwrap(), b"0123456789");
    let names: Vec<_> =
        fs::read_dir(disk.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["a"]);
    // What was open before is dead, and what is opened now is not.
    assert!(file.write_all_at(b"!", 0).is_err());
    assert!(file.sync_data().is_err());
    synced(&disk, "a", b"new");
    assert_eq!(read(&disk, "a").unwrap(), b"new");
}

#[test]
fn a_name_lasts_once_its_directory_is_synced() {
    let Some(disk) = disk("a_name_lasts_once_its_directory_is_synced") else { return };
    let path = disk.path().join("a");
    let file = File::create(&path).unwrap();
    file.sync_all().unwrap();
    cut(&disk, Survival::Synced);
    assert!(!path.exists());

    synced(&disk, "a", b"old");
    let new = File::create(disk.path().join("b")).unwrap();
    new.write_all_at(b"new", 0).unwrap();
    new.sync_all().unwrap();
    fs::rename(disk.path().join("b"), &path).unwrap();
    assert_eq!(read(&disk, "a").unwrap(), b"new");
    cut(&disk, Survival::Synced);
    assert_eq!(read(&disk, "a").unwrap(), b"old");
    assert_eq!(read(&disk, "b"), None);
}

#[test]
fn nothing_works_without_power() {
    let Some(disk) = disk("nothing_works_without_power") else { return };
    let file = synced(&disk, "a", b"kept");
    disk.power_cut_at(3, Survival::Synced);
    file.write_all_at(b"1", 0).unwrap();
    file.write_all_at(b"2", 0).unwrap();
    assert!(!disk.is_off());
    assert!(file.write_all_at(b"3", 0).is_err());
    assert!(disk.is_off());
    assert!(file.sync_all().is_err());
    assert!(File::open(disk.path().join("a")).is_err());
    assert!(fs::write(disk.path().join("b"), "").is_err());
    disk.power_on();
    assert_eq!(read(&disk, "a").unwrap(), b"kept");
}

#[test]
fn a_failed_sync_loses_what_it_was_for_and_the_next_one_lies() {
    let test = "a_failed_sync_loses_what_it_was_for_and_the_next_one_lies";
    let Some(disk) = disk(test) else { return };
    let file = synced(&disk, "a", b"old");
    disk.fail_syncs(Failing::once(1));
    file.write_all_at(b"new", 0).unwrap();
    assert!(file.sync_data().is_err());
    assert_eq!(disk.counts().resyncs, 0);
    file.sync_data().unwrap();
    assert_eq!(disk.counts().resyncs, 1);
    assert_eq!(read(&disk, "a").unwrap(), b"new");
    cut(&disk, Survival::Synced);
    assert_eq!(read(&disk, "a").unwrap(), b"old");
}

#[test]
fn writes_fail_once_or_for_ever() {
    let Some(disk) = disk("writes_fail_once_or_for_ever") else { return };
    let file = synced(&disk, "a", b"....");
    let outcomes = |failing| {
        disk.fail_writes(failing);
        [0, 1, 2, 3].map(|at| file.write_all_at(b"x", at).is_ok())
    };
    assert_eq!(outcomes(Failing::once(2)), [true, false, true, true]);
    assert_eq!(outcomes(Failing::from(3)), [true, true, false, false]);
    disk.mend();
    file.write_all_at(b"y", 0).unwrap();
    assert_eq!(read(&disk, "a").unwrap(), b"yxxx");
}

#[test]
fn a_full_disk_takes_what_fits() {
    let Some(disk) = disk("a_full_disk_takes_what_fits") else { return };
    let file = synced(&disk, "a", b"0123456789");
    disk.limit(Some(15));
    assert_eq!(file.write_at(b"0123456789", 10).unwrap(), 5);
    let full = file.write_at(b"x", 15).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    // What is there already may be written over.
    assert_eq!(file.write_at(b"xx", 3).unwrap(), 2);
    disk.limit(None);
    assert_eq!(file.write_at(b"0123456789", 10).unwrap(), 10);

    disk.shorten_writes(Some(3));
    assert_eq!(file.write_at(b"abcdef", 0).unwrap(), 3);
    file.write_all_at(b"abcdef", 0).unwrap();
    assert_eq!(&read(&disk, "a").unwrap()[..6], b"abcdef");
}

#[test]
fn a_disk_turns_read_only() {
    let Some(disk) = disk("a_disk_turns_read_only") else { return };
    let file = synced(&disk, "a", b"old");
    disk.read_only_from(2);
    file.write_all_at(b"x", 0).unwrap();
    assert_eq!(file.sync_data().unwrap_err().kind(), ErrorKind::ReadOnlyFilesystem);
    let refused = fs::write(disk.path().join("b"), "").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ReadOnlyFilesystem);
    assert_eq!(read(&disk, "a").unwrap(), b"xld");
    disk.mend();
    file.sync_data().unwrap();
}

#[test]
fn a_file_is_locked_by_one() {
    let Some(disk) = disk("a_file_is_locked_by_one") else { return };
    let one = synced(&disk, "a", b"");
    let other = File::open(disk.path().join("a")).unwrap();
    one.try_lock().unwrap();
    assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
    // The lock went with the power.
    cut(&disk, Survival::Synced);
    File::open(disk.path().join("a")).unwrap().try_lock().unwrap();
}

#[test]
fn moments_and_what_was_witnessed_are_kept() {
    let Some(disk) = disk("moments_and_what_was_witnessed_are_kept") else { return };
    let witness = Arc::new(AtomicU64::new(0));
    disk.watch(Arc::clone(&witness));
    disk.keep_moments(2);
    let file = synced(&disk, "a", b"");
    for number in 1..=3u8 {
        witness.store(u64::from(number), Ordering::SeqCst);
        file.write_all_at(&[b'0' + number; 4], 0).unwrap();
        file.sync_data().unwrap();
    }
    assert_eq!(disk.witnessed("a"), 3);
    let moments = disk.moments();
    let told: Vec<u64> = moments.iter().map(|moment| moment.witnessed).collect();
    assert_eq!(told, [2, 3]);
    let last = &moments[1].volume;
    assert_eq!(last.unsynced(), [4]);
    assert_eq!(last.image(Survival::Synced).file("a").unwrap(), b"2222");
    let torn = last.image(Survival::First { changes: 0, bytes: 1 });
    assert_eq!(torn.file("a").unwrap(), b"3222");
    assert_eq!(last.image(Survival::All).file("a").unwrap(), b"3333");
}

#[test]
fn the_disk_stops_at_the_gate() {
    let Some(disk) = disk("the_disk_stops_at_the_gate") else { return };
    let file = synced(&disk, "a", b"");
    disk.stop_at(2);
    let writer = std::thread::spawn(move || {
        file.write_all_at(b"1", 0).unwrap();
        file.write_all_at(b"2", 1).unwrap();
    });
    let gate = disk.gate(|| false).unwrap();
    assert!(!writer.is_finished());
    assert_eq!(disk.volume().image(Survival::All).file("a").unwrap(), b"1");
    drop(gate);
    writer.join().unwrap();
    assert_eq!(read(&disk, "a").unwrap(), b"12");
    disk.stop_at(1);
    assert!(disk.gate(|| true).is_none());
}

#[test]
fn a_random_cut_tears_at_sectors_and_keeps_each_whole() {
    let mut volume = Volume::new();
    let file = volume.create(ROOT, "a", false).unwrap();
    volume.sync(ROOT);
    volume.write(file, 0, &[b'0'; 2048]).unwrap();
    volume.sync(file);
    volume.write(file, 100, &[b'1'; 1800]).unwrap();
    volume.write(file, 600, &[b'2'; 600]).unwrap();
    volume.write(file, 2048, &[b'3'; 512]).unwrap();
    let (mut torn, mut between, mut overtaken, mut lengths) = (0, 0, 0, [0, 0]);
    for seed in 0..300 {
        let image = volume.image(Survival::Random { seed });
        assert_eq!(image, volume.image(Survival::Random { seed }), "a seed says it all");
        let bytes = image.file("a").unwrap();
        lengths[usize::from(bytes.len() == 2560)] += 1;
        let sectors: Vec<&[u8]> = bytes.chunks(512).collect();
        let first = [sectors[0] == [b'0'; 512], sectors[0][..100] == [b'0'; 100]];
        assert!(first[1] && (first[0] || sectors[0][100..] == [b'1'; 412]));
        // The second sector is as one of the writes left it, and never a mixture of their bytes.
        let second = (sectors[1][0], sectors[1][511]);
        assert!([(b'0', b'0'), (b'1', b'1'), (b'1', b'2')].contains(&second), "{second:?}");
        torn += u32::from(first[0] && second.0 != b'0');
        between += u32::from(second == (b'1', b'1'));
        overtaken += u32::from(second.1 == b'2' && sectors[3][0] == b'0');
        let zeros = sectors.get(4).is_some_and(|last| *last == [0; 512]);
        assert!(zeros || sectors.get(4).is_none_or(|last| *last == [b'3'; 512]));
    }
    assert!(torn > 10 && between > 10 && overtaken > 10, "{torn} {between} {overtaken}");
    assert!(lengths[0] > 30 && lengths[1] > 30, "{lengths:?}");
}

#[test]
fn a_cut_in_order_tears_at_any_byte() {
    let mut volume = Volume::new();
    let file = volume.create(ROOT, "a", false).unwrap();
    volume.write(file, 0, b"abc").unwrap();
    volume.write(file, 1, b"xyz").unwrap();
    let image = |changes, bytes| volume.image(Survival::First { changes, bytes });
    assert_eq!(volume.unsynced(), [0, 3, 3]);
    assert_eq!(image(0, 9).file("a"), None);
    assert_eq!(image(1, 2).file("a").unwrap(), b"ab");
    assert_eq!(image(2, 1).file("a").unwrap(), b"axc");
    assert_eq!(image(3, 0), volume.image(Survival::All));
}

#[test]
fn a_random_cut_keeps_names_by_themselves() {
    let mut seen = std::collections::HashSet::new();
    let mut volume = Volume::new();
    for name in ["a", "b"] {
        volume.create(ROOT, name, false).unwrap();
    }
    volume.rename(ROOT, "b", "c").unwrap();
    for seed in 0..200 {
        let image = volume.image(Survival::Random { seed });
        let names: Vec<String> = image.paths().map(|path| path.display().to_string()).collect();
        seen.insert(names.join(" "));
    }
    let mut seen: Vec<String> = seen.into_iter().collect();
    seen.sort();
    assert_eq!(seen, ["", "a", "a b", "a c", "b", "c"]);
}

#[test]
fn a_call_does_not_survive_one_that_it_builds_on() {
    let mut volume = Volume::new();
    let file = volume.create(ROOT, "a", false).unwrap();
    volume.write(file, 0, b"old").unwrap();
    volume.sync(file);
    volume.sync(ROOT);
    volume.rename(ROOT, "a", "b").unwrap();
    volume.create(ROOT, "a", false).unwrap();
    for seed in 0..200 {
        let image = volume.image(Survival::Random { seed });
        let is_there = ["a", "b"].iter().any(|name| image.file(name) == Some(&b"old"[..]));
        assert!(is_there, "no call removed it: {image:?}");
    }
}
