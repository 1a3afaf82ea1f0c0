//! A bundle to OCEL 2.0 as JSON, XML or SQLite: table by table, in bounded memory; the output appears whole
//! or not at all.
//!
//! ```text
//! bundle.rs   a bundle's manifest and tables -> entities
//! joined.rs   entities with what belongs to them; owners.rs finds whose it is, sorter.rs sorts beyond memory
//! json.rs xml.rs sqlite.rs   entities -> a log
//! flatten.rs  entities -> a classic log of one object type
//! from_flat.rs  pm4py's flat table of events -> a log
//! layout.rs   tables -> the tables of pm4py or oceldb; union.rs merge.rs arrays.rs
//! ```

mod arrays;
mod bundle;
mod flatten;
mod from_flat;
mod joined;
mod json;
mod layout;
mod merge;
mod owners;
mod sorter;
mod sqlite;
mod union;
mod xml;

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use crate::encode::output::OutputFile;
use crate::error::{Code, Error, Result};
use crate::model::ocel::counted;
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::target::OutputPlace;
pub use crate::target::ocel::bundle::{Bundle, BundleTable, is_bundle};
use crate::target::ocel::bundle::{Entity, OcelSide};
pub use crate::target::ocel::flatten::{Flat, flatten};
pub use crate::target::ocel::from_flat::{FLAT, OF_TYPE, from_flat};
use crate::target::ocel::joined::Joined;
pub use crate::target::ocel::layout::{BundleLayout, prepare_layout, write_layout};

/// Text that is kept before it is written, in bytes.
const BUFFER: usize = 256 << 10;

/// A form of OCEL 2.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcelForm {
    /// The log as OCEL 2.0 in JSON.
    Json,
    /// The log as OCEL 2.0 in XML.
    Xml,
    /// OCEL 2.0 SQLite database.
    Sqlite,
}

impl OcelForm {
    /// By the name of a file.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|it| name.ends_with(it));
        if ends(&[".json", ".jsonocel"]) {
            Some(Self::Json)
        } else if ends(&[".xml", ".xmlocel"]) {
            Some(Self::Xml)
        } else if ends(&[".sqlite", ".sqlite3", ".db"]) {
            Some(Self::Sqlite)
        } else {
            None
        }
    }
}

/// Figures and warnings of a written OCEL log.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OcelReport {
    /// The file that was written.
    pub output: std::path::PathBuf,
    /// Size of the output in bytes.
    pub output_bytes: u64,
    /// Number of events that were written.
    pub events: u64,
    /// Number of objects.
    pub objects: u64,
    /// Relations of events to objects.
    pub e2o: u64,
    /// Relations of objects to objects.
    pub o2o: u64,
    /// Later values of objects.
    pub changes: u64,
    /// Wall time in seconds.
    pub seconds: f64,
    /// What a careful reader would want to know.
    pub warnings: Vec<Warning>,
}

/// Takes a log entity by entity: types first, then objects, then events.
trait OcelWriter {
    /// The types and their attributes.
    fn types(&mut self, bundle: &Bundle) -> Result<()>;

    /// One object or event, of the type with number `index` of its side.
    fn entity(&mut self, side: OcelSide, index: usize, entity: &Entity<'_>) -> Result<()>;

    /// The end of the log.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// Writes the bundle in the folder `input` as one file.
///
/// # Errors
/// What is wrong with bundle or output. Then no output has appeared, and an old one is as it was.
pub fn write(
    input: &Path,
    form: OcelForm,
    target: &OutputPlace,
    temp: &Path,
    observer: &Observer,
) -> Result<OcelReport> {
    let (report, output) = prepare(input, form, target, temp, observer)?;
    output.commit()?;
    Ok(report)
}

/// The bundle in the folder `input` as one file, written and ready to appear.
///
/// # Errors
/// What is wrong with bundle or output.
pub fn prepare(
    input: &Path,
    form: OcelForm,
    target: &OutputPlace,
    temp: &Path,
    observer: &Observer,
) -> Result<(OcelReport, OutputFile)> {
    let start = Instant::now();
    let bundle = Bundle::open(input)?;
    let output = OutputFile::create(&target.path, target.replace)?;
    let failed = |error: &std::io::Error| Error::io(Code::OutputWrite, &target.path, error);
    let mut writer: Box<dyn OcelWriter + '_> = match form {
        OcelForm::Json => Box::new(json::JsonWriter::new(BufWriter::with_capacity(BUFFER, &output))),
        OcelForm::Xml => Box::new(xml::XmlWriter::new(BufWriter::with_capacity(BUFFER, &output))),
        OcelForm::Sqlite => Box::new(sqlite::SqliteWriter::create(output.temp_path())?),
    };
    let mut report = OcelReport { warnings: bundle.warnings.clone(), ..OcelReport::default() };
    writer.types(&bundle).map_err(|error| error.in_file(&target.path))?;
    // Fields of changes that are no attributes: tables have a place for them.
    let (mut unknown, mut bare) = (0, 0);
    let objects = Joined::of(&bundle, OcelSide::Object, temp, observer)?;
    let without_object = objects.entities(&bundle, observer, &mut |index, object| {
        report.objects += 1;
        report.o2o += object.related.len() as u64;
        report.changes += object.changes.len() as u64;
        for change in object.changes.iter().filter(|it| form != OcelForm::Sqlite && it.attribute.is_none()) {
            match change.is_bare() {
                true => bare += 1,
                false => unknown += u64::from(!change.field.is_empty()),
            }
        }
        writer.entity(OcelSide::Object, index, object).map_err(|error| error.in_file(&target.path))
    })?;
    let events = Joined::of(&bundle, OcelSide::Event, temp, observer)?;
    let without_event = events.entities(&bundle, observer, &mut |index, event| {
        report.events += 1;
        report.e2o += event.related.len() as u64;
        writer.entity(OcelSide::Event, index, event).map_err(|error| error.in_file(&target.path))
    })?;
    writer.finish().map_err(|error| error.in_file(&target.path))?;
    for (count, what) in [
        (without_event.relations, "relations of events that are not in the log"),
        (without_object.relations, "relations of objects that are not in the log"),
        (without_object.changes, "later values of objects that are not in the log"),
    ] {
        if count > 0 {
            let what = format!("{count} {what} were left out, as an OCEL log cannot contain them");
            report.warnings.push(Warning::new(WarningCode::References, what).counted(count));
        }
    }
    for (count, what) in [
        (
            unknown,
            "changed field|fields that the object's type does not declare: left out, the values of other attributes are kept",
        ),
        (
            bare,
            "changed field|fields that the object's type does not declare, without another value: written without a value",
        ),
    ] {
        if count > 0 {
            let what = counted(count, what);
            let help = "declare the field as an attribute of the type, or remove it at the source";
            report.warnings.push(Warning::new(WarningCode::ChangedFields, what).counted(count).help(help));
        }
    }
    report.output_bytes = std::fs::metadata(output.temp_path()).map_err(|error| failed(&error))?.len();
    report.output = target.path.clone();
    report.seconds = start.elapsed().as_secs_f64();
    Ok((report, output))
}

/// An error of writing text.
fn write_failed(error: &std::io::Error) -> Error {
    Error::new(Code::OutputWrite, error.to_string())
}

/// Writes what the writer holds back.
fn flush(mut out: impl Write) -> Result<()> {
    out.flush().map_err(|error| write_failed(&error))
}
