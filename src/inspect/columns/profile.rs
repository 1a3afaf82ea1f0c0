//! What is counted of one column on the way, and the figures that come of it.

use std::cmp::Ordering;

use arrow::array::{AnyDictionaryArray, Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Int32Type};
use serde::Serialize;

use super::cells::{CellForm, CellKind, Cells, decimal_order};
use super::pattern;
use super::shard_values::{Hint, ShardValues};
use super::values::{Counted, HashedMap, Values, cut, spread};
use crate::error::Result;
use crate::inspect::words::{Meaning, meaning};

/// Frequent values that are listed.
const TOP: usize = 10;
/// Bytes of the least and the greatest text that are kept.
const EXTREME_BYTES: usize = 4096;
/// Characters of a value that is shown.
const SHOWN: usize = 200;
/// Quantiles that are told.
const QUANTILES: [(&str, f64); 5] =
    [("p05", 0.05), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p95", 0.95)];

/// A column of the rows of one shard.
#[derive(Debug)]
pub struct ShardColumn {
    kind: CellKind,
    values: ShardValues,
    count: u64,
    nulls: u64,
    blanks: u64,
    placeholders: u64,
    lengths: Lengths,
    min: Option<Box<str>>,
    max: Option<Box<str>>,
    /// Least and greatest number, as keys in the order of the values.
    range: Option<(u64, u64)>,
    batch: Batch,
}

/// The keys of a batch of words. The memory serves the next batch again.
#[derive(Debug, Default)]
struct Batch {
    /// The word of each row.
    keys: Vec<u32>,
    /// The number of rows of each word.
    counts: Vec<u64>,
    /// Words that any row has, in the order in which they appear.
    order: Vec<u32>,
}

/// The word of each row, of which there is at least one; any word for a null.
fn set_keys(keys: &mut Vec<u32>, dictionary: &dyn AnyDictionaryArray) {
    keys.clear();
    let last = dictionary.values().len() as u32 - 1;
    match dictionary.keys().as_primitive_opt::<Int32Type>() {
        Some(own) => keys.extend(own.values().iter().map(|key| (*key as u32).min(last))),
        None => keys.extend(dictionary.normalized_keys().into_iter().map(|key| key as u32)),
    }
}

impl ShardColumn {
    /// A column without rows, of which the texts of the first `most_first` values of the file are kept.
    pub fn new(data_type: &DataType, most_first: usize, hint: Hint) -> Self {
        Self {
            kind: CellKind::of(data_type),
            values: ShardValues::new(most_first, hint),
            count: 0,
            nulls: 0,
            blanks: 0,
            placeholders: 0,
            lengths: Lengths::default(),
            min: None,
            max: None,
            range: None,
            batch: Batch::default(),
        }
    }

    /// Adds the values of a batch. `missing` is told the rows that have no value, or only blanks. The hashes of
    /// the rows go to `hashes`, 0 for a null.
    ///
    /// # Errors
    /// If Arrow can't turn the values into those of the kind.
    pub fn add(
        &mut self,
        array: &ArrayRef,
        missing: impl FnMut(usize, Missing),
        hashes: &mut Vec<u64>,
    ) -> Result<()> {
        match array.as_any_dictionary_opt() {
            Some(dictionary) => self.add_words(dictionary, missing, hashes),
            None => self.add_cells(array, missing, hashes),
        }
    }

    /// Adds values that stand in the rows themselves.
    fn add_cells(
        &mut self,
        array: &ArrayRef,
        mut missing: impl FnMut(usize, Missing),
        hashes: &mut Vec<u64>,
    ) -> Result<()> {
        let cells = Cells::of(array, &self.kind)?;
        let nulls = cells.nulls.as_ref().map_or(0, NullBuffer::null_count);
        self.nulls += nulls as u64;
        self.count += (array.len() - nulls) as u64;
        match &cells.form {
            CellForm::Keys(keys) => {
                self.see_keys(keys.iter().enumerate().filter(|(at, _)| cells.is_valid(*at)).map(|it| *it.1));
                (0..array.len()).filter(|at| !cells.is_valid(*at)).for_each(|at| missing(at, Missing::Null));
            }
            CellForm::Texts(texts) => {
                let is_ascii = texts.value_data().is_ascii();
                let mut extremes = Extremes::default();
                for at in 0..texts.len() {
                    let why = match cells.is_valid(at) {
                        true => self.see_text(texts.value(at), 1, is_ascii, &mut extremes),
                        false => Some(Missing::Null),
                    };
                    if let Some(why) = why {
                        missing(at, why);
                    }
                }
                self.see_extremes(&extremes);
            }
        }
        self.values.add_each(&cells.hashes, cells.nulls.as_ref(), |at| cells.text(at));
        *hashes = cells.hashes;
        Ok(())
    }

    /// Adds values that stand in a dictionary: each of them is looked at once.
    fn add_words(
        &mut self,
        dictionary: &dyn AnyDictionaryArray,
        mut missing: impl FnMut(usize, Missing),
        hashes: &mut Vec<u64>,
    ) -> Result<()> {
        let rows = dictionary.len();
        hashes.clear();
        hashes.reserve(rows);
        let words = dictionary.values();
        if words.is_empty() {
            self.nulls += rows as u64;
            hashes.resize(rows, 0);
            (0..rows).for_each(|at| missing(at, Missing::Null));
            return Ok(());
        }
        let cells = Cells::of(words, &self.kind)?;
        let mut batch = std::mem::take(&mut self.batch);
        let Batch { keys, counts, order } = &mut batch;
        set_keys(keys, dictionary);
        let key_nulls = dictionary.nulls().filter(|nulls| nulls.null_count() > 0);
        let is_null = |at: usize| key_nulls.is_some_and(|nulls| nulls.is_null(at));
        // Values count in the order in which they appear in the rows, whatever that of the dictionary.
        counts.clear();
        counts.resize(words.len(), 0);
        order.clear();
        hashes.extend(keys.iter().map(|key| cells.hashes[*key as usize]));
        for (at, key) in keys.iter().enumerate() {
            if is_null(at) {
                hashes[at] = 0;
                continue;
            }
            let count = &mut counts[*key as usize];
            if *count == 0 {
                order.push(*key);
            }
            *count += 1;
        }
        let mut reasons: Vec<Option<Missing>> = Vec::new();
        let mut set = |key: usize, why: Missing| {
            reasons.resize(words.len(), None);
            reasons[key] = Some(why);
        };
        let mut extremes = Extremes::default();
        let mut values = 0;
        for key in order.iter().map(|key| *key as usize) {
            if !cells.is_valid(key) {
                set(key, Missing::Null);
                continue;
            }
            values += counts[key];
            self.values.add(cells.hashes[key], counts[key], || cells.text(key));
            match &cells.form {
                CellForm::Texts(texts) => {
                    if let Some(why) = self.see_text(texts.value(key), counts[key], false, &mut extremes) {
                        set(key, why);
                    }
                }
                CellForm::Keys(keys) => self.see_keys(std::iter::once(keys[key])),
            }
        }
        self.see_extremes(&extremes);
        self.count += values;
        self.nulls += rows as u64 - values;
        if key_nulls.is_some() || !reasons.is_empty() {
            for (at, key) in keys.iter().enumerate() {
                let of_word = || reasons.get(*key as usize).copied().flatten();
                let why = if is_null(at) { Some(Missing::Null) } else { of_word() };
                if let Some(why) = why {
                    missing(at, why);
                }
            }
        }
        self.batch = batch;
        Ok(())
    }

    fn see_keys(&mut self, keys: impl Iterator<Item = u64>) {
        let (low, high) = self.range.unwrap_or((u64::MAX, 0));
        let (low, high) = keys.fold((low, high), |(low, high), key| (low.min(key), high.max(key)));
        if low <= high {
            self.range = Some((low, high));
        }
    }

    /// Looks at a text that stands in so many rows; why it counts as missing, if it does.
    #[inline]
    fn see_text<'t>(
        &mut self,
        text: &'t str,
        times: u64,
        is_ascii: bool,
        extremes: &mut Extremes<'t>,
    ) -> Option<Missing> {
        let chars = if is_ascii { text.len() } else { text.chars().count() };
        self.lengths.add(u32::try_from(chars).unwrap_or(u32::MAX), times);
        match self.kind {
            CellKind::Text => extremes.add(text, |a, b| a.cmp(b)),
            CellKind::WideDecimal => extremes.add(text, decimal_order),
            _ => {}
        }
        match meaning(text) {
            Meaning::Value => None,
            Meaning::Blank => {
                self.blanks += times;
                Some(Missing::Blank)
            }
            Meaning::Placeholder => {
                self.placeholders += times;
                Some(Missing::Placeholder)
            }
        }
    }

    fn see_extremes(&mut self, found: &Extremes<'_>) {
        if let Some((least, greatest)) = found.0 {
            let is = |text: &str, known: &str, wanted| self.kind.order(text, known) == Some(wanted);
            let is_less = self.min.as_deref().is_none_or(|it| is(least, it, Ordering::Less));
            let is_greater = self.max.as_deref().is_none_or(|it| is(greatest, it, Ordering::Greater));
            if is_less {
                self.min = Some(cut(least, EXTREME_BYTES).into());
            }
            if is_greater {
                self.max = Some(cut(greatest, EXTREME_BYTES).into());
            }
        }
    }

    /// The column as that of a part of the log.
    pub fn close(self) -> ColumnPart {
        ColumnPart {
            values: self.values.close(),
            kind: self.kind,
            count: self.count,
            nulls: self.nulls,
            blanks: self.blanks,
            placeholders: self.placeholders,
            lengths: self.lengths,
            min: self.min,
            max: self.max,
            range: self.range,
        }
    }
}

