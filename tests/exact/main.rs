//! Exact: a sharded parse equals one sequential parse, at every cut, whatever the guesses say.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[expect(dead_code, reason = "bodies of fuzz targets")]
mod harness;

use harness::{Guesses, Outcome, convert_in_pieces, convert_in_shards, type_of, wide_types};
use proptest::prelude::*;

/// Small logs with everything that fools a guess.
const FIXTURES: &[(&str, &str)] = &[
    ("plain", "a,b\n1,x\n2,y\n3,z\n"),
    ("no final newline", "a,b\n1,x\n2,y"),
    ("quoted newlines", "a,b\n1,\"x\ny\nz\"\n2,\"p,\nq\"\n3,r\n"),
    ("rows inside quotes", "a,b\n1,\"x\n2,y\n3,z\n\"\n4,\"\"\"\n5,w\n\"\"\"\n6,v\n"),
    ("doubled quotes", "a,b\n1,\"\"\"\"\n2,\"a\"\"b\"\n3,\"\"\n4,\n"),
    ("crlf", "a,b\r\n1,x\r\n2,\"y\r\nz\"\r\n3,w\r\n"),
    ("cr only", "a,b\r1,x\r2,y\r3,\"z\rw\"\r"),
    ("all line ends", "a,b\n1,x\r\n2,y\r3,z\n\r4,w\r\n\r\n5,v"),
    ("blank lines", "a,b\n\n\n1,x\n\n2,y\n\r\n\n3,z\n\n"),
    ("quote in a bare field", "a,b\n1,5\" pipe\n2,6\" \"pipe\"\n3,\"7\"\" pipe\"\n4,x\n"),
    ("multibyte", "a,b\nä,\"ö\nü\"\n日本,\"語\"\"\"\n🙂,x\n"),
    ("comments", "# one, two, three\na,b\n1,x\n#\"\n2,y\n# \" , \"\n3,z\n"),
    ("uneven rows", "a,b\n1,x\n2\n3,y,z\n4,w\n,\n5\n"),
    ("unclosed quote", "a,b\n1,x\n2,\"y\n3,z\n4,w\n"),
    ("text after a quote", "a,b\n1,\"x\"y\n2,\"z\" \n3,w\n"),
    ("one column", "a\n1\n\"2\n3\"\n\n4\n"),
    ("spaces after quotes", "a,b\n\"x\"  ,\",\"\n\"y\" ,z\n\"w\" \n1,\"v\"   \n"),
    ("spaces only", "a,b\n1,x\n   \n2,y\n"),
    ("empty cells", "a,b,c\n,,\n1,,\n,\"\",\n,,3\n"),
    ("uneven rows taken", "a,b,c\n1,x\n2\n3,y,z,w\n4,\"v\nu\",t,\"s\nr\"\n \n,\n,,,\n\n5,\"q\"\n"),
    ("nul bytes kept", "a,b,c\n1,x\0,\n2,\"\0\n\",\0\n3,y,z\n\0\n4,ä\0,b\n"),
    ("a delimiter behind some rows", "a,b\n1,x,\n2,y\n3,end,\n4,z,w\n5\n6,v,\"\"\n7,u,,\n"),
    (
        "marks within the text",
        "a,b\n1,x\n\u{feff}2,y\n\u{feff}\"3\",\"z\n\u{feff}w\"\n4,\u{feff}v\n\u{feff}\u{feff}5,u\n",
    ),
    (
        "marks on lines of their own",
        "a,b\n\u{feff}\n1,x\r\n\u{feff}\r\n\u{feff}a,b\r\n\n\u{feff}2,y\r\u{feff}\r3,z\n\u{feff}",
    ),
    ("marks before bad rows", "a,b\n\u{feff}1\n\u{feff}\"x\"y,2\n\u{feff}\"z,3\n\u{feff} \n4,w"),
    ("marks before comments", "# x\na,b\n\u{feff}# y\n1,x\n\u{feff}# \"z\n\u{feff}2,y\n\u{feff}#w"),
];

#[test]
fn every_cut_of_every_fixture_gives_the_sequential_result() {
    for (name, text) in FIXTURES {
        let expected = convert_in_shards(text.as_bytes(), text.len() as u64, 1, Guesses::Honest);
        for size in 1..=text.len() as u64 {
            let found = convert_in_shards(text.as_bytes(), size, 2, Guesses::Honest);
            assert_eq!(found, expected, "{name}, cut every {size} bytes");
        }
    }
}

#[test]
fn every_fixture_in_pieces_of_a_few_bytes_gives_the_sequential_result() {
    for (name, text) in FIXTURES {
        let expected = convert_in_shards(text.as_bytes(), text.len() as u64, 1, Guesses::Honest);
        for piece in 1..=text.len() {
            for size in [1, 2, 7, 30, text.len() as u64] {
                let found = convert_in_pieces(text.as_bytes(), piece, size, 2);
                assert_eq!(found, expected, "{name}, {piece} bytes at a time, cut every {size}");
            }
        }
    }
}

