//! Runs the format on text in memory: in one go, cut, guessed, and in pieces as a stream comes.

use bumpalo::Bump;
use logflow::error::{Code, Result};
use logflow::model::table::{BadRow, Learned, RawRows};
use logflow::shard::verify::{Verdict, judge};
use logflow::text::xes::{Xes, XesPlace};
use logflow::text::{Boundary, Exit, Flow, ParseTask, RowSink, Skim, TextFormat, TextSlice};

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
    pub groups: u64,
    pub alike: bool,
    pub first: Vec<u64>,
    pub late: Vec<String>,
    pub notes: Vec<String>,
}

#[derive(Default)]
struct Taken {
    outcome: Outcome,
    learned: Learned,
    /// Records before the shard that is read.
    before: u64,
    kinds: Vec<String>,
}

impl RowSink for Taken {
    fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
        let mut value = Vec::new();
        for row in 0..rows.rows() {
            let span = rows.spans[row];
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
                    values.push(String::from_utf8_lossy(&value).into_owned());
                    assert!(!rows.kinds[column].is_empty(), "a value without a kind in column {column}");
                }
            }
            self.outcome.rows.push(values);
        }
        self.kinds.push(format!("{:?}", rows.kinds));
        Ok(Flow::Continue)
    }

    fn bad(&mut self, bad: BadRow, raw: &[u8]) -> Result<Flow> {
        assert_eq!(raw.len() as u64, bad.end - bad.start);
        assert!(bad.start <= bad.at && bad.at <= bad.end);
        self.outcome.bad.push((bad.start, bad.end, bad.code, bad.record + self.before));
        Ok(Flow::Continue)
    }

    fn learned(&mut self, learned: Learned) {
        self.learned.join(learned, self.before);
    }
}

impl Taken {
    fn finish(mut self, log: &Xes, end: Boundary<XesPlace>) -> Outcome {
        if let Some(bad) = log.check_end(end) {
            self.outcome.bad.push((bad.start, bad.end, bad.code, self.outcome.records));
            self.outcome.records += 1;
        }
        let learned = self.learned;
        self.outcome.groups = learned.groups;
        self.outcome.alike = learned.alike;
        self.outcome.first = learned.first;
        let mut late: Vec<_> = learned.late.iter().map(|late| format!("{late:?}")).collect();
        late.sort();
        self.outcome.late = late;
        self.outcome.notes = learned.notes.iter().map(|note| format!("{note:?}")).collect();
        self.outcome
    }
}

/// The log with the columns that a first look finds, if it has a head.
pub fn try_open(text: &str) -> Option<Xes> {
    let log = Xes::open(text.as_bytes(), true, false).ok()?;
    Some(learned(log, text.as_bytes()))
}

/// The log with the columns that are in it.
fn learned(log: Xes, text: &[u8]) -> Xes {
    let mut taken = Taken::default();
    let all = TextSlice { bytes: text, base: 0, last: true };
    parse(&log, all, log.first(), u64::MAX, &mut taken, &mut Default::default(), &[]);
    log.relearned(&taken.learned, &[]).unwrap_or(log)
}

pub fn open(text: &str) -> Xes {
    try_open(text).unwrap()
}

pub fn open_bytes(text: &[u8]) -> Xes {
    learned(Xes::open(text, true, false).unwrap(), text)
}

fn parse<K: RowSink>(
    log: &Xes,
    text: TextSlice<'_>,
    from: Boundary<XesPlace>,
    end: u64,
    sink: &mut K,
    memory: &mut <Xes as TextFormat>::Memory,
    context: &[u8],
) -> (Exit<XesPlace>, u64) {
    let mut arena = Bump::new();
    let mut task = ParseTask { arena: &mut arena, memory, context, records: 0, limit: 16 << 20 };
    let exit = log.parse(text, from, end, &mut task, sink).unwrap();
    (exit, task.records)
}

/// One parse from start to end.
pub fn sequential(log: &Xes, text: &str) -> Outcome {
    sequential_bytes(log, text.as_bytes())
}

pub fn sequential_bytes(log: &Xes, text: &[u8]) -> Outcome {
    shards(log, text, &[], false)
}

/// A parse in shards that each begin where the one before ended.
pub fn chained(log: &Xes, text: &str, cuts: &[usize]) -> Outcome {
    shards(log, text.as_bytes(), cuts, false)
}

/// A parse in shards that begin where they guess, and once more where they should if that was wrong.
pub fn guessed(log: &Xes, text: &str, cuts: &[usize]) -> Outcome {
    shards(log, text.as_bytes(), cuts, true)
}

