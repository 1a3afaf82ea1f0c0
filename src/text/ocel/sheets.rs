//! Rows under way to the tables of an object-centric log, and what is learned of its types beside them.
//!
//! A record is an event or an object with its attributes and relations. It is read into an [`OcelEntry`],
//! whose parts may come in any order, and becomes rows of several tables at once.

use std::collections::HashMap;

use super::log::Entries;
use crate::error::Result;
use crate::model::kind::{Kind, Kinds};
use crate::model::ocel::{
    EVENT_OBJECT, LATE_STARTS, OBJECT_OBJECT, OcelAttribute, OcelContent, OcelShape, OcelSide,
};
use crate::model::readings::{Readings, classify_laid_out};
use crate::model::recent::RecentTypes;
use crate::model::references::{References, Spread};
use crate::model::short;
use crate::model::table::{
    Cell, LateColumn, Learned, Note, OutOfLine, RawRows, Remark, Span, TableSlot, Unescape,
};
use crate::model::time::parse_time;
use crate::model::time_format::TimeFormat;
use crate::model::value::DateOrder;
use crate::text::{Flow, RowSink};

/// The column of times.
const TIME: SheetColumn<'_> = SheetColumn::Fixed("ocel_time");

/// A cell that stands for nothing.
pub const NULL: Cell = Cell::plain(0, 0);
/// A cell with an empty text.
pub const EMPTY: Cell = Cell::quoted(0, 0, false);

/// An attribute's value within an entry.
#[derive(Debug, Clone, Copy)]
pub struct AttributeValue {
    /// Name of the attribute.
    pub name: Cell,
    /// Since when it has the value; `None` if nothing is said.
    pub time: Option<Cell>,
    /// Value of the attribute.
    pub value: Cell,
    /// What the text says that it is; `None` for null.
    pub kind: Option<Kind>,
}

/// A relation within an entry.
#[derive(Debug, Clone, Copy)]
pub struct EntryRelation {
    /// Identifier of the related object.
    pub object: Cell,
    /// What it is to the event or object; [`EMPTY`] if nothing is said.
    pub qualifier: Cell,
}

/// An event or object while it is read.
#[derive(Debug, Default)]
pub struct OcelEntry {
    /// Identifier; `None` if the entry has none.
    pub id: Option<Cell>,
    /// Name of the type; `None` if the entry has none.
    pub type_name: Option<Cell>,
    /// Time of an event; `None` if the entry has none.
    pub time: Option<Cell>,
    /// Values of attributes, in the order of the text.
    pub given: Vec<AttributeValue>,
    /// Relations to objects, in the order of the text.
    pub related: Vec<EntryRelation>,
}

impl OcelEntry {
    /// What it must have and has not.
    pub fn lacks(&self, is_event: bool) -> Option<String> {
        let what = match self {
            Self { id: None, .. } => "expected an identifier",
            Self { type_name: None, .. } => "expected a type",
            Self { time: None, .. } if is_event => "expected a time",
            // Nothing else would stand in a column that has a value in each row.
            Self { time: Some(time), .. } if is_event && time.len() == 0 => {
                "expected a time, found an empty text"
            }
            _ => return None,
        };
        Some(what.to_owned())
    }

    /// Removes all fields, but keeps the memory.
    pub fn clear(&mut self) {
        (self.id, self.type_name, self.time) = (None, None, None);
        self.given.clear();
        self.related.clear();
    }
}

/// Cells of a batch at most, before its last record: a table may have thousands of columns, and each of its
/// rows a cell for each.
const MOST_CELLS: usize = 1 << 19;

/// Rows of one table.
#[derive(Debug, Default)]
struct RowSheet {
    cells: Vec<Cell>,
    spans: Vec<Span>,
    kinds: Vec<Kinds>,
}

