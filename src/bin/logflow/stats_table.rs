//! The figures of a process as tables for people.

use std::cmp::Reverse;
use std::fmt::Write;

use logflow::process::json::time;
use logflow::process::render::span;
use logflow::process::{ProcessFigures, Spread};
use logflow::report::Report;

use crate::figures::{count, counted};
use crate::paint::Paint;
use crate::terminal;
use crate::view::shown::{cut, padded, shown, width};

/// Columns of a line where no terminal says how many.
const LINE: usize = 120;
/// Columns that a name gets at least, though lines may then wrap.
const LEAST: usize = 12;
/// Rows of each table, unless more are asked for.
const TOP: usize = 10;

/// All of it: `top` rows of each table, 0 for all.
pub fn text(figures: &ProcessFigures, report: &Report, top: Option<usize>, paint: Paint) -> String {
    let style = TableStyle::new(top, paint);
    let mut out = head(figures, report, paint);
    out.push_str(&activities(figures, style));
    out.push_str(&edges(figures, style));
    out.push_str(&variants(figures, style));
    out
}

/// How tables are written.
#[derive(Clone, Copy)]
pub struct TableStyle {
    /// Rows of each table.
    pub top: usize,
    /// Columns of the terminal that a line may take.
    pub line: usize,
    paint: Paint,
}

impl TableStyle {
    /// Tables of `top` rows, 0 for all, as wide as the terminal.
    pub fn new(top: Option<usize>, paint: Paint) -> Self {
        let top = match top {
            None => TOP,
            Some(0) => usize::MAX,
            Some(top) => top,
        };
        Self { top, line: terminal::width().unwrap_or(LINE), paint }
    }
}

