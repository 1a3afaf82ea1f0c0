//! The passes of a run: rows go to the target until the types are those that all values have.
//!
//! ```text
//! target: begin                 tables and types as they are known
//! pass                          shards -> workers -> ordered merger -> target
//!     the values have other types?    once more, with these
//! report, target: finish        metadata, footers
//! inputs unchanged?  target: commit
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::budget::{Budget, Ration};
use crate::convert::gatherer::{GATHER, Gatherer, Job};
use crate::convert::outlet::{BadRows, Ordered, too_many};
use crate::convert::reading::{Ended, OnePass, Passed, Reading};
use crate::convert::rejects::Rejects;
use crate::convert::secrecy;
use crate::encode::gather;
use crate::encode::page_store::Spill;
use crate::encode::row_group::RowGroupFactory;
use crate::error::{Code, Error, Result};
use crate::model::warning::Warning;
use crate::observer::{Observer, Phase};
use crate::options::{BadRowLimit, OnBadRow, Options};
use crate::report::{InputDigest, Report, TimingsReport};
use crate::shard::columns::{Pass, PassOutput};
use crate::shard::crew::with_crew;
use crate::step::time_unit::InMillis;
use crate::step::{Chain, Steps, end_survey};
use crate::target::{Summary, Target, TargetTable, Wants};

/// Inputs that are opened and planned, and what the run may use.
pub(super) struct Run<'r> {
    /// The inputs and the plan of their tables.
    pub reading: Box<dyn Reading + 'r>,
    /// Options of the run.
    pub options: &'r Options,
    /// Steps of the run, which hide values if they are to stay secret.
    pub steps: &'r Steps,
    /// The view of the run from outside, which may stop it.
    pub observer: &'r Observer,
    /// Threads and memory.
    pub budget: Budget,
    /// The step that writes timestamps in milliseconds, if there is one.
    pub millis: Option<InMillis>,
    /// The number of bytes of text at the beginning of the inputs that are read; `None` for all.
    pub beginning: Option<u64>,
    /// When the run began.
    pub start: Instant,
    /// Time that opening the inputs and planning took.
    pub planned: Duration,
}

/// The last pass, and what all passes came to together.
struct Settled {
    passed: Passed,
    sources: Vec<InputDigest>,
    restarts: u64,
    reparses: u64,
    spilled: u64,
}

