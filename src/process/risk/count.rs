//! Cases, whole and in order: how many are equal under each projection, and which are told apart by some of their
//! events.

use std::collections::{BTreeMap, HashMap};

use super::collect::{BYTES, RiskEvent, RiskEvents};
use super::{Projection, RiskWishes, mixed, with};
use crate::encode::page_store::KeptBytes;
use crate::error::Result;
use crate::observer::Observer;
use crate::shard::each::each;

/// How many cases share what is known with how many: sizes of groups, and the number of cases in groups of each.
pub(super) type Sizes = BTreeMap<u64, u64>;

/// How many cases there are, and how many of them are alike.
#[derive(Debug, Default)]
pub(super) struct RiskCounts {
    pub cases: u64,
    /// For each projection the sizes of groups of cases that are equal in all points.
    pub all: Vec<(Projection, Sizes)>,
    /// For each projection and number of points how many cases no other case shares them with.
    pub points: Vec<(Projection, u32, u64)>,
}

/// One case of a partition.
struct WholeCase {
    /// A hash that stands for the case itself.
    name: [u8; 16],
    /// Its events in order: those of one time in the order of their rows.
    events: Vec<RiskEvent>,
    /// Its attributes, as its first row has them.
    of_case: u64,
}

/// What is known of an event under a projection.
fn known(projection: Projection, event: &RiskEvent) -> u64 {
    match projection {
        Projection::A => with(event.activity, event.time.cast_unsigned()),
        Projection::B => with(event.activity, event.attributes),
        Projection::C => event.attributes,
        Projection::D => 0,
        Projection::E => event.activity,
    }
}

/// The cases of a partition, in the order of their hashes.
fn cases(blocks: &[KeptBytes]) -> Result<Vec<WholeCase>> {
    let mut events: Vec<RiskEvent> = Vec::new();
    for block in blocks {
        let bytes = block.read()?;
        events.extend(bytes.as_chunks::<BYTES>().0.iter().map(RiskEvent::of));
    }
    // Stable: rows of one case stay in their order.
    events.sort_by_key(|event| event.case);
    let of_case = |events: &[RiskEvent]| {
        let mut ordered = events.to_vec();
        ordered.sort_by_key(|event| event.time);
        WholeCase { name: events[0].case, of_case: events[0].of_case, events: ordered }
    };
    Ok(events.chunk_by(|left, right| left.case == right.case).map(of_case).collect())
}

/// The hash of all that is known of a case.
fn whole(projection: Projection, case: &WholeCase) -> u64 {
    let mut hash = if projection.has_case() { with(1, case.of_case) } else { 0 };
    if projection.has_events() {
        hash = case.events.iter().fold(hash, |hash, event| with(hash, known(projection, event)));
    }
    hash
}

/// Which events of a case are known: those with the least of numbers that follow from the seed, the case and the
/// number of the event. Of a case with fewer events all are.
pub(super) fn chosen(case: &[u8; 16], events: usize, points: usize, seed: u64) -> Vec<usize> {
    let mut first = [0; 8];
    first.copy_from_slice(&case[..8]);
    let case = u64::from_be_bytes(first);
    let number = |event: usize| mixed(case ^ mixed(seed.wrapping_add(event as u64)));
    let mut order: Vec<usize> = (0..events).collect();
    order.sort_by_key(|event| (number(*event), *event));
    order.truncate(points);
    order
}

