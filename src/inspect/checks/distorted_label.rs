//! Labels that are another one with a slip: other case, blanks or signs, or one or two letters that differ.

use std::collections::HashMap;

use super::{About, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `distorted-label` of a log.
pub struct DistortedLabel;

static ABOUT: About = About {
    id: "distorted-label",
    title: "Label with a slip",
    anchors: &["Suriadi et al. 2017: distorted label", "DaQAPO detect_similar_labels"],
    dimension: Dimension::Conformity,
    severity: Severity::Warn,
    weight: 2,
    unit: "events",
    meaning: "A label is the same as a more frequent one but for case, blanks and signs; or it has at most a tenth of that one's events and differs by one letter (two, from ten letters on), digits not counted.",
    formula: "affected: events with the rarer label; applicable: events with a label",
    help: "rename such labels at the source",
    needs: &[Need::Activity],
};

/// Labels that are compared letter by letter: up to so many it takes less than a second.
const COMPARED: usize = 4000;

impl Check for DistortedLabel {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let labels = &facts.labels.all;
        let mut found: Vec<(u32, String)> = Vec::new();
        let mut groups: HashMap<String, Vec<u32>> = HashMap::new();
        for (number, label) in (0..).zip(labels) {
            let plain = plain(&label.text);
            if !plain.is_empty() {
                groups.entry(plain).or_default().push(number);
            }
        }
        // The most frequent label stands for its group; of equals the one that appears first.
        let frequent = |group: &Vec<u32>| {
            let by_count = |it: &u32| (labels[*it as usize].count, std::cmp::Reverse(*it));
            group.iter().copied().max_by_key(by_count)
        };
        let mut heads: Vec<(u32, Vec<char>)> = Vec::new();
        for (plain, group) in &groups {
            let Some(head) = frequent(group) else { continue };
            heads.push((head, plain.chars().collect()));
            for it in group.iter().filter(|it| **it != head) {
                found.push((*it, slip(&labels[*it as usize].text, &labels[head as usize].text)));
            }
        }
        let is_compared = heads.len() <= COMPARED;
        if is_compared {
            heads.sort_unstable_by_key(|(it, _)| (std::cmp::Reverse(labels[*it as usize].count), *it));
            for (at, (rare, text)) in heads.iter().enumerate() {
                let count = labels[*rare as usize].count;
                let is_head = |(head, other): &&(u32, Vec<char>)| {
                    labels[*head as usize].count >= count.saturating_mul(10) && is_slip(text, other)
                };
                if let Some((head, _)) = heads[..at].iter().find(is_head) {
                    let what = slip(&labels[*rare as usize].text, &labels[*head as usize].text);
                    found.extend(
                        groups[&text.iter().collect::<String>()].iter().map(|it| (*it, what.clone())),
                    );
                }
            }
        }
        found.sort_unstable();
        found.dedup_by_key(|it| it.0);
        let verdict = Verdict::of_labels(facts, found);
        match is_compared {
            true => verdict,
            false => verdict.detail(format!(
                "labels were compared without case, blanks and signs, and not letter by letter: there are more than {COMPARED}"
            )),
        }
    }
}

fn slip(text: &str, head: &str) -> String {
    format!("{text:?} for {head:?}")
}

/// A label without case, blanks and signs.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether texts differ by a slip of the finger: a letter that is missing, surplus, another one or swapped with
/// its neighbour; two such from ten letters on.
fn is_slip(a: &[char], b: &[char]) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let most = if short.len() >= 10 { 2 } else { 1 };
    if short.len() < 4 || long.len() - short.len() > most {
        return false;
    }
    // Labels that count, such as "Step 1" and "Step 2", are different labels.
    let digits = |text: &[char]| text.iter().filter(|c| c.is_ascii_digit()).collect::<String>();
    if digits(a) != digits(b) {
        return false;
    }
    distance(short, long) <= most
}

/// The edit distance with swaps of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut rows = [vec![0; width], (0..width).collect::<Vec<usize>>(), vec![0; width]];
    for i in 1..=a.len() {
        rows[2][0] = i;
        for j in 1..=b.len() {
            let other = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[1][j] + 1).min(rows[2][j - 1] + 1).min(rows[1][j - 1] + other);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = least;
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_other_words() {
        let slip = |a: &str, b: &str| {
            is_slip(&plain(a).chars().collect::<Vec<_>>(), &plain(b).chars().collect::<Vec<_>>())
        };
        assert!(slip("Triage", "Trage") && slip("Clinical exam", "Clinical exma"));
        assert!(slip("Approve invoice", "Aprove invoise") && !slip("Approve", "Aprvve order"));
        assert!(!slip("Step 1", "Step 2") && !slip("Send", "Seen") || slip("Send", "Sent"));
        assert!(!slip("abc", "abd") && !slip("Register", "Registration"));
        assert_eq!(distance(&['a', 'b', 'c'], &['b', 'a', 'c']), 1);
    }
}
