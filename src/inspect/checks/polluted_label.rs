//! Labels with a part that varies, such as a number of the case or a name.

use std::collections::BTreeMap;

use super::{About, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// The check.
pub struct PollutedLabel;

static ABOUT: About = About {
    id: "polluted-label",
    title: "Label with a part that varies",
    anchors: &["Suriadi et al. 2017: polluted label"],
    dimension: Dimension::Conformity,
    severity: Severity::Warn,
    weight: 2,
    unit: "events",
    meaning: "At least five labels are the same but for numbers or codes in them, or begin with the same two words, and have on average fewer than five events each: the label has a value in it that belongs in a column of its own.",
    formula: "affected: events with such labels; applicable: events with a label",
    help: "cut the part that varies out of the label at the source",
    needs: &[Need::Activity],
};

/// Labels that must differ in the part that varies only.
const LEAST: usize = 5;
/// Events that such labels have on average, at most.
const EVENTS: u64 = 5;

impl Check for PollutedLabel {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let labels = &facts.labels.all;
        let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (number, label) in (0..).zip(labels) {
            for template in templates(&label.text) {
                groups.entry(template).or_default().push(number);
            }
        }
        let mut found = Vec::new();
        let mut details = Vec::new();
        for (template, group) in &groups {
            let events: u64 = group.iter().map(|it| labels[*it as usize].count).sum();
            // The plain label, which all others have with something added, may be frequent.
            let rare: Vec<u32> =
                group.iter().copied().filter(|it| labels[*it as usize].count * 4 <= events.max(20)).collect();
            let sum: u64 = rare.iter().map(|it| labels[*it as usize].count).sum();
            if rare.len() < LEAST || sum >= EVENTS * rare.len() as u64 {
                continue;
            }
            details.push(format!("{template}: {} labels with {sum} events", rare.len()));
            found.extend(rare.into_iter().map(|it| (it, format!("{:?} is {template}", labels[it as usize].text))));
        }
        found.sort_unstable();
        found.dedup_by_key(|it| it.0);
        let mut verdict = Verdict::of_labels(facts, found);
        details.truncate(10);
        verdict.details = details;
        verdict
    }
}

/// The label with `#` for numbers and codes, if it has such; and its first two words with `…`, if it has more.
fn templates(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_code = |word: &str| word.chars().any(|c| c.is_ascii_digit());
    if words.iter().any(|word| is_code(word)) {
        let shape = |word: &&str| if is_code(word) { coded(word) } else { (*word).to_owned() };
        let template = words.iter().map(shape).collect::<Vec<_>>().join(" ");
        // A label that is nothing but a number or a code is a code.
        if template.chars().any(|c| c.is_alphabetic()) {
            found.push(template);
        }
    } else if let [first, second, _, ..] = words[..] {
        found.push(format!("{first} {second} …"));
    }
    found
}

/// A word with `#` from its first digit to its last, and for a code with letters among its digits.
fn coded(word: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit();
    let (Some(first), Some(last)) = (word.find(is_digit), word.rfind(is_digit)) else { return word.to_owned() };
    let is_hex = word.len() >= 6 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_hex { "#".to_owned() } else { format!("{}#{}", &word[..first], &word[last + 1..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_cut_out() {
        assert_eq!(templates("Approve order 12345"), ["Approve order #"]);
        assert_eq!(templates("Check C0001 (2024-05-01)"), ["Check C# (#)"]);
        assert_eq!(templates("Sent by Anna Schmidt"), ["Sent by …"]);
        assert!(templates("Approve order").is_empty());
        assert!(templates("0815").is_empty());
        assert_eq!(templates("Pay 3f2a9c1e-77"), ["Pay #"]);
    }
}
