//! `logflow run`: a pipeline file, with variables and values of the command line.

use std::path::Path;

use clap::CommandFactory;
use logflow::observer::Observer;
use logflow::pipeline::load::{LoadedPipeline, load};
use logflow::pipeline::look::look;
use logflow::pipeline::schema::json_schema;
use logflow::pipeline::sections::ReportForm;
use logflow::pipeline::variables::of_environment;
use logflow::{Code, Error};

use crate::args::{Args, ConsoleArgs, ReportStyle, RunArgs};
use crate::fail::{Failure, KEYS, Outcome, hide, spell};
use crate::paint::Paint;
use crate::report::Reporter;
use crate::{convert, figure_run, run_check, stdout, view};

/// Runs a pipeline, explains it, or prints the schema of such files.
pub fn run(args: &RunArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    if args.json_schema {
        stdout::print(&format!("{:#}\n", json_schema(&help_of)))?;
        return Ok(Outcome::Done);
    }
    let Some(file) = &args.file else {
        return Err(Error::new(Code::Usage, "no pipeline file is given").into());
    };
    let mut loaded = load(file, &args.set, &of_environment)?;
    spell(KEYS);
    // Neither a plan nor an error shows a value of a variable.
    hide(&loaded.variables);
    convert::hide_values(&loaded.pipeline);
    if args.check {
        let found = look(&loaded.pipeline, loaded.given(KEYS), &Observer::default());
        let found = found.map_err(|error| loaded.tell(error))?;
        let text = match args.format {
            ReportStyle::Json => run_check::json(&found, &loaded.variables)?,
            ReportStyle::Text => run_check::text(&found, &loaded.variables, Paint::stdout(console.color))?,
        };
        stdout::print(&text)?;
        return Ok(Outcome::Done);
    }
    let run = &mut loaded.pipeline.run;
    if let Some(style) = args.report {
        run.report = if style == ReportStyle::Json { ReportForm::Json } else { ReportForm::Text };
    }
    run.timings |= args.timings;
    execute(&loaded, file, console).map_err(|failure| match failure {
        Failure::Error(error) => loaded.tell(error).into(),
        usage => usage,
    })
}

/// Runs a pipeline by what its targets are.
fn execute(loaded: &LoadedPipeline, file: &Path, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let plan = loaded.pipeline.plan(loaded.given(KEYS))?;
    if plan.view.is_some() {
        return view::execute(&plan, console, false);
    }
    match (&plan.output, plan.choice.beside.figures.is_empty()) {
        (Some(_), _) => convert::execute(plan, false, Reporter::new(&loaded.pipeline.run, console), console),
        (None, false) => figure_run::run(plan, console),
        (None, true) => Err(Error::new(Code::PipelineTarget, "the pipeline has no target for its rows")
            .in_file(file)
            .help("add [[target]] with path = \"out.parquet\", or look at the plan with --check")
            .into()),
    }
}

/// The help of a flag of a command, which is that of the key of the same name.
fn help_of(command: &str, flag: &str) -> Option<String> {
    let all = Args::command();
    let arg = all.find_subcommand(command)?.get_arguments().find(|arg| arg.get_long() == Some(flag))?;
    arg.get_help().map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_an_option_has_the_name_of_its_flag() {
        for key in logflow::pipeline::words::keys_with_flags() {
            let flag = key.replace('_', "-");
            assert!(help_of("convert", &flag).is_some(), "{key} has no flag");
        }
        for row in logflow::pipeline::targets::TARGETS {
            for key in row.keys {
                let flag = key.replace('_', "-");
                assert!(help_of(row.command, &flag).is_some(), "{} has no flag {key}", row.command);
            }
        }
    }
}
