//! What becomes of each column of one table.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};

use super::change::{changed_type, check_type};
use super::json::ChangedKeys;
use super::nested::NestedWork;
use super::personal::{PersonalKind, is_looked_at, kind_of_name};
use super::settings::{Order, Orders, named};
use super::shift;
use crate::error::{Code, Error, Result};
use crate::model::catalog::{TableColumn, TableSchema};

use crate::model::roles::Role;

/// What becomes of a column that stays.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ColumnWork {
    /// Values of the column stay as they are.
    Keep,
    /// All of its values are changed.
    Change(usize),
    /// Values inside it are.
    Nested(NestedWork),
    /// Its values are made coarser, after they were shifted if times are.
    Coarser(super::generalise::Coarser),
    /// Its times are shifted, and nothing else.
    Shift,
    /// It holds the types of values in other columns, by their names.
    Types,
}

/// One column that comes out.
#[derive(Debug, Clone)]
pub(super) struct PlannedColumn {
    /// Where it stands in the rows that come in.
    pub from: usize,
    /// What becomes of it.
    pub work: ColumnWork,
    /// Whether it belongs to cases, so that the keys of cases are meant in it.
    pub is_of_case: bool,
    /// Whether its times are shifted.
    pub is_shifted: bool,
    /// Whether its values are looked at, since nobody mentioned it: with its name, and what that says.
    pub looked_at: Option<(String, Option<PersonalKind>)>,
}

/// A change of values: the domain of pseudonyms, or a mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PlannedChange {
    /// Pseudonyms of a domain.
    Pseudonym(String),
    /// A mask takes the place of values.
    Mask(super::mask::Mask),
    /// Values become null.
    Null,
}

/// What becomes of the columns of a table.
#[derive(Debug, Clone)]
pub(super) struct TablePlan {
    /// The table that comes out.
    pub output: TableSchema,
    pub columns: Vec<PlannedColumn>,
    pub changes: Vec<PlannedChange>,
    /// Keys whose values are changed inside columns of events, and of cases.
    pub keys: [ChangedKeys; 2],
    /// Names of columns whose values have no type of XES any more.
    pub changed_names: Vec<String>,
    /// The column of the case, if times are shifted.
    pub case: Option<usize>,
    /// Names that were given and that the table has.
    pub met: Vec<String>,
    /// What is noted in the metadata of the output.
    pub note: serde_json::Value,
}

/// The column of times in the tables of an object-centric log.
const OCEL_TIME: &str = "ocel_time";
/// The part of the name of an attribute of cases that says so.
pub(super) const CASE: &str = "case:";

/// The changes that orders ask for, and the keys that they are for, by whether these are keys of cases. `table`
/// tells names with a sign in them from domains.
pub(super) fn changes_of(
    orders: &Orders,
    table: Option<&TableSchema>,
) -> (Vec<(String, PlannedChange)>, [ChangedKeys; 2]) {
    let mut changes = Vec::new();
    let mut keys = [ChangedKeys::default(), ChangedKeys::default()];
    for (item, order) in &orders.columns {
        let (name, change) = match order {
            Order::Pseudonym => {
                let (name, domain) = named(item, table);
                (name, PlannedChange::Pseudonym(domain.to_owned()))
            }
            Order::Mask(mask) => (item.as_str(), PlannedChange::Mask(mask.clone())),
            // A range of a value inside another is not made: nothing of it stays.
            Order::Coarser(_) | Order::Drop => (item.as_str(), PlannedChange::Null),
        };
        let bare = name.strip_prefix(CASE);
        let of_case = usize::from(bare.is_some());
        let key = bare.unwrap_or(name);
        keys[of_case].add(key, changes.len());
        if let Some((_, last)) = key.rsplit_once('/') {
            keys[of_case].add(last, changes.len());
        }
        changes.push((name.to_owned(), change));
    }
    (changes, keys)
}

