//! Steps: what happens to batches between parsing and encoding, such as filters, selections and new names.
//!
//! ```text
//! Step        what the user asked for, before any table is known
//!   bind      once for each table and pass: which columns come out, or an error
//! BoundStep   makes a worker for each shard
//! StepWorker  changes the batches of one shard, in the order of their rows, on the thread that parses it
//!   finish    the worker's finding; findings are joined in the order of the file
//! ```
//!
//! Which steps there are, and how files and flags ask for them, is in registry.rs.
//!
//! A step that has to see all rows before it decides on any asks for a survey: a pass that writes nothing, in
//! which its workers gather facts as findings. At its end the step is given them, joined, and decides.
//!
//! A step must not depend on where shards begin or on threads: the same rows give the same rows and findings
//! in all runs. A step may remove rows and never adds any, so that the numbers of a run add up: records =
//! rows + rejected + filtered.

pub mod cases;
pub mod events;
pub mod exclude;
pub mod filter;
mod kept;
pub mod min_k;
pub mod naming;
pub mod path_template;
mod place;
pub mod pseudonymise;
pub mod ranges;
pub mod rare;
pub mod registry;
pub mod sample;
pub mod select;
pub mod time_unit;

use std::any::Any;
use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::datatypes::SchemaRef;

pub use self::place::{RowOrigin, ShardPlace};
use self::ranges::ColumnRange;
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableId, TableSchema};
use crate::model::warning::Warning;
use crate::observer::Observer;

/// An operation on the tables of a run.
///
/// # Examples
/// A step that gives the first column another name:
/// ```
/// # use arrow::array::RecordBatch;
/// use logflow::{BoundStep, Convert, Observer, Result, Step, StepWorker, TableSchema};
///
/// #[derive(Debug)]
/// struct FirstColumn(&'static str);
///
/// impl Step for FirstColumn {
///     fn name(&self) -> &str {
///         "first column"
///     }
///
///     fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
///         let mut output = table.clone();
///         output.columns[0] = output.columns[0].renamed(self.0);
///         let schema = output.arrow();
///         Ok(Some(BoundStep::new(output, move || Renamer(schema.clone())).keeping_rows()))
///     }
/// }
///
/// struct Renamer(arrow::datatypes::SchemaRef);
///
/// impl StepWorker for Renamer {
///     fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
///         Ok(RecordBatch::try_new(self.0.clone(), rows.columns().to_vec())?)
///     }
/// }
///
/// # fn main() -> Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "id,activity\n1,a\n").unwrap();
/// let batches = logflow::read(path).step(FirstColumn("case")).batches()?;
/// assert_eq!(batches.schema().field(0).name(), "case");
/// # Ok(())
/// # }
/// ```
pub trait Step: Send + Sync + Debug {
    /// Name of the step in reports and errors.
    fn name(&self) -> &str;

    /// Prepares the step for one table. `None`: the table passes unchanged.
    ///
    /// Called at least once for each table and pass. Types may be provisional in the first pass; an error
    /// there is final only if it comes again with the types of the whole file.
    ///
    /// # Errors
    /// If the step can't be done on such a table, for example because a column is missing.
    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>>;

    /// Positions of the columns whose values the step looks at; `None`: it may look at all. Where the rows of a
    /// run go nowhere, files of typed values are read for no other columns.
    fn needs(&self, table: &TableSchema) -> Option<Vec<usize>> {
        let _ = table;
        None
    }

    /// Whether values that the step takes away are to be nowhere else: then no message of the run shows values, no
    /// rejected record is kept, and no row is written anywhere before the step has changed it.
    fn is_confidential(&self) -> bool {
        false
    }

    /// Hides values in the description of an input, as the metadata of an output have it. Gives the warnings about it.
    fn hide_in_head(&self, head: &mut serde_json::Value) -> Vec<Warning> {
        let _ = head;
        Vec::new()
    }

    /// What a careful reader would want to know of the settings of the step.
    fn warnings(&self) -> Vec<Warning> {
        Vec::new()
    }

    /// Ranges that values of a row must all be in for the step to keep it. `None`: the step does something beside
    /// removing rows one by one, or passing them as they are, so it must see all rows.
    fn ranges(&self, table: &TableSchema) -> Option<Vec<ColumnRange>> {
        let _ = table;
        None
    }

