//! Our chunks against the library's, which reads both.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use proptest::prelude::*;

use super::*;
use crate::budget::Ration;
use crate::encode::row_group::{EncodedChunk, RowGroupFactory};

/// How a test's column is laid out.
#[derive(Debug, Clone)]
struct ColumnPlan {
    encoding: Encoding,
    dictionary: Option<usize>,
    page_rows: usize,
    page_bytes: usize,
    zstd: bool,
}

const ROOMY: usize = 1 << 20;

impl ColumnPlan {
    fn properties(&self) -> Arc<WriterProperties> {
        let codec =
            if self.zstd { Compression::ZSTD(ZstdLevel::default()) } else { Compression::UNCOMPRESSED };
        let builder = WriterProperties::builder()
            .set_compression(codec)
            .set_dictionary_enabled(self.dictionary.is_some())
            .set_dictionary_page_size_limit(self.dictionary.unwrap_or(ROOMY))
            .set_data_page_row_count_limit(self.page_rows)
            .set_data_page_size_limit(self.page_bytes)
            // The twin looks at a page's rows only so often.
            .set_write_batch_size(1);
        Arc::new(builder.set_encoding(self.encoding).build())
    }
}

type FileWriter = SerializedFileWriter<Vec<u8>>;

fn file(schema: &SchemaRef, properties: &Arc<WriterProperties>) -> FileWriter {
    let descriptor = ArrowSchemaConverter::new().convert(schema).unwrap();
    SerializedFileWriter::new(Vec::new(), descriptor.root_schema_ptr(), Arc::clone(properties)).unwrap()
}

/// The row groups as our encoder writes them, spilling most pages.
fn own(schema: &SchemaRef, groups: &[Vec<RecordBatch>], properties: &Arc<WriterProperties>) -> Bytes {
    let mut file = file(schema, properties);
    let inner = ArrowRowGroupWriterFactory::new(&file, Arc::clone(schema));
    let spill = Arc::new(Spill::new(Arc::new(Ration::new(500)), std::env::temp_dir()));
    let descriptor = Arc::new(ArrowSchemaConverter::new().convert(schema).unwrap());
    let factory = RowGroupFactory::new(Arc::clone(schema), descriptor, Arc::clone(properties), spill, inner);
    for batches in groups {
        let mut encoder = factory.encoder().unwrap();
        batches.iter().for_each(|batch| encoder.write(batch).unwrap());
        let mut group = file.next_row_group().unwrap();
        for chunk in encoder.close().unwrap().chunks {
            assert!(matches!(chunk, EncodedChunk::Own(_)));
            chunk.append_to(&mut group).unwrap();
        }
        group.close().unwrap();
    }
    file.into_inner().unwrap().into()
}

/// The row groups as the library writes them.
fn twin(schema: &SchemaRef, groups: &[Vec<RecordBatch>], properties: &Arc<WriterProperties>) -> Bytes {
    let mut file = file(schema, properties);
    let factory = ArrowRowGroupWriterFactory::new(&file, Arc::clone(schema));
    for batches in groups {
        let mut writers = factory.create_column_writers(0).unwrap();
        for batch in batches {
            for (index, writer) in writers.iter_mut().enumerate() {
                compute_leaves(schema.field(index), batch.column(index))
                    .unwrap()
                    .iter()
                    .for_each(|leaf| writer.write(leaf).unwrap());
            }
        }
        let mut group = file.next_row_group().unwrap();
        for writer in writers {
            writer.close().unwrap().append_to_row_group(&mut group).unwrap();
        }
        group.close().unwrap();
    }
    file.into_inner().unwrap().into()
}

fn options() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required)
}

fn metadata(file: &Bytes) -> Arc<ParquetMetaData> {
    Arc::clone(ArrowReaderMetadata::load(file, options()).unwrap().metadata())
}

fn read(file: &Bytes, selection: Option<RowSelection>) -> RecordBatch {
    let mut builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options()).unwrap();
    if let Some(selection) = selection {
        builder = builder.with_row_selection(selection);
    }
    let schema = Arc::clone(builder.schema());
    let batches: Vec<RecordBatch> = builder.build().unwrap().map(|batch| batch.unwrap()).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn plain(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Dictionary(..) => cast(array, &DataType::Utf8).unwrap(),
        _ => Arc::clone(array),
    }
}

