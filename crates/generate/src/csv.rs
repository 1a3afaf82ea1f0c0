//! Writes a generated log as CSV: UTF-8 with a header, commas and LF; notes are quoted if they must be, with
//! quotes doubled.
//!
//! Events are appended to one buffer as bytes; nothing is allocated for an event. Values that the writers of
//! all formats share are in `text.rs`.

use std::io::Write;
use std::ops::Range;

use super::dirty::{Damage, insert, place};
use super::log::Event;
use super::rng::Rng;
use super::text::{Clock, push_hundredths, push_number};
use super::wide::{ExtraAttribute, ExtraValue, extra_attributes, push_code, push_day, push_person};
use super::writer::{self, Form};
use super::{GenerateOptions, Result, Summary};

const HEADER: &[u8] = b"case_id,activity,timestamp,resource,lifecycle,case_region,case_amount,\
    approved,cost,event_id,note,department\n";
const COLUMNS: usize = 12;
const TIMESTAMP: usize = 2;
const NUMBERS: [usize; 2] = [6, 8];
/// Columns of text that are never quoted.
const TEXTS: [usize; 5] = [1, 3, 4, 5, 11];

/// Writes the log of these options, header first.
///
/// # Errors
/// [`Error::Options`](crate::Error::Options) if the options don't fit together;
/// [`Error::Write`](crate::Error::Write) if `out` fails.
pub fn write_csv(options: &GenerateOptions, out: &mut dyn Write) -> Result<Summary> {
    writer::write(CsvForm::new(options), options, out)
}

/// A log as CSV.
pub(super) struct CsvForm {
    clock: Clock,
    has_starts: bool,
    attributes: Vec<ExtraAttribute>,
}

impl CsvForm {
    pub(super) fn new(options: &GenerateOptions) -> Self {
        Self {
            clock: Clock::of(options.times),
            has_starts: options.has_intervals(),
            attributes: extra_attributes(options),
        }
    }

    /// Appends the columns behind the usual ones.
    fn extras(&mut self, text: &mut Vec<u8>, event: &Event<'_>) {
        if self.has_starts {
            text.push(b',');
            if let Some(start) = event.start {
                self.clock.push(text, start);
            }
        }
        for attribute in &self.attributes {
            text.push(b',');
            match attribute.value(event.trace, event.id) {
                ExtraValue::Missing => {}
                ExtraValue::Integer(number) => push_number(text, number, 1),
                ExtraValue::Hundredths(number) => push_hundredths(text, number),
                ExtraValue::Boolean(truth) => text.extend_from_slice(if truth { b"true" } else { b"false" }),
                ExtraValue::Word(word) => text.extend_from_slice(word.as_bytes()),
                ExtraValue::Person(first, last) => push_person(text, first, last),
                ExtraValue::Code(number) => push_code(text, number),
                ExtraValue::Day(day) => push_day(text, day),
            }
        }
    }
}

impl Form for CsvForm {
    type Damage = Damage;
    const DAMAGES: &'static [Damage] = &Damage::ALL;

    fn begin(&mut self, text: &mut Vec<u8>) {
        text.extend_from_slice(HEADER);
        if self.has_starts || !self.attributes.is_empty() {
            text.pop();
            text.extend_from_slice(if self.has_starts { b",start_timestamp" } else { b"" });
            self.attributes.iter().for_each(|attribute| push_plain(text, &attribute.name));
            text.push(b'\n');
        }
    }

    #[inline]
    fn event(&mut self, text: &mut Vec<u8>, event: &Event<'_>) {
        if event.case > 0 {
            text.push(b'C');
            push_number(text, event.case, 7);
        }
        push_plain(text, event.activity);
        text.push(b',');
        if let Some(moment) = event.moment {
            self.clock.push(text, moment);
        }
        push_plain(text, event.resource);
        push_plain(text, event.lifecycle);
        push_plain(text, event.region);
        text.push(b',');
        push_hundredths(text, event.amount);
        push_plain(text, if event.approved { "true" } else { "false" });
        text.push(b',');
        if let Some(cost) = event.cost {
            push_hundredths(text, cost);
        }
        text.extend_from_slice(b",E");
        push_number(text, event.id, 10);
        text.push(b',');
        push_quoted_if_needed(text, event.note);
        push_plain(text, event.department);
        self.extras(text, event);
        text.push(b'\n');
    }

    fn spoil(text: &mut Vec<u8>, start: usize, damage: Damage, rng: &mut Rng) {
        spoil(text, start, damage, rng);
    }
}

