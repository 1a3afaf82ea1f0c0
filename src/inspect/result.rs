//! The result of an inspection: verdicts of all checks, scores, figures of columns.

use std::collections::HashSet;

use serde::Serialize;

use super::checks::{About, CHECKS, Dimension, Severity, Verdict, lacks};
use super::columns::profile::ColumnFigures;
use super::events::CaseEvent;
use super::facts::Facts;
use super::found::{FoundRows, NO_COLUMN};
use super::row_bytes::RowBytes;
use super::tally::{Counter, ROW_MARK, Tally};
use super::timeline::Timeline;
use super::times::Grain;
use crate::error::{Code, Error, Result};
use crate::options::Spelling;
use crate::process::ProcessFigures;
use crate::report::Report;
use crate::shard::each::each;

/// How scores are made, as reports print it.
pub const FORMULAS: [(&str, &str); 3] = [
    ("check", "1 - affected / applicable"),
    ("dimension", "sum(weight * check) / sum(weight) over its checks that were assessed and have a weight"),
    ("score", "100 * mean of its dimensions that have a score"),
];

/// The patterns of Suriadi et al. 2017 and the check of each; those that data alone can't show have a hint.
pub const PATTERNS: [(&str, &str, bool); 11] = [
    ("form-based event capture", "form-based-capture", true),
    ("inadvertent time travel", "inadvertent-time-travel", true),
    ("unanchored event", "unanchored-event", true),
    ("scattered event", "scattered-event", false),
    ("elusive case", "elusive-case", false),
    ("scattered case", "scattered-case", false),
    ("collateral events", "collateral-events", true),
    ("polluted label", "polluted-label", true),
    ("distorted label", "distorted-label", true),
    ("synonymous labels", "synonymous-labels", false),
    ("homonymous label", "homonymous-label", true),
];

/// The result of an inspection.
#[derive(Debug)]
pub struct Inspection {
    /// From 0 to 100; `None` if nothing could be assessed.
    pub score: Option<f64>,
    /// One for each dimension that has a score.
    pub dimensions: Vec<DimensionScore>,
    /// One for each check, in the order of the registry.
    pub checks: Vec<CheckResult>,
    /// One for each column.
    pub columns: Vec<ColumnFigures>,
    /// Rows that were inspected.
    pub rows: u64,
    /// Rows that are events: they have case, activity and time.
    pub events: u64,
    /// How many activities there are.
    pub activities: u64,
    /// Events by how finely their time is told.
    pub grains: Vec<(&'static str, u64)>,
    /// When the events happened.
    pub timeline: Timeline,
    /// Columns with a role, as role and name.
    pub roles: Vec<(&'static str, String)>,
    /// What the log says about its process, if it has what that needs.
    pub process: Option<ProcessFigures>,
    /// Every affected row, if they were asked for.
    pub found: FoundRows,
    /// Where the rows begin in their inputs.
    pub bytes: RowBytes,
    /// Names of all columns.
    pub names: Vec<String>,
}

/// The score of one dimension.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DimensionScore {
    /// The name of the dimension.
    pub name: &'static str,
    /// From 0 to 1.
    pub score: f64,
    /// Number of checks that it is made of.
    pub checks: usize,
}

/// What one check came to.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// What there is to say about it.
    pub about: &'static About,
    /// How bad its findings are.
    pub severity: Severity,
    /// What the check counted, or why it was not assessed.
    pub verdict: Verdict,
    /// From 0 to 1; `None` if it was not assessed or applies to nothing.
    pub score: Option<f64>,
    /// Places of its examples.
    pub examples: Vec<ExampleResult>,
}

impl CheckResult {
    /// Whether it found something.
    pub fn is_found(&self) -> bool {
        self.verdict.tally.affected > 0
    }
}

/// One example with its place.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ExampleResult {
    /// The input, if there is a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Record of the input, from 1, malformed records counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The byte at which the record begins in the text of the input, if the source knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// The case that the row belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// What was found there.
    pub what: String,
}

/// Finds the input of a record, and the record's number within it.
#[derive(Debug, Clone)]
pub struct Places(Vec<(String, u64)>);

impl Places {
    /// The inputs of a run.
    pub fn of(report: &Report) -> Self {
        Self(report.inputs.iter().map(|it| (it.name.clone(), it.records)).collect())
    }

    /// A text with the rows in it by their numbers, and by their inputs if there are several.
    fn named(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once(ROW_MARK.0) else { return text.to_owned() };
        let Some((row, after)) = rest.split_once(ROW_MARK.1) else { return text.to_owned() };
        let Ok(row) = row.parse() else { return text.to_owned() };
        match self.of_row(row) {
            (Some(file), row) if self.0.len() > 1 => format!("{before}row {row} of {file}{after}"),
            (_, row) => format!("{before}row {row}{after}"),
        }
    }

    /// Input, and row from 1.
    pub fn of_row(&self, mut row: u64) -> (Option<&str>, u64) {
        for (name, rows) in &self.0 {
            if row < *rows {
                return (Some(name), row + 1);
            }
            row -= rows;
        }
        (self.0.last().map(|(name, _)| name.as_str()), row + 1)
    }
}

