//! An object-centric log in another form than a bundle: OCEL in one file, or the tables of another program.
//! The tables wait in a temporary bundle, for an object needs what belongs to it.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::encode::layout::codec;
use crate::encode::output::{OutputFile, check_place};
use crate::encode::output_folder::{OutputFolder, check_folder};
use crate::encode::page_store::Spill;
use crate::encode::row_group::EncodedRowGroup;
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableId;
use crate::options::{OnBadRow, Options};
use crate::report::Report;
use crate::target::bundle::BundleFolder;
use crate::target::ocel::{BundleLayout, OcelForm, OcelReport, prepare, prepare_layout};
use crate::target::{OutputPlace, Summary, Target, TargetTable, Wants, temporary_folder};

/// The form of an object-centric log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcelOutput {
    /// One file of OCEL 2.0.
    File(OcelForm),
    /// A folder of tables as another program has them.
    Folder(BundleLayout),
}

/// An object-centric log in a form other than a bundle.
pub struct OcelTarget {
    place: OutputPlace,
    output: OcelOutput,
    between: Option<(TempDir, BundleFolder)>,
    ready: Option<ReadyOutput>,
    report: OcelReport,
}

/// An output that is complete and did not appear yet.
enum ReadyOutput {
    File(OutputFile),
    Folder(OutputFolder),
}

impl OcelTarget {
    /// A log of this form at this place.
    pub fn new(place: impl Into<OutputPlace>, output: OcelOutput) -> Self {
        let (between, ready, report) = (None, None, OcelReport::default());
        Self { place: place.into(), output, between, ready, report }
    }

    /// Figures and warnings of the log, once it was written.
    pub fn into_report(self) -> OcelReport {
        self.report
    }
}

impl Target for OcelTarget {
    fn check(&self, options: &Options) -> Result<()> {
        if options.table.on_bad_row != OnBadRow::Fail {
            let what = "an OCEL log requires all records, and ⟦on-bad-row⟧ reject omits some";
            let help = "convert to a bundle with ⟦on-bad-row⟧ reject, check the rejected rows, then convert the bundle";
            return Err(Error::new(Code::Usage, what).help(help));
        }
        match self.output {
            OcelOutput::File(_) => check_place(&self.place.path, self.place.replace),
            OcelOutput::Folder(layout) => check_folder(&self.place.path, self.place.replace, layout.marker()),
        }
    }

    fn takes_several_tables(&self) -> bool {
        true
    }

    fn paths(&self) -> Vec<PathBuf> {
        vec![self.place.path.clone()]
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], options: &Options, spill: &Arc<Spill>) -> Result<Wants> {
        let between = match &mut self.between {
            Some(between) => between,
            none => {
                let folder = temporary_folder(options)?;
                let bundle = BundleFolder::new(folder.path().join("bundle"));
                none.insert((folder, bundle))
            }
        };
        between.1.begin(tables, options, spill)
    }

    fn row_group(&mut self, table: TableId, group: EncodedRowGroup) -> Result<()> {
        match &mut self.between {
            Some((_, bundle)) => bundle.row_group(table, group),
            None => Err(Error::new(Code::Internal, "the log was not begun")),
        }
    }

    fn finish(&mut self, summary: Summary<'_>) -> Result<()> {
        let Summary { report, metadata, cases, manifest, options, observer } = summary;
        let Some((folder, mut bundle)) = self.between.take() else {
            return Err(Error::new(Code::Internal, "the log was not begun"));
        };
        bundle.finish(Summary { report: &mut *report, metadata, cases, manifest, options, observer })?;
        bundle.commit(report)?;
        let path = folder.path().join("bundle");
        let (written, ready) = match self.output {
            OcelOutput::File(form) => {
                let (written, file) = prepare(&path, form, &self.place, folder.path(), observer)?;
                (written, ReadyOutput::File(file))
            }
            OcelOutput::Folder(layout) => {
                let codec = codec(options.write.compression)?;
                let (written, folder) = prepare_layout(&path, layout, &self.place, codec, observer)?;
                (written, ReadyOutput::Folder(folder))
            }
        };
        report.output = None;
        report.output_bytes = written.output_bytes;
        // Those of the bundle that nobody sees.
        report.tables.clear();
        self.report = written;
        self.ready = Some(ready);
        Ok(())
    }

    fn commit(&mut self, report: &mut Report) -> Result<()> {
        match self.ready.take() {
            Some(ReadyOutput::File(file)) => file.commit()?,
            Some(ReadyOutput::Folder(folder)) => folder.commit()?,
            None => return Ok(()),
        }
        report.output = Some(self.place.path.clone());
        Ok(())
    }

    fn abandon(&mut self) {
        self.between = None;
        self.ready = None;
    }
}
