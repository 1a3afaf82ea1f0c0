//! Roles: which column is the case, the activity, the time. Found by name, and for times by type; a user's word overrules.

use std::fmt;

use super::value::ColumnType;
use crate::error::{Code, Error, Result};

/// The part a column plays in an event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Which case the event belongs to.
    Case,
    /// What happened.
    Activity,
    /// When it was done.
    Timestamp,
    /// When it began.
    StartTimestamp,
    /// Who or what did it.
    Resource,
    /// Which step of the activity's life: start, complete, ...
    Lifecycle,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Self; 6] =
        [Self::Case, Self::Activity, Self::Timestamp, Self::StartTimestamp, Self::Resource, Self::Lifecycle];

    /// The role's name in metadata and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Case => "case_id",
            Self::Activity => "activity",
            Self::Timestamp => "timestamp",
            Self::StartTimestamp => "start_timestamp",
            Self::Resource => "resource",
            Self::Lifecycle => "lifecycle",
        }
    }

    /// What XES (IEEE 1849, standard extensions) and pm4py call the column.
    pub const fn xes_name(self) -> &'static str {
        match self {
            Self::Case => "case:concept:name",
            Self::Activity => "concept:name",
            Self::Timestamp => "time:timestamp",
            Self::StartTimestamp => "start_timestamp",
            Self::Resource => "org:resource",
            Self::Lifecycle => "lifecycle:transition",
        }
    }

    /// Whether the column must hold times.
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Timestamp | Self::StartTimestamp)
    }

    /// Names that mean this role, letters and digits only, the surest first.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Case => &[
                "caseconceptname",
                "caseid",
                "case",
                "caseidentifier",
                "casenumber",
                "caseno",
                "traceid",
                "trace",
                "processinstanceid",
                "processinstance",
                "instanceid",
                "processid",
            ],
            Self::Activity => &[
                "conceptname",
                "activity",
                "activityname",
                "activityid",
                "task",
                "taskname",
                "event",
                "eventname",
                "action",
                "step",
                "operation",
                "eventtype",
            ],
            Self::Timestamp => &[
                "timetimestamp",
                "timestamp",
                "completetimestamp",
                "completiontimestamp",
                "endtimestamp",
                "timestampend",
                "completiontime",
                "completetime",
                "endtime",
                "enddate",
                "completedate",
                "eventtime",
                "eventtimestamp",
                "datetime",
                "time",
                "date",
            ],
            Self::StartTimestamp => &[
                "starttimestamp",
                "timestampstart",
                "starttime",
                "startdate",
                "timestart",
                "begintime",
                "begin",
                "start",
            ],
            Self::Resource => &[
                "orgresource",
                "resource",
                "resourcename",
                "user",
                "username",
                "userid",
                "agent",
                "originator",
                "performer",
                "employee",
            ],
            Self::Lifecycle => {
                &["lifecycletransition", "lifecycle", "transition", "eventlifecycle", "lifecyclestate"]
            }
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Columns that the user named for roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleWishes {
    /// Role and column name, at most one of a role.
    pub columns: Vec<(Role, String)>,
}

impl RoleWishes {
    /// The column named for a role.
    pub fn column(&self, role: Role) -> Option<&str> {
        self.columns.iter().find(|(wished, _)| *wished == role).map(|(_, name)| name.as_str())
    }

    /// Whether the column was named for a role that holds times.
    pub fn wants_time(&self, column: &str) -> bool {
        self.columns.iter().any(|(role, name)| role.is_time() && name == column)
    }
}

/// Whether the output keeps the source's names for role columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Naming {
    /// As they are.
    #[default]
    Source,
    /// As XES and pm4py call them.
    Xes,
}

/// Which column plays which role: indices into the columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    columns: Vec<(Role, usize)>,
}

impl Roles {
    /// Finds the roles among columns with their types. What is wished for holds; for the rest names decide, and a name that means a time
    /// only counts for a column that holds times.
    ///
    /// # Errors
    /// [`Code::NoSuchColumn`] if a wished column is not there.
    pub fn find(columns: &[(&str, ColumnType)], wishes: &RoleWishes) -> Result<Self> {
        let mut found = Self::default();
        for (role, wished) in &wishes.columns {
            let index = columns.iter().position(|(name, _)| name == wished).ok_or_else(|| {
                let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
                Error::new(Code::NoSuchColumn, format!("no column is called {wished:?}"))
                    .help(format!("the columns are {}", names.join(", ")))
            })?;
            found.columns.push((*role, index));
        }
        for role in Role::ALL {
            if found.column(role).is_none()
                && let Some(index) = found.by_name(columns, role)
            {
                found.columns.push((role, index));
            }
        }
        let times: Vec<usize> = (0..columns.len()).filter(|index| columns[*index].1.is_time()).collect();
        if let ([only], None) = (times.as_slice(), found.column(Role::Timestamp))
            && found.role(*only).is_none()
        {
            found.columns.push((Role::Timestamp, *only));
        }
        found.columns.sort_unstable();
        Ok(found)
    }

    fn by_name(&self, columns: &[(&str, ColumnType)], role: Role) -> Option<usize> {
        let plain: Vec<String> = columns.iter().map(|(name, _)| letters(name)).collect();
        role.names().iter().find_map(|wanted| {
            (0..columns.len()).find(|index| {
                plain[*index] == *wanted
                    && self.role(*index).is_none()
                    && (!role.is_time() || columns[*index].1.is_time())
            })
        })
    }

    /// The column that plays the role.
    pub fn column(&self, role: Role) -> Option<usize> {
        self.columns.iter().find(|(found, _)| *found == role).map(|(_, index)| *index)
    }

    /// The role that the column plays.
    pub fn role(&self, column: usize) -> Option<Role> {
        self.columns.iter().find(|(_, index)| *index == column).map(|(role, _)| *role)
    }

    /// Roles with their columns, in the order of [`Role::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Role, usize)> + '_ {
        self.columns.iter().copied()
    }
}

fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::{DateOrder, TimeUnit};

    const TIME: ColumnType = ColumnType::Timestamp { order: DateOrder::Ymd, unit: TimeUnit::Micros };

    fn roles(columns: &[(&str, ColumnType)]) -> Vec<(Role, usize)> {
        Roles::find(columns, &RoleWishes::default()).unwrap().iter().collect()
    }

    #[test]
    fn names_of_real_logs_are_known() {
        assert_eq!(
            roles(&[
                ("Case ID", ColumnType::Text),
                ("Activity", ColumnType::Text),
                ("Start Date", TIME),
                ("End Date", TIME),
                ("Resource", ColumnType::Text),
            ]),
            [
                (Role::Case, 0),
                (Role::Activity, 1),
                (Role::Timestamp, 3),
                (Role::StartTimestamp, 2),
                (Role::Resource, 4),
            ]
        );
    }

    #[test]
    fn a_time_must_hold_times_and_the_only_one_is_it() {
        assert_eq!(roles(&[("time", ColumnType::Text), ("when_it_was", TIME)]), [(Role::Timestamp, 1)]);
    }

    #[test]
    fn a_wish_overrules_and_a_wrong_one_is_an_error() {
        let columns = [("a", ColumnType::Text), ("case_id", ColumnType::Text)];
        let wish = |name: &str| RoleWishes { columns: vec![(Role::Case, name.to_owned())] };
        assert_eq!(Roles::find(&columns, &wish("a")).unwrap().column(Role::Case), Some(0));
        assert_eq!(Roles::find(&columns, &wish("b")).unwrap_err().code(), Code::NoSuchColumn);
    }
}
