//! The one file that sees every floor: source, format, steps, sink.
//!
//! ```text
//! open the inputs, find dialects, sample rows      input.rs
//! types, roles, layout of the table                table.rs
//! pass: shards -> workers -> ordered merger        shard
//!     the types that all values have are other ones?  once more, with these
//! metadata, footer, inputs unchanged?, commit      outlet.rs, report.rs
//! ```

pub mod bundle;
pub mod floor;
mod gatherer;
pub mod idle;
pub mod outlet;
mod own_output;
mod part;
mod passed;
mod run_report;
pub mod typed_table;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::budget::{Budget, Ration};
use crate::convert::gatherer::{GATHER, Gatherer, Job};
use crate::convert::outlet::{Rejects, Sorted, too_many};
use crate::convert::own_output::refuse_own_output;
use crate::convert::part::{mapped_part, mapped_source, run_stream_part};
use crate::convert::passed::{Ended, Passed, carried, relearned};
use crate::encode::gather;
use crate::encode::output::check_place;
use crate::encode::page_store::Spill;
use crate::encode::parquet::TableWriter;
use crate::encode::row_group::RowGroupFactory;
use crate::error::{Code, Error, Result};
use crate::mmap::{Input, Stream};
use crate::model::table::Remark;
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::options::{BadRowLimit, OnBadRow, Options};
use crate::plan::table::Table;
use crate::report::{Report, Source, TimingsReport};
use crate::shard::column_map::ColumnMap;
use crate::shard::columns::{Pass, Timings};
use crate::shard::crew::with_crew;
use crate::shard::merge::{PartDone, PassDone, join_steps, run_mapped};
use crate::shard::pin::Pins;
use crate::shard::worker::Part;
use crate::source::input::{Opened, Ready, with_records};
use crate::source::look;
use crate::step::Steps;
use crate::target::{OutputPlace, cases};
use crate::text::any::AnyFormat;

/// Inputs that may wait opened, of those that come from front to back. Each holds 256 KiB of text and what it takes to unpack the rest.
const OPEN_STREAMS: usize = 8;

/// Converts `inputs` to one Parquet file.
///
/// # Errors
/// Whatever is wrong with inputs, options or the output. Then no output has appeared, and an old one is as it was.
pub fn convert(
    inputs: &[Input],
    target: &OutputPlace,
    options: &Options,
    observer: &Observer,
) -> Result<Report> {
    convert_through(&Steps::default(), inputs, target, options, observer)
}

/// The same, where rows also pass these steps: behind the choice of rows and columns that the options make, and before
/// role columns get other names.
///
/// # Errors
/// As [`convert`], and what the steps refuse.
pub fn convert_through(
    steps: &Steps,
    inputs: &[Input],
    target: &OutputPlace,
    options: &Options,
    observer: &Observer,
) -> Result<Report> {
    let start = Instant::now();
    let inputs = &look::replayable(inputs);
    if typed_table::are_typed(inputs, options, observer)? {
        return typed_table::convert(steps, inputs, target, options, observer);
    }
    check_place(&target.path, target.replace)?;
    if options.write.tables {
        check_place(&cases::cases_path(&target.path), target.replace)?;
    }
    let rejects = match options.table.on_bad_row {
        OnBadRow::Fail => None,
        OnBadRow::Reject(_) => Some(Rejects::new(&target.path, target.replace)?),
    };
    let run = Run::plan(inputs, options, steps, observer)?;
    refuse_own_output(&run.inputs, target)?;
    run.convert(target, rejects, start)
}

/// Finds the schema that the inputs have: a pass over all of them that writes nothing.
pub fn survey(inputs: &[Input], options: &Options, observer: &Observer) -> Result<Report> {
    let start = Instant::now();
    let inputs = &look::replayable(inputs);
    if typed_table::are_typed(inputs, options, observer)? {
        return typed_table::survey(inputs, options, observer);
    }
    if let Some(log) = look::object_centric(inputs, options, observer)? {
        return bundle::survey(log, options, observer);
    }
    let options = options.clone().with_bad_rows_aside();
    Run::plan(inputs, &options, &Steps::default(), observer)?.survey(start)
}

