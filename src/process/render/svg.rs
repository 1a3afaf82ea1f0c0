//! The graph as a picture: SVG that stands alone, light and dark, without a script.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Result, Write};

use super::layout::layout;
use super::{Node, ShownGraph, line_width, span};
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
/// Height of a label, of which several stand above each other where lines join the same nodes.
const LINE: f64 = 12.0;
/// Room between two lines that join the same nodes.
const BESIDE: f64 = 18.0;

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
    let line = |from, to, count, label| PictureLine { from, to, count, label, colour: None };
    let mut lines: Vec<PictureLine> = Vec::new();
    lines.extend(graph.arrows.iter().map(|arrow| {
        let label = match arrow.median {
            Some(median) => format!("{} · {}", arrow.count, span(median)),
            None => arrow.count.to_string(),
        };
        line(arrow.from, arrow.to, arrow.count, label)
    }));
    lines.extend(graph.starts.iter().map(|(node, cases)| line(begin, *node, *cases, cases.to_string())));
    lines.extend(graph.ends.iter().map(|(node, cases)| line(*node, end, *cases, cases.to_string())));
    let hidden = graph.hidden_text();
    let widest = graph.widest();
    let picture = Picture {
        nodes: graph.nodes,
        marks: ["start", "end"].map(PictureMark::plain).into(),
        lines,
        widest,
        description: format!("{} events of {} cases", figures.events, figures.cases),
        hidden,
        style: String::new(),
    };
    picture.draw(out)
}

/// What a picture shows.
pub(super) struct Picture<'p> {
    pub nodes: Vec<Node<'p>>,
    /// Where something begins or ends. Lines know them by numbers behind those of the nodes.
    pub marks: Vec<PictureMark<'p>>,
    pub lines: Vec<PictureLine>,
    /// The number that has the widest line.
    pub widest: u64,
    pub description: String,
    pub hidden: Option<String>,
    /// Rules of style beside the usual ones.
    pub style: String,
}

/// A mark where something begins or ends.
pub(super) struct PictureMark<'p> {
    /// What it is called where it is not seen.
    pub name: &'p str,
    pub class: String,
    /// What is written below it.
    pub caption: Option<&'p str>,
}

impl PictureMark<'static> {
    /// The start or the end of all cases.
    fn plain(name: &'static str) -> Self {
        let class = if name == "start" { "begin" } else { "end" };
        Self { name, class: class.to_owned(), caption: None }
    }
}

/// A line between two nodes, with its label and, where there are several, its colour.
pub(super) struct PictureLine {
    pub from: usize,
    pub to: usize,
    pub count: u64,
    pub label: String,
    pub colour: Option<usize>,
}

impl Picture<'_> {
    /// The name of a node or of a mark.
    fn name(&self, at: usize) -> &str {
        match self.nodes.get(at) {
            Some(node) => node.name,
            None => self.marks.get(at - self.nodes.len()).map_or("", |mark| mark.name),
        }
    }

    /// For each line how far it is moved to the side, so that lines between the same two nodes are seen; and how
    /// many of them stand before it.
    fn beside(&self) -> Vec<(f64, f64)> {
        let mut count: HashMap<(usize, usize), usize> = HashMap::new();
        for line in &self.lines {
            *count.entry((line.from, line.to)).or_default() += 1;
        }
        let mut seen: HashMap<(usize, usize), usize> = HashMap::new();
        let place = |line: &PictureLine| {
            let at = seen.entry((line.from, line.to)).or_default();
            let (place, last) = (*at as f64, count[&(line.from, line.to)] as f64 - 1.0);
            *at += 1;
            ((place - last / 2.0) * BESIDE, place)
        };
        self.lines.iter().map(place).collect()
    }

    /// Writes the picture.
    pub fn draw(&self, out: &mut dyn Write) -> Result<()> {
        let first = self.nodes.len();
        let mut sizes: Vec<(f64, f64)> = self.nodes.iter().map(|node| (width(node.name), HEIGHT)).collect();
        sizes.extend(self.marks.iter().map(|_| MARK));
        let edges: Vec<(usize, usize, u64)> =
            self.lines.iter().map(|line| (line.from, line.to, line.count)).collect();
        let found = layout(&sizes, &edges, first, GAP);
        let (width, height) = (found.size.0.max(320.0) + 60.0, found.size.1 + 24.0);
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\" aria-labelledby=\"title desc\">"
        )?;
        writeln!(out, "<title id=\"title\">Directly-follows graph</title>")?;
        let hidden = self.hidden.as_ref().map(|it| format!("; {it}")).unwrap_or_default();
        let (all, style) = (&self.description, &self.style);
        writeln!(out, "<desc id=\"desc\">{all}{hidden}</desc>\n<style>{STYLE}{style}</style>")?;
        writeln!(
            out,
            "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
             markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\"/></marker></defs>"
        )?;
        for ((line, points), (beside, before)) in self.lines.iter().zip(&found.edges).zip(self.beside()) {
            let drawn = match points.as_slice() {
                [(x, y)] => own_loop((x + before * BESIDE, *y), sizes[line.from]),
                points => {
                    let points: Vec<_> = points.iter().map(|(x, y)| (x + beside, *y)).collect();
                    curve(&points, sizes[line.from].1, sizes[line.to].1)
                }
            };
            let colour = line.colour.map(|at| format!(" c{at}")).unwrap_or_default();
            let label = escaped(&line.label);
            writeln!(
                out,
                "<g class=\"edge{colour}\"><title>{} to {}: {label}</title><path d=\"{}\" stroke-width=\"{:.1}\" marker-end=\"url(#arrow)\"/>\
                 <text class=\"label\" x=\"{:.1}\" y=\"{:.1}\">{label}</text></g>",
                escaped(self.name(line.from)),
                escaped(self.name(line.to)),
                drawn.path,
                line_width(line.count, self.widest, 6.0),
                drawn.label.0,
                drawn.label.1 - before * LINE,
            )?;
        }
        for (node, (x, y)) in self.nodes.iter().zip(&found.nodes) {
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
        for (mark, (x, y)) in self.marks.iter().zip(&found.nodes[first..]) {
            writeln!(
                out,
                "<circle class=\"{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{}\"><title>{}</title></circle>",
                mark.class,
                MARK.0 / 2.0 - 3.0,
                escaped(mark.name),
            )?;
            if let Some(caption) = mark.caption {
                let (y, caption) = (y + MARK.1 / 2.0 + 10.0, escaped(&cut(caption)));
                writeln!(out, "<text class=\"label\" x=\"{x:.1}\" y=\"{y:.1}\">{caption}</text>")?;
            }
        }
        if let Some(hidden) = &self.hidden {
            writeln!(
                out,
                "<text class=\"label\" x=\"{:.0}\" y=\"{:.0}\">{hidden}</text>",
                width / 2.0,
                height - 8.0
            )?;
        }
        writeln!(out, "</svg>")
    }
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
