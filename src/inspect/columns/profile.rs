//! What is counted of one column on the way, and the figures that come of it.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use serde::Serialize;

use super::cells::{CellKind, Cells};
use super::pattern;
use super::values::{Counted, HashedMap, ShardValues, Values, cut, gather, spread};
use crate::error::Result;
use crate::inspect::words::{Meaning, meaning};

/// Frequent values that are listed.
const TOP: usize = 10;
/// Characters of a value that is shown.
const SHOWN: usize = 200;
/// Quantiles that are told.
const QUANTILES: [(&str, f64); 5] =
    [("p05", 0.05), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p95", 0.95)];

/// What is known of each distinct value of a shard.
#[derive(Debug, Clone, Copy)]
struct Known {
    chars: u32,
    meaning: Meaning,
}

/// A column of the rows of one shard.
#[derive(Debug)]
pub struct ShardColumn {
    kind: CellKind,
    values: ShardValues,
    known: Vec<Known>,
    most_first: usize,
    nulls: u64,
    min: Option<Box<str>>,
    max: Option<Box<str>>,
    /// Least and greatest number, as keys in the order of the values.
    range: Option<(u64, u64)>,
}

impl ShardColumn {
    /// A column without rows, of which the texts of the first `most_first` values are kept.
    pub fn new(data_type: &DataType, most_first: usize) -> Self {
        let kind = CellKind::of(data_type);
        let values = ShardValues::default();
        Self { kind, values, known: Vec::new(), most_first, nulls: 0, min: None, max: None, range: None }
    }

    /// Adds the values of a batch. `missing` is told the rows that have no value, or only blanks; `each`, if it is
    /// wanted, the number of the value of each row within the shard.
    ///
    /// # Errors
    /// If Arrow can't turn the values into those of the kind.
    pub fn add(
        &mut self,
        array: &ArrayRef,
        mut missing: impl FnMut(usize, Missing),
        mut each: Option<&mut Vec<u32>>,
    ) -> Result<()> {
        let rows = array.len();
        if let Some(each) = &mut each {
            each.clear();
            each.reserve(rows);
        }
        let mut see = |at: usize, number: Option<u32>, meaning: Meaning| {
            match (number, meaning) {
                (None, _) => missing(at, Missing::Null),
                (_, Meaning::Blank) => missing(at, Missing::Blank),
                (_, Meaning::Placeholder) => missing(at, Missing::Placeholder),
                _ => {}
            }
            if let Some(each) = &mut each {
                each.push(number.unwrap_or(u32::MAX));
            }
        };
        if let Some(dictionary) = array.as_any_dictionary_opt() {
            if dictionary.values().is_empty() {
                (0..rows).for_each(|at| see(at, None, Meaning::Value));
                self.nulls += rows as u64;
                return Ok(());
            }
            let cells = Cells::of(dictionary.values(), &self.kind)?;
            let keys = dictionary.normalized_keys();
            let key_nulls = array.nulls();
            let mut counts = vec![0u64; dictionary.values().len()];
            for (at, key) in keys.iter().enumerate() {
                if key_nulls.is_none_or(|nulls| nulls.is_valid(at)) {
                    counts[*key] += 1;
                }
            }
            // Values are numbered as they appear in the rows, whatever the order of the dictionary.
            let mut numbers = vec![None; counts.len()];
            let mut nulls = 0;
            for (at, key) in keys.iter().enumerate() {
                let is_null = key_nulls.is_some_and(|nulls| nulls.is_null(at));
                let cell = if is_null { None } else { numbers[*key] };
                let found = match cell {
                    _ if is_null => None,
                    Some(found) => found,
                    None => {
                        let found = cells.get(*key).map(|(hash, text)| self.count(hash, text, counts[*key]));
                        numbers[*key] = Some(found);
                        found
                    }
                };
                nulls += u64::from(found.is_none());
                let meaning = found.map_or(Meaning::Value, |it| self.known[it as usize].meaning);
                see(at, found, meaning);
            }
            self.nulls += nulls;
            return Ok(());
        }
        let cells = Cells::of(array, &self.kind)?;
        for at in 0..rows {
            let number = cells.get(at).map(|(hash, text)| self.count(hash, text, 1));
            let meaning = number.map_or(Meaning::Value, |it| self.known[it as usize].meaning);
            self.nulls += u64::from(number.is_none());
            see(at, number, meaning);
        }
        Ok(())
    }

    #[inline]
    fn count(&mut self, hash: u64, text: Option<&str>, times: u64) -> u32 {
        let (number, is_new) = self.values.add(hash, times);
        if is_new {
            self.learn(hash, text);
        }
        number
    }

    fn learn(&mut self, hash: u64, text: Option<&str>) {
        let Some(text) = text else {
            let key = gather(hash);
            self.range = Some(self.range.map_or((key, key), |(low, high)| (low.min(key), high.max(key))));
            self.known.push(Known { chars: 0, meaning: Meaning::Value });
            return;
        };
        let chars = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        self.known.push(Known { chars, meaning: meaning(text) });
        self.values.keep_text(text, self.most_first);
        if self.kind == CellKind::Text {
            if self.min.as_ref().is_none_or(|it| text < it.as_ref()) {
                self.min = Some(cut(text, 4096).into());
            }
            if self.max.as_ref().is_none_or(|it| text > it.as_ref()) {
                self.max = Some(cut(text, 4096).into());
            }
        }
    }

    /// The hash of a value of the shard.
    pub fn hash(&self, number: u32) -> u64 {
        self.values.seen()[number as usize].hash
    }

    /// The column as that of a part of the log.
    pub fn close(self) -> ColumnPart {
        let seen = self.values.seen();
        let mut lengths = Lengths::default();
        let (mut values, mut blanks, mut placeholders) = (0, 0, 0);
        for (it, known) in seen.iter().zip(&self.known) {
            values += it.count;
            match known.meaning {
                Meaning::Blank => blanks += it.count,
                Meaning::Placeholder => placeholders += it.count,
                Meaning::Value => {}
            }
            lengths.add(known.chars, it.count);
        }
        ColumnPart {
            values: self.values.close(self.most_first),
            kind: self.kind,
            count: values,
            nulls: self.nulls,
            blanks,
            placeholders,
            lengths,
            min: self.min,
            max: self.max,
            range: self.range,
        }
    }
}

/// Why a cell counts as missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It is null.
    Null,
    /// It is an empty text, or has only blanks.
    Blank,
    /// It is a word that says that there is no value, such as `N/A`.
    Placeholder,
}

