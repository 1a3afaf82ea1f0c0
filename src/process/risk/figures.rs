//! The result: for each projection the share of unique cases, and how many cases share what is known with how many.

use serde_json::{Value, json};

use super::count::RiskCounts;
use super::{Projection, RiskWishes};

/// The risk of the cases of a log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RiskFigures {
    /// Number of events.
    pub events: u64,
    /// Number of cases.
    pub cases: u64,
    /// Rows that are no events, because a case, an activity or a time is missing.
    pub rows_left_out: u64,
    /// Names of the columns that are attributes of cases.
    pub case_columns: Vec<String>,
    /// Names of the columns that are attributes of events.
    pub event_columns: Vec<String>,
    /// The seed of random points.
    pub seed: u64,
    /// For each projection its risk, in the order in which they were asked for.
    pub projections: Vec<ProjectionRisk>,
    /// Columns that look personal: name, what they look like, how many of how many values do.
    pub personal: Vec<(String, &'static str, u64, u64)>,
}

/// The risk under one projection.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectionRisk {
    /// What somebody knows.
    pub projection: Projection,
    /// If all points are known, for each size of a group of equal cases how many cases are in groups of that size.
    pub sizes: Option<Vec<(u64, u64)>>,
    /// For each number of random points how many cases are unique.
    pub points: Vec<(u32, u64)>,
}

impl ProjectionRisk {
    /// Unique cases, if all points are known.
    pub fn unique(&self) -> Option<u64> {
        let sizes = self.sizes.as_ref()?;
        Some(sizes.iter().find(|(size, _)| *size == 1).map_or(0, |(_, cases)| *cases))
    }

    /// The size of the smallest group: the k of k-anonymity for what is known.
    pub fn least(&self) -> Option<u64> {
        self.sizes.as_ref()?.first().map(|(size, _)| *size)
    }

    /// Cases in groups of sizes from and to, both included; `None` for no end.
    pub fn within(&self, from: u64, to: Option<u64>) -> u64 {
        let sizes = self.sizes.iter().flatten();
        sizes
            .filter(|(size, _)| *size >= from && to.is_none_or(|to| *size <= to))
            .map(|(_, cases)| cases)
            .sum()
    }
}

/// Ranges of sizes that tables show.
pub const RANGES: [(u64, Option<u64>); 6] =
    [(1, Some(1)), (2, Some(4)), (5, Some(9)), (10, Some(49)), (50, Some(99)), (100, None)];

impl RiskFigures {
    pub(super) fn of(counts: RiskCounts, wishes: &RiskWishes) -> Self {
        let risk = |projection: &Projection| ProjectionRisk {
            projection: *projection,
            sizes: counts
                .all
                .iter()
                .find(|(it, _)| it == projection)
                .map(|(_, sizes)| sizes.iter().map(|(size, cases)| (*size, *cases)).collect()),
            points: counts
                .points
                .iter()
                .filter(|(it, ..)| it == projection)
                .map(|(_, points, unique)| (*points, *unique))
                .collect(),
        };
        Self {
            cases: counts.cases,
            seed: wishes.seed,
            projections: wishes.projections.iter().map(risk).collect(),
            ..Self::default()
        }
    }

    /// The share of some of the cases; 0 of none.
    pub fn share(&self, cases: u64) -> f64 {
        if self.cases == 0 { 0.0 } else { cases as f64 / self.cases as f64 }
    }

    /// The result as JSON, of which no key depends on the log.
    pub fn to_json(&self) -> Value {
        let projection = |it: &ProjectionRisk| {
            let mut value =
                json!({ "projection": it.projection.letter(), "known": it.projection.described() });
            if let (Some(unique), Some(sizes)) = (it.unique(), &it.sizes) {
                value["unique_cases"] = unique.into();
                value["unique_share"] = self.share(unique).into();
                value["least_k"] = it.least().into();
                value["k"] = sizes.iter().map(|(k, cases)| json!({"k": k, "cases": cases})).collect();
            }
            let points: Vec<Value> = it
                .points
                .iter()
                .map(|(points, unique)| {
                    json!({"points": points, "unique_cases": unique, "unique_share": self.share(*unique)})
                })
                .collect();
            if !points.is_empty() {
                value["points"] = points.into();
            }
            value
        };
        let personal: Vec<Value> = self
            .personal
            .iter()
            .map(|(column, kind, count, values)| {
                json!({"column": column, "looks_like": kind, "values": count, "of": values})
            })
            .collect();
        json!({
            "events": self.events,
            "cases": self.cases,
            "rows_left_out": self.rows_left_out,
            "seed": self.seed,
            "event_attributes": self.event_columns,
            "case_attributes": self.case_columns,
            "projections": self.projections.iter().map(projection).collect::<Vec<_>>(),
            "personal": personal,
        })
    }
}
