//! Access logs of web servers: formats, values, lines that are none, and requests as activities.

use predicates::prelude::*;
use predicates::str::contains;

use crate::{Folder, found};

const COMBINED: &str = r#"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a/1?x=y HTTP/1.0" 200 2326 "http://example.com/" "Mozilla/4.08 [en] (Win98; \"I\" ;Nav)"
192.0.2.2 - frank miller [29/Feb/2024:23:59:59 +0000] "\x16\x03\x01" 400 - "-" "-"
192.0.2.3 - - [01/Mar/2024:00:00:00 +0530] "POST /b/c d HTTP/1.1" 201 0 "-" "curl"
"#;

#[test]
fn a_combined_log_becomes_a_table_with_the_usual_names() {
    let folder = Folder::new().with("access.log", COMBINED);
    folder.run("convert access.log -o a.parquet").assert().code(0);
    assert_eq!(
        folder.columns("a.parquet"),
        [
            "remote_host BYTE_ARRAY",
            "user BYTE_ARRAY",
            "time INT64",
            "method BYTE_ARRAY",
            "path BYTE_ARRAY",
            "protocol BYTE_ARRAY",
            "status INT64",
            "bytes INT64",
            "referer BYTE_ARRAY",
            "user_agent BYTE_ARRAY",
            "request BYTE_ARRAY",
        ]
    );
    assert_eq!(
        folder.values("a.parquet"),
        [
            r#"192.0.2.1|null|2000-10-10 20:55:36.000000 +00:00|GET|/a/1?x=y|HTTP/1.0|200|2326|http://example.com/|Mozilla/4.08 [en] (Win98; "I" ;Nav)|null"#,
            r"192.0.2.2|frank miller|2024-02-29 23:59:59.000000 +00:00|null|null|null|400|null|null|null|\x16\x03\x01",
            "192.0.2.3|null|2024-02-29 18:30:00.000000 +00:00|POST|/b/c d|HTTP/1.1|201|0|null|curl|null",
        ]
    );
    assert_eq!(found(&folder, "access.log")["inputs"][0]["format"], "access");
}

#[test]
fn format_strings_of_both_servers_are_read() {
    let folder = Folder::new()
        .with("apache.log", "example.com 12 192.0.2.1 200 \"GET / HTTP/1.1\"\n")
        .with("nginx.log", "192.0.2.1|0.012|2024-05-01T10:00:00+02:00|/x|-\n")
        .with("seconds.log", "1714557600.250 192.0.2.1\n");
    for (log, format, rows) in [
        ("apache.log", r#"%v %D %h %>s \"%r\""#, "example.com|12|192.0.2.1|200|GET|/|HTTP/1.1"),
        (
            "nginx.log",
            "$remote_addr|$request_time|$time_iso8601|$request_uri|$upstream_addr",
            "192.0.2.1|0.012|2024-05-01 08:00:00.000000 +00:00|/x|null",
        ),
        ("seconds.log", "$msec $remote_addr", "2024-05-01 10:00:00.250000 +00:00|192.0.2.1"),
    ] {
        let mut command = folder.run(&format!("convert {log} -o x.parquet --force --access-format"));
        command.arg(format).assert().code(0);
        assert_eq!(folder.values("x.parquet"), [rows], "{log}");
    }
    folder
        .run("convert nginx.log -o y.parquet --access-format nonsense")
        .assert()
        .code(2)
        .stderr(contains("combined, common"));
}

#[test]
fn fields_of_the_w3c_are_read_as_its_first_line_says() {
    let folder = Folder::new().with(
        "iis.log",
        "#Software: Microsoft Internet Information Services 10.0\r\n#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent) time-taken\r\n2024-05-01 10:00:00 192.0.2.1 GET /a 200 Mozilla/5.0+(X11) 15\r\n#Date: 2024-05-02\r\n#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent) time-taken\r\n2024-05-02 10:00:00 192.0.2.2 GET /b 404 - 16\r\n",
    );
    folder.run("convert iis.log -o i.parquet").assert().code(0);
    assert_eq!(
        folder.values("i.parquet"),
        [
            "2024-05-01 10:00:00.000000 +00:00|192.0.2.1|GET|/a|200|Mozilla/5.0+(X11)|15",
            "2024-05-02 10:00:00.000000 +00:00|192.0.2.2|GET|/b|404|null|16",
        ]
    );
    let folder =
        folder.with("other.log", "#Fields: c-ip sc-status\n192.0.2.1 200\n#Fields: sc-status c-ip\n");
    folder
        .run("convert other.log -o o.parquet")
        .assert()
        .code(1)
        .stderr(contains("LF215").and(contains("one list of fields")));
}

#[test]
fn a_line_that_is_no_record_is_told_with_its_place_and_none_is_lost() {
    let cut = r#"192.0.2.9 - - [01/Mar/2024:00:00:00 +0530] "GET / HTTP/1.1" 200 1 "-" "Mozi"#;
    let folder = Folder::new().with("access.log", format!("{COMBINED}{cut}\n"));
    folder
        .run("convert access.log -o a.parquet")
        .assert()
        .code(1)
        .stderr(contains("LF215").and(contains("closing quote")).and(contains("row 4")));
    folder.run("convert access.log -o a.parquet --on-bad-row reject").assert().code(4);
    assert_eq!(folder.rows("a.parquet"), 3);
    let rejects = folder.text("a.parquet.rejects.jsonl");
    assert!(rejects.lines().count() == 1 && rejects.contains("192.0.2.9"), "{rejects}");
}

#[test]
fn the_generator_writes_logs_that_are_read_the_same_at_any_number_of_threads() {
    let folder = Folder::new();
    folder.run("generate --format access --events 20000 --dirty 0.001 -o access.log").assert().code(0);
    for threads in [1, 3] {
        let args = format!("convert access.log -o {threads}.parquet --on-bad-row reject -j {threads}");
        folder.run(&args).assert().code(4);
    }
    let bytes = |name: &str| std::fs::read(folder.path(name)).unwrap();
    assert!(bytes("1.parquet") == bytes("3.parquet"));
    let rejected = folder.text("1.parquet.rejects.jsonl").lines().count() as i64;
    assert!(rejected > 0 && folder.rows("1.parquet") + rejected == 20_000);
}

#[test]
fn a_table_of_numbers_and_quotes_is_no_access_log() {
    let folder = Folder::new().with("t.csv", "host,status\n192.0.2.1,200\n");
    assert_eq!(found(&folder, "t.csv")["inputs"][0]["format"], "csv");
}

#[test]
fn requests_become_activities() {
    let folder = Folder::new().with("access.log", COMBINED);
    folder
        .run("convert access.log -o a.parquet --path-template path --select path,path_template,activity")
        .assert()
        .code(2);
    folder
        .run("convert access.log -o a.parquet --path-template path --report json")
        .assert()
        .code(0)
        .stdout(contains("\"activity\""));
    let last: Vec<String> = folder
        .values("a.parquet")
        .iter()
        .map(|row| row.rsplit('|').take(2).collect::<Vec<_>>().join("|"))
        .collect();
    assert_eq!(last, ["GET /a/{id}|/a/{id}", "null|null", "POST /b/c d|/b/c d"]);
}
