//! The graph as a picture: SVG that stands alone, light and dark, without a script.

use std::fmt::Write as _;
use std::io::{Result, Write};

use super::layout::layout;
use super::{ShownGraph, span};
use crate::process::figures::ProcessFigures;

/// Edges that are shown unless more are asked for: of more a person sees nothing.
pub const SHOWN: usize = 80;
/// Width of a letter, and the greatest number of them in a name.
const LETTER: f64 = 7.4;
const LETTERS: usize = 32;
/// Room between nodes and between layers.
const GAP: (f64, f64) = (36.0, 64.0);
/// Size of the marks where cases begin and end.
const MARK: (f64, f64) = (28.0, 28.0);
const HEIGHT: f64 = 44.0;

const STYLE: &str = "\
:root { color-scheme: light dark }
svg { background: #fff; font: 13px sans-serif }
.node rect { fill: #e8f0fe; stroke: #3c5a99 } .edge path { fill: none; stroke: #5f6b7a }
text { fill: #1a1a1a; text-anchor: middle } .label { font-size: 11px; fill: #39424e }
.label, .halo { paint-order: stroke; stroke: #fff; stroke-width: 3px }
.begin { fill: #2e7d32 } .end { fill: #c62828 } marker path { fill: #5f6b7a }
@media (prefers-color-scheme: dark) {
svg { background: #14181d } .node rect { fill: #22324d; stroke: #8fb0f0 } .edge path { stroke: #9aa7b8 }
text { fill: #f0f0f0 } .label { fill: #d5dce5; stroke: #14181d } marker path { fill: #9aa7b8 } }";

/// Writes the picture with at most so many edges, beside those from the start and to the end.
///
/// # Errors
/// If `out` can't be written.
pub fn write(figures: &ProcessFigures, most: Option<usize>, out: &mut dyn Write) -> Result<()> {
    let graph = ShownGraph::of(figures, most);
    let (begin, end) = (graph.nodes.len(), graph.nodes.len() + 1);
    let mut sizes: Vec<(f64, f64)> = graph.nodes.iter().map(|node| (width(node.name), HEIGHT)).collect();
    sizes.extend([MARK, MARK]);
    let mut edges: Vec<(usize, usize, u64)> =
        graph.arrows.iter().map(|arrow| (arrow.from, arrow.to, arrow.count)).collect();
    edges.extend(graph.starts.iter().map(|(node, cases)| (begin, *node, *cases)));
    edges.extend(graph.ends.iter().map(|(node, cases)| (*node, end, *cases)));
    let found = layout(&sizes, &edges, begin, GAP);
    let (width, height) = (found.size.0.max(320.0) + 60.0, found.size.1 + 24.0);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\" aria-labelledby=\"title desc\">"
    )?;
    writeln!(out, "<title id=\"title\">Directly-follows graph</title>")?;
    let all = format!("{} events of {} cases", figures.events, figures.cases);
    let hidden = graph.hidden_text().map(|it| format!("; {it}")).unwrap_or_default();
    writeln!(out, "<desc id=\"desc\">{all}{hidden}</desc>\n<style>{STYLE}</style>")?;
    writeln!(
        out,
        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\"/></marker></defs>"
    )?;
    for (at, points) in found.edges.iter().enumerate() {
        let (from, to, count) = edges[at];
        let arrow = graph.arrows.get(at);
        let label = match arrow.and_then(|arrow| arrow.median) {
            Some(median) => format!("{count} · {}", span(median)),
            None => count.to_string(),
        };
        let name = |node: usize| {
            graph.nodes.get(node).map_or(if node == begin { "start" } else { "end" }, |it| it.name)
        };
        let line = match points.as_slice() {
            [only] => own_loop(*only, sizes[from]),
            points => curve(points, sizes[from].1, sizes[to].1),
        };
        writeln!(
            out,
            "<g class=\"edge\"><title>{} to {}: {label}</title><path d=\"{}\" stroke-width=\"{:.1}\" marker-end=\"url(#arrow)\"/>\
             <text class=\"label\" x=\"{:.1}\" y=\"{:.1}\">{label}</text></g>",
            escaped(name(from)),
            escaped(name(to)),
            line.path,
            graph.width(count, 6.0),
            line.label.0,
            line.label.1,
        )?;
    }
    for (node, (x, y)) in graph.nodes.iter().zip(&found.nodes) {
        let width = self::width(node.name);
        writeln!(
            out,
            "<g class=\"node\"><title>{}: {} events</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\" rx=\"6\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\">{}</text><text class=\"count\" x=\"{x:.1}\" y=\"{:.1}\">{}</text></g>",
            escaped(node.name),
            node.events,
            x - width / 2.0,
            y - HEIGHT / 2.0,
            y - 3.0,
            escaped(&cut(node.name)),
            y + 14.0,
            node.events,
        )?;
    }
    for (at, class) in [(begin, "begin"), (end, "end")] {
        let (x, y) = found.nodes[at];
        writeln!(
            out,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{}\"><title>{}</title></circle>",
            MARK.0 / 2.0 - 3.0,
            if at == begin { "start" } else { "end" }
        )?;
    }
    if let Some(hidden) = graph.hidden_text() {
        writeln!(
            out,
            "<text class=\"label\" x=\"{:.0}\" y=\"{:.0}\">{hidden}</text>",
            width / 2.0,
            height - 8.0
        )?;
    }
    writeln!(out, "</svg>")
}

/// A line and where its label stands.
struct Line {
    path: String,
    label: (f64, f64),
}

/// A smooth line through points that go down, or up.
fn curve(points: &[(f64, f64)], from_height: f64, to_height: f64) -> Line {
    let mut points = points.to_vec();
    let last = points.len() - 1;
    let direction = if points[last].1 >= points[0].1 { 1.0 } else { -1.0 };
    points[0].1 += direction * from_height / 2.0;
    points[last].1 -= direction * to_height / 2.0;
    let mut path = format!("M{:.1} {:.1}", points[0].0, points[0].1);
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let middle = (y0 + y1) / 2.0;
        let _ = write!(path, "C{x0:.1} {middle:.1} {x1:.1} {middle:.1} {x1:.1} {y1:.1}");
    }
    let at = points.len() / 2;
    let ((x0, y0), (x1, y1)) = (points[at - 1], points[at]);
    // On its way back a line has its label a little higher, so that it does not hide that of the way there.
    let label = ((x0 + x1) / 2.0, (y0 + y1) / 2.0 + if direction > 0.0 { 8.0 } else { -6.0 });
    Line { path, label }
}

/// From a node to itself, on its right.
fn own_loop((x, y): (f64, f64), (width, _): (f64, f64)) -> Line {
    let right = x + width / 2.0;
    let path = format!(
        "M{right:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {right:.1} {:.1}",
        y - 10.0,
        right + 30.0,
        y - 16.0,
        right + 30.0,
        y + 16.0,
        y + 10.0
    );
    Line { path, label: (right + 14.0, y - 18.0) }
}

/// The width of a node with this name.
fn width(name: &str) -> f64 {
    cut(name).chars().count().max(6) as f64 * LETTER + 20.0
}

/// At most so many letters.
fn cut(name: &str) -> String {
    match name.chars().count() {
        0..=LETTERS => name.to_owned(),
        _ => name.chars().take(LETTERS - 1).chain(['…']).collect(),
    }
}

/// Text within XML. What XML can't hold at all is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_whatever_is_in_them() {
        assert_eq!(escaped("<script>\"&\u{1}\n"), "&lt;script&gt;&quot;&amp; ");
        assert_eq!(cut(&"x".repeat(40)).chars().count(), LETTERS);
    }
}
