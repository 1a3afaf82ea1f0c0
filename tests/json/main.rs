//! JSON: where a text is cut changes nothing, on texts made to fool the guess, and rows are what RFC 8259 says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod harness;

use harness::{everyhow, in_pieces, open, sequential, shards};
use logflow::error::Code;
use proptest::prelude::*;

/// Texts, what they are called, and their rows.
const TEXTS: &[(&str, &str, &[&str])] = &[
    ("lines", "{\"a\":1,\"b\":\"x\"}\n{\"b\":\"y\",\"a\":2}\n", &["1|x", "2|y"]),
    ("no line end", "{\"a\":1}\n{\"a\":2}", &["1", "2"]),
    ("carriage returns and blank lines", "\r\n {\"a\":1} \r\n\r\n \t\r\n{\"a\":2}\r\n\r\n", &["1", "2"]),
    ("a mark", "\u{feff}{\"a\":1}\n{\"a\":2}\n", &["1", "2"]),
    ("objects without space", "{\"a\":1}{\"a\":2}{\"a\":{\"a\":3}}", &["1", "2", "{\"a\":3}"]),
    ("objects over lines", "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n", &["1", "2"]),
    ("an array", "[{\"a\":1},\n {\"a\":2}, {\"a\":3}]\n", &["1", "2", "3"]),
    (
        "an array in arrays of records",
        "[{\"a\":[{\"a\":1},{\"a\":2}]},{\"a\":[{\"a\":3}, {\"a\":4}]}]",
        &["[{\"a\":1},{\"a\":2}]", "[{\"a\":3}, {\"a\":4}]"],
    ),
    (
        "strings that look like records",
        "[{\"a\":\"},{\\\"a\\\":1},{\"},{\"a\":\"}, {\"}]",
        &["},{\"a\":1},{", "}, {"],
    ),
    (
        "wrapped",
        "{\"m\":{\"n\":42},\"e\":[{\"a\":1},{\"a\":2}],\"z\":[{\"a\":3},{\"a\":4}],\"y\":null}",
        &["1", "2"],
    ),
    ("wrapped twice", "{\"o\":{\"e\":[{\"a\":1},{\"a\":2}], \"p\":1 } , \"q\":2 } ", &["1", "2"]),
    ("a single object", "{\"a\":1,\"b\":[1]}", &["1|[1]"]),
    ("keys in escapes", "{\"a\\u0062\":1}\n{\"ab\":2}\n", &["1", "2"]),
    ("escapes", "{\"a\":\"\\u00e9\\n\\ud83d\\ude00\\/\"}\n{\"a\":\"\\u0000\"}\n", &["é\n😀/", "\0"]),
    ("strings among numbers", "{\"a\":\"1\\n\"}\n{\"a\":1}\n{\"a\":null}\n", &["\"1\\n\"", "1", "~"]),
    ("missing and null", "{\"a\":null,\"b\":1}\n{}\n{\"b\":\"\"}\n", &["~|1", "~|~", "~|\"\""]),
    (
        "the same key twice",
        "{\"a\":1,\"a\":2,\"b\":3,\"\\u0061\":[4]}\n{\"a\":5}\n",
        &["1|3|[{\"a\": 2}, {\"\\u0061\": [4]}]", "5|~|~"],
    ),
    ("an empty key", "{\"\":1}\n{\"\":2}\n", &["1", "2"]),
    ("a mark before a later line", "\u{feff}{\"a\":1}\n\u{feff}{\"a\":2}\n{\"a\":3}\n", &["1", "2", "3"]),
    ("marks and white space", "{\"a\":1}\r\n\u{feff}\u{feff} {\"a\":2}\r\n\u{feff}\r\n\u{feff}", &["1", "2"]),
    ("a mark in a string", "{\"a\":\"\u{feff}\"}\n{\"a\":\"x\u{feff}\"}\n", &["\u{feff}", "x\u{feff}"]),
    ("a mark between objects", "{\"a\":1}\u{feff}{\"a\":2} \u{feff} {\n\"a\":3}\u{feff}", &["1", "2", "3"]),
    ("padding behind an array", "[{\"a\":1},{\"a\":2}]\0\0", &["1", "2"]),
    ("padding behind an empty array", "[ ] \0\0", &[]),
    ("padding behind what wraps an array", "{\"e\":[{\"a\":1},{\"a\":2}],\"b\":3}\n\0\0\0", &["1", "2"]),
];

