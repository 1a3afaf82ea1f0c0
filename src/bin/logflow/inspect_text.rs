//! The result of an inspection for people, in a terminal.

use std::fmt::Write;

use logflow::inspect::Inspection;
use logflow::inspect::checks::Severity;
use logflow::inspect::columns::profile::ColumnFigures;
use logflow::inspect::result::{CheckResult, FORMULAS, PATTERNS, shown_score};
use logflow::options::Spelling;
use logflow::report::Report;

use crate::fail::FLAGS;
use crate::figures::{count, counted};
use crate::paint::Paint;
use crate::schema_table;
use crate::terminal;

/// Cells of a bar.
const BAR: usize = 20;
/// Examples that are shown of a check.
const EXAMPLES: usize = 3;
/// Columns that are shown; the others are counted.
const COLUMNS: usize = 100;
/// Width of a line that goes to no terminal.
const LINE: usize = 110;

/// The verdict, scores, findings, columns.
pub fn text(result: &Inspection, report: &Report, paint: Paint) -> String {
    let mut out = String::new();
    for input in &report.inputs {
        let _ = writeln!(out, "{}  {}", paint.bold(&shown(&input.name)), schema_table::form(input));
    }
    let _ = writeln!(out, "{}", size(result, report));
    for (role, column) in &result.roles {
        let _ = writeln!(out, "  {} {}", paint.dim(&format!("{role:<15}")), shown(column));
    }
    out.push('\n');
    scores(result, paint, &mut out);
    findings(result, paint, &mut out);
    columns(result, paint, &mut out);
    last(result, paint, &mut out);
    out
}

fn size(result: &Inspection, report: &Report) -> String {
    let mut parts = vec![counted(result.rows, "row")];
    if report.bad_rows > 0 {
        parts.push(format!("{} that cannot be read", counted(report.bad_rows, "record")));
    }
    if let Some(process) = &result.process {
        parts.push(counted(process.events, "event"));
        parts.push(counted(process.cases, "case"));
        parts.push(counted(process.variant_count() as u64, "variant"));
    }
    if result.activities > 0 {
        let word = if result.activities == 1 { "activity" } else { "activities" };
        parts.push(format!("{} {word}", count(result.activities)));
    }
    parts.join(", ")
}

fn scores(result: &Inspection, paint: Paint, out: &mut String) {
    let score = result.shown_score();
    let painted = match result.gravest() {
        Some(Severity::Error) => paint.red(&score),
        Some(Severity::Warn) => paint.yellow(&score),
        _ => paint.green(&score),
    };
    let _ = writeln!(out, "{} {painted}  {}", paint.bold("score"), result.verdict());
    for it in &result.dimensions {
        let full = (it.score * BAR as f64).floor() as usize;
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(BAR - full));
        let _ = writeln!(out, "  {:<13} {bar} {:>5}", it.name, shown_score(it.score * 100.0));
    }
    out.push('\n');
}

fn findings(result: &Inspection, paint: Paint, out: &mut String) {
    for it in result.findings() {
        let (about, tally) = (it.about, &it.verdict.tally);
        let word = match it.severity {
            Severity::Error => paint.red("error"),
            Severity::Warn => paint.yellow("warn "),
            Severity::Hint => paint.cyan("hint "),
        };
        let about_equal = if it.verdict.error > 0.0 { "≈" } else { "" };
        let _ = writeln!(
            out,
            "{word} {}  {about_equal}{} of {} {}: {}",
            paint.bold(about.id),
            count(tally.affected),
            count(tally.applicable),
            about.unit,
            about.title
        );
        let _ = writeln!(out, "      {}", paint.dim(&Spelling::PLAIN.write(about.meaning)));
        for line in it.verdict.details.iter().take(EXAMPLES) {
            let _ = writeln!(out, "      {}", shown(line));
        }
        for line in examples(it) {
            let _ = writeln!(out, "      {} {line}", paint.dim("at"));
        }
        let _ = writeln!(out, "      {} {}", paint.cyan("help:"), FLAGS.write(about.help));
    }
    if !result.findings().is_empty() {
        out.push('\n');
    }
}

