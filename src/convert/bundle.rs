//! An object-centric log to a folder of tables, the OCEL bundle 1.0: one pass, or more if the log turns out to say something else of its types than was known.
//!
//! ```text
//! plan.rs     types of all columns of all tables
//! meta.rs     ocel-meta.json: what the folder holds
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::budget::{Budget, Ration};
use crate::convert::gatherer::{GATHER, Gatherer, Job};
use crate::convert::idle;
use crate::convert::outlet::{Rejects, Sorted};
use crate::convert::own_output::refuse_own_output;
use crate::convert::part::{mapped_part, mapped_source, run_stream_part};
use crate::convert::passed::carried;
use crate::encode::gather;
use crate::encode::layout::properties_among;
use crate::encode::output::{OutputFile, Replace};
use crate::encode::output_folder::{OutputFolder, check_folder};
use crate::encode::page_store::Spill;
use crate::encode::parquet::TableWriter;
use crate::encode::row_group::RowGroupFactory;
use crate::error::{Code, Error, Result};
use crate::mmap::{Input, MappedFile};
use crate::model::ocel::META;
use crate::model::ocel::OcelContent;
use crate::model::references::{Findings, MOST};
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::options::{BadRowLimit, OnBadRow, Options};
use crate::plan::bundle::Plan;
use crate::plan::table::codec;
use crate::report::{Report, Source, TableReport, TimingsReport, input_report};
use crate::shard::column_map::ColumnMap;
use crate::shard::columns::{Columns, Pass};
use crate::shard::crew::with_crew;
use crate::shard::each::each;
use crate::shard::merge::{PartDone, PassDone, run_mapped};
use crate::shard::pin::Pins;
use crate::shard::tasks::run_tasks;
use crate::source::input::{Opened, Ready};
use crate::source::sqlite::{Database, Places};
use crate::source::typed_input::checksum_of;
use crate::step::Steps;
use crate::target::OutputPlace;
use crate::target::manifest::{checksum, manifest};
use crate::text::TextSlice;
use crate::text::any::AnyFormat;
use crate::text::ocel::{Ocel, OcelSyntax};
use crate::validate::checked;

/// Tables beyond which a system may not let them all be open at once.
const MANY: usize = 200;

/// Passes beyond the first at most: one for declarations that were not known, one for types of columns.
const RESTARTS: u64 = 2;

/// What a pass came to.
struct Passed {
    done: PassDone,
    source: Source,
    widened: bool,
    bad: u64,
    written: Duration,
    /// What is double or leads nowhere; `None` if it was too much to tell.
    found: Option<Findings>,
}

/// Where the rows of a pass go; nowhere, if it is only to tell of what types they are.
#[derive(Default)]
struct Tables {
    folder: Option<OutputFolder>,
    writers: Vec<TableWriter>,
    factories: Vec<RowGroupFactory>,
}

/// What all passes came to.
struct Settled {
    input: Ready,
    plan: Plan,
    passed: Passed,
    tables: Tables,
    report: Report,
}

/// Converts an object-centric log to a bundle in the folder `target`.
///
/// # Errors
/// Whatever is wrong with input, options or output. Then no folder has appeared, and an old one is as it was.
pub fn convert(
    input: &Input,
    target: &OutputPlace,
    options: &Options,
    observer: &Observer,
) -> Result<Report> {
    convert_through(&Steps::default(), input, target, options, observer)
}

/// The same, where the rows of all tables also pass these steps.
///
/// # Errors
/// As [`convert`], and what the steps refuse.
pub fn convert_through(
    steps: &Steps,
    input: &Input,
    target: &OutputPlace,
    options: &Options,
    observer: &Observer,
) -> Result<Report> {
    let start = Instant::now();
    check_options(options)?;
    check_folder(&target.path, target.replace, META)?;
    let mut rejects = match options.table.on_bad_row {
        OnBadRow::Fail => None,
        OnBadRow::Reject(_) => Some(Rejects::new(&target.path, target.replace)?),
    };
    let input = opened(input, options, observer)?;
    refuse_own_output(std::slice::from_ref(&input), target)?;
    let mut open = |plan: &Plan, spill: &Arc<Spill>| open_tables(plan, spill, target, options);
    let settled = settle(input, options, steps, observer, start, rejects.as_mut(), &mut open)?;
    let Settled { input, plan, passed, tables, mut report } = settled;
    let folder =
        tables.folder.ok_or_else(|| Error::new(Code::Internal, "there is no folder for the tables"))?;
    let writing = Instant::now();
    report.tables = finish(tables.writers, &plan, target, report.workers)?;
    report.row_groups = report.tables.iter().map(|table| table.row_groups).sum();
    report.output_bytes = report.tables.iter().map(|table| table.bytes).sum();
    note_references(&mut report, passed.found);
    input.unchanged()?;
    let text = manifest(&plan, &report, log_of(&input)?, &passed.done.parts[0]);
    let manifest = OutputFile::create(&folder.place(META)?, Replace::Never)?;
    std::io::Write::write_all(&mut &manifest, text.as_bytes())
        .map_err(|error| Error::io(Code::OutputWrite, &target.path, &error))?;
    manifest.commit_unsynced()?;
    report.output_bytes += text.len() as u64;
    if let Some(rejects) = &mut rejects {
        rejects.sync()?;
    }
    folder.commit()?;
    report.rejects = rejects.map(Rejects::commit).transpose()?.flatten();
    report.output = Some(target.path.clone());
    report.timings.write = (passed.written + writing.elapsed()).as_secs_f64();
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}

