//! Where an output goes: a path, and whether what is there may be replaced.

use std::path::PathBuf;

use crate::encode::output::Replace;

/// Where an output goes.
#[derive(Debug, Clone)]
pub struct OutputPlace {
    /// The file, or the folder of a bundle.
    pub path: PathBuf,
    /// Whether one that is there may be replaced.
    pub replace: Replace,
}
