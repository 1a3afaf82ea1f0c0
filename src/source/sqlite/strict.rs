//! Rules of OCEL for the tables of a database: questions whose answers are violations.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::error::Result;
use crate::model::kind::Kind;
use crate::model::ocel::{Declared, OcelSide, type_name};
use crate::source::sqlite::rows::bytes_of;
use crate::source::sqlite::{Database, TableInfo, Tables, declared, not_text, quoted, text};
use crate::text::Flow;
use crate::text::ocel::strict::Rule;

/// Is told of a violation: the table, the row's number, the rule and what is wrong.
pub type FoundFn<'f> = dyn FnMut(&str, Option<i64>, Rule, String) -> Flow + 'f;

/// A question. The first column of an answer is the row's number, the second what the sentence is about.
struct Question {
    table: String,
    sql: String,
    rule: Rule,
    /// The sentence, with `{}` for what it is about.
    sentence: String,
}

/// A text that begins like a time of ISO 8601.
const TIME: &str = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:[0-9][0-9]*'";

/// Columns that are no attributes.
const FIXED: [&str; 3] = ["ocel_id", "ocel_time", "ocel_changed_field"];

impl Database {
    /// Asks for all that breaks a rule, until `found` has seen enough.
    ///
    /// # Errors
    /// [`Code::Sqlite`](crate::error::Code::Sqlite) if the file can't be read.
    pub fn hold(&self, found: &mut FoundFn<'_>) -> Result<()> {
        for warning in self.warnings.iter().chain(&self.left_out) {
            if found("sqlite_schema", None, Rule::Tables, warning.clone()) == Flow::Stop {
                return Ok(());
            }
        }
        self.connections.ask(|connection| self.ask_all(connection, found))
    }

    fn ask_all(&self, connection: &Connection, found: &mut FoundFn<'_>) -> rusqlite::Result<()> {
        let tables = Tables::of(connection)?;
        let mut asked = Asked::default();
        for info in self.known(&tables) {
            let (mut stopped, rule) = (false, Rule::WellFormed);
            not_text::find(connection, info, &mut |row, column| {
                let flow =
                    found(&info.name, row, rule, format!("a text in the column {column:?} is not UTF-8"));
                stopped = flow == Flow::Stop;
                flow
            })?;
            if stopped {
                return Ok(());
            }
        }
        if self.version == "1.0" {
            asked.version_1(&tables);
        } else {
            asked.version_2(self, &tables);
        }
        for Question { table, sql, rule, sentence } in asked.questions {
            let mut statement = connection.prepare(&sql)?;
            let mut answers = statement.query([])?;
            while let Some(answer) = answers.next()? {
                let about = bytes_of(answer.get_ref(1)?);
                let what = sentence.replace("{}", &format!("{:?}", String::from_utf8_lossy(&about)));
                if found(&table, answer.get(0)?, rule, what) == Flow::Stop {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The tables of the types of a side, each once, with the names of the types.
    fn with_types<'t>(&'t self, tables: &'t Tables, side: OcelSide) -> Vec<(&'t TableInfo, Vec<&'t str>)> {
        let mut with: Vec<(&TableInfo, Vec<&str>)> = Vec::new();
        for (of, name) in self.shape.types(side).iter().zip(&self.tables_of[side as usize]) {
            let Some(info) = name.as_deref().and_then(|name| tables.find(name)) else { continue };
            match with.iter_mut().find(|(known, _)| known.name == info.name) {
                Some((_, types)) => types.push(&of.name),
                None => with.push((info, vec![&of.name])),
            }
        }
        with
    }

    /// The tables of the log.
    fn known<'t>(&self, tables: &'t Tables) -> impl Iterator<Item = &'t TableInfo> {
        let names = match self.version {
            "1.0" => &["EVENTS", "OBJECTS", "RELATIONS"][..],
            _ => &["event_map_type", "object_map_type", "event", "object", "event_object", "object_object"],
        };
        let of_types = self.tables_of.iter().flatten().flatten().map(String::as_str);
        let known: HashSet<&str> = names
            .iter()
            .copied()
            .chain(of_types)
            .filter_map(|name| tables.find(name))
            .map(|it| &*it.name)
            .collect();
        tables.all.iter().filter(move |it| known.contains(&*it.name))
    }
}

/// Questions as they come together.
#[derive(Default)]
struct Asked {
    questions: Vec<Question>,
}

impl Asked {
    /// Adds one about the rows of a table that `condition` picks; `about` is what the sentence names.
    fn rows(&mut self, info: &TableInfo, about: &str, condition: &str, rule: Rule, sentence: &str) {
        let name = quoted(&info.name);
        let number = info.rowid.unwrap_or("NULL");
        let sql = format!("SELECT {number}, CAST({about} AS TEXT) FROM {name} WHERE {condition} ORDER BY 1");
        self.questions.push(Question { table: info.name.clone(), sql, rule, sentence: sentence.to_owned() });
    }

