//! A migration: the journal is opened, sources are planned, converted and proven, and the totals must add up.
//!
//! What is missing is converted before what an earlier run has done is proven, so that a run that is killed
//! again and again gets on.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::bag;
use super::choice::SourceChoice;
use super::journal::{
    DoneEntry, EndEntry, Entry, FailedEntry, Journal, PlannedEntry, ReadJournal, RunEntry, SkippedEntry,
    StartedEntry, VERSION, file_name, read_all,
};
use super::names::name_of;
use super::outcome::{MigrationTotals, Outcome, SourceOutcome};
use super::output::OutputMaker;
use super::plan::{MigrationPlan, PAYLOAD, PlanWords, PlannedSource, SourceTask, below};
use super::pool::Pool;
use super::progress::MigrationProgress;
use super::proof::is_parquet;
use super::shard::Shard;
use crate::encode::output::SweepOnce;
use crate::error::{Code, Error, Result};
use crate::jobs::choice::OutputChoice;
use crate::jobs::recognise::without_compression;
use crate::machine;
use crate::observer::Observer;
use crate::options::Options;
use crate::shard::board::ShardId;
use crate::shard::each::each;
use crate::shard::worker::guarded;
use crate::text::row::FormatRow;

/// A migration as it is asked for.
pub struct Migration {
    /// The folder of sources.
    pub source: PathBuf,
    /// The folder of outputs.
    pub root: PathBuf,
    /// The format of all sources, if it was named.
    pub from: Option<&'static FormatRow>,
    /// How sources are read and outputs are written.
    pub options: Options,
    /// What is said of outputs.
    pub choice: OutputChoice,
    /// The same as a pipeline file, without inputs, outputs and what is about the machine.
    pub pipeline: String,
    /// Hash of the pipeline and of the files that it names.
    pub options_hash: String,
    /// Which sources are asked for.
    pub sources: SourceChoice,
    /// The part of the migration.
    pub shard: Shard,
    /// Whether an earlier run is gone on with.
    pub resume: bool,
    /// Whether the folder of sources has another path than in the earlier run.
    pub is_moved: bool,
    /// Whether sources that failed are tried again, although nothing about them has changed.
    pub retry_failed: bool,
    /// Whether the first source that fails ends the run.
    pub fail_fast: bool,
    /// Whether the destination is a bag.
    pub is_bag: bool,
    /// The report, if one is written.
    pub report: Option<PathBuf>,
}

/// What came of a migration.
#[derive(Debug)]
pub struct Migrated {
    /// The sources of the shard, in the order of their names.
    pub sources: Vec<SourceOutcome>,
    /// Files that are not converted.
    pub skipped: Vec<SkippedEntry>,
    /// Sums over all sources.
    pub totals: MigrationTotals,
    /// Pairs of names that some systems take for one.
    pub alike: Vec<(String, String)>,
    /// The error that ended the run early: a full disk, a signal.
    pub ended_by: Option<Error>,
    /// What became of the bag, if there is to be one.
    pub bag: Option<bag::BagState>,
    /// Seconds that the migration took.
    pub seconds: f64,
}

impl Migrated {
    /// Sources that failed.
    pub fn failed(&self) -> impl Iterator<Item = &FailedEntry> {
        self.sources.iter().filter_map(|it| match &it.outcome {
            Outcome::Failed(failed) => Some(&**failed),
            _ => None,
        })
    }
}

