//! `logflow inspect --rules`: the answers that DaQAPO prints, each kind of rule, and each kind of mistake.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::Folder;
use crate::inspect::{check, inspected, line_start};

/// The hospital log of DaQAPO's documentation (bupaverse/daqapo, MIT), with its cells as they stand in its workbook.
const HOSPITAL: &str = include_str!("../data/hospital.csv");
/// The parameters that the documentation gives.
const RULES: &str = include_str!("../data/hospital_rules.toml");
const ROLES: &str = "--case-id patient_visit_nr --activity activity --timestamp complete_ts --start-timestamp start_ts \
                     --resource originator --null-words #N/A";

fn hospital() -> Value {
    let folder = Folder::new().with("hospital.csv", HOSPITAL).with("rules.toml", RULES);
    inspected(&folder, &format!("hospital.csv --rules rules.toml {ROLES}"))
}

fn counts(result: &Value, id: &str) -> (u64, u64) {
    let it = check(result, id);
    (it["affected"].as_u64().unwrap(), it["applicable"].as_u64().unwrap())
}

/// The cases of the examples of a check, in order and each once.
fn cases(result: &Value, id: &str) -> Vec<String> {
    let examples = check(result, id)["examples"].as_array().unwrap().iter();
    let mut cases: Vec<String> = examples.map(|it| it["case"].as_str().unwrap().to_owned()).collect();
    cases.sort();
    cases.dedup();
    cases
}

#[test]
fn rules_give_the_answers_that_daqapo_prints() {
    let result = hospital();
    // Order respected by 18 of 22.
    assert_eq!(counts(&result, "activity-order"), (4, 22));
    assert_eq!(cases(&result, "activity-order"), ["512", "518", "521", "535"]);
    // Frequency: 3 cases, by two rules.
    assert_eq!(counts(&result, "activity-frequency"), (3, 44));
    assert_eq!(cases(&result, "activity-frequency"), ["512", "518", "535"]);
    // 4 of 9 labels, 4 rows.
    assert_eq!(counts(&result, "allowed-activities"), (4, 53));
    assert_eq!(check(&result, "allowed-activities")["details"], json!(["4 of 9 labels are not allowed"]));
    // 4 cases are complete, 18 are not.
    assert_eq!(counts(&result, "required-activities"), (18, 22));
    // Holds in 5 cases, and not in 1.
    assert_eq!(counts(&result, "related-activities"), (1, 6));
    assert_eq!(cases(&result, "related-activities"), ["529"]);
    assert_eq!(counts(&result, "conditional-activity"), (0, 2));
    // 46 in the range and 7 not, of which one is missing.
    assert_eq!(counts(&result, "value-range"), (6, 52));
    // Holds in 12 rows, and not in 2.
    assert_eq!(counts(&result, "attribute-dependency"), (2, 14));
    // One outlier with bounds of 5.06 and 22.2 minutes.
    assert_eq!(counts(&result, "duration-bounds"), (1, 5));
    let told = check(&result, "duration-bounds")["rules"][0]["rule"].as_str().unwrap();
    assert_eq!(told, "\"Treatment\" takes from 5.06 min to 22.20 min");
    // 9 periods of 30 minutes or more.
    assert_eq!(counts(&result, "inactive-period"), (9, 52));
    // By hand from the table: the second exam of 512, three patients within five seconds, two rows of 536.
    let told = check(&result, "multi-registration")["rules"][0]["rule"].as_str().unwrap();
    assert_eq!(told, "events of a resource within 10s (3 of 11 resources have such)");
}

#[test]
fn without_rules_the_checks_that_need_them_are_not_assessed() {
    let folder = Folder::new().with("hospital.csv", HOSPITAL);
    let result = inspected(&folder, &format!("hospital.csv {ROLES}"));
    for id in ["activity-order", "value-range", "multi-registration", "duration-bounds", "allowed-activities"]
    {
        assert_eq!(check(&result, id)["not_assessed"], "there are no rules for it", "{id}");
        assert!(check(&result, id)["score"].is_null());
    }
    folder
        .run(&format!("inspect hospital.csv {ROLES}"))
        .assert()
        .success()
        .stdout(contains("not assessed:").and(contains("there are no rules for it: activity-order, ")));
}

