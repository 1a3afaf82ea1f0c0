//! Settings to filters, in the order in which they are done: first filters of whole cases, then those that cut cases,
//! then those that choose rows one by one.

use std::sync::Arc;

use serde_json::Value;

use super::decide::{CaseFilter, CaseTest};
use super::step::{CaseFilterStep, RowTest};
use super::values::{
    ActivityPair, ActivityPath, CutPlace, DurationRange, Rework, Share, SizeRange, TimeMode, TimeRange,
};
use crate::error::{Code, Error, Result};
use crate::model::condition::Condition;
use crate::options::forms::{ByText, ByWord, ConditionsForm, EachText, Maybe, NamesForm, Same};
use crate::options::keys::keys;
use crate::options::{Options, nearest};
use crate::step::Step;
use crate::step::registry::{self, StepSettings};

/// Which cases are written, and which of their rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CaseFilterSettings {
    /// A range of times to which cases or events are held.
    pub time_range: Option<TimeRange>,
    /// What the range of times chooses.
    pub time_mode: TimeMode,
    /// First activities.
    pub start_activity: Vec<String>,
    /// Activities of which a case ends with one.
    pub end_activity: Vec<String>,
    /// Activities of which a case has one.
    pub with_activity: Vec<String>,
    /// What is true of a row of the case.
    pub cases_where: Option<Condition>,
    /// How many events a case has.
    pub case_size: Option<SizeRange>,
    /// From the first event to the last.
    pub duration: Option<DurationRange>,
    /// Variants by their activities.
    pub variant: Vec<ActivityPath>,
    /// So many of the most frequent variants.
    pub top_variants: Option<Count>,
    /// Variants with this share of the cases each.
    pub variant_share: Option<Share>,
    /// Variants with this share of the cases together.
    pub variant_coverage: Option<Share>,
    /// Pairs that follow each other directly.
    pub follows: Vec<ActivityPath>,
    /// Activities that follow each other sooner or later.
    pub eventually_follows: Vec<ActivityPath>,
    /// Activities that occur so many times.
    pub rework: Vec<Rework>,
    /// Activities done by different resources.
    pub four_eyes: Option<ActivityPair>,
    /// An activity done by different resources.
    pub different_resources: Option<String>,
    /// Rows from one activity to another.
    pub between: Option<ActivityPath>,
    /// Rows before an activity.
    pub prefix_until: Option<String>,
    /// Rows behind an activity.
    pub suffix_from: Option<String>,
    /// Where these two cut.
    pub cut_at: CutPlace,
    /// Rows with one of these activities.
    pub only_activity: Vec<String>,
    /// Filters that are negated.
    pub negate: Vec<String>,
}

keys! {
    CaseFilterSettings, "settings of the step filter" {
        "time_range": Maybe<ByText> = time_range,
        "time_mode": ByWord = time_mode,
        "start_activity": NamesForm = start_activity,
        "end_activity": NamesForm = end_activity,
        "with_activity": NamesForm = with_activity,
        "cases_where": ConditionsForm = cases_where,
        "case_size": Maybe<ByText> = case_size,
        "duration": Maybe<ByText> = duration,
        "variant": EachText = variant,
        "top_variants": Maybe<ByText> = top_variants,
        "variant_share": Maybe<ByText> = variant_share,
        "variant_coverage": Maybe<ByText> = variant_coverage,
        "follows": EachText = follows,
        "eventually_follows": EachText = eventually_follows,
        "rework": EachText = rework,
        "four_eyes": Maybe<ByText> = four_eyes,
        "different_resources": Maybe<Same> = different_resources,
        "between": Maybe<ByText> = between,
        "prefix_until": Maybe<Same> = prefix_until,
        "suffix_from": Maybe<Same> = suffix_from,
        "cut_at": ByWord = cut_at,
        "only_activity": NamesForm = only_activity,
        "negate": NamesForm = negate,
    }
}

/// A number of at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub u64);

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Count {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        count(text)
    }
}

/// A number of at least 1.
///
/// # Errors
/// [`Code::Usage`] for anything else.
pub(super) fn count(text: &str) -> Result<Count> {
    let number = text.parse::<u64>().ok().filter(|number| *number > 0);
    let what = || format!("expected a whole number of at least 1, found {text:?}");
    number.map(Count).ok_or_else(|| Error::new(Code::Usage, what()))
}

/// Names of filters, which can be negated.
const NAMES: [&str; 20] = [
    "time-range",
    "start-activity",
    "end-activity",
    "with-activity",
    "cases-where",
    "case-size",
    "duration",
    "variant",
    "top-variants",
    "variant-share",
    "variant-coverage",
    "follows",
    "eventually-follows",
    "rework",
    "four-eyes",
    "different-resources",
    "between",
    "prefix-until",
    "suffix-from",
    "only-activity",
];

impl CaseFilterSettings {
    fn is_negated(&self, name: &str) -> bool {
        self.negate.iter().any(|it| it == "all" || it.replace('_', "-") == name)
    }