impl Run<'_> {
    /// Converts the inputs; the output appears at the end.
    pub fn convert(mut self, target: &mut dyn Target, rejects: Option<Rejects>) -> Result<Report> {
        let written = self.write(target, rejects);
        if written.is_err() {
            target.abandon();
        }
        written.map_err(|error| self.reading.with_line(error))
    }

    fn write(&mut self, target: &mut dyn Target, mut rejects: Option<Rejects>) -> Result<Report> {
        let mut settled = self.settle(target, rejects.as_mut())?;
        self.reading.complete(&mut settled.passed);
        self.check_share(&settled.passed)?;
        conclude(&mut settled.passed)?;
        let writing = Instant::now();
        let mut report = self.report(&settled)?;
        let passed = &settled.passed;
        let summary = Summary {
            metadata: self.metadata(&settled, &mut report),
            cases: if self.options.write.tables { self.reading.cases(passed)? } else { None },
            manifest: self.manifest(&mut report, passed)?,
            report: &mut report,
            options: self.options,
            observer: self.observer,
        };
        self.observer.enter(Phase::Finishing);
        let told = summary.report.warnings.len();
        target.finish(summary)?;
        if self.options.hides_values {
            let new = report.warnings.split_off(told);
            report.warnings.extend(new.into_iter().map(Warning::without_values));
        }
        self.tell(&report.warnings[told..])?;
        self.reading.unchanged()?;
        if let Some(rejects) = &mut rejects {
            rejects.sync()?;
        }
        self.observer.enter(Phase::Committing);
        target.commit(&mut report)?;
        // The rejects are on the disk by now; a rename is left.
        report.rejects = rejects.map(Rejects::commit).transpose()?.flatten();
        report.timings.write = (passed.written + writing.elapsed()).as_secs_f64();
        report.seconds = self.start.elapsed().as_secs_f64();
        Ok(report)
    }

    /// Reads all of the inputs and writes nothing: what they hold.
    pub fn survey(mut self) -> Result<Report> {
        self.reading.before_survey()?;
        let mut settled = self.settle(&mut Survey, None)?;
        self.reading.complete(&mut settled.passed);
        let mut report = self.report(&settled)?;
        self.reading.after_survey(&mut report, &settled.passed)?;
        self.reading.unchanged()?;
        report.seconds = self.start.elapsed().as_secs_f64();
        Ok(report)
    }

    /// Makes passes until the types are those that all values have.
    fn settle(&mut self, target: &mut dyn Target, mut rejects: Option<&mut Rejects>) -> Result<Settled> {
        let ration = Arc::new(Ration::new(self.budget.page_bytes()));
        let (mut restarts, mut reparses, mut sources) = (0, 0, None);
        let mut is_settled = self.reading.has_final_types();
        loop {
            let spill = Arc::new(Spill::new(Arc::clone(&ration), self.options.run.temp_dir.clone()));
            let chains = self.reading.chains();
            let tables = chains.iter().zip(self.reading.layouts());
            let tables: Vec<TargetTable<'_>> =
                tables.map(|(chain, layouts)| TargetTable { schema: &chain.output, layouts }).collect();
            let mut wants = target.begin(&tables, self.options, &spill)?;
            // A batch that was handed over can't be taken back, so all values are read before the first one
            // is.
            // Nor is a row written before the steps that hide its values are bound.
            let is_bare = self.options.hides_values && !chains.iter().any(Chain::is_confidential);
            let waits = (matches!(wants, Wants::Batches) || is_bare) && !is_settled;
            let survey = chains.iter().find_map(Chain::survey);
            // A pipe is cut into other shards once it waits in a file, so it is read to its end before places count.
            let drains = survey.is_some_and(|step| step.surveys_places()) && self.reading.is_piped();
            if survey.is_some() && !drains {
                wants = Wants::Findings;
            } else if waits || drains || is_bare {
                wants = Wants::Nothing;
            }
            let digest = sources.is_none() && self.beginning.is_none();
            let bad_rows =
                BadRows { policy: self.options.table.on_bad_row, rejects: rejects.as_deref_mut(), count: 0 };
            let mut broken = None;
            let mut passed = match self.pass(&chains, &wants, target, bad_rows, &spill, digest) {
                Err(Ended::Bad(error, parts)) if !is_settled && self.reading.leaves_open(&parts) => {
                    // The first bad row is that of all passes; the types of whole inputs say which.
                    broken = Some(error);
                    self.reading.begin_again()?;
                    let policy = OnBadRow::Reject(BadRowLimit::None);
                    let bad_rows = BadRows { policy, rejects: None, count: 0 };
                    self.pass(&chains, &Wants::Nothing, target, bad_rows, &spill, digest)?
                }
                passed => passed?,
            };
            reparses += passed.reparses;
            let sources = sources.get_or_insert_with(|| std::mem::take(&mut passed.sources));
            let mut again =
                !is_settled && restarts < self.reading.most_restarts() && self.reading.learn(&mut passed)?;
            if let Some(error) = broken.filter(|_| !again) {
                return Err(error);
            }
            if !again && survey.is_some() && passed.failed.is_none() {
                if !drains {
                    end_survey(&chains, &mut passed.steps, self.observer)?;
                    self.reading.bind_again()?;
                }
                self.reading.begin_again()?;
                (again, is_settled) = (true, true);
            } else if !again && waits {
                self.reading.begin_again()?;
                is_settled = true;
                again = true;
            }
            if let Some(millis) = &self.millis
                && !again
                && passed.failed.is_none()
                && millis.keep(&passed.steps)
            {
                self.reading.bind_again()?;
                self.reading.begin_again()?;
                (again, is_settled) = (true, true);
            }
            if again {
                restarts += 1;
                // Types that all values have are not learned again.
                is_settled |= self.reading.has_final_types() || restarts >= self.reading.most_restarts();
                if let Some(rejects) = &mut rejects {
                    rejects.restart();
                }
                continue;
            }
            if let Some(error) = self.reading.refused().or(passed.failed.take()) {
                return Err(error);
            }
            if is_bare {
                return Err(Error::new(
                    Code::Internal,
                    "the steps that hide values were not bound to any table",
                ));
            }
            if passed.widened {
                return Err(Error::new(Code::Internal, "a value did not fit the type that all values have"));
            }
            let sources = std::mem::take(sources);
            return Ok(Settled { passed, sources, restarts, reparses, spilled: spill.spilled() });
        }
    }

    /// Makes one pass over all inputs, in order.
    fn pass(
        &mut self,
        chains: &[Chain],
        wants: &Wants,
        target: &mut dyn Target,
        bad_rows: BadRows<'_>,
        spill: &Arc<Spill>,
        digest: bool,
    ) -> std::result::Result<Passed, Ended> {
        let factories: Vec<&RowGroupFactory> = match wants {
            Wants::RowGroups(factories) => factories.iter().collect(),
            Wants::Batches | Wants::Nothing | Wants::Findings => Vec::new(),
        };
        let output = match wants {
            Wants::RowGroups(_) => PassOutput::RowGroups(&factories),
            Wants::Batches => PassOutput::Batches,
            Wants::Nothing => PassOutput::Nothing,
            Wants::Findings => PassOutput::Findings,
        };
        let gathers = matches!(wants, Wants::RowGroups(_)) && self.reading.gathers();
        let widening = AtomicBool::new(false);
        let max_rows = self.options.write.row_group.most_rows();
        let pass = Pass {
            output,
            gather: if gathers { GATHER } else { 0 },
            chains,
            most_bad: match bad_rows.policy {
                OnBadRow::Fail => Some(0),
                OnBadRow::Reject(BadRowLimit::Rows(most)) => Some(most),
                OnBadRow::Reject(_) => None,
            },
            spill,
            max_rows: max_rows.or(self.reading.most_rows()),
            widening: &widening,
            observer: self.observer,
            hides_values: self.options.hides_values,
        };
        // About half of the work may be theirs, and each holds a few MiB. With one worker the merger does it.
        let hands = if gathers { self.budget.workers() / 2 } else { 0 };
        let encode = |(table, rows): Job| gather::encode(rows, factories[table]);
        with_crew(hands, encode, |crew| {
            let gatherer = gathers.then(|| Gatherer::new(factories.len(), crew, spill));
            let rows = Ordered { target, gatherer, widening: &widening, written: Duration::ZERO };
            let mut one = OnePass {
                pass: &pass,
                rows,
                bad_rows,
                digest,
                budget: &self.budget,
                beginning: self.beginning,
            };
            let mut passed = self.reading.read(&mut one)?;
            passed.widened = widening.load(Ordering::Relaxed);
            passed.bad = one.bad_rows.count;
            match passed.references.take() {
                // All identifiers are known by now, so relations are checked while the last rows are encoded.
                Some(references) if !passed.widened => {
                    let (found, finished) = std::thread::scope(|scope| {
                        let found = scope.spawn(|| references.findings());
                        let finished = one.rows.finish();
                        (found.join(), finished)
                    });
                    finished?;
                    let failed =
                        |_| Error::new(Code::Internal, "relations were not held against what the log has");
                    passed.found = found.map_err(failed).flatten()?;
                }
                _ => one.rows.finish()?,
            }
            passed.written = one.rows.written;
            Ok(passed)
        })
    }

    /// What stands beside the tables of an object-centric log.
    fn manifest(&self, report: &mut Report, passed: &Passed) -> Result<Option<serde_json::Value>> {
        let mut manifest = self.reading.manifest(report, passed)?;
        if let Some(value) = manifest.as_mut().filter(|_| self.options.hides_values) {
            let found = passed.steps.iter().flat_map(|done| &done.findings).flatten();
            let done = found.map(|finding| finding.to_json()).find(|value| !value.is_null());
            report.warnings.extend(secrecy::hide_in_manifest(value, done));
        }
        Ok(manifest)
    }

    /// What stands in the metadata of each table.
    fn metadata(&self, settled: &Settled, report: &mut Report) -> Vec<Vec<(String, String)>> {
        if !self.options.hides_values {
            return self.reading.metadata(report);
        }
        // Of the report as it was found: what is hidden in it twice would be another value.
        let found = self.reading.report(&settled.passed, &settled.sources);
        let mut metadata = self.reading.metadata(&found);
        let warnings = secrecy::hide_in_entries(&mut metadata, self.steps);
        let is_new = |it: &Warning| !report.warnings.iter().any(|known| known.code == it.code);
        let new: Vec<Warning> = warnings.into_iter().filter(is_new).collect();
        report.warnings.extend(new);
        metadata
    }

    fn report(&self, settled: &Settled) -> Result<Report> {
        let passed = &settled.passed;
        let mut report = self.reading.report(passed, &settled.sources);
        if self.options.hides_values {
            secrecy::hide(&mut report, self.steps);
        }
        report.warnings.extend(self.steps.0.iter().flat_map(|step| step.warnings()));
        let findings = passed.steps.iter().flat_map(|done| &done.findings).flatten();
        report.warnings.extend(findings.flat_map(|finding| finding.warnings()));
        self.tell(&report.warnings)?;
        report.refuse_doubts(self.options.table.strict_types)?;
        report.workers = self.budget.workers();
        report.restarts = settled.restarts;
        report.reparses = settled.reparses;
        report.spilled_bytes = settled.spilled;
        report.is_partial = passed.is_partial;
        report.timings = TimingsReport {
            plan: self.planned.as_secs_f64(),
            read: passed.timings.read.as_secs_f64(),
            cut: passed.timings.cut.as_secs_f64(),
            parse: passed.timings.parse.as_secs_f64(),
            encode: passed.timings.encode.as_secs_f64(),
            write: passed.written.as_secs_f64(),
        };
        Ok(report)
    }

    /// Tells the observer of warnings, upon which it may stop the run.
    fn tell(&self, warnings: &[Warning]) -> Result<()> {
        for warning in warnings {
            self.observer.warn(&warning.clone().spelled(self.options.spelling));
        }
        self.observer.check()
    }

    /// Whether no more was rejected than is allowed, now that all records are counted.
    fn check_share(&self, passed: &Passed) -> Result<()> {
        let records: u64 = passed.parts.iter().map(|part| part.records).sum();
        let OnBadRow::Reject(BadRowLimit::Percent(most)) = self.options.table.on_bad_row else {
            return Ok(());
        };
        if passed.bad as f64 * 100.0 <= most * records as f64 {
            return Ok(());
        }
        Err(too_many(format!("expected at most {most}%, found {} of {records}", passed.bad)))
    }
}

/// Works out what the steps found, once all rows were read.
fn conclude(passed: &mut Passed) -> Result<()> {
    let mut findings = passed.steps.iter_mut().flat_map(|done| &mut done.findings).flatten();
    findings.try_for_each(|finding| finding.conclude())
}

/// The target of a run that only looks.
struct Survey;

impl Target for Survey {
    fn takes_several_tables(&self) -> bool {
        true
    }

    fn begin(&mut self, _: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        Ok(Wants::Nothing)
    }

    fn finish(&mut self, _: Summary<'_>) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self, _: &mut Report) -> Result<()> {
        Ok(())
    }
}
