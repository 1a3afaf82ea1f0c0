//! The table that a run writes: its columns, their types, roles and layout, from all inputs and options.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::encode::builders::{ColumnSpec, ColumnTally};
use crate::encode::layout::{ColumnLayout, SampledBytes};
use crate::encode::null_words::NullWords;
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableId, TableSchema};
use crate::model::readings::{Doubt, Readings, Wishes, decide};
use crate::model::roles::{Role, RoleWishes, Roles};
use crate::model::shape::{Nested, NestedShape};
use crate::model::time_format::TimeFormat;
use crate::model::time_names::names_a_time;
use crate::model::value::{ColumnType, DateOrder, DecimalMark};
use crate::options::{Options, TableOptions, ValueOptions};
use crate::shard::column_map::ColumnMap;
use crate::shard::merge::PartDone;
use crate::source::input::{Ready, named, null_words};
use crate::step::select::choose;
use crate::step::{Chain, Steps};

/// One column of the table, as it is planned for a pass.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name in the source.
    pub source_name: String,
    /// Whether the column is read for a step alone and not written.
    pub hidden: bool,
    /// Type in this pass.
    pub column_type: ColumnType,
    /// Whether the type was declared.
    pub declared: bool,
    /// Whether the order of day and month in its declared times follows from its values, and in this pass
    /// from the first of them.
    pub open: bool,
    /// The layout of its timestamps, if given.
    pub format: Option<TimeFormat>,
    /// Why it is text although something narrower reads all its values.
    pub doubt: Option<Doubt>,
    /// The decimal mark that decided between two readings of its values, and the column of the file that
    /// shows this mark.
    pub by_file: Option<(DecimalMark, String)>,
    /// Whether the column is text because of a few values, while the others are times.
    pub nearly_time: bool,
    /// How often values repeat in the sample.
    pub sampled: SampledBytes,
    /// Whether every source that has it says what its values are. Then nothing about them is undecided.
    pub said: bool,
    /// The nested type that all its values have, if they are JSON objects or arrays in every source that has
    /// it.
    found: Option<Arc<Nested>>,
}

impl Column {
    /// The nested type that it is read as; none if it was declared to be text.
    pub fn nested(&self) -> Option<&Arc<Nested>> {
        self.found.as_ref().filter(|_| !self.declared && self.column_type == ColumnType::Text)
    }

    /// Whether it is text and was meant to hold times: nearly all of its values are, or all in several
    /// orders.
    pub(super) fn may_be_time(&self) -> bool {
        let is_ambiguous =
            matches!(&self.doubt, Some(Doubt::Meanings(types)) if types.iter().all(ColumnType::is_time));
        self.column_type == ColumnType::Text && !self.declared && (self.nearly_time || is_ambiguous)
    }

    /// Takes its type for declared: nothing about it is in doubt.
    pub(super) fn declare(&mut self) {
        self.declared = true;
        self.doubt = None;
        self.by_file = None;
    }

    /// Layout of its pages.
    pub(super) fn layout(&self) -> ColumnLayout {
        ColumnLayout::choose(self.column_type, &self.sampled)
    }
}

/// The table of one pass.
#[derive(Debug, Clone)]
pub struct Table {
    /// Columns of the table, in order.
    pub columns: Vec<Column>,
    /// Roles and the columns that play them.
    pub roles: Roles,
    /// Whether the types are final.
    pub is_final: bool,
    /// Whether something that the user asks for waits for columns that were not found yet.
    provisional: bool,
    /// The column that alone has values in the layout that the user gave, if no name says which is meant.
    pub(super) by_layout: Option<String>,
    wishes: Wishes,
    /// Steps that the rows pass on their way to the output.
    pub chains: Arc<[Chain]>,
    /// Why a step can't be done on a table with these columns and types.
    pub refused: Option<Error>,
}

