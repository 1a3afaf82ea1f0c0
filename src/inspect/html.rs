//! The result of an inspection as one page of HTML.

use super::result::Inspection;
use crate::options::Spelling;
use crate::report::Report;

impl Inspection {
    /// The page.
    pub fn to_html(&self, report: &Report, spelling: Spelling) -> String {
        let _ = (report, spelling);
        String::new()
    }
}
