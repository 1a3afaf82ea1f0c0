//! A destination held against its journals: every file that they name, and every file that is there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::bag;
use super::deep::{self, DeepCheck};
use super::finding::VerifyFinding;
use super::journal::{DoneEntry, FOLDER, FailedEntry, OutputEntry, ReadJournal, read_all};
use super::names::stays_below;
use super::plan::latest;
use super::pool::Pool;
use super::progress::MigrationProgress;
use super::proof::{Checked, Flaw, digest, flaw_of};
use crate::error::{Code, Error, Result};
use crate::observer::Observer;
use crate::options::RunOptions;
use crate::shard::board::ShardId;
use crate::shard::each::each;
use crate::shard::worker::guarded;

/// The end of names of files that are not complete yet.
const UNDER_WAY: &str = ".logflow-tmp";

/// How a destination is verified.
pub struct Verification {
    /// The destination that is verified.
    pub root: PathBuf,
    /// Whether sources are read again and their values compared; if so, where they are, unless the journals
    /// tell.
    pub deep: Option<Option<PathBuf>>,
    /// What the machine allows.
    pub run: RunOptions,
}

/// What a verification found.
#[derive(Debug, Default, Serialize)]
pub struct Verified {
    /// What is not as it should be, in the order of paths.
    pub findings: Vec<VerifyFinding>,
    /// Sources with outputs, as the journals tell.
    pub sources: u64,
    /// Outputs that are named.
    pub files: u64,
    /// Checksums that were made.
    pub checksums: u64,
    /// Footers that were read.
    pub footers: u64,
    /// Values that were compared with those of sources.
    pub values: u64,
    /// Sources that were read again.
    pub sources_read: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Seconds that the check took.
    pub seconds: f64,
}

impl Verification {
    /// Verifies the destination.
    ///
    /// # Errors
    /// [`Code::Journal`] if there is no journal that can be read; [`Code::Interrupted`].
    pub fn run(&self, observer: &Observer, progress: &MigrationProgress) -> Result<Verified> {
        let start = std::time::Instant::now();
        let journals = read_all(&self.root)?;
        if journals.iter().all(|it| it.runs.is_empty()) {
            let error = Error::new(Code::Journal, format!("expected journals in {FOLDER}, found none"));
            return Err(error.in_file(&self.root).help(
                "give a folder to which logflow migrate has written; logflow validate checks a bundle",
            ));
        }
        let mut found = Verified::default();
        self.states(&journals, &mut found);
        let done = latest(&journals);
        found.sources = done.len() as u64;
        let mut outputs: BTreeMap<&str, &OutputEntry> = BTreeMap::new();
        for output in done.iter().flat_map(|it| &it.outputs) {
            if stays_below(&output.path) {
                outputs.insert(&output.path, output);
            } else {
                let what = "the journal names a file outside of the destination; it was not looked at";
                found.findings.push(VerifyFinding::new("journal", &output.path, what));
            }
        }
        found.files = outputs.len() as u64;
        let sources: u64 = match self.deep {
            Some(_) => done.iter().map(|it| it.bytes).sum(),
            None => 0,
        };
        let all = outputs.values().map(|it| it.bytes).sum::<u64>() + sources;
        progress.begin(outputs.len() as u64, all);
        let missing = self.outputs(&outputs, &mut found, observer, progress)?;
        self.others(&journals, &outputs, missing, &mut found, observer)?;
        self.bag(&journals, &mut found);
        if let Some(place) = &self.deep {
            self.values(&journals, &done, place.as_deref(), &mut found, observer, progress)?;
        }
        found.findings.sort_by(|one, other| (&one.path, one.kind).cmp(&(&other.path, other.kind)));
        found.seconds = start.elapsed().as_secs_f64();
        Ok(found)
    }

