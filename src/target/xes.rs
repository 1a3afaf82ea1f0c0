//! Parquet to XES: the log that a file was made from, equal in its canonical form (docs/xes.md), or one from
//! any table of events.
//!
//! Batch by batch, in bounded memory; the output appears whole or not at all.
//!
//! ```text
//! plan.rs      metadata, names, roles -> which column is which attribute
//! together.rs  cases whose rows are apart -> rows in order
//! events.rs    rows -> elements
//! markup.rs    elements -> text
//! ```

mod events;
mod markup;
mod plan;
mod together;

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::Value;

pub use self::plan::no_case;
use crate::encode::output::OutputFile;
use crate::error::{Code, Error, Result};
use crate::mmap::{Input, first_bytes};
use crate::model::roles::RoleWishes;
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::plan::type_advice::quoted;
use crate::report::StepReport;
use crate::source::TypedSource;
use crate::source::parquet::{ParquetRead, ParquetSource};
use crate::source::typed_input::LOGFLOW;
use crate::target::OutputPlace;
use crate::target::xes::events::EventWriter;
use crate::target::xes::markup::Markup;
use crate::target::xes::plan::XesPlan;
use crate::text::xes::node;

/// Rows read at once.
const BATCH: usize = 4096;
/// Text that is kept before it is written, in bytes.
const BUFFER: usize = 256 << 10;

/// Figures and warnings of a written XES log.
#[derive(Debug, Clone, Default, Serialize)]
pub struct XesReport {
    /// The file that was written.
    pub output: std::path::PathBuf,
    /// Size of the output in bytes.
    pub output_bytes: u64,
    /// Traces, those without events among them.
    pub traces: u64,
    /// Number of events that were written.
    pub events: u64,
    /// Reports on the steps that changed the table, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepReport>,
    /// Wall time in seconds.
    pub seconds: f64,
    /// What a careful reader would want to know.
    pub warnings: Vec<Warning>,
}

/// Whether the name says XES, packed or not.
pub fn is_xes(path: &Path) -> bool {
    let name = path.file_name().map(|it| it.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    name.ends_with(".xes") || name.ends_with(".xes.gz")
}

/// Whether an input begins like Parquet. One that can't be opened does not, and says so when it is read.
pub fn is_parquet(input: &Input, observer: &Observer) -> bool {
    let is_folder = input.path().is_some_and(Path::is_dir);
    !is_folder && first_bytes(input, observer).is_ok_and(|it| it.starts_with(b"PAR1"))
}

/// The table from which an XES log is written.
#[derive(Debug, Clone, Copy)]
pub struct XesInput<'t> {
    /// Path of the Parquet file.
    pub path: &'t Path,
    /// The file that errors are about; none if the table came from several, or from a pipe.
    pub source: Option<&'t Path>,
    /// Where to put rows that have to be sorted.
    pub temp_dir: &'t Path,
}

/// Writes the log that a table holds.
///
/// # Errors
/// As [`prepare`]. Then no output has appeared, and an old one is as it was.
pub fn write(
    table: &XesInput<'_>,
    target: &OutputPlace,
    wishes: &RoleWishes,
    observer: &Observer,
) -> Result<XesReport> {
    let (report, output) = prepare(table, target, wishes, observer)?;
    output.commit()?;
    Ok(report)
}

