//! Words of the command line to inputs: files, folders, patterns, standard input.
//!
//! The order is the user's; within a folder or a pattern it is that of the paths, so that the same files give
//! the same output anywhere. An input that comes up twice is refused: its rows would be there twice. Of a
//! folder every file is an input, or is left out and named with the reason; which of them are logs is known
//! in `recognise.rs`.

use std::collections::{HashMap, HashSet};
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use crate::convert::typed_files::format_of;
use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::observer::Observer;
use crate::options::Options;
use crate::source::formats::formats;
use crate::source::look::looks_object_centric;
use crate::source::mxml::as_xes;
use crate::target::ocel::{BundleLayout, is_bundle};
use crate::text::row::{FormatRow, Syntax};
use globset::{GlobBuilder, GlobMatcher};
use walkdir::WalkDir;

use crate::jobs::archive::{Members, members};
use crate::jobs::recognise::{
    FoundAs, found_as, is_companion, is_log_ending, is_typed_name, managed, without_compression,
};
use crate::model::figures::{counted, listed};

/// Why a Parquet or Arrow file is left out of a folder of logs.
pub const BESIDE_LOGS: &str = "a Parquet or Arrow file beside logs of other formats, as outputs made from them are; give its path to read it";

/// One input, and where below an output folder its output belongs.
#[derive(Debug, Clone)]
pub struct InputPlace {
    /// The file or pipe that is read.
    pub input: Input,
    /// Its path below the folder that was named, or its name; empty for standard input.
    pub below: PathBuf,
    /// Whether it was found in a folder, and not named itself.
    pub is_found: bool,
}

/// A file of a folder that is no input.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// The file, or a folder with all that is in it.
    pub path: PathBuf,
    /// Why the file is no input, in words that fit behind its name.
    pub reason: String,
}

/// All that the words of a command line name: inputs, and what was left out.
#[derive(Debug, Default)]
pub struct FoundInputs {
    /// The inputs in the order in which the words name them.
    pub places: Vec<InputPlace>,
    /// The files that are no inputs, word by word in the order of their paths, hidden ones last.
    pub left_out: Vec<LeftOut>,
    /// Folders that can't be read.
    pub failed: Vec<Error>,
    /// Whether a walk came by a link.
    has_links: bool,
    /// Folders that hold tables in a layout that is written only.
    layouts: Vec<(PathBuf, BundleLayout)>,
}

impl FoundInputs {
    /// The inputs without their places below an output folder.
    pub fn inputs(&self) -> Vec<Input> {
        self.places.iter().map(|place| place.input.clone()).collect()
    }

    /// Leaves out files of folders and patterns that are outputs of this run or of an earlier one.
    #[must_use]
    pub fn without(mut self, outputs: &[PathBuf]) -> Self {
        let outputs: Vec<PathBuf> = outputs.iter().filter_map(|path| path.canonicalize().ok()).collect();
        if !outputs.is_empty() {
            let is_output = |place: &InputPlace| {
                let path = place.input.path().and_then(|path| path.canonicalize().ok());
                place.is_found && path.is_some_and(|path| outputs.contains(&path))
            };
            self.places.retain(|place| !is_output(place));
        }
        self
    }

    /// Whether a folder or a pattern was named.
    pub fn is_walked(&self) -> bool {
        self.places.iter().any(|place| place.is_found)
    }
}

/// What is looked at in a folder, and how.
pub struct InputSearch<'s> {
    /// Options with which inputs are read.
    pub options: &'s Options,
    /// The output: what is written is not read.
    pub output: Option<&'s Path>,
}

