//! The report of a migration: JSON for programs, Parquet for queries, a page for people.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use super::journal::DoneEntry;
use super::outcome::{Outcome, SourceOutcome};
use super::run::{Migrated, Migration};
use crate::encode::output::{OutputFile, Replace, check_place};
use crate::error::{Code, Error, Result};
use crate::model::figures::count;

/// The version of the form of the report.
const VERSION: u32 = 1;

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationReportForm {
    /// One object of JSON.
    Json,
    /// A row for each source.
    Parquet,
    /// A page that needs no network.
    Html,
}

impl MigrationReportForm {
    /// The form that the name of a file says.
    ///
    /// # Errors
    /// [`Code::Usage`] for any other name.
    pub fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match &*ending {
            "json" => Ok(Self::Json),
            "parquet" => Ok(Self::Parquet),
            "html" => Ok(Self::Html),
            _ => {
                let what = format!("the name of the report {} does not say its form", path.display());
                Err(Error::new(Code::Usage, what)
                    .help("give it a name that ends in .json, .parquet or .html"))
            }
        }
    }
}

/// Asks whether the report can be written, before anything is read.
///
/// # Errors
/// [`Code::Usage`]; [`Code::OutputExists`] if a file is there that is not to be replaced.
pub fn check(path: &Path, replace: Replace) -> Result<()> {
    MigrationReportForm::of(path)?;
    // A folder that is made on the way has room for anything.
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => Ok(()),
        _ => check_place(path, replace),
    }
}

/// Writes the report.
///
/// # Errors
/// [`Code::OutputWrite`].
pub fn write(path: &Path, replace: Replace, migration: &Migration, migrated: &Migrated) -> Result<()> {
    let failed = |error: std::io::Error| Error::io(Code::OutputWrite, path, &error);
    let form = MigrationReportForm::of(path)?;
    let output = OutputFile::create(path, replace)?;
    match form {
        MigrationReportForm::Json => {
            let text = format!("{:#}\n", to_json(migration, migrated));
            (&output).write_all(text.as_bytes()).map_err(failed)?;
        }
        MigrationReportForm::Html => {
            (&output).write_all(page(migration, migrated).as_bytes()).map_err(failed)?;
        }
        MigrationReportForm::Parquet => {
            let rows = rows(migrated)?;
            let mut writer = ArrowWriter::try_new(&output, rows.schema(), None)?;
            writer.write(&rows)?;
            writer.close()?;
        }
    }
    output.commit()
}

fn status(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Converted(_) => "converted",
        Outcome::Proven(_) => "proven",
        Outcome::Failed(_) => "failed",
        Outcome::Unfinished => "unfinished",
    }
}

/// The report as JSON.
pub fn to_json(migration: &Migration, migrated: &Migrated) -> Value {
    let source = |it: &SourceOutcome| {
        let mut value = match &it.outcome {
            Outcome::Converted(done) | Outcome::Proven(done) => {
                serde_json::to_value(done).unwrap_or_default()
            }
            Outcome::Failed(failed) => serde_json::to_value(failed).unwrap_or_default(),
            Outcome::Unfinished => json!({"source": it.source, "bytes": it.bytes}),
        };
        value["status"] = status(&it.outcome).into();
        value
    };
    let alike: Vec<Value> = migrated.alike.iter().map(|(one, other)| json!([one, other])).collect();
    json!({
        "version": VERSION,
        "logflow_version": env!("CARGO_PKG_VERSION"),
        "source": migration.source.to_string_lossy(),
        "destination": migration.root.to_string_lossy(),
        "shard": migration.shard.to_string(),
        "options": migration.options_hash,
        "pipeline": migration.pipeline,
        "totals": migrated.totals,
        "ended_by": migrated.ended_by.as_ref().map(ToString::to_string),
        "sources": migrated.sources.iter().map(source).collect::<Vec<_>>(),
        "skipped": migrated.skipped,
        "names_alike": alike,
    })
}

