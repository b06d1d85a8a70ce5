//! How a handle's commands get to its machine: by its seat, by its name, or on the sender's thread.
//!
//! A command is queued for the machine's seat if the handle knows that, and under the machine's
//! name otherwise. Where nothing is journaled, nobody has to wait for anything: then the sender has
//! the machine take the event itself if the shard is not at work, and carries out what is queued
//! when that has become much.

use tokio::sync::oneshot;

use super::Machine;
use super::command::{Command, Created, Given, Order, Sent};
use super::error::SendError;
use super::machine_ref::MachineRef;
use super::queue::{Seat, Unqueued};
use crate::machine::Timestamp;

/// After how many queued commands their sender carries them out itself, where nothing is journaled:
/// so many stay in a core's cache, and a producer that never waits does not fill the queue.
const HELPED_AFTER: usize = 1_024;

impl<F: Machine> MachineRef<F> {
    /// Queues an event on no terms, for the machine's seat if that is known.
    #[inline]
    pub(super) fn push_event(
        &self,
        event: F::Event,
        answer: Option<oneshot::Sender<Sent<F>>>,
    ) -> Result<(), SendError<F::Event>> {
        let Some(seat) = self.seat() else { return self.push_by_name(event, answer) };
        let room = match self.lane.queue.room() {
            Ok(room) if room.has(seat) => room,
            Ok(room) => {
                drop(room);
                self.seat.forget();
                return self.push_by_name(event, answer);
            }
            Err(unqueued) => return Err(unqueued.refuse(event)),
        };
        let slot = seat.slot;
        let queued = match answer {
            None => room.put(|| Command::Cast { slot, event }),
            Some(answer) => room.put(|| Command::Send { slot, event, answer }),
        };
        if queued % HELPED_AFTER == 0 && self.kind().is_volatile() {
            self.help();
        }
        Ok(())
    }

    /// Takes a turn in the shard's stead, unless it takes one itself.
    #[cold]
    #[inline(never)]
    fn help(&self) {
        self.lane.glance(|machines| machines.run_directly(self.clock().now()));
    }

    #[cold]
    #[inline(never)]
    fn push_by_name(
        &self,
        event: F::Event,
        answer: Option<oneshot::Sender<Sent<F>>>,
    ) -> Result<(), SendError<F::Event>> {
        let pushed = self.push(None, Order::Send { event, answer, terms: None });
        pushed.map_err(|(unqueued, order)| unqueued.refuse(order.event()))
    }

    /// Has the machine take an event on this thread, if nothing speaks against that; otherwise
    /// gives the event back, to be queued.
    pub(super) fn send_directly(&self, event: F::Event) -> Result<Sent<F>, F::Event> {
        if !self.kind().is_volatile() {
            return Err(event);
        }
        let Some(seat) = self.seat() else { return Err(event) };
        let mut event = Some(event);
        let sent = self.lane.directly(|machines| {
            let event = event.take()?;
            Some(machines.send_directly(seat, event, self.clock().now()))
        });
        sent.flatten().unwrap_or_else(|| match event {
            Some(event) => Err(event),
            None => unreachable!("an event that is taken is answered or given back"),
        })
    }

    /// Creates the machine on this thread, if nothing speaks against that; otherwise gives back
    /// what was given, to be queued.
    pub(super) fn create_directly(
        &self,
        given: Given<F>,
        at: Option<Timestamp>,
    ) -> Result<Created<F>, Given<F>> {
        let mut given = Some(given);
        let created = self.lane.directly(|machines| {
            let time = at.unwrap_or_else(|| self.clock().now());
            let created = machines.create_directly(self.machine_id(), given.take()?, time);
            if let Some(seat) = machines.seat(self.machine_id()) {
                self.seat.learn(seat);
            }
            Some(created)
        });
        created.flatten().unwrap_or_else(|| match given {
            Some(given) => Err(given),
            None => unreachable!("what is taken is answered or given back"),
        })
    }

    /// Where the machine sits, if it is in memory and the shard is not at work.
    #[inline]
    fn seat(&self) -> Option<Seat> {
        self.seat.known().or_else(|| self.find_seat())
    }

    #[cold]
    #[inline(never)]
    fn find_seat(&self) -> Option<Seat> {
        let seat = self.lane.glance(|machines| machines.seat(self.machine_id())).flatten()?;
        self.seat.learn(seat);
        Some(seat)
    }

    pub(super) fn push(
        &self,
        at: Option<Timestamp>,
        order: Order<F>,
    ) -> Result<(), (Unqueued, Order<F>)> {
        let pushed = self.lane.queue.push(Command::letter(self.machine_id().clone(), at, order));
        pushed.map_err(|(unqueued, command)| (unqueued, command.into_order().1))
    }
}