impl Table {
    /// The table to begin with: declared types, and for the rest what the samples suggest.
    ///
    /// # Errors
    /// What the user asks for and the columns don't allow; not for columns that may still be found on the
    /// way.
    pub fn plan(inputs: &[Ready], options: &Options, steps: &Steps) -> Result<Self> {
        let open = inputs.iter().any(|input| input.format.discovers());
        match Self::plan_strictly(inputs, options, steps) {
            Err(error) if open && error.code() == Code::NoSuchColumn => {
                // Told once all columns are known.
                let table = TableOptions {
                    select: Vec::new(),
                    exclude: Vec::new(),
                    condition: None,
                    roles: RoleWishes::default(),
                    declared: Vec::new(),
                    values: ValueOptions { timestamp_formats: Vec::new(), ..options.table.values.clone() },
                    ..options.table.clone()
                };
                let later = Options { table, ..options.clone() };
                Ok(Self { provisional: true, ..Self::plan_strictly(inputs, &later, &Steps::default())? })
            }
            planned => planned,
        }
    }

    /// The table of inputs whose columns are all known.
    pub fn plan_strictly(inputs: &[Ready], options: &Options, steps: &Steps) -> Result<Self> {
        let decimal = options.table.values.decimal;
        let wishes = Wishes { decimal, date_order: options.table.values.date_order, ..Wishes::default() };
        let (names, hidden) = chosen_names(inputs, options)?;
        let shown = names.len();
        let names = names.into_iter().chain(hidden);
        let (mut columns, mut readings) = (Vec::new(), Vec::new());
        for name in names {
            let mut likely = Readings::ALL;
            let mut sampled = SampledBytes::default();
            let mut said = true;
            for input in inputs {
                if let Some(index) = input.column(&name) {
                    likely &= input.sample.likely[index];
                    sampled.add(&input.sample.sampled[index]);
                    said &= input.format.says_kinds();
                }
            }
            readings.push(likely);
            let found = if options.table.values.nested_text { None } else { nested_in(&name, inputs) };
            columns.push(Column {
                hidden: columns.len() >= shown,
                source_name: name,
                column_type: ColumnType::Text,
                declared: false,
                open: false,
                format: None,
                doubt: None,
                nearly_time: false,
                by_file: None,
                sampled,
                said,
                found,
            });
        }
        let mut table = Self {
            columns,
            roles: Roles::default(),
            is_final: false,
            provisional: false,
            by_layout: None,
            wishes,
            chains: Arc::new([nothing()?]),
            refused: None,
        };
        table.decide(&readings);
        table.declare(inputs, options)?;
        // A declared type may show the decimal mark of the others.
        table.decide(&readings);
        table.find_roles(options)?;
        table.bind(options, steps)?;
        Ok(table)
    }

    /// The table with the types that the whole inputs have; `None` if they are the ones it has, and no value
    /// failed to fit: `widened`.
    pub fn revised(
        &mut self,
        inputs: &[Ready],
        parts: &[PartDone],
        widened: bool,
        options: &Options,
        steps: &Steps,
    ) -> Result<Option<Self>> {
        let mut next =
            if self.provisional { Self::plan_strictly(inputs, options, steps)? } else { self.clone() };
        let mut changed = self.provisional;
        let before: Vec<ColumnType> = next.columns.iter().map(|column| column.column_type).collect();
        let readings: Vec<Readings> =
            next.columns.iter().map(|column| readings_of(column, inputs, parts)).collect();
        next.decide(&readings);
        for (column, before) in next.columns.iter_mut().zip(before) {
            if column.declared {
                if column.open {
                    column.column_type = self.in_order(column, before, inputs, parts)?;
                }
            } else if options.table.roles.wants_time(&column.source_name) && !column.column_type.is_time() {
                // The user says it holds times: what is none is a bad row.
                let unit = self.tally(column, inputs, parts).times.unit();
                let declared = ColumnType::Timestamp { order: DateOrder::Ymd, unit };
                column.column_type = self.in_order(column, declared, inputs, parts)?;
                column.declare();
                changed = true;
            }
            changed |= column.column_type != before;
            // By the head, which is the same however a file is read, or where that has other values by all of
            // them.
            let head = head_of(column, inputs);
            let census = || self.tally(column, inputs, parts).census;
            column.nearly_time = column.column_type == ColumnType::Text
                && head != Readings::ALL
                && (head.has_time() || census().is_some_and(|it| it.is_nearly_time()));
        }
        // A value that did not fit the type that all have is a clock time of which there is none, or two: a
        // bad row, once types are final.
        let local = |column: &Column| !column.declared && self.tally(column, inputs, parts).local;
        next.find_roles(options)?;
        next.bind(options, steps)?;
        changed |= next.roles != self.roles;
        if !changed && !widened && !self.columns.iter().any(local) {
            // Of a column that stays text it may be known only now whether it could be something else.
            self.columns = next.columns;
            return match &self.refused {
                Some(error) => Err(error.clone()),
                None => Ok(None),
            };
        }
        next.is_final = true;
        next.checked().map(Some)
    }

