//! How far a line would reach: the number of ranks between its ends in a layered picture.
//!
//! A line costs the layout a place in every rank it passes, and the reader as much. The estimate
//! ranks states by the longest path, as the layout does at its start, after turning around the rows
//! that lead back.

/// Which of the lines may be drawn so that all together span at most `spans_max` ranks: the
/// shortest.
pub(super) fn within(count: usize, lines: &[(usize, usize)], spans_max: usize) -> Vec<bool> {
    let spans = spans(count, lines);
    let mut by_span: Vec<usize> = (0..lines.len()).collect();
    by_span.sort_by_key(|line| spans[*line]);
    let mut drawn = vec![false; lines.len()];
    let mut total = 0_usize;
    for line in by_span {
        total = total.saturating_add(spans[line]);
        drawn[line] = total <= spans_max;
    }
    drawn
}

/// The span of every line, 0 for a loop; `lines` are pairs of places below `count`.
fn spans(count: usize, lines: &[(usize, usize)]) -> Vec<usize> {
    let mut onward = vec![Vec::new(); count];
    for &(source, target) in lines.iter().filter(|(source, target)| source != target) {
        onward[source].push(target);
    }
    let order = finished(&onward);
    let mut place = vec![0; count];
    for (at, &state) in order.iter().rev().enumerate() {
        place[state] = at;
    }
    // A line that leads back is turned around; then every line leads on in `place`.
    let mut forward = vec![Vec::new(); count];
    for &(source, target) in lines.iter().filter(|(source, target)| source != target) {
        let (from, to) =
            if place[source] < place[target] { (source, target) } else { (target, source) };
        forward[from].push(to);
    }
    let mut rank = vec![0_usize; count];
    for &state in order.iter().rev() {
        for &next in &forward[state] {
            rank[next] = rank[next].max(rank[state] + 1);
        }
    }
    lines.iter().map(|&(source, target)| rank[source].abs_diff(rank[target])).collect()
}

/// The states in the order in which a search in depth is done with them. Without recursion: a
/// diagram may be a long chain.
fn finished(onward: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; onward.len()];
    let mut order = Vec::with_capacity(onward.len());
    for start in 0..onward.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let mut path = vec![(start, 0)];
        while let Some((state, next)) = path.pop() {
            let Some(&target) = onward[state].get(next) else {
                order.push(state);
                continue;
            };
            path.push((state, next + 1));
            if !seen[target] {
                seen[target] = true;
                path.push((target, 0));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_the_longest_way_between() {
        assert_eq!(spans(3, &[(0, 1), (1, 2), (0, 2)]), [1, 1, 2]);
        assert_eq!(spans(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]), [1, 1, 2, 0]);
        assert_eq!(spans(0, &[]), [0; 0]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let chain: Vec<_> = (0..200_000).map(|state| (state, state + 1)).collect();
        assert!(spans(200_001, &chain).iter().all(|span| *span == 1));
    }
}
