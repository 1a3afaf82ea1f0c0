//! One output and how it is made: which target belongs to its name and to what its inputs are.

use std::borrow::Cow;
use std::path::Path;

use tempfile::TempDir;

use crate::convert::Convert;
use crate::encode::output::{Replace, check_place};
use crate::error::{Code, Error, Result};
use crate::jobs::choice::OutputChoice;
use crate::jobs::outputs::{ConvertJob, OutputKind};
use crate::jobs::stand_in::StandIn;
use crate::jobs::written::Written;
use crate::jobs::{flat_table, flatten, ocel, xes};
use crate::mmap::Input;
use crate::model::ocel::META;
use crate::model::partition::keys_of;
use crate::observer::Observer;
use crate::options::{InputFormat, Options};
use crate::report::Report;
use crate::source::look::{is_object_centric, is_object_centric_head, looked_at};
use crate::target::bundle::BundleFolder;
use crate::target::ocel::OcelForm;
use crate::target::ocel_log::OcelOutput;
use crate::target::parquet::ParquetFile;
use crate::target::xes::is_xes;
use crate::target::xlsx::{XlsxFile, is_xlsx};
use crate::target::{OutputPlace, temporary_folder};
use crate::text::row::FormatRow;

/// A job, what its inputs are, and whether a folder of tables becomes of it.
#[derive(Debug, Clone)]
pub struct ConvertTask {
    /// The inputs and the output.
    pub job: ConvertJob,
    /// What the inputs are.
    pub kind: OutputKind,
    /// Whether the output is a folder of tables.
    pub is_folder: bool,
    /// What is read in place of inputs, if something is.
    pub stand_ins: Vec<StandIn>,
    /// The sheet of a workbook that is read, where each has an output of its own.
    pub sheet: Option<String>,
}

impl ConvertTask {
    /// The options with the sheet of the task, if it has one.
    fn of_sheet<'o>(&self, options: Cow<'o, Options>) -> Cow<'o, Options> {
        let Some(sheet) = &self.sheet else { return options };
        let mut options = options.into_owned();
        options.read.sheet = Some(sheet.clone());
        Cow::Owned(options)
    }

    /// The job with the inputs that the user named.
    pub fn shown(&self) -> ConvertJob {
        let shown = |input: &Input| {
            let stand_in = self.stand_ins.iter().find(|it| it.made == *input);
            stand_in.map_or(input, |it| &it.input).clone()
        };
        ConvertJob { inputs: self.job.inputs.iter().map(shown).collect(), output: self.job.output.clone() }
    }

    /// An error as one about what the user named.
    pub fn told(&self, error: Error) -> Error {
        self.stand_ins.iter().fold(error, |error, it| it.error(error))
    }

    /// Writes the output.
    ///
    /// # Errors
    /// What is wrong with inputs or output. Then no output has appeared.
    pub fn write(&self, choice: &OutputChoice, options: &Options, observer: &Observer) -> Result<Written> {
        let (job, replace) = (&self.job, choice.replace);
        let options = &*self.of_sheet(within_keys(&job.output, options)?);
        if self.kind == OutputKind::FlatTable {
            let temp = temporary_folder(options)?;
            let log = flat_table::write(&job.inputs[0], options, &temp, observer)?;
            let stand_ins = StandIn::pairs(&job.inputs, std::slice::from_ref(&log));
            let job = ConvertJob { inputs: vec![log], output: job.output.clone() };
            let task = ConvertTask {
                job,
                kind: OutputKind::ObjectCentric,
                is_folder: self.is_folder,
                stand_ins,
                sheet: None,
            };
            let written = task.write(choice, &of_flat(options.clone()), observer);
            let mut written = written.map_err(|error| task.told(error))?;
            written.rename(&task.stand_ins);
            return Ok(written);
        }
        let target = OutputPlace { path: job.output.clone(), replace };
        let conversion = Convert::all(job.inputs.clone()).options(options.clone());
        if self.kind == OutputKind::EventLog {
            return Ok(match is_xes(&job.output) {
                true => Written::Log(xes::write(job, replace, &choice.beside, options, observer)?),
                false if is_xlsx(&job.output) => {
                    let mut file = XlsxFile::new(target);
                    Written::Table(Box::new(choice.beside.run(conversion, &mut file, observer)?))
                }
                false => {
                    let mut file = ParquetFile::new(target);
                    Written::Table(Box::new(choice.beside.run(conversion, &mut file, observer)?))
                }
            });
        }
        if let Some(object_type) = &choice.flatten {
            return flatten::write(job, object_type, choice, options, observer);
        }
        choice.beside.refuse_objects()?;
        if let Some(layout) = choice.layout {
            return Ok(Written::Objects(ocel::write_log(
                job,
                OcelOutput::Folder(layout),
                choice,
                options,
                observer,
            )?));
        }
        Ok(match OcelForm::of(&job.output).filter(|_| !self.is_folder) {
            Some(form) => {
                Written::Objects(ocel::write_log(job, OcelOutput::File(form), choice, options, observer)?)
            }
            None => {
                let mut folder = BundleFolder::new(target);
                Written::Table(Box::new(choice.beside.run(conversion, &mut folder, observer)?))
            }
        })
    }

    /// What would be written, as far as a sample tells.
    ///
    /// # Errors
    /// What is wrong with inputs, options or the place of the output.
    pub fn preview(&self, replace: Replace, options: &Options, observer: &Observer) -> Result<Report> {
        let output = &self.job.output;
        // A folder that is still to be created has room for anything.
        if output.parent().is_none_or(|folder| folder.as_os_str().is_empty() || folder.exists()) {
            check_place(output, replace)?;
        }
        if self.kind != OutputKind::FlatTable {
            let options = self.of_sheet(within_keys(output, options)?);
            return crate::convert::preview(&self.job.inputs, &options);
        }
        let temp = temporary_folder(options)?;
        let log = flat_table::write(&self.job.inputs[0], options, &temp, observer)?;
        let stand_in = StandIn { input: self.job.inputs[0].clone(), made: log.clone() };
        let report = crate::convert::preview(&[log], &of_flat(options.clone()));
        let mut report = report.map_err(|error| stand_in.error(error))?;
        stand_in.report(&mut report);
        Ok(report)
    }
}

