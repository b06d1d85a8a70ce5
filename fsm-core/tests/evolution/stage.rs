//! Programs that follow each other on one journal.

use fsm_core::journal::{Journal, MemoryJournal, Schema};
use fsm_core::{Fsm, Machine, MachineRef, SendError, System};
use serde::de::DeserializeOwned;

/// A program that uses machine `m` of one kind.
pub(crate) async fn machine<F: Machine>(journal: &MemoryJournal) -> MachineRef<F> {
    System::builder().journal(journal.clone()).start().await.unwrap().machine("m")
}

/// A journal in which a program has created machine `m`, and sent it these events.
pub(crate) async fn journal<F: Machine>(
    context: F::Context,
    events: impl IntoIterator<Item = F::Event>,
) -> MemoryJournal {
    let journal = MemoryJournal::new();
    let machine = machine::<F>(&journal).await;
    machine.create(context).await.unwrap();
    for event in events {
        machine.send(event).await.unwrap();
    }
    journal
}

/// A journal in which a program has registered its schema, which is all that is compared.
pub(crate) async fn stored<F>() -> MemoryJournal
where
    F: Fsm<Event: DeserializeOwned, Context: DeserializeOwned>,
{
    let journal = MemoryJournal::new();
    journal.register(&Schema::of::<F>()).await.unwrap();
    journal
}

/// Why a program cannot be used on a journal. It is told so by every way in, before it starts if
/// it names the kind, and has written nothing.
pub(crate) async fn refusal<F: Machine>(journal: &MemoryJournal) -> String {
    let before = journal.head();
    let machine = machine::<F>(journal).await;
    let error = machine.state().await.unwrap_err();
    assert!(matches!(error, SendError::Incompatible(_)), "{error}");
    let again = machine.history().await.unwrap_err();
    assert_eq!(again.to_string(), error.to_string());
    let builder = System::builder().journal(journal.clone());
    let started = builder.machines::<F>(Default::default()).start().await;
    assert_eq!(started.unwrap_err().to_string(), error.to_string());
    assert_eq!(journal.head(), before);
    error.to_string()
}
