//! How CSV is written: what is found, what is asked for by flags, and that `schema`, a dry run and `convert` say the same of it.

use serde_json::Value;

use super::Folder;

/// The names, rows and codes of warnings that a conversion gives, or the code of its error. The survey and the dry run must agree.
type Outcome = Result<(Vec<String>, Vec<String>, Vec<String>), String>;

fn outcome(text: &[u8], flags: &str) -> Outcome {
    let folder = Folder::new().with("in.csv", text);
    // A survey counts bad rows whatever it is asked.
    let of_reading = flags.replace("--on-bad-row reject", "");
    let report = |args: &str| {
        let flags = if args.starts_with("schema") { &of_reading } else { flags };
        let output = folder.run(&format!("{args} {flags}")).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!errors.contains("panicked"), "{args}: {errors}");
        let code = errors.strip_prefix("error[").and_then(|it| it.get(..5)).map(str::to_owned);
        let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let code = value["error"]["code"].as_str().map(str::to_owned).or(code);
        code.map_or(Ok(value), Err)
    };
    let converted = report("convert in.csv -o out.parquet --all-text --report json");
    let schema = report("schema in.csv --all-text --format json");
    let preview = report("convert in.csv -n --all-text --report json");
    let names = |value: &Value| -> Vec<String> {
        let columns = value["columns"].as_array().unwrap();
        columns.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    let value = match converted {
        Ok(value) => value,
        Err(code) => {
            if code.starts_with("LF4") || code == "LF104" {
                // A dialect that can't be found can't be found by the others either.
                assert_eq!(schema.unwrap_err(), code, "{flags}");
                assert_eq!(preview.unwrap_err(), code, "{flags}");
            }
            return Err(code);
        }
    };
    for other in [schema.unwrap(), preview.unwrap()] {
        assert_eq!(names(&other), names(&value), "{flags}");
        assert_eq!(other["inputs"][0]["dialect"], value["inputs"][0]["dialect"], "{flags}");
        assert_eq!(other["inputs"][0]["preamble"], value["inputs"][0]["preamble"], "{flags}");
    }
    folder.run(&format!("schema in.csv --format file {of_reading}")).assert().success();
    let mut codes: Vec<String> = value["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["code"].as_str().unwrap().to_owned())
        .collect();
    codes.retain(|code| code.starts_with("LW1") || code.starts_with("LW2"));
    Ok((names(&value), folder.values("out.parquet"), codes))
}

/// One input: its text, flags, names with bars between, rows with bars between and commas behind them, and the codes of warnings.
type Case<'c> = (&'c [u8], &'c str, &'c str, &'c [&'c str], &'c [&'c str]);

