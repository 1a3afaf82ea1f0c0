//! The file of rejected records beside an output, one JSON object a line.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::encode::output::{OutputFile, Replace, check_place};
use crate::error::{Code, Error, Result};
use crate::options::Spelling;
pub use crate::target::rejects_path;

/// Rejected rows, one JSON object a line. The file comes to be with the first of them.
pub struct Rejects {
    path: PathBuf,
    replace: Replace,
    file: Option<(Arc<OutputFile>, BufWriter<File>)>,
    count: u64,
    /// Spelling of options in the reasons.
    spelling: Spelling,
    /// Whether values are to stay secret: then records are told by their places alone.
    hides_values: bool,
}

impl Rejects {
    /// For `output`. Whether the file may be written is asked now, not after hours.
    pub fn new(output: &Path, replace: Replace, spelling: Spelling, hides_values: bool) -> Result<Self> {
        let path = rejects_path(output);
        check_place(&path, replace)?;
        Ok(Self { path, replace, file: None, count: 0, spelling, hides_values })
    }

    pub fn write(&mut self, line: RejectedRecord<'_>) -> Result<()> {
        let line = match self.hides_values {
            true => RejectedRecord { what: line.title, text: None, base64: None, ..line },
            false => line,
        };
        let line = RejectedRecord { what: &self.spelling.write(line.what), ..line };
        let failed = |path: &Path, error: &std::io::Error| Error::io(Code::OutputWrite, path, error);
        if self.file.is_none() {
            let output = OutputFile::create(&self.path, self.replace)?;
            let writer = output.file().try_clone().map_err(|error| failed(&self.path, &error))?;
            self.file = Some((Arc::new(output), BufWriter::with_capacity(256 << 10, writer)));
        }
        if let Some((_, writer)) = &mut self.file {
            self.count += 1;
            let written = serde_json::to_writer(&mut *writer, &line).map_err(std::io::Error::from);
            written.and_then(|()| writer.write_all(b"\n")).map_err(|error| failed(&self.path, &error))?;
        }
        Ok(())
    }

    /// Forgets what was written: another pass begins.
    pub fn restart(&mut self) {
        self.file = None;
        self.count = 0;
    }

    /// Brings what was written to the disk, under the temp file's name.
    pub fn sync(&mut self) -> Result<()> {
        let Some((output, writer)) = &mut self.file else { return Ok(()) };
        let synced = writer.flush().and_then(|()| output.file().sync_all());
        synced.map_err(|error| Error::io(Code::OutputWrite, &self.path, &error))
    }

    /// Makes the file appear, if there is one, and takes away one of an earlier run, which would be read as
    /// this one's.
    pub fn commit(self) -> Result<Option<PathBuf>> {
        let failed = |error: &std::io::Error| Error::io(Code::OutputWrite, &self.path, error);
        let Some((output, writer)) = self.file else {
            if self.replace == Replace::Force
                && let Err(error) = std::fs::remove_file(&self.path)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(failed(&error));
            }
            return Ok(None);
        };
        writer.into_inner().map_err(|error| failed(error.error()))?;
        match Arc::into_inner(output) {
            Some(output) => output.commit().map(|()| Some(self.path)),
            None => Err(Error::new(Code::Internal, "the rejects file is still held")),
        }
    }
}

/// One line of the rejects file. Written field by field: a tree of values in between would take as long as
/// the parse.
#[derive(Serialize)]
pub struct RejectedRecord<'a> {
    /// The input as the user named it.
    pub file: &'a str,
    /// Start of the record, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// The table of a database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<&'a str>,
    /// Number of the record in the input, or of the row in the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<i64>,
    /// The code of the fault.
    pub code: &'a str,
    /// Title of the code.
    pub title: &'a str,
    /// Sentence with what was expected and what was found.
    pub what: &'a str,
    /// Place of the fault, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// The column at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<&'a str>,
    /// The record as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'a str>,
    /// The record in Base64, if it is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}
