//! What a sample no longer shows of the log: activities, pairs that follow each other, variants.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::distance::{Weighted, earth_movers_distance};
use crate::error::Result;
use crate::step::events::collected::{Collected, Crew, Event};

/// Variants beyond which none are compared: their sequences are in memory, and a log with so many mostly has one for
/// each case.
const MOST_VARIANTS: usize = 200_000;
/// Pairs and activities that are listed of those that are lost.
const LISTED: usize = 20;

/// How often something occurs in the log, and in the sample.
#[derive(Debug, Clone, Copy, Default)]
struct Both {
    log: u64,
    sample: u64,
}

impl Both {
    fn add(&mut self, count: u64, is_sampled: bool) {
        self.log += count;
        self.sample += if is_sampled { count } else { 0 };
    }

    fn join(&mut self, other: Self) {
        self.log += other.log;
        self.sample += other.sample;
    }
}

/// What is counted of the log and of the sample.
#[derive(Debug, Default)]
struct Counts {
    cases: Both,
    events: Both,
    activities: HashMap<u32, Both>,
    pairs: HashMap<(u32, u32), Both>,
    /// `None` if there are too many.
    variants: Option<HashMap<Box<[u32]>, Both>>,
}

impl Counts {
    fn new() -> Self {
        Self { variants: Some(HashMap::new()), ..Self::default() }
    }

    fn case(&mut self, events: &[Event], is_sampled: bool) {
        self.cases.add(1, is_sampled);
        self.events.add(events.len() as u64, is_sampled);
        for event in events {
            self.activities.entry(event.activity).or_default().add(1, is_sampled);
        }
        for pair in events.windows(2) {
            self.pairs.entry((pair[0].activity, pair[1].activity)).or_default().add(1, is_sampled);
        }
        if let Some(variants) = &mut self.variants
            && !events.is_empty()
        {
            let sequence: Vec<u32> = events.iter().map(|event| event.activity).collect();
            match variants.get_mut(sequence.as_slice()) {
                Some(both) => both.add(1, is_sampled),
                None => variants.entry(sequence.into()).or_default().add(1, is_sampled),
            }
        }
        self.limit();
    }

    fn limit(&mut self) {
        if self.variants.as_ref().is_some_and(|variants| variants.len() > MOST_VARIANTS) {
            self.variants = None;
        }
    }

    fn join(&mut self, other: Self) {
        self.cases.join(other.cases);
        self.events.join(other.events);
        for (activity, both) in other.activities {
            self.activities.entry(activity).or_default().join(both);
        }
        for (pair, both) in other.pairs {
            self.pairs.entry(pair).or_default().join(both);
        }
        self.variants = match (self.variants.take(), other.variants) {
            (Some(mut variants), Some(more)) => {
                for (sequence, both) in more {
                    variants.entry(sequence).or_default().join(both);
                }
                Some(variants)
            }
            _ => None,
        };
        self.limit();
    }
}

/// What a sample lost: `is_sampled` says which cases are in it.
///
/// # Errors
/// If events that wait in the spill file can't be read.
pub(super) fn loss(
    collected: &Collected,
    crew: &Crew<'_>,
    is_sampled: impl Fn(&[u8]) -> Result<bool> + Sync,
) -> Result<Value> {
    let count = |partition| {
        let mut counts = Counts::new();
        collected.each_case(partition, |case, events| {
            counts.case(events, is_sampled(case)?);
            Ok(())
        })?;
        Ok(counts)
    };
    Ok(told(collected.sum_partitions(crew, Counts::new(), count, Counts::join)?, collected))
}

/// Of some things that occur, how many there are, how many the sample has not, and the most frequent of these.
fn lost<K>(
    all: &HashMap<K, Both>,
    shown: impl Fn(&K, u64) -> Value,
    name: impl Fn(&K) -> String,
) -> (usize, Vec<Value>) {
    let mut lost: Vec<(&K, u64)> =
        all.iter().filter(|(_, both)| both.sample == 0).map(|(key, both)| (key, both.log)).collect();
    lost.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| name(left.0).cmp(&name(right.0))));
    (lost.len(), lost.into_iter().take(LISTED).map(|(key, count)| shown(key, count)).collect())
}

