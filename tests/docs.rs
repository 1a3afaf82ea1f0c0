//! README and docs are true to the program: the book lists each page, each link leads to a file or heading
//! that exists, lines are short enough to read, and each command line of a page runs.
//!
//! A shell block is an indented block whose first line begins with the name of a program, or a fenced block in
//! the language `sh`; each of its lines is a command. A fenced block in the language `bash` is one script. In a
//! block whose first line begins with `$ `, only the lines that begin so are commands, and the others are what
//! the command before them prints. A comment such as `# exit code 4` announces an exit code other than 0. The
//! lines of a page run in order, in a folder that holds `examples/` and [`INPUTS`].

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// Columns at which a line of Markdown ends, tables, headings and code excepted.
const COLUMNS: usize = 120;

/// Programs with which the first line of an indented shell block begins.
const PROGRAMS: &[&str] = &[
    "logflow",
    "logflow-fast",
    "cargo",
    "curl",
    "duckdb",
    "echo",
    "printf",
    "perf/compare",
    "mdbook",
    "cat",
];

/// Inputs that pages talk about and that no command of the page makes: a name, and what the file holds.
const INPUTS: &[(&str, &str)] = &[("inputs.txt", "examples/orders.csv\nexamples/claims.csv.gz\n")];

/// Command lines that are not run: the page, how the line begins, and why it is not run.
const NOT_RUN: &[(&str, &str, &str)] = &[
    ("README.md", "cargo test", "runs this test"),
    ("README.md", "cargo install", "builds the program once more and installs it"),
    ("docs/speed.md", "cargo build", "builds the programs with optimisation"),
    ("docs/speed.md", "perf/compare", "installs the programs that it compares, and takes minutes"),
    ("docs/pipes.md", "curl", "needs a network"),
    ("docs/python.md", "packaging/build", "builds the program with optimisation and packs it"),
    ("docs/tools.md", "duckdb", "needs DuckDB; tests/readers runs DuckDB on the files that LogFlow writes"),
    ("CONTRIBUTING.md", "cargo", "builds or tests the project"),
    ("CONTRIBUTING.md", "tests/readers/run", "installs the readers"),
    ("CONTRIBUTING.md", ".ci/run", "runs this test and installs tools"),
    ("CONTRIBUTING.md", "mdbook", "needs mdBook"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Markdown files below a folder, as paths from the root of the project.
fn markdown_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{folder}/{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            found.extend(markdown_below(&name));
        } else if name.ends_with(".md") {
            found.push(name);
        }
    }
    found.sort();
    found
}

/// All pages that the tests of this file look at.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"].map(str::to_owned).into();
    pages.extend(markdown_below("docs"));
    pages
}

fn read(page: &str) -> String {
    fs::read_to_string(root().join(page)).unwrap()
}

/// A stretch of a page: prose, or a block of code with its language (`indented` where it has no fence).
enum Part {
    Prose(usize, String),
    Code(String, Vec<String>),
}

/// Divides a page into lines of prose and blocks of code. A blank line within an indented block belongs to it.
fn parts(text: &str) -> Vec<Part> {
    let lines: Vec<&str> = text.lines().collect();
    let mut parts = Vec::new();
    let mut at = 0;
    let mut after_blank = true;
    while let Some(line) = lines.get(at) {
        let rest = &lines[at..];
        if let Some(language) = line.trim_start().strip_prefix("```") {
            let closes = |line: &&str| line.trim_start().starts_with("```");
            let length = rest[1..].iter().take_while(|line| !closes(line)).count();
            let block = rest[1..=length].iter().map(|&line| line.to_owned()).collect();
            parts.push(Part::Code(language.trim().to_owned(), block));
            at += length + 2;
            after_blank = true;
        } else if after_blank && line.starts_with("    ") {
            let within = |line: &&&str| line.starts_with("    ") || line.trim().is_empty();
            let block = rest.iter().take_while(within);
            let block: Vec<String> = block.map(|line| line.get(4..).unwrap_or("").to_owned()).collect();
            at += block.len();
            parts.push(Part::Code("indented".to_owned(), block));
        } else {
            after_blank = line.trim().is_empty();
            at += 1;
            parts.push(Part::Prose(at, (*line).to_owned()));
        }
    }
    parts
}

/// A command of a page, and the lines that the page shows as its output.
struct Line {
    command: String,
    shows: Vec<String>,
}

