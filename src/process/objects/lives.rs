//! The events of each object, in order of time; those of one time in the order of their relations.
//!
//! Of a partition so many objects are looked at together that half a million events are in memory; the events
//! of an object that has more are sorted in runs. Who meets whom is counted in the same way, and for an object
//! that meets very many with a bit for each object of the log.

use std::ops::Range;
use std::sync::Arc;

use super::couples::{couple_partition, put_couple};
use super::divide::{Divider, each_record, with_states};
use super::relate::{Divided, ObjectRun, Objects, Related};
use super::rows::{NO_VARIANT, StoredRow};
use super::tally::{EdgeKey, ObjectTally, pair};
use crate::encode::page_store::KeptBytes;
use crate::error::Result;
use crate::process::sorter::{Event, Sorter};

/// Events, or meetings, that are in memory at once: some 16 MB.
#[cfg(not(test))]
const TOGETHER: u64 = 1 << 19;
#[cfg(test)]
const TOGETHER: u64 = 100;

/// Reads the events of all objects; gives the pairs of events that follow each other, divided.
pub(super) fn live(
    divided: Divided,
    related: Related,
    sum: &mut ObjectTally,
    run: &ObjectRun<'_>,
) -> Result<Vec<Divider>> {
    let Related { lives, meetings, most } = related;
    let items: Vec<_> = divided.objects.into_iter().zip(lives).zip(meetings).collect();
    let new = || Living { couples: Divider::new(sum.spill()), tally: (run.new_tally)(), most };
    let states = with_states(run.workers, items, new, |state, ((objects, lives), meetings)| {
        run.observer.check()?;
        state.partition(&objects, &lives, &meetings)
    })?;
    let mut couples = Vec::new();
    for state in states {
        couples.push(state.couples);
        sum.join(state.tally)?;
    }
    Ok(couples)
}

/// What one thread makes of objects and their events.
struct Living {
    couples: Divider,
    tally: ObjectTally,
    most: u64,
}

impl Living {
    /// The objects of one partition.
    fn partition(
        &mut self,
        objects: &[KeptBytes],
        lives: &[KeptBytes],
        meetings: &[KeptBytes],
    ) -> Result<()> {
        let objects = Objects::of(objects)?;
        let mut counts = vec![0; objects.types.len()];
        each_event(lives, |object, _| {
            counts[object as usize] += 1;
            Ok(())
        })?;
        let interacting = others(meetings, objects.types.len(), self.most)?;
        let mut sorter = Sorter::new(|event| (event.time, event.start), Arc::clone(self.tally.spill()));
        let mut events: Vec<(u32, Event)> = Vec::new();
        for range in ranges(&counts) {
            let is_own = |object: u32| range.contains(&(object as usize));
            let is_large = counts[range.start] > TOGETHER;
            events.clear();
            each_event(lives, |object, event| {
                match is_own(object) {
                    true if is_large => sorter.push(event)?,
                    true => events.push((object, event)),
                    false => {}
                }
                Ok(())
            })?;
            events.sort_unstable_by_key(|(object, event)| (*object, event.time, event.start));
            let mut rest = events.as_slice();
            for object in range {
                let (of, number) = (objects.types[object], object as u32);
                let mut life = Life::begin(of, self);
                match is_large {
                    true => sorter.each(|event| life.event(event))?,
                    false => {
                        let own = rest.partition_point(|(it, _)| *it <= number);
                        rest[..own].iter().try_for_each(|(_, event)| life.event(*event))?;
                        rest = &rest[own..];
                    }
                }
                life.end(objects.ids.get(number), interacting[object])?;
            }
        }
        Ok(())
    }
}

/// One object while its events pass.
struct Life<'l> {
    of: u32,
    living: &'l mut Living,
    events: u64,
    first: i64,
    last: Option<Event>,
}

impl<'l> Life<'l> {
    fn begin(of: u32, living: &'l mut Living) -> Self {
        living.tally.begin();
        Self { of, living, events: 0, first: 0, last: None }
    }

