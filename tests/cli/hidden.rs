//! Hidden files of a folder: each is named with the reason, a folder of them once, and all of them are read where they are named.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::{Folder, LOG};

/// The path and the reason of each file that was left out.
fn left_out(folder: &Folder, args: &str) -> Vec<(String, String)> {
    let out = folder.run(args).output().unwrap().stdout;
    let lines = String::from_utf8(out).unwrap();
    let values = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    values
        .filter(|it| it["status"] == "skipped")
        .map(|it| {
            let path = if it["file"].is_null() { &it["input"] } else { &it["file"] };
            (text(path), text(&it["reason"]))
        })
        .collect()
}

#[test]
fn each_hidden_file_is_named_and_a_hidden_folder_once() {
    const FILE: &str = "hidden file; give its path to read it";
    for (hidden, path, reason) in [
        (vec![".log.csv"], "logs/.log.csv", FILE.to_owned()),
        (vec![".x.xes"], "logs/.x.xes", FILE.to_owned()),
        (vec![".x.csv.gz"], "logs/.x.csv.gz", FILE.to_owned()),
        (vec![".DS_Store"], "logs/.DS_Store", FILE.to_owned()),
        (vec![".x.jsonocel"], "logs/.x.jsonocel", FILE.to_owned()),
        (vec!["sub/.y.csv"], "logs/sub/.y.csv", FILE.to_owned()),
        (vec![".x.parquet"], "logs/.x.parquet", FILE.to_owned()),
        (vec!["...csv"], "logs/...csv", FILE.to_owned()),
        (vec![".cache/a.csv"], "logs/.cache", folder_of("1 file")),
        (vec![".cache/a.csv", ".cache/b.csv", ".cache/deep/c.xes"], "logs/.cache", folder_of("3 files")),
        (vec!["sub/.git/config", "sub/.git/.x"], "logs/sub/.git", folder_of("2 files")),
        (vec![".a.csv/b.csv"], "logs/.a.csv", folder_of("1 file")),
    ] {
        let mut folder = Folder::new().with("logs/a.csv", LOG).with("logs/sub/b.csv", LOG);
        for name in &hidden {
            folder = folder.with(&format!("logs/{name}"), LOG);
        }
        let expected = [(path.to_owned(), reason.clone())];
        assert_eq!(left_out(&folder, "convert logs -o out/ --report json"), expected, "{path}");
        assert_eq!(left_out(&folder, "convert logs -o dry/ -n --report json"), expected, "{path}");
        let told = contains(format!("{path}: {reason}"));
        folder
            .run("convert logs -o again/")
            .assert()
            .success()
            .stderr(told.clone().and(contains("2 files written")).and(contains("1 other left out")));
        folder.run("convert logs -o one.parquet").assert().success().stderr(told.clone());
        folder.run("schema logs").assert().success().stderr(told.clone());
        assert_eq!(folder.rows("one.parquet"), 6, "{path}");
    }
}

fn folder_of(files: &str) -> String {
    format!("hidden folder with {files}; give its path to read them")
}

#[test]
fn a_hidden_file_is_read_if_its_path_is_given() {
    let folder = Folder::new()
        .with("logs/a.csv", LOG)
        .with("logs/.log.csv", LOG)
        .with("logs/.cache/b.csv", LOG)
        .with("logs/.cache/deep/c.csv", LOG);
    folder.run("convert logs/.log.csv -o one.parquet").assert().success();
    assert_eq!(folder.rows("one.parquet"), 3);
    folder.run("convert logs/.cache -o out/").assert().success();
    assert!(folder.has("out/b.parquet") && folder.has("out/deep/c.parquet"));
    folder.run("convert logs/.cache/b.csv logs/a.csv -o two.parquet").assert().success();
    assert_eq!(folder.rows("two.parquet"), 6);
    folder.run("convert logs/.cache/*.csv -o pattern/").assert().success();
    assert!(folder.has("pattern/b.parquet"));
}

#[test]
fn hidden_files_come_after_others_that_were_left_out() {
    let mut folder = Folder::new().with("logs/a.csv", LOG).with("logs/z.txt", "just a line");
    for number in 0..8 {
        folder = folder.with(&format!("logs/.{number}.csv"), LOG);
    }
    folder.run("convert logs -o out/").assert().success().stderr(
        contains("z.txt: ")
            .and(contains(".3.csv"))
            .and(contains(".4.csv").not())
            .and(contains("and 4 more; --verbose lists them")),
    );
    let all = left_out(&folder, "convert logs -o json/ --report json");
    assert_eq!(all.len(), 9);
    assert_eq!(all[0].0, "logs/z.txt");
}

#[test]
fn a_folder_of_hidden_files_alone_says_which_they_are() {
    let folder = Folder::new().with("logs/.a.csv", LOG).with("logs/.sub/b.csv", LOG);
    for command in ["convert logs -o out/", "schema logs", "validate logs"] {
        folder.run(command).assert().failure().stderr(
            contains("logs/.a.csv (hidden file").and(contains("logs/.sub (hidden folder with 1 file")),
        );
    }
}

#[test]
fn of_a_pattern_hidden_files_are_named_that_fit_it() {
    let folder = Folder::new()
        .with("logs/a.csv", LOG)
        .with("logs/.b.csv", LOG)
        .with("logs/.c.xes", "<log/>")
        .with("logs/.cache/d.csv", LOG)
        .with("logs/.cache/e.txt", LOG);
    let paths = |args: &str| -> Vec<String> {
        left_out(&folder, args).into_iter().map(|(path, reason)| format!("{path}: {reason}")).collect()
    };
    assert_eq!(
        paths("convert logs/*.csv -o one/ --report json"),
        ["logs/.b.csv: hidden file; give its path to read it"]
    );
    assert_eq!(
        paths("convert logs/**/*.csv -o all/ --report json"),
        [
            "logs/.b.csv: hidden file; give its path to read it".to_owned(),
            format!("logs/.cache: {}", folder_of("1 file")),
        ]
    );
}

#[test]
fn an_output_that_is_hidden_is_called_the_output() {
    let folder = Folder::new().with("logs/a.csv", LOG);
    folder.run("convert logs -o logs/.out/").assert().success();
    let told = left_out(&folder, "convert logs -o logs/.out/ --force --report json");
    assert_eq!(told, [("logs/.out".to_owned(), "it is the output".to_owned())]);
}
