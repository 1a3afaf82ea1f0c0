//! A pipeline as a TOML file that says what differs from the defaults. Every command that is a pipeline prints
//! it by this one function.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::value::Pipeline;
use super::variables::escaped;
use crate::error::Result;
use crate::options::toml_string;

/// The file of a pipeline. Read again, it is the same pipeline.
///
/// # Errors
/// If a value has no form in a file, such as a path that is not UTF-8.
pub fn to_toml(pipeline: &Pipeline) -> Result<String> {
    let mut out = String::new();
    for (section, value) in pipeline.to_json()? {
        match value {
            Value::Array(tables) => {
                for table in tables {
                    let _ = write!(out, "\n[[{section}]]\n{}", entries(&table));
                }
            }
            table => {
                let _ = write!(out, "\n[{section}]\n{}", entries(&table));
            }
        }
    }
    Ok(out.trim_start().to_owned())
}

fn entries(table: &Value) -> String {
    let lines = table.as_object().into_iter().flatten();
    lines.map(|(key, value)| format!("{key} = {}\n", inline(value))).collect()
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => toml_string(&escaped(text)),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(inline).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(map) => inline_table(map),
        other => other.to_string(),
    }
}

fn inline_table(map: &Map<String, Value>) -> String {
    let entries: Vec<String> = map.iter().map(|(key, value)| format!("{key} = {}", inline(value))).collect();
    format!("{{{}}}", entries.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_back_as_the_pipeline_that_it_was_written_of() {
        let text = r#"
[source]
inputs = ["a.csv", "logs/*.csv"]
delimiter = "tab"
null_words = ["n/a", "$${x}", "a\"b"]
on_bad_row = "reject"
max_bad_rows = "2.5%"
columns = [{name = "Cost", type = "float64", written = "1.234,5"}, {name = "t", type = "timestamp", format = ["%d", "%m"]}]

[[step]]
kind = "where"
condition = "amount > 100 and note = 'a''b'"

[[step]]
kind = "naming"
names = "source"

[[target]]
path = "out.parquet"
compression = "zstd:9"

[[target]]
kind = "report"
path = "report.json"
force = true

[run]
threads = 1
memory_limit = "96MiB"
report = "json"
"#;
        let read = |text: &str| -> Pipeline {
            let mut node = crate::options::document::Node::from_toml(text).unwrap();
            super::super::variables::Variables::fill(&mut node, &|_| None).unwrap();
            Pipeline::read(&node).unwrap()
        };
        let pipeline = read(text);
        let written = to_toml(&pipeline).unwrap();
        assert_eq!(read(&written), pipeline, "{written}");
        assert!(written.contains("threads = 1\n") && written.contains("names = \"source\"\n"), "{written}");
        let json = serde_json::to_string(&pipeline).unwrap();
        let again: Pipeline = serde_json::from_str(&json).unwrap();
        assert_eq!(again, pipeline);
    }
}
