//! Roles: which column is the case, the activity, the time. Found by name, and for times by type; a user's
//! word overrules.

use std::fmt;

use super::role_names::{ColumnName, known_names};
use super::value::ColumnType;
use crate::error::{Code, Error, Result};

/// The part a column plays in an event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Role {
    /// The case that the event belongs to.
    Case,
    /// The activity: what happened.
    Activity,
    /// The time at which the event completed.
    Timestamp,
    /// The time at which the event started.
    StartTimestamp,
    /// The person or system that executed the event.
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

    /// The option that names its column, as messages have it.
    pub const fn option(self) -> &'static str {
        match self {
            Self::Case => "⟦case-id⟧",
            Self::Activity => "⟦activity⟧",
            Self::Timestamp => "⟦timestamp⟧",
            Self::StartTimestamp => "⟦start-timestamp⟧",
            Self::Resource => "⟦resource⟧",
            Self::Lifecycle => "⟦lifecycle⟧",
        }
    }

    /// Whether the column must hold times.
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Timestamp | Self::StartTimestamp)
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
    /// Adds the column of a role; an earlier column of the role is replaced.
    ///
    /// # Errors
    /// [`Code::Usage`] if the column has another role already.
    pub fn add(&mut self, role: Role, name: String) -> Result<()> {
        if let Some((other, _)) = self.columns.iter().find(|(it, before)| *it != role && *before == name) {
            return Err(Error::new(
                Code::Usage,
                format!("column {name:?} is given for two roles, {other} and {role}"),
            )
            .help("a column can have only one role; omit one of the flags"));
        }
        self.columns.retain(|(it, _)| *it != role);
        let at = self.columns.partition_point(|(it, _)| *it < role);
        self.columns.insert(at, (role, name));
        Ok(())
    }

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
#[non_exhaustive]
pub enum Naming {
    /// As the input names them.
    #[default]
    Source,
    /// As XES and pm4py name them, such as `case:concept:name`.
    Xes,
}

/// Which column plays which role: indices into the columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    columns: Vec<(Role, usize)>,
}

impl Roles {
    /// Finds the roles among columns with their types. What is wished for holds; for the rest names decide,
    /// and a name that means a time only counts for a column that holds times.
    ///
    /// # Errors
    /// [`Code::NoSuchColumn`](crate::error::Code::NoSuchColumn) if a wished column is not there.
    pub fn find(columns: &[(&str, ColumnType)], wishes: &RoleWishes) -> Result<Self> {
        Self::find_among(columns, &vec![false; columns.len()], wishes)
    }

    /// The same where some columns are text although they were meant to hold times: `in_doubt`, one for each
    /// column. One that bears the name of a time keeps others from its role: a due date must not pass for the
    /// time of an event.
    ///
    /// # Errors
    /// As [`Roles::find`].
    pub fn find_among(
        columns: &[(&str, ColumnType)],
        in_doubt: &[bool],
        wishes: &RoleWishes,
    ) -> Result<Self> {
        let mut found = Self::default();
        for (role, wished) in &wishes.columns {
            let index = columns
                .iter()
                .position(|(name, _)| name == wished)
                .ok_or_else(|| Error::no_such_column(wished, columns.iter().map(|(name, _)| *name)))?;
            found.columns.push((*role, index));
        }
        let names: Vec<ColumnName> = columns.iter().map(|(name, _)| ColumnName::new(name)).collect();
        let may_be_time: Vec<bool> =
            columns.iter().zip(in_doubt).map(|((_, it), in_doubt)| it.is_time() || *in_doubt).collect();
        for role in Role::ALL {
            if found.column(role).is_none()
                && let Some(index) = found.by_name(&may_be_time, &names, role)
            {
                found.columns.push((role, index));
            }
        }
        let is_log = found.column(Role::Timestamp).is_some()
            && (found.column(Role::Case).is_some() || found.column(Role::Activity).is_some());
        found.fill_times(columns, wishes);
        if is_log {
            found.fill_from_the_rest(columns, &names);
        }
        let is_wished = |role: Role| wishes.column(role).is_some();
        found.columns.retain(|(role, index)| {
            !role.is_time() || is_wished(*role) || !in_doubt[*index] || columns[*index].1.is_time()
        });
        found.columns.sort_unstable();
        Ok(found)
    }

