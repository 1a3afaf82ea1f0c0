//! `ocel-meta.json`: what a bundle holds, as the OCEL bundle 1.0 says, and what LogFlow adds under its own
//! name.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use serde_json::{Map, Value, json};

use crate::error::{Code, Error, Result};
use crate::model::ocel::{EVENT_OBJECT, OBJECT_OBJECT, OcelContent, OcelSide};
use crate::plan::bundle::Plan;
use crate::report::{Report, source_metadata};
use crate::shard::merge::PartDone;
use crate::text::ocel::Ocel;

/// The manifest, still without its files. A function of the log and the options, with no trace of how the run
/// went.
pub fn manifest(plan: &Plan, report: &Report, ocel: &Ocel, part: &PartDone) -> Value {
    let shape = &plan.shape;
    let types = |side: OcelSide| -> Map<String, Value> {
        let of = |index: usize| {
            let table = shape.table_of(side, index);
            let attributes: Vec<Value> = plan
                .written_attributes(side, index)
                .into_iter()
                .map(|(column, _, of_type)| json!({"name": column, "type": of_type}))
                .collect();
            let mut value = json!({"file": shape.file(table)});
            if side == OcelSide::Object {
                value["changesFile"] = shape.file(table + 1).into();
            }
            value["attributes"] = attributes.into();
            (shape.types(side)[index].name.to_string(), value)
        };
        (0..shape.types(side).len()).map(of).collect()
    };
    let declared = |side: OcelSide| -> Vec<Value> {
        let all = shape.types(side).iter().enumerate();
        all.map(|(index, of)| {
            let attributes: Vec<Value> = plan
                .written_attributes(side, index)
                .into_iter()
                .map(|(column, name, _)| {
                    json!({"name": name, "column": column, "declared": ocel.declared_word(side, of, &name)})
                })
                .collect();
            json!({"name": of.name, "declared": of.declared, "attributes": attributes})
        })
        .collect()
    };
    let rows = |of: fn(OcelContent) -> bool| -> u64 {
        let tables = (0..shape.tables()).filter(|table| of(shape.holds(*table)));
        tables.map(|table| part.table_rows.get(table).copied().unwrap_or_default()).sum()
    };
    let mut value = json!({
        "ocelVersion": "2.0",
        "bundleFormatVersion": "1.0",
        "storageFormat": "parquet",
        "eventTypes": types(OcelSide::Event),
        "objectTypes": types(OcelSide::Object),
        "relations": {"e2o": shape.file(EVENT_OBJECT), "o2o": shape.file(OBJECT_OBJECT)},
        "logflow": {
            "version": env!("CARGO_PKG_VERSION"),
            "source": report.inputs.first().map(source_metadata),
            "counts": {
                "events": rows(|it| matches!(it, OcelContent::Events(_))),
                "objects": rows(|it| matches!(it, OcelContent::Objects(_))),
                "e2o": rows(|it| it == OcelContent::EventObject),
                "o2o": rows(|it| it == OcelContent::ObjectObject),
                "changes": rows(|it| matches!(it, OcelContent::Changes(_))),
                "rejected": report.bad_rows,
            },
            "references": report.references,
            "event_types": declared(OcelSide::Event),
            "object_types": declared(OcelSide::Object),
            "log": ocel.metadata(&part.learned),
            "files": {},
        },
    });
    if let Some(times) = plan.times() {
        value["logflow"]["timestamp_format"] = times.into();
    }
    value
}

/// The BLAKE3 of a file that was written, in hex.
pub fn checksum(file: &File) -> Result<String> {
    let failed = |error: std::io::Error| Error::new(Code::OutputWrite, error.to_string());
    let mut hasher = blake3::Hasher::new();
    let mut file = file;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut window = vec![0; 128 << 10];
    loop {
        match file.read(&mut window).map_err(failed)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            read => hasher.update(&window[..read]),
        };
    }
}
