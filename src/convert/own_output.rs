//! Refuses an output that would take the place of one of the inputs.

use std::path::Path;

use crate::convert::outlet::rejects_path;
use crate::error::{Code, Error, Result};
use crate::source::input::Ready;
use crate::target::{OutputPlace, cases};

/// An input that would be replaced by its own output is refused.
pub(super) fn refuse_own_output(inputs: &[Ready], target: &OutputPlace) -> Result<()> {
    refuse_own_output_of(inputs.iter().filter_map(|it| Some((it.identity()?, it.path()))), target)
}

/// The same for inputs of which these are the files.
pub(super) fn refuse_own_output_of<'i>(
    inputs: impl Iterator<Item = (crate::mmap::Identity, Option<&'i Path>)> + Clone,
    target: &OutputPlace,
) -> Result<()> {
    for place in [target.path.clone(), rejects_path(&target.path), cases::cases_path(&target.path)] {
        let Ok(found) = std::fs::metadata(&place) else { continue };
        let found = crate::mmap::Identity::of(&found);
        if let Some((_, path)) = inputs.clone().find(|(identity, _)| identity.same_file(&found)) {
            return Err(Error::new(Code::InputIsOutput, format!("{} would be replaced", place.display()))
                .in_file(path.unwrap_or(&place))
                .help("write to another file"));
        }
    }
    Ok(())
}
