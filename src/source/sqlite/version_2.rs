//! OCEL 2.0 in SQLite (OCEL 2.0 specification, section on the relational implementation): a table for each
//! type, found by maps of names.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use crate::error::Result;
use crate::model::ocel::{EVENT_OBJECT, OBJECT_OBJECT, OcelSide};
use crate::source::sqlite::{
    Connections, Found, Origin, Query, QueryPurpose, TableInfo, Tables, declared, note_columns, note_tables,
    quoted, spread, text,
};

/// A type and its table.
struct Typed {
    name: String,
    table: Option<TableInfo>,
    /// Whether a view is where its table should be.
    is_view: bool,
}

/// Columns that are no attributes, of objects' tables; events' have the first two.
const FIXED: [&str; 3] = ["ocel_id", "ocel_time", "ocel_changed_field"];

/// Finds types and what is to be asked.
pub fn look(connections: &Connections, threads: usize, tables: &Tables) -> Result<Found> {
    let mut found = Found::new("2.0");
    let sides = vec![OcelSide::Event, OcelSide::Object];
    let mut used = connections.ask_each(threads, sides, |connection, side| used(connection, tables, side))?;
    let [mut events, mut objects] = <[Vec<Typed>; 2]>::default();
    connections.ask(|connection| {
        let used_by_objects = used.pop().flatten();
        events = types(connection, tables, OcelSide::Event, used.pop().flatten(), &mut found)?;
        objects = types(connection, tables, OcelSide::Object, used_by_objects, &mut found)?;
        Ok(())
    })?;
    let with_tables = objects.iter().filter(|of| of.table.is_some()).collect();
    let firsts = connections.ask_each(threads, with_tables, |connection, of| {
        of.table.as_ref().map(|info| Firsts::look(connection, info)).transpose()
    })?;
    let mut firsts = firsts.into_iter().flatten();
    connections.ask(|connection| {
        found.shape.number();
        found.tables_of = [&events, &objects]
            .map(|types| types.iter().map(|of| of.table.as_ref().map(|it| it.name.clone())).collect());
        let ends = ["ocel_event_id", "ocel_object_id"];
        relations(connection, tables, &mut found, "event_object", ends, EVENT_OBJECT)?;
        let ends = ["ocel_source_id", "ocel_target_id"];
        relations(connection, tables, &mut found, "object_object", ends, OBJECT_OBJECT)?;
        for side in [OcelSide::Event, OcelSide::Object] {
            ask_listed(connection, tables, &mut found, side)?;
            ask_nameless(tables, &mut found, side);
        }
        for (index, of) in events.iter().enumerate() {
            ask_events(connection, tables, &mut found, index, of)?;
        }
        for (index, of) in objects.iter().enumerate() {
            let table = of.table.as_ref().zip(of.table.as_ref().and_then(|_| firsts.next()));
            ask_objects(connection, tables, &mut found, index, &of.name, table)?;
        }
        note_rest(connection, tables, &mut found, events.iter().chain(&objects))
    })?;
    Ok(found)
}

/// QueryPurpose what of the file has no place in a bundle.
fn note_rest<'t>(
    connection: &Connection,
    tables: &Tables,
    found: &mut Found,
    types: impl Iterator<Item = &'t Typed>,
) -> rusqlite::Result<()> {
    let mut known: HashSet<&str> =
        types.filter_map(|of| of.table.as_ref()).map(|it| it.name.as_str()).collect();
    for (name, columns) in [
        ("event_map_type", &["ocel_type", "ocel_type_map"][..]),
        ("object_map_type", &["ocel_type", "ocel_type_map"]),
        ("event", &["ocel_id", "ocel_type"]),
        ("object", &["ocel_id", "ocel_type"]),
        ("event_object", &["ocel_event_id", "ocel_object_id", "ocel_qualifier"]),
        ("object_object", &["ocel_source_id", "ocel_target_id", "ocel_qualifier"]),
    ] {
        let Some(table) = tables.find(name) else { continue };
        note_columns(found, table, |it| columns.iter().any(|known| known.eq_ignore_ascii_case(it)));
        known.insert(&table.name);
    }
    note_tables(connection, found, tables.all.iter().filter(|table| !known.contains(table.name.as_str())))
}

