//! The directly-follows graph as a picture: activities in layers from top to bottom, the most frequent edges.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use super::{cut, escaped};
use crate::model::figures::count;
use crate::process::ProcessFigures;

/// Activities that are drawn: the most frequent.
const NODES: usize = 40;
/// Edges that are drawn.
const EDGES: usize = 200;
/// Edges that are shown at first.
const SHOWN: usize = 40;
const WIDTH: f64 = 168.0;
const HEIGHT: f64 = 40.0;
const GAP: (f64, f64) = (28.0, 46.0);

/// One edge between two of the drawn activities.
struct Edge {
    from: usize,
    to: usize,
    count: u64,
}

/// The picture with its slider; empty without edges.
pub fn draw(process: &ProcessFigures, out: &mut String) {
    let mut by_count: Vec<usize> = (0..process.activities.len()).collect();
    by_count.sort_by_key(|at| std::cmp::Reverse(process.activities[*at].events));
    by_count.truncate(NODES);
    let place: BTreeMap<usize, usize> = by_count.iter().enumerate().map(|(at, number)| (*number, at)).collect();
    let mut edges: Vec<Edge> = process
        .edges
        .iter()
        .filter_map(|it| {
            Some(Edge { from: *place.get(&it.from)?, to: *place.get(&it.to)?, count: it.seconds.count })
        })
        .collect();
    edges.sort_by_key(|it| (std::cmp::Reverse(it.count), it.from, it.to));
    let all = process.edges.len();
    edges.truncate(EDGES);
    if edges.is_empty() {
        out.push_str("<p class=\"soft\">No activity follows another.</p>");
        return;
    }
    let layers = layers(by_count.len(), &edges);
    let widest = layers.iter().map(Vec::len).max().unwrap_or(1) as f64;
    let width = (widest * (WIDTH + GAP.0) + 120.0).max(360.0);
    let height = layers.len() as f64 * (HEIGHT + GAP.1) + 20.0;
    let mut at = vec![(0.0, 0.0); by_count.len()];
    for (row, layer) in layers.iter().enumerate() {
        let left = (width - layer.len() as f64 * (WIDTH + GAP.0) + GAP.0) / 2.0;
        for (column, node) in layer.iter().enumerate() {
            at[*node] = (left + column as f64 * (WIDTH + GAP.0), 10.0 + row as f64 * (HEIGHT + GAP.1));
        }
    }
    let shown = edges.len().min(SHOWN);
    let _ = write!(
        out,
        "<div class=\"slide\"><label for=\"share\">Edges, the most frequent first</label><input type=\"range\" id=\"share\" \
         min=\"1\" max=\"{}\" value=\"{shown}\"><output id=\"share-text\" for=\"share\">{shown} of {} edges</output></div>",
        edges.len(),
        edges.len()
    );
    let _ = write!(
        out,
        "<div class=\"graph\" tabindex=\"0\" role=\"region\" aria-label=\"Directly-follows graph\"><svg role=\"img\" \
         aria-label=\"{} activities and {} of {all} edges; the table below has the figures\" width=\"{width:.0}\" \
         height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">",
        by_count.len(),
        edges.len()
    );
    let most = edges[0].count.max(1) as f64;
    for (rank, edge) in edges.iter().enumerate() {
        let ((x1, y1), (x2, y2)) = (at[edge.from], at[edge.to]);
        let stroke = 1.0 + 4.0 * (edge.count as f64 / most).sqrt();
        let (path, tx, ty) = curve((x1, y1), (x2, y2));
        let off = if rank < SHOWN { "" } else { " off" };
        let _ = write!(
            out,
            "<g class=\"edge{off}\" data-rank=\"{rank}\" data-from=\"{}\" data-to=\"{}\" data-count=\"{}\"><path d=\"{path}\" \
             stroke-width=\"{stroke:.1}\"/><text x=\"{tx:.0}\" y=\"{ty:.0}\">{}</text></g>",
            edge.from,
            edge.to,
            edge.count,
            count(edge.count)
        );
    }
    for (node, number) in by_count.iter().enumerate() {
        let (x, y) = at[node];
        let it = &process.activities[*number];
        let sort = match (it.starts * 2 > process.cases, it.ends * 2 > process.cases) {
            (true, _) => " start",
            (_, true) => " end",
            _ => "",
        };
        let _ = write!(
            out,
            "<g class=\"node{sort}\" data-node=\"{node}\"><rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\">{}</text><text class=\"n\" x=\"{:.0}\" y=\"{:.0}\">{}</text></g>",
            x + WIDTH / 2.0,
            y + 17.0,
            escaped(&cut(&it.name, 25)),
            x + WIDTH / 2.0,
            y + 32.0,
            count(it.events)
        );
    }
    out.push_str("</svg></div>");
    table(process, &by_count, &edges, out);
}