impl Missing {
    /// What a report says that the cell is.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Blank => "blank",
            Self::Placeholder => "a word for no value",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Lengths {
    min: u32,
    max: u32,
    sum: u128,
}

impl Default for Lengths {
    fn default() -> Self {
        Self { min: u32::MAX, max: 0, sum: 0 }
    }
}

impl Lengths {
    fn add(&mut self, chars: u32, count: u64) {
        self.min = self.min.min(chars);
        self.max = self.max.max(chars);
        self.sum += u128::from(chars) * u128::from(count);
    }
}

/// A column of a part of the log, or of all of it.
#[derive(Debug)]
pub struct ColumnPart {
    /// What kind of values it has.
    pub kind: CellKind,
    /// Its distinct values.
    pub values: Values,
    /// Values that are not null.
    pub count: u64,
    /// The number of nulls.
    pub nulls: u64,
    /// Texts that are empty or have only blanks.
    pub blanks: u64,
    /// Words that say that there is no value.
    pub placeholders: u64,
    lengths: Lengths,
    min: Option<Box<str>>,
    max: Option<Box<str>>,
    /// Least and greatest number, as keys in the order of the values.
    pub range: Option<(u64, u64)>,
}

impl ColumnPart {
    /// Adds the values of rows that follow.
    pub fn join(&mut self, later: Self) {
        self.values.join(later.values);
        self.count += later.count;
        self.nulls += later.nulls;
        self.blanks += later.blanks;
        self.placeholders += later.placeholders;
        self.lengths.min = self.lengths.min.min(later.lengths.min);
        self.lengths.max = self.lengths.max.max(later.lengths.max);
        self.lengths.sum += later.lengths.sum;
        if later.min.is_some() && (self.min.is_none() || later.min < self.min) {
            self.min = later.min;
        }
        self.max = std::mem::take(&mut self.max).max(later.max);
        self.range = match (self.range, later.range) {
            (Some((low, high)), Some((least, greatest))) => Some((low.min(least), high.max(greatest))),
            (one, other) => one.or(other),
        };
    }

    /// The figures of the column. Everything must be merged.
    pub fn figures(&self, name: &str, data_type: &str, role: Option<&'static str>) -> ColumnFigures {
        let is_exact = self.values.is_exact();
        let distinct = self.values.distinct(self.count);
        let mut figures = ColumnFigures {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            role,
            count: self.count,
            nulls: self.nulls,
            blanks: self.blanks,
            distinct,
            approximate: !is_exact,
            error: self.values.error(),
            distinct_text: if is_exact { distinct.to_string() } else { format!("≈{distinct}") },
            unique: is_exact && self.count > 0 && distinct == self.count,
            ..ColumnFigures::default()
        };
        if self.kind.is_text() {
            if self.count > 0 {
                figures.min_length = Some(self.lengths.min);
                figures.max_length = Some(self.lengths.max);
                figures.mean_length = Some(self.lengths.sum as f64 / self.count as f64);
            }
            figures.min = self.min.as_deref().map(shown);
            figures.max = self.max.as_deref().map(shown);
            let weighted = self.values.first_texts();
            let weighted: Vec<(&str, u64)> =
                weighted.map(|(hash, text)| (text, self.values.count_of(hash).unwrap_or(1))).collect();
            if let Some((pattern, share)) = pattern::most_frequent(weighted.into_iter()) {
                figures.pattern = Some(PatternFigure {
                    pattern,
                    share,
                    of_values: (!self.values.has_all_texts())
                        .then(|| self.values.first_texts().count() as u64),
                });
            }
        } else {
            self.numbers(&mut figures);
        }
        figures.top = self.top();
        figures
    }

