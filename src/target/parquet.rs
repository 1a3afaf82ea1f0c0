//! One table as a Parquet file, and beside it the table of its cases.

use std::path::PathBuf;
use std::sync::Arc;

use crate::encode::output::check_place;
use crate::encode::page_store::Spill;
use crate::encode::parquet::{FinishedTable, TableWriter};
use crate::encode::row_group::EncodedRowGroup;
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableId;
use crate::options::Options;
use crate::report::Report;
use crate::target::cases::{self, cases_path};
use crate::target::{OutputPlace, Summary, Target, TargetTable, Wants};

/// One table as a Parquet file.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n1,b\n2,a\n").unwrap();
/// # let output = folder.path().join("log.parquet");
/// let mut file = logflow::ParquetFile::new(output.as_path());
/// let report = logflow::Convert::new(path).run(&mut file, &logflow::Observer::default())?;
/// assert_eq!(report.output, Some(output));
/// # Ok(())
/// # }
/// ```
pub struct ParquetFile {
    place: OutputPlace,
    writer: Option<TableWriter>,
    finished: Option<FinishedTable>,
    cases: Option<FinishedTable>,
}

impl ParquetFile {
    /// A file at this place.
    pub fn new(place: impl Into<OutputPlace>) -> Self {
        Self { place: place.into(), writer: None, finished: None, cases: None }
    }
}

impl Target for ParquetFile {
    fn check(&self, options: &Options) -> Result<()> {
        check_place(&self.place.path, self.place.replace)?;
        if options.write.tables {
            check_place(&cases_path(&self.place.path), self.place.replace)?;
        }
        Ok(())
    }

    fn has_timestamp_units(&self) -> bool {
        true
    }

    fn paths(&self) -> Vec<PathBuf> {
        vec![self.place.path.clone(), cases_path(&self.place.path)]
    }

    fn rejects(&self) -> Option<OutputPlace> {
        Some(self.place.clone())
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], options: &Options, spill: &Arc<Spill>) -> Result<Wants> {
        let [table] = tables else {
            return Err(Error::new(Code::Usage, "expected one table for a Parquet file, found several"));
        };
        (self.writer, self.finished, self.cases) = (None, None, None);
        let (writer, factory) = TableWriter::create(
            &self.place.path,
            self.place.replace,
            table.schema.arrow(),
            table.properties(1, options.write.compression)?,
            Arc::clone(spill),
        )?;
        self.writer = Some(writer);
        Ok(Wants::RowGroups(vec![factory]))
    }

    fn row_group(&mut self, _: TableId, group: EncodedRowGroup) -> Result<()> {
        match &mut self.writer {
            Some(writer) => writer.append(group),
            None => Err(Error::new(Code::Internal, "a row group came before its file was begun")),
        }
    }

    fn finish(&mut self, summary: Summary<'_>) -> Result<()> {
        let Some(writer) = self.writer.take() else {
            return Err(Error::new(Code::Internal, "a file was finished before it was begun"));
        };
        summary.report.row_groups = writer.row_groups();
        let finished = writer.finish(summary.metadata.into_iter().next().unwrap_or_default())?;
        summary.report.output_bytes = finished.bytes()?;
        if let Some(cases) = summary.cases {
            self.cases = Some(cases::write(&finished, cases, &self.place, summary.options)?);
        }
        self.finished = Some(finished);
        Ok(())
    }

    fn commit(&mut self, report: &mut Report) -> Result<()> {
        if let Some(cases) = self.cases.take() {
            cases.commit()?;
            report.cases_output = Some(cases_path(&self.place.path));
        }
        if let Some(finished) = self.finished.take() {
            finished.commit()?;
            report.output = Some(self.place.path.clone());
        }
        Ok(())
    }

    fn abandon(&mut self) {
        (self.writer, self.finished, self.cases) = (None, None, None);
    }
}
