//! The engine's parts and a whole shard: `cargo bench --bench engine`. Numbers that led to a decision are
//! kept in perf/record.

use std::hint::black_box;
use std::io::Write;

use bumpalo::Bump;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use logflow::convert::Convert;
use logflow::encode::output::Replace;
use logflow::error::Result;
use logflow::model::number::parse_float;
use logflow::model::table::{BadRow, RawRows};
use logflow::model::time_reader::TimeReader;
use logflow::model::value::{DateOrder, TimeUnit};
use logflow::model::zone::ZoneRule;
use logflow::observer::Observer;
use logflow::target::OutputPlace;
use logflow::target::parquet::ParquetFile;
use logflow::text::csv::Csv;
use logflow::text::csv::index::{Marks, SLACK, index, index_plain};
use logflow::text::csv::sniff::sniff;
use logflow::text::{Flow, ParseTask, RowSink, TextFormat, TextSlice};
use logflow_generate::{GenerateOptions, write_csv};

const EVENTS: u64 = 20_000;

fn log() -> Vec<u8> {
    let options = GenerateOptions::new(EVENTS);
    let mut text = Vec::new();
    write_csv(&options, &mut text).expect("a vector takes all");
    text
}

fn csv(text: &[u8]) -> Csv {
    sniff(text, true, &Default::default()).expect("the generator writes CSV").csv
}

struct Rows<const CELLS: bool>(u64);

impl<const C: bool> RowSink for Rows<C> {
    const CELLS: bool = C;

    fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
        self.0 += rows.rows() as u64;
        Ok(Flow::Continue)
    }

    fn bad(&mut self, _: BadRow, _: &[u8]) -> Result<Flow> {
        Ok(Flow::Continue)
    }
}

fn walk<const CELLS: bool>(csv: &Csv, text: &[u8]) -> u64 {
    let mut arena = Bump::new();
    let mut sink = Rows::<CELLS>(0);
    let mut task = ParseTask { arena: &mut arena, memory: &mut (), context: &[], records: 0, limit: 1 << 20 };
    let text = TextSlice { bytes: text, base: 0, last: true };
    let end = text.bytes.len() as u64;
    csv.parse(text, csv.first(), end, &mut task, &mut sink).expect("the generator writes CSV");
    task.records
}

fn splitter(c: &mut Criterion) {
    let text = log();
    let csv = csv(&text);
    // An escape that no text has makes the walk ask the plain grammar about every record.
    let mut plain = csv.clone();
    plain.grammar.escape = Some(7);
    let marks = Marks { delimiter: b',', quote: b'"', quotes: true };
    let mut positions = vec![0; text.len() + SLACK];
    let mut group = c.benchmark_group("csv");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("index", |b| b.iter(|| index(black_box(&text), 0, marks, &mut 0, &mut positions)));
    group.bench_function("index_plain", |b| {
        b.iter(|| index_plain(black_box(&text), 0, marks, &mut 0, &mut positions))
    });
    group.bench_function("splitter", |b| b.iter(|| walk::<false>(&csv, black_box(&text))));
    group.bench_function("field_walk", |b| b.iter(|| walk::<true>(&csv, black_box(&text))));
    group.bench_function("field_walk_plain", |b| b.iter(|| walk::<true>(&plain, black_box(&text))));
    group.bench_function("simd_csv", |b| {
        b.iter(|| {
            let mut reader = simd_csv::TotalReader::from_bytes(black_box(&text));
            let mut record = simd_csv::ByteRecord::new();
            let mut rows = 0;
            while reader.read_byte_record(&mut record) {
                rows += record.len();
            }
            rows
        })
    });
    group.finish();
}

fn values(c: &mut Criterion) {
    let times: Vec<String> =
        (0..1000).map(|i| format!("2024-03-05T10:{:02}:{:02}.218+01:00", i / 60 % 60, i % 60)).collect();
    let floats: Vec<String> = (0..1000).map(|i| format!("{}.{:02}", i * 37, i % 100)).collect();
    let mut group = c.benchmark_group("values");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("timestamp", |b| {
        let mut reader = TimeReader::new(DateOrder::Ymd, TimeUnit::Micros, ZoneRule::default());
        b.iter(|| times.iter().filter(|time| reader.read(black_box(time.as_bytes())).is_ok()).count())
    });
    group.bench_function("float", |b| {
        b.iter(|| floats.iter().filter_map(|float| parse_float(black_box(float.as_bytes()))).sum::<f64>())
    });
    group.finish();
}

fn shard(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temp folder");
    let path = folder.path().join("in.csv");
    let text = log();
    std::fs::File::create(&path).and_then(|mut file| file.write_all(&text)).expect("a temp file");
    let target = OutputPlace::new(folder.path().join("out.parquet"), Replace::Force);
    let mut group = c.benchmark_group("shard");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(20);
    group.bench_function("whole", |b| {
        b.iter(|| {
            Convert::new(path.as_path())
                .run(&mut ParquetFile::new(target.clone()), &Observer::default())
                .expect("it converts")
        })
    });
    group.finish();
}

criterion_group!(benches, splitter, values, shard);
criterion_main!(benches);