    /// Whether the step has to see all rows before it decides on any, and has not seen them. Then a pass over the
    /// inputs writes nothing, and no step behind this one sees its rows. If types change in that pass, another
    /// one follows.
    fn surveys(&self) -> bool {
        false
    }

    /// Whether the survey tells rows by their [places](ShardPlace), which must be the same in the pass after it.
    fn surveys_places(&self) -> bool {
        false
    }

    /// The step as it is before its survey, for another run; `None` if it is the same in all runs.
    fn renewed(&self) -> Option<Arc<dyn Step>> {
        None
    }

    /// All rows have passed with types that are final: from now on the step decides. `found` has the joined
    /// finding of each table that the step was bound to and whose workers found something. `observer` may stop the run.
    ///
    /// # Errors
    /// An error ends the run.
    fn end_survey(&self, found: Vec<(TableId, Box<dyn Finding>)>, observer: &Observer) -> Result<()> {
        let _ = (found, observer);
        Ok(())
    }
}

/// A step that is bound to a table.
///
/// # Examples
/// ```
/// # use arrow::array::RecordBatch;
/// use logflow::{BoundStep, StepWorker, TableSchema};
///
/// /// Removes all rows.
/// struct Nothing;
///
/// impl StepWorker for Nothing {
///     fn batch(&mut self, rows: RecordBatch) -> logflow::Result<RecordBatch> {
///         Ok(rows.slice(0, 0))
///     }
/// }
///
/// let table = TableSchema::new(None, Vec::new());
/// assert!(!BoundStep::new(table, || Nothing).keeps_rows);
/// ```
#[non_exhaustive]
pub struct BoundStep {
    /// Schema of the batches that come out.
    pub output: TableSchema,
    /// Whether every row that comes in goes out again.
    pub keeps_rows: bool,
    /// Makes the worker for one shard.
    pub start: Box<dyn Fn() -> Box<dyn StepWorker> + Send + Sync>,
}

impl BoundStep {
    /// A step that puts out batches of this schema and may remove rows. `start` makes the worker for one
    /// shard.
    pub fn new<W: StepWorker + 'static>(
        output: TableSchema,
        start: impl Fn() -> W + Send + Sync + 'static,
    ) -> Self {
        Self { output, keeps_rows: false, start: Box::new(move || Box::new(start())) }
    }

    /// The same step, which promises that every row that comes in goes out again: then it needs no count of
    /// removed rows.
    #[must_use]
    pub fn keeping_rows(self) -> Self {
        Self { keeps_rows: true, ..self }
    }
}

/// A bound step at work on the batches of one shard.
///
/// # Examples
/// A worker that keeps rows whose second column has a value:
/// ```
/// use arrow::array::RecordBatch;
/// use logflow::{Result, StepWorker};
///
/// struct WithActivity;
///
/// impl StepWorker for WithActivity {
///     fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
///         let kept = arrow::compute::is_not_null(rows.column(1))?;
///         Ok(arrow::compute::filter_record_batch(&rows, &kept)?)
///     }
/// }
/// # let rows = RecordBatch::try_from_iter([
/// #     ("case", std::sync::Arc::new(arrow::array::Int64Array::from(vec![1, 2])) as arrow::array::ArrayRef),
/// #     ("activity", std::sync::Arc::new(arrow::array::StringArray::from(vec![Some("a"), None]))),
/// # ])
/// # .unwrap();
///
/// assert_eq!(rows.num_rows(), 2);
/// assert_eq!(WithActivity.batch(rows)?.num_rows(), 1);
/// # Ok::<(), logflow::Error>(())
/// ```
pub trait StepWorker: Send {
    /// Changes a batch. What comes out has the schema that [`Step::bind`] promised and no more rows than came
    /// in.
    ///
    /// # Errors
    /// An error ends the run.
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch>;

    /// Before the first batch: where the rows of the worker begin.
    fn begins(&mut self, place: ShardPlace) {
        let _ = place;
    }

    /// So many rows were not read, because their values are outside the step's [ranges](Step::ranges).
    fn unread(&mut self, rows: u64) {
        let _ = rows;
    }

    /// Whether the worker wants to be told where the rows come from.
    fn needs_origins(&self) -> bool {
        false
    }

