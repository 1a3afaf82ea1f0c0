//! Columns whose types are declared, as schema files and options in files have them.
//!
//! ```toml
//! [[columns]]
//! name = "Cost"
//! type = "float64"        # text, int64, float64, bool, date, timestamp, timestamp[ns]
//! written = "1.234,5"     # optional: what a value looks like, where there is more than one way
//! format = "%d.%m.%y"     # optional: the layout of dates and timestamps, or a list of layouts
//! ```

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Code, Error, Result};
use crate::model::value::{ColumnType, DateOrder, FloatStyle, GroupMark, IntStyle};

/// A column that the user declares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeclaredColumn {
    /// The column's name in the source.
    pub name: String,
    /// Type of the column.
    pub column_type: ColumnType,
    /// Layouts of its timestamps, strftime-like; empty for the usual layouts.
    pub formats: Vec<String>,
}

impl DeclaredColumn {
    /// A column with this name in the source and this type; its timestamps have the usual layouts.
    pub fn new(name: impl Into<String>, column_type: ColumnType) -> Self {
        Self { name: name.into(), column_type, formats: Vec::new() }
    }
}

/// A declared column as it stands in a file; its words are not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnDeclaration {
    /// The column's name in the source.
    pub name: String,
    /// Name of its type.
    #[serde(rename = "type")]
    pub column_type: String,
    /// What a value looks like, where values of the type are written in more than one way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// Layouts of its timestamps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<LayoutList>,
}

/// One layout, or several that are tried in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LayoutList {
    /// The only layout.
    Single(String),
    /// Several layouts.
    Several(Vec<String>),
}

impl LayoutList {
    /// The form in which a file has these layouts; `None` if there are none.
    pub fn of(layouts: &[String]) -> Option<Self> {
        match layouts {
            [] => None,
            [only] => Some(Self::Single(only.clone())),
            several => Some(Self::Several(several.to_vec())),
        }
    }
}

impl From<LayoutList> for Vec<String> {
    fn from(layouts: LayoutList) -> Self {
        match layouts {
            LayoutList::Single(layout) => vec![layout],
            LayoutList::Several(layouts) => layouts,
        }
    }
}

impl TryFrom<ColumnDeclaration> for DeclaredColumn {
    type Error = Error;

    fn try_from(column: ColumnDeclaration) -> Result<Self> {
        let plain: ColumnType =
            column.column_type.parse().map_err(|error: Error| error.in_column(&column.name))?;
        let column_type = match &column.written {
            None => plain,
            Some(example) => styled(plain, example).ok_or_else(|| {
                let known = examples(plain);
                let help = match known.as_slice() {
                    [] => format!("`written` does not apply to {}; omit it", plain.name()),
                    _ => format!("use {}, or omit it", known.join(" or ")),
                };
                Error::new(Code::SchemaFile, format!("{example:?} is not a way to write {}", plain.name()))
                    .in_column(&column.name)
                    .help(help)
            })?,
        };
        let formats = column.format.map(Vec::from).unwrap_or_default();
        Ok(Self { name: column.name, column_type, formats })
    }
}

impl From<&DeclaredColumn> for ColumnDeclaration {
    fn from(column: &DeclaredColumn) -> Self {
        Self {
            name: column.name.clone(),
            column_type: column.column_type.name().to_owned(),
            written: example_of(column.column_type),
            format: LayoutList::of(&column.formats),
        }
    }
}

impl Serialize for DeclaredColumn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ColumnDeclaration::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DeclaredColumn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let column = ColumnDeclaration::deserialize(deserializer)?;
        let name = column.name.clone();
        Self::try_from(column)
            .map_err(|error| serde::de::Error::custom(format_args!("column {name:?}: {}", error.sentence())))
    }
}

/// Every way in which the values of a type are written, beside the usual one.
fn ways(plain: ColumnType) -> Vec<ColumnType> {
    match plain {
        ColumnType::Int64(_) => {
            GroupMark::ALL.map(|mark| ColumnType::Int64(IntStyle::Grouped(mark))).to_vec()
        }
        ColumnType::Float64(_) => {
            let mut ways = vec![ColumnType::Float64(FloatStyle::Comma)];
            ways.extend(GroupMark::ALL.map(|mark| ColumnType::Float64(FloatStyle::Grouped(mark))));
            ways
        }
        ColumnType::Date(_) => DateOrder::ALL.map(ColumnType::Date).to_vec(),
        ColumnType::Timestamp { unit, .. } => {
            DateOrder::ALL.map(|order| ColumnType::Timestamp { order, unit }).to_vec()
        }
        ColumnType::Bool | ColumnType::Text => Vec::new(),
    }
}

/// What a value of the type looks like, if there is more than one way.
fn example_of(column_type: ColumnType) -> Option<String> {
    column_type.described().split_once(" such as ").map(|(_, example)| example.to_owned())
}

/// What values look like, one example for each way.
fn examples(plain: ColumnType) -> Vec<String> {
    ways(plain).into_iter().filter_map(example_of).collect()
}

/// The type whose values look like the example.
fn styled(plain: ColumnType, example: &str) -> Option<ColumnType> {
    ways(plain).into_iter().find(|way| example_of(*way).as_deref() == Some(example))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::TimeUnit;

    #[test]
    fn every_type_and_way_of_writing_it_is_read_back() {
        let plain = [
            ColumnType::Bool,
            ColumnType::Text,
            ColumnType::Int64(IntStyle::Plain),
            ColumnType::Float64(FloatStyle::Plain),
            ColumnType::Date(DateOrder::Ymd),
            ColumnType::Timestamp { order: DateOrder::Ymd, unit: TimeUnit::Micros },
            ColumnType::Timestamp { order: DateOrder::Ymd, unit: TimeUnit::Nanos },
        ];
        let all = plain.into_iter().flat_map(|it| ways(it).into_iter().chain([it]));
        for column_type in all {
            let column = DeclaredColumn { name: "a".to_owned(), column_type, formats: Vec::new() };
            let file = ColumnDeclaration::from(&column);
            assert_eq!(DeclaredColumn::try_from(file).unwrap(), column);
        }
    }

    #[test]
    fn a_column_that_cannot_be_declared_is_named_in_the_error() {
        let read = |json: &str| serde_json::from_str::<DeclaredColumn>(json).unwrap_err().to_string();
        assert!(
            read(r#"{"name": "a", "type": "money"}"#)
                .starts_with("column \"a\": unknown type \"money\"; use")
        );
        assert!(read(r#"{"name": "a", "type": "text", "typ": 1}"#).contains("unknown field `typ`"));
        let grouped = read(r#"{"name": "a", "type": "bool", "written": "1"}"#);
        assert!(grouped.contains("`written` does not apply to bool"), "{grouped}");
    }
}
