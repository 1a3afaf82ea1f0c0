//! `convert --print-pipeline` writes a file of which `run` makes the same bytes, whatever the flags.

use std::collections::BTreeSet;
use std::path::Path;

use logflow::options::flags::FLAGS;

use crate::{DIRTY, Folder};

const FULL: &str = "\
case,what,begin,end,who,state,cost
1,Register,2024-01-01T07:00:00Z,2024-01-01T08:00:00Z,Ann,complete,1.5
1,\"Check, twice\",2024-01-01T08:00:00Z,2024-01-01T09:00:00Z,Ben,complete,
2,Register,2024-01-02T07:00:00Z,2024-01-02T08:00:00Z,Ann,complete,2.5
";

const LOCAL: &str = "case,what,at,cost\n1,a,2024-01-01 08:00:00,n/a\n2,b,2024-10-27 02:30:00,2.5\n";

const XES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="trace"><string key="concept:name" value="none"/></global>
  <global scope="event"><string key="concept:name" value="none"/></global>
  <trace><string key="concept:name" value="1"/><event><string key="concept:name" value="a"/></event></trace>
</log>
"#;

const JSON: &str =
    r#"{"data": {"rows": [{"case": 1, "what": "a", "more": {"x": [1, 2]}}, {"case": 2, "what": "b"},]}}"#;

/// Inputs, the name of the output, and flags.
const RUNS: &[(&str, &str, &[&str])] = &[
    ("full.csv", "out.parquet", &[]),
    ("full.csv", "out.xes", &[]),
    ("full.csv", "out/", &["--force"]),
    (
        "full.csv",
        "out.parquet",
        &[
            "--delimiter",
            ",",
            "--quote",
            "\"",
            "--escape",
            "none",
            "--comment",
            "none",
            "--header",
            "yes",
            "--skip-lines",
            "0",
            "--uneven-rows",
            "both",
            "--nul-bytes",
            "keep",
            "--encoding",
            "utf-8",
        ],
    ),
    (
        "full.csv",
        "out.parquet",
        &[
            "--case-id",
            "case",
            "--activity",
            "what",
            "--timestamp",
            "end",
            "--start-timestamp",
            "begin",
            "--resource",
            "who",
            "--lifecycle",
            "state",
            "--naming",
            "xes",
        ],
    ),
    ("full.csv", "out.parquet", &["--select", "what,case,cost", "--exclude", "cost", "--where", "cost > 1"]),
    ("full.csv", "out.parquet", &["--where", "case = 1", "--where", "who in ('Ann', 'it''s')"]),
    ("full.csv", "out.parquet", &["--schema", "types.toml", "--strict-types"]),
    ("full.csv", "out.parquet", &["--all-text", "--compression", "snappy", "--row-group-size", "2rows"]),
    ("full.csv", "out.parquet", &["--timestamp-unit", "auto"]),
    (
        "full.csv",
        "out.parquet",
        &[
            "--from",
            "csv",
            "--max-record-size",
            "1MiB",
            "--io",
            "read",
            "--zstd-window-log",
            "20",
            "--threads",
            "2",
            "--memory-limit",
            "64MiB",
            "--report",
            "json",
            "--timings",
        ],
    ),
    (
        "local.csv",
        "out.parquet",
        &[
            "--null-words",
            "n/a,\"x,y\"",
            "--decimal",
            "point",
            "--timestamp",
            "at",
            "--timestamp-format",
            "%Y-%m-%d %H:%M:%S",
            "--timezone",
            "Europe/Berlin",
            "--timezone-fold",
            "later",
        ],
    ),
    ("local.csv", "out.parquet", &["--date-order", "ymd", "--null-words", "${HOME},$"]),
    ("dirty.csv", "out.parquet", &["--on-bad-row", "reject", "--max-bad-rows", "50%"]),
    ("dirty.csv", "out.parquet", &["--on-bad-row", "reject"]),
    ("rows.json", "out.parquet", &["--json-path", "/data/rows", "--json-lenient", "--nested-text"]),
    ("log.xes", "out.parquet", &["--fill-defaults", "--tables", "--strict"]),
    ("table.xlsx", "out.parquet", &["--sheet", "Sheet1"]),
    ("access.log", "out.parquet", &["--access-format", "combined", "--path-template", "path"]),
    ("ocel.json", "out", &[]),
    ("ocel.json", "out.xml", &[]),
    ("ocel.json", "out", &["--layout", "pm4py"]),
    ("ocel.json", "out.parquet", &["--flatten", "order"]),
    (
        "full.csv",
        "out.parquet",
        &[
            "--case-id",
            "case",
            "--activity",
            "what",
            "--timestamp",
            "end",
            "--resource",
            "who",
            "--time-range",
            "2024",
            "--time-mode",
            "intersecting",
            "--start-activity",
            "Register",
            "--end-activity",
            "Register,\"Check, twice\"",
            "--with-activity",
            "Register",
            "--cases-where",
            "cost > 1",
            "--case-size",
            "1..",
            "--duration",
            "..30d",
            "--variant",
            "Register > Check, twice",
            "--variant",
            "Register",
            "--top-variants",
            "5",
            "--variant-share",
            "10%",
            "--variant-coverage",
            "99.5%",
            "--follows",
            "Register>Check, twice",
            "--eventually-follows",
            "Register>>\"Check, twice\"",
            "--eventually-follows",
            "Register",
        ],
    ),
    (
        "full.csv",
        "out.parquet",
        &[
            "--case-id",
            "case",
            "--activity",
            "what",
            "--timestamp",
            "end",
            "--resource",
            "who",
            "--rework",
            "Register:1",
            "--rework",
            "Check, twice",
            "--four-eyes",
            "Register,\"Check, twice\"",
            "--different-resources",
            "Register",
            "--negate",
            "different-resources,four_eyes",
        ],
    ),
    (
        "full.csv",
        "out.parquet",
        &[
            "--case-id",
            "case",
            "--activity",
            "what",
            "--timestamp",
            "end",
            "--resource",
            "who",
            "--between",
            "Register > Register",
            "--prefix-until",
            "Register",
            "--suffix-from",
            "Register",
            "--cut-at",
            "last-inclusive",
            "--only-activity",
            "Register",
            "--negate",
            "all",
        ],
    ),
    (
        "full.csv",
        "out.parquet",
        &[
            "--case-id",
            "case",
            "--activity",
            "what",
            "--timestamp",
            "end",
            "--resource",
            "who",
            "--sample-cases",
            "50%",
            "--sample-seed",
            "3",
            "--sample-by",
            "attribute:who",
            "--sample-floor",
            "2",
        ],
    ),
    (
        "full.csv",
        "out.parquet",
        &[
            "--case-id",
            "case",
            "--activity",
            "what",
            "--timestamp",
            "end",
            "--resource",
            "who",
            "--sample-first",
            "1",
        ],
    ),
    (
        "full.csv",
        "out.parquet",
        &[
            "--case-id",
            "case",
            "--activity",
            "what",
            "--timestamp",
            "end",
            "--pseudonymise",
            "who=person",
            "--key-file",
            "key",
            "--domain",
            "study",
            "--drop",
            "state",
            "--mask",
            "what=first:2",
            "--generalise",
            "cost=10",
            "--shift-times=9",
        ],
    ),
    ("full.csv", "out.parquet", &["--pseudonymise", "who", "--pseudonym-hash", "sha256"]),
    (
        "full.csv",
        "out.parquet",
        &[
            "--case-id",
            "case",
            "--activity",
            "what",
            "--timestamp",
            "end",
            "--suppress-rare",
            "2",
            "--min-k",
            "2",
        ],
    ),
    ("table.parquet", "out.parquet", &["--where", "cost > 1"]),
    ("table.parquet", "out.xes", &[]),
];

