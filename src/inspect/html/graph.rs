//! The directly-follows graph as a picture: activities in layers from top to bottom, the most frequent edges.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{cut, escaped};
use crate::model::figures::count;
use crate::process::ProcessFigures;
use crate::process::render::layout::layout;

/// Activities that are drawn: the most frequent.
const NODES: usize = 40;
/// Edges that are drawn.
const EDGES: usize = 200;
/// Edges that are shown at first.
const SHOWN: usize = 40;
/// Activities at which cases begin, and at which they end, that get a line from the mark of the start or to that of the end.
const ENDS: usize = 5;
/// Size of an activity.
const NODE: (f64, f64) = (176.0, 40.0);
/// Size of the marks of start and end.
const MARK: (f64, f64) = (28.0, 28.0);
/// Room between activities and between layers.
const GAP: (f64, f64) = (24.0, 48.0);

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
    let place: BTreeMap<usize, usize> =
        by_count.iter().enumerate().map(|(at, number)| (*number, at)).collect();
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
    let (begin, end) = (by_count.len(), by_count.len() + 1);
    let ends = |of: fn(&crate::process::ActivityFigures) -> u64| -> Vec<usize> {
        let cases = |node: &usize| of(&process.activities[by_count[*node]]);
        let mut nodes: Vec<usize> = (0..by_count.len()).filter(|node| cases(node) > 0).collect();
        nodes.sort_by_key(|node| std::cmp::Reverse(cases(node)));
        nodes.truncate(ENDS);
        nodes
    };
    let mut lines: Vec<(usize, usize, u64)> = edges.iter().map(|it| (it.from, it.to, it.count)).collect();
    let activity = |node: usize| &process.activities[by_count[node]];
    lines.extend(ends(|it| it.starts).into_iter().map(|node| (begin, node, activity(node).starts)));
    lines.extend(ends(|it| it.ends).into_iter().map(|node| (node, end, activity(node).ends)));
    let mut sizes = vec![NODE; by_count.len()];
    sizes.extend([MARK, MARK]);
    let found = layout(&sizes, &lines, begin, GAP);
    let (width, height) = (found.size.0.max(320.0) + 40.0, found.size.1);
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
         height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\"><defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" \
         markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\"/></marker></defs>",
        by_count.len(),
        edges.len()
    );
    let most = edges[0].count.max(1) as f64;
    for (at, (points, (from, to, times))) in found.edges.iter().zip(&lines).enumerate() {
        let stroke = 1.0 + 4.0 * (*times as f64 / most).sqrt().min(1.0);
        let (path, x, y) = curve(points, sizes[*from].1, sizes[*to].1);
        // Lines of start and end are always there, and no part of what the slider counts.
        let (rank, counted) = if at < edges.len() { (at, *times) } else { (0, 0) };
        let off = if rank < SHOWN { "" } else { " off" };
        let _ = write!(
            out,
            "<g class=\"edge{off}\" data-rank=\"{rank}\" data-from=\"{from}\" data-to=\"{to}\" data-count=\"{counted}\"><path d=\"{path}\" \
             stroke-width=\"{stroke:.1}\" marker-end=\"url(#arrow)\"/><text x=\"{x:.0}\" y=\"{y:.0}\">{}</text></g>",
            count(*times)
        );
    }
    for (node, (x, y)) in found.nodes.iter().enumerate().take(by_count.len()) {
        let it = activity(node);
        let _ = write!(
            out,
            "<g class=\"node\" data-node=\"{node}\"><rect x=\"{:.0}\" y=\"{:.0}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\
             <text x=\"{x:.0}\" y=\"{:.0}\">{}</text><text class=\"n\" x=\"{x:.0}\" y=\"{:.0}\">{}</text></g>",
            x - NODE.0 / 2.0,
            y - NODE.1 / 2.0,
            NODE.0,
            NODE.1,
            y - 2.0,
            escaped(&cut(&it.name, 26)),
            y + 13.0,
            count(it.events)
        );
    }
    for (mark, class) in [(begin, "begin"), (end, "end")] {
        let (x, y) = found.nodes[mark];
        let _ = write!(out, "<circle class=\"{class}\" cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"10\"/>");
    }
    out.push_str("</svg></div>");
    table(process, &by_count, &edges, out);
}

fn table(process: &ProcessFigures, nodes: &[usize], edges: &[Edge], out: &mut String) {
    out.push_str(
        "<details><summary>The most frequent edges as a table</summary><div class=\"wide\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Table: edges\"><table><thead><tr><th scope=\"col\">from</th><th scope=\"col\">to</th>\
         <th scope=\"col\" class=\"num\">count</th></tr></thead><tbody>",
    );
    for edge in edges.iter().take(50) {
        let name = |at: usize| escaped(&cut(process.activity(nodes[at]), 80)).into_owned();
        let (from, to) = (name(edge.from), name(edge.to));
        let _ =
            write!(out, "<tr><td>{from}</td><td>{to}</td><td class=\"num\">{}</td></tr>", count(edge.count));
    }
    out.push_str("</tbody></table></div></details>");
}

/// The way of an edge through its points, and where its count stands.
fn curve(points: &[(f64, f64)], from_height: f64, to_height: f64) -> (String, f64, f64) {
    if let [(x, y)] = points {
        let right = x + NODE.0 / 2.0;
        let path = format!(
            "M{right:.0} {:.0}C{:.0} {:.0} {:.0} {:.0} {right:.0} {:.0}",
            y - 9.0,
            right + 28.0,
            y - 15.0,
            right + 28.0,
            y + 15.0,
            y + 9.0
        );
        return (path, right + 14.0, y - 16.0);
    }
    let mut points = points.to_vec();
    let last = points.len() - 1;
    let direction = if points[last].1 >= points[0].1 { 1.0 } else { -1.0 };
    points[0].1 += direction * from_height / 2.0;
    points[last].1 -= direction * to_height / 2.0;
    let mut path = format!("M{:.0} {:.0}", points[0].0, points[0].1);
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let middle = (y0 + y1) / 2.0;
        let _ = write!(path, "C{x0:.0} {middle:.0} {x1:.0} {middle:.0} {x1:.0} {y1:.0}");
    }
    let at = points.len() / 2;
    let ((x0, y0), (x1, y1)) = (points[at - 1], points[at]);
    (path, (x0 + x1) / 2.0, (y0 + y1) / 2.0 + if direction > 0.0 { 8.0 } else { -6.0 })
}
