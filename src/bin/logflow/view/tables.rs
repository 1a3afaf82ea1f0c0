//! Object-centric logs: which tables there are, with their rows, and the rows of one of them.
//!
//! A log is read once for all of its tables, by a target that counts rows and keeps those that are shown. The
//! tables of a bundle are Parquet files, whose footers tell how many rows they have.

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use logflow::error::{Code, Error, Result};
use logflow::mmap::Input;
use logflow::observer::Observer;
use logflow::options::{BadRowLimit, OnBadRow, Options, nearest};
use logflow::source::parquet::ParquetSource;
use logflow::step::Steps;
use logflow::{
    BoundStep, Convert, Report, Spill, Step, Summary, TableId, TableSchema, Target, TargetTable, Wants,
};

use super::pick::{Pick, Wanted};
use super::rows::{Extent, FoundRows, form};

/// One table of a log: its name, and its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRows {
    /// Its name for people, such as `events/place order`.
    pub name: String,
    /// Its file in a bundle, without the ending, such as `events/event_place%20order`.
    pub file: String,
    /// Number of rows.
    pub rows: u64,
}

/// What is wanted of the tables of a log.
pub struct TableQuery<'q> {
    /// The log.
    pub input: &'q Input,
    /// How it is read.
    pub options: &'q Options,
    /// The table whose rows are shown; `None`: the first one that has events.
    pub table: Option<&'q str>,
    /// Which rows are wanted, how many, and how many are passed over.
    pub pick: (Wanted, usize, u64),
    /// What the rows of the table pass.
    pub steps: Steps,
    /// May stop the reading.
    pub observer: &'q Observer,
}

/// The tables of a log in order, and the rows of one of them.
pub struct FoundTables {
    /// All tables, those of events first.
    pub tables: Vec<TableRows>,
    /// The name of the table that is shown, and its rows.
    pub shown: Option<(String, FoundRows)>,
}

impl TableQuery<'_> {
    /// Reads the log.
    ///
    /// # Errors
    /// What is wrong with the log; [`Code::Usage`] for a table that it does not have.
    pub fn read(&self) -> Result<FoundTables> {
        let mut options = self.options.clone();
        options.table.on_bad_row = OnBadRow::Reject(BadRowLimit::None);
        let mut target = Tables { query: self, tables: Vec::new() };
        let mut convert = Convert::new(self.input.clone()).options(options);
        for step in &self.steps.0 {
            convert = convert.step(OnTable { table: self.table.map(str::to_owned), step: Arc::clone(step) });
        }
        let report = convert.run(&mut target, self.observer)?;
        let mut found = target.tables;
        found.sort_by_key(|table| order(&table.file));
        let tables: Vec<TableRows> =
            found.iter().map(|it| TableRows::new(&it.file, it.pick.seen())).collect();
        let wanted = wanted(self.table, &tables)?;
        let shown = found.into_iter().enumerate().find(|(at, _)| Some(*at) == wanted);
        let shown = shown.map(|(at, it)| (tables[at].name.clone(), it.found(report)));
        Ok(FoundTables { tables, shown })
    }
}

impl TableRows {
    fn new(file: &str, rows: u64) -> Self {
        Self { name: told(file), file: file.to_owned(), rows }
    }

    /// Whether a person means this table: by its name or its file, or by its type alone. Later values of
    /// objects are meant only by the name of their folder.
    fn is_meant(&self, wanted: &str) -> bool {
        let wanted = wanted.strip_suffix(".parquet").unwrap_or(wanted);
        let is_type = self
            .name
            .split_once('/')
            .is_some_and(|(folder, of)| folder != "object_changes" && of.eq_ignore_ascii_case(wanted));
        self.name.eq_ignore_ascii_case(wanted) || self.file == wanted || is_type
    }
}

/// The name of a table without what only files need: the prefix, and bytes as `%20`.
fn told(file: &str) -> String {
    let (folder, name) = file.split_once('/').unwrap_or(("", file));
    let prefix = match folder {
        "events" => "event_",
        "objects" => "object_",
        "object_changes" => "object_changes_",
        _ => "",
    };
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.strip_prefix(prefix).unwrap_or(name);
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        match rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[at + 3..];
            }
            None => {
                bytes.push(b'%');
                rest = &rest[at + 1..];
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    let name = String::from_utf8_lossy(&bytes).into_owned();
    if folder.is_empty() { name } else { format!("{folder}/{name}") }
}

