//! XES and OCEL as text, from front to back.

use std::io::{BufReader, Read};

use bumpalo::Bump;

use crate::error::{Code, Error, Result};
use crate::mmap::UTF8_BOM;
use crate::model::table::Learned;
use crate::observer::Observer;
use crate::options::Options;
use crate::source::input::{Opened, Ready, named};
use crate::source::sample::LearnedSink;
use crate::text::any::AnyFormat;
use crate::text::ocel;
use crate::text::ocel::Ocel;
use crate::text::ocel::strict;
use crate::text::ocel::strict::OcelRules;
use crate::text::xes::strict::validate;
use crate::text::xml::LineColumn;
use crate::text::{Boundary, Exit, Flow, ParseTask, TextFormat, TextSlice};
use crate::validate::{Validation, Violation, ViolationPlace};

/// Text that is read at once, in bytes, before its last record.
const STRETCH: usize = 4 << 20;

/// Text beside which a record is too long, in bytes.
const LONGEST: usize = 256 << 20;

/// Holds a XES log against IEEE 1849.
pub fn validate_xes(mut ready: Ready, limit: usize, observer: &Observer) -> Result<Validation> {
    let mut all = Validation::new(&ready.input, "xes", "IEEE 1849");
    observer.begin_pass(ready.size());
    let mut found = |violation: crate::text::xes::strict::XesViolation| {
        let (byte, line, column) = (violation.byte, violation.line, violation.column);
        let place = ViolationPlace::Text { byte, line, column };
        all.add(limit, Violation { place, rule: violation.clause.to_owned(), what: violation.what });
        if observer.stopped() { Flow::Stop } else { Flow::Continue }
    };
    let read = match &mut ready.source {
        Opened::Mapped(file) => validate(&mut file.bytes(), &mut found),
        Opened::Stream(stream, head) => {
            validate(&mut BufReader::new(head.as_slice().chain(&mut **stream)), &mut found)
        }
        Opened::Taken | Opened::Parked(..) => Err(not_open()),
    };
    read.map_err(|error| named(error, &ready.input))?;
    observer.check()?;
    Ok(all)
}

/// Holds an object-centric log against OCEL: first all is learned that entries depend on, then they are
/// looked at. Gives the log back as it is after that, read to its end.
pub fn validate_ocel(
    mut ready: Ready,
    options: &Options,
    limit: usize,
    observer: &Observer,
) -> Result<(Validation, Ready)> {
    let log = log_of(&ready)?.clone().past_doctype();
    let standard = if log.version == "1.0" { "OCEL 1.0" } else { "OCEL 2.0" };
    let mut all = Validation::new(&ready.input, log.syntax.name(), standard);
    let mut met = LearnedSink(Learned::default());
    observer.begin_pass(ready.size());
    let mut learn =
        |text: TextSlice<'_>, from, end, task: &mut ParseTask<'_>| log.parse(text, from, end, task, &mut met);
    walk(&mut ready.source, log.first(), observer, &mut learn, &mut |_, _| ())
        .map_err(|error| named(error, &ready.input))?;
    let known = log.relearned(&met.0).unwrap_or(log);
    let ids = met.0.references.into_ids();
    if ids.is_none() {
        all.unchecked.push("references: the log has too many identifiers to hold them in memory".to_owned());
    }
    let mut ready = ready.again(None, options)?;
    let rules = OcelRules::new(&known, ids.as_ref());
    let mut lines = Lines::default();
    let mut note = |text: TextSlice<'_>, to: u64| {
        for strict::OcelViolation { byte, rule, what } in rules.take() {
            let LineColumn { line, column } = lines.at(text, byte);
            let rule = format!("{standard}, {}", rule.name());
            all.add(limit, Violation { place: ViolationPlace::Text { byte, line, column }, rule, what });
        }
        lines.at(text, to);
    };
    observer.begin_pass(ready.size());
    let mut hold =
        |text: TextSlice<'_>, from, end, task: &mut ParseTask<'_>| known.hold(text, from, end, task, &rules);
    let end = walk(&mut ready.source, known.first(), observer, &mut hold, &mut note)
        .map_err(|error| named(error, &ready.input))?;
    match known.check_end(end) {
        Some(bad) => rules.bad(&bad),
        None => rules.finish(end.at),
    }
    note(TextSlice { bytes: &[], base: end.at, last: true }, end.at);
    Ok((all, ready))
}

