//! Object-centric logs: OCEL 2.0 and 1.0.
//!
//! ```text
//! log.rs      the items of a log, whatever the syntax
//! json.rs     text of JSON -> entries, json_quick.rs for their usual shape, json_look.rs for a first look
//! gaps.rs     what stands between the values of a usual record, compared with what stood there before
//! xml.rs      text of XML -> entries, xml_quick.rs for their usual shape, xml_look.rs for a first look,
//!             xml_content.rs for what text means
//! types.rs    declarations of types, and what the whole log says of its types
//! strict.rs   entries against the standard
//! sheets.rs   entries -> rows of many tables, and what is learned beside them
//! log_text.rs how it is recognised and opened, and what it tells beside rows
//! mod.rs      where a record may start, and how that is guessed
//! ```
//!
//! A record is an event or an object. The sections of a log may come in any order, so what is between records
//! is read as it comes: declarations of types are learned, and if they say something else than was known, the
//! log is read once more.

mod gaps;
mod json;
mod json_look;
mod json_quick;
mod log;
mod log_text;
pub mod sheets;
pub mod strict;
pub mod types;
mod xml;
mod xml_content;
mod xml_look;
mod xml_quick;

use std::sync::Arc;

use self::json::JsonItems;
use self::log::{LOOK, OcelLog};
use self::sheets::Sheets;
use self::strict::OcelRules;
use self::types::Declarations;
use self::xml::XmlItems;
use self::xml_content::Content;
use super::items::{RecordSearch, parse};
use super::{Boundary, Exit, ParseTask, RowSink, TextFormat, TextSlice, padding};
use crate::error::{Code, Error, Result};
use crate::model::figures::agreeing;
use crate::model::ocel::{Declared, OcelShape, OcelSide, OcelType, counted, type_name};
use crate::model::table::{BadRow, Learned, Remark};
use crate::model::time_format::TimeFormat;
use crate::model::warning::{Warning, WarningCode};

/// The syntaxes in which a log can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcelSyntax {
    /// JSON of OCEL 2.0: sections are arrays.
    Json2,
    /// JSON of OCEL 1.0: sections are objects, keyed by identifiers; or arrays, as some programs write them.
    Json1,
    /// XML of OCEL 2.0.
    Xml2,
    /// XML of OCEL 1.0: what an element means is said by a key.
    Xml1,
    /// Tables of an SQLite file, which are asked and not parsed.
    Sqlite,
}

impl OcelSyntax {
    /// The name that `--from` accepts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json2 | Self::Json1 => "ocel-json",
            Self::Xml2 | Self::Xml1 => "ocel-xml",
            Self::Sqlite => "ocel-sqlite",
        }
    }

    /// Whether the syntax is XML.
    pub fn is_xml(self) -> bool {
        matches!(self, Self::Xml2 | Self::Xml1)
    }

    /// The version of the standard that a text follows.
    fn version(self) -> &'static str {
        match self {
            Self::Json2 | Self::Xml2 | Self::Sqlite => "2.0",
            Self::Json1 | Self::Xml1 => "1.0",
        }
    }
}

/// State of the grammar between records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcelPlace {
    /// At the very start.
    Start,
    /// Between the sections of the log.
    Log,
    /// The place is between two events.
    Events,
    /// The place is between two objects.
    Objects,
    /// Among events or objects that carry their identifiers, where others are keyed by these: in an array of
    /// OCEL 1.0.
    Listed(OcelSide),
    /// Behind an event, an object or a section, what follows which is at fault.
    After(OcelParent),
    /// After the end of the log.
    End,
}

/// What contains an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcelParent {
    /// The log, which contains sections.
    Log,
    /// The section of events.
    Events,
    /// The section of objects.
    Objects,
    /// Events or objects that carry their identifiers.
    Listed(OcelSide),
}

impl OcelParent {
    /// The place of what stands in it.
    fn place(self) -> OcelPlace {
        match self {
            Self::Log => OcelPlace::Log,
            Self::Events => OcelPlace::Events,
            Self::Objects => OcelPlace::Objects,
            Self::Listed(side) => OcelPlace::Listed(side),
        }
    }
}

impl OcelPlace {
    /// What the records here are.
    fn side(self) -> Option<OcelSide> {
        match self {
            Self::Events => Some(OcelSide::Event),
            Self::Objects => Some(OcelSide::Object),
            Self::Listed(side) => Some(side),
            Self::Start | Self::Log | Self::After(_) | Self::End => None,
        }
    }

