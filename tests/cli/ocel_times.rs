//! Object-centric logs whose times are numbers: read where it is said what these count, and never guessed.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use super::Folder;

/// The tables of a bundle, as bytes.
fn tables(folder: &Folder, bundle: &str) -> Vec<(String, Vec<u8>)> {
    let names = folder.names().into_iter().filter_map(|name| {
        let within = name.strip_prefix(&format!("{bundle}/"))?.to_owned();
        within.ends_with(".parquet").then(|| (within, std::fs::read(folder.path(&name)).unwrap()))
    });
    names.collect()
}

/// The first column of a table beside the times of its second, as ISO 8601 says them.
fn times(folder: &Folder, file: &str) -> Vec<String> {
    use parquet::file::reader::FileReader;
    let reader = super::reader(&folder.path(file));
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| {
        let row = row.unwrap();
        let values: Vec<String> =
            row.get_column_iter().take(2).map(|(_, value)| value.to_string().replace('"', "")).collect();
        values.join(" ")
    })
    .collect()
}

/// Seconds since 1970 and the same moment as text.
fn moment(number: u64) -> (u64, String) {
    let (hour, minute, second) = (number / 3600 % 24, number / 60 % 60, number % 60);
    // 2024-01-01 is 19,723 days after 1970-01-01.
    let day = number / 86_400;
    (19_723 * 86_400 + number, format!("2024-01-{:02}T{hour:02}:{minute:02}:{second:02}.000Z", day + 1))
}

/// A log of OCEL 2.0, each time as `time` writes that of a number.
fn log_2(count: u64, time: impl Fn(u64) -> Value) -> String {
    let events: Vec<Value> = (0..count)
        .map(|number| {
            json!({"id": format!("e{number}"), "type": "pay", "time": time(number * 60),
                "attributes": [{"name": "note", "value": "text ".repeat(30)}],
                "relationships": [{"objectId": "o1", "qualifier": "of"}]})
        })
        .collect();
    let objects = json!([{"id": "o1", "type": "order", "attributes": [
        {"name": "total", "time": "1970-01-01T00:00:00Z", "value": 1}, {"name": "total", "time": time(7), "value": 2},
        {"name": "due", "time": "0", "value": time(9)}]}]);
    json!({
        "objectTypes": [{"name": "order", "attributes": [{"name": "total", "type": "integer"}, {"name": "due", "type": "time"}]}],
        "eventTypes": [{"name": "pay", "attributes": [{"name": "note", "type": "string"}]}],
        "objects": objects, "events": events,
    })
    .to_string()
}

#[test]
fn numbers_and_texts_of_the_same_moments_give_the_same_tables_at_every_number_of_threads() {
    let text = log_2(20_000, |number| moment(number).1.into());
    let folder = Folder::new().with("log.json", text);
    folder.run("convert log.json -o out").assert().success();
    let expected = tables(&folder, "out");
    assert_eq!(expected.len(), 5);
    for (word, factor) in [("unix-s", 1), ("unix-ms", 1000), ("unix-us", 1_000_000)] {
        let folder =
            Folder::new().with("log.json", log_2(20_000, |number| (moment(number).0 * factor).into()));
        for (out, how) in
            [("a", "--threads 1"), ("b", "--threads 2"), ("c", "--threads 8"), ("d", "--threads 2 --io read")]
        {
            folder
                .run(&format!("convert log.json -o {out} --timestamp-format {word} {how}"))
                .assert()
                .success();
            assert!(tables(&folder, out) == expected, "{word} {how}");
            let meta: Value = serde_json::from_str(&folder.text(&format!("{out}/ocel-meta.json"))).unwrap();
            assert_eq!(meta["logflow"]["timestamp_format"], word);
            assert_eq!(meta["objectTypes"]["order"]["attributes"][1]["type"], "time");
        }
    }
}

