//! Codes that look like numbers, and versions and codes that look like dates, stay as they are written.

use crate::{Folder, found, told, type_of};

#[test]
fn digits_with_an_e_among_them_are_text_with_a_warning_unless_one_is_surely_a_number() {
    for (values, expected, warned) in [
        (&["12E12", "13E05"][..], "string", true),
        (&["1E5", "2E7", "10E10"], "string", true),
        (&["1e5", "7"], "string", true),
        (&["587E59"], "string", true),
        (&["0E5", "5E0"], "string", true),
        (&["1E5", ""], "string", true),
        (&["1E5", "NA"], "string", true),
        (&["-1", "1E5"], "string", true),
        (&["12E400", "3E999"], "string", false),
        (&["1E5", "3E999"], "string", false),
        (&["0047583311587E590003"], "string", false),
        (&["1E5", "1.5E5"], "float64", false),
        (&["1E5", "1E-5"], "float64", false),
        (&["1E5", "2E+7"], "float64", false),
        (&["1E5", "-1E5"], "float64", false),
        (&["1E5", "2.5"], "float64", false),
        (&["1E5", "x"], "string", false),
        (&["12", "13"], "int64", false),
    ] {
        let folder = Folder::new().with("t.csv", format!("n,code\n1,{}\n", values.join("\n2,")));
        let schema = found(&folder, "t.csv");
        assert_eq!(type_of(&schema, "code"), expected, "{values:?}");
        let warnings = told(&schema, "code");
        assert_eq!(
            warnings.iter().any(|it| it.0 == "LW304" && it.2.contains("--schema")),
            warned,
            "{values:?}"
        );
    }
}

#[test]
fn codes_are_written_as_they_stand_and_a_declared_type_makes_them_numbers() {
    let folder = Folder::new()
        .with("t.csv", "n,code\n1,12E12\n2,3E5\n")
        .with("t.toml", "[[columns]]\nname = \"code\"\ntype = \"float64\"\n");
    folder.run("convert t.csv -o text.parquet").assert().success();
    assert_eq!(folder.values("text.parquet"), ["1|12E12", "2|3E5"]);
    folder.run("convert t.csv -o numbers.parquet --schema t.toml").assert().success();
    assert_eq!(folder.columns("numbers.parquet")[1], "code DOUBLE");
}

#[test]
fn a_code_beyond_the_first_look_is_found_as_well() {
    for (last, expected) in [("4E5", "string"), ("4.5", "float64")] {
        let log = format!("n,code\n{}2,{last}\n", "1,12E12\n".repeat(60_000));
        let folder = Folder::new().with("t.csv", log);
        assert_eq!(type_of(&found(&folder, "t.csv"), "code"), expected);
        assert_eq!(type_of(&found(&folder, "t.csv --threads 1"), "code"), expected);
    }
}

#[test]
fn versions_and_sort_codes_are_text_and_play_no_role() {
    for (name, values, warned) in [
        ("version", &["3.11.10", "3.12.11", "3.9.19"][..], true),
        ("version", &["10.4.11", "10.4.12", "10.5.20"], true),
        ("version", &["1.20.15", "1.21.10"], true),
        ("version", &["14.2.33", "14.2.34"], true),
        ("tag", &["10.4.1", "10.4.2"], true),
        ("SortCode", &["11-12-10", "20-01-01", "04-07-08"], true),
        ("sort code", &["40-12-15", "60-01-02"], true),
        ("Kostenstelle", &["10.11.12"], true),
        ("cost centre", &["01/02/03", "02/03/04"], true),
        ("data_version", &["3.11.10"], true),
        ("version", &["11.0.1", "10.5"], false),
        ("version", &["3.11.10", "3.11.10rc1"], false),
        ("ip", &["10.4.11.12", "10.4.11.13"], false),
        ("id", &["11-12-101"], false),
    ] {
        let rows: String = values.iter().map(|value| format!("1;a;{value};2024-01-01 10:00\n")).collect();
        let folder = Folder::new().with("t.csv", format!("case_id;activity;{name};when\n{rows}"));
        let schema = found(&folder, "t.csv");
        assert_eq!(type_of(&schema, name), "string", "{values:?}");
        assert_eq!(schema["columns"][2]["role"], serde_json::Value::Null, "{values:?}");
        assert_eq!(schema["columns"][3]["role"], "timestamp", "{values:?}");
        let warnings = told(&schema, name);
        let is_told = |it: &(String, String, String)| it.0 == "LW301" && it.1.contains("versions or codes");
        assert_eq!(warnings.iter().any(is_told), warned, "{values:?} {warnings:?}");
    }
}

#[test]
fn three_short_numbers_are_dates_where_something_says_so() {
    for (name, values, flags) in [
        ("when", &["3.11.10"][..], ""),
        ("Datum", &["3.11.10"], ""),
        ("order_date", &["1/2/19", "1/13/19"], ""),
        ("d", &["31.12.99", "1.2.98"], ""),
        ("d", &["12/25/19", "1/2/19"], ""),
        ("d", &["3.11.10"], "--date-order dmy"),
        ("d", &["11-12-10"], "--date-order ymd"),
        ("d", &["22-Oct-14"], ""),
        ("d", &["99-12-31"], ""),
    ] {
        let folder = Folder::new().with("t.csv", format!("n;{name}\n1;{}\n", values.join("\n1;")));
        assert_eq!(type_of(&found(&folder, &format!("t.csv {flags}")), name), "date32", "{values:?} {flags}");
    }
    let folder = Folder::new()
        .with("t.csv", "n,d\n1,3.11.10\n")
        .with("t.toml", "[[columns]]\nname = \"d\"\ntype = \"date\"\n");
    assert_eq!(type_of(&found(&folder, "t.csv --timestamp d"), "d"), "timestamp");
    folder.run("convert t.csv -o t.parquet --schema t.toml").assert().success();
    assert_eq!(folder.values("t.parquet"), ["1|2010-11-03"]);
}
