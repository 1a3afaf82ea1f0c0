//! Attributes that follow from the resource or from the activity, but for a few events.

use std::collections::{BTreeMap, HashMap};

use super::changing_case_attribute::varies;
use super::{About, Check, Dimension, Severity, Verdict};
use crate::inspect::attributes::{DEPENDENTS, DETERMINANTS, Together, ValuePairs};
use crate::inspect::facts::Facts;
use crate::inspect::tally::{EXAMPLES, Example, Tally};
use crate::report::Report;

/// Makes the check `broken-dependency` of a log.
pub struct BrokenDependency;

static ABOUT: About = About {
    id: "broken-dependency",
    title: "Attribute that does not follow from the resource or the activity",
    anchors: &["DaQAPO detect_attribute_dependencies (found in the log)"],
    dimension: Dimension::Consistency,
    severity: Severity::Warn,
    weight: 1,
    unit: "events",
    meaning: "A column has one value for each resource, or for each activity, in 99 of 100 events at least, such as the department of a clerk. Here it has another value.",
    formula: "affected: such events; applicable: events with both values; both added up over the columns. Only columns of up to 64 values are looked at, and up to 1,024 resources or activities",
    help: "see which of the two values is wrong; rules of your own go into ⟦rules⟧",
    needs: &[],
};

/// Events of each resource or activity on average, at least.
const EVENTS: u64 = 10;

/// A dependency that holds nearly always.
struct Dependency {
    determinant: usize,
    attribute: usize,
    events: u64,
    broken: Vec<BrokenPair>,
}

/// Two values that break a dependency.
struct BrokenPair {
    /// The value of the determinant.
    determinant: u64,
    /// The value of the attribute, and the usual one.
    found: u64,
    usual: u64,
    /// How often they stand together, and where first.
    together: Together,
}

fn count(broken: &[BrokenPair]) -> u64 {
    broken.iter().map(|it| it.together.count).sum()
}

impl Check for BrokenDependency {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, facts: &Facts, _: &Tally, _: &Report) -> Verdict {
        let found = dependencies(facts);
        if found.is_empty() {
            return Verdict::not_assessed("no attribute follows from resources or activities");
        }
        let mut tally = Tally::default();
        let mut details = Vec::new();
        for it in &found {
            let affected = count(&it.broken);
            tally.affected += affected;
            tally.applicable += it.events;
            let name = |at: usize| &facts.table.columns[at].0;
            let (first, second) = (name(it.determinant), name(it.attribute));
            if affected > 0 {
                details.push(format!("{second} by {first}: {affected} of {}", it.events));
            }
            tally.examples.extend(it.broken.iter().map(|pair| {
                let text =
                    |at: usize, hash: u64| facts.text(at, hash).unwrap_or_else(|| "a value".to_owned());
                let what = format!(
                    "{second} is {:?}, and otherwise {:?} for {:?}",
                    text(it.attribute, pair.found),
                    text(it.attribute, pair.usual),
                    text(it.determinant, pair.determinant)
                );
                Example { row: Some(pair.together.row), case: None, what }
            }));
        }
        tally.examples.sort_by_key(|it| it.row);
        tally.examples.truncate(EXAMPLES);
        Verdict { details, ..Verdict::of(tally) }
    }

    fn rows_of(&self, facts: &Facts) -> Vec<u64> {
        let broken = dependencies(facts).into_iter().flat_map(|it| it.broken);
        broken.map(|pair| pair.together.row).collect()
    }
}

/// For each attribute the dependency with the fewest exceptions.
fn dependencies(facts: &Facts) -> Vec<Dependency> {
    let plan = facts.table.attributes();
    let mut found: BTreeMap<usize, Dependency> = BTreeMap::new();
    for (determinant, pairs) in plan.determinants.iter().zip(&facts.attributes.pairs) {
        for (attribute, pairs) in plan.attributes.iter().zip(pairs) {
            // Values in rows without the other one count as well: how many there are must not depend on cuts.
            if distinct(facts, *determinant) > DETERMINANTS || distinct(facts, *attribute) > DEPENDENTS {
                continue;
            }
            let Some((events, broken)) = dependency(pairs).filter(|_| varies(facts, *attribute)) else {
                continue;
            };
            let is_better = found.get(attribute).is_none_or(|it| count(&broken) < count(&it.broken));
            if is_better {
                let it = Dependency { determinant: *determinant, attribute: *attribute, events, broken };
                found.insert(*attribute, it);
            }
        }
    }
    found.into_values().collect()
}

fn distinct(facts: &Facts, column: usize) -> usize {
    let column = &facts.columns[column];
    usize::try_from(column.values.distinct(column.count)).unwrap_or(usize::MAX)
}

/// The number of events and the pairs of values that break a dependency which holds in nearly all of them.
fn dependency(pairs: &ValuePairs) -> Option<(u64, Vec<BrokenPair>)> {
    let counts = pairs.counts()?;
    let mut usual: HashMap<u64, (u64, u64)> = HashMap::new();
    for ((first, second), it) in counts {
        let most = usual.entry(*first).or_insert((*second, it.count));
        if it.count > most.1 {
            *most = (*second, it.count);
        }
    }
    let events: u64 = counts.values().map(|it| it.count).sum();
    let kept: u64 = usual.values().map(|(_, count)| count).sum();
    let many = usual.len() as u64;
    if many < 2 || events < many * EVENTS || (events - kept) * 100 > events {
        return None;
    }
    let broken = counts.iter().filter_map(|((determinant, found), together)| {
        let (usual, _) = *usual.get(determinant)?;
        let pair = BrokenPair { determinant: *determinant, found: *found, usual, together: *together };
        (usual != *found).then_some(pair)
    });
    Some((events, broken.collect()))
}
