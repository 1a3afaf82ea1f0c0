//! The truth about a log: what it holds, and what was planted in it, as JSON.
//!
//! Events without case, activity or time are not counted. The events of a case are ordered by time (by start,
//! then time, where the log has starts), and events of the same time by their order in the log, as pm4py does
//! it. So the figures are those of the finished log, with everything that is planted in it.

use std::collections::{BTreeMap, HashMap};

use super::jsonl::push_string;
use super::options::{GenerateOptions, TimeGrain, Word};
use super::planted::{Row, case_name};

/// A change by a planted pattern.
#[derive(Debug)]
pub(super) struct Told {
    /// Number of the row, from 1, without the header; `None` for a row that is not in the log.
    pub(super) row: Option<u64>,
    pub(super) case: u64,
    pub(super) column: Option<&'static str>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// All changes by a planted pattern.
#[derive(Debug)]
struct Planted {
    pattern: &'static str,
    share: f64,
    cases: u64,
    changes: Vec<Told>,
    idle: Option<(u64, u64)>,
}

/// The truth about a log, complete when the log is.
#[derive(Debug)]
pub struct Truth {
    options: Vec<(&'static str, String)>,
    grain: TimeGrain,
    rows: u64,
    left_out: u64,
    cases: u64,
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    activities: Vec<u64>,
    starts: BTreeMap<u32, u64>,
    ends: BTreeMap<u32, u64>,
    follows: BTreeMap<(u32, u32), u64>,
    variants: HashMap<Vec<u32>, u64>,
    drift: Option<(String, u64)>,
    planted: Vec<Planted>,
}

impl Truth {
    pub(super) fn new(options: &GenerateOptions, grain: TimeGrain) -> Self {
        let planted = options.plants.iter().map(|plant| Planted {
            pattern: plant.pattern.word(),
            share: plant.share,
            cases: 0,
            changes: Vec::new(),
            idle: None,
        });
        Self {
            options: told_options(options),
            grain,
            rows: 0,
            left_out: 0,
            cases: 0,
            names: Vec::new(),
            numbers: HashMap::new(),
            activities: Vec::new(),
            starts: BTreeMap::new(),
            ends: BTreeMap::new(),
            follows: BTreeMap::new(),
            variants: HashMap::new(),
            drift: None,
            planted: planted.collect(),
        }
    }

    /// Number of cases with at least one complete event.
    pub const fn cases(&self) -> u64 {
        self.cases
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(super) fn idle(&mut self, plant: usize, from: u64, to: u64) {
        self.planted[plant].idle = Some((from, to));
    }

    pub(super) fn planted(&mut self, plant: usize) {
        self.planted[plant].cases += 1;
    }

    pub(super) fn tell(&mut self, plant: usize, told: Told) {
        self.planted[plant].changes.push(told);
    }

    /// Counts the events of a case, which may have got two case ids.
    pub(super) fn count(&mut self, rows: &[Row], has_drifted: bool) {
        self.rows += rows.len() as u64;
        let mut complete: Vec<&Row> = rows.iter().collect();
        complete.retain(|row| row.case > 0 && !row.activity.is_empty() && row.moment.is_some());
        self.left_out += (rows.len() - complete.len()) as u64;
        complete.sort_by_key(|row| (row.case, row.start.or(row.moment), row.moment));
        for case in complete.chunk_by(|one, other| one.case == other.case) {
            let sequence: Vec<u32> = case.iter().map(|row| self.number(&row.activity)).collect();
            if has_drifted && self.drift.is_none() {
                self.drift = Some((case_name(case[0].case), case[0].order));
            }
            self.cases += 1;
            sequence.iter().for_each(|activity| self.activities[*activity as usize] += 1);
            sequence.windows(2).for_each(|pair| *self.follows.entry((pair[0], pair[1])).or_default() += 1);
            if let [first, .., last] | [first @ last] = sequence[..] {
                *self.starts.entry(first).or_default() += 1;
                *self.ends.entry(last).or_default() += 1;
            }
            *self.variants.entry(sequence).or_default() += 1;
        }
    }

    fn number(&mut self, activity: &str) -> u32 {
        if let Some(number) = self.numbers.get(activity) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(activity.to_owned());
        self.activities.push(0);
        self.numbers.insert(activity.to_owned(), number);
        number
    }

    /// The truth as JSON, with a member on each line and an entry of a list on each line.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Json(b"{\n".to_vec());
        let options = self.options.iter().map(|(name, value)| format!("{}: {value}", quoted(name)));
        json.object("options", options);
        json.member("events", self.rows - self.left_out);
        json.member("left_out", self.left_out);
        json.member("cases", self.cases);
        let all: BTreeMap<u32, u64> = (0..).zip(self.activities.iter().copied()).collect();
        for (name, counts) in
            [("activities", &all), ("start_activities", &self.starts), ("end_activities", &self.ends)]
        {
            json.object(name, self.by_name(counts).map(|(name, count)| format!("{}: {count}", quoted(name))));
        }
        let mut pairs: Vec<_> = self
            .follows
            .iter()
            .map(|((from, to), count)| (self.name(*from), self.name(*to), count))
            .collect();
        pairs.sort_unstable();
        json.list(
            "dfg",
            pairs.into_iter().map(|(from, to, count)| {
                format!("{{\"from\": {}, \"to\": {}, \"count\": {count}}}", quoted(from), quoted(to))
            }),
        );
        let mut variants: Vec<(u64, Vec<&str>)> = self
            .variants
            .iter()
            .map(|(sequence, count)| (*count, sequence.iter().map(|activity| self.name(*activity)).collect()))
            .collect();
        variants.sort_unstable_by(|one, other| other.cmp(one));
        json.list(
            "variants",
            variants.into_iter().map(|(cases, activities)| {
                let activities: Vec<String> = activities.into_iter().map(quoted).collect();
                format!("{{\"cases\": {cases}, \"activities\": [{}]}}", activities.join(", "))
            }),
        );
        if let Some((case, moment)) = &self.drift {
            let moment = quoted(&self.grain.text(*moment));
            json.member("drift", format!("{{\"case\": {}, \"time\": {moment}}}", quoted(case)));
        }
        let planted: Vec<String> = self.planted.iter().map(|planted| planted.to_json(self.grain)).collect();
        json.0.extend_from_slice(b"  \"planted\": [");
        json.0.extend_from_slice(planted.join(", ").as_bytes());
        json.0.extend_from_slice(b"]\n}\n");
        json.0
    }