    fn event(&mut self, event: Event) -> Result<()> {
        let Living { couples, tally, .. } = &mut *self.living;
        tally.event(self.of, event.activity);
        self.events += 1;
        let of = self.of;
        let before = self.last.replace(event);
        if let Some(before) = before {
            let edge = EdgeKey { of, from: before.activity, to: event.activity };
            let ticks = event.time.saturating_sub(before.time);
            tally.follows(edge, ticks)?;
            let (from, to) = (before.start, event.start);
            couples.put(couple_partition(of, from, to), |out| {
                put_couple(out, of, (Some(before.activity), Some(event.activity)), (from, to), ticks);
            })
        } else {
            self.first = event.time;
            tally.of_type.entry(pair(of, event.activity)).or_default().start_objects += 1;
            couples.put(couple_partition(of, 0, event.start), |out| {
                put_couple(out, of, (None, Some(event.activity)), (0, event.start), 0);
            })
        }
    }

    fn end(self, id: &[u8], interacting: u64) -> Result<()> {
        let (of, events, first) = (self.of, self.events, self.first);
        let Living { couples, tally, .. } = self.living;
        let Some(last) = self.last else {
            tally.types[of as usize].without_events += 1;
            if let Some(rows) = &mut tally.rows {
                rows.add(id, StoredRow::new(of, 0, (0, 0), NO_VARIANT, interacting));
            }
            return Ok(());
        };
        tally.of_type.entry(pair(of, last.activity)).or_default().end_objects += 1;
        let variant = tally.types[of as usize].variants.end();
        if let Some(rows) = &mut tally.rows {
            rows.add(id, StoredRow::new(of, events, (first, last.time), variant, interacting));
        }
        tally.end(of, events, last.time.saturating_sub(first), interacting)?;
        couples.put(couple_partition(of, last.start, 0), |out| {
            put_couple(out, of, (Some(last.activity), None), (last.start, 0), 0);
        })
    }
}

/// Hands over the events of objects; the position of an event stands where its start would.
fn each_event(lives: &[KeptBytes], mut take: impl FnMut(u32, Event) -> Result<()>) -> Result<()> {
    each_record(lives, |numbers| {
        let (object, activity) = (numbers.next()? as u32, numbers.next()? as u32);
        let (time, position) = (numbers.next_signed()?, numbers.next()? as i64);
        take(object, Event { activity, time, start: position })
    })
}

/// Objects one after the other that have so many of something together as can be in memory; one that has more
/// stands alone.
fn ranges(counts: &[u64]) -> Vec<Range<usize>> {
    let (mut ranges, mut start, mut sum) = (Vec::new(), 0, 0);
    for (at, count) in counts.iter().enumerate() {
        if at > start && sum + count > TOGETHER {
            ranges.push(start..at);
            (start, sum) = (at, 0);
        }
        sum += count;
    }
    if start < counts.len() {
        ranges.push(start..counts.len());
    }
    ranges
}

/// For each object how many others it meets.
fn others(meetings: &[KeptBytes], objects: usize, most: u64) -> Result<Vec<u64>> {
    let mut counts = vec![0; objects];
    each_record(meetings, |numbers| {
        let (object, count) = (numbers.next()?, numbers.next()?);
        (0..count).try_for_each(|_| numbers.next().map(|_| ()))?;
        counts[object as usize] += count;
        Ok(())
    })?;
    let mut others = vec![0; objects];
    let (mut met, mut bits) = (Vec::new(), Vec::new());
    for range in ranges(&counts) {
        let is_large = counts[range.start] > TOGETHER;
        met.clear();
        bits.clear();
        bits.resize(if is_large { (most / 64) as usize + 1 } else { 0 }, 0u64);
        each_record(meetings, |numbers| {
            let (object, count) = (numbers.next()? as usize, numbers.next()?);
            let (is_own, mut other) = (range.contains(&object), 0);
            for _ in 0..count {
                other += numbers.next()?;
                match is_own {
                    true if is_large => bits[(other / 64) as usize] |= 1 << (other % 64),
                    true => met.push((object as u32, other)),
                    false => {}
                }
            }
            Ok(())
        })?;
        met.sort_unstable();
        met.dedup();
        met.iter().for_each(|(object, _)| others[*object as usize] += 1);
        if is_large {
            others[range.start] = bits.iter().map(|word| u64::from(word.count_ones())).sum();
        }
    }
    Ok(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_taken_together_until_they_are_too_much_and_large_ones_alone() {
        assert!(ranges(&[]).is_empty());
        assert_eq!(ranges(&[60, 40, 1, 101, 3, 0]), [0..2, 2..3, 3..4, 4..6]);
    }
}