fn check(cases: &[Case<'_>]) {
    for (text, flags, names, rows, warnings) in cases {
        let shown = String::from_utf8_lossy(text);
        let found = outcome(text, flags).unwrap_or_else(|code| panic!("{code} for {shown:?} {flags}"));
        assert_eq!(found.0.join("|"), *names, "{shown:?} {flags}");
        assert_eq!(found.1, *rows, "{shown:?} {flags}");
        assert_eq!(found.2, *warnings, "{shown:?} {flags}");
    }
}

fn check_errors(cases: &[(&[u8], &str, &str)]) {
    for (text, flags, code) in cases {
        let shown = String::from_utf8_lossy(text);
        assert_eq!(outcome(text, flags).map(|it| it.1), Err((*code).to_owned()), "{shown:?} {flags}");
    }
}

fn utf16(text: &str, mark: bool, big: bool) -> Vec<u8> {
    let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn a_delimiter_at_the_end_of_rows_or_header_makes_no_column_or_an_empty_one() {
    check(&[
        (b"a,b\n1,2,\n3,4,\n", "", "a|b", &["1|2", "3|4"], &["LW210"]),
        (b"a;b\r\n1;2;\r\n3;4;\r\n", "", "a|b", &["1|2", "3|4"], &["LW210"]),
        (b"a\tb\n1\t2\t\n3\t4\t", "", "a|b", &["1|2", "3|4"], &["LW210"]),
        (b"a|b\n\"1\"|\"2\"|\n\"3\"|\"4\"|\n", "", "a|b", &["1|2", "3|4"], &["LW210"]),
        (b"a||b\n1||2||\n3||4||\n", "", "a|b", &["1|2", "3|4"], &["LW210"]),
        (b"\xef\xbb\xbfa,b\n1,2,\n3,4\n5,6,\n7,8,\n", "", "a|b", &["1|2", "3|4", "5|6", "7|8"], &["LW210"]),
        (b"\xef\xbb\xbfa,b\n1,2,\n3,4,\n5,6,\n", "", "a|b", &["1|2", "3|4", "5|6"], &["LW210"]),
        (b"a,b\n1,2,\n", "", "a|b", &["1|2"], &["LW210"]),
        (b"a,b,\n1,2\n3,4\n", "", "a|b", &["1|2", "3|4"], &["LW210"]),
        (b"a,b,\n1,2\n", "", "a|b", &["1|2"], &["LW210"]),
        (b"a,b,\n1,2\n3,4\n", "--header yes", "a|b", &["1|2", "3|4"], &["LW210"]),
        (b"a;b;;\r1;2\r3;4\r", "", "a|b", &["1|2", "3|4"], &["LW210"]),
        (b"a,b,\n1,2,\n3,4,\n", "", "a|b|column_3", &["1|2|null", "3|4|null"], &["LW203"]),
        (b"1|2|\n3|4|\n", "", "column_1|column_2|column_3", &["1|2|null", "3|4|null"], &[]),
        (b"a,,c\n1,2,3,\n4,5,6,\n", "", "a|column_2|c", &["1|2|3", "4|5|6"], &["LW210", "LW203"]),
    ]);
}

#[test]
fn a_header_that_no_reading_fits_is_one_error_for_all_commands() {
    let uneven = b"season,start,extra\n2007,1\n2008,2\n2009,3\n";
    check_errors(&[
        (uneven, "", "LF403"),
        (uneven, "--header yes", "LF403"),
        (uneven, "--on-bad-row reject", "LF403"),
        (b"a,b\n1,2,3\n4,5,6\n", "", "LF403"),
        (b"a,b\n1,2,3\n4,5,6\n", "--header yes --on-bad-row reject", "LF403"),
        (b"a\tb\n1\t2\t3\n4\t5\t6\n", "", "LF403"),
        (b"a;b;c;d\n1;2\n3;4\n", "", "LF403"),
        (b"", "--from csv", "LF104"),
        (b"a,b,c\na,c\nb,c,a,d\na,b,c,d,e\n", "", "LF402"),
        (b"5 5 22 11\n22 5 5 5 11 22\n22 5 11\n5 22 5 5 11\n", "--from csv", "LF402"),
    ]);
    check(&[
        (
            uneven,
            "--uneven-rows pad",
            "season|start|extra",
            &["2007|1|null", "2008|2|null", "2009|3|null"],
            &["LW206"],
        ),
        (b"a,b\n1,2,3\n4,5,6\n", "--uneven-rows cut", "a|b", &["1|2", "4|5"], &["LW206"]),
        (
            b"a,b\n1,2,3\n4,5,6\n",
            "--skip-lines 1 --header no",
            "column_1|column_2|column_3",
            &["1|2|3", "4|5|6"],
            &["LW201"],
        ),
    ]);
}

#[test]
fn an_error_about_the_header_says_how_many_lines_stand_above_the_table() {
    for (text, lines) in [
        ("x;y\nz;w\na;b;c\nd;e;f\ng;h;i\n", 2),
        ("\u{feff}x,y\r\nz,w\r\nu,v\r\na,b,c\r\nd,e,f\r\ng,h,i\r\nj,k,l\r\n", 3),
        ("x\ty\rz\tw\ra\tb\tc\rd\te\tf\rg\th\ti\r", 2),
    ] {
        let folder = Folder::new().with("in.csv", text);
        let output = folder.run("schema in.csv").output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(&format!("--skip-lines {lines} ")), "{errors}");
        let (names, ..) = outcome(text.as_bytes(), &format!("--skip-lines {lines}")).unwrap();
        assert_eq!(names, ["a", "b", "c"]);
    }
}

#[test]
fn lines_about_the_table_are_kept_as_metadata() {
    let table = "Day;Sum;Card\n01/02/2024;2;5\n02/02/2024;3;6\n03/02/2024;4;7\n";
    let rows: &[&str] = &["01/02/2024|2|5", "02/02/2024|3|6", "03/02/2024|4|7"];
    for (above, lines) in [
        ("Vendor;Test\nStart;06/02/2024\nEnd;06/29/2024\n", 3),
        ("Report\n", 1),
        ("Report\n\nVendor;Test\n", 2),
        ("Vendor;Test\n", 1),
        ("Report;;\n", 1),
        ("Report;;\n;;\n", 2),
        ("# made by X; in May\n", 1),
        ("a\nb\nc\nd\ne\nf\n", 6),
    ] {
        for (end, behind) in [("\n", ""), ("\r\n", ""), ("\n", ";")] {
            let mut text = format!("{above}{table}");
            if !behind.is_empty() && !above.contains(";;") {
                text = text.replace("5\n", "5;\n").replace("6\n0", "6;\n0").replace("7\n", "7;\n");
                text = text.replace("6/29/2024;", "6/29/2024");
            }
            let text = text.replace('\n', end);
            let (names, found, warnings) =
                outcome(text.as_bytes(), "").unwrap_or_else(|code| panic!("{code}: {text:?}"));
            assert_eq!(names, ["Day", "Sum", "Card"], "{text:?}");
            assert_eq!(found, rows, "{text:?}");
            assert!(warnings.contains(&"LW201".to_owned()), "{text:?} {warnings:?}");
            let folder = Folder::new().with("in.csv", &text);
            let output = folder.run("schema in.csv --format json").output().unwrap();
            let value: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(value["inputs"][0]["preamble"].as_array().unwrap().len(), lines, "{text:?}");
        }
    }
}

#[test]
fn excels_first_line_is_not_a_row_and_no_header() {
    for delimiter in ["\t", ";", ",", "|"] {
        let text = format!("sep={delimiter}\r\na{delimiter}b\r\n1{delimiter}x\r\n2{delimiter}y\r\n");
        let quoted = text.replacen(&format!("sep={delimiter}"), &format!("\"sep={delimiter}\""), 1);
        for text in [&text, &quoted] {
            let mut inputs = vec![text.clone().into_bytes(), format!("\u{feff}{text}").into_bytes()];
            for (mark, big) in [(true, false), (true, true), (false, false), (false, true)] {
                inputs.push(utf16(text, mark, big));
            }
            for input in inputs {
                let (names, rows, warnings) = outcome(&input, "").unwrap();
                assert_eq!(
                    (names.join("|"), rows),
                    ("a|b".to_owned(), vec!["1|x".to_owned(), "2|y".to_owned()]),
                    "{text:?}"
                );
                assert!(warnings.contains(&"LW201".to_owned()));
            }
        }
    }
}

#[test]
fn a_byte_order_mark_where_a_row_begins_is_not_part_of_its_value() {
    let mark = "\u{feff}";
    for (text, rows, count, row) in [
        (format!("a,b\n1,x\n{mark}2,y\n"), &["1|x", "2|y"][..], 1, 2),
        (format!("{mark}a,b\r\n1,x\r\n{mark}a,b\r\n2,y\r\n"), &["1|x", "a|b", "2|y"][..], 1, 2),
        (format!("a,b\n1,x\n{mark}\"2\",\"y,z\"\n"), &["1|x", "2|y,z"][..], 1, 2),
        (format!("a,b\n{mark}1,x\n{mark}2,y\n{mark}3,z"), &["1|x", "2|y", "3|z"][..], 3, 1),
        (format!("a;b\n1;x\n{mark}{mark}2;y\n"), &["1|x", "2|y"][..], 1, 2),
        (format!("a||b\n1||x\n{mark}2||y\n"), &["1|x", "2|y"][..], 1, 2),
        (format!("a,b\n1,\"x\\\"\"\n{mark}\"2\",\"y\\\"z\"\n"), &["1|x\"", "2|y\"z"][..], 1, 2),
        (format!("a\tb\r1\tx\r{mark}2\ty\r"), &["1|x", "2|y"][..], 1, 2),
        (format!("a,b\n1,x\n{mark}\n2,y\n"), &["1|x", "2|y"][..], 1, 2),
        (format!("a,b\n1,{mark}x\n2,\"y\n{mark}z\"\n"), &["1|\u{feff}x", "2|y\n\u{feff}z"][..], 0, 0),
        (format!("a,b\n1,x\n2,y\n{mark}"), &["1|x", "2|y"][..], 0, 0),
        (format!("{mark}{mark}a,b\n1,x\n"), &["1|x"][..], 0, 0),
    ] {
        let (names, found, warnings) = outcome(text.as_bytes(), "").unwrap();
        assert_eq!(
            (names.join("|").as_str(), found.as_slice()),
            ("a|b", &rows.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]),
            "{text:?}"
        );
        assert_eq!(warnings, if count > 0 { vec!["LW104"] } else { vec![] }, "{text:?}");
        let folder = Folder::new().with("in.csv", &text);
        for flags in ["", "--io read -j 2"] {
            let output = folder
                .run(&format!("convert in.csv -o out.parquet --force --report json {flags}"))
                .output()
                .unwrap();
            let value: Value = serde_json::from_slice(&output.stdout).unwrap();
            let told: Vec<&Value> =
                value["warnings"].as_array().unwrap().iter().filter(|it| it["code"] == "LW104").collect();
            assert_eq!(told.len(), usize::from(count > 0), "{text:?}");
            for warning in told {
                assert_eq!(
                    (&warning["count"], &warning["example"]["row"]),
                    (&count.into(), &row.into()),
                    "{text:?} {flags}"
                );
            }
        }
    }
}

