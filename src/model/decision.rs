//! Which type a column gets, once the join over its values is known, and what is left in doubt.
//!
//! Where two readings mean different things, the column is text and the [`Doubt`] says which they are; what
//! is known beside the values, the user's word, the other columns and the column's name, may decide
//! ([`Wishes`]).

use super::readings::{
    BARE, CODE, FLOAT, FLOAT_COMMA, MICROS, NANO_RANGE, RIVALS, Readings, SAME, SHORT_YEAR, UNDOTTED, date,
    groups_with, int_group, timestamp,
};
use super::value::{ColumnType, DateOrder, DecimalMark, FloatStyle, GroupMark, IntStyle, TimeUnit};

/// What is known of a column beside its values, where these can be read in more than one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    /// The decimal mark of all columns, if the user says it; readings with the other mark are off.
    pub decimal: Option<DecimalMark>,
    /// The date order, if the user says it; its rivals (day or month first, month or day after the year, and
    /// for dates of three short numbers every other order) are off. Dates with the year first in four digits
    /// stay readable when a day-first or month-first order is wished for: they are in no doubt.
    pub date_order: Option<DateOrder>,
    /// The decimal mark that other columns of the file show. It decides between readings with either mark,
    /// and excludes none.
    pub of_file: Option<DecimalMark>,
    /// Whether the column's name says that it holds times: then three short numbers are a date.
    pub named_time: bool,
}

impl Wishes {
    fn excluded(&self, readings: Readings) -> Readings {
        let numbers = match self.decimal {
            None => Readings::TEXT,
            Some(DecimalMark::Point) => {
                FLOAT_COMMA.or(int_group(GroupMark::Point)).or(groups_with(DecimalMark::Comma))
            }
            Some(DecimalMark::Comma) => {
                FLOAT.or(int_group(GroupMark::Comma)).or(groups_with(DecimalMark::Point))
            }
        };
        let Some(wished) = self.date_order else { return numbers };
        let is_rival = |order: DateOrder| match wished {
            DateOrder::Ymd | DateOrder::ShortYmd => {
                order == DateOrder::Ydm || readings.has(SHORT_YEAR) && order != DateOrder::ShortYmd
            }
            DateOrder::Ydm => order == DateOrder::Ymd || readings.has(SHORT_YEAR),
            DateOrder::Dmy => matches!(order, DateOrder::Mdy | DateOrder::ShortYmd),
            DateOrder::Mdy => matches!(order, DateOrder::Dmy | DateOrder::ShortYmd),
        };
        DateOrder::ALL
            .into_iter()
            .filter(|order| is_rival(*order))
            .fold(numbers, |off, order| off.or(date(order)).or(timestamp(order)))
    }
}

/// Types with different meanings that all read all values of a column; two at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meanings([Option<ColumnType>; RIVALS.len()]);

impl Meanings {
    fn of(types: impl IntoIterator<Item = ColumnType>) -> Self {
        let mut meanings = [None; RIVALS.len()];
        for (place, column_type) in meanings.iter_mut().zip(types) {
            *place = Some(column_type);
        }
        Self(meanings)
    }

    /// The types, the likeliest first.
    pub fn iter(&self) -> impl Iterator<Item = ColumnType> + '_ {
        self.0.iter().flatten().copied()
    }

    /// The orders of dates that are left, if it is these that nobody knows.
    pub fn orders(&self) -> Vec<DateOrder> {
        let order = |column_type| match column_type {
            ColumnType::Date(order) | ColumnType::Timestamp { order, .. } => Some(order),
            _ => None,
        };
        self.iter().filter_map(order).collect()
    }
}

/// Why a column whose values all have a narrower type is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Types with different meanings read all values.
    Meanings(Meanings),
    /// The values are three short numbers each: dates in one of these orders, or versions, or codes.
    MaybeDates(Meanings),
    /// The values are digits with an E among them, as codes have it and numbers seldom do.
    MaybeCodes,
}

/// The type of a column, and what else it could have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The type that reads all values.
    pub column_type: ColumnType,
    /// Why it is text although something narrower reads all values.
    pub doubt: Option<Doubt>,
}

impl Decision {
    const fn clear(column_type: ColumnType) -> Self {
        Self { column_type, doubt: None }
    }

    const fn doubtful(doubt: Doubt) -> Self {
        Self { column_type: ColumnType::Text, doubt: Some(doubt) }
    }

