//! A database with a write-ahead log or a journal beside it is read with what they hold, and nothing of it is touched.

#![allow(unsafe_code, reason = "user and group are numbers of system calls")]

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use rusqlite::Connection;

use super::Folder;
use super::ocel_odd::TABLES;

/// Tables with two events.
fn tables() -> String {
    format!(
        "{TABLES} INSERT INTO event_map_type VALUES ('A', 'A'); CREATE TABLE event_A (ocel_id TEXT, ocel_time TEXT, n INTEGER); {}",
        events(1..3)
    )
}

fn events(numbers: std::ops::Range<u32>) -> String {
    let one = |n| {
        format!(
            "INSERT INTO event VALUES ('e{n}', 'A'); INSERT INTO event_A VALUES ('e{n}', '2024-01-01T00:00:00Z', {n});"
        )
    };
    numbers.map(one).collect()
}

/// A folder `db` with `log.sqlite` and what `left` leaves beside it: as it would lie there if its writer had died then.
fn left_by(left: impl Fn(&Connection)) -> Folder {
    let folder = Folder::new();
    let connection = Connection::open(folder.path("live.sqlite")).unwrap();
    left(&connection);
    std::fs::create_dir(folder.path("db")).unwrap();
    for ending in ["", "-wal", "-journal"] {
        let from = folder.path(&format!("live.sqlite{ending}"));
        if from.exists() {
            std::fs::copy(from, folder.path(&format!("db/log.sqlite{ending}"))).unwrap();
        }
    }
    drop(connection);
    for ending in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(folder.path(&format!("live.sqlite{ending}")));
    }
    folder
}

/// A database in WAL mode.
fn wal(connection: &Connection) {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    connection.execute_batch("PRAGMA wal_autocheckpoint = 0").unwrap();
}

/// Names, bytes, and times of change of all files in a folder, and of the folder itself.
fn state(folder: &Path) -> BTreeMap<String, (Vec<u8>, i64, i64, i64)> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        let bytes = if metadata.is_file() { std::fs::read(entry.path()).unwrap() } else { Vec::new() };
        let times = (metadata.mtime(), metadata.mtime_nsec(), metadata.ctime_nsec());
        found.insert(entry.path().display().to_string(), (bytes, times.0, times.1, times.2));
    }
    found
}

/// Numbers of the events that come out.
fn numbers(folder: &Folder, out: &str) -> Vec<String> {
    let rows = folder.values(&format!("{out}/events/event_A.parquet"));
    let mut numbers: Vec<String> =
        rows.iter().map(|row| row.rsplit('|').next().unwrap().to_owned()).collect();
    numbers.sort();
    numbers
}

