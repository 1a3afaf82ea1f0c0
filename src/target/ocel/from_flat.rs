//! A flat table of events, as pm4py writes OCEL to CSV, to OCEL 2.0 as JSON: a row for each event, a column
//! `ocel:type:T` for each type of objects with a list of those that the event is related to.
//!
//! Objects have an identifier and a type, and nothing more; relations have no qualifier. The identifiers of
//! all objects are held in memory.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;

use arrow::array::RecordBatch;
use serde_json::{Value, json};

use crate::error::{Code, Error, Result};
use crate::observer::Observer;
use crate::target::ocel::bundle::read_table;
use crate::target::ocel::write_failed;
use crate::target::values::BatchColumn;

/// Columns that every such table has.
pub const FLAT: [&str; 3] = ["ocel:eid", "ocel:activity", "ocel:timestamp"];
/// Before the name of a type, in the name of the column with its objects.
pub const OF_TYPE: &str = "ocel:type:";

/// The columns of a batch, by what they are.
struct Row {
    fixed: [BatchColumn; 3],
    types: Vec<(String, BatchColumn)>,
    attributes: Vec<(String, BatchColumn)>,
}

impl Row {
    fn of(batch: &RecordBatch) -> Result<Self> {
        let fixed = FLAT.map(|name| match batch.column_by_name(name) {
            Some(array) => BatchColumn::of(array),
            None => {
                Err(Error::new(Code::Header, format!("expected a column {name:?}, found no such column")))
            }
        });
        let [id, activity, time] = fixed;
        let (mut types, mut attributes) = (Vec::new(), Vec::new());
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            let name = field.name();
            if let Some(of) = name.strip_prefix(OF_TYPE) {
                types.push((of.to_owned(), BatchColumn::of(array)?));
            } else if !FLAT.contains(&name.as_str()) {
                attributes.push((name.clone(), BatchColumn::of(array)?));
            }
        }
        Ok(Self { fixed: [id?, activity?, time?], types, attributes })
    }

    /// The text of a fixed column.
    fn text(&self, place: usize, row: usize, number: u64) -> Result<String> {
        let values = &self.fixed[place];
        if values.is_null(row) {
            let what = format!("expected a value in column {:?}, found null", FLAT[place]);
            return Err(Error::new(Code::OcelRecord, what)
                .at_row(number)
                .help("every event has an identifier, an activity and a time"));
        }
        let mut out = String::new();
        values.write(row, "string", &mut out);
        Ok(out)
    }

    /// The objects of a row, by the number of their type.
    fn objects(&self, row: usize, number: u64, each: &mut dyn FnMut(usize, String)) -> Result<()> {
        let mut text = String::new();
        for (place, (name, values)) in self.types.iter().enumerate() {
            if values.is_null(row) {
                continue;
            }
            values.write(row, "string", &mut text);
            let list = list(&text).ok_or_else(|| {
                let what = format!(
                    "expected a list such as ['o1', 'o2'] in column {:?}, found {text:?}",
                    format!("{OF_TYPE}{name}")
                );
                Error::new(Code::OcelRecord, what)
                    .at_row(number)
                    .help("correct the row, or use ⟦from⟧ csv to convert the table as it is")
            })?;
            list.into_iter().for_each(|id| each(place, id));
        }
        Ok(())
    }
}

/// What OCEL 2.0 calls the values of a column.
fn type_of(values: &BatchColumn) -> &'static str {
    match values {
        BatchColumn::Int(_) => "integer",
        BatchColumn::Float(_) => "float",
        BatchColumn::Bool(_) => "boolean",
        BatchColumn::Micros(_) | BatchColumn::Nanos(_) => "time",
        BatchColumn::Text(_)
        | BatchColumn::Bytes(_)
        | BatchColumn::Struct(..)
        | BatchColumn::List(..)
        | BatchColumn::Other(_) => "string",
    }
}