impl TablePlan {
    /// The plan for a table.
    ///
    /// # Errors
    /// [`Code::NoSuchColumn`] for a column that an event log lacks; [`Code::Usage`] and [`Code::Unreachable`] for
    /// values with which it cannot be done.
    pub fn of(table: &TableSchema, orders: &Orders, study: Option<&str>) -> Result<Self> {
        let (changes, keys) = changes_of(orders, Some(table));
        let mut works: Vec<ColumnWork> = vec![ColumnWork::Keep; table.columns.len()];
        let mut dropped = vec![false; table.columns.len()];
        let mut met = Vec::new();
        for (change, ((name, _), (item, order))) in changes.iter().zip(&orders.columns).enumerate() {
            let Some((at, inner)) = found(table, name)? else { continue };
            met.push(item.clone());
            let column = &table.columns[at];
            refuse_role(column, order)?;
            let in_column = |error: Error| error.in_column(column.name());
            let is_alone = works[at] == ColumnWork::Keep && !dropped[at];
            let work = match (order, inner) {
                (Order::Drop, None) => {
                    dropped[at] = true;
                    continue;
                }
                (Order::Coarser(coarser), None) => {
                    coarser.changed_type(column.field.data_type()).map_err(in_column)?;
                    ColumnWork::Coarser(coarser.clone())
                }
                (Order::Coarser(_), Some(_)) => {
                    let what =
                        format!("{name:?} is a value inside a column, and no range can take its place");
                    return Err(Error::new(Code::Unreachable, what).help("use ⟦mask⟧ or ⟦drop⟧ for it"));
                }
                (_, None) => {
                    check_type(column.field.data_type()).map_err(in_column)?;
                    ColumnWork::Change(change)
                }
                (_, Some(path)) => {
                    let path: Vec<&str> = path.iter().map(String::as_str).collect();
                    let data_type = column.field.data_type();
                    let Some(work) = NestedWork::at(data_type, &path, change) else { continue };
                    ColumnWork::Nested(work)
                }
            };
            works[at] = match (std::mem::replace(&mut works[at], ColumnWork::Keep), work) {
                (ColumnWork::Nested(one), ColumnWork::Nested(other)) => ColumnWork::Nested(one.and(other)),
                (_, work) if is_alone => work,
                _ => {
                    let what = format!("column {:?} is changed in two ways", column.name());
                    return Err(Error::new(Code::Usage, what).help("name the column or values inside it"));
                }
            };
        }
        for (change, ((name, _), (item, order))) in changes.iter().zip(&orders.columns).enumerate() {
            for at in identifiers(table, name) {
                if !matches!(order, Order::Pseudonym) {
                    let what = format!(
                        "identifiers join the tables of an object-centric log, and {} breaks that",
                        order.option()
                    );
                    return Err(Error::new(Code::Usage, what).help("give them pseudonyms"));
                }
                works[at] = ColumnWork::Change(change);
                met.push(item.clone());
            }
        }
        let case = shift::case_of(table, orders)?;
        let mut plan = Self {
            output: TableSchema { columns: Vec::new(), ..table.clone() },
            columns: Vec::new(),
            changed_names: Vec::new(),
            changes: changes.into_iter().map(|(_, change)| change).collect(),
            keys,
            case,
            met,
            note: note(orders, study, table),
        };
        for (at, column) in table.columns.iter().enumerate().filter(|(at, _)| !dropped[*at]) {
            plan.add(at, column, works[at].clone(), orders.shift.is_some())?;
        }
        plan.changed_names.extend(
            table
                .columns
                .iter()
                .enumerate()
                .filter(|(at, _)| dropped[*at])
                .map(|(_, it)| it.name().to_owned()),
        );
        Ok(plan)
    }

