//! What to add to a command so that a column gets a type: flags, and the line of a schema file where no flag
//! says it.
//!
//! Whoever follows such advice to the letter, on the same input, must get what it promises. Flags, and the
//! content of a schema file, stand between backticks, so that a program can take them from the sentence.

use std::fmt;

use crate::model::roles::{Role, RoleWishes, Roles};
use crate::model::value::{ColumnType, DateOrder, TimeUnit};
use crate::options::toml_string;
use crate::plan::table::{Column, Table};

/// Flags that give a column its type, and the content of the file that `--schema FILE` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeAdvice {
    flags: Vec<String>,
    file: Option<String>,
}

impl TypeAdvice {
    /// Advice that makes timestamps of a column: by the flag of a role that it can have, else by a schema
    /// file. Of `layouts` each value must have one; for none the usual ones are read. `order`: to be given
    /// where the values leave it open.
    pub fn times(
        table: &Table,
        column: &Column,
        wishes: &RoleWishes,
        layouts: &[String],
        order: Option<DateOrder>,
    ) -> Self {
        let Some(flag) = flag_of_times(table, column, wishes) else {
            let unit = TimeUnit::Micros;
            let column_type = ColumnType::Timestamp { order: order.unwrap_or_default(), unit };
            let file = Self::declared(&column.source_name, column_type, layouts);
            // The usual order is not said of a type, so that its values decide.
            let is_usual = order == Some(DateOrder::Ymd);
            return if is_usual { file.with("⟦date-order⟧ ymd") } else { file };
        };
        let order = order.map(|order| format!("⟦date-order⟧ {}", order.word()));
        let role = format!("{flag} {}", quoted(&column.source_name));
        let layouts =
            layouts.iter().map(|layout| format!("⟦timestamp-format⟧ '{}'", layout.replace('\'', "'\\''")));
        Self { flags: order.into_iter().chain([role]).chain(layouts).collect(), file: None }
    }

    /// Advice to declare the type of a column in a schema file.
    pub fn declared(name: &str, column_type: ColumnType, layouts: &[String]) -> Self {
        let described = column_type.described();
        let written = described.strip_prefix(column_type.name()).and_then(|it| it.strip_prefix(" such as "));
        let mut line = format!("name = {}, type = {}", toml_string(name), toml_string(column_type.name()));
        if let Some(written) = written {
            line.push_str(&format!(", written = {}", toml_string(written)));
        }
        match layouts {
            [] => {}
            [layout] => line.push_str(&format!(", format = {}", toml_string(layout))),
            layouts => {
                let all: Vec<String> = layouts.iter().map(|layout| toml_string(layout)).collect();
                line.push_str(&format!(", format = [{}]", all.join(", ")));
            }
        }
        Self { flags: vec!["⟦schema⟧ FILE".to_owned()], file: Some(format!("columns = [{{ {line} }}]")) }
    }

    /// The same advice with one flag more.
    #[must_use]
    pub fn with(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// The same advice with the flag that rejects rows whose value is not of the type.
    #[must_use]
    pub fn rejecting(self) -> Self {
        self.with("⟦on-bad-row⟧ reject")
    }
}

impl fmt::Display for TypeAdvice {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "`{}`", self.flags.join(" "))?;
        match &self.file {
            Some(line) => write!(to, ", where FILE holds `{line}`,"),
            None => Ok(()),
        }
    }
}

/// The flag of the role that a column would have if it held times; `None` if another column has that role,
/// for a flag would take it away.
pub fn flag_of_times(table: &Table, column: &Column, wishes: &RoleWishes) -> Option<&'static str> {
    let time = ColumnType::Timestamp { order: DateOrder::Ymd, unit: TimeUnit::Micros };
    let is_it = |other: &Column| other.source_name == column.source_name;
    let columns: Vec<(&str, ColumnType)> = table
        .columns
        .iter()
        .map(|it| (it.source_name.as_str(), if is_it(it) { time } else { it.column_type }))
        .collect();
    let in_doubt: Vec<bool> = table.columns.iter().map(|it| !is_it(it) && it.may_be_time()).collect();
    let roles = Roles::find_among(&columns, &in_doubt, wishes).ok()?;
    let index = table.columns.iter().position(is_it)?;
    match roles.role(index) {
        Some(role @ (Role::Timestamp | Role::StartTimestamp)) => Some(role.option()),
        None if roles.column(Role::Timestamp).is_none() => Some(Role::Timestamp.option()),
        _ => None,
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/');
    match word.bytes().all(is_plain) && !word.is_empty() && !word.starts_with('-') {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell_where_they_must_be() {
        for (word, shown) in [
            ("unknown", "unknown"),
            ("Start Time", "'Start Time'"),
            ("time:timestamp", "time:timestamp"),
            ("it's", "'it'\\''s'"),
            ("-", "'-'"),
            ("", "''"),
            ("Fälle", "'Fälle'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }

    #[test]
    fn a_declared_type_is_a_line_of_toml() {
        let time = ColumnType::Timestamp { order: DateOrder::Dmy, unit: TimeUnit::Micros };
        for (name, column_type, layouts, line) in [
            ("a", ColumnType::Bool, &[][..], r#"name = "a", type = "bool""#),
            (
                "a \"b\" \\",
                time,
                &[],
                r#"name = "a \"b\" \\", type = "timestamp[us, UTC]", written = "31/12/2014""#,
            ),
            (
                "t\t",
                ColumnType::Date(DateOrder::Ymd),
                &["%Y", "%d"],
                r#"name = "t\u0009", type = "date32", format = ["%Y", "%d"]"#,
            ),
        ] {
            let layouts: Vec<String> = layouts.iter().map(|it| (*it).to_owned()).collect();
            let advice = TypeAdvice::declared(name, column_type, &layouts).rejecting();
            let wanted =
                format!("`⟦schema⟧ FILE ⟦on-bad-row⟧ reject`, where FILE holds `columns = [{{ {line} }}]`,");
            assert_eq!(advice.to_string(), wanted);
        }
    }
}
