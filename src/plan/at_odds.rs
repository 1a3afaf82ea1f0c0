//! Warnings about text columns whose values are times, each by itself, and that no one type holds: dates in
//! both orders of day and month, and nanoseconds beside years that 64 bits of nanoseconds do not reach.

use crate::encode::census::Census;
use crate::model::figures::agreeing;
use crate::model::readings::Readings;
use crate::model::roles::RoleWishes;
use crate::model::value::{ColumnType, DateOrder, TimeUnit};
use crate::model::warning::{Warning, WarningCode};
use crate::plan::table::{Column, Table, described_order};
use crate::plan::type_advice::TypeAdvice;
use crate::shard::merge::PartDone;
use crate::source::input::Ready;

/// Orders of which a date can have one and not the other.
const RIVALS: [(DateOrder, DateOrder); 2] =
    [(DateOrder::Dmy, DateOrder::Mdy), (DateOrder::Ymd, DateOrder::Ydm)];

/// A text column with the census of all of its values.
pub struct Odds<'t> {
    /// The table that the column is of.
    pub table: &'t Table,
    /// The text column whose values are at odds.
    pub column: &'t Column,
    /// The census of its values over all inputs.
    pub whole: &'t Census,
    /// All inputs.
    pub inputs: &'t [Ready],
    /// The parts, one for each input.
    pub parts: &'t [PartDone],
    /// The roles that the user gave.
    pub wishes: &'t RoleWishes,
}

impl Odds<'_> {
    /// The warning, if at least two thirds of the values are times, and these are at odds.
    pub fn warning(&self) -> Option<Warning> {
        let times = self.whole.count_where(Readings::shows_time);
        let others = self.whole.total() - times;
        if self.column.said || times < 2 || others * 2 > times {
            return None;
        }
        self.orders().or_else(|| self.units())
    }

    fn orders(&self) -> Option<Warning> {
        let whole = self.whole;
        let only = |order: DateOrder, other: DateOrder| {
            move |it: Readings| it.shows_time() && it.has_order(order) && !it.has_order(other)
        };
        let is_met = |(one, other): &(DateOrder, DateOrder)| {
            whole.count_where(only(*one, *other)) > 0 && whole.count_where(only(*other, *one)) > 0
        };
        let (one, other) = RIVALS.into_iter().find(is_met)?;
        let [of_one, of_other] = [only(one, other), only(other, one)].map(|it| whole.count_where(it));
        let first = self.first(only(one, other))?;
        let second = self.first(only(other, one))?;
        let what = format!(
            "column {:?} is text: its dates are in two orders, {of_one} {} can only be read {}, such as {}, and {of_other} only {}, such as {}",
            self.column.source_name,
            agreeing(of_one, "value", "values"),
            described_order(one),
            first.told(),
            described_order(other),
            second.told()
        );
        let unit = whole.join_where(Readings::shows_time).unit();
        let aside = |order| whole.total() - whole.held(ColumnType::Timestamp { order, unit });
        let (best, least) =
            [one, other].map(|order| (order, aside(order))).into_iter().min_by_key(|it| it.1)?;
        let advice =
            TypeAdvice::times(self.table, self.column, self.wishes, &[], Some(best)).rejecting().to_string();
        let help = format!(
            "{advice} sets {least} {} aside, and reads the dates of all columns in this order; without it the column stays text",
            agreeing(least, "row", "rows")
        );
        Some(self.told(what, of_one.min(of_other), if of_one <= of_other { first } else { second }, help))
    }

    fn units(&self) -> Option<Warning> {
        let whole = self.whole;
        let fine = |it: Readings| it.shows_time() && it.is_too_fine();
        let far = |it: Readings| it.shows_time() && it.is_beyond_nanos();
        let [fine_ones, far_ones] = [whole.count_where(fine), whole.count_where(far)];
        let (first, second) = (self.first(fine)?, self.first(far)?);
        let what = format!(
            "column {:?} is text: {fine_ones} of its times {} digits below the microsecond, such as {}, and {far_ones} {} of years before 1678 or after 2261, such as {}, which nanoseconds since 1970 in 64 bits do not reach",
            self.column.source_name,
            agreeing(fine_ones, "has", "have"),
            first.told(),
            agreeing(far_ones, "is", "are"),
            second.told()
        );
        let order = DateOrder::ALL.into_iter().max_by_key(|order| {
            // Of two that are equal the one that comes first.
            let held = whole.held(ColumnType::Timestamp { order: *order, unit: TimeUnit::Micros });
            (held, std::cmp::Reverse(*order as u8))
        })?;
        let typed = |unit| ColumnType::Timestamp { order, unit };
        let aside = |unit| whole.total() - whole.held(typed(unit));
        let [micros, nanos] = [TimeUnit::Micros, TimeUnit::Nanos].map(aside);
        let of_file =
            |unit| TypeAdvice::declared(&self.column.source_name, typed(unit), &[]).rejecting().to_string();
        let by_micros = match order {
            DateOrder::Ymd => {
                TypeAdvice::times(self.table, self.column, self.wishes, &[], None).rejecting().to_string()
            }
            _ => of_file(TimeUnit::Micros),
        };
        let sets = |advice: String, unit: &str, aside: u64| {
            format!("{advice} keeps {unit} and sets {aside} {} aside", agreeing(aside, "row", "rows"))
        };
        let by_micros = sets(by_micros, "microseconds", micros);
        let by_nanos = sets(of_file(TimeUnit::Nanos), "nanoseconds", nanos);
        let help = if nanos < micros { [by_nanos, by_micros] } else { [by_micros, by_nanos] }.join("; ");
        let (count, first) = if fine_ones <= far_ones { (fine_ones, first) } else { (far_ones, second) };
        Some(self.told(what, count, first, help))
    }

    fn told(&self, what: String, count: u64, first: PlacedValue, help: String) -> Warning {
        let warning = Warning::new(WarningCode::TimesAtOdds, what)
            .in_column(&self.column.source_name)
            .counted(count)
            .out_of(self.whole.total())
            .example(&first.value, Some(first.row), Some(first.byte))
            .help(help);
        if self.inputs.len() > 1 { warning.in_input(&self.inputs[first.input].input) } else { warning }
    }

    /// The first value with such readings, of the first input that has one.
    fn first(&self, is_meant: impl Fn(Readings) -> bool) -> Option<PlacedValue> {
        self.inputs.iter().zip(self.parts).enumerate().find_map(|(input, (ready, part))| {
            let census = part.tallies[ready.column(&self.column.source_name)?].census.as_deref()?;
            let first = census.first_where(&is_meant)?;
            let value = String::from_utf8_lossy(&first.value).into_owned();
            Some(PlacedValue { value, input, row: first.record + 1, byte: first.byte })
        })
    }
}

/// A value and its place in the input.
struct PlacedValue {
    value: String,
    input: usize,
    row: u64,
    byte: u64,
}

impl PlacedValue {
    fn told(&self) -> String {
        format!("{:?} in row {} at byte {}", self.value, self.row, self.byte)
    }
}
