//! Declarations in the head of a log, and the rules that follow from them.

use super::extensions::Extension;
use super::grammar::XesElement;
use super::names::{Name, NameSets, Set};
use crate::error::Result;

/// Which elements a global or a classifier is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalScope {
    /// Global attributes of traces.
    Trace,
    /// Events, also if nothing is said (5.6, 5.7).
    Event,
}

impl GlobalScope {
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

/// An attribute that a `<global>` declares.
#[derive(Debug)]
pub struct Global {
    /// Key of the attribute.
    pub name: Name,
    /// The same as text.
    pub key: Box<str>,
}

/// Declarations of extensions about a key.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyRule {
    /// The extension that defines it, if one that is known does.
    pub extension: Option<&'static Extension>,
    /// The element that an attribute of the key is.
    pub element: Option<XesElement>,
    /// Whether the extension is declared.
    pub is_declared: bool,
}

/// The head so far.
#[derive(Debug, Default)]
pub struct StrictHead {
    prefixes: Set,
    /// Each prefix that is declared, and the known extension that its URI names.
    extensions: Vec<(Box<str>, Option<&'static Extension>)>,
    /// Prefixes of extensions that are used and not declared, each told once.
    told: Set,
    /// What is known of each key, by its number; asked once, as logs repeat their keys.
    rules: Vec<Option<KeyRule>>,
    of_traces: Globals,
    of_events: Globals,
}

#[derive(Debug, Default)]
struct Globals {
    list: Vec<Global>,
    set: Set,
}

impl StrictHead {
    fn globals(&self, scope: GlobalScope) -> &Globals {
        match scope {
            GlobalScope::Trace => &self.of_traces,
            GlobalScope::Event => &self.of_events,
        }
    }

    /// The global attributes of a scope.
    pub fn all(&self, scope: GlobalScope) -> &[Global] {
        &self.globals(scope).list
    }

    /// Declares a prefix and what it stands for; says whether it is new.
    pub fn declare_prefix(&mut self, prefix: &str, uri: &str, names: &mut NameSets) -> Result<bool> {
        let prefix = prefix.trim();
        let is_new = self.prefixes.insert(names.number(prefix)?);
        if is_new {
            self.extensions.push((prefix.into(), Extension::of_uri(uri)));
            self.rules.clear();
        }
        Ok(is_new)
    }

    /// The rule for a key.
    pub fn rule_of(&mut self, name: Name, key: &str) -> KeyRule {
        let number = name as usize;
        if let Some(Some(known)) = self.rules.get(number) {
            return *known;
        }
        let rule = self.find_rule(key);
        if self.rules.len() <= number {
            self.rules.resize(number + 1, None);
        }
        self.rules[number] = Some(rule);
        rule
    }

    fn find_rule(&self, key: &str) -> KeyRule {
        let Some((prefix, local)) = key.split_once(':') else { return KeyRule::default() };
        let declared = self.extensions.iter().find(|(known, _)| **known == *prefix);
        // A prefix that is declared stands for what its declaration says, and for nothing else.
        let extension = declared.map_or_else(|| Extension::of_prefix(prefix), |(_, of_uri)| *of_uri);
        let element = extension.and_then(|extension| extension.element_of(local));
        KeyRule { extension, element, is_declared: declared.is_some() }
    }

    /// Whether it is the first time that this is asked of a prefix.
    pub fn tell_undeclared(&mut self, prefix: &str, names: &mut NameSets) -> Result<bool> {
        Ok(self.told.insert(names.number(prefix)?))
    }

    /// Declares a global attribute.
    pub fn declare_global(&mut self, scope: GlobalScope, name: Name, key: &str) {
        let globals = match scope {
            GlobalScope::Trace => &mut self.of_traces,
            GlobalScope::Event => &mut self.of_events,
        };
        if globals.set.insert(name) {
            globals.list.push(Global { name, key: key.into() });
        }
    }

    /// The keys of a classifier that no global attribute of its scope has.
    pub fn undeclared<'k>(
        &self,
        scope: GlobalScope,
        keys: &'k str,
        names: &mut NameSets,
    ) -> Result<Vec<&'k str>> {
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
