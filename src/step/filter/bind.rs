//! A condition that knows its table: each column has a position, each literal the type of the column that it
//! is compared with.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit as ArrowUnit};

use crate::error::{Code, Error, Result};
use crate::model::catalog::TableSchema;
use crate::model::condition::{Comparison, Condition, Expression, Literal, Operand};
use crate::model::time_reader::{TimeFault, TimeReader};
use crate::model::value::{DateOrder, TimeUnit};
use crate::model::zone::ZoneRule;

/// A condition bound to one table; cheap to clone.
#[derive(Debug, Clone)]
pub struct Bound(pub(super) Arc<Node>);

/// A condition on a row.
#[derive(Debug)]
pub enum Node {
    /// True if all parts are true.
    All(Vec<Node>),
    /// True if at least one part is true.
    Any(Vec<Node>),
    /// The negation; null stays null.
    Not(Box<Node>),
    /// Whether a column has no value; never null.
    IsNull(usize),
    /// A test of the values of one column; null where the value is missing.
    Test(usize, Test),
    /// A comparison of two columns; null where either value is missing.
    Pair(usize, Comparison, usize, ValueKind),
}

/// A test of a value.
#[derive(Debug)]
pub enum Test {
    /// Text compared byte by byte, which is the order of code points.
    Text(Comparison, String),
    /// Text that is one of these.
    TextIn(HashSet<String>),
    /// Text that matches a pattern.
    Like(String),
    /// A whole number, day or moment compared with a number that may lie between two of them.
    Whole(Comparison, Bound128),
    /// A whole number that is one of these.
    WholeIn(Vec<i128>),
    /// A number compared; NaN equals itself and is greater than all others.
    Float(Comparison, f64),
    /// A number that is one of these.
    FloatIn(Vec<f64>),
    /// Whether the value is this one.
    Is(bool),
}

/// A number as a whole number and whether there is a remainder: 2.5 is 2 and a remainder, -2.5 is -3 and a
/// remainder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound128 {
    /// The largest whole number that is not above it.
    pub floor: i128,
    /// Whether the number is above that.
    pub has_rest: bool,
}

/// Kinds of values; values of one kind can be compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Text, in dictionaries or not.
    Text,
    /// Whole numbers of up to 64 bits.
    Integer,
    /// Floating-point numbers.
    Float,
    /// Values that are true or false.
    Boolean,
    /// Dates, as days since 1970-01-01.
    Date,
    /// Points in time, in any unit.
    Timestamp,
    /// Local times without a zone, in any unit, which are no definite points in time.
    LocalTimestamp,
    /// Decimal numbers of up to 38 digits, this many of them behind the point.
    Decimal(i8),
}

impl ValueKind {
    /// The kind of a column's values; `None` if conditions can't look at them.
    pub fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Dictionary(_, value) => return Self::of(value),
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Integer,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => Self::Integer,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float,
            DataType::Boolean => Self::Boolean,
            DataType::Date32 => Self::Date,
            DataType::Timestamp(_, Some(_)) => Self::Timestamp,
            DataType::Timestamp(_, None) => Self::LocalTimestamp,
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale) => Self::Decimal(*scale),
            _ => return None,
        })
    }

    fn described(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "whole numbers",
            Self::Float => "numbers",
            Self::Boolean => "true and false",
            Self::Date => "dates",
            Self::Timestamp => "timestamps",
            Self::LocalTimestamp => "times without a zone",
            Self::Decimal(_) => "decimal numbers",
        }
    }
}

/// Nanoseconds in one unit of a timestamp column.
pub fn nanos_in(unit: ArrowUnit) -> i128 {
    match unit {
        ArrowUnit::Second => 1_000_000_000,
        ArrowUnit::Millisecond => 1_000_000,
        ArrowUnit::Microsecond => 1000,
        ArrowUnit::Nanosecond => 1,
    }
}