#[test]
fn a_number_is_not_a_time_unless_that_is_said_and_the_error_says_how() {
    for (factor, word, noun) in [
        (1, "unix-s", "counts seconds"),
        (1000, "unix-ms", "counts milliseconds"),
        (1_000_000, "unix-us", "counts microseconds"),
        (1_000_000_000, "unix-ns", "counts nanoseconds"),
    ] {
        let folder = Folder::new().with("log.json", log_2(3, |number| (moment(number).0 * factor).into()));
        let help = format!("--timestamp-format {word} reads it");
        folder
            .run("convert log.json -o out")
            .assert()
            .code(1)
            .stderr(contains("LF207").and(contains(noun)).and(contains(help.as_str())));
        assert!(!folder.has("out"));
        folder.run("convert log.json -o out --on-bad-row reject").assert().code(4);
        assert_eq!(folder.text("out.rejects.jsonl").matches(&help).count(), 4);
        folder.run("convert log.json -o no --strict").assert().code(1).stderr(contains("LF223"));
        let said = format!("--timestamp-format {word}");
        folder.run(&format!("convert log.json -o read {said}")).assert().success();
        folder.run("convert out -o back.json").assert().success();
        folder.run(&format!("convert log.json -o strict --strict {said}")).assert().code(1);
    }
}

#[test]
fn what_is_neither_such_a_number_nor_a_time_is_bad() {
    let time = |number: u64| match number {
        60 => json!("soon"),
        120 => json!(1e30),
        180 => json!("2024-01-01T00:00:00Z"),
        240 => json!(-1.5),
        _ => json!(1_700_000_000),
    };
    let folder = Folder::new().with("log.json", log_2(6, time));
    let convert = "convert log.json -o out --timestamp-format unix-s";
    folder.run(convert).assert().code(1).stderr(contains("LF207").and(contains("soon")));
    folder.run(&format!("{convert} --on-bad-row reject")).assert().code(4);
    let found = times(&folder, "out/events/event_pay.parquet");
    assert_eq!(
        found,
        [
            "e0 2023-11-14 22:13:20.000000 +00:00",
            "e3 2024-01-01 00:00:00.000000 +00:00",
            "e4 1969-12-31 23:59:58.500000 +00:00",
            "e5 2023-11-14 22:13:20.000000 +00:00"
        ]
    );
    assert_eq!(folder.text("out.rejects.jsonl").lines().count(), 2);
}

#[test]
fn one_unit_holds_a_column_whose_fractions_are_finer_than_microseconds() {
    // As Python prints time.time(); the finest one stands behind the sample, in a type of its own and in one that is known.
    let record = |of: &str, time: f64| json!({"ocel:activity": of, "ocel:timestamp": time, "ocel:vmap": {"note": "text ".repeat(30), "at": 1_700_000_000}});
    let mut events: Vec<(String, Value)> = (0..4000)
        .map(|number| (format!("e{number}"), record("pay", 1_700_000_000.0 + f64::from(number))))
        .collect();
    events.push(("f1".to_owned(), record("pay", 1_700_000_000.123_456_7)));
    events.push(("f2".to_owned(), record("ship", 1_700_000_000.765_432_1)));
    let keyed: Vec<String> = events.iter().map(|(id, event)| format!("{}: {event}", json!(id))).collect();
    let listed: Vec<String> = events
        .iter()
        .map(|(id, event)| {
            let mut event = event.clone();
            event["ocel:eid"] = id.as_str().into();
            event.to_string()
        })
        .collect();
    let keyed = format!("{{\"ocel:events\": {{{}}}, \"ocel:objects\": {{}}}}", keyed.join(","));
    let listed = format!("{{\"ocel:events\": [{}], \"ocel:objects\": {{}}}}", listed.join(","));
    let folder = Folder::new().with("keyed.json", keyed).with("listed.json", listed);
    for threads in [1, 2, 8] {
        for name in ["keyed", "listed"] {
            let out = format!("{name}{threads}");
            folder
                .run(&format!("convert {name}.json -o {out} --timestamp-format unix-s --threads {threads}"))
                .assert()
                .success();
            assert!(tables(&folder, &out) == tables(&folder, "keyed1"), "{name} with {threads} threads");
        }
    }
    use arrow::array::AsArray;
    use arrow::datatypes::{Int64Type, TimestampNanosecondType};
    let last = |file: &str| {
        let file = std::fs::File::open(folder.path(file)).unwrap();
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let batch = reader.build().unwrap().last().unwrap().unwrap();
        let row = batch.num_rows() - 1;
        let at = batch.column_by_name("at").unwrap().as_primitive::<Int64Type>().value(row);
        (batch.column(1).as_primitive::<TimestampNanosecondType>().value(row), at)
    };
    // A number that is no time of the log stays a number.
    assert_eq!(last("keyed1/events/event_pay.parquet"), (1_700_000_000_123_456_700, 1_700_000_000));
    assert_eq!(last("keyed1/events/event_ship.parquet"), (1_700_000_000_765_432_100, 1_700_000_000));
}

