//! A machine of which every part panics when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fsm_core::Fsm;
use serde::{Deserialize, Serialize, Serializer};

/// What panics next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fuse(Arc<AtomicBool>);

impl Fuse {
    pub(crate) fn lit() -> Self {
        let fuse = Self::default();
        fuse.light();
        fuse
    }

    pub(crate) fn light(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Panics once.
    pub(crate) fn burn(&self, what: &str) {
        if self.0.swap(false, Ordering::SeqCst) {
            panic!("{what} gives up");
        }
    }
}

#[derive(Fsm, Clone, Debug)]
#[fsm(event = Event, context = Load)]
pub(crate) enum Fragile {
    #[fsm(initial)]
    #[on(Hold { part } => Holding { part })]
    #[on(Carry { load } => _ / carry(load))]
    #[on(Count => _ / count())]
    #[on(Panic => _ / panic())]
    #[on(Skip { load: _ } => _)]
    Empty,

    #[on(Let => Empty)]
    Holding { part: Part },
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    Hold { part: Part },
    Carry { load: Load },
    Skip { load: Load },
    Count,
    Panic,
    Let,
}

/// Panics when it is cloned.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Part {
    #[serde(skip)]
    pub(crate) fuse: Fuse,
}

impl Clone for Part {
    fn clone(&self) -> Self {
        self.fuse.burn("clone");
        Self { fuse: self.fuse.clone() }
    }
}

/// Panics when it is dropped or encoded.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Load {
    pub(crate) count: u32,
    #[serde(skip)]
    dropping: Fuse,
    #[serde(skip)]
    encoding: Fuse,
}

impl Serialize for Load {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.encoding.burn("serialize");
        self.count.serialize(serializer)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.dropping.burn("drop");
        }
    }
}

impl Load {
    /// One that panics when it is dropped.
    pub(crate) fn lit_to_drop() -> Self {
        Self { count: 0, dropping: Fuse::lit(), encoding: Fuse::default() }
    }

    /// One that panics when it is encoded.
    pub(crate) fn lit_to_encode() -> Self {
        Self { count: 0, dropping: Fuse::default(), encoding: Fuse::lit() }
    }

    fn carry(&mut self, load: Self) {
        *self = load;
    }

    fn count(&mut self) {
        self.count += 1;
    }

    fn panic(&mut self) {
        panic!("the action gives up");
    }
}
