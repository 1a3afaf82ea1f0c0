//! The first records of a text under one grammar, and how much they look like a table.
//!
//! A table has records of one width, and cells that look like values. Lines that begin with `#` may be
//! comments: if they outnumber the rows, the width is that of the other lines.

use std::collections::HashMap;

use super::grammar::{Grammar, Record, marks};
use super::header::ABOVE;
use crate::error::Code;
use crate::model::readings::{Readings, classify};

/// Records that are sniffed at most.
const RECORDS: usize = 400;
/// Records whose cells are looked at for a score.
const SCORED: usize = 60;

/// A record of a sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampledInput {
    /// Where it starts, past a byte order mark.
    pub start: usize,
    /// Its fields; of a record with a fault those of its line, quotes being plain characters.
    pub width: usize,
    /// Where the record ends, and what is wrong with its form.
    pub record: Record,
    /// Whether a field of it stands between quotes.
    pub quoted: bool,
    /// Whether the last field of the record is empty.
    trails: bool,
    /// Whether it ends on another line than it starts, with a fault.
    strays: bool,
    /// Whether the record begins with `#`.
    marked: bool,
}

/// The first records under one grammar.
pub(super) struct CsvSample {
    /// In the order of the text.
    pub records: Vec<SampledInput>,
    /// The width that most of them have.
    pub width: usize,
    /// Share of the records that have that width and no fault.
    pub share: f64,
}

impl CsvSample {
    pub(super) fn read(grammar: &Grammar, head: &[u8], start: usize, whole: bool) -> Self {
        let mut records = Vec::new();
        let mut at = start;
        while records.len() < RECORDS {
            at = grammar.skip_blank(head, at, whole).0;
            let start = at + marks(head, at);
            if start >= head.len() {
                break;
            }
            let (mut width, mut quoted, mut trails) = (0, false, false);
            let mut record = grammar.record(head, start, |field| {
                width += 1;
                quoted |= field.quoted;
                trails = field.start == field.end && !field.quoted;
            });
            if !record.terminated && !whole && !records.is_empty() {
                break;
            }
            let mut strays = false;
            if let Some(fault) = record.fault {
                width = 0;
                let plain = Grammar { quote: None, ..*grammar };
                let line = plain.record(head, start, |_| width += 1);
                strays = line.end < record.end;
                // As the parse does: a quote that is never closed costs its line.
                if fault.code == Code::UnclosedQuote {
                    record = Record { fault: Some(fault), ..line };
                }
            }
            let marked = head[start] == b'#';
            records.push(SampledInput { start, width, record, quoted, trails, strays, marked });
            at = record.next;
        }
        let (mut width, mut share) = usual(&records, |_| true);
        let unmarked = records.iter().filter(|it| !it.marked).count();
        if unmarked > 1 && unmarked < records.len() {
            let (other_width, other_share) = usual(&records, |it| !it.marked);
            if other_width > 1 && (width < 2 || other_share > share) {
                (width, share) = (other_width, other_share);
            }
        }
        // Of a header and one row, of which one ends with a delimiter, the row says how wide the table is.
        if let [header, row] = records.as_slice()
            && (header.width == row.width + 1 && header.trails || row.width == header.width + 1 && row.trails)
            && row.record.fault.is_none()
        {
            width = row.width;
        }
        Self { records, width, share }
    }

    /// The same records, if the last two or more of them are as wide as each other and wider than the few
    /// before, which are at most pairs of a key and a value but for the header: then these are the rows.
    pub(super) fn at_end(&self) -> Option<Self> {
        let last = self.records.last()?;
        let width = last.width;
        let is_row = |it: &&SampledInput| it.width == width && it.record.fault.is_none();
        let rows = self.records.iter().rev().take_while(is_row).count();
        let before = &self.records[..self.records.len() - rows];
        let narrower = before.iter().all(|it| it.width < width);
        let pairs = before.iter().rev().skip(1).all(|it| it.width <= 2);
        let found = width > self.width.max(1) && rows > 1 && before.len() <= ABOVE && narrower && pairs;
        found.then(|| Self { records: self.records.clone(), width, share: 1.0 })
    }

