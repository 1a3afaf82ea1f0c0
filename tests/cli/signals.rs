//! Stopped from outside: the exit code says by what, and nothing is left behind.

#![allow(unsafe_code, reason = "signals and limits are set by system calls")]

use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Folder;

/// A run that waits for input that does not come.
fn waiting(folder: &Folder) -> Child {
    let mut command = folder.command("convert - --from csv -o log.parquet");
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    thread::sleep(Duration::from_millis(300));
    child
}

fn send(child: &Child, signal: i32) {
    // SAFETY: a signal to a child that has not been waited for.
    unsafe { libc::kill(child.id() as i32, signal) };
}

/// A run whose input comes up to here and then no further, while the pipe stays open.
fn fed(folder: &Folder, text: &str) -> (Child, ChildStdin) {
    let mut command = folder.command("convert - --from csv -o log.parquet --threads 2");
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // A run that has seen enough reads no more.
    let _ = input.write_all(text.as_bytes());
    (child, input)
}

#[test]
fn one_signal_ends_a_run_that_waits_for_its_input() {
    let rows = "1,pay,2024-01-01T08:00:00Z\n".repeat(150_000);
    // Before its head is there, within it, and when workers have begun.
    for text in ["", "case,activity,timestamp\n", &format!("case,activity,timestamp\n{rows}")] {
        let folder = Folder::new();
        let (mut child, input) = fed(&folder, text);
        thread::sleep(Duration::from_millis(300));
        let start = Instant::now();
        send(&child, libc::SIGTERM);
        assert_eq!(child.wait().unwrap().code(), Some(143));
        // It had ten seconds before it was ended whatever it did.
        assert!(start.elapsed() < Duration::from_secs(5), "{:?} for {} bytes", start.elapsed(), text.len());
        assert!(folder.names().is_empty());
        drop(input);
    }
}

#[test]
fn a_bad_row_ends_a_run_that_waits_for_its_input() {
    let rows = "1,pay,2024-01-01T08:00:00Z\n".repeat(150_000);
    let folder = Folder::new();
    let (mut child, input) = fed(&folder, &format!("case,activity,timestamp\ntoo short\n{rows}"));
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(10), "it waits for more");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    drop(input);
}

#[test]
fn the_second_signal_ends_a_run_at_once_and_the_code_is_the_first_ones() {
    for (signal, code) in [(libc::SIGINT, 130), (libc::SIGTERM, 143)] {
        let folder = Folder::new();
        let mut child = waiting(&folder);
        send(&child, signal);
        thread::sleep(Duration::from_millis(100));
        send(&child, libc::SIGTERM);
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}

#[test]
fn a_stopped_run_leaves_the_old_output_and_no_temp_file() {
    let mut log = String::from("case,activity,timestamp,text\n");
    for row in 0..400_000 {
        log.push_str(&format!(
            "{},a,2024-01-01T08:00:00Z,some text that is not the same in any row {row}\n",
            row / 5
        ));
    }
    let folder = Folder::new().with("log.csv", log).with("log.parquet", "old");
    let mut stopped = 0;
    for wait in [5, 20, 50, 100, 150] {
        let mut child = folder
            .command("convert log.csv -o log.parquet --force -q --threads 1")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(wait));
        send(&child, libc::SIGTERM);
        let status = child.wait().unwrap();
        match status.code() {
            Some(143) => stopped += 1,
            // Before the signal had its thread, it was deadly; after the end it came too late.
            None => assert_eq!(status.signal(), Some(libc::SIGTERM)),
            Some(0) => break,
            Some(code) => panic!("ended with {code}"),
        }
        assert_eq!(folder.text("log.parquet"), "old");
        assert_eq!(folder.names(), ["log.csv", "log.parquet"]);
    }
    assert!(stopped > 0);
}

fn limit_file_size() -> std::io::Result<()> {
    let limit = libc::rlimit { rlim_cur: 100, rlim_max: 100 };
    // SAFETY: the limit is live.
    match unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

#[test]
fn a_file_size_limit_is_an_error_and_no_death() {
    let folder = Folder::with_log();
    let mut command = folder.command("convert log.csv -o log.parquet");
    // SAFETY: what runs between fork and exec is one system call.
    unsafe { command.pre_exec(limit_file_size) };
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("LF107"));
    assert_eq!(folder.names(), ["log.csv"]);
}
