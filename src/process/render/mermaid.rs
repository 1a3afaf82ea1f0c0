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

/// Letters, digits and spaces as they are, and everything else by its number: what has a meaning differs
/// between versions.
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            c if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | ',' | ':' | '/') => out.push(c),
            c if c.is_control() => out.push(' '),
            c => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn signs_are_written_by_their_numbers() {
        assert_eq!(super::escaped("é \"<b>#\n1"), "é #34;#60;b#62;#35; 1");
    }
}
