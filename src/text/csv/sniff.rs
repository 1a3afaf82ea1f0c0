//! The sniffer: from the head of a file to its dialect, its header and the place where rows begin.
//!
//! Every candidate grammar reads the sample. A good one gives records of one width and cells that look like
//! values; its score is the square of the share of records with the commonest width, times how clean the
//! cells are, and slightly more for wider rows. The idea of judging by both pattern and types is that of van
//! den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row and type patterns" (2019); the
//! score is simpler.
//!
//! What is given is not sniffed. What can't be told is an error or a warning, never a silent guess about
//! data.

use std::collections::HashSet;

use super::Csv;
use super::grammar::{Grammar, marks, next_line};
use super::header::CsvBody;
use super::sampled::CsvSample;
use crate::error::{Code, Error, Result};
use crate::model::readings::{Readings, classify};
use crate::model::warning::{Warning, WarningCode};
use crate::options::{CsvOptions, NulBytes, UnevenRows};

/// Text that is sniffed, in bytes. Enough for a few hundred rows; 20 candidates read it in under 10 ms.
pub const SAMPLE: usize = 64 << 10;
/// Columns a file may have. A spreadsheet's limit; each open column costs an encoder of some 100 kB.
pub const MAX_COLUMNS: usize = 16_384;
/// Likely delimiters, the likeliest first: a tie goes to the first.
const LIKELY: [&[u8]; 5] = [b",", b";", b"\t", b"|", b"||"];
/// Delimiters tried only when no likely one gives columns.
const UNLIKELY: [&[u8]; 4] = [b"^", b"~", b"\x1f", b"\x01"];
/// Records without a common width from which on there is no table.
const FEW: usize = 4;
/// Share of the records that have the commonest width of a table, at least. Two tables of one size in one
/// file have half.
const COMMON: f64 = 0.4;
/// Share of the records that have the commonest width where quotes are taken for plain characters, at least.
const COMMON_WITHOUT_QUOTES: f64 = 0.6;

/// The dialect that was found, with warnings about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sniffed {
    /// The dialect, header and body.
    pub csv: Csv,
    /// Whether the names come from the file.
    pub header: bool,
    /// Lines before the header or the first row, as they are: part of the input, so part of the metadata.
    pub preamble: Vec<String>,
    /// Warnings about the dialect.
    pub warnings: Vec<Warning>,
}

