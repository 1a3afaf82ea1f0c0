//! The sections of the page.

use std::fmt::Write;

use super::{cut, escaped};
use crate::inspect::checks::Severity;
use crate::inspect::columns::profile::ColumnFigures;
use crate::inspect::result::{CheckResult, FORMULAS, Inspection, PATTERNS, shown_score};
use crate::model::figures::{count, counted};
use crate::options::Spelling;
use crate::process::{ProcessFigures, Spread};
use crate::report::Report;

/// Columns that are shown with their frequent values.
const FULL_COLUMNS: usize = 150;
/// Columns that are shown at all.
const COLUMNS: usize = 800;
/// Variants that are shown.
const VARIANTS: usize = 25;
/// Activities of a variant that are shown.
const STEPS: usize = 30;
/// Characters of a value that stays on one line: those of a time with microseconds.
const SHORT: usize = 27;
/// Examples of a finding.
const EXAMPLES: usize = 5;

/// Title, verdict, scores and ways to the sections.
pub fn head(result: &Inspection, report: &Report, title: &str, out: &mut String) {
    let sort = match result.gravest() {
        Some(Severity::Error) => "error",
        Some(Severity::Warn) => "warn",
        _ => "good",
    };
    let format = report.inputs.first().map_or("", |it| it.format).to_uppercase();
    let _ = write!(
        out,
        "<header><h1>{}</h1><p class=\"soft\">{format}, {}</p><div class=\"verdict\"><div><div class=\"score {sort}\">{}</div>\
         <div class=\"soft\">of 100</div></div><div><p><strong>{}</strong></p><dl class=\"bars\">",
        escaped(title),
        size(result, report),
        result.shown_score(),
        escaped(&capital(&result.verdict()))
    );
    for it in &result.dimensions {
        let score = shown_score(it.score * 100.0);
        let _ = write!(
            out,
            "<dt>{}</dt><dd class=\"long\">{}</dd><dd class=\"num\">{score}</dd>",
            it.name,
            bar(it.score)
        );
    }
    out.push_str("</dl></div></div><nav aria-label=\"Sections\"><ul>");
    let has_cases = result.process.as_ref().is_some_and(|it| it.cases > 0);
    let sections = [
        ("findings", "Findings", true),
        ("roles", "Roles and types", true),
        ("columns", "Columns", true),
        ("time", "Time", true),
        ("cases", "Cases", has_cases),
        ("graph", "What follows what", has_cases),
        ("variants", "Variants", has_cases),
        ("checks", "All checks", true),
    ];
    for (id, name, _) in sections.iter().filter(|it| it.2) {
        let _ = write!(out, "<li><a href=\"#{id}\">{name}</a></li>");
    }
    out.push_str("</ul></nav></header>");
}

fn size(result: &Inspection, report: &Report) -> String {
    let mut parts = vec![counted(result.rows, "row")];
    if report.bad_rows > 0 {
        parts.push(format!("{} that cannot be read", counted(report.bad_rows, "record")));
    }
    if let Some(process) = result.process.as_ref().filter(|it| it.cases > 0) {
        parts.push(counted(process.cases, "case"));
        parts.push(counted(process.variant_count() as u64, "variant"));
    }
    parts.push(counted(result.columns.len() as u64, "column"));
    parts.join(", ")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A bar that is filled up to a share.
fn bar(share: f64) -> String {
    let full = (share.clamp(0.0, 1.0) * 1000.0).floor() / 10.0;
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"rest\" width=\"100\" \
         height=\"1\"/><rect class=\"full\" width=\"{full}\" height=\"1\"/></svg>"
    )
}

