//! What is said when a run is over: to people on standard error, to programs as JSON on standard output.

use std::fmt::Write;
use std::path::Path;

use logflow::error::{Code, Error, Result};
use logflow::machine;
use logflow::model::warning::{Warning, by_importance};
use logflow::report::{Report, StepReport};
use logflow::target::ocel::OcelReport;
use logflow::target::xes::XesReport;
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::ConsoleArgs;
use crate::figures::{count, counted, duration, rate, size};
use crate::paint::Paint;
use crate::schema_table::Counts;
use crate::{fail, schema_table, stdout};
use logflow::jobs::outputs::ConvertJob;
use logflow::jobs::recognise::is_companion;
use logflow::jobs::search::{FoundInputs, LeftOut};
use logflow::pipeline::sections::{ReportForm, RunSection};

/// What the outputs of a run come to together.
#[derive(Debug, Default)]
pub struct Totals {
    /// Number of files written.
    pub files: u64,
    /// How many folders of tables were written.
    pub folders: u64,
    /// Records, and what became of them.
    pub counts: Counts,
    input_bytes: u64,
    output_bytes: u64,
}

impl Totals {
    /// Adds what came of one job; `None` where it was told in other words.
    pub fn add(&mut self, report: Option<&Report>, is_folder: bool) {
        (self.files, self.folders) =
            (self.files + u64::from(!is_folder), self.folders + u64::from(is_folder));
        if let Some(report) = report {
            self.counts.add(Counts::of(report));
            self.input_bytes += report.input_bytes;
            self.output_bytes += report.output_bytes;
        }
    }
}

/// Says it in the form that was asked for.
#[derive(Debug)]
pub struct Reporter {
    style: ReportForm,
    paint: Paint,
    quiet: bool,
    verbose: bool,
    timings: bool,
}

impl Reporter {
    /// A reporter with the style that the flags ask for.
    pub fn new(run: &RunSection, console: &ConsoleArgs) -> Self {
        Self {
            style: run.report,
            paint: Paint::stderr(console.color),
            quiet: console.quiet,
            verbose: console.verbose,
            timings: run.timings,
        }
    }

    /// An output that is written; one of `many`, it gets a line.
    pub fn done(&self, job: &ConvertJob, report: &Report, many: bool) -> Result<()> {
        if self.style == ReportForm::Json {
            let mut value = with_status(if report.bad_rows > 0 { "in part" } else { "done" }, report)?;
            value["peak_rss_bytes"] = machine::peak_rss_bytes().into();
            return stdout::print(&format!("{value}\n"));
        }
        if self.quiet {
            return Ok(());
        }
        let text = if many && !self.verbose && !self.timings {
            self.line(job, report)
        } else {
            self.full(job, report)
        };
        stdout::eprint(&text);
        warnings(&report.warnings, self.verbose, self.paint);
        Ok(())
    }

    /// A log that is written.
    pub fn written(&self, job: &ConvertJob, report: &XesReport) -> Result<()> {
        let what = format!(
            "{} in {}, {}, {}",
            counted(report.events, "event"),
            counted(report.traces, "trace"),
            size(report.output_bytes),
            duration(report.seconds),
        );
        self.log(job, report, (&what, &chosen(&report.steps)), &report.warnings)
    }

    /// An object-centric log that is written.
    pub fn log_written(&self, job: &ConvertJob, report: &OcelReport) -> Result<()> {
        let what = format!(
            "{}, {}, {} to objects (E2O), {} between objects (O2O), {}, {}, {}",
            counted(report.events, "event"),
            counted(report.objects, "object"),
            counted(report.e2o, "relation"),
            count(report.o2o),
            counted(report.changes, "change"),
            size(report.output_bytes),
            duration(report.seconds),
        );
        self.log(job, report, (&what, &[]), &report.warnings)
    }

    /// What was written, as its report or in a line, with lines on steps behind it.
    fn log(
        &self,
        job: &ConvertJob,
        report: &impl Serialize,
        (what, steps): (&str, &[(&str, String)]),
        found: &[Warning],
    ) -> Result<()> {
        if self.style == ReportForm::Json {
            let mut value = to_json(report, found)?;
            value["status"] = "done".into();
            value["peak_rss_bytes"] = machine::peak_rss_bytes().into();
            return stdout::print(&format!("{value}\n"));
        }
        if !self.quiet {
            let output = self.paint.bold(&job.output.display().to_string());
            stdout::eprint(&format!("{}  {} -> {output}: {what}\n", self.paint.green("done"), names(job)));
            for (key, text) in steps {
                stdout::eprint(&format!("  {} {text}\n", self.paint.dim(&format!("{key:<7}"))));
            }
            warnings(found, self.verbose, self.paint);
        }
        Ok(())
    }

