//! Where ordered results go: row groups to the table, bad rows to the rejects file or into an error.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use serde::Serialize;

use crate::convert::gatherer::Gatherer;
use crate::encode::gather::GatheredRows;
use crate::encode::output::{OutputFile, Replace, check_place};
use crate::encode::parquet::TableWriter;
use crate::encode::row_group::EncodedRowGroup;
use crate::error::{Code, Error, Position, Result};
use crate::model::table::BadRow;
use crate::options::{BadRowLimit, OnBadRow};
use crate::shard::board::ShardId;
use crate::shard::merge::{Outlet, PartDone};
use crate::source::input::Ready;
use crate::source::sqlite::Places;
use crate::text::padding::NOTHING_BEHIND;

/// The rejects file of an output: beside it, `.rejects.jsonl` behind its name.
pub fn rejects_path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".rejects.jsonl");
    name.into()
}

/// Rejected rows, one JSON object a line. The file comes to be with the first of them.
pub struct Rejects {
    path: PathBuf,
    replace: Replace,
    file: Option<(Arc<OutputFile>, BufWriter<File>)>,
    count: u64,
}

impl Rejects {
    /// For `output`. Whether the file may be written is asked now, not after hours.
    pub fn new(output: &Path, replace: Replace) -> Result<Self> {
        let path = rejects_path(output);
        check_place(&path, replace)?;
        Ok(Self { path, replace, file: None, count: 0 })
    }

