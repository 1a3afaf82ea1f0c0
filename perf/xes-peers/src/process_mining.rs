//! The peer `process_mining`: reads XES with that crate's streaming reader and writes Parquet with parquet-rs.
//!
//! `process-mining IN OUT one|two`. The crate has no Parquet export for logs (its `dataframes` feature gives a Polars frame of the whole log, for
//! which it holds all events), so its traces become Arrow columns here. With `one`, a single thread reads and writes in turn: what a program does that
//! uses the crate. With `two`, one thread reads and another builds and writes: our best with it. Columns are named as
//! LogFlow names them; the keys of the first traces are the columns, a later one is an error. Prints its seconds as JSON.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use process_mining::core::event_data::case_centric::xes::{XESImportOptions, stream_xes_bufread};
use process_mining::core::event_data::case_centric::{Attribute, AttributeValue, Trace};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Traces handed over at a time: some 36,000 events, a batch of rows.
const TRACES: usize = 2000;
/// Batches under way between the two threads. More hold memory and gain nothing.
const UNDER_WAY: usize = 2;
/// Bytes read at a time.
const READ: usize = 1 << 18;
/// Columns of the generated log whose texts don't repeat: no dictionary, as the other peers are told too.
const UNIQUE: [&str; 2] = ["note", "identity:id"];

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, source, target, threads] = arguments.as_slice() else {
        return Err("expected IN OUT one|two".into());
    };
    let begun = Instant::now();
    let rows =
        if threads == "two" { in_two_threads(source, target)? } else { in_one_thread(source, target)? };
    println!("{{\"seconds\": {:.6}, \"rows\": {rows}}}", begun.elapsed().as_secs_f64());
    Ok(())
}

fn in_one_thread(source: &str, target: &str) -> Outcome<usize> {
    let mut output = Output::new(target);
    read(source, |traces| output.take(&traces).map(|()| true))?;
    output.close()
}

fn in_two_threads(source: &str, target: &str) -> Outcome<usize> {
    let (sender, receiver) = sync_channel::<Vec<Trace>>(UNDER_WAY);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut output = Output::new(target);
            for traces in receiver {
                output.take(&traces)?;
            }
            output.close()
        });
        // If the receiver is gone, the writer knows why.
        let read = read(source, |traces| Ok(sender.send(traces).is_ok()));
        drop(sender);
        let written = writer.join().map_err(|_| "the writer panicked")?;
        read?;
        written
    })
}

/// Gives all traces, in order, until there is no more or `give` says no.
fn read(source: &str, mut give: impl FnMut(Vec<Trace>) -> Outcome<bool>) -> Outcome<()> {
    let file = BufReader::with_capacity(READ, File::open(source)?);
    let (mut traces, _) = stream_xes_bufread(file, source.ends_with(".gz"), XESImportOptions::default())?;
    loop {
        let batch: Vec<Trace> = (&mut traces).take(TRACES).collect();
        if batch.is_empty() || !give(batch)? {
            break;
        }
    }
    match traces.check_for_errors() {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

/// The file, opened when the first traces have said its columns.
struct Output<'t> {
    target: &'t str,
    open: Option<(Columns, ArrowWriter<File>)>,
    rows: usize,
}

impl<'t> Output<'t> {
    fn new(target: &'t str) -> Self {
        Self { target, open: None, rows: 0 }
    }

    fn take(&mut self, traces: &[Trace]) -> Outcome<()> {
        let Some((columns, writer)) = &mut self.open else {
            let mut columns = Columns::of(traces)?;
            self.rows += columns.append(traces)?;
            let batch = columns.finish()?;
            let file = File::create(self.target)?;
            let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties()?))?;
            writer.write(&batch)?;
            self.open = Some((columns, writer));
            return Ok(());
        };
        self.rows += columns.append(traces)?;
        writer.write(&columns.finish()?)?;
        Ok(())
    }

    fn close(self) -> Outcome<usize> {
        let (_, writer) = self.open.ok_or("no traces")?;
        writer.close()?;
        Ok(self.rows)
    }
}

fn properties() -> Outcome<WriterProperties> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(1 << 18));
    for name in UNIQUE {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
    }
    let stamp = ColumnPath::from("time:timestamp");
    properties = properties
        .set_column_dictionary_enabled(stamp.clone(), false)
        .set_column_encoding(stamp, Encoding::DELTA_BINARY_PACKED);
    Ok(properties.build())
}

