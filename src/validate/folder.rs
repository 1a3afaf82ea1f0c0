//! A bundle of tables: whether its files are those that its manifest tells of.

use std::fs::File;
use std::path::Path;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::model::ocel::META;
use crate::observer::Observer;
use crate::target::manifest::checksum;
use crate::validate::{Validation, Violation, ViolationPlace};

/// The rule that a file breaks.
const RULE: &str = "OCEL bundle 1.0, files";

/// Holds the files of a bundle against its manifest: they are there, can be opened, and, if LogFlow wrote it,
/// have the rows, bytes and checksums that it tells.
pub fn validate(input: &Input, folder: &Path, limit: usize, observer: &Observer) -> Result<Validation> {
    let mut all = Validation::new(input, "bundle", "OCEL bundle 1.0");
    let path = folder.join(META);
    let text = std::fs::read(&path).map_err(|error| Error::io(Code::InputRead, &path, &error))?;
    let manifest: Value = serde_json::from_slice(&text)
        .map_err(|error| Error::new(Code::Bundle, format!("expected JSON: {error}")).in_file(&path))?;
    let told = manifest["logflow"]["files"].as_object();
    if told.is_none() {
        all.unchecked.push("checksums: the manifest has none".to_owned());
    }
    for file in named_files(&manifest) {
        observer.check()?;
        let mut say = |what: String| {
            let place = ViolationPlace::File { file: file.clone() };
            all.add(limit, Violation { place, rule: RULE.to_owned(), what });
        };
        let Ok(opened) = File::open(folder.join(&file)) else {
            say("the file is not there or can't be opened".to_owned());
            continue;
        };
        let Some(told) = told.and_then(|files| files.get(&file)) else { continue };
        let bytes = opened.metadata().map_or(0, |it| it.len());
        if told["bytes"].as_u64() != Some(bytes) {
            say(format!("expected {} bytes, found {bytes}", told["bytes"]));
        } else if told["blake3"].as_str() != Some(&checksum(&opened)?) {
            say("its BLAKE3 is not the one that was written: the file was changed".to_owned());
        }
    }
    Ok(all)
}

/// The files that a manifest names, in its order.
fn named_files(manifest: &Value) -> Vec<String> {
    let mut files = Vec::new();
    let mut add = |value: &Value| files.extend(value.as_str().map(str::to_owned));
    add(&manifest["relations"]["e2o"]);
    add(&manifest["relations"]["o2o"]);
    for side in ["eventTypes", "objectTypes"] {
        for of in manifest[side].as_object().into_iter().flat_map(|types| types.values()) {
            add(&of["file"]);
            if side == "objectTypes" {
                add(&of["changesFile"]);
            }
        }
    }
    files
}
