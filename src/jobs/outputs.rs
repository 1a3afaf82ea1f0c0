//! Which inputs go to which output: all to one file, or one file for each in a folder.

use std::collections::{HashMap, HashSet};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::error::{Code, Error, Result};
use crate::mmap::{Identity, Input};
use crate::source::formats::formats;
use crate::target::without_links;
use crate::target::xlsx::is_xlsx;

use crate::jobs::recognise::without_compression;
use crate::jobs::search::InputPlace;

/// One output and what goes into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvertJob {
    /// The inputs, in the order of their rows in the output.
    pub inputs: Vec<Input>,
    /// Path of the output file or folder.
    pub output: PathBuf,
}

/// Refuses files beside the tables of a run that would take the place of an input, or of each other.
///
/// # Errors
/// [`Code::InputIsOutput`], or [`Code::Usage`] if two outputs are one file.
pub fn refuse_inputs(outputs: &[&Path], inputs: &[Input]) -> Result<()> {
    for (at, output) in outputs.iter().enumerate() {
        let place = without_links(output);
        if outputs[..at].iter().any(|other| without_links(other) == place) {
            return Err(Error::new(Code::Usage, format!("two outputs would be {}", output.display()))
                .help("give each output a path of its own"));
        }
        refuse_replaced(output, inputs)?;
    }
    Ok(())
}

/// Refuses an output that would take the place of an input.
///
/// # Errors
/// [`Code::InputIsOutput`].
pub fn refuse_replaced(output: &Path, inputs: &[Input]) -> Result<()> {
    // By device and inode, as a run does it: a file may have several names, and may be standard input.
    let is_replaced = |input: &&Input| is_same(input.path().unwrap_or(Path::new("/dev/stdin")), output);
    match inputs.iter().find(is_replaced) {
        Some(input) => {
            Err(Error::new(Code::InputIsOutput, format!("{} would be replaced", output.display()))
                .in_file(input.path().unwrap_or(output))
                .help("write to another file"))
        }
        None => Ok(()),
    }
}

/// What the inputs of a job are, which decides what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// An event log, or several that are joined.
    EventLog,
    /// An object-centric log.
    ObjectCentric,
    /// pm4py's flat table of an object-centric log.
    FlatTable,
}

/// One output all by itself.
///
/// # Errors
/// [`Code::Usage`] for standard output.
pub fn single(inputs: Vec<Input>, output: &Path) -> Result<Vec<ConvertJob>> {
    refuse_stdout(output)?;
    Ok(vec![ConvertJob { inputs, output: output.to_owned() }])
}

fn refuse_stdout(output: &Path) -> Result<()> {
    if output == Path::new("-") || output == Path::new("/dev/stdout") {
        return Err(Error::new(Code::Usage, "cannot write a Parquet file to standard output").help(
            "give a file; LogFlow creates it only when it is complete, which is impossible with a pipe",
        ));
    }
    Ok(())
}

/// A job for each input, with an output of its own in a folder; `is_folder` tells of which inputs the
/// output is a folder.
///
/// # Errors
/// [`Code::Usage`] for standard input, which has no name to write to.
pub fn within(places: &[InputPlace], output: &Path, is_folder: &[bool]) -> Result<Vec<ConvertJob>> {
    if let Some(place) = places.iter().find(|place| place.below.as_os_str().is_empty()) {
        return Err(Error::new(
            Code::Usage,
            format!("{} has no file name from which to name an output in {}", place.input, output.display()),
        )
        .help("give the output a file name, such as log.parquet"));
    }
    let names = names(places, is_folder)?;
    let job = |(place, name): (&InputPlace, PathBuf)| ConvertJob {
        inputs: vec![place.input.clone()],
        output: output.join(name),
    };
    Ok(places.iter().zip(names).map(job).collect())
}

