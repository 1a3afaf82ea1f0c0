//! The file that `--schema` takes and `logflow schema --format file` writes: names and types of columns, as
//! TOML or JSON. [`ColumnDeclaration`] has an example.

use std::fmt::Write;
use std::path::Path;

use logflow::error::{Code, Error, Result};
use logflow::model::shape::NESTED;
use logflow::options::{ColumnDeclaration, DeclaredColumn, LayoutList, toml_string};
use logflow::report::{ColumnReport, Report};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaFile {
    columns: Vec<ColumnDeclaration>,
}

/// The columns that a file declares.
///
/// # Errors
/// [`Code::SchemaFile`], with the place in the file as far as it is known.
pub fn read(path: &Path) -> Result<Vec<DeclaredColumn>> {
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
    error.help("write such a file with: logflow schema INPUT --format file")
}

/// The declaration of the type that a survey found.
fn declaration(report: &ColumnReport) -> ColumnDeclaration {
    let written =
        report.written.strip_prefix(&report.column_type).and_then(|it| it.strip_prefix(" such as "));
    ColumnDeclaration {
        name: report.source_name.clone(),
        column_type: report.column_type.clone(),
        written: written.map(str::to_owned),
        format: LayoutList::of(&report.formats),
    }
}

/// The file that declares what a survey found, with the evidence beside it.
pub fn write(report: &Report) -> String {
    let names: Vec<&str> = report.inputs.iter().map(|input| input.name.as_str()).collect();
    let mut out = format!("# Columns of {}, for logflow convert --schema.\n", one_line(&names.join(", ")));
    out.push_str("# Types: text, int64, float64, bool, date, timestamp, timestamp[ns]; a column that is left out is found anew.\n");
    for column in &report.columns {
        let _ = write!(out, "\n[[columns]]{}\n", evidence(column));
        let column = declaration(column);
        let mut line = |key: &str, value: &str| {
            let _ = writeln!(out, "{key} = {}", toml_string(value));
        };
        line("name", &column.name);
        line("type", &column.column_type);
        if let Some(written) = &column.written {
            line("written", written);
        }
        match column.format.map(Vec::from).as_deref() {
            None => {}
            Some([format]) => line("format", format),
            Some(formats) => {
                let formats: Vec<String> = formats.iter().map(|it| toml_string(it)).collect();
                let _ = writeln!(out, "format = [{}]", formats.join(", "));
            }
        }
    }
    out
}

fn evidence(column: &ColumnReport) -> String {
    let examples: Vec<&str> = column.examples.iter().map(String::as_str).collect();
    if examples.is_empty() {
        String::new()
    } else {
        format!(" # such as {}", one_line(&examples.join(" | ")))
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use logflow::model::value::{ColumnType, DateOrder, FloatStyle, GroupMark, IntStyle};

    use super::*;

    #[test]
    fn toml_and_json_say_the_same() {
        let toml = "[[columns]]\nname = \"a\"\ntype = \"float64\"\nwritten = \"1234,5\"\n";
        let json = r#"{"columns": [{"name": "a", "type": "float64", "written": "1234,5"}]}"#;
        let expected = [DeclaredColumn::new("a", ColumnType::Float64(FloatStyle::Comma))];
        assert_eq!(declared(toml).unwrap(), expected);
        assert_eq!(declared(json).unwrap(), expected);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let types = [
            ColumnType::Bool,
            ColumnType::Text,
            ColumnType::Int64(IntStyle::Grouped(GroupMark::Space)),
            ColumnType::Float64(FloatStyle::Grouped(GroupMark::Apostrophe)),
            ColumnType::Date(DateOrder::Mdy),
            ColumnType::Date(DateOrder::Ymd),
        ];
        let column = |(index, it): (usize, &ColumnType)| {
            let mut column = ColumnReport::default();
            column.source_name = format!("\"c\\{index}\"\n");
            column.column_type = it.name().to_owned();
            column.written = it.described().into_owned();
            column.examples = vec!["a\nb".to_owned()];
            column
        };
        let mut report = Report::default();
        report.columns = types.iter().enumerate().map(column).collect();
        let read = declared(&write(&report)).unwrap();
        assert_eq!(read.iter().map(|it| it.column_type).collect::<Vec<_>>(), types);
        assert_eq!(read[1].name, "\"c\\1\"\n");
    }

    #[test]
    fn several_layouts_are_written_as_a_list_and_read_back() {
        let column = |name: &str, formats: &[&str]| {
            let mut column = ColumnReport::default();
            column.source_name = name.to_owned();
            column.column_type = "timestamp[us, UTC]".to_owned();
            column.written = "timestamp[us, UTC]".to_owned();
            column.formats = formats.iter().map(|it| (*it).to_owned()).collect();
            column
        };
        let mut report = Report::default();
        report.columns =
            vec![column("a", &["%d.%m.%Y"]), column("b", &["%d.%m.%Y", "%Y%m%d"]), column("c", &[])];
        let text = write(&report);
        assert!(text.contains("format = \"%d.%m.%Y\"\n"), "{text}");
        assert!(text.contains("format = [\"%d.%m.%Y\", \"%Y%m%d\"]\n"), "{text}");
        let read: Vec<Vec<String>> = declared(&text).unwrap().into_iter().map(|it| it.formats).collect();
        assert_eq!(read, [vec!["%d.%m.%Y"], vec!["%d.%m.%Y", "%Y%m%d"], vec![]]);
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
