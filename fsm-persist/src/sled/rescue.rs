//! Finding out what of a damaged log is whole: which machines lost records, and whose the places
//! are that cannot be read.

use std::collections::HashMap;

use fsm_core::journal::{Fact, KindId, MachineKey, Sequence, SpaceId};

use super::heads::NameHasher;
use super::histories::{Break, Histories};
use super::index::Index;
use super::progress::Teller;
use super::scan::{Chunk, Entry, Header, Item};
use super::shared::Known;
use super::store::{Store, StoreError};
use super::verifying::name;
use super::walk::{Step, Walk};

/// Whoever owned places that cannot be read, and is not known: no space has this number.
pub(super) const NOBODY: SpaceId = SpaceId(u32::MAX);

/// A run of positions that cannot be read.
#[derive(Clone, Debug)]
pub(super) struct Hole {
    pub(super) count: u64,
    /// Whose they were, as far as the sequences behind tell.
    pub(super) spaces: Vec<(SpaceId, u64)>,
}

/// A machine that lost records.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) machine: Option<MachineKey>,
    /// The sequences that are missing.
    pub(super) missing: Vec<(u64, u64)>,
    /// The position from which on it is whole again, by a base.
    whole_from: u64,
    /// The position of the first record behind the last hole; `None` if it is whole since.
    hole: Option<u64>,
}

/// What was found out.
pub(super) struct Rescue<'a> {
    pub(super) store: &'a Store,
    pub(super) known: &'a Known,
    pub(super) hasher: NameHasher,
    /// The index as it was stored, which may know of records that are lost.
    pub(super) index: Option<Index>,
    pub(super) end: u64,
    pub(super) histories: Histories,
    pub(super) holes: Vec<Hole>,
    pub(super) broken: HashMap<u128, Broken>,
    pub(super) machines: u64,
    spaces: HashMap<SpaceId, (u64, usize)>,
}

/// Something of the log, in order.
pub(super) enum Piece<'a> {
    Item(&'a Header, Item<'a>),
    /// So many cannot be read, with records behind them.
    Hole(u64),
}

impl Broken {
    /// Whether the record at this position is kept.
    pub(super) fn keeps(&self, position: u64, up_to_hole: bool) -> bool {
        let whole = self.hole.is_none_or(|hole| up_to_hole && position < hole);
        position >= self.whole_from && whole
    }
}

impl<'a> Rescue<'a> {
    pub(super) fn new(
        store: &'a Store,
        known: &'a Known,
        secret: &[u8; 16],
        index: Option<Index>,
        end: u64,
        machines_max: usize,
    ) -> Self {
        Self {
            store,
            known,
            hasher: NameHasher::new(secret),
            index,
            end,
            histories: Histories::new(machines_max),
            holes: Vec::new(),
            broken: HashMap::new(),
            machines: 0,
            spaces: HashMap::new(),
        }
    }

    /// Goes through everything that can be read, as often as there are machines to be followed.
    pub(super) fn run(&mut self, teller: &mut Teller<'_>) -> Result<(), StoreError> {
        let mut is_first = true;
        loop {
            let (store, end) = (self.store, self.end);
            each_piece(store, end, teller, |piece| {
                self.piece(&piece, is_first);
                Ok(())
            })?;
            self.machines += self.histories.len() as u64;
            self.check_ends();
            is_first = false;
            if !self.histories.next_pass() {
                return Ok(());
            }
        }
    }

    fn piece(&mut self, piece: &Piece<'_>, is_first: bool) {
        match piece {
            Piece::Hole(count) if is_first => {
                self.holes.push(Hole { count: *count, spaces: Vec::new() });
            }
            Piece::Hole(_) => {}
            Piece::Item(header, item) => {
                if is_first {
                    self.space(item);
                }
                if let Item::Record(entry) = item {
                    self.record(header, entry);
                }
            }
        }
    }

    /// Follows the sequences of spaces: those that are missing were in the holes since.
    fn space(&mut self, item: &Item<'_>) {
        let (space, first, count) = match item {
            Item::Record(entry) => (entry.space, entry.space_sequence, 1),
            Item::Gap(gap) => (gap.space, gap.space_sequence, u64::from(gap.count)),
        };
        let behind = (first + count, self.holes.len());
        let (expected, since) = self.spaces.insert(space, behind).unwrap_or((1, 0));
        let mut missing = first.saturating_sub(expected);
        // By the order in which spaces are met again, the earliest hole first: if any way to fill
        // the holes fits, this one does.
        for hole in &mut self.holes[since..] {
            let taken: u64 = hole.spaces.iter().map(|(_, count)| count).sum();
            let here = missing.min(hole.count.saturating_sub(taken));
            if here > 0 {
                hole.spaces.push((space, here));
                missing -= here;
            }
        }
    }

