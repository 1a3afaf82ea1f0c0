//! Dates and times in the layouts of the world: what has one reading is read, what has several is told.

use crate::{Folder, found, told, type_of};

/// What the column `when` of these values is converted to, by `flags`.
fn converted(values: &[&str], flags: &str) -> Vec<String> {
    let rows: String = values.iter().map(|value| format!("1|{value}\n")).collect();
    let folder = Folder::new().with("t.csv", format!("n|when\n{rows}"));
    folder
        .run(&format!("convert t.csv -o t.parquet --select when --delimiter pipe {flags}"))
        .assert()
        .success();
    folder.values("t.parquet")
}

#[test]
fn a_layout_that_has_one_reading_is_read() {
    for (value, written) in [
        ("20200422T0455", "2020-04-22 04:55:00.000000 +00:00"),
        ("20200422T0455Z", "2020-04-22 04:55:00.000000 +00:00"),
        ("20200422T0455+0200", "2020-04-22 02:55:00.000000 +00:00"),
        ("30-12-2010:11.02", "2010-12-30 11:02:00.000000 +00:00"),
        ("2022-05-03/14:31:07", "2022-05-03 14:31:07.000000 +00:00"),
        ("2022-13-05/14:31:07", "2022-05-13 14:31:07.000000 +00:00"),
        ("Sat, 22 Apr 2017 15:11:58 -0500", "2017-04-22 20:11:58.000000 +00:00"),
        ("Sat 22 Apr 2017 15:11:58 -0500", "2017-04-22 20:11:58.000000 +00:00"),
        ("Sat, 22 Apr 2017 15:11:58 -0500 (CDT)", "2017-04-22 20:11:58.000000 +00:00"),
        ("22 Apr 2017 15:11:58 -0500", "2017-04-22 20:11:58.000000 +00:00"),
        ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06 08:49:37.000000 +00:00"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06 08:49:37.000000 +00:00"),
        ("Sun Nov  6 08:49:37 1994", "1994-11-06 08:49:37.000000 +00:00"),
        ("Tue Jan 02 10:00:00 CET 2024", "2024-01-02 09:00:00.000000 +00:00"),
        ("2024-01-02T10:00:00+01:00[Europe/Berlin]", "2024-01-02 09:00:00.000000 +00:00"),
        ("2024-01-02T10:00:00Z[UTC]", "2024-01-02 10:00:00.000000 +00:00"),
        ("2024-01-02 10:00:00 CET", "2024-01-02 09:00:00.000000 +00:00"),
        ("2024-07-02 10:00:00 CEST", "2024-07-02 08:00:00.000000 +00:00"),
        ("2024-01-02 10:00 UTC+01:00", "2024-01-02 09:00:00.000000 +00:00"),
        ("2024-01-02 10:00:00 MSK", "2024-01-02 07:00:00.000000 +00:00"),
        ("12/Jan/24 3:45 PM", "2024-01-12 15:45:00.000000 +00:00"),
        ("22-OCT-14 11.15.41.123456 AM", "2014-10-22 11:15:41.123456 +00:00"),
        ("22-OCT-2014 11.15.41", "2014-10-22 11:15:41.000000 +00:00"),
        ("2014-10-22-11.15.41.123456", "2014-10-22 11:15:41.123456 +00:00"),
        ("22OCT2014:11:15:41", "2014-10-22 11:15:41.000000 +00:00"),
        ("22/Oct/2014:11:15:41 +0200", "2014-10-22 09:15:41.000000 +00:00"),
        ("12.25.2020 19-19-19", "2020-12-25 19:19:19.000000 +00:00"),
        ("22.10.2014 11.15.41", "2014-10-22 11:15:41.000000 +00:00"),
        ("2014-10-22 11.15", "2014-10-22 11:15:00.000000 +00:00"),
        ("22.10.2014, 11:15:41", "2014-10-22 11:15:41.000000 +00:00"),
    ] {
        assert_eq!(converted(&[value], ""), [written], "{value}");
    }
}

#[test]
fn the_month_comes_first_between_points_only_if_the_day_cannot() {
    let both = ["12.25.2020 10:00", "01.02.2021 10:00"];
    assert_eq!(
        converted(&both, ""),
        ["2020-12-25 10:00:00.000000 +00:00", "2021-01-02 10:00:00.000000 +00:00"]
    );
    assert_eq!(converted(&both[1..], ""), ["2021-02-01 10:00:00.000000 +00:00"]);
    assert_eq!(converted(&both[1..], "--date-order mdy"), ["2021-01-02 10:00:00.000000 +00:00"]);
    assert_eq!(
        converted(&["12.25.2020 10:00", "25.12.2020 10:00"], ""),
        ["12.25.2020 10:00", "25.12.2020 10:00"]
    );
}

#[test]
fn a_zone_that_several_countries_call_the_same_is_not_guessed() {
    for zone in ["EST", "IST", "CST", "BST", "AST", "PST"] {
        let value = format!("2024-01-02 10:00:00 {zone}");
        let folder = Folder::new().with("t.csv", format!("n,when\n1,{value}\n"));
        let schema = found(&folder, "t.csv");
        assert_eq!(type_of(&schema, "when"), "string", "{zone}");
        assert_eq!(told(&schema, "when")[0].0, "LW303", "{zone}");
    }
    let moscow = "2012-01-02 10:00:00 MSK";
    assert_eq!(converted(&[moscow], ""), [moscow]);
}