/// Position of the table that a person asks for, or of the first one that has rows.
///
/// # Errors
/// [`Code::Usage`] with the names that there are.
pub fn wanted(asked: Option<&str>, tables: &[TableRows]) -> Result<Option<usize>> {
    let Some(asked) = asked else { return Ok(tables.iter().position(|table| table.rows > 0)) };
    let mut found = tables.iter().enumerate().filter(|(_, table)| table.is_meant(asked));
    if let (Some((at, _)), None) = (found.next(), found.next()) {
        return Ok(Some(at));
    }
    let names = || tables.iter().map(|table| table.name.as_str());
    let types = || names().filter_map(|name| name.split_once('/').map(|it| it.1));
    let near = nearest(asked, names()).or_else(|| nearest(asked, types()));
    let near = near.map(|near| format!("did you mean {near:?}? ")).unwrap_or_default();
    let names: Vec<&str> = names().collect();
    Err(Error::new(Code::Usage, format!("no single table is called {asked:?}"))
        .help(format!("{near}the tables are {}", names.join(", "))))
}

/// Events first, then objects, their changes, and relations.
fn order(name: &str) -> usize {
    let folders = ["events/", "objects/", "object_changes/", "relations/"];
    folders.iter().position(|folder| name.starts_with(folder)).unwrap_or(folders.len())
}

/// The tables of a bundle, from the footers of its files.
///
/// # Errors
/// If the folder or one of the files can't be read.
pub fn of_bundle(folder: &Path) -> Result<Vec<TableRows>> {
    let mut tables = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::new(Code::InputRead, error.to_string()).in_file(folder))?;
        let path = entry.path();
        if path.extension().is_some_and(|it| it == "parquet") {
            let below = path.strip_prefix(folder).unwrap_or(path).with_extension("");
            tables.push(TableRows::new(&below.to_string_lossy(), ParquetSource::at(path)?.rows()));
        }
    }
    tables.sort_by_key(|table| order(&table.file));
    Ok(tables)
}

/// A step that only one table passes.
#[derive(Debug)]
struct OnTable {
    table: Option<String>,
    step: Arc<dyn Step>,
}

impl Step for OnTable {
    fn name(&self) -> &str {
        self.step.name()
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let own = TableRows::new(&table_file(table), 0);
        let is_meant = self.table.as_deref().is_some_and(|wanted| own.is_meant(wanted));
        if is_meant { self.step.bind(table) } else { Ok(None) }
    }
}

/// The file of a table without its ending.
fn table_file(table: &TableSchema) -> String {
    let name = table.name.as_deref().unwrap_or("events");
    name.trim_end_matches(".parquet").to_owned()
}

/// Counts the rows of all tables, and keeps those that may be shown.
struct Tables<'q> {
    query: &'q TableQuery<'q>,
    tables: Vec<PickedTable>,
}

struct PickedTable {
    file: String,
    schema: TableSchema,
    pick: Pick,
}

impl PickedTable {
    fn found(self, report: Report) -> FoundRows {
        let (seen, bad_rows) = (self.pick.seen(), report.bad_rows);
        let (parts, extent) = (self.pick.finish(), Extent::Whole);
        FoundRows {
            table: self.schema,
            parts,
            seen,
            extent,
            bad_rows,
            total: None,
            form: form(&report),
            report: Some(report),
        }
    }
}

impl Target for Tables<'_> {
    fn takes_several_tables(&self) -> bool {
        true
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        let (wanted, rows, skip) = self.query.pick;
        let table = |it: &TargetTable<'_>| PickedTable {
            file: table_file(it.schema),
            schema: it.schema.clone(),
            pick: Pick::new(wanted, rows, skip),
        };
        self.tables = tables.iter().map(table).collect();
        Ok(Wants::Batches)
    }

    fn batch(&mut self, table: TableId, rows: RecordBatch) -> Result<()> {
        match self.tables.get_mut(table.0) {
            Some(table) => table.pick.take(&rows),
            None => Err(Error::new(Code::Internal, "rows of a table that was not begun")),
        }
    }

    fn finish(&mut self, _: Summary<'_>) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self, _: &mut Report) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_found_by_its_name_its_file_or_its_type() {
        let files = [
            "events/event_pay",
            "objects/object_Big%20Order%C3%A9",
            "object_changes/object_changes_Big%20Order%C3%A9",
        ];
        let tables = files.map(|file| TableRows::new(file, 0));
        assert_eq!(tables[1].name, "objects/Big Orderé");
        for (asked, at) in [
            ("events/pay", 0),
            ("pay", 0),
            ("Pay", 0),
            ("big Orderé", 1),
            ("objects/object_Big%20Order%C3%A9.parquet", 1),
            ("object_changes/Big Orderé", 2),
        ] {
            assert_eq!(wanted(Some(asked), &tables).unwrap(), Some(at), "{asked}");
        }
        let error = wanted(Some("events/pai"), &tables).unwrap_err();
        assert!(error.help_text().unwrap().starts_with("did you mean \"events/pay\"?"));
        assert_eq!(told("events/event_50%"), "events/50%");
    }
}