    /// The kind of a record that is to be kept.
    pub(super) fn kind(&self, entry: &Entry<'_>) -> Option<KindId> {
        let kind = self.known.schemas.kind_of(entry.schema)?;
        let is_there = self.known.spaces.has(entry.space) && name(entry, kind).is_some();
        (is_there && !self.known.erasures.cover(entry, Some(kind))).then_some(kind)
    }

    fn record(&mut self, header: &Header, entry: &Entry<'_>) {
        let Some(kind) = self.kind(entry) else { return };
        let machine = self.hasher.parts(kind, entry.space, entry.id);
        if !self.histories.has(machine) {
            return;
        }
        let begins = self.known.erasures.begin_at(entry, Some(kind));
        let missing = match self.histories.take(machine, entry, header, begins) {
            // Pointers are made anew.
            Ok(()) | Err(Break::Pointer(_)) => {
                let is_base = matches!(entry.fact, Fact::Base { .. });
                let broken = self.broken.get_mut(&machine);
                // A base behind a base takes nothing away.
                if let Some(broken) = broken.filter(|known| is_base && known.hole.is_some()) {
                    broken.heal(entry.position);
                }
                return;
            }
            Err(Break::NoBeginning) => (1, entry.sequence - 1),
            Err(Break::Follows(last)) => (last.saturating_add(1), entry.sequence - 1),
        };
        let broken = self.broken.entry(machine).or_insert_with(|| Broken {
            machine: name(entry, kind),
            missing: Vec::new(),
            whole_from: 0,
            hole: None,
        });
        if missing.0 <= missing.1 {
            broken.missing.push(missing);
        }
        broken.hole.get_or_insert(entry.position);
        if matches!(entry.fact, Fact::Base { .. }) || entry.sequence == 1 {
            broken.heal(entry.position);
        }
    }

    /// Names the machines of which the index knows records behind the last that can be read.
    fn check_ends(&mut self) {
        let Some(index) = &self.index else { return };
        for (machine, last) in self.histories.met() {
            let head = index.find(self.store, machine).ok().flatten().unwrap_or_default();
            if head.sequence <= last.sequence {
                continue;
            }
            let Ok(chunk) = self.store.chunk(last.slot) else { continue };
            let hasher = &mut self.hasher;
            let named = chunk.entries().flatten().find_map(|entry| {
                let kind = self.known.schemas.kind_of(entry.schema)?;
                let is_it = hasher.parts(kind, entry.space, entry.id) == machine;
                if is_it { name(&entry, kind) } else { None }
            });
            let broken = self.broken.entry(machine).or_insert_with(|| Broken {
                machine: named,
                missing: Vec::new(),
                whole_from: 0,
                hole: None,
            });
            broken.missing.push((last.sequence + 1, head.sequence));
        }
    }
}

impl Broken {
    /// It is whole from this position on.
    const fn heal(&mut self, position: u64) {
        self.whole_from = position;
        self.hole = None;
    }

    /// The sequences that are missing.
    pub(super) fn missing(&self) -> Vec<(Sequence, Sequence)> {
        self.missing.iter().map(|&(first, last)| (Sequence(first), Sequence(last))).collect()
    }
}

/// Goes through the log in order, with what cannot be read as holes; what is behind the last
/// readable record is no hole.
pub(super) fn each_piece(
    store: &Store,
    end: u64,
    teller: &mut Teller<'_>,
    mut each: impl FnMut(Piece<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut walk = Walk::new(store, end);
    let mut next = 1;
    while let Some(step) = walk.next_step() {
        let Step::Chunk { chunk, .. } = step else { continue };
        if chunk.header().first > next {
            each(Piece::Hole(chunk.header().first - next))?;
        }
        next = each_item(&chunk, &mut each)?;
        teller.tell(next, 0);
    }
    Ok(())
}

/// The items of a chunk, up to the first that makes no sense; the position behind them.
fn each_item(
    chunk: &Chunk,
    each: &mut impl FnMut(Piece<'_>) -> Result<(), StoreError>,
) -> Result<u64, StoreError> {
    let mut next = chunk.header().first;
    let mut items = chunk.entries();
    while let Some(Ok(item)) = items.next_item() {
        next = match &item {
            Item::Record(entry) => entry.position + 1,
            Item::Gap(gap) => gap.position + u64::from(gap.count),
        };
        each(Piece::Item(chunk.header(), item))?;
    }
    Ok(next)
}
