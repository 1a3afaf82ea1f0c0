//! Runs the format on text in memory: in one go, cut, guessed, and in pieces as a stream comes.

use std::collections::BTreeMap;

use bumpalo::Bump;
use logflow::error::{Code, Result};
use logflow::model::table::{BadRow, Learned, RawRows};
use logflow::shard::verify::{Verdict, judge};
use logflow::text::ocel::{Ocel, OcelPlace};
use logflow::text::{Boundary, Exit, Flow, ParseTask, RowSink, Skim, TextFormat, TextSlice};

/// The longest record, in bytes.
const LIMIT: usize = 1 << 20;

/// Values of one row, as text.
pub type Row = Vec<Option<String>>;

/// Everything that a parse tells, in an order that does not depend on batches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// Rows of each table.
    pub rows: BTreeMap<usize, Vec<Row>>,
    /// Place and number of the record of each row.
    pub spans: BTreeMap<usize, Vec<(u64, u64, u64)>>,
    /// Start, end, fault, code, words and number of each bad record.
    pub bad: Vec<(u64, u64, u64, Code, String, u64)>,
    pub learned: Learned,
    pub records: u64,
}

/// Takes all of it. `before`: records of the shards before.
struct Taking<'t>(&'t mut Told, u64);

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
                    assert!(!rows.kinds[column].is_empty(), "a value without a kind in column {column}");
                    String::from_utf8(value.clone()).unwrap()
                })
            });
            table.push(cells.collect());
            let span = rows.spans[row];
            self.0.spans.entry(rows.slot.table).or_default().push((
                rows.base + u64::from(span.start),
                rows.base + u64::from(span.end),
                span.record + self.1,
            ));
        }
        Ok(Flow::Continue)
    }

    fn bad(&mut self, bad: BadRow, raw: &[u8]) -> Result<Flow> {
        assert_eq!(raw.len() as u64, bad.end - bad.start);
        assert!(bad.start <= bad.at && bad.at <= bad.end, "{bad:?}");
        self.0.bad.push((bad.start, bad.end, bad.at, bad.code, bad.what, bad.record + self.1));
        Ok(Flow::Continue)
    }

    fn learned(&mut self, learned: Learned) {
        // Notes of an object-centric log tell places and no numbers of records.
        self.0.learned.join(learned, 0);
    }
}

/// The log with all the types that it has, if it is one.
pub fn try_open(text: &[u8]) -> Option<Ocel> {
    let mut ocel = Ocel::open(text, true)?;
    for _ in 0..3 {
        let told = whole(&ocel, text);
        match ocel.relearned(&told.learned) {
            Some(next) => ocel = next,
            None => return Some(ocel),
        }
    }
    panic!("the types are known after a pass or two");
}

/// Parses what starts before `end`; gives how that ended, and the number of records.
pub fn run<K: RowSink>(
    ocel: &Ocel,
    text: TextSlice<'_>,
    from: Boundary<OcelPlace>,
    end: u64,
    sink: &mut K,
) -> (Exit<OcelPlace>, u64) {
    let mut arena = Bump::new();
    let mut task = ParseTask { arena: &mut arena, memory: &mut (), context: &[], records: 0, limit: LIMIT };
    let exit = ocel.parse(text, from, end, &mut task, sink).unwrap();
    (exit, task.records)
}

/// Parses what starts before `end`, and adds what that tells to `told`.
pub fn parse(
    ocel: &Ocel,
    text: TextSlice<'_>,
    from: Boundary<OcelPlace>,
    end: u64,
    told: &mut Told,
) -> Exit<OcelPlace> {
    let before = told.records;
    let (exit, records) = run(ocel, text, from, end, &mut Taking(told, before));
    told.records += records;
    exit
}

/// One parse from start to end.
pub fn whole(ocel: &Ocel, bytes: &[u8]) -> Told {
    shards(ocel, bytes, &[], false)
}