    /// What the journals themselves tell: sources without outputs, shards that never ran, damaged lines.
    fn states(&self, journals: &[ReadJournal], found: &mut Verified) {
        let mut add =
            |kind, path: &str, what: &str| found.findings.push(VerifyFinding::new(kind, path, what));
        let shown =
            |it: &ReadJournal| it.path.strip_prefix(&self.root).unwrap_or(&it.path).display().to_string();
        let done: HashMap<&str, &DoneEntry> =
            latest(journals).into_iter().map(|it| (it.source.as_str(), it)).collect();
        let mut failed: BTreeMap<&str, &FailedEntry> = BTreeMap::new();
        let (mut planned, mut skipped): (HashSet<&str>, HashSet<&str>) = Default::default();
        for journal in journals {
            for line in &journal.damaged {
                add("journal", &shown(journal), &format!("line {line} is damaged"));
            }
            failed.extend(journal.failed.iter().map(|(name, it)| (name.as_str(), it)));
            planned.extend(journal.planned.keys().map(String::as_str));
            skipped.extend(journal.skipped.keys().map(String::as_str));
        }
        for (name, it) in &failed {
            if !skipped.contains(name) && done.get(name).is_none_or(|done| done.at <= it.at) {
                add("failed", name, &format!("{}: {}", it.code, it.what));
            }
        }
        for name in planned {
            if ![done.contains_key(name), failed.contains_key(name), skipped.contains(name)].contains(&true) {
                add("unfinished", name, "the source was planned, and has no output");
            }
        }
        let last = journals.iter().max_by_key(|it| it.runs.last().map(|run| run.at));
        if let Some(count) = last.and_then(|it| it.shard).map(|it| it.count) {
            let there: HashSet<u32> = journals
                .iter()
                .filter_map(|it| it.shard)
                .filter(|it| it.count == count)
                .map(|it| it.index)
                .collect();
            let none: Vec<String> =
                (1..=count).filter(|it| !there.contains(it)).take(10).map(|it| it.to_string()).collect();
            if !none.is_empty() {
                let missing = count as usize - there.len();
                let what = format!("{missing} of {count} shards have no journal: {}", none.join(", "));
                add("unfinished", FOLDER, &what);
            }
        }
    }

