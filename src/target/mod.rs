//! Where the tables of a run go: Parquet files, bundles, logs in other formats, batches for the caller.
//!
//! ```text
//! place.rs      path of an output, and whether it may be replaced
//! parquet.rs    one table as a Parquet file, with its table of cases
//! bundle.rs     the tables of an object-centric log as a folder of Parquet files with a manifest
//! each_batch.rs batches of rows, handed to the caller in the order of the input
//! object_tables.rs   those of an object-centric log
//! process_tables.rs  the statistics of a process as a folder of Parquet files
//! findings.rs   nothing: the run is made for what its steps find
//! manifest.rs   ocel-meta.json, the manifest of a bundle
//! cases.rs      one row for each case of an event log
//! xes_file.rs   a table of events as XES, by way of a Parquet file                    xes.rs
//! xlsx/         one table as an Excel workbook
//! report_file.rs the report of a run with the findings of its steps, as JSON
//! several.rs    several of these from one pass
//! ocel_log.rs   an object-centric log as OCEL in JSON, XML or SQLite, or in the tables
//!               of other programs, by way of a bundle                                 ocel.rs
//! ```

pub mod bundle;
pub mod cases;
pub mod each_batch;
pub mod findings;
pub mod manifest;
pub mod object_tables;
pub mod ocel;
pub mod ocel_log;
pub mod parquet;
mod place;
pub mod process_tables;
pub mod report_file;
pub mod several;
mod typed;
mod values;
pub mod xes;
pub mod xes_file;
pub mod xlsx;

use std::path::PathBuf;
use std::sync::Arc;

use ::parquet::file::properties::WriterProperties;
use arrow::array::RecordBatch;
use serde_json::Value;

pub use self::place::{OutputPlace, rejects_path, temporary_folder, without_links};
use crate::encode::layout::{ColumnLayout, codec, properties_among};
use crate::encode::page_store::Spill;
use crate::encode::row_group::{EncodedRowGroup, RowGroupFactory};
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableId, TableSchema};
use crate::model::warning::Warning;
use crate::observer::Observer;
use crate::options::{Compression, Options};
use crate::report::Report;

/// Where the tables of a run go, in the order of the input. Nothing is visible before [`Target::commit`]; a
/// target that is dropped or [abandoned](Target::abandon) before leaves no trace.
///
/// A run calls `check` once, then `begin` and the rows of a pass, which it does again if the whole input
/// turned out to have other types than its beginning, and at last `finish` and `commit`.
///
/// # Examples
/// A target that counts rows:
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::RecordBatch;
/// use logflow::{
///     Convert, Observer, Options, Report, Result, Spill, Summary, TableId, Target, TargetTable, Wants,
/// };
///
/// #[derive(Default)]
/// struct Count(usize);
///
/// impl Target for Count {
///     fn begin(&mut self, _: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
///         self.0 = 0;
///         Ok(Wants::Batches)
///     }
///
///     fn batch(&mut self, _: TableId, rows: RecordBatch) -> Result<()> {
///         self.0 += rows.num_rows();
///         Ok(())
///     }
///
///     fn finish(&mut self, _: Summary<'_>) -> Result<()> {
///         Ok(())
///     }
///
///     fn commit(&mut self, _: &mut Report) -> Result<()> {
///         Ok(())
///     }
/// }
///
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n1,b\n2,a\n").unwrap();
/// let mut count = Count::default();
/// Convert::new(path).run(&mut count, &Observer::default())?;
/// assert_eq!(count.0, 3);
/// # Ok(())
/// # }
/// ```
pub trait Target: Send {
    /// What is wrong with the place of the output, asked before anything is read.
    ///
    /// # Errors
    /// [`Code::OutputExists`] and what else keeps the output from being written.
    fn check(&self, options: &Options) -> Result<()> {
        let _ = options;
        Ok(())
    }

    /// Whether it takes the several tables of an object-centric log; if not, it takes one table.
    fn takes_several_tables(&self) -> bool {
        false
    }

    /// Whether it takes rows at all. One that does not only wants to know what steps find.
    fn takes_rows(&self) -> bool {
        true
    }

    /// Whether it heeds the unit of timestamps that the options ask for.
    fn has_timestamp_units(&self) -> bool {
        false
    }

    /// The number of bytes of text that the target wants to see; `None` if it wants all rows. With a number,
    /// only records that lie within so many bytes at the beginning of the inputs, counted over all inputs in
    /// their order, are rows of the run, and types are those of these records. Files whose values have types,
    /// and databases, are read whole: they can be left early without harm to types.
    fn beginning(&self) -> Option<u64> {
        None
    }