/// A row for each source, and for each file that was skipped.
fn rows(migrated: &Migrated) -> Result<RecordBatch> {
    type Row<'r> = (&'r str, &'r str, u64, Option<&'r DoneEntry>, Option<(&'r str, &'r str)>);
    let sources = migrated.sources.iter().map(|it| -> Row<'_> {
        let error = match &it.outcome {
            Outcome::Failed(failed) => Some((failed.code.as_str(), failed.what.as_str())),
            _ => None,
        };
        (&it.source, status(&it.outcome), it.bytes, it.done(), error)
    });
    let skipped = migrated
        .skipped
        .iter()
        .map(|it| -> Row<'_> { (&it.source, "skipped", 0, None, Some(("", &it.reason))) });
    let all: Vec<Row<'_>> = sources.chain(skipped).collect();
    let text = |of: &dyn Fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(all.iter().map(of).collect::<StringArray>())
    };
    let number = |of: &dyn Fn(&DoneEntry) -> u64| -> ArrayRef {
        Arc::new(all.iter().map(|it| it.3.map(of)).collect::<UInt64Array>())
    };
    let first = |of: fn(&super::journal::OutputEntry) -> String| {
        move |it: &Row<'_>| it.3.and_then(|done| done.outputs.first()).map(of)
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("source", text(&|it| Some(it.0.to_owned()))),
        ("status", text(&|it| Some(it.1.to_owned()))),
        ("source_bytes", Arc::new(all.iter().map(|it| Some(it.2)).collect::<UInt64Array>())),
        ("source_blake3", text(&|it| it.3.map(|done| done.blake3.clone()))),
        ("format", text(&|it| it.3.map(|done| done.format.clone()))),
        ("compression", text(&|it| it.3.and_then(|done| done.compression.clone()))),
        ("records", number(&|it| it.records)),
        ("rows", number(&|it| it.rows)),
        ("rejected", number(&|it| it.rejected)),
        ("filtered", number(&|it| it.filtered)),
        ("output", text(&first(|it| it.path.clone()))),
        ("output_blake3", text(&first(|it| it.blake3.clone()))),
        ("output_files", number(&|it| it.outputs.len() as u64)),
        ("output_bytes", number(&|it| it.outputs.iter().map(|it| it.bytes).sum())),
        ("warnings", text(&|it| it.3.map(|done| done.warnings.join(" ")))),
        ("error", text(&|it| it.4.map(|error| error.0.to_owned()).filter(|it| !it.is_empty()))),
        ("reason", text(&|it| it.4.map(|error| error.1.to_owned()))),
    ];
    Ok(RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, it)| (name, it, true)))?)
}

/// Text within a page.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #8884}\
td.n{text-align:right;font-variant-numeric:tabular-nums}.failed{color:#b00020}.scroll{overflow-x:auto}\
@media(prefers-color-scheme:dark){body{background:#16181c;color:#e6e6e6}.failed{color:#ff8a80}}";

/// Sources of each kind that a page shows; the others are in the other forms.
const SHOWN: usize = 10_000;

/// The report as a page.
fn page(migration: &Migration, migrated: &Migrated) -> String {
    let totals = &migrated.totals;
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Migration of {0}</title><style>{STYLE}</style>\n\
<h1>Migration of {0}</h1>\n<p>To {1}, shard {2}, by LogFlow {3}.</p>\n",
        escaped(&migration.source.to_string_lossy()),
        escaped(&migration.root.to_string_lossy()),
        migration.shard,
        env!("CARGO_PKG_VERSION"),
    );
    if let Some(error) = &migrated.ended_by {
        out.push_str(&format!("<p class=failed>The run ended early: {}</p>\n", escaped(&error.to_string())));
    }
    let figures = [
        ("Sources", totals.sources),
        ("Converted", totals.converted),
        ("Proven", totals.proven),
        ("Failed", totals.failed),
        ("Not reached", totals.unfinished),
        ("Skipped files", totals.skipped),
        ("Records", totals.records),
        ("Rows", totals.rows),
        ("Rejected records", totals.rejected),
        ("Filtered rows", totals.filtered),
        ("Bytes of sources", totals.source_bytes),
        ("Bytes of outputs", totals.output_bytes),
    ];
    out.push_str("<h2>Totals</h2>\n<table>");
    for (name, figure) in figures {
        out.push_str(&format!("<tr><th>{name}<td class=n>{}", count(figure)));
    }
    out.push_str("</table>\n");
    let table = |out: &mut String, heading: &str, names: &[&str], rows: &mut dyn Iterator<Item = String>| {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return;
        }
        let names: String = names.iter().map(|it| format!("<th>{it}")).collect();
        out.push_str(&format!("<h2>{heading}</h2>\n<div class=scroll><table><tr>{names}\n"));
        rows.by_ref().take(SHOWN).for_each(|row| out.push_str(&row));
        out.push_str("</table></div>\n");
        let more = rows.count() as u64;
        if more > 0 {
            out.push_str(&format!("<p>and {} more</p>\n", count(more)));
        }
    };
    let mut failed = migrated.failed().map(|it| {
        format!("<tr class=failed><td>{}<td>{}<td>{}\n", escaped(&it.source), it.code, escaped(&it.what))
    });
    table(&mut out, "Failed", &["Source", "Code", "What"], &mut failed);
    let mut done = migrated.sources.iter().filter_map(|it| it.done()).map(|it| {
        format!(
            "<tr><td>{}<td>{}<td class=n>{}<td class=n>{}<td class=n>{}<td class=n>{}<td>{}\n",
            escaped(&it.source),
            escaped(&it.format),
            count(it.bytes),
            count(it.records),
            count(it.rows),
            count(it.rejected),
            it.warnings.join(" "),
        )
    });
    let names = ["Source", "Format", "Bytes", "Records", "Rows", "Rejected", "Warnings"];
    table(&mut out, "Converted or proven", &names, &mut done);
    let mut skipped = migrated
        .skipped
        .iter()
        .map(|it| format!("<tr><td>{}<td>{}\n", escaped(&it.source), escaped(&it.reason)));
    table(&mut out, "Skipped", &["File", "Reason"], &mut skipped);
    out
}