/// A name for the output of each input, each one once. `a/x.csv` becomes `a/x.parquet`; beside `a/x.xes`
/// the two keep their endings, `a/x.csv.parquet`; and
/// files of one name that were named one by one keep the folders in which they differ. So a name depends
/// on which inputs there are, and never on their order.
///
/// # Errors
/// [`Code::Usage`] if there are no such names.
fn names(places: &[InputPlace], is_folder: &[bool]) -> Result<Vec<PathBuf>> {
    const LAST: usize = 3;
    let trees = trees(places);
    let name = |index: usize, level: usize| {
        let path = if level < 2 { &places[index].below } else { &trees[index] };
        let plain = without_compression(path);
        let stem = if level.is_multiple_of(2) { plain.file_stem() } else { path.file_name() };
        let mut name = stem.unwrap_or_default().to_owned();
        if !is_folder[index] {
            name.push(".parquet");
        }
        path.with_file_name(name)
    };
    let mut levels = vec![0; places.len()];
    loop {
        let names: Vec<PathBuf> =
            levels.iter().enumerate().map(|(index, level)| name(index, *level)).collect();
        let clashing = clashing(&names, is_folder);
        let Some(first) = clashing.first() else { return Ok(names) };
        if clashing.iter().all(|index| levels[*index] == LAST) {
            let (input, name) = (&places[*first].input, names[*first].display());
            return Err(Error::new(
                Code::Usage,
                format!("{input} and another input would both become {name}"),
            )
            .help("write them to two folders, or to one file"));
        }
        // One that is told apart already keeps its name; the other one makes way.
        let mut least: HashMap<&Path, usize> = HashMap::new();
        for index in &clashing {
            let level = least.entry(&names[*index]).or_insert(LAST);
            *level = levels[*index].min(*level);
        }
        let raised: Vec<usize> = clashing
            .iter()
            .copied()
            .filter(|index| levels[*index] == least[names[*index].as_path()])
            .collect();
        for index in raised {
            levels[index] = LAST.min(levels[index] + 1);
        }
    }
}

/// Which of the names are there twice, or are those of folders that others of them lie in.
fn clashing(names: &[PathBuf], is_folder: &[bool]) -> Vec<usize> {
    let mut count: HashMap<&Path, usize> = HashMap::new();
    let mut above: HashSet<&Path> = HashSet::new();
    for name in names {
        *count.entry(name).or_default() += 1;
        above.extend(name.ancestors().skip(1));
    }
    let clashes = |index: &usize| {
        count[names[*index].as_path()] > 1 || is_folder[*index] && above.contains(names[*index].as_path())
    };
    (0..names.len()).filter(clashes).collect()
}

/// The paths of the inputs below the deepest folder that all of them are in.
fn trees(places: &[InputPlace]) -> Vec<PathBuf> {
    let whole = |place: &InputPlace| {
        let path = place.input.path().unwrap_or(&place.below);
        path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
    };
    let paths: Vec<PathBuf> = places.iter().map(whole).collect();
    let folders = paths.iter().filter_map(|path| path.parent().map(Path::to_owned));
    let shared = |one: PathBuf, other: PathBuf| -> PathBuf {
        let parts = one.components().zip(other.components());
        parts.take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
    };
    let common = folders.reduce(shared).unwrap_or_default();
    paths.iter().map(|path| path.strip_prefix(&common).unwrap_or(path).to_owned()).collect()
}

/// Whether several object-centric logs, or one, go into a folder, and do not become the folder that is named.
///
/// # Errors
/// [`Code::Usage`] for an output that can't be a folder.
pub fn is_within(count: usize, output: &Path, marker: &str) -> Result<bool> {
    if output.extension().is_some_and(|it| it.eq_ignore_ascii_case("parquet")) {
        let what = format!(
            "an object-centric log becomes several tables, which do not fit into one file such as {}",
            output.display()
        );
        return Err(Error::new(Code::Usage, what).help(
            "give the name of a folder as the output, or ⟦flatten⟧ OBJECT_TYPE to write an event log of one object type",
        ));
    }
    Ok(count > 1 || is_folder(output) && !output.join(marker).is_file())
}

