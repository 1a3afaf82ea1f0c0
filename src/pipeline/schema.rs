//! The JSON Schema of a pipeline file (draft 2020-12), for editors and for whoever makes such files.

use serde_json::{Map, Value, json};

use super::sections::{RunSection, SourceWords, source_keys};
use super::targets::{TARGETS, TargetRow};
use crate::options::{ReadOptions, TableOptions};
use crate::source::formats::formats;
use crate::step::registry::step_schema;

/// The schema. `describe` gives the sentence of an option of a command by its name, with `-` between words.
pub fn json_schema(describe: &dyn Fn(&str, &str) -> Option<String>) -> Value {
    let own = |key: &str| -> Option<&'static str> {
        Some(match key {
            "inputs" => "Files, folders, quoted patterns such as logs/**/*.csv, or - for standard input",
            "columns" => "Columns whose types are declared",
            "path" => "The file or folder that is written; the form of a log follows from its name",
            "temp_dir" => "Folder for temporary files",
            "pin" => "Whether each worker thread is pinned to a core",
            _ => return None,
        })
    };
    let section = |command: &str, keys: &[&str], schemas: &[(&'static str, Value)], required: &[&str]| {
        let mut properties = Map::new();
        for (key, schema) in schemas.iter().filter(|(key, _)| keys.contains(key)) {
            let mut schema = with_variables(schema.clone());
            let text = own(key).map(str::to_owned).or_else(|| describe(command, &key.replace('_', "-")));
            if let Some(text) = text {
                schema["description"] = text.into();
            }
            properties.insert((*key).to_owned(), schema);
        }
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false
        })
    };
    let mut source =
        [SourceWords::value_schemas(), ReadOptions::value_schemas(), TableOptions::value_schemas()].concat();
    let names: Vec<&str> = formats().map(|row| row.name).collect();
    if let Some((_, schema)) = source.iter_mut().find(|(key, _)| *key == "from") {
        *schema = json!({"enum": names});
    }
    let target = |row: &TargetRow| {
        let mut schema = section(row.command, &row.kind.keys(), &row.kind.schemas(), row.required);
        schema["properties"]["kind"] = json!({"const": row.kind.name()});
        schema["description"] = row.summary.into();
        schema
    };
    let targets: Vec<Value> = TARGETS.iter().map(target).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "LogFlow pipeline",
        "description": "A run of LogFlow: where logs come from, the steps that their rows pass, and where they go",
        "type": "object",
        "properties": {
            "source": section("convert", &source_keys(), &source, &["inputs"]),
            "step": {"type": "array", "items": step_schema(with_variables)},
            "target": {"type": "array", "items": {"anyOf": targets}},
            "run": section("convert", RunSection::KEYS, &RunSection::value_schemas(), &[])
        },
        "required": ["source"],
        "additionalProperties": false,
        "$defs": {
            "variable": {
                "type": "string",
                "pattern": "\\$\\{",
                "description": "A text with a variable of the environment: ${NAME} or ${NAME:-default}"
            }
        }
    })
}

/// The schema of a value that may also be a text with a variable.
fn with_variables(schema: Value) -> Value {
    let takes_text = match &schema["type"] {
        Value::String(name) => name == "string",
        Value::Array(names) => names.iter().any(|name| name == "string"),
        _ => schema["anyOf"].as_array().is_some_and(|forms| forms.iter().any(|it| it["type"] == "string")),
    };
    if takes_text { schema } else { json!({"anyOf": [schema, {"$ref": "#/$defs/variable"}]}) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_section_has_a_schema() {
        let schema = json_schema(&|_, _| None);
        let keys = |section: &Value| -> Vec<String> {
            section["properties"].as_object().unwrap().keys().cloned().collect()
        };
        let mut source = keys(&schema["properties"]["source"]);
        source.sort();
        let mut expected = source_keys();
        expected.sort_unstable();
        assert_eq!(source, expected);
        assert_eq!(keys(&schema["properties"]["run"]), RunSection::KEYS);
        let report = &schema["properties"]["target"]["items"]["anyOf"][1];
        assert_eq!(keys(report), ["kind", "path", "force"]);
        let steps = schema["properties"]["step"]["items"]["oneOf"].as_array().unwrap();
        assert!(steps.iter().all(|step| step["properties"]["kind"]["const"].is_string()));
    }
}
