//! A layered layout: where the nodes and edges of a graph are in a picture.
//!
//! ```text
//! edges that close a cycle are turned round, found from the first node on, along heavy edges first
//! layer of a node = the longest path to it
//! an edge over several layers gets a bend in each layer between
//! order within layers: by the mean of the neighbours' places, sweeping down and up
//! places: towards the mean of the neighbours, as far as the nodes beside leave room
//! ```
//!
//! The same graph gives the same picture: there is no chance in it.

/// Sweeps over all layers, for orders and again for places. More change little.
const SWEEPS: usize = 12;

/// Where everything is. A node that is no bend is one of the graph, at its number.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Middle of each node of the graph.
    pub nodes: Vec<(f64, f64)>,
    /// Points of each edge, from its first node to its last; of an edge from a node to itself only the node.
    pub edges: Vec<Vec<(f64, f64)>>,
    /// Size of the picture.
    pub size: (f64, f64),
}

/// Lays out nodes of these sizes; edges are given with their weights. Cycles are opened from `first` on.
pub(crate) fn layout(
    sizes: &[(f64, f64)],
    edges: &[(usize, usize, u64)],
    first: usize,
    gap: (f64, f64),
) -> Layout {
    let is_turned = turned(sizes.len(), edges, first);
    let down = |at: usize| {
        let (from, to, _) = edges[at];
        if is_turned[at] { (to, from) } else { (from, to) }
    };
    let forward: Vec<(usize, usize)> = (0..edges.len()).map(down).filter(|(from, to)| from != to).collect();
    let mut layer = layers(sizes.len(), &forward);
    let mut widths: Vec<f64> = sizes.iter().map(|size| size.0).collect();
    // Bends between the layers of an edge.
    let (mut pairs, mut bends) = (Vec::new(), vec![Vec::new(); edges.len()]);
    for (at, bends) in bends.iter_mut().enumerate() {
        let (from, to) = down(at);
        if from == to {
            continue;
        }
        let mut before = from;
        for between in layer[from] + 1..layer[to] {
            let bend = widths.len();
            widths.push(8.0);
            layer.push(between);
            pairs.push((before, bend));
            bends.push(bend);
            before = bend;
        }
        pairs.push((before, to));
    }
    let mut above = vec![Vec::new(); widths.len()];
    let mut below = vec![Vec::new(); widths.len()];
    for (from, to) in pairs {
        below[from].push(to);
        above[to].push(from);
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)];
    for (node, layer) in layer.iter().enumerate() {
        rows[*layer].push(node);
    }
    let mut place = vec![0.0; widths.len()];
    for row in &rows {
        number(row, &mut place);
    }
    for sweep in 0..SWEEPS {
        let neighbours = if sweep % 2 == 0 { &above } else { &below };
        let mut sort = |row: &mut Vec<usize>| {
            let wish: Vec<f64> =
                row.iter().map(|node| mean(&neighbours[*node], &place).unwrap_or(place[*node])).collect();
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|a, b| wish[*a].total_cmp(&wish[*b]).then(a.cmp(b)));
            *row = order.into_iter().map(|at| row[at]).collect();
            number(row, &mut place);
        };
        match sweep % 2 {
            0 => rows.iter_mut().for_each(&mut sort),
            _ => rows.iter_mut().rev().for_each(&mut sort),
        }
    }
    let mut x = vec![0.0; widths.len()];
    for row in &rows {
        let mut right = 0.0;
        for node in row {
            x[*node] = right + widths[*node] / 2.0;
            right += widths[*node] + gap.0;
        }
    }
    for sweep in 0..SWEEPS {
        let rows: Vec<&Vec<usize>> =
            if sweep % 2 == 0 { rows.iter().collect() } else { rows.iter().rev().collect() };
        for row in rows {
            let wish = |node: &usize| {
                let both: Vec<usize> = above[*node].iter().chain(&below[*node]).copied().collect();
                let near = if sweep + 2 >= SWEEPS {
                    &both
                } else if sweep % 2 == 0 {
                    &above[*node]
                } else {
                    &below[*node]
                };
                mean(near, &x).unwrap_or(x[*node])
            };
            let wishes: Vec<f64> = row.iter().map(wish).collect();
            settle(row, &wishes, &widths, gap.0, &mut x);
        }
    }
    let left = (0..x.len()).map(|node| x[node] - widths[node] / 2.0).fold(f64::INFINITY, f64::min);
    let shift = if left.is_finite() { gap.0 - left } else { 0.0 };
    x.iter_mut().for_each(|x| *x += shift);
    let right = (0..x.len()).map(|node| x[node] + widths[node] / 2.0).fold(0.0, f64::max) + gap.0;
    let height = sizes.iter().map(|size| size.1).fold(0.0, f64::max) + gap.1;
    let y = |node: usize| gap.1 / 2.0 + height / 2.0 + layer[node] as f64 * height;
    let point = |node: usize| (x[node], y(node));
    let edge = |at: usize| {
        let (from, to, _) = edges[at];
        if from == to {
            return vec![point(from)];
        }
        let (upper, lower) = down(at);
        let mut points = vec![point(upper)];
        points.extend(bends[at].iter().map(|bend| point(*bend)));
        points.push(point(lower));
        if is_turned[at] {
            points.reverse();
        }
        points
    };
    Layout {
        nodes: (0..sizes.len()).map(point).collect(),
        edges: (0..edges.len()).map(edge).collect(),
        size: (right, rows.len() as f64 * height + gap.1),
    }
}