/// Cuts an array into row groups of batches.
fn cut(schema: &SchemaRef, array: &ArrayRef, batch: usize, group: usize) -> Vec<Vec<RecordBatch>> {
    let slice = |start: usize, len: usize| {
        RecordBatch::try_new(Arc::clone(schema), vec![array.slice(start, len)]).unwrap()
    };
    let groups = (0..array.len().max(1)).step_by(group);
    groups
        .map(|start| {
            let end = (start + group).min(array.len());
            let mut batches: Vec<_> =
                (start..end).step_by(batch).map(|at| slice(at, batch.min(end - at))).collect();
            batches.push(slice(start, 0));
            batches
        })
        .collect()
}

/// Writes the array both ways. Equal pages must have equal statistics and indexes; with unequal ones, equal
/// chunks.
fn check(array: &ArrayRef, plan: &ColumnPlan, batch: usize, group: usize, equal_pages: bool) {
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("a", array.data_type().clone(), true)]));
    let groups = cut(&schema, array, batch, group);
    let properties = plan.properties();
    let (own, twin) = (own(&schema, &groups, &properties), twin(&schema, &groups, &properties));
    let expected = plain(array);
    assert_same(read(&own, None).column(0), &expected);

    let (ours, theirs) = (metadata(&own), metadata(&twin));
    for (index, (ours, theirs)) in ours.row_groups().iter().zip(theirs.row_groups()).enumerate() {
        let (ours, theirs) = (ours.column(0), theirs.column(0));
        assert_eq!(ours.statistics(), theirs.statistics(), "row group {index}");
        let bounds = |chunk: &ColumnChunkMetaData| {
            let statistics = chunk.statistics().unwrap();
            let exact = (statistics.min_is_exact(), statistics.max_is_exact());
            (
                statistics.min_bytes_opt().map(<[u8]>::to_vec),
                statistics.max_bytes_opt().map(<[u8]>::to_vec),
                exact,
            )
        };
        assert_eq!(bounds(ours), bounds(theirs));
        assert_eq!(ours.num_values(), theirs.num_values());
        assert_eq!(ours.unencoded_byte_array_data_bytes(), theirs.unencoded_byte_array_data_bytes());
        assert_eq!(ours.definition_level_histogram(), theirs.definition_level_histogram());
        assert_eq!(ours.compression(), theirs.compression());
        assert_eq!(ours.dictionary_page_offset().is_some(), theirs.dictionary_page_offset().is_some());
        if equal_pages {
            assert_eq!(ours.encodings_mask(), theirs.encodings_mask());
            assert_eq!(ours.page_encoding_stats(), theirs.page_encoding_stats());
        }
    }
    if equal_pages {
        assert_eq!(ours.column_index(), theirs.column_index());
        for (ours, theirs) in ours.offset_index().unwrap().iter().zip(theirs.offset_index().unwrap()) {
            let rows = |index: &parquet::file::page_index::offset_index::OffsetIndexMetaData| {
                let pages = index.page_locations().iter();
                (
                    pages.map(|page| page.first_row_index).collect::<Vec<_>>(),
                    index.unencoded_byte_array_data_bytes().cloned(),
                )
            };
            assert_eq!(rows(&ours[0]), rows(&theirs[0]));
        }
    }
    // Rows found by the page index.
    for (skip, take) in [(array.len() / 3, array.len() / 4), (array.len() / 2, 1)] {
        if skip + take <= array.len() && take > 0 {
            let selection = vec![
                RowSelector::skip(skip),
                RowSelector::select(take),
                RowSelector::skip(array.len() - skip - take),
            ];
            let found = read(&own, Some(selection.into()));
            assert_same(found.column(0), &expected.slice(skip, take));
        }
    }
}

/// Equal, NaN and the sign of zero included.
fn assert_same(found: &ArrayRef, expected: &ArrayRef) {
    match (found.as_any().downcast_ref::<Float64Array>(), expected.as_any().downcast_ref::<Float64Array>()) {
        (Some(found), Some(expected)) => {
            let bits =
                |array: &Float64Array| array.iter().map(|value| value.map(f64::to_bits)).collect::<Vec<_>>();
            assert_eq!(bits(found), bits(expected));
        }
        _ => assert_eq!(&cast(found, expected.data_type()).unwrap(), expected),
    }
}

