//! Column readers: cells of one column become an Arrow array, text that repeats a dictionary of the batch's
//! own, and the join of what its values allow as a type is kept exact.
//!
//! A column starts with a type that the sample suggests. While its values are read with that type, they are
//! also classified, slowly, until more values that fit can't change the join any more except by their range
//! (see [`settled`]); from then on only the range is kept. So the join is exact at every moment, and the
//! usual value costs one parse. A value that doesn't fit is a [`Misfit`]: of an inferred type it starts the
//! survey, of a declared one it makes a bad row.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, BooleanBufferBuilder, Date32Array, Float64Array, Int64Array, NullBufferBuilder,
    StringArray, TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};

pub use crate::encode::column_spec::ColumnSpec;
use crate::encode::nested::NestedBuilder;
pub use crate::encode::tally::ColumnTally;
use crate::encode::words::Words;
use crate::error::{Code, Result};
use crate::model::kind::{Kind, Kinds};
use crate::model::lexical::{parse_boolean, parse_double, parse_long};
use crate::model::number::{parse_float, parse_float_style, parse_int, parse_int_style};
use crate::model::readings::{Readings, classify, classify_laid_out, is_same_day, settled, times_settled};
use crate::model::short;
use crate::model::table::{Cell, RawRows, Unescape};
use crate::model::time_reader::{TimeFault, TimeReader};
use crate::model::value::{ColumnType, FloatStyle, IntStyle, TimeUnit, parse_bool};

/// A value that the column's type does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit {
    /// Row in the batch.
    pub row: usize,
    /// Code of the error: [`Code::Misfit`] or [`Code::LocalTime`].
    pub code: Code,
}

enum BuilderValues {
    Bool(BooleanBufferBuilder),
    Int(IntStyle, Vec<i64>),
    Float(FloatStyle, Vec<f64>),
    Date(TimeReader, Vec<i32>),
    Time(TimeReader, TimeUnit, Vec<i64>),
    Text { offsets: Vec<i32>, bytes: Vec<u8> },
    Words(Words),
    Nested(NestedBuilder),
}

/// Reads one column of one shard.
pub struct ColumnReader {
    spec: ColumnSpec,
    values: BuilderValues,
    nulls: NullBufferBuilder,
    tally: ColumnTally,
    settled: bool,
    scratch: Vec<u8>,
}

impl ColumnReader {
    /// A reader as `spec` says.
    pub fn new(spec: &ColumnSpec) -> Self {
        let times = |order, unit| match &spec.format {
            Some(format) => TimeReader::with_format(format.clone(), unit, spec.zone.clone()),
            None => TimeReader::new(order, unit, spec.zone.clone()),
        };
        let values = match spec.column_type {
            ColumnType::Text if let Some(nested) = &spec.nested => {
                BuilderValues::Nested(NestedBuilder::new(Arc::clone(nested)))
            }
            ColumnType::Bool => BuilderValues::Bool(BooleanBufferBuilder::new(0)),
            ColumnType::Int64(style) => BuilderValues::Int(style, Vec::new()),
            ColumnType::Float64(style) => BuilderValues::Float(style, Vec::new()),
            ColumnType::Date(order) => BuilderValues::Date(times(order, TimeUnit::Micros), Vec::new()),
            ColumnType::Timestamp { order, unit } => {
                BuilderValues::Time(times(order, unit), unit, Vec::new())
            }
            ColumnType::Text if spec.dictionary => BuilderValues::Words(Words::default()),
            ColumnType::Text => BuilderValues::Text { offsets: vec![0], bytes: Vec::new() },
        };
        let tally = ColumnTally { readings: spec.known, ..ColumnTally::default() };
        Self {
            spec: spec.clone(),
            values,
            nulls: NullBufferBuilder::new(0),
            tally,
            settled: spec.fixed() || settled(spec.column_type, spec.known),
            scratch: Vec::new(),
        }
    }

    /// Whether a misfit makes a bad row: of a declared type always, of a final one when the clocks were set.
    pub fn rejects(&self) -> bool {
        self.spec.declared
            || self.spec.final_type && matches!(self.spec.column_type, ColumnType::Timestamp { .. })
    }