/// The names of the inputs of a run, as the first line.
pub fn title(report: &Report, paint: Paint) -> String {
    let inputs: Vec<&str> = report.inputs.iter().map(|it| it.name.as_str()).collect();
    let inputs = match inputs.as_slice() {
        [only] => (*only).to_owned(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => String::new(),
    };
    format!("{}\n", paint.bold(&shown(&inputs)))
}

fn head(figures: &ProcessFigures, report: &Report, paint: Paint) -> String {
    let mut out = title(report, paint);
    let mut put = |name: &str, value: String| {
        let _ = writeln!(out, "  {name:<16}  {value}");
    };
    put("events", count(figures.events));
    put("cases", count(figures.cases));
    put("activities", count(figures.activities.iter().filter(|it| it.events > 0).count() as u64));
    put("variants", count(figures.variant_count() as u64));
    let left = figures.left_out;
    if left.rows > 0 {
        let parts = [
            ("case", left.without_case),
            ("activity", left.without_activity),
            ("timestamp", left.without_time),
        ];
        let parts = parts.iter().filter(|(_, rows)| *rows > 0);
        let parts: Vec<String> =
            parts.map(|(what, rows)| format!("{} without a {what}", count(*rows))).collect();
        put(
            "rows left out",
            format!("{}: {}", count(left.rows), parts.join(", ").replace("a activity", "an activity")),
        );
    }
    if report.bad_rows > 0 {
        put("malformed", counted(report.bad_rows, "record"));
    }
    if let Some((first, last)) = figures.period_ns {
        put("period", format!("{} to {}", time(first), time(last)));
    }
    put("case duration", spread(&figures.case_duration_s, span));
    if let Some((shortest, longest)) = &figures.extreme_cases {
        put("", format!("shortest: {}, longest: {}", shown(shortest), shown(longest)));
    }
    put("events per case", spread(&figures.case_size, short));
    if let Some(arrival) = figures.arrival_s {
        put("case arrival", format!("every {} on average", span(arrival)));
    }
    if let Some(cycle) = figures.cycle_time_s {
        put("cycle time", span(cycle));
    }
    let (pairs, edges) = figures.ties();
    if pairs > 0 {
        let what = counted(pairs, "pair");
        put(
            "equal times",
            format!("{what} of events, on {}, are in the order of rows alone", counted(edges, "edge")),
        );
    }
    out
}

/// A number with commas between thousands, and with one digit behind the point if it is not whole.
pub fn short(number: f64) -> String {
    let tenths = (number * 10.0).round() as u64;
    let digit = if tenths.is_multiple_of(10) { String::new() } else { format!(".{}", tenths % 10) };
    count(tenths / 10) + &digit
}

/// The figures of a spread in one line.
pub fn spread(spread: &Spread, shown: impl Fn(f64) -> String) -> String {
    let named = [
        ("mean", spread.mean),
        ("median", spread.median),
        ("min", spread.min),
        ("max", spread.max),
        ("p95", spread.p95),
    ];
    let parts = named.iter().filter_map(|(name, value)| Some(format!("{name} {}", shown((*value)?))));
    parts.collect::<Vec<_>>().join(", ")
}

fn activities(figures: &ProcessFigures, style: TableStyle) -> String {
    let mut all: Vec<_> = figures.activities.iter().filter(|it| it.events > 0).collect();
    all.sort_by_key(|it| Reverse(it.events));
    let rows = all.iter().take(style.top).map(|it| {
        let mut row = vec![
            shown(&it.name),
            count(it.events),
            percent(it.events, figures.events),
            count(it.cases),
            count(it.starts),
            count(it.ends),
            count(it.rework),
        ];
        row.extend(it.service_s.map(|service| service.median.map_or_else(String::new, span)));
        row
    });
    let mut heading = vec!["activity", "events", "share", "cases", "starts", "ends", "rework"];
    heading.extend(all.first().and_then(|it| it.service_s).map(|_| "median work"));
    table(&heading, 1, rows.collect(), all.len(), style)
}

fn edges(figures: &ProcessFigures, style: TableStyle) -> String {
    let mut all: Vec<_> = figures.edges.iter().collect();
    all.sort_by_key(|edge| Reverse(edge.seconds.count));
    let time = |value: Option<f64>| value.map_or_else(String::new, span);
    let rows = all.iter().take(style.top).map(|edge| {
        let seconds = &edge.seconds;
        vec![
            shown(figures.activity(edge.from)),
            shown(figures.activity(edge.to)),
            count(seconds.count),
            time(seconds.mean),
            time(seconds.median),
            time(seconds.p95),
        ]
    });
    table(&["from", "to", "count", "mean", "median", "p95"], 2, rows.collect(), all.len(), style)
}

fn variants(figures: &ProcessFigures, style: TableStyle) -> String {
    let share = |it: f64| format!("{:.1}%", it * 100.0);
    let rows = figures.ranked_variants().iter().take(style.top).map(|it| {
        let names = it.activities().map(|at| figures.activity(at));
        vec![sequence(names, style.line), count(it.cases), share(it.coverage), share(it.cumulative_coverage)]
    });
    let heading = ["variant", "cases", "share", "cumulative"];
    table(&heading, 1, rows.collect(), figures.variant_count(), style)
}

/// Names of activities one behind the other, no more of them than a line has room for: there may be millions.
pub fn sequence<'n>(names: impl Iterator<Item = &'n str>, line: usize) -> String {
    let mut out = String::new();
    for name in names {
        if !out.is_empty() {
            out.push_str(" > ");
        }
        out.push_str(&shown(name));
        if out.len() > 4 * line && width(&out) > line {
            break;
        }
    }
    out
}

/// A table: names in the first columns, which share the room that the numbers leave, and a line about the rows
/// that are not shown.
pub fn table(
    heading: &[&str],
    names: usize,
    rows: Vec<Vec<String>>,
    all: usize,
    style: TableStyle,
) -> String {
    let TableStyle { line, paint, .. } = style;
    let heading: Vec<String> = heading.iter().map(|it| (*it).to_owned()).collect();
    let widest = |at: usize| {
        let cells = rows.iter().chain([&heading]).filter_map(|row| row.get(at));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..heading.len()).map(widest).collect();
    let taken: usize = widths[names..].iter().map(|width| width + 2).sum::<usize>() + 2 * names;
    let mut room = line.saturating_sub(taken);
    for (at, width) in widths.iter_mut().enumerate().take(names) {
        let share = (room / (names - at)).max(LEAST);
        *width = share.min(*width);
        room = room.saturating_sub(*width);
    }
    let text = |row: &[String]| {
        let mut out = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = write!(out, "  {}", padded(&cut(cell, *width), *width, at >= names));
        }
        out.trim_end().to_owned()
    };
    let mut out = format!("\n{}\n", paint.dim(&text(&heading)));
    for row in &rows {
        let _ = writeln!(out, "{}", text(row));
    }
    if all > rows.len() {
        let more = count((all - rows.len()) as u64);
        let _ = writeln!(out, "  {}", paint.dim(&format!("and {more} more; --top 0 shows all")));
    }
    out
}

/// A part of a whole in percent.
pub fn percent(part: u64, whole: u64) -> String {
    format!("{:.1}%", part as f64 * 100.0 / whole.max(1) as f64)
}
