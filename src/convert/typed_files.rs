//! Files of typed values (Parquet, Arrow IPC) that make one table: one pass, for nothing has to be guessed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::encode_arrow_schema;
use serde_json::{Value, json};

use crate::convert::event_report::{METADATA_VERSION, cases_left_out};
use crate::convert::idle;
use crate::convert::reading::{Ended, OnePass, Passed, Reading};
use crate::convert::text_pass::go_on;
use crate::convert::unread::Unread;
use crate::encode::layout::ColumnLayout;
use crate::error::{Code, Error, Result};
use crate::mmap::{Identity, Input, first_bytes};
use crate::model::catalog::{TableColumn, TableId, TableSchema};
use crate::model::condition::Condition;
use crate::model::roles::{Role, Roles};
use crate::model::value::ColumnType;
use crate::observer::Observer;
use crate::options::{OnBadRow, Options, RowGroupSize};
use crate::plan::table_steps::steps_of;
use crate::report::{
    ColumnReport, InputDigest, InputReport, Report, StepReport, columns_metadata, roles_metadata,
    source_metadata, steps_metadata,
};
use crate::shard::columns::{ColumnsDone, Pass, PassOutput};
use crate::shard::merge::{Outlet, PartDone, PassDone, join_steps};
use crate::shard::pin::Pins;
use crate::shard::rows::ShardRows;
use crate::shard::tasks::{Tasks, run_tasks};
use crate::source::columns::{column_type, filled, joined, needs_arrow_schema, type_name};
use crate::source::find_format::not_so;
use crate::source::foreign::Claim;
use crate::source::formats::{format_named, is_typed};
use crate::source::input::named;
use crate::source::look::looked_at;
use crate::source::partition::with_keys;
use crate::source::typed_input::{LOGFLOW, MOST_OPEN, TypedInput, digest};
use crate::source::{TASK_ROWS, TypedFormat, keyed_text};
use crate::step::select::choose;
use crate::step::{Chain, ChainDone, RowOrigin, ShardPlace, Steps};

/// The key under which the Arrow schema stands in the metadata of a Parquet file.
const ARROW_SCHEMA: &str = "ARROW:schema";

/// The format of typed values that an input is in; `None` for text and databases, and for a file whose name
/// says another format, which is refused as what contradicts its name.
///
/// # Errors
/// If the input can't be opened.
pub fn format_of(input: &Input, observer: &Observer) -> Result<Option<TypedFormat>> {
    if input.path().is_some_and(Path::is_dir) {
        return Ok(None);
    }
    let claim = Claim::of(input);
    let found = TypedFormat::of_input(input, &first_bytes(input, observer)?);
    Ok(found.filter(|format| match claim.format {
        None => claim.packed.is_none(),
        Some(named) => format.is_labelled(named),
    }))
}

/// Whether the first of the inputs has typed values, which all must have then. `--from` overrules.
///
/// # Errors
/// If it can't be opened.
pub fn are_typed(inputs: &[Input], options: &Options, observer: &Observer) -> Result<bool> {
    match (inputs.first(), &options.read.from) {
        (None, _) => Ok(false),
        (Some(_), Some(from)) => Ok(is_typed(from)),
        (Some(first), None) => Ok(format_of(first, observer)?.is_some()),
    }
}

/// The format in which an input is read: that of its content, which must be the one that the user named.
fn read_format(input: &Input, options: &Options, observer: &Observer) -> Result<Option<TypedFormat>> {
    let Some(from) = &options.read.from else { return format_of(input, observer) };
    let head = first_bytes(input, observer)?;
    match TypedFormat::of_input(input, &head).filter(|format| format.is_named(from.name())) {
        Some(format) => Ok(Some(format)),
        None => {
            let row = format_named(from)?;
            let error = match looked_at(input, options, observer) {
                Ok(opened) => not_so(opened.head(), row),
                Err(_) => not_so(&head, row),
            };
            Err(named(error, input))
        }
    }
}

/// The files of a run and the table that they make.
pub(super) struct TypedFiles<'r> {
    inputs: Vec<TypedInput>,
    /// The columns that are read, those that only the condition looks at behind the others.
    columns: Vec<Field>,
    /// For each file and column that is read, which column of the file it is.
    from: Vec<Vec<Option<usize>>>,
    /// The steps of the run, and the table to which they are bound.
    steps: Steps,
    read: TableSchema,
    chains: Arc<[Chain]>,
    /// What is left unread, because a step would remove its rows.
    unread: Unread,
    options: &'r Options,
    observer: &'r Observer,
}

