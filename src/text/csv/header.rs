//! The first record: whether it names the columns, which names these are, and what stands above it.
//!
//! A header is wrong for its rows in several ways. What has one reading is read, and told: a delimiter behind
//! all rows or behind the header alone, a stray quote in a name. What has several is an error that says which
//! flag decides: no column gets the name of another.

use std::collections::HashMap;

use super::grammar::{Grammar, Record, next_line};
use super::sampled::{CsvSample, SampledInput};
use super::sniff::{MAX_COLUMNS, Sniffed};
use super::{Csv, RowRules};
use crate::encode::null_words::NullWords;
use crate::error::{Code, Error, Result};
use crate::model::figures::agreeing;
use crate::model::readings::{Readings, Wishes, classify, decide};
use crate::model::table::Unescape;
use crate::model::value::ColumnType;
use crate::model::warning::{Warning, WarningCode};
use crate::options::CsvOptions;

/// Lines with delimiters above a table that may be about it, at most: more of them are a table of their own.
pub(super) const ABOVE: usize = 20;

/// A sample whose grammar is known.
pub(super) struct CsvBody<'a> {
    pub grammar: Grammar,
    pub head: &'a [u8],
    pub sample: &'a CsvSample,
    pub whole: bool,
}

/// What the values below the first record say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weighed {
    /// Columns of a type that is not text, above which stands something else.
    names: usize,
    /// Columns of such a type above which stands a value of it.
    values: usize,
}

/// The fields of the first record, and how it becomes the header.
struct HeaderNames {
    cells: Vec<Vec<u8>>,
    record: Record,
    trailing: usize,
}