/// A parse in shards that each begin where the one before ended, or where they guess, and then once more where they should if that was wrong.
pub fn shards(ocel: &Ocel, bytes: &[u8], cuts: &[usize], guess: bool) -> Told {
    let text = TextSlice { bytes, base: 0, last: true };
    let mut told = Told::default();
    let mut expected = ocel.first();
    for shard in 0..=cuts.len() {
        let start = if shard == 0 { 0 } else { cuts[shard - 1] as u64 };
        let end = cuts.get(shard).map_or(bytes.len() as u64, |cut| *cut as u64);
        if guess && shard > 0 {
            // What a wrong guess gives is dropped; that it does no harm is what is looked at.
            let entry = ocel.guess(text, start);
            assert!(entry.at >= start.min(bytes.len() as u64) && entry.at <= bytes.len() as u64);
            if entry.at < end {
                parse(ocel, text, entry, end, &mut Told::default());
            }
            if judge(expected, entry, end, true) == Verdict::Skip {
                continue;
            }
        }
        if expected.at >= end && shard < cuts.len() {
            continue;
        }
        match parse(ocel, text, expected, end, &mut told) {
            Exit::Done(next) => expected = next,
            other => panic!("{other:?}"),
        }
    }
    finished(ocel, told, expected)
}

/// What was told, and that the log has no end, if it has none.
fn finished(ocel: &Ocel, mut told: Told, end: Boundary<OcelPlace>) -> Told {
    if let Some(bad) = ocel.check_end(end) {
        told.bad.push((bad.start, bad.end, bad.at, bad.code, bad.what, told.records));
        told.records += 1;
    }
    told
}

/// A parse of text that comes `size` bytes at a time: cut by one that wants no cells, piece for piece.
pub fn in_pieces(ocel: &Ocel, bytes: &[u8], size: usize) -> Told {
    let mut told = Told::default();
    let mut at = ocel.first();
    let (mut base, mut reached) = (0, 0);
    loop {
        reached = (reached + size).min(bytes.len());
        let window =
            TextSlice { bytes: &bytes[base..reached], base: base as u64, last: reached == bytes.len() };
        if at.at as usize > reached {
            continue;
        }
        let (exit, _) = run(ocel, window, at, at.at + size as u64, &mut Skim);
        let next = match exit {
            // A piece has as much text as it should, before its last record.
            Exit::NeedMore(_) if !window.last => continue,
            Exit::Done(next) | Exit::NeedMore(next) => next,
            other => panic!("{other:?}"),
        };
        if next.at > at.at {
            // The cutter hands on whole records, which are read by themselves.
            let piece =
                TextSlice { bytes: &bytes[at.at as usize..next.at as usize], base: at.at, last: true };
            let exit = parse(ocel, piece, at, next.at, &mut told);
            assert!(matches!(exit, Exit::Done(_)), "{exit:?}");
            base = next.at as usize;
        }
        at = next;
        if window.last && at.at as usize >= bytes.len() {
            return finished(ocel, told, at);
        }
    }
}

/// Holds every way to read a log against the quick one in one go, which it gives.
pub fn everyhow(ocel: &Ocel, text: &[u8], cuts: &[usize], size: usize) -> Told {
    let told = whole(ocel, text);
    assert_eq!(whole(&ocel.clone().plainly(), text), told, "by the plain reader");
    assert_eq!(shards(ocel, text, cuts, false), told, "cut at {cuts:?}");
    assert_eq!(shards(ocel, text, cuts, true), told, "guessed at {cuts:?}");
    assert_eq!(in_pieces(ocel, text, size), told, "in pieces of {size}");
    told
}

#[allow(dead_code, reason = "the fuzz target and its seeds call it")]
/// The body of a fuzz target: the first three bytes say where to cut and how large pieces are, the rest is the text.
pub fn cut_anywhere(data: &[u8]) {
    let [one, two, size, text @ ..] = data else { return };
    let Some(first) = Ocel::open(text, true) else { return };
    let Some(ocel) = try_open(text) else { return };
    // Bytes reach all of a text of some KiB.
    let scale = text.len() / 256 + 1;
    let mut cuts = [one, two].map(|cut| usize::from(*cut) * scale % (text.len() + 1));
    cuts.sort_unstable();
    everyhow(&ocel, text, &cuts, (usize::from(*size) + 1) * scale);
    assert_eq!(shards(&first, text, &cuts, true), whole(&first, text), "types are late, cut at {cuts:?}");
}
