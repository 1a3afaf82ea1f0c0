//! The file of rules: each section is named after the check that its rules belong to, and may stand several times.
//!
//! ```toml
//! [[activity-frequency]]
//! activity = "Registration"
//! most = 1
//! ```

use std::path::Path;

use serde::Deserialize;

use super::{Rule, Rules};
use crate::error::{Code, Error, Result};
use crate::options::document::{DocumentPlace, Node, NodeError, NodeValue};
use crate::options::nearest;

impl Rules {
    /// The rules of a file.
    ///
    /// # Errors
    /// [`Code::RulesFile`], with line and character.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(Code::RulesFile, path, &error))?;
        Self::from_toml(&text).map_err(|error| error.in_file(path))
    }

    /// The rules of a TOML text.
    ///
    /// # Errors
    /// [`Code::RulesFile`], with line and character.
    pub fn from_toml(text: &str) -> Result<Self> {
        Node::from_toml(text).and_then(|node| rules(&node)).map_err(told)
    }
}

fn rules(node: &Node) -> std::result::Result<Rules, NodeError> {
    let mut found = Vec::new();
    for section in node.entries() {
        let tables: Vec<&Node> = match &section.value.value {
            NodeValue::List(tables) => tables.iter().collect(),
            _ => vec![&section.value],
        };
        for table in tables {
            if !matches!(table.value, NodeValue::Table(_)) {
                let message = format!("expected a section of rules, found {}", table.described());
                return Err(NodeError::new(message, &table.place));
            }
            let rule = rule(&section.key, table).map_err(|error| placed(error, &section.place))?;
            found.push(rule.checked().map_err(|message| NodeError::new(message, &table.place))?);
        }
    }
    Ok(Rules(found))
}

/// The rule of a section.
fn rule(section: &str, table: &Node) -> std::result::Result<Rule, NodeError> {
    Ok(match section {
        "activity-order" => Rule::ActivityOrder(Deserialize::deserialize(table)?),
        "activity-frequency" => Rule::ActivityFrequency(Deserialize::deserialize(table)?),
        "allowed-activities" => Rule::AllowedActivities(Deserialize::deserialize(table)?),
        "required-activities" => Rule::RequiredActivities(Deserialize::deserialize(table)?),
        "related-activities" => Rule::RelatedActivities(Deserialize::deserialize(table)?),
        "conditional-activity" => Rule::ConditionalActivity(Deserialize::deserialize(table)?),
        "value-range" => Rule::ValueRange(Deserialize::deserialize(table)?),
        "attribute-dependency" => Rule::AttributeDependency(Deserialize::deserialize(table)?),
        "duration-bounds" => Rule::DurationBounds(Deserialize::deserialize(table)?),
        "inactive-period" => Rule::InactivePeriod(Deserialize::deserialize(table)?),
        "multi-registration" => Rule::MultiRegistration(Deserialize::deserialize(table)?),
        other => {
            let message = match nearest(other, Rule::CHECKS.iter().copied()) {
                Some(near) => format!("no check with rules is called {other:?}; did you mean {near}?"),
                None => format!(
                    "no check with rules is called {other:?}; those that take rules are {}",
                    Rule::CHECKS.join(", ")
                ),
            };
            return Err(NodeError::new(message, &DocumentPlace::Unknown));
        }
    })
}

fn placed(error: NodeError, place: &DocumentPlace) -> NodeError {
    match error.place {
        DocumentPlace::Unknown => NodeError::new(error.message, place),
        _ => error,
    }
}

fn told(error: NodeError) -> Error {
    let (what, help) = match error.message.split_once("; ") {
        Some((what, help)) => (what.to_owned(), help.to_owned()),
        None => (error.message, "docs/inspect.md lists the rules and their keys".to_owned()),
    };
    let told = Error::new(Code::RulesFile, what).help(help);
    match error.place {
        DocumentPlace::File(line, character) => told.at_line(line, character),
        _ => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::rules::{ActivityFrequency, RuleValue};

    #[test]
    fn sections_are_rules_in_their_order() {
        let text = "[[activity-frequency]]\nactivity = \"A\"\nmost = 1\n[value-range]\ncolumn = \"n\"\nleast = 0\nmost = 2.5\n\
                    [[activity-frequency]]\nactivity = \"B\"\nleast = 1\n[[inactive-period]]\nlonger_than = \"30min\"\n";
        let rules = Rules::from_toml(text).unwrap();
        assert_eq!(rules.0.len(), 4);
        let first = ActivityFrequency { activity: "A".to_owned(), least: None, most: Some(1) };
        assert!(rules.0.contains(&Rule::ActivityFrequency(first)));
        assert_eq!(rules.of_check("activity-frequency").count(), 2);
        let range = rules.0.iter().find_map(|rule| match rule {
            Rule::ValueRange(range) => Some(range),
            _ => None,
        });
        assert_eq!(range.unwrap().least, Some(RuleValue::Whole(0)));
        assert_eq!(range.unwrap().most, Some(RuleValue::Number(2.5)));
    }

    #[test]
    fn mistakes_have_a_line_and_the_nearest_right_name() {
        for (text, what, help, line) in [
            (
                "[[activity-oder]]\nactivities = []",
                "no check with rules is called",
                "did you mean activity-order?",
                1,
            ),
            (
                "[[activity-order]]\nactivites = []",
                "unknown key \"activites\"",
                "did you mean activities?",
                2,
            ),
            ("\n[[activity-order]]\nactivities = [\"A\"]", "at least two", "docs/inspect.md", 2),
            ("[[inactive-period]]\nlonger_than = \"30\"", "expected a duration", "docs/inspect.md", 2),
            ("[[value-range]]\ncolumn = \"a\"", "expected least, most or values", "docs/inspect.md", 1),
            ("[[attribute-dependency]]\nwhere = \"a >\"\nthen = \"b = 1\"", "condition", "", 2),
            ("[[related-activities]]\nactivity = \"A\"", "the key needs is missing", "", 2),
            ("activity-order = 5", "expected a section of rules", "", 1),
            ("[[activity-order]\n", "", "", 1),
        ] {
            let error = Rules::from_toml(text).unwrap_err();
            assert_eq!(error.code(), Code::RulesFile);
            let told = format!("{error:?}");
            assert!(error.what().contains(what), "{text}: {told}");
            assert!(error.help_text().unwrap_or_default().contains(help), "{text}: {told}");
            assert_eq!(error.position().and_then(|it| it.line).map(|it| it.0), Some(line), "{text}: {told}");
        }
    }
}