/// Opens a log; if it has to be as the standard says, then only once it was held against it.
fn opened(input: &Input, options: &Options, observer: &Observer) -> Result<Ready> {
    let mut ready = Ready::open(input, options, observer)?;
    // A document type that is refused takes the declarations with it, as one bad record up to the first that is none: who wants bad records aside wants what stands behind it.
    if let (AnyFormat::Ocel(log), OnBadRow::Reject(_)) = (&mut ready.format, options.table.on_bad_row) {
        *log = log.clone().past_doctype();
    }
    if options.read.strict { checked(ready, options, observer) } else { Ok(ready) }
}

/// An error for what can be asked of a table and not of a folder of them.
fn check_options(options: &Options) -> Result<()> {
    let asked = [
        (!options.table.declared.is_empty(), "--schema"),
        (!options.table.select.is_empty(), "--select"),
        (!options.table.exclude.is_empty(), "--exclude"),
        (options.table.condition.is_some(), "--where"),
        (options.table.values.all_text, "--all-text"),
        (options.write.tables, "--tables"),
    ];
    match asked.iter().find(|(asked, _)| *asked) {
        Some((_, flag)) => Err(Error::new(Code::Usage, format!("{flag} is not for object-centric logs"))
            .help("leave it out; the log declares the types of its tables")),
        None => Ok(()),
    }
}

/// Finds the tables of an object-centric log and the types of their columns: a pass that writes nothing.
///
/// # Errors
/// Whatever is wrong with input or options.
pub fn survey(input: &Input, options: &Options, observer: &Observer) -> Result<Report> {
    let start = Instant::now();
    check_options(options)?;
    let options = options.clone().with_bad_rows_aside();
    let ready = opened(input, &options, observer)?;
    let beginning = match &ready.source {
        Opened::Stream(_, head) => Some((head.clone(), ready.source.is_whole())),
        Opened::Mapped(_) | Opened::Taken | Opened::Parked(..) => None,
    };
    let mut nowhere = |_: &Plan, _: &Arc<Spill>| Ok(Tables::default());
    let Settled { input, plan, mut passed, mut report, .. } =
        settle(ready, &options, &Steps::default(), observer, start, None, &mut nowhere)?;
    let part = &mut passed.done.parts[0];
    note_references(&mut report, passed.found);
    report.columns = plan.columns(&input, &part.tallies);
    report.show_examples(match &beginning {
        Some((bytes, last)) => input.examples_in(TextSlice { bytes, base: 0, last: *last })?,
        None => input.examples()?,
    });
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}

/// What a conversion would do, from a sample alone.
///
/// # Errors
/// Whatever is wrong with input or options.
pub fn preview(input: &Input, options: &Options, observer: &Observer) -> Result<Report> {
    let input = opened(input, options, observer)?;
    let budget = Budget::new(options.run.memory_limit, options.run.threads)?;
    let plan = Plan::of_sample(&input, log_of(&input)?);
    let part = PartDone::new(input.names.len());
    let mut report = report_of(&input, &plan, &part, Source::default(), &budget);
    // What is declared and not used only the whole log tells.
    report.warnings = input.warnings.iter().map(|it| it.clone().in_input(&input.input)).collect();
    report.warnings.extend(idle::warnings([input.format.name()], &options.given));
    report.input_bytes = input.size();
    report.inputs[0].bytes = input.size();
    report.columns = plan.columns(&input, &part.tallies);
    report.show_examples(input.examples()?);
    Ok(report)
}