    /// Holds each output against its line; gives those that are not there.
    fn outputs<'j>(
        &self,
        outputs: &BTreeMap<&'j str, &'j OutputEntry>,
        found: &mut Verified,
        observer: &Observer,
        progress: &MigrationProgress,
    ) -> Result<Vec<&'j OutputEntry>> {
        let mut all: Vec<&OutputEntry> = outputs.values().copied().collect();
        all.sort_by_key(|it| std::cmp::Reverse(it.bytes));
        let results = each(self.run.threads.max(1), all, |_, output| {
            let part = observer.part();
            progress.start(&part, output.bytes);
            let mut checked = Checked::default();
            let flaw = flaw_of(&self.root, output, &mut checked, &part);
            progress.end(output.bytes, &part, matches!(flaw, Ok(Some(_))));
            Ok((output, flaw?, checked))
        })?;
        let mut missing = Vec::new();
        for (output, flaw, checked) in results {
            found.checksums += checked.checksums;
            found.footers += checked.footers;
            found.bytes += checked.bytes;
            match flaw {
                Some(Flaw::Missing) => missing.push(output),
                Some(flaw) => {
                    found.findings.push(VerifyFinding::new(flaw.kind(), &output.path, flaw.to_string()));
                }
                None => {}
            }
        }
        Ok(missing)
    }

    /// Files that no journal names; one of them may be an output under another name.
    fn others(
        &self,
        journals: &[ReadJournal],
        outputs: &BTreeMap<&str, &OutputEntry>,
        mut missing: Vec<&OutputEntry>,
        found: &mut Verified,
        observer: &Observer,
    ) -> Result<()> {
        let reports: HashSet<&str> = journals.iter().flat_map(|it| &it.reports).map(String::as_str).collect();
        let files = bag::payload(journals);
        let is_bag = journals.iter().filter_map(|it| it.runs.last()).any(|it| it.bag);
        let tags: HashSet<&str> = match is_bag {
            true => bag::texts(journals, &files).into_iter().map(|(name, _)| name).collect(),
            false => HashSet::new(),
        };
        for entry in walkdir::WalkDir::new(&self.root).min_depth(1).sort_by_file_name() {
            observer.check()?;
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(&self.root);
                    let path = path.strip_prefix(&self.root).unwrap_or(path).display().to_string();
                    found.findings.push(VerifyFinding::new("unreadable", path, error.to_string()));
                    continue;
                }
            };
            if entry.file_type().is_dir() {
                continue;
            }
            let below = entry.path().strip_prefix(&self.root).unwrap_or(entry.path());
            let path = below.display().to_string();
            let is_known = below
                .to_str()
                .is_some_and(|it| outputs.contains_key(it) || reports.contains(it) || tags.contains(it));
            if is_known || is_journal(below) {
                continue;
            }
            if below.components().any(|it| it.as_os_str().as_encoded_bytes().ends_with(UNDER_WAY.as_bytes()))
            {
                let what = "a file of a run that goes on or was killed; the next run removes it";
                found.findings.push(VerifyFinding::new("unfinished", path, what));
                continue;
            }
            let bytes = entry.metadata().map_or(0, |it| it.len());
            let is_regular = entry.file_type().is_file();
            let like = |it: &&OutputEntry| it.bytes == bytes;
            let mut before = None;
            if is_regular && missing.iter().any(like) {
                let made = digest(entry.path(), false, Code::Unproven, &observer.part());
                if let Ok(made) = made {
                    found.checksums += 1;
                    found.bytes += made.bytes;
                    let at = missing.iter().position(|it| like(it) && it.blake3 == made.blake3);
                    before = at.map(|at| missing.remove(at));
                }
            }
            found.findings.push(match before {
                Some(before) => VerifyFinding::new("renamed", &before.path, format!("it is found as {path}")),
                None => VerifyFinding::new("added", path, "no journal names the file"),
            });
        }
        for output in missing {
            found.findings.push(VerifyFinding::new("missing", &output.path, Flaw::Missing.to_string()));
        }
        Ok(())
    }

    /// The files of a bag beside its payload.
    fn bag(&self, journals: &[ReadJournal], found: &mut Verified) {
        let is_bag = journals.iter().filter_map(|it| it.runs.last()).any(|it| it.bag);
        if !is_bag || !bag::is_complete(journals) {
            return;
        }
        for (name, expected) in bag::texts(journals, &bag::payload(journals)) {
            match std::fs::read(self.root.join(name)) {
                Ok(bytes) if bytes == expected.as_bytes() => found.checksums += 1,
                Ok(_) => {
                    let what = "it is not what the journals give: the file was changed";
                    found.findings.push(VerifyFinding::new("bag", name, what));
                }
                Err(error) => found.findings.push(VerifyFinding::new("bag", name, error.to_string())),
            }
        }
    }

    /// Reads the sources again.
    fn values(
        &self,
        journals: &[ReadJournal],
        done: &[&DoneEntry],
        place: Option<&Path>,
        found: &mut Verified,
        observer: &Observer,
        progress: &MigrationProgress,
    ) -> Result<()> {
        let check = DeepCheck::new(&self.root, journals, place, &self.run)?;
        let pool = Pool::new(&self.run);
        // Of outputs that are not what they were there is nothing more to say.
        let flawed: HashSet<&str> = found.findings.iter().map(|it| it.path.as_str()).collect();
        let is_whole = |it: &&&DoneEntry| it.outputs.iter().all(|it| !flawed.contains(it.path.as_str()));
        let mut all: Vec<&DoneEntry> = done.iter().filter(is_whole).copied().collect();
        all.sort_by_key(|it| std::cmp::Reverse(it.bytes));
        let results = each(pool.most(), all, |turn, done| {
            let need = pool.need(done.bytes, done.compression.is_some());
            pool.run(turn, need, || {
                let part = observer.part();
                progress.start(&part, done.bytes);
                // A reader that gives up on a source is a finding as well.
                let compared = guarded(ShardId(turn), || check.compare(done, &pool.options(need), &part));
                let compared = compared.or_else(|(_, error)| match error.code() {
                    Code::Interrupted => Err(error),
                    _ => Ok(deep::Compared::failed(&done.source, error)),
                });
                progress.end(done.bytes, &part, false);
                compared
            })
        })?;
        for deep::Compared { values, bytes, findings } in results {
            found.values += values;
            found.bytes += bytes;
            found.sources_read += 1;
            found.findings.extend(findings);
        }
        Ok(())
    }
}

/// Whether a path below the destination is that of a journal.
fn is_journal(below: &Path) -> bool {
    below.parent() == Some(Path::new(FOLDER))
        && below.file_name().is_some_and(|it| {
            let name = it.to_string_lossy();
            name.starts_with("journal-") && name.ends_with(".jsonl")
        })
}
