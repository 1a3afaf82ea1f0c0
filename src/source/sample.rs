//! A look at some rows before the first pass: what types to begin with, and which encodings will fit.
//!
//! The sample decides how fast a run is, never what it writes, but for the choice of encodings, which follows from the file alone. Its head is parsed from the
//! first record on, so its values are known to be in the file; windows further on are cut by guesses and only suggest.

use std::collections::HashSet;
use std::hash::BuildHasher;

use bumpalo::Bump;

use crate::encode::layout::SampledBytes;
use crate::encode::null_words::NullWords;
use crate::error::Result;
use crate::model::readings::{Readings, classify, classify_lexical};
use crate::model::table::{BadRow, Learned, RawRows};
use crate::model::time_format::TimeFormat;
use crate::model::time_layout::{Shapes, looks_like_time, may_count_days, may_count_time};
use crate::shard::merge::record_too_long;
use crate::text::{Boundary, Exit, Flow, ParseTask, RowSink, TextFormat, TextSlice};

/// Text of the head that is sampled, in bytes.
pub const HEAD: usize = 256 << 10;
/// Windows beyond the head.
const WINDOWS: u64 = 8;
/// Text of a window that is sampled, in bytes.
const WINDOW: usize = 16 << 10;

/// Values of a text column after which one that is said to hold times would have shown one.
const TIMES_SHOW: usize = 100;

/// What a sample saw of each column.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The join over values that are in the file for sure.
    pub known: Vec<Readings>,
    /// The join over these and over what seemed to be values further on.
    pub likely: Vec<Readings>,
    /// The join over those of the head that are dates or timestamps, without any that contradict the ones before: how a column that is said to hold
    /// times begins.
    pub times: Vec<Readings>,
    /// How the values repeat.
    pub sampled: Vec<SampledBytes>,
    /// Which of the first values look like times that are not read.
    pub looks: Vec<TimeLooks>,
    /// Rows seen.
    pub rows: u64,
}

/// What the first values of a column, [`TIMES_SHOW`] at most, have of times. For warnings, and to find the
/// column of a layout that the user gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeLooks {
    /// How many values were looked at.
    pub values: u64,
    /// How many of them are read as times.
    pub read: u64,
    /// The values that look like times and are not read as such.
    pub unread: Seen,
    /// The values that do so if the column's name says that it holds times.
    pub unread_by_name: Seen,
    /// Numbers that may count from 1970 on, or are a date in digits alone.
    pub numbers: Seen,
    /// Numbers that may be days as spreadsheets count them.
    pub day_numbers: Seen,
    /// One value of each shape that those have which are times or look like times.
    pub shapes: Shapes,
    /// How many values are in the layout that the user gave, and out of how many.
    pub laid_out: (u64, u64),
}

/// How many values of a kind were met, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many values there are.
    pub count: u64,
    /// The first value, with its row, counted from 1, and its absolute byte offset.
    pub first: Option<(String, u64, u64)>,
}

impl Seen {
    fn add(&mut self, value: &[u8], row: u64, byte: u64) {
        self.count += 1;
        self.first.get_or_insert_with(|| (String::from_utf8_lossy(value).into_owned(), row, byte));
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
    }
}

impl TimeLooks {
    /// Adds those of another input.
    pub fn join(&mut self, other: &Self) {
        self.values += other.values;
        self.read += other.read;
        self.unread.join(&other.unread);
        self.unread_by_name.join(&other.unread_by_name);
        self.numbers.join(&other.numbers);
        self.day_numbers.join(&other.day_numbers);
        self.shapes.join(&other.shapes);
        self.laid_out.0 += other.laid_out.0;
        self.laid_out.1 += other.laid_out.1;
    }

    fn look(
        &mut self,
        value: &[u8],
        reads_as: Readings,
        layout: Option<&TimeFormat>,
        at: impl Fn() -> (u64, u64),
    ) {
        self.values += 1;
        self.read += u64::from(reads_as.has_time());
        if let Some(layout) = layout {
            self.laid_out.0 += u64::from(layout.parse(value).is_some());
            self.laid_out.1 += 1;
        }
        let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
        if digits < 3 {
            return;
        }
        if reads_as.has_time() {
            return self.shapes.add(value);
        }
        let seen = match value {
            _ if may_count_days(value) => [Some(&mut self.day_numbers), None],
            _ if may_count_time(value) => [Some(&mut self.numbers), None],
            _ if looks_like_time(value, false) => [Some(&mut self.unread_by_name), Some(&mut self.unread)],
            _ if looks_like_time(value, true) => [Some(&mut self.unread_by_name), None],
            _ => return,
        };
        self.shapes.add(value);
        let (row, byte) = at();
        for seen in seen.into_iter().flatten() {
            seen.add(value, row, byte);
        }
    }
}

