//! The checks: one file and one row of [`CHECKS`] each.
//!
//! ```text
//! Check      what there is to say about it, and what it looks at
//!   rows     -> RowCheck, which sees the rows of a shard as they come
//!   cases    -> CaseCheck, which sees every case with its events in order once all rows were read
//!   judge    -> Verdict, from what is known of the whole log
//! ```
//!
//! A verdict must follow from the rows alone, wherever the file was cut.

mod activity_frequency;
mod activity_order;
mod allowed_activities;
mod attribute_dependency;
mod broken_dependency;
mod case_id_gaps;
mod changing_case_attribute;
mod collateral_events;
mod conditional_activity;
mod default_timestamps;
mod distorted_label;
mod duplicate_rows;
mod duration_bounds;
mod elusive_case;
mod exact_ties;
mod file_order;
mod form_based_capture;
mod format_doubts;
mod future_timestamps;
mod homonymous_label;
mod inactive_period;
mod inadvertent_time_travel;
mod incomplete_labels;
mod missing_attributes;
mod missing_role_values;
mod missing_roles;
mod mixed_granularity;
mod multi_registration;
mod negative_durations;
mod outlier_durations;
mod polluted_label;
mod rejected_rows;
mod related_activities;
mod required_activities;
mod scattered_case;
mod scattered_event;
mod single_event_cases;
mod synonymous_labels;
mod unanchored_event;
mod value_range;
mod zero_durations;

use std::collections::HashSet;

use serde::Serialize;

use super::InspectOptions;
use super::events::CaseEvent;
use super::facts::Facts;
use super::rules::Rule;
use super::table::LogTable;
use super::tally::{Counter, Example, Tally};
use super::times::{Clock, Moments};
use crate::error::Result;
use crate::report::Report;

/// Every check, in the order of reports. Missing values are counted with the columns: `worker::MISSING` has their numbers.
pub static CHECKS: &[&dyn Check] = &[
    &missing_role_values::MissingRoleValues,
    &missing_attributes::MissingAttributes,
    &missing_roles::MissingRoles,
    &elusive_case::ElusiveCase,
    &incomplete_labels::IncompleteLabels,
    &duplicate_rows::DuplicateRows,
    &exact_ties::ExactTies,
    &negative_durations::NegativeDurations,
    &zero_durations::ZeroDurations,
    &outlier_durations::OutlierDurations,
    &future_timestamps::FutureTimestamps,
    &default_timestamps::DefaultTimestamps,
    &mixed_granularity::MixedGranularity,
    &unanchored_event::UnanchoredEvent,
    &inadvertent_time_travel::InadvertentTimeTravel,
    &form_based_capture::FormBasedCapture,
    &collateral_events::CollateralEvents,
    &changing_case_attribute::ChangingCaseAttribute,
    &broken_dependency::BrokenDependency,
    &inactive_period::InactivePeriod,
    &distorted_label::DistortedLabel,
    &polluted_label::PollutedLabel,
    &homonymous_label::HomonymousLabel,
    &activity_order::ActivityOrder,
    &activity_frequency::ActivityFrequency,
    &allowed_activities::AllowedActivities,
    &required_activities::RequiredActivities,
    &related_activities::RelatedActivities,
    &conditional_activity::ConditionalActivity,
    &value_range::ValueRange,
    &attribute_dependency::AttributeDependency,
    &duration_bounds::DurationBounds,
    &multi_registration::MultiRegistration,
    &rejected_rows::RejectedRows,
    &format_doubts::FormatDoubts,
    &file_order::FileOrder,
    &case_id_gaps::CaseIdGaps,
    &synonymous_labels::SynonymousLabels,
    &scattered_event::ScatteredEvent,
    &scattered_case::ScatteredCase,
    &single_event_cases::SingleEventCases,
];

/// The aspects of quality that data contracts tell apart (ODCS v3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    /// Values are what they should be.
    Accuracy,
    /// Nothing that is needed is missing.
    Completeness,
    /// Values are written as agreed.
    Conformity,
    /// Values do not contradict each other.
    Consistency,
    /// Everything that should be in the log is in it.
    Coverage,
    /// Values are from the time that they should be from.
    Timeliness,
    /// Nothing is there twice.
    Uniqueness,
}

impl Dimension {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Accuracy,
        Self::Completeness,
        Self::Conformity,
        Self::Consistency,
        Self::Coverage,
        Self::Timeliness,
        Self::Uniqueness,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Completeness => "completeness",
            Self::Conformity => "conformity",
            Self::Consistency => "consistency",
            Self::Coverage => "coverage",
            Self::Timeliness => "timeliness",
            Self::Uniqueness => "uniqueness",
        }
    }
}

/// How bad it is if a check finds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; it does not lower the score.
    Hint,
    /// Results may mislead.
    Warn,
    /// Results will be wrong.
    Error,
}

impl Severity {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A role that a check can't do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A case.
    Case,
    /// An activity.
    Activity,
    /// A time.
    Time,
    /// A start beside the time.
    Start,
}

