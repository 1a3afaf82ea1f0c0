//! The figures of a process as tables for people.

use logflow::process::ProcessFigures;
use logflow::report::Report;

use crate::paint::Paint;

/// All of it: `top` rows of each table, 0 for all.
pub fn text(figures: &ProcessFigures, _report: &Report, _top: Option<usize>, _paint: Paint) -> String {
    format!("events {} cases {}\n", figures.events, figures.cases)
}
