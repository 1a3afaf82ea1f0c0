//! What a migration has to do: the sources of a folder, and what earlier runs did to each.
//!
//! The name of an output follows from the name of its source alone. So a source that is added later changes no
//! other output, and each shard knows the outputs of all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::choice::SourceChoice;
use super::journal::{DoneEntry, FOLDER, FailedEntry, ReadJournal, SkippedEntry};
use super::names::{name_of, path_of};
use super::shard::Shard;
use crate::error::{Code, Error, Result};
use crate::jobs::search::{BESIDE_LOGS, InputSearch};
use crate::options::Options;

/// Behind the name of a source, the name of its table.
pub const TABLE: &str = ".parquet";
/// Behind the name of a source, the name of its folder of tables.
pub const BUNDLE: &str = ".ocel";
/// The folder of outputs in a bag.
pub const PAYLOAD: &str = "data";

/// A source that is to be converted.
#[derive(Debug, Clone)]
pub struct PlannedSource {
    /// Path of the file that is read.
    pub path: PathBuf,
    /// Its name, from the folder of sources on.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Time of its last change, in nanoseconds since 1970.
    pub modified: i64,
    /// What is to be done with the source.
    pub task: SourceTask,
    /// Whether a file in the place of the output may be one of an earlier run, which is then replaced.
    pub may_replace: bool,
    /// The output of an earlier run, as the journals tell.
    pub before: Option<Box<DoneEntry>>,
}

/// What is to be done to a source.
#[derive(Debug, Clone)]
pub enum SourceTask {
    /// The source is converted.
    Convert,
    /// Its output is proven, and made anew if it can't be.
    Prove,
    /// It failed in an earlier run, and would again.
    StaysFailed(Box<FailedEntry>),
    /// It can't be converted.
    Refused(Error),
}

/// All that is to be done, by all shards or by one.
#[derive(Debug, Default)]
pub struct MigrationPlan {
    /// The sources of the shard, in the order of their names.
    pub sources: Vec<PlannedSource>,
    /// Files that are not converted. Each is named by the first shard.
    pub skipped: Vec<SkippedEntry>,
    /// Folders that can't be read. Each is named by the first shard.
    pub unread: Vec<Error>,
    /// Pairs of names that are one name to systems that do not tell cases apart.
    pub alike: Vec<(String, String)>,
}

/// What a plan is made of.
pub struct PlanWords<'p> {
    /// The folder of sources.
    pub source: &'p Path,
    /// The folder of outputs.
    pub root: &'p Path,
    /// The folder below `root` in which outputs lie: empty, or that of the payload of a bag.
    pub within: &'p str,
    /// How sources are read.
    pub options: &'p Options,
    /// Which sources are asked for.
    pub choice: &'p SourceChoice,
    /// The part of the migration.
    pub shard: Shard,
    /// Hash of the options.
    pub options_hash: &'p str,
    /// The journals of earlier runs.
    pub journals: &'p [ReadJournal],
    /// Whether sources that failed are tried again in any case.
    pub retries_failed: bool,
}

/// The time of the last change of a file, in nanoseconds since 1970.
pub fn modified(found: &Metadata) -> i64 {
    found.mtime().saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec())
}

/// The path below a folder of something that was found in it.
pub fn below(path: &Path, folder: &Path) -> PathBuf {
    // A search drops the dot at the start.
    let plain = folder.strip_prefix("./").unwrap_or(folder);
    let rest = path.strip_prefix(folder).or_else(|_| path.strip_prefix(plain));
    rest.unwrap_or(path).to_owned()
}