/// The log that a table holds, written and ready to appear.
///
/// # Errors
/// What is wrong with input or output; [`Code::XmlLimit`] for a value that XML can't hold.
pub fn prepare(
    table: &XesInput<'_>,
    target: &OutputPlace,
    wishes: &RoleWishes,
    observer: &Observer,
) -> Result<(XesReport, OutputFile)> {
    let start = Instant::now();
    let failed = |error: &std::io::Error| Error::io(Code::OutputWrite, &target.path, error);
    let named = |error: Error| match table.source {
        Some(source) => error.in_file(source),
        None => error,
    };
    let file = ParquetSource::at(table.path).map_err(|error| error.renamed(table.path, table.source))?;
    let logflow: Option<Value> = file.entry(LOGFLOW).and_then(node::parse);
    let whole = |column: usize| {
        file.statistics(column).all(|(_, it)| it.and_then(|it| it.null_count_opt()) == Some(0))
    };
    let plan = XesPlan::of(file.schema(), logflow.as_ref(), wishes, &whole).map_err(named)?;
    let schema = Arc::clone(file.schema());
    let mixed = match plan.case {
        Some(case) => together::is_mixed(&file, case, observer).map_err(named)?.then_some(case),
        None => None,
    };
    observer.count_from_zero(file.rows());
    let output = OutputFile::create(&target.path, target.replace)?;
    let packed = target.path.extension().is_some_and(|it| it.eq_ignore_ascii_case("gz"));
    let mut sink = XesOutput::new(&output, packed);
    let mut markup = Markup::default();
    markup.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    markup.open("log");
    markup.attributes(&plan.log);
    markup.enter();
    for node in &plan.head {
        markup.node(node);
    }
    let mut events = EventWriter::new(&plan, mixed.is_none());
    let mut take = |batch: &RecordBatch| {
        observer.check()?;
        let mut flush = |markup: &mut Markup| match markup.len() {
            BUFFER.. => sink.write(&markup.take()).map_err(|error| failed(&error)),
            _ => Ok(()),
        };
        events.take(batch, &mut markup, &mut flush).map_err(named)?;
        observer.add(batch.num_rows() as u64, batch.num_rows() as u64);
        Ok(())
    };
    if let Some(case) = mixed {
        together::put(&file, case, table.temp_dir, observer, &mut take).map_err(named)?;
    } else {
        for batch in file.batches(&ParquetRead::all(BATCH)).map_err(named)? {
            take(&batch.map_err(named)?)?;
        }
    }
    let mut report = events.finish(&mut markup);
    markup.leave("log");
    markup.raw("\n");
    sink.write(&markup.take()).and_then(|()| sink.finish()).map_err(|error| failed(&error))?;
    if mixed.is_some() {
        let what = "the rows of some cases are not contiguous; traces are in the order of their first events";
        let help = "no event is lost; sort the table by case to keep the order of its rows";
        report.warnings.push(Warning::new(WarningCode::CasesApart, what).help(help));
    }
    if !plan.has_times(&schema) {
        let what = "the log has no timestamps: no column is known to be the timestamp of events";
        let times = schema.fields().iter().filter(|field| {
            matches!(field.data_type(), DataType::Timestamp(..) | DataType::Date32 | DataType::Date64)
        });
        let flags: Vec<String> =
            times.take(3).map(|field| format!("`⟦timestamp⟧ {}`", quoted(field.name()))).collect();
        let help = match flags.as_slice() {
            [] => "give `⟦timestamp⟧ COLUMN`".to_owned(),
            flags => format!("give {}", flags.join(" or ")),
        };
        report.warnings.push(Warning::new(WarningCode::NoTimestamps, what).help(help));
    }
    report.output_bytes = output.file().metadata().map_err(|error| failed(&error))?.len();
    report.output = target.path.clone();
    report.seconds = start.elapsed().as_secs_f64();
    Ok((report, output))
}

/// The output, plain or compressed.
enum XesOutput<'o> {
    Plain(BufWriter<&'o OutputFile>),
    Packed(Box<GzEncoder<BufWriter<&'o OutputFile>>>),
}

impl<'o> XesOutput<'o> {
    fn new(output: &'o OutputFile, packed: bool) -> Self {
        let writer = BufWriter::with_capacity(BUFFER, output);
        match packed {
            true => Self::Packed(Box::new(GzEncoder::new(writer, flate2::Compression::default()))),
            false => Self::Plain(writer),
        }
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        match self {
            Self::Plain(writer) => writer.write_all(text.as_bytes()),
            Self::Packed(writer) => writer.write_all(text.as_bytes()),
        }
    }

    fn finish(self) -> std::io::Result<()> {
        match self {
            Self::Plain(mut writer) => writer.flush(),
            Self::Packed(writer) => writer.finish()?.flush(),
        }
    }
}