    /// Tallies of the values read so far.
    pub fn tally(&self) -> ColumnTally {
        self.tally.clone()
    }

    /// Reads a batch's cells of `column`. After a misfit the reader holds half a batch, to be
    /// [forgotten](Self::forget).
    pub fn read(&mut self, rows: &RawRows<'_>, column: usize) -> std::result::Result<(), Misfit> {
        let read = self.read_values(rows, column);
        self.tally.local |= read.is_err_and(|misfit| misfit.code == Code::LocalTime);
        if self.spec.join_times {
            self.join_times(rows, column, read.is_ok());
        }
        read
    }

    /// Joins the values that are times, all or, if the batch fits, until more that fit can't change the join.
    fn join_times(&mut self, rows: &RawRows<'_>, column: usize, fits: bool) {
        if let BuilderValues::Date(reader, _) | BuilderValues::Time(reader, ..) = &self.values
            && let Some((first, last)) = reader.days_seen()
        {
            self.tally.times &= Readings::of_days_range(first, last);
        }
        let in_micros =
            fits && matches!(self.spec.column_type, ColumnType::Timestamp { unit: TimeUnit::Micros, .. });
        let mut before: &[u8] = &[];
        for cell in rows.column(column) {
            if fits && times_settled(self.spec.column_type, self.tally.times) {
                return;
            }
            let value = cell.bytes(rows.text_of(column));
            if in_micros && is_same_day(value, before) {
                continue;
            }
            let readings = self.readings_of(rows, column, cell);
            if readings.has_time() {
                self.tally.times &= readings;
                // A word for null says nothing of its day.
                before = if readings == Readings::ALL { before } else { value };
            }
        }
    }

    fn read_values(&mut self, rows: &RawRows<'_>, column: usize) -> std::result::Result<(), Misfit> {
        if !self.join_kinds(rows, column) {
            return Err(Misfit { row: 0, code: Code::Misfit });
        }
        if !self.settled {
            self.classify(rows, column);
        }
        if self.spec.column_type == ColumnType::Text && !self.spec.declared {
            self.count(rows, column);
        }
        let settled = self.settled && !self.spec.fixed();
        let Self { spec, values, nulls, tally, scratch, .. } = self;
        let mut cells = CellLoop { rows, column, spec, nulls, tally, scratch };
        match values {
            BuilderValues::Bool(values) => {
                let mut parsed = Vec::new();
                cells.numbers(&mut parsed, if spec.lexical { parse_boolean } else { parse_bool })?;
                values.append_slice(&parsed);
                Ok(())
            }
            BuilderValues::Int(style, values) => {
                let start = values.len();
                let style = *style;
                match style {
                    IntStyle::Plain if spec.lexical => cells.numbers(values, parse_long),
                    IntStyle::Plain => cells.numbers(values, parse_int),
                    _ => cells.numbers(values, |value| parse_int_style(style, value)),
                }?;
                if settled && let Some((min, max)) = range(&values[start..]) {
                    tally.readings &= Readings::of_int_range(style, min, max, &values[start..]);
                }
                Ok(())
            }
            BuilderValues::Float(style, values) => {
                let start = values.len();
                let style = *style;
                match style {
                    FloatStyle::Plain if spec.lexical => cells.numbers(values, parse_double),
                    FloatStyle::Plain => cells.numbers(values, parse_float),
                    _ => cells.numbers(values, |value| parse_float_style(style, value)),
                }?;
                if settled && let Some((min, max)) = range(&values[start..]) {
                    tally.readings &= Readings::of_float_range(style, min, max);
                }
                Ok(())
            }
            BuilderValues::Date(reader, values) => {
                let read =
                    cells.repeating(values, |value: &[u8]| reader.read_date(value).ok_or(Code::Misfit));
                note_times(reader, tally);
                read
            }
            BuilderValues::Time(reader, _, values) => {
                let read = cells.repeating(values, TimeParse { reader, counted: (0, 0) });
                note_times(reader, tally);
                read
            }
            BuilderValues::Text { offsets, bytes } => {
                cells.text(offsets, bytes);
                Ok(())
            }
            BuilderValues::Words(words) => {
                cells.words(words);
                Ok(())
            }
            BuilderValues::Nested(builder) => cells.nested(builder),
        }
    }

