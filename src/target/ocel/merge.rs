//! The events of all types by time: tables that are each in the order of time, as those of a log mostly are,
//! give one that is.
//!
//! Batch by batch, one of each type at a time. A table out of order gives its events when their turn comes in
//! it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::DataType;

use crate::error::Result;
use crate::observer::Observer;
use crate::target::ocel::arrays::times;
use crate::target::ocel::bundle::{Bundle, BundleBatches, BundleTable, OcelSide};

/// Rows that are handed out at once.
const ROWS: usize = 8192;

/// The columns of a type's batch as those of the whole; `None` for one that it has not.
pub type Project<'p> = dyn Fn(usize, &RecordBatch) -> Result<Vec<Option<ArrayRef>>> + 'p;

/// A type's table as it is read.
struct MergeSource {
    batches: BundleBatches,
    columns: Vec<Option<ArrayRef>>,
    times: Int64Array,
    row: usize,
}

/// Hands out the events of a bundle so that their times ascend, as columns of `types`. `time` is the type of
/// times to compare them in.
pub fn by_time(
    bundle: &Bundle,
    time: &DataType,
    types: &[DataType],
    project: &Project<'_>,
    observer: &Observer,
    each: &mut dyn FnMut(Vec<ArrayRef>) -> Result<()>,
) -> Result<()> {
    let mut sources = Vec::new();
    let mut heap = BinaryHeap::new();
    for index in 0..bundle.types(OcelSide::Event).len() {
        let batches = bundle.batches(BundleTable::Entities(OcelSide::Event, index))?;
        let times = Int64Array::from(Vec::<i64>::new());
        let mut source = MergeSource { batches, columns: Vec::new(), times, row: 0 };
        if source.load(index, time, project)? {
            heap.push(Reverse((source.times.value(0), index)));
        }
        sources.push(source);
    }
    let nulls: Vec<ArrayRef> = types.iter().map(|it| new_null_array(it, 1)).collect();
    let mut picked: Vec<(usize, usize)> = Vec::with_capacity(ROWS);
    while let Some(Reverse((_, index))) = heap.pop() {
        picked.push((index, sources[index].row));
        sources[index].row += 1;
        let ends = sources[index].row == sources[index].times.len();
        if ends || picked.len() == ROWS {
            observer.check()?;
            each(gathered(&sources, &picked, &nulls)?)?;
            picked.clear();
        }
        let source = &mut sources[index];
        if !ends || source.load(index, time, project)? {
            heap.push(Reverse((source.times.value(source.row), index)));
        }
    }
    if !picked.is_empty() {
        each(gathered(&sources, &picked, &nulls)?)?;
    }
    Ok(())
}

/// The picked rows, each by the number of its source and its place there.
fn gathered(sources: &[MergeSource], picked: &[(usize, usize)], nulls: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
    let mut columns = Vec::with_capacity(nulls.len());
    for (place, null) in nulls.iter().enumerate() {
        // The last array stands for all that have no such column.
        let mut arrays: Vec<&dyn Array> = Vec::new();
        let mut number = vec![usize::MAX; sources.len()];
        for (index, source) in sources.iter().enumerate() {
            if let Some(Some(array)) = source.columns.get(place) {
                number[index] = arrays.len();
                arrays.push(array);
            }
        }
        let none = arrays.len();
        arrays.push(null);
        let places: Vec<(usize, usize)> = picked
            .iter()
            .map(|(index, row)| if number[*index] == usize::MAX { (none, 0) } else { (number[*index], *row) })
            .collect();
        columns.push(interleave(&arrays, &places)?);
    }
    Ok(columns)
}

impl MergeSource {
    /// The next batch with rows; `false` if there is none.
    fn load(&mut self, index: usize, time: &DataType, project: &Project<'_>) -> Result<bool> {
        for batch in self.batches.by_ref() {
            let batch = batch?;
            if batch.num_rows() > 0 {
                self.times = times(&batch, time)?;
                self.columns = project(index, &batch)?;
                self.row = 0;
                return Ok(true);
            }
        }
        self.columns.clear();
        Ok(false)
    }
}
