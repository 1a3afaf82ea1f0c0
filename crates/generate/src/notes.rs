//! Writes the free text of events: the `note` of a log, in one of several kinds.
//!
//! Sizes of compressed text depend on its kind more than on anything else in a log, so a benchmark needs
//! several. The kind `notes` is the first one, and its bytes never change.

use super::log::write_note;
use super::options::TextKind;
use super::rng::Rng;
use super::text::push_number;
use super::words::{COMMON, LANGUAGES, LAST_NAMES, SYLLABLES, WORDS};

/// Number of words of the vocabulary of natural text.
const VOCABULARY: usize = 6_000;
/// Number of phrases, which natural text repeats as a whole.
const PHRASES: usize = 400;
/// One of so many notes of the sparse kind has text.
const SPARSE: u64 = 25;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes notes of one kind. The vocabulary is the same for every seed, as a language is.
#[derive(Debug)]
pub(super) struct Notes {
    kind: TextKind,
    words: Vec<String>,
    /// Cumulative weights of `words` by Zipf's law: the word of rank r has the weight 1 / (r + 2).
    weights: Vec<u64>,
    phrases: Vec<String>,
}

impl Notes {
    pub(super) fn new(kind: TextKind) -> Self {
        let mut notes = Self { kind, words: Vec::new(), weights: Vec::new(), phrases: Vec::new() };
        if matches!(kind, TextKind::Natural | TextKind::Comments | TextKind::Sparse) {
            notes.learn();
        }
        notes
    }

    /// Makes the vocabulary: real words first, then words from syllables.
    fn learn(&mut self) {
        let mut rng = Rng::new(0x05EE_D0FA_1A46);
        self.words.extend(COMMON.iter().map(|word| (*word).to_owned()));
        self.words.extend(WORDS.iter().map(|word| word.trim_end().to_owned()));
        while self.words.len() < VOCABULARY {
            let syllables = 2 + rng.below(3);
            self.words.push((0..syllables).map(|_| rng.pick(&SYLLABLES)).collect());
        }
        let mut sum = 0;
        for rank in 0..self.words.len() as u64 {
            sum += (1 << 40) / (rank + 2);
            self.weights.push(sum);
        }
        for _ in 0..PHRASES {
            let words = 2 + rng.below(4);
            let phrase: Vec<&str> = (0..words).map(|_| self.word(&mut rng)).collect();
            self.phrases.push(phrase.join(" "));
        }
    }

    /// Replaces the note by a new note; it may be empty for the kind `sparse` only.
    #[inline]
    pub(super) fn write(&self, note: &mut String, rng: &mut Rng) {
        if self.kind == TextKind::Notes { write_note(note, rng) } else { self.write_other(note, rng) }
    }

    fn write_other(&self, note: &mut String, rng: &mut Rng) {
        note.clear();
        // A stream of its own: the rest of the event is the same for all these kinds.
        let rng = &mut rng.split();
        match self.kind {
            TextKind::Notes => write_note(note, rng),
            TextKind::Natural => self.sentences(note, 1 + rng.below(4), rng),
            TextKind::Template => template(note, rng),
            TextKind::Json => json(note, rng),
            TextKind::Ids => id(note, rng),
            TextKind::Comments => {
                for paragraph in 0..1 + rng.below(4) {
                    note.push_str(if paragraph > 0 { "\n\n" } else { "" });
                    self.sentences(note, 3 + rng.below(8), rng);
                }
            }
            TextKind::Sparse => {
                if rng.below(SPARSE) == 0 {
                    self.sentences(note, 1, rng);
                }
            }
            TextKind::Multilingual => multilingual(note, rng),
        }
    }

    fn word(&self, rng: &mut Rng) -> &str {
        let drawn = rng.below(self.weights.last().copied().unwrap_or(1));
        &self.words[self.weights.partition_point(|sum| *sum <= drawn)]
    }

    fn sentences(&self, note: &mut String, count: u64, rng: &mut Rng) {
        for sentence in 0..count {
            note.push_str(if sentence > 0 { " " } else { "" });
            let start = note.len();
            for part in 0..3 + rng.below(8) {
                if part > 0 {
                    note.push_str(if rng.below(12) == 0 { ", " } else { " " });
                }
                if rng.below(4) == 0 {
                    note.push_str(&self.phrases[rng.below(PHRASES as u64) as usize]);
                } else {
                    note.push_str(self.word(rng));
                }
            }
            note[start..=start].make_ascii_uppercase();
            note.push(if rng.below(15) == 0 { '?' } else { '.' });
        }
    }
}

fn number(note: &mut String, number: u64, width: usize) {
    let mut text = Vec::new();
    push_number(&mut text, number, width);
    note.extend(text.into_iter().map(char::from));
}

fn hex(note: &mut String, digits: usize, rng: &mut Rng) {
    note.extend((0..digits).map(|_| char::from(rng.pick(HEX))));
}

