//! A closure as a handler.

use std::sync::{Arc, Mutex};

use fsm_core::runtime::effects::{Verdict, Workers, perform_fn};
use fsm_core::runtime::{ManualClock, PerformOptions};
use tokio::runtime::Handle;

use crate::desk::{Event, Mail, State, key, verdict};

#[tokio::test]
async fn a_closure_performs_with_a_question_mark_and_without_a_word_about_types() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let outbox = Arc::clone(&sent);
    let handler = perform_fn(move |key, mail: Mail| {
        let outbox = Arc::clone(&outbox);
        async move {
            let attempt: u64 = "1".parse()?;
            outbox.lock().unwrap().push((key, mail, attempt));
            Ok(Some(Event::Bounced))
        }
    });
    let clock = Arc::new(ManualClock::default());
    let options = PerformOptions::default();
    let workers = Workers::<State>::new(handler, options, clock, Handle::current());

    let done = verdict(workers.begin(key(1), Mail::To("a")).unwrap()).await;
    assert_eq!(done, Verdict::Done { event: Some(Event::Bounced), attempts: 1 });
    assert_eq!(*sent.lock().unwrap(), [(key(1), Mail::To("a"), 1)]);
}
