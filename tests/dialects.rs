//! Every dialect against an independent reader: the `csv` crate reads the same text to the same fields.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use bumpalo::Bump;
use csv::{QuoteStyle, ReaderBuilder, Terminator, WriterBuilder};
use logflow::error::Result;
use logflow::model::table::{BadRow, RawRows};
use logflow::text::csv::grammar::Grammar;
use logflow::text::csv::{Csv, RowRules};
use logflow::text::{Exit, Flow, ParseTask, RowSink, TextFormat, TextSlice};
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
struct Dialect {
    delimiter: u8,
    quote: u8,
    escape: Option<u8>,
    terminator: Terminator,
    style: QuoteStyle,
}

fn dialect() -> impl Strategy<Value = Dialect> {
    (
        prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|'), Just(b'^')],
        prop_oneof![3 => Just(b'"'), 1 => Just(b'\'')],
        prop_oneof![3 => Just(None), 1 => Just(Some(b'\\'))],
        prop_oneof![Just(Terminator::CRLF), Just(Terminator::Any(b'\n')), Just(Terminator::Any(b'\r'))],
        prop_oneof![2 => Just(QuoteStyle::Necessary), 1 => Just(QuoteStyle::Always), 1 => Just(QuoteStyle::NonNumeric)],
    )
        .prop_map(|(delimiter, quote, escape, terminator, style)| Dialect { delimiter, quote, escape, terminator, style })
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1usize..6).prop_flat_map(|width| {
        let field = prop_oneof![3 => "[a-z0-9]{0,6}", 2 => "[a-z,;\t|^\"' \r\n\\\\äé日🙂]{0,8}"];
        proptest::collection::vec(proptest::collection::vec(field, width), 1..20)
    })
}

fn write(dialect: Dialect, table: &[Vec<String>]) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .delimiter(dialect.delimiter)
        .quote(dialect.quote)
        .double_quote(dialect.escape.is_none())
        .escape(dialect.escape.unwrap_or(b'\\'))
        .terminator(dialect.terminator)
        .quote_style(dialect.style)
        .from_writer(Vec::new());
    for record in table {
        writer.write_record(record).unwrap();
    }
    writer.into_inner().unwrap()
}

fn read_by_csv_crate(dialect: Dialect, text: &[u8]) -> Vec<Vec<Vec<u8>>> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(dialect.delimiter)
        .quote(dialect.quote)
        .double_quote(true)
        .escape(dialect.escape)
        .from_reader(text)
        .into_byte_records()
        .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
        .collect()
}

#[derive(Default)]
struct Rows {
    rows: Vec<Vec<Vec<u8>>>,
    bad: Vec<BadRow>,
}

impl RowSink for Rows {
    fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
        for row in 0..rows.rows() {
            let fields = (0..rows.columns).map(|column| {
                let cell = rows.cell(row, column);
                let mut value = Vec::new();
                if cell.is_escaped() {
                    rows.unescape.unescape(cell.bytes(rows.text), &mut value);
                } else {
                    value.extend_from_slice(cell.bytes(rows.text));
                }
                value
            });
            self.rows.push(fields.collect());
        }
        Ok(Flow::Continue)
    }

    fn bad(&mut self, bad: BadRow, _: &[u8]) -> Result<Flow> {
        self.bad.push(bad);
        Ok(Flow::Continue)
    }
}

fn read_by_us(grammar: Grammar, width: usize, text: &[u8]) -> Rows {
    let names = (0..width).map(|column| column.to_string()).collect();
    let csv = Csv { grammar, names, trailing: 0, body: 0, rules: RowRules::default() };
    let (mut arena, mut rows) = (Bump::new(), Rows::default());
    let mut task = ParseTask { arena: &mut arena, memory: &mut (), context: &[], records: 0, limit: 1 << 20 };
    let whole = TextSlice { bytes: text, base: 0, last: true };
    let exit = csv.parse(whole, csv.first(), text.len() as u64, &mut task, &mut rows).unwrap();
    assert!(matches!(exit, Exit::Done(_)));
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_the_csv_crate_writes_and_reads_is_what_we_read(dialect in dialect(), mut table in table()) {
        if dialect.escape.is_some() {
            // That writer escapes quotes and not the escape itself, so what it writes of a backslash can't be read back.
            table.iter_mut().flatten().for_each(|field| *field = field.replace('\\', "/"));
        }
        let text = write(dialect, &table);
        let mut grammar = Grammar::new(dialect.delimiter);
        (grammar.quote, grammar.escape) = (Some(dialect.quote), dialect.escape);
        let ours = read_by_us(grammar, table[0].len(), &text);
        prop_assert_eq!(&ours.bad, &[]);
        prop_assert_eq!(ours.rows, read_by_csv_crate(dialect, &text), "{:?}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn text_without_a_fault_is_read_as_the_csv_crate_reads_it(
        pieces in proptest::collection::vec(prop_oneof![
            4 => Just(","), 3 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r"), 2 => Just("\"x\""), 1 => Just("\"\"\"\""),
            1 => Just("\"a,\nb\""), 4 => Just("ab"), 1 => Just("5\""), 1 => Just("ä")], 0..50),
        width in 1usize..4,
    ) {
        let text: String = pieces.concat();
        let ours = read_by_us(Grammar::new(b','), width, text.as_bytes());
        prop_assume!(ours.bad.iter().all(|bad| bad.code == logflow::error::Code::UnevenRow));
        let dialect = Dialect { delimiter: b',', quote: b'"', escape: None, terminator: Terminator::CRLF, style: QuoteStyle::Necessary };
        let theirs: Vec<_> =
            read_by_csv_crate(dialect, text.as_bytes()).into_iter().filter(|record| record.len() == width).collect();
        prop_assert_eq!(ours.rows, theirs, "{:?}", text);
    }
}
