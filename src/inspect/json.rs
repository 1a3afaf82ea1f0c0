//! The result of an inspection as JSON. Its schema is in `docs/inspect.schema.json`.

use serde_json::{Map, Value, json};

use super::result::{CheckResult, FORMULAS, Inspection, PATTERNS};
use crate::options::Spelling;
use crate::report::Report;

/// The number of the schema; it changes when a program that reads the JSON must.
pub const VERSION: u64 = 1;

impl Inspection {
    /// The result as one object. It holds no time of day: the same log gives the same object.
    pub fn to_json(&self, report: &Report, spelling: Spelling) -> Value {
        let formulas: Map<String, Value> =
            FORMULAS.iter().map(|(name, formula)| ((*name).to_owned(), (*formula).into())).collect();
        let inputs = report.inputs.iter().map(|it| {
            json!({"name": it.name, "format": it.format, "records": it.records, "rows": it.rows, "bad_rows": it.bad_rows})
        });
        let patterns = PATTERNS.iter().map(|(name, check, is_detected)| {
            json!({"pattern": name, "check": check, "shown_by_data_alone": is_detected})
        });
        let roles: Map<String, Value> =
            self.roles.iter().map(|(role, name)| ((*role).to_owned(), name.as_str().into())).collect();
        let grains: Map<String, Value> =
            self.grains.iter().map(|(name, count)| ((*name).to_owned(), (*count).into())).collect();
        json!({
            "inspect_version": VERSION,
            "score": self.score,
            "verdict": self.verdict(),
            "formulas": formulas,
            "records": report.records,
            "rows": self.rows,
            "events": self.events,
            "cases": self.process.as_ref().map(|it| it.cases),
            "activities": self.activities,
            "inputs": inputs.collect::<Vec<_>>(),
            "roles": roles,
            "granularity": grains,
            "time": self.timeline,
            "dimensions": self.dimensions,
            "checks": self.checks.iter().map(|it| check(it, spelling)).collect::<Vec<_>>(),
            "patterns": patterns.collect::<Vec<_>>(),
            "columns": self.columns,
        })
    }
}

fn check(it: &CheckResult, spelling: Spelling) -> Value {
    let (about, verdict) = (it.about, &it.verdict);
    let mut value = json!({
        "id": about.id,
        "title": about.title,
        "stands_for": about.anchors,
        "dimension": about.dimension,
        "severity": it.severity,
        "weight": about.weight,
        "unit": about.unit,
        "meaning": Spelling::PLAIN.write(about.meaning),
        "formula": about.formula,
        "assessed": it.score.is_some(),
        "affected": verdict.tally.affected,
        "applicable": verdict.tally.applicable,
        "score": it.score,
        "approximate": verdict.error > 0.0,
        "examples": it.examples,
        "details": verdict.details,
    });
    if !verdict.rules.is_empty() {
        value["rules"] = json!(verdict.rules);
    }
    if let Some(why) = &verdict.not_assessed {
        value["not_assessed"] = why.as_str().into();
    }
    if verdict.error > 0.0 {
        value["error"] = verdict.error.into();
    }
    if it.is_found() {
        value["help"] = spelling.write(about.help).into();
    }
    value
}