/// What a conversion would do, from samples alone.
pub fn preview(inputs: &[Input], options: &Options) -> Result<Report> {
    let start = Instant::now();
    let observer = Observer::default();
    let inputs = &look::replayable(inputs);
    if typed_table::are_typed(inputs, options, &observer)? {
        return typed_table::preview(inputs, options, &observer);
    }
    if let Some(log) = look::object_centric(inputs, options, &observer)? {
        return bundle::preview(log, options, &observer);
    }
    let steps = Steps::default();
    let run = Run::plan(inputs, options, &steps, &observer)?;
    if let Some(error) = &run.table.refused {
        return Err(error.clone());
    }
    let parts: Vec<PartDone> = run.inputs.iter().map(|it| PartDone::new(it.names.len())).collect();
    let mut report = run.report(&parts, &[], None, start);
    report.refuse_doubts(options.table.strict_types)?;
    report.input_bytes = run.inputs.iter().map(Ready::size).sum();
    for (shown, input) in report.inputs.iter_mut().zip(&run.inputs) {
        shown.bytes = input.size();
    }
    report.show_examples(run.examples()?);
    Ok(report)
}

struct Run<'r> {
    inputs: Vec<Ready>,
    /// Those among several inputs that have no records, and what was expected of each.
    empty: Vec<Warning>,
    table: Table,
    options: &'r Options,
    steps: &'r Steps,
    observer: &'r Observer,
    budget: Budget,
    planned: Duration,
}

impl<'r> Run<'r> {
    fn plan(
        inputs: &[Input],
        options: &'r Options,
        steps: &'r Steps,
        observer: &'r Observer,
    ) -> Result<Self> {
        let start = Instant::now();
        if inputs.is_empty() {
            return Err(Error::new(Code::Usage, "no input is given"));
        }
        let budget = Budget::new(options.run.memory_limit, options.run.threads)?;
        let mut streams = 0;
        let open = |input: &Input| {
            let mut ready = Ready::open(input, options, observer)?;
            // It was none when it was asked what it is.
            if ready.format.is_object_centric() {
                return Err(look::not_a_table(input));
            }
            streams += usize::from(ready.is_stream());
            if streams > OPEN_STREAMS || inputs.len() > 1 && ready.holds_much() {
                ready.park();
            }
            Ok(ready)
        };
        let (inputs, empty) = with_records(inputs, open)?;
        let inputs = match options.read.strict {
            true => inputs.into_iter().map(|input| input.checked(options)).collect::<Result<_>>()?,
            false => inputs,
        };
        let table = Table::plan(&inputs, options, steps)?;
        Ok(Self { inputs, empty, table, options, steps, observer, budget, planned: start.elapsed() })
    }

    fn convert(mut self, target: &OutputPlace, rejects: Option<Rejects>, start: Instant) -> Result<Report> {
        self.write(target, rejects, start).map_err(|error| self.with_line(error))
    }

    /// An error with the line that it is about.
    fn with_line(&self, error: Error) -> Error {
        self.inputs.iter().fold(error, |error, input| input.with_line(error))
    }

