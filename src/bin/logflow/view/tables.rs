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
use super::rows::{Extent, FoundRows};

/// One table of a log: its name, and its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRows {
    /// Its name, such as `events/place_order`.
    pub name: String,
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
        found.sort_by_key(|table| order(&table.name));
        let tables: Vec<TableRows> =
            found.iter().map(|it| TableRows { name: it.name.clone(), rows: it.pick.seen() }).collect();
        let wanted = match self.table {
            Some(name) => Some(named(name, &tables)?),
            None => tables.iter().find(|it| it.rows > 0).map(|it| it.name.clone()),
        };
        let shown = found.into_iter().find(|it| Some(&it.name) == wanted.as_ref());
        let shown = shown.map(|it| (it.name.clone(), it.found(report)));
        Ok(FoundTables { tables, shown })
    }
}

/// The name of the table that a person means: the end of its path is enough, if only one table has it.
///
/// # Errors
/// [`Code::Usage`] with the names that there are.
pub fn named(wanted: &str, tables: &[TableRows]) -> Result<String> {
    let wanted = wanted.trim_end_matches(".parquet");
    let names = || tables.iter().map(|table| table.name.as_str());
    let last = |name: &str| name.rsplit('/').next().is_some_and(|last| last == wanted);
    if let Some(name) = names().find(|name| *name == wanted) {
        return Ok(name.to_owned());
    }
    let mut found = names().filter(|name| last(name));
    match (found.next(), found.next()) {
        (Some(name), None) => Ok(name.to_owned()),
        _ => {
            let ends = names().filter_map(|name| name.rsplit('/').next());
            let near = nearest(wanted, names()).or_else(|| nearest(wanted, ends));
            let near = near.map(|near| format!("did you mean {near:?}? ")).unwrap_or_default();
            let names: Vec<&str> = names().collect();
            Err(Error::new(Code::Usage, format!("no single table is called {wanted:?}"))
                .help(format!("{near}the tables are {}", names.join(", "))))
        }
    }
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
            let rows = ParquetSource::at(path).map_err(|error| error.in_file(path))?.rows();
            tables.push(TableRows { name: below.to_string_lossy().into_owned(), rows });
        }
    }
    tables.sort_by_key(|table| order(&table.name));
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
        let own = table_name(table);
        let is_meant = self
            .table
            .as_deref()
            .is_some_and(|it| own == it.trim_end_matches(".parquet") || own.rsplit('/').next() == Some(it));
        if is_meant { self.step.bind(table) } else { Ok(None) }
    }
}

/// The name of a table without the ending of its file.
fn table_name(table: &TableSchema) -> String {
    let name = table.name.as_deref().unwrap_or("events");
    name.trim_end_matches(".parquet").to_owned()
}

/// Counts the rows of all tables, and keeps those that may be shown.
struct Tables<'q> {
    query: &'q TableQuery<'q>,
    tables: Vec<PickedTable>,
}

struct PickedTable {
    name: String,
    schema: TableSchema,
    pick: Pick,
}

impl PickedTable {
    fn found(self, report: Report) -> FoundRows {
        let (seen, bad_rows) = (self.pick.seen(), report.bad_rows);
        let (parts, extent) = (self.pick.finish(), Extent::Whole);
        FoundRows { table: self.schema, parts, seen, extent, bad_rows, report: Some(report) }
    }
}

impl Target for Tables<'_> {
    fn takes_several_tables(&self) -> bool {
        true
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        let (wanted, rows, skip) = self.query.pick;
        let table = |it: &TargetTable<'_>| PickedTable {
            name: table_name(it.schema),
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
    fn a_table_is_found_by_its_path_or_the_end_of_it() {
        let table = |name: &str| TableRows { name: name.to_owned(), rows: 0 };
        let tables = [table("events/pay"), table("objects/order"), table("object_changes/order")];
        assert_eq!(named("events/pay", &tables).unwrap(), "events/pay");
        assert_eq!(named("pay", &tables).unwrap(), "events/pay");
        assert_eq!(named("objects/order.parquet", &tables).unwrap(), "objects/order");
        let error = named("order", &tables).unwrap_err();
        assert!(error.help_text().unwrap().contains("objects/order, object_changes/order"));
        let error = named("events/pai", &tables).unwrap_err();
        assert!(error.help_text().unwrap().starts_with("did you mean \"events/pay\"?"));
    }
}
