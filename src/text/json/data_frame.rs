//! Data frames that were written by columns, by index, in parts or with a schema: JSON that is a table to
//! whoever wrote it, and would be a single row, or the rows of something else, to whoever reads it. They are
//! told and not read.
//!
//! It looks at the first [`HEAD`] bytes. A table is one only if its rows are numbered from 0 on, or its
//! members are those of such a table and no others, so that an object of settings or of counts is none.

use super::head::{HEAD, JsonHead, JsonLayout};
use super::lex;
use crate::model::warning::{Warning, WarningCode};

/// Help sentence for all of these.
const RECORDS: &str =
    "write one object for each row: in pandas, df.to_json(\"log.jsonl\", orient=\"records\", lines=True)";
/// Rows of a first column that show what it is if its end is not seen.
const SHOWN: usize = 100;

/// A warning if the text, whose head is `head`, is such a table. `whole`: there is no more of it than `text`.
pub fn warning(text: &[u8], whole: bool, head: &JsonHead) -> Option<Warning> {
    let look = &text[..text.len().min(HEAD)];
    let is_whole = whole && look.len() == text.len();
    if head.shape == JsonLayout::Array {
        return with_schema(look, head);
    }
    let object = FrameObject::read(look, head.body)?;
    // Several records that look so are rows.
    if object.end.is_some_and(|end| lex::space(look, end) < look.len()) || is_whole && object.end.is_none() {
        return None;
    }
    let what =
        by_columns(look, &object).or_else(|| by_index(look, &object)).or_else(|| in_parts(look, &object))?;
    let what =
        format!("the text looks like a data frame that was written {what}; it was read as a single row");
    Some(Warning::new(WarningCode::TableInOneRow, what).at_byte(head.body as u64).help(RECORDS))
}

/// `orient="table"`: the longest array of objects in front is that of the columns' descriptions.
fn with_schema(look: &[u8], head: &JsonHead) -> Option<Warning> {
    let is_schema =
        head.keys == ["schema", "fields"] && memchr::memmem::find(look, b"\"pandas_version\"").is_some();
    let what = "the rows describe the columns of a data frame, whose data is at /data";
    let warning = Warning::new(WarningCode::TableInOneRow, what).at_byte(head.body as u64);
    is_schema.then(|| warning.help(format!("give ⟦json-path⟧ /data to read the data, or {RECORDS}")))
}

/// The members of an object, as far as they are seen.
struct FrameObject<'t> {
    /// Key and place of the value of each member. The last one may be cut.
    members: Vec<(&'t [u8], usize)>,
    /// Where it ends; `None` if that is not seen.
    end: Option<usize>,
}

impl<'t> FrameObject<'t> {
    /// The object at `at`; `None` if none begins there, or it is not well formed.
    fn read(look: &'t [u8], at: usize) -> Option<Self> {
        let mut object = Self { members: Vec::new(), end: None };
        if look.get(at) != Some(&b'{') {
            return None;
        }
        let mut at = lex::space(look, at + 1);
        if look.get(at) == Some(&b'}') {
            object.end = Some(at + 1);
            return Some(object);
        }
        loop {
            let Ok((key, value)) = lex::key(look, at) else { return object.cut(look) };
            object.members.push((key.bytes(look), value));
            let Ok(read) = lex::value_with_words(look, value) else { return object.cut(look) };
            at = lex::space(look, read.next);
            match look.get(at) {
                Some(b',') => at = lex::space(look, at + 1),
                Some(b'}') => {
                    object.end = Some(at + 1);
                    return Some(object);
                }
                Some(_) => return None,
                None => return object.cut(look),
            }
        }
    }

    /// The object as far as it is seen, if more of it may follow.
    fn cut(self, look: &[u8]) -> Option<Self> {
        (look.len() == HEAD).then_some(self)
    }

    /// How many members it has if their keys are 0, 1, 2, … .
    fn numbered(&self) -> Option<usize> {
        let is_next = |(number, (key, _)): (usize, &(&[u8], usize))| number.to_string().as_bytes() == *key;
        self.members.iter().enumerate().all(is_next).then_some(self.members.len())
    }
}