/// What was found, the gravest first, with the command that helps.
pub fn findings(result: &Inspection, spelling: Spelling, out: &mut String) {
    out.push_str("<section aria-labelledby=\"findings\"><h2 id=\"findings\">Findings</h2>");
    let found = result.findings();
    if found.is_empty() {
        let assessed = result.checks.iter().filter(|it| it.score.is_some()).count();
        let _ = write!(
            out,
            "<p>Nothing was found by {} that were assessed.</p>",
            counted(assessed as u64, "check")
        );
    }
    for it in found {
        finding(it, spelling, out);
    }
    let hinted: Vec<&str> = PATTERNS.iter().filter(|it| !it.2).map(|it| it.0).collect();
    let _ = write!(
        out,
        "<p class=\"soft\">Of the eleven imperfection patterns of Suriadi et al. 2017, data alone cannot show {}: there are only hints \
         at them, and only people who know the process can tell.</p></section>",
        hinted.join(", ")
    );
}

fn finding(it: &CheckResult, spelling: Spelling, out: &mut String) {
    let (about, tally) = (it.about, &it.verdict.tally);
    let sort = it.severity.name();
    let nearly = if it.verdict.error > 0.0 { "≈" } else { "" };
    let _ = write!(
        out,
        "<article class=\"card {sort}\"><h3><span class=\"tag {sort}\">{sort}</span>{}</h3><p>{nearly}{} of {} {}{} <code>{}</code></p>\
         <p class=\"soft\">{}</p>",
        escaped(about.title),
        count(tally.affected),
        count(tally.applicable),
        about.unit,
        it.score
            .filter(|_| about.weight > 0)
            .map_or(String::new(), |score| format!(", score {}", shown_score(score * 100.0))),
        about.id,
        escaped(&Spelling::PLAIN.write(about.meaning))
    );
    let lines = it.verdict.details.iter().take(10);
    let mut items: Vec<String> = lines.map(|line| format!("<li>{}</li>", escaped(&cut(line, 200)))).collect();
    for example in it.examples.iter().take(EXAMPLES) {
        let mut place = Vec::new();
        place.extend(example.file.as_deref().map(|it| cut(it, 80).into_owned()));
        place.extend(example.row.map(|row| format!("row {}", count(row))));
        place.extend(example.byte.map(|byte| format!("byte {}", count(byte))));
        place.extend(example.case.as_deref().map(|case| format!("case {}", cut(case, 60))));
        let place = if place.is_empty() { String::new() } else { format!("{}: ", place.join(", ")) };
        items.push(format!(
            "<li class=\"mono\">{}{}</li>",
            escaped(&place),
            escaped(&cut(&example.what, 200))
        ));
    }
    if !items.is_empty() {
        let _ = write!(out, "<ul class=\"plain\">{}</ul>", items.concat());
    }
    let _ =
        write!(out, "<p><strong>What helps:</strong> {}</p></article>", escaped(&spelling.write(about.help)));
}

/// Which column plays which role, and what the types rest on.
pub fn roles(result: &Inspection, report: &Report, out: &mut String) {
    out.push_str(
        "<section aria-labelledby=\"roles\"><h2 id=\"roles\">Roles and types</h2><div class=\"wide\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Table: roles\"><table><thead><tr><th scope=\"col\">Role</th><th scope=\"col\">Column</th><th scope=\"col\">Type</th>\
         <th scope=\"col\">Evidence</th></tr></thead><tbody>",
    );
    for (role, name) in &result.roles {
        let column = report.columns.iter().find(|it| it.name == *name);
        let figures = result.columns.iter().find(|it| it.name == *name);
        let mut evidence = Vec::new();
        if let Some(it) = column {
            evidence.push(if it.declared {
                "declared".to_owned()
            } else {
                format!("all values are {}", it.written)
            });
            if it.without_zone > 0 {
                evidence.push(format!("{} without a zone", counted(it.without_zone, "time")));
            }
            if it.null_words > 0 {
                evidence.push(format!("{} read as null", counted(it.null_words, "word")));
            }
        }
        if let Some(it) = figures {
            evidence.push(format!("{} distinct values, {}", distinct(it), counted(it.nulls, "null")));
        }
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{role}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&cut(name, 80)),
            escaped(column.map_or("", |it| &it.column_type)),
            escaped(&evidence.join("; "))
        );
    }
    if result.roles.is_empty() {
        out.push_str("<tr><td colspan=\"4\">No column is known to play a role.</td></tr>");
    }
    out.push_str("</tbody></table></div>");
    let warnings: Vec<String> = report
        .warnings
        .iter()
        .take(20)
        .map(|it| format!("<li>{}: {}</li>", it.code, escaped(&cut(&it.to_string(), 300))))
        .collect();
    if !warnings.is_empty() {
        let _ = write!(out, "<h3>Warnings of the reader</h3><ul>{}</ul>", warnings.concat());
    }
    out.push_str("</section>");
}

