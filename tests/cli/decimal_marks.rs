//! `2.155` is a fraction or thousands: the other columns of the file tell, or nobody does.

use crate::{Folder, found, told, type_of};

/// A file with the columns `a` and `b`, the other column first or last.
fn file(a: &[&str], b: &[&str]) -> String {
    let rows: String = a.iter().zip(b).map(|(a, b)| format!("{a};{b}\n")).collect();
    format!("a;b\n{rows}")
}

#[test]
fn the_file_decides_what_a_column_leaves_open() {
    for (a, b, expected, told_of_file) in [
        (&["2.155", "1.842"][..], &["19,47", "8,21"][..], "int64", true),
        (&["2.155", "12"], &["1.234,5", "2,5"], "int64", true),
        (&["2.155", "-1.842"], &["1.234.567", "2"], "int64", true),
        (&["1.299", "1.250"], &["x", "y"], "string", false),
        (&["1.299", "1.250"], &["1.100", "2.200"], "string", false),
        (&["1.299", "1.250"], &["1", "2000"], "string", false),
        (&["1.299", "1.250"], &["1 234", "2"], "string", false),
        (&["1.299", "1.250"], &["3.5", "4"], "float64", true),
        (&["1.299", "1.250"], &["1,234.5", "2"], "float64", true),
        (&["1.299", "0.125"], &["19,47", "2,5"], "float64", false),
        (&["1.299", "1234.5"], &["19,47", "2,5"], "float64", false),
        (&["1.299", "1.2"], &["x", "y"], "float64", false),
        (&["2.155.000", "1.842"], &["x", "y"], "int64", false),
        (&["1,234", "2,345"], &["3.5", "1"], "int64", true),
        (&["1,234", "2,345"], &["19,47", "1"], "float64", true),
        (&["1,234", "2,345"], &["x", "y"], "string", false),
        (&["12", "13"], &["19,47", "1"], "int64", false),
    ] {
        let folder = Folder::new().with("t.csv", file(a, b)).with("u.csv", file(b, a));
        for (input, name) in [("t.csv", "a"), ("u.csv", "b")] {
            let schema = found(&folder, input);
            let other = if name == "a" { "b" } else { "a" };
            assert_eq!(type_of(&schema, name), expected, "{a:?} {b:?}");
            let warnings = told(&schema, name);
            assert_eq!(warnings.iter().any(|it| it.0 == "LW307"), told_of_file, "{a:?} {b:?} {warnings:?}");
            if told_of_file {
                assert!(warnings[0].1.contains(&format!("column {other:?} shows")), "{warnings:?}");
                assert!(warnings[0].2.contains("--decimal"), "{warnings:?}");
            } else if expected == "string" {
                assert!(warnings[0].0 == "LW301" && warnings[0].2.contains("--decimal"), "{warnings:?}");
            }
        }
    }
}

#[test]
fn both_marks_in_one_file_decide_nothing() {
    let folder = Folder::new().with("t.csv", "a;b;c\n2.155;19,47;3.5\n1.842;8,21;4.5\n");
    let schema = found(&folder, "t.csv");
    assert_eq!(type_of(&schema, "a"), "string");
    assert_eq!(told(&schema, "a")[0].0, "LW301");
}

#[test]
fn the_decimal_flag_overrides_detection() {
    let folder = Folder::new().with("t.csv", file(&["2.155", "12"], &["19,47", "8"]));
    folder.run("convert t.csv -o t.parquet").assert().success();
    assert_eq!(folder.values("t.parquet"), ["2155|19.47", "12|8.0"]);
    folder.run("convert t.csv -o p.parquet --decimal point --select a").assert().success();
    assert_eq!(folder.values("p.parquet"), ["2.155", "12.0"]);
}

#[test]
fn evidence_counts_wherever_in_the_files_it_stands() {
    // Beyond what any sample sees, and in another file of the same run.
    let long = format!("a;b\n{}2.155;19,47\n", "2.155;7\n".repeat(60_000));
    let folder = Folder::new()
        .with("long.csv", long)
        .with("one.csv", "a;b\n2.155;7\n")
        .with("two.csv", "a;b\n1.842;19,47\n");
    for input in ["long.csv", "long.csv --threads 1", "one.csv two.csv", "two.csv one.csv"] {
        let schema = found(&folder, input);
        assert_eq!((type_of(&schema, "a"), type_of(&schema, "b")), ("int64", "float64"), "{input}");
    }
    assert_eq!(type_of(&found(&folder, "one.csv"), "a"), "string");
    folder.run("convert long.csv -o long.parquet").assert().success();
    assert_eq!(folder.values("long.parquet")[60_000], "2155|19.47");
}

#[test]
fn a_declared_mark_is_evidence_and_sources_that_say_what_numbers_are_are_not_concerned() {
    let folder = Folder::new()
        .with("t.csv", file(&["2.155"], &["7"]))
        .with("t.toml", "[[columns]]\nname = \"b\"\ntype = \"float64\"\nwritten = \"1234,5\"\n")
        .with("t.jsonl", "{\"a\": 1.299, \"b\": \"19,47\"}\n");
    assert_eq!(type_of(&found(&folder, "t.csv --schema t.toml"), "a"), "int64");
    let json = found(&folder, "t.jsonl");
    assert_eq!(type_of(&json, "a"), "float64");
    assert!(told(&json, "a").is_empty());
}
