//! Relations get the type of their object, and then activity and time of their event.
//!
//! ```text
//! pages of all tables  -> objects, relations by the hash of the object; events by the hash of the event
//! each partition       -> relations with the type of their object, by the hash of the event
//! each partition       -> relations with their event, each once, by object
//! ```
//!
//! An event is known by its position from then on: the row of its first relation, which no other event has.

use super::divide::{Blocks, Divider, each_record, joined, partition_of, with_states};
use super::pages::{Page, Pages, each_relation, put_text, text};
use super::tally::ObjectTally;
use crate::encode::page_store::KeptBytes;
use crate::error::{Code, Error, Result};
use crate::observer::Observer;
use crate::process::bytes::{Numbers, put, put_signed};
use crate::process::words::Words;

/// Objects of an event up to which it is looked at who meets whom: it costs the square of their number.
pub(super) const CROWD: usize = 1_000;

/// The tables of a log, as they were read.
#[derive(Default)]
pub(super) struct LogPages {
    /// The events of each activity, and what their times are multiplied by.
    pub events: Vec<(u32, i64, Pages)>,
    /// The objects of each type.
    pub objects: Vec<(u32, Pages)>,
    pub relations: Pages,
}

/// What all steps of the count need.
pub(super) struct ObjectRun<'r> {
    pub workers: usize,
    pub observer: &'r Observer,
    pub new_tally: &'r (dyn Fn() -> ObjectTally + Sync),
}

/// Some rows of one table.
enum Item {
    Events(u32, i64, Page),
    Objects(u32, Page),
    Relations(Page),
}

/// Records of all tables, divided.
pub(super) struct Divided {
    /// Objects by their own hash.
    pub objects: Vec<Blocks>,
    /// Relations by that of their object.
    relations: Vec<Blocks>,
    /// Events by their own.
    events: Vec<Blocks>,
}