    /// An output that is not. People are told by [`Reporter::show`] or at the end of the run.
    pub fn failed(&self, job: &ConvertJob, error: &Error) -> Result<()> {
        let inputs = job.inputs.iter().map(ToString::to_string).collect();
        self.failure(inputs, Some(&job.output), error)
    }

    /// A folder that can't be read.
    pub fn failed_folder(&self, error: &Error) -> Result<()> {
        let folder = error.file().map(|it| it.display().to_string());
        self.failure(folder.into_iter().collect(), None, error)
    }

    fn failure(&self, inputs: Vec<String>, output: Option<&Path>, error: &Error) -> Result<()> {
        match self.style {
            ReportForm::Json => {
                let inputs: Vec<String> = inputs.iter().map(|input| fail::hidden(input)).collect();
                let value = json!({
                    "status": "failed",
                    "output": output.map(|path| fail::hidden(&path.to_string_lossy())),
                    "inputs": inputs,
                    "error": fail::value(error),
                    "peak_rss_bytes": machine::peak_rss_bytes(),
                });
                stdout::print(&format!("{value}\n"))
            }
            ReportForm::Text => Ok(()),
        }
    }

    /// A failure that does not end the run.
    pub fn show(&self, error: &Error) {
        stdout::eprint(&fail::text(error, self.paint));
    }

    /// Files of folders that are no inputs, each with the reason: a handful on the terminal, all of
    /// them in JSON.
    pub fn left_out(&self, found: &FoundInputs) -> Result<()> {
        if self.style == ReportForm::Json {
            for LeftOut { path, reason } in &found.left_out {
                let value = json!({ "status": "skipped", "file": path, "reason": reason });
                stdout::print(&format!("{value}\n"))?;
            }
        } else if !self.quiet {
            left_out(found, self.verbose, self.paint);
        }
        Ok(())
    }

    /// What a run over many inputs came to.
    pub fn sum(&self, done: &Totals, failed: u64, left_out: u64) {
        if self.quiet || self.style == ReportForm::Json {
            return;
        }
        let what = match failed {
            0 => self.paint.green("done"),
            _ => self.paint.yellow(&format!("{} failed", counted(failed, "input"))),
        };
        let folders = match done.folders {
            0 => String::new(),
            some => format!("{} of tables", counted(some, "folder")),
        };
        let files = match (done.files, done.folders) {
            (0, 1..) => String::new(),
            (some, _) => counted(some, "file"),
        };
        let outputs =
            [files, folders].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" and ");
        let left_out = match left_out {
            0 => String::new(),
            some => format!("; {} left out", counted(some, "other")),
        };
        let written = match (done.files + done.folders, done.counts.records) {
            (0, _) => "nothing written".to_owned(),
            // What was made of bundles is told in other words, output by output.
            (_, 0) => format!("{outputs} written"),
            _ => format!(
                "{outputs} written, {}, {} -> {}",
                schema_table::records(done.counts, "rejected"),
                size(done.input_bytes),
                size(done.output_bytes),
            ),
        };
        stdout::eprint(&format!("{what}: {written}{left_out}\n"));
    }

    /// Prints what would be written.
    pub fn previewed(&self, output: Option<&Path>, report: &Report) -> Result<()> {
        if self.style == ReportForm::Json {
            let mut value = with_status("preview", report)?;
            value["output"] = output.map(|path| path.to_string_lossy()).into();
            return stdout::print(&format!("{value}\n"));
        }
        let mut text = schema_table::text(report, self.paint);
        let what = output.map_or_else(
            || "no output is given".to_owned(),
            |it| format!("{} would be written", it.display()),
        );
        let _ = writeln!(
            text,
            "\n{} {what}. Types are estimated from a sample; the conversion reads the whole input.",
            self.paint.green("dry run:"),
        );
        stdout::eprint(&text);
        warnings(&report.warnings, self.verbose, self.paint);
        Ok(())
    }

    fn line(&self, job: &ConvertJob, report: &Report) -> String {
        let rejected = match report.bad_rows {
            0 => String::new(),
            bad => self.paint.yellow(&format!(", {} rejected", count(bad))),
        };
        format!(
            "{} -> {}: {}{rejected}, {} -> {}, {}\n",
            names(job),
            job.output.display(),
            counted(report.rows, "row"),
            size(report.input_bytes),
            size(report.output_bytes),
            duration(report.seconds),
        )
    }

    fn full(&self, job: &ConvertJob, report: &Report) -> String {
        let heading =
            if report.bad_rows > 0 { self.paint.yellow("done in part") } else { self.paint.green("done") };
        let mut out =
            format!("{heading}  {} -> {}\n", names(job), self.paint.bold(&job.output.display().to_string()));
        let mut line = |key: &str, value: &str| {
            let _ = writeln!(out, "  {} {value}", self.paint.dim(&format!("{key:<7}")));
        };
        line("records", &Counts::of(report).reconciled("rejected"));
        for (key, text) in chosen(&report.steps) {
            line(key, &text);
        }
        if report.tables.is_empty() {
            line("columns", &format!("{}{}", report.columns.len(), roles(report)));
        } else {
            line("tables", &tables(report));
        }
        line("size", &sizes(report));
        if let Some(unread) = &report.unread {
            let (read, of) = (size(unread.read_bytes), size(unread.file_bytes));
            line("read", &format!("{read} of {of}; {} left unread", counted(unread.unread_rows, "row")));
        }
        line(
            "time",
            &format!(
                "{}, {}, {} rows/s, {}",
                duration(report.seconds),
                rate(report.input_bytes, report.seconds),
                count((report.rows as f64 / report.seconds.max(1e-9)) as u64),
                counted(report.workers as u64, "thread"),
            ),
        );
        for written in report.outputs.iter().skip(1) {
            line("and", &format!("{}, {}", written.output.display(), size(written.bytes)));
        }
        if let Some(rejects) = &report.rejects {
            line("rejects", &rejects.display().to_string());
        }
        if self.timings {
            line("seconds", &timings(report));
        }
        if self.verbose {
            for input in &report.inputs {
                line("input", &format!("{}: {}, {}", input.name, input.encoding, schema_table::form(input)));
            }
            line(
                "passes",
                &format!("{}, {} parsed again", report.restarts + 1, counted(report.reparses, "shard")),
            );
            line("groups", &count(report.row_groups));
            line(
                "memory",
                &format!(
                    "{} at most, {} of pages spilled to disk",
                    size(machine::peak_rss_bytes()),
                    size(report.spilled_bytes)
                ),
            );
        }
        out
    }
}

