//! Several targets from one pass: each output of row groups has the same rows encoded in its own way.
//!
//! All outputs are complete and on the disk before the first of them appears. They appear one after the other,
//! in the order in which they were added: a run that is killed between two renames leaves the first outputs
//! new, and the others as they were.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::encode::page_store::Spill;
use crate::encode::row_group::EncodedRowGroup;
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableId;
use crate::options::{OnBadRow, Options, WriteOptions};
use crate::report::{OutputReport, Report};
use crate::target::{OutputPlace, Summary, Target, TargetTable, Wants, rejects_path, without_links};

/// Targets that get the rows of one run.
///
/// ```
/// use logflow::{Convert, Observer, ParquetFile, ReportFile, Several};
///
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = |name: &str| folder.path().join(name);
/// # std::fs::write(path("log.csv"), "case,activity\n1,a\n1,b\n").unwrap();
/// let mut rows = ParquetFile::new(path("log.parquet"));
/// let mut report = ReportFile::new(path("report.json").as_path());
/// let mut both = Several::new(vec![(&mut rows, None), (&mut report, None)]);
/// Convert::new(path("log.csv").as_path()).run(&mut both, &Observer::default())?;
/// assert!(path("log.parquet").exists() && path("report.json").exists());
/// # Ok(())
/// # }
/// ```
pub struct Several<'t> {
    members: Vec<Member<'t>>,
    /// Tables of the pass.
    tables: usize,
}

/// One target of several.
struct Member<'t> {
    target: &'t mut (dyn Target + 't),
    /// How it is written; `None` as the run says.
    write: Option<WriteOptions>,
    /// Which of the row groups are its: the number of targets of row groups before it.
    place: Option<usize>,
    /// Whether it takes no rows: a report, which is written once the others are complete.
    is_report: bool,
    report: Report,
}

impl Member<'_> {
    fn options(&self, options: &Options) -> Options {
        let write = self.write.clone().unwrap_or_else(|| options.write.clone());
        Options { write, ..options.clone() }
    }
}

impl<'t> Several<'t> {
    /// These targets, which appear in this order, each with options of its own or with those of the run. Row
    /// groups of all have the same rows, so that their sizes must be those of the run.
    pub fn new(targets: Vec<(&'t mut (dyn Target + 't), Option<WriteOptions>)>) -> Self {
        let member = |(target, write): (&'t mut (dyn Target + 't), _)| Member {
            target,
            write,
            place: None,
            is_report: false,
            report: Report::default(),
        };
        Self { members: targets.into_iter().map(member).collect(), tables: 1 }
    }
}