/// Appends a comma and a field that needs no quotes.
#[inline]
fn push_plain(text: &mut Vec<u8>, field: &str) {
    text.push(b',');
    text.extend_from_slice(field.as_bytes());
}

#[inline]
fn push_quoted_if_needed(text: &mut Vec<u8>, field: &str) {
    // Without an early exit the compiler compares sixteen bytes at once.
    let awkward =
        field.bytes().fold(false, |found, byte| found | matches!(byte, b'"' | b',' | b'\n' | b'\r'));
    if awkward { push_quoted(text, field) } else { text.extend_from_slice(field.as_bytes()) }
}

#[cold]
fn push_quoted(text: &mut Vec<u8>, field: &str) {
    text.push(b'"');
    for byte in field.bytes() {
        if byte == b'"' {
            text.push(b'"');
        }
        text.push(byte);
    }
    text.push(b'"');
}

/// Damages the row that `text` ends with.
fn spoil(text: &mut Vec<u8>, start: usize, damage: Damage, rng: &mut Rng) {
    let fields = fields(text, start);
    let word = fields[rng.pick(&TEXTS)].clone();
    match damage {
        Damage::ExtraField => insert(text, word.start, b"surplus,"),
        Damage::MissingField => {
            let before = rng.below(COLUMNS as u64 - 1) as usize;
            text.drain(fields[before].end..fields[before + 1].end);
        }
        Damage::StrayQuote => match rng.below(3) {
            0 => insert(text, word.start, b"\""),
            1 => insert(text, word.start + 2, b"\""),
            _ => {
                insert(text, word.start + 2, b"\"");
                insert(text, word.start, b"\"");
            }
        },
        // A byte that never occurs in UTF-8, a continuation byte without a start, and a start without a
        // continuation.
        Damage::InvalidUtf8 => insert(text, place(&word, rng), &[rng.pick(&[0xFF, 0x80, 0xC3])]),
        Damage::NulByte => insert(text, place(&word, rng), &[0]),
        Damage::BadTimestamp => {
            let wrong =
                ["2024-13-45T14:07:33.218+01:00", "2024-02-30T25:61:00.000+01:00", "yesterday", "0000-00-00"];
            text.splice(fields[TIMESTAMP].clone(), rng.pick(&wrong).bytes());
        }
        Damage::TextInNumber => {
            let column = rng.pick(&NUMBERS);
            text.splice(fields[column].clone(), rng.pick(&["n/a", "unknown", "1.2.3", "12O.50"]).bytes());
        }
    }
}

