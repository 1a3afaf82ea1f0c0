//! JSON in.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use super::Folder;

const LINES: &str = r#"{"case":"a","activity":"x","at":"2024-01-01T10:00:00Z","cost":1.5}
{"case":"a","activity":"y","at":"2024-01-01T11:00:00Z","cost":2,"extra":{"k":[1]}}
"#;

const WRAPPED: &str =
    r#"{"meta":{"n":2},"events":[{"a":1},{"a":2}],"more":{"events":[{"b":1},{"b":2},{"b":3}]},"total":2}"#;

/// The object `json` of the one input's report.
fn told(folder: &Folder, command: &str) -> Value {
    let run = folder.run(&format!("{command} --force --report json")).assert().success();
    let report: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    report["inputs"][0]["json"].clone()
}

#[test]
fn lines_become_a_table_with_the_types_of_their_values() {
    let folder = Folder::new().with("log.jsonl", LINES);
    folder.run("convert log.jsonl -o log.parquet").assert().success().stderr(contains("records 2 = rows 2"));
    assert_eq!(
        folder.columns("log.parquet"),
        ["case BYTE_ARRAY", "activity BYTE_ARRAY", "at INT64", "cost DOUBLE", "item INT64"]
    );
    let told = told(&folder, "convert log.jsonl -o log.parquet");
    assert_eq!(told["shape"], "lines");
    assert_eq!(
        told["columns"][4],
        json!({"name": "extra", "key": "extra", "types": ["object or array"], "json": true})
    );
}

#[test]
fn a_folder_of_logs_has_those_of_json_too() {
    let folder = Folder::new()
        .with("logs/a.jsonl", LINES)
        .with("logs/b.ndjson", LINES)
        .with("logs/c.json", format!("[{}]", LINES.trim().replace('\n', ",")));
    folder.run("convert logs -o log.parquet").assert().success().stderr(contains("rows 6"));
}

#[test]
fn standard_input_is_read_as_lines() {
    let folder = Folder::new();
    folder.run("convert - --from jsonl -o log.parquet").write_stdin(LINES).assert().success();
    assert_eq!(folder.rows("log.parquet"), 2);
}

#[test]
fn an_array_in_an_object_is_found_and_what_stands_beside_it_is_kept() {
    let folder = Folder::new().with("log.json", WRAPPED);
    let first = told(&folder, "convert log.json -o log.parquet");
    assert_eq!(folder.rows("log.parquet"), 2);
    assert_eq!((&first["shape"], &first["path"]), (&json!("array"), &json!("/events")));
    assert_eq!(first["members"][0], json!({"path": "/meta", "value": {"n": 2}}));
    assert_eq!(first["members"][2], json!({"path": "/total", "value": 2}));
    let other = told(&folder, "convert log.json -o log.parquet --json-path /more/events");
    assert_eq!(folder.rows("log.parquet"), 3);
    assert_eq!(other["members"][2], json!({"path": "/total", "value": 2}));
    folder
        .run("convert log.json -o x.parquet --json-path /none")
        .assert()
        .code(2)
        .stderr(contains("LF501").and(contains("--json-path")));
}

#[test]
fn a_bad_line_is_reported_with_its_place_or_rejected() {
    let folder = Folder::new().with("log.jsonl", "{\"a\":1}\n{\"a\":NaN}\n[2]\n{\"a\":4}\n");
    folder
        .run("convert log.jsonl -o log.parquet")
        .assert()
        .code(1)
        .stderr(contains("LF220").and(contains("byte 13")).and(contains("row 2")).and(contains("--from")));
    folder
        .run("convert log.jsonl -o log.parquet --on-bad-row reject")
        .assert()
        .code(4)
        .stderr(contains("records 4 = rows 2 + rejected 2"));
    let rejects = folder.text("log.parquet.rejects.jsonl");
    assert!(rejects.contains("LF220") && rejects.contains("LF224"), "{rejects}");
}

#[test]
fn strings_among_other_values_are_kept_apart_and_reported() {
    let folder = Folder::new().with("log.jsonl", "{\"a\":\"1\"}\n{\"a\":1}\n");
    folder
        .run("convert log.jsonl -o log.parquet")
        .assert()
        .success()
        .stderr(contains("\"a\" has strings among other values"));
}

