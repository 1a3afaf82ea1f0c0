//! Reads a log as Arrow batches and sums up a column, without writing a file.
//!
//!     cargo run --example read_batches -- examples/orders.csv amount

use arrow::array::AsArray;
use arrow::compute::{cast, sum};
use arrow::datatypes::{DataType, Float64Type};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(column)) = (arguments.next(), arguments.next()) else {
        return Err("expected a log and the name of a column of numbers".into());
    };
    let mut batches = logflow::read(path.as_str()).batches()?;
    let at = batches.schema().index_of(&column)?;
    let mut total = 0.0;
    for batch in batches.by_ref() {
        let values = cast(batch?.column(at), &DataType::Float64)?;
        total += sum(values.as_primitive::<Float64Type>()).unwrap_or_default();
    }
    let rows = batches.report().map_or(0, |report| report.rows);
    println!("{column}: {total} in {rows} rows");
    Ok(())
}