    /// The type that the values look like, whether or not something else is possible: to tell a header from
    /// values.
    pub fn likely(&self) -> ColumnType {
        match self.doubt {
            Some(Doubt::Meanings(meanings) | Doubt::MaybeDates(meanings)) => {
                meanings.iter().next().unwrap_or(self.column_type)
            }
            Some(Doubt::MaybeCodes) => ColumnType::Float64(FloatStyle::Plain),
            None => self.column_type,
        }
    }

    fn between(types: impl IntoIterator<Item = ColumnType>) -> Self {
        Self::doubtful(Doubt::Meanings(Meanings::of(types)))
    }
}

/// Names the type of a column from the join over its values. A column without values is text.
pub fn decide(readings: Readings, wishes: &Wishes) -> Decision {
    if readings.has(Readings::NONE) {
        return Decision::clear(ColumnType::Text);
    }
    let readings = readings.without(wishes.excluded(readings));
    for plain in [ColumnType::Bool, ColumnType::Int64(IntStyle::Plain)] {
        if readings.fits(plain) {
            return Decision::clear(plain);
        }
    }
    decide_number(readings, wishes)
        .or_else(|| decide_order(readings, wishes, date, ColumnType::Date))
        .or_else(|| {
            let unit = if readings.has(MICROS) { TimeUnit::Micros } else { TimeUnit::Nanos };
            let fits = readings.has(MICROS) || readings.has(NANO_RANGE);
            let of_unit = |order| ColumnType::Timestamp { order, unit };
            decide_order(readings, wishes, timestamp, of_unit).filter(|_| fits)
        })
        .unwrap_or(Decision::clear(ColumnType::Text))
}

/// Numbers that are not plain integers. Two readings with the same decimal mark never differ in meaning; with
/// different marks they do (`1,234` is 1234 or 1.234), unless no value has a mark.
fn decide_number(readings: Readings, wishes: &Wishes) -> Option<Decision> {
    let grouped =
        |mark| [ColumnType::Int64(IntStyle::Grouped(mark)), ColumnType::Float64(FloatStyle::Grouped(mark))];
    let find = |types: &[ColumnType]| types.iter().copied().find(|&column_type| readings.fits(column_type));
    let plain = ColumnType::Float64(FloatStyle::Plain);
    let comma = ColumnType::Float64(FloatStyle::Comma);
    // Integers have gone: one value at least has an E.
    if readings.has(CODE) && find(&[plain, comma]).is_some() {
        return Some(Decision::doubtful(Doubt::MaybeCodes));
    }
    if readings.fits(plain) && readings.fits(comma) {
        return Some(Decision::clear(plain));
    }
    let point = find(&[plain])
        .or_else(|| find(&[grouped(GroupMark::Comma), grouped(GroupMark::Apostrophe)].concat()));
    let comma =
        find(&[comma]).or_else(|| find(&[grouped(GroupMark::Point), grouped(GroupMark::Space)].concat()));
    match (point, comma, wishes.of_file) {
        (Some(point), Some(_), Some(DecimalMark::Point)) => Some(Decision::clear(point)),
        (Some(_), Some(comma), Some(DecimalMark::Comma)) => Some(Decision::clear(comma)),
        (Some(point), Some(comma), None) => Some(Decision::between([point, comma])),
        (point, comma, _) => point.or(comma).map(Decision::clear),
    }
}

