//! Filters of small logs: cases are interleaved, not in the order of their times, and cut anywhere.

use std::sync::Arc;

use arrow::array::{AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Int64Type, TimeUnit};
use serde_json::Value;

use super::CaseFilterSettings;
use crate::model::catalog::{TableColumn, TableSchema};
use crate::model::roles::Role;
use crate::observer::Observer;
use crate::options::Options;
use crate::options::document::Node;
use crate::step::registry::StepSettings;
use crate::step::{ChainDone, RowOrigin, ShardPlace, Steps, end_survey};

/// Case, activity, second and resource of each row; `-` is no value.
const LOG: &str = "\
1 a 10 x
2 a 11 y
1 b 30 x
1 c 20 y
2 b 12 y
3 a 50 x
2 b 13 y
3 d 50 y
- a 60 x
1 d 40 x
4 - 70 x
2 d 14 -
3 a 51 -";

fn table() -> (TableSchema, RecordBatch) {
    let lines: Vec<Vec<&str>> = LOG.lines().map(|line| line.split(' ').collect()).collect();
    let text = |at: usize| -> StringArray {
        lines.iter().map(|line| Some(line[at]).filter(|text| *text != "-")).collect()
    };
    let seconds = lines.iter().map(|line| line[2].parse::<i64>().unwrap() * 1_000_000);
    let times = TimestampMicrosecondArray::from_iter_values(seconds).with_timezone("UTC");
    let time_type = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let column = |name: &str, data_type, role: Option<Role>, at| TableColumn {
        field: Arc::new(Field::new(name, data_type, true)),
        roles: role.into_iter().collect(),
        source: Some(at),
    };
    let columns = vec![
        column("case", DataType::Utf8, Some(Role::Case), 0),
        column("activity", DataType::Utf8, Some(Role::Activity), 1),
        column("time", time_type, Some(Role::Timestamp), 2),
        column("who", DataType::Utf8, Some(Role::Resource), 3),
        column("row", DataType::Int64, None, 4),
    ];
    let table = TableSchema::new(None, columns);
    let rows = Int64Array::from_iter_values(0..lines.len() as i64);
    let arrays: Vec<arrow::array::ArrayRef> =
        vec![Arc::new(text(0)), Arc::new(text(1)), Arc::new(times), Arc::new(text(3)), Arc::new(rows)];
    let batch = RecordBatch::try_new(table.arrow(), arrays).unwrap();
    (table, batch)
}

/// The rows that stay, and the finding, where the rows are cut at these places.
fn run(settings: &CaseFilterSettings, cuts: &[usize]) -> (Vec<i64>, Value) {
    let (table, rows) = table();
    let steps = Steps(vec![settings.make(&Options::default()).unwrap()]);
    loop {
        let chain = steps.bind(table.clone()).unwrap();
        let (mut all, mut kept) = (ChainDone::default(), Vec::new());
        let ends = cuts.iter().copied().chain([rows.num_rows()]);
        let mut begin = 0;
        for end in ends {
            let mut worker = chain.start(ShardPlace { input: 0, at: 100 * begin as u64 }).unwrap();
            let origins: Vec<RowOrigin> = (0..(end - begin) as u32).map(RowOrigin::of).collect();
            let left = worker.batch(rows.slice(begin, end - begin), Some(&origins)).unwrap();
            kept.extend_from_slice(left.column(4).as_primitive::<Int64Type>().values());
            let mut done = worker.finish().unwrap();
            done.begins_at(begin as u64);
            all.join(done).unwrap();
            begin = end;
        }
        if chain.survey().is_none() {
            let finding = all.findings[0].as_mut().unwrap();
            finding.conclude().unwrap();
            return (kept, finding.to_json());
        }
        assert!(kept.is_empty());
        end_survey(&[chain], &mut [all], &Observer::default()).unwrap();
    }
}

/// The rows that stay, which are the same wherever the rows are cut.
fn kept(settings: &str) -> Vec<i64> {
    let settings: CaseFilterSettings =
        serde::Deserialize::deserialize(&Node::from_toml(settings).unwrap()).unwrap();
    let (kept, finding) = run(&settings, &[]);
    for cuts in [vec![1], vec![6], vec![2, 3, 9], (1..13).collect()] {
        assert_eq!(run(&settings, &cuts), (kept.clone(), finding.clone()), "{cuts:?}");
    }
    kept
}

/// Rows of the cases that are events, and the one that is none.
const ONE: [i64; 4] = [0, 2, 3, 9];
const TWO: [i64; 4] = [1, 4, 6, 11];
const THREE: [i64; 3] = [5, 7, 12];

fn rows(cases: &[&[i64]]) -> Vec<i64> {
    let mut rows: Vec<i64> = cases.concat();
    rows.sort_unstable();
    rows
}

