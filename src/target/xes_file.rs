//! A table of events as an XES log. The rows wait in a temporary Parquet file, for the log needs the events
//! of a case together.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::encode::output::{OutputFile, check_place};
use crate::encode::page_store::Spill;
use crate::encode::row_group::EncodedRowGroup;
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableId;
use crate::model::roles::RoleWishes;
use crate::options::{OnBadRow, Options};
use crate::report::Report;
use crate::target::parquet::ParquetFile;
use crate::target::xes::{XesInput, XesReport, prepare};
use crate::target::{OutputPlace, Summary, Target, TargetTable, Wants, temporary_folder};

/// An XES log; packed with gzip if its name ends in `.gz`.
pub struct XesFile {
    place: OutputPlace,
    /// The input that errors are about, if there is only one.
    source: Option<PathBuf>,
    between: Option<(TempDir, ParquetFile)>,
    ready: Option<OutputFile>,
    report: XesReport,
}

impl XesFile {
    /// A log at this place. `source`: the input that errors are about, if there is only one.
    pub fn new(place: impl Into<OutputPlace>, source: Option<PathBuf>) -> Self {
        Self { place: place.into(), source, between: None, ready: None, report: XesReport::default() }
    }

    /// Figures and warnings of the log, once it was written.
    pub fn into_report(self) -> XesReport {
        self.report
    }

    fn between(&mut self) -> Result<&mut (TempDir, ParquetFile)> {
        self.between.as_mut().ok_or_else(|| Error::new(Code::Internal, "the log was not begun"))
    }
}

impl Target for XesFile {
    fn check(&self, options: &Options) -> Result<()> {
        if options.table.on_bad_row != OnBadRow::Fail {
            let help = "convert to Parquet with ⟦on-bad-row⟧ reject, check the rejected rows, then convert the Parquet file to XES";
            let what = "XES requires all rows, and ⟦on-bad-row⟧ reject omits some";
            return Err(Error::new(Code::Usage, what).help(help));
        }
        check_place(&self.place.path, self.place.replace)
    }

    fn paths(&self) -> Vec<PathBuf> {
        vec![self.place.path.clone()]
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], options: &Options, spill: &Arc<Spill>) -> Result<Wants> {
        let between = match &mut self.between {
            Some(between) => between,
            none => {
                let folder = temporary_folder(options)?;
                let table = ParquetFile::new(folder.path().join("log.parquet"));
                none.insert((folder, table))
            }
        };
        between.1.begin(tables, options, spill)
    }

    fn row_group(&mut self, table: TableId, group: EncodedRowGroup) -> Result<()> {
        self.between()?.1.row_group(table, group)
    }

    fn finish(&mut self, summary: Summary<'_>) -> Result<()> {
        let Summary { report, metadata, options, observer, .. } = summary;
        let (folder, mut table) =
            self.between.take().ok_or_else(|| Error::new(Code::Internal, "the log was not begun"))?;
        let between =
            Summary { report: &mut *report, metadata, cases: None, manifest: None, options, observer };
        table.finish(between)?;
        table.commit(report)?;
        let path = folder.path().join("log.parquet");
        let input = XesInput { path: &path, source: self.source.as_deref(), temp_dir: folder.path() };
        // Roles were found for the table, and stand in it.
        let (written, output) = prepare(&input, &self.place, &RoleWishes::default(), observer)?;
        report.output = None;
        report.output_bytes = written.output_bytes;
        self.report = written;
        self.ready = Some(output);
        Ok(())
    }

    fn commit(&mut self, report: &mut Report) -> Result<()> {
        if let Some(output) = self.ready.take() {
            output.commit()?;
            report.output = Some(self.place.path.clone());
        }
        Ok(())
    }

    fn abandon(&mut self) {
        self.between = None;
        self.ready = None;
    }
}
