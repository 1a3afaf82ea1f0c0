//! Object-centric logs: the rows are the same wherever the text is cut, however it comes, and in every form of a log.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::BTreeMap;

use bumpalo::Bump;
use logflow::error::Result;
use logflow::format::ocel::{Ocel, Place};
use logflow::format::{Boundary, Exit, Flow, Format, RowSink, Task, Text};
use logflow::model::table::{BadRow, Learned, RawRows};

const LIMIT: usize = 1 << 20;

/// Everything that a parse tells, in an order that does not depend on batches.
#[derive(Debug, Default, PartialEq)]
struct Told {
    /// Rows of each table, values as text.
    rows: BTreeMap<usize, Vec<Vec<Option<String>>>>,
    bad: Vec<(u64, u64, String)>,
    learned: Learned,
    records: u64,
}

struct Taking<'t>(&'t mut Told);

impl RowSink for Taking<'_> {
    fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
        let mut value = Vec::new();
        let table = self.0.rows.entry(rows.slot.table).or_default();
        for row in 0..rows.rows() {
            let record = rows.record(row);
            assert!(!record.is_empty() && !record[0].is_ascii_whitespace() && record[0] != b',');
            assert!(matches!(record[record.len() - 1], b'}' | b'>'), "a record ends where it ends");
            let cells = (0..rows.columns).map(|column| {
                let cell = rows.cell(row, column);
                (!cell.is_null()).then(|| {
                    rows.value(column, cell, &mut value);
                    String::from_utf8(value.clone()).unwrap()
                })
            });
            table.push(cells.collect());
        }
        Ok(Flow::Continue)
    }

    fn bad(&mut self, bad: BadRow, raw: &[u8]) -> Result<Flow> {
        assert_eq!(raw.len() as u64, bad.end - bad.start);
        self.0.bad.push((bad.start, bad.at, bad.what));
        Ok(Flow::Continue)
    }

    fn learned(&mut self, learned: Learned) {
        self.0.learned.join(learned, 0);
    }
}

/// The log with all the types that it has.
fn opened(text: &[u8]) -> Ocel {
    let mut ocel = Ocel::open(text, true).expect("it is a log");
    for _ in 0..3 {
        let told = whole(&ocel, text);
        match ocel.relearned(&told.learned) {
            Some(next) => ocel = next,
            None => return ocel,
        }
    }
    panic!("the types are known after a pass or two");
}

fn parse(ocel: &Ocel, text: Text<'_>, from: Boundary<Place>, end: u64, told: &mut Told) -> Exit<Place> {
    let mut arena = Bump::new();
    let mut task =
        Task { arena: &mut arena, memory: &mut (), context: &[], records: told.records, limit: LIMIT };
    let exit = ocel.parse(text, from, end, &mut task, &mut Taking(told)).unwrap();
    told.records = task.records;
    exit
}

fn whole(ocel: &Ocel, bytes: &[u8]) -> Told {
    let mut told = Told::default();
    let text = Text { bytes, base: 0, last: true };
    let exit = parse(ocel, text, ocel.first(), bytes.len() as u64, &mut told);
    assert!(matches!(exit, Exit::Done(_)), "{exit:?}");
    told
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/ocel");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "json" || it == "xml"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    all.sort();
    assert!(all.len() >= 8);
    all
}

#[test]
fn a_log_is_the_same_cut_at_every_byte() {
    for (name, bytes) in fixtures() {
        let ocel = opened(&bytes);
        let expected = whole(&ocel, &bytes);
        let text = Text { bytes: &bytes, base: 0, last: true };
        for cut in 1..bytes.len() as u64 {
            let mut told = Told::default();
            let Exit::Done(middle) = parse(&ocel, text, ocel.first(), cut, &mut told) else {
                panic!("{name} at {cut}");
            };
            assert!(middle.at >= cut.min(bytes.len() as u64));
            let Exit::Done(end) = parse(&ocel, text, middle, bytes.len() as u64, &mut told) else {
                panic!("{name} at {cut}");
            };
            assert!(ocel.unended(end).is_none(), "{name} at {cut}");
            assert_eq!(told, expected, "{name} at {cut}");
        }
    }
}

#[test]
fn a_log_is_the_same_however_much_text_is_at_hand() {
    for (name, bytes) in fixtures() {
        let ocel = opened(&bytes);
        let expected = whole(&ocel, &bytes);
        for piece in [1, 2, 3, 7, 50, 333] {
            let mut told = Told::default();
            let mut at = ocel.first();
            let mut have = at.at as usize;
            loop {
                have = (have + piece).min(bytes.len());
                let last = have == bytes.len();
                let text = Text { bytes: &bytes[at.at as usize..have], base: at.at, last };
                // As the cutter does: boundaries from text that may go on, cells from whole records.
                let mut skipped = Told::default();
                let (Exit::Done(next) | Exit::NeedMore(next)) =
                    parse(&ocel, text, at, have as u64, &mut skipped)
                else {
                    panic!("{name} in pieces of {piece}");
                };
                if next.at > at.at {
                    let text =
                        Text { bytes: &bytes[at.at as usize..next.at as usize], base: at.at, last: true };
                    let exit = parse(&ocel, text, at, next.at, &mut told);
                    assert_eq!(exit, Exit::Done(next), "{name} in pieces of {piece}");
                }
                at = next;
                if last {
                    break;
                }
            }
            assert_eq!(at.at, bytes.len() as u64, "{name} in pieces of {piece}");
            assert_eq!(told, expected, "{name} in pieces of {piece}");
        }
    }
}

