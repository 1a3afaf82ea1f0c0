//! A bundle as it is read: its manifest, and its tables as entities. What the manifest says is not trusted:
//! its paths stay within the folder.

use std::path::{Component, Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, TimeUnit};
use parquet::file::statistics::Statistics;
use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::model::ocel::META;
pub use crate::model::ocel::OcelSide;
use crate::model::warning::Warning;
use crate::observer::Observer;
use crate::source::TypedSource;
use crate::source::parquet::{ParquetBatches, ParquetRead, ParquetSource};
use crate::target::ocel::joined::{Change, RelatedObject};
use crate::target::values::BatchColumn;

/// Rows read at once.
const BATCH: usize = 4096;

/// The type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// `string` in OCEL, text in Arrow.
    Text,
    /// `time` in OCEL, a timestamp in Arrow.
    Time,
    /// `integer` in OCEL, 64-bit in Arrow.
    Int,
    /// `float` in OCEL, 64-bit in Arrow.
    Float,
    /// `boolean` in OCEL and Arrow.
    Bool,
}

impl AttributeKind {
    fn parse(name: &str) -> Self {
        match name {
            "time" => Self::Time,
            "integer" => Self::Int,
            "float" => Self::Float,
            "boolean" => Self::Bool,
            _ => Self::Text,
        }
    }

    /// The name of the type in OCEL 2.0.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Time => "time",
            Self::Int => "integer",
            Self::Float => "float",
            Self::Bool => "boolean",
        }
    }
}

/// An attribute of a type.
#[derive(Debug, Clone)]
pub struct BundleAttribute {
    /// The name as the log writes it.
    pub name: String,
    /// The name of its column.
    pub column: String,
    /// The type of the values in the column.
    pub kind: AttributeKind,
}

/// An event type or object type.
#[derive(Debug, Clone)]
pub struct BundleType {
    /// The name as the log writes it.
    pub name: String,
    /// Attributes of the type, in the order of the columns.
    pub attributes: Vec<BundleAttribute>,
    file: PathBuf,
    changes: Option<PathBuf>,
}

impl BundleType {
    /// Which of its attributes a changed field is.
    pub fn changed(&self, field: &str) -> Option<usize> {
        self.attributes.iter().position(|it| it.name == field || it.column == field)
    }
}

/// A table of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleTable {
    /// The events, or the objects, of the type with this number.
    Entities(OcelSide, usize),
    /// The later values of the objects of a type.
    Changes(usize),
    /// The relations of events, or those of objects.
    Relations(OcelSide),
}

/// The columns and rows of a table, from its Parquet footer.
pub struct TableShape(ParquetSource);

impl TableShape {
    /// What a column holds, dictionaries aside; `None` if there is none, or nothing in it.
    pub fn data_type(&self, column: &str) -> Option<DataType> {
        let place = self.0.schema().index_of(column).ok()?;
        let field = self.0.schema().field(place);
        let is_empty = self
            .0
            .statistics(place)
            .all(|(rows, statistics)| statistics.and_then(Statistics::null_count_opt) == Some(rows as u64));
        match field.data_type() {
            _ if is_empty => None,
            DataType::Dictionary(_, values) => Some((**values).clone()),
            DataType::LargeUtf8 | DataType::Utf8View => Some(DataType::Utf8),
            DataType::Timestamp(unit, _) if *unit != TimeUnit::Nanosecond => {
                Some(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
            }
            other => Some(other.clone()),
        }
    }

    /// Whether a column's integers, if these are what it holds, are all between `-most` and `most`.
    pub fn integers_within(&self, column: &str, most: i64) -> bool {
        let Ok(place) = self.0.schema().index_of(column) else { return true };
        self.0.statistics(place).all(|(_, statistics)| match statistics {
            Some(Statistics::Int64(values)) => {
                let within = |value: Option<&i64>| value.is_none_or(|value| (-most..=most).contains(value));
                within(values.min_opt()) && within(values.max_opt())
            }
            Some(_) => true,
            None => false,
        })
    }
}

/// An opened bundle: its types, attributes and the files of its tables.
#[derive(Debug)]
pub struct Bundle {
    folder: PathBuf,
    events: Vec<BundleType>,
    objects: Vec<BundleType>,
    e2o: PathBuf,
    o2o: PathBuf,
    /// Warnings about the bundle.
    pub warnings: Vec<Warning>,
}

/// Takes a row of later values: identifier, time, the field that changed, and the values of all attributes.
pub type EachChange<'e> = dyn FnMut(&str, &str, &str, &[Option<String>]) -> Result<()> + 'e;

/// An event or object with all that belongs to it.
#[derive(Debug)]
pub struct Entity<'e> {
    /// Identifier of the event or object.
    pub id: &'e str,
    /// When it happened, if it is an event.
    pub time: Option<&'e str>,
    /// The values of its attributes, by their numbers.
    pub values: &'e [Option<String>],
    /// Values that attributes take later, by time.
    pub changes: &'e [Change<'e>],
    /// Relations to objects, in the order of the bundle.
    pub related: &'e [RelatedObject<'e>],
}

