//! What stands behind the end of a log: another log, traces and garbage are an error, comments are nothing, bytes 0x00 are told.

use predicates::prelude::*;
use predicates::str::contains;

use super::Folder;

const LOG: &str = "<log xes.version=\"1849.2016\">\n<extension name=\"Concept\" prefix=\"concept\" uri=\"http://www.xes-standard.org/concept.xesext\"/>\n<trace><string key=\"concept:name\" value=\"1\"/><event><string key=\"concept:name\" value=\"A\"/></event></trace>\n</log>";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// The ways in which a file is read: names of files, and flags.
fn ways(folder: Folder, bytes: &[u8]) -> (Folder, Vec<String>) {
    let folder = folder.with("log.xes", bytes).with("log.xes.gz", gzip(bytes));
    let ways = ["log.xes", "log.xes --io read", "log.xes --threads 8", "log.xes.gz"];
    (folder, ways.map(str::to_owned).to_vec())
}

#[test]
fn a_root_without_content_is_a_log_without_rows_and_without_a_warning() {
    let roots = [
        "<log xes.version='1849.2016'/>",
        "<?xml version='1.0' encoding='UTF-8'?>\n<log xes.version='1'\n  xmlns='http://www.xes-standard.org/'\n/>\n",
        "\u{feff}<log xes.version='1'/>",
        "<x:log xmlns:x='http://www.xes-standard.org/' xes.version='1'/>",
        "<log xes.version='1'/> <!-- <log> --> <?p <trace> ?>\n",
        "<log xes.version='1'></log>",
        "<log xes.version='1'\t/>\r\n\r\n",
    ];
    let utf16: Vec<u8> = format!("\u{feff}{}", roots[0]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in roots.iter().map(|root| root.as_bytes().to_vec()).chain([utf16]) {
        let (folder, ways) = ways(Folder::new(), &bytes);
        for (number, way) in ways.iter().enumerate() {
            let shown = String::from_utf8_lossy(&bytes).into_owned();
            folder
                .run(&format!("convert {way} -o {number}.parquet"))
                .assert()
                .success()
                .stderr(contains("standard").not().and(contains("records 0 = rows 0")));
            folder.run(&format!("convert {way} --strict -o s{number}.parquet")).assert().success();
            assert_eq!(folder.rows(&format!("{number}.parquet")), 0, "{shown}");
        }
        folder.run("validate log.xes log.xes.gz").assert().success();
    }
}

#[test]
fn what_follows_a_log_is_an_error_with_its_place() {
    let behind = [
        "<log xes.version='1'/>",
        "<log/>",
        "<log xes.version='1'></log>",
        "<trace><event/></trace>",
        "<event/>",
        "garbage",
        "&amp;",
        "<![CDATA[x]]>",
        "</log>",
        "<?xml version='1.0'?><log/>",
        "\0\0\0<log/>",
        "\0<!-- a -->",
    ];
    for log in ["<log xes.version='1'/>", "<log xes.version='1'></log>", LOG] {
        for behind in behind {
            let text = format!("{log}\n{behind}");
            let (folder, ways) = ways(Folder::new(), text.as_bytes());
            let at = log.len() + 1 + behind.bytes().take_while(|byte| *byte == 0).count();
            for (number, way) in ways.iter().enumerate() {
                let run = folder.run(&format!("convert {way} -o {number}.parquet")).assert().code(1);
                run.stderr(contains("LF210").and(contains(format!("byte {at}"))).and(contains("line ")));
                let strict = folder.run(&format!("convert {way} --strict -o s{number}.parquet")).assert();
                strict.code(1).stderr(contains("LF213"));
                let reject = format!("convert {way} -o r{number}.parquet --on-bad-row reject");
                folder.run(&reject).assert().code(4);
                assert_eq!(folder.rows(&format!("r{number}.parquet")), i64::from(log == LOG), "{text}");
            }
            folder.run("schema log.xes").assert().stdout(contains("bad 1"));
            folder.run("validate log.xes").assert().code(3).stdout(contains("XML 1.0"));
        }
    }
}

#[test]
fn of_what_follows_a_log_the_first_line_is_rejected_and_the_rest_is_passed_over() {
    let long = "x".repeat(3000);
    for (behind, kept) in [
        ("one\ntwo\nthree\n".to_owned(), "one".to_owned()),
        ("one".to_owned(), "one".to_owned()),
        ("<log><trace/></log>\n<log/>\n".to_owned(), "<log><trace/></log>".to_owned()),
        ("<!-- a --> one <!-- b -->\ntwo".to_owned(), "<!-- a --> one <!-- b -->".to_owned()),
        (format!("{long}\ntwo\n"), long[..1024].to_owned()),
        (format!("{}\ntwo\n", &long[..1024]), long[..1024].to_owned()),
        (format!("{}\n", &long[..1023]), long[..1023].to_owned()),
    ] {
        let (folder, ways) = ways(Folder::new(), format!("{LOG}\n{behind}").as_bytes());
        for (number, way) in ways.iter().enumerate() {
            let reject = format!("convert {way} -o {number}.parquet --on-bad-row reject");
            folder.run(&reject).assert().code(4).stderr(contains("rejected 1"));
            let lines = folder.text(&format!("{number}.parquet.rejects.jsonl"));
            let line: serde_json::Value = serde_json::from_str(&lines).unwrap();
            // The end of the log stands before it.
            assert_eq!(line["text"], format!("</log>\n{kept}"), "{way}: {behind:.80}");
        }
    }
}

#[test]
fn padding_after_the_end_of_a_log_is_left_out_and_reported() {
    let json = r#"{"events":[{"id":"e1","type":"t","time":"2024-01-01T00:00:00Z","attributes":[],"relationships":[]}],"objects":[],"eventTypes":[],"objectTypes":[]}"#;
    let xml = "<log><event-types/><object-types/><events><event id='e' type='t' time='2024-01-01T00:00:00Z'/></events><objects/></log>";
    for (name, text) in [
        ("log.xes", LOG),
        ("root.xes", "<log xes.version='1'/>"),
        ("log.json", "[{\"a\":1},{\"a\":2}]"),
        ("wrapped.json", "{\"rows\":[{\"a\":1},{\"a\":2}],\"n\":2}"),
        ("log.jsonocel", json),
        ("log.xmlocel", xml),
    ] {
        for behind in ["\0", "\0\0\0\0\0\0\0\0\0\0", "\n\0\0", "\0\0\n \0", "\0\r\n"] {
            let zeros = behind.bytes().filter(|byte| *byte == 0).count();
            let bytes = format!("{text}{behind}").into_bytes();
            let folder = Folder::new().with(name, &bytes).with(&format!("{name}.gz"), gzip(&bytes));
            for (number, way) in
                [name.to_owned(), format!("{name} --io read"), format!("{name}.gz")].iter().enumerate()
            {
                let run = folder.run(&format!("convert {way} -o o{number} --report json")).output().unwrap();
                assert!(run.status.success(), "{name} {behind:?}: {run:?}");
                let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
                let warnings = report["warnings"].as_array().unwrap();
                let told = warnings
                    .iter()
                    .find(|it| it["code"] == "LW105")
                    .unwrap_or_else(|| panic!("{name} {behind:?}"));
                assert_eq!(told["count"], zeros, "{name} {behind:?}");
                let first = text.len() + behind.bytes().take_while(|byte| *byte != 0).count();
                assert_eq!(told["example"]["byte"], first, "{name} {behind:?}");
                assert!(report["records"].as_u64().unwrap() < 3);
            }
        }
    }
}

#[test]
fn padding_after_lines_may_stand_where_others_were_and_is_an_error() {
    for (name, text) in [
        ("log.jsonl", "{\"a\":1}\n{\"a\":2}\n\0\0\0"),
        ("open.jsonl", "{\"a\":1}\n{\"a\":2}\0\0"),
        ("objects.json", "{\"a\":1} {\"a\":2}\0"),
    ] {
        let folder = Folder::new().with(name, text).with(&format!("{name}.gz"), gzip(text.as_bytes()));
        for way in [name.to_owned(), format!("{name} --io read"), format!("{name}.gz")] {
            folder.run(&format!("convert {way} -o o.parquet")).assert().code(1);
            assert!(!folder.has("o.parquet"), "{way}");
        }
    }
}

#[test]
fn padding_breaks_the_standard() {
    let xml = "<log><event-types/><object-types/><events/><objects/></log>\0\0";
    for (name, text) in [("log.xes", format!("{LOG}\0\0")), ("log.xmlocel", xml.to_owned())] {
        let folder = Folder::new().with(name, text);
        folder.run(&format!("validate {name}")).assert().code(3).stdout(contains("well-formed"));
        folder.run(&format!("convert {name} --strict -o out")).assert().code(1);
        folder.run(&format!("convert {name} -o read")).assert().success().stderr(contains("LW105"));
    }
}