#[test]
fn guesses_find_records_and_are_never_beyond_the_text() {
    let mut right = 0;
    for (_, bytes) in fixtures() {
        let ocel = opened(&bytes);
        let text = Text { bytes: &bytes, base: 0, last: true };
        for cut in 1..bytes.len() as u64 {
            let Exit::Done(truth) = parse(&ocel, text, ocel.first(), cut, &mut Told::default()) else {
                panic!()
            };
            let guess = ocel.guess(text, cut);
            assert!(guess.at >= cut && guess.at <= bytes.len() as u64);
            right += usize::from(guess == truth && truth.state != Place::End);
        }
    }
    assert!(right > 5000, "{right}");
}

#[test]
fn a_log_cut_short_is_never_taken_for_whole() {
    for (name, bytes) in fixtures() {
        let ocel = opened(&bytes);
        let end = bytes.iter().rposition(|byte| matches!(byte, b'}' | b'>')).unwrap();
        let end = if name == "odd.xml" {
            // What follows the log is a comment.
            bytes
                .windows(6)
                .position(|it| it == b"</ocel")
                .map_or(end, |_| bytes.windows(10).position(|it| it == b"</ocel:log").unwrap())
        } else {
            end
        };
        for cut in 1..end {
            let mut told = Told::default();
            let text = Text { bytes: &bytes[..cut], base: 0, last: true };
            let exit = parse(&ocel, text, ocel.first(), cut as u64, &mut told);
            let unended = match exit {
                Exit::Done(end) => ocel.unended(end).is_some(),
                _ => true,
            };
            assert!(unended || !told.bad.is_empty(), "{name} cut to {cut}");
        }
    }
}

#[test]
fn the_same_log_in_other_orders_and_as_xml_has_the_same_rows() {
    let rows = |name: &str| {
        let (_, bytes) = fixtures().into_iter().find(|(it, _)| it == name).unwrap();
        let ocel = opened(&bytes);
        let told = whole(&ocel, &bytes);
        assert!(told.bad.is_empty(), "{name}: {:?}", told.bad);
        let mut tables = BTreeMap::new();
        for (table, rows) in told.rows {
            tables.insert(ocel.shape.file(table), rows);
        }
        tables
    };
    let small = rows("small.json");
    assert_eq!(small["relations/e2o.parquet"].len(), 7);
    for other in ["types_last.json", "objects_first.json"] {
        let found = rows(other);
        assert_eq!(found, small, "{other}");
    }
    let mut xml = rows("small.xml");
    // XML has no other word for a boolean, and writes numbers as Python does.
    for rows in xml.values_mut().flatten().flatten().flatten() {
        if rows == "True" {
            *rows = "true".to_owned();
        }
    }
    assert_eq!(xml, small);
    assert_eq!(rows("one.xml"), rows("one.json"));
}

#[test]
fn the_quick_reader_and_the_plain_one_agree() {
    for (name, bytes) in fixtures() {
        let ocel = opened(&bytes);
        let plain = ocel.clone().plainly();
        assert_eq!(whole(&ocel, &bytes), whole(&plain, &bytes), "{name}");
    }
}

proptest::proptest! {
    #[test]
    fn damaged_logs_are_read_the_same_by_the_quick_reader_and_the_plain_one(at in 0usize..6000, byte: u8) {
        for (_, bytes) in fixtures() {
            let ocel = opened(&bytes);
            let mut damaged = bytes.clone();
            let place = at % bytes.len();
            damaged[place] = byte;
            let text = Text { bytes: &damaged, base: 0, last: true };
            let (mut quick, mut plain) = (Told::default(), Told::default());
            let end = parse(&ocel, text, ocel.first(), damaged.len() as u64, &mut quick);
            let same = parse(&ocel.clone().plainly(), text, ocel.first(), damaged.len() as u64, &mut plain);
            proptest::prop_assert_eq!(end, same);
            proptest::prop_assert_eq!(quick, plain);
        }
    }

    #[test]
    fn damaged_logs_are_read_the_same_in_one_go_and_in_two(at in 0usize..6000, byte: u8, cut in 1u64..6000) {
        for (_, bytes) in fixtures() {
            let ocel = opened(&bytes);
            let mut damaged = bytes.clone();
            let place = at % bytes.len();
            damaged[place] = byte;
            let text = Text { bytes: &damaged, base: 0, last: true };
            let mut once = Told::default();
            let end = parse(&ocel, text, ocel.first(), damaged.len() as u64, &mut once);
            let mut twice = Told::default();
            match parse(&ocel, text, ocel.first(), cut % damaged.len() as u64, &mut twice) {
                Exit::Done(middle) => {
                    proptest::prop_assert_eq!(parse(&ocel, text, middle, damaged.len() as u64, &mut twice), end);
                    proptest::prop_assert_eq!(twice, once);
                }
                other => proptest::prop_assert_eq!(other, end),
            }
        }
    }
}
