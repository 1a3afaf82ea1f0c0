//! Labels that say nothing.

use super::{About, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::inspect::words::{Meaning, meaning};
use crate::report::Report;

/// Makes the check `incomplete-labels` of a log.
pub struct IncompleteLabels;

static ABOUT: About = About {
    id: "incomplete-labels",
    title: "Label that says nothing",
    anchors: &["DaQAPO detect_missing_values"],
    dimension: Dimension::Completeness,
    severity: Severity::Error,
    weight: 2,
    unit: "events",
    meaning: "The activity is empty, has only blanks or signs, or is a word such as N/A.",
    formula: "affected: events with such a label; applicable: events with a label",
    help: "leave such rows out with ⟦where⟧ \"ACTIVITY != ''\", or ask the source for the labels",
    needs: &[Need::Activity],
};

impl Check for IncompleteLabels {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let says_nothing =
            |text: &str| meaning(text) != Meaning::Value || !text.chars().any(char::is_alphanumeric);
        let found = (0..).zip(&facts.labels.all).filter(|(_, it)| says_nothing(&it.text));
        let found = found.map(|(number, it)| (number, format!("label {:?}", it.text)));
        Verdict::of_labels(facts, found.collect())
    }
}