    /// Where the rows of the next batch come from. It is not called if rows were removed by a step that does not tell
    /// which.
    fn origins(&mut self, rows: &[RowOrigin]) {
        let _ = rows;
    }

    /// Which rows of the last batch went out, if some did not and the step tells.
    fn kept(&self) -> Option<&BooleanArray> {
        None
    }

    /// The worker's finding about its rows; `None` if there is nothing to report.
    ///
    /// # Errors
    /// An error ends the run.
    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        Ok(None)
    }
}

/// A fact that a step found out about the rows that passed it.
///
/// # Examples
/// ```
/// use std::any::Any;
///
/// use logflow::{Finding, Result};
///
/// #[derive(Debug)]
/// struct Rows(u64);
///
/// impl Finding for Rows {
///     fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
///         let later: Box<dyn Any> = later;
///         self.0 += later.downcast::<Self>().map_or(0, |rows| rows.0);
///         Ok(())
///     }
///
///     fn to_json(&self) -> serde_json::Value {
///         self.0.into()
///     }
/// }
///
/// let mut rows = Rows(2);
/// rows.join(Box::new(Rows(3)))?;
/// assert_eq!(rows.to_json(), 5);
/// # Ok::<(), logflow::Error>(())
/// ```
pub trait Finding: Any + Send + Debug {
    /// Adds what was found in rows that follow in the file.
    ///
    /// # Errors
    /// If `later` is of another step.
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()>;

    /// Before the finding is joined: the first record of its rows has this number among all records of the inputs,
    /// from 0, malformed records counted. Called again if more inputs come before these.
    fn begins_at(&mut self, record: u64) {
        let _ = record;
    }

    /// All rows of the run were read, with types that are final: the finding is worked out.
    ///
    /// # Errors
    /// An error ends the run.
    fn conclude(&mut self) -> Result<()> {
        Ok(())
    }

    /// The finding as reports and the metadata of outputs show it.
    fn to_json(&self) -> serde_json::Value;

    /// What a careful reader would want to know of the rows.
    fn warnings(&self) -> Vec<Warning> {
        Vec::new()
    }

