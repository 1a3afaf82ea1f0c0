//! Colours, where they are wanted: `--color`, then NO_COLOR, CLICOLOR_FORCE and CLICOLOR, then whether a
//! terminal shows them.

use std::ffi::OsString;
use std::io::IsTerminal;

use crate::args::Color;

/// Puts colours around words, or leaves them as they are.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Decides whether standard error gets colors.
    pub fn stderr(color: Color) -> Self {
        Self { on: is_on(color, std::io::stderr().is_terminal()) }
    }

    /// No colors: text for a file.
    pub fn plain() -> Self {
        Self { on: false }
    }

    /// Decides whether standard output gets colors.
    pub fn stdout(color: Color) -> Self {
        Self { on: is_on(color, std::io::stdout().is_terminal()) }
    }

    /// Colors the text of an error.
    pub fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// Colors the text of a warning.
    pub fn yellow(self, text: &str) -> String {
        self.with("1;33", text)
    }

    /// For what went well.
    pub fn green(self, text: &str) -> String {
        self.with("1;32", text)
    }

    /// Colors the text of a help line.
    pub fn cyan(self, text: &str) -> String {
        self.with("36", text)
    }

    /// Sets the text of a heading in bold.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// For what matters less.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn is_on(color: Color, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR").is_some() => false,
        Color::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        Color::Auto if set("CLICOLOR").is_some_and(|value| value == "0") => false,
        Color::Auto => terminal && set("TERM").is_none_or(|value| value != "dumb"),
    }
}

/// What `--color` says, found before the arguments are parsed: their errors have colours too.
pub fn wanted(argv: &[OsString]) -> Color {
    let words: Vec<&str> = argv.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    let spaced = words.windows(2).rfind(|pair| pair[0] == "--color").map(|pair| pair[1]);
    let word = words.iter().rev().find_map(|word| word.strip_prefix("--color=")).or(spaced);
    let variable = std::env::var("LOGFLOW_COLOR").ok();
    match word.or(variable.as_deref()) {
        Some("always") => Color::Always,
        Some("never") => Color::Never,
        _ => Color::Auto,
    }
}