    fn numbers(&self, figures: &mut ColumnFigures) {
        let mut all = self.values.weighted(self.count);
        if all.is_empty() {
            return;
        }
        all.sort_unstable_by_key(|(hash, _)| gather(*hash));
        if let Some((low, high)) = self.range {
            figures.min = Some(self.kind.shown(spread(low)));
            figures.max = Some(self.kind.shown(spread(high)));
        }
        if self.kind == CellKind::Bool {
            return;
        }
        let total: f64 = all.iter().map(|(_, weight)| weight).sum();
        let sum: f64 = all.iter().map(|(hash, weight)| self.kind.number(*hash) * weight).sum();
        let is_number = !matches!(self.kind, CellKind::Date | CellKind::Time(_));
        if is_number && total > 0.0 {
            figures.mean = Some(sum / total).filter(|it| it.is_finite());
        }
        for (name, share) in QUANTILES {
            let number = quantile(&all, total, share, |hash| self.kind.number(hash));
            let text = if is_number && self.values.is_exact() {
                number.to_string()
            } else if is_number {
                format!("≈{number}")
            } else if self.values.is_exact() {
                self.kind.shown_number(number)
            } else {
                format!("≈{}", self.kind.shown_number(number))
            };
            let value = if is_number { serde_json::Number::from_f64(number).map(Into::into) } else { None };
            figures.quantiles.push(QuantileFigure {
                name,
                value: value.unwrap_or_else(|| text.clone().into()),
                text,
            });
        }
    }

    fn top(&self) -> Vec<TopFigure> {
        let texts: HashedMap<&str> = self.values.first_texts().collect();
        let is_exact = self.values.is_exact();
        let found = self.values.top(TOP).into_iter();
        let figure = |it: Counted| TopFigure {
            value: match self.kind.is_text() {
                true => texts.get(&it.hash).map(|text| shown(text)),
                false => Some(self.kind.shown(it.hash)),
            },
            count: it.count,
            share: it.count as f64 / self.count.max(1) as f64,
        };
        let found = found.map(figure);
        // A value that stands once says nothing, unless there are no others.
        let few = self.values.kept().len() <= TOP && is_exact;
        found.filter(|it| few || it.count > 1).collect()
    }
}

/// The interpolated quantile of weighted numbers in ascending order, as `quantile_cont` of SQL has it.
fn quantile(all: &[(u64, f64)], total: f64, share: f64, number: impl Fn(u64) -> f64) -> f64 {
    let wanted = (total - 1.0).max(0.0) * share;
    let (low, part) = (wanted.floor(), wanted.fract());
    let mut sum = 0.0;
    let mut found: Option<f64> = None;
    for (hash, weight) in all {
        sum += weight;
        if let Some(below) = found {
            return below + (number(*hash) - below) * part;
        }
        if sum > low + 1e-9 {
            let here = number(*hash);
            // The next rank is the same value as long as its weight reaches there.
            if part == 0.0 || sum > low + 1.0 + 1e-9 {
                return here;
            }
            found = Some(here);
        }
    }
    found.or_else(|| all.last().map(|(hash, _)| number(*hash))).unwrap_or_default()
}

/// A value as it is shown, cut if it is long.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The figures of one column.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ColumnFigures {
    /// The name of the column.
    pub name: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The role that it plays, if it plays one.
    pub role: Option<&'static str>,
    /// Values that are not null.
    pub count: u64,
    /// The number of nulls.
    pub nulls: u64,
    /// Texts that are empty or have only blanks.
    pub blanks: u64,
    /// Distinct values, nulls not among them.
    pub distinct: u64,
    /// The same as text: with `≈` in front if it is an estimate.
    pub distinct_text: String,
    /// Whether distinct values, quantiles, mean and frequent values come from a sample.
    pub approximate: bool,
    /// Two standard errors of the number of distinct values, as a share; 0 if it is exact.
    pub error: f64,
    /// Whether no value stands twice.
    pub unique: bool,
    /// The least value, as text.
    pub min: Option<String>,
    /// The greatest value, as text.
    pub max: Option<String>,
    /// The mean of numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Characters of the shortest text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Characters of the longest text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Mean number of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_length: Option<f64>,
    /// Quantiles of numbers and times, interpolated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<QuantileFigure>,
    /// The most frequent values.
    pub top: Vec<TopFigure>,
    /// The most frequent pattern of texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<PatternFigure>,
}

/// A quantile of the values of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuantileFigure {
    /// `p50` is the median.
    pub name: &'static str,
    /// A number, or the text of a time.
    pub value: serde_json::Value,
    /// The same as text, with `≈` in front if it is an estimate.
    pub text: String,
}

/// One frequent value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopFigure {
    /// The value; `None` for a text that appeared so late that it was not kept.
    pub value: Option<String>,
    /// Rows with it: exact.
    pub count: u64,
    /// Its share of the values.
    pub share: f64,
}

/// The most frequent pattern.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatternFigure {
    /// The pattern, such as `A(3)-9(4)`.
    pub pattern: String,
    /// Its share of the rows.
    pub share: f64,
    /// Among so many values that appear first, if not among all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_values: Option<u64>,
}