impl InputSearch<'_> {
    /// The inputs that `words` name.
    ///
    /// # Errors
    /// [`Code::Usage`] for standard input without a format, or an input that comes up twice;
    /// [`Code::InputMissing`] where nothing is found.
    pub fn find(&self, words: &[PathBuf]) -> Result<FoundInputs> {
        let mut found = self.find_untranslated(words)?;
        for place in &mut found.places {
            if let Some(log) = as_xes(&place.input, self.options, &Observer::default())? {
                place.input = log;
            }
        }
        Ok(found)
    }

    /// The same, but logs that are read from a translation are still what they are.
    ///
    /// # Errors
    /// As [`InputSearch::find`].
    pub fn find_untranslated(&self, words: &[PathBuf]) -> Result<FoundInputs> {
        let mut found = FoundInputs::default();
        let common = root(words);
        for word in words {
            if word.as_os_str() == "-" {
                found.places.push(InputPlace {
                    input: self.stdin()?,
                    below: PathBuf::new(),
                    is_found: false,
                });
            } else if let Some(base) = base(word) {
                self.walk(word, &base, &common, &mut found)?;
            } else {
                let name = match word.file_name() {
                    Some(name) => PathBuf::from(name),
                    None => word
                        .canonicalize()
                        .ok()
                        .and_then(|it| it.file_name().map(PathBuf::from))
                        .unwrap_or_default(),
                };
                match members(word, self.options, &Observer::default())? {
                    Some(members) => self.put_members(word, members, &mut found)?,
                    None => found.places.push(InputPlace {
                        input: Input::Path(word.clone()),
                        below: name,
                        is_found: false,
                    }),
                }
            }
        }
        // What one word has walked is there once.
        if words.len() > 1 {
            refuse_twice(&found.places)?;
        }
        // A pipe is looked at more than once before it is read. A walk finds none.
        for place in found.places.iter_mut().filter(|place| !place.is_found) {
            place.input = place.input.replayable();
        }
        Ok(found)
    }

    /// Adds the members of an archive: the one that was named, or all that are logs.
    fn put_members(&self, word: &Path, members: Members, found: &mut FoundInputs) -> Result<()> {
        let before = (found.places.len(), found.left_out.len());
        let folder = without_compression(word).with_extension("");
        let folder = folder.file_name().map(PathBuf::from).unwrap_or_default();
        for (input, below) in members.inputs {
            if !members.is_whole {
                let below = below.file_name().map(PathBuf::from).unwrap_or_default();
                found.places.push(InputPlace { input, below, is_found: false });
                continue;
            }
            let is = match input.path() {
                Some(_) if is_hidden(&below) => {
                    FoundAs::Nothing("hidden file; name it to read it".to_owned())
                }
                Some(path) => found_as(path, &below, false, self.options),
                None => FoundAs::Log,
            };
            match (is, input.shown_path()) {
                (FoundAs::Nothing(reason), Some(path)) => {
                    found.left_out.push(LeftOut { path: path.to_owned(), reason });
                }
                _ => found.places.push(InputPlace { input, below: folder.join(below), is_found: true }),
            }
        }
        match found.places.len() > before.0 {
            true => Ok(()),
            false => Err(nothing(word, false, &found.left_out[before.1..])),
        }
    }

    fn stdin(&self) -> Result<Input> {
        let input = Input::Stdin.replayable();
        // Arrow streams say what they are; text may be of several formats.
        if self.options.read.from.is_none()
            && (std::io::stdin().is_terminal() || format_of(&input, &Observer::default())?.is_none())
        {
            let is_text = |row: &&FormatRow| row.via.is_none() && row.syntax != Syntax::Binary;
            let names: Vec<&str> = formats().filter(is_text).map(|row| row.name).collect();
            return Err(Error::new(Code::Usage, "the format of standard input is not known")
                .help(format!("give ⟦from⟧ {}; OCEL in SQLite must be a file", listed(&names, "or"))));
        }
        if std::io::stdin().is_terminal() {
            return Err(Error::new(Code::Usage, "standard input is a terminal")
                .help("pipe a log to standard input, or give a file"));
        }
        Ok(input)
    }

    /// Every file of a folder, or every one that fits a pattern, below `base`.
    fn walk(&self, word: &Path, base: &Path, common: &Path, found: &mut FoundInputs) -> Result<()> {
        let matcher = if word.is_dir() { None } else { Some(matcher(word)?) };
        if matcher.is_none()
            && let Some(layout) = BundleLayout::of(word)
        {
            return Err(written_only(word, layout));
        }
        if matcher.is_none()
            && let Some(table) = managed(word)
        {
            return Err(not_all_count(word, table));
        }
        let before = (found.places.len(), found.left_out.len(), found.failed.len(), found.layouts.len());
        let files = self.files(base, matcher.as_ref(), found);
        // A pattern that says how names end takes each at its word.
        let is_meant = matcher.is_some() && word.extension().is_some_and(|it| !is_pattern(Path::new(it)));
        let root = whole(base);
        let tree = root.strip_prefix(common).unwrap_or(Path::new("")).to_owned();
        let files = if found.has_links { without_links(files, base, &root, found) } else { files };
        let files: Vec<(PathBuf, FoundAs)> = files
            .into_iter()
            .map(|file| {
                let below = file.strip_prefix(base).unwrap_or(&file);
                let is = found_as(&file, below, is_meant, self.options);
                (file, is)
            })
            .collect();
        // Parquet beside logs is what an earlier run made of them.
        let has_logs = files.iter().any(|(_, is)| matches!(is, FoundAs::Log));
        for (file, is) in files {
            match is {
                FoundAs::Nothing(reason) => found.left_out.push(LeftOut { path: file, reason }),
                FoundAs::Typed if has_logs && !is_meant => {
                    found.left_out.push(LeftOut { path: file, reason: BESIDE_LOGS.to_owned() });
                }
                FoundAs::Log | FoundAs::Typed => {
                    let below = tree.join(file.strip_prefix(base).unwrap_or(&file));
                    found.places.push(InputPlace { input: Input::Path(file), below, is_found: true });
                }
            }
        }
        // A person sees the first few, and hidden files are seldom what was looked for.
        found.left_out[before.1..]
            .sort_by_cached_key(|it| (is_hidden(&it.path) || is_companion(&it.path), it.path.clone()));
        if found.places.len() > before.0 || found.failed.len() > before.2 {
            return Ok(());
        }
        if let Some((folder, layout)) = found.layouts.get(before.3) {
            return Err(written_only(folder, *layout));
        }
        Err(nothing(word, matcher.is_some(), &found.left_out[before.1..]))
    }

    /// The files below `base`, by path. Links are followed; what begins with a dot is left out, a folder
    /// as a whole.
    fn files(&self, base: &Path, matcher: Option<&GlobMatcher>, found: &mut FoundInputs) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let start = if base.as_os_str().is_empty() { Path::new(".") } else { base };
        let mut entries = WalkDir::new(start).follow_links(true).sort_by_file_name().into_iter();
        let output = self.output.and_then(|it| it.canonicalize().ok());
        let output_is_folder = output.as_ref().is_some_and(|it| it.is_dir());
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    found.has_links = true;
                    no_entry(&error, start, &mut files, found);
                    continue;
                }
            };
            let path = entry.path();
            let path =
                if base.as_os_str().is_empty() { path.strip_prefix(".").unwrap_or(path) } else { path };
            let is_dir = entry.file_type().is_dir();
            let is_output = || {
                is_dir == output_is_folder
                    && output.as_ref().is_some_and(|it| path.canonicalize().is_ok_and(|path| path == *it))
            };
            found.has_links |= entry.path_is_symlink();
            if entry.depth() > 0 && is_hidden(path) && !is_output() {
                let reason = if is_dir { hidden_folder(path, matcher) } else { hidden_file(path, matcher) };
                found.left_out.extend(reason.map(|reason| LeftOut { path: path.to_owned(), reason }));
                if is_dir {
                    entries.skip_current_dir();
                }
                continue;
            }
            if is_dir {
                let reason = if entry.depth() == 0 {
                    None
                } else if is_output() {
                    Some("it is the output".to_owned())
                } else if is_bundle(path) {
                    Some("a bundle, which is an output of LogFlow".to_owned())
                } else if let Some(table) = managed(path) {
                    Some(format!(
                        "{table}, in which not all files count; give '{}/**/*.parquet' to read all",
                        path.display()
                    ))
                } else if let Some(layout) = BundleLayout::of(path) {
                    found.layouts.push((path.to_owned(), layout));
                    Some(format!(
                        "tables in the layout of {}, which LogFlow can write but not read",
                        layout.name()
                    ))
                } else {
                    None
                };
                if let Some(reason) = reason {
                    found.left_out.push(LeftOut { path: path.to_owned(), reason });
                    entries.skip_current_dir();
                }
            } else if fits(path, matcher) {
                let reason = if is_output() {
                    Some("it is the output")
                } else if !entry.file_type().is_file() {
                    Some("a pipe, socket or device; give its path to read it")
                } else {
                    None
                };
                match reason {
                    Some(reason) => {
                        found.left_out.push(LeftOut { path: path.to_owned(), reason: reason.to_owned() });
                    }
                    None => files.push(path.to_owned()),
                }
            }
        }
        files
    }
}

