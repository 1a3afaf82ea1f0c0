//! Variables in the texts of a pipeline: `${NAME}`, and `${NAME:-default}` where the variable may be missing or
//! empty. `$${` is `${`, and every other `$` is itself.

use serde_json::Value;

use crate::error::Error;
use crate::options::document::{Node, NodeError, NodeValue};

/// The variables that a pipeline took from the environment. Their values are hidden where a plan is shown: any
/// of them may be a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// Names with values, each name once.
    used: Vec<(String, String)>,
}

/// A part of a text that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShownPiece {
    /// Text that is shown as it is.
    Text(String),
    /// The value of this variable.
    Variable(String),
}

/// Values of fewer bytes are hidden only where they are a whole text: they are parts of words and numbers.
const SHORT: usize = 4;

impl Variables {
    /// Puts the values of variables into all texts of a document. `lookup` gives the value of a variable.
    ///
    /// # Errors
    /// A variable that is not set and has no default, or a `${` that no `}` closes.
    pub fn fill(
        node: &mut Node,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> std::result::Result<Self, NodeError> {
        let mut variables = Self::default();
        node.each_leaf(&mut |leaf: &mut Node| -> std::result::Result<(), NodeError> {
            let (NodeValue::Text(text) | NodeValue::Loose(text, _)) = &leaf.value else { return Ok(()) };
            let is_loose = matches!(leaf.value, NodeValue::Loose(..));
            if !text.contains("${") {
                return Ok(());
            }
            let (filled, is_filled) =
                variables.filled(text, lookup).map_err(|what| NodeError::new(what, &leaf.place))?;
            leaf.value = match (is_filled, is_loose) {
                (true, _) => NodeValue::Loose(filled, text.clone()),
                (false, true) => NodeValue::Loose(filled.clone(), filled),
                (false, false) => NodeValue::Text(filled),
            };
            Ok(())
        })?;
        // The longest first, so that a value within another does not leave the rest of that.
        variables.used.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        Ok(variables)
    }

    /// A text with the values of its variables, and whether it has some.
    fn filled(
        &mut self,
        text: &str,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> std::result::Result<(String, bool), String> {
        let mut out = String::with_capacity(text.len());
        let (mut rest, mut is_filled) = (text, false);
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                out.push_str(&rest[..at - 1]);
                out.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            out.push_str(&rest[..at]);
            let Some(end) = rest[at..].find('}') else {
                return Err(format!("expected }} behind \"{}\"; write $${{ for ${{ itself", &rest[at..]));
            };
            let inner = &rest[at + 2..at + end];
            if inner.contains("${") {
                return Err(format!(
                    "a default may not hold another variable, as \"{}\" does",
                    &rest[at..=at + end]
                ));
            }
            let (name, default) = match inner.split_once(":-") {
                Some((name, default)) => (name, Some(default)),
                None => (inner, None),
            };
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !is_name {
                return Err(format!(
                    "expected the name of a variable, found {name:?}; write ${{NAME}} or ${{NAME:-default}}, or $${{ for ${{ itself"
                ));
            }
            match (lookup(name), default) {
                (Some(value), default) if default.is_none() || !value.is_empty() => {
                    out.push_str(&value);
                    if !value.is_empty() && !self.used.iter().any(|(known, _)| known == name) {
                        self.used.push((name.to_owned(), value));
                    }
                }
                (_, Some(default)) => out.push_str(default),
                (_, None) => {
                    return Err(format!(
                        "the variable {name} is not set; set it, or write ${{{name}:-default}}"
                    ));
                }
            }
            is_filled = true;
            rest = &rest[at + end + 1..];
        }
        out.push_str(rest);
        Ok((out, is_filled))
    }

    /// The text with the names of variables in place of their values.
    pub fn hide(&self, text: &str) -> String {
        if self.used.is_empty() {
            return text.to_owned();
        }
        let shown = |piece: ShownPiece| match piece {
            ShownPiece::Text(text) => text,
            ShownPiece::Variable(name) => format!("${{{name}}}"),
        };
        self.pieces(text).into_iter().map(shown).collect()
    }

    /// The parts of a text: those that are values of variables by name, and what stands between them.
    pub fn pieces(&self, text: &str) -> Vec<ShownPiece> {
        if let Some((name, _)) = self.used.iter().find(|(_, value)| value == text) {
            return vec![ShownPiece::Variable(name.clone())];
        }
        let mut pieces = vec![ShownPiece::Text(text.to_owned())];
        for (name, value) in self.used.iter().filter(|(_, value)| value.len() >= SHORT) {
            let split = |piece: ShownPiece| match piece {
                ShownPiece::Text(text) => {
                    let mut parts = Vec::new();
                    for (at, part) in text.split(value.as_str()).enumerate() {
                        parts.extend((at > 0).then(|| ShownPiece::Variable(name.clone())));
                        parts.extend((!part.is_empty()).then(|| ShownPiece::Text(part.to_owned())));
                    }
                    parts
                }
                variable => vec![variable],
            };
            pieces = pieces.into_iter().flat_map(split).collect();
        }
        pieces
    }

    /// An error with the names of variables in place of their values.
    #[must_use]
    pub fn hide_error(&self, error: Error) -> Error {
        if self.used.is_empty() { error } else { error.map_texts(|text| self.hide(text)) }
    }

    /// Whether no value is hidden.
    pub fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    /// The same for all texts of a value.
    pub fn hide_in(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.hide(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.hide_in(value)),
            Value::Object(entries) => entries.values_mut().for_each(|value| self.hide_in(value)),
            _ => {}
        }
    }
}