#[test]
fn findings_of_rules_name_rows_and_the_result_is_the_same_at_any_number_of_threads() {
    let folder = Folder::new().with("hospital.csv", HOSPITAL).with("rules.toml", RULES);
    folder
        .run(&format!("inspect hospital.csv --rules rules.toml --findings f.parquet --quiet {ROLES}"))
        .assert()
        .success();
    let rows: Vec<String> = folder
        .values("f.parquet")
        .into_iter()
        .filter(|it| it.starts_with("attribute-dependency") || it.starts_with("related-activities"))
        .collect();
    let row = |check: &str, dimension: &str, row: usize| {
        format!("{check}|error|{dimension}|hospital.csv|{row}|{}|null", line_start(HOSPITAL, row))
    };
    assert_eq!(
        rows,
        [
            row("attribute-dependency", "consistency", 28),
            row("related-activities", "completeness", 44),
            row("attribute-dependency", "consistency", 50),
        ]
    );
    let one = inspected(&folder, &format!("hospital.csv --rules rules.toml --threads 1 {ROLES}"));
    assert_eq!(inspected(&folder, &format!("hospital.csv --rules rules.toml --threads 8 {ROLES}")), one);
}

#[test]
fn convert_takes_rules_too() {
    let folder = Folder::new().with("hospital.csv", HOSPITAL).with("rules.toml", RULES);
    folder
        .run(&format!(
            "convert hospital.csv -o h.parquet --inspect h.json --rules rules.toml --quiet {ROLES}"
        ))
        .assert()
        .success();
    let result: Value = serde_json::from_str(&folder.text("h.json")).unwrap();
    assert_eq!(counts(&result, "related-activities"), (1, 6));
    folder
        .run("convert hospital.csv -o other.parquet --rules rules.toml")
        .assert()
        .code(2)
        .stderr(contains("--inspect"));
}

/// Three cases of three activities; the second lacks one, the third has two of them swapped.
const LOG: &str = "case_id,activity,timestamp,start_timestamp,resource,amount\n\
    1,A,2024-03-01T08:00:00Z,2024-03-01T07:50:00Z,Ann,5\n\
    1,B,2024-03-01T09:00:00Z,2024-03-01T08:30:00Z,Ben,7\n\
    1,C,2024-03-01T10:00:00Z,2024-03-01T09:59:00Z,Ann,\n\
    2,A,2024-03-02T08:00:00Z,2024-03-02T07:50:00Z,Ann,5\n\
    2,C,2024-03-02T08:00:04Z,2024-03-02T08:00:01Z,Ann,9\n\
    3,B,2024-03-05T09:00:00Z,2024-03-05T08:30:00Z,Ben,-1\n\
    3,A,2024-03-05T10:00:00Z,2024-03-05T09:50:00Z,Ben,5\n\
    3,C,2024-03-05T11:00:00Z,2024-03-05T10:59:00Z,Ann,5\n";

fn by(rules: &str, id: &str) -> Value {
    let folder = Folder::new().with("log.csv", LOG).with("rules.toml", rules);
    let result = inspected(&folder, "log.csv --rules rules.toml --as-of 2025-01-01");
    check(&result, id).clone()
}

