//! The items of an object-centric log, whatever its syntax: events and objects become rows of many tables,
//! sections are kept.

use super::OcelPlace;
use super::sheets::OcelEntry;
use crate::error::{Code, Result};
use crate::model::ocel::OcelSide;
use crate::model::table::{Learned, Remark, Span};
use crate::text::items::{Here, ItemStop, Items, Next, ReadItem, RecordSearch};
use crate::text::{Flow, RowSink};

/// So far a guess looks for a record, in bytes.
pub const LOOK: usize = 4 << 20;

/// Something odd: what, how often, and where first, if that is not where the item begins.
pub type Odd = (&'static str, u64, Option<usize>);

/// A section without records.
pub struct Section {
    /// Key of the section.
    pub name: String,
    /// Content of the section, as JSON.
    pub text: String,
    /// Where in the text each type that it declares begins, and each attribute of that.
    pub declared: Vec<(usize, Vec<usize>)>,
}

/// A syntax: how one event, object or section is read.
pub trait ItemSyntax {
    /// Reads the item that starts at `at`.
    fn read(
        &mut self,
        here: Here<'_>,
        at: usize,
        place: OcelPlace,
    ) -> std::result::Result<ReadItem<OcelPlace>, ItemStop>;

    /// The event or object that was read.
    fn entry(&self) -> &OcelEntry;

    /// The section that was read, if it was one without records.
    fn take_section(&mut self) -> Option<Section>;

    /// What was odd about the item that was read.
    fn take_odd(&mut self) -> [Option<Odd>; 2];

    /// What follows an item of `place` that ends at `at`.
    fn behind(&self, here: Here<'_>, at: usize, place: OcelPlace) -> Next<OcelPlace>;

    /// The first place from `from` on that is not nothing, behind the end of the log.
    fn rest(&self, here: Here<'_>, from: usize) -> std::result::Result<usize, ItemStop>;

    /// The first record in `from..end`, as far as a look tells; `last` if no more text follows.
    fn find_record(&self, text: &[u8], from: usize, end: usize, last: bool) -> RecordSearch<OcelPlace>;

    /// The code of text that is not well formed.
    fn code(&self) -> Code;
}

/// What becomes of the events and objects of a log.
pub trait Entries {
    /// Takes one with all that it must have. `text` is what its cells count into, `base` its place, `span`
    /// where the entry lies in it.
    fn put(&mut self, side: OcelSide, entry: &OcelEntry, text: &[u8], base: u64, span: Span);

    /// Takes where the types begin that the section declares which is noted next, and their attributes.
    fn declared_at(&mut self, places: Vec<(u64, Vec<u64>)>) {
        let _ = places;
    }

    /// Takes something that stands beside the records, at `at`.
    fn note(&mut self, at: u64, what: Remark);

    /// Whether what was made of them should be handed over before there is more.
    fn is_full(&self) -> bool {
        false
    }

    /// Hands over what was made of them, all cut from `text` at `base`.
    fn hand_over<K: RowSink>(&mut self, text: &[u8], base: u64, sink: &mut K) -> Result<Flow>;

    /// What was learned since it was last taken.
    fn take_learned(&mut self) -> Learned;
}

/// The items of a log.
pub struct OcelLog<S, E> {
    syntax: S,
    entries: E,
    /// Among what the item stands that was read last.
    place: OcelPlace,
}

impl<S: ItemSyntax, E: Entries> OcelLog<S, E> {
    /// Of a log that is written so, for those who take its entries.
    pub fn new(syntax: S, entries: E) -> Self {
        Self { syntax, entries, place: OcelPlace::Start }
    }
}

impl<S: ItemSyntax, E: Entries> Items for OcelLog<S, E> {
    type Place = OcelPlace;

    fn read(
        &mut self,
        here: Here<'_>,
        at: usize,
        place: OcelPlace,
    ) -> std::result::Result<ReadItem<OcelPlace>, ItemStop> {
        self.place = place;
        self.syntax.read(here, at, place)
    }

    fn put(&mut self, here: Here<'_>, base: u64, start: usize, read: &ReadItem<OcelPlace>, record: u64) {
        let at = base + start as u64;
        if let Some(Section { name, text, declared }) = self.syntax.take_section() {
            let place = |at: usize| base + at as u64;
            let places =
                declared.into_iter().map(|(at, within)| (place(at), within.into_iter().map(place).collect()));
            self.entries.declared_at(places.collect());
            self.entries.note(at, Remark::Section(name, text));
        }
        for (what, count, first) in self.syntax.take_odd().into_iter().flatten() {
            let at = first.map_or(at, |first| base + first as u64);
            self.entries.note(at, Remark::Odd(what, count));
        }
        let Some(side) = self.place.side() else { return };
        let span = Span { start: (start - here.batch) as u32, end: (read.end - here.batch) as u32, record };
        let text = &here.whole[here.batch..read.end];
        self.entries.put(side, self.syntax.entry(), text, base + here.batch as u64, span);
    }

    fn is_full(&self) -> bool {
        self.entries.is_full()
    }

    fn drop_item(&mut self) {
        // What is odd in a record that is set aside, or read again, is told by nobody, or later.
        let _ = (self.syntax.take_odd(), self.syntax.take_section());
    }

    fn behind(&self, here: Here<'_>, at: usize, place: OcelPlace) -> Next<OcelPlace> {
        self.syntax.behind(here, at, place)
    }

    fn is_end(&self, place: OcelPlace) -> bool {
        place == OcelPlace::End
    }

    fn end(&self) -> OcelPlace {
        OcelPlace::End
    }

    fn rest(&self, here: Here<'_>, from: usize) -> std::result::Result<usize, ItemStop> {
        self.syntax.rest(here, from)
    }

    fn after(&self, place: OcelPlace) -> OcelPlace {
        place.after()
    }

    fn find_record(&self, here: Here<'_>, from: usize) -> RecordSearch<OcelPlace> {
        self.syntax.find_record(here.whole, from, here.text.len(), here.last)
    }

    fn code(&self) -> Code {
        self.syntax.code()
    }

    fn hand_over<K: RowSink>(&mut self, text: &[u8], base: u64, sink: &mut K) -> Result<Flow> {
        self.entries.hand_over(text, base, sink)
    }

    fn note(&mut self, at: u64, what: Remark) {
        self.entries.note(at, what);
    }

    fn take_learned(&mut self) -> Learned {
        self.entries.take_learned()
    }
}
