//! The first bad row is the first in the file, whichever pass finds it: the one that begins the rejects file.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::Folder;

/// Rows enough for several shards of 64 KiB.
const ROWS: usize = 6_000;

fn log(row: impl Fn(usize) -> Option<String>) -> String {
    let usual =
        |at: usize| format!("case {at},step,2024-{:02}-{:02} 10:00:00\n", at % 12 + 1, at / 12 % 28 + 1);
    let rows: String = (1..=ROWS).map(|at| row(at).unwrap_or_else(|| usual(at))).collect();
    format!("case,step,at\n{rows}")
}

/// Runs that must stop at the row, with the code, at every number of threads and however the file is read; `None` if nothing is bad.
fn stops(text: &str, options: &str, expected: Option<(u64, &str)>) {
    let folder = Folder::new().with("log.csv", text);
    let options = format!("--row-group-size 64KiB -o out.parquet --force {options}");
    let rejected = folder.run(&format!("convert log.csv {options} --on-bad-row reject")).output().unwrap();
    assert!(matches!(rejected.status.code(), Some(0 | 4)), "{}", String::from_utf8_lossy(&rejected.stderr));
    let rejects = folder.has("out.parquet.rejects.jsonl").then(|| folder.text("out.parquet.rejects.jsonl"));
    let bad: Vec<(u64, String)> = rejects
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|line: Value| (line["row"].as_u64().unwrap(), line["code"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(bad.first().map(|(row, code)| (*row, code.as_str())), expected);
    for how in ["log.csv --threads 1", "log.csv --threads 2", "log.csv --threads 7", "log.csv --io read", "-"]
    {
        let run = |more: &str| {
            let mut child = folder
                .command(&format!("convert {how} --from csv {options} {more}"))
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut input = child.stdin.take().unwrap();
            let piped = text.as_bytes();
            std::thread::scope(|scope| {
                // Nobody reads it unless it is the input.
                scope.spawn(move || input.write_all(piped));
                let output = child.wait_with_output().unwrap();
                (output.status.code(), String::from_utf8(output.stderr).unwrap())
            })
        };
        let (code, said) = run("");
        match expected {
            Some((row, number)) => {
                assert!(said.contains(number) && names(&said, row), "{how}: {row} in {said}");
                assert_eq!(code, Some(1), "{how}");
            }
            None => assert_eq!(code, Some(0), "{how}: {said}"),
        }
        // The first that is one too many.
        for most in [1, 2] {
            let (code, said) = run(&format!("--on-bad-row reject --max-bad-rows {most}"));
            match bad.get(most) {
                Some((row, _)) => {
                    assert!(said.contains("LF209") && names(&said, *row), "{how}: {row} in {said}")
                }
                None => assert!(matches!(code, Some(0 | 4)), "{how}: {said}"),
            }
        }
    }
}

/// Whether the error is about this row.
fn names(said: &str, row: u64) -> bool {
    let place = said.split(&format!(", row {row}")).nth(1);
    place.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

#[test]
fn a_clock_time_of_which_there_are_two_comes_before_a_fault_further_on() {
    let twice = |at| (at == 5 || at == 2500).then(|| "x,step,2024-10-27 02:30:00\n".to_owned());
    let short = |at| (at == 4000).then(|| "too short\n".to_owned());
    let zone = "--timezone Europe/Berlin";
    stops(&log(|at| twice(at).or_else(|| short(at))), zone, Some((5, "LF208")));
    // In a column that turns out to be text it is as good as any.
    let text = |at| (at == 5999).then(|| "x,step,yesterday\n".to_owned());
    stops(&log(|at| twice(at).or_else(|| short(at)).or_else(|| text(at))), zone, Some((4000, "LF201")));
    stops(&log(short), zone, Some((4000, "LF201")));
    // Nothing else is wrong.
    stops(&log(twice), zone, Some((5, "LF208")));
}

#[test]
fn a_value_that_is_not_a_time_comes_before_a_fault_further_on() {
    let late = |at| (at == 3000).then(|| "x,step,yesterday\n".to_owned());
    let short = |at| (at == 3001 || at == 5000).then(|| "too short\n".to_owned());
    let wish = "--timestamp at";
    stops(&log(|at| late(at).or_else(|| short(at))), wish, Some((3000, "LF207")));
    stops(&log(short), wish, Some((3001, "LF201")));
    let early = |at| (at == 2).then(|| "too short\n".to_owned());
    stops(&log(|at| early(at).or_else(|| late(at))), wish, Some((2, "LF201")));
}

/// Rows with a day and month that could be either, beyond what any sample sees, and others behind them.
fn dates(options: &str, last: &[&str]) -> (Folder, std::process::Output) {
    let either = (0..40_000).map(|at| format!("c,step,0{}/0{}/2014 10:00\n", at % 9 + 1, at % 7 + 1));
    let last = last.iter().map(|value| format!("c,step,{value}\n"));
    let text: String = std::iter::once("case,step,at\n".to_owned()).chain(either).chain(last).collect();
    let schema = "[[columns]]\nname = \"at\"\ntype = \"timestamp[us, UTC]\"\n";
    let folder = Folder::new().with("log.csv", text).with("types.toml", schema);
    let output =
        folder.run(&format!("convert log.csv -o out.parquet --report json {options}")).output().unwrap();
    (folder, output)
}

/// How the column is written, and how many rows are bad.
fn found(output: &std::process::Output) -> (String, u64) {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (report["columns"][2]["written"].as_str().unwrap().to_owned(), report["bad_rows"].as_u64().unwrap())
}

#[test]
fn the_order_of_day_and_month_in_declared_times_follows_from_all_of_them() {
    let day_first = "timestamp[us, UTC] such as 31/12/2014".to_owned();
    let month_first = "timestamp[us, UTC] such as 12/31/2014".to_owned();
    let reject = "--on-bad-row reject";
    for wish in ["--schema types.toml", "--timestamp at"] {
        let run = |more: &str, last: &[&str]| dates(&format!("{wish} {more}"), last).1;
        for (last, expected) in [("13/02/2014 10:00", &day_first), ("02/13/2014 10:00", &month_first)] {
            assert_eq!(found(&run("", &[last])), (expected.clone(), 0), "{wish}");
            assert_eq!(found(&run(reject, &[last, "soon"])), (expected.clone(), 1), "{wish}");
            // The value that decides stands behind the first that is bad.
            let failed = String::from_utf8(run("", &["soon", last]).stderr).unwrap();
            assert!(failed.contains("LF207") && names(&failed, 40_001), "{wish}: {failed}");
        }
        for last in [&["soon"][..], &["13/02/2014 10:00", "02/13/2014 10:00", "soon"]] {
            let output = run(reject, last);
            assert_eq!(output.status.code(), Some(2), "{wish} {last:?}");
            assert!(String::from_utf8_lossy(&output.stderr).contains("--date-order"), "{wish} {last:?}");
        }
        assert_eq!(found(&run("--on-bad-row reject --date-order mdy", &["soon"])), (month_first.clone(), 1));
    }
}

#[test]
fn the_unit_of_a_column_that_is_said_to_hold_times_follows_from_all_of_them() {
    let fine = ["2024-01-01 10:00:00.123456789", "soon"];
    let rows: String = (0..20_000).map(|_| "c,step,2024-01-01 10:00:00\n").chain(["c,step,"]).collect();
    let text = format!("case,step,at\n{rows}{}\nc,step,{}\n", fine[0], fine[1]);
    let folder = Folder::new().with("log.csv", text);
    let output = folder
        .run("convert log.csv -o out.parquet --report json --timestamp at --on-bad-row reject")
        .output()
        .unwrap();
    assert_eq!(found(&output), ("timestamp[ns, UTC]".to_owned(), 1));
}

#[test]
fn times_that_contradict_the_first_ones_are_bad_rows() {
    let rows: String = (0..200).map(|_| "c,step,13/02/2014 10:00\n").collect();
    let text = format!("case,step,at\n{rows}c,step,02/13/2014 10:00\nc,step,soon\n");
    let folder = Folder::new().with("log.csv", text);
    let output = folder
        .run("convert log.csv -o out.parquet --report json --timestamp at --on-bad-row reject")
        .output()
        .unwrap();
    assert_eq!(found(&output).1, 2);
}

#[test]
fn a_declared_clock_time_that_says_two_moments_is_found_in_the_first_pass() {
    let schema = "[[columns]]\nname = \"at\"\ntype = \"timestamp[us, UTC]\"\n";
    let text = log(|at| (at == 5).then(|| "x,step,2024-10-27 02:30:00\n".to_owned()));
    let folder = Folder::new().with("log.csv", text).with("types.toml", schema);
    let options = "--timezone Europe/Berlin --schema types.toml --on-bad-row reject --report json";
    let output = folder.run(&format!("convert log.csv -o out.parquet {options}")).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["bad_rows"], &report["restarts"]), (&1.into(), &0.into()));
}
