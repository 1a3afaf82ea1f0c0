//! Paths of requests without what names single things, so that requests are activities: `/orders/4711/items/9`
//! becomes `/orders/{id}/items/{id}` with `--path-template path`.
//!
//! Of a path the part before `?` counts. A segment is an identifier if it is a number, a UUID, a long word of
//! hexadecimal digits, or a long word in which letters and digits are mixed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, SchemaRef};

use super::registry::{self, Repeated, StepField, StepFlag, StepRow, StepSettings, StepTables};
use super::{BoundStep, Step, StepWorker};
use crate::error::Result;
use crate::model::catalog::{TableColumn, TableSchema};
use crate::model::roles::Role;
use crate::options::Options;
use crate::options::forms::Same;
use crate::options::keys::keys;

/// The column of templates.
const TEMPLATE: &str = "path_template";
/// The column of activities: method and template.
const ACTIVITY: &str = "activity";
/// The column of methods.
const METHOD: &str = "method";
/// What stands for an identifier.
const ID: &str = "{id}";
/// Letters of a word in hexadecimal from which on it is an identifier, and those of a mixed word.
const LONG: (usize, usize) = (8, 16);
/// Templates that a worker remembers.
const REMEMBERED: usize = 1 << 14;

/// What there is to say about the step.
pub static ROW: StepRow = StepRow {
    name: "path-template",
    summary: "Add the path of a request with {id} for its identifiers, and method and path as the activity",
    fields: &[StepField {
        key: "column",
        doc: "Column of paths, to which path_template (/orders/{id}) and activity (GET /orders/{id}) are added",
        required: true,
        words: &[],
        check: |_| Ok(()),
        flag: Some(StepFlag {
            long: "path-template",
            alias: None,
            value_name: "COLUMN",
            heading: "Columns and roles",
            default: None,
            repeated: Repeated::Last,
            is_about_columns: false,
        }),
    }],
    tables: StepTables::Events,
    needs: &[],
    place: None,
    schemas: PathTemplate::value_schemas,
    read: registry::read::<PathTemplate>,
};

/// Adds templates of paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathTemplate {
    /// Name of the column of paths.
    pub column: String,
}

keys! {
    PathTemplate, "settings of the step path-template" {
        "column": Same = column,
    }
}

impl StepSettings for PathTemplate {
    fn to_json(&self) -> Result<serde_json::Value> {
        registry::written(self)
    }

    fn columns(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn make(&self, _: &Options) -> Result<Arc<dyn Step>> {
        Ok(Arc::new(self.clone()))
    }
}

impl Step for PathTemplate {
    fn name(&self) -> &str {
        "path-template"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let path = table.require(&self.column)?;
        let method = table.position(METHOD);
        let mut output = table.clone();
        output.columns.push(TableColumn::computed(Field::new(TEMPLATE, DataType::Utf8, true)));
        let mut activity = TableColumn::computed(Field::new(ACTIVITY, DataType::Utf8, true));
        // Nothing else of a request says more of what was done, unless the user says so.
        let known = table.role(Role::Activity);
        if known.is_none_or(|at| matches!(table.columns[at].name(), "status" | METHOD)) {
            for column in &mut output.columns {
                column.roles.retain(|role| *role != Role::Activity);
            }
            activity.roles.push(Role::Activity);
        }
        output.columns.push(activity);
        let schema = output.arrow();
        let start =
            move || TemplateWorker { schema: Arc::clone(&schema), path, method, known: HashMap::new() };
        Ok(Some(BoundStep::new(output, start).keeping_rows()))
    }

