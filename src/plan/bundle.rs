//! The types of all columns of all tables of a bundle.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};

use crate::encode::builders::{ColumnSpec, ColumnTally};
use crate::encode::layout::{ColumnLayout, SampledBytes};
use crate::encode::null_words::NullWords;
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableColumn, TableId, TableSchema};
use crate::model::figures::agreeing;
use crate::model::kind::{Kind, Kinds};
use crate::model::ocel::{Declared, OcelContent, OcelShape, OcelSide, type_name};
use crate::model::readings::{Readings, Wishes, decide};
use crate::model::time_format::TimeFormat;
use crate::model::value::{ColumnType, DateOrder, TimeUnit};
use crate::model::warning::{Warning, WarningCode};
use crate::options::Options;
use crate::plan::table_steps::is_same_kind;
use crate::report::ColumnReport;
use crate::shard::column_map::{ColumnMap, TableMap};
use crate::source::input::Ready;
use crate::step::{Chain, Steps};
use crate::text::ocel::Ocel;

/// Of a column that nothing was sampled of: identifiers that count up.
const IDENTIFIERS: SampledBytes =
    SampledBytes { values: 100, distinct: 100, repeats: 0, shared_prefix: 800, bytes: 1000 };

/// Of the objects of events, however few the sample shows: they are mentioned again and again, and of those
/// that are not a dictionary is soon full, and given up. It made a bundle of ten mentions an object 8%
/// smaller.
const MENTIONED: SampledBytes = SampledBytes { distinct: 50, ..IDENTIFIERS };

/// One column of a table.
#[derive(Debug, Clone)]
struct BundleColumn {
    column_type: ColumnType,
    /// Whether its type is fixed: a misfit is a bad row.
    fixed: bool,
    sampled: SampledBytes,
    /// The join over values that are known to be in the file.
    known: Readings,
    /// Whether the log says that its values are times.
    is_time: bool,
}

/// The types of one pass.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tables.
    pub shape: Arc<OcelShape>,
    /// Whether the types are those that all values have.
    pub is_final: bool,
    columns: Vec<BundleColumn>,
    /// The layout of times that are not as the standard has them.
    times: Option<TimeFormat>,
    /// For each table, what its rows pass on their way to the output.
    pub chains: Arc<[Chain]>,
    /// Why a step can't be done on these tables.
    pub refused: Option<Error>,
}

impl Plan {
    /// The types that declarations say and the sample suggests.
    pub fn of_sample(input: &Ready, ocel: &Ocel) -> Self {
        let kinds = (0..ocel.shape.tables()).flat_map(|table| ocel.shape.kinds(table));
        // The sample knows no layout but the standard's.
        let unseen: Vec<bool> = kinds.map(|kind| ocel.times.is_some() && kind == Some(Kind::Time)).collect();
        let of = |seen: &[Readings], column: usize| if unseen[column] { Readings::ALL } else { seen[column] };
        let likely = |column| of(&input.sample.likely, column);
        let mut plan = Self::new(input, ocel, likely, |_| Readings::ALL);
        for (index, column) in plan.columns.iter_mut().enumerate() {
            column.known = of(&input.sample.known, index);
        }
        plan
    }

    /// The types that all values have.
    pub fn of_values(input: &Ready, ocel: &Ocel, tallies: &[ColumnTally]) -> Self {
        let plan = Self::new(input, ocel, |column| tallies[column].readings, |column| tallies[column].times);
        Self { is_final: true, ..plan }
    }

    fn new(
        input: &Ready,
        ocel: &Ocel,
        readings: impl Fn(usize) -> Readings,
        times: impl Fn(usize) -> Readings,
    ) -> Self {
        let shape = Arc::clone(&ocel.shape);
        let mut columns = Vec::with_capacity(shape.total());
        for table in 0..shape.tables() {
            let fixed = shape.fixed(table);
            for (index, (column, kind)) in shape.columns(table).zip(shape.kinds(table)).enumerate() {
                let sampled = match fixed.get(index) {
                    Some(&"ocel_object_id") => MENTIONED,
                    _ if input.sample.sampled[column].values > 0 => input.sample.sampled[column],
                    fixed => unsampled(fixed),
                };
                let is_time = kind == Some(Kind::Time);
                let said = kind.map_or(Readings::ALL, |kind| Readings::of_kinds(Kinds::of(kind)));
                let (column_type, is_fixed) = match fixed.get(index) {
                    Some(&"ocel_time") => {
                        let found = decide(readings(column) & said, &Wishes::default()).column_type;
                        match found {
                            ColumnType::Timestamp { .. } => (found, false),
                            // Some are no times: these are bad rows.
                            _ => {
                                let unit = match times(column).has_micros() {
                                    true => TimeUnit::Micros,
                                    false => TimeUnit::Nanos,
                                };
                                (ColumnType::Timestamp { order: DateOrder::Ymd, unit }, true)
                            }
                        }
                    }
                    Some(_) => (ColumnType::Text, true),
                    None => {
                        // First and later values of an attribute have one type.
                        let twin = twin(&shape, table, index);
                        let all = twin.map_or(Readings::ALL, &readings);
                        (decide(readings(column) & all & said, &Wishes::default()).column_type, false)
                    }
                };
                columns.push(BundleColumn {
                    column_type,
                    fixed: is_fixed,
                    sampled,
                    known: Readings::ALL,
                    is_time,
                });
            }
        }
        Self {
            shape,
            is_final: false,
            columns,
            times: ocel.times.clone(),
            chains: Arc::new([]),
            refused: None,
        }
    }

