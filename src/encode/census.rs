//! How many values of a text column can be read as something narrower, so that the one value that made it
//! text can be named.
//!
//! A column is text if a single value of it is. The rule is right, and people want to know about that value.
//! A census counts the values of a text column by what they can be read as, and keeps the first value of each
//! class with its place. Columns that are text for good end it soon: after [`PATIENCE`] values more of text
//! than of anything else it stops, so that it costs some 256 looks for each column of a shard.

use crate::model::readings::Readings;
use crate::model::value::{ColumnType, DateOrder, FloatStyle, GroupMark, IntStyle, TimeUnit};

/// Values that are nothing but text, beyond those that are something else, after which a shard stops
/// counting.
const PATIENCE: u64 = 256;
/// Classes of values that are told apart; a column with more is no nearly typed one.
const CLASSES: usize = 24;
/// Bytes of a value that are kept.
const KEPT: usize = 64;

/// The values of a text column by what they can be read as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    classes: Vec<Class>,
    stopped: bool,
}

/// The values that can be read in the same ways.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Class {
    readings: Readings,
    count: u64,
    /// How many of them are equal to the first.
    same: u64,
    first: FirstValue,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstValue {
    /// The value, or its first bytes.
    pub value: Box<[u8]>,
    /// Its record, counted from 0: within the shard until shards are joined, then within the input.
    pub record: u64,
    /// Absolute offset of the value, in bytes.
    pub byte: u64,
}

impl Census {
    /// Whether the census can still use more values.
    pub fn is_open(&self) -> bool {
        !self.stopped
    }

    /// Counts a value that is not null. `place`: its record and the absolute offset of its first byte.
    pub fn add(&mut self, readings: Readings, value: &[u8], place: (u64, u64)) {
        if self.stopped {
            return;
        }
        match self.classes.iter_mut().find(|class| class.readings == readings) {
            Some(class) => {
                class.count += 1;
                class.same += u64::from(*class.first.value == value[..value.len().min(KEPT)]);
            }
            None => {
                let value = value[..value.len().min(KEPT)].into();
                let first = FirstValue { value, record: place.0, byte: place.1 };
                self.classes.push(Class { readings, count: 1, same: 1, first });
            }
        }
        let text = self.count_of(Readings::TEXT);
        if self.classes.len() > CLASSES || text > PATIENCE && text > PATIENCE + self.total() - text {
            self.stop();
        }
    }

    /// Adds what was counted behind it, in the order of the file. `records`: the input's records before that.
    pub fn join(&mut self, later: &Self, records: u64) {
        if self.stopped || later.stopped {
            return self.stop();
        }
        for class in &later.classes {
            match self.classes.iter_mut().find(|known| known.readings == class.readings) {
                Some(known) => {
                    known.count += class.count;
                    known.same += if known.first.value == class.first.value { class.same } else { 0 };
                }
                None => {
                    let first = FirstValue { record: class.first.record + records, ..class.first.clone() };
                    self.classes.push(Class { first, ..class.clone() });
                }
            }
        }
        if self.classes.len() > CLASSES {
            self.stop();
        }
    }

    fn stop(&mut self) {
        *self = Self { classes: Vec::new(), stopped: true };
    }

    fn count_of(&self, readings: Readings) -> u64 {
        self.classes.iter().find(|class| class.readings == readings).map_or(0, |class| class.count)
    }

    /// Values that were counted; 0 if counting was stopped.
    pub fn total(&self) -> u64 {
        self.classes.iter().map(|class| class.count).sum()
    }

    /// Values that a column of this type would hold.
    pub fn held(&self, column_type: ColumnType) -> u64 {
        self.classes.iter().filter(|class| class.readings.shows(column_type)).map(|class| class.count).sum()
    }

    /// How many values have readings such as these.
    pub fn count_where(&self, is_meant: impl Fn(Readings) -> bool) -> u64 {
        self.classes.iter().filter(|class| is_meant(class.readings)).map(|class| class.count).sum()
    }

    /// The first value that has readings such as these.
    pub fn first_where(&self, is_meant: impl Fn(Readings) -> bool) -> Option<&FirstValue> {
        let meant = self.classes.iter().filter(|class| is_meant(class.readings)).map(|class| &class.first);
        meant.min_by_key(|first| (first.record, first.byte))
    }

    /// The join over the values that have readings such as these.
    pub fn join_where(&self, is_meant: impl Fn(Readings) -> bool) -> Readings {
        let meant = self.classes.iter().map(|class| class.readings).filter(|it| is_meant(*it));
        meant.fold(Readings::ALL, |all, it| all & it)
    }

    /// The narrower type that most values have, and how many have it; `None` if no value has one.
    pub fn mostly(&self) -> Option<(ColumnType, u64)> {
        let mut best: Option<(ColumnType, u64)> = None;
        for column_type in narrower_types() {
            let held = self.held(column_type);
            if held > best.map_or(0, |(_, most)| most) {
                best = Some((column_type, held));
            }
        }
        best
    }

