//! How the columns of one input become those of the tables: what is read, and where it goes.

use std::ops::Range;

use crate::encode::builders::ColumnSpec;

/// How the columns of one input become those of the tables.
#[derive(Debug, Clone)]
pub struct ColumnMap {
    /// The number of the input, from 0.
    pub input: u32,
    /// For each column of the input: how it is read; `None` if it is left out.
    pub read: Vec<Option<ColumnSpec>>,
    /// The name of each column of the input, for errors.
    pub names: Vec<String>,
    /// For each table, how its columns are filled.
    pub tables: Vec<TableMap>,
}

impl ColumnMap {
    /// A map to one table. `from`: for each column of the table the column of the input that fills it; `None`
    /// if there is no such column, and the values are null.
    pub fn to_one(read: Vec<Option<ColumnSpec>>, names: Vec<String>, from: Vec<Option<usize>>) -> Self {
        let tables = vec![TableMap { columns: 0..read.len(), from }];
        Self { input: 0, read, names, tables }
    }
}

/// How one table is filled.
#[derive(Debug, Clone)]
pub struct TableMap {
    /// Which of the input's columns its rows have.
    pub columns: Range<usize>,
    /// For each column of the table the column of the input that fills it; `None` if its values are null.
    pub from: Vec<Option<usize>>,
}
