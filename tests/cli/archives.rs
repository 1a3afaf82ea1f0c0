//! Archives as inputs, and MXML.

use std::io::Write;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use predicates::prelude::*;
use predicates::str::contains;

use crate::Folder;

const ONE: &str = "case,activity,time\n1,a,2024-05-01 10:00:00\n1,b,2024-05-01 11:00:00\n";
const TWO: &str = "case,activity,time\n2,a,2024-05-02 10:00:00\n";
const MXML: &str = r#"<?xml version="1.0" encoding="ISO-8859-1"?>
<WorkflowLog><Process id="P"><ProcessInstance id="1"><AuditTrailEntry>
<Data><Attribute name="cost">12</Attribute></Data>
<WorkflowModelElement>Pr?fen</WorkflowModelElement><EventType>complete</EventType>
<Timestamp>2024-05-01T10:00:00.000+02:00</Timestamp><Originator>Ann</Originator>
</AuditTrailEntry></ProcessInstance></Process></WorkflowLog>"#;

/// A ZIP archive; every other member is deflated.
fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (number, (name, text)) in members.iter().enumerate() {
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        let (method, content) = if number % 2 == 0 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text.as_bytes()).unwrap();
            (8_u16, encoder.finish().unwrap())
        } else {
            (0, text.as_bytes().to_vec())
        };
        let mut common = vec![20, 0, 0, 0];
        common.extend_from_slice(&method.to_le_bytes());
        common.extend_from_slice(&[0, 0, 0x21, 0]);
        common.extend_from_slice(&crc.sum().to_le_bytes());
        common.extend_from_slice(&(content.len() as u32).to_le_bytes());
        common.extend_from_slice(&(text.len() as u32).to_le_bytes());
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&(out.len() as u32).to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&content);
    }
    let (start, count) = (out.len() as u32, (members.len() as u16).to_le_bytes());
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&[count, count].concat());
    out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

/// A tar archive.
fn tar(members: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, text) in members {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", text.len()).as_bytes());
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].fill(b' ');
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(text.as_bytes());
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_archive_stands_for_the_logs_in_it() {
    let members = [("a.csv", ONE), ("sub/b.csv", TWO), ("README", "Some words.\n")];
    let folder = Folder::new()
        .with("logs.zip", zip(&members))
        .with("logs.tar", tar(&members))
        .with("logs.tgz", gzip(&tar(&members)));
    for archive in ["logs.zip", "logs.tar", "logs.tgz"] {
        folder
            .run(&format!("convert {archive} -o all.parquet --force"))
            .assert()
            .code(0)
            .stderr(contains(format!("{archive}!/README")));
        assert_eq!(folder.rows("all.parquet"), 3, "{archive}");
        folder.run(&format!("convert {archive}!/sub/b.csv -o one.parquet --force")).assert().code(0);
        assert_eq!(folder.values("one.parquet")[0], "2|a|2024-05-02 10:00:00.000000 +00:00", "{archive}");
        folder
            .run(&format!("convert {archive}!/c.csv -o x.parquet"))
            .assert()
            .code(1)
            .stderr(contains("LF101").and(contains("sub/b.csv")));
    }
    folder.run("convert logs.zip -o out/").assert().code(0);
    assert!(folder.has("out/logs/a.parquet") && folder.has("out/logs/sub/b.parquet"));
}

#[test]
fn errors_and_metadata_name_the_member_and_never_its_copy() {
    let folder =
        Folder::new().with("logs.zip", zip(&[("a.csv", ONE), ("bad.csv", "a,b,c\n1,2,3\n1,2\n1,2,3\n")]));
    folder
        .run("convert logs.zip!/bad.csv -o x.parquet")
        .assert()
        .code(1)
        .stderr(contains("LF201").and(contains("logs.zip!/bad.csv, byte 12, row 2")));
    for name in ["a.parquet", "b.parquet"] {
        folder.run(&format!("convert logs.zip!/a.csv -o {name}")).assert().code(0);
    }
    let bytes = |name: &str| std::fs::read(folder.path(name)).unwrap();
    assert!(bytes("a.parquet") == bytes("b.parquet"));
    let text = String::from_utf8_lossy(&bytes("a.parquet")).into_owned();
    // Names of sources have no folders.
    assert!(text.contains("\"name\":\"a.csv\""), "the source of the log is not told");
}

#[test]
fn archives_that_lead_out_or_are_damaged_are_errors() {
    let mut damaged = zip(&[("a.csv", &ONE.repeat(100))]);
    damaged[50] ^= 0x55;
    let whole = zip(&[("a.csv", ONE)]);
    let folder = Folder::new()
        .with("up.zip", zip(&[("../a.csv", ONE)]))
        .with("root.tar", tar(&[("/etc/a.csv", ONE)]))
        .with("damaged.zip", damaged)
        .with("cut.zip", &whole[..whole.len() - 30])
        .with("cut.tar", &tar(&[("a.csv", ONE)])[..600]);
    for name in ["up.zip", "root.tar", "damaged.zip", "cut.tar"] {
        folder.run(&format!("convert {name} -o x.parquet")).assert().code(1).stderr(contains("LF234"));
    }
    folder.run("convert cut.zip -o x.parquet").assert().code(1);
    folder.run("convert cut.tar!/b.csv -o x.parquet").assert().code(1);
    assert!(!folder.has("x.parquet"));
}

#[test]
fn mxml_is_read_with_the_names_of_xes() {
    let text: Vec<u8> = MXML.bytes().map(|byte| if byte == b'?' { 0xfc } else { byte }).collect();
    // The question marks of the declaration are not letters.
    let text =
        [b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>", &text[MXML.find('\n').unwrap()..]].concat();
    let folder = Folder::new()
        .with("log.mxml", &text)
        .with("log.mxml.gz", gzip(&text))
        .with("log.zip", zip(&[("a.mxml", MXML)]));
    for name in ["log.mxml", "log.mxml.gz"] {
        folder.run(&format!("convert {name} -o m.parquet --force")).assert().code(0).stderr(contains(name));
        assert_eq!(
            folder.values("m.parquet"),
            ["1|P|12|Prüfen|complete|2024-05-01 08:00:00.000000 +00:00|Ann"],
            "{name}"
        );
    }
    folder.run("convert log.zip -o z.parquet").assert().code(0);
    assert_eq!(folder.rows("z.parquet"), 1);
    let folder = folder.with("cut.mxml", &text[..text.len() - 20]);
    folder
        .run("convert cut.mxml -o x.parquet")
        .assert()
        .code(1)
        .stderr(contains("LF210").and(contains("cut.mxml")));
}
