//! The figures of an object-centric log as tables for people.

use std::cmp::Reverse;
use std::fmt::Write;

use logflow::process::Spread;
use logflow::process::json::time;
use logflow::process::objects::{ObjectEdge, ObjectFigures};
use logflow::process::render::span;
use logflow::report::Report;

use crate::figures::{count, counted};
use crate::paint::Paint;
use crate::stats_table::{TableStyle, percent, sequence, short, table, title};
use crate::view::shown::shown;

/// All of it: `top` rows of each table, 0 for all.
pub fn text(figures: &ObjectFigures, report: &Report, top: Option<usize>, paint: Paint) -> String {
    let style = TableStyle::new(top, paint);
    let mut out = head(figures, report, paint);
    out.push_str(&types(figures, style));
    out.push_str(&activities(figures, style));
    out.push_str(&edges(figures, style));
    out.push_str(&variants(figures, style));
    out
}

fn head(figures: &ObjectFigures, report: &Report, paint: Paint) -> String {
    let mut out = title(report, paint);
    let mut put = |name: &str, value: String| {
        let _ = writeln!(out, "  {name:<16}  {value}");
    };
    let without = |number: u64, what: &str| match number {
        0 => String::new(),
        number => format!(", {} without {what}", count(number)),
    };
    let lonely: u64 = figures.object_types.iter().map(|it| it.objects_without_events).sum();
    put("events", count(figures.events) + &without(figures.events_without_objects, "objects"));
    put("objects", count(figures.objects) + &without(lonely, "events"));
    put("activities", count(figures.activities.iter().filter(|it| it.events > 0).count() as u64));
    put("object types", count(figures.object_types.iter().filter(|it| it.objects > 0).count() as u64));
    put("E2O relations", count(figures.relations));
    put("O2O relations", count(figures.object_relations));
    let left = figures.left_out;
    if left.all() > 0 {
        let parts = [
            (left.duplicates, "occur again"),
            (left.without_event, "lead to no event of the log"),
            (left.without_object, "lead to no object of the log"),
        ];
        let parts = parts.iter().filter(|(relations, _)| *relations > 0);
        let parts: Vec<String> = parts.map(|(number, what)| format!("{} {what}", count(*number))).collect();
        put("left out", format!("{}: {}", counted(left.all(), "relation"), parts.join(", ")));
    }
    if figures.incomplete_rows > 0 {
        put("incomplete", counted(figures.incomplete_rows, "row"));
    }
    if report.bad_rows > 0 {
        put("malformed", counted(report.bad_rows, "record"));
    }
    if let Some((first, last)) = figures.period_ns {
        put("period", format!("{} to {}", time(first), time(last)));
    }
    let (pairs, edges) = figures.ties();
    if pairs > 0 {
        let what = counted(pairs, "pair");
        let edges = counted(edges, "edge");
        put("equal times", format!("{what} of events, on {edges}, are in the order of relations alone"));
    }
    if figures.crowded_events > 0 {
        let (events, most) = (counted(figures.crowded_events, "event"), ObjectFigures::MOST_INTERACTING);
        put("many objects", format!("{events} with more than {most} objects do not count as interacting"));
    }
    out
}

/// A figure of a spread, if there is one.
fn figure(value: Option<f64>, shown: impl Fn(f64) -> String) -> String {
    value.map_or_else(String::new, shown)
}

fn types(figures: &ObjectFigures, style: TableStyle) -> String {
    let mut all: Vec<_> = figures.object_types.iter().filter(|it| it.objects > 0).collect();
    all.sort_by_key(|it| Reverse(it.objects));
    let mean = |spread: &Spread| figure(spread.mean, short);
    let rows = all.iter().take(style.top).map(|it| {
        vec![
            shown(&it.name),
            count(it.objects),
            count(it.events),
            mean(&it.events_per_object),
            mean(&it.objects_per_event),
            mean(&it.interacting_objects),
            figure(it.duration_s.median, span),
            figure(it.duration_s.p95, span),
            count(it.variants.len() as u64),
        ]
    });
    let heading = [
        "object type",
        "objects",
        "events",
        "events/object",
        "objects/event",
        "interacting",
        "median duration",
        "p95 duration",
        "variants",
    ];
    table(&heading, 1, rows.collect(), all.len(), style)
}

fn activities(figures: &ObjectFigures, style: TableStyle) -> String {
    let mut all: Vec<_> = figures.activities.iter().filter(|it| it.events > 0).collect();
    all.sort_by_key(|it| Reverse(it.events));
    let rows = all.iter().take(style.top).map(|it| {
        vec![
            shown(&it.name),
            count(it.events),
            percent(it.events, figures.events),
            count(it.unique_objects),
            count(it.total_objects),
        ]
    });
    let heading = ["activity", "events", "share", "objects", "relations"];
    table(&heading, 1, rows.collect(), all.len(), style)
}

fn edges(figures: &ObjectFigures, style: TableStyle) -> String {
    let mut all: Vec<&ObjectEdge> = figures.edges.iter().collect();
    all.sort_by_key(|edge| Reverse(edge.event_couples.count));
    let rows = all.iter().take(style.top).map(|edge| {
        let couples = &edge.event_couples;
        vec![
            shown(figures.object_type(edge.object_type)),
            shown(figures.activity(edge.from)),
            shown(figures.activity(edge.to)),
            count(couples.count),
            count(edge.unique_objects),
            count(edge.total_objects.count),
            figure(couples.mean, span),
            figure(couples.median, span),
        ]
    });
    let heading =
        ["object type", "from", "to", "event couples", "unique objects", "total objects", "mean", "median"];
    table(&heading, 3, rows.collect(), all.len(), style)
}

fn variants(figures: &ObjectFigures, style: TableStyle) -> String {
    let types = figures.object_types.iter();
    let mut all: Vec<_> =
        types.flat_map(|of| of.variants.iter().take(style.top).map(move |it| (&of.name, it))).collect();
    all.sort_by_key(|(_, it)| Reverse(it.cases));
    let share = |it: f64| format!("{:.1}%", it * 100.0);
    let rows = all.iter().take(style.top).map(|(of, it)| {
        let names = it.activities().map(|at| figures.activity(at));
        vec![shown(of), sequence(names, style.line), count(it.cases), share(it.coverage)]
    });
    let number = figures.object_types.iter().map(|of| of.variants.len()).sum();
    table(&["object type", "variant", "objects", "share of type"], 2, rows.collect(), number, style)
}
