//! Folders whose names are `key=value`, as Hive, Spark, DuckDB, pyarrow and Polars write them: their keys are
//! columns of the files below them.
//!
//! The type of a key column follows its values in all paths: int64 and date where every value reads so and is
//! written back as it stands, bool for `true` and `false`, and else text; so the values of `month=01` stay
//! text, as those of such a column of CSV do. Invariant: a key never overrules a file. A column of its name
//! in a file must have its value in every row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, Scalar, StringArray, UInt32Array};
use arrow::compute::kernels::cmp::not_distinct;
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::display::array_value_to_string;

use super::columns::PARTITION;
use super::input::named;
use super::typed_input::TypedInput;
use super::{BATCH_ROWS, TypedFormat, TypedSource};
use crate::error::{Code, Error, Result};
use crate::model::calendar::checked_days_of;
use crate::model::partition::{PartitionKey, keys_of};
use crate::model::warning::Warning;

/// The type of a key column with these values.
fn type_of(values: &[&str]) -> DataType {
    let is_date = |it: &&str| {
        let part = |range| it.get::<std::ops::Range<usize>>(range)?.parse().ok();
        let digits = it.bytes().filter(u8::is_ascii_digit).count();
        let is_formed = it.len() == 10 && digits == 8 && it.as_bytes()[4] == b'-' && it.as_bytes()[7] == b'-';
        let date = part(0..4).zip(part(5..7)).zip(part(8..10));
        is_formed && date.is_some_and(|((year, month), day)| checked_days_of(year, month, day).is_some())
    };
    let all = |is: &dyn Fn(&&str) -> bool| !values.is_empty() && values.iter().all(is);
    if all(&|it| it.parse::<i64>().is_ok_and(|number| number.to_string() == **it)) {
        DataType::Int64
    } else if all(&|it| matches!(*it, "true" | "false")) {
        DataType::Boolean
    } else if all(&is_date) {
        DataType::Date32
    } else {
        DataType::Utf8
    }
}

/// A key's value as an array of one row.
fn constant(
    key: &PartitionKey,
    data_type: &DataType,
) -> std::result::Result<ArrayRef, arrow::error::ArrowError> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&StringArray::from(vec![key.value.as_deref()]), data_type, &options)
}

/// The files with the keys of their paths as columns behind their own. `known` are keys that need no column,
/// because what is written stands below folders of the same names: left out where all files have them.
///
/// # Errors
/// [`Code::Columns`] for keys that disagree with each other or with the type of a file's column.
pub fn with_keys(files: Vec<TypedInput>, known: &[PartitionKey]) -> Result<Vec<TypedInput>> {
    let mut keys = Vec::with_capacity(files.len());
    for file in &files {
        keys.push(file.input.path().map(keys_of).transpose()?.unwrap_or_default());
    }
    for key in known {
        if keys.iter().all(|own| own.contains(key)) {
            keys.iter_mut().for_each(|own| own.retain(|it| it != key));
        }
    }
    let mut names: Vec<String> = Vec::new();
    for key in keys.iter().flatten() {
        if !names.contains(&key.name) {
            names.push(key.name.clone());
        }
    }
    let types: Vec<DataType> = names.iter().map(|name| column_type(name, &files, &keys)).collect();
    let type_of =
        |key: &PartitionKey| names.iter().position(|it| *it == key.name).map(|at| types[at].clone());
    let with_own = |(mut file, own): (TypedInput, Vec<PartitionKey>)| {
        if !own.is_empty() {
            let typed = own.into_iter().filter_map(|key| Some((type_of(&key)?, key))).collect();
            let source = PartitionedFile::new(file.source, typed);
            file.source = Box::new(source.map_err(|error| named(error, &file.input))?);
        }
        Ok(file)
    };
    files.into_iter().zip(keys).map(with_own).collect()
}

/// The type of a key column: that of the column of its name in a file that has one, or else what its values
/// read as.
fn column_type(name: &str, files: &[TypedInput], keys: &[Vec<PartitionKey>]) -> DataType {
    let stored = files.iter().find_map(|it| it.source.schema().field_with_name(name).ok().cloned());
    stored.map_or_else(
        || {
            let of_name = keys.iter().flatten().filter(|key| key.name == name);
            type_of(&of_name.filter_map(|key| key.value.as_deref()).collect::<Vec<_>>())
        },
        |field| field.data_type().clone(),
    )
}

/// A file and the keys of its path.
struct PartitionedFile {
    file: Box<dyn TypedSource>,
    /// The columns of the file, and behind them those of the keys.
    schema: SchemaRef,
    /// Number of columns in the file.
    own: usize,
    /// The values of the key columns, each as often as a batch has rows.
    constants: Vec<ArrayRef>,
    /// Columns of the file that are called like keys: the place, and the value that all rows must have.
    agreed: Vec<(usize, PartitionKey, ArrayRef)>,
}