fn log_of(ready: &Ready) -> Result<&Ocel> {
    match &ready.format {
        AnyFormat::Ocel(log) => Ok(log),
        _ => Err(Error::new(Code::Internal, "expected an object-centric log")),
    }
}

fn not_open() -> Error {
    Error::new(Code::Internal, "the input is not open")
}

/// Lines of places that come in the order of the text.
#[derive(Default)]
struct Lines {
    at: u64,
    place: LineColumn,
}

impl Lines {
    /// Goes on to `byte`; `text` holds all from the place before to there.
    fn at(&mut self, text: TextSlice<'_>, byte: u64) -> LineColumn {
        let place = |byte: u64| (byte.saturating_sub(text.base) as usize).min(text.bytes.len());
        let mut stretch = &text.bytes[place(self.at)..place(byte).max(place(self.at))];
        if self.at == 0 {
            stretch = stretch.strip_prefix(&UTF8_BOM).unwrap_or(stretch);
        }
        self.place.advance(stretch);
        self.at = self.at.max(byte);
        self.place
    }
}

type ParseStep<'s> = dyn FnMut(TextSlice<'_>, Boundary<ocel::OcelPlace>, u64, &mut ParseTask<'_>) -> Result<Exit<ocel::OcelPlace>>
    + 's;

/// Reads a source stretch by stretch. After each, `behind` gets the text at hand and how far it was read.
/// Gives where the reading ended.
fn walk(
    source: &mut Opened,
    first: Boundary<ocel::OcelPlace>,
    observer: &Observer,
    step: &mut ParseStep<'_>,
    behind: &mut dyn FnMut(TextSlice<'_>, u64),
) -> Result<Boundary<ocel::OcelPlace>> {
    let mut arena = Bump::new();
    let mut at = first;
    let mut records = 0;
    let mut read = |text: TextSlice<'_>, at: Boundary<ocel::OcelPlace>, records: &mut u64| {
        observer.check()?;
        let mut task =
            ParseTask { arena: &mut arena, memory: &mut (), context: &[], records: *records, limit: LONGEST };
        let exit = step(text, at, at.at + STRETCH as u64, &mut task)?;
        observer.add(0, task.records - *records);
        *records = task.records;
        match exit {
            Exit::Done(next) | Exit::NeedMore(next) => {
                behind(text, next.at);
                observer.add(next.at - at.at, 0);
                Ok(next)
            }
            Exit::TooLong(next) => {
                let what = format!("expected a record below {} MiB", LONGEST >> 20);
                Err(Error::new(Code::RecordTooLong, what).at_byte(next.at))
            }
            Exit::Stopped => Err(Error::new(Code::Internal, "reading stopped without a reason")),
        }
    };
    match source {
        Opened::Mapped(file) => {
            let text = TextSlice { bytes: file.bytes(), base: 0, last: true };
            loop {
                let next = read(text, at, &mut records)?;
                let end = next.at >= text.bytes.len() as u64;
                file.release(at.at as usize..next.at as usize);
                file.check(at.at as usize..next.at as usize)?;
                let stuck = next == at;
                at = next;
                if end || stuck {
                    return Ok(at);
                }
            }
        }
        Opened::Stream(stream, head) => {
            let mut window = head.clone();
            let (mut base, mut want, mut last) = (0, STRETCH, false);
            loop {
                let used = (at.at - base) as usize;
                window.drain(..used);
                base = at.at;
                if window.len() < want && !last {
                    let more = (want - window.len()) as u64;
                    let got = (&mut **stream).take(more).read_to_end(&mut window);
                    let got = got.map_err(|error| crate::mmap::unwrap_io(error, None))?;
                    last = (got as u64) < more;
                }
                let next = read(TextSlice { bytes: &window, base, last }, at, &mut records)?;
                // A record that is not whole: twice the text, or the end.
                want = if next == at { want * 2 } else { STRETCH };
                if last && (next.at >= base + window.len() as u64 || next == at) {
                    return Ok(next);
                }
                at = next;
            }
        }
        Opened::Taken | Opened::Parked(..) => Err(not_open()),
    }
}
