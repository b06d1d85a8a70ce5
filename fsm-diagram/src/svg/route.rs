//! Wires through ranks: where they leave and reach the boxes, and where they move aside.
//!
//! Within a rank a wire runs straight, across the rank's whole height; it moves aside only in the
//! channel between two ranks, where no box is. So no wire crosses a box. A channel with many tracks
//! is widened.

use std::collections::BTreeMap;

use super::channel::{self, Jog};
use super::draw::HEAD;
use super::geometry::{Point, Rect};
use super::sketch::{Course, Placement, Sketch};

/// From a box's corner to the first wire.
const CORNER: f64 = 14.0;
/// Between two wires at a box.
const APART: f64 = 18.0;
/// A move aside that would be seen as a mistake.
const KINK_MAX: f64 = 4.0;
/// Between two tracks of a channel.
const TRACK: f64 = 7.0;
/// Above the first track and below the last: room for a head and a turn.
const SHORE: f64 = HEAD + 5.0;
/// From a dot to the box below it.
const DOT_REACH: f64 = 36.0;

/// A layout in ranks, before its wires are led: centers, groups, and for each wire a point for each
/// rank between its ends and the center of its label.
#[derive(Debug, Default)]
pub(super) struct Ranked {
    pub(super) nodes: Vec<Point>,
    pub(super) groups: Vec<Rect>,
    pub(super) wires: Vec<(Vec<Point>, Point)>,
}

/// Leads every wire.
pub(super) fn lead(sketch: &Sketch, mut ranked: Ranked) -> Placement {
    let ends = ends(sketch, &ranked);
    let ranks = Ranks::new(sketch, &ranked);
    let wires = sketch.wires.iter().zip(&ranked.wires).zip(&ends);
    let ways: Vec<Vec<Point>> = wires
        .map(|((wire, (bends, _)), (start, tip))| {
            let (from, to) = (ranked.nodes[wire.source].y, ranked.nodes[wire.target].y);
            let start = Point { x: start.x, y: from };
            let tip = Point { x: tip.x, y: to };
            [start].into_iter().chain(bends.iter().copied()).chain([tip]).collect()
        })
        .collect();
    let channels = channels(&ranks, &ways);
    let ranks = ranks.with_room(&channels);
    let mut wires = Vec::with_capacity(ways.len());
    for (at, ((way, (start, tip)), (_, label))) in
        ways.iter().zip(&ends).zip(&ranked.wires).enumerate()
    {
        let start = Point { x: start.x, y: start.y + ranks.shift(way[0].y) };
        let tip = Point { x: tip.x, y: tip.y + ranks.shift(way[way.len() - 1].y) };
        let mut points = vec![start];
        for (leg, pair) in way.windows(2).enumerate() {
            if let Some(y) = channels.track(&ranks, (at, leg)) {
                points.push(Point { x: pair[0].x, y });
                points.push(Point { x: pair[1].x, y });
            }
        }
        points.push(tip);
        let label = Point { x: label.x, y: label.y + ranks.shift(label.y) };
        wires.push(Course { points, label });
    }
    for node in &mut ranked.nodes {
        node.y += ranks.shift(node.y);
    }
    for group in &mut ranked.groups {
        group.top += ranks.shift(group.top);
        group.bottom += ranks.shift(group.bottom);
    }
    let mut placement = Placement { nodes: ranked.nodes, groups: ranked.groups, wires };
    draw_near(sketch, &mut placement);
    placement
}

/// Moves every dot along its wire to where it begins, if the wire is straight; not into a group.
fn draw_near(sketch: &Sketch, placement: &mut Placement) {
    for (wire, course) in sketch.wires.iter().zip(&mut placement.wires) {
        let dot = &sketch.nodes[wire.source];
        let (true, [start, tip]) = (dot.is_dot, course.points.as_mut_slice()) else { continue };
        let way = (tip.y - start.y).signum();
        let mut nearest = tip.y - way * DOT_REACH;
        let mut around = sketch.nodes[wire.target].group;
        while let Some(group) = around.filter(|group| dot.group != Some(*group)) {
            let rect = placement.groups[group];
            let border = if way > 0.0 { rect.top } else { rect.bottom };
            nearest = further(nearest, border - way * SHORE, -way);
            around = sketch.groups[group].group;
        }
        if (nearest - start.y) * way > 0.0 {
            start.y = nearest;
            placement.nodes[wire.source].y = nearest - way * dot.size.height / 2.0;
        }
    }
}

