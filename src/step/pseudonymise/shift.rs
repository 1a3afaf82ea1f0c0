//! Times shifted by one secret offset for each case.
//!
//! ```text
//! offset   of the case's text, from the key, in nanoseconds; down to whole units of the coarsest time column
//! times    value + offset
//! dates    value + whole days of the offset, down
//! ```
//!
//! So all times of a case move by the same, and differences stay exact. Dates without a time of day move by whole
//! days: their differences stay as well, while a date and a time may come a day closer or apart.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};

use super::hash::Offsets;
use super::settings::Orders;
use super::texts::{has_text, texts};
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableSchema;
use crate::model::roles::Role;

const DAY: i64 = 86_400_000_000_000;
/// Offsets of cases that are remembered.
const KNOWN: usize = 1 << 12;

/// The column of the case, where times are shifted.
///
/// # Errors
/// [`Code::Usage`] if there is none: an offset is that of a case.
pub(super) fn case_of(table: &TableSchema, orders: &Orders) -> Result<Option<usize>> {
    if orders.shift.is_none() {
        return Ok(None);
    }
    if table.name.is_some() {
        return Err(Error::new(
            Code::Usage,
            "⟦shift-times⟧ moves the times of cases, and an object-centric log has none",
        )
        .help("make an event log of one type of objects first with ⟦flatten⟧, or use ⟦generalise⟧"));
    }
    let case = table.role(Role::Case).ok_or_else(|| {
        Error::new(
            Code::NoSuchColumn,
            "⟦shift-times⟧ moves the times of cases, and no column is known to be the case",
        )
        .help("name it with ⟦case-id⟧ COLUMN")
    })?;
    let data_type = table.columns[case].field.data_type();
    match has_text(data_type) {
        true => Ok(Some(case)),
        false => {
            let what =
                format!("expected a case that can be written as text, found values of type {data_type}");
            Err(Error::new(Code::Usage, what)
                .in_column(table.columns[case].name())
                .help("name another column with ⟦case-id⟧"))
        }
    }
}

/// Whether a column of this type holds times that are shifted.
///
/// # Errors
/// [`Code::Unreachable`] for times that cannot be.
pub(super) fn is_shifted(data_type: &DataType) -> Result<bool> {
    match data_type {
        DataType::Timestamp(..) | DataType::Date32 => Ok(true),
        DataType::Dictionary(_, values) => match is_shifted(values)? {
            true => Err(out_of_reach("times in a dictionary")),
            false => Ok(false),
        },
        DataType::Time32(_) | DataType::Time64(_) => Err(out_of_reach("times of day without a date")),
        DataType::Date64 => Err(out_of_reach("dates in milliseconds")),
        other if holds_times(other) => Err(out_of_reach("times inside its values")),
        _ => Ok(false),
    }
}

fn out_of_reach(what: &str) -> Error {
    Error::new(
        Code::Unreachable,
        format!("{what} cannot be shifted with the others, and would tell the offset"),
    )
    .help("leave the column out with ⟦drop⟧, or give it pseudonyms")
}

fn holds_times(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(..)
        | DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_) => true,
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => holds_times(field.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| holds_times(field.data_type())),
        _ => false,
    }
}