#[test]
fn a_nul_byte_is_a_bad_row_that_names_the_flag_and_is_kept_if_asked() {
    for text in [
        "a,b\n1,x\0\n2,y\n",
        "a,b\n1,\"x\0\"\n2,y\n",
        "a;b\r\n1;\0x\r\n2;y\r\n",
        "a\tb\n1\tx\0y\n2\tz\n",
        "a,b\0\n1,x\n2,y\n",
    ] {
        let folder = Folder::new().with("in.csv", text);
        let output = folder.run("convert in.csv -o out.parquet --from csv").output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains("LF205") && errors.contains("--nul-bytes keep"), "{errors}");
        assert!(!folder.has("out.parquet"));
    }
    check(&[
        (b"a,b\n1,x\0\n2,y\n", "--from csv --nul-bytes keep", "a|b", &["1|x\0", "2|y"], &["LW209"]),
        (b"a,b\n1,\"x\0\"\n2,\"\0\"\n", "--from csv --nul-bytes keep", "a|b", &["1|x\0", "2|\0"], &["LW209"]),
        (b"a,b\n1,x\n2,y\n", "--nul-bytes keep", "a|b", &["1|x", "2|y"], &[]),
        (b"a||b\n1||x\0\n2||y\n", "--from csv --nul-bytes keep", "a|b", &["1|x\0", "2|y"], &["LW209"]),
        (
            b"a,b\n1,x\0\n2,y,z\n3,\0",
            "--from csv --nul-bytes keep --uneven-rows both",
            "a|b",
            &["1|x\0", "2|y", "3|\0"],
            &["LW206", "LW209"],
        ),
    ]);
    check_errors(&[(
        b"a,b\n1,x\0\n2,\xff\xfe\xfd\n",
        "--from csv --nul-bytes keep --encoding utf-8",
        "LF204",
    )]);
}