/// The ranges of the usual fields of an undamaged row.
fn fields(text: &[u8], start: usize) -> [Range<usize>; COLUMNS] {
    let mut ends = [text.len() - 1; COLUMNS];
    let (mut column, mut quoted) = (0, false);
    for (at, byte) in text.iter().enumerate().skip(start) {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted && column < COLUMNS => {
                ends[column] = at;
                column += 1;
            }
            _ => {}
        }
    }
    std::array::from_fn(
        |column| if column == 0 { start..ends[0] } else { ends[column - 1] + 1..ends[column] },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    const OPTIONS: GenerateOptions = GenerateOptions::new(10_000);

    fn written(options: &GenerateOptions) -> (Vec<u8>, Summary) {
        let mut out = Vec::new();
        let summary = write_csv(options, &mut out).unwrap();
        assert_eq!(summary.bytes, out.len() as u64);
        (out, summary)
    }

    /// FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
    fn fnv(bytes: &[u8]) -> u64 {
        bytes
            .iter()
            .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3))
    }

    /// The rows after the header; a line break within quotes does not end a row.
    fn rows(text: &[u8]) -> Vec<&[u8]> {
        let mut quoted = false;
        let ended = text.split_inclusive(|byte| {
            quoted ^= *byte == b'"';
            *byte == b'\n' && !quoted
        });
        ended.skip(1).collect()
    }

    const FIRST_ROWS: &[&str] = &[
        "C0000001,Register request,2024-01-01T00:00:00.000+01:00,Ada Haddad,complete,East,14.63,false,,E0000000001,Waiting for terms branch receipt payment discount week refund invoice.,Intake",
        "C0000001,Check completeness,2024-01-01T00:00:09.584+01:00,Ada Evans,start,East,14.63,true,,E0000000002,Second attempt at deposit month archive partial meeting item phone.,Intake",
        "C0000001,Check completeness,2024-01-01T00:21:17.850+01:00,Ada Dubois,complete,East,14.63,false,,E0000000003,Second attempt at partial office email report terms request before office.,Intake",
        "C0000001,Receive documents,2024-01-01T00:51:12.249+01:00,Ada Berg,complete,East,14.63,true,,E0000000004,Manager wants to see refund Zürich before phone open branch budget manager.,Intake",
    ];

    #[test]
    fn seed_1_is_this_log_for_good() {
        let (text, summary) = written(&OPTIONS);
        assert_eq!(summary, Summary { events: 10_000, cases: 555, bytes: 1_882_145, damaged: 0 });
        let lines: Vec<&str> =
            std::str::from_utf8(&text).unwrap().lines().skip(1).take(FIRST_ROWS.len()).collect();
        assert_eq!(lines, FIRST_ROWS);
        assert_eq!(fnv(&text), 0xAA71_B022_52A3_B121);
        assert_eq!(fnv(&written(&GenerateOptions { interleave: true, ..OPTIONS }).0), 0x6BC5_B0C2_F0B5_9E93);
        assert_eq!(fnv(&written(&GenerateOptions { dirty: 0.1, ..OPTIONS }).0), 0xCB3C_513A_29F5_4342);
    }

    #[test]
    fn another_seed_is_another_log_and_no_events_leave_the_header() {
        assert_ne!(written(&OPTIONS).0, written(&GenerateOptions { seed: 2, ..OPTIONS }).0);
        assert_eq!(written(&GenerateOptions { events: 0, ..OPTIONS }).0, HEADER);
    }

    #[test]
    fn every_row_has_twelve_fields_and_only_notes_are_quoted() {
        let (text, _) = written(&OPTIONS);
        let rows = rows(&text);
        assert_eq!(rows.len(), 10_000);
        assert_eq!(HEADER.iter().filter(|byte| **byte == b',').count(), COLUMNS - 1);
        for row in rows {
            let fields = fields(row, 0);
            assert_eq!(fields[COLUMNS - 1].end, row.len() - 1);
            for (column, field) in fields.into_iter().enumerate() {
                assert!(column == 10 || !row[field].contains(&b'"'));
            }
        }
    }

    #[test]
    fn rows_are_about_188_bytes() {
        let (text, _) = written(&OPTIONS);
        let mean = text.len() as f64 / 10_000.0;
        assert!((186.0..190.0).contains(&mean), "{mean}");
    }

    #[test]
    fn sound_rows_are_the_same_with_dirt_between_them() {
        let clean = written(&OPTIONS).0;
        let (dirty, summary) = written(&GenerateOptions { dirty: 0.05, ..OPTIONS });
        assert!((400..600).contains(&summary.damaged), "{}", summary.damaged);
        // Line by line: quotes that are never closed leave no rows to compare.
        let clean: std::collections::HashSet<&[u8]> = clean.split(|byte| *byte == b'\n').collect();
        let strange = dirty.split(|byte| *byte == b'\n').filter(|line| !clean.contains(line)).count() as u64;
        // A damaged row of two lines may have kept one or lost both.
        assert!((summary.damaged..=summary.damaged + 30).contains(&strange), "{strange}");
    }

    #[test]
    fn each_damage_shows_in_its_own_row_only() {
        let (text, _) = written(&GenerateOptions { events: 500, ..OPTIONS });
        let mut rng = Rng::new(3);
        for row in rows(&text) {
            for damage in Damage::ALL {
                let mut spoilt = b"before\n".to_vec();
                spoilt.extend_from_slice(row);
                spoil(&mut spoilt, 7, damage, &mut rng);
                let after = spoilt.strip_prefix(b"before\n").unwrap();
                assert_ne!(after, row, "{damage:?}");
                assert!(after.ends_with(b"\n"), "{damage:?}");
                let counted = |byte: u8, row: &[u8]| row.iter().filter(|found| **found == byte).count();
                let quotes = counted(b'"', after)
                    - if damage == Damage::MissingField { 0 } else { counted(b'"', row) };
                match damage {
                    Damage::ExtraField => assert_eq!(counted(b',', after), counted(b',', row) + 1),
                    Damage::MissingField => assert!(counted(b',', after) < counted(b',', row)),
                    Damage::StrayQuote => assert!((1..=2).contains(&quotes)),
                    Damage::InvalidUtf8 => assert!(std::str::from_utf8(after).is_err()),
                    Damage::NulByte => assert_eq!(counted(0, after), 1),
                    Damage::BadTimestamp | Damage::TextInNumber => assert_eq!(quotes, 0),
                }
            }
        }
    }

    #[test]
    fn an_output_that_fails_is_an_error_of_its_own() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        assert!(matches!(write_csv(&OPTIONS, &mut Full), Err(Error::Write(_))));
    }
}
