//! A full queue refuses at once and gives back what it was given.

use std::num::NonZeroUsize;

use fsm_core::{SendError, System};

use crate::account::{Event, deposit, open};

#[tokio::test]
async fn a_full_queue_gives_the_event_back_and_takes_events_again_later() {
    let four = NonZeroUsize::new(4).unwrap();
    let system = System::builder().queue_commands_max(four).start().await.unwrap();
    let account = open(&system, "a", 0).await;

    // On one thread the shard does not run until this test awaits.
    for amount in 1..=4 {
        account.cast(deposit(amount)).unwrap();
    }
    let error = account.cast(deposit(5)).unwrap_err();
    assert!(matches!(error, SendError::Overloaded { given: Event::Deposit { amount: 5 } }));
    let error = account.send(deposit(6)).await.unwrap_err();
    assert!(matches!(error, SendError::Overloaded { given: Event::Deposit { amount: 6 } }));

    let mut seen = account.state().await;
    while matches!(seen, Err(SendError::Overloaded { .. })) {
        tokio::task::yield_now().await;
        seen = account.state().await;
    }
    assert_eq!(seen.unwrap().context.changes, [1, 2, 3, 4]);
}