impl Bound {
    /// Binds a condition to a table. Times in it without a zone are in `zone`.
    ///
    /// # Errors
    /// [`Code::NoSuchColumn`] for a column that the table has not; [`Code::Usage`] for values that can't be
    /// compared.
    pub fn new(condition: &Condition, table: &TableSchema, zone: &ZoneRule) -> Result<Self> {
        let binder = Binder { table, zone };
        let node = binder.node(&condition.expression).map_err(|error| {
            let help = error.help_text().map(str::to_owned);
            let told =
                Error::new(error.code(), format!("condition {:?}: {}", condition.text(), error.what()));
            match help {
                Some(help) => told.help(help),
                None => told,
            }
        })?;
        Ok(Self(Arc::new(node)))
    }
}

struct Binder<'t> {
    table: &'t TableSchema,
    zone: &'t ZoneRule,
}

impl Binder<'_> {
    fn node(&self, expression: &Expression) -> Result<Node> {
        let all = |parts: &[Expression]| parts.iter().map(|part| self.node(part)).collect::<Result<_>>();
        Ok(match expression {
            Expression::All(parts) => Node::All(all(parts)?),
            Expression::Any(parts) => Node::Any(all(parts)?),
            Expression::Not(inner) => Node::Not(Box::new(self.node(inner)?)),
            Expression::IsNull(name) => Node::IsNull(self.position(name)?),
            Expression::Like(name, pattern) => {
                let (at, kind) = self.column(name)?;
                match kind {
                    ValueKind::Text => Node::Test(at, Test::Like(pattern.clone())),
                    _ => {
                        return Err(self.misfit(
                            name,
                            kind,
                            "is compared with a pattern",
                            "like is for text",
                        ));
                    }
                }
            }
            Expression::In(Operand::Column(name), literals) => {
                let (at, kind) = self.column(name)?;
                Node::Test(at, self.among(name, kind, literals)?)
            }
            Expression::Alone(Operand::Column(name)) => {
                let (at, kind) = self.column(name)?;
                match kind {
                    ValueKind::Boolean => Node::Test(at, Test::Is(true)),
                    _ => return Err(self.misfit(name, kind, "stands alone", "compare it with a value")),
                }
            }
            Expression::Compare(Operand::Column(name), comparison, Operand::Literal(literal)) => {
                self.compare(name, *comparison, literal)?
            }
            Expression::Compare(Operand::Literal(literal), comparison, Operand::Column(name)) => {
                self.compare(name, comparison.mirrored(), literal)?
            }
            Expression::Compare(Operand::Column(left), comparison, Operand::Column(right)) => {
                self.pair(left, *comparison, right)?
            }
            Expression::Compare(Operand::Literal(literal), ..)
            | Expression::In(Operand::Literal(literal), _)
            | Expression::Alone(Operand::Literal(literal)) => return Err(literal.is_not_a_column()),
        })
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.table.require(name)
    }

    fn column(&self, name: &str) -> Result<(usize, ValueKind)> {
        let at = self.position(name)?;
        let data_type = self.table.columns[at].field.data_type();
        let kind = ValueKind::of(data_type).ok_or_else(|| {
            Error::new(
                Code::Usage,
                format!("column {name:?} is of type {data_type}, which conditions don't read"),
            )
            .help("such a column can only be asked whether it is null")
        })?;
        Ok((at, kind))
    }

    fn misfit(&self, name: &str, kind: ValueKind, what: &str, help: &str) -> Error {
        Error::new(Code::Usage, format!("column {name:?} holds {} and {what}", kind.described())).help(help)
    }

    fn compare(&self, name: &str, comparison: Comparison, literal: &Literal) -> Result<Node> {
        let (at, kind) = self.column(name)?;
        let test = match self.value(name, kind, literal)? {
            Value::Text(text) => Test::Text(comparison, text),
            Value::Whole(bound) => Test::Whole(comparison, bound),
            Value::Float(number) => Test::Float(comparison, number),
            Value::Boolean(value) => match comparison {
                Comparison::Equal => Test::Is(value),
                Comparison::NotEqual => Test::Is(!value),
                _ => {
                    return Err(self.misfit(name, kind, "is compared by size", "use = or !="));
                }
            },
        };
        Ok(Node::Test(at, test))
    }

    fn among(&self, name: &str, kind: ValueKind, literals: &[Literal]) -> Result<Test> {
        let (mut texts, mut wholes, mut floats) = (HashSet::new(), Vec::new(), Vec::new());
        for literal in literals {
            match self.value(name, kind, literal)? {
                Value::Text(text) => {
                    texts.insert(text);
                }
                // No whole number is equal to one with a rest.
                Value::Whole(bound) => wholes.extend((!bound.has_rest).then_some(bound.floor)),
                Value::Float(number) => floats.push(number),
                Value::Boolean(_) => {
                    return Err(self.misfit(name, kind, "is compared with a list", "use = or !="));
                }
            }
        }
        wholes.sort_unstable();
        Ok(match kind {
            ValueKind::Text => Test::TextIn(texts),
            ValueKind::Float => Test::FloatIn(floats),
            _ => Test::WholeIn(wholes),
        })
    }

    /// A literal as a value of the column's kind.
    fn value(&self, name: &str, kind: ValueKind, literal: &Literal) -> Result<Value> {
        let expected =
            |help: String| Err(self.misfit(name, kind, &format!("is compared with {literal}"), &help));
        match (kind, literal) {
            (ValueKind::Text, Literal::Text(text)) => Ok(Value::Text(text.clone())),
            (ValueKind::Text, other) => expected(format!("write '{other}' to compare it with this text")),
            (ValueKind::Integer, Literal::Number(digits)) => Ok(Value::Whole(whole(digits, 0))),
            (ValueKind::Decimal(scale), Literal::Number(digits)) => Ok(Value::Whole(whole(digits, scale.into()))),
            (ValueKind::Float, Literal::Number(digits)) => {
                Ok(Value::Float(fast_float2::parse(digits.trim_start_matches('+')).unwrap_or(f64::NAN)))
            }
            (ValueKind::Integer | ValueKind::Float | ValueKind::Decimal(_), _) => expected("write a number without quotes".to_owned()),
            (ValueKind::Boolean, Literal::Boolean(value)) => Ok(Value::Boolean(*value)),
            (ValueKind::Boolean, _) => expected("write true or false without quotes".to_owned()),
            (ValueKind::Date, Literal::Text(text)) => {
                let mut reader = TimeReader::new(DateOrder::Ymd, TimeUnit::Micros, self.zone.clone());
                match reader.read_date(text.as_bytes()) {
                    Some(day) => Ok(Value::Whole(Bound128 { floor: day.into(), has_rest: false })),
                    None => expected("write a date as '2024-01-31'".to_owned()),
                }
            }
            (ValueKind::LocalTimestamp, Literal::Text(text)) => match moment(text, &ZoneRule::default()) {
                Ok((nanos, false)) => Ok(Value::Whole(self.in_unit(name, nanos))),
                _ => expected("write it without an offset, such as '2024-01-31' or '2024-01-31 13:45:00'".to_owned()),
            },
            (ValueKind::Timestamp, Literal::Text(text)) => match moment(text, self.zone) {
                Ok((nanos, _)) => Ok(Value::Whole(self.in_unit(name, nanos))),
                Err(TimeFault::LocalGap | TimeFault::LocalFold) => expected(
                    "the clocks were changed then, so that it is no moment or two: write it with an offset, such as +01:00"
                        .to_owned(),
                ),
                Err(_) => expected("write it as '2024-01-31', '2024-01-31 13:45:00' or '2024-01-31T13:45:00Z'".to_owned()),
            },
            (ValueKind::Date, _) => expected("write a date as '2024-01-31'".to_owned()),
            (ValueKind::Timestamp | ValueKind::LocalTimestamp, _) => expected("write it as '2024-01-31 13:45:00'".to_owned()),
        }
    }

    /// Nanoseconds in the unit of a timestamp column.
    fn in_unit(&self, name: &str, nanos: i128) -> Bound128 {
        let column = self.table.position(name).map(|at| self.table.columns[at].field.data_type());
        let unit = match column {
            Some(DataType::Timestamp(unit, _)) => nanos_in(*unit),
            _ => 1,
        };
        Bound128 { floor: nanos.div_euclid(unit), has_rest: nanos.rem_euclid(unit) != 0 }
    }

    fn pair(&self, left: &str, comparison: Comparison, right: &str) -> Result<Node> {
        let ((first, kind), (second, other)) = (self.column(left)?, self.column(right)?);
        let kind = match (kind, other) {
            (a, b) if a == b => a,
            (ValueKind::Integer, ValueKind::Float) | (ValueKind::Float, ValueKind::Integer) => {
                ValueKind::Float
            }
            _ => {
                let what = format!(
                    "column {left:?} holds {} and column {right:?} holds {}: they can't be compared",
                    kind.described(),
                    other.described()
                );
                return Err(Error::new(Code::Usage, what).help("a schema file can give both the same type"));
            }
        };
        Ok(Node::Pair(first, comparison, second, kind))
    }
}

