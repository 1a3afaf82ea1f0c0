//! What a person says of outputs beside their names.

use crate::encode::output::Replace;
use crate::jobs::beside::Beside;
use crate::target::ocel::BundleLayout;

/// What the user says of outputs beside their names.
#[derive(Debug, Clone)]
pub struct OutputChoice {
    /// The object type of which a classic log is made.
    pub flatten: Option<String>,
    /// The layout of the tables of an object-centric log, if it is that of another program.
    pub layout: Option<BundleLayout>,
    /// Whether outputs that are there may be replaced.
    pub replace: Replace,
    /// Steps of the run's own, and its report.
    pub beside: Beside,
}
