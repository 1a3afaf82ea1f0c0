//! Files whose values have types (Parquet, Arrow IPC) to one Parquet file: one pass, for nothing has to be guessed.
//!
//! ```text
//! open the files, join their columns        source/
//! roles, from LogFlow's metadata or names   here
//! pass: tasks -> workers -> ordered merger  shard/tasks.rs
//! metadata, footer, inputs unchanged?, commit
//! ```

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use parquet::arrow::encode_arrow_schema;
use serde_json::{Value, json};

use crate::budget::{Budget, Ration};
use crate::convert::gatherer::{GATHER, Gatherer, Job};
use crate::convert::own_output::refuse_own_output_of;
use crate::convert::run_report::METADATA_VERSION;
use crate::convert::{cases_left_out, idle};
use crate::encode::gather::{self, GatheredRows};
use crate::encode::layout::{ColumnLayout, properties};
use crate::encode::output::check_place;
use crate::encode::page_store::Spill;
use crate::encode::parquet::TableWriter;
use crate::encode::row_group::{EncodedRowGroup, RowGroupFactory};
use crate::error::{Code, Error, Result};
use crate::mmap::{Input, first_bytes};
use crate::model::catalog::{TableColumn, TableId, TableSchema};
use crate::model::roles::{Role, Roles};
use crate::model::table::BadRow;
use crate::model::value::ColumnType;
use crate::observer::Observer;
use crate::options::{OnBadRow, Options, RowGroupSize};
use crate::plan::table::codec;
use crate::plan::table_steps::steps_of;
use crate::report::{
    ColumnReport, InputReport, Report, StepReport, TimingsReport, columns_metadata, roles_metadata,
    source_metadata, steps_metadata,
};
use crate::shard::columns::{ColumnsDone, Pass};
use crate::shard::crew::with_crew;
use crate::shard::each::each;
use crate::shard::merge::{Outlet, PassDone};
use crate::shard::pin::Pins;
use crate::shard::rows::ShardRows;
use crate::shard::tasks::run_tasks;
use crate::source::columns::{column_type, filled, joined, needs_arrow_schema, type_name};
use crate::source::foreign::Claim;
use crate::source::input::named;
use crate::source::partition::with_keys;
use crate::source::typed_input::{LOGFLOW, MOST_OPEN, TypedInput, digest};
use crate::source::{TASK_ROWS, TypedFormat};
use crate::step::select::choose;
use crate::step::{Chain, ChainDone, Steps};
use crate::target::OutputPlace;

/// The key under which the Arrow schema stands in the metadata of a Parquet file.
const ARROW_SCHEMA: &str = "ARROW:schema";

/// The format of typed values that an input is in; `None` for text and databases, and for a file whose name says another format, which is
/// refused as what contradicts its name.
///
/// # Errors
/// If the input can't be opened.
pub fn format_of(input: &Input, observer: &Observer) -> Result<Option<TypedFormat>> {
    if input.path().is_some_and(Path::is_dir) {
        return Ok(None);
    }
    let claim = Claim::of(input);
    let found = TypedFormat::of(&first_bytes(input, observer)?);
    Ok(found.filter(|format| match claim.format {
        None => claim.packed.is_none(),
        Some(named) => named == "Parquet" && *format == TypedFormat::Parquet,
    }))
}

/// Whether the first of the inputs has typed values, which all must have then. `--from` overrules.
///
/// # Errors
/// If it can't be opened.
pub fn are_typed(inputs: &[Input], options: &Options, observer: &Observer) -> Result<bool> {
    match inputs.first() {
        Some(first) if options.read.from.is_none() => Ok(format_of(first, observer)?.is_some()),
        _ => Ok(false),
    }
}

/// The size and the BLAKE3 of each file.
type Digests = Vec<(u64, String)>;

/// Writes row groups in the order of the files and their rows.
struct Ordered<'w, 'c> {
    writer: &'w mut TableWriter,
    gatherer: Gatherer<'c>,
    written: Duration,
}

