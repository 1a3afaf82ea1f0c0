//! Rows for programs: CSV, JSON, JSON Lines and Markdown, with exact values.

use std::fmt::Write;

use arrow::array::RecordBatch;
use logflow::error::Result;

use super::cells::{Moments, Values, is_number};
use super::shown::shown;

/// Rows as CSV (RFC 4180) with a header. A missing value is nothing, empty text is `""`.
pub fn csv(batches: &[RecordBatch], names: &[&str]) -> Result<String> {
    let field = |text: &str| match text.is_empty() || text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    // A missing value that is alone in its line would be an empty line, which readers skip.
    let missing = if names.len() == 1 { "\"\"" } else { "" };
    let mut out = names.iter().map(|name| field(name)).collect::<Vec<_>>().join(",") + "\n";
    for batch in batches {
        let columns = columns(batch)?;
        for row in 0..batch.num_rows() {
            let values: Vec<String> = columns
                .iter()
                .map(|column| column.text(row).map_or_else(|| missing.to_owned(), |text| field(&text)))
                .collect();
            let _ = writeln!(out, "{}", values.join(","));
        }
    }
    Ok(out)
}

/// Rows as JSON objects: an object for each line, or all in one array.
pub fn json(batches: &[RecordBatch], names: &[&str], lines: bool) -> Result<String> {
    let keys: Vec<String> = names.iter().map(|name| serde_json::Value::from(*name).to_string()).collect();
    let mut objects = Vec::new();
    for batch in batches {
        let columns = columns(batch)?;
        for row in 0..batch.num_rows() {
            let members: Vec<String> = keys
                .iter()
                .zip(&columns)
                .map(|(key, column)| format!("{key}:{}", column.json(row)))
                .collect();
            objects.push(format!("{{{}}}", members.join(",")));
        }
    }
    Ok(match (lines, objects.is_empty()) {
        (true, true) => String::new(),
        (true, false) => objects.join("\n") + "\n",
        (false, true) => "[]\n".to_owned(),
        (false, false) => format!("[\n{}\n]\n", objects.join(",\n")),
    })
}

/// Rows as a table of Markdown, numbers to the right. A missing value is an empty cell.
pub fn markdown(batches: &[RecordBatch], names: &[&str]) -> Result<String> {
    let cell = |text: &str| shown(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "\\<");
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(names.iter().map(|name| cell(name)).collect());
    for (place, batch) in batches.iter().enumerate() {
        if place == 0 {
            let rule = |number: bool| if number { "---:" } else { "---" }.to_owned();
            out += &line(batch.columns().iter().map(|it| rule(is_number(it.data_type()))).collect());
        }
        let columns = columns(batch)?;
        for row in 0..batch.num_rows() {
            out += &line(columns.iter().map(|it| cell(&it.text(row).unwrap_or_default())).collect());
        }
    }
    if batches.is_empty() {
        out += &line(names.iter().map(|_| "---".to_owned()).collect());
    }
    Ok(out)
}

fn columns(batch: &RecordBatch) -> Result<Vec<Values>> {
    batch.columns().iter().map(|column| Values::of(column, Moments::Iso)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn batch() -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(9_007_199_254_740_993), None]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a,\"b|\n", ""]));
        RecordBatch::try_from_iter([("n", numbers), ("t", texts)]).unwrap()
    }

    #[test]
    fn values_are_exact_in_each_form() {
        let (batches, names) = ([batch()], ["n", "t"]);
        assert_eq!(csv(&batches, &names).unwrap(), "n,t\n9007199254740993,\"a,\"\"b|\n\"\n,\"\"\n");
        let lines = "{\"n\":9007199254740993,\"t\":\"a,\\\"b|\\n\"}\n{\"n\":null,\"t\":\"\"}\n";
        assert_eq!(json(&batches, &names, true).unwrap(), lines);
        let array: serde_json::Value = serde_json::from_str(&json(&batches, &names, false).unwrap()).unwrap();
        assert_eq!(array[1]["t"], "");
        assert_eq!(
            markdown(&batches, &names).unwrap(),
            "| n | t |\n| ---: | --- |\n| 9007199254740993 | a,\"b\\|\\\\n |\n|  |  |\n"
        );
    }

    #[test]
    fn no_rows_are_valid_too() {
        assert_eq!(json(&[], &["a"], false).unwrap(), "[]\n");
        assert_eq!(json(&[], &["a"], true).unwrap(), "");
        assert_eq!(csv(&[], &["a"]).unwrap(), "a\n");
        assert_eq!(markdown(&[], &["a"]).unwrap(), "| a |\n| --- |\n");
    }
}