    /// The records with the usual width and without a fault.
    pub(super) fn usual(&self) -> impl Iterator<Item = &SampledInput> {
        self.records.iter().filter(|it| self.is_usual(it))
    }

    pub(super) fn is_usual(&self, it: &SampledInput) -> bool {
        it.width == self.width && it.record.fault.is_none()
    }

    /// Degree to which the sample looks like a table under this grammar; 0 for a single column.
    pub(super) fn score(&self, grammar: &Grammar, head: &[u8]) -> f64 {
        if self.width < 2 {
            return 0.0;
        }
        let (mut cells, mut clean) = (0u32, 0u32);
        for it in self.usual().take(SCORED) {
            grammar.record(head, it.start, |field| {
                let value = &head[field.start..field.end];
                cells += 1;
                clean += u32::from(field.quoted || is_clean(value));
            });
        }
        let clean = f64::from(clean) / f64::from(cells.max(1));
        let wide = 1.0 - 1.0 / self.width as f64;
        self.share * self.share * (0.2 + clean) * (0.8 + 0.2 * wide)
    }

    /// Whether quotes are plain characters here: more records are faulty if they count than have a field
    /// between quotes and are whole. A single quote that is missing should be told, and not turn all others
    /// into data. With nothing but faulty records there is no sign of either, unless one of them takes in
    /// other lines.
    pub(super) fn quotes_are_plain(&self) -> bool {
        let faulty = self.records.iter().filter(|it| it.record.fault.is_some()).count();
        let enclosed = self.usual().filter(|it| it.quoted).count();
        let shows = faulty < self.records.len() || self.records.iter().any(|it| it.strays);
        faulty > enclosed && shows
    }

    /// `#`, if lines begin with it that are no rows.
    pub(super) fn comment(&self) -> Option<u8> {
        let rows = self.records.iter().position(|it| it.width == self.width).map_or(0, |first| first + 1);
        let marked = |from: usize| self.records[from..].iter().filter(|it| it.marked);
        let odd = |from: usize| marked(from).filter(|it| it.width != self.width).count();
        // Marked lines above the table are preamble; one among its rows shows that the file has comments. A
        // name or a value may begin with the mark too; then the line is as wide as the others.
        (odd(rows) > 0 && odd(0) * 2 > marked(0).count()).then_some(b'#')
    }

    /// Whether a record may stand above a table as a line about it.
    pub(super) fn is_aside(&self, it: &SampledInput) -> bool {
        self.width > 1 && (it.width == 1 || it.marked)
    }

    /// Number of distinct widths of the records.
    pub(super) fn widths(&self) -> usize {
        let mut widths: Vec<usize> = self.records.iter().map(|it| it.width).collect();
        widths.sort_unstable();
        widths.dedup();
        widths.len()
    }
}

/// The commonest width of some records, and the share of them that have it and no fault.
fn usual(records: &[SampledInput], counts: impl Fn(&SampledInput) -> bool) -> (usize, f64) {
    let mut widths: HashMap<usize, usize> = HashMap::new();
    let records = || records.iter().filter(|it| counts(it));
    for it in records().filter(|it| it.record.fault.is_none()) {
        *widths.entry(it.width).or_default() += 1;
    }
    // Where two widths are as common, the first record's word counts.
    let first = records().next().map_or(1, |it| it.width);
    let most = widths.into_iter().max_by_key(|(width, count)| (*count, *width == first, *width));
    let (width, count) = most.unwrap_or((1, 0));
    (width, count as f64 / records().count().max(1) as f64)
}

/// Whether a value looks like one: a type other than text, or words without the marks that delimit.
fn is_clean(value: &[u8]) -> bool {
    value.is_empty()
        || classify(value) != Readings::TEXT
        || !value.iter().any(|byte| matches!(byte, b',' | b';' | b'\t' | b'|' | b'"'))
            && !value.starts_with(b" ")
}