impl<'r> TypedFiles<'r> {
    /// Opens the files and joins their columns.
    pub fn open(
        inputs: &[Input],
        options: &'r Options,
        steps: &Steps,
        takes_rows: bool,
        observer: &'r Observer,
    ) -> Result<Self> {
        refuse_options(options)?;
        let mut opened = Vec::with_capacity(inputs.len());
        for input in inputs {
            let Some(format) = read_format(input, options, observer)? else {
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
        let (mut written, hidden) = choose(names, options)?;
        let shown = written.len();
        let place = |name: &String| all.iter().position(|column| column.name() == name);
        let mut chosen: Vec<usize> = written.iter().chain(&hidden).filter_map(place).collect();
        let mut columns: Vec<Field> = chosen.iter().map(|at| all[*at].clone()).collect();
        let mut roles = roles(&columns[..shown], &opened, options)?;
        if !takes_rows && let Some(needed) = needed(&columns, shown, &roles, steps, options) {
            keep(&needed, &mut roles, &mut chosen, &mut columns);
            let kept = needed.iter().take_while(|at| **at < shown).count();
            written = columns[..kept].iter().map(|column| column.name().clone()).collect();
        }
        let from: Vec<Vec<Option<usize>>> =
            fillings.iter().map(|filling| chosen.iter().map(|at| filling.from[*at]).collect()).collect();
        for (at, column) in columns.iter_mut().enumerate() {
            let of_files = opened.iter().zip(&from);
            let mut of_files = of_files.filter_map(|(it, from)| Some((it, from[at]?))).peekable();
            if *column.data_type() == DataType::Utf8
                && of_files.peek().is_some()
                && of_files.all(|(it, at)| it.source.is_keyed(at))
            {
                column.set_data_type(keyed_text());
            }
        }
        let read = read_table(&columns, &roles);
        let steps = steps_of(steps, written, !hidden.is_empty(), options);
        let chains = Arc::new([steps.bind(read.clone())?]);
        let unread = Unread::new(&steps, &read, &opened, &from);
        Ok(Self { inputs: opened, columns, from, steps, read, chains, unread, options, observer })
    }

    fn chain(&self) -> &Chain {
        &self.chains[0]
    }

    /// Device, inode, size and times of each file, and its path.
    pub fn identities(&self) -> impl Iterator<Item = (Identity, Option<&Path>)> + Clone {
        self.inputs.iter().map(|input| (input.identity, input.input.path()))
    }

    /// Reports what a conversion would do, without reading rows.
    pub fn preview(&self) -> Report {
        let parts: Vec<PartDone> = self.inputs.iter().map(|_| PartDone::new(self.columns.len())).collect();
        self.report(&Passed { parts, ..Passed::default() }, &[])
    }

    /// Reads one task of a file; its rows pass the steps. Batches for the target are given to `take` as they
    /// come.
    fn task(
        &self,
        pass: &Pass<'_>,
        input: usize,
        task: usize,
        take: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<(u64, ColumnsDone)> {
        let (schema, from): (&SchemaRef, _) = (&self.chain().input, &self.from[input]);
        let mut wanted: Vec<usize> = from.iter().flatten().copied().collect();
        wanted.sort_unstable();
        // Batches have the columns that are asked for, in the order of the file.
        let place = |column: &Option<usize>| column.and_then(|it| wanted.binary_search(&it).ok());
        let present: Vec<Option<usize>> = from.iter().map(place).collect();
        let place = ShardPlace { input: input as u32, at: task as u64 };
        let mut rows = ShardRows::new(pass, 1, place);
        let mut count = 0;
        let mut done = ColumnsDone::new(pass, 1, self.columns.len());
        let mut mark = Instant::now();
        if self.unread.has(input, task) {
            let unread = self.inputs[input].source.task_rows(task).unwrap_or_default();
            rows.unread(self.unread.step, unread);
            self.observer.add(0, unread);
            done.out = rows.finish()?;
            return Ok((unread, done));
        }
        self.inputs[input].source.read(task, &wanted, &mut |batch: RecordBatch| {
            self.observer.check()?;
            let first = count as u32;
            count += batch.num_rows() as u64;
            self.observer.add(0, batch.num_rows() as u64);
            let batch = filled(&batch, &present, schema)?;
            // Steps count the nulls of what they put out.
            if self.chain().is_empty() || !pass.makes_rows() {
                for (tally, column) in done.tallies.iter_mut().zip(batch.columns()) {
                    tally.nulls += column.logical_null_count() as u64;
                }
            }
            let read = Instant::now();
            done.timings.parse += read - mark;
            let origins: Option<Vec<RowOrigin>> =
                rows.needs_origins(0).then(|| (first..count as u32).map(RowOrigin::of).collect());
            let goes_on = rows.take(0, batch, origins.as_deref())?;
            rows.batches().try_for_each(&mut *take)?;
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
        done.rows[0] = count - done.out.steps.iter().map(ChainDone::removed).sum::<u64>();
        Ok((count, done))
    }

    /// Whether no checksum is made of an input: it would take all of the bytes that a filter leaves unread. `where` has
    /// always had one.
    fn has_no_checksum(&self, input: usize) -> bool {
        self.unread.has_some(input) && self.options.table.condition.is_none()
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

    /// How many cases without events a single file brought along, which have no place between rows any more
    /// once rows are removed.
    fn empty_cases(&self) -> usize {
        let [only] = self.inputs.as_slice() else { return 0 };
        let cases = only.own.as_ref().and_then(|own| own.pointer("/sources/0/xes/empty_traces")?.as_array());
        cases.map_or(0, Vec::len)
    }

    /// What stands in the metadata of the output: what a single file brought along, with roles and columns as
    /// they are now.
    fn table_metadata(&self, report: &Report) -> Vec<(String, String)> {
        let output = &self.chain().output;
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
            // Steps of earlier runs stand before the steps of this run.
            let before = value["filtered_rows"].as_u64().unwrap_or_default();
            value["filtered_rows"] = before.saturating_add(report.filtered_rows).into();
            let mut steps = value["steps"].as_array().cloned().unwrap_or_default();
            steps.extend(done);
            value["steps"] = steps.into();
        }
        if let Some(condition) = &self.options.table.condition {
            value["where"] = match value["where"].as_str() {
                Some(before) => format!("({before}) and ({})", condition.shown()).into(),
                None => condition.shown().into(),
            };
        }
        if report.filtered_rows > 0
            && let Some(empty) = value.pointer_mut("/sources/0/xes/empty_traces")
        {
            *empty = json!([]);
        }
        let mut entries = vec![(LOGFLOW.to_owned(), value.to_string())];
        if output.columns.iter().any(|column| needs_arrow_schema(column.field.data_type())) {
            // Keys into dictionaries are a matter of how the rows came.
            let plain = |column: &TableColumn| match column.field.data_type() {
                DataType::Dictionary(_, words) => {
                    Arc::new(column.field.as_ref().clone().with_data_type(words.as_ref().clone()))
                }
                _ => Arc::clone(&column.field),
            };
            let fields: Vec<_> = output.columns.iter().map(plain).collect();
            entries.push((ARROW_SCHEMA.to_owned(), encode_arrow_schema(&Schema::new(fields))));
        }
        entries
    }

    /// Does the tasks one after the other, and hands each batch on as it is read.
    fn in_order(
        &self,
        pass: &Pass<'_>,
        tasks: &[(usize, usize)],
        outlet: &mut dyn Outlet,
    ) -> Result<PassDone> {
        let parts = self.inputs.iter().map(|_| PartDone::new(self.columns.len())).collect();
        let mut done = PassDone { parts, ..PassDone::default() };
        for (input, task) in tasks {
            let read = self.task(pass, *input, *task, &mut |batch| outlet.batch(0, batch));
            let (records, columns) = read.map_err(|error| named(error, &self.inputs[*input].input))?;
            let part = &mut done.parts[*input];
            part.filtered += columns.out.steps.iter().map(ChainDone::removed).sum::<u64>();
            part.rows += columns.rows.iter().sum::<u64>();
            for (sum, tally) in part.tallies.iter_mut().zip(&columns.tallies) {
                sum.join(tally, part.records);
            }
            part.records += records;
            done.timings.add(&columns.timings);
            let mut steps = columns.out.steps;
            steps.iter_mut().for_each(|steps| steps.begins_at(done.records));
            done.records += records;
            join_steps(&mut done.steps, steps)?;
        }
        Ok(done)
    }
}

impl Reading for TypedFiles<'_> {
    fn chains(&self) -> Arc<[Chain]> {
        Arc::clone(&self.chains)
    }

    fn layouts(&self) -> Vec<Vec<(String, ColumnLayout)>> {
        let columns = self.chain().output.columns.iter();
        let layout = |column: &TableColumn| {
            (column.name().to_owned(), ColumnLayout::repeating(column.field.data_type()))
        };
        vec![columns.map(layout).collect()]
    }

    fn gathers(&self) -> bool {
        // Rows that wait for others would make row groups of more rows than are asked for.
        self.options.write.row_group.most_rows().is_none()
    }

    fn most_rows(&self) -> Option<u64> {
        // A stream is one task, however many rows it has.
        Some(TASK_ROWS as u64)
    }

    fn most_restarts(&self) -> u64 {
        0
    }

    fn has_final_types(&self) -> bool {
        true
    }

    fn read(&mut self, one: &mut OnePass<'_, '_>) -> std::result::Result<Passed, Ended> {
        let this = &*self;
        let pass = one.pass;
        // The number of bytes that a batch takes in the file is not known, so progress counts rows.
        pass.observer.begin_pass(0);
        let of_input =
            |(input, it): (usize, &TypedInput)| (0..it.source.tasks()).map(move |task| (input, task));
        let all: Vec<(usize, usize)> = this.inputs.iter().enumerate().flat_map(of_input).collect();
        let inputs: Vec<usize> = all.iter().map(|(input, _)| *input).collect();
        let columns = vec![this.columns.len(); this.inputs.len()];
        let failed = |error, input: usize| named(error, &this.inputs[input].input);
        let ended = &AtomicBool::new(false);
        let (done, digests) = std::thread::scope(|scope| {
            let digest = move |(at, input): (usize, &TypedInput)| {
                if this.has_no_checksum(at) {
                    return Ok(InputDigest { blake3: [0; 32], bytes: input.identity.size });
                }
                let (bytes, blake3) = digest(input, &go_on(pass.observer, ended))?;
                Ok(InputDigest { blake3, bytes })
            };
            let numbered = this.inputs.iter().enumerate();
            let hashed = scope.spawn(move || numbered.map(digest).collect::<Result<Vec<_>>>());
            let done = match pass.output {
                // One after the other, each batch as it is read: many rows that wait for a slow caller would
                // fill the memory.
                PassOutput::Batches => this.in_order(pass, &all, &mut one.rows),
                PassOutput::RowGroups(_) | PassOutput::Nothing | PassOutput::Findings => {
                    let work = |number: usize| {
                        let (input, task) = all[number];
                        this.task(pass, input, task, &mut |_| Ok(())).map_err(|error| failed(error, input))
                    };
                    let tasks = Tasks { columns: &columns, inputs: &inputs, work: &work };
                    let (workers, shards) = (one.budget.workers(), one.budget.shards());
                    let pins = Pins::new(this.options.run.pin, workers);
                    run_tasks(pass, &tasks, workers, shards, &pins, &mut one.rows)
                }
            };
            ended.store(done.is_err(), Ordering::Relaxed);
            (done, hashed.join())
        });
        let done = done?;
        let sources =
            digests.unwrap_or_else(|_| Err(Error::new(Code::Worker, "the checksum was not made")))?;
        Ok(Passed {
            parts: done.parts,
            sources,
            timings: done.timings,
            steps: done.steps,
            failed: done.failed,
            ..Passed::default()
        })
    }

    fn bind_again(&mut self) -> Result<()> {
        self.chains = Arc::new([self.steps.bind(self.read.clone())?]);
        Ok(())
    }

    fn begin_again(&mut self) -> Result<()> {
        let is_stream = |input: &TypedInput| input.source.format() == TypedFormat::ArrowStream;
        match self.inputs.iter().find(|input| is_stream(input)) {
            None => Ok(()),
            Some(input) => {
                let what = "the rows have to be read twice, and an Arrow stream can be read once";
                let help = "⟦timestamp-unit⟧ auto, filters of cases and samples of a number of cases need that; write \
                            the stream to an Arrow or Parquet file first";
                let error = Error::new(Code::Usage, what).help(help);
                Err(named(error, &input.input))
            }
        }
    }

    fn report(&self, passed: &Passed, sources: &[InputDigest]) -> Report {
        let steps = passed.steps.first();
        let mut report = Report::default();
        for (at, (input, part)) in self.inputs.iter().zip(&passed.parts).enumerate() {
            let mut shown = InputReport::typed(input.name(), input.source.format().name());
            if let Some(source) = sources.get(at) {
                shown.bytes = source.bytes;
                // A pipe has no bytes that could be read again.
                let has_checksum = source.bytes > 0 && !self.has_no_checksum(at);
                shown.blake3 = if has_checksum { source.hex() } else { String::new() };
                let warnings = input.source.warnings().into_iter();
                report.warnings.extend(warnings.map(|it| it.in_input(&input.input)));
            }
            if let Some((described, above)) = input.source.described() {
                (shown.metadata, shown.preamble) = (Some(described), above);
            }
            shown.records = part.records;
            shown.rows = part.rows;
            shown.filtered_rows = part.filtered;
            report.input_bytes += shown.bytes;
            report.records += part.records;
            report.rows += part.rows;
            report.filtered_rows += part.filtered;
            report.inputs.push(shown);
        }
        let nulls = |column: usize| passed.parts.iter().map(|part| part.tallies[column].nulls).sum();
        for (at, column) in self.chain().output.columns.iter().enumerate() {
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
                    None => column.source.map_or(0, nulls),
                },
                ..ColumnReport::default()
            });
        }
        report.unread = self.unread.report(&self.inputs, &self.from);
        report.steps = steps.map(StepReport::of).unwrap_or_default();
        let formats = self.inputs.iter().map(|input| match input.source.format().is_named("excel") {
            true => "excel",
            false => idle::TYPED,
        });
        report.warnings.extend(idle::warnings(formats, &self.options.explicit));
        if report.filtered_rows > 0 {
            report.warnings.extend(cases_left_out(self.empty_cases(), false));
        }
        report
    }

    fn metadata(&self, report: &Report) -> Vec<Vec<(String, String)>> {
        vec![self.table_metadata(report)]
    }

    fn unchanged(&self) -> Result<()> {
        self.inputs.iter().try_for_each(TypedInput::unchanged)
    }
}

/// The table as it is read.
fn read_table(columns: &[Field], roles: &[(Role, usize)]) -> TableSchema {
    let columns = columns.iter().enumerate().map(|(at, field)| TableColumn {
        field: Arc::new(field.clone()),
        roles: roles.iter().filter(|(_, played)| *played == at).map(|(role, _)| *role).collect(),
        source: Some(at),
    });
    TableSchema { table: TableId(0), name: None, columns: columns.collect() }
}

/// Of the columns those that steps and conditions look at, in their order; `None` if that may be all. Columns from `shown` on are
/// read for a condition alone.
fn needed(
    columns: &[Field],
    shown: usize,
    roles: &[(Role, usize)],
    steps: &Steps,
    options: &Options,
) -> Option<Vec<usize>> {
    let asked: Vec<&str> = options.table.condition.iter().flat_map(Condition::columns).collect();
    let mut needed = steps.needs(&read_table(&columns[..shown], roles))?;
    needed.extend((0..columns.len()).filter(|at| asked.contains(&columns[*at].name().as_str())));
    needed.sort_unstable();
    needed.dedup();
    Some(needed).filter(|needed| !needed.is_empty())
}

/// Leaves out all columns but these.
fn keep(needed: &[usize], roles: &mut Vec<(Role, usize)>, chosen: &mut Vec<usize>, columns: &mut Vec<Field>) {
    roles.retain_mut(|(_, at)| match needed.binary_search(at) {
        Ok(place) => {
            *at = place;
            true
        }
        Err(_) => false,
    });
    *chosen = needed.iter().map(|at| chosen[*at]).collect();
    *columns = needed.iter().map(|at| columns[*at].clone()).collect();
}

/// The roles of the columns: those that the user names, those that LogFlow wrote down when it made the files,
/// and else those that their names say.
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
        (!options.table.declared.is_empty(), "⟦schema⟧"),
        (options.table.values.all_text, "⟦all-text⟧"),
        (options.write.tables, "⟦tables⟧"),
        (options.table.on_bad_row != OnBadRow::Fail, "⟦on-bad-row⟧ reject"),
        (matches!(options.write.row_group, RowGroupSize::Bytes(_)), "⟦row-group-size⟧ in bytes"),
    ];
    match asked.iter().find(|(asked, _)| *asked) {
        Some((_, flag)) => Err(Error::new(
            Code::Usage,
            format!("{flag} is not for Parquet and Arrow files, or for workbooks"),
        )
        .help("leave it out; the values of such files have types, and each record is a row")),
        None => Ok(()),
    }
}