    /// Joins what the source says of a batch's values. False if the column's type holds no such values.
    fn join_kinds(&mut self, rows: &RawRows<'_>, column: usize) -> bool {
        let Some(kinds) = rows.kinds.get(column) else { return true };
        self.tally.kinds.join(*kinds);
        self.tally.readings &= Readings::of_kinds(*kinds);
        self.spec.fixed()
            || self.spec.column_type == ColumnType::Text
            || self.tally.readings.fits(self.spec.column_type)
    }

    /// Joins and counts a batch's values without keeping them.
    pub fn survey(&mut self, rows: &RawRows<'_>, column: usize) {
        // While the type still fits, reading is cheaper than classifying, and as exact.
        if self.spec.fixed() || self.tally.readings.fits(self.spec.column_type) {
            let before = self.tally.clone();
            let read = self.read(rows, column);
            self.forget();
            if read.is_ok() || self.spec.fixed() {
                return;
            }
            self.tally = std::mem::take(&mut self.tally).rewound(before);
        } else if self.spec.join_times {
            self.join_times(rows, column, false);
        }
        self.join_kinds(rows, column);
        self.classify_all(rows, column);
    }

    /// Classifies values until more of them that fit the type can't change the join. Times of one day have
    /// the same readings if they fit, and the first of them is enough: of a batch that does not fit all are
    /// classified anew.
    fn classify(&mut self, rows: &RawRows<'_>, column: usize) {
        let column_type = self.spec.column_type;
        let in_micros = matches!(column_type, ColumnType::Timestamp { unit: TimeUnit::Micros, .. });
        let mut before: &[u8] = &[];
        for cell in rows.column(column) {
            let value = cell.bytes(rows.text_of(column));
            if in_micros && !cell.is_escaped() && is_same_day(value, before) {
                continue;
            }
            self.classify_one(rows, column, cell);
            before = value;
            let readings = self.tally.readings;
            if settled(column_type, readings)
                && (column_type == ColumnType::Text || readings.fits(column_type))
            {
                self.settled = true;
                return;
            }
        }
    }

    /// Classifies all values, for some don't fit.
    fn classify_all(&mut self, rows: &RawRows<'_>, column: usize) {
        for cell in rows.column(column) {
            if self.tally.readings.is_empty() {
                return;
            }
            self.classify_one(rows, column, cell);
        }
    }

    fn classify_one(&mut self, rows: &RawRows<'_>, column: usize, cell: Cell) {
        let readings = self.readings_of(rows, column, cell);
        self.tally.readings &= readings;
    }

    /// Counts the values of a text column by what they could have been, until it is known to be text for
    /// good.
    fn count(&mut self, rows: &RawRows<'_>, column: usize) {
        // Text that the source itself calls text is not nearly anything else.
        let own = rows.kinds.get(column).map(|kinds| kinds.without(Kind::Text).without(Kind::Id));
        let is_text = own.is_some_and(|kinds| kinds.without(Kind::Nested).is_empty());
        if is_text || self.spec.nested.is_some() {
            return;
        }
        // Strings of JSON can be moments and nothing else.
        let strings = Kinds::of(Kind::Quoted);
        let allowed = match rows.kinds.get(column) {
            Some(kinds) if *kinds == strings => Readings::of_kinds(strings),
            _ => Readings::ALL,
        };
        let mut census = self.tally.census.take().unwrap_or_default();
        for (span, cell) in rows.spans.iter().zip(rows.column(column)) {
            if !census.is_open() {
                break;
            }
            let readings = self.readings_of(rows, column, cell);
            if readings == Readings::ALL {
                continue;
            }
            let raw = cell.bytes(rows.text_of(column));
            let value = unescaped(cell, raw, rows.unescape, &mut self.scratch);
            // A value from aside has no place of its own.
            let at = raw.as_ptr().addr().wrapping_sub(rows.text.as_ptr().addr());
            let at = if at < rows.text.len() { at } else { span.start as usize };
            census.add(readings & allowed, value, (span.record, rows.base + at as u64));
        }
        self.tally.census = Some(census);
    }

