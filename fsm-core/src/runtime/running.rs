//! A live machine meets a command: decide, encode, apply.
//!
//! This is the only place where guards are asked. What is decided goes into the batch being
//! gathered; nothing here waits, and nothing here is seen by anybody until that batch is durable.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::Machine;
use super::answer::{Snapshot, Transition};
use super::command::{Answer, Created, Order, Refusal, Seen, Sent};
use super::error::{SendError, Why};
use super::replay::not_before;
use crate::journal::{
    Batch, Chain, Codec, CodecError, Fact, MachineId, MachineKey, Position, SchemaId, Sequence,
};
use crate::machine::{Decision, Effects, Moment, RowId, Timestamp};

/// How many records a shard hands to the journal at once: enough that the cost of a commit is
/// spread thin, few enough that its callers do not wait for strangers.
const BATCH_RECORDS_MAX: usize = 4_096;
/// How many payload bytes a shard hands to the journal at once. Four batches of a shard may be
/// under way, and the journals have room for those of 64 shards.
const BATCH_BYTES_MAX: usize = 1 << 20;

/// The batch that a shard is filling while the one before is written.
#[derive(Debug)]
pub(super) struct Gathering {
    number: u64,
    batch: Batch,
    /// What the batches that are under way share: each was decided on top of those before.
    chain: Chain,
    record_bytes_max: usize,
}

/// What a command did to a live machine.
#[derive(Debug)]
pub(super) enum Outcome<F: Machine> {
    /// A record was added at this offset of the batch.
    Recorded { machine: Seen<F>, offset: u32, answer: Answer<F> },
    /// Nothing was recorded.
    Unchanged { machine: Seen<F>, answer: Answer<F> },
    /// A guard or an action panicked, and the machine's memory is gone.
    Crashed { answer: Answer<F> },
}

/// What a machine made of an event.
enum Step<F: Machine> {
    Taken { machine: Seen<F>, row: RowId },
    Ignored { machine: Seen<F> },
    Refused { machine: Seen<F>, event: F::Event },
    Unencodable { machine: Seen<F>, source: CodecError },
    TooLarge { machine: Seen<F>, event: F::Event, bytes: usize },
    Broken,
}

impl Gathering {
    /// The first batch for a journal that takes records of this size.
    pub(super) fn new(record_bytes_max: usize) -> Self {
        let (batch, chain) = (Batch::new(), Chain::default());
        Self { number: 0, batch, chain, record_bytes_max }
    }