/// Whichever of the two is further on the way.
fn further(one: f64, other: f64, way: f64) -> f64 {
    if way > 0.0 { one.max(other) } else { one.min(other) }
}

/// A rank: its middle, half its height, and by how much it is moved down.
struct Rank {
    middle: f64,
    half: f64,
    shift: f64,
}

/// The ranks from above.
struct Ranks(Vec<Rank>);

impl Ranks {
    fn new(sketch: &Sketch, ranked: &Ranked) -> Self {
        let nodes = ranked.nodes.iter().zip(&sketch.nodes);
        let nodes = nodes.map(|(center, node)| (center.y, node.size.height / 2.0));
        let wires = ranked.wires.iter().zip(&sketch.wires);
        let labels = wires.map(|((_, label), wire)| (label.y, wire.label.height / 2.0));
        let bends = ranked.wires.iter().flat_map(|(bends, _)| bends).map(|bend| (bend.y, 0.0));
        let mut all: Vec<(f64, f64)> = nodes.chain(labels).chain(bends).collect();
        all.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut ranks: Vec<Rank> = Vec::new();
        for (middle, half) in all {
            match ranks.last_mut() {
                Some(rank) if middle - rank.middle < 0.5 => rank.half = rank.half.max(half),
                _ => ranks.push(Rank { middle, half, shift: 0.0 }),
            }
        }
        Self(ranks)
    }

    /// The last rank that is not below.
    fn rank(&self, y: f64) -> usize {
        self.0.partition_point(|rank| rank.middle < y + 0.25).saturating_sub(1)
    }

    fn shift(&self, y: f64) -> f64 {
        let above = self.0.first().is_none_or(|rank| y + 0.25 < rank.middle);
        if above { 0.0 } else { self.0[self.rank(y)].shift }
    }

    /// The channel below a rank, as it is now.
    fn channel(&self, rank: usize) -> (f64, f64) {
        let bottom = |rank: &Rank| rank.middle + rank.half + rank.shift;
        let top = |rank: &Rank| rank.middle - rank.half + rank.shift;
        let from = self.0.get(rank).map_or(0.0, bottom);
        (from, self.0.get(rank + 1).map_or(from, top))
    }

    /// The ranks moved apart, so that every channel has room for its tracks.
    fn with_room(mut self, channels: &Channels) -> Self {
        let mut shift = 0.0;
        for rank in 0..self.0.len() {
            let (from, to) = self.channel(rank);
            self.0[rank].shift = shift;
            let tracks = u32::try_from(channels.count(rank)).unwrap_or(u32::MAX);
            if tracks > 0 {
                let needed = 2.0 * SHORE + f64::from(tracks) * TRACK;
                shift += (needed - (to - from)).max(0.0);
            }
        }
        self
    }
}

/// A wire's way from one rank to the next: the wire, and how many lie before it.
type Leg = (usize, usize);

/// The tracks: by leg, the rank above and the track's number; by rank, how many tracks there are.
#[derive(Default)]
struct Channels {
    legs: BTreeMap<Leg, (usize, usize)>,
    counts: BTreeMap<usize, usize>,
}

impl Channels {
    fn count(&self, rank: usize) -> usize {
        self.counts.get(&rank).copied().unwrap_or(0)
    }

    /// The height at which a leg moves aside, if it does.
    fn track(&self, ranks: &Ranks, leg: Leg) -> Option<f64> {
        let (rank, track) = self.legs.get(&leg)?;
        let (from, to) = ranks.channel(*rank);
        let part = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let share = (part(*track) + 0.5) / part(self.count(*rank).max(1));
        Some(from + SHORE + (to - from - 2.0 * SHORE) * share)
    }
}

