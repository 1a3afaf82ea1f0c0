//! A step of one's own: it keeps about one row in ten of a log and counts the rows that it has seen.
//!
//!     cargo run --example own_step -- examples/orders.csv tenth.parquet
//!
//! Rows of a log are in many shards, which are read at the same time. A step must not depend on where shards begin, so
//! this one chooses rows by what stands in them: by a hash of all values.

use std::any::Any;
use std::hash::{DefaultHasher, Hash, Hasher};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use logflow::{BoundStep, Convert, Finding, Observer, ParquetFile, Result, Step, StepWorker, TableSchema};
use serde_json::{Value, json};

/// Keeps about one row in `in_rows`.
#[derive(Debug)]
struct Sample {
    in_rows: u64,
}

impl Step for Sample {
    fn name(&self) -> &str {
        "sample"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let in_rows = self.in_rows;
        Ok(Some(BoundStep::new(table.clone(), move || Worker { in_rows, seen: 0 })))
    }
}

/// The step at work on one shard.
struct Worker {
    in_rows: u64,
    seen: u64,
}

impl StepWorker for Worker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        self.seen += rows.num_rows() as u64;
        let options = FormatOptions::default();
        let columns = rows.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let columns = columns.collect::<std::result::Result<Vec<_>, _>>()?;
        let is_kept = |row: usize| {
            let mut hasher = DefaultHasher::new();
            columns.iter().for_each(|column| column.value(row).to_string().hash(&mut hasher));
            hasher.finish().is_multiple_of(self.in_rows)
        };
        let kept: BooleanArray = (0..rows.num_rows()).map(|row| Some(is_kept(row))).collect();
        Ok(filter_record_batch(&rows, &kept)?)
    }

    fn finish(self: Box<Self>) -> Result<Option<Box<dyn Finding>>> {
        Ok(Some(Box::new(RowsSeen(self.seen))))
    }
}

/// How many rows passed, over all shards.
#[derive(Debug)]
struct RowsSeen(u64);

impl Finding for RowsSeen {
    fn join(&mut self, later: Box<dyn Finding>) -> Result<()> {
        let later: Box<dyn Any> = later;
        if let Ok(later) = later.downcast::<Self>() {
            self.0 += later.0;
        }
        Ok(())
    }

    fn to_json(&self) -> Value {
        json!({ "rows": self.0 })
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(log), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("expected a log and the Parquet file to write".into());
    };
    let report = Convert::new(log.as_str())
        .step(Sample { in_rows: 10 })
        .run(&mut ParquetFile::new(output.as_str()), &Observer::default())?;
    for step in &report.steps {
        println!("{}: {} rows removed, {:?}", step.name, step.removed_rows, step.finding);
    }
    println!("{} records = {} rows + {} filtered", report.records, report.rows, report.filtered_rows);
    Ok(())
}
