//! `logflow man`.

use predicates::str::contains;

use crate::Folder;

#[test]
fn the_main_page_goes_to_standard_output() {
    Folder::new().run("man").assert().success().stdout(contains(".TH logflow 1"));
}

#[test]
fn every_command_has_a_page_in_a_folder() {
    let folder = Folder::new();
    folder.run("man pages/man1").assert().success();
    for name in ["logflow.1", "logflow-convert.1", "logflow-schema.1"] {
        assert!(folder.has(&format!("pages/man1/{name}")), "{name}");
    }
}
