//! Text that code of the user's makes: bounded, and no way for a panic to get out.

use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many bytes of what an error or an effect says are kept: enough to act on, few enough to
/// journal and to hold thousands of.
const TEXT_BYTES_MAX: usize = 2_048;

/// What stands behind a text that was cut off.
const CUT: &str = "…";

/// What `write` writes, cut off where it becomes too long.
pub(super) fn rendered(write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> String {
    let mut bounded = Bounded::default();
    // What was written before a panic stays; nothing else is in the closure's reach.
    if catch_unwind(AssertUnwindSafe(|| write(&mut bounded))).is_err() {
        let _ = bounded.write_str("<it panicked while it was shown>");
    }
    bounded.text
}

#[derive(Default)]
struct Bounded {
    text: String,
    is_cut: bool,
}

impl Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        let room = TEXT_BYTES_MAX - self.text.len();
        if more.len() <= room {
            self.text.push_str(more);
            return Ok(());
        }
        self.text.push_str(&more[..more.floor_char_boundary(room)]);
        self.text.push_str(CUT);
        self.is_cut = true;
        // Whoever writes may stop here.
        Err(fmt::Error)
    }
}
