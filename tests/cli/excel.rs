//! Workbooks: sheets, headers, values and types, damage, and workbooks as outputs. The files in
//! tests/data/excel are written by openpyxl (`make.py` there).

use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;

use crate::{Folder, found};

/// The path of a workbook in tests/data/excel.
fn book(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/excel").join(name).display().to_string()
}

/// The columns of what `logflow schema` finds, with their types.
fn types(folder: &Folder, args: &str) -> Vec<String> {
    let found = found(folder, args);
    let columns = found["columns"].as_array().unwrap().iter();
    columns.map(|it| format!("{} {}", it["name"].as_str().unwrap(), it["type"].as_str().unwrap())).collect()
}

/// The codes of the warnings of a report.
fn codes(report: &serde_json::Value) -> Vec<&str> {
    report["warnings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect()
}

#[test]
fn a_sheet_becomes_a_table_with_the_types_of_its_cells() {
    let folder = Folder::new();
    let visits = book("visits.xlsx");
    assert_eq!(
        types(&folder, &visits),
        [
            "case string",
            "activity string",
            "time timestamp[us, UTC]",
            "day date32",
            "at time64(µs)",
            "took duration(µs)",
            "cost float64",
            "count int64",
            "urgent bool",
            "code string",
            "column_11 string",
            "cost_2 string",
        ]
    );
    let report = found(&folder, &visits);
    // Of two titles, a column without a name and one with that of another, an error, values of several kinds,
    // a hidden row, and merged cells is told.
    let mut told = codes(&report);
    told.sort_unstable();
    assert_eq!(told, ["LW201", "LW203", "LW203", "LW221", "LW222", "LW223", "LW321"]);
    assert_eq!(report["inputs"][0]["preamble"][0], "Visits of the clinic");
    assert_eq!(report["inputs"][0]["preamble"][1], "as of\t2024-05-02");
    folder
        .run(&format!("convert {visits} -o visits.parquet --select case,activity,time,day,code,cost_2"))
        .assert()
        .code(0);
    assert_eq!(
        folder.values("visits.parquet"),
        [
            "p1|Triage|2024-05-01 12:00:00.000000 +00:00|2024-05-01|007|1",
            "p1|Surgery|2024-05-01 12:00:00.125000 +00:00|1900-01-01|008|2",
            "p2| Triage |null|null|9|many",
        ]
    );
    folder
        .run(&format!("convert {visits} -o x.parquet --strict-types"))
        .assert()
        .code(1)
        .stderr(contains("LF214"));
}

#[test]
fn times_are_local_times_of_the_zone_that_is_given() {
    let folder = Folder::new();
    folder
        .run(&format!("convert {} -o v.parquet --select time --timezone Europe/Berlin", book("visits.xlsx")))
        .assert()
        .code(0);
    assert_eq!(folder.values("v.parquet")[0], "2024-05-01 10:00:00.000000 +00:00");
}

#[test]
fn the_header_is_where_the_user_says() {
    let folder = Folder::new();
    let visits = book("visits.xlsx");
    let names = |args: &str| types(&folder, &format!("{visits} {args}"));
    assert!(names("--header no")[0].starts_with("column_1 "));
    assert!(names("--skip-lines 5 --header yes")[1].starts_with("Triage "));
}

#[test]
fn sheets_are_chosen_by_number_name_table_and_area() {
    let folder = Folder::new();
    let sheets = book("sheets.xlsx");
    for (sheet, rows) in [
        ("1", &["n1|1", "n2|2"][..]),
        ("north", &["n1|1", "n2|2"]),
        ("2", &["s1|2.5|late"]),
        ("Hidden", &["h1|unknown"]),
        ("Amounts", &["n1|1"]),
        ("Second", &["s1|2.5"]),
        ("North!A1:A3", &["n1", "n2"]),
        ("all", &["North|n1|1|null", "North|n2|2|null", "South ~ 2|s1|2.5|late", "Hidden|h1|unknown|null"]),
    ] {
        folder.run(&format!("convert {sheets} -o s.parquet --force --sheet {sheet}")).assert().code(0);
        assert_eq!(folder.values("s.parquet"), rows, "{sheet}");
    }
    folder
        .run(&format!("convert {sheets} -o s.parquet --force"))
        .assert()
        .code(0)
        .stderr(contains("\"South ~ 2\", \"Hidden\" (hidden)").and(contains("--sheet all")));
    folder
        .run(&format!("convert {sheets} -o x.parquet --sheet 5"))
        .assert()
        .code(2)
        .stderr(contains("1 \"North\"").and(contains("\"Amounts\"")));
    folder
        .run(&format!("convert {sheets} -o x.parquet --sheet Empty"))
        .assert()
        .code(1)
        .stderr(contains("LF104"));
    folder.run(&format!("schema {sheets}")).assert().code(0).stdout(contains("4 \"Hidden\" (hidden)"));
}

#[test]
fn all_sheets_become_files_in_a_folder() {
    let folder = Folder::new();
    folder.run(&format!("convert {} -o out/ --sheet all", book("sheets.xlsx"))).assert().code(0);
    assert_eq!(
        folder.names(),
        ["out/sheets/Hidden.parquet", "out/sheets/North.parquet", "out/sheets/South ~ 2.parquet"]
    );
    assert_eq!(folder.values("out/sheets/North.parquet"), ["n1|1", "n2|2"]);
}

#[test]
fn dates_count_from_the_epoch_of_their_workbook() {
    let folder = Folder::new();
    folder.run(&format!("convert {} -o d.parquet", book("epoch_1904.xlsx"))).assert().code(0);
    assert_eq!(folder.values("d.parquet"), ["a|2024-02-29", "b|1904-01-02"]);
}

#[test]
fn cells_of_opendocument_that_repeat_are_there_as_often() {
    let folder = Folder::new();
    let log = book("log.ods");
    assert_eq!(
        types(&folder, &log),
        ["case int64", "time timestamp[us, UTC]", "took duration(µs)", "note string"]
    );
    folder.run(&format!("convert {log} -o l.parquet --exclude took")).assert().code(0);
    let row = "7|2024-05-01 12:00:00.000000 +00:00|a  b\nc";
    assert_eq!(folder.values("l.parquet"), [row, row, "8|null|null"]);
}

#[test]
fn the_same_bytes_come_out_at_any_number_of_threads_and_any_way_of_reading() {
    let folder = Folder::new().with("log.csv", {
        let rows: Vec<String> =
            (0..30_000).map(|row| format!("c{},a{},{}\n", row / 7, row % 11, row)).collect();
        format!("case,activity,amount\n{}", rows.concat())
    });
    folder.run("convert log.csv -o log.xlsx").assert().code(0);
    for (name, args) in
        [("a", "-j 1"), ("b", "-j 3"), ("c", "-j 2 --io read"), ("d", "-j 1 --memory-limit 48MiB")]
    {
        folder.run(&format!("convert log.xlsx -o {name}.parquet {args}")).assert().code(0);
    }
    let bytes = |name: &str| std::fs::read(folder.path(name)).unwrap();
    assert_eq!(folder.rows("a.parquet"), 30_000);
    for name in ["b", "c", "d"] {
        assert!(bytes("a.parquet") == bytes(&format!("{name}.parquet")), "{name}");
    }
}

#[test]
fn a_table_becomes_a_workbook_that_reads_back_as_the_same_table() {
    let folder = Folder::new().with(
        "log.csv",
        "case,activity,time,amount,count,open\n1,\"a<b>&\",2024-05-01 10:00:00.125,1.5,7,true\n2,_x000D_ ,1999-12-31 23:59:59,-0.001,8,false\n3,,,,,\n",
    );
    folder.run("convert log.csv -o log.xlsx").assert().code(0);
    folder.run("convert log.csv -o one.parquet").assert().code(0);
    folder.run("convert log.xlsx -o other.parquet").assert().code(0);
    assert_eq!(folder.values("one.parquet"), folder.values("other.parquet"));
    assert_eq!(folder.columns("one.parquet"), folder.columns("other.parquet"));
    // The same rows give the same bytes.
    folder.run("convert log.csv -o again.xlsx").assert().code(0);
    assert_eq!(
        std::fs::read(folder.path("log.xlsx")).unwrap(),
        std::fs::read(folder.path("again.xlsx")).unwrap()
    );
    folder.run("convert log.csv -o log.xlsx").assert().code(1).stderr(contains("LF106"));
}

#[test]
fn more_rows_or_letters_than_a_sheet_holds_are_an_error_and_no_workbook() {
    let folder = Folder::new()
        .with("rows.csv", format!("a,b\n{}", "1,2\n".repeat((1 << 20) + 1)))
        .with("letters.csv", format!("a,b\n1,{}\n", "x".repeat(32_768)));
    folder
        .run("convert rows.csv -o x.xlsx")
        .assert()
        .code(1)
        .stderr(contains("LF235").and(contains("1048576 rows")));
    folder
        .run("convert letters.csv -o x.xlsx")
        .assert()
        .code(1)
        .stderr(contains("LF235").and(contains("32767")));
    assert!(!folder.has("x.xlsx"));
}

#[test]
fn a_workbook_that_is_cut_or_damaged_anywhere_is_an_error_with_a_code_or_read() {
    let whole = std::fs::read(book("sheets.xlsx")).unwrap();
    let folder = Folder::new();
    for (number, at) in (0..whole.len()).step_by(211).enumerate() {
        let (cut, mut changed) = (whole[..at].to_vec(), whole.clone());
        changed[at] ^= 0x55;
        for (name, bytes) in [("cut.xlsx", cut), ("changed.xlsx", changed)] {
            std::fs::write(folder.path(name), bytes).unwrap();
            let output = folder.run(&format!("convert {name} -o {number}{name}.parquet")).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            let code = output.status.code();
            assert!(
                matches!(code, Some(0..=2)) && !told.contains("panic") && !told.contains("LF9"),
                "{at}: {told}"
            );
            assert_eq!(code != Some(0), told.starts_with("error[LF"), "{at}: {told}");
        }
    }
}

#[test]
fn a_workbook_by_name_with_other_content_is_refused() {
    let folder = Folder::new()
        .with("log.xlsx", "a,b\n1,2\n")
        .with("log.csv", std::fs::read(book("sheets.xlsx")).unwrap());
    folder
        .run("convert log.xlsx -o x.parquet")
        .assert()
        .code(1)
        .stderr(contains("LF401").and(contains("CSV")));
    folder.run("convert log.csv -o x.parquet").assert().code(1).stderr(contains("Excel"));
    folder.run("convert log.csv -o x.parquet --from excel").assert().code(0);
}

#[test]
fn flags_about_sheets_have_no_effect_elsewhere() {
    let folder = Folder::with_log();
    folder
        .run("convert log.csv -o x.parquet --sheet 2")
        .assert()
        .code(0)
        .stderr(contains("--sheet has no effect on csv"));
}
