//! What stands beside the rows of a log: default values and attributes of an XES log, lines before a header,
//! fingerprints of the input.
//!
//! Default values of changed attributes are changed like the values themselves. What describes a log as a whole
//! may name people in ways that no column tells: it is left out, and a warning counts it. The checksum of the
//! input is left out as well: whoever knows all but one value of a log could try values until the checksum fits.

use serde_json::{Map, Value, json};

use super::change::Change;
use super::json::{ChangedKeys, rewritten};
use super::settings::{Order, Orders, named};
use crate::model::warning::{Warning, WarningCode};

/// Attributes of the element `<log>` that say nothing of the log.
const PLAIN: [&str; 3] = ["xes.version", "xes.features", "openxes.version"];

type ChangesOf<'c> = dyn FnMut(&Orders) -> (Vec<Change>, [ChangedKeys; 2]) + 'c;

/// Hides values in the description of one input as the metadata of an output have it.
pub(super) fn hide(source: &mut Value, orders: &Orders, changes: &mut ChangesOf<'_>) -> Vec<Warning> {
    let mut left_out = 0;
    let mut clear = |value: Option<&mut Value>| {
        if let Some(value) = value {
            left_out += match value {
                Value::Array(list) => list.len(),
                Value::Object(entries) => entries.len(),
                _ => 0,
            };
            *value = json!([]);
        }
    };
    clear(source.pointer_mut("/preamble").filter(|it| it.as_array().is_some_and(|it| !it.is_empty())));
    if source.get("blake3").is_some() {
        source["blake3"] = Value::Null;
    }
    clear(source.pointer_mut("/json/members"));
    for key in ["json", "metadata"] {
        if let Some(value) = source.get_mut(key).filter(|it| !it.is_null()) {
            *value = columns_only(value);
        }
    }
    if let Some(xes) = source.get_mut("xes").filter(|it| it.is_object()) {
        clear(xes.get_mut("log_attributes"));
        clear(xes.get_mut("loose"));
        if let Some(Value::Object(attributes)) = xes.get_mut("attributes") {
            attributes.retain(|key, _| PLAIN.contains(&key.as_str()) || key.starts_with("xmlns"));
        }
        globals(xes, orders, changes);
        types(xes, orders);
    }
    if left_out == 0 {
        return Vec::new();
    }
    let what = "what describes the log as a whole, such as attributes of the log and lines before the header, was left out, for it may name people";
    let help = "write what others should know of it into a text beside the log";
    vec![Warning::new(WarningCode::DescriptionLeftOut, what).counted(left_out as u64).help(help)]
}

/// Of a description of columns what is no value of the log.
fn columns_only(value: &Value) -> Value {
    let kept = ["path", "columns", "records", "names", "shape", "format", "lines"];
    match value {
        Value::Object(entries) => {
            let kept: Map<String, Value> = entries
                .iter()
                .filter(|(key, _)| kept.contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            kept.into()
        }
        _ => Value::Null,
    }
}

/// Changes default values of attributes.
fn globals(xes: &mut Value, orders: &Orders, changes: &mut ChangesOf<'_>) {
    // A default time is no time of anything: it stays where times are made coarser.
    let is_changed = |order: &Order| !matches!(order, Order::Coarser(coarser) if !coarser.is_text());
    let columns = orders.columns.iter().filter(|(_, order)| is_changed(order)).cloned().collect();
    let (mut changes, keys) = changes(&Orders { columns, shift: orders.shift });
    for global in xes["globals"].as_array_mut().into_iter().flatten() {
        let of_case = usize::from(global["scope"] == "trace");
        let Some(attributes) = global.get_mut("attributes") else { continue };
        let text = attributes.to_string();
        if let Some(new) = rewritten(&text, &keys[of_case], &mut changes)
            && let Ok(new) = serde_json::from_str(&new)
        {
            *attributes = new;
        }
    }
}

/// Gives attributes whose values became text the type of text.
fn types(xes: &mut Value, orders: &Orders) {
    let is_text = |name: &str| {
        orders.columns.iter().any(|(item, order)| match order {
            Order::Pseudonym => item == name || named(item, None).0 == name,
            Order::Mask(_) => item == name,
            Order::Coarser(coarser) => item == name && coarser.is_text(),
            Order::Drop => false,
        })
    };
    for column in xes["columns"].as_array_mut().into_iter().flatten() {
        if column["name"].as_str().is_some_and(is_text) && column["json"] != true {
            column["types"] = json!(["string"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::mask::Mask;
    use super::*;

    #[test]
    fn a_head_keeps_its_form_and_loses_what_may_name_people() {
        let orders = Orders {
            columns: vec![
                ("org:resource".to_owned(), Order::Mask(Mask::Text("X".to_owned()))),
                ("case:concept:name".to_owned(), Order::Mask(Mask::Text("Y".to_owned()))),
            ],
            shift: None,
        };
        let mut source = json!({
            "name": "log.xes", "blake3": "00", "preamble": [],
            "xes": {
                "attributes": {"xes.version": "1.0", "author": "Alice"},
                "globals": [
                    {"scope": "event", "attributes": [{"tag": "string", "key": "org:resource", "value": "Alice"},
                                                       {"tag": "string", "key": "concept:name", "value": "a"}]},
                    {"scope": "trace", "attributes": [{"tag": "int", "key": "concept:name", "value": "7"}]}
                ],
                "log_attributes": [{"tag": "string", "key": "creator", "value": "Alice"}],
                "columns": [{"name": "org:resource", "types": ["int", "string"], "json": false},
                            {"name": "other", "types": ["int"], "json": false}],
            }
        });
        let warnings = hide(&mut source, &orders, &mut |orders| {
            let (planned, keys) = super::super::plan::changes_of(orders, None);
            let changes = planned.iter().map(|(_, change)| match change {
                super::super::plan::PlannedChange::Mask(mask) => Change::Mask(mask.clone()),
                _ => Change::Null,
            });
            (changes.collect(), keys)
        });
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].count, Some(1));
        assert!(!source.to_string().contains("Alice"), "{source}");
        assert_eq!(source["xes"]["globals"][0]["attributes"][0]["value"], "X");
        assert_eq!(source["xes"]["globals"][0]["attributes"][1]["value"], "a");
        assert_eq!(
            source["xes"]["globals"][1]["attributes"][0],
            json!({"tag": "string", "key": "concept:name", "value": "Y"})
        );
        assert_eq!(source["xes"]["columns"][0]["types"], json!(["string"]));
        assert_eq!(source["xes"]["columns"][1]["types"], json!(["int"]));
    }
}