#[test]
fn uneven_rows_are_padded_and_cut_as_asked() {
    let text = b"a,b,c\n1,2,3\n4,5\n6,7,8,9\n10\n11,12,13\n14,15,16\n";
    check(&[
        (
            text,
            "--uneven-rows both",
            "a|b|c",
            &["1|2|3", "4|5|null", "6|7|8", "10|null|null", "11|12|13", "14|15|16"],
            &["LW206"],
        ),
        (
            text,
            "--uneven-rows pad --on-bad-row reject",
            "a|b|c",
            &["1|2|3", "4|5|null", "10|null|null", "11|12|13", "14|15|16"],
            &["LW206"],
        ),
        (
            text,
            "--uneven-rows cut --on-bad-row reject",
            "a|b|c",
            &["1|2|3", "6|7|8", "11|12|13", "14|15|16"],
            &["LW206"],
        ),
        (text, "--uneven-rows reject --on-bad-row reject", "a|b|c", &["1|2|3", "11|12|13", "14|15|16"], &[]),
        (
            b"a;b\r\n1;\"x;y\"\r\n2\r\n   \r\n3;z;\"w\r\nv\"\r\n4;u\r\n",
            "--uneven-rows both",
            "a|b",
            &["1|x;y", "2|null", "3|z", "4|u"],
            &["LW206"],
        ),
        (
            b"1\t2\n3\n4\t5\t6\n7\t8\n9\t10\n",
            "--uneven-rows both --header no",
            "column_1|column_2",
            &["1|2", "3|null", "4|5", "7|8", "9|10"],
            &["LW206"],
        ),
        (
            b"a||b\n1||2||3\n4\n5||6\n7||8\n",
            "--uneven-rows both",
            "a|b",
            &["1|2", "4|null", "5|6", "7|8"],
            &["LW206"],
        ),
        (b"\xef\xbb\xbfa,b\n1,2\n3,4\n", "--uneven-rows both", "a|b", &["1|2", "3|4"], &[]),
        (
            b"a,b\n1,2,\n3,4,\n5\n6,7,8\n9,1,\n",
            "--uneven-rows both --header yes",
            "a|b",
            &["1|2", "3|4", "5|null", "6|7", "9|1"],
            &["LW206"],
        ),
    ]);
    check_errors(&[
        (text, "", "LF201"),
        (text, "--uneven-rows pad", "LF201"),
        (text, "--uneven-rows cut", "LF201"),
    ]);
    // A quote that is never closed stays a bad row.
    check_errors(&[(b"a,b\n1,\"2\"\n3,\"x\n4,5\n", "--uneven-rows both", "LF202")]);
    let folder = Folder::new().with("in.csv", text);
    for flags in ["", "--io read -j 3", "-j 3"] {
        let output = folder
            .run(&format!("convert in.csv -o out.parquet --force --uneven-rows both --report json {flags}"))
            .output()
            .unwrap();
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let warning = value["warnings"].as_array().unwrap().iter().find(|it| it["code"] == "LW206").unwrap();
        assert_eq!((&warning["count"], &warning["example"]["row"]), (&3.into(), &2.into()));
        assert!(warning["message"].as_str().unwrap().contains("2 row(s) with fewer"), "{warning}");
        assert_eq!((&value["records"], &value["rows"]), (&6.into(), &6.into()));
    }
}

