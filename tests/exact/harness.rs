//! Runs the engine on text in memory with cuts and guesses of the test's choosing.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::Schema;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use logflow::budget::Ration;
use logflow::encode::builders::ColumnSpec;
use logflow::encode::layout::properties;
use logflow::encode::null_words::NullWords;
use logflow::encode::output::Replace;
use logflow::encode::page_store::Spill;
use logflow::encode::parquet::TableWriter;
use logflow::encode::row_group::EncodedRowGroup;
use logflow::error::{Code, Result};
use logflow::mmap::{Input, InputSource, OpenOptions, open};
use logflow::model::catalog::{TableColumn, TableSchema};
use logflow::model::readings::{Readings, Wishes, classify, decide};
use logflow::model::table::{BadRow, Remark};
use logflow::model::value::ColumnType;
use logflow::model::zone::ZoneRule;
use logflow::observer::Observer;
use logflow::options::{CsvOptions, NulBytes, UnevenRows};
use logflow::shard::column_map::ColumnMap;
use logflow::shard::columns::{Pass, PassOutput};
use logflow::shard::merge::{Outlet, PassDone, run_mapped};
use logflow::shard::pin::Pins;
use logflow::shard::plan::Cuts;
use logflow::shard::stream::{StreamPart, run_stream};
use logflow::shard::worker::Part;
use logflow::step::Steps;
use logflow::text::csv::Csv;
use logflow::text::csv::sniff::sniff;
use logflow::text::{Boundary, Exit, ParseTask, RowSink, TextFormat, TextSlice};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// What the format says when it is asked where a record starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guesses {
    /// What it thinks.
    Honest,
    /// The cut itself.
    Nominal,
    /// A little after what it thinks.
    Late,
    /// The end of the next quoted stretch.
    InsideOut,
}

/// A format whose guesses are not its own.
struct Misled {
    csv: Csv,
    guesses: Guesses,
}

impl TextFormat for Misled {
    type State = ();
    type Memory = ();

    fn first(&self) -> Boundary<()> {
        self.csv.first()
    }

    fn guess(&self, text: TextSlice<'_>, at: u64) -> Boundary<()> {
        let honest = self.csv.guess(text, at);
        let len = text.bytes.len() as u64;
        let boundary = |at: u64| Boundary { at: at.min(len), state: () };
        match self.guesses {
            Guesses::Honest => honest,
            Guesses::Nominal => boundary(at),
            Guesses::Late => boundary(honest.at + 1),
            Guesses::InsideOut => {
                let quote = text.bytes[at as usize..].iter().position(|byte| *byte == b'"');
                boundary(quote.map_or(len, |quote| at + quote as u64 + 1))
            }
        }
    }

    fn parse<K: RowSink>(
        &self,
        text: TextSlice<'_>,
        from: Boundary<()>,
        end: u64,
        task: &mut ParseTask<'_>,
        sink: &mut K,
    ) -> Result<Exit<()>> {
        self.csv.parse(text, from, end, task, sink)
    }
}

/// Everything that must not depend on cuts and guesses.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub rows: Vec<Vec<String>>,
    pub bad: Vec<(u64, u64, Code)>,
    pub records: u64,
    pub blank: u64,
    pub widened: bool,
    /// What was done to rows, how often, and the place and the number of the first.
    pub notes: Vec<(&'static str, u64, u64, u64)>,
}

#[derive(Default)]
struct Taken {
    groups: Vec<EncodedRowGroup>,
    bad: Vec<(u64, u64, Code)>,
}

impl Outlet for Taken {
    fn row_group(&mut self, _: usize, group: EncodedRowGroup) -> Result<()> {
        self.groups.push(group);
        Ok(())
    }

    fn bad_row(&mut self, _: usize, row: u64, bad: &BadRow, raw: &[u8]) -> Result<()> {
        assert_eq!(raw.len() as u64, bad.end - bad.start);
        self.bad.push((row, bad.start, bad.code));
        Ok(())
    }
}

/// Gives a few bytes at a time.
struct Drip<'t> {
    rest: &'t [u8],
    most: usize,
}

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let most = self.most.min(out.len());
        self.rest.read(&mut out[..most])
    }
}

fn mapped(text: &[u8]) -> (tempfile::NamedTempFile, logflow::mmap::MappedFile) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text).unwrap();
    match open(&Input::Path(file.path().into()), &OpenOptions::default()).unwrap() {
        InputSource::Mapped(map) => (file, map),
        InputSource::Stream(_) => panic!("a plain file is mapped"),
    }
}

