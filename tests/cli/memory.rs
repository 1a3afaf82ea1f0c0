//! Memory: what the process holds follows from its limit, whatever stands in the file.

#![allow(unsafe_code, reason = "what a child held at most is told by a system call")]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::Folder;

/// More than a run of two threads holds with debug code and a budget of 64 MiB; two million bad rows as objects take 200 MB.
const MOST: i64 = 90 << 20;

/// Runs it; its exit code and what it held at most, in bytes.
#[expect(clippy::zombie_processes, reason = "wait4 waits for it and says more")]
fn held(mut command: Command) -> (i32, i64) {
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut status = 0;
    // SAFETY: a rusage is numbers, and all zeros are numbers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the child is ours and not waited for elsewhere; both pointers are live.
    let waited = unsafe { libc::wait4(child.id() as i32, &raw mut status, 0, &raw mut usage) };
    assert_eq!(waited, child.id() as i32);
    (libc::WEXITSTATUS(status), usage.ru_maxrss * 1024)
}

#[test]
fn millions_of_bad_rows_are_not_held() {
    let text = format!("a,b\n{}{}", "1,2\n".repeat(70_000), "x\n".repeat(2_000_000));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let folder = Folder::new().with("bad.csv", &text).with("bad.csv.gz", gzip.finish().unwrap());
    let all = "--from csv --on-bad-row reject --threads 2 --memory-limit 64MiB -o out.parquet --force";
    for (input, limit, expected) in [
        ("bad.csv", "", 4),
        ("bad.csv", "--max-bad-rows 10", 1),
        ("bad.csv --io read", "", 4),
        ("bad.csv.gz", "", 4),
        ("bad.csv.gz", "--max-bad-rows 10", 1),
        ("-", "", 4),
    ] {
        let mut command = folder.command(&format!("convert {input} {all} {limit}"));
        if input == "-" {
            command.stdin(File::open(folder.path("bad.csv")).unwrap());
        }
        let (code, bytes) = held(command);
        assert_eq!(code, expected, "{input} {limit}");
        assert!(bytes < MOST, "{input} {limit}: {} MiB", bytes >> 20);
        if expected == 4 {
            // Line by line: what the parent holds when it forks is counted for the child.
            let rejects = BufReader::new(File::open(folder.path("out.parquet.rejects.jsonl")).unwrap());
            assert_eq!(rejects.split(b'\n').count(), 2_000_000, "{input}");
        }
    }
}