    /// The readings of one value; all for a null.
    fn readings_of(&mut self, rows: &RawRows<'_>, column: usize, cell: Cell) -> Readings {
        if cell.is_null() || cell.len() == 0 && !self.spec.lexical {
            return Readings::ALL;
        }
        let value = unescaped(cell, cell.bytes(rows.text_of(column)), rows.unescape, &mut self.scratch);
        if self.spec.lexical {
            classify_laid_out(value, self.spec.format.as_ref())
        } else if self.spec.null_words.contains(value) {
            Readings::ALL
        } else {
            classify(value)
        }
    }

    /// The values since the last call, as an array.
    pub fn finish(&mut self) -> Result<ArrayRef> {
        let nulls = self.nulls.finish();
        Ok(match &mut self.values {
            BuilderValues::Bool(values) => Arc::new(BooleanArray::new(values.finish(), nulls)),
            BuilderValues::Int(_, values) => {
                Arc::new(Int64Array::try_new(std::mem::take(values).into(), nulls)?)
            }
            BuilderValues::Float(_, values) => {
                Arc::new(Float64Array::try_new(std::mem::take(values).into(), nulls)?)
            }
            BuilderValues::Date(_, values) => {
                Arc::new(Date32Array::try_new(std::mem::take(values).into(), nulls)?)
            }
            BuilderValues::Time(_, TimeUnit::Micros, values) => Arc::new(
                TimestampMicrosecondArray::try_new(std::mem::take(values).into(), nulls)?
                    .with_timezone("UTC"),
            ),
            BuilderValues::Time(_, TimeUnit::Nanos, values) => Arc::new(
                TimestampNanosecondArray::try_new(std::mem::take(values).into(), nulls)?.with_timezone("UTC"),
            ),
            BuilderValues::Words(words) => words.finish(nulls)?,
            BuilderValues::Nested(builder) => builder.finish()?,
            BuilderValues::Text { offsets, bytes } => {
                let offsets = std::mem::replace(offsets, vec![0]);
                let (length, size) = (offsets.len(), bytes.len());
                let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
                let array = StringArray::try_new(offsets, Buffer::from_vec(std::mem::take(bytes)), nulls)?;
                // The next batch is about as large.
                bytes.reserve(size + size / 8);
                if let BuilderValues::Text { offsets, .. } = &mut self.values {
                    offsets.reserve(length);
                }
                Arc::new(array)
            }
        })
    }

    /// Drops the values since the last array.
    pub fn forget(&mut self) {
        let _ = self.nulls.finish();
        match &mut self.values {
            BuilderValues::Bool(values) => drop(values.finish()),
            BuilderValues::Int(_, values) => values.clear(),
            BuilderValues::Float(_, values) => values.clear(),
            BuilderValues::Date(_, values) => values.clear(),
            BuilderValues::Time(_, _, values) => values.clear(),
            BuilderValues::Text { offsets, bytes } => {
                offsets.truncate(1);
                bytes.clear();
            }
            BuilderValues::Words(words) => words.clear(),
            BuilderValues::Nested(builder) => builder.clear(),
        }
    }

    /// The tally as it was before a batch that is read anew.
    pub fn rewind(&mut self, tally: ColumnTally) {
        self.forget();
        self.tally = std::mem::take(&mut self.tally).rewound(tally);
        self.settled = self.spec.fixed();
    }
}

/// Smallest and largest; `None` without values, or with nothing but NaN. Nulls stand as zero, which every
/// range mask allows, so they need no care here.
fn range<T: Copy + PartialOrd>(values: &[T]) -> Option<(T, T)> {
    let first = *values.iter().find(|value| value.partial_cmp(value).is_some())?;
    Some(values.iter().fold((first, first), |(min, max), &value| {
        (if value < min { value } else { min }, if value > max { value } else { max })
    }))
}

