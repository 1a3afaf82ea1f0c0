//! One input with the tables of an object-centric log: OCEL in JSON, XML or SQLite.

use std::sync::Arc;

use serde_json::Value;

use crate::convert::event_log::carried;
use crate::convert::idle;
use crate::convert::reading::{Ended, OnePass, Passed, Reading};
use crate::convert::text_pass::TextPass;
use crate::encode::layout::ColumnLayout;
use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::model::ocel::OcelContent;
use crate::model::references::{Findings, MOST};
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::options::{OnBadRow, Options};
use crate::plan::bundle::Plan;
use crate::report::{InputDigest, Report, input_report};
use crate::shard::merge::PartDone;
use crate::source::input::{Opened, Ready};
use crate::source::sqlite::Database;
use crate::step::{Chain, Steps};
use crate::target::manifest::manifest;
use crate::text::TextSlice;
use crate::text::any::AnyFormat;
use crate::text::ocel::Ocel;
use crate::validate::checked;

/// Passes beyond the first at most: one for declarations that were not known, one for types of columns.
const RESTARTS: u64 = 2;

/// An object-centric log and the plan of its tables.
pub(super) struct ObjectLog<'r> {
    /// The only input; none while it is opened again.
    inputs: Vec<Ready>,
    /// The database that the input is, if it is one.
    database: Option<Database>,
    plan: Plan,
    options: &'r Options,
    steps: &'r Steps,
    /// The beginning of an input that comes from front to back, and whether it is all.
    beginning: Option<(Vec<u8>, bool)>,
}

impl<'r> ObjectLog<'r> {
    /// Opens the input and plans its tables.
    pub fn open(input: &Input, options: &'r Options, steps: &'r Steps, observer: &Observer) -> Result<Self> {
        let mut input = opened(input, options, observer)?;
        let mut plan = Plan::of_sample(&input, log_of(&input)?);
        plan.bind(steps)?;
        let database = input.database.take();
        Ok(Self { inputs: vec![input], database, plan, options, steps, beginning: None })
    }

    /// The only input, as a list of one.
    pub fn inputs(&self) -> &[Ready] {
        &self.inputs
    }

    fn input(&self) -> Result<&Ready> {
        self.inputs.first().ok_or_else(|| Error::new(Code::Internal, "the input is not open"))
    }

    /// Reports what a conversion would do, from a sample alone.
    pub fn preview(&self) -> Result<Report> {
        let input = self.input()?;
        let part = PartDone::new(input.names.len());
        let mut report = report_of(input, &self.plan, &part, InputDigest::default());
        // Only the whole log shows which types are declared and not used.
        report.warnings = input.warnings.iter().map(|it| it.clone().in_input(&input.input)).collect();
        report.warnings.extend(idle::warnings([input.format.name()], &self.options.explicit));
        report.input_bytes = input.size();
        report.inputs[0].bytes = input.size();
        report.columns = self.plan.columns(input, &part.tallies);
        report.show_examples(input.examples()?);
        Ok(report)
    }
}

impl Reading for ObjectLog<'_> {
    fn chains(&self) -> Arc<[Chain]> {
        Arc::clone(&self.plan.chains)
    }

    fn layouts(&self) -> Vec<Vec<(String, ColumnLayout)>> {
        (0..self.plan.shape.tables()).map(|table| self.plan.layouts(table)).collect()
    }

    fn gathers(&self) -> bool {
        true
    }

    fn most_restarts(&self) -> u64 {
        RESTARTS
    }

    fn has_final_types(&self) -> bool {
        self.plan.is_final
    }

    fn read(&mut self, one: &mut OnePass<'_, '_>) -> std::result::Result<Passed, Ended> {
        let maps = self.inputs.iter().map(|input| self.plan.map(input, self.options)).collect();
        let database = self.database.as_ref();
        TextPass { inputs: &mut self.inputs, maps, database, options: self.options }.read(one)
    }

    fn learn(&mut self, passed: &mut Passed) -> Result<bool> {
        let Some(input) = self.inputs.pop() else {
            return Err(Error::new(Code::Internal, "the input is not open"));
        };
        let part = &mut passed.parts[0];
        let before = log_of(&input)?.clone();
        let (input, next) = match before.relearned(&part.learned) {
            Some(after) => {
                let after = AnyFormat::Ocel(after);
                part.tallies = carried(&input.format, &after, part);
                let input = input.again(Some(after), self.options)?;
                let after = log_of(&input)?;
                let next = match after.declared == before.declared {
                    true => Plan::of_values(&input, after, &part.tallies),
                    // Values were read as what they look like, and now there is a word for what they are.
                    false => Plan::of_sample(&input, after),
                };
                (input, Some(next))
            }
            None => {
                let next = Plan::of_values(&input, &before, &part.tallies);
                match passed.widened || !next.reads_as(&self.plan) {
                    true => (input.again(None, self.options)?, Some(next)),
                    false => (input, None),
                }
            }
        };
        self.inputs.push(input);
        let Some(mut next) = next else { return Ok(false) };
        next.bind(self.steps)?;
        self.plan = next;
        Ok(true)
    }

    fn bind_again(&mut self) -> Result<()> {
        self.plan.bind(self.steps)
    }

    fn begin_again(&mut self) -> Result<()> {
        let options = self.options;
        let inputs = std::mem::take(&mut self.inputs).into_iter();
        self.inputs = inputs.map(|input| input.again(None, options)).collect::<Result<_>>()?;
        Ok(())
    }

    fn refused(&mut self) -> Option<Error> {
        self.plan.refused.take()
    }

    fn report(&self, passed: &Passed, sources: &[InputDigest]) -> Report {
        let Some(input) = self.inputs.first() else { return Report::default() };
        let source = sources.first().copied().unwrap_or_default();
        let mut report = report_of(input, &self.plan, &passed.parts[0], source);
        report.warnings.extend(idle::warnings([input.format.name()], &self.options.explicit));
        note_references(&mut report, passed.found);
        report
    }

    fn metadata(&self, _: &Report) -> Vec<Vec<(String, String)>> {
        (0..self.plan.shape.tables()).map(|table| self.plan.metadata(table)).collect()
    }

    fn manifest(&self, report: &Report, passed: &Passed) -> Result<Option<Value>> {
        Ok(Some(manifest(&self.plan, report, log_of(self.input()?)?, &passed.parts[0])))
    }

    fn unchanged(&self) -> Result<()> {
        self.inputs.iter().try_for_each(Ready::unchanged)
    }

    fn before_survey(&mut self) -> Result<()> {
        let source = &self.input()?.source;
        self.beginning = match source {
            Opened::Stream(_, head) => Some((head.clone(), source.is_whole())),
            Opened::Mapped(_) | Opened::Taken | Opened::Parked(..) => None,
        };
        Ok(())
    }

    fn after_survey(&self, report: &mut Report, passed: &Passed) -> Result<()> {
        let input = self.input()?;
        report.columns = self.plan.columns(input, &passed.parts[0].tallies);
        report.show_examples(match &self.beginning {
            Some((bytes, last)) => input.examples_in(TextSlice { bytes, base: 0, last: *last })?,
            None => input.examples()?,
        });
        Ok(())
    }
}

