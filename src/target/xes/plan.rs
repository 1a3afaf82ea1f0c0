//! What becomes of the columns of a Parquet file in a log: from the metadata that LogFlow left there, or from
//! names and roles.

use std::collections::HashSet;

use arrow::datatypes::{DataType, Schema};
use serde_json::{Map, Value, json};

use crate::error::{Code, Error, Result};
use crate::model::roles::{Role, RoleWishes, Roles};
use crate::model::value::{ColumnType, DateOrder, FloatStyle, IntStyle, TimeUnit};
use crate::target::values::tag_of;
use crate::target::xes::markup::{forbidden, no_character_of_xml};

/// The standard extensions, by prefix.
const EXTENSIONS: [(&str, &str); 6] = [
    ("Concept", "concept"),
    ("Time", "time"),
    ("Organizational", "org"),
    ("Lifecycle", "lifecycle"),
    ("Cost", "cost"),
    ("Identity", "identity"),
];

/// A column that is an attribute.
#[derive(Debug, Clone)]
pub struct AttributePlan {
    /// Index of the column in the table.
    pub column: usize,
    /// Its name, by which `@types` knows it.
    pub name: String,
    /// The tag of its values, unless `@types` says otherwise.
    pub tag: String,
    /// Whether the values are complete XES elements as JSON.
    pub json: bool,
}

/// An attribute and those within it.
#[derive(Debug, Clone, Default)]
pub struct Branch {
    /// The XES key of the attribute.
    pub key: String,
    /// Its column; none if only what is inside has one.
    pub attribute: Option<AttributePlan>,
    /// The attributes that are nested in it.
    pub inside: Vec<Branch>,
}

/// The attributes of traces, or of events.
#[derive(Debug, Clone, Default)]
pub struct AttributeSide {
    /// The attributes, in the order in which they are written.
    pub branches: Vec<Branch>,
    /// Columns of what is kept beside attributes.
    pub duplicates: Option<usize>,
    /// Index of the column that gathers elements that are not XES attributes, as JSON.
    pub other: Option<usize>,
    /// Index of the column that gathers the types of values that differ from their column's, as JSON.
    pub types: Option<usize>,
}

/// How the columns of the table become XES attributes.
#[derive(Debug, Clone, Default)]
pub struct XesPlan {
    /// XML attributes of the `<log>` element.
    pub log: Map<String, Value>,
    /// What stands before the traces, as nodes.
    pub head: Vec<Value>,
    /// Attributes of traces.
    pub trace: AttributeSide,
    /// Attributes of events.
    pub event: AttributeSide,
    /// The column that numbers traces.
    pub number: Option<usize>,
    /// Traces without events: the row before which each stands, as a node.
    pub empty: Vec<(u64, Value)>,
    /// The column that tells cases apart where rows of a case need not be neighbours.
    pub case: Option<usize>,
}

/// The error for a table of which no traces can be formed.
pub fn no_case() -> Error {
    Error::new(Code::NoSuchColumn, "no column is known to be the case")
        .help("give ⟦case-id⟧ COLUMN; XES needs a case column to form traces")
}

impl XesPlan {
    /// The plan for a file with this schema and metadata.
    ///
    /// # Errors
    /// As [`Roles::find`].
    /// `whole` tells whether a column is known to have no null.
    ///
    pub fn of(
        schema: &Schema,
        metadata: Option<&Value>,
        wishes: &RoleWishes,
        whole: &dyn Fn(usize) -> bool,
    ) -> Result<Self> {
        let sources = metadata.and_then(|it| it["sources"].as_array()).map_or(&[][..], Vec::as_slice);
        match sources {
            [source] if source.get("xes").is_some() && wishes.columns.is_empty() => {
                Ok(Self::of_log(schema, &source["xes"]))
            }
            _ => Self::of_table(schema, metadata, wishes, whole),
        }
    }

    /// Whether events have the times that every tool looks for.
    pub fn has_times(&self, schema: &Schema) -> bool {
        let is_time = |column: usize| {
            matches!(
                schema.field(column).data_type(),
                DataType::Timestamp(..) | DataType::Date32 | DataType::Date64
            )
        };
        let times = self.event.branches.iter().filter(|branch| branch.key == "time:timestamp");
        times.filter_map(|branch| branch.attribute.as_ref()).any(|attribute| is_time(attribute.column))
    }

