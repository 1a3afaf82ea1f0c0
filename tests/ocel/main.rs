//! Object-centric logs: the rows are the same wherever the text is cut, however it comes, and in every form of a log.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod batches;
mod harness;
mod peer;

use std::collections::BTreeMap;

use harness::{Told, everyhow, in_pieces, parse, shards, try_open, whole};
use logflow::model::ocel::OcelSide;
use logflow::model::table::Remark;
use logflow::model::time_format::TimeFormat;
use logflow::text::ocel::{Ocel, OcelPlace};
use logflow::text::{Exit, TextFormat, TextSlice};

/// The log with all the types that it has.
fn opened(text: &[u8]) -> Ocel {
    try_open(text).expect("it is a log")
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/ocel");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "json" || it == "xml"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    all.sort();
    assert!(all.len() >= 8);
    all
}

#[test]
fn a_log_is_the_same_cut_at_every_byte() {
    for (name, bytes) in fixtures() {
        let ocel = opened(&bytes);
        let expected = whole(&ocel, &bytes);
        for cut in 1..bytes.len() {
            assert_eq!(shards(&ocel, &bytes, &[cut], false), expected, "{name} at {cut}");
            assert_eq!(shards(&ocel, &bytes, &[cut], true), expected, "{name} guessed at {cut}");
        }
    }
}

#[test]
fn a_log_is_the_same_however_much_text_is_at_hand() {
    for (name, bytes) in fixtures() {
        let ocel = opened(&bytes);
        let expected = whole(&ocel, &bytes);
        for piece in [1, 2, 3, 7, 50, 333] {
            assert_eq!(in_pieces(&ocel, &bytes, piece), expected, "{name} in pieces of {piece}");
        }
    }
}

#[test]
fn a_comma_too_many_is_reported_the_same_wherever_the_text_begins() {
    let text = br#"{"eventTypes": [], "objects": [{"id": "o", "type": "u", "attributes": []}, ], "events": [
        {"id": "a", "type": "t", "time": "2024-01-01T00:00:00Z", "attributes": []},
        ]}"#;
    let ocel = opened(text);
    let expected = whole(&ocel, text);
    for piece in 1..text.len() {
        assert_eq!(in_pieces(&ocel, text, piece), expected, "in pieces of {piece}");
    }
}

#[test]
fn guesses_find_records_and_are_never_beyond_the_text() {
    let mut right = 0;
    for (_, bytes) in fixtures() {
        let ocel = opened(&bytes);
        let text = TextSlice { bytes: &bytes, base: 0, last: true };
        for cut in 1..bytes.len() as u64 {
            let Exit::Done(truth) = parse(&ocel, text, ocel.first(), cut, &mut Told::default()) else {
                panic!()
            };
            let guess = ocel.guess(text, cut);
            assert!(guess.at >= cut && guess.at <= bytes.len() as u64);
            right += usize::from(guess == truth && truth.state != OcelPlace::End);
        }
    }
    assert!(right > 5000, "{right}");
}

#[test]
fn a_log_cut_short_is_never_taken_for_whole() {
    for (name, bytes) in fixtures() {
        let ocel = opened(&bytes);
        let end = bytes.iter().rposition(|byte| matches!(byte, b'}' | b'>')).unwrap();
        let end = if name == "odd.xml" {
            // What follows the log is a comment.
            bytes
                .windows(6)
                .position(|it| it == b"</ocel")
                .map_or(end, |_| bytes.windows(10).position(|it| it == b"</ocel:log").unwrap())
        } else {
            end
        };
        for cut in 1..end {
            let mut told = Told::default();
            let text = TextSlice { bytes: &bytes[..cut], base: 0, last: true };
            let exit = parse(&ocel, text, ocel.first(), cut as u64, &mut told);
            let unended = match exit {
                Exit::Done(end) => ocel.check_end(end).is_some(),
                _ => true,
            };
            assert!(unended || !told.bad.is_empty(), "{name} cut to {cut}");
        }
    }
}

