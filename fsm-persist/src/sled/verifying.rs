//! Verifying: one pass over the log after the other, and what is kept beside it.

use std::collections::HashMap;
use std::sync::Arc;

use fsm_core::journal::{KindId, MachineId, MachineKey, Position, SchemaId, SpaceId};

use super::erasure::Erasures;
use super::heads::{Head, NameHasher};
use super::histories::{Break, Histories, Last};
use super::progress::Teller;
use super::scan::{Chunk, Entry, Gap, Header, Item};
use super::store::{Store, StoreError};
use super::verify_report::{Finding, Part, Verdict, VerifyReport};
use super::walk::{Hole, Step, Walk};
use super::{cursor, snapshot};

/// What a log is verified against.
pub(super) trait Ground {
    fn kind(&self, schema: SchemaId) -> Option<KindId>;
    fn has_space(&self, space: SpaceId) -> bool;
    fn erasures(&self) -> Arc<Erasures>;
    /// What the stored index says of a machine.
    fn find(&self, machine: u128) -> Result<Option<Head>, StoreError>;
    /// Whether the journal goes on meanwhile: then the index may know more than was read.
    fn is_open(&self) -> bool;
    /// Whether it was closed or stopped meanwhile: nobody shall wait for the verifying then.
    fn is_ended(&self) -> bool;
    /// Whether what looked wrong about a machine still is: it may have been erased meanwhile.
    fn confirm(&self, machine: &MachineKey) -> bool;
}

/// Verifying at work.
pub(super) struct Verifying<'a, G: Ground> {
    pub(super) store: &'a Store,
    pub(super) ground: &'a G,
    pub(super) hasher: NameHasher,
    pub(super) report: VerifyReport,
    pub(super) histories: Histories,
    /// The last position that is looked at, and the slot behind it.
    pub(super) last: u64,
    pub(super) end: u64,
    /// Up to which position the stored index goes; `None` if it is not to be compared.
    pub(super) indexed: Option<u64>,
}

/// What one pass has met.
#[derive(Debug, Default)]
struct Pass {
    is_first: bool,
    spaces: HashMap<SpaceId, Last>,
    compared: bool,
}

