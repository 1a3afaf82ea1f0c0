//! `logflow completions`.

use predicates::prelude::*;
use predicates::str::contains;

use crate::Folder;

#[test]
fn every_shell_gets_a_script_that_knows_the_flags() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        folder.run(&format!("completions {shell}")).assert().success().stdout(contains("row-group-size"));
    }
    let zsh = folder.run("completions zsh").assert().success();
    zsh.stdout(contains("jsonl\\:\"JSON Lines\"").and(contains("parquet\\:\"Apache Parquet")));
    folder.run("completions tcsh").assert().code(2).stderr(contains("fish"));
}