#[test]
fn each_kind_of_pollution_of_a_table_is_read_as_intended() {
    let table = "id,day,note\n1,2024-01-01,\"x, y\"\n2,2024-01-02,z\n3,2024-01-03,\"say \"\"w\"\"\"\n";
    let rows: &[&str] = &["1|2024-01-01|x, y", "2|2024-01-02|z", "3|2024-01-03|say \"w\""];
    let plain = |text: &str| text.to_owned();
    for (kind, text, flags) in [
        ("as it is", plain(table), ""),
        ("no newline at the end", plain(table.trim_end()), ""),
        ("two newlines at the end", format!("{table}\n"), ""),
        ("CRLF", table.replace('\n', "\r\n"), ""),
        ("CR", table.replace('\n', "\r"), ""),
        (
            "semicolon",
            table
                .replace(",2", ";2")
                .replace("day,", "day;")
                .replace("id,", "id;")
                .replace("-01,", "-01;")
                .replace("-02,", "-02;")
                .replace("-03,", "-03;"),
            "",
        ),
        (
            "tab",
            table
                .replace(",2", "\t2")
                .replace("day,", "day\t")
                .replace("id,", "id\t")
                .replace("-01,", "-01\t")
                .replace("-02,", "-02\t")
                .replace("-03,", "-03\t"),
            "",
        ),
        (
            "comma and space",
            table
                .replace(",2", ", 2")
                .replace("day,", "day, ")
                .replace("id,", "id, ")
                .replace("-01,", "-01, ")
                .replace("-02,", "-02, ")
                .replace("-03,", "-03, "),
            "",
        ),
        (
            "space",
            table
                .replace(",2", " 2")
                .replace("day,", "day ")
                .replace("id,", "id ")
                .replace("-01,", "-01 ")
                .replace("-02,", "-02 ")
                .replace("-03,", "-03 "),
            "",
        ),
        (
            "apostrophes around fields",
            "id,day,note\n1,2024-01-01,'x, y'\n2,2024-01-02,'z'\n3,2024-01-03,'say \"w\"'\n".to_owned(),
            "",
        ),
        (
            "percent signs around fields",
            "id,day,note\n1,2024-01-01,%x, y%\n2,2024-01-02,z\n3,2024-01-03,%say \"w\"%\n".to_owned(),
            "--quote %",
        ),
        ("backslash as escape", table.replace("\"\"w\"\"\"", "\\\"w\\\"\""), ""),
        ("title above", format!("Report of May\n\n{table}"), ""),
        ("title filled up with delimiters", format!("Report of May,,\n,,\n{table}"), ""),
        (
            "delimiter behind all",
            table
                .replace("note\n", "note,\n")
                .replace("y\"\n", "y\",\n")
                .replace("z\n", "z,\n")
                .replace("w\"\"\"\n", "w\"\"\",\n"),
            "--exclude column_4",
        ),
        (
            "delimiter behind the rows",
            table.replace("y\"\n", "y\",\n").replace("z\n", "z,\n").replace("w\"\"\"\n", "w\"\"\",\n"),
            "",
        ),
        ("delimiter behind the header", table.replace("note\n", "note,\n"), ""),
        ("footnote", format!("{table}made by X\n"), "--on-bad-row reject"),
        (
            "row with fewer fields",
            table.replace("2,2024-01-02,z\n", "2,2024-01-02,z\n9\n"),
            "--on-bad-row reject",
        ),
        (
            "row with more fields",
            table.replace("2,2024-01-02,z\n", "2,2024-01-02,z\n9,8,7,6\n"),
            "--on-bad-row reject",
        ),
        ("another table behind", format!("{table}\na,b\n5,6\n"), "--on-bad-row reject"),
        ("comments", format!("# of May\n{table}# the end\n"), ""),
        ("comments that outnumber rows", table.replace('\n', "\n# one\n# two, three\n"), ""),
        ("a stray quote in the header", table.replace("day", "\"day"), ""),
    ] {
        let (names, found, _) =
            outcome(text.as_bytes(), flags).unwrap_or_else(|code| panic!("{kind}: {code}"));
        assert_eq!(names.join("|").replace('"', ""), "id|day|note", "{kind}");
        assert_eq!(found, rows, "{kind}");
    }
    check(&[
        (
            b"1,2024-01-01,x\n2,2024-01-02,y\n",
            "",
            "column_1|column_2|column_3",
            &["1|2024-01-01|x", "2|2024-01-02|y"],
            &[],
        ),
        (b"id,day,note\n", "", "id|day|note", &[], &[]),
        (b"id,day,note\n1,2024-01-01,x\n", "", "id|day|note", &["1|2024-01-01|x"], &[]),
        // A second line of names is a row: nothing tells that it is none.
        (b"id,day\nno,date\n1,2024-01-01\n", "", "id|day", &["no|date", "1|2024-01-01"], &[]),
        (b"a,\"b,c\n1,2,3\n4,\"5,6\n", "", "a|\"b|c", &["1|2|3", "4|\"5|6"], &["LW211"]),
    ]);
}