    /// The place behind what stands here, if what follows is at fault.
    fn after(self) -> Self {
        match self {
            Self::Events => Self::After(OcelParent::Events),
            Self::Objects => Self::After(OcelParent::Objects),
            Self::Listed(side) => Self::After(OcelParent::Listed(side)),
            Self::Start | Self::Log | Self::End => Self::After(OcelParent::Log),
            Self::After(_) => self,
        }
    }
}

/// An object-centric event log: its syntax, types and what is known of its sections.
#[derive(Debug, Clone)]
pub struct Ocel {
    /// Syntax and version in which the log is written.
    pub syntax: OcelSyntax,
    /// The version of the standard.
    pub version: &'static str,
    /// Event types and object types with their attributes, hence the tables.
    pub shape: Arc<OcelShape>,
    /// The part of these that is declared.
    pub declared: Arc<Declarations>,
    /// The layout of its times, where they are not those of the standard.
    pub times: Option<TimeFormat>,
    /// Where its text begins, behind a byte order mark.
    start: u64,
    plainly: bool,
    /// Whether a document type of XML is told and gone past.
    past_doctype: bool,
}

impl Ocel {
    /// The log that begins with `text`, if it is one; `whole` if there is no more of it.
    pub fn open(text: &[u8], whole: bool) -> Option<Self> {
        Self::open_within(text, whole, json_look::HEAD)
    }

    /// The same, if the first `look` bytes show it.
    pub fn open_within(text: &[u8], whole: bool, look: usize) -> Option<Self> {
        let found = json_look::detect(text, whole, look);
        let (syntax, start) = found.or_else(|| xml_look::detect(text, look))?;
        let declared = types::look(text, whole, syntax, start);
        let shape = declared.shape();
        Some(Self {
            syntax,
            version: syntax.version(),
            shape: Arc::new(shape),
            declared: Arc::new(declared),
            times: None,
            start: start as u64,
            plainly: false,
            past_doctype: false,
        })
    }

    /// Whether the first `look` bytes of a text show that it is an object-centric log; `whole` if there is no
    /// more of it.
    pub fn is_log(text: &[u8], whole: bool, look: usize) -> bool {
        json_look::detect(text, whole, look).is_some() || xml_look::detect(text, look).is_some()
    }

    /// Where an object-centric log stands within JSON that is none itself, if it does.
    pub fn wrapped(text: &[u8]) -> Option<String> {
        json_look::wrapped(text)
    }

    /// The same log, read by the plain reader alone: the twin of the quick one.
    pub fn plainly(self) -> Self {
        Self { plainly: true, ..self }
    }

    /// The same log, to be held against its standard: a document type is one fault more, and what stands
    /// behind it is read.
    pub fn past_doctype(self) -> Self {
        Self { past_doctype: true, ..self }
    }

    /// The same log, whose times may be laid out so, or as the standard has them: first values mostly are,
    /// whatever the others are.
    pub fn with_times(self, times: Option<TimeFormat>) -> Self {
        Self { times: times.map(TimeFormat::or_usual), ..self }
    }

    /// The log of this version in the tables of a database.
    pub fn of_tables(version: &'static str, shape: OcelShape) -> Self {
        let (syntax, declared, times) = (OcelSyntax::Sqlite, Arc::default(), None);
        Self {
            syntax,
            version,
            shape: Arc::new(shape),
            declared,
            times,
            start: 0,
            plainly: false,
            past_doctype: false,
        }
    }

    /// The log with the types that the whole text turned out to have; `None` if these are the ones that it
    /// has.
    pub fn relearned(&self, learned: &Learned) -> Option<Self> {
        if self.syntax == OcelSyntax::Sqlite {
            return None;
        }
        let (declared, shape) = types::learned(self, learned);
        if *self.shape == shape && *self.declared == declared {
            return None;
        }
        Some(Self { shape: Arc::new(shape), declared: Arc::new(declared), ..self.clone() })
    }

    /// The word by which an attribute is declared, if it is.
    pub fn declared_word(&self, side: OcelSide, of: &OcelType, attribute: &str) -> Option<&str> {
        match self.syntax {
            // Its declarations are those of tables' columns.
            OcelSyntax::Sqlite => match of.attributes.get(of.attribute(attribute)?)?.declared {
                Declared::As(kind) => Some(type_name(kind)),
                Declared::Not => None,
            },
            _ => self.declared.word(side, &of.name, attribute),
        }
    }