impl Target for Several<'_> {
    fn check(&self, options: &Options) -> Result<()> {
        for (at, member) in self.members.iter().enumerate() {
            let write = member.write.as_ref().unwrap_or(&options.write);
            if write.row_group != options.write.row_group {
                return Err(Error::new(
                    Code::PipelineTarget,
                    "targets of one pass must have row groups of one size",
                )
                .help("give all targets the same ⟦row-group-size⟧, or write them in two runs"));
            }
            if write.timestamp_unit != options.write.timestamp_unit {
                return Err(Error::new(
                    Code::PipelineTarget,
                    "targets of one pass must have timestamps of one unit",
                )
                .help("give all targets the same ⟦timestamp-unit⟧, or write them in two runs"));
            }
            let paths: Vec<PathBuf> = member.target.paths().iter().map(|path| without_links(path)).collect();
            let mut others = self.members[..at].iter().flat_map(|other| other.target.paths());
            if let Some(twice) = others.find(|path| paths.contains(&without_links(path))) {
                let what = format!("two targets write {}", twice.display());
                return Err(Error::new(Code::PipelineTarget, what).help("give each target a path of its own"));
            }
            let rejects = member.target.rejects().filter(|_| options.table.on_bad_row != OnBadRow::Fail);
            if let Some(rejects) = rejects.map(|place| without_links(&rejects_path(&place.path)))
                && self
                    .members
                    .iter()
                    .flat_map(|it| it.target.paths())
                    .any(|path| without_links(&path) == rejects)
            {
                let what = format!("a target and the rejected records would both be {}", rejects.display());
                return Err(Error::new(Code::PipelineTarget, what).help("give the target another path"));
            }
            member.target.check(&member.options(options))?;
        }
        Ok(())
    }

    fn takes_several_tables(&self) -> bool {
        self.members.iter().all(|member| member.target.takes_several_tables())
    }

    fn has_timestamp_units(&self) -> bool {
        self.members.iter().any(|member| member.target.has_timestamp_units())
    }

    fn paths(&self) -> Vec<PathBuf> {
        self.members.iter().flat_map(|member| member.target.paths()).collect()
    }

    fn rejects(&self) -> Option<OutputPlace> {
        self.members.iter().find_map(|member| member.target.rejects())
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], options: &Options, spill: &Arc<Spill>) -> Result<Wants> {
        self.tables = tables.len();
        let (mut factories, mut groups, mut batches, mut findings) = (Vec::new(), 0, 0, false);
        for member in &mut self.members {
            let own = member.options(options);
            member.is_report = false;
            member.place = None;
            match member.target.begin(tables, &own, spill)? {
                Wants::RowGroups(of_member) => {
                    factories.extend(of_member);
                    member.place = Some(groups);
                    groups += 1;
                }
                Wants::Batches => batches += 1,
                Wants::Nothing => member.is_report = true,
                Wants::Findings => {
                    member.is_report = true;
                    findings = true;
                }
            }
        }
        match (groups, batches) {
            (0, 0) if findings => Ok(Wants::Findings),
            (0, 0) => Ok(Wants::Nothing),
            (0, _) => Ok(Wants::Batches),
            (_, 0) => Ok(Wants::RowGroups(factories)),
            _ => Err(Error::new(
                Code::PipelineTarget,
                "one target wants row groups and another batches, which one pass does not give",
            )
            .help("run them one after the other")),
        }
    }

    fn row_group(&mut self, table: TableId, group: EncodedRowGroup) -> Result<()> {
        let (place, table) = (table.0 / self.tables.max(1), table.0 % self.tables.max(1));
        match self.members.iter_mut().find(|member| member.place == Some(place)) {
            Some(member) => member.target.row_group(TableId(table), group),
            None => Err(Error::new(Code::Internal, "a row group came for a target that there is not")),
        }
    }

    fn batch(&mut self, table: TableId, rows: RecordBatch) -> Result<()> {
        let takers = self.members.iter_mut().filter(|member| !member.is_report);
        takers.into_iter().try_for_each(|member| member.target.batch(table, rows.clone()))
    }

    fn finish(&mut self, summary: Summary<'_>) -> Result<()> {
        let Summary { report, metadata, cases, manifest, options, observer } = summary;
        let first = self.members.iter().position(|member| !member.is_report);
        let (mut outputs, mut warnings) = (Vec::new(), Vec::new());
        let base = report.clone();
        for (at, member) in self.members.iter_mut().enumerate().filter(|(_, member)| !member.is_report) {
            let own = member.options(options);
            member.report = base.clone();
            member.target.finish(Summary {
                report: &mut member.report,
                metadata: metadata.clone(),
                cases: cases.clone().filter(|_| own.write.tables),
                manifest: manifest.clone(),
                options: &own,
                observer,
            })?;
            if let Some(path) = member.target.paths().into_iter().next() {
                outputs.push(OutputReport { output: path, bytes: member.report.output_bytes });
            }
            warnings.extend(member.target.warnings());
            if Some(at) == first {
                member.report.clone_into(report);
            }
        }
        if outputs.len() > 1 {
            report.outputs.clone_from(&outputs);
            report.warnings.extend(warnings.iter().cloned());
        }
        // What the first output will be once it has appeared.
        let mut told = report.clone();
        told.output = outputs.first().map(|it| it.output.clone());
        if outputs.len() == 1 {
            // Whoever runs a single target adds these to its report.
            told.warnings.extend(warnings);
        }
        if report.bad_rows > 0 {
            told.rejects = self.rejects().map(|place| rejects_path(&place.path));
        }
        for member in self.members.iter_mut().filter(|member| member.is_report) {
            let own = member.options(options);
            member.target.finish(Summary {
                report: &mut told,
                metadata: metadata.clone(),
                cases: None,
                manifest: manifest.clone(),
                options: &own,
                observer,
            })?;
        }
        Ok(())
    }

    fn commit(&mut self, report: &mut Report) -> Result<()> {
        let mut appeared: Vec<PathBuf> = Vec::new();
        let mut first = true;
        for member in &mut self.members {
            member.target.commit(&mut member.report).map_err(|error| told(error, &appeared))?;
            if !member.is_report && std::mem::take(&mut first) {
                report.output.clone_from(&member.report.output);
                report.cases_output.clone_from(&member.report.cases_output);
            }
            appeared.extend(member.target.paths().into_iter().next());
        }
        Ok(())
    }

    fn abandon(&mut self) {
        self.members.iter_mut().for_each(|member| member.target.abandon());
    }
}

/// The error of a target behind others, whose outputs are there already.
fn told(error: Error, appeared: &[PathBuf]) -> Error {
    let names: Vec<String> = appeared.iter().map(|path: &PathBuf| shown(path)).collect();
    match names.as_slice() {
        [] => error,
        names => {
            let help = format!("these outputs have appeared already: {}", names.join(", "));
            let whole = match error.help_text() {
                Some(own) => format!("{own}; {help}"),
                None => help,
            };
            error.help(whole)
        }
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
