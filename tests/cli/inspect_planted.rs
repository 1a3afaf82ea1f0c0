//! `logflow inspect` on logs in which `logflow generate --plant` has planted a pattern: its own check is lowered, and no
//! other. The truth is what the generator says.

use serde_json::Value;

use crate::Folder;

/// Pattern, the check that finds it, and whether it counts one row of each case beside those that were changed.
const LOWERED: &[(&str, &str, bool)] = &[
    // The last event of a form has kept its time.
    ("form-based-capture", "form-based-capture", true),
    ("inadvertent-time-travel", "inadvertent-time-travel", false),
    ("unanchored-event", "unanchored-event", false),
    ("distorted-label", "distorted-label", false),
    ("polluted-label", "polluted-label", false),
    ("collateral-events", "collateral-events", false),
    ("homonymous-labels", "homonymous-label", false),
    ("elusive-case", "elusive-case", false),
    ("missing-values", "missing-role-values", false),
    ("duplicates", "duplicate-rows", false),
    ("negative-durations", "negative-durations", false),
    ("zero-durations", "zero-durations", false),
    ("outlier-durations", "outlier-durations", false),
    ("broken-dependency", "broken-dependency", false),
    ("changing-case-attribute", "changing-case-attribute", false),
];

/// The kinds of clean logs that the generator makes, beside the usual one.
const KINDS: &[&str] = &[
    "--interleave",
    "--times days",
    "--times seconds",
    "--times micros",
    "--activities 300",
    "--activities 5",
    "--intervals",
    "--intervals --times days",
    "--intervals --times micros",
    "--drift-at 0.3 --times days",
    "--intervals --interleave",
    "--lengths fixed",
    "--lengths bimodal",
    "--lengths even --intervals",
    "--attributes 20",
    "--cases 1000",
    "--cases 3",
    "--drift-at 0.5",
    "--text ids",
    "--text sparse",
    "--text natural --times seconds --attributes 8 --activities 120 --interleave",
];

/// Patterns that data alone can't show, and the hint at each.
const HINTED: &[(&str, &str)] = &[
    ("scattered-event", "scattered-event"),
    ("scattered-case", "scattered-case"),
    ("synonymous-labels", "synonymous-labels"),
    ("incomplete-cases", "scattered-case"),
    ("case-id-gaps", "case-id-gaps"),
];

fn planted(pattern: &str) -> (Value, Value) {
    planted_in(&Folder::new(), pattern)
}

/// Of the changed rows those whose resource has other events: of one alone nobody can say what is usual.
fn with_known_resource(log: &str, truth: &Value) -> u64 {
    let mut rows = csv::Reader::from_reader(log.as_bytes());
    let at = rows.headers().unwrap().iter().position(|it| it == "resource").unwrap();
    let resources: Vec<String> = rows.records().map(|it| it.unwrap()[at].to_owned()).collect();
    let is_known = |row: &&Value| {
        let resource = &resources[row.as_u64().unwrap() as usize - 1];
        resources.iter().filter(|it| *it == resource).count() > 1
    };
    truth["rows"].as_array().unwrap().iter().filter(is_known).count() as u64
}

fn planted_in(folder: &Folder, pattern: &str) -> (Value, Value) {
    folder
        .run(&format!(
            "generate --events 5k --seed 3 --plant {pattern} -o log.csv --truth truth.json --quiet"
        ))
        .assert()
        .success();
    let out = folder.run("inspect log.csv --format json --quiet --as-of 2030-01-01").output().unwrap();
    let truth: Value = serde_json::from_str(&folder.text("truth.json")).unwrap();
    (serde_json::from_slice(&out.stdout).unwrap(), truth["planted"][0].clone())
}

fn lowered(result: &Value) -> Vec<&str> {
    let checks = result["checks"].as_array().unwrap().iter();
    let lowers = |it: &&Value| it["weight"] != 0 && it["score"].as_f64().is_some_and(|score| score < 1.0);
    checks.filter(lowers).map(|it| it["id"].as_str().unwrap()).collect()
}

fn affected(result: &Value, id: &str) -> u64 {
    let checks = result["checks"].as_array().unwrap();
    checks.iter().find(|it| it["id"] == id).unwrap()["affected"].as_u64().unwrap()
}

#[test]
fn a_clean_generated_log_of_any_kind_scores_100() {
    for process in ["", "--process ordered"] {
        for more in [""].iter().chain(KINDS) {
            let folder = Folder::new();
            folder
                .run(&format!("generate --events 5k {process} {more} -o log.csv --quiet"))
                .assert()
                .success();
            let out =
                folder.run("inspect log.csv --format json --quiet --as-of 2990-01-01").output().unwrap();
            let result: Value = serde_json::from_slice(&out.stdout).unwrap();
            let told = format!("{process} {more}: {:#}", result["checks"]);
            assert_eq!((lowered(&result), &result["score"]), (Vec::new(), &100.0.into()), "{told}");
        }
    }
}

#[test]
fn a_clean_generated_log_scores_100_in_xes_and_json_lines_too() {
    for kind in ["", "--times days", "--intervals --times days", "--intervals"] {
        for name in ["log.xes", "log.jsonl"] {
            let folder = Folder::new();
            folder.run(&format!("generate --events 3k {kind} -o {name} --quiet")).assert().success();
            let out = folder
                .run(&format!("inspect {name} --format json --quiet --as-of 2990-01-01"))
                .output()
                .unwrap();
            let result: Value = serde_json::from_slice(&out.stdout).unwrap();
            assert_eq!((lowered(&result), &result["score"]), (Vec::new(), &100.0.into()), "{kind} {name}");
        }
    }
}

#[test]
fn a_planted_stretch_without_events_is_found_and_its_ends_are_told() {
    let (result, truth) = planted("inactive-period");
    assert_eq!(lowered(&result), ["inactive-period"]);
    assert_eq!(affected(&result, "inactive-period"), 1);
    let checks = result["checks"].as_array().unwrap();
    let what = &checks.iter().find(|it| it["id"] == "inactive-period").unwrap()["examples"][0]["what"];
    // The truth names the stretch at +01:00; the last event before it and the first behind it are not far.
    let days = |text: &str| text[..10].to_owned();
    let told = what.as_str().unwrap();
    let (from, to) = (truth["idle"]["from"].as_str().unwrap(), truth["idle"]["to"].as_str().unwrap());
    assert!(told.contains(&days(from)) && told.contains(&days(to)), "{told}: {from} to {to}");
}

#[test]
fn each_planted_pattern_lowers_its_own_check_and_no_other() {
    for (pattern, check, has_more) in LOWERED {
        let folder = Folder::new();
        let (result, truth) = planted_in(&folder, pattern);
        assert_eq!(lowered(&result), [*check], "{pattern}");
        let changed = match *pattern {
            "broken-dependency" => with_known_resource(&folder.text("log.csv"), &truth),
            _ => truth["rows"].as_u64().unwrap_or_else(|| truth["rows"].as_array().unwrap().len() as u64),
        };
        let found = affected(&result, check);
        let beside = if *has_more { truth["cases"].as_u64().unwrap() } else { 0 };
        assert_eq!(found, changed + beside, "{pattern}");
    }
}

#[test]
fn what_data_cannot_show_is_hinted_at_and_lowers_nothing() {
    for (pattern, check) in HINTED {
        let (result, _) = planted(pattern);
        assert_eq!(lowered(&result), Vec::<&str>::new(), "{pattern}");
        assert!(affected(&result, check) > 0, "{pattern}");
        assert_eq!(result["score"], 100.0);
    }
}