#[test]
fn orders_that_two_digits_leave_open_are_named_and_each_gives_its_own_values() {
    for (values, left) in [
        (&["24/01/15 10:00", "24/01/31 11:00", "24/02/01 12:00"][..], "dmy or ymd"),
        (&["23-12-29 10:00:00", "23-12-31 11:00:00"], "dmy or ymd"),
        (&["12/01/11 10:00", "12/01/10 11:00"], "dmy, mdy or ymd"),
        (&["12/01/11 10:00", "1/02/11 11:00"], "dmy or mdy"),
        (&["10.11.12 10:00"], "dmy or ymd"),
        (&["10.11.12"], "dmy or ymd"),
        (&["05/06/2014 10:00"], "dmy or mdy"),
    ] {
        let folder = Folder::new().with("t.csv", format!("n,when\n1,{}\n", values.join("\n1,")));
        let schema = found(&folder, "t.csv");
        assert_eq!(type_of(&schema, "when"), "string", "{values:?}");
        let [(code, what, help)] = told(&schema, "when").try_into().unwrap();
        assert_eq!(code, "LW301", "{values:?}");
        for order in left.split([' ', ',']).filter(|it| it.len() == 3) {
            assert!(help.contains(&format!("`--date-order {order}`")), "{values:?}: {help}");
            assert!(what.contains(order), "{values:?}: {what}");
            let decided = found(&folder, &format!("t.csv --date-order {order}"));
            assert_ne!(type_of(&decided, "when"), "string", "{values:?} {order}");
        }
    }
    for (value, order, written) in [
        ("24/01/15 10:00", "ymd", "2024-01-15 10:00:00.000000 +00:00"),
        ("24/01/15 10:00", "dmy", "2015-01-24 10:00:00.000000 +00:00"),
        ("24/01/15 10:00", "mdy", "24/01/15 10:00"),
        ("12-01-11 10:00", "ymd", "2012-01-11 10:00:00.000000 +00:00"),
        ("12-01-11 10:00", "dmy", "2011-01-12 10:00:00.000000 +00:00"),
        ("12-01-11 10:00", "mdy", "2011-12-01 10:00:00.000000 +00:00"),
        ("24.1.5 10:00", "ymd", "2024-01-05 10:00:00.000000 +00:00"),
        ("99/12/31 10:00", "dmy", "99/12/31 10:00"),
        ("31/12/99 10:00", "ymd", "31/12/99 10:00"),
        ("31/12/1999 10:00", "ymd", "1999-12-31 10:00:00.000000 +00:00"),
    ] {
        assert_eq!(converted(&[value], &format!("--date-order {order}")), [written], "{value} {order}");
    }
}

#[test]
fn one_value_excludes_an_order_for_its_column_wherever_it_stands() {
    for last in ["24/01/32 10:00", "32/01/24 10:00", "24/13/01 10:00"] {
        let log = format!("n,when\n{}2,{last}\n", "1,24/01/15 10:00\n".repeat(40_000));
        let folder = Folder::new().with("t.csv", log);
        let expected = if last == "24/13/01 10:00" { "string" } else { "timestamp" };
        assert_eq!(type_of(&found(&folder, "t.csv"), "when"), expected, "{last}");
        assert_eq!(type_of(&found(&folder, "t.csv --threads 1"), "when"), expected, "{last}");
        if expected == "timestamp" {
            folder.run("convert t.csv -o t.parquet --select when --force").assert().success();
            let first = if last.starts_with("24") { "2015-01-24" } else { "2024-01-15" };
            assert!(folder.values("t.parquet")[0].starts_with(first), "{last}");
        }
    }
}

#[test]
fn orders_that_mean_the_same_days_need_no_decision() {
    assert_eq!(converted(&["24/11/24 10:00"], ""), ["2024-11-24 10:00:00.000000 +00:00"]);
    assert_eq!(converted(&["11/11/11 10:00"], ""), ["2011-11-11 10:00:00.000000 +00:00"]);
}

#[test]
fn a_found_schema_reads_dates_with_two_digits_first_again() {
    let folder = Folder::new().with("t.csv", "n,when\n1,24/01/15 10:00\n");
    let out = folder.run("schema t.csv --date-order ymd --format file").output().unwrap().stdout;
    let folder = folder.with("t.toml", out);
    assert!(folder.text("t.toml").contains("written = \"14-12-31\""));
    folder.run("convert t.csv -o t.parquet --schema t.toml").assert().success();
    assert_eq!(folder.values("t.parquet"), ["1|2024-01-15 10:00:00.000000 +00:00"]);
}

#[test]
fn a_source_that_says_what_its_values_are_has_no_years_of_two_digits() {
    let folder = Folder::new().with("t.jsonl", "{\"when\": \"24-01-15 10:00\"}\n");
    assert_eq!(type_of(&found(&folder, "t.jsonl"), "when"), "string");
}