fn dictionary(array: &StringArray) -> ArrayRef {
    Arc::new(array.iter().collect::<DictionaryArray<Int32Type>>())
}

/// Values with runs, some null.
fn column<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<Option<T>>> {
    let run = (
        prop::option::weighted(0.85, value),
        prop_oneof![3 => Just(1usize), 2 => 2..30usize, 1 => 100..300usize],
    );
    prop::collection::vec(run, 0..60)
        .prop_map(|runs| runs.into_iter().flat_map(|(value, count)| vec![value; count]).collect())
}

fn plan(encodings: &'static [Encoding]) -> impl Strategy<Value = ColumnPlan> {
    let dictionary = prop_oneof![Just(None), Just(Some(ROOMY)), Just(Some(64)), Just(Some(400))];
    (
        prop::sample::select(encodings),
        dictionary,
        prop::sample::select(&[1, 7, 64, 1000, 20_000][..]),
        any::<bool>(),
    )
        .prop_map(|(encoding, dictionary, page_rows, zstd)| ColumnPlan {
            encoding,
            dictionary,
            page_rows,
            page_bytes: ROOMY,
            zstd,
        })
}

/// Pages are equal but for two things that the twin does: it looks at sizes only between stretches of rows,
/// and it makes a page too long when a batch without nulls ends in its middle.
fn checked(array: ArrayRef, plan: &ColumnPlan, batch: usize, group: usize) {
    let exact = plan.dictionary.is_none_or(|limit| limit == ROOMY);
    check(&array, plan, batch, group, false);
    check(&array, plan, batch.next_multiple_of(plan.page_rows), group, exact);
}

fn whole_number() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -5..5i64,
        Just(i64::MIN),
        Just(i64::MAX),
        1_700_000_000_000_000..1_700_000_100_000_000i64
    ]
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        (-20..20i32).prop_map(|value| f64::from(value) / 4.0),
        prop::sample::select(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, f64::MIN_POSITIVE][..]),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-c]{1,2}",
        "case-[0-9]{4}",
        ".{0,20}",
        "[a-z ]{60,70}",
        "[é€𝄞a]{20,40}",
        "x{63}[é\u{10FFFF}]{1,3}",
        "\u{10FFFF}{16,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn whole_numbers_and_times_are_as_the_twins(
        values in column(whole_number()),
        plan in plan(&[Encoding::PLAIN, Encoding::DELTA_BINARY_PACKED]),
        (batch, group) in (1..700usize, 1..2000usize),
    ) {
        checked(Arc::new(Int64Array::from(values.clone())), &plan, batch, group);
        checked(Arc::new(TimestampNanosecondArray::from(values.clone())), &plan, batch, group);
        checked(Arc::new(TimestampMicrosecondArray::from(values.clone()).with_timezone("UTC")), &plan, batch, group);
        let days: Vec<_> = values.iter().map(|value| value.map(|value| value as i32)).collect();
        checked(Arc::new(Date32Array::from(days)), &plan, batch, group);
    }

    #[test]
    fn floats_are_as_the_twins(
        values in column(float()),
        plan in plan(&[Encoding::PLAIN]),
        (batch, group) in (1..700usize, 1..2000usize),
    ) {
        checked(Arc::new(Float64Array::from(values)), &plan, batch, group);
    }

    #[test]
    fn flags_are_as_the_twins(
        values in column(any::<bool>()),
        plan in plan(&[Encoding::PLAIN]),
        (batch, group) in (1..700usize, 1..2000usize),
    ) {
        checked(Arc::new(BooleanArray::from(values)), &ColumnPlan { dictionary: None, ..plan }, batch, group);
    }

    #[test]
    fn text_is_as_the_twins(
        values in column(text()),
        plan in plan(&[Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY]),
        (batch, group) in (1..700usize, 1..2000usize),
        page_bytes in prop::sample::select(&[1usize, 50, 2000, ROOMY][..]),
    ) {
        let array = StringArray::from(values);
        let keyed = dictionary(&array);
        let small = ColumnPlan { page_bytes, ..plan.clone() };
        for array in [Arc::new(array) as ArrayRef, keyed] {
            checked(Arc::clone(&array), &plan, batch, group);
            check(&array, &small, batch, group, false);
        }
    }
}

