//! The settings of case filters: their keys in files, their flags, and what help says of them.

use std::str::FromStr;

use super::values::{
    ActivityPair, ActivityPath, CutPlace, DurationRange, Rework, Share, SizeRange, TimeMode, TimeRange,
};
use crate::error::{Error, Result};
use crate::model::condition::Condition;
use crate::options::{Choice, parse_names};
use crate::step::registry::{Repeated, StepField, StepFlag};

fn reads<T: FromStr<Err = Error>>(text: &str) -> Result<()> {
    text.parse::<T>().map(|_| ())
}

fn names(text: &str) -> Result<()> {
    parse_names(text).map(|_| ())
}

/// A setting with a flag among those about rows.
const fn field(
    key: &'static str,
    doc: &'static str,
    check: fn(&str) -> Result<()>,
    flag: (&'static str, &'static str, Repeated),
) -> StepField {
    StepField {
        key,
        doc,
        required: false,
        words: &[],
        check,
        flag: Some(StepFlag {
            long: flag.0,
            alias: None,
            value_name: flag.1,
            heading: "Cases and their rows",
            default: None,
            repeated: flag.2,
            is_about_columns: false,
        }),
    }
}

/// A setting that is one of a few words.
const fn choice(
    key: &'static str,
    doc: &'static str,
    check: fn(&str) -> Result<()>,
    flag: (&'static str, &'static str, &'static str),
    words: &'static [&'static str],
) -> StepField {
    let plain = field(key, doc, check, (flag.0, flag.1, Repeated::Last));
    let flag = StepFlag {
        long: flag.0,
        alias: None,
        value_name: flag.1,
        heading: "Cases and their rows",
        default: Some(flag.2),
        repeated: Repeated::Last,
        is_about_columns: false,
    };
    StepField { key, doc, required: plain.required, words, check, flag: Some(flag) }
}

/// All settings, in the order in which the filters are done.
pub(super) const FIELDS: &[StepField] = &[
    field(
        "time_range",
        "Cases within a range of times, both ends included, such as 2024-01..2024-03, 2024-05-01.. or 2024",
        reads::<TimeRange>,
        ("time-range", "FROM..TO", Repeated::Last),
    ),
    choice(
        "time_mode",
        "What the range of times chooses: cases of which all events are in the range (contained), cases that overlap it \
         (intersecting), cases whose first event is in it (starting-in) or whose last is (completing-in), or the events \
         in it (events)",
        |text| TimeMode::from_word(text).map(|_| ()),
        ("time-mode", "MODE", "contained"),
        &["contained", "intersecting", "starting-in", "completing-in", "events"],
    ),
    field(
        "start_activity",
        "Cases whose first activity is one of these",
        names,
        ("start-activity", "ACTIVITY,...", Repeated::Names),
    ),
    field(
        "end_activity",
        "Cases whose last activity is one of these",
        names,
        ("end-activity", "ACTIVITY,...", Repeated::Names),
    ),
    field(
        "with_activity",
        "Cases that have one of these activities",
        names,
        ("with-activity", "ACTIVITY,...", Repeated::Names),
    ),
    field(
        "cases_where",
        "Cases with at least one row for which the condition is true, as for rows by themselves",
        reads::<Condition>,
        ("cases-where", "CONDITION", Repeated::Each),
    ),
    field(
        "case_size",
        "Cases with so many events, such as 2..10, 3.. or 5",
        reads::<SizeRange>,
        ("case-size", "N..M", Repeated::Last),
    ),
    field(
        "duration",
        "Cases that take so long from their first to their last event, such as 1d.., ..2h30m or 1w..3w; a number alone \
         counts seconds",
        reads::<DurationRange>,
        ("duration", "FROM..TO", Repeated::Last),
    ),
    field(
        "variant",
        "Cases whose activities are exactly these in this order, such as \"Register > Check > Pay\"; if repeated, one of \
         the variants",
        reads::<ActivityPath>,
        ("variant", "A>B>...", Repeated::Each),
    ),
    field(
        "top_variants",
        "Cases of the K most frequent variants",
        |text| super::settings::count(text).map(|_| ()),
        ("top-variants", "K", Repeated::Last),
    ),
    field(
        "variant_share",
        "Cases of variants that each have at least this share of the cases",
        reads::<Share>,
        ("variant-share", "P%", Repeated::Last),
    ),
    field(
        "variant_coverage",
        "Cases of the most frequent variants that together have at least this share of the cases",
        reads::<Share>,
        ("variant-coverage", "P%", Repeated::Last),
    ),
    field(
        "follows",
        "Cases in which B directly follows A; if repeated, one of the pairs",
        |text| text.parse::<ActivityPath>()?.pair().map(|_| ()),
        ("follows", "A>B", Repeated::Each),
    ),
    field(
        "eventually_follows",
        "Cases in which B follows A sooner or later, and C follows B, and so on; if repeated, one of the paths",
        reads::<ActivityPath>,
        ("eventually-follows", "A>B...", Repeated::Each),
    ),
    field(
        "rework",
        "Cases in which an activity occurs at least N times, twice without a number; if repeated, one of the activities",
        reads::<Rework>,
        ("rework", "ACTIVITY[:N]", Repeated::Each),
    ),
    field(
        "four_eyes",
        "Cases in which two activities are done by different resources; negated: in which one resource does both",
        reads::<ActivityPair>,
        ("four-eyes", "A,B", Repeated::Last),
    ),
    field(
        "different_resources",
        "Cases in which different resources do this activity",
        |_| Ok(()),
        ("different-resources", "ACTIVITY", Repeated::Last),
    ),
    field(
        "between",
        "Of each case the rows from A to the next B behind it, both included",
        |text| text.parse::<ActivityPath>()?.pair().map(|_| ()),
        ("between", "A>B", Repeated::Last),
    ),
    field(
        "prefix_until",
        "Of each case the rows before this activity",
        |_| Ok(()),
        ("prefix-until", "ACTIVITY", Repeated::Last),
    ),
    field(
        "suffix_from",
        "Of each case the rows behind this activity",
        |_| Ok(()),
        ("suffix-from", "ACTIVITY", Repeated::Last),
    ),
    choice(
        "cut_at",
        "Where the rows before or behind an activity end or begin: at the first or the last event with the activity, without \
         that event or with it (first-inclusive, last-inclusive)",
        |text| CutPlace::from_word(text).map(|_| ()),
        ("cut-at", "PLACE", "first"),
        &["first", "last", "first-inclusive", "last-inclusive"],
    ),
    field(
        "only_activity",
        "Of each case the rows with one of these activities",
        names,
        ("only-activity", "ACTIVITY,...", Repeated::Names),
    ),
    field(
        "negate",
        "Filters that keep what they would remove, and remove what they would keep, such as time-range; or all",
        names,
        ("negate", "FILTER,...", Repeated::Names),
    ),
];
