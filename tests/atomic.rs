//! Atomic: whatever happens during a run, the old output stays or the new one is whole, and the next run leaves no temp file behind.
//!
//! `LOGFLOW_ROUNDS=200 cargo test --test atomic` plays more rounds than the usual run does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use parquet::file::metadata::ParquetMetaDataReader;

const ROWS: usize = 120_000;
/// Rows that are none, in the test that rejects them.
const BAD: usize = 50_000;
const OLD: &[u8] = b"what was there before";

struct Place {
    folder: tempfile::TempDir,
    input: PathBuf,
    output: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in.csv");
        write_log(&input);
        fs::create_dir(folder.path().join("out")).unwrap();
        let output = folder.path().join("out/log.parquet");
        fs::write(&output, OLD).unwrap();
        Self { folder, input, output }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_logflow"));
        command.arg("convert").arg(&self.input).arg("-o").arg(&self.output).args([
            "--force",
            "--threads",
            "2",
        ]);
        command.args(["--row-group-size", "256KiB", "-q"]).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn start(&self) -> Child {
        self.command().spawn().unwrap()
    }

    /// The output is the old one, or a whole new one.
    fn check_output(&self, context: &str) {
        let found = fs::read(&self.output).unwrap();
        if found != OLD {
            assert_eq!(rows(&self.output), ROWS as i64, "{context}: a whole file");
        }
    }

    fn leftovers(&self) -> Vec<String> {
        fs::read_dir(self.output.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "log.parquet")
            .collect()
    }
}

fn write_log(path: &Path) {
    let mut file = std::io::BufWriter::new(File::create(path).unwrap());
    writeln!(file, "case_id,activity,timestamp,cost,note").unwrap();
    for row in 0..ROWS {
        let (case, second) = (row / 9, row % 60);
        writeln!(
            file,
            "case-{case},step {},2024-03-05T10:20:{second:02}Z,{}.5,\"note {row}, free\"",
            row % 26,
            row % 997
        )
        .unwrap();
    }
}

fn rows(path: &Path) -> i64 {
    let footer = ParquetMetaDataReader::new().parse_and_finish(&File::open(path).unwrap()).unwrap();
    footer.file_metadata().num_rows()
}

fn rounds(usual: u32) -> u32 {
    std::env::var("LOGFLOW_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_run_killed_at_any_moment_leaves_the_old_output_or_a_whole_new_output() {
    let place = Place::new();
    let begin = Instant::now();
    assert!(place.start().wait().unwrap().success());
    let whole = begin.elapsed();
    let rounds = rounds(25);
    for round in 0..rounds {
        fs::write(&place.output, OLD).unwrap();
        let mut child = place.start();
        std::thread::sleep(whole * round / rounds);
        let _ = child.kill();
        let status = child.wait().unwrap();
        assert!(status.success() || status.signal() == Some(9), "{status}");
        place.check_output(&format!("killed after {round}/{rounds} of a run"));
    }
    assert!(place.start().wait().unwrap().success());
    assert_eq!(place.leftovers(), [""; 0], "the next run sweeps");
    assert_eq!(rows(&place.output), ROWS as i64);
}

/// A run that rejects rows has two files to bring to their place.
#[test]
fn a_run_killed_while_it_rejects_rows_leaves_old_or_whole_new_files() {
    let place = Place::new();
    let mut input = OpenOptions::new().append(true).open(&place.input).unwrap();
    for row in 0..BAD {
        writeln!(input, "too short {row}").unwrap();
    }
    drop(input);
    let rejects = place.folder.path().join("out/log.parquet.rejects.jsonl");
    let start = || place.command().args(["--on-bad-row", "reject"]).spawn().unwrap();
    let begin = Instant::now();
    assert_eq!(start().wait().unwrap().code(), Some(4));
    let whole = begin.elapsed();
    let expected = fs::read(&rejects).unwrap();
    assert_eq!(expected.iter().filter(|byte| **byte == b'\n').count(), BAD);
    let rounds = rounds(25);
    let mut killed = 0;
    for round in 0..rounds {
        fs::write(&place.output, OLD).unwrap();
        fs::write(&rejects, OLD).unwrap();
        let mut child = start();
        std::thread::sleep(whole * round / rounds);
        let _ = child.kill();
        let status = child.wait().unwrap();
        assert!(status.code() == Some(4) || status.signal() == Some(9), "{status}");
        killed += u32::from(status.code().is_none());
        place.check_output(&format!("killed after {round}/{rounds} of a run"));
        let found = fs::read(&rejects).unwrap();
        assert!(found == OLD || found == expected, "half a rejects file after {round}/{rounds} of a run");
    }
    assert!(killed > 0);
    assert_eq!(start().wait().unwrap().code(), Some(4));
    assert_eq!(place.leftovers(), ["log.parquet.rejects.jsonl"], "the next run sweeps");
}

#[test]
fn a_terminated_run_reports_it_and_leaves_no_file() {
    let place = Place::new();
    for (signal, code) in [(libc::SIGTERM, 143), (libc::SIGINT, 130)] {
        let mut caught = 0;
        for wait in [40, 20, 10, 60, 80, 5] {
            fs::write(&place.output, OLD).unwrap();
            let child = place.start();
            std::thread::sleep(Duration::from_millis(wait));
            #[expect(unsafe_code, reason = "the standard library sends no signals")]
            // SAFETY: the child is ours and not waited for yet, so its number is still its own.
            let sent = unsafe { libc::kill(child.id() as libc::pid_t, signal) };
            assert_eq!(sent, 0);
            let output = child.wait_with_output().unwrap();
            match output.status.code() {
                Some(0) => {}
                // Before the signal had its thread it was deadly.
                None => assert_eq!(output.status.signal(), Some(signal)),
                found => {
                    assert_eq!(found, Some(code), "{}", stderr(&output));
                    assert_eq!(fs::read(&place.output).unwrap(), OLD);
                    caught += 1;
                }
            }
            assert_eq!(place.leftovers(), [""; 0]);
        }
        assert!(caught > 0, "no run was still under way");
    }
}

#[test]
fn a_disk_that_is_full_at_any_write_is_a_coded_error() {
    let place = Place::new();
    assert!(place.start().wait().unwrap().success());
    let size = fs::metadata(&place.output).unwrap().len();
    let steps = u64::from(rounds(40));
    for step in 0..steps {
        let limit = size * step / steps;
        fs::write(&place.output, OLD).unwrap();
        let mut command = place.command();
        let set = move || {
            let limit = libc::rlimit { rlim_cur: limit, rlim_max: limit };
            #[expect(unsafe_code, reason = "the standard library sets no limits")]
            // SAFETY: `limit` is a live value; the call touches nothing else and may be made between fork and exec.
            match unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) } {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        };
        #[expect(unsafe_code, reason = "a limit for the child alone is set between fork and exec")]
        // SAFETY: `set` allocates nothing and takes no lock.
        unsafe {
            command.pre_exec(set)
        };
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "at {limit} of {size}: {}", stderr(&output));
        assert!(stderr(&output).contains("LF107"), "{}", stderr(&output));
        assert_eq!(fs::read(&place.output).unwrap(), OLD, "at {limit} of {size}");
        assert_eq!(place.leftovers(), [""; 0], "at {limit} of {size}");
    }
}