    fn write(
        &mut self,
        target: &OutputPlace,
        mut rejects: Option<Rejects>,
        start: Instant,
    ) -> Result<Report> {
        let ration = Arc::new(Ration::new(self.budget.page_bytes()));
        let mut restarts = 0;
        let mut reparses = 0;
        let mut digests = Vec::new();
        loop {
            let spill = Arc::new(Spill::new(Arc::clone(&ration), self.options.run.temp_dir.clone()));
            let (mut writer, factory) = TableWriter::create(
                &target.path,
                target.replace,
                self.table.schema(),
                self.table.properties(self.options)?,
                Arc::clone(&spill),
            )?;
            let passed = self.pass(
                Some((&mut writer, &factory)),
                rejects.as_mut(),
                &spill,
                restarts == 0,
                self.options.table.on_bad_row,
            );
            let mut broken = None;
            let mut passed = match passed {
                Err(Ended::Bad(error, parts))
                    if self.table.leaves_open(&self.inputs, &parts, self.options) =>
                {
                    // The first bad row is that of all passes; the types of whole inputs say which.
                    broken = Some(error);
                    self.begin_again(vec![None; self.inputs.len()])?;
                    self.pass(None, None, &spill, true, OnBadRow::Reject(BadRowLimit::None))?
                }
                passed => passed?,
            };
            reparses += passed.reparses;
            // Mapped inputs are hashed in the first pass only.
            if restarts == 0 {
                digests.clone_from(&passed.sources);
            }
            if restarts == 0 {
                let revised = self.learn(&mut passed)?;
                if revised {
                    restarts += 1;
                    if let Some(rejects) = &mut rejects {
                        rejects.restart();
                    }
                    continue;
                }
                if let Some(error) = broken {
                    return Err(error);
                }
            } else if passed.widened {
                return Err(Error::new(Code::Internal, "a value did not fit the type that all values have"));
            }
            if let Some(error) = passed.failed.take() {
                return Err(error);
            }
            self.leave_out_empty_cases(&mut passed);
            self.check_share(&passed)?;
            let writing = Instant::now();
            let mut report = self.report(&passed.parts, &digests, passed.steps.first(), start);
            report.refuse_doubts(self.options.table.strict_types)?;
            let row_groups = writer.row_groups();
            let finished = writer.finish(self.metadata(&report))?;
            for input in &self.inputs {
                input.unchanged()?;
            }
            report.output_bytes = finished.bytes()?;
            if let Some(rejects) = &mut rejects {
                rejects.sync()?;
            }
            let cases = match self.options.write.tables {
                true => Some(cases::write(
                    &finished,
                    &self.inputs,
                    &self.table,
                    &passed.parts,
                    target,
                    self.options,
                )?),
                false => None,
            };
            if let Some(cases) = cases {
                cases.commit()?;
                report.cases_output = Some(cases::cases_path(&target.path));
            }
            finished.commit()?;
            // Both are on the disk by now; what is left is a rename.
            report.rejects = rejects.map(Rejects::commit).transpose()?.flatten();
            report.output = Some(target.path.clone());
            report.row_groups = row_groups;
            report.restarts = restarts;
            report.reparses = reparses;
            report.spilled_bytes = spill.spilled();
            report.timings = self.timings(&passed, writing.elapsed());
            report.seconds = start.elapsed().as_secs_f64();
            return Ok(report);
        }
    }

    fn survey(mut self, start: Instant) -> Result<Report> {
        let examples = self.examples()?;
        let ration = Arc::new(Ration::new(self.budget.page_bytes()));
        let spill = Arc::new(Spill::new(ration, self.options.run.temp_dir.clone()));
        let on_bad_row = self.options.table.on_bad_row;
        let mut passed = self.pass(None, None, &spill, true, on_bad_row)?;
        let sources = passed.sources.clone();
        if self.learn(&mut passed)? {
            // Nulls and zones are counted by the types that the columns have.
            passed = self.pass(None, None, &spill, false, on_bad_row)?;
        }
        let mut report = self.report(&passed.parts, &sources, None, start);
        report.refuse_doubts(self.options.table.strict_types)?;
        report.show_examples(examples);
        report.reparses = passed.reparses;
        report.timings = self.timings(&passed, Duration::ZERO);
        report.seconds = start.elapsed().as_secs_f64();
        Ok(report)
    }

    /// Where rows were removed, cases without events are left out as well: it is no longer known between which rows they stood, and
    /// a case of which no event is left is written nowhere either.
    fn leave_out_empty_cases(&mut self, passed: &mut Passed) {
        for (part, input) in
            passed.parts.iter_mut().zip(&mut self.inputs).filter(|(part, _)| part.filtered > 0)
        {
            let before = part.learned.notes.len();
            part.learned.notes.retain(|note| !matches!(note.what, Remark::EmptyGroup(_)));
            let left_out = before - part.learned.notes.len();
            input.warnings.extend(cases_left_out(left_out));
        }
    }

