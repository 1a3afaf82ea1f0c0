//! Every real log at hand, if `../shared/corpus/ocel` is there: the crate finds in its bundle what it reads in the log itself.

use std::path::{Path, PathBuf};

use logflow::target::ocel::OcelForm;
use process_mining::core::event_data::object_centric::OCEL;
use process_mining::core::event_data::object_centric::ocel_json::import_ocel_json_slice;
use process_mining::core::event_data::object_centric::ocel_sql::import_ocel_sqlite_from_path;
use process_mining::core::event_data::object_centric::ocel_xml::xml_ocel_import::import_ocel_xml_slice;

use super::{Files, declared, read_json, same};

/// Logs with types or attributes that they don't declare: the crate keeps them, and its list of types has no place for them.
const UNDECLARED: [&str; 2] = ["typed_values_zoo.json", "undeclared.json"];

/// Logs that the crate does not read, being of OCEL 1.0, or reads in part: its SQLite knows no identifiers that are numbers. Their events, objects and relations
/// of both by the corpus's own list; tests/readers holds the values of their bundles against those in the logs.
const COUNTED: [(&str, [usize; 4]); 8] = [
    ("example_log.jsonocel", [23, 15, 39, 0]),
    ("example_log.xmlocel", [23, 15, 39, 0]),
    ("example_log.sqlite", [23, 15, 39, 0]),
    ("minimal.jsonocel", [3, 5, 6, 0]),
    ("minimal.xmlocel", [3, 5, 6, 0]),
    ("recruiting-red.jsonocel", [6607, 1051, 6877, 0]),
    ("ocpa_order_process.jsonocel", [2391, 796, 4381, 0]),
    ("ocpa_running-example.sqlite", [18211, 10031, 35857, 25336]),
];

fn logs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/ocel");
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let is_log = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ends = [".json", ".jsonocel", ".xmlocel", ".sqlite"].iter().any(|it| name.ends_with(it));
        ends && !name.starts_with("schema")
    };
    files.map(walkdir::DirEntry::into_path).filter(is_log).collect()
}

/// As the crate reads the log itself: without the mark before UTF-8, which it refuses, with the day for which `0` stands in XML, where it panics, and with
/// relations of objects by the name under which it doesn't lose them.
fn own(path: &Path) -> OCEL {
    match path.extension().and_then(|it| it.to_str()) {
        Some("sqlite") => import_ocel_sqlite_from_path(path).unwrap(),
        Some("xmlocel") => {
            let text = std::fs::read_to_string(path).unwrap();
            let text = text.replace("time=\"0\"", "time=\"1970-01-01T00:00:00Z\"");
            import_ocel_xml_slice(text.replace("<object object-id", "<relationship object-id").as_bytes())
                .unwrap()
        }
        _ => {
            // A number among texts stays as it is written here, and loses the zero there.
            let text = std::fs::read_to_string(path).unwrap().replace(": 13.0}", ": \"13.0\"}");
            import_ocel_json_slice(text.trim_start_matches('\u{feff}').as_bytes()).unwrap()
        }
    }
}

#[test]
fn real_logs_are_to_the_crate_what_it_reads_itself() {
    for path in logs() {
        let files = Files::new();
        let name = path.file_name().unwrap().to_str().unwrap();
        let opened = files.opened(&path, "bundle");
        let back = files.written("bundle", OcelForm::Json, "log.json");
        same(&read_json(&back), &opened, &format!("{name} and back"));
        files.exported(&opened, "theirs");
        let theirs = files.written("theirs", OcelForm::Json, "theirs.json");
        same(&read_json(&theirs), &opened, &format!("{name} by way of the crate's bundle"));
        if let Some((_, counts)) = COUNTED.iter().find(|(it, _)| *it == name) {
            let e2o = opened.events.iter().map(|it| it.relationships.len()).sum();
            let o2o = opened.objects.iter().map(|it| it.relationships.len()).sum();
            assert_eq!([opened.events.len(), opened.objects.len(), e2o, o2o], *counts, "{name}");
            continue;
        }
        let mut read = own(&path);
        if UNDECLARED.contains(&name) {
            (read.event_types, read.object_types) = (opened.event_types.clone(), opened.object_types.clone());
        }
        same(&opened, &declared(&read), name);
    }
}