impl Migration {
    fn within(&self) -> &'static str {
        if self.is_bag { PAYLOAD } else { "" }
    }

    /// What would be done, as far as it is known without reading sources. Nothing is written.
    ///
    /// # Errors
    /// As [`Migration::run`].
    pub fn plan(&self) -> Result<MigrationPlan> {
        self.check_places()?;
        let journals = read_all(&self.root)?;
        self.check_journals(&journals)?;
        self.planned(&journals)
    }

    fn planned(&self, journals: &[ReadJournal]) -> Result<MigrationPlan> {
        let words = PlanWords {
            source: &self.source,
            root: &self.root,
            within: self.within(),
            options: &self.options,
            choice: &self.sources,
            shard: self.shard,
            options_hash: &self.options_hash,
            journals,
            retries_failed: self.retry_failed,
        };
        words.plan()
    }

    /// Converts what is not complete.
    ///
    /// # Errors
    /// If the migration can't begin, if its journal can't be written, and if its totals do not add up. What is
    /// wrong with single sources is in the result.
    pub fn run(&self, observer: &Observer, progress: &MigrationProgress) -> Result<Migrated> {
        let start = std::time::Instant::now();
        self.check_places()?;
        // What the machine allows is asked before anything is written.
        let pool = Pool::new(&self.options.run);
        let least = pool.options(pool.need(0, false));
        crate::budget::Budget::new(least.memory_limit, least.threads)?;
        let journals = read_all(&self.root)?;
        self.check_journals(&journals)?;
        let plan = self.planned(&journals)?;
        observer.check()?;
        let journal = Journal::open(&self.root, self.shard)?;
        if self.is_bag {
            // It is none again until its manifests are those of what lies in it.
            bag::withdraw(&self.root)?;
        }
        journal.append(&self.beginning(&plan, &journals))?;
        journal.sync()?;
        drop(journals);
        let _once = SweepOnce::begin();
        let maker = OutputMaker {
            root: &self.root,
            within: self.within(),
            from: self.from,
            choice: &self.choice,
            options_hash: &self.options_hash,
            is_bag: self.is_bag,
            folders: Mutex::default(),
        };
        let work = Work {
            migration: self,
            maker: &maker,
            journal: &journal,
            pool: &pool,
            observer,
            progress,
            ends: AtomicBool::new(false),
            ended_by: Mutex::new(None),
        };
        let MigrationPlan { sources, skipped, unread, alike } = plan;
        let mut outcomes = work.all(sources)?;
        for error in unread {
            let name = error.file().map(|it| name_of(&below(&it, &self.source))).unwrap_or_default();
            let failed = failed_entry(&name, 0, 0, &error, self.options.spelling);
            journal.append(&[Entry::Failed(failed.clone())])?;
            let outcome = Outcome::Failed(Box::new(failed));
            outcomes.push(SourceOutcome { source: name, bytes: 0, outcome });
        }
        outcomes.sort_by(|one, other| one.source.cmp(&other.source));
        let ended_by = work.ended_by.into_inner().unwrap_or_else(PoisonError::into_inner);
        let totals = MigrationTotals::of(&outcomes, &skipped);
        let end = EndEntry {
            done: totals.converted + totals.proven,
            failed: totals.failed,
            skipped: totals.skipped,
            unfinished: totals.unfinished,
            report: self.report.as_deref().and_then(|it| within(it, &self.root)),
            at: machine::now(),
        };
        journal.append(&[Entry::End(end)])?;
        journal.sync()?;
        totals.check()?;
        let bag = match self.is_bag && ended_by.is_none() && totals.unfinished == 0 {
            true => Some(bag::complete(&self.root)?),
            false => None,
        };
        let seconds = start.elapsed().as_secs_f64();
        Ok(Migrated { sources: outcomes, skipped, totals, alike, ended_by, bag, seconds })
    }

    /// The lines with which a run begins.
    fn beginning(&self, plan: &MigrationPlan, journals: &[ReadJournal]) -> Vec<Entry> {
        let mut entries = vec![Entry::Run(RunEntry {
            journal: VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            shard: self.shard.to_string(),
            source: self.source_name(),
            pipeline: self.pipeline.clone(),
            options: self.options_hash.clone(),
            bag: self.is_bag,
            at: machine::now(),
        })];
        let own = journals.iter().find(|it| it.shard == Some(self.shard));
        for it in &plan.sources {
            let planned = PlannedEntry { source: it.name.clone(), bytes: it.bytes, modified: it.modified };
            // A place that was taken is not ours to replace later.
            let is_new = own.is_none_or(|own| !own.planned.contains_key(&it.name));
            if is_new && !matches!(it.task, SourceTask::Refused(_)) {
                entries.push(Entry::Planned(planned));
            }
        }
        entries.extend(plan.skipped.iter().cloned().map(Entry::Skipped));
        // What an earlier run planned and did not come to, and is gone by now, is not missed for ever.
        let there: HashSet<&str> = plan.sources.iter().map(|it| it.name.as_str()).collect();
        let skipped: HashSet<&str> = plan.skipped.iter().map(|it| it.source.as_str()).collect();
        let known = own.into_iter().flat_map(|own| own.planned.keys().chain(own.failed.keys()));
        let is_gone = |name: &&String| {
            let name = name.as_str();
            let is_done = own.is_some_and(|own| own.done.contains_key(name));
            !there.contains(name) && !skipped.contains(name) && !is_done
        };
        let gone: BTreeSet<&String> = known.filter(is_gone).collect();
        entries.extend(gone.into_iter().map(|source| {
            let reason = "it is not among the sources any more".to_owned();
            Entry::Skipped(SkippedEntry { source: source.clone(), reason })
        }));
        entries
    }

    /// The folder of sources from the root on, as text.
    fn source_name(&self) -> String {
        let source = self.source.canonicalize().unwrap_or_else(|_| self.source.clone());
        format!("/{}", name_of(source.strip_prefix("/").unwrap_or(&source)))
    }

    /// What is wrong with the two folders.
    fn check_places(&self) -> Result<()> {
        let source = &self.source;
        match std::fs::metadata(source) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                return Err(Error::new(Code::NotAnInput, "expected a folder of logs, found a file")
                    .in_file(source)
                    .help("logflow convert converts a single file"));
            }
            Err(error) => return Err(Error::io(Code::InputMissing, source, &error)),
        }
        let whole = |path: &Path| {
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            // What is not there yet is made below what is.
            let there = absolute.ancestors().find_map(|it| Some((it, it.canonicalize().ok()?)));
            match there {
                Some((above, real)) => real.join(absolute.strip_prefix(above).unwrap_or(Path::new(""))),
                None => absolute,
            }
        };
        let (from, to) = (whole(source), whole(&self.root));
        if from.starts_with(&to) {
            let what = "the destination is the folder of the sources, or contains it";
            return Err(Error::new(Code::InputIsOutput, what)
                .in_file(&self.root)
                .help("give a destination of its own; it may lie within the folder of the sources"));
        }
        if let Some(report) = &self.report {
            let place = whole(report);
            let is_beside = place.parent() == Some(to.as_path()) && !is_parquet(&place.to_string_lossy());
            if place.starts_with(&from) && !place.starts_with(&to) || place.starts_with(&to) && !is_beside {
                let what = "the report could take the place of a source or an output";
                return Err(Error::new(Code::Usage, what).in_file(report).help(
                    "put it outside of both folders, or right into the destination as .json or .html",
                ));
            }
        }
        match std::fs::symlink_metadata(&self.root) {
            Ok(found) if !found.is_dir() && !self.root.is_dir() => {
                Err(Error::new(Code::OutputWrite, "expected a folder, found a file").in_file(&self.root))
            }
            _ => Ok(()),
        }
    }

    /// Whether the run may go on with what the journals tell, or begin beside them.
    fn check_journals(&self, journals: &[ReadJournal]) -> Result<()> {
        let refuse = |what: String, help: &str, journal: &ReadJournal| {
            Err(Error::new(Code::Migration, what).in_file(&journal.path).help(help))
        };
        for journal in journals {
            let Some(run) = journal.runs.last() else { continue };
            if run.bag != self.is_bag {
                let what = match run.bag {
                    true => "the destination is a bag",
                    false => "the destination is not a bag",
                };
                return refuse(
                    what.to_owned(),
                    "give ⟦bag⟧ as the earlier run did, or another destination",
                    journal,
                );
            }
            if run.source != self.source_name() && !self.is_moved {
                let what = format!("the sources of the earlier run were in {}", run.source);
                let help = "give another destination, or ⟦moved⟧ if the same sources have another path now";
                return refuse(what, help, journal);
            }
            if run.options != self.options_hash {
                let what = "the options differ from those of the earlier run, and outputs would not be alike";
                return refuse(what.to_owned(), "give the same options, or another destination", journal);
            }
        }
        if self.resume {
            return Ok(());
        }
        let is_other = |it: &&ReadJournal| {
            let shard = it.shard.unwrap_or(Shard::WHOLE);
            shard == self.shard || shard.count != self.shard.count
        };
        match journals.iter().find(is_other) {
            Some(journal) => refuse(
                "a migration to this destination has begun".to_owned(),
                "give ⟦resume⟧ to go on with it, or another destination",
                journal,
            ),
            None => Ok(()),
        }
    }

    /// Where the journal of the run lies.
    pub fn journal_path(&self) -> PathBuf {
        self.root.join(super::journal::FOLDER).join(file_name(self.shard))
    }
}

