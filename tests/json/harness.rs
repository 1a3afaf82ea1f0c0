//! Runs the format on text in memory: in one go, cut, guessed, and in pieces as a stream comes.

use bumpalo::Bump;
use logflow::error::{Code, Result};
use logflow::model::table::{BadRow, Learned, RawRows};
use logflow::shard::verify::{Verdict, judge};
use logflow::text::json::{Json, JsonPlace};
use logflow::text::{Boundary, Exit, Flow, ParseTask, RowSink, Skim, TextFormat, TextSlice};

/// The longest record, in bytes.
const LIMIT: usize = 1 << 20;

/// Everything that must not depend on who reads, and where the text is cut.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Values of the known columns, `~` for none.
    pub rows: Vec<Vec<String>>,
    /// Place and number of each row.
    pub spans: Vec<(u64, u64, u64)>,
    /// Start, end, code and number of each bad row.
    pub bad: Vec<(u64, u64, Code, u64)>,
    pub records: u64,
    pub blank: u64,
    pub first: Vec<u64>,
    pub late: Vec<String>,
    pub notes: Vec<String>,
    pub kinds: Vec<String>,
}

#[derive(Default)]
struct Taken {
    outcome: Outcome,
    learned: Learned,
    /// Records before the shard that is read.
    before: u64,
    kinds: Vec<logflow::model::kind::Kinds>,
}

impl RowSink for Taken {
    fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
        let mut value = Vec::new();
        for (row, span) in rows.spans.iter().enumerate() {
            self.outcome.spans.push((
                rows.base + u64::from(span.start),
                rows.base + u64::from(span.end),
                span.record + self.before,
            ));
            let mut values = Vec::with_capacity(rows.columns);
            for column in 0..rows.columns {
                let cell = rows.cell(row, column);
                if cell.is_null() {
                    values.push("~".to_owned());
                } else {
                    rows.value(column, cell, &mut value);
                    values.push(String::from_utf8(value.clone()).unwrap());
                    assert!(!rows.kinds[column].is_empty(), "a value without a kind in column {column}");
                }
            }
            self.outcome.rows.push(values);
        }
        self.kinds.resize(rows.columns, Default::default());
        for (known, kinds) in self.kinds.iter_mut().zip(rows.kinds) {
            known.join(*kinds);
        }
        Ok(Flow::Continue)
    }

    fn bad(&mut self, bad: BadRow, raw: &[u8]) -> Result<Flow> {
        assert_eq!(raw.len() as u64, bad.end - bad.start);
        assert!(bad.start <= bad.at && bad.at <= bad.end, "{bad:?}");
        self.outcome.bad.push((bad.start, bad.end, bad.code, bad.record + self.before));
        Ok(Flow::Continue)
    }

    fn blank(&mut self, lines: u64) {
        self.outcome.blank += lines;
    }

    fn learned(&mut self, learned: Learned) {
        self.learned.join(learned, self.before);
    }
}

impl Taken {
    fn finish(mut self, json: &Json, end: Boundary<JsonPlace>) -> Outcome {
        if let Some(bad) = json.check_end(end) {
            self.outcome.bad.push((bad.start, bad.end, bad.code, self.outcome.records));
            self.outcome.records += 1;
        }
        let learned = self.learned;
        self.outcome.first = learned.first;
        self.outcome.late = learned.late.iter().map(|late| format!("{late:?}")).collect();
        self.outcome.late.sort();
        self.outcome.notes = learned.notes.iter().map(|note| format!("{note:?}")).collect();
        self.outcome.kinds = self.kinds.iter().map(|kinds| format!("{kinds:?}")).collect();
        self.outcome
    }
}

/// The text without columns.
pub fn unlearned(text: &[u8]) -> Json {
    Json::open(text, true, false, None).unwrap()
}

/// The text with the columns that are in it.
pub fn open(text: &[u8]) -> Json {
    let mut json = unlearned(text);
    // Whether strings are among other values is known once the columns are.
    for _ in 0..2 {
        let mut taken = Taken::default();
        let all = TextSlice { bytes: text, base: 0, last: true };
        parse(&json, all, json.first(), u64::MAX, &mut taken, &mut Default::default());
        json = json.relearned(&taken.learned, &taken.kinds).unwrap_or(json);
    }
    json
}