    /// Gives each column that is not declared the type that its readings leave, beside those of the other
    /// columns.
    fn decide(&mut self, readings: &[Readings]) {
        let of_file = self.mark_of_file(readings);
        for (column, readings) in self.columns.iter_mut().zip(readings).filter(|(column, _)| !column.declared)
        {
            let mut wishes = wishes_for(column.said, &self.wishes);
            wishes.named_time = !column.said && names_a_time(&column.source_name);
            let mut decision = decide(*readings, &wishes);
            column.by_file = None;
            if let (Some(Doubt::Meanings(_)), Some((mark, _))) = (decision.doubt, &of_file) {
                wishes.of_file = Some(*mark);
                let beside = decide(*readings, &wishes);
                column.by_file = of_file.clone().filter(|_| beside != decision);
                decision = beside;
            }
            column.column_type = decision.column_type;
            column.doubt = decision.doubt;
        }
    }

    /// The decimal mark that columns show, and the first that does; `None` if they show none, or both.
    fn mark_of_file(&self, readings: &[Readings]) -> Option<(DecimalMark, String)> {
        let mut found: Option<(DecimalMark, String)> = None;
        for (column, readings) in self.columns.iter().zip(readings).filter(|(column, _)| !column.said) {
            let mark = match column.declared {
                true => column.column_type.decimal_mark(),
                false => readings.decimal_mark(),
            };
            match (mark, &found) {
                (Some(mark), Some((before, _))) if mark != *before => return None,
                (Some(mark), None) => found = Some((mark, column.source_name.clone())),
                _ => {}
            }
        }
        found
    }

    /// A declared date or timestamp in the order that all of the column's times have, or, if they contradict
    /// each other, the first of them.
    ///
    /// # Errors
    /// [`Code::Usage`] if these can be read in two orders: a guess would turn rows into bad ones, or days
    /// into months.
    fn in_order(
        &self,
        column: &Column,
        declared: ColumnType,
        inputs: &[Ready],
        parts: &[PartDone],
    ) -> Result<ColumnType> {
        let all = self.tally(column, inputs, parts).times;
        let times = if all.has_time() { all } else { first_times(column, inputs) };
        let seen = decide(times.in_some_unit(), &self.wishes_of_times());
        if let Some(Doubt::Meanings(left)) = seen.doubt {
            let orders: Vec<&str> = left.orders().into_iter().map(described_order).collect();
            let what = match all.has_time() {
                true => format!("its dates can be read {}", orders.join(" and ")),
                false => format!(
                    "some of its dates have one order and some another, and the first of them can be read {}",
                    orders.join(" and ")
                ),
            };
            let flags: Vec<String> =
                left.orders().into_iter().map(|order| format!("⟦date-order⟧ {}", order.word())).collect();
            let error = Error::new(Code::Usage, what)
                .in_column(&column.source_name)
                .help(format!("give {}", flags.join(" or ")));
            return Err(match first_with_times(column, inputs) {
                Some(input) => named(error, &input.input),
                None => error,
            });
        }
        Ok(with_order_of(declared, seen.column_type, &self.wishes))
    }

    /// What is known of columns that are said to hold times: that these are dates.
    fn wishes_of_times(&self) -> Wishes {
        Wishes { named_time: true, ..self.wishes }
    }