/// Whether the path is a folder with the metadata file of a bundle.
pub fn is_bundle(path: &Path) -> bool {
    path.is_dir() && path.join(META).is_file()
}

impl Bundle {
    /// Reads the manifest.
    ///
    /// # Errors
    /// [`Code::Bundle`] for one that says not what it must; [`Code::InputMissing`].
    pub fn open(folder: &Path) -> Result<Self> {
        let place = folder.join(META);
        let text = std::fs::read(&place).map_err(|error| Error::io(Code::InputMissing, &place, &error))?;
        let wrong = |what: String| Error::new(Code::Bundle, what).in_file(&place);
        let meta: Value = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        let field = |key: &str| meta.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        if !field("bundleFormatVersion").starts_with("1.") {
            return Err(wrong(format!(
                "expected bundle format 1.0, found {:?}",
                field("bundleFormatVersion")
            )));
        }
        if field("storageFormat") != "parquet" {
            return Err(wrong(format!("expected Parquet storage, found {:?}", field("storageFormat"))));
        }
        let file = |value: Option<&Value>| -> Result<PathBuf> {
            let name = value
                .and_then(Value::as_str)
                .ok_or_else(|| wrong("expected the name of a file".to_owned()))?;
            let path = Path::new(name);
            // A manifest from elsewhere must not name files beside the bundle.
            match path.components().all(|part| matches!(part, Component::Normal(_))) {
                true => Ok(path.to_owned()),
                false => Err(wrong(format!("expected a file within the bundle, found {name:?}"))),
            }
        };
        let types = |key: &str, more: &str| -> Result<Vec<BundleType>> {
            let all = meta.get(key).and_then(Value::as_object);
            let mut types = Vec::new();
            for (name, value) in all.into_iter().flatten() {
                // Columns that had to be called otherwise than their attributes.
                let renamed = |column: &str| {
                    let known = meta.pointer(&format!("/logflow/{more}"))?.as_array()?;
                    let of = known.iter().find(|it| it.get("name").and_then(Value::as_str) == Some(name))?;
                    let all = of.get("attributes")?.as_array()?;
                    let it =
                        all.iter().find(|it| it.get("column").and_then(Value::as_str) == Some(column))?;
                    it.get("name")?.as_str().map(str::to_owned)
                };
                let given = value.get("attributes").and_then(Value::as_array).into_iter().flatten();
                let attributes = given
                    .filter_map(|it| {
                        let column = it.get("name")?.as_str()?.to_owned();
                        let kind = AttributeKind::parse(it.get("type")?.as_str()?);
                        Some(BundleAttribute {
                            name: renamed(&column).unwrap_or_else(|| column.clone()),
                            column,
                            kind,
                        })
                    })
                    .collect();
                let changes = value.get("changesFile").map(|it| file(Some(it))).transpose()?;
                types.push(BundleType {
                    name: name.clone(),
                    attributes,
                    file: file(value.get("file"))?,
                    changes,
                });
            }
            Ok(types)
        };
        Ok(Self {
            folder: folder.to_owned(),
            events: types("eventTypes", "event_types")?,
            objects: types("objectTypes", "object_types")?,
            e2o: file(meta.pointer("/relations/e2o"))?,
            o2o: file(meta.pointer("/relations/o2o"))?,
            warnings: Vec::new(),
        })
    }