    /// The filters of cases.
    fn cases(&self) -> Result<Vec<CaseFilter>> {
        let mut tests = Vec::new();
        if let Some(range) = self.time_range.as_ref().filter(|_| self.time_mode != TimeMode::Events) {
            tests.push(("time-range", CaseTest::Time(self.time_mode, range.clone())));
        }
        let named = [
            ("start-activity", CaseTest::StartsWith(self.start_activity.clone())),
            ("end-activity", CaseTest::EndsWith(self.end_activity.clone())),
            ("with-activity", CaseTest::Has(self.with_activity.clone())),
        ];
        let given = [&self.start_activity, &self.end_activity, &self.with_activity];
        tests.extend(
            named.into_iter().zip(given).filter(|(_, given)| !given.is_empty()).map(|(test, _)| test),
        );
        if self.cases_where.is_some() {
            tests.push(("cases-where", CaseTest::Marked));
        }
        if let Some(size) = &self.case_size {
            tests.push(("case-size", CaseTest::Size(size.low, size.high)));
        }
        if let Some(duration) = &self.duration {
            tests.push(("duration", CaseTest::Duration(duration.low, duration.high)));
        }
        if !self.variant.is_empty() {
            let variants = self.variant.iter().map(|path| path.0.clone()).collect();
            tests.push(("variant", CaseTest::Variants(variants)));
        }
        if let Some(Count(most)) = self.top_variants {
            tests.push(("top-variants", CaseTest::TopVariants(most)));
        }
        if let Some(share) = self.variant_share {
            tests.push(("variant-share", CaseTest::ShareOfVariant(share)));
        }
        if let Some(share) = self.variant_coverage {
            tests.push(("variant-coverage", CaseTest::Coverage(share)));
        }
        let pair = |path: &ActivityPath| path.pair().map(|(from, to)| (from.to_owned(), to.to_owned()));
        if !self.follows.is_empty() {
            let pairs = self.follows.iter().map(pair).collect::<Result<_>>()?;
            tests.push(("follows", CaseTest::Follows(pairs)));
        }
        if !self.eventually_follows.is_empty() {
            let paths = self.eventually_follows.iter().map(|path| path.0.clone()).collect();
            tests.push(("eventually-follows", CaseTest::Eventually(paths)));
        }
        if !self.rework.is_empty() {
            let all = self.rework.iter().map(|it| (it.activity.clone(), it.least)).collect();
            tests.push(("rework", CaseTest::Rework(all)));
        }
        if let Some(ActivityPair(first, second)) = &self.four_eyes {
            tests.push(("four-eyes", CaseTest::FourEyes(first.clone(), second.clone())));
        }
        if let Some(activity) = &self.different_resources {
            tests.push(("different-resources", CaseTest::DifferentResources(activity.clone())));
        }
        if let Some((from, to)) = self.between.as_ref().map(pair).transpose()? {
            tests.push(("between", CaseTest::Between(from, to)));
        }
        if let Some(activity) = &self.prefix_until {
            tests.push(("prefix-until", CaseTest::Prefix(activity.clone(), self.cut_at)));
        }
        if let Some(activity) = &self.suffix_from {
            tests.push(("suffix-from", CaseTest::Suffix(activity.clone(), self.cut_at)));
        }
        let filter = |(name, test)| CaseFilter { name, test, negated: self.is_negated(name) };
        Ok(tests.into_iter().map(filter).collect())
    }

    /// The filters that choose rows one by one.
    fn rows(&self) -> Vec<RowTest> {
        let mut tests = Vec::new();
        if let Some(range) = self.time_range.as_ref().filter(|_| self.time_mode == TimeMode::Events) {
            tests.push(RowTest::time(range.clone(), self.is_negated("time-range")));
        }
        if !self.only_activity.is_empty() {
            tests.push(RowTest::activities(&self.only_activity, self.is_negated("only-activity")));
        }
        tests
    }
}

impl StepSettings for CaseFilterSettings {
    fn to_json(&self) -> Result<Value> {
        registry::written(self)
    }

    fn columns(&self) -> Vec<String> {
        self.cases_where.iter().flat_map(Condition::columns).map(str::to_owned).collect()
    }

    fn hidden(&self, hide: &dyn Fn(&str) -> String) -> Option<Arc<dyn StepSettings>> {
        let condition = self.cases_where.clone()?;
        let shown = hide(condition.text());
        Some(Arc::new(Self { cases_where: Some(condition.shown_as(&shown)), ..self.clone() }))
    }

    fn check(&self) -> Result<()> {
        let filters = self.cases()?;
        let rows = self.rows();
        if self.time_mode != TimeMode::default() && self.time_range.is_none() {
            return Err(Error::new(Code::Usage, "⟦time-mode⟧ is about ⟦time-range⟧, which is not given"));
        }
        if self.cut_at != CutPlace::default() && self.prefix_until.is_none() && self.suffix_from.is_none() {
            return Err(Error::new(
                Code::Usage,
                "⟦cut-at⟧ is about ⟦prefix-until⟧ and ⟦suffix-from⟧, of which none is given",
            ));
        }
        if filters.is_empty() && rows.is_empty() {
            return Err(Error::new(Code::Usage, "expected a filter, found none")
                .help(format!("the filters are {}", NAMES.join(", "))));
        }
        let given = || filters.iter().map(|it| it.name).chain(rows.iter().map(RowTest::name));
        for name in self.negate.iter().filter(|name| *name != "all") {
            let plain = name.replace('_', "-");
            if !NAMES.contains(&plain.as_str()) {
                let help = match nearest(&plain, NAMES.into_iter()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("the filters are {}", NAMES.join(", ")),
                };
                let what = format!("⟦negate⟧: there is no filter {name:?}");
                return Err(Error::new(Code::Usage, what).help(help));
            }
            if !given().any(|it| it == plain) {
                return Err(Error::new(Code::Usage, format!("⟦negate⟧: the filter {plain} is not given"))
                    .help("give the filter, or leave it out here"));
            }
        }
        Ok(())
    }

    fn make(&self, options: &Options) -> Result<Arc<dyn Step>> {
        self.check()?;
        let zone = options.table.values.zone.clone();
        let filters = self.cases()?;
        Ok(Arc::new(CaseFilterStep::new(
            filters,
            self.rows(),
            self.cases_where.clone(),
            zone,
            options.run.clone(),
        )))
    }
}