/// Which edges lead back to a node from which they were reached.
fn turned(nodes: usize, edges: &[(usize, usize, u64)], first: usize) -> Vec<bool> {
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (at, (from, ..)) in edges.iter().enumerate() {
        leaving[*from].push(at);
    }
    for edges_of in &mut leaving {
        edges_of.sort_by_key(|at| std::cmp::Reverse(edges[*at].2));
    }
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; nodes];
    let mut turned = vec![false; edges.len()];
    let roots = (first..nodes).chain(0..first.min(nodes));
    for root in roots {
        if state[root] != State::New {
            continue;
        }
        state[root] = State::Open;
        let mut path = vec![(root, 0)];
        while let Some((node, next)) = path.last_mut() {
            let Some(edge) = leaving[*node].get(*next) else {
                state[*node] = State::Done;
                path.pop();
                continue;
            };
            *next += 1;
            let to = edges[*edge].1;
            match state[to] {
                State::New => {
                    state[to] = State::Open;
                    path.push((to, 0));
                }
                State::Open => turned[*edge] = to != *node,
                State::Done => {}
            }
        }
    }
    turned
}

/// For each node the longest path to it, along edges without a cycle.
fn layers(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut missing = vec![0; nodes];
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (from, to) in edges {
        missing[*to] += 1;
        leaving[*from].push(*to);
    }
    let mut layer = vec![0; nodes];
    let mut ready: Vec<usize> = (0..nodes).filter(|node| missing[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for to in &leaving[node] {
            layer[*to] = layer[*to].max(layer[node] + 1);
            missing[*to] -= 1;
            if missing[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    layer
}

/// Gives the nodes of a layer their places from left to right, around 0.
fn number(row: &[usize], place: &mut [f64]) {
    for (at, node) in row.iter().enumerate() {
        place[*node] = at as f64 - (row.len() as f64 - 1.0) / 2.0;
    }
}

fn mean(nodes: &[usize], of: &[f64]) -> Option<f64> {
    (!nodes.is_empty()).then(|| nodes.iter().map(|node| of[*node]).sum::<f64>() / nodes.len() as f64)
}

/// Puts the nodes of a layer where they wish to be, as far as they leave each other room: nodes that would
/// overlap form a block, which stands at the mean of what its nodes wish.
fn settle(row: &[usize], wishes: &[f64], widths: &[f64], gap: f64, x: &mut [f64]) {
    // Each block: its first node, its number of nodes, where its first node stands, and the sum of the wishes.
    let mut blocks: Vec<(usize, usize, f64, f64)> = Vec::new();
    let mut offsets = vec![0.0; row.len()];
    for at in 1..row.len() {
        offsets[at] = offsets[at - 1] + (widths[row[at - 1]] + widths[row[at]]) / 2.0 + gap;
    }
    for at in 0..row.len() {
        blocks.push((at, 1, wishes[at], wishes[at] - offsets[at]));
        while let [.., before, last] = blocks.as_slice() {
            let end = before.2 + offsets[last.0] - offsets[before.0];
            if last.2 >= end {
                break;
            }
            let (first, count, sum) = (before.0, before.1 + last.1, before.3 + last.3);
            blocks.truncate(blocks.len() - 2);
            blocks.push((first, count, sum / count as f64 + offsets[first], sum));
        }
    }
    for (first, count, start, _) in blocks {
        for at in first..first + count {
            x[row[at]] = start + offsets[at] - offsets[first];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_is_opened_and_nodes_of_a_layer_do_not_overlap() {
        // a -> b, a -> c, b -> d, c -> d, and back from d to a; e stands alone.
        let edges = [(0, 1, 9), (0, 2, 5), (1, 3, 9), (2, 3, 5), (3, 0, 7), (1, 1, 2)];
        let found = layout(&[(100.0, 30.0); 5], &edges, 0, (20.0, 40.0));
        let [a, b, c, d, e] = found.nodes[..] else { panic!("five nodes") };
        assert!(a.1 < b.1 && b.1 == c.1 && c.1 < d.1);
        assert!((b.0 - c.0).abs() >= 119.9);
        assert!(a.1 == e.1 && (a.0 - e.0).abs() >= 119.9);
        assert_eq!(found.edges[4].first(), Some(&d));
        assert_eq!(found.edges[4].last(), Some(&a));
        assert_eq!(found.edges[4].len(), 3, "the edge back bends in the layer between");
        assert_eq!(found.edges[5], [b]);
        for (x, y) in found.nodes {
            assert!(x - 50.0 >= 0.0 && x + 50.0 <= found.size.0 && y + 15.0 <= found.size.1);
        }
    }

    #[test]
    fn nothing_is_laid_out_as_nothing() {
        let found = layout(&[], &[], 0, (10.0, 10.0));
        assert!(found.nodes.is_empty() && found.size.0.is_finite());
    }
}
