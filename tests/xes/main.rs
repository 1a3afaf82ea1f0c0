//! XES: the two readers agree, and where a log is cut changes nothing, on logs made to fool both.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod harness;
mod logs;

use harness::{Outcome, chained, guessed, in_pieces, open, sequential};
use logflow::text::Flow;
use logflow::text::xes::strict::validate;
use logflow_generate::{GenerateOptions, write_xes};
use proptest::prelude::*;

/// Every log of the table, and what it is called.
fn all() -> impl Iterator<Item = (&'static str, String)> {
    logs::LOGS.iter().map(|(name, body)| (*name, logs::whole(body)))
}

#[test]
fn the_quick_reader_and_the_plain_one_agree() {
    for (name, text) in all() {
        let plain = sequential(&open(&text).plainly(), &text);
        assert_eq!(sequential(&open(&text), &text), plain, "{name}");
    }
}

#[test]
fn rows_are_what_they_should_be() {
    for (name, body, rows) in logs::WITH_ROWS {
        let text = logs::whole(body);
        let outcome = sequential(&open(&text), &text);
        let found: Vec<String> = outcome.rows.iter().map(|row| row.join("|")).collect();
        assert_eq!(found, *rows, "{name}");
        assert_eq!(outcome.bad, [], "{name}");
    }
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    for (name, text) in all() {
        let log = open(&text);
        let whole = sequential(&log, &text);
        for cut in 0..=text.len() {
            assert_eq!(chained(&log, &text, &[cut]), whole, "{name} cut at {cut}");
            assert_eq!(guessed(&log, &text, &[cut]), whole, "{name} guessed at {cut}");
        }
    }
}

#[test]
fn pieces_of_any_size_change_nothing() {
    for (name, text) in all() {
        let log = open(&text);
        let whole = sequential(&log, &text);
        for size in [1, 2, 7, 30, 100, 1000] {
            assert_eq!(in_pieces(&log, &text, size), whole, "{name} in pieces of {size}");
        }
    }
}

#[test]
fn a_log_cut_short_anywhere_is_reported() {
    for (name, text) in all() {
        let log = open(&text);
        let end = text.rfind("</log>").unwrap() + "</log>".len();
        for cut in log.head.body..end {
            let short = harness::sequential_bytes(&log, &text.as_bytes()[..cut]);
            assert!(!short.bad.is_empty(), "{name} cut short at {cut}: {short:?}");
            let plain = harness::sequential_bytes(&log.clone().plainly(), &text.as_bytes()[..cut]);
            assert_eq!(plain, short, "{name} cut short at {cut}");
        }
    }
}

/// What stands behind the end of a log: the root or its end with all that follows, how many bad rows that is, and how many bytes 0x00 are left out.
const BEHIND: &[(&str, usize, usize)] = &[
    ("<log/>", 0, 0),
    ("<log xes.version='1' xmlns='http://www.xes-standard.org/'\n\tx=\"y\"\r\n/>\n", 0, 0),
    ("<x:log xmlns:x='http://www.xes-standard.org/' />", 0, 0),
    ("\u{feff}<?xml version='1.0'?>\n<!DOCTYPE log SYSTEM 'x.dtd'>\n<!-- a --><log/>", 0, 0),
    ("<log/><!-- <log> --> \n<?p <trace/> ?>\r\n", 0, 0),
    ("<log></log>", 0, 0),
    ("<log/><log/>", 1, 0),
    ("<log/>\n<log><trace><event/></trace></log>", 1, 0),
    ("<log/><trace><string key='n' value='1'/><event/></trace>", 1, 0),
    ("<log/><event/>", 1, 0),
    ("<log/>x", 1, 0),
    ("<log/> &amp; ", 1, 0),
    ("<log/><![CDATA[]]>", 1, 0),
    ("<log/></log>", 1, 0),
    ("<log/><!-- -- --><trace><event/></trace>", 1, 0),
    ("<log/><!-- open", 1, 0),
    ("<log/><?xml version='1.0'?><log/>", 1, 0),
    ("<log></log><log/>", 1, 0),
    ("<log></log><trace><event/></trace>", 1, 0),
    ("<log></log>\n<!-- -- --><trace><event/></trace>", 1, 0),
    ("<log/>\0\0\0", 0, 3),
    ("<log></log>\n\0\0\r\n\0 ", 0, 3),
    ("<log></log><!-- a -->\0", 0, 1),
    (
        "<log><trace><string key='n' value='1'/><event><string key='a' value='x'/></event></trace></log>\0\0\0\0",
        0,
        4,
    ),
    ("<log></log>\0\0<log/>", 1, 0),
    ("<log/>\0<!-- a -->", 1, 0),
    ("<log/>\0\0\0x\0", 1, 0),
    ("<log/>x\0", 1, 0),
];

