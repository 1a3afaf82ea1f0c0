//! A bundle in another layout of tables: the five tables of pm4py's `OCEL`, or the folders of oceldb (format
//! version 2).
//!
//! Tables are read and written batch by batch. Relations are joined with the types of both ends and the time
//! of the event: these are kept by a hash of the identifier, some 50 bytes for each event and object.
//! Attributes of the same name share a column over all types, and so a type: see [`Union`].

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression as Codec;
use parquet::file::properties::WriterProperties;

use crate::encode::output_folder::{OutputFolder, check_folder};
use crate::error::{Code, Error, Result};
use crate::model::hash::hash_bytes;
use crate::model::warning::{Warning, WarningCode};
use crate::observer::Observer;
use crate::target::OutputPlace;
use crate::target::ocel::arrays::{column, constant, converted, texts, times};
use crate::target::ocel::bundle::{Bundle, BundleTable, OcelSide};
use crate::target::ocel::merge::by_time;
use crate::target::ocel::union::Union;
use crate::target::ocel::{OcelReport, write_failed};

/// Rows of a row group.
const GROUP: usize = 1 << 17;

/// The longest manifest of such a folder, in bytes.
const MANIFEST: u64 = 64 << 10;

/// How the tables of a log are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleLayout {
    /// `events`, `objects`, `relations`, `o2o` and `object_changes`, one file each for all types, as the
    /// tables of a pm4py `OCEL` are.
    Pm4py,
    /// A folder for each table and in it for each type, as oceldb 0.10 reads them.
    Oceldb,
}

impl BundleLayout {
    /// The file that every folder of this kind has.
    pub const fn marker(self) -> &'static str {
        match self {
            Self::Pm4py => "relations.parquet",
            Self::Oceldb => "manifest.json",
        }
    }

    /// Name of the program that defines the layout.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pm4py => "pm4py",
            Self::Oceldb => "oceldb",
        }
    }

    /// The layout in which a folder holds a log, if it does. Other folders have files called so as well: what
    /// is in them tells, or what is beside them.
    pub fn of(folder: &Path) -> Option<Self> {
        let holds = |name: &str| folder.join(name).is_file();
        if holds(Self::Pm4py.marker()) && holds("events.parquet") && holds("objects.parquet") {
            return Some(Self::Pm4py);
        }
        let mut text = Vec::new();
        let file = File::open(folder.join(Self::Oceldb.marker())).ok()?;
        file.take(MANIFEST).read_to_end(&mut text).ok()?;
        let manifest: serde_json::Value = serde_json::from_slice(&text).ok()?;
        (manifest.get("format")? == Self::Oceldb.name()).then_some(Self::Oceldb)
    }
}

/// Writes the bundle in `folder` in another layout to the folder `target`.
///
/// # Errors
/// What is wrong with the bundle or the output; [`Code::Bundle`] for values that a column over all types
/// can't hold. Then no folder has appeared.
pub fn write_layout(
    folder: &Path,
    layout: BundleLayout,
    target: &OutputPlace,
    codec: Codec,
    observer: &Observer,
) -> Result<OcelReport> {
    let (report, out) = prepare_layout(folder, layout, target, codec, observer)?;
    out.commit()?;
    Ok(report)
}

/// The same, written and ready to appear.
///
/// # Errors
/// As [`write_layout`].
pub fn prepare_layout(
    folder: &Path,
    layout: BundleLayout,
    target: &OutputPlace,
    codec: Codec,
    observer: &Observer,
) -> Result<(OcelReport, OutputFolder)> {
    let start = Instant::now();
    check_folder(&target.path, target.replace, layout.marker())?;
    let bundle = Bundle::open(folder)?;
    let out = OutputFolder::create(&target.path, target.replace, layout.marker())?;
    let mut writer =
        LayoutWriter { bundle: &bundle, out: &out, codec, observer, report: OcelReport::default() };
    match layout {
        BundleLayout::Pm4py => writer.pm4py()?,
        BundleLayout::Oceldb => writer.oceldb()?,
    }
    let report = writer.report;
    let (output, seconds) = (target.path.clone(), start.elapsed().as_secs_f64());
    Ok((OcelReport { output, seconds, ..report }, out))
}

/// Which types and times identifiers have, by their hashes.
#[derive(Default)]
struct Known {
    events: HashMap<u64, (u32, i64)>,
    objects: HashMap<u64, u32>,
}