/// Nanoseconds of a unit.
fn nanos_of(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

/// Shifts the times of rows.
pub(super) struct Shifter {
    offsets: Offsets,
    /// Nanoseconds of the coarsest unit of all columns.
    unit: i64,
    known: HashMap<Box<[u8]>, i64>,
}

impl Shifter {
    /// For columns of these types.
    pub fn new<'t>(offsets: Offsets, least_unit: i64, types: impl Iterator<Item = &'t DataType>) -> Self {
        let unit = types.filter_map(|it| match it {
            DataType::Timestamp(unit, _) => Some(nanos_of(*unit)),
            _ => None,
        });
        Self { offsets, unit: unit.max().unwrap_or(1).max(least_unit), known: HashMap::new() }
    }

    /// The offset of each row, by its case. Rows without a case have that of the empty text.
    ///
    /// # Errors
    /// If Arrow cannot write the cases as text.
    pub fn of_rows(&mut self, cases: &ArrayRef) -> Result<Vec<i64>> {
        if let DataType::Dictionary(..) = cases.data_type() {
            let keyed = cases.as_any_dictionary();
            let words = texts(keyed.values())?;
            let offsets: Vec<i64> =
                words.iter().map(|word| self.of(word.unwrap_or_default().as_bytes())).collect();
            let empty = self.of(b"");
            let keys = keyed.normalized_keys();
            let of = |(row, key): (usize, usize)| match cases.is_valid(row) {
                true => offsets.get(key).copied().unwrap_or(empty),
                false => empty,
            };
            return Ok(keys.into_iter().enumerate().map(of).collect());
        }
        let words = texts(cases)?;
        let mut offsets = Vec::with_capacity(words.len());
        let mut last: Option<(&str, i64)> = None;
        for word in words.iter().map(Option::unwrap_or_default) {
            let offset = match last {
                Some((before, offset)) if before == word => offset,
                _ => self.of(word.as_bytes()),
            };
            last = Some((word, offset));
            offsets.push(offset);
        }
        Ok(offsets)
    }

    fn of(&mut self, case: &[u8]) -> i64 {
        if let Some(offset) = self.known.get(case) {
            return *offset;
        }
        if self.known.len() >= KNOWN {
            self.known.clear();
        }
        let offset = self.offsets.of(case).div_euclid(self.unit).saturating_mul(self.unit);
        self.known.insert(case.into(), offset);
        offset
    }

    /// The times of a column, each shifted by the offset of its row.
    ///
    /// # Errors
    /// [`Code::Misfit`] for a time that the type does not hold any more.
    pub fn array(&self, array: &ArrayRef, offsets: &[i64]) -> Result<ArrayRef> {
        let unit = match array.data_type() {
            DataType::Timestamp(unit, _) => nanos_of(*unit),
            _ => DAY,
        };
        let is_date = *array.data_type() == DataType::Date32;
        let values = match is_date {
            true => cast(&cast(array, &DataType::Int32)?, &DataType::Int64)?,
            false => cast(array, &DataType::Int64)?,
        };
        let values = values.as_primitive::<Int64Type>();
        let mut shifted = Vec::with_capacity(values.len());
        for (value, offset) in values.iter().zip(offsets) {
            let new = value.map(|value| value.checked_add(offset.div_euclid(unit)));
            let is_beyond = match new {
                Some(None) => true,
                Some(Some(new)) => is_date && i32::try_from(new).is_err(),
                None => false,
            };
            if is_beyond {
                return Err(Error::new(Code::Misfit, "a time was shifted out of what its column holds")
                    .help("shift by fewer days, or leave the column out with ⟦drop⟧"));
            }
            shifted.push(new.flatten());
        }
        let shifted: ArrayRef = std::sync::Arc::new(Int64Array::from(shifted));
        Ok(match is_date {
            true => cast(&cast(&shifted, &DataType::Int32)?, &DataType::Date32)?,
            false => cast(&shifted, array.data_type())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Date32Array, DictionaryArray, StringArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    };
    use arrow::datatypes::Int32Type;

    use super::super::hash::Hashing;
    use super::super::key::Key;
    use super::*;

    fn shifter(types: &[DataType]) -> Shifter {
        let key = Key::new(&(0..32).collect::<Vec<u8>>()).unwrap();
        Shifter::new(Offsets::new(&Hashing::Keyed(key), None, 365), 1, types.iter())
    }

    #[test]
    fn all_times_of_a_case_move_by_the_same() {
        let types = [
            DataType::Timestamp(TimeUnit::Microsecond, None),
            DataType::Timestamp(TimeUnit::Millisecond, None),
        ];
        let mut shifter = shifter(&types);
        let cases: ArrayRef =
            Arc::new(StringArray::from(vec![Some("case 1"), Some("case 1"), Some("b"), None]));
        let offsets = shifter.of_rows(&cases).unwrap();
        // -19571679003410970 ns, down to whole milliseconds
        assert_eq!(offsets[..2], [-19_571_679_004_000_000; 2]);
        let keyed: DictionaryArray<Int32Type> =
            [Some("case 1"), Some("case 1"), Some("b"), None].into_iter().collect();
        assert_eq!(shifter.of_rows(&(Arc::new(keyed) as ArrayRef)).unwrap(), offsets);
        let micros: ArrayRef =
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1), Some(1001), Some(5), None]));
        let found = shifter.array(&micros, &offsets).unwrap();
        let found = cast(&found, &DataType::Int64).unwrap();
        let found = found.as_primitive::<Int64Type>();
        assert_eq!(found.value(0), 1 - 19_571_679_004_000);
        assert_eq!(found.value(1) - found.value(0), 1000);
        assert_ne!(found.value(2) - found.value(0), 4);
        assert!(found.is_null(3));
        let millis: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![1, 2, 3, 4]));
        let found = cast(&shifter.array(&millis, &offsets).unwrap(), &DataType::Int64).unwrap();
        assert_eq!(found.as_primitive::<Int64Type>().value(0), 1 - 19_571_679_004);
        let days: ArrayRef = Arc::new(Date32Array::from(vec![1000, 1000, 0, 0]));
        let found = shifter.array(&days, &offsets).unwrap();
        let found = found.as_primitive::<arrow::datatypes::Date32Type>();
        assert_eq!((found.value(0), found.value(1)), (1000 - 227, 1000 - 227));
    }

    #[test]
    fn times_that_would_tell_the_offset_are_refused() {
        for data_type in [
            DataType::Time64(TimeUnit::Microsecond),
            DataType::new_list(DataType::Timestamp(TimeUnit::Microsecond, None), true),
        ] {
            assert_eq!(is_shifted(&data_type).unwrap_err().code(), Code::Unreachable);
        }
        assert!(!is_shifted(&DataType::Utf8).unwrap());
        let far: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![i64::MIN + 1]));
        let error = shifter(&[]).array(&far, &[-1_000_000]).unwrap_err();
        assert_eq!(error.code(), Code::Misfit);
    }
}