/// A sentence of a program: the same words each time, with numbers in their places. `#` is an amount, `%` a
/// number, `@` a code, `&` a name.
fn template(note: &mut String, rng: &mut Rng) {
    const TEMPLATES: [&str; 14] = [
        "Payment of # EUR received for invoice 2024-% (reference @)",
        "Order % forwarded to warehouse 7, parcel @",
        "Retry % of 5 after # seconds: connection to host @ timed out",
        "Discount of # percent granted by &",
        "Assigned to & by rule %",
        "Document @ scanned, % pages",
        "Limit changed from # to # EUR by &",
        "Status changed: OPEN -> WAITING (ticket %)",
        "Status changed: WAITING -> DONE (ticket %)",
        "Mail to customer % sent, message id <@@@>",
        "Score # below threshold, sent to & for review",
        "Batch % finished: # MB in % ms",
        "Dunning level 2 for account %, balance # EUR",
        "Address checked against register, match # percent",
    ];
    for sign in rng.pick(&TEMPLATES).chars() {
        match sign {
            '#' => {
                let hundredths = rng.long_tailed(90_000);
                number(note, hundredths / 100, 1);
                note.push('.');
                number(note, hundredths % 100, 2);
            }
            '%' => number(note, 10_000 + rng.below(90_000), 1),
            '@' => hex(note, 8, rng),
            '&' => note.push_str(rng.pick(&LAST_NAMES)),
            _ => note.push(sign),
        }
    }
}

/// A small object of JSON, as programs log them.
fn json(note: &mut String, rng: &mut Rng) {
    const STATES: [&str; 5] = ["ok", "retry", "failed", "queued", "skipped"];
    const SERVICES: [&str; 6] = ["billing", "crm", "archive", "scoring", "mail-gateway", "stock"];
    note.push_str("{\"service\":\"");
    note.push_str(rng.pick(&SERVICES));
    note.push_str("\",\"status\":\"");
    note.push_str(rng.pick(&STATES));
    note.push_str("\",\"ms\":");
    number(note, rng.long_tailed(400), 1);
    if rng.below(3) == 0 {
        note.push_str(",\"trace\":\"");
        hex(note, 16, rng);
        note.push('"');
    }
    note.push_str(",\"items\":[");
    for item in 0..rng.below(4) {
        note.push_str(if item > 0 { ",{\"sku\":\"A-" } else { "{\"sku\":\"A-" });
        number(note, 1 + rng.long_tailed(900), 4);
        note.push_str("\",\"qty\":");
        number(note, 1 + rng.long_tailed(3), 1);
        note.push('}');
    }
    note.push_str(if rng.below(2) == 0 { "],\"user\":null}" } else { "],\"user\":{\"vip\":false}}" });
}

/// An identifier without any order in it: a UUID for two of three, otherwise a digest.
fn id(note: &mut String, rng: &mut Rng) {
    if rng.below(3) == 0 {
        hex(note, 40, rng);
        return;
    }
    hex(note, 8, rng);
    note.push('-');
    hex(note, 4, rng);
    note.push_str("-4");
    hex(note, 3, rng);
    note.push('-');
    note.push(char::from(rng.pick(b"89ab")));
    hex(note, 3, rng);
    note.push('-');
    hex(note, 12, rng);
}

/// A sentence of five to fourteen words in one of several languages and scripts.
fn multilingual(note: &mut String, rng: &mut Rng) {
    let (words, between, end) = rng.pick(&LANGUAGES);
    for word in 0..5 + rng.below(10) {
        note.push_str(if word > 0 { between } else { "" });
        note.push_str(rng.pick(words));
    }
    note.push_str(end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    fn written(kind: TextKind, count: usize) -> Vec<String> {
        let (notes, mut rng) = (Notes::new(kind), Rng::new(5));
        (0..count)
            .map(|_| {
                let mut note = String::new();
                notes.write(&mut note, &mut rng);
                note
            })
            .collect()
    }

    #[test]
    fn natural_text_follows_zipf_and_repeats_phrases() {
        let all = written(TextKind::Natural, 4000).join(" ").to_lowercase();
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for word in all.split([' ', '.', ',', '?']).filter(|word| !word.is_empty()) {
            *counts.entry(word).or_default() += 1;
        }
        let mut ranked: Vec<u32> = counts.values().copied().collect();
        ranked.sort_by_key(|count| std::cmp::Reverse(*count));
        assert!(ranked.len() > 3000, "{}", ranked.len());
        let total: u32 = ranked.iter().sum();
        let head: u32 = ranked[..100].iter().sum();
        assert!((0.4..0.75).contains(&(f64::from(head) / f64::from(total))), "{head} of {total}");
    }

    #[test]
    fn comments_are_long_and_sparse_notes_are_mostly_empty() {
        let comments = written(TextKind::Comments, 500);
        let mean = comments.iter().map(String::len).sum::<usize>() / 500;
        assert!((500..3000).contains(&mean), "{mean}");
        assert!(comments.iter().any(|note| note.contains('\n')));
        let empty = written(TextKind::Sparse, 5000).iter().filter(|note| note.is_empty()).count();
        assert!((4700..4900).contains(&empty), "{empty}");
    }

    #[test]
    fn json_is_json_and_ids_are_unique() {
        for note in written(TextKind::Json, 500) {
            let value: serde_json::Value = serde_json::from_str(&note).unwrap();
            assert!(value["items"].is_array(), "{note}");
        }
        let ids = written(TextKind::Ids, 2000);
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 2000);
        assert!(ids.iter().all(|id| matches!(id.len(), 36 | 40)));
    }

    #[test]
    fn templates_fill_every_place_and_languages_have_several_scripts() {
        for note in written(TextKind::Template, 500) {
            assert!(!note.contains(['#', '@', '&', '%']), "{note}");
        }
        let all = written(TextKind::Multilingual, 300).join("");
        for script in
            ['а'..='я', 'α'..='ω', '\u{4e00}'..='\u{9fff}', '\u{3040}'..='\u{309f}', '\u{600}'..='\u{6ff}']
        {
            assert!(all.chars().any(|sign| script.contains(&sign)), "{script:?}");
        }
    }
}
