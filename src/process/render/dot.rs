//! The graph for Graphviz.

use std::io::{Result, Write};

use super::{ShownGraph, span};
use crate::process::figures::ProcessFigures;

/// Writes the graph with at most so many edges.
///
/// # Errors
/// If `out` can't be written.
pub fn write(figures: &ProcessFigures, most: Option<usize>, out: &mut dyn Write) -> Result<()> {
    let graph = ShownGraph::of(figures, most);
    writeln!(out, "digraph process {{")?;
    if let Some(hidden) = graph.hidden_text() {
        writeln!(out, "  // {hidden}")?;
    }
    writeln!(out, "  node [shape=box, style=rounded, fontname=\"sans-serif\"];")?;
    writeln!(out, "  edge [fontname=\"sans-serif\", fontsize=10];")?;
    writeln!(out, "  start [shape=circle, label=\"\", width=0.25, style=filled, fillcolor=\"#2e7d32\"];")?;
    writeln!(out, "  end [shape=doublecircle, label=\"\", width=0.2, style=filled, fillcolor=\"#c62828\"];")?;
    for (at, node) in graph.nodes.iter().enumerate() {
        writeln!(out, "  n{at} [label=\"{}\\n{}\"];", escaped(node.name), node.events)?;
    }
    for (node, cases) in &graph.starts {
        writeln!(out, "  start -> n{node} [label=\"{cases}\", penwidth={:.2}];", graph.width(*cases, 5.0))?;
    }
    for arrow in &graph.arrows {
        let median = arrow.median.map(|it| format!("\\n{}", span(it))).unwrap_or_default();
        let width = graph.width(arrow.count, 5.0);
        let (from, to, count) = (arrow.from, arrow.to, arrow.count);
        writeln!(out, "  n{from} -> n{to} [label=\"{count}{median}\", penwidth={width:.2}];")?;
    }
    for (node, cases) in &graph.ends {
        writeln!(out, "  n{node} -> end [label=\"{cases}\", penwidth={:.2}];", graph.width(*cases, 5.0))?;
    }
    writeln!(out, "}}")
}

/// Text between double quotes, where a backslash escapes and `&` may begin the name of a character.
pub(super) fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes_backslashes_and_line_ends_stay_within_the_label() {
        assert_eq!(super::escaped("a\"b\\c\nd\re"), "a\\\"b\\\\c\\nd e");
    }

    #[test]
    fn what_looks_like_the_name_of_a_character_stays_as_it_is() {
        assert_eq!(super::escaped("R&D &lt;x&#62;"), "R&amp;D &amp;lt;x&amp;#62;");
    }
}