#[test]
fn the_same_log_in_other_orders_and_as_xml_has_the_same_rows() {
    let rows = |name: &str| {
        let (_, bytes) = fixtures().into_iter().find(|(it, _)| it == name).unwrap();
        let ocel = opened(&bytes);
        let told = whole(&ocel, &bytes);
        assert!(told.bad.is_empty(), "{name}: {:?}", told.bad);
        let mut tables = BTreeMap::new();
        for (table, rows) in told.rows {
            tables.insert(ocel.shape.file(table), rows);
        }
        tables
    };
    let small = rows("small.json");
    assert_eq!(small["relations/e2o.parquet"].len(), 7);
    for other in ["types_last.json", "objects_first.json"] {
        let found = rows(other);
        assert_eq!(found, small, "{other}");
    }
    let mut xml = rows("small.xml");
    // XML has no other word for a boolean, and writes numbers as Python does.
    for rows in xml.values_mut().flatten().flatten().flatten() {
        if rows == "True" {
            *rows = "true".to_owned();
        }
    }
    assert_eq!(xml, small);
    assert_eq!(rows("one.xml"), rows("one.json"));
    assert_eq!(rows("listed.json"), rows("one.json"));
}

#[test]
fn the_quick_reader_and_the_plain_one_agree() {
    for (name, bytes) in fixtures() {
        let ocel = opened(&bytes);
        let plain = ocel.clone().plainly();
        assert_eq!(whole(&ocel, &bytes), whole(&plain, &bytes), "{name}");
    }
}

#[test]
fn a_record_that_stands_in_an_array_has_its_identifier_in_itself() {
    let (_, bytes) = fixtures().into_iter().find(|(it, _)| it == "listed_odd.json").unwrap();
    let ocel = opened(&bytes);
    let told = whole(&ocel, &bytes);
    assert!(told.bad.is_empty(), "{:?}", told.bad);
    let ids = |file: &str| -> Vec<String> {
        let (_, rows) = told.rows.iter().find(|(table, _)| ocel.shape.file(**table) == file).unwrap();
        rows.iter().map(|row| row[0].clone().unwrap()).collect()
    };
    assert_eq!(ids("events/event_place.parquet"), ["7", "8"]);
    assert_eq!(ids("events/event_pay.parquet"), ["e1é", "e3"]);
    assert_eq!(ids("objects/object_order.parquet"), ["o1", "o2"]);
    let of = |side: OcelSide, name: &str| -> Vec<String> {
        let of = &ocel.shape.types(side)[ocel.shape.find(side, name).unwrap()];
        of.attributes.iter().map(|it| it.name.to_string()).collect()
    };
    // What is not the identifier is an attribute, in the order of the text.
    assert_eq!(of(OcelSide::Event, "place"), ["id", "ocel:oid", "ocel:eid", "parts", "text"]);
    assert_eq!(of(OcelSide::Event, "pay"), ["id", "ocel:eid", "cost"]);
    assert_eq!(of(OcelSide::Object, "order"), ["ocel:eid", "p"]);
}

#[test]
fn times_that_are_numbers_tell_first_values_from_later_ones_wherever_the_text_is_cut() {
    let (_, bytes) = fixtures().into_iter().find(|(it, _)| it == "numbers.json").unwrap();
    let changes = |ocel: &Ocel, told: &Told| -> usize {
        let table = (0..ocel.shape.tables())
            .find(|it| ocel.shape.file(*it) == "object_changes/object_changes_order.parquet");
        told.rows.get(&table.unwrap()).map_or(0, Vec::len)
    };
    let plain = opened(&bytes);
    // `0.0` and `-0` are 1970 for those alone who are told that numbers are times.
    assert_eq!(changes(&plain, &whole(&plain, &bytes)), 4);
    let ocel = plain.with_times(Some(TimeFormat::compile("unix-ms").unwrap()));
    let expected = whole(&ocel, &bytes);
    assert_eq!(changes(&ocel, &expected), 2);
    assert!(expected.bad.is_empty());
    for cut in 1..bytes.len() {
        assert_eq!(everyhow(&ocel, &bytes, &[cut], cut), expected, "cut at {cut}");
    }
    // Types that are not known before are the same, cut or not.
    let first = Ocel::open(&bytes, true).unwrap().with_times(ocel.times.clone());
    let expected = whole(&first, &bytes);
    for cut in (1..bytes.len()).step_by(7) {
        assert_eq!(shards(&first, &bytes, &[cut], true), expected, "types are late, cut at {cut}");
    }
}

/// White space of Rust's library, and of no other.
#[test]
fn a_form_feed_between_records_is_not_white_space_of_xml() {
    let mut seen = 0;
    for (name, bytes) in fixtures() {
        let Some(at) = memchr::memmem::find(&bytes, b"<event ") else { continue };
        let damaged = [&bytes[..at], b"\x0c", &bytes[at..]].concat();
        let told = everyhow(&opened(&bytes), &damaged, &[at / 2, at], 100);
        assert!(told.bad.iter().any(|bad| format!("{bad:?}").contains("U+000C")), "{name}");
        seen += 1;
    }
    assert!(seen > 0);
}

