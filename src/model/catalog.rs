//! What a table looks like between its source and its target: the schema that steps are bound to.

use std::sync::Arc;

use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};

use super::roles::Role;
use crate::error::{Error, Result};

/// Number of a table within its source; an event log has one table, number 0.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n").unwrap();
/// use logflow::TableId;
///
/// assert_eq!(TableId::EVENTS, TableId(0));
/// let error = logflow::read(path).table(TableId(1)).batches().unwrap_err();
/// assert_eq!(error.what(), "expected a table with number 1, found 1 tables");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub usize);

impl TableId {
    /// The only table of an event log.
    pub const EVENTS: Self = Self(0);
}

/// The columns of one table, in order.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case_id,activity,amount\n1,a,2.5\n").unwrap();
/// use logflow::values::Role;
///
/// let batches = logflow::read(path).batches()?;
/// let table = batches.table().unwrap();
/// assert_eq!(table.role(Role::Case), table.position("case_id"));
/// assert_eq!(table.require("cost").unwrap_err().code(), logflow::Code::NoSuchColumn);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TableSchema {
    /// Which table of the source it is.
    pub table: TableId,
    /// Its name within the source; `None` for the only table of an event log.
    pub name: Option<Arc<str>>,
    /// Its columns; no two have the same name.
    pub columns: Vec<TableColumn>,
}

/// One column of a table.
///
/// # Examples
/// ```
/// use arrow::datatypes::{DataType, Field};
/// use logflow::TableColumn;
///
/// let cost = TableColumn::computed(Field::new("cost", DataType::Float64, true));
/// assert_eq!(cost.renamed("amount").name(), "amount");
/// assert_eq!(cost.source, None);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TableColumn {
    /// Name, Arrow type and nullability, as batches have them.
    pub field: FieldRef,
    /// The roles that the column plays in an event log; usually no more than one.
    pub roles: Vec<Role>,
    /// Which column of the source has the same values; `None` for a column that a step computed.
    pub source: Option<usize>,
}

impl TableColumn {
    /// A column that a step computes.
    pub fn computed(field: Field) -> Self {
        Self { field: Arc::new(field), roles: Vec::new(), source: None }
    }

    /// Name of the column.
    pub fn name(&self) -> &str {
        self.field.name()
    }

    /// The same column under another name.
    pub fn renamed(&self, name: impl Into<String>) -> Self {
        let field = self.field.as_ref().clone().with_name(name);
        Self { field: Arc::new(field), roles: self.roles.clone(), source: self.source }
    }
}

impl TableSchema {
    /// A table with these columns, the first of its source.
    pub fn new(name: Option<Arc<str>>, columns: Vec<TableColumn>) -> Self {
        Self { table: TableId::EVENTS, name, columns }
    }

    /// The schema of the table's batches.
    pub fn arrow(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns.iter().map(|column| Arc::clone(&column.field)).collect::<Vec<_>>()))
    }

    /// Position of the column with this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name() == name)
    }

    /// Position of the column with this name, which the user gave.
    ///
    /// # Errors
    /// [`Code::NoSuchColumn`](crate::error::Code::NoSuchColumn) with the names that there are.
    pub fn require(&self, name: &str) -> Result<usize> {
        let names = || self.columns.iter().map(TableColumn::name);
        self.position(name).ok_or_else(|| Error::no_such_column(name, names()))
    }

    /// Position of the column that plays a role.
    pub fn role(&self, role: Role) -> Option<usize> {
        self.columns.iter().position(|column| column.roles.contains(&role))
    }

    /// Each role that is played, in the order of [`Role`], with the position of its column.
    pub fn roles(&self) -> Vec<(Role, usize)> {
        let columns = self.columns.iter().enumerate();
        let mut roles: Vec<(Role, usize)> =
            columns.flat_map(|(at, column)| column.roles.iter().map(move |role| (*role, at))).collect();
        roles.sort_unstable();
        roles
    }

    /// A name that no two columns have; the first one that is found.
    pub fn duplicate_name(&self) -> Option<&str> {
        let mut seen = std::collections::HashSet::new();
        self.columns.iter().map(TableColumn::name).find(|name| !seen.insert(*name))
    }
}