impl Outlet for Ordered<'_, '_> {
    fn row_group(&mut self, table: usize, group: EncodedRowGroup) -> Result<()> {
        let start = Instant::now();
        self.gatherer.add_group(table, group, std::slice::from_mut(self.writer))?;
        self.written += start.elapsed();
        Ok(())
    }

    fn few_rows(&mut self, table: usize, rows: GatheredRows) -> Result<()> {
        let start = Instant::now();
        self.gatherer.add(table, rows, std::slice::from_mut(self.writer))?;
        self.written += start.elapsed();
        Ok(())
    }

    fn bad_row(&mut self, _: usize, _: u64, bad: &BadRow, _: &[u8]) -> Result<()> {
        Err(Error::new(bad.code, bad.what.clone()))
    }
}

/// The files of a run and the table that they make.
struct TypedTable<'r> {
    inputs: Vec<TypedInput>,
    /// The columns that are read, those that only the condition looks at behind the others.
    columns: Vec<Field>,
    /// For each file and column that is read, which column of the file it is.
    from: Vec<Vec<Option<usize>>>,
    /// For each column that is read, its nulls; counted where no step counts them.
    nulls: Vec<AtomicU64>,
    chain: Chain,
    options: &'r Options,
    observer: &'r Observer,
    budget: Budget,
}

/// Converts files of typed values to one Parquet file.
///
/// # Errors
/// What is wrong with inputs, options or output. Then no output has appeared, and an old one is as it was.
pub fn convert(
    steps: &Steps,
    inputs: &[Input],
    target: &OutputPlace,
    options: &Options,
    observer: &Observer,
) -> Result<Report> {
    let start = Instant::now();
    check_place(&target.path, target.replace)?;
    let table = TypedTable::plan(steps, inputs, options, observer)?;
    refuse_own_output_of(table.inputs.iter().map(|input| (input.identity, input.input.path())), target)?;
    table.write(target, start)
}

/// What the table of files of typed values looks like; without a look at their rows.
///
/// # Errors
/// As [`convert`].
pub fn preview(inputs: &[Input], options: &Options, observer: &Observer) -> Result<Report> {
    let start = Instant::now();
    let table = TypedTable::plan(&Steps::default(), inputs, options, observer)?;
    Ok(table.report(None, start))
}

/// What the table of files of typed values looks like, with its rows and nulls counted.
///
/// # Errors
/// As [`convert`].
pub fn survey(inputs: &[Input], options: &Options, observer: &Observer) -> Result<Report> {
    let start = Instant::now();
    let table = TypedTable::plan(&Steps::default(), inputs, options, observer)?;
    let tasks: Vec<(usize, usize)> = table.tasks();
    let workers = table.budget.workers();
    let counts = each(workers, tasks.clone(), |_, (input, task)| {
        table.count(input, task).map_err(|error| named(error, &table.inputs[input].input))
    })?;
    let mut report = table.report(None, start);
    for ((input, _), (rows, nulls)) in tasks.into_iter().zip(counts) {
        report.inputs[input].records += rows;
        report.inputs[input].rows += rows;
        report.records += rows;
        for (column, source) in report.columns.iter_mut().zip(&table.chain.output.columns) {
            column.nulls += source.source.map_or(0, |at| nulls[at]);
        }
    }
    report.rows = report.records;
    let digests = each(workers, table.inputs.iter().collect(), |_, input| digest(input))?;
    for ((shown, input), (bytes, blake3)) in report.inputs.iter_mut().zip(&table.inputs).zip(digests) {
        input.unchanged()?;
        (shown.bytes, shown.blake3) = (bytes, blake3);
    }
    report.input_bytes = report.inputs.iter().map(|input| input.bytes).sum();
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}

impl<'r> TypedTable<'r> {
    /// All tasks in the order of their rows: the file, and the task within it.
    fn tasks(&self) -> Vec<(usize, usize)> {
        let inputs = self.inputs.iter().enumerate();
        inputs.flat_map(|(input, it)| (0..it.source.tasks()).map(move |task| (input, task))).collect()
    }

