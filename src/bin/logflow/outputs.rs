//! Which inputs go to which output: all to one file, or one file for each in a folder.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use logflow::error::{Code, Error, Result};
use logflow::mmap::{Identity, Input};

use crate::inputs::without_compression;

/// One output and what goes into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// In order.
    pub inputs: Vec<Input>,
    /// The Parquet file.
    pub output: PathBuf,
}

/// The jobs of a run.
///
/// # Errors
/// [`Code::Usage`] for standard output, for standard input without a name to write to, and for two inputs with one name.
pub fn plan(inputs: Vec<Input>, output: &Path) -> Result<Vec<Job>> {
    if output == Path::new("-") || output == Path::new("/dev/stdout") {
        return Err(Error::new(Code::Usage, "standard output cannot take a Parquet file")
            .help("give a file: it appears when it is whole, and never half, which a pipe can't promise"));
    }
    if !is_folder(output) {
        return Ok(vec![Job { inputs, output: output.to_owned() }]);
    }
    let mut jobs: Vec<Job> = Vec::with_capacity(inputs.len());
    let mut taken: HashMap<OsString, Input> = HashMap::new();
    for input in inputs {
        let name = file_name(&input, output)?;
        if let Some(other) = taken.insert(name.clone(), input.clone()) {
            return Err(Error::new(
                Code::Usage,
                format!("{other} and {input} would both become {}", name.display()),
            )
            .help("convert them to two folders, or to one file"));
        }
        jobs.push(Job { inputs: vec![input], output: output.join(name) });
    }
    Ok(jobs)
}

/// The jobs of a run whose inputs are object-centric logs: each becomes a folder, the one input the folder that is named, if it is none yet or is such a
/// log itself.
///
/// # Errors
/// [`Code::Usage`] for an output that can't be a folder, and for two inputs with one name.
pub fn plan_bundles(inputs: Vec<Input>, output: &Path, marker: &str) -> Result<Vec<Job>> {
    if output.extension().is_some_and(|it| it.eq_ignore_ascii_case("parquet")) {
        return Err(Error::new(
            Code::Usage,
            "an object-centric log has many tables, and one file has no room for them",
        )
        .help("end -o with the name of a folder"));
    }
    let within = is_folder(output) && !output.join(marker).is_file();
    if inputs.len() == 1 && !within {
        return Ok(vec![Job { inputs, output: output.to_owned() }]);
    }
    let mut jobs = plan(inputs, &output.join(""))?;
    for job in &mut jobs {
        job.output.set_extension("");
    }
    Ok(jobs)
}

/// Endings that say another form than Parquet: those that are read, and others that tables are kept in.
const OTHER_FORMS: [&str; 27] = [
    "csv", "tsv", "tab", "psv", "txt", "json", "jsonl", "ndjson", "geojson", "jsonocel", "xml", "xmlocel",
    "sqlite", "sqlite3", "db", "duckdb", "xls", "xlsx", "ods", "arrow", "feather", "avro", "orc", "html",
    "zip", "7z", "tar",
];

/// A name that says another form than what would be written under it is refused: who opens it later goes by it. What no form is called (`log`, `log.pq`) says nothing.
///
/// # Errors
/// [`Code::Usage`].
pub fn refuse_other_form(output: &Path, inputs: &[Input], is_bundle: bool) -> Result<()> {
    // Of one that would be replaced by itself more is to be said.
    if is_folder(output) || inputs.iter().filter_map(Input::path).any(|input| is_same(input, output)) {
        return Ok(());
    }
    let is_packed = without_compression(output) != output;
    let ending = output.extension().and_then(|it| it.to_str()).unwrap_or_default();
    if !is_packed && !OTHER_FORMS.iter().any(|form| form.eq_ignore_ascii_case(ending)) {
        return Ok(());
    }
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    let (what, help) = match is_bundle {
        true => (
            format!("{name} is no name for a folder of tables"),
            "end -o with the name of a folder, or with .json, .xml or .sqlite for an object-centric log in one file; none of these is packed",
        ),
        false => (
            format!("{name} is no name for a Parquet file"),
            "end -o with .parquet, or with .xes or .xes.gz for a log; only object-centric logs become .json, .xml or .sqlite",
        ),
    };
    Err(Error::new(Code::Usage, what).help(help))
}

/// Whether two paths lead to one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let file = |path: &Path| path.metadata().ok().map(|it| Identity::of(&it));
    file(one).zip(file(other)).is_some_and(|(one, other)| one.same_file(&other))
}

/// Whether each input gets a file of its own.
pub fn is_folder(output: &Path) -> bool {
    output.as_os_str().as_bytes().ends_with(b"/") || output.is_dir()
}

/// `logs/a.csv.gz` becomes `a.parquet`.
fn file_name(input: &Input, folder: &Path) -> Result<OsString> {
    let stem = input.path().and_then(|path| without_compression(path).file_stem().map(OsString::from));
    let Some(mut name) = stem else {
        return Err(Error::new(
            Code::Usage,
            format!("{input} has no name to give to a file in {}", folder.display()),
        )
        .help("end -o with a file name, such as log.parquet"));
    };
    name.push(".parquet");
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_and_ending_make_way_for_parquet() {
        for (input, name) in [
            ("x/a.csv.gz", "a.parquet"),
            ("a.csv", "a.parquet"),
            ("a.b.CSV.ZST", "a.b.parquet"),
            ("log", "log.parquet"),
        ] {
            let input = Input::Path(PathBuf::from(input));
            assert_eq!(file_name(&input, Path::new("out/")).unwrap(), name);
        }
    }
}
