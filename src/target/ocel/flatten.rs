//! A bundle as a classic log of one object type: each object is a case, the events that are related to it its
//! events.
//!
//! Written as CSV, whose columns are all declared: the engine makes of it what it makes of any table of
//! events.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::error::{Code, Error, Result};
use crate::model::value::{ColumnType, DateOrder, FloatStyle, IntStyle, TimeUnit};
use crate::observer::Observer;
use crate::options::DeclaredColumn;
use crate::target::ocel::bundle::{AttributeKind, Bundle, Entity, OcelSide};
use crate::target::ocel::joined::Joined;
use crate::target::ocel::owners::Owners;
use crate::target::ocel::sorter::{
    BOUND, SortedRecords, Sorter, Tied, put, put_number, take, take_number, torn,
};
use crate::target::ocel::write_failed;

/// What a case, its events and their relations are called.
const FIXED: [(&str, AttributeKind); 5] = [
    ("case:concept:name", AttributeKind::Text),
    ("concept:name", AttributeKind::Text),
    ("time:timestamp", AttributeKind::Time),
    ("ocel:eid", AttributeKind::Text),
    ("ocel:qualifier", AttributeKind::Text),
];

/// Figures of a flattened log.
#[derive(Debug)]
pub struct Flat {
    /// The columns and their types.
    pub columns: Vec<DeclaredColumn>,
    /// Events that are related to no object of the type.
    pub left_out: u64,
}

/// Writes the events of the objects of one type as CSV to `path`. `temp` is the folder for what memory may
/// not hold.
///
/// # Errors
/// [`Code::Usage`] if the bundle has no such type; what is wrong with the bundle or the files.
pub fn flatten(
    bundle: &Bundle,
    object_type: &str,
    path: &Path,
    temp: &Path,
    observer: &Observer,
) -> Result<Flat> {
    let types = bundle.types(OcelSide::Object);
    let Some(index) = types.iter().position(|it| it.name == object_type) else {
        let names: Vec<&str> = types.iter().map(|it| it.name.as_str()).collect();
        return Err(Error::new(Code::Usage, format!("there is no object type {object_type:?}"))
            .help(format!("the object types are {}", names.join(", "))));
    };
    // Attributes of events by their names over all types: of two kinds they are text.
    let mut columns: Vec<(String, AttributeKind)> =
        FIXED.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    let mut places: HashMap<String, usize> = HashMap::new();
    for attribute in bundle.types(OcelSide::Event).iter().flat_map(|it| &it.attributes) {
        let place = *places.entry(attribute.name.clone()).or_insert_with(|| {
            columns.push((free(&columns, &attribute.name), attribute.kind));
            columns.len() - 1
        });
        if columns[place].1 != attribute.kind {
            columns[place].1 = AttributeKind::Text;
        }
    }
    let of_case = columns.len();
    for attribute in &types[index].attributes {
        let name = free(&columns, &format!("case:{}", attribute.name));
        columns.push((name, attribute.kind));
    }
    let (mut events, left_out) = events(bundle, index, &places, of_case - FIXED.len(), temp, observer)?;
    let mut out =
        BufWriter::new(File::create_new(path).map_err(|error| Error::io(Code::OutputWrite, path, &error))?);
    let mut line = String::new();
    write_row(&mut out, &mut line, columns.iter().map(|(name, _)| Some(name.as_str())))?;
    let mut times = vec![Times::default(); columns.len()];
    let mut number = 0;
    let mut record = Vec::new();
    bundle.entities(OcelSide::Object, index, observer, &mut |object| {
        while events.key() == Some(number) {
            observer.check()?;
            events.next(&mut record)?;
            let mut rest = record.as_slice();
            let event = FlatEvent::of(&mut rest, bundle).ok_or_else(torn)?;
            let mut row = vec![Some(object.id), Some(event.name), Some(event.time), Some(event.id)];
            row.push(Some(event.qualifier));
            for _ in FIXED.len()..of_case {
                row.push(value(&mut rest).ok_or_else(torn)?);
            }
            row.extend(object.values.iter().map(Option::as_deref));
            for (((name, kind), times), value) in columns.iter().zip(&mut times).zip(&row) {
                let Some(value) = value else { continue };
                if value.contains('\0') {
                    let what = format!("expected text without NUL in {name:?}, found {value:?}");
                    return Err(Error::new(Code::NulByte, what)
                        .help("⟦flatten⟧ writes CSV as an intermediate format, which cannot contain NUL"));
                }
                if *kind == AttributeKind::Time {
                    times.see(value);
                }
            }
            write_row(&mut out, &mut line, row.into_iter())?;
        }
        number += 1;
        Ok(())
    })?;
    out.flush().map_err(|error| write_failed(&error))?;
    let declared = columns.into_iter().zip(times).map(|((name, kind), times)| DeclaredColumn {
        name,
        column_type: column_type(kind, times),
        formats: Vec::new(),
    });
    Ok(Flat { columns: declared.collect(), left_out })
}

/// The precision and range that the times of a column need.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    /// Whether times are in nanoseconds rather than microseconds.
    fine: bool,
    /// Years that 64 bits of nanoseconds don't hold.
    far: bool,
}

impl Times {
    /// Takes a time as [`BatchColumn`](crate::target::values::BatchColumn) writes it: nine digits behind the
    /// point only where six are too few.
    fn see(&mut self, time: &str) {
        let digits =
            time.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
        self.fine |= digits > 6;
        self.far |= !("1678".."2262").contains(&time.get(..4).unwrap_or_default());
    }
}