fn csv_of(text: &[u8]) -> Csv {
    let mut options = CsvOptions::default();
    options.header = Some(true);
    let comma = text.starts_with(b"a,")
        || text.starts_with(b"#")
        || text.starts_with(b"a\n")
        || text.starts_with(b"a\r");
    options.delimiter = Some(if comma { b",".to_vec() } else { b";".to_vec() });
    if text.starts_with(b"#") {
        options.comment = Some(Some(b'#'));
    }
    // The header alone decides, so that every text has the same columns as its sequential twin.
    let head = text.iter().enumerate().find(|(at, byte)| {
        matches!(byte, b'\n' | b'\r') && !text[..*at].starts_with(b"#") || *at + 1 == text.len()
    });
    let skip =
        if text.starts_with(b"#") { text.iter().position(|byte| *byte == b'\n').unwrap() + 1 } else { 0 };
    let end = text[skip..]
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .map_or(head.unwrap().0 + 1, |at| skip + at + 1);
    if text.starts_with(b"a,b,c") {
        (options.uneven_rows, options.nul_bytes) = (UnevenRows::Both, NulBytes::Keep);
    }
    let mut csv = sniff(&text[..end], true, &options).unwrap().csv;
    if text.starts_with(b"a,b\n") && text.windows(4).any(|bytes| bytes == b"end,") {
        csv.trailing = 1;
    }
    csv.body = csv.grammar.skip_blank(text, end, true).0 as u64;
    csv
}

fn spec(column_type: ColumnType) -> ColumnSpec {
    ColumnSpec {
        nested: None,
        column_type,
        dictionary: true,
        declared: false,
        final_type: false,
        known: Readings::ALL,
        null_words: NullWords::usual(),
        filled: false,
        zone: ZoneRule::default(),
        lexical: false,
        format: None,
        join_times: false,
    }
}

fn run(
    text: &[u8],
    csv: Csv,
    types: &[ColumnType],
    size: u64,
    workers: usize,
    guesses: Guesses,
    piece: Option<usize>,
) -> (Outcome, PassDone) {
    let (_file, map) = mapped(text);
    let columns = csv.names.len();
    let column_map = ColumnMap::to_one(
        types.iter().map(|column_type| Some(spec(*column_type))).collect(),
        csv.names.clone(),
        (0..columns).map(Some).collect(),
    );
    let fields: Vec<_> = csv
        .names
        .iter()
        .zip(types)
        .map(|(name, column_type)| {
            arrow::datatypes::Field::new(name, ColumnSpec::arrow_type(*column_type, true), true)
        })
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    let spill = Arc::new(Spill::new(Arc::new(Ration::new(1 << 16)), folder.path().into()));
    let props = properties(&[], parquet::basic::Compression::UNCOMPRESSED);
    let (mut writer, factory) =
        TableWriter::create(&path, Replace::Never, Arc::clone(&schema), props, Arc::clone(&spill)).unwrap();
    let columns = schema.fields().iter().enumerate().map(|(at, field)| {
        let mut column = TableColumn::computed(field.as_ref().clone());
        column.source = Some(at);
        column
    });
    let table = TableSchema::new(None, columns.collect());
    let chains = [Steps::default().bind(table).unwrap()];
    let widening = AtomicBool::new(false);
    let observer = Observer::default();
    let pass = Pass {
        output: PassOutput::RowGroups(&[&factory]),
        gather: 0,
        chains: &chains,
        most_bad: None,
        spill: &spill,
        max_rows: None,
        widening: &widening,
        hides_values: false,
        observer: &observer,
    };
    let format = Misled { csv, guesses };
    let cuts = Cuts::every(text.len() as u64, size);
    let whole = size >= text.len() as u64;
    let mut taken = Taken::default();
    let done = match piece {
        None => {
            let digest = whole;
            let part =
                Part { file: &map, format: &format, map: &column_map, cuts, record_limit: 1 << 20, digest };
            run_mapped(&pass, &[part], workers, workers + 1, &Pins::default(), &mut taken)
        }
        Some(piece) => {
            let part = StreamPart {
                format: &format,
                map: &column_map,
                cuts,
                record_limit: 1 << 20,
                piece,
                text_bytes: piece,
                halt: Arc::default(),
            };
            // Some of the text is there before the reader is asked, as the sample's head is.
            let (head, rest) = text.split_at(piece.min(text.len()));
            let mut drip = Drip { rest, most: piece };
            run_stream(&pass, &part, head.to_vec(), &mut drip, workers, &Pins::default(), &mut taken)
        }
    }
    .unwrap();
    for group in taken.groups {
        writer.append(group).unwrap();
    }
    writer.finish(Vec::new()).unwrap().commit().unwrap();
    let all_text = types.iter().all(|column_type| *column_type == ColumnType::Text);
    let rows = if all_text { read_back(&path, &schema) } else { Vec::new() };
    let part = &done.parts[0];
    assert_eq!(part.records, part.rows + part.bad, "records add up");
    let widened = widening.load(std::sync::atomic::Ordering::Relaxed);
    let mut notes: Vec<_> = (part.learned.notes.iter())
        .map(|note| match note.what {
            Remark::Odd(what, count) => (what, count, note.at, note.record),
            _ => panic!("CSV has no other notes"),
        })
        .collect();
    notes.sort_unstable();
    let outcome = Outcome { widened, rows, bad: taken.bad, records: part.records, blank: part.blank, notes };
    (outcome, done)
}