    /// The number of the batch being gathered.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    pub(super) const fn is_full(&self) -> bool {
        self.batch.len() >= BATCH_RECORDS_MAX || self.batch.payload_bytes() >= BATCH_BYTES_MAX
    }

    /// The batch, to be handed to the journal; the next one is begun.
    pub(super) fn hand_over(&mut self) -> Batch {
        self.number += 1;
        let next = Batch::with_capacity(self.batch.len(), self.batch.payload_bytes());
        std::mem::replace(&mut self.batch, next).chained(&self.chain)
    }

    /// Forgets what was gathered: a batch that it rests on was refused. What is gathered next
    /// rests on what the journal has.
    pub(super) fn abandon(&mut self) {
        self.batch = Batch::new();
        self.chain = Chain::default();
    }

    /// Forgets what was encoded for a record that is not to be.
    pub(super) fn discard(&mut self) {
        self.batch.discard_encoded();
    }

    /// Creates a machine; `None` if that was refused, and the caller has been told.
    pub(super) fn create<F: Machine>(
        &mut self,
        key: &MachineKey,
        schema: SchemaId,
        context: F::Context,
        time: Timestamp,
        answer: oneshot::Sender<Created<F>>,
    ) -> Option<(Seen<F>, u32, Answer<F>)> {
        let refused = match Codec::default().encode(&context, self.batch.payload_buffer()) {
            Err(source) => Some(SendError::Codec { source }),
            Ok(()) => self.too_large(key).map(|bytes| SendError::TooLarge {
                given: context.clone(),
                bytes,
                bytes_max: self.record_bytes_max,
            }),
        };
        if let Some(refused) = refused {
            self.batch.discard_encoded();
            // A caller that no longer waits misses an answer it did not want.
            let _ = answer.send(Err(refused));
            return None;
        }
        let sequence = Sequence::START.next();
        let machine = Snapshot {
            state: F::initial(),
            context,
            completed: false,
            sequence,
            position: Position::START,
            time,
        };
        // User code may panic in `clone`, so it comes before the record.
        let created = Ok(machine.clone());
        let offset = self.record(key, sequence, time, schema, Fact::Created);
        Some((machine, offset, Answer::Create(answer, created)))
    }

    /// Lets a live machine carry out an order. `moment` is the time that the order gives, if it
    /// gives one, and the time now.
    pub(super) fn carry_out<F: Machine>(
        &mut self,
        id: &MachineId,
        key: &MachineKey,
        schema: SchemaId,
        machine: Seen<F>,
        moment: (Option<Timestamp>, Timestamp),
        order: Order<F>,
    ) -> Outcome<F> {
        let time = match moment {
            (Some(at), _) if at < machine.time && order.is_change() => {
                let refusal = Refusal::OutOfOrder { at, last: machine.time };
                return Outcome::Unchanged { machine, answer: order.refused(refusal) };
            }
            (Some(at), _) => at,
            (None, now) => not_before(machine.time, now),
        };
        match order {
            Order::Create { .. } => {
                let refusal = Refusal::AlreadyExists { kind: F::TABLE.name, id: id.clone() };
                Outcome::Unchanged { machine, answer: order.refused(refusal) }
            }
            Order::State { answer } => {
                let answer = Answer::Seen(answer, Ok(machine.clone()));
                Outcome::Unchanged { machine, answer }
            }
            Order::Send { .. } | Order::Stop { .. } if machine.completed => {
                let state = F::TABLE.state(machine.state.state_id()).name;
                let answer = order.refused(Refusal::Completed { state });
                Outcome::Unchanged { machine, answer }
            }
            Order::Stop { answer } => {
                let sequence = machine.sequence.next();
                let machine = Snapshot { completed: true, sequence, time, ..machine };
                let answer = Answer::Seen(answer, Ok(machine.clone()));
                let offset = self.record(key, sequence, time, schema, Fact::Stopped);
                Outcome::Recorded { machine, offset, answer }
            }
            Order::Send { event, answer } => self.send(key, schema, machine, event, time, answer),
        }
    }

    fn send<F: Machine>(
        &mut self,
        key: &MachineKey,
        schema: SchemaId,
        machine: Seen<F>,
        event: F::Event,
        time: Timestamp,
        answer: Option<oneshot::Sender<Sent<F>>>,
    ) -> Outcome<F> {
        let from = machine.state.state_id();
        let moment = Moment { now: time, id: &key.id };
        // What a panic leaves behind is dropped: the machine here, and the half-written payload
        // below. Nothing else was in reach of the closure.
        let stepped = catch_unwind(AssertUnwindSafe(|| self.step(key, machine, event, moment)));
        let (machine, row) = match stepped {
            Ok(Step::Taken { machine, row }) => (machine, row),
            Ok(Step::Ignored { machine }) => {
                let done = answer.is_some().then(|| transition(&machine, from, false));
                return Outcome::Unchanged { machine, answer: sent(answer, done.map(Ok)) };
            }
            Ok(Step::Refused { machine, event }) => {
                let rejected = rejected(&machine, event);
                return Outcome::Unchanged { machine, answer: sent(answer, Some(Err(rejected))) };
            }
            Ok(Step::Unencodable { machine, source }) => {
                self.batch.discard_encoded();
                let error = SendError::Codec { source };
                return Outcome::Unchanged { machine, answer: sent(answer, Some(Err(error))) };
            }
            Ok(Step::TooLarge { machine, event: given, bytes }) => {
                self.batch.discard_encoded();
                let error = SendError::TooLarge { given, bytes, bytes_max: self.record_bytes_max };
                return Outcome::Unchanged { machine, answer: sent(answer, Some(Err(error))) };
            }
            Ok(Step::Broken) => {
                self.batch.discard_encoded();
                let message = "`decide` named a row that `apply` does not take".to_owned();
                let error = SendError::Crashed { message };
                return Outcome::Crashed { answer: sent(answer, Some(Err(error))) };
            }
            Err(panic) => {
                self.batch.discard_encoded();
                let error = SendError::Crashed { message: panic_message(&*panic) };
                return Outcome::Crashed { answer: sent(answer, Some(Err(error))) };
            }
        };
        let (sequence, state) = (machine.sequence.next(), machine.state.state_id());
        let completed = F::TABLE.state(state).is_final;
        let machine = Snapshot { completed, sequence, time, ..machine };
        let done = answer.is_some().then(|| transition(&machine, from, true));
        let offset = self.record(key, sequence, time, schema, Fact::Transition { row, state });
        Outcome::Recorded { machine, offset, answer: sent(answer, done.map(Ok)) }
    }

    /// Decides, encodes the event behind the batch's payloads, and applies, in this order: the
    /// event is gone once it is applied.
    fn step<F: Machine>(
        &mut self,
        key: &MachineKey,
        machine: Seen<F>,
        event: F::Event,
        moment: Moment<'_>,
    ) -> Step<F> {
        let row = match machine.state.decide(&machine.context, &event, moment) {
            Decision::Take(row) => row,
            Decision::Ignore(_) => return Step::Ignored { machine },
            Decision::Refuse | Decision::RefuseQuietly | Decision::Defer => {
                return Step::Refused { machine, event };
            }
        };
        if let Err(source) = Codec::default().encode(&event, self.batch.payload_buffer()) {
            return Step::Unencodable { machine, source };
        }
        if let Some(bytes) = self.too_large(key) {
            return Step::TooLarge { machine, event, bytes };
        }
        let mut context = machine.context;
        let applied = machine.state.apply(row, &mut context, event, moment, &mut Effects::new());
        let Ok(state) = applied else {
            return Step::Broken;
        };
        Step::Taken { machine: Snapshot { state, context, ..machine }, row }
    }

    /// How large the record encoded last is, if that is more than the journal takes.
    fn too_large(&self, key: &MachineKey) -> Option<usize> {
        let bytes = self.batch.encoded_bytes() + key.id.len();
        (bytes > self.record_bytes_max).then_some(bytes)
    }

    /// Makes a record of the payload encoded last, and says where in the batch it stands.
    fn record(
        &mut self,
        key: &MachineKey,
        sequence: Sequence,
        time: Timestamp,
        schema: SchemaId,
        fact: Fact,
    ) -> u32 {
        // `is_full` keeps a batch far below 2^32 records.
        let offset = u32::try_from(self.batch.len()).unwrap_or(u32::MAX);
        self.batch.push_encoded(key.clone(), sequence, time, schema, fact);
        offset
    }
}

fn transition<F: Machine>(
    machine: &Seen<F>,
    from: crate::machine::StateId,
    recorded: bool,
) -> Transition<F> {
    Transition {
        from,
        to: machine.state.state_id(),
        state: machine.state.clone(),
        recorded,
        sequence: machine.sequence,
        position: Position::START,
        time: machine.time,
    }
}

fn rejected<F: Machine>(machine: &Seen<F>, given: F::Event) -> SendError<F::Event> {
    let event = F::TABLE.event(F::event_id(&given));
    let candidates = machine.state.candidates(&given);
    let guards: Vec<_> = candidates.iter().filter_map(|&row| F::TABLE.row(row).guard).collect();
    let why = if guards.is_empty() { Why::NoRow { event } } else { Why::Guards { event, guards } };
    SendError::Rejected { given, state: F::TABLE.state(machine.state.state_id()).name, why }
}

fn sent<F: Machine>(answer: Option<oneshot::Sender<Sent<F>>>, sent: Option<Sent<F>>) -> Answer<F> {
    match (answer, sent) {
        (Some(answer), Some(sent)) => Answer::Send(answer, sent),
        _ => Answer::Nobody,
    }
}

/// What a panic said, if it said it in words.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
