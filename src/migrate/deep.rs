//! Values of outputs held against those of their sources, which are read again with the options of the journal.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, RecordBatch};
use arrow::compute::cast;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::finding::VerifyFinding;
use super::journal::{DoneEntry, ReadJournal, RunEntry};
use super::names::path_of;
use super::plan::{BUNDLE, PAYLOAD, TABLE};
use super::proof::{digest, is_parquet};
use crate::convert::Convert;
use crate::error::{Code, Error, Result};
use crate::jobs::job::{unflattened, within_keys};
use crate::mmap::Input;
use crate::model::catalog::TableSchema;
use crate::observer::Observer;
use crate::options::document::Node;
use crate::options::{RunOptions, Spelling};
use crate::pipeline::Pipeline;
use crate::pipeline::plan::{GivenOptions, PipelinePlan};
use crate::source::mxml::as_xes;
use crate::target::each_batch::EachBatch;

/// Rows that are compared at a time.
const ROWS: usize = 8192;

/// What is needed to read sources again.
pub struct DeepCheck<'d> {
    root: &'d Path,
    /// The plan of each hash of options.
    plans: HashMap<String, PipelinePlan>,
    /// The folder of sources.
    place: PathBuf,
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Compared {
    /// Values that are equal.
    pub values: u64,
    /// Bytes of the source.
    pub bytes: u64,
    /// Values and rows that differ from those of the sources.
    pub findings: Vec<VerifyFinding>,
}

impl Compared {
    /// A comparison that an error ended.
    pub fn failed(source: &str, error: Error) -> Self {
        let error = error.spelled(Spelling::FLAGS);
        let (kind, what) = match error.code() {
            Code::Unproven => ("values", error.what().to_owned()),
            code => ("source", format!("{code}: {}", error.what())),
        };
        Self { findings: vec![VerifyFinding::new(kind, source, what)], ..Self::default() }
    }
}

impl<'d> DeepCheck<'d> {
    /// Gets ready to read the sources of these journals; `place` is their folder, unless the journals tell.
    ///
    /// # Errors
    /// [`Code::Journal`] if the options are not in the journals, or the folder is not there.
    pub fn new(
        root: &'d Path,
        journals: &[ReadJournal],
        place: Option<&Path>,
        run: &RunOptions,
    ) -> Result<Self> {
        let mut plans = HashMap::new();
        let runs: Vec<&RunEntry> = journals.iter().flat_map(|it| &it.runs).collect();
        for it in &runs {
            if !plans.contains_key(&it.options) {
                let plan = plan_of(&it.pipeline, run).map_err(|error| error.in_file(root))?;
                if options_hash(&it.pipeline, &schema_of(&it.pipeline)?)? != it.options {
                    let what = "the schema file of the migration is not what it was";
                    return Err(Error::new(Code::Journal, what)
                        .in_file(root)
                        .help("restore the schema file"));
                }
                plans.insert(it.options.clone(), plan);
            }
        }
        let told = runs.iter().max_by_key(|it| it.at).and_then(|it| path_of(it.source.strip_prefix('/')?));
        let place = place.map(Path::to_owned).or_else(|| told.map(|it| Path::new("/").join(it)));
        let missing = || Error::new(Code::Journal, "the journals do not tell where the sources are");
        let place = place.ok_or_else(missing)?;
        if !place.is_dir() {
            let what = "the folder of the sources is not there";
            return Err(Error::new(Code::InputMissing, what)
                .in_file(&place)
                .help("give ⟦source⟧ and the folder in which the sources are now"));
        }
        Ok(Self { root, plans, place })
    }

    /// Compares the values of a source with those of its outputs.
    ///
    /// # Errors
    /// [`Code::Interrupted`]; what else is wrong is a finding.
    pub fn compare(&self, done: &DoneEntry, run: &RunOptions, observer: &Observer) -> Result<Compared> {
        match self.compared(done, run, observer) {
            Err(error) if error.code() == Code::Interrupted => Err(error),
            Err(error) => Ok(Compared::failed(&done.source, error)),
            compared => compared,
        }
    }

