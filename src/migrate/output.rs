//! One source to its output, which is read back before it counts as done.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::journal::{DoneEntry, OutputEntry};
use super::names::stays_below;
use super::outcome::check_sum;
use super::plan::{BUNDLE, PlannedSource, TABLE};
use super::proof::{Checked, digest, flaw_of, footer_rows, is_parquet};
use crate::encode::output::Replace;
use crate::error::{Code, Error, Result};
use crate::jobs::choice::OutputChoice;
use crate::jobs::job::{ConvertTask, found_kind};
use crate::jobs::outputs::{ConvertJob, OutputKind};
use crate::jobs::written::Written;
use crate::machine;
use crate::mmap::Input;
use crate::model::ocel::META;
use crate::observer::Observer;
use crate::options::Options;
use crate::report::Report;
use crate::source::mxml::as_xes;
use crate::text::row::FormatRow;

/// What all outputs of a migration have in common.
pub struct OutputMaker<'m> {
    /// The folder of all outputs.
    pub root: &'m Path,
    /// The folder in it in which outputs lie.
    pub within: &'m str,
    /// The format of all sources, if it was named.
    pub from: Option<&'static FormatRow>,
    /// What is said of outputs.
    pub choice: &'m OutputChoice,
    /// Hash of the options.
    pub options_hash: &'m str,
    /// Whether SHA-256 and SHA-512 are made as well.
    pub is_bag: bool,
    /// Folders that were made or looked at.
    pub folders: Mutex<HashSet<PathBuf>>,
}

