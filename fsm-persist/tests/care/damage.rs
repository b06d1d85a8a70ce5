//! Ways to damage a journal from outside.

use std::path::Path;

/// Waits until a database of sled's is let go of.
pub(crate) fn await_unlocked(path: &Path) {
    let file = std::fs::File::open(path.join("db")).unwrap();
    file.lock().unwrap();
}

/// Changes a tree of a closed journal.
pub(crate) fn change(path: &Path, tree: &str, change: impl FnOnce(&sled::Tree)) {
    let db = sled::open(path).unwrap();
    change(&db.open_tree(tree).unwrap());
    db.flush().unwrap();
    drop(db);
    await_unlocked(path);
}

/// Flips a bit of the value in a slot of the log.
pub(crate) fn flip(path: &Path, slot: u64, at: usize) {
    change(path, "log", |log| {
        let key = slot.to_be_bytes();
        let mut value = log.get(key).unwrap().unwrap().to_vec();
        let at = at % value.len();
        value[at] ^= 1 << (at % 8);
        log.insert(key, value).unwrap();
    });
}

/// The slots that something is written to.
pub(crate) fn slots(path: &Path) -> Vec<u64> {
    let mut slots = Vec::new();
    change(path, "log", |log| {
        for pair in log {
            let (key, value) = pair.unwrap();
            if !value.is_empty() {
                slots.push(u64::from_be_bytes(key.as_ref().try_into().unwrap()));
            }
        }
    });
    slots
}