/// Opens a log. If the log must conform to its standard, it is checked first.
fn opened(input: &Input, options: &Options, observer: &Observer) -> Result<Ready> {
    let mut ready = Ready::open(input, options, observer)?;
    // A document type that is refused takes the declarations with it, as one bad record up to the first that
    // is none: who wants bad records aside wants what stands behind it.
    if let (AnyFormat::Ocel(log), OnBadRow::Reject(_)) = (&mut ready.format, options.table.on_bad_row) {
        *log = log.clone().past_doctype();
    }
    if options.read.strict { checked(ready, options, observer) } else { Ok(ready) }
}

/// An error for what can be asked of a table and not of a folder of them.
pub(super) fn refuse_options(options: &Options) -> Result<()> {
    let asked = [
        (!options.table.declared.is_empty(), "⟦schema⟧"),
        (!options.table.select.is_empty(), "⟦select⟧"),
        (!options.table.exclude.is_empty(), "⟦exclude⟧"),
        (options.table.condition.is_some(), "⟦where⟧"),
        (options.table.values.all_text, "⟦all-text⟧"),
        (options.write.tables, "⟦tables⟧"),
    ];
    match asked.iter().find(|(asked, _)| *asked) {
        Some((_, flag)) => Err(Error::new(Code::Usage, format!("{flag} is not for object-centric logs"))
            .help("leave it out; the log declares the types of its tables")),
        None => Ok(()),
    }
}

/// The warning with the name of the only input, which it is about.
fn in_only(report: &Report, warning: Warning) -> Warning {
    report.inputs.iter().fold(warning, |warning, input| warning.in_input(&input.name))
}

/// Puts what is double or leads nowhere in the report.
fn note_references(report: &mut Report, found: Option<Findings>) {
    match found {
        Some(found) => {
            let odd = |what| in_only(report, Warning::new(WarningCode::References, what));
            let found: Vec<Warning> = found.sentences().map(odd).collect();
            report.warnings.extend(found);
        }
        None => {
            let what = format!(
                "identifiers of one stretch of the log are over {MOST}: not looked at for doubles and for references that lead nowhere"
            );
            let warning = in_only(report, Warning::new(WarningCode::References, what));
            report.warnings.push(warning);
        }
    }
    report.references = found;
}

/// The log that an input is.
fn log_of(input: &Ready) -> Result<&Ocel> {
    match &input.format {
        AnyFormat::Ocel(ocel) => Ok(ocel),
        other => Err(Error::new(
            Code::UnknownFormat,
            format!("expected an object-centric log, found {}", other.name()),
        )
        .in_file(input.path().unwrap_or("<stdin>".as_ref()))
        .help("end -o with a file name, such as log.parquet")),
    }
}

/// The report of a run, before its tables are finished.
fn report_of(input: &Ready, plan: &Plan, part: &PartDone, source: InputDigest) -> Report {
    let mut report = Report {
        records: part.records,
        bad_rows: part.bad,
        filtered_rows: part.filtered,
        input_bytes: source.bytes,
        ..Report::default()
    };
    let found = input.warnings.iter().cloned().chain(input.format.warnings(&part.learned));
    report.warnings.extend(found.map(|warning| warning.in_input(&input.input)));
    report.warnings.extend(plan.warnings(&part.tallies).into_iter().map(|it| it.in_input(&input.input)));
    report.rows = (0..plan.shape.tables())
        .filter(|table| matches!(plan.shape.holds(*table), OcelContent::Events(_) | OcelContent::Objects(_)))
        .map(|table| part.table_rows.get(table).copied().unwrap_or_default())
        .sum();
    let mut shown = input_report(input, part, source);
    shown.rows = report.rows;
    report.inputs.push(shown);
    report
}
