//! Long output in a terminal goes through a pager.

use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

use logflow::error::Result;

use super::shown::width;
use crate::{signals, stdout, terminal};

/// The pager where no variable names another: colours are kept, long lines are not wrapped.
const PAGER: &str = "less -RS";

/// Prints `text`, through a pager if standard output is a terminal in which it does not fit and `may_page`.
///
/// # Errors
/// If standard output can't be written.
pub fn print(text: &str, may_page: bool) -> Result<()> {
    if may_page && std::io::stdout().is_terminal() && !fits(text) && page(text).is_some() {
        return Ok(());
    }
    stdout::print(text)
}

fn fits(text: &str) -> bool {
    let Some((columns, lines)) = terminal::size() else { return true };
    text.lines().count() < lines && text.lines().all(|line| width(&plain(line)) <= columns)
}

/// The line without its colours.
fn plain(line: &str) -> String {
    let parts = line.split('\x1b').enumerate();
    parts.map(|(at, part)| if at == 0 { part } else { part.split_once('m').map_or("", |it| it.1) }).collect()
}

/// Shows the text in a pager; `None` if there is none, and nothing was shown.
fn page(text: &str) -> Option<()> {
    let set = |name: &str| std::env::var(name).ok().filter(|it| !it.trim().is_empty());
    let pager = set("LOGFLOW_PAGER").or_else(|| set("PAGER")).unwrap_or_else(|| PAGER.to_owned());
    let program = pager.split_whitespace().next()?;
    // A shell would be there where the pager is not.
    if !is_there(program) {
        return None;
    }
    let mut command = Command::new("sh");
    command.args(["-c", &pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "RS");
    }
    let mut child = command.spawn().ok()?;
    // Ctrl-C is for the pager; it ends when its user says so.
    signals::ignore_interrupts();
    if let Some(mut input) = child.stdin.take() {
        // A pager that was left early takes no more.
        let _ = input.write_all(text.as_bytes());
    }
    let _ = child.wait();
    Some(())
}

/// Whether a program can be found where the shell looks.
fn is_there(program: &str) -> bool {
    if program.contains('/') {
        return std::path::Path::new(program).is_file();
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_take_no_room() {
        assert_eq!(plain("\x1b[1mab\x1b[0m c"), "ab c");
    }
}