/// The types that what is listed has, in the order in which they come; `None` if there is no list of it.
fn used(connection: &Connection, tables: &Tables, side: OcelSide) -> rusqlite::Result<Option<Vec<String>>> {
    let word = if side == OcelSide::Event { "event" } else { "object" };
    let Some(all) = tables.find(word).filter(|it| it.column("ocel_type").is_some()) else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT DISTINCT CAST(ocel_type AS TEXT) FROM {} WHERE ocel_type IS NOT NULL",
        quoted(&all.name)
    );
    let mut statement = connection.prepare(&sql)?;
    statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>().map(Some)
}

/// The types of a side: those that the map of names has, and those that are only used.
fn types(
    connection: &Connection,
    tables: &Tables,
    side: OcelSide,
    used: Option<Vec<String>>,
    found: &mut Found,
) -> rusqlite::Result<Vec<Typed>> {
    let word = if side == OcelSide::Event { "event" } else { "object" };
    let mut types: Vec<(String, String)> = Vec::new();
    match tables.find(&format!("{word}_map_type")) {
        Some(map) if map.column("ocel_type").is_some() && map.column("ocel_type_map").is_some() => {
            let sql = format!(
                "SELECT CAST(ocel_type AS TEXT), CAST(ocel_type_map AS TEXT) FROM {} WHERE ocel_type IS NOT NULL",
                quoted(&map.name)
            );
            let mut statement = connection.prepare(&sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?)))?;
            for row in rows {
                let (name, map): (String, Option<String>) = row?;
                if types.iter().all(|(known, _)| *known != name) {
                    let map = map.unwrap_or_else(|| stripped(&name));
                    types.push((name, map));
                }
            }
        }
        _ => found.warnings.push(format!(
            "{}: types are told by the names of tables",
            tables.lacking(&format!("{word}_map_type"))
        )),
    }
    let declared_types = types.len();
    match used {
        Some(used) => {
            for name in used {
                if types.iter().all(|(known, _)| *known != name) {
                    types.push((name.clone(), stripped(&name)));
                }
            }
        }
        None if tables.is_view(word) => found.warnings.push(tables.lacking(word)),
        None => {
            found.warnings.push(format!("there is no table {word} with the columns ocel_id and ocel_type"))
        }
    }
    // Tables of types that nothing names hold rows all the same.
    let mut taken: HashSet<String> =
        types.iter().map(|(_, map)| format!("{word}_{map}").to_ascii_lowercase()).collect();
    taken.extend([format!("{word}_map_type"), "event_object".to_owned(), "object_object".to_owned()]);
    for table in &tables.all {
        let lower = table.name.to_ascii_lowercase();
        let Some(rest) = lower.strip_prefix(&format!("{word}_")) else { continue };
        if taken.contains(&lower) || table.column("ocel_id").is_none() {
            continue;
        }
        let rest = table.name[table.name.len() - rest.len()..].to_owned();
        let rows: i64 =
            connection
                .query_row(&format!("SELECT count(*) FROM {}", quoted(&table.name)), [], |row| row.get(0))?;
        if rows > 0 {
            // Types have names of their own.
            let mut name = rest.clone();
            while types.iter().any(|(known, _)| *known == name) {
                name = format!("{word}_{name}");
            }
            found
                .warnings
                .push(format!("table {} belongs to no type; its rows are of type {name:?}", table.name));
            types.push((name, rest));
        }
    }
    let shared = shared(tables, word, &types);
    let mut typed = Vec::with_capacity(types.len());
    let fixed = &FIXED[..if side == OcelSide::Event { 2 } else { 3 }];
    for (index, (name, map)) in types.into_iter().enumerate() {
        let mut table =
            tables.find(&format!("{word}_{map}")).filter(|it| it.column("ocel_id").is_some()).cloned();
        let is_view = tables.is_view(&format!("{word}_{map}"));
        if table.is_none() {
            found.warnings.push(format!(
                "{word} type {name:?} has no table {word}_{map}{}",
                match is_view {
                    true => ", but a view of this name: views are not looked at",
                    false => "",
                }
            ));
        }
        if let (Some(table), Some(condition)) = (&mut table, &shared[index]) {
            found.warnings.push(format!(
                "table {} belongs to several types: table {word} tells which rows are of type {name:?}",
                table.name
            ));
            let condition = condition.replace('?', &key(table, "ocel_id"));
            let source = format!("(SELECT * FROM {} WHERE {condition})", table.source);
            table.origin = table.origin.within(&source);
            table.rowid = None;
            table.source = source;
        }
        let of = found.shape.add(side, &name, index < declared_types);
        for (column, words) in table.iter().flat_map(|it| &it.columns) {
            if fixed.iter().all(|fixed| !fixed.eq_ignore_ascii_case(column)) {
                of.add(column, declared(words));
            }
        }
        typed.push(Typed { name, table, is_view });
    }
    Ok(typed)
}