#[test]
fn what_stands_after_a_log_is_reported_the_same_however_it_is_read() {
    for (text, bad, padding) in BEHIND {
        let log = open(text);
        let whole = sequential(&log, text);
        assert_eq!(whole.bad.len(), *bad, "{text:?}: {whole:?}");
        let noted: Vec<&String> = whole.notes.iter().filter(|it| it.contains("0x00")).collect();
        assert_eq!(noted.len(), usize::from(*padding > 0), "{text:?}: {whole:?}");
        assert!(noted.iter().all(|it| it.contains(&format!("log\", {padding})"))), "{text:?}: {noted:?}");
        assert_eq!(sequential(&log.clone().plainly(), text), whole, "{text:?}");
        for cut in 0..=text.len() {
            assert_eq!(chained(&log, text, &[cut]), whole, "{text:?} cut at {cut}");
            // Where nothing follows the root there is nothing to guess.
            if log.head.body < text.len() {
                assert_eq!(guessed(&log, text, &[cut]), whole, "{text:?} guessed at {cut}");
            }
        }
        for size in [1, 2, 3, 7, 30] {
            if log.head.body < text.len() {
                assert_eq!(in_pieces(&log, text, size), whole, "{text:?} in pieces of {size}");
            }
        }
    }
}

#[test]
fn a_trace_of_many_mebibytes_is_cut_between_its_events() {
    let text = logs::long_trace(40_000);
    let log = open(&text);
    let whole = sequential(&log, &text);
    assert_eq!((whole.rows.len(), whole.groups), (40_003, 3));
    assert!(text.len() > 3 << 20);
    let cuts: Vec<usize> = (1..40).map(|part| text.len() / 40 * part + part).collect();
    assert_eq!(chained(&log, &text, &cuts), whole);
    assert_eq!(guessed(&log, &text, &cuts), whole);
    assert_eq!(in_pieces(&log, &text, 100_000), whole);
    let boundary = harness::exit(&log, &text, text.len() / 2);
    assert!(boundary.at < text.len() as u64 / 2 + 1000, "{boundary:?}");
    assert_eq!(harness::guess(&log, &text, text.len() / 2), boundary);
}

#[test]
fn text_that_is_not_utf_8_costs_its_trace_and_no_other_is_counted_twice() {
    let text = logs::whole(
        "<trace><string key='a' value='1'/><event/></trace><trace/><trace><string key=\"a\" value=\"X\"/><event/></trace><trace><string key=\"a\" value=\"3\"/><event/></trace>",
    );
    let mut bytes = text.into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'X').unwrap();
    bytes[at] = 0xff;
    let log = harness::open_bytes(&bytes);
    let outcome: Outcome = harness::sequential_bytes(&log, &bytes);
    assert_eq!(outcome.rows, [["1"], ["3"]]);
    assert_eq!(outcome.bad.len(), 1);
    assert_eq!(outcome.bad[0].2, logflow::error::Code::NotText);
    assert_eq!((outcome.groups, outcome.notes.len()), (3, 1));
    assert_eq!(harness::sequential_bytes(&log.plainly(), &bytes), outcome);
}

proptest! {
    #[test]
    fn random_logs_are_read_the_same_in_every_way(body in logs::body(), cuts in proptest::collection::vec(0usize..4000, 0..4), size in 1usize..500) {
        let text = logs::whole(&body);
        let log = open(&text);
        let whole = sequential(&log, &text);
        prop_assert_eq!(&sequential(&log.clone().plainly(), &text), &whole);
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < text.len()).collect();
        cuts.sort_unstable();
        prop_assert_eq!(&chained(&log, &text, &cuts), &whole);
        prop_assert_eq!(&guessed(&log, &text, &cuts), &whole);
        prop_assert_eq!(&in_pieces(&log, &text, size), &whole);
    }

    #[test]
    fn damaged_logs_are_read_the_same_in_every_way(body in logs::body(), at in 0usize..4000, with in logs::damage(), cuts in proptest::collection::vec(0usize..4000, 0..3)) {
        let mut body = body;
        let mut at = at.min(body.len());
        while !body.is_char_boundary(at) {
            at -= 1;
        }
        body.insert_str(at, with);
        let text = logs::whole(&body);
        let Some(log) = harness::try_open(&text) else { return Ok(()) };
        let whole = sequential(&log, &text);
        prop_assert_eq!(&sequential(&log.clone().plainly(), &text), &whole);
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < text.len()).collect();
        cuts.sort_unstable();
        prop_assert_eq!(&chained(&log, &text, &cuts), &whole);
        prop_assert_eq!(&guessed(&log, &text, &cuts), &whole);
    }
}

#[test]
fn a_generated_log_keeps_to_the_standard_to_the_letter() {
    let options = GenerateOptions::new(10_000);
    let (mut text, mut found) = (Vec::new(), Vec::new());
    write_xes(&options, &mut text).unwrap();
    validate(&mut text.as_slice(), &mut |violation| {
        found.push(violation);
        Flow::Continue
    })
    .unwrap();
    assert_eq!(found, []);
}
