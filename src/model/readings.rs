//! What type a column has: the join over all of its values, whatever their order and sharding.
//!
//! [`Readings`] holds one bit for each way a column can still be read. A value has the bits of every way that
//! reads it ([`classify`]), the join is a bitwise AND, and [`decide`] names the type
//! once all values are in. AND is associative, commutative and idempotent, so the result can't depend on
//! where a shard was cut.
//!
//! Once [`settled`] says so, a value that fits the type can only clear bits by its size. A worker then stops
//! classifying, keeps the smallest and largest number, and ANDs the mask of that range at the end; integers
//! beyond 2⁵³ are looked at one by one.

pub use crate::model::decision::{Decision, Doubt, Meanings, Wishes, decide};
use crate::model::kind::{Kind, Kinds};
use crate::model::lexical::{parse_boolean, parse_double, parse_long};
use crate::model::number::{
    EXACT_INTEGER, below_groups, is_exact, parse_float, parse_float_style, parse_int, parse_int_style,
};
use crate::model::time::WrittenTime;
use crate::model::time_format::TimeFormat;
use crate::model::time_reader::NANO_DAYS;
use crate::model::value::{
    ColumnType, DateOrder, DecimalMark, FloatStyle, GroupMark, IntStyle, TimeUnit, parse_bool, trimmed,
};

/// The ways in which all values seen so far can be read. No bits: nothing but text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Readings(u64);

impl Default for Readings {
    /// [`Readings::ALL`]: no value yet.
    fn default() -> Self {
        Self::ALL
    }
}

impl std::ops::BitAnd for Readings {
    type Output = Self;

    /// The join of two sets of values.
    #[inline]
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0).relevant()
    }
}

impl std::ops::BitAndAssign for Readings {
    fn bitand_assign(&mut self, other: Self) {
        *self = *self & other;
    }
}

const BOOL: Readings = Readings(1 << 1);
const INT: Readings = Readings(1 << 2);
pub(super) const FLOAT: Readings = Readings(1 << 3);
pub(super) const FLOAT_COMMA: Readings = Readings(1 << 4);
/// Every value is an integer, or digits with an E among them: `12`, `12E5`, but neither `1.2E5` nor `12E+5`.
pub(super) const CODE: Readings = Readings(1 << 13);
/// Every value is a timestamp that whole microseconds hold.
pub(super) const MICROS: Readings = Readings(1 << 24);
/// Every value is a timestamp within [`NANO_DAYS`].
pub(super) const NANO_RANGE: Readings = Readings(1 << 25);
/// No value is a date with points and the year last. Kept while both orders of such a date are left, for it
/// decides between these.
pub(super) const UNDOTTED: Readings = Readings(1 << 26);
/// Every value is a date of three short numbers.
pub(super) const SHORT_YEAR: Readings = Readings(1 << 27);
/// Every value is three short numbers that could as well be a version or a code.
pub(super) const BARE: Readings = Readings(1 << 28);
/// Pairs of orders in which every value is the same date, a month's name or `05/05`, and the bit for it.
pub(super) const SAME: [(DateOrder, DateOrder, Readings); 3] = [
    (DateOrder::Dmy, DateOrder::Mdy, Readings(1 << 29)),
    (DateOrder::Dmy, DateOrder::ShortYmd, Readings(1 << 30)),
    (DateOrder::Mdy, DateOrder::ShortYmd, Readings(1 << 31)),
];
/// Orders of which two may read the same value as different dates.
pub(super) const RIVALS: [DateOrder; 3] = [DateOrder::Dmy, DateOrder::Mdy, DateOrder::ShortYmd];

pub(super) const fn int_group(mark: GroupMark) -> Readings {
    Readings(1 << (5 + mark as u32))
}

const fn float_group(mark: GroupMark) -> Readings {
    Readings(1 << (9 + mark as u32))
}

pub(super) const fn date(order: DateOrder) -> Readings {
    Readings(1 << (14 + order as u32))
}

pub(super) const fn timestamp(order: DateOrder) -> Readings {
    Readings(1 << (19 + order as u32))
}