fn distinct(it: &ColumnFigures) -> String {
    let nearly = if it.approximate { "≈" } else { "" };
    format!("{nearly}{}", count(it.distinct))
}

/// The columns with their figures.
pub fn columns(result: &Inspection, out: &mut String) {
    let all = result.columns.len();
    out.push_str("<section aria-labelledby=\"columns\"><h2 id=\"columns\">Columns</h2>");
    if let Some(it) = result.columns.iter().find(|it| it.approximate) {
        let _ = write!(
            out,
            "<p class=\"soft\">Figures with ≈ come from a sample, because there are more than a million distinct values or too many \
             columns; distinct values are within {:.1}% of the truth in 19 of 20 cases.</p>",
            (it.error * 1000.0).ceil() / 10.0
        );
    }
    out.push_str(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table: columns\"><table><thead><tr><th scope=\"col\">Column</th>\
         <th scope=\"col\">Type</th><th scope=\"col\" class=\"num\">Nulls</th><th scope=\"col\" class=\"num\">Distinct</th>\
         <th scope=\"col\">Least</th><th scope=\"col\">Greatest</th><th scope=\"col\">More</th></tr></thead><tbody>",
    );
    let is_full = all <= FULL_COLUMNS;
    for it in result.columns.iter().take(COLUMNS) {
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td>{}{}<td>",
            escaped(&cut(&it.name, 60)),
            escaped(&cut(&it.data_type, 30)),
            count(it.nulls),
            distinct(it),
            value_cell(it.min.as_deref()),
            value_cell(it.max.as_deref())
        );
        more(it, is_full, out);
        out.push_str("</td></tr>");
    }
    out.push_str("</tbody></table></div>");
    if all > COLUMNS {
        let _ = write!(out, "<p>{} more columns are in the JSON.</p>", count((all - COLUMNS) as u64));
    }
    out.push_str("</section>");
}

/// A cell with a value; a short one, such as a time, stays on one line.
fn value_cell(value: Option<&str>) -> String {
    let value = value.unwrap_or_default();
    let class = if value.chars().count() <= SHORT { " class=\"short\"" } else { "" };
    format!("<td{class}>{}</td>", escaped(&cut(value, 40)))
}

/// Quantiles, lengths, pattern and frequent values of a column.
fn more(it: &ColumnFigures, is_full: bool, out: &mut String) {
    let mut lines = Vec::new();
    if let Some(pattern) = &it.pattern {
        let share = (pattern.share * 100.0).floor();
        lines.push(format!(
            "pattern <span class=\"mono\">{}</span> in {share}%",
            escaped(&cut(&pattern.pattern, 60))
        ));
    }
    if let (Some(min), Some(max)) = (it.min_length, it.max_length) {
        lines.push(if min == max {
            format!("{min} characters")
        } else {
            format!("{min} to {max} characters")
        });
    }
    if let Some(mean) = it.mean {
        let nearly = if it.approximate { "≈" } else { "" };
        lines.push(format!("mean {nearly}{mean:.6}").trim_end_matches('0').trim_end_matches('.').to_owned());
    }
    if let Some(median) = it.quantiles.iter().find(|it| it.name == "p50") {
        lines.push(format!("<span class=\"short\">median {}</span>", escaped(&median.text)));
    }
    out.push_str(&lines.join("<br>"));
    if !is_full || it.top.is_empty() {
        return;
    }
    let _ = write!(out, "<details><summary>Frequent values</summary><ul class=\"plain\">");
    for top in &it.top {
        let value = top.value.as_deref().unwrap_or("(a value that appears late)");
        let _ = write!(out, "<li>{}: {}</li>", escaped(&cut(value, 60)), count(top.count));
    }
    out.push_str("</ul></details>");
}

