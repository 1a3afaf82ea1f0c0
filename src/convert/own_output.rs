//! Refuses an output that would take the place of one of the inputs.

use std::path::{Path, PathBuf};

use crate::convert::rejects::rejects_path;
use crate::error::{Code, Error, Result};
use crate::mmap::Identity;

/// An input that would be replaced by its own output is refused. `paths`: what the target writes, the output
/// itself first.
pub(super) fn refuse_own_output<'i>(
    inputs: impl Iterator<Item = (Identity, Option<&'i Path>)> + Clone,
    paths: &[PathBuf],
) -> Result<()> {
    let rejects = paths.first().map(|output| rejects_path(output));
    let (output, others) = paths.split_at(paths.len().min(1));
    for place in output.iter().chain(&rejects).chain(others) {
        let Ok(found) = std::fs::metadata(place) else { continue };
        let found = Identity::of(&found);
        if let Some((_, path)) = inputs.clone().find(|(identity, _)| identity.same_file(&found)) {
            return Err(Error::new(Code::InputIsOutput, format!("{} would be replaced", place.display()))
                .in_file(path.unwrap_or(place))
                .help("write to another file"));
        }
    }
    Ok(())
}
