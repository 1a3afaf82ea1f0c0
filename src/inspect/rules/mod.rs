//! Rules that only people who know the process can give: the right order of activities, the allowed range of a
//! value, the greatest duration. Checks that need such parameters take them from here.
//!
//! ```text
//! mod.rs     the rules as plain values, whatever they were written in
//! file.rs    the file of rules: TOML
//! bound.rs   the rules that look at rows, bound to the columns of a table
//! ```
//!
//! Each rule belongs to one check, whose id is the name of its section in a file.

pub mod bound;
mod file;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::condition::Condition;

/// All rules, in the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules(pub Vec<Rule>);

/// One rule about the cases, events or rows of a log.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Activities that come in an order.
    ActivityOrder(ActivityOrder),
    /// How often an activity occurs in a case.
    ActivityFrequency(ActivityFrequency),
    /// The only activities that there are.
    AllowedActivities(Activities),
    /// Activities that each case has.
    RequiredActivities(Activities),
    /// An activity that needs another one in its case.
    RelatedActivities(RelatedActivities),
    /// Activities that a case has if a condition is true for one of its rows.
    ConditionalActivity(ConditionalActivity),
    /// The values that a column may have.
    ValueRange(ValueRange),
    /// A condition that follows from another.
    AttributeDependency(AttributeDependency),
    /// How long the events of an activity take.
    DurationBounds(DurationBounds),
    /// How long nothing may happen.
    InactivePeriod(InactivePeriod),
    /// How close together the events of a case or resource are when they tell one thing.
    MultiRegistration(MultiRegistration),
}

impl Rule {
    /// The ids of all checks that take rules.
    pub const CHECKS: &'static [&'static str] = &[
        "activity-order",
        "activity-frequency",
        "allowed-activities",
        "required-activities",
        "related-activities",
        "conditional-activity",
        "value-range",
        "attribute-dependency",
        "duration-bounds",
        "inactive-period",
        "multi-registration",
    ];

    /// The id of the check that the rule belongs to.
    pub const fn check(&self) -> &'static str {
        match self {
            Self::ActivityOrder(_) => "activity-order",
            Self::ActivityFrequency(_) => "activity-frequency",
            Self::AllowedActivities(_) => "allowed-activities",
            Self::RequiredActivities(_) => "required-activities",
            Self::RelatedActivities(_) => "related-activities",
            Self::ConditionalActivity(_) => "conditional-activity",
            Self::ValueRange(_) => "value-range",
            Self::AttributeDependency(_) => "attribute-dependency",
            Self::DurationBounds(_) => "duration-bounds",
            Self::InactivePeriod(_) => "inactive-period",
            Self::MultiRegistration(_) => "multi-registration",
        }
    }

    /// What is wrong with the rule by itself, such as a range without an end.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn checked(self) -> Result<Self, String> {
        let needs_activities = |names: &[String]| match names.is_empty() {
            true => Err("expected at least one activity, found none".to_owned()),
            false => Ok(()),
        };
        match &self {
            Self::ActivityOrder(rule) => {
                if rule.activities.len() < 2 {
                    return Err("expected at least two activities, found fewer".to_owned());
                }
                let mut seen = rule.activities.iter().enumerate();
                if let Some((_, twice)) = seen.find(|(at, name)| rule.activities[..*at].contains(name)) {
                    return Err(format!("the activity {twice:?} is given twice"));
                }
            }
            Self::ActivityFrequency(rule) => match (rule.least, rule.most) {
                (None, None) => return Err("expected least or most, found neither".to_owned()),
                (Some(least), Some(most)) if least > most => {
                    return Err(format!("expected a least number up to {most}, found {least}"));
                }
                _ => {}
            },
            Self::AllowedActivities(rule) | Self::RequiredActivities(rule) => {
                needs_activities(&rule.activities)?
            }
            Self::ConditionalActivity(rule) => needs_activities(&rule.activities)?,
            Self::ValueRange(rule) => match (&rule.least, &rule.most, rule.values.is_empty()) {
                (None, None, true) => {
                    return Err("expected least, most or values, found none of them".to_owned());
                }
                (Some(_), _, false) | (_, Some(_), false) => {
                    return Err("expected either a range or values, found both".to_owned());
                }
                _ => {}
            },
            Self::DurationBounds(rule) => match (rule.least, rule.most, rule.deviations) {
                (None, None, None) => {
                    return Err("expected least, most or deviations, found none of them".to_owned());
                }
                (None, None, Some(deviations)) if !(deviations > 0.0 && deviations.is_finite()) => {
                    return Err(format!("expected a number of deviations above 0, found {deviations}"));
                }
                (None, None, Some(_)) | (_, _, None) => {}
                _ => return Err("expected either bounds or deviations, found both".to_owned()),
            },
            Self::InactivePeriod(rule) if rule.longer_than.seconds <= 0.0 => {
                return Err("expected a duration above 0, found 0".to_owned());
            }
            Self::RelatedActivities(_)
            | Self::AttributeDependency(_)
            | Self::InactivePeriod(_)
            | Self::MultiRegistration(_) => {}
        }
        Ok(self)
    }
}

impl Rules {
    /// The rules of a check with their numbers among all rules.
    pub fn of_check<'r>(&'r self, id: &'r str) -> impl Iterator<Item = (usize, &'r Rule)> {
        self.0.iter().enumerate().filter(move |(_, rule)| rule.check() == id)
    }
}