    /// Sets the stage for a pass with the columns and types that the whole inputs turned out to have; false if these are the ones that they had.
    fn learn(&mut self, passed: &mut Passed) -> Result<bool> {
        let relearned = relearned(&self.inputs, &passed.parts);
        let found = relearned.iter().any(Option::is_some);
        for ((input, part), format) in self.inputs.iter().zip(&mut passed.parts).zip(&relearned) {
            if let Some(format) = format {
                part.tallies = carried(&input.format, format, part);
            }
        }
        if found {
            self.begin_again(relearned)?;
            self.table = Table::plan_strictly(&self.inputs, self.options, self.steps)?;
        }
        let widened = passed.widened || found;
        let revised = self.table.revised(&self.inputs, &passed.parts, widened, self.options, self.steps)?;
        let Some(table) = revised else { return Ok(false) };
        self.table = table;
        if !found {
            self.begin_again(vec![None; self.inputs.len()])?;
        }
        Ok(true)
    }

    /// Takes the inputs from their start again.
    fn begin_again(&mut self, relearned: Vec<Option<AnyFormat>>) -> Result<()> {
        let options = self.options;
        let inputs = std::mem::take(&mut self.inputs).into_iter().zip(relearned);
        self.inputs = inputs.map(|(input, format)| input.again(format, options)).collect::<Result<_>>()?;
        Ok(())
    }

    /// Values to show for each column of the table, from the first input that has some.
    fn examples(&self) -> Result<Vec<Vec<String>>> {
        let found: Vec<Vec<Vec<String>>> = self.inputs.iter().map(Ready::examples).collect::<Result<_>>()?;
        let of = |name: &str| {
            let mut found = self.inputs.iter().zip(&found).filter_map(|(input, found)| {
                let index = input.column(name)?;
                Some(found[index].clone()).filter(|values| !values.is_empty())
            });
            found.next().unwrap_or_default()
        };
        let written = self.table.written();
        Ok(written.map(|(_, column)| column.map_or_else(Vec::new, |it| of(&it.source_name))).collect())
    }

    /// One pass over all inputs, in order.
    fn pass(
        &mut self,
        writer: Option<(&mut TableWriter, &RowGroupFactory)>,
        rejects: Option<&mut Rejects>,
        spill: &Arc<Spill>,
        digest: bool,
        on_bad_row: OnBadRow,
    ) -> std::result::Result<Passed, Ended> {
        let Some((writer, factory)) = writer else {
            return self.pass_into(None, None, rejects, spill, digest, on_bad_row);
        };
        // Rows that wait for others would make row groups of more rows than are asked for.
        if self.table.chain.keeps_rows() || self.options.write.row_group.most_rows().is_some() {
            return self.pass_into(Some((writer, factory)), None, rejects, spill, digest, on_bad_row);
        }
        // What is left of a shard's rows may be too little for a row group.
        let encode = |(_, rows): Job| gather::encode(rows, factory);
        with_crew(self.budget.workers() / 2, encode, |crew| {
            let gatherer = Gatherer::new(1, crew, spill);
            self.pass_into(Some((writer, factory)), Some(gatherer), rejects, spill, digest, on_bad_row)
        })
    }

