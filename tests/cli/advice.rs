//! What warnings advise works: the flags of a help sentence, added to the command as they are, give what it promises.

use serde_json::Value;

use crate::Folder;

/// What a help sentence advises: flags, and the content of the file that `--schema FILE` names.
struct Advice {
    flags: Vec<String>,
    file: Option<String>,
}

/// All of them, from what stands between backticks.
fn advice_of(help: &str) -> Vec<Advice> {
    let mut found: Vec<Advice> = Vec::new();
    for span in help.split('`').skip(1).step_by(2) {
        match found.last_mut() {
            Some(last) if span.starts_with("columns = ") => last.file = Some(span.to_owned()),
            _ => found.push(Advice { flags: words(span), file: None }),
        }
    }
    found
}

/// The words of a command as a shell parts them, single quotes among them.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for letter in text.chars() {
        match letter {
            _ if is_escaped => {
                words.last_mut().unwrap().push(letter);
                is_escaped = false;
            }
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => is_escaped = true,
            ' ' if !is_quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

/// The report of a conversion, and its exit code.
fn convert(folder: &Folder, file: &str, flags: &[String]) -> (Value, i32) {
    let mut command = folder.run(&format!("convert {file} -o out.parquet --force --report json"));
    let done = command.args(flags).output().unwrap();
    let report = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|_| panic!("{file} {flags:?}: {}", String::from_utf8_lossy(&done.stderr)));
    (report, done.status.code().unwrap())
}

fn warning<'r>(report: &'r Value, code: &str, column: &str) -> Option<&'r Value> {
    let all = report["warnings"].as_array().unwrap();
    all.iter().find(|it| it["code"] == code && (column.is_empty() || it["column"] == column))
}

/// Does what the warning of a column advises, each of its ways, and says of each the type and role that the column
/// then has, and how many rows were set aside.
fn followed(file: &str, text: &str, code: &str, column: &str) -> Vec<String> {
    let folder = Folder::new().with(file, text);
    let (report, _) = convert(&folder, file, &[]);
    let told = warning(&report, code, column).unwrap_or_else(|| panic!("{file} {column}: {report:#}"));
    let help = told["help"].as_str().unwrap();
    let all = advice_of(help);
    assert!(!all.is_empty(), "{help}");
    let mut got = Vec::new();
    for advice in all {
        let folder = Folder::new().with(file, text).with("FILE", advice.file.unwrap_or_default());
        let (report, code) = convert(&folder, file, &advice.flags);
        let columns = report["columns"].as_array();
        let columns = columns.unwrap_or_else(|| panic!("{file} {:?}: {report:#}", advice.flags));
        let it = columns.iter().find(|it| it["source_name"] == column).unwrap();
        let bad = report["bad_rows"].as_u64().unwrap();
        assert_eq!(code, if bad > 0 { 4 } else { 0 }, "{help}");
        let kind = it["type"].as_str().unwrap().split(['[', '3', '6']).next().unwrap();
        got.push(format!("{kind} {} {bad}", it["role"].as_str().unwrap_or("-")));
    }
    got
}

/// A table of CSV with a case, an activity and a column with these values.
fn with_column(name: &str, values: &[&str]) -> String {
    let rows = values.iter().map(|value| format!("c1;a;{value}\n"));
    format!("case;activity;{name}\n{}", rows.collect::<String>())
}

/// The same with a column before it that is the timestamp.
fn with_second(name: &str, values: &[&str]) -> String {
    let rows = values.iter().map(|value| format!("c1;a;2024-01-01 10:00;{value}\n"));
    format!("case;activity;timestamp;{name}\n{}", rows.collect::<String>())
}