/// Whether a path is one of those that were asked for: all of a folder, or those that fit a pattern.
fn fits(path: &Path, matcher: Option<&GlobMatcher>) -> bool {
    matcher.is_none_or(|it| it.is_match(path.strip_prefix(".").unwrap_or(path)))
}

/// Why a file is left out whose name begins with a dot, if it is one of those that were asked for.
fn hidden_file(path: &Path, matcher: Option<&GlobMatcher>) -> Option<String> {
    fits(path, matcher).then(|| "hidden file; give its path to read it".to_owned())
}

/// The same of a folder, with the number of files in it. None of them is looked at.
fn hidden_folder(path: &Path, matcher: Option<&GlobMatcher>) -> Option<String> {
    let entries = WalkDir::new(path).into_iter().flatten();
    let files = entries.filter(|it| !it.file_type().is_dir() && fits(it.path(), matcher));
    match files.count() as u64 {
        // No file of it was asked for.
        0 if matcher.is_some() => None,
        count => Some(format!("hidden folder with {}; give its path to read them", counted(count, "file"))),
    }
}

/// Something that a walk can't look at: a folder that can't be read, or a broken link or back.
fn no_entry(error: &walkdir::Error, base: &Path, files: &mut Vec<PathBuf>, found: &mut FoundInputs) {
    let path = error.path().unwrap_or(base).to_owned();
    if is_hidden(&path) {
        let reason = "hidden, and it cannot be read".to_owned();
        found.left_out.push(LeftOut { path, reason });
    } else if error.loop_ancestor().is_some() {
        let reason = "a link to a folder that contains it".to_owned();
        found.left_out.push(LeftOut { path, reason });
    } else if path.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
        // One that is called like a log fails when its turn comes.
        let plain = without_compression(&path);
        let ending = plain.extension().and_then(|it| it.to_str()).unwrap_or_default();
        if is_log_ending(&ending.to_ascii_lowercase()) || is_typed_name(&path) {
            files.push(path);
        } else {
            found.left_out.push(LeftOut { path, reason: "a broken link".to_owned() });
        }
    } else {
        let what = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
        let help = "check the path and its permissions";
        found.failed.push(Error::new(Code::InputMissing, what).in_file(&path).help(help));
    }
}