#[test]
fn an_input_cut_short_while_it_is_read_is_a_coded_error_and_no_death() {
    let place = Place::new();
    let text = fs::read(&place.input).unwrap();
    let begin = Instant::now();
    assert!(place.start().wait().unwrap().success());
    let whole = begin.elapsed();
    let rounds = rounds(25);
    let mut caught = 0;
    for round in 0..rounds {
        fs::write(&place.input, &text).unwrap();
        fs::write(&place.output, OLD).unwrap();
        let child = place.start();
        std::thread::sleep(whole * round / rounds);
        // Inside a page: the rest of that page reads as zeros, without a signal.
        let file = OpenOptions::new().write(true).open(&place.input).unwrap();
        file.set_len(text.len() as u64 * u64::from(round) / u64::from(rounds) + 1).unwrap();
        let output = child.wait_with_output().unwrap();
        let code = output.status.code();
        assert!(code.is_some(), "no signal death: {}", output.status);
        if code != Some(0) {
            caught += 1;
            assert_eq!(fs::read(&place.output).unwrap(), OLD, "{}", stderr(&output));
        }
        assert_eq!(place.leftovers(), [""; 0]);
    }
    assert!(caught > 0, "the input was cut in time at least once");
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_any_work() {
    let place = Place::new();
    for output in ["in.csv/log.parquet", "nowhere/log.parquet"] {
        let output = Command::new(env!("CARGO_BIN_EXE_logflow"))
            .arg("convert")
            .arg(&place.input)
            .arg("-o")
            .arg(place.folder.path().join(output))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains("LF107"), "{}", stderr(&output));
    }
}

#[test]
fn an_output_that_is_its_own_input_is_refused() {
    let place = Place::new();
    let text = fs::read(&place.input).unwrap();
    let link = place.folder.path().join("link.csv");
    fs::hard_link(&place.input, &link).unwrap();
    for output in [&place.input, &link] {
        let output = Command::new(env!("CARGO_BIN_EXE_logflow"))
            .arg("convert")
            .arg(&place.input)
            .arg("-o")
            .arg(output)
            .arg("--force")
            .output()
            .unwrap();
        assert!(stderr(&output).contains("LF105"), "{}", stderr(&output));
        assert_eq!(fs::read(&place.input).unwrap(), text);
    }
}
