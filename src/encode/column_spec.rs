//! How one column is read, and what it is in Arrow.

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit as ArrowUnit};

use crate::encode::nested::arrow_type;
use crate::encode::null_words::NullWords;
use crate::model::readings::Readings;
use crate::model::shape::Nested;
use crate::model::time_format::TimeFormat;
use crate::model::value::{ColumnType, TimeUnit};
use crate::model::zone::ZoneRule;

/// What a column reader must know about its column.
#[derive(Debug, Clone)]
pub struct ColumnSpec {
    /// The type that the column's text is read as.
    pub column_type: ColumnType,
    /// Whether text is read into a dictionary, each value of a batch once. Other types don't care.
    pub dictionary: bool,
    /// Whether the type was declared: then a misfit is a bad row.
    pub declared: bool,
    /// Whether the type is the join over the whole file: the second pass. Local times that have no single
    /// instant are bad rows then.
    pub final_type: bool,
    /// The join over values known to be in the file, or [`Readings::ALL`].
    pub known: Readings,
    /// The words that stand for null in this column.
    pub null_words: NullWords,
    /// Whether every row has a value: where the text has none it is the first of its type, 1970 of times.
    pub filled: bool,
    /// The time zone assumed for timestamps that carry none.
    pub zone: ZoneRule,
    /// Whether the source says what its values are: they are read in the forms of XML Schema, and only what
    /// is missing is null.
    pub lexical: bool,
    /// The layout of its timestamps, if given.
    pub format: Option<TimeFormat>,
    /// Whether the order and unit of its times follow from all its values, and so their join is wanted even
    /// if others are no times.
    pub join_times: bool,
    /// The nested type that its text, JSON all of it, is read as.
    pub nested: Option<Arc<Nested>>,
}

impl ColumnSpec {
    /// Whether the join over the values matters no more.
    pub(super) fn fixed(&self) -> bool {
        self.declared || self.final_type
    }

    /// What a column of this type is in Arrow: nested if there is a nested type for its text, else as
    /// [`ColumnSpec::arrow_type`] says.
    pub fn arrow_type_or(nested: Option<&Nested>, column_type: ColumnType, dictionary: bool) -> DataType {
        nested.map_or_else(|| Self::arrow_type(column_type, dictionary), arrow_type)
    }

    /// What a column of this type is in Arrow, its text in a dictionary or not.
    pub fn arrow_type(column_type: ColumnType, dictionary: bool) -> DataType {
        match column_type {
            ColumnType::Bool => DataType::Boolean,
            ColumnType::Int64(_) => DataType::Int64,
            ColumnType::Float64(_) => DataType::Float64,
            ColumnType::Date(_) => DataType::Date32,
            ColumnType::Timestamp { unit: TimeUnit::Micros, .. } => {
                DataType::Timestamp(ArrowUnit::Microsecond, Some("UTC".into()))
            }
            ColumnType::Timestamp { unit: TimeUnit::Nanos, .. } => {
                DataType::Timestamp(ArrowUnit::Nanosecond, Some("UTC".into()))
            }
            ColumnType::Text if dictionary => {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            }
            ColumnType::Text => DataType::Utf8,
        }
    }
}
