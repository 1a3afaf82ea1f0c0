//! When the events of a log happened: first, last, how many in each part of the period, and the longest gaps.

use serde::Serialize;

use super::columns::cells::CellKind;
use super::columns::profile::ColumnPart;

/// Parts of the period.
const PARTS: usize = 60;
/// Gaps that are told.
const GAPS: usize = 5;

/// The period of a log.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// The first time of an event.
    pub first: Option<String>,
    /// The last time of an event.
    pub last: Option<String>,
    /// Events in each sixtieth of the period.
    pub histogram: Vec<u64>,
    /// Whether the histogram comes from a sample.
    pub approximate: bool,
    /// The longest stretches without any event; empty if the times are a sample.
    pub gaps: Vec<Gap>,
}

/// A stretch without events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// The last time before it.
    pub from: String,
    /// The first time after it.
    pub to: String,
    /// How long it is.
    pub seconds: f64,
}

impl Timeline {
    /// The period of the times in a column, which are these in ascending order with their rows. Everything must
    /// be merged.
    pub fn of(column: &ColumnPart, times: &[(u64, f64)]) -> Self {
        let per_second = match column.kind {
            CellKind::Time(unit) => 1e9 / super::columns::cells::nanos_in(unit) as f64,
            CellKind::Date => 1.0 / 86_400.0,
            _ => return Self::default(),
        };
        let Some((low, high)) = column.range else { return Self::default() };
        let shown = |key: u64| column.kind.shown(super::columns::values::spread(key));
        let width = (high - low) as f64 + 1.0;
        let mut parts = vec![0.0; if low == high { 1 } else { PARTS }];
        let last = parts.len() - 1;
        for (key, weight) in times {
            let at = ((key - low) as f64 / width * parts.len() as f64) as usize;
            parts[at.min(last)] += weight;
        }
        let is_exact = column.values.is_exact();
        // The longest first, and of equal ones the earliest.
        let mut gaps: Vec<(u64, u64)> = Vec::with_capacity(GAPS + 1);
        for pair in times.windows(2).filter(|_| is_exact) {
            let length = pair[1].0 - pair[0].0;
            if gaps.len() < GAPS || gaps.last().is_some_and(|it| it.0 < length) {
                gaps.insert(gaps.partition_point(|it| it.0 >= length), (length, pair[0].0));
                gaps.truncate(GAPS);
            }
        }
        let gap = |(length, from): (u64, u64)| Gap {
            from: shown(from),
            to: shown(from + length),
            seconds: length as f64 / per_second,
        };
        Self {
            first: Some(shown(low)),
            last: Some(shown(high)),
            histogram: parts.into_iter().map(|it: f64| it.round() as u64).collect(),
            approximate: !is_exact,
            gaps: gaps.into_iter().map(gap).collect(),
        }
    }
}
