//! `logflow completions`.

use predicates::str::contains;

use crate::Folder;

#[test]
fn every_shell_gets_a_script_that_knows_the_flags() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        folder.run(&format!("completions {shell}")).assert().success().stdout(contains("row-group-size"));
    }
    folder.run("completions tcsh").assert().code(2).stderr(contains("fish"));
}
