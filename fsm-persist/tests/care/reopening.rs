//! What once could not be opened again, after it was erased, merged or trimmed.

use crate::life::{Life, Step};

/// The last chunk has fewer values than slots when its only record, a large one, is erased.
#[tokio::test]
async fn a_large_last_record_that_is_erased_is_no_torn_end() {
    let mut life = Life::new().await;
    life.take(Step::Trickle(0, 3)).await;
    life.take(Step::Append(vec![(14, 20_000)])).await;
    life.take(Step::Forget(14)).await;
    life.take(Step::Reopen).await;
    life.take(Step::Trickle(14, 3)).await;
    life.take(Step::Reopen).await;
}

/// A machine that was forgotten, made anew and trimmed begins with a base, and the note that it was
/// forgotten is still there.
#[tokio::test]
async fn a_machine_that_was_forgotten_may_begin_with_a_base() {
    let mut life = Life::new().await;
    life.take(Step::Append(vec![(14, 20), (3, 20)])).await;
    life.take(Step::Forget(14)).await;
    life.take(Step::Append(vec![(14, 20), (14, 20)])).await;
    life.take(Step::Base(14)).await;
    life.take(Step::Trim(14)).await;
    life.take(Step::Reopen).await;
    life.take(Step::Append(vec![(14, 20)])).await;
    life.take(Step::Reopen).await;
}