/// Dates or timestamps: ISO order before year, day, month; of the orders that may be rivals only one that is
/// left alone, or any if all values mean the same in those that are left. Three short numbers that prove
/// nothing need somebody who says that they are dates.
fn decide_order(
    readings: Readings,
    wishes: &Wishes,
    bit: impl Fn(DateOrder) -> Readings,
    column_type: impl Fn(DateOrder) -> ColumnType,
) -> Option<Decision> {
    let is_left = |order: &DateOrder| readings.has(bit(*order));
    let is_dotted = RIVALS[..2].iter().all(is_left) && !readings.has(UNDOTTED);
    let left: Vec<DateOrder> =
        RIVALS.into_iter().filter(is_left).filter(|order| !(is_dotted && *order == DateOrder::Mdy)).collect();
    let differ = SAME
        .iter()
        .any(|(one, other, same)| left.contains(one) && left.contains(other) && !readings.has(*same));
    let types = || Meanings::of(left.iter().map(|order| column_type(*order)));
    if !left.is_empty() && readings.has(BARE) && !wishes.named_time && wishes.date_order.is_none() {
        return Some(Decision::doubtful(Doubt::MaybeDates(types())));
    }
    if differ {
        return Some(Decision::doubtful(Doubt::Meanings(types())));
    }
    [DateOrder::Ymd, DateOrder::Ydm]
        .into_iter()
        .chain(RIVALS)
        .find(is_left)
        .map(|order| Decision::clear(column_type(order)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::readings::classify;

    const MICROS_UTC: fn(DateOrder) -> ColumnType =
        |order| ColumnType::Timestamp { order, unit: TimeUnit::Micros };

    fn join<'a>(values: impl IntoIterator<Item = &'a str>) -> Readings {
        values.into_iter().fold(Readings::ALL, |all, value| all & classify(value.as_bytes()))
    }

    fn decided(values: &[&str]) -> ColumnType {
        decide(join(values.iter().copied()), &Wishes::default()).column_type
    }

    #[test]
    fn a_column_gets_the_narrowest_type_that_reads_all_its_values() {
        use ColumnType::{Bool, Date, Float64, Int64, Text};
        let int = |mark| Int64(IntStyle::Grouped(mark));
        let float = |mark| Float64(FloatStyle::Grouped(mark));
        let table: &[(&[&str], ColumnType)] = &[
            (&[], Text),
            (&["", ""], Text),
            (&["", "true", "FALSE"], Bool),
            (&["1", "0"], Int64(IntStyle::Plain)),
            (&["1", "true"], Text),
            (&["1", "", "2.5"], Float64(FloatStyle::Plain)),
            (&["1", "NaN"], Float64(FloatStyle::Plain)),
            (&["9007199254740993"], Int64(IntStyle::Plain)),
            (&["9007199254740993", "1.5"], Text),
            (&["9007199254740994", "-9223372036854775808", "1.5"], Float64(FloatStyle::Plain)),
            (&["9,007,199,254,740,994", "1,234.5"], float(GroupMark::Comma)),
            (&["9,007,199,254,740,993", "1,234.5"], Text),
            (&["100000000000000000000"], Text),
            (&["007", "8"], Text),
            (&["  "], Text),
            (&["1,5", "1234,25"], Float64(FloatStyle::Comma)),
            (&["1,5", "2.5"], Text),
            (&["1,234,567", "12"], int(GroupMark::Comma)),
            (&["1,234", "12.5"], float(GroupMark::Comma)),
            (&["1,234", "1234"], Float64(FloatStyle::Comma)),
            (&["1,234,567", "1234"], Text),
            (&["1.234", "12"], Text),
            (&["1.234", "NaN"], Text),
            (&["1.234", "0.125"], Float64(FloatStyle::Plain)),
            (&["1.234", "1234"], Float64(FloatStyle::Plain)),
            (&["12", "NaN"], Float64(FloatStyle::Plain)),
            (&["1E5", "2E7"], Text),
            (&["1e5", "2"], Text),
            (&["1E5", "2.5"], Float64(FloatStyle::Plain)),
            (&["1E5", "2E-7"], Float64(FloatStyle::Plain)),
            (&["1E5", "2E+7", "3"], Float64(FloatStyle::Plain)),
            (&["1E5", "-2"], Text),
            (&["1E5", "-2E5"], Float64(FloatStyle::Plain)),
            (&["1E5", "3E999"], Text),
            (&["1.234.567", "1.234"], int(GroupMark::Point)),
            (&["1.234", "12,5"], float(GroupMark::Point)),
            (&["1 234", "5"], int(GroupMark::Space)),
            (&["1 234,5", "5"], float(GroupMark::Space)),
            (&["1'234", "5"], int(GroupMark::Apostrophe)),
            (&["1'234", "5.5"], float(GroupMark::Apostrophe)),
            (&["2014-10-22", "2014-10-02"], Date(DateOrder::Ymd)),
            (&["2014-10-02"], Date(DateOrder::Ymd)),
            (&["2014-22-10", "2014-10-02"], Date(DateOrder::Ydm)),
            (&["2014-22-10", "2014-10-22"], Text),
            (&["13/05/2014", "01/02/2014"], Date(DateOrder::Dmy)),
            (&["05/13/2014", "01/02/2014"], Date(DateOrder::Mdy)),
            (&["05/13/2014", "13/02/2014"], Text),
            (&["1.2.2014"], Date(DateOrder::Dmy)),
            (&["1.2.2014", "1.13.2014"], Date(DateOrder::Mdy)),
            (&["1.2.2014", "3/4/2014"], Date(DateOrder::Dmy)),
            (&["13.2.2014", "1.13.2014"], Text),
            (&["3.11.10", "3.12.11"], Text),
            (&["31.12.99", "1.2.98"], Date(DateOrder::Dmy)),
            (&["99.12.31", "98.02.01"], Date(DateOrder::ShortYmd)),
            (&["12/25/20", "1/2/20"], Date(DateOrder::Mdy)),
            (&["11/12/11 10:00", "11/11/11 10:00"], Text),
            (&["25/11/25 10:00", "24/12/24 10:00"], MICROS_UTC(DateOrder::Dmy)),
            (&["24/01/15 10:00", "15/01/24 10:00"], Text),
            (&["24/01/15 10:00", "32/01/15 10:00"], MICROS_UTC(DateOrder::ShortYmd)),
            (&["4/01/15 10:00", "24/01/15 10:00"], MICROS_UTC(DateOrder::Dmy)),
            (&["2014-10-22", "14-10-22"], Text),
            (&["22-Oct-2014", "Oct 2, 2014"], Date(DateOrder::Dmy)),
            (&["22-Oct-2014", "05/05/2014"], Date(DateOrder::Dmy)),
            (&["2014-10-22", "2014-10-22 10:15"], MICROS_UTC(DateOrder::Ymd)),
            (&["2014-10-22 10:15", "22.10.2014 10:15"], Text),
            (&["2014-10-22", "20141022"], Text),
            (&["20141022"], Int64(IntStyle::Plain)),
            (
                &["2014-10-22T10:15:00.123456789Z"],
                ColumnType::Timestamp { order: DateOrder::Ymd, unit: TimeUnit::Nanos },
            ),
            (&["2014-10-22T10:15:00.123456789Z", "1500-01-01"], Text),
            (&["1500-01-01", "2014-10-22T10:15:00Z"], MICROS_UTC(DateOrder::Ymd)),
            (&["inf", "2.5"], Float64(FloatStyle::Plain)),
            (&["a"], Text),
        ];
        for (values, column_type) in table {
            assert_eq!(decided(values), *column_type, "{values:?}");
        }
    }

    #[test]
    fn two_meanings_make_text_unless_the_user_decides() {
        let numbers = join(["1,234", "12"]);
        let grouped = ColumnType::Int64(IntStyle::Grouped(GroupMark::Comma));
        let comma = ColumnType::Float64(FloatStyle::Comma);
        let undecided = decide(numbers, &Wishes::default());
        assert_eq!(undecided, Decision::between([grouped, comma]));
        for (decimal, column_type) in [(DecimalMark::Point, grouped), (DecimalMark::Comma, comma)] {
            let wishes = Wishes { decimal: Some(decimal), ..Wishes::default() };
            assert_eq!(decide(numbers, &wishes), Decision::clear(column_type));
        }
        let dates = join(["05/06/2014 10:00"]);
        let (dmy, mdy) = (MICROS_UTC(DateOrder::Dmy), MICROS_UTC(DateOrder::Mdy));
        assert_eq!(decide(dates, &Wishes::default()), Decision::between([dmy, mdy]));
        for (order, column_type) in [(DateOrder::Dmy, dmy), (DateOrder::Mdy, mdy)] {
            let wishes = Wishes { date_order: Some(order), ..Wishes::default() };
            assert_eq!(decide(dates, &wishes), Decision::clear(column_type));
        }
    }

    #[test]
    fn what_two_digits_leave_open_is_named_and_an_order_decides() {
        use DateOrder::{Dmy, Mdy, ShortYmd, Ymd};
        for (values, left) in [
            (&["24/01/15 10:00"][..], &[Dmy, ShortYmd][..]),
            (&["12/01/11 10:00"], &[Dmy, Mdy, ShortYmd]),
            (&["12/13/11 10:00", "12/01/11 10:00"], &[]),
            (&["01-02-03 10:00", "11/12/2011 10:00"], &[Dmy, Mdy]),
            (&["10.11.12 10:00"], &[Dmy, ShortYmd]),
            (&["1/02/03 10:00"], &[Dmy, Mdy]),
        ] {
            let decision = decide(join(values.iter().copied()), &Wishes::default());
            let orders = match decision.doubt {
                Some(Doubt::Meanings(meanings)) => meanings.orders(),
                _ => Vec::new(),
            };
            assert_eq!(orders, left, "{values:?}");
        }
        for (value, wish, expected) in [
            ("24/01/15 10:00", Ymd, MICROS_UTC(ShortYmd)),
            ("24/01/15 10:00", Dmy, MICROS_UTC(Dmy)),
            ("24/01/15 10:00", Mdy, ColumnType::Text),
            ("12/01/11", Mdy, ColumnType::Date(Mdy)),
            ("10.4.11", Dmy, ColumnType::Date(Dmy)),
            ("10.4.11", Mdy, ColumnType::Date(Mdy)),
            ("10.4.11", Ymd, ColumnType::Date(ShortYmd)),
            ("31.12.99", Ymd, ColumnType::Text),
            ("99.12.31", Dmy, ColumnType::Text),
            ("12/01/11", DateOrder::Ydm, ColumnType::Text),
            ("22-Oct-14", Ymd, ColumnType::Date(Dmy)),
            ("31/12/1999", Ymd, ColumnType::Date(Dmy)),
            ("1999-12-31", Dmy, ColumnType::Date(Ymd)),
        ] {
            let wishes = Wishes { date_order: Some(wish), ..Wishes::default() };
            assert_eq!(decide(join([value]), &wishes).column_type, expected, "{value} {wish:?}");
        }
        let named = Wishes { named_time: true, ..Wishes::default() };
        let maybe = decide(join(["3.11.10"]), &Wishes::default());
        assert!(matches!(maybe.doubt, Some(Doubt::MaybeDates(_))) && maybe.column_type == ColumnType::Text);
        assert_eq!(decide(join(["3.11.10"]), &named).column_type, ColumnType::Date(Dmy));
        assert_eq!(maybe.likely(), ColumnType::Date(Dmy));
    }

    #[test]
    fn the_mark_of_the_file_decides_only_what_is_open() {
        use GroupMark::{Comma, Point};
        let int = |mark| ColumnType::Int64(IntStyle::Grouped(mark));
        let float = |style| ColumnType::Float64(style);
        for (value, with_point, with_comma) in [
            ("2.155", float(FloatStyle::Plain), int(Point)),
            ("1,234", int(Comma), float(FloatStyle::Comma)),
            ("0.125", float(FloatStyle::Plain), float(FloatStyle::Plain)),
            ("19,47", float(FloatStyle::Comma), float(FloatStyle::Comma)),
            ("12", ColumnType::Int64(IntStyle::Plain), ColumnType::Int64(IntStyle::Plain)),
            ("1 234", int(GroupMark::Space), int(GroupMark::Space)),
        ] {
            let read = |mark| {
                decide(join([value]), &Wishes { of_file: Some(mark), ..Wishes::default() }).column_type
            };
            assert_eq!(
                (read(DecimalMark::Point), read(DecimalMark::Comma)),
                (with_point, with_comma),
                "{value}"
            );
        }
        for (value, mark) in [
            ("19,47", Some(DecimalMark::Comma)),
            ("1.234.567", Some(DecimalMark::Comma)),
            ("1 234,5", Some(DecimalMark::Comma)),
            ("3.5", Some(DecimalMark::Point)),
            ("0.125", Some(DecimalMark::Point)),
            ("1,234,567", Some(DecimalMark::Point)),
            ("1'234.5", Some(DecimalMark::Point)),
            ("2.155", None),
            ("1,234", None),
            ("1 234", None),
            ("1'234", None),
            ("1234", None),
            ("12", None),
            ("2014-10-22", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(join([value]).decimal_mark(), mark, "{value}");
        }
    }

    #[test]
    fn a_wish_excludes_the_rival_reading() {
        let comma = Wishes { decimal: Some(DecimalMark::Comma), ..Wishes::default() };
        let point = ColumnType::Int64(IntStyle::Grouped(GroupMark::Point));
        assert_eq!(decide(join(["1.234"]), &comma).column_type, point);
        assert_eq!(decide(join(["1.5"]), &comma).column_type, ColumnType::Text);
        let day_first = Wishes { date_order: Some(DateOrder::Dmy), ..Wishes::default() };
        assert_eq!(decide(join(["05/13/2014"]), &day_first).column_type, ColumnType::Text);
        assert_eq!(decide(join(["2014-05-06"]), &day_first).column_type, ColumnType::Date(DateOrder::Ymd));
    }
}