fn told(counts: Counts, collected: &Collected) -> Value {
    let mut loss = json!({
        "cases": counts.cases.log,
        "sample_cases": counts.cases.sample,
        "events": counts.events.log,
        "sample_events": counts.events.sample,
    });
    if collected.layout.activity.is_none() || collected.layout.time.is_none() {
        loss["not_computed"] = "the log has no column of the activity or of the timestamp".into();
        return loss;
    }
    let text = |number: u32| String::from_utf8_lossy(collected.activities.get(number)).into_owned();
    let (count, listed) = lost(
        &counts.activities,
        |it, events| json!({"activity": text(*it), "events": events}),
        |it| text(*it),
    );
    loss["activities"] = counts.activities.len().into();
    loss["lost_activities"] = count.into();
    loss["lost_activities_listed"] = listed.into();
    let shown =
        |(from, to): &(u32, u32), times| json!({"from": text(*from), "to": text(*to), "count": times});
    let (count, listed) = lost(&counts.pairs, shown, |(from, to)| format!("{} > {}", text(*from), text(*to)));
    loss["relations"] = counts.pairs.len().into();
    loss["lost_relations"] = count.into();
    loss["lost_relations_listed"] = listed.into();
    loss["relation_frequency_nrmse"] = nrmse(&counts).into();
    let Some(variants) = &counts.variants else {
        loss["variants_not_compared"] = format!("there are more than {MOST_VARIANTS}").into();
        return loss;
    };
    let kept = || variants.values().filter(|both| both.sample > 0);
    loss["variants"] = variants.len().into();
    loss["lost_variants"] = (variants.len() - kept().count()).into();
    let covered: u64 = kept().map(|both| both.log).sum();
    let of_cases: u64 = variants.values().map(|both| both.log).sum();
    loss["cases_of_kept_variants"] = share(covered, of_cases).into();
    // In a set order, so that sums are the same in every run.
    let mut all: Vec<(&[u32], &Both)> = variants.iter().map(|(sequence, both)| (&**sequence, both)).collect();
    all.sort_by_cached_key(|(sequence, _)| {
        sequence.iter().map(|it| collected.activities.get(*it)).collect::<Vec<_>>()
    });
    let of = |count: fn(&Both) -> u64| -> Weighted<'_> {
        all.iter()
            .map(|(sequence, both)| (*sequence, count(both)))
            .filter(|(_, weight)| *weight > 0)
            .collect()
    };
    match earth_movers_distance(&of(|both| both.log), &of(|both| both.sample)) {
        Some(distance) => loss["variant_distance"] = distance.into(),
        None => loss["variant_distance_not_computed"] = "there are too many variants, or no case".into(),
    }
    loss
}

/// The error of the sample's frequencies of all pairs, each of which should be the log's times the share of cases: the
/// root of the mean of squares, as a share of the mean frequency. Absent without pairs or cases.
fn nrmse(counts: &Counts) -> Option<f64> {
    let ratio = share(counts.cases.sample, counts.cases.log).filter(|ratio| *ratio > 0.0)?;
    // Equal terms are equal whatever their order, so sorted ones have one sum.
    let mut squares: Vec<f64> =
        counts.pairs.values().map(|both| (both.sample as f64 - both.log as f64 * ratio).powi(2)).collect();
    squares.sort_by(f64::total_cmp);
    let number = squares.len() as f64;
    let mean = counts.pairs.values().map(|both| both.log).sum::<u64>() as f64 * ratio / number;
    let error = (squares.iter().sum::<f64>() / number).sqrt() / mean;
    error.is_finite().then_some(error)
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}
