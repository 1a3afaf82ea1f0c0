//! The file that `logflow schema --format file` writes and `--schema` takes: names and types of columns, as
//! TOML. `ColumnDeclaration` in the library has an example.

use std::fmt::Write;

use logflow::options::{ColumnDeclaration, LayoutList, toml_string};
use logflow::report::{ColumnReport, Report};

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
    use logflow::options::{DeclaredColumn, read_schema_file};

    use super::*;

    fn declared(text: &str) -> logflow::Result<Vec<DeclaredColumn>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("schema.toml");
        std::fs::write(&path, text).unwrap();
        read_schema_file(&path)
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
}