impl CsvBody<'_> {
    /// The table at the end of a text whose first lines, narrower ones about it, outnumber its rows; `None`
    /// if it has no header that shows as one.
    pub(super) fn at_end(&self) -> Option<CsvSample> {
        let sample = self.sample.at_end()?;
        let body = CsvBody { sample: &sample, ..*self };
        let first = body.preamble();
        let is_table = first > 0 && body.names_columns(first, 1);
        is_table.then_some(sample)
    }

    /// Number of records above the header or the first row.
    pub(super) fn preamble(&self) -> usize {
        let records = &self.sample.records;
        let usual = self.sample.width;
        if usual < 2 {
            return 0;
        }
        let mut first = records.iter().position(|it| it.width == usual).unwrap_or(0);
        // The header may lack the delimiter that ends all rows.
        if first > 0 && records[first - 1].width + 1 == usual && self.all_trail() {
            first -= 1;
        }
        let before = &records[..first];
        let narrow = before.len() <= ABOVE && before.iter().all(|it| it.width < records[first].width);
        if before.iter().all(|it| self.sample.is_aside(it)) {
            self.below_titles(first)
        } else if narrow && self.names_columns(first, if first == 1 { 2 } else { 1 }) {
            // A lone line with delimiters above the table may be a header that lacks names: then what follows
            // is a row.
            self.below_titles(first)
        } else {
            0
        }
    }

    /// The first record from `first` on that is more than a title: spreadsheets fill up the lines above a
    /// table with delimiters.
    fn below_titles(&self, first: usize) -> usize {
        let usual = self.sample.width;
        let filled = |it: &SampledInput| self.cells(it).iter().filter(|cell| !cell.is_empty()).count();
        let records = &self.sample.records[first..];
        let titles = records.iter().take_while(|it| self.sample.is_usual(it) && filled(it) <= 1).count();
        let header = first + titles;
        let is_header = usual > 2
            && titles > 0
            && self.sample.records.get(header).is_some_and(|it| it.width == usual && filled(it) * 2 > usual)
            && self.names_columns(header, 1);
        if is_header { header } else { first }
    }

    /// Whether a record shows by the values below it that it names the columns, and not only does not show
    /// the contrary.
    fn names_columns(&self, first: usize, at_least: usize) -> bool {
        let record = &self.sample.records[first];
        let weighed = self.weigh(record, &self.cells(record));
        record.record.fault.is_none() && weighed.values == 0 && weighed.names >= at_least
    }

    /// Whether a first record of lines of blanks and words is a header beyond doubt.
    pub(super) fn has_clear_header(&self) -> bool {
        self.names_columns(0, 1)
    }

    /// The dialect, with the record `index` as the header or the first row.
    pub(super) fn sniffed(
        &self,
        index: usize,
        options: &CsvOptions,
        preamble: Vec<String>,
    ) -> Result<Sniffed> {
        let first = &self.sample.records[index];
        let mut warnings = Vec::new();
        if !preamble.is_empty() {
            let what = format!(
                "{} line(s) before the header or the first row were kept as metadata",
                preamble.len()
            );
            warnings.push(Warning::new(WarningCode::Preamble, what).counted(preamble.len() as u64));
        }
        let (cells, record) = self.first_cells(first);
        let weighed = self.weigh(first, &cells);
        // A record with a fault may be the header of rows that have none, and is one among others elsewhere.
        let readable = first.record.fault.is_none() || self.sample.usual().next().is_some();
        let header = options.header.unwrap_or(weighed.values == 0 && readable);
        let names = match header {
            true => Some(self.fitted(index, cells, record, options, &mut warnings)?),
            false => {
                if options.header.is_none() && weighed.names > weighed.values {
                    warnings.push(rejected(&cells));
                }
                None
            }
        };
        let width = names.as_ref().map_or(self.sample.width, |names| names.cells.len());
        if width > MAX_COLUMNS {
            return Err(Error::new(
                Code::TooManyColumns,
                format!("expected at most {MAX_COLUMNS} columns, found {width}"),
            )
            .at_byte(first.start as u64)
            .help("check the delimiter; give it with ⟦delimiter⟧"));
        }
        let (names, trailing, body) = match names {
            Some(HeaderNames { cells, record, trailing }) => {
                (self.names(first, cells, &mut warnings)?, trailing, record.next)
            }
            None => (numbered(width), 0, first.start),
        };
        let body = self.grammar.skip_blank(self.head, body, self.whole).0 as u64;
        let rules = RowRules { uneven: options.uneven_rows, nul: options.nul_bytes };
        let csv = Csv { grammar: self.grammar, names, trailing, body, rules };
        Ok(Sniffed { csv, header, preamble, warnings })
    }

    /// The fields of the first record. One with a fault is read once more by its line, quotes being plain
    /// characters but around whole fields: if it then is as wide as the rows, a stray quote is all that is
    /// wrong with it.
    fn first_cells(&self, first: &SampledInput) -> (Vec<Vec<u8>>, Record) {
        if first.record.fault.is_none() {
            return (self.cells(first), first.record);
        }
        let plain = Grammar { quote: None, escape: None, ..self.grammar };
        let mut cells = Vec::new();
        let line = plain.record(self.head, first.start, |field| {
            let raw = &self.head[field.start..field.end];
            let inner = self
                .grammar
                .quote
                .and_then(|quote| raw.strip_prefix(&[quote]).and_then(|raw| raw.strip_suffix(&[quote])));
            let mut value = Vec::new();
            match inner {
                Some(inner) => self.grammar.unescape(inner, &mut value),
                None => value.extend_from_slice(raw),
            }
            cells.push(value);
        });
        (cells, Record { fault: first.record.fault, ..line })
    }

    /// The names of a header, made as wide as the rows where there is one way to do so.
    fn fitted(
        &self,
        index: usize,
        mut cells: Vec<Vec<u8>>,
        record: Record,
        options: &CsvOptions,
        warnings: &mut Vec<Warning>,
    ) -> Result<HeaderNames> {
        let (usual, found) = (self.sample.width, cells.len());
        let mut trailing = 0;
        if found + 1 == usual && self.all_trail() {
            trailing = 1;
            let what = "every row ends with a delimiter that the header does not have; the empty last field was left out";
            let help = "if a name is missing in the header, the columns after it have wrong names: correct the header, or skip it with ⟦skip-lines⟧ and ⟦header⟧ no";
            warnings.push(Warning::new(WarningCode::TrailingDelimiter, what).help(help));
        } else if found > usual && cells[usual..].iter().all(Vec::is_empty) && usual > 0 {
            cells.truncate(usual);
            let what = "the header ends with a delimiter that the rows do not have; the empty last name was left out";
            let help = "if a name is missing, correct the header";
            warnings.push(Warning::new(WarningCode::TrailingDelimiter, what).help(help));
        } else if found != usual {
            let asked = if found > usual { options.uneven_rows.pads() } else { options.uneven_rows.cuts() };
            if !asked || record.fault.is_some() {
                return Err(self.misfit(index, found));
            }
        }
        if record.fault.is_some() && self.sample.usual().next().is_none() {
            return Err(Error::new(
                Code::Header,
                "the first record has an unclosed quote, or text after a closing quote",
            )
            .at_byte(self.sample.records[index].start as u64)
            .help("give ⟦header⟧ no if it is not a header, or check ⟦quote⟧ and ⟦escape⟧"));
        }
        if record.fault.is_some() {
            let what = "the header has an unclosed quote, or text after a closing quote; the column names were read as they are";
            let help = "check the names, or correct the header";
            warnings.push(Warning::new(WarningCode::ColumnNamed, what).help(help));
        }
        Ok(HeaderNames { cells, record, trailing })
    }

    fn misfit(&self, index: usize, found: usize) -> Error {
        let usual = self.sample.width;
        let below = &self.sample.records[index + 1..];
        let rows = below.iter().filter(|it| self.sample.is_usual(it)).count();
        let what = format!(
            "the first record has {found} field{}, and {rows} of the next {} ha{} {usual}",
            agreeing(found as u64, "", "s"),
            below.len(),
            agreeing(rows as u64, "s", "ve"),
        );
        let mut help = Vec::new();
        if found > usual {
            help.push("⟦uneven-rows⟧ pad if the last columns have no values".to_owned());
        } else if let Some(next) = below.iter().find(|it| it.width == usual) {
            let lines = self.lines_before(next.start);
            help.push(format!("⟦skip-lines⟧ {lines} if the table starts at line {}", lines + 1));
        }
        if found + 1 == usual {
            let lines = self.lines_before(self.sample.records[index].record.next);
            help.push(format!(
                "⟦skip-lines⟧ {lines} ⟦header⟧ no to number the columns if the header has no name for one of them, such as an index"
            ));
        }
        help.push("⟦header⟧ no if it is not a header".to_owned());
        let help = format!("give {}, or check ⟦delimiter⟧", help.join(", "));
        Error::new(Code::Header, what).at_byte(self.sample.records[index].start as u64).help(help)
    }

    /// The lines of the text before `at`.
    fn lines_before(&self, at: usize) -> usize {
        let (mut lines, mut line) = (0, 0);
        while let Some(next) = next_line(self.head, line).filter(|next| *next <= at) {
            (lines, line) = (lines + 1, next);
        }
        lines
    }

    /// The values of a record.
    fn cells(&self, record: &SampledInput) -> Vec<Vec<u8>> {
        let mut cells = Vec::new();
        self.grammar.record(self.head, record.start, |field| {
            let raw = &self.head[field.start..field.end];
            let mut value = Vec::new();
            if field.escaped {
                self.grammar.unescape(raw, &mut value);
            } else {
                value.extend_from_slice(raw);
            }
            cells.push(value);
        });
        cells
    }

    /// What the values below a record say of it. It names columns unless one of its values has the type of
    /// the column below it, other than text.
    fn weigh(&self, first: &SampledInput, cells: &[Vec<u8>]) -> Weighed {
        let width = self.sample.width;
        let mut below = vec![Readings::ALL; width];
        for record in self.sample.usual().filter(|it| it.start > first.start) {
            for (readings, value) in below.iter_mut().zip(self.cells(record)) {
                *readings &= classify(&value);
            }
        }
        let none_below = below.iter().all(|readings| *readings == Readings::ALL);
        let typed = |readings: Readings| {
            let column_type = decide(readings, &Wishes::default()).likely();
            (column_type != ColumnType::Text).then_some(column_type)
        };
        let null_words = NullWords::usual();
        let mut weighed = Weighed { names: 0, values: 0 };
        for (value, below) in cells.iter().zip(below).filter(|(value, _)| !value.is_empty()) {
            let readings = classify(value);
            if typed(below & readings).is_some_and(|found| none_below || below.fits(found)) {
                weighed.values += 1;
            } else if below != Readings::ALL && typed(below).is_some() && !null_words.contains(value) {
                weighed.names += 1;
            }
        }
        weighed
    }

    /// Whether every usual record ends with an empty field.
    fn all_trail(&self) -> bool {
        self.sample.usual().all(|record| self.cells(record).last().is_some_and(Vec::is_empty))
    }

    fn names(
        &self,
        first: &SampledInput,
        cells: Vec<Vec<u8>>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<String>> {
        let mut names: Vec<String> = Vec::with_capacity(cells.len());
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (index, cell) in cells.into_iter().enumerate() {
            let name = String::from_utf8(cell).map_err(|error| {
                let bad = error.as_bytes()[error.utf8_error().valid_up_to()];
                // No escape has a byte beyond ASCII: the first that is wrong here is the first of the record.
                let record = &self.head[first.start..first.record.next];
                let at =
                    first.start + std::str::from_utf8(record).map_or_else(|it| it.valid_up_to(), str::len);
                Error::new(Code::NotText, format!("expected UTF-8 in the header, found a byte 0x{bad:02x}"))
                    .at_byte(at as u64)
                    .help("give the encoding, such as ⟦encoding⟧ windows-1252")
            })?;
            let name = if name.is_empty() {
                let name = format!("column_{}", index + 1);
                let what = format!("column {} has no name; it is called {name}", index + 1);
                warnings.push(Warning::new(WarningCode::ColumnNamed, what).in_column(&name));
                name
            } else {
                name
            };
            names.push(name);
        }
        let mut taken: std::collections::HashSet<String> = names.iter().cloned().collect();
        for (index, name) in names.iter_mut().enumerate() {
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            if *count > 1 {
                let mut number = *count;
                while taken.contains(&format!("{name}_{number}")) {
                    number += 1;
                }
                let what = format!(
                    "column {} is the second or later {name:?}; it is called {name}_{number}",
                    index + 1
                );
                *name = format!("{name}_{number}");
                warnings.push(Warning::new(WarningCode::ColumnNamed, what).in_column(name.as_str()));
                taken.insert(name.clone());
            }
        }
        Ok(names)
    }
}

/// The first record looks like names for the most part and is read as a row.
fn rejected(cells: &[Vec<u8>]) -> Warning {
    const SHOWN: usize = 60;
    let shown: Vec<_> = cells.iter().map(|cell| String::from_utf8_lossy(cell)).collect();
    let shown: String = shown.join(", ").chars().take(SHOWN).collect();
    let what = format!(
        "the first record ({shown}) was read as a row and the columns were numbered, because some of its fields look like the values below them"
    );
    Warning::new(WarningCode::HeaderRejected, what).help("if it contains the column names, give ⟦header⟧ yes")
}

/// Names for columns that have none.
fn numbered(width: usize) -> Vec<String> {
    (1..=width).map(|number| format!("column_{number}")).collect()
}