/// Divides the rows of all tables.
pub(super) fn divide(log: LogPages, run: &ObjectRun<'_>) -> Result<Divided> {
    let mut items = Vec::new();
    for (activity, factor, pages) in log.events {
        items.extend(pages.all.into_iter().map(|page| Item::Events(activity, factor, page)));
    }
    for (of, pages) in log.objects {
        items.extend(pages.all.into_iter().map(|page| Item::Objects(of, page)));
    }
    items.extend(log.relations.all.into_iter().map(Item::Relations));
    let tally = (run.new_tally)();
    let new = || [(); 3].map(|()| Divider::new(tally.spill()));
    let states = with_states(run.workers, items, new, |[objects, relations, events], item| {
        run.observer.check()?;
        match item {
            Item::Events(activity, factor, page) => each_record(&[page.bytes], |numbers| {
                let (id, time) = (text(numbers)?, numbers.next_signed()?);
                let time = time.checked_mul(factor).ok_or_else(|| too_far(time))?;
                events.put(partition_of(id), |out| {
                    put_text(out, id);
                    put(out, u64::from(activity));
                    put_signed(out, time);
                })
            }),
            Item::Objects(of, page) => each_record(&[page.bytes], |numbers| {
                let id = text(numbers)?;
                objects.put(partition_of(id), |out| {
                    put_text(out, id);
                    put(out, u64::from(of));
                })
            }),
            Item::Relations(page) => each_relation(&page, |row, event, object| {
                relations.put(partition_of(object), |out| {
                    put_text(out, object);
                    put_text(out, event);
                    put(out, row);
                })
            }),
        }
    })?;
    let (mut objects, mut relations, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for [of_objects, of_relations, of_events] in states {
        objects.push(of_objects);
        relations.push(of_relations);
        events.push(of_events);
    }
    Ok(Divided { objects: joined(objects)?, relations: joined(relations)?, events: joined(events)? })
}

fn too_far(time: i64) -> Error {
    Error::new(
        Code::Misfit,
        format!(
            "expected a time that nanoseconds can hold (from 1677 to 2262), which other times of the log need, found {time} microseconds since 1970"
        ),
    )
}

/// The objects of one partition, numbered in the order in which they are met, each with its type.
pub(super) struct Objects {
    pub ids: Words,
    pub types: Vec<u32>,
}

impl Objects {
    /// Reads a partition. An object that is there several times has the first of its types by name.
    pub fn of(blocks: &[KeptBytes]) -> Result<Self> {
        let (mut ids, mut types) = (Words::default(), Vec::new());
        each_record(blocks, |numbers| {
            let (number, is_new) = ids.intern(text(numbers)?);
            let of = numbers.next()? as u32;
            match is_new {
                true => types.push(of),
                false => types[number as usize] = of.min(types[number as usize]),
            }
            Ok(())
        })?;
        Ok(Self { ids, types })
    }
}

/// The number of an object in the whole log, of its partition and its number there.
fn number_of(partition: usize, number: u32) -> u64 {
    u64::from(number) << 8 | partition as u64
}

/// Relations with the types of their objects, by the hash of their events; and the greatest number of an
/// object. Counts the objects of each type.
fn with_types(
    divided: &mut Divided,
    sum: &mut ObjectTally,
    run: &ObjectRun<'_>,
) -> Result<(Vec<Blocks>, u64)> {
    let relations = std::mem::take(&mut divided.relations);
    let items: Vec<_> = relations.into_iter().enumerate().collect();
    let objects = &divided.objects;
    let new = || {
        let tally = (run.new_tally)();
        (Divider::new(tally.spill()), tally, 0)
    };
    let states = with_states(run.workers, items, new, |(divider, tally, most), (partition, relations)| {
        run.observer.check()?;
        let mut objects = Objects::of(&objects[partition])?;
        let known = objects.types.len() as u32;
        for of in &objects.types {
            tally.types[*of as usize].objects += 1;
        }
        *most = number_of(partition, known).max(*most);
        each_record(&relations, |numbers| {
            let (object, event, row) = (text(numbers)?, text(numbers)?, numbers.next()?);
            let (number, _) = objects.ids.intern(object);
            if number >= known {
                tally.left_out.without_object += 1;
                return Ok(());
            }
            divider.put(partition_of(event), |out| {
                put_text(out, event);
                put(out, number_of(partition, number));
                put(out, u64::from(objects.types[number as usize]));
                put(out, row);
            })
        })
    })?;
    let (mut dividers, mut most) = (Vec::new(), 0);
    for (divider, tally, own) in states {
        dividers.push(divider);
        most = own.max(most);
        sum.join(tally)?;
    }
    Ok((joined(dividers)?, most))
}

/// A relation of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Relation {
    event: u32,
    object: u64,
    row: u64,
    of: u32,
}

/// Relations with their events, by object, and who meets whom, by object as well.
pub(super) struct Related {
    pub lives: Vec<Blocks>,
    pub meetings: Vec<Blocks>,
    /// No object has a greater number.
    pub most: u64,
}

/// Brings relations and events together.
pub(super) fn relate(divided: &mut Divided, sum: &mut ObjectTally, run: &ObjectRun<'_>) -> Result<Related> {
    let (typed, most) = with_types(divided, sum, run)?;
    let items: Vec<_> = std::mem::take(&mut divided.events).into_iter().zip(typed).collect();
    let new = || Relating {
        lives: Divider::new(sum.spill()),
        meetings: Divider::new(sum.spill()),
        tally: (run.new_tally)(),
        types: Vec::new(),
    };
    let states = with_states(run.workers, items, new, |state, (events, relations)| {
        run.observer.check()?;
        state.partition(&events, &relations)
    })?;
    let (mut lives, mut meetings) = (Vec::new(), Vec::new());
    for state in states {
        lives.push(state.lives);
        meetings.push(state.meetings);
        sum.join(state.tally)?;
    }
    Ok(Related { lives: joined(lives)?, meetings: joined(meetings)?, most })
}