/// The text of a log in which something is odd, and the first note of it.
fn odd(text: &str) -> (Told, u64, u64) {
    let ocel = opened(text.as_bytes());
    let told = whole(&ocel, text.as_bytes());
    for cut in 1..text.len() {
        assert_eq!(everyhow(&ocel, text.as_bytes(), &[cut], cut), told, "at {cut}");
    }
    let mut notes = told.learned.notes.iter().filter_map(|note| match note.what {
        Remark::Odd(_, count) => Some((count, note.at)),
        _ => None,
    });
    let (count, at) = notes.next().unwrap();
    assert_eq!(notes.next(), None);
    (told, count, at)
}

#[test]
fn elements_within_values_of_xml_are_kept_and_reported_where_they_are_wherever_the_text_is_cut() {
    let value = r#"see <b>this <event id="e" type="t" time="x">&amp;</event></b> page<u/>"#;
    let event = |id: &str, value: &str| {
        format!(
            r#"<event id="{id}" type="t" time="2024-01-01T00:00:00Z"><attributes><attribute name="a">{value}</attribute></attributes></event>"#
        )
    };
    let text = format!(
        "<log><object-types/><event-types/><objects/><events>{}\n{}{}</events></log>",
        event("e1", "1 &lt; 2"),
        event("e2", value),
        event("e3", "3")
    );
    let (told, count, at) = odd(&text);
    assert_eq!((count, at), (2, text.find("<b>").unwrap() as u64));
    let values: Vec<_> = told.rows[&2].iter().map(|row| row[2].as_deref().unwrap()).collect();
    assert_eq!(values, ["1 < 2", value, "3"]);
}

#[test]
fn attributes_of_ocel_1_0_that_hold_others_are_kept_and_reported_where_they_are_wherever_the_text_is_cut() {
    let held = [
        r#"<list key="a"><string key="t" value="x"/> <container key="u"><int key="v" value="1"/></container></list>"#,
        r#"<string key="b" value="y"><string key="c" value="z"/></string>"#,
        r#"<list key="d"/>"#,
        r#"<string key="e">text</string>"#,
    ];
    let text = format!(
        r#"<log><global scope="log"><list key="object-types"><string key="object-type" value="o"/></list></global><events><event>
        <string key="id" value="1"/><string key="activity" value="t"/><date key="timestamp" value="2024-01-01T00:00:00Z"/>
        <list key="vmap">{}<string key="f" value="&lt;"/></list></event></events></log>"#,
        held.concat()
    );
    let (told, count, at) = odd(&text);
    assert_eq!((count, at), (4, text.find(held[0]).unwrap() as u64));
    let row = &told.rows[&2][0];
    assert_eq!(row[2..].iter().flatten().collect::<Vec<_>>(), [held[0], held[1], held[2], held[3], "<"]);
}

proptest::proptest! {
    #[test]
    fn damaged_logs_are_read_the_same_however_they_are_read(
        at in 0usize..6000, byte: u8, one in 0usize..6000, two in 0usize..6000, size in 1usize..600
    ) {
        for (_, bytes) in fixtures() {
            let ocel = opened(&bytes);
            let mut damaged = bytes.clone();
            let place = at % bytes.len();
            damaged[place] = byte;
            let mut cuts = [one, two].map(|cut| cut % damaged.len());
            cuts.sort_unstable();
            everyhow(&ocel, &damaged, &cuts, size);
        }
    }
}