    fn by_name(&self, may_be_time: &[bool], names: &[ColumnName], role: Role) -> Option<usize> {
        let is_free = |index: &usize| self.role(*index).is_none() && (!role.is_time() || may_be_time[*index]);
        let free: Vec<usize> = (0..names.len()).filter(is_free).collect();
        known_names(role)
            .find_map(|wanted| free.iter().copied().find(|index| names[*index].is(wanted)))
            .or_else(|| {
                known_names(role)
                    .find_map(|wanted| free.iter().copied().find(|index| names[*index].means(wanted, role)))
            })
    }

    /// The time of an event without a completion by name: the only other time beside a start, or the only
    /// time there is. An event that has nothing but a start is taken to be complete then.
    fn fill_times(&mut self, columns: &[(&str, ColumnType)], wishes: &RoleWishes) {
        if self.column(Role::Timestamp).is_some() {
            return;
        }
        // What a trace has of XES, such as its end, is no time of an event.
        let is_time = |index: &usize| columns[*index].1.is_time() && !columns[*index].0.starts_with("case:");
        let times = (0..columns.len()).filter(is_time);
        let others: Vec<usize> = times.filter(|index| self.role(*index).is_none()).collect();
        match (others.as_slice(), self.columns.iter().position(|(role, _)| *role == Role::StartTimestamp)) {
            ([only], _) => self.columns.push((Role::Timestamp, *only)),
            ([], Some(start)) if wishes.column(Role::StartTimestamp).is_none() => {
                self.columns[start].0 = Role::Timestamp;
            }
            _ => {}
        }
    }

