//! The report of an event log, and the metadata of its file.

use arrow::datatypes::{DataType, TimeUnit};
use serde_json::json;

use super::idle;
use crate::model::catalog::TableColumn;
use crate::model::shape::NESTED;
use crate::model::time_format::TimeFormat;
use crate::model::warning::{Warning, WarningCode};
use crate::options::Options;
use crate::plan::table::{Column, Table};
use crate::plan::{doubts, nearly_typed, unread_times};
use crate::report::{
    ColumnReport, InputDigest, Report, StepReport, columns_metadata, input_report, roles_metadata,
    source_metadata, steps_metadata,
};
use crate::shard::merge::PartDone;
use crate::source::columns::type_name;
use crate::source::input::Ready;
use crate::step::ChainDone;

/// Version of the object under the key `logflow` in a file's metadata.
pub(super) const METADATA_VERSION: u32 = 1;

/// Everything from which the report of an event log is made.
pub(super) struct EventReport<'e> {
    /// The opened inputs, in the order of their rows.
    pub inputs: &'e [Ready],
    /// Inputs, among several, that have no records.
    pub empty: &'e [Warning],
    /// The table that they make.
    pub table: &'e Table,
    /// Options of the run.
    pub options: &'e Options,
    /// Result of the last pass for each input.
    pub parts: &'e [PartDone],
    /// Results of the steps, if rows passed steps.
    pub steps: Option<&'e ChainDone>,
}

impl EventReport<'_> {
    /// Figures and warnings. `sources`: the checksums of the inputs.
    pub fn make(&self, sources: &[InputDigest]) -> Report {
        let Self { inputs, empty, table, options, parts, steps } = self;
        let mut report = Report::default();
        for (index, (input, part)) in inputs.iter().zip(*parts).enumerate() {
            let source = sources.get(index).copied().unwrap_or_default();
            report.records += part.records;
            report.rows += part.rows;
            report.filtered_rows += part.filtered;
            report.bad_rows += part.bad;
            report.input_bytes += source.bytes;
            let found = input.warnings.iter().cloned().chain(input.format.warnings(&part.learned));
            report.warnings.extend(found.map(|warning| warning.in_input(&input.input)));
            report.inputs.push(input_report(input, part, source));
        }
        let formats = inputs.iter().map(|input| input.format.name());
        report.warnings.extend(idle::warnings(formats, &options.explicit));
        report.warnings.extend(empty.iter().cloned());
        report.warnings.extend(table.put_aside());
        report.warnings.extend(table.missing_roles(options.table.naming));
        report.warnings.extend(nearly_typed::warnings(table, inputs, parts, &options.table.roles));
        for column in &table.columns {
            let tally = table.tally(column, inputs, parts);
            report.warnings.extend(doubts::warning(column));
            if tally.leap_seconds > 0 {
                let what = format!(
                    "column {:?}: {} leap second(s) were set to the last microsecond of their minute",
                    column.source_name, tally.leap_seconds
                );
                let warning = Warning::new(WarningCode::LeapSeconds, what).counted(tally.leap_seconds);
                report.warnings.push(warning.in_column(&column.source_name));
            }
        }
        for (at, (written, source)) in table.written().enumerate() {
            let nulls = steps.and_then(|steps| steps.nulls.get(at)).copied();
            report.columns.push(match source {
                Some(column) => self.column_report(written, column, nulls),
                None => computed_column(written, nulls),
            });
        }
        report.steps = steps.map(StepReport::of).unwrap_or_default();
        unread_times::warn(&mut report.warnings, table, inputs, &options.table.roles);
        table.advise_on_roles(&mut report.warnings, &options.table.roles);
        report
    }

    fn column_report(&self, written: &TableColumn, column: &Column, nulls: Option<u64>) -> ColumnReport {
        let tally = self.table.tally(column, self.inputs, self.parts);
        let own = column.column_type.name();
        let millis = match written.field.data_type() {
            millis @ DataType::Timestamp(TimeUnit::Millisecond, _) => Some(type_name(millis)),
            _ => None,
        };
        let described = match column.nested() {
            Some(nested) => nested.to_string(),
            None => column.column_type.described().into_owned(),
        };
        ColumnReport {
            name: written.name().to_owned(),
            source_name: column.source_name.clone(),
            // What stands behind the type is how the values are written.
            written: match (&millis, described.strip_prefix(own)) {
                (Some(millis), Some(rest)) => format!("{millis}{rest}"),
                _ => described,
            },
            column_type: millis.unwrap_or_else(|| column.nested().map_or(own, |_| NESTED).to_owned()),
            role: written.roles.first().map(|role| role.name()),
            declared: column.declared,
            formats: column.format.as_ref().map(TimeFormat::words).unwrap_or_default(),
            examples: Vec::new(),
            nulls: nulls.unwrap_or(tally.nulls + tally.null_words),
            null_words: tally.null_words,
            without_zone: tally.without_zone,
        }
    }
}

/// What stands in the file's metadata: a function of the inputs and the options, with no trace of how the run
/// went.
pub(super) fn metadata(table: &Table, options: &Options, report: &Report) -> Vec<(String, String)> {
    let roles = roles_metadata(table.output());
    let columns = columns_metadata(&report.columns);
    let sources: Vec<_> = report.inputs.iter().map(source_metadata).collect();
    let mut value = json!({
        "metadata_version": METADATA_VERSION,
        "logflow_version": env!("CARGO_PKG_VERSION"),
        "sources": sources,
        "roles": roles,
        "columns": columns,
        "records": report.records,
        "rows": report.rows,
        "rejected_rows": report.bad_rows,
    });
    let steps = steps_metadata(&report.steps);
    if !steps.is_empty() {
        value["filtered_rows"] = report.filtered_rows.into();
        value["steps"] = steps.into();
    }
    if let Some(condition) = &options.table.condition {
        value["where"] = condition.shown().into();
    }
    vec![("logflow".to_owned(), value.to_string())]
}

/// The report of a column that a step computed.
fn computed_column(written: &TableColumn, nulls: Option<u64>) -> ColumnReport {
    ColumnReport {
        name: written.name().to_owned(),
        source_name: written.name().to_owned(),
        column_type: type_name(written.field.data_type()),
        written: "computed by a step".to_owned(),
        role: written.roles.first().map(|role| role.name()),
        nulls: nulls.unwrap_or_default(),
        ..ColumnReport::default()
    }
}

/// The warning that cases without events were left out, if there were any.
pub(super) fn cases_left_out(count: usize, hides_values: bool) -> Option<Warning> {
    let why = if hides_values { "values are to stay secret" } else { "rows are chosen by ⟦where⟧" };
    let what = format!("{count} cases without events are left out, because {why}");
    (count > 0).then(|| Warning::new(WarningCode::CasesLeftOut, what).counted(count as u64))
}
