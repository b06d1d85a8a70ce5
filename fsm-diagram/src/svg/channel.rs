//! The room between two ranks, where lines move aside: each on a track of its own where two would
//! lie on each other.

/// A line's move aside, from where it comes in above to where it goes out below.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jog {
    pub(super) above: f64,
    pub(super) below: f64,
}

/// Two jogs on one track are at least so far apart.
const APART: f64 = 12.0;

impl Jog {
    fn overlaps(&self, other: &Self) -> bool {
        let (left, right) = (self.above.min(self.below), self.above.max(self.below));
        left < other.above.max(other.below) + APART && other.above.min(other.below) < right + APART
    }
}

/// The track of each jog, counted from above.
///
/// Of two that go the same way, the one that is ahead turns first; so neither crosses the other.
/// Two that meet cross once, whichever turns first.
pub(super) fn tracks(jogs: &[Jog]) -> Vec<usize> {
    let all = 0..jogs.len();
    let (mut right, mut left): (Vec<usize>, Vec<usize>) =
        all.partition(|jog| jogs[*jog].above < jogs[*jog].below);
    right.sort_by(|one, other| jogs[*other].above.total_cmp(&jogs[*one].above));
    left.sort_by(|one, other| jogs[*one].above.total_cmp(&jogs[*other].above));
    let mut tracks = vec![0; jogs.len()];
    for (at, jog) in right.iter().enumerate() {
        tracks[*jog] = behind(jogs, &tracks, *jog, &right[..at]);
    }
    for (at, jog) in left.iter().enumerate() {
        let mut track = behind(jogs, &tracks, *jog, &left[..at]);
        let met = right.iter().filter(|other| jogs[**other].overlaps(&jogs[*jog]));
        let mut taken: Vec<usize> = met.map(|other| tracks[*other]).collect();
        taken.sort_unstable();
        for other in taken {
            if other == track {
                track += 1;
            }
        }
        tracks[*jog] = track;
    }
    tracks
}

/// The first track behind all of those that it overlaps.
fn behind(jogs: &[Jog], tracks: &[usize], jog: usize, before: &[usize]) -> usize {
    let met = before.iter().filter(|other| jogs[**other].overlaps(&jogs[jog]));
    met.map(|other| tracks[*other] + 1).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jog(above: f64, below: f64) -> Jog {
        Jog { above, below }
    }

    #[test]
    fn jogs_that_overlap_have_tracks_of_their_own() {
        assert_eq!(tracks(&[jog(0.0, 100.0), jog(20.0, 120.0)]), [1, 0]);
        assert_eq!(tracks(&[jog(120.0, 20.0), jog(100.0, 0.0)]), [1, 0]);
        assert_eq!(tracks(&[jog(0.0, 100.0), jog(150.0, 50.0)]), [0, 1]);
        assert_eq!(tracks(&[jog(0.0, 40.0), jog(60.0, 100.0)]), [0, 0]);
        assert_eq!(tracks(&[]), [0; 0]);
    }
}