    /// Whether rows before the bad one that ended a first pass may turn out bad themselves once types are
    /// final: what `parts` saw of them says so, or leaves it open.
    pub fn leaves_open(&self, inputs: &[Ready], parts: &[PartDone], options: &Options) -> bool {
        if self.is_final {
            return false;
        }
        let clocks = options.table.values.zone.refuses();
        let found = parts.iter().any(|part| !part.learned.late.is_empty());
        let doubtful = |column: &Column| {
            let tally = self.tally(column, inputs, parts);
            if column.declared {
                return column.open && !tally.times.has_order_of(column.column_type);
            }
            let wished = options.table.roles.wants_time(&column.source_name);
            let times = tally.readings != Readings::ALL && tally.readings.has_time();
            let read = matches!(column.column_type, ColumnType::Timestamp { .. })
                && tally.readings.fits(column.column_type);
            wished && tally.readings != Readings::ALL && !tally.readings.has_micros()
                || clocks && times && (tally.local || !read)
        };
        self.provisional || clocks && found || self.columns.iter().any(doubtful)
    }

    /// Declared types: from the schema file, `--all-text` and `--timestamp-format`.
    fn declare(&mut self, inputs: &[Ready], options: &Options) -> Result<()> {
        let given = TimeFormat::compile_all(&options.table.values.timestamp_formats)?;
        let wishes = self.wishes_of_times();
        let by_name: HashMap<String, usize> =
            self.columns.iter().map(|column| column.source_name.clone()).zip(0..).collect();
        for declared in &options.table.declared {
            let Some(column) = by_name.get(&declared.name).map(|index| &mut self.columns[*index]) else {
                if options.table.exclude.contains(&declared.name) || !options.table.select.is_empty() {
                    continue;
                }
                return Err(no_such_column(&declared.name, inputs));
            };
            column.declare();
            column.format = TimeFormat::compile_all(&declared.formats)?;
            column.column_type = declared.column_type;
            if let ColumnType::Timestamp { .. } = declared.column_type
                && column.format.is_none()
            {
                column.format = given.clone();
            }
            if let ColumnType::Timestamp { order, .. } | ColumnType::Date(order) = declared.column_type {
                // One that is not the usual one was given.
                column.open = order == DateOrder::Ymd && column.format.is_none();
            }
            if column.open {
                let seen = decide(first_times(column, inputs).in_some_unit(), &wishes);
                // Any will do where these can be read in two orders: the whole column decides, or nothing
                // does.
                let likely = match seen.doubt {
                    Some(Doubt::Meanings(left) | Doubt::MaybeDates(left)) => left.iter().next(),
                    _ => None,
                };
                let likely = likely.unwrap_or(seen.column_type);
                column.column_type = with_order_of(declared.column_type, likely, &self.wishes);
            }
        }
        if let Some(format) = given {
            self.lay_out(&format, inputs, options)?;
        }
        if options.table.values.all_text {
            for column in self.columns.iter_mut().filter(|column| !column.declared) {
                column.column_type = ColumnType::Text;
                column.declare();
            }
        }
        Ok(())
    }

