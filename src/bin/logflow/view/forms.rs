//! Rows for programs: CSV, JSON, JSON Lines and Markdown, with exact values, written as they come.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use logflow::error::Result;
use logflow::pipeline::view::ViewForm;

use super::cells::{Moments, Values, is_number};
use super::shown::shown;
use crate::stdout::settle;

/// Writes rows of one table in a form for programs.
pub struct RowWriter<'w> {
    form: ViewForm,
    out: &'w mut dyn Write,
    names: Vec<String>,
    /// Rows that were written.
    rows: u64,
    /// Whether nobody reads any more.
    is_closed: bool,
    /// Whether a value was missing, and whether one was empty text.
    seen: (bool, bool),
}

impl<'w> RowWriter<'w> {
    /// Begins a table with these columns.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn begin(form: ViewForm, schema: &Schema, out: &'w mut dyn Write) -> Result<Self> {
        let names: Vec<String> = schema.fields().iter().map(|it| it.name().clone()).collect();
        let mut writer = Self { form, out, names, rows: 0, is_closed: false, seen: (false, false) };
        let line = match form {
            ViewForm::Csv => writer.names.iter().map(|name| field(name)).collect::<Vec<_>>().join(",") + "\n",
            ViewForm::Markdown => {
                let rule = |number: bool| if number { "---:" } else { "---" }.to_owned();
                let rules = schema.fields().iter().map(|it| rule(is_number(it.data_type()))).collect();
                markdown(writer.names.iter().map(|name| cell(name)).collect()) + &markdown(rules)
            }
            _ => String::new(),
        };
        writer.put(&line)?;
        Ok(writer)
    }

    /// Writes rows; whether more are of use.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn rows(&mut self, batch: &RecordBatch) -> Result<bool> {
        let columns: Vec<Values> =
            batch.columns().iter().map(|it| Values::of(it, Moments::Iso)).collect::<Result<_>>()?;
        // As JSON has it, with all escapes.
        let keys: Vec<String> =
            self.names.iter().map(|name| serde_json::Value::from(name.as_str()).to_string()).collect();
        for row in 0..batch.num_rows() {
            let line = match self.form {
                ViewForm::Csv => self.csv(&columns, row),
                ViewForm::Markdown => {
                    markdown(columns.iter().map(|it| cell(&it.text(row).unwrap_or_default())).collect())
                }
                form => {
                    let members: Vec<String> = keys
                        .iter()
                        .zip(&columns)
                        .map(|(key, column)| format!("{key}:{}", column.json(row)))
                        .collect();
                    let object = format!("{{{}}}", members.join(","));
                    match (form, self.rows) {
                        (ViewForm::Jsonl, _) => object + "\n",
                        (_, 0) => format!("[\n{object}"),
                        (_, _) => format!(",\n{object}"),
                    }
                }
            };
            self.rows += 1;
            self.put(&line)?;
            if self.is_closed {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Ends the table; whether missing values and empty text look the same in it.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn end(mut self) -> Result<bool> {
        let line = match (self.form, self.rows) {
            (ViewForm::Json, 0) => "[]\n",
            (ViewForm::Json, _) => "\n]\n",
            _ => "",
        };
        self.put(line)?;
        settle(self.out.flush())?;
        Ok(self.seen == (true, true) && self.names.len() == 1)
    }

    /// A row of CSV (RFC 4180). A missing value is nothing, empty text is `""`.
    fn csv(&mut self, columns: &[Values], row: usize) -> String {
        // A missing value that is alone in its line would be an empty line, which readers skip.
        let missing = if columns.len() == 1 { "\"\"" } else { "" };
        let seen = &mut self.seen;
        let mut value = |column: &Values| match column.text(row) {
            None => {
                seen.0 = true;
                missing.to_owned()
            }
            Some(text) => {
                seen.1 |= text.is_empty();
                field(&text)
            }
        };
        columns.iter().map(&mut value).collect::<Vec<_>>().join(",") + "\n"
    }

    fn put(&mut self, text: &str) -> Result<()> {
        match self.out.write_all(text.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            written => settle(written),
        }
    }
}

fn field(text: &str) -> String {
    match text.is_empty() || text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// A value in a table of Markdown. A missing one is an empty cell.
fn cell(text: &str) -> String {
    shown(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "\\<")
}

fn markdown(cells: Vec<String>) -> String {
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field};

    use super::*;

    fn batch() -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(9_007_199_254_740_993), None]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a,\"b|\n", ""]));
        RecordBatch::try_from_iter([("n", numbers), ("t", texts)]).unwrap()
    }

    fn written(form: ViewForm, schema: &Schema, batches: &[RecordBatch]) -> (String, bool) {
        let mut out = Vec::new();
        let mut writer = RowWriter::begin(form, schema, &mut out).unwrap();
        for batch in batches {
            assert!(writer.rows(batch).unwrap());
        }
        let is_same = writer.end().unwrap();
        (String::from_utf8(out).unwrap(), is_same)
    }

    #[test]
    fn values_are_exact_in_each_form() {
        let batch = batch();
        let text = |form| written(form, &batch.schema(), std::slice::from_ref(&batch)).0;
        assert_eq!(text(ViewForm::Csv), "n,t\n9007199254740993,\"a,\"\"b|\n\"\n,\"\"\n");
        let lines = "{\"n\":9007199254740993,\"t\":\"a,\\\"b|\\n\"}\n{\"n\":null,\"t\":\"\"}\n";
        assert_eq!(text(ViewForm::Jsonl), lines);
        let array: serde_json::Value = serde_json::from_str(&text(ViewForm::Json)).unwrap();
        assert_eq!(array[1]["t"], "");
        assert_eq!(
            text(ViewForm::Markdown),
            "| n | t |\n| ---: | --- |\n| 9007199254740993 | a,\"b\\|\\\\n |\n|  |  |\n"
        );
    }

    #[test]
    fn no_rows_are_valid_too() {
        let schema = Schema::new(vec![Field::new("a", DataType::Utf8, true)]);
        for (form, text) in [
            (ViewForm::Json, "[]\n"),
            (ViewForm::Jsonl, ""),
            (ViewForm::Csv, "a\n"),
            (ViewForm::Markdown, "| a |\n| --- |\n"),
        ] {
            assert_eq!(written(form, &schema, &[]).0, text);
        }
    }

    #[test]
    fn one_column_of_csv_tells_when_missing_values_look_like_empty_text() {
        for (values, is_same) in
            [(vec![None, Some("")], true), (vec![None, Some("a")], false), (vec![Some(""), Some("a")], false)]
        {
            let texts: ArrayRef = Arc::new(StringArray::from(values));
            let batch = RecordBatch::try_from_iter_with_nullable([("t", texts, true)]).unwrap();
            assert_eq!(written(ViewForm::Csv, &batch.schema(), &[batch]).1, is_same);
        }
    }
}