    /// Binds the steps of the run to all tables. A step that refuses provisional types may accept those of
    /// the whole log.
    pub fn bind(&mut self, steps: &Steps) -> Result<()> {
        let bound = |steps: &Steps| {
            (0..self.shape.tables()).map(|table| self.bind_table(steps, table)).collect::<Result<Vec<_>>>()
        };
        let (chains, refused) = match bound(steps) {
            Ok(chains) => (chains, None),
            Err(error) => (bound(&Steps::default())?, Some(error)),
        };
        self.chains = chains.into();
        self.refused = refused;
        Ok(())
    }

    fn bind_table(&self, steps: &Steps, table: usize) -> Result<Chain> {
        let file = self.shape.file(table);
        let schema = self.schema(table);
        let columns = schema.fields().iter().zip(self.shape.columns(table)).map(|(field, source)| {
            TableColumn { field: Arc::clone(field), roles: Vec::new(), source: Some(source) }
        });
        let read = TableSchema {
            table: TableId(table),
            name: Some(file.as_str().into()),
            columns: columns.collect(),
        };
        let fixed = &read.columns[..self.shape.fixed(table).len()];
        let chain = steps.bind(read.clone())?;
        let is_other = |(fixed, written): &(&TableColumn, &TableColumn)| {
            let (fixed, written) = (&fixed.field, &written.field);
            let as_fixed = written.as_ref().clone().with_data_type(fixed.data_type().clone());
            !is_same_kind(fixed.data_type(), written.data_type()) || as_fixed != **fixed
        };
        match fixed.iter().zip(&chain.output.columns).find(is_other) {
            None if chain.output.columns.len() >= fixed.len() => Ok(chain),
            lost => {
                let name =
                    lost.map_or_else(|| fixed[chain.output.columns.len()].name(), |(fixed, _)| fixed.name());
                let what = format!("a step moves, changes or removes column {name:?} of {file}");
                Err(Error::new(Code::Usage, what).help("each table of a bundle must begin with such columns"))
            }
        }
    }

    /// The type of every column.
    pub fn types(&self) -> Vec<ColumnType> {
        self.columns.iter().map(|column| column.column_type).collect()
    }

    /// Whether the columns are read as those of another plan are: with the same types, to which values that do
    /// not fit are malformed in the same columns.
    pub fn reads_as(&self, other: &Self) -> bool {
        let read = |plan: &Self| -> Vec<(ColumnType, bool)> {
            plan.columns.iter().map(|column| (column.column_type, column.fixed)).collect()
        };
        read(self) == read(other)
    }

    /// How the log's columns are read and placed.
    pub fn map(&self, input: &Ready, options: &Options) -> ColumnMap {
        let spec = |(index, column): (usize, &BundleColumn)| {
            let time = matches!(self.name(index), "ocel_time");
            Some(ColumnSpec {
                column_type: column.column_type,
                dictionary: column.layout().repeats(),
                nested: None,
                declared: column.fixed,
                final_type: self.is_final,
                known: if column.fixed || self.is_final { Readings::ALL } else { column.known },
                null_words: NullWords::none(),
                filled: time,
                zone: options.table.values.zone.clone(),
                lexical: true,
                format: self.times.clone().filter(|_| column.is_time),
                join_times: time && !self.is_final,
            })
        };
        let tables = (0..self.shape.tables()).map(|table| {
            let columns = self.shape.columns(table);
            TableMap { from: columns.clone().map(Some).collect(), columns }
        });
        ColumnMap {
            input: 0,
            read: self.columns.iter().enumerate().map(spec).collect(),
            names: input.names.clone(),
            tables: tables.collect(),
        }
    }

    /// How the times of the log are laid out, if not as the standard has them.
    pub fn times(&self) -> Option<String> {
        self.times.as_ref().map(TimeFormat::to_string)
    }

    /// The same for one column.
    fn times_of(&self, column: &BundleColumn) -> Vec<String> {
        let times = self.times.as_ref().filter(|_| column.is_time && column.column_type.is_time());
        times.map(TimeFormat::words).unwrap_or_default()
    }