#[test]
fn times_of_a_database_may_be_integers_and_reals() {
    let folder = Folder::new();
    let database = rusqlite::Connection::open(folder.path("log.sqlite")).unwrap();
    database
        .execute_batch(
            "CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT); CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);
            CREATE TABLE event (ocel_id TEXT, ocel_type TEXT); CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
            CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
            CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
            INSERT INTO event_map_type VALUES ('pay', 'pay'), ('ship', 'ship'); INSERT INTO object_map_type VALUES ('order', 'order');
            INSERT INTO event VALUES ('e1', 'pay'), ('e2', 'pay'), ('e3', 'ship'); INSERT INTO object VALUES ('o1', 'order');
            CREATE TABLE event_pay (ocel_id TEXT, ocel_time INTEGER); CREATE TABLE event_ship (ocel_id TEXT, ocel_time REAL);
            CREATE TABLE object_order (ocel_id TEXT, ocel_time INTEGER, ocel_changed_field TEXT, total INTEGER);
            INSERT INTO event_pay VALUES ('e1', 1700000000), ('e2', '2024-01-01 00:00:00');
            INSERT INTO event_ship VALUES ('e3', 1700000000.25);
            INSERT INTO object_order VALUES ('o1', 0, NULL, 1), ('o1', 1700000000, 'total', 2), ('o1', 0, NULL, 3);",
        )
        .unwrap();
    database.close().unwrap();
    folder
        .run("convert log.sqlite -o out")
        .assert()
        .code(1)
        .stderr(contains("LF207").and(contains("--timestamp-format unix-s")));
    for threads in [1, 2] {
        let convert =
            format!("convert log.sqlite -o out --force --timestamp-format unix-s --threads {threads}");
        folder.run(&convert).assert().success();
        assert_eq!(
            times(&folder, "out/events/event_pay.parquet"),
            ["e1 2023-11-14 22:13:20.000000 +00:00", "e2 2024-01-01 00:00:00.000000 +00:00"]
        );
        assert_eq!(times(&folder, "out/events/event_ship.parquet"), ["e3 2023-11-14 22:13:20.250000 +00:00"]);
        assert_eq!(
            times(&folder, "out/object_changes/object_changes_order.parquet"),
            ["o1 2023-11-14 22:13:20.000000 +00:00", "o1 1970-01-01 00:00:00.000000 +00:00"]
        );
    }
}

#[test]
fn times_of_a_flat_table_may_be_numbers_or_laid_out_otherwise() {
    let header = "ocel:eid,ocel:timestamp,ocel:activity,ocel:type:order";
    for (format, time) in [
        ("unix-ms", "1700000000250"),
        ("unix-s", "1700000000.25"),
        ("%Y-%d-%mT%H:%M:%S%.f%z", "2023-14-11T22:13:20.25+0000"),
    ] {
        let folder = Folder::new().with("flat.csv", format!("{header}\ne1,{time},pay,['o1']\n"));
        folder.run(&format!("convert flat.csv -o out --timestamp-format {format}")).assert().success();
        let found = times(&folder, "out/events/event_pay.parquet");
        assert_eq!(found, ["e1 2023-11-14 22:13:20.250000 +00:00"], "{format}");
    }
}