/// Samples the rows of `text`, whose first `HEAD` bytes count for sure, with `columns` columns.
pub fn sample<F: TextFormat>(
    format: &F,
    text: TextSlice<'_>,
    columns: usize,
    null_words: &NullWords,
    layout: Option<&TimeFormat>,
    record_limit: usize,
) -> Result<Sample> {
    let mut arena = Bump::new();
    let mut memory = F::Memory::default();
    let mut sink = SampleSink {
        readings: vec![Readings::ALL; columns],
        times: vec![Readings::ALL; columns],
        columns: (0..columns).map(|_| SampledColumn::default()).collect(),
        null_words,
        layout,
        is_head: true,
        rows: 0,
        hasher: Fixed,
    };
    let mut parse = |text: TextSlice<'_>, from: Boundary<F::State>, end: u64, sink: &mut SampleSink<'_>| {
        let context = format.context(text, from);
        let mut task =
            ParseTask { arena: &mut arena, memory: &mut memory, context, records: 0, limit: record_limit };
        format.parse(text, from, end, &mut task, sink)
    };
    let first = format.first();
    // As if it were guessed: a record beyond the limit ends the look. Read on behind its first line, as a run might, it would give
    // values that are none. Of a mapped file no more than of one that is read.
    let head = text.bytes.len().min(HEAD.max((first.at - text.base) as usize));
    let head = TextSlice { bytes: &text.bytes[..head], last: text.last && head < HEAD, ..text };
    parse(head, first, first.at + HEAD as u64, &mut sink)?;
    let known = sink.readings.clone();
    // Encodings follow from the head alone: how a file is read, and so whether there are windows, must leave no trace.
    let sampled = sink.columns.iter().map(|column| column.sampled).collect();
    let looks = sink.columns.iter_mut().map(|column| std::mem::take(&mut column.looks)).collect();
    sink.is_head = false;
    let times = sink.times.clone();
    let rows = sink.rows;
    for at in windows(text) {
        let near = around(text, at);
        let from = format.guess(near, at);
        if from.at < at + WINDOW as u64 {
            parse(near, from, at + WINDOW as u64, &mut sink)?;
        }
    }
    Ok(Sample { known, likely: sink.readings, times, sampled, looks, rows })
}

/// What a look at the head, and at windows further on, learns of an input's columns.
pub fn columns_met<F: TextFormat>(format: &F, text: TextSlice<'_>, record_limit: usize) -> Result<Learned> {
    let mut arena = Bump::new();
    let mut memory = F::Memory::default();
    let mut met = LearnedSink(Learned::default());
    let mut parse = |text: TextSlice<'_>, from: Boundary<F::State>, end: u64, met: &mut LearnedSink| {
        let context = format.context(text, from);
        let mut task =
            ParseTask { arena: &mut arena, memory: &mut memory, context, records: 0, limit: record_limit };
        format.parse(text, from, end, &mut task, met)
    };
    let first = format.first();
    parse(text, first, first.at + HEAD as u64, &mut met)?;
    // In the order of the file; what a wrong guess makes up is dropped once the whole file was read.
    for at in windows(text) {
        let near = around(text, at);
        let from = format.guess(near, at);
        if from.at < at + WINDOW as u64 {
            parse(near, from, at + WINDOW as u64, &mut met)?;
        }
    }
    Ok(met.0)
}

/// The first bad record of the head, and how many records that has up to it.
///
/// # Errors
/// [`Code::RecordTooLong`](crate::error::Code::RecordTooLong) if none is before one that is longer than the limit.
pub fn first_bad<F: TextFormat>(
    format: &F,
    text: TextSlice<'_>,
    record_limit: usize,
) -> Result<(Option<BadRow>, u64)> {
    let mut arena = Bump::new();
    let mut memory = F::Memory::default();
    let mut found = FirstBad(None);
    let mut task =
        ParseTask { arena: &mut arena, memory: &mut memory, context: &[], records: 0, limit: record_limit };
    let first = format.first();
    let exit = format.parse(text, first, first.at + HEAD as u64, &mut task, &mut found)?;
    match (found.0, exit) {
        (None, Exit::TooLong(at)) => Err(record_too_long(record_limit, at.at, task.records + 1)),
        (found, _) => Ok((found, task.records)),
    }
}

/// Takes the first bad record.
struct FirstBad(Option<BadRow>);

impl RowSink for FirstBad {
    fn stop_at_bad(&self) -> bool {
        true
    }

    fn rows(&mut self, _: &RawRows<'_>) -> Result<Flow> {
        Ok(Flow::Continue)
    }

    fn bad(&mut self, bad: BadRow, _: &[u8]) -> Result<Flow> {
        self.0.get_or_insert(bad);
        Ok(Flow::Stop)
    }
}

