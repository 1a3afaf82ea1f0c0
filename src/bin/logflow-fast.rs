//! The bare engine, for throughput benchmarks and batch jobs: inputs in, one Parquet file out, one JSON line
//! of figures on standard output.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use logflow::convert::Convert;
use logflow::convert::floor::measure;
use logflow::encode::output::Replace;
use logflow::error::Error;
use logflow::mmap::Input;
use logflow::observer::Observer;
use logflow::options::{Options, parse_size};
use logflow::target::OutputPlace;
use logflow::target::bundle::BundleFolder;
use logflow::target::parquet::ParquetFile;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Converts CSV event logs to one Parquet file and prints figures as JSON.
#[derive(Debug, Parser)]
#[command(version)]
struct FastArgs {
    /// Files to read; `-` for standard input.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// Parquet file to write, or the folder for an object-centric log; one that is there is replaced.
    #[arg(short, long, required_unless_present = "floor")]
    output: Option<PathBuf>,
    /// Instead of converting, measure what the first input needs at the least: index, parse and zstd on one
    /// core.
    #[arg(long, conflicts_with = "output")]
    floor: bool,
    /// Number of worker threads.
    #[arg(long, default_value_t = logflow::machine::threads())]
    threads: usize,
    /// Bytes the process may hold, such as 64MB.
    #[arg(long, value_parser = parse_size)]
    memory_limit: Option<u64>,
}

fn main() -> ExitCode {
    logflow::machine::outlive_file_size_limit();
    logflow::machine::without_huge_pages();
    logflow::machine::give_memory_back_soon();
    logflow::machine::open_as_many_files_as_allowed();
    let args = FastArgs::parse();
    match run(&args) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &FastArgs) -> Result<serde_json::Value, Error> {
    let inputs: Vec<Input> = args
        .inputs
        .iter()
        .map(|path| if path.as_os_str() == "-" { Input::Stdin } else { Input::Path(path.clone()) })
        .map(|input| input.replayable())
        .collect();
    let mut options = Options::default();
    options.run.threads = args.threads;
    options.run.memory_limit = args.memory_limit;
    options.run.pin = logflow::machine::may_pin(args.threads);
    options.run.temp_dir = logflow::machine::temp_dir();
    let Some(path) = args.output.clone() else {
        let floor = measure(&args.inputs[0])?;
        return Ok(json!({
            "index_seconds": floor.index,
            "parse_seconds": floor.parse,
            "zstd_seconds": floor.zstd,
            "seconds": floor.total(),
        }));
    };
    let target = OutputPlace::new(path, Replace::Force);
    let observer = Observer::default();
    let conversion = Convert::all(inputs.clone()).options(options.clone());
    let report = match logflow::source::look::is_object_centric(&inputs[0], &options)? {
        true => conversion.run(&mut BundleFolder::new(target), &observer)?,
        false => conversion.run(&mut ParquetFile::new(target), &observer)?,
    };
    let seconds = report.seconds.max(1e-9);
    Ok(json!({
        "bytes": report.input_bytes,
        "rows": report.rows,
        "seconds": report.seconds,
        "mb_per_s": report.input_bytes as f64 / 1e6 / seconds,
        "events_per_s": report.rows as f64 / seconds,
        "output_bytes": report.output_bytes,
        "peak_rss_bytes": logflow::machine::peak_rss_bytes(),
        "restarts": report.restarts,
        "reparses": report.reparses,
        "read_seconds": report.timings.read,
        "cut_seconds": report.timings.cut,
        "parse_seconds": report.timings.parse,
        "encode_seconds": report.timings.encode,
        "write_seconds": report.timings.write,
    }))
}