fn table(process: &ProcessFigures, nodes: &[usize], edges: &[Edge], out: &mut String) {
    out.push_str(
        "<details><summary>The most frequent edges as a table</summary><div class=\"wide\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Edges\"><table><thead><tr><th scope=\"col\">from</th><th scope=\"col\">to</th>\
         <th scope=\"col\" class=\"num\">count</th></tr></thead><tbody>",
    );
    for edge in edges.iter().take(50) {
        let name = |at: usize| escaped(&cut(process.activity(nodes[at]), 80));
        let (from, to) = (name(edge.from), name(edge.to));
        let _ = write!(out, "<tr><td>{from}</td><td>{to}</td><td class=\"num\">{}</td></tr>", count(edge.count));
    }
    out.push_str("</tbody></table></div></details>");
}

/// The way of an edge, and where its count stands.
fn curve((x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> (String, f64, f64) {
    let middle = |x: f64| x + WIDTH / 2.0;
    if (x1, y1) == (x2, y2) {
        let (x, y) = (x1 + WIDTH, y1 + HEIGHT / 2.0);
        let path = format!("M{x:.0} {:.0}C{:.0} {:.0} {:.0} {:.0} {x:.0} {:.0}", y - 8.0, x + 26.0, y - 20.0, x + 26.0, y + 20.0, y + 8.0);
        return (path, x + 24.0, y + 4.0);
    }
    if y2 > y1 {
        let (sx, sy, ex, ey) = (middle(x1), y1 + HEIGHT, middle(x2), y2);
        let bend = (ey - sy) / 2.0;
        let path = format!("M{sx:.0} {sy:.0}C{sx:.0} {:.0} {ex:.0} {:.0} {ex:.0} {ey:.0}", sy + bend, ey - bend);
        return (path, (sx + ex) / 2.0, (sy + ey) / 2.0 + 3.0);
    }
    // Back, or to a neighbour of the same layer: around the side.
    let right = x1.max(x2) + WIDTH;
    let (sy, ey) = (y1 + HEIGHT / 2.0, y2 + HEIGHT / 2.0);
    let out = right + 18.0 + (y1 - y2) / 12.0;
    let path = format!("M{:.0} {sy:.0}C{out:.0} {sy:.0} {out:.0} {ey:.0} {:.0} {ey:.0}", x1 + WIDTH, x2 + WIDTH);
    (path, right + 14.0 + (y1 - y2) / 16.0, (sy + ey) / 2.0)
}

/// Activities by layer: edges lead down, the most frequent first, unless they would close a circle.
fn layers(nodes: usize, edges: &[Edge]) -> Vec<Vec<usize>> {
    let mut down: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    let reaches = |down: &[Vec<usize>], from: usize, to: usize| {
        let (mut open, mut seen) = (vec![from], HashSet::from([from]));
        while let Some(node) = open.pop() {
            if node == to {
                return true;
            }
            open.extend(down[node].iter().copied().filter(|it| seen.insert(*it)));
        }
        false
    };
    for edge in edges {
        if edge.from != edge.to && !reaches(&down, edge.to, edge.from) {
            down[edge.from].push(edge.to);
        }
    }
    let mut layer = vec![0usize; nodes];
    for _ in 0..nodes {
        let mut is_stable = true;
        for from in 0..nodes {
            for to in &down[from] {
                if layer[*to] <= layer[from] {
                    layer[*to] = layer[from] + 1;
                    is_stable = false;
                }
            }
        }
        if is_stable {
            break;
        }
    }
    let depth = layer.iter().max().map_or(0, |it| it + 1);
    let mut layers: Vec<Vec<usize>> = (0..depth).map(|row| (0..nodes).filter(|it| layer[*it] == row).collect()).collect();
    // Each activity goes to the mean place of those that lead to it.
    let mut place = vec![0.0; nodes];
    for layer in &mut layers {
        let mean = |node: usize, place: &[f64]| {
            let above: Vec<f64> = (0..nodes).filter(|it| down[*it].contains(&node)).map(|it| place[it]).collect();
            if above.is_empty() { 0.0 } else { above.iter().sum::<f64>() / above.len() as f64 }
        };
        layer.sort_by(|a, b| mean(*a, &place).total_cmp(&mean(*b, &place)).then(a.cmp(b)));
        let half = (layer.len() as f64 - 1.0) / 2.0;
        for (at, node) in layer.iter().enumerate() {
            place[*node] = at as f64 - half;
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_lead_down_unless_they_close_a_circle() {
        let edge = |from, to, count| Edge { from, to, count };
        let edges = [edge(0, 1, 9), edge(1, 2, 8), edge(2, 1, 3), edge(0, 2, 1), edge(2, 2, 1)];
        assert_eq!(layers(3, &edges), [vec![0], vec![1], vec![2]]);
    }
}