    /// Adds a column that comes out.
    fn add(&mut self, at: usize, column: &TableColumn, work: ColumnWork, shifts: bool) -> Result<()> {
        let data_type = column.field.data_type();
        let is_of_case = column.name().starts_with(CASE);
        let keys = &self.keys[usize::from(is_of_case)];
        let work = match work {
            ColumnWork::Keep if is_types(column.name()) && data_type_is_text(data_type) => ColumnWork::Types,
            ColumnWork::Keep => match NestedWork::find(data_type, keys) {
                Some(nested) => ColumnWork::Nested(nested),
                None => ColumnWork::Keep,
            },
            ColumnWork::Nested(work) => ColumnWork::Nested(match NestedWork::find(data_type, keys) {
                Some(found) => work.and(found),
                None => work,
            }),
            work => work,
        };
        if !matches!(work, ColumnWork::Change(_)) && !keys.is_empty() && holds_map(data_type) {
            let what = "names of values in maps are values themselves, and what is to be hidden cannot be found by them";
            return Err(Error::new(Code::Unreachable, what)
                .in_column(column.name())
                .help("name the column with ⟦pseudonymise⟧, or leave it out with ⟦drop⟧"));
        }
        let is_mentioned = matches!(work, ColumnWork::Change(_) | ColumnWork::Coarser(_));
        let is_shifted = shifts
            && !matches!(work, ColumnWork::Change(_))
            && shift::is_shifted(data_type).map_err(|error| error.in_column(column.name()))?;
        let work = if work == ColumnWork::Keep && is_shifted { ColumnWork::Shift } else { work };
        let (new, is_nullable) = match &work {
            ColumnWork::Keep | ColumnWork::Shift | ColumnWork::Types => (data_type.clone(), true),
            ColumnWork::Change(_) => (changed_type(data_type), true),
            ColumnWork::Coarser(coarser) => (coarser.changed_type(data_type)?, true),
            ColumnWork::Nested(nested) => (nested.changed_type(data_type), true),
        };
        let is_nullable = is_nullable && column.field.is_nullable();
        if new != *data_type || is_mentioned {
            self.changed_names.push(column.name().to_owned());
        }
        let is_as_before = matches!(work, ColumnWork::Keep | ColumnWork::Types)
            || matches!(work, ColumnWork::Nested(_)) && new == *data_type;
        let field =
            Field::new(column.name(), new, is_nullable).with_metadata(column.field.metadata().clone());
        self.output.columns.push(match is_as_before {
            true => column.clone(),
            // Its values are others, and so is what is known of those of the source.
            false => TableColumn { field: Arc::new(field), source: None, ..column.clone() },
        });
        let is_looked_at =
            !is_mentioned && !is_shifted && is_looked_at(data_type) && !is_beside(column.name());
        self.columns.push(PlannedColumn {
            from: at,
            is_of_case,
            is_shifted,
            looked_at: is_looked_at.then(|| (column.name().to_owned(), kind_of_name(column))),
            work,
        });
        Ok(())
    }
}

/// A column, or the path of fields to values inside it.
type FoundColumn = (usize, Option<Vec<String>>);

/// The column that a name means, or values inside one: `customer.name`.
fn found(table: &TableSchema, name: &str) -> Result<Option<FoundColumn>> {
    if table.name.is_some() && is_fixed(name) {
        let what = format!("{name:?} is the name of a column in several tables of an object-centric log");
        let help = "write ocel:oid for the identifiers of objects and ocel:eid for those of events, wherever they stand";
        return Err(Error::new(Code::Usage, what).help(help));
    }
    if let Some(at) = table.position(name) {
        return Ok(Some((at, None)));
    }
    for (at, column) in table.columns.iter().enumerate() {
        let rest = name.strip_prefix(column.name()).and_then(|rest| rest.strip_prefix('.'));
        let path: Option<Vec<String>> = rest.map(|rest| rest.split('.').map(str::to_owned).collect());
        if let Some(path) = path {
            let parts: Vec<&str> = path.iter().map(String::as_str).collect();
            if NestedWork::at(column.field.data_type(), &parts, 0).is_some() {
                return Ok(Some((at, Some(path))));
            }
        }
    }
    match table.name {
        // Other tables of the log may have it.
        Some(_) => Ok(None),
        None => table.require(name).map(|at| Some((at, None))),
    }
}

/// The names of columns that tables of an object-centric log begin with.
const FIXED: [&str; 7] = [
    "ocel_id",
    OCEL_TIME,
    "ocel_changed_field",
    "ocel_event_id",
    "ocel_object_id",
    "ocel_source_id",
    "ocel_target_id",
];

fn is_fixed(name: &str) -> bool {
    FIXED.contains(&name)
}