/// The value of a variable of the environment. One that is not UTF-8 is taken for missing: no text of a file can
/// hold it.
pub fn of_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A text in which `${` stands for itself.
pub fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> std::result::Result<String, String> {
        let lookup = |name: &str| match name {
            "A" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        Variables::default().filled(text, &lookup).map(|(text, _)| text)
    }

    #[test]
    fn variables_have_values_defaults_and_a_way_to_be_written_as_they_are() {
        for (text, expected) in [
            ("${A}", "value"),
            ("a${A}b${A}", "avaluebvalue"),
            ("${B:-none}", "none"),
            ("${EMPTY:-none}", "none"),
            ("${EMPTY}", ""),
            ("${A:-none}", "value"),
            ("${B:-}", ""),
            ("$${A}", "${A}"),
            ("$$${A}", "$${A}"),
            ("$A costs 5$", "$A costs 5$"),
        ] {
            assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
        }
        for (text, right) in [
            ("${B:-${A}}", "another variable"),
            ("${B}", "B is not set"),
            ("${A", "expected }"),
            ("${}", "expected the name"),
            ("${1}", "NAME"),
        ] {
            assert!(filled(text).unwrap_err().contains(right), "{text}");
        }
        for text in ["${A}", "$${", "$$${A", "plain", "$"] {
            assert_eq!(filled(&escaped(text)).as_deref(), Ok(text));
        }
    }

    #[test]
    fn values_are_hidden_wherever_they_are_shown() {
        let mut node = Node::from_toml("a = \"x ${SECRET} y\"\nb = \"${SHORT}\"").unwrap();
        let lookup = |name: &str| Some(if name == "SHORT" { "1" } else { "hunter2" }.to_owned());
        let variables = Variables::fill(&mut node, &lookup).unwrap();
        assert_eq!(variables.hide("the hunter2 is 21"), "the ${SECRET} is 21");
        assert_eq!(
            variables.pieces("hunter2${"),
            [ShownPiece::Variable("SECRET".to_owned()), ShownPiece::Text("${".to_owned())]
        );
        let mut value = serde_json::json!({"a": ["hunter2", 1], "b": "1"});
        variables.hide_in(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["${SECRET}", 1], "b": "${SHORT}"}));
    }
}