const INT_GROUPS: Readings = Readings(0xf << 5);
const FLOAT_GROUPS: Readings = Readings(0xf << 9);
/// Every float but the plain one.
const MARKED_FLOATS: Readings = FLOAT_COMMA.or(FLOAT_GROUPS);

impl Readings {
    /// No value yet: the neutral element.
    pub const ALL: Self = Self((1 << 32) - 1);
    /// Set until the first value that isn't null.
    pub const NONE: Self = Self(1);
    /// No reading left but text.
    pub const TEXT: Self = Self(0);

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Without what no longer tells anything, so that a usual column settles. Nothing that is dropped here
    /// could come back, so the join stays associative.
    #[inline]
    const fn relevant(self) -> Self {
        const BOTH: Readings = timestamp(DateOrder::Dmy).or(timestamp(DateOrder::Mdy));
        if self.has(BOTH) { self } else { self.without(UNDOTTED) }
    }

    pub(super) const fn has(self, all: Self) -> bool {
        self.0 & all.0 == all.0
    }

    /// Whether nothing but text is left, whatever follows.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::TEXT }
    }

    /// What a value must have to fit a column of this type.
    pub const fn of_type(column_type: ColumnType) -> Self {
        match column_type {
            ColumnType::Bool => BOOL,
            ColumnType::Int64(IntStyle::Plain) => INT,
            ColumnType::Int64(IntStyle::Grouped(mark)) => int_group(mark),
            ColumnType::Float64(FloatStyle::Plain) => FLOAT,
            ColumnType::Float64(FloatStyle::Comma) => FLOAT_COMMA,
            ColumnType::Float64(FloatStyle::Grouped(mark)) => float_group(mark),
            ColumnType::Date(order) => date(order),
            ColumnType::Timestamp { order, unit: TimeUnit::Micros } => timestamp(order).or(MICROS),
            ColumnType::Timestamp { order, unit: TimeUnit::Nanos } => timestamp(order).or(NANO_RANGE),
            ColumnType::Text => Self::TEXT,
        }
    }

    /// Whether all values seen can be read as timestamps in some order.
    pub fn has_time(self) -> bool {
        DateOrder::ALL.iter().any(|order| self.has(timestamp(*order)))
    }

    /// Whether all values seen can be read as timestamps in one order, in whole microseconds.
    pub fn has_micros(self) -> bool {
        self.has_time() && self.has(MICROS)
    }

    /// Whether the values are dates or timestamps of which nothing else tells that they are versions or
    /// codes.
    pub fn shows_time(self) -> bool {
        self.has_time() && !self.has(BARE)
    }

    /// Whether all values seen can be read as timestamps in this order.
    pub fn has_order(self, order: DateOrder) -> bool {
        self.has(timestamp(order))
    }

    /// Whether there are timestamps that have digits below the microsecond.
    pub fn is_too_fine(self) -> bool {
        self.has_time() && !self.has(MICROS)
    }

    /// Whether there are timestamps of years that nanoseconds in 64 bits do not hold.
    pub fn is_beyond_nanos(self) -> bool {
        self.has_time() && !self.has(NANO_RANGE)
    }

    /// The unit that holds all timestamps seen; microseconds if none does.
    pub fn unit(self) -> TimeUnit {
        if !self.has(MICROS) && self.has(NANO_RANGE) { TimeUnit::Nanos } else { TimeUnit::Micros }
    }

    /// What is left if the unit does not matter.
    pub fn in_some_unit(self) -> Self {
        self.or(MICROS)
    }

    /// Whether all values seen can be read as timestamps in the order of this type.
    pub fn has_order_of(self, column_type: ColumnType) -> bool {
        match column_type {
            ColumnType::Date(order) | ColumnType::Timestamp { order, .. } => self.has(timestamp(order)),
            _ => true,
        }
    }

    /// The decimal mark that the values show: a fraction that only one mark reads, or groups that only one
    /// leaves. `None` if they show none, as `12` does, or could be read with either, as `1.299` could.
    pub fn decimal_mark(self) -> Option<DecimalMark> {
        let grouped = |mark: GroupMark| self.has(int_group(mark)) || self.has(float_group(mark));
        // Of `1 234` and `1'234` nobody knows what stands before a fraction.
        let with_fraction = |mark: GroupMark| self.has(float_group(mark)) && !self.has(int_group(mark));
        let point = self.has(FLOAT) || grouped(GroupMark::Comma) || with_fraction(GroupMark::Apostrophe);
        let comma = self.has(FLOAT_COMMA) || grouped(GroupMark::Point) || with_fraction(GroupMark::Space);
        match (point, comma) {
            (true, false) => Some(DecimalMark::Point),
            (false, true) => Some(DecimalMark::Comma),
            _ => None,
        }
    }

    /// Whether all values seen fit a column of this type.
    pub const fn fits(self, column_type: ColumnType) -> bool {
        self.has(Self::of_type(column_type))
    }

    /// Whether values that fit a column of this type are likely to be meant so: neither three short numbers
    /// as dates, nor digits with an E among them as numbers.
    pub const fn shows(self, column_type: ColumnType) -> bool {
        let is_other = match column_type {
            ColumnType::Date(_) | ColumnType::Timestamp { .. } => self.has(BARE),
            ColumnType::Int64(_) | ColumnType::Float64(_) => self.has(CODE) && !self.has(INT),
            ColumnType::Bool | ColumnType::Text => false,
        };
        self.fits(column_type) && !is_other
    }

    /// What is left to a column of which the source says that its values are of these kinds; all for none.
    pub fn of_kinds(kinds: Kinds) -> Self {
        let mut readings = Self::ALL;
        for kind in kinds.iter() {
            readings &= match kind {
                Kind::Text | Kind::Id | Kind::Nested => Self::TEXT,
                Kind::Time => timestamp(DateOrder::Ymd).or(MICROS).or(NANO_RANGE),
                Kind::Quoted => date(DateOrder::Ymd).or(timestamp(DateOrder::Ymd)).or(MICROS).or(NANO_RANGE),
                Kind::Float => FLOAT,
                Kind::Int => INT.or(FLOAT),
                Kind::Bool => BOOL,
            };
        }
        readings
    }

    /// What integers from `min` to `max` in a settled column leave of its readings; all if `min > max`, which
    /// stands for no value. Beyond 2⁵³ a range does not tell whether floats hold them: `values` are all of
    /// them.
    pub fn of_int_range(style: IntStyle, min: i64, max: i64, values: &[i64]) -> Self {
        if min > max {
            return Self::ALL;
        }
        let largest = min.unsigned_abs().max(max.unsigned_abs());
        let exact = largest <= EXACT_INTEGER || values.iter().all(|value| is_exact(value.unsigned_abs()));
        match style {
            IntStyle::Plain => plain_int(largest, exact),
            IntStyle::Grouped(mark) => int_group(mark).or(float_group(mark).when(exact)),
        }
    }

    /// What floats from `min` to `max` in a settled column leave of its readings; NaN is left out of the
    /// range (it has every bit that a range can clear). All if `min > max`, which stands for no value.
    pub fn of_float_range(style: FloatStyle, min: f64, max: f64) -> Self {
        if min > max {
            return Self::ALL;
        }
        let small = below_groups(min) && below_groups(max);
        match style {
            FloatStyle::Plain => FLOAT.or(groups_with(DecimalMark::Point).when(small)),
            FloatStyle::Comma => FLOAT_COMMA.or(groups_with(DecimalMark::Comma).when(small)),
            FloatStyle::Grouped(mark) => float_group(mark),
        }
    }

    /// What days from `first` to `last`, as written, in a settled column of dates or timestamps leave of its
    /// readings; all if `first > last`, which stands for no value.
    pub fn of_days_range(first: i32, last: i32) -> Self {
        if first > last {
            return Self::ALL;
        }
        Self::ALL.without(NANO_RANGE).or(NANO_RANGE.when(in_nano_range(first) && in_nano_range(last)))
    }
}