/// The period, granularity and gaps.
pub fn time(result: &Inspection, out: &mut String) {
    out.push_str("<section aria-labelledby=\"time\"><h2 id=\"time\">Time</h2>");
    let line = &result.timeline;
    let (Some(first), Some(last)) = (&line.first, &line.last) else {
        out.push_str("<p>No column holds the times of events.</p></section>");
        return;
    };
    let most = line.histogram.iter().max().copied().unwrap_or(1).max(1) as f64;
    let width = 10 * line.histogram.len();
    let _ = write!(
        out,
        "<figure><svg class=\"hist\" viewBox=\"0 0 {width} 80\" width=\"{width}\" height=\"80\" role=\"img\" aria-label=\"Events over time, \
         from {first} to {last}\">"
    );
    for (at, events) in line.histogram.iter().enumerate() {
        let height = (*events as f64 / most * 78.0).max(if *events > 0 { 1.0 } else { 0.0 });
        let _ = write!(
            out,
            "<rect x=\"{}\" y=\"{:.1}\" width=\"9\" height=\"{height:.1}\"/>",
            at * 10,
            80.0 - height
        );
    }
    let _ = write!(
        out,
        "</svg><figcaption>Events from {first} to {last}, in parts of equal length</figcaption></figure>"
    );
    let total: u64 = result.grains.iter().map(|it| it.1).sum();
    if total > 0 {
        out.push_str("<h3>Granularity</h3><p class=\"soft\">The largest unit of which the time of an event is a whole number.</p><dl class=\"bars\">");
        for (name, events) in &result.grains {
            let share = *events as f64 / total as f64;
            let _ = write!(
                out,
                "<dt>{name}</dt><dd class=\"long\">{}</dd><dd class=\"num\">{}</dd>",
                bar(share),
                count(*events)
            );
        }
        out.push_str("</dl>");
    }
    if !line.gaps.is_empty() {
        out.push_str("<h3>Longest gaps without any event</h3><ul>");
        for gap in &line.gaps {
            let _ = write!(out, "<li>{} from {} to {}</li>", duration(gap.seconds), gap.from, gap.to);
        }
        out.push_str("</ul>");
    }
    out.push_str("</section>");
}

/// A duration in the unit that suits it.
fn duration(seconds: f64) -> String {
    match seconds {
        it if it >= 2.0 * 86_400.0 => format!("{:.1} days", it / 86_400.0),
        it if it >= 2.0 * 3600.0 => format!("{:.1} h", it / 3600.0),
        it if it >= 120.0 => format!("{:.1} min", it / 60.0),
        it => format!("{it:.1} s"),
    }
}

/// Sizes and durations of cases.
pub fn cases(process: &ProcessFigures, out: &mut String) {
    out.push_str("<section aria-labelledby=\"cases\"><h2 id=\"cases\">Cases</h2><dl class=\"facts\">");
    let mut fact = |name: &str, value: String| {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    };
    fact("Cases", count(process.cases));
    fact("Events", count(process.events));
    let events = |of: fn(&Spread) -> Option<f64>| {
        of(&process.case_size).map_or(String::new(), |it| format!("{it:.0}"))
    };
    let times = |of: fn(&Spread) -> Option<f64>| of(&process.case_duration_s).map_or(String::new(), duration);
    fact("Events of a case, median", events(|it| it.median));
    fact("Events of a case, most", events(|it| it.max));
    fact("Duration, median", times(|it| it.median));
    fact("Duration, 90th percentile", times(|it| it.p90));
    fact("Duration, longest", times(|it| it.max));
    if let Some(arrival) = process.arrival_s {
        fact("A new case every", duration(arrival));
    }
    out.push_str("</dl></section>");
}

