//! The file that declares names and types of columns, as TOML or JSON; [`ColumnDeclaration`] has an example.

use std::path::Path;

use serde::Deserialize;

use super::declared::{ColumnDeclaration, DeclaredColumn};
use crate::error::{Code, Error, Result};
use crate::model::shape::NESTED;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaFile {
    columns: Vec<ColumnDeclaration>,
}

/// The columns that a file declares.
///
/// # Errors
/// [`Code::SchemaFile`], with the place in the file as far as it is known.
pub fn read_schema_file(path: &Path) -> Result<Vec<DeclaredColumn>> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::io(Code::SchemaFile, path, &error))?;
    declared(&text).map_err(|error| error.in_file(path))
}

fn declared(text: &str) -> Result<Vec<DeclaredColumn>> {
    let schema = if text.trim_start().starts_with('{') { json(text)? } else { toml(text)? };
    let mut columns: Vec<DeclaredColumn> = Vec::with_capacity(schema.columns.len());
    for column in schema.columns {
        if columns.iter().any(|it| it.name == column.name) {
            return Err(Error::new(Code::SchemaFile, "the column is declared twice").in_column(column.name));
        }
        // What is in lists and objects follows from the values alone.
        if column.column_type != NESTED {
            columns.push(column.try_into()?);
        }
    }
    Ok(columns)
}

fn json(text: &str) -> Result<SchemaFile> {
    serde_json::from_str(text).map_err(|error| hinted(Error::new(Code::SchemaFile, error.to_string())))
}

fn toml(text: &str) -> Result<SchemaFile> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map(|span| span.start as u64);
        let found = Error::new(Code::SchemaFile, error.message().to_owned());
        hinted(at.into_iter().fold(found, Error::at_byte))
    })
}

fn hinted(error: Error) -> Error {
    error.help("write such a file with: logflow schema INPUT ⟦format⟧ file")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::{ColumnType, FloatStyle};

    #[test]
    fn toml_and_json_say_the_same() {
        let toml = "[[columns]]\nname = \"a\"\ntype = \"float64\"\nwritten = \"1234,5\"\n";
        let json = r#"{"columns": [{"name": "a", "type": "float64", "written": "1234,5"}]}"#;
        let expected = [DeclaredColumn {
            name: "a".to_owned(),
            column_type: ColumnType::Float64(FloatStyle::Comma),
            formats: Vec::new(),
        }];
        assert_eq!(declared(toml).unwrap(), expected);
        assert_eq!(declared(json).unwrap(), expected);
    }

    #[test]
    fn mistakes_are_reported_with_advice() {
        for text in [
            "[[columns]]\nname = \"a\"\n",
            "[[columns]]\nname = \"a\"\ntype = \"decimal\"\n",
            "[[columns]]\nname = \"a\"\ntype = \"int64\"\nwritten = \"12\"\n",
            "[[columns]]\nname = \"a\"\ntype = \"text\"\ntyp = \"x\"\n",
            "{",
        ] {
            let error = declared(text).unwrap_err();
            assert_eq!(error.code(), Code::SchemaFile, "{text}");
            assert!(error.help_text().is_some(), "{text}");
        }
    }
}
