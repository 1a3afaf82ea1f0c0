//! Inputs that make one table of events: CSV, XES, JSON.

use std::collections::HashMap;
use std::sync::Arc;

use super::event_report::{EventReport, cases_left_out, metadata};
use crate::convert::reading::{Ended, OnePass, Passed, Reading};
use crate::convert::text_pass::TextPass;
use crate::encode::builders::ColumnTally;
use crate::encode::layout::ColumnLayout;
use crate::error::{Error, Result};
use crate::mmap::Input;
use crate::model::kind::Kinds;
use crate::model::readings::Readings;
use crate::model::table::{LateColumn, Remark};
use crate::model::warning::Warning;
use crate::observer::Observer;
use crate::options::Options;
use crate::plan::table::Table;
use crate::report::{InputDigest, Report};
use crate::shard::column_map::ColumnMap;
use crate::shard::merge::PartDone;
use crate::source::input::{Opened, Ready, with_records};
use crate::source::look;
use crate::step::{Chain, Steps};
use crate::target::cases::Cases;
use crate::text::any::AnyFormat;

/// Inputs that may wait opened, of those that come from front to back. Each holds 256 KiB of text and what it
/// takes to unpack the rest.
const OPEN_STREAMS: usize = 8;

/// The inputs of an event log and the plan of its table.
pub(super) struct EventLog<'r> {
    /// The inputs, in order.
    pub inputs: Vec<Ready>,
    /// Warnings about inputs, among several, that have no records.
    pub empty: Vec<Warning>,
    /// The table of the next pass.
    pub table: Table,
    /// Options of the run.
    pub options: &'r Options,
    steps: &'r Steps,
    /// Values of each column, from the beginning of the inputs.
    examples: Vec<Vec<String>>,
}

impl<'r> EventLog<'r> {
    /// Opens the inputs and plans their table.
    pub fn open(
        inputs: &[Input],
        options: &'r Options,
        steps: &'r Steps,
        observer: &Observer,
    ) -> Result<Self> {
        let mut streams = 0;
        let open = |input: &Input| {
            let mut ready = Ready::open(input, options, observer)?;
            // It was none when it was asked what it is.
            if ready.format.is_object_centric() {
                return Err(look::not_a_table(input));
            }
            streams += usize::from(ready.is_stream());
            if streams > OPEN_STREAMS || inputs.len() > 1 && ready.holds_much() {
                ready.park();
            }
            Ok(ready)
        };
        let (inputs, empty) = with_records(inputs, open)?;
        let inputs = match options.read.strict {
            true => inputs.into_iter().map(|input| input.checked(options)).collect::<Result<_>>()?,
            false => inputs,
        };
        let table = Table::plan(&inputs, options, steps)?;
        Ok(Self { inputs, empty, table, options, steps, examples: Vec::new() })
    }

    /// Values to show for each column of the table, from the first input that has some.
    pub fn examples(&self) -> Result<Vec<Vec<String>>> {
        let found: Vec<Vec<Vec<String>>> = self.inputs.iter().map(Ready::examples).collect::<Result<_>>()?;
        let of = |name: &str| {
            let mut found = self.inputs.iter().zip(&found).filter_map(|(input, found)| {
                let index = input.column(name)?;
                Some(found[index].clone()).filter(|values| !values.is_empty())
            });
            found.next().unwrap_or_default()
        };
        let written = self.table.written();
        Ok(written.map(|(_, column)| column.map_or_else(Vec::new, |it| of(&it.source_name))).collect())
    }

    /// Reports what a conversion would do, from samples alone.
    pub fn preview(&self) -> Result<Report> {
        if let Some(error) = &self.table.refused {
            return Err(error.clone());
        }
        let parts = self.inputs.iter().map(|it| PartDone::new(it.names.len())).collect();
        let mut report = self.report(&Passed { parts, ..Passed::default() }, &[]);
        report.refuse_doubts(self.options.table.strict_types)?;
        report.input_bytes = self.inputs.iter().map(Ready::size).sum();
        for (shown, input) in report.inputs.iter_mut().zip(&self.inputs) {
            shown.bytes = input.size();
        }
        report.show_examples(self.examples()?);
        Ok(report)
    }

    /// Takes the inputs from their start again, those with other columns than before in these formats.
    fn again(&mut self, relearned: Vec<Option<AnyFormat>>) -> Result<()> {
        let options = self.options;
        let inputs = std::mem::take(&mut self.inputs).into_iter().zip(relearned);
        self.inputs = inputs.map(|(input, format)| input.again(format, options)).collect::<Result<_>>()?;
        Ok(())
    }
}