    /// The name of a fixed column; nothing for an attribute.
    fn name(&self, column: usize) -> &'static str {
        let table = (0..self.shape.tables()).find(|table| self.shape.columns(*table).contains(&column));
        let found = table.and_then(|table| {
            let within = column - self.shape.columns(table).start;
            self.shape.fixed(table).get(within).copied()
        });
        found.unwrap_or_default()
    }

    /// The schema of a table's batches before its steps.
    fn schema(&self, table: usize) -> SchemaRef {
        let fixed = self.shape.fixed(table).len();
        let names = self.shape.column_names(table);
        let fields = names.iter().zip(&self.columns[self.shape.columns(table)]).enumerate();
        let fields = fields.map(|(index, (name, column))| {
            let data_type = ColumnSpec::arrow_type(column.column_type, column.layout().repeats());
            Field::new(name, data_type, index >= fixed)
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// Page layouts of the columns of a table.
    pub fn layouts(&self, table: usize) -> Vec<(String, ColumnLayout)> {
        let read = self.schema(table);
        let first = self.shape.columns(table).start;
        let written = self.chains[table].output.columns.iter();
        let layout = |column: &TableColumn| {
            let same = column
                .source
                .filter(|at| is_same_kind(read.field(at - first).data_type(), column.field.data_type()));
            same.map_or_else(
                || ColumnLayout::of_arrow(column.field.data_type()),
                |at| self.columns[at].layout(),
            )
        };
        written.map(|column| (column.name().to_owned(), layout(column))).collect()
    }

    /// Metadata of a table's file.
    pub fn metadata(&self, table: usize) -> Vec<(String, String)> {
        let (holds, of) = match self.shape.holds(table) {
            OcelContent::EventObject => ("relations of events to objects", None),
            OcelContent::ObjectObject => ("relations of objects to objects", None),
            OcelContent::Events(_) => ("events", self.shape.type_of(table)),
            OcelContent::Objects(_) => ("objects", self.shape.type_of(table)),
            OcelContent::Changes(_) => ("changes of objects", self.shape.type_of(table)),
        };
        let value = serde_json::json!({
            "logflow_version": env!("CARGO_PKG_VERSION"),
            "holds": holds,
            "type": of.map(|of| &*of.name),
        });
        vec![("logflow".to_owned(), value.to_string())]
    }

    /// The types of an object or event type's attributes as columns: name of the column, name of the
    /// attribute, type.
    pub fn attributes(&self, side: OcelSide, index: usize) -> Vec<(String, String, ColumnType)> {
        let table = self.shape.table_of(side, index);
        let fixed = self.shape.fixed(table).len();
        let names = self.shape.column_names(table);
        let columns = &self.columns[self.shape.columns(table)];
        let attributes = self.shape.attributes(table);
        let all = names.into_iter().zip(columns).skip(fixed).zip(attributes);
        all.map(|((name, column), attribute)| (name, attribute.name.to_string(), column.column_type))
            .collect()
    }

    /// The columns of an object or event type's attributes as they are written: name of the column, name of
    /// the attribute, and the name that OCEL 2.0 has for the type of its values. A column that a step
    /// computed is an attribute of that name.
    pub fn written_attributes(&self, side: OcelSide, index: usize) -> Vec<(String, String, &'static str)> {
        let table = self.shape.table_of(side, index);
        let fixed = self.shape.fixed(table).len();
        let first = self.shape.columns(table).start + fixed;
        let read = self.attributes(side, index);
        let written = self.chains[table].output.columns.iter().skip(fixed);
        let of = |column: &TableColumn| match column.source.and_then(|at| read.get(at.checked_sub(first)?)) {
            Some((_, attribute, column_type)) => {
                (column.name().to_owned(), attribute.clone(), ocel_type(*column_type))
            }
            None => {
                let kind = Kind::of_arrow(column.field.data_type());
                (column.name().to_owned(), column.name().to_owned(), type_name(kind))
            }
        };
        written.map(of).collect()
    }

    /// Reports on each column of each table.
    pub fn columns(&self, input: &Ready, tallies: &[ColumnTally]) -> Vec<ColumnReport> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for table in 0..self.shape.tables() {
            let fixed = self.shape.fixed(table).iter().map(|_| true);
            let declared = self.shape.attributes(table).iter().map(|it| it.declared != Declared::Not);
            for (index, declared) in self.shape.columns(table).zip(fixed.chain(declared)) {
                let (column, tally) = (&self.columns[index], &tallies[index]);
                columns.push(ColumnReport {
                    name: input.names[index].clone(),
                    source_name: input.names[index].clone(),
                    column_type: column.column_type.name().to_owned(),
                    written: column.column_type.described().into_owned(),
                    role: None,
                    declared,
                    formats: self.times_of(column),
                    examples: Vec::new(),
                    nulls: tally.nulls,
                    null_words: 0,
                    without_zone: tally.without_zone,
                });
            }
        }
        columns
    }

    /// What should be said about attributes whose values are not what they are declared to be, and about
    /// times.
    pub fn warnings(&self, tallies: &[ColumnTally]) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for (side, noun) in [(OcelSide::Event, "event"), (OcelSide::Object, "object")] {
            for (index, of) in self.shape.types(side).iter().enumerate() {
                let attributes = self.attributes(side, index);
                for (position, (attribute, (_, _, found))) in of.attributes.iter().zip(attributes).enumerate()
                {
                    let Declared::As(kind) = attribute.declared else { continue };
                    if ocel_type(found) == type_name(kind) {
                        continue;
                    }
                    let what = format!(
                        "attribute {:?} of {noun} type {:?} is declared as {} and has values that are not: its column is {}",
                        attribute.name,
                        of.name,
                        type_name(kind),
                        ocel_type(found),
                    );
                    let table = self.shape.table_of(side, index);
                    let warning =
                        Warning::new(WarningCode::DeclaredTypeNotHeld, what).in_column(&*attribute.name);
                    warnings.push(self.with_miss(warning, table, position, type_name(kind), tallies));
                }
            }
        }
        let without_zone: u64 = tallies.iter().map(|tally| tally.without_zone).sum();
        if without_zone > 0 {
            let times = agreeing(without_zone, "time", "times");
            let were = agreeing(without_zone, "was", "were");
            let what =
                format!("{without_zone} {times} without a zone {were} taken as UTC, or as ⟦timezone⟧ says");
            let help = "give the zone of their clocks if it is another: ⟦timezone⟧ Europe/Berlin";
            let warning = Warning::new(WarningCode::TimesWithoutZone, what);
            warnings.push(warning.counted(without_zone).help(help));
        }
        warnings
    }

    /// The warning with the first value of an attribute that is not of the declared type, and how many there
    /// are, where these were counted: the later values of objects stand in the table behind that of the
    /// objects.
    fn with_miss(
        &self,
        mut warning: Warning,
        table: usize,
        position: usize,
        declared: &str,
        tallies: &[ColumnTally],
    ) -> Warning {
        let tables = [table, table + 1].into_iter().filter(|it| {
            *it == table
                || *it < self.shape.tables() && matches!(self.shape.holds(*it), OcelContent::Changes(_))
        });
        let columns = tables.map(|it| self.shape.columns(it).start + self.shape.fixed(it).len() + position);
        let counted = columns.filter_map(|column| {
            let census = tallies.get(column)?.census.as_deref()?;
            let (column_type, held) = census.mostly().filter(|(it, _)| ocel_type(*it) == declared)?;
            let (first, _) = census.first_miss(column_type)?;
            Some((census.total() - held, census.total(), first))
        });
        let counted: Vec<_> = counted.collect();
        let Some((_, _, first)) = counted.first() else { return warning };
        let (missed, total) =
            counted.iter().fold((0, 0), |sum, (missed, all, _)| (sum.0 + missed, sum.1 + all));
        let value = String::from_utf8_lossy(&first.value);
        warning.message.push_str(&format!("; {missed} of {total} values are not, the first is {value:?}"));
        warning.counted(missed).out_of(total).example(value, Some(first.record + 1), Some(first.byte))
    }
}

