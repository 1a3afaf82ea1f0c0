//! What a file is that was found in a folder: a log, a table of typed values, or nothing that is read.

use std::path::{Component, Path, PathBuf};

use crate::convert::typed_files::format_of;
use crate::error::{Code, Error};
use crate::mmap::Input;
use crate::observer::Observer;
use crate::options::{Options, Spelling};
use crate::source::formats::{formats, is_typed, is_typed_ending};
use crate::source::sign::{Sign, sign_of};

/// File extensions of compressed inputs.
pub const COMPRESSED: [&str; 5] = ["gz", "zst", "bz2", "xz", "zstd"];

/// What names of logs end in that are read by way of another format. One that is called so and can't be read
/// has failed, as files do whose ending is that of a format.
const BY_WAY: [&str; 1] = ["mxml"];
/// What names of prose and of programs end in. Tables in these are part of the text.
const PROSE: [&str; 43] = [
    "md",
    "markdown",
    "rst",
    "adoc",
    "tex",
    "bib",
    "htm",
    "html",
    "css",
    "js",
    "mjs",
    "ts",
    "py",
    "ipynb",
    "r",
    "rmd",
    "rs",
    "go",
    "java",
    "kt",
    "c",
    "h",
    "cc",
    "cpp",
    "cs",
    "rb",
    "php",
    "pl",
    "sh",
    "bat",
    "ps1",
    "sql",
    "toml",
    "yaml",
    "yml",
    "ini",
    "cfg",
    "conf",
    "properties",
    "lock",
    "map",
    "diff",
    "patch",
];
/// What a file of a folder is.
pub enum FoundAs {
    /// A log or a table in a format of text, or a database.
    Log,
    /// A Parquet or Arrow file.
    Typed,
    /// No input, with the reason in words that fit behind its name.
    Nothing(String),
}

/// The ending of a name without that of what packed it, in lower case.
fn ending(path: &Path) -> String {
    let plain = without_compression(path);
    plain.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase()
}

/// Whether a file with this ending, in lower case, is a log by its name, compressed or not.
pub fn is_log_ending(ending: &str) -> bool {
    BY_WAY.contains(&ending) || formats().any(|row| row.endings.contains(&ending))
}

fn is_text_name(path: &Path) -> bool {
    is_log_ending(&ending(path))
}

/// Whether a file is called like Parquet or Arrow.
pub fn is_typed_name(path: &Path) -> bool {
    is_typed_ending(&ending(path))
}

/// Whether a file is called like a workbook, of which no program makes many on the way.
fn is_workbook_name(path: &Path) -> bool {
    let ending = ending(path);
    formats().any(|row| row.name == "excel" && row.has_ending(&ending))
}

/// Whether a file begins like Parquet or Arrow. One that can't be opened says so when its turn comes.
fn is_typed_content(path: &Path) -> bool {
    format_of(&Input::Path(path.to_owned()), &Observer::default()).is_ok_and(|format| format.is_some())
}

/// Whether a name begins with `_` and is not that of a partition, or one of a folder on the way.
fn begins_with_underscore(below: &Path) -> bool {
    let marked = |part: Component<'_>| {
        let name = part.as_os_str().as_encoded_bytes();
        name.starts_with(b"_") && !name.contains(&b'=')
    };
    below.components().any(marked)
}

/// Whether a file is one of those that programs write beside the files of a data set: marks of success, joint
/// metadata and checksums.
pub fn is_companion(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_bare = path.extension().is_none();
    matches!(&*name, "_SUCCESS" | "_metadata" | "_common_metadata")
        || is_bare && ["_committed_", "_started_"].iter().any(|it| name.starts_with(it))
        // Hadoop puts a checksum beside each file, under a hidden name.
        || name.starts_with('.') && name.ends_with(".crc")
}

/// What a folder is whose own metadata tells which of its Parquet files count; `None` for others.
pub fn managed(folder: &Path) -> Option<&'static str> {
    if folder.join("_delta_log").is_dir() {
        return Some("a Delta Lake table");
    }
    if folder.join(".hoodie").is_dir() {
        return Some("an Apache Hudi table");
    }
    let files = std::fs::read_dir(folder.join("metadata")).into_iter().flatten().flatten();
    let is_iceberg = |name: &str| name.ends_with(".metadata.json") || name == "version-hint.text";
    files
        .filter_map(|file| file.file_name().into_string().ok())
        .any(|name| is_iceberg(&name))
        .then_some("an Apache Iceberg table")
}

