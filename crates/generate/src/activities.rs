//! The activities of a log, as many as are asked for: those of the usual process first, then made-up ones.

use super::words::{ACTIVITIES, DEPARTMENTS, KINDS, SYNONYMS, THINGS, VERBS};

/// An activity of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Activity {
    /// Name by which it is recorded.
    pub(super) name: String,
    /// Another name for the same.
    pub(super) synonym: String,
    /// Department that does it, by its position in [`DEPARTMENTS`].
    pub(super) department: usize,
}

/// The activities in the order of the process. Up to 26 they are the first of the usual process and its last.
pub(super) fn activities(count: Option<u64>) -> Vec<Activity> {
    let usual = ACTIVITIES.len();
    let count = count.map_or(usual, |count| count as usize).max(1);
    let mut all: Vec<Activity> =
        ACTIVITIES[..usual - 1].iter().take(count.max(2) - 1).map(usual_activity).collect();
    let made_up = (0..).map(made_up_activity);
    all.extend(made_up.take((count - 1).saturating_sub(all.len())));
    if count > 1 {
        all.push(usual_activity(&ACTIVITIES[usual - 1]));
    }
    all
}

fn usual_activity((name, department): &(&str, usize)) -> Activity {
    let known =
        SYNONYMS.iter().find_map(|(verb, other)| Some(format!("{other}{}", name.strip_prefix(verb)?)));
    let synonym = known.unwrap_or_else(|| format!("Take care of {}", name.to_lowercase()));
    Activity { name: (*name).to_owned(), synonym, department: *department }
}

/// A verb and a thing; when all of them are used up, one or two kinds of the thing stand between them.
fn made_up_activity(number: usize) -> Activity {
    let (verb, other) = VERBS[number % VERBS.len()];
    let thing = THINGS[number / VERBS.len() % THINGS.len()];
    let thing = match number / (VERBS.len() * THINGS.len()) {
        0 => thing.to_owned(),
        kind if kind <= KINDS.len() => format!("{} {thing}", KINDS[kind - 1]),
        kinds => {
            let pair = kinds - KINDS.len() - 1;
            format!("{} {} {thing}", KINDS[pair / KINDS.len() % KINDS.len()], KINDS[pair % KINDS.len()])
        }
    };
    Activity {
        name: format!("{verb} {thing}"),
        synonym: format!("{other} {thing}"),
        department: number % DEPARTMENTS.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::MAX_ACTIVITIES;
    use std::collections::HashSet;

    /// Levenshtein's distance.
    fn distance(one: &str, other: &str) -> usize {
        let other: Vec<char> = other.to_lowercase().chars().collect();
        let mut row: Vec<usize> = (0..=other.len()).collect();
        for (above, sign) in one.to_lowercase().chars().enumerate() {
            let mut corner = row[0];
            row[0] = above + 1;
            for at in 0..other.len() {
                let replaced = corner + usize::from(other[at] != sign);
                corner = row[at + 1];
                row[at + 1] = replaced.min(row[at] + 1).min(corner + 1);
            }
        }
        row[other.len()]
    }

    #[test]
    fn there_are_as_many_different_ones_as_asked_for() {
        for count in [1, 2, 3, 26, 27, 500, MAX_ACTIVITIES] {
            let all = activities(Some(count));
            let names: HashSet<&str> = all.iter().map(|activity| activity.name.as_str()).collect();
            assert_eq!((all.len() as u64, names.len() as u64), (count, count));
            assert_eq!(all[0].name, "Register request");
            assert!(count == 1 || all.last().is_some_and(|last| last.name == "Close case"));
        }
        assert_eq!(activities(None), activities(Some(26)));
    }

    #[test]
    fn no_name_looks_like_a_misspelling_of_another() {
        let all = activities(Some(300));
        let names: Vec<&str> = all.iter().flat_map(|it| [it.name.as_str(), it.synonym.as_str()]).collect();
        for (at, one) in names.iter().enumerate() {
            for other in &names[..at] {
                let differ = distance(one, other) > 2 || one == other;
                assert!(differ, "{one}, {other}");
            }
        }
        for words in [&THINGS[..], &KINDS[..]] {
            for (at, one) in words.iter().enumerate() {
                assert!(words[..at].iter().all(|other| distance(one, other) > 2), "{one}");
            }
        }
    }

    #[test]
    fn a_synonym_is_not_an_activity() {
        let all = activities(Some(2000));
        let names: HashSet<&str> = all.iter().map(|activity| activity.name.as_str()).collect();
        assert!(all.iter().all(|activity| !names.contains(activity.synonym.as_str())));
    }
}
