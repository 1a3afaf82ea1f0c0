//! The binary as people run it: in a folder of its own, judged by what it says, writes and returns.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod access;
mod advice;
mod archives;
mod codes;
mod completions;
mod conditions;
mod convert;
mod dates;
mod decimal_marks;
mod dialects;
mod excel;
mod filter;
mod filter_unread;
mod first_bad;
mod folders;
mod foreign;
mod formats;
mod generate;
mod hidden;
mod idle;
mod inspect;
mod inspect_odd;
mod inspect_planted;
mod inspect_rules;
mod json;
mod layouts;
mod man;
mod memory;
mod migrate;
mod named;
mod ocel;
mod ocel_bare;
mod ocel_kept;
mod ocel_listed;
mod ocel_odd;
mod ocel_rows;
mod ocel_times;
mod partitions;
mod pipes;
mod pseudonymise;
mod pseudonymise_objects;
mod pseudonymise_secret;
mod report;
mod risk;
mod run;
mod run_commands;
mod run_refused;
mod run_round_trip;
mod sample;
mod schema;
mod settings;
mod signals;
mod sqlite_wal;
mod stats;
mod stats_objects;
mod timestamp_unit;
mod typed;
mod typed_faults;
mod usage;
mod validate;
mod validate_folder;
mod verify;
mod view;
mod warnings;
mod xes;
mod xes_behind;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process;

use assert_cmd::Command;
use parquet::file::reader::{FileReader, SerializedFileReader};
use tempfile::TempDir;

/// A log of three events with all that a log has.
const LOG: &str = "\
case_id,activity,timestamp,cost
1,Register,2024-01-01T08:00:00Z,1.5
1,\"Check, twice\",2024-01-01T09:00:00Z,
2,Register,2024-01-02T08:00:00Z,2.5
";

/// The same with a row too long.
const DIRTY: &str = "\
case_id,activity,timestamp,cost
1,Register,2024-01-01T08:00:00Z,1.5
1,Check,2024-01-01T09:00:00Z,1,2
2,Register,2024-01-02T08:00:00Z,2.5
";

/// A temp folder in which `logflow` runs, undisturbed by this machine's settings.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// One that holds `log.csv`.
    fn with_log() -> Self {
        Self::new().with("log.csv", LOG)
    }

    fn with(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Every file below, sorted.
    fn names(&self) -> Vec<String> {
        let files = walkdir::WalkDir::new(self.0.path())
            .into_iter()
            .map(Result::unwrap)
            .filter(|it| it.file_type().is_file());
        let mut names: Vec<String> = files
            .map(|it| it.path().strip_prefix(self.0.path()).unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    /// `logflow` with these arguments, which are split at spaces.
    fn run(&self, args: &str) -> Command {
        Command::from_std(self.command(args))
    }

    fn command(&self, args: &str) -> process::Command {
        let mut command = process::Command::new(env!("CARGO_BIN_EXE_logflow"));
        command.current_dir(self.0.path()).args(args.split_whitespace());
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("LOGFLOW_") || name.starts_with("CLICOLOR"))
            {
                command.env_remove(name);
            }
        }
        command.env_remove("NO_COLOR").env("XDG_CONFIG_HOME", self.path("config"));
        command
    }

    fn rows(&self, name: &str) -> i64 {
        reader(&self.path(name)).metadata().file_metadata().num_rows()
    }

    /// The columns of a Parquet file with their types.
    fn columns(&self, name: &str) -> Vec<String> {
        let reader = reader(&self.path(name));
        let schema = reader.metadata().file_metadata().schema_descr();
        schema.columns().iter().map(|it| format!("{} {}", it.name(), it.physical_type())).collect()
    }

    /// The rows of a Parquet file, values one after the other with bars between.
    fn values(&self, name: &str) -> Vec<String> {
        let rows = reader(&self.path(name)).into_iter();
        rows.map(|row| {
            let row = row.unwrap();
            let values: Vec<String> = row
                .get_column_iter()
                .map(|(_, value)| match value {
                    parquet::record::Field::Str(text) => text.clone(),
                    other => other.to_string(),
                })
                .collect();
            values.join("|")
        })
        .collect()
    }

    fn compression(&self, name: &str) -> String {
        reader(&self.path(name)).metadata().row_group(0).column(0).compression().to_string()
    }
}

fn reader(path: &Path) -> SerializedFileReader<File> {
    SerializedFileReader::new(File::open(path).unwrap()).unwrap()
}

/// What `logflow schema --format json` finds.
fn found(folder: &Folder, args: &str) -> serde_json::Value {
    let output = folder.run(&format!("schema {args} --format json")).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{args}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The type of a column, cut to its first word.
fn type_of<'f>(found: &'f serde_json::Value, column: &str) -> &'f str {
    let columns = found["columns"].as_array().unwrap();
    let of_name = columns.iter().find(|it| it["source_name"] == column).unwrap();
    let name = of_name["type"].as_str().unwrap();
    name.split(['[', ' ']).next().unwrap()
}

/// The warnings about a column's type: code, sentence and help.
fn told(found: &serde_json::Value, column: &str) -> Vec<(String, String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let warnings = found["warnings"].as_array().unwrap().iter().filter(|it| it["column"] == column);
    warnings.map(|it| (text(&it["code"]), text(&it["message"]), text(&it["help"]))).collect()
}
