//! Rows to elements: events in the traces that they belong to.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::FieldRef;
use arrow::row::{RowConverter, SortField};
use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::target::values::BatchColumn;
use crate::target::xes::XesReport;
use crate::target::xes::markup::{Markup, forbidden, no_character_of_xml};
use crate::target::xes::plan::{AttributePlan, AttributeSide, Branch, XesPlan};
use crate::text::xes::node;

/// Writes rows as they come.
pub struct EventWriter<'p> {
    plan: &'p XesPlan,
    /// What tells the open trace from others; none for events outside.
    open: Option<Box<[u8]>>,
    in_trace: bool,
    rows: u64,
    report: XesReport,
    empty: usize,
    /// Whether rows come as they stand in the file, so that their numbers tell where.
    in_place: bool,
    value: String,
}

/// What stands beside the attributes of one element.
#[derive(Default)]
struct BesideEvent {
    /// Tags that are not the main one of their column, by its name.
    types: Map<String, Value>,
    /// Further XML attributes, by path.
    xml: Vec<(Vec<String>, Map<String, Value>)>,
    /// Nodes, by the path of what they stand in.
    nodes: Vec<(Vec<String>, Value)>,
}

impl<'p> EventWriter<'p> {
    /// For rows of a file with this plan; `in_place` if they come as they stand there.
    pub fn new(plan: &'p XesPlan, in_place: bool) -> Self {
        Self {
            plan,
            open: None,
            in_trace: false,
            rows: 0,
            report: XesReport::default(),
            empty: 0,
            in_place,
            value: String::new(),
        }
    }

    /// Writes a batch; `flush` may take text away between two rows.
    ///
    /// # Errors
    /// [`Code::XmlLimit`], and what `flush` says.
    pub fn take(
        &mut self,
        batch: &RecordBatch,
        markup: &mut Markup,
        flush: &mut dyn FnMut(&mut Markup) -> Result<()>,
    ) -> Result<()> {
        let fields = batch.schema_ref().fields();
        let values = |(array, field): (_, &FieldRef)| {
            BatchColumn::of(array).map_err(|error| error.in_column(field.name().as_str()))
        };
        let values: Vec<BatchColumn> =
            batch.columns().iter().zip(fields).map(values).collect::<Result<_>>()?;
        // Only these tell traces apart: a case column that varies within its case would cut it.
        let told_by: Vec<usize> = match self.plan.case {
            Some(case) => vec![case],
            None => {
                let mut columns = Vec::new();
                columns_of(&self.plan.trace.branches, &mut columns);
                let side = &self.plan.trace;
                columns.extend(
                    [side.duplicates, side.other, side.types, self.plan.number].into_iter().flatten(),
                );
                columns
            }
        };
        let arrays: Vec<_> = told_by.iter().map(|column| batch.column(*column).clone()).collect();
        let fields = arrays.iter().map(|array| SortField::new(array.data_type().clone())).collect();
        let keys = RowConverter::new(fields)?.convert_columns(&arrays)?;
        for row in 0..batch.num_rows() {
            let outside = told_by.iter().all(|column| values[*column].is_null(row));
            if outside {
                self.close(markup);
                self.write_empty(markup);
            }
            let key = (!outside).then(|| if arrays.is_empty() { &[][..] } else { keys.row(row).data() });
            if key != self.open.as_deref() || self.rows == 0 {
                self.close(markup);
                self.write_empty(markup);
                if !outside {
                    self.begin(&values, row, markup)?;
                }
                self.open = key.map(Into::into);
            }
            self.report.events += 1;
            self.element("event", &self.plan.event, &values, row, markup, true)?;
            self.rows += 1;
            flush(markup)?;
        }
        Ok(())
    }

    /// Writes what is left.
    pub fn finish(mut self, markup: &mut Markup) -> XesReport {
        self.close(markup);
        self.rows = u64::MAX;
        self.write_empty(markup);
        self.report
    }

    fn close(&mut self, markup: &mut Markup) {
        if std::mem::take(&mut self.in_trace) {
            markup.leave("trace");
        }
    }

    /// Writes the traces without events that stand here.
    fn write_empty(&mut self, markup: &mut Markup) {
        while let Some((_, node)) = self.plan.empty.get(self.empty).filter(|(row, _)| *row <= self.rows) {
            markup.node(node);
            self.report.traces += 1;
            self.empty += 1;
        }
    }

    fn begin(&mut self, values: &[BatchColumn], row: usize, markup: &mut Markup) -> Result<()> {
        self.report.traces += 1;
        self.in_trace = true;
        self.element("trace", &self.plan.trace, values, row, markup, false)
    }