    fn pass_into(
        &mut self,
        mut writer: Option<(&mut TableWriter, &RowGroupFactory)>,
        mut gatherer: Option<Gatherer<'_>>,
        mut rejects: Option<&mut Rejects>,
        spill: &Arc<Spill>,
        digest: bool,
        on_bad_row: OnBadRow,
    ) -> std::result::Result<Passed, Ended> {
        let chain = Arc::clone(&self.table.chain);
        let widening = AtomicBool::new(false);
        let known = self.inputs.iter().all(|input| input.size() > 0);
        self.observer.begin(if known { self.inputs.iter().map(Ready::size).sum() } else { 0 });
        let factories: Vec<&RowGroupFactory> = writer.iter().map(|(_, factory)| *factory).collect();
        let pass = Pass {
            factories: &factories,
            gather: if gatherer.is_some() { GATHER } else { 0 },
            chains: std::slice::from_ref(&chain),
            most_bad: match on_bad_row {
                OnBadRow::Fail => Some(0),
                OnBadRow::Reject(BadRowLimit::Rows(most)) => Some(most),
                OnBadRow::Reject(_) => None,
            },
            spill,
            max_rows: self.options.write.row_group.most_rows(),
            widening: &widening,
            observer: self.observer,
        };
        let maps: Vec<ColumnMap> =
            self.inputs.iter().map(|input| self.table.map(input, self.options)).collect();
        let mut passed = Passed {
            parts: Vec::new(),
            sources: Vec::new(),
            reparses: 0,
            timings: Timings::default(),
            written: Duration::ZERO,
            bad: 0,
            widened: false,
            steps: Vec::new(),
            failed: None,
        };
        let mut streams = self.take_streams();
        let mut first = 0;
        let mut ended = None;
        while first < self.inputs.len() {
            let mut parked = match self.inputs[first].unparked()? {
                Some(Opened::Stream(stream, head)) => Some((stream, head)),
                _ => None,
            };
            let files = streams[first..].iter().zip(&self.inputs[first..]);
            let count = files.take_while(|(stream, input)| stream.is_none() && !input.is_stream()).count();
            let mut outlet = Sorted {
                inputs: &self.inputs,
                first_part: first,
                tables: writer.as_mut().map_or(&mut [], |(writer, _)| std::slice::from_mut(&mut **writer)),
                gatherer: gatherer.take(),
                on_bad_row,
                places: None,
                rejects: rejects.as_deref_mut(),
                bad: &mut passed.bad,
                widening: &widening,
                written: &mut passed.written,
                refused: false,
                ended: &mut ended,
            };
            let run = match streams[first].as_mut().or(parked.as_mut()) {
                None => self
                    .run_files(&pass, &maps, first..first + count, digest, &mut outlet)
                    .map(|done| (self.digests(first..first + count, &done, digest), done)),
                Some(stream) => self
                    .run_stream(&pass, &maps[first], first, stream, &mut outlet)
                    .map(|(done, source)| (vec![source], done)),
            };
            gatherer = outlet.gatherer.take();
            let (source, done) = match run {
                Ok(run) => run,
                Err(error) => {
                    self.give_back(streams);
                    let Some(parts) = ended else { return Err(error.into()) };
                    passed.parts.extend(parts);
                    let rest = self.inputs[passed.parts.len()..].iter();
                    passed.parts.extend(rest.map(|input| PartDone::new(input.names.len())));
                    return Err(Ended::Bad(error, passed.parts));
                }
            };
            first += count.max(1);
            passed.parts.extend(done.parts);
            passed.sources.extend(source);
            passed.reparses += done.reparses;
            passed.timings.add(&done.timings);
            join_steps(&mut passed.steps, done.steps)?;
            if passed.failed.is_none() {
                passed.failed = done.failed;
            }
        }
        self.give_back(streams);
        passed.widened = widening.load(Ordering::Relaxed);
        if let (Some(gatherer), false, Some((writer, _))) = (gatherer, passed.widened, writer) {
            gatherer.finish(std::slice::from_mut(writer))?;
        }
        Ok(passed)
    }

    /// Puts the streams back where they were taken from.
    fn give_back(&mut self, streams: Vec<Option<(Box<Stream>, Vec<u8>)>>) {
        for (input, stream) in self.inputs.iter_mut().zip(streams) {
            if let Some((stream, head)) = stream {
                input.source = Opened::Stream(stream, head);
            }
        }
    }

    /// The inputs that come from front to back, taken out so that they can be read while the rest of the input is looked at.
    fn take_streams(&mut self) -> Vec<Option<(Box<Stream>, Vec<u8>)>> {
        let taken = |input: &mut Ready| match std::mem::replace(&mut input.source, Opened::Taken) {
            Opened::Stream(stream, head) => Some((stream, head)),
            other => {
                input.source = other;
                None
            }
        };
        self.inputs.iter_mut().map(taken).collect()
    }