fn in_nano_range(days: i32) -> bool {
    (NANO_DAYS.0..=NANO_DAYS.1).contains(&days)
}

/// The readings of plain integers up to this magnitude; `exact` if floats hold them.
fn plain_int(magnitude: u64, exact: bool) -> Readings {
    let small = magnitude < 1000;
    INT.or(CODE).or(FLOAT.or(FLOAT_COMMA).when(exact)).or(INT_GROUPS.or(FLOAT_GROUPS).when(small))
}

/// The grouped floats with this decimal mark.
pub(super) const fn groups_with(decimal: DecimalMark) -> Readings {
    match decimal {
        DecimalMark::Point => float_group(GroupMark::Comma).or(float_group(GroupMark::Apostrophe)),
        DecimalMark::Comma => float_group(GroupMark::Point).or(float_group(GroupMark::Space)),
    }
}

/// The readings of one value: exactly the types whose parsers read it. The empty value is a null and has all;
/// null words are the caller's, who leaves them out.
pub fn classify(value: &[u8]) -> Readings {
    if value.is_empty() {
        return Readings::ALL;
    }
    let value = trimmed(value);
    match value {
        // No value is both: dates have separators after one, two or four digits, groups have three.
        [b'0'..=b'9' | b'-' | b'.' | b',', ..] => match parse_int(value) {
            Some(integer) => plain_int(integer.unsigned_abs(), is_exact(integer.unsigned_abs())),
            None => match classify_time(value) {
                Readings::TEXT => classify_marked(value),
                time => time,
            },
        },
        [b't' | b'T' | b'f' | b'F', ..] if parse_bool(value).is_some() => BOOL,
        // The words "inf" and "nan"; NaN is below every group.
        [b'i' | b'I' | b'n' | b'N', ..] if let Some(number) = parse_float(value) => {
            FLOAT.or(MARKED_FLOATS).without(FLOAT_GROUPS.when(!below_groups(number)))
        }
        [letter, ..] if letter.is_ascii_alphabetic() => classify_time(value),
        _ => Readings::TEXT,
    }
}

