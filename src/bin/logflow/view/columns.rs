//! Which columns are shown: those that are asked for, and for a case those of a timeline.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use logflow::TableSchema;
use logflow::error::{Code, Error, Result};
use logflow::options::{Options, TableOptions};
use logflow::source::columns::type_name;
use logflow::step::filter::Filter;
use logflow::step::select::Select;
use logflow::step::{Step, Steps};
use logflow::values::Role;

use super::cells::{self, Moments, Values};
use super::grid::{Grid, GridColumn};
use super::shown;

/// Columns of the terminal for the name of a type; those of structs may be as long as their values.
const TYPE: usize = 32;
/// Conditions and columns are those of one table.
pub fn refuse_columns(table: &TableOptions, has_table: bool) -> Result<()> {
    let is_asked = table.condition.is_some() || !table.select.is_empty() || !table.exclude.is_empty();
    if is_asked && !has_table {
        return Err(Error::new(Code::Usage, "an object-centric log has several tables")
            .help("give ⟦table⟧ NAME as well; without conditions and columns the tables are listed"));
    }
    Ok(())
}

/// Steps for one table of an object-centric log, taken out of the options, which are about all tables.
pub fn table_steps(options: &mut Options, has_table: bool) -> Result<Steps> {
    let mut steps: Vec<Arc<dyn Step>> = Vec::new();
    let table = &mut options.table;
    refuse_columns(table, has_table)?;
    if let Some(condition) = table.condition.take() {
        steps.push(Arc::new(Filter { condition, zone: table.values.zone.clone() }));
    }
    let (columns, exclude) = (std::mem::take(&mut table.select), std::mem::take(&mut table.exclude));
    if !exclude.is_empty() {
        steps.push(Arc::new(Exclude { exclude }));
    }
    if !columns.is_empty() {
        steps.push(Arc::new(Select { columns }));
    }
    Ok(Steps(steps))
}

/// Keeps all columns but these.
#[derive(Debug)]
struct Exclude {
    exclude: Vec<String>,
}

impl Step for Exclude {
    fn name(&self) -> &str {
        "exclude"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<logflow::BoundStep>> {
        let kept = kept(table, &[], &self.exclude)?;
        let columns = kept.into_iter().map(|at| table.columns[at].name().to_owned()).collect();
        Select { columns }.bind(table)
    }
}

/// Positions of the columns that are shown.
pub fn kept(table: &TableSchema, select: &[String], exclude: &[String]) -> Result<Vec<usize>> {
    let mut kept: Vec<usize> = match select {
        [] => (0..table.columns.len()).collect(),
        names => names.iter().map(|name| table.require(name)).collect::<Result<_>>()?,
    };
    for name in exclude {
        let at = table.require(name)?;
        kept.retain(|it| *it != at);
    }
    match kept.is_empty() {
        true => Err(Error::new(Code::Usage, "no column is left").help("check ⟦select⟧ and ⟦exclude⟧")),
        false => Ok(kept),
    }
}

/// One column as the table shows it.
fn grid_column(table: &TableSchema, at: usize) -> GridColumn {
    let column = &table.columns[at];
    let data_type = column.field.data_type();
    GridColumn {
        name: column.name().to_owned(),
        type_name: shown::cut(&value_type(data_type), TYPE),
        role: column.roles.first().copied(),
        is_number: cells::is_number(data_type),
        is_text: cells::is_text(data_type),
    }
}

/// The name of the type of the values; how they are stored is of no interest here.
fn value_type(data_type: &arrow::datatypes::DataType) -> String {
    match data_type {
        arrow::datatypes::DataType::Dictionary(_, values) => type_name(values),
        other => type_name(other),
    }
}

pub fn grid_of(table: &TableSchema, batches: &[RecordBatch]) -> Result<Grid> {
    let rows = concat_batches(&table.arrow(), batches)?;
    let columns: Vec<GridColumn> = (0..table.columns.len()).map(|at| grid_column(table, at)).collect();
    let values: Vec<Values> =
        rows.columns().iter().map(|column| Values::of(column, Moments::Plain)).collect::<Result<_>>()?;
    let rows = (0..rows.num_rows()).map(|row| values.iter().map(|it| it.text(row)).collect()).collect();
    Ok(Grid { columns, rows, numbers: Vec::new() })
}

/// Time, time since the event before, activity, resource, and the other columns but the case, which is in the
/// title.
pub fn timeline(
    table: &TableSchema,
    rows: &RecordBatch,
    kept: &[usize],
    gaps: &[Option<String>],
) -> Result<Grid> {
    let all = grid_of(table, std::slice::from_ref(rows))?;
    let of = |role: Role| table.role(role).filter(|at| kept.contains(at));
    let first: Vec<usize> = [Role::Activity, Role::Resource].into_iter().filter_map(of).collect();
    let time = of(Role::Timestamp);
    let is_rest =
        |at: &usize| !first.contains(at) && Some(*at) != time && table.role(Role::Case) != Some(*at);
    let order: Vec<usize> = first.iter().copied().chain(kept.iter().copied().filter(is_rest)).collect();
    let mut grid = Grid::default();
    if let Some(time) = time {
        let gap = GridColumn { name: "gap".to_owned(), is_number: true, ..GridColumn::default() };
        grid.columns.extend([grid_column(table, time), gap]);
    }
    grid.columns.extend(order.iter().map(|at| grid_column(table, *at)));
    for (row, gap) in all.rows.into_iter().zip(gaps) {
        let mut values = Vec::with_capacity(grid.columns.len());
        if let Some(time) = time {
            // The first event has none before it, which is no missing value.
            values.extend([row[time].clone(), Some(gap.clone().unwrap_or_default())]);
        }
        values.extend(order.iter().map(|at| row[*at].clone()));
        grid.rows.push(values);
    }
    Ok(grid)
}
