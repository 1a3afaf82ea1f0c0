//! XES in the registry.

use std::io::{BufReader, Read};

use super::Xes;
use super::columns::XesColumn;
use super::head::{XesHead, detect};
use super::strict::{UNDECLARED, XesViolation, validate};
use crate::error::{Code, Error, Result};
use crate::model::kind::Kinds;
use crate::model::table::Learned;
use crate::model::warning::{Warning, WarningCode};
use crate::options::flags::FlagSet;
use crate::text::log_text::{Evidence, LogText, OpenText, OpenedText, TextHead, TextLook};
use crate::text::row::{FormatRow, KIND_FLAGS, Syntax};
use crate::text::{Flow, xml};

impl LogText for Xes {
    const ROWS: &'static [FormatRow] = &[FormatRow {
        endings: &["xes"],
        syntax: Syntax::Xml,
        has_standard: true,
        heeds: KIND_FLAGS,
        heeds_also: &[FlagSet::Traces, FlagSet::Standard],
        ..FormatRow::text("xes", "XES", "event log as XES (IEEE 1849)")
    }];

    fn recognise(look: &TextLook<'_>) -> Option<Evidence> {
        if detect(look.head) {
            return Some(Evidence::Text);
        }
        // What is to be held against the standard is meant to be a log.
        (look.options.strict && xml::is_meant(look.head)).then_some(Evidence::Text)
    }

    /// The head of a log may be longer than what is read of a stream at first.
    fn open(head: &mut dyn TextHead, how: &OpenText<'_>) -> Result<Option<OpenedText<Self>>> {
        let xes = loop {
            match Self::open(head.bytes(), head.is_whole(), how.options.xes.fill_defaults) {
                Err(error) if error.code() == Code::Header && head.read_on()? => {}
                opened => break opened?,
            }
        };
        let warning = head_warning(&head.bytes()[..xes.head.body], &xes.head)?;
        Ok(Some(OpenedText { warnings: warning.into_iter().collect(), ..OpenedText::new(xes) }))
    }

    fn column_names(&self) -> Vec<String> {
        self.names.to_vec()
    }

    fn column_ids(&self) -> Vec<Box<str>> {
        self.columns.all.iter().map(XesColumn::id).collect()
    }

    fn own_kinds(&self) -> Vec<Kinds> {
        self.columns.all.iter().map(XesColumn::own_kinds).collect()
    }

    fn discovers(&self) -> bool {
        true
    }

    fn says_kinds(&self) -> bool {
        true
    }

    fn without_columns(&self) -> Option<Error> {
        None
    }

    fn case_columns(&self) -> (Vec<usize>, Option<usize>) {
        self.case_columns()
    }

    fn empty_cases(&self, learned: &Learned) -> Vec<(u64, Vec<Option<String>>)> {
        self.empty_traces(learned, &self.case_columns().0)
    }

    fn relearned(&self, learned: &Learned, kinds: &[Kinds]) -> Option<Self> {
        self.relearned(learned, kinds)
    }

    fn metadata(&self, learned: &Learned, kinds: &[Kinds]) -> Option<serde_json::Value> {
        Some(self.metadata(learned, kinds))
    }

    fn warnings(&self, learned: &Learned) -> Vec<Warning> {
        self.warnings(learned)
    }

    fn help(&self, _: Code) -> &'static str {
        "set the trace that holds it aside with ⟦on-bad-row⟧ reject"
    }
}

/// What the head of a log has that the standard does not allow, in one line.
fn head_warning(text: &[u8], head: &XesHead) -> Result<Option<Warning>> {
    // A root without content has ended by itself.
    let end = if head.ended { String::new() } else { format!("</{}>", head.root) };
    let mut first = None;
    let mut count = 0u64;
    validate(&mut BufReader::new(text.chain(end.as_bytes())), &mut |violation| {
        // Most logs leave extensions out, and nothing is read otherwise for it: validate says so.
        if violation.clause != UNDECLARED {
            first.get_or_insert(violation);
            count += 1;
        }
        Flow::Continue
    })?;
    Ok(first.map(|first| {
        let XesViolation { byte, line, column, clause, what } = first;
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let what =
            format!("the head is not as the standard says: {what} ({clause}), line {line}:{column}{more}");
        Warning::new(WarningCode::Nonstandard, what)
            .counted(count)
            .at_byte(byte)
            .help("logflow validate lists all; ⟦strict⟧ makes it an error")
    }))
}
