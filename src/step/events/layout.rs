//! Which columns an event is read from.

use arrow::compute::can_cast_types;
use arrow::datatypes::DataType;

use super::cells::Tick;
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableSchema;
use crate::model::roles::Role;

/// Where the columns of an event stand in a table, and what is kept of each event beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventLayout {
    pub case: usize,
    pub activity: Option<usize>,
    pub time: Option<usize>,
    pub resource: Option<usize>,
    /// A column whose text is kept as well.
    pub group: Option<usize>,
    pub tick: Tick,
    /// Whether times have no zone.
    pub is_local: bool,
    /// Whether events know the number of their row.
    pub has_rows: bool,
    /// Whether events have marks.
    pub has_marks: bool,
}

impl EventLayout {
    /// The columns of a table by their roles. A column whose values are not what its role needs plays none.
    ///
    /// # Errors
    /// [`Code::NoSuchColumn`] for a table without a column of the case.
    pub fn of(table: &TableSchema) -> Result<Self> {
        let data_type = |at: usize| table.columns[at].field.data_type();
        let text = |role| table.role(role).filter(|at| can_cast_types(data_type(*at), &DataType::Utf8));
        let time = table.role(Role::Timestamp).filter(|at| Tick::of([data_type(*at)]).is_some());
        let tick = time.and_then(|at| Tick::of([data_type(at)])).unwrap_or(Tick::Micros);
        Ok(Self {
            case: text(Role::Case).ok_or_else(|| missing(table, Role::Case))?,
            activity: text(Role::Activity),
            time,
            resource: text(Role::Resource),
            group: None,
            tick,
            is_local: time.is_some_and(|at| !matches!(data_type(at), DataType::Timestamp(_, Some(_)))),
            has_rows: false,
            has_marks: false,
        })
    }

    /// The positions of all columns that events are read from.
    pub fn columns(&self) -> Vec<usize> {
        let all = [Some(self.case), self.activity, self.time, self.resource, self.group];
        all.into_iter().flatten().collect()
    }
}

/// The error for a table without a column that plays a role, or whose column has no fitting values.
pub(crate) fn missing(table: &TableSchema, role: Role) -> Error {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name()).collect();
    let what = match role {
        Role::Case => "the case",
        Role::Activity => "the activity",
        Role::Timestamp => "the timestamp",
        _ => "the resource",
    };
    let Some(at) = table.role(role) else {
        return Error::new(
            Code::NoSuchColumn,
            format!("expected a column of {what}, found no column that is"),
        )
        .help(format!("name it with {} COLUMN; the columns are {}", role.option(), names.join(", ")));
    };
    let found = table.columns[at].field.data_type();
    let expected = if role == Role::Timestamp { "timestamps" } else { "values that can be compared as text" };
    Error::new(Code::Misfit, format!("expected {expected}, found values of type {found}"))
        .in_column(table.columns[at].name())
        .help(format!("name another column with {}", role.option()))
}