/// Rows of all tables, and what was learned.
pub struct Sheets<'s> {
    shape: &'s OcelShape,
    unescape: &'s dyn Unescape,
    /// The layout of times, if it is the user's.
    times: Option<&'s TimeFormat>,
    sheets: Vec<RowSheet>,
    /// What a column's values are said to be, whatever the values are.
    declared: Vec<Option<Kind>>,
    first: Vec<u64>,
    late: HashMap<Box<str>, LateColumn>,
    learned: Learned,
    /// Cells of all rows.
    cells: usize,
    names: [Vec<u8>; 2],
    references: References,
    /// Attributes of the object at hand that have later values.
    changed: Vec<usize>,
    /// Attributes of objects that have later values and no first one: how many, and the place of the first
    /// such object.
    late_starts: (u64, u64),
    /// The last time that was asked about, and whether it is that of first values.
    asked: (Vec<u8>, bool),
    /// Types that were met, by their names as they are written.
    recent: RecentTypes,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetColumn<'n> {
    /// A column that every table of this kind has.
    Fixed(&'n str),
    /// An attribute of the type, by its name.
    Attribute(&'n str),
}

/// How a column is told from others, from pass to pass: `e`, `o` or `c` for the table of events, objects or
/// changes of a type, the type, and the column. Any text may be a name: the length of the type's says where
/// it ends.
pub fn column_id(table: char, type_name: &str, column: SheetColumn<'_>) -> Box<str> {
    let (mark, column) = match column {
        SheetColumn::Fixed(name) => ('!', name),
        SheetColumn::Attribute(name) => ('=', name),
    };
    format!("{table}{}:{type_name}{mark}{column}", type_name.len()).into()
}

/// What an identifier of a column says: table, type and column.
pub fn parts_of(id: &str) -> Option<(char, &str, SheetColumn<'_>)> {
    let table = id.chars().next()?;
    let (length, rest) = id.get(1..)?.split_once(':')?;
    let (type_name, column) = rest.split_at_checked(length.parse().ok()?)?;
    let column = match column.strip_prefix('=') {
        Some(name) => SheetColumn::Attribute(name),
        None => SheetColumn::Fixed(column.strip_prefix('!')?),
    };
    Some((table, type_name, column))
}

impl<'s> Sheets<'s> {
    /// Empty ones. `unescape` undoes the escapes of the text; `times` is the layout of times that are not as
    /// the standard has them.
    pub fn new(shape: &'s OcelShape, unescape: &'s dyn Unescape, times: Option<&'s TimeFormat>) -> Self {
        let mut said = Vec::with_capacity(shape.total());
        for table in 0..shape.tables() {
            said.extend(shape.kinds(table));
        }
        Self {
            shape,
            unescape,
            times,
            sheets: (0..shape.tables()).map(|_| RowSheet::default()).collect(),
            first: vec![Learned::NEVER; said.len()],
            declared: said,
            late: HashMap::new(),
            learned: Learned::default(),
            cells: 0,
            names: [Vec::new(), Vec::new()],
            references: References::default(),
            changed: Vec::new(),
            late_starts: (0, Learned::NEVER),
            asked: (Vec::new(), false),
            recent: RecentTypes::default(),
        }
    }

    /// A cell's value as text. What is no UTF-8 never becomes a cell.
    fn text<'v>(&self, cell: Cell, text: &'v [u8], out: &'v mut Vec<u8>) -> &'v str {
        let raw = cell.bytes(text);
        let value = if cell.is_escaped() {
            out.clear();
            self.unescape.unescape(raw, out);
            out.as_slice()
        } else {
            raw
        };
        std::str::from_utf8(value).unwrap_or_default()
    }

    #[expect(clippy::too_many_arguments, reason = "an entry and where it stands")]
    fn put_known(
        &mut self,
        side: OcelSide,
        index: usize,
        id: Cell,
        entry: &OcelEntry,
        text: &[u8],
        base: u64,
        span: Span,
    ) {
        let shape = self.shape;
        let table = shape.table_of(side, index);
        let columns = shape.columns(table);
        let fixed = shape.fixed(table).len();
        let at = base + u64::from(span.start);
        self.meet(columns.start, at);
        let row = self.sheets[table].cells.len();
        self.cells += columns.len();
        {
            let sheet = &mut self.sheets[table];
            sheet.cells.resize(row + columns.len(), NULL);
            sheet.cells[row] = id;
            if let (OcelSide::Event, Some(time)) = (side, entry.time) {
                sheet.cells[row + 1] = time;
            }
            sheet.spans.push(span);
        }
        let of = &shape.types(side)[index];
        for (place, given) in entry.given.iter().enumerate() {
            // Columns that are not declared come in the order of the text, within a record too.
            let at = base + given.name.start() as u64;
            let mut scratch = std::mem::take(&mut self.names[1]);
            // Attributes mostly come in the order of their columns.
            let is_next = |of: &&OcelAttribute| {
                !given.name.is_escaped() && short::equal(of.name.as_bytes(), given.name.bytes(text))
            };
            let (known, name) = match of.attributes.get(place).filter(is_next) {
                Some(next) => (Some(place), &*next.name),
                None => {
                    let name = self.text(given.name, text, &mut scratch);
                    (of.attribute(name), name)
                }
            };
            let initial = side == OcelSide::Event || self.is_initial(given.time, text);
            match known {
                None => {
                    let letter = if side == OcelSide::Event {
                        'e'
                    } else if initial {
                        'o'
                    } else {
                        'c'
                    };
                    self.meet_late(
                        column_id(letter, &of.name, SheetColumn::Attribute(name)),
                        given,
                        None,
                        text,
                        at,
                    );
                }
                Some(attribute) => {
                    let cell = row + fixed + attribute;
                    if initial && self.sheets[table].cells[cell] == NULL {
                        self.sheets[table].cells[cell] = given.value;
                        self.see(table, fixed + attribute, given.kind, at);
                    } else if side == OcelSide::Object {
                        let time = given.time.filter(|_| !initial);
                        self.put_change(index, id, attribute, &AttributeValue { time, ..*given }, at, span);
                        self.changed.push(attribute);
                    } else if given.kind.is_some() {
                        self.note_twice(entry, given, text, at);
                    }
                }
            }
            self.names[1] = scratch;
        }
        if !self.changed.is_empty() {
            self.count_late_starts(table, row + fixed, at);
        }
    }

    /// Counts those of the changed attributes of an object, whose first values begin at the cell `first`,
    /// that have none there.
    fn count_late_starts(&mut self, table: usize, first: usize, at: u64) {
        self.changed.sort_unstable();
        self.changed.dedup();
        let cells = &self.sheets[table].cells[first..];
        let late = self.changed.iter().filter(|attribute| cells[**attribute] == NULL).count() as u64;
        if late > 0 {
            self.late_starts = (self.late_starts.0 + late, self.late_starts.1.min(at));
        }
        self.changed.clear();
    }

    /// A value that an object has from some moment on, or one more that it has from the beginning: at no
    /// time, which is that of 1970.
    fn put_change(
        &mut self,
        index: usize,
        id: Cell,
        attribute: usize,
        given: &AttributeValue,
        at: u64,
        span: Span,
    ) {
        let table = self.shape.table_of(OcelSide::Object, index) + 1;
        let width = self.shape.width(table);
        self.cells += width;
        let sheet = &mut self.sheets[table];
        let row = sheet.cells.len();
        sheet.cells.resize(row + width, NULL);
        sheet.cells[row] = id;
        sheet.cells[row + 1] = given.time.unwrap_or(NULL);
        sheet.cells[row + 2] = given.name;
        sheet.cells[row + 3 + attribute] = given.value;
        sheet.spans.push(span);
        self.see(table, 3 + attribute, given.kind, at);
    }

    /// The type of this name, if it is remembered.
    #[inline]
    fn recent(&self, side: OcelSide, name: Cell, text: &[u8]) -> Option<usize> {
        match name.is_escaped() {
            true => None,
            false => self.recent.get(self.shape, side, text, name.start(), name.len()),
        }
    }

    /// Notes that a column has a value of a kind.
    #[inline]
    fn see(&mut self, table: usize, column: usize, kind: Option<Kind>, at: u64) {
        let all = self.shape.columns(table).start + column;
        self.meet(all, at);
        let Some(kind) = kind else { return };
        if self.declared[all].is_none() {
            let kinds = &mut self.sheets[table].kinds;
            kinds.resize(self.shape.width(table), Kinds::NONE);
            kinds[column].insert(kind);
        }
    }

    #[inline]
    fn meet(&mut self, column: usize, at: u64) {
        if self.first[column] == Learned::NEVER {
            self.first[column] = at;
        }
    }

    /// Whether a value is one that the object has from the beginning: at 1970, or at no time that is told.
    fn is_initial(&mut self, time: Option<Cell>, text: &[u8]) -> bool {
        let Some(time) = time else { return true };
        if is_of_another_year(time.bytes(text)) {
            return false;
        }
        let mut undone = Vec::new();
        let raw = match time.is_escaped() {
            true => self.text(time, text, &mut undone).as_bytes(),
            false => time.bytes(text),
        };
        if !short::equal(&self.asked.0, raw) || raw.is_empty() {
            let time = self.times.and_then(|format| format.parse(raw));
            let epoch = time.or_else(|| parse_time(raw, DateOrder::Ymd)).is_some_and(|time| {
                time.days == 0
                    && time.nanos_of_day == i64::from(time.offset_seconds.unwrap_or(0)) * 1_000_000_000
            });
            self.asked.0.clear();
            self.asked.0.extend_from_slice(raw);
            // An empty text tells no time.
            self.asked.1 = epoch || raw == b"0" || raw.is_empty();
        }
        self.asked.1
    }

    /// An event's attribute that is given once more has no place in its row.
    fn note_twice(&mut self, entry: &OcelEntry, given: &AttributeValue, text: &[u8], at: u64) {
        let mut out = Vec::new();
        let id = entry.id.map(|id| self.text(id, text, &mut out).to_owned());
        let name = self.text(given.name, text, &mut out).to_owned();
        let value = self.text(given.value, text, &mut out).to_owned();
        let what = serde_json::json!({"event": id, "attribute": name, "value": value});
        self.note(at, Remark::Loose(what.to_string()));
    }

    #[cold]
    fn put_late_type(
        &mut self,
        side: OcelSide,
        name: &str,
        entry: &OcelEntry,
        text: &[u8],
        base: u64,
        span: Span,
    ) {
        let at = base + u64::from(span.start);
        let letter = if side == OcelSide::Event { 'e' } else { 'o' };
        let readings = Readings::ALL;
        let id = column_id(letter, name, SheetColumn::Fixed("ocel_id"));
        let marker = LateColumn { id, first: at, readings, kinds: Kinds::NONE, shape: Default::default() };
        self.join_late(marker);
        if let (OcelSide::Event, Some(time)) = (side, entry.time) {
            let given = AttributeValue { name: time, time: None, value: time, kind: Some(Kind::Time) };
            self.meet_late(column_id('e', name, TIME), &given, self.times, text, at);
        }
        let mut scratch = Vec::new();
        for given in &entry.given {
            let attribute = self.text(given.name, text, &mut scratch).to_owned();
            let initial = side == OcelSide::Event || self.is_initial(given.time, text);
            let letter = if initial { letter } else { 'c' };
            let place = base + given.name.start() as u64;
            self.meet_late(
                column_id(letter, name, SheetColumn::Attribute(&attribute)),
                given,
                None,
                text,
                place,
            );
            if !initial && let Some(time) = given.time {
                let given = AttributeValue { name: time, time: None, value: time, kind: Some(Kind::Time) };
                self.meet_late(column_id('c', name, TIME), &given, self.times, text, at);
            }
        }
    }

    /// A value of a column that is not known. `times` is the layout that it may have.
    #[cold]
    fn meet_late(
        &mut self,
        id: Box<str>,
        given: &AttributeValue,
        times: Option<&TimeFormat>,
        text: &[u8],
        at: u64,
    ) {
        let mut out = Vec::new();
        let (readings, kinds) = match given.kind {
            None => (Readings::ALL, Kinds::NONE),
            Some(kind) => {
                let value = self.text(given.value, text, &mut out);
                (
                    classify_laid_out(value.as_bytes(), times) & Readings::of_kinds(Kinds::of(kind)),
                    Kinds::of(kind),
                )
            }
        };
        self.join_late(LateColumn { id, first: at, readings, kinds, shape: Default::default() });
    }

    fn join_late(&mut self, late: LateColumn) {
        match self.late.get_mut(&late.id) {
            Some(known) => {
                known.first = known.first.min(late.first);
                known.readings &= late.readings;
                known.kinds.join(late.kinds);
            }
            None => {
                self.late.insert(late.id.clone(), late);
            }
        }
    }
}

/// Whether a time, with its year first as nearly all are, is not near the beginning of 1970, in whatever
/// zone: most need no closer look.
fn is_of_another_year(time: &[u8]) -> bool {
    match time {
        [a, b, c, d, b'-', _, _, b'-', ..] => {
            let year = [*a, *b, *c, *d];
            year.iter().all(u8::is_ascii_digit) && year != *b"1970" && year != *b"1969"
        }
        _ => false,
    }
}

impl Entries for Sheets<'_> {
    fn put(&mut self, side: OcelSide, entry: &OcelEntry, text: &[u8], base: u64, span: Span) {
        let (Some(id), Some(type_name)) = (entry.id, entry.type_name) else { return };
        let relations = if side == OcelSide::Event { EVENT_OBJECT } else { OBJECT_OBJECT };
        let sheet = &mut self.sheets[relations];
        let count = entry.related.len();
        self.cells += 3 * count;
        sheet.cells.reserve(3 * count);
        for related in &entry.related {
            sheet.cells.extend_from_slice(&[id, related.object, related.qualifier]);
        }
        sheet.spans.extend(std::iter::repeat_n(span, count));
        if let Some(index) = self.recent(side, type_name, text) {
            return self.put_known(side, index, id, entry, text, base, span);
        }
        let mut name = std::mem::take(&mut self.names[0]);
        let known = {
            let name = self.text(type_name, text, &mut name);
            let found = self.shape.find(side, name);
            if found.is_none() {
                self.put_late_type(side, name, entry, text, base, span);
                // It has no row before the next pass, and relations may lead to it in this one.
                let mut out = Vec::new();
                let id = self.text(id, text, &mut out).as_bytes();
                self.references.add_id(side, id);
            }
            found
        };
        if let Some(index) = known {
            self.recent.put(side, text, type_name.start(), type_name.len(), index);
            self.put_known(side, index, id, entry, text, base, span);
        }
        self.names[0] = name;
    }

    fn note(&mut self, at: u64, what: Remark) {
        self.learned.note(Note { at, record: 0, what });
    }

    fn is_full(&self) -> bool {
        self.cells >= MOST_CELLS
    }

    /// Every table gets its turn, so that the first fault of all is found.
    fn hand_over<K: RowSink>(&mut self, text: &[u8], base: u64, sink: &mut K) -> Result<Flow> {
        let mut flow = Flow::Continue;
        self.cells = 0;
        if !self.late.is_empty() || !self.learned.notes.is_empty() || self.learned.noted > 0 {
            sink.learned(self.take_learned());
        }
        let mut filled: Vec<usize> =
            (0..self.sheets.len()).filter(|table| !self.sheets[*table].spans.is_empty()).collect();
        // An object stands before its later values, and is told behind them: it is no row if one of them is
        // none.
        filled.sort_by_key(|table| match self.shape.holds(*table) {
            OcelContent::Objects(_) => table + 1,
            OcelContent::Changes(_) => table - 1,
            _ => *table,
        });
        let last = filled.last().copied();
        for table in filled {
            let columns = self.shape.columns(table);
            let sheet = &mut self.sheets[table];
            sheet.kinds.resize(columns.len(), Kinds::NONE);
            for (kinds, said) in sheet.kinds.iter_mut().zip(&self.declared[columns.clone()]) {
                if let Some(kind) = said {
                    *kinds = Kinds::of(*kind);
                }
            }
            let rows = RawRows {
                text,
                base,
                columns: columns.len(),
                cells: &sheet.cells,
                spans: &sheet.spans,
                unescape: self.unescape,
                out_of_line: OutOfLine::default(),
                kinds: &sheet.kinds,
                slot: TableSlot { table, first_column: columns.start, more: Some(table) != last },
            };
            self.references.read(self.shape.holds(table), &rows, Spread::Together);
            let told = sink.rows(&rows)?;
            if told == Flow::Stop {
                flow = Flow::Stop;
            }
            sheet.cells.clear();
            sheet.spans.clear();
            sheet.kinds.clear();
        }
        Ok(flow)
    }

    fn take_learned(&mut self) -> Learned {
        let mut late: Vec<LateColumn> = self.late.drain().map(|(_, late)| late).collect();
        late.sort_by(|one, other| (one.first, &one.id).cmp(&(other.first, &other.id)));
        let mut references = std::mem::take(&mut self.references);
        references.settle();
        let (late_starts, at) = std::mem::replace(&mut self.late_starts, (0, Learned::NEVER));
        if late_starts > 0 {
            self.learned.note(Note { at, record: 0, what: Remark::Odd(LATE_STARTS, late_starts) });
        }
        // In the order of the text, wherever that is cut.
        self.learned.notes.sort_by_key(|note| note.at);
        Learned {
            first: std::mem::replace(&mut self.first, vec![Learned::NEVER; self.declared.len()]),
            late,
            references,
            ..std::mem::take(&mut self.learned)
        }
    }
}
