//! The suite on the journal in memory, which is the model of the others.
#![cfg(feature = "rt")]

use fsm_core::journal::conformance::{CASES, Place, run, run_case};
use fsm_core::journal::{MemoryJournal, Pending};

#[derive(Debug, Default)]
struct InMemory(MemoryJournal);

impl Place for InMemory {
    type Journal = MemoryJournal;

    fn open(&self) -> Pending<'_, MemoryJournal> {
        Box::pin(async { self.0.clone() })
    }
}

#[tokio::test]
async fn memory_conforms() {
    run(InMemory::default).await;
}

#[tokio::test]
#[should_panic(expected = "there is no case `unheard of`")]
async fn an_unknown_case_is_none() {
    assert!(CASES.iter().all(|case| *case != "unheard of"));
    run_case("unheard of", &InMemory::default()).await;
}