/// The files without those that are links to others of them, which are left out.
fn without_links(files: Vec<PathBuf>, base: &Path, root: &Path, found: &mut FoundInputs) -> Vec<PathBuf> {
    let mut first: HashMap<PathBuf, PathBuf> = HashMap::new();
    let mut real = Vec::with_capacity(files.len());
    for file in files {
        let place = file.canonicalize().unwrap_or_else(|_| file.clone());
        let is_link = place != root.join(file.strip_prefix(base).unwrap_or(&file));
        if !is_link {
            first.insert(place.clone(), file.clone());
        }
        real.push((file, place));
    }
    for (file, place) in &real {
        first.entry(place.clone()).or_insert_with(|| file.clone());
    }
    let mut kept = Vec::with_capacity(real.len());
    for (file, place) in real {
        match first.get(&place) {
            Some(other) if *other != file => {
                let reason = format!("a link to {}", other.display());
                found.left_out.push(LeftOut { path: file, reason });
            }
            _ => kept.push(file),
        }
    }
    kept
}

/// What is said where a folder or a pattern holds no log.
fn nothing(word: &Path, is_pattern: bool, left_out: &[LeftOut]) -> Error {
    const NAMED: usize = 5;
    let mut named: Vec<String> =
        left_out.iter().take(NAMED).map(|it| format!("{} ({})", it.path.display(), it.reason)).collect();
    if left_out.len() > NAMED {
        named.push(format!("and {} more", left_out.len() - NAMED));
    }
    let what = match (is_pattern, named.is_empty()) {
        (true, true) => "no file matches the pattern".to_owned(),
        (true, false) => format!("no log matches the pattern; skipped: {}", named.join(", ")),
        (false, true) => "found no files in the folder".to_owned(),
        (false, false) => format!("found no logs in the folder; skipped: {}", named.join(", ")),
    };
    let help = match is_pattern {
        true => "* matches within one folder, ** also in subfolders; names that begin with a dot are skipped",
        false => {
            "give the files by name, or a quoted pattern such as 'logs/*.dat', to convert them whatever their names are"
        }
    };
    Error::new(Code::InputMissing, what).in_file(word).help(help)
}

