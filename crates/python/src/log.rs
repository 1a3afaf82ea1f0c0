//! A log as a stream of Arrow batches, for everything that speaks Arrow's C interface.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ffi::FFI_ArrowSchema;
use arrow::ffi_stream::FFI_ArrowArrayStream;
use logflow::convert::Batches;
use logflow::jobs::search::InputSearch;
use logflow::{LogReader, Observer, Result, TableId};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::error::KEYWORDS;
use crate::interrupt::interruptible;
use crate::options::Call;

/// A log that is read each time a stream is asked for; nothing of it is held.
#[pyclass(frozen, module = "logflow")]
pub struct Log {
    call: Call,
    table: usize,
}

/// The log of these inputs, with options as JSON of one object.
#[pyfunction]
pub fn read(inputs: Vec<PathBuf>, table: usize, options: String) -> Log {
    Log { call: Call { inputs, target: None, options }, table }
}

#[pymethods]
impl Log {
    /// A stream of batches, as `ArrowArrayStream` of Arrow's C interface in a capsule.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface allows a stream to have its own schema whatever was asked for.
        let _ = requested_schema;
        let batches = interruptible(py, |observer| self.begin(observer))?;
        let stream = FFI_ArrowArrayStream::new(Box::new(Stream::new(batches)));
        PyCapsule::new(py, stream, Some(c"arrow_array_stream".to_owned()))
    }

    /// The schema of the batches, as `ArrowSchema` of Arrow's C interface in a capsule.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = interruptible(py, |observer| Ok(unpacked(&self.begin(observer)?.schema())))?;
        let schema = FFI_ArrowSchema::try_from(schema.as_ref())
            .map_err(|error| crate::error::exception(py, error.into()))?;
        PyCapsule::new(py, schema, Some(c"arrow_schema".to_owned()))
    }
}

impl Log {
    fn begin(&self, observer: &Observer) -> Result<Batches> {
        let plan = self.call.plan()?;
        let found = InputSearch { options: &plan.options, output: None }.find(&plan.inputs)?;
        if let Some(error) = found.failed.first() {
            return Err(error.clone());
        }
        // A stream outlives the call that began it, and so does what stops it: dropping the stream.
        observer.check()?;
        LogReader::all(found.inputs())
            .options(plan.options)
            .steps(plan.choice.beside.steps)
            .table(TableId(self.table))
            .observer(observer)
            .batches()
    }
}

/// Batches with the types that the Parquet file has, and with errors of Arrow, which carry the text of ours.
struct Stream {
    batches: Batches,
    schema: SchemaRef,
}

impl Stream {
    fn new(batches: Batches) -> Self {
        let schema = Arc::new(unpacked(&batches.schema()));
        Self { batches, schema }
    }

    /// A batch whose texts are no keys into a dictionary of its own: readers that take one dictionary for all
    /// batches would join them at great cost.
    fn unpack(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let columns = batch.columns().iter().zip(self.schema.fields());
        let columns = columns.map(|(array, field)| match array.data_type() == field.data_type() {
            true => Ok(Arc::clone(array)),
            false => cast(array, field.data_type()),
        });
        RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<Result<_, _>>()?)
    }
}

impl Iterator for Stream {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let told = |error: logflow::Error| {
            let text = KEYWORDS.write(&error.to_string()).into_owned();
            ArrowError::ExternalError(text.into())
        };
        let batch = self.batches.next()?;
        Some(batch.map_err(told).and_then(|batch| self.unpack(&batch)))
    }
}

impl RecordBatchReader for Stream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// The schema with the values of dictionaries in their place.
fn unpacked(schema: &Schema) -> Schema {
    let fields: Vec<FieldRef> = schema.fields().iter().map(|field| Arc::new(plain(field))).collect();
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

fn plain(field: &Field) -> Field {
    let each = |field: &FieldRef| Arc::new(plain(field));
    let data_type = match field.data_type() {
        DataType::Dictionary(_, values) => (**values).clone(),
        DataType::List(item) => DataType::List(each(item)),
        DataType::LargeList(item) => DataType::LargeList(each(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(each).collect()),
        other => other.clone(),
    };
    Field::new(field.name(), data_type, field.is_nullable()).with_metadata(field.metadata().clone())
}
