//! A log's dialect and columns as a table for people.

use std::fmt::Write;

use logflow::report::{ColumnReport, DialectReport, InputReport, Report};

use crate::figures::{count, counted, size};
use crate::paint::Paint;
use crate::terminal;

/// Characters in a line where no terminal says how many.
const LINE: usize = 120;
/// Characters of evidence and examples that a column gets at least, though lines may then wrap.
const LEAST: usize = 20;

/// The whole of it: inputs with their dialects, then columns.
pub fn text(report: &Report, paint: Paint) -> String {
    let mut out = String::new();
    for input in &report.inputs {
        let _ = writeln!(out, "{}  {}", paint.bold(&input.name), input_line(input));
        let _ = writeln!(out, "  {}", form(input));
        if let Some(sheets) = sheets(input) {
            let _ = writeln!(out, "  {sheets}");
        }
        if !input.preamble.is_empty() {
            let _ = writeln!(out, "  {} before the header", counted(input.preamble.len() as u64, "line"));
        }
        if input.records > 0 {
            let InputReport { records: all, rows, bad_rows: rejected, filtered_rows: filtered, .. } = *input;
            let counts = Counts { records: all, rows, rejected, filtered };
            let _ = writeln!(out, "  {}", records(counts, "bad"));
        }
    }
    out.push('\n');
    out.push_str(&columns(report, paint));
    out
}

/// The sheets of a workbook, those that were read with their rows.
fn sheets(input: &InputReport) -> Option<String> {
    let sheets = input.metadata.as_ref()?.get("sheets")?.as_array()?;
    let sheet = |(number, sheet): (usize, &serde_json::Value)| {
        let mut notes = Vec::new();
        if let Some(rows) = sheet["rows"].as_u64() {
            notes.push(format!("read, {}", counted(rows, "row")));
        }
        if !sheet["hidden"].is_null() {
            notes.push("hidden".to_owned());
        }
        if sheet["cells"] == false {
            notes.push("no cells".to_owned());
        }
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
        format!("{} {:?}{notes}", number + 1, sheet["name"].as_str().unwrap_or_default())
    };
    Some(format!("sheets {}", sheets.iter().enumerate().map(sheet).collect::<Vec<_>>().join(", ")))
}

fn input_line(input: &InputReport) -> String {
    let packed = input.compression.map(|it| format!(", {it}")).unwrap_or_default();
    let bytes = if input.bytes > 0 { format!("{}, ", size(input.bytes)) } else { String::new() };
    format!("{bytes}{}{packed}, {}", input.format, input.encoding)
}

/// The counts, which add up, with what is counted.
pub fn records(counts: Counts, what: &str) -> String {
    format!("records {}", counts.reconciled(what))
}

/// Records and what became of them: records = rows + rejected + filtered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Number of records read.
    pub records: u64,
    /// Number of rows written.
    pub rows: u64,
    /// Records that are no rows.
    pub rejected: u64,
    /// Rows that a step removed.
    pub filtered: u64,
}

impl Counts {
    /// The counts of a run.
    pub fn of(report: &Report) -> Self {
        let Report { records, rows, bad_rows, filtered_rows, .. } = *report;
        Self { records, rows, rejected: bad_rows, filtered: filtered_rows }
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: Self) {
        self.records += other.records;
        self.rows += other.rows;
        self.rejected += other.rejected;
        self.filtered += other.filtered;
    }

    /// The counts as they add up; `what` says what became of records that are no rows.
    pub fn reconciled(self, what: &str) -> String {
        let Self { records, rows, rejected, filtered } = self;
        let filtered = if filtered > 0 { format!(" + filtered {}", count(filtered)) } else { String::new() };
        format!("{} = rows {} + {what} {}{filtered}", count(records), count(rows), count(rejected))
    }
}

