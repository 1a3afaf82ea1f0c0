//! Object-centric logs in the registry.

use super::{Ocel, json_look, types};
use crate::error::{Code, Error, Result};
use crate::model::kind::Kinds;
use crate::model::table::Learned;
use crate::model::warning::Warning;
use crate::options::flags::FlagSet;
use crate::text::log_text::{Evidence, LogText, OpenText, OpenedText, TextHead, TextLook};
use crate::text::row::{FormatRow, Syntax};

/// What all forms have in common.
const ROW: FormatRow = FormatRow {
    is_object_centric: true,
    has_standard: true,
    ..FormatRow::text("ocel-json", "JSON", "object-centric log as JSON (OCEL)")
};

impl LogText for Ocel {
    const ROWS: &'static [FormatRow] = &[
        FormatRow {
            name: "ocel-csv",
            label: "CSV",
            about: "object-centric log as pm4py's flat CSV",
            has_standard: false,
            via: Some("ocel-json"),
            heeds: &[
                FlagSet::Dialect,
                FlagSet::Header,
                FlagSet::PlainValues,
                FlagSet::Standard,
                FlagSet::Encoding,
                FlagSet::Times,
                FlagSet::Zones,
            ],
            ..ROW
        },
        FormatRow {
            endings: &["jsonocel"],
            syntax: Syntax::Json,
            heeds: &[
                FlagSet::JsonSyntax,
                FlagSet::Standard,
                FlagSet::Encoding,
                FlagSet::Times,
                FlagSet::Zones,
                FlagSet::BadRows,
            ],
            ..ROW
        },
        FormatRow {
            name: "ocel-xml",
            label: "XML",
            about: "object-centric log as XML (OCEL)",
            endings: &["xmlocel"],
            shared_endings: &["xml"],
            syntax: Syntax::Xml,
            heeds: &[FlagSet::Standard, FlagSet::Encoding, FlagSet::Times, FlagSet::Zones, FlagSet::BadRows],
            ..ROW
        },
        FormatRow {
            name: "ocel-sqlite",
            label: "SQLite",
            about: "object-centric log in an SQLite file (OCEL)",
            endings: &["sqlite", "sqlite3"],
            syntax: Syntax::Binary,
            heeds: &[FlagSet::Standard, FlagSet::Times, FlagSet::Zones, FlagSet::BadRows],
            ..ROW
        },
    ];

    /// Who says where rows are in JSON means no object-centric log.
    fn recognise(look: &TextLook<'_>) -> Option<Evidence> {
        let is_log = look.options.json.path.is_none() && Self::is_log(look.head, look.whole, json_look::HEAD);
        is_log.then_some(Evidence::Special)
    }

    /// If the text is said to be a log, whatever stands in front of what shows it is read, up to the length
    /// of a record.
    fn open(head: &mut dyn TextHead, how: &OpenText<'_>) -> Result<Option<OpenedText<Self>>> {
        let is_named = |log: &Self| how.from.is_none_or(|from| from.name == log.syntax.name());
        let mut found = Self::open(head.bytes(), head.is_whole()).filter(is_named);
        let limit = usize::try_from(how.options.max_record).unwrap_or(usize::MAX);
        while found.is_none() && how.from.is_some() {
            found = Self::open_within(head.bytes(), head.is_whole(), limit).filter(is_named);
            if found.is_none() && !head.read_on()? {
                break;
            }
        }
        Ok(found.map(|log| OpenedText::new(log.with_times(how.times.cloned()))))
    }

    fn row(&self) -> &'static FormatRow {
        let name = self.syntax.name();
        Self::ROWS.iter().find(|row| row.name == name).unwrap_or(&Self::ROWS[1])
    }

    fn column_names(&self) -> Vec<String> {
        self.column_names()
    }

    fn column_ids(&self) -> Vec<Box<str>> {
        types::column_ids(&self.shape)
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

    fn relearned(&self, learned: &Learned, _: &[Kinds]) -> Option<Self> {
        self.relearned(learned)
    }

    fn warnings(&self, learned: &Learned) -> Vec<Warning> {
        self.warnings(learned)
    }

    fn help(&self, _: Code) -> &'static str {
        "set such events and objects aside with ⟦on-bad-row⟧ reject"
    }
}
