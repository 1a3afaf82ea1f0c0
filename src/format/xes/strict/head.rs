//! What the head of a log declares, and what follows from it further down.

use super::names::{Name, Names, Set};
use crate::error::Result;

/// Which elements a global or a classifier is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Traces.
    Trace,
    /// Events, also if nothing is said (5.6, 5.7).
    Event,
}

impl Scope {
    /// What an element says; `None` for a word that is neither, which is a violation by itself.
    pub fn named(word: Option<&str>) -> Option<Self> {
        match word.map(str::trim) {
            Some("trace") => Some(Self::Trace),
            Some("event") | None => Some(Self::Event),
            Some(_) => None,
        }
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Event => "event",
        }
    }
}

/// A global attribute.
#[derive(Debug)]
pub struct Global {
    /// Its key.
    pub name: Name,
    /// The same as text.
    pub key: Box<str>,
}

/// The head so far.
#[derive(Debug, Default)]
pub struct Head {
    prefixes: Set,
    of_traces: Globals,
    of_events: Globals,
}

#[derive(Debug, Default)]
struct Globals {
    list: Vec<Global>,
    set: Set,
}

impl Head {
    fn globals(&self, scope: Scope) -> &Globals {
        match scope {
            Scope::Trace => &self.of_traces,
            Scope::Event => &self.of_events,
        }
    }

    /// The global attributes of a scope.
    pub fn all(&self, scope: Scope) -> &[Global] {
        &self.globals(scope).list
    }

    /// Declares a prefix; says whether it is new.
    pub fn declare_prefix(&mut self, prefix: &str, names: &mut Names) -> Result<bool> {
        Ok(self.prefixes.insert(names.number(prefix.trim())?))
    }

    /// Declares a global attribute.
    pub fn declare_global(&mut self, scope: Scope, name: Name, key: &str) {
        let globals = match scope {
            Scope::Trace => &mut self.of_traces,
            Scope::Event => &mut self.of_events,
        };
        if globals.set.insert(name) {
            globals.list.push(Global { name, key: key.into() });
        }
    }

    /// The keys of a classifier that no global attribute of its scope has.
    pub fn undeclared<'k>(&self, scope: Scope, keys: &'k str, names: &mut Names) -> Result<Vec<&'k str>> {
        let mut missing = Vec::new();
        for key in classifier_keys(keys) {
            if !self.globals(scope).set.contains(names.number(key)?) {
                missing.push(key);
            }
        }
        Ok(missing)
    }
}

/// Cuts at white space, but not between single quotes.
fn classifier_keys(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        text = text.trim_start();
        let (key, rest) = match text.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) {
            Some(quoted) => quoted,
            None => text.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((text, "")),
        };
        let is_over = text.is_empty();
        text = rest;
        (!is_over).then_some(key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifier_keys_are_words_or_quoted() {
        for (text, keys) in [
            ("", vec![]),
            (" a  b\n", vec!["a", "b"]),
            ("'a b' c", vec!["a b", "c"]),
            ("'a b'", vec!["a b"]),
            ("'a b", vec!["'a", "b"]),
            ("don't", vec!["don't"]),
        ] {
            assert_eq!(classifier_keys(text).collect::<Vec<_>>(), keys, "{text:?}");
        }
    }
}