impl Need {
    fn is_met(self, table: &LogTable) -> bool {
        let column = match self {
            Self::Case => table.case,
            Self::Activity => table.activity,
            Self::Time => table.time,
            Self::Start => table.start,
        };
        column.is_some()
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Activity => "activity",
            Self::Time => "timestamp",
            Self::Start => "start timestamp",
        }
    }
}

/// What there is to say about a check before it has seen a log.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Its name in files and scripts, which never changes.
    pub id: &'static str,
    /// Its name in reports.
    pub title: &'static str,
    /// What it stands for elsewhere: a function of DaQAPO, a pattern of Suriadi et al., a metric of Fischer et al.
    pub anchors: &'static [&'static str],
    /// The aspect of quality.
    pub dimension: Dimension,
    /// How bad a finding is.
    pub severity: Severity,
    /// Its weight within the dimension; 0 if it does not count.
    pub weight: u8,
    /// What is counted.
    pub unit: &'static str,
    /// What it finds, in a sentence.
    pub meaning: &'static str,
    /// What affected and applicable are.
    pub formula: &'static str,
    /// What to do about a finding. Names of options stand between marks.
    pub help: &'static str,
    /// Roles that it can't do without.
    pub needs: &'static [Need],
}

/// A check.
pub trait Check: Sync {
    /// What there is to say about it.
    fn about(&self) -> &'static About;

    /// A look at the rows of a shard; `None` if it needs none.
    fn rows(&self, table: &LogTable, options: &InspectOptions) -> Option<Box<dyn RowCheck>> {
        let _ = (table, options);
        None
    }

    /// A look at the cases; `None` if it needs none.
    fn cases(&self, facts: &Facts) -> Option<Box<dyn CaseCheck>> {
        let _ = facts;
        None
    }

    /// Affected rows that are known once all rows were read, where every one is asked for.
    fn rows_of(&self, facts: &Facts) -> Vec<u64> {
        let _ = facts;
        Vec::new()
    }

    /// The verdict on what is known of the whole log. Not asked if the check looks at cases.
    fn judge(&self, facts: &Facts, rows: &Tally, report: &Report) -> Verdict {
        let _ = (facts, report);
        Verdict::of(rows.clone())
    }
}

/// A check at work on the rows of one shard.
pub trait RowCheck: Send {
    /// Counts what the rows of a batch show.
    ///
    /// # Errors
    /// If a value can't be read.
    fn batch(&mut self, batch: &LogBatch<'_>, counter: &mut Counter<'_>) -> Result<()>;
}

/// A check at work on all cases.
pub trait CaseCheck {
    /// How often it must see the cases.
    fn passes(&self) -> usize {
        1
    }

    /// Looks at a case: the hash of its identifier, and its events by time. A case of more than
    /// [`PIECE`](super::events::PIECE) events comes in pieces.
    fn case(&mut self, pass: usize, case: u64, events: &[CaseEvent], counter: &mut Counter<'_>);

    /// Called behind each case: what waits may go to a file.
    ///
    /// # Errors
    /// If a temporary file can't be written.
    fn after_case(&mut self) -> Result<()> {
        Ok(())
    }

    /// All cases were seen in this pass.
    ///
    /// # Errors
    /// If a temporary file can't be read or written.
    fn end(&mut self, pass: usize, counter: &mut Counter<'_>) -> Result<()> {
        let _ = (pass, counter);
        Ok(())
    }

    /// The verdict, from what was counted.
    fn verdict(self: Box<Self>, facts: &Facts, tally: Tally) -> Verdict {
        let _ = facts;
        Verdict::of(tally)
    }
}

/// The rows of a batch as checks see them.
pub struct LogBatch<'b> {
    /// Their records, from 0 within the shard.
    pub records: &'b [u32],
    /// How many there are.
    pub rows: usize,
    /// The unit of moments.
    pub clock: Clock,
    /// Times.
    pub times: Option<&'b Moments>,
    /// Starts.
    pub starts: Option<&'b Moments>,
    /// Hashes of cases, 0 for none.
    pub cases: &'b [u64],
}

impl LogBatch<'_> {
    /// The record of a row, within the shard.
    pub fn row(&self, at: usize) -> u64 {
        self.records.get(at).copied().unwrap_or_default().into()
    }

    /// The case of a row.
    pub fn case(&self, at: usize) -> Option<u64> {
        self.cases.get(at).copied().filter(|it| *it != 0)
    }
}

/// What a check came to.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// Affected out of applicable.
    pub tally: Tally,
    /// Why it could not be assessed.
    pub not_assessed: Option<String>,
    /// Further facts, a line each.
    pub details: Vec<String>,
    /// Labels all of whose events are affected.
    pub labels: HashSet<u32>,
    /// How bad the finding is, if it is milder than such findings usually are.
    pub severity: Option<Severity>,
    /// Two standard errors of `affected`, as a share; 0 if it is exact.
    pub error: f64,
    /// What became of each rule, if the check takes rules.
    pub rules: Vec<RuleVerdict>,
}

