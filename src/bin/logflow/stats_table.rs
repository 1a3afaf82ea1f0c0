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

/// Characters in a line where no terminal says how many.
const LINE: usize = 120;
/// Characters that a name gets at least, though lines may then wrap.
const LEAST: usize = 12;
/// Rows of each table, unless more are asked for.
const TOP: usize = 10;

/// All of it: `top` rows of each table, 0 for all.
pub fn text(figures: &ProcessFigures, report: &Report, top: Option<usize>, paint: Paint) -> String {
    let top = match top {
        None => TOP,
        Some(0) => usize::MAX,
        Some(top) => top,
    };
    let line = terminal::width().unwrap_or(LINE);
    let mut out = head(figures, report, paint);
    out.push_str(&activities(figures, top, line, paint));
    out.push_str(&edges(figures, top, line, paint));
    out.push_str(&variants(figures, top, line, paint));
    out
}

fn head(figures: &ProcessFigures, report: &Report, paint: Paint) -> String {
    let inputs: Vec<&str> = report.inputs.iter().map(|it| it.name.as_str()).collect();
    let inputs = match inputs.as_slice() {
        [only] => (*only).to_owned(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => String::new(),
    };
    let mut out = format!("{}\n", paint.bold(&shown(&inputs)));
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
        put("", format!("least in case {}, most in case {}", shown(shortest), shown(longest)));
    }
    put(
        "events per case",
        spread(&figures.case_size, |it| format!("{it:.1}").trim_end_matches(".0").to_owned()),
    );
    if let Some(arrival) = figures.arrival_s {
        put("a case begins", format!("every {} on average", span(arrival)));
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

/// The figures of a spread in one line.
fn spread(spread: &Spread, shown: impl Fn(f64) -> String) -> String {
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

fn activities(figures: &ProcessFigures, top: usize, line: usize, paint: Paint) -> String {
    let mut all: Vec<_> = figures.activities.iter().filter(|it| it.events > 0).collect();
    all.sort_by_key(|it| Reverse(it.events));
    let rows = all.iter().take(top).map(|it| {
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
    table(&heading, 1, rows.collect(), all.len(), line, paint)
}

fn edges(figures: &ProcessFigures, top: usize, line: usize, paint: Paint) -> String {
    let mut all: Vec<_> = figures.edges.iter().collect();
    all.sort_by_key(|edge| Reverse(edge.seconds.count));
    let time = |value: Option<f64>| value.map_or_else(String::new, span);
    let rows = all.iter().take(top).map(|edge| {
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
    table(&["from", "to", "count", "mean", "median", "p95"], 2, rows.collect(), all.len(), line, paint)
}

fn variants(figures: &ProcessFigures, top: usize, line: usize, paint: Paint) -> String {
    let share = |it: f64| format!("{:.1}%", it * 100.0);
    let rows = figures.variants().take(top).map(|it| {
        let names: Vec<String> = it.activities.iter().map(|at| shown(figures.activity(*at))).collect();
        vec![names.join(" > "), count(it.cases), share(it.coverage), share(it.cumulative_coverage)]
    });
    table(&["variant", "cases", "share", "together"], 1, rows.collect(), figures.variant_count(), line, paint)
}

/// A table: names in the first columns, which share the room that the numbers leave, and a line about the rows
/// that are not shown.
fn table(
    heading: &[&str],
    names: usize,
    rows: Vec<Vec<String>>,
    all: usize,
    line: usize,
    paint: Paint,
) -> String {
    let heading: Vec<String> = heading.iter().map(|it| (*it).to_owned()).collect();
    let width = |at: usize| {
        let cells = rows.iter().chain([&heading]).filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..heading.len()).map(width).collect();
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
            let cell = cut(cell, *width);
            let pad = " ".repeat(width - cell.chars().count());
            let _ = if at < names { write!(out, "  {cell}{pad}") } else { write!(out, "  {pad}{cell}") };
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

fn percent(part: u64, whole: u64) -> String {
    format!("{:.1}%", part as f64 * 100.0 / whole.max(1) as f64)
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// Text that stays on its line and tells a terminal nothing.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
