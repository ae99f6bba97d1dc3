//! Names with arrows in, an order or a circle out. petgraph stays in here.

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

/// Puts `count` things into an order in which every arrow `(from, to)` leads forward; ties keep their numbers' order.
///
/// # Errors
/// One circle, as the things on it in the order of the arrows.
pub(crate) fn order(count: usize, arrows: &[(usize, usize)]) -> Result<Vec<usize>, Vec<usize>> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(count, arrows.len());
    // petgraph's order is the reverse of a depth-first walk: adding things backwards keeps their order among equals.
    for _ in 0..count {
        graph.add_node(());
    }
    let at = |i: usize| NodeIndex::new(count - 1 - i);
    let mut sorted: Vec<(usize, usize)> = arrows.iter().copied().filter(|(a, b)| *a < count && *b < count).collect();
    sorted.sort_unstable();
    sorted.dedup();
    for (from, to) in &sorted {
        graph.add_edge(at(*from), at(*to), ());
    }
    match toposort(&graph, None) {
        Ok(order) => Ok(order.into_iter().map(|n| count - 1 - n.index()).collect()),
        Err(_) => Err(circle(&graph, &sorted, count)),
    }
}

/// The shortest circle through the first thing that is on one.
fn circle(graph: &DiGraph<(), ()>, arrows: &[(usize, usize)], count: usize) -> Vec<usize> {
    let mut on_circle: Vec<usize> = tarjan_scc(graph)
        .into_iter()
        .filter(|c| c.len() > 1 || c.first().is_some_and(|n| graph.contains_edge(*n, *n)))
        .flatten()
        .map(|n| count - 1 - n.index())
        .collect();
    on_circle.sort_unstable();
    let Some(&start) = on_circle.first() else {
        return Vec::new();
    };
    // Breadth first from the start back to itself.
    let mut came: Vec<Option<usize>> = vec![None; count];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(here) = queue.pop_front() {
        for (_, to) in arrows.iter().filter(|(from, _)| *from == here) {
            if *to == start {
                let mut path = vec![here];
                let mut at = here;
                while let Some(before) = came[at] {
                    path.push(before);
                    at = before;
                }
                path.reverse();
                return path;
            }
            if came[*to].is_none() {
                came[*to] = Some(here);
                queue.push_back(*to);
            }
        }
    }
    vec![start]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_lead_forward_and_equals_keep_their_order() {
        assert_eq!(order(4, &[(3, 0)]), Ok(vec![1, 2, 3, 0]));
        assert_eq!(order(3, &[]), Ok(vec![0, 1, 2]));
    }

    #[test]
    fn a_circle_is_named_in_order() {
        assert_eq!(order(4, &[(0, 1), (1, 2), (2, 1), (3, 0)]), Err(vec![1, 2]));
        assert_eq!(order(1, &[(0, 0)]), Err(vec![0]));
        assert_eq!(order(3, &[(0, 1), (1, 2), (2, 0)]), Err(vec![0, 1, 2]));
    }
}