    /// What reports show beside that, and metadata does not.
    fn details(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

/// The steps of a run, in order.
#[derive(Debug, Clone, Default)]
pub struct Steps(pub Vec<Arc<dyn Step>>);

impl Steps {
    /// Whether values are to stay secret: see [`Step::is_confidential`].
    pub fn is_confidential(&self) -> bool {
        self.0.iter().any(|step| step.is_confidential())
    }

    /// Positions of the columns whose values the steps look at; `None` if one of them may look at all.
    pub fn needs(&self, table: &TableSchema) -> Option<Vec<usize>> {
        let needs: Option<Vec<Vec<usize>>> = self.0.iter().map(|step| step.needs(table)).collect();
        needs.map(|needs| needs.concat())
    }

    /// Of the first step that removes rows its place among those that change the table, and ranges of columns of
    /// `table` beyond which it does so; `None` if it tells none, or if a step before it must see all rows.
    pub fn ranges(&self, mut table: TableSchema) -> Option<(usize, Vec<ColumnRange>)> {
        let mut place = 0;
        for step in &self.0 {
            let ranges = step.ranges(&table)?;
            if !ranges.is_empty() {
                let of_source =
                    |it: ColumnRange| Some(ColumnRange { column: table.columns[it.column].source?, ..it });
                return Some((place, ranges.into_iter().map(of_source).collect::<Option<_>>()?));
            }
            if let Some(bound) = step.bind(&table).ok()? {
                if !bound.keeps_rows {
                    return None;
                }
                place += 1;
                table = bound.output;
            }
        }
        None
    }

    /// Binds the steps one after the other, each to what the step before it puts out.
    ///
    /// # Errors
    /// What the steps refuse; [`Code::Usage`] if a step gives two columns one name or leaves no column.
    pub fn bind(&self, table: TableSchema) -> Result<Chain> {
        let is_confidential = self.is_confidential();
        let mut chain =
            Chain { input: table.arrow(), output: table, steps: Vec::new(), survey: None, is_confidential };
        for step in &self.0 {
            let Some(bound) = step.bind(&chain.output)? else { continue };
            let refuse = |what: String| {
                Err(Error::new(Code::Usage, what)
                    .help(format!("change or leave out the step {:?}", step.name())))
            };
            if let Some(name) = bound.output.duplicate_name() {
                return refuse(format!("the step {:?} gives two columns the name {name:?}", step.name()));
            }
            if bound.output.columns.is_empty() {
                return refuse(format!("the step {:?} leaves no column", step.name()));
            }
            let BoundStep { output, keeps_rows, start } = bound;
            let link = Link { name: step.name().into(), schema: output.arrow(), keeps_rows, start };
            if chain.survey.is_none() && step.surveys() {
                chain.survey = Some((chain.steps.len(), Arc::clone(step)));
            }
            chain.steps.push(link);
            chain.output = output;
        }
        Ok(chain)
    }
}

/// The steps of one table, bound to it.
pub struct Chain {
    /// The schema of the batches that come in.
    pub input: SchemaRef,
    /// Schema of the batches that come out.
    pub output: TableSchema,
    steps: Vec<Link>,
    /// Whether one of the steps that were bound is confidential.
    is_confidential: bool,
    /// The first step that has to see all rows before it decides, and its place among the steps.
    survey: Option<(usize, Arc<dyn Step>)>,
}

/// Ends the survey of the first step that asked for one: it is given what was found in all tables.
///
/// # Errors
/// What the step fails with.
pub fn end_survey(chains: &[Chain], done: &mut [ChainDone], observer: &Observer) -> Result<()> {
    let Some(step) = chains.iter().find_map(Chain::survey) else { return Ok(()) };
    let mut found = Vec::new();
    for (chain, done) in chains.iter().zip(done) {
        if let Some((at, _)) = chain.survey.as_ref().filter(|(_, it)| Arc::ptr_eq(it, step))
            && let Some(finding) = done.findings.get_mut(*at).and_then(Option::take)
        {
            found.push((chain.output.table, finding));
        }
    }
    step.end_survey(found, observer)
}

/// One step of a chain.
struct Link {
    name: Arc<str>,
    /// Schema of the batches that come out of the step.
    schema: SchemaRef,
    keeps_rows: bool,
    start: Box<dyn Fn() -> Box<dyn StepWorker> + Send + Sync>,
}

impl Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.steps.iter().map(|link| &*link.name).collect();
        f.debug_struct("Chain").field("steps", &names).field("output", &self.output).finish()
    }
}

impl Chain {
    /// For each step that changes the table, its name and the schema of the batches that come out of it.
    pub fn stages(&self) -> impl Iterator<Item = (&str, &SchemaRef)> {
        self.steps.iter().map(|link| (&*link.name, &link.schema))
    }

    /// Whether batches pass as they are.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether values are to stay secret, and the steps that take them away are bound.
    pub fn is_confidential(&self) -> bool {
        self.is_confidential
    }

    /// Whether every row that comes in goes out again.
    pub fn keeps_rows(&self) -> bool {
        self.steps.iter().all(|link| link.keeps_rows)
    }

    /// The step that has to see all rows before it decides on any, if there is one.
    pub fn survey(&self) -> Option<&Arc<dyn Step>> {
        self.survey.as_ref().map(|(_, step)| step)
    }

    /// Workers for the shard that begins there; `None` if batches pass as they are.
    pub fn start(&self, place: ShardPlace) -> Option<ChainWorker<'_>> {
        let started = |link: &Link| {
            let mut worker = (link.start)();
            worker.begins(place);
            worker
        };
        let workers = self.steps.iter().map(started).collect();
        (!self.is_empty()).then(|| ChainWorker { chain: self, workers, done: ChainDone::new(self) })
    }
}

/// The steps of one table at work on the batches of one shard.
pub struct ChainWorker<'c> {
    chain: &'c Chain,
    workers: Vec<Box<dyn StepWorker>>,
    done: ChainDone,
}