impl<G: Ground> Verifying<'_, G> {
    /// Reads everything.
    pub(super) fn run(&mut self, teller: &mut Teller<'_>) -> Result<(), StoreError> {
        loop {
            self.pass(teller)?;
            self.check_snapshots()?;
            self.report.machines += self.histories.len() as u64;
            self.report.passes += 1;
            if self.ground.is_ended() || !self.histories.next_pass() {
                break;
            }
        }
        self.check_cursors()?;
        teller.tell_now(self.last * u64::from(self.report.passes), 0);
        Ok(())
    }

    fn pass(&mut self, teller: &mut Teller<'_>) -> Result<(), StoreError> {
        let is_first = self.report.passes == 0;
        let mut pass = Pass { is_first, compared: self.indexed.is_none(), ..Pass::default() };
        let before = self.last * u64::from(self.report.passes);
        let mut walk = Walk::new(self.store, self.end);
        while let Some(step) = walk.next_step() {
            match step {
                Step::Chunk { chunk, from, fault } => {
                    if is_first && let Some(fault) = fault {
                        let header = chunk.header();
                        let finding = Finding::new(Part::Log, Verdict::NeedsSalvage, fault);
                        self.report.add(finding.at(header.first, header.slot));
                    }
                    self.chunk(&mut pass, &chunk, from)?;
                }
                Step::Hole(hole) if is_first => self.hole(&hole),
                Step::Hole(_) => {}
            }
            let position = walk.at().position;
            if is_first {
                self.report.head = Position(position.min(self.last));
            }
            teller.tell(before + position, self.last.max(before + position));
            let is_open = self.ground.is_open();
            if is_open && (position >= self.last || self.ground.is_ended()) {
                break;
            }
        }
        if !pass.compared {
            self.compare(&mut pass)?;
        }
        Ok(())
    }

    fn hole(&mut self, hole: &Hole) {
        let finding = match hole.behind {
            Some((_, next)) => {
                let lost = next - hole.first;
                let why = format!("{}: {lost} records cannot be read", hole.why);
                Finding::new(Part::Log, Verdict::NeedsSalvage, why)
            }
            None => Finding::new(Part::Tail, Verdict::Repairable, hole.why.clone()),
        };
        self.report.add(finding.at(hole.first, hole.slot));
    }

    fn chunk(&mut self, pass: &mut Pass, chunk: &Chunk, from: u64) -> Result<(), StoreError> {
        let header = *chunk.header();
        let erasures = self.ground.erasures();
        if pass.is_first {
            self.report.chunks += 1;
        }
        let mut items = chunk.entries();
        while let Some(item) = items.next_item() {
            let item = match item {
                Ok(item) => item,
                Err(why) => {
                    if pass.is_first {
                        let finding = Finding::new(Part::Log, Verdict::NeedsSalvage, why);
                        self.report.add(finding.at(header.first, header.slot));
                    }
                    return Ok(());
                }
            };
            let Some(item) = beginning(item, from) else { continue };
            if let Item::Record(entry) = &item
                && entry.position > self.last
            {
                return Ok(());
            }
            let mut item = item;
            if let Some(covered) = self.indexed.filter(|_| !pass.compared) {
                let (before, behind) = split(item, covered);
                if let (Some(Item::Gap(_)), Some(_)) = (&before, &behind)
                    && pass.is_first
                {
                    before.iter().for_each(|before| self.space(pass, &header, before));
                }
                if let Some(behind) = behind {
                    self.compare(pass)?;
                    item = behind;
                }
            }
            if pass.is_first {
                self.space(pass, &header, &item);
            }
            if let Item::Record(entry) = item {
                self.record(pass, &header, &entry, &erasures);
            }
        }
        Ok(())
    }

    /// Checks what a chunk says of a space.
    fn space(&mut self, pass: &mut Pass, header: &Header, item: &Item<'_>) {
        let (id, first, back, position, count) = match item {
            Item::Record(entry) => {
                self.report.records += 1;
                (entry.space, entry.space_sequence, entry.space_back, entry.position, 1)
            }
            Item::Gap(Gap { space, space_sequence, space_back, position, count }) => {
                self.report.erased += u64::from(*count);
                (*space, *space_sequence, *space_back, *position, u64::from(*count))
            }
        };
        let before = pass.spaces.insert(id, Last::in_chunk(header, first + count - 1));
        let expected = before.map_or(1, |last| last.sequence + 1);
        let wrong = if first != expected {
            Some(format!("{id} goes on with {first} where {expected} was to come"))
        } else {
            let lost =
                before.is_some_and(|last| last.slot < header.slot && !last.is_found(header, back));
            lost.then(|| format!("{id} does not point to where it was before"))
        };
        if let Some(why) = wrong {
            let finding = Finding::new(Part::Space, Verdict::NeedsSalvage, why);
            self.report.add(finding.at(position, header.slot));
        }
    }

    fn record(&mut self, pass: &Pass, header: &Header, entry: &Entry<'_>, erasures: &Erasures) {
        let kind = self.ground.kind(entry.schema);
        if erasures.cover(entry, kind) {
            return;
        }
        let Some(kind) = kind else {
            if pass.is_first {
                let why = format!("its {} is not known", entry.schema);
                let finding = Finding::new(Part::Schemas, Verdict::NeedsSalvage, why);
                self.report.add(finding.at(entry.position, header.slot));
            }
            return;
        };
        if pass.is_first && !self.ground.has_space(entry.space) {
            let name = name(entry, kind);
            if !self.ground.is_open() {
                let why = format!("there is no {}", entry.space);
                let finding = Finding::new(Part::Space, Verdict::NeedsSalvage, why);
                self.report.add(finding.at(entry.position, header.slot).of(name));
            }
        }
        let machine = self.hasher.parts(kind, entry.space, entry.id);
        if !self.histories.has(machine) {
            return;
        }
        let begins = erasures.begin_at(entry, Some(kind));
        if let Err(wrong) = self.histories.take(machine, entry, header, begins) {
            self.broken(entry, header, kind, wrong);
        }
    }

    fn broken(&mut self, entry: &Entry<'_>, header: &Header, kind: KindId, wrong: Break) {
        let name = name(entry, kind);
        if name.as_ref().is_some_and(|name| !self.ground.confirm(name)) {
            return;
        }
        let why = format!("the record of sequence {}: {wrong}", entry.sequence);
        let finding = Finding::new(Part::History, Verdict::NeedsSalvage, why);
        self.report.add(finding.at(entry.position, header.slot).of(name));
    }

    /// Compares the heads of the machines that were met with those of the stored index.
    fn compare(&mut self, pass: &mut Pass) -> Result<(), StoreError> {
        pass.compared = true;
        let is_open = self.ground.is_open();
        let mut wrong = Vec::new();
        let spaces: Vec<(u128, Last)> =
            pass.spaces.iter().map(|(&id, &last)| (self.hasher.space(id), last)).collect();
        let here = spaces.into_iter().filter(|_| pass.is_first);
        for (machine, last) in self.histories.met().chain(here) {
            let found = match self.ground.find(machine) {
                Ok(found) => found,
                Err(StoreError::Index { why }) => {
                    // Every other machine of the block would be told of as well.
                    self.report.add(Finding::new(Part::Index, Verdict::Repairable, why));
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            let newer = |head: Head| is_open && head.sequence > last.sequence;
            if !found.is_some_and(|head| last.is_at(head) || newer(head)) {
                wrong.push((machine, last, found));
            }
        }
        for (machine, last, found) in wrong {
            self.wrong_head(machine, last, found)?;
        }
        Ok(())
    }

    fn wrong_head(
        &mut self,
        machine: u128,
        last: Last,
        found: Option<Head>,
    ) -> Result<(), StoreError> {
        let chunk = match self.store.chunk(last.slot) {
            Ok(chunk) => chunk,
            Err(StoreError::Damaged { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let found = found.unwrap_or_default();
        let erasures = self.ground.erasures();
        for entry in chunk.entries().flatten() {
            let kind = self.ground.kind(entry.schema);
            let is_space = self.hasher.space(entry.space) == machine;
            if !self.ground.has_space(entry.space) || erasures.cover(&entry, kind) {
                continue;
            }
            let Some(kind) = kind else { continue };
            let is_machine = self.hasher.parts(kind, entry.space, entry.id) == machine;
            let sequence = if is_space { entry.space_sequence } else { entry.sequence };
            if (is_machine || is_space) && sequence == last.sequence {
                let why = format!(
                    "it has sequence {} in slot {}, and the log has {} in slot {}",
                    found.sequence, found.slot, last.sequence, last.slot
                );
                let finding = Finding::new(Part::Index, Verdict::Repairable, why);
                let name = if is_machine { name(&entry, kind) } else { None };
                self.report.add(finding.at(entry.position, chunk.slot()).of(name));
                return Ok(());
            }
        }
        Ok(())
    }

    fn check_snapshots(&mut self) -> Result<(), StoreError> {
        let (from, to) = self.histories.range();
        let mut next = Some((from, 0));
        while let Some(found) = next.map(|next| snapshot::find(self.store, next)).transpose()? {
            let Some((machine, sequence)) = found.filter(|&(machine, _)| machine <= to) else {
                break;
            };
            self.report.snapshots += 1;
            if let Some(why) = self.snapshot_fault(machine, sequence)? {
                self.report.add(Finding::new(Part::Snapshot, Verdict::Repairable, why));
            }
            next = match sequence.checked_add(1) {
                Some(sequence) => Some((machine, sequence)),
                None => machine.checked_add(1).map(|machine| (machine, 0)),
            };
        }
        Ok(())
    }

    fn snapshot_fault(&self, machine: u128, sequence: u64) -> Result<Option<String>, StoreError> {
        let met = self.histories.find(machine).map(|last| last.sequence);
        let stored = if self.ground.is_open() { self.ground.find(machine)? } else { None };
        let last = met.max(stored.map(|head| head.sequence)).unwrap_or(0);
        if last < sequence {
            let gone = self.ground.is_open() && !snapshot::is_there(self.store, machine, sequence)?;
            let why = if last == 0 {
                format!("one of sequence {sequence} is of a machine that there is not")
            } else {
                format!("one of sequence {sequence} is of a machine that is at {last}")
            };
            return Ok((!gone).then_some(why));
        }
        let mut read = snapshot::check(self.store, machine, sequence)?;
        if read.is_err() && self.ground.is_open() {
            // It may have been replaced between two reads.
            read = match snapshot::is_there(self.store, machine, sequence)? {
                true => snapshot::check(self.store, machine, sequence)?,
                false => Ok(()),
            };
        }
        Ok(read.err().map(|why| format!("one of sequence {sequence}: {why}")))
    }

    fn check_cursors(&mut self) -> Result<(), StoreError> {
        for (name, cursor) in cursor::each(self.store)? {
            self.report.cursors += 1;
            let why = match cursor {
                Err(error) => Some(error.to_string()),
                Ok(at) if at.0 > self.last && !self.ground.is_open() => {
                    Some(format!("it stands at {at}, and the log ends at {}", self.last))
                }
                Ok(_) => None,
            };
            if let Some(why) = why {
                let why = format!("`{}`: {why}", String::from_utf8_lossy(&name));
                self.report.add(Finding::new(Part::Cursor, Verdict::Repairable, why));
            }
        }
        Ok(())
    }
}

/// What of an item is at `from` or behind it.
pub(super) fn beginning(item: Item<'_>, from: u64) -> Option<Item<'_>> {
    match item {
        Item::Record(entry) => (entry.position >= from).then_some(item),
        Item::Gap(gap) => {
            let skipped = u32::try_from(from.saturating_sub(gap.position)).unwrap_or(u32::MAX);
            let count = gap.count.checked_sub(skipped).filter(|&count| count > 0)?;
            let (position, space_sequence) =
                (gap.position + u64::from(skipped), gap.space_sequence + u64::from(skipped));
            Some(Item::Gap(Gap { position, space_sequence, count, ..gap }))
        }
    }
}

/// What of an item is up to a position, and what is behind it.
fn split(item: Item<'_>, last: u64) -> (Option<Item<'_>>, Option<Item<'_>>) {
    let behind = beginning(item, last.saturating_add(1));
    let before = match (item, &behind) {
        (_, None) => Some(item),
        (Item::Gap(gap), Some(Item::Gap(rest))) if rest.count < gap.count => {
            Some(Item::Gap(Gap { count: gap.count - rest.count, ..gap }))
        }
        _ => None,
    };
    (before, behind)
}

/// The name of a record's machine; `None` if its id is no text.
pub(super) fn name(entry: &Entry<'_>, kind: KindId) -> Option<MachineKey> {
    let id = MachineId::from(std::str::from_utf8(entry.id).ok()?);
    Some(MachineKey { space: entry.space, kind, id })
}