/// For each type whose table is another's as well: which of its rows are the type's, `?` being their
/// identifier. Rows of what is listed nowhere are the first type's.
fn shared(tables: &Tables, word: &str, types: &[(String, String)]) -> Vec<Option<String>> {
    let table_of = |map: &str| tables.find(&format!("{word}_{map}")).map(|it| it.name.clone());
    let mut users: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, (_, map)) in types.iter().enumerate() {
        if let Some(table) = table_of(map) {
            users.entry(table).or_default().push(index);
        }
    }
    let mut conditions = vec![None; types.len()];
    for (first, others) in
        users.values().filter_map(|users| users.split_first()).filter(|it| !it.1.is_empty())
    {
        let listed_as = |all: &TableInfo, index: usize| {
            keys(all, &format!("{} = {}", key(all, "ocel_type"), text(&types[index].0)))
        };
        match listed(tables, word) {
            Some(all) => {
                let not: Vec<String> =
                    others.iter().map(|it| format!("? NOT IN ({})", listed_as(all, *it))).collect();
                conditions[*first] = Some(not.join(" AND "));
                others
                    .iter()
                    .for_each(|it| conditions[*it] = Some(format!("? IN ({})", listed_as(all, *it))));
            }
            None => others.iter().for_each(|it| conditions[*it] = Some("0".to_owned())),
        }
    }
    conditions
}