/// Activities of a case come in this order. Others may stand between them, and some may be missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityOrder {
    /// The activities, the first one first.
    pub activities: Vec<String>,
    /// Whether an activity may come back next to itself; if not, each occurs once at most.
    #[serde(default)]
    pub repeats: bool,
}

/// How often an activity occurs in a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityFrequency {
    /// The name of the activity.
    pub activity: String,
    /// Events of a case with it at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<u64>,
    /// Events of a case with it at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
}

/// A rule that names activities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activities {
    /// The names of the activities.
    pub activities: Vec<String>,
}

/// A case that has an activity has another one as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelatedActivities {
    /// The activity that needs the other.
    pub activity: String,
    /// The activity that is needed.
    pub needs: String,
}

/// A case for one of whose rows a condition is true has some activities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionalActivity {
    /// What is true of some row of the cases that the rule is about.
    #[serde(rename = "where", with = "condition")]
    pub condition: Condition,
    /// The activities that such a case has.
    pub activities: Vec<String>,
}

/// The values of a column lie in a range, or are among some.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueRange {
    /// The name of the column.
    pub column: String,
    /// The least value: a number, or a time as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<RuleValue>,
    /// The greatest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<RuleValue>,
    /// The values that are allowed, instead of a range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<RuleValue>,
}

/// Where a condition is true, another one is true as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeDependency {
    /// The condition that says for which rows the rule is.
    #[serde(rename = "where", with = "condition")]
    pub condition: Condition,
    /// What must be true of them.
    #[serde(with = "condition")]
    pub then: Condition,
}

/// How long the events of an activity take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DurationBounds {
    /// The name of the activity.
    pub activity: String,
    /// The shortest duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<RuleDuration>,
    /// The longest duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<RuleDuration>,
    /// Standard deviations from the mean, instead of bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviations: Option<f64>,
}

/// How long nothing may happen in the whole log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InactivePeriod {
    /// Stretches of at least this length without an event are inactive.
    pub longer_than: RuleDuration,
}

/// How close together events are when they tell one thing several times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiRegistration {
    /// Whose events are compared.
    #[serde(default)]
    pub by: RegisteredBy,
    /// Time between two events at most.
    pub within: RuleDuration,
}

/// Whose events are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum RegisteredBy {
    /// Those of a resource.
    #[default]
    Resource,
    /// The events of one case are compared.
    Case,
}

impl TryFrom<String> for RegisteredBy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "resource" => Ok(Self::Resource),
            "case" => Ok(Self::Case),
            _ => Err(format!("expected resource or case, found {text:?}")),
        }
    }
}

/// A value of a rule as it is written: a number, text or a truth value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RuleValue {
    /// The value is true or false.
    Boolean(bool),
    /// The value is a whole number.
    Whole(i64),
    /// The value is a number with a fraction.
    Number(f64),
    /// The value is a text, or a time written as text.
    Text(String),
}

impl fmt::Display for RuleValue {
    /// As conditions write values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        }
    }
}

/// A duration, written as a number and a unit: `90s`, `30min`, `2h`, `1.5d`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RuleDuration {
    /// Its length in seconds.
    pub seconds: f64,
}

/// Units of durations with their seconds; longer names come before those that they end with.
const UNITS: [(&str, f64); 6] =
    [("ms", 0.001), ("min", 60.0), ("s", 1.0), ("h", 3600.0), ("d", 86_400.0), ("w", 604_800.0)];

impl std::str::FromStr for RuleDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected a duration such as 30min, 10s, 2h or 1d, found {text:?}");
        let (unit, seconds) = UNITS.iter().find(|(unit, _)| text.ends_with(unit)).ok_or_else(wrong)?;
        let number: f64 = text[..text.len() - unit.len()].trim().parse().map_err(|_| wrong())?;
        // Longer ones don't fit into a count of nanoseconds.
        match (0.0..=9e9).contains(&(number * seconds)) {
            true => Ok(Self { seconds: number * seconds }),
            false => Err(wrong()),
        }
    }
}

impl fmt::Display for RuleDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, size): &&(&str, f64)| self.seconds >= *size && self.seconds % *size == 0.0;
        let by_size = [UNITS[5], UNITS[4], UNITS[3], UNITS[1], UNITS[2]];
        let (unit, size) = by_size.iter().find(fits).copied().unwrap_or(UNITS[2]);
        write!(f, "{}{unit}", self.seconds / size)
    }
}

impl<'de> Deserialize<'de> for RuleDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for RuleDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Conditions as text.
mod condition {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::model::condition::Condition;
    use crate::options::Spelling;

    pub fn serialize<S: Serializer>(condition: &Condition, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(condition.text())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Condition, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text.parse::<Condition>();
        parsed.map_err(|error| serde::de::Error::custom(error.spelled(Spelling::PLAIN).what()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_a_unit_and_come_back() {
        for (text, seconds) in
            [("30min", 1800.0), ("10s", 10.0), ("1.5h", 5400.0), ("2d", 172_800.0), ("0s", 0.0)]
        {
            let read: RuleDuration = text.parse().unwrap();
            assert_eq!(read.seconds, seconds, "{text}");
            assert_eq!(read.to_string().parse(), Ok(read));
        }
        for text in ["30", "min", "-1s", "1y", "1e30d", "nans"] {
            assert!(text.parse::<RuleDuration>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_rule_has_a_check() {
        assert_eq!(Rule::CHECKS.len(), 11);
        let rule = Rule::AllowedActivities(Activities { activities: vec!["A".to_owned()] });
        assert!(Rule::CHECKS.contains(&rule.check()));
    }
}