/// `orient="columns"`: each member is a column, an object whose keys are the numbers of the rows.
fn by_columns(look: &[u8], object: &FrameObject<'_>) -> Option<String> {
    let mut rows = None;
    for (index, (_, value)) in object.members.iter().enumerate() {
        let column = FrameObject::read(look, *value);
        // The last column that is seen may be cut in its key, or in front of its value.
        let is_cut = object.end.is_none() && index + 1 == object.members.len();
        match column {
            Some(column) if column.end.is_some() => {
                let count = column.numbered().filter(|count| *count > 0)?;
                if *rows.get_or_insert(count) != count {
                    return None;
                }
            }
            Some(column) if is_cut => {
                let count = column.numbered()?;
                if rows.is_none() && count < SHOWN {
                    return None;
                }
            }
            None if is_cut && rows.is_some() => {}
            _ => return None,
        }
    }
    let columns = object.members.len();
    // A single list of numbers may be of anything.
    match rows {
        Some(rows) if columns > 1 => Some(format!("by columns ({columns} of {rows} values are seen)")),
        None if columns == 1 => Some("by columns".to_owned()),
        _ => None,
    }
}

/// `orient="index"`: each member is a row, an object with the same keys as the others.
fn by_index(look: &[u8], object: &FrameObject<'_>) -> Option<String> {
    let rows = object.numbered().filter(|rows| *rows > 1)?;
    let mut names: Option<Vec<&[u8]>> = None;
    for (index, (_, value)) in object.members.iter().enumerate() {
        let row = match FrameObject::read(look, *value) {
            Some(row) if row.end.is_some() && !row.members.is_empty() => row,
            _ if object.end.is_none() && index + 1 == rows => continue,
            _ => return None,
        };
        let keys: Vec<&[u8]> = row.members.iter().map(|(key, _)| *key).collect();
        if *names.get_or_insert_with(|| keys.clone()) != keys {
            return None;
        }
    }
    names.map(|names| format!("by index ({rows} rows of {} values are seen)", names.len()))
}