/// What one thread makes of events and their relations.
struct Relating {
    lives: Divider,
    meetings: Divider,
    tally: ObjectTally,
    /// Types of the objects of one event.
    types: Vec<u32>,
}

impl Relating {
    /// The events of one partition.
    fn partition(&mut self, events: &[KeptBytes], relations: &[KeptBytes]) -> Result<()> {
        let (mut ids, mut known) = (Words::default(), Vec::<(i64, u32)>::new());
        each_record(events, |numbers| {
            let (number, is_new) = ids.intern(text(numbers)?);
            let activity = numbers.next()? as u32;
            let event = (numbers.next_signed()?, activity);
            match is_new {
                true => known.push(event),
                // Of several events with one identifier the earliest is meant.
                false => known[number as usize] = event.min(known[number as usize]),
            }
            Ok(())
        })?;
        for (time, activity) in &known {
            self.tally.period.add(*time);
            self.tally.activities[*activity as usize] += 1;
        }
        self.tally.events += known.len() as u64;
        let mut found: Vec<Relation> = Vec::new();
        let left_out = &mut self.tally.left_out;
        each_record(relations, |numbers: &mut Numbers<'_>| {
            let (event, _) = ids.intern(text(numbers)?);
            let (object, of, row) = (numbers.next()?, numbers.next()? as u32, numbers.next()?);
            match (event as usize) < known.len() {
                true => found.push(Relation { event, object, row, of }),
                false => left_out.without_event += 1,
            }
            Ok(())
        })?;
        found.sort_unstable();
        let all = found.len();
        found.dedup_by_key(|it| (it.event, it.object));
        left_out.duplicates += (all - found.len()) as u64;
        let mut with_objects = 0;
        for of_event in found.chunk_by(|a, b| a.event == b.event) {
            with_objects += 1;
            let (time, activity) = known[of_event[0].event as usize];
            self.event(time, activity, of_event)?;
        }
        self.tally.without_objects += known.len() as u64 - with_objects;
        Ok(())
    }

    /// One event with its relations, which are sorted by object.
    fn event(&mut self, time: i64, activity: u32, relations: &[Relation]) -> Result<()> {
        let position = relations.iter().map(|it| it.row).min().unwrap_or_default();
        for relation in relations {
            self.lives.put(partition(relation.object), |out| {
                put(out, relation.object >> 8);
                put(out, u64::from(activity));
                put_signed(out, time);
                put(out, position);
            })?;
        }
        if relations.len() > CROWD {
            self.tally.crowded += 1;
        } else if relations.len() > 1 {
            for relation in relations {
                self.meetings.put(partition(relation.object), |out| meeting(relation, relations, out))?;
            }
        }
        self.types.clear();
        self.types.extend(relations.iter().map(|it| it.of));
        self.types.sort_unstable();
        let counts = || self.types.chunk_by(|a, b| a == b).map(|all| (all[0], all.len() as u64));
        for (of, count) in counts() {
            self.tally.related(activity, of, count)?;
            if count > 1 {
                self.tally.meet(of, of, count * (count - 1) / 2);
            }
            for (other, more) in counts().filter(|(other, _)| *other > of) {
                self.tally.meet(of, other, count * more);
            }
        }
        Ok(())
    }
}

/// The partition of an object with this number.
fn partition(object: u64) -> usize {
    (object & 0xFF) as usize
}

/// Writes which other objects an object meets at an event: its number in its partition, and their numbers.
fn meeting(own: &Relation, all: &[Relation], out: &mut Vec<u8>) {
    put(out, own.object >> 8);
    put(out, all.len() as u64 - 1);
    let mut before = 0;
    for other in all.iter().filter(|other| other.object != own.object) {
        put(out, other.object - before);
        before = other.object;
    }
}
