//! Runs whose values are to stay secret: what reports and metadata say of the inputs, with values taken out.
//!
//! ```text
//! errors          Error::without_values     kind and place stay, what was found does not
//! warnings        Warning::without_values   the same
//! inputs          Step::hide_in_head        defaults are changed like values, descriptions are left out
//! metadata        conditions and findings of other steps are left out
//! rejected rows   neither kept nor written: place, code and column are
//! ```

use serde_json::{Value, json};

use crate::convert::event_report::cases_left_out;
use crate::model::warning::{Warning, WarningCode};
use crate::report::{InputReport, Report};
use crate::source::typed_input::LOGFLOW;
use crate::step::Steps;

/// Takes values out of a report before anybody sees it.
pub(super) fn hide(report: &mut Report, steps: &Steps) {
    let mut warnings = Vec::new();
    for input in &mut report.inputs {
        warnings.extend(hide_in_input(input, steps));
    }
    for column in &mut report.columns {
        column.examples.clear();
    }
    report.warnings = std::mem::take(&mut report.warnings).into_iter().map(Warning::without_values).collect();
    report.warnings.extend(joined(warnings));
}

/// Whether a confidential step has this name.
fn is_named(steps: &Steps, name: &str) -> bool {
    steps.0.iter().any(|step| step.is_confidential() && step.name() == name)
}

/// One warning of each kind for all inputs.
fn joined(warnings: Vec<Warning>) -> Vec<Warning> {
    let mut joined: Vec<Warning> = Vec::new();
    for warning in warnings {
        match joined.iter_mut().find(|known| known.code == warning.code) {
            Some(known) => known.count = known.count.zip(warning.count).map(|(one, other)| one + other),
            None => joined.push(warning),
        }
    }
    joined
}

/// Hides values in what a report says of an input. Cases without events are left out: there are no rows in which a
/// step could have changed them.
fn hide_in_input(input: &mut InputReport, steps: &Steps) -> Vec<Warning> {
    let mut head = serde_json::to_value(&*input).unwrap_or_default();
    let mut warnings = Vec::from_iter(empty_traces(&mut head));
    for step in steps.0.iter().filter(|step| step.is_confidential()) {
        warnings.extend(step.hide_in_head(&mut head));
    }
    let part = |key: &str| head.get(key).filter(|value| !value.is_null()).cloned();
    (input.xes, input.json, input.metadata) = (part("xes"), part("json"), part("metadata"));
    input.preamble.clear();
    warnings
}

/// Leaves out cases without events.
fn empty_traces(head: &mut Value) -> Option<Warning> {
    let empty = head.pointer_mut("/xes/empty_traces")?;
    let count = empty.as_array().map_or(0, Vec::len);
    *empty = json!([]);
    cases_left_out(count, true)
}

/// Hides values in what a bundle says beside its tables, and notes there what was done.
pub(super) fn hide_in_manifest(manifest: &mut Value, done: Option<Value>) -> Option<Warning> {
    let own = manifest.get_mut("logflow")?;
    if own["source"].is_object() {
        own["source"]["blake3"] = Value::Null;
    }
    if let Some(done) = done {
        own["pseudonymise"] = done;
    }
    let log = own.get_mut("log").filter(|log| log.is_object())?;
    let sections = log["sections"].as_object().map_or(0, serde_json::Map::len);
    let count = sections + log["given_twice"].as_array().map_or(0, Vec::len);
    log["sections"] = json!({});
    log["given_twice"] = json!([]);
    let what = "sections of the log beside events and objects were left out, for they may name people";
    let help = "write what others should know of them into a text beside the log";
    (count > 0).then(|| Warning::new(WarningCode::DescriptionLeftOut, what).counted(count as u64).help(help))
}

/// Hides values in the metadata of tables.
pub(super) fn hide_in_entries(tables: &mut [Vec<(String, String)>], steps: &Steps) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (_, text) in tables.iter_mut().flatten().filter(|(key, _)| key == LOGFLOW) {
        if let Ok(mut value) = serde_json::from_str::<Value>(text) {
            warnings.extend(hide_in_metadata(&mut value, steps));
            *text = value.to_string();
        }
    }
    warnings
}

/// Hides values in what the metadata say of the run and of those before it.
fn hide_in_metadata(metadata: &mut Value, steps: &Steps) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for source in metadata["sources"].as_array_mut().into_iter().flatten() {
        warnings.extend(empty_traces(source));
        for step in steps.0.iter().filter(|step| step.is_confidential()) {
            warnings.extend(step.hide_in_head(source));
        }
    }
    if let Some(entries) = metadata.as_object_mut() {
        entries.remove("where");
    }
    for step in metadata["steps"].as_array_mut().into_iter().flatten() {
        let is_ours = step["name"].as_str().is_some_and(|name| is_named(steps, name));
        if let Some(entries) = step.as_object_mut().filter(|_| !is_ours) {
            entries.remove("finding");
        }
    }
    warnings
}