/// The readings of a value in the forms of XML Schema, for a source that says what its values are: to be
/// joined with [`Readings::of_kinds`]. The empty value is a value, and text.
pub fn classify_lexical(value: &[u8]) -> Readings {
    if let Some(integer) = parse_long(value) {
        return INT
            .or(FLOAT.when(is_exact(integer.unsigned_abs())))
            .or(BOOL.when(parse_boolean(value).is_some()));
    }
    if parse_boolean(value).is_some() {
        return BOOL;
    }
    if parse_double(value).is_some() {
        return FLOAT;
    }
    if value.is_empty() { Readings::TEXT } else { classify_time(trimmed(value)) }
}

/// The same for a column of times, some of which are in a layout of the user's.
pub fn classify_laid_out(value: &[u8], format: Option<&TimeFormat>) -> Readings {
    match format.and_then(|format| format.parse(value)) {
        Some(parsed) => timestamp(DateOrder::Ymd)
            .or(MICROS.when(parsed.nanos_of_day % 1000 == 0))
            .or(NANO_RANGE.when(in_nano_range(parsed.days))),
        None => classify_lexical(value),
    }
}

/// Tries the readings that the first byte after the digits leaves open.
fn classify_marked(value: &[u8]) -> Readings {
    use GroupMark::{Apostrophe, Comma, Point, Space};
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let first = digits.iter().find(|byte| !byte.is_ascii_digit());
    let (styles, groups): (&[FloatStyle], &[GroupMark]) = match first {
        Some(b'.') => (&[FloatStyle::Plain], &[Comma, Point, Apostrophe]),
        Some(b',') => (&[FloatStyle::Comma], &[Comma, Point, Space]),
        Some(b'\'') => (&[], &[Apostrophe]),
        Some(b' ' | 0x80..) => (&[], &[Space]),
        // Exponents, words, minus zero.
        _ => (&[FloatStyle::Plain, FloatStyle::Comma], &GroupMark::ALL),
    };
    let mut readings = Readings::TEXT;
    let is_code = matches!(first, Some(b'e' | b'E')) && is_code(value);
    for &style in styles {
        let read = parse_float_style(style, value).is_some();
        readings = readings.or(Readings::of_type(ColumnType::Float64(style)).when(read));
    }
    for &mark in groups {
        let int = parse_int_style(IntStyle::Grouped(mark), value).is_some();
        let float = parse_float_style(FloatStyle::Grouped(mark), value).is_some();
        readings = readings.or(int_group(mark).when(int)).or(float_group(mark).when(float));
    }
    readings.or(CODE.when(is_code && readings != Readings::TEXT))
}