/// One builder, of the type that the key's first value has.
enum Builder {
    Text(StringBuilder),
    Stamp(TimestampMicrosecondBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Bool(BooleanBuilder),
}

impl Builder {
    fn of(value: &AttributeValue) -> Outcome<Self> {
        Ok(match value {
            AttributeValue::String(_) | AttributeValue::ID(_) => Self::Text(StringBuilder::new()),
            AttributeValue::Date(_) => Self::Stamp(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            AttributeValue::Int(_) => Self::Int(Int64Builder::new()),
            AttributeValue::Float(_) => Self::Float(Float64Builder::new()),
            AttributeValue::Boolean(_) => Self::Bool(BooleanBuilder::new()),
            _ => return Err("an attribute that is no plain value".into()),
        })
    }

    fn append(&mut self, value: &AttributeValue) -> Outcome<()> {
        match (self, value) {
            (Self::Text(builder), AttributeValue::String(text)) => builder.append_value(text),
            (Self::Text(builder), AttributeValue::ID(id)) => {
                builder.append_value(id.hyphenated().encode_lower(&mut [0; 36]));
            }
            (Self::Stamp(builder), AttributeValue::Date(moment)) => {
                builder.append_value(moment.timestamp_micros())
            }
            (Self::Int(builder), AttributeValue::Int(number)) => builder.append_value(*number),
            (Self::Float(builder), AttributeValue::Float(number)) => builder.append_value(*number),
            (Self::Bool(builder), AttributeValue::Boolean(truth)) => builder.append_value(*truth),
            (_, value) => return Err(format!("{value:?} where its key had another type before").into()),
        }
        Ok(())
    }

    fn append_null(&mut self) {
        match self {
            Self::Text(builder) => builder.append_null(),
            Self::Stamp(builder) => builder.append_null(),
            Self::Int(builder) => builder.append_null(),
            Self::Float(builder) => builder.append_null(),
            Self::Bool(builder) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Stamp(builder) => Arc::new(builder.finish()),
            Self::Int(builder) => Arc::new(builder.finish()),
            Self::Float(builder) => Arc::new(builder.finish()),
            Self::Bool(builder) => Arc::new(builder.finish()),
        }
    }
}

/// A column, and the row up to which it is filled.
struct Column {
    name: String,
    builder: Builder,
    rows: usize,
}

/// All columns: those of the trace by key, those of the event by key.
struct Columns {
    all: Vec<Column>,
    of_case: HashMap<String, usize>,
    of_event: HashMap<String, usize>,
    rows: usize,
}

impl Columns {
    /// The keys of these traces, in the order in which they come.
    fn of(traces: &[Trace]) -> Outcome<Self> {
        let mut columns =
            Self { all: Vec::new(), of_case: HashMap::new(), of_event: HashMap::new(), rows: 0 };
        for trace in traces {
            columns.declare(&trace.attributes, true)?;
            for event in &trace.events {
                columns.declare(&event.attributes, false)?;
            }
        }
        Ok(columns)
    }

    fn declare(&mut self, attributes: &[Attribute], of_case: bool) -> Outcome<()> {
        for attribute in attributes {
            let known = if of_case { &mut self.of_case } else { &mut self.of_event };
            if !known.contains_key(&attribute.key) {
                known.insert(attribute.key.clone(), self.all.len());
                let name = if of_case { format!("case:{}", attribute.key) } else { attribute.key.clone() };
                self.all.push(Column { name, builder: Builder::of(&attribute.value)?, rows: 0 });
            }
        }
        Ok(())
    }

    /// Adds a row for each event; returns how many.
    fn append(&mut self, traces: &[Trace]) -> Outcome<usize> {
        let before = self.rows;
        for trace in traces {
            for event in &trace.events {
                self.rows += 1;
                let Self { all, of_case, of_event, rows } = self;
                fill(all, of_case, &trace.attributes, *rows)?;
                fill(all, of_event, &event.attributes, *rows)?;
                for column in all.iter_mut().filter(|column| column.rows < *rows) {
                    column.builder.append_null();
                    column.rows = *rows;
                }
            }
        }
        Ok(self.rows - before)
    }

    fn finish(&mut self) -> Outcome<RecordBatch> {
        let arrays: Vec<ArrayRef> = self.all.iter_mut().map(|column| column.builder.finish()).collect();
        let fields: Vec<Field> = (self.all.iter().zip(&arrays))
            .map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true))
            .collect();
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
    }
}

/// Puts the attributes of one element into row `row`.
fn fill(
    all: &mut [Column],
    places: &HashMap<String, usize>,
    attributes: &[Attribute],
    row: usize,
) -> Outcome<()> {
    for attribute in attributes {
        let place = places.get(&attribute.key).ok_or_else(|| format!("{} comes late", attribute.key))?;
        let column = &mut all[*place];
        if column.rows < row {
            column.builder.append(&attribute.value)?;
            column.rows = row;
        }
    }
    Ok(())
}
