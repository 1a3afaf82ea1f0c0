//! The sniffer: from the head of a file to its dialect, its header and the place where rows begin.
//!
//! Every candidate grammar reads the sample. A good one gives records of one width and cells that look like values; its score is
//! the square of the share of records with the commonest width, times how clean the cells are, and slightly more for wider rows. The idea of judging by both pattern and
//! types is that of van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row and type patterns" (2019); the score is simpler.
//!
//! What is given is not sniffed. What can't be told is an error or a warning, never a silent guess about data.

use std::collections::HashMap;

use super::Csv;
use super::grammar::{Grammar, Record};
use crate::config::CsvOptions;
use crate::error::{Code, Error, Result};
use crate::model::readings::{Readings, Wishes, classify, decide};
use crate::model::table::Unescape;
use crate::model::value::ColumnType;
use crate::model::warning::{Warning, WarningCode};

/// Text that is sniffed, in bytes. Enough for a few hundred rows; 20 candidates read it in under 10 ms.
pub const SAMPLE: usize = 64 << 10;
/// Records that are sniffed at most.
const RECORDS: usize = 400;
/// Columns a file may have. A spreadsheet's limit; each open column costs an encoder of some 100 kB.
pub const MAX_COLUMNS: usize = 16_384;
/// Likely delimiters, the likeliest first: a tie goes to the first.
const LIKELY: [&[u8]; 5] = [b",", b";", b"\t", b"|", b"||"];
/// Delimiters tried only when no likely one gives columns.
const UNLIKELY: [&[u8]; 4] = [b"^", b"~", b"\x1f", b"\x01"];

/// What was found, and what should be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sniffed {
    /// The dialect, header and body.
    pub csv: Csv,
    /// Whether the names come from the file.
    pub header: bool,
    /// Lines before the header or the first row, as they are: part of the input, so part of the metadata.
    pub preamble: Vec<String>,
    /// What a careful reader would want to know.
    pub warnings: Vec<Warning>,
}

/// Finds the dialect of text that begins with `head`; `whole` if there is no more.
///
/// # Errors
/// [`Code::InputEmpty`] without a record; [`Code::Header`] if the first record can't be the header and no row either;
/// [`Code::TooManyColumns`].
pub fn sniff(head: &[u8], whole: bool, options: &CsvOptions, lenient: bool) -> Result<Sniffed> {
    let mut start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut preamble = Vec::new();
    for _ in 0..options.skip_lines.unwrap_or(0) {
        let next = super::grammar::next_line(head, start).unwrap_or(head.len());
        preamble.push(line_text(&head[start..next]));
        start = next;
    }
    // A header may be longer than the sample.
    let mut end = start + SAMPLE;
    while end < head.len() && super::grammar::next_line(&head[..end], start).is_none() {
        end *= 4;
    }
    let (head, whole) = if end < head.len() { (&head[..end], false) } else { (head, whole) };
    if let Some(at) = head.iter().position(|byte| *byte == 0)
        && super::grammar::next_line(head, start).is_none_or(|line| at < line)
    {
        return Err(Error::new(Code::NulByte, "expected text, found a byte 0x00 in the first line")
            .at_byte(at as u64)
            .help(
                "the file may be binary, or UTF-16 without a byte order mark: then give --encoding utf-16le",
            ));
    }
    let mut wishes = options.clone();
    if let Some((delimiter, next)) = excel_mark(head, start) {
        preamble.push(line_text(&head[start..next]));
        start = next;
        wishes.delimiter.get_or_insert(vec![delimiter]);
    }
    let mut grammar = choose(head, start, whole, &wishes);
    let sample = Sample::read(&grammar, head, start, whole);
    if sample.records.is_empty() {
        return Err(
            Error::new(Code::InputEmpty, "expected a header or a row, found none").at_byte(start as u64)
        );
    }
    grammar.comment = match options.comment {
        Some(comment) => comment,
        None => sample.comment(head),
    };
    let sample = if grammar.comment.is_some() { Sample::read(&grammar, head, start, whole) } else { sample };
    if sample.records.is_empty() {
        return Err(Error::new(Code::InputEmpty, "expected a header or a row, found only comments")
            .at_byte(start as u64));
    }
    let commented = options.comment.is_none() && grammar.comment.is_some();
    let first = if options.skip_lines.is_some() { 0 } else { sample.preamble(head) };
    let from = sample.records[first].start;
    if first > 0 {
        preamble.extend(head[start..from].split_inclusive(|byte| *byte == b'\n').map(line_text));
        preamble.retain(|line| !line.is_empty());
    }
    let mut sniffed =
        Body { grammar, head, sample: &sample, first, whole, lenient }.sniffed(options, preamble)?;
    if commented {
        sniffed.warnings.push(
            Warning::new(WarningCode::Comments, "lines that begin with # are taken for comments")
                .help("if they are rows, give --comment none"),
        );
    }
    Ok(sniffed)
}

