//! What is counted of events, objects and their relations; the counts of several threads are added.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

use super::figures::RelationsLeftOut;
use super::rows::ObjectRows;
use crate::encode::page_store::Spill;
use crate::error::Result;
use crate::process::edges::PairHasher;
use crate::process::tally::{Distribution, Span};
use crate::process::variants::Variants;

/// Values that may wait in all distributions before they are brought to pages: 4 MB.
const WAITING: usize = 1 << 19;
/// Values that are worth a page.
const WORTH: usize = 32;

/// A map whose keys are numbers.
pub(super) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<PairHasher>>;

/// What is counted of one type of objects.
#[derive(Debug, Default)]
pub(super) struct TypeTally {
    pub objects: u64,
    pub without_events: u64,
    /// Events that have an object of the type, and the relations of the two.
    pub events: u64,
    pub relations: u64,
    pub events_per_object: Distribution,
    pub objects_per_event: Distribution,
    pub durations: Distribution,
    pub interacting: Distribution,
    pub variants: Variants,
}

impl TypeTally {
    fn distributions(&mut self) -> [&mut Distribution; 4] {
        [&mut self.events_per_object, &mut self.objects_per_event, &mut self.durations, &mut self.interacting]
    }
}

/// What is counted of one activity for one type of objects.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct ActivityTally {
    /// Events of the activity that have an object of the type, objects of the type that have such an event, and
    /// relations of the two.
    pub events: u64,
    pub objects: u64,
    pub relations: u64,
    /// Objects whose first event is of the activity, and such events, each counted once.
    pub start_objects: u64,
    pub start_events: u64,
    /// The same of last events.
    pub end_objects: u64,
    pub end_events: u64,
    /// The last object that was counted.
    mark: u64,
}

/// Two activities that follow each other for a type of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EdgeKey {
    pub of: u32,
    pub from: u32,
    pub to: u32,
}

impl Hash for EdgeKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(pair(self.from, self.to));
        state.write_u64(u64::from(self.of));
    }
}

/// What is counted of them.
#[derive(Debug, Default)]
pub(super) struct EdgeTally {
    /// Objects of which the two follow each other at least once.
    pub objects: u64,
    /// Ticks between the two, once for each object and time.
    pub total: Distribution,
    /// The same, once for each pair of events.
    pub couples: Distribution,
    /// Pairs of events that have one time, so that rows decide which comes first.
    pub tied: u64,
    /// The last object that was counted.
    mark: u64,
}

/// Two numbers as one key.
#[inline]
pub(super) fn pair(one: u32, other: u32) -> u64 {
    u64::from(one) << 32 | u64::from(other)
}

/// Everything that is counted.
pub(super) struct ObjectTally {
    spill: Arc<Spill>,
    /// Values that came since those that wait were brought to pages.
    waiting: usize,
    pub types: Vec<TypeTally>,
    /// Events of each activity.
    pub activities: Vec<u64>,
    /// By type and activity.
    pub of_type: NumberMap<u64, ActivityTally>,
    pub edges: NumberMap<EdgeKey, EdgeTally>,
    /// By two types: events that have both, and pairs of objects in them.
    pub interactions: NumberMap<u64, (u64, u64)>,
    pub events: u64,
    pub without_objects: u64,
    /// Events with so many objects that it was not looked at who meets whom.
    pub crowded: u64,
    pub period: Span,
    pub left_out: RelationsLeftOut,
    /// Each object, if they are asked for.
    pub rows: Option<ObjectRows>,
    /// Objects that were read, from 1, so that each marks what it was counted for.
    object: u64,
}

impl ObjectTally {
    /// Nothing is counted yet.
    pub fn new(activities: usize, types: usize, rows: bool, spill: &Arc<Spill>) -> Self {
        Self {
            spill: Arc::clone(spill),
            waiting: 0,
            types: (0..types).map(|_| TypeTally::default()).collect(),
            activities: vec![0; activities],
            of_type: NumberMap::default(),
            edges: NumberMap::default(),
            interactions: NumberMap::default(),
            events: 0,
            without_objects: 0,
            crowded: 0,
            period: Span::default(),
            left_out: RelationsLeftOut::default(),
            rows: rows.then(ObjectRows::default),
            object: 0,
        }
    }

    /// Where values wait.
    pub fn spill(&self) -> &Arc<Spill> {
        &self.spill
    }

