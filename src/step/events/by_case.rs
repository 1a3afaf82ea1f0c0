//! A decision on each row of a batch that depends on its case alone.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};

use crate::error::Result;

/// For each row whether its case stays, and how many rows have no case; these do not stay. `stays` is asked once for
/// each text of a dictionary that a row has, and once for rows of one case that stand together.
///
/// # Errors
/// What `stays` fails with.
pub(crate) fn by_case(
    column: &ArrayRef,
    mut stays: impl FnMut(&[u8]) -> Result<bool>,
) -> Result<(BooleanArray, u64)> {
    let mut without_case = 0;
    let mut kept = Vec::with_capacity(column.len());
    if let Some(keyed) = column.as_dictionary_opt::<Int32Type>()
        && let Some(words) = keyed.values().as_string_opt::<i32>()
    {
        // Words that no row has are not looked at.
        let mut known: Vec<Option<bool>> = vec![None; words.len()];
        for key in keyed.keys() {
            let key = key.and_then(|key| usize::try_from(key).ok()).filter(|key| words.is_valid(*key));
            kept.push(match key {
                None => {
                    without_case += 1;
                    false
                }
                Some(key) => match known[key] {
                    Some(stays) => stays,
                    None => *known[key].insert(stays(words.value(key).as_bytes())?),
                },
            });
        }
        return Ok((kept.into(), without_case));
    }
    let texts = cast(column, &DataType::Utf8)?;
    let texts: &StringArray = texts.as_string();
    let mut last: Option<(&str, bool)> = None;
    for case in texts {
        kept.push(match (case, last) {
            (None, _) => {
                without_case += 1;
                false
            }
            (Some(case), Some((before, stays))) if case == before => stays,
            (Some(case), _) => {
                let stays = stays(case.as_bytes())?;
                last = Some((case, stays));
                stays
            }
        });
    }
    Ok((kept.into(), without_case))
}