/// Whether the text holds a line whole that may be a header.
pub fn has_header(head: &[u8], options: &CsvOptions) -> bool {
    let mut at = 0;
    (0..=options.skip_lines.unwrap_or(0)).all(|_| {
        let next = super::grammar::next_line(head, at);
        at = next.unwrap_or(at);
        next.is_some()
    })
}

/// Excel's own first line, `sep=;`: the delimiter, and where the next line starts.
fn excel_mark(head: &[u8], start: usize) -> Option<(u8, usize)> {
    let next = super::grammar::next_line(head, start)?;
    let line = head[start..next].trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(line);
    match line.split_at_checked(4)? {
        (mark, [delimiter]) if mark.eq_ignore_ascii_case(b"sep=") => Some((*delimiter, next)),
        _ => None,
    }
}

fn line_text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches(['\r', '\n']).to_owned()
}

/// The best grammar for the sample.
fn choose(head: &[u8], start: usize, whole: bool, options: &CsvOptions) -> Grammar {
    let given = options.delimiter.as_deref();
    let delimiters = |list: &[&'static [u8]]| match given {
        Some(given) => vec![given.to_vec()],
        None => list.iter().map(|it| it.to_vec()).collect(),
    };
    let mut best: Option<(f64, Grammar)> = None;
    for list in [&LIKELY[..], &UNLIKELY[..]] {
        for delimiter in delimiters(list) {
            for grammar in variants(head, &delimiter, options) {
                let sample = Sample::read(&grammar, head, start, whole);
                let score = sample.score(&grammar, head);
                if best.as_ref().is_none_or(|(top, _)| score > *top + 1e-9) {
                    best = Some((score, grammar));
                }
            }
        }
        if given.is_some() || best.as_ref().is_some_and(|(score, _)| *score > 0.0) {
            break;
        }
    }
    match best {
        Some((score, grammar)) if score > 0.0 || given.is_some() => grammar,
        _ => one_column(head, start, whole, options),
    }
}

/// One column: nothing delimits. Quotes are part of the text if more records are faulty when they count than begin with one and are whole: a
/// single quote that is missing should be told, and not turn all others into data.
fn one_column(head: &[u8], start: usize, whole: bool, options: &CsvOptions) -> Grammar {
    let quoted = with_options(Grammar::undelimited(), options);
    let sample = Sample::read(&quoted, head, start, whole);
    let faulty = sample.records.iter().filter(|it| it.record.fault.is_some()).count();
    let enclosed =
        sample.usual().filter(|it| quoted.quote.is_some_and(|quote| head[it.start] == quote)).count();
    // With nothing but faulty records there is no sign that quotes are text.
    let some_are_whole = faulty < sample.records.len();
    if faulty > enclosed && some_are_whole && options.quote.is_none() {
        Grammar { quote: None, ..quoted }
    } else {
        quoted
    }
}

fn with_options(mut grammar: Grammar, options: &CsvOptions) -> Grammar {
    if let Some(quote) = options.quote {
        grammar.quote = quote;
    }
    if let Some(escape) = options.escape {
        // Other tools say "escaped by a quote" and mean doubled.
        grammar.escape = escape.filter(|escape| Some(*escape) != grammar.quote);
    }
    if let Some(comment) = options.comment {
        grammar.comment = comment;
    }
    grammar
}