#[test]
fn filters_of_whole_cases_keep_all_their_rows() {
    for (settings, expected) in [
        // In order: 1 is a c b d, 2 is a b b d, 3 is a d a.
        ("start_activity = \"a\"", rows(&[&ONE, &TWO, &THREE])),
        ("end_activity = \"d\"", rows(&[&ONE, &TWO])),
        ("end_activity = \"d\"\nnegate = \"end_activity\"", rows(&[&THREE])),
        ("with_activity = [\"c\", \"nothing\"]", rows(&[&ONE])),
        ("case_size = \"4..\"", rows(&[&ONE, &TWO])),
        ("duration = \"3..29\"", rows(&[&TWO])),
        ("duration = \"30\"", rows(&[&ONE])),
        ("variant = [\"a > d > a\", \"a > b > b > d\"]", rows(&[&TWO, &THREE])),
        ("follows = \"c > b\"", rows(&[&ONE])),
        ("follows = [\"b > b\", \"d > a\"]", rows(&[&TWO, &THREE])),
        ("eventually_follows = \"a > b > d\"", rows(&[&ONE, &TWO])),
        ("eventually_follows = \"a > a\"", rows(&[&THREE])),
        ("rework = [\"a\", \"b:2\"]", rows(&[&TWO, &THREE])),
        ("rework = \"b:3\"", vec![]),
        ("different_resources = \"b\"", vec![]),
        // x does a in 1 and d as well; y does a in 2 and nobody d; x does a in 3 and y d.
        ("four_eyes = \"a,d\"", rows(&[&THREE])),
        ("four_eyes = \"a,d\"\nnegate = \"all\"", rows(&[&ONE])),
        ("cases_where = \"who = 'y' and activity = 'c'\"", rows(&[&ONE])),
        ("cases_where = \"who is null\"\ncase_size = \"3\"", rows(&[&THREE])),
    ] {
        assert_eq!(kept(settings), expected, "{settings}");
    }
}

#[test]
fn ranges_of_times_have_the_modes_of_pm4py() {
    let range = |from: u32, to: u32, mode: &str| {
        kept(&format!(
            "time_range = \"1970-01-01 00:00:{from}..1970-01-01 00:00:{to}\"\ntime_mode = \"{mode}\""
        ))
    };
    assert_eq!(range(10, 40, "contained"), rows(&[&ONE, &TWO]));
    assert_eq!(range(11, 39, "contained"), rows(&[&TWO]));
    assert_eq!(range(12, 13, "intersecting"), rows(&[&ONE, &TWO]));
    // The ends alone are no overlap.
    assert_eq!(range(40, 50, "intersecting"), Vec::<i64>::new());
    assert_eq!(range(11, 50, "starting-in"), rows(&[&TWO, &THREE]));
    assert_eq!(range(14, 40, "completing-in"), rows(&[&ONE, &TWO]));
    assert_eq!(range(13, 40, "events"), [2, 3, 6, 9, 11]);
}

#[test]
fn frequent_variants_are_counted_among_the_cases_that_earlier_filters_keep() {
    // All variants have one case: of these the last ones by name come first.
    assert_eq!(kept("top_variants = 1"), rows(&[&THREE]));
    assert_eq!(kept("top_variants = 2"), rows(&[&ONE, &THREE]));
    assert_eq!(kept("top_variants = 1\nend_activity = \"d\""), rows(&[&ONE]));
    assert_eq!(kept("variant_share = \"34%\""), Vec::<i64>::new());
    assert_eq!(kept("variant_share = \"33%\""), rows(&[&ONE, &TWO, &THREE]));
    assert_eq!(kept("variant_coverage = \"34%\""), rows(&[&ONE, &THREE]));
    assert_eq!(kept("variant_coverage = \"34%\"\nnegate = \"variant-coverage\""), rows(&[&TWO]));
}

#[test]
fn cases_are_cut_at_events_in_the_order_of_time() {
    assert_eq!(kept("between = \"a > b\""), [0, 1, 2, 3, 4]);
    assert_eq!(kept("between = \"a > a\""), rows(&[&THREE]));
    assert_eq!(kept("between = \"a > b\"\nnegate = \"between\""), rows(&[&[9], &[6, 11], &THREE]));
    assert_eq!(kept("prefix_until = \"b\""), [0, 1, 3]);
    assert_eq!(kept("prefix_until = \"b\"\ncut_at = \"last-inclusive\""), [0, 1, 2, 3, 4, 6]);
    assert_eq!(kept("suffix_from = \"b\""), [6, 9, 11]);
    assert_eq!(kept("suffix_from = \"b\"\ncut_at = \"last\"\nonly_activity = \"d\""), [9, 11]);
    assert_eq!(kept("suffix_from = \"a\"\ncase_size = \"3\""), rows(&[&[7, 12]]));
}

#[test]
fn what_each_filter_removes_is_counted() {
    let settings =
        "end_activity = \"d\"\nwith_activity = \"c\"\nonly_activity = \"a,b\"\nnegate = \"only-activity\"";
    let settings: CaseFilterSettings =
        serde::Deserialize::deserialize(&Node::from_toml(settings).unwrap()).unwrap();
    let (kept, finding) = run(&settings, &[4]);
    assert_eq!(kept, [3, 9]);
    let expected = serde_json::json!({
        "filters": [
            {"filter": "end-activity", "removed_cases": 1, "removed_rows": 3},
            {"filter": "with-activity", "removed_cases": 1, "removed_rows": 4},
            {"filter": "only-activity", "removed_rows": 2, "negated": true},
        ],
        "cases": 3,
        "kept_cases": 1,
        "rows_without_case": 1,
    });
    assert_eq!(finding, expected);
    let settings =
        CaseFilterSettings { with_activity: vec!["q".to_owned()], ..CaseFilterSettings::default() };
    assert_eq!(run(&settings, &[]).1["unknown_activities"], serde_json::json!(["q"]));
}

#[test]
fn mistakes_in_settings_are_told() {
    for (settings, told) in [
        ("", "expected a filter"),
        ("time_mode = \"events\"", "time-mode"),
        ("cut_at = \"last\"\ncase_size = \"1\"", "cut-at"),
        ("case_size = \"1\"\nnegate = \"case-sizes\"", "there is no filter \"case-sizes\""),
        ("case_size = \"1\"\nnegate = \"duration\"", "the filter duration is not given"),
    ] {
        let settings: CaseFilterSettings =
            serde::Deserialize::deserialize(&Node::from_toml(settings).unwrap()).unwrap();
        let error = settings.check().unwrap_err();
        assert!(error.what().contains(told), "{error}");
    }
}