#[test]
fn advice_about_nearly_typed_columns_gives_the_type() {
    let time = "timestamp timestamp";
    let other = "timestamp -";
    let (one, both) = (format!("{time} 1"), vec![format!("{time} 0"), format!("{time} 1")]);
    let cases: &[(&[&str], &[String])] = &[
        (&["2024-01-01 10:00", "2024-01-02 10:00", "unknown"], &both),
        (&["2024-01-01 10:00", "2024-01-02 10:00", "2024-13-45"], std::slice::from_ref(&one)),
        (&["13.02.2024 10:00", "01.02.2024", "tbd"], &both),
        (&["02/13/2024 10:00", "01/02/2024 11:00", "open"], &both),
        (&["2024-01-01T10:00:00.123456789Z", "2024-01-02T10:00:00Z", "void"], &both),
        (&["01/02/2024 10:00", "03/04/2024 10:00", "later"], &[both.clone(), both.clone()].concat()),
        (&["NULL", "2024-01-01 10:00", "2024-01-02 10:00", "unknown"], std::slice::from_ref(&one)),
        (&["2024-01-01 10:00", "2024-01-02 10:00", "so, on"], std::slice::from_ref(&one)),
        (&["22-Oct-2014", "23-Oct-2014", "it's open"], &both),
    ];
    for name in ["when", "Start Time", "it's at"] {
        for (values, wanted) in cases {
            let mut got = followed("log.csv", &with_column(name, values), "LW302", name);
            // Nulls by their word are of the type that the values have, which may be days.
            for it in &mut got {
                *it = it.replace("date timestamp", "timestamp timestamp");
            }
            got.sort();
            let mut wanted = wanted.to_vec();
            wanted.sort();
            assert_eq!(got, wanted, "{name} {values:?}");
        }
    }
    let second: &[(&str, &[&str], &[String])] = &[
        ("due date", &["2024-01-01 10:00", "2024-01-02 10:00", "2024-13-45"], &[format!("{other} 1")]),
        (
            "due",
            &["13.02.2024 10:00", "01.02.2024 10:00", "none yet"],
            &[format!("{other} 0"), format!("{other} 1")],
        ),
        (
            "\"x\" y",
            &["01/02/2024 10:00", "03/04/2024 10:00", "x1"],
            &[format!("{other} 1"), format!("{other} 1")],
        ),
        (
            "start",
            &["2024-01-01 10:00", "2024-01-02 10:00", "x1"],
            &["timestamp start_timestamp 1".to_owned()],
        ),
    ];
    for (name, values, wanted) in second {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        let got = followed("log.csv", &with_second(&quoted, values), "LW302", name);
        assert_eq!(got, *wanted, "{name} {values:?}");
    }
}

#[test]
fn advice_about_numbers_gives_the_type() {
    for (values, wanted) in [
        (&["1", "2", "3", "unknown"][..], &["int - 0", "int - 1"][..]),
        (&["1.5", "2", "3", "unknown"], &["float - 0", "float - 1"]),
        (&["1,5", "2,25", "3,5", "n.a."], &["float - 0", "float - 1"]),
        (&["1.234,5", "2.000,25", "3,5", "void"], &["float - 0", "float - 1"]),
        (&["1 234 567", "2 000", "7", "absent"], &["int - 0", "int - 1"]),
        (&["true", "false", "true", "maybe"], &["bool - 0", "bool - 1"]),
    ] {
        assert_eq!(followed("log.csv", &with_column("v", values), "LW302", "v"), wanted, "{values:?}");
    }
    let mut values = vec!["7"; 150];
    values.push("12X");
    assert_eq!(followed("log.csv", &with_column("v", &values), "LW302", "v"), ["int - 1"]);
}

#[test]
fn both_orders_of_day_and_month_are_counted_and_the_advice_sets_the_fewer_aside() {
    for (values, told, wanted) in [
        (
            &["13/02/2024", "02/13/2024", "14/02/2024", "03/04/2024"][..],
            "2 values can only be read with the day first (dmy), such as \"13/02/2024\" in row 1 at byte 24, and 1 only with the month first (mdy), such as \"02/13/2024\" in row 2 at byte 40",
            "timestamp timestamp 1",
        ),
        (
            &["13/02/2024", "02/13/2024", "02/14/2024", "03/04/2024"],
            "1 value can only be read with the day first (dmy)",
            "timestamp timestamp 1",
        ),
        (
            &["13/02/2024 10:00", "02/13/2024 10:00"],
            "and 1 only with the month first",
            "timestamp timestamp 1",
        ),
        (&["13-02-2024", "02-13-2024", "unknown", "02-14-2024"], "in two orders", "timestamp timestamp 2"),
        (&["13/02/24 10:00", "02/13/24 10:00", "02/14/24 10:00"], "in two orders", "timestamp timestamp 1"),
        (&["2024-13-02", "2024-02-13", "2024-02-14"], "with the year first", "timestamp timestamp 1"),
        (&["13.02.2024", "02.13.2024", "15.02.2024"], "in two orders", "timestamp timestamp 1"),
    ] {
        for name in ["when", "Start Time"] {
            let text = with_column(name, values);
            let got = followed("log.csv", &text, "LW310", name);
            assert_eq!(got, [wanted], "{values:?}");
            let (report, _) = convert(&Folder::new().with("log.csv", &text), "log.csv", &[]);
            let message = warning(&report, "LW310", name).unwrap()["message"].as_str().unwrap().to_owned();
            assert!(name != "when" || message.contains(told), "{message}");
        }
        let second = followed("log.csv", &with_second("due", values), "LW310", "due");
        assert_eq!(second, [wanted.replace("timestamp timestamp", "timestamp -")], "{values:?}");
    }
}