    /// The rows of one task, and for each column that is read its nulls.
    fn count(&self, input: usize, task: usize) -> Result<(u64, Vec<u64>)> {
        let from = &self.from[input];
        let mut wanted: Vec<usize> = from.iter().flatten().copied().collect();
        wanted.sort_unstable();
        let (mut rows, mut nulls) = (0, vec![0; from.len()]);
        self.inputs[input].source.read(task, &wanted, &mut |batch: RecordBatch| {
            self.observer.check()?;
            rows += batch.num_rows() as u64;
            for (sum, column) in nulls.iter_mut().zip(from) {
                let place = column.and_then(|it| wanted.binary_search(&it).ok());
                let missing = place.map_or(batch.num_rows(), |at| batch.column(at).logical_null_count());
                *sum += missing as u64;
            }
            Ok(true)
        })?;
        Ok((rows, nulls))
    }

    fn plan(steps: &Steps, inputs: &[Input], options: &'r Options, observer: &'r Observer) -> Result<Self> {
        refuse_options(options)?;
        let mut opened = Vec::with_capacity(inputs.len());
        for input in inputs {
            let Some(format) = format_of(input, observer)? else {
                return Err(named(
                    Error::new(
                        Code::Usage,
                        "expected Parquet or Arrow IPC like the other inputs, found another format",
                    )
                    .help("convert text and typed files one by one, then convert the Parquet files to one"),
                    input,
                ));
            };
            let is_of_many = inputs.len() > MOST_OPEN;
            opened.push(TypedInput::open(input, format, is_of_many, options, observer)?);
        }
        let opened = with_keys(opened, &options.table.keys_in_path)?;
        let schemas: Vec<(String, SchemaRef)> =
            opened.iter().map(|it| (it.name(), Arc::clone(it.source.schema()))).collect();
        let (all, fillings) = joined(&schemas)?;
        let names = all.iter().map(|column| column.name().clone()).collect();
        let (written, hidden) = choose(names, options)?;
        let shown = written.len();
        let place = |name: &String| all.iter().position(|column| column.name() == name);
        let chosen: Vec<usize> = written.iter().chain(&hidden).filter_map(place).collect();
        let columns: Vec<Field> = chosen.iter().map(|at| all[*at].clone()).collect();
        let from =
            fillings.iter().map(|filling| chosen.iter().map(|at| filling.from[*at]).collect()).collect();
        let roles = roles(&columns[..shown], &opened, options)?;
        let read = columns.iter().enumerate().map(|(at, field)| TableColumn {
            field: Arc::new(field.clone()),
            roles: roles.iter().filter(|(_, played)| *played == at).map(|(role, _)| *role).collect(),
            source: Some(at),
        });
        let read = TableSchema { table: TableId(0), name: None, columns: read.collect() };
        let chain = steps_of(steps, written, !hidden.is_empty(), options).bind(read)?;
        let budget = Budget::new(options.run.memory_limit, options.run.threads)?;
        let nulls = columns.iter().map(|_| AtomicU64::default()).collect();
        Ok(Self { inputs: opened, columns, from, nulls, chain, options, observer, budget })
    }