/// Logs of OCEL 1.0 whose keys lack the prefix, all or some.
const BARE: [&str; 6] = [
    r#"{"global-log": {"attribute-names": ["p"], "object-types": ["order"], "version": "1.0"},
 "events": {"e1": {"activity": "A", "timestamp": "2023-07-03T10:00:00Z", "omap": ["o1", "o2"], "vmap": {"p": 1}},
 "e2": {"vmap": {}, "omap": [], "timestamp": "2023-07-03T11:00:00Z", "activity": "B"}},
 "objects": {"o1": {"type": "order", "ovmap": {"q": "x"}}, "o2": {"ovmap": {}, "type": "item"}}}"#,
    r#"{"objects":[{"oid":"o1","type":"order","ovmap":{}}],"events":[{"eid":"e1","activity":"A","timestamp":"2023-07-03T10:00:00Z","omap":["o1"]},
{"id":"e2","activity":"B","timestamp":"2023-07-03T10:00:00Z","omap":[{"objectId":"o1","qualifier":"q"}],"vmap":{"id":1}}]}"#,
    r#"{"ocel:global-log": {"ocel:object-types": ["order"]}, "events": {"e1": {"ocel:activity": "A", "timestamp": "2023-07-03T10:00:00Z", "ocel:omap": ["o1"], "omap": 7}},
 "ocel:objects": {"o1": {"ocel:type": "order", "type": "t", "ovmap": {"a": [1, {"activity": 1, "timestamp": 2}]}}}}"#,
    r#"{"global-event": {"activity": "x"}, "events": {}, "global-object": {}, "objects": {"o1": {"type": "a", "ovmap": {}}}, "more": {"events": {}}}"#,
    r#"{"ocel:events": {"e1": {"ocel:activity": "A", "ocel:timestamp": "2023-07-03T10:00:00Z", "ocel:omap": [], "ocel:vmap": {"vmap": 1}}}, "events": [1, 2], "objects": {"x": {"y": 1}}}"#,
    r#"{"events":{"e1":{"activity":"A","timestamp":"2023-07-03T10:00:00Z","omap":["o1"],"typedOmap":[{"ocel:oid":"o1","ocel:qualifier":"q"}]},"e2":{"activity":1.5,"timestamp":"2023-07-03T10:00:00Z","vmap":{"activity":"z"}}},
"objects":{"o1":{"type":"order","ovmap":{},"o2o":[{"objectId":"o1","qualifier":"self"}]}}}"#,
];

#[test]
fn a_log_without_prefixes_is_the_same_cut_at_every_byte_and_in_pieces() {
    for text in BARE {
        let bytes = text.as_bytes();
        let ocel = opened(bytes);
        assert_eq!(ocel.version, "1.0", "{text}");
        for cut in 1..bytes.len() {
            everyhow(&ocel, bytes, &[cut], cut);
        }
    }
}

#[test]
fn padding_after_a_log_is_noted_the_same_however_it_is_read() {
    let json = r#"{"events":{"e1":{"activity":"A","timestamp":"2023-07-03T10:00:00Z","omap":[]}}}"#;
    let json_2 =
        r#"{"objectTypes":[],"eventTypes":[],"objects":[{"id":"o","type":"t","attributes":[]}],"events":[]}"#;
    let xml = "<log><event-types/><object-types/><events/><objects><object id='o' type='t'/></objects></log>";
    for log in [json, json_2, xml] {
        for (behind, padding) in [
            ("\0", 1),
            ("\n\0\0 \0\r\n", 3),
            ("\0\0\0\0\0\0\0\0", 8),
            ("\0\0x", 0),
            ("x\0\0", 0),
            ("\0{", 0),
            ("<log/>", 0),
        ] {
            let text = format!("{log}{behind}");
            let bytes = text.as_bytes();
            let ocel = opened(bytes);
            let told = format!("{:?}", whole(&ocel, bytes));
            let noted = told.contains(&format!("log\", {padding})"));
            assert_eq!(noted, padding > 0, "{text:?}: {told}");
            for cut in log.len() - 5..bytes.len() {
                everyhow(&ocel, bytes, &[cut], cut);
            }
        }
    }
    for (behind, padding) in [("<!-- a -->\0\0", 2), ("abc\0", 0), ("\0<!-- a -->", 0)] {
        let text = format!("{xml}{behind}");
        let told = format!("{:?}", whole(&opened(text.as_bytes()), text.as_bytes()));
        assert_eq!(told.contains(&format!("log\", {padding})")), padding > 0, "{text:?}: {told}");
    }
}

#[test]
fn what_only_looks_like_a_log_without_prefixes_is_none() {
    for text in [
        r#"{"events": [{"id": 1, "activity": "A", "timestamp": "2023-07-03"}], "total": 1}"#,
        r#"{"events": {"e1": {"activity": "A"}}, "objects": {"o1": {"name": "x"}}}"#,
        r#"{"events": [{"activity": "A", "timestamp": 1}], "objects": [{"type": "t"}]}"#,
        r#"{"events": [1, 2], "objects": [3]}"#,
        r#"{"events": {}, "objects": {}}"#,
        r#"{"global-log": {"level": "info"}, "events": [{"a": 1}]}"#,
        r#"{"global-log": 7}"#,
        r#"{"objects": {"o1": {"type": "t"}}}"#,
        r#"{"activity": "A", "timestamp": "2023-07-03", "omap": []}"#,
        r#"{"data": {"e1": {"activity": "A", "timestamp": "2023-07-03", "omap": []}}}"#,
    ] {
        assert!(try_open(text.as_bytes()).is_none(), "{text}");
    }
}