/// Values of which most are new, so that a dictionary is filled, or given up.
fn mostly_new() -> impl Strategy<Value = Vec<Option<i64>>> {
    let run = (prop::option::weighted(0.9, 0..400i64), prop_oneof![5 => Just(1usize), 1 => 2..40usize]);
    prop::collection::vec(run, 0..150)
        .prop_map(|runs| runs.into_iter().flat_map(|(value, count)| vec![value; count]).collect())
}

proptest! {
    #[test]
    fn where_batches_are_cut_leaves_no_trace(
        values in mostly_new(),
        plan in plan(&[Encoding::PLAIN]),
        limit in prop::sample::select(&[64usize, 200, 400, 1000][..]),
        batch in 1..90usize,
    ) {
        let texts = StringArray::from_iter(values.iter().map(|value| value.map(|value| format!("c-{value}"))));
        let floats = Float64Array::from_iter(values.iter().map(|value| value.map(|value| value as f64 / 4.0)));
        let plan = ColumnPlan { dictionary: Some(limit), ..plan };
        let arrays: [ArrayRef; 4] =
            [dictionary(&texts), Arc::new(texts), Arc::new(Int64Array::from(values)), Arc::new(floats)];
        for array in arrays {
            let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("a", array.data_type().clone(), true)]));
            let written = |batch| own(&schema, &cut(&schema, &array, batch, usize::MAX >> 1), &plan.properties());
            prop_assert!(written(array.len().max(1)) == written(batch), "{}", array.data_type());
        }
    }
}

/// Row groups of a column whose dictionary may have 8 kB: bytes of the chunk, and whether it ends with the
/// dictionary in use.
fn chunk_of(values: impl Iterator<Item = i64>) -> (i64, bool) {
    let array: ArrayRef = Arc::new(StringArray::from_iter_values(values.map(|value| format!("{value:012}"))));
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("a", DataType::Utf8, true)]));
    let plan = ColumnPlan { dictionary: Some(8 << 10), zstd: false, ..text_plan(None) };
    let written = own(&schema, &cut(&schema, &array, 1000, usize::MAX >> 1), &plan.properties());
    assert_same(read(&written, None).column(0), &array);
    let metadata = metadata(&written);
    let chunk = metadata.row_group(0).column(0);
    let given_up = chunk.encodings().any(|it| it == Encoding::DELTA_LENGTH_BYTE_ARRAY);
    (chunk.compressed_size(), !given_up)
}

#[test]
fn a_dictionary_is_given_up_half_full_if_nearly_all_is_new() {
    // 16 bytes each: 256 entries are half of it.
    assert!(!chunk_of(0..3000).1);
    // Each twice, and all that comes first new: kept.
    assert!(chunk_of((0..400).flat_map(|value| [value; 2])).1);
    assert!(chunk_of((0..200).chain((0..200).cycle().take(9000))).1);
    // One in four is there again: nothing is known of half of it, and it is full later.
    let (bytes, kept) = chunk_of((0..3000).map(|value| if value % 4 == 3 { value - 3 } else { value }));
    assert!(!kept && bytes > 2000 * 12);
}

fn text_plan(dictionary: Option<usize>) -> ColumnPlan {
    let encoding = Encoding::DELTA_LENGTH_BYTE_ARRAY;
    ColumnPlan { encoding, dictionary, page_rows: 20_000, page_bytes: 256 << 10, zstd: true }
}

#[test]
fn many_pages_of_many_keys_come_back() {
    let values = |at: usize| (!at.is_multiple_of(97)).then(|| format!("case-{:06}", at / 13 * 31 % 4_000));
    let array: StringArray = (0..150_000).map(values).collect();
    for array in [dictionary(&array), Arc::new(array)] {
        // The twin looks at sizes more rarely in pages of this many rows.
        check(&array, &text_plan(Some(ROOMY)), 4096, 100_000, false);
        check(&array, &text_plan(Some(20_000)), 4096, 100_000, false);
        check(&array, &text_plan(None), 4096, 100_000, false);
    }
}