impl ChainWorker<'_> {
    /// Whether a step wants to be told where the rows of a batch come from.
    pub fn needs_origins(&self) -> bool {
        self.workers.iter().any(|worker| worker.needs_origins())
    }

    /// So many rows were not read, because the step at this place would remove them.
    pub fn unread(&mut self, place: usize, rows: u64) {
        if let (Some(worker), Some(filtered)) =
            (self.workers.get_mut(place), self.done.filtered.get_mut(place))
        {
            worker.unread(rows);
            *filtered += rows;
        }
    }

    /// Passes a batch through all steps. `origins` says where its rows come from.
    ///
    /// # Errors
    /// What a step fails with; [`Code::Internal`] if what comes out of it is not what it promised.
    pub fn batch(&mut self, mut rows: RecordBatch, origins: Option<&[RowOrigin]>) -> Result<RecordBatch> {
        let mut origins = origins.map(Cow::Borrowed);
        for ((worker, link), filtered) in
            self.workers.iter_mut().zip(&self.chain.steps).zip(&mut self.done.filtered)
        {
            let before = rows.num_rows();
            if let Some(origins) = &origins {
                worker.origins(origins);
            }
            rows = worker.batch(rows)?;
            let broken = |what: &str| {
                Err(Error::new(Code::Internal, format!("the step {:?} put out {what}", link.name)))
            };
            if rows.num_rows() > before {
                return broken("more rows than it was given");
            }
            if link.keeps_rows && rows.num_rows() < before {
                return broken("fewer rows although it promised to keep all");
            }
            if rows.schema_ref() != &link.schema {
                return broken("other columns than it promised");
            }
            *filtered += (before - rows.num_rows()) as u64;
            if rows.num_rows() < before {
                let kept = worker.kept().filter(|kept| kept.true_count() == rows.num_rows());
                origins = origins.zip(kept).map(|(origins, kept)| Cow::Owned(kept_origins(&origins, kept)));
            }
        }
        for (nulls, column) in self.done.nulls.iter_mut().zip(rows.columns()) {
            *nulls += column.logical_null_count() as u64;
        }
        Ok(rows)
    }

    /// The results of the steps on this shard.
    ///
    /// # Errors
    /// What a step fails with.
    pub fn finish(mut self) -> Result<ChainDone> {
        for (worker, found) in self.workers.into_iter().zip(&mut self.done.findings) {
            *found = worker.finish()?;
        }
        Ok(self.done)
    }
}

/// The origins of the rows that a step kept.
fn kept_origins(origins: &[RowOrigin], kept: &BooleanArray) -> Vec<RowOrigin> {
    let is_kept = |(at, _): &(usize, &RowOrigin)| *at < kept.len() && kept.is_valid(*at) && kept.value(*at);
    origins.iter().enumerate().filter(is_kept).map(|(_, origin)| *origin).collect()
}

/// The results of the steps of one table, on one shard or on all shards.
#[derive(Debug, Default)]
pub struct ChainDone {
    /// For each step that changes the table, its name.
    pub names: Vec<Arc<str>>,
    /// For each step, the rows that it removed.
    pub filtered: Vec<u64>,
    /// For each step, its finding.
    pub findings: Vec<Option<Box<dyn Finding>>>,
    /// For each column that came out, its number of nulls.
    pub nulls: Vec<u64>,
}

impl ChainDone {
    fn new(chain: &Chain) -> Self {
        let steps = chain.steps.len();
        Self {
            names: chain.steps.iter().map(|link| Arc::clone(&link.name)).collect(),
            filtered: vec![0; steps],
            findings: (0..steps).map(|_| None).collect(),
            nulls: vec![0; chain.output.columns.len()],
        }
    }

    /// Tells the findings the number of the first record of their rows among all records.
    pub fn begins_at(&mut self, record: u64) {
        self.findings.iter_mut().flatten().for_each(|finding| finding.begins_at(record));
    }

    /// Rows that all steps together removed.
    pub fn removed(&self) -> u64 {
        self.filtered.iter().sum()
    }

    /// Adds the results of the same steps on rows that follow in the file.
    ///
    /// # Errors
    /// If two findings don't join.
    pub fn join(&mut self, later: Self) -> Result<()> {
        if self.names.is_empty() {
            *self = later;
            return Ok(());
        }
        for (sum, more) in self.filtered.iter_mut().zip(later.filtered) {
            *sum += more;
        }
        for (sum, more) in self.nulls.iter_mut().zip(later.nulls) {
            *sum += more;
        }
        for (found, later) in self.findings.iter_mut().zip(later.findings) {
            match (found.as_mut(), later) {
                (Some(found), Some(later)) => found.join(later)?,
                (None, Some(later)) => *found = Some(later),
                (_, None) => {}
            }
        }
        Ok(())
    }
}