/// Texts with faults: their rows, and their bad rows as text.
type Faulty = (&'static str, &'static str, &'static [&'static str], &'static [(&'static str, Code)]);

const FAULTY: &[Faulty] = &[
    ("a line", "{\"a\":1}\n{\"a\":x}\n{\"a\":3}\n", &["1", "3"], &[("{\"a\":x}", Code::Json)]),
    (
        "a line with more behind",
        "{\"a\":1}\n{\"a\":2} {\"a\":3}\n",
        &["1"],
        &[("{\"a\":2} {\"a\":3}", Code::Json)],
    ),
    (
        "an open line",
        "{\"a\":1}\n{\"a\":\"2\n{\"a\":3",
        &["1"],
        &[("{\"a\":\"2", Code::Json), ("{\"a\":3", Code::Json)],
    ),
    (
        "scalars",
        "{\"a\":1}\n2\n\"x\"\n[]\nnull\n-",
        &["1"],
        &[
            ("2", Code::JsonRecord),
            ("\"x\"", Code::JsonRecord),
            ("[]", Code::JsonRecord),
            ("null", Code::JsonRecord),
            ("-", Code::Json),
        ],
    ),
    (
        "half a surrogate pair",
        "{\"a\":1}\n{\"a\":\"\\ud800\"}\n",
        &["1"],
        &[("{\"a\":\"\\ud800\"}", Code::Json)],
    ),
    ("an element", "[{\"a\":1},{\"a\":2,},{\"a\":3}]", &["1", "3"], &[("{\"a\":2,}", Code::Json)]),
    (
        "scalar elements",
        "[{\"a\":1},2,\"x\",{\"a\":3}]",
        &["1", "3"],
        &[("2", Code::JsonRecord), ("\"x\"", Code::JsonRecord)],
    ),
    ("a comma too many", "[{\"a\":1},]", &["1"], &[("", Code::Json)]),
    ("no comma", "[{\"a\":1} {\"a\":2},{\"a\":3}]", &["1", "3"], &[("{\"a\":2}", Code::Json)]),
    ("an open array", "[{\"a\":1},{\"a\":2}", &["1", "2"], &[("", Code::Json)]),
    ("an open bracket", "[{\"a\":[1},{\"a\":2},{\"a\":3}]", &["2", "3"], &[("{\"a\":[1}", Code::Json)]),
    ("text behind", "[{\"a\":1}] x", &["1"], &[("x", Code::Json)]),
    ("text behind a wrap", "{\"e\":[{\"a\":1},{\"a\":2}],\"b\":3} x", &["1", "2"], &[("x", Code::Json)]),
    ("an open wrap", "{\"e\":[{\"a\":1},{\"a\":2}],\"b\":null", &["1", "2"], &[("", Code::Json)]),
    ("a member behind", "{\"e\":[{\"a\":1},{\"a\":2}],b:3}", &["1", "2"], &[("b:3}", Code::Json)]),
    ("objects", "{\"a\":1}{\"a\":2,}{\"a\":3}", &["1", "3"], &[("{\"a\":2,}", Code::Json)]),
    (
        "bytes of zero among lines",
        "{\"a\":1}\n\0\0\n{\"a\":2}\0\n{\"a\":3}\n\0",
        &["1", "3"],
        &[("\0\0", Code::Json), ("{\"a\":2}\0", Code::Json), ("\0", Code::Json)],
    ),
    // They may stand where lines were that a copy lost.
    ("bytes of zero behind lines", "{\"a\":1}\n{\"a\":2}\n\0\0\0", &["1", "2"], &[("\0\0\0", Code::Json)]),
    ("bytes of zero behind an array", "[{\"a\":1}]\0\0x", &["1"], &[("\0\0x", Code::Json)]),
    ("a mark in an array", "[{\"a\":1},\u{feff}{\"a\":2}]", &["1"], &[("\u{feff}{\"a\":2}]", Code::Json)]),
    ("arrays put together", "[{\"a\":1}]\n[{\"a\":2}]", &["1"], &[("[{\"a\":2}]", Code::Json)]),
];

fn all() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    let right = TEXTS.iter().map(|(name, text, _)| (*name, text.as_bytes()));
    right.chain(FAULTY.iter().map(|(name, text, ..)| (*name, text.as_bytes())))
}

fn joined(rows: &[Vec<String>]) -> Vec<String> {
    rows.iter().map(|row| row.join("|")).collect()
}