    fn compared(&self, done: &DoneEntry, run: &RunOptions, observer: &Observer) -> Result<Compared> {
        let unknown = |what: &str| Error::new(Code::Journal, what.to_owned());
        let plan = self.plans.get(&done.options).ok_or_else(|| unknown("its options are in no journal"))?;
        let below = path_of(&done.source).ok_or_else(|| unknown("its name leads out of the folder"))?;
        let source = self.place.join(below);
        let mut options = plan.options.clone();
        options.run = run.clone();
        let is_bundle = done.outputs.iter().any(|it| it.path.contains(&format!("{BUNDLE}/")));
        let is_bag = done.outputs.first().is_some_and(|it| it.sha256.is_some());
        let ending = if is_bundle { BUNDLE } else { TABLE };
        let within = if is_bag { PAYLOAD } else { "" };
        let output = self.root.join(within).join(format!("{}{ending}", done.source));
        let found = digest(&source, false, Code::InputRead, &observer.part())?;
        if (found.bytes, &found.blake3) != (done.bytes, &done.blake3) {
            let what = "the source is not what was converted: its BLAKE3 is another";
            return Err(Error::new(Code::InputChanged, what));
        }
        let input = Input::Path(source);
        let inputs = vec![as_xes(&input, &options, observer)?.unwrap_or(input)];
        let (inputs, options, _between) =
            unflattened(inputs, plan.from, Some(&output), false, options, observer, &|| ())?;
        let options = within_keys(&output, &options)?.into_owned();
        let mut tables = Tables { output: &output, is_bundle, open: HashMap::new(), values: 0 };
        let mut target = EachBatch::new(|table: &TableSchema, batch: RecordBatch| tables.take(table, &batch));
        let conversion = Convert::all(inputs).options(options).steps(plan.choice.beside.steps.clone());
        let report = conversion.run(&mut target, observer)?;
        let mut findings = Vec::new();
        for told in done.outputs.iter().filter(|it| is_parquet(&it.path)) {
            let expected = told.rows.unwrap_or_default();
            let rows = tables.rows(&self.root.join(&told.path));
            if rows != expected {
                let what = format!("expected {expected} rows of the source in {}, found {rows}", told.path);
                findings.push(VerifyFinding::new("values", &done.source, what));
            }
        }
        if (report.records, report.rows, report.bad_rows, report.filtered_rows)
            != (done.records, done.rows, done.rejected, done.filtered)
        {
            let what = "records, rows, rejected and filtered rows of the source are not those of the journal";
            findings.push(VerifyFinding::new("values", &done.source, what));
        }
        Ok(Compared { values: tables.values, bytes: done.bytes, findings })
    }
}

/// The pipeline that a journal tells.
fn pipeline_of(text: &str) -> Result<Pipeline> {
    let node = Node::from_toml(text);
    let pipeline = node
        .map_err(|error| error.message)
        .and_then(|node| Pipeline::read(&node).map_err(|(_, error)| error.message));
    pipeline.map_err(|what| Error::new(Code::Journal, format!("its options cannot be read: {what}")))
}

fn plan_of(text: &str, run: &RunOptions) -> Result<PipelinePlan> {
    let mut pipeline = pipeline_of(text)?;
    pipeline.run.threads = Some(run.threads);
    pipeline.run.memory_limit = run.memory_limit;
    pipeline.plan(GivenOptions { spelling: Spelling::FLAGS, ..GivenOptions::default() })
}

/// The file of declared columns, if the options of a journal name one.
fn schema_of(text: &str) -> Result<Option<PathBuf>> {
    Ok(pipeline_of(text)?.source.words.schema)
}

/// The hash of a pipeline file and of the file of declared columns that it names.
///
/// # Errors
/// [`Code::SchemaFile`] if the file can't be read.
pub fn options_hash(pipeline: &str, schema: &Option<PathBuf>) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(pipeline.as_bytes());
    if let Some(path) = schema {
        let bytes = std::fs::read(path).map_err(|error| Error::io(Code::SchemaFile, path, &error))?;
        hasher.update(&[0]).update(&bytes);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// The tables of an output, each read as far as batches of the source have come.
struct Tables<'t> {
    output: &'t Path,
    is_bundle: bool,
    open: HashMap<PathBuf, OpenTable>,
    values: u64,
}