impl OutputMaker<'_> {
    /// Converts a source.
    ///
    /// # Errors
    /// What is wrong with the source or the output. Then no output has appeared, unless it is one that was read
    /// back as something else; such a one is removed.
    pub fn make(&self, source: &PlannedSource, options: &Options, observer: &Observer) -> Result<DoneEntry> {
        let input = Input::Path(source.path.clone());
        let input = as_xes(&input, options, observer)?.unwrap_or(input);
        let is_copy = matches!(input, Input::Copied(_));
        let kind = found_kind(&input, self.from, options)?;
        let is_folder = kind != OutputKind::EventLog;
        let ending = if is_folder { BUNDLE } else { TABLE };
        let output = self.root.join(self.within).join(format!("{}{ending}", source.name));
        self.make_folder(&output)?;
        let job = ConvertJob { inputs: vec![input], output: output.clone() };
        let task = ConvertTask { job, kind, is_folder, stand_ins: Vec::new(), sheet: None };
        let replace = if source.may_replace { Replace::Force } else { Replace::Never };
        if is_folder && source.may_replace {
            self.clear_damaged(source, &output)?;
        }
        let choice = OutputChoice { replace, ..self.choice.clone() };
        let written = task.write(&choice, options, observer).map_err(|error| task.told(error))?;
        let report = match written {
            Written::Table(report) | Written::FlatTable(report) => report,
            Written::Log(_) | Written::Objects(_) => {
                return Err(Error::new(Code::Internal, "a migration has written another form"));
            }
        };
        match self.read_back(source, &report, &output, is_copy || kind == OutputKind::FlatTable, observer) {
            Ok(done) => {
                self.remove_stale(source, &done);
                Ok(done)
            }
            Err(error) => {
                // It stands there and is not what it should be; nobody must take it for what it is called.
                if matches!(error.code(), Code::Sums | Code::Unproven | Code::InputChanged | Code::OutputName)
                {
                    self.remove(&report, &output);
                }
                Err(error)
            }
        }
    }

    /// What was written, as the disk has it.
    fn read_back(
        &self,
        source: &PlannedSource,
        report: &Report,
        output: &Path,
        is_copy: bool,
        observer: &Observer,
    ) -> Result<DoneEntry> {
        check_sum(report.records, [report.rows, report.bad_rows, report.filtered_rows])?;
        let [input] = report.inputs.as_slice() else {
            return Err(Error::new(Code::Internal, "a migration has written an output of several inputs"));
        };
        // Of a flat table and of MXML another file was read, which was made of it.
        let (bytes, blake3) = match is_copy {
            true => {
                let found = digest(&source.path, false, Code::InputRead, &observer.part())?;
                (found.bytes, found.blake3)
            }
            false => (input.bytes, input.blake3.clone()),
        };
        if bytes != source.bytes {
            let what = format!("expected {} bytes as when it was listed, found {bytes}", source.bytes);
            return Err(Error::new(Code::InputChanged, what).in_file(&source.path));
        }
        let mut paths: Vec<PathBuf> = Vec::new();
        if output.is_dir() {
            paths.push(output.join(META));
            paths.extend(report.tables.iter().map(|it| output.join(&it.file)));
        } else {
            paths.push(output.to_owned());
        }
        paths.extend(report.cases_output.clone());
        paths.extend(report.rejects.clone());
        let mut outputs = Vec::with_capacity(paths.len());
        for path in paths {
            outputs.push(self.entry(&path, observer)?);
        }
        self.check_rows(report, output, &outputs)?;
        let mut warnings: Vec<String> =
            report.warnings.iter().map(|it| it.code.number().to_owned()).collect();
        warnings.sort();
        warnings.dedup();
        Ok(DoneEntry {
            source: source.name.clone(),
            bytes,
            modified: source.modified,
            blake3,
            format: input.format.to_owned(),
            compression: input.compression.map(str::to_owned),
            outputs,
            records: report.records,
            rows: report.rows,
            rejected: report.bad_rows,
            filtered: report.filtered_rows,
            warnings,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            options: self.options_hash.to_owned(),
            at: machine::now(),
        })
    }

    fn entry(&self, path: &Path, observer: &Observer) -> Result<OutputEntry> {
        let below = path.strip_prefix(self.root).ok().and_then(Path::to_str);
        let Some(below) = below else {
            return Err(Error::new(Code::Internal, "an output lies outside of its folder").in_file(path));
        };
        if self.is_bag && ["%0A", "%0D", "%25"].iter().any(|it| below.to_ascii_uppercase().contains(it)) {
            let what = format!("{below} has what manifests of bags write in place of other bytes");
            let error = Error::new(Code::OutputName, what).in_file(path);
            return Err(error
                .help("a type of the log has a line end or % in its name; migrate the log without ⟦bag⟧"));
        }
        let found = digest(path, self.is_bag, Code::Unproven, &observer.part())?;
        let rows = if is_parquet(below) { Some(footer_rows(path)?) } else { None };
        let (sha256, sha512) = found.sha.unzip();
        let (bytes, blake3) = (found.bytes, found.blake3);
        Ok(OutputEntry { path: below.to_owned(), bytes, blake3, sha256, sha512, rows })
    }

    /// That the footers on the disk tell the rows that the run has counted.
    fn check_rows(&self, report: &Report, output: &Path, outputs: &[OutputEntry]) -> Result<()> {
        let differ = |file: &str, expected: u64, found: Option<u64>| {
            let found = found.map_or_else(|| "none".to_owned(), |it| it.to_string());
            let what = format!("expected {expected} rows in {file}, found {found} when it was read back");
            Err(Error::new(Code::Sums, what).in_file(output))
        };
        if report.tables.is_empty() {
            return match outputs.first() {
                Some(first) if first.rows != Some(report.rows) => {
                    differ(&first.path, report.rows, first.rows)
                }
                _ => Ok(()),
            };
        }
        for (table, found) in report.tables.iter().zip(outputs.iter().skip(1)) {
            if found.rows != Some(table.rows) {
                return differ(&table.file, table.rows, found.rows);
            }
            if (found.bytes, &found.blake3) != (table.bytes, &table.blake3) {
                let what = format!("{} is not what was written when it is read back", table.file);
                return Err(Error::new(Code::Unproven, what).in_file(output));
            }
        }
        Ok(())
    }

    /// Makes the folder of an output. None on the way is a link, so that the output lies where it says.
    fn make_folder(&self, output: &Path) -> Result<()> {
        let Some(folder) = output.parent() else { return Ok(()) };
        let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(folder) {
            return Ok(());
        }
        let failed = |path: &Path, error: &std::io::Error| Error::io(Code::OutputWrite, path, error);
        let below = folder.strip_prefix(self.root).unwrap_or(Path::new(""));
        let mut path = self.root.to_owned();
        std::fs::create_dir_all(&path).map_err(|error| failed(&path, &error))?;
        for part in below.components() {
            let above = path.clone();
            path.push(part);
            if known.contains(&path) {
                continue;
            }
            match std::fs::create_dir(&path) {
                // Its name must be on the disk before that of a file in it.
                Ok(()) => sync_folder(&above).map_err(|error| failed(&above, &error))?,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    if !std::fs::symlink_metadata(&path).is_ok_and(|it| it.is_dir()) {
                        let what = "expected a folder, found a link or a file, by which the output would lie elsewhere";
                        return Err(Error::new(Code::OutputName, what)
                            .in_file(&path)
                            .help("move it away, or give another folder as the destination"));
                    }
                }
                Err(error) => return Err(failed(&path, &error)),
            }
            known.insert(path.clone());
        }
        known.insert(folder.to_owned());
        Ok(())
    }

    /// Takes away a bundle of an earlier run that has lost its manifest: without it no folder is replaced.
    fn clear_damaged(&self, source: &PlannedSource, output: &Path) -> Result<()> {
        if !output.is_dir() || output.join(META).is_file() {
            return Ok(());
        }
        let known: HashSet<PathBuf> = match &source.before {
            Some(done) => done.outputs.iter().map(|it| self.root.join(&it.path)).collect(),
            None => return Ok(()),
        };
        let entries: Vec<_> = walkdir::WalkDir::new(output).into_iter().collect();
        let is_ours = |it: &walkdir::Result<walkdir::DirEntry>| {
            it.as_ref().is_ok_and(|it| it.file_type().is_dir() || known.contains(it.path()))
        };
        // With a file of someone else in it, it stays, and the source fails.
        match entries.iter().all(is_ours) {
            true => {
                std::fs::remove_dir_all(output).map_err(|error| Error::io(Code::OutputWrite, output, &error))
            }
            false => Ok(()),
        }
    }

    /// Removes files of an earlier output of the source that the new one does not have.
    fn remove_stale(&self, source: &PlannedSource, done: &DoneEntry) {
        let kept: HashSet<&str> = done.outputs.iter().map(|it| it.path.as_str()).collect();
        let Some(before) = &source.before else { return };
        for old in before.outputs.iter().filter(|it| !kept.contains(it.path.as_str())) {
            if !self.is_own(source, old) {
                continue;
            }
            let path = self.root.join(&old.path);
            // A file that someone has changed is not ours any more, and verify names it.
            let is_ours = flaw_of(self.root, old, &mut Checked::default(), &Observer::default());
            if matches!(is_ours, Ok(None)) && std::fs::remove_file(&path).is_ok() {
                let inner = path.ancestors().skip(1).take_while(|it| {
                    it.strip_prefix(self.root).is_ok_and(|it| it.to_string_lossy().contains(BUNDLE))
                });
                for folder in inner {
                    let _ = std::fs::remove_dir(folder);
                }
            }
        }
    }

    fn remove(&self, report: &Report, output: &Path) {
        for path in report.rejects.iter().chain(&report.cases_output) {
            let _ = std::fs::remove_file(path);
        }
        let _ = if output.is_dir() { std::fs::remove_dir_all(output) } else { std::fs::remove_file(output) };
    }

    /// Whether a file that a journal names has a name that outputs of the source have.
    fn is_own(&self, source: &PlannedSource, output: &OutputEntry) -> bool {
        let within = if self.within.is_empty() { String::new() } else { format!("{}/", self.within) };
        let rest = output.path.strip_prefix(&within).and_then(|it| it.strip_prefix(&source.name));
        stays_below(&output.path) && rest.is_some_and(|it| it.starts_with(TABLE) || it.starts_with(BUNDLE))
    }

    /// Whether the output of an earlier run is what its line says, and its source is what was read.
    ///
    /// # Errors
    /// [`Code::Interrupted`]; what else is wrong means no.
    pub fn is_proven(&self, source: &PlannedSource, observer: &Observer) -> Result<bool> {
        let Some(done) = &source.before else { return Ok(false) };
        if self.is_bag && done.outputs.iter().any(|it| it.sha256.is_none() || it.sha512.is_none()) {
            return Ok(false);
        }
        if done.outputs.is_empty() || !done.outputs.iter().all(|it| self.is_own(source, it)) {
            return Ok(false);
        }
        // Outputs first: one that is missing is known at once.
        for output in &done.outputs {
            if flaw_of(self.root, output, &mut Checked::default(), &observer.part())?.is_some() {
                return Ok(false);
            }
        }
        match digest(&source.path, false, Code::InputRead, observer) {
            Ok(found) => Ok(found.bytes == done.bytes && found.blake3 == done.blake3),
            Err(error) if error.code() == Code::Interrupted => Err(error),
            Err(_) => Ok(false),
        }
    }
}

/// Brings the names in a folder to the disk, where the file system can do that.
pub fn sync_folder(folder: &Path) -> std::io::Result<()> {
    match std::fs::File::open(folder)?.sync_all() {
        Err(error) if error.kind() != std::io::ErrorKind::InvalidInput => Err(error),
        _ => Ok(()),
    }
}