    /// The log that the file was made from.
    fn of_log(schema: &Schema, xes: &Value) -> Self {
        let list = |name: &str| xes[name].as_array().map_or(&[][..], Vec::as_slice);
        let mut log = xes["attributes"].as_object().cloned().unwrap_or_default();
        if let Some(namespace) = xes["namespace"].as_str() {
            log.insert("xmlns".into(), namespace.into());
        }
        let mut head = Vec::new();
        for extension in list("extensions") {
            head.push(json!({ "tag": "extension", "xml": extension }));
        }
        for global in list("globals") {
            let mut node = json!({ "tag": "global", "children": global["attributes"] });
            if let Some(scope) = global.get("scope") {
                node["xml"] = json!({ "scope": scope });
            }
            head.push(node);
        }
        for classifier in list("classifiers") {
            head.push(json!({ "tag": "classifier", "xml": classifier }));
        }
        head.extend(list("log_attributes").iter().cloned());
        head.extend(list("loose").iter().cloned());
        let mut plan = Self { log, head, ..Self::default() };
        let index = |name: &str| schema.index_of(name).ok();
        for column in list("columns") {
            let (Some(name), Some(path)) = (column["name"].as_str(), column["path"].as_array()) else {
                continue;
            };
            let Some(at) = index(name) else { continue };
            let tag = column["types"][0].as_str().unwrap_or("string").to_owned();
            let json = column["json"].as_bool().unwrap_or(false);
            let side = if column["scope"] == "trace" { &mut plan.trace } else { &mut plan.event };
            let path: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
            side.add(&path, AttributePlan { column: at, name: name.to_owned(), tag, json });
        }
        let named: HashSet<&str> = list("columns").iter().filter_map(|it| it["name"].as_str()).collect();
        // An attribute may have taken the name; then it has a number behind it.
        let gathering = |name: &str| {
            schema.fields().iter().position(|field| {
                let rest = field.name().strip_prefix(name).filter(|_| !named.contains(field.name().as_str()));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
            })
        };
        plan.number = gathering("@trace");
        for (side, prefix) in [(&mut plan.event, ""), (&mut plan.trace, "case:")] {
            side.duplicates = gathering(&format!("{prefix}@duplicates"));
            side.other = gathering(&format!("{prefix}@other"));
            side.types = gathering(&format!("{prefix}@types"));
        }
        for empty in list("empty_traces") {
            let mut node = json!({ "tag": "trace", "children": empty["attributes"] });
            if let Some(xml) = empty.get("xml") {
                node["xml"] = xml.clone();
            }
            plan.empty.push((empty["record"].as_u64().unwrap_or(0), node));
        }
        plan
    }