impl Reading for EventLog<'_> {
    fn chains(&self) -> Arc<[Chain]> {
        Arc::clone(&self.table.chains)
    }

    fn layouts(&self) -> Vec<Vec<(String, ColumnLayout)>> {
        vec![self.table.layouts()]
    }

    fn gathers(&self) -> bool {
        // What steps leave of a shard's rows may be too little for a row group. Rows that wait for others
        // would make row groups of more rows than are asked for.
        !self.table.chains[0].keeps_rows() && self.options.write.row_group.most_rows().is_none()
    }

    fn most_restarts(&self) -> u64 {
        1
    }

    fn has_final_types(&self) -> bool {
        self.table.is_final
    }

    fn read(&mut self, one: &mut OnePass<'_, '_>) -> std::result::Result<Passed, Ended> {
        let maps = (0..).zip(&self.inputs);
        let maps =
            maps.map(|(number, input)| ColumnMap { input: number, ..self.table.map(input, self.options) });
        let maps = maps.collect();
        TextPass { inputs: &mut self.inputs, maps, database: None, options: self.options }.read(one)
    }

    fn learn(&mut self, passed: &mut Passed) -> Result<bool> {
        let relearned = relearned(&self.inputs, &passed.parts);
        let found = relearned.iter().any(Option::is_some);
        for ((input, part), format) in self.inputs.iter().zip(&mut passed.parts).zip(&relearned) {
            if let Some(format) = format {
                part.tallies = carried(&input.format, format, part);
            }
        }
        if found {
            self.again(relearned)?;
            self.table = Table::plan_strictly(&self.inputs, self.options, self.steps)?;
        }
        let widened = passed.widened || found;
        let revised = self.table.revised(&self.inputs, &passed.parts, widened, self.options, self.steps)?;
        let Some(table) = revised else { return Ok(false) };
        self.table = table;
        if !found {
            self.begin_again()?;
        }
        Ok(true)
    }

    fn leaves_open(&self, parts: &[PartDone]) -> bool {
        self.table.leaves_open(&self.inputs, parts, self.options)
    }

    fn bind_again(&mut self) -> Result<()> {
        self.table.bind(self.options, self.steps)
    }

    fn is_piped(&self) -> bool {
        let is_pipe =
            |input: &Ready| matches!(&input.source, Opened::Stream(it, _) if it.raw_len().is_none());
        self.inputs.iter().any(is_pipe)
    }

    fn begin_again(&mut self) -> Result<()> {
        self.again(vec![None; self.inputs.len()])
    }

    /// Where rows were removed, cases without events are left out as well: it is no longer known between
    /// which rows they stood, and a case of which no event is left is written nowhere either. Nor are they
    /// written where values are to stay secret: no step has seen theirs.
    fn complete(&mut self, passed: &mut Passed) {
        let hides = self.options.hides_values;
        for (part, input) in
            passed.parts.iter_mut().zip(&mut self.inputs).filter(|(part, _)| hides || part.filtered > 0)
        {
            let before = part.learned.notes.len();
            part.learned.notes.retain(|note| !matches!(note.what, Remark::EmptyGroup(_)));
            let left_out = before - part.learned.notes.len();
            input.warnings.extend(cases_left_out(left_out, hides));
        }
    }

    fn report(&self, passed: &Passed, sources: &[InputDigest]) -> Report {
        EventReport {
            inputs: &self.inputs,
            empty: &self.empty,
            table: &self.table,
            options: self.options,
            parts: &passed.parts,
            steps: passed.steps.first(),
        }
        .make(sources)
    }

    fn metadata(&self, report: &Report) -> Vec<Vec<(String, String)>> {
        vec![metadata(&self.table, self.options, report)]
    }

    fn cases(&self, passed: &Passed) -> Result<Option<Cases>> {
        Cases::of(&self.inputs, &self.table, &passed.parts).map(Some)
    }

    fn unchanged(&self) -> Result<()> {
        self.inputs.iter().try_for_each(Ready::unchanged)
    }

    fn before_survey(&mut self) -> Result<()> {
        self.examples = self.examples()?;
        Ok(())
    }

    fn after_survey(&self, report: &mut Report, _: &Passed) -> Result<()> {
        report.show_examples(self.examples.clone());
        Ok(())
    }

    fn with_line(&self, error: Error) -> Error {
        self.inputs.iter().fold(error, |error, input| input.with_line(error))
    }
}

/// The formats with the columns that all inputs turned out to have, each by itself and beside the others;
/// `None` for one that has these already.
fn relearned(inputs: &[Ready], parts: &[PartDone]) -> Vec<Option<AnyFormat>> {
    let inputs = || inputs.iter().zip(parts);
    let mut relearned: Vec<Option<AnyFormat>> =
        inputs().map(|(input, part)| input.format.relearned(&part.learned, &part.kinds())).collect();
    if relearned.len() > 1 {
        let mut all: HashMap<Box<str>, Kinds> = HashMap::new();
        for ((input, part), format) in inputs().zip(&relearned) {
            let found = match format {
                Some(format) => format.kinds_by_key(&[]),
                None => input.format.kinds_by_key(&part.kinds()),
            };
            for (key, kinds) in found {
                all.entry(key).or_insert(Kinds::NONE).join(kinds);
            }
        }
        for ((input, _), format) in inputs().zip(&mut relearned) {
            if let Some(beside) = format.as_ref().unwrap_or(&input.format).reconciled_with(&all) {
                *format = Some(beside);
            }
        }
    }
    relearned
}

/// What is known of the values of an input's columns, in the order of the columns that it turned out to have.
pub(super) fn carried(before: &AnyFormat, after: &AnyFormat, part: &PartDone) -> Vec<ColumnTally> {
    let known: HashMap<Box<str>, usize> = before.column_ids().into_iter().zip(0..).collect();
    let late: HashMap<&str, &LateColumn> = part.learned.late.iter().map(|it| (&*it.id, it)).collect();
    let tally = |(id, own): (&str, Kinds)| {
        if let Some(index) = known.get(id) {
            return part.tallies[*index].clone();
        }
        let (readings, kinds) =
            late.get(id).map_or((Readings::of_kinds(own), own), |late| (late.readings, late.kinds));
        ColumnTally { readings, kinds, ..ColumnTally::default() }
    };
    after.column_ids().iter().map(AsRef::as_ref).zip(after.own_kinds()).map(tally).collect()
}