/// Takes a time reader's counts over into the tally.
fn note_times(reader: &mut TimeReader, tally: &mut ColumnTally) {
    tally.without_zone += std::mem::take(&mut reader.without_zone);
    tally.leap_seconds += std::mem::take(&mut reader.leap_seconds);
    if let Some((first, last)) = reader.days_seen() {
        tally.readings &= Readings::of_days_range(first, last);
    }
}

/// The value of a cell: its bytes, or what they mean when escapes are undone.
#[inline(always)]
fn unescaped<'a>(cell: Cell, raw: &'a [u8], unescape: &dyn Unescape, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    if !cell.is_escaped() {
        return raw;
    }
    scratch.clear();
    unescape.unescape(raw, scratch);
    scratch
}

/// Reads values of one type.
trait ParseValue<T> {
    /// Reads a value, or says why it is none.
    fn parse(&mut self, value: &[u8]) -> std::result::Result<T, Code>;

    /// The value that was read last stands once more in the next row.
    #[inline(always)]
    fn again(&mut self) {}
}

impl<T, F: FnMut(&[u8]) -> std::result::Result<T, Code>> ParseValue<T> for F {
    #[inline(always)]
    fn parse(&mut self, value: &[u8]) -> std::result::Result<T, Code> {
        self(value)
    }
}

/// Reads timestamps, and counts those without a zone and with a leap second in every row, repeated or not.
struct TimeParse<'a> {
    reader: &'a mut TimeReader,
    /// What the last value added to the two counts.
    counted: (u64, u64),
}

impl ParseValue<i64> for TimeParse<'_> {
    #[inline(always)]
    fn parse(&mut self, value: &[u8]) -> std::result::Result<i64, Code> {
        let before = (self.reader.without_zone, self.reader.leap_seconds);
        let read = self.reader.read(value).map_err(|unread| match unread {
            TimeFault::LocalGap | TimeFault::LocalFold => Code::LocalTime,
            TimeFault::NotATime | TimeFault::TooFine | TimeFault::OutOfRange => Code::Misfit,
        });
        self.counted = (self.reader.without_zone - before.0, self.reader.leap_seconds - before.1);
        read
    }

    #[inline(always)]
    fn again(&mut self) {
        self.reader.without_zone += self.counted.0;
        self.reader.leap_seconds += self.counted.1;
    }
}

/// The loop over a batch's cells that all types share.
struct CellLoop<'a, 'r> {
    rows: &'a RawRows<'r>,
    column: usize,
    spec: &'a ColumnSpec,
    nulls: &'a mut NullBufferBuilder,
    tally: &'a mut ColumnTally,
    scratch: &'a mut Vec<u8>,
}

impl CellLoop<'_, '_> {
    #[inline(always)]
    fn numbers<T: Copy + Default>(
        &mut self,
        values: &mut Vec<T>,
        mut parse: impl FnMut(&[u8]) -> Option<T>,
    ) -> std::result::Result<(), Misfit> {
        self.repeating(values, |value: &[u8]| parse(value).ok_or(Code::Misfit))
    }

    /// Parses each value unless its text equals the one before: case attributes, and times of one batch of
    /// work, repeat from row to row, and comparing costs a third of parsing.
    #[inline(always)]
    fn repeating<T: Copy + Default>(
        &mut self,
        values: &mut Vec<T>,
        mut parser: impl ParseValue<T>,
    ) -> std::result::Result<(), Misfit> {
        values.reserve(self.rows.rows());
        let text = self.rows.text_of(self.column);
        let (mut previous, mut last): (&[u8], T) = (&[], T::default());
        for (row, cell) in self.rows.column(self.column).enumerate() {
            let raw = cell.bytes(text);
            if cell.is_null() || cell.len() == 0 && !self.spec.lexical {
                if self.spec.filled {
                    self.nulls.append_non_null();
                } else {
                    self.tally.nulls += 1;
                    self.tally.quoted_nulls += u64::from(cell.is_quoted());
                    self.nulls.append_null();
                }
                values.push(T::default());
                continue;
            }
            // Before the first value there is nothing that an empty text could repeat.
            if raw.is_empty() || cell.is_escaped() || !short::equal(raw, previous) {
                let value = unescaped(cell, raw, self.rows.unescape, self.scratch);
                // Words that the user gave may be values otherwise, such as -999.
                if self.spec.null_words.in_text && self.spec.null_words.contains(value) {
                    self.tally.null_words += 1;
                    self.nulls.append_null();
                    values.push(T::default());
                    continue;
                }
                match parser.parse(value) {
                    Ok(value) => (previous, last) = (raw, value),
                    Err(_) if self.spec.null_words.contains(value) => {
                        self.tally.null_words += 1;
                        self.nulls.append_null();
                        values.push(T::default());
                        continue;
                    }
                    Err(code) => return Err(Misfit { row, code }),
                }
            } else {
                parser.again();
            }
            self.nulls.append_non_null();
            values.push(last);
        }
        Ok(())
    }