    /// Identifiers of a table that lists events or objects.
    fn identifiers(&mut self, info: &TableInfo, id: &str, word: &str) {
        let Some(id) = info.column(id).map(quoted) else { return };
        self.rows(info, "NULL", &format!("{id} IS NULL"), Rule::Complete, "a row has no identifier");
        let sentence = format!("the identifier of an {word} is an empty text");
        self.rows(info, "NULL", &format!("{id} = ''"), Rule::Complete, &sentence);
        let sentence = format!("the identifier {{}} is that of an earlier {word}");
        self.again(info, &id, "1", Rule::Identifiers, &sentence);
    }

    /// Events or objects without a type, or with one that has no name.
    fn without_type(&mut self, info: &TableInfo, of: &str, word: &str) {
        let sentence = format!("an {word} has no type");
        self.rows(info, "NULL", &format!("{of} IS NULL"), Rule::Complete, &sentence);
        let sentence = format!("the type of an {word} is an empty text");
        self.rows(info, "NULL", &format!("{of} = ''"), Rule::Complete, &sentence);
    }

    /// Rows among those that `condition` picks whose identifier an earlier one of these has.
    fn again(&mut self, info: &TableInfo, id: &str, condition: &str, rule: Rule, sentence: &str) {
        let Some(rowid) = info.rowid else { return };
        let earlier =
            format!("SELECT min({rowid}) FROM {} WHERE {condition} GROUP BY {id}", quoted(&info.name));
        let condition = format!("({condition}) AND {id} IS NOT NULL AND {rowid} NOT IN ({earlier})");
        self.rows(info, id, &condition, rule, sentence);
    }

    /// Rows of a type's table that say again what an earlier one says, or not since when.
    fn once(&mut self, info: &TableInfo, side: OcelSide) {
        let Some(id) = info.column("ocel_id").map(quoted) else { return };
        if side == OcelSide::Event {
            self.again(info, &id, "1", Rule::Identifiers, "the event {} has an earlier row");
            return;
        }
        let (Some(time), Some(field)) = (info.column("ocel_time"), info.column("ocel_changed_field")) else {
            return;
        };
        let (time, field) = (quoted(time), quoted(field));
        let none = format!("{time} IS NULL OR {time} = ''");
        self.rows(info, &id, &none, Rule::Complete, "a row of the object {} has no time");
        let first = format!("({field} IS NULL OR {field} = '') AND substr({time}, 1, 10) = '1970-01-01'");
        self.again(info, &id, &first, Rule::Attributes, "the object {} has first values in an earlier row");
    }