impl PlanWords<'_> {
    /// Finds the sources.
    ///
    /// # Errors
    /// If the folder can't be read, or holds no log.
    pub fn plan(&self) -> Result<MigrationPlan> {
        let search = InputSearch { options: self.options, output: Some(self.root) };
        let found = search.find_untranslated(&[self.source.to_owned()])?;
        let mut plan = MigrationPlan::default();
        let is_first = self.shard.index == 1;
        let mut paths: Vec<(PathBuf, PathBuf)> = Vec::with_capacity(found.places.len());
        for place in found.places {
            let Some(path) = place.input.path() else {
                let what = format!("{} has no path, and was not migrated", place.input);
                plan.unread.push(Error::new(Code::Internal, what));
                continue;
            };
            paths.push((path.to_owned(), place.below));
        }
        let below = |path: &Path| below(path, self.source);
        for it in found.left_out {
            // A destination is no folder of sources, so Parquet beside logs is no output of theirs.
            if it.reason == BESIDE_LOGS {
                let below = below(&it.path);
                paths.push((it.path, below));
            } else if is_first {
                let source = name_of(&below(&it.path));
                plan.skipped.push(SkippedEntry { source, reason: it.reason });
            }
        }
        if is_first {
            plan.unread.extend(found.failed);
        }
        let mut names: Vec<(String, PathBuf)> =
            paths.into_iter().map(|(path, below)| (name_of(&below), path)).collect();
        names.sort();
        plan.alike = alike(&names);
        let mut places = TargetPlaces::new(self.root, self.within);
        let folds = !plan.alike.is_empty() && !tells_cases_apart(self.root);
        let second: HashSet<&str> = plan.alike.iter().filter(|_| folds).map(|(_, it)| it.as_str()).collect();
        let known = Known::of(self.journals);
        for (name, path) in names.clone() {
            if !self.shard.has(&name) {
                continue;
            }
            // A broken link, or a file that has just gone: it fails when its turn comes.
            let (bytes, modified) = std::fs::metadata(&path).map_or((0, 0), |it| (it.size(), modified(&it)));
            if let Some(reason) = self.choice.refuses(&name, modified) {
                plan.skipped.push(SkippedEntry { source: name, reason: reason.to_owned() });
                continue;
            }
            let before = known.done.get(name.as_str()).map(|it| Box::new((*it).clone()));
            let failed = known.failed.get(name.as_str()).copied();
            let is_planned = known.planned.contains(name.as_str());
            let mut task = self.task(before.as_deref(), failed, bytes, modified);
            if second.contains(name.as_str()) {
                task = SourceTask::Refused(refused_case(&name));
            } else if path_of(&name).is_none() {
                let what = format!("{name} does not lead back to its source");
                task = SourceTask::Refused(Error::new(Code::OutputName, what));
            } else if let Some(error) = places.refuse(&name, &names) {
                task = SourceTask::Refused(error);
            } else if !is_planned && let Some(place) = places.taken(&name) {
                let error = Error::new(Code::OutputExists, "something is there that no journal names");
                let help = "move it away, or give another folder as the destination";
                task = SourceTask::Refused(error.in_file(&place).help(help));
            }
            plan.sources.push(PlannedSource {
                path,
                name,
                bytes,
                modified,
                task,
                may_replace: is_planned,
                before,
            });
        }
        Ok(plan)
    }

    /// What is to be done to a source, by what journals say of it.
    fn task(
        &self,
        before: Option<&DoneEntry>,
        failed: Option<&FailedEntry>,
        bytes: u64,
        modified: i64,
    ) -> SourceTask {
        if let Some(failed) = failed {
            let is_same = (failed.bytes, failed.modified) == (bytes, modified)
                && failed.version == env!("CARGO_PKG_VERSION");
            // What is wrong with the machine or the destination may be right by now.
            let is_lasting = ["LF2", "LF3", "LF4"].iter().any(|it| failed.code.starts_with(it));
            if is_same && is_lasting && !self.retries_failed {
                return SourceTask::StaysFailed(Box::new(failed.clone()));
            }
            return SourceTask::Convert;
        }
        match before {
            Some(done)
                if (done.bytes, done.modified) == (bytes, modified) && done.options == self.options_hash =>
            {
                SourceTask::Prove
            }
            _ => SourceTask::Convert,
        }
    }
}

/// What all journals say of each source.
struct Known<'j> {
    planned: HashSet<&'j str>,
    done: HashMap<&'j str, &'j DoneEntry>,
    failed: HashMap<&'j str, &'j FailedEntry>,
}

impl<'j> Known<'j> {
    fn of(journals: &'j [ReadJournal]) -> Self {
        let mut known = Self { planned: HashSet::new(), done: HashMap::new(), failed: HashMap::new() };
        for journal in journals {
            known.planned.extend(journal.planned.keys().map(String::as_str));
        }
        known.done = latest(journals).into_iter().map(|it| (it.source.as_str(), it)).collect();
        for (name, it) in journals.iter().flat_map(|it| &it.failed) {
            // What another shard wrote later counts.
            if known.done.get(name.as_str()).is_none_or(|done| done.at <= it.at) {
                known.failed.insert(name, it);
            }
        }
        known
    }
}

