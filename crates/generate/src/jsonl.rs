//! Writes a generated log as JSON Lines: an object on each line, LF, UTF-8, by RFC 8259, with spaces where
//! most writers put them.
//!
//! The events are those of the CSV, with the names of XES and pm4py as keys, in the same order on each line.
//! Numbers and booleans are those of JSON; the cost of an event without a cost is `null`. A note that needs
//! escapes is written in ASCII, others in UTF-8, so that a reader meets both styles.

use std::io::Write;
use std::ops::Range;

use super::dirty::{ObjectDamage, insert, place};
use super::log::Event;
use super::rng::Rng;
use super::text::{Clock, push_hundredths, push_number};
use super::wide::{ExtraAttribute, ExtraValue, extra_attributes, push_code, push_day, push_person};
use super::writer::{self, Form};
use super::{GenerateOptions, Result, Summary};

/// Number of members of an object.
const MEMBERS: usize = 12;
const TIMESTAMP: usize = 2;
const APPROVED: usize = 7;
const NUMBERS: [usize; 2] = [6, 8];
/// Members whose text never needs escapes.
const TEXTS: [usize; 5] = [1, 3, 4, 5, 11];

/// Writes the log of these options.
///
/// # Errors
/// [`Error::Options`](crate::Error::Options) if the options don't fit together;
/// [`Error::Write`](crate::Error::Write) if `out` fails.
pub fn write_jsonl(options: &GenerateOptions, out: &mut dyn Write) -> Result<Summary> {
    writer::write(JsonlForm::new(options), options, out)
}

/// A log as JSON Lines.
pub(super) struct JsonlForm {
    clock: Clock,
    has_starts: bool,
    attributes: Vec<ExtraAttribute>,
}

impl JsonlForm {
    pub(super) fn new(options: &GenerateOptions) -> Self {
        Self {
            clock: Clock::of(options.times),
            has_starts: options.has_intervals(),
            attributes: extra_attributes(options),
        }
    }

    /// Appends a time in quotes, or `null`.
    #[inline]
    fn time(&mut self, text: &mut Vec<u8>, moment: Option<u64>) {
        match moment {
            Some(moment) => {
                text.push(b'"');
                self.clock.push(text, moment);
                text.push(b'"');
            }
            None => text.extend_from_slice(b"null"),
        }
    }

    /// Appends the members behind the usual ones.
    fn extras(&mut self, text: &mut Vec<u8>, event: &Event<'_>) {
        if self.has_starts {
            text.extend_from_slice(b", \"start_timestamp\": ");
            self.time(text, event.start);
        }
        for attribute in &self.attributes {
            text.extend_from_slice(if attribute.of_case { b", \"case:" } else { b", \"" });
            text.extend_from_slice(attribute.name.as_bytes());
            text.extend_from_slice(b"\": ");
            let value = attribute.value(event.trace, event.id);
            let is_text = matches!(
                value,
                ExtraValue::Word(_) | ExtraValue::Person(..) | ExtraValue::Code(_) | ExtraValue::Day(_)
            );
            text.extend_from_slice(if is_text { b"\"" } else { b"" });
            match value {
                ExtraValue::Missing => text.extend_from_slice(b"null"),
                ExtraValue::Integer(number) => push_number(text, number, 1),
                ExtraValue::Hundredths(number) => push_hundredths(text, number),
                ExtraValue::Boolean(truth) => text.extend_from_slice(if truth { b"true" } else { b"false" }),
                ExtraValue::Word(word) => text.extend_from_slice(word.as_bytes()),
                ExtraValue::Person(first, last) => push_person(text, first, last),
                ExtraValue::Code(number) => push_code(text, number),
                ExtraValue::Day(day) => push_day(text, day),
            }
            text.extend_from_slice(if is_text { b"\"" } else { b"" });
        }
    }
}

impl Form for JsonlForm {
    type Damage = ObjectDamage;
    const DAMAGES: &'static [ObjectDamage] = &ObjectDamage::ALL;

    fn begin(&mut self, _: &mut Vec<u8>) {}

