//! `logflow convert --flatten`: an object-centric log as a classic log of one object type, to Parquet or XES,
//! by way of files that nobody sees.

use std::path::Path;

use crate::convert::{Convert, idle};
use crate::encode::output::{Replace, check_place};
use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::options::{
    CsvOptions, ExplicitOptions, InputFormat, OnBadRow, Options, ReadOptions, TableOptions, TimestampUnit,
    ValueOptions,
};
use crate::target::bundle::BundleFolder;
use crate::target::ocel::{Bundle, Flat, flatten, is_bundle};
use crate::target::parquet::ParquetFile;
use crate::target::xes::is_xes;
use crate::target::{OutputPlace, temporary_folder};

use crate::jobs::choice::OutputChoice;
use crate::jobs::outputs::ConvertJob;
use crate::jobs::stand_in::StandIn;
use crate::jobs::written::Written;
use crate::jobs::xes;

/// Writes the classic log of one job.
///
/// # Errors
/// What is wrong with input or output. Then no output has appeared.
pub fn write(
    job: &ConvertJob,
    object_type: &str,
    choice: &OutputChoice,
    options: &Options,
    observer: &Observer,
) -> Result<Written> {
    let [input] = job.inputs.as_slice() else {
        return Err(Error::new(Code::Usage, "⟦flatten⟧ accepts one object-centric log")
            .help("convert them one by one"));
    };
    if options.hides_values {
        return Err(Error::new(
            Code::Unreachable,
            "⟦flatten⟧ copies the log to files before its values are hidden",
        )
        .help("hide the values of the object-centric log first, then flatten the log that comes out"));
    }
    let (replace, beside) = (choice.replace, &choice.beside);
    check_place(&job.output, replace)?;
    refuse_rejects(options)?;
    let failed = |error: &std::io::Error| Error::io(Code::OutputWrite, &options.run.temp_dir, error);
    let folder = temporary_folder(options)?;
    // Some options are for what becomes of it: rows and columns are those of the flat log.
    let mut first = Options { explicit: idle::beyond(idle::FLAT, &options.explicit), ..options.clone() };
    // A unit is that of the flat log too.
    first.write.timestamp_unit = TimestampUnit::default();
    first.table.condition = None;
    first.table.select.clear();
    first.table.exclude.clear();
    let mut warnings: Vec<Warning>;
    // The table has the name of the log: what is written names its source.
    let name = input.path().and_then(Path::file_name).unwrap_or("stdin".as_ref());
    let flat = folder.path().join("flat").join(name);
    std::fs::create_dir(folder.path().join("flat")).map_err(|error| failed(&error))?;
    let found = match input.path().filter(|path| is_bundle(path)) {
        Some(path) => {
            warnings = idle::warnings([idle::BUNDLE], &first.explicit);
            flat_of(path, object_type, &flat, options, observer)?
        }
        None => {
            let between = OutputPlace { path: folder.path().join("bundle"), replace: Replace::Never };
            warnings = Convert::new(input.clone())
                .options(first.clone())
                .run(&mut BundleFolder::new(between.clone()), observer)?
                .warnings;
            flat_of(&between.path, object_type, &flat, options, observer)?
        }
    };
    if found.left_out > 0 {
        let what = format!(
            "{} events are not related to an object of type {object_type:?} and were left out",
            found.left_out
        );
        warnings.push(Warning::new(WarningCode::References, what).counted(found.left_out));
    }
    let read = ReadOptions {
        from: Some(InputFormat::new("csv")),
        csv: CsvOptions { header: Some(true), delimiter: Some(b",".to_vec()), ..CsvOptions::default() },
        // What the user says of text is said of the log, which was read: this text is ours.
        encoding: Some("utf-8".to_owned()),
        ..options.read.clone()
    };
    let table = TableOptions {
        declared: found.columns,
        // No word in our text means null.
        values: ValueOptions {
            null_words: Some(Vec::new()),
            zone: options.table.values.zone.clone(),
            ..ValueOptions::default()
        },
        ..options.table.clone()
    };
    let options = Options { read, table, explicit: ExplicitOptions::default(), ..options.clone() };
    let flat = Input::Path(flat);
    let stand_in = StandIn { input: input.clone(), made: flat.clone() };
    let told = |error: Error| stand_in.error(error);
    if is_xes(&job.output) {
        let job = ConvertJob { inputs: vec![flat], output: job.output.clone() };
        warnings.splice(0..0, idle::of_output(idle::XES_OUT, &first.explicit));
        let mut report = xes::write(&job, replace, beside, &options, observer).map_err(told)?;
        stand_in.warnings(&mut report.warnings);
        report.warnings.splice(0..0, warnings);
        return Ok(Written::Log(report));
    }
    let target = OutputPlace { path: job.output.clone(), replace };
    let mut report = beside
        .run(Convert::new(flat).options(options), &mut ParquetFile::new(target), observer)
        .map_err(told)?;
    stand_in.report(&mut report);
    report.warnings.splice(0..0, warnings);
    Ok(Written::FlatTable(Box::new(report)))
}

/// All records are needed, or relations would lead nowhere.
///
/// # Errors
/// [`Code::Usage`] if malformed records are to be left out.
pub fn refuse_rejects(options: &Options) -> Result<()> {
    match options.table.on_bad_row {
        OnBadRow::Fail => Ok(()),
        OnBadRow::Reject(_) => {
            Err(Error::new(Code::Usage, "⟦flatten⟧ requires all records, and ⟦on-bad-row⟧ reject omits some")
                .help("convert to a bundle with ⟦on-bad-row⟧ reject, then flatten that"))
        }
    }
}

fn flat_of(
    bundle: &Path,
    object_type: &str,
    flat: &Path,
    options: &Options,
    observer: &Observer,
) -> Result<Flat> {
    flatten(&Bundle::open(bundle)?, object_type, flat, &options.run.temp_dir, observer)
}