#[test]
fn rows_are_what_they_should_be() {
    for (name, text, rows) in TEXTS {
        let outcome = sequential(&open(text.as_bytes()), text.as_bytes());
        assert_eq!(joined(&outcome.rows), *rows, "{name}");
        assert_eq!(outcome.bad, [], "{name}");
        assert_eq!(outcome.late, [""; 0], "{name}");
    }
}

#[test]
fn a_fault_costs_its_record_and_is_reported() {
    for (name, text, rows, bad) in FAULTY {
        let outcome = sequential(&open(text.as_bytes()), text.as_bytes());
        assert_eq!(joined(&outcome.rows), *rows, "{name}");
        let found: Vec<_> = outcome
            .bad
            .iter()
            .map(|(start, end, code, _)| (&text[*start as usize..*end as usize], *code))
            .collect();
        assert_eq!(found, *bad, "{name}");
        assert_eq!(outcome.records as usize, rows.len() + bad.len(), "{name}");
    }
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    for (name, text) in all() {
        println!("{name}");
        for cut in 0..=text.len() {
            everyhow(text, &[cut], cut + 1);
        }
    }
}

#[test]
fn what_stands_after_the_array_is_kept() {
    let text = b"{\"m\":1,\"e\":[{\"a\":1},{\"a\":2}],\"z\":{\"x\":[1]}}";
    let outcome = sequential(&open(text), text);
    assert_eq!(outcome.notes.len(), 1);
    assert!(outcome.notes[0].contains("\"/z\""), "{:?}", outcome.notes);
}

#[test]
fn bytes_that_are_not_utf_8_cost_their_record() {
    let text = b"{\"a\":1}\n{\"a\":\"\xff\"}\n{\"\xff\":2}\n\xff\n{\"a\":3}\n";
    let outcome = sequential(&open(text), text);
    assert_eq!(joined(&outcome.rows), ["1", "3"]);
    let codes: Vec<Code> = outcome.bad.iter().map(|bad| bad.2).collect();
    assert_eq!(codes, [Code::NotText, Code::NotText, Code::Json]);
}

/// JSON values.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,3})?(e[+-]?[0-9]{1,2})?",
        Just("true".to_owned()),
        Just("null".to_owned()),
        "\"([a-c {}\\[\\],:é]|\\\\[\"\\\\/n]|\\\\u00[0-9]{2}){0,6}\"",
        "\"20[0-9]{2}-0[1-9]-1[0-9](T10:00:00Z)?\"",
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
            members(inner).prop_map(|it| it),
        ]
    })
}