    /// In a table that is a log for sure, because a time and a case or an activity have their names: beside a
    /// case a status is the activity, and beside an activity the only column left that is an identifier by
    /// its name is the case.
    fn fill_from_the_rest(&mut self, columns: &[(&str, ColumnType)], names: &[ColumnName]) {
        let free = |roles: &Self, is_wanted: &dyn Fn(&ColumnName) -> bool| -> Option<usize> {
            let mut free = (0..columns.len())
                .filter(|index| roles.role(*index).is_none() && !columns[*index].1.is_time())
                // Traces of XES tell cases apart themselves.
                .filter(|index| !columns[*index].0.starts_with("case:"))
                .filter(|index| is_wanted(&names[*index]));
            free.next().filter(|_| free.next().is_none())
        };
        if self.column(Role::Activity).is_none()
            && let Some(index) = free(self, &ColumnName::is_status)
        {
            self.columns.push((Role::Activity, index));
        } else if self.column(Role::Case).is_none()
            && let Some(index) = free(self, &ColumnName::is_identifier)
        {
            self.columns.push((Role::Case, index));
        }
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

    /// Of case, activity and timestamp those that no column plays: without them a table is no event log.
    pub fn missing(&self) -> impl Iterator<Item = Role> + '_ {
        [Role::Case, Role::Activity, Role::Timestamp].into_iter().filter(|role| self.column(*role).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
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
    fn columns_of_other_vendors_and_languages_are_known() {
        use Role::{Activity, Case, Lifecycle, Resource, StartTimestamp, Timestamp};
        let (t, time) = (ColumnType::Text, TIME);
        let int = ColumnType::Int64(crate::model::value::IntStyle::Plain);
        type Table = &'static [(&'static str, bool)];
        // The roles are those of the columns in order; `-` has none. True: the column holds times.
        let tables: &[(Table, &[Option<Role>])] = &[
            (
                &[("_CASE_KEY", false), ("ACTIVITY_EN", false), ("EVENTTIME", true), ("USER_NAME", false)],
                &[Some(Case), Some(Activity), Some(Timestamp), Some(Resource)],
            ),
            (
                &[("Case_ID", false), ("Activity", false), ("Event_start", true), ("Event_end", true)],
                &[Some(Case), Some(Activity), Some(StartTimestamp), Some(Timestamp)],
            ),
            (
                &[
                    ("patient", false),
                    ("activity_id", false),
                    ("activity_instance_id", false),
                    ("lifecycle_id", false),
                    ("timestamp", true),
                    ("resource_id", false),
                ],
                &[Some(Case), Some(Activity), None, Some(Lifecycle), Some(Timestamp), Some(Resource)],
            ),
            (
                &[("ProcessID", false), ("Activity", false), ("StartTime", true), ("Role", false)],
                &[Some(Case), Some(Activity), Some(Timestamp), None],
            ),
            (
                &[("Activity", false), ("Date", true), ("POLICY_ID", false), ("RESOURCE", false)],
                &[Some(Activity), Some(Timestamp), Some(Case), Some(Resource)],
            ),
            (
                &[("Issue key", false), ("Status", false), ("Changed at", true), ("Author", false)],
                &[Some(Case), Some(Activity), Some(Timestamp), Some(Resource)],
            ),
            (
                &[
                    ("bill_id", false),
                    ("bill_status", false),
                    ("status_changed_at", true),
                    ("employee_id", false),
                ],
                &[None, None, Some(Timestamp), Some(Resource)],
            ),
            (
                &[
                    ("Case_ID", false),
                    ("Activity", false),
                    ("Resource", false),
                    ("Start_Time", true),
                    ("End_Time", true),
                    ("AssignedTime", true),
                ],
                &[Some(Case), Some(Activity), Some(Resource), Some(StartTimestamp), Some(Timestamp), None],
            ),
            (
                &[("case", false), ("task", false), ("started_at", true), ("ended_at", true)],
                &[Some(Case), Some(Activity), Some(StartTimestamp), Some(Timestamp)],
            ),
            (
                &[("case", false), ("task", false), ("begin", true), ("finish", true)],
                &[Some(Case), Some(Activity), Some(StartTimestamp), Some(Timestamp)],
            ),
            (
                &[("case", false), ("task", false), ("start", true), ("stop", true)],
                &[Some(Case), Some(Activity), Some(StartTimestamp), Some(Timestamp)],
            ),
            (
                &[("case", false), ("task", false), ("start", true), ("when_it_was", true)],
                &[Some(Case), Some(Activity), Some(StartTimestamp), Some(Timestamp)],
            ),
            (
                &[("case", false), ("task", false), ("start", true)],
                &[Some(Case), Some(Activity), Some(Timestamp)],
            ),
            (
                &[("Fallnummer", false), ("Aktivität", false), ("Zeitstempel", true), ("Bearbeiter", false)],
                &[Some(Case), Some(Activity), Some(Timestamp), Some(Resource)],
            ),
            (
                &[
                    ("Vorgangs-ID", false),
                    ("Tätigkeit", false),
                    ("Beginn", true),
                    ("Ende", true),
                    ("Mitarbeiter", false),
                ],
                &[Some(Case), Some(Activity), Some(StartTimestamp), Some(Timestamp), Some(Resource)],
            ),
            (
                &[
                    ("Numéro de dossier", false),
                    ("Étape", false),
                    ("Date de début", true),
                    ("Date de fin", true),
                    ("Utilisateur", false),
                ],
                &[Some(Case), Some(Activity), Some(StartTimestamp), Some(Timestamp), Some(Resource)],
            ),
            (
                &[("ID del caso", false), ("Actividad", false), ("Fecha y hora", true), ("Usuario", false)],
                &[Some(Case), Some(Activity), Some(Timestamp), Some(Resource)],
            ),
            (
                &[
                    ("Número do processo", false),
                    ("Atividade", false),
                    ("Data início", true),
                    ("Data fim", true),
                    ("Responsável", false),
                ],
                &[Some(Case), Some(Activity), Some(StartTimestamp), Some(Timestamp), Some(Resource)],
            ),
            (
                &[
                    ("ケースID", false),
                    ("アクティビティ", false),
                    ("開始日時", true),
                    ("終了日時", true),
                    ("担当者", false),
                ],
                &[Some(Case), Some(Activity), Some(StartTimestamp), Some(Timestamp), Some(Resource)],
            ),
            (
                &[
                    ("Номер заявки", false),
                    ("Операция", false),
                    ("Время начала", true),
                    ("Время окончания", true),
                    ("Исполнитель", false),
                ],
                &[Some(Case), Some(Activity), Some(StartTimestamp), Some(Timestamp), Some(Resource)],
            ),
            (
                &[
                    ("caseID", false),
                    ("taskID", false),
                    ("originator", false),
                    ("eventtype", false),
                    ("contact", false),
                    ("timestamp", true),
                ],
                &[Some(Case), Some(Activity), Some(Resource), None, None, Some(Timestamp)],
            ),
            (
                &[("concept:name", false), ("time:timestamp", true), ("case:SubProcessID", false)],
                &[Some(Activity), Some(Timestamp), None],
            ),
            // Two identifiers are left: neither is known to be the case.
            (
                &[("Activity", false), ("Date", true), ("order_id", false), ("policy_id", false)],
                &[Some(Activity), Some(Timestamp), None, None],
            ),
            // A table of persons or invoices is no log, whatever its columns are called.
            (
                &[("customer_id", false), ("name", false), ("state", false), ("birth", true)],
                &[None, None, None, Some(Timestamp)],
            ),
            (&[("invoice_id", false), ("status", false), ("due", true)], &[None, None, Some(Timestamp)]),
            // No log: nothing is made up.
            (&[("id", false), ("status", false), ("price", false)], &[None, None, None]),
        ];
        for (table, wanted) in tables {
            let columns: Vec<(&str, ColumnType)> =
                table.iter().map(|(name, is_time)| (*name, if *is_time { time } else { t })).collect();
            let found = Roles::find(&columns, &RoleWishes::default()).unwrap();
            let found: Vec<Option<Role>> = (0..columns.len()).map(|index| found.role(index)).collect();
            assert_eq!(&found, wanted, "{table:?}");
        }
        let wide = [("CaseID", int), ("ActivityID", int), ("CompleteTimestamp", time)];
        assert_eq!(roles(&wide), [(Case, 0), (Activity, 1), (Timestamp, 2)]);
    }