    fn write(&mut self, line: &Line<'_>) -> Result<()> {
        let failed = |path: &Path, error: &std::io::Error| Error::io(Code::OutputWrite, path, error);
        if self.file.is_none() {
            let output = OutputFile::create(&self.path, self.replace)?;
            let writer = output.file().try_clone().map_err(|error| failed(&self.path, &error))?;
            self.file = Some((Arc::new(output), BufWriter::with_capacity(256 << 10, writer)));
        }
        if let Some((_, writer)) = &mut self.file {
            self.count += 1;
            let written = serde_json::to_writer(&mut *writer, line).map_err(std::io::Error::from);
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

    /// Makes the file appear, if there is one, and takes away one of an earlier run, which would be read as this one's.
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

/// What the merger writes to during a pass.
pub struct Sorted<'a, 'c> {
    /// The inputs, by number of part.
    pub inputs: &'a [Ready],
    /// The number of the first of this run's parts.
    pub first_part: usize,
    /// The tables' files; none if nothing is to be written.
    pub tables: &'a mut [TableWriter],
    /// Takes rows that are too few for a row group, where there may be such.
    pub gatherer: Option<Gatherer<'c>>,
    /// What bad rows do.
    pub on_bad_row: OnBadRow,
    /// Tells where they stand, if the input is a database.
    pub places: Option<Places<'a>>,
    /// Where they go; `None` if they are only counted.
    pub rejects: Option<&'a mut Rejects>,
    /// How many there were in this pass.
    pub bad: &'a mut u64,
    /// Set once a value did not fit: what is written from then on is of no use.
    pub widening: &'a std::sync::atomic::AtomicBool,
    /// Time spent writing.
    pub written: &'a mut Duration,
    /// Whether a bad row was one too many.
    pub refused: bool,
    /// What was seen of the parts when that ended the pass.
    pub ended: &'a mut Option<Vec<PartDone>>,
}

impl Sorted<'_, '_> {
    /// Writes what was gathered, once all parts are through.
    pub fn finish(&mut self) -> Result<()> {
        let widened = self.widening.load(std::sync::atomic::Ordering::Relaxed);
        match self.gatherer.take() {
            Some(gatherer) if !widened => gatherer.finish(self.tables),
            _ => Ok(()),
        }
    }
}

impl Outlet for Sorted<'_, '_> {
    fn row_group(&mut self, table: usize, group: EncodedRowGroup) -> Result<()> {
        if self.widening.load(std::sync::atomic::Ordering::Relaxed) {
            return Ok(());
        }
        let start = Instant::now();
        match &mut self.gatherer {
            Some(gatherer) => gatherer.add_group(table, group, self.tables)?,
            None if let Some(writer) = self.tables.get_mut(table) => writer.append(group)?,
            None => {}
        }
        *self.written += start.elapsed();
        Ok(())
    }

    fn few_rows(&mut self, table: usize, rows: GatheredRows) -> Result<()> {
        if self.widening.load(std::sync::atomic::Ordering::Relaxed) {
            return Ok(());
        }
        let start = Instant::now();
        match &mut self.gatherer {
            Some(gatherer) => gatherer.add(table, rows, self.tables)?,
            None => return Err(Error::new(Code::Internal, "nobody gathers rows")),
        }
        *self.written += start.elapsed();
        Ok(())
    }

    fn shard(&mut self, shard: ShardId) {
        if let Some(places) = &mut self.places {
            places.begin(shard.0);
        }
    }

    fn bad_row(&mut self, part: usize, row: u64, bad: &BadRow, raw: &[u8]) -> Result<()> {
        let input = &self.inputs[self.first_part + part];
        let column = bad.column.map(|column| input.names[column].clone());
        *self.bad += 1;
        let mut place = || Place::of(row, bad, self.places.as_mut());
        match self.on_bad_row {
            OnBadRow::Fail => {
                self.refused = true;
                Err(error_of(input, place()?, bad, column))
            }
            OnBadRow::Reject(limit) => {
                if let BadRowLimit::Rows(most) = limit
                    && *self.bad > most
                {
                    self.refused = true;
                    return Err(too_many(format!("expected at most {most}, found one more"))
                        .at(place()?.position(input, column)));
                }
                match &mut self.rejects {
                    Some(rejects) => {
                        let file =
                            input.path().map_or_else(|| "<stdin>".into(), |path| path.to_string_lossy());
                        let text = std::str::from_utf8(raw).ok();
                        let place = place()?;
                        rejects.write(&Line {
                            file: &file,
                            byte: place.bytes.map(|(start, _)| start),
                            table: place.table,
                            row: place.row,
                            code: bad.code.number(),
                            title: bad.code.title(),
                            what: &bad.what,
                            at: place.bytes.map(|(_, at)| at),
                            column: column.as_deref(),
                            text,
                            base64: text
                                .is_none()
                                .then(|| base64::engine::general_purpose::STANDARD.encode(raw)),
                        })
                    }
                    None => Ok(()),
                }
            }
        }
    }
    fn ended(&mut self, parts: &[PartDone]) {
        if self.refused {
            *self.ended = Some(parts.to_vec());
        }
    }
}

/// The error for a run that has rejected more than was allowed.
pub fn too_many(what: String) -> Error {
    Error::new(Code::TooManyBadRows, what)
        .help("look at the first of them with --on-bad-row fail, or raise --max-bad-rows")
}

/// Where a bad row stands.
struct Place<'d> {
    /// Where it begins and where the fault lies. Rows of a database stand at no byte of its file.
    bytes: Option<(u64, u64)>,
    table: Option<&'d str>,
    row: Option<i64>,
}

impl<'d> Place<'d> {
    /// That of the input's record with this number, unless it is a row of a table.
    fn of(record: u64, bad: &BadRow, places: Option<&mut Places<'d>>) -> Result<Self> {
        match places {
            Some(places) => {
                let (table, row) = places.of(bad.record)?;
                Ok(Self { bytes: None, table: Some(table), row })
            }
            None => {
                Ok(Self { bytes: Some((bad.start, bad.at)), table: None, row: i64::try_from(record).ok() })
            }
        }
    }

    fn position(&self, input: &Ready, column: Option<String>) -> Position {
        let (file, byte) = (input.path().map(Into::into), self.bytes.map(|(_, at)| at));
        Position { file, byte, line: None, table: self.table.map(str::to_owned), row: self.row, column }
    }
}

fn error_of(input: &Ready, place: Place<'_>, bad: &BadRow, column: Option<String>) -> Error {
    let help = match bad.code {
        Code::NotText => "give the file's encoding, such as --encoding windows-1252, or --on-bad-row reject",
        Code::LocalTime => "decide with --timezone-fold earlier or later, or --on-bad-row reject",
        Code::Xml | Code::Json if bad.what.starts_with(NOTHING_BEHIND) => {
            "take what follows off, or put it into a file of its own if it is another log; --on-bad-row reject sets it aside"
        }
        Code::Misfit if !input.format.is_object_centric() => {
            "declare the column as string, or set such rows aside with --on-bad-row reject"
        }
        code => input.format.help(code),
    };
    Error::new(bad.code, bad.what.clone()).at(place.position(input, column)).help(help)
}

/// One line of the rejects file. Written field by field: a tree of values in between would take as long as the parse.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    byte: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<i64>,
    code: &'a str,
    title: &'a str,
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}