/// Finds the dialect of text that begins with `head`; `whole` if there is no more.
///
/// # Errors
/// [`Code::InputEmpty`] without a record; [`Code::Header`] if the first record can't be the header and no row
/// either; [`Code::Dialect`] if the lines have no number of fields in common; [`Code::TooManyColumns`].
pub fn sniff(head: &[u8], whole: bool, options: &CsvOptions) -> Result<Sniffed> {
    let mut start = marks(head, 0);
    let mut preamble = Vec::new();
    for _ in 0..options.skip_lines.unwrap_or(0) {
        let next = next_line(head, start).unwrap_or(head.len());
        preamble.push(line_text(&head[start..next]));
        start = next;
    }
    // A header may be longer than the sample.
    let mut end = start + SAMPLE;
    while end < head.len() && next_line(&head[..end], start).is_none() {
        end *= 4;
    }
    let (head, whole) = if end < head.len() { (&head[..end], false) } else { (head, whole) };
    if let Some(at) = head.iter().position(|byte| *byte == 0)
        && next_line(head, start).is_none_or(|line| at < line)
        && options.nul_bytes == NulBytes::Reject
    {
        return Err(Error::new(Code::NulByte, "expected text, found a byte 0x00 in the first line")
            .at_byte(at as u64)
            .help(
                "the file may be binary, or UTF-16 without a byte order mark: then give ⟦encoding⟧ utf-16le; with ⟦nul-bytes⟧ keep, such bytes are kept",
            ));
    }
    let mut wishes = options.clone();
    if let Some((delimiter, next)) = excel_mark(head, start) {
        preamble.push(line_text(&head[start..next]));
        start = next;
        wishes.delimiter.get_or_insert(vec![delimiter]);
    }
    let mut grammar = choose(head, start, whole, &wishes);
    let sample = CsvSample::read(&grammar, head, start, whole);
    if sample.records.is_empty() {
        return Err(
            Error::new(Code::InputEmpty, "expected a header or a row, found none").at_byte(start as u64)
        );
    }
    grammar.comment = match options.comment {
        Some(comment) => comment,
        None => sample.comment(),
    };
    let sample =
        if grammar.comment.is_some() { CsvSample::read(&grammar, head, start, whole) } else { sample };
    if sample.records.is_empty() {
        return Err(Error::new(Code::InputEmpty, "expected a header or a row, found only comments")
            .at_byte(start as u64));
    }
    let body = CsvBody { grammar, head, sample: &sample, whole };
    let at_end = if options.skip_lines.is_none() { body.at_end() } else { None };
    let sample = at_end.as_ref().unwrap_or(&sample);
    let body = CsvBody { sample, ..body };
    if wishes.delimiter.is_none() {
        if !body.has_clear_header() {
            check_widths(sample, options)?;
        }
        check_words(head, sample, options)?;
    }
    let commented = options.comment.is_none() && grammar.comment.is_some();
    let first = if options.skip_lines.is_some() { 0 } else { body.preamble() };
    let from = sample.records[first].start;
    if first > 0 {
        preamble.extend(head[start..from].split_inclusive(|byte| *byte == b'\n').map(line_text));
        preamble.retain(|line| !line.is_empty());
    }
    let mut sniffed = body.sniffed(first, options, preamble)?;
    if commented {
        sniffed.warnings.push(
            Warning::new(WarningCode::Comments, "lines that begin with # were skipped as comments")
                .help("if they are rows, give ⟦comment⟧ none"),
        );
    }
    if options.quote.is_none() && grammar.quote.is_none() && !grammar.shown_delimiter().is_empty() {
        let what = "quotes were read as plain characters: records with an unpaired quote outnumber records with quoted fields";
        let help =
            "if quotes enclose fields, give ⟦quote⟧ '\"'; records with an unpaired quote are then bad rows";
        sniffed.warnings.push(Warning::new(WarningCode::PlainQuotes, what).help(help));
    }
    Ok(sniffed)
}

/// Whether the text holds a line whole that may be a header.
pub fn has_header(head: &[u8], options: &CsvOptions) -> bool {
    let mut at = 0;
    (0..=options.skip_lines.unwrap_or(0)).all(|_| {
        let next = next_line(head, at);
        at = next.unwrap_or(at);
        next.is_some()
    })
}

/// Excel's own first line, `sep=;`: the delimiter, and where the next line starts.
fn excel_mark(head: &[u8], start: usize) -> Option<(u8, usize)> {
    let next = next_line(head, start)?;
    let mut line = &head[start..next];
    // Not what else is white space: a tab may be the delimiter.
    while let [rest @ .., b'\n' | b'\r'] = line {
        line = rest;
    }
    let line = line.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(line);
    match line.split_at_checked(4)? {
        (mark, [delimiter, rest @ ..])
            if mark.eq_ignore_ascii_case(b"sep=") && rest.iter().all(|byte| *byte == b' ') =>
        {
            Some((*delimiter, next))
        }
        _ => None,
    }
}

fn line_text(line: &[u8]) -> String {
    let text = &line[marks(line, 0)..];
    String::from_utf8_lossy(text).trim_end_matches(['\r', '\n']).to_owned()
}

/// An error if the records have no width in common: what the first says would hold for few of the others.
fn check_widths(sample: &CsvSample, options: &CsvOptions) -> Result<()> {
    let is_table = sample.share >= COMMON || sample.records.len() < FEW || sample.widths() < 3;
    if is_table || options.uneven_rows != UnevenRows::Reject {
        return Ok(());
    }
    let widths = || sample.records.iter().map(|it| it.width);
    let (least, most) = (widths().min().unwrap_or(0), widths().max().unwrap_or(0));
    let what =
        format!("the lines have different numbers of fields, {least} to {most}, and no table was found");
    let help = "give ⟦delimiter⟧ if another delimiter separates the fields, or ⟦uneven-rows⟧ both to read the lines as they are; if each line is a sequence of activities, write one line per event instead";
    Err(Error::new(Code::Dialect, what).at_byte(sample.records[0].start as u64).help(help))
}