impl Inspection {
    /// Judges a log by what is known of it and by the report of the run.
    ///
    /// # Errors
    /// If a temporary file can't be read or written.
    pub fn of(mut facts: Facts, report: &Report, process: Option<ProcessFigures>) -> Result<Self> {
        let mut found = std::mem::take(&mut facts.found);
        // Columns are worked out beside the checks.
        let (verdicts, columns) = std::thread::scope(|scope| {
            let columns = scope.spawn(|| columns(&facts, report));
            let verdicts = judge(&facts, report, &mut found);
            (verdicts, columns.join())
        });
        let verdicts = verdicts?;
        let columns = columns.map_err(|_| Error::new(Code::Worker, "a thread ended early"))??;
        let (columns, timelines): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let places = Places::of(report);
        let mut checks = Vec::with_capacity(CHECKS.len());
        let mut starts = facts.bytes.reader();
        for (check, verdict) in CHECKS.iter().zip(verdicts) {
            let about = check.about();
            let mut examples = Vec::with_capacity(verdict.tally.examples.len());
            for it in &verdict.tally.examples {
                let place = it.row.map(|row| places.of_row(row));
                examples.push(ExampleResult {
                    file: place.and_then(|(file, _)| file.map(str::to_owned)),
                    row: place.map(|(_, row)| row),
                    byte: it.row.map(|row| starts.of(row)).transpose()?.flatten(),
                    case: it.case.and_then(|case| facts.case_text(case)),
                    what: places.named(&Spelling::PLAIN.write(&it.what)),
                });
            }
            let severity = verdict.severity.unwrap_or(about.severity);
            checks.push(CheckResult { about, severity, score: score_of(&verdict), verdict, examples });
        }
        let dimensions = dimensions(&checks);
        let score = (!dimensions.is_empty())
            .then(|| 100.0 * dimensions.iter().map(|it| it.score).sum::<f64>() / dimensions.len() as f64);
        let table = &facts.table;
        let mut grains = [0; Grain::COUNT];
        let midnights = facts.midnights();
        for label in &facts.labels.all {
            grains.iter_mut().zip(midnights.grains(label)).for_each(|(sum, count)| *sum += count);
        }
        let roles =
            (0..table.columns.len()).filter_map(|at| Some((table.role_of(at)?, table.columns[at].0.clone())));
        Ok(Self {
            score,
            dimensions,
            columns,
            rows: facts.rows,
            events: facts.events.count,
            activities: facts.labels.all.len() as u64,
            timeline: timelines.into_iter().flatten().next().unwrap_or_default(),
            grains: Grain::ALL
                .into_iter()
                .map(|it| (it.name(), grains[it as usize]))
                .filter(|it| it.1 > 0)
                .collect(),
            roles: roles.collect(),
            names: table.columns.iter().map(|(name, _)| name.clone()).collect(),
            checks,
            process,
            found,
            bytes: facts.bytes,
        })
    }

    /// The gravest severity of what was found.
    pub fn gravest(&self) -> Option<Severity> {
        self.checks.iter().filter(|it| it.is_found()).map(|it| it.severity).max()
    }

    /// What was found, the gravest first; equals in the order of the registry.
    pub fn findings(&self) -> Vec<&CheckResult> {
        let mut found: Vec<&CheckResult> = self.checks.iter().filter(|it| it.is_found()).collect();
        found.sort_by_key(|it| std::cmp::Reverse(it.severity));
        found
    }