#[test]
fn nanoseconds_beside_a_year_that_they_do_not_reach_are_reported() {
    let fine = "2024-01-01T00:00:00.123456789";
    for (values, wanted) in [
        (
            &[fine, "1600-01-01T00:00:00", "2024-01-02"][..],
            ["timestamp timestamp 1", "timestamp timestamp 1"],
        ),
        (&[fine, fine, "1600-01-01", "2024-01-02"], ["timestamp timestamp 1", "timestamp timestamp 2"]),
        (&[fine, "1600-01-01", "9999-12-31"], ["timestamp timestamp 1", "timestamp timestamp 2"]),
        (&[fine, "1600-01-01", "unknown"], ["timestamp timestamp 2", "timestamp timestamp 2"]),
    ] {
        let text = with_column("when", values);
        assert_eq!(followed("log.csv", &text, "LW310", "when"), wanted, "{values:?}");
        let (report, _) = convert(&Folder::new().with("log.csv", &text), "log.csv", &[]);
        let message = warning(&report, "LW310", "when").unwrap()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("which nanoseconds since 1970 in 64 bits do not reach"), "{message}");
    }
}

#[test]
fn layouts_that_are_advised_read_the_values() {
    for (name, values) in [
        ("timestamp", &["1704067200", "1704067201"][..]),
        ("timestamp", &["1704067200.5", "1704067201"]),
        ("event time", &["1704067200123", "1704067201456"]),
        ("time", &["1704067200123456"]),
        ("date", &["20240101", "20240102"]),
        ("date", &["20240101101500"]),
        ("t", &["2024-01-02 10:00", "13.02.2024 10:00"]),
        ("t", &["2024_10_22 10h15", "2024_10_23 11h15"]),
        ("t", &["22.10.2014 um 10:15 Uhr"]),
        ("t", &["[22/Oct/2014:10:15:41 +0200]"]),
        ("t", &["05/06/2014 10h15", "13/06/2014 10h15"]),
        ("it's at", &["2014/10/22 - 10:15:00"]),
        ("Start Time", &["2014/10/22 - 10:15:00"]),
    ] {
        let first = followed("log.csv", &with_column(name, values), "LW303", name);
        assert_eq!(first, ["timestamp timestamp 0"], "{name} {values:?}");
        if name == "timestamp" {
            continue;
        }
        let role = if name == "Start Time" { "start_timestamp" } else { "-" };
        let second = followed("log.csv", &with_second(name, values), "LW303", name);
        assert_eq!(second, [format!("timestamp {role} 0")], "{name} {values:?}");
    }
    let mut values = vec!["20240102"; 20];
    values.push("0");
    assert_eq!(
        followed("log.csv", &with_column("date", &values), "LW303", "date"),
        ["timestamp timestamp 1"]
    );
}

