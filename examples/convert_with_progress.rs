//! Converts a log to Parquet with options, shows how far it is, and prints phases and warnings as they come.
//!
//!     cargo run --example convert_with_progress -- examples/orders.csv orders.parquet

use std::path::Path;
use std::thread;
use std::time::Duration;

use logflow::{Convert, Listener, Observer, Options, OutputPlace, ParquetFile, Phase, Warning};

/// Prints what happens in a run.
struct Printer;

impl Listener for Printer {
    fn phase(&self, phase: Phase, _: &Observer) {
        match phase {
            Phase::Pass(number) => println!("pass {number}"),
            other => println!("{}", other.name()),
        }
    }

    fn warning(&self, warning: &Warning, _: &Observer) {
        println!("{}: {}", warning.code, warning.message);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(log), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("expected a log and the Parquet file to write".into());
    };
    let mut options = Options::default();
    options.run.threads = thread::available_parallelism()?.get();
    options.table.values.null_words = Some(vec!["n/a".to_owned()]);
    let observer = Observer::default();
    observer.listen(Printer);
    let report = thread::scope(|scope| {
        let place = OutputPlace::from(Path::new(&output)).replacing();
        let run = scope.spawn(|| {
            Convert::new(log.as_str()).options(options).run(&mut ParquetFile::new(place), &observer)
        });
        while !run.is_finished() {
            eprintln!("{} rows", observer.progress().rows);
            thread::sleep(Duration::from_millis(100));
        }
        run.join().expect("the conversion does not panic")
    })?;
    println!("{} rows, {} bytes", report.rows, report.output_bytes);
    Ok(())
}