/// The command lines of a page, in order.
fn commands(text: &str) -> Vec<Line> {
    let mut found: Vec<Line> = Vec::new();
    for part in parts(text) {
        let Part::Code(language, block) = part else { continue };
        let first = block.first().map_or("", String::as_str);
        let program = first.split_whitespace().next().unwrap_or("");
        if language == "bash" {
            found.push(Line { command: block.join("\n"), shows: Vec::new() });
        } else if first.starts_with("$ ") {
            for line in block {
                match (line.strip_prefix("$ "), found.last_mut()) {
                    (Some(command), _) => {
                        found.push(Line { command: command.to_owned(), shows: Vec::new() });
                    }
                    (None, Some(last)) => last.shows.push(line),
                    (None, None) => {}
                }
            }
        } else if language == "sh" || language == "indented" && PROGRAMS.contains(&program) {
            let lines = block.into_iter().filter(|line| !line.is_empty() && !line.starts_with('#'));
            found.extend(lines.map(|command| Line { command, shows: Vec::new() }));
        }
    }
    found
}

/// The exit code that a page announces for a command.
fn announced(command: &str) -> i32 {
    match command.split_once("exit code ") {
        Some((_, rest)) => rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap(),
        None => 0,
    }
}

/// A folder in which the lines of one page run.
struct PageFolder {
    folder: tempfile::TempDir,
}

impl PageFolder {
    fn new() -> PageFolder {
        let folder = tempfile::tempdir().unwrap();
        let examples = folder.path().join("examples");
        fs::create_dir(&examples).unwrap();
        for entry in fs::read_dir(root().join("examples")).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), examples.join(entry.file_name())).unwrap();
            }
        }
        for (name, text) in INPUTS {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let programs = folder.path().join(".programs");
        fs::create_dir(&programs).unwrap();
        let built = [
            ("logflow", env!("CARGO_BIN_EXE_logflow")),
            ("logflow-fast", env!("CARGO_BIN_EXE_logflow-fast")),
        ];
        for (name, binary) in built {
            std::os::unix::fs::symlink(binary, programs.join(name)).unwrap();
        }
        PageFolder { folder }
    }

    /// Runs a command line by the shell; says what was wrong.
    fn run(&self, line: &Line) -> Result<(), String> {
        let command = match line.command.split_once(" -- ") {
            Some((start, arguments)) if start.starts_with("cargo run ") => format!("logflow {arguments}"),
            _ => line.command.clone(),
        };
        let path = self.folder.path().join(".programs").display().to_string();
        let path = format!("{path}:{}", std::env::var("PATH").unwrap_or_default());
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("set -o pipefail\n{command}")]).current_dir(self.folder.path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LOGFLOW_") || name.to_string_lossy().starts_with("SLURM_")
            {
                shell.env_remove(name);
            }
        }
        shell.env("PATH", path).env("HOME", self.folder.path()).env_remove("XDG_CONFIG_HOME");
        shell.env("SLURM_ARRAY_TASK_ID", "1");
        let output = shell.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let expected = announced(&line.command);
        if output.status.code() != Some(expected) {
            return Err(format!("expected exit code {expected}, found {}:\n{told}", output.status));
        }
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let told_lines: Vec<String> = told.lines().map(words).collect();
        for shown in line.shows.iter().map(|line| words(line)).filter(|line| !line.is_empty()) {
            let parts: Vec<&str> = shown.split('…').map(str::trim).collect();
            let equal = |told: &String| match parts.as_slice() {
                [whole] => told == whole,
                _ => parts.iter().all(|part| told.contains(part)),
            };
            if !told_lines.iter().any(equal) {
                return Err(format!("the page shows the line\n{shown}\nand the program prints\n{told}"));
            }
        }
        Ok(())
    }
}