/// An error if nothing delimits but blanks, and these give sequences of different length, the first line
/// among them: words that come again and again. Sentences have more words than that, and a name of a column
/// is none of its values.
fn check_words(head: &[u8], sample: &CsvSample, options: &CsvOptions) -> Result<()> {
    let plain = sample.records.iter().all(|it| it.record.fault.is_none() && !it.quoted);
    if sample.width != 1 || sample.records.len() < FEW - 1 || !plain || options.header.is_some() {
        return Ok(());
    }
    let words = |at: usize| {
        let it = &sample.records[at];
        let line = &head[it.start..it.record.end];
        line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty())
    };
    let counts: Vec<usize> = (0..sample.records.len()).map(|at| words(at).count()).collect();
    let several = counts.iter().filter(|count| **count > 1).count();
    let (least, most) = (counts.iter().min().unwrap_or(&0), counts.iter().max().unwrap_or(&0));
    if counts[0] < 2 || several * 5 < counts.len() * 4 || least == most {
        return Ok(());
    }
    let below: HashSet<&[u8]> = (1..sample.records.len()).flat_map(words).collect();
    let first: HashSet<&[u8]> = words(0).collect();
    let again = first.iter().filter(|word| below.contains(*word)).count();
    let total: usize = counts.iter().sum();
    if again * 2 < first.len() || below.len() * 2 > total {
        return Ok(());
    }
    let what =
        format!("the lines have different numbers of words, {least} to {most}, and no table was found");
    let help = "if each line is a sequence of activities, write one line per event instead; if each line is one value, give ⟦header⟧ yes or no";
    Err(Error::new(Code::Dialect, what).at_byte(sample.records[0].start as u64).help(help))
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
            let found = best_of(head, start, whole, &variants(head, &delimiter, options), options);
            if let Some((score, grammar)) = found
                && best.as_ref().is_none_or(|(top, _)| score > *top + 1e-9)
            {
                best = Some((score, grammar));
            }
        }
        if given.is_some() || best.as_ref().is_some_and(|(score, _)| *score > 0.0) {
            break;
        }
    }
    match best {
        Some((score, grammar)) if score > 0.0 || given.is_some() => grammar,
        _ => spaced(head, start, whole, options)
            .or_else(|| below_lines(head, start, whole, options))
            .unwrap_or_else(|| one_column(head, start, whole, options)),
    }
}

/// The best of the ways of quoting with one delimiter, with its score. That quotes are plain characters is
/// tried where the best says that they may be.
fn best_of(
    head: &[u8],
    start: usize,
    whole: bool,
    grammars: &[Grammar],
    options: &CsvOptions,
) -> Option<(f64, Grammar)> {
    let mut best: Option<(f64, Grammar, bool)> = None;
    for grammar in grammars {
        let sample = CsvSample::read(grammar, head, start, whole);
        let score = sample.score(grammar, head);
        if best.as_ref().is_none_or(|(top, ..)| score > *top + 1e-9) {
            best = Some((score, *grammar, sample.quotes_are_plain()));
        }
    }
    let (score, grammar, may_be_plain) = best?;
    if may_be_plain && options.quote.is_none() {
        let plain = Grammar { quote: None, escape: None, ..grammar };
        let sample = CsvSample::read(&plain, head, start, whole);
        let plain_score = sample.score(&plain, head);
        if plain_score > score + 1e-9 && sample.share > COMMON_WITHOUT_QUOTES {
            return Some((plain_score, plain));
        }
    }
    Some((score, grammar))
}