fn refuse_twice(places: &[InputPlace]) -> Result<()> {
    let mut seen = HashSet::new();
    for InputPlace { input, .. } in places {
        if !seen.insert(origin(input)) {
            return Err(Error::new(Code::Usage, format!("{input} is given twice"))
                .help("give each input once; a folder or pattern includes all files that it matches"));
        }
    }
    Ok(())
}

/// What an input is, whatever it is called: nothing is opened.
#[derive(PartialEq, Eq, Hash)]
enum InputOrigin {
    /// A file or folder, without links.
    File(PathBuf),
    /// A pipe or device, by its numbers: `-`, `/dev/stdin` and `/proc/self/fd/0` are one.
    Once(u64, u64),
}

fn origin(input: &Input) -> InputOrigin {
    let path = input.path().unwrap_or_else(|| Path::new("/dev/stdin"));
    match path.metadata() {
        Ok(it) if !it.is_file() && !it.is_dir() => InputOrigin::Once(it.dev(), it.ino()),
        _ => InputOrigin::File(path.canonicalize().unwrap_or_else(|_| path.to_owned())),
    }
}

/// The inputs that are looked at together: all event logs as one table, each object-centric log by itself.
pub fn groups(inputs: Vec<Input>, options: &Options, observer: &Observer) -> Vec<Vec<Input>> {
    // One alone need not be looked at. A wait for a pipe can be stopped, which is told when it is read.
    if inputs.len() < 2 {
        return vec![inputs];
    }
    let is_alone = |input: &Input| looks_object_centric(input, options, observer).unwrap_or(false);
    let (alone, tables): (Vec<Input>, Vec<Input>) = inputs.into_iter().partition(is_alone);
    let tables = Some(tables).filter(|it| !it.is_empty());
    tables.into_iter().chain(alone.into_iter().map(|input| vec![input])).collect()
}

/// What is said of a log in another layout.
fn written_only(folder: &Path, layout: BundleLayout) -> Error {
    let what = format!("expected a log, found tables in the layout of {}", layout.name());
    Error::new(Code::NotAnInput, what)
        .in_file(folder)
        .help("LogFlow can write this layout but not read it; give the log or bundle from which it was made")
}

/// What is said of a table of which a program of its own knows what is in it.
fn not_all_count(folder: &Path, table: &str) -> Error {
    let what = format!("expected a log, found {table}, whose own metadata tells which of its files count");
    let help = format!(
        "export the table with the program that manages it; '{}/**/*.parquet' reads all its files, also those that were replaced",
        folder.display()
    );
    Error::new(Code::NotAnInput, what).in_file(folder).help(help)
}

/// The folder that a word has walked, if it is one or a pattern; of a pattern the part without wildcards.
fn base(word: &Path) -> Option<PathBuf> {
    if word.as_os_str() == "-" || is_bundle(word) {
        return None;
    }
    if word.is_dir() {
        return Some(word.strip_prefix("./").unwrap_or(word).to_owned());
    }
    let is_plain = |part: &Component<'_>| !is_pattern(Path::new(part.as_os_str()));
    (is_pattern(word) && !word.exists()).then(|| {
        let base: PathBuf = word.components().take_while(is_plain).collect();
        base.strip_prefix("./").unwrap_or(&base).to_owned()
    })
}

/// The folder below which paths of what is found are kept: the one that was named, or what all of several
/// are in. Beside files a folder keeps its own name too,
/// as `logs/*` names them.
fn root(words: &[PathBuf]) -> PathBuf {
    let common = common(words.iter().filter_map(|word| base(word)));
    let has_files = words.iter().any(|word| base(word).is_none());
    match common.parent() {
        Some(parent)
            if has_files
                && words.iter().any(|word| word.is_dir() && !is_bundle(word) && whole(word) == common) =>
        {
            parent.to_owned()
        }
        _ => common,
    }
}

/// The deepest folder that all of these are in, or are.
fn common(bases: impl Iterator<Item = PathBuf>) -> PathBuf {
    let shared = |one: PathBuf, other: PathBuf| {
        let parts = one.components().zip(other.components());
        parts.take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
    };
    bases.map(|base| whole(&base)).reduce(shared).unwrap_or_default()
}

/// The path of a folder from the root on; the empty one is the folder that the run is in.
fn whole(folder: &Path) -> PathBuf {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn is_pattern(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.contains(['*', '?', '[', '{']))
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