    /// The types of a side.
    pub fn types(&self, side: OcelSide) -> &[BundleType] {
        match side {
            OcelSide::Event => &self.events,
            OcelSide::Object => &self.objects,
        }
    }

    /// The file of a table; `None` if the bundle does not have the table.
    fn file(&self, table: BundleTable) -> Option<&Path> {
        match table {
            BundleTable::Entities(side, index) => Some(&self.types(side)[index].file),
            BundleTable::Changes(index) => self.objects[index].changes.as_deref(),
            BundleTable::Relations(OcelSide::Event) => Some(&self.e2o),
            BundleTable::Relations(OcelSide::Object) => Some(&self.o2o),
        }
    }

    /// Some columns of a table, batch by batch; those that it does not have are missing.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn columns(&self, table: BundleTable, names: &[&str]) -> Result<BundleBatches> {
        match self.file(table) {
            Some(file) => open_columns(&self.folder.join(file), names.iter().copied()),
            None => Ok(BundleBatches { reader: None, path: PathBuf::new() }),
        }
    }

    /// A table, batch by batch; nothing for one that is not there.
    pub fn batches(&self, table: BundleTable) -> Result<BundleBatches> {
        match self.file(table) {
            Some(file) => read_table(&self.folder.join(file)),
            None => Ok(BundleBatches { reader: None, path: PathBuf::new() }),
        }
    }

    /// What a table's footer tells; `None` for one that is not there.
    pub fn shape(&self, table: BundleTable) -> Result<Option<TableShape>> {
        let Some(file) = self.file(table) else { return Ok(None) };
        Ok(Some(TableShape(ParquetSource::at(&self.folder.join(file))?)))
    }

    /// The unit that holds the times of all events.
    pub fn unit(&self) -> Result<TimeUnit> {
        for index in 0..self.events.len() {
            if let Some(shape) = self.shape(BundleTable::Entities(OcelSide::Event, index))?
                && let Some(DataType::Timestamp(TimeUnit::Nanosecond, _)) = shape.data_type("ocel_time")
            {
                return Ok(TimeUnit::Nanosecond);
            }
        }
        Ok(TimeUnit::Microsecond)
    }

    /// Relations of a side's entities to objects, in order: identifier, object, qualifier.
    pub fn relations(
        &self,
        side: OcelSide,
        each: &mut dyn FnMut(&str, &str, &str) -> Result<()>,
    ) -> Result<()> {
        let (file, columns) = match side {
            OcelSide::Event => (&self.e2o, ["ocel_event_id", "ocel_object_id", "ocel_qualifier"]),
            OcelSide::Object => (&self.o2o, ["ocel_source_id", "ocel_target_id", "ocel_qualifier"]),
        };
        let mut texts = [String::new(), String::new(), String::new()];
        self.rows(file, &columns, &[], &mut |values, row| {
            for (text, values) in texts.iter_mut().zip(values) {
                text.clear();
                if !values.is_null(row) {
                    values.write(row, "string", text);
                }
            }
            each(&texts[0], &texts[1], &texts[2])
        })
    }

    /// The later values of an object type's objects, row by row in order.
    pub fn changes(&self, index: usize, each: &mut EachChange<'_>) -> Result<()> {
        let of = &self.objects[index];
        let Some(file) = &of.changes else { return Ok(()) };
        let fixed = ["ocel_id", "ocel_time", "ocel_changed_field"];
        let mut texts = [String::new(), String::new(), String::new()];
        let mut own: Vec<Option<String>> = vec![None; of.attributes.len()];
        self.rows(file, &fixed, &of.attributes, &mut |values, row| {
            for (text, values) in texts.iter_mut().zip(&values[..3]) {
                text.clear();
                if !values.is_null(row) {
                    values.write(row, "string", text);
                }
            }
            write_all(&values[3..], row, &mut own);
            each(&texts[0], &texts[1], &texts[2], &own)
        })
    }

    /// The identifiers of the events or objects of a type, in order.
    pub fn identifiers(
        &self,
        side: OcelSide,
        index: usize,
        each: &mut dyn FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        let mut id = String::new();
        self.rows(&self.types(side)[index].file, &["ocel_id"], &[], &mut |values, row| {
            values[0].write(row, "string", &mut id);
            each(&id)
        })
    }

    /// The events or objects of a type, in order, without what belongs to them: see
    /// [`Joined`](super::joined::Joined).
    pub fn entities(
        &self,
        side: OcelSide,
        index: usize,
        observer: &Observer,
        each: &mut dyn FnMut(&Entity<'_>) -> Result<()>,
    ) -> Result<()> {
        let of = &self.types(side)[index];
        let fixed: &[&str] = match side {
            OcelSide::Event => &["ocel_id", "ocel_time"],
            OcelSide::Object => &["ocel_id"],
        };
        let (mut id, mut time) = (String::new(), String::new());
        let mut texts: Vec<Option<String>> = vec![None; of.attributes.len()];
        self.rows(&of.file, fixed, &of.attributes, &mut |values, row| {
            observer.check()?;
            id.clear();
            values[0].write(row, "string", &mut id);
            if side == OcelSide::Event {
                time.clear();
                values[1].write(row, "string", &mut time);
            }
            write_all(&values[fixed.len()..], row, &mut texts);
            each(&Entity {
                id: &id,
                time: (side == OcelSide::Event).then_some(time.as_str()),
                values: &texts,
                changes: &[],
                related: &[],
            })
        })
    }

    /// Every row of a file: `fixed` columns, then those of `attributes`.
    fn rows(
        &self,
        file: &Path,
        fixed: &[&str],
        attributes: &[BundleAttribute],
        each: &mut dyn FnMut(&[BatchColumn], usize) -> Result<()>,
    ) -> Result<()> {
        let path = self.folder.join(file);
        let names = fixed.iter().copied().chain(attributes.iter().map(|it| it.column.as_str()));
        for batch in open_columns(&path, names.clone())? {
            let batch = batch?;
            let values: Vec<BatchColumn> = names
                .clone()
                .map(|name| column(&batch, name))
                .collect::<Result<_>>()
                .map_err(|error| error.in_file(&path))?;
            for row in 0..batch.num_rows() {
                each(&values, row)?;
            }
        }
        Ok(())
    }
}