#[test]
fn day_numbers_of_spreadsheets_are_reported_where_a_name_says_time() {
    for (name, values, is_told) in [
        ("timestamp", &["45292.5", "45293"][..], true),
        ("due date", &["45292", "45293"], true),
        ("Datum", &["45292,25", "45293,5"], true),
        ("date", &["20000", "60000"], true),
        ("start time", &["45292.0416666667"], true),
        ("date", &["45292", "70000"], false),
        ("date", &["19999"], false),
        ("amount", &["45292.5", "45293"], false),
        ("id", &["45292", "45293"], false),
        ("date", &["45292", "12"], false),
    ] {
        let folder = Folder::new().with("log.csv", with_column(name, values));
        let (report, _) = convert(&folder, "log.csv", &[]);
        let told = warning(&report, "LW303", name);
        assert_eq!(told.is_some(), is_told, "{name} {values:?}: {told:?}");
        if let Some(told) = told {
            assert!(told["message"].as_str().unwrap().contains("days as Excel"), "{told}");
            assert!(told["help"].as_str().unwrap().contains("export"), "{told}");
        }
    }
    let folder = Folder::new().with("log.csv", with_column("date", &["45292.75"]));
    let (report, _) = convert(&folder, "log.csv", &[]);
    let told = warning(&report, "LW303", "date").unwrap();
    assert!(told["message"].as_str().unwrap().ends_with("45292.75 being 2024-01-01 18:00:00"), "{told}");
}

#[test]
fn advice_about_missing_roles_gives_the_roles() {
    for (header, row, columns) in [
        ("a;b", "x;y", &[("case_id", "a"), ("activity", "b")][..]),
        ("case;b", "x;y", &[("activity", "b")]),
        ("a;activity", "x;y", &[("case_id", "a")]),
        ("case;activity;one;other", "x;y;2024-01-01;2024-01-02", &[("timestamp", "one")]),
        ("case;activity;first 1;other", "x;y;2024-01-01 10:00;2024-01-02", &[("timestamp", "first 1")]),
        (
            "a;b;one;other",
            "x;y;2024-01-01;2024-01-02",
            &[("case_id", "a"), ("activity", "b"), ("timestamp", "one")],
        ),
    ] {
        let text = format!("{header}\n{row}\n{row}\n");
        let folder = Folder::new().with("log.csv", &text);
        let (report, _) = convert(&folder, "log.csv", &[]);
        let told = warning(&report, "LW401", "").unwrap_or_else(|| panic!("{report:#}"));
        let help = told["help"].as_str().unwrap();
        let mut flags: Vec<String> = Vec::new();
        for advice in advice_of(help) {
            let role = advice.flags[0].trim_start_matches("--").replace('-', "_");
            let Some((_, column)) = columns.iter().find(|(wanted, _)| *wanted == role) else { continue };
            let is_it = advice.flags[1] == "COLUMN" || advice.flags[1] == *column;
            if is_it && !flags.contains(&advice.flags[0]) {
                flags.extend([advice.flags[0].clone(), (*column).to_owned()]);
            }
        }
        let (report, code) = convert(&folder, "log.csv", &flags);
        assert_eq!(code, 0, "{help} {flags:?}");
        for (role, column) in columns {
            let all = report["columns"].as_array().unwrap();
            let it = all.iter().find(|it| it["source_name"] == *column).unwrap();
            assert_eq!(it["role"], *role, "{help} {flags:?}");
        }
    }
    // Where a column has advice of its own, this is what gives the timestamp.
    for values in [&["1704067200"][..], &["13/02/2024", "02/13/2024"], &["01/02/2024", "02/01/2024"]] {
        let folder = Folder::new().with("log.csv", with_column("when", values));
        let (report, _) = convert(&folder, "log.csv", &[]);
        let help = warning(&report, "LW401", "").unwrap()["help"].as_str().unwrap();
        assert_eq!(help, "for the timestamp do as the help about column \"when\" says");
    }
}

#[test]
fn advice_about_a_log_without_times_gives_it_times() {
    let text = "case;activity;one;other\nx;y;2024-01-01;2024-01-02\nx;z;2024-01-01;2024-01-02\n";
    let folder = Folder::new().with("log.csv", text);
    folder.run("convert log.csv -o log.parquet").assert().success();
    for (command, expected) in [
        ("convert log.csv -o out.xes", "`--timestamp one`"),
        ("convert log.parquet -o out.xes", "`--timestamp one`"),
        ("convert log.csv -o out.parquet --naming xes", "`--timestamp one`"),
    ] {
        let done = folder.run(&format!("{command} --force")).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(said.contains("warning[LW402]") && said.contains(expected), "{command}: {said}");
        let done = folder.run(&format!("{command} --force --timestamp one")).output().unwrap();
        assert!(done.status.success(), "{command}");
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(!said.contains("LW402"), "{command}: {said}");
    }
}