    /// Gives the user's layout to the columns that are said to hold times, or whose names say so, and have
    /// none yet. If no column is known to hold times, it is the one whose values all have the layout.
    ///
    /// # Errors
    /// [`Code::NoSuchColumn`] if there is none.
    fn lay_out(&mut self, format: &TimeFormat, inputs: &[Ready], options: &Options) -> Result<()> {
        let timestamp = ColumnType::Timestamp { order: DateOrder::Ymd, unit: format.unit() };
        let names: Vec<(&str, ColumnType)> =
            self.columns.iter().map(|column| (column.source_name.as_str(), timestamp)).collect();
        let roles = Roles::find(&names, &options.table.roles)?;
        let is_wished = options.table.roles.columns.iter().any(|(wished, _)| wished.is_time());
        let mut times: Vec<usize> = [Role::Timestamp, Role::StartTimestamp]
            .into_iter()
            .filter(|role| !is_wished || options.table.roles.column(*role).is_some())
            .filter_map(|role| roles.column(role))
            .filter(|index| !self.columns[*index].declared)
            .collect();
        if !is_wished {
            // One that is read as it is, and none of whose values has the layout, is not meant.
            times.retain(|index| {
                let column = &self.columns[*index];
                !column.column_type.is_time() || laid_out(column, inputs).0 > 0
            });
        }
        let has_layout = |column: &Column| column.declared && column.format.is_some();
        if times.is_empty() && !self.columns.iter().any(has_layout) {
            let all_fit =
                |column: &Column| matches!(laid_out(column, inputs), (fit, all) if fit > 0 && fit == all);
            let fitting: Vec<usize> = (0..self.columns.len())
                .filter(|index| {
                    !self.columns[*index].declared && !format.counts() && all_fit(&self.columns[*index])
                })
                .collect();
            let [only] = fitting.as_slice() else {
                let what = "⟦timestamp-format⟧ is given, and no column is known to hold timestamps";
                let names: Vec<&str> =
                    fitting.iter().map(|index| self.columns[*index].source_name.as_str()).collect();
                let help = match names.as_slice() {
                    [] => "name it with ⟦timestamp⟧ COLUMN".to_owned(),
                    names => format!(
                        "name it with ⟦timestamp⟧ COLUMN; values of this layout are in {}",
                        names.join(", ")
                    ),
                };
                return Err(Error::new(Code::NoSuchColumn, what).help(help));
            };
            self.by_layout = Some(self.columns[*only].source_name.clone());
            times.push(*only);
        }
        for index in times {
            let column = &mut self.columns[index];
            column.declare();
            column.column_type = timestamp;
            column.format = Some(format.clone());
        }
        Ok(())
    }

    /// The table, unless a step refuses it; for types that are final.
    fn checked(self) -> Result<Self> {
        match self.refused {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// How the columns of one input are read, and which columns of the table they fill.
    pub fn map(&self, input: &Ready, options: &Options) -> ColumnMap {
        let names = &input.names;
        let declared =
            self.columns.iter().any(|column| column.declared && column.column_type != ColumnType::Text);
        let said = input.format.says_kinds();
        let words = if said { NullWords::none() } else { null_words(options) };
        let by_name: HashMap<&str, &Column> =
            self.columns.iter().map(|column| (column.source_name.as_str(), column)).collect();
        let read = names
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let column = *by_name.get(name.as_str())?;
                Some(ColumnSpec {
                    column_type: column.column_type,
                    dictionary: column.layout().repeats(),
                    declared: column.declared,
                    final_type: self.is_final,
                    // With declared types a row of the sample may turn out bad, and then its values don't
                    // count.
                    known: if declared { Readings::ALL } else { input.sample.known[index] },
                    null_words: words.clone(),
                    filled: false,
                    zone: options.table.values.zone.clone(),
                    lexical: said,
                    format: column.format.clone(),
                    nested: column.nested().cloned(),
                    join_times: !self.is_final
                        && (column.open || !column.declared && options.table.roles.wants_time(name)),
                })
            })
            .collect();
        let from = self.columns.iter().map(|column| input.column(&column.source_name)).collect();
        ColumnMap::to_one(read, names.clone(), from)
    }

    /// Tallies of one column, joined over all inputs.
    pub fn tally(&self, column: &Column, inputs: &[Ready], parts: &[PartDone]) -> ColumnTally {
        let mut sum = ColumnTally::default();
        for (input, part) in inputs.iter().zip(parts) {
            match input.column(&column.source_name) {
                Some(index) => sum.join(&part.tallies[index], 0),
                None => sum.nulls += part.rows + part.filtered,
            }
        }
        sum
    }
}

/// A chain without a step or a column, for a table that is still being planned.
fn nothing() -> Result<Chain> {
    Steps::default().bind(TableSchema { table: TableId(0), name: None, columns: Vec::new() })
}

/// The type of a column in batches.
pub fn data_type(column: &Column) -> arrow::datatypes::DataType {
    let nested = column.nested().map(Arc::as_ref);
    ColumnSpec::arrow_type_or(nested, column.column_type, column.layout().repeats())
}

