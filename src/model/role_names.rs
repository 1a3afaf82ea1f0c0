//! Names that columns of event logs have, in the words of process-mining tools and of several languages.
//!
//! A name is compared by its letters and digits alone, so `Case ID`, `case_id` and `CASE-ID` are one name. A
//! name that is not known as it stands may be known without what tools put around it: a language at its end
//! (`ACTIVITY_EN`, Celonis), or the word that says what a time is of at its start (`Event_start`, UiPath).

use std::sync::LazyLock;

use super::roles::Role;

/// A column's name, taken apart once for all questions.
#[derive(Debug)]
pub struct ColumnName {
    /// Letters and digits in small letters.
    letters: String,
    /// The words that marks or capitals part, in small letters.
    words: Vec<String>,
}

/// Words at the end of a name that say its language.
const LANGUAGES: [&str; 9] = ["en", "de", "fr", "es", "pt", "it", "nl", "ja", "ru"];
/// Words before a time that say what it is the time of.
const OF_EVENT: [&str; 6] = ["event", "activity", "task", "step", "action", "operation"];
/// Words at the end of the name of an identifier.
const IDENTIFIERS: [&str; 8] = ["id", "key", "number", "no", "nr", "num", "uuid", "guid"];

impl ColumnName {
    /// Takes a name apart.
    pub fn new(name: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut before = ' ';
        for c in name.chars() {
            if !c.is_alphanumeric() {
                before = c;
                continue;
            }
            let begins = !before.is_alphanumeric() || before.is_lowercase() && c.is_uppercase();
            match words.last_mut().filter(|_| !begins) {
                Some(word) => word.extend(c.to_lowercase()),
                None => words.push(c.to_lowercase().collect()),
            }
            before = c;
        }
        Self { letters: words.concat(), words }
    }

    /// Whether it is this name, which is in small letters and digits.
    pub fn is(&self, name: &str) -> bool {
        self.letters == name
    }

    /// Whether it is this name with a language behind it, or for a time with a word before it.
    pub fn means(&self, name: &str, role: Role) -> bool {
        let Some((last, before)) = self.words.split_last() else { return false };
        if LANGUAGES.contains(&last.as_str()) && !before.is_empty() && before.concat() == name {
            return true;
        }
        role.is_time()
            && OF_EVENT.iter().any(|of| self.letters.strip_prefix(of).is_some_and(|rest| rest == name))
    }

    /// Whether it is a status, or that of something: `bill_status`.
    pub fn is_status(&self) -> bool {
        self.words.last().is_some_and(|last| last == "status")
    }

    /// Whether it is an identifier of something other than of an event: `POLICY_ID`, `Order number`.
    pub fn is_identifier(&self) -> bool {
        let Some((last, before)) = self.words.split_last() else { return false };
        let is_of_event =
            || before.iter().any(|it| OF_EVENT.contains(&it.as_str()) || it == "instance" || it == "row");
        !before.is_empty() && IDENTIFIERS.contains(&last.as_str()) && !is_of_event()
    }
}

/// Names that mean a role, the surest first.
pub fn known_names(role: Role) -> impl Iterator<Item = &'static str> {
    NAMES[role as usize].iter().copied()
}

/// One list of names for each role, as [`Role::ALL`] has them.
static NAMES: LazyLock<[Vec<&'static str>; 6]> = LazyLock::new(|| {
    let mut names: [Vec<&'static str>; 6] = Default::default();
    let mut role = None;
    for line in include_str!("role_names.txt").lines().filter(|line| !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[') {
            role = SECTIONS.iter().position(|(name, _)| section.strip_suffix("]") == Some(*name));
        } else if let (Some(role), Some((_, list))) = (role, line.split_once(": ")) {
            names[SECTIONS[role].1 as usize].extend(list.split(' '));
        }
    }
    names
});

/// The sections of the list.
const SECTIONS: [(&str, Role); 6] = [
    ("case", Role::Case),
    ("activity", Role::Activity),
    ("timestamp", Role::Timestamp),
    ("start", Role::StartTimestamp),
    ("resource", Role::Resource),
    ("lifecycle", Role::Lifecycle),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_names_and_every_line_of_the_list_is_read() {
        for role in Role::ALL {
            assert!(known_names(role).count() > 5, "{role}");
        }
        let lines = include_str!("role_names.txt").lines();
        let lists = lines.filter(|line| !line.starts_with(['#', '[']) && !line.is_empty());
        let words: usize = lists
            .map(|line| line.split(' ').count() - line.split(": ").next().unwrap().split(' ').count())
            .sum();
        assert_eq!(words, Role::ALL.iter().map(|role| known_names(*role).count()).sum::<usize>());
    }

    #[test]
    fn known_names_are_letters_and_digits_in_small_letters() {
        for role in Role::ALL {
            for name in known_names(role) {
                assert!(ColumnName::new(name).is(name), "{name}");
                assert!(name.chars().all(char::is_alphanumeric), "{name}");
            }
        }
    }

    #[test]
    fn a_name_means_one_role() {
        for role in Role::ALL {
            for other in Role::ALL.into_iter().filter(|other| *other > role) {
                for name in known_names(role) {
                    assert!(known_names(other).all(|it| it != name), "{name}: {role} and {other}");
                }
            }
        }
    }

    #[test]
    fn languages_and_words_before_a_time_are_not_part_of_the_name() {
        for (name, wanted, role, is) in [
            ("ACTIVITY_EN", "activity", Role::Activity, true),
            ("activityEn", "activity", Role::Activity, true),
            ("Event_start", "start", Role::StartTimestamp, true),
            ("ActivityEndTimestamp", "endtimestamp", Role::Timestamp, true),
            ("activity_start", "start", Role::Activity, false),
            ("en", "activity", Role::Activity, false),
            ("when", "wh", Role::Activity, false),
        ] {
            assert_eq!(ColumnName::new(name).means(wanted, role), is, "{name}");
        }
    }

    #[test]
    fn identifiers_and_states_are_known_by_their_last_word() {
        for (name, identifier, status) in [
            ("POLICY_ID", true, false),
            ("orderNumber", true, false),
            ("id", false, false),
            ("activity_instance_id", false, false),
            ("event_id", false, false),
            ("bill_status", false, true),
            ("State", false, false),
            ("paid", false, false),
            ("", false, false),
        ] {
            let name_ = ColumnName::new(name);
            assert_eq!((name_.is_identifier(), name_.is_status()), (identifier, status), "{name}");
        }
    }
}