/// Endings that say another form than Parquet, beside those of the formats that are read.
const OTHER_FORMS: [&str; 16] = [
    "txt", "geojson", "xml", "db", "duckdb", "xls", "xlsx", "ods", "arrow", "feather", "avro", "orc", "html",
    "zip", "7z", "tar",
];

/// A name that says another form than what would be written under it is refused: who opens it later goes by
/// it. What no form is called (`log`, `log.pq`) says nothing.
///
/// # Errors
/// [`Code::Usage`].
pub fn refuse_other_form(output: &Path, inputs: &[Input], is_bundle: bool) -> Result<()> {
    // Of one that would be replaced by itself more is to be said.
    if is_folder(output) || inputs.iter().filter_map(Input::path).any(|input| is_same(input, output)) {
        return Ok(());
    }
    if !is_bundle && is_xlsx(output) {
        return Ok(());
    }
    let is_packed = without_compression(output) != output;
    let ending = output.extension().and_then(|it| it.to_str()).unwrap_or_default();
    let ending = ending.to_ascii_lowercase();
    let says_form =
        OTHER_FORMS.contains(&ending.as_str()) || formats().any(|row| row.endings.contains(&ending.as_str()));
    if !is_packed && !says_form {
        return Ok(());
    }
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    let (what, help) = match is_bundle {
        true => (
            format!("{name} is not a name for a folder of tables"),
            "give a folder as the output, or a name that ends in .json, .xml or .sqlite for an object-centric log in one file; compressed outputs are not supported",
        ),
        false => (
            format!("{name} is not a name for a Parquet file"),
            "give the output a name that ends in .parquet, in .xlsx for Excel, or in .xes or .xes.gz for XES; only object-centric logs can be written to .json, .xml or .sqlite",
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The names for these paths; those that end in `.jsonocel` become folders.
    fn named(paths: &[&str]) -> Vec<String> {
        let place = |path: &&str| InputPlace {
            input: Input::Path(PathBuf::from("/logs").join(path)),
            // Those behind a `!` were named one by one.
            below: path.rsplit('!').next().unwrap_or(path).into(),
            is_found: true,
        };
        let places: Vec<InputPlace> = paths.iter().map(place).collect();
        let is_folder: Vec<bool> = paths.iter().map(|path| path.ends_with(".jsonocel")).collect();
        names(&places, &is_folder).unwrap().iter().map(|it| it.display().to_string()).collect()
    }

    #[test]
    fn compression_and_ending_make_way_for_parquet_and_the_tree_stays() {
        assert_eq!(
            named(&["x/a.csv.gz", "a.csv", "a.b.CSV.ZST", "log", "o/p.jsonocel"]),
            ["x/a.parquet", "a.parquet", "a.b.parquet", "log.parquet", "o/p"]
        );
    }

    #[test]
    fn outputs_of_one_name_are_distinguished_in_any_order() {
        for (paths, names) in [
            (&["x.csv", "x.xes"][..], &["x.csv.parquet", "x.xes.parquet"][..]),
            (&["a/x.csv", "x.csv"], &["a/x.parquet", "x.parquet"]),
            (&["x.csv", "x.csv.gz", "y.csv"], &["x.csv.parquet", "x.csv.gz.parquet", "y.parquet"]),
            // What is told apart so may be called like another.
            (&["x.csv", "x.xes", "x.csv.txt"], &["x.csv.parquet", "x.xes.parquet", "x.csv.txt.parquet"]),
            (&["x.csv", "x.jsonocel"], &["x.parquet", "x"]),
            (&["x.xmlocel.jsonocel", "x.jsonocel"], &["x.xmlocel", "x"]),
            // A folder of tables does not become one of outputs.
            (&["x.jsonocel", "x/y.csv"], &["x.jsonocel", "x/y.parquet"]),
        ] {
            assert_eq!(named(paths), names);
            let back = |list: &[&'static str]| list.iter().rev().copied().collect::<Vec<_>>();
            assert_eq!(named(&back(paths)), back(names));
        }
    }
}
