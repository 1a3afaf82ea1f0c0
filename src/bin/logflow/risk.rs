//! `logflow risk`: how many cases of a log can be recognised.

use std::fmt::Write;

use logflow::convert::risk_of;
use logflow::jobs::search::InputSearch;
use logflow::model::condition::Condition;
use logflow::observer::Observer;
use logflow::process::risk::figures::RANGES;
use logflow::process::risk::{ProjectionRisk, RiskFigures, RiskWishes, projections};

use crate::args::ConsoleArgs;
use crate::args::risk::{Points, RiskArgs, RiskFormat};
use crate::fail::{Failure, Outcome};
use crate::figures::count;
use crate::paint::Paint;
use crate::progress::ProgressDisplay;
use crate::view::shown::shown;
use crate::{fail, options, report, signals, stdout};

/// Reads everything and prints the figures.
pub fn run(args: &RiskArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let mut options = options::options(&args.read)?;
    options.table.condition = Condition::all_of(&args.conditions)?;
    let mut points: Vec<u32> = args
        .points
        .iter()
        .filter_map(|points| match points {
            Points::All => None,
            Points::Some(number) => Some(*number),
        })
        .collect();
    points.sort_unstable();
    points.dedup();
    let wishes = RiskWishes {
        projections: projections(&args.projection)?,
        all_points: args.points.contains(&Points::All),
        points,
        seed: args.seed,
        case_columns: args.case_columns.clone().map(|names| names.0).unwrap_or_default(),
    };
    let found = InputSearch { options: &options, output: None }.find(&args.inputs)?;
    let observer = Observer::default();
    signals::stop(&observer);
    let progress = ProgressDisplay::start(console, &observer, "risk".as_ref(), (1, 1));
    let counted = risk_of(&found.inputs(), wishes, &options, &observer);
    progress.finish();
    if !console.quiet {
        report::left_out(&found, console.verbose, Paint::stderr(console.color));
    }
    let (summary, figures) = counted?;
    match args.format {
        RiskFormat::Json => stdout::print(&format!("{:#}\n", figures.to_json()))?,
        RiskFormat::Text => stdout::print(&text(&figures, Paint::stdout(console.color)))?,
    }
    if !console.quiet {
        report::warnings(&summary.warnings, console.verbose, Paint::stderr(console.color));
    }
    for error in &found.failed {
        stdout::eprint(&fail::text(error, Paint::stderr(console.color)));
    }
    Ok(if found.failed.is_empty() { Outcome::Done } else { Outcome::InPart })
}

fn text(figures: &RiskFigures, paint: Paint) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} events in {} cases", count(figures.events), count(figures.cases));
    if figures.rows_left_out > 0 {
        let _ = writeln!(
            out,
            "{} rows without a case, an activity or a time are left out",
            count(figures.rows_left_out)
        );
    }
    let percent = |cases: u64| format!("{:.1} %", figures.share(cases) * 100.0);
    let name = |it: &ProjectionRisk| format!("{}  {}", it.projection.letter(), it.projection.described());
    if figures.projections.iter().any(|it| it.sizes.is_some()) {
        let ranges: Vec<String> = RANGES
            .iter()
            .map(|(from, to)| match to {
                Some(to) if to == from => format!("k = {from}"),
                Some(to) => format!("{from}-{to}"),
                None => format!("{from}+"),
            })
            .collect();
        let _ = writeln!(out, "\n{}", paint.bold("Unique cases, if all events of a case are known"));
        let heads: String = ranges.iter().map(|range| format!("{range:>11}")).collect();
        let _ = writeln!(out, "{}", paint.dim(&format!("{:34}{:>11}{:>11}{heads}", "", "unique", "least k")));
        for it in &figures.projections {
            let (Some(unique), least) = (it.unique(), it.least()) else { continue };
            let cells: String =
                RANGES.iter().map(|(from, to)| format!("{:>11}", count(it.within(*from, *to)))).collect();
            let least = least.map_or_else(|| "-".to_owned(), count);
            let _ = writeln!(out, "{:34}{:>11}{least:>11}{cells}", name(it), percent(unique));
        }
        out.push_str("k is the number of cases that look alike; the columns on the right count cases\n");
    }
    let points: Vec<u32> =
        figures.projections.first().map_or(Vec::new(), |it| it.points.iter().map(|it| it.0).collect());
    if !points.is_empty() {
        let _ = writeln!(
            out,
            "\n{}",
            paint.bold(&format!("Unique cases, if some events of a case are known (seed {})", figures.seed))
        );
        let heads: String = points.iter().map(|it| format!("{:>12}", events(*it))).collect();
        let _ = writeln!(out, "{}", paint.dim(&format!("{:34}{heads}", "")));
        for it in &figures.projections {
            let cells: String =
                it.points.iter().map(|(_, unique)| format!("{:>12}", percent(*unique))).collect();
            let _ = writeln!(out, "{:34}{cells}", name(it));
        }
    }
    attributes(&mut out, "attributes of events", &figures.event_columns);
    attributes(&mut out, "attributes of cases", &figures.case_columns);
    if !figures.personal.is_empty() {
        let _ = writeln!(out, "\n{}", paint.bold("Columns that look personal"));
        for (column, kind, found, values) in &figures.personal {
            let of = format!("{} of {} values", count(*found), count(*values));
            let _ = writeln!(out, "{:34}{kind}, {of}", shown(column));
        }
    }
    out
}

fn events(number: u32) -> String {
    if number == 1 { "1 event".to_owned() } else { format!("{number} events") }
}

fn attributes(out: &mut String, what: &str, columns: &[String]) {
    let names: Vec<String> = columns.iter().map(|name| shown(name)).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let _ = writeln!(out, "{}{what}: {names}", if what.ends_with("events") { "\n" } else { "" });
}