/// A name that no column has yet.
fn free(columns: &[(String, AttributeKind)], name: &str) -> String {
    let mut found = name.to_owned();
    let mut number = 1;
    while columns.iter().any(|(known, _)| *known == found) {
        number += 1;
        found = format!("{name}:{number}");
    }
    found
}

fn column_type(kind: AttributeKind, times: Times) -> ColumnType {
    let moment = |unit: TimeUnit| ColumnType::Timestamp { order: DateOrder::Ymd, unit };
    match kind {
        AttributeKind::Text => ColumnType::Text,
        AttributeKind::Time if times.fine && times.far => ColumnType::Text,
        AttributeKind::Time if times.fine => moment(TimeUnit::Nanos),
        AttributeKind::Time => moment(TimeUnit::Micros),
        AttributeKind::Int => ColumnType::Int64(IntStyle::Plain),
        AttributeKind::Float => ColumnType::Float64(FloatStyle::Plain),
        AttributeKind::Bool => ColumnType::Bool,
    }
}

/// A line of CSV: every value between quotes, nothing for null. `line` is room to write in.
fn write_row<'v>(
    out: &mut impl Write,
    line: &mut String,
    row: impl Iterator<Item = Option<&'v str>>,
) -> Result<()> {
    line.clear();
    for (place, value) in row.enumerate() {
        if place > 0 {
            line.push(',');
        }
        if let Some(value) = value {
            line.push('"');
            for (place, part) in value.split('"').enumerate() {
                line.push_str(if place == 0 { "" } else { "\"\"" });
                line.push_str(part);
            }
            line.push('"');
        }
    }
    line.push('\n');
    out.write_all(line.as_bytes()).map_err(|error| write_failed(&error))
}

/// An event of an object. Its record begins with its time, which orders the events of an object, and ends
/// with the values of all attributes.
struct FlatEvent<'r> {
    time: &'r str,
    qualifier: &'r str,
    id: &'r str,
    name: &'r str,
}

impl<'r> FlatEvent<'r> {
    /// From the beginning of a record, which goes.
    fn of(record: &mut &'r [u8], bundle: &'r Bundle) -> Option<Self> {
        let (time, qualifier, id) = (text(record)?, text(record)?, text(record)?);
        let index = usize::try_from(take_number(record)?).ok()?;
        Some(Self { time, qualifier, id, name: &bundle.types(OcelSide::Event).get(index)?.name })
    }
}

fn text<'r>(record: &mut &'r [u8]) -> Option<&'r str> {
    std::str::from_utf8(take(record)?).ok()
}

/// The value of an attribute, or null.
fn value<'r>(record: &mut &'r [u8]) -> Option<Option<&'r str>> {
    match take_number(record)? {
        0 => Some(None),
        _ => Some(Some(text(record)?)),
    }
}

/// What an event has in each of its cases, behind its time and the qualifier.
fn put_event(index: usize, event: &Entity<'_>, values: &[Option<&str>], out: &mut Vec<u8>) {
    put(event.id.as_bytes(), out);
    put_number(index as u64, out);
    for value in values {
        out.push(u8::from(value.is_some()));
        value.iter().for_each(|value| put(value.as_bytes(), out));
    }
}

/// The events of the objects of a type, by the number of the object, those of one object by time, those of
/// one time in the order of the tables; and how many events are in none. An event that is related twice is
/// there twice. An object that is there twice has its events once: it is one case.
fn events(
    bundle: &Bundle,
    object_type: usize,
    places: &HashMap<String, usize>,
    width: usize,
    temp: &Path,
    observer: &Observer,
) -> Result<(SortedRecords, u64)> {
    let mut owners = Owners::new(temp, BOUND, observer);
    owners.take_type(bundle, OcelSide::Object, object_type)?;
    let own: Vec<Vec<usize>> = bundle
        .types(OcelSide::Event)
        .iter()
        .map(|of| of.attributes.iter().map(|it| places[&it.name] - FIXED.len()).collect())
        .collect();
    let (mut number, mut common, mut record) = (0, Vec::new(), Vec::new());
    Joined::of(bundle, OcelSide::Event, temp, observer)?.entities(
        bundle,
        observer,
        &mut |index, event| {
            let mut values = vec![None; width];
            for (place, value) in own[index].iter().zip(event.values) {
                values[*place] = value.as_deref();
            }
            common.clear();
            put_event(index, event, &values, &mut common);
            for related in event.related {
                record.clear();
                put_number(number, &mut record);
                put(event.time.unwrap_or_default().as_bytes(), &mut record);
                put(related.qualifier.as_bytes(), &mut record);
                record.extend_from_slice(&common);
                owners.push(related.object, None, &record)?;
            }
            number += 1;
            Ok(())
        },
    )?;
    // A bit for each event.
    let mut used = vec![0_u64; number.div_ceil(64) as usize];
    let mut events = Sorter::tied(Tied::ByText, temp, BOUND, observer);
    owners.meet(&mut |object, mut record| {
        let event = take_number(&mut record).ok_or_else(torn)?;
        let Some(object) = object else { return Ok(()) };
        *used.get_mut((event / 64) as usize).ok_or_else(torn)? |= 1 << (event % 64);
        events.push(object, record)
    })?;
    let used: u64 = used.iter().map(|bits| u64::from(bits.count_ones())).sum();
    Ok((events.sorted()?, number - used))
}
