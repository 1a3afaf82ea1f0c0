//! The floors hold: a module imports only from floors below its own, and modules of one floor don't know each other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The floors from the top down. Modules within one floor stand side by side.
const FLOORS: &[&[&str]] = &[
    &["bin"],
    &["migrate"],
    &["pipeline"],
    &["machine", "jobs"],
    &["convert"],
    &["validate"],
    &["target"],
    &["plan"],
    &["inspect"],
    &["report"],
    &["process"],
    &["source"],
    &["shard"],
    &["text"],
    &["step"],
    &["mmap", "encode"],
    &["model", "error", "options", "observer", "budget"],
];

/// The lowest floor is one room: its files may know each other.
const GROUND: usize = 16;

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules of the crate that a file names in code: `crate::x` in the library, `logflow::x` in the binaries.
fn imports(text: &str) -> Vec<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for root in ["crate::", "logflow::"] {
        for (at, _) in code.match_indices(root) {
            let rest = &code[at + root.len()..];
            let names = match rest.strip_prefix('{') {
                Some(group) => group[..group.find("};").unwrap_or(group.len())].to_owned(),
                None => rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect(),
            };
            for name in names.split(',') {
                let name: String =
                    name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.push(name);
            }
        }
    }
    found
}

fn sources() -> Vec<(String, String, String)> {
    let src = root().join("src");
    let mut paths = Vec::new();
    files(&src, &mut paths);
    paths
        .into_iter()
        .map(|path| {
            let relative = path.strip_prefix(&src).unwrap();
            let first = relative.components().next().unwrap().as_os_str().to_string_lossy();
            let module = first.trim_end_matches(".rs").to_owned();
            (relative.display().to_string(), module, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The members of the workspace beside the root: name and folder.
fn members() -> Vec<(String, PathBuf)> {
    let folders = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    folders.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path)).collect()
}

/// Path and text of every file of the root and of the members.
fn all_sources() -> Vec<(String, String)> {
    let mut all: Vec<_> = sources().into_iter().map(|(file, _, text)| (file, text)).collect();
    for (name, folder) in members() {
        let mut paths = Vec::new();
        files(&folder.join("src"), &mut paths);
        assert!(!paths.is_empty(), "crates/{name} has no code");
        all.extend(paths.into_iter().map(|path| {
            (path.strip_prefix(root()).unwrap().display().to_string(), fs::read_to_string(&path).unwrap())
        }));
    }
    all
}

#[test]
fn every_module_stands_on_a_floor() {
    for (file, module, _) in sources() {
        assert!(module == "lib" || floor(&module).is_some(), "{file} stands on no floor");
    }
}

#[test]
fn modules_import_only_from_floors_below() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (file, module, text) in sources() {
        let Some(own) = floor(&module) else { continue };
        for import in imports(&text) {
            let Some(other) = floor(&import) else { continue };
            seen += 1;
            let fine = other > own || import == module || own == GROUND && other == GROUND;
            if !fine {
                wrong.push(format!("{file} ({module}) imports {import}"));
            }
        }
    }
    assert!(seen > 50, "the test reads imports");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_have_at_most_650_lines_before_their_tests() {
    for (file, text) in all_sources() {
        let lines =
            text.lines().position(|line| line.starts_with("mod tests {")).unwrap_or(text.lines().count());
        assert!(lines <= 650, "{file} has {lines} lines before its tests: look for the second noun");
    }
}

#[test]
fn every_file_opens_with_doc_lines() {
    for (file, text) in all_sources() {
        assert!(text.starts_with("//!"), "{file} has no opening words");
    }
}

/// The lines of code of the library, each with its file.
fn library_lines() -> Vec<(String, String)> {
    let library = sources().into_iter().filter(|(_, module, _)| module != "bin");
    library
        .flat_map(|(file, _, text)| {
            let code: Vec<String> =
                text.lines().filter(|line| !line.trim_start().starts_with("//")).map(str::to_owned).collect();
            code.into_iter().map(move |line| (file.clone(), line))
        })
        .collect()
}

#[test]
fn the_library_has_no_flags_in_its_messages() {
    // Flags of other programs.
    let others = ["journalctl --file", "\"--ignored\""];
    let has_flag = |line: &str| {
        let mut behind = line.match_indices("--").map(|(at, _)| &line[at + 2..]);
        behind.any(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    for (file, line) in library_lines() {
        let is_fine = !has_flag(&line) || others.iter().any(|other| line.contains(other));
        assert!(is_fine, "{file}: write the name of the option between ⟦ and ⟧: {line}");
    }
}

#[test]
fn every_option_that_the_library_names_is_a_flag() {
    let args = [
        "args.rs",
        "args/inspect.rs",
        "args/migrate.rs",
        "args/parquet.rs",
        "args/read.rs",
        "args/stats.rs",
        "args/view.rs",
    ];
    let args = args.map(|file| root().join("src/bin/logflow").join(file));
    let mut args: String = args.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    // Flags of steps follow from the rows of the registry.
    let mut steps = Vec::new();
    files(&root().join("src/step"), &mut steps);
    args.extend(steps.iter().map(|file| fs::read_to_string(file).unwrap()));
    let mut seen = 0;
    for (file, line) in library_lines() {
        for marked in line.split('⟦').skip(1) {
            let Some((name, _)) = marked.split_once('⟧') else { continue };
            if file.starts_with("options/spelling.rs") || !name.starts_with(|c: char| c.is_ascii_lowercase())
            {
                continue;
            }
            seen += 1;
            let field = format!("pub {}: ", name.replace('-', "_"));
            let long = format!("long = \"{name}\"");
            let of_step = format!("long: \"{name}\"");
            let of_field = format!("(\"{name}\", \"");
            let is_flag =
                [&field, &long, &of_step, &of_field].into_iter().any(|it| args.contains(it.as_str()));
            assert!(is_flag, "{file} names the option {name}");
        }
    }
    assert!(seen > 50, "the test finds options");
}

#[test]
fn the_generator_does_not_depend_on_the_program() {
    let manifest = fs::read_to_string(root().join("crates/generate/Cargo.toml")).unwrap();
    let needs: Vec<&str> = manifest
        .lines()
        .filter(|line| line.starts_with("logflow") || line.contains("package = \"logflow"))
        .collect();
    assert!(needs.is_empty(), "crates/generate depends on {needs:?}");
}

/// Folders within which files depend on each other in one direction only.
const ONE_WAY: &[&str] = &["source", "plan", "target", "convert", "jobs", "migrate", "pipeline"];

/// The paths of the imports of a file: `a::{b, c::d}` is `a::b` and `a::c::d`. What a file only passes on is not among them.
fn import_paths(text: &str) -> Vec<String> {
    fn expand(path: &str, found: &mut Vec<String>) {
        let Some(open) = path.find('{') else { return found.push(path.to_owned()) };
        let inner = &path[open + 1..path.rfind('}').unwrap()];
        let (mut depth, mut start) = (0, 0);
        for (at, sign) in inner.char_indices().chain([(inner.len(), ',')]) {
            match sign {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    if start < at {
                        expand(&format!("{}{}", &path[..open], &inner[start..at]), found);
                    }
                    start = at + 1;
                }
                _ => {}
            }
        }
    }
    let code = text.split("#[cfg(test)]\nmod").next().unwrap();
    let mut found = Vec::new();
    for item in code.split(';') {
        let item: String = item.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        if let Some(path) = item.trim().strip_prefix("use ") {
            expand(&path.split_whitespace().collect::<String>(), &mut found);
        }
    }
    found
}

#[test]
fn within_a_folder_no_file_needs_one_that_needs_it() {
    for folder in ONE_WAY {
        let own: Vec<_> = sources().into_iter().filter(|(_, module, _)| module == folder).collect();
        // A file and the folder of its name are one room.
        let room = |file: &str| {
            let rest = file.strip_prefix(&format!("{folder}/")).unwrap();
            rest.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
        };
        let rooms: BTreeSet<String> = own.iter().map(|(file, ..)| room(file)).collect();
        let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (file, _, text) in &own {
            let from = room(file);
            for path in import_paths(text) {
                // `super` of a file that stands directly in the folder is the folder.
                let is_direct = file.matches('/').count() == 1 && !file.ends_with("/mod.rs");
                let local = path
                    .strip_prefix(&format!("crate::{folder}::"))
                    .or_else(|| path.strip_prefix("super::").filter(|_| is_direct))
                    .or_else(|| path.strip_prefix("self::").filter(|_| file.ends_with("/mod.rs")));
                let Some(first) = local.and_then(|it| it.split("::").next()) else { continue };
                // What stands in mod.rs itself is the trait or the types that all others are about.
                let to = if rooms.contains(first) { first } else { "mod" };
                if to != from {
                    needs.entry(from.clone()).or_default().insert(to.to_owned());
                }
            }
        }
        let mut left: BTreeSet<String> = rooms.clone();
        loop {
            let is_free = |name: &&String| needs.get(*name).is_none_or(|needed| needed.is_disjoint(&left));
            let free: Vec<String> = left.iter().filter(is_free).cloned().collect();
            if free.is_empty() {
                break;
            }
            left.retain(|name| !free.contains(name));
        }
        assert!(rooms.len() > 3, "{folder} has no files");
        assert!(!needs.is_empty(), "no imports were found in {folder}");
        assert!(left.is_empty(), "files of {folder} that need each other, directly or not: {left:?}");
    }
}