/// `orient="split"` and `orient="tight"`: names of columns, then arrays of values.
fn in_parts(look: &[u8], object: &FrameObject<'_>) -> Option<String> {
    const MEMBERS: [&[u8]; 5] = [b"columns", b"index", b"data", b"index_names", b"column_names"];
    if !object.members.iter().all(|(key, _)| MEMBERS.contains(key)) {
        return None;
    }
    let of = |name: &[u8]| object.members.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let begins = |at: usize, next: &[u8]| {
        look.get(at) == Some(&b'[') && look.get(lex::space(look, at + 1)).is_some_and(|it| next.contains(it))
    };
    // Names are strings, or lists of them where there are several for each.
    of(b"columns").filter(|at| begins(*at, b"\"["))?;
    let is_split = match (of(b"data"), of(b"index")) {
        (Some(data), _) => begins(data, b"["),
        (None, Some(index)) => object.end.is_none() && look.get(index) == Some(&b'['),
        (None, None) => false,
    };
    is_split.then(|| "in parts (names of columns, then values)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<String> {
        let head = JsonHead::find(text.as_bytes(), true, false, None).unwrap();
        warning(text.as_bytes(), true, &head).map(|warning| warning.message)
    }

    #[test]
    fn data_frames_that_are_not_written_row_by_row_are_reported() {
        for (text, how) in [
            (r#"{"case":{"0":"a","1":"b"},"act":{"0":"x","1":"y"}}"#, "by columns (2 of 2 values"),
            (r#"{"case":{"0":"a"},"act":{"0":"x"},"n":{"0":1}}"#, "by columns (3 of 1 values"),
            (
                "\u{feff}{\n \"a\": {\"0\": null, \"1\": 2},\n \"b\": {\"0\": [1], \"1\": {\"x\": 1}}\n}\n",
                "by columns",
            ),
            (r#"{"a":{"0":NaN,"1":1.5},"b":{"0":1,"1":2}}"#, "by columns"),
            (r#"{"0":{"case":"a","act":"x"},"1":{"case":"b","act":"y"}}"#, "by index (2 rows of 2 values"),
            (r#"{"0":{"a":1},"1":{"a":2},"2":{"a":3}}"#, "by index (3 rows of 1 values"),
            (r#"{"columns":["a","b"],"index":[0,1],"data":[["x",1],["y",2]]}"#, "in parts"),
            (r#"{"columns":["a","b"],"data":[["x",1]]}"#, "in parts"),
            (r#"{ "index": ["p"], "columns": ["a"], "data": [ [1] ] }"#, "in parts"),
            (
                r#"{"index":[0],"columns":[["a","b"]],"data":[[1]],"index_names":[null],"column_names":[null]}"#,
                "in parts",
            ),
        ] {
            assert!(told(text).is_some_and(|it| it.contains(how)), "{text}: {:?}", told(text));
        }
        let table = r#"{"schema":{"fields":[{"name":"index","type":"integer"},{"name":"a","type":"string"}],"primaryKey":["index"],"pandas_version":"1.4.0"},"data":[{"index":0,"a":"x"},{"index":1,"a":"y"}]}"#;
        assert!(told(table).unwrap().contains("data is at /data"));
    }

    #[test]
    fn tables_longer_than_the_look_are_recognized_by_what_is_seen() {
        let column = |rows: usize| {
            let members: Vec<String> = (0..rows).map(|row| format!("\"{row}\":\"value {row}\"")).collect();
            format!("{{{}}}", members.join(","))
        };
        for text in [
            format!("{{\"a\":{},\"b\":{}}}", column(100_000), column(100_000)),
            format!("{{\"a\":{0},\"b\":{0},\"c\":{0}}}", column(6_000)),
        ] {
            assert!(told(&text).unwrap().contains("by columns"), "{}", &text[..80]);
        }
        let rows: Vec<String> =
            (0..50_000).map(|row| format!("\"{row}\":{{\"a\":{row},\"b\":null}}")).collect();
        assert!(told(&format!("{{{}}}", rows.join(","))).unwrap().contains("by index"));
        let numbers: Vec<String> = (0..100_000).map(|row| row.to_string()).collect();
        let index = numbers.join(",");
        let text =
            format!("{{\"columns\":[\"a\"],\"index\":[{index}],\"data\":[[{}]]}}", numbers.join("],["));
        assert!(told(&text).unwrap().contains("in parts"));
    }

    #[test]
    fn other_json_is_not_a_data_frame() {
        for text in [
            r#"{"a":1,"b":{"0":1,"1":2}}"#,
            r#"{"counts":{"0":5,"1":7}}"#,
            r#"{"a":{"0":1,"1":2},"b":{"0":1}}"#,
            r#"{"a":{"1":1,"2":2},"b":{"1":1,"2":2}}"#,
            r#"{"monday":{"open":8,"close":17},"tuesday":{"open":8,"close":17}}"#,
            r#"{"alice":{"2020":5,"2021":6},"bob":{"2020":1,"2021":2}}"#,
            r#"{"0":{"a":1},"1":{"b":1}}"#,
            r#"{"0":{"a":1}}"#,
            r#"{"0":1,"1":2}"#,
            r#"{"a":{},"b":{}}"#,
            "{\"a\":{\"0\":1},\"b\":{\"0\":2}}\n{\"a\":{\"0\":1},\"b\":{\"0\":2}}\n",
            r#"[{"a":{"0":1},"b":{"0":2}}]"#,
            r#"{"columns":["a","b"],"rows":2}"#,
            r#"{"columns":["a"],"data":[1,2],"index":[0,1]}"#,
            r#"{"columns":["a"],"data":[[1]],"title":"x"}"#,
            r#"{"columns":2,"index":1,"data":[[1]]}"#,
            r#"{"schema":{"fields":[{"name":"a"},{"name":"b"}]},"data":[{"a":1}]}"#,
            r#"{"data":[{"a":1},{"a":2}]}"#,
            "{}",
            r#"{"a":{"0":1,"1""#,
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