/// The text as rows of text, cut every `size` bytes.
pub fn convert_in_shards(text: &[u8], size: u64, workers: usize, guesses: Guesses) -> Outcome {
    let csv = csv_of(text);
    let types = vec![ColumnType::Text; csv.names.len()];
    run(text, csv, &types, size, workers, guesses, None).0
}

/// The same through windows: read `piece` bytes at a time, handed to workers in pieces of at least that many.
pub fn convert_in_pieces(text: &[u8], piece: usize, size: u64, workers: usize) -> Outcome {
    let csv = csv_of(text);
    let types = vec![ColumnType::Text; csv.names.len()];
    run(text, csv, &types, size, workers, Guesses::Honest, Some(piece)).0
}

/// The same by the plain grammar, a byte at a time.
pub fn convert_plain(text: &[u8]) -> Outcome {
    let mut csv = csv_of(text);
    // A delimiter of two bytes that ends in a byte the text has not would change the grammar; an escape that it has not does not.
    let Some(escape) = (1..9).find(|byte| !text.contains(byte)) else {
        return convert_in_shards(text, text.len() as u64, 1, Guesses::Honest);
    };
    csv.grammar.escape = Some(escape);
    assert!(!csv.grammar.is_indexable());
    let types = vec![ColumnType::Text; csv.names.len()];
    run(text, csv, &types, 1 << 20, 1, Guesses::Honest, None).0
}

/// The types that the join over the file gives, when the pass begins with `types`.
pub fn wide_types(
    text: &[u8],
    types: &[ColumnType],
    size: u64,
    workers: usize,
    guesses: Guesses,
) -> Vec<ColumnType> {
    let (_, done) = run(text, csv_of(text), types, size, workers, guesses, None);
    done.parts[0].tallies.iter().map(|tally| decide(tally.readings, &Wishes::default()).column_type).collect()
}

/// Whether a pass that begins with `types` says that one of them does not hold.
pub fn widens(text: &[u8], types: &[ColumnType], size: u64, workers: usize, guesses: Guesses) -> bool {
    run(text, csv_of(text), types, size, workers, guesses, None).0.widened
}

/// The type of a column with these values, by classifying each.
pub fn type_of<'v>(values: impl IntoIterator<Item = &'v str>) -> ColumnType {
    let words = NullWords::usual();
    let readings = values
        .into_iter()
        .filter(|value| !words.contains(value.as_bytes()))
        .fold(Readings::ALL, |join, value| join & classify(value.as_bytes()));
    decide(readings, &Wishes::default()).column_type
}

fn read_back(path: &std::path::Path, schema: &Arc<Schema>) -> Vec<Vec<String>> {
    let file = std::fs::File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(|batch| batch.unwrap()).collect();
    if batches.is_empty() {
        return Vec::new();
    }
    let read_schema = batches[0].schema();
    assert_eq!(read_schema.fields().len(), schema.fields().len());
    let batch = concat_batches(&read_schema, &batches).unwrap();
    let options = FormatOptions::default().with_null("\u{0}null");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column.value(row).to_string()).collect())
        .collect()
}

/// The body of a fuzz target: the first byte says where to cut, the second how to guess, the rest is text.
pub fn sharded_equals_serial(data: &[u8]) {
    let [size, guesses, text @ ..] = data else { return };
    let guesses =
        [Guesses::Honest, Guesses::Nominal, Guesses::Late, Guesses::InsideOut][usize::from(*guesses) % 4];
    let text = [b"a,b\n", text].concat();
    let expected = convert_in_shards(&text, text.len() as u64, 1, Guesses::Honest);
    assert_eq!(convert_in_shards(&text, u64::from(*size).max(1), 2, guesses), expected);
    assert_eq!(convert_plain(&text), expected);
}

/// The body of a fuzz target: whatever a file begins with, a dialect is found or an error is given, and the body starts within it.
pub fn sniff_never_panics(data: &[u8]) {
    for whole in [true, false] {
        if let Ok(sniffed) = sniff(data, whole, &CsvOptions::default()) {
            assert!(sniffed.csv.body as usize <= data.len());
            assert!(!sniffed.csv.names.is_empty());
        }
    }
}