#[test]
fn wrong_guesses_change_nothing() {
    for (name, text) in FIXTURES {
        let expected = convert_in_shards(text.as_bytes(), text.len() as u64, 1, Guesses::Honest);
        for guesses in [Guesses::Nominal, Guesses::Late, Guesses::InsideOut] {
            for size in [1, 2, 3, 5, 7, 11] {
                let found = convert_in_shards(text.as_bytes(), size, 3, guesses);
                assert_eq!(found, expected, "{name}, cut every {size} bytes, {guesses:?}");
            }
        }
    }
}

#[test]
fn rows_before_a_bad_one_do_not_hide_it() {
    let text = "a,b\n1,x\n2,y\n3\n4,z\n5\n";
    let Outcome { bad, .. } = convert_in_shards(text.as_bytes(), 4, 2, Guesses::Honest);
    assert_eq!(bad.iter().map(|(row, start, _)| (*row, *start)).collect::<Vec<_>>(), [(3, 12), (5, 18)]);
}

/// A guess that begins inside a quoted field meets text where numbers stand. That must not pass for a column that widens.
#[test]
fn wrong_guesses_change_no_type() {
    let quoted: String = (0..40).map(|line| format!("warn,line {line}\n")).collect();
    let text = format!("a,b\n1,\"{quoted}\"\n2,x\n3,y\n");
    let types = [type_of(["1"]), type_of(["x"])];
    for guesses in [Guesses::Honest, Guesses::Nominal, Guesses::Late, Guesses::InsideOut] {
        for size in [1, 3, 16, 64] {
            assert_eq!(wide_types(text.as_bytes(), &types, size, 3, guesses), types, "{guesses:?} {size}");
            assert!(!harness::widens(text.as_bytes(), &types, size, 3, guesses), "{guesses:?} {size}");
        }
    }
}

fn csv_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just(",".to_owned()),
        3 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("\r".to_owned()),
        3 => Just("\"".to_owned()),
        1 => Just("\"\"".to_owned()),
        1 => Just("ä".to_owned()),
        1 => Just("日".to_owned()),
        3 => "[a-c0-9 .]{1,3}",
        2 => "\"[a-c,\n\r]{0,6}\"",
        1 => "2024-01-0[1-9]T00:00:0[0-9]Z",
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| format!("a,b\n{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_text_gives_the_sequential_result(text in csv_text(), size in 1u64..80, workers in 1usize..4, guesses in 0u8..4) {
        let guesses = [Guesses::Honest, Guesses::Nominal, Guesses::Late, Guesses::InsideOut][usize::from(guesses)];
        let expected = convert_in_shards(text.as_bytes(), text.len() as u64, 1, Guesses::Honest);
        let found = convert_in_shards(text.as_bytes(), size, workers, guesses);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn random_text_in_pieces_gives_the_sequential_result(text in csv_text(), piece in 1usize..40, size in 1u64..80, workers in 1usize..4) {
        let expected = convert_in_shards(text.as_bytes(), text.len() as u64, 1, Guesses::Honest);
        prop_assert_eq!(convert_in_pieces(text.as_bytes(), piece, size, workers), expected);
    }

    #[test]
    fn the_indexed_walk_equals_the_plain_grammar(text in csv_text()) {
        let fast = convert_in_shards(text.as_bytes(), 1 << 20, 1, Guesses::Honest);
        let plain = harness::convert_plain(text.as_bytes());
        prop_assert_eq!(fast, plain);
    }

    #[test]
    fn the_join_is_that_of_all_values_whatever_the_types_to_begin_with(
        values in proptest::collection::vec(value(), 1..40),
        first in 0usize..5,
        size in 1u64..60,
    ) {
        let text = format!("a;b\n{}", values.iter().map(|value| format!("{value};1\n")).collect::<String>());
        let expected = type_of(values.iter().map(String::as_str));
        let begin = type_of(values.iter().take(first).map(String::as_str));
        let int = type_of(["1"]);
        for (size, workers) in [(text.len() as u64, 1), (size, 2)] {
            let found = wide_types(text.as_bytes(), &[begin, int], size, workers, Guesses::Honest);
            prop_assert_eq!(found, vec![expected, int], "begun with {:?}", begin);
        }
    }
}

/// Values of kinds that meet in real columns.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-9]{1,4}",
        2 => "[0-9]{1,2}\\.[0-9]{1,3}",
        1 => "[0-9]{1,2},[0-9]{3}",
        1 => "9007199254740993",
        1 => "true|false",
        2 => "NA|-|",
        1 => "0[1-9]/0[1-9]/2014",
        1 => "[12][0-9]/0[1-9]/2014",
        1 => "2014-0[1-9]-[12][0-9]",
        1 => "2014-0[1-9]-[12][0-9]T10:00:00(\\.123456789)?Z",
        1 => "x",
    ]
}