#[test]
fn each_kind_of_rule_is_counted() {
    for (rules, id, affected, applicable) in [
        ("activities = [\"A\", \"B\", \"C\"]", "activity-order", 1, 3),
        ("activities = [\"A\", \"C\"]", "activity-order", 0, 3),
        ("activity = \"B\"\nleast = 1", "activity-frequency", 1, 3),
        ("activity = \"B\"\nmost = 1", "activity-frequency", 0, 3),
        ("activities = [\"A\", \"B\"]", "allowed-activities", 3, 8),
        ("activities = [\"A\", \"B\"]", "required-activities", 1, 3),
        ("activity = \"C\"\nneeds = \"B\"", "related-activities", 1, 3),
        ("where = \"amount > 8\"\nactivities = [\"B\"]", "conditional-activity", 1, 1),
        ("column = \"amount\"\nleast = 0", "value-range", 1, 7),
        ("column = \"amount\"\nvalues = [5, 7]", "value-range", 2, 7),
        ("column = \"timestamp\"\nleast = 2024-03-02", "value-range", 3, 8),
        ("column = \"resource\"\nvalues = [\"Ann\"]", "value-range", 3, 8),
        ("where = \"activity = 'C'\"\nthen = \"amount >= 5\"", "attribute-dependency", 1, 3),
        ("activity = \"C\"\nleast = \"10s\"", "duration-bounds", 1, 3),
        ("activity = \"B\"\nmost = \"29min\"", "duration-bounds", 2, 2),
        ("longer_than = \"1d\"", "inactive-period", 1, 7),
        ("longer_than = \"20h\"", "inactive-period", 2, 7),
        ("by = \"case\"\nwithin = \"10s\"", "multi-registration", 2, 8),
        ("within = \"10s\"", "multi-registration", 2, 8),
    ] {
        let found = by(&format!("[[{id}]]\n{rules}\n"), id);
        assert_eq!(
            (&found["affected"], &found["applicable"]),
            (&affected.into(), &applicable.into()),
            "{id}: {rules}"
        );
        assert_eq!(found["rules"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn an_activity_that_no_event_has_is_told() {
    let found = by("[[activity-order]]\nactivities = [\"A\", \"Bb\"]\n", "activity-order");
    assert_eq!(found["affected"], 0);
    assert_eq!(found["details"][1], "no event has the activity \"Bb\" of a rule");
}

#[test]
fn mistakes_in_rules_have_a_code_and_a_line() {
    let folder = Folder::new().with("log.csv", LOG);
    for (rules, code, told) in [
        ("[[activity-oder]]\nactivities = [\"A\", \"B\"]\n", "LF505", "did you mean activity-order?"),
        ("[[activity-order]]\nactivites = [\"A\", \"B\"]\n", "LF505", "did you mean activities?"),
        ("[[value-range]]\ncolumn = \"amuont\"\nleast = 1\n", "LF502", "amount"),
        ("[[value-range]]\ncolumn = \"amount\"\nleast = \"low\"\n", "LF501", "value-range"),
        ("[[attribute-dependency]]\nwhere = \"amount >\"\nthen = \"amount = 1\"\n", "LF505", "condition"),
        ("[[duration-bounds]]\nactivity = \"A\"\nmost = \"5 parsec\"\n", "LF505", "30min"),
        ("[[inactive-period]]\nlonger_than = \"0s\"\n", "LF505", "above 0"),
        ("[[\n", "LF505", "rules.toml, line 1:"),
    ] {
        std::fs::write(folder.path("rules.toml"), rules).unwrap();
        folder
            .run("inspect log.csv --rules rules.toml")
            .assert()
            .code(2)
            .stderr(contains(code).and(contains(told)))
            .stdout("");
    }
    folder.run("inspect log.csv --rules none.toml").assert().code(2).stderr(contains("LF505"));
}

#[test]
fn the_file_of_rules_is_never_replaced_and_is_read_before_the_log() {
    let folder =
        Folder::new().with("log.csv", HOSPITAL).with("rules.toml", RULES).with("wrong.toml", "[[rule]]\n");
    for place in ["--html rules.toml", "--findings ./rules.toml"] {
        let told =
            folder.run(&format!("inspect log.csv --rules rules.toml {place} --force")).assert().code(2);
        told.stderr(contains("would replace the file of rules"));
    }
    let out =
        folder.run("convert log.csv -o rules.toml --force --inspect i.json --rules rules.toml").assert();
    out.code(2).stderr(contains("would replace the file of rules"));
    assert_eq!(folder.text("rules.toml"), RULES);
    let pipeline = "[source]\ninputs = \"log.csv\"\n[[target]]\nkind = \"inspect\"\nrules = \"wrong.toml\"\n";
    let folder = folder.with("p.toml", pipeline);
    for args in ["", "--check"] {
        folder
            .run(&format!("run p.toml {args}"))
            .assert()
            .code(2)
            .stderr(contains("LF505").and(contains("wrong.toml")));
    }
}