/// What a file is that was found at `below` in a folder, or by a pattern; `is_meant` if the pattern says how
/// names end.
pub fn found_as(path: &Path, below: &Path, is_meant: bool, options: &Options) -> FoundAs {
    if is_companion(path) {
        return FoundAs::Nothing("written beside the files of a data set; it has no rows".to_owned());
    }
    if is_workbook_name(path) && options.read.from.as_ref().is_none_or(|from| from.name() == "excel") {
        return match below.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"~$")) {
            true => FoundAs::Nothing("a mark that somebody has the workbook open".to_owned()),
            false => FoundAs::Log,
        };
    }
    let is_typed_file = is_typed_name(path) || !is_text_name(path) && is_typed_content(path);
    if is_typed_file && begins_with_underscore(below) {
        return FoundAs::Nothing(
            "its name, or that of its folder, begins with _, by which data sets mark what are no rows; give its path to read it"
                .to_owned(),
        );
    }
    if is_typed_file && options.read.from.as_ref().is_none_or(is_typed) {
        return FoundAs::Typed;
    }
    match reason(path, is_meant, options) {
        Some(reason) => FoundAs::Nothing(reason),
        None => FoundAs::Log,
    }
}

/// Why a file that was found is no log.
fn reason(path: &Path, is_meant: bool, options: &Options) -> Option<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if name.ends_with(".rejects.jsonl") {
        return Some("rejected rows of an earlier run".to_owned());
    }
    if is_typed_name(path) && !is_meant {
        return Some("its name is that of a Parquet or Arrow file, which ⟦from⟧ excludes".to_owned());
    }
    if is_meant || is_text_name(path) {
        return None;
    }
    let ending = ending(path);
    let may_be_table = !PROSE.contains(&ending.as_str())
        && !["readme", "license", "licence", "copying", "changelog", "citation"]
            .iter()
            .any(|it| name.strip_prefix(it).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    let mut options = options.clone();
    options.read.strict = false;
    match sign_of(&Input::Path(path.to_owned()), &options, &Observer::default()) {
        Ok(Sign::Log) => None,
        Ok(Sign::Table) if may_be_table => None,
        Ok(Sign::Table) => Some("its name is not that of a data file; give its path to read it".to_owned()),
        Ok(Sign::Nothing(what)) => Some(what.into_owned()),
        Err(error) if is_damaged(&error, &name) => None,
        Err(error) => Some(looks(&error, options.spelling)),
    }
}

/// Whether an error is about a log that was recognised, or about a file of which nothing can be known.
fn is_damaged(error: &Error, name: &str) -> bool {
    match error.code() {
        Code::Compressed | Code::CompressedTrailing => !name.contains(".tar.") && !name.ends_with(".tgz"),
        Code::Sqlite => !error.what().starts_with("expected the tables of"),
        Code::NotAnInput
        | Code::UnknownFormat
        | Code::InputEmpty
        | Code::Dialect
        | Code::Header
        | Code::TooManyColumns
        | Code::Encoding
        | Code::NestedCompression
        | Code::NotText
        | Code::NulByte
        | Code::UnevenRow
        | Code::UnclosedQuote
        | Code::QuoteInField
        | Code::RecordTooLong
        | Code::Json
        | Code::JsonLimit
        | Code::JsonRecord
        | Code::MalformedLine => false,
        _ => true,
    }
}

/// What an error says that a file looks like, without what was expected: nothing was.
fn looks(error: &Error, spelling: Spelling) -> String {
    let what = spelling.write(error.what());
    let found = [", found what ", ", but the content "].iter().find_map(|it| what.split_once(it));
    found.map_or(&*what, |(_, looks)| looks).to_owned()
}

/// The path without `.gz` and the like.
pub fn without_compression(path: &Path) -> PathBuf {
    match path.extension().and_then(|it| it.to_str()) {
        Some(end) if COMPRESSED.iter().any(|it| it.eq_ignore_ascii_case(end)) => path.with_extension(""),
        _ => path.to_owned(),
    }
}