/// Spaces as delimiters, where nothing else delimits: all lines have as many fields, the first names columns
/// of numbers, times and their like, and the lines are no values as a whole. So sentences are no table, and
/// neither is a column of timestamps.
fn spaced(head: &[u8], start: usize, whole: bool, options: &CsvOptions) -> Option<Grammar> {
    let grammars = variants(head, b" ", options);
    let (_, grammar) = best_of(head, start, whole, &grammars, options)?;
    let sample = CsvSample::read(&grammar, head, start, whole);
    let quoted = sample.records.iter().any(|it| it.quoted);
    let is_even =
        sample.share >= 1.0 && sample.records.len() >= 3 && sample.width >= if quoted { 2 } else { 3 };
    if !is_even || options.header == Some(false) {
        return None;
    }
    let lines = sample.records[1..].iter().map(|it| classify(&head[it.start..it.record.end]));
    let one_value = lines.fold(Readings::ALL, |all, it| all & it) != Readings::TEXT;
    let body = CsvBody { grammar, head, sample: &sample, whole };
    (!one_value && body.has_clear_header()).then_some(grammar)
}

/// The grammar of a table whose rows are fewer than the lines without a delimiter above it.
fn below_lines(head: &[u8], start: usize, whole: bool, options: &CsvOptions) -> Option<Grammar> {
    let is_table = |grammar: &Grammar| {
        let sample = CsvSample::read(grammar, head, start, whole);
        CsvBody { grammar: *grammar, head, sample: &sample, whole }.at_end().is_some()
    };
    LIKELY.iter().flat_map(|delimiter| variants(head, delimiter, options)).find(is_table)
}

