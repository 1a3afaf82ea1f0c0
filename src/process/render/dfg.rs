//! The text format that pm4py writes and reads as `.dfg`: activities, then starts, ends and edges by their
//! numbers.
//!
//! ```text
//! number of activities, and each on a line
//! number of starts, and each as ACTIVITYxCASES
//! number of ends, and each so
//! edges, each as FROM>TOxCOUNT
//! ```

use std::io::{Result, Write};

use crate::process::figures::{ActivityFigures, ProcessFigures};

/// Writes the graph. A name is a line: line breaks in it become spaces.
///
/// # Errors
/// If `out` can't be written.
pub fn write(figures: &ProcessFigures, out: &mut dyn Write) -> Result<()> {
    let activities = &figures.activities;
    writeln!(out, "{}", activities.len())?;
    for activity in activities {
        writeln!(out, "{}", on_one_line(&activity.name))?;
    }
    let counts: [fn(&ActivityFigures) -> u64; 2] = [|it| it.starts, |it| it.ends];
    for count in counts {
        let some = || activities.iter().enumerate().map(|(at, it)| (at, count(it))).filter(|it| it.1 > 0);
        writeln!(out, "{}", some().count())?;
        some().try_for_each(|(at, cases)| writeln!(out, "{at}x{cases}"))?;
    }
    figures
        .edges
        .iter()
        .try_for_each(|edge| writeln!(out, "{}>{}x{}", edge.from, edge.to, edge.seconds.count))
}

/// A name as it stands on a line of its own.
pub(super) fn on_one_line(name: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    name.chars().map(|c| if breaks(c) { ' ' } else { c }).collect()
}
