//! One table of several files of typed values: its columns, their types, and how each file fills them.
//!
//! A column has the type that all files that have it agree on, or the narrowest that holds the values of all
//! exactly: a wider whole number, a finer time, text of any layout. Types that Parquet does not have are
//! written as those that hold the same values.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Fields, SchemaRef, TimeUnit};

use crate::error::{Code, Error, Result};
use crate::model::value::{ColumnType, DateOrder, FloatStyle, IntStyle, TimeUnit as LogUnit};

/// Marks a column that comes of the file's path, in the metadata of its field.
pub const PARTITION: &str = "logflow.partition";

/// How one file fills the columns of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filling {
    /// For each column of the table which column of the file it is; `None` if the file lacks it.
    pub from: Vec<Option<usize>>,
}

/// The table of several files: its columns in the order in which they are met, those that no file has but the
/// paths give behind the others, and how each file fills them.
///
/// # Errors
/// [`Code::Columns`] if two files have different types for a column, and no type holds the values of both;
/// [`Code::TypedFile`] if a file has two columns of one name, or a type that Parquet can't hold.
pub fn joined(schemas: &[(String, SchemaRef)]) -> Result<(Vec<Field>, Vec<Filling>)> {
    let mut columns: Vec<(Field, String)> = Vec::new();
    let mut in_files = std::collections::HashSet::new();
    for (file, schema) in schemas {
        let mut seen = std::collections::HashSet::new();
        for field in schema.fields() {
            if !seen.insert(field.name()) {
                let what = format!("two columns are called {:?}", field.name());
                return Err(Error::new(Code::TypedFile, what)
                    .in_file(std::path::Path::new(file))
                    .help("give each column a name of its own in the program that writes the file"));
            }
            if !field.metadata().contains_key(PARTITION) {
                in_files.insert(field.name());
            }
            let stored = stored(field.data_type()).ok_or_else(|| {
                let what = format!(
                    "column {:?} is of type {}, which Parquet can't hold",
                    field.name(),
                    field.data_type()
                );
                Error::new(Code::TypedFile, what)
                    .in_file(std::path::Path::new(file))
                    .help("leave the column out of the file")
            })?;
            match columns.iter_mut().find(|(column, _)| column.name() == field.name()) {
                None => columns.push((Field::new(field.name(), stored, true), file.clone())),
                Some((column, first)) => {
                    let common = common(column.data_type(), &stored).ok_or_else(|| {
                        let what = format!(
                            "column {:?} is {} in {first} and {stored} in {file}",
                            field.name(),
                            column.data_type()
                        );
                        Error::new(Code::Columns, what).in_file(std::path::Path::new(file)).help(
                            "convert the files to tables of their own, or write the column with one type",
                        )
                    })?;
                    *column = column.clone().with_data_type(common);
                }
            }
        }
    }
    let mut columns: Vec<Field> = columns.into_iter().map(|(column, _)| column).collect();
    columns.sort_by_key(|column| !in_files.contains(column.name()));
    let filling = |(_, schema): &(String, SchemaRef)| Filling {
        from: columns.iter().map(|column| schema.index_of(column.name()).ok()).collect(),
    };
    let fillings = schemas.iter().map(filling).collect();
    Ok((columns, fillings))
}

/// The type by which values of a type are written: types that differ in layout alone become one, and those
/// that Parquet lacks become one that holds the same values. `None` if there is none.
pub fn stored(data_type: &DataType) -> Option<DataType> {
    // Metadata of nested fields, such as field numbers, is no part of the type.
    let field =
        |it: &Arc<Field>| Some(Arc::new(Field::new(it.name(), stored(it.data_type())?, it.is_nullable())));
    Some(match data_type {
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, value) => stored(value)?,
        DataType::RunEndEncoded(_, value) => stored(value.data_type())?,
        // Parquet has no seconds.
        DataType::Timestamp(TimeUnit::Second, zone) => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        DataType::Time32(TimeUnit::Second) => DataType::Time32(TimeUnit::Millisecond),
        DataType::Date64 => DataType::Timestamp(TimeUnit::Millisecond, None),
        DataType::List(it)
        | DataType::LargeList(it)
        | DataType::ListView(it)
        | DataType::LargeListView(it) => DataType::List(field(it)?),
        DataType::FixedSizeList(it, _) => DataType::List(field(it)?),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect::<Option<Fields>>()?),
        DataType::Map(it, sorted) => DataType::Map(field(it)?, *sorted),
        DataType::Union(..) | DataType::Interval(_) => return None,
        other => other.clone(),
    })
}

