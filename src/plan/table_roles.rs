//! The roles of a table: which column is the case, the activity, the time,
//! and what is said where a log lacks one of them.

use crate::error::Result;
use crate::model::roles::{Naming, Role, RoleWishes, Roles};
use crate::model::value::ColumnType;
use crate::model::warning::{Warning, WarningCode};
use crate::options::Options;
use crate::plan::table::{Column, Table};
use crate::plan::type_advice::{flag_of_times, quoted};

/// Columns of times of which a warning names the flag that makes one of them the timestamp.
const TIMES_NAMED: usize = 3;

impl Table {
    /// Finds roles among the columns that are written.
    pub(super) fn find_roles(&mut self, options: &Options) -> Result<()> {
        let shown = || self.columns.iter().filter(|column| !column.hidden);
        let columns: Vec<(&str, ColumnType)> =
            shown().map(|column| (column.source_name.as_str(), column.column_type)).collect();
        let mut wishes = options.table.roles.clone();
        if let (Some(name), None) = (&self.by_layout, wishes.column(Role::Timestamp)) {
            wishes.columns.push((Role::Timestamp, name.clone()));
        }
        let in_doubt: Vec<bool> = shown().map(Column::may_be_time).collect();
        self.roles = Roles::find_among(&columns, &in_doubt, &wishes)?;
        if options.table.naming == Naming::Xes {
            for (role, index) in self.roles.iter().collect::<Vec<_>>() {
                if matches!(role, Role::Case | Role::Activity | Role::Resource)
                    && !self.columns[index].declared
                {
                    // XES has strings there, and pm4py refuses anything else.
                    self.columns[index].column_type = ColumnType::Text;
                    self.columns[index].declare();
                }
            }
        }
        Ok(())
    }

    /// A sentence for each column whose name another has got, which is its role's.
    pub fn put_aside(&self) -> impl Iterator<Item = Warning> {
        let of_role =
            |name: &str, own: &str| name.strip_prefix(own).is_some_and(|rest| rest.starts_with('@'));
        let columns = self.written().filter(|(written, _)| written.roles.is_empty());
        let columns = columns.filter_map(|(written, column)| Some((written.name(), &*column?.source_name)));
        columns.filter(move |(name, source_name)| of_role(name, source_name)).map(|(name, source_name)| {
            let what = format!(
                "column {source_name:?} is {name:?} in the output: its name is that of a role, which another column has"
            );
            Warning::new(WarningCode::ColumnRenamed, what).in_column(source_name)
        })
    }

    /// What a log needs and this table has not, in one sentence; nothing if it has a case, an activity and a
    /// timestamp.
    pub fn missing_roles(&self, naming: Naming) -> Option<Warning> {
        let missing: Vec<Role> = self.roles.missing().collect();
        if missing.is_empty() {
            return None;
        }
        let noun = |role: &Role| match role {
            Role::Case => "case",
            Role::Activity => "activity",
            _ => "timestamp",
        };
        if naming == Naming::Xes && missing.contains(&Role::Timestamp) {
            let what = "no column is known to hold the times of events, so the output has no time:timestamp";
            return Some(Warning::new(WarningCode::NoTimestamps, what));
        }
        let nouns: Vec<&str> = missing.iter().map(noun).collect();
        let what = match nouns.as_slice() {
            [one] => format!("no column is known to be the {one}"),
            [one, other] => format!("no columns are known to be the {one} and the {other}"),
            _ => "no columns are known to be the case, the activity and the timestamp".to_owned(),
        };
        Some(Warning::new(WarningCode::RoleMissing, what))
    }

    /// Adds to the warning about missing roles what gives the table these roles, once all other warnings are
    /// known. `wishes`: the roles that the user gave.
    pub fn advise_on_roles(&self, warnings: &mut [Warning], wishes: &RoleWishes) {
        let is_about_roles =
            |it: &Warning| matches!(it.code, WarningCode::RoleMissing | WarningCode::NoTimestamps);
        let Some(at) = warnings.iter().position(is_about_roles) else { return };
        let others = self.roles.missing().filter(|role| *role != Role::Timestamp);
        let mut flags: Vec<String> = others.map(|role| format!("`{} COLUMN`", role.option())).collect();
        let mut help = Vec::new();
        if self.roles.missing().any(|role| role == Role::Timestamp) {
            match self.unread_time(warnings, wishes) {
                Some(name) => {
                    help.push(format!("for the timestamp do as the help about column {name:?} says"))
                }
                None => flags.push(self.times_to_choose()),
            }
        }
        if !flags.is_empty() {
            help.insert(0, format!("for a log, name what it has: {}", flags.join(", ")));
        }
        warnings[at].help = Some(help.join("; "));
    }

    /// The flags that make the timestamp of one of the columns that hold times.
    fn times_to_choose(&self) -> String {
        let flag = |name: &str| format!("`{} {name}`", Role::Timestamp.option());
        let times = self.columns.iter().filter(|column| column.column_type.is_time());
        let flags: Vec<String> = times.map(|it| flag(&quoted(&it.source_name))).take(TIMES_NAMED).collect();
        if flags.is_empty() { flag("COLUMN") } else { flags.join(" or ") }
    }

    /// The column that would be the timestamp, if what its own warning advises were done.
    fn unread_time(&self, warnings: &[Warning], wishes: &RoleWishes) -> Option<&str> {
        let is_told = |column: &&Column| {
            warnings.iter().any(|it| {
                it.column.as_ref() == Some(&column.source_name)
                    && it.code.is_about_types()
                    && it
                        .help
                        .as_ref()
                        .is_some_and(|help| help.contains("⟦timestamp⟧ ") || help.contains("⟦date-order⟧ "))
            })
        };
        let is_timestamp =
            |column: &&Column| flag_of_times(self, column, wishes) == Some(Role::Timestamp.option());
        self.columns.iter().filter(is_told).find(is_timestamp).map(|column| column.source_name.as_str())
    }
}
