//! Words of the command line to inputs: files, folders, patterns, standard input.
//!
//! The order is the user's; within a folder or a pattern it is that of the paths, so that the same files give the same output anywhere. An
//! input that comes up twice is refused: its rows would be there twice.

use std::collections::HashSet;
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use logflow::adapter::ocel::{Layout, is_bundle};
use logflow::error::{Code, Error, Result};
use logflow::mmap::Input;
use walkdir::WalkDir;

use crate::args::read::InputFormat;

/// Names that a folder's logs end in, compressed or not.
const LOGS: [&str; 9] = ["csv", "tsv", "tab", "psv", "txt", "xes", "jsonl", "ndjson", "json"];
/// What compression adds to a name.
pub const COMPRESSED: [&str; 5] = ["gz", "zst", "bz2", "xz", "zstd"];

/// The inputs that `words` name.
///
/// # Errors
/// [`Code::Usage`] for standard input without a format, or an input that comes up twice; [`Code::InputMissing`] where nothing is found.
pub fn find(words: &[PathBuf], from: Option<InputFormat>) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for word in words {
        if word.as_os_str() == "-" {
            inputs.push(stdin(from)?);
        } else if is_bundle(word) {
            inputs.push(Input::Path(word.clone()));
        } else if word.is_dir() {
            inputs.extend(folder(word)?);
        } else if is_pattern(word) && !word.exists() {
            inputs.extend(pattern(word)?);
        } else {
            inputs.push(Input::Path(word.clone()));
        }
    }
    refuse_twice(&inputs)?;
    // A pipe is looked at more than once before it is read.
    Ok(inputs.iter().map(Input::replayable).collect())
}

fn stdin(from: Option<InputFormat>) -> Result<Input> {
    if from.is_none() {
        return Err(Error::new(Code::Usage, "standard input has no name to tell its format by")
            .help("say what comes: --from csv, xes, json, jsonl, ocel-json or ocel-xml; OCEL in SQLite must be a file"));
    }
    if std::io::stdin().is_terminal() {
        return Err(
            Error::new(Code::Usage, "standard input is the terminal").help("pipe a log in, or name a file")
        );
    }
    Ok(Input::Stdin)
}

fn refuse_twice(inputs: &[Input]) -> Result<()> {
    let mut seen = HashSet::new();
    for input in inputs {
        if !seen.insert(place(input)) {
            return Err(Error::new(Code::Usage, format!("{input} is given twice, and would be read twice"))
                .help("name each input once; folders and patterns count too"));
        }
    }
    Ok(())
}

/// What an input is, whatever it is called: nothing is opened.
#[derive(PartialEq, Eq, Hash)]
enum Place {
    /// A file or folder, without links.
    File(PathBuf),
    /// A pipe or device, by its numbers: `-`, `/dev/stdin` and `/proc/self/fd/0` are one.
    Once(u64, u64),
}

fn place(input: &Input) -> Place {
    let path = input.path().unwrap_or_else(|| Path::new("/dev/stdin"));
    match path.metadata() {
        Ok(it) if !it.is_file() && !it.is_dir() => Place::Once(it.dev(), it.ino()),
        _ => Place::File(path.canonicalize().unwrap_or_else(|_| path.to_owned())),
    }
}

/// Every log in a folder and below.
fn folder(folder: &Path) -> Result<Vec<Input>> {
    let found = walk(folder, is_log)?;
    // The manifest of such a folder is JSON, and would be read as a table.
    let paths = found.iter().filter_map(Input::path);
    let manifests = paths.filter(|path| path.file_name().is_some_and(|it| it == Layout::Oceldb.marker()));
    let laid_out = manifests.filter_map(Path::parent).find(|it| Layout::of(it) == Some(Layout::Oceldb));
    if let Some(laid_out) = laid_out {
        // That of the folder that one stands in has no name.
        let named = if laid_out.as_os_str().is_empty() { folder } else { laid_out };
        return Err(written_only(named, Layout::Oceldb));
    }
    if found.is_empty() {
        if let Some(layout) = Layout::of(folder) {
            return Err(written_only(folder, layout));
        }
        return Err(Error::new(
            Code::InputMissing,
            format!("found no file that ends in .{}", LOGS.join(", .")),
        )
        .in_file(folder)
        .help("name the files, or give a quoted pattern such as 'logs/*.dat'"));
    }
    Ok(found)
}

/// What is said of a log in another layout.
fn written_only(folder: &Path, layout: Layout) -> Error {
    let what = format!("expected a log, found the tables of one in the layout of {}", layout.name());
    Error::new(Code::NotAnInput, what)
        .in_file(folder)
        .help("this layout is written and not read: give the log, or the bundle, that it was made from")
}

fn is_log(path: &Path) -> bool {
    let plain = without_compression(path);
    plain
        .extension()
        .and_then(|it| it.to_str())
        .is_some_and(|it| LOGS.iter().any(|log| log.eq_ignore_ascii_case(it)))
}

/// The path without `.gz` and the like.
pub fn without_compression(path: &Path) -> PathBuf {
    match path.extension().and_then(|it| it.to_str()) {
        Some(end) if COMPRESSED.iter().any(|it| it.eq_ignore_ascii_case(end)) => path.with_extension(""),
        _ => path.to_owned(),
    }
}

fn is_pattern(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.contains(['*', '?', '[', '{']))
}

fn pattern(pattern: &Path) -> Result<Vec<Input>> {
    let matcher = matcher(pattern)?;
    let is_plain = |part: &Component<'_>| !is_pattern(Path::new(part.as_os_str()));
    let base: PathBuf = pattern.components().take_while(is_plain).collect();
    let found = if base.as_os_str().is_empty() {
        walk(Path::new("."), |path| matcher.is_match(path.strip_prefix(".").unwrap_or(path)))?
    } else {
        walk(&base, |path| matcher.is_match(path))?
    };
    if found.is_empty() {
        return Err(Error::new(Code::InputMissing, "no file fits the pattern")
            .in_file(pattern)
            .help("* stays within a folder, ** goes below it; names that begin with a dot are left out"));
    }
    Ok(found)
}

fn matcher(pattern: &Path) -> Result<GlobMatcher> {
    // `./a/*.csv` is walked as `a/...`, so the pattern loses its dots as well.
    let plain: PathBuf = pattern.components().collect();
    let text = plain.to_str().unwrap_or_default();
    let text = text.strip_prefix("./").unwrap_or(text);
    let glob = GlobBuilder::new(text).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|error| Error::new(Code::Usage, format!("pattern {text:?}: {}", error.kind())))
}

/// The files below `base` that `wanted` takes, by path. Links are followed; what begins with a dot is not looked at.
fn walk(base: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<Input>> {
    let is_seen = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let mut found = Vec::new();
    for entry in WalkDir::new(base).follow_links(true).sort_by_file_name().into_iter().filter_entry(is_seen) {
        let entry = entry.map_err(|error| {
            let place = error.path().unwrap_or(base).to_owned();
            Error::new(Code::InputMissing, error.to_string()).in_file(&place)
        })?;
        let path = entry.path();
        let path = path.strip_prefix("./").unwrap_or(path);
        if !entry.file_type().is_dir() && wanted(path) {
            found.push(Input::Path(path.to_owned()));
        }
    }
    Ok(found)
}
