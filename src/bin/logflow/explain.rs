//! `logflow explain`: what a code means, what causes it, and what to do.

mod codes;

use std::fmt::Write;

use logflow::error::{Code, Error};
use logflow::options::nearest;

use crate::args::ConsoleArgs;
use crate::args::migrate::ExplainArgs;
use crate::fail::{Failure, Outcome};
use crate::paint::Paint;
use crate::stdout;
use codes::{EXPLANATIONS, Explanation};

/// The page about warnings, whose table says what each means.
const WARNINGS: &str = include_str!("../../../docs/warnings.md");

/// Explains a code, or lists all.
pub fn run(args: &ExplainArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let paint = Paint::stdout(console.color);
    let text = match &args.code {
        _ if args.markdown => page(),
        None => list(paint),
        Some(code) => explained(code.trim(), paint)?,
    };
    stdout::print(&text)?;
    Ok(Outcome::Done)
}

/// The rows of the table of warnings: code, meaning, what to do.
fn warnings() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> + Clone {
    WARNINGS.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| LW")?.trim_end().trim_end_matches('|').split(" | ");
        let row = (cells.next()?, cells.next()?, cells.next()?);
        let code = line.get(2..2 + 2 + row.0.trim().len())?;
        Some((code, row.1.trim(), row.2.trim()))
    })
}

fn explained(code: &str, paint: Paint) -> Result<String, Error> {
    let upper = code.to_ascii_uppercase();
    if let Some(it) = EXPLANATIONS.iter().find(|it| it.code.number() == upper) {
        let mut text = format!("{} {}\n\n{}\n", paint.red(&upper), paint.bold(it.code.title()), it.cause);
        if !it.example.is_empty() {
            let _ = writeln!(text, "\n{}", paint.dim("Example:"));
            for line in it.example.lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
        let _ = writeln!(text, "\n{} {}", paint.cyan("What to do:"), it.remedy);
        return Ok(text);
    }
    if let Some((code, meaning, remedy)) = warnings().find(|it| it.0 == upper) {
        let plain = |text: &str| text.replace(['`', '*'], "");
        return Ok(format!(
            "{} {}\n\n{} {}\n",
            paint.yellow(code),
            paint.bold(&plain(meaning)),
            paint.cyan("What to do:"),
            plain(remedy),
        ));
    }
    let all = EXPLANATIONS.iter().map(|it| it.code.number()).chain(warnings().map(|it| it.0));
    let near = nearest(&upper, all).map(|near| format!("did you mean {near}? ")).unwrap_or_default();
    Err(Error::new(Code::Usage, format!("no error or warning has the code {code:?}"))
        .help(format!("{near}logflow explain without a code lists all")))
}

fn list(paint: Paint) -> String {
    let mut text = String::new();
    for it in EXPLANATIONS {
        let _ = writeln!(text, "{}  {}", paint.red(it.code.number()), it.code.title());
    }
    for (code, meaning, _) in warnings() {
        let _ = writeln!(text, "{}  {}", paint.yellow(code), meaning.replace(['`', '*'], ""));
    }
    text
}

/// The page of the documentation.
fn page() -> String {
    let mut text = "# Error codes\n\n\
`logflow explain` prints this page code by code: `logflow explain LF201`. The number of a code never changes and is\n\
never used for another error. [Warnings](warnings.md) have codes that begin with LW.\n"
        .to_owned();
    let mut heading = "";
    for Explanation { code, cause, example, remedy } in EXPLANATIONS {
        let group = match &code.number()[2..3] {
            "1" => "Files, the machine and archives",
            "2" => "Rows",
            "3" => "Compression and encoding",
            "4" => "Formats",
            "5" => "What was asked for",
            _ => "Faults of LogFlow",
        };
        if group != heading {
            heading = group;
            let _ = write!(
                text,
                "\n## {group}\n\n| code | meaning | cause | example | what to do |\n|---|---|---|---|---|\n"
            );
        }
        let example = match example.split('\n').collect::<Vec<_>>().as_slice() {
            [""] => String::new(),
            lines => lines.iter().map(|line| format!("`{}`", cell(line))).collect::<Vec<_>>().join("<br>"),
        };
        let _ = writeln!(
            text,
            "| {code} | {} | {} | {example} | {} |",
            cell(code.title()),
            prose(cause),
            prose(remedy)
        );
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Text in a table of Markdown, in which nothing is markup but what stands there.
fn prose(text: &str) -> String {
    cell(text).replace('<', "\\<")
}

#[cfg(test)]
mod tests {
    use logflow::model::warning::WarningCode;

    use super::*;

    #[test]
    fn each_warning_is_explained() {
        let explained: Vec<&str> = warnings().map(|it| it.0).collect();
        let missing: Vec<_> =
            WarningCode::ALL.iter().map(|it| it.number()).filter(|it| !explained.contains(it)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn the_page_of_the_documentation_is_what_the_program_knows() {
        let there = include_str!("../../../docs/codes.md");
        assert!(there == page(), "write it anew: logflow explain --markdown > docs/codes.md");
    }
}