/// The name of a type as tables have it, where no map says: letters and digits.
fn stripped(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn relations(
    connection: &Connection,
    tables: &Tables,
    found: &mut Found,
    name: &str,
    ends: [&str; 2],
    table: usize,
) -> rusqlite::Result<()> {
    let Some(info) = tables.find(name) else {
        found.warnings.push(tables.lacking(name));
        return Ok(());
    };
    let mut columns = Vec::with_capacity(3);
    for column in [ends[0], ends[1], "ocel_qualifier"] {
        match info.column(column) {
            Some(column) => columns.push(quoted(column)),
            None => {
                found.warnings.push(format!("table {name} has no column {column}"));
                columns.push("''".to_owned());
            }
        }
    }
    let sql = format!("SELECT {} FROM {}", columns.join(", "), info.source);
    let spread = spread(connection, info, &[ends[0], ends[1], "ocel_qualifier"])?;
    ask(
        connection,
        found,
        info,
        sql,
        "",
        Query { spread, ..Query::rows(info.origin.clone(), String::new(), table, false) },
    )
}

/// Asks for rows of one table, in the order in which they are stored, large tables in ranges.
fn ask(
    connection: &Connection,
    found: &mut Found,
    info: &TableInfo,
    select: String,
    condition: &str,
    query: Query,
) -> rusqlite::Result<()> {
    let whole = if condition.is_empty() { select.clone() } else { format!("{select} WHERE {condition}") };
    let Some(rowid) = info.rowid else {
        found.queries.push(Query { sql: whole, ..query });
        return Ok(());
    };
    let sql = match condition {
        "" => format!("{select} WHERE {rowid} BETWEEN ?1 AND ?2 ORDER BY {rowid}"),
        _ => format!("{select} WHERE ({condition}) AND {rowid} BETWEEN ?1 AND ?2 ORDER BY {rowid}"),
    };
    let before = found.queries.len();
    found.ask(connection, info, Query { sql, ..query })?;
    for query in &mut found.queries[before..] {
        if query.range.is_none() {
            query.sql.clone_from(&whole);
        }
    }
    Ok(())
}

/// Asks for what is listed without an identifier or type: it stands in no table of a type.
fn ask_nameless(tables: &Tables, found: &mut Found, side: OcelSide) {
    let word = if side == OcelSide::Event { "event" } else { "object" };
    let Some(all) = listed(tables, word) else { return };
    let sql = format!(
        "SELECT {} FROM {} WHERE ocel_id IS NULL OR ocel_type IS NULL",
        key(all, "ocel_id"),
        all.source
    );
    let what = format!("is listed in table {} without an identifier or a type", all.name);
    found.queries.push(Query { lacks: Some(what), ..Query::rows(all.origin.clone(), sql, 0, true) });
}

/// Asks who is listed as an event or object, of whatever type.
fn ask_listed(
    connection: &Connection,
    tables: &Tables,
    found: &mut Found,
    side: OcelSide,
) -> rusqlite::Result<()> {
    let Some(all) = listed(tables, if side == OcelSide::Event { "event" } else { "object" }) else {
        return Ok(());
    };
    let select = format!("SELECT {}, {} FROM {}", key(all, "ocel_id"), key(all, "ocel_type"), all.source);
    let query = Query {
        purpose: QueryPurpose::IsListed(side),
        ..Query::rows(all.origin.clone(), String::new(), 0, false)
    };
    ask(connection, found, all, select, "", query)
}

/// The attributes of a type, in the order of its shape, as columns of its table.
fn attributes(found: &Found, side: OcelSide, index: usize) -> Vec<String> {
    found.shape.types(side)[index].attributes.iter().map(|it| quoted(&it.name)).collect()
}

fn ask_events(
    connection: &Connection,
    tables: &Tables,
    found: &mut Found,
    index: usize,
    of: &Typed,
) -> rusqlite::Result<()> {
    let table = found.shape.table_of(OcelSide::Event, index);
    if let Some(info) = &of.table {
        let mut columns = vec![
            quoted(info.column("ocel_id").unwrap_or("ocel_id")),
            info.column("ocel_time").map_or("NULL".to_owned(), quoted),
        ];
        columns.extend(attributes(found, OcelSide::Event, index));
        let select = format!("SELECT {} FROM {}", columns.join(", "), info.source);
        let query = Query {
            purpose: QueryPurpose::HasRow(OcelSide::Event, index),
            ..Query::rows(info.origin.clone(), String::new(), table, true)
        };
        ask(connection, found, info, select, "", query)?;
    }
    // Events that are listed and have no row of their own have no time.
    if let Some(all) = listed(tables, "event") {
        let known = match &of.table {
            Some(info) => format!(" AND {} NOT IN ({})", key(all, "ocel_id"), keys(info, "")),
            None => String::new(),
        };
        let sql = format!(
            "SELECT {} FROM {} WHERE {} = {}{known}",
            key(all, "ocel_id"),
            all.source,
            key(all, "ocel_type"),
            text(&of.name)
        );
        let why =
            if of.is_view { ": the table of this type is a view, and views are not looked at" } else { "" };
        let what = format!("is listed as an event of type {:?} and has no row with a time{why}", of.name);
        let purpose = QueryPurpose::Differs(OcelSide::Event, index);
        found.queries.push(Query {
            lacks: Some(what),
            purpose,
            ..Query::rows(all.origin.clone(), sql, table, true)
        });
    }
    Ok(())
}

/// The table that lists all events or objects.
fn listed<'t>(tables: &'t Tables, word: &str) -> Option<&'t TableInfo> {
    tables.find(word).filter(|it| it.column("ocel_id").is_some() && it.column("ocel_type").is_some())
}

/// An identifier as text: tables of one file give it different types.
fn key(info: &TableInfo, column: &str) -> String {
    format!("CAST({} AS TEXT)", quoted(info.column(column).unwrap_or(column)))
}

/// The identifiers in a table.
fn keys(info: &TableInfo, condition: &str) -> String {
    let and = if condition.is_empty() { String::new() } else { format!(" AND ({condition})") };
    let id = quoted(info.column("ocel_id").unwrap_or("ocel_id"));
    format!("SELECT {} FROM {} WHERE {id} IS NOT NULL{and}", key(info, "ocel_id"), info.source)
}