/// The most frequent variants with their coverage.
pub fn variants(process: &ProcessFigures, out: &mut String) {
    let all = process.variant_count();
    let _ = write!(
        out,
        "<section aria-labelledby=\"variants\"><h2 id=\"variants\">Variants</h2><p class=\"soft\">The {} most frequent of {}. Coverage is the \
         share of cases that a variant and those above it have together.</p><div class=\"wide\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Table: variants\"><table><thead><tr><th scope=\"col\" class=\"num\">Cases</th><th scope=\"col\" class=\"num\">Coverage</th>\
         <th scope=\"col\">Activities</th></tr></thead><tbody>",
        all.min(VARIANTS),
        count(all as u64)
    );
    for it in process.variants().take(VARIANTS) {
        let _ = write!(
            out,
            "<tr><td class=\"num\">{}</td><td class=\"num\">{:.1}%</td><td><div class=\"steps\">",
            count(it.cases),
            (it.cumulative_coverage * 1000.0).floor() / 10.0
        );
        for at in it.activities.iter().take(STEPS) {
            let _ = write!(out, "<span>{}</span>", escaped(&cut(process.activity(*at), 40)));
        }
        if it.activities.len() > STEPS {
            let _ = write!(out, "<span>and {} more</span>", count((it.activities.len() - STEPS) as u64));
        }
        out.push_str("</div></td></tr>");
    }
    out.push_str("</tbody></table></div></section>");
}

/// Every check with its score, and how scores are made.
pub fn checks(result: &Inspection, out: &mut String) {
    out.push_str(
        "<section aria-labelledby=\"checks\"><h2 id=\"checks\">All checks</h2><div class=\"wide\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Table: all checks\"><table><thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Dimension</th><th scope=\"col\">Severity</th>\
         <th scope=\"col\" class=\"num\">Affected</th><th scope=\"col\" class=\"num\">Applicable</th><th scope=\"col\" class=\"num\">Score</th>\
         <th scope=\"col\" class=\"num\">Weight</th><th scope=\"col\">Stands for</th></tr></thead><tbody>",
    );
    for it in result.checks.iter().filter(|it| it.verdict.not_assessed.is_none()) {
        let (about, tally) = (it.about, &it.verdict.tally);
        let score = it.score.map_or_else(|| "none".to_owned(), |score| shown_score(score * 100.0));
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{score}</td>\
             <td class=\"num\">{}</td><td>{}</td></tr>",
            about.id,
            about.dimension.name(),
            it.severity.name(),
            count(tally.affected),
            count(tally.applicable),
            about.weight,
            escaped(&about.anchors.join("; "))
        );
    }
    out.push_str("</tbody></table></div>");
    let reasons = result.not_assessed();
    if !reasons.is_empty() {
        out.push_str("<h3>Not assessed</h3><ul>");
        for (why, checks) in reasons {
            let checks: Vec<String> = checks.iter().map(|id| format!("<code>{id}</code>")).collect();
            let _ = write!(out, "<li>{}: {}</li>", escaped(&capital(why)), checks.join(", "));
        }
        out.push_str("</ul>");
    }
    out.push_str("<h3>Scores</h3><ul class=\"plain soft\">");
    for (name, formula) in FORMULAS {
        let _ = write!(out, "<li>{name} = {}</li>", escaped(formula));
    }
    out.push_str("</ul></section>");
}

/// What made the page.
pub fn foot(out: &mut String) {
    let _ = write!(
        out,
        "<footer>Made by LogFlow {} from the rows of the log alone. The page needs no network and sends nothing.</footer>",
        env!("CARGO_PKG_VERSION")
    );
}