/// The ways of quoting worth trying with a delimiter, judged by what stands in the sample.
fn variants(head: &[u8], delimiter: &[u8], options: &CsvOptions) -> Vec<Grammar> {
    let Some(base) = with_options(Grammar::new(b','), options).with_delimiter(delimiter) else {
        return Vec::new();
    };
    if delimiter == b"|" && always_doubled(head, b'|') {
        return Vec::new();
    }
    let opens = |quote: u8| {
        head.first() == Some(&quote)
            || [delimiter, b"\n", b"\r"].iter().any(|before| contains(head, &[before, &[quote][..]].concat()))
    };
    let mut found = vec![base];
    if options.quote.is_none() && !opens(b'"') && opens(b'\'') {
        found.push(Grammar { quote: Some(b'\''), ..base });
    }
    if options.escape.is_none() && contains(head, b"\\\"") {
        found.extend(found.clone().into_iter().map(|it| Grammar { escape: Some(b'\\'), ..it }));
    }
    if contains(head, &[delimiter, b" \""].concat()) && delimiter != b" " {
        found.extend(found.clone().into_iter().map(|it| Grammar { skip_space: true, ..it }));
    }
    found
}

/// Whether the byte only ever stands twice in a row.
fn always_doubled(text: &[u8], byte: u8) -> bool {
    text.chunk_by(|a, b| a == b).all(|run| run[0] != byte || run.len().is_multiple_of(2))
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

struct Sampled {
    start: usize,
    width: usize,
    record: Record,
}

/// The records of the sample.
struct Sample {
    records: Vec<Sampled>,
    width: usize,
    /// Share of the records that have that width and no fault.
    share: f64,
}

impl Sample {
    fn read(grammar: &Grammar, head: &[u8], start: usize, whole: bool) -> Self {
        let mut records = Vec::new();
        let mut at = start;
        while records.len() < RECORDS {
            at = grammar.skip_blank(head, at, whole).0;
            if at >= head.len() {
                break;
            }
            let mut width = 0;
            let record = grammar.record(head, at, |_| width += 1);
            if !record.terminated && !whole && !records.is_empty() {
                break;
            }
            records.push(Sampled { start: at, width, record });
            at = record.next;
        }
        let mut widths: HashMap<usize, usize> = HashMap::new();
        for it in records.iter().filter(|it| it.record.fault.is_none()) {
            *widths.entry(it.width).or_default() += 1;
        }
        // Where two widths are as common, the first record's word counts.
        let first = records.first().map_or(1, |it| it.width);
        let (width, count) = widths
            .into_iter()
            .max_by_key(|(width, count)| (*count, *width == first, *width))
            .unwrap_or((1, 0));
        let share = count as f64 / records.len().max(1) as f64;
        Self { records, width, share }
    }

    fn usual(&self) -> impl Iterator<Item = &Sampled> {
        self.records.iter().filter(|it| it.width == self.width && it.record.fault.is_none())
    }

    /// How much the sample looks like a table under this grammar; 0 for a single column.
    fn score(&self, grammar: &Grammar, head: &[u8]) -> f64 {
        if self.width < 2 {
            return 0.0;
        }
        let (mut cells, mut clean) = (0u32, 0u32);
        for it in self.usual().take(60) {
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

    /// `#`, if lines begin with it that are no rows.
    fn comment(&self, head: &[u8]) -> Option<u8> {
        let rows = self.records.iter().position(|it| it.width == self.width).map_or(0, |first| first + 1);
        let marked = |from: usize| self.records[from..].iter().filter(|it| head.get(it.start) == Some(&b'#'));
        let odd = |from: usize| marked(from).filter(|it| it.width != self.width).count();
        // Marked lines above the table are preamble; one among its rows shows that the file has comments. A name or a value may begin
        // with the mark too; then the line is as wide as the others.
        (odd(rows) > 0 && odd(0) * 2 > marked(0).count()).then_some(b'#')
    }

    /// How many records stand before the header or the first row: lines without a delimiter, before a table that has one.
    fn preamble(&self, head: &[u8]) -> usize {
        if self.width < 2 {
            return 0;
        }
        let first = self.records.iter().position(|it| it.width == self.width).unwrap_or(0);
        let before = &self.records[..first];
        let aside = |it: &Sampled| it.width == 1 || head.get(it.start) == Some(&b'#');
        if before.iter().all(aside) { first } else { 0 }
    }
}

/// Whether a value looks like one: a type other than text, or words without the marks that delimit.
fn is_clean(value: &[u8]) -> bool {
    value.is_empty()
        || classify(value) != Readings::TEXT
        || !value.iter().any(|byte| matches!(byte, b',' | b';' | b'\t' | b'|' | b'"'))
            && !value.starts_with(b" ")
}

/// A sample whose grammar and first record are known.
struct Body<'a> {
    grammar: Grammar,
    head: &'a [u8],
    sample: &'a Sample,
    first: usize,
    whole: bool,
    lenient: bool,
}

impl Body<'_> {
    fn sniffed(self, options: &CsvOptions, preamble: Vec<String>) -> Result<Sniffed> {
        let first = &self.sample.records[self.first];
        let mut warnings = Vec::new();
        if !preamble.is_empty() {
            let what =
                format!("{} line(s) before the header or the first row are kept as metadata", preamble.len());
            warnings.push(Warning::new(WarningCode::Preamble, what).counted(preamble.len() as u64));
        }
        let cells = self.cells(first);
        let header = options.header.unwrap_or_else(|| self.has_header(&cells));
        let usual = self.sample.width;
        let mut trailing = 0;
        let mut width = first.width;
        if first.width != usual || first.record.fault.is_some() {
            if header
                && first.record.fault.is_none()
                && usual == first.width + 1
                && self.all_trail(first.width)
            {
                trailing = 1;
            } else if !header || self.lenient {
                width = usual;
            } else {
                return Err(self.header_misfit(first));
            }
        }
        if width > MAX_COLUMNS {
            return Err(Error::new(
                Code::TooManyColumns,
                format!("expected at most {MAX_COLUMNS} columns, found {width}"),
            )
            .at_byte(first.start as u64)
            .help("check the delimiter; give it with --delimiter"));
        }
        let names_here = header && width == first.width && first.record.fault.is_none();
        let names = if names_here { self.names(first, cells, &mut warnings)? } else { numbered(width) };
        let body = if names_here { first.record.next } else { first.start };
        let body = self.grammar.skip_blank(self.head, body, self.whole).0 as u64;
        let csv = Csv { grammar: self.grammar, names, trailing, body };
        Ok(Sniffed { csv, header: names_here, preamble, warnings })
    }

    fn header_misfit(&self, first: &Sampled) -> Error {
        let (usual, rows) = (self.sample.width, self.sample.usual().count());
        Error::new(
            Code::Header,
            format!("the first record has {} fields, and {rows} of the next have {usual}", first.width),
        )
        .at_byte(first.start as u64)
        .help("give --header no if it is no header, --skip-lines N if the table starts later, or --delimiter")
    }

    /// The values of a record.
    fn cells(&self, record: &Sampled) -> Vec<Vec<u8>> {
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

    /// Whether the first record names columns: none of its values has the type of the column below it, unless that is text.
    fn has_header(&self, cells: &[Vec<u8>]) -> bool {
        let width = self.sample.width;
        let mut below = vec![Readings::ALL; width];
        for record in self.sample.usual().filter(|it| it.start > self.sample.records[self.first].start) {
            for (readings, value) in below.iter_mut().zip(self.cells(record)) {
                *readings &= classify(&value);
            }
        }
        let none_below = below.iter().all(|readings| *readings == Readings::ALL);
        !cells.iter().zip(below).any(|(value, below)| {
            let readings = classify(value);
            if value.is_empty() {
                return false;
            }
            let column_type = decide(below & readings, &Wishes::default()).likely();
            column_type != ColumnType::Text && (none_below || below.fits(column_type))
        })
    }

    /// Whether every usual record ends with an empty field beyond the header's.
    fn all_trail(&self, names: usize) -> bool {
        self.sample.usual().all(|record| self.cells(record).last().is_some_and(Vec::is_empty))
            && self.sample.width == names + 1
    }

    fn names(
        &self,
        first: &Sampled,
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
                    .help("give the encoding, such as --encoding windows-1252")
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

/// Names for columns that have none.
fn numbered(width: usize) -> Vec<String> {
    (1..=width).map(|number| format!("column_{number}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Sniffed {
        sniff(text.as_bytes(), true, &CsvOptions::default(), false).unwrap()
    }

    #[test]
    fn delimiters_are_found() {
        for (text, delimiter, names) in [
            ("a,b\n1,2\n", ",", vec!["a", "b"]),
            ("a;b\n1,5;2,5\n3,0;4,1\n", ";", vec!["a", "b"]),
            ("1,5;2,5\n3,0;4,1\n", ";", vec!["column_1", "column_2"]),
            ("a\tb\n1\t2\n", "\t", vec!["a", "b"]),
            ("a|b\n1|2\n", "|", vec!["a", "b"]),
            ("a||b\n1||2\n", "||", vec!["a", "b"]),
            ("time,b\n10:00:01,x\n10:00:02,y\n", ",", vec!["time", "b"]),
            ("name\nSmith, J.\nx\ny\n", "", vec!["name"]),
        ] {
            let sniffed = found(text);
            assert_eq!(sniffed.csv.grammar.shown_delimiter(), delimiter.as_bytes(), "{text:?}");
            assert_eq!(sniffed.csv.names, names, "{text:?}");
        }
    }

    #[test]
    fn quotes_escapes_and_spaces_are_found() {
        assert_eq!(found("a,b\n'x,y',1\n'z,w',2\n").csv.grammar.quote, Some(b'\''));
        assert_eq!(found("a,b\n\"x\\\",y\",1\n\"z\",2\n").csv.grammar.escape, Some(b'\\'));
        assert!(found("a, b\n1, \"x, y\"\n2, \"z, w\"\n").csv.grammar.skip_space);
    }

    #[test]
    fn one_missing_quote_does_not_make_data_of_the_others() {
        for (text, quote) in [
            ("\"a\"\n\"b\"\n\"c\n", Some(b'"')),
            ("\"a\"\n\"b\"x\n\"c\"\n", Some(b'"')),
            ("name\n\"Joe\" Smith\n\"Al\" Jones\n", None),
            ("name\n\"open\nplain\n", None),
        ] {
            assert_eq!(found(text).csv.grammar.quote, quote, "{text:?}");
        }
    }

    #[test]
    fn headers_are_told_from_rows() {
        for (text, header) in [
            ("a,b\n1,2\n", true),
            ("1,2\n3,4\n", false),
            ("case2,act,2019-09-23 15:13:05.071\ncase1,act,2019-09-23 15:13:05.114\n", false),
            (",concept:name\n0,register\n", true),
            ("2019,2020\nx,y\n", true),
            ("a,b\n", true),
            ("x,1\n", false),
        ] {
            assert_eq!(found(text).header, header, "{text:?}");
        }
    }

    #[test]
    fn preamble_and_comments_are_set_aside() {
        let sniffed = found("Report of May\nmade by X\n\na,b\n1,2\n3,4\n");
        assert_eq!(sniffed.csv.names, ["a", "b"]);
        assert_eq!(sniffed.preamble, ["Report of May", "made by X"]);
        let sniffed = found("# made by X, on a day, in May\na,b\n1,2\n# more\n3,4\n");
        assert_eq!((sniffed.csv.grammar.comment, sniffed.csv.names.len()), (Some(b'#'), 2));
        assert_eq!(found("#a,b\n1,2\n").csv.names, ["#a", "b"]);
    }

    #[test]
    fn excels_mark_names_the_delimiter_and_is_no_header() {
        let sniffed = found("sep=;\r\na;b\r\nx,y;z\r\n");
        assert_eq!(
            (sniffed.csv.names, sniffed.preamble),
            (vec!["a".to_owned(), "b".to_owned()], vec!["sep=;".to_owned()])
        );
    }

    #[test]
    fn names_are_made_whole_and_unique() {
        assert_eq!(found("a,a,a_2,a\n1,2,3,4\n").csv.names, ["a", "a_3", "a_2", "a_4"]);
        let sniffed = found("a,,a,a_2\n1,2,3,4\n");
        assert_eq!(sniffed.csv.names, ["a", "column_2", "a_3", "a_2"]);
        assert_eq!(sniffed.warnings.len(), 2);
    }

    #[test]
    fn a_name_that_is_no_text_is_an_error_at_its_byte() {
        let error = sniff(b"a,b\"\"c,d\xfe\n1,2,3\n", true, &CsvOptions::default(), false).unwrap_err();
        assert_eq!((error.code(), error.position().unwrap().byte), (Code::NotText, Some(8)));
    }

    #[test]
    fn a_header_that_does_not_fit_is_an_error_and_a_trailing_delimiter_is_not() {
        let sniff = |text: &str| sniff(text.as_bytes(), true, &CsvOptions::default(), false);
        assert_eq!(sniff("a,b\n1,2,3\n4,5,6\n7,8,9\n").unwrap_err().code(), Code::Header);
        let trailing = sniff("a,b\n1,2,\n3,4,\n").unwrap().csv;
        assert_eq!((trailing.names.len(), trailing.trailing), (2, 1));
        assert_eq!(sniff("").unwrap_err().code(), Code::InputEmpty);
        assert_eq!(sniff("\n\n\r\n").unwrap_err().code(), Code::InputEmpty);
    }
}
