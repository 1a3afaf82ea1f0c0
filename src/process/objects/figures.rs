//! The figures of an object-centric log, sorted: what all forms of output are written from.

use std::sync::Arc;

use super::rows::{NO_VARIANT, ObjectRows};
use super::tally::{ObjectTally, TypeTally};
use crate::error::Result;
use crate::process::cells::Tick;
use crate::process::figures::Spread;
use crate::process::ranking::RankedVariants;
use crate::process::ratio::Unit;
use crate::shard::each::each;

/// Relations of events to objects that do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RelationsLeftOut {
    /// Those that are there more than once, whatever their qualifiers.
    pub duplicates: u64,
    /// Those of events that the log does not have.
    pub without_event: u64,
    /// Those to objects that the log does not have.
    pub without_object: u64,
}

impl RelationsLeftOut {
    /// How many relations were left out for any reason.
    pub fn all(&self) -> u64 {
        self.duplicates + self.without_event + self.without_object
    }

    /// Adds the relations that were left out elsewhere.
    pub(super) fn add(&mut self, other: Self) {
        self.duplicates += other.duplicates;
        self.without_event += other.without_event;
        self.without_object += other.without_object;
    }
}

/// One activity, whatever the types of its objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityOfObjects {
    /// Its name: the type of its events.
    pub name: Arc<str>,
    /// How many events of the activity have objects of the type.
    pub events: u64,
    /// Objects that have such an event.
    pub unique_objects: u64,
    /// Relations of the two.
    pub total_objects: u64,
}

/// One activity for the objects of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityOfType {
    /// The activity, as a position in [`ObjectFigures::activities`].
    pub activity: usize,
    /// Events of it that have an object of the type.
    pub events: u64,
    /// Objects of the type that have such an event.
    pub unique_objects: u64,
    /// Relations of the two.
    pub total_objects: u64,
    /// Objects whose first event is of the activity.
    pub start_objects: u64,
    /// Such first events; several objects may have one.
    pub start_events: u64,
    /// Objects whose last event is of the activity.
    pub end_objects: u64,
    /// How many events are the last of some object.
    pub end_events: u64,
}

/// One type of objects.
#[derive(Debug)]
pub struct ObjectTypeFigures {
    /// The name of the type.
    pub name: Arc<str>,
    /// Objects of the type.
    pub objects: u64,
    /// Those of them that no event has.
    pub objects_without_events: u64,
    /// Events that have an object of the type.
    pub events: u64,
    /// Relations of the two.
    pub relations: u64,
    /// Activities of these events, by name.
    pub activities: Vec<ActivityOfType>,
    /// Events of each object that has any.
    pub events_per_object: Spread,
    /// Objects of the type of each event that has any.
    pub objects_per_event: Spread,
    /// Seconds from the first to the last event of each object that has events.
    pub duration_s: Spread,
    /// Other objects, of any type, that each object which has events has an event with.
    pub interacting_objects: Spread,
    /// Sequences of activities of objects that have events.
    pub variants: RankedVariants,
}

/// Two activities that follow each other directly for objects of a type.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectEdge {
    /// The type, as a position in [`ObjectFigures::object_types`].
    pub object_type: usize,
    /// The earlier activity, as a position in [`ObjectFigures::activities`].
    pub from: usize,
    /// The later activity.
    pub to: usize,
    /// Objects of which the later one follows the earlier one at least once.
    pub unique_objects: u64,
    /// Pairs of events that stand so because of their rows alone: both have the same time.
    pub tied: u64,
    /// Pairs of events that follow each other, and the seconds between the two.
    pub event_couples: Spread,
    /// The same, where a pair counts once for each object.
    pub total_objects: Spread,
}

/// Two types of objects that events have together; the same type twice for events with several of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectInteraction {
    /// The first type by name, as a position in [`ObjectFigures::object_types`].
    pub object_type: usize,
    /// The other type, as a position in the same list.
    pub other_type: usize,
    /// Events that have objects of both.
    pub events: u64,
    /// Pairs of objects in them.
    pub pairs: u64,
}

/// The figures of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRow<'f> {
    /// The identifier of the object.
    pub id: std::borrow::Cow<'f, str>,
    /// Its type, as a position in [`ObjectFigures::object_types`].
    pub object_type: usize,
    /// Number of its events.
    pub events: u64,
    /// First and last time, in ticks since 1970; `None` without events.
    pub period: Option<(i64, i64)>,
    /// Other objects that it has an event with.
    pub interacting_objects: u64,
    /// The rank of its variant among those of its type, from 1; `None` without events.
    pub variant: Option<i64>,
}

/// What an object-centric log says about its process.
#[derive(Debug, Default)]
pub struct ObjectFigures {
    /// Events; an identifier that is there twice counts once.
    pub events: u64,
    /// How many objects the log has.
    pub objects: u64,
    /// Relations of events to objects, each pair once.
    pub relations: u64,
    /// Relations of objects to objects, as rows.
    pub object_relations: u64,
    /// Events without an object.
    pub events_without_objects: u64,
    /// Relations that do not count.
    pub left_out: RelationsLeftOut,
    /// Rows that lack an identifier or a time.
    pub incomplete_rows: u64,
    /// First and last time, in nanoseconds since 1970.
    pub period_ns: Option<(i128, i128)>,
    /// Activities by name, also those without events.
    pub activities: Vec<ActivityOfObjects>,
    /// Types of objects by name.
    pub object_types: Vec<ObjectTypeFigures>,
    /// The object-centric directly-follows graph, by type and both names.
    pub edges: Vec<ObjectEdge>,
    /// Types that meet, by both names.
    pub interactions: Vec<ObjectInteraction>,
    /// Events with more than [`MOST_INTERACTING`](Self::MOST_INTERACTING) objects, which do not count for
    /// interacting objects.
    pub crowded_events: u64,
    rows: Option<ObjectRows>,
    tick: Option<Tick>,
}

