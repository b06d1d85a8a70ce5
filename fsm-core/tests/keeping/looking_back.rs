//! What a machine was is what its records up to then make.

use futures_util::TryStreamExt;
use std::num::NonZeroUsize;

use fsm_core::journal::{Codec, Fact, Position, Record, Sequence};
use fsm_core::runtime::{At, Entry};
use fsm_core::{Effects, Fsm, Moment, SendError, Timestamp};
use proptest::prelude::*;

use crate::device::{Device, Event, State};
use crate::run::{Run, Step, block_on, every, steps};

/// What a machine is, folded from its records by the machine's own functions and nothing else.
struct Fold {
    state: State,
    context: Device,
    completed: bool,
}

impl Fold {
    /// `None` if there is no record.
    fn of<'a>(records: impl Iterator<Item = &'a Record>) -> Option<Self> {
        records.fold(None, |fold, record| Some(Self::take(fold, record)))
    }

    fn take(fold: Option<Self>, record: &Record) -> Self {
        let moment = Moment { now: record.time, id: "device" };
        let mut effects = Effects::new();
        let Some(fold) = fold else {
            let mut context: Device = Codec::default().decode(&record.payload).unwrap();
            let state = State::initial();
            state.enter_initial(&mut context, moment, &mut effects);
            return Self { state, context, completed: false };
        };
        let Self { state, mut context, completed } = fold;
        let Fact::Transition { row, .. } = record.fact else {
            let completed = completed || record.fact == Fact::Stopped;
            return Self { state, context, completed };
        };
        let state = match record.payload.is_empty() {
            true => state.apply_eventless(row, &mut context, moment, &mut effects).unwrap(),
            false => {
                let event = Codec::default().decode(&record.payload).unwrap();
                state.apply(row, &mut context, event, moment, &mut effects).unwrap()
            }
        };
        let completed = State::TABLE.state(state.state_id()).is_final;
        Self { state, context, completed }
    }
}

async fn same(run: &Run, at: impl Into<At> + Copy + std::fmt::Debug, fold: Option<Fold>) {
    match (run.machine().at(at).await, fold) {
        (Ok(seen), Some(fold)) => {
            let seen = (seen.state, seen.context, seen.completed);
            assert_eq!(seen, (fold.state, fold.context, fold.completed), "{at:?}");
        }
        (Err(SendError::NotFound { .. }), None) => {}
        (seen, fold) => panic!("{at:?}: {seen:?}, and a fold: {}", fold.is_some()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_machine_was_what_its_records_make(steps in steps(0), records in 0u16..6) {
        block_on(async {
            let mut run = Run::start(every(records)).await;
            for step in &steps {
                run.take(step).await;
            }
            let all = run.records().await;
            let device = all[0].machine.clone();
            let its: Vec<_> = all.iter().filter(|record| record.machine == device).collect();
            let head = all.last().unwrap().position;
            for position in (0..=head.0 + 1).map(Position) {
                let until = its.iter().copied().take_while(|record| record.position <= position);
                same(&run, position, Fold::of(until)).await;
            }
            for sequence in (0..=its.len() as u64 + 1).map(Sequence) {
                let until = its.iter().copied().take_while(|record| record.sequence <= sequence);
                same(&run, sequence, Fold::of(until)).await;
            }
            for micros in its.iter().flat_map(|it| [-1, 0, 1].map(|by| it.time.micros() + by)) {
                let time = Timestamp::from_micros(micros);
                let until = its.iter().copied().take_while(|record| record.time <= time);
                same(&run, time, Fold::of(until)).await;
            }
            assert_eq!(run.snapshots().discarded, 0);
        });
    }
}

#[tokio::test]
async fn an_older_snapshot_shortens_the_way_back() {
    let mut run = Run::start(every(2)).await;
    for _ in 0..5 {
        run.take(&Step::Send(Event::Connect)).await;
        run.take(&Step::Send(Event::Scrap)).await;
        run.take(&Step::Send(Event::Accepted)).await;
    }
    let used = run.snapshots().used;
    let last = run.machine().state().await.unwrap();
    run.machine().at(last.sequence).await.unwrap();
    assert_eq!(run.snapshots().used, used + 1);
    run.machine().at(Sequence(1)).await.unwrap();
    assert_eq!(run.snapshots().used, used + 1, "no snapshot is as old as that");
}

async fn busy() -> Run {
    let mut run = Run::start(every(0)).await;
    for _ in 0..100 {
        for event in [Event::Connect, Event::Accepted, Event::Drop] {
            run.machine().send(event).await.unwrap();
        }
    }
    run.take(&Step::Send(Event::Look)).await;
    run
}

#[tokio::test]
async fn a_history_is_had_in_pages_and_as_a_stream() {
    let run = busy().await;
    let machine = run.machine();
    let all = machine.history().await.unwrap();
    let seven = NonZeroUsize::new(7).unwrap();
    let (mut paged, mut from): (Vec<Entry<Event>>, _) = (Vec::new(), Sequence(1));
    loop {
        let page = machine.history_page(from, seven).await.unwrap();
        let is_last = page.len() < seven.get();
        from = page.last().map_or(from, |last| last.sequence.next());
        paged.extend(page);
        if is_last {
            break;
        }
    }
    assert_eq!(paged, all);
    let streamed: Vec<_> = machine.history_from(Sequence(1)).try_collect().await.unwrap();
    assert_eq!(streamed, all);
    let rest: Vec<_> = machine.history_from(Sequence(290)).try_collect().await.unwrap();
    assert_eq!(rest, all[289..]);
}

#[tokio::test]
async fn a_page_of_nobody_is_an_error_and_one_behind_the_end_is_empty() {
    let run = busy().await;
    let none = run.system.machine::<State>("nobody");
    let one = NonZeroUsize::MIN;
    let error = none.history_page(Sequence(1), one).await.unwrap_err();
    assert!(matches!(error, SendError::NotFound { .. }), "{error}");
    assert!(run.machine().history_page(Sequence(1_000), one).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_erased_is_not_guessed() {
    let mut run = busy().await;
    let sequence = run.machine().state().await.unwrap().sequence;
    run.take(&Step::Condense).await;
    let error = run.machine().at(sequence).await.unwrap_err();
    assert!(matches!(error, SendError::Erased { first } if first == sequence.next()), "{error}");
    let history = run.machine().history().await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(run.machine().at(sequence.next()).await.unwrap().sequence, sequence.next());
}