/// What one rule came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RuleVerdict {
    /// The rule in a few words.
    pub rule: String,
    /// How many cases, events or rows break the rule.
    pub affected: u64,
    /// How many the rule is about.
    pub applicable: u64,
}

impl Verdict {
    /// The verdict of a tally.
    pub fn of(tally: Tally) -> Self {
        Self { tally, ..Self::default() }
    }

    /// The check does not apply to such a log, and why.
    pub fn not_assessed(why: impl Into<String>) -> Self {
        Self { not_assessed: Some(why.into()), ..Self::default() }
    }

    /// What rules came to, one after the other, with the examples of all of them in the order of the file.
    pub fn of_rules(tally: Tally, rules: Vec<RuleVerdict>) -> Self {
        let mut verdict = Self::of(tally);
        verdict.tally.examples.sort_by_key(|it| it.row);
        verdict.tally.affected = rules.iter().map(|it| it.affected).sum();
        verdict.tally.applicable = rules.iter().map(|it| it.applicable).sum();
        verdict.details =
            rules.iter().map(|it| format!("{}: {} of {}", it.rule, it.affected, it.applicable)).collect();
        verdict.rules = rules;
        verdict
    }

    /// Says which activities of rules no event has: a name may be misspelled.
    #[must_use]
    pub fn unknown_activities<'n>(mut self, facts: &Facts, names: impl Iterator<Item = &'n String>) -> Self {
        let mut unknown: Vec<&String> = names.filter(|name| label_of(facts, name).is_none()).collect();
        unknown.dedup();
        let lines = unknown.into_iter().map(|name| format!("no event has the activity {name:?} of a rule"));
        self.details.extend(lines);
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// All events of some labels are affected, out of all events with a label.
    pub fn of_labels(facts: &Facts, found: Vec<(u32, String)>) -> Self {
        let mut tally = Tally { applicable: facts.labels.events(), ..Tally::default() };
        let mut labels = HashSet::new();
        for (number, what) in found {
            if let Some(label) = facts.labels.all.get(number as usize)
                && labels.insert(number)
            {
                tally.affected += label.count;
                tally.example(Some(label.first_row), None, || what);
            }
        }
        Self { tally, labels, ..Self::default() }
    }
}

/// The first role that a check needs and the table lacks, as a reason.
pub fn lacks(about: &About, table: &LogTable) -> Option<String> {
    let lacking = about.needs.iter().find(|need| !need.is_met(table))?;
    Some(format!("no column has the role {}", lacking.name()))
}

/// The number of the label with a text.
pub fn label_of(facts: &Facts, text: &str) -> Option<u32> {
    facts.labels.all.iter().position(|it| &*it.text == text).map(|at| at as u32)
}

/// The number of the check with this id.
pub fn number_of(id: &str) -> u16 {
    CHECKS.iter().position(|it| it.about().id == id).unwrap_or_default() as u16
}

/// Why a check that takes rules has nothing to assess.
pub const NO_RULES: &str = "there are no rules for it";

/// The verdict of a check whose rules were counted row by row; `told` says a rule in a few words.
pub fn judge_rows(id: &str, facts: &Facts, told: impl Fn(&Rule) -> Option<String>) -> Verdict {
    let mut tally = Tally::default();
    let mut rules = Vec::new();
    let are_several = facts.options.rules.of_check(id).count() > 1;
    for (number, rule) in facts.options.rules.of_check(id) {
        let (Some(counted), Some(rule)) = (facts.rules.get(number), told(rule)) else { continue };
        let Tally { affected, applicable, examples } = &counted.tally;
        for it in examples {
            let mut it = it.clone();
            if are_several {
                it.what = format!("{} ({rule})", it.what);
            }
            tally.examples.push(it);
        }
        rules.push(RuleVerdict { rule, affected: *affected, applicable: *applicable });
    }
    if rules.is_empty() {
        return Verdict::not_assessed(NO_RULES);
    }
    tally.examples.sort_by_key(|it| it.row);
    tally.examples.truncate(super::tally::EXAMPLES);
    Verdict::of_rules(tally, rules)
}

/// An example without a row.
pub fn example(what: String) -> Example {
    Example { row: None, case: None, what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::worker::MISSING;

    #[test]
    fn every_check_has_its_own_id_and_a_chapter_in_its_page() {
        let page = include_str!("../../../docs/inspect.md");
        let mut ids: Vec<&str> = CHECKS.iter().map(|it| it.about().id).collect();
        for check in CHECKS {
            let about = check.about();
            assert!(page.contains(&format!("\n### {}\n", about.id)), "{} has no chapter", about.id);
            assert!(!about.anchors.is_empty() && !about.help.is_empty(), "{}", about.id);
            assert_eq!(about.weight == 0, about.severity == Severity::Hint, "{}", about.id);
        }
        assert_eq!(page.matches("\n### ").count(), ids.len());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CHECKS.len());
        let missing = MISSING.map(|it| CHECKS[it as usize].about().id);
        assert_eq!(missing, ["missing-role-values", "missing-attributes", "elusive-case"]);
    }
}
