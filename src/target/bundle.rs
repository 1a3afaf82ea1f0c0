//! The tables of an object-centric log as a folder of Parquet files with a manifest: the OCEL bundle 1.0.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::encode::output::{OutputFile, Replace};
use crate::encode::output_folder::{OutputFolder, check_folder};
use crate::encode::page_store::Spill;
use crate::encode::parquet::TableWriter;
use crate::encode::row_group::EncodedRowGroup;
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableId;
use crate::model::ocel::META;
use crate::options::Options;
use crate::report::{Report, TableReport};
use crate::shard::each::each;
use crate::target::manifest::checksum;
use crate::target::{OutputPlace, Summary, Target, TargetTable, Wants};

/// Tables beyond which a system may not let them all be open at once.
const MANY: usize = 200;

/// A folder of Parquet files, one for each table of an object-centric log, with a manifest.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.json");
/// # let log = r#"{"eventTypes":[{"name":"pay","attributes":[]}],"objectTypes":[{"name":"order","attributes":[]}],
/// # "objects":[{"id":"o1","type":"order"}],
/// # "events":[{"id":"e1","type":"pay","time":"2024-01-01T00:00:00Z","relationships":[]}]}"#;
/// # std::fs::write(&path, log).unwrap();
/// # let output = folder.path().join("log");
/// let mut bundle = logflow::BundleFolder::new(output.as_path());
/// logflow::Convert::new(path).run(&mut bundle, &logflow::Observer::default())?;
/// assert!(output.join("ocel-meta.json").is_file());
/// # Ok(())
/// # }
/// ```
pub struct BundleFolder {
    place: OutputPlace,
    folder: Option<OutputFolder>,
    /// The names of the files, and what writes them, in the order of the tables.
    files: Vec<String>,
    writers: Vec<TableWriter>,
}

impl BundleFolder {
    /// A folder at this place.
    pub fn new(place: impl Into<OutputPlace>) -> Self {
        Self { place: place.into(), folder: None, files: Vec::new(), writers: Vec::new() }
    }

    /// Ends the files and puts them in their places, several at once: each has a checksum to be made and a
    /// disk to wait for.
    fn finish_tables(
        &mut self,
        metadata: Vec<Vec<(String, String)>>,
        workers: usize,
    ) -> Result<Vec<TableReport>> {
        let writers = std::mem::take(&mut self.writers);
        let things: Vec<_> = writers.into_iter().zip(metadata).collect();
        // They mostly wait for the disk.
        each((workers * 4).min(16), things, |table, (writer, metadata)| {
            let file = self.files[table].clone();
            let (rows, row_groups) = (writer.rows(), writer.row_groups());
            let finished = writer.finish(metadata)?;
            let blake3 = checksum(finished.file()).map_err(|error| error.in_file(&self.place.path))?;
            let bytes = finished.bytes()?;
            finished.commit_unsynced()?;
            Ok(TableReport { file, rows, row_groups, bytes, blake3 })
        })
    }
}

impl Target for BundleFolder {
    fn check(&self, _: &Options) -> Result<()> {
        check_folder(&self.place.path, self.place.replace, META)
    }

    fn takes_several_tables(&self) -> bool {
        true
    }

    fn has_timestamp_units(&self) -> bool {
        true
    }

    fn paths(&self) -> Vec<PathBuf> {
        vec![self.place.path.clone()]
    }

    fn rejects(&self) -> Option<OutputPlace> {
        Some(self.place.clone())
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], options: &Options, spill: &Arc<Spill>) -> Result<Wants> {
        self.abandon();
        let folder = OutputFolder::create(&self.place.path, self.place.replace, META)?;
        let mut factories = Vec::with_capacity(tables.len());
        for (number, table) in tables.iter().enumerate() {
            let Some(file) = table.schema.name.as_deref() else {
                return Err(Error::new(
                    Code::Usage,
                    "expected an object-centric log, found one table without a name",
                )
                .help("write it to a Parquet file"));
            };
            let created = TableWriter::create(
                &folder.place(file)?,
                Replace::Never,
                table.schema.arrow(),
                table.properties(tables.len(), options.write.compression)?,
                Arc::clone(spill),
            );
            let (writer, factory) = created.map_err(|error| match number {
                ..MANY => error,
                _ => error.help("each type has files of its own, all open at once: ulimit -n may allow more"),
            })?;
            self.files.push(file.to_owned());
            self.writers.push(writer);
            factories.push(factory);
        }
        self.folder = Some(folder);
        Ok(Wants::RowGroups(factories))
    }

    fn row_group(&mut self, table: TableId, group: EncodedRowGroup) -> Result<()> {
        match self.writers.get_mut(table.0) {
            Some(writer) => writer.append(group),
            None => Err(Error::new(Code::Internal, "a row group came for a table that there is not")),
        }
    }

    fn finish(&mut self, summary: Summary<'_>) -> Result<()> {
        let report = summary.report;
        report.tables = self.finish_tables(summary.metadata, report.workers)?;
        report.row_groups = report.tables.iter().map(|table| table.row_groups).sum();
        report.output_bytes = report.tables.iter().map(|table| table.bytes).sum();
        let mut manifest = summary.manifest.unwrap_or_default();
        let files = report.tables.iter();
        let files: Map<String, Value> = files
            .map(|it| (it.file.clone(), json!({"rows": it.rows, "bytes": it.bytes, "blake3": it.blake3})))
            .collect();
        manifest["logflow"]["files"] = files.into();
        let text = serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n";
        let Some(folder) = &self.folder else {
            return Err(Error::new(Code::Internal, "a folder was finished before it was begun"));
        };
        let file = OutputFile::create(&folder.place(META)?, Replace::Never)?;
        std::io::Write::write_all(&mut &file, text.as_bytes())
            .map_err(|error| Error::io(Code::OutputWrite, &self.place.path, &error))?;
        file.commit_unsynced()?;
        report.output_bytes += text.len() as u64;
        Ok(())
    }

    fn commit(&mut self, report: &mut Report) -> Result<()> {
        if let Some(folder) = self.folder.take() {
            folder.commit()?;
            report.output = Some(self.place.path.clone());
        }
        Ok(())
    }

    fn abandon(&mut self) {
        // Files first: the folder is removed with what is in it.
        self.writers.clear();
        self.files.clear();
        self.folder = None;
    }
}