    /// An event has `count` objects of a type.
    pub fn related(&mut self, activity: u32, of: u32, count: u64) -> Result<()> {
        let both = self.of_type.entry(pair(of, activity)).or_default();
        both.events += 1;
        both.relations += count;
        let tally = &mut self.types[of as usize];
        tally.events += 1;
        tally.relations += count;
        tally.objects_per_event.add(i64::try_from(count).unwrap_or(i64::MAX), &self.spill)?;
        self.settle(1)
    }

    /// An event has objects of two types; so many pairs of them.
    pub fn meet(&mut self, one: u32, other: u32, pairs: u64) {
        let sum = self.interactions.entry(pair(one, other)).or_default();
        sum.0 += 1;
        sum.1 += pairs;
    }

    /// The events of an object begin: those that follow are its own.
    pub fn begin(&mut self) {
        self.object += 1;
    }

    /// The next event of the object.
    #[inline]
    pub fn event(&mut self, of: u32, activity: u32) {
        self.types[of as usize].variants.event(activity);
        let both = self.of_type.entry(pair(of, activity)).or_default();
        if both.mark != self.object {
            both.mark = self.object;
            both.objects += 1;
        }
    }

    /// Two events of the object follow each other.
    #[inline]
    pub fn follows(&mut self, edge: EdgeKey, ticks: i64) -> Result<()> {
        let tally = self.edges.entry(edge).or_default();
        if tally.mark != self.object {
            tally.mark = self.object;
            tally.objects += 1;
        }
        tally.total.add(ticks, &self.spill)?;
        self.settle(1)
    }

    /// The object has no more events.
    pub fn end(&mut self, of: u32, events: u64, duration: i64, interacting: u64) -> Result<()> {
        let tally = &mut self.types[of as usize];
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        tally.events_per_object.add(whole(events), &self.spill)?;
        tally.durations.add(duration, &self.spill)?;
        tally.interacting.add(whole(interacting), &self.spill)?;
        self.settle(3)
    }

    /// Two events follow each other for some object, which is counted once for both.
    pub fn couple(&mut self, edge: EdgeKey, ticks: i64) -> Result<()> {
        let tally = self.edges.entry(edge).or_default();
        tally.couples.add(ticks, &self.spill)?;
        tally.tied += u64::from(ticks == 0 && edge.from != edge.to);
        self.settle(1)
    }

    /// Brings values to pages where too many wait: thousands of distributions may have some each.
    #[inline]
    fn settle(&mut self, added: usize) -> Result<()> {
        self.waiting += added;
        if self.waiting < WAITING {
            return Ok(());
        }
        self.waiting = 0;
        let types = self.types.iter_mut().flat_map(TypeTally::distributions);
        let edges = self.edges.values_mut().flat_map(|edge| [&mut edge.total, &mut edge.couples]);
        types.chain(edges).try_for_each(|it| it.values.settle(WORTH, &self.spill))
    }

    /// Adds what was counted of other events and objects.
    pub fn join(&mut self, other: Self) -> Result<()> {
        let spill = &self.spill;
        let mut variants = Vec::with_capacity(self.types.len());
        for (sum, mut more) in self.types.iter_mut().zip(other.types) {
            sum.objects += more.objects;
            sum.without_events += more.without_events;
            sum.events += more.events;
            sum.relations += more.relations;
            for (sum, more) in sum.distributions().into_iter().zip(more.distributions()) {
                sum.join(std::mem::take(more), spill)?;
            }
            variants.push(sum.variants.join(&more.variants));
        }
        for (sum, more) in self.activities.iter_mut().zip(other.activities) {
            *sum += more;
        }
        for (both, more) in other.of_type {
            let sum = self.of_type.entry(both).or_default();
            sum.events += more.events;
            sum.objects += more.objects;
            sum.relations += more.relations;
            sum.start_objects += more.start_objects;
            sum.start_events += more.start_events;
            sum.end_objects += more.end_objects;
            sum.end_events += more.end_events;
        }
        for (edge, more) in other.edges {
            let sum = self.edges.entry(edge).or_default();
            sum.objects += more.objects;
            sum.tied += more.tied;
            sum.total.join(more.total, spill)?;
            sum.couples.join(more.couples, spill)?;
        }
        for (both, (events, pairs)) in other.interactions {
            let sum = self.interactions.entry(both).or_default();
            *sum = (sum.0 + events, sum.1 + pairs);
        }
        self.events += other.events;
        self.without_objects += other.without_objects;
        self.crowded += other.crowded;
        self.period.join(other.period);
        self.left_out.add(other.left_out);
        if let (Some(rows), Some(more)) = (&mut self.rows, &other.rows) {
            rows.join(more, &variants);
        }
        Ok(())
    }
}
