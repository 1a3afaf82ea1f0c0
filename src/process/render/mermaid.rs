//! The graph for Mermaid, which README files and wikis draw.

use std::fmt::Write as _;
use std::io::{Result, Write};

use super::{ShownGraph, span};
use crate::process::figures::ProcessFigures;

/// Writes the graph with at most so many edges.
///
/// # Errors
/// If `out` can't be written.
pub fn write(figures: &ProcessFigures, most: Option<usize>, out: &mut dyn Write) -> Result<()> {
    let graph = ShownGraph::of(figures, most);
    writeln!(out, "flowchart TD")?;
    if let Some(hidden) = graph.hidden_text() {
        writeln!(out, "  %% {hidden}")?;
    }
    writeln!(out, "  start((start))")?;
    writeln!(out, "  finish(((end)))")?;
    for (at, node) in graph.nodes.iter().enumerate() {
        writeln!(out, "  n{at}[\"{}<br/>{}\"]", escaped(node.name), node.events)?;
    }
    for (node, cases) in &graph.starts {
        writeln!(out, "  start -->|{cases}| n{node}")?;
    }
    for arrow in &graph.arrows {
        let median = arrow.median.map(|it| format!("<br/>{}", span(it))).unwrap_or_default();
        writeln!(out, "  n{} -->|\"{}{median}\"| n{}", arrow.from, arrow.count, arrow.to)?;
    }
    for (node, cases) in &graph.ends {
        writeln!(out, "  n{node} -->|{cases}| finish")?;
    }
    Ok(())
}

/// Letters and digits as they are, signs between two of them and single spaces too, and everything else by its
/// number: what has a meaning differs between versions, and `1. ` or `- ` at the beginning makes a list.
pub(super) fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut before = None;
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let is_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
        let is_plain = match c {
            c if c.is_alphanumeric() => true,
            ' ' => before.is_some_and(|before| before != ' ') && rest.peek().is_some(),
            ',' | ':' => is_word(before.as_ref()),
            '-' | '_' | '.' | '/' => is_word(before.as_ref()) && is_word(rest.peek()),
            c if c.is_control() => {
                out.push(' ');
                before = Some(' ');
                continue;
            }
            _ => false,
        };
        match is_plain {
            true => out.push(c),
            false => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
        before = Some(c);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn signs_are_written_by_their_numbers() {
        for (name, expected) in [
            ("é \"<b>#\n1", "é #34;#60;b#62;#35; 1"),
            ("R&D", "R#38;D"),
            ("1. Order", "1#46; Order"),
            ("- Order", "#45; Order"),
            ("place_order v1.5, well-known", "place_order v1.5, well-known"),
            ("_x_ ", "#95;x#95;#32;"),
            ("    x", "#32;#32;#32;#32;x"),
            ("Send by e.g. post", "Send by e.g#46; post"),
            ("", ""),
        ] {
            assert_eq!(super::escaped(name), expected);
        }
    }
}
