//! Our column chunks beside the library's, a row group each: `cargo bench --bench encode`.

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Int32Type, Schema, SchemaRef};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use logflow::budget::Ration;
use logflow::encode::layout::{ColumnLayout, SampledBytes, properties};
use logflow::encode::page_store::Spill;
use logflow::encode::row_group::RowGroupFactory;
use logflow::model::value::{ColumnType, DateOrder, FloatStyle, TimeUnit};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

/// As many rows as a batch of the engine has.
const BATCH: usize = 4096;
const BATCHES: usize = 20;

/// One of some words, no two rows alike for long.
fn pick(row: usize, of: usize) -> usize {
    (row.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) % of
}

/// A column that repeats, as the readers give it, and as the text that it is.
fn repeated(words: impl Iterator<Item = String>) -> ArrayRef {
    let words: Vec<String> = words.collect();
    Arc::new(words.iter().map(String::as_str).collect::<DictionaryArray<Int32Type>>())
}

fn batch(first: usize) -> Vec<(&'static str, ColumnType, ArrayRef)> {
    let rows = || first..first + BATCH;
    let word = |row: usize| format!("{:x}", pick(row, 900) * 7919);
    let note = |row: usize| (0..10).map(|at| word(row * 10 + at)).collect::<Vec<_>>().join(" ");
    let time = ColumnType::Timestamp { order: DateOrder::Ymd, unit: TimeUnit::Micros };
    let times = TimestampMicrosecondArray::from_iter_values(
        rows().map(|row| 1_700_000_000_000_000 + row as i64 * 60_000_000 + pick(row, 50_000_000) as i64),
    );
    let costs: Float64Array =
        rows().map(|row| (pick(row, 5) > 2).then(|| pick(row, 90_000) as f64 / 100.0)).collect();
    vec![
        ("case", ColumnType::Text, repeated(rows().map(|row| format!("case-{:07}", row / 17)))),
        (
            "activity",
            ColumnType::Text,
            repeated(rows().map(|row| format!("Activity {} check", pick(row, 26)))),
        ),
        ("time", time, Arc::new(times.with_timezone("UTC"))),
        ("cost", ColumnType::Float64(FloatStyle::Plain), Arc::new(costs)),
        ("note", ColumnType::Text, Arc::new(StringArray::from_iter_values(rows().map(note)))),
    ]
}

fn batches() -> (SchemaRef, Vec<RecordBatch>, Arc<WriterProperties>) {
    let columns: Vec<_> = (0..BATCHES).map(|at| batch(at * BATCH)).collect();
    let fields: Vec<Field> = columns[0]
        .iter()
        .map(|(name, _, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let layouts: Vec<(String, ColumnLayout)> = columns[0]
        .iter()
        .map(|(name, column_type, array)| {
            let repeats = matches!(array.data_type(), arrow::datatypes::DataType::Dictionary(..));
            let sampled = SampledBytes {
                values: 100,
                distinct: if repeats { 10 } else { 100 },
                bytes: 7000,
                ..SampledBytes::default()
            };
            ((*name).to_owned(), ColumnLayout::choose(*column_type, &sampled))
        })
        .collect();
    let properties = Arc::new(properties(&layouts, Compression::ZSTD(ZstdLevel::default())));
    let batches = columns
        .into_iter()
        .map(|columns| {
            let arrays = columns.into_iter().map(|(_, _, array)| array).collect();
            RecordBatch::try_new(Arc::clone(&schema), arrays).expect("the schema is theirs")
        })
        .collect();
    (schema, batches, properties)
}

fn encode(criterion: &mut Criterion) {
    let (schema, batches, properties) = batches();
    let descriptor = ArrowSchemaConverter::new().convert(&schema).expect("flat columns");
    let file = SerializedFileWriter::new(Vec::new(), descriptor.root_schema_ptr(), Arc::clone(&properties))
        .expect("a vector");
    let inner = || ArrowRowGroupWriterFactory::new(&file, Arc::clone(&schema));
    let spill = Arc::new(Spill::new(Arc::new(Ration::new(usize::MAX >> 1)), std::env::temp_dir()));
    let own = RowGroupFactory::new(Arc::clone(&schema), Arc::new(descriptor), properties, spill, inner());
    let twin = inner();

    let mut group = criterion.benchmark_group("row group");
    group.throughput(Throughput::Elements((BATCH * BATCHES) as u64)).sample_size(20);
    group.bench_function("own", |bencher| {
        bencher.iter(|| {
            let mut encoder = own.encoder().expect("a known codec");
            batches.iter().for_each(|batch| encoder.write(batch).expect("its schema"));
            black_box(encoder.close().expect("memory"))
        });
    });
    group.bench_function("twin", |bencher| {
        bencher.iter(|| {
            let mut writers = twin.create_column_writers(0).expect("a known codec");
            for batch in &batches {
                for (index, writer) in writers.iter_mut().enumerate() {
                    for leaf in compute_leaves(schema.field(index), batch.column(index)).expect("flat") {
                        writer.write(&leaf).expect("its schema");
                    }
                }
            }
            writers
                .into_iter()
                .map(|writer| writer.close().expect("memory"))
                .for_each(|chunk| drop(black_box(chunk)));
        });
    });
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