fn parse<K: RowSink>(
    json: &Json,
    text: TextSlice<'_>,
    from: Boundary<JsonPlace>,
    end: u64,
    sink: &mut K,
    memory: &mut <Json as TextFormat>::Memory,
) -> (Exit<JsonPlace>, u64) {
    let mut arena = Bump::new();
    let mut task = ParseTask { arena: &mut arena, memory, context: &[], records: 0, limit: LIMIT };
    let exit = json.parse(text, from, end, &mut task, sink).unwrap();
    (exit, task.records)
}

/// One parse from start to end.
pub fn sequential(json: &Json, text: &[u8]) -> Outcome {
    shards(json, text, &[], false)
}

/// A parse in shards that each begin where the one before ended, or where they guess, and then once more where they should if that was wrong.
pub fn shards(json: &Json, bytes: &[u8], cuts: &[usize], guess: bool) -> Outcome {
    let text = TextSlice { bytes, base: 0, last: true };
    let mut taken = Taken::default();
    let mut memory = Default::default();
    let mut expected = json.first();
    for shard in 0..=cuts.len() {
        let start = if shard == 0 { 0 } else { cuts[shard - 1] as u64 };
        let end = cuts.get(shard).map_or(bytes.len() as u64, |cut| *cut as u64);
        if guess && shard > 0 {
            // What a wrong guess gives is dropped; that it does no harm is what is looked at.
            let entry = json.guess(text, start);
            if entry.at < end {
                parse(json, text, entry, end, &mut Taken::default(), &mut memory);
            }
            if judge(expected, entry, end, true) == Verdict::Skip {
                continue;
            }
        }
        if expected.at >= end && shard < cuts.len() {
            continue;
        }
        taken.before = taken.outcome.records;
        let (exit, records) = parse(json, text, expected, end, &mut taken, &mut memory);
        taken.outcome.records += records;
        match exit {
            Exit::Done(next) => expected = next,
            other => panic!("{other:?}"),
        }
    }
    taken.finish(json, expected)
}

/// A parse of text that comes `size` bytes at a time: cut by one that wants no cells, piece for piece.
pub fn in_pieces(json: &Json, bytes: &[u8], size: usize) -> Outcome {
    let mut taken = Taken::default();
    let (mut skimming, mut reading) = (Default::default(), Default::default());
    let mut at = json.first();
    let (mut base, mut reached) = (0, 0);
    loop {
        reached = (reached + size).min(bytes.len());
        let window =
            TextSlice { bytes: &bytes[base..reached], base: base as u64, last: reached == bytes.len() };
        if (at.at as usize) < base || at.at as usize > reached {
            continue;
        }
        let (exit, _) = parse(json, window, at, at.at + size as u64, &mut Skim, &mut skimming);
        let next = match exit {
            Exit::Done(next) | Exit::NeedMore(next) => next,
            other => panic!("{other:?}"),
        };
        if next.at > at.at {
            let piece = &bytes[at.at as usize..next.at as usize];
            taken.before = taken.outcome.records;
            let piece = TextSlice { bytes: piece, base: at.at, last: true };
            let (exit, records) = parse(json, piece, at, next.at, &mut taken, &mut reading);
            assert!(matches!(exit, Exit::Done(_)), "{exit:?}");
            taken.outcome.records += records;
            base = next.at as usize;
        }
        at = next;
        if window.last && at.at as usize >= bytes.len() {
            return taken.finish(json, at);
        }
    }
}

#[allow(dead_code, reason = "the fuzz target and its seeds call it")]
/// The body of a fuzz target: the first three bytes say where to cut and how large pieces are, the rest is the text.
pub fn cut_anywhere(data: &[u8]) {
    let [one, two, size, text @ ..] = data else { return };
    let mut cuts = [usize::from(*one) % (text.len() + 1), usize::from(*two) % (text.len() + 1)];
    cuts.sort_unstable();
    everyhow(text, &cuts, usize::from(*size) + 1);
}

/// Holds every way to read a text against the plain one in one go, which it gives.
pub fn everyhow(text: &[u8], cuts: &[usize], size: usize) -> Outcome {
    let json = open(text);
    let whole = sequential(&json, text);
    assert_eq!(sequential(&json.clone().plainly(), text), whole, "by the plain reader");
    assert_eq!(shards(&json, text, cuts, false), whole, "cut at {cuts:?}");
    assert_eq!(shards(&json, text, cuts, true), whole, "guessed at {cuts:?}");
    assert_eq!(in_pieces(&json, text, size), whole, "in pieces of {size}");
    let late = unlearned(text);
    assert_eq!(shards(&late, text, cuts, true), sequential(&late, text), "columns are late, cut at {cuts:?}");
    whole
}
