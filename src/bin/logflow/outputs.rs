//! Which inputs go to which output: all to one file, or one file for each in a folder.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use logflow::error::{Code, Error, Result};
use logflow::mmap::Input;

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