/// Takes what is learned, and nothing else.
pub struct LearnedSink(pub Learned);

impl RowSink for LearnedSink {
    fn rows(&mut self, _: &RawRows<'_>) -> Result<Flow> {
        Ok(Flow::Continue)
    }

    fn bad(&mut self, _: BadRow, _: &[u8]) -> Result<Flow> {
        Ok(Flow::Continue)
    }

    fn learned(&mut self, learned: Learned) {
        self.0.join(learned, 0);
    }
}

/// The text around a window: a guess in it must not wander through a mapped file, page by page.
fn around(text: TextSlice<'_>, at: u64) -> TextSlice<'_> {
    let at = (at - text.base) as usize;
    let start = at.saturating_sub(WINDOW);
    let end = text.bytes.len().min(at + HEAD);
    TextSlice {
        bytes: &text.bytes[start..end],
        base: text.base + start as u64,
        last: text.last && end == text.bytes.len(),
    }
}

/// Where windows beyond the head begin.
fn windows(text: TextSlice<'_>) -> impl Iterator<Item = u64> {
    let len = text.bytes.len() as u64;
    let count = if text.last && len > 4 * HEAD as u64 { WINDOWS } else { 0 };
    (1..=count).map(move |window| text.base + len / (WINDOWS + 1) * window)
}

#[derive(Default)]
struct SampledColumn {
    sampled: SampledBytes,
    seen: HashSet<u64>,
    last: Vec<u8>,
    looks: TimeLooks,
}

struct SampleSink<'a> {
    readings: Vec<Readings>,
    times: Vec<Readings>,
    columns: Vec<SampledColumn>,
    null_words: &'a NullWords,
    layout: Option<&'a TimeFormat>,
    /// Whether its rows are those of the file for sure, and counted.
    is_head: bool,
    rows: u64,
    hasher: Fixed,
}

/// Hashes the same in every run: what is chosen by it ends up in the file.
#[derive(Clone, Copy, Default)]
struct Fixed;

impl BuildHasher for Fixed {
    type Hasher = std::hash::DefaultHasher;

    fn build_hasher(&self) -> Self::Hasher {
        std::hash::DefaultHasher::new()
    }
}

/// The row of a value, counted from 1, and its first byte.
fn place(rows: &RawRows<'_>, column: usize, row: usize) -> (u64, u64) {
    let span = rows.spans[row];
    let raw = rows.cell(row, column).bytes(rows.text_of(column));
    // A value from aside has no place of its own.
    let at = raw.as_ptr().addr().wrapping_sub(rows.text.as_ptr().addr());
    let at = if at < rows.text.len() { at } else { span.start as usize };
    (span.record + 1, rows.base + at as u64)
}

impl RowSink for SampleSink<'_> {
    fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
        self.rows += rows.rows() as u64;
        let first = rows.slot.first_column;
        let columns = self.readings[first..].iter_mut().zip(&mut self.columns[first..]);
        for (index, (readings, column)) in columns.take(rows.columns).enumerate() {
            let times = &mut self.times[first + index];
            let mut value = Vec::new();
            for (row, cell) in rows.column(index).enumerate() {
                let kinds = rows.kinds.get(index);
                if cell.is_null() || cell.len() == 0 && kinds.is_none() {
                    continue;
                }
                rows.value(index, cell, &mut value);
                if kinds.is_none() && self.null_words.contains(&value) {
                    continue;
                }
                // Text in which no time was seen stays text; classifying it costs most of the look.
                let plain_text = *readings == Readings::TEXT && *times == Readings::ALL;
                if !plain_text || column.sampled.values < TIMES_SHOW {
                    let reads_as = match kinds {
                        Some(kinds) => classify_lexical(&value) & Readings::of_kinds(*kinds),
                        None => classify(&value),
                    };
                    if self.is_head && column.sampled.values < TIMES_SHOW {
                        let place = || place(rows, index, row);
                        column.looks.look(&value, reads_as, self.layout, place);
                    }
                    *readings &= reads_as;
                    let joined = *times & reads_as;
                    if reads_as.has_time() && joined.has_time() {
                        *times = joined;
                    }
                }
                let shared = value.iter().zip(&column.last).take_while(|(a, b)| a == b).count();
                let sampled = &mut column.sampled;
                sampled.values += 1;
                sampled.bytes += value.len();
                sampled.repeats += usize::from(value == column.last);
                sampled.shared_prefix += shared;
                sampled.distinct += usize::from(column.seen.insert(self.hasher.hash_one(&value)));
                std::mem::swap(&mut column.last, &mut value);
            }
        }
        Ok(Flow::Continue)
    }

    fn bad(&mut self, _: BadRow, _: &[u8]) -> Result<Flow> {
        Ok(Flow::Continue)
    }
}