/// The grammar of a table with one column, which has no delimiter.
fn one_column(head: &[u8], start: usize, whole: bool, options: &CsvOptions) -> Grammar {
    let quoted = with_options(Grammar::undelimited(), options);
    let sample = CsvSample::read(&quoted, head, start, whole);
    if options.quote.is_none() && sample.quotes_are_plain() {
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
        let quotes = head.iter().enumerate().filter(|(_, byte)| **byte == quote);
        let begins = |before: &[u8]| {
            before.is_empty() || before.ends_with(delimiter) || matches!(before.last(), Some(b'\n' | b'\r'))
        };
        quotes.filter(|(at, _)| begins(&head[..*at])).count()
    };
    let mut found = vec![base];
    // A double quote may stand at the start of a value or two of a file that has others around its fields.
    if options.quote.is_none() && opens(b'\'') > 2 * opens(b'"') {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Sniffed {
        sniff(text.as_bytes(), true, &CsvOptions::default()).unwrap()
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
    fn headers_are_distinguished_from_rows() {
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
    fn excels_mark_names_the_delimiter_and_is_not_a_header() {
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
    fn a_name_that_is_not_text_is_an_error_at_its_byte() {
        let error = sniff(b"a,b\"\"c,d\xfe\n1,2,3\n", true, &CsvOptions::default()).unwrap_err();
        assert_eq!((error.code(), error.position().unwrap().byte), (Code::NotText, Some(8)));
    }

    #[test]
    fn a_header_that_does_not_fit_is_an_error_and_a_trailing_delimiter_is_not() {
        let sniff = |text: &str| sniff(text.as_bytes(), true, &CsvOptions::default());
        assert_eq!(sniff("a,b\n1,2,3\n4,5,6\n7,8,9\n").unwrap_err().code(), Code::Header);
        assert_eq!(sniff("a,b,c,d\n1,2,3\n4,5,6\n7,8,9\n").unwrap_err().code(), Code::Header);
        let trailing = sniff("a,b\n1,2,\n3,4,\n").unwrap().csv;
        assert_eq!((trailing.names.len(), trailing.trailing), (2, 1));
        assert_eq!(sniff("").unwrap_err().code(), Code::InputEmpty);
        assert_eq!(sniff("\n\n\r\n").unwrap_err().code(), Code::InputEmpty);
    }

    fn table(text: &str) -> (Vec<String>, usize, bool, usize) {
        let Sniffed { csv, header, preamble, .. } = found(text);
        (csv.names, csv.trailing, header, preamble.len())
    }

    #[test]
    fn a_delimiter_after_the_rows_or_the_header_alone_names_no_column() {
        for (text, names, trailing) in [
            ("a,b\n1,2,\n3,4,\n", vec!["a", "b"], 1),
            ("a,b\n1,2,\n", vec!["a", "b"], 1),
            ("name\nx,\ny,\n", vec!["name"], 1),
            ("a;b;\n1;2\n3;4\n", vec!["a", "b"], 0),
            ("a;b;\n1;2\n", vec!["a", "b"], 0),
            ("a\tb\t\t\n1\t2\n3\t4\n", vec!["a", "b"], 0),
            ("a,b,\n1,2,\n3,4,\n", vec!["a", "b", "column_3"], 0),
        ] {
            let (found, behind, header, _) = table(text);
            assert_eq!(
                (found, behind, header),
                (names.iter().map(|it| (*it).to_owned()).collect(), trailing, true),
                "{text:?}"
            );
        }
        assert_eq!(found("a,b\n1,2,\n3,4,\n").warnings[0].code, WarningCode::TrailingDelimiter);
    }

    #[test]
    fn lines_about_the_table_with_fewer_delimiters_are_preamble_above_a_header_that_shows() {
        for (text, names, lines) in [
            ("v;t\nfrom;06/02/2024\na;b;c\n1;2;3\n4;5;6\n7;8;9\n", vec!["a", "b", "c"], 2),
            ("v;t\nfrom;x\nto;y\na;b;c\n1;2;3;\n4;5;6;\n", vec!["a", "b", "c"], 3),
            ("v\nfrom\nto\nby\nof\na,b,c\n1,2,3\n4,5,6\n", vec!["a", "b", "c"], 5),
            ("Report,,\n,,\na,b,c\n1,2,3\n4,5,6\n", vec!["a", "b", "c"], 2),
            ("Report\na,b\n1,2,\n3,4,\n5,6,\n", vec!["a", "b"], 1),
        ] {
            let (found, _, header, preamble) = table(text);
            assert_eq!(
                (found, header, preamble),
                (names.iter().map(|it| (*it).to_owned()).collect(), true, lines),
                "{text:?}"
            );
        }
        // A header that lacks the name of the index, and text alone, may be rows of another width.
        for text in ["x,y\n1,2,3\n4,5,6\n7,8,9\n", "v;t\nw;u\na;b;c\nd;e;f\ng;h;i\n"] {
            let error = sniff(text.as_bytes(), true, &CsvOptions::default()).unwrap_err();
            assert_eq!(error.code(), Code::Header, "{text:?}");
            assert!(error.help_text().unwrap().contains("⟦skip-lines⟧"), "{text:?}");
        }
    }

    #[test]
    fn quotes_that_are_plain_characters_do_not_hide_the_delimiter() {
        for (text, delimiter, quote, names) in [
            ("a,\"b,c\n1,2,3\n4,\"5,6\n7,8,9\n", ",", None, vec!["a", "\"b", "c"]),
            ("a|b\n\"x|1\ny|2\n\"z\"w|3\n", "|", None, vec!["a", "b"]),
            // A stray quote in the header of a file that quotes.
            ("a,\"b,c\n1,\"x,y\",3\n4,\"z,w\",6\n", ",", Some(b'"'), vec!["a", "\"b", "c"]),
            ("\"a\",\"\"b\",\"c\"\n1,\"x,y\",3\n4,\"z,w\",6\n", ",", Some(b'"'), vec!["a", "\"b", "c"]),
            ("a,b\n\"x,y\",1\n\"z\",2\n\"w,3\n", ",", Some(b'"'), vec!["a", "b"]),
        ] {
            let sniffed = found(text);
            assert_eq!(sniffed.csv.grammar.shown_delimiter(), delimiter.as_bytes(), "{text:?}");
            assert_eq!(
                (sniffed.csv.grammar.quote, sniffed.csv.names),
                (quote, names.iter().map(|it| (*it).to_owned()).collect()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn comments_may_outnumber_rows() {
        for text in [
            "# a\n# b, c\n# d\na;b\n# e\n1;2\n# f\n3;4\n# g\n",
            "a;b\n# one\n# two, and more\n# three\n1;2\n# four\n3;4\n# five\n",
        ] {
            let sniffed = found(text);
            assert_eq!(
                (sniffed.csv.names, sniffed.csv.grammar.comment),
                (vec!["a".to_owned(), "b".to_owned()], Some(b'#')),
                "{text:?}"
            );
        }
        assert_eq!(found("id,x\n#1,a\n#2,b\n#3,c\n").csv.grammar.comment, None);
    }

    #[test]
    fn spaces_delimit_where_nothing_else_does_and_a_header_shows() {
        for (text, delimiter) in [
            ("id name age\n1 \"A B\" 5\n2 C 6\n", " "),
            ("x y z\n1 2 3\n4 5 6\n", " "),
            ("It was late\nand we slept\nuntil the morning\n", ""),
            ("Start time of\n2024-01-01 10:00:00\n2024-01-01 11:00:00\n", ""),
            ("room name\nblue 1\nred 2\n", ""),
            ("x y z\n1 2 3\n4 5\n", ""),
        ] {
            assert_eq!(found(text).csv.grammar.shown_delimiter(), delimiter.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn lines_without_a_common_width_are_not_a_table() {
        for text in [
            "5 5 5 22 11 9\n22 5 5 5 11 9 11 9\n22 5 5\n5 22 5 5 26\n",
            "a b c\na c b d\na b b c\nd a c\n",
            "a,b,c\na,c\nb,c,a,d\na,b,c,d,e\n",
        ] {
            let error = sniff(text.as_bytes(), true, &CsvOptions::default()).unwrap_err();
            assert_eq!(error.code(), Code::Dialect, "{text:?}");
        }
        for text in [
            "name of it\nJohn Smith\nAnna Maria Lopez\nJo Li\n",
            "It was late. We slept.\nIt rained.\nWe woke up early.\n",
        ] {
            assert_eq!(found(text).csv.names.len(), 1, "{text:?}");
        }
    }

    #[test]
    fn excels_mark_may_name_a_tab_and_stand_between_quotes() {
        for (mark, delimiter) in [
            ("sep=\t", "\t"),
            ("\"sep=\t\"", "\t"),
            ("\"sep=;\"", ";"),
            ("SEP=|", "|"),
            ("sep=; ", ";"),
            ("\u{feff}sep=,", ","),
        ] {
            let text = format!("{mark}\r\na{delimiter}b\r\n1{delimiter}2\r\n");
            let sniffed = found(&text);
            assert_eq!(sniffed.csv.names, ["a", "b"], "{text:?}");
            assert_eq!(sniffed.preamble.len(), 1, "{text:?}");
        }
    }

    #[test]
    fn a_first_record_that_seems_to_name_columns_and_is_read_as_a_row_is_reported() {
        let sniffed = found("case,cost,time,2024\nx,1,2024-01-01,5\ny,2,2024-01-02,6\n");
        assert!(!sniffed.header);
        assert_eq!(sniffed.warnings[0].code, WarningCode::HeaderRejected);
        let yes = CsvOptions { header: Some(true), ..CsvOptions::default() };
        let text = "case,cost,time,2024\nx,1,2024-01-01,5\ny,2,2024-01-02,6\n";
        assert_eq!(sniff(text.as_bytes(), true, &yes).unwrap().csv.names[3], "2024");
        assert!(found("x,1,2\ny,3,4\n").warnings.is_empty());
        let misfit = sniff(b"a,b\n1,2,3\n4,5,6\n", true, &yes).unwrap_err();
        assert_eq!(misfit.code(), Code::Header);
    }

    #[test]
    fn a_header_of_another_width_is_taken_if_rows_are_padded_or_cut() {
        use UnevenRows::{Both, Cut, Pad};
        for (text, uneven, names) in [
            ("a,b,c\n1,2\n3,4\n", Pad, 3),
            ("a,b,c\n1,2\n3,4\n", Both, 3),
            ("a,b\n1,2,3\n4,5,6\n", Cut, 2),
            ("a,b\n1,2,3\n4,5,6\n", Both, 2),
        ] {
            let options = CsvOptions { uneven_rows: uneven, ..CsvOptions::default() };
            let sniffed = sniff(text.as_bytes(), true, &options).unwrap();
            assert_eq!((sniffed.csv.names.len(), sniffed.header), (names, true), "{text:?}");
        }
        let options = CsvOptions { uneven_rows: Cut, ..CsvOptions::default() };
        assert_eq!(sniff(b"a,b,c\n1,2\n3,4\n", true, &options).unwrap_err().code(), Code::Header);
    }
}
