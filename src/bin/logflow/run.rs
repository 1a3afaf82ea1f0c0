//! `logflow run`: a pipeline file, with variables and values of the command line.

use clap::CommandFactory;
use logflow::observer::Observer;
use logflow::pipeline::load::load;
use logflow::pipeline::look::look;
use logflow::pipeline::plan::GivenOptions;
use logflow::pipeline::schema::json_schema;
use logflow::pipeline::sections::ReportForm;
use logflow::pipeline::variables::of_environment;
use logflow::{Code, Error};

use crate::args::{Args, ConsoleArgs, ReportStyle, RunArgs};
use crate::fail::{Failure, KEYS, Outcome, spell};
use crate::paint::Paint;
use crate::report::Reporter;
use crate::{convert, run_check, stdout};

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
    let given = GivenOptions { names: loaded.given.clone(), spelling: KEYS };
    if args.check {
        // What is shown of a plan shows no value of a variable, errors included.
        let hidden = |error: Error| error.map_texts(|text| loaded.variables.hide(text));
        let found = look(&loaded.pipeline, given, &Observer::default()).map_err(hidden)?;
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
    let plan = loaded.pipeline.plan(given)?;
    if plan.output.is_none() {
        return Err(Error::new(Code::PipelineTarget, "the pipeline has no target that is a log")
            .in_file(file)
            .help("add [[target]] with path = \"out.parquet\", or look at the plan with --check")
            .into());
    }
    convert::execute(&plan, false, Reporter::new(&loaded.pipeline.run, console), console)
}

/// The help of a flag of `logflow convert`, which is that of the key of the same name.
fn help_of(flag: &str) -> Option<String> {
    let command = Args::command();
    let convert = command.find_subcommand("convert")?;
    let arg = convert.get_arguments().find(|arg| arg.get_long() == Some(flag))?;
    arg.get_help().map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_an_option_has_the_name_of_its_flag() {
        for key in logflow::pipeline::words::keys_with_flags() {
            let flag = key.replace('_', "-");
            assert!(help_of(&flag).is_some(), "{key} has no flag");
        }
    }
}