    /// Relations: both ends are there, and each of them once.
    fn relations(
        &mut self,
        info: &TableInfo,
        ends: [(&str, Option<(&TableInfo, &str)>); 2],
        qualifier: &str,
    ) {
        for (end, listed) in ends {
            let (Some(end), Some((listed, id))) = (info.column(end), listed) else { continue };
            let (end, Some(id)) = (quoted(end), listed.column(id)) else { continue };
            let known = format!("SELECT CAST({} AS TEXT) FROM {}", quoted(id), quoted(&listed.name));
            self.rows(
                info,
                &end,
                &format!(
                    "{end} IS NULL OR CAST({end} AS TEXT) NOT IN ({known} WHERE {} IS NOT NULL)",
                    quoted(id)
                ),
                Rule::References,
                &format!("{{}} is related and not in {}", listed.name),
            );
        }
        let columns: Vec<String> =
            [ends[0].0, ends[1].0, qualifier].iter().filter_map(|it| info.column(it)).map(quoted).collect();
        let Some(rowid) = info.rowid.filter(|_| columns.len() >= 2) else { return };
        let first =
            format!("SELECT min({rowid}) FROM {} GROUP BY {}", quoted(&info.name), columns.join(", "));
        self.rows(
            info,
            &columns[1],
            &format!("{rowid} NOT IN ({first})"),
            Rule::Relations,
            "the same relation to {} is there twice",
        );
    }

    fn times(&mut self, info: &TableInfo, time: &str, is_needed: bool) {
        let Some(time) = info.column(time).map(quoted) else { return };
        if is_needed {
            self.rows(info, "NULL", &format!("{time} IS NULL"), Rule::Complete, "an event has no time");
        }
        self.rows(
            info,
            &time,
            &format!("{time} IS NOT NULL AND NOT (typeof({time}) = 'text' AND {time} {TIME})"),
            Rule::Times,
            "expected a time such as 2024-02-29T12:00:00Z, found {}",
        );
    }

    /// Values of the columns of a table are of the types that these are declared to have.
    fn values(&mut self, info: &TableInfo) {
        for (column, words) in &info.columns {
            if FIXED.iter().any(|fixed| fixed.eq_ignore_ascii_case(column)) {
                continue;
            }
            let name = quoted(column);
            let (kind, fits) = match declared(words) {
                Declared::As(Kind::Int) => (Kind::Int, format!("typeof({name}) = 'integer'")),
                Declared::As(Kind::Float) => (Kind::Float, format!("typeof({name}) IN ('integer', 'real')")),
                Declared::As(Kind::Bool) => (Kind::Bool, format!("{name} IN (0, 1, 'true', 'false')")),
                Declared::As(Kind::Time) => (Kind::Time, format!("{name} {TIME}")),
                Declared::As(_) | Declared::Not => continue,
            };
            self.rows(
                info,
                &name,
                &format!("{name} IS NOT NULL AND NOT ({fits})"),
                Rule::Values,
                &format!("{column:?} is declared as {} and its value is {{}}", type_name(kind)),
            );
        }
    }

    fn version_2(&mut self, database: &Database, tables: &Tables) {
        for (side, word) in [(OcelSide::Event, "event"), (OcelSide::Object, "object")] {
            let all = tables.find(word);
            let maps = tables.find(&format!("{word}_map_type"));
            if let Some(all) = all {
                self.identifiers(all, "ocel_id", word);
                if let Some(of) = all.column("ocel_type").map(quoted) {
                    self.without_type(all, &of, word);
                    if let Some(known) = maps.and_then(|it| it.column("ocel_type").map(|of| (it, of))) {
                        let known = format!("SELECT {} FROM {}", quoted(known.1), quoted(&known.0.name));
                        self.rows(
                            all,
                            &of,
                            &format!("{of} <> '' AND {of} NOT IN ({known} WHERE ocel_type IS NOT NULL)"),
                            Rule::Types,
                            &format!("the {word} type {{}} is not in {word}_map_type"),
                        );
                    }
                }
            }
            if let Some((maps, of)) = maps.and_then(|it| it.column("ocel_type").map(|of| (it, quoted(of)))) {
                let condition = format!("{of} IS NULL OR {of} = ''");
                self.rows(maps, "NULL", &condition, Rule::Types, &format!("an {word} type has no name"));
            }
            for (info, types) in database.with_types(tables, side) {
                self.times(info, "ocel_time", side == OcelSide::Event);
                self.values(info);
                self.once(info, side);
                self.typed(info, all, &types, side, word);
            }
        }
        let listed = |word: &str| tables.find(word).map(|it| (it, "ocel_id"));
        if let Some(info) = tables.find("event_object") {
            let ends = [("ocel_event_id", listed("event")), ("ocel_object_id", listed("object"))];
            self.relations(info, ends, "ocel_qualifier");
        }
        if let Some(info) = tables.find("object_object") {
            let ends = [("ocel_source_id", listed("object")), ("ocel_target_id", listed("object"))];
            self.relations(info, ends, "ocel_qualifier");
        }
    }