/// Counts all that is wished for.
pub(super) fn count(
    events: &RiskEvents,
    wishes: &RiskWishes,
    workers: usize,
    observer: &Observer,
) -> Result<RiskCounts> {
    let mut counts = RiskCounts::default();
    let partitions: Vec<&Vec<KeptBytes>> = events.partitions.iter().collect();
    let found = each(workers, partitions, |_, blocks: &Vec<KeptBytes>| {
        observer.check()?;
        let cases = cases(blocks)?;
        let of = |projection: &Projection| cases.iter().map(|case| whole(*projection, case)).collect();
        let hashes: Vec<Vec<u64>> = match wishes.all_points {
            true => wishes.projections.iter().map(of).collect(),
            false => Vec::new(),
        };
        Ok((cases.len() as u64, hashes))
    })?;
    counts.cases = found.iter().map(|(cases, _)| cases).sum();
    if wishes.all_points {
        for (at, projection) in wishes.projections.iter().enumerate() {
            let mut all: Vec<u64> = found.iter().flat_map(|(_, hashes)| hashes[at].iter().copied()).collect();
            all.sort_unstable();
            let mut sizes = Sizes::new();
            for same in all.chunk_by(|left, right| left == right) {
                *sizes.entry(same.len() as u64).or_default() += same.len() as u64;
            }
            counts.all.push((*projection, sizes));
        }
    }
    drop(found);
    if !wishes.points.is_empty() {
        for projection in &wishes.projections {
            let known = KnownPoints::of(events, *projection, workers, observer)?;
            for points in &wishes.points {
                let unique = known.unique(events, *points, wishes.seed, workers, observer)?;
                counts.points.push((*projection, *points, unique));
            }
        }
    }
    Ok(counts)
}

/// Which cases have which points: 16 bytes for each point of a case.
struct KnownPoints {
    projection: Projection,
    /// Points with the number of their case, sorted, each once.
    of_cases: Vec<(u64, u32)>,
    /// Attributes of cases, where they are known as well.
    attributes: Vec<u64>,
}

impl KnownPoints {
    fn of(events: &RiskEvents, projection: Projection, workers: usize, observer: &Observer) -> Result<Self> {
        let partitions: Vec<&Vec<KeptBytes>> = events.partitions.iter().collect();
        let found = each(workers, partitions, |_, blocks: &Vec<KeptBytes>| {
            observer.check()?;
            let (mut points, mut attributes): (Vec<(u64, u32)>, Vec<u64>) = (Vec::new(), Vec::new());
            for (number, case) in (0..).zip(cases(blocks)?) {
                attributes.push(if projection.has_case() { case.of_case } else { 0 });
                points.extend(case.events.iter().map(|event| (known(projection, event), number)));
            }
            points.sort_unstable();
            points.dedup();
            Ok((points, attributes))
        })?;
        let (mut of_cases, mut attributes) = (Vec::new(), Vec::new());
        for (points, of_case) in found {
            let before = attributes.len() as u32;
            of_cases.extend(points.into_iter().map(|(point, case)| (point, case + before)));
            attributes.extend(of_case);
        }
        of_cases.sort_unstable();
        Ok(Self { projection, of_cases, attributes })
    }

    /// The cases that have a point.
    fn cases(&self, point: u64) -> &[(u64, u32)] {
        let from = self.of_cases.partition_point(|(other, _)| *other < point);
        let to = from + self.of_cases[from..].partition_point(|(other, _)| *other == point);
        &self.of_cases[from..to]
    }

    /// Whether a case has a point.
    fn has(&self, case: u32, point: u64) -> bool {
        self.of_cases.binary_search(&(point, case)).is_ok()
    }

    /// How many cases have points that no other case has, all of them together.
    fn unique(
        &self,
        events: &RiskEvents,
        points: u32,
        seed: u64,
        workers: usize,
        observer: &Observer,
    ) -> Result<u64> {
        let partitions: Vec<&Vec<KeptBytes>> = events.partitions.iter().collect();
        let found = each(workers, partitions, |_, blocks: &Vec<KeptBytes>| {
            observer.check()?;
            let mut answered: HashMap<(u64, Vec<u64>), bool> = HashMap::new();
            let mut unique = 0;
            for case in cases(blocks)? {
                let chosen = chosen(&case.name, case.events.len(), points as usize, seed);
                let known = chosen.iter().map(|event| known(self.projection, &case.events[*event]));
                let mut known: Vec<u64> = known.collect();
                known.sort_unstable();
                known.dedup();
                let of_case = if self.projection.has_case() { case.of_case } else { 0 };
                let key = (of_case, known);
                let is_unique = match answered.get(&key) {
                    Some(is_unique) => *is_unique,
                    None => {
                        let is_unique = self.is_unique(of_case, &key.1);
                        answered.insert(key, is_unique);
                        is_unique
                    }
                };
                unique += u64::from(is_unique);
            }
            Ok(unique)
        })?;
        Ok(found.into_iter().sum())
    }

