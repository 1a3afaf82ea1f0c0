//! Labels with a part that varies, such as a number of the case or a name.

use std::collections::{BTreeMap, HashMap};

use super::{About, Check, Dimension, Need, Severity, Verdict};
use crate::inspect::facts::Facts;
use crate::inspect::tally::Tally;
use crate::report::Report;

/// Makes the check `polluted-label` of a log.
pub struct PollutedLabel;

static ABOUT: About = About {
    id: "polluted-label",
    title: "Label with a part that varies",
    anchors: &["Suriadi et al. 2017: polluted label"],
    dimension: Dimension::Conformity,
    severity: Severity::Warn,
    weight: 2,
    unit: "events",
    meaning: "A label is another, ten times as frequent one with a number of at least three digits added; or at least five labels are the same but for numbers or codes in them, and have on average fewer than five events each. The label has a value in it that belongs in a column of its own.",
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
        // Labels by their letters alone, with the number of events of the most frequent.
        let mut plain: HashMap<String, u64> = HashMap::new();
        for label in labels.iter().filter(|it| !it.text.contains(|c: char| c.is_ascii_digit())) {
            let count = plain.entry(letters(&label.text)).or_default();
            *count = label.count.max(*count);
        }
        let mut found = Vec::new();
        let mut details = Vec::new();
        for (number, label) in (0..).zip(labels) {
            let Some(template) = template(&label.text) else { continue };
            let digits = label.text.chars().filter(char::is_ascii_digit).count();
            let same = plain.get(&letters(&template)).or_else(|| plain.get(&letters(bare(&template))));
            if digits >= 3 && same.is_some_and(|count| *count >= label.count.saturating_mul(10)) {
                found.push((number, format!("{:?} is {template}", label.text)));
            }
            groups.entry(template).or_default().push(number);
        }
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
            found.extend(
                rare.into_iter().map(|it| (it, format!("{:?} is {template}", labels[it as usize].text))),
            );
        }
        found.sort_unstable();
        found.dedup_by_key(|it| it.0);
        let mut verdict = Verdict::of_labels(facts, found);
        details.truncate(10);
        verdict.details = details;
        verdict
    }
}

/// The label with `#` for numbers and codes, if it has such and something else.
fn template(text: &str) -> Option<String> {
    let is_code = |word: &str| word.chars().any(|c| c.is_ascii_digit());
    let shape = |word: &str| if is_code(word) { coded(word) } else { word.to_owned() };
    let template = text.split_whitespace().map(shape).collect::<Vec<_>>().join(" ");
    // A label that is nothing but a number or a code is a code.
    (template.contains('#') && template.chars().any(char::is_alphabetic)).then_some(template)
}

/// A template without a remark between parentheses at its end.
fn bare(template: &str) -> &str {
    template.rfind('(').map_or(template, |at| &template[..at])
}

/// The letters of a label, small.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect()
}

/// A word with `#` from its first digit to its last, and for a code with letters among its digits.
fn coded(word: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit();
    let (Some(first), Some(last)) = (word.find(is_digit), word.rfind(is_digit)) else {
        return word.to_owned();
    };
    let is_hex = word.len() >= 6 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_hex { "#".to_owned() } else { format!("{}#{}", &word[..first], &word[last + 1..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_cut_out() {
        let of = |text: &str| template(text).unwrap_or_default();
        assert_eq!(of("Approve order 12345"), "Approve order #");
        assert_eq!(of("Check C0001 (2024-05-01)"), "Check C# (#)");
        assert_eq!(of("Pay 3f2a9c1e-77"), "Pay #");
        assert_eq!(of("Approve_order_4711"), "Approve_order_#");
        assert_eq!((template("Approve order"), template("0815")), (None, None));
        assert_eq!(letters(bare("Pick items (ref #)")), "pickitems");
    }
}