/// An object of values.
fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec(("[ab]|ab|\\\\u0061|", value, "[ \t]?"), 0..4).prop_map(|members| {
        let members: Vec<String> = members
            .into_iter()
            .map(|(key, value, space)| format!("{space}\"{key}\":{space}{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

/// A text in one of the shapes.
fn text() -> impl Strategy<Value = String> {
    (prop::collection::vec(members(value()), 1..8), 0..5usize, "[ ]?").prop_map(|(rows, shape, space)| {
        match shape {
            0 => rows.join("\n"),
            1 => rows.join(&format!("{space}\n\n")) + "\n",
            2 => rows.join(&space),
            3 => format!("[{}]", rows.join(&format!(",{space}"))),
            _ => format!("{{\"m\":{{}},\"e\":[{}],{space}\"z\":[{}]}}", rows.join(",\n"), rows[0]),
        }
    })
}

fn sorted(cuts: Vec<usize>, len: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (len + 1)).collect();
    cuts.sort_unstable();
    cuts
}

proptest! {
    #[test]
    fn random_texts_are_read_the_same_in_every_way(
        text in text(), cuts in prop::collection::vec(0usize..1000, 0..4), size in 1usize..200,
    ) {
        let whole = everyhow(text.as_bytes(), &sorted(cuts, text.len()), size);
        prop_assert!(whole.bad.is_empty(), "{:?}", whole.bad);
    }

    #[test]
    fn damaged_texts_are_read_the_same_in_every_way(
        text in text(),
        at in any::<prop::sample::Index>(),
        with in prop_oneof!["[{}\\[\\],:\"\\\\x\n1]{1,2}", Just(",{\"a\":1},".to_owned()), Just("}\n{".to_owned())],
        cuts in prop::collection::vec(0usize..1000, 0..3),
        size in 1usize..200,
    ) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len() + 1);
        bytes.splice(at..at, with.bytes());
        everyhow(&bytes, &sorted(cuts, bytes.len()), size);
    }

    #[test]
    fn texts_cut_short_are_read_the_same_in_every_way(
        text in text(), end in any::<prop::sample::Index>(), cuts in prop::collection::vec(0usize..1000, 0..3), size in 1usize..200,
    ) {
        let bytes = &text.as_bytes()[..end.index(text.len() + 1)];
        everyhow(bytes, &sorted(cuts, bytes.len()), size);
    }
}

#[test]
fn a_long_array_is_guessed_right_and_batches_change_nothing() {
    let rows: Vec<String> = (0..20_000)
        .map(|id| format!("{{\"id\":{id},\"name\":\"row {id}\",\"tags\":[{{\"id\":1}}]}}"))
        .collect();
    let text = format!("[{}]", rows.join(",\n"));
    let json = open(text.as_bytes());
    let whole = sequential(&json, text.as_bytes());
    assert_eq!(whole.rows.len(), 20_000);
    let cuts: Vec<usize> = (1..40).map(|part| text.len() / 40 * part + part).collect();
    assert_eq!(shards(&json, text.as_bytes(), &cuts, true), whole);
    assert_eq!(in_pieces(&json, text.as_bytes(), 100_000), whole);
}

/// Read once more for each level, or each line to the end of all, these would take minutes.
#[test]
fn what_is_never_closed_is_not_read_again_and_again() {
    let text = format!("[{{\"a\":1}},{}", "{\"a\":[0,".repeat(100_000));
    let json = open(text.as_bytes());
    assert_eq!(sequential(&json, text.as_bytes()).bad.len(), 1);

    let line = format!("{{\"a\":[{}\n", "1,".repeat(2000));
    let text = format!("{{\"a\":1}}\n{}", line.repeat(2000));
    let json = open(text.as_bytes());
    assert_eq!(sequential(&json, text.as_bytes()).bad.len(), 2000);
}

#[test]
fn lines_are_what_they_are_whatever_line_stands_before_them() {
    let lines = [
        r#"{"a":1,"b":"x"}"#,
        r#"{"b":"y","a":2,"c":null}"#,
        r#"{"a":3,"b":{"k":[1,{"l":2}]}}"#,
        r#"{"a":4,"a":5,"b":"z"}"#,
        r#"{"a":6,"b":"w"} "#,
        r#"{"a":7,"b":"never closed"#,
        r#"{"a":8,"b":true,"d":1.5,"b":false}"#,
        r#"{"a":9 , "b" : "spaces"}"#,
        r#"{}"#,
        "  ",
        "{\"a\":10,\r",
        "\"b\":11}\r",
        r#"{"a":"11","b":"more"}x"#,
        r#"{"a":12,"b":"é\u00e9"}"#,
        "{\"a\":13}\r",
    ];
    // Each behind each, so that what was learned of one meets the other.
    let mut text = String::new();
    for one in lines {
        for other in lines {
            text += &format!("{one}\n{other}\n");
        }
    }
    let whole = everyhow(text.as_bytes(), &[100, 999, 3000], 700);
    let good = lines.iter().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).count();
    assert_eq!(whole.rows.len(), good * lines.len() * 2);
    let everyhow_alone = |line: &str| everyhow(format!("{line}\n").as_bytes(), &[1], 3);
    lines.iter().filter(|line| line.starts_with('{')).for_each(|line| drop(everyhow_alone(line)));
    everyhow(text.trim_end().as_bytes(), &[7], 64);
}

#[test]
fn a_record_that_is_dropped_leaves_no_kind_and_no_value() {
    let with =
        |odd: &str| everyhow(format!("{{\"a\":1,\"b\":2}}\n{odd}{{\"a\":3,\"b\":4}}\n").as_bytes(), &[5], 9);
    let without = with("");
    for odd in ["{\"a\":\"x\",\"b\":5}y\n", "{\"a\":true,\"b\":\n", "{\"a\":5,\"b\":1.5,\"c\":1 1}\n"] {
        let found = with(odd);
        assert_eq!(found.bad.len(), 1, "{odd}");
        assert_eq!(
            (found.rows, found.kinds, found.late),
            (without.rows.clone(), without.kinds.clone(), vec![]),
            "{odd}"
        );
    }
    // The first value of a kind, and one that is there again.
    let found = with("{\"a\":\"x\",\"a\":6,\"b\":1.5}\n");
    assert_ne!(found.kinds, without.kinds);
    assert_eq!(found.rows.len(), 3);
}