#[test]
fn the_bytes_do_not_depend_on_where_batches_end() {
    let array: StringArray =
        (0..30_000).map(|at: usize| (!at.is_multiple_of(7)).then(|| format!("{}", at / 5 % 700))).collect();
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("a", DataType::Utf8, true)]));
    let array: ArrayRef = Arc::new(array);
    for plan in [text_plan(Some(ROOMY)), text_plan(Some(1000)), text_plan(None)] {
        let properties = plan.properties();
        let written = |batch| own(&schema, &cut(&schema, &array, batch, 20_000), &properties);
        assert!(written(10) == written(4096));
    }
}

#[test]
fn unused_words_of_a_batch_stay_out_of_the_dictionary() {
    let array: StringArray = (0..1000).map(|at| Some(format!("word {at}"))).collect();
    let array = dictionary(&array).slice(10, 5);
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("a", array.data_type().clone(), true)]));
    let written = own(&schema, &cut(&schema, &array, 100, 100), &text_plan(Some(ROOMY)).properties());
    assert!(metadata(&written).row_group(0).column(0).uncompressed_size() < 300);
    assert_same(read(&written, None).column(0), &plain(&array));
}

#[test]
fn a_pages_worth_of_one_giant_text_is_one_page() {
    let giant = "ä".repeat(300_000);
    let array: ArrayRef =
        Arc::new(StringArray::from(vec![Some("a"), Some(&giant), None, Some("b"), Some(&giant)]));
    for dictionary in [None, Some(ROOMY), Some(1000)] {
        check(&array, &text_plan(dictionary), 2, 10, false);
    }
}

/// Properties with which each chunk finds its own layout.
fn tried(
    dictionary: Option<usize>,
    page_rows: usize,
    page_bytes: usize,
    zstd: bool,
) -> Arc<WriterProperties> {
    let codec = if zstd { Compression::ZSTD(ZstdLevel::default()) } else { Compression::UNCOMPRESSED };
    let builder = WriterProperties::builder()
        .set_compression(codec)
        .set_dictionary_enabled(dictionary.is_some())
        .set_dictionary_page_size_limit(dictionary.unwrap_or(ROOMY))
        .set_data_page_row_count_limit(page_rows)
        .set_data_page_size_limit(page_bytes);
    Arc::new(builder.build())
}

/// Encodings of the pages of values of the only chunk, each once, and whether there is a dictionary.
fn found(array: ArrayRef, dictionary: bool) -> (Vec<Encoding>, bool) {
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("a", array.data_type().clone(), true)]));
    let properties = tried(dictionary.then_some(ROOMY), 20_000, ROOMY, true);
    let file = own(&schema, &cut(&schema, &array, 1000, usize::MAX), &properties);
    assert_eq!(read(&file, None).column(0), &array);
    let metadata = metadata(&file);
    let chunk = metadata.row_group(0).column(0);
    let pages = chunk.page_encoding_stats_mask().unwrap();
    (pages.encodings().collect(), chunk.dictionary_page_offset().is_some())
}

