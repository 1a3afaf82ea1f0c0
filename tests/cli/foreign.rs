//! Files that are no logs: refused with what they look like, unless `--from` says what they are. A log is read whatever its name is.

use std::io::Write;

use predicates::prelude::*;
use predicates::str::contains;

use crate::{Folder, LOG};

const XES: &str = "<log xes.version=\"1.0\">\n<trace><string key=\"concept:name\" value=\"1\"/>\n\
    <event><string key=\"concept:name\" value=\"a\"/></event>\n</trace>\n</log>\n";
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

fn random(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(next).collect()
}

/// The file is refused by each command with this code and these words, and nothing is written.
fn refused(name: &str, text: &[u8], words: &[&str]) {
    let folder = Folder::new().with(name, text);
    for command in ["convert", "schema", "convert -n"] {
        let output = if command == "schema" { "" } else { " -o out.parquet" };
        let run = folder.run(&format!("{command} {name}{output}")).output().unwrap();
        let told = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(1), "{name}: {told}");
        for word in words {
            assert!(told.contains(word), "{name}: {word}: {told}");
        }
        assert!(told.contains("help:"), "{name}: {told}");
    }
    assert_eq!(folder.names(), [name]);
}

#[test]
fn binary_files_are_refused_with_what_they_look_like() {
    let mut tar = b"log.csv".to_vec();
    tar.resize(257, 0);
    tar.extend(b"ustar\x0000");
    tar.resize(1024, 0);
    for name in ["x.csv", "x.txt", "x", "x.json", "x.xes"] {
        for (text, word) in [
            (&b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type >>\n"[..], "a PDF document"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "a PNG image"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01", "a JPEG image"),
            (b"GIF89a\x01\0\x01\0", "a GIF image"),
            (b"PK\x03\x04\x14\0\0\0\x08\0log.csv", "a ZIP archive"),
            (b"PK\x03\x04\x14\0\x06\0[Content_Types].xml", "an Excel workbook"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0", "an Excel workbook"),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7z archive"),
            (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
            (b"\x7fELF\x02\x01\x01\0\0\0", "a program (ELF)"),
            (b"MZ\x90\0\x03\0\0\0\x04\0", "a program (Windows)"),
            (b"\xca\xfe\xba\xbe\0\0\0\x3d", "a Java class"),
            (b"ID3\x04\0\0\0\0\0\x23", "MP3 audio"),
            (b"\x80\x04\x95\x10\0\0\0\0\0\0\0]", "a Python pickle"),
            (b"\x89HDF\r\n\x1a\n\0", "HDF5"),
            (b"ARROW1\0\0\xff\xff\xff\xff", "Arrow IPC"),
            (b"ORC\x0a\x03\0\0", "ORC"),
            (b"Obj\x01\x04\x16avro.schema\xff\0", "Avro"),
            (b"PAR1\x15\x04\x15", "Parquet"),
            (b"\0\x01\0\0Standard ACE DB\0", "a Microsoft Access database"),
            (b"\x01\x02\x03\x04\x05\x06\x07\x08DUCK\x40\0\0", "a DuckDB database"),
            (b"H:2,block:2,blockSize:1000,chunk:1\n\0", "an H2 database"),
            (&tar, "a tar archive"),
        ] {
            refused(name, text, &[word]);
        }
    }
}

#[test]
fn bytes_without_a_meaning_are_not_a_table_of_one_column() {
    for seed in 1..8 {
        // A few bytes without a control character may be text in an encoding that is not told.
        refused("x.csv", &random(24, seed), &[]);
        for len in [200, 5000] {
            refused("x.csv", &random(len, seed), &["binary data"]);
            refused("x", &random(len, seed), &["binary data"]);
        }
    }
    for (name, text) in [
        ("x.csv.gz", &b"\x1f"[..]),
        ("x.gz", b"\x1f"),
        ("x.xes.gz", b"\x1f"),
        ("x.csv", b"\x1f"),
        ("x.csv", b"\x01\x02\x03\x04"),
        ("x.csv.zst", b"\x28"),
        ("x.csv.bz2", b"BZ"),
        ("x.csv.gz", b"words and words\nof a page\n"),
    ] {
        refused(name, text, &[]);
    }
    let packed = gzip(&random(400, 3));
    refused("x.csv.gz", &packed, &["binary data"]);
    let words: Vec<u8> = (0..500u32).flat_map(u32::to_le_bytes).collect();
    refused("x.csv", &words, &["binary data"]);
}

#[test]
fn a_name_that_the_content_contradicts_is_reported_with_both() {
    for (name, text, words) in [
        ("x.xes", LOG, &["the name says XES", "looks like CSV"]),
        ("x.xes", "hello\n", &["the name says XES", "plain text"]),
        ("x.XES", "hello\n", &["the name says XES", "plain text"]),
        ("x.xes.gz", "hello\n", &["the name says XES, packed by gzip", "plain text"]),
        ("x.gz", "hello\n", &["the name says packed by gzip", "plain text"]),
        ("x.csv.zst", "hello\n", &["the name says CSV, packed by zstd", "plain text"]),
        ("x.xml", LOG, &["the name says XML", "looks like CSV"]),
        ("x.xmlocel", "hello\n", &["the name says XML", "plain text"]),
        ("x.sqlite", LOG, &["the name says SQLite", "looks like CSV"]),
        ("x.sqlite3", "hello\n", &["the name says SQLite", "plain text"]),
        ("x.json", LOG, &["the name says JSON", "looks like CSV"]),
        ("x.jsonocel", "hello\n", &["the name says JSON", "plain text"]),
        ("x.json.gz", LOG, &["the name says JSON", "looks like CSV"]),
        ("x.json", "<html><body>hi</body></html>", &["the name says JSON", "a web page (HTML)"]),
        ("x.parquet", LOG, &["the name says Parquet", "looks like CSV"]),
        ("x.xes", "%PDF-1.7\n", &["the name says XES", "a PDF document"]),
        ("x.mxml", "hello\n", &["the name says MXML", "plain text"]),
    ] {
        refused(name, text.as_bytes(), words);
        if !words[0].contains("packed") {
            let packed = format!("{}.gz", name.trim_end_matches(".gz"));
            refused(&packed, &gzip(text.as_bytes()), words);
        }
        let folder = Folder::new().with(name, text);
        folder.run(&format!("convert {name} -o out.parquet --from csv")).assert().success();
    }
}

#[test]
fn a_log_is_read_whatever_its_name_is() {
    let rows = "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n";
    for (name, text) in [
        ("x.csv", XES.as_bytes().to_vec()),
        ("x.xml", XES.into()),
        ("x.xes.gz", XES.into()),
        ("x.json", XES.into()),
        ("x.xes", gzip(XES.as_bytes())),
        ("x.csv", rows.into()),
        ("x.xes", rows.into()),
        ("x.txt", LOG.into()),
        ("x.dat", LOG.into()),
        ("x.log", LOG.into()),
        ("x.xls", LOG.into()),
        ("x.db", LOG.into()),
        ("x.csv.gz", LOG.into()),
        ("x.gz", LOG.into()),
        ("x.csv", gzip(LOG.as_bytes())),
        ("x.csv.zst", gzip(LOG.as_bytes())),
        ("x.jsonl", rows.replacen('{', "", 1).into_bytes()),
    ] {
        let folder = Folder::new().with(name, text);
        folder
            .run(&format!("convert {name} -o out.parquet --on-bad-row reject"))
            .assert()
            .code(predicate::in_iter([0, 4]));
        assert!(folder.has("out.parquet"), "{name}");
    }
}

#[test]
fn a_web_page_is_called_one() {
    for text in [
        "<html><body>Log in</body></html>",
        "<HTML>\n<HEAD><TITLE>x</TITLE></HEAD></HTML>",
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=utf-8></head>",
        "<!doctype html><title>Sign in</title>",
        "\u{feff}<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">\r\n<html>",
        "\n\n  <html>\n<p>a, b, c</p>\n</html>",
        "<!-- saved from url=(0014)about:internet -->\n<html><p>x</html>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"x.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><body/></html>",
        "<head><title>404</title></head><body>Not found</body>",
        "<html><object data=\"x\"></object><table><tr><td>a</td></tr></table></html>",
    ] {
        for name in ["x.xes", "x.csv", "x.json", "x.xls", "x.xml", "x.sqlite"] {
            refused(name, text.as_bytes(), &["a web page (HTML)", "download the log again"]);
        }
        refused("x.xes.gz", &gzip(text.as_bytes()), &["a web page (HTML)"]);
    }
    let folder = Folder::new().with("x.xes", "<html><body>hi</body></html>");
    let told = folder.run("convert x.xes -o x.parquet --from xes").assert().code(1);
    told.stderr(contains("expected the element log, found html").and(contains("a web page (HTML)")));
}

#[test]
fn other_xml_is_named_with_what_to_do() {
    for (text, words) in [
        (
            "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\">\n<a/></bpmn:definitions>",
            &["BPMN"][..],
        ),
        ("<pnml><net id=\"n\"/></pnml>", &["a Petri net (PNML)"]),
        ("<svg xmlns=\"http://www.w3.org/2000/svg\"><g/></svg>", &["SVG"]),
        ("<rss version=\"2.0\"><channel/></rss>", &["RSS"]),
        ("<feed xmlns=\"http://www.w3.org/2005/Atom\"><id/></feed>", &["Atom"]),
        (
            "<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"><a/></Workbook>",
            &["an Excel workbook (XML of 2003)", "save it as CSV"],
        ),
        (
            "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4</modelVersion></project>",
            &["a Maven project (POM)"],
        ),
        (
            "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"><xs:element/></xs:schema>",
            &["an XML schema (XSD)"],
        ),
        ("<Error><Code>AccessDenied</Code></Error>", &["an error that a server sent"]),
        ("<rows><row a=\"1\"/></rows>", &["XML whose root is <rows>", "--from csv"]),
    ] {
        for name in ["x.xes", "x.xml", "x.csv", "x.txt"] {
            refused(name, text.as_bytes(), words);
        }
        refused("x.mxml.gz", &gzip(text.as_bytes()), words);
    }
}

#[test]
fn what_from_says_and_the_content_is_not_is_named() {
    let folder = Folder::new()
        .with("j", "{\"a\":1,\"b\":2}\n{\"a\":2,\"b\":3}\n")
        .with("c", LOG)
        .with("x", XES)
        .with("p", "%PDF-1.7\n")
        .with("h", "<html><p>x</p></html>");
    for (from, input, word) in [
        ("xes", "j", "expected xes, found what looks like JSON"),
        ("xes", "c", "expected xes, found what looks like CSV"),
        ("xes", "p", "expected xes, found what looks like a PDF document"),
        ("xes", "h", "a web page (HTML)"),
        ("json", "c", "expected json, found what looks like CSV"),
        ("json", "x", "expected json, found what looks like XES"),
        ("jsonl", "p", "expected jsonl, found what looks like a PDF document"),
        ("jsonl", "h", "expected jsonl, found what looks like a web page (HTML)"),
        ("ocel-json", "x", "expected ocel-json, found what looks like XES"),
        ("ocel-json", "j", "expected ocel-json, found what looks like JSON"),
        ("ocel-xml", "j", "expected ocel-xml, found what looks like JSON"),
        ("ocel-xml", "x", "expected ocel-xml, found what looks like XES"),
        ("ocel-sqlite", "c", "expected SQLite, found what looks like CSV"),
        ("ocel-sqlite", "x", "expected SQLite, found what looks like XES"),
    ] {
        let told = folder.run(&format!("schema {input} --from {from}")).assert().code(1);
        told.stderr(contains(word).and(contains("help:")));
    }
}

#[test]
fn control_characters_that_a_table_may_have_are_read_as_before() {
    for (text, columns, rows) in [
        (&b"case\x01step\n1\x01a\n2\x01b\n"[..], 2, 2),
        (b"case\x1fstep\n1\x1fa\n2\x1fb\n", 2, 2),
        (b"case,step\n1,\x1b[31mred\x1b[0m\n2,b\n", 2, 2),
        (b"case,step\n1,a\x0cb\n2,\x0bc\n", 2, 2),
        (b"case,step\n1,a\x08b\n2,b\n", 2, 2),
        (b"case,step\n1,\x07\n2,\x7f\n", 2, 2),
        (b"case\x01step\nM\xfcller\x01gr\xfc\xdfen\nBj\xf6rn\x01x\n", 2, 2),
        (b"Gr\xf6\xdfe,step\n1,a\n", 2, 1),
        ("Größe,step\n1,\u{85}a\n".as_bytes(), 2, 1),
        ("\u{feff}case,step\n1,a\n".as_bytes(), 2, 1),
        (b"<DATE>,<TIME>\n2024-01-01,10:00\n", 2, 1),
        (b"ORC,PARENT\n1,2\n", 2, 1),
    ] {
        let folder = Folder::new().with("log.csv", text);
        folder.run("convert log.csv -o log.parquet").assert().success();
        assert_eq!(folder.columns("log.parquet").len(), columns, "{}", String::from_utf8_lossy(text));
        assert_eq!(folder.rows("log.parquet"), rows, "{}", String::from_utf8_lossy(text));
    }
    // A NUL, and bytes in another encoding, are told where they stand.
    for (text, code) in [
        (&b"case,step\n1,a\n2,\"x\0y\"\n"[..], "LF205"),
        (b"case\0,step\n1,a\n", "LF205"),
        (b"case,step\n1,a\n2,b\xff\n", "LF204"),
    ] {
        let folder = Folder::new().with("log.csv", text);
        folder.run("convert log.csv -o log.parquet").assert().code(1).stderr(contains(code));
    }
    for name in ["x.xes", "x.csv", "x.xml", "x.json", "x.sqlite", "x.gz"] {
        let folder = Folder::new().with(name, "");
        folder.run(&format!("convert {name} -o log.parquet")).assert().code(1).stderr(contains("LF104"));
    }
}
