//! What `logflow run --check` says: the plan of a run, as text or JSON. Values of variables are not shown.

use std::fmt::Write;

use logflow::model::warning::by_importance;
use logflow::pipeline::look::PlanLook;
use logflow::pipeline::variables::Variables;
use logflow::pipeline::words::quoted;
use logflow::{Code, Error, Result};
use serde_json::Value;

use crate::fail::KEYS;
use crate::figures::{counted, size};
use crate::paint::Paint;

/// The plan as JSON.
pub fn json(found: &PlanLook, variables: &Variables) -> Result<String> {
    Ok(format!("{:#}\n", hidden(found, variables)?))
}

/// The plan with names of variables in place of their values.
fn hidden(found: &PlanLook, variables: &Variables) -> Result<Value> {
    let value = serde_json::to_value(found);
    let mut value = value.map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    variables.hide_in(&mut value);
    if let Some(command) = &found.command {
        value["command"] = quoted(command, variables).into();
    }
    Ok(value)
}

/// The plan as text.
pub fn text(found: &PlanLook, variables: &Variables, paint: Paint) -> Result<String> {
    let plan = hidden(found, variables)?;
    let mut out = String::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for (log, look) in list(&plan["logs"]).iter().zip(&found.logs) {
        for input in list(&log["inputs"]) {
            let bytes = input["bytes"].as_u64().filter(|bytes| *bytes > 0);
            let bytes = bytes.map(|bytes| format!("{}, ", size(bytes))).unwrap_or_default();
            let packed = input["compression"].as_str().map(|it| format!(", {it}")).unwrap_or_default();
            let _ = writeln!(
                out,
                "{}  {}  {bytes}{}{packed}",
                paint.bold("input"),
                word(&input["name"]),
                word(&input["format"])
            );
        }
        let _ = writeln!(out, "  {} {}", paint.dim("kind   "), word(&log["kind"]));
        let (least, most) = (log["passes"][0].as_u64().unwrap_or(1), log["passes"][1].as_u64().unwrap_or(1));
        let passes = match least == most {
            true => least.to_string(),
            false => format!(
                "{least}; up to {most} if later values do not have the types that the beginning shows"
            ),
        };
        let _ = writeln!(out, "  {} {passes}", paint.dim("passes "));
        for table in list(&log["tables"]) {
            let _ = writeln!(out, "  {} {}", paint.dim("read   "), table_text(&table));
        }
        for warning in by_importance(&look.warnings) {
            let text = variables.hide(&warning.clone().spelled(KEYS).to_string());
            let _ = writeln!(out, "  {} {}: {text}", paint.yellow("warning"), warning.code);
        }
        for step in list(&log["steps"]) {
            let _ =
                writeln!(out, "{}  {}: {}", paint.bold("step"), word(&step["kind"]), word(&step["summary"]));
            for (key, value) in step["settings"].as_object().into_iter().flatten() {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let _ = writeln!(out, "  {} {value}", paint.dim(&format!("{key:<7}")));
            }
            let mut needs: Vec<String> = list(&step["needs"]).iter().map(word).collect();
            let columns: Vec<String> = list(&step["needs_columns"]).iter().map(word).collect();
            if !columns.is_empty() {
                let noun = if columns.len() == 1 { "column" } else { "columns" };
                needs.insert(0, format!("the {noun} {}", columns.join(", ")));
            }
            if !needs.is_empty() {
                let _ = writeln!(out, "  {} {}", paint.dim("needs  "), needs.join("; "));
            }
            let tables = list(&step["tables"]);
            for table in &tables {
                let _ = writeln!(out, "  {} {}", paint.dim("gives  "), table_text(table));
            }
            if step["is_known"] == false {
                let _ = writeln!(out, "  {} rows of the log that is flattened first", paint.dim("gives  "));
            } else if step["removes_rows"] == true {
                let _ = writeln!(out, "  {} the same columns, maybe fewer rows", paint.dim("gives  "));
            } else if tables.is_empty() && step["doubt"].is_null() {
                let _ = writeln!(out, "  {} the table as it is", paint.dim("gives  "));
            }
            if let Some(doubt) = step["doubt"].as_str() {
                let what = format!("by the types of the beginning it fails: {doubt}");
                let _ = writeln!(out, "  {} {what}", paint.yellow("doubt  "));
            }
        }
    }
    if let Some(left @ 1..) = plan["left_out"].as_u64() {
        let _ = writeln!(out, "{}  {} that are not logs", paint.bold("left out"), counted(left, "file"));
    }
    for target in list(&plan["targets"]) {
        let replaces = if target["replaces"] == true { ", replaces the file that is there" } else { "" };
        let _ = writeln!(
            out,
            "{}  {}  {}{replaces}",
            paint.bold("target"),
            word(&target["path"]),
            word(&target["form"])
        );
    }
    let memory = plan["memory"]["limit"].as_u64().unwrap_or_default();
    let workers = plan["memory"]["workers"].as_u64().unwrap_or_default();
    let _ =
        writeln!(out, "{}  {} at most, {}", paint.bold("memory"), size(memory), counted(workers, "thread"));
    match plan["command"].as_str() {
        Some(command) => {
            let _ = writeln!(out, "{}\n  {command}", paint.bold("the same as a command line"));
        }
        None => {
            let _ = writeln!(out, "{}", paint.bold("no command line does the same"));
            for reason in list(&plan["beyond_command"]) {
                let _ = writeln!(out, "  {}", word(&reason));
            }
        }
    }
    Ok(out)
}

/// A table in a line.
fn table_text(table: &Value) -> String {
    let columns = table["columns"].as_array().into_iter().flatten().map(|column| {
        let role = column["role"].as_str().map(|role| format!(" ({role})")).unwrap_or_default();
        format!(
            "{} {}{role}",
            column["name"].as_str().unwrap_or_default(),
            column["type"].as_str().unwrap_or_default()
        )
    });
    let columns: Vec<String> = columns.collect();
    match table["name"].as_str() {
        Some(name) => format!("{name}: {}", columns.join(", ")),
        None => columns.join(", "),
    }
}
