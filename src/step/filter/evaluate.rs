//! True, false or null for each row of a batch.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, Scalar, StringArray};
use arrow::compute::{and_kleene, cast, is_null, like, not, or_kleene, take};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, UInt64Type};

use super::bind::{Bound, Bound128, Node, Test, ValueKind, nanos_in};
use crate::error::{Code, Error, Result};

impl Bound {
    /// Whether the condition holds for each row.
    ///
    /// # Errors
    /// If a column is not of the type that the condition was bound to.
    pub fn evaluate(&self, rows: &RecordBatch) -> Result<BooleanArray> {
        node(&self.0, rows)
    }
}

fn node(asked: &Node, rows: &RecordBatch) -> Result<BooleanArray> {
    let joined = |parts: &[Node], join: fn(&BooleanArray, &BooleanArray) -> _| {
        let mut parts = parts.iter().map(|part| node(part, rows));
        let first =
            parts.next().unwrap_or_else(|| Err(Error::new(Code::Internal, "a condition without parts")))?;
        parts.try_fold(first, |left, right| Ok(join(&left, &right?)?))
    };
    match asked {
        Node::All(parts) => joined(parts, and_kleene),
        Node::Any(parts) => joined(parts, or_kleene),
        Node::Not(inner) => Ok(not(&node(inner, rows)?)?),
        Node::IsNull(column) => Ok(match rows.column(*column).logical_nulls() {
            Some(nulls) => BooleanArray::new(!nulls.inner(), None),
            None => is_null(rows.column(*column))?,
        }),
        Node::Test(column, asked) => test(rows.column(*column), asked),
        Node::Pair(left, comparison, right, kind) => {
            let (left, right) = (plain(rows.column(*left))?, plain(rows.column(*right))?);
            let holds = |order: Ordering| comparison.holds(order);
            pair(&left, &right, *kind, holds)
        }
    }
}

/// An array without a dictionary, with values of one of the few types that conditions are evaluated on.
fn plain(array: &ArrayRef) -> Result<ArrayRef> {
    let data_type = match array.data_type() {
        DataType::Dictionary(_, value) => value.as_ref(),
        other => other,
    };
    let wanted = match data_type {
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Int8 | DataType::Int16 | DataType::Int32 => DataType::Int64,
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => DataType::UInt64,
        DataType::Float16 | DataType::Float32 => DataType::Float64,
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) => DataType::Decimal128(38, *scale),
        other => other.clone(),
    };
    if *array.data_type() == wanted { Ok(ArrayRef::clone(array)) } else { Ok(cast(array, &wanted)?) }
}

fn test(array: &ArrayRef, asked: &Test) -> Result<BooleanArray> {
    // Each value of a dictionary is looked at once, however often it occurs.
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        let found = test(dictionary.values(), asked)?;
        return Ok(take(&found, dictionary.keys(), None)?.as_boolean().clone());
    }
    let array = plain(array)?;
    let wrong =
        || Error::new(Code::Internal, format!("a condition met values of type {}", array.data_type()));
    Ok(match asked {
        Test::Text(comparison, text) => {
            let values = array.as_string_opt::<i32>().ok_or_else(wrong)?;
            BooleanArray::from_unary(values, |value| comparison.holds(value.cmp(text)))
        }
        Test::TextIn(texts) => {
            let values = array.as_string_opt::<i32>().ok_or_else(wrong)?;
            BooleanArray::from_unary(values, |value| texts.contains(value))
        }
        Test::Like(pattern) => like(&array, &Scalar::new(StringArray::from(vec![pattern.as_str()])))?,
        Test::Whole(comparison, bound) => {
            wholes(&array, |value| comparison.holds(against(value, *bound))).ok_or_else(wrong)?
        }
        Test::WholeIn(numbers) => {
            wholes(&array, |value| numbers.binary_search(&value).is_ok()).ok_or_else(wrong)?
        }
        Test::Float(comparison, number) => {
            let values = array.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?;
            BooleanArray::from_unary(values, |value| comparison.holds(order_of(value, *number)))
        }
        Test::FloatIn(numbers) => {
            let values = array.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?;
            BooleanArray::from_unary(values, |value| numbers.iter().any(|it| order_of(value, *it).is_eq()))
        }
        Test::Is(wanted) => {
            let values = array.as_boolean_opt().ok_or_else(wrong)?;
            if *wanted { values.clone() } else { not(values)? }
        }
    })
}

/// The order of a whole number and a number that may have a remainder.
fn against(value: i128, bound: Bound128) -> Ordering {
    match value.cmp(&bound.floor) {
        Ordering::Equal if bound.has_rest => Ordering::Less,
        order => order,
    }
}