    /// Rows of the table of a type, or of several, are those of its events or objects.
    fn typed(
        &mut self,
        info: &TableInfo,
        all: Option<&TableInfo>,
        types: &[&str],
        side: OcelSide,
        word: &str,
    ) {
        let (Some(id), Some(all)) = (info.column("ocel_id"), all) else { return };
        let (Some(listed), Some(of)) = (all.column("ocel_id"), all.column("ocel_type")) else { return };
        let (id, listed, of) = (quoted(id), quoted(listed), quoted(of));
        let told: Vec<String> = types.iter().map(|name| format!("{name:?}")).collect();
        let told = told.join(" or ");
        let types: Vec<String> = types.iter().map(|name| text(name)).collect();
        let is_of_type = format!("{of} IN ({})", types.join(", "));
        let known = format!(
            "SELECT CAST({listed} AS TEXT) FROM {} WHERE {is_of_type} AND {listed} IS NOT NULL",
            quoted(&all.name)
        );
        let sentence = format!("{{}} is not listed in {} as of type {told}", all.name);
        self.rows(
            info,
            &id,
            &format!("{id} IS NULL OR CAST({id} AS TEXT) NOT IN ({known})"),
            Rule::References,
            &sentence,
        );
        if side == OcelSide::Event {
            let rows =
                format!("SELECT CAST({id} AS TEXT) FROM {} WHERE {id} IS NOT NULL", quoted(&info.name));
            let condition = format!("{is_of_type} AND CAST({listed} AS TEXT) NOT IN ({rows})");
            let sentence = format!("the {word} {{}} has no row in {}", info.name);
            self.rows(all, &listed, &condition, Rule::Complete, &sentence);
            return;
        }
        let Some(field) = info.column("ocel_changed_field").map(quoted) else { return };
        let names: Vec<String> = info
            .columns
            .iter()
            .map(|(name, _)| name)
            .filter(|name| FIXED.iter().all(|fixed| !fixed.eq_ignore_ascii_case(name)))
            .map(|name| text(name))
            .collect();
        self.rows(
            info,
            &field,
            &format!("{field} IS NOT NULL AND {field} <> '' AND {field} NOT IN ({})", names.join(", ")),
            Rule::Attributes,
            &format!("ocel_changed_field names {{}}, which is no attribute of {told}"),
        );
    }

    fn version_1(&mut self, tables: &Tables) {
        let (events, objects) = (tables.find("EVENTS"), tables.find("OBJECTS"));
        if let Some(info) = events {
            self.identifiers(info, "ocel:eid", "event");
            if let Some(of) = info.column("ocel:activity").map(quoted) {
                self.without_type(info, &of, "event");
            }
            self.times(info, "ocel:timestamp", true);
        }
        if let Some(info) = objects {
            self.identifiers(info, "ocel:oid", "object");
            if let Some(of) = info.column("ocel:type").map(quoted) {
                self.without_type(info, &of, "object");
            }
        }
        if let Some(info) = tables.find("RELATIONS") {
            let ends = [
                ("ocel:eid", events.map(|it| (it, "ocel:eid"))),
                ("ocel:oid", objects.map(|it| (it, "ocel:oid"))),
            ];
            self.relations(info, ends, "ocel:qualifier");
        }
    }
}