/// What steps that choose cases removed, and what a sample lost.
fn chosen(steps: &[StepReport]) -> Vec<(&'static str, String)> {
    let found = steps.iter().filter_map(|step| step.finding.as_ref()).flat_map(removed);
    let details = steps.iter().filter_map(|step| step.details.as_ref());
    found.chain(details.filter_map(|details| Some(("lost", lost(&details["loss"])?)))).collect()
}

/// What each filter of a step removed, and how many cases are left.
fn removed(finding: &Value) -> Vec<(&'static str, String)> {
    let number = |value: &Value, key: &str| value[key].as_u64();
    let mut lines = Vec::new();
    for filter in finding["filters"].as_array().into_iter().flatten() {
        let rows = counted(number(filter, "removed_rows").unwrap_or_default(), "row");
        let cases = number(filter, "removed_cases").map(|cases| format!("{} and ", counted(cases, "case")));
        let not = if filter["negated"] == true { " (negated)" } else { "" };
        let name = filter["filter"].as_str().unwrap_or_default();
        lines.push(("filter", format!("{name}{not}: {}{rows} removed", cases.unwrap_or_default())));
    }
    if let (Some(all), Some(kept)) = (number(finding, "cases"), number(finding, "kept_cases")) {
        lines.push(("cases", format!("{} of {} kept", count(kept), count(all))));
    }
    if let Some(rows) = number(finding, "rows_without_case") {
        lines.push(("filter", format!("{} without a case removed", counted(rows, "row"))));
    }
    for name in finding["unknown_activities"].as_array().into_iter().flatten() {
        lines.push(("note", format!("the log has no activity {name}")));
    }
    lines
}

