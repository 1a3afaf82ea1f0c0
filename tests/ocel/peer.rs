//! The `process_mining` crate as a second reader and writer of the bundle: it finds in the bundles written here what their logs hold, and its bundles are
//! opened here.
//!
//! Logs are compared as lists of what they say, [`said`]: each type, attribute, event, object, value and relation is a line, as often as it is there. What
//! the crate can't hold is told where it is tested.

mod bundles;
mod corpus;
mod truth;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use logflow::convert::Convert;
use logflow::encode::output::Replace;
use logflow::error::Error;
use logflow::observer::Observer;
use logflow::report::Report;
use logflow::target::OutputPlace;
use logflow::target::bundle::BundleFolder;
use logflow::target::ocel::{OcelForm, write};
use process_mining::core::event_data::object_centric::ocel_bundle::{
    BundleExportOptions, ContainerLayout, StorageFormat, export_ocel_bundle, import_ocel_bundle,
};
use process_mining::core::event_data::object_centric::ocel_json::import_ocel_json_path;
use process_mining::core::event_data::object_centric::{
    OCEL, OCELAttributeType, OCELAttributeValue, OCELType,
};
use tempfile::TempDir;

/// A folder for the files of one test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The log `from`, a file anywhere, as the bundle `to`.
    fn bundle(&self, from: &Path, to: &str) -> Result<Report, Error> {
        let target = OutputPlace::new(self.path(to), Replace::Never);
        Convert::new(from).run(&mut BundleFolder::new(target), &Observer::default())
    }

    /// What the crate finds in the bundle that the log becomes.
    fn opened(&self, from: &Path, to: &str) -> OCEL {
        self.bundle(from, to).unwrap();
        import_ocel_bundle(self.path(to)).unwrap()
    }

    /// The bundle `from` as a log.
    fn written(&self, from: &str, form: OcelForm, to: &str) -> PathBuf {
        let target = OutputPlace::new(self.path(to), Replace::Never);
        write(&self.path(from), form, &target, self.0.path(), &Observer::default()).unwrap();
        target.path
    }

    /// The crate's bundle of a log.
    fn exported(&self, log: &OCEL, to: &str) {
        let options =
            BundleExportOptions { layout: ContainerLayout::Directory, storage: StorageFormat::Parquet };
        export_ocel_bundle(log, self.path(to), options).unwrap();
    }
}

/// What the crate reads from JSON, with each value as its type declares it: the crate tells types by the look of a value, `"false"` is text to it.
fn declared(log: &OCEL) -> OCEL {
    let mut log = log.clone();
    let of = |types: &[OCELType]| {
        let named = |of: &OCELType| {
            let of = of.clone();
            of.attributes
                .into_iter()
                .map(move |it| ((of.name.clone(), it.name), OCELAttributeType::from_type_str(&it.value_type)))
        };
        types.iter().flat_map(named).collect::<BTreeMap<_, _>>()
    };
    let (events, objects) = (of(&log.event_types), of(&log.object_types));
    let set = |value: &mut OCELAttributeValue, kind: Option<&OCELAttributeType>| {
        if let Some(found) = kind.and_then(|kind| value.try_coerce_to(*kind)) {
            *value = found;
        }
    };
    for event in &mut log.events {
        for it in &mut event.attributes {
            set(&mut it.value, events.get(&(event.event_type.clone(), it.name.clone())));
        }
    }
    for object in &mut log.objects {
        for it in &mut object.attributes {
            set(&mut it.value, objects.get(&(object.object_type.clone(), it.name.clone())));
        }
    }
    log
}

/// Everything that a log says, a line for each thing, sorted. Moments are in UTC; a value that is null says nothing, as a value that is not there.
fn said(log: &OCEL) -> Vec<String> {
    let mut lines = Vec::new();
    for (what, types) in [("event", &log.event_types), ("object", &log.object_types)] {
        for of in types {
            lines.push(format!("{what} type {:?}", of.name));
            let attributes = of.attributes.iter();
            lines.extend(
                attributes.map(|it| format!("{what} type {:?}: {:?} {}", of.name, it.name, it.value_type)),
            );
        }
    }
    for event in &log.events {
        let id = &event.id;
        lines.push(format!("event {id:?} {:?} {}", event.event_type, event.time.to_utc()));
        let values = event.attributes.iter().filter_map(|it| Some((&it.name, value(&it.value)?)));
        lines.extend(values.map(|(name, value)| format!("event {id:?}: {name:?} {value}")));
        let related = event.relationships.iter();
        lines.extend(related.map(|it| format!("event {id:?} -> {:?} {:?}", it.object_id, it.qualifier)));
    }
    for object in &log.objects {
        let id = &object.id;
        lines.push(format!("object {id:?} {:?}", object.object_type));
        let values = object.attributes.iter().filter_map(|it| Some((it, value(&it.value)?)));
        lines.extend(
            values.map(|(it, value)| format!("object {id:?}: {:?} {value} {}", it.name, it.time.to_utc())),
        );
        let related = object.relationships.iter();
        lines.extend(related.map(|it| format!("object {id:?} -> {:?} {:?}", it.object_id, it.qualifier)));
    }
    lines.sort_unstable();
    lines
}

fn value(value: &OCELAttributeValue) -> Option<String> {
    match value {
        OCELAttributeValue::Null => None,
        OCELAttributeValue::Time(time) => Some(time.to_utc().to_string()),
        other => Some(format!("{other:?}")),
    }
}

/// Fails with the lines that only one side has, the first few of them.
#[track_caller]
fn same(found: &OCEL, expected: &OCEL, what: &str) {
    let (found, expected) = (said(found), said(expected));
    if found == expected {
        return;
    }
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for line in &found {
        *counts.entry(line).or_default() += 1;
    }
    for line in &expected {
        *counts.entry(line).or_default() -= 1;
    }
    let differ: Vec<_> = counts.into_iter().filter(|(_, count)| *count != 0).take(12).collect();
    panic!("{what}: too many (+) or too few (-) of {differ:#?}");
}

fn read_json(path: &Path) -> OCEL {
    declared(&import_ocel_json_path(path).unwrap())
}