    /// Warnings about its types and what was met.
    pub fn warnings(&self, learned: &Learned) -> Vec<Warning> {
        let odd = |what: String| {
            Warning::new(WarningCode::Nonstandard, what)
                .help("logflow validate lists all violations of the standard")
        };
        let kept = |what: String| {
            Warning::new(WarningCode::KeptBeside, what).help(
                "docs/ocel.md describes where it is kept; logflow validate lists all violations of the standard",
            )
        };
        let mut warnings: Vec<Warning> = self.declared.odd.iter().cloned().map(odd).collect();
        for (side, entry) in [(OcelSide::Event, "event"), (OcelSide::Object, "object")] {
            for (index, of) in self.shape.types(side).iter().enumerate() {
                let table = self.shape.table_of(side, index);
                let met = learned.first.get(self.shape.columns(table).start);
                if !of.declared && self.version != "1.0" {
                    warnings.push(odd(format!("{entry} type {:?} is used but not declared", of.name)));
                } else if of.declared && met.is_none_or(|first| *first == Learned::NEVER) {
                    let what = format!("{entry} type {:?} is declared but not used", of.name);
                    warnings.push(Warning::new(WarningCode::TypeUnused, what).help(format!(
                        "nothing is lost; check the source if there should be {entry}s of this type"
                    )));
                }
                // Columns of an SQLite file are declared by being there.
                let is_told = of.declared && self.syntax != OcelSyntax::Sqlite;
                for attribute in of.attributes.iter().filter(|_| is_told) {
                    if self.declared.word(side, &of.name, &attribute.name).is_none() && self.version != "1.0"
                    {
                        let (name, of) = (&attribute.name, &of.name);
                        warnings.push(odd(format!(
                            "attribute {name:?} of {entry} type {of:?} is used but not declared"
                        )));
                    }
                }
            }
        }
        let twice = learned.notes.iter().filter(|note| matches!(note.what, Remark::Loose(_)));
        if let Some(first) = twice.clone().next() {
            let count = twice.count() as u64;
            let values = agreeing(count, "value", "values");
            let have = agreeing(count, "has", "have");
            let what = format!(
                "{count} {values} of attributes that occur twice in an event {have} no place in a row, first at byte {}; kept in the metadata",
                first.at
            );
            warnings.push(kept(what).counted(count).at_byte(first.at));
        }
        for note in &learned.notes {
            match &note.what {
                Remark::Odd(what, count) if self.syntax == OcelSyntax::Sqlite => {
                    warnings.push(odd(counted(*count, what)).counted(*count));
                }
                Remark::Odd(padding::BEHIND, count) => {
                    warnings.push(padding::warning(*count, note.at, padding::STRICT))
                }
                Remark::Odd(what, count) => {
                    let first = agreeing(*count, "", "first ");
                    let read = if *what == json::BARE { ": read as if they had it" } else { "" };
                    let what = format!("{}, {first}at byte {}{read}", counted(*count, what), note.at);
                    warnings.push(odd(what).counted(*count).at_byte(note.at));
                }
                Remark::Section(key, _) if self.keeps(key) => {
                    let what = format!("section {key:?} is not part of the standard; kept in the metadata");
                    warnings.push(kept(what).counted(1).at_byte(note.at));
                }
                Remark::EmptyGroup(_) | Remark::Loose(_) | Remark::Section(..) => {}
            }
        }
        warnings
    }

    /// Whether a section of this name is kept as it is, because nothing of it is in the tables.
    fn keeps(&self, key: &str) -> bool {
        match self.syntax {
            OcelSyntax::Json1 => {
                !key.starts_with("ocel:") && !matches!(key, "global-log" | "global-event" | "global-object")
            }
            OcelSyntax::Xml1 => key != "global",
            OcelSyntax::Json2 | OcelSyntax::Xml2 | OcelSyntax::Sqlite => {
                types::SECTIONS.iter().all(|(known, _)| *known != key)
            }
        }
    }

    /// Metadata of the log, as JSON.
    pub fn metadata(&self, learned: &Learned) -> serde_json::Value {
        let mut sections = serde_json::Map::new();
        let mut twice = Vec::new();
        for note in &learned.notes {
            match &note.what {
                Remark::Section(key, text) if self.keeps(key) || self.version == "1.0" => {
                    let mut name = key.clone();
                    let mut number = 1;
                    while sections.contains_key(&name) {
                        number += 1;
                        name = format!("{key}:{number}");
                    }
                    // What JSON itself has no word for, such as NaN, stays text.
                    let value = serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into());
                    sections.insert(name, value);
                }
                Remark::Loose(text) => {
                    twice.push(serde_json::from_str::<serde_json::Value>(text).unwrap_or_default())
                }
                _ => {}
            }
        }
        serde_json::json!({"version": self.version, "sections": sections, "given_twice": twice})
    }

    /// The names of all columns of all tables.
    pub fn column_names(&self) -> Vec<String> {
        let name = |table: usize| {
            let file = self.shape.file(table);
            let file = file.trim_end_matches(".parquet").to_owned();
            self.shape.column_names(table).into_iter().map(move |column| format!("{file}:{column}"))
        };
        (0..self.shape.tables()).flat_map(name).collect()
    }
}