#[test]
fn schema_says_how_times_are_laid_out() {
    let folder = Folder::new().with("log.json", log_2(3, |number| moment(number).0.into()));
    let said = folder.run("schema log.json --format json --timestamp-format unix-s").output().unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    let columns = said["columns"].as_array().unwrap();
    let laid_out: Vec<&str> = columns
        .iter()
        .filter(|column| column["format"] == "unix-s")
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        laid_out,
        [
            "events/event_pay:ocel_time",
            "objects/object_order:due",
            "object_changes/object_changes_order:ocel_time",
            "object_changes/object_changes_order:due"
        ]
    );
}

#[test]
fn a_time_in_another_layout_names_the_flag_that_reads_it() {
    for (time, layout) in [
        ("03.04.2024 10:00", "%d.%m.%Y %H:%M"),
        ("03.04.2024 10:00:01", "%d.%m.%Y %H:%M:%S"),
        ("31/12/2024 10:00", "%d/%m/%Y %H:%M"),
        ("12/31/2024 1:05 PM", "%m/%d/%Y %I:%M %p"),
        ("03-Apr-2024 10:00", "%d-%b-%Y %H:%M"),
        ("3 April 2024", "%d %B %Y"),
        ("Apr 3, 2024", "%b %d, %Y"),
        ("20240403100000", "%Y%m%d%H%M%S"),
        ("03/Apr/2024:10:00:00 +0000", "%d/%b/%Y:%H:%M:%S %z"),
    ] {
        let text = log_2(3, |_| time.into());
        let folder = Folder::new().with("log.json", &text);
        let flag = format!("\"{layout}\"");
        folder
            .run("convert log.json -o out")
            .assert()
            .code(1)
            .stderr(contains("LF207").and(contains("--timestamp-format")).and(contains(flag.as_str())));
        folder.run("convert log.json -o read --timestamp-format").arg(layout).assert().success();
        // The same in the other forms.
        folder.run("convert log.json -o log.sqlite --timestamp-format").arg(layout).assert().success();
        let xml = format!(
            "<log><object-types/><event-types/><objects/><events><event id='e' type='t' time='{time}'/></events></log>"
        );
        let folder = folder.with("log.xml", xml);
        folder.run("convert log.xml -o no").assert().code(1).stderr(contains(flag.as_str()));
        folder.run("convert log.xml -o yes --timestamp-format").arg(layout).assert().success();
    }
    let folder = Folder::new().with("log.json", log_2(3, |_| "soon".into()));
    folder.run("convert log.json -o out").assert().code(1).stderr(contains("--timestamp-format").not());
}

#[test]
fn a_time_that_is_none_behind_the_sample_is_a_malformed_record_for_every_command() {
    let events: Vec<Value> = (0..6_000)
        .map(|number| {
            let time = if number == 5_900 { "nonsense".to_owned() } else { moment(number).1 };
            json!({"id": format!("e{number}"), "type": "pay", "time": time, "attributes": [],
                   "relationships": [{"objectId": "o1", "qualifier": "order of the payment"}]})
        })
        .collect();
    let log = json!({
        "eventTypes": [{"name": "pay", "attributes": []}], "objectTypes": [{"name": "order", "attributes": []}],
        "objects": [{"id": "o1", "type": "order", "attributes": [], "relationships": []}], "events": events,
    });
    let text = log.to_string();
    assert!(text.len() > 512 << 10);
    let folder = Folder::new().with("log.json", text);
    folder.run("schema log.json").assert().success().stdout(contains("bad 1"));
    folder.run("convert log.json -o out --on-bad-row reject").assert().code(4).stderr(contains("rejected 1"));
    folder.run("view log.json --table pay -n 2").assert().success().stdout(contains("e1"));
}