/// What a sample no longer shows of its log.
fn lost(loss: &Value) -> Option<String> {
    let number = |key: &str| loss[key].as_u64();
    let mut parts = Vec::new();
    for (what, of) in
        [("activities", "lost_activities"), ("relations", "lost_relations"), ("variants", "lost_variants")]
    {
        if let (Some(all), Some(lost)) = (number(what), number(of)) {
            let what = if what == "relations" { "directly-follows relations" } else { what };
            parts.push(format!("{} of {} {what}", count(lost), count(all)));
        }
    }
    if let Some(error) = loss["relation_frequency_nrmse"].as_f64() {
        parts.push(format!("error of their frequencies (NRMSE) {error:.3}"));
    }
    if let Some(distance) = loss["variant_distance"].as_f64() {
        parts.push(format!("earth mover's distance of variants {distance:.4}"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn names(job: &ConvertJob) -> String {
    match job.inputs.as_slice() {
        [one] => one.to_string(),
        many => counted(many.len() as u64, "input"),
    }
}

/// How many tables there are of each kind, and their rows.
fn tables(report: &Report) -> String {
    let of = |folder: &str| {
        let rows =
            report.tables.iter().filter(|table| table.file.starts_with(folder)).map(|table| table.rows);
        rows.sum::<u64>()
    };
    format!(
        "{}: {}, {}, {} of objects, {} to objects (E2O), {} between objects (O2O)",
        report.tables.len(),
        counted(of("events/"), "event"),
        counted(of("objects/"), "object"),
        counted(of("object_changes/"), "change"),
        counted(of("relations/e2o"), "relation"),
        count(of("relations/o2o")),
    )
}

fn roles(report: &Report) -> String {
    let found: Vec<String> = report
        .columns
        .iter()
        .filter_map(|column| Some(format!("{} = {:?}", column.role?, column.source_name)))
        .collect();
    if found.is_empty() { ", no roles found".to_owned() } else { format!("; {}", found.join(", ")) }
}

fn sizes(report: &Report) -> String {
    let ratio = report.input_bytes as f64 / report.output_bytes.max(1) as f64;
    let smaller = if ratio >= 1.05 { format!(", {ratio:.1} times smaller") } else { String::new() };
    format!("{} -> {}{smaller}", size(report.input_bytes), size(report.output_bytes))
}

/// Where the time went. Workers run side by side, so that this may be more than the wall time.
fn timings(report: &Report) -> String {
    let it = &report.timings;
    let parts = [
        ("plan", it.plan),
        ("read", it.read),
        ("cut", it.cut),
        ("parse", it.parse),
        ("encode", it.encode),
        ("write", it.write),
    ];
    let parts: Vec<String> = parts.iter().map(|(name, seconds)| format!("{name} {seconds:.3}")).collect();
    format!("{} (summed over threads)", parts.join(", "))
}

/// Files left out that a person sees unless more are asked for.
const LEFT_OUT: usize = 5;

/// Files of folders that are no inputs, each with the reason: a handful of them, or `all`.
pub fn left_out(found: &FoundInputs, all: bool, paint: Paint) {
    // A data set has one such file for each of its own.
    let companions = found.left_out.iter().filter(|it| !all && is_companion(&it.path)).count();
    let list: Vec<&LeftOut> = found.left_out.iter().filter(|it| all || !is_companion(&it.path)).collect();
    let most = if all || list.len() == LEFT_OUT + 1 { list.len() } else { LEFT_OUT };
    let mut text = String::new();
    for LeftOut { path, reason } in list.iter().take(most) {
        let _ = writeln!(text, "{}  {}: {reason}", paint.dim("left out"), path.display());
    }
    if let Some(more @ 1..) = list.len().checked_sub(most) {
        let _ = writeln!(
            text,
            "{}  and {} more; --verbose lists them",
            paint.dim("left out"),
            count(more as u64)
        );
    }
    if companions > 0 {
        let files = counted(companions as u64, "file");
        let what =
            format!("{files} without rows that programs write beside a data set; --verbose lists them");
        let _ = writeln!(text, "{}  {what}", paint.dim("left out"));
    }
    stdout::eprint(&text);
}

/// Warnings that a person sees unless more are asked for.
const WARNINGS: usize = 5;

/// Warnings, the most important first, each with what to do: a handful of them, or `all`.
pub fn warnings(found: &[Warning], all: bool, paint: Paint) {
    let most = if all || found.len() == WARNINGS + 1 { found.len() } else { WARNINGS };
    let mut text = String::new();
    for warning in by_importance(&spelled(found)).into_iter().take(most) {
        let head = paint.yellow(&format!("warning[{}]:", warning.code));
        let _ = writeln!(text, "{head} {}", fail::hidden(&warning.to_string()));
        if let Some(help) = &warning.help {
            let _ = writeln!(text, "  {} {}", paint.dim("help:"), fail::hidden(help));
        }
    }
    if let Some(more @ 1..) = found.len().checked_sub(most) {
        let _ = writeln!(text, "{} more; --verbose lists them", counted(more as u64, "warning"));
    }
    stdout::eprint(&text);
}

/// The warnings with the names of flags in their sentences.
fn spelled(found: &[Warning]) -> Vec<Warning> {
    found.iter().map(|warning| warning.clone().spelled(fail::spelling())).collect()
}

/// The report as JSON.
pub fn json_value(report: &Report) -> Result<Value> {
    to_json(report, &report.warnings)
}

/// A report as JSON, with its warnings as this program words them.
fn to_json(report: &impl Serialize, found: &[Warning]) -> Result<Value> {
    let internal = |error: serde_json::Error| Error::new(Code::Internal, error.to_string());
    let mut value = serde_json::to_value(report).map_err(internal)?;
    value["warnings"] = serde_json::to_value(spelled(found)).map_err(internal)?;
    Ok(value)
}

/// The same, and before everything else how the run ended.
fn with_status(status: &str, report: &Report) -> Result<Value> {
    let mut value = json!({ "status": status });
    if let (Value::Object(value), Value::Object(report)) = (&mut value, json_value(report)?) {
        value.extend(report);
    }
    Ok(value)
}