/// Whether a value that may be a number is digits with one E among them and no sign.
fn is_code(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'e' | b'E'))
}

fn classify_time(value: &[u8]) -> Readings {
    let Some(written) = WrittenTime::scan(value) else { return Readings::TEXT };
    let mut readings = Readings::TEXT;
    let mut days = [None; DateOrder::ALL.len()];
    for order in DateOrder::ALL {
        if let Some(parsed) = written.resolve(order) {
            days[order as usize] = Some(parsed.days);
            readings = readings
                .or(timestamp(order))
                .or(date(order).when(!parsed.has_time))
                .or(MICROS.when(parsed.nanos_of_day % 1000 == 0))
                .or(NANO_RANGE.when(in_nano_range(parsed.days)));
        }
    }
    if readings == Readings::TEXT {
        return readings;
    }
    for (one, other, same) in SAME {
        let [one, other] = [one, other].map(|order| days[order as usize]);
        readings = readings.or(same.when(one.is_some() && one == other));
    }
    readings
        .or(UNDOTTED.when(!written.is_dotted()))
        .or(SHORT_YEAR.when(written.has_short_year()))
        .or(BARE.when(written.is_bare()))
        .relevant()
}

/// Whether more values that fit `column_type` can only clear bits of `readings` by their range, so that
/// [`Readings::of_int_range`], [`Readings::of_float_range`] or [`Readings::of_days_range`] says the rest.
pub fn settled(column_type: ColumnType, readings: Readings) -> bool {
    let (same_in_all, by_range) = match column_type {
        ColumnType::Bool => (BOOL, Readings::TEXT),
        ColumnType::Int64(IntStyle::Plain) => (INT.or(CODE), FLOAT.or(MARKED_FLOATS).or(INT_GROUPS)),
        ColumnType::Int64(IntStyle::Grouped(mark)) => (int_group(mark), float_group(mark)),
        ColumnType::Float64(FloatStyle::Plain) => (FLOAT, groups_with(DecimalMark::Point)),
        ColumnType::Float64(FloatStyle::Comma) => (FLOAT_COMMA, groups_with(DecimalMark::Comma)),
        ColumnType::Float64(FloatStyle::Grouped(mark)) => (float_group(mark), Readings::TEXT),
        ColumnType::Date(order) => (date(order).or(timestamp(order)).or(MICROS), NANO_RANGE),
        ColumnType::Timestamp { order, unit: TimeUnit::Micros } => (timestamp(order).or(MICROS), NANO_RANGE),
        ColumnType::Timestamp { order, unit: TimeUnit::Nanos } => {
            (timestamp(order).or(NANO_RANGE), Readings::TEXT)
        }
        ColumnType::Text => (Readings::TEXT, Readings::TEXT),
    };
    readings.without(same_in_all.or(by_range)).is_empty()
}

/// The same for the join over those values of a column that are times at all.
pub fn times_settled(column_type: ColumnType, times: Readings) -> bool {
    if !times.has_time() {
        // They contradict each other already.
        return true;
    }
    column_type.is_time() && times.fits(column_type) && settled(column_type, times)
}