/// The order of numbers, in which 0 and -0 are equal, and NaN equals itself and is greater than all others.
fn order_of(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

/// The exact order of a whole number and a floating-point number.
fn order_of_mixed(left: i128, right: f64) -> Ordering {
    if right.is_nan() || right >= 1.7e38 {
        return Ordering::Less;
    }
    if right <= -1.7e38 {
        return Ordering::Greater;
    }
    let floor = right.floor();
    against(left, Bound128 { floor: floor as i128, has_rest: floor != right })
}

/// The test of whole numbers, days and moments in the unit of the array; `None` for an array of other values.
fn wholes(array: &ArrayRef, holds: impl Fn(i128) -> bool) -> Option<BooleanArray> {
    if let Some(values) = array.as_primitive_opt::<UInt64Type>() {
        return Some(BooleanArray::from_unary(values, |value| holds(value.into())));
    }
    if let Some(values) = array.as_primitive_opt::<Decimal128Type>() {
        return Some(BooleanArray::from_unary(values, holds));
    }
    let as_numbers = match array.data_type() {
        DataType::Int64 => ArrayRef::clone(array),
        DataType::Timestamp(..) | DataType::Date32 => cast(array, &DataType::Int64).ok()?,
        _ => return None,
    };
    let values = as_numbers.as_primitive_opt::<Int64Type>()?;
    Some(BooleanArray::from_unary(values, |value| holds(value.into())))
}

/// Compares two columns row by row.
fn pair(
    left: &ArrayRef,
    right: &ArrayRef,
    kind: ValueKind,
    holds: impl Fn(Ordering) -> bool,
) -> Result<BooleanArray> {
    let wrong = || {
        Error::new(
            Code::Internal,
            format!("a condition compares values of type {} and {}", left.data_type(), right.data_type()),
        )
    };
    let rows = 0..left.len();
    let both = |row: &usize| left.is_valid(*row) && right.is_valid(*row);
    let all = |order: &dyn Fn(usize) -> Ordering| -> BooleanArray {
        rows.clone().map(|row| both(&row).then(|| holds(order(row)))).collect()
    };
    let numbers = |array: &ArrayRef| -> Option<Box<dyn Fn(usize) -> NumberValue>> {
        if let Some(values) = array.as_primitive_opt::<Float64Type>() {
            let values = values.clone();
            return Some(Box::new(move |row| NumberValue::Float(values.value(row))));
        }
        if let Some(values) = array.as_primitive_opt::<UInt64Type>() {
            let values = values.clone();
            return Some(Box::new(move |row| NumberValue::Whole(values.value(row).into())));
        }
        if let Some(values) = array.as_primitive_opt::<Decimal128Type>() {
            let values = values.clone();
            return Some(Box::new(move |row| NumberValue::Whole(values.value(row))));
        }
        let factor = match array.data_type() {
            DataType::Timestamp(unit, _) => nanos_in(*unit),
            _ => 1,
        };
        let values = cast(array, &DataType::Int64).ok()?;
        let values = values.as_primitive_opt::<Int64Type>()?.clone();
        Some(Box::new(move |row| NumberValue::Whole(i128::from(values.value(row)) * factor)))
    };
    Ok(match kind {
        ValueKind::Text => {
            let left = left.as_string_opt::<i32>().ok_or_else(wrong)?;
            let right = right.as_string_opt::<i32>().ok_or_else(wrong)?;
            all(&|row| left.value(row).cmp(right.value(row)))
        }
        ValueKind::Boolean => {
            let left = left.as_boolean_opt().ok_or_else(wrong)?;
            let right = right.as_boolean_opt().ok_or_else(wrong)?;
            all(&|row| left.value(row).cmp(&right.value(row)))
        }
        ValueKind::Integer
        | ValueKind::Float
        | ValueKind::Date
        | ValueKind::Timestamp
        | ValueKind::LocalTimestamp
        | ValueKind::Decimal(_) => {
            let left = numbers(left).ok_or_else(wrong)?;
            let right = numbers(right).ok_or_else(wrong)?;
            all(&|row| left(row).order(right(row)))
        }
    })
}

/// A whole or a floating-point number.
enum NumberValue {
    Whole(i128),
    Float(f64),
}

impl NumberValue {
    fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => left.cmp(&right),
            (Self::Float(left), Self::Float(right)) => order_of(left, right),
            (Self::Whole(left), Self::Float(right)) => order_of_mixed(left, right),
            (Self::Float(left), Self::Whole(right)) => order_of_mixed(right, left).reverse(),
        }
    }
}