/// The values of a row, as text, or `None` for null.
fn write_all(values: &[BatchColumn], row: usize, texts: &mut [Option<String>]) {
    for (text, values) in texts.iter_mut().zip(values) {
        match values.is_null(row) {
            true => *text = None,
            false => values.write(row, "string", text.get_or_insert_default()),
        }
    }
}

/// The batches of a table.
pub struct BundleBatches {
    reader: Option<ParquetBatches>,
    path: PathBuf,
}

impl Iterator for BundleBatches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.as_mut()?.next()?;
        Some(batch.map_err(|error| error.in_file(&self.path)))
    }
}

/// A table in a Parquet file, batch by batch.
pub fn read_table(path: &Path) -> Result<BundleBatches> {
    read_columns(path, None)
}

/// The same with those of its columns only that are named; what it has not is found out with its first rows.
fn open_columns<'n>(path: &Path, names: impl Iterator<Item = &'n str>) -> Result<BundleBatches> {
    read_columns(path, Some(names.collect()))
}

fn read_columns(path: &Path, names: Option<Vec<&str>>) -> Result<BundleBatches> {
    let file = ParquetSource::at(path)?;
    let places = names.map(|names| {
        let mut places: Vec<usize> =
            names.into_iter().filter_map(|name| file.schema().index_of(name).ok()).collect();
        places.sort_unstable();
        places
    });
    let read = ParquetRead { columns: places.as_deref(), ..ParquetRead::all(BATCH) };
    let reader = file.batches(&read).map_err(|error| error.in_file(path))?;
    Ok(BundleBatches { reader: Some(reader), path: path.to_owned() })
}

fn column(batch: &RecordBatch, name: &str) -> Result<BatchColumn> {
    match batch.column_by_name(name) {
        Some(array) => BatchColumn::of(array),
        None => Err(Error::new(Code::Bundle, format!("expected a column {name:?}, found no such column"))),
    }
}