    fn needs(&self, table: &TableSchema) -> Option<Vec<usize>> {
        Some([table.position(&self.column), table.position(METHOD)].into_iter().flatten().collect())
    }
}

struct TemplateWorker {
    schema: SchemaRef,
    path: usize,
    method: Option<usize>,
    /// Templates of paths that came before.
    known: HashMap<String, String>,
}

impl StepWorker for TemplateWorker {
    fn batch(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let text = |column: &ArrayRef| cast(column, &DataType::Utf8);
        let paths = text(rows.column(self.path))?;
        let methods = self.method.map(|at| text(rows.column(at))).transpose()?;
        let (mut templates, mut activities) = (StringBuilder::new(), StringBuilder::new());
        let mut activity = String::new();
        for row in 0..rows.num_rows() {
            if paths.is_null(row) {
                templates.append_null();
                activities.append_null();
                continue;
            }
            let path = paths.as_string::<i32>().value(row);
            let template = match self.known.get(path) {
                Some(template) => template,
                None => {
                    if self.known.len() >= REMEMBERED {
                        self.known.clear();
                    }
                    self.known.entry(path.to_owned()).or_insert_with(|| template_of(path))
                }
            };
            templates.append_value(template);
            activity.clear();
            if let Some(methods) = methods.as_ref().filter(|it| it.is_valid(row)) {
                activity.push_str(methods.as_string::<i32>().value(row));
                activity.push(' ');
            }
            activity.push_str(template);
            activities.append_value(&activity);
        }
        let mut columns = rows.columns().to_vec();
        columns.push(Arc::new(templates.finish()));
        columns.push(Arc::new(activities.finish()));
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

/// A path without identifiers.
fn template_of(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<Cow<'_, str>> = path.split('/').map(segment).collect();
    parts.join("/")
}

/// A segment of a path; the ending of a file stays.
fn segment(text: &str) -> Cow<'_, str> {
    let (name, ending) = match text.rsplit_once('.') {
        Some((name, ending)) if !name.is_empty() && (1..=5).contains(&ending.len()) => (name, Some(ending)),
        _ => (text, None),
    };
    match (is_id(name), ending) {
        (false, _) if is_id(text) => Cow::Borrowed(ID),
        (false, _) => Cow::Borrowed(text),
        (true, None) => Cow::Borrowed(ID),
        (true, Some(ending)) if ending.bytes().all(|byte| byte.is_ascii_digit()) => Cow::Borrowed(ID),
        (true, Some(ending)) => Cow::Owned(format!("{ID}.{ending}")),
    }
}

/// Whether a segment names a single thing.
fn is_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    if bytes.is_empty() || digits == 0 {
        return false;
    }
    let is_word = |of: fn(&u8) -> bool| bytes.iter().all(|byte| of(byte) || *byte == b'-');
    digits == bytes.len()
        || bytes.len() >= LONG.0 && is_word(u8::is_ascii_hexdigit)
        || bytes.len() >= LONG.1
            && digits >= 4
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
            && bytes.iter().any(u8::is_ascii_alphabetic)
            && !has_words(text)
}

/// Whether a text is made of words with hyphens, such as the title of an article with its year.
fn has_words(text: &str) -> bool {
    let words = || text.split(['-', '_']).filter(|word| !word.is_empty());
    words().count() > 1
        && words().filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())).count() * 2
            >= words().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_give_way_and_words_stay() {
        for (path, template) in [
            ("/", "/"),
            ("/orders/4711/items/9?page=2", "/orders/{id}/items/{id}"),
            ("/users/550e8400-e29b-41d4-a716-446655440000", "/users/{id}"),
            ("/commits/0a1b2c3d4e", "/commits/{id}"),
            ("/files/4711.pdf", "/files/{id}.pdf"),
            ("/files/v1.2/readme", "/files/v1.2/readme"),
            ("/api/v2/deadbeef", "/api/v2/deadbeef"),
            ("/t/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "/t/{id}"),
            ("/t/internationalisation", "/t/internationalisation"),
            ("/t/AKIA1234EXAMPLE5678", "/t/{id}"),
            ("/blog/logstash-monitorama-2013/", "/blog/logstash-monitorama-2013/"),
            ("/a#b", "/a"),
            ("", ""),
        ] {
            assert_eq!(template_of(path), template, "{path}");
        }
    }
}