/// Nanoseconds since 1970 of a time as ISO 8601 writes it, and whether it says its zone itself.
pub(in crate::step) fn moment(text: &str, zone: &ZoneRule) -> std::result::Result<(i128, bool), TimeFault> {
    let read = |unit| {
        let mut reader = TimeReader::new(DateOrder::Ymd, unit, zone.clone());
        let read = reader.read(text.trim().as_bytes())?;
        Ok((i128::from(read), reader.without_zone == 0))
    };
    match read(TimeUnit::Micros) {
        Ok((micros, has_zone)) => Ok((micros * 1000, has_zone)),
        Err(TimeFault::TooFine) => read(TimeUnit::Nanos),
        Err(error) => Err(error),
    }
}

/// A literal of the kind that a column has.
enum Value {
    Text(String),
    Whole(Bound128),
    Float(f64),
    Boolean(bool),
}

/// A number as it is written, times ten to the power of `scale`, exactly; a number beyond 128 bits becomes
/// the nearest that 128 bits hold.
fn whole(written: &str, scale: i64) -> Bound128 {
    let negative = written.starts_with('-');
    let digits = written.trim_start_matches(['-', '+']);
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: Vec<u8> = before.bytes().chain(after.bytes()).map(|digit| digit - b'0').collect();
    // An exponent that is too long to be read is too large for any number that is not 0.
    let beyond = if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
    let exponent = exponent.parse::<i64>().unwrap_or(beyond).saturating_add(scale);
    // So many of the digits stand before the point.
    let point = (before.len() as i64).saturating_add(exponent);
    let is_zero = all.iter().all(|digit| *digit == 0);
    let leading = all.iter().take_while(|digit| **digit == 0).count() as i64;
    if is_zero {
        return Bound128 { floor: 0, has_rest: false };
    }
    if point.saturating_sub(leading) > 38 {
        let floor = if negative { i128::MIN } else { i128::MAX };
        return Bound128 { floor, has_rest: true };
    }
    let kept = point.clamp(0, all.len() as i64) as usize;
    let mut magnitude = all[..kept].iter().fold(0_i128, |sum, digit| sum * 10 + i128::from(*digit));
    for _ in kept as i64..point {
        magnitude *= 10;
    }
    let has_rest = all[kept..].iter().any(|digit| *digit > 0);
    let floor = match (negative, has_rest) {
        (false, _) => magnitude,
        (true, false) => -magnitude,
        (true, true) => -magnitude - 1,
    };
    Bound128 { floor, has_rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_however_they_are_written() {
        for (written, floor, has_rest) in [
            ("0", 0, false),
            ("-0.0", 0, false),
            ("100", 100, false),
            ("+7", 7, false),
            ("2.5", 2, true),
            ("-2.5", -3, true),
            ("-2.0", -2, false),
            (".5", 0, true),
            ("-.5", -1, true),
            ("1e3", 1000, false),
            ("1.5e1", 15, false),
            ("1.25e1", 12, true),
            ("25e-1", 2, true),
            ("20e-1", 2, false),
            ("1e-400", 0, true),
            ("-1e-99999999999999999999", -1, true),
            ("9007199254740993", 9_007_199_254_740_993, false),
            ("0.01e-9223372036854775808", 0, true),
            ("1e400", i128::MAX, true),
            ("-1e99999999999999999999", i128::MIN, true),
            ("0e99999999999999999999", 0, false),
            ("000000000000000000000000000000000000000000000012", 12, false),
        ] {
            assert_eq!(whole(written, 0), Bound128 { floor, has_rest }, "{written}");
        }
    }
}