/// The nested type of a column over all inputs that have it; a column of another kind in one of them is text
/// in all.
fn nested_in(name: &str, inputs: &[Ready]) -> Option<Arc<Nested>> {
    let mut joined = NestedShape::default();
    for input in inputs {
        if let Some(index) = input.column(name) {
            joined.join(input.format.nested_shape(index)?.clone());
        }
    }
    joined.nested().map(Arc::new)
}

/// Options about values count only where the source does not give a type.
fn wishes_for(said: bool, wishes: &Wishes) -> Wishes {
    if said { Wishes::default() } else { *wishes }
}

/// The join over a column's values in all inputs.
fn readings_of(column: &Column, inputs: &[Ready], parts: &[PartDone]) -> Readings {
    let mut readings = Readings::ALL;
    for (input, part) in inputs.iter().zip(parts) {
        if let Some(index) = input.column(&column.source_name) {
            readings &= part.tallies[index].readings;
        }
    }
    readings
}

/// How many of the first values of a column have the layout that the user gave, and how many there are.
fn laid_out(column: &Column, inputs: &[Ready]) -> (u64, u64) {
    let looks = inputs
        .iter()
        .filter_map(|input| Some(input.sample.looks[input.column(&column.source_name)?].laid_out));
    looks.fold((0, 0), |(fit, all), (one, of)| (fit + one, all + of))
}

/// Description of how dates of an order are read.
pub fn described_order(order: DateOrder) -> &'static str {
    match order {
        DateOrder::Dmy => "with the day first (dmy)",
        DateOrder::Mdy => "with the month first (mdy)",
        DateOrder::Ymd | DateOrder::ShortYmd => "with the year first (ymd)",
        DateOrder::Ydm => "with the year first and the month last (ydm)",
    }
}

/// What the first values of a column, over all inputs, can be read as; all for none.
fn head_of(column: &Column, inputs: &[Ready]) -> Readings {
    let known = |input: &Ready| Some(input.sample.known[input.column(&column.source_name)?]);
    inputs.iter().filter_map(known).fold(Readings::ALL, |all, it| all & it)
}

/// The join over the first values that are times at all, without any that contradict the ones before.
fn first_times(column: &Column, inputs: &[Ready]) -> Readings {
    let mut readings = Readings::ALL;
    for input in inputs {
        if let Some(index) = input.column(&column.source_name) {
            let joined = readings & input.sample.times[index];
            readings = if joined.has_time() { joined } else { readings };
        }
    }
    readings
}

/// The first input in which the column has times.
fn first_with_times<'i>(column: &Column, inputs: &'i [Ready]) -> Option<&'i Ready> {
    let has_times = |input: &&Ready| {
        input.column(&column.source_name).is_some_and(|index| input.sample.times[index].has_time())
    };
    inputs.iter().find(has_times).or_else(|| inputs.first())
}

/// A declared date or timestamp with the order of another; the wished or usual one if that has none.
fn with_order_of(declared: ColumnType, like: ColumnType, wishes: &Wishes) -> ColumnType {
    let order = match like {
        ColumnType::Timestamp { order, .. } | ColumnType::Date(order) => order,
        _ => wishes.date_order.unwrap_or_default(),
    };
    match declared {
        ColumnType::Timestamp { unit, .. } => ColumnType::Timestamp { order, unit },
        ColumnType::Date(_) => ColumnType::Date(order),
        other => other,
    }
}

/// The columns that are written, of all inputs, in the order in which they are met; and behind them those
/// that are read only because rows are chosen by them.
fn chosen_names(inputs: &[Ready], options: &Options) -> Result<(Vec<String>, Vec<String>)> {
    let mut names: Vec<String> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    for input in inputs {
        for name in &input.names {
            if seen.insert(name) {
                names.push(name.clone());
            }
        }
    }
    choose(names, options)
}

fn no_such_column(name: &str, inputs: &[Ready]) -> Error {
    Error::no_such_column(name, inputs.iter().flat_map(|input| input.names.iter().map(String::as_str)))
}
