//! One pass over no more than the beginning of inputs of text: what a look at a log needs.
//!
//! Text that comes from front to back stays at hand, so that a pipe of which only the beginning was read can
//! still be read by others, from its first byte.

use super::outlet::Sorted;
use super::reading::{Ended, OnePass, Passed};
use crate::error::Result;
use crate::options::Options;
use crate::shard::beginning::{BeginningPart, run_beginning};
use crate::shard::column_map::ColumnMap;
use crate::shard::merge::{PartDone, PassDone, join_steps};
use crate::source::input::{Opened, Ready, named};
use crate::text::TextSlice;

/// Reads the records that lie within the first `most` bytes of the inputs, counted over all of them. An input
/// whose first record is longer is read up to the end of this record.
///
/// # Errors
/// What is wrong with a record or the target.
pub(super) fn read_beginnings(
    inputs: &mut [Ready],
    maps: &[ColumnMap],
    options: &Options,
    most: u64,
    one: &mut OnePass<'_, '_>,
) -> std::result::Result<Passed, Ended> {
    let mut passed = Passed::default();
    let mut left = usize::try_from(most).unwrap_or(usize::MAX);
    for index in 0..inputs.len() {
        let columns = inputs[index].names.len();
        if left == 0 {
            passed.parts.push(PartDone::new(columns));
            passed.is_partial = true;
            continue;
        }
        let mut ended = None;
        let done = read_beginning(inputs, &maps[index], (index, left), options, one, &mut ended);
        let (done, read, is_whole) = match (done, ended) {
            (Ok(done), _) => done,
            (Err(error), None) => return Err(error.into()),
            (Err(error), Some(parts)) => {
                passed.parts.extend(parts);
                let rest = inputs[passed.parts.len()..].iter();
                passed.parts.extend(rest.map(|input| PartDone::new(input.names.len())));
                return Err(Ended::Bad(error, passed.parts));
            }
        };
        left = if is_whole { left.saturating_sub(read) } else { 0 };
        passed.is_partial |= !is_whole;
        passed.parts.extend(done.parts);
        passed.timings.add(&done.timings);
        join_steps(&mut passed.steps, done.steps)?;
        if passed.failed.is_none() {
            passed.failed = done.failed;
        }
        passed.references = Some(done.references);
    }
    Ok(passed)
}

/// Reads the first `most` bytes of one input; tells how many bytes that were, and whether they are all.
fn read_beginning(
    inputs: &mut [Ready],
    map: &ColumnMap,
    (index, mut most): (usize, usize),
    options: &Options,
    one: &mut OnePass<'_, '_>,
    ended: &mut Option<Vec<PartDone>>,
) -> Result<(PassDone, usize, bool)> {
    let record_limit = usize::try_from(options.read.max_record).unwrap_or(usize::MAX);
    if let Some(source) = inputs[index].unparked()? {
        inputs[index].source = source;
    }
    inputs[index].is_beginning = true;
    loop {
        let Ready { source, input, .. } = &mut inputs[index];
        while source.head().len() < most && source.read_on(most).map_err(|error| named(error, input))? {}
        let inputs = &*inputs;
        let input = &inputs[index];
        let head = input.source.head();
        let is_whole = input.source.is_whole() && head.len() <= most;
        let text = TextSlice { bytes: &head[..head.len().min(most)], base: 0, last: is_whole };
        let OnePass { pass, rows, bad_rows, .. } = &mut *one;
        let mut outlet = Sorted {
            inputs,
            first_part: index,
            rows,
            bad_rows,
            places: None,
            refused: false,
            ended: &mut *ended,
        };
        let part = BeginningPart { format: &input.format, map, record_limit };
        let done = run_beginning(pass, &part, text, &mut outlet);
        if let Opened::Mapped(file) = &input.source {
            file.check(0..text.bytes.len())?;
        }
        match done.map_err(|error| named(error, &input.input))? {
            Some(done) => return Ok((done, text.bytes.len(), is_whole)),
            None => most = most.saturating_mul(2),
        }
    }
}