    fn is_unique(&self, of_case: u64, points: &[u64]) -> bool {
        // The rarest point has the fewest cases to ask.
        let Some(rarest) = points.iter().copied().min_by_key(|point| self.cases(*point).len()) else {
            return false;
        };
        let is_such = |(_, case): &&(u64, u32)| {
            (!self.projection.has_case() || self.attributes[*case as usize] == of_case)
                && points.iter().all(|point| *point == rarest || self.has(*case, *point))
        };
        self.cases(rarest).iter().filter(is_such).take(2).count() == 1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::budget::Ration;
    use crate::encode::page_store::Spill;

    /// Events of cases: case, time, activity, attributes of the event and of the case.
    fn events(rows: &[(u8, i64, u64, u64, u64)]) -> RiskEvents {
        let spill = Arc::new(Spill::new(Arc::new(Ration::new(usize::MAX)), std::env::temp_dir()));
        let mut events = RiskEvents::new();
        for (case, time, activity, attributes, of_case) in rows {
            let mut bytes = Vec::new();
            bytes.extend_from_slice(&[*case; 16]);
            for word in [time.cast_unsigned(), *activity, *attributes, *of_case] {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
            events.partitions[usize::from(*case)].push(spill.keep(&bytes).unwrap());
        }
        events
    }

    fn counted(rows: &[(u8, i64, u64, u64, u64)], points: &[u32]) -> RiskCounts {
        let wishes = RiskWishes { points: points.to_vec(), ..RiskWishes::default() };
        count(&events(rows), &wishes, 2, &Observer::default()).unwrap()
    }

    #[test]
    fn cases_are_equal_where_all_that_is_known_is_equal() {
        // Cases 1 and 2 have the same activities, 1 and 3 the same of cases; rows of 2 stand in another order.
        let rows = [(1, 10, 7, 1, 5), (1, 20, 8, 1, 5), (2, 40, 8, 2, 6), (2, 30, 7, 2, 6), (3, 50, 7, 1, 5)];
        let counts = counted(&rows, &[]);
        let sizes: Vec<Vec<(u64, u64)>> =
            counts.all.iter().map(|(_, sizes)| sizes.iter().map(|(k, n)| (*k, *n)).collect()).collect();
        assert_eq!(counts.cases, 3);
        // A, B and C tell all apart; D has a pair; E has a pair.
        let (all, pair) = (vec![(1, 3)], vec![(1, 1), (2, 2)]);
        assert_eq!(sizes, [all.clone(), all.clone(), all, pair.clone(), pair]);
    }

    #[test]
    fn points_of_one_case_are_looked_for_in_all() {
        // Case 1 does 7 and 8, case 2 does 7 alone, case 3 does 8 alone.
        let rows = [(1, 1, 7, 0, 0), (1, 2, 8, 0, 0), (2, 3, 7, 0, 0), (3, 4, 8, 0, 0)];
        let unique = |projection: Projection, points: u32| {
            let counts = counted(&rows, &[points]);
            counts.points.iter().find(|(it, ..)| *it == projection).unwrap().2
        };
        // With one activity no case is alone; with both case 1 is.
        assert_eq!((unique(Projection::E, 1), unique(Projection::E, 2)), (0, 1));
        // All times differ.
        assert_eq!(unique(Projection::A, 1), 3);
        // Nothing is known of cases, which all look alike.
        assert_eq!(unique(Projection::D, 1), 0);
    }

    #[test]
    fn which_points_are_known_follows_from_seed_and_case() {
        let chosen_of = |case: u8, seed| chosen(&[case; 16], 10, 3, seed);
        assert_eq!(chosen_of(1, 1), chosen_of(1, 1));
        assert_ne!(chosen_of(1, 1), chosen_of(1, 2));
        assert_eq!(chosen(&[1; 16], 2, 5, 1).len(), 2);
        let all: std::collections::BTreeSet<usize> = (0..100).flat_map(|case| chosen_of(case, 1)).collect();
        assert_eq!(all.len(), 10);
    }
}