    /// A log from any table of events.
    fn of_table(
        schema: &Schema,
        metadata: Option<&Value>,
        wishes: &RoleWishes,
        whole: &dyn Fn(usize) -> bool,
    ) -> Result<Self> {
        let names: Vec<(&str, ColumnType)> = schema
            .fields()
            .iter()
            .map(|field| (field.name().as_str(), column_type(field.data_type())))
            .collect();
        let declared = declared_roles(metadata, schema);
        let roles = Roles::find(&names, if wishes.columns.is_empty() { &declared } else { wishes })?;
        let Some(case) = roles.column(Role::Case) else {
            return Err(no_case());
        };
        let mut plan = Self { case: Some(case), ..Self::default() };
        let mut taken = [HashSet::new(), HashSet::new()];
        // Roles first: their keys are those that every tool looks for.
        let mut order: Vec<usize> = roles.iter().map(|(_, column)| column).collect();
        order.extend((0..names.len()).filter(|column| roles.role(*column).is_none()));
        for column in order {
            if let Some(odd) = forbidden(names[column].0) {
                return Err(no_character_of_xml(odd).in_column(names[column].0));
            }
            let (name, data_type) = (names[column].0, schema.field(column).data_type());
            let (of_trace, key) = match roles.role(column) {
                Some(Role::Case) => (true, "concept:name"),
                Some(role) => (false, role.xes_name()),
                None => match name.strip_prefix("case:") {
                    Some(key) => (true, key),
                    None => (false, name),
                },
            };
            let mut key = key.to_owned();
            while !taken[usize::from(of_trace)].insert(key.clone()) {
                key.push_str("@2");
            }
            let tag = match roles.role(column) {
                Some(Role::Case | Role::Activity | Role::Resource | Role::Lifecycle) => "string",
                _ => tag_of(data_type),
            };
            let attribute = AttributePlan { column, name: name.to_owned(), tag: tag.to_owned(), json: false };
            let side = if of_trace { &mut plan.trace } else { &mut plan.event };
            side.branches.push(Branch { key, attribute: Some(attribute), inside: Vec::new() });
        }
        plan.log.insert("xes.version".into(), "1849.2016".into());
        plan.log.insert("xes.features".into(), "".into());
        plan.log.insert("xmlns".into(), "http://www.xes-standard.org/".into());
        for (name, prefix) in EXTENSIONS {
            let colon = format!("{prefix}:");
            if taken.iter().flatten().any(|key| key.starts_with(&colon)) {
                let uri = format!("http://www.xes-standard.org/{prefix}.xesext");
                plan.head.push(
                    json!({ "tag": "extension", "xml": { "name": name, "prefix": prefix, "uri": uri } }),
                );
            }
        }
        // A global is what every trace or event has, and a classifier is made of globals (IEEE 1849, 4.3 and
        // 4.4).
        let global = |tag: &str, key: &str, value: &str| json!({ "tag": tag, "key": key, "value": value });
        if whole(case) {
            let children = [global("string", "concept:name", "")];
            plan.head.push(json!({ "tag": "global", "xml": { "scope": "trace" }, "children": children }));
        }
        let mut children = Vec::new();
        if roles.column(Role::Activity).is_some_and(whole) {
            children.push(global("string", "concept:name", ""));
        }
        if roles.column(Role::Timestamp).is_some_and(whole) {
            children.push(global("date", "time:timestamp", "1970-01-01T00:00:00.000+00:00"));
        }
        let classifies = children.first().is_some_and(|it| it["key"] == "concept:name");
        if !children.is_empty() {
            plan.head.push(json!({ "tag": "global", "xml": { "scope": "event" }, "children": children }));
        }
        if classifies {
            plan.head.push(json!({
                "tag": "classifier",
                "xml": { "name": "Activity", "scope": "event", "keys": "concept:name" },
            }));
        }
        Ok(plan)
    }
}

impl AttributeSide {
    /// Adds an attribute at its place.
    fn add(&mut self, path: &[&str], attribute: AttributePlan) {
        let mut branches = &mut self.branches;
        let Some((last, outer)) = path.split_last() else { return };
        for key in outer {
            let at = branches
                .iter()
                .position(|it| it.key == *key && it.attribute.as_ref().is_none_or(|it| !it.json));
            let at = at.unwrap_or_else(|| {
                branches.push(Branch { key: (*key).to_owned(), ..Branch::default() });
                branches.len() - 1
            });
            branches = &mut branches[at].inside;
        }
        match branches.iter_mut().find(|it| it.key == *last && it.attribute.is_none() && !attribute.json) {
            Some(branch) => branch.attribute = Some(attribute),
            None => branches.push(Branch {
                key: (*last).to_owned(),
                attribute: Some(attribute),
                inside: Vec::new(),
            }),
        }
    }
}

/// The roles that the file's metadata name.
fn declared_roles(metadata: Option<&Value>, schema: &Schema) -> RoleWishes {
    let mut wishes = RoleWishes::default();
    let Some(roles) = metadata.and_then(|it| it["roles"].as_object()) else { return wishes };
    for role in Role::ALL {
        if let Some(column) = roles.get(role.name()).and_then(Value::as_str)
            && schema.index_of(column).is_ok()
        {
            wishes.columns.push((role, column.to_owned()));
        }
    }
    wishes
}

/// What a column is for the finding of roles.
fn column_type(data_type: &DataType) -> ColumnType {
    match tag_of(data_type) {
        "boolean" => ColumnType::Bool,
        "int" => ColumnType::Int64(IntStyle::Plain),
        "float" => ColumnType::Float64(FloatStyle::Plain),
        "date" => ColumnType::Timestamp { order: DateOrder::Ymd, unit: TimeUnit::Micros },
        _ => ColumnType::Text,
    }
}
