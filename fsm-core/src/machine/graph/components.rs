//! The strongly connected components of a graph, by the method of S. R. Kosaraju (1978): the
//! states in the order in which a search has done with them, then searches back from the last.

use super::super::ids::StateId;
use super::edges::{Graph, at};

/// The components, each in declaration order; none can reach one before it.
pub(super) fn components(graph: &Graph) -> Vec<Vec<StateId>> {
    let mut seen = vec![false; graph.states()];
    let mut components = Vec::new();
    for state in done_with(graph).into_iter().rev() {
        let mut component = Vec::new();
        let mut stack = vec![state];
        while let Some(state) = stack.pop() {
            if !std::mem::replace(&mut seen[at(state)], true) {
                component.push(state);
                stack.extend(graph.entering(at(state)).map(|edge| edge.source));
            }
        }
        if !component.is_empty() {
            component.sort_unstable();
            components.push(component);
        }
    }
    components
}

/// All states, each behind those that were first found from it.
fn done_with(graph: &Graph) -> Vec<StateId> {
    let mut seen = vec![false; graph.states()];
    let mut done = Vec::with_capacity(graph.states());
    for root in (0..=u16::MAX).map(StateId).take(graph.states()) {
        if std::mem::replace(&mut seen[at(root)], true) {
            continue;
        }
        let mut stack = vec![(root, graph.leaving(at(root)))];
        while let Some((state, edges)) = stack.last_mut() {
            let Some(edge) = edges.next() else {
                done.push(*state);
                stack.pop();
                continue;
            };
            if !std::mem::replace(&mut seen[at(edge.target)], true) {
                stack.push((edge.target, graph.leaving(at(edge.target))));
            }
        }
    }
    done
}
