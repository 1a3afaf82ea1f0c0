//! Statistics of an object-centric log: a run whose rows go nowhere, or a look at the tables of a bundle.

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::FieldRef;

use crate::budget::Budget;
use crate::convert::conversion::convert;
use crate::convert::object_log::refuse_options;
use crate::convert::typed_files::are_typed;
use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::model::catalog::{TableColumn, TableSchema};
use crate::model::ocel::OcelSide;
use crate::observer::{Observer, Phase};
use crate::options::Options;
use crate::process::objects::{ObjectFigures, ObjectStep, ObjectTypes};
use crate::report::{InputReport, Report};
use crate::shard::each::each;
use crate::source::look;
use crate::step::{Step, Steps};
use crate::target::findings::ObjectFindings;
use crate::target::ocel::{Bundle, BundleTable, is_bundle};

/// Whether inputs are an object-centric log, or a bundle that one became.
///
/// # Errors
/// If they can't be opened; [`Code::Usage`] for a log of many tables beside other inputs.
pub fn are_objects(inputs: &[Input], options: &Options, observer: &Observer) -> Result<bool> {
    if let [only] = inputs
        && only.path().is_some_and(is_bundle)
    {
        return Ok(true);
    }
    Ok(!inputs.is_empty()
        && !are_typed(inputs, options, observer)?
        && look::object_centric(inputs, options, observer)?.is_some())
}

/// What an object-centric log, or the bundle that one became, says about its process: what follows what for each
/// type of objects, events and objects by type.
///
/// # Errors
/// What is wrong with the log; [`Code::Usage`] for an input that is no object-centric log.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.jsonocel");
/// # std::fs::write(&path, r#"{"objectTypes": [{"name": "order", "attributes": []}],
/// #   "eventTypes": [{"name": "place", "attributes": []}, {"name": "pay", "attributes": []}],
/// #   "objects": [{"id": "o1", "type": "order"}],
/// #   "events": [
/// #     {"id": "e1", "type": "place", "time": "2024-05-01T00:00:00Z", "relationships": [{"objectId": "o1", "qualifier": ""}]},
/// #     {"id": "e2", "type": "pay", "time": "2024-05-02T00:00:00Z", "relationships": [{"objectId": "o1", "qualifier": ""}]}
/// #   ]}"#).unwrap();
/// let figures = logflow::object_stats(path.as_path())?;
/// let edge = &figures.edges[0];
/// assert_eq!((figures.activity(edge.from), figures.activity(edge.to)), ("place", "pay"));
/// assert_eq!((figures.object_type(edge.object_type), edge.event_couples.count), ("order", 1));
/// assert_eq!(edge.event_couples.median, Some(86_400.0));
/// # Ok(())
/// # }
/// ```
pub fn object_stats(input: impl Into<Input>) -> Result<ObjectFigures> {
    let (input, options, observer) = (input.into().replayable(), Options::default(), Observer::default());
    if !are_objects(std::slice::from_ref(&input), &options, &observer)? {
        return Err(Error::new(Code::Usage, format!("expected an object-centric log, found {input}"))
            .help("stats is for logs with cases"));
    }
    object_stats_of(&input, false, &options, &observer).map(|(_, figures)| figures)
}

/// The same with options, and the report of the run. `rows`: a row for each object is asked for.
///
/// # Errors
/// As [`object_stats`], and what is wrong with options.
pub fn object_stats_of(
    input: &Input,
    rows: bool,
    options: &Options,
    observer: &Observer,
) -> Result<(Report, ObjectFigures)> {
    let step = ObjectStep::new(&options.run, rows, observer);
    let (report, types) = match input.path().filter(|path| is_bundle(path)) {
        Some(folder) => of_bundle(folder, &step, options, observer)?,
        None => {
            let mut target = ObjectFindings::default();
            let steps = Steps(vec![Arc::new(step.clone())]);
            let report = convert(std::slice::from_ref(input), &steps, &mut target, options, observer)?;
            let manifest = target.manifest.ok_or_else(|| {
                Error::new(Code::Internal, "an object-centric log has no list of its types")
            })?;
            (report, ObjectTypes::of_manifest(&manifest))
        }
    };
    observer.enter(Phase::Finishing);
    let figures = step.figures(&types)?;
    Ok((report, figures))
}

/// Has the tables of a bundle pass the step.
fn of_bundle(
    folder: &Path,
    step: &ObjectStep,
    options: &Options,
    observer: &Observer,
) -> Result<(Report, ObjectTypes)> {
    refuse_options(options)?;
    observer.enter(Phase::Pass(1));
    let bundle = Bundle::open(folder)?;
    let mut tables: Vec<(String, BundleTable, &[&str])> = vec![
        (
            ObjectStep::RELATIONS.to_owned(),
            BundleTable::Relations(OcelSide::Event),
            &["ocel_event_id", "ocel_object_id"],
        ),
        (
            ObjectStep::OBJECT_RELATIONS.to_owned(),
            BundleTable::Relations(OcelSide::Object),
            &["ocel_source_id"],
        ),
    ];
    let mut types = ObjectTypes::default();
    let sides: [(_, &str, &[&str], _); 2] = [
        (OcelSide::Event, ObjectStep::EVENTS, &["ocel_id", "ocel_time"], &mut types.events),
        (OcelSide::Object, ObjectStep::OBJECTS, &["ocel_id"], &mut types.objects),
    ];
    for (side, place, columns, types) in sides {
        for (at, of) in bundle.types(side).iter().enumerate() {
            let table = format!("{place}{at}");
            types.push((table.clone(), of.name.clone()));
            tables.push((table, BundleTable::Entities(side, at), columns));
        }
    }
    let workers = Budget::new(options.run.memory_limit, options.run.threads)?.workers();
    each(workers, tables, |_, (name, table, columns)| {
        pass(&name, bundle.columns(table, columns)?, step, observer)
    })?;
    let mut report = Report { warnings: bundle.warnings.clone(), workers, ..Report::default() };
    report.inputs.push(InputReport::typed(folder.display().to_string(), "bundle"));
    Ok((report, types))
}

/// Has the rows of one table pass the step.
fn pass(
    name: &str,
    batches: impl Iterator<Item = Result<RecordBatch>>,
    step: &ObjectStep,
    observer: &Observer,
) -> Result<()> {
    let mut worker = None;
    for batch in batches {
        observer.check()?;
        let batch = batch?;
        let worker = match &mut worker {
            Some(worker) => worker,
            none => {
                let column = |field: &FieldRef| TableColumn {
                    field: Arc::clone(field),
                    roles: Vec::new(),
                    source: None,
                };
                let columns = batch.schema().fields().iter().map(column).collect();
                let table = TableSchema::new(Some(name.into()), columns);
                let bound = step.bind(&table)?;
                let bound =
                    bound.ok_or_else(|| Error::new(Code::Internal, "a table of a bundle is of no use"))?;
                none.insert((bound.start)())
            }
        };
        worker.batch(batch)?;
    }
    match worker.map(|worker| worker.finish()).transpose()?.flatten() {
        Some(mut found) => found.conclude(),
        None => Ok(()),
    }
}