    /// Copies the texts of the column and their offsets.
    #[inline(always)]
    fn text(&mut self, offsets: &mut Vec<i32>, bytes: &mut Vec<u8>) {
        offsets.reserve(self.rows.rows());
        let text = self.rows.text_of(self.column);
        // Rows since the last null: nulls are few, and counting takes less than a bit for each.
        let mut valid = 0;
        for cell in self.rows.column(self.column) {
            if cell.is_null() || self.spec.null_words.in_text && self.is_null_word(cell, text) {
                self.put_null(cell, std::mem::take(&mut valid));
            } else {
                valid += 1;
                if cell.is_escaped() {
                    self.rows.unescape.unescape(cell.bytes(text), bytes);
                } else {
                    short::append(bytes, text, cell.start(), cell.len());
                }
            }
            offsets.push(bytes.len() as i32);
        }
        self.nulls.append_n_non_nulls(valid);
    }

    /// A null in a column of text, behind `valid` values.
    fn put_null(&mut self, cell: Cell, valid: usize) {
        self.nulls.append_n_non_nulls(valid);
        self.nulls.append_null();
        let counter = if cell.is_null() { &mut self.tally.nulls } else { &mut self.tally.null_words };
        *counter += 1;
    }

    /// Finds the key of each value: that of the row before if the texts are equal, as case attributes are,
    /// else by a table.
    #[inline(always)]
    fn words(&mut self, words: &mut Words) {
        words.keys.reserve(self.rows.rows());
        let text = self.rows.text_of(self.column);
        let (mut last, mut last_block, mut last_key) = (None::<Cell>, 0, 0);
        let mut valid = 0;
        for cell in self.rows.column(self.column) {
            let (start, len) = (cell.start(), cell.len());
            if cell.is_null() || self.spec.null_words.in_text && self.is_null_word(cell, text) {
                self.put_null(cell, std::mem::take(&mut valid));
                words.keys.push(0);
                continue;
            }
            valid += 1;
            if cell.is_escaped() {
                let value = unescaped(cell, cell.bytes(text), self.rows.unescape, self.scratch);
                let key = words.key(value, 0, value.len(), short::block(value, 0, value.len()));
                words.keys.push(key);
                continue;
            }
            let block = short::block(text, start, len);
            let again = last.is_some_and(|last| {
                len == last.len()
                    && block == last_block
                    && (len <= short::BLOCK || short::equal(cell.bytes(text), last.bytes(text)))
            });
            if !again {
                (last, last_block, last_key) = (Some(cell), block, words.key(text, start, len, block));
            }
            words.keys.push(last_key);
        }
        self.nulls.append_n_non_nulls(valid);
    }

    /// Builds structs and lists of JSON.
    fn nested(&mut self, builder: &mut NestedBuilder) -> std::result::Result<(), Misfit> {
        let text = self.rows.text_of(self.column);
        for (row, cell) in self.rows.column(self.column).enumerate() {
            if cell.is_null() {
                self.tally.nulls += 1;
                builder.add_null();
            } else if !builder.add(unescaped(cell, cell.bytes(text), self.rows.unescape, self.scratch)) {
                return Err(Misfit { row, code: Code::Misfit });
            }
        }
        Ok(())
    }

    #[cold]
    fn is_null_word(&mut self, cell: Cell, text: &[u8]) -> bool {
        self.spec.null_words.contains(unescaped(cell, cell.bytes(text), self.rows.unescape, self.scratch))
    }
}