/// The narrowest type that holds the values of two exactly; `None` if there is none.
fn common(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType::{
        Date32, Float32, Float64, Int8, Int16, Int32, Int64, Null, Timestamp, UInt8, UInt16, UInt32, UInt64,
    };
    // Names of what is within lists and maps differ from writer to writer.
    if left.equals_datatype(right) {
        return Some(left.clone());
    }
    let rank = |it: &DataType| match it {
        Int8 | UInt8 => Some(8),
        Int16 | UInt16 => Some(16),
        Int32 | UInt32 => Some(32),
        Int64 | UInt64 => Some(64),
        _ => None,
    };
    match (left, right) {
        (Null, other) | (other, Null) => Some(other.clone()),
        (Float32, Float64) | (Float64, Float32) => Some(Float64),
        // Whole numbers of 32 bits are exact in a double.
        (Float64, other) | (other, Float64) if rank(other).is_some_and(|bits| bits <= 32) => Some(Float64),
        (Date32, Timestamp(unit, zone)) | (Timestamp(unit, zone), Date32) if zone.is_none() => {
            Some(Timestamp(*unit, None))
        }
        (Timestamp(one, zone), Timestamp(other, same)) if zone == same => {
            let finer = |unit: &TimeUnit| *unit as u8;
            Some(Timestamp(if finer(one) >= finer(other) { *one } else { *other }, zone.clone()))
        }
        (one, other) => {
            let (one_bits, other_bits) = (rank(one)?, rank(other)?);
            let is_signed = |it: &DataType| it.is_signed_integer();
            let bits = match (is_signed(one), is_signed(other)) {
                (true, true) => one_bits.max(other_bits),
                (false, false) => {
                    return Some(if one_bits > other_bits { one.clone() } else { other.clone() });
                }
                // A signed type needs one bit more than an unsigned one.
                (true, false) => one_bits.max(other_bits * 2),
                (false, true) => other_bits.max(one_bits * 2),
            };
            if bits > 64 {
                return None;
            }
            Some(match bits {
                8 => Int8,
                16 => Int16,
                32 => Int32,
                _ => Int64,
            })
        }
    }
}

/// A batch of a file as one of the table. `present`: for each column of `schema` its place in the batch;
/// `None` for a column that is null.
///
/// # Errors
/// [`Code::TypedFile`] for a value that the type of the table does not hold.
pub fn filled(batch: &RecordBatch, present: &[Option<usize>], schema: &SchemaRef) -> Result<RecordBatch> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(present.len());
    for (field, at) in schema.fields().iter().zip(present) {
        arrays.push(match at {
            None => new_null_array(field.data_type(), batch.num_rows()),
            Some(at) if batch.column(*at).data_type() == field.data_type() => Arc::clone(batch.column(*at)),
            Some(at) => {
                cast_with_options(batch.column(*at), field.data_type(), &options).map_err(|error| {
                    Error::new(Code::TypedFile, format!("column {:?}: {error}", field.name()))
                        .help("a value is beyond what the type of the table holds")
                })?
            }
        });
    }
    Ok(RecordBatch::try_new(Arc::clone(schema), arrays)?)
}

/// The type that a column of text would have had for such values; text for what it never has.
pub fn column_type(data_type: &DataType) -> ColumnType {
    match data_type {
        DataType::Boolean => ColumnType::Bool,
        DataType::Date32 => ColumnType::Date(DateOrder::Ymd),
        DataType::Timestamp(unit, _) => ColumnType::Timestamp {
            order: DateOrder::Ymd,
            unit: if *unit == TimeUnit::Nanosecond { LogUnit::Nanos } else { LogUnit::Micros },
        },
        it if it.is_integer() => ColumnType::Int64(IntStyle::default()),
        it if it.is_floating() => ColumnType::Float64(FloatStyle::default()),
        _ => ColumnType::Text,
    }
}

/// A type by the name that reports have for it.
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "bool".to_owned(),
        DataType::Utf8 => "string".to_owned(),
        DataType::Dictionary(_, values) => type_name(values),
        DataType::Timestamp(unit, zone) => {
            let unit = match unit {
                TimeUnit::Second => "s",
                TimeUnit::Millisecond => "ms",
                TimeUnit::Microsecond => "us",
                TimeUnit::Nanosecond => "ns",
            };
            match zone {
                Some(zone) => format!("timestamp[{unit}, {zone}]"),
                None => format!("timestamp[{unit}]"),
            }
        }
        other => other.to_string().to_ascii_lowercase(),
    }
}

/// Whether a reader can't tell the type by what Parquet says of the column.
pub fn needs_arrow_schema(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(_, Some(zone)) => &**zone != "UTC",
        DataType::Duration(_) => true,
        DataType::List(it) | DataType::Map(it, _) => needs_arrow_schema(it.data_type()),
        DataType::Struct(fields) => fields.iter().any(|it| needs_arrow_schema(it.data_type())),
        _ => false,
    }
}