/// The tables of a bundle in a folder that is still to appear.
fn open_tables(plan: &Plan, spill: &Arc<Spill>, target: &OutputPlace, options: &Options) -> Result<Tables> {
    let folder = OutputFolder::create(&target.path, target.replace, META)?;
    let mut tables = Tables::default();
    for table in 0..plan.shape.tables() {
        let layouts = plan.layouts(table);
        let properties = properties_among(plan.shape.tables(), &layouts, codec(options.write.compression)?);
        let place = folder.place(&plan.shape.file(table))?;
        let schema = plan.chains[table].output.arrow();
        let created = TableWriter::create(&place, Replace::Never, schema, properties, Arc::clone(spill));
        let (writer, factory) = created.map_err(|error| match table {
            ..MANY => error,
            _ => error.help("each type has files of its own, all open at once: ulimit -n may allow more"),
        })?;
        tables.writers.push(writer);
        tables.factories.push(factory);
    }
    tables.folder = Some(folder);
    Ok(tables)
}

/// Makes passes until the types are those that all values have. `open` gives each of them its tables.
fn settle(
    mut input: Ready,
    options: &Options,
    steps: &Steps,
    observer: &Observer,
    start: Instant,
    mut rejects: Option<&mut Rejects>,
    open: &mut dyn FnMut(&Plan, &Arc<Spill>) -> Result<Tables>,
) -> Result<Settled> {
    let budget = Budget::new(options.run.memory_limit, options.run.threads)?;
    let database = input.database.take();
    let mut plan = Plan::of_sample(&input, log_of(&input)?);
    plan.bind(steps)?;
    let planned = start.elapsed();
    let ration = Arc::new(Ration::new(budget.page_bytes()));
    let (mut restarts, mut reparses, mut first) = (0, 0, None);
    loop {
        let spill = Arc::new(Spill::new(Arc::clone(&ration), options.run.temp_dir.clone()));
        let mut tables = open(&plan, &spill)?;
        let run = Run {
            input: &mut input,
            plan: &plan,
            options,
            observer,
            budget: &budget,
            spill: &spill,
            database: database.as_ref(),
        };
        let mut passed =
            run.pass(&mut tables.writers, &tables.factories, rejects.as_deref_mut(), restarts == 0)?;
        reparses += passed.done.reparses;
        let source = *first.get_or_insert(passed.source);
        if restarts < RESTARTS && !plan.is_final {
            let (again, next) = learn(input, &plan, &mut passed, options)?;
            input = again;
            if let Some(mut next) = next {
                next.bind(steps)?;
                plan = next;
                restarts += 1;
                if let Some(rejects) = &mut rejects {
                    rejects.restart();
                }
                continue;
            }
        }
        if let Some(error) = plan.refused.take().or(passed.done.failed.take()) {
            return Err(error);
        }
        if passed.widened {
            return Err(Error::new(Code::Internal, "a value did not fit the type that all values have"));
        }
        check_share(&passed, options)?;
        let mut report = report_of(&input, &plan, &passed.done.parts[0], source, &budget);
        report.warnings.extend(idle::warnings([input.format.name()], &options.given));
        report.refuse_doubts(options.table.strict_types)?;
        report.restarts = restarts;
        report.reparses = reparses;
        report.spilled_bytes = spill.spilled();
        let timings = &passed.done.timings;
        report.timings = TimingsReport {
            plan: planned.as_secs_f64(),
            read: timings.read.as_secs_f64(),
            cut: timings.cut.as_secs_f64(),
            parse: timings.parse.as_secs_f64(),
            encode: timings.encode.as_secs_f64(),
            write: 0.0,
        };
        return Ok(Settled { input, plan, passed, tables, report });
    }
}

/// Ends the tables and puts them in their places, several at once: each has a checksum to be made and a disk to wait for.
fn finish(
    writers: Vec<TableWriter>,
    plan: &Plan,
    target: &OutputPlace,
    workers: usize,
) -> Result<Vec<TableReport>> {
    // They mostly wait for the disk.
    each((workers * 4).min(16), writers, |table, writer| {
        let file = plan.shape.file(table);
        let (rows, row_groups) = (writer.rows(), writer.row_groups());
        let finished = writer.finish(plan.metadata(table))?;
        let blake3 = checksum(finished.file()).map_err(|error| error.in_file(&target.path))?;
        let bytes = finished.bytes()?;
        finished.commit_unsynced()?;
        Ok(TableReport { file, rows, row_groups, bytes, blake3 })
    })
}

/// The warning with the name of the only input, which it is about.
fn in_only(report: &Report, warning: Warning) -> Warning {
    report.inputs.iter().fold(warning, |warning, input| warning.in_input(&input.name))
}