#[test]
fn what_stands_in_the_log_alone_comes_out_and_nothing_beside_the_input_changes() {
    type Left = fn(&Connection);
    let cases: [(&str, Left, &[&str], bool); 12] = [
        ("no log, rollback mode", |c| c.execute_batch(&tables()).unwrap(), &["1", "2"], false),
        (
            "all in the log, tables too",
            |c| {
                wal(c);
                c.execute_batch(&tables()).unwrap();
            },
            &["1", "2"],
            true,
        ),
        (
            "some in the file, some in the log",
            |c| {
                c.execute_batch(&tables()).unwrap();
                wal(c);
                c.execute_batch(&events(3..5)).unwrap();
            },
            &["1", "2", "3", "4"],
            true,
        ),
        (
            "rows that the log changes and removes",
            |c| {
                c.execute_batch(&tables()).unwrap();
                wal(c);
                c.execute_batch("UPDATE event_A SET n = 7 WHERE n = 1; DELETE FROM event_A WHERE n = 2; DELETE FROM event WHERE ocel_id = 'e2';")
                    .unwrap();
            },
            &["7"],
            true,
        ),
        (
            "put into the file, and the log is still there",
            |c| {
                wal(c);
                c.execute_batch(&tables()).unwrap();
                c.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())).unwrap();
            },
            &["1", "2"],
            true,
        ),
        (
            "put into the file, and the log begun anew",
            |c| {
                wal(c);
                c.execute_batch(&tables()).unwrap();
                c.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
                c.execute_batch(&events(3..4)).unwrap();
            },
            &["1", "2", "3"],
            true,
        ),
        (
            "put into the file, and the log empty",
            |c| {
                wal(c);
                c.execute_batch(&tables()).unwrap();
                c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            },
            &["1", "2"],
            false,
        ),
        (
            "a transaction in the log that did not end",
            |c| {
                c.execute_batch(&tables()).unwrap();
                wal(c);
                c.execute_batch("PRAGMA cache_size = 1; BEGIN;").unwrap();
                c.execute_batch(&events(3..2000)).unwrap();
            },
            &["1", "2"],
            true,
        ),
        (
            "a journal of a transaction that did not end",
            |c| {
                c.execute_batch(&tables()).unwrap();
                c.execute_batch("PRAGMA cache_size = 1; BEGIN; DELETE FROM event_A;").unwrap();
                c.execute_batch(&events(3..2000)).unwrap();
            },
            &["1", "2"],
            true,
        ),
        (
            "a journal that was ended by zeros",
            |c| {
                let mode = "PRAGMA journal_mode = PERSIST";
                c.query_row(mode, [], |_| Ok(())).unwrap();
                c.execute_batch(&tables()).unwrap();
            },
            &["1", "2"],
            false,
        ),
        (
            "a journal that was ended by cutting it",
            |c| {
                let mode = "PRAGMA journal_mode = TRUNCATE";
                c.query_row(mode, [], |_| Ok(())).unwrap();
                c.execute_batch(&tables()).unwrap();
            },
            &["1", "2"],
            false,
        ),
        (
            "pages of 512 bytes",
            |c| {
                c.execute_batch("PRAGMA page_size = 512").unwrap();
                wal(c);
                c.execute_batch(&tables()).unwrap();
                c.execute_batch(&events(3..5)).unwrap();
            },
            &["1", "2", "3", "4"],
            true,
        ),
    ];
    for (name, left, expected, is_copied) in cases {
        let folder = left_by(left);
        let before = state(&folder.path("db"));
        let told = contains("the checksum is of the file");
        let run = folder.run("convert db/log.sqlite -o out --threads 2").assert().success();
        if is_copied {
            run.stderr(told)
        } else {
            run.stderr(told.not())
        };
        assert_eq!(numbers(&folder, "out"), expected, "{name}");
        folder.run("convert db/log.sqlite -o strict --strict").assert().success();
        folder.run("schema db/log.sqlite").assert().success();
        folder.run("convert -n db/log.sqlite").assert().success();
        folder.run("validate db/log.sqlite").assert().success();
        folder.run("convert db/log.sqlite -o out.json --io read").assert().success();
        assert!(state(&folder.path("db")) == before, "{name}: something beside the input changed");
    }
}

#[test]
fn a_log_beside_the_file_that_a_link_leads_to_is_seen() {
    let folder = left_by(|c| {
        c.execute_batch(&tables()).unwrap();
        wal(c);
        c.execute_batch(&events(3..5)).unwrap();
    });
    std::os::unix::fs::symlink("db/log.sqlite", folder.path("link.sqlite")).unwrap();
    folder.run("convert link.sqlite -o out").assert().success();
    assert_eq!(numbers(&folder, "out"), ["1", "2", "3", "4"]);
    let mut command = folder.command("convert /dev/stdin -o in");
    command.stdin(std::fs::File::open(folder.path("db/log.sqlite")).unwrap());
    assert!(command.output().unwrap().status.success());
    assert_eq!(numbers(&folder, "in"), ["1", "2", "3", "4"]);
    // Beside the link stands what SQLite does not look at.
    std::fs::write(folder.path("link.sqlite-wal"), [b'x'; 5000]).unwrap();
    folder.run("convert link.sqlite -o out --force").assert().success();
    assert_eq!(numbers(&folder, "out"), ["1", "2", "3", "4"]);
}