/// Numbers without a pattern (splitmix64).
fn random(seed: u64) -> u64 {
    let z = (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn texts(text: impl Fn(u64) -> String) -> ArrayRef {
    Arc::new(StringArray::from_iter_values((0..30_000).map(text)))
}

#[test]
fn each_kind_of_column_gets_the_encoding_that_makes_it_smallest() {
    let identifiers = texts(|row| format!("event-{row:09}"));
    let hashes = texts(|row| format!("{:016x}{:016x}", random(row), random(row + 1_000_000)));
    let templates = texts(|row| {
        let (user, kind) = (random(row) % 9999, random(row + 7) % 5);
        let address = (random(row + 1) % 255, random(row + 2) % 255);
        match kind {
            0 => format!("user {user} logged in from 10.0.{}.{}", address.0, address.1),
            1 => format!("order {user} shipped with tracking number {}{}", address.0, address.1),
            2 => format!("payment of {}.{} EUR received for invoice {user}", address.0, address.1),
            3 => format!("retry {} of job {user}", address.0),
            _ => format!("queue length {} at node {user}", address.0),
        }
    });
    let cities = texts(|row| format!("city {}", random(row) % 50));
    let often = texts(|row| format!("text number {}", random(row) % 6_000));
    let scattered: ArrayRef =
        Arc::new(Int64Array::from_iter_values((0..30_000).map(|row| random(row) as i64 >> 40)));
    let ascending: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values(
        (0..30_000).map(|row| 1_700_000_000_000_000 + row * 1_000_000 + (random(row as u64) % 5_000) as i64),
    ));
    let times = |time: fn(u64) -> u64| -> ArrayRef {
        let micros = (0..30_000).map(|row| 1_700_000_000_000_000 + time(row) as i64);
        Arc::new(TimestampMicrosecondArray::from_iter_values(micros))
    };
    // None of the first 2,000 rows has the time of another.
    let recurring = times(|row| random(row % 2_000) >> 20);
    let days = times(|row| (random(row) % 400) * 86_400_000_000);
    let noise: ArrayRef = Arc::new(Int64Array::from_iter_values((0..30_000).map(|row| random(row) as i64)));
    let prices: ArrayRef =
        Arc::new(Float64Array::from_iter_values((0..30_000).map(|row| (random(row) % 90) as f64 / 4.0)));
    let weights: ArrayRef =
        Arc::new(Float64Array::from_iter_values((0..30_000).map(|row| random(row) as f64 / 7.0)));
    for (name, array, dictionary, expected) in [
        ("times that recur", &recurring, true, (vec![Encoding::RLE_DICTIONARY], true)),
        ("days", &days, true, (vec![Encoding::RLE_DICTIONARY], true)),
        ("noise", &noise, true, (vec![Encoding::PLAIN], false)),
        ("prices", &prices, true, (vec![Encoding::RLE_DICTIONARY], true)),
        ("weights", &weights, true, (vec![Encoding::PLAIN], false)),
        (
            "ascending times with a dictionary at hand",
            &ascending,
            true,
            (vec![Encoding::DELTA_BINARY_PACKED], false),
        ),
        ("identifiers", &identifiers, false, (vec![Encoding::DELTA_BYTE_ARRAY], false)),
        ("hashes", &hashes, false, (vec![Encoding::DELTA_LENGTH_BYTE_ARRAY], false)),
        // Values that are all new leave no trace of the dictionary with which the chunk began.
        ("hashes after a dictionary", &hashes, true, (vec![Encoding::DELTA_LENGTH_BYTE_ARRAY], false)),
        ("identifiers after a dictionary", &identifiers, true, (vec![Encoding::DELTA_BYTE_ARRAY], false)),
        ("templates", &templates, true, (vec![Encoding::PLAIN], false)),
        ("cities", &cities, true, (vec![Encoding::RLE_DICTIONARY], true)),
        ("text that repeats", &often, true, (vec![Encoding::RLE_DICTIONARY], true)),
        ("scattered numbers", &scattered, false, (vec![Encoding::DELTA_BINARY_PACKED], false)),
        ("ascending times", &ascending, false, (vec![Encoding::DELTA_BINARY_PACKED], false)),
    ] {
        assert_eq!(found(Arc::clone(array), dictionary), expected, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn what_a_chunk_finds_does_not_depend_on_batches(
        texts in column(text()),
        numbers in column(whole_number()),
        dictionary in prop_oneof![Just(None), Just(Some(ROOMY)), Just(Some(64)), Just(Some(400))],
        page_rows in prop::sample::select(&[1, 7, 64, 1000, 20_000][..]),
        page_bytes in prop::sample::select(&[100, 1000, ROOMY][..]),
        zstd in any::<bool>(),
        (left, right, group) in (1..700usize, 1..700usize, 1..2000usize),
    ) {
        let properties = tried(dictionary, page_rows, page_bytes, zstd);
        let arrays: [ArrayRef; 2] = [Arc::new(StringArray::from(texts)), Arc::new(Int64Array::from(numbers))];
        for array in arrays {
            let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("a", array.data_type().clone(), true)]));
            let written = |batch| own(&schema, &cut(&schema, &array, batch, group), &properties);
            let file = written(left);
            prop_assert_eq!(&file, &written(right));
            let found = read(&file, None);
            prop_assert_eq!(found.column(0), &array);
        }
    }
}