/// Puts what is double or leads nowhere in the report.
fn note_references(report: &mut Report, found: Option<Findings>) {
    match found {
        Some(found) => {
            let odd = |what| in_only(report, Warning::new(WarningCode::References, what));
            let found: Vec<Warning> = found.sentences().map(odd).collect();
            report.warnings.extend(found);
        }
        None => {
            let what = format!(
                "identifiers of one stretch of the log are over {MOST}: not looked at for doubles and for references that lead nowhere"
            );
            let warning = in_only(report, Warning::new(WarningCode::References, what));
            report.warnings.push(warning);
        }
    }
    report.references = found;
}

/// The log that an input is.
fn log_of(input: &Ready) -> Result<&Ocel> {
    match &input.format {
        AnyFormat::Ocel(ocel) => Ok(ocel),
        other => Err(Error::new(
            Code::UnknownFormat,
            format!("expected an object-centric log, found {}", other.name()),
        )
        .in_file(input.path().unwrap_or("<stdin>".as_ref()))
        .help("end -o with a file name, such as log.parquet")),
    }
}

/// The input and the plan for another pass, with what the whole log says of its types; no plan if that is what was known.
fn learn(input: Ready, plan: &Plan, passed: &mut Passed, options: &Options) -> Result<(Ready, Option<Plan>)> {
    let part = &mut passed.done.parts[0];
    let before = log_of(&input)?.clone();
    if let Some(after) = before.relearned(&part.learned) {
        let after = AnyFormat::Ocel(after);
        part.tallies = carried(&input.format, &after, part);
        let input = input.again(Some(after), options)?;
        let after = log_of(&input)?;
        let next = match after.declared == before.declared {
            true => Plan::of_values(&input, after, &part.tallies),
            // Values were read as what they look like, and now there is a word for what they are.
            false => Plan::of_sample(&input, after),
        };
        return Ok((input, Some(next)));
    }
    let next = Plan::of_values(&input, &before, &part.tallies);
    if !passed.widened && next.types() == plan.types() {
        return Ok((input, None));
    }
    Ok((input.again(None, options)?, Some(next)))
}

/// Whether no more was rejected than is allowed, now that all records are counted.
fn check_share(passed: &Passed, options: &Options) -> Result<()> {
    let records: u64 = passed.done.parts.iter().map(|part| part.records).sum();
    let OnBadRow::Reject(BadRowLimit::Percent(most)) = options.table.on_bad_row else { return Ok(()) };
    if passed.bad as f64 * 100.0 <= most * records as f64 {
        return Ok(());
    }
    Err(super::outlet::too_many(format!("expected at most {most}%, found {} of {records}", passed.bad)))
}

/// One pass.
struct Run<'r> {
    input: &'r mut Ready,
    plan: &'r Plan,
    options: &'r Options,
    observer: &'r Observer,
    budget: &'r Budget,
    spill: &'r Arc<Spill>,
    /// The database that the input is, if it is one.
    database: Option<&'r Database>,
}