#[test]
fn a_database_that_somebody_has_open_is_read_as_it_stands_with_no_trace() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("db")).unwrap();
    let writer = Connection::open(folder.path("db/log.sqlite")).unwrap();
    wal(&writer);
    writer.execute_batch(&tables()).unwrap();
    let before = state(&folder.path("db"));
    assert!(folder.has("db/log.sqlite-shm"));
    folder.run("convert db/log.sqlite -o out").assert().success();
    folder.run("validate db/log.sqlite").assert().success();
    assert!(state(&folder.path("db")) == before);
    writer.execute_batch(&events(3..4)).unwrap();
    folder.run("convert db/log.sqlite -o more").assert().success();
    assert_eq!(numbers(&folder, "more"), ["1", "2", "3"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_enough_to_read_from() {
    let wal_mode = |c: &Connection| {
        wal(c);
        c.execute_batch(&tables()).unwrap();
    };
    let closed = left_by(wal_mode);
    // Closed by its last writer: WAL mode, and no log.
    drop(Connection::open(closed.path("db/log.sqlite")).unwrap().execute_batch("DELETE FROM object"));
    assert_eq!(closed.names().iter().filter(|name| name.starts_with("db/")).count(), 1);
    let journal = |c: &Connection| {
        c.execute_batch(&tables()).unwrap();
        c.execute_batch("PRAGMA cache_size = 1; BEGIN; DELETE FROM event_A;").unwrap();
        c.execute_batch(&events(3..2000)).unwrap();
    };
    for folder in [closed, left_by(wal_mode), left_by(journal)] {
        for place in ["db/log.sqlite", "db/log.sqlite-wal", "db/log.sqlite-journal", "db"] {
            let mode = if place == "db" { 0o555 } else { 0o444 };
            if folder.has(place) {
                std::fs::set_permissions(folder.path(place), std::fs::Permissions::from_mode(mode)).unwrap();
            }
        }
        let out = tempfile::tempdir().unwrap();
        for place in [out.path(), folder.0.path()] {
            std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o777)).unwrap();
        }
        let target = out.path().join("out");
        // Where the binary is may be closed to others.
        let program = folder.path("logflow");
        std::fs::copy(env!("CARGO_BIN_EXE_logflow"), &program).unwrap();
        let mut command = std::process::Command::new(&program);
        command.args(["convert", "db/log.sqlite", "-o"]).arg(&target);
        command.current_dir(folder.path("")).env("TMPDIR", out.path()).env("XDG_CONFIG_HOME", out.path());
        // SAFETY: asks for a number.
        if unsafe { libc::geteuid() } == 0 {
            // No folder is closed to that user.
            command.uid(65_534).gid(65_534);
        }
        let run = command.output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let rows = super::reader(&target.join("events/event_A.parquet"));
        assert_eq!(parquet::file::reader::FileReader::metadata(&rows).file_metadata().num_rows(), 2);
        let left: Vec<_> = std::fs::read_dir(out.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(left, ["out"], "the copy is removed");
        std::fs::set_permissions(folder.path("db"), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn what_cannot_be_put_together_is_reported_and_left_alone() {
    let folder = left_by(|c| {
        c.execute_batch(&tables()).unwrap();
        wal(c);
        c.execute_batch(&events(3..5)).unwrap();
    });
    let mut command = folder.run("convert db/log.sqlite -o out");
    let told = contains("LF107").and(contains("open it once with sqlite3"));
    command.env("TMPDIR", folder.path("no/such/folder")).assert().code(1).stderr(told);
    // The journal of one of several databases: who knows whether that transaction ended.
    let folder = left_by(|c| {
        c.execute_batch(&tables()).unwrap();
        c.execute_batch("PRAGMA cache_size = 1; BEGIN; DELETE FROM event_A;").unwrap();
        c.execute_batch(&events(3..2000)).unwrap();
    });
    let mut journal = std::fs::read(folder.path("db/log.sqlite-journal")).unwrap();
    journal.extend([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
    std::fs::write(folder.path("db/log.sqlite-journal"), journal).unwrap();
    let before = state(&folder.path("db"));
    let told = contains("LF231").and(contains("over several databases"));
    folder.run("convert db/log.sqlite -o out").assert().code(1).stderr(told);
    assert!(state(&folder.path("db")) == before);
    // A log that is none: SQLite takes nothing from it.
    let folder = left_by(|c| c.execute_batch(&tables()).unwrap()).with("db/log.sqlite-wal", [b'x'; 5000]);
    let before = state(&folder.path("db"));
    folder.run("convert db/log.sqlite -o out").assert().success();
    assert_eq!(numbers(&folder, "out"), ["1", "2"]);
    assert!(state(&folder.path("db")) == before);
}
