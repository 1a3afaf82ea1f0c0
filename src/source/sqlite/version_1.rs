//! OCEL 1.0 in SQLite: EVENTS, OBJECTS and RELATIONS, one table each for all types.

use rusqlite::Connection;

use crate::model::ocel::{EVENT_OBJECT, OcelSide};
use crate::source::sqlite::{
    Found, Query, TableInfo, Tables, declared, note_columns, note_tables, quoted, spread, text,
};

/// Finds types and what is to be asked.
pub fn look(connection: &Connection, tables: &Tables) -> rusqlite::Result<Found> {
    let mut found = Found::new("1.0");
    let events = types(connection, tables, &mut found, OcelSide::Event, "EVENTS", "ocel:activity")?;
    let objects = types(connection, tables, &mut found, OcelSide::Object, "OBJECTS", "ocel:type")?;
    if let Some(relations) = tables.find("RELATIONS").filter(|it| it.column("ocel:type").is_some()) {
        // An object of a relation may stand in no table of objects; its type is used all the same.
        let sql = format!(
            "SELECT DISTINCT CAST(\"ocel:type\" AS TEXT) FROM {} WHERE \"ocel:type\" IS NOT NULL",
            quoted(&relations.name)
        );
        for name in connection.prepare(&sql)?.query_map([], |row| row.get::<_, String>(0))? {
            found.shape.add(OcelSide::Object, &name?, false);
        }
    }
    found.shape.number();
    match tables.find("RELATIONS") {
        Some(relations) => {
            let column = |name: &str| relations.column(name).map_or("''".to_owned(), quoted);
            let qualifier = relations.column("ocel:qualifier").map_or("''".to_owned(), quoted);
            let sql = format!(
                "SELECT {}, {}, {qualifier} FROM {}",
                column("ocel:eid"),
                column("ocel:oid"),
                quoted(&relations.name)
            );
            let spread = spread(connection, relations, &["ocel:eid", "ocel:oid", "ocel:qualifier"])?;
            found
                .queries
                .push(Query { spread, ..Query::rows(relations.origin.clone(), sql, EVENT_OBJECT, false) });
        }
        None => found.warnings.push(tables.lacking("RELATIONS")),
    }
    for (side, info, types) in [
        (OcelSide::Event, tables.find("EVENTS"), events),
        (OcelSide::Object, tables.find("OBJECTS"), objects),
    ] {
        let Some(info) = info else { continue };
        for (index, name) in types.iter().enumerate() {
            ask(&mut found, side, info, index, name);
        }
        let type_column = if side == OcelSide::Event { "ocel:activity" } else { "ocel:type" };
        ask_nameless(connection, &mut found, side, info, type_column)?;
        note_columns(&mut found, info, |it| {
            let known = ["ocel:eid", "ocel:oid", "ocel:timestamp", type_column];
            is_attribute(it) || known.iter().any(|known| known.eq_ignore_ascii_case(it))
        });
    }
    let known: Vec<&str> = ["EVENTS", "OBJECTS", "RELATIONS"]
        .iter()
        .filter_map(|name| tables.find(name))
        .map(|it| it.name.as_str())
        .collect();
    note_tables(connection, &mut found, tables.all.iter().filter(|it| !known.contains(&it.name.as_str())))?;
    Ok(found)
}

/// Asks for events or objects without a type, if there are any.
fn ask_nameless(
    connection: &Connection,
    found: &mut Found,
    side: OcelSide,
    info: &TableInfo,
    type_column: &str,
) -> rusqlite::Result<()> {
    let id = if side == OcelSide::Event { "ocel:eid" } else { "ocel:oid" };
    let id = info.column(id).map_or("''".to_owned(), quoted);
    let no_type = info.column(type_column).map_or("1".to_owned(), |it| format!("{} IS NULL", quoted(it)));
    let sql = format!("SELECT {id} FROM {} WHERE {no_type}", info.source);
    let any: bool = connection.query_row(&format!("SELECT EXISTS ({sql})"), [], |row| row.get(0))?;
    if any {
        let lacks = Some(format!("stands in table {} without a type", info.name));
        found.queries.push(Query { lacks, ..Query::rows(info.origin.clone(), sql, 0, true) });
    }
    Ok(())
}

fn is_attribute(column: &str) -> bool {
    !column.to_ascii_lowercase().starts_with("ocel:")
}

/// The types of a side, in the order in which they are met, with the attributes that have a value.
fn types(
    connection: &Connection,
    tables: &Tables,
    found: &mut Found,
    side: OcelSide,
    name: &str,
    type_column: &str,
) -> rusqlite::Result<Vec<String>> {
    let Some(info) = tables.find(name) else { return Ok(Vec::new()) };
    let attributes: Vec<&(String, String)> = info.columns.iter().filter(|(it, _)| is_attribute(it)).collect();
    let Some(type_column) = info.column(type_column) else {
        found.warnings.push(format!("table {} has no column {type_column}", info.name));
        return Ok(Vec::new());
    };
    let present: String =
        attributes.iter().map(|(it, _)| format!(", max({} IS NOT NULL)", quoted(it))).collect();
    let sql = format!(
        "SELECT CAST({0} AS TEXT), min({2}){present} FROM {1} WHERE {0} IS NOT NULL GROUP BY 1 ORDER BY 2, 1",
        quoted(type_column),
        info.source,
        info.rowid.unwrap_or("0")
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let of = found.shape.add(side, &name, false);
        for (place, (attribute, words)) in attributes.iter().enumerate() {
            if row.get::<_, bool>(2 + place)? {
                of.add(attribute, declared(words));
            }
        }
        names.push(name);
    }
    Ok(names)
}

fn ask(found: &mut Found, side: OcelSide, info: &TableInfo, index: usize, name: &str) {
    let column = |name: &str| info.column(name).map_or("NULL".to_owned(), quoted);
    let (mut columns, of) = match side {
        OcelSide::Event => (vec![column("ocel:eid"), column("ocel:timestamp")], column("ocel:activity")),
        OcelSide::Object => (vec![column("ocel:oid")], column("ocel:type")),
    };
    columns.extend(found.shape.types(side)[index].attributes.iter().map(|it| quoted(&it.name)));
    let sql = format!(
        "SELECT {} FROM {} WHERE CAST({of} AS TEXT) = {}{}",
        columns.join(", "),
        info.source,
        text(name),
        info.rowid.map_or(String::new(), |rowid| format!(" ORDER BY {rowid}"))
    );
    let table = found.shape.table_of(side, index);
    found.queries.push(Query::rows(info.origin.clone(), sql, table, true));
}