struct OpenTable {
    reader: ParquetRecordBatchReader,
    /// Rows that were read and not compared yet.
    rest: Option<RecordBatch>,
    rows: u64,
}

impl Tables<'_> {
    fn rows(&self, path: &Path) -> u64 {
        self.open.get(path).map_or(0, |it| it.rows)
    }

    /// Compares the next rows of a table.
    fn take(&mut self, table: &TableSchema, expected: &RecordBatch) -> Result<()> {
        let path = match (&table.name, self.is_bundle) {
            (Some(name), true) => self.output.join(&**name),
            _ => self.output.to_owned(),
        };
        if !self.open.contains_key(&path) {
            let failed =
                |what: String| Error::new(Code::Unproven, format!("its output cannot be read: {what}"));
            let file = File::open(&path).map_err(|error| failed(error.to_string()))?;
            let builder =
                ParquetRecordBatchReaderBuilder::try_new(file).map_err(|it| failed(it.to_string()))?;
            let reader = builder.with_batch_size(ROWS).build().map_err(|error| failed(error.to_string()))?;
            self.open.insert(path.clone(), OpenTable { reader, rest: None, rows: 0 });
        }
        let Some(open) = self.open.get_mut(&path) else { return Ok(()) };
        let mut at = 0;
        while at < expected.num_rows() {
            let found = open.next()?;
            let count = found.num_rows().min(expected.num_rows() - at);
            compare(&expected.slice(at, count), &found.slice(0, count), open.rows)?;
            open.rest = (count < found.num_rows()).then(|| found.slice(count, found.num_rows() - count));
            open.rows += count as u64;
            self.values += (count * expected.num_columns()) as u64;
            at += count;
        }
        Ok(())
    }
}

impl OpenTable {
    /// Rows that were not compared yet, at least one.
    fn next(&mut self) -> Result<RecordBatch> {
        if let Some(rest) = self.rest.take() {
            return Ok(rest);
        }
        match self.reader.next() {
            Some(Ok(batch)) => Ok(batch),
            Some(Err(error)) => {
                Err(Error::new(Code::Unproven, format!("its output cannot be read: {error}")))
            }
            None => {
                let what = format!("the output ends after {} rows, and the source has more", self.rows);
                Err(Error::new(Code::Unproven, what))
            }
        }
    }
}

/// Compares as many rows of a source with those of its output, of which `before` came before.
fn compare(expected: &RecordBatch, found: &RecordBatch, before: u64) -> Result<()> {
    let names = |batch: &RecordBatch| -> Vec<String> {
        batch.schema().fields().iter().map(|it| it.name().clone()).collect()
    };
    if names(expected) != names(found) {
        let what = format!("expected the columns {:?}, found {:?}", names(expected), names(found));
        return Err(Error::new(Code::Unproven, what));
    }
    for ((left, right), name) in expected.columns().iter().zip(found.columns()).zip(names(found)) {
        // A file has no dictionaries, and other units of time.
        let is_equal = cast(left, right.data_type()).is_ok_and(|left| *left == **right);
        if is_equal {
            continue;
        }
        if let Some((row, left, right)) = different(left, right) {
            let row = before + row as u64 + 1;
            let what = format!("row {row}, column {name:?}: the source has {left}, and the output {right}");
            return Err(Error::new(Code::Unproven, what));
        }
    }
    Ok(())
}

/// The first row in which two columns differ as text: nested values may have other names for their parts.
fn different(left: &dyn Array, right: &dyn Array) -> Option<(usize, String, String)> {
    let options = FormatOptions::default().with_null("null");
    let of = |array| ArrayFormatter::try_new(array, &options);
    let (Ok(left_text), Ok(right_text)) = (of(left), of(right)) else {
        return Some((0, left.data_type().to_string(), right.data_type().to_string()));
    };
    (0..left.len()).find_map(|row| {
        let texts = (left_text.value(row).to_string(), right_text.value(row).to_string());
        let is_same = left.is_null(row) == right.is_null(row) && texts.0 == texts.1;
        (!is_same).then_some((row, texts.0, texts.1))
    })
}