impl Run<'_> {
    fn pass(
        self,
        writers: &mut [TableWriter],
        factories: &[RowGroupFactory],
        rejects: Option<&mut Rejects>,
        digest: bool,
    ) -> Result<Passed> {
        let Self { input, plan, options, observer, budget, spill, database } = self;
        let widening = AtomicBool::new(false);
        observer.begin(input.size());
        let shared: Vec<&RowGroupFactory> = factories.iter().collect();
        let pass = Pass {
            factories: &shared,
            gather: GATHER,
            chains: &plan.chains,
            most_bad: match options.table.on_bad_row {
                OnBadRow::Fail => Some(0),
                OnBadRow::Reject(BadRowLimit::Rows(most)) => Some(most),
                OnBadRow::Reject(_) => None,
            },
            spill,
            max_rows: options.write.row_group.most_rows(),
            widening: &widening,
            observer,
        };
        let map = plan.map(input, options);
        let (mut bad, mut written, mut ended) = (0, Duration::ZERO, None);
        let mut taken = match std::mem::replace(&mut input.source, Opened::Taken) {
            Opened::Stream(stream, head) => Some((stream, head)),
            other => {
                input.source = other;
                None
            }
        };
        // About half of the work is theirs, and each holds a few MiB. With one worker the merger does it.
        let encode = |(table, rows): Job| gather::encode(rows, &factories[table]);
        let (run, found) = with_crew(budget.workers() / 2, encode, |crew| {
            let mut outlet = Sorted {
                inputs: std::slice::from_ref(input),
                first_part: 0,
                tables: &mut *writers,
                gatherer: Some(Gatherer::new(factories.len(), crew, spill)),
                on_bad_row: options.table.on_bad_row,
                places: database.map(Places::new),
                rejects,
                bad: &mut bad,
                widening: &widening,
                written: &mut written,
                refused: false,
                ended: &mut ended,
            };
            let mut run = match (&mut taken, &input.source) {
                (None, Opened::Mapped(file)) if log_of(input)?.syntax == OcelSyntax::Sqlite => database
                    .map_or_else(
                        || Err(Error::new(Code::Internal, "no database is open")),
                        |database| run_database(&pass, &map, database, file, budget, digest, &mut outlet),
                    ),
                (Some(stream), _) => {
                    run_stream_part(&pass, &map, input, stream, budget, options, &mut outlet)
                }
                (None, Opened::Mapped(file)) => {
                    let part = mapped_part(input, file, &map, options, digest);
                    let pins = Pins::new(options.run.pin, budget.workers());
                    run_mapped(&pass, &[part], budget.workers(), budget.shards(), &pins, &mut outlet)
                        .map(|done| (mapped_source(input, &done.parts[0]), done))
                        .map(|(source, done)| (done, source))
                }
                _ => Err(Error::new(Code::Internal, "the input is not open")),
            };
            let Ok((done, _)) = &mut run else { return Ok((run, Ok(None))) };
            if widening.load(Ordering::Relaxed) {
                return Ok((run, Ok(None)));
            }
            // All is known by now that relations are held against; the last rows are encoded meanwhile.
            let references = std::mem::take(&mut done.references);
            let (found, finished) = std::thread::scope(|scope| {
                let found = scope.spawn(|| references.findings());
                let finished = outlet.finish();
                (found.join(), finished)
            });
            let failed = |_| Error::new(Code::Internal, "relations were not held against what the log has");
            let found = found.map_err(failed).flatten();
            Ok::<_, Error>((run, finished.and(found)))
        })?;
        if let Some((stream, head)) = taken {
            input.source = Opened::Stream(stream, head);
        }
        let (done, source) = run?;
        let widened = widening.load(Ordering::Relaxed);
        Ok(Passed { done, source, widened, bad, written, found: found? })
    }
}

/// Runs all questions to a database, its checksum made beside them.
fn run_database(
    pass: &Pass<'_>,
    map: &ColumnMap,
    database: &Database,
    file: &MappedFile,
    budget: &Budget,
    digest: bool,
    outlet: &mut Sorted<'_, '_>,
) -> Result<(PassDone, Source)> {
    std::thread::scope(|scope| {
        let hashed = digest.then(|| scope.spawn(|| checksum_of(file)));
        let work = |task: usize| {
            let mut columns = Columns::new(pass, map, None, 0, None);
            columns.keep_raw = true;
            let records = database.run(task, &mut columns, pass.observer)?;
            Ok((records, columns.finish()?.0))
        };
        let pins = Pins::default();
        let mut done = run_tasks(
            pass,
            map.read.len(),
            database.tasks(),
            budget.workers(),
            budget.shards(),
            &pins,
            &work,
            outlet,
        )?;
        if let (Some(note), Some(part)) = (database.take_note(), done.parts.first_mut()) {
            part.learned.note(note);
        }
        let blake3 = match hashed.map(|hashed| hashed.join()) {
            Some(Ok(hash)) => hash?,
            Some(Err(_)) => return Err(Error::new(Code::Worker, "the checksum was not made")),
            None => [0; 32],
        };
        Ok((done, Source { blake3, bytes: file.len() as u64 }))
    })
}

/// What there is to say about a run, before its tables are finished.
fn report_of(input: &Ready, plan: &Plan, part: &PartDone, source: Source, budget: &Budget) -> Report {
    let mut report = Report { workers: budget.workers(), ..Report::default() };
    report.records = part.records;
    report.bad_rows = part.bad;
    report.filtered_rows = part.filtered;
    report.input_bytes = source.bytes;
    let found = input.warnings.iter().cloned().chain(input.format.warnings(&part.learned));
    report.warnings.extend(found.map(|warning| warning.in_input(&input.input)));
    report.warnings.extend(plan.warnings(&part.tallies).into_iter().map(|it| it.in_input(&input.input)));
    report.rows = (0..plan.shape.tables())
        .filter(|table| matches!(plan.shape.holds(*table), OcelContent::Events(_) | OcelContent::Objects(_)))
        .map(|table| part.table_rows.get(table).copied().unwrap_or_default())
        .sum();
    let mut shown = input_report(input, part, source);
    shown.rows = report.rows;
    report.inputs.push(shown);
    report
}