/// Writes the flat table of events in the Parquet file `table` as OCEL 2.0 JSON.
///
/// # Errors
/// [`Code::Header`] without the columns of such a table, [`Code::OcelRecord`] for a row that is no event;
/// what is wrong with the files.
pub fn from_flat(table: &Path, out: &mut dyn Write, observer: &Observer) -> Result<()> {
    let put = |out: &mut dyn Write, text: &str| {
        out.write_all(text.as_bytes()).map_err(|error| write_failed(&error))
    };
    let mut event_types: Vec<(String, Vec<bool>)> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut objects: Vec<(Vec<String>, HashSet<String>)> = Vec::new();
    let mut declared: Vec<(String, &'static str)> = Vec::new();
    let mut types: Vec<String> = Vec::new();
    let mut number = 0;
    for batch in read_table(table)? {
        observer.check()?;
        let batch = batch?;
        let columns = Row::of(&batch)?;
        if types.is_empty() {
            types = columns.types.iter().map(|(name, _)| name.clone()).collect();
            objects = types.iter().map(|_| Default::default()).collect();
            declared =
                columns.attributes.iter().map(|(name, values)| (name.clone(), type_of(values))).collect();
        }
        for row in 0..batch.num_rows() {
            number += 1;
            let activity = columns.text(1, row, number)?;
            let place = *by_name.entry(activity).or_insert_with_key(|name| {
                event_types.push((name.clone(), vec![false; declared.len()]));
                event_types.len() - 1
            });
            for ((_, values), used) in columns.attributes.iter().zip(&mut event_types[place].1) {
                *used |= !values.is_null(row);
            }
            columns.objects(row, number, &mut |of, id| {
                if objects[of].1.insert(id.clone()) {
                    objects[of].0.push(id);
                }
            })?;
        }
    }
    let events = event_types.iter().map(|(name, used)| {
        let own = declared.iter().zip(used).filter(|(_, used)| **used);
        let attributes: Vec<Value> = own.map(|((name, of), _)| json!({"name": name, "type": of})).collect();
        json!({"name": name, "attributes": attributes})
    });
    let events = Value::from(events.collect::<Vec<_>>());
    let kinds = types.iter().map(|name| json!({"name": name, "attributes": []})).collect::<Vec<_>>();
    put(
        out,
        &format!("{{\"eventTypes\": {events},\n\"objectTypes\": {},\n\"events\": [", Value::from(kinds)),
    )?;
    number = 0;
    for batch in read_table(table)? {
        observer.check()?;
        let batch = batch?;
        let columns = Row::of(&batch)?;
        for row in 0..batch.num_rows() {
            number += 1;
            let mut attributes = Vec::new();
            let mut text = String::new();
            for (name, values) in columns.attributes.iter().filter(|(_, values)| !values.is_null(row)) {
                values.write(row, "string", &mut text);
                attributes.push(json!({"name": name, "value": text}));
            }
            let mut related = Vec::new();
            columns
                .objects(row, number, &mut |_, id| related.push(json!({"objectId": id, "qualifier": ""})))?;
            let event = json!({
                "id": columns.text(0, row, number)?,
                "type": columns.text(1, row, number)?,
                "time": columns.text(2, row, number)?,
                "attributes": attributes,
                "relationships": related,
            });
            put(out, if number == 1 { "\n" } else { ",\n" })?;
            put(out, &event.to_string())?;
        }
    }
    put(out, "],\n\"objects\": [")?;
    let all = types.iter().zip(&objects).flat_map(|(name, (ids, _))| ids.iter().map(move |id| (name, id)));
    for (place, (name, id)) in all.enumerate() {
        put(out, if place == 0 { "\n" } else { ",\n" })?;
        put(out, &json!({"id": id, "type": name}).to_string())?;
    }
    put(out, "]}\n")
}

/// What pandas and Python write where there is no value, outside of quotes.
const NONE: [&str; 4] = ["", "nan", "NaN", "None"];

/// The items of a list as Python or JSON write it; what is no list is one item. `None` if a list does not end
/// or is none.
fn list(text: &str) -> Option<Vec<String>> {
    let trimmed = text.trim();
    let Some(inner) = trimmed.strip_prefix('[') else {
        return Some(if NONE.contains(&trimmed) { Vec::new() } else { vec![trimmed.to_owned()] });
    };
    let mut rest = inner.strip_suffix(']')?.trim();
    let mut items = Vec::new();
    while !rest.is_empty() {
        rest = match rest.chars().next()? {
            quote @ ('\'' | '"') => {
                let (item, behind) = quoted(&rest[1..], quote)?;
                items.push(item);
                behind
            }
            _ => {
                let end = rest.find(',').unwrap_or(rest.len());
                let item = rest[..end].trim();
                items.extend(Some(item).filter(|it| !NONE[1..].contains(it)).map(str::to_owned));
                &rest[end..]
            }
        };
        rest = rest.trim_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None if rest.is_empty() => {}
            None => return None,
        }
    }
    Some(items)
}

/// The text up to a quote, with what is escaped in it, and what follows.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some((out, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                kind @ ('x' | 'u' | 'U') => {
                    let digits = match kind {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    let code: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
                    out.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
                }
                other => out.push(other),
            },
            _ => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_python_and_json_write_them() {
        for (text, items) in [
            ("['o1', 'o2']", vec!["o1", "o2"]),
            ("[\"it's\", 'a \"b\"']", vec!["it's", "a \"b\""]),
            (r"['a\'b', 'c\\d', '\xe9\u20ac']", vec!["a'b", "c\\d", "é€"]),
            ("[]", vec![]),
            ("  [ 'a' , 7, ]", vec!["a", "7"]),
            ("o1", vec!["o1"]),
            ("['a, b']", vec!["a, b"]),
            ("nan", vec![]),
            ("None", vec![]),
            ("[nan, 'nan', NaN, 'a', None]", vec!["nan", "a"]),
            ("'nan'", vec!["'nan'"]),
        ] {
            assert_eq!(list(text).unwrap(), items, "{text}");
        }
        for text in ["['o1'", "['o1' 'o2']", "['o1", "[", r"['\uD800']"] {
            assert_eq!(list(text), None, "{text}");
        }
    }
}