#[test]
fn an_array_without_records_is_named() {
    let folder = Folder::new().with("log.json", r#"{"A":{"x/y":[{}]},"B":1}"#);
    let refused = folder.run("convert log.json -o x.parquet").assert().code(1);
    refused.stderr(contains("LF104").and(contains("array at /A/x~1y, found")).and(contains("--json-path /")));
    let folder = Folder::new().with("log.json", "[{}]");
    folder.run("convert log.json -o x.parquet").assert().code(1).stderr(contains("--json-path").not());
}

#[test]
fn text_without_rows_is_an_error_that_says_why() {
    for (text, code) in
        [("[]", "LF104"), ("[{}]", "LF104"), ("[1]", "LF224"), ("{\"a\":", "LF220"), ("{\"a\" 1}", "LF220")]
    {
        let folder = Folder::new().with("log.json", text);
        folder.run("convert log.json --from json -o x.parquet").assert().code(1).stderr(contains(code));
    }
}

#[test]
fn a_type_that_is_declared_makes_bad_rows_of_what_does_not_fit() {
    let folder = Folder::new()
        .with("log.jsonl", "{\"a\":1,\"b\":\"x\"}\n{\"a\":\"y\",\"b\":\"z\"}\n")
        .with("types.json", r#"{"columns": [{"name": "a", "type": "int64"}]}"#);
    folder
        .run("convert log.jsonl -o log.parquet --schema types.json --on-bad-row reject")
        .assert()
        .code(4)
        .stderr(contains("rows 1 + rejected 1"));
    assert!(folder.text("log.parquet.rejects.jsonl").contains("LF207"));
}

/// Writes lines, converts them with `flags`, and gives the schema's columns by type as `logflow schema` tells them.
fn written(lines: &str, flags: &str) -> Vec<(String, String)> {
    let folder = Folder::new().with("log.jsonl", lines);
    let run = folder.run(&format!("schema log.jsonl --format json {flags}")).output().unwrap();
    let told: Value = serde_json::from_slice(&run.stdout).unwrap();
    let columns = told["columns"].as_array().unwrap().clone();
    let text = |column: &Value, key: &str| column[key].as_str().unwrap().to_owned();
    columns.iter().map(|it| (text(it, "type"), text(it, "written"))).collect()
}

#[test]
fn the_last_record_decides_the_shape_of_a_column() {
    let many = "{\"a\":{\"x\":[1]},\"b\":2}\n".repeat(60_000);
    for (last, expected) in [
        ("{\"a\":{\"x\":[1]}}", "struct<x: list<int64>>"),
        ("{\"a\":{\"x\":[1.5]}}", "struct<x: list<float64>>"),
        ("{\"a\":{\"x\":[\"1\"],\"y\":true}}", "struct<x: list<json>, y: bool>"),
        ("{\"a\":{\"x\":1,\"x\":2}}", "string"),
        ("{\"a\":[1]}", "string"),
        ("{\"a\":1}", "string"),
    ] {
        for threads in ["--threads 1", "--threads 4"] {
            let found = written(&format!("{many}{last}\n"), threads);
            assert_eq!(found[0].1, expected, "{last} {threads}");
        }
    }
}

#[test]
fn nested_values_stay_text_where_that_is_asked() {
    let lines = "{\"a\":{\"x\":[1]},\"b\":2}\n";
    assert_eq!(written(lines, "")[0], ("nested".to_owned(), "struct<x: list<int64>>".to_owned()));
    assert_eq!(written(lines, "--nested-text")[0].0, "string");
    assert_eq!(written(lines, "--all-text")[0].0, "string");
}

#[test]
fn nested_values_go_to_xes_as_json() {
    let lines = "{\"case\":\"1\",\"activity\":\"a\",\"time\":\"2024-01-01T00:00:00Z\",\"more\":{\"x\":[1,null,3],\"y\":\"a \\\"b\\\"\",\"z\":1.5}}\n\
                 {\"case\":\"1\",\"activity\":\"b\",\"time\":\"2024-01-01T00:00:01Z\",\"more\":{\"x\":[]}}\n";
    let folder = Folder::new().with("log.jsonl", lines);
    folder.run("convert log.jsonl -o log.parquet").assert().success();
    folder.run("convert log.parquet -o log.xes").assert().success();
    let text = folder.text("log.xes").replace("&quot;", "\"");
    assert!(text.contains(r#"{"x":[1,null,3],"y":"a \"b\"","z":1.5}"#), "{text}");
    assert!(text.contains(r#"value="{"x":[]}""#), "{text}");
}

/// Rows as people write them, in the shapes that there are, and the same as JSON has it.
const LOOSE: [(&str, &str, &str); 4] = [
    (
        "lines.jsonl",
        "// first\n{\"a\": \"//x,]\", \"b\": 1.5, \"n\": {\"v\": [1, 2,],},} // end\n/* two\nlines */\n{\"a\": \"y\", \"b\": 2, /* , */ \"n\": null}\n",
        "{\"a\": \"//x,]\", \"b\": 1.5, \"n\": {\"v\": [1, 2]}}\n{\"a\": \"y\", \"b\": 2, \"n\": null}\n",
    ),
    (
        "array.json",
        "/* rows */ [{\"a\": 1, \"b\": [],}, // x\n {\"b\": [3]} , ] // end",
        "[{\"a\": 1, \"b\": []}, {\"b\": [3]}]",
    ),
    (
        "wrapped.json",
        "{\"meta\": {\"n\": 2,}, // x\n\"events\": [{\"a\": 1}, {\"a\": 2,}, ], \"total\": 2,}",
        "{\"meta\": {\"n\": 2}, \"events\": [{\"a\": 1}, {\"a\": 2}], \"total\": 2}",
    ),
    (
        "objects.json",
        "{\"a\":\n1,} /* x */ {\"a\": 2} // y\n{\"a\": 3,}",
        "{\"a\":\n1} {\"a\": 2}\n{\"a\": 3}",
    ),
];

#[test]
fn comments_and_commas_too_many_are_read_where_that_is_asked_and_refused_where_not() {
    for (name, loose, strict) in LOOSE {
        let folder = Folder::new().with(name, loose).with("strict.json", strict);
        let rows = |file: &str| -> Vec<String> {
            let reader = super::reader(&folder.path(file));
            parquet::file::reader::FileReader::get_row_iter(&reader, None)
                .unwrap()
                .map(|row| row.unwrap().to_string())
                .collect()
        };
        folder.run("convert strict.json -o strict.parquet").assert().success();
        for (flags, threads) in [("", 1), ("", 8), ("--io read", 2)] {
            let to = format!("loose{threads}.parquet");
            folder
                .run(&format!("convert {name} -o {to} --json-lenient --threads {threads} {flags}"))
                .assert()
                .success();
            assert_eq!(rows(&to), rows("strict.parquet"), "{name}");
            assert!(rows(&to).len() > 1);
        }
        let bytes = |file| std::fs::read(folder.path(file)).unwrap();
        assert!(bytes("loose1.parquet") == bytes("loose8.parquet"), "{name}");
        let mut piped = folder.run("convert - -o piped.parquet --from json --json-lenient");
        if name != "lines.jsonl" {
            piped.pipe_stdin(folder.path(name)).unwrap().assert().success();
            assert_eq!(rows("piped.parquet"), rows("strict.parquet"), "{name}");
        }
        folder.run(&format!("schema {name} --json-lenient")).assert().success();
        let from = if name == "lines.jsonl" { "jsonl" } else { "json" };
        folder.run(&format!("convert {name} -o none.parquet --from {from}")).assert().code(1);
        assert!(!folder.names().contains(&"none.parquet".to_owned()));
    }
}

#[test]
fn words_for_floats_are_doubles_where_that_is_asked() {
    let lines =
        "{\"a\": NaN, \"n\": {\"v\": -Infinity}}\n{\"a\": Infinity, \"n\": {\"v\": 1}}\n{\"a\": -Infinity}\n";
    let folder = Folder::new().with("log.jsonl", lines);
    folder.run("convert log.jsonl -o log.parquet --json-lenient").assert().success();
    let reader = super::reader(&folder.path("log.parquet"));
    let rows = parquet::file::reader::FileReader::get_row_iter(&reader, None).unwrap();
    let rows: Vec<String> = rows.map(|row| row.unwrap().to_string()).collect();
    assert_eq!(rows, ["{a: NaN, n: {v: -inf}}", "{a: inf, n: {v: 1.0}}", "{a: -inf, n: null}"]);
    folder
        .run("convert log.jsonl -o none.parquet")
        .assert()
        .code(1)
        .stderr(contains("found 'N'; --json-lenient takes it"));
}

#[test]
fn what_is_not_json_is_read_as_it_is_and_a_comment_without_an_end_is_reported() {
    let folder = Folder::new()
        .with("log.csv", "case,activity\n1,\"a // b\"\n2,c /* d */\n")
        .with("open.json", "[{\"a\": 1}, /* x")
        .with("cut.jsonl", "{\"a\": \"x}\n{\"a\": \"//y\"}\n{\"a\": \"z\",}\n");
    folder.run("convert log.csv -o plain.parquet").assert().success();
    folder.run("convert log.csv -o lenient.parquet --json-lenient").assert().success();
    let bytes = |file| std::fs::read(folder.path(file)).unwrap();
    assert!(bytes("plain.parquet") == bytes("lenient.parquet"));
    folder
        .run("convert open.json -o none.parquet --json-lenient")
        .assert()
        .code(1)
        .stderr(contains("LF220").and(contains("byte 11")).and(contains("expected */ behind a comment")));
    folder
        .run("convert - --from csv -o csv.parquet --json-lenient")
        .write_stdin("a,b\n1,2 // 3\n")
        .assert()
        .success();
    // A string that is not closed ends with its line, and takes nothing with it.
    folder.run("convert cut.jsonl -o cut.parquet --json-lenient --on-bad-row reject").assert().code(4);
    let reader = super::reader(&folder.path("cut.parquet"));
    let rows = parquet::file::reader::FileReader::get_row_iter(&reader, None).unwrap();
    let rows: Vec<String> = rows.map(|row| row.unwrap().to_string()).collect();
    assert_eq!(rows, ["{a: \"//y\"}", "{a: \"z\"}"]);
}

#[test]
fn a_file_that_is_called_json_and_holds_no_objects_is_not_a_table_of_one_column() {
    for (text, code) in [
        ("[[\"a\", \"b\"], [1, 2]]", "LF224"),
        ("null", "LF224"),
        ("{'a': 1}\n{'a': 2}\n", "LF220"),
        ("// made by hand\n[{\"a\": 1}]", "LF220"),
        (" \n", "LF104"),
    ] {
        let folder = Folder::new().with("a.json", text).with("a.txt", text);
        folder.run("convert a.json -o a.parquet").assert().code(1).stderr(contains(code));
        assert!(!folder.has("a.parquet"), "{text}");
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, b"null\n").unwrap();
    let folder = Folder::new().with("a.json", "a,b\n1,2\n").with("b.jsonl.gz", gzip.finish().unwrap());
    folder.run("convert b.jsonl.gz -o b.parquet").assert().code(1).stderr(contains("LF224"));
    folder.run("convert a.json --from csv -o a.parquet").assert().success();
}

#[test]
fn what_is_mixed_over_several_inputs_is_json_in_all() {
    let folder = Folder::new()
        .with("a.jsonl", "{\"n\":5,\"o\":\"a\",\"s\":\"x\",\"z\":null}\n{\"n\":6,\"o\":\"b\",\"s\":\"y\"}\n")
        .with("b.jsonl", "{\"n\":\"5\",\"o\":{\"x\":1},\"s\":\"z\",\"z\":\"t\"}\n")
        .with("c.jsonl", "{\"late\":true}\n");
    for threads in ["1", "2"] {
        let run = format!("convert a.jsonl b.jsonl c.jsonl -o out.parquet --force --threads {threads}");
        folder.run(&run).assert().success();
        let rows = [
            "5|\"a\"|x|null|null",
            "6|\"b\"|y|null|null",
            "\"5\"|{\"x\":1}|z|t|null",
            "null|null|null|null|true",
        ];
        assert_eq!(folder.values("out.parquet"), rows);
    }
    // One input by itself has no strings among its numbers.
    folder.run("convert a.jsonl -o one.parquet").assert().success();
    assert_eq!(folder.values("one.parquet"), ["5|a|x|null", "6|b|y|null"]);
}

#[test]
fn a_first_record_longer_than_what_is_looked_at_is_read_from_wherever_it_comes() {
    let long = "x".repeat(270_000);
    let longer = "x".repeat(5_000_000);
    let texts = [
        ("lines", format!("{{\"a\":\"{long}\"}}\n{{\"a\":\"y\"}}\n"), 2),
        ("far", format!("{{}}\n{{\"a\":\"{longer}\"}}\n{{\"b\":\"y\"}}\n"), 3),
        ("array", format!("[{{\"a\":\"{long}\"}},{{\"a\":\"y\"}}]"), 2),
        ("within", format!("{{\"n\":1,\"rows\":[{{\"a\":\"{long}\"}},{{\"a\":\"y\"}}]}}"), 2),
        ("objects", format!("{{\"a\":\n\"{long}\"}}{{\"a\":\"y\"}}"), 2),
        ("alone", format!("{{\"a\":\n\"{longer}\"}}"), 1),
        // As long as what is read at once, and at first.
        ("whole", format!("{{\"a\":\"{}\"}}", "x".repeat((512 << 10) - 8)), 1),
        ("first", format!("{{\"a\":\"{}\"}}", "x".repeat((256 << 10) - 8)), 1),
    ];
    for (name, text, rows) in texts {
        let folder = Folder::new().with("in.json", &text);
        let utf_16: Vec<u8> =
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let folder = folder.with("wide.json", utf_16);
        let mut pack = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut pack, text.as_bytes()).unwrap();
        let folder = folder.with("in.json.gz", pack.finish().unwrap());
        folder.run("convert in.json -o mapped.parquet --io mmap").assert().success();
        assert_eq!(folder.rows("mapped.parquet"), rows, "{name}");
        let more =
            ["in.json --io read", "in.json.gz", "wide.json", "in.json --io read --on-bad-row reject", "-"];
        for input in more {
            let from = if input == "-" { "--from json" } else { "" };
            let mut run = folder.run(&format!("convert {input} -o out.parquet --force {from}"));
            if input == "-" {
                run.write_stdin(text.as_bytes());
            }
            run.assert().success();
            assert_eq!(folder.rows("out.parquet"), rows, "{name}: {input}");
            assert_eq!(folder.columns("out.parquet"), folder.columns("mapped.parquet"), "{name}: {input}");
        }
        folder.run("convert in.json in.json.gz wide.json -o all.parquet").assert().success();
        assert_eq!(folder.rows("all.parquet"), 3 * rows, "{name}");
    }
}

#[test]
fn a_first_record_beyond_the_limit_is_reported_as_one() {
    let folder =
        Folder::new().with("in.json", format!("{{\"a\":\"{}\"}}\n{{\"a\":1}}\n", "x".repeat(3_000_000)));
    for io in ["mmap", "read"] {
        let command = format!("convert in.json -o out.parquet --force --io {io} --max-record-size");
        folder.run(&format!("{command} 2MiB")).assert().code(1).stderr(contains("LF206"));
        folder.run(&format!("{command} 4MiB")).assert().success();
    }
}

#[test]
fn a_header_longer_than_what_is_looked_at_is_read_from_wherever_it_comes() {
    let name = "x".repeat(300_000);
    let folder = Folder::new().with("in.csv", format!("a,{name}\n1,2\n"));
    let folder = folder.with("row.csv", format!("a,b\n1,{name}\n"));
    for input in ["in.csv", "row.csv"] {
        for io in ["mmap", "read"] {
            folder.run(&format!("convert {input} -o {input}.{io}.parquet --io {io}")).assert().success();
        }
        let of = |io: &str| folder.columns(&format!("{input}.{io}.parquet"));
        assert_eq!(of("mmap"), of("read"));
        assert_eq!(of("mmap").len(), 2);
    }
}

#[test]
fn inputs_without_records_among_others_are_reported_and_left_out() {
    let folder = Folder::new()
        .with("a.jsonl", "{\"a\":1}\n")
        .with("b.jsonl", "")
        .with("c.json", " [] ")
        .with("d.jsonl", "\n\n")
        .with("e.csv", "")
        .with("f.csv", "a\n2\n")
        .with("bare.jsonl", "{}\n{}\n");
    let told =
        folder.run("convert a.jsonl b.jsonl c.json d.jsonl e.csv f.csv -o out.parquet").assert().success();
    let left_out = ["b.jsonl", "c.json", "d.jsonl", "e.csv"].map(|name| format!("{name}: expected "));
    told.stderr(
        left_out.iter().fold(predicates::ord::eq("").not().boxed(), |all, name| {
            all.and(contains(name.as_str())).boxed()
        }),
    );
    assert_eq!(folder.values("out.parquet"), ["1", "2"]);
    // Records without members are records.
    folder.run("convert a.jsonl bare.jsonl -o no.parquet").assert().code(1).stderr(contains("LF104"));
    for alone in ["b.jsonl", "b.jsonl c.json"] {
        folder.run(&format!("convert {alone} -o no.parquet")).assert().code(1).stderr(contains("LF104"));
    }
    assert!(!folder.has("no.parquet"));
}

#[test]
fn data_frames_that_are_not_written_by_rows_are_reported_and_say_what_to_do() {
    let columns = "{\"case\":{\"0\":\"a\",\"1\":\"b\"},\"act\":{\"0\":\"x\",\"1\":\"y\"}}";
    let table = "{\"schema\":{\"fields\":[{\"name\":\"index\",\"type\":\"integer\"},{\"name\":\"a\",\"type\":\"string\"}],\
        \"primaryKey\":[\"index\"],\"pandas_version\":\"1.4.0\"},\"data\":[{\"index\":0,\"a\":\"x\"},{\"index\":1,\"a\":\"y\"}]}";
    for (name, text, flags) in [
        ("a.json", columns, ""),
        ("a.json", columns, " --from json"),
        ("a.json", columns, " --io read --threads 1"),
        ("a.jsonl", columns, ""),
        ("a.dat", columns, ""),
        (
            "a.json",
            "{\"columns\":[\"case\",\"act\"],\"index\":[0,1],\"data\":[[\"a\",\"x\"],[\"b\",\"y\"]]}",
            "",
        ),
        ("a.json", "{\"0\":{\"case\":\"a\",\"act\":\"x\"},\"1\":{\"case\":\"b\",\"act\":\"y\"}}", ""),
        ("a.json", table, ""),
    ] {
        let folder = Folder::new().with(name, text);
        for command in ["convert NAME -o out.parquet", "convert NAME -n", "schema NAME"] {
            let command = command.replace("NAME", name);
            folder
                .run(&format!("{command}{flags}"))
                .assert()
                .success()
                .stderr(contains("warning[LW404]").and(contains("orient=\"records\", lines=True")));
        }
    }
    // The help for a table with its schema is right.
    let folder = Folder::new().with("a.json", table);
    folder
        .run("convert a.json -o out.parquet --json-path /data")
        .assert()
        .success()
        .stderr(contains("LW404").not());
    assert_eq!(folder.values("out.parquet"), ["0|x", "1|y"]);
    for text in [
        "{\"case\":\"a\",\"act\":\"x\"}\n{\"case\":\"b\",\"act\":\"y\"}\n",
        "[{\"case\":\"a\",\"v\":{\"0\":1}},{\"case\":\"b\",\"v\":{\"0\":1}}]",
        "{\"settings\":{\"0\":1,\"1\":2},\"name\":\"x\"}",
        "{\"events\":[{\"a\":1},{\"a\":2}],\"columns\":[\"a\"]}",
    ] {
        let folder = Folder::new().with("a.json", text);
        folder.run("convert a.json -o out.parquet").assert().success().stderr(contains("LW404").not());
    }
}