    /// The schema of the batches that are read.
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.chain.input)
    }

    fn write(self, target: &OutputPlace, start: Instant) -> Result<Report> {
        let planned = start.elapsed();
        let ration = Arc::new(Ration::new(self.budget.page_bytes()));
        let spill = Arc::new(Spill::new(ration, self.options.run.temp_dir.clone()));
        let output = &self.chain.output;
        let layouts: Vec<(String, ColumnLayout)> = output
            .columns
            .iter()
            .map(|column| (column.name().to_owned(), ColumnLayout::repeating(column.field.data_type())))
            .collect();
        let properties = properties(&layouts, codec(self.options.write.compression)?);
        let (mut writer, factory) = TableWriter::create(
            &target.path,
            target.replace,
            output.arrow(),
            properties,
            Arc::clone(&spill),
        )?;
        let (done, written, digests) = self.pass(&mut writer, &factory, &spill)?;
        let writing = Instant::now();
        let mut report = self.report(done.steps.first(), start);
        for ((shown, input), (bytes, digest)) in report.inputs.iter_mut().zip(&self.inputs).zip(digests) {
            input.unchanged()?;
            report.warnings.extend(input.source.warning().map(|it| it.in_input(&input.input)));
            shown.bytes = bytes;
            shown.blake3 = digest;
            let [records, filtered] = [0, 1].map(|at| input.counts[at].load(Ordering::Relaxed));
            shown.records = records;
            shown.rows = records - filtered;
            shown.filtered_rows = filtered;
        }
        report.input_bytes = report.inputs.iter().map(|input| input.bytes).sum();
        report.records = done.parts.iter().map(|part| part.records).sum();
        report.rows = done.parts.iter().map(|part| part.rows).sum();
        report.filtered_rows = done.parts.iter().map(|part| part.filtered).sum();
        report.row_groups = writer.row_groups();
        if report.filtered_rows > 0 {
            report.warnings.extend(cases_left_out(self.empty_cases()));
        }
        let finished = writer.finish(self.metadata(&report))?;
        report.output_bytes = finished.bytes()?;
        finished.commit()?;
        report.output = Some(target.path.clone());
        report.spilled_bytes = spill.spilled();
        report.timings = TimingsReport {
            plan: planned.as_secs_f64(),
            parse: done.timings.parse.as_secs_f64(),
            encode: done.timings.encode.as_secs_f64(),
            write: (written + writing.elapsed()).as_secs_f64(),
            ..TimingsReport::default()
        };
        report.seconds = start.elapsed().as_secs_f64();
        Ok(report)
    }

    /// Reads all files once, and gives the size and checksum of each.
    fn pass(
        &self,
        writer: &mut TableWriter,
        factory: &RowGroupFactory,
        spill: &Arc<Spill>,
    ) -> Result<(PassDone, Duration, Digests)> {
        let widening = AtomicBool::new(false);
        // How many of the bytes a batch has is not known: progress is told in rows.
        self.observer.begin(0);
        let factories = [factory];
        let max_rows = self.options.write.row_group.most_rows();
        let pass = Pass {
            factories: &factories,
            // Rows that wait for others would make row groups of more rows than are asked for.
            gather: if max_rows.is_some() { 0 } else { GATHER },
            chains: std::slice::from_ref(&self.chain),
            most_bad: Some(0),
            spill,
            // A stream is one task, however many rows it has.
            max_rows: Some(max_rows.unwrap_or(TASK_ROWS as u64)),
            widening: &widening,
            observer: self.observer,
        };
        let tasks = self.tasks();
        let work = |number: usize| {
            let (input, task) = tasks[number];
            self.task(&pass, input, task).map_err(|error| named(error, &self.inputs[input].input))
        };
        let encode = |(_, rows): Job| gather::encode(rows, factory);
        let (workers, shards) = (self.budget.workers(), self.budget.shards());
        let pins = Pins::new(self.options.run.pin, workers);
        std::thread::scope(|scope| {
            let hashed = scope.spawn(|| self.inputs.iter().map(digest).collect::<Result<Vec<_>>>());
            let run: Result<_> = with_crew(workers / 2, encode, |crew| {
                let gatherer = Gatherer::new(1, crew, spill);
                let mut outlet = Ordered { writer: &mut *writer, gatherer, written: Duration::ZERO };
                let columns = self.columns.len();
                let done =
                    run_tasks(&pass, columns, tasks.len(), workers, shards, &pins, &work, &mut outlet)?;
                let Ordered { gatherer, written, writer } = outlet;
                gatherer.finish(std::slice::from_mut(writer))?;
                Ok((done, written))
            });
            let digests =
                hashed.join().unwrap_or_else(|_| Err(Error::new(Code::Worker, "the checksum was not made")));
            let (done, written) = run?;
            Ok((done, written, digests?))
        })
    }

    /// Reads one task of a file and encodes its rows.
    fn task(&self, pass: &Pass<'_>, input: usize, task: usize) -> Result<(u64, ColumnsDone)> {
        let (schema, from) = (self.schema(), &self.from[input]);
        let mut wanted: Vec<usize> = from.iter().flatten().copied().collect();
        wanted.sort_unstable();
        // Batches have the columns that are asked for, in the order of the file.
        let place = |column: &Option<usize>| column.and_then(|it| wanted.binary_search(&it).ok());
        let present: Vec<Option<usize>> = from.iter().map(place).collect();
        let mut rows = ShardRows::new(pass, 1);
        let mut count = 0;
        let mut done = ColumnsDone::new(pass, 1, 0);
        let mut mark = Instant::now();
        self.inputs[input].source.read(task, &wanted, &mut |batch: RecordBatch| {
            self.observer.check()?;
            count += batch.num_rows() as u64;
            self.observer.add(0, batch.num_rows() as u64);
            let batch = filled(&batch, &present, &schema)?;
            if self.chain.is_empty() {
                for (sum, column) in self.nulls.iter().zip(batch.columns()) {
                    sum.fetch_add(column.logical_null_count() as u64, Ordering::Relaxed);
                }
            }
            let read = Instant::now();
            done.timings.parse += read - mark;
            let goes_on = rows.take(0, batch)?;
            mark = Instant::now();
            done.timings.encode += mark - read;
            Ok(goes_on)
        })?;
        done.out = rows.finish()?;
        // The types are final, so a step that fails here fails for good.
        if let Some(error) = done.out.failed.take() {
            return Err(error);
        }
        done.timings.encode += mark.elapsed();
        let removed = done.out.steps.iter().map(ChainDone::removed).sum::<u64>();
        done.rows[0] = count - removed;
        for (sum, more) in self.inputs[input].counts.iter().zip([count, removed]) {
            sum.fetch_add(more, Ordering::Relaxed);
        }
        Ok((count, done))
    }

    fn report(&self, steps: Option<&ChainDone>, start: Instant) -> Report {
        let mut report = Report { workers: self.budget.workers(), ..Report::default() };
        report.inputs = self
            .inputs
            .iter()
            .map(|input| InputReport::typed(input.name(), input.source.format().name()))
            .collect();
        for (at, column) in self.chain.output.columns.iter().enumerate() {
            let source = column.source.map(|at| &self.columns[at]);
            report.columns.push(ColumnReport {
                name: column.name().to_owned(),
                source_name: self.source_name(column.name(), source),
                column_type: type_name(column.field.data_type()),
                written: type_name(column.field.data_type()),
                role: column.roles.first().map(|role| role.name()),
                declared: source.is_some(),
                nulls: match steps.and_then(|steps| steps.nulls.get(at)) {
                    Some(nulls) => *nulls,
                    None => column.source.map_or(0, |at| self.nulls[at].load(Ordering::Relaxed)),
                },
                ..ColumnReport::default()
            });
        }
        report.steps = steps.map(StepReport::of).unwrap_or_default();
        report.warnings.extend(idle::warnings([idle::TYPED], &self.options.given));
        report.seconds = start.elapsed().as_secs_f64();
        report
    }

    /// The name that a column has in the log from which LogFlow made the file, or else in the file.
    fn source_name(&self, name: &str, source: Option<&Field>) -> String {
        let name = source.map_or(name, |it| it.name());
        let known = self.inputs.iter().find_map(|input| {
            let own = input.own.as_ref()?;
            own["columns"].as_array()?.iter().find(|it| it["name"] == name)?["source_name"].as_str()
        });
        known.unwrap_or(name).to_owned()
    }

    /// How many cases without events a single file brought along, which have no place between rows any more once rows are removed.
    fn empty_cases(&self) -> usize {
        let [only] = self.inputs.as_slice() else { return 0 };
        let cases = only.own.as_ref().and_then(|own| own.pointer("/sources/0/xes/empty_traces")?.as_array());
        cases.map_or(0, Vec::len)
    }

    /// What stands in the metadata of the output: what a single file brought along, with roles and columns as they are now.
    fn metadata(&self, report: &Report) -> Vec<(String, String)> {
        let output = &self.chain.output;
        let roles = roles_metadata(output);
        let carried = match self.inputs.as_slice() {
            [only] => only.own.clone(),
            _ => None,
        };
        let mut value = carried.unwrap_or_else(|| {
            let sources: Vec<Value> = report.inputs.iter().map(source_metadata).collect();
            json!({
                "metadata_version": METADATA_VERSION,
                "sources": sources,
                "records": report.records,
                "rejected_rows": 0,
            })
        });
        value["logflow_version"] = env!("CARGO_PKG_VERSION").into();
        value["roles"] = roles.into();
        value["columns"] = columns_metadata(&report.columns).into();
        value["rows"] = report.rows.into();
        let done = steps_metadata(&report.steps);
        if !done.is_empty() {
            // What was done to the rows before stays in front of what was done now.
            let before = value["filtered_rows"].as_u64().unwrap_or_default();
            value["filtered_rows"] = before.saturating_add(report.filtered_rows).into();
            let mut steps = value["steps"].as_array().cloned().unwrap_or_default();
            steps.extend(done);
            value["steps"] = steps.into();
        }
        if let Some(condition) = &self.options.table.condition {
            value["where"] = match value["where"].as_str() {
                Some(before) => format!("({before}) and ({condition})").into(),
                None => condition.text().into(),
            };
        }
        if report.filtered_rows > 0
            && let Some(empty) = value.pointer_mut("/sources/0/xes/empty_traces")
        {
            *empty = json!([]);
        }
        let mut entries = vec![(LOGFLOW.to_owned(), value.to_string())];
        if output.columns.iter().any(|column| needs_arrow_schema(column.field.data_type())) {
            let fields: Vec<_> = output.columns.iter().map(|column| Arc::clone(&column.field)).collect();
            entries.push((ARROW_SCHEMA.to_owned(), encode_arrow_schema(&Schema::new(fields))));
        }
        entries
    }
}