/// The first examples of a check, a line each.
fn examples(it: &CheckResult) -> Vec<String> {
    let line = |it: &logflow::inspect::result::ExampleResult| {
        let mut place = Vec::new();
        place.extend(it.file.as_deref().map(shown));
        place.extend(it.row.map(|row| format!("row {}", count(row))));
        place.extend(it.byte.map(|byte| format!("byte {}", count(byte))));
        place.extend(it.case.as_deref().map(|case| format!("case {}", shown(case))));
        let place = if place.is_empty() { String::new() } else { format!("{}: ", place.join(", ")) };
        format!("{place}{}", shown(&it.what))
    };
    let mut lines: Vec<String> = it.examples.iter().take(EXAMPLES).map(line).collect();
    let more = it.verdict.tally.affected.saturating_sub(lines.len() as u64);
    if more > 0 && !lines.is_empty() {
        lines.push(format!("{} more", count(more)));
    }
    lines
}

fn columns(result: &Inspection, paint: Paint, out: &mut String) {
    let heading = ["column", "type", "nulls", "distinct", "least", "greatest", "pattern or median"];
    let rows: Vec<[String; 7]> = result.columns.iter().take(COLUMNS).map(row).collect();
    let mut widths = heading.map(|it| it.chars().count());
    for row in &rows {
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = (*width).max(cell.chars().count()));
    }
    let room = terminal::width().unwrap_or(LINE);
    let line = |cells: [&str; 7]| {
        let mut line = String::new();
        for (at, (cell, width)) in cells.into_iter().zip(widths).enumerate() {
            let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
            // Numbers stand to the right.
            let _ = if matches!(at, 2 | 3) {
                write!(line, "{pad}{cell}  ")
            } else {
                write!(line, "{cell}{pad}  ")
            };
        }
        cut(line.trim_end(), room)
    };
    let _ = writeln!(out, "{}", paint.dim(&line(heading)));
    for row in &rows {
        let _ = writeln!(out, "{}", line(row.each_ref().map(String::as_str)));
    }
    if result.columns.len() > COLUMNS {
        let _ = writeln!(out, "and {} more columns; --format json has all", result.columns.len() - COLUMNS);
    }
    out.push('\n');
}

fn row(it: &ColumnFigures) -> [String; 7] {
    let number = it.distinct_text.trim_start_matches('≈').parse().map_or_else(|_| String::new(), count);
    let distinct = if it.approximate { format!("≈{number}") } else { number };
    let median = it.quantiles.iter().find(|it| it.name == "p50").map(|it| it.text.clone());
    let pattern = it.pattern.as_ref().map(|it| match it.share {
        share if share >= 1.0 => it.pattern.clone(),
        share => format!("{} ({:.0}%)", it.pattern, (share * 100.0).floor()),
    });
    [
        cut(&shown(&it.name), 30),
        cut(&it.data_type, 20),
        count(it.nulls),
        distinct,
        cut(&shown(it.min.as_deref().unwrap_or_default()), 24),
        cut(&shown(it.max.as_deref().unwrap_or_default()), 24),
        cut(&shown(&pattern.or(median).unwrap_or_default()), 40),
    ]
}

fn last(result: &Inspection, paint: Paint, out: &mut String) {
    let reasons = result.not_assessed();
    if !reasons.is_empty() {
        let _ = writeln!(out, "not assessed:");
        let room = terminal::width().unwrap_or(LINE).max(40);
        for (why, checks) in reasons {
            let line = format!("{}: {}", shown(why), checks.join(", "));
            wrapped(&line, room - 2).for_each(|line| {
                let _ = writeln!(out, "  {line}");
            });
        }
        out.push('\n');
    }
    let hinted: Vec<&str> = PATTERNS.iter().filter(|it| !it.2).map(|it| it.0).collect();
    let _ = writeln!(
        out,
        "{}",
        paint.dim(&format!(
            "Of the eleven imperfection patterns, data alone cannot show {}; there are only hints at them.",
            hinted.join(", ")
        ))
    );
    for (name, formula) in FORMULAS {
        let _ = writeln!(out, "{}", paint.dim(&format!("{name} = {formula}")));
    }
}

/// A text in lines of at most so many characters, divided between words; all but the first are set in.
fn wrapped(text: &str, room: usize) -> impl Iterator<Item = String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last().map_or("", String::as_str);
        if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push("    ".to_owned());
        }
        if let Some(line) = lines.last_mut() {
            if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.into_iter()
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => format!("{}…", text.chars().take(most.saturating_sub(1)).collect::<String>()),
        false => text.to_owned(),
    }
}

/// Text that stays on its line and tells a terminal nothing.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