    #[test]
    fn a_time_must_hold_times_and_the_only_one_is_it() {
        assert_eq!(roles(&[("time", ColumnType::Text), ("when_it_was", TIME)]), [(Role::Timestamp, 1)]);
    }

    #[test]
    fn a_column_that_was_meant_to_hold_times_keeps_others_from_its_role() {
        let columns = [("case", ColumnType::Text), ("timestamp", ColumnType::Text), ("due_date", TIME)];
        let roles = |in_doubt: &[bool]| {
            Roles::find_among(&columns, in_doubt, &RoleWishes::default()).unwrap().column(Role::Timestamp)
        };
        assert_eq!(roles(&[false, true, false]), None);
        assert_eq!(roles(&[false, false, false]), Some(2));
        let wish = RoleWishes { columns: vec![(Role::Timestamp, "due_date".to_owned())] };
        let wished = Roles::find_among(&columns, &[false, true, false], &wish).unwrap();
        assert_eq!(wished.column(Role::Timestamp), Some(2));
        assert_eq!(
            Roles::find(&[("case:end", TIME)], &RoleWishes::default()).unwrap().column(Role::Timestamp),
            None
        );
    }

    #[test]
    fn a_wish_overrules_and_a_wrong_one_is_an_error() {
        let columns = [("a", ColumnType::Text), ("case_id", ColumnType::Text)];
        let wish = |name: &str| RoleWishes { columns: vec![(Role::Case, name.to_owned())] };
        assert_eq!(Roles::find(&columns, &wish("a")).unwrap().column(Role::Case), Some(0));
        assert_eq!(Roles::find(&columns, &wish("b")).unwrap_err().code(), Code::NoSuchColumn);
    }
}