#[test]
fn each_command_line_of_the_pages_runs() {
    let mut wrong = Vec::new();
    let mut unused: BTreeMap<_, _> = NOT_RUN.iter().map(|(page, start, _)| ((*page, *start), ())).collect();
    let mut count = 0;
    for page in pages() {
        let lines = commands(&read(&page));
        let folder = PageFolder::new();
        for line in lines {
            let listed = NOT_RUN.iter().find(|(of, start, _)| *of == page && line.command.starts_with(start));
            if let Some((page, start, _)) = listed {
                unused.remove(&(*page, *start));
                continue;
            }
            count += 1;
            if let Err(fault) = folder.run(&line) {
                wrong.push(format!("{page}: {}\n{fault}", line.command));
            }
        }
    }
    assert!(count > 40, "the test finds command lines: {count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(unused.is_empty(), "no line of a page begins as these entries of NOT_RUN do: {unused:?}");
}

/// Removes code spans, in which brackets are no links.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// The targets of the links of a page, each with its line.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for part in parts(text) {
        let Part::Prose(number, line) = part else { continue };
        let line = without_code(&line);
        for (at, _) in line.match_indices("](") {
            let rest = &line[at + 2..];
            found.push((number, rest[..rest.find(')').unwrap_or(rest.len())].to_owned()));
        }
    }
    found
}

/// The anchors of a page's headings, as GitHub and mdBook name them.
fn anchors(text: &str) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut found = Vec::new();
    for part in parts(text) {
        let Part::Prose(_, line) = part else { continue };
        let Some(heading) = line.strip_prefix('#') else { continue };
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let slug: String = heading
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let times = seen.entry(slug.clone()).or_default();
        found.push(if *times == 0 { slug } else { format!("{slug}-{times}") });
        *times += 1;
    }
    found
}

/// The file that a link leads to, as a path from the root of the project without `..`.
fn target(page: &str, link: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in Path::new(page).parent().unwrap().join(link).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

#[test]
fn each_link_leads_to_a_file_and_heading_that_exist() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        for (line, link) in links(&read(&page)) {
            if link.contains("://") {
                continue;
            }
            count += 1;
            if page.starts_with("docs/") && !target(&page, &link).starts_with("docs") {
                wrong.push(format!("{page}:{line}: {link}: leads out of the book"));
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let file = if file.is_empty() { PathBuf::from(&page) } else { target(&page, file) };
            let path = root().join(&file);
            if !path.exists() {
                wrong.push(format!("{page}:{line}: {link}: no such file"));
            } else if !anchor.is_empty()
                && !anchors(&fs::read_to_string(&path).unwrap()).iter().any(|known| known == anchor)
            {
                wrong.push(format!("{page}:{line}: {link}: no such heading"));
            }
        }
    }
    assert!(count > 50, "the test finds links: {count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_book_lists_each_page_once() {
    assert!(fs::read_to_string(root().join("docs/book.toml")).unwrap().contains("src = \".\""));
    let mut listed: Vec<String> =
        links(&read("docs/SUMMARY.md")).into_iter().map(|(_, link)| format!("docs/{link}")).collect();
    listed.sort();
    let mut there = markdown_below("docs");
    there.retain(|page| page != "docs/SUMMARY.md");
    assert_eq!(listed, there, "left: docs/SUMMARY.md, right: the files below docs/");
}

#[test]
fn lines_of_prose_end_at_120_columns() {
    let mut wrong = Vec::new();
    for page in pages() {
        for part in parts(&read(&page)) {
            let Part::Prose(number, line) = part else { continue };
            let free =
                line.trim_start().starts_with('|') || line.starts_with('#') || !line.trim().contains(' ');
            if !free && line.chars().count() > COLUMNS {
                wrong.push(format!("{page}:{number}: {} columns", line.chars().count()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readme_stays_short() {
    assert!(read("README.md").lines().count() < 250);
}

#[test]
fn blocks_of_code_are_distinguished() {
    let page = "a `[x](no)` [y](z.md#w)\n\n    logflow a  # exit code 4\n    logflow b\n\nprose\n\n    case  activity\n\n\
                ```sh\nlogflow c\n```\n\n```json\n{}\n```\n\n    $ logflow d\n    done\n\n    and more\n\n## One `two`, three\n";
    let lines = commands(page);
    let found: Vec<&str> = lines.iter().map(|line| line.command.as_str()).collect();
    assert_eq!(found, ["logflow a  # exit code 4", "logflow b", "logflow c", "logflow d"]);
    assert_eq!(announced(found[0]), 4);
    assert_eq!(announced(found[1]), 0);
    assert_eq!(lines[3].shows, ["done", "", "and more", ""]);
    assert_eq!(links(page), [(1, "z.md#w".to_owned())]);
    assert_eq!(anchors(page), ["one-two-three"]);
}