/// Which rows of an object type's table are first values.
struct Firsts {
    /// The condition that they name no field.
    unnamed: String,
    /// The condition that they are first values: they name none, and stand at 1970.
    first: String,
    /// Whether an object has several.
    doubles: bool,
    /// Whether there are others that name no field.
    others: bool,
}

impl Firsts {
    fn look(connection: &Connection, info: &TableInfo) -> rusqlite::Result<Self> {
        let id = quoted(info.column("ocel_id").unwrap_or("ocel_id"));
        let field = info.column("ocel_changed_field").map(quoted);
        // First values stand at 1970, in whatever zone; and where no field is named.
        let at_start = match info.column("ocel_time").map(quoted) {
            Some(time) => {
                format!(
                    "({time} IS NULL OR {time} = 0 OR substr({time}, 1, 10) IN ('1970-01-01', '1969-12-31', '0', ''))"
                )
            }
            None => "1".to_owned(),
        };
        let unnamed =
            field.as_ref().map_or("1".to_owned(), |field| format!("({field} IS NULL OR {field} = '')"));
        let first = match &field {
            Some(_) => format!("{unnamed} AND {at_start}"),
            None => at_start,
        };
        let ask = |sql: String| connection.query_row(&sql, [], |row| row.get(0));
        let from = &info.source;
        let doubles = ask(format!("SELECT count(*) > count(DISTINCT {id}) FROM {from} WHERE {first}"))?;
        let others = ask(format!("SELECT EXISTS (SELECT 1 FROM {from} WHERE {unnamed} AND NOT ({first}))"))?;
        Ok(Self { unnamed, first, doubles, others })
    }
}