/// The options for an output below folders named `key=value`, whose keys need no columns.
///
/// # Errors
/// If a folder is named so and its key can't be read.
pub fn within_keys<'o>(output: &Path, options: &'o Options) -> Result<Cow<'o, Options>> {
    let keys = keys_of(output)?;
    if keys.is_empty() {
        return Ok(Cow::Borrowed(options));
    }
    let mut options = options.clone();
    options.table.keys_in_path = keys;
    Ok(Cow::Owned(options))
}

/// The options for the log that was made of a flat table: it has neither the encoding nor the times of
/// the table.
fn of_flat(mut options: Options) -> Options {
    options.table.values.timestamp_formats = Vec::new();
    options.read.from = Some(InputFormat::new("ocel-json"));
    options.read.encoding = None;
    options.explicit.format = Some("ocel-csv");
    options
}

/// What an input is, by the format that the user names or by its first bytes. One that can't be opened is
/// reported when its turn comes.
pub fn kind_of(input: &Input, from: Option<&FormatRow>, options: &Options) -> OutputKind {
    found_kind(input, from, options).unwrap_or(OutputKind::EventLog)
}

/// The same, but an input that can't be opened is an error.
///
/// # Errors
/// What is wrong with the input.
pub fn found_kind(input: &Input, from: Option<&FormatRow>, options: &Options) -> Result<OutputKind> {
    let is_by_look = from.is_none()
        && options.read.from.is_none()
        && options.read.json.path.is_none()
        && !options.read.json.lenient
        && input.path().is_none_or(|path| !path.is_dir());
    if is_by_look {
        // One look tells both.
        let opened = looked_at(input, options, &Observer::default())?;
        return Ok(match () {
            () if flat_table::is_flat_head(opened.head()) => OutputKind::FlatTable,
            () if is_object_centric_head(&opened) => OutputKind::ObjectCentric,
            () => OutputKind::EventLog,
        });
    }
    Ok(match from {
        Some(row) if row.via.is_some() && options.explicit.format.is_none() => OutputKind::FlatTable,
        None if options.read.from.is_none() && flat_table::is_flat(input, options) => OutputKind::FlatTable,
        _ if is_object_centric(input, options)? => OutputKind::ObjectCentric,
        _ => OutputKind::EventLog,
    })
}