    fn name(&self, activity: u32) -> &str {
        &self.names[activity as usize]
    }

    fn by_name<'a>(&'a self, counts: &BTreeMap<u32, u64>) -> impl Iterator<Item = (&'a str, u64)> {
        let mut named: Vec<_> =
            counts.iter().map(|(activity, count)| (self.name(*activity), *count)).collect();
        named.sort_unstable();
        named.into_iter()
    }
}

impl Planted {
    fn to_json(&self, grain: TimeGrain) -> String {
        let mut rows: Vec<u64> = self.changes.iter().filter_map(|change| change.row).collect();
        rows.sort_unstable();
        rows.dedup();
        let rows: Vec<String> = rows.iter().map(u64::to_string).collect();
        let or_null = |text: &Option<String>| text.as_deref().map_or("null".to_owned(), quoted);
        let changes: Vec<String> = self.changes.iter().map(|it| {
            let change = match (it.row, it.column) {
                (None, _) => "removed",
                (_, None) => "added",
                _ => "set",
            };
            format!(
                "    {{\"row\": {}, \"case\": {}, \"change\": \"{change}\", \"column\": {}, \"before\": {}, \"after\": {}}}",
                it.row.map_or("null".to_owned(), |row| row.to_string()),
                quoted(&case_name(it.case)),
                it.column.map_or("null".to_owned(), quoted),
                or_null(&it.before),
                or_null(&it.after),
            )
        }).collect();
        let mut text =
            format!("{{\n    \"pattern\": \"{}\",\n    \"share\": {},\n", self.pattern, self.share);
        if let Some((from, to)) = self.idle {
            let (from, to) = (quoted(&grain.text(from)), quoted(&grain.text(to)));
            text.push_str(&format!("    \"idle\": {{\"from\": {from}, \"to\": {to}}},\n"));
        }
        text.push_str(&format!("    \"cases\": {},\n    \"rows\": [{}],\n", self.cases, rows.join(", ")));
        let end = if changes.is_empty() { "" } else { "\n    " };
        text.push_str(&format!("    \"changes\": [{end}{}{end}]\n  }}", changes.join(",\n").trim_start()));
        text
    }
}

struct Json(Vec<u8>);

impl Json {
    fn member(&mut self, name: &str, value: impl ToString) {
        self.0.extend_from_slice(format!("  \"{name}\": {},\n", value.to_string()).as_bytes());
    }

    fn object(&mut self, name: &str, members: impl Iterator<Item = String>) {
        self.entries(name, ("{", "}"), members);
    }

    fn list(&mut self, name: &str, entries: impl Iterator<Item = String>) {
        self.entries(name, ("[", "]"), entries);
    }

    fn entries(&mut self, name: &str, (open, close): (&str, &str), entries: impl Iterator<Item = String>) {
        self.0.extend_from_slice(format!("  \"{name}\": {open}").as_bytes());
        let mut any = false;
        for entry in entries {
            self.0.extend_from_slice(if any { b",\n    " } else { b"\n    " });
            self.0.extend_from_slice(entry.as_bytes());
            any = true;
        }
        self.0.extend_from_slice(if any { b"\n  " } else { b"" });
        self.0.extend_from_slice(close.as_bytes());
        self.0.extend_from_slice(b",\n");
    }
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = vec![b'"'];
    push_string(&mut quoted, text);
    quoted.push(b'"');
    String::from_utf8_lossy(&quoted).into_owned()
}

/// The options that make the log, with values of JSON.
fn told_options(options: &GenerateOptions) -> Vec<(&'static str, String)> {
    let or_null = |value: Option<u64>| value.map_or("null".to_owned(), |value| value.to_string());
    vec![
        ("seed", options.seed.to_string()),
        ("events", options.events.to_string()),
        ("cases", or_null(options.cases)),
        ("interleave", options.interleave.to_string()),
        ("text", quoted(options.text.word())),
        ("times", quoted(options.times.word())),
        ("lengths", quoted(options.lengths().word())),
        ("process", quoted(options.process().word())),
        ("activities", or_null(options.activities)),
        ("attributes", options.attributes.to_string()),
        ("intervals", options.has_intervals().to_string()),
        ("drift_at", options.drift_at.map_or("null".to_owned(), |share| share.to_string())),
    ]
}