    #[inline]
    fn event(&mut self, text: &mut Vec<u8>, event: &Event<'_>) {
        text.extend_from_slice(b"{\"case:concept:name\": ");
        if event.case > 0 {
            text.extend_from_slice(b"\"C");
            push_number(text, event.case, 7);
            text.push(b'"');
        } else {
            text.extend_from_slice(b"null");
        }
        text.extend_from_slice(b", \"concept:name\": ");
        push_text(text, event.activity);
        text.extend_from_slice(b", \"time:timestamp\": ");
        self.time(text, event.moment);
        text.extend_from_slice(b", \"org:resource\": ");
        push_text(text, event.resource);
        text.extend_from_slice(b", \"lifecycle:transition\": ");
        push_text(text, event.lifecycle);
        text.extend_from_slice(b", \"case:region\": ");
        push_text(text, event.region);
        text.extend_from_slice(b", \"case:amount\": ");
        push_hundredths(text, event.amount);
        text.extend_from_slice(b", \"approved\": ");
        text.extend_from_slice(if event.approved { b"true" } else { b"false" });
        text.extend_from_slice(b", \"cost:total\": ");
        match event.cost {
            Some(cost) => push_hundredths(text, cost),
            None => text.extend_from_slice(b"null"),
        }
        text.extend_from_slice(b", \"identity:id\": \"E");
        push_number(text, event.id, 10);
        text.extend_from_slice(b"\", \"note\": ");
        if event.note.is_empty() {
            text.extend_from_slice(b"null");
        } else {
            text.push(b'"');
            push_string(text, event.note);
            text.push(b'"');
        }
        text.extend_from_slice(b", \"department\": ");
        push_text(text, event.department);
        self.extras(text, event);
        text.extend_from_slice(b"}\n");
    }

    fn spoil(text: &mut Vec<u8>, start: usize, damage: ObjectDamage, rng: &mut Rng) {
        spoil(text, start, damage, rng);
    }
}

/// Appends a text in quotes, or `null` for an empty text. It needs no escapes.
#[inline]
fn push_text(text: &mut Vec<u8>, value: &str) {
    if value.is_empty() {
        text.extend_from_slice(b"null");
        return;
    }
    text.push(b'"');
    text.extend_from_slice(value.as_bytes());
    text.push(b'"');
}

/// Appends text as the inside of a JSON string: RFC 8259, section 7.
#[inline]
pub(super) fn push_string(text: &mut Vec<u8>, value: &str) {
    // Without an early exit the compiler compares sixteen bytes at once.
    let awkward =
        value.bytes().fold(false, |found, byte| found | (byte < b' ') | matches!(byte, b'"' | b'\\'));
    if awkward { push_in_ascii(text, value) } else { text.extend_from_slice(value.as_bytes()) }
}

#[cold]
fn push_in_ascii(text: &mut Vec<u8>, value: &str) {
    for unit in value.encode_utf16() {
        match u8::try_from(unit) {
            Ok(b'\n') => text.extend_from_slice(b"\\n"),
            Ok(byte @ (b'"' | b'\\')) => text.extend_from_slice(&[b'\\', byte]),
            Ok(byte @ b' '..=b'~') => text.push(byte),
            _ => text.extend_from_slice(format!("\\u{unit:04x}").as_bytes()),
        }
    }
}