/// The least and the greatest text of a batch.
#[derive(Default)]
struct Extremes<'t>(Option<(&'t str, &'t str)>);

impl<'t> Extremes<'t> {
    #[inline]
    fn add(&mut self, text: &'t str, order: impl Fn(&str, &str) -> Ordering) {
        match &mut self.0 {
            None => self.0 = Some((text, text)),
            Some((least, _)) if order(text, least).is_lt() => *least = text,
            Some((_, greatest)) if order(text, greatest).is_gt() => *greatest = text,
            Some(_) => {}
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
        let kind = &self.kind;
        let is = |own: &Option<Box<str>>, later: &Option<Box<str>>, wanted: Ordering| match (own, later) {
            (Some(own), Some(later)) => kind.order(later, own) == Some(wanted),
            (None, Some(_)) => true,
            (_, None) => false,
        };
        let is_less = is(&self.min, &later.min, Ordering::Less);
        let is_greater = is(&self.max, &later.max, Ordering::Greater);
        if is_less {
            self.min = later.min;
        }
        if is_greater {
            self.max = later.max;
        }
        self.range = match (self.range, later.range) {
            (Some((low, high)), Some((least, greatest))) => Some((low.min(least), high.max(greatest))),
            (one, other) => one.or(other),
        };
    }

    /// The numbers of the column in ascending order, with their rows; none of texts. Everything must be merged.
    pub fn numbers(&self) -> Vec<(u64, f64)> {
        if self.kind.is_text() { Vec::new() } else { self.values.numbers(self.count) }
    }

    /// The figures of the column, whose [numbers](Self::numbers) are these. Everything must be merged.
    pub fn figures(
        &self,
        name: &str,
        data_type: &str,
        role: Option<&'static str>,
        numbers: &[(u64, f64)],
    ) -> ColumnFigures {
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
            if let Some((pattern, share)) = pattern::most_frequent(&self.values.counted_texts()) {
                figures.pattern = Some(PatternFigure {
                    pattern,
                    share,
                    of_values: (!self.values.has_all_texts())
                        .then(|| self.values.first_texts().count() as u64),
                });
            }
        } else {
            self.add_numbers(&mut figures, numbers);
        }
        figures.top = self.top();
        figures
    }

