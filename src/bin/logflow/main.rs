//! `logflow`: the command line over the library.
//!
//! Settings and flags become plain values, one command runs, what came of it is said. Everything that asks
//! the environment, the terminal or the clock is in this folder; the library below sees only values.

#![deny(unsafe_code)]

mod args;
mod completions;
mod convert;
mod excerpt;
mod explain;
mod fail;
mod figure_run;
mod figures;
mod generate;
mod inspect;
mod inspect_text;
mod keygen;
mod man;
mod migrate;
mod migrate_progress;
mod options;
mod paint;
mod parse;
mod progress;
mod report;
mod risk;
mod run;
mod run_check;
mod schema;
mod schema_file;
mod schema_table;
mod settings;
mod signals;
mod stats;
mod stats_objects;
mod stats_table;
mod stdout;
mod terminal;
mod validate;
mod verify;
mod view;

use std::process::ExitCode;

use args::{Args, Command};
use convert::{FILTERS, PSEUDONYMS, SAMPLES};
use fail::{Failure, Outcome};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    logflow::machine::outlive_file_size_limit();
    logflow::machine::without_huge_pages();
    logflow::machine::give_memory_back_soon();
    logflow::machine::open_as_many_files_as_allowed();
    logflow::source::hide_panics_of_damaged_files();
    let argv: Vec<_> = std::env::args_os().collect();
    let color = paint::wanted(&argv);
    match settings::arguments(argv, color).and_then(|args| run_command(&args)) {
        Ok(outcome) => outcome.exit_code(),
        Err(failure) => failure.show(color),
    }
}

fn run_command(args: &Args) -> Result<Outcome, Failure> {
    match &args.command {
        Command::Convert(it) => convert::run(it, &args.console),
        Command::Pseudonymise(it) => convert::run_with(&it.0, &PSEUDONYMS, &args.console),
        Command::Risk(it) => risk::run(it, &args.console),
        Command::Keygen(it) => keygen::run(it, &args.console),
        Command::Filter(it) => convert::run_with(it, &FILTERS, &args.console),
        Command::Sample(it) => convert::run_with(it, &SAMPLES, &args.console),
        Command::Run(it) => run::run(it, &args.console),
        Command::Schema(it) => schema::run(it, &args.console),
        Command::Inspect(it) => inspect::run(it, &args.console),
        Command::Stats(it) => stats::run(it, &args.console),
        Command::View(it) => view::run(it, &args.console),
        Command::Validate(it) => validate::run(it, &args.console),
        Command::Migrate(it) => migrate::run(it, &args.console),
        Command::Verify(it) => verify::run(it, &args.console),
        Command::Explain(it) => explain::run(it, &args.console),
        Command::Generate(it) => generate::run(it, &args.console),
        Command::Completions(it) => completions::run(it),
        Command::Man(it) => man::run(it),
    }
}