    /// Why checks were not assessed, and the ids of those to which each reason applies, in the order of the registry.
    pub fn not_assessed(&self) -> Vec<(&str, Vec<&'static str>)> {
        let mut reasons: Vec<(&str, Vec<&'static str>)> = Vec::new();
        for it in &self.checks {
            let Some(why) = it.verdict.not_assessed.as_deref() else { continue };
            match reasons.iter_mut().find(|(known, _)| *known == why) {
                Some((_, checks)) => checks.push(it.about.id),
                None => reasons.push((why, vec![it.about.id])),
            }
        }
        reasons
    }

    /// The score as people read it: 100 only if nothing lowers it.
    pub fn shown_score(&self) -> String {
        match self.score {
            None => "none".to_owned(),
            Some(score) => shown_score(score),
        }
    }

    /// The verdict in a sentence.
    pub fn verdict(&self) -> String {
        let count =
            |severity| self.checks.iter().filter(|it| it.is_found() && it.severity == severity).count();
        let (errors, warnings, hints) =
            (count(Severity::Error), count(Severity::Warn), count(Severity::Hint));
        let plural =
            |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let mut parts = Vec::new();
        if errors > 0 {
            parts.push(plural(errors, "error"));
        }
        if warnings > 0 {
            parts.push(plural(warnings, "warning"));
        }
        if hints > 0 {
            parts.push(plural(hints, "hint"));
        }
        match (self.rows, parts.is_empty(), errors + warnings) {
            (0, _, _) => "the log has no rows".to_owned(),
            (_, true, _) => "nothing was found".to_owned(),
            (_, _, 0) => format!("fit for analysis; {}", parts.join(", ")),
            (_, _, _) if errors == 0 => format!("fit for analysis with care; {}", parts.join(", ")),
            _ => format!("results may be wrong; {}", parts.join(", ")),
        }
    }
}

/// A score of up to 100 with one digit, cut rather than rounded.
pub fn shown_score(score: f64) -> String {
    if score >= 100.0 { "100".to_owned() } else { format!("{:.1}", (score * 10.0).floor() / 10.0) }
}

fn score_of(verdict: &Verdict) -> Option<f64> {
    let tally = &verdict.tally;
    if verdict.not_assessed.is_some() || tally.applicable == 0 {
        return None;
    }
    Some(1.0 - tally.affected.min(tally.applicable) as f64 / tally.applicable as f64)
}

fn dimensions(checks: &[CheckResult]) -> Vec<DimensionScore> {
    Dimension::ALL
        .into_iter()
        .filter_map(|dimension| {
            let of = checks.iter().filter(|it| it.about.dimension == dimension && it.about.weight > 0);
            let scored: Vec<(f64, f64)> =
                of.filter_map(|it| Some((it.score?, f64::from(it.about.weight)))).collect();
            let weight: f64 = scored.iter().map(|(_, weight)| weight).sum();
            let sum: f64 = scored.iter().map(|(score, weight)| score * weight).sum();
            // Whole numbers are divided, so that a log without a flaw has exactly 1.
            (weight > 0.0).then(|| DimensionScore {
                name: dimension.name(),
                score: sum / weight,
                checks: scored.len(),
            })
        })
        .collect()
}

/// The figures of each column, and the period of the log with the column of the time.
fn columns(facts: &Facts, report: &Report) -> Result<Vec<(ColumnFigures, Option<Timeline>)>> {
    let table = &facts.table;
    each(facts.workers, table.columns.iter().collect(), |at, (name, data_type)| {
        let shown = report.columns.iter().find(|it| it.name == *name);
        let data_type = shown.map_or_else(|| data_type.to_string(), |it| it.column_type.clone());
        let column = &facts.columns[at];
        let numbers = column.numbers();
        let figures = column.figures(name, &data_type, table.role_of(at), &numbers);
        Ok((figures, (table.time == Some(at)).then(|| Timeline::of(column, &numbers))))
    })
}

/// The verdict of each check.
fn judge(facts: &Facts, report: &Report, found: &mut FoundRows) -> Result<Vec<Verdict>> {
    let mut verdicts: Vec<Option<Verdict>> =
        CHECKS.iter().map(|check| lacks(check.about(), &facts.table).map(Verdict::not_assessed)).collect();
    let mut at_work = Vec::new();
    for (number, check) in CHECKS.iter().enumerate() {
        if verdicts[number].is_some() {
            continue;
        }
        match check.cases(facts) {
            Some(work) => at_work.push((number, work, Tally::default())),
            None => {
                verdicts[number] = Some(check.judge(facts, &facts.tallies[number], report));
                if facts.options.findings {
                    let rows = check.rows_of(facts).into_iter();
                    rows.for_each(|row| found.push(row, number as u16, NO_COLUMN));
                    found.settle()?;
                }
            }
        }
    }
    // Labels all of whose events are affected; their rows are told in the last pass over the cases.
    let labels: Vec<(u16, HashSet<u32>)> = (0..)
        .zip(&verdicts)
        .filter_map(|(number, it)| it.as_ref().map(|it| (number, it.labels.clone())))
        .filter(|(_, labels)| !labels.is_empty())
        .collect();
    let wants_labels = usize::from(facts.options.findings && !labels.is_empty());
    let passes = at_work.iter().map(|(_, work, _)| work.passes()).max().unwrap_or(0).max(wants_labels);
    for pass in 0..passes {
        facts.events.each_case(|case, events| {
            for (number, work, tally) in at_work.iter_mut().filter(|(_, work, _)| pass < work.passes()) {
                work.case(pass, case, events, &mut Counter { tally, found, check: *number as u16 });
                work.after_case()?;
            }
            if pass + 1 == passes && wants_labels > 0 {
                tell_labels(&labels, events, found);
            }
            found.settle()
        })?;
        for (number, work, tally) in at_work.iter_mut().filter(|(_, work, _)| pass < work.passes()) {
            work.end(pass, &mut Counter { tally, found, check: *number as u16 })?;
            found.settle()?;
        }
    }
    for (number, work, mut tally) in at_work {
        // Cases come in the order of their hashes: people want the file's.
        tally.examples.sort_by_key(|it| it.row);
        verdicts[number] = Some(work.verdict(facts, tally));
    }
    Ok(verdicts.into_iter().map(Option::unwrap_or_default).collect())
}

fn tell_labels(labels: &[(u16, HashSet<u32>)], events: &[CaseEvent], found: &mut FoundRows) {
    for (check, labels) in labels {
        for it in events.iter().filter(|it| labels.contains(&it.label)) {
            Counter { tally: &mut Tally::default(), found, check: *check }.also(it.row);
        }
    }
}
