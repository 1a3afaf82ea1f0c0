//! Writes a log in one of the forms: where the events come from, which of them are damaged, what is counted.
//! The forms tell how an event looks.

use std::io::Write;

use super::batch::Batch;
use super::dirty::Dirt;
use super::log::{Event, Log};
use super::options::GenerateOptions;
use super::planted::PlantedLog;
use super::rng::Rng;
use super::truth::Truth;
use super::{Result, Summary};

/// How a log looks in a format. Text is appended to a buffer.
pub(super) trait Form {
    /// The kinds of damage of the format.
    type Damage: Copy + 'static;
    /// All of them.
    const DAMAGES: &'static [Self::Damage];

    /// Appends what comes before all events.
    fn begin(&mut self, text: &mut Vec<u8>);
    /// Appends what comes between the event before and this one.
    fn lead(&mut self, _text: &mut Vec<u8>, _event: &Event<'_>) {}
    /// Appends an event.
    fn event(&mut self, text: &mut Vec<u8>, event: &Event<'_>);
    /// Damages the event that `text` ends with, from `start` on.
    fn spoil(text: &mut Vec<u8>, start: usize, damage: Self::Damage, rng: &mut Rng);
    /// Appends what comes after all events.
    fn end(&mut self, _text: &mut Vec<u8>) {}
}

/// Writes a log in a form.
pub(super) fn write<F: Form>(mut form: F, options: &GenerateOptions, out: &mut dyn Write) -> Result<Summary> {
    if !options.plants.is_empty() {
        return write_with_truth(form, options, out).map(|(summary, _)| summary);
    }
    let mut log = Log::new(options)?;
    let mut dirt = Dirt::new(options.dirty, options.seed);
    let mut batch = Batch::new(out);
    let mut summary = Summary { cases: options.checked_cases()?, ..Summary::default() };
    form.begin(&mut batch.text);
    while let Some(event) = log.next_event() {
        form.lead(&mut batch.text, &event);
        let start = batch.text.len();
        form.event(&mut batch.text, &event);
        if let Some(damage) = dirt.draw(F::DAMAGES) {
            F::spoil(&mut batch.text, start, damage, &mut dirt.rng);
            summary.damaged += 1;
        }
        summary.events += 1;
        batch.drain_if_full()?;
    }
    form.end(&mut batch.text);
    summary.bytes = batch.finish()?;
    Ok(summary)
}

/// Writes a log in a form with what is planted in it, and tells what it holds.
pub(super) fn write_with_truth<F: Form>(
    mut form: F,
    options: &GenerateOptions,
    out: &mut dyn Write,
) -> Result<(Summary, Truth)> {
    if options.dirty > 0.0 {
        let what = "the truth about a log with damaged events is not known";
        return Err(super::Error::Options(what.to_owned()));
    }
    let mut log = PlantedLog::new(options)?;
    let mut batch = Batch::new(out);
    let mut summary = Summary::default();
    form.begin(&mut batch.text);
    while let Some(event) = log.next_event() {
        form.lead(&mut batch.text, &event);
        form.event(&mut batch.text, &event);
        summary.events += 1;
        batch.drain_if_full()?;
    }
    form.end(&mut batch.text);
    summary.bytes = batch.finish()?;
    summary.cases = log.truth.cases();
    Ok((summary, log.truth))
}