impl BundleColumn {
    fn layout(&self) -> ColumnLayout {
        ColumnLayout::choose(self.column_type, &self.sampled)
    }
}

/// How often values of a column without a sample are expected to repeat, by the kind of column.
fn unsampled(fixed: Option<&&str>) -> SampledBytes {
    match fixed {
        Some(&"ocel_id" | &"ocel_time" | &"ocel_event_id" | &"ocel_source_id" | &"ocel_target_id") => {
            IDENTIFIERS
        }
        _ => SampledBytes::default(),
    }
}

/// The column of the same attribute in the other table of an object type.
fn twin(shape: &OcelShape, table: usize, index: usize) -> Option<usize> {
    match shape.holds(table) {
        OcelContent::Objects(_) => Some(shape.columns(table + 1).start + index + 2),
        OcelContent::Changes(_) => Some(shape.columns(table - 1).start + index - 2),
        _ => None,
    }
}

/// The name that OCEL 2.0 has for values of a type.
pub fn ocel_type(column_type: ColumnType) -> &'static str {
    type_name(match column_type {
        ColumnType::Bool => Kind::Bool,
        ColumnType::Int64(_) => Kind::Int,
        ColumnType::Float64(_) => Kind::Float,
        ColumnType::Date(_) | ColumnType::Timestamp { .. } => Kind::Time,
        ColumnType::Text => Kind::Text,
    })
}
