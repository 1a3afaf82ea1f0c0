//! The attributes of all types of one side as columns of one table.
//!
//! Attributes of one name share a column. If their types differ, integers become floats where all of them
//! can, moments take the finer unit, and everything else is text.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow::datatypes::{DataType, Field, TimeUnit};

use crate::error::Result;
use crate::target::ocel::arrays::converted;
use crate::target::ocel::bundle::{Bundle, BundleTable, BundleType, OcelSide};

/// Integers up to here are floats without loss.
const EXACT: i64 = 1 << 53;

/// A column over all types.
#[derive(Debug)]
struct UnionColumn {
    /// Name of the attribute.
    attribute: String,
    /// Name of the column.
    name: String,
    data_type: DataType,
    /// Whether all its integers are exact as floats.
    exact: bool,
}

/// The columns of all types of one side in one table.
#[derive(Debug)]
pub struct Union {
    columns: Vec<UnionColumn>,
}

impl Union {
    /// Of all attributes of a side's types that have a value in the tables that `tables` gives for the number
    /// of a type; `fixed` are names that are taken.
    pub fn of(
        bundle: &Bundle,
        side: OcelSide,
        tables: fn(usize) -> Vec<BundleTable>,
        fixed: &[&str],
    ) -> Result<Self> {
        let mut columns: Vec<UnionColumn> = Vec::new();
        for (index, of) in bundle.types(side).iter().enumerate() {
            for table in tables(index) {
                let Some(shape) = bundle.shape(table)? else { continue };
                for attribute in &of.attributes {
                    let Some(data_type) = shape.data_type(&attribute.column) else { continue };
                    let exact = shape.integers_within(&attribute.column, EXACT);
                    match columns.iter_mut().find(|it| it.attribute == attribute.name) {
                        Some(column) => {
                            column.exact &= exact;
                            column.data_type = joined(&column.data_type, &data_type, column.exact);
                        }
                        None => {
                            let taken = |name: &str| {
                                fixed.contains(&name) || columns.iter().any(|it| it.name == name)
                            };
                            let mut name = attribute.name.clone();
                            let mut number = 1;
                            while taken(&name) {
                                number += 1;
                                name = format!("{}:{number}", attribute.name);
                            }
                            columns.push(UnionColumn {
                                attribute: attribute.name.clone(),
                                name,
                                data_type,
                                exact,
                            });
                        }
                    }
                }
            }
        }
        Ok(Self { columns })
    }

    /// The Arrow fields of the columns, in order.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.columns.iter().map(|it| Field::new(&it.name, it.data_type.clone(), true))
    }

    /// The fields of one type's attributes alone.
    pub fn own_fields<'u>(&'u self, of: &'u BundleType) -> impl Iterator<Item = Field> + 'u {
        self.own(of).map(|(column, _)| Field::new(&column.name, column.data_type.clone(), true))
    }

    /// A type's attributes with their columns, in the order of its own.
    fn own<'u>(&'u self, of: &'u BundleType) -> impl Iterator<Item = (&'u UnionColumn, &'u str)> + 'u {
        of.attributes.iter().filter_map(|attribute| {
            let column = self.columns.iter().find(|it| it.attribute == attribute.name)?;
            Some((column, attribute.column.as_str()))
        })
    }

    /// The values of a batch of one type, `None` for what it has not.
    pub fn columns(&self, of: &BundleType, batch: &RecordBatch) -> Result<Vec<Option<ArrayRef>>> {
        let value = |column: &UnionColumn| {
            let own = of.attributes.iter().find(|it| it.name == column.attribute);
            let array = own.and_then(|own| batch.column_by_name(&own.column));
            array.map(|array| converted(array, &column.data_type)).transpose()
        };
        self.columns.iter().map(value).collect()
    }

    /// The same, null for what it has not.
    pub fn filled(&self, of: &BundleType, batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
        let filled = self.columns.iter().zip(self.columns(of, batch)?);
        let filled = filled.map(|(column, array)| {
            array.unwrap_or_else(|| new_null_array(&column.data_type, batch.num_rows()))
        });
        Ok(filled.collect())
    }

    /// The values of a batch of one type, of its own attributes alone.
    pub fn own_columns(&self, of: &BundleType, batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
        let value = |(column, own): (&UnionColumn, &str)| match batch.column_by_name(own) {
            Some(array) => converted(array, &column.data_type),
            None => Ok(new_null_array(&column.data_type, batch.num_rows())),
        };
        self.own(of).map(value).collect()
    }

    /// The names of changed attributes, as their columns are called here.
    pub fn renamed(&self, of: &BundleType, names: &StringArray) -> StringArray {
        let name = |name: &str| {
            let own = of.attributes.iter().find(|it| it.name == name || it.column == name);
            let column = own.and_then(|own| self.columns.iter().find(|it| it.attribute == own.name));
            column.map_or_else(|| name.to_owned(), |column| column.name.clone())
        };
        names.iter().map(|it| it.map(name)).collect()
    }
}

/// The type that holds the values of both; `exact` if all integers are floats without loss.
fn joined(one: &DataType, other: &DataType, exact: bool) -> DataType {
    use DataType::{Date32, Float64, Int64, Timestamp, Utf8};
    match (one, other) {
        _ if one == other => one.clone(),
        (Int64, Float64) | (Float64, Int64) if exact => Float64,
        (Timestamp(..), Timestamp(..)) => Timestamp(TimeUnit::Nanosecond, Some(Arc::from("UTC"))),
        (Timestamp(unit, zone), Date32) | (Date32, Timestamp(unit, zone)) => Timestamp(*unit, zone.clone()),
        _ => Utf8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_differ_meet_where_nothing_is_lost() {
        use DataType::{Boolean, Float64, Int64, Utf8};
        assert_eq!(joined(&Int64, &Float64, true), Float64);
        assert_eq!(joined(&Float64, &Int64, false), Utf8);
        assert_eq!(joined(&Boolean, &Int64, true), Utf8);
        let moment = |unit| DataType::Timestamp(unit, Some(Arc::from("UTC")));
        let (micros, nanos) = (moment(TimeUnit::Microsecond), moment(TimeUnit::Nanosecond));
        assert_eq!(joined(&micros, &nanos, true), nanos);
        assert_eq!(joined(&micros, &DataType::Date32, true), micros);
    }
}