    /// Whether two of three values at least are dates or times, and not all.
    pub fn is_nearly_time(&self) -> bool {
        let mostly = self.mostly().filter(|(column_type, _)| column_type.is_time());
        mostly.is_some_and(|(_, held)| held >= 2 && held < self.total() && (self.total() - held) * 2 <= held)
    }

    /// The first value that a column of this type would not hold, and how many are equal to it: a lower bound
    /// where values differ in what they can be read as. `None` if there is no such value.
    pub fn first_miss(&self, column_type: ColumnType) -> Option<(&FirstValue, u64)> {
        let misses = self.classes.iter().filter(|class| !class.readings.fits(column_type));
        let first = misses.min_by_key(|class| (class.first.record, class.first.byte))?;
        Some((&first.first, first.same))
    }
}

/// Every type but text, the narrower before the wider: of two that hold as many values the first is meant.
fn narrower_types() -> impl Iterator<Item = ColumnType> {
    let plain =
        [ColumnType::Bool, ColumnType::Int64(IntStyle::Plain), ColumnType::Float64(FloatStyle::Plain)];
    let comma = [ColumnType::Float64(FloatStyle::Comma)];
    let ints = GroupMark::ALL.map(|mark| ColumnType::Int64(IntStyle::Grouped(mark)));
    let floats = GroupMark::ALL.map(|mark| ColumnType::Float64(FloatStyle::Grouped(mark)));
    let orders = [DateOrder::Ymd, DateOrder::Ydm, DateOrder::Dmy, DateOrder::Mdy];
    let dates = orders.map(ColumnType::Date);
    let times = [TimeUnit::Micros, TimeUnit::Nanos]
        .into_iter()
        .flat_map(move |unit| orders.map(|order| ColumnType::Timestamp { order, unit }));
    plain.into_iter().chain(comma).chain(ints).chain(floats).chain(dates).chain(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::readings::classify;

    fn census(values: &[&str]) -> Census {
        let mut census = Census::default();
        for (record, value) in (0..).zip(values) {
            census.add(classify(value.as_bytes()), value.as_bytes(), (record, record * 10));
        }
        census
    }

    #[test]
    fn the_type_that_most_values_have_is_named_with_the_first_that_has_it_not() {
        for (values, written, held, first, same) in [
            (&["1", "2", "unknown", "3"][..], "int64", 3, "unknown", 1),
            (&["1", "2.5", "n/a", "3", "n/a"], "float64", 3, "n/a", 2),
            (&["true", "false", "maybe"], "bool", 2, "maybe", 1),
            (&["2024-01-01", "soon", "2024-01-02"], "date32", 2, "soon", 1),
            (&["2024-01-01 10:00", "2024-01-02", "soon"], "timestamp[us, UTC]", 2, "soon", 1),
            (&["UT", "2024-01-01 10:00", "2024-01-02 11:00:01.123456789"], "timestamp[ns, UTC]", 2, "UT", 1),
        ] {
            let census = census(values);
            let (column_type, count) = census.mostly().unwrap();
            assert_eq!((column_type.name(), count), (written, held), "{values:?}");
            let (miss, count) = census.first_miss(column_type).unwrap();
            assert_eq!((&*miss.value, count), (first.as_bytes(), same), "{values:?}");
        }
    }

    #[test]
    fn a_column_that_is_all_text_or_all_of_one_type_has_no_miss() {
        for values in [&[][..], &["a", "b"]] {
            assert_eq!(census(values).mostly(), None, "{values:?}");
        }
        let whole = census(&["1", "2"]);
        assert_eq!(whole.first_miss(whole.mostly().unwrap().0), None);
    }

    #[test]
    fn shards_join_to_what_the_whole_says() {
        let values = ["1", "2", "x", "3.5", "x", "y", "2024-01-01", "7", "x"];
        let told = |census: &Census| {
            let (column_type, held) = census.mostly().unwrap();
            (column_type, held, census.total(), census.first_miss(column_type).map(|(it, _)| it.clone()))
        };
        let whole = told(&census(&values));
        for cut in 0..=values.len() {
            let (before, behind) = values.split_at(cut);
            let mut joined = census(before);
            let mut later = census(behind);
            for class in &mut later.classes {
                class.first.byte += cut as u64 * 10;
            }
            joined.join(&later, cut as u64);
            assert_eq!(told(&joined), whole, "{cut}");
        }
    }

    #[test]
    fn versions_and_codes_are_not_dates_and_numbers() {
        assert_eq!(census(&["3.11.10", "3.12.11", "3.11.10rc1"]).mostly(), None);
        assert_eq!(census(&["12E12", "13E05", "x"]).mostly(), None);
        assert!(census(&["31.12.99", "x"]).mostly().is_some_and(|(it, held)| it.is_time() && held == 1));
    }

    #[test]
    fn text_for_good_is_given_up() {
        let mut census = Census::default();
        for record in 0..10_000 {
            census.add(Readings::TEXT, b"text", (record, record));
        }
        assert!(!census.is_open());
        assert_eq!(census.mostly(), None);
        let mut typed = Census::default();
        typed.add(classify(b"1"), b"1", (0, 0));
        typed.join(&census, 1);
        assert!(!typed.is_open());
    }
}