fn channels(ranks: &Ranks, ways: &[Vec<Point>]) -> Channels {
    let mut by_rank: BTreeMap<usize, (Vec<Leg>, Vec<Jog>)> = BTreeMap::new();
    for (wire, way) in ways.iter().enumerate() {
        for (leg, pair) in way.windows(2).enumerate() {
            if (pair[0].x - pair[1].x).abs() < 0.05 {
                continue;
            }
            let (upper, lower) =
                if pair[0].y < pair[1].y { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
            let (legs, jogs) = by_rank.entry(ranks.rank(upper.y)).or_default();
            legs.push((wire, leg));
            jogs.push(Jog { above: upper.x, below: lower.x });
        }
    }
    let mut channels = Channels::default();
    for (rank, (legs, jogs)) in by_rank {
        let tracks = channel::tracks(&jogs);
        let count = tracks.iter().max().map_or(0, |last| last + 1);
        channels.counts.insert(rank, count);
        channels.legs.extend(legs.into_iter().zip(tracks.into_iter().map(|track| (rank, track))));
    }
    channels
}

/// Where a wire meets a box.
struct End {
    node: usize,
    below: bool,
    /// Where it would meet it best.
    wanted: f64,
    wire: usize,
    is_tip: bool,
}

/// Both ends of every wire, apart from each other.
fn ends(sketch: &Sketch, ranked: &Ranked) -> Vec<(Point, Point)> {
    let mut ends = Vec::with_capacity(2 * sketch.wires.len());
    for (wire, (spec, (bends, _))) in sketch.wires.iter().zip(&ranked.wires).enumerate() {
        let center = |node: usize| ranked.nodes[node];
        let toward_first = bends.first().copied().unwrap_or(center(spec.target));
        let toward_last = bends.last().copied().unwrap_or(center(spec.source));
        for (node, toward, is_tip) in
            [(spec.source, toward_first, false), (spec.target, toward_last, true)]
        {
            let below = toward.y > center(node).y;
            ends.push(End { node, below, wanted: toward.x, wire, is_tip });
        }
    }
    ends.sort_by(|one, other| {
        let key = |end: &End| (end.node, end.below);
        let wanted = one.wanted.total_cmp(&other.wanted);
        let tie = (one.wire, one.is_tip).cmp(&(other.wire, other.is_tip));
        key(one).cmp(&key(other)).then(wanted).then(tie)
    });
    let mut points = vec![(Point::default(), Point::default()); sketch.wires.len()];
    for side in ends.chunk_by(|one, other| (one.node, one.below) == (other.node, other.below)) {
        let node = side[0].node;
        let rect = sketch.nodes[node].body_at(ranked.nodes[node]);
        let wanted: Vec<f64> = side.iter().map(|end| end.wanted).collect();
        for (end, x) in side.iter().zip(spread(&wanted, rect.left, rect.right)) {
            let point = Point { x, y: if end.below { rect.bottom } else { rect.top } };
            let (start, tip) = &mut points[end.wire];
            *(if end.is_tip { tip } else { start }) = point;
        }
    }
    points
}

/// Places on a side near the wanted ones, which ascend, and apart as far as the side allows.
fn spread(wanted: &[f64], left: f64, right: f64) -> Vec<f64> {
    let corner = CORNER.min((right - left) / 2.0);
    let (left, right) = (left + corner, right - corner);
    let gaps = u32::try_from(wanted.len().saturating_sub(1).max(1)).unwrap_or(u32::MAX);
    let apart = APART.min((right - left) / f64::from(gaps));
    let mut places: Vec<f64> = wanted.iter().map(|x| x.max(left).min(right)).collect();
    for at in 1..places.len() {
        places[at] = places[at].max(places[at - 1] + apart);
    }
    let mut limit = right;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - apart;
    }
    // Rather a little too near than a kink.
    for (place, wanted) in places.iter_mut().zip(wanted) {
        if (*place - wanted).abs() < KINK_MAX {
            *place = *wanted;
        }
    }
    places
}