/// How an input is written, in one line.
pub fn form(input: &InputReport) -> String {
    match &input.dialect {
        Some(dialect) => self::dialect(dialect),
        None => input.format.to_uppercase(),
    }
}

fn dialect(dialect: &DialectReport) -> String {
    let mut parts = vec![format!("delimiter {}", named(&dialect.delimiter))];
    parts.push(match dialect.quote.as_deref() {
        Some("\"") => "double quotes".to_owned(),
        Some("'") => "single quotes".to_owned(),
        Some(other) => format!("quotes {}", named(other)),
        None => "no quotes".to_owned(),
    });
    parts.extend(dialect.escape.as_ref().map(|escape| format!("escape {}", named(escape))));
    parts.extend(dialect.comment.as_ref().map(|comment| format!("comments begin with {}", named(comment))));
    parts.push(if dialect.header { "with header" } else { "no header" }.to_owned());
    parts.join(", ")
}

/// A mark by the name that `--delimiter` knows it by, or as it is.
fn named(mark: &str) -> String {
    let name = match mark {
        "," => "comma",
        ";" => "semicolon",
        "\t" => "tab",
        "|" => "pipe",
        " " => "space",
        it if it.chars().any(char::is_control) => return it.escape_default().to_string(),
        it => it,
    };
    name.to_owned()
}

/// A table with a line for each column.
pub fn columns(report: &Report, paint: Paint) -> String {
    let surveyed = report.records > 0;
    let heading =
        ["column", "type", "role", if surveyed { "nulls" } else { "" }, "such as"].map(str::to_owned);
    let rows: Vec<[String; 5]> = report.columns.iter().map(|column| row(column, surveyed)).collect();
    let width =
        |index: usize| rows.iter().chain([&heading]).map(|row| row[index].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    let taken: usize = widths.iter().filter(|width| **width > 0).map(|width| width + 2).sum();
    let room = terminal::width().unwrap_or(LINE).saturating_sub(taken).max(LEAST);
    let line = |row: &[String; 5]| {
        let mut line = String::new();
        for (index, cell) in row.iter().enumerate() {
            let pad = widths.get(index).map_or(0, |width| width - cell.chars().count());
            let gap = if widths.get(index) == Some(&0) { "" } else { "  " };
            // Numbers stand to the right.
            let _ = match index {
                3 => write!(line, "{}{cell}{gap}", " ".repeat(pad)),
                4 => write!(line, "{}", cut(cell, room)),
                _ => write!(line, "{cell}{}{gap}", " ".repeat(pad)),
            };
        }
        line.trim_end().to_owned()
    };
    let mut out = format!("{}\n", paint.dim(&line(&heading)));
    for row in &rows {
        let _ = writeln!(out, "{}", line(row));
    }
    out
}

fn row(column: &ColumnReport, surveyed: bool) -> [String; 5] {
    let name = match &column.name {
        name if *name == column.source_name => shown(name),
        name => format!("{} -> {}", shown(&column.source_name), shown(name)),
    };
    let declared = if column.declared { ", declared" } else { "" };
    let mut evidence = Vec::new();
    if column.null_words > 0 {
        evidence.push(counted(column.null_words, "null word"));
    }
    if column.without_zone > 0 {
        evidence.push(format!("{} without a zone", count(column.without_zone)));
    }
    let evidence = if evidence.is_empty() { String::new() } else { format!("({}) ", evidence.join(", ")) };
    [
        name,
        format!("{}{declared}", column.written),
        column.role.unwrap_or_default().to_owned(),
        if surveyed { count(column.nulls) } else { String::new() },
        format!("{evidence}{}", examples(column)),
    ]
}

fn examples(column: &ColumnReport) -> String {
    column.examples.iter().map(|it| shown(it)).collect::<Vec<_>>().join(" | ")
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() > most {
        format!("{}…", text.chars().take(most - 1).collect::<String>())
    } else {
        text.to_owned()
    }
}

/// Text that stays on its line and tells a terminal nothing.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