/// Flags that say nothing of outputs, or that only other commands have.
const NO_OPTIONS: &[&str] = &[
    "output",
    "dry-run",
    "print-pipeline",
    "format",
    "inspect",
    "rules",
    // A descriptor is open for one program.
    "key-fd",
    "quiet",
    "verbose",
    "color",
    "progress",
];

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|it| it.file_type().is_file())
        .map(|it| {
            let name = it.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(it.path()).unwrap())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn the_printed_pipeline_of_every_flag_writes_the_same_bytes() {
    let inputs = Folder::new()
        .with("full.csv", FULL)
        .with("local.csv", LOCAL)
        .with("dirty.csv", DIRTY)
        .with("log.xes", XES)
        .with("rows.json", JSON)
        .with("key", crate::pseudonymise::KEY)
        .with("types.toml", "[[columns]]\nname = \"cost\"\ntype = \"text\"\n");
    crate::pseudonymise::set_mode(&inputs, "key", 0o600);
    inputs.run("generate --format ocel-json --events 60 -o ocel.json -q").assert().success();
    inputs.run("convert full.csv -o table.parquet -q").assert().success();
    inputs.run("convert full.csv -o table.xlsx -q").assert().success();
    inputs.run("generate --format access --events 60 -o access.log -q").assert().success();
    let mut seen = BTreeSet::new();
    for (number, (input, output, flags)) in RUNS.iter().enumerate() {
        let (direct, again) = (format!("direct{number}"), format!("again{number}"));
        for folder in [&direct, &again] {
            std::fs::create_dir(inputs.path(folder)).unwrap();
        }
        let convert = |output: String| {
            let mut command = inputs.run("convert");
            command.args([input, "-o", &output]).args(*flags);
            command
        };
        let output_of = |folder: &str| format!("{folder}/{output}");
        let straight = convert(output_of(&direct)).output().unwrap();
        let printed = convert(output_of(&again)).arg("--print-pipeline").output().unwrap();
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        let text = String::from_utf8(printed.stdout).unwrap();
        std::fs::write(inputs.path("pipeline.toml"), &text).unwrap();
        let run = inputs.run("run pipeline.toml").output().unwrap();
        let told = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), straight.status.code(), "{flags:?}\n{text}\n{told}");
        assert!(matches!(straight.status.code(), Some(0 | 4)), "{flags:?}: {straight:?}");
        let (direct, again) = (files(&inputs.path(&direct)), files(&inputs.path(&again)));
        assert!(!direct.is_empty(), "{flags:?}");
        assert!(direct == again, "{input} {flags:?}: other bytes\n{text}");
        seen.extend(
            flags
                .iter()
                .filter_map(|word| word.strip_prefix("--"))
                .map(|word| word.split('=').next().unwrap_or(word).to_owned()),
        );
    }
    let missing: Vec<&&str> = FLAGS
        .iter()
        .flat_map(|row| row.flags)
        .filter(|flag| !NO_OPTIONS.contains(*flag) && !seen.contains(**flag))
        .collect();
    assert!(missing.is_empty(), "no run has {missing:?}");
}

#[test]
fn only_what_differs_from_the_defaults_is_printed() {
    let folder = Folder::with_log();
    let printed =
        folder.run("convert log.csv -o out.parquet --header auto --print-pipeline").output().unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(text, "[source]\ninputs = \"log.csv\"\n\n[[target]]\npath = \"out.parquet\"\n");
    assert!(!folder.has("out.parquet"));
}