/// The folder as it is written.
struct LayoutWriter<'w> {
    bundle: &'w Bundle,
    out: &'w OutputFolder,
    codec: Codec,
    observer: &'w Observer,
    report: OcelReport,
}

/// A table that is being written.
struct LayoutSheet {
    writer: ArrowWriter<File>,
    schema: SchemaRef,
}

impl LayoutSheet {
    fn write(&mut self, columns: Vec<ArrayRef>) -> Result<()> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        Ok(self.writer.write(&batch)?)
    }

    /// Ends it; gives its size.
    fn finish(self) -> Result<u64> {
        let file = self.writer.into_inner()?;
        file.sync_all().map_err(|error| write_failed(&error))?;
        Ok(file.metadata().map_err(|error| write_failed(&error))?.len())
    }
}

/// A field of text or another type.
fn field(name: &str, data_type: DataType, nullable: bool) -> Field {
    Field::new(name, data_type, nullable)
}

/// The Arrow type of timestamps in UTC.
fn moments(unit: TimeUnit) -> DataType {
    DataType::Timestamp(unit, Some("UTC".into()))
}

fn hashed(id: &str) -> u64 {
    hash_bytes(0, id.as_bytes())
}

impl LayoutWriter<'_> {
    fn sheet(&self, file: &str, fields: Vec<Field>) -> Result<LayoutSheet> {
        let schema = Arc::new(Schema::new(fields));
        let place = self.out.place(file)?;
        let file = File::create_new(&place).map_err(|error| Error::io(Code::OutputWrite, &place, &error))?;
        let properties = WriterProperties::builder()
            .set_compression(self.codec)
            .set_max_row_group_row_count(Some(GROUP))
            .build();
        Ok(LayoutSheet { writer: ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?, schema })
    }

    fn finish(&mut self, sheet: LayoutSheet) -> Result<()> {
        self.report.output_bytes += sheet.finish()?;
        Ok(())
    }

    /// The types of all identifiers, and the times of events in `unit`.
    fn known(&mut self, unit: TimeUnit) -> Result<Known> {
        let mut known = Known::default();
        for (side, count) in
            [(OcelSide::Event, &mut self.report.events), (OcelSide::Object, &mut self.report.objects)]
        {
            for index in 0..self.bundle.types(side).len() {
                for batch in self.bundle.batches(BundleTable::Entities(side, index))? {
                    self.observer.check()?;
                    let batch = batch?;
                    *count += batch.num_rows() as u64;
                    let ids = texts(&batch, "ocel_id")?;
                    if side == OcelSide::Object {
                        known.objects.extend(ids.iter().flatten().map(|id| (hashed(id), index as u32)));
                        continue;
                    }
                    let times = times(&batch, &moments(unit))?;
                    for (id, time) in ids.iter().flatten().zip(times.values()) {
                        known.events.insert(hashed(id), (index as u32, *time));
                    }
                }
            }
        }
        Ok(known)
    }

    /// The types of identifiers, null where there is none.
    fn types_of(&self, side: OcelSide, known: &Known, ids: &StringArray) -> ArrayRef {
        let types = self.bundle.types(side);
        let index = |id: &str| match side {
            OcelSide::Event => known.events.get(&hashed(id)).map(|(index, _)| *index),
            OcelSide::Object => known.objects.get(&hashed(id)).copied(),
        };
        let name = |id: Option<&str>| index(id?).map(|index| types[index as usize].name.as_str());
        Arc::new(ids.iter().map(name).collect::<StringArray>())
    }

    fn pm4py(&mut self) -> Result<()> {
        let bundle = self.bundle;
        let unit = bundle.unit()?;
        let known = self.known(unit)?;
        let time = moments(unit);
        let fixed = ["ocel:eid", "ocel:activity", "ocel:timestamp"];
        let events = Union::of(
            bundle,
            OcelSide::Event,
            |index| vec![BundleTable::Entities(OcelSide::Event, index)],
            &fixed,
        )?;
        let mut fields = vec![
            field(fixed[0], DataType::Utf8, false),
            field(fixed[1], DataType::Utf8, false),
            field(fixed[2], time.clone(), false),
        ];
        fields.extend(events.fields());
        let mut sheet = self.sheet("events.parquet", fields)?;
        let types: Vec<DataType> = sheet.schema.fields().iter().map(|it| it.data_type().clone()).collect();
        let project = |index: usize, batch: &RecordBatch| {
            let of = &bundle.types(OcelSide::Event)[index];
            let mut columns: Vec<Option<ArrayRef>> = vec![
                Some(Arc::new(texts(batch, "ocel_id")?)),
                Some(constant(&of.name, batch.num_rows())),
                Some(converted(column(batch, "ocel_time")?, &time)?),
            ];
            columns.extend(events.columns(of, batch)?);
            Ok(columns)
        };
        by_time(bundle, &time, &types, &project, self.observer, &mut |columns| sheet.write(columns))?;
        self.finish(sheet)?;

        let fixed = ["ocel:oid", "ocel:type"];
        let objects = Union::of(
            bundle,
            OcelSide::Object,
            |index| vec![BundleTable::Entities(OcelSide::Object, index)],
            &fixed,
        )?;
        let mut fields: Vec<Field> = fixed.iter().map(|name| field(name, DataType::Utf8, false)).collect();
        fields.extend(objects.fields());
        let mut sheet = self.sheet("objects.parquet", fields)?;
        for (index, of) in bundle.types(OcelSide::Object).iter().enumerate() {
            for batch in bundle.batches(BundleTable::Entities(OcelSide::Object, index))? {
                self.observer.check()?;
                let batch = batch?;
                let mut columns: Vec<ArrayRef> =
                    vec![Arc::new(texts(&batch, "ocel_id")?), constant(&of.name, batch.num_rows())];
                columns.extend(objects.filled(of, &batch)?);
                sheet.write(columns)?;
            }
        }
        self.finish(sheet)?;

        let fixed = ["ocel:oid", "ocel:type", "ocel:timestamp", "ocel:field"];
        let changes = Union::of(bundle, OcelSide::Object, |index| vec![BundleTable::Changes(index)], &fixed)?;
        let mut fields: Vec<Field> = fixed
            .iter()
            .map(|name| match *name {
                "ocel:timestamp" => field(name, time.clone(), false),
                _ => field(name, DataType::Utf8, false),
            })
            .collect();
        fields.extend(changes.fields());
        let mut sheet = self.sheet("object_changes.parquet", fields)?;
        for (index, of) in bundle.types(OcelSide::Object).iter().enumerate() {
            for batch in bundle.batches(BundleTable::Changes(index))? {
                self.observer.check()?;
                let batch = batch?;
                self.report.changes += batch.num_rows() as u64;
                let mut columns: Vec<ArrayRef> = vec![
                    Arc::new(texts(&batch, "ocel_id")?),
                    constant(&of.name, batch.num_rows()),
                    converted(column(&batch, "ocel_time")?, &time)?,
                    Arc::new(texts(&batch, "ocel_changed_field")?),
                ];
                columns.extend(changes.filled(of, &batch)?);
                sheet.write(columns)?;
            }
        }
        self.finish(sheet)?;

        let names =
            ["ocel:eid", "ocel:activity", "ocel:timestamp", "ocel:oid", "ocel:type", "ocel:qualifier"];
        let fields = names.iter().map(|name| match *name {
            "ocel:timestamp" => field(name, time.clone(), true),
            "ocel:activity" | "ocel:type" => field(name, DataType::Utf8, true),
            _ => field(name, DataType::Utf8, false),
        });
        let mut sheet = self.sheet("relations.parquet", fields.collect())?;
        for batch in bundle.batches(BundleTable::Relations(OcelSide::Event))? {
            self.observer.check()?;
            let batch = batch?;
            self.report.e2o += batch.num_rows() as u64;
            let (events, objects) = (texts(&batch, "ocel_event_id")?, texts(&batch, "ocel_object_id")?);
            let times: Int64Array =
                events.iter().map(|id| known.events.get(&hashed(id?)).map(|(_, time)| *time)).collect();
            let times: ArrayRef = Arc::new(times);
            sheet.write(vec![
                Arc::new(events.clone()),
                self.types_of(OcelSide::Event, &known, &events),
                converted(&times, &time)?,
                Arc::new(objects.clone()),
                self.types_of(OcelSide::Object, &known, &objects),
                Arc::new(texts(&batch, "ocel_qualifier")?),
            ])?;
        }
        self.finish(sheet)?;

        let names = ["ocel:oid", "ocel:oid_2", "ocel:qualifier"];
        let fields = names.iter().map(|name| field(name, DataType::Utf8, false));
        let mut sheet = self.sheet("o2o.parquet", fields.collect())?;
        for batch in bundle.batches(BundleTable::Relations(OcelSide::Object))? {
            self.observer.check()?;
            let batch = batch?;
            self.report.o2o += batch.num_rows() as u64;
            let columns = ["ocel_source_id", "ocel_target_id", "ocel_qualifier"];
            let columns: Result<Vec<ArrayRef>> =
                columns.iter().map(|name| Ok(Arc::new(texts(&batch, name)?) as ArrayRef)).collect();
            sheet.write(columns?)?;
        }
        self.finish(sheet)
    }

    fn oceldb(&mut self) -> Result<()> {
        let bundle = self.bundle;
        let time = moments(TimeUnit::Microsecond);
        if bundle.unit()? == TimeUnit::Nanosecond {
            let what = "oceldb stores microseconds; more precise times were truncated";
            let help = "use ⟦layout⟧ pm4py or ⟦layout⟧ bundle to keep nanoseconds";
            self.report.warnings.push(Warning::new(WarningCode::TimesCut, what).help(help));
        }
        let known = self.known(TimeUnit::Microsecond)?;
        // Columns of the format, which no attribute may be called like.
        let reserved = [
            "ocel_id",
            "ocel_type",
            "ocel_time",
            "ocel_changed_field",
            "ocel_is_initial",
            "ocel_event_id",
            "ocel_event_type",
            "ocel_object_id",
            "ocel_object_type",
            "ocel_source_id",
            "ocel_source_type",
            "ocel_target_id",
            "ocel_target_type",
            "ocel_qualifier",
        ];
        for folder in ["events", "objects", "object_changes"] {
            self.out.place(&format!("{folder}/_"))?;
        }
        let union = Union::of(
            bundle,
            OcelSide::Event,
            |index| vec![BundleTable::Entities(OcelSide::Event, index)],
            &reserved,
        )?;
        for (index, of) in bundle.types(OcelSide::Event).iter().enumerate() {
            let mut fields =
                vec![field("ocel_id", DataType::Utf8, false), field("ocel_time", time.clone(), false)];
            fields.extend(union.own_fields(of));
            let mut sheet = None;
            for batch in bundle.batches(BundleTable::Entities(OcelSide::Event, index))? {
                self.observer.check()?;
                let batch = batch?;
                let mut columns: Vec<ArrayRef> = vec![
                    Arc::new(texts(&batch, "ocel_id")?),
                    converted(column(&batch, "ocel_time")?, &time)?,
                ];
                columns.extend(union.own_columns(of, &batch)?);
                self.partition(&mut sheet, "events", &of.name, &fields)?.write(columns)?;
            }
            if let Some(sheet) = sheet {
                self.finish(sheet)?;
            }
        }
        let both = |index| vec![BundleTable::Entities(OcelSide::Object, index), BundleTable::Changes(index)];
        let union = Union::of(bundle, OcelSide::Object, both, &reserved)?;
        for index in 0..bundle.types(OcelSide::Object).len() {
            self.objects_of(index, &union, &time)?;
        }
        for (side, file, ends) in [
            (OcelSide::Event, "e2o/part-00000.parquet", ["event", "object"]),
            (OcelSide::Object, "o2o/part-00000.parquet", ["source", "target"]),
        ] {
            let names = ends.map(|end| [format!("ocel_{end}_id"), format!("ocel_{end}_type")]);
            let mut fields: Vec<Field> = names
                .iter()
                .flat_map(|[id, of]| [field(id, DataType::Utf8, false), field(of, DataType::Utf8, true)])
                .collect();
            fields.push(field("ocel_qualifier", DataType::Utf8, false));
            let mut sheet = self.sheet(file, fields)?;
            for batch in bundle.batches(BundleTable::Relations(side))? {
                self.observer.check()?;
                let batch = batch?;
                let count = if side == OcelSide::Event { &mut self.report.e2o } else { &mut self.report.o2o };
                *count += batch.num_rows() as u64;
                let (from, to) = (texts(&batch, &names[0][0])?, texts(&batch, &names[1][0])?);
                sheet.write(vec![
                    Arc::new(from.clone()),
                    self.types_of(side, &known, &from),
                    Arc::new(to.clone()),
                    self.types_of(OcelSide::Object, &known, &to),
                    Arc::new(texts(&batch, "ocel_qualifier")?),
                ])?;
            }
            self.finish(sheet)?;
        }
        // No time of day: the same log gives the same bytes.
        let manifest =
            serde_json::json!({"format": "oceldb", "formatVersion": 2, "createdAt": "1970-01-01T00:00:00Z"});
        let place = self.out.place(BundleLayout::Oceldb.marker())?;
        let text = format!("{manifest:#}\n");
        self.report.output_bytes += text.len() as u64;
        let written = std::fs::write(&place, text).and_then(|()| File::open(&place)?.sync_all());
        written.map_err(|error| Error::io(Code::OutputWrite, &place, &error))
    }

    /// The objects of a type, and what becomes of their values: a row at 1970 with the first ones, and a row
    /// for each change.
    fn objects_of(&mut self, index: usize, union: &Union, time: &DataType) -> Result<()> {
        let bundle = self.bundle;
        let of = &bundle.types(OcelSide::Object)[index];
        let ids = [field("ocel_id", DataType::Utf8, false)];
        let mut fields = vec![
            field("ocel_id", DataType::Utf8, false),
            field("ocel_time", time.clone(), false),
            field("ocel_changed_field", DataType::Utf8, true),
            field("ocel_is_initial", DataType::Boolean, false),
        ];
        fields.extend(union.own_fields(of));
        let (mut objects, mut changes) = (None, None);
        for batch in bundle.batches(BundleTable::Entities(OcelSide::Object, index))? {
            self.observer.check()?;
            let batch = batch?;
            let rows = batch.num_rows();
            let id: ArrayRef = Arc::new(texts(&batch, "ocel_id")?);
            self.partition(&mut objects, "objects", &of.name, &ids)?.write(vec![Arc::clone(&id)])?;
            let values = union.own_columns(of, &batch)?;
            let has_some: BooleanArray =
                (0..rows).map(|row| Some(values.iter().any(|it| it.is_valid(row)))).collect();
            let start = TimestampMicrosecondArray::from_iter_values(std::iter::repeat_n(0, rows))
                .with_timezone("UTC");
            let mut columns: Vec<ArrayRef> = vec![
                id,
                Arc::new(start),
                new_null_array(&DataType::Utf8, rows),
                Arc::new(BooleanArray::from(vec![true; rows])),
            ];
            columns.extend(values);
            let columns: std::result::Result<Vec<ArrayRef>, _> =
                columns.iter().map(|it| arrow::compute::filter(it, &has_some)).collect();
            if has_some.true_count() > 0 {
                self.partition(&mut changes, "object_changes", &of.name, &fields)?.write(columns?)?;
            }
        }
        for batch in bundle.batches(BundleTable::Changes(index))? {
            self.observer.check()?;
            let batch = batch?;
            let rows = batch.num_rows();
            self.report.changes += rows as u64;
            let mut columns: Vec<ArrayRef> = vec![
                Arc::new(texts(&batch, "ocel_id")?),
                converted(column(&batch, "ocel_time")?, time)?,
                Arc::new(union.renamed(of, &texts(&batch, "ocel_changed_field")?)),
                Arc::new(BooleanArray::from(vec![false; rows])),
            ];
            columns.extend(union.own_columns(of, &batch)?);
            self.partition(&mut changes, "object_changes", &of.name, &fields)?.write(columns)?;
        }
        for sheet in [objects, changes].into_iter().flatten() {
            self.finish(sheet)?;
        }
        Ok(())
    }

    /// The file of a type within a table's folder, which is begun with its first rows.
    fn partition<'s>(
        &self,
        sheet: &'s mut Option<LayoutSheet>,
        table: &str,
        type_name: &str,
        fields: &[Field],
    ) -> Result<&'s mut LayoutSheet> {
        if sheet.is_none() {
            let file = format!("{table}/ocel_type={}/part-00000.parquet", percent_encoded(type_name));
            *sheet = Some(self.sheet(&file, fields.to_vec())?);
        }
        sheet.as_mut().ok_or_else(|| Error::new(Code::Internal, "a table was not begun"))
    }
}

/// A type's name as a part of a path: what RFC 3986 (2.3) leaves unreserved stays, every other byte becomes
/// `%` and two digits.
fn percent_encoded(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