    /// Writes an event, or a trace up to its first event.
    fn element(
        &mut self,
        tag: &str,
        side: &'p AttributeSide,
        values: &[BatchColumn],
        row: usize,
        markup: &mut Markup,
        whole: bool,
    ) -> Result<()> {
        let beside = beside(side, values, row);
        markup.open(tag);
        for (path, xml) in &beside.xml {
            if path.is_empty() {
                markup.attributes(xml);
            }
        }
        let mut path = Vec::new();
        let any = side.branches.iter().any(|branch| has_value(branch, values, row))
            || beside.nodes.iter().any(|(under, _)| under.is_empty());
        if whole && !any {
            markup.empty();
            return Ok(());
        }
        let mixed = has_text(&beside, &path);
        markup.enter();
        if mixed {
            markup.mix(true);
        }
        for branch in &side.branches {
            self.branch(branch, values, row, &beside, &mut path, markup)?;
        }
        nodes_under(&beside, &path, markup);
        if whole {
            markup.leave(tag);
        }
        if mixed {
            markup.mix(false);
        }
        Ok(())
    }

    fn branch(
        &mut self,
        branch: &'p Branch,
        values: &[BatchColumn],
        row: usize,
        beside: &BesideEvent,
        path: &mut Vec<String>,
        markup: &mut Markup,
    ) -> Result<()> {
        if !has_value(branch, values, row) {
            return Ok(());
        }
        path.push(branch.key.clone());
        let own = branch.attribute.as_ref().filter(|it| !values[it.column].is_null(row));
        if let Some(AttributePlan { column, name, json: true, .. }) = own {
            values[*column].write(row, "string", &mut self.value);
            let Some(node) = node::parse(&self.value) else {
                return Err(Error::new(Code::Internal, "expected an XES element as JSON").in_column(name));
            };
            markup.node(&node);
            path.pop();
            return Ok(());
        }
        let tag = match own {
            Some(own) => beside.types.get(&own.name).and_then(Value::as_str).unwrap_or(&own.tag),
            None => "string",
        };
        markup.open(tag);
        markup.attribute("key", &branch.key);
        if let Some(own) = own {
            values[own.column].write(row, tag, &mut self.value);
            if let Some(odd) = forbidden(&self.value) {
                let error = no_character_of_xml(odd).in_column(&own.name);
                return Err(if self.in_place { error.at_row(self.rows + 1) } else { error });
            }
            markup.attribute("value", &self.value);
        }
        for (at, xml) in &beside.xml {
            if at == path {
                markup.attributes(xml);
            }
        }
        let inside = branch.inside.iter().any(|it| has_value(it, values, row))
            || beside.nodes.iter().any(|(under, _)| under == path);
        if inside {
            let mixed = has_text(beside, path);
            markup.enter();
            if mixed {
                markup.mix(true);
            }
            for inner in &branch.inside {
                self.branch(inner, values, row, beside, path, markup)?;
            }
            nodes_under(beside, path, markup);
            markup.leave(tag);
            if mixed {
                markup.mix(false);
            }
        } else {
            markup.empty();
        }
        path.pop();
        Ok(())
    }
}

/// The columns of branches and of those within.
fn columns_of(branches: &[Branch], columns: &mut Vec<usize>) {
    for branch in branches {
        columns.extend(branch.attribute.as_ref().map(|it| it.column));
        columns_of(&branch.inside, columns);
    }
}

fn has_value(branch: &Branch, values: &[BatchColumn], row: usize) -> bool {
    branch.attribute.as_ref().is_some_and(|it| !values[it.column].is_null(row))
        || branch.inside.iter().any(|it| has_value(it, values, row))
}

fn nodes_under(beside: &BesideEvent, path: &[String], markup: &mut Markup) {
    for (under, node) in &beside.nodes {
        if under == path {
            markup.node(node);
        }
    }
}

/// Whether text stands directly in the element of a path.
fn has_text(beside: &BesideEvent, path: &[String]) -> bool {
    beside.nodes.iter().any(|(under, node)| under == path && node.get("tag").is_none())
}

/// What stands beside the attributes of a row's event or trace.
fn beside(side: &AttributeSide, values: &[BatchColumn], row: usize) -> BesideEvent {
    let mut found = BesideEvent::default();
    let read = |column: Option<usize>| -> Option<Value> {
        let values = values.get(column?)?;
        if values.is_null(row) {
            return None;
        }
        let mut text = String::new();
        values.write(row, "string", &mut text);
        node::parse(&text)
    };
    if let Some(Value::Object(types)) = read(side.types) {
        found.types = types;
    }
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
    };
    let entries = [read(side.duplicates), read(side.other)];
    for entry in entries.into_iter().flatten().filter_map(|it| it.as_array().cloned()).flatten() {
        match (entry.get("path"), entry.get("tag")) {
            (Some(path), None) => {
                found.xml.push((words(path), entry["xml"].as_object().cloned().unwrap_or_default()));
            }
            (Some(path), Some(_)) => {
                let mut path = words(path);
                let mut node = entry.clone();
                node["key"] = path.pop().unwrap_or_default().into();
                found.nodes.push((path, node));
            }
            (None, _) => found.nodes.push((words(&entry["under"]), entry)),
        }
    }
    found
}
