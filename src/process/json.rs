//! Figures as one JSON object, written piece by piece: a log may have millions of variants.

use std::io::{Result, Write};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::figures::{EdgeFigures, ProcessFigures, Spread};
use super::ranking::RankedVariant;

/// Writes the figures as one object. `most`: variants that are written at most.
///
/// # Errors
/// If `out` can't be written.
pub fn write(figures: &ProcessFigures, most: Option<usize>, out: &mut dyn Write) -> Result<()> {
    let mut object = ObjectWriter::begin(out)?;
    object.put("events", &figures.events)?;
    object.put("cases", &figures.cases)?;
    object.put("rows_left_out", &left_out(figures))?;
    object.put("first_event", &figures.period_ns.map(|(first, _)| time(first)))?;
    object.put("last_event", &figures.period_ns.map(|(_, last)| time(last)))?;
    let activities = &figures.activities;
    let counts = |of: fn(&super::ActivityFigures) -> u64| -> Map<String, Value> {
        let named = activities.iter().map(|it| (it.name.to_string(), of(it)));
        named.filter(|(_, count)| *count > 0).map(|(name, count)| (name, count.into())).collect()
    };
    object.put("activities", &counts(|it| it.events))?;
    object.put("start_activities", &counts(|it| it.starts))?;
    object.put("end_activities", &counts(|it| it.ends))?;
    object.put("activity_cases", &counts(|it| it.cases))?;
    object.put("rework", &counts(|it| it.rework))?;
    object.list("dfg", figures.edges.iter().map(|it| edge(figures, it)))?;
    object.put("variant_count", &figures.variant_count())?;
    let variants =
        figures.ranked_variants().iter().take(most.unwrap_or(usize::MAX)).map(|it| VariantObject {
            activities: Names { of: it, name: move |at| figures.activity(at) },
            cases: it.cases,
            coverage: it.coverage,
            cumulative_coverage: it.cumulative_coverage,
        });
    object.list("variants", variants)?;
    object.put("case_duration_s", &case_durations(figures))?;
    object.put("case_size", &spread(&figures.case_size, ""))?;
    object.put("case_arrival_average_s", &figures.arrival_s)?;
    object.put("case_dispersion_average_s", &figures.dispersion_s)?;
    let (pairs, edges) = figures.ties();
    object.put("ties", &json!({ "pairs": pairs, "edges": edges }))?;
    if let Some(cycle) = figures.cycle_time_s {
        object.put("cycle_time_s", &cycle)?;
    }
    let services: Map<String, Value> = activities
        .iter()
        .filter_map(|it| Some((it.name.to_string(), Value::Object(spread(&it.service_s?, "")))))
        .collect();
    if !services.is_empty() {
        object.put("service_time_s", &services)?;
    }
    if let Some(profile) = &figures.temporal_profile {
        object.put("temporal_profile_limit", &profile.most_events)?;
        object.put("temporal_profile_cases_left_out", &profile.cases_left_out)?;
        let pairs = profile.pairs.iter().map(|it| {
            json!({
                "from": figures.activity(it.from),
                "to": figures.activity(it.to),
                "count": it.count,
                "mean_s": it.mean,
                "stdev_s": it.stdev,
            })
        });
        object.list("temporal_profile", pairs)?;
    }
    if let Some(resources) = &figures.resources {
        let counts: Map<String, Value> =
            resources.iter().map(|(name, events)| (name.to_string(), (*events).into())).collect();
        object.put("resources", &counts)?;
    }
    object.end()
}

/// A variant of a log, written name by name: one case may have millions of events.
#[derive(Serialize)]
struct VariantObject<T: Serialize> {
    activities: T,
    cases: u64,
    coverage: f64,
    cumulative_coverage: f64,
}

/// The names of the activities of a variant.
pub(super) struct Names<'r, F> {
    pub of: RankedVariant<'r>,
    pub name: F,
}

impl<'n, F: Fn(usize) -> &'n str> Serialize for Names<'_, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.of.activities().map(&self.name))
    }
}

fn left_out(figures: &ProcessFigures) -> Value {
    let it = figures.left_out;
    json!({
        "rows": it.rows,
        "without_case": it.without_case,
        "without_activity": it.without_activity,
        "without_timestamp": it.without_time,
    })
}

fn edge(figures: &ProcessFigures, edge: &EdgeFigures) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("from".into(), figures.activity(edge.from).into());
    object.insert("to".into(), figures.activity(edge.to).into());
    object.append(&mut spread(&edge.seconds, "_s"));
    object.insert("tied".into(), edge.tied.into());
    object
}

fn case_durations(figures: &ProcessFigures) -> Map<String, Value> {
    let seconds = &figures.case_duration_s;
    let mut object = spread(seconds, "");
    object.insert("median".into(), seconds.upper_median.into());
    object.insert("median_interpolated".into(), seconds.median.into());
    let (shortest, longest) = figures.extreme_cases.clone().unzip();
    object.insert("min_case".into(), shortest.into());
    object.insert("max_case".into(), longest.into());
    object
}

/// A spread; the names of all figures but the count end in `unit`.
pub(super) fn spread(spread: &Spread, unit: &str) -> Map<String, Value> {
    let named = [
        ("mean", spread.mean),
        ("median", spread.median),
        ("min", spread.min),
        ("max", spread.max),
        ("sum", Some(spread.sum)),
        ("stdev", spread.stdev),
        ("p90", spread.p90),
        ("p95", spread.p95),
        ("p99", spread.p99),
    ];
    let mut object = Map::new();
    object.insert("count".into(), spread.count.into());
    object.extend(named.into_iter().map(|(name, value)| (format!("{name}{unit}"), value.into())));
    object
}

/// A time as ISO 8601 in UTC; as seconds since 1970 beyond the year 9999.
pub fn time(nanos: i128) -> String {
    match jiff::Timestamp::from_nanosecond(nanos) {
        Ok(time) => time.to_string(),
        // The last day of the year 9999 is beyond what that type holds.
        Err(_) => {
            let second = i64::try_from(nanos.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
            let below = i32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or_default();
            let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
            match epoch.checked_add(jiff::SignedDuration::new(second, below)) {
                Ok(time) => format!("{time}Z"),
                Err(_) => format!("{second}s"),
            }
        }
    }
}

/// An object with a line for each key, and in lists for each item.
pub(super) struct ObjectWriter<'o> {
    out: &'o mut dyn Write,
    is_first: bool,
}

impl<'o> ObjectWriter<'o> {
    pub fn begin(out: &'o mut dyn Write) -> Result<Self> {
        out.write_all(b"{")?;
        Ok(Self { out, is_first: true })
    }

    fn key(&mut self, key: &str) -> Result<()> {
        let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
        write!(self.out, "{comma}\n  \"{key}\": ")
    }

    pub fn put(&mut self, key: &str, value: &impl Serialize) -> Result<()> {
        self.key(key)?;
        Ok(serde_json::to_writer(&mut self.out, value)?)
    }

    pub fn list(&mut self, key: &str, items: impl Iterator<Item = impl Serialize>) -> Result<()> {
        self.key(key)?;
        self.out.write_all(b"[")?;
        for (at, item) in items.enumerate() {
            self.out.write_all(if at == 0 { b"\n    " } else { b",\n    " })?;
            serde_json::to_writer(&mut self.out, &item)?;
        }
        self.out.write_all(b"]")
    }

    pub fn end(self) -> Result<()> {
        self.out.write_all(b"\n}\n")
    }
}