    fn add_numbers(&self, figures: &mut ColumnFigures, all: &[(u64, f64)]) {
        if all.is_empty() {
            return;
        }
        if let Some((low, high)) = self.range {
            figures.min = Some(self.kind.shown(spread(low)));
            figures.max = Some(self.kind.shown(spread(high)));
        }
        if self.kind == CellKind::Bool {
            return;
        }
        let total: f64 = all.iter().map(|(_, weight)| weight).sum();
        let sum: f64 = all.iter().map(|(key, weight)| self.kind.number(*key) * weight).sum();
        let is_number = !matches!(self.kind, CellKind::Date | CellKind::Time(_));
        if is_number && total > 0.0 {
            figures.mean = Some(sum / total).filter(|it| it.is_finite());
        }
        for (name, share) in QUANTILES {
            let number = quantile(all, total, share, |key| self.kind.number(key));
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
        let few = self.values.kept_count() <= TOP && is_exact;
        found.filter(|it| few || it.count > 1).collect()
    }
}

/// The interpolated quantile of weighted numbers in ascending order, as `quantile_cont` of SQL has it.
fn quantile(all: &[(u64, f64)], total: f64, share: f64, number: impl Fn(u64) -> f64) -> f64 {
    let wanted = (total - 1.0).max(0.0) * share;
    let (low, part) = (wanted.floor(), wanted.fract());
    let mut sum = 0.0;
    let mut found: Option<f64> = None;
    for (key, weight) in all {
        sum += weight;
        if let Some(below) = found {
            return below + (number(*key) - below) * part;
        }
        if sum > low + 1e-9 {
            let here = number(*key);
            // The next rank is the same value as long as its weight reaches there.
            if part == 0.0 || sum > low + 1.0 + 1e-9 {
                return here;
            }
            found = Some(here);
        }
    }
    found.or_else(|| all.last().map(|(key, _)| number(*key))).unwrap_or_default()
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