impl PartitionedFile {
    fn new(file: Box<dyn TypedSource>, keys: Vec<(DataType, PartitionKey)>) -> Result<Self> {
        let schema = Arc::clone(file.schema());
        let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
        let (mut constants, mut agreed) = (Vec::new(), Vec::new());
        for (data_type, key) in keys {
            let place = schema.index_of(&key.name).ok();
            let data_type = place.map_or(&data_type, |at| schema.field(at).data_type());
            let value = constant(&key, data_type).map_err(|_| {
                let what = format!(
                    "the folder says {}, and column {:?} is of type {data_type}",
                    key.shown(),
                    key.name
                );
                Error::new(Code::Columns, what)
                    .help("rename the folder, or leave the column out of the files")
            })?;
            match place {
                Some(at) => agreed.push((at, key, value)),
                None => {
                    let mark = [(PARTITION.to_owned(), String::new())].into();
                    let field = Field::new(&key.name, data_type.clone(), true).with_metadata(mark);
                    fields.push(Arc::new(field));
                    constants.push(take(&value, &UInt32Array::from(vec![0; BATCH_ROWS]), None)?);
                }
            }
        }
        let own = schema.fields().len();
        let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        Ok(Self { file, schema, own, constants, agreed })
    }

    /// That the columns of the file that are called like keys, of which those in `columns` were read, have
    /// the values of the keys.
    fn check(&self, batch: &RecordBatch, columns: &[usize]) -> Result<()> {
        for (at, key, value) in &self.agreed {
            let Some(place) = columns.iter().position(|it| it == at) else { continue };
            let column = batch.column(place);
            let same = not_distinct(column, &Scalar::new(Arc::clone(value)))?;
            let Some(row) = (0..same.len()).find(|row| !same.value(*row)) else { continue };
            let found = match column.is_null(row) {
                true => "null".to_owned(),
                false => array_value_to_string(column, row)?,
            };
            let what = format!("the folder says {}, and the value in the file is {found}", key.shown());
            return Err(Error::new(Code::Columns, what)
                .in_column(&key.name)
                .help("rename the folder, or leave the column out of the file"));
        }
        Ok(())
    }
}

impl TypedSource for PartitionedFile {
    fn is_keyed(&self, column: usize) -> bool {
        column < self.own && self.file.is_keyed(column)
    }

    fn format(&self) -> TypedFormat {
        self.file.format()
    }

    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn metadata(&self) -> Vec<(String, String)> {
        self.file.metadata()
    }

    fn warnings(&self) -> Vec<Warning> {
        self.file.warnings()
    }

    fn described(&self) -> Option<(serde_json::Value, Vec<String>)> {
        self.file.described()
    }

    fn tasks(&self) -> usize {
        self.file.tasks()
    }

    fn read(
        &self,
        task: usize,
        columns: &[usize],
        take_batch: &mut dyn FnMut(RecordBatch) -> Result<bool>,
    ) -> Result<()> {
        let cut = columns.partition_point(|at| *at < self.own);
        let (own, keys) = columns.split_at(cut);
        let keys_of_path = self.schema.project(keys)?;
        self.file.read(task, own, &mut |batch| {
            let rows = batch.num_rows();
            self.check(&batch, own)?;
            let mut arrays = batch.columns().to_vec();
            for at in keys {
                let constant = &self.constants[at - self.own];
                arrays.push(match rows <= constant.len() {
                    true => constant.slice(0, rows),
                    false => take(constant, &UInt32Array::from(vec![0; rows]), None)?,
                });
            }
            // The file's own columns come as it reads them, keyed or not.
            let own = batch.schema();
            let fields: Vec<_> = own.fields().iter().chain(keys_of_path.fields()).cloned().collect();
            let schema = Arc::new(Schema::new_with_metadata(fields, self.schema.metadata().clone()));
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            take_batch(RecordBatch::try_new_with_options(schema, arrays, &options)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_key_is_that_of_all_its_values_and_writes_them_back_as_they_stand() {
        for (values, data_type) in [
            (&["1", "-20", "9223372036854775807"][..], DataType::Int64),
            (&["1", "02"], DataType::Utf8),
            (&["+1"], DataType::Utf8),
            (&["9223372036854775808"], DataType::Utf8),
            (&["1", "x"], DataType::Utf8),
            (&["1.5"], DataType::Utf8),
            (&["true", "false"], DataType::Boolean),
            (&["True"], DataType::Utf8),
            (&["2024-02-29", "1999-12-31"], DataType::Date32),
            (&["2023-02-29"], DataType::Utf8),
            (&["2024-2-29"], DataType::Utf8),
            (&["2024-02-29", "1"], DataType::Utf8),
            (&["", "1"], DataType::Utf8),
            (&["ä024-02-2"], DataType::Utf8),
            (&[], DataType::Utf8),
        ] {
            assert_eq!(type_of(values), data_type, "{values:?}");
        }
    }
}