/// The roles of the columns: those that the user names, those that LogFlow wrote down when it made the files, and else those that their names say.
fn roles(columns: &[Field], inputs: &[TypedInput], options: &Options) -> Result<Vec<(Role, usize)>> {
    let mut wishes = options.table.roles.clone();
    let known: Vec<&Option<Value>> = inputs.iter().map(|input| &input.own).collect();
    if let Some(Some(first)) = known.first()
        && known.iter().all(|it| it.as_ref().is_some_and(|it| it["roles"] == first["roles"]))
    {
        for role in Role::ALL {
            let column = first["roles"][role.name()].as_str();
            let is_there = |name: &&str| columns.iter().any(|column| column.name() == *name);
            if let (Some(name), None) = (column.filter(is_there), wishes.column(role)) {
                wishes.columns.push((role, name.to_owned()));
            }
        }
    }
    let typed: Vec<(&str, ColumnType)> =
        columns.iter().map(|column| (column.name().as_str(), column_type(column.data_type()))).collect();
    Ok(Roles::find(&typed, &wishes)?.iter().collect())
}

/// Refuses what is asked of values that have types already.
fn refuse_options(options: &Options) -> Result<()> {
    let asked = [
        (!options.table.declared.is_empty(), "--schema"),
        (options.table.values.all_text, "--all-text"),
        (options.write.tables, "--tables"),
        (options.table.on_bad_row != OnBadRow::Fail, "--on-bad-row reject"),
        (matches!(options.write.row_group, RowGroupSize::Bytes(_)), "--row-group-size in bytes"),
    ];
    match asked.iter().find(|(asked, _)| *asked) {
        Some((_, flag)) => Err(Error::new(Code::Usage, format!("{flag} is not for Parquet and Arrow files"))
            .help("leave it out; the values of such files have types, and each record is a row")),
        None => Ok(()),
    }
}