/// Damages the object that `text` ends with.
fn spoil(text: &mut Vec<u8>, start: usize, damage: ObjectDamage, rng: &mut Rng) {
    let values = values(text, start);
    let quoted = values[rng.pick(&TEXTS)].clone();
    let word = quoted.start + 1..quoted.end - 1;
    match damage {
        ObjectDamage::Unfinished => {
            // In a string, or before the brace.
            let end = rng.pick(&[word.end - 1, text.len() - 2]);
            text.truncate(end);
            text.push(b'\n');
        }
        ObjectDamage::StrayComma => {
            let at = rng.pick(&[start + 1, quoted.end, text.len() - 2]);
            insert(text, at, b",");
        }
        ObjectDamage::OpenString => drop(text.drain(word.end..quoted.end)),
        ObjectDamage::BadEscape => {
            let wrong: [&[u8]; 5] = [b"\\x41", b"\\'", b"\\u12G4", b"\\ud800", b"\\udc00\\ud800"];
            insert(text, word.start, rng.pick(&wrong));
        }
        // A byte that never occurs in UTF-8, a continuation byte without a start, and a start without a
        // continuation.
        ObjectDamage::InvalidUtf8 => insert(text, place(&word, rng), &[rng.pick(&[0xFF, 0x80, 0xC3])]),
        ObjectDamage::ControlCharacter => insert(text, place(&word, rng), &[rng.pick(&[0, 1, b'\t', 0x1F])]),
        ObjectDamage::NoJsonValue => {
            let wrong = ["NaN", "-Infinity", "True", "None", "007", ".5", "1.", "+1", "0x1F", ""];
            text.splice(
                values[rng.pick(&[NUMBERS[0], NUMBERS[1], APPROVED])].clone(),
                rng.pick(&wrong).bytes(),
            );
        }
        ObjectDamage::BadTimestamp => {
            let wrong = [
                "\"2024-13-45T14:07:33.218+01:00\"",
                "\"2024-02-30T25:61:00.000+01:00\"",
                "\"yesterday\"",
                "\"0000-00-00\"",
            ];
            text.splice(values[TIMESTAMP].clone(), rng.pick(&wrong).bytes());
        }
        ObjectDamage::TextInNumber => {
            let wrong = ["\"n/a\"", "\"unknown\"", "\"1.2.3\"", "\"\""];
            text.splice(values[rng.pick(&NUMBERS)].clone(), rng.pick(&wrong).bytes());
        }
    }
}

/// The ranges of the values of an undamaged object, quotes included.
fn values(text: &[u8], start: usize) -> [Range<usize>; MEMBERS] {
    let mut found = [const { 0..0 }; MEMBERS];
    let mut at = start + 1;
    for value in &mut found {
        // Keys have no escapes; a colon and a space follow them.
        let begin = string_end(text, at) + 2;
        let end = if text[begin] == b'"' {
            string_end(text, begin)
        } else {
            begin + text[begin..].iter().take_while(|byte| !matches!(byte, b',' | b'}')).count()
        };
        *value = begin..end;
        at = end + 2;
    }
    found
}