/// The columns of identifiers in a table of an object-centric log: of objects for `ocel:oid`, of events for
/// `ocel:eid`.
fn identifiers(table: &TableSchema, name: &str) -> Vec<usize> {
    if table.name.is_none() {
        return Vec::new();
    }
    let at = |place: usize| table.columns.get(place).map_or("", TableColumn::name);
    // Events have a time behind their identifier, later values of objects a time and a field; a name that is taken
    // has a number behind it.
    let is_of_events = at(0) == "ocel_id" && at(1) == OCEL_TIME && at(2) != "ocel_changed_field";
    let names: &[&str] = match (name, is_of_events) {
        ("ocel:eid", true) => &["ocel_id"],
        ("ocel:eid", false) => &["ocel_event_id"],
        ("ocel:oid", true) => &[],
        ("ocel:oid", false) => &["ocel_id", "ocel_object_id", "ocel_source_id", "ocel_target_id"],
        _ => &[],
    };
    let is_named = |(_, column): &(usize, &TableColumn)| names.contains(&column.name());
    table.columns.iter().enumerate().take(3).filter(is_named).map(|(at, _)| at).collect()
}

/// Refuses what would leave a log without the times that its events have.
fn refuse_role(column: &TableColumn, order: &Order) -> Result<()> {
    let is_time = |role: &Role| matches!(role, Role::Timestamp | Role::StartTimestamp);
    let is_event_time = column.roles.iter().any(is_time) || column.name() == OCEL_TIME;
    match order {
        Order::Pseudonym | Order::Mask(_) if is_event_time => {
            let what = format!(
                "column {:?} holds the times of events, of which no text can take the place",
                column.name()
            );
            Err(Error::new(Code::Usage, what)
                .help("shift them with ⟦shift-times⟧, make them coarser with ⟦generalise⟧, or leave them out with ⟦drop⟧"))
        }
        _ => Ok(()),
    }
}

/// Whether a column holds the types of values that are not those of their columns.
fn is_types(name: &str) -> bool {
    let bare = name.strip_prefix(CASE).unwrap_or(name);
    bare.strip_prefix("@types").is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
}

/// Whether values of a type are maps, or hold some.
fn holds_map(data_type: &DataType) -> bool {
    match data_type {
        DataType::Map(..) => true,
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            holds_map(field.data_type())
        }
        DataType::Struct(fields) => fields.iter().any(|field| holds_map(field.data_type())),
        _ => false,
    }
}

/// Whether a column stands beside the attributes of a log.
fn is_beside(name: &str) -> bool {
    name.strip_prefix(CASE).unwrap_or(name).starts_with('@')
}

fn data_type_is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => **values == DataType::Utf8,
        other => *other == DataType::Utf8,
    }
}

/// What the metadata of the output say of the step.
fn note(orders: &Orders, study: Option<&str>, table: &TableSchema) -> serde_json::Value {
    let named_by = |wanted: fn(&Order) -> bool| -> Vec<&str> {
        orders.columns.iter().filter(|(_, order)| wanted(order)).map(|(name, _)| name.as_str()).collect()
    };
    let pseudonyms: serde_json::Map<String, serde_json::Value> = orders
        .columns
        .iter()
        .filter(|(_, order)| *order == Order::Pseudonym)
        .map(|(item, _)| named(item, Some(table)))
        .map(|(name, domain)| (name.to_owned(), domain.into()))
        .collect();
    let mut note = serde_json::Map::new();
    if let Some(study) = study {
        note.insert("study".to_owned(), study.into());
    }
    if !pseudonyms.is_empty() {
        note.insert("domains".to_owned(), pseudonyms.into());
    }
    for (key, names) in [
        ("masked", named_by(|it| matches!(it, Order::Mask(_)))),
        ("generalised", named_by(|it| matches!(it, Order::Coarser(_)))),
        ("left_out", named_by(|it| matches!(it, Order::Drop))),
    ] {
        if !names.is_empty() {
            note.insert(key.to_owned(), names.into());
        }
    }
    if let Some(days) = orders.shift {
        note.insert("shifted_days".to_owned(), days.into());
    }
    note.into()
}
