//! Records that could not be read.

use super::{About, Check, Dimension, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `rejected-rows` of a log.
pub struct RejectedRows;

static ABOUT: About = About {
    id: "rejected-rows",
    title: "Record that cannot be read",
    anchors: &["Fischer et al. 2020: syntactic accuracy"],
    dimension: Dimension::Conformity,
    severity: Severity::Error,
    weight: 3,
    unit: "records",
    meaning: "A record is malformed: another number of fields, an unclosed quote, text in the wrong encoding.",
    formula: "affected: malformed records; applicable: records",
    help: "write them to a file with logflow convert ⟦on-bad-row⟧ reject, and look at it",
    needs: &[],
};

impl Check for RejectedRows {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, _: &Facts, _: &Tally, report: &Report) -> Verdict {
        Verdict::of(Tally { affected: report.bad_rows, applicable: report.records, ..Tally::default() })
    }
}