/// The place after the closing quote of the string that begins at `at`.
fn string_end(text: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while text[end] != b'"' {
        end += 1 + usize::from(text[end] == b'\\');
    }
    end + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Log;
    use serde_json::{Value, json};

    const OPTIONS: GenerateOptions = GenerateOptions::new(10_000);

    fn written(options: &GenerateOptions) -> (Vec<u8>, Summary) {
        let mut out = Vec::new();
        let summary = write_jsonl(options, &mut out).unwrap();
        assert_eq!(summary.bytes, out.len() as u64);
        (out, summary)
    }

    /// FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
    fn fnv(bytes: &[u8]) -> u64 {
        bytes
            .iter()
            .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3))
    }

    fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
        text.split_inclusive(|byte| *byte == b'\n')
    }

    const FIRST_LINE: &str = "{\"case:concept:name\": \"C0000001\", \"concept:name\": \"Register request\", \
        \"time:timestamp\": \"2024-01-01T00:00:00.000+01:00\", \"org:resource\": \"Ada Haddad\", \
        \"lifecycle:transition\": \"complete\", \"case:region\": \"East\", \"case:amount\": 14.63, \
        \"approved\": false, \"cost:total\": null, \"identity:id\": \"E0000000001\", \
        \"note\": \"Waiting for terms branch receipt payment discount week refund invoice.\", \
        \"department\": \"Intake\"}\n";

    #[test]
    fn seed_1_is_this_log_for_good() {
        let (text, summary) = written(&OPTIONS);
        assert_eq!(summary, Summary { events: 10_000, cases: 555, bytes: 4_096_078, damaged: 0 });
        assert_eq!(std::str::from_utf8(lines(&text).next().unwrap()), Ok(FIRST_LINE));
        assert_eq!(fnv(&text), 0xFC22_A626_043D_74C7);
        assert_eq!(fnv(&written(&GenerateOptions { interleave: true, ..OPTIONS }).0), 0x9E31_102F_ACFA_D8BD);
        assert_eq!(fnv(&written(&GenerateOptions { dirty: 0.1, ..OPTIONS }).0), 0xC93A_FC1E_975E_85A3);
    }

    #[test]
    fn another_seed_is_another_log_and_no_events_leave_nothing() {
        assert_ne!(written(&OPTIONS).0, written(&GenerateOptions { seed: 2, ..OPTIONS }).0);
        assert_eq!(written(&GenerateOptions { events: 0, ..OPTIONS }).0, b"");
    }

    #[test]
    fn a_reader_of_json_finds_the_events_of_the_model() {
        let (text, _) = written(&OPTIONS);
        let mut log = Log::new(&OPTIONS).unwrap();
        let mut clock = Clock::new();
        for line in lines(&text) {
            let event = log.next_event().unwrap();
            let mut stamp = Vec::new();
            clock.push(&mut stamp, event.moment.unwrap());
            let expected = json!({
                "case:concept:name": format!("C{:07}", event.case),
                "concept:name": event.activity,
                "time:timestamp": String::from_utf8(stamp).unwrap(),
                "org:resource": event.resource,
                "lifecycle:transition": event.lifecycle,
                "case:region": event.region,
                "case:amount": event.amount as f64 / 100.0,
                "approved": event.approved,
                "cost:total": event.cost.map(|cost| cost as f64 / 100.0),
                "identity:id": format!("E{:010}", event.id),
                "note": event.note,
                "department": event.department,
            });
            assert_eq!(serde_json::from_slice::<Value>(line).unwrap(), expected);
        }
        assert!(log.next_event().is_none());
    }

    #[test]
    fn text_that_needs_escapes_is_ascii_and_comes_back() {
        let awkward = "a \"b\" \\ c\nd\te\r\u{1} é \u{1F600}";
        let mut text = b"\"".to_vec();
        push_string(&mut text, awkward);
        text.push(b'"');
        assert!(text.is_ascii());
        assert_eq!(serde_json::from_slice::<String>(&text).unwrap(), awkward);
        let mut plain = Vec::new();
        push_string(&mut plain, "café");
        assert_eq!(plain, "café".as_bytes());
    }

    #[test]
    fn lines_are_about_409_bytes() {
        let (text, _) = written(&OPTIONS);
        let mean = text.len() as f64 / 10_000.0;
        assert!((407.0..411.0).contains(&mean), "{mean}");
    }

    #[test]
    fn sound_lines_are_the_same_with_dirt_between_them() {
        let clean = written(&OPTIONS).0;
        let (dirty, summary) = written(&GenerateOptions { dirty: 0.05, ..OPTIONS });
        assert!((400..600).contains(&summary.damaged), "{}", summary.damaged);
        let strange = lines(&clean).zip(lines(&dirty)).filter(|(one, other)| one != other).count() as u64;
        assert_eq!((strange, lines(&dirty).count()), (summary.damaged, 10_000));
    }

    #[test]
    fn each_damage_shows_in_its_own_line_only() {
        let (text, _) = written(&GenerateOptions { events: 500, ..OPTIONS });
        let mut rng = Rng::new(3);
        for line in lines(&text) {
            for damage in ObjectDamage::ALL {
                let mut spoilt = b"before\n".to_vec();
                spoilt.extend_from_slice(line);
                spoil(&mut spoilt, 7, damage, &mut rng);
                let after = spoilt.strip_prefix(b"before\n").unwrap();
                assert_ne!(after, line, "{damage:?}");
                assert_eq!(lines(after).count(), 1, "{damage:?}");
                let is_json = serde_json::from_slice::<Value>(after).is_ok();
                let values = matches!(damage, ObjectDamage::BadTimestamp | ObjectDamage::TextInNumber);
                assert_eq!(is_json, values, "{damage:?} {}", String::from_utf8_lossy(after));
            }
        }
    }

    #[test]
    fn an_output_that_fails_is_an_error_of_its_own() {
        let mut nothing: &mut [u8] = &mut [];
        assert!(matches!(write_jsonl(&OPTIONS, &mut nothing), Err(crate::Error::Write(_))));
    }
}
