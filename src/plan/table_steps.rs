//! What the steps of a run make of the table: the columns that are written, where they come from and how they
//! are laid out.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, SchemaRef};

use crate::encode::layout::ColumnLayout;
use crate::error::Result;
use crate::model::catalog::{TableColumn, TableId, TableSchema};
use crate::model::roles::Naming;
use crate::options::Options;
use crate::plan::table::{Column, Table, data_type};
use crate::step::filter::Filter;
use crate::step::naming::XesNaming;
use crate::step::select::Select;
use crate::step::{Step, Steps};

impl Table {
    /// Binds the steps of the run to the columns as they are read. A step that refuses provisional types may
    /// accept those of the whole file: its error waits in [`Table::refused`].
    pub fn bind(&mut self, options: &Options, own: &Steps) -> Result<()> {
        let columns = self.columns.iter().enumerate().map(|(at, column)| TableColumn {
            field: Arc::new(Field::new(&column.source_name, data_type(column), true)),
            roles: self.roles.iter().filter(|(_, played)| *played == at).map(|(role, _)| role).collect(),
            source: Some(at),
        });
        let read = TableSchema { table: TableId(0), name: None, columns: columns.collect() };
        let written = self.columns.iter().filter(|column| !column.hidden);
        let written: Vec<String> = written.map(|column| column.source_name.clone()).collect();
        let reads_more = written.len() < self.columns.len();
        let (chain, refused) = match steps_of(own, written, reads_more, options).bind(read.clone()) {
            Ok(chain) => (chain, None),
            Err(error) => (Steps::default().bind(read)?, Some(error)),
        };
        self.chains = Arc::new([chain]);
        self.refused = refused;
        Ok(())
    }

    /// The table as it is written.
    pub fn output(&self) -> &TableSchema {
        &self.chains[0].output
    }

    /// The columns that are written; with each the column of the source that has its values, if there is one.
    pub fn written(&self) -> impl Iterator<Item = (&TableColumn, Option<&Column>)> {
        self.output().columns.iter().map(|column| (column, column.source.map(|at| &self.columns[at])))
    }

    /// The schema of the batches that are written. Text that repeats is a dictionary in them and plain text
    /// in the file.
    pub fn schema(&self) -> SchemaRef {
        self.output().arrow()
    }

    /// Page layouts of the columns of the output.
    pub fn layouts(&self) -> Vec<(String, ColumnLayout)> {
        let layout = |(written, source): (&TableColumn, Option<&Column>)| {
            let is_same = |source: &&Column| is_same_kind(&data_type(source), written.field.data_type());
            let layout = match source.filter(is_same) {
                Some(source) => source.layout(),
                None => ColumnLayout::of_arrow(written.field.data_type()),
            };
            (written.name().to_owned(), layout)
        };
        self.written().map(layout).collect()
    }
}

/// Whether values of both types are laid out alike: they are of one type, or times in two units.
pub(super) fn is_same_kind(left: &DataType, right: &DataType) -> bool {
    left == right || matches!((left, right), (DataType::Timestamp(..), DataType::Timestamp(..)))
}

/// The steps of a run, in order: rows are chosen by all columns, then columns are, and names come last.
/// `written`: names of the columns that are written. `reads_more`: whether others are read, because rows are
/// chosen by them.
pub fn steps_of(own: &Steps, written: Vec<String>, reads_more: bool, options: &Options) -> Steps {
    let mut steps: Vec<Arc<dyn Step>> = Vec::new();
    if let Some(condition) = &options.table.condition {
        steps
            .push(Arc::new(Filter { condition: condition.clone(), zone: options.table.values.zone.clone() }));
    }
    if reads_more {
        steps.push(Arc::new(Select { columns: written }));
    }
    steps.extend(own.0.iter().cloned());
    if options.table.naming == Naming::Xes {
        steps.push(Arc::new(XesNaming));
    }
    Steps(steps)
}