fn shards(log: &Xes, bytes: &[u8], cuts: &[usize], guess: bool) -> Outcome {
    let text = TextSlice { bytes, base: 0, last: true };
    let mut taken = Taken::default();
    let mut memory = Default::default();
    let mut expected = log.first();
    for shard in 0..=cuts.len() {
        let start = if shard == 0 { 0 } else { cuts[shard - 1] as u64 };
        let end = cuts.get(shard).map_or(bytes.len() as u64, |cut| *cut as u64);
        if guess && shard > 0 {
            // What a wrong guess gives is dropped; that it does no harm is what is looked at.
            let entry = log.guess(text, start);
            let mut dropped = Taken::default();
            if entry.at < end {
                parse(log, text, entry, end, &mut dropped, &mut memory, log.context(text, entry));
            }
            match judge(expected, entry, end, true) {
                Verdict::Skip => continue,
                Verdict::Accept | Verdict::Reparse(_) => {}
            }
        }
        if expected.at >= end && shard < cuts.len() {
            continue;
        }
        taken.before = taken.outcome.records;
        let context = log.context(text, expected);
        let (exit, records) = parse(log, text, expected, end, &mut taken, &mut memory, context);
        taken.outcome.records += records;
        match exit {
            Exit::Done(next) => expected = next,
            other => panic!("{other:?}"),
        }
    }
    taken.finish(log, expected)
}

/// A parse of text that comes `size` bytes at a time: cut by one that wants no cells, piece for piece.
pub fn in_pieces(log: &Xes, text: &str, size: usize) -> Outcome {
    let bytes = text.as_bytes();
    let mut taken = Taken::default();
    let (mut skimming, mut reading) = (Default::default(), Default::default());
    let mut at = log.first();
    let mut context: Vec<u8> = Vec::new();
    let (mut base, mut reached) = (0, 0);
    // Each round brings more text or comes further; what does neither would go on for ever.
    let mut rounds = 0;
    loop {
        rounds += 1;
        assert!(
            rounds <= 4 * bytes.len() + 16,
            "no end in pieces of {size}: at {at:?} of {}: {text:?}",
            bytes.len()
        );
        reached = (reached + size).min(bytes.len());
        let window =
            TextSlice { bytes: &bytes[base..reached], base: base as u64, last: reached == bytes.len() };
        if (at.at as usize) < base || at.at as usize > reached {
            continue;
        }
        let (exit, _) = parse(log, window, at, at.at + size as u64, &mut Skim, &mut skimming, &context);
        let next = match exit {
            Exit::Done(next) | Exit::NeedMore(next) => next,
            other => panic!("{other:?}"),
        };
        let following = match next.state {
            state if state == at.state => context.clone(),
            _ => log.context(window, next).to_vec(),
        };
        if next.at > at.at {
            let piece = &bytes[at.at as usize..next.at as usize];
            taken.before = taken.outcome.records;
            let piece = TextSlice { bytes: piece, base: at.at, last: true };
            let (exit, records) = parse(log, piece, at, next.at, &mut taken, &mut reading, &context);
            assert!(matches!(exit, Exit::Done(_)), "{exit:?}");
            taken.outcome.records += records;
            base = next.at as usize;
        }
        (at, context) = (next, following);
        if window.last && at.at as usize >= bytes.len() {
            return taken.finish(log, at);
        }
    }
}

/// Where the first record behind a cut begins.
pub fn exit(log: &Xes, text: &str, cut: usize) -> Boundary<XesPlace> {
    let all = TextSlice { bytes: text.as_bytes(), base: 0, last: true };
    match parse(log, all, log.first(), cut as u64, &mut Skim, &mut Default::default(), &[]).0 {
        Exit::Done(next) => next,
        other => panic!("{other:?}"),
    }
}

/// Where it seems to.
pub fn guess(log: &Xes, text: &str, cut: usize) -> Boundary<XesPlace> {
    log.guess(TextSlice { bytes: text.as_bytes(), base: 0, last: true }, cut as u64)
}

#[allow(dead_code, reason = "the fuzz target and its seeds call it")]
/// The body of a fuzz target: the first two bytes say where to cut, the rest is the text of a log behind its start tag.
pub fn cut_anywhere(data: &[u8]) {
    let [one, two, body @ ..] = data else { return };
    let text = [b"<log>", body].concat();
    let Ok(log) = Xes::open(&text, true, false) else { return };
    let log = learned(log, &text);
    let whole = sequential_bytes(&log, &text);
    assert_eq!(sequential_bytes(&log.clone().plainly(), &text), whole);
    let mut cuts = [usize::from(*one) % text.len(), usize::from(*two) % text.len()];
    cuts.sort_unstable();
    assert_eq!(shards(&log, &text, &cuts, false), whole);
    assert_eq!(shards(&log, &text, &cuts, true), whole);
}
