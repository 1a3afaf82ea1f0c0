//! The table that is inspected: its columns and which of them are the roles of an event log.

use arrow::datatypes::DataType;

use super::attributes::AttributePlan;
use super::times::{Clock, LocalZone};
use crate::model::catalog::TableSchema;
use crate::model::roles::Role;
use crate::model::zone::ZoneRule;

/// Texts of distinct values that are kept in a column of a table with few columns; see [`LogTable::most_first`].
const FIRST: usize = 65_536;
/// The same in all columns of a table together.
const FIRST_OF_ALL: usize = 2 << 20;

/// Columns and roles.
#[derive(Debug, Clone, PartialEq)]
pub struct LogTable {
    /// Names and types of the columns.
    pub columns: Vec<(String, DataType)>,
    /// Column of the case.
    pub case: Option<usize>,
    /// Column of the activity.
    pub activity: Option<usize>,
    /// Column of the time.
    pub time: Option<usize>,
    /// Column of the start.
    pub start: Option<usize>,
    /// Column of the resource.
    pub resource: Option<usize>,
    /// Column of the lifecycle.
    pub lifecycle: Option<usize>,
    /// The unit of all moments.
    pub clock: Clock,
    /// The zone in which people read them.
    pub zone: LocalZone,
}

impl LogTable {
    /// The columns and roles of a table; `zone` is that of times without one.
    pub fn of(schema: &TableSchema, zone: &ZoneRule) -> Self {
        let columns: Vec<(String, DataType)> = schema
            .columns
            .iter()
            .map(|column| (column.name().to_owned(), column.field.data_type().clone()))
            .collect();
        let role = |role: Role| schema.role(role);
        let is_time = |at: &usize| matches!(columns[*at].1, DataType::Timestamp(..) | DataType::Date32);
        let (time, start) =
            (role(Role::Timestamp).filter(is_time), role(Role::StartTimestamp).filter(is_time));
        let times = || [time, start].into_iter().flatten().map(|at| &columns[at].1);
        let (clock, zone) = (Clock::of(times()), LocalZone::of(times(), zone));
        Self {
            case: role(Role::Case),
            activity: role(Role::Activity),
            time,
            start,
            resource: role(Role::Resource),
            lifecycle: role(Role::Lifecycle),
            clock,
            zone,
            columns,
        }
    }

    /// The role of a column in reports.
    pub fn role_of(&self, column: usize) -> Option<&'static str> {
        let roles = [
            (self.case, Role::Case),
            (self.activity, Role::Activity),
            (self.time, Role::Timestamp),
            (self.start, Role::StartTimestamp),
            (self.resource, Role::Resource),
            (self.lifecycle, Role::Lifecycle),
        ];
        roles.iter().find(|(at, _)| *at == Some(column)).map(|(_, role)| role.name())
    }

    /// Columns whose values are compared within cases, and with resources and activities.
    pub fn attributes(&self) -> AttributePlan {
        AttributePlan::of(self)
    }

    /// Distinct values of a column whose texts are kept: fewer where there are many columns.
    pub fn most_first(&self) -> usize {
        (FIRST_OF_ALL / self.columns.len().max(1)).clamp(1024, FIRST)
    }
}