    /// Paths of the files that the target replaces, which must not be inputs of the run; the first of them is
    /// the output after which the file of rejected records is named.
    fn paths(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Where the file of rejected records goes; `None` if such records are only counted.
    fn rejects(&self) -> Option<OutputPlace> {
        None
    }

    /// A pass begins, with these tables. Rows of an earlier pass are dropped: their types turned out to be
    /// wrong. A target that wants batches is asked before each pass as well, and gets rows in the last one
    /// only, whose tables are final.
    ///
    /// # Errors
    /// If the target can't hold such tables, or its files can't be made.
    fn begin(&mut self, tables: &[TargetTable<'_>], options: &Options, spill: &Arc<Spill>) -> Result<Wants>;

    /// The next row group of a table. Only for a target that [wants row groups](Wants::RowGroups).
    ///
    /// # Errors
    /// If it can't be written.
    fn row_group(&mut self, table: TableId, group: EncodedRowGroup) -> Result<()> {
        let _ = (table, group);
        Err(Error::new(Code::Internal, "a row group was given to a target that takes none"))
    }

    /// The next rows of a table. Only for a target that [wants batches](Wants::Batches).
    ///
    /// # Errors
    /// If the target can't take them; the run ends with the error.
    fn batch(&mut self, table: TableId, rows: RecordBatch) -> Result<()> {
        let _ = (table, rows);
        Err(Error::new(Code::Internal, "a batch was given to a target that takes none"))
    }

    /// All rows were given. The output is completed and brought to the disk, and still does not appear. The
    /// target adds to the report what it alone knows, such as sizes.
    ///
    /// # Errors
    /// If it can't be written.
    fn finish(&mut self, summary: Summary<'_>) -> Result<()>;

    /// What there is to say about the output that the report of the run does not have, once it is complete.
    fn warnings(&self) -> Vec<Warning> {
        Vec::new()
    }

    /// Makes the output appear.
    ///
    /// # Errors
    /// If it can't; then an old output is as it was.
    fn commit(&mut self, report: &mut Report) -> Result<()>;

    /// The run failed after [`Target::begin`]. The target removes what it has begun, such as temporary files,
    /// now and not only when it is dropped; it may be used for another run. An output that [`Target::commit`]
    /// made appear stays.
    fn abandon(&mut self) {}
}

/// What a target does with rows.
///
/// # Examples
/// ```
/// use logflow::Wants;
///
/// /// What `begin` of a target gives back that can also do without rows.
/// fn wants(survey: bool) -> Wants {
///     if survey { Wants::Nothing } else { Wants::Batches }
/// }
///
/// assert!(matches!(wants(true), Wants::Nothing));
/// ```
#[non_exhaustive]
pub enum Wants {
    /// It takes row groups of Parquet, which the workers make with the factory of each table.
    RowGroups(Vec<RowGroupFactory>),
    /// It takes batches, and only such whose types are those of the whole input: none is ever taken back.
    Batches,
    /// It takes no rows: the run is a survey.
    Nothing,
    /// It takes no rows, and they pass the steps: the run is made for what these find.
    Findings,
}

/// A table of a pass, as its target sees it.
///
/// # Examples
/// ```
/// use logflow::values::Role;
/// use logflow::{Code, Error, Result, TargetTable};
///
/// /// Name of the column with activities, for a target that needs it.
/// fn activity<'t>(table: &'t TargetTable<'_>) -> Result<&'t str> {
///     let at = table.schema.role(Role::Activity);
///     let at = at.ok_or_else(|| Error::new(Code::NoSuchColumn, "no column is known to be the activity"))?;
///     Ok(table.schema.columns[at].name())
/// }
/// # let _ = activity;
/// ```
#[non_exhaustive]
pub struct TargetTable<'t> {
    /// Its name, columns, types and roles.
    pub schema: &'t TableSchema,
    /// How the pages of each column are best laid out in Parquet.
    pub layouts: Vec<(String, ColumnLayout)>,
}

impl TargetTable<'_> {
    /// Properties of a Parquet file with the rows of this table, one of `tables` that are written at a time.
    fn properties(&self, tables: usize, compression: Compression) -> Result<WriterProperties> {
        Ok(properties_among(tables, &self.layouts, codec(compression)?))
    }
}

/// What a run tells its target at its end.
///
/// # Examples
/// ```
/// use logflow::{Result, Summary};
///
/// /// What `finish` of a target may do: it adds the size of its output to the report.
/// fn finish(written: u64, summary: Summary<'_>) -> Result<()> {
///     summary.observer.check()?;
///     assert!(summary.report.rows <= summary.report.records);
///     summary.report.output_bytes = written;
///     Ok(())
/// }
/// # let _ = finish;
/// ```
#[non_exhaustive]
pub struct Summary<'s> {
    /// Figures and warnings of the run.
    pub report: &'s mut Report,
    /// For each table what stands in the metadata of its file, as keys and values.
    pub metadata: Vec<Vec<(String, String)>>,
    /// What is known of the cases of an event log, if their table is written.
    pub cases: Option<cases::Cases>,
    /// The manifest of a bundle, without its files.
    pub manifest: Option<Value>,
    /// What the user asked for.
    pub options: &'s Options,
    /// What looks at the run from outside and may stop it.
    pub observer: &'s Observer,
}