    /// Mapped inputs, all shards in one queue: many small files keep every core busy.
    fn run_files(
        &self,
        pass: &Pass<'_>,
        maps: &[ColumnMap],
        range: std::ops::Range<usize>,
        digest: bool,
        outlet: &mut Sorted<'_, '_>,
    ) -> Result<PassDone> {
        let mut parts: Vec<Part<'_, AnyFormat>> = Vec::with_capacity(range.len());
        for index in range.clone() {
            let input = &self.inputs[index];
            if let Opened::Mapped(file) = &input.source {
                parts.push(mapped_part(input, file, &maps[index], self.options, digest));
            }
        }
        let pins = Pins::new(self.options.run.pin, self.budget.workers());
        run_mapped(pass, &parts, self.budget.workers(), self.budget.shards(), &pins, outlet)
    }

    fn run_stream(
        &self,
        pass: &Pass<'_>,
        map: &ColumnMap,
        index: usize,
        stream: &mut (Box<Stream>, Vec<u8>),
        outlet: &mut Sorted<'_, '_>,
    ) -> Result<(PassDone, Source)> {
        run_stream_part(pass, map, &self.inputs[index], stream, &self.budget, self.options, outlet)
    }

    /// The checksums of mapped inputs, if they were made.
    fn digests(&self, range: std::ops::Range<usize>, done: &PassDone, made: bool) -> Vec<Source> {
        if !made {
            return vec![Source::default(); range.len()];
        }
        self.inputs[range].iter().zip(&done.parts).map(|(input, part)| mapped_source(input, part)).collect()
    }

    /// Whether no more was rejected than is allowed, now that all records are counted.
    fn check_share(&self, passed: &Passed) -> Result<()> {
        let records: u64 = passed.parts.iter().map(|part| part.records).sum();
        let OnBadRow::Reject(BadRowLimit::Percent(most)) = self.options.table.on_bad_row else {
            return Ok(());
        };
        if passed.bad as f64 * 100.0 <= most * records as f64 {
            return Ok(());
        }
        Err(too_many(format!("expected at most {most}%, found {} of {records}", passed.bad)))
    }

    fn timings(&self, passed: &Passed, writing: Duration) -> TimingsReport {
        TimingsReport {
            plan: self.planned.as_secs_f64(),
            read: passed.timings.read.as_secs_f64(),
            cut: passed.timings.cut.as_secs_f64(),
            parse: passed.timings.parse.as_secs_f64(),
            encode: passed.timings.encode.as_secs_f64(),
            write: (passed.written + writing).as_secs_f64(),
        }
    }
}

/// The warning that cases without events were left out, if there were any.
fn cases_left_out(count: usize) -> Option<Warning> {
    let what = format!("{count} cases without events are left out, because rows are chosen by --where");
    (count > 0).then(|| Warning::new(WarningCode::CasesLeftOut, what).counted(count as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::output::Replace;
    use crate::model::zone::ZoneRule;

    #[test]
    fn a_clock_time_of_which_there_are_two_is_a_bad_row() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in.csv");
        std::fs::write(&input, "a,b\nx,2024-10-27 02:30:00\ny,2024-10-28 02:30:00\n").unwrap();
        let target = OutputPlace { path: folder.path().join("out.parquet"), replace: Replace::Never };
        let mut options = Options::default();
        options.table.values.zone = ZoneRule::parse("Europe/Berlin").unwrap();
        let run = |options: &Options| {
            convert(&[Input::Path(input.clone())], &target, options, &Observer::default())
        };
        assert_eq!(run(&options).unwrap_err().code(), Code::LocalTime);
        options.table.on_bad_row = OnBadRow::Reject(BadRowLimit::None);
        let report = run(&options).unwrap();
        assert_eq!((report.rows, report.bad_rows, report.restarts), (1, 1, 1));
        assert_eq!(report.columns[1].column_type, "timestamp[us, UTC]");
    }
}
