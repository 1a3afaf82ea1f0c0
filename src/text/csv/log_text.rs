//! CSV in the registry: what opens a text that no other format recognises.

use super::Csv;
use super::sniff::{Sniffed, has_header, sniff};
use crate::error::{Code, Result};
use crate::model::table::Learned;
use crate::model::warning::Warning;
use crate::options::NulBytes;
use crate::options::flags::FlagSet;
use crate::text::log_text::{Dialect, Evidence, Header, LogText, OpenText, OpenedText, TextHead, TextLook};
use crate::text::row::FormatRow;

impl LogText for Csv {
    const ROWS: &'static [FormatRow] = &[FormatRow {
        endings: &["csv", "tsv", "tab", "psv"],
        heeds_also: &[FlagSet::Dialect, FlagSet::Header],
        ..FormatRow::text("csv", "CSV", "CSV and other delimited text")
    }];

    /// Any text may be a table: it is the format of what nothing else is.
    fn recognise(_: &TextLook<'_>) -> Option<Evidence> {
        None
    }

    fn open(head: &mut dyn TextHead, how: &OpenText<'_>) -> Result<Option<OpenedText<Self>>> {
        let options = &how.options.csv;
        // A header may be longer than what is read of a stream at first.
        let may_go_on = |head: &[u8]| options.nul_bytes == NulBytes::Keep || !head.contains(&0);
        while !has_header(head.bytes(), options) && may_go_on(head.bytes()) && head.read_on()? {}
        let Sniffed { csv, header, preamble, warnings } = sniff(head.bytes(), head.is_whole(), options)?;
        let header = Header { names_columns: header, preamble };
        Ok(Some(OpenedText { format: csv, header, warnings }))
    }

    fn column_names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn warnings(&self, learned: &Learned) -> Vec<Warning> {
        super::notes::warnings(learned)
    }

    fn dialect(&self) -> Option<Dialect> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let byte = |byte: Option<u8>| byte.map(|byte| text(&[byte]));
        Some(Dialect {
            delimiter: text(self.grammar.shown_delimiter()),
            quote: byte(self.grammar.quote),
            escape: byte(self.grammar.escape),
            comment: byte(self.grammar.comment),
        })
    }

    fn help(&self, code: Code) -> &'static str {
        match code {
            Code::NulByte => {
                "keep such bytes with ⟦nul-bytes⟧ keep, or set such rows aside with ⟦on-bad-row⟧ reject; the text may also be UTF-16: ⟦encoding⟧"
            }
            Code::UnevenRow => {
                "set such rows aside with ⟦on-bad-row⟧ reject, or take them with ⟦uneven-rows⟧ pad, cut or both; if all rows are like this, check ⟦delimiter⟧ and ⟦quote⟧"
            }
            _ => {
                "set such rows aside with ⟦on-bad-row⟧ reject; if all rows are like this, check ⟦delimiter⟧ and ⟦quote⟧"
            }
        }
    }
}