fn ask_objects(
    connection: &Connection,
    tables: &Tables,
    found: &mut Found,
    index: usize,
    type_name: &str,
    own: Option<(&TableInfo, Firsts)>,
) -> rusqlite::Result<()> {
    let table = found.shape.table_of(OcelSide::Object, index);
    let names = attributes(found, OcelSide::Object, index);
    let list = |columns: &[String]| columns.join(", ");
    if let Some((info, Firsts { unnamed, first, doubles, others })) = own {
        let id = quoted(info.column("ocel_id").unwrap_or("ocel_id"));
        let time = info.column("ocel_time").map(quoted);
        let field = info.column("ocel_changed_field").map(quoted);
        if field.is_none() {
            found.warnings.push(format!("table {} has no column ocel_changed_field", info.name));
        }
        let table_name = info.source.clone();
        let columns: Vec<String> = std::iter::once(id.clone()).chain(names.iter().cloned()).collect();
        // An object may have several rows of first values: the first one is its row.
        let order = info.rowid.map_or(String::new(), |rowid| format!(" ORDER BY {rowid}"));
        let rank = format!("row_number() OVER (PARTITION BY {id}{order}) AS \"\u{1}rank\"");
        let ranked = format!("(SELECT *, {rank} FROM {table_name} WHERE {first}) AS own");
        let ranked_origin = info.origin.within(&ranked);
        // Unless the object itself is listed several times.
        let listed_times = |rank: &str| match listed(tables, "object") {
            Some(all) => format!(
                "{rank} <= (SELECT count(*) FROM {} AS listed WHERE {} = CAST(own.{id} AS TEXT) AND {} = {})",
                all.source,
                key(all, "ocel_id").replace("CAST(", "CAST(listed."),
                key(all, "ocel_type").replace("CAST(", "CAST(listed."),
                text(type_name)
            ),
            None => "0".to_owned(),
        };
        let is_own = format!("(\"\u{1}rank\" = 1 OR {})", listed_times("\"\u{1}rank\""));
        if doubles {
            let sql = format!("SELECT {} FROM {ranked} WHERE {is_own}", list(&columns));
            found.queries.push(Query {
                purpose: QueryPurpose::HasRow(OcelSide::Object, index),
                ..Query::rows(ranked_origin.clone(), sql, table, true)
            });
        } else {
            let query = Query {
                purpose: QueryPurpose::HasRow(OcelSide::Object, index),
                ..Query::rows(info.origin.clone(), String::new(), table, true)
            };
            let select = format!("SELECT {} FROM {table_name}", list(&columns));
            ask(connection, found, info, select, &first, query)?;
        }
        let shown_time = time.clone().unwrap_or_else(|| "NULL".to_owned());
        if let Some(field) = &field {
            let mut columns = vec![id.clone(), shown_time.clone(), field.clone()];
            columns.extend(names.iter().cloned());
            let select = format!("SELECT {} FROM {table_name}", list(&columns));
            let condition = format!("{field} IS NOT NULL AND {field} <> ''");
            let query = Query {
                purpose: QueryPurpose::HasLater(index),
                ..Query::rows(info.origin.clone(), String::new(), table + 1, false)
            };
            ask(connection, found, info, select, &condition, query)?;
        }
        // Rows that name no field and are no first values, or not the first such row: a change of each of
        // their values.
        let mut sources = Vec::new();
        // The rows behind the first one of an object that is not listed as often: some, as a rule, but not
        // where it is.
        let any = |source: &str, condition: &str| {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM {source} WHERE {condition})");
            connection.query_row(&sql, [], |row| row.get::<_, bool>(0))
        };
        if others {
            sources.push((&info.origin, table_name.clone(), format!("{unnamed} AND NOT ({first})")));
        }
        let not_own = format!("NOT {is_own}");
        if doubles && any(&ranked, &not_own)? {
            sources.push((&ranked_origin, ranked, not_own));
        }
        // One more first value is a later one of 1970.
        let change_time = match &time {
            Some(time) => format!(
                "CASE WHEN {time} IS NULL OR {time} IN (0, '0', '') THEN '1970-01-01' ELSE {time} END"
            ),
            None => "'1970-01-01'".to_owned(),
        };
        for (origin, source, condition) in sources {
            for (place, name) in names.iter().enumerate() {
                let mut columns = vec![
                    id.clone(),
                    change_time.clone(),
                    text(&found.shape.objects[index].attributes[place].name),
                ];
                columns.extend(
                    (0..names.len()).map(|it| if it == place { name.clone() } else { "NULL".to_owned() }),
                );
                let sql = format!(
                    "SELECT {} FROM {source} WHERE ({condition}) AND {name} IS NOT NULL",
                    list(&columns)
                );
                found.queries.push(Query::rows(origin.clone(), sql, table + 1, false));
            }
        }
        if let Some(all) = listed(tables, "object") {
            ask_bare(
                found,
                all,
                type_name,
                index,
                names.len(),
                &format!(" AND {} NOT IN ({})", key(all, "ocel_id"), keys(info, &first)),
            );
            // Objects that only have later values and are listed nowhere.
            let Some(field) = &field else { return Ok(()) };
            let id = key(info, "ocel_id");
            let sql = format!(
                "SELECT DISTINCT {id}{} FROM {table_name} WHERE {field} IS NOT NULL AND {field} <> '' AND {id} NOT IN ({}) AND {id} NOT IN ({})",
                ", NULL".repeat(names.len()),
                keys(info, &first),
                keys(all, &format!("{} = {}", key(all, "ocel_type"), text(type_name)))
            );
            let purpose = QueryPurpose::BeginsLater(index);
            // Of several rows each.
            let origin = Origin { number: None, ..info.origin.clone() };
            found.queries.push(Query { purpose, ..Query::rows(origin, sql, table, true) });
        }
    } else if let Some(all) = listed(tables, "object") {
        ask_bare(found, all, type_name, index, names.len(), "");
    }
    Ok(())
}

/// Asks for objects of a type that are listed and have no first values.
fn ask_bare(found: &mut Found, all: &TableInfo, type_name: &str, index: usize, attributes: usize, and: &str) {
    let sql = format!(
        "SELECT {}{} FROM {} WHERE {} = {}{and}",
        key(all, "ocel_id"),
        ", NULL".repeat(attributes),
        all.source,
        key(all, "ocel_type"),
        text(type_name)
    );
    let table = found.shape.table_of(OcelSide::Object, index);
    found.queries.push(Query {
        purpose: QueryPurpose::Differs(OcelSide::Object, index),
        ..Query::rows(all.origin.clone(), sql, table, true)
    });
}