impl ObjectFigures {
    /// Objects of an event up to which they are counted as interacting.
    pub const MOST_INTERACTING: usize = super::relate::CROWD;

    pub(super) fn of(
        tally: ObjectTally,
        (activities, types): (&[Arc<str>], &[Arc<str>]),
        tick: Tick,
        workers: usize,
    ) -> Result<Self> {
        let seconds = tick.seconds();
        let mut all: Vec<ActivityOfObjects> = activities
            .iter()
            .zip(&tally.activities)
            .map(|(name, events)| ActivityOfObjects {
                name: Arc::clone(name),
                events: *events,
                unique_objects: 0,
                total_objects: 0,
            })
            .collect();
        let mut of_types: Vec<Vec<ActivityOfType>> = types.iter().map(|_| Vec::new()).collect();
        for (both, it) in &tally.of_type {
            let (of, activity) = ((both >> 32) as usize, *both as u32 as usize);
            all[activity].unique_objects += it.objects;
            all[activity].total_objects += it.relations;
            of_types[of].push(ActivityOfType {
                activity,
                events: it.events,
                unique_objects: it.objects,
                total_objects: it.relations,
                start_objects: it.start_objects,
                start_events: it.start_events,
                end_objects: it.end_objects,
                end_events: it.end_events,
            });
        }
        of_types.iter_mut().for_each(|all| all.sort_unstable_by_key(|it| it.activity));
        let places: Arc<[u32]> = (0..activities.len() as u32).collect();
        let items: Vec<_> = types.iter().zip(tally.types).zip(of_types).collect();
        let object_types = each(workers, items, |_, ((name, it), activities)| {
            let with_events = it.objects - it.without_events;
            let TypeTally { variants, .. } = it;
            Ok(ObjectTypeFigures {
                name: Arc::clone(name),
                objects: it.objects,
                objects_without_events: it.without_events,
                events: it.events,
                relations: it.relations,
                activities,
                events_per_object: Spread::of(&it.events_per_object, Unit::ONE)?,
                objects_per_event: Spread::of(&it.objects_per_event, Unit::ONE)?,
                duration_s: Spread::of(&it.durations, seconds)?,
                interacting_objects: Spread::of(&it.interacting, Unit::ONE)?,
                variants: RankedVariants::of(variants, Arc::clone(&places), with_events)?,
            })
        })?;
        let edges: Vec<_> = tally.edges.into_iter().collect();
        let mut edges = each(workers, edges, |_, (key, it)| {
            Ok(ObjectEdge {
                object_type: key.of as usize,
                from: key.from as usize,
                to: key.to as usize,
                unique_objects: it.objects,
                tied: it.tied,
                event_couples: Spread::of(&it.couples, seconds)?,
                total_objects: Spread::of(&it.total, seconds)?,
            })
        })?;
        edges.sort_unstable_by_key(|edge| (edge.object_type, edge.from, edge.to));
        let mut interactions: Vec<_> = tally
            .interactions
            .iter()
            .map(|(both, (events, pairs))| ObjectInteraction {
                object_type: (both >> 32) as usize,
                other_type: *both as u32 as usize,
                events: *events,
                pairs: *pairs,
            })
            .collect();
        interactions.sort_unstable_by_key(|it| (it.object_type, it.other_type));
        Ok(Self {
            events: tally.events,
            objects: object_types.iter().map(|it| it.objects).sum(),
            relations: object_types.iter().map(|it| it.relations).sum(),
            object_relations: 0,
            events_without_objects: tally.without_objects,
            left_out: tally.left_out,
            incomplete_rows: 0,
            period_ns: (tally.events > 0)
                .then(|| (tick.nanos(tally.period.first), tick.nanos(tally.period.last))),
            activities: all,
            object_types,
            edges,
            interactions,
            crowded_events: tally.crowded,
            rows: tally.rows,
            tick: Some(tick),
        })
    }

    /// The name of the activity at a position.
    pub fn activity(&self, position: usize) -> &str {
        self.activities.get(position).map_or("", |activity| &activity.name)
    }

    /// The name of the type of objects at a position.
    pub fn object_type(&self, position: usize) -> &str {
        self.object_types.get(position).map_or("", |of| &of.name)
    }

    /// What times are counted in; [`Tick::Micros`] without events.
    pub fn tick(&self) -> Tick {
        self.tick.unwrap_or(Tick::Micros)
    }

    /// Each object by type, first event and identifier; none if they were not asked for.
    pub fn each_object(&self) -> impl Iterator<Item = ObjectRow<'_>> {
        let ranks: Vec<Vec<i64>> = self.object_types.iter().map(|of| of.variants.ranks()).collect();
        let rows = self.rows.iter().flat_map(|rows| rows.order().into_iter().map(move |at| rows.get(at)));
        rows.map(move |(row, id)| ObjectRow {
            id: String::from_utf8_lossy(id),
            object_type: row.of as usize,
            events: row.events,
            period: (row.events > 0).then_some((row.first, row.last)),
            interacting_objects: row.interacting,
            variant: (row.variant != NO_VARIANT).then(|| ranks[row.of as usize][row.variant as usize]),
        })
    }

    /// Pairs of events that follow each other only because their rows stand so, and the edges with such pairs.
    pub fn ties(&self) -> (u64, u64) {
        let tied = self.edges.iter().map(|edge| edge.tied).filter(|tied| *tied > 0);
        tied.fold((0, 0), |(pairs, edges), tied| (pairs + tied, edges + 1))
    }
}