/// Whether two values are times of one day, written as the standards write them: `2024-12-31T23:…`. If both
/// fit in microseconds their readings are the same, for these follow from the day and from there being an
/// hour.
pub fn is_same_day(one: &[u8], other: &[u8]) -> bool {
    let day = |value: &[u8]| {
        let found: [u8; 14] = *value.first_chunk()?;
        let is_standard = found[4] == b'-' && found[7] == b'-' && found[13] == b':';
        is_standard.then(|| found.first_chunk::<11>().copied())
    };
    day(one).is_some_and(|found| day(other) == Some(found))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::number;
    use crate::model::time::parse_time;
    use crate::model::time_reader::TimeReader;
    use crate::model::zone::ZoneRule;

    const MICROS_UTC: fn(DateOrder) -> ColumnType =
        |order| ColumnType::Timestamp { order, unit: TimeUnit::Micros };

    #[test]
    fn what_is_laid_out_otherwise_fits_the_unit_that_its_reader_reads_it_in() {
        let values = [
            "1700000000",
            "1700000000.25",
            "1700000000.1234567",
            "-1",
            "0",
            "253402300799",
            "253402300800",
            "2024-01-01T00:00:00.000000001Z",
            "2024-01-01",
            "0001-01-01T00:00:00Z",
            "soon",
            "",
            "1e9",
        ];
        for word in ["unix-s", "unix-ms", "unix-us", "unix-ns", "%s", "%Y-%d-%m"] {
            let format = TimeFormat::compile(word).unwrap().or_usual();
            for value in values {
                let readings = classify_laid_out(value.as_bytes(), Some(&format));
                for unit in [TimeUnit::Micros, TimeUnit::Nanos] {
                    let mut reader = TimeReader::with_format(format.clone(), unit, ZoneRule::default());
                    let column_type = ColumnType::Timestamp { order: DateOrder::Ymd, unit };
                    let is_read = reader.read(value.as_bytes()).is_ok();
                    assert_eq!(readings.fits(column_type), is_read, "{word} {value} in {unit:?}");
                }
            }
        }
        assert_eq!(classify_laid_out(b"7", None), classify_lexical(b"7"));
    }

    #[test]
    fn times_of_one_day_have_the_same_readings() {
        let times =
            ["T10:15:00Z", "T23:59:59.123456+02:00", " 01:02:03", "T24:00:00", "T10:15", " 10:15:00.5 "];
        for day in ["2024-01-02", "2024-12-31", "0001-01-01", "1969-02-29", "2024-13-01"] {
            let values: Vec<String> = times.iter().map(|time| format!("{day}{time}")).collect();
            for (one, other) in values.iter().flat_map(|one| values.iter().map(move |other| (one, other))) {
                let [one, other] = [one, other].map(|value| value.as_bytes());
                let fits = |value| classify_lexical(value).fits(MICROS_UTC(DateOrder::Ymd));
                if fits(one) && fits(other) && is_same_day(one, other) {
                    assert_eq!(classify_lexical(one), classify_lexical(other), "{values:?}");
                }
            }
        }
        assert!(is_same_day(b"2024-01-02T10:15:00Z", b"2024-01-02T11:00Z"));
        for other in
            ["2024-01-02", "2024-01-02 10:15", "2024-01-02T    ", "2024-01-03T10:15", "20240102T101500"]
        {
            assert!(!is_same_day(b"2024-01-02T10:15:00Z", other.as_bytes()), "{other}");
        }
    }

    fn join<'a>(values: impl IntoIterator<Item = &'a str>) -> Readings {
        values.into_iter().fold(Readings::ALL, |all, value| all & classify(value.as_bytes()))
    }

    /// Every type there is, styles and orders among it.
    fn all_types() -> Vec<ColumnType> {
        let mut types = vec![
            ColumnType::Bool,
            ColumnType::Int64(IntStyle::Plain),
            ColumnType::Float64(FloatStyle::Plain),
            ColumnType::Float64(FloatStyle::Comma),
        ];
        for mark in GroupMark::ALL {
            types.push(ColumnType::Int64(IntStyle::Grouped(mark)));
            types.push(ColumnType::Float64(FloatStyle::Grouped(mark)));
        }
        for order in DateOrder::ALL {
            types.push(ColumnType::Date(order));
            types.push(MICROS_UTC(order));
            types.push(ColumnType::Timestamp { order, unit: TimeUnit::Nanos });
        }
        types
    }

    /// The decimal mark that goes with a type's way of writing.
    fn mark_of(column_type: ColumnType) -> Option<DecimalMark> {
        match column_type {
            ColumnType::Float64(FloatStyle::Plain) => Some(DecimalMark::Point),
            other => other.decimal_mark(),
        }
    }

    /// Whether something but groups of a space or an apostrophe is left.
    fn marked(readings: Readings) -> bool {
        let other = |mark| readings.has(int_group(mark));
        !other(GroupMark::Space) && !other(GroupMark::Apostrophe)
    }

    /// A worker's column: reads values of one type and keeps their range.
    struct TestColumn {
        column_type: ColumnType,
        ints: Vec<i64>,
        floats: (f64, f64),
        times: TimeReader,
    }

    impl TestColumn {
        fn new(column_type: ColumnType) -> Self {
            let (order, unit) = match column_type {
                ColumnType::Date(order) => (order, TimeUnit::Micros),
                ColumnType::Timestamp { order, unit } => (order, unit),
                _ => Default::default(),
            };
            Self {
                column_type,
                ints: Vec::new(),
                floats: (f64::INFINITY, f64::NEG_INFINITY),
                times: TimeReader::new(order, unit, ZoneRule::default()),
            }
        }

        fn read(&mut self, value: &[u8]) -> bool {
            match self.column_type {
                ColumnType::Bool => parse_bool(value).is_some(),
                ColumnType::Int64(style) => {
                    number::parse_int_style(style, value).map(|int| self.ints.push(int)).is_some()
                }
                ColumnType::Float64(style) => number::parse_float_style(style, value)
                    .map(|float| self.floats = (self.floats.0.min(float), self.floats.1.max(float)))
                    .is_some(),
                ColumnType::Date(_) => self.times.read_date(value).is_some(),
                ColumnType::Timestamp { .. } => self.times.read(value).is_ok(),
                ColumnType::Text => true,
            }
        }

        fn mask(&self) -> Readings {
            match self.column_type {
                ColumnType::Int64(style) => {
                    let (min, max) = (self.ints.iter().min(), self.ints.iter().max());
                    let (min, max) = (min.copied().unwrap_or(i64::MAX), max.copied().unwrap_or(i64::MIN));
                    Readings::of_int_range(style, min, max, &self.ints)
                }
                ColumnType::Float64(style) => Readings::of_float_range(style, self.floats.0, self.floats.1),
                ColumnType::Date(_) | ColumnType::Timestamp { .. } => {
                    self.times.days_seen().map_or(Readings::ALL, |(a, b)| Readings::of_days_range(a, b))
                }
                ColumnType::Bool | ColumnType::Text => Readings::ALL,
            }
        }
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            "-?(0|[1-9][0-9]{0,3})",
            "-?[1-9][0-9]{14,18}",
            "-?9007199254740(99[0-9]|994.5)|-?9,007,199,254,740,99[0-9]|-?(18014398509481984|1152921504606846976|922337203685477580[78])",
            "-?[0-9]{0,4}[.,][0-9]{0,4}",
            "-?[1-9][0-9]{0,2}([,. '\u{a0}][0-9]{3}){1,4}([,.][0-9]{1,3})?",
            "[1-9](\\.[0-9])?e-?[0-9]{1,3}",
            "[0-9]{2,20}|999\\.9{10,20}|-0|NaN|inf|-inf|true|False| 12 |",
            "(0001|1677|1678|2014|2261|2262)[-/.](0?[1-9]|1[0-4])[-/.](0?[1-9]|[12][0-9])",
            "(0?[1-9]|[12][0-9])[-/.](0?[1-9]|[12][0-9])[-/.](1600|2014|14)( [0-9]{2}:[0-5][0-9])?",
            "(1677|2014|2261)-[01][0-9]-[0-3][0-9][T ]2[0-4]:00(:00([.,][0-9]{1,10})?)?(Z|[+-][01][0-9]:00)?",
            "([1-9]-May-2014|May [1-9], 2014|March 3, 14)( 10:15( AM)?)?",
            "20141022T1015(00(.5)?)?Z?",
            "[0-3]?[0-9][-/.][0-3]?[0-9][-/.][0-3]?[0-9]([ T:][0-9]{2}[:.][0-5][0-9])?",
            "(Sat, )?(22|3) Apr 2017 15:11:58( -0500|-05:00| CET| MSK| EST)?",
            "(2014-10-(0[1-9]|22)|0?[1-9]\\.1[0-4]\\.2014)([-:/]|, | )11([.:-])15(([.:-])41)?(\\.[0-9]{1,8})?( AM)?(\\+01:00\\[Europe/Berlin\\])?",
            "(0?[1-9]|22)(/Oct/|OCT|-Oct-)(2014|14)(:11:15:41)?( \\+0200)?",
            "[0-9]{1,2}[eE][0-9]{1,3}",
            "\\PC{0,8}",
        ]
    }

    /// Lists that have one kind of value, and mixed ones.
    fn values() -> impl Strategy<Value = Vec<String>> {
        let alike = (
            prop::collection::vec(value(), 1..3),
            prop::collection::vec(any::<prop::sample::Index>(), 1..12),
        )
            .prop_map(|(pool, picks)| {
                picks.iter().map(|pick| pool[pick.index(pool.len())].clone()).collect()
            });
        prop_oneof![alike, prop::collection::vec(value(), 1..12)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn a_value_has_the_bit_of_a_type_exactly_if_its_parser_reads_it(value in value()) {
            let readings = classify(value.as_bytes());
            if !value.is_empty() {
                for column_type in all_types() {
                    let reads = TestColumn::new(column_type).read(value.as_bytes());
                    prop_assert_eq!(readings.fits(column_type), reads, "{:?} {:?}", value, column_type);
                }
                prop_assert!(!readings.has(Readings::NONE));
            }
        }

        #[test]
        fn the_join_has_no_order(values in values(), cut in any::<prop::sample::Index>()) {
            let all = join(values.iter().map(String::as_str));
            prop_assert_eq!(all, join(values.iter().rev().map(String::as_str)));
            let (one, other) = values.split_at(cut.index(values.len()));
            let shards = join(other.iter().map(String::as_str)) & join(one.iter().map(String::as_str));
            prop_assert_eq!(all, shards);
        }

        #[test]
        fn the_decided_type_reads_every_value(values in values(), wish in 0..8usize) {
            let date_order = DateOrder::ALL.get(wish).copied();
            let wishes = Wishes { date_order, named_time: wish % 2 == 0, ..Wishes::default() };
            let mut column = TestColumn::new(decide(join(values.iter().map(String::as_str)), &wishes).column_type);
            for value in values.iter().filter(|value| !value.is_empty()) {
                prop_assert!(column.read(value.as_bytes()), "{:?} {:?}", value, column.column_type);
            }
        }

        #[test]
        fn a_range_says_what_classifying_on_would_have(values in values()) {
            for column_type in all_types() {
                let mut column = TestColumn::new(column_type);
                let fitting: Vec<_> = values
                    .iter()
                    .filter(|value| !value.is_empty() && classify(value.as_bytes()).fits(column_type))
                    .map(String::as_str)
                    .collect();
                let mut readings = Readings::ALL;
                for value in &fitting {
                    if settled(column_type, readings) {
                        prop_assert!(column.read(value.as_bytes()));
                    } else {
                        readings &= classify(value.as_bytes());
                    }
                }
                prop_assert_eq!(readings & column.mask(), join(fitting.iter().copied()), "{:?}", column_type);
            }
        }

        #[test]
        fn a_date_that_is_the_same_in_two_orders_is(value in value()) {
            for (one, other, bit) in SAME {
                let [one, other] = [one, other].map(|order| parse_time(value.as_bytes(), order));
                let same = classify(value.as_bytes()).has(bit);
                prop_assert_eq!(same, value.is_empty() || (one.is_some() && one == other), "{}", value);
            }
        }

        #[test]
        fn a_column_that_shows_a_decimal_mark_reads_no_value_with_the_other(values in values()) {
            let readings = join(values.iter().map(String::as_str));
            let types = all_types().into_iter().filter(|it| readings.fits(*it));
            let marks: Vec<DecimalMark> = types.filter_map(mark_of).collect();
            match readings.decimal_mark() {
                Some(mark) => prop_assert!(marks.iter().all(|it| *it == mark), "{:?}", values),
                None => prop_assert!(
                    marks.is_empty() || marks.iter().any(|it| *it != marks[0]) || !marked(readings),
                    "{:?}", values
                ),
            }
        }
    }
}