/// The inputs and options, with pm4py's flat tables as the logs that they are, in a folder that is gone with
/// what is given: if that is said, or if they look it and the output is no table. `begin` is called before
/// the first of them is read.
///
/// # Errors
/// What is wrong with a table.
pub fn unflattened(
    inputs: Vec<Input>,
    from: Option<&FormatRow>,
    output: Option<&Path>,
    flatten: bool,
    options: Options,
    observer: &Observer,
    begin: &dyn Fn(),
) -> Result<(Vec<Input>, Options, Option<TempDir>)> {
    let is_table = |output: &Path| {
        is_xes(output) || output.extension().is_some_and(|it| it.eq_ignore_ascii_case("parquet"))
    };
    let is_meant = match (from, output) {
        (Some(from), _) => from.via.is_some(),
        (None, Some(output)) => flatten || !is_table(output),
        (None, None) => false,
    };
    if !is_meant
        || inputs.is_empty()
        || from.is_none() && !inputs.iter().all(|it| flat_table::is_flat(it, &options))
    {
        return Ok((inputs, options, None));
    }
    let temp = temporary_folder(&options)?;
    begin();
    let mut logs = Vec::with_capacity(inputs.len());
    for (number, input) in inputs.iter().enumerate() {
        let folder = tempfile::Builder::new()
            .prefix(&format!("{number}-"))
            .tempdir_in(temp.path())
            .map_err(|error| Error::io(Code::OutputWrite, temp.path(), &error))?;
        logs.push(flat_table::write(input, &options, &folder, observer)?);
        // It goes with the folder that it is in.
        let _ = folder.keep();
    }
    Ok((logs, of_flat(options), Some(temp)))
}

/// Whether the inputs are object-centric logs: all of them, or none.
///
/// # Errors
/// [`Code::Usage`] if some are and others are not.
pub fn are_object_centric(inputs: &[Input], options: &Options) -> Result<bool> {
    // One that can't be opened says so when its turn comes.
    let found: Vec<Option<bool>> =
        inputs.iter().map(|input| is_object_centric(input, options).ok()).collect();
    let which = |wanted: bool| -> Vec<String> {
        let pairs = inputs.iter().zip(&found).filter(|(_, it)| **it == Some(wanted));
        pairs.map(|(input, _)| input.to_string()).collect()
    };
    let (objects, others) = (which(true), which(false));
    match (objects.as_slice(), others.first()) {
        ([one], Some(other)) => Err(mixed(&format!("{one} is an object-centric log and {other} is not"))),
        ([_, ..], Some(other)) => {
            const NAMED: usize = 5;
            let mut named = objects[..objects.len().min(NAMED)].join(", ");
            if objects.len() > NAMED {
                named.push_str(&format!(" and {} more", objects.len() - NAMED));
            }
            Err(mixed(&format!("{named} are object-centric logs and {other} is not")))
        }
        _ => Ok(!objects.is_empty()),
    }
}

fn mixed(what: &str) -> Error {
    Error::new(Code::Usage, what)
        .help("end the output with / to write an output for each input, or convert them in two runs")
}

/// A folder of tables is what an object-centric log would become.
///
/// # Errors
/// [`Code::Usage`] if an input is such a folder already.
pub fn refuse_tables(inputs: &[Input]) -> Result<()> {
    let is_bundle = |path: &&Path| path.join(META).is_file();
    match inputs.iter().find_map(|input| input.path().filter(is_bundle)) {
        Some(path) => Err(Error::new(Code::Usage, "both the input and the output are bundles")
            .in_file(path)
            .help(
                "give the output a name that ends in .json, .xml or .sqlite to write an OCEL log, or use ⟦layout⟧ or ⟦flatten⟧",
            )),
        None => Ok(()),
    }
}