/// A path below a folder, as text.
fn within(path: &Path, folder: &Path) -> Option<String> {
    let whole = |path: &Path| {
        let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        parent.canonicalize().ok().map(|it| it.join(path.file_name().unwrap_or_default()))
    };
    let path = whole(path)?;
    path.strip_prefix(folder.canonicalize().ok()?).ok()?.to_str().map(str::to_owned)
}

/// The line about a source that failed.
fn failed_entry(
    name: &str,
    bytes: u64,
    modified: i64,
    error: &Error,
    spelling: crate::options::Spelling,
) -> FailedEntry {
    let error = error.clone().spelled(spelling);
    let mut what = error.what().to_owned();
    let place = error.position().map(|it| {
        let mut place = it.clone();
        place.file = None;
        place
    });
    if let Some(place) = place.filter(|it| *it != crate::error::Position::default()) {
        let place = place.to_string();
        what.push_str(&format!(" ({})", place.trim_start_matches("<stdin>, ")));
    }
    FailedEntry {
        source: name.to_owned(),
        bytes,
        modified,
        code: error.code().number().to_owned(),
        what,
        help: error.help_text().map(str::to_owned),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at: machine::now(),
    }
}

/// What the threads of a migration share.
struct Work<'w> {
    migration: &'w Migration,
    maker: &'w OutputMaker<'w>,
    journal: &'w Journal,
    pool: &'w Pool,
    observer: &'w Observer,
    progress: &'w MigrationProgress,
    ends: AtomicBool,
    ended_by: Mutex<Option<Error>>,
}