impl Ocel {
    /// Reads every record that starts before `end`, as [`TextFormat::parse`] does, and holds them against the
    /// standard.
    ///
    /// # Errors
    /// Those of a parse; [`Code::Internal`] for a database, which is no text.
    pub fn hold(
        &self,
        text: TextSlice<'_>,
        from: Boundary<OcelPlace>,
        end: u64,
        task: &mut ParseTask<'_>,
        rules: &OcelRules<'_>,
    ) -> Result<Exit<OcelPlace>> {
        let mut sink = rules;
        match self.syntax {
            OcelSyntax::Json2 | OcelSyntax::Json1 => {
                let items =
                    OcelLog::new(JsonItems::new(self.syntax, true), rules.entries(&json::OcelJsonUnescape));
                parse(items, text, from, end, task, &mut sink)
            }
            OcelSyntax::Xml2 | OcelSyntax::Xml1 => {
                let items = OcelLog::new(
                    XmlItems::new(self.syntax, true, self.past_doctype),
                    rules.entries(&Content),
                );
                parse(items, text, from, end, task, &mut sink)
            }
            OcelSyntax::Sqlite => Err(Error::new(Code::Internal, "a database is not a text format")),
        }
    }
}

impl TextFormat for Ocel {
    type State = OcelPlace;
    type Memory = ();

    fn first(&self) -> Boundary<OcelPlace> {
        Boundary { at: self.start, state: OcelPlace::Start }
    }

    fn guess(&self, text: TextSlice<'_>, at: u64) -> Boundary<OcelPlace> {
        if at <= self.start {
            return self.first();
        }
        let from = (at - text.base) as usize;
        let end = text.bytes.len().min(from.saturating_add(LOOK));
        let found = match self.syntax {
            OcelSyntax::Json2 | OcelSyntax::Json1 => {
                json_look::find_record(self.syntax, text.bytes, from, end, text.last)
            }
            OcelSyntax::Xml2 | OcelSyntax::Xml1 => xml_look::find_record(self.syntax, text.bytes, from, end),
            OcelSyntax::Sqlite => RecordSearch::None,
        };
        match found {
            RecordSearch::Record(start, place) => Boundary { at: text.base + start as u64, state: place },
            RecordSearch::None | RecordSearch::Short => {
                Boundary { at: text.base + text.bytes.len() as u64, state: OcelPlace::End }
            }
        }
    }

    fn check_end(&self, at: Boundary<OcelPlace>) -> Option<BadRow> {
        let code = match self.syntax {
            OcelSyntax::Json2 | OcelSyntax::Json1 => Code::Json,
            OcelSyntax::Xml2 | OcelSyntax::Xml1 => Code::Xml,
            OcelSyntax::Sqlite => return None,
        };
        let what = "expected the end of the log, found the end of the text";
        (at.state != OcelPlace::End).then(|| BadRow::at_end(at.at, code, what))
    }

    fn parse<K: RowSink>(
        &self,
        text: TextSlice<'_>,
        from: Boundary<OcelPlace>,
        end: u64,
        task: &mut ParseTask<'_>,
        sink: &mut K,
    ) -> Result<Exit<OcelPlace>> {
        match self.syntax {
            OcelSyntax::Json2 | OcelSyntax::Json1 => {
                let items = OcelLog::new(
                    JsonItems::new(self.syntax, self.plainly),
                    Sheets::new(&self.shape, &json::OcelJsonUnescape, self.times.as_ref()),
                );
                parse(items, text, from, end, task, sink)
            }
            OcelSyntax::Xml2 | OcelSyntax::Xml1 => {
                let items = OcelLog::new(
                    XmlItems::new(self.syntax, self.plainly, self.past_doctype),
                    Sheets::new(&self.shape, &Content, self.times.as_ref()),
                );
                parse(items, text, from, end, task, sink)
            }
            // Its rows come from elsewhere.
            OcelSyntax::Sqlite => Ok(Exit::Done(Boundary { at: end, state: OcelPlace::End })),
        }
    }
}
