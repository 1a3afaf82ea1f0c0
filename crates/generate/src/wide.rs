//! Additional attributes, as many as are asked for. Their values follow from the seed, the attribute and the
//! number of the event or case alone, so that a log with fewer of them has the same values.

use super::options::GenerateOptions;
use super::rng::Rng;
use super::text::{date, push_number};
use super::words::{FIRST_NAMES, LAST_NAMES, REGIONS, THINGS};

/// One of this many attributes belongs to the case.
const OF_CASE: u64 = 4;
/// Days among which the dates are.
const DAYS: u64 = 1_500;

/// An attribute.
#[derive(Debug)]
pub(super) struct ExtraAttribute {
    /// Its name, such as `attribute_0001`.
    pub(super) name: String,
    /// Whether all events of a case have the same value.
    pub(super) of_case: bool,
    kind: u64,
    rng: Rng,
}

/// A value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExtraValue {
    Missing,
    Integer(u64),
    /// A float, in hundredths.
    Hundredths(u64),
    Boolean(bool),
    Word(&'static str),
    /// A first and a last name.
    Person(&'static str, &'static str),
    /// A code of a letter and a number, one of many.
    Code(u64),
    /// A day as [`Clock`](super::text::Clock) counts it.
    Day(u64),
}

/// The attributes of a log.
pub(super) fn extra_attributes(options: &GenerateOptions) -> Vec<ExtraAttribute> {
    // A constant keeps the streams apart from those of the cases.
    let mut seeds = Rng::new(options.seed ^ 0x00A7_751B_07E5).split();
    let attributes = (0..options.attributes).map(|number| ExtraAttribute {
        name: format!("attribute_{:04}", number + 1),
        of_case: number % OF_CASE == OF_CASE - 1,
        kind: number % 8,
        rng: seeds.split(),
    });
    attributes.collect()
}

impl ExtraAttribute {
    /// Its value for an event.
    #[inline]
    pub(super) fn value(&self, trace: u64, event: u64) -> ExtraValue {
        let number = if self.of_case { trace } else { event };
        let mut rng =
            Rng::new(self.rng.clone().bits().wrapping_add(number.wrapping_mul(0xD6E8_FEB8_6659_FD93)));
        match self.kind {
            0 => ExtraValue::Integer(rng.long_tailed(5_000)),
            1 => ExtraValue::Word(rng.pick(&REGIONS)),
            2 => ExtraValue::Hundredths(rng.long_tailed(80_000)),
            3 => ExtraValue::Person(rng.pick(&FIRST_NAMES), rng.pick(&LAST_NAMES)),
            4 => ExtraValue::Boolean(rng.below(3) == 0),
            5 if rng.below(10) > 0 => ExtraValue::Missing,
            5 => ExtraValue::Word(rng.pick(&THINGS)),
            6 => ExtraValue::Code(rng.below(100_000)),
            _ => ExtraValue::Day(rng.below(DAYS)),
        }
    }
}

/// Appends a name of a person.
pub(super) fn push_person(text: &mut Vec<u8>, first: &str, last: &str) {
    text.extend_from_slice(first.as_bytes());
    text.push(b' ');
    text.extend_from_slice(last.as_bytes());
}

/// Appends a code.
pub(super) fn push_code(text: &mut Vec<u8>, number: u64) {
    text.push(b'K');
    push_number(text, number, 5);
}

/// Appends a day as a date.
pub(super) fn push_day(text: &mut Vec<u8>, day: u64) {
    let (year, month, day) = date(day);
    push_number(text, year, 4);
    text.push(b'-');
    push_number(text, month, 2);
    text.push(b'-');
    push_number(text, day, 2);
}
