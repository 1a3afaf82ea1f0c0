//! How the columns of one input become those of the tables: what is read, and where it goes.

use std::ops::Range;

use crate::encode::builders::ColumnSpec;

/// How one input's columns become the table's.
#[derive(Debug, Clone)]
pub struct ColumnMap {
    /// For each column of the input: how it is read; `None` if it is left out.
    pub read: Vec<Option<ColumnSpec>>,
    /// The name of each column of the input, for errors.
    pub names: Vec<String>,
    /// For each table, how its columns are filled.
    pub tables: Vec<TableMap>,
}

impl ColumnMap {
    /// A map to one table. `from`: for each column of the table which of the input it is; `None` if the input has none, and the column is null.
    pub fn to_one(read: Vec<Option<ColumnSpec>>, names: Vec<String>, from: Vec<Option<usize>>) -> Self {
        let tables = vec![TableMap { columns: 0..read.len(), from }];
        Self { read, names, tables }
    }
}

/// How one table is filled.
#[derive(Debug, Clone)]
pub struct TableMap {
    /// Which of the input's columns its rows have.
    pub columns: Range<usize>,
    /// For each column of the table: which of the input's; `None` if the column is null.
    pub from: Vec<Option<usize>>,
}