impl Work<'_> {
    /// Deals with all sources, the missing ones first, and of these the largest.
    fn all(&self, mut sources: Vec<PlannedSource>) -> Result<Vec<SourceOutcome>> {
        self.progress.begin(sources.len() as u64, sources.iter().map(|it| it.bytes).sum());
        let is_proof = |it: &PlannedSource| matches!(it.task, SourceTask::Prove);
        sources.sort_by_cached_key(|it| (is_proof(it), std::cmp::Reverse(it.bytes), it.name.clone()));
        each(self.pool.most(), sources, |turn, source| {
            let is_packed = without_compression(&source.path) != source.path;
            let need = self.pool.need(source.bytes, is_packed);
            let part = self.observer.part();
            let outcome = self.pool.run(turn, need, || {
                if self.ends.load(Ordering::Relaxed) || self.observer.stopped() {
                    return Ok(Outcome::Unfinished);
                }
                let mut options = self.migration.options.clone();
                options.run = self.pool.options(need);
                self.progress.start(&part, source.bytes);
                let outcome = self.one(&source, &options, &part);
                let has_failed = matches!(outcome, Ok(Outcome::Failed(_)));
                self.progress.end(source.bytes, &part, has_failed);
                outcome
            });
            // Without its journal a migration can't go on.
            let outcome = outcome.inspect_err(|error| self.end(error))?;
            Ok(SourceOutcome { source: source.name, bytes: source.bytes, outcome })
        })
    }

    /// The run ends for this reason; what was begun is still brought to its end.
    fn end(&self, error: &Error) {
        self.ends.store(true, Ordering::Relaxed);
        self.ended_by.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.clone());
    }

    /// Deals with one source. Errors are about the journal alone.
    fn one(&self, source: &PlannedSource, options: &Options, part: &Observer) -> Result<Outcome> {
        let made = match &source.task {
            SourceTask::StaysFailed(failed) => {
                self.journal.append(&[Entry::Failed((**failed).clone())])?;
                if self.migration.fail_fast {
                    self.end(&Error::new(Code::Migration, format!("{} failed before", source.name)));
                }
                return Ok(Outcome::Failed(failed.clone()));
            }
            SourceTask::Refused(error) => Err(error.clone()),
            SourceTask::Prove => match (self.maker.is_proven(source, part), &source.before) {
                (Ok(true), Some(before)) => return self.proven(before),
                (Err(error), _) => Err(error),
                (Ok(_), _) => self.convert(source, options, part)?,
            },
            SourceTask::Convert => self.convert(source, options, part)?,
        };
        let error = match made {
            Ok(done) => {
                self.journal.append(&[Entry::Done(Box::new(done.clone()))])?;
                return Ok(Outcome::Converted(Box::new(done)));
            }
            Err(error) => error,
        };
        if error.code() == Code::Interrupted || self.observer.stopped() {
            return Ok(Outcome::Unfinished);
        }
        let is_over = self.migration.fail_fast || is_full(&error);
        if is_full(&error) {
            self.end(&error);
            return Ok(Outcome::Unfinished);
        }
        let failed = failed_entry(
            &source.name,
            source.bytes,
            source.modified,
            &error,
            self.migration.options.spelling,
        );
        self.journal.append(&[Entry::Failed(failed.clone())])?;
        if is_over {
            self.end(&error);
        }
        Ok(Outcome::Failed(Box::new(failed)))
    }

    /// Notes an output that is proven in the journal of this run, which may be another than that which made it.
    fn proven(&self, before: &DoneEntry) -> Result<Outcome> {
        self.journal.append(&[Entry::Done(Box::new(before.clone()))])?;
        Ok(Outcome::Proven(Box::new(before.clone())))
    }

    fn convert(
        &self,
        source: &PlannedSource,
        options: &Options,
        part: &Observer,
    ) -> Result<Result<DoneEntry>> {
        self.journal.append(&[Entry::Started(StartedEntry { source: source.name.clone() })])?;
        // What goes wrong in one source is no reason to give up the others.
        let made = guarded(ShardId(0), || self.maker.make(source, options, part));
        Ok(made.map_err(|(_, error)| error))
    }
}

/// Whether an error says that no further output can be written: the disk is full, over quota or read-only.
fn is_full(error: &Error) -> bool {
    let numbers = [libc::ENOSPC, libc::EDQUOT, libc::EROFS];
    error.code() == Code::OutputWrite
        && numbers.iter().any(|it| error.what().contains(&format!("(os error {it})")))
}