/// The last output of each source, whichever journal tells of it, by name.
pub fn latest(journals: &[ReadJournal]) -> Vec<&DoneEntry> {
    let mut all: BTreeMap<&str, &DoneEntry> = BTreeMap::new();
    for done in journals.iter().flat_map(|it| it.done.values()) {
        let known = all.entry(&done.source).or_insert(done);
        if known.at < done.at {
            *known = done;
        }
    }
    all.into_values().collect()
}

/// Pairs of names that differ in the case of their letters alone.
fn alike(names: &[(String, PathBuf)]) -> Vec<(String, String)> {
    let mut first: HashMap<String, &str> = HashMap::with_capacity(names.len());
    let mut pairs = Vec::new();
    for (name, _) in names {
        let known = first.entry(name.to_lowercase()).or_insert(name);
        if known != name {
            pairs.push(((*known).to_owned(), name.clone()));
        }
    }
    pairs
}

fn refused_case(name: &str) -> Error {
    let what = format!("another source is called like {name}, and the destination does not tell cases apart");
    Error::new(Code::OutputName, what).help("rename one of the two sources, or choose another file system")
}

/// Whether names that differ in case are two names in a folder, or in the one it is to be made in.
fn tells_cases_apart(root: &Path) -> bool {
    let there = root.ancestors().find(|it| it.is_dir()).unwrap_or(Path::new("."));
    let Ok(probe) =
        tempfile::Builder::new().prefix(".logflow-CASE-").suffix(".logflow-tmp").tempfile_in(there)
    else {
        return true;
    };
    let name = probe.path().file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    !there.join(name).exists()
}

/// What is in the folders of outputs.
struct TargetPlaces<'p> {
    root: &'p Path,
    within: &'p str,
    /// The names in each folder; `None` if the folder is not there.
    folders: HashMap<String, Option<HashSet<OsString>>>,
    /// Folders that are no folders, or links.
    wrong: HashMap<String, bool>,
}

impl<'p> TargetPlaces<'p> {
    fn new(root: &'p Path, within: &'p str) -> Self {
        Self { root, within, folders: HashMap::new(), wrong: HashMap::new() }
    }

    /// Where the outputs of a source would be.
    fn path(&self, name: &str) -> PathBuf {
        self.root.join(self.within).join(name)
    }

    /// An error for a source whose output would be within that of another, within the journals, or elsewhere.
    fn refuse(&mut self, name: &str, names: &[(String, PathBuf)]) -> Option<Error> {
        for (at, _) in name.match_indices('/') {
            let folder = &name[..at];
            let of_output = [TABLE, BUNDLE].iter().find_map(|ending| folder.strip_suffix(ending));
            let other =
                of_output.filter(|it| names.binary_search_by(|(name, _)| name.as_str().cmp(it)).is_ok());
            if let Some(other) = other {
                let what = format!("the folder {folder} has the name of an output of {other}");
                let error = Error::new(Code::OutputName, what).in_file(&self.path(name));
                return Some(error.help("rename the folder of the sources, or migrate it by itself"));
            }
            if folder == FOLDER && self.within.is_empty() {
                let what = format!("the folder {folder} is that of the journals");
                return Some(Error::new(Code::OutputName, what).help("rename the folder of the sources"));
            }
            if self.leads_away(folder) {
                let what =
                    "expected a folder, found a link or a file, by which the output would lie elsewhere";
                let error = Error::new(Code::OutputName, what).in_file(&self.path(folder));
                return Some(error.help("move it away, or give another folder as the destination"));
            }
        }
        None
    }

    fn leads_away(&mut self, folder: &str) -> bool {
        let path = self.path(folder);
        *self
            .wrong
            .entry(folder.to_owned())
            .or_insert_with(|| std::fs::symlink_metadata(path).is_ok_and(|it| !it.is_dir()))
    }

    /// What stands where an output of the source would be.
    fn taken(&mut self, name: &str) -> Option<PathBuf> {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let path = self.path(folder);
        let there = self.folders.entry(folder.to_owned()).or_insert_with(|| {
            let entries = std::fs::read_dir(&path).ok()?;
            Some(entries.flatten().map(|it| it.file_name()).collect())
        });
        let there = there.as_ref()?;
        let names = [TABLE, BUNDLE].map(|ending| OsString::from(format!("{file}{ending}")));
        names.into_iter().find(|it| there.contains(it)).map(|it| path.join(it))
    }
}
